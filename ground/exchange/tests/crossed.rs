//! Documents that have crossed already stand in the books as sending and receiving leave them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use bytes::Bytes;
use common::{Node, World, code, content};
use corridor_base::EnvelopeId;
use corridor_exchange::crossed::Crossed;
use corridor_exchange::{Side, State};
use corridor_proof::{Acknowledgement, Envelope, Signed};

/// What says that this envelope is durable, signed with the first key of a node.
fn acknowledged(envelope: &Signed<Envelope>, by: &Node) -> Signed<Acknowledgement> {
    let body = envelope.body();
    let acknowledgement = Acknowledgement {
        envelope: body.id,
        statement: envelope.digest(),
        sha256: body.sha256,
        sender: body.sender.clone(),
        recipient: body.recipient.clone(),
        time: body.time,
    };
    Signed::new(acknowledgement, &[&*by.keyrings[0].current()]).unwrap()
}

/// Notes that have crossed: one from us, one to us, each signed by both ends.
fn notes(world: &World, words: &'static [u8]) -> (EnvelopeId, EnvelopeId, Vec<Crossed>) {
    let (kr, jp) = (&world.kr, &world.jp);
    let out = common::envelope(kr, &jp.us, world.agreement, words);
    let back = common::envelope(jp, &kr.us, world.agreement, words);
    let acknowledgement = acknowledged(&out, jp);
    let (first, second) = (out.body().id, back.body().id);
    let sent = Crossed::Sent(out, Bytes::from_static(words), acknowledgement);
    (first, second, vec![sent, Crossed::Received(back, Bytes::from_static(words))])
}

#[tokio::test]
async fn they_stand_as_if_they_had_been_sent_and_received() {
    let world = World::new().await;
    let (out, back, notes) = notes(&world, b"hello");
    world.kr.exchange.take_crossed(&world.kr.us, notes).await.unwrap();
    let document = async |side, id| world.kr.exchange.document(&world.kr.us, side, id).await.unwrap();
    let (sent, received) = (document(Side::Out, out).await, document(Side::In, back).await);
    assert_eq!((sent.state, received.state), (State::Delivered, State::Received));
    for row in [&sent, &received] {
        let answer = row.acknowledgement.as_ref().unwrap().body();
        assert_eq!(answer.statement, row.envelope().unwrap().digest());
    }
    assert_eq!(content(&world.kr, Side::In, back).await, b"hello");
    for act in ["document-submitted", "document-acknowledged", "document-received"] {
        assert_eq!(world.kr.acts(act).await, 1, "{act}");
    }
    let filter = corridor_storage::DeliveryFilter::default();
    let queued = world.kr.exchange.store().deliveries(&world.kr.us, filter).await.unwrap();
    assert!(queued.is_empty(), "{queued:?}");
}

#[tokio::test]
async fn all_or_none_are_taken_and_none_without_an_agreement() {
    let world = World::new().await;
    let (out, _, mut several) = notes(&world, b"hello");
    let (_, _, others) = notes(&world, b"other");
    for one in others {
        several.push(match one {
            Crossed::Sent(envelope, _, answer) => Crossed::Sent(envelope, Bytes::from_static(b"odd"), answer),
            received @ Crossed::Received(..) => received,
        });
    }
    let taken = world.kr.exchange.take_crossed(&world.kr.us, several).await;
    assert_eq!(code(taken), "content-mismatch");
    let found = world.kr.exchange.document(&world.kr.us, Side::Out, out).await;
    assert_eq!(code(found), "not-found");
    world.kr.exchange.end_agreement(&world.kr.us, world.agreement).await.unwrap();
    let (.., several) = notes(&world, b"late");
    let taken = world.kr.exchange.take_crossed(&world.kr.us, several).await;
    assert_eq!(code(taken), "agreement-not-in-force");
}

/// The same words, signed by somebody else.
fn signed_by(envelope: &Signed<Envelope>, by: &Node) -> Signed<Envelope> {
    Signed::new(envelope.body().clone(), &[&*by.keyrings[0].current()]).unwrap()
}

#[tokio::test]
async fn what_the_parties_have_not_signed_is_not_taken() {
    let world = World::new().await;
    let (kr, jp) = (&world.kr, &world.jp);
    let words: &'static [u8] = b"hello";
    let check = async |crossed: Crossed, expect: &str| {
        assert_eq!(code(kr.exchange.take_crossed(&kr.us, vec![crossed]).await), expect);
    };
    let (out, other) = (
        common::envelope(kr, &jp.us, world.agreement, words),
        common::envelope(kr, &jp.us, world.agreement, words),
    );
    let sent = |envelope: &Signed<Envelope>, answer| Crossed::Sent(envelope.clone(), words.into(), answer);
    check(sent(&signed_by(&out, jp), acknowledged(&signed_by(&out, jp), jp)), "malformed").await;
    check(sent(&out, acknowledged(&out, kr)), "partner-answer").await;
    check(sent(&out, acknowledged(&other, jp)), "partner-answer").await;

    let back = common::envelope(jp, &kr.us, world.agreement, words);
    let received = |envelope: &Signed<Envelope>| Crossed::Received(envelope.clone(), words.into());
    check(received(&signed_by(&back, kr)), "signature-invalid").await;
    check(received(&out), "malformed").await;
    assert_eq!(kr.acts("document-received").await + kr.acts("document-acknowledged").await, 0);
    kr.exchange
        .take_crossed(&kr.us, vec![sent(&out, acknowledged(&out, jp)), received(&back)])
        .await
        .unwrap();
}
