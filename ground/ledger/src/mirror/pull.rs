//! A mirror that looks after itself: fetches what the logs it knows have published, as an uploader
//! would bring it, and by the same checks. Each log is pulled for itself; one that is down delays none.

use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use corridor_base::{ErrorCode, Problem, Result};
use corridor_proof::SignedCheckpoint;
use corridor_proof::merkle::{Subtree, prove_consistency, prove_subtree};
use corridor_proof::tile::WIDTH;
use futures::StreamExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::remote::{Bundle, Fetch, Remote};
use super::{Finished, Mirror, Package};
use crate::witness::{AddCheckpoint, KnownLog, Witness, signed_by_one};

/// The most packages of one log that one round fetches: 65,536 entries.
const PACKAGES: u64 = 256;

/// How many bundles of one log are fetched at once. All logs are pulled at the same time, and whoever serves
/// one says how large its entries are: at most 64 MiB of each log are held.
pub(super) const AHEAD: usize = 4;

/// How soon a log is pulled again when there was news of it while it was pulled.
const PAUSE: Duration = Duration::from_millis(100);

/// How soon is looked again what a witness has cosigned: one that is asked all the time has news all the
/// time, and each look costs two questions to the store.
const GATHER: Duration = Duration::from_millis(20);

/// What came of pulling one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The copy is as far as the log; its size.
    Caught(u64),
    /// There is more to fetch.
    More,
    /// The log has published nothing yet.
    Nothing,
}

/// Pulls logs into a mirror. A clone is the same.
#[derive(Clone)]
pub struct Puller {
    mirror: Mirror,
    fetch: Arc<dyn Fetch>,
    /// The logs being pulled, each with whether it is to be pulled again.
    busy: Arc<Mutex<HashMap<String, bool>>>,
    told_by: Option<Witness>,
}

impl Puller {
    /// Pulls into this mirror the logs that it knows with a URL.
    #[must_use]
    pub fn new(mirror: Mirror, fetch: Arc<dyn Fetch>) -> Self {
        Self { mirror, fetch, busy: Arc::default(), told_by: None }
    }

    /// Pulls a log as soon as this witness has cosigned something new of it, too: what a witness has
    /// seen, a restored log must find in a copy (LG-1).
    #[must_use]
    pub fn told_by(self, witness: &Witness) -> Self {
        Self { told_by: Some(witness.clone()), ..self }
    }

    /// Looks at every log once each `interval`, until told to stop.
    pub async fn run(&self, interval: Duration, mut stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(10)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut looked = Instant::now();
        loop {
            let news = async {
                let Some(witness) = &self.told_by else { return std::future::pending().await };
                tokio::time::sleep_until(looked + GATHER).await;
                self.behind(witness, witness.news().await).await
            };
            tokio::select! {
                _ = stop.wait_for(|stopped| *stopped) => return,
                _ = ticks.tick() => self.start(&mut running, |_| true),
                origins = news => {
                    looked = Instant::now();
                    self.start(&mut running, |origin| origins.contains(origin));
                }
            }
            while running.try_join_next().is_some() {}
        }
    }

    /// The logs of which more was cosigned than is here: the others have brought their leaves themselves.
    async fn behind(&self, witness: &Witness, mut origins: BTreeSet<String>) -> BTreeSet<String> {
        origins.retain(|origin| self.mirror.logs().of(origin).iter().any(|log| log.url.is_some()));
        for origin in origins.clone() {
            let seen = witness.latest(&origin).await.ok().flatten().map_or(u64::MAX, |seen| seen.tree().size);
            if self.mirror.standing(&origin).await.is_ok_and(|standing| standing.size() >= seen) {
                origins.remove(&origin);
            }
        }
        origins
    }

    fn start(&self, running: &mut JoinSet<()>, wanted: impl Fn(&str) -> bool) {
        let logs = self.mirror.logs().all().into_iter();
        for log in logs.filter(|log| log.url.is_some() && wanted(log.key.name())) {
            let name = log.key.to_string();
            if let Some(again) = self.busy().get_mut(&name) {
                *again = true;
                continue;
            }
            self.busy().insert(name.clone(), false);
            let this = self.clone();
            running.spawn(async move {
                while this.pull_all(&log).await {
                    // Its end is not far, and what came meanwhile is fetched together.
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
    }

    /// Pulls until all is here, or something fails; answers whether there is news of the log.
    async fn pull_all(&self, log: &KnownLog) -> bool {
        let outcome = loop {
            match self.pull(log).await {
                Ok(Pulled::More) => {}
                other => break other,
            }
        };
        if let Err(problem) = &outcome {
            tracing::warn!(origin = log.key.name(), code = %problem.code(), "not mirrored: {problem}");
        }
        let (name, busy) = (log.key.to_string(), &mut *self.busy());
        match busy.get_mut(&name) {
            // What failed is tried again when its time comes.
            Some(again) if *again && outcome.is_ok() => {
                *again = false;
                true
            }
            _ => {
                busy.remove(&name);
                false
            }
        }
    }

    fn busy(&self) -> MutexGuard<'_, HashMap<String, bool>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pulls one log: takes its checkpoint, fetches entries up to a bound, and cosigns when all are here.
    ///
    /// # Errors
    /// `not-found` when the log has no URL; `partner-unreachable` and the like; `checkpoint-unsigned`,
    /// `checkpoint-inconsistent`; `witness-behind` when all is here and nothing may be signed yet; what
    /// the store says.
    pub async fn pull(&self, log: &KnownLog) -> Result<Pulled> {
        let origin = log.key.name();
        let none = || Problem::new(ErrorCode::NotFound).with("what", format!("URL of the log {origin}"));
        let base = log.url.as_ref().ok_or_else(none)?;
        let mut remote = Remote::new(&*self.fetch, base);
        let Some(published) = remote.checkpoint().await? else { return Ok(Pulled::Nothing) };
        if published.origin() != origin || !signed_by_one(&published, std::slice::from_ref(&log.key)) {
            return Err(Problem::new(ErrorCode::CheckpointUnsigned).with("what", origin));
        }
        let standing = self.mirror.standing(origin).await?;
        let tree = published.tree();
        if standing.checkpoint.as_ref().is_some_and(|copy| copy.tree() == tree)
            && standing.wanted() == tree.size
        {
            return Ok(Pulled::Caught(tree.size));
        }
        let pending = match standing.pending {
            // A log behind a cache shows less than it has signed: go on with what is pending.
            Some(pending) if pending.tree().size >= published.tree().size => {
                self.add(&pending, &published, &mut remote).await?;
                pending
            }
            _ => {
                self.advance(standing.wanted(), &published, &mut remote).await?;
                published
            }
        };
        self.fill(&pending, standing.next, &mut remote).await
    }

    /// Of two checkpoints of one size a mirror must know if they differ.
    async fn add(
        &self,
        pending: &SignedCheckpoint,
        shown: &SignedCheckpoint,
        _: &mut Remote<'_>,
    ) -> Result<()> {
        if pending.tree().size != shown.tree().size {
            return Ok(());
        }
        let request = AddCheckpoint { old: shown.tree().size, proof: Vec::new(), checkpoint: shown.clone() };
        self.mirror.add_checkpoint(&request).await.map(|_| ())
    }

    async fn advance(&self, old: u64, published: &SignedCheckpoint, remote: &mut Remote<'_>) -> Result<()> {
        let size = published.tree().size;
        let proof = match old {
            0 => Vec::new(),
            old => remote.ask(size, |reader| prove_consistency(old, size, reader)).await?,
        };
        let request = AddCheckpoint { old, proof, checkpoint: published.clone() };
        match self.mirror.add_checkpoint(&request).await? {
            None => Ok(()),
            // Somebody uploaded a newer one meanwhile: the next round goes on from there.
            Some(_) => Err(Problem::new(ErrorCode::StorageConflict)),
        }
    }

    async fn fill(
        &self,
        pending: &SignedCheckpoint,
        mut next: u64,
        remote: &mut Remote<'_>,
    ) -> Result<Pulled> {
        let size = pending.tree().size;
        let to = size.min((next / WIDTH).saturating_add(PACKAGES).saturating_mul(WIDTH));
        let mut bundles = pin!(remote.bundles(next, to, AHEAD));
        while next < to {
            let Some(bundle) = bundles.next().await.transpose()? else { break };
            // Somebody may have uploaded it meanwhile.
            if bundle.end > next {
                let package = package(remote, bundle, next, size).await?;
                next = self.mirror.keep(pending, package).await?;
            }
        }
        if next < size {
            return Ok(Pulled::More);
        }
        match self.mirror.finish(pending).await? {
            Finished::Cosigned(_) | Finished::Overtaken => Ok(Pulled::Caught(size)),
        }
    }
}

/// The package that begins with this entry of the bundle, with its proof made from the log's tiles.
async fn package(remote: &mut Remote<'_>, bundle: Bundle, start: u64, size: u64) -> Result<Package> {
    let Bundle { floor, end, mut entries } = bundle;
    let skip = usize::try_from(start - floor).unwrap_or(usize::MAX).min(entries.len());
    entries.drain(..skip);
    let none = || Problem::new(ErrorCode::Internal).with("why", "a package that is no subtree");
    let subtree = Subtree::new(floor, end).ok_or_else(none)?;
    let proof = remote.ask(size, |reader| prove_subtree(subtree, size, reader)).await?;
    Ok(Package { start, entries, proof })
}
