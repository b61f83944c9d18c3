//! How the rows of a table stand in a file: a header line, then a row a line, each as JSON.

use std::io::{BufRead, Read};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{ErrorCode, Problem, Result};
use serde::{Deserialize, Serialize};

use super::{Hashed, Manifest, Progress};
use crate::value::{Row, Value};

/// The longest line of a table that is read, in bytes.
const LINE_LIMIT: u64 = 256 << 20;

/// How many rows pass between two words of progress.
pub(super) const STEP: u64 = 1000;

/// The first line of a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
}

/// Where the rows of a table go.
pub(crate) trait Sink {
    /// The names of the columns, before the first row.
    fn columns(&mut self, columns: Vec<String>) -> Result<()>;
    /// The next row.
    fn row(&mut self, row: Row) -> Result<()>;
}

/// One table on its way into its file.
pub(super) struct TableFile<'a> {
    name: String,
    file: Hashed,
    rows: u64,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

impl<'a> TableFile<'a> {
    pub(super) fn create(
        part: &Path,
        name: &str,
        progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self> {
        let file = Hashed::create(part, &format!("tables/{name}.jsonl"))?;
        Ok(Self { name: name.to_owned(), file, rows: 0, progress })
    }

    fn line(&mut self, what: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(what).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        line.push(b'\n');
        self.file.write(&line)
    }

    pub(super) fn finish(self, manifest: &mut Manifest) -> Result<()> {
        let entry = self.file.finish()?;
        manifest.files.insert(format!("tables/{}.jsonl", self.name), entry);
        (self.progress)(Progress { step: self.name.clone(), done: self.rows });
        manifest.tables.insert(self.name, self.rows);
        Ok(())
    }
}

impl Sink for TableFile<'_> {
    fn columns(&mut self, columns: Vec<String>) -> Result<()> {
        self.line(&Header { table: self.name.clone(), columns })
    }

    fn row(&mut self, row: Row) -> Result<()> {
        let cells: Vec<Cell> = row.into_values().into_iter().map(Cell::from).collect();
        self.rows += 1;
        if self.rows.is_multiple_of(STEP) {
            (self.progress)(Progress { step: self.name.clone(), done: self.rows });
        }
        self.line(&cells)
    }
}

/// One value in a backup: `null`, a number, a text, or `{"b": BASE64}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes { b: String },
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(n) => Self::Int(n),
            Value::Text(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes { b: STANDARD.encode(bytes) },
        }
    }
}

impl Cell {
    pub(crate) fn value(self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Int(n) => Value::Int(n),
            Self::Text(text) => Value::Text(text),
            Self::Bytes { b } => Value::Bytes(STANDARD.decode(b).ok()?),
        })
    }
}

pub(crate) fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// One line as JSON; `None` at the end.
pub(super) fn next_line<T: for<'de> Deserialize<'de>>(lines: &mut impl BufRead) -> Result<Option<T>, ()> {
    let mut line = Vec::new();
    let read = lines.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line).map_err(|_| ())?;
    if read == 0 {
        return Ok(None);
    }
    serde_json::from_slice(&line).map(Some).map_err(|_| ())
}
