//! The leaves of the node's logs: which act, or which entry of a raw log, has which number. Numbers
//! are dense from 0, given once and never again; what a number stands for never changes (LG-1).
//!
//! Leaves are read below the guard of PA-1, which holds a statement to one participant: the log of
//! acts is one for the whole node, so its leaves are those of all participants. They are made to be
//! public; an act holds commitments and no more (LG-3). What opens them stays behind the guard.
//!
//! On SQLite the writing thread knows the next number and gives it in the unit itself. On PostgreSQL
//! several processes write at once, and a number taken in a unit would make all units wait for each
//! other; there a leaf waits for its number until the sequencer (see `sequencer`) comes by, some
//! milliseconds after the commit.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use corridor_base::{Did, ErrorCode, Problem, Random, Result};
use corridor_proof::tile::MAX_ENTRY;
use tokio::sync::{oneshot, watch};

use crate::store::Store;
use crate::tx::Tx;
use crate::value::{Arg, Row, Value};

/// The name of the log of acts.
pub const ACTS: &str = "acts";

/// The name of a log of acts that has ended: the first that did is `acts-1`.
#[must_use]
pub fn ended_name(number: u32) -> String {
    format!("{ACTS}-{number}")
}

/// Whether this is the log of acts, or was.
#[must_use]
pub fn holds_acts(log: &str) -> bool {
    log.strip_prefix(ACTS).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The longest name of a log, in bytes.
pub const MAX_LOG: usize = 255;

/// The most leaves that one question answers.
pub const MAX_LEAVES: u32 = 4096;

/// One numbered leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its number in its log, from 0.
    pub number: u64,
    /// What the log commits to: the bytes of the act, or the entry as it came.
    pub entry: Vec<u8>,
}

/// How far a log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// The number that the next leaf gets: how many leaves have one.
    pub next: u64,
    /// Leaves that are durable and wait for their number; always 0 on SQLite.
    pub waiting: u64,
}

/// What the threads of one store know about leaves.
pub(crate) struct Leaves {
    changed: watch::Sender<()>,
    state: Mutex<State>,
    told: Condvar,
    /// Counts entries of raw logs, from where chance has it: another process counts elsewhere.
    entries: AtomicU64,
}

/// What the sequencer is told.
#[derive(Default)]
struct State {
    /// Something was committed that has no number yet.
    news: bool,
    /// Threads that may still commit something.
    writers: usize,
    /// The sequencer is gone: nobody is answered any more.
    ended: bool,
    /// Who waits for the number of an entry, by the entry's id.
    asked: Asked,
}

/// Who waits for the number of an entry.
pub(crate) struct Asker {
    pub(crate) participant: Did,
    pub(crate) log: String,
    pub(crate) reply: oneshot::Sender<u64>,
}

pub(crate) type Asked = HashMap<String, Asker>;

impl Leaves {
    pub(crate) fn new(random: &dyn Random) -> Self {
        let entries = AtomicU64::new(u64::from_be_bytes(random.bytes()));
        Self { changed: watch::Sender::new(()), state: Mutex::default(), told: Condvar::new(), entries }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves have got numbers, durably.
    pub(crate) fn numbered(&self) {
        self.changed.send_replace(());
    }

    /// Leaves were committed that wait for their numbers.
    pub(crate) fn committed(&self) {
        self.state().news = true;
        self.told.notify_one();
    }

    fn ask(&self, id: String, asker: Asker) {
        let mut state = self.state();
        if state.ended {
            return;
        }
        state.asked.insert(id, asker);
        state.news = true;
        self.told.notify_one();
    }

    /// Those who wait at this moment; the sequencer puts back whom it could not answer.
    pub(crate) fn take_asked(&self) -> Asked {
        std::mem::take(&mut self.state().asked)
    }

    pub(crate) fn put_back(&self, asked: Asked) {
        self.state().asked.extend(asked);
    }

    /// A thread that may commit leaves is about to start; it ends when its [`Leaves::writer`] is dropped.
    pub(crate) fn expect_writer(&self) {
        self.state().writers += 1;
    }

    /// See [`Leaves::expect_writer`].
    pub(crate) fn writer(&self) -> Writer<'_> {
        Writer(self)
    }

    /// Who still waits is not answered, nor who comes later.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        state.asked.clear();
    }

    /// Waits for news, or for so long; false when no thread is left that could bring any.
    pub(crate) fn wait(&self, most: Duration) -> bool {
        let quiet = |state: &mut State| !state.news && state.writers > 0;
        let waited = self.told.wait_timeout_while(self.state(), most, quiet);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let more = state.news || state.writers > 0;
        state.news = false;
        more
    }
}

/// See [`Leaves::writer`].
pub(crate) struct Writer<'a>(&'a Leaves);

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.writers = state.writers.saturating_sub(1);
        drop(state);
        self.0.told.notify_one();
    }
}

/// Whether this can be an entry of a log of this name.
pub(crate) fn fits(log: &str, entry: &[u8]) -> Result<()> {
    if log.is_empty() || log.len() > MAX_LOG {
        return Err(Problem::new(ErrorCode::Malformed).with("what", "log").with("why", "its name"));
    }
    if entry.is_empty() {
        return Err(Problem::new(ErrorCode::Malformed).with("what", "log entry").with("why", "it is empty"));
    }
    if entry.len() > MAX_ENTRY {
        let limit = format!("{MAX_ENTRY} bytes");
        return Err(Problem::new(ErrorCode::TooLarge).with("what", "log entry").with("limit", limit));
    }
    Ok(())
}

impl Store {
    /// Adds an entry to a raw log; answers its number. The entry is durable when this answers (EX-3).
    ///
    /// # Errors
    /// `malformed` for an empty entry, `too-large` for one over 65,535 bytes, `forbidden` for the log of
    /// acts, to which only units of work add; `log-held` after a restoration; as [`Store::write`]. After `shutting-down` the entry may
    /// be there all the same.
    pub async fn append(&self, participant: &Did, log: &str, entry: Vec<u8>) -> Result<u64> {
        fits(log, &entry)?;
        let id = self.entry_id();
        let (name, key) = (log.to_owned(), id.clone());
        let number = self.write(participant, move |tx| tx.append(&name, &key, &entry)).await?;
        if let Some(number) = number {
            return Ok(number);
        }
        let (reply, answer) = oneshot::channel();
        let asker = Asker { participant: participant.clone(), log: log.to_owned(), reply };
        self.shared().leaves.ask(id, asker);
        answer.await.map_err(|_| Problem::new(ErrorCode::ShuttingDown))
    }

    /// An identifier that nobody else gives: the time first, so that indexes grow at their end.
    fn entry_id(&self) -> String {
        let shared = self.shared();
        let next = shared.leaves.entries.fetch_add(1, Ordering::Relaxed);
        format!("{:012x}{next:016x}", shared.clock.now().millis())
    }

    /// The numbered leaves of a log from a number on, in their order, at most so many (and at most
    /// [`MAX_LEAVES`]).
    ///
    /// # Errors
    /// `storage-failed` when a leaf has lost its act; as [`Store::read`].
    pub async fn leaves(&self, log: &str, from: u64, limit: u32) -> Result<Vec<Leaf>> {
        let log = log.to_owned();
        self.read(&nobody()?, move |tx| read_leaves(tx, &log, from, limit)).await
    }

    /// How far a log has come.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn sequenced(&self, log: &str) -> Result<Sequenced> {
        let log = log.to_owned();
        let ask = move |tx: &mut Tx<'_>| {
            let rows = tx.of_node(
                "SELECT (SELECT number FROM leaf WHERE log = $1 AND number IS NOT NULL
                    ORDER BY number DESC LIMIT 1),
                    (SELECT COUNT(*) FROM leaf WHERE log = $1 AND number IS NULL)",
                &[Arg::Text(&log)],
            )?;
            let row = rows.into_iter().next().unwrap_or(Row(vec![Value::Null, Value::Int(0)]));
            let last = row.opt_int(0)?.and_then(|n| u64::try_from(n).ok());
            Ok(Sequenced { next: last.map_or(0, |n| n + 1), waiting: row.size(1)? })
        };
        self.read(&nobody()?, ask).await
    }

    /// The number of one leaf, by the identifier of its act or entry. `None` when there is no such
    /// leaf, or it waits for its number.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn leaf_of(&self, participant: &Did, log: &str, id: &str) -> Result<Option<u64>> {
        let (log, id) = (log.to_owned(), id.to_owned());
        self.read(participant, move |tx| tx.leaf_of(&log, &id)).await
    }

    /// How many acts have no leaf: 0, or something is broken (EX-2). Looks at all of them.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn acts_without_leaf(&self) -> Result<u64> {
        // Both are read once: looked for one by one, each act would be sought among all leaves of its participant.
        let ask = |tx: &mut Tx<'_>| {
            let rows = tx.of_node(
                "SELECT COUNT(*) FROM (SELECT participant, id FROM act
                    EXCEPT SELECT participant, id FROM leaf WHERE log = 'acts' OR log LIKE 'acts-%') a",
                &[],
            )?;
            rows.first().map_or(Ok(0), |row| row.size(0))
        };
        self.scan(&nobody()?, ask).await
    }

    /// Changes whenever leaves of any log have got numbers in this process. Others may number leaves
    /// too when several share a PostgreSQL: look now and then even without a change.
    #[must_use]
    pub fn leaves_changed(&self) -> watch::Receiver<()> {
        self.shared().leaves.changed.subscribe()
    }
}

/// In whose name the node asks for what is nobody's own.
pub(crate) fn nobody() -> Result<Did> {
    "did:web:leaves.invalid".parse()
}

fn read_leaves(tx: &mut Tx<'_>, log: &str, from: u64, limit: u32) -> Result<Vec<Leaf>> {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let args = [Arg::Text(log), Arg::Int(from), Arg::Int(limit.min(MAX_LEAVES).into())];
    let rows = if holds_acts(log) {
        tx.of_node(
            "SELECT l.number, l.bytes, a.bytes FROM leaf l
                LEFT JOIN act a ON a.participant = l.participant AND a.id = l.id
                WHERE l.log = $1 AND l.number >= $2 ORDER BY l.number LIMIT $3",
            &args,
        )
    } else {
        tx.of_node(
            "SELECT number, bytes FROM leaf WHERE log = $1 AND number >= $2 ORDER BY number LIMIT $3",
            &args,
        )
    };
    rows?.into_iter().map(read_leaf).collect()
}

fn read_leaf(mut row: Row) -> Result<Leaf> {
    let number = row.size(0)?;
    let column = if row.opt_bytes(1)?.is_some() { 1 } else { 2 };
    let entry = row.take_bytes(column).map_err(|_| {
        Problem::new(ErrorCode::StorageFailed).with("why", format!("leaf {number} has lost its act"))
    })?;
    Ok(Leaf { number, entry })
}
