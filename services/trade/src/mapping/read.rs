//! Reads the messages of an interchange as documents. A segment belongs to the innermost open group that has
//! a place for it; what has none is told.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::document::{Document, Record};
use super::loss::{Losses, Why};
use super::write::{UNB, UNH};
use super::{Field, Group, Item, Mapping, Slot, Source, Template};
use crate::edifact::{Options, Position, Reader, Report, Segment, Visit};

/// The most documents of one interchange.
const MOST: usize = 100_000;

/// Documents, what did not survive, and what reading the interchange found.
#[derive(Debug)]
pub struct Mapped {
    /// One for each message of the mapping's kind.
    pub documents: Vec<Document>,
    /// What did not survive.
    pub losses: Losses,
    /// What was found; an interchange that is refused is mapped as far as it can be read.
    pub report: Report,
}

/// Reads an interchange.
///
/// # Errors
/// What the source says.
pub fn read(mapping: &Mapping, source: &mut dyn io::Read) -> io::Result<Mapped> {
    read_as(mapping, Options::default(), source)
}

/// Reads an interchange in the way that options say.
///
/// # Errors
/// What the source says.
pub fn read_as(mapping: &Mapping, options: Options, source: &mut dyn io::Read) -> io::Result<Mapped> {
    let mut reading = Reading {
        mapping,
        documents: Vec::new(),
        losses: Losses::default(),
        open: None,
        header: BTreeMap::new(),
    };
    let report = Reader::new(options).read(source, &mut reading)?;
    reading.close();
    Ok(Mapped { documents: reading.documents, losses: reading.losses, report })
}

struct Reading<'m> {
    mapping: &'m Mapping,
    documents: Vec<Document>,
    losses: Losses,
    open: Option<Open<'m>>,
    /// What UNB says.
    header: BTreeMap<String, String>,
}

/// A message that is being read.
struct Open<'m> {
    index: u64,
    envelope: BTreeMap<String, String>,
    levels: Vec<Level<'m>>,
    /// Counts that are compared when all items are known: where, what is counted, what was said.
    counts: Vec<(String, &'m str, String)>,
}

/// The document, or one item of a list.
struct Level<'m> {
    items: &'m [Item],
    /// The list it is an item of.
    list: Option<&'m str>,
    /// The place in the list, counted from 1.
    place: usize,
    /// Segments that were seen.
    used: BTreeSet<usize>,
    /// The last place of the mapping that something was seen for.
    furthest: usize,
    record: Record,
}

impl<'m> Level<'m> {
    fn new(items: &'m [Item], list: Option<&'m str>, place: usize) -> Self {
        Self { items, list, place, used: BTreeSet::new(), furthest: 0, record: Record::default() }
    }

    /// The place that a segment has in it.
    fn find(&self, segment: &Segment<'_>) -> Option<usize> {
        let fits = |(at, item): &(usize, &Item)| match item {
            Item::Segment(template) => !self.used.contains(at) && template.fits(segment),
            Item::Group(group) => group.trigger().is_some_and(|first| first.fits(segment)),
        };
        self.items.iter().enumerate().find(fits).map(|(at, _)| at)
    }
}

impl Group {
    fn trigger(&self) -> Option<&Template> {
        match self.segments.first() {
            Some(Item::Segment(template)) => Some(template),
            _ => None,
        }
    }
}

impl Template {
    /// Whether a segment has its tag and everything it fixes. What explains fields of its own element
    /// (which list a code is of) is not asked for when the whole element is empty.
    fn fits(&self, segment: &Segment<'_>) -> bool {
        let says = |slot: &Slot| segment.charset().text(&segment.value(slot.element, slot.component));
        let empty = |element: u32| segment.parts().all(|part| part.element != element || part.is_empty());
        segment.tag().as_ref() == self.segment.as_bytes()
            && self.set.iter().all(|(slot, source)| match source {
                Source::Fixed(value) => says(slot) == *value || (self.explains(slot) && empty(slot.element)),
                Source::Field(field) if *slot == Slot::QUALIFIER && !field.codes.is_empty() => {
                    let said = says(slot);
                    said.is_empty() || field.codes.contains_key(&said)
                }
                _ => true,
            })
    }
}

impl Visit for Reading<'_> {
    fn segment(&mut self, at: &Position<'_>, segment: &Segment<'_>) {
        let tag = segment.tag();
        match tag.as_ref() {
            b"UNB" => {
                let mut fill = Filling { document: 0, losses: &mut self.losses, into: &mut self.header };
                fill.fill(&UNB, segment, None);
            }
            b"UNH" => {
                self.close();
                self.begin(at, segment);
            }
            b"UNT" => self.close(),
            b"UNZ" => {}
            b"UNG" | b"UNE" => self.losses.add(Why::Segment, 0, place(segment, None), &shown(segment)),
            _ if at.message.is_some() => self.inner(segment),
            _ => self.losses.add(Why::Segment, 0, place(segment, None), &shown(segment)),
        }
    }

    fn object(&mut self, bytes: &[u8], offset: u64) {
        self.losses.add(Why::Segment, 0, format!("byte {offset}"), &format!("{} bytes", bytes.len()));
    }
}

impl Reading<'_> {
    fn begin(&mut self, at: &Position<'_>, unh: &Segment<'_>) {
        let Some(message) = at.message else { return };
        let (mapping, index) = (self.mapping, message.index);
        if message.kind.text() != mapping.message || self.documents.len() >= MOST {
            self.losses.add(Why::Message, index, place(unh, None), &shown(unh));
            return;
        }
        let mut envelope = self.header.clone();
        Filling { document: index, losses: &mut self.losses, into: &mut envelope }.fill(&UNH, unh, None);
        let known = [
            mapping.message.as_str(),
            "D",
            &mapping.release,
            "UN",
            mapping.association.as_deref().unwrap_or(""),
        ];
        for (component, expected) in (1..).zip(known) {
            let slot = Slot { element: 2, component };
            let said = unh.charset().text(&unh.value(2, component));
            if said != expected {
                self.losses.add(Why::Value, index, place(unh, Some(slot)), &said);
            }
        }
        let levels = vec![Level::new(&mapping.segments, None, 1)];
        self.open = Some(Open { index, envelope, levels, counts: Vec::new() });
    }

    fn inner(&mut self, segment: &Segment<'_>) {
        // A message that has no place here was told as a whole.
        let Some(open) = &mut self.open else { return };
        let found = open
            .levels
            .iter()
            .enumerate()
            .rev()
            .find_map(|(depth, level)| Some((depth, level.find(segment)?)));
        let Some((depth, at)) = found else {
            self.losses.add(Why::Segment, open.index, place(segment, None), &shown(segment));
            return;
        };
        while open.levels.len() > depth + 1 {
            open.leave(&mut self.losses);
        }
        open.enter(at, segment, &mut self.losses);
    }

    fn close(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        while open.levels.len() > 1 {
            open.leave(&mut self.losses);
        }
        let Some(level) = open.levels.pop() else { return };
        unseen(&level, open.index, &mut self.losses);
        for (place, what, said) in open.counts {
            let counted = level.record.lists.get(what).map_or(0, Vec::len);
            if said != counted.to_string() {
                self.losses.add(Why::Count, open.index, place, &said);
            }
        }
        self.documents.push(Document { envelope: open.envelope, record: level.record });
    }
}

impl<'m> Open<'m> {
    /// The innermost item is complete.
    fn leave(&mut self, losses: &mut Losses) {
        let Some(level) = self.levels.pop() else { return };
        unseen(&level, self.index, losses);
        if let (Some(list), Some(outer)) = (level.list, self.levels.last_mut()) {
            outer.record.lists.entry(list.to_owned()).or_default().push(level.record);
        }
    }

    /// A segment that has this place in the innermost level.
    fn enter(&mut self, at: usize, segment: &Segment<'_>, losses: &mut Losses) {
        let index = self.index;
        let Some(level) = self.levels.last_mut() else { return };
        if at < level.furthest {
            losses.add(Why::Order, index, place(segment, None), &shown(segment));
        }
        level.furthest = level.furthest.max(at);
        match level.items.get(at) {
            Some(Item::Segment(template)) => {
                level.used.insert(at);
                self.fill(template, segment, at == 0, losses);
            }
            Some(Item::Group(group)) => {
                let next = level.record.lists.get(&group.each).map_or(0, Vec::len) + 1;
                let mut inner = Level::new(&group.segments, Some(&group.each), next);
                inner.used.insert(0);
                self.levels.push(inner);
                if let Some(first) = group.trigger() {
                    self.fill(first, segment, true, losses);
                }
            }
            None => {}
        }
    }

    fn fill(&mut self, template: &'m Template, segment: &Segment<'_>, first: bool, losses: &mut Losses) {
        let Some(level) = self.levels.last_mut() else { return };
        let here = (level.list.is_some()).then_some(level.place);
        let begins = first && level.list.is_some();
        let mut fill = Filling { document: self.index, losses, into: &mut level.record.fields };
        let filled = fill.fill(template, segment, Some((here, &mut self.counts)));
        let has_fields = template.fields().next().is_some();
        if has_fields && !filled && !begins {
            losses.add(Why::Nothing, self.index, place(segment, None), &shown(segment));
        }
    }
}

/// Segments that the mapping writes whatever the document says, and that were not there.
fn unseen(level: &Level<'_>, document: u64, losses: &mut Losses) {
    for (at, item) in level.items.iter().enumerate() {
        if let Item::Segment(template) = item
            && !level.used.contains(&at)
            && template.fields().next().is_none()
        {
            losses.add(Why::Added, document, template.segment.clone(), "");
        }
    }
}

/// Takes the values of one segment.
struct Filling<'a> {
    document: u64,
    losses: &'a mut Losses,
    into: &'a mut BTreeMap<String, String>,
}

/// The place of an item in its list, and counts for later.
type Counting<'a, 'm> = (Option<usize>, &'a mut Vec<(String, &'m str, String)>);

impl Filling<'_> {
    /// Whether a field of the document got a value, or lost one.
    fn fill<'m>(
        &mut self,
        template: &'m Template,
        segment: &Segment<'_>,
        mut counting: Option<Counting<'_, 'm>>,
    ) -> bool {
        let mut filled = false;
        for part in segment.parts().filter(|part| part.element > 0 && !part.is_empty()) {
            let slot = Slot { element: part.element, component: part.component };
            let (text, value) = (part.text(), part.value());
            let source = template.set.get(&slot).filter(|_| part.repetition == 1);
            let at = || place(segment, Some(slot));
            match source {
                None => self.losses.add(Why::Value, self.document, at(), &text),
                _ if part.charset().bytes(&text).as_deref() != Some(value.as_ref()) => {
                    self.losses.add(Why::Characters, self.document, at(), &text);
                    filled = true;
                }
                Some(Source::Fixed(_)) => {}
                Some(Source::Field(field)) => {
                    filled = true;
                    let mark = char::from(segment.delimiters().decimal);
                    match field.read(&text, mark) {
                        Ok(value) => drop(self.into.insert(field.field.clone(), value)),
                        Err(why) => self.losses.add(why, self.document, at(), &text),
                    }
                }
                Some(Source::Count { count }) => match &mut counting {
                    Some((Some(here), _)) if count == "here" && text == here.to_string() => {}
                    Some((Some(_), _)) if count == "here" => {
                        self.losses.add(Why::Count, self.document, at(), &text);
                    }
                    Some((_, counts)) => counts.push((at(), count.as_str(), text)),
                    None => {}
                },
            }
        }
        // A count that is not there is written all the same.
        for (slot, source) in &template.set {
            let absent = segment.value(slot.element, slot.component).is_empty();
            if absent && matches!(source, Source::Count { .. }) {
                self.losses.add(Why::Added, self.document, place(segment, Some(*slot)), "");
            }
        }
        filled
    }
}

impl Field {
    /// The value of the document.
    fn read(&self, text: &str, mark: char) -> Result<String, Why> {
        if !self.codes.is_empty() {
            return self.codes.get(text).cloned().ok_or(Why::Code);
        }
        let value = self.form.read(text, mark).ok_or(Why::Form)?;
        if self.longest.is_some_and(|longest| text.chars().count() > longest) {
            return Err(Why::Length);
        }
        Ok(value)
    }
}

fn place(segment: &Segment<'_>, slot: Option<Slot>) -> String {
    let tag = segment.charset().text(&segment.tag());
    let tag: String = tag.chars().take(8).collect();
    match slot {
        Some(slot) => format!("{} {tag} {slot}", segment.number),
        None => format!("{} {tag}", segment.number),
    }
}

fn shown(segment: &Segment<'_>) -> String {
    segment.charset().text(segment.raw().get(..800).unwrap_or(segment.raw()))
}
