//! What makes a directory unusable, and where.

use std::fmt;

use corridor_base::{ErrorCode, Problem};

/// Why a directory was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The file in the archive and, where there is one, the line.
    place: String,
    why: String,
}

/// Refuses because of something at a place.
pub(crate) fn wrong(place: impl Into<String>, why: impl Into<String>) -> Wrong {
    Wrong { place: place.into(), why: why.into() }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        Self::new(ErrorCode::DirectoryInvalid).with("what", wrong.place).with("why", wrong.why)
    }
}
