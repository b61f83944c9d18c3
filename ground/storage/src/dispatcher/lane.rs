//! What is in memory of one queue, and when the database is to be asked for more of it.

use std::collections::{HashMap, VecDeque};

use corridor_base::{DeliveryId, Timestamp};
use tokio::time::Instant;

use super::DispatchOptions;
use crate::outbox::Delivery;

/// One queue of one participant, as far as it is in memory.
#[derive(Default)]
pub(super) struct Lane {
    /// Claimed, and waiting for a place in flight.
    pub(super) ready: VecDeque<Delivery>,
    /// Everything claimed, in flight or not, and until when.
    pub(super) held: HashMap<DeliveryId, Timestamp>,
    /// Places promised to units that are not committed yet.
    pub(super) reserved: usize,
    pub(super) in_flight: usize,
    /// When the database is worth a look for this queue.
    pub(super) look_at: Option<Instant>,
    /// Nothing is tried before.
    pub(super) rest_until: Option<Instant>,
    /// How many failures in a row made it rest; after the rest one delivery goes first.
    pub(super) failures: u32,
    /// Counts the rests, so that one outage that many deliveries meet is one failure.
    pub(super) round: u64,
}

impl Lane {
    pub(super) fn in_memory(&self) -> usize {
        self.ready.len() + self.in_flight + self.reserved
    }

    pub(super) fn rests(&self, now: Instant) -> bool {
        self.rest_until.is_some_and(|until| now < until)
    }

    /// How many deliveries to fetch now; when it asks for none, nothing is to be fetched.
    pub(super) fn wants(&self, options: &DispatchOptions) -> usize {
        if self.failures > 0 {
            return 1usize.saturating_sub(self.in_memory());
        }
        let free = options.in_memory.saturating_sub(self.in_memory());
        // Small fetches cost as much as large ones.
        if free >= options.in_memory.div_ceil(2) { free } else { 0 }
    }

    /// When it is to be fetched for, if at all.
    pub(super) fn fetch_at(&self, options: &DispatchOptions) -> Option<Instant> {
        let look = self.look_at.filter(|_| self.wants(options) > 0)?;
        Some(self.rest_until.map_or(look, |rest| rest.max(look)))
    }

    pub(super) fn look(&mut self, at: Instant) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_memory() == 0 && self.look_at.is_none() && self.failures == 0
    }

    /// A recipient that took one delivery takes others too.
    pub(super) fn succeeded(&mut self) {
        if self.failures > 0 {
            self.failures = 0;
            self.rest_until = None;
            self.look(Instant::now());
        }
    }
}
