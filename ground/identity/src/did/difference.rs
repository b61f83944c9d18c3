//! How a DID document differs from what the trust list pins: keys come from the list alone, and a difference is
//! refused and reported (ID-1).

use std::fmt;

use corridor_base::{Did, KeyId, Timestamp};
use corridor_proof::{ListedLedger, ListedParticipant, PublicKey, VerifierKey};
use serde::{Deserialize, Serialize};

use super::DidDocument;

/// One way in which a DID document differs from what the trust list pins. `Display` is English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant, reason = "there are a handful at most, and only when something is wrong")]
pub enum Difference {
    /// It is somebody else's document.
    Did {
        /// Who was asked for.
        listed: Did,
        /// Who answered.
        found: Did,
    },
    /// A key of this name is pinned, and the document shows another.
    KeyOther {
        /// Its name.
        key: KeyId,
        /// As the list pins it.
        listed: PublicKey,
        /// As the document shows it.
        found: PublicKey,
    },
    /// A key that the list holds valid now is not in the document.
    KeyMissing {
        /// Its name.
        key: KeyId,
    },
    /// The document signs with a key that the list does not pin.
    KeyUnlisted {
        /// Its name.
        key: KeyId,
    },
    /// The document signs with a key whose time is over in the list: the participant has not taken
    /// up its newest list yet.
    KeyEnded {
        /// Its name.
        key: KeyId,
        /// Until when it was valid.
        until: Timestamp,
    },
    /// The gate is elsewhere; the list's is used.
    Endpoint {
        /// As the list has it.
        listed: String,
        /// As the document has it.
        found: Option<String>,
    },
    /// The log or the witness of its node signs with another key than the list pins.
    LedgerOther {
        /// The log, then the witness, as the list pins them.
        listed: [VerifierKey; 2],
        /// The same, as the document shows them; `None` when it shows none.
        found: Option<[VerifierKey; 2]>,
    },
    /// Log, witness or mirror are elsewhere; the list's address is used.
    LedgerMoved {
        /// The log's origin.
        origin: String,
    },
}

impl Difference {
    /// Whether this is a mismatch of identity or keys, for which the document is refused and
    /// reported (ID-1). The others are worth a look and change nothing: the list's word is used.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        match self {
            Self::Did { .. }
            | Self::KeyOther { .. }
            | Self::KeyMissing { .. }
            | Self::KeyUnlisted { .. }
            | Self::LedgerOther { .. } => true,
            Self::KeyEnded { .. } | Self::Endpoint { .. } | Self::LedgerMoved { .. } => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Did { listed, found } => write!(f, "the document of {listed} calls itself {found}"),
            Self::KeyOther { key, listed, found } => {
                write!(f, "{key} is {listed} in the trust list and {found} in the document")
            }
            Self::KeyMissing { key } => write!(f, "{key} is valid in the trust list and not in the document"),
            Self::KeyUnlisted { key } => write!(f, "{key} is used in the document and not in the trust list"),
            Self::KeyEnded { key, until } => {
                write!(f, "{key} is used in the document and ended on {until} in the trust list")
            }
            Self::Endpoint { listed, found: Some(found) } => {
                write!(f, "the endpoint is {listed} in the trust list and {found} in the document")
            }
            Self::Endpoint { listed, found: None } => {
                write!(f, "the endpoint is {listed} in the trust list and the document names none")
            }
            Self::LedgerOther { listed: [log, witness], found: Some([other, more]) } => write!(
                f,
                "log and witness are {log} and {witness} in the trust list, {other} and {more} in the document"
            ),
            Self::LedgerOther { listed: [log, _], found: None } => {
                write!(f, "the log is {log} in the trust list and the document names none")
            }
            Self::LedgerMoved { origin } => {
                write!(
                    f,
                    "the log {origin} or its witness is elsewhere in the document than in the trust list"
                )
            }
        }
    }
}

/// In what a document differs, at this instant, from what the list pins. Empty when it agrees.
#[must_use]
pub fn differs(document: &DidDocument, listed: &ListedParticipant, now: Timestamp) -> Vec<Difference> {
    let mut out = Vec::new();
    if document.did != listed.did {
        out.push(Difference::Did { listed: listed.did.clone(), found: document.did.clone() });
        return out;
    }
    for pinned in &listed.keys {
        match document.keys.iter().find(|k| k.id == pinned.id) {
            Some(found) if found.key != pinned.key => out.push(Difference::KeyOther {
                key: pinned.id.clone(),
                listed: pinned.key.clone(),
                found: found.key.clone(),
            }),
            Some(_) => {}
            None if pinned.covers(now) => out.push(Difference::KeyMissing { key: pinned.id.clone() }),
            None => {}
        }
    }
    for used in document.in_use() {
        match listed.keys.iter().find(|k| k.id == used.id) {
            None => out.push(Difference::KeyUnlisted { key: used.id.clone() }),
            Some(pinned) => {
                if let Some(until) = pinned.until.filter(|until| *until <= now) {
                    out.push(Difference::KeyEnded { key: used.id.clone(), until });
                }
            }
        }
    }
    if document.endpoint.as_ref() != Some(&listed.endpoint) {
        out.push(Difference::Endpoint { listed: listed.endpoint.clone(), found: document.endpoint.clone() });
    }
    out.extend(ledger_differs(document.ledger.as_ref(), listed.ledger.as_ref()));
    out
}

/// A ledger that the document announces and the list does not pin yet is no difference, as with keys.
fn ledger_differs(found: Option<&ListedLedger>, listed: Option<&ListedLedger>) -> Option<Difference> {
    let keys = |ledger: &ListedLedger| [ledger.log.clone(), ledger.witness.clone()];
    let listed = listed?;
    match found {
        Some(found) if found == listed => None,
        Some(found) if keys(found) == keys(listed) => {
            Some(Difference::LedgerMoved { origin: listed.origin().to_owned() })
        }
        found => Some(Difference::LedgerOther { listed: keys(listed), found: found.map(keys) }),
    }
}
