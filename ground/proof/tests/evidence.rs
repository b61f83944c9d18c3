//! Receipts and split views as a stranger meets them: files and a policy, through the public interface
//! alone. The files in `golden/evidence` are what other implementations are held against.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Did, Digest, FixedClock, SeededRandom, Timestamp};
use corridor_proof::act::{self, Act};
use corridor_proof::cosignature::{Finding, cosign};
use corridor_proof::merkle::{Leaves, Tree, leaf_hash, prove_inclusion, prove_prefix, root};
use corridor_proof::note::SignatureLine;
use corridor_proof::policy::Standing;
use corridor_proof::receipt::{LogProof, Receipt, verify};
use corridor_proof::verdict::{Check, State};
use corridor_proof::{
    Checkpoint, Note, Policy, SecretKey, SignedCheckpoint, Signer, SplitView, VerifierKey, split_view,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_795_339_500_000);
const LOG: &str = "example.jp/log";

fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(name, &Digest::of(name.as_bytes()).0).unwrap()
}

fn note_key(name: &str) -> VerifierKey {
    VerifierKey::note(name, key(name).public().clone())
}

fn witness_key(name: &str) -> VerifierKey {
    VerifierKey::cosignature(name, key(name).public().clone())
}

/// An ML-DSA-44 key of made-up bytes: nobody checks what it signs.
fn ml_dsa(name: &str) -> String {
    let typed = [vec![6], vec![7; 1312]].concat();
    let hash = Digest::of(&[name.as_bytes(), b"\n", &typed].concat()).to_string();
    format!("{name}+{}+{}", &hash[..8], STANDARD.encode(typed))
}

/// One log in Japan, whose operator also runs a witness; a witness in each country; one in Korea that
/// signs with ML-DSA-44 alone.
fn policy_text() -> String {
    format!(
        "# who must have cosigned\nlog {log}\n\
         witness own-jp {own}\nwitness anchor-jp {jp}\nwitness anchor-kr {kr}\nwitness later-kr {later}\n\
         group jp any own-jp anchor-jp\ngroup kr any anchor-kr later-kr\ngroup both all jp kr\nquorum both\n\
         #corridor countries JP KR\n#corridor log {LOG} JP customs-jp\n#corridor witness own-jp JP customs-jp\n\
         #corridor witness anchor-jp JP anchor-jp\n#corridor witness anchor-kr KR anchor-kr\n\
         #corridor witness later-kr KR ministry-kr\n",
        log = note_key(LOG),
        own = witness_key("example.jp/w"),
        jp = witness_key("anchor.example.jp/w"),
        kr = witness_key("anchor.example.kr/w"),
        later = ml_dsa("later.example.kr/w"),
    )
}

/// As a browser judges: the golden files are judged by both.
fn policy() -> Policy {
    Policy::parse(policy_text().as_bytes()).unwrap().as_in_a_browser()
}

/// Five acts, sealed under a fixed clock with seeded salts.
fn acts() -> Vec<Vec<u8>> {
    let did: Did = "did:web:example.jp:customs".parse().unwrap();
    let seal = |n: u64| {
        let fields = [("envelope", "e"), ("partner", "p"), ("acknowledgement", "a")];
        let clock = FixedClock::at(Timestamp::parse("2026-11-22T09:25:00.000Z").unwrap());
        Act::seal(&act::DOCUMENT_ACKNOWLEDGED, &did, &fields, &clock, &SeededRandom::new(n)).unwrap().bytes
    };
    (0..5).map(seal).collect()
}

fn leaves() -> Vec<Digest> {
    acts().iter().map(|a| leaf_hash(a)).collect()
}

fn checkpoint_of(origin: &str, leaves: &[Digest]) -> SignedCheckpoint {
    let tree = Tree { size: leaves.len() as u64, root: root(leaves) };
    SignedCheckpoint::sign(Checkpoint::new(origin, tree).unwrap(), &key(origin)).unwrap()
}

fn cosigned_at(names: &[&str], now: Timestamp) -> SignedCheckpoint {
    let mut checkpoint = checkpoint_of(LOG, &leaves());
    let lines: Vec<SignatureLine> =
        names.iter().map(|n| cosign(&checkpoint, &key(n), now).unwrap()).collect();
    checkpoint.add(lines).unwrap();
    checkpoint
}

fn cosigned(names: &[&str]) -> SignedCheckpoint {
    cosigned_at(names, NOW)
}

fn receipt_under(checkpoint: SignedCheckpoint) -> Receipt {
    let proof = prove_inclusion(3, 5, &mut Leaves(&leaves())).unwrap();
    Receipt::new(&acts()[3], 3, proof, checkpoint).unwrap()
}

const BOTH: &[&str] = &["anchor.example.jp/w", "anchor.example.kr/w"];

fn complete() -> Vec<u8> {
    receipt_under(cosigned(BOTH)).to_bytes()
}

/// The complete receipt with its proof altered.
fn altered(alter: impl Fn(&mut LogProof)) -> Vec<u8> {
    let mut proof = LogProof::parse(&complete()).unwrap();
    alter(&mut proof);
    proof.to_bytes()
}

/// The complete receipt with one of its signature lines altered.
fn resigned(name: &str, alter: impl Fn(&mut SignatureLine)) -> Vec<u8> {
    altered(|proof| {
        let mut note = Note::new(proof.checkpoint.note().text().to_owned()).unwrap();
        for line in proof.checkpoint.note().signatures() {
            let mut line = line.clone();
            if line.name == name {
                alter(&mut line);
            }
            note.add(line).unwrap();
        }
        proof.checkpoint = SignedCheckpoint::parse(&note.to_bytes()).unwrap();
    })
}

/// The same signature with the order of the group added to its second half: it verifies wherever that
/// half is not checked to be reduced (RFC 8032, 5.1.7).
fn malleable(signature: &mut [u8]) {
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = hex::decode(order).unwrap();
    let mut carry = 0u16;
    let start = signature.len() - 32;
    for (byte, add) in signature[start..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// An act with one more member, which is what an opening inside would be (LG-3).
fn with_opening() -> Vec<u8> {
    let act = text(acts()[3].clone());
    format!("{},\"opening\":{{\"partner\":\"p\"}}}}", act.strip_suffix('}').unwrap()).into_bytes()
}

/// Every receipt of the golden files, by name.
fn receipts() -> Vec<(&'static str, Vec<u8>)> {
    let with_pq = |names: &[&str], length: usize| {
        let mut checkpoint = cosigned(names);
        let key: VerifierKey = ml_dsa("later.example.kr/w").parse().unwrap();
        let signature = [1_795_339_500u64.to_be_bytes().as_slice(), &vec![9; length]].concat();
        checkpoint.add([SignatureLine { name: key.name().to_owned(), hash: key.hash(), signature }]).unwrap();
        receipt_under(checkpoint).to_bytes()
    };
    let extended = || {
        let checkpoint =
            Checkpoint { extensions: vec!["a line".into()], ..cosigned(&[]).checkpoint().clone() };
        altered(|p| p.checkpoint = SignedCheckpoint::sign(checkpoint.clone(), &key(LOG)).unwrap())
    };
    let far = Timestamp::from_millis(4_000_000_000_000);
    let stranger = SignatureLine { name: "stranger.example/w".into(), hash: [1; 4], signature: vec![1; 72] };
    vec![
        ("complete", complete()),
        (
            "complete-with-unknown-signature",
            receipt_under(cosigned(BOTH)).cosigned([stranger]).unwrap().to_bytes(),
        ),
        ("complete-time-ahead", receipt_under(cosigned_at(BOTH, far)).to_bytes()),
        ("pending-kr", receipt_under(cosigned(&BOTH[..1])).to_bytes()),
        ("pending-both", receipt_under(cosigned(&[])).to_bytes()),
        ("pending-own-operator", receipt_under(cosigned(&["example.jp/w", BOTH[1]])).to_bytes()),
        ("not-checked-ml-dsa", with_pq(&BOTH[..1], 2420)),
        ("bad-ml-dsa-length", with_pq(&BOTH[..1], 2419)),
        ("bad-act-of-another-leaf", altered(|p| p.extra = Some(acts()[2].clone()))),
        ("bad-act-missing", altered(|p| p.extra = None)),
        ("bad-act-with-opening", altered(|p| p.extra = Some(with_opening()))),
        ("bad-act-spelling", altered(|p| p.extra = Some([acts()[3].clone(), vec![b' ']].concat()))),
        ("bad-index", altered(|p| p.index = 2)),
        ("bad-index-beyond", altered(|p| p.index = 5)),
        ("bad-proof-hash", altered(|p| p.hashes[0].0[0] ^= 1)),
        ("bad-proof-short", altered(|p| p.hashes.truncate(2))),
        ("bad-proof-long", altered(|p| p.hashes.push(p.hashes[0]))),
        ("bad-log-signature", resigned(LOG, |line| line.signature[0] ^= 1)),
        ("bad-log-signature-missing", resigned(LOG, |line| line.hash = [0; 4])),
        ("bad-log-signature-malleable", resigned(LOG, |line| malleable(&mut line.signature))),
        ("bad-log-unknown", altered(|p| p.checkpoint = checkpoint_of("example.com/other", &leaves()))),
        ("bad-cosignature", resigned(BOTH[1], |line| line.signature[40] ^= 1)),
        ("bad-cosignature-time", resigned(BOTH[1], |line| line.signature[7] ^= 1)),
        ("bad-cosignature-time-zero", resigned(BOTH[1], |line| line.signature[..8].fill(0))),
        ("bad-cosignature-malleable", resigned(BOTH[1], |line| malleable(&mut line.signature))),
        ("bad-cosignature-small-order", resigned(BOTH[1], |line| line.signature[8..].fill(0))),
        ("bad-extension-line", extended()),
        ("bad-form-index", text(complete()).replace("index 3", "index 03").into_bytes()),
        ("bad-form-header", text(complete()).replace("@v1", "@v2").into_bytes()),
        ("bad-form-line-ends", text(complete()).replace('\n', "\r\n").into_bytes()),
        ("bad-form-cut", complete()[..complete().len() - 1].to_vec()),
        ("bad-form-empty", Vec::new()),
    ]
}

/// Another history of the log: its third act is another.
fn other_leaves() -> Vec<Digest> {
    let mut other = leaves();
    other[2] = leaf_hash(b"what the other partner was shown");
    other
}

/// Every split view of the golden files, by name.
fn split_views() -> Vec<(&'static str, Vec<u8>)> {
    let five = checkpoint_of(LOG, &leaves());
    let other = checkpoint_of(LOG, &other_leaves());
    let older = checkpoint_of(LOG, &other_leaves()[..3]);
    let honest = checkpoint_of(LOG, &leaves()[..3]);
    let nothing = Checkpoint::new(LOG, Tree { size: 0, root: leaves()[0] }).unwrap();
    let nothing = SignedCheckpoint::sign(nothing, &key(LOG)).unwrap();
    let proof = prove_prefix(3, 5, &mut Leaves(&leaves())).unwrap();
    let grown = SplitView::new(older.clone(), five.clone(), proof).unwrap().to_bytes();
    let same = SplitView::new(five.clone(), other, Vec::new()).unwrap().to_bytes();
    let swap = |from: &SignedCheckpoint, to: &SignedCheckpoint| {
        text(grown.clone()).replace(&text(from.to_bytes()), &text(to.to_bytes())).into_bytes()
    };
    let foreign = checkpoint_of("example.com/other", &other_leaves()[..3]);
    vec![
        ("convicted-same-size", same.clone()),
        ("convicted-grown", grown.clone()),
        ("convicted-empty", SplitView::new(nothing, five.clone(), Vec::new()).unwrap().to_bytes()),
        ("bad-consistent", swap(&older, &honest)),
        ("bad-same-checkpoint", swap(&older, &five)),
        ("bad-other-log", swap(&older, &foreign)),
        (
            "bad-proof-missing",
            [b"corridor/split-view/v1\n\n".as_slice(), &older.to_bytes(), b"\n", &five.to_bytes()].concat(),
        ),
        ("bad-proof-altered", {
            let first = text(grown.clone()).lines().nth(1).unwrap().to_owned();
            let other = STANDARD.encode([5; 32]);
            text(grown.clone()).replace(&first, &other).into_bytes()
        }),
        (
            "bad-unsigned",
            text(same.clone()).replace("\u{2014} example.jp/log ", "\u{2014} example.jp/log2 ").into_bytes(),
        ),
        ("bad-form-cut", same[..same.len() / 2].to_vec()),
    ]
}

fn summary(checks: &[Check], outcome: State) -> Value {
    let word = |state: State| json!(state).as_str().unwrap().to_owned();
    let checks: Vec<String> = checks.iter().map(|c| format!("{} {}", c.name, word(c.state))).collect();
    json!({ "outcome": word(outcome), "checks": checks })
}

fn judged() -> Value {
    let policy = policy();
    let receipts: BTreeMap<&str, Value> = receipts()
        .iter()
        .map(|(name, bytes)| {
            let verdict = verify(bytes, &policy, Some(NOW));
            (*name, summary(&verdict.checks, verdict.outcome()))
        })
        .collect();
    let split_views: BTreeMap<&str, Value> = split_views()
        .iter()
        .map(|(name, bytes)| {
            let conviction = split_view::verify(bytes, &policy);
            (*name, summary(&conviction.checks, conviction.outcome()))
        })
        .collect();
    json!({ "now": NOW.seconds(), "receipts": receipts, "split-views": split_views })
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/evidence")
}

/// Run with `CORRIDOR_GOLDEN=write` to add what is new; a file once released never changes.
#[test]
fn the_golden_files_are_judged_as_they_say() {
    let files = receipts().into_iter().map(|(n, b)| (format!("receipts/{n}.tlog-proof"), b));
    let views = split_views().into_iter().map(|(n, b)| (format!("split-views/{n}.txt"), b));
    let mut all: BTreeMap<String, Vec<u8>> = files.chain(views).collect();
    all.insert("policy.txt".into(), policy_text().into_bytes());
    all.insert("verdicts.json".into(), format!("{:#}\n", judged()).into_bytes());
    for (name, bytes) in &all {
        let path = golden().join(name);
        if std::env::var("CORRIDOR_GOLDEN").as_deref() == Ok("write") && std::fs::metadata(&path).is_err() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
            std::fs::write(&path, bytes).unwrap();
        }
        let file = std::fs::read(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(file == *bytes, "{name}: what was released changed");
    }
}

/// By hand, so that the golden verdicts are not whatever the code said when they were written.
#[test]
fn the_outcome_is_what_the_name_of_the_file_says() {
    let judged = judged();
    let check = |kind: &str, expect: &dyn Fn(&str) -> &'static str| {
        for (name, verdict) in judged[kind].as_object().unwrap() {
            let expect = expect(name.split('-').next().unwrap());
            assert_eq!(verdict["outcome"], expect, "{name}: {verdict:#}");
        }
    };
    check("receipts", &|first| match first {
        "complete" => "passed",
        "pending" => "pending",
        "not" => "not-checked",
        _ => "failed",
    });
    check("split-views", &|first| if first == "convicted" { "passed" } else { "failed" });
    let failing = |kind: &str, name: &str| {
        let checks = judged[kind][name]["checks"].as_array().unwrap();
        let failed: Vec<&str> =
            checks.iter().filter_map(|c| c.as_str().unwrap().strip_suffix(" failed")).collect();
        failed.join(" ")
    };
    let check = |kind: &str, name: &str, expect: &str| assert_eq!(failing(kind, name), expect, "{name}");
    check("receipts", "bad-act-of-another-leaf", "inclusion");
    check("receipts", "bad-act-missing", "act");
    check("receipts", "bad-act-with-opening", "act");
    check("receipts", "bad-act-spelling", "act");
    check("receipts", "bad-extension-line", "act");
    for name in ["bad-index", "bad-index-beyond", "bad-proof-hash", "bad-proof-short", "bad-proof-long"] {
        check("receipts", name, "inclusion");
    }
    for name in
        ["bad-log-signature", "bad-log-signature-missing", "bad-log-signature-malleable", "bad-log-unknown"]
    {
        check("receipts", name, "log-signature");
    }
    for name in ["", "-time", "-time-zero", "-malleable", "-small-order"] {
        check("receipts", &format!("bad-cosignature{name}"), "cosignatures");
    }
    check("receipts", "bad-ml-dsa-length", "cosignatures");
    for name in ["index", "header", "line-ends", "cut", "empty"] {
        check("receipts", &format!("bad-form-{name}"), "form");
    }
    for name in
        ["bad-consistent", "bad-same-checkpoint", "bad-other-log", "bad-proof-missing", "bad-proof-altered"]
    {
        check(
            "split-views",
            name,
            if name == "bad-other-log" { "log-signature contradiction" } else { "contradiction" },
        );
    }
    check("split-views", "bad-unsigned", "log-signature");
}

#[test]
fn a_pending_receipt_says_who_is_missing_and_becomes_complete() {
    let pending = receipt_under(cosigned(&BOTH[..1]));
    let states = |bytes: &[u8]| {
        let verdict = verify(bytes, &policy(), Some(NOW));
        verdict
            .checks
            .iter()
            .map(|c| format!("{} {:?} {}", c.name, c.state, c.about.join(",")))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        states(&pending.to_bytes()),
        [
            "form Passed ",
            "act Passed document-acknowledged v1",
            "inclusion Passed ",
            "log-signature Passed example.jp/log",
            "cosignatures Passed ",
            "country-JP Passed anchor-jp",
            "country-KR Pending anchor-kr,later-kr",
            "quorum Pending own-jp,anchor-kr,later-kr",
        ]
    );
    let line = cosign(&pending.proof().checkpoint, &key(BOTH[1]), NOW).unwrap();
    assert_eq!(pending.cosigned([line]).unwrap().to_bytes(), complete());
}

#[test]
fn the_time_of_a_witness_whose_clock_is_ahead_says_nothing() {
    let check = |at: i64, expect: bool| {
        let bytes = receipt_under(cosigned_at(BOTH, Timestamp::from_millis(at * 1000))).to_bytes();
        let standing = |now| verify(&bytes, &policy(), now).judgement.unwrap().witnesses[1].1;
        assert_eq!(standing(Some(NOW)), Standing::Counted { time: Some(at as u64), ahead: expect });
        assert_eq!(standing(None), Standing::Counted { time: Some(at as u64), ahead: false });
    };
    check(1_795_339_500, false);
    check(1_795_339_800, false);
    check(1_795_339_801, true);
}

/// LG-2: one operator counts once, whatever it runs.
#[test]
fn one_operator_counts_once() {
    let judge = |lines: &str, cosigners: &[&str]| {
        let text = format!(
            "log {}\nwitness a {}\nwitness b {}\ngroup two all a b\nquorum two\n{lines}",
            note_key(LOG),
            witness_key(BOTH[0]),
            witness_key(BOTH[1]),
        );
        let judgement = Policy::parse(text.as_bytes()).unwrap().judge(&cosigned(cosigners), None);
        (
            judgement.witnesses.iter().map(|(_, s)| *s).collect::<Vec<_>>(),
            judgement.checks.last().unwrap().state,
        )
    };
    let counted = Standing::Counted { time: Some(1_795_339_500), ahead: false };
    assert_eq!(judge("", BOTH), (vec![counted, counted], State::Passed));
    let one = "#corridor witness a JP x\n#corridor witness b JP x\n";
    assert_eq!(judge(one, BOTH), (vec![counted, Standing::CountedAlready], State::Pending));
    assert_eq!(judge(one, &BOTH[1..]), (vec![Standing::Absent, counted], State::Pending));
    let own = "#corridor log example.jp/log JP x\n#corridor witness a JP x\n";
    assert_eq!(judge(own, BOTH), (vec![Standing::OwnOperator, counted], State::Pending));
}

/// The trap of the node that cosigns itself: a log's key as a witness's.
#[test]
fn a_log_that_witnesses_itself_is_no_policy() {
    let text = format!("log {}\nwitness a {}\nquorum a\n", note_key(LOG), witness_key(LOG));
    assert!(Policy::parse(text.as_bytes()).is_err());
}

#[test]
fn a_receipt_is_made_only_of_what_holds() {
    let checkpoint = cosigned(BOTH);
    let proof = prove_inclusion(3, 5, &mut Leaves(&leaves())).unwrap();
    assert!(Receipt::new(&acts()[3], 3, proof.clone(), checkpoint.clone()).is_ok());
    assert!(Receipt::new(&acts()[2], 3, proof.clone(), checkpoint.clone()).is_err());
    assert!(Receipt::new(&acts()[3], 2, proof.clone(), checkpoint.clone()).is_err());
    assert!(Receipt::new(b"no act", 3, proof, checkpoint).is_err());
    let receipt = Receipt::parse(&complete()).unwrap();
    assert_eq!((receipt.leaf(), receipt.act().to_bytes()), (leaves()[3], acts()[3].clone()));
}

#[test]
fn a_split_view_is_found_with_the_nodes_of_the_larger_tree() {
    let check = |older: &[Digest], newer: &[Digest], expect: bool| {
        let (a, b) = (checkpoint_of(LOG, older), checkpoint_of(LOG, newer));
        let found = SplitView::find(&b, &a, &mut Leaves(newer)).unwrap();
        assert_eq!(found.is_some(), expect, "{} and {}", older.len(), newer.len());
        if let Some(found) = found {
            let conviction = split_view::verify(&found.to_bytes(), &policy());
            assert_eq!(conviction.outcome(), State::Passed);
            assert_eq!(conviction.evidence.as_ref(), Some(&found));
        }
    };
    let (one, two) = (leaves(), other_leaves());
    for n in 1..=5 {
        check(&one[..n], &one, false);
        // The two histories part at the third act.
        check(&two[..n], &one, n >= 3);
    }
}

/// A consistency proof that does not hold convicts nobody: anybody can write one.
#[test]
fn a_proof_that_fails_is_no_evidence() {
    let (older, newer) = (checkpoint_of(LOG, &leaves()[..3]), checkpoint_of(LOG, &leaves()));
    for proof in [vec![], vec![leaves()[0]; 4], prove_prefix(3, 5, &mut Leaves(&other_leaves())).unwrap()] {
        assert!(SplitView::new(older.clone(), newer.clone(), proof).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_altered_byte_of_a_receipt_is_noticed(at in 0usize..10_000, bit in 0u8..8) {
        let mut bytes = complete();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert_ne!(verify(&bytes, &policy(), Some(NOW)).outcome(), State::Passed);
    }

    #[test]
    fn any_altered_byte_of_evidence_is_noticed(at in 0usize..10_000, bit in 0u8..8, which in 0usize..3) {
        let mut bytes = split_views()[which].1.clone();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert_ne!(split_view::verify(&bytes, &policy()).outcome(), State::Passed);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..4000, insert in any::<bool>()) {
        let policy = policy();
        let _ = (verify(&bytes, &policy, None), split_view::verify(&bytes, &policy), Policy::parse(&bytes));
        // Close to what is right is where parsers break.
        for mut near in [complete(), split_views()[1].1.clone(), policy_text().into_bytes()] {
            let at = at % near.len();
            let end = if insert { at } else { near.len().min(at + bytes.len()) };
            near.splice(at..end, bytes.iter().copied());
            let _ = (verify(&near, &policy, None), split_view::verify(&near, &policy));
            if let Ok(read) = Policy::parse(&near) {
                prop_assert_eq!(Policy::parse(read.to_string().as_bytes()).unwrap(), read);
            }
            if let Ok(read) = LogProof::parse(&near) {
                prop_assert_eq!(read.to_bytes(), near.clone());
            }
            if let Ok(read) = SplitView::parse(&near) {
                prop_assert_eq!(read.to_bytes(), near.clone());
            }
        }
    }
}

/// The witness of the policy that cosigns with ML-DSA-44.
const LATER: &str = "later.example.kr/w";

/// A key of it that can sign, the line that it makes of a checkpoint at a time, and the policy with that key.
fn real_ml_dsa(checkpoint: &SignedCheckpoint, time: u64) -> (VerifierKey, SignatureLine, String) {
    use ml_dsa::{KeyExport as _, Keypair as _, MlDsa44, SignatureEncoding as _, SigningKey};
    let pair = SigningKey::<MlDsa44>::from_seed(&[7; 32].into());
    let typed = [&[6], pair.verifying_key().to_bytes().as_slice()].concat();
    let hash = Digest::of(&[LATER.as_bytes(), b"\n", &typed].concat()).to_string();
    let real: VerifierKey = format!("{LATER}+{}+{}", &hash[..8], STANDARD.encode(typed)).parse().unwrap();
    let message = corridor_proof::cosignature::ml_dsa_message(LATER, time, checkpoint.checkpoint()).unwrap();
    let signature: ml_dsa::Signature<MlDsa44> = ml_dsa::Signer::sign(&pair, &message);
    let signature = [time.to_be_bytes().as_slice(), signature.to_bytes().as_slice()].concat();
    let line = SignatureLine { name: LATER.to_owned(), hash: real.hash(), signature };
    let text = policy_text().replace(&ml_dsa(LATER), &real.to_string());
    (real, line, text)
}

/// C2SP tlog-cosignature: an ML-DSA-44 cosigner that does not say that it saw nothing larger writes the time 0.
#[test]
fn an_ml_dsa_cosignature_without_a_time_counts_and_says_nothing_of_when() {
    let mut checkpoint = cosigned(&BOTH[..1]);
    let (key, line, text) = real_ml_dsa(&checkpoint, 0);
    let policy = Policy::parse(text.as_bytes()).unwrap();
    checkpoint.add([line.clone()]).unwrap();
    assert_eq!(checkpoint.signed_by(&key), Finding::Valid { time: None });
    let judgement = policy.judge(&checkpoint, Some(NOW));
    assert!(judgement.checks.iter().all(|check| check.state == State::Passed), "{:?}", judgement.checks);
    assert_eq!(judgement.witnesses[3].1, Standing::Counted { time: None, ahead: false });
    // A witness of Japan says when, none of Korea does.
    assert_eq!(policy.cosigned_at(&judgement), None);
    assert_eq!(
        verify(&receipt_under(checkpoint.clone()).to_bytes(), &policy, Some(NOW)).outcome(),
        State::Passed
    );
    // A second line with a time tells it; one that does not verify spoils both.
    let (_, timed, _) = real_ml_dsa(&checkpoint, 1_795_339_400);
    checkpoint.add([timed]).unwrap();
    assert_eq!(checkpoint.signed_by(&key), Finding::Valid { time: Some(1_795_339_400) });
    let at = policy.cosigned_at(&policy.judge(&checkpoint, Some(NOW)));
    assert_eq!(at, Some(Timestamp::from_millis(1_795_339_500_999)));
    for (at, bit) in [(7, 1), (0, 0x80), (100, 1)] {
        let (mut wrong, mut note) = (line.clone(), cosigned(&BOTH[..1]));
        wrong.signature[at] ^= bit;
        note.add([wrong]).unwrap();
        assert_eq!(note.signed_by(&key), Finding::Invalid, "byte {at}");
    }
}

/// ML-DSA-44 counts where it can be checked, made-up bytes fail there, and one operator counts once.
#[test]
fn an_ml_dsa_cosignature_counts_once_for_its_operator() {
    let mut checkpoint = cosigned(&BOTH[..1]);
    let (_, line, text) = real_ml_dsa(&checkpoint, 1_795_339_500);
    checkpoint.add([line]).unwrap();
    let full = Policy::parse(text.as_bytes()).unwrap();
    let country = |policy: &Policy, checkpoint: &SignedCheckpoint| {
        let checks = policy.judge(checkpoint, None).checks;
        checks.iter().map(|c| c.state).collect::<Vec<_>>()
    };
    use State::{Failed, NotChecked, Passed, Pending};
    assert_eq!(country(&full, &checkpoint), [Passed; 5]);
    let browser = full.clone().as_in_a_browser();
    assert_eq!(country(&browser, &checkpoint), [Passed, Passed, Passed, NotChecked, NotChecked]);
    // Of another state of the log it is none.
    let mut other = checkpoint_of(LOG, &leaves()[..4]);
    other.add(checkpoint.note().signatures()[1..].iter().cloned()).unwrap();
    assert_eq!(country(&full, &other)[1], Failed);
    // Made-up bytes of the right length.
    let made_up = receipts().into_iter().find(|(name, _)| *name == "not-checked-ml-dsa").unwrap().1;
    let judged = verify(&made_up, &Policy::parse(policy_text().as_bytes()).unwrap(), None);
    assert_eq!(judged.outcome(), Failed);
    // The same operator with both algorithms is one, also where two are asked for.
    let two = text.replace("witness later-kr KR ministry-kr", "witness later-kr KR anchor-kr");
    let two = two.replace("group kr any anchor-kr later-kr", "group kr all anchor-kr later-kr");
    let two = Policy::parse(two.as_bytes()).unwrap();
    let mut both = checkpoint;
    both.add(cosigned(&BOTH[1..]).note().signatures()[1..].iter().cloned()).unwrap();
    assert_eq!(country(&two, &both), [Passed, Passed, Passed, Passed, Pending]);
}
