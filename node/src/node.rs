//! What a running node consists of, as the handlers of its API see it.

use std::sync::Arc;

use corridor_base::{Clock, Did, ErrorCode, KeyId, Problem, Random, Result, Timestamp};
use corridor_exchange::{Exchange, ReceiptExchange};
use corridor_identity::{Accepted, KeyRecord, KeyState, Keyring};
use corridor_net::Client;
use corridor_proof::{Act, act};
use corridor_storage::{ActPage, DeliveryFilter, DeliveryState};
use tokio::sync::{Semaphore, watch};

use crate::config::Config;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::people::People;
use crate::service::Service;
use crate::sign_on::Provider;
use crate::token::Tokens;

/// A running node.
pub struct Node {
    /// How it is configured.
    pub config: Config,
    /// What crosses, and the store below it.
    pub exchange: Exchange,
    /// What makes acts provable.
    pub ledger: Ledger,
    /// Who may use the API.
    pub tokens: Tokens,
    /// Who may use the console.
    pub people: People,
    /// The provider of single sign-on, where there is one.
    pub sign_on: Option<Provider>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The guarded HTTP client (NE-1).
    pub client: Client,
    /// What messages are checked against: directories, and guides of partners.
    pub library: Arc<corridor_trade::Library>,
    /// The services it carries.
    pub services: Vec<Service>,
    /// Places for pages that wait to be told of changes.
    pub live: Arc<Semaphore>,
    /// Turns true when it stops: what waits for changes ends.
    pub closing: watch::Sender<bool>,
    /// The certificates of its listeners, for looking at their ends.
    pub certificates: Vec<(&'static str, corridor_net::ServerTls)>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Node {
    /// The receipts of both sides of what crossed.
    #[must_use]
    pub fn receipts(&self) -> ReceiptExchange {
        ReceiptExchange::new(self.exchange.clone(), self.ledger.receipts.clone())
    }

    /// Whether new work is taken: not after a restoration, until our logs have what others have seen of
    /// them (LG-1).
    ///
    /// # Errors
    /// `log-held`.
    pub fn takes_work(&self) -> Result<()> {
        if !self.ledger.recovery.waits() {
            return Ok(());
        }
        let held = |why: &str| {
            Problem::new(ErrorCode::LogHeld).with("what", self.ledger.log.origin()).with("why", why)
        };
        Err(match self.ledger.recovery.why().into_iter().next() {
            None => held("its witnesses and mirrors are being asked"),
            Some(problem) if problem.code() == ErrorCode::LogHeld => problem,
            Some(problem) => held(&problem.to_string()),
        })
    }

    /// Takes in a trust list or a recognition, and takes up keys of ours that it pins.
    ///
    /// # Errors
    /// Those of [`corridor_identity::Directory::accept`].
    pub async fn import(&self, bytes: &[u8]) -> Result<Accepted> {
        let accepted = self.exchange.directory().accept(bytes, self.clock.now()).await?;
        self.activate_keys().await?;
        Ok(accepted)
    }

    /// Makes a participant's next key, with its act.
    ///
    /// # Errors
    /// `already-exists`, `file-failed`, those of the store.
    pub async fn rotate(&self, us: &Did) -> Result<KeyRecord> {
        let keyring = self.exchange.keyring(us)?.clone();
        let replaces = keyring.current_id();
        let (clock, random) = (self.clock.clone(), self.random.clone());
        let made = blocking(move || keyring.rotate(&*clock, &*random)).await?;
        self.record_rotation(us, &made.id, &replaces).await?;
        Ok(made)
    }

    async fn record_rotation(&self, us: &Did, key: &KeyId, replaces: &KeyId) -> Result<()> {
        let fields = [("key", key.as_str()), ("replaces", replaces.as_str())];
        let record = Act::seal(&act::KEY_ROTATED, us, &fields, &*self.clock, &*self.random)?;
        self.exchange.store().write(us, move |tx| tx.record(&record)).await
    }

    /// Takes up every pending key that the trust lists pin now. Another process may have made it
    /// (`corridor key rotate` on a node that is not running, another replica), so the files are read
    /// again first.
    ///
    /// # Errors
    /// `file-failed`, `storage-full`.
    pub async fn activate_keys(&self) -> Result<()> {
        let now = self.clock.now();
        for us in self.exchange.participants() {
            let keyring = self.exchange.keyring(&us)?.clone();
            let directory = self.exchange.directory().clone();
            let taken = blocking(move || {
                keyring.reload()?;
                let waiting = keyring.keys().iter().any(|k| k.state == KeyState::Pending);
                if waiting { keyring.activate(|id, key| directory.pins(id, key, now)) } else { Ok(None) }
            });
            if let Some(key) = taken.await? {
                tracing::info!(%key, "a new key signs from now on");
            }
        }
        Ok(())
    }

    /// Records that a participant began to live here, once.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn record_birth(&self, keyring: &Keyring) -> Result<()> {
        let (us, store) = (keyring.did(), self.exchange.store());
        let page = ActPage { limit: 1, ..ActPage::default() };
        if !store.acts(us, page).await?.is_empty() {
            return Ok(());
        }
        let key = keyring.current_id();
        let record =
            Act::seal(&act::PARTICIPANT_CREATED, us, &[("key", key.as_str())], &*self.clock, &*self.random)?;
        store.write(us, move |tx| tx.record(&record)).await
    }

    /// Counts the alarms and the outbox of all participants for the metrics; beyond 1,000 a participant the count
    /// stands at 1,000.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn count_for_metrics(&self) -> Result<()> {
        let (mut waiting, mut dead) = (0, 0);
        for us in self.exchange.participants() {
            for state in [DeliveryState::Pending, DeliveryState::Dead] {
                let filter = DeliveryFilter { state: Some(state), limit: 1000, ..DeliveryFilter::default() };
                let found = i64::try_from(self.exchange.store().deliveries(&us, filter).await?.len());
                let count = if state == DeliveryState::Dead { &mut dead } else { &mut waiting };
                *count += found.unwrap_or(i64::MAX);
            }
        }
        self.metrics.waiting.set(waiting);
        self.metrics.dead.set(dead);
        self.metrics.alarms.set(i64::try_from(self.ledger.alarms.count().await?).unwrap_or(i64::MAX));
        Ok(())
    }

    /// The instant it is now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Runs what blocks on the disk where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| Problem::new(corridor_base::ErrorCode::Internal).because(e))?
}
