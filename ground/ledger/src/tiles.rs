//! Where the tiles of a log are kept: rows of the database, written in the unit of work that writes
//! the checkpoint over them, so that no checkpoint is ever published before its tiles are durable
//! (LG-1), and every replica serves them. Own logs and mirrored ones are kept in the same way.
//!
//! One row a tile, the widest that there was. A narrower tile is its prefix and is cut from it, since
//! a hash of the tree never changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use corridor_proof::merkle::{Frontier, HashReader, Tree};
use corridor_proof::tile::{HEIGHT, Kind, Tile, TileReader, WIDTH, take_entry};
use corridor_storage::{Store, Tx, Value};

/// The level under which entry bundles are kept; only those of mirrored logs are.
const ENTRIES: i64 = -1;

/// The length of a whole tile of hashes, in bytes.
const WHOLE: usize = 256 * 32;

/// The tiles of one log. A clone is the same.
#[derive(Clone)]
pub struct TileRows {
    store: Store,
    operator: Did,
    log: String,
}

impl TileRows {
    /// The tiles of this log: `acts`, the name of a raw log, or `mirror:ORIGIN`. They belong to the
    /// operator's participant.
    #[must_use]
    pub fn new(store: Store, operator: Did, log: &str) -> Self {
        Self { store, operator, log: log.to_owned() }
    }

    /// The log's name.
    #[must_use]
    pub fn log(&self) -> &str {
        &self.log
    }

    /// A tile's bytes; `None` when it is not there in this width.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn get(&self, tile: Tile) -> Result<Option<Vec<u8>>> {
        let log = self.log.clone();
        self.store.read(&self.operator, move |tx| get(tx, &log, tile)).await
    }

    /// Keeps tiles in a unit of their own. Those of a log that is growing here belong in the unit that
    /// writes the checkpoint: see [`put`].
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn put(&self, tiles: Vec<(Tile, Vec<u8>)>) -> Result<()> {
        let log = self.log.clone();
        let all =
            move |tx: &mut Tx<'_>| tiles.iter().try_for_each(|(tile, bytes)| put(tx, &log, *tile, bytes));
        self.store.write(&self.operator, all).await
    }

    /// Asks the tree of this size, which the tiles must hold: for proofs (`merkle::prove_*`), roots and
    /// frontiers. All from one snapshot.
    ///
    /// # Errors
    /// What the question answers; `storage-failed` when a tile is missing; as [`Store::read`].
    pub async fn ask<T, F>(&self, size: u64, mut question: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn HashReader) -> Result<T> + Send + 'static,
    {
        let log = self.log.clone();
        self.store.read(&self.operator, move |tx| question(&mut reader(tx, &log, size))).await
    }
}

/// A tile's bytes, inside of a unit; `None` when it is not there in this width.
///
/// # Errors
/// As [`Tx::query`].
pub fn get(tx: &mut Tx<'_>, log: &str, tile: Tile) -> Result<Option<Vec<u8>>> {
    let row = tx.query_one(
        "SELECT bytes FROM tile WHERE participant = $1 AND log = $2 AND level = $3 AND number = $4",
        &[log.into(), level(tile), tile.index().into()],
    )?;
    let Some(mut row) = row else { return Ok(None) };
    let mut bytes = row.take_bytes(0)?;
    let Some(length) = length(tile, &bytes) else { return Ok(None) };
    bytes.truncate(length);
    Ok(Some(bytes))
}

/// Keeps a tile, inside of a unit, unless a wider one of its place is there.
///
/// # Errors
/// As [`Tx::execute`].
pub fn put(tx: &mut Tx<'_>, log: &str, tile: Tile, bytes: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO tile (participant, log, level, number, bytes) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (participant, log, level, number) DO UPDATE SET bytes = excluded.bytes
            WHERE length(excluded.bytes) > length(tile.bytes)",
        &[log.into(), level(tile), tile.index().into(), bytes.into()],
    )?;
    Ok(())
}

/// Reads the tree of this size from its tiles, inside of a unit.
pub fn reader<'a>(tx: &'a mut Tx<'_>, log: &'a str, size: u64) -> impl HashReader {
    // A proof asks several nodes of one tile.
    let mut known: HashMap<Tile, Vec<u8>> = HashMap::new();
    TileReader::new(size, move |tile| {
        if let Some(bytes) = known.get(tile) {
            return Ok(bytes.clone());
        }
        let bytes = get(tx, log, *tile)?.ok_or_else(|| missing(log, *tile))?;
        known.insert(*tile, bytes.clone());
        Ok(bytes)
    })
}

/// A tile that must be there is not.
pub(crate) fn missing(log: &str, tile: Tile) -> Problem {
    Problem::new(ErrorCode::StorageFailed).with("why", format!("{tile} of the log {log} is missing"))
}

fn level(tile: Tile) -> Value {
    match tile.kind() {
        Kind::Entries => ENTRIES.into(),
        Kind::Hashes(level) => i64::from(level).into(),
    }
}

/// How many of these bytes are the tile; `None` when they are too few.
fn length(tile: Tile, bytes: &[u8]) -> Option<usize> {
    if let Kind::Hashes(_) = tile.kind() {
        return Some(usize::from(tile.width()) * 32).filter(|length| *length <= bytes.len());
    }
    let mut rest = bytes;
    for _ in 0..tile.width() {
        rest = take_entry(rest)?.1;
    }
    Some(bytes.len() - rest.len())
}

/// A tree as it grows, with the tiles that it changes: the frontier, and the last tile of each level
/// as long as it is partial. A few kilobytes, whatever the size of the log.
#[derive(Clone, Debug, Default)]
pub struct Growth {
    frontier: Frontier,
    /// The partial tile of each level that has one.
    edges: BTreeMap<u8, Vec<u8>>,
    /// The levels whose partial tile has grown.
    touched: BTreeSet<u8>,
    /// The tiles that have become whole.
    whole: Vec<(Tile, Vec<u8>)>,
}

impl Growth {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree of this size and root, from its tiles, inside of a unit.
    ///
    /// # Errors
    /// `storage-failed` when tiles are missing or lead to another root: nothing may be signed over them.
    pub fn read(tx: &mut Tx<'_>, log: &str, tree: Tree) -> Result<Self> {
        let frontier = Frontier::read(tree.size, &mut reader(tx, log, tree.size))?;
        if frontier.tree() != tree {
            let why = format!("the tiles of the log {log} do not lead to the root that was signed");
            return Err(Problem::new(ErrorCode::StorageFailed).with("why", why));
        }
        let mut edges = BTreeMap::new();
        for level in 0..HEIGHT as u8 {
            let hashes = tree.size >> (u32::from(level) * HEIGHT);
            let Some(width) = u16::try_from(hashes % WIDTH).ok().filter(|width| *width > 0) else { continue };
            let tile = Tile::new(Kind::Hashes(level), hashes / WIDTH, width)?;
            edges.insert(level, get(tx, log, tile)?.ok_or_else(|| missing(log, tile))?);
        }
        Ok(Self { frontier, edges, ..Self::default() })
    }

    /// How many leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Size and root.
    #[must_use]
    pub fn tree(&self) -> Tree {
        self.frontier.tree()
    }

    /// Appends a leaf (see `merkle::leaf_hash`).
    ///
    /// # Errors
    /// `too-large` at the largest size a log may have.
    pub fn push(&mut self, leaf: Digest) -> Result<()> {
        let (edges, touched, whole) = (&mut self.edges, &mut self.touched, &mut self.whole);
        let mut put = |level: u32, index: u64, hash: Digest| {
            let Ok(of_tile) = u8::try_from(level / HEIGHT) else { return };
            if !level.is_multiple_of(HEIGHT) {
                return;
            }
            let edge = edges.entry(of_tile).or_default();
            edge.extend_from_slice(&hash.0);
            touched.insert(of_tile);
            if edge.len() < WHOLE {
                return;
            }
            // No tree has more levels or wider ones than tiles can name.
            if let Ok(tile) = Tile::new(Kind::Hashes(of_tile), index / WIDTH, 256) {
                whole.push((tile, std::mem::take(edge)));
            }
        };
        self.frontier.append(leaf, &mut put)?;
        Ok(())
    }

    /// The tiles that have changed since this was asked last, as they are to be kept.
    ///
    /// # Errors
    /// None in practice: a tree has no tile that cannot be named.
    pub fn take_changes(&mut self) -> Result<Vec<(Tile, Vec<u8>)>> {
        let mut changes = std::mem::take(&mut self.whole);
        for level in std::mem::take(&mut self.touched) {
            let Some(edge) = self.edges.get(&level).filter(|edge| !edge.is_empty()) else { continue };
            let width = u16::try_from(edge.len() / 32).unwrap_or(u16::MAX);
            let number = self.size() >> (u32::from(level) * HEIGHT) >> HEIGHT;
            changes.push((Tile::new(Kind::Hashes(level), number, width)?, edge.clone()));
        }
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_proof::merkle::{Leaves, leaf_hash, read_root};
    use corridor_proof::tile::{between, hash_bytes, push_entry};

    fn leaves(n: u64) -> Vec<Digest> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    /// Grows a log in these steps; its tiles must then be those that the specification names, with the
    /// hashes of the definition in them.
    fn check(steps: &[u64]) {
        let all = leaves(steps.iter().sum());
        let mut growth = Growth::new();
        let mut kept: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
        for step in steps {
            let from = growth.size();
            for i in from..from + step {
                growth.push(all[i as usize]).unwrap();
            }
            let changes = growth.take_changes().unwrap();
            let named: BTreeSet<Tile> =
                between(from, growth.size()).filter(|tile| tile.kind() != Kind::Entries).collect();
            assert_eq!(changes.iter().map(|(tile, _)| *tile).collect::<BTreeSet<_>>(), named);
            kept.extend(changes);
        }
        let size = growth.size();
        assert_eq!(growth.tree().root, read_root(size, &mut Leaves(&all)).unwrap());
        for tile in between(0, size).filter(|tile| tile.kind() != Kind::Entries) {
            let Kind::Hashes(level) = tile.kind() else { continue };
            let height = u32::from(level) * HEIGHT;
            let hashes: Vec<Digest> = (0..u64::from(tile.width()))
                .map(|i| Leaves(&all).node(height, tile.index() * WIDTH + i).unwrap())
                .collect();
            assert_eq!(kept[&tile], hash_bytes(&hashes), "{tile}");
        }
    }

    #[test]
    fn a_log_that_grows_changes_the_tiles_it_should() {
        check(&[0]);
        check(&[1]);
        check(&[255, 1]);
        check(&[256]);
        check(&[257, 255]);
        check(&[1, 2, 3, 250, 300, 1000]);
        check(&[65_535, 1, 1, 255, 700]);
        check(&[70_000]);
    }

    #[test]
    fn a_narrower_tile_is_a_prefix() {
        let mut bundle = Vec::new();
        for entry in [&b"one"[..], b"", b"three"] {
            push_entry(&mut bundle, entry).unwrap();
        }
        let check = |kind: Kind, width: u16, bytes: &[u8], expect: Option<usize>| {
            assert_eq!(length(Tile::new(kind, 0, width).unwrap(), bytes), expect);
        };
        check(Kind::Entries, 1, &bundle, Some(5));
        check(Kind::Entries, 2, &bundle, Some(7));
        check(Kind::Entries, 3, &bundle, Some(14));
        check(Kind::Entries, 4, &bundle, None);
        check(Kind::Hashes(0), 2, &[7; 96], Some(64));
        check(Kind::Hashes(0), 3, &[7; 96], Some(96));
        check(Kind::Hashes(0), 4, &[7; 96], None);
    }
}
