//! What was signed about a document, judged by the key that was valid when the signature was recorded, and
//! not by the time its maker wrote (ID-1): each act about the document commits to the statement that was
//! signed, and its receipt says when witnesses of both countries had seen it, and at which leaf.

use corridor_base::{Did, ErrorCode, KeyId, Problem, Result, Timestamp};
use corridor_proof::{LeafOf, Receipt, Recorded, Signed, Statement, act};

use super::{Held, ReceiptExchange};
use crate::Side;

/// What was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The envelope, by the sender.
    Envelope,
    /// The acknowledgement, by the recipient.
    Acknowledgement,
}

/// A signature, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What was signed.
    pub what: What,
    /// Who signed it.
    pub by: Did,
    /// With which key.
    pub key: KeyId,
    /// The record that decided; `None` while no act that commits to it has a complete receipt.
    pub record: Option<Recorded>,
    /// Nothing, when the signature is that of a key that was valid then; else why not.
    pub problem: Option<Problem>,
}

impl ReceiptExchange {
    /// The signatures of a document, each judged by its earliest record; while no receipt is complete, by the
    /// instant at which the document came into our books.
    ///
    /// # Errors
    /// What keeps there from being a policy; those of the store. That a signature is bad is no error.
    pub async fn signatures(&self, us: &Did, held: &Held) -> Result<Vec<Judged>> {
        let row = &held.document;
        let (sender, recipient) = match row.side {
            Side::Out => (us, &row.partner),
            Side::In => (&row.partner, us),
        };
        let mut judged = Vec::new();
        if let Some(envelope) = &row.signed {
            let records = self.records(held, What::Envelope)?;
            let found = self.judge(sender, envelope, &records, row.created).await?;
            judged.extend(found.map(|found| found.of(What::Envelope, sender)));
        }
        if let Some(answer) = &row.acknowledgement {
            let records = self.records(held, What::Acknowledgement)?;
            let found = self.judge(recipient, answer, &records, row.updated).await?;
            judged.extend(found.map(|found| found.of(What::Acknowledgement, recipient)));
        }
        Ok(judged)
    }

    /// Where what was signed is recorded: in each log with an act that commits to it, from the time of the
    /// cosigned checkpoint of its receipt on.
    fn records(&self, held: &Held, what: What) -> Result<Vec<Recorded>> {
        let ours = held.ours.iter().filter_map(|o| Some((&o.act, o.standing.complete()?)));
        let theirs = held.theirs.iter().filter_map(|t| Some((&t.act, t.receipt.as_ref()?)));
        let commits = |kind: &str| what.kinds().contains(&kind);
        let both = ours.chain(theirs).filter(|(act, _)| commits(&act.kind));
        both.filter_map(|(_, receipt)| self.recorded(receipt).transpose()).collect()
    }

    /// When and where a receipt says that its act was recorded; `None` when it is not complete. A witness whose
    /// clock is ahead of ours counts as none, as everywhere.
    fn recorded(&self, receipt: &Receipt) -> Result<Option<Recorded>> {
        let (proof, receipts) = (receipt.proof(), &self.0.receipts);
        let at = receipts.policy()?.cosigned_at(&receipts.judgement(&proof.checkpoint)?);
        let leaf = LeafOf { log: proof.checkpoint.origin().to_owned(), leaf: proof.index };
        Ok(at.map(|at| Recorded { at, leaf: Some(leaf) }))
    }

    /// The signature of this signer; `None` when the statement carries none.
    async fn judge<T: Statement>(
        &self,
        by: &Did,
        signed: &Signed<T>,
        records: &[Recorded],
        seen: Timestamp,
    ) -> Result<Option<Found>> {
        let of = |name: &str| name.parse::<KeyId>().ok().filter(|key| key.did() == *by);
        let Some(key) = signed.signers().find_map(of) else { return Ok(None) };
        let directory = &self.0.exchange.0.directory;
        let record = directory.deciding(&key, records).cloned();
        let by = record.clone().unwrap_or_else(|| Recorded::at(seen));
        let public = match directory.key_recorded(&key, &by).await {
            Err(problem) if !judges(&problem) => return Err(problem),
            found => found,
        };
        let bad = || Problem::new(ErrorCode::SignatureInvalid).with("key", &key);
        let problem = match public {
            Ok(public) => (!signed.signed_by(key.as_str(), &public)).then(bad),
            Err(problem) => Some(problem),
        };
        Ok(Some(Found { key, record, problem }))
    }
}

/// What was found of one signature.
struct Found {
    key: KeyId,
    record: Option<Recorded>,
    problem: Option<Problem>,
}

impl Found {
    fn of(self, what: What, by: &Did) -> Judged {
        Judged { what, by: by.clone(), key: self.key, record: self.record, problem: self.problem }
    }
}

impl What {
    /// The acts that commit to it.
    fn kinds(self) -> &'static [&'static str] {
        const ENVELOPE: &[&str] =
            &[act::DOCUMENT_SUBMITTED.name, act::DOCUMENT_RECEIVED.name, act::DOCUMENT_RETURNED.name];
        const ACKNOWLEDGEMENT: &[&str] =
            &[act::DOCUMENT_ACKNOWLEDGED.name, act::DOCUMENT_RECEIVED.name, act::DOCUMENT_RETURNED.name];
        match self {
            Self::Envelope => ENVELOPE,
            Self::Acknowledgement => ACKNOWLEDGEMENT,
        }
    }
}

/// Whether this says something of the key, and not of the store that was to be asked about it.
fn judges(problem: &Problem) -> bool {
    use ErrorCode::{Internal, ShuttingDown, StorageConflict, StorageFailed};
    !matches!(problem.code(), StorageFailed | StorageConflict | ShuttingDown | Internal)
}
