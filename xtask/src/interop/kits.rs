//! Where the kits come from: pinned versions from the public package registries, installed once into
//! `target/interop`. Nothing of theirs is in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Result, repo, shell};

/// Marks an installation that came to its end, with what was asked for.
const STAMP: &str = "installed";

/// Where kits are installed and stages set.
pub(super) fn folder() -> PathBuf {
    repo::root().join("target/interop")
}

/// Node.js with the packages of an area.
pub(crate) struct Node {
    pub(crate) program: PathBuf,
    pub(crate) modules: PathBuf,
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
pub(crate) fn node(area: &str) -> Result<Node> {
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

/// axe-core, which judges pages: one script, from npm as `interop/console/package-lock.json` says.
///
/// # Errors
/// Why it is not here.
pub(crate) fn axe() -> Result<PathBuf> {
    let script = node("console")?.modules.join("axe-core/axe.min.js");
    if script.is_file() { Ok(script) } else { Err(format!("npm installed no {}", script.display())) }
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

/// Java with the jars of an area.
pub(super) struct Java {
    program: PathBuf,
    jars: PathBuf,
}

impl Java {
    /// The command that runs one source file with these jars, and is given the version of the jar that a
    /// word names before what else it is told.
    pub(super) fn command(&self, source: &Path, named: &[&str]) -> Command {
        let mut command = shell::command(&self.program);
        command.arg("-cp").arg(self.jars.join("*")).arg(source);
        command.args(named.iter().map(|name| self.version(name)));
        command
    }

    fn version(&self, name: &str) -> String {
        let names = fs::read_dir(&self.jars).into_iter().flatten().flatten().map(|e| e.file_name());
        let mut names = names.map(|n| n.to_string_lossy().into_owned());
        let jar = names
            .find_map(|n| Some(n.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".jar")?.to_owned()));
        jar.unwrap_or_default()
    }
}

/// Fetches the jars that `interop/AREA/pom.xml` names.
///
/// # Errors
/// Why the area cannot be run here.
pub(super) fn java(area: &str) -> Result<Java> {
    let program = shell::find("java").ok_or("no java on the path")?;
    // Not resolved: mvn is a script that finds its parts by the name it is called by.
    shell::find("mvn").ok_or("no mvn on the path")?;
    let (pom, into) = (repo::root().join("interop").join(area).join("pom.xml"), folder().join(area));
    let jars = into.join("jars");
    once(&into, &read(&pom)?, || {
        let mut maven = Command::new("mvn");
        maven.args(["-q", "-B", "dependency:copy-dependencies", "-f"]).arg(&pom);
        maven.arg(format!("-DoutputDirectory={}", jars.display()));
        shell::output(&mut maven).map(|_| ())
    })?;
    Ok(Java { program, jars })
}

/// Builds the Rust program in `interop/AREA`, which holds peers that are crates.
///
/// # Errors
/// Why the area cannot be run here.
pub(crate) fn rust(area: &str) -> Result<PathBuf> {
    let manifest = repo::root().join("interop").join(area).join("Cargo.toml");
    let into = folder().join(area);
    let mut cargo = shell::cargo(&["build", "--quiet", "--release", "--locked"]);
    cargo.arg("--manifest-path").arg(&manifest).arg("--target-dir").arg(&into);
    shell::output(&mut cargo)?;
    Ok(into.join("release/peers"))
}

/// The other readers of EDIFACT as the bench wants to be told of them, and the directory to check against
/// where it is.
///
/// # Errors
/// Why one of them is not here.
pub(crate) fn edifact_readers() -> Result<Vec<std::ffi::OsString>> {
    let script = |name: &str| repo::root().join("interop/edifact").join(name).into_os_string();
    let node = node("edifact")?;
    let mut told: Vec<std::ffi::OsString> = vec!["--peers".into(), rust("edifact/peers")?.into()];
    told.extend(["--node".into(), node.program.into(), node.modules.into(), script("speed.cjs")]);
    told.extend(["--python".into(), python("edifact")?.into(), script("speed.py")]);
    let data =
        std::env::var_os("CORRIDOR_DATA").map_or_else(|| repo::root().join("../shared/data"), PathBuf::from);
    let directory = data.join("trade/untdid/d08a.zip");
    if directory.is_file() {
        told.extend(["--directory".into(), directory.into()]);
    } else {
        println!("no directory to check against: set CORRIDOR_DATA");
    }
    Ok(told)
}

/// Builds the Go program in `interop/AREA`.
///
/// # Errors
/// Why the area cannot be run here.
pub(super) fn go(area: &str) -> Result<PathBuf> {
    let program = folder().join(area).join(area);
    build(&repo::root().join("interop").join(area), ".", &program)?;
    Ok(program)
}

/// Builds a Go package of the module in a folder. Versions and digests are those of its `go.sum`.
fn build(module: &Path, package: &str, program: &Path) -> Result {
    let go = shell::find("go").ok_or("no go on the path")?;
    let mut build = Command::new(go);
    build.current_dir(module).args(["build", "-mod=readonly", "-o"]).arg(program).arg(package);
    shell::output(&mut build).map(|_| ())
}

/// Tessera as the Go module proxy has it, and what drives it.
pub(crate) struct Tessera {
    /// The program in `interop/ledger`.
    pub(crate) program: PathBuf,
    /// Tessera's own log over a POSIX filesystem.
    pub(crate) posix: PathBuf,
    fsck: PathBuf,
    /// Of Tessera.
    pub(crate) version: String,
}

impl Tessera {
    /// A command of the program in `interop/ledger`.
    pub(super) fn ledger(&self, arguments: &[&str]) -> Command {
        let mut command = shell::command(&self.program);
        command.args(arguments);
        command
    }

    /// What fsck says of the log at a URL; it hangs with fewer workers.
    pub(super) fn fsck(&self, url: &str, key: &Path) -> Result<String> {
        let mut fsck = Command::new(&self.fsck);
        fsck.args(["--ui=false", "--N=4", "--storage_url", url]).arg("--public_key").arg(key);
        super::stage::complaints(&mut fsck, Duration::from_secs(60))
    }
}

/// Builds Tessera and what drives it.
///
/// # Errors
/// Why that cannot be done here.
pub(crate) fn tessera() -> Result<Tessera> {
    let (module, into) = (super::ledger::sources(), folder().join("ledger"));
    let (program, posix, fsck) = (into.join("ledger"), into.join("posix"), into.join("fsck"));
    build(&module, ".", &program)?;
    build(&module, "github.com/transparency-dev/tessera/cmd/conformance/posix", &posix)?;
    build(&module, "github.com/transparency-dev/tessera/cmd/fsck", &fsck)?;
    Ok(Tessera { program, posix, fsck, version: required(&module, "github.com/transparency-dev/tessera")? })
}

/// The transparency-dev witness.
pub(crate) struct Witness {
    /// The omniwitness.
    pub(crate) program: PathBuf,
    /// Of its module.
    pub(crate) version: String,
}

/// Builds the transparency-dev witness, as `interop/ledger/witness/go.mod` says.
///
/// # Errors
/// Why that cannot be done here.
pub(crate) fn witness() -> Result<Witness> {
    const MERKLE: &str = "github.com/transparency-dev/merkle@v0.0.2";
    const ADDED: &str = "merkle/proof/subtree.go";
    let go = shell::find("go").ok_or("no go on the path")?;
    let (from, into) = (super::ledger::sources().join("witness"), folder().join("ledger/witness"));
    let wanted = read(&from.join("go.mod"))? + &read(&from.join("go.sum"))? + &read(&from.join(ADDED))?;
    let program = into.join("omniwitness");
    once(&into, &wanted, || {
        let told = shell::output(Command::new(go).args(["mod", "download", "-json", MERKLE]))?;
        let told: serde_json::Value = serde_json::from_str(&told).map_err(|e| e.to_string())?;
        let merkle =
            told.get("Dir").and_then(serde_json::Value::as_str).ok_or("go says nowhere merkle is")?;
        copy_sources(Path::new(merkle), &into.join("merkle"))?;
        for file in ["go.mod", "go.sum", ADDED] {
            write(&into.join(file), &read(&from.join(file))?)?;
        }
        build(&into, "github.com/transparency-dev/witness/cmd/omniwitness", &program)
    })?;
    Ok(Witness { program, version: required(&from, "github.com/transparency-dev/witness")? })
}

/// Copies the files of a Go module, which lie read-only where Go keeps them.
fn copy_sources(from: &Path, into: &Path) -> Result {
    fs::create_dir_all(into).map_err(|e| format!("{}: {e}", into.display()))?;
    for entry in fs::read_dir(from).map_err(|e| format!("{}: {e}", from.display()))?.flatten() {
        let (path, copy) = (entry.path(), into.join(entry.file_name()));
        if path.is_dir() {
            copy_sources(&path, &copy)?;
        } else if path.extension().is_some_and(|e| e == "go" || e == "mod") {
            write(&copy, &read(&path)?)?;
        }
    }
    Ok(())
}

/// The version of a module that a `go.mod` requires.
fn required(module: &Path, name: &str) -> Result<String> {
    let text = read(&module.join("go.mod"))?;
    let mut lines = text.lines().map(|line| line.trim().trim_start_matches("require "));
    let version = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.split(' ').next());
    version.map(str::to_owned).ok_or_else(|| format!("go.mod requires no {name}"))
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
    fn versions_are_those_of_go_mod() {
        let root = tempfile::tempdir().unwrap();
        let text =
            "module a\n\ntool (\n\tb/c/cmd\n)\n\nrequire (\n\tb/c v1.2.3\n\td/e v0.1.0 // indirect\n)\n";
        write(&root.path().join("go.mod"), text).unwrap();
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(required(root.path(), name).ok().as_deref(), expect, "{name}");
        };
        check("b/c", Some("v1.2.3"));
        check("d/e", Some("v0.1.0"));
        check("f/g", None);
    }

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
