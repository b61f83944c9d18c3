//! Messages of fixed columns, as NACCS of Japan speaks them beside EDIFACT: one header of so many bytes, then a
//! line for each item, every line as long as its layout says and ended by CR LF. A layout is data:
//!
//! ```json
//! { "layout": "l", "version": 1, "title": { "en": "…" }, "unverified": { "en": "never held against a real file" },
//!   "characters": "SHIFT_JIS", "longest": 700000,
//!   "header": [ { "field": "procedure", "bytes": 5 }, { "bytes": 21 }, { "length": true, "bytes": 6, "align": "right", "fill": "zero" } ],
//!   "lines": [ { "field": "declaration", "bytes": 11 },
//!              { "each": "items", "at_most": 50, "lines": [ { "field": "hs", "bytes": 9 } ] } ],
//!   "rest": "lines" }
//! ```
//!
//! A column without a field is reserved. What is in the header is the envelope of the document. Columns are
//! counted in bytes, values in the characters that the layout or the caller names. Lines that the layout does
//! not know go to the list `rest` as they are, or are told.

mod read;
mod shipped;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use corridor_base::{Lang, Problem, Result};
use serde::{Deserialize, Serialize};

use super::is_word;
use crate::edifact::Charset;

pub use read::read;
pub use shipped::{NAMES, named, sample};
pub use write::write;

/// The largest layout, in bytes.
const LARGEST: usize = 1 << 20;
/// The longest column and the longest message, in bytes.
const COLUMN: usize = 100_000;
const MESSAGE: usize = 16 << 20;
/// The most columns of a layout, and the most items of a group.
const COLUMNS: usize = 2_000;
const ITEMS: usize = 10_000;
/// What a line of the rest is called.
const LINE: &str = "line";
/// What ends a line.
const END: &[u8] = b"\r\n";

/// Where a value stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// At its beginning.
    #[default]
    Left,
    /// At its end.
    Right,
}

/// What stands beside a value in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Blanks.
    #[default]
    Blank,
    /// Zeros before a number; an empty column is blank all the same.
    Zero,
}

/// So many bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The field of the document; a reserved column has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How many.
    pub bytes: usize,
    /// Where the value stands.
    #[serde(default)]
    pub align: Align,
    /// What stands beside it.
    #[serde(default)]
    pub fill: Fill,
    /// Whether it is the length of the whole message in bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub length: bool,
    /// Whether every document has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// A line, or lines that come again for every item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// Lines for each item.
    Group(Group),
    /// One line.
    Column(Column),
}

/// Lines that come again for every item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The list.
    pub each: String,
    /// How often they may come; when other lines follow, they always come as often.
    pub at_most: usize,
    /// The lines of one item.
    pub lines: Vec<Column>,
}

/// A message of fixed columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its name.
    pub layout: String,
    /// Its version.
    pub version: u32,
    /// What it is for, in each language.
    pub title: BTreeMap<String, String>,
    /// What is not known of it, in each language; a layout that was held against real files says nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unverified: BTreeMap<String, String>,
    /// The characters of its text.
    pub characters: String,
    /// The most bytes of a message.
    pub longest: usize,
    /// The columns of the first line.
    pub header: Vec<Column>,
    /// The lines after it.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// The list that lines after these go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
}

impl Layout {
    /// Reads a layout.
    ///
    /// # Errors
    /// `malformed`, naming what cannot be.
    pub fn parse(json: &[u8]) -> Result<Self> {
        if json.len() > LARGEST {
            return Err(refuse("size", &format!("more than {LARGEST} bytes")));
        }
        let layout: Self = serde_json::from_slice(json)
            .map_err(|e| refuse(&format!("line {}, column {}", e.line(), e.column()), &e.to_string()))?;
        layout.check()?;
        Ok(layout)
    }

    /// What it is for, in one language, or else by its name.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        self.title.get(lang.tag()).map_or(self.layout.as_str(), String::as_str)
    }

    /// What is not known of it; nothing when it was held against real files.
    #[must_use]
    pub fn doubt(&self, lang: Lang) -> Option<&str> {
        self.unverified.get(lang.tag()).or_else(|| self.unverified.values().next()).map(String::as_str)
    }

    /// The characters of its text, or others that were agreed on.
    fn charset(&self, agreed: Option<Charset>) -> Charset {
        agreed.or_else(|| Charset::named(&self.characters)).unwrap_or(Charset::Unknown)
    }

    /// The bytes of the header, without what ends it.
    #[must_use]
    pub fn header_bytes(&self) -> usize {
        self.header.iter().map(|column| column.bytes).sum()
    }

    fn check(&self) -> Result<()> {
        if !is_word(&self.layout) {
            return Err(refuse("layout", &self.layout));
        }
        if Charset::named(&self.characters).is_none_or(|charset| charset == Charset::Iso2022) {
            return Err(refuse("characters", &self.characters));
        }
        if !(1..=MESSAGE).contains(&self.longest) {
            return Err(refuse("longest", &format!("1 to {MESSAGE} expected")));
        }
        let lines = self.lines.iter().map(|line| match line {
            Line::Column(column) => std::slice::from_ref(column),
            Line::Group(group) => group.lines.as_slice(),
        });
        let columns: Vec<&Column> = self.header.iter().chain(lines.flatten()).collect();
        if self.header.is_empty() || columns.len() > COLUMNS {
            return Err(refuse("columns", &format!("a header and at most {COLUMNS} columns expected")));
        }
        columns.iter().try_for_each(|column| column.check())?;
        if columns.iter().filter(|column| column.length).count() > 1 {
            return Err(refuse("length", "there twice"));
        }
        names(self.header.iter().filter_map(|c| c.field.as_ref()))?;
        self.names_of_lines()
    }

    fn names_of_lines(&self) -> Result<()> {
        let mut all: Vec<&String> = Vec::new();
        for line in &self.lines {
            match line {
                Line::Column(column) => all.extend(&column.field),
                Line::Group(group) => {
                    all.push(&group.each);
                    names(group.lines.iter().filter_map(|c| c.field.as_ref()))?;
                    if group.lines.is_empty() || !(1..=ITEMS).contains(&group.at_most) {
                        return Err(refuse(&group.each, &format!("lines, and 1 to {ITEMS} items expected")));
                    }
                    if group.lines.iter().any(|column| column.length) {
                        return Err(refuse(&group.each, "the length of the message stands once"));
                    }
                }
            }
        }
        all.extend(&self.rest);
        names(all.into_iter())
    }
}

impl Column {
    fn check(&self) -> Result<()> {
        let what = self.field.as_deref().unwrap_or("a column");
        if !(1..=COLUMN).contains(&self.bytes) {
            return Err(refuse(what, &format!("1 to {COLUMN} bytes expected")));
        }
        if self.fill == Fill::Zero && self.align == Align::Left {
            return Err(refuse(what, "zeros stand before a number at the right"));
        }
        if self.length && self.field.is_some() || self.required && self.field.is_none() {
            return Err(refuse(what, "the length is counted, and a reserved column says nothing"));
        }
        Ok(())
    }
}

/// Each a name, none twice.
fn names<'a>(all: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in all {
        if !is_word(name) || name == "envelope" || !seen.insert(name) {
            return Err(refuse(name, "no name, or a name twice"));
        }
    }
    Ok(())
}

fn refuse(what: &str, why: &str) -> Problem {
    super::refuse(what, why)
}
