//! A node shows one history to its partner and another one to somebody else: both nodes keep the evidence, and
//! say so to whoever looks after them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "common/pair.rs"]
mod pair;

use std::path::Path;
use std::process::{Command, Output};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use corridor_base::{Did, Digest, ErrorCode, Lang, SystemClock};
use corridor_ledger::alarm::Alarm;
use corridor_ledger::witness::AddCheckpoint;
use corridor_node::access::Role;
use corridor_node::assembly::Surroundings;
use corridor_node::doctor::{self, Finding, Status};
use corridor_node::{api, serve};
use corridor_proof::act::SPLIT_VIEW_SEEN;
use corridor_proof::merkle::Tree;
use corridor_proof::verdict::State;
use corridor_proof::{Act, Checkpoint, Opening, SignedCheckpoint, SplitView, split_view};
use corridor_storage::{ACTS, ActPage};
use serde_json::Value;
use tower::ServiceExt;

use pair::*;

async fn found(node: &serve::Running) -> Vec<Finding> {
    node.node.count_for_metrics().await.unwrap();
    let alarms = node.node.ledger.alarms.count().await.unwrap();
    assert!(node.node.metrics.text().unwrap().contains(&format!("corridor_log_alarms {alarms}\n")));
    let found = doctor::of_node_itself(&node.node, Lang::En).await;
    found.into_iter().filter(|f| f.check == "alarms").collect()
}

/// The act that says that the alarm was seen is in the node's own books, says what the evidence says, and is a
/// leaf that its witnesses have cosigned.
async fn check_act(node: &serve::Running, us: &Did, alarm: &Alarm) {
    let store = node.node.exchange.store();
    let acts = store.acts(us, ActPage { limit: 1000, ..ActPage::default() }).await.unwrap();
    let mut seen = acts.into_iter().filter(|act| act.kind == SPLIT_VIEW_SEEN.name);
    let row = seen.next().unwrap();
    assert!(seen.next().is_none(), "one alarm is one act");
    let (act, opening) = (Act::parse(&row.bytes).unwrap(), row.opening.unwrap());
    let opening: Opening = serde_json::from_slice(&opening).unwrap();
    assert!(act.opened_by(&opening));
    let evidence = SplitView::parse(&alarm.evidence).unwrap();
    let (older, newer) = (evidence.older().digest().to_string(), evidence.newer().digest().to_string());
    let says = |field: &str, value: &str| assert_eq!(opening.fields[field], value, "{field}");
    says("origin", &alarm.origin);
    says("older", &older);
    says("newer", &newer);
    says("evidence", &Digest::of(&alarm.evidence).to_string());
    let number = store.leaf_of(us, ACTS, &row.id.to_string()).await.unwrap().unwrap();
    let leaves = store.leaves(ACTS, number, 1).await.unwrap();
    assert!(leaves[0].number == number && leaves[0].entry == row.bytes);
    until("the receipt of the act", async || {
        node.node.ledger.receipts.of(us, row.id).await.unwrap().is_complete()
    })
    .await;
}

/// The console's page of the ledger leads to the evidence, and gives the very file.
async fn check_console(node: &serve::Running, us: &Did, alarm: &Alarm) {
    let (router, cookie) = (api::router(node.node.clone()), session(node, us, Role::Auditor).await);
    let get = async |path: &str| {
        let request = Request::get(path).header("accept", "text/html").header("cookie", &cookie);
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        to_bytes(answer.into_body(), usize::MAX).await.unwrap()
    };
    let path = format!("/console/ledger/alarms/{}", alarm.id);
    let page = String::from_utf8(get("/console/ledger").await.to_vec()).unwrap();
    assert!(page.contains(&path) && page.contains(&alarm.origin), "{page}");
    assert_eq!(get(&path).await, alarm.evidence);
}

/// The real program, which asks this node.
fn corridor(folder: &Path, node: &serve::Running, token: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.current_dir(folder).env_clear().env("LANG", "C.UTF-8").env("CORRIDOR_TOKEN", token);
    command.args(args).args(["--node", &format!("http://{}", node.api)]).output().unwrap()
}

fn printed(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

/// What the guide tells who sees an alarm: the file that the program writes is judged, offline, as what it is,
/// and not believed when one byte of it is another.
async fn check_exported(node: &serve::Running, us: &Did, alarm: &Alarm) {
    let folder = tempfile::tempdir().unwrap();
    let token = node.node.tokens.create(us, Role::Auditor, "", None).await.unwrap().0.text();
    let run = |args: &[&str]| corridor(folder.path(), node, &token, args);
    let (id, file) = (alarm.id.to_string(), folder.path().join("evidence.note"));
    let listed: Value = serde_json::from_str(printed(&run(&["log", "alarms", "--json"]))).unwrap();
    assert_eq!(
        (listed["items"].as_array().unwrap().len(), listed["items"][0]["id"].as_str()),
        (1, Some(&*id))
    );
    printed(&run(&["log", "alarms", "--id", &id, "--output", "evidence.note"]));
    let evidence = std::fs::read(&file).unwrap();
    assert_eq!(evidence, alarm.evidence);
    let policy = run(&["trust", "policy"]);
    write(&folder.path().join("witnesses.policy"), printed(&policy).as_bytes());
    let verify = || run(&["verify", "evidence.note", "--policy", "witnesses.policy", "--json"]);
    let found: Value = serde_json::from_str(printed(&verify())).unwrap();
    assert_eq!((&found["outcome"], &found["files"][0]["kind"]), (&"passed".into(), &"split-view".into()));

    // A byte of each line: there is none that does not count.
    let text = std::str::from_utf8(&evidence).unwrap();
    let mut begins = 0;
    for line in text.split_inclusive('\n') {
        let at = begins + line.len() / 2;
        begins += line.len();
        let mut altered = evidence.clone();
        altered[at] = if altered[at] == b'1' { b'2' } else { b'1' };
        write(&file, &altered);
        let output = verify();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(6), "{line} altered: {said}");
    }
}

fn write(path: &Path, bytes: &[u8]) {
    #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
    std::fs::write(path, bytes).unwrap();
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
    for (node, us) in [(&a, &ours.did), (&b, &theirs.did)] {
        let alarm = node.node.ledger.alarms.list().await.unwrap().remove(0);
        let policy = node.node.ledger.policy.policy().unwrap();
        assert_eq!(split_view::verify(&alarm.evidence, &policy).outcome(), State::Passed);
        let found = found(node).await;
        assert!(found.len() == 1 && found[0].about == log.origin(), "{found:?}");
        assert_eq!(found[0].status, Status::Warning);
        assert!(found[0].remedy.contains(&format!("--id {}", alarm.id)), "{found:?}");
        check_act(node, us, &alarm).await;
        check_console(node, us, &alarm).await;
        check_exported(node, us, &alarm).await;
    }
    a.stop().await;
    b.stop().await;
}
