//! The record of operations as bytes: the one file that the preloaded library and the reader of its
//! records share (the reader includes it by path, since it must not link the library).
//!
//! A record is [`MAGIC`] and then operations without a gap: one byte for the kind, then the fields in
//! the order they stand in [`Op`], numbers little-endian, bytes led by their length in 32 bits.

/// What a record begins with.
pub const MAGIC: &[u8; 8] = b"cdfault1";

/// The number of a file or directory in a record. It is never used again, other than an inode's.
pub type NodeId = u32;

/// The directory that is recorded.
pub const ROOT: NodeId = 0;

/// One operation that succeeded.
#[allow(missing_docs, reason = "the operation says what its fields are")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op<'a> {
    /// A new empty file with a name.
    Create { directory: NodeId, name: &'a [u8], node: NodeId },
    /// A new empty file without a name (`O_TMPFILE`).
    CreateUnnamed { node: NodeId },
    /// A new directory.
    MakeDirectory { directory: NodeId, name: &'a [u8], node: NodeId },
    /// One more name for a file.
    Link { directory: NodeId, name: &'a [u8], node: NodeId },
    /// A name of a file, or a directory, goes away.
    Remove { directory: NodeId, name: &'a [u8] },
    /// A name becomes another, replacing what had that one.
    Rename { from: NodeId, from_name: &'a [u8], to: NodeId, to_name: &'a [u8] },
    /// Bytes at a place in a file.
    Write { node: NodeId, at: u64, bytes: &'a [u8] },
    /// The size of a file changes: cut off, or made longer with zeros.
    Resize { node: NodeId, size: u64 },
    /// `fsync` of a file or a directory came back, or, with `data`, `fdatasync`, which leaves out times.
    Sync { node: NodeId, data: bool },
    /// The process told somebody that something is durable.
    Acknowledge { text: &'a [u8] },
    /// Something happened that this record cannot say: do not trust it.
    Warning { text: &'a [u8] },
}

impl<'a> Op<'a> {
    /// Appends the operation to a record.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Create { directory, name, node } => named(out, 1, directory, name, Some(node)),
            Self::CreateUnnamed { node } => number(out, 2, node),
            Self::MakeDirectory { directory, name, node } => named(out, 3, directory, name, Some(node)),
            Self::Link { directory, name, node } => named(out, 4, directory, name, Some(node)),
            Self::Remove { directory, name } => named(out, 5, directory, name, None),
            Self::Rename { from, from_name, to, to_name } => {
                named(out, 6, from, from_name, Some(to));
                text(out, to_name);
            }
            Self::Write { node, at, bytes } => {
                number(out, 7, node);
                out.extend_from_slice(&at.to_le_bytes());
                text(out, bytes);
            }
            Self::Resize { node, size } => {
                number(out, 8, node);
                out.extend_from_slice(&size.to_le_bytes());
            }
            Self::Sync { node, data } => number(out, if data { 12 } else { 9 }, node),
            Self::Acknowledge { text: said } => {
                out.push(10);
                text(out, said);
            }
            Self::Warning { text: said } => {
                out.push(11);
                text(out, said);
            }
        }
    }

    /// Takes the first operation off a record whose [`MAGIC`] has been taken off. `None` when it is at
    /// its end, or torn there, or not a record.
    pub fn decode(rest: &mut &'a [u8]) -> Option<Self> {
        let mut at = *rest;
        let kind = *at.split_off_first()?;
        let op = match kind {
            1 => {
                Self::Create { directory: take_u32(&mut at)?, name: take(&mut at)?, node: take_u32(&mut at)? }
            }
            2 => Self::CreateUnnamed { node: take_u32(&mut at)? },
            3 => Self::MakeDirectory {
                directory: take_u32(&mut at)?,
                name: take(&mut at)?,
                node: take_u32(&mut at)?,
            },
            4 => Self::Link { directory: take_u32(&mut at)?, name: take(&mut at)?, node: take_u32(&mut at)? },
            5 => Self::Remove { directory: take_u32(&mut at)?, name: take(&mut at)? },
            6 => Self::Rename {
                from: take_u32(&mut at)?,
                from_name: take(&mut at)?,
                to: take_u32(&mut at)?,
                to_name: take(&mut at)?,
            },
            7 => Self::Write { node: take_u32(&mut at)?, at: take_u64(&mut at)?, bytes: take(&mut at)? },
            8 => Self::Resize { node: take_u32(&mut at)?, size: take_u64(&mut at)? },
            kind @ (9 | 12) => Self::Sync { node: take_u32(&mut at)?, data: kind == 12 },
            10 => Self::Acknowledge { text: take(&mut at)? },
            11 => Self::Warning { text: take(&mut at)? },
            _ => return None,
        };
        *rest = at;
        Some(op)
    }
}

fn number(out: &mut Vec<u8>, kind: u8, node: NodeId) {
    out.push(kind);
    out.extend_from_slice(&node.to_le_bytes());
}

fn named(out: &mut Vec<u8>, kind: u8, directory: NodeId, name: &[u8], node: Option<NodeId>) {
    number(out, kind, directory);
    text(out, name);
    if let Some(node) = node {
        out.extend_from_slice(&node.to_le_bytes());
    }
}

fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    // A single write is never that long: Linux stops at 2 GiB.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn take_u32(at: &mut &[u8]) -> Option<u32> {
    at.split_off(..4)?.try_into().ok().map(u32::from_le_bytes)
}

fn take_u64(at: &mut &[u8]) -> Option<u64> {
    at.split_off(..8)?.try_into().ok().map(u64::from_le_bytes)
}

fn take<'a>(at: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_u32(at)?).ok()?;
    at.split_off(..length)
}
