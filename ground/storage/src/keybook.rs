//! The key book: the keys of persons in a file of their own, because a backup must not hold them. Backups
//! are kept in generations; a key that is destroyed must be so in all of them. So a backup holds what is
//! sealed and no key, and the key book is one file that each new one replaces. Who restores an older one
//! all the same has its destroyed keys destroyed again before the node serves: the log names them.
//!
//! The file has a line of its own kind, then for each table a header and a row a line, as backups have
//! them, and at the end the digest of all lines before.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use corridor_base::digest::Hasher;
use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::backup::{Cell, Header, Sink, is_identifier};
use crate::durable;
use crate::value::{Row, Value};

/// The tables that no backup holds.
pub(crate) const TABLES: &[&str] = &["subject_key", "subject_handle"];

/// The version of the format that this build writes and reads.
const FORMAT: u32 = 1;
/// The longest line read, in bytes.
const LINE: u64 = 16 << 10;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    subject_keys: u32,
    taken: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    sha256: Digest,
}

/// A key book that is being written.
pub(crate) struct Writer {
    table: &'static str,
    text: zeroize::Zeroizing<Vec<u8>>,
}

impl Writer {
    pub(crate) fn new(now: Timestamp) -> Result<Self> {
        let mut this = Self { table: "", text: zeroize::Zeroizing::default() };
        this.line(&First { subject_keys: FORMAT, taken: now })?;
        Ok(this)
    }

    /// The table whose rows come next.
    pub(crate) fn table(&mut self, name: &'static str) -> &mut Self {
        self.table = name;
        self
    }

    fn line(&mut self, what: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut *self.text, what)
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        self.text.push(b'\n');
        Ok(())
    }

    /// Replaces the file, which only its owner may read.
    pub(crate) fn finish(mut self, path: &Path) -> Result<()> {
        let sha256 = Digest::of(&self.text);
        self.line(&Last { sha256 })?;
        durable::write_file(path, &self.text, 0o600)
    }
}

impl Sink for Writer {
    fn columns(&mut self, columns: Vec<String>) -> Result<()> {
        self.line(&Header { table: self.table.to_owned(), columns })
    }

    fn row(&mut self, row: Row) -> Result<()> {
        self.line(&row.into_values().into_iter().map(Cell::from).collect::<Vec<_>>())
    }
}

/// One row of a key book, with its table and the names of its columns.
pub(crate) type Entry = (&'static str, Vec<String>, Vec<Value>);

/// Reads a key book whole: it is only taken as one.
///
/// # Errors
/// `backup-invalid`, `unknown-version`, `file-failed`.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>> {
    let invalid =
        |why: &str| Problem::new(ErrorCode::BackupInvalid).with("path", path.display()).with("why", why);
    let file = std::fs::File::open(path).map_err(|e| durable::file_problem(path, e))?;
    let mut lines = BufReader::new(file);
    let (mut hasher, mut entries, mut table): (_, _, Option<(&'static str, Vec<String>)>) =
        (Hasher::new(), Vec::new(), None);
    let mut line = zeroize::Zeroizing::new(Vec::new());
    let mut first = true;
    loop {
        line.clear();
        lines.by_ref().take(LINE).read_until(b'\n', &mut line).map_err(|e| durable::file_problem(path, e))?;
        if first {
            let head: First = serde_json::from_slice(&line).map_err(|_| invalid("it is no key book"))?;
            if head.subject_keys != FORMAT {
                let unknown = Problem::new(ErrorCode::UnknownVersion).with("what", "key book");
                return Err(unknown.with("found", head.subject_keys).with("expected", FORMAT));
            }
            first = false;
        } else if let Ok(last) = serde_json::from_slice::<Last>(&line) {
            let whole = last.sha256 == hasher.finish() && lines.read(&mut [0]).is_ok_and(|read| read == 0);
            return if whole { Ok(entries) } else { Err(invalid("it is altered")) };
        } else if let Ok(header) = serde_json::from_slice::<Header>(&line) {
            let known = TABLES.iter().find(|name| **name == header.table).copied();
            let named = header.columns.iter().all(|c| is_identifier(c));
            table = Some((known.filter(|_| named).ok_or_else(|| invalid("a table"))?, header.columns));
        } else {
            let (name, columns) = table.as_ref().ok_or_else(|| invalid("a row without a table"))?;
            let cells: Vec<Cell> = serde_json::from_slice(&line).map_err(|_| invalid("it is cut off"))?;
            let row: Option<Vec<Value>> = cells.into_iter().map(Cell::value).collect();
            let row = row.filter(|row| row.len() == columns.len()).ok_or_else(|| invalid("a row"))?;
            entries.push((*name, columns.clone(), row));
        }
        hasher.update(&line);
    }
}
