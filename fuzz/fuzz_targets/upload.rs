//! Entries that strangers bring to a mirror: whatever comes, compressed or not, the mirror answers, keeps nothing
//! that is not in a checkpoint which the log signed, and signs nothing.
#![no_main]
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use corridor_base::{Digest, FixedClock, SeededRandom, Timestamp};
use corridor_ledger::alarm::Alarms;
use corridor_ledger::mirror::{Mirror, MirrorParts, router};
use corridor_ledger::witness::{AcceptedLogs, AddCheckpoint, KnownLog};
use corridor_proof::merkle::Tree;
use corridor_proof::{Checkpoint, SecretKey, Signer, SignedCheckpoint, VerifierKey};
use corridor_storage::{Options, Store};
use libfuzzer_sys::fuzz_target;
use tower::ServiceExt as _;

const ORIGIN: &str = "log.example.kr/log";

/// A mirror that waits for 300 entries which nobody can make.
struct World {
    runtime: tokio::runtime::Runtime,
    mirror: Mirror,
    router: Router,
    _folder: tempfile::TempDir,
}

fn made() -> World {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(1_795_339_500_000)));
    let random = Arc::new(SeededRandom::new(1));
    let options = Options::directory(folder.path());
    let store = Store::open(options, &[&corridor_ledger::SCHEMA], clock.clone(), random.clone()).expect("a store");
    let key = |name: &str| SecretKey::from_seed(name, &Digest::of(name.as_bytes()).0).expect("a key");
    let log = key(ORIGIN);
    let known = KnownLog { key: VerifierKey::note(ORIGIN, log.public().clone()), url: None };
    let operator: corridor_base::Did = "did:web:operator.example".parse().expect("a DID");
    let alarms = Alarms::new(store.clone(), operator.clone(), clock.clone(), random);
    let logs = Arc::new(AcceptedLogs::new(vec![known], None, Vec::new(), clock.clone()));
    let parts = MirrorParts { store, operator, key: Arc::new(key("mirror.example/m")), logs, alarms, clock };
    let mirror = runtime.block_on(Mirror::open(parts)).expect("a mirror");
    let tree = Tree { size: 300, root: Digest::of(b"nobody knows of what") };
    let checkpoint = Checkpoint::new(ORIGIN, tree).and_then(|c| SignedCheckpoint::sign(c, &log));
    let request = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: checkpoint.expect("a checkpoint") };
    runtime.block_on(mirror.add_checkpoint(&request)).expect("a pending checkpoint");
    World { runtime, router: router(mirror.clone()), mirror, _folder: folder }
}

fuzz_target!(|bytes: &[u8]| {
    static WORLD: OnceLock<std::sync::Mutex<World>> = OnceLock::new();
    let world = WORLD.get_or_init(|| std::sync::Mutex::new(made())).lock().expect("one at a time");
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let body = match first & 2 {
        // As it comes, and behind a beginning that fits.
        0 => rest.to_vec(),
        _ => {
            let origin = [&18u16.to_be_bytes(), ORIGIN.as_bytes()].concat();
            [origin, vec![0; 8], 300u64.to_be_bytes().to_vec(), vec![0, 0], rest.to_vec()].concat()
        }
    };
    let request = Request::post("/add-entries");
    let request = if first & 1 == 1 { request.header("content-encoding", "gzip") } else { request };
    let answer = world.runtime.block_on(async {
        let request = request.body(Body::from(body)).expect("a request");
        let status = world.router.clone().oneshot(request).await.expect("an answer").status();
        let standing = world.mirror.standing(ORIGIN).await.expect("a standing");
        assert_eq!((standing.next, standing.size(), standing.wanted()), (0, 0, 300));
        status
    });
    assert!(answer != StatusCode::OK && answer != StatusCode::INTERNAL_SERVER_ERROR, "{answer}");
});
