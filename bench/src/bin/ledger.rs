//! `cargo xtask bench ledger`: entries that a raw log of a node takes a second, beside Tessera's POSIX
//! engine on the same disk, beside a handler that does nothing and beside a bare fsync; acts with their
//! whole unit of work; and what a long log costs.

use std::collections::BTreeMap;
use std::fs;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use clap::Parser;
use corridor_base::{Did, OsRandom, SystemClock};
use corridor_bench::content::Chance;
use corridor_bench::http::{ENTRY, Outcome, Target, adds};
use corridor_bench::process::{self, used};
use corridor_bench::report::{Better, Row};
use corridor_bench::solo::{Server, Solo, write_note_key};
use corridor_bench::world::free_port;
use corridor_bench::{Result, ended, limits, on_one_thread, progress, report, told};
use corridor_identity::log_key;
use corridor_ledger::{Log, LogParts, SCHEMA};
use corridor_net::serve::{Listen, serve};
use corridor_proof::{SecretKey, Signer};
use corridor_storage::{Options, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The clients.
const CLIENTS: [usize; 4] = [1, 64, 256, 1024];
/// How long a load runs before it counts.
const WARM: Duration = Duration::from_secs(2);
/// Between two loads, so that the first does not go on in the second.
const REST: Duration = Duration::from_secs(1);
/// The raw log of the node.
const RAW: &str = "bench";
/// How many tasks fill the long log.
const FILLERS: u64 = 512;
/// Into how many parts the long log is cut, to see whether an entry costs more in the last.
const PARTS: u64 = 10;
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
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How often each load is measured
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The entries of the long log
    #[arg(long, default_value_t = 10_000_000)]
    entries: u64,
    /// Only these: add, acts, long
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only serve a handler that does nothing, on this port
    #[arg(long, hide = true)]
    nothing: Option<u16>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    ended(match arguments.nothing {
        // As many threads as a node has.
        Some(port) => {
            tokio::runtime::Runtime::new().map_err(told("runtime")).and_then(|r| r.block_on(nothing(port)))
        }
        None => on_one_thread(run(&arguments)),
    })
}

/// The listener of a node, and a handler that only counts.
async fn nothing(port: u16) -> Result {
    let count = Arc::new(AtomicU64::new(0));
    let add = move |_: Bytes| async move { count.fetch_add(1, Ordering::Relaxed).to_string() };
    let listen = Listen::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let router = Router::new().route("/add", post(add));
    let server = serve(listen, router, pending()).await.map_err(told("listening"))?;
    server.finished().await;
    Ok(())
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
        rows.extend(acts(arguments, home.path()).await?);
    }
    if wanted("long") {
        rows.extend(long(arguments, &folder).await?);
    }
    report::finish("ledger", &arguments.commit, rows, &output)
}

/// What each server made of each number of clients, run by run, and the times of bare fsyncs.
struct Measured {
    loads: BTreeMap<(&'static str, usize), Vec<Outcome>>,
    syncs: Vec<f64>,
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
    let mut measured = Measured { loads: BTreeMap::new(), syncs: Vec::new() };
    for _ in 0..arguments.runs {
        let times = limits::sync_times(home, Duration::from_secs(1))?;
        measured.syncs.push(times.get(times.len() / 2).copied().unwrap_or_default());
        for clients in CLIENTS {
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
    Ok(CLIENTS.into_iter().flat_map(|clients| add_rows(arguments, &measured, clients)).collect())
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
    let limit = |what: fn(&Outcome) -> f64| middle(&measured.of(NOTHING, clients, what));
    let higher = Better::Higher;
    let mut rows =
        vec![row(&name("adds"), "1/s", higher, STOCK, |o| o.rate, &note).limited(NOTHING, limit(|o| o.rate))];
    let note = "user and kernel of the server; the load generator is not counted";
    let cpu = name("adds a second of server processor time");
    rows.push(row(&cpu, "1/s", higher, STOCK, |o| o.per_cpu, note).limited(NOTHING, limit(|o| o.per_cpu)));
    let p50 =
        row(&name("an add: p50"), "ms", Better::Lower, STOCK, |o| o.latency(0.5), "from request to answer");
    rows.push(match clients {
        1 => p50.limited("4 KiB appended and synced: p50", middle(&measured.syncs)),
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

/// Units of work that record one act each, numbered and integrated as in a node.
async fn acts(arguments: &Arguments, home: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let time = Duration::from_secs(arguments.seconds);
    for clients in CLIENTS {
        let (mut rates, mut per_cpu) = (Vec::new(), Vec::new());
        for run in 0..arguments.runs {
            let folder = home.join(format!("acts-{clients}-{run}"));
            let open = Open::acts(&folder).await?;
            let before = used(std::process::id());
            let rate = limits::units_in(&open.store, clients, time).await?;
            let cpu = used(std::process::id()).zip(before).map_or(0.0, |(after, before)| after - before);
            progress(&format!(
                "acts, {clients} clients: {rate:.0}/s, {cpu:.1} s of processor in {:.1} s",
                time.as_secs_f64()
            ));
            rates.push(rate);
            per_cpu.push(rate * time.as_secs_f64() / cpu);
            open.close().await;
        }
        let name = format!("acts with their unit of work, {clients} clients");
        let note = "in one process, no HTTP: act, leaf and delivery in one unit, and the delivery taken out \
            again; durable; tiles and checkpoints made meanwhile";
        rows.push(Row::new(&name, "1/s", Better::Higher, &rates, note));
        let name = format!("acts a second of processor time, {clients} clients");
        rows.push(Row::new(&name, "1/s", Better::Higher, &per_cpu, "the same; clients included"));
    }
    Ok(rows)
}

/// A store with one log that is integrated as in a node.
struct Open {
    store: Store,
    log: Log,
    stop: watch::Sender<bool>,
    integrating: tokio::task::JoinHandle<()>,
}

impl Open {
    /// A log of acts with a key of its own.
    async fn acts(folder: &Path) -> Result<Self> {
        let key = SecretKey::generate("bench.example/log", &OsRandom).map_err(told("key"))?;
        let who = "did:web:bench.example".parse().map_err(told("DID"))?;
        Self::with(folder, corridor_storage::ACTS, Arc::new(key), who).await
    }

    async fn with(folder: &Path, name: &str, key: Arc<dyn Signer>, operator: Did) -> Result<Self> {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let options = Options::directory(folder);
        let store = Store::open(options, &[&SCHEMA], clock.clone(), random).map_err(told("store"))?;
        let (name, origin) = (name.to_owned(), key.name().to_owned());
        let parts = LogParts { store: store.clone(), operator, name, origin, key, clock };
        let log = Log::open(parts).await.map_err(told("log"))?;
        let (stop, stopped) = watch::channel(false);
        let runs = log.clone();
        let integrating = tokio::spawn(async move { runs.run(Duration::from_secs(1), stopped).await });
        Ok(Self { store, log, stop, integrating })
    }

    async fn close(self) {
        let _ = self.stop.send(true);
        let _ = self.integrating.await;
        self.store.close().await;
    }

    /// Waits until a checkpoint holds so many entries.
    async fn integrated(&self, size: u64) -> Result {
        let mut grown = self.log.grown();
        while *grown.borrow_and_update() < size {
            grown.changed().await.map_err(told("integration"))?;
        }
        Ok(())
    }
}

/// A log of many entries, filled without HTTP in the data directory of a node that does not run. The node
/// made the directory and the key; its rows are made anew, with none but those of the log.
async fn long(arguments: &Arguments, folder: &Path) -> Result<Vec<Row>> {
    let mut solo = Solo::start(&process::program()?, folder, &format!("raw = [\"{RAW}\"]"))?;
    solo.node.stop()?;
    fs::remove_file(solo.data.join("corridor.sqlite")).map_err(told("the node's rows"))?;
    let origin = format!("localhost:{}/logs/{RAW}", solo.public);
    let key = || log_key(&solo.data.join("keys"), RAW, &origin, &SystemClock, &OsRandom).map_err(told("key"));
    let who: Did = solo.did().parse().map_err(told("DID"))?;
    let place = &solo.data;
    let open = Open::with(place, RAW, key()?, who.clone()).await?;
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    let part = (arguments.entries / PARTS).max(1);
    for number in 0..PARTS {
        let (begun, before) = (Instant::now(), used(std::process::id()));
        fill(&open.store, &who, part).await?;
        rates.push(part as f64 / begun.elapsed().as_secs_f64());
        open.integrated((number + 1) * part).await?;
        let cpu = used(std::process::id()).zip(before).map_or(0.0, |(after, before)| after - before);
        costs.push(cpu * 1e6 / part as f64);
        progress(&format!(
            "{} entries: {:.0}/s, {:.1} µs of processor each",
            (number + 1) * part,
            rates[rates.len() - 1],
            costs[costs.len() - 1]
        ));
    }
    open.close().await;
    let entries = part * PARTS;
    let bytes = size(place)? as f64 / entries as f64;
    let (mut proofs, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        proofs.push(proved(place, key()?, &who, entries).await?);
    }
    for first in [true, false, false, false, false, false] {
        let begun = Instant::now();
        solo.node.restart()?;
        solo.node.ready()?;
        // The first makes the tables of the rest of the node.
        starts.extend((!first).then(|| begun.elapsed().as_secs_f64() * 1e3));
        solo.node.stop()?;
    }
    Ok(long_rows(entries, &rates, &costs, bytes, [&proofs, &starts]))
}

fn long_rows(
    entries: u64,
    rates: &[f64],
    costs: &[f64],
    bytes: f64,
    [proofs, starts]: [&[f64]; 2],
) -> Vec<Row> {
    let list = |values: &[f64]| values.iter().map(|v| format!("{v:.0}")).collect::<Vec<_>>().join(", ");
    let ends = |values: &[f64]| {
        (values.first().copied().unwrap_or_default(), values.last().copied().unwrap_or_default())
    };
    let ((first, last), (cheap, dear)) = (ends(rates), ends(costs));
    let name = |what: &str| format!("log of {entries} entries: {what}");
    let rate_note = format!(
        "{FILLERS} tasks in one process, no HTTP, one entry of {ENTRY} bytes a unit of work, durable; \
         tiles and checkpoints made meanwhile; tenth by tenth: {}",
        list(rates)
    );
    let cost_note = format!("user and kernel, integration included; tenth by tenth: {}", list(costs));
    let proof_note = "store and log opened, the checkpoint read, the inclusion of an entry in the middle \
        proved from tiles; files in the page cache";
    let start_note = "a node with this raw log: from starting the process to its word that it takes requests";
    let (higher, lower) = (Better::Higher, Better::Lower);
    vec![
        Row::new(&name("adds, last tenth"), "1/s", higher, &[last], rate_note).limited("first tenth", first),
        Row::new(&name("processor time an add, last tenth"), "µs", lower, &[dear], cost_note)
            .limited("first tenth", cheap),
        Row::new(&name("on disk an entry"), "bytes", lower, &[bytes], "the whole data directory, closed")
            .limited("the entry and its hash", (ENTRY + 32) as f64),
        Row::new(&name("from opening to a proof"), "ms", lower, proofs, proof_note),
        Row::new(&name("start to ready"), "ms", lower, starts, start_note),
    ]
}

/// Appends so many entries, from many tasks at once.
async fn fill(store: &Store, who: &Did, entries: u64) -> Result {
    let mut tasks = JoinSet::new();
    for filler in 0..FILLERS.min(entries) {
        let (store, who) = (store.clone(), who.clone());
        let count = entries / FILLERS.min(entries) + u64::from(filler < entries % FILLERS.min(entries));
        tasks.spawn(async move {
            let seed = (&OsRandom as &dyn corridor_base::Random).bytes();
            let mut chance = Chance::new(u64::from_be_bytes(seed));
            for _ in 0..count {
                let mut entry = vec![7; ENTRY];
                for bytes in entry.chunks_exact_mut(8) {
                    bytes.copy_from_slice(&chance.number().to_be_bytes());
                }
                store.append(&who, RAW, entry).await.map_err(told("append"))?;
            }
            Ok::<(), String>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(told("filler"))??;
    }
    Ok(())
}

/// How long it takes until a log that was closed proves something, in milliseconds.
async fn proved(place: &Path, key: Arc<dyn Signer>, who: &Did, entries: u64) -> Result<f64> {
    let begun = Instant::now();
    let open = Open::with(place, RAW, key, who.clone()).await?;
    let newest = open.log.latest().await.map_err(told("checkpoint"))?.ok_or("no checkpoint")?;
    open.log.prove_inclusion(entries / 2, newest.tree().size).await.map_err(told("proof"))?;
    let millis = begun.elapsed().as_secs_f64() * 1e3;
    if newest.tree().size != entries {
        return Err(format!("a checkpoint over {} entries, not {entries}", newest.tree().size));
    }
    open.close().await;
    Ok(millis)
}

/// The bytes of all files in a folder.
fn size(folder: &Path) -> Result<u64> {
    let mut all = 0;
    for entry in fs::read_dir(folder).map_err(told(folder.display()))? {
        let entry = entry.map_err(told(folder.display()))?;
        let known = entry.metadata().map_err(told(entry.path().display()))?;
        all += if known.is_dir() { size(&entry.path())? } else { known.len() };
    }
    Ok(all)
}
