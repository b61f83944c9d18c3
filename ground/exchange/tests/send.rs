//! Sending from one country to the other: documents arrive whole and once, resume, are acknowledged,
//! and a partner that is gone delays nobody.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Counting, Setup, World, content};
use corridor_base::AgreementId;
use corridor_base::{OsRandom, SystemClock};
use corridor_exchange::{DocumentFilter, Limits, Side, State};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_small_document_arrives_and_both_books_agree() {
    let mut world = World::new().await;
    world.kr.dispatch();
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    let ours = world.kr.settled(id).await;
    assert_eq!(ours.state, State::Delivered, "{:?}", ours.problem);
    let theirs = world.jp.exchange.document(&world.jp.us, Side::In, id).await.unwrap();
    assert_eq!(theirs.state, State::Received);
    let (a, b) = (ours.acknowledgement.clone().unwrap(), theirs.acknowledgement.clone().unwrap());
    assert_eq!(a.bytes(), b.bytes());
    assert_eq!(ours.envelope().unwrap().bytes(), theirs.envelope().unwrap().bytes());
    assert_eq!(content(&world.jp, Side::In, id).await, b"hello");
    assert_eq!(world.kr.acts("document-submitted").await, 1);
    assert_eq!(world.kr.acts("document-acknowledged").await, 1);
    assert_eq!(world.jp.acts("document-received").await, 1);
    assert_eq!(world.jp.acts("document-read").await, 1);
}

/// The same on PostgreSQL: small and in pieces, refused and once.
#[tokio::test(flavor = "multi_thread")]
async fn documents_cross_between_databases_of_postgresql() {
    if std::env::var_os("CORRIDOR_TEST_POSTGRES").is_none() {
        println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
        return;
    }
    let mut world = World::with(Setup { postgres: true, ..Setup::default() }).await;
    world.kr.dispatch();
    for size in [10, 200_000] {
        let document = vec![7; size];
        let id = world.kr.send(&world.jp.us, world.agreement, &document).await.unwrap();
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
        assert!(content(&world.jp, Side::In, id).await == document);
        let again = world.kr.submit(Some(id), &world.jp.us, "note", None, b"other").await;
        assert_eq!(common::code(again), "envelope-conflict");
    }
    world.jp.exchange.end_agreement(&world.jp.us, world.agreement).await.unwrap();
    let id = world.kr.send(&world.jp.us, world.agreement, b"late").await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Refused);
}

/// Sizes around every border: empty, the largest that fits a row, one more, whole pieces, and odd ends.
#[tokio::test]
async fn documents_of_any_size_arrive_whole() {
    let mut world = World::new().await;
    world.kr.dispatch();
    for size in [0, 1, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 3_333_333] {
        let document: Vec<u8> = (0..size).map(|n: usize| (n % 251) as u8).collect();
        // No agreement is named: the one in force that allows it is found.
        let id = world.kr.submit(None, &world.jp.us, "note", None, &document).await.unwrap();
        let row = world.kr.settled(id).await;
        assert_eq!(row.state, State::Delivered, "{size}: {:?}", row.problem);
        assert!(content(&world.jp, Side::In, id).await == document, "{size}");
    }
    let other = world.kr.submit(None, &world.jp.us, "patient", None, b"x").await;
    assert_eq!(common::code(other), "agreement-unknown");
}

#[tokio::test]
async fn handing_in_again_under_the_same_number_changes_nothing() {
    let mut world = World::new().await;
    world.kr.dispatch();
    let (to, agreement) = (world.jp.us.clone(), Some(world.agreement));
    let id = world.kr.submit(None, &to, "note", agreement, b"once").await.unwrap();
    assert_eq!(world.kr.submit(Some(id), &to, "note", agreement, b"once").await.unwrap(), id);
    let other = world.kr.submit(Some(id), &to, "note", agreement, b"twice").await;
    assert_eq!(common::code(other), "envelope-conflict");
    world.kr.settled(id).await;
    let inbox = world.jp.exchange.documents(
        &world.jp.us,
        Side::In,
        DocumentFilter { limit: 10, ..Default::default() },
    );
    assert_eq!(inbox.await.unwrap().len(), 1);
}

/// A partner that is away gets everything when it comes back; another partner gets its own at once.
#[tokio::test]
async fn a_partner_that_is_gone_delays_nobody() {
    let mut world = World::new().await;
    world.jp.hang_up().await;
    world.kr.dispatch();
    let mut waiting = Vec::new();
    for n in 0..20u8 {
        waiting.push(world.kr.send(&world.jp.us, world.agreement, &[n]).await.unwrap());
    }
    // The second participant of Korea's own node is a partner like any other.
    let id = AgreementId::new(&SystemClock, &OsRandom);
    let mut terms = world.terms(id, 1000);
    let second = world.kr.second.clone();
    terms.parties = [world.kr.us.clone(), second.clone()];
    for grant in &mut terms.grants {
        grant.from = world.kr.us.clone();
        grant.to = second.clone();
    }
    let proposed = world.kr.exchange.propose(&world.kr.us, terms).await.unwrap();
    let both = world.kr.exchange.conclude(&second, proposed.bytes()).await.unwrap();
    world.kr.exchange.conclude(&world.kr.us, both.bytes()).await.unwrap();
    let near = world.kr.send(&second, id, b"near").await.unwrap();
    assert_eq!(world.kr.settled(near).await.state, State::Delivered);
    assert_eq!(
        world.kr.exchange.document(&world.kr.us, Side::Out, waiting[0]).await.unwrap().state,
        State::Sending
    );
    world.jp.listen().await;
    for id in waiting {
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    }
}

/// PA-1: two participants of one node, and neither sees what the other has.
#[tokio::test]
async fn participants_of_one_node_do_not_see_each_other() {
    let mut world = World::new().await;
    world.kr.dispatch();
    let id = world.kr.send(&world.jp.us, world.agreement, b"private").await.unwrap();
    world.kr.settled(id).await;
    let (jp, second) = (&world.jp.exchange, &world.jp.second);
    assert_eq!(common::code(jp.document(second, Side::In, id).await), "not-found");
    assert!(jp.documents(second, Side::In, DocumentFilter::default()).await.unwrap().is_empty());
    assert!(jp.agreements(second).await.unwrap().is_empty());
    assert_eq!(common::code(jp.agreement(second, world.agreement).await), "not-found");
    let page = corridor_storage::ActPage { limit: 100, ..Default::default() };
    assert!(jp.store().acts(second, page).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_service_hears_of_every_document_on_both_sides() {
    let service = Arc::new(Counting::default());
    let mut world = World::with(Setup { services: vec![service.clone()], ..Setup::default() }).await;
    world.kr.dispatch();
    world.jp.dispatch();
    let id = world.kr.send(&world.jp.us, world.agreement, b"heard").await.unwrap();
    world.kr.settled(id).await;
    for _ in 0..3000 {
        if service.0.lock().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut heard = service.0.lock().unwrap().clone();
    heard.sort_by_key(|(side, _)| side.as_str());
    assert_eq!(heard, [(Side::In, id), (Side::Out, id)]);
}

/// The operator's setting ends an offer, but not before the agreement says that work ends.
#[tokio::test]
async fn a_partner_is_offered_a_document_for_as_long_as_the_agreement_lets_work_go_on() {
    let limits = Limits { give_up_after: 24 * HOUR, ..Limits::default() };
    let mut world = World::with(Setup { limits, ..Setup::default() }).await;
    let agree = async |pending_hours: Option<u32>| {
        let mut terms = world.terms(AgreementId::new(&SystemClock, &OsRandom), 1000);
        (terms.until, terms.pending_hours) = (terms.from.plus(20 * 24 * HOUR), pending_hours);
        let proposed = world.kr.exchange.propose(&world.kr.us, terms).await.unwrap();
        let both = world.jp.exchange.conclude(&world.jp.us, proposed.bytes()).await.unwrap();
        world.kr.exchange.conclude(&world.kr.us, both.bytes()).await.unwrap();
        proposed.body().id
    };
    let agreements = [agree(None).await, agree(Some(12)).await, agree(Some(240)).await];
    world.jp.hang_up().await;
    let mut ids = Vec::new();
    for agreement in agreements {
        ids.push(world.kr.send(&world.jp.us, agreement, b"hello").await.unwrap());
    }
    world.kr.dispatch();
    let check = async |hours: i64, expect: [State; 3]| {
        world.kr.clock.move_by(hours * 3600);
        for (id, expect) in ids.iter().zip(expect) {
            world.kr.reaches(Side::Out, *id, |state| state == expect).await;
        }
        // Whatever is still offered was offered once more meanwhile.
        tokio::time::sleep(Duration::from_millis(500)).await;
        for (id, expect) in ids.iter().zip(expect) {
            assert_eq!(world.kr.exchange.document(&world.kr.us, Side::Out, *id).await.unwrap().state, expect);
        }
    };
    let (sending, failed) = (State::Sending, State::Failed);
    check(23, [sending, sending, sending]).await;
    check(2, [failed, failed, sending]).await;
    check(214, [failed, failed, sending]).await;
    check(2, [failed, failed, failed]).await;
}
