//! The store: the one handle of a node on its data.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use corridor_base::{Clock, DeliveryId, Did, ErrorCode, Problem, Random, Result, Timestamp};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{mpsc, oneshot};

use crate::blobs::{BlobPlace, Blobs};
use crate::durable;
use crate::metrics::Metrics;
use crate::outbox::{self, Delivery, DeliveryFilter};
use crate::postgresql;
use crate::readers::Readers;
use crate::schema::{self, Maintenance, Schema};
use crate::sequencer;
use crate::shred;
use crate::sqlite;
use crate::tx::Tx;
use crate::wal::Wal;
use crate::worker::{Message, Shared, SharedQueue, Work};
use crate::writer::Writer;

/// Where the rows live.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file; made with its directory when it is not there.
    Sqlite(PathBuf),
    /// A `postgres://` URL or a key-value connection string.
    Postgres(String),
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the rows live.
    pub database: Database,
    /// Where the blobs live.
    pub blobs: BlobPlace,
    /// Where uploads grow until they are whole: a local directory, and on the same file system as
    /// the blobs when those are in a directory.
    pub staging: PathBuf,
    /// Threads that read, each with a connection.
    pub reader_threads: usize,
    /// Connections that write to PostgreSQL, each with a thread. SQLite has one. More of them help
    /// against a slow network and cost conflicts.
    pub connections: usize,
    /// Units of work that may wait for their turn; who comes after waits before joining the queue.
    pub waiting_units: usize,
}

impl Options {
    /// Everything in one directory: `corridor.sqlite`, `blobs/` and `staging/`.
    #[must_use]
    pub fn directory(path: &Path) -> Self {
        Self {
            database: Database::Sqlite(path.join("corridor.sqlite")),
            blobs: BlobPlace::Directory(path.join("blobs")),
            staging: path.join("staging"),
            reader_threads: 2,
            connections: 1,
            waiting_units: 4096,
        }
    }
}

/// The one handle of a node on its data; cheap to clone. The database threads end when the last
/// clone is dropped, or with [`Store::close`].
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    blobs: Blobs,
    writers: mpsc::Sender<Message>,
    readers: mpsc::Sender<Message>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    database: Database,
    /// SQLite, for the thread that asks.
    here: Option<Here>,
    /// How many ask for a unit of work at this moment.
    asking: AtomicUsize,
}

impl Store {
    /// Opens database and blobs, making what is missing and migrating what is old. Blocks for as
    /// long as that takes; may be called inside and outside a tokio runtime. Schemas are migrated
    /// in the order given, after storage's own.
    ///
    /// # Errors
    /// `schema-unknown` when the data come from a newer build; `schema-unverified` when they are not
    /// what their version says; `file-failed`, `storage-full`, `storage-failed`.
    pub fn open(
        options: Options,
        schemas: &[&'static Schema],
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        // The blocking client of PostgreSQL has a runtime of its own, which must not be started
        // from inside another: hence a thread.
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| Self::open_here(&options, schemas, clock, random));
            opening.join().unwrap_or_else(|_| Err(failed("a panic while opening")))
        })
    }

    fn open_here(
        options: &Options,
        schemas: &[&'static Schema],
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let blobs = Blobs::open(&options.blobs, &options.staging)?;
        let now = clock.now();
        let shared = Arc::new(Shared::new(clock, random));
        let opened = match &options.database {
            Database::Sqlite(path) => open_sqlite(path, options, schemas, now, &shared)?,
            Database::Postgres(url) => open_postgres(url, options, schemas, now, &shared)?,
        };
        let Opened { writers, readers, threads, here } = opened;
        let database = options.database.clone();
        let (threads, asking) = (Mutex::new(threads), AtomicUsize::new(0));
        let inner = Inner { shared, blobs, writers, readers, threads, database, here, asking };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// Whether no other process can hold this database.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self.inner.database, Database::Sqlite(_))
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Does one unit of work for `participant` (EX-2): durable when this answers (EX-3), without a
    /// trace when it fails. The unit must be repeatable and without effects outside `tx`: it may
    /// run more than once, of which one counts. It should take a few milliseconds at most, and must
    /// not call the store again. A caller that goes away does not stop it.
    ///
    /// # Errors
    /// What the unit answers; `storage-full`, `storage-failed` (when it says "outcome unknown", the
    /// connection to PostgreSQL was lost in the middle of the commit: ask before doing it again),
    /// `storage-conflict`; `shutting-down` after [`Store::close`]; `internal` when the unit panicked.
    pub async fn write<T, F>(&self, participant: &Did, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let asking = Asking::begin(&self.inner.asking);
        let (work, answer) = Work::of(participant, unit);
        let work = match &self.inner.here {
            Some(here) if asking.is_alone() && may_block() => {
                match tokio::task::block_in_place(|| here.writer.at_once(work)) {
                    Ok(()) => return answer.await.unwrap_or_else(|_| Err(closed())),
                    Err(work) => work,
                }
            }
            _ => work,
        };
        ask(&self.inner.writers, Message::Write(work), answer).await
    }

    /// Reads for `participant` from one snapshot. The same rules as for [`Store::write`]. On SQLite it
    /// reads on the thread that asks, while a connection is free (`docs/decisions/002-one-writer.md`).
    ///
    /// # Errors
    /// As [`Store::write`]; `internal` when it tries to change something.
    pub async fn read<T, F>(&self, participant: &Did, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let here = self.inner.here.as_ref().filter(|_| may_block());
        let Some(lent) = here.and_then(|here| here.reading.lend()) else {
            return self.scan(participant, unit).await;
        };
        let (work, answer) = Work::of(participant, unit);
        lent.read(work, &self.inner.shared);
        // Whoever asks a hundred times in a row lets others have the thread in between.
        tokio::task::coop::consume_budget().await;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// The same, always on a thread apart: for a question that looks at everything, and may take seconds.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn scan<T, F>(&self, participant: &Did, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (work, answer) = Work::of(participant, unit);
        ask(&self.inner.readers, Message::Read(work), answer).await
    }

    /// The participant's deliveries, oldest first, without their bodies.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn deliveries(&self, participant: &Did, filter: DeliveryFilter) -> Result<Vec<Delivery>> {
        self.read(participant, move |tx| outbox::list(tx, &filter)).await
    }

    /// Sends a delivery that was given up on once more.
    ///
    /// # Errors
    /// `not-found` when the participant has no such delivery in that state; as [`Store::write`].
    pub async fn resend(&self, participant: &Did, id: DeliveryId) -> Result<()> {
        match self.write(participant, move |tx| tx.resend(id)).await? {
            true => Ok(()),
            false => Err(Problem::new(ErrorCode::NotFound).with("what", id)),
        }
    }
    /// The blobs beside the database.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// What was done so far, in numbers.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.inner.shared.metrics
    }

    /// Whether the database answers and the last commit succeeded.
    ///
    /// # Errors
    /// What is wrong: `storage-full`, `storage-failed`, `shutting-down`.
    pub async fn health(&self) -> Result<()> {
        // The question is nobody's: it names no table.
        let nobody: Did = "did:web:health.invalid".parse()?;
        self.read(&nobody, |tx| tx.query_one("SELECT 1", &[]).map(|_| ())).await?;
        match self.inner.shared.trouble() {
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }

    /// Finishes what was accepted, refuses what comes later, and lets the database go.
    pub async fn close(&self) {
        let inner = &self.inner;
        // A thread that has ended already is what this is about.
        let _ = inner.writers.send(Message::Stop).await;
        let _ = inner.readers.send(Message::Stop).await;
        let threads = std::mem::take(&mut *inner.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = tokio::task::spawn_blocking(|| threads.into_iter().for_each(|t| drop(t.join()))).await;
    }
}

async fn ask<T>(
    threads: &mpsc::Sender<Message>,
    message: Message,
    answer: oneshot::Receiver<Result<T>>,
) -> Result<T> {
    threads.send(message).await.map_err(|_| closed())?;
    answer.await.unwrap_or_else(|_| Err(closed()))
}

fn closed() -> Problem {
    Problem::new(ErrorCode::ShuttingDown)
}

/// Whether this thread may wait for a disk: one of several that take each other's work.
fn may_block() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

/// Counts who asks for a unit of work.
struct Asking<'a>(&'a AtomicUsize, bool);

impl<'a> Asking<'a> {
    fn begin(asking: &'a AtomicUsize) -> Self {
        let before = asking.fetch_add(1, Ordering::Relaxed);
        Self(asking, before == 0)
    }

    /// Whether nobody else was asking when this began.
    fn is_alone(&self) -> bool {
        self.1
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn failed(why: &str) -> Problem {
    Problem::new(ErrorCode::StorageFailed).with("why", why)
}

/// SQLite as the thread that asks may use it, without handing its question to another.
struct Here {
    writer: Arc<Writer>,
    reading: Arc<Readers>,
}

/// The threads of an open database and how they are spoken to.
struct Opened {
    writers: mpsc::Sender<Message>,
    readers: mpsc::Sender<Message>,
    threads: Vec<JoinHandle<()>>,
    here: Option<Here>,
}

fn open_sqlite(
    path: &Path,
    options: &Options,
    schemas: &[&'static Schema],
    now: Timestamp,
    shared: &Arc<Shared>,
) -> Result<Opened> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        durable::create_directory(directory)?;
    }
    let mut writer = sqlite::Connection::writer(path)?;
    schema::migrate(&mut writer, schemas, now, None)?;
    writer.number_leaves()?;
    if !writer.ask("SELECT 1 FROM subject_key LIMIT 1")?.is_empty() {
        writer.shreds()?;
    }
    let (writers, write_queue) = mpsc::channel(options.waiting_units.max(1));
    let (readers, read_queue) = mpsc::channel(options.waiting_units.max(1));
    let read_queue: SharedQueue = Arc::new(Mutex::new(read_queue));
    let wal = Arc::new(Wal::default());
    let (mover, keeper) = (sqlite::Connection::mover(path)?, wal.clone());
    let writer = Arc::new(Writer::new(writer, wal, shared.clone()));
    let writing = writer.clone();
    let mut threads = vec![
        spawn("corridor-sqlite", move || writing.serve(write_queue))?,
        spawn("corridor-wal", move || keeper.keep_short(&mover))?,
    ];
    let count = options.reader_threads.max(1);
    let connections = (0..count).map(|_| sqlite::Connection::reader(path)).collect::<Result<_>>()?;
    let reading = Arc::new(Readers::new(connections, count));
    for _ in 0..count {
        let (reading, queue, shared) = (reading.clone(), read_queue.clone(), shared.clone());
        threads.push(spawn("corridor-read", move || reading.serve(&queue, &shared))?);
    }
    Ok(Opened { writers, readers, threads, here: Some(Here { writer, reading }) })
}

fn open_postgres(
    url: &str,
    options: &Options,
    schemas: &[&'static Schema],
    now: Timestamp,
    shared: &Arc<Shared>,
) -> Result<Opened> {
    let config = postgresql::config(url)?;
    let mut first = postgresql::Connection::open(&config)?;
    first.migrating(|db| schema::migrate(db, schemas, now, None).and_then(|()| shred::no_statistics(db)))?;
    let mut first = Some(first);
    let mut threads = Vec::new();
    let mut start = |count: usize, writing: bool| {
        let (sender, queue) = mpsc::channel(options.waiting_units.max(1));
        let queue: SharedQueue = Arc::new(Mutex::new(queue));
        for _ in 0..count.max(1) {
            let connection = match first.take() {
                Some(first) => first,
                None => postgresql::Connection::open(&config)?,
            };
            let (config, queue, shared) = (config.clone(), queue.clone(), shared.clone());
            if writing {
                shared.leaves.expect_writer();
            }
            let life = move || {
                let _ending = writing.then(|| shared.leaves.writer());
                postgresql::serve(connection, &config, &queue, &shared);
            };
            threads.push(spawn("corridor-postgres", life)?);
        }
        Ok(sender)
    };
    let (writers, readers) = (start(options.connections, true)?, start(options.reader_threads, false)?);
    let (connection, shared) = (postgresql::Connection::open(&config)?, shared.clone());
    threads.push(spawn("corridor-sequence", move || sequencer::serve(connection, &config, &shared))?);
    Ok(Opened { writers, readers, threads, here: None })
}

fn spawn(name: &str, life: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(life).map_err(|e| failed("no thread").because(e))
}
