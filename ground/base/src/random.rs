//! Randomness is passed in, so that a test can make it repeat.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::Digest;

/// Where random bytes come from.
pub trait Random: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, into: &mut [u8]);

    /// Where an identifier stands among those of its millisecond, of which `drawn` is what chance would have: 12
    /// bits. What counts in order keeps what follows from something behind it, wherever identifiers give the order: in
    /// the outbox, in the log of a node on PostgreSQL, in lists.
    fn place(&self, _millis: u64, drawn: u16) -> u16 {
        drawn
    }
}

impl dyn Random + '_ {
    /// So many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

/// The operating system's generator. Places follow one another within the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, into: &mut [u8]) {
        // A machine without entropy can sign nothing and name nothing: stop rather than go on
        // with guessable keys. This is not reached from input.
        if getrandom::fill(into).is_err() {
            std::process::abort();
        }
    }

    fn place(&self, millis: u64, drawn: u16) -> u16 {
        static PLACES: Places = Places(AtomicU64::new(0));
        PLACES.next(millis, drawn)
    }
}

/// The last place that was given: its millisecond, and in the low 12 bits its number (RFC 9562, section 6.2, method 1).
struct Places(AtomicU64);

impl Places {
    const LAST: u64 = 0xfff;

    /// The next one: in a new millisecond from a random place in the lower half, so that at least 2,048
    /// follow in order. Those beyond share the last place, and stand as their other bits have it.
    fn next(&self, millis: u64, drawn: u16) -> u16 {
        let after = |last: u64| match last >> 12 == millis {
            true => (last + 1).min(millis << 12 | Self::LAST),
            false => millis << 12 | u64::from(drawn & 0x7ff),
        };
        let last = self.0.fetch_update(Relaxed, Relaxed, |last| Some(after(last)));
        (after(last.unwrap_or_else(|last| last)) & Self::LAST) as u16
    }
}

/// A generator that repeats itself from a seed: for tests and simulations, never for keys.
#[derive(Debug)]
pub struct SeededRandom(Mutex<(Digest, u64)>);

impl SeededRandom {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new((Digest::of(&seed.to_be_bytes()), 0)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, into: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in into.chunks_mut(32) {
            state.1 += 1;
            let block = Digest::of(&[state.0.0.as_slice(), &state.1.to_be_bytes()].concat());
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_millisecond_follow_one_another() {
        let places = Places(AtomicU64::new(0));
        let check = |millis: u64, drawn: u16, expect: u16| {
            assert_eq!(places.next(millis, drawn), expect, "{millis} {drawn}");
        };
        check(7, 0xffff, 0x7ff);
        check(7, 0, 0x800);
        check(8, 0xf005, 5);
        check(8, 9, 6);
        check(7, 9, 9); // A clock that goes back.
        (10..=0xfff).for_each(|place| check(7, 0, place));
        check(7, 0, 0xfff);
        check(u64::MAX >> 16, 1, 1);
    }
}
