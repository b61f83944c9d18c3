//! The mirror (C2SP tlog-mirror): a copy of others' logs, each entry shown to be in a checkpoint that
//! the log signed before it is kept, and a cosignature that says so. It is what a node that lost its
//! data is made whole from.
//!
//! One row a tile, as for own logs, under the name `mirror:ORIGIN`. Entries come in packages of at most
//! 256, in order; each is verified, kept and hashed into the tiles in one unit of work, so that what is
//! there is a log at any instant. What is served ends at the *mirror checkpoint*, which moves when all
//! entries up to it are durable; then, and only then, it is cosigned.

mod edge;
mod pull;
mod push;
pub(crate) mod remote;
#[cfg(test)]
pub(crate) mod tests;
mod upload;

use std::sync::{Arc, Mutex, PoisonError};

use corridor_base::{Clock, Did, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::cosignature::cosign;
use corridor_proof::merkle::{Frontier, HashReader, Subtree, Tree, leaf_hash};
use corridor_proof::note::SignatureLine;
use corridor_proof::tile::{HEIGHT, Kind, Tile, WIDTH, push_entry};
use corridor_proof::{SignedCheckpoint, Signer, VerifierKey, merkle};
use corridor_storage::{Store, Tx};

use crate::alarm::Alarms;
use crate::tiles::{self, Growth};
use crate::witness::{AddCheckpoint, KnownLogs, Sight, Step, admitted, convict, inconsistent, unproved};
pub use edge::router;
pub use pull::{Pulled, Puller};
pub use push::{Copies, MirrorSource, MirrorState, PushParts, PushPatience, Pusher};
pub use remote::Fetch;

/// How many pending checkpoints of a log are kept, so that an upload to one of them can be finished.
const PENDING: i64 = 8;

/// What a mirror is made of.
pub struct MirrorParts {
    /// Where copies are kept.
    pub store: Store,
    /// Whose participant they belong to.
    pub operator: Did,
    /// The key it cosigns with (Ed25519), under the mirror's name. It is neither the log's nor the
    /// witness's: what a mirror says is more than what a witness says.
    pub key: Arc<dyn Signer>,
    /// The logs it copies.
    pub logs: Arc<dyn KnownLogs>,
    /// Where evidence goes.
    pub alarms: Alarms,
    /// For the time of a cosignature.
    pub clock: Arc<dyn Clock>,
}

/// A mirror. A clone is the same.
#[derive(Clone)]
pub struct Mirror(Arc<Inner>);

struct Inner {
    parts: MirrorParts,
    sight: Sight,
    held: Mutex<Option<Timestamp>>,
    uploads: tokio::sync::Semaphore,
}

/// How far the copy of a log is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The mirror checkpoint, with the mirror's cosignature.
    pub checkpoint: Option<SignedCheckpoint>,
    /// The latest pending checkpoint: what the log has signed.
    pub pending: Option<SignedCheckpoint>,
    /// The first entry that is not here.
    pub next: u64,
}

impl Standing {
    /// The size of the mirror checkpoint.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.as_ref().map_or(0, |c| c.tree().size)
    }

    /// The size of the latest pending checkpoint.
    #[must_use]
    pub fn wanted(&self) -> u64 {
        self.pending.as_ref().map_or(0, |c| c.tree().size)
    }
}

/// Up to 256 entries with the proof that they are in a checkpoint (C2SP tlog-mirror, add-entries).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The number of the first entry.
    pub start: u64,
    /// The entries: up to the next multiple of 256, or to the end of the checkpoint.
    pub entries: Vec<Vec<u8>>,
    /// A subtree consistency proof, from the multiple of 256 at or before `start` to the last entry.
    pub proof: Vec<Digest>,
}

impl Package {
    /// The number after the last entry.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.entries.len() as u64)
    }
}

/// How an upload was finished.
#[derive(Debug)]
pub enum Finished {
    /// The checkpoint is the mirror checkpoint; the mirror's cosignature.
    Cosigned(Vec<SignatureLine>),
    /// A larger checkpoint is the mirror checkpoint already.
    Overtaken,
}

impl Mirror {
    /// Takes up the copies in the store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(parts: MirrorParts) -> Result<Self> {
        let sight = Sight::new(parts.store.clone(), parts.operator.clone(), "mirror:");
        let held = Mutex::new(sight.held_since().await?);
        let uploads = tokio::sync::Semaphore::new(upload::AT_ONCE);
        Ok(Self(Arc::new(Inner { parts, sight, held, uploads })))
    }

    /// The key that checks its cosignatures (type 4).
    #[must_use]
    pub fn key(&self) -> VerifierKey {
        VerifierKey::cosignature(self.0.parts.key.name(), self.0.parts.key.public().clone())
    }

    /// The logs it copies.
    #[must_use]
    pub fn logs(&self) -> &Arc<dyn KnownLogs> {
        &self.0.parts.logs
    }

    /// Takes a pending checkpoint (C2SP tlog-mirror, add-checkpoint). Answers the size that the proof
    /// should have begun at, when it began elsewhere.
    ///
    /// # Errors
    /// As [`crate::Witness::add_checkpoint`], but for `witness-behind`: nothing is signed here.
    pub async fn add_checkpoint(&self, request: &AddCheckpoint) -> Result<Option<u64>> {
        let keys = admitted(&*self.0.parts.logs, request)?;
        let note = request.checkpoint.only(&keys.iter().collect::<Vec<_>>());
        match self.0.sight.step(request, &note, keep_pending).await? {
            Step::Taken(_) => Ok(None),
            Step::Stale(size) => {
                if let Some(kept) = self.pending(note.origin(), note.tree().size).await? {
                    convict(&self.0.parts.alarms, kept, &note, &keys).await?;
                }
                Ok(Some(size))
            }
            Step::Forked(latest) => {
                convict(&self.0.parts.alarms, SignedCheckpoint::parse(&latest)?, &note, &keys).await?;
                Err(inconsistent(
                    &note,
                    "it has another root than the checkpoint of this size that is mirrored",
                ))
            }
            Step::Unproved => Err(unproved(&note)),
        }
    }

    /// The checkpoints that did not follow since this was last asked.
    pub(crate) fn take_suspects(&self) -> Vec<SignedCheckpoint> {
        self.0.sight.take_suspects()
    }

    /// Where copies are kept, and whose they are.
    pub(crate) fn place(&self) -> (&Store, &Did) {
        (&self.0.parts.store, &self.0.parts.operator)
    }

    /// Whether there is a mirror checkpoint of this log, readable or not.
    pub(crate) async fn has_copy(&self, origin: &str) -> Result<bool> {
        let log = log_name(origin);
        self.read(move |tx| newest(tx, &log, true)).await.map(|note| note.is_some())
    }

    /// How far the copy of this log is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn standing(&self, origin: &str) -> Result<Standing> {
        let log = log_name(origin);
        let read = move |tx: &mut Tx<'_>| {
            let (next, checkpoint, pending) =
                (next(tx, &log)?, newest(tx, &log, true)?, newest(tx, &log, false)?);
            Ok((next, checkpoint, pending))
        };
        let (next, checkpoint, pending) = self.read(read).await?;
        let parse = |note: Option<Vec<u8>>| note.map(|n| SignedCheckpoint::parse(&n)).transpose();
        Ok(Standing { checkpoint: parse(checkpoint)?, pending: parse(pending)?, next })
    }

    /// The pending checkpoint of this size, if there is one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn pending(&self, origin: &str, size: u64) -> Result<Option<SignedCheckpoint>> {
        let log = log_name(origin);
        let read = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2 AND size = $3",
                &[(&log).into(), size.into()],
            )?;
            row.map(|mut row| row.take_bytes(0)).transpose()
        };
        self.read(read).await?.map(|note| SignedCheckpoint::parse(&note)).transpose()
    }

    /// Verifies a package against a pending checkpoint and keeps it. Answers the next entry. Entries
    /// that are here already are skipped.
    ///
    /// # Errors
    /// `checkpoint-inconsistent` when the proof does not hold; `offset-wrong` when entries between are
    /// missing; what the store says.
    pub async fn keep(&self, against: &SignedCheckpoint, package: Package) -> Result<u64> {
        let (log, tree) = (log_name(against.origin()), against.tree());
        let leaves: Vec<Digest> = package.entries.iter().map(|entry| leaf_hash(entry)).collect();
        let wrong = inconsistent(against, &format!("the entries from {} are not in it", package.start));
        if package.end() > tree.size || package.entries.is_empty() || !aligned(&package, tree.size) {
            return Err(wrong);
        }
        let unit = move |tx: &mut Tx<'_>| keep_package(tx, &log, tree, &package, &leaves, &wrong);
        self.0.parts.store.write(&self.0.parts.operator, unit).await
    }

    /// Makes a pending checkpoint the mirror checkpoint, once every entry up to it is durable, and
    /// cosigns it. Never goes back to a smaller one.
    ///
    /// # Errors
    /// `offset-wrong` when entries are missing; `witness-behind` while it is held (see [`Mirror::hold`]);
    /// `storage-failed` when what is kept does not lead to the checkpoint's root; what the store says.
    pub async fn finish(&self, pending: &SignedCheckpoint) -> Result<Finished> {
        let (origin, tree) = (pending.origin().to_owned(), pending.tree());
        if self.is_held(&origin).await? {
            return Err(Problem::new(ErrorCode::WitnessBehind).with("what", origin));
        }
        let log = log_name(&origin);
        self.read(move |tx| whole(tx, &log, tree)).await?;
        let keys: Vec<VerifierKey> = self.0.parts.logs.of(&origin).into_iter().map(|l| l.key).collect();
        let mut note = pending.only(&keys.iter().collect::<Vec<_>>());
        let line = cosign(&note, &*self.0.parts.key, self.0.parts.clock.now())?;
        note.add([line.clone()])?;
        let log = log_name(&origin);
        let unit = move |tx: &mut Tx<'_>| set_checkpoint(tx, &log, &note);
        // The cosignature leaves this function only when the checkpoint is durable.
        Ok(match self.0.parts.store.write(&self.0.parts.operator, unit).await? {
            true => Finished::Cosigned(vec![line]),
            false => Finished::Overtaken,
        })
    }

    /// A tile of the copy, when the mirror checkpoint has it: nothing beyond is shown.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tile(&self, origin: &str, tile: Tile) -> Result<Option<Vec<u8>>> {
        let log = log_name(origin);
        let read = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT MAX(size) FROM checkpoint WHERE participant = $1 AND log = $2 AND complete = 1",
                &[(&log).into()],
            )?;
            let size = row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0);
            let shown = u64::try_from(size).is_ok_and(|size| tile.is_in(size));
            if shown { tiles::get(tx, &log, tile) } else { Ok(None) }
        };
        self.read(read).await
    }

    /// Asks the copy's tree of this size, as far as the nodes are here; `None` when they are not.
    ///
    /// # Errors
    /// What the question answers; what the store says.
    pub async fn ask<T, F>(&self, origin: &str, size: u64, mut question: F) -> Result<Option<T>>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn HashReader) -> Result<T> + Send + 'static,
    {
        let log = log_name(origin);
        let ask = move |tx: &mut Tx<'_>| {
            if next(tx, &log)? < size {
                return Ok(None);
            }
            question(&mut tiles::reader(tx, &log, size)).map(Some)
        };
        self.read(ask).await
    }

    /// After the store was restored from a backup: nothing of a log is cosigned until the copy was held
    /// against what the log and its witnesses show ([`Mirror::caught_up`]). It holds over restarts.
    ///
    /// # Errors
    /// What the store says.
    pub async fn hold(&self) -> Result<()> {
        let since = self.0.sight.hold().await?;
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(since);
        Ok(())
    }

    /// Whether the copy of this log still waits to be held against what others saw.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_held(&self, origin: &str) -> Result<bool> {
        let held = *self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(since) = held else { return Ok(false) };
        Ok(self.0.sight.seen(origin).await?.is_none_or(|seen| seen.checked <= since))
    }

    /// Ends the hold of a log: its pending checkpoint has been held against what others saw.
    ///
    /// # Errors
    /// What the store says.
    pub async fn caught_up(&self, origin: &str) -> Result<()> {
        self.0.sight.checked(origin).await
    }

    async fn read<T, F>(&self, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.0.parts.store.read(&self.0.parts.operator, unit).await
    }
}

/// Under which name the copy of a log is kept.
pub(crate) fn log_name(origin: &str) -> String {
    format!("mirror:{origin}")
}

/// Whether a package ends where one must: at a multiple of 256 or with the checkpoint.
fn aligned(package: &Package, size: u64) -> bool {
    let (floor, end) = (package.start / WIDTH * WIDTH, package.end());
    end - floor <= WIDTH && (end == size || end.is_multiple_of(WIDTH))
}

/// Done in the unit that takes a pending checkpoint: it is kept beside those before it.
fn keep_pending(tx: &mut Tx<'_>, note: &SignedCheckpoint) -> Result<()> {
    let (log, tree) = (log_name(note.origin()), note.tree());
    tx.execute(
        "INSERT INTO checkpoint (participant, log, size, root, note, time, complete) VALUES ($1, $2, $3, $4, $5, $6, 0)
         ON CONFLICT (participant, log, size) DO NOTHING",
        &[(&log).into(), tree.size.into(), tree.root.into(), note.to_bytes().into(), tx.now().into()],
    )?;
    tx.execute(
        "DELETE FROM checkpoint WHERE participant = $1 AND log = $2 AND complete = 0 AND size NOT IN
            (SELECT size FROM checkpoint WHERE participant = $1 AND log = $2 ORDER BY size DESC LIMIT $3)",
        &[(&log).into(), PENDING.into()],
    )?;
    Ok(())
}

/// The first entry that is not here: entries come in order, so it is where the last tile ends.
fn next(tx: &mut Tx<'_>, log: &str) -> Result<u64> {
    let row = tx.query_one(
        "SELECT number, LENGTH(bytes) FROM tile WHERE participant = $1 AND log = $2 AND level = 0
         ORDER BY number DESC LIMIT 1",
        &[log.into()],
    )?;
    row.map_or(Ok(0), |row| Ok(row.size(0)? * WIDTH + row.size(1)? / 32))
}

fn newest(tx: &mut Tx<'_>, log: &str, complete: bool) -> Result<Option<Vec<u8>>> {
    let row = if complete {
        tx.query_one(
            "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2 AND complete = 1
             ORDER BY size DESC LIMIT 1",
            &[log.into()],
        )?
    } else {
        tx.query_one(
            "SELECT note FROM checkpoint WHERE participant = $1 AND log = $2 ORDER BY size DESC LIMIT 1",
            &[log.into()],
        )?
    };
    row.map(|mut row| row.take_bytes(0)).transpose()
}

/// The leaf hashes of a package's subtree, and the entries before the package in its bundle.
struct Before {
    leaves: Vec<Digest>,
    bundle: Vec<u8>,
}

/// What is here of the bundle that the package continues.
fn before(tx: &mut Tx<'_>, log: &str, start: u64) -> Result<Before> {
    let width = u16::try_from(start % WIDTH).unwrap_or(0);
    if width == 0 {
        return Ok(Before { leaves: Vec::new(), bundle: Vec::new() });
    }
    let (hashes, entries) =
        (Tile::new(Kind::Hashes(0), start / WIDTH, width)?, Tile::new(Kind::Entries, start / WIDTH, width)?);
    let missing = |tile| tiles::missing(log, tile);
    let leaves = hashes.hashes(&tiles::get(tx, log, hashes)?.ok_or_else(|| missing(hashes))?)?;
    let bundle = tiles::get(tx, log, entries)?.ok_or_else(|| missing(entries))?;
    Ok(Before { leaves, bundle })
}

fn keep_package(
    tx: &mut Tx<'_>,
    log: &str,
    tree: Tree,
    package: &Package,
    leaves: &[Digest],
    wrong: &Problem,
) -> Result<u64> {
    let next = next(tx, log)?;
    if package.start > next {
        return Err(Problem::new(ErrorCode::OffsetWrong).with("expected", next).with("found", package.start));
    }
    let mut before = before(tx, log, package.start)?;
    before.leaves.extend_from_slice(leaves);
    let floor = package.start / WIDTH * WIDTH;
    let subtree = Subtree::new(floor, package.end()).ok_or_else(|| wrong.clone())?;
    if !tree.holds(subtree, &merkle::root(&before.leaves), &package.proof) {
        return Err(wrong.clone());
    }
    if package.end() <= next {
        return Ok(next);
    }
    let known = Frontier::read(next, &mut tiles::reader(tx, log, next))?.tree();
    let mut growth = Growth::read(tx, log, known)?;
    let new = usize::try_from(next - floor).unwrap_or(usize::MAX);
    for leaf in before.leaves.iter().skip(new) {
        growth.push(*leaf)?;
    }
    for (tile, bytes) in growth.take_changes()? {
        tiles::put(tx, log, tile, &bytes)?;
    }
    package.entries.iter().try_for_each(|entry| push_entry(&mut before.bundle, entry))?;
    let width = u16::try_from(package.end() - floor).unwrap_or(256);
    tiles::put(tx, log, Tile::new(Kind::Entries, floor / WIDTH, width)?, &before.bundle)?;
    Ok(package.end())
}

/// That everything up to this state is here and leads to its root.
fn whole(tx: &mut Tx<'_>, log: &str, tree: Tree) -> Result<()> {
    let next = next(tx, log)?;
    if next < tree.size {
        return Err(Problem::new(ErrorCode::OffsetWrong).with("expected", next).with("found", tree.size));
    }
    if Frontier::read(tree.size, &mut tiles::reader(tx, log, tree.size))?.tree() == tree {
        return Ok(());
    }
    let why = format!("the copy {log} does not lead to the root of size {}", tree.size);
    Err(Problem::new(ErrorCode::StorageFailed).with("why", why))
}

/// Moves the mirror checkpoint, unless it is larger already; pending ones before it are done with.
fn set_checkpoint(tx: &mut Tx<'_>, log: &str, note: &SignedCheckpoint) -> Result<bool> {
    let tree = note.tree();
    let larger = tx.query_one(
        "SELECT COUNT(*) FROM checkpoint WHERE participant = $1 AND log = $2 AND complete = 1 AND size > $3",
        &[log.into(), tree.size.into()],
    )?;
    if larger.map(|row| row.size(0)).transpose()?.unwrap_or(0) > 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO checkpoint (participant, log, size, root, note, time, complete) VALUES ($1, $2, $3, $4, $5, $6, 1)
         ON CONFLICT (participant, log, size) DO UPDATE SET note = excluded.note, time = excluded.time, complete = 1",
        &[log.into(), tree.size.into(), tree.root.into(), note.to_bytes().into(), tx.now().into()],
    )?;
    tx.execute(
        "DELETE FROM checkpoint WHERE participant = $1 AND log = $2 AND size < $3",
        &[log.into(), tree.size.into()],
    )?;
    Ok(true)
}

/// How many bits of a number are within a tile.
const _: () = assert!(WIDTH == 1 << HEIGHT);
