//! Receipts: one small text file that shows, offline and years later, that an act is in a log and who
//! saw it there. The file is a C2SP tlog-proof v1, with the act itself in its `extra` line, so that
//! other tools read it too:
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <the act, base64>
//! index 7
//! <hash of the inclusion proof>
//!
//! example.jp/log
//! 8
//! <root>
//!
//! — example.jp/log <signature>
//! — anchor.example.kr/w1 <cosignature>
//! ```
//!
//! A receipt carries commitments and never what opens them (LG-3): it has room for an act and nothing
//! else, and an act has room for commitments and nothing else.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Digest, ErrorCode, Problem, Timestamp};

use crate::act::Act;
use crate::checkpoint::{MAX_CHECKPOINT, SignedCheckpoint};
use crate::merkle::{leaf_hash, parse_number, parse_proof, print_hash};
use crate::note::SignatureLine;
use crate::policy::{Judgement, Policy};
use crate::statement::refuse;
use crate::verdict::{Check, CheckName, State, outcome};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The largest proof read, in bytes: an entry of 64 KiB in base64, a proof, and a checkpoint.
pub const MAX_PROOF_FILE: usize = MAX_CHECKPOINT + (96 << 10);

/// A proof that something is in a log (C2SP tlog-proof v1). What the leaf is, the file need not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// What helps to make the leaf; nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The leaf's index.
    pub index: u64,
    /// The inclusion proof.
    pub hashes: Vec<Digest>,
    /// The checkpoint it leads to.
    pub checkpoint: SignedCheckpoint,
}

impl LogProof {
    /// Reads a proof. It has one spelling; nothing is judged.
    ///
    /// # Errors
    /// `malformed`, `too-large`, `unknown-version`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_PROOF_FILE {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "log proof")
                .with("limit", format!("{MAX_PROOF_FILE} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or_else(|| bad("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        let header = lines.next().unwrap_or_default();
        if header != HEADER {
            return Err(Problem::new(ErrorCode::UnknownVersion)
                .with("what", "log proof")
                .with("expected", HEADER)
                .with("found", header));
        }
        let extra = lines.next_if(|l| l.starts_with("extra ")).and_then(|l| l.strip_prefix("extra "));
        let extra =
            extra.map(|e| STANDARD.decode(e)).transpose().map_err(|_| bad("the extra line is not base64"))?;
        let index =
            lines.next().and_then(|l| l.strip_prefix("index ")).ok_or_else(|| bad("no index line"))?;
        let (index, hashes) = (parse_number(index)?, parse_proof(lines)?);
        Ok(Self { extra, index, hashes, checkpoint: SignedCheckpoint::parse(checkpoint.as_bytes())? })
    }

    /// The file; the bytes that were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            // Writing to a string does not fail.
            let _ = writeln!(out, "extra {}", STANDARD.encode(extra));
        }
        let _ = writeln!(out, "index {}", self.index);
        for hash in &self.hashes {
            out.push_str(&print_hash(hash));
            out.push('\n');
        }
        out.push('\n');
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.checkpoint.to_bytes());
        out
    }

    /// Whether this leaf is in the checkpoint's tree, at the index.
    #[must_use]
    pub fn includes(&self, leaf: &Digest) -> bool {
        self.checkpoint.tree().includes(self.index, leaf, &self.hashes)
    }
}

fn bad(why: &str) -> Problem {
    refuse("log proof", why)
}

/// A proof about an act that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    proof: LogProof,
    act: Act,
}

/// What came of checking a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Each check, in order: form, act, inclusion, log signature, cosignatures, each country, quorum.
    /// After one without which the next means nothing there are no more.
    pub checks: Vec<Check>,
    /// The receipt, when it reads as one.
    pub receipt: Option<Receipt>,
    /// How its checkpoint stands under the policy.
    pub judgement: Option<Judgement>,
}

impl Verdict {
    /// What the checks come to: a receipt is complete when all passed (LG-2).
    #[must_use]
    pub fn outcome(&self) -> State {
        outcome(&self.checks)
    }

    fn ends(mut self, name: CheckName, why: &Problem) -> Self {
        let why = why.arg("why").unwrap_or(why.code().as_str()).to_owned();
        self.checks.push(Check::new(name, State::Failed, vec![why]));
        self
    }
}

impl Receipt {
    /// The receipt of an act, in its very bytes, under a checkpoint.
    ///
    /// # Errors
    /// `malformed` when the bytes are no act, or the proof does not lead to the checkpoint.
    pub fn new(
        act: &[u8],
        index: u64,
        hashes: Vec<Digest>,
        checkpoint: SignedCheckpoint,
    ) -> Result<Self, Problem> {
        let receipt = Self::from_proof(LogProof { extra: Some(act.to_vec()), index, hashes, checkpoint })?;
        if receipt.proof.includes(&receipt.leaf()) {
            Ok(receipt)
        } else {
            Err(refuse("receipt", "the proof does not lead from the act to the checkpoint"))
        }
    }

    /// Reads a receipt. Nothing is judged: ask [`verify`].
    ///
    /// # Errors
    /// `malformed`, `too-large`, `unknown-version`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        Self::from_proof(LogProof::parse(bytes)?)
    }

    fn from_proof(proof: LogProof) -> Result<Self, Problem> {
        // Lines that nobody audits have no place in what must hold nothing but commitments (LG-3).
        if !proof.checkpoint.checkpoint().extensions.is_empty() {
            return Err(refuse("receipt", "its checkpoint has extension lines"));
        }
        let bytes = proof.extra.as_deref().ok_or_else(|| refuse("receipt", "it carries no act"))?;
        Ok(Self { act: Act::parse(bytes)?, proof })
    }

    /// The act.
    #[must_use]
    pub fn act(&self) -> &Act {
        &self.act
    }

    /// The proof.
    #[must_use]
    pub fn proof(&self) -> &LogProof {
        &self.proof
    }

    /// The hash of the act as a leaf.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        leaf_hash(self.proof.extra.as_deref().unwrap_or_default())
    }

    /// The same receipt with more cosignatures: how a pending one becomes complete.
    ///
    /// # Errors
    /// `malformed` when there are too many.
    pub fn cosigned(mut self, lines: impl IntoIterator<Item = SignatureLine>) -> Result<Self, Problem> {
        self.proof.checkpoint.add(lines)?;
        Ok(self)
    }

    /// The file; the bytes that were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.proof.to_bytes()
    }
}

/// Checks a receipt, offline: the file, the policy, and, to tell times that are ahead, a clock.
#[must_use]
pub fn verify(bytes: &[u8], policy: &Policy, now: Option<Timestamp>) -> Verdict {
    let mut verdict = read(bytes);
    if let Some(receipt) = &verdict.receipt {
        let judgement = policy.judge(&receipt.proof.checkpoint, now);
        verdict.checks.extend(judgement.checks.iter().cloned());
        verdict.judgement = Some(judgement);
    }
    verdict
}

/// Checks of a receipt what needs no policy: its form, its act, and that the act is in the log.
#[must_use]
pub fn read(bytes: &[u8]) -> Verdict {
    let mut verdict = Verdict { checks: Vec::new(), receipt: None, judgement: None };
    let proof = match LogProof::parse(bytes) {
        Ok(proof) => proof,
        Err(why) => return verdict.ends(CheckName::Form, &why),
    };
    verdict.checks.push(Check::of(CheckName::Form, true));
    let receipt = match Receipt::from_proof(proof) {
        Ok(receipt) => receipt,
        Err(why) => return verdict.ends(CheckName::Act, &why),
    };
    // A type that this build does not know is carried and shown as opaque (LG-4).
    let about = format!("{} v{}", receipt.act.kind, receipt.act.version);
    verdict.checks.push(Check::new(CheckName::Act, State::Passed, vec![about]));
    verdict.checks.push(Check::of(CheckName::Inclusion, receipt.proof.includes(&receipt.leaf())));
    Verdict { receipt: Some(receipt), ..verdict }
}
