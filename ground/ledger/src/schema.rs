//! The tables of the ledger. Every key begins with the participant (PA-1); what a node does as a whole
//! belongs to its operator's.

use corridor_storage::{Migration, Schema};

/// Tiles, checkpoints, what was witnessed, alarms, logs that have ended.
pub const SCHEMA: Schema = Schema {
    name: "ledger",
    migrations: &[
        Migration {
            version: 1,
            name: "tiles, checkpoints, witnessed logs, alarms",
            sql: "
CREATE TABLE tile (
    participant TEXT NOT NULL,
    log TEXT NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (participant, log, level, number)
);
CREATE TABLE checkpoint (
    participant TEXT NOT NULL,
    log TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL,
    time INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    PRIMARY KEY (participant, log, size)
);
CREATE TABLE witnessed (
    participant TEXT NOT NULL,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL,
    time INTEGER NOT NULL,
    checked INTEGER NOT NULL,
    PRIMARY KEY (participant, origin)
);
CREATE TABLE alarm (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    origin TEXT NOT NULL,
    evidence BLOB NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (participant, id)
);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM tile) + (SELECT COUNT(*) FROM checkpoint) + (SELECT COUNT(*) FROM witnessed) + (SELECT COUNT(*) FROM alarm) >= 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 2,
            name: "whether a cosigned checkpoint had a copy",
            sql: "ALTER TABLE checkpoint ADD COLUMN copied INTEGER;",
            verify: "SELECT CASE WHEN COUNT(copied) >= 0 THEN 1 ELSE 0 END FROM checkpoint",
        },
        Migration {
            version: 3,
            name: "checkpoints by their time",
            sql: "CREATE INDEX checkpoint_by_time ON checkpoint (participant, log, time, size);",
            verify: "SELECT CASE WHEN COUNT(*) >= 0 THEN 1 ELSE 0 END FROM checkpoint",
        },
        Migration {
            version: 4,
            name: "logs that have ended",
            sql: "
CREATE TABLE succession (
    participant TEXT NOT NULL,
    number INTEGER NOT NULL,
    origin TEXT NOT NULL,
    successor TEXT NOT NULL,
    statement BLOB NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (participant, number)
);
",
            verify: "SELECT CASE WHEN COUNT(*) >= 0 THEN 1 ELSE 0 END FROM succession",
        },
    ],
};
