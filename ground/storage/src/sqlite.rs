//! SQLite: its connections and what is said to them. One of them writes (see `writer`); readers have
//! connections of their own and see snapshots (WAL).
//!
//! A commit is durable by one `fdatasync` of the log, which is overwritten in place and keeps its size, so
//! that no time, size or place of a file has to be written beside the pages. SQLite calls `fdatasync` only
//! when it is built so: see `.cargo/config.toml`, and the test in `xtask/powercut` that watches it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use corridor_base::{ErrorCode, Problem, Result};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, OptionalExtension as _, ToSql};

use crate::durable;
use crate::restored::{HELD, Held};
use crate::schema::{Maintenance, replace_words};
use crate::sequencer::NUMBER;
use crate::sql::{self, Scope};
use crate::tx::{Engine, Fault, FaultKind};
use crate::value::{Arg, Row, Value};
use crate::worker::{Job, Shared, attempt};

/// A connection with the statements it has checked (PA-1).
pub(crate) struct Connection {
    inner: rusqlite::Connection,
    checked: HashMap<sql::Key, Arc<str>>,
    /// The number of the next leaf of each log, as the transaction under way has it. Only the writer
    /// knows; forgotten whenever anything is rolled back, and then read again.
    numbers: HashMap<String, i64>,
    /// Whether what is deleted is overwritten.
    shreds: bool,
}

impl Connection {
    /// Opens the database for writing, making it when it is not there.
    pub(crate) fn writer(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let new = !path.exists();
        if new {
            // Made by us, so that it is closed to others from its first byte; its journal files
            // take after it.
            durable::write_file(path, b"", 0o600)?;
        }
        let this = Self::open(path, flags)?;
        // FULL makes every commit fsync the log (EX-3).
        this.pragmas(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; \
             PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;",
        )?;
        let mode: String =
            this.inner.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(|e| problem(&e))?;
        if mode != "wal" {
            return Err(failed(format!("{} cannot be kept in WAL mode", path.display())));
        }
        if new && let Some(directory) = path.parent() {
            durable::sync_directory(directory)?;
        }
        Ok(this)
    }

    /// Opens the database once more, for moving the log into it (see `wal`).
    pub(crate) fn mover(path: &Path) -> Result<Self> {
        let this = Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        this.pragmas("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -400;")?;
        Ok(this)
    }

    /// Moves the log into the database as far as nobody is in the way; answers its length in pages.
    pub(crate) fn checkpoint(&self) -> Result<i64> {
        let moved = self.inner.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1));
        moved.map_err(|e| problem(&e))
    }

    /// Moves all of the log into the database and cuts it to nothing; false when somebody is in the way.
    pub(crate) fn truncate_log(&self) -> Result<bool> {
        let busy = self.inner.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        busy.map(|busy| busy == 0).map_err(|e| problem(&e))
    }

    /// Opens the database for reading only.
    pub(crate) fn reader(path: &Path) -> Result<Self> {
        let this = Self::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        // As much as the books of a busy institution are read of again and again: copying a page from the
        // operating system's cache, which is where it comes from otherwise, costs more than reading it. Mapping
        // the file costs as much as copying: each commit takes the mapping away.
        this.pragmas("PRAGMA cache_size = -65536;")?;
        Ok(this)
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Self> {
        let inner = rusqlite::Connection::open_with_flags(path, flags).map_err(|e| problem(&e))?;
        inner.set_prepared_statement_cache_capacity(512);
        inner.busy_timeout(Duration::from_secs(10)).map_err(|e| problem(&e))?;
        // Plans depend on statements alone; otherwise some statements are compiled again for every
        // value bound to them (https://sqlite.org/queryplanner-ng.html#qpstab).
        inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(|e| problem(&e))?;
        let this = Self { inner, checked: HashMap::new(), numbers: HashMap::new(), shreds: false };
        this.pragmas("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
        Ok(this)
    }

    fn pragmas(&self, sql: &str) -> Result<()> {
        self.inner.execute_batch(sql).map_err(|e| problem(&e))
    }

    /// The connection itself, for backup and restoration.
    pub(crate) fn raw(&self) -> &rusqlite::Connection {
        &self.inner
    }

    /// Runs a statement of a unit; answers how many rows it changed.
    pub(crate) fn run(
        &mut self,
        sql: &'static str,
        scope: Scope<'_>,
        args: &[Arg<'_>],
        rows: Option<&mut Vec<Row>>,
    ) -> Result<u64, Fault> {
        let text = self.checked(sql, scope).map_err(Fault::plain)?;
        let mut statement = self.inner.prepare_cached(&text).map_err(|e| fault(&e))?;
        let wanted = statement.parameter_count();
        let bound = usize::from(scope.bound().is_some());
        if wanted != args.len() + bound && !(wanted == 0 && args.is_empty()) {
            let why = format!("{} parameters for {sql}", args.len());
            return Err(Fault::plain(Problem::new(ErrorCode::Internal).with("why", why)));
        }
        if let Some(participant) = scope.bound().filter(|_| wanted > 0) {
            statement.raw_bind_parameter(1, participant).map_err(|e| fault(&e))?;
        }
        for (i, arg) in args.iter().enumerate() {
            statement.raw_bind_parameter(i + 1 + bound, arg).map_err(|e| fault(&e))?;
        }
        let Some(rows) = rows else {
            let changed = statement.raw_execute().map_err(|e| fault(&e))?;
            return Ok(changed as u64);
        };
        let columns = statement.column_count();
        let mut found = statement.raw_query();
        while let Some(row) = found.next().map_err(|e| fault(&e))? {
            rows.push(read_row(row, columns).map_err(Fault::plain)?);
        }
        Ok(rows.len() as u64)
    }

    /// From now on what this connection deletes is overwritten with zeros, pages that become free
    /// included. It costs each of them a write, so that a database without persons goes without.
    pub(crate) fn shreds(&mut self) -> Result<()> {
        if !self.shreds {
            self.pragmas("PRAGMA secure_delete = ON;")?;
            self.shreds = true;
        }
        Ok(())
    }

    /// Takes the next number of a log, for a leaf that this unit adds; or says why the log is held after a
    /// restoration (see `restored`).
    pub(crate) fn next_number(&mut self, log: &str) -> Result<Result<i64, Held>, Fault> {
        if let Some(next) = self.numbers.get_mut(log) {
            *next += 1;
            return Ok(Ok(*next - 1));
        }
        let mut held = self.inner.prepare_cached(HELD).map_err(|e| fault(&e))?;
        if let Some(held) = Held::of(held.query_row([log], |row| row.get(0)).map_err(|e| fault(&e))?) {
            return Ok(Err(held));
        }
        let last =
            "SELECT number FROM leaf WHERE log = ?1 AND number IS NOT NULL ORDER BY number DESC LIMIT 1";
        let mut statement = self.inner.prepare_cached(last).map_err(|e| fault(&e))?;
        let last: Option<i64> =
            statement.query_row([log], |row| row.get(0)).optional().map_err(|e| fault(&e))?;
        let number = last.map_or(0, |last| last + 1);
        self.numbers.insert(log.to_owned(), number + 1);
        Ok(Ok(number))
    }

    /// The next numbers are read again when they are needed.
    pub(crate) fn forget_numbers(&mut self) {
        self.numbers.clear();
    }

    /// Numbers the leaves that came without a number, out of a backup of PostgreSQL.
    pub(crate) fn number_leaves(&self) -> Result<()> {
        loop {
            let mut statement = self.inner.prepare(NUMBER).map_err(|e| problem(&e))?;
            let mut numbered = statement.raw_query();
            // A row comes back for each leaf, and the statement has run to its end after the last.
            let mut count = 0u64;
            while numbered.next().map_err(|e| problem(&e))?.is_some() {
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
        }
    }

    fn checked(&mut self, sql: &'static str, scope: Scope<'_>) -> Result<Arc<str>> {
        let key = sql::key(sql, scope);
        if let Some(text) = self.checked.get(&key) {
            return Ok(text.clone());
        }
        sql::check(sql, scope)?;
        let text: Arc<str> = sql::for_sqlite(sql).into();
        self.checked.insert(key, text.clone());
        Ok(text)
    }

    /// How many rows were changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.inner.total_changes()
    }

    /// Whether no transaction is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.inner.is_autocommit()
    }

    /// Leaves a database without a log behind; when it cannot, the next start reads the log.
    pub(crate) fn end(&self) {
        let _ = self.inner.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// A statement that steers the transaction.
    pub(crate) fn steer(&self, sql: &str) -> Result<()> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|e| problem(&e))?;
        statement.raw_execute().map(|_| ()).map_err(|e| problem(&e))
    }
}

/// One row as values.
pub(crate) fn read_row(row: &rusqlite::Row<'_>, columns: usize) -> Result<Row> {
    let mut values = Vec::with_capacity(columns);
    for i in 0..columns {
        let value = row.get_ref(i).map_err(|e| problem(&e))?;
        values.push(match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(n) => Value::Int(n),
            ValueRef::Text(text) => Value::Text(
                String::from_utf8(text.to_vec())
                    .map_err(|_| failed("a text that is not UTF-8".to_owned()))?,
            ),
            ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
            ValueRef::Real(_) => return Err(failed("a number with a fraction".to_owned())),
        });
    }
    Ok(Row(values))
}

impl ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Arg::Null => ValueRef::Null,
            Arg::Int(n) => ValueRef::Integer(n),
            Arg::Text(text) => ValueRef::Text(text.as_bytes()),
            Arg::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(crate) fn failed(why: String) -> Problem {
    Problem::new(ErrorCode::StorageFailed).with("why", why)
}

fn fault(error: &rusqlite::Error) -> Fault {
    Fault { problem: problem(error), kind: FaultKind::Plain }
}

/// What an error of SQLite means to people.
pub(crate) fn problem(error: &rusqlite::Error) -> Problem {
    use rusqlite::ErrorCode as Code;
    let text = error.to_string();
    match error.sqlite_error() {
        Some(e) if e.code == Code::DiskFull => {
            Problem::new(ErrorCode::StorageFull).with("what", "the database")
        }
        Some(e)
            if e.code == Code::ConstraintViolation && matches!(e.extended_code & 0xff00, 0x600 | 0x800) =>
        {
            Problem::new(ErrorCode::AlreadyExists).with("what", text)
        }
        Some(e) if e.code == Code::Unknown => Problem::new(ErrorCode::Internal).with("why", text),
        Some(_) => failed(text),
        None => Problem::new(ErrorCode::Internal).with("why", text),
    }
}

impl Maintenance for Connection {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.inner.execute_batch(sql).map_err(|e| problem(&e))
    }

    fn ask(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let mut statement = self.inner.prepare(sql).map_err(|e| problem(&e))?;
        let columns = statement.column_count();
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(|e| problem(&e))? {
            let row = read_row(row, columns)?.into_values().into_iter();
            rows.push(row.map(as_text).collect());
        }
        Ok(rows)
    }

    fn dialect(&self, sql: &str) -> String {
        replace_words(sql, &[])
    }

    fn begin(&self) -> &'static str {
        "BEGIN IMMEDIATE"
    }

    fn tables(&mut self) -> Result<Vec<(String, Option<String>)>> {
        let rows = self.ask(
            "SELECT m.name, (SELECT c.name FROM pragma_table_info(m.name) c WHERE c.pk = 1 AND c.\"notnull\" = 1) \
             FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name",
        )?;
        Ok(crate::schema::pairs(rows))
    }
}

fn as_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Int(n) => Some(n.to_string()),
        Value::Text(text) => Some(text),
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Does one job that reads.
pub(crate) fn read(connection: &mut Connection, mut job: Box<dyn Job>, shared: &Shared) {
    let outcome = connection.steer("BEGIN").and_then(|()| {
        let attempt = attempt(&mut *job, Engine::Sqlite(connection), shared, true);
        // Nothing was changed, so there is nothing to lose in ending it.
        let _ = connection.steer("ROLLBACK");
        attempt.outcome.map_err(|fault| fault.problem)
    });
    job.finish(outcome);
}
