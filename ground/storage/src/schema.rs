//! Schemas: the tables of each crate, made and changed by numbered migrations, each checked by a
//! query of its own before it counts. A database from a newer build is refused by name.

use std::collections::BTreeMap;

use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};

/// The tables of one crate.
#[derive(Debug)]
pub struct Schema {
    /// The crate's short name: `exchange`.
    pub name: &'static str,
    /// In the order of their versions, from 1, without a gap. Append only: a released migration
    /// never changes.
    pub migrations: &'static [Migration],
}

/// One step of a schema, done whole or not at all.
///
/// The SQL is written once for both engines with the types `TEXT`, `INTEGER` (64 bits) and `BLOB`;
/// PostgreSQL gets `TEXT COLLATE "C"`, `BIGINT` and `BYTEA` instead, so that both order texts by
/// their bytes. Every table's primary key begins with `participant TEXT NOT NULL` (PA-1), which is
/// checked when the store is opened; so does every other unique index that is worth having.
#[derive(Debug)]
pub struct Migration {
    /// Its number in the schema.
    pub version: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    /// One or more statements, each ended by `;`.
    pub sql: &'static str,
    /// A query that answers exactly one row holding the number 1 when the tables are as this
    /// version wants them, whatever rows they hold. It is asked in the migration's transaction,
    /// and again at every start when this is the newest version.
    pub verify: &'static str,
}

/// Storage's own tables, migrated before all others.
pub(crate) static STORAGE: Schema = Schema {
    name: "storage",
    migrations: &[
        Migration {
            version: 1,
            name: "acts and deliveries",
            sql: "
            CREATE TABLE act (
                participant TEXT NOT NULL,
                id TEXT NOT NULL,
                kind TEXT NOT NULL,
                subject TEXT,
                time INTEGER NOT NULL,
                bytes BLOB NOT NULL,
                opening BLOB,
                PRIMARY KEY (participant, id)
            );
            CREATE INDEX act_subject ON act (participant, subject, id);
            CREATE TABLE delivery (
                participant TEXT NOT NULL,
                id TEXT NOT NULL,
                queue TEXT NOT NULL,
                kind TEXT NOT NULL,
                subject TEXT NOT NULL,
                body BLOB NOT NULL,
                state TEXT NOT NULL,
                attempts INTEGER NOT NULL,
                created INTEGER NOT NULL,
                due INTEGER NOT NULL,
                owner TEXT NOT NULL,
                last_error TEXT,
                PRIMARY KEY (participant, id)
            );
            CREATE INDEX delivery_due ON delivery (participant, state, queue, due);
        ",
            verify: "
            SELECT CASE WHEN (SELECT COUNT(*) FROM act WHERE time < 0) = 0
                AND (SELECT COUNT(*) FROM delivery WHERE state NOT IN ('pending', 'dead')) = 0
                THEN 1 ELSE 0 END
        ",
        },
        Migration {
            version: 2,
            name: "leaves",
            sql: "
            CREATE TABLE leaf (
                participant TEXT NOT NULL,
                log TEXT NOT NULL,
                id TEXT NOT NULL,
                number INTEGER,
                bytes BLOB,
                PRIMARY KEY (participant, log, id)
            );
            INSERT INTO leaf (participant, log, id, number)
                SELECT participant, 'acts', id, ROW_NUMBER() OVER (ORDER BY id, participant) - 1 FROM act;
            CREATE UNIQUE INDEX leaf_number ON leaf (log, number);
            CREATE INDEX leaf_waiting ON leaf (id) WHERE number IS NULL;
        ",
            // Asked at every start, of a log that may be long: a look at some acts, not at all of them.
            verify: "
            SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT participant, id FROM act LIMIT 1000) a
                    WHERE NOT EXISTS (SELECT 1 FROM leaf l
                        WHERE l.participant = a.participant AND l.log = 'acts' AND l.id = a.id)) = 0
                AND (SELECT COUNT(*) FROM (SELECT number, bytes FROM leaf LIMIT 1) l) >= 0
                THEN 1 ELSE 0 END
        ",
        },
        Migration {
            version: 3,
            name: "the mark of a restoration",
            // The table as `restored::TABLE` has it, which a restoration makes when the backup is older.
            sql: "
            CREATE TABLE IF NOT EXISTS restored (
                participant TEXT NOT NULL,
                taken INTEGER NOT NULL,
                time INTEGER NOT NULL,
                PRIMARY KEY (participant)
            );
            CREATE INDEX leaf_lost ON leaf (number) WHERE log = 'acts' AND bytes IS NOT NULL;
        ",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM restored WHERE taken > time) = 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 4,
            name: "the keys of persons",
            sql: "
            CREATE TABLE subject_key (
                participant TEXT NOT NULL,
                id TEXT NOT NULL,
                partner TEXT NOT NULL,
                reference TEXT NOT NULL,
                key BLOB NOT NULL,
                created INTEGER NOT NULL,
                PRIMARY KEY (participant, id)
            );
            CREATE UNIQUE INDEX subject_key_reference ON subject_key (participant, partner, reference);
            CREATE TABLE subject_handle (
                participant TEXT NOT NULL,
                subject TEXT NOT NULL,
                partner TEXT NOT NULL,
                handle TEXT NOT NULL,
                PRIMARY KEY (participant, subject, partner)
            );
            CREATE UNIQUE INDEX subject_handle_back ON subject_handle (participant, partner, handle);
            CREATE TABLE seal_subject (
                participant TEXT NOT NULL,
                seal TEXT NOT NULL,
                subject TEXT NOT NULL,
                PRIMARY KEY (participant, seal, subject)
            );
            CREATE INDEX seal_subject_back ON seal_subject (participant, subject);
            ALTER TABLE act ADD COLUMN seal TEXT;
            CREATE INDEX act_seal ON act (participant, seal) WHERE seal IS NOT NULL;
        ",
            verify: "
            SELECT CASE WHEN (SELECT COUNT(*) FROM subject_key WHERE created < 0)
                + (SELECT COUNT(*) FROM subject_handle WHERE handle = '')
                + (SELECT COUNT(*) FROM seal_subject WHERE seal = '') = 0
                AND (SELECT COUNT(*) FROM (SELECT seal FROM act LIMIT 1) a) >= 0
                THEN 1 ELSE 0 END
        ",
        },
        Migration {
            version: 5,
            name: "lost leaves by log and number",
            // Led by the log, as the question is: otherwise the planner takes `leaf_number`, and reads every leaf.
            sql: "
            DROP INDEX leaf_lost;
            CREATE INDEX leaf_lost ON leaf (log, number) WHERE log = 'acts' AND bytes IS NOT NULL;
        ",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT 1 FROM leaf WHERE log = 'acts' AND bytes IS NOT NULL
                AND number >= 0 LIMIT 1) l) >= 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 6,
            name: "seals by subject",
            // With all that is asked for in it: otherwise the planner takes the primary key, and reads every seal.
            sql: "
            DROP INDEX seal_subject_back;
            CREATE INDEX seal_subject_back ON seal_subject (participant, subject, seal);
        ",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT seal FROM seal_subject LIMIT 1) s) >= 0
                THEN 1 ELSE 0 END",
        },
        Migration {
            version: 7,
            name: "raw logs after a restoration",
            // The table as `restored::TABLE` has it.
            sql: "
            CREATE TABLE IF NOT EXISTS whole_log (
                participant TEXT NOT NULL,
                log TEXT NOT NULL,
                PRIMARY KEY (participant, log)
            );
        ",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM whole_log WHERE participant <> '') = 0
                THEN 1 ELSE 0 END",
        },
    ],
};

/// The table of applied migrations. The one table without a participant: it describes the database,
/// not what anybody stored, and only this module reads it.
pub(crate) const VERSION_TABLE: &str = "schema_version";

/// What migrating needs of an engine, on a connection that nobody else uses.
pub(crate) trait Maintenance {
    /// Runs statements that answer nothing.
    fn batch(&mut self, sql: &str) -> Result<()>;
    /// Asks, and has every value as text.
    fn ask(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>>;
    /// A migration's SQL in this engine's types.
    fn dialect(&self, sql: &str) -> String;
    /// How a transaction that will write begins.
    fn begin(&self) -> &'static str;
    /// Every table with the first column of its primary key.
    fn tables(&mut self) -> Result<Vec<(String, Option<String>)>>;
}

/// Brings the tables to the newest version this build knows, or to the versions of `up_to` for the
/// schemas it names. Several processes may not do this at once: the caller holds a lock.
pub(crate) fn migrate(
    db: &mut dyn Maintenance,
    schemas: &[&'static Schema],
    now: Timestamp,
    up_to: Option<&BTreeMap<String, u32>>,
) -> Result<()> {
    db.batch(&db.dialect(
        "CREATE TABLE IF NOT EXISTS schema_version (name TEXT NOT NULL, version INTEGER NOT NULL, \
         title TEXT NOT NULL, digest TEXT NOT NULL, applied INTEGER NOT NULL, PRIMARY KEY (name, version));",
    ))?;
    let schemas: Vec<&'static Schema> = std::iter::once(&STORAGE).chain(schemas.iter().copied()).collect();
    let applied = applied(db)?;
    for (name, versions) in &applied {
        judge(name, versions, &schemas)?;
    }
    for schema in schemas {
        let current = applied.get(schema.name).map_or(0, BTreeMap::len);
        let wanted = up_to.map_or(u32::MAX, |up_to| up_to.get(schema.name).copied().unwrap_or(0));
        if let Some(newest) = current.checked_sub(1).and_then(|i| schema.migrations.get(i)) {
            verify(db, schema, newest)?;
        }
        for migration in schema.migrations.iter().skip(current).filter(|m| m.version <= wanted) {
            apply(db, schema, migration, now)?;
        }
    }
    led_by_participant(db)
}

/// Each schema with the digests of its applied migrations by version.
type Applied = BTreeMap<String, BTreeMap<u32, String>>;

fn applied(db: &mut dyn Maintenance) -> Result<Applied> {
    let mut found = Applied::new();
    for row in db.ask("SELECT name, version, digest FROM schema_version ORDER BY name, version")? {
        let mut values = row.into_iter().map(Option::unwrap_or_default);
        let (name, version, digest) = (values.next(), values.next(), values.next());
        let version = version.and_then(|v| v.parse().ok()).unwrap_or(u32::MAX);
        found.entry(name.unwrap_or_default()).or_default().insert(version, digest.unwrap_or_default());
    }
    Ok(found)
}

/// The versions that this build knows, by schema.
pub(crate) fn known(schemas: &[&'static Schema]) -> BTreeMap<String, u32> {
    let newest = |s: &Schema| (s.name.to_owned(), s.migrations.last().map_or(0, |m| m.version));
    std::iter::once(&STORAGE).chain(schemas.iter().copied()).map(newest).collect()
}

/// What is refused: data of a build that knows more than this one.
pub(crate) fn unknown(name: &str, found: u32, expected: u32) -> Problem {
    Problem::new(ErrorCode::SchemaUnknown).with("what", name).with("found", found).with("expected", expected)
}

fn judge(name: &str, versions: &BTreeMap<u32, String>, schemas: &[&'static Schema]) -> Result<()> {
    let found = versions.keys().next_back().copied().unwrap_or(0);
    let schema = schemas.iter().find(|s| s.name == name).ok_or_else(|| unknown(name, found, 0))?;
    let expected = schema.migrations.last().map_or(0, |m| m.version);
    if found > expected {
        return Err(unknown(name, found, expected));
    }
    for (migration, (version, digest)) in schema.migrations.iter().zip(versions) {
        if migration.version != *version || Digest::of(migration.sql.as_bytes()).to_string() != *digest {
            return Err(unverified(name, format!("migration {version} is not the one that made these data")));
        }
    }
    Ok(())
}

fn unverified(name: &str, why: String) -> Problem {
    Problem::new(ErrorCode::SchemaUnverified).with("what", name).with("why", why)
}

fn apply(db: &mut dyn Maintenance, schema: &Schema, migration: &Migration, now: Timestamp) -> Result<()> {
    db.batch(db.begin())?;
    let done = apply_inside(db, schema, migration, now).and_then(|()| db.batch("COMMIT"));
    if done.is_err() {
        // When this fails too, the connection is of no use any more and its end rolls back.
        let _ = db.batch("ROLLBACK");
    }
    done
}

fn apply_inside(
    db: &mut dyn Maintenance,
    schema: &Schema,
    migration: &Migration,
    now: Timestamp,
) -> Result<()> {
    db.batch(&db.dialect(migration.sql))?;
    verify(db, schema, migration)?;
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    db.batch(&format!(
        "INSERT INTO schema_version (name, version, title, digest, applied) VALUES ({}, {}, {}, {}, {})",
        quoted(schema.name),
        migration.version,
        quoted(migration.name),
        quoted(&Digest::of(migration.sql.as_bytes()).to_string()),
        now.millis(),
    ))
}

fn verify(db: &mut dyn Maintenance, schema: &Schema, migration: &Migration) -> Result<()> {
    let wrong = |why: String| unverified(schema.name, format!("version {}: {why}", migration.version));
    let rows = db.ask(migration.verify).map_err(|p| wrong(p.arg("why").unwrap_or_default().to_owned()))?;
    match rows.as_slice() {
        [row] if row.as_slice() == [Some("1".to_owned())] => Ok(()),
        _ => Err(wrong(format!("the check answered {rows:?}"))),
    }
}

/// PA-1 at the root: no table without the participant at the head of its primary key.
fn led_by_participant(db: &mut dyn Maintenance) -> Result<()> {
    for (table, first) in db.tables()? {
        if table != VERSION_TABLE && first.as_deref() != Some("participant") {
            return Err(unverified(
                &table,
                "its primary key does not begin with participant (PA-1)".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Rows of a name and perhaps another.
pub(crate) fn pairs(rows: Vec<Vec<Option<String>>>) -> Vec<(String, Option<String>)> {
    let pair = |row: Vec<Option<String>>| {
        let mut values = row.into_iter();
        (values.next().flatten().unwrap_or_default(), values.next().flatten())
    };
    rows.into_iter().map(pair).collect()
}

/// Replaces whole words outside of quoted text.
pub(crate) fn replace_words(sql: &str, replace: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sql.len() + sql.len() / 4);
    let mut word = String::new();
    let mut quoted = false;
    for c in sql.chars().chain(std::iter::once('\n')) {
        if !quoted && (c.is_ascii_alphanumeric() || c == '_') {
            word.push(c);
            continue;
        }
        let other = replace.iter().find(|(from, _)| *from == word).map(|(_, to)| *to);
        out.push_str(other.unwrap_or(&word));
        word.clear();
        quoted ^= c == '\'';
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expect: &str) {
        let pairs = [("TEXT", "TEXT COLLATE \"C\""), ("INTEGER", "BIGINT"), ("BLOB", "BYTEA")];
        assert_eq!(replace_words(sql, &pairs), format!("{expect}\n"));
    }

    #[test]
    fn types_are_replaced_as_words_only() {
        check("a TEXT, b INTEGER", "a TEXT COLLATE \"C\", b BIGINT");
        check("BLOB_STORE BLOB 'BLOB' BLOB", "BLOB_STORE BYTEA 'BLOB' BYTEA");
    }
}
