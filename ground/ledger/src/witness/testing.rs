//! A small world for the tests: logs made in memory, honest or not, and stores that last a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use corridor_base::{Clock, Did, Digest, FixedClock, SeededRandom, Timestamp};
use corridor_proof::merkle::{Leaves, Tree, leaf_hash, prove_consistency, root};
use corridor_proof::{Checkpoint, SecretKey, SignedCheckpoint, Signer as _, VerifierKey};
use corridor_storage::{Options, Store};
use url::Url;

use super::*;

pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_339_500_000);

pub(crate) fn operator() -> Did {
    "did:web:operator.example".parse().unwrap()
}

pub(crate) fn secret(name: &str) -> SecretKey {
    let seed = name.bytes().fold(7u64, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
    SecretKey::generate(name, &SeededRandom::new(seed)).unwrap()
}

/// A store in a folder, under a clock that stands.
pub(crate) struct Ground {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) store: Store,
    pub(crate) alarms: Alarms,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn ground() -> Ground {
    ground_at(&Arc::new(FixedClock::at(START)))
}

pub(crate) fn ground_at(clock: &Arc<FixedClock>) -> Ground {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), clock);
    let alarms = Alarms::new(store.clone(), operator(), clock.clone(), Arc::new(SeededRandom::new(3)));
    Ground { clock: clock.clone(), store, alarms, folder }
}

pub(crate) fn open(folder: &std::path::Path, clock: &Arc<FixedClock>) -> Store {
    let random = Arc::new(SeededRandom::new(1));
    Store::open(Options::directory(folder), &[&crate::SCHEMA], clock.clone(), random).unwrap()
}

/// One ground on SQLite, and one on PostgreSQL where there is a server.
pub(crate) fn grounds() -> Vec<Ground> {
    let mut out = vec![ground()];
    match std::env::var("CORRIDOR_TEST_POSTGRES").ok().filter(|url| !url.is_empty()) {
        Some(server) => {
            let url = crate::log::tests::database(&server);
            let Ground { clock, folder, .. } = ground();
            let store = open_on(corridor_storage::Database::Postgres(url), folder.path(), &clock);
            let random = Arc::new(SeededRandom::new(3));
            let alarms = Alarms::new(store.clone(), operator(), clock.clone(), random);
            out.push(Ground { clock, store, alarms, folder });
        }
        None => println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)"),
    }
    out
}

fn open_on(database: corridor_storage::Database, folder: &std::path::Path, clock: &Arc<FixedClock>) -> Store {
    // Two connections write at once, as two replicas would.
    let options = Options { database, connections: 2, ..Options::directory(folder) };
    Store::open(options, &[&crate::SCHEMA], clock.clone(), Arc::new(SeededRandom::new(1))).unwrap()
}

impl Ground {
    pub(crate) async fn witness(&self, name: &str, logs: Vec<KnownLog>) -> Witness {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let parts = WitnessParts {
            store: self.store.clone(),
            operator: operator(),
            key: Arc::new(secret(name)),
            logs: Arc::new(AcceptedLogs::new(logs, None, Vec::new(), clock)),
            alarms: self.alarms.clone(),
        };
        Witness::open(parts).await.unwrap()
    }
}

/// A log in memory. Two with the same origin and other entries are one log with two faces.
#[derive(Clone)]
pub(crate) struct FakeLog {
    pub(crate) origin: String,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) leaves: Vec<Digest>,
}

impl FakeLog {
    pub(crate) fn new(origin: &str, size: u64) -> Self {
        let mut log = Self { origin: origin.to_owned(), entries: Vec::new(), leaves: Vec::new() };
        log.grow(size, "entry");
        log
    }

    /// The same log with another history from `at` on.
    pub(crate) fn forked(&self, at: u64) -> Self {
        let mut log = self.clone();
        log.entries.truncate(at as usize);
        log.leaves.truncate(at as usize);
        log.grow(self.entries.len() as u64 - at, "other");
        log
    }

    pub(crate) fn grow(&mut self, by: u64, what: &str) {
        for _ in 0..by {
            let entry = format!("{what} {}", self.entries.len()).into_bytes();
            self.leaves.push(leaf_hash(&entry));
            self.entries.push(entry);
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    pub(crate) fn key(&self) -> VerifierKey {
        VerifierKey::note(&self.origin, secret(&self.origin).public().clone())
    }

    pub(crate) fn known(&self, url: Option<&str>) -> KnownLog {
        KnownLog { key: self.key(), url: url.map(|url| Url::parse(url).unwrap()) }
    }

    pub(crate) fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        let tree = Tree { size, root: root(&self.leaves[..size as usize]) };
        SignedCheckpoint::sign(Checkpoint::new(&self.origin, tree).unwrap(), &secret(&self.origin)).unwrap()
    }

    pub(crate) fn request(&self, old: u64, size: u64) -> AddCheckpoint {
        let proof = if old == 0 || old >= size {
            Vec::new()
        } else {
            prove_consistency(old, size, &mut Leaves(&self.leaves)).unwrap()
        };
        AddCheckpoint { old, proof, checkpoint: self.checkpoint(size) }
    }
}

/// Logs by the host they are served at, as C2SP tlog-tiles has it, and routers of this node's kind.
#[derive(Default)]
pub(crate) struct Sites {
    pub(crate) logs: Mutex<std::collections::BTreeMap<String, FakeLog>>,
    pub(crate) routers: Mutex<std::collections::BTreeMap<String, axum::Router>>,
    pub(crate) fetched: Mutex<Vec<String>>,
    /// Hosts that take no posts.
    pub(crate) deaf: Mutex<BTreeSet<String>>,
    /// Whether partial tiles are gone, as the specification allows for those that have become whole.
    pub(crate) whole_only: std::sync::atomic::AtomicBool,
}

impl Sites {
    pub(crate) fn put(&self, host: &str, log: &FakeLog) {
        self.logs.lock().unwrap().insert(host.to_owned(), log.clone());
    }

    pub(crate) fn route(&self, host: &str, router: axum::Router) {
        self.routers.lock().unwrap().insert(host.to_owned(), router);
    }
}

impl FakeLog {
    /// The file at a path below the log's prefix.
    pub(crate) fn file(&self, path: &str, whole_only: bool) -> Option<Vec<u8>> {
        use corridor_proof::merkle::HashReader as _;
        use corridor_proof::tile::{HEIGHT, Kind, Tile, WIDTH, hash_bytes, push_entry};
        if path == "checkpoint" {
            return Some(self.checkpoint(self.size()).to_bytes());
        }
        let tile: Tile = path.parse().ok()?;
        if !tile.is_in(self.size()) || (whole_only && tile.is_partial() && tile.whole().is_in(self.size())) {
            return None;
        }
        let first = tile.index() * WIDTH;
        let range = first..first + u64::from(tile.width());
        match tile.kind() {
            Kind::Entries => {
                let mut bundle = Vec::new();
                range.for_each(|i| push_entry(&mut bundle, &self.entries[i as usize]).unwrap());
                Some(bundle)
            }
            Kind::Hashes(level) => {
                let node = |i| Leaves(&self.leaves).node(u32::from(level) * HEIGHT, i).unwrap();
                Some(hash_bytes(&range.map(node).collect::<Vec<_>>()))
            }
        }
    }
}

#[async_trait::async_trait]
impl crate::mirror::Fetch for Sites {
    async fn fetch(&self, url: &Url, limit: usize) -> Result<Option<Vec<u8>>> {
        use tower::ServiceExt as _;
        self.fetched.lock().unwrap().push(url.to_string());
        let host = url.host_str().unwrap().to_owned();
        let path = url.path().trim_start_matches('/').to_owned();
        let router = self.routers.lock().unwrap().get(&host).cloned();
        let bytes = if let Some(router) = router {
            let request =
                axum::http::Request::get(format!("/{path}")).body(axum::body::Body::empty()).unwrap();
            let response = router.oneshot(request).await.unwrap();
            if response.status() != axum::http::StatusCode::OK {
                return Ok(None);
            }
            Some(axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
        } else {
            let whole_only = self.whole_only.load(std::sync::atomic::Ordering::SeqCst);
            let down = || Problem::new(ErrorCode::PartnerUnreachable).with("partner", url);
            self.logs.lock().unwrap().get(&host).ok_or_else(down)?.file(&path, whole_only)
        };
        assert!(bytes.as_ref().is_none_or(|b| b.len() <= limit), "{url} is larger than its reader allows");
        Ok(bytes)
    }
}

/// A long way to the sites: each answer takes its time. It counts how many bundles are under way at once.
pub(crate) struct Far {
    sites: Arc<Sites>,
    late: std::time::Duration,
    flying: AtomicUsize,
    most: AtomicUsize,
}

impl Far {
    pub(crate) fn new(sites: Arc<Sites>, late: std::time::Duration) -> Arc<Self> {
        Arc::new(Self { sites, late, flying: AtomicUsize::new(0), most: AtomicUsize::new(0) })
    }

    /// The most bundles that were under way at once.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl crate::mirror::Fetch for Far {
    async fn fetch(&self, url: &Url, limit: usize) -> Result<Option<Vec<u8>>> {
        let counts = usize::from(url.path().contains("/entries/"));
        let flying = self.flying.fetch_add(counts, Ordering::SeqCst) + counts;
        self.most.fetch_max(flying, Ordering::SeqCst);
        tokio::time::sleep(self.late).await;
        let answer = self.sites.fetch(url, limit).await;
        self.flying.fetch_sub(counts, Ordering::SeqCst);
        answer
    }
}

#[async_trait::async_trait]
impl crate::gather::Link for Sites {
    async fn post(
        &self,
        door: &Url,
        kind: Option<&'static str>,
        body: Vec<u8>,
    ) -> Result<crate::gather::Reply> {
        use tower::ServiceExt as _;
        let host = door.host_str().unwrap();
        let down = || Problem::new(ErrorCode::PartnerUnreachable).with("partner", door);
        let router = self.routers.lock().unwrap().get(host).cloned();
        let router = router.filter(|_| !self.deaf.lock().unwrap().contains(host)).ok_or_else(down)?;
        let mut request = axum::http::Request::post(door.path()).body(axum::body::Body::from(body)).unwrap();
        if let Some(kind) = kind {
            request.headers_mut().insert("content-type", kind.parse().unwrap());
        }
        let (head, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 1 << 24).await.unwrap().to_vec();
        Ok(crate::gather::Reply { status: head.status, kind: crate::gather::kind(&head.headers), body })
    }
}

/// A door for checkpoints, whose latest of this log has 10 entries, against every row of the specification
/// and of the table of bad input. Afterwards its latest has 15.
pub(crate) async fn check_door(log: &FakeLog, post: impl AsyncFn(Vec<u8>) -> (StatusCode, String, String)) {
    let check = async |body: Vec<u8>, expect: u16, text: &str| {
        let (status, kind, said) = post(body).await;
        assert_eq!(status.as_u16(), expect, "{said}");
        assert!(said == text || text.is_empty(), "{said}");
        assert_eq!(kind == "text/x.tlog.size", expect == 409, "{kind}");
    };
    // Malformed, and the old size larger than the checkpoint's.
    check(b"old 10\n".to_vec(), 400, "").await;
    check(AddCheckpoint { old: 15, ..log.request(10, 12) }.to_bytes(), 400, "").await;
    check(vec![b'x'; MAX_REQUEST + 1], 413, "").await;
    // An origin that is not known; one that is, signed by another key, or with a signature altered.
    check(FakeLog::new("other.example/log", 5).request(0, 5).to_bytes(), 404, "").await;
    let other = FakeLog { origin: "other.example/log".into(), ..log.clone() };
    let text = Checkpoint::new(&log.origin, log.checkpoint(12).tree()).unwrap().to_string();
    let signed = |lines: &str| format!("old 10\n\n{text}\n{lines}").into_bytes();
    let stranger = other.checkpoint(12).note().signatures()[0].to_string();
    let good = log.checkpoint(12).note().signatures()[0].clone();
    let mut altered = good.clone();
    altered.signature[5] ^= 1;
    check(signed(&stranger), 403, "").await;
    check(signed(&altered.to_string()), 403, "").await;
    check(signed(&format!("{good}{altered}")), 403, "").await;
    // More signatures than anybody reads, one of them good.
    check(signed(&format!("{good}{}", stranger.repeat(5000))), 413, "").await;
    check(signed(&format!("{good}{}", stranger.repeat(150))), 400, "").await;
    // Signatures of strangers are ignored.
    let proof = log.request(10, 12).proof;
    let known = format!("{text}\n{stranger}{good}");
    let checkpoint = SignedCheckpoint::parse(known.as_bytes()).unwrap();
    check(AddCheckpoint { old: 10, proof, checkpoint }.to_bytes(), 200, "").await;
    // From another size than was seen last.
    for (old, size) in [(0, 15), (10, 15), (10, 12), (13, 15)] {
        check(log.request(old, size).to_bytes(), 409, "12\n").await;
    }
    // Proofs that do not hold: none, too long, of another size, and one where none may be.
    let next = log.request(12, 15);
    check(AddCheckpoint { proof: Vec::new(), ..next.clone() }.to_bytes(), 422, "").await;
    let longer = [next.proof.clone(), vec![Digest([1; 32])]].concat();
    check(AddCheckpoint { proof: longer, ..next.clone() }.to_bytes(), 422, "").await;
    check(AddCheckpoint { proof: log.request(11, 15).proof, ..next.clone() }.to_bytes(), 422, "").await;
    check(AddCheckpoint { proof: next.proof.clone(), ..log.request(12, 12) }.to_bytes(), 422, "").await;
    check(next.to_bytes(), 200, "").await;
}
