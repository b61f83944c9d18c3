//! An invariant that is cited exists: a number with no promise behind it is worse than none. Where
//! ARCHITECTURE.md repeats the promises, it repeats them word for word.

use std::collections::BTreeMap;

use super::Finding;
use crate::repo::{File, Tree};

const REGISTRY: &str = "ground/base/src/invariant.rs";
const ARCHITECTURE: &str = "ARCHITECTURE.md";
/// This file cites what nobody promises, in its tests.
const THIS: &str = "xtask/src/tidy/invariants.rs";

/// Prefixes that look like an invariant and are something else.
const OTHERS: &[(&str, &str)] = &[("JP", "a prefecture, ISO 3166-2"), ("KR", "a province, ISO 3166-2")];

/// Number to line and promise.
type Registry<'a> = BTreeMap<&'a str, (usize, &'a str)>;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file(REGISTRY) else {
        let what = "the registry of invariants is missing: put it back, or tell xtask/src/tidy/invariants.rs where it is".to_owned();
        return vec![Finding { path: REGISTRY.to_owned(), line: 1, what }];
    };
    let (registry, mut findings) = read(file);
    for file in tree.ending(&[".rs", ".md", ".toml", ".ftl", ".sql"]).filter(|f| f.path != THIS) {
        findings.extend(unknown(file, &registry));
    }
    if let Some(file) = tree.file(ARCHITECTURE) {
        findings.extend(differing(file, &registry));
    }
    findings
}

/// Reads lines like `EX_1 = "EX-1", "no byte …";`.
fn read(file: &File) -> (Registry<'_>, Vec<Finding>) {
    let mut registry = Registry::new();
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        let mut parts = line.split('"');
        let (Some(name), Some(id), Some(_), Some(promise)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Some(name) = name.trim().strip_suffix(" =") else { continue };
        if citations(id).next() != Some((0, id)) {
            continue;
        }
        if name != id.replace('-', "_") {
            findings.push(Finding::at(
                file,
                number,
                format!("{name} stands for {id}: call it {}", id.replace('-', "_")),
            ));
        }
        if registry.insert(id, (number, promise)).is_some() {
            findings.push(Finding::at(
                file,
                number,
                format!("{id} is promised twice: give the new one the next number"),
            ));
        }
    }
    (registry, findings)
}

/// Citations of what is not promised. In code, a prefix nobody promised anything under counts only
/// in comments: strings hold identifiers of other people.
fn unknown(file: &File, registry: &Registry<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        let comment = if file.ends(&[".rs"]) { line.find("//").unwrap_or(line.len()) } else { 0 };
        for (at, id) in citations(line).filter(|(_, id)| !registry.contains_key(id)) {
            let prefix = &id[..2];
            let ours = registry.keys().any(|known| known.starts_with(prefix));
            let other = OTHERS.iter().any(|(p, _)| *p == prefix);
            if ours || (at >= comment && !other) {
                findings.push(Finding::at(
                    file,
                    number,
                    format!("{id} is cited but not promised: correct the number, or add it to {REGISTRY}"),
                ));
            }
        }
    }
    findings
}

/// Rows `| EX-1 | promise |` that do not say what the registry says; if there are any, all must be there.
fn differing(file: &File, registry: &Registry<'_>) -> Vec<Finding> {
    let mut rows = BTreeMap::new();
    for (number, line) in file.lines() {
        let mut cells = line.trim().strip_prefix('|').unwrap_or_default().split('|').map(plain);
        if let (Some(id), Some(promise)) = (cells.next(), cells.next())
            && citations(&id).next() == Some((0, id.as_str()))
        {
            rows.insert(id, (number, promise));
        }
    }
    let Some(first) = rows.values().map(|(number, _)| *number).min() else { return Vec::new() };
    let mut findings = Vec::new();
    for (id, (_, promise)) in registry {
        match rows.get(*id) {
            None => findings.push(Finding::at(
                file,
                first,
                format!("{id} is not in the table of invariants: add it as {REGISTRY} says it"),
            )),
            Some((number, told)) if *told != plain(promise) => {
                findings.push(Finding::at(
                    file,
                    *number,
                    format!("{id} does not say what {REGISTRY} says: \"{promise}\""),
                ));
            }
            Some(_) => {}
        }
    }
    findings
}

/// A text without what only its place demands: marks, a capital at the start, a full stop.
fn plain(text: &str) -> String {
    let text = text.replace(['*', '`'], "");
    let text = text.trim().trim_end_matches('.');
    let mut chars = text.chars();
    let first = chars.next();
    // "EX-1" and "UTC" keep their capitals.
    match first {
        Some(c) if !chars.clone().next().is_some_and(char::is_uppercase) => {
            c.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// Everything of the form two capitals, dash, number that stands by itself, with its place in bytes.
fn citations(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = line.as_bytes();
    (0..bytes.len().saturating_sub(3)).filter_map(move |at| {
        let digits = bytes[at + 3..].iter().take_while(|b| b.is_ascii_digit()).count();
        let shaped =
            bytes[at].is_ascii_uppercase() && bytes[at + 1].is_ascii_uppercase() && bytes[at + 2] == b'-';
        let end = at + 3 + digits;
        let joined = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/');
        let apart_before = at == 0 || !joined(&bytes[at - 1]);
        // A version number goes on after its full stop; a sentence does not.
        let goes_on = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        let apart_after = !bytes.get(end).is_some_and(joined) && !goes_on;
        (shaped && digits > 0 && apart_before && apart_after).then(|| (at, &line[at..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMISES: &str =
        "registry! {\n    EX_1 = \"EX-1\", \"nothing is lost\";\n    NE_1 = \"NE-1\", \"UTC only\";\n}";

    fn check(path: &str, text: &str, expect: &[&str]) {
        super::super::expect(super::check, &[(REGISTRY, PROMISES), (path, text)], expect);
    }

    fn check_citations(line: &str, expect: &[&str]) {
        assert_eq!(citations(line).map(|(_, id)| id).collect::<Vec<_>>(), expect, "{line}");
    }

    #[test]
    fn a_citation_is_two_capitals_a_dash_and_a_number() {
        check_citations("kept (EX-3), see LG-12.", &["EX-3", "LG-12"]);
        check_citations("SHA-256 CC-BY-4.0 BY-4.0 EX-3a EX-1-2 ex-1 EX- EX-x", &[]);
        check_citations("日本 EX-3。", &["EX-3"]);
        check_citations("", &[]);
    }

    #[test]
    fn what_is_cited_is_promised() {
        check(
            "a.md",
            "EX-1 and\n(EX-2) and ZZ-1, JP-13",
            &[
                "a.md:2: EX-2 is cited but not promised: correct the number, or add it to ground/base/src/invariant.rs",
                "a.md:2: ZZ-1 is cited but not promised: correct the number, or add it to ground/base/src/invariant.rs",
            ],
        );
        check("a.rs", "let id = \"ZZ-1\"; // (EX-1)", &[]);
        check(
            "a.rs",
            "let id = \"EX-7\";",
            &[
                "a.rs:1: EX-7 is cited but not promised: correct the number, or add it to ground/base/src/invariant.rs",
            ],
        );
        check(
            "a.rs",
            "f(); // ZZ-1",
            &[
                "a.rs:1: ZZ-1 is cited but not promised: correct the number, or add it to ground/base/src/invariant.rs",
            ],
        );
        check("a.json", "ZZ-1", &[]);
    }

    #[test]
    fn the_architecture_says_the_same() {
        check(ARCHITECTURE, "# House\nno table", &[]);
        check(ARCHITECTURE, "| EX-1 | Nothing is lost. |\n| **NE-1** | UTC only | where |", &[]);
        check(
            ARCHITECTURE,
            "| EX-1 | Little is lost. |",
            &[
                "ARCHITECTURE.md:1: EX-1 does not say what ground/base/src/invariant.rs says: \"nothing is lost\"",
                "ARCHITECTURE.md:1: NE-1 is not in the table of invariants: add it as ground/base/src/invariant.rs says it",
            ],
        );
    }

    #[test]
    fn the_registry_itself_is_sound() {
        let check =
            |text: &str, expect: &[&str]| super::super::expect(super::check, &[(REGISTRY, text)], expect);
        check(
            "EX_2 = \"EX-1\", \"a\";\nEX_1 = \"EX-1\", \"b\";",
            &[
                "ground/base/src/invariant.rs:1: EX_2 stands for EX-1: call it EX_1",
                "ground/base/src/invariant.rs:2: EX-1 is promised twice: give the new one the next number",
            ],
        );
        super::super::expect(
            super::check,
            &[],
            &[
                "ground/base/src/invariant.rs:1: the registry of invariants is missing: put it back, or tell xtask/src/tidy/invariants.rs where it is",
            ],
        );
    }
}
