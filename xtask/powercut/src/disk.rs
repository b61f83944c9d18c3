//! What a power cut leaves: a recorded run is replayed to the cut, and everything that was not made
//! durable by then may be lost.
//!
//! The model stands in `disk/cut.rs`.

mod cut;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::format::{NodeId, Op, ROOT};
pub use cut::{Image, VARIANTS, Variant};

/// A name in a directory, as it stands in the record.
type Name<'t> = &'t [u8];

/// The names in a directory.
type Names<'t> = BTreeMap<Name<'t>, NodeId>;

/// A change of contents that is not durable yet.
#[derive(Clone, Copy)]
enum Change<'t> {
    Write(u64, &'t [u8]),
    Resize(u64),
}

/// A change of names that is not durable yet.
#[derive(Clone, Copy)]
enum Entry<'t> {
    Insert(Name<'t>, NodeId),
    Remove(Name<'t>),
    Rename { from: NodeId, from_name: Name<'t>, name: Name<'t>, node: NodeId },
}

/// What a change of names does to one directory.
enum Edit<'t> {
    Put(Name<'t>, NodeId),
    Drop(Name<'t>),
    DropIf(Name<'t>, NodeId),
}

impl<'t> Entry<'t> {
    /// What it does to the directory it belongs to, and a rename to the one it comes from.
    fn edits(self, directory: NodeId) -> Vec<(NodeId, Edit<'t>)> {
        match self {
            Self::Insert(name, node) => vec![(directory, Edit::Put(name, node))],
            Self::Remove(name) => vec![(directory, Edit::Drop(name))],
            Self::Rename { from, from_name, name, node } => {
                vec![(from, Edit::DropIf(from_name, node)), (directory, Edit::Put(name, node))]
            }
        }
    }
}

impl<'t> Edit<'t> {
    fn apply(self, names: &mut Names<'t>) {
        match self {
            Self::Put(name, node) => {
                names.insert(name, node);
            }
            Self::DropIf(name, node) if names.get(name) != Some(&node) => {}
            Self::Drop(name) | Self::DropIf(name, _) => {
                names.remove(name);
            }
        }
    }
}

enum Node<'t> {
    File { durable: Vec<u8>, pending: Vec<Change<'t>> },
    Directory { durable: Names<'t>, now: Names<'t>, pending: Vec<(u64, Entry<'t>)> },
}

/// A disk at one moment of a recorded run: what is durable, and what is not yet.
pub struct Disk<'t> {
    nodes: Vec<Node<'t>>,
    /// Where each node was last, for people.
    places: Vec<(NodeId, Name<'t>)>,
    changes: u64,
    ignored: Option<String>,
}

fn length(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn put(contents: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at.saturating_add(bytes.len());
    if contents.len() < end {
        contents.resize(end, 0);
    }
    if let Some(place) = contents.get_mut(at..end) {
        place.copy_from_slice(bytes);
    }
}

impl Change<'_> {
    fn apply(self, contents: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => put(contents, length(at), bytes),
            Self::Resize(size) => contents.resize(length(size), 0),
        }
    }
}

impl<'t> Disk<'t> {
    /// An empty directory. Syncs of the class `ignored` (see [`Disk::class`]) will do nothing.
    #[must_use]
    pub fn new(ignored: Option<&str>) -> Self {
        Self {
            nodes: vec![directory()],
            places: vec![(ROOT, b"")],
            changes: 0,
            ignored: ignored.map(str::to_owned),
        }
    }

    /// The next operation of the run.
    ///
    /// # Errors
    /// When the record contradicts itself or holds a warning.
    pub fn apply(&mut self, op: &Op<'t>) -> Result<(), String> {
        self.changes += 1;
        match *op {
            Op::Create { directory, name, node } => {
                self.add(node, file(), directory, name)?;
                self.entry(directory, Entry::Insert(name, node))
            }
            Op::CreateUnnamed { node } => self.add(node, file(), ROOT, b"(no name)"),
            Op::MakeDirectory { directory: above, name, node } => {
                self.add(node, directory(), above, name)?;
                self.entry(above, Entry::Insert(name, node))
            }
            Op::Link { directory, name, node } => {
                self.move_to(node, directory, name);
                self.entry(directory, Entry::Insert(name, node))
            }
            Op::Remove { directory, name } => self.entry(directory, Entry::Remove(name)),
            Op::Rename { from, from_name, to, to_name } => {
                let Node::Directory { now, .. } = self.node(from)? else {
                    return Err(not(from, "directory"));
                };
                let node = *now.get(from_name).ok_or_else(|| format!("no {} to rename", show(from_name)))?;
                self.move_to(node, to, to_name);
                self.entry(to, Entry::Rename { from, from_name, name: to_name, node })
            }
            Op::Write { node, at, bytes } => self.change(node, Change::Write(at, bytes)),
            Op::Resize { node, size } => self.change(node, Change::Resize(size)),
            Op::Sync { node, .. } => {
                if self.ignored.is_none() || self.ignored != Some(self.class(node)) {
                    return self.sync(node);
                }
                Ok(())
            }
            Op::Acknowledge { .. } => Ok(()),
            Op::Warning { text } => Err(format!("the record is not to be trusted: {}", show(text))),
        }
    }

    fn add(&mut self, id: NodeId, node: Node<'t>, above: NodeId, name: Name<'t>) -> Result<(), String> {
        if self.nodes.len() != id as usize {
            return Err(format!("node {id} comes out of order"));
        }
        self.nodes.push(node);
        self.places.push((above, name));
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> Result<&mut Node<'t>, String> {
        self.nodes.get_mut(id as usize).ok_or_else(|| format!("there is no node {id}"))
    }

    fn move_to(&mut self, id: NodeId, above: NodeId, name: Name<'t>) {
        if let Some(place) = self.places.get_mut(id as usize) {
            *place = (above, name);
        }
    }

    fn change(&mut self, id: NodeId, change: Change<'t>) -> Result<(), String> {
        let Node::File { pending, .. } = self.node(id)? else { return Err(not(id, "file")) };
        pending.push(change);
        Ok(())
    }

    fn entry(&mut self, id: NodeId, entry: Entry<'t>) -> Result<(), String> {
        let order = self.changes;
        let Node::Directory { now, pending, .. } = self.node(id)? else { return Err(not(id, "directory")) };
        pending.push((order, entry));
        match entry {
            Entry::Insert(name, node) | Entry::Rename { name, node, .. } => {
                now.insert(name, node);
            }
            Entry::Remove(name) => {
                now.remove(name).ok_or_else(|| format!("no {} to remove", show(name)))?;
            }
        }
        if let Entry::Rename { from, from_name, name, .. } = entry
            && (from != id || from_name != name)
            && let Node::Directory { now, .. } = self.node(from)?
        {
            now.remove(from_name);
        }
        Ok(())
    }

    fn sync(&mut self, id: NodeId) -> Result<(), String> {
        match self.node(id)? {
            Node::File { durable, pending } => {
                for change in pending.drain(..) {
                    change.apply(durable);
                }
            }
            Node::Directory { pending, .. } => {
                for (_, entry) in std::mem::take(pending) {
                    for (directory, edit) in entry.edits(id) {
                        if let Node::Directory { durable, .. } = self.node(directory)? {
                            edit.apply(durable);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Where a node is, or was last.
    #[must_use]
    pub fn path(&self, id: NodeId) -> PathBuf {
        match self.places.get(id as usize) {
            Some((above, name)) if id != ROOT => self.path(*above).join(show(name)),
            _ => PathBuf::new(),
        }
    }

    /// What is synced, in general: `file keys/*.part`, `directory keys`. Parts of the path with a digit
    /// in them are `*`, so that all files made by the same line of code fall together.
    #[must_use]
    pub fn class(&self, id: NodeId) -> String {
        let path = self.path(id);
        let parts: Vec<String> = path.iter().map(|part| general(&part.to_string_lossy())).collect();
        let kind =
            if matches!(self.nodes.get(id as usize), Some(Node::File { .. })) { "file" } else { "directory" };
        let path = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
        format!("{kind} {path}")
    }
}

fn file<'t>() -> Node<'t> {
    Node::File { durable: Vec::new(), pending: Vec::new() }
}

fn directory<'t>() -> Node<'t> {
    Node::Directory { durable: Names::new(), now: Names::new(), pending: Vec::new() }
}

fn not(id: NodeId, what: &str) -> String {
    format!("node {id} is no {what}")
}

/// A name for people; ours are all UTF-8.
fn show(name: Name<'_>) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn general(part: &str) -> String {
    if !part.bytes().any(|b| b.is_ascii_digit()) {
        return part.to_owned();
    }
    match part.rsplit_once('.') {
        Some((_, extension)) if !extension.bytes().any(|b| b.is_ascii_digit()) => format!("*.{extension}"),
        _ => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    fn create(node: NodeId, name: &str) -> Op<'_> {
        Op::Create { directory: ROOT, name: name.as_bytes(), node }
    }

    fn write(node: NodeId, text: &str) -> Op<'_> {
        Op::Write { node, at: 0, bytes: text.as_bytes() }
    }

    fn rename<'a>(from: &'a str, to: &'a str) -> Op<'a> {
        Op::Rename { from: ROOT, from_name: from.as_bytes(), to: ROOT, to_name: to.as_bytes() }
    }

    const fn sync<'a>(node: NodeId) -> Op<'a> {
        Op::Sync { node, data: false }
    }

    fn cut(ops: &[Op<'_>], ignored: Option<&str>, variant: Variant, seed: u64) -> Vec<(String, String)> {
        let mut disk = Disk::new(ignored);
        for op in ops {
            disk.apply(op).unwrap();
        }
        let image = disk.cut(variant, &mut Chance::new(&[seed]));
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        image.files.iter().map(|(p, c)| (p.display().to_string(), text(c))).collect()
    }

    fn check(ops: &[Op<'_>], variant: Variant, expect: &[(&str, &str)]) {
        let expect: Vec<_> = expect.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect();
        assert_eq!(cut(ops, None, variant, 0), expect, "{variant:?} {ops:?}");
    }

    #[test]
    fn a_name_is_durable_with_its_directory_and_contents_with_their_file() {
        let ops = [create(1, "a"), write(1, "x"), sync(1), sync(ROOT)];
        check(&ops, Variant::Lost, &[("a", "x")]);
        check(&ops[..3], Variant::Lost, &[]);
        check(&ops[..3], Variant::Names, &[("a", "x")]);
        check(&[ops[0], ops[1], ops[3]], Variant::Lost, &[("a", "")]);
        check(&ops[..2], Variant::Kept, &[("a", "x")]);
    }

    #[test]
    fn a_rename_without_sync_leaves_an_empty_file() {
        let old = [create(1, "key"), write(1, "old"), sync(1), sync(ROOT)];
        let new = [create(2, ".key"), write(2, "new"), rename(".key", "key")];
        let ops = [old.as_slice(), &new].concat();
        check(&ops, Variant::Lost, &[("key", "old")]);
        check(&ops, Variant::Names, &[("key", "")]);
        let good = [old.as_slice(), &new[..2], &[sync(2)], &new[2..]].concat();
        check(&good, Variant::Lost, &[("key", "old")]);
        check(&good, Variant::Names, &[("key", "new")]);
        check(&[good, vec![sync(ROOT)]].concat(), Variant::Lost, &[("key", "new")]);
    }

    #[test]
    fn what_is_in_a_directory_without_a_durable_name_is_lost() {
        let ops = [
            Op::MakeDirectory { directory: ROOT, name: b"d", node: 1 },
            Op::Create { directory: 1, name: b"a", node: 2 },
            sync(2),
            sync(1),
            sync(ROOT),
        ];
        check(&ops[..4], Variant::Lost, &[]);
        check(&ops, Variant::Lost, &[("d/a", "")]);
    }

    #[test]
    fn a_rename_between_directories_is_one_change() {
        let ops = [
            Op::MakeDirectory { directory: ROOT, name: b"d", node: 1 },
            create(2, "a"),
            write(2, "x"),
            sync(2),
            sync(ROOT),
            Op::Rename { from: ROOT, from_name: b"a", to: 1, to_name: b"b" },
            sync(ROOT),
            sync(1),
        ];
        check(&ops[..7], Variant::Lost, &[("a", "x")]);
        check(&ops, Variant::Lost, &[("d/b", "x")]);
    }

    #[test]
    fn torn_contents_are_any_mixture_of_sectors() {
        let (old, new) = ("o".repeat(2048), "n".repeat(2048));
        let ops = [create(1, "a"), write(1, &old), sync(1), sync(ROOT), write(1, &new)];
        let (mut mixed, mut whole) = (0, 0);
        for seed in 0..200 {
            let found = cut(&ops, None, Variant::Torn, seed).remove(0).1;
            assert_eq!(found.len(), 2048);
            for sector in found.as_bytes().chunks(512) {
                assert!(sector.iter().all(|b| b == &sector[0]), "sectors are whole");
            }
            mixed += usize::from(found != old && found != new);
            whole += usize::from(found == old || found == new);
        }
        assert!(mixed > 20 && whole > 20, "{mixed} {whole}");
    }

    #[test]
    fn torn_names_keep_their_order() {
        let ops = [create(1, "a"), create(2, "b"), create(3, "c")];
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let found = cut(&ops, None, Variant::Torn, seed);
            seen.insert(found.into_iter().map(|(path, _)| path).collect::<String>());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["", "a", "ab", "abc"]);
    }

    #[test]
    fn a_class_of_syncs_can_be_switched_off() {
        let ops = [create(1, "log-1.part"), write(1, "x"), sync(1), sync(ROOT)];
        let check = |ignored, expect: &[(&str, &str)]| {
            let expect: Vec<_> = expect.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect();
            assert_eq!(cut(&ops, ignored, Variant::Lost, 0), expect, "{ignored:?}");
        };
        check(None, &[("log-1.part", "x")]);
        check(Some("file *.part"), &[("log-1.part", "")]);
        check(Some("directory ."), &[]);
        check(Some("file other"), &[("log-1.part", "x")]);
    }

    #[test]
    fn sizes_follow() {
        let resize = |size| Op::Resize { node: 1, size };
        let ops = [create(1, "a"), write(1, "abcd"), resize(2), sync(1), sync(ROOT), resize(4)];
        check(&ops[..5], Variant::Lost, &[("a", "ab")]);
        check(&ops, Variant::Kept, &[("a", "ab\0\0")]);
        check(&ops[..2], Variant::Sizes, &[("a", "\0\0\0\0")]);
        check(&ops[..3], Variant::Sizes, &[("a", "\0\0")]);
        check(&ops[..2], Variant::Names, &[("a", "")]);
    }

    #[test]
    fn a_record_that_contradicts_itself_is_refused() {
        for op in [write(7, ""), sync(9), create(5, "a"), rename("a", "b"), Op::Warning { text: b"!" }] {
            assert!(Disk::new(None).apply(&op).is_err(), "{op:?}");
        }
    }
}
