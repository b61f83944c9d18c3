//! Split views: two checkpoints, both signed by one log, that cannot both be true. Together they are one
//! file of evidence that anyone can check who knows the log's key, and that the log cannot explain away.
//!
//! Of one size, two roots are enough. Of two sizes it is not enough that somebody has a consistency proof
//! that fails: anybody can make one of those. What convicts is a *prefix proof* that leads to the larger
//! root and names another root for the smaller tree than the log had signed. Whoever holds the larger
//! tree's tiles can make it.
//!
//! ```text
//! corridor/split-view/v1
//! <hash of the prefix proof; none when both are of one size>
//!
//! <the smaller checkpoint, a signed note>
//!
//! <the larger checkpoint, a signed note>
//! ```

use corridor_base::{Digest, ErrorCode, Problem};

use crate::checkpoint::{MAX_CHECKPOINT, SignedCheckpoint};
use crate::cosignature::{Finding, VerifierKey};
use crate::merkle::{self, HashReader, Tree, parse_proof, print_hash};
use crate::policy::Policy;
use crate::statement::refuse;
use crate::verdict::{Check, CheckName, State, outcome};

/// The first line.
const HEADER: &str = "corridor/split-view/v1";
/// The largest evidence read, in bytes.
pub const MAX_EVIDENCE: usize = 2 * MAX_CHECKPOINT + (4 << 10);

/// Two contradicting checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitView {
    proof: Vec<Digest>,
    older: SignedCheckpoint,
    newer: SignedCheckpoint,
}

/// What came of checking evidence of a split view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conviction {
    /// Form, log signature, contradiction. The log is convicted when all passed.
    pub checks: Vec<Check>,
    /// The evidence, when it reads as such.
    pub evidence: Option<SplitView>,
}

impl Conviction {
    /// What the checks come to.
    #[must_use]
    pub fn outcome(&self) -> State {
        outcome(&self.checks)
    }
}

impl SplitView {
    /// Evidence from two checkpoints and, when their sizes differ, a prefix proof from the smaller to
    /// the larger. The signatures are not judged: ask [`verify`].
    ///
    /// # Errors
    /// `malformed` when the two do not contradict each other.
    pub fn new(a: SignedCheckpoint, b: SignedCheckpoint, proof: Vec<Digest>) -> Result<Self, Problem> {
        let (older, newer) = if a.tree().size <= b.tree().size { (a, b) } else { (b, a) };
        let evidence = Self { proof, older, newer };
        if evidence.contradicts() { Ok(evidence) } else { Err(bad("the two do not contradict each other")) }
    }

    /// Looks for a contradiction between two checkpoints of one log, with the nodes of the larger at
    /// hand. `None` when there is none, or the nodes are not those of the larger's root.
    ///
    /// # Errors
    /// What the reader says.
    pub fn find(
        a: &SignedCheckpoint,
        b: &SignedCheckpoint,
        nodes_of_the_larger: &mut dyn HashReader,
    ) -> Result<Option<Self>, Problem> {
        let sizes = (a.tree().size.min(b.tree().size), a.tree().size.max(b.tree().size));
        let proof = if sizes.0 > 0 && sizes.0 < sizes.1 {
            merkle::prove_prefix(sizes.0, sizes.1, nodes_of_the_larger)?
        } else {
            Vec::new()
        };
        Ok(Self::new(a.clone(), b.clone(), proof).ok())
    }

    /// Reads evidence.
    ///
    /// # Errors
    /// `malformed`, `too-large`, `unknown-version`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_EVIDENCE {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "split view")
                .with("limit", format!("{MAX_EVIDENCE} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
        // Neither the text nor the signatures of a checkpoint hold an empty line.
        let parts: Vec<&str> = text.splitn(5, "\n\n").collect();
        let [head, older, older_signatures, newer, newer_signatures] = parts.as_slice() else {
            return Err(bad("a header and two signed checkpoints expected"));
        };
        let mut lines = head.split('\n');
        let header = lines.next().unwrap_or_default();
        if header != HEADER {
            return Err(Problem::new(ErrorCode::UnknownVersion)
                .with("what", "split view")
                .with("expected", HEADER)
                .with("found", header));
        }
        let proof = parse_proof(lines)?;
        let older = SignedCheckpoint::parse(format!("{older}\n\n{older_signatures}\n").as_bytes())?;
        let newer = SignedCheckpoint::parse(format!("{newer}\n\n{newer_signatures}").as_bytes())?;
        Ok(Self { proof, older, newer })
    }

    /// The file; the bytes that were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{HEADER}\n");
        for hash in &self.proof {
            out.push_str(&print_hash(hash));
            out.push('\n');
        }
        out.push('\n');
        [out.as_bytes(), &self.older.to_bytes(), b"\n", &self.newer.to_bytes()].concat()
    }

    /// The smaller checkpoint.
    #[must_use]
    pub fn older(&self) -> &SignedCheckpoint {
        &self.older
    }

    /// The larger checkpoint.
    #[must_use]
    pub fn newer(&self) -> &SignedCheckpoint {
        &self.newer
    }

    /// The same evidence with no other signatures than those of these keys.
    #[must_use]
    pub fn only(&self, keys: &[&VerifierKey]) -> Self {
        Self { proof: self.proof.clone(), older: self.older.only(keys), newer: self.newer.only(keys) }
    }

    /// The log that the two name.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.newer.origin()
    }

    /// Whether the two, taken as said by one log, cannot both be true.
    #[must_use]
    pub fn contradicts(&self) -> bool {
        let (older, newer) = (self.older.tree(), self.newer.tree());
        if self.older.origin() != self.newer.origin() {
            return false;
        }
        if older.size == newer.size || older.size == 0 {
            // The tree without leaves has one root, and needs no second checkpoint to contradict it.
            let wrong =
                if older.size == newer.size { older.root != newer.root } else { older != Tree::empty() };
            return self.proof.is_empty() && wrong;
        }
        let roots = merkle::prefix_roots(older.size, newer.size, &self.proof);
        roots.is_some_and(|(prefix, whole)| whole == newer.root && prefix != older.root)
    }
}

/// Checks evidence: the policy says which key is the log's.
#[must_use]
pub fn verify(bytes: &[u8], policy: &Policy) -> Conviction {
    let evidence = match SplitView::parse(bytes) {
        Ok(evidence) => evidence,
        Err(why) => {
            let why = why.arg("why").unwrap_or(why.code().as_str()).to_owned();
            let checks = vec![Check::new(CheckName::Form, State::Failed, vec![why])];
            return Conviction { checks, evidence: None };
        }
    };
    let signed = |c: &SignedCheckpoint| matches!(policy.log_finding(c), Finding::Valid { .. });
    let log = Check {
        about: vec![evidence.origin().to_owned()],
        ..Check::of(CheckName::LogSignature, signed(&evidence.older) && signed(&evidence.newer))
    };
    let checks = vec![
        Check::of(CheckName::Form, true),
        log,
        Check::of(CheckName::Contradiction, evidence.contradicts()),
    ];
    Conviction { checks, evidence: Some(evidence) }
}

fn bad(why: &str) -> Problem {
    refuse("split view", why)
}
