//! What the customs desk reads out of an interchange: which messages of its kinds are there, by which numbers, and
//! where in them a field stands. In constant memory, whatever the interchange holds.

use std::collections::BTreeSet;

use corridor_base::{ErrorCode, Problem, Result};

use super::MESSAGES;
use crate::edifact::{Position, Segment, Visit};
use crate::mapping::{Item, Mapping, Record, Source, Template};

/// One message of a kind that customs decides on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Counted from 1 in the interchange.
    pub(super) message: u64,
    pub(super) kind: String,
    /// Its number (BGM, 1004).
    pub(super) number: String,
    /// Its function, in the word of the mappings.
    pub(super) function: String,
}

/// Takes the heads of messages out of an interchange, at most so many, and what UNB says.
#[derive(Debug, Default)]
pub(super) struct Heads {
    most: usize,
    pub(super) found: Vec<Head>,
    /// Whether there are more.
    pub(super) more: bool,
    /// The syntax identifier and version.
    pub(super) syntax: (String, u8),
    /// Whether it is a test.
    pub(super) test: bool,
}

impl Heads {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }
}

/// The word of a message function (1225).
fn function(code: &[u8]) -> &'static str {
    match code {
        b"1" => "cancellation",
        b"4" => "change",
        b"5" => "replacement",
        b"9" => "original",
        _ => "",
    }
}

impl Visit for Heads {
    fn segment(&mut self, at: &Position<'_>, s: &Segment<'_>) {
        if self.syntax.0.is_empty() {
            self.syntax = (at.header.syntax.text().to_owned(), at.header.version);
            self.test = at.header.test;
        }
        let Some(message) = at.message else { return };
        let kind = message.kind.text();
        let first = || self.found.last().is_none_or(|last| last.message != message.index);
        if s.tag().as_ref() != b"BGM" || !MESSAGES.contains(&kind) || !first() {
            return;
        }
        if self.found.len() >= self.most {
            self.more = true;
            return;
        }
        let number = s.charset().text(&s.value(2, 1));
        let number: String = number.trim().chars().filter(|c| !c.is_control()).take(70).collect();
        self.found.push(Head {
            message: message.index,
            kind: kind.to_owned(),
            number,
            function: function(&s.value(3, 1)).to_owned(),
        });
    }
}

/// A field of a document by its path: `items.2.hs` is `hs` of the second item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPath {
    lists: Vec<(String, usize)>,
    name: String,
}

impl FieldPath {
    /// Reads a path.
    ///
    /// # Errors
    /// `malformed`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let refuse = || Problem::new(ErrorCode::Malformed).with("what", "field").with("why", text);
        let parts: Vec<&str> = text.split('.').collect();
        let (name, lists) = parts.split_last().ok_or_else(refuse)?;
        if name.is_empty() || lists.len() % 2 != 0 || lists.len() > 16 {
            return Err(refuse());
        }
        let pair = |two: &[&str]| -> Option<(String, usize)> {
            let [list, place] = two else { return None };
            let place = place.parse::<usize>().ok().filter(|n| (1..=1_000_000).contains(n))?;
            Some(((*list).to_owned(), place))
        };
        let lists = lists.chunks(2).map(pair).collect::<Option<Vec<_>>>().ok_or_else(refuse)?;
        Ok(Self { lists, name: (*name).to_owned() })
    }

    pub(super) fn is_of_item(&self) -> bool {
        !self.lists.is_empty()
    }

    /// Where it would stand in a message of this mapping: the segment that its item begins with, with how many
    /// such items come before it and the item itself, and its own segment. Nothing when there is no such field
    /// or no such item.
    pub(super) fn place<'m>(&self, mapping: &'m Mapping, record: &Record) -> Option<Wanted<'m>> {
        let (mut items, mut begins, mut here) = (mapping.segments.as_slice(), None, vec![record]);
        let mut before = 0;
        for (list, place) in &self.lists {
            let group = items.iter().find_map(|item| match item {
                Item::Group(group) if group.each == *list => Some(group),
                _ => None,
            })?;
            // Items of all records before this one come before; the last is the one that is meant.
            let last: &Record = here.pop()?;
            let earlier = std::mem::take(&mut here);
            let all = |record: &&Record| record.lists.get(list).map_or(0, Vec::len);
            let of_last = last.lists.get(list).map_or(&[][..], Vec::as_slice);
            before = earlier.iter().map(all).sum::<usize>() + place;
            of_last.get(place - 1)?;
            here.extend(earlier.into_iter().flat_map(|r| r.lists.get(list).into_iter().flatten()));
            here.extend(of_last.iter().take(*place));
            items = &group.segments;
            begins = match group.segments.first() {
                Some(Item::Segment(first)) => Some(first),
                _ => None,
            };
        }
        let holds = |template: &&Template| template.fields().any(|field| field.field == self.name);
        let segment = items.iter().find_map(|item| match item {
            Item::Segment(template) => Some(template).filter(holds),
            Item::Group(_) => None,
        })?;
        Some(Wanted { begins: begins.map(|first| (first, before)), segment })
    }
}

/// A segment to be found: the first that fits `segment` from the n-th that fits `begins` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'m> {
    begins: Option<(&'m Template, usize)>,
    pub(super) segment: &'m Template,
}

/// Finds the position of a segment in a message.
#[derive(Debug)]
pub(super) struct Locate<'m> {
    message: u64,
    wanted: Wanted<'m>,
    passed: usize,
    /// Its position in the message, UNH being 1.
    pub(super) at: Option<u64>,
}

impl<'m> Locate<'m> {
    pub(super) fn new(message: u64, wanted: Wanted<'m>) -> Self {
        Self { message, wanted, passed: 0, at: None }
    }
}

impl Visit for Locate<'_> {
    fn segment(&mut self, at: &Position<'_>, s: &Segment<'_>) {
        if self.at.is_some() || at.message.is_none_or(|message| message.index != self.message) {
            return;
        }
        if let Some((first, nth)) = self.wanted.begins {
            self.passed += usize::from(fits(first, s));
            if self.passed != nth {
                return;
            }
        }
        if fits(self.wanted.segment, s) {
            self.at = Some(at.in_message);
        }
    }
}

/// Whether a segment has the tag of a template and, where something stands in them, its fixed values.
fn fits(template: &Template, s: &Segment<'_>) -> bool {
    s.tag().as_ref() == template.segment.as_bytes()
        && template.set.iter().all(|(slot, source)| match source {
            Source::Fixed(value) => {
                let said = s.charset().text(&s.value(slot.element, slot.component));
                said == *value || (said.is_empty() && slot.component > 1)
            }
            _ => true,
        })
}

/// The paths of all fields that a document has, in the order of its mapping.
pub(super) fn paths(mapping: &Mapping, record: &Record) -> Vec<(String, String)> {
    fn walk(items: &[Item], record: &Record, path: &str, into: &mut Vec<(String, String)>) {
        let mut seen = BTreeSet::new();
        for item in items {
            match item {
                Item::Segment(template) => {
                    for field in template.fields().filter(|f| seen.insert(f.field.clone())) {
                        if let Some(value) = record.fields.get(&field.field) {
                            into.push((format!("{path}{}", field.field), value.clone()));
                        }
                    }
                }
                Item::Group(group) => {
                    let all = record.lists.get(&group.each).map_or(&[][..], Vec::as_slice);
                    for (item, at) in all.iter().zip(1..) {
                        walk(&group.segments, item, &format!("{path}{}.{at}.", group.each), into);
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(&mapping.segments, record, "", &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edifact::{Options, read};
    use crate::mapping::named;

    const DECLARATION: &str = "BGM+929+D1+9'LOC+35+KR:162:5'DOC+380+INV-1'UNS+D'CST+1+360410:117'FTX+AAA+++FIREWORKS'\
        LOC+27+CN:162:5'CST+2+848210:117'LOC+27+KR:162:5'TAX+1+CUD'TAX+1+VAT'CST+3+1:117'TAX+1+CUD'UNS+S'CNT+5:3'";

    fn interchange(body: &str) -> Vec<u8> {
        let count = body.matches('\'').count() + 2;
        format!("UNB+UNOC:3+A+B+261122:0930+7++++++1'UNH+1+CUSDEC:D:08A:UN'{body}UNT+{count}+1'UNZ+1+7'")
            .into_bytes()
    }

    #[test]
    fn a_field_is_found_in_its_segment() {
        let (mapping, _) = named("cusdec").unwrap();
        let edi = interchange(DECLARATION);
        let mapped = crate::mapping::read(&mapping, &mut edi.as_slice()).unwrap();
        let record = &mapped.documents[0].record;
        let check = |path: &str, expect: Option<(&str, u64)>| {
            let found = FieldPath::parse(path).unwrap().place(&mapping, record).map(|wanted| {
                let mut locate = Locate::new(1, wanted);
                read(&mut edi.as_slice(), Options::default(), &mut locate).unwrap();
                (wanted.segment.segment.as_str(), locate.at.unwrap_or(0))
            });
            assert_eq!(found, expect, "{path}");
        };
        check("number", Some(("BGM", 2)));
        check("invoice", Some(("DOC", 4)));
        check("items.1.hs", Some(("CST", 6)));
        check("items.2.hs", Some(("CST", 9)));
        check("items.2.origin", Some(("LOC", 10)));
        // Not there: the segment is named, and has no position.
        check("items.2.description", Some(("FTX", 0)));
        check("items.2.taxes.2.type", Some(("TAX", 12)));
        check("items.3.taxes.1.type", Some(("TAX", 14)));
        for none in ["items.4.hs", "items.1.nothing", "nothing", "lines.1.hs"] {
            check(none, None);
        }
    }

    #[test]
    fn a_path_is_read_or_refused() {
        for wrong in ["", "items.hs", "items.0.hs", "items.x.hs", "items.1.", "a.1.b.2"] {
            assert!(FieldPath::parse(wrong).is_err(), "{wrong}");
        }
        assert!(FieldPath::parse("items.12.taxes.3.type").unwrap().is_of_item());
    }

    #[test]
    fn heads_are_read_with_what_unb_says() {
        let mut heads = Heads::new(1);
        read(&mut interchange(DECLARATION).as_slice(), Options::default(), &mut heads).unwrap();
        let head = &heads.found[0];
        assert_eq!((head.message, head.kind.as_str(), head.number.as_str()), (1, "CUSDEC", "D1"));
        assert_eq!((head.function.as_str(), heads.test, heads.more), ("original", true, false));
        assert_eq!(heads.syntax, ("UNOC".to_owned(), 3));
    }
}
