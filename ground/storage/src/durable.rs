//! Files that are there after a power cut, whole or not at all (EX-3): written beside their place,
//! fsynced, renamed, and the directory fsynced. Keys and configuration are written this way too.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use corridor_base::{ErrorCode, Problem, Result};

/// Writes the file whole: afterwards it holds `bytes` and has exactly `mode`, through a power cut;
/// before that it holds what it held. A file that was there is replaced. `mode` is the permission
/// bits: 0o600 for whatever is secret.
///
/// # Errors
/// `storage-full`; `file-failed` with the path.
pub fn write_file(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let beside = beside(path);
    let written = write_beside(&beside, bytes, mode).and_then(|()| std::fs::rename(&beside, path));
    if let Err(error) = written {
        // Best effort: what is left behind is replaced by the next write of the same file.
        let _ = std::fs::remove_file(&beside);
        return Err(file_problem(path, error));
    }
    sync_directory(parent(path))
}

fn write_beside(beside: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::remove_file(beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(beside)?;
    // The umask may have taken bits away, never added any.
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The name a file has until it is whole.
fn beside(path: &Path) -> std::path::PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Removes the file so that it stays removed through a power cut; one that is not there is fine.
///
/// # Errors
/// `file-failed`.
pub fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Ok(()) => sync_directory(parent(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_problem(path, error)),
    }
}

/// Moves a file that is already fsynced to its place, replacing what is there, and fsyncs both
/// directories. Both must be on one file system.
///
/// # Errors
/// `storage-full`; `file-failed`.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|error| file_problem(to, error))?;
    sync_directory(parent(to))?;
    if parent(from) == parent(to) { Ok(()) } else { sync_directory(parent(from)) }
}

/// Makes the directory and those above it that are missing, each 0700 and there after a power cut.
///
/// # Errors
/// `storage-full`; `file-failed`.
pub fn create_directory(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = parent(path);
    if above != path {
        create_directory(above)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_directory(above),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(file_problem(path, error)),
    }
}

/// Makes the entries of a directory durable.
///
/// # Errors
/// `file-failed`.
pub fn sync_directory(path: &Path) -> Result<()> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(|error| file_problem(path, error))
}

/// Makes durable that a file is, or is no more, in its directory.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    sync_directory(parent(path))
}

/// What an error of the file system means to people.
#[must_use]
pub fn file_problem(path: &Path, error: std::io::Error) -> Problem {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded) {
        return Problem::new(ErrorCode::StorageFull).with("what", path.display()).because(error);
    }
    Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_whole_and_has_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for (bytes, mode) in [(b"one".as_slice(), 0o600), (b"two, longer", 0o644), (b"", 0o600)] {
            write_file(&path, bytes, mode).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_cannot_be_written_names_its_path_and_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent/key");
        let problem = write_file(&path, b"x", 0o600).unwrap_err();
        assert_eq!(problem.code(), ErrorCode::FileFailed);
        assert!(problem.arg("path").unwrap().ends_with("absent/key"));
    }

    #[test]
    fn directories_are_made_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        create_directory(&path).unwrap();
        create_directory(&path).unwrap();
        for made in [folder.path().join("a"), path] {
            assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
