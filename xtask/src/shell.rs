//! Starting other programs, in the one way every task does it: from the root of the repository,
//! with the sibling data folder made known, and with failures that name the command.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, repo};

/// The variable through which tests and benches find the real data.
const DATA: &str = "CORRIDOR_DATA";

/// A command that starts at the root of the repository.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(repo::root());
    // A folder of data beside the checkout is used without anyone having to say so.
    let data = repo::root().join("../shared/data");
    if env::var_os(DATA).is_none()
        && let Ok(data) = data.canonicalize()
    {
        command.env(DATA, data);
    }
    command
}

/// The cargo that runs this task.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs to the end, with its output shown.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|e| format!("{} did not start: {e}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", name(command))) }
}

/// Runs to the end without showing anything; what it printed comes back, or stands in the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|e| format!("{} did not start: {e}", name(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed: {}\n{}", name(command), output.status, said.trim_end()))
}

/// The program and its arguments as one would type them; never the environment, which may hold passwords.
fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A program on the path, with links resolved so that its siblings are found beside it.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|p| executable(p))?.canonicalize().ok()
}

/// Whether this is a file that may be executed.
pub(crate) fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// Whether a CI runs this: then "not run" counts as failed.
pub(crate) fn is_ci() -> bool {
    env::var("CI").is_ok_and(|v| v == "true" || v == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_what_it_said() {
        let why = output(Command::new("sh").args(["-c", "echo broken >&2; exit 3"])).unwrap_err();
        assert!(why.contains("sh -c") && why.contains("exit status: 3") && why.ends_with("broken"), "{why}");
        let why = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(why.starts_with("no-such-program did not start"), "{why}");
    }

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(find("sh").is_some_and(|p| p.is_absolute()));
        assert_eq!(find("no-such-program"), None);
    }
}
