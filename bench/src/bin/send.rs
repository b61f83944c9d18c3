//! `cargo xtask bench send`: documents a second between two nodes, how long each takes, what a large
//! one costs, and what the machine could do at best, all in one run on the same disk.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use corridor_bench::content::{Interchange, Long};
use corridor_bench::load::{Figures, Load};
use corridor_bench::process::resident;
use corridor_bench::report::{Better, Report, Row};
use corridor_bench::world::{EDIFACT, Engine, Setup, World};
use corridor_bench::{Result, ended, limits, load, on_one_thread, process, progress, report, told};

/// The clients that hand in at once.
const CLIENTS: u64 = 64;
/// The fixed rate, documents a second.
const RATE: u64 = 1000;
/// The size of a document, in bytes.
const SIZE: usize = 4096;
/// How long a load runs before it counts.
const WARM: Duration = Duration::from_secs(3);
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// The largest piece, in bytes: what may have to be sent again after a crash.
const PIECE: u64 = 1 << 20;

#[derive(Parser)]
struct Arguments {
    /// Where the nodes keep their data meanwhile
    #[arg(long)]
    folder: PathBuf,
    /// Where the result goes
    #[arg(long)]
    output: PathBuf,
    /// What is measured
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// How long a load is measured, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// How often each load is measured
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The size of the large document, in bytes
    #[arg(long, default_value_t = 1_000_000_000)]
    large: u64,
    /// Only these: load, large, interchange, start, limits
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

fn main() -> ExitCode {
    ended(on_one_thread(run(&Arguments::parse())))
}

async fn run(arguments: &Arguments) -> Result {
    let wanted = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|o| o == part);
    let program = process::program()?;
    let setup = Setup {
        program,
        folder: arguments.folder.clone(),
        engine: Engine::Sqlite,
        counted: false,
        witnessed: false,
    };
    let mut rows = Vec::new();
    // First, while the machine is quiet: everything is held against it.
    let limits = Limits::measure(&arguments.folder).await?;
    if wanted("load") {
        rows.extend(small(arguments, &setup, &limits).await?);
    }
    if wanted("limits") {
        rows.extend(limits.rows());
    }
    if wanted("large") {
        rows.extend(large(arguments, &setup).await?);
        rows.extend(resumed(arguments, &setup).await?);
    }
    if wanted("interchange") {
        rows.extend(interchange(arguments, &setup).await?);
    }
    if wanted("start") {
        rows.extend(start(&setup).await?);
    }
    for row in &rows {
        progress(&format!("{}: {} {}", row.name, row.ours.median, row.unit));
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let report = Report { area: "send".to_owned(), commit: arguments.commit.clone(), cores, rows };
    report::write(&arguments.output, &report)
}

/// What the machine can do at best.
struct Limits {
    signed: f64,
    checked: f64,
    syncs: f64,
    units: f64,
}

impl Limits {
    async fn measure(folder: &std::path::Path) -> Result<Self> {
        progress("what the machine can do at best");
        std::fs::create_dir_all(folder).map_err(told(folder.display()))?;
        let home = tempfile::tempdir_in(folder).map_err(told(folder.display()))?;
        let (signed, checked) = limits::signatures()?;
        let syncs = limits::syncs(home.path())?;
        // The store's own threads do the work; this one only asks.
        let units = limits::units(home.path(), usize::try_from(CLIENTS).unwrap_or(64)).await?;
        Ok(Self { signed, checked, syncs, units })
    }

    /// Documents a second at most: by signatures (each document is signed twice and checked twice: envelope
    /// and acknowledgement; those of a request and its answer are for many) and by units of work (handed in,
    /// received, delivered), whichever is less.
    fn documents(&self) -> (f64, String) {
        let cores = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
        let signatures = cores / (2.0 / self.signed + 2.0 / self.checked);
        let commits = self.units / 3.0;
        if signatures < commits {
            (signatures, format!("{cores} cores ÷ (2 ÷ signatures/s + 2 ÷ checks/s)"))
        } else {
            (commits, "units of work/s ÷ 3".to_owned())
        }
    }

    fn rows(&self) -> Vec<Row> {
        let higher = Better::Higher;
        vec![
            Row::new(
                "units of work, 64 clients",
                "1/s",
                higher,
                &[self.units],
                "three statements a unit, durable, SQLite; the writing thread of one node alone",
            )
            .limited("fdatasync of 4 KiB a second, one after another", self.syncs),
            Row::new("fdatasync of 4 KiB, one after another", "1/s", higher, &[self.syncs], "the same disk"),
            Row::new("Ed25519 signatures, one core", "1/s", higher, &[self.signed], "300 bytes"),
            Row::new(
                "Ed25519 checks of signatures, one core",
                "1/s",
                higher,
                &[self.checked],
                "300 bytes, strict",
            ),
        ]
    }
}

/// Documents of 4 KiB: as many as go, and at a fixed rate.
async fn small(arguments: &Arguments, setup: &Setup, limits: &Limits) -> Result<Vec<Row>> {
    let world = World::found(setup).await?;
    let time = Duration::from_secs(arguments.seconds);
    let (mut most, mut fixed) = (Vec::new(), Vec::new());
    for _ in 0..arguments.runs {
        let nodes = [world.kr.node.id(), world.jp.node.id()];
        let (api, outbox) = (world.kr.api.clone(), world.outbox()?);
        let load = Load { api, outbox, size: SIZE, nodes };
        let window = load.closed(CLIENTS, WARM, time).await?;
        most.push(tell("as fast as it goes", load.figures(&window).await?));
        let window = load.open(RATE, WARM, time).await?;
        fixed.push(tell("at a fixed rate", load.figures(&window).await?));
    }
    world.stop()?;
    Ok(load_rows(&most, &fixed, limits))
}

fn tell(what: &str, figures: Figures) -> Figures {
    progress(&format!("{what}: {figures:.1?}"));
    figures
}

fn load_rows(most: &[Figures], fixed: &[Figures], limits: &Limits) -> Vec<Row> {
    let of = |all: &[Figures], what: fn(&Figures) -> f64| all.iter().map(what).collect::<Vec<f64>>();
    let (limit, formula) = limits.documents();
    let accepted: Vec<String> = most.iter().map(|f| format!("{:.0}", f.accepted_per_second)).collect();
    let seen: Vec<String> =
        fixed.iter().filter_map(|f| f.seen.map(|(p99, n)| format!("{p99:.0} of {n}"))).collect();
    let clock = "from the beginning of the hand-in (client's clock) to the unit of work that wrote the \
        acknowledgement into the sender's books (its time, to the millisecond)";
    let lower = Better::Lower;
    vec![
        Row::new(
            "documents of 4 KiB delivered, 64 clients",
            "1/s",
            Better::Higher,
            &of(most, |f| f.delivered_per_second),
            format!(
                "signed, durable on both sides, acknowledged; handed in meanwhile: {}/s; two nodes and the \
                load on the same cores; peer: none that signs, stores and acknowledges alike",
                accepted.join(", ")
            ),
        )
        .limited(&formula, limit),
        Row::new(
            "processor time of both nodes a document",
            "µs",
            lower,
            &of(most, |f| f.cpu.iter().sum()),
            "user and kernel, at 64 clients; what other programs do meanwhile changes it little",
        )
        .limited("2 signatures and 2 checks", 1e6 * (2.0 / limits.signed + 2.0 / limits.checked)),
        Row::new("handed in to delivered at 1,000/s: p50", "ms", lower, &of(fixed, |f| f.p50), clock),
        Row::new(
            "handed in to delivered at 1,000/s: p99",
            "ms",
            lower,
            &of(fixed, |f| f.p99),
            format!(
                "open loop, counted from when a document was due; goal 50 ms; p99 as clients saw it who asked \
                every 2 ms: {} ms",
                seen.join(", ")
            ),
        ),
        Row::new(
            "handed in to delivered, 64 clients: p50",
            "ms",
            lower,
            &of(most, |f| f.p50),
            "as many as go: what waits in the outbox counts",
        ),
        Row::new(
            "handed in to delivered, 64 clients: p99",
            "ms",
            lower,
            &of(most, |f| f.p99),
            "as many as go: what waits in the outbox counts",
        ),
    ]
}

/// One large document: time, and memory above idle.
async fn large(arguments: &Arguments, setup: &Setup) -> Result<Vec<Row>> {
    progress("one large document");
    let size = arguments.large;
    let world = World::found(setup).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = [world.kr.node.resident(), world.jp.node.resident()].map(Option::unwrap_or_default);
    let most = watch_memory([world.kr.node.id(), world.jp.node.id()]);
    let begun = Instant::now();
    let id = world.kr.api.upload(&world.outbox()?, "large", size, Long::new(1, size)).await?;
    let handed_in = begun.elapsed().as_secs_f64();
    let crossed = delivered(&world, &id).await?.duration_since(begun).as_secs_f64() - handed_in;
    let most = most.end().await?;
    if world.jp.api.content_digest(&id).await? != Long::digest(1, size) {
        return Err("the large document came out as another".to_owned());
    }
    world.stop()?;
    let megabytes = size as f64 / 1e6;
    let above = |which: usize| {
        let (most, idle) = (most.get(which).copied().unwrap_or(0), idle.get(which).copied().unwrap_or(0));
        most.saturating_sub(idle) as f64 / 1_048_576.0
    };
    let note = |which: usize| {
        format!(
            "VmRSS every 50 ms, hand-in and crossing; idle {} MiB; goal 16",
            idle.get(which).copied().unwrap_or(0) >> 20
        )
    };
    let higher = Better::Higher;
    Ok(vec![
        Row::new(
            "1 GB: handed in",
            "MB/s",
            higher,
            &[megabytes / handed_in],
            format!("{handed_in:.1} s; hashed and synced as it arrives"),
        ),
        Row::new(
            "1 GB: crossed and acknowledged",
            "MB/s",
            higher,
            &[megabytes / crossed],
            format!("{crossed:.1} s; pieces of 1 MiB, each signed, checked and synced"),
        ),
        Row::new("1 GB: memory above idle, sender", "MiB", Better::Lower, &[above(0)], note(0)),
        Row::new("1 GB: memory above idle, recipient", "MiB", Better::Lower, &[above(1)], note(1)),
    ])
}

/// One large interchange: until it has been read on both sides and the CONTRL that accepts it has come
/// back, and memory meanwhile.
async fn interchange(arguments: &Arguments, setup: &Setup) -> Result<Vec<Row>> {
    progress("one large interchange");
    let world = World::found(setup).await?;
    let most = watch_memory([world.kr.node.id(), world.jp.node.id()]);
    let (begun, content) = (Instant::now(), Interchange::of(arguments.large));
    let size = content.size();
    let id = world.kr.api.upload(&world.outbox_for(EDIFACT)?, "interchange", size, content).await?;
    let crossed = delivered(&world, &id).await?;
    let state = accepted(&world).await?;
    if state != "accepted" {
        return Err(format!("the large interchange was {state}"));
    }
    let (read, all) = (crossed.elapsed().as_secs_f64(), begun.elapsed().as_secs_f64());
    let most = most.end().await?;
    world.stop()?;
    let memory = |which: usize| most.get(which).copied().unwrap_or(0) as f64 / 1_048_576.0;
    let note = "VmRSS every 50 ms, idle included; goal 64";
    Ok(vec![
        Row::new(
            "interchange of 1 GB: read and answered",
            "MB/s",
            Better::Higher,
            &[size as f64 / 1e6 / read],
            format!("from delivery to the CONTRL that accepts it; {all:.1} s from hand-in"),
        ),
        Row::new("interchange of 1 GB: memory, sender", "MiB", Better::Lower, &[memory(0)], note),
        Row::new("interchange of 1 GB: memory, recipient", "MiB", Better::Lower, &[memory(1)], note),
    ])
}

/// Waits until the interchange we sent has been answered; what the answer says of it.
async fn accepted(world: &World) -> Result<String> {
    loop {
        let page: serde_json::Value = world.kr.api.get("api/v1/trade/interchanges?side=out&limit=1").await?;
        match page.pointer("/items/0/state").and_then(serde_json::Value::as_str) {
            Some(state) if !["sent", "received"].contains(&state) => return Ok(state.to_owned()),
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Waits until a document is delivered; answers when that was seen.
async fn delivered(world: &World, id: &str) -> Result<Instant> {
    loop {
        // While a node is down nobody answers.
        if let Ok(document) = world.kr.api.document("outbox", id).await {
            match document.state.as_str() {
                "delivered" => return Ok(Instant::now()),
                "sending" => {}
                other => return Err(format!("the large document is {other}")),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks at the memory of processes until told to end.
struct Memory {
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<[u64; 2]>,
}

fn watch_memory(processes: [u32; 2]) -> Memory {
    let (stop, mut stopped) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let mut most = [0u64; 2];
        while stopped.try_recv().is_err() {
            for (most, process) in most.iter_mut().zip(processes) {
                *most = (*most).max(resident(process).unwrap_or(0));
            }
            tokio::time::sleep(LOOK).await;
        }
        most
    });
    Memory { stop, task }
}

impl Memory {
    async fn end(self) -> Result<[u64; 2]> {
        let _ = self.stop.send(());
        self.task.await.map_err(told("memory"))
    }
}

/// A large document whose recipient is killed half way: what has to be sent again.
async fn resumed(arguments: &Arguments, setup: &Setup) -> Result<Vec<Row>> {
    progress("one large document, the recipient killed half way");
    let size = arguments.large;
    let mut world = World::found(&Setup { counted: true, ..setup.clone() }).await?;
    let id = world.kr.api.upload(&world.outbox()?, "resumed", size, Long::new(2, size)).await?;
    let counted = |world: &World| world.proxy.as_ref().map(|p| p.counted()).unwrap_or_default();
    while counted(&world).content < size / 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    world.jp.node.kill()?;
    let before = counted(&world).content;
    world.jp.node.restart()?;
    world.jp.node.ready()?;
    delivered(&world, &id).await?;
    let twice = counted(&world).content.saturating_sub(size);
    if world.jp.api.content_digest(&id).await? != Long::digest(2, size) {
        return Err("the resumed document came out as another".to_owned());
    }
    world.stop()?;
    let note = format!(
        "kill -9 of the recipient after {} MB; counted on the way; goal: one piece",
        before / 1_000_000
    );
    let row = Row::new(
        "1 GB, recipient killed half way: sent twice",
        "KiB",
        Better::Lower,
        &[twice as f64 / 1024.0],
        note,
    );
    Ok(vec![row.limited("one piece", PIECE as f64 / 1024.0)])
}

/// How long a node takes to start, and what it holds when nothing happens.
async fn start(setup: &Setup) -> Result<Vec<Row>> {
    progress("starting");
    let mut world = World::found(setup).await?;
    let (mut millis, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        world.kr.node.stop()?;
        let begun = Instant::now();
        world.kr.node.restart()?;
        world.kr.node.ready()?;
        millis.push(begun.elapsed().as_secs_f64() * 1e3);
        load::settled(&world.kr.api).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        idle.push(world.kr.node.resident().unwrap_or(0) as f64 / 1_048_576.0);
    }
    world.stop()?;
    Ok(vec![
        Row::new(
            "start to ready",
            "ms",
            Better::Lower,
            &millis,
            "from starting the process to its word that it takes requests; goal 1,000",
        ),
        Row::new(
            "memory idle",
            "MiB",
            Better::Lower,
            &idle,
            "VmRSS one second after the first request; goal 60",
        ),
    ])
}
