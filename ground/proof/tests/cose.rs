//! COSE receipts (RFC 9942) through the public interface: ours, made of the golden receipt, and those of
//! another implementation, found through `CORRIDOR_DATA`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Digest, Timestamp};
use corridor_proof::cose::{CoseReceipt, judge};
use corridor_proof::evidence::{self, FileKind};
use corridor_proof::merkle::leaf_hash;
use corridor_proof::receipt::{LogProof, Receipt};
use corridor_proof::verdict::{State, outcome};
use corridor_proof::{Policy, PublicKey, SecretKey, Signer};
use proptest::prelude::*;
use serde_json::Value;

const NOW: Timestamp = Timestamp::from_millis(1_795_339_500_000);
const LOG: &str = "example.jp/log";

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/evidence").join(name)).unwrap()
}

fn policy() -> Policy {
    Policy::parse(&golden("policy.txt")).unwrap().as_in_a_browser()
}

fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(name, &Digest::of(name.as_bytes()).0).unwrap()
}

fn proof(name: &str) -> LogProof {
    LogProof::parse(&golden(&format!("receipts/{name}.tlog-proof"))).unwrap()
}

fn act() -> Vec<u8> {
    proof("complete").extra.unwrap()
}

fn cose(name: &str) -> Vec<u8> {
    CoseReceipt::sign(&proof(name), &key(LOG)).unwrap().to_bytes()
}

/// Run with `CORRIDOR_GOLDEN=write` to write it; once released it never changes.
#[test]
fn the_golden_receipt_is_what_is_written_today() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/evidence/complete.cose");
    if std::env::var("CORRIDOR_GOLDEN").as_deref() == Ok("write") && std::fs::metadata(&path).is_err() {
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(&path, cose("complete")).unwrap();
    }
    assert!(std::fs::read(&path).unwrap() == cose("complete"), "what was released changed");
}

#[test]
fn a_receipt_says_in_cose_what_it_says_in_c2sp() {
    let check = |name: &str, expect: State| {
        let judged = evidence::judge(&cose(name), Some(&policy()), Some(&act()), Some(NOW));
        assert_eq!(judged.kind, Some(FileKind::CoseReceipt));
        assert_eq!(judged.outcome(), expect, "{name}: {:?}", judged.checks);
        let names = |checks: &[corridor_proof::verdict::Check]| {
            checks.iter().map(|c| format!("{} {:?}", c.name, c.state)).collect::<Vec<_>>()
        };
        let other = evidence::judge(
            &golden(&format!("receipts/{name}.tlog-proof")),
            Some(&policy()),
            None,
            Some(NOW),
        );
        assert_eq!(names(&judged.checks), names(&other.checks));
    };
    check("complete", State::Passed);
    check("complete-with-unknown-signature", State::Passed);
    check("pending-kr", State::Pending);
    check("pending-own-operator", State::Pending);
    check("not-checked-ml-dsa", State::NotChecked);
    check("bad-cosignature", State::Failed);
    check("bad-cosignature-malleable", State::Failed);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let check = |bytes: &[u8], act: Option<&[u8]>, expect: &str| {
        let checks = judge(bytes, Some(&policy()), act, Some(NOW));
        let failed: Vec<String> =
            checks.iter().filter(|c| c.state == State::Failed).map(|c| c.name.to_string()).collect();
        assert_eq!(failed.join(" "), expect, "{checks:?}");
    };
    let other = proof("bad-act-of-another-leaf").extra.unwrap();
    check(&cose("complete"), Some(&act()), "");
    check(&cose("complete"), Some(&other), "inclusion log-signature");
    check(&cose("complete"), Some(b"no act"), "act");
    check(&cose("complete"), None, "");
    assert_eq!(outcome(&judge(&cose("complete"), Some(&policy()), None, None)), State::NotChecked);
    assert_eq!(outcome(&judge(&cose("complete"), None, Some(&act()), None)), State::NotChecked);
    let stranger = Policy::parse(b"quorum none\n").unwrap();
    assert_eq!(outcome(&judge(&cose("complete"), Some(&stranger), Some(&act()), None)), State::Failed);
    // A key that did not sign the checkpoint, and one of another name, make no receipt.
    assert!(CoseReceipt::sign(&proof("complete"), &key("example.com/other")).is_err());
    let named_alike = SecretKey::from_seed(LOG, &[1; 32]).unwrap();
    assert!(CoseReceipt::sign(&proof("complete"), &named_alike).is_err());
    // Without the carried checkpoint nothing says who cosigned.
    let receipt = CoseReceipt::parse(&cose("complete")).unwrap();
    assert!(receipt.verifies(&leaf_hash(&act()), key(LOG).public()).is_some());
    assert!(receipt.verifies(&leaf_hash(&other), key(LOG).public()).is_none());
    assert_eq!(
        receipt.inclusions()[0].path,
        Receipt::parse(&golden("receipts/complete.tlog-proof")).unwrap().proof().hashes
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_altered_byte_is_noticed(at in 0usize..10_000, bit in 0u8..8) {
        let mut bytes = cose("complete");
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert_ne!(evidence::judge(&bytes, Some(&policy()), Some(&act()), None).outcome(), State::Passed);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), at in 0usize..4000, insert in any::<bool>()) {
        let mut near = cose("complete");
        let at = at % near.len();
        let end = if insert { at } else { near.len().min(at + bytes.len()) };
        near.splice(at..end, bytes.iter().copied());
        for bytes in [bytes, near] {
            let _ = evidence::judge(&bytes, Some(&policy()), Some(&act()), None);
            if let Ok(read) = CoseReceipt::parse(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}

/// The vectors of scitt-cose, or the reason why the test does not run.
fn vectors() -> Option<PathBuf> {
    let Some(data) = std::env::var_os("CORRIDOR_DATA") else {
        println!("not run: CORRIDOR_DATA is not set");
        return None;
    };
    let path = Path::new(&data).join("trust/cose-receipts/v1");
    if path.is_dir() {
        return Some(path);
    }
    println!("not run: {} is missing", path.display());
    None
}

/// The Ed25519 key of a PEM file (RFC 8410), when it is one.
fn ed25519(pem: &str) -> Option<PublicKey> {
    let body: String = pem.lines().filter(|l| !l.starts_with("-----")).collect();
    let der = STANDARD.decode(body).unwrap();
    let prefix = hex::decode("302a300506032b6570032100").unwrap();
    Some(PublicKey::from_bytes(der.strip_prefix(prefix.as_slice())?.try_into().unwrap()).unwrap())
}

/// Every receipt of the vectors is judged as they say, but for those of algorithms that are not checked
/// here (ES256), and of CCF's own data structure: both are told from what is false.
#[test]
fn receipts_of_scitt_cose_are_judged_as_it_judges_them() {
    let Some(folder) = vectors() else { return };
    let (mut valid, mut invalid, mut not_here) = (0, 0, 0);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let case = entry.unwrap().path();
        let expected: Value =
            serde_json::from_slice(&std::fs::read(case.join("expected.json")).unwrap()).unwrap();
        let leaf = leaf_hash(&hex::decode(expected["leaf_entry"].as_str().unwrap()).unwrap());
        let key = ed25519(&std::fs::read_to_string(case.join("log-key.pub")).unwrap());
        for name in ["receipt.cose", "receipt-reordered.cose"] {
            let Ok(bytes) = std::fs::read(case.join(name)) else { continue };
            let expect = expected["receipt_valid"].as_bool().unwrap();
            let receipt = CoseReceipt::parse(&bytes);
            let (Some(key), true) = (&key, receipt.as_ref().is_ok_and(CoseReceipt::checkable) || !expect)
            else {
                println!("{}: not checked here", case.display());
                let unknown =
                    receipt.as_ref().is_err_and(|p| p.code() == corridor_base::ErrorCode::UnknownVersion);
                assert!(unknown || receipt.is_ok_and(|r| !r.checkable()));
                not_here += 1;
                continue;
            };
            let found = receipt.ok().and_then(|r| r.verifies(&leaf, key).cloned());
            assert_eq!(found.is_some(), expect, "{} {name}", case.display());
            if let Some(found) = found {
                assert_eq!(Some(found.leaf_index), expected["leaf_index"].as_u64());
                assert_eq!(Some(found.tree_size), expected["tree_size"].as_u64());
                valid += 1;
            } else {
                invalid += 1;
            }
        }
    }
    println!("held {}, not checked here {not_here}: valid {valid}, invalid {invalid}", valid + invalid);
    assert_eq!((valid, invalid, not_here), (4, 3, 2));
}
