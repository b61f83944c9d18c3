//! The tables of trust: every list and recognition ever accepted, as the bytes that were signed.
//! They belong to the operator's participant (PA-1): what a node trusts, it trusts as a whole.

use corridor_storage::{Migration, Schema};

/// Give this to [`corridor_storage::Store::open`].
pub static SCHEMA: Schema = Schema { name: "identity", migrations: &[FIRST] };

const FIRST: Migration = Migration {
    version: 1,
    name: "trust lists, recognitions, conflicting lists",
    sql: "CREATE TABLE trust_list (
            participant TEXT NOT NULL,
            country TEXT NOT NULL,
            number INTEGER NOT NULL,
            digest BLOB NOT NULL,
            statement BLOB NOT NULL,
            accepted INTEGER NOT NULL,
            PRIMARY KEY (participant, country, number)
          );
          CREATE TABLE trust_list_conflict (
            participant TEXT NOT NULL,
            country TEXT NOT NULL,
            number INTEGER NOT NULL,
            digest BLOB NOT NULL,
            statement BLOB NOT NULL,
            seen INTEGER NOT NULL,
            PRIMARY KEY (participant, country, number, digest)
          );
          CREATE TABLE recognition (
            participant TEXT NOT NULL,
            digest BLOB NOT NULL,
            statement BLOB NOT NULL,
            accepted INTEGER NOT NULL,
            PRIMARY KEY (participant, digest)
          );",
    // One row whatever the tables hold; an error when a column is missing.
    verify: "SELECT 1
          + (SELECT COUNT(*) FROM trust_list WHERE number < 0 AND participant = country
             AND digest = statement AND accepted < 0)
          + (SELECT COUNT(*) FROM trust_list_conflict WHERE number < 0 AND participant = country
             AND digest = statement AND seen < 0)
          + (SELECT COUNT(*) FROM recognition WHERE participant = '' AND digest = statement
             AND accepted < 0)",
};
