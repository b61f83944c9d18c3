//! Two countries with a desk each, on what tests of the exchange stand on: messages that cross, and what the books make
//! of them.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::disallowed_methods, reason = "a directory of a test need not be durable")]

use std::sync::Arc;
use std::time::Duration;

use corridor_base::{AgreementId, EnvelopeId, OsRandom, SystemClock};
use corridor_exchange::{Service, Side};
use corridor_proof::Agreement;
use corridor_trade::books::{self, Interchange};
use corridor_trade::correlate::State;
use corridor_trade::{Desk, Library, SCHEMA};

#[path = "../../../../ground/exchange/tests/common/mod.rs"]
mod exchange;

pub use exchange::*;

/// A desk that checks against this library.
pub fn desk(library: Library) -> Arc<dyn Service> {
    Arc::new(Desk::new(Arc::new(SystemClock), Arc::new(OsRandom), Arc::new(library)))
}

/// Both nodes check against this library, and what is on its way arrives.
pub async fn desks(library: Library, postgres: bool) -> World {
    let services = vec![desk(library)];
    let mut world =
        World::with(Setup { services, schemas: vec![&SCHEMA], postgres, ..Setup::default() }).await;
    world.kr.dispatch();
    world.jp.dispatch();
    world
}

/// A small directory of our own making, in a data directory.
pub fn small() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let folder = Library::directories(data.path());
    std::fs::create_dir_all(&folder).unwrap();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/d99z.zip");
    std::fs::copy(sample, folder.join("d99z.zip")).unwrap();
    data
}

/// One more agreement in force between the two, with these terms changed.
pub async fn agreed(world: &World, change: impl FnOnce(Agreement) -> Agreement) -> AgreementId {
    let World { kr, jp, .. } = world;
    let id = AgreementId::new(&SystemClock, &OsRandom);
    let terms = change(world.terms(id, 8 << 20));
    let proposed = kr.exchange.propose(&kr.us, terms).await.unwrap();
    let both = jp.exchange.conclude(&jp.us, proposed.bytes()).await.unwrap();
    kr.exchange.conclude(&kr.us, both.bytes()).await.unwrap();
    id
}

/// From Korea to Japan, in UNB.
pub const TO_JP: &str = "DONGNAEFWD+JPCUSTOMS";
/// And back.
pub const TO_KR: &str = "JPCUSTOMS+DONGNAEFWD";

/// An interchange of one message. `kind` is type, version and release (`CUSDEC:D:08A`); the body ends with its UNS or
/// whatever stands before UNT.
pub fn message(parties: &str, kind: &str, reference: &str, body: &str) -> Vec<u8> {
    let count = body.matches('\'').count() + 2;
    format!(
        "UNB+UNOC:3+{parties}+261122:0915+{reference}'UNH+1+{kind}:UN'{body}UNT+{count}+1'UNZ+1+{reference}'"
    )
    .into_bytes()
}

/// What the books of a node say of an interchange.
pub async fn book(node: &Node, side: Side, id: EnvelopeId) -> Option<Interchange> {
    node.exchange.store().read(&node.us, move |tx| books::find(tx, side, id)).await.unwrap()
}

/// Sends an interchange and waits for what its answer makes of it, and until the other desk has filed it too.
pub async fn answered(world: &World, edi: &[u8]) -> Interchange {
    answered_under(world, world.agreement, edi).await
}

/// The same, under this agreement.
pub async fn answered_under(world: &World, agreement: AgreementId, edi: &[u8]) -> Interchange {
    let World { kr, jp, .. } = world;
    let id = kr.submit(None, &jp.us, "edifact", Some(agreement), edi).await.unwrap();
    until(&format!("an answer to {id}"), async || {
        let sent = book(kr, Side::Out, id).await.is_none_or(|ours| ours.state == State::Sent);
        !sent && book(jp, Side::In, id).await.is_some()
    })
    .await;
    book(kr, Side::Out, id).await.unwrap()
}

/// Waits until this is so.
pub async fn until<F: Future<Output = bool>>(what: &str, mut wanted: impl FnMut() -> F) {
    for _ in 0..3000 {
        if wanted().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited too long: {what}");
}
