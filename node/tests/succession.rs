//! A node is restored from an old backup and nobody holds the leaves that came after: its log cannot go on.
//! It stays held until the country's anchor has signed a succession; then it goes on with a new log, every
//! act has a receipt again, and what the old log proved stays proved (LG-1).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "common/pair.rs"]
mod pair;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use corridor_base::{Clock, ErrorCode, OsRandom, SystemClock};
use corridor_identity::Anchor;
use corridor_node::assembly::Surroundings;
use corridor_node::config::Config;
use corridor_node::{serve, succession};
use corridor_proof::verdict::State;
use corridor_proof::{Act, Checkpoint, SecretKey, SignedCheckpoint, Signer, VerifierKey, receipt};
use corridor_storage::{ActPage, Store, backup};
use serde_json::Value;

use pair::*;

/// What the mirror of this node held of a log is gone; what its witness has seen is not.
async fn lose_copy(config: &Config, origin: &str) {
    let around = Surroundings::of_machine();
    let schemas = corridor_node::assembly::schemas(&corridor_node::service::all(&around, Default::default()));
    let options = corridor_node::assembly::storage(config);
    let store = Store::open(options, &schemas, around.clock, around.random).unwrap();
    let copy = format!("mirror:{origin}");
    let forget = move |tx: &mut corridor_storage::Tx<'_>| {
        let name = [copy.as_str().into()];
        tx.execute("DELETE FROM tile WHERE participant = $1 AND log = $2", &name)?;
        tx.execute("DELETE FROM checkpoint WHERE participant = $1 AND log = $2", &name)?;
        tx.execute("DELETE FROM witnessed WHERE participant = $1 AND origin = $2", &name)
    };
    assert_eq!(store.write(&config.operator.did, forget).await.unwrap(), 1);
    store.close().await;
}

/// Every act of the participant has a complete receipt; their files.
async fn receipts(node: &serve::Running, us: &corridor_base::Did) -> Vec<Vec<u8>> {
    let page = ActPage { limit: 200, ..ActPage::default() };
    let acts = node.node.exchange.store().acts(us, page).await.unwrap();
    let mut files = Vec::new();
    for act in acts {
        until(&format!("the receipt of {} {}", act.kind, act.id), async || {
            node.node.ledger.receipts.of(us, act.id).await.unwrap().is_complete()
        })
        .await;
        let standing = node.node.ledger.receipts.of(us, act.id).await.unwrap();
        files.extend(standing.complete().map(corridor_proof::Receipt::to_bytes));
    }
    files
}

fn check_receipts(node: &serve::Running, files: &[Vec<u8>], ended: bool) {
    let policy = node.node.ledger.policy.policy().unwrap();
    for file in files {
        let verdict = receipt::verify(file, &policy, Some(SystemClock.now()));
        assert_eq!(verdict.outcome(), State::Passed, "{:?}", verdict.checks);
        assert_eq!(verdict.judgement.unwrap().ended.is_some(), ended);
    }
}

/// What no office may sign, and what no node may believe, is refused.
async fn check_forged(a: &serve::Running, anchor: &mut Anchor, request: &succession::Request) {
    let (last, successor) = (request.last.as_bytes(), request.successor.parse::<VerifierKey>().unwrap());
    let stranger = SecretKey::generate("stranger.example/log", &OsRandom).unwrap();
    let key = |name: &str, key: &SecretKey| VerifierKey::note(name, key.public().clone());
    let mut refused = |last: &[u8], successor: &VerifierKey| {
        anchor.succeed(last, successor, "a forgery", &SystemClock).unwrap_err().code()
    };
    // A log that nobody of this country keeps, the log under another key, a size that it did not sign.
    let tree = SignedCheckpoint::parse(last).unwrap().tree();
    let of = |origin: &str, by: &SecretKey| {
        SignedCheckpoint::sign(Checkpoint::new(origin, tree).unwrap(), by).unwrap().to_bytes()
    };
    assert_eq!(refused(&of("stranger.example/log", &stranger), &successor), ErrorCode::NotFound);
    let origin = a.node.ledger.log.origin();
    let disguised = SecretKey::from_seed(origin, &stranger.seed()).unwrap();
    assert_eq!(refused(&of(origin, &disguised), &successor), ErrorCode::NotFound);
    let other = request.last.replacen(&format!("\n{}\n", tree.size), "\n1\n", 1);
    assert_eq!(refused(other.as_bytes(), &successor), ErrorCode::NotFound);
    // A successor under the key or the origin of the old one.
    assert_eq!(refused(last, &a.node.ledger.log.key()), ErrorCode::Malformed);
    assert_eq!(refused(last, &key(origin, &stranger)), ErrorCode::Malformed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_lost_goes_on_as_another() {
    let around = Surroundings::of_machine();
    let (_desk, mut anchor) = anchor();
    let (ours, theirs) = (place(), place());
    let (config, other) = (ours.config(&anchor, theirs.port), theirs.config(&anchor, ours.port));
    let (a, b) = (
        serve::start(config.clone(), &around).await.unwrap(),
        serve::start(other.clone(), &around).await.unwrap(),
    );
    anchor.admit(&ours.admission(&a), &SystemClock).unwrap();
    anchor.admit(&theirs.admission(&b), &SystemClock).unwrap();
    for node in [&a, &b] {
        node.node.import(anchor.newest().bytes()).await.unwrap();
    }
    agree(&a, &b, &ours.did, &theirs.did).await;
    let first = send(&b, &theirs.did, &ours.did, b"before the backup").await;
    received(&a, &ours.did, first).await;
    witnessed(&a, &b).await;
    let old = receipts(&a, &ours.did).await;
    let (backups, origin) = (tempfile::tempdir().unwrap(), a.node.ledger.log.origin().to_owned());
    // Of the newest acts nobody but the backup knows.
    let late = send(&a, &ours.did, &theirs.did, b"just before the backup").await;
    let options = corridor_node::assembly::storage(&config);
    let (from, _) =
        backup::write(&options, backups.path(), None, &[], SystemClock.now(), &mut |_| {}).unwrap();
    let second = send(&b, &theirs.did, &ours.did, b"after the backup").await;
    received(&a, &ours.did, second).await;
    let size = witnessed(&a, &b).await;
    b.stop().await;
    a.stop().await;
    lose_copy(&other, &origin).await;

    restore(&config, &from);
    let b = serve::start(other.clone(), &around).await.unwrap();
    let a = serve::start(config.clone(), &around).await.unwrap();
    until("the loss", async || {
        a.node.ledger.recovery.why().first().is_some_and(|why| why.code() == ErrorCode::LogLost)
    })
    .await;
    assert!(a.node.takes_work().is_err());
    let key = a.node.ledger.log.key();
    let request = succession::request(&config, &a.node.ledger.recovery, &key, &around).unwrap();
    let last = SignedCheckpoint::parse(request.last.as_bytes()).unwrap();
    // The last that anybody knows, with the cosignature of who knows it.
    assert_eq!((last.tree().size, last.note().signatures().len()), (size, 2));
    check_forged(&a, &mut anchor, &request).await;

    let successor: VerifierKey = request.successor.parse().unwrap();
    anchor
        .succeed(request.last.as_bytes(), &successor, "the disk and its copies are lost", &SystemClock)
        .unwrap();
    b.node.import(anchor.newest().bytes()).await.unwrap();
    a.node.import(anchor.newest().bytes()).await.unwrap();
    a.succeeds().await;
    a.stop().await;
    let a = serve::start(config.clone(), &around).await.unwrap();
    until("the new log", async || a.node.takes_work().is_ok()).await;
    assert_eq!(a.node.ledger.log.key(), successor);
    received(&a, &ours.did, second).await;
    received(&b, &theirs.did, late).await;
    let third = send(&a, &ours.did, &theirs.did, b"and it goes on").await;
    received(&b, &theirs.did, third).await;
    witnessed(&a, &b).await;

    let leaves = a.node.exchange.store().leaves("acts", 0, 10).await.unwrap();
    assert_eq!(Act::parse(&leaves[0].entry).unwrap().kind, "log-succeeded");
    check_receipts(&a, &old, true);
    check_receipts(&b, &old, true);
    let again = receipts(&a, &ours.did).await;
    assert!(again.len() > old.len() + 3);
    for log in std::iter::once(&a.node.ledger.log).chain(&a.node.ledger.ended) {
        assert_eq!(corridor_ledger::fsck::check(log).await.unwrap().difference, None);
    }
    check_over(&a, &b, &origin, size).await;

    // What was valid then, and now.
    let now = a.node.exchange.directory().as_of(SystemClock.now(), None, &ours.did).await.unwrap();
    assert_eq!((now.successions.len(), now.successions[0].succession.tree().size), (1, size));
    // With proof: the act that commits to the list that names it.
    let country = &now.successions[0].succession.country;
    let told_by = now.lists.iter().find(|of| of.list.country == *country).unwrap();
    assert_eq!(now.successions[0].list, told_by.list.number);
    assert!(now.successions[0].act.is_some() && now.successions[0].act == told_by.act);
    // Nothing changes by beginning once more.
    let grown = a.node.ledger.log.latest().await.unwrap().unwrap().tree().size;
    a.stop().await;
    let a = serve::start(config.clone(), &around).await.unwrap();
    until("the same log", async || a.node.takes_work().is_ok()).await;
    assert!(a.node.ledger.log.latest().await.unwrap().unwrap().tree().size >= grown);
    check_receipts(&a, &old, true);
    a.stop().await;

    // The old backup comes back once more: the node finds the new log where it left it.
    restore(&config, &from);
    let a = serve::start(config.clone(), &around).await.unwrap();
    assert_eq!(a.node.ledger.log.origin(), origin);
    a.node.import(anchor.newest().bytes()).await.unwrap();
    a.succeeds().await;
    a.stop().await;
    let a = serve::start(config, &around).await.unwrap();
    until("the new log again", async || a.node.takes_work().is_ok()).await;
    assert!(a.node.ledger.log.latest().await.unwrap().unwrap().tree().size >= grown);
    let leaves = a.node.exchange.store().leaves("acts", 0, 10).await.unwrap();
    assert_eq!(Act::parse(&leaves[0].entry).unwrap().kind, "log-succeeded");
    let fourth = send(&b, &theirs.did, &ours.did, b"still").await;
    received(&a, &ours.did, fourth).await;
    witnessed(&a, &b).await;
    for node in [&a, &b] {
        assert!(node.node.ledger.alarms.list().await.unwrap().is_empty());
    }
    a.stop().await;
    b.stop().await;
}

/// Nothing is signed under the old log any more, and nobody would cosign it.
async fn check_over(a: &serve::Running, b: &serve::Running, origin: &str, size: u64) {
    let ended = &a.node.ledger.ended[0];
    assert_eq!(ended.origin(), origin);
    let keys = corridor_identity::ledger_keys_of(
        &corridor_node::assembly::keys(&a.node.config),
        &a.node.config.ledger_origin,
        1,
        &SystemClock,
        &OsRandom,
    )
    .unwrap();
    let parts = corridor_ledger::LogParts {
        store: a.node.exchange.store().clone(),
        operator: a.node.config.operator.did.clone(),
        name: "raw".to_owned(),
        origin: origin.to_owned(),
        key: keys.log.clone(),
        clock: a.node.clock.clone(),
    };
    // Also not by a process that has the old key and knows nothing.
    let rogue = corridor_ledger::Log::open(parts).await.unwrap();
    a.node.exchange.store().begin_raw("raw").await.unwrap();
    a.node.exchange.store().append(rogue.operator(), "raw", b"x".to_vec()).await.unwrap();
    assert_eq!(rogue.integrate().await.unwrap_err().code(), ErrorCode::LogEnded);
    let tree = corridor_proof::merkle::Tree { size: size + 1, root: corridor_base::Digest::of(b"another") };
    let forged = SignedCheckpoint::sign(Checkpoint::new(origin, tree).unwrap(), &*keys.log).unwrap();
    let request =
        corridor_ledger::witness::AddCheckpoint { old: size, proof: Vec::new(), checkpoint: forged };
    let refused = b.node.ledger.witness.add_checkpoint(&request.to_bytes()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::LogEnded);
}

/// A folder in which the program is called, as an operator or the office of the country calls it.
struct Desk(tempfile::TempDir);

/// A node that serves.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    /// Asks it to end, and waits until it has.
    fn end(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(told.success() && self.0.wait().unwrap().success());
    }
}

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command.current_dir(self.0.path()).env_clear().env("LANG", "C.UTF-8").args(args).arg("--json");
        command
    }

    /// The exit code, and what was printed, as an answer or as a problem.
    fn ends(&self, args: &[&str]) -> (i32, Value) {
        let output = self.command(args).output().unwrap();
        let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        (output.status.code().unwrap(), serde_json::from_slice(&text).unwrap_or_default())
    }

    fn run(&self, args: &[&str]) -> Value {
        let (code, said) = self.ends(args);
        assert_eq!(code, 0, "{args:?}: {said}");
        said
    }

    /// A node that trusts this anchor, and may reach another on the same machine.
    fn init(&self, [ours, theirs]: [u16; 2], anchor: &str) {
        let (public, api) = (format!("127.0.0.1:{ours}"), corridor_ports::free_port().unwrap());
        let api = format!("127.0.0.1:{api}");
        let allow = [ours, theirs].map(|port| format!("localhost:{port}"));
        let names = ["--name", "office", "--public", &public, "--api", &api, "--anchor", anchor];
        self.run(&[&["init"], &names[..], &["--allow", &allow[0], "--allow", &allow[1]]].concat());
    }

    fn serve(&self) -> Serving {
        let mut command = self.command(&["serve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.contains("ready"), "{ready}");
        Serving(child)
    }

    /// Everything in the log is in a checkpoint that is witnessed and copied: how many leaves.
    fn covered(&self) -> u64 {
        let mut last = Value::Null;
        wait(|| {
            last = self.run(&["log", "checkpoint"]);
            let leaves = last["leaves"].as_u64().filter(|leaves| *leaves > 0);
            leaves.is_some() && [&last["covered"], &last["copied"]].map(Value::as_u64) == [leaves; 2]
        });
        last["leaves"].as_u64().unwrap_or_else(|| panic!("{last}"))
    }

    /// What the doctor says of the recovery.
    fn recovery(&self) -> Vec<String> {
        let (_, found) = self.ends(&["doctor"]);
        let all = found["items"].as_array().unwrap().iter().filter(|item| item["check"] == "recovery");
        all.map(|item| item["detail"].as_str().unwrap().to_owned()).collect()
    }

    /// Brings an old backup back in place of what is there.
    fn restore(&self, backup: &str, lost: &str) -> Serving {
        std::fs::rename(self.path("corridor-data"), self.path(lost)).unwrap();
        self.run(&["restore", backup]);
        self.serve()
    }
}

fn wait(mut wanted: impl FnMut() -> bool) {
    for _ in 0..300 {
        if wanted() {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("waited too long");
}

/// What a mirror held of this log is gone with its disk; what its witness has seen is not.
fn forget(database: &Path, origin: &str) {
    let (database, copy) = (rusqlite::Connection::open(database).unwrap(), format!("mirror:{origin}"));
    for sql in ["DELETE FROM tile WHERE log = ?1", "DELETE FROM checkpoint WHERE log = ?1"] {
        assert!(database.execute(sql, [&copy]).unwrap() > 0, "{sql}");
    }
    assert_eq!(database.execute("DELETE FROM witnessed WHERE origin = ?1", [&copy]).unwrap(), 1);
}

/// Two nodes and the office of their country, each in a folder of its own.
struct Country {
    office: Desk,
    /// The key of the office, as nodes name it.
    anchor: String,
    a: Desk,
    b: Desk,
}

impl Country {
    /// Both nodes serve, and are in the list that the office has signed.
    fn new() -> (Self, [Serving; 2]) {
        let office = Desk::new();
        let found = ["trust", "found", "anchor", "--country", "JP", "--name", "trust.example.jp"];
        let anchor = office.run(&found)["anchor"].as_str().unwrap().to_owned();
        let of = Self { office, anchor, a: Desk::new(), b: Desk::new() };
        let [a, b] = [(); 2].map(|()| corridor_ports::free_port().unwrap());
        of.a.init([a, b], &of.anchor);
        of.b.init([b, a], &of.anchor);
        let serving = [of.a.serve(), of.b.serve()];
        let admit = |node: &Desk, name: &str| {
            let document = of.office.path(&format!("{name}.did.json"));
            let document = document.to_str().unwrap();
            node.run(&["key", "document", "--output", document]);
            of.office.run(&["trust", "admit", "anchor", "--document", document, "--name", name])
        };
        admit(&of.a, "A");
        of.import(&admit(&of.b, "B"));
        (of, serving)
    }

    /// Both nodes take in the list that the office has just signed.
    fn import(&self, signed: &Value) {
        let list = self.office.path(signed["path"].as_str().unwrap());
        for node in [&self.a, &self.b] {
            node.run(&["trust", "import", list.to_str().unwrap()]);
        }
    }
}

/// The same by the command line alone, as the guide has it: what is lost is named while a mirror has the leaves,
/// and when none has, the office signs what the node asks for.
#[test]
fn an_operator_and_the_office_end_a_log_that_is_lost() {
    let (of, [serving, other]) = Country::new();
    let (a, b) = (&of.a, &of.b);
    let early = a.covered();
    let log = a.run(&["log", "checkpoint"]);
    let origin = log["origin"].as_str().unwrap();
    let act = a.run(&["act", "list"])["items"][0]["id"].as_str().unwrap().to_owned();
    a.run(&["receipt", &act, "--output", "receipt.txt"]);
    // Nothing is lost: there is nothing to sign.
    for nothing in ["lost", "alarms"] {
        assert_eq!(a.run(&["log", nothing])["items"], Value::Array(Vec::new()), "{nothing}");
    }
    let (code, said) = a.ends(&ASK);
    assert_eq!((code, said["code"].as_str()), (1, Some("not-found")));
    assert!(!a.path("succession.json").exists());

    let backup = a.run(&["backup", "backups"])["path"].as_str().unwrap().to_owned();
    a.run(&["token", "create", "--role", "auditor", "--label", "after the backup"]);
    let late = a.covered();
    serving.end();
    // The mirror has the leaves: what is lost for good is all that opens them, and is named.
    let serving = a.restore(&backup, "lost-1");
    wait(|| a.recovery().is_empty());
    let lost = a.run(&["log", "lost"]);
    let lost = lost["items"].as_array().unwrap();
    assert_eq!(lost.len() as u64, late - early, "{lost:?}");
    assert_eq!((lost[0]["number"].as_u64(), &lost[0]["type"]), (Some(early), &"token-created".into()));
    assert_eq!(a.run(&["log", "fsck"])["difference"], Value::Null);
    let late = a.covered();

    serving.end();
    other.end();
    forget(&b.path("corridor-data/corridor.sqlite"), origin);
    let (serving, other) = (a.restore(&backup, "lost-2"), b.serve());
    wait(|| a.ends(&ASK).0 == 0);
    assert!(a.recovery()[0].contains(origin), "{:?}", a.recovery());
    let (code, _) = a.ends(&["token", "create", "--role", "auditor", "--label", "held"]);
    assert_eq!(code, 1, "nothing new while the log is held");
    goes_on(&of, &log, late);
    serving.end();
    other.end();
}

const ASK: [&str; 4] = ["log", "succession", "--output", "succession.json"];

/// The office signs what the node has asked for; both import it, the node goes on by itself, and what the old log,
/// which had so many leaves, proved stays proved.
fn goes_on(of: &Country, log: &Value, leaves: u64) {
    let (a, b, origin) = (&of.a, &of.b, log["origin"].as_str().unwrap());
    let asked: Value = serde_json::from_slice(&std::fs::read(a.path("succession.json")).unwrap()).unwrap();
    assert_eq!(asked["log"], log["key"]);
    let last = SignedCheckpoint::parse(asked["last"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(last.tree().size, leaves);
    let (request, why) = (a.path("succession.json"), "the disk and its copies were lost");
    let signed = of.office.run(&["trust", "succeed", "anchor", request.to_str().unwrap(), "--why", why]);
    let mut changes = signed["changes"].as_array().unwrap().iter();
    let ends = changes.find(|change| change["change"] == "log-succeeded").unwrap();
    assert_eq!((ends["origin"].as_str(), ends["size"].as_u64()), (Some(origin), Some(leaves)));
    of.import(&signed);
    wait(|| a.ends(&["log", "checkpoint"]).1["key"] == asked["successor"]);
    wait(|| a.recovery().is_empty());
    a.run(&["token", "create", "--role", "auditor", "--label", "and it goes on"]);
    a.covered();
    let others = a.run(&["log", "checkpoint"])["others"].as_array().unwrap().clone();
    assert_eq!((others.len(), others[0]["origin"].as_str()), (1, Some(origin)));
    assert_eq!(a.run(&["log", "tail", "--from", "0", "--count", "1"])["type"], "log-succeeded");
    for name in ["acts", "acts-1"] {
        assert_eq!(a.run(&["log", "fsck", "--log", name])["difference"], Value::Null);
    }
    let ended = &b.run(&["trust", "at", "now"])["successions"][0];
    let expect = (&asked["log"], &asked["successor"], &Value::from(why));
    assert_eq!((&ended["log"], &ended["successor"], &ended["why"]), expect);
    let policy = b.run(&["trust", "policy"]);
    #[allow(clippy::disallowed_methods, reason = "a test writes what a user keeps")]
    std::fs::write(a.path("witnesses.policy"), policy["policy"].as_str().unwrap()).unwrap();
    assert_eq!(a.run(&["verify", "receipt.txt", "--policy", "witnesses.policy"])["outcome"], "passed");
    // The list that names both logs, with the proof that the other node went by it (ID-1).
    b.covered();
    let list = a.path("list.json");
    b.run(&["trust", "at", "now", "--country", "JP", "--output", list.to_str().unwrap()]);
    let judged = a.run(&["verify", "list.json", "--policy", "witnesses.policy", "--anchor", &of.anchor]);
    let names: Vec<&str> = judged["files"][0]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!((&judged["outcome"], &judged["files"][0]["kind"]), (&"passed".into(), &"trust-list".into()));
    assert!(names.ends_with(&["opening", "anchor-signature"]), "{names:?}");
}
