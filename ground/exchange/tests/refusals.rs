//! What the gate refuses, each by its own name, and that a refusal leaves nothing behind but its
//! record.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, Method};
use bytes::Bytes;
use common::{Node, Setup, World, envelope};
use corridor_base::problem::ProblemDocument;
use corridor_base::{AgreementId, Clock, Did, OsRandom, SystemClock};
use corridor_exchange::wire::{DELIVERIES, ENVELOPE_LENGTH, UPLOAD_OFFSET, pieces};
use corridor_exchange::{DocumentFilter, Limits, Side, State};
use corridor_net::{Request, signature};
use corridor_proof::{Envelope, Signed};
use std::time::Duration;

/// A delivery as it goes over the wire, signed by the first participant of `from`.
fn request(from: &Node, to: &Node, envelope: &Signed<Envelope>, content: &[u8]) -> Request {
    let body = [envelope.bytes(), content].concat();
    let mut request = Request::new(Method::POST, to.url.join(DELIVERIES).unwrap());
    request
        .headers
        .insert(HeaderName::from_static(ENVELOPE_LENGTH), HeaderValue::from(envelope.bytes().len()));
    request.headers.insert("content-type", HeaderValue::from_static("application/vnd.corridor.delivery"));
    request.body = Bytes::from(body);
    sign(from, &mut request);
    request
}

fn sign(from: &Node, request: &mut Request) {
    let mut extra = vec![HeaderName::from_static(ENVELOPE_LENGTH), HeaderName::from_static(UPLOAD_OFFSET)];
    extra.retain(|name| request.headers.contains_key(name));
    let signer = from.keyrings[0].current();
    signature::sign_request(request, &extra, &*signer, from.clock.now(), &OsRandom).unwrap();
}

/// What the other side answers: `ok`, `send-from-N`, or the code of the problem.
async fn answer(from: &Node, request: Request) -> String {
    let response = from.client.send(request).await.unwrap();
    match response.status.as_u16() {
        200 => "ok".to_owned(),
        202 => {
            let wanted: corridor_exchange::wire::SendFrom = serde_json::from_slice(&response.body).unwrap();
            format!("send-from-{}", wanted.offset)
        }
        status => {
            let problem: ProblemDocument = serde_json::from_slice(&response.body).unwrap();
            assert_eq!(problem.status, status);
            assert!(!problem.detail.is_empty() && !problem.remedy.is_empty());
            problem.code
        }
    }
}

async fn inbox(node: &Node) -> usize {
    let filter = DocumentFilter { limit: 100, ..Default::default() };
    node.exchange.documents(&node.us, Side::In, filter).await.unwrap().len()
}

/// What somebody on the line does to a request.
type Alteration = Box<dyn Fn(&mut Request)>;

#[tokio::test]
async fn what_was_altered_on_the_way_is_refused() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let genuine = || request(kr, jp, &envelope(kr, &jp.us, world.agreement, b"a document"), b"a document");
    let cases: Vec<(&str, Alteration)> = vec![
        (
            "signature-invalid",
            Box::new(|r| {
                let mut body = r.body.to_vec();
                *body.last_mut().unwrap() ^= 1;
                r.body = body.into();
            }),
        ),
        (
            "signature-invalid",
            Box::new(|r| {
                let mut body = r.body.to_vec();
                body[40] ^= 1;
                r.body = body.into();
            }),
        ),
        (
            "signature-missing",
            Box::new(|r| {
                r.headers.remove("signature");
            }),
        ),
        (
            "signature-invalid",
            Box::new(|r| {
                let changed = HeaderValue::from(
                    r.headers[ENVELOPE_LENGTH].to_str().unwrap().parse::<u64>().unwrap() - 1,
                );
                r.headers.insert(HeaderName::from_static(ENVELOPE_LENGTH), changed);
            }),
        ),
        ("signature-invalid", Box::new(|r| r.url.set_query(Some("x=1")))),
    ];
    for (at, (expect, alter)) in cases.iter().enumerate() {
        let mut altered = genuine();
        alter(&mut altered);
        assert_eq!(answer(kr, altered).await, *expect, "case {at}");
    }
    assert_eq!(inbox(jp).await, 0);
    assert_eq!(answer(kr, genuine()).await, "ok");
}

#[tokio::test]
async fn a_content_that_is_not_the_promised_one_is_refused() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let envelope = envelope(kr, &jp.us, world.agreement, b"a document");
    assert_eq!(answer(kr, request(kr, jp, &envelope, b"b document")).await, "content-mismatch");
    assert_eq!(answer(kr, request(kr, jp, &envelope, b"b document")).await, "content-mismatch");
    assert_eq!(inbox(jp).await, 0);
    assert_eq!(jp.acts("delivery-refused").await, 1, "one record for one envelope and reason");
    assert_eq!(answer(kr, request(kr, jp, &envelope, b"a document")).await, "ok");
}

#[tokio::test]
async fn a_request_counts_once_and_a_document_too() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let signed = envelope(kr, &jp.us, world.agreement, b"x");
    let first = request(kr, jp, &signed, b"x");
    assert_eq!(answer(kr, first.clone()).await, "ok");
    assert_eq!(answer(kr, first).await, "replayed");
    // A fresh request for the same document: one small request, the same acknowledgement.
    let again = kr.client.send(request(kr, jp, &signed, b"")).await.unwrap();
    let once_more = kr.client.send(request(kr, jp, &signed, b"x")).await.unwrap();
    assert_eq!(again.body, once_more.body);
    assert_eq!(inbox(jp).await, 1);
    assert_eq!(jp.acts("document-received").await, 1);
    // The same number, other bytes.
    let mut body = signed.body().clone();
    body.sha256 = corridor_base::Digest::of(b"y");
    let other = Signed::new(body, &[&*kr.keyrings[0].current()]).unwrap();
    assert_eq!(answer(kr, request(kr, jp, &other, b"y")).await, "envelope-conflict");
    assert_eq!(jp.acts("delivery-refused").await, 1);
}

#[tokio::test]
async fn clocks_that_disagree_are_told_so() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    for (seconds, expect) in [(50, "ok"), (-100, "ok"), (-50, "clock-skew"), (250, "clock-skew")] {
        kr.clock.move_by(seconds);
        let signed = envelope(kr, &jp.us, world.agreement, b"x");
        assert_eq!(answer(kr, request(kr, jp, &signed, b"x")).await, expect, "{seconds}");
    }
}

#[tokio::test]
async fn who_is_not_listed_now_is_refused() {
    let mut world = World::new().await;
    let stranger = World::new().await;
    let signed = envelope(&stranger.kr, &world.jp.us, world.agreement, b"x");
    assert_eq!(
        answer(&stranger.kr, request(&stranger.kr, &world.jp, &signed, b"x")).await,
        "participant-unknown"
    );
    let us = world.kr.us.clone();
    world.anchors[0].remove(&us, SystemClock.now(), &SystemClock).unwrap();
    world.publish().await;
    let signed = envelope(&world.kr, &world.jp.us, world.agreement, b"x");
    assert_eq!(answer(&world.kr, request(&world.kr, &world.jp, &signed, b"x")).await, "participant-removed");
}

#[tokio::test]
async fn an_expired_list_closes_after_its_grace() {
    let world = World::new().await;
    let day = 24 * 3600;
    for (days, expect) in [(30, "ok"), (1, "trust-list-expired")] {
        for node in [&world.kr, &world.jp] {
            node.clock.move_by(days * day + 60);
        }
        // The agreement must not be what refuses.
        let id = AgreementId::new(&SystemClock, &OsRandom);
        let mut terms = world.terms(id, 100);
        terms.until = terms.until.plus(Duration::from_secs(400 * 86_400));
        let agreed = async {
            let proposed = world.kr.exchange.propose(&world.kr.us, terms).await?;
            world.jp.exchange.conclude(&world.jp.us, proposed.bytes()).await
        };
        let agreed = agreed.await;
        if expect != "ok" {
            assert_eq!(common::code(agreed), expect);
        }
        let signed = envelope(&world.kr, &world.jp.us, id, b"x");
        assert_eq!(answer(&world.kr, request(&world.kr, &world.jp, &signed, b"x")).await, expect);
    }
}

#[tokio::test]
async fn only_what_the_agreement_grants_may_cross() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let make = |change: &dyn Fn(&mut Envelope)| {
        let mut body = envelope(kr, &jp.us, world.agreement, b"x").body().clone();
        change(&mut body);
        Signed::new(body, &[&*kr.keyrings[0].current()]).unwrap()
    };
    let unknown = AgreementId::new(&SystemClock, &OsRandom);
    let elsewhere: Did = "did:web:example.jp".parse().unwrap();
    let second = jp.second.clone();
    let cases: Vec<(&str, Signed<Envelope>)> = vec![
        ("policy-denied", make(&|e| e.kind = "patient".parse().unwrap())),
        ("agreement-unknown", make(&|e| e.agreement = unknown)),
        ("agreement-unknown", make(&|e| e.recipient = second.clone())),
        ("wrong-recipient", make(&|e| e.recipient = elsewhere.clone())),
        ("forbidden", make(&|e| e.sender = kr.second.clone())),
        ("too-large", make(&|e| e.size = 9 << 20)),
    ];
    for (expect, signed) in cases {
        let content: &[u8] = if signed.body().size == 1 { b"x" } else { b"" };
        assert_eq!(answer(kr, request(kr, jp, &signed, content)).await, expect);
    }
    assert_eq!(inbox(jp).await, 0);
    jp.exchange.end_agreement(&jp.us, world.agreement).await.unwrap();
    let signed = envelope(kr, &jp.us, world.agreement, b"x");
    assert_eq!(answer(kr, request(kr, jp, &signed, b"x")).await, "agreement-not-in-force");
}

/// LG-2: work goes on while receipts are pending, up to the age that the agreement allows.
#[tokio::test]
async fn nothing_new_begins_while_receipts_are_overdue() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let hours = |hours: u64| Some(SystemClock.now().minus(Duration::from_secs(hours * 3600)));
    let check = async |since, expect: &str| {
        jp.pending.tell(since);
        let signed = envelope(kr, &jp.us, world.agreement, b"x");
        assert_eq!(answer(kr, request(kr, jp, &signed, b"x")).await, expect, "{since:?}");
    };
    check(None, "ok").await;
    check(hours(71), "ok").await;
    check(hours(73), "receipts-overdue").await;
    check(None, "ok").await;
    kr.pending.tell(hours(73));
    let refused = kr.send(&jp.us, world.agreement, b"x").await.unwrap_err();
    assert_eq!(refused.code().as_str(), "receipts-overdue");
}

#[tokio::test]
async fn an_altered_agreement_is_refused() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    // Other words under the number that both know, properly signed by the partner.
    let terms = world.terms(world.agreement, 1 << 30);
    let altered = Signed::new(terms, &[&*kr.keyrings[0].current()]).unwrap();
    assert_eq!(common::code(jp.exchange.conclude(&jp.us, altered.bytes()).await), "agreement-altered");
    // One byte of a new agreement changed after it was signed.
    let fresh = kr
        .exchange
        .propose(&kr.us, world.terms(AgreementId::new(&SystemClock, &OsRandom), 10))
        .await
        .unwrap();
    let bent =
        String::from_utf8(fresh.bytes().to_vec()).unwrap().replace("\"max_size\": 10", "\"max_size\": 99");
    assert_eq!(common::code(jp.exchange.conclude(&jp.us, bent.as_bytes()).await), "agreement-invalid");
    // Nothing crosses under what only one has signed.
    let signed = envelope(kr, &jp.us, fresh.body().id, b"x");
    assert_eq!(answer(kr, request(kr, jp, &signed, b"x")).await, "agreement-unknown");
}

#[tokio::test]
async fn bodies_are_bounded() {
    let limits = Limits { max_size: 1000, ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let (kr, jp) = (&world.kr, &world.jp);
    let signed = envelope(kr, &jp.us, world.agreement, &[0; 1001]);
    assert_eq!(answer(kr, request(kr, jp, &signed, &[0; 1001])).await, "too-large");
    assert_eq!(answer(kr, request(kr, jp, &signed, &vec![0; 200_000])).await, "too-large");
    assert_eq!(common::code(kr.send(&jp.us, world.agreement, &[0; 1001]).await), "too-large");
}

/// A piece of an upload.
fn piece(from: &Node, to: &Node, signed: &Signed<Envelope>, offset: u64, content: &[u8]) -> Request {
    let mut request = Request::new(Method::PATCH, to.url.join(&pieces(signed.body().id, &to.us)).unwrap());
    request.headers = HeaderMap::new();
    request.headers.insert(HeaderName::from_static(UPLOAD_OFFSET), HeaderValue::from(offset));
    request.body = Bytes::copy_from_slice(content);
    sign(from, &mut request);
    request
}

#[tokio::test]
async fn an_upload_resumes_where_the_gate_says_and_stops_with_its_agreement() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let content: Vec<u8> = (0..300_000u32).map(|n| (n % 253) as u8).collect();
    let signed = envelope(kr, &jp.us, world.agreement, &content);
    assert_eq!(answer(kr, piece(kr, jp, &signed, 0, &content[..1000])).await, "not-found");
    assert_eq!(answer(kr, request(kr, jp, &signed, b"")).await, "send-from-0");
    assert_eq!(answer(kr, piece(kr, jp, &signed, 0, &content[..100_000])).await, "send-from-100000");
    assert_eq!(answer(kr, piece(kr, jp, &signed, 0, &content[..100_000])).await, "offset-wrong");
    assert_eq!(answer(kr, piece(kr, jp, &signed, 200_000, &content[200_000..])).await, "offset-wrong");
    assert_eq!(answer(kr, request(kr, jp, &signed, b"")).await, "send-from-100000");
    assert_eq!(answer(kr, piece(kr, jp, &signed, 100_000, &[0; 200_001])).await, "too-large");
    // Another content in its place is noticed at the end, and the promise is taken back.
    assert_eq!(answer(kr, piece(kr, jp, &signed, 100_000, &[7; 200_000])).await, "content-mismatch");
    assert_eq!(answer(kr, request(kr, jp, &signed, b"")).await, "send-from-0");
    assert_eq!(answer(kr, piece(kr, jp, &signed, 0, &content[..100_000])).await, "send-from-100000");
    // EX-1: the agreement ends in the middle.
    jp.exchange.end_agreement(&jp.us, world.agreement).await.unwrap();
    assert_eq!(
        answer(kr, piece(kr, jp, &signed, 100_000, &content[100_000..])).await,
        "agreement-not-in-force"
    );
    assert_eq!(
        jp.exchange.document(&jp.us, Side::In, signed.body().id).await.unwrap().state,
        State::Receiving
    );
}

/// Its sender lost its disk in the middle and was handed the same once more: nothing was acknowledged yet.
#[tokio::test]
async fn an_upload_gives_way_to_another_envelope_of_its_number() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let content: Vec<u8> = (0..300_000u32).map(|n| (n % 253) as u8).collect();
    let first = envelope(kr, &jp.us, world.agreement, &content);
    assert_eq!(answer(kr, request(kr, jp, &first, b"")).await, "send-from-0");
    assert_eq!(answer(kr, piece(kr, jp, &first, 0, &content[..100_000])).await, "send-from-100000");
    let mut body = first.body().clone();
    body.time = body.time.plus(Duration::from_secs(1));
    let second = Signed::new(body, &[&*kr.keyrings[0].current()]).unwrap();
    assert_eq!(answer(kr, request(kr, jp, &second, b"")).await, "send-from-0");
    assert_eq!(answer(kr, piece(kr, jp, &second, 0, &content)).await, "ok");
    assert_eq!(common::content(jp, Side::In, second.body().id).await, content);
    // Acknowledged it stands (EX-4).
    assert_eq!(answer(kr, request(kr, jp, &first, b"")).await, "envelope-conflict");
    assert_eq!(answer(kr, request(kr, jp, &second, b"")).await, "ok");
}

#[tokio::test]
async fn a_partner_s_refusal_is_shown_and_can_be_sent_again() {
    let mut world = World::new().await;
    world.jp.exchange.end_agreement(&world.jp.us, world.agreement).await.unwrap();
    world.kr.dispatch();
    let id = world.kr.send(&world.jp.us, world.agreement, b"x").await.unwrap();
    let row = world.kr.settled(id).await;
    assert_eq!(row.state, State::Refused);
    assert_eq!(row.problem.unwrap().code, "agreement-not-in-force");
    world.kr.exchange.resend(&common::acting(&world.kr.us), id).await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Refused);
    assert_eq!(world.kr.acts("document-refused").await, 2);
    assert_eq!(world.kr.acts("document-resent").await, 1);
}
