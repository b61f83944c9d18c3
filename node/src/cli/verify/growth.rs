//! Two checkpoints of one log: whether the later goes on from the earlier.

use std::path::Path;

use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_proof::SignedCheckpoint;
use corridor_proof::evidence::judge_growth;
use corridor_proof::verdict::Check;
use serde::Deserialize;

use crate::cli::Context;

/// The largest file read: a proof has at most two hashes for each bit of a size.
const LARGEST: usize = 16 << 10;

/// What `corridor log prove` answers.
#[derive(Deserialize)]
struct Proof {
    hashes: Vec<Digest>,
}

pub(super) fn read(path: &Path) -> Result<Vec<Digest>> {
    let bytes = super::read(path, "consistency proof", LARGEST)?;
    let named =
        || Problem::new(ErrorCode::Malformed).with("what", format!("consistency proof {}", path.display()));
    serde_json::from_slice::<Proof>(&bytes).map(|proof| proof.hashes).map_err(|e| named().with("why", e))
}

/// The two that the files hold.
pub(super) fn judge(checkpoints: &[SignedCheckpoint], proof: &[Digest]) -> Result<Check> {
    let [one, other] = checkpoints else {
        let why = format!("two checkpoints expected, {} found in the files", checkpoints.len());
        return Err(Problem::new(ErrorCode::Malformed).with("what", "consistency").with("why", why));
    };
    Ok(judge_growth(one, other, proof))
}

pub(super) fn show(context: &Context, check: &Check) {
    if context.terminal.is_json() {
        return;
    }
    super::table(context, std::slice::from_ref(check));
    context.terminal.line("");
}
