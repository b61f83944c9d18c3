//! Counters of what storage did, for the node to show as it likes.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! documented {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// The counters of one store since it was opened.
        #[derive(Debug, Default)]
        pub struct Metrics { $($(#[doc = $doc])* pub $name: Counter,)* }

        impl Metrics {
            /// All counters: name, what it counts, and the count.
            #[must_use]
            pub fn all(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), concat!($($doc),*).trim(), self.$name.get()),)*]
            }
        }
    };
}

/// One number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// How far it has come.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }
}

documented! {
    /// Units of work committed.
    units_committed,
    /// Units of work that failed and left nothing behind.
    units_failed,
    /// Commits on disk; one holds many units on SQLite.
    commits,
    /// Units of work run again because another changed the same data.
    units_retried,
    /// Connections to PostgreSQL that were lost and made again.
    reconnects,
    /// Leaves committed: acts and entries of raw logs.
    leaves_added,
    /// Leaves that got their number in this process; on PostgreSQL those of other processes too.
    leaves_numbered,
    /// Deliveries that reached their recipient.
    deliveries_done,
    /// Deliveries that failed and are tried again.
    deliveries_retried,
    /// Deliveries that were given up on.
    deliveries_dead,
    /// Deliveries that another process had already completed.
    deliveries_overtaken,
}
