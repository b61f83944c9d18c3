//! The data directory: made closed to others, refused when it belongs to another user, and held by
//! one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use corridor_base::{ErrorCode, Problem, Result};

use crate::durable::{self, file_problem};

/// A data directory that this process holds. It is let go when this is dropped, and by the
/// operating system when the process ends in whatever way.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Takes the directory, making it (mode 0700) when it is not there.
    ///
    /// # Errors
    /// `directory-owner` when it belongs to another user; `directory-locked` when another process
    /// holds it; `file-mode` when other users may enter it and it already holds something;
    /// `file-failed`, `storage-full`.
    pub fn lock(path: &Path) -> Result<Self> {
        durable::create_directory(path)?;
        let path = path.canonicalize().map_err(|e| file_problem(path, e))?;
        check_owner(&path, rustix::process::geteuid().as_raw())?;
        close_to_others(&path)?;
        let place = path.join("lock");
        let mut lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&place)
            .map_err(|e| file_problem(&place, e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Problem::new(ErrorCode::DirectoryLocked).with("path", path.display()));
            }
            Err(TryLockError::Error(error)) => return Err(file_problem(&place, error)),
        }
        // For the person who wonders which process it is; the lock does not depend on it.
        let _ = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        Ok(Self { path, _lock: lock })
    }

    /// Where it is, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn check_owner(path: &Path, user: u32) -> Result<()> {
    let owner = path.metadata().map_err(|e| file_problem(path, e))?.uid();
    if owner == user {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::DirectoryOwner)
        .with("path", path.display())
        .with("expected", user)
        .with("found", owner))
}

/// A directory that somebody made by hand before the first start is closed; one that was open
/// while it held data is refused, because what lay in it may have been read.
fn close_to_others(path: &Path) -> Result<()> {
    let mode = path.metadata().map_err(|e| file_problem(path, e))?.permissions().mode() & 0o777;
    if mode & 0o007 == 0 {
        return Ok(());
    }
    let empty = path.read_dir().map_err(|e| file_problem(path, e))?.next().is_none();
    if empty {
        let closed = std::fs::Permissions::from_mode(0o700);
        return std::fs::set_permissions(path, closed).map_err(|e| file_problem(path, e));
    }
    Err(Problem::new(ErrorCode::FileMode)
        .with("path", path.display())
        .with("expected", "0700")
        .with("found", format!("{mode:04o}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let held = DataDir::lock(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(DataDir::lock(&path).unwrap_err().code(), ErrorCode::DirectoryLocked);
        drop(held);
        DataDir::lock(&path).unwrap();
    }

    #[test]
    fn another_owner_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let us = rustix::process::geteuid().as_raw();
        check_owner(folder.path(), us).unwrap();
        let problem = check_owner(folder.path(), us + 1).unwrap_err();
        assert_eq!(problem.code(), ErrorCode::DirectoryOwner);
        assert_eq!(problem.arg("found"), Some(us.to_string().as_str()));
    }

    #[test]
    fn an_open_directory_is_closed_while_empty_and_refused_with_data_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let open =
            |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        open(0o755);
        drop(DataDir::lock(folder.path()).unwrap());
        assert_eq!(folder.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        open(0o755);
        assert_eq!(DataDir::lock(folder.path()).unwrap_err().code(), ErrorCode::FileMode);
    }
}
