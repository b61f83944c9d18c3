//! The checkpoints of a log in its books, with the cosignatures that were gathered: those that are complete are kept
//! for good, and say when both countries had first seen a leaf (ID-1).

use corridor_base::{ErrorCode, Problem, Result, Timestamp};
use corridor_proof::SignedCheckpoint;
use corridor_proof::merkle::Tree;
use corridor_proof::note::SignatureLine;
use corridor_storage::{Row, Tx, Value};

use super::Log;

/// How many of the newest checkpoints are kept although they are not complete. Those that are
/// complete are kept for good: they say when a leaf was first in a log that both countries had seen.
pub(super) const KEPT: i64 = 256;

/// A stored checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// With the cosignatures gathered so far.
    pub signed: SignedCheckpoint,
    /// When it was signed.
    pub time: Timestamp,
    /// Whether the policy was satisfied.
    pub complete: bool,
    /// Whether a mirror held all its leaves when it was cosigned; `None` when nobody looked.
    pub copied: Option<bool>,
}

impl Log {
    /// Stored checkpoints from this size on, smallest first, at most so many.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn checkpoints(&self, from: u64, limit: u32) -> Result<Vec<StoredCheckpoint>> {
        let name = self.name().to_owned();
        let all = move |tx: &mut Tx<'_>| {
            let rows = tx.query(
                "SELECT note, time, complete, copied FROM checkpoint WHERE participant = $1 AND log = $2 AND size >= $3
                 ORDER BY size LIMIT $4",
                &[name.as_str().into(), from.into(), limit.into()],
            )?;
            rows.iter().map(read_checkpoint).collect()
        };
        self.store().read(self.operator(), all).await
    }

    /// Adds cosignatures to the checkpoint of this size; whoever calls has judged them. A witness that is
    /// there already stays with its first, which is the earliest. A checkpoint that is complete stays so.
    /// A checkpoint that is no longer kept, because many followed it, is let go.
    ///
    /// # Errors
    /// `malformed` when there are too many lines; as [`Store::write`].
    pub async fn cosigned(&self, size: u64, lines: Vec<SignatureLine>, complete: bool) -> Result<()> {
        self.cosigned_with(size, lines, complete, None).await
    }

    /// The same, with whether a mirror held all leaves of it then.
    ///
    /// # Errors
    /// As [`Log::cosigned`].
    pub async fn cosigned_with(
        &self,
        size: u64,
        lines: Vec<SignatureLine>,
        complete: bool,
        copied: Option<bool>,
    ) -> Result<()> {
        let name = self.name().to_owned();
        let unit = move |tx: &mut Tx<'_>| {
            let key = [name.as_str().into(), size.into()];
            let row = tx.query_one(
                "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2 AND size = $3",
                &key,
            )?;
            let Some(row) = row else { return Ok(()) };
            let mut signed = read_note(row.bytes(0)?)?;
            for line in &lines {
                let there = |l: &SignatureLine| l.name == line.name && l.hash == line.hash;
                if !signed.note().signatures().iter().any(there) {
                    signed.add([line.clone()])?;
                }
            }
            let [name, size] = key;
            tx.execute(
                "UPDATE checkpoint SET note = $4, complete = CASE WHEN complete = 1 THEN 1 ELSE $5 END,
                 copied = CASE WHEN copied IS NULL OR $6 = 1 THEN $6 ELSE copied END
                 WHERE participant = $1 AND log = $2 AND size = $3",
                &[
                    name,
                    size,
                    signed.to_bytes().into(),
                    complete.into(),
                    copied.map_or(Value::Null, Value::from),
                ],
            )?;
            Ok(())
        };
        self.store().write(self.operator(), unit).await
    }

    /// The smallest complete checkpoint that holds the leaf of this number: the earliest that both
    /// countries have seen it in (ID-1).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn complete_for(&self, index: u64) -> Result<Option<SignedCheckpoint>> {
        Ok(self.complete_for_each(vec![index]).await?.pop().flatten())
    }

    /// The same of many leaves, in their order.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn complete_for_each(&self, leaves: Vec<u64>) -> Result<Vec<Option<SignedCheckpoint>>> {
        let name = self.name().to_owned();
        let find = move |tx: &mut Tx<'_>| {
            let find = |index: &u64| {
                let row = tx.query_one(
                    "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2 AND size > $3 AND complete = 1
                     ORDER BY size LIMIT 1",
                    &[name.as_str().into(), (*index).into()],
                )?;
                row.map(|row| read_note(row.bytes(0)?)).transpose()
            };
            leaves.iter().map(find).collect()
        };
        self.store().read(self.operator(), find).await
    }

    /// The largest complete checkpoint: every leaf that it holds has a complete receipt (LG-2).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn newest_complete(&self) -> Result<Option<SignedCheckpoint>> {
        let name = self.name().to_owned();
        let find = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2 AND complete = 1
                 ORDER BY size DESC LIMIT 1",
                &[name.as_str().into()],
            )?;
            row.map(|row| read_note(row.bytes(0)?)).transpose()
        };
        self.store().read(self.operator(), find).await
    }
}

/// Size and root of the newest stored checkpoint.
pub(super) fn newest_tree(tx: &mut Tx<'_>, log: &str) -> Result<Option<Tree>> {
    let row = tx.query_one(
        "SELECT size, root FROM checkpoint WHERE participant = $1 AND log = $2 ORDER BY size DESC LIMIT 1",
        &[log.into()],
    )?;
    row.map(|row| Ok(Tree { size: row.size(0)?, root: row.digest(1)? })).transpose()
}

pub(super) fn store_checkpoint(
    tx: &mut Tx<'_>,
    log: &str,
    signed: &SignedCheckpoint,
    now: Timestamp,
) -> Result<()> {
    let tree = signed.tree();
    tx.execute(
        "INSERT INTO checkpoint (participant, log, size, root, note, time, complete)
         VALUES ($1, $2, $3, $4, $5, $6, 0)",
        &[log.into(), tree.size.into(), tree.root.into(), signed.to_bytes().into(), now.into()],
    )?;
    // The one that is the last of the newest now, unless it is complete: each passes this place once.
    tx.execute(
        "DELETE FROM checkpoint WHERE participant = $1 AND log = $2 AND complete = 0 AND size = (
            SELECT size FROM checkpoint WHERE participant = $1 AND log = $2
            ORDER BY size DESC LIMIT 1 OFFSET $3)",
        &[log.into(), KEPT.into()],
    )?;
    Ok(())
}

/// A checkpoint as it is stored. It was written by this program: what cannot be read is damaged, and nobody's input.
pub(super) fn read_note(note: &[u8]) -> Result<SignedCheckpoint> {
    SignedCheckpoint::parse(note).map_err(|why| {
        Problem::new(ErrorCode::StorageFailed).with("why", format!("a stored checkpoint is damaged: {why}"))
    })
}

pub(super) fn read_checkpoint(row: &Row) -> Result<StoredCheckpoint> {
    let signed = read_note(row.bytes(0)?)?;
    let copied = row.opt_int(3)?.map(|copied| copied == 1);
    Ok(StoredCheckpoint { signed, time: row.timestamp(1)?, complete: row.flag(2)?, copied })
}
