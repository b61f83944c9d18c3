//! Any file of evidence, judged: which kind it is its first bytes say, and what came of checking it is
//! one list of checks by name, whatever the kind. What `corridor verify` and the console show.

use corridor_base::{Digest, Problem, Timestamp};
use serde::Serialize;

use crate::checkpoint::{MAX_CHECKPOINT, SignedCheckpoint};
use crate::cose;
use crate::listed::{self, MAX_LISTED};
use crate::policy::{Judgement, Policy};
use crate::receipt::{self, MAX_PROOF_FILE, Receipt};
use crate::split_view::{self, MAX_EVIDENCE};
use crate::verdict::{Check, CheckName, State, outcome};

/// The largest file of evidence, in bytes.
pub const MAX_FILE: usize = {
    let most = if MAX_EVIDENCE > MAX_PROOF_FILE { MAX_EVIDENCE } else { MAX_PROOF_FILE };
    if MAX_LISTED > most { MAX_LISTED } else { most }
};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A receipt (C2SP tlog-proof).
    Receipt,
    /// A receipt as COSE has it (RFC 9942).
    CoseReceipt,
    /// Evidence of a split view.
    SplitView,
    /// A signed checkpoint (C2SP tlog-checkpoint).
    Checkpoint,
    /// That a node went by a trust list.
    TrustList,
}

/// What came of checking a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What it is; `None` when it is none of the kinds.
    pub kind: Option<FileKind>,
    /// Each check, in order.
    pub checks: Vec<Check>,
    /// The receipt, when the file is one.
    pub receipt: Option<Receipt>,
    /// The checkpoint, when the file holds one.
    pub checkpoint: Option<SignedCheckpoint>,
    /// How its checkpoint stands under the policy.
    pub judgement: Option<Judgement>,
}

impl Judged {
    /// What the checks come to.
    #[must_use]
    pub fn outcome(&self) -> State {
        outcome(&self.checks)
    }

    pub(crate) fn of(kind: FileKind, checks: Vec<Check>) -> Self {
        Self { kind: Some(kind), checks, receipt: None, checkpoint: None, judgement: None }
    }
}

/// Judges a file, offline. Without a policy nobody's signature can be judged: who may sign is what a
/// policy says. `entry` is the act that a COSE receipt is about, which it does not carry; `now` tells
/// times that are ahead.
#[must_use]
pub fn judge(bytes: &[u8], policy: Option<&Policy>, entry: Option<&[u8]>, now: Option<Timestamp>) -> Judged {
    match kind_of(bytes) {
        Some(FileKind::Receipt) => judge_receipt(bytes, policy, now),
        Some(FileKind::SplitView) => judge_split_view(bytes, policy),
        Some(FileKind::CoseReceipt) => {
            Judged::of(FileKind::CoseReceipt, cose::judge(bytes, policy, entry, now))
        }
        Some(FileKind::Checkpoint) => judge_checkpoint(bytes, policy, now),
        Some(FileKind::TrustList) => listed::judge(bytes, policy, &[], now),
        None => {
            let form = Check::new(CheckName::Form, State::Failed, vec!["no file of evidence".to_owned()]);
            Judged { kind: None, ..Judged::of(FileKind::Receipt, vec![form]) }
        }
    }
}

/// What a file says it is.
#[must_use]
pub fn kind_of(bytes: &[u8]) -> Option<FileKind> {
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    if first.starts_with(b"c2sp.org/tlog-proof@") {
        Some(FileKind::Receipt)
    } else if first.starts_with(b"corridor/split-view/") {
        Some(FileKind::SplitView)
    } else if cose::is_tagged(bytes) {
        Some(FileKind::CoseReceipt)
    } else if listed::is_listed(bytes) {
        Some(FileKind::TrustList)
    } else {
        // A checkpoint begins with its origin, which may be anything: what is a note is tried as one.
        let note =
            bytes.len() <= MAX_CHECKPOINT && std::str::from_utf8(bytes).is_ok_and(|t| t.contains("\n\n"));
        note.then_some(FileKind::Checkpoint)
    }
}

/// Whether one of two checkpoints, in any order, goes on from the other, by this proof (RFC 9162, 2.1.4.2). Who
/// signed them is judged with the files they came in.
#[must_use]
pub fn judge_growth(one: &SignedCheckpoint, other: &SignedCheckpoint, proof: &[Digest]) -> Check {
    let (older, newer) = if one.tree().size <= other.tree().size { (one, other) } else { (other, one) };
    let grown = older.origin() == newer.origin() && newer.tree().follows(&older.tree(), proof);
    let about =
        [older, newer].map(|checkpoint| format!("{} {}", checkpoint.origin(), checkpoint.tree().size));
    Check { about: about.to_vec(), ..Check::of(CheckName::Consistency, grown) }
}

pub(crate) fn judge_receipt(bytes: &[u8], policy: Option<&Policy>, now: Option<Timestamp>) -> Judged {
    let verdict = match policy {
        Some(policy) => receipt::verify(bytes, policy, now),
        None => receipt::read(bytes),
    };
    let mut checks = verdict.checks;
    if verdict.receipt.is_some() && policy.is_none() {
        checks.extend(unjudged(&[CheckName::LogSignature, CheckName::Cosignatures, CheckName::Quorum]));
    }
    let checkpoint = verdict.receipt.as_ref().map(|r| r.proof().checkpoint.clone());
    let judged = Judged::of(FileKind::Receipt, checks);
    Judged { receipt: verdict.receipt, checkpoint, judgement: verdict.judgement, ..judged }
}

fn judge_split_view(bytes: &[u8], policy: Option<&Policy>) -> Judged {
    // The policy that knows nobody: what does not hang on it is judged, the rest said to be left out.
    let nobody = Policy::parse(b"quorum none\n");
    let conviction = match (policy, &nobody) {
        (Some(policy), _) | (None, Ok(policy)) => split_view::verify(bytes, policy),
        (None, Err(why)) => return Judged::of(FileKind::SplitView, vec![unreadable(why)]),
    };
    let mut checks = conviction.checks;
    if policy.is_none() {
        let signature = checks.iter_mut().filter(|c| c.name == CheckName::LogSignature);
        signature.for_each(|c| c.state = State::NotChecked);
    }
    let checkpoint = conviction.evidence.as_ref().map(|e| e.newer().clone());
    Judged { checkpoint, ..Judged::of(FileKind::SplitView, checks) }
}

fn judge_checkpoint(bytes: &[u8], policy: Option<&Policy>, now: Option<Timestamp>) -> Judged {
    let checkpoint = match SignedCheckpoint::parse(bytes) {
        Ok(checkpoint) => checkpoint,
        Err(why) => return Judged::of(FileKind::Checkpoint, vec![unreadable(&why)]),
    };
    let mut checks = vec![Check::of(CheckName::Form, true)];
    let judgement = policy.map(|p| p.judge(&checkpoint, now));
    match &judgement {
        Some(judgement) => checks.extend(judgement.checks.iter().cloned()),
        None => {
            checks.extend(unjudged(&[CheckName::LogSignature, CheckName::Cosignatures, CheckName::Quorum]))
        }
    }
    Judged { checkpoint: Some(checkpoint), judgement, ..Judged::of(FileKind::Checkpoint, checks) }
}

/// What cannot be judged because nobody said whose signatures count.
fn unjudged(names: &[CheckName]) -> Vec<Check> {
    let without = || vec!["no policy".to_owned()];
    names.iter().map(|name| Check::new(name.clone(), State::NotChecked, without())).collect()
}

pub(crate) fn unreadable(why: &Problem) -> Check {
    let why = why.arg("why").unwrap_or(why.code().as_str()).to_owned();
    Check::new(CheckName::Form, State::Failed, vec![why])
}
