//! The dispatcher: takes deliveries out of the outbox as soon as they are committed, has them
//! delivered at least once, and records the outcome in the same unit of work that ends them.

mod hub;
mod lane;
mod sweep;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use corridor_base::{DeliveryId, Did, ErrorCode, Problem, Result};
use futures::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use hub::Hub;
use lane::Lane;

use crate::outbox::{self, Delivery};
use crate::store::Store;
use crate::tx::Tx;

/// Whoever brings deliveries to where they go: the exchange.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Tries once, within a time of its own. The same delivery may come again after a crash or on
    /// another replica, so the recipient must take it as the same (EX-4). A panic counts as
    /// `Retry`.
    async fn deliver(&self, delivery: &Delivery) -> Outcome;
}

/// A unit of work in a box; repeatable, as every unit.
pub type Unit = Box<dyn FnMut(&mut Tx<'_>) -> Result<()> + Send>;

/// How one try ended.
pub enum Outcome {
    /// It arrived. The unit runs in the transaction that removes the delivery (EX-2), exactly once
    /// over all processes.
    Done(Unit),
    /// Not now: tried again later, and the whole queue rests meanwhile.
    Retry {
        /// Why, for people.
        problem: Problem,
        /// When the recipient said to come again; otherwise exponential with full jitter.
        after: Option<Duration>,
    },
    /// Never: shown to people, who may send it again. The unit runs in the transaction that marks
    /// the delivery.
    Dead {
        /// Why, for people.
        problem: Problem,
        /// What else becomes true with it.
        unit: Unit,
    },
}

/// How the dispatcher goes about it.
#[derive(Clone, Debug)]
pub struct DispatchOptions {
    /// Deliveries of one queue under way at once.
    pub in_flight: usize,
    /// Deliveries of one queue held in memory, those under way among them; the rest waits in the
    /// database.
    pub in_memory: usize,
    /// How often the database is swept for what no wake-up told of.
    pub sweep: Duration,
    /// How long a delivery is claimed by a process before another may take it; renewed while it is
    /// under way.
    pub lease: Duration,
    /// The first rest of a queue after a failure; doubled with every further one.
    pub first_rest: Duration,
    /// The longest rest of a queue.
    pub longest_rest: Duration,
}

impl Default for DispatchOptions {
    fn default() -> Self {
        Self {
            in_flight: 64,
            in_memory: 1024,
            sweep: Duration::from_secs(2),
            lease: Duration::from_secs(30),
            first_rest: Duration::from_millis(500),
            longest_rest: Duration::from_secs(300),
        }
    }
}

/// The running dispatcher of some participants. Dropped without [`Dispatcher::stop`] it takes up
/// nothing new, and what is under way ends by itself.
pub struct Dispatcher {
    inner: Arc<Inner>,
    sweeper: tokio::task::JoinHandle<()>,
}

impl Dispatcher {
    /// Starts delivering for these participants on the current tokio runtime. A participant has one
    /// dispatcher a process: the one started last.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(
        store: Store,
        deliver: Arc<dyn Deliver>,
        participants: Vec<Did>,
        options: DispatchOptions,
    ) -> Self {
        let inner = Arc::new(Inner {
            store,
            deliver,
            options,
            runtime: Handle::current(),
            participants: Mutex::new(Vec::new()),
            lanes: Mutex::new(HashMap::new()),
            wake: Notify::new(),
            idle: Notify::new(),
            stopping: AtomicBool::new(false),
        });
        let sweeper = tokio::spawn(sweep::sweep_for_ever(inner.clone()));
        let this = Self { inner, sweeper };
        for participant in participants {
            this.add(&participant);
        }
        this
    }

    /// Delivers for one more participant.
    pub fn add(&self, participant: &Did) {
        self.inner.store.shared().hub.attach(participant, &self.inner);
        let mut participants = lock(&self.inner.participants);
        if !participants.contains(participant) {
            participants.push(participant.clone());
        }
        drop(participants);
        self.inner.wake.notify_one();
    }

    /// Takes up nothing new, finishes what is under way, and leaves the rest to whoever comes next.
    pub async fn stop(self) {
        self.inner.stopping.store(true, Ordering::SeqCst);
        while !self.inner.is_idle() {
            let _ = tokio::time::timeout(Duration::from_millis(50), self.inner.idle.notified()).await;
        }
        self.sweeper.abort();
        for ((participant, _), ids) in self.inner.drain() {
            self.inner.let_go(&participant, ids).await;
        }
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.inner.stopping.store(true, Ordering::SeqCst);
        self.sweeper.abort();
        self.inner.store.shared().hub.detach(&self.inner);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type LaneKey = (Did, String);

struct Inner {
    store: Store,
    deliver: Arc<dyn Deliver>,
    options: DispatchOptions,
    runtime: Handle,
    participants: Mutex<Vec<Did>>,
    lanes: Mutex<HashMap<LaneKey, Lane>>,
    /// Wakes the sweeper.
    wake: Notify,
    /// Wakes whoever waits for the end.
    idle: Notify,
    stopping: AtomicBool,
}

impl Inner {
    fn stops(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn with_lane<T>(&self, participant: &Did, queue: &str, change: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lanes = lock(&self.lanes);
        change(lanes.entry((participant.clone(), queue.to_owned())).or_default())
    }

    fn reserve(&self, participant: &Did, queue: &str) -> Option<Duration> {
        if self.stops() {
            return None;
        }
        self.with_lane(participant, queue, |lane| {
            // Behind deliveries that wait in the database nobody jumps the queue for long.
            let room = lane.failures == 0 && lane.in_memory() < self.options.in_memory;
            lane.reserved += usize::from(room);
            room.then_some(self.options.lease)
        })
    }

    fn look(&self, participant: &Did, queue: &str, at: Instant) {
        self.with_lane(participant, queue, |lane| lane.look(at));
        self.wake.notify_one();
    }

    /// Takes a delivery that was committed and claimed for this process.
    fn take_over(self: &Arc<Self>, delivery: Delivery) {
        let (participant, queue) = (delivery.participant.clone(), delivery.queue.clone());
        self.with_lane(&participant, &queue, |lane| {
            lane.reserved = lane.reserved.saturating_sub(1);
            lane.held.insert(delivery.id, delivery.due);
            lane.ready.push_back(delivery);
            self.pump(lane);
        });
    }

    /// Starts what may start.
    fn pump(self: &Arc<Self>, lane: &mut Lane) {
        let most = if lane.failures > 0 { 1 } else { self.options.in_flight };
        if lane.rests(Instant::now()) || self.stops() {
            return;
        }
        while lane.in_flight < most {
            let Some(delivery) = lane.ready.pop_front() else { return };
            lane.in_flight += 1;
            self.runtime.spawn(self.clone().deliver_one(delivery, lane.round));
        }
    }

    async fn deliver_one(self: Arc<Self>, delivery: Delivery, round: u64) {
        let tried = AssertUnwindSafe(self.deliver.deliver(&delivery)).catch_unwind().await;
        let ended = match tried {
            Ok(Outcome::Done(unit)) => self.done(&delivery, unit).await.map_err(|p| (p, None)),
            Ok(Outcome::Dead { problem, unit }) => {
                self.dead(&delivery, problem, unit).await.map_err(|p| (p, None))
            }
            Ok(Outcome::Retry { problem, after }) => Err((problem, after)),
            Err(_) => Err((Problem::new(ErrorCode::Internal).with("why", "a deliverer panicked"), None)),
        };
        let ended = match ended {
            Ok(()) => None,
            Err((problem, after)) => Some(self.failed(&delivery, round, &problem, after).await),
        };
        self.leave(&delivery, ended);
    }

    async fn done(&self, delivery: &Delivery, mut unit: Unit) -> Result<()> {
        let id = delivery.id;
        let first = self.store.write(&delivery.participant, move |tx| {
            let first = outbox::take_out(tx, id)?;
            if first {
                unit(tx)?;
            }
            Ok(first)
        });
        let metrics = self.store.metrics();
        let counter = if first.await? { &metrics.deliveries_done } else { &metrics.deliveries_overtaken };
        counter.add(1);
        Ok(())
    }

    async fn dead(&self, delivery: &Delivery, problem: Problem, mut unit: Unit) -> Result<()> {
        let (id, why) = (delivery.id, problem.to_string());
        let first = self.store.write(&delivery.participant, move |tx| {
            let first = outbox::give_up(tx, id, &why)?;
            if first {
                unit(tx)?;
            }
            Ok(first)
        });
        let metrics = self.store.metrics();
        let counter = if first.await? { &metrics.deliveries_dead } else { &metrics.deliveries_overtaken };
        counter.add(1);
        Ok(())
    }

    /// Lets the queue rest, and puts the delivery and those behind it back. Answers when the
    /// delivery is due again.
    async fn failed(
        &self,
        delivery: &Delivery,
        round: u64,
        problem: &Problem,
        after: Option<Duration>,
    ) -> Instant {
        self.store.metrics().deliveries_retried.add(1);
        tracing::info!(id = %delivery.id, attempts = delivery.attempts, code = %problem.code(), "delivery failed");
        let (rest, behind) = self.rest(delivery, round, after);
        self.let_go(&delivery.participant, behind).await;
        let own = after.unwrap_or_else(|| self.pause(delivery.attempts));
        let pause = own.max(rest);
        let (id, owner, why) = (delivery.id, self.owner(), problem.to_string());
        let back = self.store.write(&delivery.participant, move |tx| {
            let due = tx.now().plus(pause);
            outbox::put_back(tx, id, &owner, due, &why)
        });
        if let Err(problem) = back.await {
            // The claim runs out by itself, and then it is due again.
            tracing::warn!(id = %delivery.id, code = %problem.code(), "delivery not put back");
        }
        Instant::now() + pause
    }

    /// Lets a queue rest once a round; answers for how long, and what is to be put back.
    fn rest(&self, delivery: &Delivery, round: u64, after: Option<Duration>) -> (Duration, Vec<DeliveryId>) {
        self.with_lane(&delivery.participant, &delivery.queue, |lane| {
            if lane.round != round {
                return (Duration::ZERO, Vec::new());
            }
            let pause = after.map_or_else(|| self.pause(lane.failures), |a| a.min(self.options.longest_rest));
            lane.round += 1;
            lane.failures = lane.failures.saturating_add(1);
            lane.rest_until = Some(Instant::now() + pause);
            let behind: Vec<DeliveryId> = lane.ready.drain(..).map(|d| d.id).collect();
            for id in &behind {
                lane.held.remove(id);
            }
            if !behind.is_empty() {
                lane.look(Instant::now());
            }
            (pause, behind)
        })
    }

    /// Exponential with full jitter, capped; never so short that a loop becomes hot.
    fn pause(&self, failures: u32) -> Duration {
        let options = &self.options;
        let most = options.first_rest.saturating_mul(2u32.saturating_pow(failures.min(30)));
        let most = most.min(options.longest_rest);
        let share =
            f64::from(u32::from_be_bytes(self.store.shared().random.bytes::<4>())) / f64::from(u32::MAX);
        most.mul_f64(share).max(Duration::from_millis(20)).min(most.max(Duration::from_millis(1)))
    }

    /// One delivery is over, for now or for good.
    fn leave(self: &Arc<Self>, delivery: &Delivery, due_again: Option<Instant>) {
        let wake = self.with_lane(&delivery.participant, &delivery.queue, |lane| {
            lane.in_flight = lane.in_flight.saturating_sub(1);
            lane.held.remove(&delivery.id);
            match due_again {
                Some(at) => lane.look(at),
                None => lane.succeeded(),
            }
            self.pump(lane);
            lane.fetch_at(&self.options).is_some()
        });
        if wake {
            self.wake.notify_one();
        }
        if self.stops() {
            self.idle.notify_one();
        }
    }

    fn owner(&self) -> String {
        self.store.shared().hub.owner().to_owned()
    }

    async fn let_go(&self, participant: &Did, ids: Vec<DeliveryId>) {
        for some in ids.chunks(256) {
            let (some, owner) = (some.to_vec(), self.owner());
            let let_go = self
                .store
                .write(participant, move |tx| some.iter().try_for_each(|id| outbox::let_go(tx, *id, &owner)));
            if let Err(problem) = let_go.await {
                tracing::warn!(code = %problem.code(), "claims not let go; they run out by themselves");
            }
        }
    }

    fn is_idle(&self) -> bool {
        lock(&self.lanes).values().all(|lane| lane.in_flight == 0 && lane.reserved == 0)
    }

    /// Everything claimed and not tried.
    fn drain(&self) -> Vec<(LaneKey, Vec<DeliveryId>)> {
        let mut lanes = lock(&self.lanes);
        lanes.drain().map(|(key, lane)| (key, lane.held.into_keys().collect())).collect()
    }
}
