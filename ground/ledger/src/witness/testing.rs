//! A small world for the tests: logs made in memory, honest or not, and stores that last a test.

use std::sync::Arc;

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
