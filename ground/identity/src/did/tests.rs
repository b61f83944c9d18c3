//! DIDs, their URLs and their documents, ours and strangers'.

use super::*;
use corridor_base::Timestamp;
use corridor_base::{SeededRandom, Words};
use corridor_proof::ListedParticipant;
use corridor_proof::{ListedKey, SecretKey, Signer};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn did() -> Did {
    "did:web:localhost%3A7081:participants:kr-forwarder".parse().unwrap()
}

fn public(seed: u64) -> PublicKey {
    SecretKey::generate("k", &SeededRandom::new(seed)).unwrap().public().clone()
}

fn key(name: &str, seed: u64, in_use: bool) -> DocumentKey {
    DocumentKey { id: did().key(name).unwrap(), key: public(seed), in_use }
}

fn document() -> DidDocument {
    let endpoint = Some("http://localhost:7081".to_owned());
    DidDocument { did: did(), keys: vec![key("k1", 1, true), key("k2", 2, false)], endpoint, ledger: None }
}

#[test]
fn a_did_and_the_url_of_its_document_name_each_other() {
    let check = |did: &str, url: &str| {
        let did: Did = did.parse().unwrap();
        assert_eq!(document_url(&did).unwrap().as_str(), url);
        assert_eq!(did_of(&Url::parse(url).unwrap()).unwrap(), did);
    };
    check("did:web:example.jp", "https://example.jp/.well-known/did.json");
    check("did:web:example.jp%3A8443", "https://example.jp:8443/.well-known/did.json");
    check("did:web:example.jp:customs:tokyo", "https://example.jp/customs/tokyo/did.json");
    check(did().as_str(), "http://localhost:7081/participants/kr-forwarder/did.json");
}

#[test]
fn no_did_lives_at_other_urls() {
    for url in [
        "http://example.jp/.well-known/did.json",
        "https://127.0.0.1/did.json",
        "https://example.jp/",
        "https://example.jp/a/%2e%2e/did.json?x=1",
        "https://user@example.jp/.well-known/did.json",
        "https://example.jp/a%20b/did.json",
        "ftp://localhost/did.json",
    ] {
        assert!(did_of(&Url::parse(url).unwrap()).is_err(), "{url}");
    }
}

#[test]
fn a_document_survives_the_wire() {
    let bytes = document().to_bytes().unwrap();
    assert_eq!(DidDocument::parse(&bytes).unwrap(), document());
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json["verificationMethod"][0]["type"], "Multikey");
    assert_eq!(json["assertionMethod"], serde_json::json!([did().key("k1").unwrap()]));
    assert_eq!(json["authentication"], json["assertionMethod"]);
    assert_eq!(json["service"][0]["type"], SERVICE_TYPE);
    let with = document().with_ledger(Some(crate::testing::ledger("localhost:7081/log", 1)));
    let bytes = with.to_bytes().unwrap();
    assert_eq!(DidDocument::parse(&bytes).unwrap(), with);
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json["service"][1]["type"], LEDGER_TYPE);
    assert_eq!(json["service"][1]["serviceEndpoint"]["log_url"], "https://localhost:7081/log");
}

#[test]
fn a_stranger_s_document_is_read_as_far_as_it_matters() {
    let text = format!(
        r##"{{"@context":"https://example.org/never-fetched","id":"did:web:example.jp","extra":{{"a":[1]}},
        "verificationMethod":[
          {{"id":"#p256","type":"Multikey","controller":"did:web:example.jp","publicKeyMultibase":"zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"}},
          {{"id":"#jwk","type":"JsonWebKey2020","controller":"did:web:example.jp","publicKeyJwk":{{}}}},
          {{"id":"did:web:other.jp#k1","type":"Multikey","controller":"did:web:other.jp","publicKeyMultibase":"{0}"}},
          {{"id":"#k1","type":"Ed25519VerificationKey2020","controller":"did:web:example.jp","publicKeyMultibase":"{0}"}}],
        "assertionMethod":["#k1",{{"id":"#k2","type":"Multikey","publicKeyMultibase":"{1}"}}],
        "service":[{{"type":"LinkedDomains","serviceEndpoint":{{"origins":[]}}}},
                   {{"type":["CorridorExchange"],"serviceEndpoint":"https://gate.example.jp/"}}]}}"##,
        public(1),
        public(2)
    );
    let document = DidDocument::parse(text.as_bytes()).unwrap();
    let used: Vec<&str> = document.in_use().map(|k| k.id.as_str()).collect();
    assert_eq!(used, ["did:web:example.jp#k1", "did:web:example.jp#k2"]);
    assert_eq!(document.keys.len(), 2);
    assert_eq!(document.endpoint.as_deref(), Some("https://gate.example.jp"));
}

#[test]
fn broken_documents_are_refused() {
    let check = |text: &str, expect: &str| {
        let problem = DidDocument::parse(text.as_bytes()).unwrap_err();
        assert!(format!("{problem:?}").contains(expect), "{problem:?}");
    };
    let method =
        |id: &str, key: &str| format!(r#"{{"id":"{id}","type":"Multikey","publicKeyMultibase":"{key}"}}"#);
    let with = |methods: &str| format!(r#"{{"id":"did:web:example.jp","verificationMethod":[{methods}]}}"#);
    let good = public(1).to_string();
    check("", "EOF");
    check("[]", "invalid");
    check(r#"{"id":"did:web:127.0.0.1"}"#, "DID");
    check(r#"{"id":"did:web:a.jp","id":"did:web:b.jp"}"#, "duplicate");
    check(&with(&method("#k1", "z6Mkbroken")), "public key");
    check(&with(&method("did:web:other.jp#k1", &good)), "not a key of");
    check(&with(&format!("{},{}", method("#k1", &good), method("#k1", &good))), "twice");
    check(&with(&vec![method("#k1", "x"); 101].join(",")), "more than 100");
    check(&format!(r#"{{"id":"did:web:example.jp","x":{}{}}}"#, "[".repeat(17), "]".repeat(17)), "deeper");
    check(&"[".repeat(60_000), "deeper");
    check(&" ".repeat(MAX_DOCUMENT + 1), "64 KiB");
}

fn listed() -> ListedParticipant {
    let from = at("2026-01-01T00:00:00.000Z");
    ListedParticipant {
        did: did(),
        name: Words::same("Forwarder"),
        endpoint: "http://localhost:7081".to_owned(),
        keys: vec![ListedKey {
            id: did().key("k1").unwrap(),
            key: public(1),
            from,
            until: None,
            void_after: None,
        }],
        removed: None,
        ledger: None,
    }
}

#[test]
fn a_document_is_held_against_the_list() {
    let now = at("2026-02-01T00:00:00.000Z");
    let check = |document: &DidDocument, listed: &ListedParticipant, expect: &[&str], refused: bool| {
        let found = differs(document, listed, now);
        let words: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), expect.len(), "{words:?}");
        assert!(words.iter().zip(expect).all(|(w, e)| w.contains(e)), "{words:?}");
        assert_eq!(found.iter().any(Difference::is_mismatch), refused);
    };
    // An announced key (k2) without a purpose is no difference.
    check(&document(), &listed(), &[], false);
    let with = |keys: Vec<DocumentKey>| DidDocument { keys, ..document() };
    check(&with(vec![key("k1", 9, true)]), &listed(), &["k1 is z6Mk"], true);
    check(&with(vec![]), &listed(), &["not in the document"], true);
    check(&with(vec![key("k1", 1, true), key("k2", 2, true)]), &listed(), &["not in the trust list"], true);
    let other = DidDocument { did: "did:web:evil.jp".parse().unwrap(), ..document() };
    check(&other, &listed(), &["calls itself did:web:evil.jp"], true);
    let moved = DidDocument { endpoint: None, ..document() };
    check(&moved, &listed(), &["names none"], false);
    let mut rotated = listed();
    rotated.keys[0].until = Some(now);
    rotated.keys.push(ListedKey {
        id: did().key("k2").unwrap(),
        key: public(2),
        from: now,
        until: None,
        void_after: None,
    });
    check(&document(), &rotated, &["ended on"], false);
    let ledger = |seed| Some(crate::testing::ledger("a.jp/log", seed));
    let pinned = ListedParticipant { ledger: ledger(1), ..listed() };
    check(&document().with_ledger(ledger(1)), &listed(), &[], false);
    check(&document().with_ledger(ledger(1)), &pinned, &[], false);
    check(&document().with_ledger(ledger(3)), &pinned, &["log and witness are a.jp/log+"], true);
    check(&document(), &pinned, &["the document names none"], true);
    let mut moved = ledger(1);
    moved.as_mut().unwrap().mirror_url = None;
    check(&document().with_ledger(moved), &pinned, &["elsewhere"], false);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = DidDocument::parse(&bytes);
    }

    #[test]
    fn an_altered_document_never_panics(position in 0usize..2000, byte in any::<u8>()) {
        let mut bytes = document().to_bytes().unwrap();
        let position = position % bytes.len();
        bytes[position] = byte;
        if let Ok(read) = DidDocument::parse(&bytes) {
            prop_assert!(read.keys.len() <= 2);
        }
    }

    #[test]
    fn every_did_comes_back_from_its_url(host in "[a-z]{1,8}(\\.[a-z]{2,5}){0,2}", path in proptest::collection::vec("[a-z][a-zA-Z0-9._-]{0,8}", 0..4)) {
        let text = [vec![format!("did:web:{host}")], path].concat().join(":");
        if let Ok(did) = text.parse::<Did>() {
            prop_assert_eq!(did_of(&document_url(&did).unwrap()).unwrap(), did);
        }
    }
}
