//! Writes documents as the messages of one interchange. What has no place in the message is told, and what
//! every message must have is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use corridor_base::{ErrorCode, Problem, Result};

use super::document::{Document, Record};
use super::loss::{Losses, Why};
use super::{Field, Form, Group, Item, Mapping, Slot, Source, Template};
use crate::edifact::charset::Charset;
use crate::edifact::convert::Line;
use crate::edifact::token::Delimiters;
use crate::edifact::write::Writer;

/// The names of what an envelope says, with their places in UNB.
const UNB_FIELDS: &[(&str, u32, u32)] = &[
    ("syntax", 1, 1),
    ("syntax_version", 1, 2),
    ("sender", 2, 1),
    ("sender_qualifier", 2, 2),
    ("sender_internal", 2, 3),
    ("recipient", 3, 1),
    ("recipient_qualifier", 3, 2),
    ("recipient_internal", 3, 3),
    ("date", 4, 1),
    ("time", 4, 2),
    ("reference", 5, 1),
    ("application", 7, 1),
    ("acknowledgement", 9, 1),
    ("agreement", 10, 1),
    ("test", 11, 1),
];

/// The number of the message in its envelope (UNH 0062).
const MESSAGE: &str = "message";

fn template(tag: &str, fields: &[(&str, u32, u32)]) -> Template {
    let place = |(name, element, component): &(&str, u32, u32)| {
        let field = Field { field: (*name).to_owned(), ..Field::default() };
        (Slot { element: *element, component: *component }, Source::Field(field))
    };
    Template { segment: tag.to_owned(), set: fields.iter().map(place).collect() }
}

/// UNB, field by field.
pub(super) static UNB: LazyLock<Template> = LazyLock::new(|| template("UNB", UNB_FIELDS));
/// UNH; what it says of the kind of message is compared apart from this.
pub(super) static UNH: LazyLock<Template> = LazyLock::new(|| {
    let mut unh = template("UNH", &[(MESSAGE, 1, 1)]);
    for component in 1..=5 {
        unh.set.insert(Slot { element: 2, component }, Source::Fixed(String::new()));
    }
    unh
});

/// Whether an envelope has something of this name.
pub(super) fn is_envelope(name: &str) -> bool {
    name == MESSAGE || UNB_FIELDS.iter().any(|(known, ..)| *known == name)
}

/// What UNB says where the documents do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// By name: `sender`, `recipient`, `reference`.
    pub fields: BTreeMap<String, String>,
    /// Whether this holds whatever the documents say.
    pub overrules: bool,
    /// The characters that sender and recipient agreed on, whatever UNB names.
    pub characters: Option<Charset>,
}

/// Writes an interchange.
///
/// # Errors
/// `malformed`, naming the document: something required is missing; no sender, recipient, reference or date;
/// characters that are not known. `too-large`: more documents than one interchange holds.
pub fn write(mapping: &Mapping, documents: &[Document], envelope: &Envelope) -> Result<(Vec<u8>, Losses)> {
    let mut losses = Losses::default();
    let header = header(documents, envelope, &mut losses);
    let said = |name: &str| header.get(name).map_or("", String::as_str);
    for required in ["sender", "recipient", "date", "time", "reference"] {
        if said(required).is_empty() {
            return Err(refuse(0, &format!("envelope.{required}"), "is missing"));
        }
    }
    let version = match said("syntax_version") {
        "1" | "2" | "3" => 3,
        "4" => 4,
        _ => return Err(refuse(0, "envelope.syntax_version", "1 to 4 expected")),
    };
    let charset = Charset::of(said("syntax").as_bytes());
    if charset == Charset::Unknown {
        return Err(refuse(0, "envelope.syntax", said("syntax")));
    }
    let charset = envelope.characters.unwrap_or(charset);
    let writer = Writer::new(Delimiters::default_of(version), charset);
    let mut writing = Writing { writer, charset, losses, document: 0 };
    writing.envelope(&UNB, &header)?;
    for (at, document) in documents.iter().enumerate() {
        writing.document = at as u64 + 1;
        writing.message(mapping, document)?;
    }
    writing.document = 0;
    writing.plain("UNZ", &[vec![documents.len().to_string()], vec![said("reference").to_owned()]])?;
    Ok((writing.writer.into_bytes(), writing.losses))
}

/// UNB of an interchange: what is asked for, and what the documents say.
fn header(documents: &[Document], envelope: &Envelope, losses: &mut Losses) -> BTreeMap<String, String> {
    let mut header: BTreeMap<String, String> =
        [("syntax", "UNOC"), ("syntax_version", "3")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    if !envelope.overrules {
        header.extend(envelope.fields.clone());
    }
    let first = documents.first().map(|d| &d.envelope);
    header.extend(first.into_iter().flatten().map(|(n, v)| (n.clone(), v.clone())));
    if envelope.overrules {
        header.extend(envelope.fields.clone());
    }
    header.remove(MESSAGE);
    for (at, document) in documents.iter().enumerate() {
        for (name, value) in &document.envelope {
            if name != MESSAGE && is_envelope(name) && header.get(name) != Some(value) && !envelope.overrules
            {
                losses.add(Why::Envelope, at as u64 + 1, format!("envelope.{name}"), value);
            }
        }
    }
    header
}

fn refuse(document: u64, what: &str, why: &str) -> Problem {
    let what = if document == 0 { what.to_owned() } else { format!("document {document}, {what}") };
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}

struct Writing {
    writer: Writer,
    charset: Charset,
    losses: Losses,
    document: u64,
}

/// The values of one segment.
type Values = BTreeMap<Slot, String>;

impl Writing {
    fn envelope(&mut self, template: &Template, fields: &BTreeMap<String, String>) -> Result<()> {
        let mut values = Values::new();
        for (slot, source) in &template.set {
            let Source::Field(field) = source else { continue };
            let Some(value) = fields.get(&field.field) else { continue };
            if !self.writable(value) {
                return Err(refuse(self.document, &format!("envelope.{}", field.field), value));
            }
            values.insert(*slot, value.clone());
        }
        self.segment(&template.segment, &values)
    }

    fn message(&mut self, mapping: &Mapping, document: &Document) -> Result<()> {
        for (name, value) in document.envelope.iter().filter(|(name, _)| !is_envelope(name)) {
            self.losses.add(Why::Field, self.document, format!("envelope.{name}"), value);
        }
        let reference = document.envelope.get(MESSAGE).cloned().unwrap_or_else(|| self.document.to_string());
        if !self.writable(&reference) {
            return Err(refuse(self.document, "envelope.message", &reference));
        }
        self.writer.restart_count();
        let mut kind =
            vec![mapping.message.clone(), "D".to_owned(), mapping.release.clone(), "UN".to_owned()];
        kind.extend(mapping.association.clone());
        self.plain("UNH", &[vec![reference.clone()], kind])?;
        self.record(mapping, &mapping.segments, &document.record, &document.record, "", 0)?;
        let count = self.writer.segments() + 1;
        self.plain("UNT", &[vec![count.to_string()], vec![reference]])
    }

    /// One level of a document; `path` is where it stands, `place` its place in its list.
    fn record(
        &mut self,
        mapping: &Mapping,
        items: &[Item],
        root: &Record,
        record: &Record,
        path: &str,
        place: usize,
    ) -> Result<()> {
        self.unknown(items, record, path);
        for (at, item) in items.iter().enumerate() {
            match item {
                Item::Segment(template) => {
                    let begins = at == 0 && place > 0;
                    self.template(template, root, record, path, place, begins)?;
                }
                Item::Group(group) => self.group(mapping, group, root, record, path)?,
            }
        }
        Ok(())
    }

    fn group(
        &mut self,
        mapping: &Mapping,
        group: &Group,
        root: &Record,
        record: &Record,
        path: &str,
    ) -> Result<()> {
        for (at, item) in record.lists.get(&group.each).into_iter().flatten().enumerate() {
            let path = format!("{path}{}[{}].", group.each, at + 1);
            self.record(mapping, &group.segments, root, item, &path, at + 1)?;
        }
        Ok(())
    }

    /// Tells what the mapping has no place for.
    fn unknown(&mut self, items: &[Item], record: &Record, path: &str) {
        let mut fields = BTreeSet::new();
        let mut lists = BTreeSet::new();
        for item in items {
            match item {
                Item::Segment(template) => fields.extend(template.fields().map(|f| f.field.as_str())),
                Item::Group(group) => drop(lists.insert(group.each.as_str())),
            }
        }
        for (name, value) in record.fields.iter().filter(|(name, _)| !fields.contains(name.as_str())) {
            self.losses.add(Why::Field, self.document, format!("{path}{name}"), value);
        }
        for (name, items) in record.lists.iter().filter(|(name, _)| !lists.contains(name.as_str())) {
            self.losses.add(
                Why::Field,
                self.document,
                format!("{path}{name}"),
                &format!("({})", items.len()),
            );
        }
    }

    fn template(
        &mut self,
        template: &Template,
        root: &Record,
        record: &Record,
        path: &str,
        place: usize,
        begins: bool,
    ) -> Result<()> {
        let mut values = Values::new();
        let (mut has_fields, mut filled) = (false, false);
        for (slot, source) in &template.set {
            match source {
                Source::Fixed(value) => drop(values.insert(*slot, value.clone())),
                Source::Count { count } => {
                    let here = count == "here";
                    let counted = if here { place } else { root.lists.get(count).map_or(0, Vec::len) };
                    values.insert(*slot, counted.to_string());
                }
                Source::Field(field) => {
                    has_fields = true;
                    let Some(value) = record.fields.get(&field.field) else {
                        if field.required {
                            return Err(refuse(
                                self.document,
                                &format!("{path}{}", field.field),
                                "is missing",
                            ));
                        }
                        continue;
                    };
                    match self.value(field, value) {
                        Ok(value) => {
                            filled = true;
                            values.insert(*slot, value);
                        }
                        Err(why) => {
                            self.losses.add(why, self.document, format!("{path}{}", field.field), value)
                        }
                    }
                }
            }
        }
        if has_fields && !filled && !begins {
            return Ok(());
        }
        let said: BTreeSet<u32> = values
            .keys()
            .filter(|slot| !matches!(template.set.get(slot), Some(Source::Fixed(_))))
            .map(|slot| slot.element)
            .collect();
        values.retain(|slot, _| said.contains(&slot.element) || !template.explains(slot));
        self.segment(&template.segment, &values)
    }

    /// The value of the message.
    fn value(&self, field: &Field, value: &str) -> std::result::Result<String, Why> {
        if !field.codes.is_empty() {
            let code = field.codes.iter().find(|(_, word)| *word == value).map(|(code, _)| code.clone());
            return code.filter(|code| self.writable(code)).ok_or(Why::Code);
        }
        let written = field.form.write(value).ok_or(Why::Form)?;
        if !self.writable(&written) {
            return Err(Why::Characters);
        }
        if field.longest.is_some_and(|longest| written.chars().count() > longest) {
            return Err(Why::Length);
        }
        Ok(written)
    }

    /// Whether the characters of the interchange have it, and it comes back as it is.
    fn writable(&self, value: &str) -> bool {
        let bytes = self.charset.bytes(value).filter(|_| !value.chars().any(char::is_control));
        bytes.is_some_and(|bytes| self.charset.check(&bytes).is_none() && self.charset.text(&bytes) == value)
    }

    fn plain(&mut self, tag: &str, elements: &[Vec<String>]) -> Result<()> {
        let values = elements.iter().zip(1..).flat_map(|(element, e)| {
            element.iter().zip(1..).map(move |(value, c)| (Slot { element: e, component: c }, value.clone()))
        });
        self.segment(tag, &values.collect())
    }

    fn segment(&mut self, tag: &str, values: &Values) -> Result<()> {
        let mut elements: Vec<Vec<Vec<String>>> = Vec::new();
        for (slot, value) in values {
            let (element, component) = (slot.element as usize, slot.component as usize);
            if elements.len() < element {
                elements.resize(element, vec![vec![String::new()]]);
            }
            let Some(components) = elements.get_mut(element - 1).and_then(|e| e.first_mut()) else {
                continue;
            };
            if components.len() < component {
                components.resize(component, String::new());
            }
            if let Some(place) = components.get_mut(component - 1) {
                place.clone_from(value);
            }
        }
        let line = Line { tag: tag.to_owned(), elements, in_message: 0, object: None };
        self.writer.line(&line).map_err(|why| refuse(self.document, tag, &why))
    }
}

/// A civil date and a time of day, as UNB of this syntax version writes them.
#[must_use]
pub fn prepared(now: corridor_base::Timestamp, version: &str) -> [(String, String); 2] {
    let digits: String = now.to_string().chars().filter(char::is_ascii_digit).collect();
    let date = digits.get(if version == "4" { 0..8 } else { 2..8 }).unwrap_or_default();
    let time = digits.get(8..12).unwrap_or_default();
    debug_assert!(Form::Date.read(digits.get(..8).unwrap_or_default(), '.').is_some(), "a day that exists");
    [("date".to_owned(), date.to_owned()), ("time".to_owned(), time.to_owned())]
}
