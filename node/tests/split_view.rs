//! A node shows one history to its partner and another one to somebody else: both nodes keep the evidence, and
//! say so to whoever looks after them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "common/pair.rs"]
mod pair;

use corridor_base::{Digest, ErrorCode, Lang, SystemClock};
use corridor_ledger::witness::AddCheckpoint;
use corridor_node::assembly::Surroundings;
use corridor_node::doctor::{self, Finding, Status};
use corridor_node::serve;
use corridor_proof::merkle::Tree;
use corridor_proof::verdict::State;
use corridor_proof::{Checkpoint, SignedCheckpoint, split_view};

use pair::*;

async fn found(node: &serve::Running) -> Vec<Finding> {
    node.node.count_for_metrics().await.unwrap();
    let alarms = node.node.ledger.alarms.count().await.unwrap();
    assert!(node.node.metrics.text().unwrap().contains(&format!("corridor_log_alarms {alarms}\n")));
    let found = doctor::of_node_itself(&node.node, Lang::En).await;
    found.into_iter().filter(|f| f.check == "alarms").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_nodes_tell_of_a_split_view() {
    let around = Surroundings::of_machine();
    let (_desk, mut anchor) = anchor();
    let (ours, theirs) = (place(), place());
    let a = serve::start(ours.config(&anchor, theirs.port), &around).await.unwrap();
    let b = serve::start(theirs.config(&anchor, ours.port), &around).await.unwrap();
    anchor.admit(&ours.admission(&a), &SystemClock).unwrap();
    anchor.admit(&theirs.admission(&b), &SystemClock).unwrap();
    for node in [&a, &b] {
        node.node.import(anchor.newest().bytes()).await.unwrap();
    }
    let size = witnessed(&a, &b).await;
    for node in [&a, &b] {
        assert_eq!(found(node).await.iter().map(|f| f.status).collect::<Vec<_>>(), [Status::Good]);
    }

    // A node checks its own logs by name, and the copy of its partner's by origin.
    let (name, origin) = (a.node.ledger.log.name(), a.node.ledger.log.origin());
    for (node, asked) in [(&a, name), (&a, origin), (&b, origin)] {
        let report = node.node.ledger.fsck(asked).await.unwrap();
        assert!(report.leaves == size && report.difference.is_none(), "{report:?}");
    }
    assert_eq!(b.node.ledger.fsck("unknown").await.unwrap_err().code(), ErrorCode::NotFound);

    // Another history of the same size, under the log's own key.
    let log = &a.node.ledger.log;
    let tree = Tree { size, root: Digest::of(b"another history") };
    let forged = Checkpoint::new(log.origin(), tree).unwrap();
    let checkpoint = SignedCheckpoint::sign(forged, &*a.node.ledger.keys.log).unwrap();
    let request = AddCheckpoint { old: size, proof: Vec::new(), checkpoint }.to_bytes();
    let refused = b.node.ledger.witness.add_checkpoint(&request).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CheckpointInconsistent);
    // The accused hears of it from its partner.
    until("the alarm", async || a.node.ledger.alarms.count().await.unwrap() == 1).await;
    for node in [&a, &b] {
        let alarm = node.node.ledger.alarms.list().await.unwrap().remove(0);
        let policy = node.node.ledger.policy.policy().unwrap();
        assert_eq!(split_view::verify(&alarm.evidence, &policy).outcome(), State::Passed);
        let found = found(node).await;
        assert!(found.len() == 1 && found[0].about == log.origin(), "{found:?}");
        assert_eq!(found[0].status, Status::Warning);
        assert!(found[0].remedy.contains(&format!("--id {}", alarm.id)), "{found:?}");
    }
    a.stop().await;
    b.stop().await;
}
