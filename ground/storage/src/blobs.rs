//! Blobs: contents too large for a row, kept beside the database, led by their participant (PA-1),
//! written and fsynced before anything refers to them (EX-3), never changed afterwards.

mod mark;
mod sealed;
mod staging;

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use corridor_base::digest::Hasher;
use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use futures::{Stream, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt};

pub use staging::Staging;
use staging::{fill, open_staging, remove_untouched};

use crate::durable::{self, file_problem};

/// The largest piece a blob is read or written in, in bytes: what one stream holds in memory.
pub const PIECE: usize = 1 << 20;

/// Where blobs live.
#[derive(Clone, Debug)]
pub enum BlobPlace {
    /// A directory; made when it is not there.
    Directory(PathBuf),
    /// An object store by URL. This build knows `file:` only.
    Url(String),
}

/// The name of a blob among those of one participant: up to four parts of lower-case letters,
/// digits, `-` and `_`, joined by `/`: `received/0192…`. At most 200 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobName(String);

impl BlobName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BlobName {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let part = |p: &str| {
            !p.is_empty()
                && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        let good = text.len() <= 200 && text.split('/').count() <= 4 && text.split('/').all(part);
        if good {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(120).collect();
        Err(Problem::new(ErrorCode::Malformed).with("what", "blob name").with("why", shown))
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The blobs of a store; cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Where the store keeps its files.
    root: PathBuf,
    staging: PathBuf,
}

/// The directory of a participant: the digest of its DID, so that a case-insensitive file system
/// keeps two participants apart.
fn directory_of(participant: &Did) -> String {
    Digest::of(participant.as_str().as_bytes()).to_string().chars().take(32).collect()
}

fn place_of(participant: &Did, name: &BlobName) -> object_store::path::Path {
    format!("{}/{name}", directory_of(participant)).into()
}

/// The directory that a place names.
pub(crate) fn root_of(place: &BlobPlace) -> Result<PathBuf> {
    match place {
        BlobPlace::Directory(path) => Ok(path.clone()),
        BlobPlace::Url(url) => match url.strip_prefix("file://") {
            Some(path) if path.starts_with('/') => Ok(path.into()),
            _ => {
                let why = "blobs: this build knows directories and file:///PATH only";
                Err(Problem::new(ErrorCode::StorageFailed).with("why", why))
            }
        },
    }
}

/// Runs something that blocks on the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Problem::new(ErrorCode::Internal).because(e)))
}

impl Blobs {
    pub(crate) fn open(place: &BlobPlace, staging: &Path) -> Result<Self> {
        let root = root_of(place)?;
        durable::create_directory(&root)?;
        durable::create_directory(staging)?;
        let files = LocalFileSystem::new_with_prefix(&root).map_err(|e| problem(&e))?;
        Ok(Self { store: Arc::new(files.with_fsync(true)), root, staging: staging.to_owned() })
    }

    /// Writes a blob that is in memory; durable when this answers. One of the same name is replaced
    /// by the whole of the new one.
    ///
    /// # Errors
    /// `storage-full`, `storage-failed`.
    pub async fn put(&self, participant: &Did, name: &BlobName, bytes: Bytes) -> Result<()> {
        self.store.put(&place_of(participant, name), bytes.into()).await.map(|_| ()).map_err(|e| problem(&e))
    }

    /// Writes a blob from a stream of at most `limit` bytes; answers its size and digest. Durable
    /// when this answers; nothing is there when it fails.
    ///
    /// # Errors
    /// `too-large`; `storage-failed` when the stream fails; `storage-full`, `file-failed`.
    pub async fn put_stream<S>(
        &self,
        participant: &Did,
        name: &BlobName,
        content: S,
        limit: u64,
    ) -> Result<(u64, Digest)>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send,
    {
        let id = format!("put-{}", Digest::of(name.as_str().as_bytes()));
        let mut staging = self.staging(participant, &id).await?;
        staging.cut(0).await?;
        match fill(&mut staging, content, limit).await {
            Ok(digest) => {
                let size = staging.length();
                staging.finish(name).await?;
                Ok((size, digest))
            }
            Err(problem) => {
                // The problem is told, not that its traces stay until they are swept.
                let _ = staging.discard().await;
                Err(problem)
            }
        }
    }

    /// The size of a blob in bytes.
    ///
    /// # Errors
    /// `not-found`, `storage-failed`.
    pub async fn size(&self, participant: &Did, name: &BlobName) -> Result<u64> {
        Ok(self.store.head(&place_of(participant, name)).await.map_err(|e| problem(&e))?.size)
    }

    /// The bytes of a blob from `offset` to its end, in pieces of at most [`PIECE`] bytes; nothing
    /// when it ends before.
    ///
    /// # Errors
    /// `not-found`, `storage-failed`; the stream itself: `storage-failed`.
    pub async fn read(
        &self,
        participant: &Did,
        name: &BlobName,
        offset: u64,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + Unpin + 'static + use<>> {
        let size = self.size(participant, name).await?;
        let (store, place) = (self.store.clone(), place_of(participant, name));
        let pieces = futures::stream::try_unfold(offset, move |at| {
            let (store, place) = (store.clone(), place.clone());
            async move {
                if at >= size {
                    return Ok(None);
                }
                let end = size.min(at + PIECE as u64);
                let piece = store.get_range(&place, at..end).await.map_err(|e| problem(&e))?;
                Ok(Some((piece, end)))
            }
        });
        Ok(pieces.boxed())
    }

    /// Removes a blob; one that is not there is fine.
    ///
    /// # Errors
    /// `storage-failed`.
    pub async fn delete(&self, participant: &Did, name: &BlobName) -> Result<()> {
        let place = place_of(participant, name);
        match self.store.delete(&place).await {
            Ok(()) => {}
            Err(object_store::Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(problem(&error)),
        }
        let file = self.root.join(place.as_ref());
        blocking(move || durable::sync_parent(&file)).await
    }

    /// Removes the upload of this id; one that is not there is fine.
    ///
    /// # Errors
    /// `malformed`, `file-failed`.
    pub async fn delete_staging(&self, participant: &Did, id: &str) -> Result<()> {
        let path = self.part(participant, id)?;
        blocking(move || {
            mark::remove(&path);
            if path.exists() { durable::remove_file(&path) } else { Ok(()) }
        })
        .await
    }

    /// Opens the upload of this id, going on where an earlier one, or an earlier process, stopped.
    /// `id` is one part of a [`BlobName`].
    ///
    /// # Errors
    /// `storage-conflict` when somebody else has it open; `malformed`; `file-failed`,
    /// `storage-full`.
    pub async fn staging(&self, participant: &Did, id: &str) -> Result<Staging> {
        let path = self.part(participant, id)?;
        let target = self.root.join(directory_of(participant));
        blocking(move || open_staging(path, target)).await
    }

    /// How far the upload of this id has come; 0 when there is none.
    ///
    /// # Errors
    /// `malformed`, `file-failed`.
    pub async fn staged(&self, participant: &Did, id: &str) -> Result<u64> {
        let path = self.part(participant, id)?;
        let length = move || match File::open(&path) {
            Ok(file) => mark::durable_length(&path, &file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(file_problem(&path, error)),
        };
        blocking(length).await
    }

    fn part(&self, participant: &Did, id: &str) -> Result<PathBuf> {
        let id: BlobName = id.parse()?;
        let file = format!("{}.part", id.as_str().replace('/', "."));
        Ok(self.staging.join(directory_of(participant)).join(file))
    }

    /// Removes uploads that nobody added to for so long; answers how many.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn sweep_staging(&self, untouched: Duration) -> Result<u64> {
        self.sweep_staging_of("", untouched).await
    }

    /// The same for uploads whose id begins so.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn sweep_staging_of(&self, prefix: &'static str, untouched: Duration) -> Result<u64> {
        let staging = self.staging.clone();
        blocking(move || {
            let ours =
                |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix));
            let mut removed = 0;
            for path in files_below(&staging)?.into_iter().filter(ours) {
                removed += u64::from(remove_untouched(&path, untouched)?);
            }
            Ok(removed)
        })
        .await
    }
}

/// Every file below a directory; one that vanishes meanwhile is left out.
pub(crate) fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let entries = match directory.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(file_problem(&directory, error)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| file_problem(&directory, e))?;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Size and digest of a file, read in pieces.
pub(crate) fn digest_of_file(path: &Path) -> Result<(u64, Digest)> {
    let mut file = File::open(path).map_err(|e| file_problem(path, e))?;
    let mut hasher = Hasher::new();
    let mut piece = vec![0; PIECE / 4];
    let mut size = 0;
    loop {
        let read = file.read(&mut piece).map_err(|e| file_problem(path, e))?;
        if read == 0 {
            return Ok((size, hasher.finish()));
        }
        size += read as u64;
        hasher.update(piece.get(..read).unwrap_or_default());
    }
}

/// What an error of the object store means to people.
fn problem(error: &object_store::Error) -> Problem {
    if let object_store::Error::NotFound { path, .. } = error {
        return Problem::new(ErrorCode::NotFound).with("what", path);
    }
    let mut below: Option<&dyn Error> = Some(error);
    while let Some(cause) = below {
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        {
            return Problem::new(ErrorCode::StorageFull).with("what", "a blob");
        }
        below = cause.source();
    }
    Problem::new(ErrorCode::StorageFailed).with("why", error)
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    pub(super) fn did(name: &str) -> Did {
        format!("did:web:example.jp:{name}").parse().unwrap()
    }

    pub(super) fn open(folder: &Path) -> Blobs {
        Blobs::open(&BlobPlace::Directory(folder.join("blobs")), &folder.join("staging")).unwrap()
    }

    pub(super) async fn whole(blobs: &Blobs, who: &Did, name: &BlobName, offset: u64) -> Result<Vec<u8>> {
        let pieces: Vec<Bytes> = blobs.read(who, name, offset).await?.try_collect().await?;
        assert!(pieces.iter().all(|p| p.len() <= PIECE));
        Ok(pieces.concat())
    }

    fn check(name: &str, expect: bool) {
        assert_eq!(name.parse::<BlobName>().is_ok(), expect, "{name}");
    }

    #[test]
    fn names_lead_nowhere_else() {
        check("received/0192", true);
        check("a", true);
        for name in ["", "/", "a/", "/a", "../a", "a/../b", "A", "a.b", "a/b/c/d/e", "a\\b", "%2e"] {
            check(name, false);
        }
        check(&"a".repeat(201), false);
    }

    #[tokio::test]
    async fn a_blob_is_read_from_any_offset_and_by_its_participant_only() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = open(folder.path());
        let (a, b) = (did("a"), did("b"));
        let name: BlobName = "received/x".parse().unwrap();
        let bytes: Vec<u8> = (0..3 * PIECE + 17).map(|i| (i % 251) as u8).collect();
        let pieces: Vec<std::io::Result<Bytes>> =
            bytes.chunks(PIECE * 2 + 3).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        let (size, digest) =
            blobs.put_stream(&a, &name, futures::stream::iter(pieces), 1 << 30).await.unwrap();
        assert_eq!((size, digest), (bytes.len() as u64, Digest::of(&bytes)));
        for offset in [0, 1, PIECE as u64, size - 1, size, size + 9] {
            let expect = bytes.get(offset as usize..).unwrap_or_default();
            assert!(whole(&blobs, &a, &name, offset).await.unwrap() == expect, "from {offset}");
        }
        assert_eq!(whole(&blobs, &b, &name, 0).await.unwrap_err().code(), ErrorCode::NotFound);
        blobs.delete(&b, &name).await.unwrap();
        assert_eq!(blobs.size(&a, &name).await.unwrap(), size);
        blobs.put(&b, &name, Bytes::from_static(b"other")).await.unwrap();
        assert_eq!(blobs.size(&a, &name).await.unwrap(), size);
        blobs.delete(&a, &name).await.unwrap();
        blobs.delete(&a, &name).await.unwrap();
        assert_eq!(blobs.size(&a, &name).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(whole(&blobs, &b, &name, 0).await.unwrap(), b"other");
    }

    #[tokio::test]
    async fn a_stream_that_is_too_long_or_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = open(folder.path());
        let name: BlobName = "x".parse().unwrap();
        let long = futures::stream::iter([Ok(Bytes::from_static(b"12345")), Ok(Bytes::from_static(b"6"))]);
        let problem = blobs.put_stream(&did("a"), &name, long, 5).await.unwrap_err();
        assert_eq!(problem.code(), ErrorCode::TooLarge);
        let broken =
            futures::stream::iter([Ok(Bytes::from_static(b"1")), Err(std::io::Error::other("gone"))]);
        assert!(blobs.put_stream(&did("a"), &name, broken, 5).await.is_err());
        assert_eq!(files_below(folder.path()).unwrap(), Vec::<PathBuf>::new());
    }
}
