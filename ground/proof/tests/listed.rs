//! Evidence that a node went by a trust list, as a stranger meets it: a file, a policy and the key of an anchor.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use corridor_base::{Digest, FixedClock, SeededRandom, Timestamp};
use corridor_proof::act::{self, Act, SealedAct};
use corridor_proof::cosignature::cosign;
use corridor_proof::evidence::{self, FileKind};
use corridor_proof::listed::judge;
use corridor_proof::merkle::{Leaves, Tree, leaf_hash, prove_inclusion, root};
use corridor_proof::receipt::Receipt;
use corridor_proof::verdict::State;
use corridor_proof::{
    Checkpoint, Policy, PublicKey, SecretKey, Signed, SignedCheckpoint, Signer, TrustList, VerifierKey,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_795_339_500_000);
const LOG: &str = "example.jp/log";
const WITNESS: &str = "anchor.example.kr/w";
const ANCHOR: &str = "trust.example.kr";

fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(name, &Digest::of(name.as_bytes()).0).unwrap()
}

fn anchors() -> Vec<(String, PublicKey)> {
    vec![(ANCHOR.to_owned(), key(ANCHOR).public().clone())]
}

fn policy() -> Policy {
    let log = VerifierKey::note(LOG, key(LOG).public().clone());
    let witness = VerifierKey::cosignature(WITNESS, key(WITNESS).public().clone());
    let text = format!(
        "log {log}\nwitness kr {witness}\nquorum kr\n#corridor countries KR\n#corridor log {LOG} JP customs\n\
         #corridor witness kr KR anchor\n"
    );
    Policy::parse(text.as_bytes()).unwrap()
}

fn list(number: u64) -> Signed<TrustList> {
    let list = TrustList {
        country: "KR".parse().unwrap(),
        number,
        previous: (number > 1).then(|| Digest::of(b"the one before")),
        issued: NOW,
        expires: Timestamp::from_millis(NOW.millis() + 86_400_000),
        grace_hours: 24,
        participants: Vec::new(),
        witnesses: Vec::new(),
        successions: Vec::new(),
    };
    Signed::new(list, &[&key(ANCHOR)]).unwrap()
}

fn sealed(kind: &'static act::ActType, fields: &[(&'static str, &str)]) -> SealedAct {
    let clock = FixedClock::at(NOW);
    Act::seal(kind, &"did:web:example.jp".parse().unwrap(), fields, &clock, &SeededRandom::new(1)).unwrap()
}

/// The file about an act that is the second of three in the log.
fn file(list: &Signed<TrustList>, act: &SealedAct) -> Value {
    let leaves: Vec<Digest> = [b"one", act.bytes.as_slice(), b"three"].map(leaf_hash).to_vec();
    let tree = Tree { size: 3, root: root(&leaves) };
    let mut signed = SignedCheckpoint::sign(Checkpoint::new(LOG, tree).unwrap(), &key(LOG)).unwrap();
    let line = cosign(&signed, &key(WITNESS), NOW).unwrap();
    signed.add([line]).unwrap();
    let proof = prove_inclusion(1, 3, &mut Leaves(&leaves)).unwrap();
    let receipt = Receipt::new(&act.bytes, 1, proof, signed).unwrap();
    json!({
        "statement": String::from_utf8(list.bytes().to_vec()).unwrap(), "opened": act.opening.opened(),
        "receipt": String::from_utf8(receipt.to_bytes()).unwrap(), "number": "for readers",
    })
}

fn accepted(list: &Signed<TrustList>, number: &str) -> SealedAct {
    let digest = list.digest().to_string();
    sealed(&act::TRUST_LIST_ACCEPTED, &[("country", "KR"), ("number", number), ("statement", &digest)])
}

/// The checks that did not pass, by name; all of them are there.
fn wrong(file: &Value) -> Vec<String> {
    let judged = judge(file.to_string().as_bytes(), Some(&policy()), &anchors(), Some(NOW));
    assert_eq!(judged.kind, Some(FileKind::TrustList));
    judged.checks.iter().filter(|c| c.state != State::Passed).map(|c| c.name.to_string()).collect()
}

#[test]
fn a_list_is_proved_by_what_opens_the_act() {
    let (first, second) = (list(1), list(2));
    let check = |what: &str, file: Value, expect: &[&str]| assert_eq!(wrong(&file), expect, "{what}");
    check("as it is", file(&first, &accepted(&first, "1")), &[]);
    check("about another list", file(&second, &accepted(&first, "1")), &["opening"]);
    check("another number", file(&first, &accepted(&first, "2")), &["opening"]);
    let digest = first.digest().to_string();
    let conflict = [("country", "KR"), ("number", "1"), ("statement", digest.as_str())];
    let conflict = sealed(&act::TRUST_LIST_CONFLICT_FOUND, &conflict);
    check("an act of another type", file(&first, &conflict), &["opening"]);
    let stranger = Signed::new(first.body().clone(), &[&key("somebody.example")]).unwrap();
    check("signed by nobody known", file(&stranger, &accepted(&stranger, "1")), &["anchor-signature"]);

    // Without an anchor nobody can say whose it is; what the file is is told from its bytes.
    let good = file(&first, &accepted(&first, "1")).to_string();
    let judged = evidence::judge(good.as_bytes(), Some(&policy()), None, Some(NOW));
    assert_eq!((judged.kind, judged.outcome()), (Some(FileKind::TrustList), State::NotChecked));
    for other in ["{}", "{\"statement\":1", "[]", "{\"receipt\":\"\"}"] {
        assert_ne!(evidence::kind_of(other.as_bytes()), Some(FileKind::TrustList), "{other}");
    }
    let cut = judge(b"{\"statement\":\"\"}", Some(&policy()), &anchors(), Some(NOW));
    assert_eq!(cut.checks[0].name.to_string(), "form");
    assert_eq!(cut.outcome(), State::Failed);
}

proptest! {
    /// Any byte altered, in what is judged, is noticed; nothing panics.
    #[test]
    fn one_altered_byte_is_noticed(at in any::<prop::sample::Index>(), flip in 1u8..128) {
        let first = list(1);
        let mut whole = file(&first, &accepted(&first, "1"));
        whole.as_object_mut().unwrap().remove("number");
        let mut bytes = whole.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let judged = judge(&bytes, Some(&policy()), &anchors(), Some(NOW));
        let same = serde_json::from_slice::<Value>(&bytes).is_ok_and(|read| read == whole);
        prop_assert!(same || judged.outcome() != State::Passed, "{}", String::from_utf8_lossy(&bytes));
    }
}
