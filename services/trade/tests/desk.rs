//! The desk at work between two nodes: an interchange crosses, is read, answered with CONTRL, and the
//! answer moves the sender's books.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "../../../ground/exchange/tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Node, Setup, World, content};
use corridor_base::{EnvelopeId, OsRandom, SystemClock};
use corridor_exchange::Side;
use corridor_trade::books::{self, Interchange};
use corridor_trade::correlate::State;
use corridor_trade::edifact::{Verdict, read_bytes};
use corridor_trade::{Desk, SAMPLE, SCHEMA};

async fn world() -> World {
    let desk = Arc::new(Desk::new(Arc::new(SystemClock), Arc::new(OsRandom)));
    let mut world =
        World::with(Setup { services: vec![desk], schemas: vec![&SCHEMA], ..Setup::default() }).await;
    world.kr.dispatch();
    world.jp.dispatch();
    world
}

async fn book(node: &Node, side: Side, id: EnvelopeId) -> Option<Interchange> {
    node.exchange.store().read(&node.us, move |tx| books::find(tx, side, id)).await.unwrap()
}

/// Sends an interchange and waits for what its answer makes of it.
async fn answered(world: &World, edi: &[u8]) -> Interchange {
    let to = &world.jp.us;
    let id = world.kr.submit(None, to, "edifact", Some(world.agreement), edi).await.unwrap();
    for _ in 0..500 {
        if let Some(found) = book(&world.kr, Side::Out, id).await.filter(|i| i.state != State::Sent) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no answer to {id}: {:?}", book(&world.jp, Side::In, id).await);
}

#[tokio::test]
async fn a_cargo_report_is_understood_and_accepted() {
    let world = world().await;
    let ours = answered(&world, SAMPLE).await;
    assert_eq!(ours.state, State::Accepted);
    let theirs = book(&world.jp, Side::In, ours.envelope).await.unwrap();
    assert_eq!(theirs.verdict, "accepted");
    assert_eq!(theirs.answer, ours.answer);
    // The content is carried untouched, and the answer is an interchange in its own right.
    assert_eq!(content(&world.jp, Side::In, ours.envelope).await, SAMPLE);
    let contrl = content(&world.kr, Side::In, ours.answer.unwrap()).await;
    let report = read_bytes(&contrl, Default::default());
    assert_eq!(report.verdict(), Verdict::Accepted, "{:?}", report.findings);
    assert!(report.holds_contrl);
    let answer = world.kr.exchange.document(&world.kr.us, Side::In, ours.answer.unwrap()).await.unwrap();
    assert_eq!(answer.answers, Some(ours.envelope));
    assert_eq!(world.kr.acts("interchange-judged").await, 1);
    assert_eq!(world.jp.acts("interchange-answered").await, 1);
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place() {
    let world = world().await;
    let text = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let (head, count) = text.rsplit_once("UNZ+").unwrap();
    let wrong = format!("{head}UNZ+9{}", &count[1..]);
    let ours = answered(&world, wrong.as_bytes()).await;
    assert_eq!(ours.state, State::Rejected);
    let theirs = book(&world.jp, Side::In, ours.envelope).await.unwrap();
    assert_eq!(theirs.verdict, "rejected");
    assert_eq!(theirs.summary["findings"][0]["place"]["tag"], "UNZ", "{}", theirs.summary);
}

/// The same control reference again is error 26; the first interchange stays accepted.
#[tokio::test]
async fn a_reference_used_again_is_refused() {
    let world = world().await;
    let first = answered(&world, SAMPLE).await;
    assert_eq!(first.state, State::Accepted);
    let second = answered(&world, SAMPLE).await;
    assert_eq!(second.state, State::Rejected);
    assert_eq!(book(&world.kr, Side::Out, first.envelope).await.unwrap().state, State::Accepted);
}

/// What nobody can address an answer to is kept, shown as unreadable, and stays unanswered.
#[tokio::test]
async fn garbage_is_kept_and_not_answered() {
    let world = world().await;
    let to = &world.jp.us;
    let id = world.kr.submit(None, to, "edifact", Some(world.agreement), b"not edi at all").await.unwrap();
    for _ in 0..500 {
        if let Some(found) = book(&world.jp, Side::In, id).await {
            assert_eq!((found.verdict.as_str(), found.answer), ("unreadable", None));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the desk did not read {id}");
}
