//! A sender loses its disk before its receipts are complete, and its leaves come back from a mirror: both nodes come
//! to hold both receipts all the same, whatever its partner knows of its acts (LG-2).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;
#[path = "common/ledger.rs"]
mod ledger;

use std::time::Duration;

use common::{Node, Setup, World, content, fresh_database};
use corridor_base::{ActId, Clock, EnvelopeId};
use corridor_exchange::{Draft, Side, State};
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
    tokio::time::sleep(Duration::from_millis(5)).await;
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

/// A note, as a client hands it in under a key of its own: once more it is the same document.
fn note(world: &World, id: Option<EnvelopeId>, subjects: &[&str]) -> Draft {
    let subjects = subjects.iter().map(|s| (*s).to_owned()).collect();
    let (to, kind, agreement) = (world.jp.us.clone(), "note".parse().unwrap(), Some(world.agreement));
    Draft { id, to, kind, agreement, name: None, answers: None, subjects }
}

/// A client hands in once more what it had handed in before the disk was lost, and the partner has not been asked yet:
/// nothing goes out, and what comes back is the document of that number, with the content.
async fn handed_in_again(postgres: bool, bytes: &[u8], subjects: &[&str]) {
    let (world, kr, jp) = world(postgres).await;
    kr.grow().await;
    let (backup, leaves) = (world.kr.clock.now(), kr.log.sequenced().await.unwrap().next);
    let id = world.kr.hand_in(note(&world, None, subjects), bytes).await.unwrap();
    let first = world.kr.settled(id).await;
    assert_eq!(first.state, State::Delivered);
    kr.grow().await;
    assert_eq!(lose(&world.kr, leaves).await.len(), 2);
    world.kr.exchange.lacks(backup).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.kr.hand_in(note(&world, Some(id), subjects), bytes).await.unwrap();
    let fresh = world.kr.hand_in(note(&world, None, &[]), b"another").await.unwrap();
    // Offered and put back several times in this time.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    for id in [id, fresh] {
        assert_eq!(
            world.kr.exchange.document(&world.kr.us, Side::Out, id).await.unwrap().state,
            State::Sending
        );
    }
    assert_eq!(world.kr.exchange.ask_all_again().await.unwrap(), 0);
    let row = world.kr.settled(id).await;
    assert_eq!(row.state, State::Delivered);
    assert_eq!(row.envelope().unwrap().bytes(), first.envelope().unwrap().bytes());
    assert_eq!(row.acknowledgement.unwrap().bytes(), first.acknowledgement.unwrap().bytes());
    assert_eq!(content(&world.kr, Side::Out, id).await, bytes);
    assert_eq!(world.kr.settled(fresh).await.state, State::Delivered);
    assert_eq!((world.kr.acts("document-refused").await, world.jp.acts("delivery-refused").await), (0, 0));
    assert_eq!(world.jp.acts("document-received").await, 2);
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS, true).await;
    }
    round(&world, [&kr, &jp]).await;
    assert_eq!(theirs(&kr, &world.kr, id).await, ["document-received"]);
    assert_eq!(theirs(&jp, &world.jp, id).await, ["document-returned"]);
    for id in [id, fresh] {
        assert!(kr.receipts.of(&world.kr.us, id).await.unwrap().is_complete());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_in_again_before_the_partner_was_asked_is_the_same_document() {
    let large = vec![7; 3 << 20];
    let cases: [(&[u8], &[&str]); 3] = [(b"hello", &[]), (&large, &[]), (b"about a person", &["case A"])];
    for (bytes, subjects) in cases {
        handed_in_again(false, bytes, subjects).await;
        if fresh_database().is_some() {
            handed_in_again(true, bytes, subjects).await;
        }
    }
}

/// Another content under the same number is another document, and is refused as it would have been before (EX-4). What
/// had crossed is proved to the partner all the same (LG-2).
#[tokio::test(flavor = "multi_thread")]
async fn another_content_under_a_number_that_crossed_is_refused() {
    let (world, kr, jp) = world(false).await;
    let (backup, id, lost) = crossed(&world, [&kr, &jp], &[]).await;
    world.kr.exchange.lacks(backup).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.kr.hand_in(note(&world, Some(id), &[]), b"something else").await.unwrap();
    assert_eq!(world.kr.exchange.ask_all_again().await.unwrap(), 0);
    let row = world.kr.settled(id).await;
    assert_eq!((row.state, row.problem.unwrap().code.as_str()), (State::Refused, "envelope-conflict"));
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS, true).await;
    }
    round(&world, [&kr, &jp]).await;
    assert_eq!(theirs(&jp, &world.jp, id).await.len(), lost);
}

/// A document that crossed, both its acts known to the partner, and lost by its sender: the backup, the number, and how
/// many acts.
async fn crossed(
    world: &World,
    [kr, jp]: [&Ledger; 2],
    subjects: &[&str],
) -> (corridor_base::Timestamp, EnvelopeId, usize) {
    kr.grow().await;
    let (backup, leaves) = (world.kr.clock.now(), kr.log.sequenced().await.unwrap().next);
    let id = world.kr.hand_in(note(world, None, subjects), b"hello").await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    for ledger in [kr, jp] {
        ledger.grow().await;
    }
    round(world, [kr, jp]).await;
    (backup, id, lose(&world.kr, leaves).await.len())
}

/// Handed in again without the persons it is about: what opens the acts about the first is not left in the open (LG-3).
#[tokio::test(flavor = "multi_thread")]
async fn what_opens_acts_about_a_person_comes_back_under_a_seal_or_not_at_all() {
    let (world, kr, jp) = world(false).await;
    let (backup, id, lost) = crossed(&world, [&kr, &jp], &["case A"]).await;
    world.kr.exchange.lacks(backup).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.kr.hand_in(note(&world, Some(id), &[]), b"hello").await.unwrap();
    assert_eq!(world.kr.exchange.ask_all_again().await.unwrap(), 0);
    assert_eq!(world.kr.exchange.store().lost_acts(0, 100).await.unwrap().len(), lost);
    let page = corridor_storage::ActPage { subject: Some(id.to_string()), limit: 100, ..Default::default() };
    let acts = world.kr.exchange.store().acts(&world.kr.us, page).await.unwrap();
    let kinds: Vec<&str> = acts.iter().map(|act| act.kind.as_str()).collect();
    // That of handing it in again, and of the partner's refusal.
    assert!(kinds.iter().all(|kind| ["document-submitted", "document-refused"].contains(kind)), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "document-submitted").count(), 1);
}

/// A second restoration, from a backup of when the first was not made up for: all is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_restoration_asks_for_everything_again() {
    let (world, _kr, _jp) = world(false).await;
    let backup = world.kr.clock.now();
    world.kr.exchange.lacks(backup).await.unwrap();
    let asked = |tx: &mut Tx<'_>| {
        tx.execute(
            "UPDATE lack SET given_back = 1, until = since, since = since + 60000 WHERE participant = $1",
            &[],
        )
    };
    assert_eq!(world.kr.exchange.store().write(&world.kr.us, asked).await.unwrap(), 1);
    let id = world.kr.hand_in(note(&world, None, &[]), b"hello").await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    lose(&world.kr, 0).await;
    world.kr.exchange.lacks(backup).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(world.kr.exchange.ask_all_again().await.unwrap(), 0);
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
}
