//! Clients that hand in documents, each as often as it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::task::JoinSet;
use url::Url;

use super::raw::Added;
use super::{Plan, sleep};
use crate::api::{Api, HandedIn};
use crate::content::{self, Chance};
use crate::world::World;
use crate::{Result, told};

/// A document that a client was told is safe.
#[derive(Clone, Debug)]
pub(super) struct Safe {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) size: u64,
}

/// What came of a load.
#[derive(Default)]
pub(super) struct Done {
    pub(super) safe: Vec<Safe>,
    /// How often a client had to hand in again.
    pub(super) again: u64,
    /// The number of the next document.
    pub(super) next: u64,
    /// What raw logs answered with a number.
    pub(super) added: Vec<Added>,
    /// Of a raw log whose disk was lost, the entries under its checkpoint when the backup was taken.
    pub(super) backed_up: BTreeMap<Url, u64>,
}

impl Done {
    /// What came of one more.
    pub(super) fn extend(&mut self, more: Self) {
        self.safe.extend(more.safe);
        self.again += more.again;
        self.next = more.next;
        self.added.extend(more.added);
        self.backed_up.extend(more.backed_up);
    }
}

/// What the clients share.
struct Clients {
    api: Api,
    outbox: Url,
    plan: Plan,
    next: AtomicU64,
    again: AtomicU64,
    stop: AtomicBool,
}

/// Clients at work.
pub(super) struct Load {
    clients: Arc<Clients>,
    tasks: JoinSet<Result<Vec<Safe>>>,
}

impl Load {
    /// Sets them to work on documents from this number on.
    pub(super) fn begin(world: &World, plan: &Plan, first: u64) -> Result<Self> {
        let clients = Arc::new(Clients {
            api: world.kr.api.clone(),
            outbox: world.outbox()?,
            plan: plan.clone(),
            next: AtomicU64::new(first),
            again: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for number in 0..plan.clients {
            tasks.spawn(client(clients.clone(), Chance::new(plan.seed ^ (number << 32) ^ first)));
        }
        Ok(Self { clients, tasks })
    }

    /// Lets each of them bring what it has begun to its end.
    pub(super) async fn end(mut self) -> Result<Done> {
        self.clients.stop.store(true, Ordering::Relaxed);
        let mut safe = Vec::new();
        while let Some(done) = self.tasks.join_next().await {
            safe.extend(done.map_err(told("client"))??);
        }
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Ok(Done {
            safe,
            again: count(&self.clients.again),
            next: count(&self.clients.next),
            ..Done::default()
        })
    }
}

/// Hands in documents until told to stop, each as often as it takes.
async fn client(all: Arc<Clients>, mut chance: Chance) -> Result<Vec<Safe>> {
    let mut safe = Vec::new();
    while !all.stop.load(Ordering::Relaxed) {
        let number = all.next.fetch_add(1, Ordering::Relaxed);
        // Most documents are short messages, one in twenty is a scan.
        let size = match chance.between(1, 20) {
            1 => chance.between(all.plan.largest.min(100 << 10), all.plan.largest),
            _ => chance.between(1 << 10, 8 << 10),
        };
        let content = content::small(number, usize::try_from(size).unwrap_or(0));
        let key = format!("crash-{}-{number}", all.plan.seed);
        loop {
            match all.api.hand_in(&all.outbox, &key, content.clone()).await {
                HandedIn::Accepted(id) => break safe.push(Safe { id, number, size }),
                HandedIn::Again(_) => {
                    all.again.fetch_add(1, Ordering::Relaxed);
                    sleep(chance.between(5, 40)).await;
                }
                HandedIn::Refused(why) => return Err(format!("document {number} was refused: {why}")),
            }
        }
        sleep(chance.between(0, all.plan.pause)).await;
    }
    Ok(safe)
}
