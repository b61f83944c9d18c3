//! Uploads: contents that grow piece by piece, over restarts, until they are whole and become a blob.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use corridor_base::digest::Hasher;
use corridor_base::{Digest, ErrorCode, Problem, Result};
use futures::{Stream, TryStreamExt};

use super::{BlobName, PIECE, blocking, digest_of_file, mark};
use crate::durable::{self, file_problem};

pub(super) fn open_staging(path: PathBuf, target: PathBuf) -> Result<Staging> {
    let directory = path.parent().unwrap_or(Path::new(".")).to_owned();
    durable::create_directory(&directory)?;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|e| file_problem(&path, e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Problem::new(ErrorCode::StorageConflict)),
        Err(TryLockError::Error(error)) => return Err(file_problem(&path, error)),
    }
    // What is there was perhaps written and not synced by a process that is no more, or torn by a
    // power cut: only what is whole and durable counts as received.
    let length = mark::durable_length(&path, &file)?;
    file.set_len(length).and_then(|()| file.sync_all()).map_err(|e| file_problem(&path, e))?;
    if mark::differs(&path, length)? {
        mark::set(&path, length, length, Digest::of(b""))?;
    }
    mark::sync(&path)?;
    durable::sync_directory(&directory)?;
    Ok(Staging { file: Arc::new(file), path, target, length })
}

/// An upload that grows piece by piece and becomes a blob when it is whole. Dropped before that it
/// stays, to be gone on with.
pub struct Staging {
    file: Arc<File>,
    path: PathBuf,
    /// The directory of the participant's blobs.
    target: PathBuf,
    pub(super) length: u64,
}

impl Staging {
    /// How many bytes are there and durable: the offset of the next piece.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds a piece at exactly `offset`; durable when this answers, with the new length. When it
    /// fails nothing of the piece is there and the length is as before.
    ///
    /// # Errors
    /// `offset-wrong` when `offset` is not the length; `storage-full`, `file-failed`.
    pub async fn append(&mut self, offset: u64, piece: Bytes) -> Result<u64> {
        if offset != self.length {
            let wrong = Problem::new(ErrorCode::OffsetWrong);
            return Err(wrong.with("expected", self.length).with("found", offset));
        }
        self.add(piece, true).await
    }

    /// Adds a piece that need not be durable before the whole is.
    async fn write(&mut self, piece: Bytes) -> Result<u64> {
        self.add(piece, false).await
    }

    async fn add(&mut self, piece: Bytes, sync: bool) -> Result<u64> {
        let (file, path, at) = (self.file.clone(), self.path.clone(), self.length);
        let added = blocking(move || {
            let end = at + piece.len() as u64;
            let written = file.write_all_at(&piece, at).map_err(|e| file_problem(&path, e));
            let done = written.and_then(|()| {
                if !sync {
                    return Ok(());
                }
                mark::set(&path, at, end, Digest::of(&piece))?;
                file.sync_data().map_err(|e| file_problem(&path, e))
            });
            if let Err(problem) = done {
                // A piece that is there in part would make the offset a lie.
                let _ = file.set_len(at).and_then(|()| file.sync_data());
                return Err(problem);
            }
            Ok(piece.len() as u64)
        });
        self.length += added.await?;
        Ok(self.length)
    }

    /// Drops what is beyond `length`.
    pub(super) async fn cut(&mut self, length: u64) -> Result<()> {
        let (file, path) = (self.file.clone(), self.path.clone());
        blocking(move || {
            if mark::differs(&path, length)? {
                mark::set(&path, length, length, Digest::of(b""))?;
            }
            file.set_len(length).map_err(|e| file_problem(&path, e))
        })
        .await?;
        self.length = length;
        Ok(())
    }

    /// Starts over: what is there is dropped, because it turned out to be other bytes.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn restart(&mut self) -> Result<()> {
        self.cut(0).await
    }

    /// The digest of all that is there, read back from the disk.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn digest(&self) -> Result<Digest> {
        let path = self.path.clone();
        blocking(move || digest_of_file(&path).map(|(_, digest)| digest)).await
    }

    /// What lies between two places of the file.
    pub(super) async fn read_back(&self, from: u64, to: u64) -> Result<Vec<u8>> {
        let (file, path) = (self.file.clone(), self.path.clone());
        blocking(move || {
            let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
            file.read_exact_at(&mut bytes, from).map_err(|e| file_problem(&path, e))?;
            Ok(bytes)
        })
        .await
    }

    /// Makes it the blob of this name; durable when this answers, and only then may a row refer to
    /// it (EX-3).
    ///
    /// # Errors
    /// `storage-full`, `file-failed`.
    pub async fn finish(self, name: &BlobName) -> Result<()> {
        let to = self.target.join(name.as_str());
        blocking(move || {
            self.file.sync_all().map_err(|e| file_problem(&self.path, e))?;
            durable::create_directory(to.parent().unwrap_or(&self.target))?;
            durable::rename(&self.path, &to)?;
            mark::remove(&self.path);
            Ok(())
        })
        .await
    }

    /// Throws it away.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn discard(self) -> Result<()> {
        blocking(move || {
            durable::remove_file(&self.path)?;
            mark::remove(&self.path);
            Ok(())
        })
        .await
    }
}

/// Removes an upload when its file is old and nobody has it open.
pub(super) fn remove_untouched(path: &Path, untouched: Duration) -> Result<bool> {
    if path.extension().is_some_and(|e| e == mark::ENDING) {
        // Goes with its upload.
        if !path.with_extension("part").exists() {
            mark::remove(path);
        }
        return Ok(false);
    }
    let Ok(file) = File::open(path) else { return Ok(false) };
    let age = file.metadata().and_then(|m| m.modified()).map(|at| at.elapsed().unwrap_or_default());
    if age.is_ok_and(|age| age >= untouched) && file.try_lock().is_ok() {
        durable::remove_file(path)?;
        mark::remove(path);
        return Ok(true);
    }
    Ok(false)
}

/// Writes a stream to its end, in pieces of a good size; answers the digest.
pub(super) async fn fill<S>(staging: &mut Staging, content: S, limit: u64) -> Result<Digest>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send,
{
    let mut hasher = Hasher::new();
    let mut content = std::pin::pin!(content);
    let failed = |e: std::io::Error| Problem::new(ErrorCode::StorageFailed).because(e);
    while let Some(mut piece) = content.try_next().await.map_err(failed)? {
        hasher.update(&piece);
        while !piece.is_empty() {
            let some = piece.split_to(piece.len().min(PIECE));
            if staging.length() + some.len() as u64 > limit {
                return Err(Problem::new(ErrorCode::TooLarge).with("what", "content").with("limit", limit));
            }
            staging.write(some).await?;
        }
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use corridor_base::Did;

    use super::super::tests::{did, open, whole};
    use super::*;

    #[tokio::test]
    async fn an_upload_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let (who, name): (Did, BlobName) = (did("a"), "received/y".parse().unwrap());
        let blobs = open(folder.path());
        let mut upload = blobs.staging(&who, "id-1").await.unwrap();
        assert_eq!(upload.append(0, Bytes::from_static(b"one ")).await.unwrap(), 4);
        for wrong in [0, 3, 5] {
            let problem = upload.append(wrong, Bytes::from_static(b"x")).await.unwrap_err();
            assert_eq!((problem.code(), problem.arg("expected")), (ErrorCode::OffsetWrong, Some("4")));
        }
        let second = blobs.staging(&who, "id-1").await.err().unwrap();
        assert_eq!(second.code(), ErrorCode::StorageConflict);
        drop(upload);
        // As after a restart.
        let blobs = open(folder.path());
        assert_eq!(blobs.staged(&who, "id-1").await.unwrap(), 4);
        assert_eq!(blobs.staged(&did("b"), "id-1").await.unwrap(), 0);
        let mut upload = blobs.staging(&who, "id-1").await.unwrap();
        upload.append(4, Bytes::from_static(b"two")).await.unwrap();
        assert_eq!(upload.digest().await.unwrap(), Digest::of(b"one two"));
        upload.finish(&name).await.unwrap();
        assert_eq!(whole(&blobs, &who, &name, 0).await.unwrap(), b"one two");
        assert_eq!(blobs.staged(&who, "id-1").await.unwrap(), 0);
    }

    #[tokio::test]
    async fn old_uploads_are_swept_unless_somebody_is_at_them() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = open(folder.path());
        let who = did("a");
        let open_one = blobs.staging(&who, "open").await.unwrap();
        drop(blobs.staging(&who, "left").await.unwrap());
        assert_eq!(blobs.sweep_staging(Duration::from_secs(3600)).await.unwrap(), 0);
        assert_eq!(blobs.sweep_staging_of("other-", Duration::ZERO).await.unwrap(), 0);
        assert_eq!(blobs.sweep_staging(Duration::ZERO).await.unwrap(), 1);
        drop(open_one);
        assert_eq!(blobs.sweep_staging(Duration::ZERO).await.unwrap(), 1);
    }
}
