//! Since when acts have waited for the cosignatures of both countries. Work goes on meanwhile, up to
//! the age that an agreement allows; then nothing new begins (LG-2).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use corridor_base::Timestamp;

/// Nothing waits.
const NONE: i64 = i64::MIN;

/// Since when the oldest act without a complete receipt has waited, as those who let work begin see
/// it and the one who gathers cosignatures tells it. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Pending(Arc<AtomicI64>);

impl Default for Pending {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(NONE)))
    }
}

impl Pending {
    /// Tells since when; nothing when every act is cosigned.
    pub fn tell(&self, since: Option<Timestamp>) {
        self.0.store(since.map_or(NONE, |at| at.millis()), Ordering::Relaxed);
    }

    /// Since when the oldest has waited.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        match self.0.load(Ordering::Relaxed) {
            NONE => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }
}
