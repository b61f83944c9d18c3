//! Giving a backup back: everything is judged before anything is written, and the rows come last.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};

use super::rows::{Cell, Header, STEP, is_identifier, next_line};
use super::{FORMAT, Hashed, Manifest, Progress, is_plain, on_a_thread, quoted, stored_tables, versions};
use crate::blobs::{digest_of_file, files_below, root_of};
use crate::durable::{self, file_problem};
use crate::restored::{self, Restored};
use crate::schema::{self, Maintenance, Schema};
use crate::store::{Database, Options};
use crate::value::{Arg, Value};
use crate::{keybook, postgresql, sqlite};

/// The largest manifest that is read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 30;

/// Restores a backup into an empty database and empty blobs, and the extra files below `files`.
/// Everything is checked before anything is written. The rows come back together with the mark that
/// holds the node's logs until it is known what others have seen of them (LG-1, see
/// [`crate::restored`]). The keys of persons come from the key book `keys`; without one, what is about
/// persons comes back and cannot be opened. Blocks; may be called inside and outside a tokio runtime.
///
/// # Errors
/// `backup-invalid` naming what is altered or missing; `already-exists` when the target is not
/// empty; `schema-unknown` when it comes from a newer build; `storage-failed`, `storage-full`,
/// `file-failed`.
pub fn restore(
    from: &Path,
    keys: Option<&Path>,
    into: &Options,
    files: &Path,
    schemas: &[&'static Schema],
    now: Timestamp,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Manifest> {
    let manifest = read_manifest(from)?;
    judge_versions(&manifest, schemas)?;
    verify(from, &manifest, progress)?;
    let book = keys.map(keybook::read).transpose()?.unwrap_or_default();
    let root = root_of(&into.blobs)?;
    if !files_below(&root)?.is_empty() {
        return Err(Problem::new(ErrorCode::AlreadyExists).with("what", root.display()));
    }
    let kept = |name: &&String| name.starts_with("files/");
    for name in manifest.files.keys().filter(kept) {
        let target = files.join(name.trim_start_matches("files/"));
        if target.exists() {
            return Err(Problem::new(ErrorCode::AlreadyExists).with("what", target.display()));
        }
    }
    // A clock that was set back since.
    let mark = Restored { taken: manifest.taken, time: now.max(manifest.taken) };
    on_a_thread(|| match &into.database {
        Database::Sqlite(path) => {
            durable::create_directory(path.parent().unwrap_or(Path::new(".")))?;
            let mut db = sqlite::Connection::writer(path)?;
            prepare(&mut db, &manifest, schemas)?;
            copy_out(from, &manifest, &root, files, progress)?;
            load(&mut db, from, &manifest, &book, mark, progress)
        }
        Database::Postgres(url) => {
            let mut db = postgresql::Connection::open(&postgresql::config(url)?)?;
            db.migrating(|db| prepare(db, &manifest, schemas))?;
            copy_out(from, &manifest, &root, files, progress)?;
            load(&mut db, from, &manifest, &book, mark, progress)
        }
    })?;
    Ok(manifest)
}

fn invalid(from: &Path, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::BackupInvalid).with("path", from.display()).with("why", why)
}

fn read_manifest(from: &Path) -> Result<Manifest> {
    let read = |name: &str| -> Result<Vec<u8>> {
        let file = File::open(from.join(name)).map_err(|e| invalid(from, format!("{name}: {e}")))?;
        let mut bytes = Vec::new();
        file.take(MANIFEST_LIMIT)
            .read_to_end(&mut bytes)
            .map_err(|e| invalid(from, format!("{name}: {e}")))?;
        Ok(bytes)
    };
    let text = read("manifest.json")?;
    if read("manifest.sha256")?.trim_ascii() != Digest::of(&text).to_string().as_bytes() {
        return Err(invalid(from, "manifest.json is altered"));
    }
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|e| invalid(from, format!("manifest.json: {e}")))?;
    if manifest.format != FORMAT {
        let unknown = Problem::new(ErrorCode::UnknownVersion).with("what", "backup");
        return Err(unknown.with("found", manifest.format).with("expected", FORMAT));
    }
    match manifest.files.keys().find(|name| !is_plain(name)) {
        Some(name) => Err(invalid(from, format!("the file name {name}"))),
        None => Ok(manifest),
    }
}

fn judge_versions(manifest: &Manifest, schemas: &[&'static Schema]) -> Result<()> {
    let known = schema::known(schemas);
    for (name, found) in &manifest.schemas {
        let expected = known.get(name).copied().unwrap_or(0);
        if *found > expected {
            return Err(schema::unknown(name, *found, expected));
        }
    }
    Ok(())
}

/// Every file that the manifest names is there as it was, and no other is.
fn verify(from: &Path, manifest: &Manifest, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<()> {
    for (done, (name, entry)) in manifest.files.iter().enumerate() {
        let found = digest_of_file(&from.join(name));
        let (size, sha256) =
            found.map_err(|p| invalid(from, format!("{name}: {}", p.arg("why").unwrap_or_default())))?;
        if size != entry.size || sha256 != entry.sha256 {
            return Err(invalid(from, format!("{name} is altered")));
        }
        if done % 100 == 0 {
            progress(Progress { step: "verify".to_owned(), done: done as u64 });
        }
    }
    let tables: BTreeSet<String> =
        manifest.tables.keys().map(|name| format!("tables/{name}.jsonl")).collect();
    for path in files_below(from)? {
        let name = path.strip_prefix(from).unwrap_or(&path).to_string_lossy().into_owned();
        let of_manifest = name == "manifest.json" || name == "manifest.sha256";
        if !of_manifest && !manifest.files.contains_key(&name) {
            return Err(invalid(from, format!("{name} does not belong to it")));
        }
        if name.starts_with("tables/") && !tables.contains(&name) {
            return Err(invalid(from, format!("{name} is a table without a count")));
        }
    }
    match tables.iter().find(|name| !manifest.files.contains_key(*name)) {
        Some(name) => Err(invalid(from, format!("{name} is missing"))),
        None => Ok(()),
    }
}

/// Makes the tables as they were when the backup was taken; the next start migrates on from there.
fn prepare(db: &mut dyn Maintenance, manifest: &Manifest, schemas: &[&'static Schema]) -> Result<()> {
    let full = || Problem::new(ErrorCode::AlreadyExists).with("what", "the database");
    for (table, _) in stored_tables(db)? {
        if !db.ask(&format!("SELECT 1 FROM {} LIMIT 1", quoted(&table)))?.is_empty() {
            return Err(full());
        }
    }
    schema::migrate(db, schemas, manifest.taken, Some(&manifest.schemas))?;
    // Tables that an earlier start made newer than the backup are not what its rows fit.
    if versions(db)? == manifest.schemas { Ok(()) } else { Err(full()) }
}

/// Blobs and files, before the rows that refer to them (EX-3).
fn copy_out(
    from: &Path,
    manifest: &Manifest,
    root: &Path,
    files: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<()> {
    let mut done = 0;
    for name in manifest.files.keys() {
        let target = match name.split_once('/') {
            Some(("blobs", rest)) => (root, rest),
            Some(("files", rest)) => (files, rest),
            _ => continue,
        };
        let path = from.join(name);
        let mut source = File::open(&path).map_err(|e| file_problem(&path, e))?;
        let mut copy = Hashed::create(target.0, target.1)?;
        copy.copy(&mut source, &path)?;
        copy.finish()?;
        done += 1;
        if done % 100 == 0 {
            progress(Progress { step: "blobs".to_owned(), done });
        }
    }
    Ok(())
}

/// An engine that takes rows one by one.
trait Load: Maintenance {
    /// Inserts one row by a statement whose parameters are written `$n`.
    fn insert(&mut self, sql: &str, row: &[Value]) -> Result<()>;
}

impl Load for sqlite::Connection {
    fn insert(&mut self, sql: &str, row: &[Value]) -> Result<()> {
        let args = rusqlite::params_from_iter(row.iter().map(Arg::from));
        let mut statement =
            self.raw().prepare_cached(&crate::sql::for_sqlite(sql)).map_err(|e| sqlite::problem(&e))?;
        statement.execute(args).map(|_| ()).map_err(|e| sqlite::problem(&e))
    }
}

impl Load for postgresql::Connection {
    fn insert(&mut self, sql: &str, row: &[Value]) -> Result<()> {
        self.insert_row(sql, row)
    }
}

fn load(
    db: &mut dyn Load,
    from: &Path,
    manifest: &Manifest,
    book: &[keybook::Entry],
    mark: Restored,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<()> {
    let begin = db.begin();
    db.batch(begin)?;
    let loaded = manifest
        .tables
        .iter()
        .try_for_each(|(table, rows)| load_table(db, from, table, *rows, progress))
        .and_then(|()| {
            book.iter()
                .try_for_each(|(table, columns, row)| db.insert(&insert_statement(table, columns), row))
        })
        .and_then(|()| db.batch(&db.dialect(restored::TABLE)))
        .and_then(|()| db.insert(restored::MARK, &mark_row(mark)))
        .and_then(|()| db.batch("COMMIT"));
    if loaded.is_err() {
        // When this fails too, the end of the connection rolls back.
        let _ = db.batch("ROLLBACK");
    }
    loaded
}

fn mark_row(mark: Restored) -> [Value; 3] {
    [
        Value::Text(restored::EVERYBODY.to_owned()),
        Value::Int(mark.taken.millis()),
        Value::Int(mark.time.millis()),
    ]
}

fn load_table(
    db: &mut dyn Load,
    from: &Path,
    table: &str,
    rows: u64,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<()> {
    let name = format!("tables/{table}.jsonl");
    let wrong = |why: &str| invalid(from, format!("{name}: {why}"));
    let file = File::open(from.join(&name)).map_err(|e| wrong(&e.to_string()))?;
    let mut lines = BufReader::with_capacity(256 << 10, file);
    let header: Header = next_line(&mut lines).ok().flatten().ok_or_else(|| wrong("its first line"))?;
    if header.table != table || !header.columns.iter().all(|c| is_identifier(c)) {
        return Err(wrong("its first line"));
    }
    let sql = insert_statement(table, &header.columns);
    let mut done = 0;
    while let Some(cells) = next_line::<Vec<Cell>>(&mut lines).map_err(|()| wrong("a line that is no row"))? {
        let row: Option<Vec<Value>> = cells.into_iter().map(Cell::value).collect();
        let row = row.filter(|row| row.len() == header.columns.len()).ok_or_else(|| wrong("a row"))?;
        db.insert(&sql, &row)?;
        done += 1;
        if done % STEP == 0 {
            progress(Progress { step: table.to_owned(), done });
        }
    }
    if done == rows { Ok(()) } else { Err(wrong("the number of its rows")) }
}

fn insert_statement(table: &str, columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
    let places: Vec<String> = (1..=columns.len()).map(|i| format!("${i}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", quoted(table), names.join(", "), places.join(", "))
}
