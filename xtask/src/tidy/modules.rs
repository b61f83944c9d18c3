//! Every module opens with a `//!` sentence saying why it exists, so that a reader knows within one line
//! whether to read on.

use super::Finding;
use crate::repo::{File, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.ending(&[".rs"]).filter(|f| !exempt(f) && !opens_well(f)).map(finding).collect()
}

/// Build scripts are not modules; fixtures are input.
fn exempt(file: &File) -> bool {
    file.path == "build.rs" || file.ends(&["/build.rs"]) || file.path.contains("/fixtures/")
}

fn opens_well(file: &File) -> bool {
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|sentence| !sentence.trim().is_empty())
}

fn finding(file: &File) -> Finding {
    Finding::at(file, 1, "the module does not say why it exists: open it with a `//!` sentence")
}

#[cfg(test)]
mod tests {
    fn check(path: &str, text: &str, expect: &[&str]) {
        super::super::expect(super::check, &[(path, text)], expect);
    }

    #[test]
    fn a_module_opens_with_its_reason() {
        let missing = "a/src/lib.rs:1: the module does not say why it exists: open it with a `//!` sentence";
        check("a/src/lib.rs", "//! Why.\nfn a() {}", &[]);
        check("a/src/lib.rs", "\n//! Why.", &[]);
        check("a/src/lib.rs", "use a;\n//! Late.", &[missing]);
        check("a/src/lib.rs", "//!\n//! Why.", &[missing]);
        check("a/src/lib.rs", "// Not a doc comment.", &[missing]);
        check("a/src/lib.rs", "", &[missing]);
        check("a/build.rs", "fn main() {}", &[]);
        check("a/tests/fixtures/bad.rs", "fn", &[]);
        check("a/notes.md", "text", &[]);
    }
}
