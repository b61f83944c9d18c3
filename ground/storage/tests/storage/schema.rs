//! Schemas: migrated once, verified, and refused when they are not what this build knows.

use std::sync::Arc;

use corridor_base::{ErrorCode, OsRandom, Problem, SystemClock};
use corridor_storage::{Migration, Schema, Store};

use crate::common::{Place, TABLES, block, server, sql};

fn open(place: &Place, schemas: &[&'static Schema]) -> Result<Store, Problem> {
    Store::open(place.options.clone(), schemas, Arc::new(SystemClock), Arc::new(OsRandom))
}

fn places() -> Vec<Place> {
    let mut all = vec![Place::sqlite()];
    all.extend(server().map(|server| Place::postgres(&server)));
    all
}

/// Opens with one set of schemas, then with another.
fn check(first: &[&'static Schema], then: &[&'static Schema], expect: Option<ErrorCode>) {
    for place in places() {
        block(async { open(&place, first).unwrap().close().await });
        let second = open(&place, then);
        assert_eq!(second.as_ref().err().map(Problem::code), expect, "{:?}", second.as_ref().err());
        if let Some(problem) = second.err() {
            assert_eq!(problem.arg("what"), Some("test"), "{problem}");
            block(async { open(&place, first).unwrap().close().await });
        }
    }
}

static NEWER: Schema = Schema {
    name: "test",
    migrations: &[
        Migration { ..FIRST },
        Migration {
            version: 2,
            name: "a column more",
            sql: "ALTER TABLE counter ADD COLUMN more INTEGER;",
            verify: "SELECT CASE WHEN COUNT(more) >= 0 THEN 1 ELSE 0 END FROM counter",
        },
    ],
};

static CHANGED: Schema = Schema {
    name: "test",
    migrations: &[Migration {
        sql: "CREATE TABLE other (participant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (participant, id));",
        verify: "SELECT 1",
        ..FIRST
    }],
};

const FIRST: Migration = Migration {
    version: TABLES.migrations[0].version,
    name: TABLES.migrations[0].name,
    sql: TABLES.migrations[0].sql,
    verify: TABLES.migrations[0].verify,
};

#[test]
fn opening_again_changes_nothing() {
    check(&[&TABLES], &[&TABLES], None);
}

#[test]
fn an_older_database_is_migrated() {
    check(&[&TABLES], &[&NEWER], None);
}

#[test]
fn a_newer_version_is_refused_by_name_and_left_alone() {
    check(&[&NEWER], &[&TABLES], Some(ErrorCode::SchemaUnknown));
}

#[test]
fn a_schema_of_another_build_is_refused_by_name() {
    check(&[&TABLES], &[], Some(ErrorCode::SchemaUnknown));
}

#[test]
fn a_released_migration_that_changed_is_refused() {
    check(&[&TABLES], &[&CHANGED], Some(ErrorCode::SchemaUnverified));
}

#[test]
fn a_migration_that_fails_or_does_not_verify_leaves_nothing() {
    static BROKEN: Schema = Schema {
        name: "test",
        migrations: &[Migration {
            version: 1,
            name: "half",
            sql: "CREATE TABLE half (participant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (participant, id)); CREATE NONSENSE;",
            verify: "SELECT 1",
        }],
    };
    static FALSE: Schema = Schema {
        name: "test",
        migrations: &[Migration {
            version: 1,
            name: "half",
            sql: "CREATE TABLE half (participant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (participant, id));",
            verify: "SELECT COUNT(*) FROM half",
        }],
    };
    static GOOD: Schema = Schema {
        name: "test",
        migrations: &[Migration {
            version: 1,
            name: "whole",
            sql: "CREATE TABLE half (participant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (participant, id));",
            verify: "SELECT COUNT(*) + 1 FROM half",
        }],
    };
    for place in places() {
        assert!(open(&place, &[&BROKEN]).is_err());
        assert_eq!(open(&place, &[&FALSE]).err().unwrap().code(), ErrorCode::SchemaUnverified);
        open(&place, &[&GOOD]).unwrap();
    }
}

/// PA-1, at the root.
#[test]
fn a_table_that_does_not_belong_to_participants_is_refused() {
    static LOOSE: Schema = Schema {
        name: "test",
        migrations: &[Migration {
            version: 1,
            name: "loose",
            sql: "CREATE TABLE loose (id TEXT NOT NULL, participant TEXT NOT NULL, PRIMARY KEY (id, participant));",
            verify: "SELECT 1",
        }],
    };
    for place in places() {
        let problem = open(&place, &[&LOOSE]).err().unwrap();
        assert_eq!((problem.code(), problem.arg("what")), (ErrorCode::SchemaUnverified, Some("loose")));
    }
}

#[test]
fn a_table_that_was_changed_by_hand_is_noticed() {
    let Some(server) = server() else { return };
    let place = Place::postgres(&server);
    block(async { open(&place, &[&TABLES]).unwrap().close().await });
    sql(&place.url(), "ALTER TABLE counter DROP COLUMN n");
    assert_eq!(open(&place, &[&TABLES]).err().unwrap().code(), ErrorCode::SchemaUnverified);
}

#[test]
fn rows_do_not_cross_a_network_in_the_clear() {
    for url in ["postgres://db.example/x", "postgres://10.0.0.7/x", "postgres://127.0.0.1/x?sslmode=require"]
    {
        let place = Place::at(url, 0);
        let problem = open(&place, &[&TABLES]).err().unwrap();
        assert!(problem.arg("why").unwrap().contains("TLS"), "{problem}");
    }
    let secret = Place::at("postgres://user:hunter2@[broken", 0);
    let problem = open(&secret, &[&TABLES]).err().unwrap();
    assert!(!format!("{problem}").contains("hunter2"));
}
