//! A tree that grows by a leaf at a time, in a few kilobytes whatever its size.

use corridor_base::{Digest, ErrorCode, Problem};

use super::{HashReader, MAX_SIZE, Tree, fold, node_hash, read_nodes};
use crate::statement::refuse;

/// A tree as it grows: the roots of its largest whole subtrees, the largest first, at most 63 of
/// them. Leaves are appended at the cost of two hashes on average, whatever the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Digest>,
}

impl Frontier {
    /// No leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree of this size with these nodes, as [`Frontier::nodes`] gave them.
    ///
    /// # Errors
    /// `malformed` when there are not as many as the size needs.
    pub fn from_nodes(size: u64, nodes: Vec<Digest>) -> Result<Self, Problem> {
        if size > MAX_SIZE || u64::from(size.count_ones()) != nodes.len() as u64 {
            return Err(refuse("frontier", "the nodes do not fit the size"));
        }
        Ok(Self { size, nodes })
    }

    /// The tree of this size, from where its nodes are kept.
    ///
    /// # Errors
    /// `malformed` when the size is too large; what the reader says.
    pub fn read(size: u64, reader: &mut dyn HashReader) -> Result<Self, Problem> {
        if size > MAX_SIZE {
            return Err(refuse("frontier", "too many leaves"));
        }
        Self::from_nodes(size, read_nodes(0..size, reader)?)
    }

    /// How many leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the largest whole subtrees, the largest first.
    #[must_use]
    pub fn nodes(&self) -> &[Digest] {
        &self.nodes
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Digest {
        fold(&self.nodes)
    }

    /// Size and root.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree { size: self.size, root: self.root() }
    }

    /// Appends a leaf and tells `whole` of every node that it completes, as level, index and hash,
    /// from the leaf itself (level 0) up. The nodes of levels 0, 8, 16 … are what tiles are made of.
    /// Gives the leaf's index.
    ///
    /// # Errors
    /// `too-large` at [`MAX_SIZE`] leaves.
    pub fn append(&mut self, leaf: Digest, whole: &mut dyn FnMut(u32, u64, Digest)) -> Result<u64, Problem> {
        if self.size >= MAX_SIZE {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "log")
                .with("limit", format!("{MAX_SIZE} leaves")));
        }
        Ok(self.push(leaf, whole))
    }

    pub(super) fn push(&mut self, leaf: Digest, whole: &mut dyn FnMut(u32, u64, Digest)) -> u64 {
        let index = self.size;
        let mut hash = leaf;
        whole(0, index, hash);
        // As many left siblings wait as the size has ones at its end.
        for level in 0..index.trailing_ones() {
            let Some(left) = self.nodes.pop() else { break };
            hash = node_hash(&left, &hash);
            whole(level + 1, index >> (level + 1), hash);
        }
        self.nodes.push(hash);
        self.size += 1;
        index
    }
}
