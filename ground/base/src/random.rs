//! Randomness is passed in, so that a test can make it repeat.

use std::sync::Mutex;

use crate::Digest;

/// Where random bytes come from.
pub trait Random: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, into: &mut [u8]);
}

impl dyn Random + '_ {
    /// So many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

/// The operating system's generator.
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
