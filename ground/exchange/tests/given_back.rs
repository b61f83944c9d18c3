//! A node that lost its disk, and what its partner gives back: whatever that partner is like, and whatever it lost
//! itself.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]

mod common;
#[path = "common/signed.rs"]
mod signed;

use std::time::Duration;

use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use common::{Node, Setup, World, on_both};
use corridor_base::{AgreementId, Clock, EnvelopeId, OsRandom, SystemClock, Timestamp};
use corridor_exchange::{Side, State};
use corridor_storage::Tx;

async fn world(postgres: bool) -> World {
    let mut world = World::with(Setup { postgres, ..Setup::default() }).await;
    world.kr.dispatch();
    world
}

on_both! {
    an_older_partner_is_sent_to,
    what_came_back_without_its_content_is_not_sent_again,
    what_came_under_a_lost_agreement_comes_when_that_is_back,
    more_documents_of_one_instant_than_a_page_holds_come_back,
    two_nodes_that_were_restored_at_once_give_each_other_back,
    what_is_not_ours_keeps_nothing_else_away,
    a_partner_that_never_answers_is_given_up_on,
    a_question_that_names_no_document_is_refused,
}

async fn change(node: &Node, sql: &'static str, value: impl Into<corridor_storage::Value>) -> u64 {
    let value = value.into();
    let unit = move |tx: &mut Tx<'_>| tx.execute(sql, std::slice::from_ref(&value));
    node.exchange.store().write(&node.us, unit).await.unwrap()
}

/// As if the backup had been taken before this document was there.
async fn forget(node: &Node, id: EnvelopeId) {
    let sql = "DELETE FROM document WHERE participant = $1 AND id = $2";
    assert_eq!(change(node, sql, id.to_string()).await, 1);
}

async fn delivered(world: &World, number: u8) -> EnvelopeId {
    let id = world.kr.send(&world.jp.us, world.agreement, &[number, 1]).await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    id
}

/// It was restored, from a backup of this instant; how many partners are still to be asked.
async fn restored(node: &Node, backup: Timestamp) -> usize {
    node.exchange.lacks(backup).await.unwrap();
    // The clock of the other moves on between delivery and question.
    tokio::time::sleep(Duration::from_millis(5)).await;
    node.exchange.ask_all_again().await.unwrap()
}

async fn state(node: &Node, side: Side, id: EnvelopeId) -> Option<State> {
    node.exchange.document(&node.us, side, id).await.ok().map(|row| row.state)
}

/// A node that does not know the question answers 404, and nobody signs that (EX-5).
async fn an_older_partner_is_sent_to(mut world: World) {
    world.jp.hang_up().await;
    let older = from_fn(|request: axum::extract::Request, next: Next| async move {
        match request.uri().path() {
            "/exchange/v1/acknowledged" => StatusCode::NOT_FOUND.into_response(),
            _ => next.run(request).await,
        }
    });
    world.jp.listen_as(world.jp.exchange.router().layer(older)).await;
    assert_eq!(restored(&world.kr, world.kr.clock.now()).await, 0);
    delivered(&world, 1).await;
}

/// The sender lost its disk, and then its partner asks for more than it lacks, as it may.
async fn what_came_back_without_its_content_is_not_sent_again(world: World) {
    let id = delivered(&world, 1).await;
    forget(&world.kr, id).await;
    assert_eq!(restored(&world.kr, world.kr.clock.now()).await, 0);
    assert_eq!(state(&world.kr, Side::Out, id).await, Some(State::Delivered));
    assert_eq!(restored(&world.jp, world.jp.clock.now()).await, 0);
    assert_eq!(state(&world.kr, Side::Out, id).await, Some(State::Delivered));
    assert_eq!(world.kr.acts("document-resent").await, 0);
    let waiting = world.kr.exchange.store().deliveries(&world.kr.us, Default::default()).await.unwrap();
    assert_eq!(waiting, []);
}

/// The recipient refuses what comes under an agreement that it lost: the sender's book stays as it is. Once the
/// agreement is in the recipient's book again, what came under it is asked for.
async fn what_came_under_a_lost_agreement_comes_when_that_is_back(world: World) {
    let terms = world.terms(AgreementId::new(&SystemClock, &OsRandom), 1000);
    let proposed = world.kr.exchange.propose(&world.kr.us, terms).await.unwrap();
    let newer = proposed.body().id;
    let both = world.jp.exchange.conclude(&world.jp.us, proposed.bytes()).await.unwrap();
    world.kr.exchange.conclude(&world.kr.us, both.bytes()).await.unwrap();
    let id = world.kr.send(&world.jp.us, newer, b"hello").await.unwrap();
    let first = world.kr.settled(id).await;
    assert_eq!(first.state, State::Delivered);
    forget(&world.jp, id).await;
    let sql = "DELETE FROM agreement WHERE participant = $1 AND id = $2";
    assert_eq!(change(&world.jp, sql, newer.to_string()).await, 1);
    assert_eq!(restored(&world.jp, world.jp.clock.now()).await, 0);
    let row = world.kr.settled(id).await;
    assert_eq!((row.state, row.acknowledgement.is_some()), (State::Delivered, true));
    assert_eq!((world.kr.acts("document-refused").await, state(&world.jp, Side::In, id).await), (0, None));
    world.jp.exchange.conclude(&world.jp.us, both.bytes()).await.unwrap();
    assert_eq!(world.jp.exchange.lacking(&world.jp.us).await.unwrap().len(), 1);
    assert_eq!(world.jp.exchange.ask_all_again().await.unwrap(), 0);
    world.jp.reaches(Side::In, id, |state| state == State::Received).await;
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
}

async fn more_documents_of_one_instant_than_a_page_holds_come_back(world: World) {
    let mut ids = Vec::new();
    for number in 0..120u8 {
        ids.push(delivered(&world, number).await);
    }
    let at = world.jp.clock.now();
    let same = "UPDATE document SET updated = $2 WHERE participant = $1";
    assert_eq!(change(&world.jp, same, at).await, 120);
    assert_eq!(
        change(&world.kr, "DELETE FROM document WHERE participant = $1 AND side = $2", "out").await,
        120
    );
    assert_eq!(restored(&world.kr, at).await, 0);
    for id in ids {
        assert_eq!(state(&world.kr, Side::Out, id).await, Some(State::Delivered));
    }
}

async fn two_nodes_that_were_restored_at_once_give_each_other_back(mut world: World) {
    world.jp.dispatch();
    let sent = delivered(&world, 1).await;
    let answer = world.jp.send(&world.kr.us, world.agreement, b"answer").await.unwrap();
    assert_eq!(world.jp.settled(answer).await.state, State::Delivered);
    forget(&world.kr, sent).await;
    forget(&world.jp, answer).await;
    world.kr.exchange.lacks(world.kr.clock.now()).await.unwrap();
    world.jp.exchange.lacks(world.jp.clock.now()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let fresh = world.kr.send(&world.jp.us, world.agreement, b"fresh").await.unwrap();
    for node in [&world.kr, &world.jp] {
        assert_eq!(node.exchange.ask_all_again().await.unwrap(), 0);
    }
    assert_eq!(world.kr.settled(fresh).await.state, State::Delivered);
    assert_eq!(state(&world.kr, Side::Out, sent).await, Some(State::Delivered));
    assert_eq!(state(&world.jp, Side::Out, answer).await, Some(State::Delivered));
}

/// One that cannot be used: the partner has an acknowledgement of another document beside it.
async fn what_is_not_ours_keeps_nothing_else_away(world: World) {
    let ids = [delivered(&world, 1).await, delivered(&world, 2).await];
    let mixed = "UPDATE document SET acknowledgement = (SELECT d.acknowledgement FROM document d
            WHERE d.participant = $1 AND d.side = 'in' AND d.id <> $2)
        WHERE participant = $1 AND side = 'in' AND id = $2";
    assert_eq!(change(&world.jp, mixed, ids[0].to_string()).await, 1);
    for id in ids {
        forget(&world.kr, id).await;
    }
    assert_eq!(restored(&world.kr, world.kr.clock.now()).await, 0);
    assert_eq!(state(&world.kr, Side::Out, ids[0]).await, None);
    assert_eq!(state(&world.kr, Side::Out, ids[1]).await, Some(State::Delivered));
    delivered(&world, 3).await;
}

/// As one that is not reached.
async fn a_partner_that_never_answers_is_given_up_on(mut world: World) {
    world.jp.hang_up().await;
    assert_eq!(restored(&world.kr, world.kr.clock.now()).await, 1);
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    world.kr.clock.move_by(8 * 86_400);
    let row = world.kr.settled(id).await;
    assert_eq!((row.state, row.problem.unwrap().code.as_str()), (State::Failed, "partner-not-asked"));
}

/// A partner that cannot say where it stands must not begin anew for ever.
async fn a_question_that_names_no_document_is_refused(world: World) {
    let (kr, jp) = (&world.kr, &world.jp);
    let check = async |after: &str, expect: u16| {
        let question = format!(
            r#"{{"of":"{}","since":"2026-01-01T00:00:00.000Z","after":"{after}","until":null}}"#,
            jp.us
        );
        let (status, said) = kr.post(jp, "/exchange/v1/acknowledged", None, question.into_bytes()).await;
        assert_eq!(status, expect, "{after}: {said:?}");
    };
    check("", 200).await;
    check("0192f0c1-2345-7abc-8def-0123456789ab", 200).await;
    check("the last one", 400).await;
    check("0192F0C1-2345-7ABC-8DEF-0123456789AB", 400).await;
}
