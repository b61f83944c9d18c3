//! What a node does after its database was restored from a backup, before it signs anything: it asks
//! what others have seen of its logs since, and brings back the leaves it lacks (LG-1).
//!
//! The mark of the restoration (see `corridor_storage::restored`) holds every log: no leaf gets a number
//! and nothing is signed while it stands. It is taken away when every witness of the policy and every
//! mirror has answered, and each log holds all that they have seen. Recovering signs nothing over
//! leaves: the checkpoint that a log goes on from is one that it signed before, out of a mirror. Whoever
//! does not answer is asked again and again, and until then the logs stay held: nobody can know what a
//! silent witness has seen.
//!
//! A raw log is published as soon as it is signed, so its readers may have seen more of it than any witness or
//! mirror. It gets back what a mirror has, shows that, and stays held for good when the mark goes.

mod seen;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::{Subtree, Tree, leaf_hash, prove_consistency, prove_subtree, root};
use corridor_proof::note::signature_lines;
use corridor_proof::{Act, SealedAct, SignedCheckpoint, VerifierKey};
use corridor_storage::{ACTS, Store, holds_acts};
use futures::StreamExt as _;
use http::StatusCode;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use seen::Seen;

use crate::gather::{Link, door};
use crate::log::Log;
use crate::mirror::remote::{Bundle, Remote};
use crate::mirror::{Fetch, MirrorSource};
use crate::witness::{AddCheckpoint, PolicySource, prefix};

/// How long until everybody is asked again.
const AGAIN: Duration = Duration::from_secs(2);
/// The longest pause between two rounds.
const LONGEST: Duration = Duration::from_secs(30);
/// How many bundles of leaves are fetched from a mirror at once. One after the other they would take hours
/// for millions of leaves over a link of 600 ms; so it is some 6,800 leaves a second. Each is at most 16 MiB:
/// together 256 MiB, if each leaf is as large as can be, and as a rule some MiB.
const AHEAD: usize = 16;
/// How many lost acts are named in the log of the program; all are in the log of acts.
const NAMED: u64 = 1000;

/// What recovering needs.
pub struct RecoveryParts {
    /// The logs of this node, all in one store.
    pub logs: Vec<Log>,
    /// Who may have seen what: all its witnesses.
    pub policy: Arc<dyn PolicySource>,
    /// Who may have copies.
    pub mirrors: Arc<dyn MirrorSource>,
    /// The keys of this node's own witness, which never sees this node's logs.
    pub own: Vec<VerifierKey>,
    /// How witnesses are reached.
    pub link: Arc<dyn Link>,
    /// How mirrors are reached.
    pub fetch: Arc<dyn Fetch>,
    /// The act that is the first leaf of the log of acts, when that one goes on for another and nobody has
    /// seen anything of it.
    pub first: Option<FirstAct>,
    /// For how long a witness holds a log up that says it has cosigned more than anybody shows.
    pub patience: Duration,
}

/// Makes the act with which a log begins that goes on for another.
pub type FirstAct = Arc<dyn Fn() -> Result<SealedAct> + Send + Sync>;

/// What the log says was done, and has to be done again: an erasure, which the backup undid (LG-3).
#[async_trait]
pub trait Replay: Send + Sync {
    /// Does it again. Called once every log is whole, and before the node serves; again when something
    /// else was in the way.
    ///
    /// # Errors
    /// Whatever keeps it from being done: the node does not serve then.
    async fn replay(&self) -> Result<()>;
}

/// What became of one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody has seen more than is here.
    Whole,
    /// Leaves came back from a mirror.
    Returned {
        /// The size of the checkpoint in the backup.
        from: u64,
        /// The size of the checkpoint that the log goes on from.
        size: u64,
        /// How many leaves were not in the backup. In the log of acts these are acts whose state is lost.
        lost: u64,
    },
    /// A raw log that was there before: it stays held when the mark goes, and another one under a new name goes
    /// on for it.
    Held {
        /// The size of the checkpoint that it shows.
        size: u64,
    },
}

/// Recovers the logs of a node. A clone is the same.
#[derive(Clone)]
pub struct Recovery(Arc<Inner>);

struct Inner {
    parts: RecoveryParts,
    /// Whether the node waits for it; why, after the last attempt.
    waits: watch::Sender<bool>,
    why: Mutex<Vec<Problem>>,
    /// Of a log that is lost, by its origin: the last checkpoint that anybody has shown.
    last: Mutex<BTreeMap<String, SignedCheckpoint>>,
    /// Since when a witness, by its name, has said that it cosigned more than it shows.
    claims: Mutex<BTreeMap<String, Instant>>,
    /// Those that are not believed any more: by the witness's name, and what it says.
    doubted: Mutex<BTreeMap<String, Problem>>,
    replay: OnceLock<Arc<dyn Replay>>,
}

impl Recovery {
    /// For these logs. It waits for nothing yet.
    #[must_use]
    pub fn new(parts: RecoveryParts) -> Self {
        Self(Arc::new(Inner {
            parts,
            waits: watch::Sender::new(false),
            why: Mutex::default(),
            last: Mutex::default(),
            claims: Mutex::default(),
            doubted: Mutex::default(),
            replay: OnceLock::new(),
        }))
    }

    /// Has this done again before the mark of a restoration goes. The first one that is named counts.
    pub fn replays(&self, what: Arc<dyn Replay>) {
        let _ = self.0.replay.set(what);
    }

    /// Whether a restoration is not made up for yet: no new work is taken then.
    #[must_use]
    pub fn waits(&self) -> bool {
        *self.0.waits.borrow()
    }

    /// What it still waits for; empty when it does not, or no attempt has ended yet.
    #[must_use]
    pub fn why(&self) -> Vec<Problem> {
        self.0.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Of a log whose leaves nobody has: the last checkpoint of it that anybody has shown, with the
    /// cosignatures that its witnesses give it once more. What a succession begins from.
    #[must_use]
    pub fn last_known(&self, origin: &str) -> Option<SignedCheckpoint> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).get(origin).cloned()
    }

    /// The witnesses that said they had cosigned more than anybody can show, and are not believed: by name,
    /// and what they said.
    #[must_use]
    pub fn doubted(&self) -> BTreeMap<String, Problem> {
        self.0.doubted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks whether the mark of a restoration stands. Where it does not, those who answer within this
    /// time are asked all the same: when one of them has seen more than is here, somebody has copied an
    /// old database back, and the mark is made. Answers whether there is something to recover.
    ///
    /// # Errors
    /// What the store says.
    pub async fn begin(&self, patience: Duration) -> Result<bool> {
        let Some(store) = self.store() else { return Ok(false) };
        let mut marked = store.restored().await?.is_some();
        if !marked && self.anybody_ahead(patience).await? {
            tracing::error!("others have seen more of a log than is here: an old database was copied back");
            store.mark_restored().await?;
            marked = true;
        }
        self.0.waits.send_replace(marked);
        Ok(marked)
    }

    /// Recovers; tries until it is done or told to stop. Answers whether it is done.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> bool {
        let mut pause = AGAIN;
        while self.waits() {
            match self.attempt().await {
                Ok(_) => return true,
                Err(problem) => {
                    tracing::error!(code = %problem.code(), "nothing is signed after the restoration: {problem}");
                }
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return false,
                () = tokio::time::sleep(pause) => {}
            }
            pause = pause.saturating_mul(2).min(LONGEST);
        }
        true
    }

    /// Tries once: every log, then takes the mark away. What is done already is not done again. One
    /// process does this at a time.
    ///
    /// # Errors
    /// `log-held` when somebody does not answer; `log-lost` when no mirror has what others have seen;
    /// `checkpoint-inconsistent` when a log has forked already; what policy and store say.
    pub async fn attempt(&self) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        let mut why = Vec::new();
        for log in &self.0.parts.logs {
            match self.recover(log).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(found) => why.extend(found),
            }
        }
        if let Some(replay) = self.0.replay.get().filter(|_| why.is_empty()) {
            why.extend(replay.replay().await.err());
        }
        let first = why.first().cloned();
        *self.0.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
        if let Some(problem) = first {
            return Err(problem);
        }
        if let Some(store) = self.store() {
            self.begin_log().await?;
            store.recovered().await?;
            name_lost(store).await?;
        }
        self.0.waits.send_replace(false);
        Ok(outcomes)
    }

    /// A log that goes on for another, and of which nobody has seen anything, begins by saying so.
    async fn begin_log(&self) -> Result<()> {
        let acts = self.0.parts.logs.iter().find(|log| log.name() == ACTS);
        let (Some(first), Some(log)) = (&self.0.parts.first, acts) else { return Ok(()) };
        if log.latest().await?.is_some() || log.sequenced().await?.next > 0 {
            return Ok(());
        }
        let act = first()?;
        log.store().write(log.operator(), move |tx| tx.record_first(&act)).await
    }

    fn store(&self) -> Option<&Store> {
        self.0.parts.logs.first().map(Log::store)
    }

    /// Recovers one log, or says everything that is in the way. Nothing is in a raw log's but silence: where it
    /// cannot get back what it had, it is held with what it has.
    async fn recover(&self, log: &Log) -> Result<Outcome, Vec<Problem>> {
        let one = |problem| vec![problem];
        let (seen, silent) = self.ask(log).await.map_err(one)?;
        if !silent.is_empty() {
            return Err(silent);
        }
        let outcome = self.bring_back(log, &seen).await;
        if holds_acts(log.name()) || log.store().is_whole(log.name()).await.map_err(one)? {
            return outcome;
        }
        for problem in outcome.err().unwrap_or_default() {
            tracing::error!(log = log.origin(), "not brought back: {problem}");
        }
        let size = log.latest().await.map_err(one)?.map_or(0, |signed| signed.tree().size);
        tracing::error!(
            log = log.origin(),
            size,
            "nobody can know what else it has published: it stays held"
        );
        Ok(Outcome::Held { size })
    }

    /// Brings the leaves back that others have seen and that are not here.
    async fn bring_back(&self, log: &Log, seen: &Seen) -> Result<Outcome, Vec<Problem>> {
        let one = |problem| vec![problem];
        let from = log.latest().await.map_err(one)?.map_or_else(Tree::empty, |signed| signed.tree());
        check_known(log, from.size, seen).await.map_err(one)?;
        if let Some((name, size)) = self.unshown(seen, from.size) {
            self.weigh(log, &name, size, seen).await?;
        }
        if seen.size <= from.size {
            tracing::info!(
                log = log.name(),
                size = from.size,
                "nobody has seen more of the log than is here"
            );
            return Ok(Outcome::Whole);
        }
        let mut copies: Vec<_> = seen.copies.iter().filter(|(_, c)| c.tree().size >= seen.size).collect();
        copies.sort_by_key(|(_, c)| std::cmp::Reverse(c.tree().size));
        let mut failed = Vec::new();
        for (base, copy) in copies {
            match self.fetch(log, from, base, copy, seen).await {
                Ok(lost) => {
                    let size = copy.tree().size;
                    tracing::warn!(log = log.name(), from = from.size, size, lost, %base, "leaves came back from a mirror");
                    return Ok(Outcome::Returned { from: from.size, size, lost });
                }
                Err(problem) => failed.push(problem),
            }
        }
        if failed.is_empty() {
            failed.push(self.lost(log, seen.size, from.size, seen).await.map_err(one)?);
        }
        Err(failed)
    }

    async fn lost(&self, log: &Log, expected: u64, here: u64, seen: &Seen) -> Result<Problem> {
        self.remember_last(log, seen).await?;
        let best = seen.copies.iter().map(|(_, c)| c.tree().size).fold(here, u64::max);
        let problem = Problem::new(ErrorCode::LogLost).with("what", log.origin());
        Ok(problem.with("expected", expected).with("found", best))
    }

    /// The witness that says it has cosigned most of what nobody shows, beyond what is here.
    fn unshown(&self, seen: &Seen, here: u64) -> Option<(String, u64)> {
        let most = seen.size.max(here);
        seen.claims.iter().filter(|(_, size)| *size > most).max_by_key(|(_, size)| *size).cloned()
    }

    /// What a witness says and does not show holds the log up for a while: it may come to show it. Then it is
    /// set aside if others bear witness against it, who hold copies made before any witness was asked; and if
    /// none do, the log is lost as far as anybody can tell, which is for the country's anchor to say (LG-1).
    async fn weigh(&self, log: &Log, name: &str, size: u64, seen: &Seen) -> Result<(), Vec<Problem>> {
        let since = *self
            .0
            .claims
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.to_owned())
            .or_insert_with(Instant::now);
        let why =
            format!("witness {name}: it says that it has cosigned {size} leaves, and does not show them");
        if since.elapsed() < self.0.parts.patience {
            return Err(vec![held(log, &why)]);
        }
        if !seen.bears_out() {
            let here = log.latest().await.map_err(|p| vec![p])?.map_or(0, |signed| signed.tree().size);
            return Err(vec![self.lost(log, size, here, seen).await.map_err(|p| vec![p])?]);
        }
        self.doubt(log, name, &why);
        Ok(())
    }

    fn doubt(&self, log: &Log, name: &str, why: &str) {
        tracing::error!(log = log.origin(), "not believed: {why}");
        let problem = Problem::new(ErrorCode::PartnerAnswer).with("partner", name).with("why", why);
        self.0.doubted.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), problem);
    }

    /// Keeps the last that was shown of a log that is lost, cosigned once more by those who know it.
    async fn remember_last(&self, log: &Log, seen: &Seen) -> Result<()> {
        let shown = seen.checkpoints.iter().max_by_key(|c| c.tree().size);
        let mut last = match shown {
            Some(shown) => shown.only(&[&log.key()]),
            None => log.shown().await?,
        };
        let policy = self.0.parts.policy.policy()?;
        let request = AddCheckpoint { old: last.tree().size, proof: Vec::new(), checkpoint: last.clone() };
        for witness in policy.witnesses() {
            let Some(base) = witness.url.as_deref().and_then(|url| prefix(url).ok()) else { continue };
            let Ok(reply) =
                self.0.parts.link.post(&door(&base, "add-checkpoint")?, None, request.to_bytes()).await
            else {
                continue;
            };
            let lines = std::str::from_utf8(&reply.body).ok().and_then(|text| signature_lines(text).ok());
            let mut lines = lines.filter(|_| reply.status == StatusCode::OK).unwrap_or_default();
            lines.retain(|line| line.hash == witness.key.hash() && *line.name == *witness.key.name());
            let mut cosigned = last.clone();
            cosigned.add(lines)?;
            if matches!(cosigned.signed_by(&witness.key), Finding::Valid { .. }) {
                last = cosigned;
            }
        }
        let mut known = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(log.origin().to_owned(), last);
        Ok(())
    }

    /// Brings back what lies between the tree that is here and the copy. Every leaf is shown to be in
    /// the copy's tree, and that to go on from ours and from all that others show, before it is kept.
    async fn fetch(
        &self,
        log: &Log,
        from: Tree,
        base: &Url,
        copy: &SignedCheckpoint,
        seen: &Seen,
    ) -> Result<u64> {
        let (store, tree) = (log.store(), copy.tree());
        let mut remote = Remote::new(&*self.0.parts.fetch, base);
        let shown = seen.checkpoints.iter().map(SignedCheckpoint::tree);
        for older in std::iter::once(from).chain(shown) {
            follows(log, tree, older, &mut remote).await?;
        }
        store.make_room(log.name(), from.size).await?;
        let mut lost = 0;
        let mut bundles = pin!(remote.bundles(from.size, tree.size, AHEAD));
        while let Some(bundle) = bundles.next().await {
            let mut bundle = bundle?;
            holds(log, tree, &bundle, &mut remote).await?;
            let next = bundle.floor.max(from.size);
            let here = usize::try_from(next - bundle.floor).unwrap_or(usize::MAX);
            let new = bundle.entries.split_off(here.min(bundle.entries.len()));
            lost += store.adopt_leaves(log.operator(), log.name(), next, new).await?;
        }
        log.take_back(copy).await?;
        Ok(lost)
    }

    /// Whether one of those who answer in time has seen more of a log than is here.
    async fn anybody_ahead(&self, patience: Duration) -> Result<bool> {
        for log in &self.0.parts.logs {
            // Who is silent, and that there is no policy yet, keeps nothing up here.
            let Ok(Ok((seen, _))) = tokio::time::timeout(patience, self.ask(log)).await else { continue };
            // Looked at afterwards: another process may have signed since, and stored it before it was shown.
            let here = log.latest().await?.map_or(0, |latest| latest.tree().size);
            if seen.size > here {
                return Ok(true);
            }
            match self.unshown(&seen, here) {
                Some((name, size)) if seen.bears_out() => {
                    let why = format!(
                        "witness {name}: it says that it has cosigned {size} leaves, and does not show them"
                    );
                    self.doubt(log, &name, &why);
                }
                Some(_) => return Ok(true),
                None => {}
            }
        }
        Ok(false)
    }
}

fn held(log: &Log, why: &str) -> Problem {
    Problem::new(ErrorCode::LogHeld).with("what", log.origin()).with("why", why)
}

fn forked(log: &Log, size: u64) -> Problem {
    let why = "what others have seen does not go on from what is here";
    Problem::new(ErrorCode::CheckpointInconsistent)
        .with("what", format!("{}, size {size}", log.origin()))
        .with("why", why)
}

/// That what others show of sizes that are here is what is here.
async fn check_known(log: &Log, size: u64, seen: &Seen) -> Result<()> {
    for shown in seen.checkpoints.iter().map(SignedCheckpoint::tree) {
        if shown.size <= size && shown.size > 0 && log.tree_at(shown.size).await? != shown {
            return Err(forked(log, shown.size));
        }
    }
    Ok(())
}

/// That the copy goes on from this older tree.
async fn follows(log: &Log, tree: Tree, older: Tree, remote: &mut Remote<'_>) -> Result<()> {
    let proof = match older.size {
        0 => Vec::new(),
        same if same == tree.size => Vec::new(),
        old => remote.ask(tree.size, |nodes| prove_consistency(old, tree.size, nodes)).await?,
    };
    if tree.follows(&older, &proof) { Ok(()) } else { Err(forked(log, older.size)) }
}

/// That the entries of a bundle are in the tree.
async fn holds(log: &Log, tree: Tree, bundle: &Bundle, remote: &mut Remote<'_>) -> Result<()> {
    let Bundle { floor, end, entries } = bundle;
    let fault = || Problem::new(ErrorCode::Internal).with("why", "a bundle that is no subtree");
    let subtree = Subtree::new(*floor, *end).ok_or_else(fault)?;
    let proof = remote.ask(tree.size, |nodes| prove_subtree(subtree, tree.size, nodes)).await?;
    let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    if entries.len() as u64 == end - floor && tree.holds(subtree, &root(&leaves), &proof) {
        return Ok(());
    }
    let why = format!("the mirror's entries from {floor} are not in the tree that was signed");
    Err(Problem::new(ErrorCode::CheckpointInconsistent).with("what", log.origin()).with("why", why))
}

/// Says which acts are in the log and nowhere else any more.
async fn name_lost(store: &Store) -> Result<()> {
    let mut from = 0;
    let mut named = 0;
    loop {
        let page = store.lost_acts(from, 256).await?;
        let Some(last) = page.last() else { return Ok(()) };
        from = last.number + 1;
        for leaf in page {
            named += 1;
            if named > NAMED {
                tracing::warn!("more acts are lost: `corridor log lost` names them all");
                return Ok(());
            }
            match Act::parse(&leaf.entry) {
                Ok(act) => {
                    let (leaf, id, kind, time) = (leaf.number, act.id, act.kind, act.time);
                    tracing::warn!(leaf, %id, kind, %time, "the state that belongs to an act is lost");
                }
                Err(_) => tracing::warn!(leaf = leaf.number, "an act is lost that this build cannot read"),
            }
        }
    }
}
