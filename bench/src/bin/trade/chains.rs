//! Whole chains between two nodes, handed in over HTTP as fast as they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use corridor_bench::api::{self, Api, HandedIn};
use corridor_bench::load::percentile;
use corridor_bench::report::{Better, Row};
use corridor_bench::world::{EDIFACT, Setup, World};
use corridor_bench::{Result, process, progress, told};
use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

use crate::chain::{self, EXPECTED, STEPS};
use crate::{Arguments, agree};

/// The clients that each walk one chain after another.
const CLIENTS: usize = 16;
/// How often is looked whether everything is answered.
const LOOK: Duration = Duration::from_millis(100);
/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How many timelines are asked for.
const TIMELINES: u64 = 200;

/// Chains a second, and how long their timelines take then.
pub(super) async fn chains(arguments: &Arguments, setup: &Setup) -> Result<Vec<Row>> {
    let world = World::found(setup).await?;
    let agreement = agree(&world).await?;
    let trade = Arc::new(Trade {
        out: outbox(&world.kr.api, world.jp.did.as_str(), &agreement)?,
        back: outbox(&world.jp.api, world.kr.did.as_str(), &agreement)?,
        kr: world.kr.api.clone(),
        jp: world.jp.api.clone(),
    });
    progress("chains from order to release");
    let used = || [world.kr.node.id(), world.jp.node.id()].into_iter().filter_map(process::used).sum::<f64>();
    let before = used();
    let (chains, seconds) = trade.walk(Duration::from_secs(arguments.seconds)).await?;
    let processor = (used() - before) * 1000.0 / chains as f64;
    let each = seconds / chains as f64;
    progress(&format!(
        "{chains} chains in {seconds:.1} s, {:.1} a second, {processor:.1} ms of processor time each",
        1.0 / each
    ));
    progress("timelines");
    let mut times = trade.timelines(chains).await?;
    let overdue: Value = world.kr.api.get("api/v1/trade/expected?standing=overdue&limit=1").await?;
    if overdue.pointer("/items/0").is_some() {
        return Err("an answer is overdue".to_owned());
    }
    world.stop()?;
    let documents = chains * 2 * STEPS as u64;
    Ok(vec![
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
            "processor time of both nodes a chain",
            "ms",
            Better::Lower,
            &[processor],
            "user and kernel; what other programs do meanwhile changes it little",
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
    ])
}

fn outbox(api: &Api, to: &str, agreement: &str) -> Result<Url> {
    let mut url = api.url("api/v1/outbox")?;
    url.query_pairs_mut()
        .append_pair("to", to)
        .append_pair("kind", EDIFACT)
        .append_pair("agreement", agreement);
    Ok(url)
}

/// Both ends.
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
            if !chain::is_whole(&self.timeline(*number).await?) {
                return Ok(false);
            }
            *number += 1;
        }
        Ok(true)
    }

    async fn timeline(&self, number: u64) -> Result<Value> {
        self.kr.get(&chain::timeline(number)).await
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

    /// One transaction, handed in step by step.
    async fn chain(&self, n: u64) -> Result {
        for step in chain::steps(n) {
            let (api, url) = if step.out { (&self.kr, &self.out) } else { (&self.jp, &self.back) };
            let key = api::key();
            loop {
                match api.hand_in(url, &key, step.content.clone()).await {
                    HandedIn::Accepted(_) => break,
                    HandedIn::Again(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    HandedIn::Refused(why) => return Err(why),
                }
            }
        }
        Ok(())
    }
}
