//! Documents under load: handed in by many clients as fast as they can, or at a fixed rate whatever
//! the node does, and judged by what was delivered.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use corridor_base::{Clock, SystemClock, Timestamp};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use url::Url;

use crate::Result;
use crate::api::{self, Api, Document, HandedIn};
use crate::content;
use crate::process::used;

/// How often the outbox is looked at while the rest is awaited.
const LOOK: Duration = Duration::from_millis(200);
/// How long what is on its way may take once nothing more is handed in.
const PATIENCE: Duration = Duration::from_secs(300);
/// Of so many documents at a fixed rate one is watched from outside until it is delivered.
const WATCHED: u64 = 200;

/// What a load is made of.
#[derive(Clone)]
pub struct Load {
    /// The sender's node.
    pub api: Api,
    /// Where documents are handed in.
    pub outbox: Url,
    /// The size of a document, in bytes.
    pub size: usize,
    /// The processes of both nodes.
    pub nodes: [u32; 2],
}

/// A document that the node accepted.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its identifier.
    pub id: String,
    /// When the client began, or should have begun, to hand it in.
    pub began: Timestamp,
    /// When a client that kept asking saw it delivered; only for those that are watched.
    pub seen: Option<Timestamp>,
}

/// Everything that was handed in between two instants, those of warming up left out.
#[derive(Debug)]
pub struct Window {
    /// When measuring began.
    pub from: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// What was accepted, before and after included.
    pub sent: Vec<Sent>,
    /// The processor time that both nodes had used before, in seconds.
    pub used: [f64; 2],
}

/// What came of a load.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Documents whose delivery was written down in the sender's books within the window, a second.
    pub delivered_per_second: f64,
    /// Documents accepted by the sender's node whose hand-in began within the window, a second.
    pub accepted_per_second: f64,
    /// Milliseconds from the beginning of the hand-in to delivery: the median.
    pub p50: f64,
    /// The 99th percentile of the same.
    pub p99: f64,
    /// The 99th percentile as clients saw it who kept asking, and how many did.
    pub seen: Option<(f64, usize)>,
    /// Microseconds of processor time that the sender's node and the recipient's used for one.
    pub cpu: [f64; 2],
}

impl Load {
    /// Hands in from so many clients at once, each as fast as the node answers.
    ///
    /// # Errors
    /// When the node refuses a document.
    pub async fn closed(&self, clients: u64, warm: Duration, time: Duration) -> Result<Window> {
        let (begun, used) = (Instant::now(), self.used());
        let from = SystemClock.now().plus(warm);
        let next = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..clients {
            let (load, next) = (self.clone(), next.clone());
            tasks.spawn(async move {
                let mut sent = Vec::new();
                while begun.elapsed() < warm + time {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    sent.push(load.one(number, SystemClock.now()).await?);
                }
                Ok::<_, String>(sent)
            });
        }
        let mut sent = Vec::new();
        while let Some(done) = tasks.join_next().await {
            sent.extend(done.map_err(|e| e.to_string())??);
        }
        Ok(Window { from, until: from.plus(time), sent, used })
    }

    /// Hands in at a fixed rate a second. A document's time counts from when it was due, so that a
    /// node that stalls cannot hide it by stalling its clients.
    ///
    /// # Errors
    /// When the node refuses a document.
    pub async fn open(&self, rate: u64, warm: Duration, time: Duration) -> Result<Window> {
        let (start, used) = (SystemClock.now(), self.used());
        let from = start.plus(warm);
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let total = rate * (warm + time).as_secs();
        let mut tasks = JoinSet::new();
        for number in 0..total {
            ticks.tick().await;
            let due = start.plus(Duration::from_micros(number * 1_000_000 / rate));
            let load = self.clone();
            tasks.spawn(async move {
                let mut sent = load.one(number, due).await?;
                if number % WATCHED == 0 {
                    load.watch(&mut sent).await;
                }
                Ok::<_, String>(sent)
            });
        }
        let mut sent = Vec::new();
        while let Some(done) = tasks.join_next().await {
            sent.push(done.map_err(|e| e.to_string())??);
        }
        Ok(Window { from, until: from.plus(time), sent, used })
    }

    async fn one(&self, number: u64, began: Timestamp) -> Result<Sent> {
        let key = api::key();
        let content = content::small(number, self.size);
        loop {
            match self.api.hand_in(&self.outbox, &key, content.clone()).await {
                HandedIn::Accepted(id) => return Ok(Sent { id, began, seen: None }),
                HandedIn::Again(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                HandedIn::Refused(why) => return Err(why),
            }
        }
    }

    async fn watch(&self, sent: &mut Sent) {
        loop {
            match self.api.document("outbox", &sent.id).await {
                Ok(row) if row.state != "sending" => break,
                // Not there yet, or too busy to say.
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        sent.seen = Some(SystemClock.now());
    }

    fn used(&self) -> [f64; 2] {
        self.nodes.map(|node| used(node).unwrap_or_default())
    }

    /// Waits until everything is delivered, and counts.
    ///
    /// # Errors
    /// When something was refused, or does not arrive in time.
    pub async fn figures(&self, window: &Window) -> Result<Figures> {
        settled(&self.api).await?;
        let now = self.used();
        let each = |which: usize| {
            let more = |all: &[f64; 2]| all.get(which).copied().unwrap_or_default();
            (more(&now) - more(&window.used)) * 1e6 / window.sent.len().max(1) as f64
        };
        let cpu = [each(0), each(1)];
        let earliest = window.sent.iter().map(|s| s.began).min().unwrap_or(window.from);
        let rows = self.api.documents_since("outbox", earliest.minus(Duration::from_secs(1))).await?;
        let rows: HashMap<&str, &Document> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
        let seconds = window.until.since(window.from).as_secs_f64();
        let within = |at: Timestamp| at >= window.from && at < window.until;
        let (mut delivered, mut millis, mut seen) = (0u64, Vec::new(), Vec::new());
        for sent in &window.sent {
            let row = rows.get(sent.id.as_str()).filter(|row| row.state == "delivered");
            let row = row.ok_or_else(|| format!("{} was not delivered", sent.id))?;
            delivered += u64::from(within(row.updated));
            if within(sent.began) {
                millis.push(row.updated.since(sent.began).as_millis() as f64);
                seen.extend(sent.seen.map(|at| at.since(sent.began).as_millis() as f64));
            }
        }
        Ok(Figures {
            delivered_per_second: delivered as f64 / seconds,
            accepted_per_second: millis.len() as f64 / seconds,
            p50: percentile(&mut millis, 50),
            p99: percentile(&mut millis, 99),
            seen: (!seen.is_empty()).then(|| (percentile(&mut seen, 99), seen.len())),
            cpu,
        })
    }
}

/// Waits until nothing is on its way any more.
///
/// # Errors
/// When it takes too long.
pub async fn settled(api: &Api) -> Result {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if api.waiting().await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(format!("not everything was delivered within {} s", PATIENCE.as_secs()))
}

/// The value that so many percent do not exceed; 0 of none.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent).div_ceil(100).max(1) - 1;
    values.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], percent: usize, expect: f64) {
        assert_eq!(percentile(&mut values.to_vec(), percent), expect, "{values:?} {percent}");
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        check(&hundred, 50, 50.0);
        check(&hundred, 99, 99.0);
        check(&hundred, 100, 100.0);
        check(&[7.0], 99, 7.0);
        check(&[2.0, 1.0], 50, 1.0);
        check(&[], 50, 0.0);
    }
}
