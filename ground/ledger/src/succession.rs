//! A log of acts that cannot go on ends here, and a new one goes on in its place, under a statement of the
//! country's anchor (`corridor_proof::succession`). What the old log holds stays where it is, under another
//! name, is served, and proves what it proved. Acts that no checkpoint of it covers which both countries
//! cosigned wait for a leaf in the new one (EX-2). Nothing is signed under the old origin any more (LG-1):
//! the row that says that it has ended is looked at in the unit that signs.

use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::cosignature::Finding;
use corridor_proof::{PublicKey, Signature, SignedCheckpoint, Signer, Succession};
use corridor_storage::{ACTS, Store, Tx, ended_name};

/// A log of acts that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedLog {
    /// Its name here.
    pub name: String,
    /// What the anchor said.
    pub succession: Succession,
    /// When it was taken up here.
    pub time: Timestamp,
}

/// The public half of the key of a log that has ended: it signs nothing.
pub struct EndedKey {
    name: String,
    public: PublicKey,
}

impl EndedLog {
    /// Its key.
    ///
    /// # Errors
    /// `malformed`: never, of a succession that was checked.
    pub fn key(&self) -> Result<EndedKey> {
        let log = &self.succession.log;
        let bytes = log.bytes().try_into().ok();
        let none = || Problem::new(ErrorCode::Malformed).with("what", "key of a log that has ended");
        Ok(EndedKey { name: log.name().to_owned(), public: PublicKey::from_bytes(bytes.ok_or_else(none)?)? })
    }
}

impl Signer for EndedKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, _: &[u8]) -> Result<Signature> {
        Err(has_ended(&self.name, "", "its key signs nothing any more"))
    }
}

/// The refusal of whatever would go on under a log that has ended.
pub(crate) fn has_ended(origin: &str, successor: &str, why: &str) -> Problem {
    Problem::new(ErrorCode::LogEnded).with("what", origin).with("found", successor).with("why", why)
}

/// The logs of acts that have ended here, the first to end first.
///
/// # Errors
/// `storage-failed` when a stored statement cannot be read; as [`Store::read`].
pub async fn ended(store: &Store, operator: &Did) -> Result<Vec<EndedLog>> {
    store.read(operator, read_all).await
}

/// Ends the log of acts under this statement. The store must be held (see `corridor_storage::restored`), and
/// stays so: what the new log has to take back, or begins with, comes before anything gets a number. Answers
/// whether something was done: once is enough.
///
/// # Errors
/// `checkpoint-inconsistent` when the statement names another history of the log than is here, or less of it
/// than was signed here; `internal` when the store is not held; as [`Store::write`].
pub async fn end(store: &Store, operator: &Did, succession: &Succession) -> Result<bool> {
    let succession = succession.clone();
    store.write(operator, move |tx| end_in(tx, &succession)).await
}

/// Refuses to sign under an origin that has ended. Asked in the unit that signs.
pub(crate) fn goes_on(tx: &mut Tx<'_>, origin: &str) -> Result<()> {
    let row = tx.query_one(
        "SELECT successor FROM succession WHERE participant = $1 AND origin = $2",
        &[origin.into()],
    )?;
    match row {
        None => Ok(()),
        Some(row) => Err(has_ended(origin, row.text(0)?, "nothing is signed under it any more")),
    }
}

fn read_all(tx: &mut Tx<'_>) -> Result<Vec<EndedLog>> {
    let rows = tx.query(
        "SELECT number, statement, time FROM succession WHERE participant = $1 ORDER BY number",
        &[],
    )?;
    let one = |row: &corridor_storage::Row| {
        let number = u32::try_from(row.size(0)?).unwrap_or(u32::MAX);
        let succession = serde_json::from_slice(row.bytes(1)?)
            .map_err(|e| Problem::new(ErrorCode::StorageFailed).with("why", format!("a succession: {e}")))?;
        Ok(EndedLog { name: ended_name(number), succession, time: row.timestamp(2)? })
    };
    rows.iter().map(one).collect()
}

fn end_in(tx: &mut Tx<'_>, succession: &Succession) -> Result<bool> {
    let all = read_all(tx)?;
    if all.iter().any(|ended| ended.succession.log == succession.log) {
        return Ok(false);
    }
    let (last, wrong) = (succession.tree(), |why: &str| {
        let what = format!("{}, size {}", succession.log.name(), succession.tree().size);
        Problem::new(ErrorCode::CheckpointInconsistent).with("what", what).with("why", why)
    });
    let newest = tx.query_one(
        "SELECT note FROM checkpoint WHERE participant = $1 AND log = 'acts' ORDER BY size DESC LIMIT 1",
        &[],
    )?;
    let newest = newest.map(|row| SignedCheckpoint::parse(row.bytes(0)?)).transpose()?;
    let here = newest.as_ref().map_or_else(corridor_proof::merkle::Tree::empty, SignedCheckpoint::tree);
    if newest.is_some_and(|newest| !matches!(newest.signed_by(&succession.log), Finding::Valid { .. })) {
        return Err(wrong("it is the succession of another log than is here"));
    }
    if here.size > last.size || (here.size == last.size && here.root != last.root) {
        return Err(wrong(&format!(
            "the log here has {} leaves, which the succession does not cover",
            here.size
        )));
    }
    let covered = tx.query_one(
        "SELECT MAX(size) FROM checkpoint WHERE participant = $1 AND log = 'acts' AND complete = 1",
        &[],
    )?;
    let covered =
        covered.map(|row| row.opt_int(0)).transpose()?.flatten().and_then(|n| u64::try_from(n).ok());
    let number = u32::try_from(all.len()).unwrap_or(u32::MAX).saturating_add(1);
    let name = ended_name(number);
    tx.end_acts(&name, here.size, covered.unwrap_or(0))?;
    tx.execute("UPDATE tile SET log = $2 WHERE participant = $1 AND log = 'acts'", &[(&name).into()])?;
    tx.execute("UPDATE checkpoint SET log = $2 WHERE participant = $1 AND log = 'acts'", &[(&name).into()])?;
    let statement =
        serde_json::to_vec(succession).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    tx.execute(
        "INSERT INTO succession (participant, number, origin, successor, statement, time)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            number.into(),
            succession.log.name().into(),
            succession.successor.name().into(),
            statement.into(),
            tx.now().into(),
        ],
    )?;
    debug_assert!(name.starts_with(ACTS));
    Ok(true)
}

#[cfg(test)]
mod tests;
