//! Groups, messages and packages: what begins them, what ends them, and what stands between.

use super::super::charset::Value;
use super::super::envelope::{GroupHeader, MessageHeader, Party};
use super::super::fault::{FaultCode, Level, Severity};
use super::super::token::{Segment, number};
use super::said::{may, must};
use super::{Judge, OpenGroup, OpenMessage, OpenPackage};

/// The most message references compared with each other for duplicates (16 bytes each).
const REFERENCES: usize = 400_000;

impl Judge {
    pub(super) fn open_group(&mut self, s: &Segment<'_>) {
        self.stray = false;
        self.report.groups += 1;
        let index = self.report.groups;
        let level = Level::Group(index);
        if self.loose > 0 && index == 1 {
            self.error(Level::Interchange, FaultCode::MIXED, self.place(s, 0, 0));
        }
        let group = GroupHeader {
            index,
            kind: self.value(s, 1, 1),
            sender: self.any_party(s, 2),
            recipient: self.any_party(s, 3),
            reference: self.value(s, 5, 1),
        };
        self.group = Some(OpenGroup { header: group, messages: 0, refused: 0, broken: false, listed: false });
        let version = self.report.header.as_ref().map_or(0, |h| h.version);
        self.field(s, level, must(5, 1, 14));
        if version < 4 {
            // Mandatory until syntax 4 made them conditional.
            self.field(s, level, must(1, 1, 6));
            self.field(s, level, must(2, 1, 35));
            self.field(s, level, must(3, 1, 35));
        }
    }

    pub(super) fn any_party(&self, s: &Segment<'_>, element: u32) -> Party {
        Party {
            id: self.value(s, element, 1),
            qualifier: self.value(s, element, 2),
            internal: Value::default(),
            internal_sub: Value::default(),
        }
    }

    pub(super) fn close_group(&mut self, s: &Segment<'_>) {
        let Some(g) = &self.group else {
            self.error(Level::Interchange, FaultCode::MISSING, self.place_of(s, "UNG"));
            return;
        };
        let (level, messages, reference) =
            (Level::Group(g.header.index), g.messages, g.header.reference.clone());
        self.compare_count(s, level, messages);
        self.compare_trailer(s, level, &reference);
        if messages == 0 {
            self.error(level, FaultCode::EMPTY, self.place(s, 0, 0));
        }
        self.group_ends();
    }

    pub(super) fn group_ends(&mut self) {
        self.stray = false;
        if let Some(group) = self.group.take().filter(|g| g.broken) {
            self.report.refused += group.messages.saturating_sub(group.refused);
        }
    }

    pub(super) fn missing_end_of_group(&mut self, s: &Segment<'_>) {
        if let Some(g) = &self.group {
            self.error(Level::Group(g.header.index), FaultCode::MISSING, self.place_of(s, "UNE"));
        }
        self.group_ends();
    }

    pub(super) fn open_message(&mut self, s: &Segment<'_>) {
        self.stray = false;
        self.report.messages += 1;
        let index = self.report.messages;
        let level = Level::Message(index);
        self.unit_starts(s);
        let header = MessageHeader {
            index,
            group: self.group.as_ref().map_or(0, |g| g.header.index),
            reference: self.value(s, 1, 1),
            kind: self.value(s, 2, 1),
            version: self.value(s, 2, 2),
            release: self.value(s, 2, 3),
            agency: self.value(s, 2, 4),
            association: self.value(s, 2, 5),
            offset: s.offset,
            segment: s.number,
            segments: 0,
        };
        if header.kind.bytes() == b"CONTRL" {
            self.report.holds_contrl = true;
        }
        self.count_kind(header.kind.text());
        self.checking = match (&mut self.check, &self.report.header) {
            (Some(check), Some(interchange)) => check.begin(interchange, &header),
            _ => false,
        };
        self.report.checked += u64::from(self.checking);
        self.message = Some(OpenMessage { header, segments: 1, refused: false });
        let reference = self.field(s, level, must(1, 1, 14));
        for field in [must(2, 1, 6), must(2, 2, 3), must(2, 3, 3), must(2, 4, 3), may(2, 5, 6)] {
            self.field(s, level, field);
        }
        self.compare_reference(s, level, &reference);
        self.compare_kind(s, level);
    }

    /// One more message or package where it stands.
    pub(super) fn unit_starts(&mut self, s: &Segment<'_>) {
        if let Some(group) = &mut self.group {
            group.messages += 1;
            return;
        }
        self.loose += 1;
        if self.report.groups > 0 && self.loose == 1 {
            self.error(Level::Interchange, FaultCode::MIXED, self.place(s, 0, 0));
        }
    }

    pub(super) fn count_kind(&mut self, kind: &str) {
        if self.report.kinds.len() < 64 || self.report.kinds.contains_key(kind) {
            *self.report.kinds.entry(kind.to_owned()).or_default() += 1;
        }
    }

    /// A reference used twice leaves open which message an answer speaks of.
    pub(super) fn compare_reference(&mut self, s: &Segment<'_>, level: Level, reference: &Value) {
        let bytes = reference.bytes();
        if bytes.is_empty() || bytes.len() > 15 {
            return;
        }
        if self.references.len() >= REFERENCES {
            self.report.references_compared = false;
            return;
        }
        let mut key = [0; 16];
        key[0] = u8::try_from(bytes.len()).unwrap_or(0);
        for (to, from) in key[1..].iter_mut().zip(bytes) {
            *to = *from;
        }
        if !self.references.insert(key) {
            let found = Some(reference.text().to_owned());
            self.add(Severity::Error, level, FaultCode::DUPLICATE, self.place(s, 1, 0), None, found);
        }
    }

    /// Before syntax 4 a group holds messages of one kind (ISO 9735:1988, 0038).
    pub(super) fn compare_kind(&mut self, s: &Segment<'_>, level: Level) {
        let version = self.report.header.as_ref().map_or(0, |h| h.version);
        let Some(group) = &self.group else { return };
        let kind = self.value(s, 2, 1);
        if version < 4 && !group.header.kind.is_empty() && group.header.kind != kind {
            let expected = group.header.kind.text().to_owned();
            self.differs(level, FaultCode::TYPES_MIXED, s, (2, 1), &expected, kind.bytes());
        }
    }

    pub(super) fn close_message(&mut self, s: &Segment<'_>) {
        let Some(m) = &self.message else {
            self.error(self.outer(), FaultCode::MISSING, self.place_of(s, "UNH"));
            return;
        };
        let (level, segments, reference) =
            (Level::Message(m.header.index), m.segments, m.header.reference.clone());
        self.compare_count(s, level, segments);
        self.compare_trailer(s, level, &reference);
        if segments == 2 {
            self.error(level, FaultCode::EMPTY, self.place(s, 0, 0));
        }
        self.message_ends();
    }

    pub(super) fn message_ends(&mut self) {
        self.checking = false;
        if let Some(mut m) = self.message.take() {
            m.header.segments = m.segments;
            for kept in &mut self.report.refused_messages {
                if kept.index == m.header.index {
                    kept.segments = m.segments;
                }
            }
            if self.report.listed.len() < self.options.listed {
                self.report.listed.push(m.header);
            }
        }
    }

    pub(super) fn missing_end_of_message(&mut self, s: &Segment<'_>) {
        if let Some(m) = &self.message {
            let level = Level::Message(m.header.index);
            let mut place = self.place_of(s, "UNT");
            place.in_message = m.segments + 1;
            self.error(level, FaultCode::MISSING, place);
        }
        self.message_ends();
    }

    pub(super) fn open_package(&mut self, s: &Segment<'_>) {
        self.stray = false;
        self.report.packages += 1;
        let level = Level::Package(self.report.packages);
        self.unit_starts(s);
        let length = number(&s.value(4, 1));
        let reference = self.value(s, 1, 1);
        self.package = Some(OpenPackage { index: self.report.packages, reference, length, refused: false });
        self.field(s, level, must(1, 1, 35));
        if length.is_none() {
            self.differs(level, FaultCode::INVALID_VALUE, s, (4, 1), "0-9", &s.value(4, 1));
        }
    }

    pub(super) fn close_package(&mut self, s: &Segment<'_>) {
        let Some(p) = &self.package else {
            self.error(self.outer(), FaultCode::MISSING, self.place_of(s, "UNO"));
            return;
        };
        let (level, length, reference) = (Level::Package(p.index), p.length, p.reference.clone());
        if let Some(length) = length {
            self.compare_count(s, level, length);
        }
        self.compare_trailer(s, level, &reference);
        self.package = None;
    }

    pub(super) fn missing_end_of_package(&mut self, s: &Segment<'_>) {
        if let Some(p) = &self.package {
            self.error(Level::Package(p.index), FaultCode::MISSING, self.place_of(s, "UNP"));
        }
        self.package = None;
    }
}
