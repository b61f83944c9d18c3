//! Two nodes that cosign with ML-DSA-44 beside Ed25519 (`ledger.cosign`): the trust list names both keys of each,
//! a partner is asked once for both lines, and what stands against quantum computers stands in every receipt.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "common/pair.rs"]
mod pair;

use corridor_base::{Clock, SystemClock};
use corridor_node::assembly::Surroundings;
use corridor_node::serve;
use corridor_proof::cosignature::Finding;
use corridor_proof::policy::Standing;
use corridor_proof::verdict::{State, outcome};
use corridor_proof::{Policy, SignedCheckpoint, VerifierKey};

use pair::*;

#[tokio::test(flavor = "multi_thread")]
async fn both_lines_of_a_witness_stand_in_a_receipt() {
    let around = Surroundings::of_machine();
    let (_desk, mut anchor) = anchor();
    let (ours, theirs) = (place(), place());
    let cosign = "[ledger]\ncosign = \"ed25519+ml-dsa-44\"\n";
    let start = async |place: &Place, other: u16| {
        serve::start(place.config_among(&anchor, &[other], cosign), &around).await.unwrap()
    };
    let (a, b) = (start(&ours, theirs.port).await, start(&theirs, ours.port).await);
    anchor.admit(&ours.admission(&a), &SystemClock).unwrap();
    anchor.admit(&theirs.admission(&b), &SystemClock).unwrap();
    for node in [&a, &b] {
        node.node.import(anchor.newest().bytes()).await.unwrap();
    }
    witnessed(&a, &b).await;

    let [ed25519, ml_dsa] = b.node.ledger.cosigners.clone().try_into().unwrap();
    let newest = a.node.ledger.log.newest_complete().await.unwrap().unwrap();
    for key in [&ed25519, &ml_dsa] {
        assert!(matches!(newest.signed_by(key), Finding::Valid { time: Some(_) }), "{}", key.name());
    }
    // One witness under two keys: one operator counts once (LG-2).
    let policy = a.node.exchange.directory().policy(SystemClock.now()).unwrap();
    let policy = Policy::clone(&policy);
    let standings = |policy: &Policy, note: &SignedCheckpoint| {
        let judged = policy.judge(note, Some(SystemClock.now()));
        let standings: Vec<Standing> = judged.witnesses.iter().map(|(_, standing)| *standing).collect();
        let count = |wanted: fn(&Standing) -> bool| standings.iter().filter(|s| wanted(s)).count();
        let counted = count(|s| matches!(s, Standing::Counted { .. }));
        let again = count(|s| matches!(s, Standing::CountedAlready));
        let not_checked = count(|s| matches!(s, Standing::NotChecked));
        (outcome(&judged.checks), counted, again, not_checked)
    };
    let only = |key: &VerifierKey| newest.only(&[&a.node.ledger.log.key(), key]);
    assert_eq!(standings(&policy, &newest), (State::Passed, 1, 1, 0));
    assert_eq!(standings(&policy, &only(&ml_dsa)), (State::Passed, 1, 0, 0));
    let browser = policy.clone().as_in_a_browser();
    assert_eq!(standings(&browser, &newest), (State::Passed, 1, 0, 1));
    assert_eq!(standings(&browser, &only(&ml_dsa)), (State::NotChecked, 0, 0, 1));

    // Nobody failed, under either name.
    for gatherer in &a.node.ledger.gatherers {
        let witnesses = gatherer.witnesses();
        assert_eq!(witnesses.len(), 2);
        assert!(witnesses.values().all(|witness| witness.failures.in_a_row == 0), "{witnesses:?}");
    }
    for node in [a, b] {
        node.stop().await;
    }
}
