//! Many small documents to one partner go together, and each of them is treated as if it had come alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request as Incoming;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use bytes::Bytes;
use common::{Node, Setup, World, content, envelope, on_both};
use corridor_base::{AgreementId, Clock, EnvelopeId, OsRandom, SystemClock};
use corridor_exchange::wire::{DELIVERIES, MAX_TOGETHER, TOGETHER, together};
use corridor_exchange::{Limits, Side, State};
use corridor_net::{Request, signature};
use serde_json::{Value, json};

/// How many requests came of each kind.
#[derive(Clone, Default)]
struct Counted {
    alone: Arc<AtomicU64>,
    together: Arc<AtomicU64>,
    /// How many milliseconds a request takes at least.
    slow: Arc<AtomicU64>,
}

impl Counted {
    /// The routes of this node, counted; one that does not know of several at once answers 404.
    fn routes(&self, node: &Node, knows: bool) -> axum::Router {
        let counted = self.clone();
        node.exchange.router().layer(from_fn(move |request: Incoming, next: Next| {
            let counted = counted.clone();
            async move {
                match request.uri().path() {
                    DELIVERIES => counted.alone.fetch_add(1, SeqCst),
                    TOGETHER => counted.together.fetch_add(1, SeqCst),
                    _ => 0,
                };
                tokio::time::sleep(Duration::from_millis(counted.slow.load(SeqCst))).await;
                if request.uri().path() == TOGETHER && !knows {
                    // Read to its end: else the connection closes, and may take with it what goes on it next.
                    let _ = to_bytes(request.into_body(), MAX_TOGETHER + 1).await;
                    return StatusCode::NOT_FOUND.into_response();
                }
                next.run(request).await
            }
        }))
    }

    fn found(&self) -> (u64, u64) {
        (self.alone.load(SeqCst), self.together.load(SeqCst))
    }
}

async fn counted(setup: Setup, knows: bool) -> (World, Counted) {
    let (mut world, counted) = (World::with(setup).await, Counted::default());
    world.jp.hang_up().await;
    let routes = counted.routes(&world.jp, knows);
    world.jp.listen_as(routes).await;
    (world, counted)
}

async fn world(postgres: bool) -> (World, Counted) {
    counted(Setup { postgres, ..Setup::default() }, true).await
}

/// So many documents that wait for the dispatcher, each with a content of its own.
async fn waiting(world: &World, agreement: AgreementId, count: u8) -> Vec<EnvelopeId> {
    let mut all = Vec::new();
    for n in 0..count {
        all.push(world.kr.send(&world.jp.us, agreement, &[n]).await.unwrap());
    }
    all
}

async fn many_go_in_few_requests((mut world, counted): (World, Counted)) {
    let all = waiting(&world, world.agreement, 120).await;
    world.kr.dispatch();
    for (n, id) in all.iter().enumerate() {
        let row = world.kr.settled(*id).await;
        assert_eq!(row.state, State::Delivered, "{n}: {:?}", row.problem);
        let theirs = world.jp.exchange.document(&world.jp.us, Side::In, *id).await.unwrap();
        assert_eq!(row.acknowledgement.unwrap().bytes(), theirs.acknowledgement.unwrap().bytes());
        assert_eq!(content(&world.jp, Side::In, *id).await, [u8::try_from(n).unwrap()]);
    }
    assert_eq!(world.jp.acts("document-received").await, all.len());
    assert_eq!(world.kr.acts("document-acknowledged").await, all.len());
    let (alone, together) = counted.found();
    assert!(together > 0 && alone + together < 60, "{alone} alone, {together} together");
}

on_both!(many_go_in_few_requests);

/// One that is refused takes nobody with it.
#[tokio::test(flavor = "multi_thread")]
async fn each_is_judged_for_itself() {
    let (mut world, counted) = counted(Setup::default(), true).await;
    // A second agreement, which Japan has ended, and Korea does not know it yet.
    let ended = AgreementId::new(&SystemClock, &OsRandom);
    let proposed = world.kr.exchange.propose(&world.kr.us, world.terms(ended, 1000)).await.unwrap();
    let both = world.jp.exchange.conclude(&world.jp.us, proposed.bytes()).await.unwrap();
    world.kr.exchange.conclude(&world.kr.us, both.bytes()).await.unwrap();
    let (good, bad) = (waiting(&world, world.agreement, 40).await, waiting(&world, ended, 40).await);
    world.jp.exchange.end_agreement(&world.jp.us, ended).await.unwrap();
    world.kr.dispatch();
    for id in good {
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    }
    for id in bad {
        let row = world.kr.settled(id).await;
        let code = row.problem.as_ref().map(|problem| problem.code.as_str());
        assert_eq!((row.state, code), (State::Refused, Some("agreement-not-in-force")));
    }
    assert_eq!(world.jp.acts("document-received").await, 40);
    assert_eq!(world.jp.acts("delivery-refused").await, 40);
    assert!(counted.found().1 > 0);
}

/// EX-5: a node of the version before.
#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_takes_one_by_one_gets_them_so() {
    let (mut world, counted) = counted(Setup::default(), false).await;
    let all = waiting(&world, world.agreement, 100).await;
    world.kr.dispatch();
    for id in all {
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    }
    let (alone, together) = counted.found();
    assert_eq!(alone, 100);
    assert_eq!(world.jp.acts("document-received").await, 100);
    assert!((1..=4).contains(&together), "asked {together} times, though it had said that it does not know");
}

/// More than the partner has places for come later, and none is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_partner_with_few_places_gets_them_in_time() {
    let limits = Limits { concurrent: 8, ..Limits::default() };
    let (mut world, _) = counted(Setup { limits, ..Setup::default() }, true).await;
    let all = waiting(&world, world.agreement, 100).await;
    world.kr.dispatch();
    for id in all {
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    }
    assert_eq!(world.jp.acts("document-received").await, 100);
}

/// What somebody else might send here: the answer, or what became of each.
#[tokio::test]
async fn what_does_not_belong_together_is_refused() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let framed = |all: &[(&[u8], &[u8])]| {
        let mut body = Vec::new();
        for (envelope, content) in all {
            body.extend(u32::try_from(envelope.len()).unwrap().to_be_bytes());
            body.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
            body.extend([*envelope, *content].concat());
        }
        body
    };
    let check = async |what: &str, body: Vec<u8>, expect: Value| {
        let mut request =
            Request::new(Method::POST, jp.url.join(TOGETHER).unwrap().join(&together(&jp.us)).unwrap());
        request.body = Bytes::from(body);
        let signer = kr.keyrings[0].current();
        signature::sign_request(&mut request, &[], &*signer, kr.clock.now(), &OsRandom).unwrap();
        let response = kr.client.send(request).await.unwrap();
        let found: Value = serde_json::from_slice(&response.body).unwrap();
        let code =
            |one: &Value| one.pointer("/refused/code").cloned().unwrap_or_else(|| json!("acknowledged"));
        let found = match found.get("items").and_then(Value::as_array) {
            Some(items) => items.iter().map(code).collect(),
            None => found["code"].clone(),
        };
        assert_eq!(found, expect, "{what}");
    };
    let good = envelope(kr, &jp.us, world.agreement, b"a document");
    let good = (good.bytes(), b"a document".as_slice());
    let elsewhere = envelope(kr, &jp.second, world.agreement, b"x");
    let lied = envelope(kr, &jp.us, world.agreement, b"as promised");
    check("nothing", vec![], json!("malformed")).await;
    check("broken off", framed(&[good])[..40].to_vec(), json!("malformed")).await;
    check("too many", framed(&[(b"".as_slice(), b"".as_slice()); 65]), json!("malformed")).await;
    check("too large", vec![0; (1 << 20) + 1], json!("too-large")).await;
    let all = [
        good,
        (b"no envelope", b""),
        (elsewhere.bytes(), b"x"),
        (lied.bytes(), b"something else"),
        (lied.bytes(), b""),
        good,
    ];
    let expect = [
        "acknowledged",
        "malformed",
        "wrong-recipient",
        "content-mismatch",
        "content-mismatch",
        "acknowledged",
    ];
    check("each for itself", framed(&all), json!(expect)).await;
    assert_eq!(jp.acts("document-received").await, 1);
}

/// What waits for a partner that is gone comes when that is back.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_partner_goes_away() {
    let (mut world, counted) = counted(Setup::default(), true).await;
    let all = waiting(&world, world.agreement, 100).await;
    world.kr.dispatch();
    while world.jp.acts("document-received").await == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    world.jp.hang_up().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let routes = counted.routes(&world.jp, true);
    world.jp.listen_as(routes).await;
    for id in all {
        assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    }
    assert_eq!(world.jp.acts("document-received").await, 100);
}

/// EX-1: an agreement that ends here while documents wait for a place lets no more of them out.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_judged_again() {
    let (mut world, counted) = counted(Setup::default(), true).await;
    counted.slow.store(500, SeqCst);
    let all = waiting(&world, world.agreement, 50).await;
    world.kr.dispatch();
    while counted.found().0 < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.kr.exchange.end_agreement(&world.kr.us, world.agreement).await.unwrap();
    let mut gone = 0;
    for id in all {
        let row = world.kr.settled(id).await;
        let code = row.problem.as_ref().map(|problem| problem.code.as_str());
        match row.state {
            State::Delivered => gone += 1,
            state => assert_eq!((state, code), (State::Refused, Some("agreement-not-in-force"))),
        }
    }
    assert_eq!((gone, counted.found()), (4, (4, 0)));
}
