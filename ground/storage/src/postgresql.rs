//! PostgreSQL: a few threads with a connection each. Units run in SERIALIZABLE transactions, run
//! again when another was in the way, so that two replicas never both win. Units that wait share a
//! transaction; when one of them fails, or they fail together, each is run again by itself.
//!
//! A connection that is lost before COMMIT was sent lost nothing but work: the unit runs again. A
//! connection lost while COMMIT was under way leaves its outcome open, so every writing transaction
//! learns its number when it begins, and the server is asked by that number what became of it
//! (`pg_xact_status`): committed is success, aborted is run again, and only when the server cannot
//! say within a bounded time does the caller hear `storage-failed` with the words "outcome unknown".

use std::collections::HashMap;
use std::error::Error;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use corridor_base::{ErrorCode, Problem, Random, Result};
use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, SimpleQueryMessage, Statement};

use crate::schema::{Maintenance, replace_words};
use crate::sql::{self, Scope};
use crate::tx::{AfterCommit, Engine, Fault, FaultKind};
use crate::value::{Arg, Row, Value};
use crate::worker::{Job, Message, Shared, SharedQueue, attempt, more, next};

/// The most units that share a transaction.
const BATCH: usize = 64;

/// How often units are run together before each is run alone.
const TRIES_TOGETHER: u32 = 4;

/// How often a unit is run before its caller hears `storage-conflict`.
const TRIES: u32 = 40;

/// How often a unit whose unique key was taken is run again: under SERIALIZABLE the key may have
/// been taken by a transaction that the unit could not see (PostgreSQL manual, 13.2.3).
const TRIES_AFTER_TAKEN_KEY: u32 = 3;

/// The longest pause between two runs.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How long a lost server is waited for.
const RECONNECT: Duration = Duration::from_secs(20);

/// The number of the advisory lock under which schemas are migrated: "corridor" in ASCII.
const MIGRATION_LOCK: i64 = 0x636f_7272_6964_6f72;

/// A connection with its prepared statements, which were checked (PA-1).
pub(crate) struct Connection {
    client: Client,
    prepared: HashMap<sql::Key, Statement>,
    /// The statement that rows of a backup go in by.
    loading: Option<(String, Statement)>,
}

/// Reads the connection string.
pub(crate) fn config(url: &str) -> Result<Config> {
    let refuse = |why: String| Problem::new(ErrorCode::StorageFailed).with("why", why);
    // The error of the parser may repeat the password: only its kind is told.
    let mut config =
        Config::from_str(url).map_err(|_| refuse("the PostgreSQL URL cannot be read".to_owned()))?;
    let far = config.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) if !is_loopback(name) => Some(name.clone()),
        _ => None,
    });
    let far = far.or_else(|| config.get_hostaddrs().iter().find(|a| !a.is_loopback()).map(IpAddr::to_string));
    if let Some(host) = far {
        return Err(refuse(format!(
            "PostgreSQL at {host}: this build has no TLS to PostgreSQL, and rows do not cross a network in the \
             clear; use a loopback address or a Unix socket, for example that of a local TLS proxy such as pgbouncer"
        )));
    }
    if matches!(config.get_ssl_mode(), SslMode::Require) {
        return Err(refuse("sslmode=require: this build has no TLS to PostgreSQL".to_owned()));
    }
    config.application_name("corridor");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    Ok(config)
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Connection {
    pub(crate) fn open(config: &Config) -> Result<Self> {
        let mut client = config.connect(NoTls).map_err(|e| problem(&e))?;
        // A server may be set to answer before the commit is durable; not to us (EX-3).
        let durable = "SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') = 'off'";
        client.simple_query(durable).map_err(|e| problem(&e))?;
        Ok(Self { client, prepared: HashMap::new(), loading: None })
    }

    /// The connection itself, for backup and restoration.
    pub(crate) fn raw(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Does something while no other process migrates this database.
    pub(crate) fn migrating<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.batch(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
        let done = work(self);
        let unlocked = self.batch(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"));
        done.and_then(|done| unlocked.map(|()| done))
    }

    /// Runs a statement of a unit; answers how many rows it changed or found.
    pub(crate) fn run(
        &mut self,
        sql: &'static str,
        scope: Scope<'_>,
        args: &[Arg<'_>],
        rows: Option<&mut Vec<Row>>,
    ) -> Result<u64, Fault> {
        let statement = self.prepared(sql, scope)?;
        let wanted = statement.params().len();
        if wanted != args.len() + usize::from(scope.bound().is_some()) && !(wanted == 0 && args.is_empty()) {
            let why = format!("{} parameters for {sql}", args.len());
            return Err(Fault::plain(Problem::new(ErrorCode::Internal).with("why", why)));
        }
        let participant = scope.bound().map(Arg::Text);
        let all = participant.iter().chain(args).take(wanted);
        let params: Vec<&(dyn ToSql + Sync)> = all.map(|arg| arg as &(dyn ToSql + Sync)).collect();
        let Some(rows) = rows else {
            return self.client.execute(&statement, &params).map_err(|e| fault(&e));
        };
        for row in self.client.query(&statement, &params).map_err(|e| fault(&e))? {
            rows.push(read_row(&row).map_err(Fault::plain)?);
        }
        Ok(rows.len() as u64)
    }

    /// Inserts one row while a backup is restored; `sql` is the same for all rows of a table.
    pub(crate) fn insert_row(&mut self, sql: &str, row: &[Value]) -> Result<()> {
        if self.loading.as_ref().is_none_or(|(text, _)| text != sql) {
            let statement = self.client.prepare(sql).map_err(|e| problem(&e))?;
            self.loading = Some((sql.to_owned(), statement));
        }
        let Some((_, statement)) = &self.loading else { return Ok(()) };
        let args: Vec<Arg<'_>> = row.iter().map(Arg::from).collect();
        let params: Vec<&(dyn ToSql + Sync)> = args.iter().map(|arg| arg as &(dyn ToSql + Sync)).collect();
        self.client.execute(statement, &params).map(|_| ()).map_err(|e| problem(&e))
    }

    fn prepared(&mut self, sql: &'static str, scope: Scope<'_>) -> Result<Statement, Fault> {
        let key = sql::key(sql, scope);
        if let Some(statement) = self.prepared.get(&key) {
            return Ok(statement.clone());
        }
        sql::check(sql, scope).map_err(Fault::plain)?;
        let statement = self.client.prepare(sql).map_err(|e| fault(&e))?;
        self.prepared.insert(key, statement.clone());
        Ok(statement)
    }

    /// Begins a writing transaction and learns its number.
    fn begin(&mut self) -> Result<u64, Fault> {
        let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT pg_current_xact_id()::text";
        let answer = self.client.simple_query(begin).map_err(|e| fault(&e))?;
        first_value(&answer).and_then(|number| number.parse().ok()).ok_or_else(|| {
            Fault::plain(failed("the server did not tell the number of a transaction".to_owned()))
        })
    }
}

fn first_value(answer: &[SimpleQueryMessage]) -> Option<&str> {
    answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    })
}

/// One row as values.
pub(crate) fn read_row(row: &postgres::Row) -> Result<Row> {
    let cells = (0..row.len()).map(|i| row.try_get::<_, Cell>(i).map(|cell| cell.0).map_err(|e| problem(&e)));
    cells.collect::<Result<Vec<Value>>>().map(Row)
}

struct Cell(Value);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::BOOL => Value::Int(bool::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            _ => Value::Text(String::from_sql(ty, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BOOL | Type::INT2 | Type::INT4 | Type::INT8 | Type::BYTEA)
            || <String as FromSql>::accepts(ty)
    }
}

impl ToSql for Arg<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(n), &Type::INT8) => n.to_sql(ty, out),
            (Self::Int(n), &Type::INT4) => i32::try_from(*n)?.to_sql(ty, out),
            (Self::Int(n), &Type::INT2) => i16::try_from(*n)?.to_sql(ty, out),
            (Self::Text(text), ty) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            _ => Err(format!("a parameter of another type than {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn failed(why: String) -> Problem {
    Problem::new(ErrorCode::StorageFailed).with("why", why)
}

fn fault(error: &postgres::Error) -> Fault {
    let kind = match error.code() {
        Some(code) if is_conflict(code) => FaultKind::Conflict,
        Some(code) if ends_connection(code) => FaultKind::Lost,
        Some(_) => FaultKind::Plain,
        None if is_ours(error) => FaultKind::Plain,
        None => FaultKind::Lost,
    };
    Fault { problem: problem(error), kind }
}

fn is_conflict(code: &SqlState) -> bool {
    *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
}

/// Class 57P: the server or an administrator ends the session.
fn ends_connection(code: &SqlState) -> bool {
    code.code().starts_with("57P") || code.code().starts_with("08")
}

/// A parameter or a column that does not convert: the statement is wrong, not the connection.
fn is_ours(error: &postgres::Error) -> bool {
    let text = error.to_string();
    text.contains("serializing parameter")
        || text.contains("deserializing column")
        || text.contains("invalid column")
}

/// What an error of PostgreSQL means to people. Values of rows stay out of it: the server's detail
/// repeats them, its message does not.
pub(crate) fn problem(error: &postgres::Error) -> Problem {
    let Some(db) = error.as_db_error() else {
        let code = if is_ours(error) { ErrorCode::Internal } else { ErrorCode::StorageFailed };
        let mut text = error.to_string();
        if let Some(below) = error.source() {
            text = format!("{text}: {below}");
        }
        return Problem::new(code).with("why", format!("PostgreSQL: {text}"));
    };
    let text = format!("PostgreSQL: {} ({})", db.message(), db.code().code());
    match db.code() {
        code if is_conflict(code) => Problem::new(ErrorCode::StorageConflict),
        code if *code == SqlState::DISK_FULL => {
            Problem::new(ErrorCode::StorageFull).with("what", "the database")
        }
        code if *code == SqlState::UNIQUE_VIOLATION => {
            Problem::new(ErrorCode::AlreadyExists).with("what", text)
        }
        // Class 42: a statement that does not fit the tables.
        code if code.code().starts_with("42") => Problem::new(ErrorCode::Internal).with("why", text),
        _ => failed(text),
    }
}

impl Maintenance for Connection {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|e| problem(&e))
    }

    fn ask(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let answer = self.client.simple_query(sql).map_err(|e| problem(&e))?;
        let rows = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    fn dialect(&self, sql: &str) -> String {
        replace_words(sql, &[("TEXT", "TEXT COLLATE \"C\""), ("INTEGER", "BIGINT"), ("BLOB", "BYTEA")])
    }

    fn begin(&self) -> &'static str {
        "BEGIN"
    }

    fn tables(&mut self) -> Result<Vec<(String, Option<String>)>> {
        let rows = self.ask(
            "SELECT t.table_name, (SELECT k.column_name FROM information_schema.key_column_usage k \
               JOIN information_schema.table_constraints c ON c.constraint_name = k.constraint_name \
                 AND c.table_schema = k.table_schema AND c.table_name = k.table_name \
               WHERE c.constraint_type = 'PRIMARY KEY' AND k.table_schema = t.table_schema \
                 AND k.table_name = t.table_name AND k.ordinal_position = 1) \
             FROM information_schema.tables t \
             WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY t.table_name",
        )?;
        Ok(crate::schema::pairs(rows))
    }
}

/// The life of a thread: one unit at a time, one connection, made again when it is lost.
pub(crate) fn serve(connection: Connection, config: &Config, queue: &SharedQueue, shared: &Shared) {
    let mut thread = Thread { connection: Some(connection), config, shared };
    while let Some(message) = next(queue) {
        match message {
            Message::Write(job) => thread.write(job, queue),
            Message::Read(job) => thread.read(job),
            Message::Stop => {}
        }
    }
}

struct Thread<'a> {
    connection: Option<Connection>,
    config: &'a Config,
    shared: &'a Shared,
}

/// How one run of a unit ended.
enum End {
    Committed,
    /// Not committed, for certain.
    Failed(Fault),
    /// COMMIT was sent in the transaction of this number and not answered.
    Open(u64, Problem),
}

impl Thread<'_> {
    /// Runs the unit together with those that wait behind it in one transaction: the commit and
    /// its fsync are what costs, and transactions that run beside each other are what conflicts.
    fn write(&mut self, first: Box<dyn Job>, queue: &SharedQueue) {
        let mut jobs = vec![first];
        jobs.extend(more(queue, BATCH - 1));
        let mut tries = 0;
        while jobs.len() > 1 && tries < TRIES_TOGETHER {
            tries += 1;
            match self.try_once(&mut jobs) {
                Ok(End::Committed) => return self.answer(jobs, &Ok(())),
                Ok(End::Failed(fault)) if fault.kind == FaultKind::Plain => break,
                Ok(_) => {
                    self.shared.metrics.units_retried.add(jobs.len() as u64);
                    std::thread::sleep(pause(tries, &*self.shared.random));
                }
                Err(problem) => return self.answer(jobs, &Err(problem)),
            }
        }
        // One of them says no, or another process is in the way: each by itself.
        for job in jobs {
            let mut alone = vec![job];
            let outcome = self.write_until_it_stands(&mut alone);
            self.answer(alone, &outcome);
        }
    }

    fn answer(&self, jobs: Vec<Box<dyn Job>>, outcome: &Result<()>) {
        self.shared.commit_went(outcome.as_ref().err().filter(|p| is_of_the_server(p)));
        let metrics = &self.shared.metrics;
        let counter = if outcome.is_ok() { &metrics.units_committed } else { &metrics.units_failed };
        for job in jobs {
            counter.add(1);
            job.finish(outcome.clone());
        }
    }

    fn write_until_it_stands(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<()> {
        let mut tries = 0;
        loop {
            tries += 1;
            let fault = match self.try_once(jobs)? {
                End::Committed => return Ok(()),
                End::Failed(fault) => fault,
                End::Open(..) => return Err(failed("outcome unknown".to_owned())),
            };
            let most = match fault.kind {
                FaultKind::Conflict | FaultKind::Lost => TRIES,
                FaultKind::Plain if fault.problem.code() == ErrorCode::AlreadyExists => TRIES_AFTER_TAKEN_KEY,
                FaultKind::Plain => 1,
            };
            if tries >= most {
                return Err(fault.problem);
            }
            self.shared.metrics.units_retried.add(1);
            std::thread::sleep(pause(tries, &*self.shared.random));
        }
    }

    /// One run with all that follows from it: the dispatcher hears what was committed. An error is
    /// one after which nobody knows what became of the transaction, or no server answers.
    fn try_once(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<End> {
        let shared = self.shared;
        let connection = self.connected()?;
        let (end, after, leaves) = run_and_commit(connection, jobs, shared);
        let end = match end {
            End::Open(number, problem) => {
                self.connection = None;
                self.resolve(number, &problem)
            }
            End::Failed(fault) if fault.kind == FaultKind::Lost => {
                self.connection = None;
                Ok(End::Failed(fault))
            }
            end => Ok(end),
        };
        let committed = matches!(end, Ok(End::Committed));
        if committed {
            shared.metrics.commits.add(1);
        }
        if committed && leaves > 0 {
            shared.metrics.leaves_added.add(leaves);
            shared.leaves.committed();
        }
        for (job, after) in jobs.iter().zip(after) {
            shared.hub.after(job.participant(), after, committed);
        }
        end
    }

    fn connected(&mut self) -> Result<&mut Connection> {
        if self.connection.as_ref().is_some_and(|c| c.client.is_closed()) {
            self.connection = None;
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reconnect()?,
        };
        Ok(self.connection.insert(connection))
    }

    fn reconnect(&self) -> Result<Connection> {
        let until = Instant::now() + RECONNECT;
        let mut tries = 0;
        loop {
            tries += 1;
            match Connection::open(self.config) {
                Ok(connection) => {
                    self.shared.metrics.reconnects.add(1);
                    return Ok(connection);
                }
                Err(problem) if Instant::now() >= until => return Err(problem),
                Err(_) => {
                    std::thread::sleep(Duration::from_millis(20) + pause(tries, &*self.shared.random) * 5)
                }
            }
        }
    }

    /// Asks what became of a transaction whose COMMIT was not answered.
    fn resolve(&mut self, number: u64, lost: &Problem) -> Result<End> {
        let until = Instant::now() + RECONNECT;
        loop {
            let unknown = || failed(format!("outcome unknown: {}", lost.arg("why").unwrap_or_default()));
            let connection = self.connected().map_err(|_| unknown())?;
            let question = format!("SELECT pg_xact_status('{number}'::xid8)");
            let answer = connection.client.simple_query(&question);
            match answer.as_deref().map(first_value) {
                Ok(Some("committed")) => return Ok(End::Committed),
                Ok(Some("aborted")) => {
                    return Ok(End::Failed(Fault { problem: lost.clone(), kind: FaultKind::Conflict }));
                }
                // Not over yet: the old session has not noticed that we are gone.
                Ok(Some(_)) => {}
                // Too old, or a number this server never gave: another server stands here.
                Ok(None) => return Err(unknown()),
                Err(_) => self.connection = None,
            }
            if Instant::now() >= until {
                return Err(unknown());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn read(&mut self, mut job: Box<dyn Job>) {
        let mut tries = 0;
        let outcome = loop {
            tries += 1;
            match self.read_once(&mut *job) {
                Err(fault) if fault.kind != FaultKind::Plain && tries < TRIES => {
                    if fault.kind == FaultKind::Lost {
                        self.connection = None;
                    }
                    std::thread::sleep(pause(tries, &*self.shared.random));
                }
                other => break other.map_err(|fault| fault.problem),
            }
        };
        job.finish(outcome);
    }

    fn read_once(&mut self, job: &mut dyn Job) -> Result<(), Fault> {
        let shared = self.shared;
        let connection = self.connected().map_err(Fault::plain)?;
        connection
            .client
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .map_err(|e| fault(&e))?;
        let attempt = attempt(job, Engine::Postgres(connection), shared, true);
        let ended = connection.client.batch_execute("ROLLBACK").map_err(|e| fault(&e));
        attempt.outcome.and(ended)
    }
}

/// Whether a problem says that the server is unwell, rather than that a unit said no.
fn is_of_the_server(problem: &Problem) -> bool {
    matches!(problem.code(), ErrorCode::StorageFull | ErrorCode::StorageFailed)
}

/// Runs the units one after another in one transaction. The second answer has, for each unit that
/// ran, what is to be told after the commit; the third how many leaves they added.
fn run_and_commit(
    connection: &mut Connection,
    jobs: &mut [Box<dyn Job>],
    shared: &Shared,
) -> (End, Vec<Vec<AfterCommit>>, u64) {
    let (mut after, mut leaves) = (Vec::with_capacity(jobs.len()), 0);
    let number = match connection.begin() {
        Ok(number) => number,
        Err(fault) => return (End::Failed(fault), after, 0),
    };
    for job in jobs {
        let attempt = attempt(&mut **job, Engine::Postgres(connection), shared, false);
        after.push(attempt.after);
        leaves += attempt.leaves;
        if let Err(fault) = attempt.outcome {
            return (End::Failed(roll_back(connection, fault)), after, 0);
        }
    }
    (commit(connection, number), after, leaves)
}

fn commit(connection: &mut Connection, number: u64) -> End {
    let Err(error) = connection.client.batch_execute("COMMIT") else { return End::Committed };
    match error.code() {
        Some(code) if !ends_connection(code) => End::Failed(roll_back(connection, fault(&error))),
        _ => End::Open(number, problem(&error)),
    }
}

/// Leaves the connection without a transaction; a connection on which that fails is lost.
fn roll_back(connection: &mut Connection, fault: Fault) -> Fault {
    if fault.kind == FaultKind::Lost || connection.client.batch_execute("ROLLBACK").is_ok() {
        return fault;
    }
    match fault.kind {
        FaultKind::Plain => {
            // The unit's own answer stands; the next unit finds the connection closed.
            fault
        }
        _ => Fault { kind: FaultKind::Lost, ..fault },
    }
}

/// Exponential with full jitter, capped.
fn pause(tries: u32, random: &dyn Random) -> Duration {
    let most = Duration::from_millis(1).saturating_mul(2u32.saturating_pow(tries.min(10))).min(LONGEST_PAUSE);
    let share = u32::from_be_bytes(random.bytes::<4>());
    most.mul_f64(f64::from(share) / f64::from(u32::MAX))
}
