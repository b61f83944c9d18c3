//! What is counted of expectations since the process began, for its metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use super::timer::Deed;

static SENT_AGAIN: AtomicU64 = AtomicU64::new(0);
static OVERDUE: AtomicU64 = AtomicU64::new(0);

/// Each count: its name, what it counts, how many.
#[must_use]
pub fn counts() -> [(&'static str, &'static str, u64); 2] {
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    [
        ("sent_again", "Answers that were missing and had a document sent again", read(&SENT_AGAIN)),
        ("answers_overdue", "Answers that did not come in the time that was agreed", read(&OVERDUE)),
    ]
}

/// Counts what was done, once it is committed.
pub(super) fn done(deed: Deed) {
    let count = match deed {
        Deed::Nothing => return,
        Deed::SendAgain => &SENT_AGAIN,
        Deed::Escalate => &OVERDUE,
    };
    count.fetch_add(1, Ordering::Relaxed);
}
