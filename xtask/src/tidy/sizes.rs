//! Large files stay out: a clone travels over poor links too, and real data have a home of their own.

use super::Finding;
use crate::repo::{LARGEST, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let large = tree.files.iter().filter(|f| f.bytes > LARGEST);
    large.map(|f| Finding::at(f, 1, format!("{} bytes are more than {LARGEST}: make it smaller, generate it, or find it through CORRIDOR_DATA", f.bytes))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::File;

    fn check(bytes: u64, expect: usize) {
        let tree = Tree { files: vec![File { path: "a.bin".to_owned(), bytes, text: String::new() }] };
        assert_eq!(super::check(&tree).len(), expect, "{bytes}");
    }

    #[test]
    fn a_file_may_have_a_million_bytes() {
        check(LARGEST, 0);
        check(LARGEST + 1, 1);
    }
}
