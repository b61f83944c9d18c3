//! A log without a node around it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use corridor_base::{Did, OsRandom, SystemClock};
use corridor_bench::{Result, told};
use corridor_ledger::{Log, LogParts, SCHEMA};
use corridor_proof::{SecretKey, Signer};
use corridor_storage::{Options, Store};
use tokio::sync::watch;

/// A store with one log that is integrated as in a node.
pub(super) struct Open {
    pub(super) store: Store,
    pub(super) log: Log,
    stop: watch::Sender<bool>,
    integrating: tokio::task::JoinHandle<()>,
}

impl Open {
    /// A log of acts with a key of its own.
    pub(super) async fn acts(folder: &Path) -> Result<Self> {
        let key = SecretKey::generate("bench.example/log", &OsRandom).map_err(told("key"))?;
        let who = "did:web:bench.example".parse().map_err(told("DID"))?;
        Self::with(folder, corridor_storage::ACTS, Arc::new(key), who).await
    }

    pub(super) async fn with(folder: &Path, name: &str, key: Arc<dyn Signer>, operator: Did) -> Result<Self> {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let options = Options::directory(folder);
        let store = Store::open(options, &[&SCHEMA], clock.clone(), random).map_err(told("store"))?;
        let (name, origin) = (name.to_owned(), key.name().to_owned());
        let parts = LogParts { store: store.clone(), operator, name, origin, key, clock };
        let log = Log::open(parts).await.map_err(told("log"))?;
        let (stop, stopped) = watch::channel(false);
        let runs = log.clone();
        let integrating = tokio::spawn(async move { runs.run(Duration::from_secs(1), stopped).await });
        Ok(Self { store, log, stop, integrating })
    }

    pub(super) async fn close(self) {
        let _ = self.stop.send(true);
        let _ = self.integrating.await;
        self.store.close().await;
    }

    /// Waits until a checkpoint holds so many entries.
    pub(super) async fn integrated(&self, size: u64) -> Result {
        let mut grown = self.log.grown();
        while *grown.borrow_and_update() < size {
            grown.changed().await.map_err(told("integration"))?;
        }
        Ok(())
    }
}
