//! A directory made ready to check with: every segment with the form of its values and its code lists
//! looked up once.

use std::collections::HashMap;
use std::sync::Arc;

use super::walk::Table;
use crate::directory::{
    Component, Content, Dependency, Directory, Element, Representation, SegmentSpec, Tag, What,
};

/// The most positions of one segment under the syntax versions that repeat elements side by side.
const POSITIONS: usize = 20_000;

/// The codes of a list: up to eight bytes as one number, in a table by their hash, half of it empty (0, which
/// no code is); longer ones beside them. Lists have up to a thousand codes and are asked for most values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeSet {
    table: Vec<u64>,
    long: Vec<String>,
}

impl CodeSet {
    pub(super) fn new<'a>(codes: impl Iterator<Item = &'a str>) -> Self {
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for code in codes.filter(|code| !code.is_empty()) {
            match packed(code.as_bytes()) {
                Some(number) => short.push(number),
                None => long.push(code.to_owned()),
            }
        }
        let mut table = vec![0; (short.len() * 2 + 1).next_power_of_two()];
        for number in short {
            if let Err(free) = find(&table, number)
                && let Some(place) = table.get_mut(free)
            {
                *place = number;
            }
        }
        Self { table, long }
    }

    #[inline]
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        match packed(value) {
            Some(number) => number != 0 && find(&self.table, number).is_ok(),
            None => self.long.iter().any(|code| code.as_bytes() == value),
        }
    }
}

/// Where a number is, or the place that is free for it. The table has a power of two places, one of them free.
#[inline]
fn find(table: &[u64], number: u64) -> Result<usize, usize> {
    let mask = table.len().wrapping_sub(1);
    // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
    let mut at = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
    loop {
        match table.get(at) {
            Some(found) if *found == number => return Ok(at),
            Some(0) | None => return Err(at),
            Some(_) => at = (at + 1) & mask,
        }
    }
}

/// No code holds a zero byte, so that shorter ones stay apart from longer ones.
fn packed(value: &[u8]) -> Option<u64> {
    if value.len() > 8 || value.contains(&0) {
        return None;
    }
    Some(value.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// What a value must be.
#[derive(Clone, Debug)]
pub(super) struct ValueRule {
    pub(super) mandatory: bool,
    /// A guide says that nothing may stand there.
    pub(super) forbidden: bool,
    pub(super) representation: Representation,
    /// The list its codes are in, by its place in [`Compiled::lists`].
    pub(super) list: Option<usize>,
    /// A guide's own list, which decides whatever other list the sender names.
    pub(super) own_list: bool,
    pub(super) role: Role,
    /// Nothing but its length is asked of it: most values are so.
    pub(super) free: bool,
}

impl ValueRule {
    fn is_free(&self) -> bool {
        let form = self.representation;
        let any = form.kind == crate::directory::Kind::Alphanumeric && form.variable;
        any && !self.forbidden && self.list.is_none() && self.role == Role::Value
    }
}

/// What a component does for the codes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Value,
    /// 1131: names another code list.
    List,
    /// 3055: names who keeps the list; 6 is UN/ECE.
    Agency,
}

/// What an element must be.
#[derive(Clone, Debug)]
pub(super) struct ElementRule {
    pub(super) mandatory: bool,
    pub(super) forbidden: bool,
    pub(super) repeat: u32,
    pub(super) values: Vec<ValueRule>,
    /// The last component that must be there, counted from 1.
    pub(super) last_mandatory: u32,
}

/// What a segment must be.
#[derive(Clone, Debug, Default)]
pub(super) struct SegmentRule {
    pub(super) elements: Vec<ElementRule>,
    /// Before syntax 4 an element repeats by standing several times: the element of each position.
    pub(super) positions: Vec<u16>,
    pub(super) dependencies: Vec<Dependency>,
    /// One bit for each element that must be there.
    pub(super) mandatory: u64,
}

impl SegmentRule {
    /// The element at a place, counted from 1, in a syntax version.
    #[inline]
    pub(super) fn element(&self, place: u32, version: u8) -> Option<(u32, &ElementRule)> {
        let at = place.checked_sub(1)? as usize;
        let at = if version < 4 { usize::from(*self.positions.get(at)?) } else { at };
        self.elements.get(at).map(|rule| (u32::try_from(at).unwrap_or(u32::MAX), rule))
    }

    /// The first place of an element, counted from 1, in a syntax version.
    pub(super) fn place(&self, element: usize, version: u8) -> u32 {
        let before = if version < 4 {
            self.positions.iter().take_while(|at| usize::from(**at) < element).count()
        } else {
            element
        };
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    /// After its elements were made or changed.
    pub(super) fn laid_out(mut self) -> Self {
        (self.positions, self.mandatory) = (Vec::new(), 0);
        for (at, element) in self.elements.iter_mut().enumerate() {
            let forbidden = element.forbidden;
            element.values.iter_mut().for_each(|value| value.free = !forbidden && value.is_free());
            let last = element.values.iter().rposition(|value| value.mandatory).map_or(0, |at| at + 1);
            element.last_mandatory = u32::try_from(last).unwrap_or(u32::MAX);
            self.mandatory |=
                u64::from(element.mandatory).checked_shl(u32::try_from(at).unwrap_or(64)).unwrap_or(0);
        }
        for (at, element) in self.elements.iter().enumerate() {
            let left = POSITIONS.saturating_sub(self.positions.len());
            let times = usize::try_from(element.repeat).unwrap_or(usize::MAX).min(left);
            self.positions.extend(std::iter::repeat_n(u16::try_from(at).unwrap_or(u16::MAX), times));
        }
        self
    }
}

/// A message of a directory, or of a guide to it.
#[derive(Clone, Debug)]
pub(super) struct MessageRule {
    pub(super) table: Table,
    /// The segment rule of each row, by its place in [`Compiled::segments`] or [`MessageRule::own`].
    pub(super) segments: Vec<Option<SegmentRef>>,
    /// Rules that a guide made for single rows.
    pub(super) own: Vec<SegmentRule>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum SegmentRef {
    Shared(usize),
    Own(usize),
}

/// A directory made ready.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) segments: Vec<SegmentRule>,
    pub(super) lists: Vec<CodeSet>,
    pub(super) messages: HashMap<String, Arc<MessageRule>>,
}

impl Compiled {
    pub(super) fn new(directory: &Directory) -> Self {
        let mut lists = Vec::new();
        let mut by_element: HashMap<&str, usize> = HashMap::new();
        for (code, list) in &directory.codes {
            by_element.insert(code, lists.len());
            lists.push(CodeSet::new(list.keys().map(String::as_str)));
        }
        let mut by_tag: HashMap<Tag, usize> = HashMap::new();
        let mut segments = Vec::new();
        let mut add = |tag: Tag, rule: SegmentRule| {
            by_tag.insert(tag, segments.len());
            segments.push(rule);
        };
        for (tag, spec) in &directory.segments {
            if let Ok(tag) = tag.as_bytes().try_into() {
                add(tag, segment(spec, &by_element));
            }
        }
        let sections = lists.len();
        lists.push(CodeSet::new(["D", "S"].into_iter()));
        add(*b"UNS", section_control(sections));
        let messages = directory.messages.iter().map(|(kind, message)| {
            let of_row = |node: &crate::directory::Node| match node.what {
                What::Segment(tag) => by_tag.get(&tag).copied().map(SegmentRef::Shared),
                What::Group(_) => None,
            };
            let segments = message.nodes.iter().map(of_row).collect();
            (kind.clone(), Arc::new(MessageRule { table: Table::new(message), segments, own: Vec::new() }))
        });
        let messages = messages.collect();
        Self { segments, lists, messages }
    }

    pub(super) fn segment<'a>(&'a self, message: &'a MessageRule, row: usize) -> Option<&'a SegmentRule> {
        match (*message.segments.get(row)?)? {
            SegmentRef::Shared(at) => self.segments.get(at),
            SegmentRef::Own(at) => message.own.get(at),
        }
    }
}

fn segment(spec: &SegmentSpec, lists: &HashMap<&str, usize>) -> SegmentRule {
    let elements = spec.elements.iter().map(|e| element(e, lists)).collect();
    let dependencies = spec.dependencies.clone();
    SegmentRule { elements, dependencies, ..SegmentRule::default() }.laid_out()
}

fn element(spec: &Element, lists: &HashMap<&str, usize>) -> ElementRule {
    let values = match &spec.content {
        Content::Simple(representation) => {
            let list = lists.get(spec.code.as_str()).copied();
            vec![value(true, *representation, list, Role::Value)]
        }
        Content::Composite(components) => components.iter().map(|c| component(c, lists)).collect(),
    };
    ElementRule {
        mandatory: spec.mandatory,
        forbidden: false,
        repeat: spec.repeat,
        values,
        last_mandatory: 0,
    }
}

fn component(spec: &Component, lists: &HashMap<&str, usize>) -> ValueRule {
    let role = match spec.code.as_str() {
        "1131" => Role::List,
        "3055" => Role::Agency,
        _ => Role::Value,
    };
    value(spec.mandatory, spec.representation, lists.get(spec.code.as_str()).copied(), role)
}

fn value(mandatory: bool, representation: Representation, list: Option<usize>, role: Role) -> ValueRule {
    ValueRule { mandatory, forbidden: false, representation, list, own_list: false, role, free: false }
}

/// UNS (ISO 9735-1): one letter that says which section ended.
fn section_control(list: usize) -> SegmentRule {
    let representation =
        Representation { kind: crate::directory::Kind::Alphabetic, variable: false, length: 1 };
    let values = vec![value(true, representation, Some(list), Role::Value)];
    let elements =
        vec![ElementRule { mandatory: true, forbidden: false, repeat: 1, values, last_mandatory: 0 }];
    SegmentRule { elements, ..SegmentRule::default() }.laid_out()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_whole() {
        let set = CodeSet::new(["1", "10", "ZZZ", "CAPITALS", "MUCHLONGER"].into_iter());
        for code in ["1", "10", "ZZZ", "CAPITALS", "MUCHLONGER"] {
            assert!(set.holds(code.as_bytes()), "{code}");
        }
        assert!(!CodeSet::new([].into_iter()).holds(b"1") && !CodeSet::default().holds(b"1"));
        // As many as the longest lists, and twice.
        let many: Vec<String> = (0..2_000).map(|n| format!("{:X}", n * 7)).collect();
        let large = CodeSet::new(many.iter().chain(&many).map(String::as_str));
        for n in 0..14_000 {
            assert_eq!(large.holds(format!("{n:X}").as_bytes()), n % 7 == 0, "{n:X}");
        }
        for other in ["", "0", "100", "ZZ", "zzz", "MUCHLONGE", "\x001"] {
            assert!(!set.holds(other.as_bytes()), "{other}");
        }
    }
}
