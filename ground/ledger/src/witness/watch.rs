//! Comparing notes: what a log shows to us is held against what it publishes and against what it showed
//! to its other witnesses. A log that keeps two histories must keep them apart from everyone who does
//! this. It is also how a witness that was restored from a backup catches up before it cosigns again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_proof::merkle::{HashReader, prove_consistency};
use corridor_proof::split_view::MAX_EVIDENCE;
use corridor_proof::{Policy, SignedCheckpoint, SplitView, VerifierKey};
use futures::future::join_all;
use tokio::sync::watch;
use url::Url;

use super::suspects::Suspects;
use super::{AddCheckpoint, KnownLog, PolicySource, Witness, origin_hash, prefix, signed_by_one};
use crate::mirror::remote::{Remote, wrong};
use crate::mirror::{Fetch, Mirror, Standing};

/// How much of the others' lists of split views is read: a thousand alarms.
const MAX_LIST: usize = 65 << 10;
/// How many split views are taken from one witness in one round.
const MAX_TAKEN: usize = 8;
/// How many comparisons are remembered, so that they are not made again.
const REMEMBERED: usize = 4096;

/// What comparing needs.
pub struct WatchParts {
    /// The witness whose state is compared.
    pub witness: Witness,
    /// The mirror, whose state is compared, too. It holds the nodes that a proof needs when the log itself
    /// does not show them.
    pub mirror: Option<Mirror>,
    /// Who the other witnesses are. Those who run our software tell what they saw.
    pub policy: Arc<dyn PolicySource>,
    /// How others are reached.
    pub fetch: Arc<dyn Fetch>,
}

/// Compares what logs show to whom. A clone is the same.
#[derive(Clone)]
pub struct Watch(Arc<Inner>);

struct Inner {
    parts: WatchParts,
    compared: Mutex<HashSet<(Digest, Digest)>>,
    /// Pairs of which it was said that nobody shows how they are connected.
    told: Mutex<HashSet<(Digest, Digest)>>,
    /// Suspects that no tiles tell of yet: the log may come to show them.
    undecided: Suspects,
}

/// How two checkpoints of one log are to each other.
enum Relation {
    /// The larger begins with the smaller.
    Follows,
    /// They cannot both be true.
    Contradicts(Box<SplitView>),
    /// The nodes that were read are not those of the larger.
    Unknown,
}

/// What others show of one log.
struct Shown {
    /// Signed checkpoints of it.
    checkpoints: Vec<SignedCheckpoint>,
    /// Whether those were heard who can say what there is of it: another witness that shows it; or, when all
    /// of them have answered and none has anything of it, the log itself. A 404 alone says nothing.
    heard: bool,
}

impl Watch {
    /// Compares with these.
    #[must_use]
    pub fn new(parts: WatchParts) -> Self {
        Self(Arc::new(Inner {
            parts,
            compared: Mutex::default(),
            told: Mutex::default(),
            undecided: Suspects::default(),
        }))
    }

    /// Compares once each `interval`, until told to stop.
    pub async fn run(&self, interval: Duration, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(10)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let rounds = async {
            loop {
                ticks.tick().await;
                if let Err(problem) = self.round().await {
                    tracing::warn!(code = %problem.code(), "logs cannot be compared: {problem}");
                }
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => {}
            () = rounds => {}
        }
    }

    /// Compares everything once.
    ///
    /// # Errors
    /// What the policy says. What a log or a witness does wrong, or that it does not answer, is logged.
    pub async fn round(&self) -> Result<()> {
        let policy = self.0.parts.policy.policy()?;
        let own = self.0.parts.witness.keys();
        let others = policy.witnesses().iter().filter(|w| own.iter().all(|own| own.bytes() != w.key.bytes()));
        // One with several keys stands there once for each.
        let peers: BTreeSet<Url> = others.filter_map(|w| prefix(w.url.as_deref()?).ok()).collect();
        let peers: Vec<Url> = peers.into_iter().collect();
        let mut logs: BTreeMap<String, Vec<KnownLog>> = BTreeMap::new();
        for log in self.0.parts.witness.logs().all() {
            logs.entry(log.key.name().to_owned()).or_default().push(log);
        }
        let mut suspects = self.take_suspects();
        let known = &peers;
        let looks = logs.iter().map(|(origin, logs)| {
            let suspects = suspects.remove(origin).unwrap_or_default();
            async move {
                if let Err(problem) = self.look(origin, logs, known, suspects).await {
                    tracing::warn!(origin, code = %problem.code(), "not compared: {problem}");
                }
            }
        });
        join_all(looks).await;
        for (peer, outcome) in join_all(peers.iter().map(|peer| self.take_alarms(peer, &policy))).await {
            if let Err(problem) = outcome {
                tracing::debug!(%peer, code = %problem.code(), "no split views heard of: {problem}");
            }
        }
        Ok(())
    }

    /// What did not follow at either door, and what nobody could tell of so far, by the log.
    fn take_suspects(&self) -> BTreeMap<String, Vec<SignedCheckpoint>> {
        let parts = &self.0.parts;
        let mut all = self.0.undecided.take();
        all.extend(parts.witness.take_suspects());
        all.extend(parts.mirror.iter().flat_map(Mirror::take_suspects));
        let mut suspects: BTreeMap<String, Vec<SignedCheckpoint>> = BTreeMap::new();
        for suspect in all {
            let of_log = suspects.entry(suspect.origin().to_owned()).or_default();
            if of_log.iter().all(|s| s.digest() != suspect.digest()) {
                of_log.push(suspect);
            }
        }
        suspects
    }

    async fn look(
        &self,
        origin: &str,
        logs: &[KnownLog],
        peers: &[Url],
        suspects: Vec<SignedCheckpoint>,
    ) -> Result<()> {
        let keys: Vec<VerifierKey> = logs.iter().map(|log| log.key.clone()).collect();
        let bases: Vec<Url> = logs.iter().filter_map(|log| log.url.clone()).collect();
        let shown = self.shown(origin, &keys, &bases, peers).await;
        let largest = shown.checkpoints.iter().max_by_key(|c| c.tree().size).cloned();
        let parts = &self.0.parts;
        let ours = self.ours(origin).await?;
        let looked_into = self.look_into(&ours, suspects, &keys, &bases).await;
        for (i, one) in ours.iter().enumerate() {
            for seen in shown.checkpoints.iter().chain(ours.iter().skip(i + 1)) {
                self.compare(one, seen, &keys, &bases).await?;
            }
        }
        looked_into?;
        // That ends a hold: what was cosigned before the backup was restored is then known, or nobody is left
        // who saw it.
        if !shown.heard {
            return Ok(());
        }
        if parts.witness.is_held(origin).await? {
            self.catch_up(origin, largest.as_ref(), &bases).await?;
        }
        match &parts.mirror {
            Some(mirror) if mirror.is_held(origin).await? => {
                self.catch_up_mirror(mirror, origin, largest.as_ref(), &bases).await
            }
            _ => Ok(()),
        }
    }

    /// What this node holds of the log, each by its signature: what its witness has cosigned, what its mirror
    /// has a copy of, and what was brought to its mirror. Mostly they are one.
    async fn ours(&self, origin: &str) -> Result<Vec<SignedCheckpoint>> {
        let standing = match &self.0.parts.mirror {
            Some(mirror) => mirror.standing(origin).await?,
            None => Standing::default(),
        };
        let latest = self.0.parts.witness.latest(origin).await?;
        let mut ours: Vec<SignedCheckpoint> = Vec::new();
        for one in [latest, standing.checkpoint, standing.pending].into_iter().flatten() {
            if ours.iter().all(|other| other.digest() != one.digest()) {
                ours.push(one);
            }
        }
        Ok(ours)
    }

    /// Holds suspects against what this node holds. Those that nobody's tiles reach yet stay suspects.
    async fn look_into(
        &self,
        ours: &[SignedCheckpoint],
        suspects: Vec<SignedCheckpoint>,
        keys: &[VerifierKey],
        bases: &[Url],
    ) -> Result<()> {
        let mut outcome = Ok(());
        for suspect in suspects {
            let mut decided = ours.is_empty();
            for one in ours {
                match self.compare(one, &suspect, keys, bases).await {
                    Ok(told) => decided |= told,
                    Err(problem) => outcome = Err(problem),
                }
            }
            if !decided {
                self.0.undecided.add(suspect);
            }
        }
        outcome
    }

    /// What the log and its other witnesses show of it.
    async fn shown(&self, origin: &str, keys: &[VerifierKey], bases: &[Url], peers: &[Url]) -> Shown {
        let below = |peer: &Url| peer.join(&format!("{}/", origin_hash(origin))).ok();
        let theirs: Vec<Url> = peers.iter().filter_map(below).collect();
        let ask = |base: Url| async move { Remote::new(&*self.0.parts.fetch, &base).checkpoint().await };
        let (by_log, by_peer) =
            tokio::join!(join_all(bases.iter().cloned().map(ask)), join_all(theirs.iter().cloned().map(ask)));
        let signed = |c: &SignedCheckpoint| c.origin() == origin && signed_by_one(c, keys);
        let all_answered = by_peer.iter().all(Result::is_ok);
        let show = |answers: Vec<Result<Option<SignedCheckpoint>>>| -> Vec<SignedCheckpoint> {
            answers.into_iter().filter_map(|answer| answer.ok().flatten()).filter(signed).collect()
        };
        let (mut checkpoints, by_peer) = (show(by_log), show(by_peer));
        let heard = !by_peer.is_empty() || (all_answered && !checkpoints.is_empty());
        checkpoints.extend(by_peer);
        Shown { checkpoints, heard }
    }

    /// Holds two checkpoints against each other, and raises an alarm when they contradict. Answers whether it
    /// could be told.
    async fn compare(
        &self,
        latest: &SignedCheckpoint,
        seen: &SignedCheckpoint,
        keys: &[VerifierKey],
        bases: &[Url],
    ) -> Result<bool> {
        let pair = (latest.digest(), seen.digest());
        if pair.0 == pair.1 || self.compared().contains(&pair) {
            return Ok(true);
        }
        match self.relation(latest, seen, bases).await? {
            Relation::Follows => {}
            Relation::Contradicts(evidence) => {
                self.0.parts.witness.alarms().raise(&evidence, keys).await?;
            }
            Relation::Unknown => {
                if remember(&self.0.told, pair) {
                    let (origin, sizes) = (seen.origin(), (latest.tree().size, seen.tree().size));
                    tracing::warn!(origin, ?sizes, "nobody shows how two checkpoints of a log are connected");
                }
                return Ok(false);
            }
        }
        remember(&self.0.compared, pair);
        Ok(true)
    }

    /// From what the mirror holds, else from what the log shows.
    async fn relation(&self, a: &SignedCheckpoint, b: &SignedCheckpoint, bases: &[Url]) -> Result<Relation> {
        if a.tree().size == b.tree().size || a.tree().size.min(b.tree().size) == 0 {
            return Ok(match SplitView::new(a.clone(), b.clone(), Vec::new()) {
                Ok(evidence) => Relation::Contradicts(Box::new(evidence)),
                Err(_) => Relation::Follows,
            });
        }
        if let Some(mirror) = &self.0.parts.mirror {
            let (one, other) = (a.clone(), b.clone());
            let size = larger(a, b).tree().size;
            match mirror.ask(a.origin(), size, move |reader| relate(&one, &other, reader)).await? {
                None | Some(Relation::Unknown) => {}
                Some(known) => return Ok(known),
            }
        }
        for base in bases {
            let mut remote = Remote::new(&*self.0.parts.fetch, base);
            match remote.ask(larger(a, b).tree().size, |reader| relate(a, b, reader)).await {
                Ok(Relation::Unknown) | Err(_) => {}
                Ok(known) => return Ok(known),
            }
        }
        Ok(Relation::Unknown)
    }

    /// Takes the largest that others show, by a proof from the log's tiles, and ends the hold.
    async fn catch_up(&self, origin: &str, largest: Option<&SignedCheckpoint>, bases: &[Url]) -> Result<()> {
        let witness = &self.0.parts.witness;
        let latest = witness.latest(origin).await?;
        let old = latest.as_ref().map_or(0, |c| c.tree().size);
        let Some(target) = [latest.as_ref(), largest].into_iter().flatten().max_by_key(|c| c.tree().size)
        else {
            // Neither did we see anything of it, nor did anybody else.
            return Ok(());
        };
        let size = target.tree().size;
        let mut requests = Vec::new();
        if old == 0 || old == size {
            requests.push(Ok(Vec::new()));
        } else {
            for base in bases {
                let mut remote = Remote::new(&*self.0.parts.fetch, base);
                requests.push(remote.ask(size, |reader| prove_consistency(old, size, reader)).await);
            }
        }
        let mut outcome = Err(Problem::new(ErrorCode::WitnessBehind).with("what", origin));
        for proof in requests {
            let request = AddCheckpoint { old, proof: proof?, checkpoint: target.clone() };
            outcome = witness.catch_up(&request).await.map(|_| ());
            if outcome.is_ok() {
                tracing::info!(origin, size, "caught up with what others saw of a log");
                return Ok(());
            }
        }
        outcome
    }

    /// The mirror follows the log by itself; here is only seen to it that it followed the same one.
    async fn catch_up_mirror(
        &self,
        mirror: &Mirror,
        origin: &str,
        largest: Option<&SignedCheckpoint>,
        bases: &[Url],
    ) -> Result<()> {
        let Some(pending) = mirror.standing(origin).await?.pending else { return Ok(()) };
        let follows = match largest {
            None => true,
            Some(shown) if shown.tree().size > pending.tree().size => false,
            Some(shown) if shown.digest() == pending.digest() => true,
            Some(shown) => matches!(self.relation(&pending, shown, bases).await?, Relation::Follows),
        };
        if follows { mirror.caught_up(origin).await } else { Ok(()) }
    }

    /// Takes over the split views that another witness saw, after judging them by the policy.
    async fn take_alarms<'a>(&self, peer: &'a Url, policy: &Policy) -> (&'a Url, Result<()>) {
        (peer, self.take_alarms_of(peer, policy).await)
    }

    async fn take_alarms_of(&self, peer: &Url, policy: &Policy) -> Result<()> {
        let alarms = self.0.parts.witness.alarms();
        let list = peer.join("split-views").map_err(|e| wrong(peer, e))?;
        let Some(list) = self.0.parts.fetch.fetch(&list, MAX_LIST).await? else { return Ok(()) };
        let list = String::from_utf8(list).map_err(|e| wrong(peer, e))?;
        let mut taken = 0;
        for line in list.lines() {
            let id: Digest = line.parse()?;
            if taken == MAX_TAKEN {
                break;
            }
            if alarms.get(id).await?.is_some() || self.compared().contains(&(id, id)) {
                continue;
            }
            taken += 1;
            let url = peer.join(&format!("split-views/{id}")).map_err(|e| wrong(peer, e))?;
            let Some(bytes) = self.0.parts.fetch.fetch(&url, MAX_EVIDENCE).await? else { continue };
            let evidence = SplitView::parse(&bytes)?;
            // Our own log is among them: we must hear of it first if we are accused.
            let keys: Vec<VerifierKey> =
                policy.logs_of(evidence.origin()).map(|log| log.key.clone()).collect();
            alarms.raise(&evidence, &keys).await?;
            self.compared().insert((id, id));
        }
        Ok(())
    }

    fn compared(&self) -> std::sync::MutexGuard<'_, HashSet<(Digest, Digest)>> {
        self.0.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a pair, and forgets all when there are too many; answers whether it is new.
fn remember(pairs: &Mutex<HashSet<(Digest, Digest)>>, pair: (Digest, Digest)) -> bool {
    let mut pairs = pairs.lock().unwrap_or_else(PoisonError::into_inner);
    if pairs.len() >= REMEMBERED {
        pairs.clear();
    }
    pairs.insert(pair)
}

fn larger<'a>(a: &'a SignedCheckpoint, b: &'a SignedCheckpoint) -> &'a SignedCheckpoint {
    if a.tree().size > b.tree().size { a } else { b }
}

/// How two checkpoints of different sizes are to each other, with the nodes of the larger at hand.
fn relate(a: &SignedCheckpoint, b: &SignedCheckpoint, nodes: &mut dyn HashReader) -> Result<Relation> {
    let (new, old) = if a.tree().size > b.tree().size { (a, b) } else { (b, a) };
    let proof = prove_consistency(old.tree().size, new.tree().size, nodes)?;
    if new.tree().extends(&old.tree(), &proof) {
        return Ok(Relation::Follows);
    }
    Ok(match SplitView::find(a, b, nodes)? {
        Some(evidence) => Relation::Contradicts(Box::new(evidence)),
        None => Relation::Unknown,
    })
}

#[cfg(test)]
mod tests;
