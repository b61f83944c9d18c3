//! Writes a document as a message of fixed columns.

use std::collections::{BTreeMap, BTreeSet};

use corridor_base::{ErrorCode, Problem, Result};

use super::super::document::{Document, Record};
use super::super::loss::{Losses, Why};
use super::{Align, Column, END, Fill, Group, LINE, Layout, Line};
use crate::edifact::Charset;

/// Writes one message, in the characters of its layout or in others that were agreed on.
///
/// # Errors
/// `malformed` when something required is missing, or the length of the message has no room; `too-large`.
pub fn write(layout: &Layout, agreed: Option<Charset>, document: &Document) -> Result<(Vec<u8>, Losses)> {
    let mut writing = Writing {
        charset: layout.charset(agreed),
        losses: Losses::default(),
        out: Vec::new(),
        longest: layout.longest,
        length: None,
    };
    writing.unknown(layout.header.iter(), &[], &document.envelope, &BTreeMap::new(), "envelope.");
    for column in &layout.header {
        writing.column(column, &document.envelope, "envelope.")?;
    }
    writing.end()?;
    writing.body(layout, &document.record)?;
    writing.finish()
}

struct Writing {
    charset: Charset,
    losses: Losses,
    out: Vec<u8>,
    longest: usize,
    /// Where the length of the message goes.
    length: Option<(usize, Column)>,
}

impl Writing {
    fn body(&mut self, layout: &Layout, record: &Record) -> Result<()> {
        let columns = layout.lines.iter().filter_map(|line| match line {
            Line::Column(column) => Some(column),
            Line::Group(_) => None,
        });
        let lists: Vec<&str> =
            layout.lines.iter().filter_map(Line::list).chain(layout.rest.as_deref()).collect();
        self.unknown(columns, &lists, &record.fields, &record.lists, "");
        for (at, line) in layout.lines.iter().enumerate() {
            match line {
                Line::Column(column) => {
                    self.column(column, &record.fields, "")?;
                    self.end()?;
                }
                Line::Group(group) => {
                    let last = at + 1 == layout.lines.len() && layout.rest.is_none();
                    self.group(group, record.lists.get(&group.each).map_or(&[], Vec::as_slice), last)?;
                }
            }
        }
        let rest = layout.rest.as_ref().and_then(|rest| Some((rest, record.lists.get(rest)?)));
        for (at, item) in rest.iter().flat_map(|(_, items)| items.iter()).enumerate() {
            let path = format!("{}[{}].", layout.rest.as_deref().unwrap_or_default(), at + 1);
            let line = Column { field: Some(LINE.to_owned()), ..Column::default() };
            self.unknown([&line].into_iter(), &[], &item.fields, &item.lists, &path);
            let text = item.fields.get(LINE).map_or("", String::as_str);
            match self.charset.bytes(text) {
                Some(bytes) => self.out.extend(bytes),
                None => self.losses.add(Why::Characters, 1, format!("{path}{LINE}"), text),
            }
            self.end()?;
        }
        Ok(())
    }

    /// `last`: whether nothing comes after it, so that items need not be counted out.
    fn group(&mut self, group: &Group, items: &[Record], last: bool) -> Result<()> {
        let none = Record::default();
        let said = items.iter().rposition(|item| !item.fields.is_empty()).map_or(0, |at| at + 1);
        for (at, item) in items.iter().enumerate().skip(said) {
            self.losses.add(Why::Nothing, 1, format!("{}[{}]", group.each, at + 1), "");
            self.unknown(
                group.lines.iter(),
                &[],
                &item.fields,
                &item.lists,
                &format!("{}[{}].", group.each, at + 1),
            );
        }
        let kept = said.min(group.at_most);
        for at in kept..said {
            self.losses.add(Why::Count, 1, format!("{}[{}]", group.each, at + 1), "");
        }
        for at in 0..if last { kept } else { group.at_most } {
            let item = items.get(at).unwrap_or(&none);
            let path = format!("{}[{}].", group.each, at + 1);
            self.unknown(group.lines.iter(), &[], &item.fields, &item.lists, &path);
            for column in &group.lines {
                // What is required is required of an item that is there.
                let column =
                    if at < kept { column.clone() } else { Column { required: false, ..column.clone() } };
                self.column(&column, &item.fields, &path)?;
                self.end()?;
            }
        }
        Ok(())
    }

    /// Tells what the layout has no column for.
    fn unknown<'c>(
        &mut self,
        columns: impl Iterator<Item = &'c Column>,
        lists: &[&str],
        fields: &BTreeMap<String, String>,
        of_lists: &BTreeMap<String, Vec<Record>>,
        path: &str,
    ) {
        let known: BTreeSet<&str> = columns.filter_map(|c| c.field.as_deref()).collect();
        for (name, value) in fields.iter().filter(|(name, _)| !known.contains(name.as_str())) {
            self.losses.add(Why::Field, 1, format!("{path}{name}"), value);
        }
        for (name, items) in of_lists.iter().filter(|(name, _)| !lists.contains(&name.as_str())) {
            self.losses.add(Why::Field, 1, format!("{path}{name}"), &format!("({})", items.len()));
        }
    }

    fn column(&mut self, column: &Column, fields: &BTreeMap<String, String>, path: &str) -> Result<()> {
        if column.length {
            self.length = Some((self.out.len(), column.clone()));
        }
        let value = column.field.as_ref().and_then(|field| Some((field, fields.get(field)?)));
        let written = match value {
            None if column.required => {
                let what = format!("{path}{}", column.field.as_deref().unwrap_or_default());
                return Err(Problem::new(ErrorCode::Malformed).with("what", what).with("why", "is missing"));
            }
            None => None,
            Some((field, value)) => match column.filled(value, self.charset) {
                Ok(written) => Some(written),
                Err(why) => {
                    self.losses.add(why, 1, format!("{path}{field}"), value);
                    None
                }
            },
        };
        self.out.extend(written.unwrap_or_else(|| vec![b' '; column.bytes]));
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.out.extend_from_slice(END);
        if self.out.len() <= self.longest {
            return Ok(());
        }
        let limit = format!("{} bytes", self.longest);
        Err(Problem::new(ErrorCode::TooLarge).with("what", "the message").with("limit", limit))
    }

    fn finish(mut self) -> Result<(Vec<u8>, Losses)> {
        if let Some((at, column)) = self.length {
            let length = self.out.len().to_string();
            let written = column.filled(&length, Charset::Ascii).map_err(|_| {
                Problem::new(ErrorCode::Malformed).with("what", "length").with("why", length.clone())
            })?;
            if let Some(place) = self.out.get_mut(at..at + column.bytes) {
                place.copy_from_slice(&written);
            }
        }
        Ok((self.out, self.losses))
    }
}

impl Line {
    fn list(&self) -> Option<&str> {
        match self {
            Self::Column(_) => None,
            Self::Group(group) => Some(&group.each),
        }
    }
}

impl Column {
    /// The value in its column; it comes back as it is.
    fn filled(&self, value: &str, charset: Charset) -> std::result::Result<Vec<u8>, Why> {
        let bytes =
            charset.bytes(value).filter(|bytes| charset.text(bytes) == value).ok_or(Why::Characters)?;
        let room = self.bytes.checked_sub(bytes.len()).ok_or(Why::Length)?;
        let fill = if self.fill == Fill::Zero { b'0' } else { b' ' };
        let filling = vec![fill; room];
        let written = match self.align {
            Align::Left => [bytes.as_slice(), filling.as_slice()].concat(),
            Align::Right => [filling.as_slice(), bytes.as_slice()].concat(),
        };
        if self.bare(&written) == bytes.as_slice() { Ok(written) } else { Err(Why::Form) }
    }
}
