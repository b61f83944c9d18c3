//! The dispatcher: takes deliveries out of the outbox as soon as they are committed, has them
//! delivered at least once, and records the outcome in the same unit of work that ends them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use corridor_base::{Did, Problem, Result};

use crate::outbox::Delivery;
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
    _store: Store,
}

impl Dispatcher {
    /// Starts delivering for these participants on the current tokio runtime.
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
        let _ = (deliver, participants, options);
        Self { _store: store }
    }

    /// Delivers for one more participant.
    pub fn add(&self, participant: &Did) {
        let _ = participant;
        todo!()
    }

    /// Takes up nothing new, finishes what is under way, and leaves the rest to whoever comes next.
    pub async fn stop(self) {}
}
