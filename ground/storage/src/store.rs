//! The store: the one handle of a node on its data.

use std::path::PathBuf;
use std::sync::Arc;

use corridor_base::{ActId, Clock, DeliveryId, Did, Random, Result, Timestamp};

use crate::blobs::{BlobPlace, Blobs};
use crate::metrics::Metrics;
use crate::outbox::{Delivery, DeliveryFilter};
use crate::schema::Schema;
use crate::tx::Tx;

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
    /// Threads that read from SQLite, beside the one that writes.
    pub reader_threads: usize,
    /// Connections to PostgreSQL, each with a thread.
    pub connections: usize,
    /// Units of work that may wait for their turn; who comes after waits before joining the queue.
    pub waiting_units: usize,
}

impl Options {
    /// Everything in one directory: `corridor.sqlite`, `blobs/` and `staging/`.
    #[must_use]
    pub fn directory(path: &std::path::Path) -> Self {
        Self {
            database: Database::Sqlite(path.join("corridor.sqlite")),
            blobs: BlobPlace::Directory(path.join("blobs")),
            staging: path.join("staging"),
            reader_threads: 2,
            connections: 8,
            waiting_units: 4096,
        }
    }
}

/// One recorded act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// Its identifier.
    pub id: ActId,
    /// What happened.
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// The very bytes that were committed to.
    pub bytes: Vec<u8>,
    /// What opens it, as JSON; `None` after erasure (LG-3).
    pub opening: Option<Vec<u8>>,
}

/// Which acts to list, in the order of their identifiers, which is that of their times.
#[derive(Clone, Debug, Default)]
pub struct ActPage {
    /// Only those after this one (before it, when the newest come first).
    pub after: Option<ActId>,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// How many at most; 0 means 100; never more than [`crate::outbox::MAX_PAGE`].
    pub limit: u32,
}

/// The one handle of a node on its data; cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    blobs: Blobs,
    metrics: Metrics,
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
        let _ = (options, schemas, clock, random);
        todo!()
    }

    /// Does one unit of work for `participant` (EX-2): durable when this answers (EX-3), without a
    /// trace when it fails. The unit must be repeatable and without effects outside `tx`: it may
    /// run more than once, of which one counts. It should take a few milliseconds at most, and must
    /// not call the store again. A caller that goes away does not stop it.
    ///
    /// # Errors
    /// What the unit answers; `storage-full`, `storage-failed`, `storage-conflict`;
    /// `shutting-down` after [`Store::close`]; `internal` when the unit panicked.
    pub async fn write<T, F>(&self, participant: &Did, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let _ = (participant, unit);
        todo!()
    }

    /// Reads for `participant` from one snapshot. The same rules as for [`Store::write`].
    ///
    /// # Errors
    /// As [`Store::write`]; `internal` when it tries to change something.
    pub async fn read<T, F>(&self, participant: &Did, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let _ = (participant, unit);
        todo!()
    }

    /// The participant's deliveries, oldest first, without their bodies.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn deliveries(&self, participant: &Did, filter: DeliveryFilter) -> Result<Vec<Delivery>> {
        let _ = (participant, filter);
        todo!()
    }

    /// Sends a delivery that was given up on once more.
    ///
    /// # Errors
    /// `not-found` when the participant has no such delivery in that state; as [`Store::write`].
    pub async fn resend(&self, participant: &Did, id: DeliveryId) -> Result<()> {
        let _ = (participant, id);
        todo!()
    }

    /// The participant's acts.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn acts(&self, participant: &Did, page: ActPage) -> Result<Vec<ActRow>> {
        let _ = (participant, page);
        todo!()
    }

    /// One act of the participant.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn act(&self, participant: &Did, id: ActId) -> Result<Option<ActRow>> {
        let _ = (participant, id);
        todo!()
    }

    /// The blobs beside the database.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// What was done so far, in numbers.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// Whether the database answers and the last commit succeeded.
    ///
    /// # Errors
    /// What is wrong: `storage-full`, `storage-failed`, `shutting-down`.
    pub async fn health(&self) -> Result<()> {
        todo!()
    }

    /// Finishes what was accepted, refuses what comes later, and lets the database go.
    pub async fn close(&self) {
        todo!()
    }
}
