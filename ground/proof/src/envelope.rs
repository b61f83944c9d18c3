//! What crosses first: a small signed statement about a document. It is the evidence; the content
//! follows from the offset that the recipient's gate names.

use std::fmt;
use std::str::FromStr;

use corridor_base::{AgreementId, Did, Digest, EnvelopeId, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use crate::erasure::{Handle, MAX_SUBJECTS};
use crate::statement::{Statement, check_text, refuse};

/// What a document is, as agreements name it: lower-case words joined by `-`, `.` or `/`,
/// at most 64 bytes: `edifact`, `contrl`, `fhir.bundle`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Kind(String);

impl Kind {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Kind {
    type Err = Problem;
    fn from_str(text: &str) -> Result<Self, Problem> {
        let valid = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-./".contains(&b));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(refuse("document kind", "lower-case letters, digits, - . / expected"))
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = Problem;
    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The envelope of one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Chosen by the sender; with the sender it makes the delivery idempotent (EX-4).
    pub id: EnvelopeId,
    /// What the document is.
    pub kind: Kind,
    /// Who sends; their key signs.
    pub sender: Did,
    /// For whom.
    pub recipient: Did,
    /// Under which agreement (EX-1).
    pub agreement: AgreementId,
    /// When the sender signed, by the sender's clock.
    pub time: Timestamp,
    /// The content's length in bytes.
    pub size: u64,
    /// The content's SHA-256.
    pub sha256: Digest,
    /// The name the sender gives the document, a file name as a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The envelope this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<EnvelopeId>,
    /// The persons it is about, by what sender and recipient call them between themselves, in ascending
    /// order. Both keep such a document sealed, and erase it when one of the persons is erased (LG-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Handle>,
}

impl Statement for Envelope {
    const KIND: &'static str = "corridor/envelope/v1";
    const MAX: usize = 8 << 10;

    fn check(&self) -> Result<(), Problem> {
        if let Some(name) = &self.name {
            check_text("envelope: name", name, 255)?;
            if name.contains(['/', '\\']) {
                return Err(refuse("envelope: name", "a name, not a path, expected"));
            }
        }
        if self.subjects.len() > MAX_SUBJECTS || !self.subjects.is_sorted_by(|a, b| a < b) {
            return Err(refuse("envelope: subjects", "at most 64, each once, in ascending order, expected"));
        }
        if self.sender == self.recipient {
            return Err(refuse("envelope: recipient", "sender and recipient are the same"));
        }
        Ok(())
    }
}
