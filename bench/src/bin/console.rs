//! `cargo xtask bench console`: how long every page of the console takes with 10,000 documents and 100,000
//! acts in the books, while fifty people read; beside what the same readers reach against a handler that
//! does nothing.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::Html;
use bytes::Bytes;
use clap::Parser;
use corridor_bench::api::HandedIn;
use corridor_bench::load::{percentile, settled};
use corridor_bench::pages::{self, Pages, Read, Session};
use corridor_bench::process::program;
use corridor_bench::report::{Better, Row, Spread};
use corridor_bench::solo::Server;
use corridor_bench::world::{EDIFACT, Engine, Setup, World, free_port};
use corridor_bench::{Result, ended, on_one_thread, people, progress, report, told};
use corridor_net::serve::{Listen, serve};
use tokio::task::JoinSet;

/// How long a load runs before it counts.
const WARM: Duration = Duration::from_secs(2);
/// How many fill the books at once.
const FILLERS: usize = 64;
/// What a page may take at p95, in milliseconds.
const GOAL: u32 = 50;
/// What is sent, and the reference in it that each gets anew.
const SAMPLE: &str = include_str!("../../../services/trade/samples/cuscar.edi");
const REFERENCE: &str = "DN261122000042";
const NOTHING: &str = "a handler that does nothing, the same readers";

#[derive(Clone, Parser)]
struct Arguments {
    /// Where the nodes keep their data meanwhile
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Where the result goes
    #[arg(long)]
    output: Option<PathBuf>,
    /// What is measured
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// How long a load is measured, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// How often each load is measured
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// How many people read at once
    #[arg(long, default_value_t = 50)]
    readers: usize,
    /// How many documents are in the books of the node that is read
    #[arg(long, default_value_t = 10_000)]
    documents: u64,
    /// How many acts
    #[arg(long, default_value_t = 100_000)]
    acts: u64,
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

/// The listener of a node, and a page that says nothing.
async fn nothing(port: u16) -> Result {
    let listen = Listen::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let router = Router::new().fallback(|| async { Html("<html></html>") });
    let server = serve(listen, router, pending()).await.map_err(told("listening"))?;
    server.finished().await;
    Ok(())
}

async fn run(arguments: &Arguments) -> Result {
    let needed =
        |path: &Option<PathBuf>, name: &str| path.clone().ok_or_else(|| format!("--{name} is needed"));
    let (folder, output) = (needed(&arguments.folder, "folder")?, needed(&arguments.output, "output")?);
    let setup = Setup {
        program: program()?,
        folder: folder.clone(),
        engine: Engine::Sqlite,
        counted: false,
        witnessed: false,
    };
    let mut world = World::found(&setup).await?;
    fill(&world, arguments).await?;
    let sessions = people::sign_in(&mut world.jp, arguments.readers).await?;
    let pages = pages::discover(sessions.first().ok_or("nobody has signed in")?).await?;
    let addresses: usize = pages.values().map(Vec::len).sum();
    progress(&format!("{} kinds of pages at {addresses} addresses", pages.len()));
    let time = Duration::from_secs(arguments.seconds);
    let mut runs = Vec::new();
    for _ in 0..arguments.runs {
        runs.push(pages::read(&sessions, &pages, WARM, time).await?);
    }
    let limit = limit(world.home(), &sessions, &pages, time).await?;
    world.stop()?;
    report::finish("console", &arguments.commit, rows(arguments, &runs, &limit), &output)
}

/// Interchanges go to Japan, each is answered, and contents are read until there are as many acts.
async fn fill(world: &World, arguments: &Arguments) -> Result {
    let begun = Instant::now();
    let (outbox, sent) = (world.outbox_for(EDIFACT)?, arguments.documents / 2);
    each(sent, |number| {
        let (api, outbox) = (world.kr.api.clone(), outbox.clone());
        async move {
            loop {
                match api.hand_in(&outbox, &format!("fill-{number}"), interchange(number)).await {
                    HandedIn::Accepted(_) => return Ok(()),
                    HandedIn::Again(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    HandedIn::Refused(why) => return Err(why),
                }
            }
        }
    })
    .await?;
    // The interchanges, and then their answers.
    for country in [&world.kr, &world.jp] {
        settled(&country.api).await?;
    }
    let received: Vec<String> =
        world.jp.api.documents("inbox", None).await?.into_iter().map(|d| d.id).collect();
    let acts = acts(world).await?;
    progress(&format!("{} received, {acts} acts after {} s", received.len(), begun.elapsed().as_secs()));
    let received = Arc::new(received);
    each(arguments.acts.saturating_sub(acts), |number| {
        let (api, received) = (world.jp.api.clone(), received.clone());
        async move {
            let id = received.get(number as usize % received.len().max(1)).ok_or("nothing was received")?;
            api.content_digest(id).await.map(drop)
        }
    })
    .await?;
    let acts = self::acts(world).await?;
    progress(&format!("{acts} acts after {} s", begun.elapsed().as_secs()));
    Ok(())
}

/// How many acts are in the log of the node that is read.
async fn acts(world: &World) -> Result<u64> {
    let log: serde_json::Value = world.jp.api.get("api/v1/log").await?;
    log.get("leaves").and_then(serde_json::Value::as_u64).ok_or_else(|| format!("no leaves in {log}"))
}

/// Does something so many times, [`FILLERS`] at once.
async fn each<F>(times: u64, work: impl Fn(u64) -> F) -> Result
where
    F: Future<Output = Result> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for number in 0..times {
        if tasks.len() >= FILLERS
            && let Some(done) = tasks.join_next().await
        {
            done.map_err(told("filler"))??;
        }
        tasks.spawn(work(number));
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(told("filler"))??;
    }
    Ok(())
}

/// The sample report under a reference of its own.
fn interchange(number: u64) -> Bytes {
    SAMPLE.replace(REFERENCE, &format!("DN{number:012}")).into()
}

/// What the same readers reach where there is nothing to do.
async fn limit(
    home: &Path,
    sessions: &[Session],
    pages: &Pages,
    time: Duration,
) -> Result<BTreeMap<String, Read>> {
    let port = free_port()?;
    let mut command = Command::new(std::env::current_exe().map_err(told("this program"))?);
    command.args(["--nothing", &port.to_string()]);
    let _server = Server::start(command, port, &home.join("nothing.log"))?;
    let sessions: Vec<Session> = sessions.iter().map(|s| Session { port, ..s.clone() }).collect();
    pages::read(&sessions, pages, WARM, time).await
}

fn rows(arguments: &Arguments, runs: &[BTreeMap<String, Read>], limit: &BTreeMap<String, Read>) -> Vec<Row> {
    let readers = arguments.readers;
    let count = |run: &BTreeMap<String, Read>| {
        run.values().map(|r| r.latencies.len()).sum::<usize>() as f64 / arguments.seconds as f64
    };
    let rates: Vec<f64> = runs.iter().map(count).collect();
    let how = "all kinds of pages in turn, each reader the next when the last is there; compressed; \
               readers and node on the same cores";
    let total = Row::new(&format!("pages, {readers} readers"), "1/s", Better::Higher, &rates, how);
    let mut rows = vec![total.limited(NOTHING, count(limit))];
    let mut kinds: Vec<&String> = runs.iter().flat_map(BTreeMap::keys).collect();
    kinds.sort();
    kinds.dedup();
    let at = |run: &BTreeMap<String, Read>, kind: &str, percent: usize| {
        percentile(&mut run.get(kind).map(|r| r.latencies.clone()).unwrap_or_default(), percent)
    };
    for kind in kinds {
        let each = |percent: usize| runs.iter().map(|run| at(run, kind, percent)).collect::<Vec<_>>();
        let middle = |percent: usize| Spread::of(&each(percent)).median;
        let bytes = runs.iter().filter_map(|run| run.get(kind)).map(|r| r.bytes).max().unwrap_or_default();
        let note = format!(
            "p50 {} ms, p99 {} ms; {:.1} KB compressed; goal {GOAL}",
            middle(50),
            middle(99),
            bytes as f64 / 1e3
        );
        let row = Row::new(&format!("`{kind}`: p95"), "ms", Better::Lower, &each(95), note);
        rows.push(row.limited(NOTHING, at(limit, kind, 95)));
    }
    rows
}
