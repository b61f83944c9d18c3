//! The sweeper: brings into memory what no commit of this process told of, and keeps what is claimed claimed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use corridor_base::{DeliveryId, Did, Result};
use tokio::time::Instant;

use super::{Inner, lock};
use crate::outbox;
use crate::tx::Tx;

impl Inner {
    /// Looks through the database for what no wake-up told of: claims that ran out, retries that
    /// are due, deliveries of processes that are no more.
    async fn sweep(&self) {
        let participants = lock(&self.participants).clone();
        for participant in participants {
            match self.store.read(&participant, queues_with_something_due).await {
                Ok(queues) => {
                    for queue in queues {
                        self.with_lane(&participant, &queue, |lane| lane.look(Instant::now()));
                    }
                }
                Err(problem) => tracing::warn!(code = %problem.code(), "outbox not swept"),
            }
        }
        lock(&self.lanes).retain(|_, lane| !lane.is_empty());
    }

    /// Claims for longer what has been held for a third of its claim.
    async fn renew(&self) {
        let now = self.store.shared().clock.now();
        let soon = now.plus(self.options.lease * 2 / 3);
        let mut due: BTreeMap<Did, Vec<DeliveryId>> = BTreeMap::new();
        for ((participant, _), lane) in lock(&self.lanes).iter_mut() {
            for (id, until) in lane.held.iter_mut().filter(|(_, until)| **until < soon) {
                *until = now.plus(self.options.lease);
                due.entry(participant.clone()).or_default().push(*id);
            }
        }
        for (participant, ids) in due {
            for some in ids.chunks(256) {
                let (some, owner, lease) = (some.to_vec(), self.owner(), self.options.lease);
                let renewed = self.store.write(&participant, move |tx| {
                    let until = tx.now().plus(lease);
                    some.iter().try_for_each(|id| outbox::renew(tx, *id, &owner, until))
                });
                if let Err(problem) = renewed.await {
                    tracing::warn!(code = %problem.code(), "claims not renewed");
                }
            }
        }
    }

    /// Fetches for every lane that wants something now.
    async fn fetch(self: &Arc<Self>) {
        let now = Instant::now();
        let mut wanted = Vec::new();
        for (key, lane) in lock(&self.lanes).iter_mut() {
            if lane.fetch_at(&self.options).is_some_and(|at| at <= now) {
                let most = lane.wants(&self.options).min(512);
                // Taken back before the database is asked: what is committed meanwhile sets it anew.
                lane.look_at = None;
                lane.reserved += most;
                wanted.push((key.clone(), most));
            }
        }
        for ((participant, queue), most) in wanted {
            self.fetch_one(&participant, &queue, most).await;
        }
    }

    async fn fetch_one(self: &Arc<Self>, participant: &Did, queue: &str, most: usize) {
        let (name, owner, lease) = (queue.to_owned(), self.owner(), self.options.lease);
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let claimed = self.store.write(participant, move |tx| {
            let until = tx.now().plus(lease);
            outbox::claim(tx, &name, &owner, until, limit)
        });
        let claimed = claimed.await;
        self.with_lane(participant, queue, |lane| {
            lane.reserved = lane.reserved.saturating_sub(most);
            match claimed {
                Ok(deliveries) => {
                    if deliveries.len() == most {
                        lane.look(Instant::now());
                    }
                    for delivery in deliveries {
                        lane.held.insert(delivery.id, delivery.due);
                        lane.ready.push_back(delivery);
                    }
                }
                Err(problem) => {
                    tracing::warn!(code = %problem.code(), "nothing fetched from the outbox");
                    lane.look(Instant::now() + Duration::from_secs(1));
                }
            }
            self.pump(lane);
        });
    }

    /// When the sweeper has something to fetch, if nothing wakes it.
    fn next_fetch(&self) -> Option<Instant> {
        lock(&self.lanes).values().filter_map(|lane| lane.fetch_at(&self.options)).min()
    }

    /// Starts what waited for a rest to end.
    fn pump_all(self: &Arc<Self>) {
        for lane in lock(&self.lanes).values_mut().filter(|lane| !lane.ready.is_empty()) {
            self.pump(lane);
        }
    }
}

/// The most queues one sweep takes up for one participant.
const QUEUES_A_SWEEP: usize = 10_000;

fn queues_with_something_due(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut last = String::new();
    while let Some(queue) = outbox::next_queue(tx, &last)? {
        if outbox::has_due(tx, &queue)? {
            found.push(queue.clone());
        }
        if found.len() >= QUEUES_A_SWEEP {
            break;
        }
        last = queue;
    }
    Ok(found)
}

/// The life of the sweeper.
pub(super) async fn sweep_for_ever(inner: Arc<Inner>) {
    let mut forgotten: Vec<Did> = Vec::new();
    let mut sweep_at = Instant::now();
    let mut renew_at = Instant::now() + inner.options.lease / 3;
    while !inner.stops() {
        if inner.store.is_alone() {
            forget_claims(&inner, &mut forgotten).await;
        }
        let now = Instant::now();
        if now >= sweep_at {
            inner.sweep().await;
            sweep_at = Instant::now() + inner.options.sweep;
        }
        if now >= renew_at {
            inner.renew().await;
            renew_at = Instant::now() + inner.options.lease / 3;
        }
        inner.pump_all();
        inner.fetch().await;
        let next = inner.next_fetch().map_or(sweep_at, |at| at.min(sweep_at)).min(renew_at);
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = inner.wake.notified() => {}
        }
    }
}

/// Frees what a process before this one had claimed, once for each participant.
async fn forget_claims(inner: &Inner, forgotten: &mut Vec<Did>) {
    let participants = lock(&inner.participants).clone();
    for participant in participants {
        if forgotten.contains(&participant) {
            continue;
        }
        let owner = inner.owner();
        match inner.store.write(&participant, move |tx| outbox::forget_claims(tx, &owner)).await {
            Ok(_) => forgotten.push(participant),
            Err(problem) => tracing::warn!(code = %problem.code(), "old claims not forgotten"),
        }
    }
}
