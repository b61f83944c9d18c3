//! The witness (C2SP tlog-witness 1.0): cosigns the checkpoints of others' logs, and no two of one log
//! that contradict each other. It needs no log of its own: an anchor runs it alone.

mod edge;
mod known;
pub mod ml_dsa;
mod request;
mod sight;
mod suspects;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use corridor_base::{Did, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::cosignature::{Finding, cosign};
use corridor_proof::note::SignatureLine;
use corridor_proof::{SignedCheckpoint, Signer, SplitView, VerifierKey};
use corridor_storage::Store;
use tokio::sync::Notify;

use crate::alarm::Alarms;
use crate::succession::has_ended;
pub(crate) use edge::answer;
pub use edge::router;
pub(crate) use known::prefix;
pub use known::{AcceptedLogs, KnownLog, KnownLogs, PolicySource};
pub use ml_dsa::MlDsaKey;
pub use request::{AddCheckpoint, MAX_PROOF_LINES, MAX_REQUEST};
pub(crate) use sight::{Sight, Step};
pub use watch::{Watch, WatchParts};

/// What a witness is made of.
pub struct WitnessParts {
    /// Where its state is kept.
    pub store: Store,
    /// Whose participant the state belongs to.
    pub operator: Did,
    /// The key it cosigns with (Ed25519), under the witness's name. No other cosigner may have it.
    pub key: Arc<dyn Signer>,
    /// The logs it accepts.
    pub logs: Arc<dyn KnownLogs>,
    /// Where evidence goes.
    pub alarms: Alarms,
}

/// A witness. A clone is the same.
#[derive(Clone)]
pub struct Witness(Arc<Inner>);

struct Inner {
    key: Arc<dyn Signer>,
    logs: Arc<dyn KnownLogs>,
    sight: Sight,
    alarms: Alarms,
    ml_dsa: OnceLock<MlDsaKey>,
    held: Mutex<Option<Timestamp>>,
    news: News,
}

/// Logs of which something new was cosigned.
#[derive(Default)]
struct News {
    origins: Mutex<BTreeSet<String>>,
    came: Notify,
}

impl News {
    fn tell(&self, origin: &str) {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner).insert(origin.to_owned());
        self.came.notify_one();
    }

    async fn next(&self) -> BTreeSet<String> {
        loop {
            let origins = std::mem::take(&mut *self.origins.lock().unwrap_or_else(PoisonError::into_inner));
            if !origins.is_empty() {
                return origins;
            }
            self.came.notified().await;
        }
    }
}

/// What a witness answers when it refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The cosignatures.
    Cosigned(Vec<SignatureLine>),
    /// The proof begins elsewhere: the latest cosigned checkpoint has this size.
    Stale(u64),
}

impl Witness {
    /// Takes up the state in the store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(parts: WitnessParts) -> Result<Self> {
        let WitnessParts { store, operator, key, logs, alarms } = parts;
        let sight = Sight::new(store, operator, "");
        let held = Mutex::new(sight.held_since().await?);
        Ok(Self(Arc::new(Inner {
            key,
            logs,
            sight,
            alarms,
            ml_dsa: OnceLock::new(),
            held,
            news: News::default(),
        })))
    }

    /// The key that checks its cosignatures (type 4).
    #[must_use]
    pub fn key(&self) -> VerifierKey {
        VerifierKey::cosignature(self.0.key.name(), self.0.key.public().clone())
    }

    /// That key, and the second one (type 6) where there is one.
    #[must_use]
    pub fn keys(&self) -> Vec<VerifierKey> {
        let second = self.0.ml_dsa.get().map(|key| key.public().clone());
        std::iter::once(self.key()).chain(second).collect()
    }

    /// From now on cosigns with this ML-DSA-44 key, too: a second line in each answer (C2SP
    /// tlog-cosignature). A witness has one such key; a second one is refused.
    ///
    /// # Errors
    /// `already-exists`.
    pub fn also_cosign(&self, key: MlDsaKey) -> Result<()> {
        let taken = || Problem::new(ErrorCode::AlreadyExists).with("what", "ML-DSA-44 key of the witness");
        self.0.ml_dsa.set(key).map_err(|_| taken())
    }

    /// The logs it accepts.
    #[must_use]
    pub fn logs(&self) -> &Arc<dyn KnownLogs> {
        &self.0.logs
    }

    /// What it saw that cannot be.
    #[must_use]
    pub fn alarms(&self) -> &Alarms {
        &self.0.alarms
    }

    /// Reads a request and cosigns, or says why not. The state is durable before this answers (EX-3).
    ///
    /// # Errors
    /// `malformed`, `too-large`; `log-unknown`; `checkpoint-unsigned`; `checkpoint-inconsistent`, which
    /// includes another root for the size that was cosigned; `witness-behind`; what the store says.
    pub async fn add_checkpoint(&self, body: &[u8]) -> Result<Answer> {
        let request = AddCheckpoint::parse(body)?;
        let keys = admitted(&*self.0.logs, &request)?;
        self.caught_up(request.checkpoint.origin()).await?;
        self.succeeds(&request).await?;
        let note = request.checkpoint.only(&keys.iter().collect::<Vec<_>>());
        let time = match self.0.sight.step(&request, &note, |_, _| Ok(())).await? {
            Step::Taken(time) => time,
            Step::Stale(size) => {
                if let Some(latest) = self.latest(note.origin()).await? {
                    convict(&self.0.alarms, latest, &note, &keys).await?;
                }
                return Ok(Answer::Stale(size));
            }
            Step::Forked(latest) => return Err(self.forked(&note, &latest, &keys).await?),
            Step::Unproved => return Err(unproved(&note)),
        };
        // The time is that of the unit which saw that nothing larger is known: signing comes after.
        let mut lines = vec![cosign(&request.checkpoint, &*self.0.key, time)?];
        if let Some(key) = self.0.ml_dsa.get() {
            lines.push(key.cosign(&request.checkpoint, time)?);
        }
        self.0.news.tell(request.checkpoint.origin());
        Ok(Answer::Cosigned(lines))
    }

    /// Refuses a log that goes on for one of which more was cosigned here than the succession knows of: its
    /// anchor may end a log, and not what was seen of it (LG-1).
    async fn succeeds(&self, request: &AddCheckpoint) -> Result<()> {
        if request.old > 0 {
            return Ok(());
        }
        let Some(before) = self.0.logs.predecessor(request.checkpoint.origin()) else { return Ok(()) };
        let Some(seen) = self.0.sight.seen(&before.origin).await? else { return Ok(()) };
        let (seen, last) = (seen.tree, before.last);
        if seen.size < last.size || seen == last {
            return Ok(());
        }
        let (origin, size) = (&before.origin, seen.size);
        tracing::error!(origin, size, last = last.size, "a log goes on for one of which more was cosigned");
        let why = format!(
            "it goes on for {origin} from size {}, and size {size} of that was cosigned here",
            last.size
        );
        Err(inconsistent(&request.checkpoint, &why))
    }

    /// The logs of which something was cosigned since this was asked last; waits until there is one. For
    /// one that asks: whoever copies the logs, so that the copies have what was cosigned.
    pub(crate) async fn news(&self) -> BTreeSet<String> {
        self.0.news.next().await
    }

    /// A checkpoint of the size that was cosigned with another root: the log is convicted. The
    /// specification has status 409 for it, which to a client means "try again from my size"; nothing
    /// that a client can do helps here, so the answer is that of a proof that fails, 422.
    async fn forked(&self, note: &SignedCheckpoint, latest: &[u8], keys: &[VerifierKey]) -> Result<Problem> {
        convict(&self.0.alarms, SignedCheckpoint::parse(latest)?, note, keys).await?;
        Ok(inconsistent(note, "it has another root than the checkpoint of this size that was cosigned"))
    }

    /// The checkpoints that did not follow since this was last asked.
    pub(crate) fn take_suspects(&self) -> Vec<SignedCheckpoint> {
        self.0.sight.take_suspects()
    }

    /// The latest checkpoint that was cosigned of this log, with the log's signatures alone.
    ///
    /// # Errors
    /// What the store says.
    pub async fn latest(&self, origin: &str) -> Result<Option<SignedCheckpoint>> {
        match self.0.sight.seen(origin).await? {
            Some(seen) => SignedCheckpoint::parse(&seen.note).map(Some),
            None => Ok(None),
        }
    }

    /// After the store was restored from a backup: nothing of a log is cosigned until its state was
    /// held against what the log itself and its other witnesses show, so that what was cosigned after
    /// the backup was made cannot be contradicted (LG-1). It holds over restarts.
    ///
    /// # Errors
    /// What the store says.
    pub async fn hold(&self) -> Result<()> {
        let since = self.0.sight.hold().await?;
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(since);
        Ok(())
    }

    /// Whether the database has come to another place since the last start, as one that was copied back from a
    /// backup has: who copies it need not remember to say so. `place` is what a copy does not take along. A
    /// database that holds something and never said where it stands is taken for such a copy.
    ///
    /// # Errors
    /// What the store says.
    pub async fn moved(&self, place: &str) -> Result<bool> {
        self.0.sight.moved(place).await
    }

    /// Remembers where the database stands, once everything is held that has to be.
    ///
    /// # Errors
    /// What the store says.
    pub async fn settle(&self, place: &str) -> Result<()> {
        self.0.sight.settle(place).await
    }

    /// Whether this log still waits to be held against what others saw.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_held(&self, origin: &str) -> Result<bool> {
        let held = *self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(since) = held else { return Ok(false) };
        Ok(self.0.sight.seen(origin).await?.is_none_or(|seen| seen.checked <= since))
    }

    async fn caught_up(&self, origin: &str) -> Result<()> {
        if self.is_held(origin).await? {
            return Err(Problem::new(ErrorCode::WitnessBehind).with("what", origin));
        }
        Ok(())
    }

    /// Takes the latest that others show of a held log, by a proof, and ends its hold.
    pub(crate) async fn catch_up(&self, request: &AddCheckpoint) -> Result<Option<u64>> {
        let keys = admitted(&*self.0.logs, request)?;
        let note = request.checkpoint.only(&keys.iter().collect::<Vec<_>>());
        match self.0.sight.step(request, &note, |_, _| Ok(())).await? {
            Step::Taken(_) => {
                self.0.sight.checked(note.origin()).await?;
                Ok(None)
            }
            Step::Stale(size) => Ok(Some(size)),
            Step::Forked(latest) => Err(self.forked(&note, &latest, &keys).await?),
            Step::Unproved => Err(unproved(&note)),
        }
    }
}

/// The keys of the log whose checkpoint this is, one of which signed it.
pub(crate) fn admitted(logs: &dyn KnownLogs, request: &AddCheckpoint) -> Result<Vec<VerifierKey>> {
    let (origin, size) = (request.checkpoint.origin(), request.checkpoint.tree().size);
    let keys: Vec<VerifierKey> = logs.of(origin).into_iter().map(|log| log.key).collect();
    if keys.is_empty() {
        return Err(Problem::new(ErrorCode::LogUnknown).with("what", origin));
    }
    if !signed_by_one(&request.checkpoint, &keys) {
        return Err(Problem::new(ErrorCode::CheckpointUnsigned).with("what", origin));
    }
    if let Some(ended) = logs.ended(origin).filter(|ended| size > ended.last.size) {
        let why = format!("the anchor of its country ended it at size {}", ended.last.size);
        return Err(has_ended(origin, &ended.successor, &why));
    }
    if request.old > size {
        let why = format!("the old size {} is larger than the checkpoint's, {size}", request.old);
        return Err(Problem::new(ErrorCode::Malformed)
            .with("what", "add-checkpoint request")
            .with("why", why));
    }
    Ok(keys)
}

/// Whether one of these keys signed it, and none of them has a line that does not verify.
pub(crate) fn signed_by_one(checkpoint: &SignedCheckpoint, keys: &[VerifierKey]) -> bool {
    let mut valid = false;
    for key in keys {
        match checkpoint.signed_by(key) {
            Finding::Valid { .. } => valid = true,
            Finding::Invalid => return false,
            Finding::Absent | Finding::NotChecked => {}
        }
    }
    valid
}

/// Raises the alarm when two checkpoints, signed by these keys, are of one size and have another root: no log
/// may sign those (LG-1), and they convict without a proof.
pub(crate) async fn convict(
    alarms: &Alarms,
    latest: SignedCheckpoint,
    note: &SignedCheckpoint,
    keys: &[VerifierKey],
) -> Result<()> {
    if latest.tree().size != note.tree().size || latest.tree() == note.tree() {
        return Ok(());
    }
    let evidence = SplitView::new(latest, note.clone(), Vec::new())?;
    alarms.raise(&evidence, keys).await.map(|_| ())
}

/// A proof that fails shows nothing by itself: anybody can make one.
pub(crate) fn unproved(note: &SignedCheckpoint) -> Problem {
    inconsistent(note, "the proof does not lead from the one to the other")
}

pub(crate) fn inconsistent(note: &SignedCheckpoint, why: &str) -> Problem {
    let what = format!("{}, size {}", note.origin(), note.tree().size);
    Problem::new(ErrorCode::CheckpointInconsistent).with("what", what).with("why", why)
}

/// Where the files of a log stand below a mirror's or witness's prefix: the SHA-256 of the origin in
/// lower-case hexadecimal (C2SP tlog-mirror, "Introduction").
#[must_use]
pub fn origin_hash(origin: &str) -> String {
    Digest::of(origin.as_bytes()).to_string()
}
