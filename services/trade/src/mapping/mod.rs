//! Messages as plain documents and back, by mappings that are data: a mapping lists the segments of a message
//! in their order and says which of their values are fixed and which are fields of a document. The same list
//! reads and writes. What does not survive is told value by value ([`Loss`]); when nothing is told, writing
//! back what was read gives the same segments.
//!
//! ```json
//! { "mapping": "orders", "version": 1, "message": "ORDERS", "release": "08A",
//!   "title": { "en": "Order", "ja": "発注", "ko": "발주" },
//!   "segments": [
//!     { "segment": "BGM", "set": { "1.1": "220", "2.1": { "field": "number", "required": true } } },
//!     { "segment": "DTM", "set": { "1.1": "137", "1.2": { "field": "date", "form": "date" }, "1.3": "102" } },
//!     { "each": "lines", "segments": [ { "segment": "LIN", "set": { "1.1": { "count": "here" } } } ] } ],
//!   "table": { "rows": "lines", "key": ["number"], "columns": ["number", "date", "lines.item"] } }
//! ```
//!
//! Elements and components are counted from 1 (`2.1`). A segment none of whose fields are in the document is
//! not written; the first segment of a group is, once for each of its items. What is fixed in an element that
//! has fields is written with one of them. A field with codes in `1.1` is a qualifier: a segment with another
//! one is another segment. A mapping in which a segment could be read in two ways is refused when it is
//! loaded.
//!
//! A field with `"person": true` is about a natural person: documents that have it are sent with the persons named, and are
//! never kept as drafts.
//!
//! Absent: expressions, lookups, scripts. A value that has to be computed is computed by whoever makes the
//! document.

mod ambiguous;
mod document;
pub mod fixed;
mod form;
mod loss;
mod read;
mod shipped;
mod slot;
mod table;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use corridor_base::{ErrorCode, Lang, Problem, Result};
use serde::{Deserialize, Deserializer, Serialize};

pub use document::{Document, PARTNER_CODES, Record, documents};
pub use form::Form;
pub use loss::{Loss, Losses, Why};
pub use read::{Mapped, read, read_as};
pub use shipped::{NAMES, named, sample};
pub use slot::Slot;
pub use table::{from_table, to_table};
pub use write::{Envelope, prepared, write};

/// The largest mapping, in bytes.
const LARGEST: usize = 1 << 20;
/// How deep groups may stand in each other.
const DEEPEST: usize = 8;
/// The most segments and groups of a mapping.
const MOST: usize = 1_000;

/// What a value of a segment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// Always this.
    Fixed(String),
    /// A field of the document.
    Field(Field),
    /// A number that follows from the document: `here` counts the items of this group up to this one, any
    /// other word the items of the group of that name.
    Count {
        /// What is counted.
        count: String,
    },
}

/// A field of a document, as it stands in a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name.
    pub field: String,
    /// How it is spelt.
    #[serde(default)]
    pub form: Form,
    /// Code in the message, word in the document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, String>,
    /// Whether every document has it.
    #[serde(default)]
    pub required: bool,
    /// The most characters the message has room for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<usize>,
    /// Whether it says something about a natural person: what has a value in it is kept and sent only under the keys of
    /// the persons it is about (LG-3).
    #[serde(default, skip_serializing_if = "is_false")]
    pub person: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its tag.
    pub segment: String,
    /// What stands in it.
    #[serde(default)]
    pub set: BTreeMap<Slot, Source>,
}

/// Segments that come again for every item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The list.
    pub each: String,
    /// Its segments; the first begins an item.
    pub segments: Vec<Item>,
}

/// A segment or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Item {
    /// A segment.
    Segment(Template),
    /// A group.
    Group(Group),
}

/// By what it has, so that what is wrong in it is told and not only that nothing fits.
impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(d)?;
        let item = match value.get("each") {
            Some(_) => serde_json::from_value(value).map(Self::Group),
            None => serde_json::from_value(value).map(Self::Segment),
        };
        item.map_err(serde::de::Error::custom)
    }
}

/// How documents stand in a table: a row for each item of one list, the fields of the document in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The list; a row for each document when there is none.
    #[serde(default)]
    pub rows: Option<String>,
    /// The columns that tell one document from the next.
    pub key: Vec<String>,
    /// The columns: `number`, `lines.item`, `envelope.sender`.
    pub columns: Vec<String>,
}

/// A mapping between a message and a plain document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Its name.
    pub mapping: String,
    /// Its version; a mapping that was used is not changed, the next one gets the next number.
    pub version: u32,
    /// What it is for, in each language.
    pub title: BTreeMap<String, String>,
    /// The kind of message (0065).
    pub message: String,
    /// Its release in the directories D (0054).
    pub release: String,
    /// The guide it follows (0057).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<String>,
    /// The segments between UNH and UNT.
    pub segments: Vec<Item>,
    /// How its documents stand in a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// `malformed`, naming what cannot be: no JSON of that form, a place named twice, a segment that could
    /// be read in two ways, a table with columns that are no fields.
    pub fn parse(json: &[u8]) -> Result<Self> {
        if json.len() > LARGEST {
            return Err(refuse("size", &format!("more than {LARGEST} bytes")));
        }
        let mapping: Self = serde_json::from_slice(json)
            .map_err(|e| refuse(&format!("line {}, column {}", e.line(), e.column()), &e.to_string()))?;
        mapping.check()?;
        Ok(mapping)
    }

    /// What it is for, in one language, or else by its name.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        self.title.get(lang.tag()).map_or(self.mapping.as_str(), String::as_str)
    }

    /// The names of the fields of a document, and of its lists, each with what is in it.
    #[must_use]
    pub fn shape(&self) -> Shape {
        Shape::of(&self.segments)
    }

    /// Where a document says something about a person; nothing when it does not: a list without anybody in it
    /// is about nobody.
    #[must_use]
    pub fn about_a_person(&self, record: &Record) -> Option<String> {
        about(&self.segments, record, "")
    }

    fn check(&self) -> Result<()> {
        for (what, word) in
            [("mapping", &self.mapping), ("message", &self.message), ("release", &self.release)]
        {
            if !is_word(word) {
                return Err(refuse(what, word));
            }
        }
        let mut seen = 0;
        level(&self.segments, 0, &mut seen)?;
        names(&self.segments, &self.segments, &mut BTreeSet::new())?;
        ambiguous::check(&self.segments)?;
        self.table.as_ref().map_or(Ok(()), |table| table.check(&self.shape()))
    }
}

fn about(items: &[Item], record: &Record, path: &str) -> Option<String> {
    items.iter().find_map(|item| match item {
        Item::Segment(template) => {
            let said = |field: &&Field| field.person && record.fields.contains_key(&field.field);
            template.fields().find(said).map(|field| format!("{path}{}", field.field))
        }
        Item::Group(group) => {
            let all = record.lists.get(&group.each).into_iter().flatten();
            all.zip(1..)
                .find_map(|(item, at)| about(&group.segments, item, &format!("{path}{}[{at}].", group.each)))
        }
    })
}

/// What a document of a mapping holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its lists.
    pub lists: BTreeMap<String, Shape>,
}

impl Shape {
    fn of(items: &[Item]) -> Self {
        let mut shape = Self::default();
        for item in items {
            match item {
                Item::Segment(template) => shape.fields.extend(template.fields().cloned()),
                Item::Group(group) => {
                    shape.lists.insert(group.each.clone(), Self::of(&group.segments));
                }
            }
        }
        shape
    }

    /// Whether it has a field of this name.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|f| f.field == field)
    }
}

impl Template {
    /// Whether what is fixed there only explains a field of the same element: which list a code is of.
    fn explains(&self, slot: &Slot) -> bool {
        self.set
            .iter()
            .any(|(other, source)| other.element == slot.element && matches!(source, Source::Field(_)))
    }

    /// Its fields, in the order of their places.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.set.values().filter_map(|source| match source {
            Source::Field(field) => Some(field),
            _ => None,
        })
    }
}

impl Item {
    /// The segment that it begins with.
    fn first(&self) -> Option<&Template> {
        match self {
            Self::Segment(template) => Some(template),
            Self::Group(group) => group.segments.first().and_then(Self::first),
        }
    }
}

fn refuse(what: &str, why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", format!("mapping: {what}")).with("why", why)
}

/// A name in JSON, in columns, on the command line.
fn is_word(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=64).contains(&word.len()) && word.chars().all(fits)
}

fn level(items: &[Item], depth: usize, seen: &mut usize) -> Result<()> {
    if depth > DEEPEST || items.is_empty() {
        return Err(refuse("groups", "empty, or too deep"));
    }
    for item in items {
        *seen += 1;
        if *seen > MOST {
            return Err(refuse("segments", &format!("more than {MOST}")));
        }
        match item {
            Item::Segment(template) => segment(template)?,
            Item::Group(group) => {
                if !matches!(group.segments.first(), Some(Item::Segment(_))) {
                    return Err(refuse(&group.each, "a group begins with a segment"));
                }
                level(&group.segments, depth + 1, seen)?;
            }
        }
    }
    Ok(())
}

fn segment(template: &Template) -> Result<()> {
    let tag = template.segment.as_str();
    let fits = tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !fits || matches!(tag, "UNA" | "UNB" | "UNG" | "UNH" | "UNT" | "UNE" | "UNZ" | "UNO" | "UNP") {
        return Err(refuse(tag, "no segment of a message"));
    }
    for (slot, source) in &template.set {
        let what = format!("{tag} {slot}");
        match source {
            Source::Fixed(value) if value.is_empty() || value.chars().any(char::is_control) => {
                return Err(refuse(&what, "an empty or unprintable value"));
            }
            Source::Field(field) => {
                let words: BTreeSet<&String> = field.codes.values().collect();
                if words.len() < field.codes.len()
                    || field.codes.iter().any(|(c, w)| c.is_empty() || w.is_empty())
                {
                    return Err(refuse(&what, "two codes with one word, or nothing in one"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Every field of a level stands in one place, every list too; what is counted is there.
fn names(root: &[Item], items: &[Item], lists: &mut BTreeSet<String>) -> Result<()> {
    let mut here = BTreeSet::new();
    for item in items {
        match item {
            Item::Segment(template) => {
                for field in template.fields() {
                    if !is_word(&field.field)
                        || field.field == "envelope"
                        || !here.insert(field.field.clone())
                    {
                        return Err(refuse(&field.field, "no name, or a name twice"));
                    }
                }
                for source in template.set.values() {
                    let Source::Count { count } = source else { continue };
                    let known = count == "here"
                        || root.iter().any(|i| matches!(i, Item::Group(g) if g.each == *count));
                    if !known {
                        return Err(refuse(count, "nothing to count"));
                    }
                }
            }
            Item::Group(group) => {
                let name = &group.each;
                if !is_word(name)
                    || matches!(name.as_str(), "here" | "envelope" | PARTNER_CODES)
                    || !lists.insert(name.clone())
                {
                    return Err(refuse(name, "no name, or a name twice"));
                }
                if !here.insert(name.clone()) {
                    return Err(refuse(name, "a field and a list of one name"));
                }
                names(root, &group.segments, lists)?;
            }
        }
    }
    Ok(())
}
