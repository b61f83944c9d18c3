//! `cargo xtask fuzz`: builds the targets in `fuzz` with a nightly compiler and AddressSanitizer, lets each run
//! for so long from what is right, and says how many inputs it tried. libFuzzer comes with its crate: nothing
//! but the compiler has to be installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, repo, shell};

/// What coverage and sanitizer need of the compiler, as cargo-fuzz has it.
const FLAGS: &str = "-Zsanitizer=address --cfg fuzzing -Cdebug-assertions -Ccodegen-units=1 \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Where what is right lies, from which a target begins.
const SEEDS: [(&str, &[&str]); 17] = [
    ("act", &["ground/proof/golden/acts"]),
    ("chain", &["ground/proof/golden/evidence/receipts", "services/trade/samples"]),
    ("checked", &["services/trade/samples"]),
    ("convert", &["services/trade/samples"]),
    ("cose", &["ground/proof/golden/evidence"]),
    ("directory", &["services/trade/samples"]),
    ("edifact", &["services/trade/samples", "interop/edifact/samples"]),
    ("evidence", &["ground/proof/golden/evidence", "ground/proof/golden/cosignature"]),
    ("fixed", &["services/trade/mappings/fixed"]),
    ("keys", &["ground/proof/golden/cosignature"]),
    ("mapping", &["services/trade/mappings", "services/trade/samples"]),
    ("note", &["ground/proof/golden/cosignature"]),
    ("risk", &["services/trade/samples/chain"]),
    ("shown", &["services/trade/samples"]),
    ("statement", &["ground/proof/golden"]),
    ("tables", &["services/trade/samples"]),
    ("witness", &["ground/proof/golden/cosignature"]),
];

/// Runs these targets, or all; fails when one of them found something.
pub(crate) fn run(only: &[String], seconds: u64) -> Result {
    let wanted: Vec<String> = match only {
        [] => targets(&fs::read_to_string(folder().join("Cargo.toml")).map_err(|e| format!("fuzz: {e}"))?)?,
        named => named.to_vec(),
    };
    let programs = build(&wanted)?;
    let mut failed = Vec::new();
    for name in &wanted {
        match one(&programs.join(name), name, seconds) {
            Ok(tried) => println!("{name:<16} {tried:>12} inputs, nothing found"),
            Err(why) => {
                println!("{name:<16} FAILED\n{why}");
                failed.push(name.as_str());
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("fuzz: {}", failed.join(", "))) }
}

/// That every target still compiles, with the compiler of the workspace and without libFuzzer: nobody else would
/// notice before the next run.
pub(crate) fn check() -> Result {
    let manifest = folder().join("Cargo.toml");
    let mut cargo =
        shell::cargo(&["check", "--quiet", "--locked", "--no-default-features", "--manifest-path"]);
    shell::run(cargo.arg(manifest))
}

fn folder() -> PathBuf {
    repo::root().join("fuzz")
}

/// The names of the targets in a manifest.
fn targets(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().map_err(|e| format!("fuzz/Cargo.toml: {e}"))?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    let mut names: Vec<String> = bins.filter_map(|bin| Some(bin.get("name")?.as_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// Builds the targets; where they are then.
fn build(wanted: &[String]) -> Result<PathBuf> {
    let into = repo::root().join("target/fuzz");
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    // Not the cargo that runs this: it knows no other compiler than its own.
    let mut cargo = shell::command("cargo");
    cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env_remove("RUSTC").env("RUSTFLAGS", FLAGS);
    cargo.args(["+nightly", "build", "--release", "--locked", "--target", &triple, "--manifest-path"]);
    cargo.arg(folder().join("Cargo.toml")).arg("--target-dir").arg(&into);
    wanted.iter().for_each(|name| {
        cargo.args(["--bin", name]);
    });
    shell::run(&mut cargo).map_err(|why| format!("{why}; is there a nightly toolchain (rustup)?"))?;
    Ok(into.join(triple).join("release"))
}

/// Runs one target; how many inputs it tried.
fn one(program: &Path, name: &str, seconds: u64) -> Result<u64> {
    let corpus = repo::root().join("target/fuzz/corpus").join(name);
    fs::create_dir_all(&corpus).map_err(|e| format!("{}: {e}", corpus.display()))?;
    let output = command(program, name, seconds, &corpus).output();
    let output = output.map_err(|e| format!("{} did not start: {e}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let lines: Vec<&str> = said.lines().collect();
        return Err(lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n"));
    }
    tried(&said).ok_or_else(|| "it does not say how many inputs it tried".to_owned())
}

/// How a target is run: for so long, from what is right and what it tried before.
fn command(program: &Path, name: &str, seconds: u64, corpus: &Path) -> Command {
    let found = repo::root().join("target/fuzz").join(format!("found-{name}-"));
    let mut target = Command::new(program);
    target.current_dir(repo::root()).arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1");
    target.arg(format!("-artifact_prefix={}", found.display())).arg("-timeout=10").arg(corpus);
    // Two tables of SQLite have one name, each in its own function: no target that stands on it would begin.
    target.env("ASAN_OPTIONS", "detect_odr_violation=0");
    let seeds = SEEDS.iter().filter(|(of, _)| *of == name).flat_map(|(_, folders)| *folders);
    target.args(seeds.map(|folder| repo::root().join(folder)));
    target
}

/// How many inputs a target says it tried.
fn tried(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_of_the_repository_is_known_with_its_seeds() {
        let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        let names = targets(&manifest).unwrap();
        let sources = folder().join("fuzz_targets");
        let mut files: Vec<String> = fs::read_dir(sources)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(names, files);
        for (name, folders) in SEEDS {
            assert!(names.iter().any(|n| n == name), "{name}");
            assert!(folders.iter().all(|folder| repo::root().join(folder).is_dir()), "{folders:?}");
        }
    }

    /// What AddressSanitizer finds in SQLite itself, before the first input, is switched off where targets are
    /// run; whoever runs them otherwise (`docs/runs.md`) is to do the same.
    #[test]
    fn targets_that_stand_on_sqlite_begin() {
        let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        for name in targets(&manifest).unwrap() {
            let command = command(Path::new(&name), &name, 1, Path::new("corpus"));
            let told = command.get_envs().find(|(variable, _)| *variable == "ASAN_OPTIONS");
            let told = told.and_then(|(_, options)| options?.to_str()).unwrap_or_default();
            assert!(told.split(':').any(|option| option == "detect_odr_violation=0"), "{name}: {told}");
        }
    }

    #[test]
    fn what_libfuzzer_says_is_counted() {
        let check = |said: &str, expect: Option<u64>| assert_eq!(tried(said), expect, "{said}");
        check("Done 12 runs\nstat::number_of_executed_units: 12345\nstat::x: 1\n", Some(12_345));
        check("==1== ERROR: libFuzzer", None);
    }
}
