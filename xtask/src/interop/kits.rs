//! Where the kits come from: pinned versions from the public package registries, installed once into
//! `target/interop`. Nothing of theirs is in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, repo, shell};

/// Marks an installation that came to its end, with what was asked for.
const STAMP: &str = "installed";

/// Where kits are installed and stages set.
pub(super) fn folder() -> PathBuf {
    repo::root().join("target/interop")
}

/// Node.js with the packages of an area.
pub(super) struct Node {
    program: PathBuf,
    modules: PathBuf,
}

impl Node {
    /// The command that runs a script with these packages.
    pub(super) fn command(&self, script: &Path) -> Command {
        let mut command = shell::command(&self.program);
        command.env("NODE_PATH", &self.modules).arg(script);
        command
    }
}

/// Installs the packages of `interop/AREA/package-lock.json`.
///
/// # Errors
/// Why the area cannot be run here.
pub(super) fn node(area: &str) -> Result<Node> {
    let program = shell::find("node").ok_or("no node on the path")?;
    // Not resolved: npm is a script that finds its parts by the name it is called by.
    shell::find("npm").ok_or("no npm on the path")?;
    let (from, into) = (repo::root().join("interop").join(area), folder().join(area).join("npm"));
    let files = ["package.json", "package-lock.json", ".npmrc"];
    let wanted = read(&from.join("package-lock.json"))?;
    once(&into, &wanted, || {
        for file in files {
            let copied = fs::copy(from.join(file), into.join(file));
            copied.map_err(|e| format!("{file}: {e}"))?;
        }
        let mut npm = Command::new("npm");
        npm.current_dir(&into).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        shell::output(&mut npm).map(|_| ())
    })?;
    Ok(Node { program, modules: into.join("node_modules") })
}

/// A Python of its own with the packages of `interop/AREA/requirements.txt`.
///
/// # Errors
/// Why the area cannot be run here.
pub(super) fn python(area: &str) -> Result<PathBuf> {
    // Not resolved: a version manager's shim would lose its name.
    shell::find("python3").ok_or("no python3 on the path")?;
    let requirements = repo::root().join("interop").join(area).join("requirements.txt");
    let into = folder().join(area).join("venv");
    let python = into.join("bin/python");
    once(&into, &read(&requirements)?, || {
        shell::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&into))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        shell::output(pip.arg(&requirements)).map(|_| ())
    })?;
    Ok(python)
}

/// Builds the Go program in `interop/AREA`.
///
/// # Errors
/// Why the area cannot be run here.
pub(super) fn go(area: &str) -> Result<PathBuf> {
    let go = shell::find("go").ok_or("no go on the path")?;
    let program = folder().join(area).join(area);
    let mut build = Command::new(go);
    build.current_dir(repo::root().join("interop").join(area));
    shell::output(build.args(["build", "-mod=readonly", "-o"]).arg(&program).arg("."))?;
    Ok(program)
}

/// Installs unless the same was installed before.
fn once(into: &Path, wanted: &str, install: impl FnOnce() -> Result) -> Result {
    let stamp = into.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(into);
    fs::create_dir_all(into).map_err(|e| format!("{}: {e}", into.display()))?;
    install()?;
    write(&stamp, wanted)
}

pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

#[allow(clippy::disallowed_methods, reason = "files of a task, made again by the next run")]
pub(super) fn write(path: &Path, text: &str) -> Result {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_is_installed_once_and_what_broke_again() {
        let root = tempfile::tempdir().unwrap();
        let into = root.path().join("kit");
        let mut times = 0;
        let mut install = |wanted: &str, result: Result| {
            let _ = once(&into, wanted, || {
                times += 1;
                result
            });
            times
        };
        assert_eq!(install("a", Err("no network".to_owned())), 1);
        assert_eq!(install("a", Ok(())), 2);
        assert_eq!(install("a", Ok(())), 2);
        assert_eq!(install("b", Ok(())), 3);
    }
}
