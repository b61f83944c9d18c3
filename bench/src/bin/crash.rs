//! `cargo xtask crash` for one engine: kills nodes under load and says what was lost. With
//! PostgreSQL, whoever started this program kills the server when it is asked to: `kill database` on
//! standard output, `done` on standard input.
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use corridor_bench::crash::{self, KillDatabase, Plan, Side};
use corridor_bench::world::{Engine, Setup};
use corridor_bench::{Result, process, progress, report, told};

#[derive(Parser)]
struct Arguments {
    /// How often a node is killed
    #[arg(long, default_value_t = 200)]
    kills: u64,
    /// How often the database server is killed beside
    #[arg(long, default_value_t = 0)]
    database_kills: u64,
    /// Whose disks are lost at the end, one after the other
    #[arg(long, value_enum, num_args = 1.., default_values_t = [Side::Recipient, Side::Sender])]
    lost: Vec<Side>,
    /// How old a backup is when the disk is lost, in seconds
    #[arg(long, default_value_t = 5)]
    age: u64,
    /// All backups are taken at once, before the first disk is lost
    #[arg(long)]
    together: bool,
    /// The longest pause of a client between two documents, in milliseconds
    #[arg(long, default_value_t = 80)]
    pause: u64,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Four empty PostgreSQL databases, two for nodes that are restored; without them SQLite is used
    #[arg(long, num_args = 4)]
    databases: Vec<String>,
    /// Where the nodes keep their data meanwhile
    #[arg(long)]
    folder: PathBuf,
    /// Where the result goes
    #[arg(long)]
    output: PathBuf,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().map_err(told("runtime"));
    match runtime.and_then(|runtime| runtime.block_on(run(Arguments::parse()))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            progress(&why);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool> {
    let (engine, spare) = match <[String; 4]>::try_from(arguments.databases) {
        Ok([kr, jp, first, second]) => (Engine::Postgres([kr, jp]), Some([first, second])),
        Err(_) => (Engine::Sqlite, None),
    };
    let program = process::program()?;
    let setup = Setup { program, folder: arguments.folder, engine, counted: false, witnessed: true };
    let plan = Plan {
        setup,
        kills: arguments.kills,
        database_kills: arguments.database_kills,
        seed: arguments.seed,
        clients: 8,
        pause: arguments.pause,
        largest: 3 << 20,
        lost: arguments.lost,
        age: Duration::from_secs(arguments.age),
        together: arguments.together,
        spare,
    };
    let database: Option<KillDatabase> = (plan.database_kills > 0).then(|| Box::new(ask) as KillDatabase);
    let found = crash::run(&plan, database).await?;
    for fault in &found.faults {
        progress(fault);
    }
    report::write(&arguments.output, &found)?;
    Ok(found.is_good())
}

/// Has the database server killed and started again.
fn ask() -> Result {
    println!("kill database");
    std::io::stdout().flush().map_err(told("standard output"))?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(told("standard input"))?;
    if line.trim() == "done" { Ok(()) } else { Err(format!("the database server: {line}")) }
}
