//! Checks messages against directories and guides while an interchange is read: every segment in its
//! place, every value in its form, every code in its list. Memory does not grow with the message.

use std::borrow::Cow;
use std::sync::Arc;

use super::compiled::{Compiled, ElementRule, MessageRule, Role, SegmentRule, ValueRule};
use super::shelf::{Rulebook, Shelf};
use super::value::{Marks, check};
use super::walk::{Misplaced, Walk};
use crate::directory::{Dependency, Tag, shown};
use crate::edifact::envelope::{Check, Fault};
use crate::edifact::token::{COMPONENT, ELEMENT};
use crate::edifact::{Charset, FaultCode, Header, MessageHeader, Segment, Severity, Value};

/// What becomes of a code that is not in its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodePolicy {
    /// Codes are not looked up.
    Ignore,
    /// It is told; the message stands. Lists are amended twice a year, and partners are ahead or behind.
    #[default]
    Warn,
    /// The message is refused.
    Refuse,
}

/// How messages are checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// What becomes of unknown codes.
    pub codes: CodePolicy,
}

/// Checks the messages of one interchange.
#[derive(Debug)]
pub struct Checker {
    shelf: Arc<Shelf>,
    policy: Policy,
    /// The rules of the message that is open, or of the one before it.
    book: Option<Arc<Rulebook>>,
    rule: Option<Arc<MessageRule>>,
    /// What UNH said of the message they are for.
    kind: MessageKind,
    /// Messages whose content is objected to and not refused, and what becomes of unknown codes in them.
    apart: Vec<(String, CodePolicy)>,
    /// The same of the message that is open.
    objects: Option<CodePolicy>,
    walk: Walk,
    version: u8,
    marks: Marks,
    misplaced: Vec<Misplaced>,
    needs: Vec<u32>,
    /// Segments in which a code was told that is in no list. The report says the same thing of a segment once,
    /// and where every message has it, putting it into words each time is most of the work.
    told: Vec<Tag>,
    strange: Vec<Strange>,
}

/// A component whose code is not in the directory's list: its number, and where its value stands in the segment.
type Strange = (u32, usize, usize);

/// Type, version, release, agency and association of a message.
type MessageKind = [Value; 5];

impl Checker {
    /// With these directories and guides.
    #[must_use]
    pub fn new(shelf: Arc<Shelf>, policy: Policy) -> Self {
        let marks = Marks::of(4, &crate::edifact::Delimiters::default_of(4));
        Self {
            shelf,
            policy,
            book: None,
            rule: None,
            kind: MessageKind::default(),
            apart: Vec::new(),
            objects: None,
            walk: Walk::default(),
            version: 3,
            marks,
            misplaced: Vec::new(),
            needs: Vec::new(),
            told: Vec::new(),
            strange: Vec::new(),
        }
    }
}

impl Checker {
    /// What is wrong with the content of these messages becomes an objection and does not refuse them.
    #[must_use]
    pub fn objecting(self, apart: Vec<(String, CodePolicy)>) -> Self {
        Self { apart, ..self }
    }
}

impl Check for Checker {
    fn begin(&mut self, header: &Header, message: &MessageHeader) -> bool {
        let m = message;
        let same = [&m.kind, &m.version, &m.release, &m.agency, &m.association].into_iter().eq(&self.kind);
        if !same {
            self.kind = [&m.kind, &m.version, &m.release, &m.agency, &m.association].map(Value::clone);
            self.book = self.shelf.find(message);
            self.rule = self.book.as_ref().and_then(|book| book.rule(m.kind.text()));
        }
        let apart = self.apart.iter().find(|(kind, _)| m.kind.text() == kind);
        self.objects = apart.map(|(_, codes)| *codes);
        self.version = header.version;
        self.marks = Marks::of(header.version, &header.delimiters);
        let (Some(book), Some(rule)) = (&self.book, &self.rule) else { return false };
        self.walk.begin(&rule.table);
        self.needs.clear();
        self.needs.resize(book.needs().len(), 0);
        true
    }

    fn segment(&mut self, segment: &Segment<'_>, faults: &mut Vec<Fault>) {
        let (Some(book), Some(rule)) = (&self.book, &self.rule) else { return };
        let tag = segment.tag();
        let Ok(tag) = Tag::try_from(tag.as_ref()) else { return };
        self.misplaced.clear();
        let row = self.walk.step(&rule.table, tag, &mut self.misplaced);
        if !self.misplaced.is_empty() {
            self.out_of_place(rule, tag, faults);
        }
        let Some(row) = row else { return };
        let before = faults.len();
        if let Some(rules) = book.compiled().segment(rule, row) {
            let codes = self.objects.unwrap_or(self.policy.codes);
            let (compiled, plain) = (book.compiled(), segment.is_plain());
            let (version, marks, told) = (self.version, self.marks, (tag, self.told.as_slice()));
            let strange = &mut self.strange;
            Values { compiled, rules, codes, version, marks, segment, plain, told, strange, faults }.check();
        }
        book.ask(row, segment, faults);
        if faults.len() > before {
            Self::placed(&mut self.told, tag, rule, row, faults.get_mut(before..).unwrap_or_default());
        }
        if !self.needs.is_empty() {
            book.count_needs(row, segment, &mut self.needs);
        }
        if tag == *b"UNT" {
            faults.extend(book.unmet(&self.needs));
        }
        if self.objects.is_some() {
            let refused = |fault: &&mut Fault| fault.content && fault.severity == Severity::Error;
            faults.iter_mut().filter(refused).for_each(|fault| fault.severity = Severity::Objection);
        }
    }
}

impl Checker {
    /// Says of faults in which groups they are; warnings that were told before are only counted.
    #[cold]
    fn placed(told: &mut Vec<Tag>, tag: Tag, rule: &MessageRule, row: usize, faults: &mut [Fault]) {
        let before = told.contains(&tag);
        let warns = |fault: &&mut Fault| fault.severity == Severity::Warning;
        let mut group = None;
        for fault in faults.iter_mut().filter(|fault| !(before && warns(fault))) {
            fault.group.clone_from(group.get_or_insert_with(|| rule.table.groups(row)));
        }
        if !before && faults.iter_mut().any(|fault| warns(&fault)) {
            told.push(tag);
        }
    }

    fn out_of_place(&self, rule: &MessageRule, tag: Tag, faults: &mut Vec<Fault>) {
        for wrong in &self.misplaced {
            let row = wrong.row.and_then(|at| rule.table.rows.get(at));
            let mut fault = Fault::new(wrong.code, Severity::Error);
            fault.group = wrong.row.map(|at| rule.table.groups(at)).unwrap_or_default();
            match (wrong.code, row) {
                (FaultCode::MISSING, Some(row)) => {
                    fault.missing = Some(shown(&row.tag));
                    fault.expected = Some(format!("{:04} {}", row.position, shown(&row.tag)));
                }
                (FaultCode::NOT_HERE, _) => {
                    fault.expected = Some(self.walk.expected(&rule.table));
                    fault.found = Some(shown(&tag));
                }
                (_, Some(row)) => fault.expected = Some(format!("{} at most", row.repeat)),
                _ => {}
            }
            faults.push(fault);
        }
    }
}

/// The values of one segment.
struct Values<'a> {
    compiled: &'a Compiled,
    rules: &'a SegmentRule,
    codes: CodePolicy,
    version: u8,
    marks: Marks,
    segment: &'a Segment<'a>,
    /// Values are their bytes.
    plain: bool,
    /// The tag, and those of segments in which a code was told that is in no list.
    told: (Tag, &'a [Tag]),
    /// Of the element that is being looked at.
    strange: &'a mut Vec<Strange>,
    faults: &'a mut Vec<Fault>,
}

/// The element that is being looked at.
struct Open<'a> {
    rule: &'a ElementRule,
    element: u32,
    /// The last component that holds something; 0 while none does.
    filled: u32,
    /// 1131 names another list.
    list_named: bool,
    /// 3055 says that somebody else keeps the list.
    other_keeper: bool,
}

impl<'a> Values<'a> {
    fn check(&mut self) {
        let rules = self.rules;
        // Elements by their place in the rules that hold something; the first 64 of them, more than any has.
        let mut present = 0u64;
        let (mut element, mut repetition, mut component) = (0, 1, 1);
        // Looked up with the first component that holds something: most elements are empty.
        let mut open: Option<Open<'_>> = None;
        let mut looked_up = true;
        let mut beyond = false;
        for (class, raw, from) in self.segment.pieces() {
            if class == COMPONENT {
                component += 1;
            } else {
                if let Some(open) = open.take() {
                    self.close(&open);
                }
                (component, looked_up) = (1, false);
                if class == ELEMENT {
                    (element, repetition) = (element + 1, 1);
                } else {
                    repetition += 1;
                    self.once_too_often(element, repetition);
                }
            }
            if raw.is_empty() {
                continue;
            }
            if !looked_up {
                looked_up = true;
                if let Some((at, rule)) = rules.element(element, self.version) {
                    present |= 1u64.checked_shl(at).unwrap_or(0);
                    open = Some(Open::new(element, rule));
                }
            }
            match &mut open {
                Some(open) => self.value(raw, from, component, open),
                None if !beyond => {
                    beyond = true;
                    self.fault(FaultCode::TOO_MANY_CONSTITUENTS, element, 0);
                }
                None => {}
            }
        }
        if let Some(open) = &open {
            self.close(open);
        }
        self.absent(present);
    }

    /// Told of the first repetition that is too many.
    #[cold]
    fn once_too_often(&mut self, element: u32, repetition: u32) {
        let most = self.rules.element(element, self.version).map(|(_, rule)| rule.repeat);
        if most.is_some_and(|most| repetition - 1 == most) {
            self.fault(FaultCode::TOO_MANY_REPETITIONS, element, 0);
        }
    }

    #[inline]
    fn value(&mut self, raw: &[u8], from: usize, component: u32, open: &mut Open<'_>) {
        let before = open.filled;
        open.filled = component;
        let Some(rule) = open.rule.values.get(component as usize - 1) else {
            // Once is enough.
            if before as usize <= open.rule.values.len() {
                self.fault(FaultCode::TOO_MANY_CONSTITUENTS, open.element, component);
            }
            return;
        };
        if component > before + 1 {
            self.missing(open, before, component);
        }
        if rule.free && self.plain && raw.len() <= usize::from(rule.representation.length) {
            return;
        }
        self.form_and_code(raw, from, component, rule, open);
    }

    // Kept out of the loop over values, which stays small.
    #[inline(never)]
    fn form_and_code(
        &mut self,
        raw: &[u8],
        from: usize,
        component: u32,
        rule: &ValueRule,
        open: &mut Open<'_>,
    ) {
        if rule.forbidden || open.rule.forbidden {
            return self.fault(FaultCode::NOT_HERE, open.element, if rule.forbidden { component } else { 0 });
        }
        let meant = self.meant(from, raw.len());
        let charset = if self.plain { Charset::Ascii } else { self.segment.charset() };
        if let Some(code) = check(&meant, rule.representation, charset, self.marks) {
            let mut fault = Fault::new(code, Severity::Error).at(open.element, component);
            fault.expected = Some(rule.representation.to_string());
            fault.found = Some(self.shown(&meant));
            return self.faults.push(fault);
        }
        match rule.role {
            Role::Value => {}
            Role::List => open.list_named = true,
            Role::Agency => open.other_keeper = meant.as_ref() != b"6",
        }
        let asked = self.codes != CodePolicy::Ignore || rule.own_list;
        let Some(list) = rule.list.filter(|_| asked) else { return };
        if self.compiled.lists.get(list).is_none_or(|list| list.holds(&meant)) {
            return;
        }
        if rule.own_list {
            let mut fault = Fault::new(FaultCode::INVALID_VALUE, Severity::Error).at(open.element, component);
            fault.content = true;
            fault.found = Some(self.shown(&meant));
            self.faults.push(fault);
        } else {
            // They matter when no other list is named, which comes after them.
            self.strange.push((component, from, raw.len()));
        }
    }

    /// What a value says.
    #[inline]
    fn meant(&self, from: usize, length: usize) -> Cow<'a, [u8]> {
        let raw = self.segment.raw().get(from..from + length).unwrap_or_default();
        if self.plain { Cow::Borrowed(raw) } else { self.segment.meant(raw) }
    }

    /// Codes that are in no list.
    #[cold]
    fn tell_strange(&mut self, element: u32) {
        let refuse = self.codes == CodePolicy::Refuse;
        let told = self.told.1.contains(&self.told.0);
        let severity = if refuse { Severity::Error } else { Severity::Warning };
        for at in 0..self.strange.len() {
            let Some((component, from, length)) = self.strange.get(at).copied() else { continue };
            let mut fault = Fault::new(FaultCode::INVALID_VALUE, severity).at(element, component);
            fault.content = true;
            if refuse || !told {
                fault.found = Some(self.shown(&self.meant(from, length)));
            }
            self.faults.push(fault);
        }
    }

    /// Mandatory components between two that were seen.
    #[cold]
    fn missing(&mut self, open: &Open<'_>, after: u32, before: u32) {
        for component in after + 1..before {
            if open.rule.values.get(component as usize - 1).is_some_and(|rule| rule.mandatory) {
                self.fault(FaultCode::MISSING, open.element, component);
            }
        }
    }

    #[inline]
    fn close(&mut self, open: &Open<'_>) {
        if open.filled == 0 {
            return;
        }
        if open.filled < open.rule.last_mandatory {
            self.missing(open, open.filled, open.rule.last_mandatory + 1);
        }
        // Otherwise they are codes of another list.
        if !self.strange.is_empty() {
            if !open.list_named && !open.other_keeper {
                self.tell_strange(open.element);
            }
            self.strange.clear();
        }
    }

    /// Elements that must be there and are not, and those that depend on each other.
    #[inline]
    fn absent(&mut self, present: u64) {
        let missing = self.rules.mandatory & !present;
        for at in (0..64).filter(|at| missing >> at & 1 == 1).take(missing.count_ones() as usize) {
            self.fault(FaultCode::MISSING, self.rules.place(at, self.version), 0);
        }
        for dependency in &self.rules.dependencies {
            let there = |element: &u32| present.checked_shr(element - 1).is_some_and(|p| p & 1 == 1);
            if !fits(dependency, &there) {
                let first = dependency.elements.first().map_or(0, |e| *e as usize - 1);
                self.fault(FaultCode::DEPENDENCY, self.rules.place(first, self.version), 0);
            }
        }
    }

    #[cold]
    fn fault(&mut self, code: FaultCode, element: u32, component: u32) {
        self.faults.push(Fault::new(code, Severity::Error).at(element, component));
    }

    /// What stands there, short enough to be told.
    fn shown(&self, value: &[u8]) -> String {
        self.segment.charset().text(value.get(..280).unwrap_or(value)).chars().take(70).collect()
    }
}

impl<'a> Open<'a> {
    #[inline]
    fn new(element: u32, rule: &'a ElementRule) -> Self {
        Self { rule, element, filled: 0, list_named: false, other_keeper: false }
    }
}

/// The dependency notes of ISO 9735-1, syntax 4, 11.5.
fn fits(dependency: &Dependency, there: &dyn Fn(&u32) -> bool) -> bool {
    let all = &dependency.elements;
    let count = all.iter().filter(|e| there(e)).count();
    let first = all.first().is_some_and(there);
    match dependency.kind {
        1 => count == 1,
        2 => count == 0 || count == all.len(),
        3 => count >= 1,
        4 => count <= 1,
        5 => !first || count == all.len(),
        6 => !first || count >= 2,
        7 => !first || count == 1,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_hold() {
        let check = |kind, present: &[u32], expect: bool| {
            let dependency = Dependency { kind, elements: vec![1, 2, 3] };
            assert_eq!(fits(&dependency, &|e| present.contains(e)), expect, "D{kind} {present:?}");
        };
        check(1, &[2], true);
        check(1, &[], false);
        check(1, &[1, 2], false);
        check(2, &[], true);
        check(2, &[1, 2], false);
        check(3, &[3], true);
        check(3, &[], false);
        check(4, &[], true);
        check(4, &[1, 3], false);
        check(5, &[2], true);
        check(5, &[1, 2], false);
        check(5, &[1, 2, 3], true);
        check(6, &[1], false);
        check(6, &[1, 3], true);
        check(7, &[1], true);
        check(7, &[1, 2], false);
    }
}
