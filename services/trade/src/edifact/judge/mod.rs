//! The rules of the envelope, segment by segment: what opens, what closes, and what was counted in
//! between. Apart from `envelope` because it is a state machine and that is what it finds.

mod header;
mod refused;
mod said;
mod trailers;
mod units;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::charset::{Charset, Value};
use super::envelope::{Check, Fault, GroupHeader, MessageHeader, Options, Position, Report, Visit};
use super::fault::{FaultCode, Level, Place, Severity};
use super::token::{Broken, BrokenKind, Segment, Token};

#[derive(Debug)]
struct OpenGroup {
    header: GroupHeader,
    messages: u64,
    refused: u64,
    /// It has an error of its own, which refuses all in it.
    broken: bool,
    listed: bool,
}

#[derive(Debug)]
struct OpenMessage {
    header: MessageHeader,
    segments: u64,
    refused: bool,
}

#[derive(Debug)]
struct OpenPackage {
    index: u64,
    reference: Value,
    length: Option<u64>,
    refused: bool,
}

#[derive(Debug)]
pub(super) struct Judge {
    options: Options,
    pub(super) report: Report,
    charset: Charset,
    group: Option<OpenGroup>,
    message: Option<OpenMessage>,
    package: Option<OpenPackage>,
    /// Messages and packages outside groups.
    loose: u64,
    ended: bool,
    /// Nothing more is looked at.
    pub(super) stopped: bool,
    /// A run of segments outside messages was reported.
    stray: bool,
    check: Option<Box<dyn Check>>,
    /// Whether the message that is open is checked.
    checking: bool,
    faults: Vec<Fault>,
    references: HashSet<[u8; 16]>,
    warned: BTreeMap<FaultCode, BTreeSet<String>>,
    kept: usize,
}

impl Judge {
    pub(super) fn new(options: Options, check: Option<Box<dyn Check>>) -> Self {
        Self {
            options,
            report: Report { references_compared: true, ..Report::default() },
            charset: Charset::Unknown,
            group: None,
            message: None,
            package: None,
            loose: 0,
            ended: false,
            stopped: false,
            stray: false,
            check,
            checking: false,
            faults: Vec::new(),
            references: HashSet::new(),
            warned: BTreeMap::new(),
            kept: 0,
        }
    }

    pub(super) fn token(&mut self, token: &Token<'_>, visit: &mut dyn Visit) {
        if self.stopped {
            return;
        }
        match token {
            Token::Segment(segment) => self.segment(segment, visit),
            Token::Object { bytes, offset } => visit.object(bytes, *offset),
        }
    }

    fn segment(&mut self, s: &Segment<'_>, visit: &mut dyn Visit) {
        self.report.segments += 1;
        let tag = s.tag();
        let tag = tag.as_ref();
        if self.report.header.is_none() {
            return self.first(s, tag, visit);
        }
        if self.ended {
            // Once is enough: whatever follows the trailer belongs to no interchange.
            self.error(Level::Interchange, FaultCode::OUTSIDE_MESSAGE, self.place(s, 0, 0));
            self.stopped = true;
            return;
        }
        self.open(s, tag);
        if self.stopped {
            return;
        }
        self.characters(s);
        if self.checking {
            self.check(s, tag);
        }
        self.show(s, visit);
        self.close(s, tag);
    }

    /// Whether a segment keeps to the directory of its message.
    fn check(&mut self, s: &Segment<'_>, tag: &[u8]) {
        let (Some(check), Some(message)) = (&mut self.check, &self.message) else { return };
        if tag == b"UNH" {
            return;
        }
        let level = Level::Message(message.header.index);
        check.segment(s, &mut self.faults);
        if !self.faults.is_empty() {
            self.found(s, tag, level);
        }
    }

    /// Faults of a segment of a message.
    #[cold]
    fn found(&mut self, s: &Segment<'_>, tag: &[u8], level: Level) {
        let mut faults = std::mem::take(&mut self.faults);
        for fault in faults.drain(..) {
            // What was told before is only counted.
            if fault.severity == Severity::Warning && self.was_warned(fault.code, tag) {
                self.report.warnings += 1;
                continue;
            }
            let mut place = self.place(s, fault.element, fault.component);
            place.group = fault.group;
            if let Some(missing) = fault.missing {
                // Counted is the last segment before the gap (ISO 9735-4, 0096).
                place.tag = missing;
                place.in_message = place.in_message.saturating_sub(1);
                place.segment = place.segment.saturating_sub(1);
            }
            self.add(fault.severity, level, fault.code, place, fault.expected, fault.found);
        }
        self.faults = faults;
    }

    fn show(&self, s: &Segment<'_>, visit: &mut dyn Visit) {
        let Some(header) = &self.report.header else { return };
        visit.segment(
            &Position {
                header,
                group: self.group.as_ref().map(|g| &g.header),
                message: self.message.as_ref().map(|m| &m.header),
                in_message: self.message.as_ref().map_or(0, |m| m.segments),
            },
            s,
        );
    }

    /// Before a segment is shown: what it opens is open, what it leaves unclosed is reported.
    #[inline]
    fn open(&mut self, s: &Segment<'_>, tag: &[u8]) {
        // Service segments begin with U; most segments are none.
        if tag.first() == Some(&b'U') || self.package.is_some() {
            self.service(s, tag);
        } else {
            self.inner(s, tag);
        }
    }

    fn service(&mut self, s: &Segment<'_>, tag: &[u8]) {
        if self.message.is_some() && matches!(tag, b"UNH" | b"UNG" | b"UNE" | b"UNO" | b"UNZ" | b"UNB") {
            self.missing_end_of_message(s);
        }
        if self.package.is_some() && tag != b"UNP" {
            self.missing_end_of_package(s);
        }
        if self.group.is_some() && matches!(tag, b"UNG" | b"UNZ" | b"UNB") {
            self.missing_end_of_group(s);
        }
        match tag {
            b"UNH" => self.open_message(s),
            b"UNG" => self.open_group(s),
            b"UNO" => self.open_package(s),
            b"UNB" => {
                self.error(Level::Interchange, FaultCode::MISSING, self.place_of(s, "UNZ"));
                self.error(Level::Interchange, FaultCode::NOT_HERE, self.place(s, 0, 0));
                self.ended = true;
                self.stopped = true;
            }
            b"UNT" | b"UNE" | b"UNP" | b"UNZ" => {
                if let Some(m) = &mut self.message {
                    m.segments += 1;
                }
            }
            _ => self.inner(s, tag),
        }
    }

    /// A segment that is no part of the envelope.
    fn inner(&mut self, s: &Segment<'_>, tag: &[u8]) {
        let Some(m) = &mut self.message else {
            // Security segments stand outside messages too (ISO 9735-5); they are carried, not judged.
            let security = matches!(tag, [b'U', b'S', b'A'..=b'Z']) && tag != b"UNS";
            if !self.stray && !security {
                self.stray = true;
                self.error(self.outer(), FaultCode::OUTSIDE_MESSAGE, self.place(s, 0, 0));
            }
            return;
        };
        m.segments += 1;
        let level = Level::Message(m.header.index);
        if tag.is_empty() {
            self.error(level, FaultCode::MISSING, self.place(s, 0, 0));
        } else if !matches!(tag, [b'A'..=b'Z', b'A'..=b'Z' | b'0'..=b'9', b'A'..=b'Z' | b'0'..=b'9']) {
            let found = s.charset().text(tag.get(..32).unwrap_or(tag));
            self.add(
                Severity::Error,
                level,
                FaultCode::INVALID_VALUE,
                self.place(s, 0, 0),
                None,
                Some(found),
            );
        } else if tag == b"BIN" && self.charset == Charset::EucKr && s.elements() > 1 {
            // Its length is no number, so that it was read like any other segment: who knows where it ends.
            self.differs(level, FaultCode::INVALID_VALUE, s, (1, 1), "0-9", &s.value(1, 1));
        }
    }

    /// After a segment was shown: what it closes is compared with what was counted.
    fn close(&mut self, s: &Segment<'_>, tag: &[u8]) {
        match tag {
            b"UNT" => self.close_message(s),
            b"UNE" => self.close_group(s),
            b"UNP" => self.close_package(s),
            b"UNZ" => self.close_interchange(s),
            _ => {}
        }
    }

    /// The bytes cannot be read on.
    pub(super) fn broken(&mut self, broken: Broken) {
        // However the bytes came: nothing after the end is looked at.
        if self.stopped {
            return;
        }
        let mut place = Place { offset: broken.offset, segment: broken.segment, ..Place::default() };
        place.in_message = self.message.as_ref().map_or(0, |m| m.segments + 1);
        if matches!(broken.kind, BrokenKind::UnaCut | BrokenKind::UnaInvalid) {
            place.tag = "UNA".to_owned();
        }
        let code = if self.ended { FaultCode::OUTSIDE_MESSAGE } else { broken.code() };
        self.error(Level::Interchange, code, place);
        self.stopped = true;
    }

    pub(super) fn finish(mut self) -> Report {
        let place = |tag: &str, report: &Report| Place {
            offset: report.bytes,
            segment: report.segments,
            tag: tag.to_owned(),
            ..Place::default()
        };
        if self.report.header.is_none() && self.report.errors == 0 {
            self.error(Level::Interchange, FaultCode::MISSING, place("UNB", &self.report));
        } else if self.report.header.is_some() && !self.ended {
            if let Some(m) = &self.message {
                self.error(Level::Message(m.header.index), FaultCode::MISSING, place("UNT", &self.report));
            }
            if let Some(p) = &self.package {
                self.error(Level::Package(p.index), FaultCode::MISSING, place("UNP", &self.report));
            }
            if let Some(g) = &self.group {
                self.error(Level::Group(g.header.index), FaultCode::MISSING, place("UNE", &self.report));
            }
            self.error(Level::Interchange, FaultCode::MISSING, place("UNZ", &self.report));
            self.message_ends();
            self.group_ends();
        }
        self.report
    }

    /// What surrounds a segment that stands in no message.
    fn outer(&self) -> Level {
        self.group.as_ref().map_or(Level::Interchange, |g| Level::Group(g.header.index))
    }
}
