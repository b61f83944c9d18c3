//! `cargo xtask powercut`: what a power cut leaves of a store; see `xtask/powercut`, which uses the house
//! and is therefore a crate of its own. A shorter version of it is among the tests.

use crate::{Result, shell};

/// Everything behind `powercut` goes to it: `--cuts N`, `--seed S`.
pub(crate) fn run(options: &[String]) -> Result {
    let mut cargo =
        shell::cargo(&["run", "--quiet", "--locked", "--package", "corridor-powercut", "--", "run"]);
    shell::run(cargo.args(options))
}
