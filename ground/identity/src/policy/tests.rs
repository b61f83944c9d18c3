//! LG-2 from end to end: who counts for which log under the policy that the lists make.

use corridor_base::Timestamp;
use corridor_proof::cosignature::cosign;
use corridor_proof::merkle::Tree;
use corridor_proof::policy::Standing;
use corridor_proof::verdict::{CheckName, State};
use corridor_proof::{
    Checkpoint, ListedLedger, ListedParticipant, ListedWitness, Policy, SecretKey, Signed, SignedCheckpoint,
    TrustList,
};

use crate::testing::*;
use crate::view::View;

const JP: &str = "a.jp/log";
const KR: &str = "b.kr/log";

fn living(who: &str, ledger: ListedLedger) -> ListedParticipant {
    ListedParticipant { ledger: Some(ledger), ..participant(who, 1) }
}

fn list(
    code: &str,
    participants: Vec<ListedParticipant>,
    witnesses: Vec<ListedWitness>,
) -> Signed<TrustList> {
    let body = TrustList { witnesses, ..body(code, 1, None, participants) };
    Signed::new(body, &[&anchor(code, 1).1]).unwrap()
}

/// JP hosts two participants on one node; both anchors run a witness.
fn lists() -> Vec<Signed<TrustList>> {
    let jp = vec![living("did:web:a.jp", ledger(JP, 1)), living("did:web:clinic.jp", ledger(JP, 1))];
    let kr = vec![living("did:web:b.kr", ledger(KR, 3))];
    vec![list("JP", jp, vec![witness("jp", 11)]), list("KR", kr, vec![witness("kr", 12)])]
}

fn view(lists: Vec<Signed<TrustList>>) -> View {
    let lists = lists.into_iter().map(|l| (l, start())).collect();
    let recognised = recognition(("JP", 1), ("KR", 1), start(), start().plus(VALID * 12));
    View::build(vec![anchor("JP", 1).0], vec![recognised], lists, Vec::new())
}

fn policy(view: &View, now: Timestamp) -> Policy {
    view.policy(now).unwrap()
}

/// A checkpoint of a log, cosigned by these.
fn cosigned(origin: &str, seed: u64, witnesses: &[(&str, u64)]) -> SignedCheckpoint {
    let checkpoint =
        Checkpoint::new(origin, Tree { size: 1, root: corridor_proof::merkle::leaf_hash(b"leaf") }).unwrap();
    let mut signed = SignedCheckpoint::sign(checkpoint, &secret(origin, seed)).unwrap();
    let line = |(name, seed): &(&str, u64)| {
        let key: SecretKey = secret(name, *seed);
        cosign(&signed, &key, start()).unwrap()
    };
    let lines: Vec<_> = witnesses.iter().map(line).collect();
    signed.add(lines).unwrap();
    signed
}

const NODE_JP: (&str, u64) = ("a.jp/log/witness", 2);
const NODE_KR: (&str, u64) = ("b.kr/log/witness", 4);
const ANCHOR_JP: (&str, u64) = ("jp.example/witness", 11);
const ANCHOR_KR: (&str, u64) = ("kr.example/witness", 12);

/// The countries that a checkpoint of the Japanese log still waits for under the policy.
fn check(view: &View, witnesses: &[(&str, u64)], waits_for: &[&str]) {
    let judged = policy(view, start()).judge(&cosigned(JP, 1, witnesses), Some(start()));
    let pending = judged.checks.iter().filter_map(|c| match &c.name {
        CheckName::Country(country) if c.state == State::Pending => Some(country.as_str()),
        _ => None,
    });
    assert_eq!(pending.collect::<Vec<_>>(), waits_for, "{judged:?}");
    assert!(judged.checks.iter().all(|c| c.state != State::Failed), "{judged:?}");
}

#[test]
fn one_of_each_country_and_never_the_log_s_own_operator() {
    let view = view(lists());
    check(&view, &[], &["JP", "KR"]);
    check(&view, &[NODE_KR], &["JP"]);
    check(&view, &[NODE_JP, NODE_KR], &["JP"]);
    check(&view, &[NODE_JP, ANCHOR_KR], &["JP"]);
    check(&view, &[ANCHOR_JP], &["KR"]);
    check(&view, &[ANCHOR_JP, NODE_KR], &[]);
    check(&view, &[ANCHOR_JP, ANCHOR_KR], &[]);
    let judged = policy(&view, start()).judge(&cosigned(JP, 1, &[NODE_JP]), None);
    assert!(judged.witnesses.contains(&(NODE_JP.0.to_owned(), Standing::OwnOperator)), "{judged:?}");
    // The same witness counts for the log of the other country.
    let judged = policy(&view, start()).judge(&cosigned(KR, 3, &[NODE_JP, ANCHOR_KR]), None);
    assert!(judged.checks.iter().all(|c| c.state == State::Passed), "{judged:?}");
}

#[test]
fn a_node_with_several_participants_has_one_log_and_one_witness() {
    let policy = policy(&view(lists()), start());
    let logs: Vec<&str> = policy.logs().iter().map(|l| l.key.name()).collect();
    assert_eq!(logs, [JP, KR]);
    assert_eq!(policy.witnesses().len(), 4);
    assert_eq!(policy.countries(), [country("JP"), country("KR")]);
}

#[test]
fn the_file_for_one_log_leaves_its_operator_out() {
    let text = view(lists()).policy_text(start(), Some(JP));
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let names: Vec<&str> = policy.witnesses().iter().map(|w| w.name.as_str()).collect();
    assert_eq!(names, [ANCHOR_JP.0, NODE_KR.0, ANCHOR_KR.0], "{text}");
    assert_eq!(policy.logs().len(), 1);
    let both = cosigned(JP, 1, &[ANCHOR_JP, NODE_KR]);
    assert!(policy.judge(&both, None).checks.iter().all(|c| c.state == State::Passed), "{text}");
}

#[test]
fn who_is_removed_or_not_recognised_any_more_is_not_in_it() {
    let mut all = lists();
    let gone =
        ListedParticipant { removed: Some(start().plus(HOUR)), ..living("did:web:b.kr", ledger(KR, 3)) };
    all[1] = list("KR", vec![gone], vec![]);
    let view = view(all);
    assert_eq!(policy(&view, start()).logs().len(), 2);
    let later = policy(&view, start().plus(HOUR));
    assert_eq!((later.logs().len(), later.witnesses().len()), (1, 2));
    // KR is still one of the two countries, so nothing is complete without it.
    assert_eq!(later.countries().len(), 2);
    assert!(view.policy_text(start().plus(HOUR), None).contains("# incomplete: no witness of KR is known"));
    // The recognition has ended: one country, and lists of the other do not count.
    let alone = policy(&view, start().plus(VALID * 12));
    assert_eq!(alone.countries(), [country("JP")]);
    assert!(alone.logs().is_empty(), "the lists are closed by then");
}

#[test]
fn a_foreign_list_cannot_take_over_a_log_or_spoil_the_policy() {
    let mut all = lists();
    // A Korean participant claims the origin of the Japanese log; another the key of its witness.
    let mut thief = ledger("c.kr/log", 21);
    thief.witness = ledger(JP, 1).witness;
    let (own, same) = (living("did:web:b.kr", ledger(KR, 3)), living("did:web:c.kr", ledger(JP, 31)));
    all[1] = list("KR", vec![own, same, living("did:web:d.kr", thief)], vec![witness("jp", 11)]);
    let policy = policy(&view(all), start());
    assert_eq!(policy.logs_of(JP).count(), 1);
    assert_eq!(policy.logs_of(JP).next().unwrap().key, ledger(JP, 1).log);
    let of =
        |name: &str| policy.witnesses().iter().find(|w| w.name == name).unwrap().operator.clone().unwrap();
    assert_eq!(of(NODE_JP.0).name, JP);
    assert_eq!(of(ANCHOR_JP.0).country, country("JP"));
    assert_eq!(of(NODE_KR.0).country, country("KR"));
}

#[test]
fn a_key_that_is_replaced_stands_beside_the_new_one() {
    let mut all = lists();
    let node = |who: &str, seed| living(who, ledger(JP, seed));
    all[0] = list("JP", vec![node("did:web:a.jp", 1), node("did:web:clinic.jp", 41)], vec![]);
    let policy = policy(&view(all), start());
    assert_eq!(policy.logs_of(JP).count(), 2);
    let names: Vec<&str> = policy.witnesses().iter().map(|w| w.name.as_str()).collect();
    assert!(names.contains(&NODE_JP.0) && names.contains(&"a.jp/log/witness#2"), "{names:?}");
}

#[test]
fn very_many_nodes_fit_and_nothing_is_malformed() {
    let many = |code: &str, from: u64| {
        let node = |n: u64| {
            living(&format!("did:web:n{:04}.{code}", n - from), ledger(&format!("n{n}.{code}/log"), n * 10))
        };
        (from..from + 300).map(node).collect::<Vec<_>>()
    };
    let all = vec![
        list("JP", many("jp", 1000), vec![witness("jp", 11)]),
        list("KR", many("kr", 2000), vec![witness("kr", 12)]),
    ];
    let policy = policy(&view(all), start());
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (256, 256));
    for (name, code) in [(ANCHOR_JP.0, "JP"), (ANCHOR_KR.0, "KR")] {
        assert!(policy.witnesses().iter().any(|w| w.name == name), "{name}");
        let of = |w: &&corridor_proof::policy::Witness| w.operator.as_ref().unwrap().country == country(code);
        assert_eq!(policy.witnesses().iter().filter(of).count(), 128);
    }
}

#[test]
fn nothing_trusted_is_a_policy_that_completes_nothing() {
    let alone = View::build(vec![anchor("JP", 1).0], Vec::new(), Vec::new(), Vec::new());
    let policy = policy(&alone, start());
    let judged = policy.judge(&cosigned(JP, 1, &[NODE_JP, ANCHOR_KR]), None);
    assert!(judged.checks.iter().any(|c| c.state == State::Failed), "an unknown log: {judged:?}");
    assert_eq!(policy.countries(), [country("JP")]);
}
