//! The tasks of this repository, run as `cargo xtask TASK`, so that a stranger and the CI type the
//! same commands and need nothing but Rust.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks to its terminal")]

mod bench;
mod browser;
mod crash;
mod debian;
mod demo;
mod fuzz;
mod interop;
mod postgres;
mod powercut;
mod repo;
mod screenshot;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every task returns: nothing, or why it failed, in one sentence.
pub(crate) type Result<T = (), E = String> = std::result::Result<T, E>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The tasks of this repository", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

/// One task a line; each has a file of its own.
#[derive(Subcommand)]
enum Task {
    /// Run two countries on this machine and watch a document cross; options as `corridor demo --help`
    Demo {
        /// `--check`, `--file FILE`, `--lang ja|ko|en`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Take pictures of the demo and of every page of the console, with Chromium
    Screenshot {
        /// Of what [default: everything]
        #[arg(value_enum)]
        what: Option<screenshot::What>,
    },
    /// Check everything: format, clippy, tidy, all tests (PostgreSQL and a browser included)
    Test,
    /// Check what the compiler cannot: floors, invariants, messages, authorisation tests, forbidden words
    Tidy,
    /// Cut the power at many points of a recorded run of the store, and see what is left
    Powercut {
        /// `--cuts N`, `--seed S`, and what `--help` names
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Let every parser of bytes from outside read anything for a while (libFuzzer; needs a nightly compiler)
    Fuzz {
        /// Which targets [default: all in `fuzz`]
        targets: Vec<String>,
        /// How long each runs
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Measure what nodes carry beside what the machine could do; written to bench/results and bench/README.md
    Bench {
        /// What: send, ledger, witness, receipts, console, edifact, trade [default: everything]
        area: Option<String>,
        /// Run what was built before, as it is
        #[arg(long)]
        built: bool,
        /// What follows goes to the bench: `--seconds N`, `--runs N`, `--only PART,…`, and what its `--help` names
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Kill nodes, and PostgreSQL, in the middle of a load, and count what is lost or happened twice
    Crash {
        /// How often a node is killed on each engine
        #[arg(long, default_value_t = 200)]
        kills: u64,
        /// On what
        #[arg(long, value_enum, default_value = "both")]
        engine: crash::Engine,
        /// What chance begins with
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Run what was built before, as it is
        #[arg(long)]
        built: bool,
        /// What follows goes to the run: whose disks are lost (`--lost sender recipient`), how old the backups are
        /// then (`--age SECONDS`), whether all are taken at once (`--together`), how much is handed in
        /// (`--pause MILLISECONDS`)
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Hold everything against real peers and conformance kits; written to interop/results.json and RESULTS.md
    Interop {
        /// What [default: everything]
        #[arg(value_enum)]
        area: Option<interop::Area>,
    },
    /// Run a browser for tests until Ctrl-C, or for as long as COMMAND runs
    Browser {
        /// A command to run with CORRIDOR_TEST_BROWSER set, such as `cargo test -p corridor-node --test browser`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Run a temporary PostgreSQL until Ctrl-C, or for as long as COMMAND runs
    Postgres {
        /// A command to run with CORRIDOR_TEST_POSTGRES set, such as `cargo test -p corridor-storage`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Demo { options } => demo::run(&options),
        Task::Screenshot { what } => screenshot::run(what),
        Task::Test => test::run(),
        Task::Tidy => tidy::run(),
        Task::Powercut { options } => powercut::run(&options),
        Task::Fuzz { targets, seconds } => fuzz::run(&targets, seconds),
        Task::Bench { area, built, options } => bench::run(area.as_deref(), built, &options),
        Task::Crash { kills, engine, seed, built, options } => {
            crash::run(&crash::Wanted { kills, engine, seed, options }, built)
        }
        Task::Interop { area } => interop::run(area),
        Task::Browser { command } => browser::run(&command),
        Task::Postgres { command } => postgres::run(&command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cargo xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
