//! What the repository shows of the API and the command line (`docs/openapi`, `docs/cli`) is what the
//! program does. The program itself is asked, by its test of that name; here it becomes a rule.

use crate::{Result, shell};

/// The test that compares, and writes the documents anew under `CORRIDOR_BLESS=1`.
const TEST: &[&str] = &["test", "--quiet", "--locked", "--package", "corridor-node", "--test", "docs"];

/// Whether the documents are those of today's program.
pub(super) fn check() -> Result {
    let bless = "CORRIDOR_BLESS=1 cargo test -p corridor-node --test docs";
    shell::output(&mut shell::cargo(TEST))
        .map(|_| ())
        .map_err(|why| format!("the documents differ; after a change that is meant run `{bless}`\n{why}"))
}
