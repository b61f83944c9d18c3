//! Packages of Debian: what a task needs beside Rust is installed where the machine is ours to change,
//! and otherwise asked for in words.

use std::process::Command;

use crate::{Result, shell};

/// Whether packages may be installed here: as root, where there is apt.
pub(crate) fn is_ours() -> bool {
    rustix::process::geteuid().is_root() && shell::find("apt-get").is_some()
}

/// Installs packages, with nothing that they merely recommend.
pub(crate) fn install(packages: &[&str]) -> Result {
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}

/// Learns which packages there are. A stale list is no reason to give up: the installation decides.
pub(crate) fn update() {
    if let Err(why) = apt(&["update"]) {
        println!("{why}");
    }
}

fn apt(arguments: &[&str]) -> Result {
    let mut apt = Command::new("apt-get");
    apt.arg("-qq").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    shell::output(&mut apt).map(|_| ())
}
