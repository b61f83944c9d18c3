//! `ground/proof` is pure, so that an auditor's tool and a browser's script can judge as a node does: what it
//! does follows from what it is given, and it never panics. Outside its tests it names nothing of the standard
//! library but values, nothing of `base` that asks the machine, and no crate but those that only calculate.

use std::collections::BTreeSet;

use super::Finding;
use crate::repo::{File, Tree};

const CRATE: &str = "ground/proof/";

/// What it may name of the standard library, each with all below it.
const STANDARD: &[&str] = &[
    "borrow",
    "cmp",
    "collections",
    "convert",
    "error",
    "fmt",
    "iter",
    "marker",
    "mem",
    "num",
    "ops",
    "str",
    "sync::Arc",
    "time::Duration",
];

/// What `base` has for those who stand on a machine.
const OF_A_MACHINE: &[&str] = &["SystemClock", "OsRandom"];

/// What panics and is no lint of clippy's.
const PANICS: &[&str] = &["assert!", "assert_eq!", "assert_ne!", "debug_assert!", "debug_assert_eq!"];

/// Crates that only calculate.
const CRATES: &[&str] = &[
    "corridor-base",
    "base64",
    "bs58",
    "ed25519-dalek",
    "hmac",
    "ml-dsa",
    "sha2",
    "serde",
    "serde_json",
    "subtle",
    "zeroize",
];

/// Crates that must not stand below it either, whoever brings them.
const THAT_REACH_OUT: &[&str] = &[
    "async-std",
    "chrono",
    "hyper",
    "mio",
    "object_store",
    "postgres",
    "reqwest",
    "rusqlite",
    "rustix",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "tokio-postgres",
    "ureq",
];

/// The lints that it forbids, which no `allow` below can undo.
const LINTS: &[&str] =
    &["expect_used", "indexing_slicing", "panic", "todo", "unimplemented", "unreachable", "unwrap_used"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sources = tree.ending(&[".rs"]).filter(|f| f.path.starts_with(CRATE));
    for file in sources.filter(|f| f.path.starts_with("ground/proof/src/") && !f.ends(&["/tests.rs"])) {
        findings.extend(impure(file));
    }
    findings.extend(tree.file("ground/proof/build.rs").map(|f| Finding::at(f, 1, "a build script is IO")));
    findings.extend(tree.file("ground/proof/src/lib.rs").and_then(not_forbidden));
    if let Some(manifest) = tree.file("ground/proof/Cargo.toml") {
        findings.extend(reaching_out(manifest, tree.file("Cargo.lock")));
    }
    findings
}

/// The lines of a file that are no tests, without their comments.
fn code(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let (mut next, mut tests) = (false, false);
    file.lines().filter_map(move |(number, line)| {
        if tests {
            // As rustfmt has it, what opens at the margin closes at the margin.
            tests = line != "}";
            return None;
        }
        if std::mem::replace(&mut next, line == "#[cfg(test)]") {
            tests = !line.ends_with(';');
            return None;
        }
        Some((number, line.split("//").next().unwrap_or_default()))
    })
}

fn impure(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in code(file) {
        let has = |name: &&&str| words(line, name).next().is_some();
        for rest in words(line, "std").filter(|rest| !allowed(rest)) {
            let path = rest.split(|c: char| !part_of_a_word(c) && c != ':').next().unwrap_or_default();
            let what = format!("`std{path}`: this crate is pure; pass it in, or do it above");
            findings.push(Finding::at(file, number, what));
        }
        for name in OF_A_MACHINE.iter().filter(has) {
            let what = format!("`{name}` asks the machine: time and chance are passed in");
            findings.push(Finding::at(file, number, what));
        }
        for name in PANICS.iter().filter(has) {
            findings.push(Finding::at(file, number, format!("`{name}` panics: answer with a Problem")));
        }
    }
    findings
}

/// Whether what follows `std` is a path of what may be named.
fn allowed(rest: &str) -> bool {
    let Some(path) = rest.strip_prefix("::") else { return false };
    let ends = |after: &str| !after.starts_with(part_of_a_word);
    STANDARD.iter().any(|name| path.strip_prefix(name).is_some_and(ends))
}

fn part_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What follows a word, wherever it stands by itself.
fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(word).filter_map(move |(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        (!before.ends_with(part_of_a_word) && !after.starts_with(part_of_a_word)).then_some(after)
    })
}

/// What the crate does not forbid and should.
fn not_forbidden(lib: &File) -> Option<Finding> {
    let forbidden =
        lib.text.split("#![forbid(").nth(1).and_then(|rest| rest.split(")]").next()).unwrap_or_default();
    let forbidden: BTreeSet<&str> = forbidden.split(',').map(str::trim).collect();
    let missing = LINTS.iter().find(|lint| !forbidden.contains(format!("clippy::{lint}").as_str()))?;
    Some(Finding::at(lib, 1, format!("it never panics: add `#![forbid(clippy::{missing})]`")))
}

/// Dependencies that do more than calculate, and those of theirs that do.
fn reaching_out(manifest: &File, lock: Option<&File>) -> Vec<Finding> {
    let Ok(parsed) = manifest.text.parse::<toml::Table>() else { return Vec::new() };
    let line = |key: &str| {
        manifest.line_where(|l| l.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '.', '='])))
    };
    let mut findings = Vec::new();
    let mut own = Vec::new();
    for kind in ["dependencies", "build-dependencies", "target"] {
        for name in parsed.get(kind).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys) {
            if kind == "dependencies" && CRATES.contains(&name.as_str()) {
                own.push(name.as_str());
                continue;
            }
            let what = format!(
                "{kind}: `{name}`: only what calculates stands below this crate (CRATES in xtask/src/tidy/pure.rs)"
            );
            findings.push(Finding::at(manifest, line(name), what));
        }
    }
    let lock = lock.and_then(|lock| lock.text.parse::<toml::Table>().ok()).unwrap_or_default();
    for name in own {
        if let Some(found) = below(&lock, name) {
            findings.push(Finding::at(
                manifest,
                line(name),
                format!("`{name}` brings `{found}`, which reaches out"),
            ));
        }
    }
    findings
}

/// A crate that reaches out among those that this one stands on, in any version.
fn below(lock: &toml::Table, name: &str) -> Option<&'static str> {
    let packages = || lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let (mut todo, mut seen) = (vec![name.to_owned()], BTreeSet::new());
    while let Some(name) = todo.pop() {
        if let Some(found) = THAT_REACH_OUT.iter().find(|found| **found == name) {
            return Some(found);
        }
        if !seen.insert(name.clone()) {
            continue;
        }
        for package in
            packages().filter(|p| p.get("name").and_then(toml::Value::as_str) == Some(name.as_str()))
        {
            let on = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
            todo.extend(on.filter_map(|d| d.as_str()?.split(' ').next()).map(str::to_owned));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expect: &[&str]) {
        super::super::expect(super::check, &[(path, text)], expect);
    }

    #[test]
    fn whatever_asks_the_machine_is_found() {
        let file = "ground/proof/src/a.rs";
        for planted in [
            "std::fs::read",
            "std::net::TcpStream",
            "std::process::exit",
            "std::env::var",
            "std::thread::spawn",
            "std::time::SystemTime",
            "std::time::Instant",
            "std::io::stdin",
            "std::sync::Mutex",
            "std::path::Path",
        ] {
            let expect = format!("{file}:2: `{planted}`: this crate is pure; pass it in, or do it above");
            check(file, &format!("//! Why.\nuse {planted};"), &[&expect]);
            check("ground/net/src/a.rs", &format!("use {planted};"), &[]);
            check(file, &format!("// {planted}\n#[cfg(test)]\nmod tests {{\n    use {planted};\n}}"), &[]);
            check("ground/proof/src/a/tests.rs", planted, &[]);
        }
        check(
            file,
            "use std::{env, fs};",
            &["ground/proof/src/a.rs:1: `std::`: this crate is pure; pass it in, or do it above"],
        );
        check(
            file,
            "use std as s;",
            &["ground/proof/src/a.rs:1: `std`: this crate is pure; pass it in, or do it above"],
        );
        check(
            file,
            "OsRandom.fill()",
            &["ground/proof/src/a.rs:1: `OsRandom` asks the machine: time and chance are passed in"],
        );
        check(file, "    assert!(a);", &["ground/proof/src/a.rs:1: `assert!` panics: answer with a Problem"]);
        check(
            file,
            "use std::sync::Arc;\nuse std::time::Duration;\nuse std::fmt::Write as _;\nlet my_std = 1;",
            &[],
        );
    }

    #[test]
    fn what_follows_the_tests_counts() {
        let file = "ground/proof/src/a.rs";
        let found =
            ["ground/proof/src/a.rs:5: `std::env::var`: this crate is pure; pass it in, or do it above"];
        check(file, "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\nstd::env::var(\"A\")", &found);
        let found =
            ["ground/proof/src/a.rs:3: `std::env::var`: this crate is pure; pass it in, or do it above"];
        check(file, "#[cfg(test)]\nmod tests;\nstd::env::var(\"A\")", &found);
    }

    #[test]
    fn every_lint_against_panics_is_forbidden() {
        let all = |without: &str| {
            let lints: Vec<String> =
                LINTS.iter().filter(|l| **l != without).map(|l| format!("    clippy::{l}")).collect();
            format!("//! Why.\n#![forbid(\n{}\n)]\n", lints.join(",\n"))
        };
        check("ground/proof/src/lib.rs", &all(""), &[]);
        for lint in LINTS {
            let expect =
                format!("ground/proof/src/lib.rs:1: it never panics: add `#![forbid(clippy::{lint})]`");
            check("ground/proof/src/lib.rs", &all(lint), &[&expect]);
        }
    }

    #[test]
    fn only_crates_that_calculate_stand_below() {
        let path = "ground/proof/Cargo.toml";
        let not = |line: usize, kind: &str, name: &str| {
            format!(
                "{path}:{line}: {kind}: `{name}`: only what calculates stands below this crate (CRATES in xtask/src/tidy/pure.rs)"
            )
        };
        check(path, "[dependencies]\nserde.workspace = true\n[dev-dependencies]\ntokio = '1'", &[]);
        check(path, "[dependencies]\ntokio.workspace = true", &[&not(2, "dependencies", "tokio")]);
        check(path, "[build-dependencies]\nserde = '1'", &[&not(2, "build-dependencies", "serde")]);
        check("ground/proof/build.rs", "fn main() {}", &["ground/proof/build.rs:1: a build script is IO"]);
        let lock = "[[package]]\nname = 'serde'\ndependencies = ['a 1.0.0']\n[[package]]\nname = 'a'\ndependencies = ['mio', 'serde']";
        let files = [(path, "[dependencies]\nserde = '1'"), ("Cargo.lock", lock)];
        super::super::expect(
            super::check,
            &files,
            &["ground/proof/Cargo.toml:2: `serde` brings `mio`, which reaches out"],
        );
    }

    #[test]
    fn the_crate_of_this_repository_is_seen() {
        let tree = Tree::read(&crate::repo::root()).unwrap();
        assert!(tree.file("ground/proof/src/lib.rs").is_some() && tree.file("Cargo.lock").is_some());
        assert_eq!(super::check(&tree), []);
    }
}
