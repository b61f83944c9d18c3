//! What others ask of a log: the newest checkpoint that they may see, tiles, proofs. Nothing here signs or
//! writes.

use std::sync::atomic::Ordering;

use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_proof::SignedCheckpoint;
use corridor_proof::merkle::{self, Frontier, Tree};
use corridor_proof::tile::{Kind, Tile, WIDTH, push_entry};
use corridor_storage::Tx;

use super::Log;
use super::checkpoints::read_note;
use crate::tiles;

impl Log {
    /// The newest checkpoint, with the cosignatures gathered so far. `None` before the first.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn latest(&self) -> Result<Option<SignedCheckpoint>> {
        let name = self.name().to_owned();
        let newest = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2 ORDER BY size DESC LIMIT 1",
                &[name.as_str().into()],
            )?;
            row.map(|row| read_note(row.bytes(0)?)).transpose()
        };
        let newest = self.store().read(self.operator(), newest).await?;
        if let Some(signed) = &newest {
            self.inner.published.fetch_max(signed.tree().size, Ordering::Relaxed);
        }
        Ok(newest)
    }

    /// The newest checkpoint that others may see, with the cosignatures gathered so far: the newest, or,
    /// where the leaves go to mirrors first, the newest that a mirror holds or a witness was asked about. What
    /// nobody else holds is lost with the disk, and whoever had seen it would see a fork (LG-1).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn public(&self) -> Result<Option<SignedCheckpoint>> {
        let most = self.inner.shown.load(Ordering::Relaxed);
        if most == u64::MAX {
            return self.latest().await;
        }
        let name = self.name().to_owned();
        let newest = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2
                    AND (size <= $3 OR copied IS NOT NULL OR complete = 1)
                 ORDER BY size DESC LIMIT 1",
                &[name.as_str().into(), most.into()],
            )?;
            row.map(|row| read_note(row.bytes(0)?)).transpose()
        };
        self.store().read(self.operator(), newest).await
    }

    /// Others see from now on what [`Log::show`] says, and what was cosigned before.
    pub(crate) fn hold_back(&self) {
        self.inner.shown.store(0, Ordering::Relaxed);
    }

    /// Others may see the log up to this size.
    pub(crate) fn show(&self, size: u64) {
        self.inner.shown.fetch_max(size, Ordering::Relaxed);
    }

    /// A tile's bytes: hashes from their rows, bundles made of the leaves. `None` for what no published
    /// checkpoint covers.
    ///
    /// # Errors
    /// `storage-failed` when it should be there and is not; as [`Store::read`].
    pub async fn tile_bytes(&self, tile: Tile) -> Result<Option<Vec<u8>>> {
        let shown = self.inner.shown.load(Ordering::Relaxed);
        if !tile.is_in(self.inner.published.load(Ordering::Relaxed).min(shown)) {
            // Another process may have published more.
            let newest = self.public().await?;
            if !newest.is_some_and(|signed| tile.is_in(signed.tree().size)) {
                return Ok(None);
            }
        }
        if tile.kind() != Kind::Entries {
            let bytes = self.inner.rows.get(tile).await?;
            return bytes.map(Some).ok_or_else(|| tiles::missing(self.name(), tile));
        }
        let leaves = self.store().leaves(self.name(), tile.index() * WIDTH, tile.width().into()).await?;
        if leaves.len() != usize::from(tile.width()) {
            return Err(tiles::missing(self.name(), tile));
        }
        let mut bundle = Vec::new();
        leaves.iter().try_for_each(|leaf| push_entry(&mut bundle, &leaf.entry))?;
        Ok(Some(bundle))
    }

    /// Proves that the leaf is in the tree of this size, which must be published.
    ///
    /// # Errors
    /// `malformed` when there is no such leaf or tree; as [`Store::read`].
    pub async fn prove_inclusion(&self, index: u64, size: u64) -> Result<Vec<Digest>> {
        self.is_published(size).await?;
        self.inner.rows.ask(size, move |reader| merkle::prove_inclusion(index, size, reader)).await
    }

    /// Proves that the tree of size `new`, which must be published, begins with that of size `old`. From
    /// the empty tree, and from a tree to itself, the proof is empty.
    ///
    /// # Errors
    /// `malformed` when there are no such trees; as [`Store::read`].
    pub async fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>> {
        self.is_published(new).await?;
        if old == 0 {
            return Ok(Vec::new());
        }
        self.inner.rows.ask(new, move |reader| merkle::prove_consistency(old, new, reader)).await
    }

    /// Size and root at an earlier size.
    ///
    /// # Errors
    /// `malformed` when the log was never so large; as [`Store::read`].
    pub async fn tree_at(&self, size: u64) -> Result<Tree> {
        self.is_published(size).await?;
        self.inner.rows.ask(size, move |reader| Ok(Frontier::read(size, reader)?.tree())).await
    }

    async fn is_published(&self, size: u64) -> Result<()> {
        if size <= self.inner.published.load(Ordering::Relaxed)
            || self.latest().await?.is_some_and(|signed| size <= signed.tree().size)
        {
            return Ok(());
        }
        let why = format!("the log {} has no checkpoint of {size} leaves or more", self.name());
        Err(Problem::new(ErrorCode::Malformed).with("what", "tree size").with("why", why))
    }
}
