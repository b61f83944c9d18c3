//! What keeps a store that was restored from a backup from contradicting what was shown to others
//! before (LG-1).
//!
//! A restoration leaves a mark in the database, in the transaction that brings the rows back. While the
//! mark stands nothing may be signed over leaves, and no leaf gets a number: what is recorded meanwhile
//! waits for its own, because numbers that others have seen may be missing here. Whoever finds the
//! missing leaves puts them in their places and then takes the mark away; what waited is numbered
//! behind them.
//!
//! A raw log is published as soon as it is signed: nobody can know what its readers have seen since the
//! backup, and it stays held for good when the mark goes. `whole_log` names the raw logs that are not: those
//! that were begun since. The row without a name says that there was a restoration. So a log whose name is
//! configured later is held as well.
//!
//! As reading leaves, this is below the guard of PA-1: a log is the whole node's.

use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Act, SealedAct};

use crate::leaves::{self, ACTS, Leaf, MAX_LEAVES};
use crate::sequencer::NUMBER;
use crate::store::Store;
use crate::tx::Tx;
use crate::value::{Arg, Row};

/// The tables of the mark and of what is known since it was made, which is nothing. A backup of a build that
/// had none is restored with them all the same.
pub(crate) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS restored (
        participant TEXT NOT NULL,
        taken INTEGER NOT NULL,
        time INTEGER NOT NULL,
        PRIMARY KEY (participant)
    );
    CREATE TABLE IF NOT EXISTS whole_log (
        participant TEXT NOT NULL,
        log TEXT NOT NULL,
        PRIMARY KEY (participant, log)
    );
    DELETE FROM whole_log;";

/// Makes the mark; what an earlier restoration left gives way to it.
pub(crate) const MARK: &str = "INSERT INTO restored (participant, taken, time) VALUES ($1, $2, $3)
     ON CONFLICT (participant) DO UPDATE SET taken = excluded.taken, time = excluded.time";

/// Whose the mark is: it stands for the whole database.
pub(crate) const EVERYBODY: &str = "";

/// That the store was restored and its logs are not yet known to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was taken: what happened afterwards may be known to others and not here.
    pub taken: Timestamp,
    /// When it was restored.
    pub time: Timestamp,
}

/// Whether a log is held, in one row; `$1` is the log. SQLite asks it before it takes a number, too.
pub(crate) const HELD: &str = "
    SELECT CASE WHEN EXISTS (SELECT 1 FROM restored) THEN 1
        WHEN $1 <> 'acts' AND EXISTS (SELECT 1 FROM whole_log WHERE participant = '' AND log = '')
            AND NOT EXISTS (SELECT 1 FROM whole_log WHERE participant = '' AND log = $1) THEN 2
        ELSE 0 END";

/// Why a log takes and signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The mark stands: it is not known yet what others have seen.
    Restored,
    /// The mark is gone, and this raw log was there before: nobody can know what it had published, and it is held
    /// for good.
    Unknown,
}

impl Held {
    /// What [`HELD`] answered.
    pub(crate) fn of(answer: i64) -> Option<Self> {
        match answer {
            0 => None,
            1 => Some(Self::Restored),
            _ => Some(Self::Unknown),
        }
    }

    /// As it is told to whoever wants something of the log.
    #[must_use]
    pub fn problem(self, log: &str) -> Problem {
        let why = match self {
            Self::Restored => "the database was restored and it is not known yet what others have seen",
            Self::Unknown => {
                "the database was restored: what this log has published since the backup cannot be known, and it \
                 takes nothing more; another log under ledger.raw can"
            }
        };
        Problem::new(ErrorCode::LogHeld).with("what", log).with("why", why)
    }
}

impl Tx<'_> {
    /// The mark, while it stands. Asked in the unit that signs, so that nothing is signed beside it.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn restored(&mut self) -> Result<Option<Restored>> {
        let rows = self.of_node("SELECT taken, time FROM restored", &[])?;
        rows.first().map(|row| Ok(Restored { taken: row.timestamp(0)?, time: row.timestamp(1)? })).transpose()
    }

    /// Whether a log is held, and why. Asked in the unit that signs, as [`Tx::restored`].
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn held(&mut self, log: &str) -> Result<Option<Held>> {
        let rows = self.of_node(HELD, &[Arg::Text(log)])?;
        rows.first().map_or(Ok(None), |row| Ok(Held::of(row.int(0)?)))
    }

    /// That a raw log goes on.
    fn is_whole(&mut self, log: &str) -> Result<()> {
        self.of_node(
            "INSERT INTO whole_log (participant, log) VALUES ($1, $2)
             ON CONFLICT (participant, log) DO NOTHING RETURNING log",
            &[Arg::Text(EVERYBODY), Arg::Text(log)],
        )?;
        self.forget_numbers();
        Ok(())
    }

    fn only_while_restored(&mut self, log: &str) -> Result<()> {
        match self.restored()? {
            Some(_) => Ok(()),
            None => Err(Problem::new(ErrorCode::Internal).with("why", format!("the log {log} is not held"))),
        }
    }

    /// Ends the log of acts under another name, from which nothing is taken or added any more, and begins it
    /// anew without leaves: those below `signed` stay where they are; those from `covered` on, and all that
    /// wait, wait for a number in the new one. An act between the two is in both: its old leaf proves
    /// nothing any more to somebody who lacks a checkpoint that both countries cosigned. Only while the mark
    /// stands.
    ///
    /// # Errors
    /// `internal` when it does not; as [`Tx::execute`].
    pub fn end_acts(&mut self, name: &str, signed: u64, covered: u64) -> Result<()> {
        self.only_while_restored(ACTS)?;
        leaves::fits(name, name.as_bytes())?;
        let number = |n: u64| Arg::Int(i64::try_from(n).unwrap_or(i64::MAX));
        self.of_node(
            "UPDATE leaf SET number = NULL WHERE log = 'acts' AND number >= $1 RETURNING id",
            &[number(signed)],
        )?;
        self.of_node(
            "UPDATE leaf SET log = $1 WHERE log = 'acts' AND number IS NOT NULL RETURNING number",
            &[Arg::Text(name)],
        )?;
        self.of_node(
            "INSERT INTO leaf (participant, log, id, bytes)
             SELECT participant, 'acts', id, bytes FROM leaf WHERE log = $1 AND number >= $2 RETURNING id",
            &[Arg::Text(name), number(covered)],
        )?;
        self.forget_numbers();
        Ok(())
    }

    /// Records the act that is the first leaf of a log of acts that has none, before all that waits. Only
    /// while the mark stands.
    ///
    /// # Errors
    /// `internal` when it does not, or the log has leaves; as [`Tx::record`].
    pub fn record_first(&mut self, act: &SealedAct) -> Result<()> {
        self.only_while_restored(ACTS)?;
        if next(self, ACTS)? != 0 {
            return Err(Problem::new(ErrorCode::Internal).with("why", "the log of acts has leaves"));
        }
        self.record(act)?;
        let (whose, id) = (self.participant().clone(), act.act.id.to_string());
        self.of_node(
            "UPDATE leaf SET number = 0 WHERE participant = $1 AND log = 'acts' AND id = $2 RETURNING id",
            &[Arg::Text(whose.as_str()), Arg::Text(&id)],
        )?;
        self.forget_numbers();
        Ok(())
    }

    /// Gives the leaf of this entry its number: one that is here and waits, or a new one.
    fn adopt(&mut self, log: &str, number: u64, entry: &[u8]) -> Result<bool> {
        leaves::fits(log, entry)?;
        let act = (log == ACTS).then(|| Act::parse(entry).ok()).flatten().map(|act| act.id.to_string());
        let id = act.unwrap_or_else(|| format!("adopted-{number:020}"));
        let n = Arg::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let here = if log == ACTS {
            self.of_node(
                "UPDATE leaf SET number = $3 WHERE log = $1 AND id = $2 AND number IS NULL RETURNING id",
                &[Arg::Text(log), Arg::Text(&id), n],
            )?
        } else {
            self.of_node(
                "UPDATE leaf SET number = $3 WHERE log = $1 AND number IS NULL AND id =
                    (SELECT MIN(id) FROM leaf WHERE log = $1 AND number IS NULL AND bytes = $2) RETURNING id",
                &[Arg::Text(log), Arg::Bytes(entry), n],
            )?
        };
        if !here.is_empty() {
            return Ok(false);
        }
        let whose = self.participant().clone();
        self.of_node(
            "INSERT INTO leaf (participant, log, id, number, bytes) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            &[Arg::Text(whose.as_str()), Arg::Text(log), Arg::Text(&id), n, Arg::Bytes(entry)],
        )?;
        Ok(true)
    }
}

impl Store {
    /// The mark of a restoration, while it stands.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn restored(&self) -> Result<Option<Restored>> {
        self.read(&leaves::nobody()?, |tx| tx.restored()).await
    }

    /// Whether a log is held, and why.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn held(&self, log: &str) -> Result<Option<Held>> {
        let log = log.to_owned();
        self.read(&leaves::nobody()?, move |tx| tx.held(&log)).await
    }

    /// Says that a raw log begins now, under a key that is about to be made: nobody can have seen anything of
    /// it, and it is not held when the mark goes.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn begin_raw(&self, log: &str) -> Result<()> {
        let log = log.to_owned();
        self.write(&leaves::nobody()?, move |tx| tx.is_whole(&log)).await
    }

    /// Whether a raw log has begun since the last restoration.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn is_whole(&self, log: &str) -> Result<bool> {
        let log = log.to_owned();
        let ask = move |tx: &mut Tx<'_>| {
            let rows = tx.of_node(
                "SELECT log FROM whole_log WHERE participant = $1 AND log = $2",
                &[Arg::Text(EVERYBODY), Arg::Text(&log)],
            )?;
            Ok(!rows.is_empty())
        };
        self.read(&leaves::nobody()?, ask).await
    }

    /// Makes the mark without a restoration by this program: somebody copied an old database back. What
    /// is the newest here tells how old it is.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn mark_restored(&self) -> Result<()> {
        let mark = |tx: &mut Tx<'_>| {
            let now = Arg::Int(tx.now().millis());
            let made = tx.of_node(
                "INSERT INTO restored (participant, taken, time)
                 VALUES ($1, COALESCE((SELECT MAX(time) FROM act WHERE time <= $2), $2), $2)
                 ON CONFLICT (participant) DO NOTHING RETURNING time",
                &[Arg::Text(EVERYBODY), now],
            )?;
            // What was known before is not known of this database.
            if !made.is_empty() {
                tx.of_node(
                    "DELETE FROM whole_log WHERE participant = $1 RETURNING log",
                    &[Arg::Text(EVERYBODY)],
                )?;
            }
            tx.forget_numbers();
            Ok(())
        };
        self.write(&leaves::nobody()?, mark).await
    }

    /// Takes the numbers from this one on away again: no checkpoint was signed over them here, and
    /// another leaf may have been shown to others under each. The leaves wait. Only while the mark
    /// stands.
    ///
    /// # Errors
    /// `internal` when it does not; as [`Store::write`].
    pub async fn make_room(&self, log: &str, from: u64) -> Result<()> {
        let log = log.to_owned();
        let unit = move |tx: &mut Tx<'_>| {
            tx.only_while_restored(&log)?;
            let from = Arg::Int(i64::try_from(from).unwrap_or(i64::MAX));
            tx.of_node(
                "UPDATE leaf SET number = NULL WHERE log = $1 AND number >= $2 RETURNING id",
                &[Arg::Text(&log), from],
            )?;
            tx.forget_numbers();
            Ok(())
        };
        self.write(&leaves::nobody()?, unit).await
    }

    /// Puts leaves in their places, the first under `from`, which must be the next number. The caller
    /// has shown that they are in a tree which this node has signed. One that is here and waits is
    /// given its number; of an act that is not, the leaf is kept with its bytes, as the operator's, for
    /// nobody can say any more whose it was. Answers how many were not here. Only while the mark stands.
    ///
    /// # Errors
    /// `storage-conflict` when `from` is not the next number: another process does the same;
    /// `malformed`, `too-large` for what is no entry; `internal` without the mark; as [`Store::write`].
    pub async fn adopt_leaves(
        &self,
        operator: &Did,
        log: &str,
        from: u64,
        entries: Vec<Vec<u8>>,
    ) -> Result<u64> {
        let log = log.to_owned();
        let unit = move |tx: &mut Tx<'_>| {
            tx.only_while_restored(&log)?;
            if next(tx, &log)? != from {
                return Err(Problem::new(ErrorCode::StorageConflict));
            }
            let mut added = 0;
            for (number, entry) in (from..).zip(&entries) {
                added += u64::from(tx.adopt(&log, number, entry)?);
            }
            Ok(added)
        };
        self.write(operator, unit).await
    }

    /// Takes the mark away: the log of acts is known to hold what others have seen. Every raw log that was there
    /// before stays held. What waited gets its numbers.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn recovered(&self) -> Result<()> {
        let alone = self.is_alone();
        let unit = move |tx: &mut Tx<'_>| {
            tx.is_whole("")?;
            tx.of_node(
                "DELETE FROM restored WHERE participant = $1 RETURNING time",
                &[Arg::Text(EVERYBODY)],
            )?;
            tx.forget_numbers();
            // Elsewhere the sequencer does it, as always.
            while alone && !tx.of_node(NUMBER, &[])?.is_empty() {}
            Ok(())
        };
        self.write(&leaves::nobody()?, unit).await?;
        if alone {
            self.shared().leaves.numbered();
        } else {
            self.shared().leaves.committed();
        }
        Ok(())
    }

    /// The leaves of the log of acts whose acts were lost: they came back from a mirror. From this
    /// number on, at most so many (and at most [`MAX_LEAVES`]).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn lost_acts(&self, from: u64, limit: u32) -> Result<Vec<Leaf>> {
        let unit = move |tx: &mut Tx<'_>| {
            let from = i64::try_from(from).unwrap_or(i64::MAX);
            let rows = tx.of_node(
                "SELECT number, bytes FROM leaf WHERE log = 'acts' AND bytes IS NOT NULL AND number >= $1
                 ORDER BY number LIMIT $2",
                &[Arg::Int(from), Arg::Int(limit.min(MAX_LEAVES).into())],
            )?;
            let leaf = |mut row: Row| Ok(Leaf { number: row.size(0)?, entry: row.take_bytes(1)? });
            rows.into_iter().map(leaf).collect()
        };
        self.read(&leaves::nobody()?, unit).await
    }
}

/// The number that the next leaf of the log gets.
fn next(tx: &mut Tx<'_>, log: &str) -> Result<u64> {
    let rows = tx.of_node(
        "SELECT number FROM leaf WHERE log = $1 AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
        &[Arg::Text(log)],
    )?;
    rows.first().map_or(Ok(0), |row| Ok(row.size(0)? + 1))
}
