//! A node that was restored from a backup takes again what its partners delivered since, and what it has
//! already changes nothing (EX-4).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::time::Duration;

use common::{Setup, World, content, fresh_database};
use corridor_base::{AgreementId, Clock, EnvelopeId, OsRandom, SystemClock};
use corridor_exchange::{Side, State};

const DAY: Duration = Duration::from_secs(86_400);

/// As if the backup had been taken before this document came.
async fn lose(world: &World, id: EnvelopeId) {
    let forget = move |tx: &mut corridor_storage::Tx<'_>| {
        let id = id.to_string();
        tx.execute("DELETE FROM document WHERE participant = $1 AND id = $2", &[id.into()])
    };
    assert_eq!(world.jp.exchange.store().write(&world.jp.us, forget).await.unwrap(), 1);
}

async fn check(mut world: World) {
    world.kr.dispatch();
    let large = vec![7; 3 << 20];
    let contents: [&[u8]; 3] = [b"kept", b"lost", &large];
    let mut ids = Vec::new();
    for content in contents {
        let id = world.kr.send(&world.jp.us, world.agreement, content).await.unwrap();
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
        ids.push(id);
    }
    lose(&world, ids[1]).await;
    lose(&world, ids[2]).await;
    let received = world.jp.acts("document-received").await;
    // The other side does not answer at first.
    world.kr.hang_up().await;
    world.jp.exchange.lacks(world.jp.clock.now()).await.unwrap();
    assert_eq!(world.jp.exchange.ask_all_again().await.unwrap(), 1);
    assert!(world.jp.exchange.document(&world.jp.us, Side::In, ids[1]).await.is_err());
    world.kr.listen().await;
    // The clock of the other moves on between delivery and question.
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(world.jp.exchange.ask_all_again().await.unwrap(), 0);
    for (id, expect) in ids.iter().zip(contents) {
        world.jp.reaches(Side::In, *id, |state| state == State::Received).await;
        assert_eq!(content(&world.jp, Side::In, *id).await, expect);
        assert_eq!(world.kr.settled(*id).await.state, State::Delivered);
    }
    assert_eq!(world.kr.acts("document-resent").await, 3);
    // One of them was here: taken twice is taken once.
    assert_eq!(world.jp.acts("document-received").await, received + 2);
    // Nobody is left to be asked.
    assert_eq!(world.jp.exchange.ask_all_again().await.unwrap(), 0);
    assert_eq!(world.kr.acts("document-resent").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_delivered_since_comes_again() {
    check(World::new().await).await;
    if fresh_database().is_some() {
        check(World::with(Setup { postgres: true, ..Setup::default() }).await).await;
    }
}

/// Senders keep what they delivered for seven days, and for so long it comes again; what is older does not.
#[tokio::test(flavor = "multi_thread")]
async fn for_seven_days_it_comes_again() {
    let mut world = World::new().await;
    world.kr.dispatch();
    let mut terms = world.terms(AgreementId::new(&SystemClock, &OsRandom), 1000);
    (terms.until, terms.pending_hours) = (terms.from.plus(30 * DAY), Some(720));
    let proposed = world.kr.exchange.propose(&world.kr.us, terms).await.unwrap();
    let agreement = proposed.body().id;
    let both = world.jp.exchange.conclude(&world.jp.us, proposed.bytes()).await.unwrap();
    world.kr.exchange.conclude(&world.kr.us, both.bytes()).await.unwrap();
    let mut ids = Vec::new();
    for content in [b"first", b"later"] {
        let id = world.kr.send(&world.jp.us, agreement, content).await.unwrap();
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
        ids.push(id);
    }
    let backup = world.jp.clock.now();
    let check = async |days: i64, id: EnvelopeId, resent: usize| {
        for node in [&world.kr, &world.jp] {
            node.clock.move_by(days * 86_400);
        }
        lose(&world, id).await;
        world.jp.exchange.lacks(backup).await.unwrap();
        assert_eq!(world.jp.exchange.ask_all_again().await.unwrap(), 0);
        assert_eq!(world.kr.acts("document-resent").await, resent);
    };
    check(6, ids[0], 2).await;
    world.jp.reaches(Side::In, ids[0], |state| state == State::Received).await;
    for id in &ids {
        assert_eq!(world.kr.settled(*id).await.state, State::Delivered);
    }
    check(8, ids[1], 2).await;
    assert!(world.jp.exchange.document(&world.jp.us, Side::In, ids[1]).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_the_backup_does_not_come_again() {
    let mut world = World::new().await;
    world.kr.dispatch();
    let id = world.kr.send(&world.jp.us, world.agreement, b"old").await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    let later = world.jp.clock.now().plus(Duration::from_secs(3600));
    world.jp.exchange.lacks(later).await.unwrap();
    assert_eq!(world.jp.exchange.ask_all_again().await.unwrap(), 0);
    assert_eq!(world.kr.acts("document-resent").await, 0);
}

/// What the node itself had sent is in its book again, with the acknowledgement, once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_since_is_in_the_book_again() {
    sent_since(World::new().await).await;
    if fresh_database().is_some() {
        sent_since(World::with(Setup { postgres: true, ..Setup::default() }).await).await;
    }
}

async fn sent_since(mut world: World) {
    world.kr.dispatch();
    let mut ids = Vec::new();
    for number in 0..120u8 {
        ids.push(world.kr.send(&world.jp.us, world.agreement, &[number, 1]).await.unwrap());
    }
    for id in &ids {
        assert_eq!(world.kr.settled(*id).await.state, State::Delivered);
    }
    let before = world.kr.exchange.document(&world.kr.us, Side::Out, ids[7]).await.unwrap();
    for id in &ids[5..] {
        let id = id.to_string();
        let forget = move |tx: &mut corridor_storage::Tx<'_>| {
            tx.execute("DELETE FROM document WHERE participant = $1 AND id = $2", &[id.as_str().into()])
        };
        assert_eq!(world.kr.exchange.store().write(&world.kr.us, forget).await.unwrap(), 1);
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.kr.exchange.lacks(world.kr.clock.now()).await.unwrap();
    let lacking = world.kr.exchange.lacking(&world.kr.us).await.unwrap();
    assert_eq!(lacking.iter().map(|(who, _)| who).collect::<Vec<_>>(), [&world.jp.us]);
    assert_eq!(world.kr.exchange.ask_all_again().await.unwrap(), 0);
    assert!(world.kr.exchange.lacking(&world.kr.us).await.unwrap().is_empty());
    for id in &ids {
        let row = world.kr.exchange.document(&world.kr.us, Side::Out, *id).await.unwrap();
        assert_eq!(row.state, State::Delivered);
        assert!(row.acknowledgement.is_some());
    }
    let after = world.kr.exchange.document(&world.kr.us, Side::Out, ids[7]).await.unwrap();
    assert_eq!(after.envelope().unwrap().bytes(), before.envelope().unwrap().bytes());
    assert_eq!(after.acknowledgement.unwrap().bytes(), before.acknowledgement.unwrap().bytes());
    assert_eq!(world.kr.acts("document-returned").await, ids.len() - 5);
    // Once more is nothing more; and nobody sees what was sent to another.
    world.kr.exchange.lacks(world.kr.clock.now()).await.unwrap();
    assert_eq!(world.kr.exchange.ask_all_again().await.unwrap(), 0);
    assert_eq!(world.kr.acts("document-returned").await, ids.len() - 5);
    assert!(world.kr.exchange.content(&world.kr.us, &after_row(&world, ids[7]).await).await.is_err());
}

async fn after_row(world: &World, id: EnvelopeId) -> corridor_exchange::DocumentRow {
    world.kr.exchange.document(&world.kr.us, Side::Out, id).await.unwrap()
}
