//! What trailers say, held against what was counted.

use super::super::charset::Value;
use super::super::fault::{FaultCode, Level};
use super::super::token::{Segment, number};
use super::Judge;

impl Judge {
    pub(super) fn close_interchange(&mut self, s: &Segment<'_>) {
        let level = Level::Interchange;
        let counted = if self.report.groups > 0 { self.report.groups } else { self.loose };
        let reference = self.report.header.as_ref().map(|h| h.reference.clone()).unwrap_or_default();
        self.compare_count(s, level, counted);
        self.compare_trailer(s, level, &reference);
        if counted == 0 {
            self.error(level, FaultCode::EMPTY, self.place(s, 0, 0));
        }
        self.report.complete = true;
        self.ended = true;
    }

    /// The control count of a trailer, its first element.
    pub(super) fn compare_count(&mut self, s: &Segment<'_>, level: Level, counted: u64) {
        let said = s.value(1, 1);
        if said.is_empty() {
            self.error(level, FaultCode::MISSING, self.place(s, 1, 0));
        } else if number(&said).is_none() {
            self.differs(level, FaultCode::INVALID_VALUE, s, (1, 0), "0-9", &said);
        } else if number(&said) != Some(counted) {
            self.differs(level, FaultCode::COUNT_DIFFERS, s, (1, 0), &counted.to_string(), &said);
        }
    }

    /// The reference of a trailer, its second element.
    pub(super) fn compare_trailer(&mut self, s: &Segment<'_>, level: Level, reference: &Value) {
        let said = s.value(2, 1);
        if said.is_empty() {
            self.error(level, FaultCode::MISSING, self.place(s, 2, 0));
        } else if said.as_ref() != reference.bytes() {
            self.differs(level, FaultCode::REFERENCES_DIFFER, s, (2, 0), reference.text(), &said);
        }
    }
}
