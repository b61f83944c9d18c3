//! The cut itself: which of what is not durable is kept.
//!
//! The model, pessimistic but such as disks and file systems really are:
//!
//! * *Contents.* What was written to a file since its last `fsync` or `fdatasync` before the cut is
//!   kept or lost by sectors (512 bytes or 4 KiB), each by itself, in whatever order: a later write
//!   may be there and an earlier one missing. A change of size is one such write; a file may also have
//!   its new size and zeros where its new contents should be. A sector is written whole or not at all.
//! * *Names.* A file that is made, renamed, linked or removed, and a directory that is made, is so
//!   after an `fsync` of the directory that holds the name. Before that, a directory keeps some first
//!   part of the changes to it, in their order: either all directories up to one moment (a journal), or
//!   each up to a moment of its own. A name may be durable before the contents: the empty file after
//!   a rename.
//! * `fsync` of a file makes its contents durable and *not* its name, which is stricter than ext4, XFS
//!   and btrfs; a directory is as durable as the name it has in its own directory, whatever was synced
//!   inside it. `fdatasync` is the same: it leaves out times, which are not modelled, and takes a size
//!   along that the bytes need.
//! * A rename is one change, also when it replaces a file and when it goes from one directory to
//!   another; it counts as a change to the directory it goes to. Every file system with a journal, or
//!   that copies on write, keeps that promise; ext2 and FAT do not.
//!
//! What it does not show: a disk that says it has written and has not (nothing helps against that but
//! another disk), sectors torn in themselves or read back as garbage, `fsync` that fails, old contents
//! of a disk appearing in a file that grew, and writes of two threads during one `fsync` (the record
//! puts them before or after it). Permissions, times and owners are not modelled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Change, Disk, Names, Node, length, put, show};
use crate::chance::Chance;
use crate::format::{NodeId, ROOT};

/// What is left to chance at a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Everything that was not synced is lost.
    Lost,
    /// Names are kept, contents that were not synced are lost: the empty file after a rename.
    Names,
    /// Names and sizes are kept, contents that were not synced are lost: zeros where a file grew.
    Sizes,
    /// Each sector and each change of names by chance.
    Torn,
    /// Everything is kept, as when only the process dies.
    Kept,
}

/// The variants of every cut.
pub const VARIANTS: [Variant; 4] = [Variant::Lost, Variant::Names, Variant::Sizes, Variant::Torn];

/// What is found after the cut.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Directories, those above first, relative to the one recorded.
    pub directories: Vec<PathBuf>,
    /// Files with their contents.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Change<'_> {
    /// Applies some sectors of it.
    fn tear(self, contents: &mut Vec<u8>, chance: &mut Chance, sector: usize, keep: usize) {
        let Self::Write(at, bytes) = self else {
            if chance.below(4) < keep {
                self.apply(contents);
            }
            return;
        };
        let (mut at, mut rest) = (length(at), bytes);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(sector - at % sector));
            if chance.below(4) < keep {
                put(contents, at, now);
            }
            (at, rest) = (at + now.len(), later);
        }
    }
}

impl<'t> Disk<'t> {
    /// What a cut at this moment leaves.
    #[must_use]
    pub fn cut(&self, variant: Variant, chance: &mut Chance) -> Image {
        let names = self.names(variant, chance);
        let mut image = Image::default();
        self.collect(ROOT, Path::new(""), &names, variant, chance, &mut image);
        image
    }

    /// The names every directory keeps.
    fn names(&self, variant: Variant, chance: &mut Chance) -> BTreeMap<NodeId, Names<'t>> {
        let mut kept = BTreeMap::new();
        let mut later = Vec::new();
        let journal = chance.one_in(2).then(|| self.moment(chance));
        for (id, node) in (0..).zip(&self.nodes) {
            let Node::Directory { durable, now, pending } = node else { continue };
            let base = if matches!(variant, Variant::Names | Variant::Sizes | Variant::Kept) {
                now
            } else {
                durable
            };
            kept.insert(id, base.clone());
            if variant == Variant::Torn {
                let own = chance.below(pending.len() + 1);
                let take = journal.map_or(own, |until| pending.partition_point(|(order, _)| *order <= until));
                later.extend(pending.iter().take(take).map(|(order, entry)| (*order, id, *entry)));
            }
        }
        later.sort_by_key(|(order, ..)| *order);
        for (_, id, entry) in later {
            for (directory, edit) in entry.edits(id) {
                if let Some(names) = kept.get_mut(&directory) {
                    edit.apply(names);
                }
            }
        }
        kept
    }

    /// A moment among the changes of names that are not durable: what a journal had by then.
    fn moment(&self, chance: &mut Chance) -> u64 {
        let mut moments = vec![0];
        for node in &self.nodes {
            if let Node::Directory { pending, .. } = node {
                moments.extend(pending.iter().map(|(order, _)| *order));
            }
        }
        moments.get(chance.below(moments.len())).copied().unwrap_or(0)
    }

    fn collect(
        &self,
        id: NodeId,
        path: &Path,
        names: &BTreeMap<NodeId, Names<'t>>,
        variant: Variant,
        chance: &mut Chance,
        image: &mut Image,
    ) {
        for (name, node) in names.get(&id).into_iter().flatten() {
            let path = path.join(show(name));
            match self.nodes.get(*node as usize) {
                Some(Node::File { durable, pending }) => {
                    image.files.insert(path, contents(durable, pending, variant, chance));
                }
                Some(Node::Directory { .. }) => {
                    image.directories.push(path.clone());
                    self.collect(*node, &path, names, variant, chance, image);
                }
                None => {}
            }
        }
    }
}

/// The contents a file has after the cut.
fn contents(durable: &[u8], pending: &[Change<'_>], variant: Variant, chance: &mut Chance) -> Vec<u8> {
    let mut contents = durable.to_vec();
    match variant {
        Variant::Lost | Variant::Names => {}
        Variant::Sizes => contents.resize(size_after(durable.len(), pending), 0),
        Variant::Kept => pending.iter().for_each(|change| change.apply(&mut contents)),
        Variant::Torn => {
            let sector = if chance.one_in(2) { 512 } else { 4096 };
            // Of four sectors none, some or all: each file by its own luck.
            let keep = chance.below(5);
            for change in pending {
                change.tear(&mut contents, chance, sector, keep);
            }
            if chance.one_in(4) {
                contents.resize(size_after(durable.len(), pending), 0);
            }
        }
    }
    contents
}

/// The size a file has once all of this is done.
fn size_after(durable: usize, pending: &[Change<'_>]) -> usize {
    pending.iter().fold(durable, |size, change| match *change {
        Change::Write(at, bytes) => size.max(length(at).saturating_add(bytes.len())),
        Change::Resize(to) => length(to),
    })
}
