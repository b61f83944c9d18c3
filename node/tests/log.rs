//! `corridor log` as people meet it: what it prints of a running node is enough to check the log without it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use corridor_base::Digest;
use corridor_proof::SignedCheckpoint;
use corridor_proof::merkle::Tree;
use serde_json::Value;

fn corridor(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.current_dir(folder).env_clear().env("LANG", "C.UTF-8").args(args);
    command
}

/// What a command prints, line by line.
fn lines(folder: &Path, args: &[&str]) -> Vec<Value> {
    let output = corridor(folder, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    match serde_json::from_str(&text) {
        Ok(whole) => vec![whole],
        Err(_) => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    }
}

fn one(folder: &Path, args: &[&str]) -> Value {
    lines(folder, &[args, &["--json"]].concat()).remove(0)
}

struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Node {
    /// Asks it to end, and waits until it has.
    fn end(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(told.success() && self.0.wait().unwrap().success());
    }
}

fn start(folder: &Path) -> Node {
    let port = || format!("127.0.0.1:{}", corridor_ports::free_port().unwrap());
    let init = ["init", "--name", "customs", "--public", &port(), "--api", &port()];
    assert!(corridor(folder, &init).output().unwrap().status.success());
    serve(folder)
}

fn serve(folder: &Path) -> Node {
    let mut serve = corridor(folder, &["serve", "--json"]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.contains("ready"), "{ready}");
    Node(child)
}

fn digest(value: &Value) -> Digest {
    value.as_str().unwrap().parse().unwrap()
}

/// The newest checkpoint, of at least so many leaves.
fn signed(folder: &Path, leaves: u64) -> SignedCheckpoint {
    for _ in 0..1200 {
        let answer = one(folder, &["log", "checkpoint"]);
        let note = answer["checkpoint"].as_str().unwrap_or_default();
        match SignedCheckpoint::parse(note.as_bytes()) {
            Ok(signed) if signed.tree().size >= leaves => return signed,
            _ => std::thread::sleep(std::time::Duration::from_millis(50)),
        }
    }
    panic!("no checkpoint over {leaves} leaves");
}

/// Two checkpoints and the proof between them as files, which anybody can check without the node.
fn verified(folder: &Path, [early, late]: [&SignedCheckpoint; 2]) {
    let write = |name: &str, bytes: &[u8]| {
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(folder.join(name), bytes).unwrap();
    };
    let (old, size) = (early.tree().size.to_string(), late.tree().size.to_string());
    let prove = ["log", "prove", "--old", &old, "--size", &size, "--output", "proof.json"];
    assert!(corridor(folder, &prove).status().unwrap().success());
    write("early", &early.to_bytes());
    write("late", &late.to_bytes());
    let mut altered: Value =
        serde_json::from_slice(&std::fs::read(folder.join("proof.json")).unwrap()).unwrap();
    altered["hashes"][0] = Digest::of(b"another").to_string().into();
    write("altered.json", altered.to_string().as_bytes());
    write("none.json", b"{}");
    // Without a policy no signature is judged, which is 8; what is false is 6, what cannot be read 1.
    let check = |files: &[&str], proof: &str, code: i32, state: Option<&str>| {
        let words = [&["verify"], files, &["--consistency", proof, "--json"]].concat();
        let ran = corridor(folder, &words).output().unwrap();
        let said: Value = serde_json::from_slice(&ran.stdout).unwrap_or_default();
        assert_eq!(
            (ran.status.code(), said["consistency"]["state"].as_str()),
            (Some(code), state),
            "{files:?} {proof}"
        );
    };
    check(&["early", "late"], "proof.json", 8, Some("passed"));
    check(&["late", "early"], "proof.json", 8, Some("passed"));
    check(&["early", "late"], "altered.json", 6, Some("failed"));
    check(&["late", "late"], "proof.json", 6, Some("failed"));
    check(&["early"], "proof.json", 1, None);
    check(&["early", "late"], "none.json", 1, None);
    check(&["early", "late"], "nowhere.json", 1, None);
}

#[test]
fn what_is_printed_of_a_log_proves_every_leaf_and_that_it_only_grew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let _node = start(folder);
    let early_signed = signed(folder, 2);
    let early = early_signed.tree();
    // It prints what comes, too.
    let next = early.size.to_string();
    let mut tail = corridor(folder, &["log", "tail", "--from", &next, "--count", "1", "--json"]);
    let tail = tail.stdout(Stdio::piped()).spawn().unwrap();
    one(folder, &["token", "create", "--role", "auditor", "--label", "audit"]);
    let came: Value = serde_json::from_slice(&tail.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((came["number"].as_u64(), came["type"].as_str()), (Some(early.size), Some("token-created")));

    let late_signed = signed(folder, early.size + 1);
    let late = late_signed.tree();
    let count = late.size.to_string();
    let leaves = lines(folder, &["log", "tail", "--from", "0", "--count", &count, "--json"]);
    assert_eq!(leaves.len() as u64, late.size);
    let prove = |what: &[&str]| {
        let proof = one(folder, &[&["log", "prove", "--size", &count], what].concat());
        assert_eq!((proof["tree"].as_u64(), digest(&proof["root"])), (Some(late.size), late.root));
        proof["hashes"].as_array().unwrap().iter().map(digest).collect::<Vec<Digest>>()
    };
    for (index, leaf) in (0..).zip(&leaves) {
        let (proof, hash) = (prove(&[&index.to_string()]), digest(&leaf["hash"]));
        assert!(late.includes(index, &hash, &proof), "{leaf}");
        assert!(!late.includes(index, &Digest::of(b"another"), &proof));
    }
    let grown = prove(&["--old", &early.size.to_string()]);
    assert!(late.extends(&early, &grown));
    assert!(!late.extends(&Tree { root: late.root, ..early }, &grown));
    verified(folder, [&early_signed, &late_signed]);
    let found = one(folder, &["log", "fsck"]);
    assert!(found["difference"].is_null() && found["leaves"].as_u64() >= Some(late.size), "{found}");
    assert_eq!(one(folder, &["log", "fsck", "--log", "acts"])["difference"], Value::Null);
    let unknown = corridor(folder, &["log", "fsck", "--log", "notices"]).output().unwrap();
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(!unknown.status.success() && said.contains("log notices"), "{said}");
}

/// A node that has ended, whose log of acts has six leaves or more and a checkpoint over each number of them from
/// the third on, as it was left.
struct Ended {
    folder: tempfile::TempDir,
    whole: PathBuf,
}

impl Ended {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let node = start(folder.path());
        let mut size = signed(folder.path(), 2).tree().size;
        while size < 6 {
            one(folder.path(), &["token", "create", "--role", "auditor", "--label", "audit"]);
            size = signed(folder.path(), size + 1).tree().size;
        }
        node.end();
        let whole = folder.path().join("whole.sqlite");
        let copied = open(folder.path()).execute("VACUUM INTO ?1", [whole.to_str()]);
        assert!(copied.is_ok(), "{copied:?}");
        Self { folder, whole }
    }

    /// What is left after this was done to the database, which leaves no trace but what it does.
    fn damaged(&self, sql: &str) -> &Path {
        let folder = self.folder.path();
        for name in ["corridor.sqlite-wal", "corridor.sqlite-shm"] {
            let _ = std::fs::remove_file(folder.join("corridor-data").join(name));
        }
        std::fs::copy(&self.whole, folder.join("corridor-data/corridor.sqlite")).unwrap();
        assert_eq!(open(folder).execute(sql, []).unwrap(), 1, "{sql}");
        folder
    }
}

fn open(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("corridor-data/corridor.sqlite")).unwrap()
}

#[test]
fn a_damaged_log_of_acts_is_told_by_its_first_difference() {
    let ended = Ended::new();
    let check = |damage: &str, expect: &str| {
        let folder = ended.damaged(damage);
        let node = serve(folder);
        let output = corridor(folder, &["log", "fsck", "--json"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(6),
            "{damage}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let found: Value = serde_json::from_str(&said).unwrap();
        assert!(found["difference"].as_str().unwrap().starts_with(expect), "{damage}: {found}");
        node.end();
    };
    const LEAF: &str = "id = (SELECT id FROM leaf WHERE log = 'acts' AND number = 3)";
    // A leaf of this log is its act, which stands in the books and nowhere else.
    let other = r#"CAST(replace(bytes, '"version":1', '"version":2') AS BLOB)"#;
    check(&format!("UPDATE act SET bytes = {other} WHERE {LEAF}"), "leaf 3: it is not what was signed over");
    check(&format!("UPDATE leaf SET bytes = x'09' WHERE {LEAF}"), "leaf 3: it is not what was signed over");
    check(&format!("DELETE FROM act WHERE {LEAF}"), "leaf 3: its act is missing");
    check(&format!("DELETE FROM leaf WHERE {LEAF}"), "leaf 3: it is missing");
    check(
        "UPDATE tile SET bytes = zeroblob(length(bytes)) WHERE log = 'acts' AND level = 0",
        "tile/0/000.p/",
    );
    check("DELETE FROM tile WHERE log = 'acts' AND level = 0", "tile/0/000.p/");
    const NOTE: &str = "UPDATE checkpoint SET note = CAST(replace(note,";
    const OF: &str = "AS BLOB) WHERE log = 'acts' AND size = 4";
    check(
        &format!("{NOTE} char(10) || '4' || char(10), char(10) || '5' || char(10)) {OF}"),
        "checkpoint 4: not signed",
    );
    check(&format!("{NOTE} 'localhost', 'localhosT') {OF}"), "checkpoint 4: ");
    check(
        "UPDATE checkpoint SET note = x'09' WHERE log = 'acts' AND size = 4",
        "checkpoint 4: it cannot be read",
    );
}

/// Nothing is signed after a newest checkpoint that is not the node's own (LG-1): it does not begin, and says why.
#[test]
fn a_node_whose_newest_checkpoint_is_damaged_names_it() {
    let ended = Ended::new();
    let check = |damage: &str, code: &str, said: &str| {
        let newest = "log = 'acts' AND size = (SELECT MAX(size) FROM checkpoint WHERE log = 'acts')";
        let folder = ended.damaged(&format!("UPDATE checkpoint SET note = {damage} WHERE {newest}"));
        let output = corridor(folder, &["serve", "--json"]).output().unwrap();
        let problem: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), problem["code"].as_str()),
            (Some(1), Some(code)),
            "{damage}: {problem}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said) && !detail.contains('{'), "{damage}: {detail}");
    };
    check("x'09'", "storage-failed", "a stored checkpoint is damaged");
    let other = |from: &str, to: &str| format!("CAST(replace(note, {from}, {to}) AS BLOB)");
    let root = other("char(10) || char(10)", "char(10) || 'more' || char(10) || char(10)");
    check(&root, "storage-failed", "of the log acts is damaged: its signature does not hold");
    check(&other("'localhost'", "'localhosT'"), "config-invalid", "the log acts was signed by localhosT");
}
