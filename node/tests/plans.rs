//! No question to the books reads a whole table, or all that one participant has of it, and none walks along the
//! order of an index past one that leads closer: every statement in the source that reads rows of a participant is
//! laid before SQLite's planner (EXPLAIN QUERY PLAN) over the tables as the migrations make them. The planner
//! knows nothing of the rows, as in a node, so that its choice here is its choice there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use corridor_node::assembly::{Surroundings, schemas};
use corridor_node::service::{self, With};
use corridor_storage::{Options, Store};
use rusqlite::Connection;

/// What may read all of one participant's rows, and why. May only become shorter, or get a line with a reason.
const BOUNDED: &[(&str, &str)] = &[
    ("FROM risk_rule", "the rules of one office are a few hundred at most"),
    (
        "FROM hub_arrival WHERE participant = $1 ORDER BY created",
        "the index has the order, the limit ends it",
    ),
    ("LIMIT $3) AS n WHERE NOT EXISTS", "of the newest, which an index has in order; the limit ends it"),
    ("FROM act WHERE participant = $1 AND ($2 = ''", "the primary key has the order, the limit ends it"),
    ("FROM erasure WHERE participant = $1 AND ($2 = ''", "the primary key has the order, the limit ends it"),
    ("FROM erasure_request r JOIN", "an index of those that are not confirmed, and they are few"),
    ("COUNT(*) FROM trade_draft", "a participant has a thousand drafts at most"),
    ("FROM trust_list", "a list a week and country"),
    ("FROM recognition", "two statements a pair of countries"),
    ("FROM agreement WHERE participant = $1 ORDER BY recorded", "the agreements of one participant"),
    ("FROM lack", "a row a partner"),
    ("FROM restoration", "one row a participant"),
    ("FROM alarm", "there should be none"),
    ("FROM succession", "there should be none"),
    ("FROM restored", "one row, or none"),
    ("DELETE FROM whole_log", "a row a raw log, once a restoration"),
    ("SELECT origin FROM witnessed WHERE participant = $1 LIMIT 1", "the first row, at a start"),
    ("FROM token", "the tokens of one participant"),
    ("FROM person_grant", "the people of one participant"),
    ("FROM department", "the departments of one participant"),
    ("FROM sign_on", "the people of one participant"),
    ("FROM account a", "the people of one participant"),
    ("FROM session", "the sessions that have not ended"),
    ("FROM sign_in_link", "the links that were not used"),
    ("AND size = ( SELECT size FROM checkpoint", "counts back from the newest, as many as are kept"),
    ("AND id IN ( SELECT id FROM delivery", "the inner question names them"),
];

/// The texts in a piece of source, with the place of each.
fn texts(source: &str) -> Vec<(usize, String)> {
    let (mut found, mut open, mut text, mut escaped) = (Vec::new(), None, String::new(), false);
    for (at, c) in source.char_indices() {
        match open {
            None if c == '"' && !source[..at].ends_with('\'') => open = Some(at),
            None => {}
            Some(_) if escaped => {
                text.push(c);
                escaped = false;
            }
            Some(_) if c == '\\' => escaped = true,
            Some(begin) if c == '"' => {
                found.push((begin, std::mem::take(&mut text)));
                open = None;
            }
            Some(_) => text.push(c),
        }
    }
    found
}

/// The source without comments and without what is only for tests.
fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The texts that a macro of this file puts around its argument: `columns!()`, `select!("WHERE …")`.
fn macros(code: &str) -> BTreeMap<String, (String, String)> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    for piece in code.split("macro_rules! ").skip(1) {
        let (name, rest) = piece.split_once(' ').unwrap();
        let body = rest.split("\n}\n").next().unwrap();
        // `$1` in a text is a parameter of the statement; the argument of the macro has a name.
        let named = |at: &usize| body[*at + 1..].starts_with(char::is_alphabetic);
        let argument = body.match_indices('$').map(|(at, _)| at).rfind(named).unwrap_or(body.len());
        let (mut before, mut after) = (String::new(), String::new());
        if body.contains("columns!()") {
            before.push_str(&found["columns"].0);
        }
        for (at, text) in texts(body) {
            if at < argument { before.push_str(&text) } else { after.push_str(&text) }
        }
        found.insert(name.to_owned(), (before, after));
    }
    found
}

/// Every statement of a file that reads: what it says, whole.
fn statements(source: &str) -> Vec<String> {
    let code = code(source);
    let macros = macros(&code);
    let mut found = Vec::new();
    for (at, text) in texts(&code) {
        let before = code[..at].trim_end();
        let around = macros.iter().find(|(name, _)| before.ends_with(&format!("{name}!(")));
        let whole = match around {
            Some((_, (before, after))) => format!("{before}{text}{after}"),
            None => text,
        };
        let reads = ["SELECT ", "UPDATE ", "DELETE "].iter().any(|word| whole.trim_start().starts_with(word));
        let of_postgresql = whole.contains(" FOR UPDATE") || whole.contains("::");
        if reads && !of_postgresql && whole.contains("participant = $1") {
            found.push(whole);
        }
    }
    found
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
}

/// The tables of a node.
fn tables() -> Connection {
    let folder = tempfile::tempdir().unwrap();
    let around = Surroundings::of_machine();
    let services = service::all(&around, With::default());
    let options = Options::directory(folder.path());
    drop(Store::open(options, &schemas(&services), around.clock, around.random).unwrap());
    let file = Connection::open(folder.path().join("corridor.sqlite")).unwrap();
    let mut made = file.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").unwrap();
    let made: Vec<String> = made.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let db = Connection::open_in_memory().unwrap();
    for statement in made {
        db.execute_batch(&statement).unwrap();
    }
    db
}

/// What is wrong with the plan of a statement.
fn wrong(db: &Connection, statement: &str) -> Vec<String> {
    let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap_or_else(|e| panic!("{e}"));
    for at in 1..=plan.parameter_count() {
        plan.raw_bind_parameter(at, rusqlite::types::Null).unwrap();
    }
    let mut rows = plan.raw_query();
    let mut wrong = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let step: String = row.get(3).unwrap();
        let whole = step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW";
        // All that one participant has, but for an index of the few rows that the statement is about.
        let all = step.ends_with("(participant=?)");
        if whole || all || passed_over(db, statement, &step) {
            wrong.push(step);
        }
    }
    wrong
}

/// Whether the planner walks along the order of an index although another one leads closer to what is looked for:
/// it does so to save itself the sorting, and reads everything when fewer rows fit than the limit says.
fn passed_over(db: &Connection, statement: &str, step: &str) -> bool {
    let Some((table, rest)) = step.strip_prefix("SEARCH ").and_then(|rest| rest.split_once(" USING ")) else {
        return false;
    };
    let used = rest.matches("=?").count();
    let asked = |column: &str| {
        ["WHERE", "AND"].iter().any(|word| statement.contains(&format!(" {word} {column} = ")))
    };
    let mut indexes = db.prepare("SELECT l.name FROM pragma_index_list(?1) l WHERE l.partial = 0").unwrap();
    let names = indexes.query_map([table], |row| row.get::<_, String>(0)).unwrap();
    names.map(Result::unwrap).any(|name| {
        let mut columns = db.prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno").unwrap();
        let columns = columns.query_map([name], |row| row.get::<_, String>(0)).unwrap();
        columns.map(Result::unwrap).take_while(|column| asked(column)).count() > used
    })
}

#[test]
fn no_statement_reads_a_whole_table() {
    let db = tables();
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["ground", "services", "node"] {
        sources(&root.join(folder), &mut files);
    }
    let mut number = 0;
    let mut found = Vec::new();
    for file in &files {
        for statement in statements(&std::fs::read_to_string(file).unwrap()) {
            number += 1;
            let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            if BOUNDED.iter().any(|(of, _)| statement.contains(of)) {
                continue;
            }
            for step in wrong(&db, &statement) {
                found.push(format!("{}: {step}\n    {statement}", file.display()));
            }
        }
    }
    assert!(number >= 200, "only {number} statements were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The test finds what it is for.
#[test]
fn a_statement_that_reads_all_is_found() {
    let db = tables();
    let check = |statement: &str, expect: usize| {
        assert_eq!(wrong(&db, statement).len(), expect, "{statement}: {:?}", wrong(&db, statement));
    };
    check("SELECT * FROM interchange", 1);
    check("SELECT * FROM customs_case WHERE participant = $1 AND party = $2", 1);
    check("SELECT * FROM customs_case WHERE participant = $1 AND ($2 = '' OR port = $2)", 1);
    check("SELECT * FROM customs_case WHERE participant = $1 AND port = $2", 0);
    let newest = "SELECT * FROM interchange WHERE participant = $1 AND side = $2 AND reference = $3 ORDER BY";
    check(&format!("{newest} created DESC LIMIT 100"), 0);
    db.execute_batch(
        "DROP INDEX interchange_by_reference;
         CREATE INDEX interchange_by_reference ON interchange (participant, side, reference);",
    )
    .unwrap();
    check(&format!("{newest} created DESC LIMIT 100"), 1);
    let source = "macro_rules! select {\n    ($from:literal) => {\n        concat!(\n            \"SELECT a FROM t \",\n            $from\n        )\n    };\n}\nfn f() { select!(\"WHERE participant = $1\") }";
    assert_eq!(statements(source), ["SELECT a FROM t WHERE participant = $1"]);
}
