//! Every crate keeps the house's lints; a crate that cannot stands in a list with its reason.

use super::Finding;
use crate::repo::{File, Tree};

/// Crates with lints of their own (the ones that need `unsafe`), and why.
const EXCEPTIONS: &[(&str, &str)] = &[(
    "xtask/diskfaults/Cargo.toml",
    "stands in for functions of the C library in the process whose power is cut",
)];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_except(tree, EXCEPTIONS)
}

fn check_except(tree: &Tree, exceptions: &[(&str, &str)]) -> Vec<Finding> {
    let excepted = |path: &str| exceptions.iter().any(|(e, _)| *e == path);
    let mut findings: Vec<Finding> = tree
        .ending(&["Cargo.toml"])
        .filter_map(|f| Some((f, inherits(f)?)))
        .filter(|(f, inherits)| !inherits && !excepted(&f.path))
        .map(|(f, _)| {
            Finding::at(f, 1, "the crate does not keep the house's lints: add `[lints] workspace = true`")
        })
        .collect();
    for (path, reason) in exceptions {
        let needed = tree.file(path).and_then(inherits) == Some(false);
        if !needed || reason.is_empty() {
            let what = "this exception has no crate that needs it, or no reason: take it out of EXCEPTIONS in xtask/src/tidy/lints.rs";
            findings.push(Finding { path: (*path).to_owned(), line: 1, what: what.to_owned() });
        }
    }
    findings
}

/// Whether a crate inherits the lints; `None` for what is not a crate of this workspace. A file that
/// does not parse is cargo's to report.
fn inherits(file: &File) -> Option<bool> {
    let manifest: toml::Table = file.text.parse().ok()?;
    if !manifest.contains_key("package") || manifest.contains_key("workspace") {
        return None;
    }
    let inherited = manifest.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool);
    Some(inherited == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, exceptions: &[(&str, &str)], expect: &[&str]) {
        let found = check_except(&Tree::of(&[("a/Cargo.toml", text)]), exceptions);
        let found: Vec<&str> = found.iter().map(|f| f.what.split(':').next().unwrap()).collect();
        assert_eq!(found, expect, "{text} {exceptions:?}");
    }

    #[test]
    fn a_crate_inherits_the_lints_or_says_why_not() {
        let own = "[package]\nname = 'a'\n[lints.rust]\nunsafe_code = 'allow'";
        let missing = ["the crate does not keep the house's lints"];
        let stale = ["this exception has no crate that needs it, or no reason"];
        check("[package]\nname = 'a'\n[lints]\nworkspace = true", &[], &[]);
        check("[package]\nname = 'a'", &[], &missing);
        check("[package]\nname = 'a'\n[lints]\nworkspace = false", &[], &missing);
        check(own, &[], &missing);
        check(own, &[("a/Cargo.toml", "talks to a C library")], &[]);
        check(own, &[("a/Cargo.toml", "")], &stale);
        check("[package]\nname = 'a'\n[lints]\nworkspace = true", &[("a/Cargo.toml", "once")], &stale);
        check("[workspace]\nmembers = []", &[], &[]);
    }
}
