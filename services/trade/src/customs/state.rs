//! How a case stands and what a decision does to it. Pure.

use std::str::FromStr;

use corridor_base::{ErrorCode, Problem, Result};
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$one:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$one])* $variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in tables, JSON and messages.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl FromStr for $name {
            type Err = Problem;

            fn from_str(word: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|found| found.as_str() == word).ok_or_else(|| {
                    let all: Vec<&str> = Self::ALL.iter().map(|found| found.as_str()).collect();
                    Problem::new(ErrorCode::Malformed)
                        .with("what", format!("{} ({})", $what, all.join(", ")))
                        .with("why", word)
                })
            }
        }
    };
}

words! {
    /// How a case stands.
    State, "state" {
        /// Nobody has decided.
        Waiting = "waiting",
        /// Kept back until something is cleared up.
        Held = "held",
        /// The goods, or the papers, are to be examined.
        Inspection = "inspection",
        /// The goods may go.
        Released = "released",
        /// Refused: it has to be declared anew, or corrected.
        Rejected = "rejected",
        /// A later message took its place before it was released.
        Replaced = "replaced",
        /// Its sender cancelled it before it was released.
        Cancelled = "cancelled",
    }
}

words! {
    /// What an office decides.
    Decision, "decision" {
        /// The goods may go.
        Release = "release",
        /// Kept back.
        Hold = "hold",
        /// To be examined.
        Inspect = "inspect",
        /// Refused.
        Reject = "reject",
    }
}

words! {
    /// Where the risk rules send a case: the gravest of what was hit.
    Lane, "lane" {
        /// No rule was hit.
        Clear = "clear",
        /// Something to look at.
        Note = "note",
        /// To be kept back.
        Hold = "hold",
        /// To be examined.
        Inspect = "inspect",
    }
}

impl State {
    /// Whether nothing further is decided.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Released | Self::Rejected | Self::Replaced | Self::Cancelled)
    }

    /// How the case stands after a decision; nothing when it cannot be decided so. What is released or refused
    /// stays so: the way back is a new message.
    #[must_use]
    pub const fn after(self, decision: Decision) -> Option<Self> {
        match (self, decision) {
            (Self::Released | Self::Rejected | Self::Replaced | Self::Cancelled, _)
            | (Self::Held, Decision::Hold)
            | (Self::Inspection, Decision::Inspect) => None,
            (_, Decision::Release) => Some(Self::Released),
            (_, Decision::Hold) => Some(Self::Held),
            (_, Decision::Inspect) => Some(Self::Inspection),
            (_, Decision::Reject) => Some(Self::Rejected),
        }
    }

    /// What may be decided.
    pub fn possible(self) -> impl Iterator<Item = Decision> {
        Decision::ALL.iter().copied().filter(move |decision| self.after(*decision).is_some())
    }
}

impl Decision {
    /// How it is told in CUSRES: the processing indicator (7365 of the UNTDID).
    #[must_use]
    pub const fn indicator(self) -> &'static str {
        match self {
            // Goods released; goods detained; goods required for examination; content rejected, with comment.
            Self::Release => "4",
            Self::Hold => "7",
            Self::Inspect => "5",
            Self::Reject => "2",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_come_back() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse::<State>().unwrap(), *state);
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        for decision in Decision::ALL {
            assert_eq!(decision.as_str().parse::<Decision>().unwrap(), *decision);
        }
        assert!("nonsense".parse::<State>().is_err());
    }

    #[test]
    fn what_may_be_decided_follows_from_how_it_stands() {
        let check = |state: State, expect: &[&str]| {
            let found: Vec<&str> = state.possible().map(Decision::as_str).collect();
            assert_eq!(found, expect, "{state:?}");
        };
        check(State::Waiting, &["release", "hold", "inspect", "reject"]);
        check(State::Held, &["release", "inspect", "reject"]);
        check(State::Inspection, &["release", "hold", "reject"]);
        for over in [State::Released, State::Rejected, State::Replaced, State::Cancelled] {
            check(over, &[]);
        }
    }

    fn decision() -> impl Strategy<Value = Decision> {
        proptest::sample::select(Decision::ALL)
    }

    proptest! {
        /// Whatever is decided in whatever order: what is final stays, release comes only by a release, and
        /// every step that is taken is one that was offered.
        #[test]
        fn no_order_of_decisions_leads_round_the_rules(all in proptest::collection::vec(decision(), 0..40)) {
            let mut state = State::Waiting;
            let mut taken = Vec::new();
            for decision in all {
                let offered = state.possible().any(|d| d == decision);
                match state.after(decision) {
                    Some(next) => {
                        prop_assert!(offered && !state.is_final() && next != state);
                        prop_assert_eq!(next == State::Released, decision == Decision::Release);
                        taken.push(decision);
                        state = next;
                    }
                    None => prop_assert!(!offered),
                }
            }
            let last = |d: Decision| taken.iter().filter(|t| **t == d).count();
            prop_assert!(last(Decision::Release) + last(Decision::Reject) <= 1);
            prop_assert_eq!(state.is_final(), last(Decision::Release) + last(Decision::Reject) == 1);
        }
    }
}
