//! Schemas: the tables of each crate, made and changed by numbered migrations, each checked by a
//! query of its own before it counts. A database from a newer build is refused by name.

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
