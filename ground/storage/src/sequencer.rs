//! Gives leaves their numbers on PostgreSQL, where several processes write at once: one thread in each
//! process, woken by its commits, that numbers what waits in one short transaction.
//!
//! One at a time: the transaction begins by taking an advisory lock that lives and dies with it, so
//! that a process that is gone holds nothing up. No token is needed to fence off one that slept: it
//! holds the lock or its transaction is over, and the unique index on the numbers would refuse a
//! number given twice even so.
//!
//! The transaction is READ COMMITTED: its second statement sees whatever was committed before it got
//! the lock, and units, which are SERIALIZABLE, never have to be run again because of it.

use std::time::Duration;

use corridor_base::{ErrorCode, Problem, Result};
use postgres::{Config, Statement};

use crate::leaves::Asked;
use crate::postgresql::{Connection, problem};
use crate::schema::Maintenance;
use crate::worker::Shared;

/// How often the thread looks without being told: for leaves whose process ended before it could.
const SWEEP: Duration = Duration::from_secs(1);

/// How long after a failure it looks again.
const AGAIN: Duration = Duration::from_millis(100);

/// The most leaves numbered in one transaction.
const BATCH: usize = 4096;

/// The number of the advisory lock: "sequence" in ASCII.
const LOCK: i64 = 0x7365_7175_656e_6365;

/// Numbers up to [`BATCH`] leaves in the order of their identifiers, which begin with the time. The heads
/// are read once, before the first number is written: read for each leaf they would be looked for
/// among all that this statement has written so far. SQLite reads it too, when a database comes from a
/// PostgreSQL whose last leaves had no number yet.
/// None after a restoration, until it is known which numbers others have seen (see `restored`).
pub(crate) const NUMBER: &str = "
    WITH waiting AS (
        SELECT participant, log, id, ROW_NUMBER() OVER (PARTITION BY log ORDER BY id, participant) AS place
        FROM (SELECT participant, log, id FROM leaf
            WHERE number IS NULL AND NOT EXISTS (SELECT 1 FROM restored)
            ORDER BY id, participant LIMIT 4096) w
    ), heads AS MATERIALIZED (
        SELECT h.log, COALESCE((SELECT l.number FROM leaf l WHERE l.log = h.log AND l.number IS NOT NULL
            ORDER BY l.number DESC LIMIT 1), -1) AS head
        FROM (SELECT DISTINCT log FROM waiting) h
    ), numbered AS (
        SELECT w.participant, w.log, w.id, h.head + w.place AS number
        FROM waiting w JOIN heads h ON h.log = w.log
    )
    UPDATE leaf SET number = numbered.number FROM numbered
    WHERE leaf.participant = numbered.participant AND leaf.log = numbered.log AND leaf.id = numbered.id
    RETURNING leaf.id, leaf.number";

/// The numbers of leaves that another process numbered.
const LOOK: &str = "
    SELECT l.id, l.number FROM unnest($1::text[], $2::text[], $3::text[]) AS w (participant, log, id)
    JOIN leaf l ON l.participant = w.participant AND l.log = w.log AND l.id = w.id
    WHERE l.number IS NOT NULL";

/// The life of the thread.
pub(crate) fn serve(connection: Connection, config: &Config, shared: &Shared) {
    let mut session = Session::new(connection).ok();
    let mut pause = SWEEP;
    while shared.leaves.wait(pause) {
        let mut asked = shared.leaves.take_asked();
        let looked = look(&mut session, config, &mut asked);
        if !asked.is_empty() {
            shared.leaves.put_back(asked);
        }
        match looked {
            Ok(0) => pause = SWEEP,
            Ok(count) => {
                shared.metrics.leaves_numbered.add(count as u64);
                shared.leaves.numbered();
                pause = if count < BATCH { SWEEP } else { Duration::ZERO };
            }
            Err(problem) => {
                tracing::warn!(code = %problem.code(), "leaves wait for their numbers: {problem}");
                session = None;
                std::thread::sleep(AGAIN);
                pause = Duration::ZERO;
            }
        }
    }
    shared.leaves.end();
}

/// A connection with its statements.
struct Session {
    connection: Connection,
    number: Statement,
    look: Statement,
}

impl Session {
    fn new(mut connection: Connection) -> Result<Self> {
        let client = connection.raw();
        let number = client.prepare(NUMBER).map_err(|e| problem(&e))?;
        let look = client.prepare(LOOK).map_err(|e| problem(&e))?;
        Ok(Self { connection, number, look })
    }

    /// Numbers what waits; answers the identifiers with their numbers. They are durable.
    fn number(&mut self) -> Result<Vec<(String, u64)>> {
        let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK})");
        self.connection.batch(&begin)?;
        let rows = self.connection.raw().query(&self.number, &[]).map_err(|e| problem(&e));
        // When a rollback fails the connection is of no use any more, which the next question tells.
        let end = if rows.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.connection.batch(end);
        let rows = rows?;
        ended?;
        rows.iter().map(read).collect()
    }

    fn look_up(&mut self, asked: &Asked) -> Result<Vec<(String, u64)>> {
        let participants: Vec<&str> = asked.values().map(|asker| asker.participant.as_str()).collect();
        let logs: Vec<&str> = asked.values().map(|asker| asker.log.as_str()).collect();
        let ids: Vec<&str> = asked.keys().map(String::as_str).collect();
        let rows = self.connection.raw().query(&self.look, &[&participants, &logs, &ids]);
        rows.map_err(|e| problem(&e))?.iter().map(read).collect()
    }
}

fn read(row: &postgres::Row) -> Result<(String, u64)> {
    let number: i64 = row.try_get(1).map_err(|e| problem(&e))?;
    let negative = |_| Problem::new(ErrorCode::StorageFailed).with("why", "a leaf's number is negative");
    Ok((row.try_get(0).map_err(|e| problem(&e))?, u64::try_from(number).map_err(negative)?))
}

/// One look: numbers what waits and answers those who asked. Answers how many it numbered.
fn look(session: &mut Option<Session>, config: &Config, asked: &mut Asked) -> Result<usize> {
    let session = match session {
        Some(session) => session,
        None => session.insert(Session::new(Connection::open(config)?)?),
    };
    let numbered = session.number()?;
    answer(asked, &numbered);
    if !asked.is_empty() {
        let found = session.look_up(asked)?;
        answer(asked, &found);
    }
    Ok(numbered.len())
}

fn answer(asked: &mut Asked, numbers: &[(String, u64)]) {
    for (id, number) in numbers {
        if let Some(asker) = asked.remove(id) {
            // Whoever asked may have gone away.
            let _ = asker.reply.send(*number);
        }
    }
}
