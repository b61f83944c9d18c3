//! What is about persons lies sealed on both sides, and an erasure reaches both (LG-3).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;
#[path = "common/signed.rs"]
mod signed;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::{Counting, Node, Setup, World, code, content};
use corridor_base::{Did, EnvelopeId};
use corridor_exchange::{Draft, Erasure, Service, Side, State};
use corridor_storage::Tx;

const SMALL: &[u8] = b"\xe6\x82\xa3\xe8\x80\x85 Hanako, tested positive";

fn large() -> Vec<u8> {
    b"exposure of Hanako; ".iter().copied().cycle().take((2 << 20) + 12_345).collect()
}

fn about(to: &Did, subjects: &[&str]) -> Draft {
    Draft {
        id: None,
        to: to.clone(),
        kind: "note".parse().unwrap(),
        agreement: None,
        name: Some("hanako.txt".to_owned()),
        answers: None,
        subjects: subjects.iter().map(|s| (*s).to_owned()).collect(),
    }
}

async fn confirmed(node: &Node, erasure: &Erasure) -> Erasure {
    for _ in 0..3000 {
        let now = node.exchange.erasure(&node.us, erasure.id).await.unwrap();
        if now.asked.iter().all(|asked| asked.confirmed.is_some()) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the partner did not confirm: {erasure:?}");
}

/// Nothing is left to be done in the outbox.
async fn idle(node: &Node) {
    for _ in 0..3000 {
        let filter = corridor_storage::DeliveryFilter::default();
        if node.exchange.store().deliveries(&node.us, filter).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("deliveries are left");
}

async fn count(node: &Node, sql: &'static str) -> i64 {
    let ask = move |tx: &mut Tx<'_>| tx.query_one(sql, &[]).and_then(|row| row.unwrap().int(0));
    node.exchange.store().read(&node.us, ask).await.unwrap()
}

async fn blobs(node: &Node) -> usize {
    fn files(directory: &std::path::Path) -> usize {
        let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
        entries.map(|e| e.unwrap().path()).map(|p| if p.is_dir() { files(&p) } else { 1 }).sum()
    }
    files(&node.place().join("blobs")) + files(&node.place().join("staging"))
}

async fn reaches_both_sides(postgres: bool) {
    let counting = Arc::new(Counting::default());
    let services: Vec<Arc<dyn Service>> = vec![counting.clone()];
    let mut world = World::with(Setup { services, postgres, ..Setup::default() }).await;
    world.kr.dispatch();
    world.jp.dispatch();
    let (kr, jp) = (&world.kr, &world.jp);
    let mut sent = Vec::new();
    for bytes in [SMALL.to_vec(), large()] {
        sent.push(kr.hand_in(about(&jp.us, &["case A"]), &bytes).await.unwrap());
        assert_eq!(content(kr, Side::Out, sent[sent.len() - 1]).await, bytes);
    }
    let other = kr.hand_in(about(&jp.us, &["case B"]), SMALL).await.unwrap();
    let plain = kr.hand_in(about(&jp.us, &[]), b"about nobody").await.unwrap();
    for id in sent.iter().chain([&other, &plain]) {
        assert_eq!(kr.settled(*id).await.state, State::Delivered);
        jp.reaches(Side::In, *id, |s| s == State::Received).await;
    }
    assert_eq!(content(jp, Side::In, sent[0]).await, SMALL);
    assert!(content(jp, Side::In, sent[1]).await == large());

    // An answer is about whom the question is about, on both sides, without being told.
    let reply = Draft { answers: Some(sent[0]), ..about(&kr.us, &[]) };
    let reply = jp.hand_in(reply, b"Hanako is at home").await.unwrap();
    jp.settled(reply).await;
    kr.reaches(Side::In, reply, |s| s == State::Received).await;
    let known = kr.exchange.person(&kr.us, "case A").await.unwrap();
    let mut ids: Vec<EnvelopeId> = known.documents.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    let mut expect = vec![sent[0], sent[1], reply];
    expect.sort_unstable();
    assert_eq!((ids, known.partners), (expect, vec![jp.us.clone()]));
    assert_eq!(kr.exchange.accesses(&kr.us, "case A").await.unwrap().len(), 2);
    idle(kr).await;
    idle(jp).await;

    let erasure = kr.exchange.erase(&kr.us, "case A", "token 7").await.unwrap();
    assert_eq!((erasure.documents, erasure.by.as_str()), (3, "token 7"));
    let erasure = confirmed(kr, &erasure).await;
    let signed = erasure.asked[0].acknowledgement.as_ref().unwrap().body();
    assert_eq!((signed.documents, signed.act.is_some(), &signed.holder), (3, true, &jp.us));
    idle(kr).await;
    idle(jp).await;
    for (node, side) in [(kr, Side::Out), (jp, Side::In)] {
        for id in &sent {
            let row = node.exchange.document(&node.us, side, *id).await.unwrap();
            assert_eq!((row.state, row.name, row.sha256), (State::Erased, None, None));
            let read = node.exchange.read_content(&common::acting(&node.us), side, *id).await.map(|_| ());
            assert_eq!(code(read), "subject-erased");
            assert!(!counting.0.lock().unwrap().contains(&(side, *id)));
        }
        assert_eq!(content(node, side, other).await, SMALL);
        assert_eq!(content(node, side, plain).await, b"about nobody");
        assert_eq!(node.acts("subject-erased").await, 1);
        assert_eq!(blobs(node).await, 0);
        assert_eq!(count(node, "SELECT COUNT(*) FROM subject_key WHERE participant = $1").await, 1);
        let open = "SELECT COUNT(*) FROM act WHERE participant = $1 AND seal IS NULL AND opening IS NULL";
        assert!(count(node, open).await >= 4);
    }
    assert_eq!(kr.acts("erasure-confirmed").await, 1);
    assert_eq!(code(kr.exchange.person(&kr.us, "case A").await.map(|_| ())), "not-found");
    assert_eq!(code(kr.exchange.erase(&kr.us, "case A", "x").await.map(|_| ())), "not-found");

    // Nothing about the person comes back: not from us under the same number, not from the partner.
    let again = Draft { id: Some(sent[0]), ..about(&jp.us, &["case A"]) };
    assert_eq!(code(kr.hand_in(again, SMALL).await), "subject-erased");
    let reply = Draft { answers: Some(sent[0]), ..about(&kr.us, &[]) };
    assert_eq!(code(jp.hand_in(reply, b"late").await), "subject-erased");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_reaches_both_sides() {
    reaches_both_sides(false).await;
    if common::fresh_database().is_some() {
        reaches_both_sides(true).await;
    } else {
        println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
    }
}

/// Every file of a node; on SQLite all it has.
fn found_in(node: &Node, what: &[u8]) -> Vec<String> {
    let mut open = vec![node.place().to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = open.pop() {
        for path in std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if std::fs::read(&path).unwrap().windows(what.len()).any(|some| some == what) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_lies_open_on_the_way() {
    let mut world = World::new().await;
    world.kr.dispatch();
    let (kr, jp) = (&world.kr, &world.jp);
    let mut digests = Vec::new();
    for bytes in [SMALL.to_vec(), large()] {
        let id = kr.hand_in(about(&jp.us, &["case A"]), &bytes).await.unwrap();
        kr.settled(id).await;
        digests.push(corridor_base::Digest::of(&bytes).to_string());
    }
    for node in [kr, jp] {
        for what in [b"Hanako".as_slice(), b"hanako.txt", digests[0].as_bytes(), digests[1].as_bytes()] {
            assert_eq!(found_in(node, what), Vec::<String>::new());
        }
    }
    // Our own reference stands in our table of keys and nowhere at the partner's.
    assert_eq!(found_in(jp, b"case A"), Vec::<String>::new());
    // And beside it, what is about nobody lies as it always did.
    let id = kr.hand_in(about(&jp.us, &[]), b"about Hanako, said nobody").await.unwrap();
    kr.settled(id).await;
    assert!(!found_in(kr, b"about Hanako, said nobody").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_is_taken_back_and_what_comes_late_is_refused() {
    let mut world = World::new().await;
    let (kr, jp) = (&mut world.kr, &mut world.jp);
    jp.hang_up().await;
    let waiting = kr.hand_in(about(&jp.us, &["case A"]), &large()).await.unwrap();
    let erasure = kr.exchange.erase(&kr.us, "case A", "token").await.unwrap();
    kr.dispatch();
    assert_eq!(kr.settled(waiting).await.state, State::Erased);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = kr.exchange.erasure(&kr.us, erasure.id).await.unwrap().asked;
    assert!(asked.len() == 1 && asked[0].confirmed.is_none(), "{asked:?}");
    let after = erasure.at.plus(Duration::from_millis(1));
    let open = kr.exchange.unconfirmed(&kr.us, after, 10).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].erasure, open[0].since, &open[0].partner), (erasure.id, erasure.at, &jp.us));
    assert_eq!(kr.exchange.unconfirmed(&kr.us, erasure.at, 10).await.unwrap(), []);
    jp.listen().await;
    let erasure = confirmed(kr, &erasure).await;
    assert_eq!(kr.exchange.unconfirmed(&kr.us, after, 10).await.unwrap(), []);
    let signed = erasure.asked[0].acknowledgement.as_ref().unwrap().body();
    assert_eq!((signed.documents, signed.act), (0, None), "it never held anything");
    assert_eq!(jp.exchange.documents(&jp.us, Side::In, Default::default()).await.unwrap().len(), 0);

    // A document that was under way while its person was erased arrives afterwards.
    let handle = "0123456789abcdef0123456789abcdef";
    let late = |n: u8| {
        let mut body = common::envelope(kr, &jp.us, world.agreement, &[n]).body().clone();
        body.subjects = vec![handle.parse().unwrap()];
        corridor_proof::Signed::new(body, &[&*kr.keyrings[0].current()]).unwrap()
    };
    let offer = async |n: u8| {
        let envelope = late(n);
        let mut body = envelope.bytes().to_vec();
        body.push(n);
        kr.post(jp, "/exchange/v1/deliveries", Some(envelope.bytes().len()), body).await
    };
    assert_eq!(offer(1).await.0, 200);
    let ask = |act: &str| {
        format!("{{\"of\":\"{}\",\"erasure\":\"{act}\",\"handle\":\"{handle}\"}}", jp.us).into_bytes()
    };
    let (one, two) = ("0192f0c1-2345-7abc-8def-0123456789ab", "0192f0c1-2345-7abc-8def-0123456789ac");
    let first = kr.post(jp, "/exchange/v1/erasures", None, ask(one)).await;
    assert_eq!(first.0, 200);
    // The same again gets the same answer, byte for byte; another finds nothing left.
    assert_eq!(kr.post(jp, "/exchange/v1/erasures", None, ask(one)).await, first);
    let second = kr.post(jp, "/exchange/v1/erasures", None, ask(two)).await;
    let said = |answer: &(u16, Bytes)| {
        let note =
            corridor_proof::Signed::<corridor_proof::ErasureAcknowledgement>::parse(&answer.1).unwrap();
        (note.body().documents, note.body().act.is_some())
    };
    assert_eq!((said(&first), said(&second)), ((1, true), (0, false)));
    assert_eq!(offer(2).await.0, 410);
    assert_eq!(jp.acts("subject-erased").await, 1);
}

/// An agreement that has ended does not end the duty; that there never was one does.
#[tokio::test(flavor = "multi_thread")]
async fn who_never_had_an_agreement_erases_nothing_and_an_ended_one_suffices() {
    let mut world = World::new().await;
    world.kr.dispatch();
    let (kr, jp) = (&world.kr, &world.jp);
    let id = kr.hand_in(about(&jp.us, &["case A"]), SMALL).await.unwrap();
    kr.settled(id).await;
    for node in [kr, jp] {
        node.exchange.end_agreement(&node.us, world.agreement).await.unwrap();
    }
    let erasure = kr.exchange.erase(&kr.us, "case A", "token").await.unwrap();
    let erasure = confirmed(kr, &erasure).await;
    assert_eq!(erasure.asked[0].acknowledgement.as_ref().unwrap().body().documents, 1);
    // The second participant of Japan and Korea's have agreed on nothing.
    let act = "0192f0c1-2345-7abc-8def-0123456789ab";
    let body = format!(
        "{{\"of\":\"{}\",\"erasure\":\"{act}\",\"handle\":\"0123456789abcdef0123456789abcdef\"}}",
        jp.second
    );
    let (status, said) = kr.post(jp, "/exchange/v1/erasures", None, body.into_bytes()).await;
    assert_eq!(status, 403, "{said:?}");
}
