//! Backup of a running node by another process, and its restoration on either engine.
//!
//! A backup is a directory: `tables/NAME.jsonl` (a header line, then a row a line), `blobs/…`,
//! `files/…` and, last, `manifest.json` with the digest of everything and `manifest.sha256` with
//! its own. The rows are of one snapshot; the blobs are copied after it, and since a blob never
//! changes and is written before its row, every row finds its blob. A blob deleted in between is
//! missing from the backup: deletion was what somebody wanted.
//!
//! The digests tell damage, not malice: who can write to a backup can write a manifest too. It
//! holds the keys that sign and is to be kept as closed as the data directory. The keys of persons are
//! not in it: see [`crate::keybook`].

mod restore;
mod rows;
mod take;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use corridor_base::digest::Hasher;
use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use serde::{Deserialize, Serialize};

pub use restore::restore;
pub(crate) use rows::{Cell, Header, Sink, is_identifier};
pub use take::write;

use crate::durable::{self, file_problem};
use crate::schema::{self, Maintenance, VERSION_TABLE};

/// The version of the format that this build writes and reads.
const FORMAT: u32 = 1;

/// What a backup holds: the last file written into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format.
    pub format: u32,
    /// When the snapshot was taken.
    pub taken: Timestamp,
    /// The version of every schema.
    pub schemas: BTreeMap<String, u32>,
    /// The number of rows of every table.
    pub tables: BTreeMap<String, u64>,
    /// The number of blobs.
    pub blobs: u64,
    /// Every file of the backup but this one, by its path in it.
    pub files: BTreeMap<String, FileEntry>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Digest,
}

/// A file beside the store that the backup shall hold too: keys, configuration. Restored with mode
/// 0600.
#[derive(Clone, Debug)]
pub struct ExtraFile {
    /// Its relative path in the backup and below the directory it is restored to.
    pub name: String,
    /// Where it is now.
    pub path: PathBuf,
}

/// How far a backup or a restoration has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// What is being done: the name of a table, `blobs`, `files`, `verify`.
    pub step: String,
    /// How many rows, blobs or files of it are done.
    pub done: u64,
}

/// The blocking client of PostgreSQL may not run on a thread of a runtime.
pub(crate) fn on_a_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let fault = || Problem::new(ErrorCode::Internal).with("why", "a panic in a backup");
        scope.spawn(work).join().unwrap_or_else(|_| Err(fault()))
    })
}

/// Whether a relative path stays below where it is put.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables that hold what participants stored.
fn stored_tables(db: &mut dyn Maintenance) -> Result<Vec<(String, Option<String>)>> {
    let mut tables = db.tables()?;
    tables.retain(|(name, _)| name != VERSION_TABLE);
    Ok(tables)
}

fn versions(db: &mut dyn Maintenance) -> Result<BTreeMap<String, u32>> {
    let rows = db.ask("SELECT name, MAX(version) FROM schema_version GROUP BY name")?;
    let pairs = schema::pairs(rows).into_iter();
    Ok(pairs.map(|(name, version)| (name, version.and_then(|v| v.parse().ok()).unwrap_or(0))).collect())
}

/// A file that is digested while it is written.
struct Hashed {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Hasher,
    size: u64,
}

impl Hashed {
    fn create(below: &Path, name: &str) -> Result<Self> {
        let path = below.join(name);
        durable::create_directory(path.parent().unwrap_or(below))?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = BufWriter::with_capacity(256 << 10, file.map_err(|e| file_problem(&path, e))?);
        Ok(Self { path, file, hasher: Hasher::new(), size: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|e| file_problem(&self.path, e))
    }

    fn copy(&mut self, source: &mut File, from: &Path) -> Result<()> {
        let mut piece = vec![0; 256 << 10];
        loop {
            let read = source.read(&mut piece).map_err(|e| file_problem(from, e))?;
            match piece.get(..read) {
                None | Some([]) => return Ok(()),
                Some(some) => self.write(some)?,
            }
        }
    }

    /// Makes it durable, its directory included.
    fn finish(self) -> Result<FileEntry> {
        let file = self.file.into_inner().map_err(|e| file_problem(&self.path, e.into_error()))?;
        file.sync_all().map_err(|e| file_problem(&self.path, e))?;
        durable::sync_parent(&self.path)?;
        Ok(FileEntry { size: self.size, sha256: self.hasher.finish() })
    }
}
