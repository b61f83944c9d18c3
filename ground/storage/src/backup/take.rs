//! Taking a backup: the rows of one instant, then the blobs and files, then what says that it is whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};

use super::rows::{Sink, TableFile};
use super::{
    ExtraFile, FORMAT, Hashed, Manifest, Progress, is_plain, on_a_thread, quoted, stored_tables, versions,
};
use crate::blobs::{files_below, root_of};
use crate::durable::{self, file_problem};
use crate::schema::Maintenance;
use crate::store::{Database, Options};
use crate::{keybook, postgresql, sqlite};

/// Takes a backup into a new directory `corridor-backup-TIME` below `into` and answers where it is
/// and what it holds. The node may go on running; the rows are of one instant. The keys of persons, of
/// the same instant, replace the file `keys` when one is named. Blocks; may be called inside and outside
/// a tokio runtime.
///
/// # Errors
/// `already-exists` when there is a backup of this instant; `storage-failed`, `storage-full`,
/// `file-failed`.
pub fn write(
    options: &Options,
    into: &Path,
    keys: Option<&Path>,
    extra: &[ExtraFile],
    now: Timestamp,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(PathBuf, Manifest)> {
    let time: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let place = into.join(format!("corridor-backup-{time}"));
    let part = into.join(format!(".corridor-backup-{time}.part"));
    for path in [&place, &part] {
        if path.exists() {
            return Err(Problem::new(ErrorCode::AlreadyExists).with("what", path.display()));
        }
    }
    durable::create_directory(&part)?;
    let written = on_a_thread(|| write_into(options, &part, keys, extra, now, progress));
    match written.and_then(|manifest| durable::rename(&part, &place).map(|()| manifest)) {
        Ok(manifest) => Ok((place, manifest)),
        Err(problem) => {
            // Half a backup is of no use; when it cannot be removed its name says that it is half.
            let _ = std::fs::remove_dir_all(&part);
            Err(problem)
        }
    }
}

fn write_into(
    options: &Options,
    part: &Path,
    keys: Option<&Path>,
    extra: &[ExtraFile],
    now: Timestamp,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Manifest> {
    let mut manifest = Manifest {
        format: FORMAT,
        taken: now,
        schemas: BTreeMap::new(),
        tables: BTreeMap::new(),
        blobs: 0,
        files: BTreeMap::new(),
    };
    durable::create_directory(&part.join("tables"))?;
    let book = dump(&options.database, part, &mut manifest, progress)?;
    let root = root_of(&options.blobs)?;
    for path in files_below(&root)? {
        let Ok(name) = path.strip_prefix(&root) else { continue };
        // A name with `#` is a write of the object store that is under way.
        let Some(name) = name.to_str().filter(|name| is_plain(name) && !name.contains('#')) else { continue };
        if copy_in(&path, part, &format!("blobs/{name}"), &mut manifest)? {
            manifest.blobs += 1;
            if manifest.blobs.is_multiple_of(100) {
                progress(Progress { step: "blobs".to_owned(), done: manifest.blobs });
            }
        }
    }
    for file in extra {
        if !is_plain(&file.name) {
            return Err(Problem::new(ErrorCode::FileFailed).with("path", &file.name).with("why", "its name"));
        }
        if !copy_in(&file.path, part, &format!("files/{}", file.name), &mut manifest)? {
            return Err(Problem::new(ErrorCode::FileFailed)
                .with("path", file.path.display())
                .with("why", "not there"));
        }
    }
    progress(Progress { step: "files".to_owned(), done: extra.len() as u64 });
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    durable::write_file(&part.join("manifest.sha256"), Digest::of(&text).to_string().as_bytes(), 0o600)?;
    durable::write_file(&part.join("manifest.json"), &text, 0o600)?;
    if let Some(path) = keys {
        book.finish(path)?;
    }
    Ok(manifest)
}

/// Copies a file into the backup; answers false when it is not there any more.
fn copy_in(from: &Path, part: &Path, name: &str, manifest: &mut Manifest) -> Result<bool> {
    let mut source = match File::open(from) {
        Ok(source) => source,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(file_problem(from, error)),
    };
    let mut target = Hashed::create(part, name)?;
    target.copy(&mut source, from)?;
    let entry = target.finish()?;
    manifest.files.insert(name.to_owned(), entry);
    Ok(true)
}

/// Every row of one instant; those of the tables of keys go into the key book that it answers.
fn dump(
    database: &Database,
    part: &Path,
    manifest: &mut Manifest,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<keybook::Writer> {
    match database {
        Database::Sqlite(path) => {
            let mut db = sqlite::Connection::reader(path)?;
            db.batch("BEGIN")?;
            let book = dump_tables(&mut db, part, manifest, progress)?;
            db.batch("ROLLBACK")?;
            Ok(book)
        }
        Database::Postgres(url) => {
            let mut db = postgresql::Connection::open(&postgresql::config(url)?)?;
            db.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            let book = dump_tables(&mut db, part, manifest, progress)?;
            db.batch("ROLLBACK")?;
            Ok(book)
        }
    }
}

fn dump_tables(
    db: &mut impl Dump,
    part: &Path,
    manifest: &mut Manifest,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<keybook::Writer> {
    let mut book = keybook::Writer::new(manifest.taken)?;
    manifest.schemas = versions(db)?;
    for (table, _) in stored_tables(db)? {
        match keybook::TABLES.iter().find(|name| **name == table) {
            Some(name) => db.rows(&table, book.table(name))?,
            None => {
                let mut file = TableFile::create(part, &table, progress)?;
                db.rows(&table, &mut file)?;
                file.finish(manifest)?;
            }
        }
    }
    Ok(book)
}

/// An engine that gives out a table row by row.
trait Dump: Maintenance {
    fn rows(&mut self, table: &str, into: &mut dyn Sink) -> Result<()>;
}

impl Dump for sqlite::Connection {
    fn rows(&mut self, table: &str, into: &mut dyn Sink) -> Result<()> {
        let wrong = |e: rusqlite::Error| sqlite::problem(&e);
        let mut statement = self.raw().prepare(&format!("SELECT * FROM {}", quoted(table))).map_err(wrong)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let width = columns.len();
        into.columns(columns)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(wrong)? {
            into.row(sqlite::read_row(row, width)?)?;
        }
        Ok(())
    }
}

impl Dump for postgresql::Connection {
    fn rows(&mut self, table: &str, into: &mut dyn Sink) -> Result<()> {
        let wrong = |e: postgres::Error| postgresql::problem(&e);
        let client = self.raw();
        let statement = client.prepare(&format!("SELECT * FROM {}", quoted(table))).map_err(wrong)?;
        into.columns(statement.columns().iter().map(|c| c.name().to_owned()).collect())?;
        // A cursor, so that a large table does not come into memory at once.
        let open = format!("DECLARE rows NO SCROLL CURSOR FOR SELECT * FROM {}", quoted(table));
        client.batch_execute(&open).map_err(wrong)?;
        loop {
            let rows = client.query("FETCH 200 FROM rows", &[]).map_err(wrong)?;
            if rows.is_empty() {
                return client.batch_execute("CLOSE rows").map_err(wrong);
            }
            for row in &rows {
                into.row(postgresql::read_row(row)?)?;
            }
        }
    }
}
