//! `corridor-powercut`: records a run of the store and cuts the power at many points of it; see
//! `cargo xtask powercut`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks to its terminal")]

mod without;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use corridor_powercut::format::Op;
use corridor_powercut::record::{Recording, Room};
use corridor_powercut::runs::{self, Search};
use corridor_powercut::workload::{self, Plan};
use corridor_powercut::{full, probe, record};

#[derive(Parser)]
#[command(about = "Power cuts at many points of a recorded run of the store")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Record a run, cut it at many points, switch each class of syncs off, fill the disk
    Run {
        /// Points to cut at; each is checked in four variants
        #[arg(long, default_value_t = 1200)]
        cuts: usize,
        /// Where chance starts: the same seed and record give the same cuts
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The most points to cut at for each class of syncs that is switched off, until it is missed
        #[arg(long, default_value_t = 200)]
        class_cuts: usize,
        /// Sizes of disk to fill
        #[arg(long, default_value_t = 40)]
        disks: u64,
        /// Look at this record again instead of making one; a run that fails says where it kept its own
        #[arg(long)]
        record: Option<PathBuf>,
    },
    /// What the recorded process does
    #[command(hide = true)]
    Workload { seed: u64, rounds: u64, units: u64, uploads: u64, disk: PathBuf, told: PathBuf, room: PathBuf },
    /// What the recorded process does on a full disk
    #[command(hide = true)]
    Full { disk: PathBuf, told: PathBuf, room: PathBuf },
    /// Every operation that the recording library knows
    #[command(hide = true)]
    Probe { disk: PathBuf, told: PathBuf, room: PathBuf },
    /// A disk of 10,000 bytes, filled
    #[command(hide = true)]
    ProbeFull { disk: PathBuf, told: PathBuf, room: PathBuf },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Run { cuts, seed, class_cuts, disks, record } => {
            run(&Wanted { cuts, seed, class_cuts, disks, record })
        }
        Task::Workload { seed, rounds, units, uploads, disk, told, .. } => {
            workload::run(Plan { seed, rounds, units, uploads }, &disk, &told).map_err(|p| format!("{p:?}"))
        }
        Task::Full { disk, told, room } => full::run(&disk, &told, &room).map_err(|p| format!("{p:?}")),
        Task::Probe { disk, told, .. } => probe::run(&disk, &told).map_err(|e| e.to_string()),
        Task::ProbeFull { disk, room, .. } => probe::fill(&disk, &room).map_err(|e| e.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("corridor-powercut: {why}");
            ExitCode::FAILURE
        }
    }
}

/// How much is wanted.
struct Wanted {
    cuts: usize,
    seed: u64,
    class_cuts: usize,
    disks: u64,
    record: Option<PathBuf>,
}

fn run(wanted: &Wanted) -> Result<(), String> {
    if let Some(why) = record::unsupported() {
        println!("not run: {why}");
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|e| format!("where this program is: {e}"))?;
    let recording = match &wanted.record {
        Some(path) => Recording::read(path)?,
        None => recorded(&program, wanted.seed)?,
    };
    let operations = recording.operations()?;
    let told = operations.iter().filter(|op| matches!(op, Op::Acknowledge { .. })).count();
    println!("recorded: {} operations, {} bytes, {told} lines told", operations.len(), recording.size());
    let mut failed = cut(&operations, wanted.cuts, wanted.seed)?;
    failed += without::each(&operations, wanted.class_cuts, wanted.seed)?;
    if failed > 0 && wanted.record.is_none() {
        let path = std::env::temp_dir().join(format!("corridor-powercut-{}.record", std::process::id()));
        recording.keep(&path)?;
        println!("look again with: --record {} --seed {}", path.display(), wanted.seed);
    }
    failed += fill(&program, wanted.disks)?;
    if failed == 0 { Ok(()) } else { Err(format!("{failed} failures")) }
}

/// A new run, whose record replayed whole is what is there.
fn recorded(program: &Path, seed: u64) -> Result<Recording, String> {
    let plan = Plan { seed, rounds: 3, units: 30, uploads: 8 };
    let recording = Recording::make(program, &plan.words(), Room::Enough)?;
    recording.compare()?;
    Ok(recording)
}

/// Cuts with every sync in its place: nothing may be lost.
fn cut(operations: &[Op<'_>], cuts: usize, seed: u64) -> Result<usize, String> {
    let points = runs::cuts(operations, cuts, seed);
    let search = Search { seed, cuts: &points, without: None, torn: 1, enough: 20 };
    let outcome = runs::search(operations, &search)?;
    println!(
        "power cuts: {} points, {} directories checked, {} with something lost or half-written, {:.1} s",
        points.len(),
        outcome.checked,
        outcome.failures.len(),
        outcome.took.as_secs_f64()
    );
    for failure in &outcome.failures {
        println!("  seed {seed}, cut {}, {}: {}", failure.cut, failure.variant, failure.wrong.join("; "));
    }
    Ok(outcome.failures.len())
}

/// Full disks of many sizes.
fn fill(program: &Path, disks: u64) -> Result<usize, String> {
    let start = Instant::now();
    let (mut done, mut refused, mut failed) = (0, 0, 0);
    for size in full::sizes(program, disks)? {
        match full::fill(program, Room::Bytes(size)) {
            Ok(filled) => {
                done += filled.done;
                refused += filled.refused;
            }
            Err(why) => {
                println!("  {why}");
                failed += 1;
            }
        }
    }
    println!(
        "full disks: {disks} sizes, units done {done}, refused {refused}, disks that went wrong {failed}, {:.1} s",
        start.elapsed().as_secs_f64()
    );
    Ok(failed)
}
