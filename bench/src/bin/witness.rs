//! `cargo xtask bench witness`: checkpoints that our witness cosigns a second, beside the transparency-dev
//! witness over SQLite, under the same requests. They are made before the clock runs; every cosignature
//! is checked after.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use corridor_base::OsRandom;
use corridor_bench::history::History;
use corridor_bench::http::{Connection, adds, post};
use corridor_bench::limits::{self, Bare};
use corridor_bench::process::{self, used};
use corridor_bench::report::{Better, Row};
use corridor_bench::solo::{Server, Solo, write_note_key};
use corridor_bench::world::free_port;
use corridor_bench::{Result, ended, nothing, on_one_thread, progress, report, told};
use corridor_ledger::witness::AddCheckpoint;
use corridor_proof::cosignature::Finding;
use corridor_proof::note::signature_lines;
use corridor_proof::{SecretKey, SignedCheckpoint, Signer, VerifierKey};
use corridor_storage::durable;
use tokio::task::JoinSet;

/// The clients; each has a log of its own.
const CLIENTS: [usize; 3] = [1, 4, 16];
/// How long a load runs before it counts.
const WARM: Duration = Duration::from_secs(1);
/// Requests made for each second of a load: more than anybody answers.
const PREPARED: u64 = 24_000;
/// How long a client waits after it was refused.
const PAUSE: Duration = Duration::from_millis(5);
const OURS: &str = "witness";
const THEIRS: &str = "transparency-dev witness, SQLite";

#[derive(Parser)]
struct Arguments {
    /// Where the witnesses keep their data meanwhile
    #[arg(long)]
    folder: PathBuf,
    /// Where the result goes
    #[arg(long)]
    output: PathBuf,
    /// What is measured
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// The transparency-dev witness
    #[arg(long)]
    omniwitness: Option<PathBuf>,
    /// Its version
    #[arg(long, default_value = "unknown")]
    omniwitness_version: String,
    /// How long a load is measured, in seconds
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How often each load is measured
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

fn main() -> ExitCode {
    ended(on_one_thread(run(&Arguments::parse())))
}

async fn run(arguments: &Arguments) -> Result {
    fs::create_dir_all(&arguments.folder).map_err(told(arguments.folder.display()))?;
    let home = tempfile::tempdir_in(&arguments.folder).map_err(told(arguments.folder.display()))?;
    let (signed, checked) = limits::signatures()?;
    let floor = Floor { work: 1e3 / signed + 1e3 / checked, ..Floor::measured(home.path()).await? };
    let mut logs = Logs::of(arguments)?;
    let list: Vec<String> = logs.all().map(|log| format!("\"{}\"", log.key())).collect();
    let ours =
        Solo::start(&process::program()?, &arguments.folder, &format!("accept = [{}]", list.join(", ")))?;
    let key: VerifierKey = ours.told("witness").await?.parse().map_err(told("key of our witness"))?;
    let mut targets = vec![Target {
        name: OURS,
        port: ours.public,
        path: "/witness/add-checkpoint",
        process: ours.node.id(),
        key,
    }];
    let theirs =
        arguments.omniwitness.as_ref().map(|program| omniwitness(program, home.path(), &logs)).transpose()?;
    if let Some((server, key)) = &theirs {
        let (port, process, key) = (server.port, server.id(), key.clone());
        targets.push(Target { name: THEIRS, port, path: "/add-checkpoint", process, key });
    }
    let mut measured: BTreeMap<(&str, usize), Vec<Outcome>> = BTreeMap::new();
    for number in 0..arguments.runs {
        for clients in CLIENTS {
            let requests = logs.requests(number, clients, WARM.as_secs() + arguments.seconds)?;
            for target in &targets {
                let outcome = load(target, &requests, Duration::from_secs(arguments.seconds)).await?;
                progress(&format!("{}, {clients} clients: {outcome}", target.name));
                measured.entry((target.name, clients)).or_default().push(outcome);
            }
        }
    }
    let cores = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
    let limit = cores / (1.0 / signed + 1.0 / checked);
    report::finish("witness", &arguments.commit, rows(arguments, &measured, limit, &floor), &arguments.output)
}

/// What one cosignature takes at least for a client alone, in milliseconds: one thing after the other.
#[derive(Default)]
struct Floor {
    /// A request to a handler that does nothing.
    request: f64,
    /// A check and a signature.
    work: f64,
    /// 4 KiB overwritten and synced.
    sync: f64,
}

impl Floor {
    async fn measured(home: &Path) -> Result<Self> {
        let nothing = nothing::beside().await?;
        let outcome = adds(&nothing, 1, WARM, Duration::from_secs(2)).await?;
        let times = limits::sync_times(home, Bare::Overwritten, Duration::from_secs(1))?;
        let sync = times.get(times.len() / 2).copied().unwrap_or_default();
        Ok(Self { request: outcome.latency(0.5), sync, work: 0.0 })
    }

    fn rate(&self) -> f64 {
        1e3 / (self.request + self.work + self.sync)
    }
}

fn rows(
    arguments: &Arguments,
    measured: &BTreeMap<(&str, usize), Vec<Outcome>>,
    limit: f64,
    floor: &Floor,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let none = Vec::new();
        let of = |name: &'static str| measured.get(&(name, clients)).unwrap_or(&none);
        let (ours, theirs) = (of(OURS), of(THEIRS));
        let figures =
            |outcomes: &[Outcome], what: fn(&Outcome) -> f64| outcomes.iter().map(what).collect::<Vec<f64>>();
        let row = |name: String, unit: &str, better, what: fn(&Outcome) -> f64, note: String| {
            Row::new(&name, unit, better, &figures(ours, what), note).beside(
                THEIRS,
                &arguments.omniwitness_version,
                &figures(theirs, what),
            )
        };
        let refused = |outcomes: &[Outcome]| outcomes.iter().map(|o| o.refused).sum::<u64>();
        let note = format!(
            "one leaf more each, over HTTP, durable before the answer, each cosignature checked afterwards; \
             refused (429, 503): ours {}, theirs {}; refused requests are sent again after 5 ms",
            refused(ours),
            refused(theirs)
        );
        let plural = if clients == 1 { "client" } else { "clients" };
        rows.push(
            row(format!("cosignatures, {clients} {plural}"), "1/s", Better::Higher, |o| o.rate, note)
                .limited("cores ÷ (1 ÷ signatures/s + 1 ÷ checks/s)", limit),
        );
        if clients == 1 {
            let note = format!(
                "p50 of a request to a handler that does nothing {:.3} ms, a check and a signature {:.3} ms, \
                 4 KiB overwritten and synced {:.3} ms",
                floor.request, floor.work, floor.sync
            );
            let name = "cosignatures, 1 client, beside a request, a check, a signature and a bare sync";
            let row = Row::new(name, "1/s", Better::Higher, &figures(ours, |o| o.rate), note);
            rows.push(row.limited("one after the other", floor.rate()));
        }
        let note = || "from the first request for a checkpoint to its cosignature".to_owned();
        rows.push(row(
            format!("a cosignature, {clients} {plural}: p50"),
            "ms",
            Better::Lower,
            |o| o.p50,
            note(),
        ));
        rows.push(row(
            format!("a cosignature, {clients} {plural}: p99"),
            "ms",
            Better::Lower,
            |o| o.p99,
            note(),
        ));
        rows.push(row(
            format!("cosignatures a second of server processor time, {clients} {plural}"),
            "1/s",
            Better::Higher,
            |o| o.per_cpu,
            "user and kernel".to_owned(),
        ));
    }
    rows
}

/// The logs of all loads: one for each client of each load of each run, the same for both witnesses.
struct Logs(BTreeMap<(usize, usize), Vec<History>>);

impl Logs {
    fn of(arguments: &Arguments) -> Result<Self> {
        let mut all = BTreeMap::new();
        for run in 0..arguments.runs {
            for clients in CLIENTS {
                let log = |client| History::new(&format!("bench.example/{run}-{clients}-{client}"));
                all.insert((run, clients), (0..clients).map(log).collect::<Result<Vec<_>>>()?);
            }
        }
        Ok(Self(all))
    }

    fn all(&self) -> impl Iterator<Item = &History> {
        self.0.values().flatten()
    }

    /// The requests of a load, for each client in order, and the checkpoints in them.
    fn requests(&mut self, run: usize, clients: usize, seconds: u64) -> Result<Requests> {
        let each = PREPARED * seconds / clients as u64;
        let mut all = Vec::new();
        for mut log in self.0.remove(&(run, clients)).unwrap_or_default() {
            let mut own = Vec::new();
            for old in 0..each {
                log.append(&old.to_be_bytes())?;
                let (proof, checkpoint) = (log.consistency(old)?, log.checkpoint()?);
                let bytes = AddCheckpoint { old, proof, checkpoint: checkpoint.clone() }.to_bytes();
                own.push(Prepared { bytes, checkpoint });
            }
            all.push(Arc::new(own));
        }
        Ok(all)
    }
}

/// A request as it is sent, and the checkpoint in it.
struct Prepared {
    bytes: Vec<u8>,
    checkpoint: SignedCheckpoint,
}

/// Those of each client.
type Requests = Vec<Arc<Vec<Prepared>>>;

/// A witness that is measured.
struct Target {
    name: &'static str,
    port: u16,
    path: &'static str,
    process: u32,
    key: VerifierKey,
}

/// Starts the transparency-dev witness, which knows all logs; with the key of its cosignatures.
fn omniwitness(program: &Path, home: &Path, logs: &Logs) -> Result<(Server, VerifierKey)> {
    let key = SecretKey::generate("omniwitness.example/w", &OsRandom).map_err(told("key"))?;
    let (secret, list) = (home.join("omniwitness.key"), home.join("logs.yaml"));
    write_note_key(&secret, &key)?;
    let entry = |log: &History| format!("  - Origin: {}\n    PublicKey: {}\n", log.key().name(), log.key());
    write(&list, &format!("Logs:\n{}", logs.all().map(entry).collect::<String>()))?;
    let port = free_port()?;
    let mut command = Command::new(program);
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--metrics_listen", "", "--private_key_path"]);
    command.arg(secret).arg("--db_file").arg(home.join("omniwitness.db")).arg("--additional_logs").arg(list);
    let server = Server::start(command, port, &home.join("omniwitness.log"))?;
    Ok((server, VerifierKey::cosignature(key.name(), key.public().clone())))
}

fn write(path: &Path, text: &str) -> Result {
    durable::write_file(path, text.as_bytes(), 0o600).map_err(told(path.display()))
}

/// What came of a load.
#[derive(Clone, Debug)]
struct Outcome {
    rate: f64,
    p50: f64,
    p99: f64,
    per_cpu: f64,
    refused: u64,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rate, p50, p99, per_cpu, refused } = self;
        write!(
            f,
            "{rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms, {per_cpu:.0} for each second of processor, \
             {refused} refused"
        )
    }
}

async fn load(target: &Target, requests: &Requests, time: Duration) -> Result<Outcome> {
    let from = Instant::now() + WARM;
    let until = from + time;
    let mut tasks = JoinSet::new();
    for own in requests {
        tasks.spawn(client(target.port, target.path, own.clone(), (from, until), target.key.clone()));
    }
    tokio::time::sleep_until(from.into()).await;
    let before = used(target.process);
    tokio::time::sleep_until(until.into()).await;
    let cpu = used(target.process).zip(before).map_or(0.0, |(after, before)| after - before);
    let (mut times, mut refused) = (Vec::new(), 0);
    while let Some(client) = tasks.join_next().await {
        let (own, more) = client.map_err(told("client"))?.map_err(told(target.name))?;
        times.extend(own);
        refused += more;
    }
    times.sort_by(f64::total_cmp);
    let done = times.len() as f64;
    let at = |part: f64| times.get((done * part) as usize).copied().unwrap_or_default();
    let per_cpu = if cpu > 0.0 { done / cpu } else { 0.0 };
    Ok(Outcome { rate: done / time.as_secs_f64(), p50: at(0.5), p99: at(0.99), per_cpu, refused })
}

/// Asks for one cosignature after the other until time is up: how long each took, in milliseconds, and how
/// often it was refused.
async fn client(
    port: u16,
    path: &'static str,
    requests: Arc<Vec<Prepared>>,
    (from, until): (Instant, Instant),
    key: VerifierKey,
) -> Result<(Vec<f64>, u64)> {
    let (mut times, mut refused, mut answers) = (Vec::new(), 0, Vec::new());
    let mut connection = Connection::open(port).await?;
    for request in requests.iter() {
        if Instant::now() >= until {
            break;
        }
        let bytes = post(port, path, "text/plain; charset=utf-8", &request.bytes);
        let begun = Instant::now();
        let content = loop {
            let answer = connection.exchange(&bytes).await?;
            match answer.status {
                200 => break connection.content(&answer).to_vec(),
                429 | 503 => refused += 1,
                status => {
                    let why = String::from_utf8_lossy(connection.content(&answer)).into_owned();
                    return Err(format!("size {}: {status} {why}", request.checkpoint.tree().size));
                }
            }
            tokio::time::sleep(PAUSE).await;
        };
        let now = Instant::now();
        if from <= now && now < until {
            times.push((now - begun).as_secs_f64() * 1e3);
        }
        answers.push(content);
    }
    if Instant::now() < until {
        return Err("more was answered than was prepared".to_owned());
    }
    for (request, answer) in requests.iter().zip(answers) {
        holds(&request.checkpoint, &answer, &key)?;
    }
    Ok((times, refused))
}

/// Whether the answer is the witness's cosignature of the checkpoint.
fn holds(checkpoint: &SignedCheckpoint, answer: &[u8], key: &VerifierKey) -> Result {
    let mut checkpoint = checkpoint.clone();
    let text = std::str::from_utf8(answer).map_err(told("answer"))?;
    let lines = signature_lines(text).map_err(told("answer"))?;
    checkpoint.add(lines).map_err(told("answer"))?;
    match checkpoint.signed_by(key) {
        Finding::Valid { .. } => Ok(()),
        other => Err(format!("the cosignature of {} is {other:?}", checkpoint.tree().size)),
    }
}
