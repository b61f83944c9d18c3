//! What the recipient answers once a document is durable (EX-3): a signed statement that names the
//! envelope, which with the envelope proves that it was sent and that it arrived.

use corridor_base::{Did, Digest, EnvelopeId, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use crate::statement::{Statement, refuse};

/// "This document is in our inbox and will survive us."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Which envelope.
    pub envelope: EnvelopeId,
    /// The digest of the envelope's signed text.
    pub statement: Digest,
    /// The digest of the content as it was stored.
    pub sha256: Digest,
    /// Who had sent it.
    pub sender: Did,
    /// Who acknowledges; their key signs.
    pub recipient: Did,
    /// When it was stored, by the recipient's clock.
    pub time: Timestamp,
}

impl Statement for Acknowledgement {
    const KIND: &'static str = "corridor/acknowledgement/v1";
    const MAX: usize = 8 << 10;

    fn check(&self) -> Result<(), Problem> {
        if self.sender == self.recipient {
            return Err(refuse("acknowledgement: recipient", "sender and recipient are the same"));
        }
        Ok(())
    }
}
