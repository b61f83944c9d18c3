//! Blobs whose content is sealed (see [`crate::seal`]): written piece by piece, read from any byte on,
//! one stream holding a MiB in memory as with any other. Places are places in the content.

use bytes::Bytes;
use corridor_base::digest::Hasher;
use corridor_base::{Did, Digest, ErrorCode, Problem, Random, Result};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::{BlobName, Blobs, PIECE, Staging, place_of, problem};
use crate::seal::{CHUNK, Content};

/// How much content is opened at once.
const WINDOW: u64 = (PIECE / CHUNK * CHUNK) as u64;

impl Blobs {
    /// The content of a blob from `offset` to its end, in pieces of at most [`PIECE`] bytes.
    ///
    /// # Errors
    /// `not-found`, `storage-failed`; the stream itself: `storage-failed`, also for a chunk that was
    /// altered, moved or cut off.
    pub async fn read_sealed(
        &self,
        participant: &Did,
        name: &BlobName,
        content: &Content,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        let file = self.size(participant, name).await?;
        let length = content.length(file)?;
        let (store, place, content) = (self.store.clone(), place_of(participant, name), content.clone());
        // Of empty content the one chunk is opened too, so that nothing passes for empty that is not.
        let first = (offset < length || length == 0).then_some(offset.min(length));
        let pieces = futures::stream::try_unfold(first, move |at| {
            let (store, place, content) = (store.clone(), place.clone(), content.clone());
            async move {
                let Some(at) = at else { return Ok(None) };
                let (from, start) = Content::place_of(at);
                let to = Content::place_of(start + WINDOW).0.min(file);
                let chunks = store.get_range(&place, from..to).await.map_err(|e| problem(&e))?;
                let mut plain = Bytes::from(content.open(start, &chunks, length)?);
                let end = start + plain.len() as u64;
                let piece =
                    plain.split_off(usize::try_from(at - start).unwrap_or(usize::MAX).min(plain.len()));
                Ok::<_, Problem>(Some((piece, (end < length).then_some(end))))
            }
        });
        Ok(pieces.try_filter(|piece| std::future::ready(!piece.is_empty())).boxed())
    }

    /// How much of an upload of `length` bytes of content is there.
    ///
    /// # Errors
    /// `malformed`, `file-failed`.
    pub async fn staged_sealed(
        &self,
        participant: &Did,
        id: &str,
        content: &Content,
        length: u64,
    ) -> Result<u64> {
        Ok(held(content, self.staged(participant, id).await?, length))
    }
}

/// How much content is there in a file of this length, of an upload that is to become `length` bytes.
fn held(content: &Content, file: u64, length: u64) -> u64 {
    if content.length(file).is_ok_and(|whole| whole == length) { length } else { Content::written(file) }
}

impl Staging {
    /// How much content is there and durable, of an upload that is to become `length` bytes.
    #[must_use]
    pub fn sealed_length(&self, content: &Content, length: u64) -> u64 {
        held(content, self.length, length)
    }

    /// Seals a piece and adds it at `start`: see [`Content::close`]. Durable when this answers.
    ///
    /// # Errors
    /// `offset-wrong`; `internal` for a piece that is no whole chunks; `storage-full`, `file-failed`.
    pub async fn append_sealed(
        &mut self,
        content: &Content,
        start: u64,
        piece: &[u8],
        last: bool,
        random: &dyn Random,
    ) -> Result<()> {
        let there = Content::written(self.length);
        if start != there {
            let wrong = Problem::new(ErrorCode::OffsetWrong);
            return Err(wrong.with("expected", there).with("found", start));
        }
        // What a piece left that turned out not to be the last one.
        let place = if start == 0 { 0 } else { Content::place_of(start).0 };
        if self.length != place {
            self.cut(place).await?;
        }
        let sealed = content.close(start, piece, last, random)?;
        self.append(place, sealed.into()).await.map(|_| ())
    }

    /// The digest of the content, read back from the disk and opened.
    ///
    /// # Errors
    /// `storage-failed` when something was altered; `file-failed`.
    pub async fn sealed_digest(&self, content: &Content) -> Result<Digest> {
        let length = content.length(self.length)?;
        let mut hasher = Hasher::new();
        let mut at = 0;
        while at < length {
            let (from, start) = Content::place_of(at);
            let to = Content::place_of(start + WINDOW).0.min(self.length);
            let plain = content.open(start, &self.read_back(from, to).await?, length)?;
            hasher.update(&plain);
            at = start + plain.len() as u64;
        }
        Ok(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{did, open};
    use super::*;
    use crate::seal::{Seal, SealId};
    use corridor_base::SeededRandom;

    fn content() -> Content {
        let random = SeededRandom::new(1);
        Seal::new(SealId::new(&random), did("a"), [9; 32]).content("blob")
    }

    async fn whole(blobs: &Blobs, name: &BlobName, offset: u64) -> Result<Vec<u8>> {
        let pieces: Vec<Bytes> =
            blobs.read_sealed(&did("a"), name, &content(), offset).await?.try_collect().await?;
        assert!(pieces.iter().all(|p| p.len() <= PIECE));
        Ok(pieces.concat())
    }

    #[tokio::test]
    async fn sealed_content_is_read_from_any_offset_and_lies_nowhere_open() {
        let folder = tempfile::tempdir().unwrap();
        let (blobs, random) = (open(folder.path()), SeededRandom::new(2));
        let plain: Vec<u8> = b"personal ".iter().copied().cycle().take(3 * PIECE + 17).collect();
        let length = plain.len() as u64;
        let mut upload = blobs.staging(&did("a"), "up").await.unwrap();
        for (i, piece) in plain.chunks(PIECE).enumerate() {
            let start = (i * PIECE) as u64;
            assert_eq!(upload.sealed_length(&content(), length), start);
            let wrong = upload.append_sealed(&content(), start + 1, piece, false, &random).await.unwrap_err();
            assert_eq!(wrong.arg("expected"), Some(start.to_string().as_str()));
            let last = start + piece.len() as u64 == length;
            upload.append_sealed(&content(), start, piece, last, &random).await.unwrap();
            drop(upload);
            upload = blobs.staging(&did("a"), "up").await.unwrap();
        }
        assert_eq!(blobs.staged_sealed(&did("a"), "up", &content(), length).await.unwrap(), length);
        assert_eq!(upload.sealed_digest(&content()).await.unwrap(), Digest::of(&plain));
        let name: BlobName = "in/x".parse().unwrap();
        upload.finish(&name).await.unwrap();
        for offset in [0, 1, CHUNK as u64, PIECE as u64 + 5, length - 1, length, length + 9] {
            let expect = plain.get(offset as usize..).unwrap_or_default();
            assert!(whole(&blobs, &name, offset).await.unwrap() == expect, "from {offset}");
        }
        for path in super::super::files_below(folder.path()).unwrap() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(9).any(|some| some == b"personal "), "{}", path.display());
        }
        let raw: Vec<Bytes> = blobs.read(&did("a"), &name, 0).await.unwrap().try_collect().await.unwrap();
        let mut raw = raw.concat();
        raw.truncate(raw.len() - 17 - 40);
        blobs.put(&did("a"), &name, raw.into()).await.unwrap();
        assert!(whole(&blobs, &name, 0).await.is_err(), "cut off at a border");
    }

    #[tokio::test]
    async fn empty_content_and_a_last_piece_that_was_none() {
        let folder = tempfile::tempdir().unwrap();
        let (blobs, random) = (open(folder.path()), SeededRandom::new(3));
        let name: BlobName = "in/empty".parse().unwrap();
        let mut upload = blobs.staging(&did("a"), "up").await.unwrap();
        upload.append_sealed(&content(), 0, b"", true, &random).await.unwrap();
        upload.finish(&name).await.unwrap();
        assert_eq!(whole(&blobs, &name, 0).await.unwrap(), b"");
        // Written as the last by a process that died, and then gone on with.
        let mut upload = blobs.staging(&did("a"), "more").await.unwrap();
        upload.append_sealed(&content(), 0, &[7; 100], true, &random).await.unwrap();
        assert_eq!(upload.sealed_length(&content(), 1000), 0);
        upload.append_sealed(&content(), 0, &[8; 1000], true, &random).await.unwrap();
        assert_eq!(upload.sealed_digest(&content()).await.unwrap(), Digest::of(&[8; 1000]));
    }
}
