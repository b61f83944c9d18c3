//! `corridor witness` as the office of a country runs it: what it cosigned is kept over a kill, and a directory that
//! was copied back from an older copy cosigns nothing that contradicts it (LG-1).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
#![allow(clippy::disallowed_methods, reason = "a test copies a directory as an operator would")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use corridor_base::{Digest, SeededRandom};
use corridor_ledger::witness::AddCheckpoint;
use corridor_proof::checkpoint::Checkpoint;
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::{Leaves, Tree, leaf_hash, prove_consistency, root};
use corridor_proof::note::signature_lines;
use corridor_proof::{SecretKey, SignedCheckpoint, Signer as _, VerifierKey};
use serde_json::Value;

const ORIGIN: &str = "log.example/log";
const NAME: &str = "anchor.example/witness";

/// A witness that runs; it ends as at a loss of power.
struct Witness {
    child: Child,
    address: String,
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(folder: &Path, options: &[&str]) -> Witness {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.current_dir(folder).env_clear().env("LANG", "C.UTF-8");
    command.args(["--json", "witness", "state", "--name", NAME, "--policy", "logs.policy"]);
    command.args(["--listen", "127.0.0.1:0"]).args(options);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    Witness { child, address: ready["address"].as_str().unwrap().to_owned() }
}

impl Witness {
    fn ask(&self, request: &AddCheckpoint) -> (u16, String) {
        self.exchange("POST /add-checkpoint", &request.to_bytes())
    }

    fn exchange(&self, what: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{what} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn check(&self, request: &AddCheckpoint, status: u16, holds: &str) {
        let (found, body) = self.ask(request);
        assert!(found == status && body.contains(holds), "{found} {body}: {status} {holds} expected");
    }
}

fn key() -> SecretKey {
    SecretKey::generate(ORIGIN, &SeededRandom::new(1)).unwrap()
}

/// A log of these entries, that was last seen with `old` of them.
fn request(old: u64, entries: &[&str]) -> AddCheckpoint {
    let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let size = leaves.len() as u64;
    let proof = match old {
        0 => Vec::new(),
        same if same == size => Vec::new(),
        old => prove_consistency(old, size, &mut Leaves(&leaves)).unwrap(),
    };
    let checkpoint = Checkpoint::new(ORIGIN, Tree { size, root: root(&leaves) }).unwrap();
    AddCheckpoint { old, proof, checkpoint: SignedCheckpoint::sign(checkpoint, &key()).unwrap() }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
}

#[test]
fn a_directory_that_was_copied_back_cosigns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let vkey = VerifierKey::note(ORIGIN, key().public().clone());
    std::fs::write(folder.path().join("logs.policy"), format!("log {vkey}\nquorum none\n")).unwrap();
    let (state, older) = (folder.path().join("state"), folder.path().join("older"));
    let witness = start(folder.path(), &[]);
    witness.check(&request(0, &["one"]), 200, "anchor.example/witness");
    drop(witness);

    // Killed and started where it was: it goes on.
    let witness = start(folder.path(), &[]);
    witness.check(&request(1, &["one", "two"]), 200, "anchor.example/witness");
    drop(witness);
    copy(&state, &older);
    let witness = start(folder.path(), &[]);
    witness.check(&request(2, &["one", "two", "three"]), 200, "anchor.example/witness");
    drop(witness);

    // The copy knows nothing of the third entry, and would cosign another one.
    let forked = request(2, &["one", "two", "another"]);
    std::fs::remove_dir_all(&state).unwrap();
    copy(&older, &state);
    for _ in 0..2 {
        let witness = start(folder.path(), &[]);
        let (_, said) = witness.ask(&forked);
        witness.check(&forked, 503, "witness-behind");
        // Why is told, and where more about it stands is here.
        let said: Value = serde_json::from_str(&said).unwrap();
        let more = witness.exchange(&format!("GET {}", said["type"].as_str().unwrap()), b"");
        assert!(more.0 == 200 && more.1.contains("<h1>witness-behind"), "{more:?}");
        assert_eq!(witness.exchange("GET /nothing", b"").0, 404);
        witness.check(&request(2, &["one", "two", "three"]), 503, "witness-behind");
    }
}

/// A disk that was put back looks like the one that was there: the operator says it.
#[test]
fn a_directory_that_is_said_to_be_restored_cosigns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let vkey = VerifierKey::note(ORIGIN, key().public().clone());
    std::fs::write(folder.path().join("logs.policy"), format!("log {vkey}\nquorum none\n")).unwrap();
    let witness = start(folder.path(), &[]);
    witness.check(&request(0, &["one"]), 200, "anchor.example/witness");
    drop(witness);
    for options in [&["--restored"][..], &[]] {
        start(folder.path(), options).check(&request(1, &["one", "two"]), 503, "witness-behind");
    }
}

#[test]
fn both_keys_cosign_where_the_office_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let vkey = VerifierKey::note(ORIGIN, key().public().clone());
    std::fs::write(folder.path().join("logs.policy"), format!("log {vkey}\nquorum none\n")).unwrap();
    let shown = |name: &str| -> VerifierKey {
        let text = std::fs::read_to_string(folder.path().join("state").join(name)).unwrap();
        text.trim_end().parse().unwrap()
    };
    let mut keys = Vec::new();
    // The keys stay the same, and the second is used as long as it is wanted.
    for (options, expect) in
        [(&["--cosign", "ed25519+ml-dsa-44"][..], 2), (&[], 1), (&["--cosign", "ed25519+ml-dsa-44"], 2)]
    {
        let witness = start(folder.path(), options);
        keys.push([shown("witness.vkey"), shown("witness-ml-dsa-44.vkey")]);
        assert_eq!(keys[0], keys[keys.len() - 1]);
        let request = request(u64::from(keys.len() > 1), &["one"]);
        let (status, body) = witness.ask(&request);
        let mut cosigned = request.checkpoint.clone();
        cosigned.add(signature_lines(&body).unwrap()).unwrap();
        let valid = keys[0].iter().filter(|key| matches!(cosigned.signed_by(key), Finding::Valid { .. }));
        assert_eq!((status, valid.count()), (200, expect), "{body}");
    }
}
