//! A log in memory, for loads that are made before the clock runs: its trees, proofs and signed
//! checkpoints.

use corridor_base::{Digest, OsRandom, Problem};
use corridor_proof::merkle::{Frontier, HashReader, leaf_hash, prove_consistency, prove_inclusion};
use corridor_proof::{Checkpoint, SecretKey, SignedCheckpoint, VerifierKey};

use crate::{Result, told};

/// A log in memory.
pub struct History {
    key: SecretKey,
    frontier: Frontier,
    /// The hashes of each level, as far as they are whole.
    levels: Levels,
}

struct Levels(Vec<Vec<Digest>>);

impl HashReader for Levels {
    fn node(&mut self, level: u32, index: u64) -> std::result::Result<Digest, Problem> {
        let level = usize::try_from(level).ok().and_then(|level| self.0.get(level));
        let node = level.zip(usize::try_from(index).ok()).and_then(|(nodes, index)| nodes.get(index));
        node.copied().ok_or_else(|| Problem::new(corridor_base::ErrorCode::Internal))
    }
}

impl History {
    /// A log without entries, with a key of its own.
    ///
    /// # Errors
    /// When the origin is none.
    pub fn new(origin: &str) -> Result<Self> {
        let key = SecretKey::generate(origin, &OsRandom).map_err(told(origin))?;
        Ok(Self { key, frontier: Frontier::new(), levels: Levels(Vec::new()) })
    }

    /// The key that its checkpoints are checked with.
    #[must_use]
    pub fn key(&self) -> VerifierKey {
        use corridor_proof::Signer as _;
        VerifierKey::note(self.key.name(), self.key.public().clone())
    }

    /// How many entries it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// None that comes up.
    pub fn append(&mut self, entry: &[u8]) -> Result {
        let levels = &mut self.levels.0;
        let mut keep = |level: u32, _, hash| {
            let level = level as usize;
            levels.resize_with(levels.len().max(level + 1), Vec::new);
            if let Some(nodes) = levels.get_mut(level) {
                nodes.push(hash);
            }
        };
        self.frontier.append(leaf_hash(entry), &mut keep).map(drop).map_err(told("append"))
    }

    /// The signed checkpoint over all entries.
    ///
    /// # Errors
    /// When the key does not work.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint> {
        use corridor_proof::Signer as _;
        let checkpoint = Checkpoint::new(self.key.name(), self.frontier.tree());
        let checkpoint = checkpoint.map_err(told("checkpoint"))?;
        SignedCheckpoint::sign(checkpoint, &self.key).map_err(told("checkpoint"))
    }

    /// Proves that the log as it is began with its first `older` entries.
    ///
    /// # Errors
    /// When it never had so many.
    pub fn consistency(&mut self, older: u64) -> Result<Vec<Digest>> {
        if older == 0 {
            return Ok(Vec::new());
        }
        prove_consistency(older, self.frontier.size(), &mut self.levels).map_err(told("proof"))
    }

    /// Proves that an entry is in the log as it is.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn inclusion(&mut self, index: u64) -> Result<Vec<Digest>> {
        prove_inclusion(index, self.frontier.size(), &mut self.levels).map_err(told("proof"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn a_history_proves_what_it_says() {
        let mut history = History::new("bench.example/log").unwrap();
        let mut older = Vec::new();
        for number in 0..40u64 {
            history.append(&number.to_be_bytes()).unwrap();
            let tree = history.checkpoint().unwrap().tree();
            for (size, before) in &older {
                let proof = history.consistency(*size).unwrap();
                assert!(tree.extends(before, &proof), "{size} to {}", tree.size);
            }
            let proof = history.inclusion(number / 2).unwrap();
            assert!(tree.includes(number / 2, &leaf_hash(&(number / 2).to_be_bytes()), &proof));
            older.push((tree.size, tree));
        }
    }
}
