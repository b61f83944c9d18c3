//! Backup of a running node by another process, and its restoration on either engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use corridor_base::{Digest, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::schema::Schema;
use crate::store::Options;

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

/// Takes a backup into a new directory `corridor-backup-TIME` below `into` and answers where it is
/// and what it holds. The node may go on running; the rows are of one instant. Blocks.
///
/// # Errors
/// `storage-failed`, `storage-full`, `file-failed`.
pub fn write(
    options: &Options,
    into: &Path,
    extra: &[ExtraFile],
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<(PathBuf, Manifest)> {
    let _ = (options, into, extra, now, progress);
    todo!()
}

/// Restores a backup into an empty database and empty blobs, and the extra files below `files`.
/// Everything is checked before anything is written. Blocks.
///
/// # Errors
/// `backup-invalid` naming what is altered or missing; `already-exists` when the target is not
/// empty; `schema-unknown` when it comes from a newer build; `storage-failed`, `storage-full`,
/// `file-failed`.
pub fn restore(
    from: &Path,
    into: &Options,
    files: &Path,
    schemas: &[&'static Schema],
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest> {
    let _ = (from, into, files, schemas, progress);
    todo!()
}
