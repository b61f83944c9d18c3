//! Where and why bytes cannot be read on as EDIFACT.

use std::fmt;

use serde::Serialize;

use crate::edifact::fault::FaultCode;

/// Why bytes cannot be read on as EDIFACT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrokenKind {
    /// The service string advice ends early.
    UnaCut,
    /// The service characters cannot be told apart or are not allowed.
    UnaInvalid,
    /// Two bytes a character (UCS-2, UTF-16): Unicode crosses as UTF-8.
    TwoBytes,
    /// A segment longer than [`Limits::segment`].
    SegmentTooLong,
    /// A segment with more delimiters than [`Limits::delimiters`].
    TooManyParts,
    /// The bytes end inside a segment.
    CutInSegment,
    /// The bytes end inside an object of declared length.
    CutInObject,
    /// The segment does not end where its object of declared length does.
    ObjectRunsOn,
}

/// Reading ended here: nothing after this place is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Why.
    pub kind: BrokenKind,
    /// Bytes before the place.
    pub offset: u64,
    /// The segment, counted from 1, UNA not counted.
    pub segment: u64,
}

impl Broken {
    /// The code CONTRL carries for it.
    #[must_use]
    pub fn code(&self) -> FaultCode {
        match self.kind {
            BrokenKind::UnaCut | BrokenKind::CutInSegment | BrokenKind::CutInObject => FaultCode::MISSING,
            BrokenKind::UnaInvalid => FaultCode::BAD_SERVICE_CHARACTER,
            BrokenKind::TwoBytes => FaultCode::SYNTAX_NOT_SUPPORTED,
            BrokenKind::SegmentTooLong => FaultCode::TOO_LONG,
            BrokenKind::TooManyParts => FaultCode::TOO_MANY_CONSTITUENTS,
            BrokenKind::ObjectRunsOn => FaultCode::COUNT_DIFFERS,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in segment {} at byte {}", self.kind, self.segment, self.offset)
    }
}

impl std::error::Error for Broken {}
