//! Checkpoints that a log has signed and whose proof did not hold: by itself that shows nothing, for anybody
//! can make a proof that fails. Witness and mirror remember them until somebody takes a closer look
//! ([`super::Watch`]).

use std::sync::{Mutex, MutexGuard, PoisonError};

use corridor_proof::SignedCheckpoint;

/// How many are kept, of all logs.
const MAX_SUSPECTS: usize = 64;
/// How many are kept of one log, which must not crowd out what others have signed.
const OF_ONE_LOG: usize = 8;

/// What did not follow, since this was last asked.
#[derive(Default)]
pub(crate) struct Suspects(Mutex<Vec<SignedCheckpoint>>);

impl Suspects {
    /// Remembers one. Of many of one log the smallest stay: tiles that reach that far are seen first.
    pub(super) fn add(&self, note: SignedCheckpoint) {
        let mut all = self.all();
        if all.iter().any(|s| s.digest() == note.digest()) {
            return;
        }
        let same = |s: &&mut SignedCheckpoint| s.origin() == note.origin();
        if all.iter_mut().filter(same).count() < OF_ONE_LOG {
            if all.len() < MAX_SUSPECTS {
                all.push(note);
            }
            return;
        }
        let largest = all.iter_mut().filter(same).max_by_key(|s| s.tree().size);
        if let Some(largest) = largest.filter(|s| s.tree().size > note.tree().size) {
            *largest = note;
        }
    }

    /// All of them, once.
    pub(super) fn take(&self) -> Vec<SignedCheckpoint> {
        std::mem::take(&mut *self.all())
    }

    fn all(&self) -> MutexGuard<'_, Vec<SignedCheckpoint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::FakeLog;
    use super::*;

    #[test]
    fn a_log_keeps_its_smallest_and_crowds_nobody_out() {
        let check = |sizes: &[u64], expect: &[u64]| {
            let (suspects, log) = (Suspects::default(), FakeLog::new("a.example/log", 40));
            sizes.iter().for_each(|size| suspects.add(log.checkpoint(*size)));
            let mut found: Vec<u64> = suspects.take().iter().map(|s| s.tree().size).collect();
            found.sort_unstable();
            assert_eq!(found, expect);
            assert!(suspects.take().is_empty());
        };
        check(&[5, 3, 5, 3], &[3, 5]);
        check(&[9, 8, 7, 6, 5, 4, 3, 2, 1, 10, 30], &[1, 2, 3, 4, 5, 6, 7, 8]);
        let (all, quiet) = (Suspects::default(), FakeLog::new("quiet.example/log", 9));
        for i in 0..7 {
            let loud = FakeLog::new(&format!("{i}.example/log"), 40);
            (10..40).for_each(|size| all.add(loud.checkpoint(size)));
        }
        all.add(quiet.checkpoint(9));
        assert!(all.take().contains(&quiet.checkpoint(9)));
        for i in 0..20 {
            let loud = FakeLog::new(&format!("{i}.example/log"), 40);
            (10..40).for_each(|size| all.add(loud.checkpoint(size)));
        }
        assert_eq!(all.take().len(), MAX_SUSPECTS);
    }
}
