//! Small files that must be whole, private and durable: keys, lists, an anchor's state.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use corridor_base::{ErrorCode, Problem, Result};
use corridor_storage::durable;
pub(crate) use corridor_storage::durable::write_file as write;
use zeroize::Zeroizing;

/// Owner only, for what holds a key.
pub(crate) const SECRET: u32 = 0o600;
/// Readable by all, for what is public.
pub(crate) const PUBLIC: u32 = 0o644;

/// A refusal of this file.
pub(crate) fn refuse(path: &Path, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::FileFailed).with("path", path.display()).with("why", why)
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// `file-failed`, `too-large`.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path).map_err(|e| refuse(path, e))?;
    read_open(path, file, limit)
}

/// Reads a file that nobody but its owner may read.
///
/// # Errors
/// `file-mode` when group or others may; `file-failed`, `too-large`.
pub(crate) fn read_secret(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path).map_err(|e| refuse(path, e))?;
    // Asked of the open file: the name could be pointed elsewhere in between.
    check_private(path, &file.metadata().map_err(|e| refuse(path, e))?, "0600")?;
    read_open(path, file, limit)
}

fn read_open(path: &Path, file: File, limit: usize) -> Result<Zeroizing<Vec<u8>>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let size = file.metadata().map_or(0, |m| m.len()).min(most);
    // One allocation, so that no copy of a secret is left behind by growth.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
    file.take(most).read_to_end(&mut bytes).map_err(|e| refuse(path, e))?;
    if bytes.len() > limit {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", format!("file {}", path.display()))
            .with("limit", limit));
    }
    Ok(bytes)
}

/// Makes the directory, for its owner alone, or checks that it is so.
///
/// # Errors
/// `file-mode` when group or others may look in; `file-failed`.
pub(crate) fn private_directory(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => check_private(path, &found, "0700"),
        Ok(_) => Err(refuse(path, "a directory expected")),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => durable::create_directory(path),
        Err(e) => Err(refuse(path, e)),
    }
}

fn check_private(path: &Path, found: &Metadata, expected: &str) -> Result<()> {
    if found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::FileMode)
        .with("path", path.display())
        .with("expected", expected)
        .with("found", format!("{:04o}", found.mode() & 0o7777)))
}
