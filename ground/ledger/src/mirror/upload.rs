//! The content of `add-entries` (C2SP tlog-mirror), read as it comes: it has no length of its own, so
//! one package at a time is in memory, compressed or not.

use std::io::Write as _;

use axum::body::{Body, BodyDataStream, Bytes};
use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_proof::tile::WIDTH;
use flate2::write::GzDecoder;
use futures::StreamExt as _;

use super::Package;

/// How many uploads are read at a time.
pub(super) const AT_ONCE: usize = 16;
/// The most hashes of a proof (C2SP tlog-mirror, add-entries).
const MAX_HASHES: u8 = 63;
/// How much is decompressed at a time: at most a thousand times as much comes of it.
const PIECE: usize = 4 << 10;

/// What an upload begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Which log.
    pub(super) origin: String,
    /// The first entry.
    pub(super) start: u64,
    /// The size of the pending checkpoint that the proofs lead to.
    pub(super) end: u64,
}

/// An upload on its way in.
pub(super) struct Upload {
    stream: BodyDataStream,
    /// Compressed bytes that came and were not looked at yet.
    raw: Bytes,
    gzip: Option<GzDecoder<Vec<u8>>>,
    ready: Vec<u8>,
    /// How many of the ready bytes have been taken.
    taken: usize,
    ended: bool,
}

impl Upload {
    pub(super) fn new(body: Body, gzip: bool) -> Self {
        let gzip = gzip.then(|| GzDecoder::new(Vec::new()));
        let stream = body.into_data_stream();
        Self { stream, raw: Bytes::new(), gzip, ready: Vec::new(), taken: 0, ended: false }
    }

    /// Reads what an upload begins with.
    ///
    /// # Errors
    /// `malformed` when it is cut or the origin is no text.
    pub(super) async fn head(&mut self) -> Result<Head> {
        let cut = || Problem::new(ErrorCode::Malformed).with("what", "add-entries").with("why", "it is cut");
        let length = self.u16().await.ok_or_else(cut)?;
        let origin = self.take(length.into()).await.ok_or_else(cut)?;
        let origin = String::from_utf8(origin.to_vec()).map_err(|_| {
            Problem::new(ErrorCode::Malformed)
                .with("what", "add-entries")
                .with("why", "the origin is not UTF-8")
        })?;
        let (start, end) = (self.u64().await.ok_or_else(cut)?, self.u64().await.ok_or_else(cut)?);
        let ticket = self.u16().await.ok_or_else(cut)?;
        // Ours are empty: pending checkpoints are remembered.
        self.take(ticket.into()).await.ok_or_else(cut)?;
        Ok(Head { origin, start, end })
    }

    /// The next package, from this entry, of an upload to this size; `None` when it does not come whole.
    pub(super) async fn package(&mut self, start: u64, end: u64) -> Option<Package> {
        let last = (start / WIDTH).checked_add(1)?.checked_mul(WIDTH)?.min(end);
        let mut entries = Vec::new();
        for _ in start..last {
            let length = self.u16().await?;
            entries.push(self.take(length.into()).await?.to_vec());
        }
        let hashes = *self.take(1).await?.first()?;
        if hashes > MAX_HASHES {
            return None;
        }
        let bytes = self.take(usize::from(hashes) * 32).await?;
        let proof = bytes.chunks_exact(32).filter_map(|c| c.try_into().ok().map(Digest)).collect();
        Some(Package { start, entries, proof })
    }

    async fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2).await?.try_into().ok()?))
    }

    async fn u64(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8).await?.try_into().ok()?))
    }

    /// The next so many bytes; `None` when fewer come.
    async fn take(&mut self, count: usize) -> Option<&[u8]> {
        while self.ready.len() - self.taken < count {
            if !self.more().await {
                return None;
            }
        }
        let from = self.taken;
        self.taken += count;
        self.ready.get(from..self.taken)
    }

    /// Gets more bytes ready; false at the end, or where the content breaks off.
    async fn more(&mut self) -> bool {
        self.ready.drain(..self.taken);
        self.taken = 0;
        if self.raw.is_empty() {
            match self.stream.next().await {
                Some(Ok(bytes)) => self.raw = bytes,
                _ if self.ended => return false,
                _ => {
                    self.ended = true;
                    return self.flush();
                }
            }
        }
        let Some(gzip) = &mut self.gzip else {
            self.ready.extend_from_slice(&std::mem::take(&mut self.raw));
            return true;
        };
        let piece = self.raw.split_to(self.raw.len().min(PIECE));
        if gzip.write_all(&piece).is_err() {
            (self.ended, self.raw) = (true, Bytes::new());
            return self.flush();
        }
        self.ready.append(gzip.get_mut());
        true
    }

    /// What a decompressor still holds at the end.
    fn flush(&mut self) -> bool {
        let Some(mut gzip) = self.gzip.take() else { return false };
        // What is cut is discarded: nothing of it is kept.
        let _ = gzip.try_finish();
        let before = self.ready.len();
        self.ready.append(gzip.get_mut());
        self.ready.len() > before
    }
}
