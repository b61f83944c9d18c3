//! `cargo xtask bench trade`: whole chains from order to release a second between two nodes, each with its
//! CONTRLs and with timers on every answer, and how long the timeline of one takes then.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Parser;
use corridor_base::{Clock, SystemClock};
use corridor_bench::api::{Api, HandedIn};
use corridor_bench::load::percentile;
use corridor_bench::report::{self, Better, Row};
use corridor_bench::world::{EDIFACT, Engine, Setup, World};
use corridor_bench::{Result, ended, on_one_thread, process, progress, told};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

/// The clients that each walk one chain after another.
const CLIENTS: usize = 16;
/// How often is looked whether everything is answered.
const LOOK: Duration = Duration::from_millis(100);
/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How many timelines are asked for.
const TIMELINES: u64 = 200;
/// The largest document that the agreement allows.
const LARGEST: u64 = 1 << 20;
/// The messages of a chain, each with its CONTRL.
const STEPS: usize = 7;
/// What is waited for: each message is answered, and its interchange read.
const EXPECTED: [(&str, &str); 7] = [
    ("ORDERS", "ORDRSP"),
    ("ORDERS", "CONTRL"),
    ("IFTMBF", "IFTMBC"),
    ("IFTMBF", "CONTRL"),
    ("CUSCAR", "CONTRL"),
    ("CUSDEC", "CUSRES"),
    ("CUSDEC", "CONTRL"),
];

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
    /// For how long chains are begun, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

fn main() -> ExitCode {
    ended(on_one_thread(run(&Arguments::parse())))
}

async fn run(arguments: &Arguments) -> Result {
    let setup = Setup {
        program: process::program()?,
        folder: arguments.folder.clone(),
        engine: Engine::Sqlite,
        counted: false,
        witnessed: false,
    };
    let world = World::found(&setup).await?;
    let agreement = agree(&world).await?;
    let trade = Arc::new(Trade {
        out: outbox(&world.kr.api, world.jp.did.as_str(), &agreement)?,
        back: outbox(&world.jp.api, world.kr.did.as_str(), &agreement)?,
        kr: world.kr.api.clone(),
        jp: world.jp.api.clone(),
    });
    progress("chains from order to release");
    let (chains, seconds) = trade.walk(Duration::from_secs(arguments.seconds)).await?;
    let each = seconds / chains as f64;
    progress(&format!("{chains} chains in {seconds:.1} s, {:.1} a second", 1.0 / each));
    progress("timelines");
    let mut times = trade.timelines(chains).await?;
    let overdue: Value = world.kr.api.get("api/v1/trade/expected?standing=overdue&limit=1").await?;
    if overdue.pointer("/items/0").is_some() {
        return Err("an answer is overdue".to_owned());
    }
    world.stop()?;
    let documents = chains * 2 * STEPS as u64;
    let rows = vec![
        Row::new(
            "whole chains, order to release, with timers",
            "1/s",
            Better::Higher,
            &[1.0 / each],
            format!(
                "ORDERS, ORDRSP, IFTMBF, IFTMBC, CUSCAR, CUSDEC, CUSRES and the CONTRL of each, from the first hand-in \
                 to the last answer: {chains} chains of 14 documents in {seconds:.0} s; two nodes on SQLite and the \
                 load on the same cores; goal 100"
            ),
        ),
        Row::new(
            "timeline of one chain: p50",
            "ms",
            Better::Lower,
            &[percentile(&mut times, 50)],
            format!("GET /api/v1/trade/timeline, one at a time, with {documents} documents in the books"),
        ),
        Row::new(
            "timeline of one chain: p95",
            "ms",
            Better::Lower,
            &[percentile(&mut times, 95)],
            "the same; goal 100 for the page",
        ),
    ];
    report::finish("trade", &arguments.commit, rows, &arguments.output)
}

/// An agreement that waits for every answer.
async fn agree(world: &World) -> Result<String> {
    let words = json!({ "en": "A bench", "ja": "A bench", "ko": "A bench" });
    let grant = |direction: &str| json!({ "verb": "send", "kind": EDIFACT, "direction": direction, "max_size": LARGEST });
    let expect = |(message, answer): (&str, &str)| json!({ "message": message, "answer": answer, "within": 3600, "resend": 1 });
    let proposal = json!({
        "partner": world.jp.did, "purpose": words, "until": SystemClock.now().plus(Duration::from_secs(86_400)),
        "grants": [grant("out"), grant("in")], "expects": EXPECTED.map(expect),
    });
    let mut answer = world.kr.api.post("api/v1/agreements", "application/json", proposal.to_string()).await?;
    for api in [&world.jp.api, &world.kr.api] {
        let statement = text(&answer, "statement");
        answer = api.post("api/v1/agreements/accept", "text/plain", statement).await?;
    }
    Ok(text(&answer, "id"))
}

fn text(answer: &Value, name: &str) -> String {
    answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn outbox(api: &Api, to: &str, agreement: &str) -> Result<Url> {
    let mut url = api.url("api/v1/outbox")?;
    url.query_pairs_mut()
        .append_pair("to", to)
        .append_pair("kind", EDIFACT)
        .append_pair("agreement", agreement);
    Ok(url)
}

struct Trade {
    kr: Api,
    jp: Api,
    /// To Japan, and back.
    out: Url,
    back: Url,
}

impl Trade {
    /// Walks chains for so long, and waits for the last answer; how many there were, and how long it took.
    async fn walk(self: &Arc<Self>, time: Duration) -> Result<(u64, f64)> {
        let (begun, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let mut tasks = JoinSet::new();
        for _ in 0..CLIENTS {
            let (trade, next) = (self.clone(), next.clone());
            tasks.spawn(async move {
                while begun.elapsed() < time {
                    trade.chain(next.fetch_add(1, Ordering::Relaxed)).await?;
                }
                Ok::<_, String>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(told("a client"))??;
        }
        let chains = next.load(Ordering::Relaxed);
        let (handed_in, answers) = (Instant::now(), chains * EXPECTED.len() as u64);
        // The desk files what is waited for when it reads a document: nothing waits before that, either.
        let mut whole = chains.saturating_sub(CLIENTS as u64 * 4);
        while self.count("waiting").await? > 0 || !self.whole(&mut whole, chains).await? {
            if handed_in.elapsed() > PATIENCE {
                return Err(format!("of {answers} answers some did not come"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok((chains, begun.elapsed().as_secs_f64()))
    }

    async fn count(&self, standing: &str) -> Result<usize> {
        let path = format!("api/v1/trade/expected?standing={standing}&limit=1");
        let found: Value = self.kr.get(&path).await?;
        Ok(found.pointer("/items").and_then(Value::as_array).map_or(0, Vec::len))
    }

    /// Whether the last chains are whole too; those before `number` are known to be.
    async fn whole(&self, number: &mut u64, chains: u64) -> Result<bool> {
        while *number < chains {
            let timeline = self.timeline(*number).await?;
            let documents = timeline.pointer("/documents").and_then(Value::as_array);
            let told = |name: &str| {
                let said = |document: &&Value| document.get(name).is_some_and(Value::is_string);
                documents.map_or(0, |documents| documents.iter().filter(said).count())
            };
            if told("syntax") < STEPS || told("judgement") == 0 {
                return Ok(false);
            }
            *number += 1;
        }
        Ok(true)
    }

    async fn timeline(&self, number: u64) -> Result<Value> {
        self.kr.get(&format!("api/v1/trade/timeline?reference=PO-{number:08}")).await
    }

    /// Milliseconds that timelines take, over all chains.
    async fn timelines(&self, chains: u64) -> Result<Vec<f64>> {
        let mut times = Vec::new();
        for at in 0..TIMELINES {
            let begun = Instant::now();
            self.timeline(at * chains / TIMELINES).await?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(times)
    }

    /// One transaction: order and response, booking and confirmation, cargo report, declaration and release.
    async fn chain(&self, n: u64) -> Result {
        let order = format!("BGM+220+PO-{n:08}+9'DTM+137:20261122:102'");
        let response = format!("BGM+231+RSP-{n:08}+9'RFF+ON:PO-{n:08}'");
        let booking = format!("BGM+335+BK-{n:08}+9'RFF+ON:PO-{n:08}'");
        let confirmed = format!("BGM+770+BC-{n:08}+9'RFF+BN:BK-{n:08}'RFF+ACW:BK-{n:08}'");
        let cargo = format!("BGM+785+CR-{n:08}+9'RFF+BN:BK-{n:08}'CNI+1+BL-{n:08}'");
        let declared = format!("BGM+929+DECL-{n:08}+9'RFF+ON:PO-{n:08}'DOC+705+BL-{n:08}'");
        let released = format!("BGM+962+RES-{n:08}+9+AP'RFF+ACW:DECL-{n:08}'");
        let steps: [_; STEPS] = [
            (true, "ORDERS", order),
            (false, "ORDRSP", response),
            (true, "IFTMBF", booking),
            (false, "IFTMBC", confirmed),
            (true, "CUSCAR", cargo),
            (true, "CUSDEC", declared),
            (false, "CUSRES", released),
        ];
        for (step, (out, kind, body)) in steps.into_iter().enumerate() {
            let (api, url, parties) = if out {
                (&self.kr, &self.out, "DONGNAEFWD+JPCUSTOMS")
            } else {
                (&self.jp, &self.back, "JPCUSTOMS+DONGNAEFWD")
            };
            let count = body.matches('\'').count() + 2;
            let reference = format!("{n:08}{step}");
            let content = Bytes::from(format!(
                "UNB+UNOA:3+{parties}+261122:0915+{reference}'UNH+1+{kind}:D:08A:UN'{body}UNT+{count}+1'UNZ+1+{reference}'"
            ));
            let key = format!("{kind}-{n}");
            loop {
                match api.hand_in(url, &key, content.clone()).await {
                    HandedIn::Accepted(_) => break,
                    HandedIn::Again(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    HandedIn::Refused(why) => return Err(why),
                }
            }
        }
        Ok(())
    }
}
