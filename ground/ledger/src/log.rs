//! A log of this node: takes the numbered leaves, extends the tiles, signs the checkpoint over them.
//!
//! LG-1 is kept in one place, [`Log::integrate`]: the unit of work that writes the tiles looks at the
//! newest checkpoint that is stored, signs only if that is the one the new tree was grown from, and
//! stores what it signed. What it signed is published when that unit is committed, and dropped when
//! it is not. So every signed checkpoint that anybody can have seen is in the database, they make one
//! chain, and of two processes that grow the log at once one finds the other's checkpoint there and
//! throws its own work away. No lock and no token is needed for this.

mod checkpoints;
mod history;
mod published;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use corridor_base::{Clock, Did, ErrorCode, Problem, Result};
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::{self, Tree};
use corridor_proof::tile::Tile;
use corridor_proof::{Checkpoint, SignedCheckpoint, Signer, VerifierKey};
use corridor_storage::{Held, Leaf, Sequenced, Store, Tx};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

pub use checkpoints::StoredCheckpoint;
use checkpoints::{newest_tree, store_checkpoint};

use crate::succession;
use crate::tiles::{self, Growth, TileRows};

/// The most leaves that one unit of work integrates.
pub const STEP: u64 = 4096;

/// How many leaves are read and hashed at a time: at most 16 MiB.
const CHUNK: u32 = 256;

/// How soon after a look that found nothing new the next may be.
const GATHER: Duration = Duration::from_millis(10);

/// How often a step begins again because another process was faster.
const TRIES: u32 = 5;

/// What a log is made of.
#[derive(Clone)]
pub struct LogParts {
    /// Where leaves, tiles and checkpoints are.
    pub store: Store,
    /// Whose log it is: everything of the node as a whole is the operator's.
    pub operator: Did,
    /// `acts`, or the name of a raw log.
    pub name: String,
    /// The first line of its checkpoints.
    pub origin: String,
    /// Its key, named after the origin.
    pub key: Arc<dyn Signer>,
    /// The time that is stored with a checkpoint.
    pub clock: Arc<dyn Clock>,
}

/// A log of this node. A clone is the same.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

struct Inner {
    parts: LogParts,
    rows: TileRows,
    key: VerifierKey,
    /// The tree of the newest checkpoint, as far as this process knows. Empty after anything went wrong:
    /// it is then read again.
    growth: Mutex<Option<Growth>>,
    /// A size up to which the log is known to be published.
    published: AtomicU64,
    /// Up to which size others may see it: all of it, unless its leaves go to mirrors first.
    shown: AtomicU64,
    grown: watch::Sender<u64>,
}

/// How an attempt to sign ended.
enum Published {
    Signed(SignedCheckpoint),
    /// Another process has signed since.
    Overtaken,
}

impl Log {
    /// Opens a log. The stored checkpoint must be its own: a log never changes its name or key while it
    /// has the same leaves.
    ///
    /// # Errors
    /// `config-invalid` when the newest checkpoint was signed under another origin or by another key, or
    /// the key is not named after the origin; `storage-failed` when it is damaged; as [`Store::read`].
    pub async fn open(parts: LogParts) -> Result<Self> {
        let origin = Checkpoint::new(&parts.origin, Tree::empty()).map(|_| &parts.origin);
        if origin.is_err() || parts.key.name() != parts.origin {
            return Err(configured(format!("the origin of the log {} and the name of its key", parts.name)));
        }
        let key = VerifierKey::note(&parts.origin, parts.key.public().clone());
        let rows = TileRows::new(parts.store.clone(), parts.operator.clone(), &parts.name);
        let (published, shown) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        let grown = watch::Sender::new(0);
        let log = Self {
            inner: Arc::new(Inner { parts, rows, key, growth: Mutex::default(), published, shown, grown }),
        };
        if let Some(newest) = log.latest().await? {
            log.recognise(&newest)?;
        }
        Ok(log)
    }

    /// The newest checkpoint is one that this log has signed.
    fn recognise(&self, newest: &SignedCheckpoint) -> Result<()> {
        let (name, size) = (self.name(), newest.tree().size);
        match newest.signed_by(&self.inner.key) {
            Finding::Valid { .. } if newest.origin() == self.origin() => Ok(()),
            // The line is the key's own and does not hold: what it was signed over is not here any more.
            Finding::Invalid => {
                let why =
                    format!("checkpoint {size} of the log {name} is damaged: its signature does not hold");
                Err(Problem::new(ErrorCode::StorageFailed).with("why", why))
            }
            _ => {
                Err(configured(format!("the log {name} was signed by {} with another key", newest.origin())))
            }
        }
    }

    /// The first line of its checkpoints.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.inner.parts.origin
    }

    /// Its name here.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.parts.name
    }

    /// The key that its checkpoints are checked with.
    #[must_use]
    pub fn key(&self) -> VerifierKey {
        self.inner.key.clone()
    }

    /// The operator's participant.
    #[must_use]
    pub fn operator(&self) -> &Did {
        &self.inner.parts.operator
    }

    /// The store it is in.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.parts.store
    }

    /// Its tiles.
    #[must_use]
    pub fn rows(&self) -> &TileRows {
        &self.inner.rows
    }

    /// The size of the newest checkpoint signed by this process, when it changes.
    #[must_use]
    pub fn grown(&self) -> watch::Receiver<u64> {
        self.inner.grown.subscribe()
    }

    /// How many leaves have numbers, and how many wait for theirs.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn sequenced(&self) -> Result<Sequenced> {
        self.store().sequenced(self.name()).await
    }

    /// One step: takes up to [`STEP`] new leaves, extends the tiles and signs the checkpoint, all in one
    /// unit of work (LG-1). `None` when nothing is new. A log without leaves gets a checkpoint too.
    ///
    /// # Errors
    /// `storage-failed` when stored tiles or leaves are not what was signed: nothing is signed then;
    /// what the signer says; as [`Store::write`].
    pub async fn integrate(&self) -> Result<Option<SignedCheckpoint>> {
        Ok(self.step().await?.map(|(signed, _)| signed))
    }

    /// One step, and whether it was a whole one, after which more may wait.
    async fn step(&self) -> Result<Option<(SignedCheckpoint, bool)>> {
        let mut known = self.inner.growth.lock().await;
        for _ in 0..TRIES {
            // Taken, so that whatever fails below leaves nothing to go on from.
            let (base, signed) = match known.take() {
                Some(growth) => (growth, true),
                None => self.load().await?,
            };
            let tree = signed.then(|| base.tree());
            let mut growth = self.grow(base).await?;
            if Some(growth.size()) == tree.map(|tree| tree.size) {
                *known = Some(growth);
                return Ok(None);
            }
            let changes = growth.take_changes()?;
            if let Published::Signed(signed) = self.publish(tree, growth.tree(), changes).await? {
                *known = Some(growth);
                self.inner.published.fetch_max(signed.tree().size, Ordering::Relaxed);
                self.inner.grown.send_replace(signed.tree().size);
                let from = tree.map_or(0, |tree| tree.size);
                let whole = signed.tree().size - from >= STEP;
                return Ok(Some((signed, whole)));
            }
        }
        Ok(None)
    }

    /// The tree of the newest checkpoint, and whether there is one.
    async fn load(&self) -> Result<(Growth, bool)> {
        let name = self.name().to_owned();
        let load = move |tx: &mut Tx<'_>| match newest_tree(tx, &name)? {
            Some(tree) => Ok((Growth::read(tx, &name, tree)?, true)),
            None => Ok((Growth::new(), false)),
        };
        self.store().read(self.operator(), load).await
    }

    /// Hashes new leaves, outside of any unit.
    async fn grow(&self, mut growth: Growth) -> Result<Growth> {
        let from = growth.size();
        while growth.size() - from < STEP {
            let leaves = self.store().leaves(self.name(), growth.size(), CHUNK).await?;
            let last = leaves.len() < CHUNK as usize;
            let hashing = tokio::task::spawn_blocking(move || push(growth, &leaves));
            let fault = |e| Problem::new(ErrorCode::Internal).because(e);
            growth = hashing.await.map_err(fault)??;
            if last {
                break;
            }
        }
        Ok(growth)
    }

    /// Stores tiles and checkpoint if the newest stored checkpoint still is what the tree was grown
    /// from. The only place that signs (LG-1).
    async fn publish(
        &self,
        from: Option<Tree>,
        to: Tree,
        changes: Vec<(Tile, Vec<u8>)>,
    ) -> Result<Published> {
        let this = self.clone();
        let unit = move |tx: &mut Tx<'_>| {
            let name = this.name();
            // After a restoration others may have seen more than is here (LG-1).
            if let Some(held) = tx.held(name)? {
                return Err(held.problem(this.origin()));
            }
            succession::goes_on(tx, this.origin())?;
            if newest_tree(tx, name)? != from {
                return Ok(Published::Overtaken);
            }
            for (tile, bytes) in &changes {
                tiles::put(tx, name, *tile, bytes)?;
            }
            let checkpoint = Checkpoint::new(this.origin(), to)?;
            let signed = SignedCheckpoint::sign(checkpoint, &*this.inner.parts.key)?;
            store_checkpoint(tx, name, &signed, this.inner.parts.clock.now())?;
            Ok(Published::Signed(signed))
        };
        self.store().write(self.operator(), unit).await
    }

    /// Why it takes and signs nothing, when it does not.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn held(&self) -> Result<Option<Held>> {
        self.store().held(self.name()).await
    }

    /// What a witness is shown when it is only to say what it has seen: the newest checkpoint, or, where
    /// there is none yet, one of the empty tree, which contradicts nothing.
    pub(crate) async fn shown(&self) -> Result<SignedCheckpoint> {
        match self.latest().await? {
            Some(newest) => Ok(newest.only(&[&self.inner.key])),
            None => {
                let empty = Checkpoint::new(self.origin(), Tree::empty())?;
                SignedCheckpoint::sign(empty, &*self.inner.parts.key)
            }
        }
    }

    /// Takes back a checkpoint that this log signed before its database was restored, once the leaves
    /// up to it are here again, and goes on from there. Nothing is signed (LG-1).
    ///
    /// # Errors
    /// `checkpoint-unsigned` when it is not this log's; `checkpoint-inconsistent` when the leaves do not
    /// lead to it; `storage-conflict` when another process has signed meanwhile; as [`Store::write`].
    pub async fn take_back(&self, signed: &SignedCheckpoint) -> Result<()> {
        let finding = signed.signed_by(&self.inner.key);
        if signed.origin() != self.origin() || !matches!(finding, Finding::Valid { .. }) {
            return Err(Problem::new(ErrorCode::CheckpointUnsigned).with("what", signed.origin()));
        }
        let mut known = self.inner.growth.lock().await;
        *known = None;
        let (base, had) = self.load().await?;
        let (from, to) = (had.then(|| base.tree()), signed.tree());
        // Twice: what a tile holds is never changed, so no tile is written before the end is known.
        if self.regrow(base.clone(), to.size, false).await?.tree() != to {
            let why = "the leaves that came back do not lead to it";
            let what = format!("{}, size {}", self.origin(), to.size);
            return Err(Problem::new(ErrorCode::CheckpointInconsistent).with("what", what).with("why", why));
        }
        let changes = self.regrow(base, to.size, true).await?.take_changes()?;
        let (name, signed) = (self.name().to_owned(), signed.only(&[&self.inner.key]));
        let origin = self.origin().to_owned();
        let unit = move |tx: &mut Tx<'_>| {
            succession::goes_on(tx, &origin)?;
            if newest_tree(tx, &name)? != from {
                return Err(Problem::new(ErrorCode::StorageConflict));
            }
            changes.iter().try_for_each(|(tile, bytes)| tiles::put(tx, &name, *tile, bytes))?;
            let now = tx.now();
            store_checkpoint(tx, &name, &signed, now)
        };
        self.store().write(self.operator(), unit).await
    }

    /// Grows a tree with stored leaves up to a size; with `keep`, its tiles are kept on the way.
    async fn regrow(&self, mut growth: Growth, size: u64, keep: bool) -> Result<Growth> {
        while growth.size() < size {
            let most = u32::try_from(size - growth.size()).unwrap_or(CHUNK).min(CHUNK);
            let leaves = self.store().leaves(self.name(), growth.size(), most).await?;
            if leaves.is_empty() {
                let why = format!("leaf {} of the log {} is missing", growth.size(), self.name());
                return Err(Problem::new(ErrorCode::StorageFailed).with("why", why));
            }
            let hashing = tokio::task::spawn_blocking(move || push(growth, &leaves));
            let fault = |e| Problem::new(ErrorCode::Internal).because(e);
            growth = hashing.await.map_err(fault)??;
            if growth.size().is_multiple_of(STEP) && growth.size() < size {
                let changes = growth.take_changes()?;
                if keep {
                    self.inner.rows.put(changes).await?;
                }
            }
        }
        Ok(growth)
    }

    /// Integrates whatever comes, until told to stop. The first leaf after a pause is integrated at once;
    /// while leaves keep coming there is one round of checkpoints each `interval`. Failures are logged
    /// and tried again.
    pub async fn run(&self, interval: Duration, mut stop: watch::Receiver<bool>) {
        let stopped = async {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        tokio::select! {
            () = stopped => {}
            () = self.keep_integrating(interval) => {}
        }
    }

    async fn keep_integrating(&self, interval: Duration) {
        let mut changed = self.store().leaves_changed();
        loop {
            let begun = Instant::now();
            // A change may be another log's: then nothing was signed, and the rest is short.
            let rest = if self.catch_up().await { interval } else { interval.min(GATHER) };
            tokio::time::sleep_until(begun + rest).await;
            // Other processes number leaves too, without a word: hence a look now and then.
            let _ = tokio::time::timeout(interval, changed.changed()).await;
        }
    }

    /// Integrates what was there when it began, or until something fails; answers false when nothing was.
    /// What comes meanwhile waits for the next round, or there would be a checkpoint every millisecond.
    async fn catch_up(&self) -> bool {
        let mut done = false;
        loop {
            match self.step().await {
                Ok(Some((_, true))) => done = true,
                Ok(Some((_, false))) => return true,
                Ok(None) => return done,
                // Whoever recovers the log says why.
                Err(problem) if problem.code() == ErrorCode::LogHeld => return true,
                Err(problem) => {
                    tracing::error!(code = %problem.code(), log = self.name(), "no checkpoint was signed: {problem}");
                    return true;
                }
            }
        }
    }
}

/// What the configuration says of a log and the log itself does not.
fn configured(why: String) -> Problem {
    let problem = Problem::new(ErrorCode::ConfigInvalid).with("path", "-").with("line", "-");
    problem.with("key", "ledger.origin").with("why", why)
}

/// Appends leaves to the tree, each with the number that is its own.
fn push(mut growth: Growth, leaves: &[Leaf]) -> Result<Growth> {
    for leaf in leaves {
        if leaf.number != growth.size() {
            let why = format!("leaf {} of a log is missing", growth.size());
            return Err(Problem::new(ErrorCode::StorageFailed).with("why", why));
        }
        growth.push(merkle::leaf_hash(&leaf.entry))?;
    }
    Ok(growth)
}

#[cfg(test)]
pub(crate) mod tests;
