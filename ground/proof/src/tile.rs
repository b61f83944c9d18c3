//! Tiles and entry bundles (C2SP tlog-tiles): in which files a log's hashes and entries are served,
//! how the files are named, and what stands in them. One tile has one path and one length.

use std::fmt;
use std::str::FromStr;

use corridor_base::{Digest, ErrorCode, Problem};

use crate::merkle::{self, HashReader, MAX_SIZE};
use crate::statement::refuse;

/// How many hashes or entries a whole tile has.
pub const WIDTH: u64 = 256;
/// How many levels of the tree a tile spans.
pub const HEIGHT: u32 = 8;
/// The highest level that a path may name; that of the largest tree is 7.
pub const MAX_LEVEL: u8 = 63;
/// The largest entry, in bytes: what a length of 16 bits can say.
pub const MAX_ENTRY: usize = 65_535;
/// The largest entry bundle, in bytes.
pub const MAX_BUNDLE: usize = 256 * (MAX_ENTRY + 2);

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Entries, each after its length.
    Entries,
    /// Hashes of this level: 0 for leaves, and on each further level the roots of whole tiles below.
    Hashes(u8),
}

/// One file of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: Kind,
    index: u64,
    width: u16,
}

impl Tile {
    /// The tile of this place and width.
    ///
    /// # Errors
    /// `malformed` when the level is over 63, the width not 1 to 256, or the index over 2⁵⁵, where no
    /// tree has a tile.
    pub fn new(kind: Kind, index: u64, width: u16) -> Result<Self, Problem> {
        let level = if let Kind::Hashes(level) = kind { level } else { 0 };
        if level > MAX_LEVEL || !(1..=256).contains(&width) || index > MAX_SIZE / WIDTH {
            return Err(refuse("tile", "a level, a number and a width that a tree can have expected"));
        }
        Ok(Self { kind, index, width })
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its number among those of its kind.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it has, 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether more may still come.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        u64::from(self.width) < WIDTH
    }

    /// The whole tile of the same place.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { width: 256, ..self }
    }

    /// Whether a log of this size has it, as wide or wider.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        let end = self.index.checked_mul(WIDTH).and_then(|first| first.checked_add(u64::from(self.width)));
        end.is_some_and(|end| end <= at_level(size, self.kind))
    }

    /// The tile that holds a node of the tree (its level and index), in a log of this size, and which
    /// of the tile's hashes the node is the root of.
    ///
    /// # Errors
    /// `malformed` when the log has no such whole node.
    pub fn holding(level: u32, index: u64, size: u64) -> Result<(Self, std::ops::Range<usize>), Problem> {
        let none = || refuse("tile", "the log has no such node");
        let (tile_level, inner) = (level / HEIGHT, level % HEIGHT);
        let kind = Kind::Hashes(u8::try_from(tile_level).map_err(|_| none())?);
        let available = at_level(size, kind);
        let end = index.checked_add(1).and_then(|i| i.checked_mul(1 << inner)).ok_or_else(none)?;
        if end > available {
            return Err(none());
        }
        let first = end - (1 << inner);
        let number = first / WIDTH;
        let width = u16::try_from((available - number * WIDTH).min(WIDTH)).map_err(|_| none())?;
        let within = |i: u64| usize::try_from(i - number * WIDTH).map_err(|_| none());
        Ok((Self::new(kind, number, width)?, within(first)?..within(end)?))
    }

    /// Its hashes, from the file's bytes.
    ///
    /// # Errors
    /// `malformed` when the length is not that of the tile's width.
    pub fn hashes(&self, bytes: &[u8]) -> Result<Vec<Digest>, Problem> {
        if !matches!(self.kind, Kind::Hashes(_)) || bytes.len() != usize::from(self.width) * 32 {
            return Err(self.wrong(&format!("{} bytes of hashes expected", u32::from(self.width) * 32)));
        }
        let hashes = bytes.chunks_exact(32).map(|c| c.try_into().map(Digest));
        hashes.collect::<Result<_, _>>().map_err(|_| self.wrong("32 bytes a hash expected"))
    }

    /// Its entries, from the file's bytes.
    ///
    /// # Errors
    /// `malformed` when there are not as many as the tile is wide, or one is cut, or bytes are over.
    pub fn entries<'a>(&self, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, Problem> {
        if self.kind != Kind::Entries {
            return Err(self.wrong("entries expected"));
        }
        let (mut rest, mut entries) = (bytes, Vec::new());
        for _ in 0..self.width {
            let (entry, after) = take_entry(rest).ok_or_else(|| self.wrong("an entry is cut or missing"))?;
            entries.push(entry);
            rest = after;
        }
        if rest.is_empty() { Ok(entries) } else { Err(self.wrong("more entries than the width says")) }
    }

    fn wrong(&self, why: &str) -> Problem {
        refuse(&self.to_string(), why)
    }
}

/// The first entry of these bytes and what follows it; `None` when it is cut.
#[must_use]
pub fn take_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// Writes an entry after its length.
///
/// # Errors
/// `too-large` over [`MAX_ENTRY`].
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), Problem> {
    let length = u16::try_from(entry.len()).map_err(|_| {
        Problem::new(ErrorCode::TooLarge)
            .with("what", "log entry")
            .with("limit", format!("{MAX_ENTRY} bytes"))
    })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The file that these hashes make.
#[must_use]
pub fn hash_bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|h| h.0).collect()
}

/// How many hashes of this kind a log of this size has, in all its tiles.
fn at_level(size: u64, kind: Kind) -> u64 {
    match kind {
        Kind::Entries => size,
        Kind::Hashes(level) => size.checked_shr(u32::from(level) * HEIGHT).unwrap_or(0),
    }
}

/// The tiles that a log must write when it grows: entries and hashes, lower levels first, each as wide
/// as the log of size `to` has it. A tile that ends a level partially is written anew as it widens.
pub fn between(from: u64, to: u64) -> impl Iterator<Item = Tile> {
    let kinds = std::iter::once(Kind::Entries).chain((0..HEIGHT as u8).map(Kind::Hashes));
    kinds.flat_map(move |kind| {
        let (old, new) = (at_level(from, kind), at_level(to, kind));
        let last = if old < new { new.div_ceil(WIDTH) } else { 0 };
        (old / WIDTH..last).map(move |index| {
            let width = u16::try_from((new - index * WIDTH).min(WIDTH)).unwrap_or(256);
            Tile { kind, index, width }
        })
    })
}

/// The nodes of a log of this size, read from its tiles: `fetch` gives a tile's bytes. A tile may have
/// become wider, or only be there whole: `fetch` cuts it to the width that is asked for.
pub struct TileReader<F> {
    size: u64,
    fetch: F,
}

impl<F: FnMut(&Tile) -> Result<Vec<u8>, Problem>> TileReader<F> {
    /// Reads the tiles of a log of this size.
    pub fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch }
    }
}

impl<F: FnMut(&Tile) -> Result<Vec<u8>, Problem>> HashReader for TileReader<F> {
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Problem> {
        let (tile, range) = Tile::holding(level, index, self.size)?;
        let hashes = tile.hashes(&(self.fetch)(&tile)?)?;
        hashes.get(range).map(merkle::root).ok_or_else(|| tile.wrong("too narrow"))
    }
}

/// The path below the log's prefix: `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]`.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Entries => f.write_str("tile/entries/")?,
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        // Six groups of three digits hold every index; those before the first digit are left out.
        let mut groups =
            (0..6).rev().map(|i| self.index / 1000u64.pow(i) % 1000).skip_while(|g| *g == 0).peekable();
        if groups.peek().is_none() {
            f.write_str("000")?;
        }
        while let Some(group) = groups.next() {
            if groups.peek().is_some() { write!(f, "x{group:03}/")? } else { write!(f, "{group:03}")? }
        }
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for Tile {
    type Err = Problem;

    /// Reads a path. Only what is printed is read: no other spelling of a number, no `..`, no `%`.
    fn from_str(path: &str) -> Result<Self, Problem> {
        let bad = || refuse("tile path", "tile/LEVEL/xNNN/NNN[.p/WIDTH] expected");
        if path.len() > 64 {
            return Err(bad());
        }
        let (kind, rest) = path.strip_prefix("tile/").and_then(|p| p.split_once('/')).ok_or_else(bad)?;
        let kind = match kind {
            "entries" => Kind::Entries,
            level => Kind::Hashes(level.parse().map_err(|_| bad())?),
        };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => (groups, width.parse().map_err(|_| bad())?),
            None => (rest, 256),
        };
        let mut index = 0u64;
        for group in groups.split('/') {
            let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().map_err(|_| bad())?;
            index = index.checked_mul(1000).and_then(|i| i.checked_add(digits)).ok_or_else(bad)?;
        }
        let tile = Self::new(kind, index, width).map_err(|_| bad())?;
        if tile.to_string() == path { Ok(tile) } else { Err(bad()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Frontier, Leaves, Tree, leaf_hash, prove_consistency, prove_inclusion};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_path_is_read_and_printed() {
        let check = |path: &str, kind: Kind, index: u64, width: u16| {
            let tile = Tile::new(kind, index, width).unwrap();
            assert_eq!(tile.to_string(), path);
            assert_eq!(path.parse::<Tile>().unwrap(), tile);
        };
        check("tile/0/000", Kind::Hashes(0), 0, 256);
        check("tile/0/000.p/1", Kind::Hashes(0), 0, 1);
        check("tile/entries/000.p/255", Kind::Entries, 0, 255);
        check("tile/0/x001/000", Kind::Hashes(0), 1000, 256);
        // The example of the specification.
        check("tile/2/x001/x234/067", Kind::Hashes(2), 1_234_067, 256);
        check("tile/63/x123/x456/078.p/2", Kind::Hashes(63), 123_456_078, 2);
        check("tile/entries/x036/x028/x797/x018/x963/967", Kind::Entries, MAX_SIZE / WIDTH, 256);
    }

    #[test]
    fn a_path_has_one_spelling() {
        let bad = [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "/tile/0/000",
            "tile/0/000/",
            "tile//000",
            "tile/00/000",
            "tile/+0/000",
            "tile/-1/000",
            "tile/64/000",
            "tile/256/000",
            "tile/data/000",
            "tile/8/0/000",
            "tile/0/x000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/x002",
            "tile/0/X001/002",
            "tile/0/xx01/002",
            "tile/0/x1/002",
            "tile/0/+01",
            "tile/0/x+01/002",
            "tile/0/ 01",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/+1",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/0/000.P/1",
            "tile/0/../0/000",
            "tile/0/%30%30%30",
            "tile/0/000?x",
            "tile/0/000\0",
            "tile\\0\\000",
            "tile/entries",
            "tile/Entries/000",
            "tile/0/x036/x028/x797/x018/x963/968",
            "tile/0/x999/x999/x999/x999/x999/999",
            "tile/0/x001/x000/x000/x000/x000/x000/000",
            "tile/0/٠٠٠",
            &format!("tile/0/{}000", "x001/".repeat(100_000)),
        ];
        for path in bad {
            assert!(path.parse::<Tile>().is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_log_that_grows_writes_the_tiles_of_the_specification() {
        let check = |from: u64, to: u64, expect: &[&str]| {
            let tiles: Vec<String> = between(from, to).map(|t| t.to_string()).collect();
            assert_eq!(tiles, expect, "{from} to {to}");
        };
        check(0, 0, &[]);
        check(5, 5, &[]);
        check(0, 1, &["tile/entries/000.p/1", "tile/0/000.p/1"]);
        check(255, 256, &["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
        check(256, 257, &["tile/entries/001.p/1", "tile/0/001.p/1"]);
        check(65_535, 65_536, &["tile/entries/255", "tile/0/255", "tile/1/000", "tile/2/000.p/1"]);
        // 70,000 entries: 273 whole tiles and one of 112, one whole and one of 17, one of 1.
        let count = |level: u8, partial: bool| {
            let of_level = between(0, 70_000).filter(|t| t.kind() == Kind::Hashes(level));
            of_level.filter(|t| t.is_partial() == partial).map(|t| t.width()).collect::<Vec<_>>()
        };
        assert_eq!((count(0, false).len(), count(0, true)), (273, vec![112]));
        assert_eq!((count(1, false).len(), count(1, true)), (1, vec![17]));
        assert_eq!((count(2, false).len(), count(2, true)), (0, vec![1]));
        assert!(count(3, true).is_empty());
        assert_eq!(between(MAX_SIZE - 1, MAX_SIZE).count(), 2);
    }

    #[test]
    fn a_tile_of_the_wrong_length_is_refused() {
        let check = |path: &str, length: usize, expect: bool| {
            let tile: Tile = path.parse().unwrap();
            assert_eq!(tile.hashes(&vec![0; length]).is_ok(), expect, "{path} of {length}");
        };
        check("tile/0/000", 8192, true);
        check("tile/0/000.p/3", 96, true);
        for length in [0, 32, 95, 97, 128, 8192] {
            check("tile/0/000.p/3", length, false);
        }
        check("tile/entries/000.p/3", 96, false);
    }

    #[test]
    fn a_bundle_is_written_and_read() {
        let check = |width: u16, bytes: &[u8], expect: Option<&[&[u8]]>| {
            let tile = Tile::new(Kind::Entries, 0, width).unwrap();
            assert_eq!(tile.entries(bytes).ok().as_deref(), expect, "{bytes:?}");
        };
        let mut bundle = Vec::new();
        push_entry(&mut bundle, b"one").unwrap();
        push_entry(&mut bundle, b"").unwrap();
        assert_eq!(bundle, b"\0\x03one\0\0");
        check(2, &bundle, Some(&[b"one", b""]));
        check(1, &bundle, None);
        check(3, &bundle, None);
        check(1, b"\0\x03on", None);
        check(1, b"\0", None);
        check(1, b"", None);
        assert!(push_entry(&mut bundle, &[0; MAX_ENTRY]).is_ok());
        assert_eq!(push_entry(&mut bundle, &[0; MAX_ENTRY + 1]).unwrap_err().code(), ErrorCode::TooLarge);
        assert!(Tile::new(Kind::Hashes(0), 0, 1).unwrap().entries(b"\0\0").is_err());
    }

    #[test]
    fn a_node_is_found_in_its_tile() {
        let check = |level, index, size, expect: Option<(&str, std::ops::Range<usize>)>| {
            let got = Tile::holding(level, index, size).ok().map(|(tile, range)| (tile.to_string(), range));
            assert_eq!(
                got,
                expect.map(|(path, range)| (path.to_owned(), range)),
                "{level} {index} of {size}"
            );
        };
        check(0, 0, 1, Some(("tile/0/000.p/1", 0..1)));
        check(0, 1, 1, None);
        check(3, 1, 16, Some(("tile/0/000.p/16", 8..16)));
        check(3, 1, 15, None);
        check(8, 0, 256, Some(("tile/1/000.p/1", 0..1)));
        check(7, 511, 65_536, Some(("tile/0/255", 128..256)));
        check(62, 0, MAX_SIZE, Some(("tile/7/000.p/127", 0..64)));
        check(63, 0, u64::MAX, Some(("tile/7/000.p/255", 0..128)));
        check(64, 0, u64::MAX, None);
        check(u32::MAX, u64::MAX, u64::MAX, None);
    }

    /// A log as the ledger writes it: tiles from what the frontier tells, as it grows by steps.
    fn written(sizes: &[u64]) -> (BTreeMap<String, Vec<u8>>, Frontier) {
        let (mut files, mut frontier) = (BTreeMap::new(), Frontier::new());
        let mut levels: Vec<Vec<Digest>> = vec![Vec::new(); 8];
        for size in sizes {
            let from = frontier.size();
            while frontier.size() < *size {
                let leaf = leaf_hash(&frontier.size().to_be_bytes());
                let keep = &mut |level: u32, _, hash| {
                    if level.is_multiple_of(HEIGHT) {
                        levels[(level / HEIGHT) as usize].push(hash);
                    }
                };
                frontier.append(leaf, keep).unwrap();
            }
            for tile in between(from, *size) {
                let Kind::Hashes(level) = tile.kind() else { continue };
                let start = (tile.index() * WIDTH) as usize;
                let hashes = &levels[usize::from(level)][start..start + usize::from(tile.width())];
                files.insert(tile.to_string(), hash_bytes(hashes));
            }
        }
        (files, frontier)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn proofs_are_read_from_tiles(a in 1u64..1500, b in 1u64..1500, i in 0u64..1500) {
            let (from, to) = (a.min(b), a.max(b));
            let (files, frontier) = written(&[from, to]);
            let leaves: Vec<Digest> = (0..to).map(|i| leaf_hash(&i.to_be_bytes())).collect();
            let older = Tree { size: from, root: merkle::root(&leaves[..from as usize]) };
            let fetch = |tile: &Tile| files.get(&tile.to_string()).cloned().ok_or_else(|| refuse("test", "no such tile"));
            let mut reader = TileReader::new(to, fetch);
            let proof = prove_consistency(from, to, &mut reader).unwrap();
            prop_assert_eq!(&proof, &prove_consistency(from, to, &mut Leaves(&leaves)).unwrap());
            prop_assert!(frontier.tree().extends(&older, &proof));
            let i = i % to;
            let proof = prove_inclusion(i, to, &mut reader).unwrap();
            prop_assert!(frontier.tree().includes(i, &leaves[i as usize], &proof));
            prop_assert_eq!(Frontier::read(to, &mut reader).unwrap(), frontier);
        }

        #[test]
        fn arbitrary_paths_and_bundles_never_panic(path in "(tile/)?[0-9x/.pe]{0,30}", width in 1u16..=256, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(tile) = path.parse::<Tile>() {
                prop_assert_eq!(tile.to_string(), path);
                let _ = (tile.is_in(bytes.len() as u64), tile.hashes(&bytes), tile.entries(&bytes));
            }
            if let Ok(entries) = Tile::new(Kind::Entries, 0, width).unwrap().entries(&bytes) {
                let mut again = Vec::new();
                entries.iter().for_each(|e| push_entry(&mut again, e).unwrap());
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
