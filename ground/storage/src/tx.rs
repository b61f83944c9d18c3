//! The handle a unit of work holds: statements of one participant in one transaction.

use corridor_base::{DeliveryId, Did, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::SealedAct;

use crate::dispatcher::Hub;
use crate::leaves;
use crate::outbox::{Delivery, DeliveryState, MAX_BODY, MAX_QUEUE, NewDelivery};
use crate::postgresql;
use crate::seal::Seal;
use crate::sql::Scope;
use crate::sqlite;
use crate::value::{Arg, Row, Value};

/// The connection under a handle.
pub(crate) enum Engine<'a> {
    Sqlite(&'a mut sqlite::Connection),
    Postgres(&'a mut postgresql::Connection),
}

/// Why a statement failed, and what the engine may do about it.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) problem: Problem,
    pub(crate) kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// It stands.
    Plain,
    /// Another transaction was in the way: run the unit again.
    Conflict,
    /// The connection is gone, and nothing was committed on it.
    Lost,
}

impl Fault {
    pub(crate) fn plain(problem: Problem) -> Self {
        Self { problem, kind: FaultKind::Plain }
    }
}

/// What is to be told to the dispatcher once the unit is committed.
#[derive(Debug)]
pub(crate) enum AfterCommit {
    /// Claimed by this process in the same transaction.
    Claimed(Box<Delivery>),
    /// In the database for whoever comes.
    Waiting(String),
}

/// One transaction of one participant (PA-1). `$1` is always the participant, bound by the handle;
/// the parameters given are `$2` and on.
///
/// A statement that fails ends the unit: what follows fails too and nothing is committed, whatever
/// the unit answers, because PostgreSQL goes on after no error. Ask first, or write `ON CONFLICT`.
///
/// What differs between the engines and is therefore avoided: `SUM` (write
/// `CAST(SUM(x) AS BIGINT)`), texts that stand for numbers, `OR REPLACE`, `ROWID`.
pub struct Tx<'a> {
    engine: Engine<'a>,
    participant: &'a Did,
    now: Timestamp,
    hub: &'a Hub,
    reads_only: bool,
    fault: Option<Fault>,
    after: Vec<AfterCommit>,
    leaves: u64,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(
        engine: Engine<'a>,
        participant: &'a Did,
        now: Timestamp,
        hub: &'a Hub,
        reads_only: bool,
    ) -> Self {
        Self { engine, participant, now, hub, reads_only, fault: None, after: Vec::new(), leaves: 0 }
    }

    /// What failed, if anything did, what is to be told after the commit, and how many leaves came.
    pub(crate) fn end(self) -> (Option<Fault>, Vec<AfterCommit>, u64) {
        (self.fault, self.after, self.leaves)
    }

    /// Whose unit it is.
    #[must_use]
    pub fn participant(&self) -> &Did {
        self.participant
    }

    /// The one instant of this unit.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Changes rows; answers how many.
    ///
    /// # Errors
    /// `already-exists` when a unique key is taken; `internal` when the statement is not scoped to
    /// the participant (PA-1), does not fit its parameters or the tables, or changes something
    /// through a reading handle; `malformed` for a text with NUL in it; `storage-full`,
    /// `storage-failed`, `storage-conflict`.
    pub fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64> {
        let args: Vec<Arg<'_>> = params.iter().map(Arg::from).collect();
        self.run(sql, &args, None)
    }

    /// Asks for rows, or changes some and asks for them (`RETURNING`).
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn query(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>> {
        let args: Vec<Arg<'_>> = params.iter().map(Arg::from).collect();
        let mut rows = Vec::new();
        self.run(sql, &args, Some(&mut rows))?;
        Ok(rows)
    }

    /// Asks for at most one row.
    ///
    /// # Errors
    /// As [`Tx::execute`]; `internal` when there are more rows than one.
    pub fn query_one(&mut self, sql: &'static str, params: &[Value]) -> Result<Option<Row>> {
        let mut rows = self.query(sql, params)?;
        if rows.len() > 1 {
            return Err(Problem::new(ErrorCode::Internal).with("why", format!("more than one row: {sql}")));
        }
        Ok(rows.pop())
    }

    /// Records the act with its opening, and with it its leaf in the log of acts (EX-2): no act
    /// without a leaf, no leaf without an act.
    ///
    /// # Errors
    /// As [`Tx::execute`]; `too-large` for an act that no log holds, which none is that was sealed.
    pub fn record(&mut self, act: &SealedAct) -> Result<()> {
        self.record_under(act, None)
    }

    /// The same of an act about persons: what opens it lies under their seal and goes with it (LG-3).
    ///
    /// # Errors
    /// As [`Tx::record`].
    pub fn record_under(&mut self, act: &SealedAct, seal: Option<&Seal>) -> Result<()> {
        leaves::fits(leaves::ACTS, &act.bytes)?;
        let id = act.act.id.to_string();
        let (opening, seal) = (close(act, seal)?, seal.map(|seal| seal.id().to_string()));
        let args = columns(act, &id, &opening, seal.as_deref());
        if matches!(self.engine, Engine::Postgres(_)) {
            // Both rows in one statement, because a statement is a journey to the server.
            let mut all = vec![Arg::Text(self.participant.as_str())];
            all.extend(args);
            self.run_as(
                Scope::Node,
                "WITH recorded AS (INSERT INTO act (participant, id, kind, subject, time, bytes, opening, seal)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8))
                 INSERT INTO leaf (participant, log, id) VALUES ($1, 'acts', $2)",
                &all,
                None,
            )?;
            self.leaves += 1;
            return Ok(());
        }
        self.run(INSERT_ACT, &args, None)?;
        self.add_leaf(leaves::ACTS, &id, Arg::Null).map(|_| ())
    }

    /// Puts an act back into the books whose leaf came back from a mirror without it, and lies with the operator
    /// since. Answers whether it did: nothing is taken but what the log commits to already, in these very bytes
    /// (LG-1), and what opens as an act of this participant (PA-1).
    ///
    /// # Errors
    /// As [`Tx::record`].
    pub fn take_back(&mut self, operator: &Did, act: &SealedAct, seal: Option<&Seal>) -> Result<bool> {
        let ours =
            act.opening.fields.get("participant").map(String::as_str) == Some(self.participant.as_str());
        if !ours || !act.act.opened_by(&act.opening) || act.act.to_bytes() != act.bytes {
            return Ok(false);
        }
        let (id, whose) = (act.act.id.to_string(), self.participant);
        let place =
            [Arg::Text(whose.as_str()), Arg::Text(operator.as_str()), Arg::Text(&id), Arg::Bytes(&act.bytes)];
        let found = self.of_node(
            "UPDATE leaf SET participant = $1, bytes = NULL
             WHERE participant = $2 AND log = 'acts' AND id = $3 AND bytes = $4 RETURNING number",
            &place,
        )?;
        if found.is_empty() {
            return Ok(false);
        }
        let (opening, seal) = (close(act, seal)?, seal.map(|seal| seal.id().to_string()));
        self.run(INSERT_ACT, &columns(act, &id, &opening, seal.as_deref()), None)?;
        Ok(true)
    }

    /// From now on this connection overwrites what it deletes: it has had keys of persons in its hands.
    pub(crate) fn shreds(&mut self) -> Result<()> {
        match &mut self.engine {
            Engine::Sqlite(connection) if !self.reads_only => connection.shreds(),
            _ => Ok(()),
        }
    }

    /// Adds an entry to a raw log, under an identifier that is its own in that log. Answers its number
    /// where it is known before the commit, which is on SQLite.
    ///
    /// # Errors
    /// As [`Tx::execute`]; `malformed` for an empty entry, `too-large` for one over 65,535 bytes;
    /// `forbidden` for the log of acts, to which only [`Tx::record`] adds; `log-held` after a restoration.
    pub fn append(&mut self, log: &str, id: &str, entry: &[u8]) -> Result<Option<u64>> {
        leaves::fits(log, entry)?;
        // Told before a number is taken, so that a unit that overlooks it leaves no gap.
        no_nul(log)?;
        no_nul(id)?;
        if leaves::holds_acts(log) {
            let why = "only what a node does comes into its log of acts";
            return Err(Problem::new(ErrorCode::Forbidden).with("what", log).with("why", why));
        }
        // SQLite looks where it takes the number.
        if matches!(self.engine, Engine::Postgres(_))
            && let Some(held) = self.held(log)?
        {
            return Err(held.problem(log));
        }
        self.add_leaf(log, id, Arg::Bytes(entry))
    }

    fn add_leaf(&mut self, log: &str, id: &str, bytes: Arg<'_>) -> Result<Option<u64>> {
        let number = match &mut self.engine {
            Engine::Sqlite(_) if self.reads_only || self.fault.is_some() => None,
            Engine::Sqlite(connection) => match connection.next_number(log) {
                Ok(Err(held)) if log != leaves::ACTS => return Err(held.problem(log)),
                Ok(number) => number.ok(),
                Err(fault) => return Err(self.failed(fault)),
            },
            Engine::Postgres(_) => None,
        };
        let args = [Arg::Text(log), Arg::Text(id), number.map_or(Arg::Null, Arg::Int), bytes];
        self.run(
            "INSERT INTO leaf (participant, log, id, number, bytes) VALUES ($1, $2, $3, $4, $5)",
            &args,
            None,
        )?;
        self.leaves += 1;
        Ok(number.and_then(|n| u64::try_from(n).ok()))
    }

    /// The number of one of the participant's leaves; `None` when there is none, or it has no number yet.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn leaf_of(&mut self, log: &str, id: &str) -> Result<Option<u64>> {
        let row = self.query_one(
            "SELECT number FROM leaf WHERE participant = $1 AND log = $2 AND id = $3",
            &[log.into(), id.into()],
        )?;
        Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().and_then(|n| u64::try_from(n).ok()))
    }

    /// The numbers that leaves get were changed by a statement: they are read again.
    pub(crate) fn forget_numbers(&mut self) {
        if let Engine::Sqlite(connection) = &mut self.engine {
            connection.forget_numbers();
        }
    }

    /// Asks for rows of all participants: only for what is said to be node-wide (see `leaves`). Its
    /// parameters begin with `$1`.
    pub(crate) fn of_node(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.run_as(Scope::Node, sql, args, Some(&mut rows))?;
        Ok(rows)
    }

    /// Puts a delivery in the outbox; it leaves after the commit (EX-2). A delivery that is there
    /// already under the same id stays as it is (EX-4).
    ///
    /// # Errors
    /// As [`Tx::execute`]; `too-large` when body or queue exceed what the outbox takes.
    pub fn enqueue(&mut self, delivery: &NewDelivery) -> Result<()> {
        fits("delivery", delivery.body.len(), MAX_BODY)?;
        fits("queue name", delivery.queue.len(), MAX_QUEUE)?;
        let claim = self.hub.reserve(self.participant, &delivery.queue);
        let added = self.insert_delivery(delivery, claim.is_some().then(|| self.hub.owner()), claim);
        if claim.is_some() && !matches!(added, Ok(1)) {
            self.hub.cancel(self.participant, &delivery.queue);
        }
        if added? == 0 {
            return Ok(());
        }
        self.after.push(match claim {
            Some(lease) => AfterCommit::Claimed(Box::new(self.delivery(delivery, self.now.plus(lease)))),
            None => AfterCommit::Waiting(delivery.queue.clone()),
        });
        Ok(())
    }

    fn insert_delivery(
        &mut self,
        delivery: &NewDelivery,
        owner: Option<&str>,
        lease: Option<std::time::Duration>,
    ) -> Result<u64> {
        let id = delivery.id.to_string();
        let args = [
            Arg::Text(&id),
            Arg::Text(&delivery.queue),
            Arg::Text(&delivery.kind),
            Arg::Text(&delivery.subject),
            Arg::Bytes(&delivery.body),
            Arg::Int(self.now.millis()),
            Arg::Int(self.now.plus(lease.unwrap_or_default()).millis()),
            Arg::Text(owner.unwrap_or_default()),
        ];
        self.run(
            "INSERT INTO delivery (participant, id, queue, kind, subject, body, state, attempts, created, due, owner) \
             VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, $7, $8, $9) ON CONFLICT (participant, id) DO NOTHING",
            &args,
            None,
        )
    }

    fn delivery(&self, new: &NewDelivery, due: Timestamp) -> Delivery {
        Delivery {
            participant: self.participant.clone(),
            id: new.id,
            queue: new.queue.clone(),
            kind: new.kind.clone(),
            subject: new.subject.clone(),
            body: new.body.clone(),
            state: DeliveryState::Pending,
            attempts: 0,
            created: self.now,
            due,
            last_error: None,
        }
    }

    /// Sends a delivery that was given up on once more, from the start. Answers whether there was
    /// one in that state.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn resend(&mut self, id: DeliveryId) -> Result<bool> {
        let row = self.query_one(
            "UPDATE delivery SET state = 'pending', attempts = 0, due = $3, owner = '' \
             WHERE participant = $1 AND id = $2 AND state = 'dead' RETURNING queue",
            &[id.into(), self.now.into()],
        )?;
        let Some(row) = row else { return Ok(false) };
        self.after.push(AfterCommit::Waiting(row.text(0)?.to_owned()));
        Ok(true)
    }

    /// Which of two statements the engine wants: they differ only in how rows are locked.
    pub(crate) fn either(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => sqlite,
            Engine::Postgres(_) => postgres,
        }
    }

    fn run(&mut self, sql: &'static str, args: &[Arg<'_>], rows: Option<&mut Vec<Row>>) -> Result<u64> {
        self.run_as(Scope::Participant(self.participant.as_str()), sql, args, rows)
    }

    fn run_as(
        &mut self,
        scope: Scope<'_>,
        sql: &'static str,
        args: &[Arg<'_>],
        rows: Option<&mut Vec<Row>>,
    ) -> Result<u64> {
        if let Some(fault) = &self.fault {
            return Err(fault.problem.clone());
        }
        for arg in args {
            if let Arg::Text(text) = arg {
                no_nul(text)?;
            }
        }
        if self.reads_only && (rows.is_none() || !reads(sql)) {
            let why = format!("a change through a reading handle: {sql}");
            return Err(Problem::new(ErrorCode::Internal).with("why", why));
        }
        let ran = match &mut self.engine {
            Engine::Sqlite(connection) => connection.run(sql, scope, args, rows),
            Engine::Postgres(connection) => connection.run(sql, scope, args, rows),
        };
        ran.map_err(|fault| self.failed(fault))
    }

    /// What failed ends the unit.
    fn failed(&mut self, fault: Fault) -> Problem {
        let problem = fault.problem.clone();
        self.fault = Some(fault);
        problem
    }
}

const INSERT_ACT: &str = "INSERT INTO act (participant, id, kind, subject, time, bytes, opening, seal)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// The columns of an act's row, behind the participant.
fn columns<'a>(act: &'a SealedAct, id: &'a str, opening: &'a [u8], seal: Option<&'a str>) -> [Arg<'a>; 7] {
    [
        Arg::Text(id),
        Arg::Text(&act.act.kind),
        act.subject().map_or(Arg::Null, Arg::Text),
        Arg::Int(act.act.time.millis()),
        Arg::Bytes(&act.bytes),
        Arg::Bytes(opening),
        seal.map_or(Arg::Null, Arg::Text),
    ]
}

/// What opens an act, as its row holds it.
fn close(act: &SealedAct, seal: Option<&Seal>) -> Result<Vec<u8>> {
    let opening =
        serde_json::to_vec(&act.opening).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    match seal {
        Some(seal) => seal.close(&opening_of(&act.act.id.to_string()), &opening),
        None => Ok(opening),
    }
}

/// Where the sealed opening of an act belongs.
pub(crate) fn opening_of(act: &str) -> String {
    format!("act/{act}/opening")
}

fn reads(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    first.eq_ignore_ascii_case("select") || first.eq_ignore_ascii_case("with")
}

fn no_nul(text: &str) -> Result<()> {
    if text.contains('\0') {
        let why = "it contains the character NUL";
        return Err(Problem::new(ErrorCode::Malformed).with("what", "text").with("why", why));
    }
    Ok(())
}

fn fits(what: &str, size: usize, limit: usize) -> Result<()> {
    if size <= limit {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::TooLarge).with("what", what).with("limit", limit))
}
