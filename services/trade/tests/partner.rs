//! The desk for one partner between two nodes: what crossed is counted, what was refused is told with its cause,
//! and tests are apart from all of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails loudly and says what it left out"
)]

mod common;

use common::{Node, World, acting, agreed, answered, answered_under, book, desks, on_both};
use corridor_base::{ErrorCode, Lang};
use corridor_exchange::service::Acting;
use corridor_exchange::{Scope, Side};
use corridor_proof::{Agreement, Flow};
use corridor_trade::Library;
use corridor_trade::correlate::State;
use corridor_trade::partner::{Mode, PartnerDesk, Tests, partner, set};
use corridor_trade::timeline::timeline;

async fn world(postgres: bool) -> World {
    desks(Library::default(), postgres).await
}

fn order(reference: &str, test: bool, count: u32) -> Vec<u8> {
    let flag = if test { "++++++1" } else { "" };
    format!(
        "UNB+UNOC:3+A:ZZ+B:ZZ+261122:0915+{reference}{flag}'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-{reference}+9'\
         UNT+{count}+1'UNZ+1+{reference}'"
    )
    .into_bytes()
}

async fn desk(node: &Node, other: &Node) -> PartnerDesk {
    partner(&node.exchange, &acting(&node.us), &other.us, Lang::En).await.unwrap()
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
    let stranger = Acting { scope, ..acting(&world.kr.us) };
    let problem = partner(&world.kr.exchange, &stranger, &world.jp.us, Lang::En).await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::NotFound);
}

async fn a_partner_in_production_is_refused_a_test_where_that_is_set(world: World) {
    let jp = acting(&world.jp.us);
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
    let agreed = async |flow: Flow| agreed(&world, |terms| Agreement { flow, ..terms }).await;
    let (real, both, trying) =
        (agreed(Flow::Production).await, agreed(Flow::Both).await, agreed(Flow::Test).await);
    // What is set says the opposite of each, and counts for nothing.
    let jp = acting(&world.jp.us);
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
