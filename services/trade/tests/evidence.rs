//! The chain of a transaction as evidence: exported by one of two nodes whose acts are witnessed, checked
//! without either, and refused when a byte of it is another.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;
#[path = "../../../ground/exchange/tests/common/ledger.rs"]
mod ledger;

use common::{Node, Setup, TO_JP, TO_KR, World, acting, code, desk, message, until};
use corridor_base::{EnvelopeId, OsRandom};
use corridor_exchange::service::Acting;
use corridor_exchange::{Draft, Scope, Side, State};
use corridor_proof::verdict::State as Outcome;
use corridor_proof::{PublicKey, Signer as _};
use corridor_trade::evidence::{Judged, Known, gather, verify, zip};
use corridor_trade::{Library, SCHEMA};
use ledger::{ANCHORS, Ledger, ledger, policy};

struct Chain {
    world: World,
    kr: Ledger,
    jp: Ledger,
    declared: EnvelopeId,
}

async fn send(
    from: &Node,
    to: &Node,
    kind: &str,
    edi: &[u8],
    answers: Option<EnvelopeId>,
    about: &[&str],
) -> EnvelopeId {
    let draft = Draft {
        id: None,
        to: to.us.clone(),
        kind: kind.parse().unwrap(),
        agreement: None,
        name: None,
        answers,
        subjects: about.iter().map(|s| (*s).to_owned()).collect(),
    };
    let id = from.hand_in(draft, edi).await.unwrap();
    assert_eq!(from.settled(id).await.state, State::Delivered);
    id
}

/// A declaration, its CONTRL, the refusal of customs, and a note about somebody that answers it too.
async fn chain() -> Chain {
    let services = vec![desk(Library::default())];
    let schemas = vec![&SCHEMA, &corridor_ledger::SCHEMA];
    let mut world = World::with(Setup { services, schemas, ..Setup::default() }).await;
    let kr = ledger(&mut world.kr, "kr.example/log").await;
    let jp = ledger(&mut world.jp, "jp.example/log").await;
    world.kr.dispatch();
    world.jp.dispatch();
    let body = "BGM+929+DECL-7+9'RFF+ON:PO-4711'";
    let declaration = message(TO_JP, "CUSDEC:D:08A", "D1", body);
    let declared = send(&world.kr, &world.jp, "edifact", &declaration, None, &[]).await;
    let body = "BGM+962+RES-1+9+RE'RFF+ACW:DECL-7'ERC+E12'FTX+AAO+++NO <SUCH> HS CODE'";
    let response = message(TO_KR, "CUSRES:D:08A", "C1", body);
    send(&world.jp, &world.kr, "edifact", &response, None, &[]).await;
    send(&world.jp, &world.kr, "note", b"about the driver", Some(declared), &["driver 1"]).await;
    let chain = Chain { world, kr, jp, declared };
    until("everything read", async || chain.files(&chain.world.kr.us).await.len() >= 5).await;
    chain
}

impl Chain {
    /// The documents of the chain as Korea has them.
    async fn files(&self, us: &corridor_base::Did) -> Vec<String> {
        let archive = gather(&self.world.kr.exchange, &self.kr.receipts, &acting(us), "PO-4711").await;
        let files = archive.map(|archive| zip::read(&archive).unwrap()).unwrap_or_default();
        files.into_keys().filter(|name| name.ends_with("/envelope.note")).collect()
    }

    async fn archive(&self) -> Vec<u8> {
        let kr = &self.world.kr;
        gather(&kr.exchange, &self.kr.receipts, &acting(&kr.us), "PO-4711").await.unwrap()
    }

    /// Both logs grow and are witnessed in both countries, and both sides ask for receipts.
    async fn witnessed(&self) {
        for ledger in [&self.kr, &self.jp] {
            ledger.grow().await;
            ledger.cosign(&ANCHORS, true).await;
        }
        for node in [&self.world.kr, &self.world.jp] {
            node.clock.move_by(700);
        }
        for ledger in [&self.kr, &self.jp] {
            ledger.receipts.round().await.unwrap();
        }
    }

    fn anchors(&self) -> Vec<(String, PublicKey)> {
        self.world.anchors.iter().map(|a| (a.anchor_key().name, a.anchor_key().key)).collect()
    }

    fn judge(&self, archive: &[u8]) -> Judged {
        let (policy, anchors) = (policy(), self.anchors());
        verify(archive, Known { policy: Some(&policy), anchors: &anchors, now: None })
    }
}

fn wrong(judged: &Judged) -> Vec<String> {
    let failed = judged.findings.iter().filter(|f| f.state != Outcome::Passed);
    failed.map(|f| format!("{} {} {:?}", f.check, f.file, f.about)).collect()
}

#[tokio::test]
async fn a_chain_is_exported_and_holds_without_any_node() {
    let chain = chain().await;
    let (kr, before) = (&chain.world.kr, chain.world.kr.acts("document-read").await);
    // Before anybody has witnessed anything it is pending, and says so.
    assert_eq!(chain.judge(&chain.archive().await).outcome(), Outcome::Pending);
    assert_eq!(kr.acts("document-read").await, before + 5);
    chain.witnessed().await;
    let archive = chain.archive().await;
    let judged = chain.judge(&archive);
    assert_eq!(judged.outcome(), Outcome::Passed, "{:#?}", wrong(&judged));
    for check in [
        "form",
        "files",
        "index",
        "page",
        "trust-list",
        "signature",
        "agreement",
        "content",
        "acknowledgement",
        "act",
        "receipt",
    ] {
        assert!(judged.findings.iter().any(|f| f.check == check), "{check}");
    }
    let index = judged.index.unwrap();
    let messages: Vec<String> = index.documents.iter().map(|d| d.messages.join("+")).collect();
    assert_eq!(messages.iter().filter(|m| *m == "CUSDEC").count(), 1, "{messages:?}");
    assert!(index.events.iter().any(|e| e.what == "answer-rejected" && e.said["ko"].len() == 2));
    // The same books make the same bytes, whoever has read meanwhile.
    assert!(chain.archive().await == archive);
    let files = zip::read(&archive).unwrap();
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    assert!(page.contains("NO &lt;SUCH&gt; HS CODE") && !page.contains("<SUCH>"));
    // Without policy and anchors nothing fails, and it says what was not checked.
    assert_eq!(verify(&archive, Known::default()).outcome(), Outcome::NotChecked);
    // Another anchor vouches for nothing.
    let stranger = corridor_proof::SecretKey::generate("stranger.example", &OsRandom).unwrap();
    let stranger = [("stranger.example".to_owned(), stranger.public().clone())];
    let judged = verify(&archive, Known { policy: Some(&policy()), anchors: &stranger, now: None });
    assert_eq!(judged.outcome(), Outcome::Failed);
}

#[tokio::test]
async fn another_byte_anywhere_is_found() {
    let chain = chain().await;
    chain.witnessed().await;
    let archive = chain.archive().await;
    let files = zip::read(&archive).unwrap();
    assert!(files.len() > 20, "{:?}", files.keys());
    for (name, bytes) in &files {
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut altered = files.clone();
            altered.get_mut(name).unwrap()[at] ^= 1;
            let judged = chain.judge(&zip::write(&altered).unwrap());
            assert_eq!(judged.outcome(), Outcome::Failed, "{name} byte {at}");
        }
        let mut without = files.clone();
        without.remove(name);
        assert_eq!(chain.judge(&zip::write(&without).unwrap()).outcome(), Outcome::Failed, "without {name}");
    }
    let with = [files.clone(), zip::Files::from([("more.txt".to_owned(), b"x".to_vec())])];
    let with = with.into_iter().flatten().collect();
    assert_eq!(chain.judge(&zip::write(&with).unwrap()).outcome(), Outcome::Failed);
    // As a file: a byte here and there, and cut off.
    for at in (0..archive.len()).step_by(211) {
        let mut altered = archive.clone();
        altered[at] ^= 4;
        assert_eq!(chain.judge(&altered).outcome(), Outcome::Failed, "byte {at}");
    }
    assert_eq!(chain.judge(&archive[..archive.len() / 2]).outcome(), Outcome::Failed);
}

/// Whoever alters content and writes a new index cannot sign it, nor make the envelope fit.
#[tokio::test]
async fn a_forger_with_a_new_index_is_found_by_name() {
    let chain = chain().await;
    chain.witnessed().await;
    let files = zip::read(&chain.archive().await).unwrap();
    let name = files.keys().find(|name| name.ends_with("/content")).unwrap().clone();
    let forged = String::from_utf8(files[&name].clone()).unwrap().replace("DECL-7", "DECL-8").into_bytes();
    let mut altered = files.clone();
    let text = String::from_utf8(altered["index.json"].clone()).unwrap();
    let digest = |bytes: &[u8]| corridor_base::Digest::of(bytes).to_string();
    let text = text.replace(&digest(&files[&name]), &digest(&forged));
    altered.insert(name.clone(), forged);
    altered.insert("index.json".to_owned(), text.into_bytes());
    let judged = chain.judge(&zip::write(&altered).unwrap());
    let failed: Vec<&str> =
        judged.findings.iter().filter(|f| f.state == Outcome::Failed).map(|f| f.check).collect();
    assert_eq!(failed, ["index", "content"], "{:?}", wrong(&judged));
}

#[tokio::test]
async fn what_is_erased_is_named_and_what_is_not_ones_business_is_not() {
    let chain = chain().await;
    let World { kr, jp, .. } = &chain.world;
    jp.exchange.erase(&jp.us, "driver 1", "tester").await.unwrap();
    let note = async || {
        let answers = kr.exchange.answers(&kr.us, Side::In, chain.declared).await.unwrap();
        answers.into_iter().find(|a| a.kind.as_str() == "note").unwrap()
    };
    until("erased", async || note().await.state == State::Erased).await;
    let erased = note().await;
    let judged = chain.judge(&chain.archive().await);
    assert_eq!(judged.outcome(), Outcome::Pending, "{:?}", wrong(&judged));
    let absent = judged.index.unwrap().absent;
    assert_eq!(absent.len(), 1);
    assert_eq!((absent[0].envelope, absent[0].why.as_str()), (erased.id, "erased"));
    let other = async |scope: Scope, us: &corridor_base::Did| {
        let acting = Acting { participant: us.clone(), reader: "test".to_owned(), scope };
        code(gather(&kr.exchange, &chain.kr.receipts, &acting, "PO-4711").await)
    };
    let stranger = vec!["did:web:somebody.example".parse().unwrap()];
    assert_eq!(other(Scope::of(vec![], stranger), &kr.us).await, "not-found");
    assert_eq!(other(Scope::default(), &kr.second).await, "not-found");
    assert_eq!(other(Scope::default(), &kr.us).await, "ok");
}
