//! The files of the repository as the checks see them: read once, held in memory, and as easy to
//! make up in a test as to read from disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, shell};

/// The largest file whose text is read, in bytes. Larger ones are a finding by themselves.
pub(crate) const LARGEST: u64 = 1_000_000;

/// Folders that hold what was made, not what was written; used only where git cannot say.
const MADE: &[&str] = &[".git", "target", "node_modules", "corpus", "artifacts"];

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable when it runs us; the compiled-in path serves a debugger.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it is, from the root, with `/` between the parts.
    pub(crate) path: String,
    /// How large it is, in bytes.
    pub(crate) bytes: u64,
    /// What it says; empty when it is not UTF-8 or larger than [`LARGEST`].
    pub(crate) text: String,
}

impl File {
    /// Its lines, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line))
    }

    /// The number of the first line that satisfies the condition; 1 when none does.
    pub(crate) fn line_where(&self, holds: impl Fn(&str) -> bool) -> usize {
        self.lines().find(|(_, line)| holds(line)).map_or(1, |(number, _)| number)
    }

    /// Whether its name ends in one of these.
    pub(crate) fn ends(&self, endings: &[&str]) -> bool {
        endings.iter().any(|e| self.path.ends_with(e))
    }
}

/// All files that are committed or would be.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Sorted by path.
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Reads the repository.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => listed_by_walking(root)?,
        };
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            // A file that is deleted but still in git's index is not there any more; links are not followed.
            let Ok(meta) = fs::symlink_metadata(root.join(&path)) else { continue };
            if !meta.is_file() {
                continue;
            }
            let bytes = meta.len();
            let read = || fs::read(root.join(&path)).map_err(|e| format!("{path}: cannot be read: {e}"));
            let text =
                if bytes > LARGEST { String::new() } else { String::from_utf8(read()?).unwrap_or_default() };
            files.push(File { path, bytes, text });
        }
        Ok(Self { files })
    }

    /// The file of this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|f| f.path == path)
    }

    /// The files whose names end in one of these.
    pub(crate) fn ending<'a>(&'a self, endings: &'a [&str]) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |f| f.ends(endings))
    }

    /// A tree made up for a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            bytes: text.len() as u64,
            text: (*text).to_owned(),
        };
        Self { files: files.iter().map(file).collect() }
    }
}

/// What is committed or would be; `None` without git, outside a checkout, or in one git distrusts.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let list = shell::output(&mut git).ok()?;
    let mut paths: Vec<String> = list.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    paths.dedup();
    (!paths.is_empty()).then_some(paths)
}

/// Everything below the root that does not look made by a build.
fn listed_by_walking(root: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).map_err(|e| format!("{}: cannot be listed: {e}", folder.display()))?;
        for entry in entries.filter_map(std::result::Result::ok) {
            let path = entry.path();
            let made = MADE.iter().any(|m| entry.file_name() == *m) || path.join("CACHEDIR.TAG").exists();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !made => folders.push(path),
                Ok(kind) if kind.is_file() => {
                    let inside = path.strip_prefix(root).unwrap_or(&path);
                    paths.push(inside.to_string_lossy().replace('\\', "/"));
                }
                _ => {}
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the files of a test need not be durable")]
    fn without_git_the_folders_are_walked_and_builds_left_out() {
        let root = tempfile::tempdir().unwrap();
        for path in ["a/one.rs", "a/target/two.rs", "build/CACHEDIR.TAG", "build/three.rs", "four.md"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        let mut paths = listed_by_walking(root.path()).unwrap();
        paths.sort();
        assert_eq!(paths, ["a/one.rs", "four.md"]);
        let tree = Tree::read(root.path()).unwrap();
        assert_eq!(tree.file("four.md").unwrap().text, "text");
        assert_eq!(tree.file("a/one.rs").unwrap().bytes, 4);
    }

    #[test]
    fn this_repository_is_read() {
        let tree = Tree::read(&root()).unwrap();
        assert!(tree.file("xtask/src/repo.rs").is_some());
    }
}
