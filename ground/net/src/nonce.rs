//! Which signed requests were already used: a bounded memory of nonces, so that a recorded request
//! is refused when it is repeated.
//!
//! The memory is of one process. A repetition sent to another replica, or after a restart, passes
//! here and does no harm: every delivery is idempotent (EX-4), and its answer is the stored one.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use corridor_base::digest::Hasher;
use corridor_base::{ErrorCode, KeyId, Problem, Result, Timestamp};

use crate::signature::Verified;

/// How many slices the window of accepted times is cut into: what is forgotten is forgotten a
/// whole slice at a time.
const SLICES: i64 = 8;

/// The nonces of every request that could still be accepted.
///
/// They are kept in slices by the time the request says it was made (`created`, which the signature
/// covers, so that a repetition falls into the same slice); a slice is dropped once its times lie
/// outside the accepted skew. Sixteen bytes of SHA-256 over key and nonce stand for each.
pub struct NonceCache {
    skew: i64,
    slice: i64,
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    slices: BTreeMap<i64, HashSet<u128>>,
    /// Slices below this one were forgotten and are never accepted again, whatever the clock does.
    floor: i64,
    held: usize,
}

impl NonceCache {
    /// Remembers up to `capacity` requests made within `max_skew` of now. At 17 to 34 bytes each,
    /// 300,000 take about 8 MB and serve 2,000 requests a second at a skew of 60 seconds.
    #[must_use]
    pub fn new(capacity: usize, max_skew: Duration) -> Self {
        let skew = i64::try_from(max_skew.as_millis()).unwrap_or(i64::MAX / 4).clamp(1, i64::MAX / 4);
        let slice = (2 * skew / SLICES).max(1);
        Self { skew, slice, capacity, state: Mutex::default() }
    }

    /// Uses up the nonce of a request whose signature holds.
    ///
    /// # Errors
    /// `replayed` when it was used before, `overloaded` when no more can be remembered, `clock-skew`
    /// when the request's time is out of the window (as after this node's clock was set back).
    pub fn take(&self, request: &Verified, now: Timestamp) -> Result<()> {
        self.take_parts(request.key_id(), request.nonce(), request.created(), now)
    }

    /// The same, by its parts.
    ///
    /// # Errors
    /// As [`NonceCache::take`].
    pub fn take_parts(&self, key: &KeyId, nonce: &str, created: Timestamp, now: Timestamp) -> Result<()> {
        let mark = mark(key, nonce);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget(now.millis().saturating_sub(self.skew).div_euclid(self.slice));
        let slice = created.millis().div_euclid(self.slice);
        if slice < state.floor || created.since(now).as_millis() > self.skew.unsigned_abs().into() {
            return Err(self.out_of_window(created, now));
        }
        if state.slices.get(&slice).is_some_and(|seen| seen.contains(&mark)) {
            return Err(Problem::new(ErrorCode::Replayed).with("who", key.did()).with("id", nonce));
        }
        // To forget one would let it pass twice: refuse instead.
        if state.held >= self.capacity {
            return Err(Problem::new(ErrorCode::Overloaded));
        }
        state.slices.entry(slice).or_default().insert(mark);
        state.held += 1;
        Ok(())
    }

    /// How many nonces are held now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).held
    }

    fn out_of_window(&self, created: Timestamp, now: Timestamp) -> Problem {
        let skew = created.since(now).max(now.since(created));
        Problem::new(ErrorCode::ClockSkew)
            .with("skew", skew.as_secs())
            .with("limit", self.skew / 1000)
            .with("at", created)
    }
}

impl State {
    fn forget(&mut self, below: i64) {
        if below <= self.floor {
            return;
        }
        self.floor = below;
        while let Some(first) = self.slices.first_entry() {
            if *first.key() >= below {
                break;
            }
            self.held -= first.remove().len();
        }
    }
}

fn mark(key: &KeyId, nonce: &str) -> u128 {
    let mut hasher = Hasher::new();
    hasher.update(key.as_str().as_bytes());
    // No key id holds a newline, so that two pairs never run together.
    hasher.update(b"\n");
    hasher.update(nonce.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(hasher.finish().0.first_chunk::<16>().unwrap_or(&[0; 16]));
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const SKEW: Duration = Duration::from_secs(60);

    fn key(n: u8) -> KeyId {
        format!("did:web:example.jp#k{n}").parse().unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn check(
        cache: &NonceCache,
        who: u8,
        nonce: &str,
        created: i64,
        now: i64,
        expect: Result<(), ErrorCode>,
    ) {
        let found = cache.take_parts(&key(who), nonce, at(created), at(now)).map_err(|p| p.code());
        assert_eq!(found, expect, "{who} {nonce} {created} {now}");
    }

    #[test]
    fn a_nonce_is_taken_once_by_each_key() {
        let cache = NonceCache::new(10, SKEW);
        check(&cache, 1, "a", 1000, 1000, Ok(()));
        check(&cache, 1, "a", 1000, 1000, Err(ErrorCode::Replayed));
        check(&cache, 1, "a", 1000, 1060, Err(ErrorCode::Replayed));
        check(&cache, 2, "a", 1000, 1000, Ok(()));
        check(&cache, 1, "b", 1000, 1000, Ok(()));
    }

    #[test]
    fn a_full_memory_refuses_and_empties_with_time() {
        let cache = NonceCache::new(2, SKEW);
        check(&cache, 1, "a", 1000, 1000, Ok(()));
        check(&cache, 1, "b", 1060, 1000, Ok(()));
        check(&cache, 1, "c", 1000, 1000, Err(ErrorCode::Overloaded));
        // `a` cannot come back any more, and is forgotten; `b` still could.
        check(&cache, 1, "c", 1080, 1080, Ok(()));
        check(&cache, 1, "b", 1060, 1080, Err(ErrorCode::Replayed));
        assert_eq!(cache.held(), 2);
    }

    #[test]
    fn a_clock_set_back_does_not_bring_a_used_request_back() {
        let cache = NonceCache::new(10, SKEW);
        check(&cache, 1, "a", 1000, 1000, Ok(()));
        check(&cache, 1, "z", 2000, 2000, Ok(()));
        check(&cache, 1, "a", 1000, 1000, Err(ErrorCode::ClockSkew));
    }

    proptest! {
        /// Whatever clock and requests do, nothing passes twice and the bound holds.
        #[test]
        fn nothing_passes_twice(steps in prop::collection::vec((0u8..3, 0u8..6, 0i64..400, 0i64..400), 0..300), capacity in 1usize..40) {
            let cache = NonceCache::new(capacity, SKEW);
            let mut passed = BTreeSet::new();
            for (who, nonce, created, now) in steps {
                if cache.take_parts(&key(who), &nonce.to_string(), at(created), at(now)).is_ok() {
                    prop_assert!(passed.insert((who, nonce, created)), "{who} {nonce} {created}");
                }
                prop_assert!(cache.held() <= capacity);
            }
        }
    }
}
