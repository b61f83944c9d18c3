//! `cargo xtask bench ledger`: entries that a raw log of a node takes a second, beside Tessera's POSIX
//! engine on the same disk, beside a handler that does nothing and beside a bare fsync; acts with their
//! whole unit of work; what it costs to check a log of acts; and what a long log costs.

mod acts;
mod fsck;
mod long;
mod open;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;
use corridor_base::OsRandom;
use corridor_bench::http::{ENTRY, Outcome, Target, adds};
use corridor_bench::limits::{self, Bare};
use corridor_bench::process;
use corridor_bench::report::{Better, Row};
use corridor_bench::solo::{Server, Solo, write_note_key};
use corridor_bench::world::free_port;
use corridor_bench::{Result, ended, nothing, on_one_thread, progress, report, told};
use corridor_proof::SecretKey;

/// The clients.
const CLIENTS: [usize; 4] = [1, 64, 256, 1024];
/// How long a load runs before it counts.
const WARM: Duration = Duration::from_secs(1);
/// Between two loads, so that the first does not go on in the second.
const REST: Duration = Duration::from_millis(500);
/// The raw log of the node.
const RAW: &str = "bench";
const OURS: &str = "corridor";
const STOCK: &str = "Tessera POSIX";
const TUNED: &str = "Tessera POSIX, batches of 50 ms";
const NOTHING: &str = "a handler that does nothing";

#[derive(Clone, Parser)]
struct Arguments {
    /// Where the logs keep their data meanwhile
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Where the result goes
    #[arg(long)]
    output: Option<PathBuf>,
    /// What is measured
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// Tessera's own log over a POSIX filesystem
    #[arg(long)]
    tessera: Option<PathBuf>,
    /// A log over the same engine whose batches are set
    #[arg(long)]
    tuned: Option<PathBuf>,
    /// The version of Tessera
    #[arg(long, default_value = "unknown")]
    tessera_version: String,
    /// How long a load is measured, in seconds
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How often each load is measured
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The entries of the long log
    #[arg(long, default_value_t = 10_000_000)]
    entries: u64,
    /// How many clients there are, load by load
    #[arg(long, value_delimiter = ',', default_values_t = CLIENTS)]
    clients: Vec<usize>,
    /// The acts of the log that is checked
    #[arg(long, default_value_t = 1_000_000)]
    acts: u64,
    /// Only these: add, acts, fsck, long
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only serve a handler that does nothing, on this port
    #[arg(long, hide = true)]
    nothing: Option<u16>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    ended(match arguments.nothing {
        Some(port) => nothing::run(port),
        None => on_one_thread(run(&arguments)),
    })
}

async fn run(arguments: &Arguments) -> Result {
    let needed =
        |path: &Option<PathBuf>, name: &str| path.clone().ok_or_else(|| format!("--{name} is needed"));
    let (folder, output) = (needed(&arguments.folder, "folder")?, needed(&arguments.output, "output")?);
    fs::create_dir_all(&folder).map_err(told(folder.display()))?;
    let home = tempfile::tempdir_in(&folder).map_err(told(folder.display()))?;
    let wanted = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|o| o == part);
    let mut rows = Vec::new();
    if wanted("add") {
        rows.extend(compared(arguments, &folder, home.path()).await?);
    }
    if wanted("acts") {
        rows.extend(acts::acts(arguments, home.path()).await?);
    }
    if wanted("fsck") {
        rows.extend(fsck::fsck(arguments, home.path()).await?);
    }
    if wanted("long") {
        rows.extend(long::long(arguments, &folder).await?);
    }
    report::finish("ledger", &arguments.commit, rows, &output)
}

/// What each server made of each number of clients, run by run, and the times of bare syncs: of 4 KiB that
/// are appended, and of 4 KiB that are overwritten, in milliseconds.
struct Measured {
    loads: BTreeMap<(&'static str, usize), Vec<Outcome>>,
    appended: Vec<f64>,
    overwritten: Vec<f64>,
}

impl Measured {
    fn of(&self, name: &'static str, clients: usize, what: impl Fn(&Outcome) -> f64) -> Vec<f64> {
        self.loads.get(&(name, clients)).into_iter().flatten().map(what).collect()
    }
}

/// Everybody under the same load, in turns.
async fn compared(arguments: &Arguments, folder: &Path, home: &Path) -> Result<Vec<Row>> {
    let ours = Solo::start(&process::program()?, folder, &format!("raw = [\"{RAW}\"]"))?;
    let others = Others::start(arguments, home)?;
    let target = Target { port: ours.public, path: format!("/logs/{RAW}/add"), process: ours.node.id() };
    let mut targets = vec![(OURS, target)];
    targets.extend(others.0.iter().map(|(name, server)| {
        (*name, Target { port: server.port, path: "/add".to_owned(), process: server.id() })
    }));
    let mut measured = Measured { loads: BTreeMap::new(), appended: Vec::new(), overwritten: Vec::new() };
    for _ in 0..arguments.runs {
        for (bare, times) in
            [(Bare::Appended, &mut measured.appended), (Bare::Overwritten, &mut measured.overwritten)]
        {
            let all = limits::sync_times(home, bare, Duration::from_secs(1))?;
            times.push(all.get(all.len() / 2).copied().unwrap_or_default());
        }
        for &clients in &arguments.clients {
            for (name, target) in &targets {
                let outcome = adds(target, clients, WARM, Duration::from_secs(arguments.seconds)).await?;
                progress(&format!(
                    "{name}, {clients} clients: {:.0}/s, p50 {:.2} ms, p99 {:.1} ms, \
                     {:.0} for each second of processor, {} failed",
                    outcome.rate,
                    outcome.latency(0.5),
                    outcome.latency(0.99),
                    outcome.per_cpu,
                    outcome.failed
                ));
                measured.loads.entry((name, clients)).or_default().push(outcome);
                tokio::time::sleep(REST).await;
            }
        }
    }
    Ok(arguments.clients.iter().flat_map(|&clients| add_rows(arguments, &measured, clients)).collect())
}

/// The peers, as far as they are here, and the handler that does nothing.
struct Others(Vec<(&'static str, Server)>);

impl Others {
    fn start(arguments: &Arguments, home: &Path) -> Result<Self> {
        let key = home.join("tessera.key");
        let secret = SecretKey::generate("tessera.example/log", &OsRandom).map_err(told("key"))?;
        write_note_key(&key, &secret)?;
        let tessera = |program: &Path, words: &[&str], name: &str| {
            let port = free_port()?;
            let folder = home.join(name);
            fs::create_dir_all(&folder).map_err(told(folder.display()))?;
            let mut command = Command::new(program);
            command.args(words).args(["--listen", &format!("127.0.0.1:{port}")]);
            command.arg("--private_key").arg(&key).arg("--storage_dir").arg(&folder);
            Server::start(command, port, &home.join(format!("{name}.log")))
        };
        let mut all = Vec::new();
        if let Some(program) = &arguments.tessera {
            all.push((STOCK, tessera(program, &[], "stock")?));
        }
        if let Some(program) = &arguments.tuned {
            all.push((TUNED, tessera(program, &["log", "--batch", "256", "--age", "50ms"], "tuned")?));
        }
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe().map_err(told("this program"))?);
        command.args(["--nothing", &port.to_string()]);
        all.push((NOTHING, Server::start(command, port, &home.join("nothing.log"))?));
        Ok(Self(all))
    }
}

fn add_rows(arguments: &Arguments, measured: &Measured, clients: usize) -> Vec<Row> {
    let version = &arguments.tessera_version;
    let middle = |values: &[f64]| report::Spread::of(values).median;
    let row = |name: &str, unit: &str, better, peer, what: fn(&Outcome) -> f64, note: &str| {
        Row::new(name, unit, better, &measured.of(OURS, clients, what), note).beside(
            peer,
            version,
            &measured.of(peer, clients, what),
        )
    };
    let failed: u64 = measured
        .loads
        .iter()
        .filter(|((_, n), _)| *n == clients)
        .flat_map(|(_, all)| all)
        .map(|o| o.failed)
        .sum();
    let plural = if clients == 1 { "client" } else { "clients" };
    let name = |what: &str| format!("{what}, {clients} {plural}");
    let goal = if clients < 256 {
        "at least 3 times this peer"
    } else {
        "at least 1.5 times the better of both peers"
    };
    let note = format!(
        "entries of {ENTRY} bytes over HTTP, durable before the answer; goal: {goal}, half of the limit; \
         failed, all servers: {failed}"
    );
    let limit = |what: fn(&Outcome) -> f64| measured.of(NOTHING, clients, what);
    let higher = Better::Higher;
    let mut rows = vec![
        row(&name("adds"), "1/s", higher, STOCK, |o| o.rate, &note)
            .limited_in_turns(NOTHING, &limit(|o| o.rate)),
    ];
    let note = "user and kernel of the server; the load generator is not counted";
    let cpu = name("adds a second of server processor time");
    rows.push(
        row(&cpu, "1/s", higher, STOCK, |o| o.per_cpu, note).limited_in_turns(NOTHING, &limit(|o| o.per_cpu)),
    );
    let p50 =
        row(&name("an add: p50"), "ms", Better::Lower, STOCK, |o| o.latency(0.5), "from request to answer");
    rows.push(match clients {
        1 => p50.limited("4 KiB appended and synced: p50", middle(&measured.appended)),
        _ => p50,
    });
    rows.push(row(
        &name("an add: p99"),
        "ms",
        Better::Lower,
        STOCK,
        |o| o.latency(0.99),
        "from request to answer",
    ));
    if clients == 1 {
        rows.push(floor(measured));
    }
    if measured.of(TUNED, clients, |o| o.rate).is_empty() {
        return rows;
    }
    let again = |what: &str| format!("{}, beside shorter batches", name(what));
    let note = "the same, beside the same engine with shorter batches";
    rows.push(row(&again("adds"), "1/s", higher, TUNED, |o| o.rate, note));
    rows.push(row(
        &again("adds a second of server processor time"),
        "1/s",
        higher,
        TUNED,
        |o| o.per_cpu,
        note,
    ));
    rows.push(row(&again("an add: p50"), "ms", Better::Lower, TUNED, |o| o.latency(0.5), note));
    rows
}

/// What a client alone can reach at most: whoever answers only what is durable takes the time of a request
/// and, after it, that of a sync.
fn floor(measured: &Measured) -> Row {
    let middle = |values: &[f64]| report::Spread::of(values).median;
    let request = middle(&measured.of(NOTHING, 1, |o| o.latency(0.5)));
    let (appended, overwritten) = (middle(&measured.appended), middle(&measured.overwritten));
    let limit = 1e3 / (request + overwritten).max(f64::MIN_POSITIVE);
    let note = format!(
        "p50: {NOTHING} answers in {request:.3} ms; 4 KiB are overwritten and synced in {overwritten:.3} ms, \
         appended and synced in {appended:.3} ms; the former one after the other are {:.2} of {NOTHING}, of \
         which the goal is half",
        limit * request / 1e3
    );
    let ours = measured.of(OURS, 1, |o| o.rate);
    Row::new("adds, 1 client, beside a request and a bare sync", "1/s", Better::Higher, &ours, note)
        .limited("a request that does nothing, and a bare sync after it", limit)
}
