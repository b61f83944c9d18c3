//! Writing to SQLite: one unit of work after the other on one connection. Units that wait share a commit,
//! because the sync is what costs.
//!
//! Whoever asks while nobody else does takes the connection and writes right there: to wake up another
//! thread and be woken by it costs as much as the commit. Everybody else queues up for the writing thread.
//!
//! Units of one commit run without savepoints, which cost more than most statements. When one of them
//! fails after it has changed something, all are taken back and run again, each in a savepoint of its own;
//! units are repeatable for that (see [`crate::Store::write`]), and on PostgreSQL it is the same.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use corridor_base::{Problem, Result};
use tokio::sync::mpsc;

use crate::sqlite::{Connection, failed};
use crate::tx::{AfterCommit, Engine};
use crate::wal::Wal;
use crate::worker::{Job, Message, Shared, attempt};

/// The most units that share a commit.
const BATCH: usize = 512;

/// How long units are added to a commit while more are queued.
const BATCH_TIME: Duration = Duration::from_millis(5);

/// With more than so many units in the last commit of the writing thread nobody writes on a thread of their
/// own (adds of 64 clients to a raw log: 0.34 of what they reach without writing before, 0.50 so).
const FEW: usize = 3;

/// How many commits units run in savepoints after one had to be run again: whoever sends what fails
/// sends more of it.
const CAREFUL: u32 = 64;

/// The one who writes.
pub(crate) struct Writer {
    /// `None` once the store is closed.
    pen: Mutex<Option<Pen>>,
    wal: Arc<Wal>,
    shared: Arc<Shared>,
    /// How many units shared the last commit of the writing thread.
    company: AtomicUsize,
}

/// What is needed to write.
struct Pen {
    connection: Connection,
    /// For so many commits each unit has a savepoint.
    careful: u32,
}

/// A unit that has run and waits for the commit.
struct Ran {
    job: Box<dyn Job>,
    outcome: Result<()>,
    after: Vec<AfterCommit>,
    leaves: u64,
}

/// What the last unit did to the transaction.
enum Now {
    /// It can be gone on with.
    Good,
    /// What the unit changed must go, and only the whole transaction can.
    Spoilt,
    /// It is gone, and why.
    Gone(Problem),
}

impl Writer {
    pub(crate) fn new(connection: Connection, wal: Arc<Wal>, shared: Arc<Shared>) -> Self {
        Self {
            pen: Mutex::new(Some(Pen { connection, careful: 0 })),
            wal,
            shared,
            company: AtomicUsize::new(0),
        }
    }

    fn pen(&self) -> MutexGuard<'_, Option<Pen>> {
        self.pen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one unit on this thread, which waits for the disk meanwhile, unless somebody else is writing:
    /// then it is handed back.
    pub(crate) fn at_once(&self, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        if self.company.load(Relaxed) > FEW {
            return Err(job);
        }
        let Ok(mut pen) = self.pen.try_lock() else { return Err(job) };
        let Some(pen) = pen.as_mut() else { return Err(job) };
        pen.write(job, &mut || None, &self.shared);
        self.wal.committed(&pen.connection);
        Ok(())
    }

    /// The life of the writing thread.
    pub(crate) fn serve(&self, mut queue: mpsc::Receiver<Message>) {
        while let Some(message) = queue.blocking_recv() {
            match (message, &mut *self.pen()) {
                (Message::Write(job), Some(pen)) => {
                    let mut company = 1;
                    pen.write(job, &mut || next(&mut queue).inspect(|_| company += 1), &self.shared);
                    self.company.store(company, Relaxed);
                    self.wal.committed(&pen.connection);
                }
                (Message::Write(job) | Message::Read(job), _) => {
                    job.finish(Err(Problem::new(corridor_base::ErrorCode::Internal)));
                }
                (Message::Stop, _) => queue.close(),
            }
        }
        self.wal.end();
        if let Some(pen) = self.pen().take() {
            pen.connection.end();
        }
    }
}

/// The unit that waits next.
fn next(queue: &mut mpsc::Receiver<Message>) -> Option<Box<dyn Job>> {
    match queue.try_recv() {
        Ok(Message::Write(job)) => Some(job),
        Ok(Message::Stop) => {
            queue.close();
            None
        }
        _ => None,
    }
}

impl Pen {
    /// Runs a unit, and those that wait, and commits them together. Nobody is answered before the
    /// commit (EX-3).
    fn write(
        &mut self,
        first: Box<dyn Job>,
        more: &mut dyn FnMut() -> Option<Box<dyn Job>>,
        shared: &Shared,
    ) {
        if let Err(problem) = self.connection.steer("BEGIN IMMEDIATE") {
            shared.commit_went(Some(&problem));
            return first.finish(Err(problem));
        }
        let mut ran = Vec::new();
        let mut now = self.run(first, more, &mut ran, shared);
        if matches!(now, Now::Spoilt) && ran.len() == 1 {
            // It was alone, and has said itself why it failed.
            self.take_back();
            return answer(ran, Ok(()), shared);
        }
        if matches!(now, Now::Spoilt) {
            now = self.run_again(&mut ran, shared);
        }
        let committed = match now {
            Now::Good => self.connection.steer("COMMIT"),
            Now::Gone(problem) => Err(problem),
            Now::Spoilt => Err(failed("units that cannot be taken apart".to_owned())),
        };
        if committed.is_err() {
            self.take_back();
        }
        answer(ran, committed, shared);
    }

    /// Runs units until there are enough, or one of them spoils the transaction.
    fn run(
        &mut self,
        first: Box<dyn Job>,
        more: &mut dyn FnMut() -> Option<Box<dyn Job>>,
        ran: &mut Vec<Ran>,
        shared: &Shared,
    ) -> Now {
        let apart = self.careful > 0;
        self.careful = self.careful.saturating_sub(1);
        let started = Instant::now();
        let mut job = Some(first);
        while let Some(unit) = job.take() {
            let (unit, now) = if apart { self.run_apart(unit, shared) } else { self.run_one(unit, shared) };
            ran.push(unit);
            if !matches!(now, Now::Good) {
                return now;
            }
            if ran.len() < BATCH && started.elapsed() < BATCH_TIME {
                job = more();
            }
        }
        Now::Good
    }

    /// Takes back what all of them did, and runs each in a savepoint.
    fn run_again(&mut self, ran: &mut Vec<Ran>, shared: &Shared) -> Now {
        self.careful = CAREFUL;
        self.take_back();
        for unit in ran.iter_mut() {
            shared.hub.after(unit.job.participant(), std::mem::take(&mut unit.after), false);
        }
        let again = std::mem::take(ran);
        shared.metrics.units_retried.add(again.len() as u64);
        let mut now = self.connection.steer("BEGIN IMMEDIATE").map_or_else(Now::Gone, |()| Now::Good);
        for Ran { job, .. } in again {
            // When the transaction is gone the rest is not run, and told why.
            if !matches!(now, Now::Good) {
                ran.push(Ran { job, outcome: Ok(()), after: Vec::new(), leaves: 0 });
                continue;
            }
            let (unit, then) = self.run_apart(job, shared);
            ran.push(unit);
            now = then;
        }
        now
    }

    /// Runs one unit as a part of the transaction.
    fn run_one(&mut self, mut job: Box<dyn Job>, shared: &Shared) -> (Ran, Now) {
        let before = self.connection.changes();
        let attempt = attempt(&mut *job, Engine::Sqlite(&mut self.connection), shared, false);
        let outcome = attempt.outcome.map_err(|fault| fault.problem);
        let now = match &outcome {
            _ if self.connection.is_idle() => Now::Gone(ended(&outcome)),
            Ok(()) => Now::Good,
            // A unit that says no mostly says so before it has changed anything.
            Err(_) if self.connection.changes() == before => {
                self.connection.forget_numbers();
                Now::Good
            }
            Err(_) => Now::Spoilt,
        };
        (Ran { job, outcome, after: attempt.after, leaves: attempt.leaves }, now)
    }

    /// Runs one unit in a savepoint.
    fn run_apart(&mut self, job: Box<dyn Job>, shared: &Shared) -> (Ran, Now) {
        if let Err(problem) = self.connection.steer("SAVEPOINT unit") {
            let unit = Ran { job, outcome: Err(problem.clone()), after: Vec::new(), leaves: 0 };
            return (unit, Now::Gone(problem));
        }
        let (unit, now) = self.run_one(job, shared);
        let done = match now {
            Now::Gone(_) => return (unit, now),
            Now::Good => self.connection.steer("RELEASE unit"),
            Now::Spoilt => {
                // The numbers it took are free again.
                self.connection.forget_numbers();
                let undone = self.connection.steer("ROLLBACK TO unit");
                undone.and_then(|()| self.connection.steer("RELEASE unit"))
            }
        };
        (unit, done.map_or_else(Now::Gone, |()| Now::Good))
    }

    /// Ends the transaction without a trace.
    fn take_back(&mut self) {
        self.connection.forget_numbers();
        if !self.connection.is_idle() {
            // When this fails too, the next BEGIN says so to the next unit.
            let _ = self.connection.steer("ROLLBACK");
        }
    }
}

/// Why a transaction is gone that a unit was not to end: a full disk ends it by itself
/// (<https://sqlite.org/lang_transaction.html>).
fn ended(outcome: &Result<()>) -> Problem {
    outcome.as_ref().err().cloned().unwrap_or_else(|| failed("the transaction ended".to_owned()))
}

fn answer(ran: Vec<Ran>, committed: Result<()>, shared: &Shared) {
    let problem = committed.err();
    shared.commit_went(problem.as_ref());
    if problem.is_none() {
        shared.metrics.commits.add(1);
    }
    let mut added = 0;
    for Ran { job, outcome, after, leaves } in ran {
        let outcome = match (&problem, outcome) {
            (Some(problem), Ok(())) => Err(problem.clone()),
            (_, outcome) => outcome,
        };
        shared.hub.after(job.participant(), after, outcome.is_ok());
        added += if outcome.is_ok() { leaves } else { 0 };
        let counter =
            if outcome.is_ok() { &shared.metrics.units_committed } else { &shared.metrics.units_failed };
        counter.add(1);
        job.finish(outcome);
    }
    if added > 0 {
        shared.metrics.leaves_added.add(added);
        shared.metrics.leaves_numbered.add(added);
        shared.leaves.numbered();
    }
}
