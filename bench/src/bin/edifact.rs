//! `cargo xtask bench edifact`: how fast interchanges are read and checked, beside other readers and the
//! search for three bytes, and how much memory one of a gigabyte takes.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use corridor_bench::interchange::Endless;
use corridor_bench::report::{Better, Row, Spread};
use corridor_bench::{Result, ended, progress, report, told};
use corridor_trade::directory::Directory;
use corridor_trade::edifact::token::tokenize;
use corridor_trade::edifact::{Limits, Options, Reader, Token, Verdict};
use corridor_trade::rules::{Checker, CodePolicy, Policy, Shelf};
use serde_json::Value;

#[derive(Parser)]
struct Arguments {
    /// Where the interchange is written that all read
    #[arg(long)]
    folder: PathBuf,
    /// Where the result goes
    #[arg(long)]
    output: PathBuf,
    /// What is measured
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// The peers of crates.io
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Node.js, its packages and the script that measures them
    #[arg(long, num_args = 3)]
    node: Option<Vec<PathBuf>>,
    /// Python and the script that measures its package
    #[arg(long, num_args = 2)]
    python: Option<Vec<PathBuf>>,
    /// The UNECE zip of D.08A
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Megabytes that all read
    #[arg(long, default_value_t = 50)]
    megabytes: u64,
    /// How often
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Only checks an interchange of so many megabytes, and says what memory that took
    #[arg(long)]
    memory: Option<u64>,
}

fn main() -> ExitCode {
    ended(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result {
    let shelf = arguments.directory.as_deref().map(shelf).transpose()?;
    if let Some(megabytes) = arguments.memory {
        return memory(megabytes, shelf);
    }
    let bytes = interchange(arguments.megabytes)?;
    let file = arguments.folder.join("interchange.edi");
    std::fs::create_dir_all(&arguments.folder).map_err(told(arguments.folder.display()))?;
    #[allow(clippy::disallowed_methods, reason = "made anew by each run, and read by it at once")]
    std::fs::write(&file, &bytes).map_err(told(file.display()))?;
    let (mut tokens, mut parts, mut checked, mut limit) = (vec![], vec![], vec![], vec![]);
    let mut peers: Vec<Peer> = Vec::new();
    for _ in 0..arguments.runs {
        // In turns, so that whatever else the machine does touches all.
        tokens.push(speed(&bytes, || count(&bytes, false)));
        parts.push(speed(&bytes, || count(&bytes, true)));
        limit.push(speed(&bytes, || memchr::memchr3_iter(b'\'', b'+', b':', &bytes).count() as u64));
        if let Some(shelf) = &shelf {
            let mut done = Ok(());
            checked.push(speed(&bytes, || check(&mut bytes.as_slice(), shelf, &mut done)));
            done?;
        }
        for peer in others(arguments, &file)? {
            match peers.iter_mut().find(|p| p.name == peer.name) {
                Some(known) => known.speeds.extend(peer.speeds),
                None => peers.push(peer),
            }
        }
    }
    let limit = Spread::of(&limit).median;
    let mut rows = rows(&tokens, &parts, limit, &peers);
    if !checked.is_empty() {
        let note = "CUSCAR D.08A: order, repeats, forms, code lists; goal: a quarter of what segments have to reach (half of the limit, some 400 MB/s), so 0.125";
        let row = Row::new(
            "read, checked against directory and code lists",
            "MB/s",
            Better::Higher,
            &checked,
            note,
        );
        rows.push(row.limited("memchr3", limit));
        rows.push(resident(arguments)?);
    }
    report::finish("edifact", &arguments.commit, rows, &arguments.output)
}

fn rows(tokens: &[f64], parts: &[f64], limit: f64, peers: &[Peer]) -> Vec<Row> {
    let mut rows = Vec::new();
    for peer in peers {
        let note = "the same 50 MB in the same run, whole in memory; goal: 3 times the best";
        let row = Row::new("segments", "MB/s", Better::Higher, tokens, note);
        rows.push(row.beside(&peer.name, &peer.version, &peer.speeds).limited("memchr3", limit));
    }
    if rows.is_empty() {
        rows.push(
            Row::new("segments", "MB/s", Better::Higher, tokens, "no peer ran").limited("memchr3", limit),
        );
    }
    let note = "every element and component looked at; goal: 0.5 of the limit";
    rows.push(
        Row::new("segments and their parts", "MB/s", Better::Higher, parts, note).limited("memchr3", limit),
    );
    rows
}

/// What a peer reached.
struct Peer {
    name: String,
    version: String,
    speeds: Vec<f64>,
}

/// The peers that were named, each measured once.
fn others(arguments: &Arguments, file: &Path) -> Result<Vec<Peer>> {
    let mut commands = Vec::new();
    if let Some(program) = &arguments.peers {
        let mut command = Command::new(program);
        command.arg("speed");
        commands.push(command);
    }
    if let Some([program, modules, script]) = arguments.node.as_deref() {
        let mut command = Command::new(program);
        command.env("NODE_PATH", modules).arg(script);
        commands.push(command);
    }
    if let Some([program, script]) = arguments.python.as_deref() {
        let mut command = Command::new(program);
        command.arg(script);
        commands.push(command);
    }
    let mut peers = Vec::new();
    for mut command in commands {
        let out = command.arg(file).arg("1").output().map_err(told("peer"))?;
        let said: Value = serde_json::from_slice(&out.stdout)
            .map_err(|e| format!("a peer said {:?}: {e}", String::from_utf8_lossy(&out.stdout)))?;
        for told in said.as_array().into_iter().flatten() {
            let text = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let speeds = told.get("speeds").and_then(Value::as_array).into_iter().flatten();
            let speeds: Vec<f64> = speeds.filter_map(Value::as_f64).collect();
            // Measured by its neighbours too: the limit of their process.
            if text("name") != "memchr3" && !speeds.is_empty() {
                peers.push(Peer { name: text("name"), version: text("version"), speeds });
            }
        }
    }
    Ok(peers)
}

fn interchange(megabytes: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Endless::new(megabytes * 1_000_000).read_to_end(&mut bytes).map_err(told("interchange"))?;
    Ok(bytes)
}

fn shelf(zip: &Path) -> Result<Arc<Shelf>> {
    let bytes = std::fs::read(zip).map_err(told(zip.display()))?;
    let mut shelf = Shelf::default();
    shelf.add(Arc::new(Directory::load(&bytes).map_err(told(zip.display()))?));
    Ok(Arc::new(shelf))
}

/// Megabytes a second.
fn speed(bytes: &[u8], work: impl FnOnce() -> u64) -> f64 {
    let begun = Instant::now();
    std::hint::black_box(work());
    bytes.len() as f64 / 1e6 / begun.elapsed().as_secs_f64()
}

fn count(mut bytes: &[u8], every_part: bool) -> u64 {
    let mut counted = 0;
    let _ = tokenize(&mut bytes, Limits::default(), &mut |token| {
        if let Token::Segment(segment) = token {
            counted += if every_part { segment.parts().map(|part| part.raw.len() as u64).sum() } else { 1 };
        }
    });
    counted
}

/// Reads and checks; what is not accepted was measured wrong.
fn check(source: &mut dyn Read, shelf: &Arc<Shelf>, done: &mut Result) -> u64 {
    let checker = Checker::new(Arc::clone(shelf), Policy { codes: CodePolicy::Warn });
    match Reader::checking(Options::default(), Box::new(checker)).read(source, &mut ()) {
        Ok(report) if report.verdict() == Verdict::Accepted && report.checked == report.messages => {
            report.segments
        }
        Ok(report) => {
            *done = Err(format!("not accepted: {:?}", report.findings.first()));
            0
        }
        Err(error) => {
            *done = Err(error.to_string());
            0
        }
    }
}

/// In a process of its own: checks, and prints the most memory it ever held.
fn memory(megabytes: u64, shelf: Option<Arc<Shelf>>) -> Result {
    let shelf = shelf.ok_or("--memory wants --directory")?;
    let mut done = Ok(());
    check(&mut Endless::new(megabytes * 1_000_000), &shelf, &mut done);
    done?;
    let status = std::fs::read_to_string("/proc/self/status").map_err(told("/proc/self/status"))?;
    let peak = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    #[allow(clippy::print_stdout, reason = "what the process that started this one reads")]
    {
        println!("{}", peak.ok_or("no VmHWM")? / 1024.0);
    }
    Ok(())
}

fn resident(arguments: &Arguments) -> Result<Row> {
    let this = std::env::current_exe().map_err(told("this program"))?;
    let mut command = Command::new(this);
    command.arg("--folder").arg(&arguments.folder).arg("--output").arg(&arguments.output);
    command
        .args(["--memory", "1000", "--directory"])
        .arg(arguments.directory.as_deref().unwrap_or(Path::new("")));
    let out = command.output().map_err(told("this program"))?;
    let peak = String::from_utf8_lossy(&out.stdout).trim().parse::<f64>();
    let peak = peak.map_err(|_| String::from_utf8_lossy(&out.stderr).into_owned())?;
    progress("1 GB checked");
    let note = "the whole process, the directory with all names in it; 1 GB read as it is made; goal: 64 MiB";
    Ok(Row::new("memory at its peak, 1 GB checked", "MiB", Better::Lower, &[peak], note))
}
