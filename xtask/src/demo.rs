//! `cargo xtask demo`: builds the program and lets it tell the story; see `node/src/demo.rs`.

use std::process::Command;

use crate::{Result, repo, shell};

/// Everything behind `demo` goes to `corridor demo`: `--check`, `--file FILE`, `--lang ja`.
pub(crate) fn run(options: &[String]) -> Result {
    shell::run(&mut command(options))
}

/// The command that builds the program and plays the demo.
pub(crate) fn command(options: &[String]) -> Command {
    let manifest = repo::root().join("Cargo.toml");
    let directory = repo::root().join("target/demo");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // From the folder of whoever types it, so that `--file` means what it says.
    let mut command = Command::new(cargo);
    command.args(["run", "--locked", "--package", "corridor-node", "--bin", "corridor", "--manifest-path"]);
    command.arg(manifest).args(["--", "demo", "--directory"]).arg(directory).args(options);
    command
}
