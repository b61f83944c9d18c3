//! Words that have no place here: paths of one person's machine, tests that do not run, work left for
//! later.

use super::Finding;
use crate::repo::Tree;

/// What is forbidden, where, and what to do instead.
struct Rule {
    word: &'static str,
    rust_only: bool,
    instead: &'static str,
}

// Each word is put together, so that this file does not hold what it forbids.
const RULES: &[Rule] = &[
    path(concat!("/wo", "rk/")),
    path(concat!("/tmp/ba", "sh")),
    path(concat!("/ro", "ot/")),
    path(concat!("/ho", "me/")),
    code(
        concat!("#[ig", "nore"),
        "a test that does not run proves nothing: run it, or let it say \"not run\" and why",
    ),
    code(concat!("to", "do!("), "finish it, or leave it out and say so in ARCHITECTURE.md"),
    code(concat!("unimple", "mented!("), "finish it, or leave it out and say so in ARCHITECTURE.md"),
];

const fn path(word: &'static str) -> Rule {
    Rule { word, rust_only: false, instead: "a path of one machine: make it relative, or pass it in" }
}

const fn code(word: &'static str, instead: &'static str) -> Rule {
    Rule { word, rust_only: true, instead }
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            for rule in RULES.iter().filter(|r| !r.rust_only || file.ends(&[".rs"])) {
                if stands_in(rule.word, line) {
                    findings.push(Finding::at(file, number, format!("`{}`: {}", rule.word, rule.instead)));
                }
            }
        }
    }
    findings
}

/// Whether the word stands in the line by itself: a path that merely contains it further down
/// (`https://example.org/a/b/`) does not count.
fn stands_in(word: &str, line: &str) -> bool {
    let part_of_a_path = |c: char| c.is_alphanumeric() || "._-}".contains(c);
    line.match_indices(word).any(|(at, _)| !word.starts_with('/') || !line[..at].ends_with(part_of_a_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expect: &[&str]) {
        super::super::expect(super::check, &[(path, text)], expect);
    }

    #[test]
    fn machine_paths_are_found_everywhere() {
        for root in
            [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/tmp/ba", "sh")]
        {
            let found = format!("a.md:2: `{root}`: a path of one machine: make it relative, or pass it in");
            check("a.md", &format!("first\nsee {root}x"), &[&found]);
            check("a.md", &format!("first\n\"{root}x\""), &[&found]);
            check("a.md", &format!("https://example.org{root}x and ../docs{root}x"), &[]);
        }
    }

    #[test]
    fn unfinished_code_is_found_in_rust_only() {
        for word in [concat!("#[ig", "nore]"), concat!("to", "do!()"), concat!("unimple", "mented!()")] {
            assert_eq!(super::check(&Tree::of(&[("a.rs", word)])).len(), 1, "{word}");
            check("a.md", word, &[]);
        }
        check("a.rs", "ignore(todo)", &[]);
    }
}
