//! Makes destroyed keys unfindable: a row that was deleted goes on lying in free pages, in the gaps of
//! pages that are used, and in the log of the database until something overwrites it.
//!
//! On SQLite the connections that handle keys overwrite what they delete (`secure_delete`); that
//! no copies stay in the gaps of pages between which rows were moved is not promised
//! (<https://sqlite.org/pragma.html#pragma_secure_delete> speaks of deleted rows only). So, as a precaution,
//! the tables of keys are written anew, which zeroes their old pages; then the log is moved into the
//! database and cut to nothing. On PostgreSQL a table is rewritten into a new file (`VACUUM FULL`) once nobody has a
//! snapshot that may still see the row. What the server's log of changes (WAL) and an archive of it hold
//! is the operator's: SECURITY.md.

use std::path::Path;
use std::time::{Duration, Instant};

use corridor_base::{ErrorCode, Problem, Result};

use crate::schema::Maintenance;
use crate::store::{Database, Store};
use crate::{backup, keybook, postgresql, sqlite};

/// How long the snapshots of others are waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);

impl Store {
    /// Overwrites what was deleted from the tables of keys, in every file of the database. To be called
    /// after each [`crate::Tx::destroy`], once it is committed, and again until it succeeds. The tables
    /// are written anew, which takes the longer the more persons there are.
    ///
    /// # Errors
    /// `storage-conflict` while somebody else, a backup perhaps, still reads what was there before;
    /// `storage-full`, `storage-failed`.
    pub async fn shred(&self) -> Result<()> {
        let database = self.database().clone();
        let work = move || backup::on_a_thread(|| run(&database));
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|e| Err(Problem::new(ErrorCode::Internal).because(e)))
    }
}

fn run(database: &Database) -> Result<()> {
    match database {
        Database::Sqlite(path) => of_sqlite(path),
        Database::Postgres(url) => of_postgres(url),
    }
}

fn of_sqlite(path: &Path) -> Result<()> {
    let mut db = sqlite::Connection::mover(path)?;
    db.shreds()?;
    db.batch("BEGIN IMMEDIATE")?;
    let rewritten = keybook::TABLES.iter().try_for_each(|table| {
        // The copy is in memory: see `Connection::open`.
        db.batch(&format!(
            "CREATE TEMP TABLE kept AS SELECT * FROM main.{table}; DELETE FROM main.{table};
             INSERT INTO main.{table} SELECT * FROM temp.kept; DROP TABLE temp.kept;"
        ))
    });
    // When the rollback fails too, the end of the connection does it.
    db.batch(if rewritten.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    rewritten?;
    // SQLite waits for readers, and not for the thread that moves the log just then.
    patiently(|| db.truncate_log())
}

/// Tries for a while.
fn patiently(mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !done()? {
        if began.elapsed() > PATIENCE {
            return Err(Problem::new(ErrorCode::StorageConflict));
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn of_postgres(url: &str) -> Result<()> {
    let mut db = postgresql::Connection::open(&postgresql::config(url)?)?;
    let now = db.ask("SELECT pg_current_xact_id()::xid::text")?;
    let now: u64 = now.first().and_then(|row| row.first()?.as_ref()?.parse().ok()).unwrap_or(0);
    let older = format!(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_xmin IS NOT NULL AND age(backend_xmin) > age('{now}'::xid) LIMIT 1"
    );
    patiently(|| Ok(db.ask(&older)?.is_empty()))?;
    keybook::TABLES.iter().try_for_each(|table| db.batch(&format!("VACUUM (FULL) {table}")))
}

/// Keeps PostgreSQL from noting values of these tables in its statistics.
pub(crate) fn no_statistics(db: &mut dyn Maintenance) -> Result<()> {
    db.batch(
        "ALTER TABLE subject_key ALTER COLUMN key SET STATISTICS 0, ALTER COLUMN reference SET STATISTICS 0;
         ALTER TABLE subject_handle ALTER COLUMN handle SET STATISTICS 0;",
    )
}
