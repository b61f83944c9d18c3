//! Which row of a segment table a segment stands for. A segment is the first row that may hold it, from
//! the present one on: itself again, what follows in its group, its group again, what follows around
//! that, and never past a mandatory row that is still empty. One look forward, no way back.
//!
//! That is exact where no segment could stand for two rows, which the rules for designing messages ask
//! for; [`Table::collisions`] names the places where a table breaks them (three messages of D.96A do, of
//! the 699 in D.96A, D.00A, D.01B and D.08A), and there the first row wins.

use crate::directory::{MessageSpec, Tag, What, shown};
use crate::edifact::FaultCode;

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The tag; of a group, the one it begins with.
    pub(super) tag: Tag,
    /// The number of the group; 0 for a segment.
    pub(super) group: u16,
    pub(super) mandatory: bool,
    pub(super) repeat: u32,
    /// The row after it and what is in it.
    pub(super) end: usize,
    /// The row of the group it is in.
    parent: Option<usize>,
    /// The number the directory gives the row.
    pub(super) position: u32,
}

/// A segment table, ready to be walked.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

/// Something out of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    pub(super) code: FaultCode,
    /// The row that is missing; of other faults, the row it is about.
    pub(super) row: Option<usize>,
}

/// How a segment was found.
#[derive(Clone, Copy, Debug)]
enum Found {
    /// The present row once more.
    Same,
    /// A row further on.
    Row(usize),
    /// A group that is open, once more.
    Again(usize),
}

impl Table {
    pub(super) fn new(message: &MessageSpec) -> Self {
        let mut open: Vec<usize> = Vec::new();
        let mut rows = Vec::with_capacity(message.nodes.len());
        for (at, node) in message.nodes.iter().enumerate() {
            open.retain(|group| message.nodes.get(*group).is_some_and(|g| at < g.end));
            // A group begins with a segment: the loader saw to it.
            let first = message.nodes.get(at..).unwrap_or_default().iter().find_map(|n| match n.what {
                What::Segment(tag) => Some(tag),
                What::Group(_) => None,
            });
            let group = match node.what {
                What::Segment(_) => 0,
                What::Group(number) => number.max(1),
            };
            rows.push(Row {
                tag: first.unwrap_or_default(),
                group,
                mandatory: node.mandatory,
                repeat: node.repeat,
                end: node.end,
                parent: open.last().copied(),
                position: node.position,
            });
            if group > 0 {
                open.push(at);
            }
        }
        Self { rows }
    }

    fn row(&self, at: usize) -> Option<&Row> {
        self.rows.get(at)
    }

    /// The groups around a row, and itself if it is one: `SG7/SG8`.
    pub(super) fn groups(&self, at: usize) -> String {
        let mut around = Vec::new();
        let mut next = Some(at);
        while let Some(row) = next.and_then(|at| self.row(at)) {
            if row.group > 0 {
                around.push(format!("SG{}", row.group));
            }
            next = row.parent;
        }
        around.reverse();
        around.join("/")
    }

    /// Calls `each` with the rows that may follow one, nearest first, until it says stop or a mandatory
    /// row is passed; `again` says whether a row or group may stand once more.
    #[inline]
    fn following(
        &self,
        from: usize,
        again: impl Fn(usize) -> bool,
        mut each: impl FnMut(Found, &Row) -> bool,
    ) {
        let Some(here) = self.row(from) else { return };
        if again(from) && each(Found::Same, here) {
            return;
        }
        let (mut next, mut parent) = (here.end, here.parent);
        loop {
            let group = parent.and_then(|p| self.row(p));
            let end = group.map_or(self.rows.len(), |g| g.end);
            while let Some(row) = self.row(next).filter(|_| next < end) {
                if each(Found::Row(next), row) || row.mandatory {
                    return;
                }
                next = row.end;
            }
            let (Some(at), Some(group)) = (parent, group) else { return };
            if again(at) && each(Found::Again(at), group) {
                return;
            }
            (next, parent) = (group.end, group.parent);
        }
    }

    /// Rows after which a tag could stand for two rows: `0150 NAD, then LIN`.
    pub(super) fn collisions(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (from, here) in self.rows.iter().enumerate().filter(|(_, row)| row.group == 0) {
            let mut tags: Vec<Tag> = Vec::new();
            let again = |at: usize| self.row(at).is_some_and(|row| row.repeat > 1);
            self.following(from, again, |_, row| {
                if tags.contains(&row.tag) {
                    found.push(format!(
                        "{:04} {}, then {}",
                        here.position,
                        shown(&here.tag),
                        shown(&row.tag)
                    ));
                }
                tags.push(row.tag);
                false
            });
        }
        found.dedup();
        found
    }
}

/// Where a message has come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    at: usize,
    /// How often each row stood, in the present repetition of the groups around it.
    counts: Vec<u32>,
}

/// The most missing rows that a segment is believed to have skipped. Beyond that it is the segment that
/// is out of place.
const SKIPPED: usize = 3;

impl Walk {
    /// At UNH.
    pub(super) fn begin(&mut self, table: &Table) {
        self.at = 0;
        self.counts.clear();
        self.counts.resize(table.rows.len(), 0);
        self.count(0);
    }

    /// The row a segment stands for; what is missing before it, or wrong with its place, goes to `wrong`.
    #[inline]
    pub(super) fn step(&mut self, table: &Table, tag: Tag, wrong: &mut Vec<Misplaced>) -> Option<usize> {
        match self.find(table, tag) {
            Some(found) => Some(self.go(table, found)),
            None => self.misplaced(table, tag, wrong),
        }
    }

    #[inline]
    fn find(&self, table: &Table, tag: Tag) -> Option<Found> {
        let mut place = None;
        table.following(
            self.at,
            |at| self.may_repeat(table, at),
            |found, row| {
                if row.tag == tag && row.repeat > 0 {
                    place = Some(found);
                }
                place.is_some()
            },
        );
        place
    }

    fn may_repeat(&self, table: &Table, at: usize) -> bool {
        match (self.counts.get(at), table.row(at)) {
            (Some(count), Some(row)) => *count < row.repeat,
            _ => false,
        }
    }

    fn count(&mut self, at: usize) {
        if let Some(count) = self.counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    fn go(&mut self, table: &Table, found: Found) -> usize {
        match found {
            Found::Same => self.count(self.at),
            Found::Row(at) | Found::Again(at) => self.enter(table, at),
        }
        self.at
    }

    /// Moves to a row; into a group that begins here, or begins again.
    fn enter(&mut self, table: &Table, row: usize) {
        self.count(row);
        self.at = row;
        if let Some(group) = table.row(row).filter(|r| r.group > 0) {
            if let Some(inside) = self.counts.get_mut(row + 1..group.end) {
                inside.fill(0);
            }
            self.at = row + 1;
            self.count(row + 1);
        }
    }

    /// No row may hold the segment: says what is most likely wrong, and goes on from there.
    fn misplaced(&mut self, table: &Table, tag: Tag, wrong: &mut Vec<Misplaced>) -> Option<usize> {
        if let Some(row) = self.once_too_often(table, tag) {
            let group = table.row(row).is_some_and(|r| r.group > 0);
            let code = if group { FaultCode::TOO_MANY_GROUPS } else { FaultCode::TOO_MANY_REPETITIONS };
            wrong.push(Misplaced { code, row: Some(row) });
            if group {
                self.enter(table, row);
            }
            return Some(self.at);
        }
        if let Some((skipped, found)) = self.behind_missing(table, tag) {
            wrong.extend(
                skipped.into_iter().map(|row| Misplaced { code: FaultCode::MISSING, row: Some(row) }),
            );
            return Some(self.go(table, found));
        }
        if let Some((group, row)) = self.headless(table, tag) {
            wrong.push(Misplaced { code: FaultCode::MISSING, row: Some(group + 1) });
            self.enter(table, group);
            if let Some(trigger) = self.counts.get_mut(group + 1) {
                *trigger = 0;
            }
            self.at = row;
            self.count(row);
            return Some(row);
        }
        wrong.push(Misplaced { code: FaultCode::NOT_HERE, row: None });
        None
    }

    /// The present row or an open group that begins with the tag and stood as often as it may.
    fn once_too_often(&self, table: &Table, tag: Tag) -> Option<usize> {
        let here = table.row(self.at)?;
        let trigger = here.parent.is_some_and(|group| group + 1 == self.at);
        if here.tag == tag && !trigger {
            return Some(self.at);
        }
        let mut group = here.parent;
        while let Some(row) = group.and_then(|at| table.row(at)) {
            if row.tag == tag {
                return group;
            }
            group = row.parent;
        }
        None
    }

    /// The first row further on that holds the tag, and the mandatory rows before it. The end of the
    /// message is reached past anything.
    fn behind_missing(&self, table: &Table, tag: Tag) -> Option<(Vec<usize>, Found)> {
        let here = table.row(self.at)?;
        let most = if tag == *b"UNT" { usize::MAX } else { SKIPPED };
        let mut skipped = Vec::new();
        let (mut next, mut parent) = (here.end, here.parent);
        loop {
            let group = parent.and_then(|p| table.row(p));
            let end = group.map_or(table.rows.len(), |g| g.end);
            while let Some(row) = table.row(next).filter(|_| next < end) {
                if row.tag == tag && row.repeat > 0 {
                    return Some((skipped, Found::Row(next)));
                }
                if row.mandatory {
                    skipped.push(if row.group > 0 { next + 1 } else { next });
                    if skipped.len() > most {
                        return None;
                    }
                }
                next = row.end;
            }
            let (at, group) = (parent?, group?);
            if group.tag == tag && self.may_repeat(table, at) {
                return Some((skipped, Found::Again(at)));
            }
            (next, parent) = (group.end, group.parent);
        }
    }

    /// A group that may begin here and holds the tag, but not at its beginning.
    fn headless(&self, table: &Table, tag: Tag) -> Option<(usize, usize)> {
        let mut place = None;
        table.following(
            self.at,
            |at| self.may_repeat(table, at),
            |found, row| {
                let (Found::Row(group) | Found::Again(group)) = found else { return false };
                let mut inside = group + 2;
                while let Some(child) =
                    table.row(inside).filter(|_| row.group > 0 && row.repeat > 0 && inside < row.end)
                {
                    if child.tag == tag && child.group == 0 {
                        place = Some((group, inside));
                    }
                    inside = child.end;
                }
                place.is_some()
            },
        );
        place
    }

    /// The tags that could stand next, the first few.
    pub(super) fn expected(&self, table: &Table) -> String {
        let mut tags: Vec<String> = Vec::new();
        table.following(
            self.at,
            |at| self.may_repeat(table, at),
            |_, row| {
                let tag = shown(&row.tag);
                if row.repeat > 0 && !tags.contains(&tag) {
                    tags.push(tag);
                }
                tags.len() >= 8
            },
        );
        tags.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Node;

    /// `A1 b9 (c9 D1 e5) F1`: capitals are mandatory, brackets are groups named by what they begin with.
    fn table(text: &str) -> Table {
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for word in text.split_whitespace() {
            let begins = word.starts_with('(');
            let name = word.trim_matches(['(', ')']);
            let letter = name.chars().next().unwrap();
            let repeat = name[1..].parse().unwrap();
            let tag = [letter.to_ascii_uppercase() as u8; 3];
            let node =
                |what, mandatory, repeat| Node { position: 0, what, mandatory, repeat, depth: 0, end: 0 };
            if begins {
                open.push(nodes.len());
                let number = u16::try_from(nodes.len()).unwrap();
                nodes.push(node(What::Group(number), letter.is_ascii_uppercase(), repeat));
                nodes.push(node(What::Segment(tag), true, 1));
            } else {
                nodes.push(node(What::Segment(tag), letter.is_ascii_uppercase(), repeat));
            }
            let last = nodes.len();
            nodes[last - 1].end = last;
            for _ in 0..word.matches(')').count() {
                let group = open.pop().unwrap();
                nodes[group].end = nodes.len();
            }
        }
        Table::new(&MessageSpec { kind: "TEST".into(), name: String::new(), nodes })
    }

    /// Every segment with what was found wrong at it: `C13` is something missing before, `C15` not here.
    fn check(rows: &str, message: &str, expect: &str) {
        let table = table(rows);
        let mut walk = Walk::default();
        walk.begin(&table);
        let mut said = Vec::new();
        for letter in message.chars().skip(1) {
            let mut wrong = Vec::new();
            walk.step(&table, [letter as u8; 3], &mut wrong);
            for w in wrong {
                let row = w.row.map(|row| shown(&table.rows[row].tag)).unwrap_or_default();
                said.push(format!("{letter}:{}{}", w.code, &row.get(..1).unwrap_or_default()));
            }
        }
        assert_eq!(said.join(" "), expect, "{rows} {message}");
    }

    #[test]
    fn segments_find_their_rows() {
        let rows = "A1 b2 (c2 d2 (e2 f1)) G1 (h9) I1";
        for right in ["AGI", "ABBGHHI", "ACDDEFEFCGI", "ACEGI", "ACDCDGHI"] {
            check(rows, right, "");
        }
        check(rows, "ABBBGI", "B:35B");
        check(rows, "ACDDDGI", "D:35D");
        check(rows, "ACCCGI", "C:36C");
        check(rows, "ACEEEGI", "E:36E");
        check(rows, "ACI", "I:13G");
        check(rows, "ACBGI", "B:15");
        check(rows, "AZGI", "Z:15");
        check(rows, "ADGI", "D:13C");
        check(rows, "ACFGI", "F:13E");
        check(rows, "AGGI", "G:35G");
        check(rows, "AG", "");
        // What stands after the section control belongs to what follows it, not to the group before.
        check("A1 (b9 c9) U1 c9 T1", "ABCCUCT", "");
        check("A1 (b9 c9) U1 c9 T1", "ABCCCCT", "T:13U");
        check("A1 (B9 c9) U1 c9 T1", "AUCT", "U:13B");
        check("A1 B1 C1 D1 E1 F1", "AF", "F:15");
    }

    #[test]
    fn collisions_are_named() {
        assert_eq!(table("A1 b9 (b9 c1) D1").collisions(), ["0000 AAA, then BBB", "0000 BBB, then BBB"]);
        assert!(table("A1 (b9 c1) D1 b1 E1").collisions().is_empty());
    }
}
