//! Receipts as they become complete, and as they are printed and read back.

use std::time::Duration;

use corridor_base::{FixedClock, SeededRandom, Timestamp};
use corridor_proof::act::{self, Act};
use corridor_proof::cosignature::cosign;
use corridor_proof::evidence::{self, FileKind};
use corridor_proof::printed::{MAX_CODE, join, split};
use corridor_proof::{SecretKey, VerifierKey};
use corridor_storage::ACTS;
use corridor_storage::{Options, Store};

use super::*;
use crate::log::LogParts;
use crate::witness::testing::{START, operator, secret};

const ORIGIN: &str = "node.example.jp/log";
const JP: &str = "anchor.example.jp/w1";
const KR: &str = "anchor.example.kr/w1";
/// The witness of the log's own operator.
const OWN: &str = "node.example.jp/log/witness";

struct World {
    store: Store,
    log: Log,
    receipts: Receipts,
    clock: Arc<FixedClock>,
    _folder: tempfile::TempDir,
}

fn policy_text() -> String {
    let key = |name: &str| VerifierKey::cosignature(name, secret(name).public().clone());
    format!(
        "log {log}\nwitness own {own}\nwitness anchor-jp {jp}\nwitness anchor-kr {kr}\n\
         group jp any own anchor-jp\ngroup both all jp anchor-kr\nquorum both\n#corridor countries JP KR\n\
         #corridor log {ORIGIN} JP node-jp\n#corridor witness own JP node-jp\n\
         #corridor witness anchor-jp JP anchor-jp\n#corridor witness anchor-kr KR anchor-kr\n",
        log = VerifierKey::note(ORIGIN, secret(ORIGIN).public().clone()),
        own = key(OWN),
        jp = key(JP),
        kr = key(KR),
    )
}

fn policy() -> Arc<Policy> {
    Arc::new(Policy::parse(policy_text().as_bytes()).unwrap())
}

async fn world() -> World {
    let clock = Arc::new(FixedClock::at(START));
    let folder = tempfile::tempdir().unwrap();
    let random = Arc::new(SeededRandom::new(1));
    let store =
        Store::open(Options::directory(folder.path()), &[&crate::SCHEMA], clock.clone(), random).unwrap();
    let key: Arc<SecretKey> = Arc::new(secret(ORIGIN));
    let parts = LogParts {
        store: store.clone(),
        operator: operator(),
        name: ACTS.to_owned(),
        origin: ORIGIN.to_owned(),
        key: key.clone(),
        clock: clock.clone(),
    };
    let log = Log::open(parts).await.unwrap();
    let policy = policy();
    let source = Arc::new(move || Ok(policy.clone()));
    let receipts = Receipts::new(log.clone(), key, source, clock.clone());
    World { store, log, receipts, clock, _folder: folder }
}

impl World {
    async fn act(&self, n: u64) -> ActId {
        let fields = [("envelope", "e"), ("partner", "p"), ("acknowledgement", "a")];
        let random = SeededRandom::new(100 + n);
        let sealed =
            Act::seal(&act::DOCUMENT_ACKNOWLEDGED, &operator(), &fields, &*self.clock, &random).unwrap();
        let id = sealed.act.id;
        self.store.write(&operator(), move |tx| tx.record(&sealed)).await.unwrap();
        id
    }

    /// These witnesses cosign the newest checkpoint.
    async fn cosign(&self, names: &[&str], complete: bool) {
        let newest = self.log.latest().await.unwrap().unwrap();
        let lines = names.iter().map(|n| cosign(&newest, &secret(n), START).unwrap()).collect();
        self.log.cosigned(newest.tree().size, lines, complete).await.unwrap();
    }

    async fn missing(&self, act: ActId) -> String {
        let standing = self.receipts.of(&operator(), act).await.unwrap();
        assert_eq!(standing.is_complete(), standing.missing.is_empty());
        // A list says the same, without the receipts.
        let unknown = "0193d5a0-0000-7000-8000-000000000000".parse().unwrap();
        let reached = self.receipts.reached(&operator(), vec![unknown, act]).await.unwrap();
        let said: Vec<_> = reached.iter().map(|s| (s.index, s.receipt.is_some(), &s.missing)).collect();
        let waits = Standing::waiting(None);
        assert_eq!(said, [(None, false, &waits.missing), (standing.index, false, &standing.missing)]);
        let missing: Vec<String> = standing
            .missing
            .iter()
            .map(|c| format!("{} {:?} {}", c.name, c.state, c.about.join(",")))
            .collect();
        missing.join("; ")
    }
}

/// LG-2: pending says who is missing; the log's own operator does not count; complete comes by itself.
#[tokio::test]
async fn a_receipt_is_pending_until_both_countries_have_cosigned() {
    let world = world().await;
    let first = world.act(1).await;
    assert_eq!(world.missing(first).await, "inclusion Pending ");
    world.log.integrate().await.unwrap();
    let none =
        "country-JP Pending anchor-jp; country-KR Pending anchor-kr; quorum Pending anchor-jp,anchor-kr";
    assert_eq!(
        world.missing(first).await,
        none.replace("-JP Pending ", "-JP Pending own,").replace("quorum Pending ", "quorum Pending own,")
    );
    world.cosign(&[OWN], false).await;
    assert_eq!(world.missing(first).await, none);
    world.cosign(&[JP], false).await;
    assert_eq!(world.missing(first).await, "country-KR Pending anchor-kr; quorum Pending anchor-kr");
    world.cosign(&[KR], true).await;
    assert_eq!(world.missing(first).await, "");
    // What comes later waits for itself, and the first one stays with its checkpoint.
    let second = world.act(2).await;
    world.log.integrate().await.unwrap();
    assert_eq!(world.missing(first).await, "");
    assert!(world.missing(second).await.contains("country-KR"));
    world.cosign(&[JP, KR], true).await;
    assert_eq!(world.missing(second).await, "");
    let receipt = world.receipts.of(&operator(), first).await.unwrap().complete().cloned().unwrap();
    assert_eq!(receipt.proof().checkpoint.tree().size, 1);
    let verdict = corridor_proof::receipt::verify(&receipt.to_bytes(), &policy(), None);
    assert_eq!(verdict.outcome(), State::Passed, "{:?}", verdict.checks);
    world.store.close().await;
}

/// ID-1: the time of a witness whose clock is ahead is no time, until ours has come to it; nothing that was
/// remembered stands in the way.
#[tokio::test]
async fn a_cosignature_from_the_future_records_nothing_yet() {
    let world = world().await;
    world.act(1).await;
    world.log.integrate().await.unwrap();
    let hour = Duration::from_secs(3_600);
    let newest = world.log.latest().await.unwrap().unwrap();
    let at = |name: &str, time: Timestamp| cosign(&newest, &secret(name), time).unwrap();
    let lines = vec![at(JP, START), at(KR, START.plus(hour))];
    world.log.cosigned(newest.tree().size, lines, true).await.unwrap();
    let checkpoint = world.log.latest().await.unwrap().unwrap();
    let recorded = || policy().cosigned_at(&world.receipts.judgement(&checkpoint).unwrap());
    assert_eq!(recorded(), None);
    world.clock.advance(hour);
    assert_eq!(recorded().map(Timestamp::seconds), Some(START.plus(hour).seconds()));
    world.store.close().await;
}

#[tokio::test]
async fn an_act_of_another_participant_has_no_receipt_here() {
    let world = world().await;
    let act = world.act(1).await;
    let stranger: Did = "did:web:stranger.example".parse().unwrap();
    let refused = world.receipts.of(&stranger, act).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NotFound);
    world.store.close().await;
}

/// The three exports say the same, and each is judged complete by the pure crate alone.
#[tokio::test]
async fn a_receipt_is_exported_as_file_as_cose_and_on_paper() {
    let world = world().await;
    let mut acts = Vec::new();
    for n in 0..40 {
        acts.push(world.act(n).await);
    }
    world.log.integrate().await.unwrap();
    world.cosign(&[OWN, JP, KR], true).await;
    let receipt = world.receipts.of(&operator(), acts[17]).await.unwrap().complete().cloned().unwrap();
    let act = receipt.proof().extra.clone().unwrap();
    let cose = world.receipts.cose(&receipt).unwrap().to_bytes();
    let judged = evidence::judge(&cose, Some(&policy()), Some(&act), None);
    assert_eq!(
        (judged.kind, judged.outcome()),
        (Some(FileKind::CoseReceipt), State::Passed),
        "{:?}",
        judged.checks
    );
    let page = world.receipts.page(&receipt).unwrap();
    for said in ["Complete", "完成", "완성", "anchor-kr", ORIGIN, "<svg", "leaf 17 of 40"] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    // The codes hold all of the proof.
    let read: Vec<Vec<u8>> = page.split("<svg").skip(1).map(qr::tests::decoded).collect();
    let verdict = corridor_proof::receipt::verify(&join(&read).unwrap(), &policy(), None);
    assert_eq!(verdict.outcome(), State::Passed, "{:?}", verdict.checks);
    // Run with `CORRIDOR_SHOW=FILE` to look at the page.
    if let Some(path) = std::env::var_os("CORRIDOR_SHOW") {
        #[allow(clippy::disallowed_methods, reason = "a test writes what a person looks at")]
        std::fs::write(path, &page).unwrap();
    }
    world.store.close().await;
}

/// A pending receipt is printed as such; signatures that paper has no room for stay in the file.
#[tokio::test]
async fn what_is_printed_says_what_is_missing_and_leaves_out_what_is_too_long() {
    let world = world().await;
    let act = world.act(1).await;
    world.log.integrate().await.unwrap();
    world.cosign(&[JP], false).await;
    let receipt = world.receipts.of(&operator(), act).await.unwrap().receipt.unwrap();
    let long = corridor_proof::note::SignatureLine {
        name: "later.example/w".into(),
        hash: [6; 4],
        signature: vec![1; 2428],
    };
    let receipt = receipt.cosigned([long]).unwrap();
    let paper = for_paper(&receipt, &policy()).unwrap().to_bytes();
    assert!(receipt.to_bytes().len() > paper.len() + 2428);
    let page = world.receipts.page(&receipt).unwrap();
    assert!(page.contains("Not complete yet") && page.contains("country-KR (anchor-kr)"), "{page}");
    assert!(split(&paper, MAX_CODE).unwrap().len() == 1);
    world.store.close().await;
}

/// Whoever passes a receipt on may add lines to its checkpoint: as many as a note holds change nothing, more
/// spoil the form and nothing else is judged.
#[tokio::test]
async fn a_receipt_with_a_crowd_of_signatures_is_refused_by_its_form() {
    let world = world().await;
    let act = world.act(1).await;
    world.log.integrate().await.unwrap();
    world.cosign(&[JP, KR], true).await;
    let receipt = world.receipts.of(&operator(), act).await.unwrap().complete().cloned().unwrap().to_bytes();
    let check = |strangers: usize, expect: State| {
        let lines = "\u{2014} later.example/w AAAAAAAA\n".repeat(strangers);
        let verdict =
            corridor_proof::receipt::verify(&[&receipt, lines.as_bytes()].concat(), &policy(), None);
        assert_eq!(verdict.outcome(), expect, "{strangers}: {:?}", verdict.checks);
        assert_eq!(verdict.checks.len() == 1, expect == State::Failed, "{strangers}");
    };
    // The log's and two cosignatures are there.
    check(0, State::Passed);
    check(97, State::Passed);
    check(98, State::Failed);
    check(150, State::Failed);
    check(5_000, State::Failed);
    world.store.close().await;
}

/// A proof that one code does not hold is printed in several, numbered.
#[tokio::test]
async fn a_long_proof_takes_several_codes() {
    let world = world().await;
    let act = world.act(1).await;
    world.log.integrate().await.unwrap();
    let newest = world.log.latest().await.unwrap().unwrap();
    // Many witnesses, all known to the policy.
    let names: Vec<String> =
        (0..20).map(|n| format!("witness-{n}.example.kr/with-a-long-name/w{n}")).collect();
    let mut text = String::new();
    for name in &names {
        let key = VerifierKey::cosignature(name, secret(name).public().clone());
        text.push_str(&format!("witness {name} {key}\n"));
    }
    let log = VerifierKey::note(ORIGIN, secret(ORIGIN).public().clone());
    let policy = Policy::parse(format!("log {log}\n{text}quorum none\n").as_bytes()).unwrap();
    let lines = names.iter().map(|n| cosign(&newest, &secret(n), START).unwrap());
    let receipt = world.receipts.of(&operator(), act).await.unwrap().receipt.unwrap();
    let receipt = receipt.cosigned(lines).unwrap();
    let page = page::page(&receipt, &policy).unwrap();
    assert!(page.contains("Part 2 of 2") && page.contains("2 個中 1 個目") && page.contains("2개 중 2번째"));
    let mut read: Vec<Vec<u8>> = page.split("<svg").skip(1).map(qr::tests::decoded).collect();
    read.reverse();
    assert!(join(&read).unwrap() == for_paper(&receipt, &policy).unwrap().to_bytes());
    world.store.close().await;
}
