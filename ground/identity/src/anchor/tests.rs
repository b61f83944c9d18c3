//! The desk of an anchor, from its founding to recognitions.

use super::*;
use crate::diff::{Change, changes};
use corridor_base::{FixedClock, SeededRandom, Words};

fn start() -> Timestamp {
    Timestamp::parse("2026-11-22T00:00:00.000Z").unwrap()
}

fn terms(country: &str) -> Terms {
    let name = format!("trust.example.{}/anchor", country.to_lowercase());
    Terms { country: country.parse().unwrap(), name, valid_days: 90, grace_hours: 72 }
}

fn key(did: &str, name: &str, seed: u64) -> (KeyId, PublicKey, bool) {
    let id = format!("{did}#{name}").parse().unwrap();
    (id, SecretKey::generate("k", &SeededRandom::new(seed)).unwrap().public().clone(), true)
}

fn admission(did: &str, keys: Vec<(KeyId, PublicKey, bool)>) -> Admission {
    Admission {
        did: did.parse().unwrap(),
        name: Words::same("X"),
        endpoint: "https://x.example".to_owned(),
        keys,
        overlap: Duration::ZERO,
        ledger: None,
    }
}

struct Bench {
    dir: tempfile::TempDir,
    clock: FixedClock,
    random: SeededRandom,
}

fn bench() -> Bench {
    Bench { dir: tempfile::tempdir().unwrap(), clock: FixedClock::at(start()), random: SeededRandom::new(1) }
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn found(&self, country: &str) -> Anchor {
        Anchor::found(&self.path(country), terms(country), &self.clock, &self.random).unwrap()
    }
}

const A: &str = "did:web:a.kr";
const B: &str = "did:web:b.kr";

#[test]
fn a_founded_anchor_opens_again_and_is_not_founded_twice() {
    let bench = bench();
    let anchor = bench.found("KR");
    let (vkey, digest) = (anchor.anchor_key().vkey(), anchor.newest().digest());
    let held = Anchor::open(&bench.path("KR")).unwrap_err();
    assert_eq!(held.code(), ErrorCode::DirectoryLocked);
    drop(anchor);
    let again = Anchor::found(&bench.path("KR"), terms("KR"), &bench.clock, &bench.random).unwrap_err();
    assert_eq!(again.code(), ErrorCode::AlreadyExists);
    let opened = Anchor::open(&bench.path("KR")).unwrap();
    assert_eq!((opened.anchor_key().vkey(), opened.newest().digest()), (vkey.clone(), digest));
    assert_eq!(std::fs::read_to_string(bench.path("KR/anchor.vkey")).unwrap(), format!("{vkey}\n"));
    assert_eq!(Anchor::open(&bench.path("none")).unwrap_err().code(), ErrorCode::NotFound);
}

#[test]
fn founding_goes_on_after_a_crash() {
    let bench = bench();
    let vkey = bench.found("KR").anchor_key().vkey();
    std::fs::remove_file(list_path(&bench.path("KR"), &"KR".parse().unwrap(), 1)).unwrap();
    std::fs::remove_file(bench.path("KR/anchor.vkey")).unwrap();
    assert_eq!(bench.found("KR").anchor_key().vkey(), vkey);
}

#[test]
fn terms_and_endpoints_out_of_bounds_are_refused() {
    let bench = bench();
    for wrong in [
        Terms { valid_days: 0, ..terms("KR") },
        Terms { valid_days: MAX_DAYS + 1, ..terms("KR") },
        Terms { grace_hours: 745, ..terms("KR") },
        Terms { name: "with space".to_owned(), ..terms("KR") },
    ] {
        assert!(Anchor::found(&bench.path("KR"), wrong, &bench.clock, &bench.random).is_err());
    }
    let check =
        |endpoint: &str, expect: bool| assert_eq!(check_endpoint(endpoint).is_ok(), expect, "{endpoint}");
    check("https://x.example", true);
    check("https://x.example/corridor", true);
    check("http://localhost:7081", true);
    check("http://127.0.0.1:7081", true);
    check("http://[::1]:7081", true);
    check("http://x.example", false);
    check("ftp://x.example", false);
    check("https://u@x.example", false);
    check("https://x.example?a=b", false);
    check("x.example", false);
}

#[test]
fn admitting_rotating_and_removing_make_one_list_each() {
    let bench = bench();
    let mut anchor = bench.found("KR");
    anchor.admit(&admission(B, vec![key(B, "k1", 1)]), &bench.clock).unwrap();
    anchor.admit(&admission(A, vec![key(A, "k1", 2)]), &bench.clock).unwrap();
    let dids: Vec<String> = anchor.newest().body().participants.iter().map(|p| p.did.to_string()).collect();
    assert_eq!(dids, [A, B]);
    let same = anchor.admit(&admission(A, vec![key(A, "k1", 2)]), &bench.clock).unwrap_err();
    assert_eq!(same.code(), ErrorCode::AlreadyExists);
    bench.clock.advance(Duration::from_secs(60));
    let mut rotated = admission(A, vec![key(A, "k1", 2), key(A, "k2", 3)]);
    rotated.overlap = Duration::from_secs(3600);
    anchor.admit(&rotated, &bench.clock).unwrap();
    let found = changes(Some(anchor.list(3).unwrap().body()), anchor.newest().body());
    let ended = bench.clock.now().plus(rotated.overlap);
    assert!(
        matches!(found.as_slice(), [Change::KeyEnded { until, .. }, Change::KeyAdded { .. }, Change::Expiry { .. }] if *until == ended),
        "{found:?}"
    );
    let at = bench.clock.now();
    anchor.remove(&A.parse().unwrap(), at, &bench.clock).unwrap();
    let gone = anchor.newest().body().participant(&A.parse().unwrap()).unwrap().clone();
    assert_eq!(gone.removed, Some(at));
    assert!(gone.keys.iter().all(|k| !k.covers(at)));
    let twice = anchor.remove(&A.parse().unwrap(), at, &bench.clock).unwrap_err();
    assert_eq!(twice.code(), ErrorCode::AlreadyExists);
    assert!(anchor.admit(&rotated, &bench.clock).is_err(), "not with its old keys");
    anchor.admit(&admission(A, vec![key(A, "k3", 4)]), &bench.clock).unwrap();
    let back = anchor.newest().body().participant(&A.parse().unwrap()).unwrap().clone();
    assert_eq!(back.keys_now(at), ["did:web:a.kr#k3"]);
    anchor.renew(&bench.clock).unwrap();
    assert_eq!(anchor.newest().body().number, 7);
    drop(anchor);
    assert_eq!(Anchor::open(&bench.path("KR")).unwrap().newest().body().number, 7);
}

#[test]
fn a_participant_s_ledger_and_the_anchor_s_witnesses_come_into_the_list() {
    use crate::testing::{ledger, witness};
    let bench = bench();
    let mut anchor = bench.found("KR");
    let with = |ledger| Admission { ledger, ..admission(A, vec![key(A, "k1", 1)]) };
    anchor.admit(&with(Some(ledger("a.kr/log", 1))), &bench.clock).unwrap();
    let again = anchor.admit(&with(Some(ledger("a.kr/log", 1))), &bench.clock).unwrap_err();
    assert_eq!(again.code(), ErrorCode::AlreadyExists);
    // Another participant's node cannot sign under the same origin, nor on a plain address.
    let other = |ledger| Admission {
        ledger: Some(ledger),
        endpoint: "https://b.kr".to_owned(),
        ..admission(B, vec![key(B, "k1", 2)])
    };
    let thief = anchor.admit(&other(ledger("a.kr/log", 3)), &bench.clock).unwrap_err();
    assert_eq!(thief.code(), ErrorCode::Malformed);
    let plain = ListedLedger { log_url: "http://a.kr/log".to_owned(), ..ledger("b.kr/log", 3) };
    assert_eq!(anchor.admit(&other(plain), &bench.clock).unwrap_err().code(), ErrorCode::Malformed);

    anchor.add_witness(&witness("main", 7), &bench.clock).unwrap();
    assert_eq!(
        anchor.add_witness(&witness("main", 7), &bench.clock).unwrap_err().code(),
        ErrorCode::AlreadyExists
    );
    let of_node = ListedWitness { key: ledger("a.kr/log", 1).witness, ..witness("more", 8) };
    assert_eq!(anchor.add_witness(&of_node, &bench.clock).unwrap_err().code(), ErrorCode::Malformed);
    // What is refused was never signed, and the chain is whole.
    drop(anchor);
    let mut anchor = Anchor::open(&bench.path("KR")).unwrap();
    let list = anchor.newest().body();
    assert_eq!((list.number, list.witnesses.as_slice()), (3, [witness("main", 7)].as_slice()));
    assert_eq!(list.participants[0].ledger, Some(ledger("a.kr/log", 1)));
    anchor.renew(&bench.clock).unwrap();
    assert_eq!(anchor.newest().body().witnesses.len(), 1);
    anchor.remove_witness("main", &bench.clock).unwrap();
    assert!(anchor.newest().body().witnesses.is_empty());
    let gone = anchor.remove_witness("main", &bench.clock).unwrap_err();
    assert_eq!(gone.code(), ErrorCode::NotFound);
}

trait KeysNow {
    fn keys_now(&self, at: Timestamp) -> Vec<String>;
}

impl KeysNow for ListedParticipant {
    fn keys_now(&self, at: Timestamp) -> Vec<String> {
        self.keys.iter().filter(|k| k.covers(at)).map(|k| k.id.to_string()).collect()
    }
}

#[test]
fn an_announced_key_is_pinned_at_the_second_admission() {
    let bench = bench();
    let mut anchor = bench.found("KR");
    let announced = |(id, key, _)| (id, key, false);
    let both = admission(A, vec![key(A, "k1", 1), announced(key(A, "k2", 2))]);
    anchor.admit(&both, &bench.clock).unwrap();
    let did = A.parse().unwrap();
    let listed =
        |anchor: &Anchor| anchor.newest().body().participant(&did).unwrap().keys_now(bench.clock.now());
    assert_eq!(listed(&anchor), ["did:web:a.kr#k1"]);
    anchor.admit(&both, &bench.clock).unwrap();
    assert_eq!(listed(&anchor), ["did:web:a.kr#k2"]);
    let none = admission(B, vec![announced(key(B, "k1", 1))]);
    assert!(anchor.admit(&none, &bench.clock).is_err());
}

#[test]
fn another_key_under_a_pinned_name_is_a_mismatch() {
    let bench = bench();
    let mut anchor = bench.found("KR");
    anchor.admit(&admission(A, vec![key(A, "k1", 1)]), &bench.clock).unwrap();
    let problem = anchor.admit(&admission(A, vec![key(A, "k1", 9)]), &bench.clock).unwrap_err();
    assert_eq!(problem.code(), ErrorCode::DidMismatch);
    assert_eq!(anchor.newest().body().number, 2);
}

#[test]
fn a_clock_that_went_back_makes_no_list() {
    let bench = bench();
    let mut anchor = bench.found("KR");
    bench.clock.set(start().minus(Duration::from_secs(1)));
    assert_eq!(anchor.renew(&bench.clock).unwrap_err().code(), ErrorCode::TrustListInvalid);
}

#[test]
fn a_key_is_revoked_from_a_leaf_on() {
    let bench = bench();
    let mut anchor = bench.found("KR");
    anchor.admit(&admission(A, vec![key(A, "k1", 1)]), &bench.clock).unwrap();
    let last = LeafOf { log: "a.kr/log".to_owned(), leaf: 41 };
    let id = key(A, "k1", 1).0;
    let now = bench.clock.now();
    let list = anchor.revoke(&id, last.clone(), now, &bench.clock).unwrap().body().clone();
    let found = &list.participants[0].keys[0];
    assert_eq!((found.until, found.void_after.as_ref()), (Some(now), Some(&last)));
    let mut refused =
        |id: &KeyId, last: &LeafOf| anchor.revoke(id, last.clone(), now, &bench.clock).unwrap_err().code();
    assert_eq!(refused(&id, &last), ErrorCode::AlreadyExists);
    assert_eq!(refused(&key(A, "k9", 1).0, &last), ErrorCode::KeyUnknown);
    assert_eq!(refused(&id, &LeafOf { leaf: u64::MAX, ..last.clone() }), ErrorCode::Malformed);
    assert_eq!(anchor.newest().body(), &list);
}

#[test]
fn a_broken_chain_is_refused_by_the_name_of_the_file() {
    let bench = bench();
    let mut anchor = bench.found("KR");
    anchor.admit(&admission(A, vec![key(A, "k1", 1)]), &bench.clock).unwrap();
    anchor.renew(&bench.clock).unwrap();
    let paths = [1, 2, 3].map(|n| anchor.list_path(n));
    drop(anchor);
    let whole = paths.each_ref().map(|p| std::fs::read(p).unwrap());
    let check = |change: &dyn Fn(), expect: &str| {
        change();
        let problem = Anchor::open(&bench.path("KR")).unwrap_err();
        assert_eq!(problem.code(), ErrorCode::TrustListInvalid, "{problem:?}");
        assert!(problem.arg("why").unwrap().contains(expect), "{problem:?}");
        for (path, bytes) in paths.iter().zip(&whole) {
            files::write(path, bytes, files::PUBLIC).unwrap();
        }
        Anchor::open(&bench.path("KR")).unwrap();
    };
    check(&|| std::fs::remove_file(&paths[1]).unwrap(), "KR-000002.note");
    check(&|| drop(std::fs::copy(&paths[0], &paths[2])), "KR-000003.note: it is list 1");
    check(&|| files::write(&paths[1], &whole[1][..90], files::PUBLIC).unwrap(), "KR-000002.note");
    check(&|| paths.iter().for_each(|p| std::fs::remove_file(p).unwrap()), "no list");
    let other = SecretKey::generate(&terms("KR").name, &SeededRandom::new(99)).unwrap();
    let forged =
        Signed::new(Signed::<TrustList>::parse(&whole[2]).unwrap().body().clone(), &[&other]).unwrap();
    check(&|| files::write(&paths[2], forged.bytes(), files::PUBLIC).unwrap(), "not signed by this anchor");
}

#[test]
fn two_anchors_recognise_each_other_and_nobody_else() {
    let bench = bench();
    let (kr, jp, us) = (bench.found("KR"), bench.found("JP"), bench.found("US"));
    let offered = kr.recognise(&jp.anchor_key(), 365, &bench.clock).unwrap();
    assert!(kr.recognise(&kr.anchor_key(), 365, &bench.clock).is_err());
    assert!(kr.recognise(&jp.anchor_key(), 0, &bench.clock).is_err());
    let agreed = jp.countersign(offered.bytes(), &kr.anchor_key(), &bench.clock).unwrap();
    for anchor in [kr.anchor_key(), jp.anchor_key()] {
        assert!(agreed.signed_by(&anchor.name, &anchor.key));
    }
    assert_eq!(std::fs::read(jp.recognition_path(&agreed)).unwrap(), agreed.bytes());
    let check = |problem: Problem, expect: &str| {
        assert_eq!(problem.code(), ErrorCode::RecognitionInvalid);
        assert!(problem.arg("why").unwrap().contains(expect), "{problem:?}");
    };
    check(us.countersign(offered.bytes(), &kr.anchor_key(), &bench.clock).unwrap_err(), "does not name");
    check(jp.countersign(offered.bytes(), &us.anchor_key(), &bench.clock).unwrap_err(), "does not name");
    let unsigned = Signed::new(offered.body().clone(), &[&us.key]).unwrap();
    check(jp.countersign(unsigned.bytes(), &kr.anchor_key(), &bench.clock).unwrap_err(), "not signed by");
    bench.clock.advance(days(365));
    check(jp.countersign(offered.bytes(), &kr.anchor_key(), &bench.clock).unwrap_err(), "ended");
}
