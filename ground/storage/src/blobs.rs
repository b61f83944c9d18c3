//! Blobs: contents too large for a row, kept beside the database, led by their participant (PA-1),
//! written and fsynced before anything refers to them (EX-3), never changed afterwards.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use futures::Stream;

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
    _staging: PathBuf,
}

impl Blobs {
    /// Writes a blob that is in memory; durable when this answers. One of the same name is replaced
    /// by the whole of the new one.
    ///
    /// # Errors
    /// `storage-full`, `storage-failed`, `file-failed`.
    pub async fn put(&self, participant: &Did, name: &BlobName, bytes: Bytes) -> Result<()> {
        let _ = (participant, name, bytes);
        todo!()
    }

    /// Writes a blob from a stream of at most `limit` bytes; answers its size and digest. Durable
    /// when this answers; nothing is there when it fails.
    ///
    /// # Errors
    /// `too-large`; `file-failed` when the stream fails; `storage-full`, `storage-failed`.
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
        let _ = (participant, name, content, limit);
        todo!();
    }

    /// The size of a blob in bytes.
    ///
    /// # Errors
    /// `not-found`, `storage-failed`.
    pub async fn size(&self, participant: &Did, name: &BlobName) -> Result<u64> {
        let _ = (participant, name);
        todo!()
    }

    /// The bytes of a blob from `offset` to its end, in pieces of at most [`PIECE`] bytes.
    ///
    /// # Errors
    /// `not-found`, `storage-failed`; the stream itself: `storage-failed`.
    pub async fn read(
        &self,
        participant: &Did,
        name: &BlobName,
        offset: u64,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + Unpin + use<>> {
        let _ = (participant, name, offset);
        Ok(futures::stream::empty())
    }

    /// Removes a blob; one that is not there is fine.
    ///
    /// # Errors
    /// `storage-failed`.
    pub async fn delete(&self, participant: &Did, name: &BlobName) -> Result<()> {
        let _ = (participant, name);
        todo!()
    }

    /// Opens the upload of this id, going on where an earlier one, or an earlier process, stopped.
    ///
    /// # Errors
    /// `storage-conflict` when somebody else has it open; `file-failed`, `storage-full`.
    pub async fn staging(&self, participant: &Did, id: &str) -> Result<Staging> {
        let _ = (participant, id);
        todo!()
    }

    /// How far the upload of this id has come; 0 when there is none.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn staged(&self, participant: &Did, id: &str) -> Result<u64> {
        let _ = (participant, id);
        todo!()
    }

    /// Removes uploads that nobody added to for so long; answers how many.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn sweep_staging(&self, untouched: Duration) -> Result<u64> {
        let _ = untouched;
        todo!()
    }
}

/// An upload that grows piece by piece and becomes a blob when it is whole. Dropped before that it
/// stays, to be gone on with.
pub struct Staging {
    length: u64,
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
        let _ = (offset, piece);
        todo!()
    }

    /// The digest of all that is there, read back from the disk.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn digest(&mut self) -> Result<Digest> {
        todo!()
    }

    /// Makes it the blob of this name; durable when this answers, and only then may a row refer to
    /// it (EX-3).
    ///
    /// # Errors
    /// `storage-full`, `file-failed`, `storage-failed`.
    pub async fn finish(self, name: &BlobName) -> Result<()> {
        let _ = name;
        todo!()
    }

    /// Throws it away.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn discard(self) -> Result<()> {
        todo!()
    }
}
