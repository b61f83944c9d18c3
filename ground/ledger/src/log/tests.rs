//! A log grows, is served and proved, and never signs two things of one size (LG-1), whatever is
//! dropped, fails or runs beside it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::task::{Context, Poll, Waker};

use corridor_base::{Digest, FixedClock, SeededRandom, Timestamp};
use corridor_proof::merkle::{Leaves, leaf_hash, read_root};
use corridor_proof::note::SignatureLine;
use corridor_proof::tile::{Kind, MAX_ENTRY, WIDTH, between, hash_bytes};
use corridor_proof::{PublicKey, SecretKey, Signature};
use corridor_storage::{Database, Options};
use proptest::prelude::*;

use super::checkpoints::KEPT;
use super::*;

pub(crate) const ORIGIN: &str = "node.example/log";

/// A key that remembers everything it signed, and fails when told to.
pub(crate) struct Pen {
    key: SecretKey,
    signed: StdMutex<Vec<String>>,
    broken: AtomicBool,
}

impl Pen {
    pub(crate) fn new(origin: &str) -> Arc<Self> {
        let key = SecretKey::generate(origin, &SeededRandom::new(11)).unwrap();
        Arc::new(Self { key, signed: StdMutex::default(), broken: AtomicBool::new(false) })
    }

    /// Every checkpoint it signed, the same one once: of each size one root, or LG-1 is broken.
    pub(crate) fn signed(&self) -> BTreeMap<u64, Digest> {
        let mut found = BTreeMap::new();
        for text in self.signed.lock().unwrap().iter() {
            let tree = Checkpoint::parse(text).unwrap().tree;
            let other = found.insert(tree.size, tree.root).filter(|root| *root != tree.root);
            assert_eq!(other, None, "two roots of size {}", tree.size);
        }
        found
    }
}

impl Signer for Pen {
    fn name(&self) -> &str {
        self.key.name()
    }

    fn public(&self) -> &PublicKey {
        self.key.public()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature> {
        self.signed.lock().unwrap().push(String::from_utf8(message.to_vec()).unwrap());
        if self.broken.load(Ordering::Relaxed) {
            return Err(Problem::new(ErrorCode::Internal).with("why", "the pen broke as it wrote"));
        }
        self.key.sign(message)
    }
}

/// A place for a log.
pub(crate) struct Place {
    database: Database,
    folder: tempfile::TempDir,
    pub(crate) pen: Arc<Pen>,
}

pub(crate) fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place { database: Options::directory(folder.path()).database, folder, pen: Pen::new(ORIGIN) }
}

/// One place on SQLite, and one on PostgreSQL where there is a server.
pub(crate) fn places() -> Vec<Place> {
    let mut out = vec![place()];
    match std::env::var("CORRIDOR_TEST_POSTGRES").ok().filter(|url| !url.is_empty()) {
        Some(server) => out.push(Place { database: Database::Postgres(database(&server)), ..place() }),
        None => println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)"),
    }
    out
}

/// A new, empty database.
pub(crate) fn database(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("ledger_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let make = || {
        postgres::Client::connect(server, postgres::NoTls)?.batch_execute(&format!("CREATE DATABASE {name}"))
    };
    // The blocking client has a runtime of its own: not inside ours.
    std::thread::scope(|scope| scope.spawn(make).join().unwrap()).unwrap();
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(&name);
    url.into()
}

pub(crate) fn operator() -> Did {
    "did:web:operator.example".parse().unwrap()
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(Timestamp::from_millis(1_795_339_500_000)))
}

impl Place {
    pub(crate) fn options(&self) -> Options {
        Options { database: self.database.clone(), ..Options::directory(self.folder.path()) }
    }

    /// An empty place on the same engine, for a log with the same key.
    pub(crate) fn beside(&self) -> Self {
        let database = match std::env::var("CORRIDOR_TEST_POSTGRES") {
            Ok(server) if matches!(self.database, Database::Postgres(_)) => {
                Database::Postgres(database(&server))
            }
            _ => return Self { pen: self.pen.clone(), ..place() },
        };
        Self { database, pen: self.pen.clone(), ..place() }
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.options(), &[&crate::SCHEMA], clock(), Arc::new(corridor_base::OsRandom)).unwrap()
    }

    pub(crate) fn parts(&self, store: &Store, name: &str) -> LogParts {
        LogParts {
            store: store.clone(),
            operator: operator(),
            name: name.to_owned(),
            origin: ORIGIN.to_owned(),
            key: self.pen.clone(),
            clock: clock(),
        }
    }

    pub(crate) async fn log(&self, store: &Store) -> Log {
        Log::open(self.parts(store, "raw")).await.unwrap()
    }
}

/// The entry that tests add under this number.
fn entry(i: u64) -> Vec<u8> {
    format!("entry {i}").into_bytes()
}

/// Adds entries `from..to`; numbers are as they are when nobody else adds.
pub(crate) async fn add(log: &Log, from: u64, to: u64) {
    for i in from..to {
        let number = log.store().append(log.operator(), log.name(), entry(i)).await.unwrap();
        assert_eq!(number, i);
    }
}

/// Adds many at once, in the order that comes.
pub(crate) async fn add_fast(log: &Log, count: u64) {
    let all = (0..count).map(|i| log.store().append(log.operator(), log.name(), entry(i)));
    for done in futures::future::join_all(all).await {
        done.unwrap();
    }
}

/// Signs until nothing is new; answers the last.
pub(crate) async fn grow(log: &Log) -> SignedCheckpoint {
    while log.integrate().await.unwrap().is_some() {}
    log.latest().await.unwrap().unwrap()
}

/// The hashes of the log's leaves, as the store has them.
async fn hashes(log: &Log) -> Vec<Digest> {
    let mut all = Vec::new();
    loop {
        let page = log.store().leaves(log.name(), all.len() as u64, 4096).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page.iter().map(|leaf| leaf_hash(&leaf.entry)));
    }
}

/// Everything that was signed says what the leaves say, and the log as it is served is whole.
pub(crate) async fn check(log: &Log, pen: &Pen) {
    let newest = grow(log).await;
    let all = hashes(log).await;
    assert_eq!(newest.tree().size, all.len() as u64, "every leaf is in");
    for (size, root) in pen.signed() {
        assert_eq!(root, read_root(size, &mut Leaves(&all)).unwrap(), "size {size}");
    }
    for tile in between(0, newest.tree().size).filter(|tile| tile.kind() != Kind::Entries) {
        let bytes = log.tile_bytes(tile).await.unwrap().unwrap();
        if tile.kind() == Kind::Hashes(0) {
            let from = (tile.index() * WIDTH) as usize;
            assert_eq!(bytes, hash_bytes(&all[from..from + usize::from(tile.width())]));
        }
    }
    assert_eq!(crate::fsck::check(log).await.unwrap().difference, None);
}

#[tokio::test]
async fn a_log_grows_and_every_leaf_and_state_is_proved() {
    for place in places() {
        let store = place.store();
        let log = place.log(&store).await;
        let empty = log.integrate().await.unwrap().unwrap();
        assert_eq!(empty.tree(), Tree::empty());
        assert_eq!(log.integrate().await.unwrap(), None);
        let mut trees = vec![empty.tree()];
        for (from, to) in [(0, 1), (1, 2), (2, 7), (7, 256), (256, 257), (257, 300)] {
            add(&log, from, to).await;
            let signed = log.integrate().await.unwrap().unwrap();
            assert_eq!(signed.tree().size, to);
            assert!(matches!(
                signed.signed_by(&log.key()),
                corridor_proof::cosignature::Finding::Valid { .. }
            ));
            assert_eq!(log.latest().await.unwrap().as_ref(), Some(&signed));
            assert_eq!(*log.grown().borrow(), to);
            assert_eq!(log.integrate().await.unwrap(), None);
            trees.push(signed.tree());
        }
        let newest = *trees.last().unwrap();
        for older in &trees {
            let proof = log.prove_consistency(older.size, newest.size).await.unwrap();
            assert!(newest.follows(older, &proof), "from {}", older.size);
            assert_eq!(log.tree_at(older.size).await.unwrap(), *older);
        }
        for index in [0, 1, 6, 255, 256, 299] {
            let proof = log.prove_inclusion(index, newest.size).await.unwrap();
            assert!(newest.includes(index, &leaf_hash(&entry(index)), &proof), "leaf {index}");
        }
        for refused in [log.prove_inclusion(300, 300).await, log.prove_inclusion(0, 301).await] {
            assert_eq!(refused.unwrap_err().code(), ErrorCode::Malformed);
        }
        check(&log, &place.pen).await;
    }
}

#[tokio::test]
async fn tiles_are_served_up_to_the_checkpoint_and_no_further() {
    let place = place();
    let store = place.store();
    let log = place.log(&store).await;
    add(&log, 0, 600).await;
    let expect = async |path: &str, length: Option<usize>| {
        let tile: Tile = path.parse().unwrap();
        assert_eq!(log.tile_bytes(tile).await.unwrap().map(|bytes| bytes.len()), length, "{path}");
    };
    // The leaves are there; no checkpoint covers them yet.
    expect("tile/entries/000.p/1", None).await;
    expect("tile/0/000.p/1", None).await;
    grow(&log).await;
    expect("tile/0/000", Some(8192)).await;
    expect("tile/0/001", Some(8192)).await;
    expect("tile/0/002", None).await;
    expect("tile/0/002.p/88", Some(88 * 32)).await;
    expect("tile/0/002.p/1", Some(32)).await;
    expect("tile/0/002.p/89", None).await;
    expect("tile/0/000.p/3", Some(96)).await;
    expect("tile/1/000", None).await;
    expect("tile/1/000.p/2", Some(64)).await;
    expect("tile/1/000.p/3", None).await;
    expect("tile/2/000.p/1", None).await;
    expect("tile/63/000.p/1", None).await;
    expect("tile/entries/002.p/88", Some(88 * (2 + "entry 512".len()))).await;
    expect("tile/entries/002.p/89", None).await;
    expect("tile/entries/x001/000", None).await;
    let bundle = log.tile_bytes("tile/entries/000.p/2".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(bundle, b"\x00\x07entry 0\x00\x07entry 1");
    // Another process has published since: found out when asked.
    let other = place.log(&store).await;
    add(&other, 600, 601).await;
    grow(&other).await;
    expect("tile/0/002.p/89", Some(89 * 32)).await;
}

#[tokio::test]
async fn a_unit_takes_a_bounded_step_and_large_entries_fit() {
    let place = place();
    let store = place.store();
    let log = place.log(&store).await;
    add_fast(&log, STEP + 300).await;
    store.append(&operator(), "raw", vec![7; MAX_ENTRY]).await.unwrap();
    let sizes = [STEP, STEP + 301];
    for size in sizes {
        assert_eq!(log.integrate().await.unwrap().unwrap().tree().size, size);
    }
    check(&log, &place.pen).await;
}

#[tokio::test]
async fn the_log_of_acts_holds_the_acts() {
    for place in places() {
        let store = place.store();
        let log = Log::open(place.parts(&store, corridor_storage::ACTS)).await.unwrap();
        let who = operator();
        for _ in 0..3 {
            let fields = [("key", "a"), ("replaces", "b")];
            let kind = &corridor_proof::act::KEY_ROTATED;
            let act =
                corridor_proof::Act::seal(kind, &who, &fields, &*clock(), &corridor_base::OsRandom).unwrap();
            let id = act.act.id.to_string();
            let sealed = act.clone();
            store.write(&who, move |tx| tx.record(&sealed)).await.unwrap();
            while store.sequenced(log.name()).await.unwrap().waiting > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let tree = grow(&log).await.tree();
            let index = store.leaf_of(&who, log.name(), &id).await.unwrap().unwrap();
            let proof = log.prove_inclusion(index, tree.size).await.unwrap();
            assert!(tree.includes(index, &leaf_hash(&act.bytes), &proof));
        }
        check(&log, &place.pen).await;
    }
}

#[tokio::test]
async fn another_name_or_key_over_the_same_leaves_is_refused() {
    let place = place();
    let store = place.store();
    grow(&place.log(&store).await).await;
    let check = async |parts: LogParts| {
        assert_eq!(Log::open(parts).await.err().map(|p| p.code()), Some(ErrorCode::ConfigInvalid));
    };
    let key = |name: &str, seed| Arc::new(SecretKey::generate(name, &SeededRandom::new(seed)).unwrap());
    check(LogParts { key: key(ORIGIN, 12), ..place.parts(&store, "raw") }).await;
    check(LogParts { key: key("other", 11), ..place.parts(&store, "raw") }).await;
    let other = "other.example/log";
    check(LogParts { origin: other.to_owned(), key: key(other, 11), ..place.parts(&store, "raw") }).await;
}

#[tokio::test]
async fn nothing_is_signed_over_tiles_that_do_not_lead_to_what_was_signed() {
    let place = place();
    let store = place.store();
    let log = place.log(&store).await;
    add(&log, 0, 5).await;
    grow(&log).await;
    let spoil = |tx: &mut Tx<'_>| {
        let bytes = vec![9u8; 5 * 32];
        tx.execute(
            "UPDATE tile SET bytes = $2 WHERE participant = $1 AND log = 'raw' AND level = 0",
            &[bytes.into()],
        )
    };
    store.write(&operator(), spoil).await.unwrap();
    add(&log, 5, 6).await;
    // As after a restart: what is in memory is not spoiled.
    let after = place.log(&store).await;
    let refused = after.integrate().await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::StorageFailed);
    assert_eq!(place.pen.signed().into_keys().max(), Some(5));
}

#[tokio::test]
async fn cosignatures_are_added_and_a_complete_checkpoint_is_found() {
    for place in places() {
        let store = place.store();
        let log = place.log(&store).await;
        for size in 1..=4 {
            add(&log, size - 1, size).await;
            grow(&log).await;
        }
        let line = |name: &str, byte: u8| SignatureLine {
            name: name.to_owned(),
            hash: [1, 2, 3, 4],
            signature: vec![byte; 72],
        };
        log.cosigned(2, vec![line("a", 1)], false).await.unwrap();
        assert_eq!(log.complete_for(0).await.unwrap(), None);
        log.cosigned(2, vec![line("a", 2), line("b", 3)], true).await.unwrap();
        log.cosigned(2, vec![], false).await.unwrap();
        log.cosigned(4, vec![line("a", 1), line("b", 3)], true).await.unwrap();
        log.cosigned(77, vec![line("a", 1)], true).await.unwrap();
        let found =
            |signed: Option<SignedCheckpoint>| signed.map(|s| (s.tree().size, s.note().signatures().len()));
        for (index, expect) in
            [(0, Some((2, 3))), (1, Some((2, 3))), (2, Some((4, 3))), (3, Some((4, 3))), (4, None)]
        {
            assert_eq!(found(log.complete_for(index).await.unwrap()), expect, "leaf {index}");
        }
        let two = &log.checkpoints(2, 1).await.unwrap()[0];
        assert!(two.complete && two.signed.note().signatures().contains(&line("a", 1)), "the first stays");
        assert_eq!(found(log.latest().await.unwrap()), Some((4, 3)));
    }
}

#[tokio::test]
async fn old_checkpoints_are_let_go_unless_they_are_complete() {
    let place = place();
    let store = place.store();
    let log = place.log(&store).await;
    let last = KEPT as u64 + 10;
    for size in 1..=last {
        add(&log, size - 1, size).await;
        log.integrate().await.unwrap().unwrap();
        if size == 3 {
            log.cosigned(3, vec![], true).await.unwrap();
        }
    }
    let sizes: Vec<u64> =
        log.checkpoints(0, 1000).await.unwrap().iter().map(|stored| stored.signed.tree().size).collect();
    let mut expect = vec![3];
    expect.extend(last - KEPT as u64 + 1..=last);
    assert_eq!(sizes, expect);
    check(&log, &place.pen).await;
}

/// What happens to a log in the property test.
#[derive(Clone, Copy, Debug)]
enum Event {
    Add(u64),
    Integrate,
    /// Whoever integrates goes away after so many polls.
    Dropped(u32),
    /// The unit fails after it signed: what it signed must never count.
    Broken,
    /// The process ends and starts again.
    Restart,
    /// Another process integrates.
    Other,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1u64..300).prop_map(Event::Add),
        3 => Just(Event::Integrate),
        3 => (1u32..12).prop_map(Event::Dropped),
        2 => Just(Event::Broken),
        1 => Just(Event::Restart),
        2 => Just(Event::Other),
    ]
}

/// Polls a future so often, then drops it.
async fn poll_and_drop<T>(future: impl Future<Output = T>, times: u32) {
    let mut future = pin!(future);
    for _ in 0..times {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if matches!(polled, Poll::Ready(_)) {
            return;
        }
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
}

async fn live(place: &Place, events: &[Event]) {
    let mut store = place.store();
    let (mut log, mut other) = (place.log(&store).await, place.log(&store).await);
    for event in events {
        match *event {
            Event::Add(count) => add_fast(&log, count).await,
            Event::Integrate => drop(log.integrate().await.unwrap()),
            Event::Dropped(polls) => poll_and_drop(log.integrate(), polls).await,
            Event::Broken => {
                place.pen.broken.store(true, Ordering::Relaxed);
                let _ = log.integrate().await;
                place.pen.broken.store(false, Ordering::Relaxed);
            }
            Event::Restart => {
                store.close().await;
                store = place.store();
                (log, other) = (place.log(&store).await, place.log(&store).await);
            }
            Event::Other => drop(other.integrate().await.unwrap()),
        }
        // What is published at any time is consistent with everything signed before.
        place.pen.signed();
    }
    check(&log, &place.pen).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn of_each_size_one_root_is_ever_signed(events in proptest::collection::vec(event(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            for place in places() {
                live(&place, &events).await;
            }
        });
    }
}

/// Two processes grow one log: on PostgreSQL with a store each, on SQLite with a handle each.
#[test]
fn two_that_grow_one_log_sign_one_history() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        for place in places() {
            let first = place.store();
            let second = match place.database {
                Database::Sqlite(_) => first.clone(),
                Database::Postgres(_) => place.store(),
            };
            let (a, b) = (place.log(&first).await, place.log(&second).await);
            let busy = async |log: &Log| {
                for _ in 0..20 {
                    add_fast(log, 40).await;
                    if let Err(problem) = log.integrate().await {
                        assert_eq!(problem.code(), ErrorCode::StorageConflict, "{problem}");
                    }
                }
            };
            futures::join!(busy(&a), busy(&b));
            check(&a, &place.pen).await;
            assert_eq!(b.latest().await.unwrap().unwrap().tree().size, 1600);
            let proof = b.prove_consistency(40, 1600).await.unwrap();
            let (old, new) = (a.tree_at(40).await.unwrap(), a.tree_at(1600).await.unwrap());
            assert!(new.extends(&old, &proof));
        }
    });
}

#[tokio::test]
async fn the_first_leaf_after_a_pause_is_signed_at_once() {
    for place in places() {
        let store = place.store();
        let log = place.log(&store).await;
        let (end, stop) = watch::channel(false);
        let job = tokio::spawn({
            let log = log.clone();
            async move { log.run(Duration::from_millis(300), stop).await }
        });
        let mut grown = log.grown();
        tokio::time::sleep(Duration::from_millis(700)).await;
        for number in 0..2 {
            add(&log, number, number + 1).await;
            let begun = Instant::now();
            grown.wait_for(|size| *size == number + 1).await.unwrap();
            let took = begun.elapsed();
            // After the pause at once; the next waits for its interval.
            let (least, most) = if number == 0 { (0, 200) } else { (50, 900) };
            assert!((least..most).contains(&took.as_millis()), "leaf {number}: {took:?}");
        }
        end.send(true).unwrap();
        job.await.unwrap();
    }
}
