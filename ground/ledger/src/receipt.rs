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
    /// The receipt as far as it goes, once a checkpoint holds the act.
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
        self.receipt.is_some() && self.missing.is_empty()
    }

    /// The receipt, when it is complete.
    #[must_use]
    pub fn complete(&self) -> Option<&Receipt> {
        self.receipt.as_ref().filter(|_| self.is_complete())
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
        // A log that has ended proves what it proved; what it did not, the one that goes on does.
        let mut found = None;
        for log in std::iter::once(&self.0.log).chain(&self.0.ended) {
            if let Some(index) = store.leaf_of(participant, log.name(), &act.to_string()).await? {
                found = Some((log, index));
                break;
            }
        }
        let Some((log, index)) = found else { return Ok(Standing::waiting(None)) };
        let policy = self.policy()?;
        // The earliest that both countries had seen; the newest, when that one does not satisfy the policy
        // of today any more, or there is none.
        let mut standing = Standing::waiting(Some(index));
        for checkpoint in [log.complete_for(index).await?, log.public().await?] {
            let Some(checkpoint) = checkpoint.filter(|c| c.tree().size > index) else { continue };
            standing = self.under(log, &row.bytes, index, checkpoint, &policy).await?;
            if standing.is_complete() {
                break;
            }
        }
        Ok(standing)
    }

    async fn under(
        &self,
        log: &Log,
        act: &[u8],
        index: u64,
        checkpoint: SignedCheckpoint,
        policy: &Arc<Policy>,
    ) -> Result<Standing> {
        let proof = log.prove_inclusion(index, checkpoint.tree().size).await?;
        let judgement = self.judge(&checkpoint, policy);
        let receipt = Receipt::new(act, index, proof, checkpoint)?;
        let missing = judgement.checks.iter().filter(|c| c.state != State::Passed).cloned().collect();
        Ok(Standing { index: Some(index), receipt: Some(receipt), judgement: Some(judgement), missing })
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
