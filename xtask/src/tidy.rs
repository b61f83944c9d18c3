//! `cargo xtask tidy`: the rules of the house that the compiler does not know. One check a file; each
//! says where, what, and what to do.

mod authorization;
mod documents;
mod floors;
mod invariants;
mod lints;
mod messages;
mod modules;
mod pure;
mod sizes;
mod words;

use std::fmt;

use crate::Result;
use crate::repo::{self, File, Tree};

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    fn at(file: &File, line: usize, what: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A rule: its name, and how it is checked.
type Check = (&'static str, fn(&Tree) -> Vec<Finding>);

const CHECKS: &[Check] = &[
    ("every module says why it exists", modules::check),
    ("imports run downwards", floors::check),
    ("every crate keeps the house's lints", lints::check),
    ("what judges evidence is pure and never panics", pure::check),
    ("cited invariants exist", invariants::check),
    ("every endpoint has an authorisation test", authorization::check),
    ("messages agree in three languages", messages::check),
    ("no forbidden words", words::check),
    ("no large files", sizes::check),
];

/// Runs all checks and prints every finding.
pub(crate) fn run() -> Result {
    let tree = Tree::read(&repo::root())?;
    let mut found = 0;
    for (rule, check) in CHECKS {
        let mut findings = check(&tree);
        findings.sort();
        findings.dedup();
        println!("{} {rule}", if findings.is_empty() { "ok  " } else { "FAIL" });
        for finding in &findings {
            println!("  {finding}");
        }
        found += findings.len();
    }
    if !tree.files.iter().any(|f| f.path.starts_with(authorization::DOCUMENTS)) {
        println!("note: {} holds no document, so there was no endpoint to check", authorization::DOCUMENTS);
    }
    let documents = documents::check();
    println!(
        "{} the documents of API and command line are today's",
        if documents.is_ok() { "ok  " } else { "FAIL" }
    );
    documents?;
    if found == 0 { Ok(()) } else { Err(format!("tidy found {found}")) }
}

/// Compares what a check finds in a made-up tree with what it should.
#[cfg(test)]
fn expect(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expect: &[&str]) {
    let mut found = check(&Tree::of(files));
    found.sort();
    let found: Vec<String> = found.iter().map(Finding::to_string).collect();
    assert_eq!(found, expect, "in {files:#?}");
}
