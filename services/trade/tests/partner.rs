//! The desk for one partner between two nodes: what crossed is counted, what was refused is told with its cause,
//! and tests are apart from all of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails loudly and says what it left out"
)]

#[path = "../../../ground/exchange/tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Node, Setup, World, on_both};
use corridor_base::{AgreementId, EnvelopeId, ErrorCode, Lang, OsRandom, SystemClock};
use corridor_exchange::service::Acting;
use corridor_exchange::{Scope, Side};
use corridor_proof::{Agreement, Flow};
use corridor_trade::books::{self, Interchange};
use corridor_trade::correlate::State;
use corridor_trade::partner::{Mode, PartnerDesk, Tests, partner, set};
use corridor_trade::timeline::timeline;
use corridor_trade::{Desk, Library, SCHEMA};

async fn world(postgres: bool) -> World {
    let desk = Arc::new(Desk::new(Arc::new(SystemClock), Arc::new(OsRandom), Arc::new(Library::default())));
    let mut world =
        World::with(Setup { services: vec![desk], schemas: vec![&SCHEMA], postgres, ..Setup::default() })
            .await;
    world.kr.dispatch();
    world.jp.dispatch();
    world
}

fn acting(node: &Node) -> Acting {
    Acting { participant: node.us.clone(), reader: "officer".to_owned(), scope: Scope::default() }
}

fn order(reference: &str, test: bool, count: u32) -> Vec<u8> {
    let flag = if test { "++++++1" } else { "" };
    format!(
        "UNB+UNOC:3+A:ZZ+B:ZZ+261122:0915+{reference}{flag}'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-{reference}+9'\
         UNT+{count}+1'UNZ+1+{reference}'"
    )
    .into_bytes()
}

/// Sends an interchange and waits for what its answer makes of it, and until the other desk has filed it too.
async fn answered(world: &World, edi: &[u8]) -> Interchange {
    answered_under(world, world.agreement, edi).await
}

async fn answered_under(world: &World, agreement: AgreementId, edi: &[u8]) -> Interchange {
    let to = &world.jp.us;
    let id = world.kr.submit(None, to, "edifact", Some(agreement), edi).await.unwrap();
    for _ in 0..500 {
        let filed = book(&world.jp, Side::In, id).await.is_some();
        let ours = book(&world.kr, Side::Out, id).await.filter(|i| filed && i.state != State::Sent);
        if let Some(found) = ours {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no answer to {id}");
}

async fn book(node: &Node, side: Side, id: EnvelopeId) -> Option<Interchange> {
    node.exchange.store().read(&node.us, move |tx| books::find(tx, side, id)).await.unwrap()
}

async fn desk(node: &Node, other: &Node) -> PartnerDesk {
    partner(&node.exchange, &acting(node), &other.us, Lang::En).await.unwrap()
}

on_both!(
    what_crossed_is_counted_and_what_was_refused_is_told,
    a_partner_in_production_is_refused_a_test_where_that_is_set,
    the_agreement_says_whether_tests_are_taken_in,
);

async fn what_crossed_is_counted_and_what_was_refused_is_told(world: World) {
    assert_eq!(answered(&world, &order("R1", false, 3)).await.state, State::Accepted);
    assert_eq!(answered(&world, &order("R2", false, 9)).await.state, State::Rejected);
    assert_eq!(answered(&world, &order("R3", false, 9)).await.state, State::Rejected);
    assert!(answered(&world, &order("R4", true, 3)).await.test);
    assert!(answered(&world, &order("R5", true, 9)).await.test);
    let ours = desk(&world.kr, &world.jp).await;
    let days: u64 = ours.volumes.iter().map(|day| day.sent).sum();
    // The answers to tests are tests as well.
    assert_eq!((days, ours.tests, ours.volumes.len()), (3, 4, 30));
    assert_eq!(ours.volumes.iter().filter(|day| day.sent > 0).count(), 1);
    let orders = ours.refused.iter().find(|of| of.kind == "ORDERS").unwrap();
    assert_eq!((orders.side, orders.number, orders.refused), (Side::Out, 3, 2));
    assert_eq!((ours.causes.len(), ours.causes[0].number, ours.causes[0].side), (1, 2, Side::Out));
    assert!(ours.causes[0].why.contains("count"), "{:?}", ours.causes);
    assert_eq!(ours.answered.as_ref().unwrap().number, 3);
    assert!(ours.acknowledged.is_some());
    let theirs = desk(&world.jp, &world.kr).await;
    let orders = theirs.refused.iter().find(|of| of.kind == "ORDERS").unwrap();
    assert_eq!((orders.side, orders.number, orders.refused), (Side::In, 3, 2));
    assert_eq!((theirs.causes.len(), theirs.causes[0].number, theirs.causes[0].side), (1, 2, Side::In));
    let agreed = &ours.agreements[0];
    assert_eq!((agreed.version, agreed.in_force, agreed.signed.len()), (1, true, 2));
    // A department with another partner is told nothing of it.
    let scope = Scope::of(vec![], vec!["did:web:somebody.example".parse().unwrap()]);
    let stranger = Acting { scope, ..acting(&world.kr) };
    let problem = partner(&world.kr.exchange, &stranger, &world.jp.us, Lang::En).await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::NotFound);
}

async fn a_partner_in_production_is_refused_a_test_where_that_is_set(world: World) {
    let jp = acting(&world.jp);
    let kr = &world.kr.us;
    set(&world.jp.exchange, &jp, kr, Mode::Production, Tests::Refuse).await.unwrap();
    set(&world.jp.exchange, &jp, kr, Mode::Production, Tests::Refuse).await.unwrap();
    assert_eq!(world.jp.acts("trade-partner-set").await, 1, "the same again is nothing new");
    let refused = answered(&world, &order("R1", true, 3)).await;
    assert_eq!(refused.state, State::Rejected);
    let theirs = book(&world.jp, Side::In, refused.envelope).await.unwrap();
    assert_eq!(theirs.summary["findings"][0]["code"], 25, "{}", theirs.summary);
    assert_eq!(answered(&world, &order("R2", false, 3)).await.state, State::Accepted);
    // In test everything is one, and none of them is refused for that.
    set(&world.jp.exchange, &jp, kr, Mode::Test, Tests::Refuse).await.unwrap();
    for (reference, test) in [("R3", true), ("R4", false)] {
        let sent = answered(&world, &order(reference, test, 3)).await;
        assert_eq!(sent.state, State::Accepted);
        assert!(book(&world.jp, Side::In, sent.envelope).await.unwrap().test);
        let line = timeline(&world.jp.exchange, &jp, &format!("PO-{reference}"), Lang::En).await.unwrap();
        assert!(line.documents.iter().all(|document| document.test));
    }
    let stranger = "did:web:somebody.example".parse().unwrap();
    let problem = set(&world.jp.exchange, &jp, &stranger, Mode::Test, Tests::Accept).await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::NotFound);
}

/// What both signed goes before what one side sets: by the agreement that an interchange crosses under.
async fn the_agreement_says_whether_tests_are_taken_in(world: World) {
    let agreed = async |flow: Flow| {
        let id = AgreementId::new(&SystemClock, &OsRandom);
        let terms = Agreement { flow, ..world.terms(id, 8 << 20) };
        let proposed = world.kr.exchange.propose(&world.kr.us, terms).await.unwrap();
        let both = world.jp.exchange.conclude(&world.jp.us, proposed.bytes()).await.unwrap();
        world.kr.exchange.conclude(&world.kr.us, both.bytes()).await.unwrap();
        id
    };
    let (real, both, trying) =
        (agreed(Flow::Production).await, agreed(Flow::Both).await, agreed(Flow::Test).await);
    // What is set says the opposite of each, and counts for nothing.
    let jp = acting(&world.jp);
    let check = async |reference: &str, under, set_to: (Mode, Tests), test: bool, expect: (State, bool)| {
        set(&world.jp.exchange, &jp, &world.kr.us, set_to.0, set_to.1).await.unwrap();
        let sent = answered_under(&world, under, &order(reference, test, 3)).await;
        let theirs = book(&world.jp, Side::In, sent.envelope).await.unwrap();
        assert_eq!((sent.state, theirs.test), expect, "{reference}");
        theirs.summary["findings"][0]["code"].as_u64()
    };
    let (accept, refuse) = ((Mode::Test, Tests::Accept), (Mode::Production, Tests::Refuse));
    assert_eq!(check("F1", real, accept, true, (State::Rejected, true)).await, Some(25));
    check("F2", real, accept, false, (State::Accepted, false)).await;
    check("F3", both, refuse, true, (State::Accepted, true)).await;
    check("F4", both, accept, false, (State::Accepted, false)).await;
    check("F5", trying, refuse, false, (State::Accepted, true)).await;
    check("F6", trying, refuse, true, (State::Accepted, true)).await;
    // The agreement of the tests leaves it open.
    assert_eq!(check("F7", world.agreement, refuse, true, (State::Rejected, true)).await, Some(25));
    let flows: Vec<Flow> = desk(&world.jp, &world.kr).await.flows().collect();
    assert_eq!(flows.len(), 4);
    assert!(Flow::ALL.iter().all(|flow| flows.contains(flow)), "{flows:?}");
}
