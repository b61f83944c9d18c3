//! Backup of a running node by another process, and its restoration on either engine.
//!
//! A backup is a directory: `tables/NAME.jsonl` (a header line, then a row a line), `blobs/…`,
//! `files/…` and, last, `manifest.json` with the digest of everything and `manifest.sha256` with
//! its own. The rows are of one snapshot; the blobs are copied after it, and since a blob never
//! changes and is written before its row, every row finds its blob. A blob deleted in between is
//! missing from the backup: deletion was what somebody wanted.
//!
//! The digests tell damage, not malice: who can write to a backup can write a manifest too. It
//! holds the keys that sign and is to be kept as closed as the data directory. The keys of persons are
//! not in it: see [`crate::keybook`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::digest::Hasher;
use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::blobs::{digest_of_file, files_below, root_of};
use crate::durable::{self, file_problem};
use crate::restored::{self, Restored};
use crate::schema::{self, Maintenance, Schema, VERSION_TABLE};
use crate::store::{Database, Options};
use crate::value::{Arg, Row, Value};
use crate::{keybook, postgresql, sqlite};

/// The version of the format that this build writes and reads.
const FORMAT: u32 = 1;

/// The largest manifest and the longest line of a table that are read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 30;
const LINE_LIMIT: u64 = 256 << 20;

/// How many rows pass between two words of progress.
const STEP: u64 = 1000;

/// What a backup holds: the last file written into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format.
    pub format: u32,
    /// When the snapshot was taken.
    pub taken: Timestamp,
    /// The version of every schema.
    pub schemas: BTreeMap<String, u32>,
    /// The number of rows of every table.
    pub tables: BTreeMap<String, u64>,
    /// The number of blobs.
    pub blobs: u64,
    /// Every file of the backup but this one, by its path in it.
    pub files: BTreeMap<String, FileEntry>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Digest,
}

/// A file beside the store that the backup shall hold too: keys, configuration. Restored with mode
/// 0600.
#[derive(Clone, Debug)]
pub struct ExtraFile {
    /// Its relative path in the backup and below the directory it is restored to.
    pub name: String,
    /// Where it is now.
    pub path: PathBuf,
}

/// How far a backup or a restoration has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// What is being done: the name of a table, `blobs`, `files`, `verify`.
    pub step: String,
    /// How many rows, blobs or files of it are done.
    pub done: u64,
}

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

/// The blocking client of PostgreSQL may not run on a thread of a runtime.
pub(crate) fn on_a_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let fault = || Problem::new(ErrorCode::Internal).with("why", "a panic in a backup");
        scope.spawn(work).join().unwrap_or_else(|_| Err(fault()))
    })
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

/// Whether a relative path stays below where it is put.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
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

/// A file that is digested while it is written.
struct Hashed {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Hasher,
    size: u64,
}

impl Hashed {
    fn create(below: &Path, name: &str) -> Result<Self> {
        let path = below.join(name);
        durable::create_directory(path.parent().unwrap_or(below))?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = BufWriter::with_capacity(256 << 10, file.map_err(|e| file_problem(&path, e))?);
        Ok(Self { path, file, hasher: Hasher::new(), size: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|e| file_problem(&self.path, e))
    }

    fn copy(&mut self, source: &mut File, from: &Path) -> Result<()> {
        let mut piece = vec![0; 256 << 10];
        loop {
            let read = source.read(&mut piece).map_err(|e| file_problem(from, e))?;
            match piece.get(..read) {
                None | Some([]) => return Ok(()),
                Some(some) => self.write(some)?,
            }
        }
    }

    /// Makes it durable, its directory included.
    fn finish(self) -> Result<FileEntry> {
        let file = self.file.into_inner().map_err(|e| file_problem(&self.path, e.into_error()))?;
        file.sync_all().map_err(|e| file_problem(&self.path, e))?;
        durable::sync_parent(&self.path)?;
        Ok(FileEntry { size: self.size, sha256: self.hasher.finish() })
    }
}

/// One table on its way into its file.
struct TableFile<'a> {
    name: String,
    file: Hashed,
    rows: u64,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

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

impl<'a> TableFile<'a> {
    fn create(part: &Path, name: &str, progress: &'a mut (dyn FnMut(Progress) + Send)) -> Result<Self> {
        let file = Hashed::create(part, &format!("tables/{name}.jsonl"))?;
        Ok(Self { name: name.to_owned(), file, rows: 0, progress })
    }

    fn line(&mut self, what: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(what).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        line.push(b'\n');
        self.file.write(&line)
    }

    fn finish(self, manifest: &mut Manifest) -> Result<()> {
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

/// The tables that hold what participants stored.
fn stored_tables(db: &mut dyn Maintenance) -> Result<Vec<(String, Option<String>)>> {
    let mut tables = db.tables()?;
    tables.retain(|(name, _)| name != VERSION_TABLE);
    Ok(tables)
}

fn versions(db: &mut dyn Maintenance) -> Result<BTreeMap<String, u32>> {
    let rows = db.ask("SELECT name, MAX(version) FROM schema_version GROUP BY name")?;
    let pairs = schema::pairs(rows).into_iter();
    Ok(pairs.map(|(name, version)| (name, version.and_then(|v| v.parse().ok()).unwrap_or(0))).collect())
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

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

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

pub(crate) fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn insert_statement(table: &str, columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
    let places: Vec<String> = (1..=columns.len()).map(|i| format!("${i}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", quoted(table), names.join(", "), places.join(", "))
}

/// One line as JSON; `None` at the end.
fn next_line<T: for<'de> Deserialize<'de>>(lines: &mut impl BufRead) -> Result<Option<T>, ()> {
    let mut line = Vec::new();
    let read = lines.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line).map_err(|_| ())?;
    if read == 0 {
        return Ok(None);
    }
    serde_json::from_slice(&line).map(Some).map_err(|_| ())
}
