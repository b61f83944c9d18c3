//! Derives everything that a log stores and signed again from its leaves, and names the first
//! difference: which leaf, which tile, which checkpoint, whose signature. For an operator who doubts
//! a disk, a restored backup or a colleague. So is a copy of somebody else's log, up to the checkpoint that
//! the mirror has cosigned: there the leaves are the entry bundles.
//!
//! A leaf that does not fit its tile may be altered, or the tile may: the next signed checkpoint tells
//! which of the two it was signed over.

use std::collections::VecDeque;
use std::fmt;

use corridor_base::{Did, Digest, ErrorCode, Result};
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::{Tree, leaf_hash};
use corridor_proof::tile::{Kind, Tile, WIDTH, take_entry};
use corridor_proof::{SignedCheckpoint, VerifierKey};
use corridor_storage::{ACTS, Leaf, Store, Tx};

use crate::log::Log;
use crate::mirror::{Mirror, log_name};
use crate::tiles::{self, Growth};

/// How many leaves are checked at a time: at most 16 MiB.
const CHUNK: u32 = 256;

/// How many checkpoints are read at a time.
const PAGE: u32 = 100;

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many leaves were hashed again: those under the newest checkpoint.
    pub leaves: u64,
    /// How many tiles were compared, partial ones each time they grew.
    pub tiles: u64,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// The first difference; `None` when all is as it must be.
    pub difference: Option<Difference>,
}

/// What is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The leaf of this number is missing, or is not the one that was signed over.
    Leaf(u64, &'static str),
    /// This tile is missing, or is not what the leaves make.
    Tile(Tile),
    /// The checkpoint of this size does not say what the leaves make, or its row is damaged.
    Checkpoint(u64, &'static str),
    /// The checkpoint of this size is not signed by the log's key.
    Signature(u64),
    /// So many acts have no leaf.
    Acts(u64),
    /// What stands beside an act's bytes says something else than they do.
    Act(String, &'static str),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(number, why) => write!(f, "leaf {number}: {why}"),
            Self::Tile(tile) => write!(f, "{tile}: not what the leaves make"),
            Self::Checkpoint(size, why) => write!(f, "checkpoint {size}: {why}"),
            Self::Signature(size) => write!(f, "checkpoint {size}: not signed by the log's key"),
            Self::Acts(count) => write!(f, "acts: {count} without a leaf"),
            Self::Act(id, why) => write!(f, "act {id}: {why}"),
        }
    }
}

/// Checks the log up to its newest checkpoint. The node may go on running.
///
/// # Errors
/// As `Store::read`; what is found is no error.
pub async fn check(log: &Log) -> Result<Report> {
    let what = What {
        store: log.store(),
        operator: log.operator(),
        name: log.name().to_owned(),
        origin: log.origin(),
        keys: vec![log.key()],
        copy: false,
    };
    let mut report = Check::of(what).await?;
    if report.difference.is_none() && log.name() == ACTS {
        let without = log.store().acts_without_leaf().await?;
        report.difference = match without {
            0 => log.store().misfiled_act().await?.map(|(id, why)| Difference::Act(id, why)),
            count => Some(Difference::Acts(count)),
        };
    }
    Ok(report)
}

/// Checks the copy of a log up to the checkpoint that the mirror has cosigned. `None` when there is none.
///
/// # Errors
/// As [`check`].
pub async fn check_copy(mirror: &Mirror, origin: &str) -> Result<Option<Report>> {
    if !mirror.has_copy(origin).await? {
        return Ok(None);
    }
    let mut keys: Vec<VerifierKey> = mirror.logs().of(origin).into_iter().map(|log| log.key).collect();
    if keys.is_empty() {
        // Of a log that nobody lists any more, our own cosignature says that it was the log's.
        keys.push(mirror.key());
    }
    let (store, operator) = mirror.place();
    let what = What { store, operator, name: log_name(origin), origin, keys, copy: true };
    Check::of(what).await.map(Some)
}

/// What is checked.
struct What<'a> {
    store: &'a Store,
    operator: &'a Did,
    /// Under which name its rows are kept.
    name: String,
    origin: &'a str,
    /// One of which must have signed.
    keys: Vec<VerifierKey>,
    /// Whether it is a copy, of which the mirror checkpoint alone counts.
    copy: bool,
}

/// One stored checkpoint as its row has it.
struct Stored {
    tree: Tree,
    note: Vec<u8>,
}

struct Check<'a> {
    what: What<'a>,
    growth: Growth,
    /// Checkpoints that the leaves have not reached yet, the smallest first.
    ahead: VecDeque<Stored>,
    /// From which size on checkpoints are not read yet.
    read_to: u64,
    /// The first tile that does not fit, and the first leaf below it.
    suspect: Option<(Tile, u64)>,
    report: Report,
}

impl<'a> Check<'a> {
    async fn of(what: What<'a>) -> Result<Report> {
        let mut check = Check {
            what,
            growth: Growth::new(),
            ahead: VecDeque::new(),
            read_to: 0,
            suspect: None,
            report: Report::default(),
        };
        check.report.difference = check.run().await?;
        Ok(check.report)
    }

    async fn run(&mut self) -> Result<Option<Difference>> {
        let Some(end) = self.newest().await? else { return Ok(None) };
        if self.what.copy {
            // The one that counts; it goes when the mirror cosigns the next.
            self.read_ahead().await?;
            self.ahead.retain(|stored| stored.tree.size == end);
            self.read_to = u64::MAX;
        }
        loop {
            if let Some(found) = self.compare_checkpoints().await? {
                return Ok(Some(found));
            }
            if self.growth.size() >= end {
                return Ok(None);
            }
            let leaves = match self.leaves(end).await? {
                Ok(leaves) => leaves,
                Err(found) => return Ok(Some(found)),
            };
            for leaf in leaves {
                if leaf.number != self.growth.size() {
                    return Ok(Some(Difference::Leaf(self.growth.size(), "it is missing")));
                }
                self.growth.push(leaf_hash(&leaf.entry))?;
                self.report.leaves += 1;
                if let Some(found) = self.compare_checkpoints().await? {
                    return Ok(Some(found));
                }
            }
            self.compare_tiles().await?;
        }
    }

    /// The size of the newest checkpoint.
    async fn newest(&self) -> Result<Option<u64>> {
        let (name, least) = (self.what.name.clone(), i64::from(self.what.copy));
        let newest = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT size FROM checkpoint WHERE participant = $1 AND log = $2 AND complete >= $3
                 ORDER BY size DESC LIMIT 1",
                &[name.as_str().into(), least.into()],
            )?;
            row.map(|row| row.size(0)).transpose()
        };
        self.what.store.read(self.what.operator, newest).await
    }

    /// The next leaves below `end`, or what is wrong with the first of them.
    async fn leaves(&self, end: u64) -> Result<std::result::Result<Vec<Leaf>, Difference>> {
        let from = self.growth.size();
        if self.what.copy {
            return self.entries(end).await;
        }
        let most = u32::try_from(end - from).unwrap_or(u32::MAX).min(CHUNK);
        let (store, name) = (self.what.store, &self.what.name);
        let mut found = store.leaves(name, from, most).await;
        if found.as_ref().is_err_and(|p| p.code() == ErrorCode::StorageFailed) {
            // One of them has lost its act: by itself it shows whether it is the first.
            found = store.leaves(name, from, 1).await;
        }
        match found {
            Ok(leaves) if leaves.is_empty() => Ok(Err(Difference::Leaf(from, "it is missing"))),
            Ok(leaves) => Ok(Ok(leaves)),
            Err(problem) if problem.code() == ErrorCode::StorageFailed => {
                Ok(Err(Difference::Leaf(from, "its act is missing")))
            }
            Err(problem) => Err(problem),
        }
    }

    /// The entries of the next bundle of a copy, which begins where the last one ended.
    async fn entries(&self, end: u64) -> Result<std::result::Result<Vec<Leaf>, Difference>> {
        let from = self.growth.size();
        let width = u16::try_from((end - from).min(WIDTH)).unwrap_or(256);
        let tile = Tile::new(Kind::Entries, from / WIDTH, width)?;
        let name = self.what.name.clone();
        let read = move |tx: &mut Tx<'_>| tiles::get(tx, &name, tile);
        let bytes = self.what.store.read(self.what.operator, read).await?.unwrap_or_default();
        let (mut rest, mut leaves) = (bytes.as_slice(), Vec::new());
        while let Some((entry, more)) = take_entry(rest) {
            leaves.push(Leaf { number: from + leaves.len() as u64, entry: entry.to_vec() });
            rest = more;
        }
        let whole = rest.is_empty() && leaves.len() == usize::from(width);
        Ok(if whole { Ok(leaves) } else { Err(Difference::Tile(tile)) })
    }

    /// Compares every checkpoint of exactly the size that the leaves have come to.
    async fn compare_checkpoints(&mut self) -> Result<Option<Difference>> {
        let size = self.growth.size();
        if self.ahead.is_empty() && self.read_to <= size {
            self.read_ahead().await?;
        }
        if self.ahead.front().is_none_or(|stored| stored.tree.size > size) {
            return Ok(None);
        }
        let Some(stored) = self.ahead.pop_front() else { return Ok(None) };
        self.report.checkpoints += 1;
        self.compare_tiles().await?;
        let found = self.judge(&stored);
        Ok(match (found, self.suspect) {
            // The leaves are those that were signed over: it is the tile.
            (None, Some((tile, _))) => Some(Difference::Tile(tile)),
            (Some(Difference::Checkpoint(..)), Some((tile, leaf))) => Some(match tile.kind() {
                Kind::Hashes(0) => Difference::Leaf(leaf, "it is not what was signed over"),
                _ => Difference::Tile(tile),
            }),
            (found, _) => found,
        })
    }

    fn judge(&self, stored: &Stored) -> Option<Difference> {
        let size = stored.tree.size;
        let Ok(signed) = SignedCheckpoint::parse(&stored.note) else {
            return Some(Difference::Checkpoint(size, "it cannot be read"));
        };
        let by = |key: &VerifierKey| matches!(signed.signed_by(key), Finding::Valid { .. });
        if !self.what.keys.iter().any(by) {
            return Some(Difference::Signature(size));
        }
        if signed.tree() != stored.tree || signed.origin() != self.what.origin {
            return Some(Difference::Checkpoint(size, "it is another than its row says"));
        }
        let fits = stored.tree == self.growth.tree();
        (!fits).then_some(Difference::Checkpoint(size, "its root is not that of the leaves"))
    }

    async fn read_ahead(&mut self) -> Result<()> {
        let (name, from) = (self.what.name.clone(), self.read_to);
        let page = move |tx: &mut Tx<'_>| {
            let rows = tx.query(
                "SELECT size, root, note FROM checkpoint WHERE participant = $1 AND log = $2 AND size >= $3
                 ORDER BY size LIMIT $4",
                &[name.as_str().into(), from.into(), PAGE.into()],
            )?;
            let one = |mut row: corridor_storage::Row| {
                let root = row.bytes(1)?.try_into().map_or(Digest([0; 32]), Digest);
                Ok(Stored { tree: Tree { size: row.size(0)?, root }, note: row.take_bytes(2)? })
            };
            rows.into_iter().map(one).collect::<Result<VecDeque<Stored>>>()
        };
        self.ahead = self.what.store.read(self.what.operator, page).await?;
        // After the last page nothing follows: what is signed from now on is not checked.
        self.read_to = match self.ahead.back() {
            Some(last) => last.tree.size + 1,
            None => u64::MAX,
        };
        Ok(())
    }

    /// Compares the tiles that have changed; the first that does not fit is suspected.
    async fn compare_tiles(&mut self) -> Result<()> {
        let changes = self.growth.take_changes()?;
        self.report.tiles += changes.len() as u64;
        if self.suspect.is_some() || changes.is_empty() {
            return Ok(());
        }
        let name = self.what.name.clone();
        let compare = move |tx: &mut Tx<'_>| {
            for (tile, bytes) in &changes {
                let stored = tiles::get(tx, &name, *tile)?;
                if stored.as_deref() != Some(bytes.as_slice()) {
                    return Ok(Some((
                        *tile,
                        first_leaf(*tile, bytes, stored.as_deref().unwrap_or_default()),
                    )));
                }
            }
            Ok(None)
        };
        self.suspect = self.what.store.read(self.what.operator, compare).await?;
        Ok(())
    }
}

/// The first leaf below the first hash in which two tiles differ.
fn first_leaf(tile: Tile, ours: &[u8], theirs: &[u8]) -> u64 {
    let same = ours.chunks(32).zip(theirs.chunks(32)).take_while(|(a, b)| a == b).count() as u64;
    let Kind::Hashes(level) = tile.kind() else { return tile.index() * WIDTH };
    (tile.index() * WIDTH + same) << (u32::from(level) * corridor_proof::tile::HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::{add, grow, operator, place};

    /// A log of 700 leaves with checkpoints at 100, 300 and 700, in which this was changed.
    async fn check_after(sql: &'static str, expect: Option<Difference>) {
        let place = place();
        let store = place.store();
        let log = place.log(&store).await;
        for (from, to) in [(0, 100), (100, 300), (300, 700)] {
            add(&log, from, to).await;
            grow(&log).await;
        }
        // Nobody has signed for this one yet.
        add(&log, 700, 701).await;
        let changed = store.write(&operator(), move |tx| tx.execute(sql, &[])).await.unwrap();
        assert_eq!(changed > 0, expect.is_some(), "{sql}");
        let report = check(&log).await.unwrap();
        assert_eq!(report.difference, expect, "{sql}: {report:?}");
        if expect.is_none() {
            assert_eq!((report.leaves, report.checkpoints), (700, 3));
            assert!(report.tiles >= 4, "{report:?}");
        }
    }

    fn tile(path: &str) -> Option<Difference> {
        Some(Difference::Tile(path.parse().unwrap()))
    }

    #[tokio::test]
    async fn the_first_difference_is_named() {
        use Difference::{Checkpoint, Leaf};
        check_after("UPDATE leaf SET bytes = bytes WHERE participant = $1 AND id = 'none'", None).await;
        let altered = "it is not what was signed over";
        check_after(
            "UPDATE leaf SET bytes = x'09' WHERE participant = $1 AND log = 'raw' AND number = 123",
            Some(Leaf(123, altered)),
        )
        .await;
        check_after(
            "UPDATE leaf SET bytes = x'09' WHERE participant = $1 AND log = 'raw' AND number IN (699, 255)",
            Some(Leaf(255, altered)),
        )
        .await;
        check_after(
            "DELETE FROM leaf WHERE participant = $1 AND log = 'raw' AND number = 600",
            Some(Leaf(600, "it is missing")),
        )
        .await;
        check_after(
            "DELETE FROM leaf WHERE participant = $1 AND log = 'raw' AND number >= 690",
            Some(Leaf(690, "it is missing")),
        )
        .await;
        check_after(
            "UPDATE leaf SET bytes = NULL WHERE participant = $1 AND log = 'raw' AND number = 257",
            Some(Leaf(257, "its act is missing")),
        )
        .await;
        check_after(
            "DELETE FROM tile WHERE participant = $1 AND log = 'raw' AND level = 0 AND number = 1",
            tile("tile/0/001.p/44"),
        )
        .await;
        check_after(
            "DELETE FROM tile WHERE participant = $1 AND log = 'raw' AND level = 1",
            tile("tile/1/000.p/1"),
        )
        .await;
        check_after(
            "UPDATE checkpoint SET note = x'09' WHERE participant = $1 AND log = 'raw' AND size = 300",
            Some(Checkpoint(300, "it cannot be read")),
        )
        .await;
        check_after(
            "UPDATE checkpoint SET size = 301 WHERE participant = $1 AND log = 'raw' AND size = 300",
            Some(Checkpoint(301, "it is another than its row says")),
        )
        .await;
        check_after(
            "UPDATE checkpoint SET root = x'09' WHERE participant = $1 AND log = 'raw' AND size = 100",
            Some(Checkpoint(100, "it is another than its row says")),
        )
        .await;
    }

    #[tokio::test]
    async fn a_signature_of_another_key_is_named() {
        let place = place();
        let store = place.store();
        let log = place.log(&store).await;
        add(&log, 0, 5).await;
        let signed = grow(&log).await;
        let mut note = corridor_proof::Note::new(signed.note().text().to_owned()).unwrap();
        let other =
            corridor_proof::SecretKey::generate("other", &corridor_base::SeededRandom::new(1)).unwrap();
        note.sign(&other).unwrap();
        let bytes = note.to_bytes();
        let forge = move |tx: &mut Tx<'_>| {
            tx.execute(
                "UPDATE checkpoint SET note = $2 WHERE participant = $1 AND log = 'raw' AND size = 5",
                &[bytes.clone().into()],
            )
        };
        store.write(&operator(), forge).await.unwrap();
        assert_eq!(check(&log).await.unwrap().difference, Some(Difference::Signature(5)));
    }

    /// What stands beside the bytes of an act is read in its place: lists, search, the acts about a document.
    #[tokio::test]
    async fn a_row_that_says_something_else_than_its_act_is_named() {
        let judge = async |damage: &'static str, expect: Option<&str>| {
            let place = place();
            let store = place.store();
            let log = Log::open(place.parts(&store, ACTS)).await.unwrap();
            let (clock, random) = (corridor_base::SystemClock, corridor_base::OsRandom);
            for key in ["a", "b", "c"] {
                let (kind, fields) = (&corridor_proof::act::KEY_ROTATED, [("key", key), ("replaces", "x")]);
                let act = corridor_proof::Act::seal(kind, &operator(), &fields, &clock, &random).unwrap();
                store.write(&operator(), move |tx| tx.record(&act)).await.unwrap();
            }
            grow(&log).await;
            store.write(&operator(), move |tx| tx.execute(damage, &[])).await.unwrap();
            let found = check(&log).await.unwrap().difference;
            match (&found, expect) {
                (None, None) => {}
                (Some(Difference::Act(_, why)), Some(expect)) => assert_eq!(*why, expect, "{damage}"),
                _ => panic!("{damage}: {found:?}"),
            }
        };
        judge("UPDATE act SET time = time WHERE participant = $1", None).await;
        judge(
            "UPDATE act SET kind = 'key-revoked' WHERE participant = $1 AND subject = 'b'",
            Some("it is another act than its row says"),
        )
        .await;
        judge(
            "UPDATE act SET time = time + 1 WHERE participant = $1 AND subject = 'b'",
            Some("it is of another time than its row says"),
        )
        .await;
        judge(
            "UPDATE act SET subject = 'd' WHERE participant = $1 AND subject = 'b'",
            Some("it is about something else than its row says"),
        )
        .await;
        judge("UPDATE act SET opening = (SELECT o.opening FROM act o WHERE o.participant = $1 AND o.subject = 'c') WHERE participant = $1 AND subject = 'b'", Some("what should open it does not")).await;
        judge(
            "UPDATE act SET opening = bytes WHERE participant = $1 AND subject = 'b'",
            Some("what opens it cannot be read"),
        )
        .await;
        // Erased: nothing opens it any more, and nothing need.
        judge("UPDATE act SET opening = NULL, subject = NULL WHERE participant = $1 AND subject = 'b'", None)
            .await;
    }

    #[tokio::test]
    async fn an_act_without_a_leaf_is_counted() {
        let place = place();
        let store = place.store();
        let log = Log::open(place.parts(&store, ACTS)).await.unwrap();
        let who = operator();
        let kind = &corridor_proof::act::KEY_ROTATED;
        let (clock, random) = (corridor_base::SystemClock, corridor_base::OsRandom);
        let act = corridor_proof::Act::seal(kind, &who, &[("key", "a"), ("replaces", "b")], &clock, &random);
        let act = act.unwrap();
        store.write(&who, move |tx| tx.record(&act)).await.unwrap();
        let lose = |tx: &mut Tx<'_>| tx.execute("DELETE FROM leaf WHERE participant = $1", &[]);
        store.write(&who, lose).await.unwrap();
        grow(&log).await;
        assert_eq!(check(&log).await.unwrap().difference, Some(Difference::Acts(1)));
    }

    #[tokio::test]
    async fn a_tile_that_was_altered_is_told_from_a_leaf() {
        let place = place();
        let store = place.store();
        let log = place.log(&store).await;
        add(&log, 0, 300).await;
        grow(&log).await;
        let alter = |tx: &mut Tx<'_>| {
            let [whole, partial] = [vec![9u8; 8192], vec![9u8; 32]];
            let sql = "UPDATE tile SET bytes = $3 WHERE participant = $1 AND log = 'raw' AND level = $2 AND number = 0";
            tx.execute(sql, &[0.into(), whole.into()])?;
            tx.execute(sql, &[1.into(), partial.into()])
        };
        assert_eq!(store.write(&operator(), alter).await.unwrap(), 1);
        assert_eq!(check(&log).await.unwrap().difference, tile("tile/0/000"));
        let mend = |tx: &mut Tx<'_>| {
            let bytes = crate::tiles::get(tx, "raw", "tile/1/000.p/1".parse()?)?;
            assert_eq!(bytes, Some(vec![9; 32]));
            tx.execute(
                "DELETE FROM tile WHERE participant = $1 AND log = 'raw' AND level = 0 AND number = 0",
                &[],
            )
        };
        assert_eq!(store.write(&operator(), mend).await.unwrap(), 1);
        // The first is still the one that is named.
        assert_eq!(check(&log).await.unwrap().difference, tile("tile/0/000"));
    }

    /// A copy of 700 leaves, with the pending checkpoint of a larger log, in which this was changed.
    async fn check_copy_after(sql: &'static str, expect: Option<Difference>) {
        use crate::mirror::{Puller, tests::mirror};
        use crate::witness::testing::{FakeLog, Sites, ground};

        let (ground, mut log, sites) = (ground(), FakeLog::new("a.example/log", 700), Sites::default());
        let (known, sites) = (log.known(Some("https://log.example/")), std::sync::Arc::new(sites));
        let mirror = mirror(&ground, vec![known.clone()]).await;
        assert_eq!(check_copy(&mirror, &log.origin).await.unwrap(), None);
        sites.put("log.example", &log);
        Puller::new(mirror.clone(), sites).pull(&known).await.unwrap();
        log.grow(900, "entry");
        let later = crate::witness::AddCheckpoint::parse(&log.request(700, 900).to_bytes()).unwrap();
        assert_eq!(mirror.add_checkpoint(&later).await.unwrap(), None);
        let changed = ground.store.write(&operator(), move |tx| tx.execute(sql, &[])).await.unwrap();
        assert_eq!(changed > 0, expect.is_some(), "{sql}");
        let report = check_copy(&mirror, &log.origin).await.unwrap().unwrap();
        assert_eq!(report.difference, expect, "{sql}: {report:?}");
        if expect.is_none() {
            assert_eq!((report.leaves, report.checkpoints), (700, 1));
        }
    }

    #[tokio::test]
    async fn the_first_difference_of_a_copy_is_named() {
        check_copy_after("UPDATE tile SET log = log WHERE participant = $1 AND log = 'none'", None).await;
        check_copy_after(
            "DELETE FROM tile WHERE participant = $1 AND level = -1 AND number = 1",
            tile("tile/entries/001"),
        )
        .await;
        check_copy_after(
            "UPDATE tile SET bytes = x'0001' WHERE participant = $1 AND level = -1 AND number = 2",
            tile("tile/entries/002.p/188"),
        )
        .await;
        check_copy_after(
            "DELETE FROM tile WHERE participant = $1 AND level = 1 AND number = 0",
            tile("tile/1/000.p/1"),
        )
        .await;
        // The entries of the first bundle, as if they were those of the second.
        check_copy_after(
            "UPDATE tile SET bytes = (SELECT bytes FROM tile WHERE participant = $1 AND level = -1 AND number = 0)
             WHERE participant = $1 AND level = -1 AND number = 1",
            Some(Difference::Leaf(256, "it is not what was signed over")),
        )
        .await;
        check_copy_after(
            "UPDATE checkpoint SET note = x'09' WHERE participant = $1 AND complete = 1",
            Some(Difference::Checkpoint(700, "it cannot be read")),
        )
        .await;
    }
}
