//! Documents that have crossed already stand in the books as sending and receiving leave them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use bytes::Bytes;
use common::{World, code, content};
use corridor_base::EnvelopeId;
use corridor_exchange::crossed::Crossed;
use corridor_exchange::{Side, State};
use corridor_proof::{Acknowledgement, Signed};

/// Notes that have crossed: one from us, one to us, each signed by both ends.
fn notes(world: &World, words: &'static [u8]) -> (EnvelopeId, EnvelopeId, Vec<Crossed>) {
    let (kr, jp) = (&world.kr, &world.jp);
    let out = common::envelope(kr, &jp.us, world.agreement, words);
    let back = common::envelope(jp, &kr.us, world.agreement, words);
    let body = out.body();
    let acknowledgement = Acknowledgement {
        envelope: body.id,
        statement: out.digest(),
        sha256: body.sha256,
        sender: body.sender.clone(),
        recipient: body.recipient.clone(),
        time: body.time,
    };
    let acknowledgement = Signed::new(acknowledgement, &[&*jp.keyrings[0].current()]).unwrap();
    let (first, second) = (body.id, back.body().id);
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
