//! Merkle trees of RFC 6962 and RFC 9162 over SHA-256: what a log is, how one leaf or one earlier
//! state is proved to be in it, and how it grows with a few hashes of state. Only this module hashes
//! leaves and nodes.

mod frontier;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::digest::Hasher;
use corridor_base::{Digest, Problem};

use crate::statement::refuse;
pub use frontier::Frontier;

/// The most leaves a tree has. One bit less than `u64` holds, as the clients written in Go have it,
/// so that no sum here overflows.
pub const MAX_SIZE: u64 = (1 << 63) - 1;
/// The most hashes a proof has: one for each level, and one more where a consistency proof names the
/// node it starts from (tlog-witness allows 63, which trees of less than 2⁶² leaves keep to).
pub const MAX_PROOF: usize = 64;

/// The hash of one leaf (RFC 9162, 2.1.1).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0]);
    hasher.update(entry);
    hasher.finish()
}

/// The hash of two nodes side by side (RFC 9162, 2.1.1).
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[1]);
    hasher.update(&left.0);
    hasher.update(&right.0);
    hasher.finish()
}

/// The root of the tree without leaves.
#[must_use]
pub fn empty_root() -> Digest {
    Digest::of(&[])
}

/// The root over these leaf hashes.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push(*leaf, &mut |_, _, _| {});
    }
    frontier.root()
}

/// A hash as checkpoints and proofs write it: base64 (RFC 4648, section 4), 44 characters.
#[must_use]
pub fn print_hash(hash: &Digest) -> String {
    STANDARD.encode(hash.0)
}

/// Reads a hash; it has one spelling.
///
/// # Errors
/// `malformed`.
pub fn parse_hash(text: &str) -> Result<Digest, Problem> {
    let bytes = if text.len() == 44 { STANDARD.decode(text).ok() } else { None };
    bytes
        .and_then(|b| b.try_into().ok())
        .map(Digest)
        .ok_or_else(|| refuse("hash", "32 bytes in base64 expected"))
}

/// Reads the hashes of a proof, one a line.
///
/// # Errors
/// `malformed` when a line is no hash, or there are more than [`MAX_PROOF`].
pub fn parse_proof<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<Digest>, Problem> {
    let mut hashes = Vec::new();
    for line in lines {
        if hashes.len() == MAX_PROOF {
            return Err(refuse("proof", "too many hashes"));
        }
        hashes.push(parse_hash(line)?);
    }
    Ok(hashes)
}

/// A number as checkpoints and proofs write it: decimal, no sign, no leading zero, at most
/// [`MAX_SIZE`].
///
/// # Errors
/// `malformed`.
pub fn parse_number(text: &str) -> Result<u64, Problem> {
    let digits = (1..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let one_spelling = text == "0" || !text.starts_with('0');
    let number = if digits && one_spelling { text.parse().ok() } else { None };
    number
        .filter(|n| *n <= MAX_SIZE)
        .ok_or_else(|| refuse("number", "a decimal number without leading zero expected"))
}

/// A state of a log: how many leaves, and their root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The number of leaves.
    pub size: u64,
    /// The root hash.
    pub root: Digest,
}

impl Tree {
    /// The tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self { size: 0, root: empty_root() }
    }

    /// Whether the proof shows this leaf at this index (RFC 9162, 2.1.3.2).
    #[must_use]
    pub fn includes(&self, index: u64, leaf: &Digest, proof: &[Digest]) -> bool {
        path_root(index, self.size, leaf, proof) == Some(self.root)
    }

    /// Whether the proof shows that this tree begins with all of `older` (RFC 9162, 2.1.4.2). Nothing
    /// is shown of a tree without leaves: see [`Tree::follows`].
    #[must_use]
    pub fn extends(&self, older: &Self, proof: &[Digest]) -> bool {
        older.size > 0 && Subtree::new(0, older.size).is_some_and(|all| self.holds(all, &older.root, proof))
    }

    /// What a witness asks of the next checkpoint (C2SP tlog-witness, add-checkpoint): as
    /// [`Tree::extends`], and from the empty tree, to which anything may follow, without a proof.
    #[must_use]
    pub fn follows(&self, older: &Self, proof: &[Digest]) -> bool {
        if older.size > 0 {
            return self.extends(older, proof);
        }
        proof.is_empty() && older.root == empty_root() && (self.size > 0 || self.root == empty_root())
    }

    /// Whether the proof shows that this subtree of the tree has the root `node` (Merkle Tree
    /// Certificates draft, 4.4.3; C2SP tlog-mirror asks for it with every package of entries).
    #[must_use]
    pub fn holds(&self, subtree: Subtree, node: &Digest, proof: &[Digest]) -> bool {
        if subtree.start == subtree.end {
            return subtree.end <= self.size && proof.is_empty() && *node == empty_root();
        }
        // A subtree that is one node of this tree is the start of the proof, else the proof names it.
        let whole = subtree.start == 0 && subtree.end == self.size;
        let (seed, rest) = match proof.split_first() {
            _ if whole || subtree.is_perfect() || subtree.end == self.size => (node, proof),
            Some((first, rest)) => (first, rest),
            None => return false,
        };
        subtree_roots(subtree, self.size, seed, rest) == Some((*node, self.root))
    }
}

/// The leaves `[start, end)` of a tree, where `start` is a multiple of the smallest power of two that
/// is not less than their number (Merkle Tree Certificates draft, 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    start: u64,
    end: u64,
}

impl Subtree {
    /// The subtree over these leaves, when they make one.
    #[must_use]
    pub fn new(start: u64, end: u64) -> Option<Self> {
        let length = end.checked_sub(start)?;
        if end > MAX_SIZE {
            return None;
        }
        // At most 2⁶³, since the length is at most 2⁶³ − 1.
        start.is_multiple_of(length.max(1).checked_next_power_of_two()?).then_some(Self { start, end })
    }

    /// The first leaf.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The leaf after the last.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    fn is_perfect(&self) -> bool {
        (self.end - self.start).is_power_of_two()
    }

    /// Whether the proof shows this leaf of the log in the subtree with this root.
    #[must_use]
    pub fn includes(&self, index: u64, leaf: &Digest, proof: &[Digest], root: &Digest) -> bool {
        let Some(index) = index.checked_sub(self.start) else { return false };
        path_root(index, self.end - self.start, leaf, proof) == Some(*root)
    }
}

/// The root that an inclusion proof leads to; `None` when its length does not fit the place.
pub(crate) fn path_root(index: u64, size: u64, leaf: &Digest, proof: &[Digest]) -> Option<Digest> {
    if index >= size || size > MAX_SIZE {
        return None;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            let levels = at.trailing_zeros();
            at >>= levels;
            last >>= levels;
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// The two roots that a consistency proof leads to: of the subtree and of the whole tree. `seed` is
/// the largest whole node at the subtree's right end.
fn subtree_roots(subtree: Subtree, size: u64, seed: &Digest, proof: &[Digest]) -> Option<(Digest, Digest)> {
    if subtree.start >= subtree.end || subtree.end > size || size > MAX_SIZE {
        return None;
    }
    let (mut first, mut at, mut last) = (subtree.start, subtree.end - 1, size - 1);
    // Climb to the level of the seed: where the subtree's right end is no longer a right child, or,
    // at the right end of the tree, where the subtree is one node.
    let climbs = |first: u64, at: u64, last: u64| first != at && (at == last || at & 1 == 1);
    while climbs(first, at, last) {
        first >>= 1;
        at >>= 1;
        last >>= 1;
    }
    let (mut part, mut whole) = (*seed, *seed);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            if first < at {
                part = node_hash(sibling, &part);
            }
            whole = node_hash(sibling, &whole);
            let levels = at.trailing_zeros();
            first >>= levels;
            at >>= levels;
            last >>= levels;
        } else {
            whole = node_hash(&whole, sibling);
        }
        first >>= 1;
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some((part, whole))
}

/// The roots of the first `prefix` leaves and of all `size` leaves, from a proof made by
/// [`prove_prefix`]. It binds both: whoever signed the second root has answered what the first is.
#[must_use]
pub fn prefix_roots(prefix: u64, size: u64, proof: &[Digest]) -> Option<(Digest, Digest)> {
    if prefix >= size {
        return None;
    }
    let (seed, rest) = proof.split_first()?;
    subtree_roots(Subtree::new(0, prefix)?, size, seed, rest)
}

/// Where the nodes of a tree are read from: leaves in memory, tiles on disk or over the network.
pub trait HashReader {
    /// The root over the leaves `index << level` to `(index + 1) << level`, all of which exist.
    ///
    /// # Errors
    /// What the place where hashes are kept says.
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Problem>;
}

/// Leaf hashes in memory.
pub struct Leaves<'a>(pub &'a [Digest]);

impl HashReader for Leaves<'_> {
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Problem> {
        let place = |i: u64| i.checked_shl(level).and_then(|i| usize::try_from(i).ok());
        let range = place(index).zip(index.checked_add(1).and_then(place)).map(|(a, b)| a..b);
        let leaves = range.and_then(|r| self.0.get(r)).ok_or_else(|| refuse("leaves", "no such node"))?;
        Ok(root(leaves))
    }
}

/// The root over the first `size` leaves.
///
/// # Errors
/// What the reader says.
pub fn read_root(size: u64, reader: &mut dyn HashReader) -> Result<Digest, Problem> {
    Ok(Frontier::read(size, reader)?.root())
}

/// Proves that the leaf is in the tree of this size.
///
/// # Errors
/// `malformed` when there is no such leaf; what the reader says.
pub fn prove_inclusion(index: u64, size: u64, reader: &mut dyn HashReader) -> Result<Vec<Digest>, Problem> {
    if index >= size || size > MAX_SIZE {
        return Err(refuse("inclusion proof", "no such leaf"));
    }
    let (mut all, mut proof) = (0..size, Vec::new());
    while all.end - all.start > 1 {
        let split = split(&all);
        if index < split {
            proof.push(split..all.end);
            all.end = split;
        } else {
            proof.push(all.start..split);
            all.start = split;
        }
    }
    read_ranges(proof, reader)
}

/// Proves that the tree of size `to` begins with that of size `from`.
///
/// # Errors
/// `malformed` when `from` is none or more than `to`; what the reader says.
pub fn prove_consistency(from: u64, to: u64, reader: &mut dyn HashReader) -> Result<Vec<Digest>, Problem> {
    match Subtree::new(0, from) {
        Some(all) if from > 0 => prove_subtree(all, to, reader),
        _ => Err(refuse("consistency proof", "no such tree")),
    }
}

/// Proves that the subtree is part of the tree of this size (Merkle Tree Certificates draft, 4.4.1).
///
/// # Errors
/// `malformed` when it is empty or not; what the reader says.
pub fn prove_subtree(
    subtree: Subtree,
    size: u64,
    reader: &mut dyn HashReader,
) -> Result<Vec<Digest>, Problem> {
    prove(subtree, size, true, reader)
}

/// Shows what the root of the first `prefix` leaves is, in the tree of this size: a consistency proof
/// that always names the node it starts from, so that it stands without the older root. It is what
/// convicts a log of a split view.
///
/// # Errors
/// `malformed` when `prefix` is none or not less than `size`; what the reader says.
pub fn prove_prefix(prefix: u64, size: u64, reader: &mut dyn HashReader) -> Result<Vec<Digest>, Problem> {
    match Subtree::new(0, prefix) {
        Some(all) if prefix < size => prove(all, size, false, reader),
        _ => Err(refuse("prefix proof", "no such tree")),
    }
}

/// RFC 9162, 2.1.4.1, for any subtree: from the root down to where the subtree ends, the other side
/// of each fork; then the node itself, unless whoever checks the proof has it (`known`).
fn prove(
    subtree: Subtree,
    size: u64,
    mut known: bool,
    reader: &mut dyn HashReader,
) -> Result<Vec<Digest>, Problem> {
    let Subtree { mut start, end } = subtree;
    if start >= end || end > size || size > MAX_SIZE {
        return Err(refuse("consistency proof", "no such tree"));
    }
    let (mut all, mut proof) = (0..size, Vec::new());
    while all != (start..end) {
        let split = split(&all);
        if end <= split {
            proof.push(split..all.end);
            all.end = split;
        } else {
            if start < split {
                // The subtree reaches over the fork: what is left of it is in the proof.
                known = false;
                start = split;
            }
            proof.push(all.start..split);
            all.start = split;
        }
    }
    if !known {
        proof.push(all);
    }
    read_ranges(proof, reader)
}

/// Where RFC 9162, 2.1.1 parts these leaves: after the largest power of two that is less than their
/// number, of which there are at least two.
fn split(range: &Range<u64>) -> u64 {
    range.start + (1 << (range.end - range.start - 1).ilog2())
}

/// The roots of these ranges, the last first: proofs are written from the leaf up.
fn read_ranges(ranges: Vec<Range<u64>>, reader: &mut dyn HashReader) -> Result<Vec<Digest>, Problem> {
    ranges.into_iter().rev().map(|range| Ok(fold(&read_nodes(range, reader)?))).collect()
}

/// The whole nodes that make up a range of leaves, the largest first. The range begins where a node
/// of its own size may begin.
fn read_nodes(range: Range<u64>, reader: &mut dyn HashReader) -> Result<Vec<Digest>, Problem> {
    let (mut at, mut nodes) = (range.start, Vec::new());
    while at < range.end {
        let level = (range.end - at).ilog2();
        nodes.push(reader.node(level, at >> level)?);
        at += 1 << level;
    }
    Ok(nodes)
}

/// The root over whole nodes, the largest first.
fn fold(nodes: &[Digest]) -> Digest {
    let folded = nodes.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
    folded.unwrap_or_else(empty_root)
}

#[cfg(test)]
mod tests;
