//! Reads a message of fixed columns as a document.

use std::collections::BTreeMap;
use std::io::{self, Read as _};

use corridor_base::{ErrorCode, Problem, Result};

use super::super::document::{Document, Record};
use super::super::loss::{Losses, Why};
use super::{Align, Column, END, Fill, Group, LINE, Layout, Line};
use crate::edifact::Charset;

/// Reads one message, in the characters of its layout or in others that were agreed on.
///
/// # Errors
/// `file-failed`; `too-large`; `malformed` when the header is not as long as its layout says.
pub fn read(
    layout: &Layout,
    agreed: Option<Charset>,
    source: &mut dyn io::Read,
) -> Result<(Document, Losses)> {
    let mut bytes = Vec::new();
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", "-").because(e);
    source.take(layout.longest as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > layout.longest {
        let limit = format!("{} bytes", layout.longest);
        return Err(Problem::new(ErrorCode::TooLarge).with("what", &layout.layout).with("limit", limit));
    }
    let mut lines = lines(&bytes);
    let header = lines.next().unwrap_or_default();
    if header.len() != layout.header_bytes() {
        let why = format!("{} bytes, {} expected", header.len(), layout.header_bytes());
        return Err(Problem::new(ErrorCode::Malformed).with("what", "line 1").with("why", why));
    }
    let (charset, losses) = (layout.charset(agreed), Losses::default());
    let mut reading = Reading { charset, losses, number: 1, total: bytes.len() };
    let mut envelope = BTreeMap::new();
    let mut rest = header;
    for column in &layout.header {
        let (part, after) = rest.split_at_checked(column.bytes).unwrap_or((rest, &[]));
        reading.column(column, part, &mut envelope);
        rest = after;
    }
    let record = reading.body(layout, &mut lines);
    Ok((Document { envelope, record }, reading.losses))
}

/// What stands before each CR LF, and after the last one if anything does.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes).filter(|bytes| !bytes.is_empty());
    std::iter::from_fn(move || {
        let now = rest?;
        let Some(at) = memchr::memmem::find(now, END) else {
            rest = None;
            return Some(now);
        };
        let (line, after) = now.split_at_checked(at)?;
        rest = after.get(END.len()..).filter(|after| !after.is_empty());
        Some(line)
    })
}

struct Reading {
    charset: Charset,
    losses: Losses,
    /// The line that was read last, counted from 1.
    number: usize,
    /// The bytes of the whole.
    total: usize,
}

impl Reading {
    fn body(&mut self, layout: &Layout, lines: &mut dyn Iterator<Item = &[u8]>) -> Record {
        let mut record = Record::default();
        for line in &layout.lines {
            match line {
                Line::Column(column) => self.line(column, lines, &mut record.fields),
                Line::Group(group) => {
                    let items = self.group(group, lines);
                    if !items.is_empty() {
                        record.lists.insert(group.each.clone(), items);
                    }
                }
            }
        }
        let mut more = Vec::new();
        for bytes in lines {
            self.number += 1;
            match (&layout.rest, self.text(bytes)) {
                (Some(_), Some(text)) => {
                    let fields =
                        Some((LINE.to_owned(), text)).into_iter().filter(|(_, text)| !text.is_empty());
                    more.push(Record { fields: fields.collect(), ..Record::default() });
                }
                (Some(_), None) => self.lose(Why::Characters, None, bytes),
                (None, _) => self.lose(Why::Segment, None, bytes),
            }
        }
        if let Some(rest) = layout.rest.as_ref().filter(|_| !more.is_empty()) {
            record.lists.insert(rest.clone(), more);
        }
        record
    }

    /// Items up to the last that says something.
    fn group(&mut self, group: &Group, lines: &mut dyn Iterator<Item = &[u8]>) -> Vec<Record> {
        let mut items = Vec::new();
        for _ in 0..group.at_most {
            let (before, mut item) = (self.number, Record::default());
            group.lines.iter().for_each(|column| self.line(column, lines, &mut item.fields));
            if self.number == before {
                break;
            }
            items.push(item);
        }
        let said = items.iter().rposition(|item| !item.fields.is_empty()).map_or(0, |at| at + 1);
        items.truncate(said);
        items
    }

    /// A line that is not there says nothing.
    fn line(
        &mut self,
        column: &Column,
        lines: &mut dyn Iterator<Item = &[u8]>,
        into: &mut BTreeMap<String, String>,
    ) {
        let Some(bytes) = lines.next() else { return };
        self.number += 1;
        if bytes.len() == column.bytes {
            self.column(column, bytes, into);
        } else {
            self.lose(Why::Length, column.field.as_deref(), bytes);
        }
    }

    fn column(&mut self, column: &Column, bytes: &[u8], into: &mut BTreeMap<String, String>) {
        let meant = column.bare(bytes);
        if column.length {
            if meant != self.total.to_string().as_bytes() {
                self.lose(Why::Count, Some("length"), bytes);
            }
            return;
        }
        match (&column.field, self.text(meant)) {
            (_, Some(text)) if text.is_empty() => {}
            (Some(field), Some(text)) => drop(into.insert(field.clone(), text)),
            (Some(field), None) => self.lose(Why::Characters, Some(field), bytes),
            (None, _) => self.lose(Why::Value, None, bytes),
        }
    }

    /// The text, when these bytes are what it is written as.
    fn text(&self, bytes: &[u8]) -> Option<String> {
        let text = self.charset.text(bytes);
        (self.charset.bytes(&text).as_deref() == Some(bytes)).then_some(text)
    }

    fn lose(&mut self, why: Why, field: Option<&str>, bytes: &[u8]) {
        let place =
            field.map_or_else(|| format!("line {}", self.number), |f| format!("line {} {f}", self.number));
        let shown = self.charset.text(bytes.get(..800).unwrap_or(bytes));
        self.losses.add(why, 1, place, shown.trim_end());
    }
}

impl Column {
    /// What stands in the column without what fills it.
    pub(super) fn bare<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let blank = |b: &&u8| **b == b' ';
        match (self.align, self.fill) {
            (Align::Left, _) => {
                let blanks = bytes.iter().rev().take_while(blank).count();
                bytes.get(..bytes.len() - blanks).unwrap_or_default()
            }
            (Align::Right, Fill::Blank) => {
                bytes.get(bytes.iter().take_while(blank).count()..).unwrap_or_default()
            }
            (Align::Right, Fill::Zero) if bytes.iter().all(|b| *b == b' ') => &[],
            (Align::Right, Fill::Zero) => {
                let zeros = bytes.iter().take_while(|b| **b == b'0').count();
                bytes.get(zeros.min(bytes.len().saturating_sub(1))..).unwrap_or_default()
            }
        }
    }
}
