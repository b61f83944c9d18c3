//! A sender loses its disk before its receipts are complete, and its leaves come back from a mirror: both nodes come
//! to hold both receipts all the same, whatever its partner knows of its acts (LG-2).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;
#[path = "common/ledger.rs"]
mod ledger;

use common::{Node, Setup, World, fresh_database};
use corridor_base::{ActId, Clock, EnvelopeId};
use corridor_exchange::State;
use corridor_proof::verdict::State as Verdict;
use corridor_proof::{Act, receipt};
use corridor_storage::{ACTS, Tx};
use ledger::{ANCHORS, Ledger, ledger, policy};

async fn world(postgres: bool) -> (World, Ledger, Ledger) {
    let schemas = vec![&corridor_ledger::SCHEMA];
    let mut world = World::with(Setup { schemas, postgres, ..Setup::default() }).await;
    let kr = ledger(&mut world.kr, "kr.example/log").await;
    let jp = ledger(&mut world.jp, "jp.example/log").await;
    world.kr.dispatch();
    (world, kr, jp)
}

/// Both ask for what they lack, as time passes on both sides.
async fn round(world: &World, ledgers: [&Ledger; 2]) {
    for node in [&world.kr, &world.jp] {
        node.clock.move_by(700);
    }
    for ledger in ledgers {
        ledger.receipts.round().await.unwrap();
    }
}

/// Of what this node did since its log had so many leaves there is nothing left but the leaves.
async fn lose(node: &Node, leaves: u64) -> Vec<ActId> {
    let store = node.exchange.store();
    let lost: Vec<Vec<u8>> =
        store.leaves(ACTS, leaves, 100).await.unwrap().into_iter().map(|leaf| leaf.entry).collect();
    let acts: Vec<ActId> = lost.iter().map(|entry| Act::parse(entry).unwrap().id).collect();
    store.mark_restored().await.unwrap();
    let gone = acts.clone();
    let forget = move |tx: &mut Tx<'_>| {
        for act in &gone {
            for statement in [
                "DELETE FROM act WHERE participant = $1 AND id = $2",
                "DELETE FROM leaf WHERE participant = $1 AND log = 'acts' AND id = $2",
            ] {
                assert_eq!(tx.execute(statement, &[(*act).into()])?, 1);
            }
        }
        tx.execute("DELETE FROM document WHERE participant = $1", &[])
    };
    store.write(&node.us, forget).await.unwrap();
    store.adopt_leaves(&node.us, ACTS, leaves, lost).await.unwrap();
    store.recovered().await.unwrap();
    acts
}

/// The acts of the other side that a node holds complete receipts of, each verified.
async fn theirs(ledger: &Ledger, node: &Node, id: EnvelopeId) -> Vec<String> {
    let held = ledger.receipts.of(&node.us, id).await.unwrap();
    assert!(held.is_complete());
    let kind = |theirs: &corridor_exchange::receipts::Theirs| {
        let found = theirs.receipt.as_ref().unwrap();
        assert_eq!(receipt::verify(&found.to_bytes(), &policy(), None).outcome(), Verdict::Passed);
        theirs.act.kind.clone()
    };
    held.theirs.iter().map(kind).collect()
}

/// Before the loss the recipient has heard of the acts, or not.
async fn check(postgres: bool, heard: bool, back: usize, expect: &[&str]) {
    let (world, kr, jp) = world(postgres).await;
    kr.grow().await;
    let (backup, leaves) = (world.kr.clock.now(), kr.log.sequenced().await.unwrap().next);
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    for ledger in [&kr, &jp] {
        ledger.grow().await;
    }
    if heard {
        round(&world, [&jp, &jp]).await;
        assert_eq!(jp.receipts.of(&world.jp.us, id).await.unwrap().theirs.len(), 2);
    }
    let lost = lose(&world.kr, leaves).await;
    assert_eq!(lost.len(), 2);
    world.kr.exchange.lacks(backup).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(world.kr.exchange.ask_all_again().await.unwrap(), 0);
    let store = world.kr.exchange.store();
    assert_eq!(store.lost_acts(0, 100).await.unwrap().len(), lost.len() - back);
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS, true).await;
    }
    round(&world, [&kr, &jp]).await;
    assert_eq!(theirs(&kr, &world.kr, id).await, ["document-received"]);
    let mut found = theirs(&jp, &world.jp, id).await;
    found.sort();
    assert_eq!(found, expect);
    // What is ours again has its first place in the log.
    for act in lost.iter().take(back) {
        let standing = kr.receipts.act(&world.kr.us, *act).await.unwrap();
        assert!(standing.is_complete() && standing.index.unwrap() < leaves + 2);
    }
    let report = corridor_ledger::fsck::check(&kr.log).await.unwrap();
    assert_eq!((report.difference, store.acts_without_leaf().await.unwrap()), (None, 0));
}

const ALL: [&str; 3] = ["document-acknowledged", "document-returned", "document-submitted"];

/// The partner gives back the acts that it was given: they are proved by the leaves that they always had.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_takes_its_acts_back_and_proves_them() {
    check(false, true, 2, &ALL).await;
    if fresh_database().is_some() {
        check(true, true, 2, &ALL).await;
    }
}

/// What opens the acts is gone for good: what the sender recorded when the document came back counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_whose_acts_nobody_has_proves_what_came_back() {
    check(false, false, 0, &["document-returned"]).await;
    if fresh_database().is_some() {
        check(true, false, 0, &["document-returned"]).await;
    }
}
