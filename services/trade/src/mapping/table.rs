//! Documents as rows of CSV (RFC 4180) and back: a row for each item of one list, the fields of its document
//! beside it. Rows that follow each other and agree in the key columns are one document.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

use corridor_base::{ErrorCode, Problem, Result};

use super::document::{Document, Record};
use super::loss::{Losses, Why};
use super::write::is_envelope;
use super::{Mapping, Shape, Table, refuse};
use crate::edifact::csv::{cell, plain, rows};

/// The most bytes of CSV read.
const LARGEST: u64 = 64 << 20;

/// Where a column stands in a document.
#[derive(Clone, Copy, Debug)]
enum Column<'a> {
    Envelope(&'a str),
    Field(&'a str),
    /// Of an item of the list that rows are made of.
    Item(&'a str),
}

impl Table {
    fn column<'a>(&self, name: &'a str) -> Column<'a> {
        match name.split_once('.') {
            Some(("envelope", field)) => Column::Envelope(field),
            Some((list, field)) if Some(list) == self.rows.as_deref() => Column::Item(field),
            _ => Column::Field(name),
        }
    }

    pub(super) fn check(&self, shape: &Shape) -> Result<()> {
        let items = match &self.rows {
            Some(list) => Some(shape.lists.get(list).ok_or_else(|| refuse(list, "no list of this name"))?),
            None => None,
        };
        let mut seen = BTreeSet::new();
        for name in &self.columns {
            let known = match self.column(name) {
                Column::Envelope(field) => is_envelope(field),
                Column::Field(field) => shape.has(field),
                Column::Item(field) => items.is_some_and(|items| items.has(field)),
            };
            if !known || !seen.insert(name) {
                return Err(refuse(name, "no column, or a column twice"));
            }
        }
        let item = |name: &String| matches!(self.column(name), Column::Item(_));
        if self.key.is_empty() || self.key.iter().any(|name| !seen.contains(name) || item(name)) {
            return Err(refuse("key", "columns of the document expected"));
        }
        Ok(())
    }
}

fn table(mapping: &Mapping) -> Result<&Table> {
    mapping.table.as_ref().ok_or_else(|| refuse("table", "this mapping has none"))
}

/// Writes documents as rows; what has no column is told.
///
/// # Errors
/// `malformed` when the mapping has no table; `file-failed`.
pub fn to_table(mapping: &Mapping, documents: &[Document], out: &mut dyn Write) -> Result<Losses> {
    let table = table(mapping)?;
    let mut losses = Losses::default();
    let mut text = line(table.columns.iter().map(String::as_str));
    let mut keys = BTreeSet::new();
    for (document, at) in documents.iter().zip(1u64..) {
        left_out(table, document, at, &mut losses);
        let key: Vec<&str> = table.key.iter().map(|name| value(table, document, None, name)).collect();
        if key.iter().all(|part| part.is_empty()) || !keys.insert(key.clone()) {
            losses.add(Why::Row, at, table.key.join(", "), &key.join(", "));
        }
        let items = table.rows.as_ref().and_then(|list| document.record.lists.get(list));
        let none = Vec::new();
        let items = items.unwrap_or(&none);
        let row =
            |item: Option<&Record>| line(table.columns.iter().map(|name| value(table, document, item, name)));
        if items.is_empty() {
            text.push_str(&row(None));
        }
        for item in items {
            text.push_str(&row(Some(item)));
        }
    }
    out.write_all(text.as_bytes())
        .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", "-").because(e))?;
    Ok(losses)
}

fn line<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = values.map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

fn value<'a>(table: &Table, document: &'a Document, item: Option<&'a Record>, name: &str) -> &'a str {
    let found = match table.column(name) {
        Column::Envelope(field) => document.envelope.get(field),
        Column::Field(field) => document.record.fields.get(field),
        Column::Item(field) => item.and_then(|item| item.fields.get(field)),
    };
    found.map_or("", String::as_str)
}

/// What of a document has no column.
fn left_out(table: &Table, document: &Document, at: u64, losses: &mut Losses) {
    let column = |name: &str| table.columns.iter().any(|c| c == name);
    // The envelope in one line: few tables have columns for it.
    let envelope = document.envelope.iter().filter(|(name, _)| !column(&format!("envelope.{name}")));
    let envelope: Vec<String> = envelope.map(|(name, value)| format!("{name}={value}")).collect();
    if !envelope.is_empty() {
        losses.add(Why::Field, at, "envelope", &envelope.join(" "));
    }
    for (name, value) in document.record.fields.iter().filter(|(name, _)| !column(name)) {
        losses.add(Why::Field, at, name, value);
    }
    for (list, items) in &document.record.lists {
        if Some(list) != table.rows.as_ref() {
            losses.add(Why::Field, at, list, &format!("({})", items.len()));
            continue;
        }
        for (item, number) in items.iter().zip(1..) {
            let place = |name: &str| format!("{list}[{number}].{name}");
            if !item.fields.keys().any(|name| column(&format!("{list}.{name}"))) {
                // A row without anything of an item is read as no item.
                losses.add(Why::Nothing, at, format!("{list}[{number}]"), "");
            }
            for (name, value) in item.fields.iter().filter(|(name, _)| !column(&format!("{list}.{name}"))) {
                losses.add(Why::Field, at, place(name), value);
            }
            for (name, items) in &item.lists {
                losses.add(Why::Field, at, place(name), &format!("({})", items.len()));
            }
        }
    }
}

/// Reads documents from rows under a row of names; columns that the mapping does not have are told.
///
/// # Errors
/// `malformed`, naming the row: no names, quotes that do not end, more cells than names; `too-large`;
/// `file-failed`.
pub fn from_table(mapping: &Mapping, source: &mut dyn Read) -> Result<(Vec<Document>, Losses)> {
    let table = table(mapping)?;
    let mut text = String::new();
    source
        .take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", "-").because(e))?;
    if text.len() as u64 > LARGEST {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", "CSV")
            .with("limit", format!("{LARGEST} bytes")));
    }
    let wrong = |row: usize, why: &str| {
        Problem::new(ErrorCode::Malformed).with("what", format!("row {row}")).with("why", why)
    };
    let all = rows(text.trim_start_matches('\u{feff}')).map_err(|(row, why)| wrong(row, why))?;
    let mut all = all.into_iter().zip(1..);
    let Some((names, _)) = all.next() else { return Err(wrong(1, "a row of names expected")) };
    for key in &table.key {
        if !names.contains(key) {
            return Err(wrong(1, &format!("a column {key} expected")));
        }
    }
    let mut reading =
        Rows { table, documents: Vec::new(), losses: Losses::default(), keys: BTreeSet::new(), last: None };
    for (cells, row) in all.filter(|(cells, _)| cells.iter().any(|cell| !cell.is_empty())) {
        if cells.len() > names.len() {
            return Err(wrong(row, "more cells than names"));
        }
        let cells: BTreeMap<&str, String> = names
            .iter()
            .zip(&cells)
            .map(|(name, cell)| (name.as_str(), plain(cell)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        reading.row(&cells);
    }
    Ok((reading.documents, reading.losses))
}

struct Rows<'a> {
    table: &'a Table,
    documents: Vec<Document>,
    losses: Losses,
    keys: BTreeSet<Vec<String>>,
    /// The key of the row before.
    last: Option<Vec<String>>,
}

impl Rows<'_> {
    fn row(&mut self, cells: &BTreeMap<&str, String>) {
        let key: Vec<String> =
            self.table.key.iter().map(|name| cells.get(name.as_str()).cloned().unwrap_or_default()).collect();
        if self.last.as_ref() != Some(&key) {
            self.documents.push(Document::default());
            if !self.keys.insert(key.clone()) {
                self.losses.add(
                    Why::Row,
                    self.documents.len() as u64,
                    self.table.key.join(", "),
                    &key.join(", "),
                );
            }
        }
        let begins = self.last.replace(key.clone()).as_ref() != Some(&key);
        let at = self.documents.len() as u64;
        let Some(document) = self.documents.last_mut() else { return };
        let mut item = Record::default();
        for (name, text) in cells {
            if !self.table.columns.iter().any(|column| column == name) {
                self.losses.add(Why::Field, at, *name, text);
                continue;
            }
            let (into, field) = match self.table.column(name) {
                Column::Item(field) => {
                    item.fields.insert(field.to_owned(), text.clone());
                    continue;
                }
                Column::Envelope(field) => (&mut document.envelope, field),
                Column::Field(field) => (&mut document.record.fields, field),
            };
            // A row may leave out what the first one says, and not say something else.
            match into.get(field) {
                None if begins => drop(into.insert(field.to_owned(), text.clone())),
                Some(known) if known == text => {}
                _ => self.losses.add(Why::Row, at, *name, text),
            }
        }
        if let Some(list) = self.table.rows.as_ref().filter(|_| !item.fields.is_empty()) {
            document.record.lists.entry(list.clone()).or_default().push(item);
        }
    }
}
