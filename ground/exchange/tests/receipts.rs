//! Both nodes of an exchange come to hold both receipts: pending while a cosignature is missing, complete
//! by themselves when it comes, and told to nobody but the counterparty.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;
#[path = "common/ledger.rs"]
mod ledger;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method};
use common::{Node, Setup, World};
use corridor_base::problem::ProblemDocument;
use corridor_base::{ActId, Clock, EnvelopeId, ErrorCode, OsRandom, SystemClock};
use corridor_exchange::receipts::{Judged, What};
use corridor_exchange::wire::{AskReceipts, RECEIPTS, ReceiptItem, Receipts as Answer};
use corridor_exchange::{Side, State};
use corridor_net::{Request, signature};
use corridor_proof::verdict::State as Verdict;
use corridor_proof::{Act, LeafOf, Policy, act, receipt};
use corridor_storage::Tx;
use ledger::{ANCHORS, Ledger, ledger, policy};

async fn world() -> (World, Ledger, Ledger) {
    world_on(false).await
}

async fn world_on(postgres: bool) -> (World, Ledger, Ledger) {
    world_of(postgres, true).await
}

async fn world_of(postgres: bool, dispatch: bool) -> (World, Ledger, Ledger) {
    let schemas = vec![&corridor_ledger::SCHEMA];
    let mut world = World::with(Setup { schemas, postgres, ..Setup::default() }).await;
    let kr = ledger(&mut world.kr, "kr.example/log").await;
    let jp = ledger(&mut world.jp, "jp.example/log").await;
    if dispatch {
        world.kr.dispatch();
    }
    (world, kr, jp)
}

/// Time passes on both sides, so that what is lacking is due again.
async fn round(world: &World, ledgers: [&Ledger; 2]) -> usize {
    let mut complete = 0;
    for node in [&world.kr, &world.jp] {
        node.clock.move_by(700);
    }
    for ledger in ledgers {
        complete += ledger.receipts.round().await.unwrap();
    }
    complete
}

async fn held(ledger: &Ledger, node: &Node, id: EnvelopeId) -> (usize, usize, bool) {
    let held = ledger.receipts.of(&node.us, id).await.unwrap();
    for theirs in &held.theirs {
        assert!(theirs.receipt.is_some() || !theirs.missing.is_empty());
        if let Some(found) = &theirs.receipt {
            let verdict = receipt::verify(&found.to_bytes(), &policy(), None);
            assert_eq!(verdict.outcome(), Verdict::Passed, "{:?}", verdict.checks);
        }
    }
    let ours = held.ours.iter().filter(|o| o.standing.is_complete()).count();
    (ours, held.theirs.iter().filter(|t| t.receipt.is_some()).count(), held.is_complete())
}

#[tokio::test]
async fn both_nodes_come_to_hold_both_receipts() {
    both_hold_both(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_nodes_come_to_hold_both_receipts_on_postgresql() {
    if std::env::var_os("CORRIDOR_TEST_POSTGRES").is_none() {
        println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
        return;
    }
    both_hold_both(true).await;
}

async fn both_hold_both(postgres: bool) {
    let (world, kr, mut jp) = world_on(postgres).await;
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    // Nothing is under a checkpoint: each hears of the other's acts and that they wait.
    assert_eq!(round(&world, [&kr, &jp]).await, 0);
    assert_eq!(held(&kr, &world.kr, id).await, (0, 0, false));
    assert_eq!(held(&jp, &world.jp, id).await, (0, 0, false));
    let theirs = kr.receipts.of(&world.kr.us, id).await.unwrap().theirs;
    assert_eq!(
        (theirs[0].act.kind.as_str(), theirs[0].missing.join(" ").as_str()),
        ("document-received", "inclusion")
    );
    // One country has cosigned: pending, by name.
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS[..1], false).await;
    }
    assert_eq!(round(&world, [&kr, &jp]).await, 0);
    let theirs = kr.receipts.of(&world.kr.us, id).await.unwrap().theirs;
    assert_eq!(theirs[0].missing.join(" "), "country-JP quorum");
    // The link is down when the other cosignature comes, and returns.
    for ledger in [&kr, &jp] {
        ledger.cosign(&ANCHORS[1..], true).await;
    }
    jp.hang_up().await;
    assert_eq!(round(&world, [&kr, &jp]).await, 1, "only the one that can be reached");
    assert_eq!(held(&kr, &world.kr, id).await, (2, 0, false));
    assert_eq!(held(&jp, &world.jp, id).await, (1, 2, true));
    jp.listen(&world.jp).await;
    assert_eq!(round(&world, [&kr, &jp]).await, 1);
    assert_eq!(held(&kr, &world.kr, id).await, (2, 1, true));
    // Nothing more is asked.
    assert_eq!(round(&world, [&kr, &jp]).await, 0);
}

/// Falsifies an act of ours in our own books, under its own number: what is told of it next is not what was proved.
async fn falsify(node: &Node, id: ActId, fields: &[(&'static str, &str)]) {
    let sealed = Act::seal(&act::DOCUMENT_SUBMITTED, &node.us, fields, &*node.clock, &OsRandom).unwrap();
    let told = Act { id, ..sealed.act }.to_bytes();
    let opening = serde_json::to_vec(&sealed.opening).unwrap();
    let unit = move |tx: &mut Tx<'_>| {
        let act = "UPDATE act SET bytes = $3, opening = $4 WHERE participant = $1 AND id = $2";
        tx.execute(act, &[id.into(), told.clone().into(), opening.clone().into()])?;
        let leaf = "UPDATE leaf SET number = NULL WHERE participant = $1 AND log = 'acts' AND id = $2";
        tx.execute(leaf, &[id.into()])
    };
    assert_eq!(node.exchange.store().write(&node.us, unit).await.unwrap(), 1);
}

/// A partner has proved an act, is asked again because another waits, and then says something else under the same
/// number, with what opens it: what a proved act says stays as it was proved.
#[tokio::test]
async fn what_a_proved_act_says_stays_as_it_was_proved() {
    let (mut world, kr, jp) = world_of(false, false).await;
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    kr.grow().await;
    kr.cosign(&ANCHORS, true).await;
    // The acknowledgement comes after the checkpoint.
    world.kr.dispatch();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    assert_eq!(round(&world, [&jp, &jp]).await, 0);
    let document = world.jp.exchange.document(&world.jp.us, Side::In, id).await.unwrap();
    let proved = async || {
        let shown = jp.receipts.shown(&world.jp.us, &document).await.unwrap();
        let mut all = shown.into_iter().filter(|s| s.act.kind == "document-submitted");
        let (one, none) = (all.next().unwrap(), all.next());
        assert!(one.complete && none.is_none());
        assert!(one.act.opened_by(&one.opening));
        let receipt = one.receipt.unwrap();
        assert_eq!(receipt.proof().extra.as_deref(), Some(&*one.bytes));
        assert_eq!(receipt::verify(&receipt.to_bytes(), &policy(), None).outcome(), Verdict::Passed);
        (one.act, one.opening.fields)
    };
    let (act, said) = proved().await;
    let mut fields: Vec<(&'static str, &str)> = Vec::new();
    for name in act::DOCUMENT_SUBMITTED.fields {
        fields.push((name, if *name == "size" { "999" } else { &said[*name] }));
    }
    falsify(&world.kr, act.id, &fields).await;
    let question = AskReceipts { of: world.kr.us.clone(), sent: vec![], received: vec![id] };
    let told = ask(&world.jp, 0, &world.kr, &serde_json::to_vec(&question).unwrap()).await.unwrap();
    let lies = |item: &ReceiptItem| item.opening.fields.get("size").is_some_and(|size| size == "999");
    assert!(told.items.iter().any(lies), "{told:?}");
    assert_eq!(round(&world, [&jp, &jp]).await, 0);
    assert_eq!(proved().await, (act, said));
}

/// The partner lost its disk before its receipt was complete, and has taken the document again: what it gives
/// then counts, not what it can prove no more.
#[tokio::test]
async fn a_partner_that_was_restored_gives_its_receipt_anew() {
    let (world, kr, jp) = world().await;
    let backup = world.jp.clock.now();
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    assert_eq!(round(&world, [&kr, &jp]).await, 0);
    let pending = kr.receipts.of(&world.kr.us, id).await.unwrap().theirs.remove(0);
    assert!(pending.receipt.is_none());
    let forget = move |tx: &mut Tx<'_>| {
        tx.execute("DELETE FROM document WHERE participant = $1 AND id = $2", &[id.to_string().into()])
    };
    assert_eq!(world.jp.exchange.store().write(&world.jp.us, forget).await.unwrap(), 1);
    world.jp.exchange.lacks(backup).await.unwrap();
    assert_eq!(world.jp.exchange.ask_all_again().await.unwrap(), 0);
    world.jp.reaches(Side::In, id, |state| state == State::Received).await;
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS, true).await;
    }
    assert_eq!(round(&world, [&kr, &jp]).await, 2);
    let theirs = kr.receipts.of(&world.kr.us, id).await.unwrap().theirs.remove(0);
    assert_ne!(theirs.act.id, pending.act.id);
    assert_eq!(held(&kr, &world.kr, id).await.1, 1);
    assert!(held(&kr, &world.kr, id).await.2);
}

/// ID-1: not the time that its maker wrote, nor the key's end on the calendar, but the leaf decides where the
/// revocation of a stolen key names one.
#[tokio::test]
async fn signatures_are_judged_by_the_key_of_their_record() {
    let (mut world, kr, jp) = world().await;
    // Something stands before it in the log.
    let before = world.kr.send(&world.jp.us, world.agreement, b"before").await.unwrap();
    world.kr.settled(before).await;
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    world.kr.settled(id).await;
    let judged = async |ledger: &Ledger, us: &corridor_base::Did| {
        let held = ledger.receipts.of(us, id).await.unwrap();
        let judged = ledger.receipts.signatures(us, &held).await.unwrap();
        let one = |j: &Judged| {
            let leaf = j.record.as_ref().and_then(|r| r.leaf.clone()).map(|leaf| leaf.log);
            (j.what, leaf, j.problem.as_ref().map(|p| p.code()))
        };
        judged.iter().map(one).collect::<Vec<_>>()
    };
    let expect = |log: Option<&str>, codes: [Option<ErrorCode>; 2]| {
        let log = log.map(str::to_owned);
        vec![(What::Envelope, log.clone(), codes[0]), (What::Acknowledgement, log, codes[1])]
    };
    // No receipt is complete: by the instant at which it came into the books.
    assert_eq!(judged(&kr, &world.kr.us).await, expect(None, [None, None]));
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS, true).await;
    }
    round(&world, [&kr, &jp]).await;
    assert_eq!(judged(&kr, &world.kr.us).await, expect(Some("kr.example/log"), [None, None]));
    // The sender's key was stolen; whatever came after a leaf of its log is void, and before it nothing is.
    let held = kr.receipts.of(&world.kr.us, id).await.unwrap();
    let leaf = held.ours[0].standing.index.unwrap();
    let stolen = held.document.envelope().unwrap().signers().next().unwrap().parse().unwrap();
    let at = held.document.created;
    for (last, code) in [(leaf, None), (leaf - 1, Some(ErrorCode::KeyNotValid))] {
        let last = LeafOf { log: "kr.example/log".to_owned(), leaf: last };
        world.anchors[0].revoke(&stolen, last, at, &SystemClock).unwrap();
        world.publish().await;
        for (ledger, us) in [(&kr, &world.kr.us), (&jp, &world.jp.us)] {
            let found = judged(ledger, us).await;
            assert_eq!((&found[0].1, found[0].2), (&Some("kr.example/log".to_owned()), code));
            assert_eq!(found[1].2, None, "the recipient's key is its own");
        }
    }
}

/// A receipt counts under our policy, not under the partner's.
#[tokio::test]
async fn a_receipt_that_our_policy_does_not_accept_is_not_kept() {
    let (world, kr, jp) = world().await;
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    world.kr.settled(id).await;
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS, true).await;
    }
    *kr.policy.lock().unwrap() = Arc::new(Policy::parse(b"quorum none\n").unwrap());
    // Nor does the Korean side call its own receipts complete then.
    assert_eq!(round(&world, [&kr, &jp]).await, 0);
    assert_eq!(kr.receipts.of(&world.kr.us, id).await.unwrap().theirs.len(), 0);
    // The policy is mended: both are asked again.
    *kr.policy.lock().unwrap() = policy();
    assert_eq!(round(&world, [&kr, &jp]).await, 2);
    assert_eq!(held(&kr, &world.kr, id).await, (2, 1, true));
}

/// What the other side answers to a question that `which` of the participants of `from` signs.
async fn ask(from: &Node, which: usize, to: &Node, question: &[u8]) -> std::result::Result<Answer, String> {
    let mut request = Request::new(Method::POST, to.url.join(RECEIPTS).unwrap());
    request.headers.insert("content-type", HeaderValue::from_static("application/json"));
    request.body = question.to_vec().into();
    request.timeout = Duration::from_secs(60);
    let signer = from.keyrings[which].current();
    signature::sign_request(&mut request, &[], &*signer, from.clock.now(), &OsRandom).unwrap();
    let response = from.client.send(request).await.unwrap();
    if response.status.as_u16() == 200 {
        return Ok(serde_json::from_slice(&response.body).unwrap());
    }
    Err(serde_json::from_slice::<ProblemDocument>(&response.body).unwrap().code)
}

/// LG-3: what opens an act goes to the counterparty of its document and to nobody else.
#[tokio::test]
async fn nobody_but_the_counterparty_is_told() {
    let (world, kr, _jp) = world().await;
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    world.kr.settled(id).await;
    kr.grow().await;
    let question = |sent: Vec<EnvelopeId>, received: Vec<EnvelopeId>| {
        serde_json::to_vec(&AskReceipts { of: world.kr.us.clone(), sent, received }).unwrap()
    };
    let (jp, kr) = (&world.jp, &world.kr);
    assert_eq!(ask(jp, 0, kr, &question(vec![], vec![id])).await.unwrap().items.len(), 2);
    // The other participant of the same node, the wrong side, another number.
    assert!(ask(jp, 1, kr, &question(vec![], vec![id])).await.unwrap().items.is_empty());
    assert!(ask(jp, 0, kr, &question(vec![id], vec![])).await.unwrap().items.is_empty());
    let unknown = EnvelopeId::new(&*kr.clock, &OsRandom);
    assert!(ask(jp, 0, kr, &question(vec![unknown], vec![unknown])).await.unwrap().items.is_empty());
    // Bad questions, each by its name.
    let check = async |question: &[u8], expect: &str| {
        assert_eq!(ask(jp, 0, kr, question).await.err().unwrap_or_default(), expect);
    };
    check(b"{}", "malformed").await;
    check(b"[[[[", "malformed").await;
    check(&question(vec![unknown; 60], vec![unknown; 41]), "too-large").await;
    check(&vec![b' '; 17 << 10], "too-large").await;
    let stranger = serde_json::to_vec(&AskReceipts { of: jp.us.clone(), sent: vec![], received: vec![id] });
    check(&stranger.unwrap(), "wrong-recipient").await;
    let unsigned = Request::new(Method::POST, kr.url.join(RECEIPTS).unwrap());
    assert_eq!(jp.client.send(unsigned).await.unwrap().status.as_u16(), 401);
}

/// Readings are acts about the document, too, and do not hide what it was sent by.
#[tokio::test]
async fn a_document_that_was_read_often_has_its_receipts() {
    let (mut world, kr, jp) = world_of(false, false).await;
    let id = world.kr.send(&world.jp.us, world.agreement, b"hello").await.unwrap();
    for _ in 0..110 {
        common::content(&world.kr, Side::Out, id).await;
    }
    world.kr.dispatch();
    assert_eq!(world.kr.settled(id).await.state, State::Delivered);
    for ledger in [&kr, &jp] {
        ledger.grow().await;
        ledger.cosign(&ANCHORS, true).await;
    }
    round(&world, [&kr, &jp]).await;
    assert_eq!(held(&kr, &world.kr, id).await, (2, 1, true));
    assert_eq!(held(&jp, &world.jp, id).await, (1, 2, true));
}
