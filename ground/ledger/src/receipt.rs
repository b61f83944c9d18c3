//! Receipts of the acts in the node's log, made when they are asked for: the act, its inclusion proof, and
//! a checkpoint with the cosignatures of both countries. Until those are there a receipt is pending and
//! says which one is missing; it becomes complete by itself when the cosignature comes (LG-2).
//!
//! Nothing is kept here. A receipt follows from the log and may be made again, a smaller proof under the
//! same checkpoint, for as long as the log stands.

pub mod page;
mod qr;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use corridor_base::{ActId, Clock, Did, Digest, ErrorCode, Problem, Result};
use corridor_proof::cose::CoseReceipt;
use corridor_proof::policy::{Judgement, Standing as WitnessStanding};
use corridor_proof::verdict::{Check, CheckName, State, outcome};
use corridor_proof::{Policy, Receipt, SignedCheckpoint, Signer};
use corridor_storage::Tx;

pub use qr::svg as qr_code;

use crate::log::Log;
use crate::witness::PolicySource;

/// The receipts of one node. Cheap to clone.
#[derive(Clone)]
pub struct Receipts(Arc<Inner>);

struct Inner {
    log: Log,
    ended: Vec<Log>,
    key: Arc<dyn Signer>,
    policy: Arc<dyn PolicySource>,
    clock: Arc<dyn Clock>,
    judged: Mutex<Memory>,
}

/// What a policy made of checkpoints: many receipts stand under one, and each of its signatures costs more than
/// all else about a receipt.
#[derive(Default)]
struct Memory {
    policy: Option<Arc<Policy>>,
    judgements: HashMap<Digest, Judgement>,
}

impl Memory {
    /// What is remembered of this policy; what another one said is forgotten.
    fn of(&mut self, policy: &Arc<Policy>) -> &mut HashMap<Digest, Judgement> {
        if !self.policy.as_ref().is_some_and(|known| Arc::ptr_eq(known, policy)) {
            self.policy = Some(policy.clone());
            self.judgements.clear();
        }
        &mut self.judgements
    }
}

/// How many judgements are remembered.
const REMEMBERED: usize = 256;

/// How it stands with the receipt of an act.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The act's place in the log, once it has one.
    pub index: Option<u64>,
    /// The receipt as far as it goes, once a checkpoint holds the act; never in answers of
    /// [`Receipts::reached`].
    pub receipt: Option<Receipt>,
    /// How its checkpoint stands under the policy of now.
    pub judgement: Option<Judgement>,
    /// What is still missing, with whom it is missing from: `inclusion` while the act has no place under a
    /// checkpoint, then countries and the quorum. Empty when the receipt is complete.
    pub missing: Vec<Check>,
}

impl Standing {
    /// Whether there is nothing to wait for (LG-2).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.judgement.is_some() && self.missing.is_empty()
    }

    /// The receipt, when it is complete.
    #[must_use]
    pub fn complete(&self) -> Option<&Receipt> {
        self.receipt.as_ref().filter(|_| self.missing.is_empty())
    }

    /// Under a checkpoint that the policy has judged.
    fn judged(index: u64, receipt: Option<Receipt>, judgement: Judgement) -> Self {
        let missing = judgement.checks.iter().filter(|c| c.state != State::Passed).cloned().collect();
        Self { index: Some(index), receipt, judgement: Some(judgement), missing }
    }

    fn waiting(index: Option<u64>) -> Self {
        let missing = vec![Check::new(CheckName::Inclusion, State::Pending, Vec::new())];
        Self { index, receipt: None, judgement: None, missing }
    }
}

impl Receipts {
    /// The receipts of this log of acts, judged under the policy of the moment. The key is the log's, for
    /// receipts in COSE.
    #[must_use]
    pub fn new(log: Log, key: Arc<dyn Signer>, policy: Arc<dyn PolicySource>, clock: Arc<dyn Clock>) -> Self {
        Self::with_ended(log, Vec::new(), key, policy, clock)
    }

    /// The same, with the logs that have ended before this one, the last to end first: acts that are only in
    /// one of them have their receipts there.
    #[must_use]
    pub fn with_ended(
        log: Log,
        ended: Vec<Log>,
        key: Arc<dyn Signer>,
        policy: Arc<dyn PolicySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner { log, ended, key, policy, clock, judged: Mutex::default() }))
    }

    /// The policy of the moment.
    ///
    /// # Errors
    /// What keeps there from being one.
    pub fn policy(&self) -> Result<Arc<Policy>> {
        self.0.policy.policy()
    }

    /// How it stands with the receipt of this participant's act.
    ///
    /// # Errors
    /// `not-found` when there is no such act; what keeps there from being a policy; as
    /// [`corridor_storage::Store::read`].
    pub async fn of(&self, participant: &Did, act: ActId) -> Result<Standing> {
        let store = self.0.log.store();
        let row = store.act(participant, act).await?;
        let row = row.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("act {act}")))?;
        let Some((log, index)) = self.places(participant, vec![act]).await?.pop().flatten() else {
            return Ok(Standing::waiting(None));
        };
        let (complete, public) = (log.complete_for(index).await?, log.public().await?);
        let Some((checkpoint, judgement)) = self.best(index, [complete, public], &self.policy()?) else {
            return Ok(Standing::waiting(Some(index)));
        };
        let proof = log.prove_inclusion(index, checkpoint.tree().size).await?;
        let receipt = Receipt::new(&row.bytes, index, proof, checkpoint)?;
        Ok(Standing::judged(index, Some(receipt), judgement))
    }

    /// The same of many acts of this participant, in their order, without the receipts themselves: a list says
    /// how far they are, and their proofs cost more than all else about them.
    ///
    /// # Errors
    /// As [`Receipts::of`], but an act that is not there is one that waits.
    pub async fn reached(&self, participant: &Did, acts: Vec<ActId>) -> Result<Vec<Standing>> {
        let places = self.places(participant, acts).await?;
        let mut standings: Vec<Standing> =
            places.iter().map(|place| Standing::waiting(place.map(|(_, index)| index))).collect();
        for log in self.logs() {
            let here = places.iter().zip(&mut standings).filter_map(|(place, standing)| {
                let (of, index) = (*place)?;
                std::ptr::eq(of, log).then_some((index, standing))
            });
            let here: Vec<(u64, &mut Standing)> = here.collect();
            if here.is_empty() {
                continue;
            }
            let (policy, public) = (self.policy()?, log.public().await?);
            let complete = log.complete_for_each(here.iter().map(|(index, _)| *index).collect()).await?;
            for ((index, standing), complete) in here.into_iter().zip(complete) {
                if let Some((_, judgement)) = self.best(index, [complete, public.clone()], &policy) {
                    *standing = Standing::judged(index, None, judgement);
                }
            }
        }
        Ok(standings)
    }

    fn logs(&self) -> impl Iterator<Item = &Log> {
        std::iter::once(&self.0.log).chain(&self.0.ended)
    }

    /// Where acts have their leaves. A log that has ended proves what it proved; what it did not, the one that
    /// goes on does.
    async fn places(&self, participant: &Did, acts: Vec<ActId>) -> Result<Vec<Option<(&Log, u64)>>> {
        let names: Vec<String> = self.logs().map(|log| log.name().to_owned()).collect();
        let find = move |tx: &mut Tx<'_>| acts.iter().map(|act| place(tx, &names, *act)).collect();
        let found: Vec<Option<(usize, u64)>> = self.0.log.store().read(participant, find).await?;
        let log = |at: usize| self.logs().nth(at);
        Ok(found.into_iter().map(|place| place.and_then(|(at, index)| Some((log(at)?, index)))).collect())
    }

    /// Of the earliest checkpoint that both countries had seen and the newest, the first under which nothing
    /// is missing, and else the last that holds the leaf: the policy of today may not be that of then.
    fn best(
        &self,
        index: u64,
        checkpoints: [Option<SignedCheckpoint>; 2],
        policy: &Arc<Policy>,
    ) -> Option<(SignedCheckpoint, Judgement)> {
        let mut best = None;
        for checkpoint in checkpoints.into_iter().flatten().filter(|c| c.tree().size > index) {
            let judgement = self.judge(&checkpoint, policy);
            let enough = judgement.checks.iter().all(|c| c.state == State::Passed);
            best = Some((checkpoint, judgement));
            if enough {
                break;
            }
        }
        best
    }

    /// What the policy of the moment makes of a checkpoint now.
    ///
    /// # Errors
    /// What keeps there from being a policy.
    pub fn judgement(&self, checkpoint: &SignedCheckpoint) -> Result<Judgement> {
        Ok(self.judge(checkpoint, &self.policy()?))
    }

    /// What the policy makes of a checkpoint with these very signatures, remembered unless the clock has a part
    /// in it.
    fn judge(&self, checkpoint: &SignedCheckpoint, policy: &Arc<Policy>) -> Judgement {
        let digest = Digest::of(&checkpoint.to_bytes());
        if let Some(known) = self.memory().of(policy).get(&digest) {
            return known.clone();
        }
        let judgement = policy.judge(checkpoint, Some(self.0.clock.now()));
        let ahead = |s: &WitnessStanding| matches!(s, WitnessStanding::Counted { ahead: true, .. });
        if !judgement.witnesses.iter().any(|(_, standing)| ahead(standing)) {
            let mut memory = self.memory();
            let known = memory.of(policy);
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(digest, judgement.clone());
        }
        judgement
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The receipt as COSE has it (RFC 9942), signed by the log.
    ///
    /// # Errors
    /// `malformed` when the receipt is of another log; what the signer says.
    pub fn cose(&self, receipt: &Receipt) -> Result<CoseReceipt> {
        CoseReceipt::sign(receipt.proof(), &*self.0.key)
    }

    /// The receipt as a page to print, in three languages.
    ///
    /// # Errors
    /// `malformed` when it is too long for paper; what keeps there from being a policy.
    pub fn page(&self, receipt: &Receipt) -> Result<String> {
        page::page(receipt, &*self.policy()?)
    }
}

/// In which of these logs an act has its leaf, and where.
fn place(tx: &mut Tx<'_>, logs: &[String], act: ActId) -> Result<Option<(usize, u64)>> {
    let act = act.to_string();
    for (at, log) in logs.iter().enumerate() {
        if let Some(index) = tx.leaf_of(log, &act)? {
            return Ok(Some((at, index)));
        }
    }
    Ok(None)
}

/// The receipt with no other lines than those of the policy's Ed25519 keys: what paper has room for, and
/// what a browser can check.
///
/// # Errors
/// `malformed`: never, of a receipt that was read.
pub fn for_paper(receipt: &Receipt, policy: &Policy) -> Result<Receipt> {
    let logs = policy.logs().iter().map(|log| &log.key);
    let keys: Vec<_> =
        logs.chain(policy.witnesses().iter().map(|w| &w.key)).filter(|k| k.bytes().len() == 32).collect();
    let mut proof = receipt.proof().clone();
    proof.checkpoint = proof.checkpoint.only(&keys);
    let act = proof.extra.unwrap_or_default();
    Receipt::new(&act, proof.index, proof.hashes, proof.checkpoint)
}

/// What the checks of a receipt come to under a policy.
#[must_use]
pub fn judged(receipt: &Receipt, policy: &Policy) -> (State, Vec<Check>) {
    let verdict = corridor_proof::receipt::verify(&receipt.to_bytes(), policy, None);
    (outcome(&verdict.checks), verdict.checks)
}
