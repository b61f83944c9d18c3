//! The dispatcher: takes deliveries out of the outbox as soon as they are committed, has them
//! delivered at least once, and records the outcome in the same unit of work that ends them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use corridor_base::{DeliveryId, Did, ErrorCode, Problem, Random, Result, Timestamp};
use futures::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::outbox::{self, Delivery};
use crate::store::Store;
use crate::tx::{AfterCommit, Tx};

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
        let sweeper = tokio::spawn(sweep_for_ever(inner.clone()));
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

/// Where commits meet dispatchers: the database threads ask here before they claim a delivery for
/// this process, and tell here what was committed.
pub(crate) struct Hub {
    /// What this process writes on the deliveries it claims.
    owner: String,
    dispatchers: RwLock<HashMap<Did, Arc<Inner>>>,
}

impl Hub {
    pub(crate) fn new(random: &dyn Random) -> Self {
        let owner = format!("{:032x}", u128::from_be_bytes(random.bytes()));
        Self { owner, dispatchers: RwLock::new(HashMap::new()) }
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    fn attach(&self, participant: &Did, inner: &Arc<Inner>) {
        let mut all = self.dispatchers.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(participant.clone(), inner.clone());
    }

    fn detach(&self, inner: &Arc<Inner>) {
        let mut all = self.dispatchers.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| !Arc::ptr_eq(other, inner));
    }

    fn of(&self, participant: &Did) -> Option<Arc<Inner>> {
        self.dispatchers.read().unwrap_or_else(PoisonError::into_inner).get(participant).cloned()
    }

    /// Room in memory for one more delivery of the queue, and how long to claim it for; `None` when
    /// it shall wait in the database.
    pub(crate) fn reserve(&self, participant: &Did, queue: &str) -> Option<Duration> {
        self.of(participant)?.reserve(participant, queue)
    }

    /// Gives back room that was not used.
    pub(crate) fn cancel(&self, participant: &Did, queue: &str) {
        if let Some(inner) = self.of(participant) {
            inner.with_lane(participant, queue, |lane| lane.reserved = lane.reserved.saturating_sub(1));
        }
    }

    /// Hears what a unit left for the dispatcher, and whether it was committed.
    pub(crate) fn after(&self, participant: &Did, after: Vec<AfterCommit>, committed: bool) {
        if after.is_empty() {
            return;
        }
        let Some(inner) = self.of(participant) else { return };
        for one in after {
            match one {
                AfterCommit::Claimed(delivery) if committed => inner.take_over(*delivery),
                AfterCommit::Claimed(delivery) => self.cancel(participant, &delivery.queue),
                AfterCommit::Waiting(queue) if committed => inner.look(participant, &queue, Instant::now()),
                AfterCommit::Waiting(_) => {}
            }
        }
    }
}

/// One queue of one participant, as far as it is in memory.
#[derive(Default)]
struct Lane {
    /// Claimed, and waiting for a place in flight.
    ready: VecDeque<Delivery>,
    /// Everything claimed, in flight or not, and until when.
    held: HashMap<DeliveryId, Timestamp>,
    /// Places promised to units that are not committed yet.
    reserved: usize,
    in_flight: usize,
    /// When the database is worth a look for this queue.
    look_at: Option<Instant>,
    /// Nothing is tried before.
    rest_until: Option<Instant>,
    /// How many failures in a row made it rest; after the rest one delivery goes first.
    failures: u32,
    /// Counts the rests, so that one outage that many deliveries meet is one failure.
    round: u64,
}

impl Lane {
    fn in_memory(&self) -> usize {
        self.ready.len() + self.in_flight + self.reserved
    }

    fn rests(&self, now: Instant) -> bool {
        self.rest_until.is_some_and(|until| now < until)
    }

    /// How many deliveries to fetch now; when it asks for none, nothing is to be fetched.
    fn wants(&self, options: &DispatchOptions) -> usize {
        if self.failures > 0 {
            return 1usize.saturating_sub(self.in_memory());
        }
        let free = options.in_memory.saturating_sub(self.in_memory());
        // Small fetches cost as much as large ones.
        if free >= options.in_memory.div_ceil(2) { free } else { 0 }
    }

    /// When it is to be fetched for, if at all.
    fn fetch_at(&self, options: &DispatchOptions) -> Option<Instant> {
        let look = self.look_at.filter(|_| self.wants(options) > 0)?;
        Some(self.rest_until.map_or(look, |rest| rest.max(look)))
    }

    fn look(&mut self, at: Instant) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }

    fn is_empty(&self) -> bool {
        self.in_memory() == 0 && self.look_at.is_none() && self.failures == 0
    }

    /// A recipient that took one delivery takes others too.
    fn succeeded(&mut self) {
        if self.failures > 0 {
            self.failures = 0;
            self.rest_until = None;
            self.look(Instant::now());
        }
    }
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
async fn sweep_for_ever(inner: Arc<Inner>) {
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
