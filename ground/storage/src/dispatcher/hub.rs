//! Where commits meet dispatchers.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use corridor_base::{Did, Random};
use tokio::time::Instant;

use super::Inner;
use crate::tx::AfterCommit;

/// The database threads ask here before they claim a delivery for
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

    pub(super) fn attach(&self, participant: &Did, inner: &Arc<Inner>) {
        let mut all = self.dispatchers.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(participant.clone(), inner.clone());
    }

    pub(super) fn detach(&self, inner: &Arc<Inner>) {
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
