//! `cargo xtask crash`: kills nodes in the middle of a load, and the PostgreSQL below them, and says
//! what was lost and what happened twice. The nodes, the load and the counting are in the `bench`
//! crate; here is the database server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::postgres::Server;
use crate::{Result, bench, shell};

/// How often PostgreSQL itself is killed for so many kills of nodes.
const NODES_A_SERVER: u64 = 10;

/// On what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// SQLite alone.
    Sqlite,
    /// PostgreSQL alone.
    Postgres,
    /// One after the other.
    Both,
}

/// What is to be run.
pub(crate) struct Wanted {
    pub(crate) kills: u64,
    pub(crate) engine: Engine,
    pub(crate) seed: u64,
    /// What the run itself is told.
    pub(crate) options: Vec<String>,
}

/// Runs it and writes `bench/results/crash.json`, one engine after the other: what the first found is kept whatever
/// becomes of the second.
pub(crate) fn run(wanted: &Wanted, built: bool) -> Result {
    if !built {
        bench::build()?;
    }
    // As it is before anything is written down.
    let version = bench::version();
    let mut failed = Vec::new();
    for (name, other) in [("sqlite", Engine::Postgres), ("postgres", Engine::Sqlite)] {
        if wanted.engine == other {
            continue;
        }
        println!("\n== {name}: {} kills, seed {}", wanted.kills, wanted.seed);
        let output = bench::folder()?.join(format!("crash-{name}-{}.json", std::process::id()));
        let ended = if name == "sqlite" { on_sqlite(wanted, &output) } else { on_postgres(wanted, &output) };
        if let Err(why) = ended {
            failed.push(format!("{name}: {why}"));
        }
        let text = fs::read_to_string(&output).unwrap_or_default();
        let _ = fs::remove_file(&output);
        if let Ok(found) = serde_json::from_str(&text) {
            keep(found, &version)?;
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("crash: {}", failed.join("; "))) }
}

/// What tells one kind of run from another.
const KIND: [&str; 4] = ["engine", "lost_disks", "backup_age", "together"];

/// Writes what was found beside what is known of other kinds of runs, and shows all.
fn keep(mut found: Value, version: &str) -> Result {
    if let Some(run) = found.as_object_mut() {
        run.insert("commit".to_owned(), version.into());
    }
    let mut found = vec![found];
    let path = bench::results().join("crash.json");
    let before: Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
    for known in before.get("runs").and_then(Value::as_array).into_iter().flatten() {
        let same = |run: &Value| KIND.iter().all(|key| run.get(key) == known.get(key));
        if known.get("lost_disks").is_some() && !found.iter().any(same) {
            found.push(known.clone());
        }
    }
    found.sort_by_key(|run| {
        let age = run.get("backup_age").and_then(Value::as_u64);
        let [engine, lost] = ["engine", "lost_disks"].map(|key| run.get(key).map(Value::to_string));
        (age, std::cmp::Reverse(engine), lost)
    });
    let table = table(&found);
    println!("\n{table}");
    write(&path, &json!({ "area": "crash", "runs": found }))?;
    bench::replace(&crate::repo::root().join("bench/README.md"), "crash", &table)
}

fn command(wanted: &Wanted, output: &PathBuf) -> Result<Command> {
    let folder = bench::folder()?;
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut command = Command::new(bench::program("crash")?);
    command.args(["--kills", &wanted.kills.to_string(), "--seed", &wanted.seed.to_string()]);
    command.arg("--folder").arg(folder).arg("--output").arg(output).args(&wanted.options);
    Ok(command)
}

fn on_sqlite(wanted: &Wanted, output: &PathBuf) -> Result {
    shell::run(&mut command(wanted, output)?)
}

fn on_postgres(wanted: &Wanted, output: &PathBuf) -> Result {
    let mut server = match Server::start() {
        Ok(server) => server,
        Err(why) if shell::is_ci() => return Err(why),
        Err(why) => {
            println!("not run: {why}");
            return Ok(());
        }
    };
    let mut crash = command(wanted, output)?;
    crash.arg("--databases");
    for name in ["kr", "jp", "jp_restored", "kr_restored"] {
        crash.arg(server.database(name)?);
    }
    crash.args(["--database-kills", &(wanted.kills / NODES_A_SERVER).max(1).to_string()]);
    crash.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = crash.spawn().map_err(|e| format!("crash did not start: {e}"))?;
    if let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) {
        for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
            if line != "kill database" {
                println!("{line}");
                continue;
            }
            let again = server.kill().and_then(|()| server.restart());
            let answer = again.as_ref().err().map_or("done", String::as_str).replace('\n', " ");
            // One that is gone says so by its exit code.
            let _ = writeln!(stdin, "{answer}");
        }
    }
    let status = child.wait().map_err(|e| format!("waiting for crash failed: {e}"))?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

#[allow(clippy::disallowed_methods, reason = "a page of the repository, not data of a node")]
fn write(path: &Path, result: &Value) -> Result {
    let text = serde_json::to_string_pretty(result).map_err(|e| e.to_string())?;
    fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))
}

const COLUMNS: &[(&str, &str)] = &[
    ("engine", "engine"),
    ("kills_sender", "sender killed"),
    ("kills_recipient", "recipient killed"),
    ("kills_while_starting", "of these while starting"),
    ("kills_witness", "witness killed"),
    ("kills_database", "database killed"),
    ("documents", "documents acknowledged"),
    ("in_pieces", "of these in pieces"),
    ("handed_in_again", "hand-ins repeated"),
    ("lost", "lost"),
    ("duplicated", "duplicated"),
    ("orphans", "orphaned files"),
    ("checkpoints", "checkpoints seen"),
    ("forks", "forks"),
    ("receipts", "receipts complete"),
    ("receipts_bad", "not"),
    ("entries", "entries of raw logs"),
    ("entries_gone", "of these shown no more"),
    ("lost_disks", "disks lost"),
    ("backup_age", "backups old: s"),
    ("together", "taken at once"),
    ("restored_recipient/seconds", "recipient restored: s"),
    ("restored_recipient/acts_lost", "acts of which the leaf alone came back"),
    ("restored_sender/seconds", "sender restored: s"),
    ("restored_sender/acts_lost", "acts of which the leaf alone came back"),
    ("restored_sender/documents_unknown", "documents only in the partner's book"),
    ("restored_sender/documents_gone", "documents on the lost disk only"),
    ("seconds", "seconds"),
    ("commit", "commit"),
];

fn table(found: &[Value]) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = row(COLUMNS.iter().map(|(_, title)| (*title).to_owned()).collect());
    out += &format!("|---|{}\n", "--:|".repeat(COLUMNS.len() - 1));
    for run in found {
        out += &row(COLUMNS.iter().map(|(key, _)| cell(run.pointer(&format!("/{key}")))).collect());
    }
    out
}

fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => (if *yes { "yes" } else { "no" }).to_owned(),
        Some(number) => number
            .as_f64()
            .map(|number| (number * 10.0).round() / 10.0)
            .map_or_else(|| "–".to_owned(), bench::plain),
        None => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_one_line_of_the_table() {
        let run = json!({ "engine": "sqlite", "kills_sender": 101, "documents": 12_345, "lost": 0, "forks": 0,
            "lost_disks": "sender", "backup_age": 5, "together": false, "restored_sender": { "seconds": 2.5 }, "seconds": 95.0 });
        let table = table(&[run]);
        let line = table.lines().nth(2).unwrap();
        assert_eq!(
            line,
            "| sqlite | 101 | – | – | – | – | 12,345 | – | – | 0 | – | – | – | 0 | – | – | – | – | sender | 5 | no | – | – | 2.5 | – | – | – | 95 | – |"
        );
        assert_eq!(table.lines().nth(1).unwrap().matches('|').count(), COLUMNS.len() + 1);
    }
}
