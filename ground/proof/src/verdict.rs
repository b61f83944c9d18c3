//! What came of checking a file of evidence: one line a check, by name, so that a person sees which one
//! failed and a program needs no sentence to know.

use std::fmt;

use corridor_base::Country;
use serde::{Serialize, Serializer};

/// What is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckName {
    /// The file reads as what it says it is.
    Form,
    /// The receipt carries an act, in its one spelling.
    Act,
    /// The act is in the log, at its index.
    Inclusion,
    /// The log signed the checkpoint, and the policy knows the log.
    LogSignature,
    /// Every signature of a witness that the policy knows verifies.
    Cosignatures,
    /// A witness of this country cosigned that is not the log's own operator (LG-2).
    Country(Country),
    /// As many cosigned as the policy asks.
    Quorum,
    /// Two checkpoints of one log contradict each other.
    Contradiction,
    /// The later of two checkpoints of one log goes on from the earlier.
    Consistency,
    /// What is shown opens the act, and is what the act is about.
    Opening,
    /// The anchor of the country signed the list.
    AnchorSignature,
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("form"),
            Self::Act => f.write_str("act"),
            Self::Inclusion => f.write_str("inclusion"),
            Self::LogSignature => f.write_str("log-signature"),
            Self::Cosignatures => f.write_str("cosignatures"),
            Self::Country(country) => write!(f, "country-{country}"),
            Self::Quorum => f.write_str("quorum"),
            Self::Contradiction => f.write_str("contradiction"),
            Self::Consistency => f.write_str("consistency"),
            Self::Opening => f.write_str("opening"),
            Self::AnchorSignature => f.write_str("anchor-signature"),
        }
    }
}

impl Serialize for CheckName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It holds.
    Passed,
    /// It does not, and never will.
    Failed,
    /// Something is missing that may still come.
    Pending,
    /// What would decide it cannot be checked here.
    NotChecked,
}

/// One check and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which check.
    pub name: CheckName,
    /// How it ended.
    pub state: State,
    /// Whom or what it is about: witnesses by name; for a file that cannot be read, why.
    pub about: Vec<String>,
}

impl Check {
    /// A check that ended so.
    #[must_use]
    pub fn new(name: CheckName, state: State, about: Vec<String>) -> Self {
        Self { name, state, about }
    }

    /// Passed or failed.
    #[must_use]
    pub fn of(name: CheckName, holds: bool) -> Self {
        Self::new(name, if holds { State::Passed } else { State::Failed }, Vec::new())
    }
}

/// What the checks come to. The worst decides: failed, then pending, then not checked.
#[must_use]
pub fn outcome(checks: &[Check]) -> State {
    let worst = [State::Failed, State::Pending, State::NotChecked];
    worst.into_iter().find(|w| checks.iter().any(|c| c.state == *w)).unwrap_or(State::Passed)
}
