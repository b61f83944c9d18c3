//! How a log grew, read from its stored checkpoints: for whoever draws it.

use corridor_base::{ErrorCode, Problem, Result, Timestamp};
use corridor_storage::Tx;

use super::checkpoints::read_checkpoint;
use super::{Log, StoredCheckpoint};

/// At how many instants is answered at once.
const MAX_INSTANTS: usize = 400;

impl Log {
    /// The newest stored checkpoints, the newest first, at most so many.
    ///
    /// # Errors
    /// As [`corridor_storage::Store::read`].
    pub async fn recent(&self, limit: u32) -> Result<Vec<StoredCheckpoint>> {
        let name = self.name().to_owned();
        let newest = move |tx: &mut Tx<'_>| {
            let rows = tx.query(
                "SELECT note, time, complete, copied FROM checkpoint WHERE participant = $1 AND log = $2
                 ORDER BY size DESC LIMIT $3",
                &[name.as_str().into(), limit.into()],
            )?;
            rows.iter().map(read_checkpoint).collect()
        };
        self.store().read(self.operator(), newest).await
    }

    /// The size of the log at each of these instants, in their order: that of the newest stored checkpoint
    /// that had been signed by then, and 0 before the first. Checkpoints that never became complete are
    /// not kept for good, so that the size may be that of an earlier one, and never of a later.
    ///
    /// # Errors
    /// `too-large` when there are more than 400; as [`corridor_storage::Store::read`].
    pub async fn sizes_at(&self, instants: Vec<Timestamp>) -> Result<Vec<u64>> {
        if instants.len() > MAX_INSTANTS {
            let limit = format!("{MAX_INSTANTS} instants");
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "growth of a log")
                .with("limit", limit));
        }
        let name = self.name().to_owned();
        let sizes = move |tx: &mut Tx<'_>| {
            let mut size = |at: &Timestamp| {
                let row = tx.query_one(
                    "SELECT size FROM checkpoint WHERE participant = $1 AND log = $2 AND time <= $3
                     ORDER BY time DESC, size DESC LIMIT 1",
                    &[name.as_str().into(), (*at).into()],
                )?;
                row.map_or(Ok(0), |row| row.size(0))
            };
            instants.iter().map(&mut size).collect()
        };
        self.store().read(self.operator(), sizes).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use corridor_base::FixedClock;

    use super::super::LogParts;
    use super::super::tests::{add, grow, places};
    use super::*;

    #[tokio::test]
    async fn the_size_at_an_instant_is_that_of_the_newest_checkpoint_by_then() {
        for place in places() {
            let store = place.store();
            let clock = Arc::new(FixedClock::at(Timestamp::from_millis(1_000_000)));
            let parts = LogParts { clock: clock.clone(), ..place.parts(&store, "raw") };
            let log = Log::open(parts).await.unwrap();
            for size in [2, 5, 9] {
                add(&log, log.sequenced().await.unwrap().next, size).await;
                grow(&log).await;
                clock.advance(Duration::from_secs(60));
            }
            let check = async |millis: i64, expect: u64| {
                let found = log.sizes_at(vec![Timestamp::from_millis(millis)]).await.unwrap();
                assert_eq!(found, [expect], "at {millis}");
            };
            check(999_999, 0).await;
            check(1_000_000, 2).await;
            check(1_059_999, 2).await;
            check(1_060_000, 5).await;
            check(9_999_999, 9).await;
            let recent: Vec<u64> =
                log.recent(2).await.unwrap().iter().map(|stored| stored.signed.tree().size).collect();
            assert_eq!(recent, [9, 5]);
            let many = vec![Timestamp::from_millis(0); MAX_INSTANTS + 1];
            assert_eq!(log.sizes_at(many).await.unwrap_err().code(), ErrorCode::TooLarge);
        }
    }
}
