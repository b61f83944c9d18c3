//! The rules of the envelope, segment by segment: what opens, what closes, and what was counted in
//! between. Apart from `envelope` because it is a state machine and that is what it finds.

use std::collections::{BTreeSet, HashSet};

use super::charset::{BadCharacter, Charset, Value};
use super::envelope::{
    Acknowledgement, Check, Fault, GroupHeader, Header, MessageHeader, Options, Party, Position, Report,
    Visit,
};
use super::fault::{FaultCode, Finding, Level, Place, Severity};
use super::token::{Broken, BrokenKind, Segment, Token, number};

/// The most message references compared with each other for duplicates (16 bytes each).
const REFERENCES: usize = 400_000;

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
    warned: BTreeSet<(FaultCode, String)>,
    kept: usize,
}

/// A field of a service segment: where it is, and how long it may be.
#[derive(Clone, Copy)]
struct Field {
    element: u32,
    component: u32,
    longest: usize,
    mandatory: bool,
}

const fn must(element: u32, component: u32, longest: usize) -> Field {
    Field { element, component, longest, mandatory: true }
}

const fn may(element: u32, component: u32, longest: usize) -> Field {
    Field { element, component, longest, mandatory: false }
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
            warned: BTreeSet::new(),
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
        let mut faults = std::mem::take(&mut self.faults);
        check.segment(s, &mut faults);
        for fault in faults.drain(..) {
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

    fn first(&mut self, s: &Segment<'_>, tag: &[u8], visit: &mut dyn Visit) {
        if tag != b"UNB" {
            let mut place = self.place(s, 0, 0);
            place.tag = "UNB".to_owned();
            let found = s.charset().text(tag.get(..32).unwrap_or(tag));
            self.add(
                Severity::Error,
                Level::Interchange,
                FaultCode::MISSING,
                place,
                Some("UNB".into()),
                Some(found),
            );
            self.stopped = true;
            return;
        }
        self.interchange_header(s);
        self.characters(s);
        self.show(s, visit);
    }

    fn interchange_header(&mut self, s: &Segment<'_>) {
        let level = Level::Interchange;
        self.charset = s.charset();
        let syntax = self.field(s, level, must(1, 1, 4));
        let version = match s.value(1, 2).as_ref() {
            [digit @ b'1'..=b'4'] => digit - b'0',
            _ => {
                self.differs(level, FaultCode::SYNTAX_NOT_SUPPORTED, s, (1, 2), "1-4", &s.value(1, 2));
                0
            }
        };
        if self.charset == Charset::Unknown {
            self.warn(
                level,
                FaultCode::SYNTAX_NOT_SUPPORTED,
                self.place(s, 1, 1),
                Some(syntax.text().to_owned()),
            );
        }
        let inside = if version >= 4 { 35 } else { 14 };
        let sender = self.party(s, level, 2, inside);
        let recipient = self.party(s, level, 3, inside);
        let (date, time) = self.date_and_time(s, version);
        let reference = self.field(s, level, must(5, 1, 14));
        let test = !matches!(s.value(11, 1).as_ref(), b"" | b"0");
        let header = Header {
            syntax,
            version,
            delimiters: *s.delimiters(),
            charset: self.charset,
            sender,
            recipient,
            date,
            time,
            reference,
            application: self.field(s, level, may(7, 1, 14)),
            acknowledgement: match s.value(9, 1).as_ref() {
                b"1" => Acknowledgement::Asked,
                b"2" => Acknowledgement::ReceiptOnly,
                _ => Acknowledgement::NotAsked,
            },
            agreement: self.field(s, level, may(10, 1, 35)),
            test,
        };
        if test && !self.options.accept_test {
            self.error(level, FaultCode::TEST_NOT_SUPPORTED, self.place(s, 11, 0));
        }
        if s.elements() > 11 {
            self.error(level, FaultCode::TOO_MANY_CONSTITUENTS, self.place(s, 0, 0));
        }
        self.report.header = Some(header);
    }

    fn party(&mut self, s: &Segment<'_>, level: Level, element: u32, inside: usize) -> Party {
        Party {
            id: self.field(s, level, must(element, 1, 35)),
            qualifier: self.field(s, level, may(element, 2, 4)),
            internal: self.field(s, level, may(element, 3, inside)),
            internal_sub: self.field(s, level, may(element, 4, 35)),
        }
    }

    /// S004: yymmdd before syntax 4, yyyymmdd from it. Many write the other form; that is a warning.
    fn date_and_time(&mut self, s: &Segment<'_>, version: u8) -> (Value, Value) {
        let level = Level::Interchange;
        let (date, time) = (self.field(s, level, must(4, 1, 8)), self.field(s, level, must(4, 2, 4)));
        let form = if version >= 4 { "yyyymmdd" } else { "yymmdd" };
        if !date.is_empty() && !real_date(date.bytes()) {
            self.differs(level, FaultCode::INVALID_VALUE, s, (4, 1), form, date.bytes());
        } else if !date.is_empty() && date.bytes().len() != form.len() {
            self.warn(level, FaultCode::INVALID_VALUE, self.place(s, 4, 1), Some(date.text().to_owned()));
        }
        if !time.is_empty() && !real_time(time.bytes()) {
            self.differs(level, FaultCode::INVALID_VALUE, s, (4, 2), "hhmm", time.bytes());
        }
        (date, time)
    }

    /// Before a segment is shown: what it opens is open, what it leaves unclosed is reported.
    fn open(&mut self, s: &Segment<'_>, tag: &[u8]) {
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

    fn open_group(&mut self, s: &Segment<'_>) {
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

    fn any_party(&self, s: &Segment<'_>, element: u32) -> Party {
        Party {
            id: self.value(s, element, 1),
            qualifier: self.value(s, element, 2),
            internal: Value::default(),
            internal_sub: Value::default(),
        }
    }

    fn open_message(&mut self, s: &Segment<'_>) {
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
    fn unit_starts(&mut self, s: &Segment<'_>) {
        if let Some(group) = &mut self.group {
            group.messages += 1;
            return;
        }
        self.loose += 1;
        if self.report.groups > 0 && self.loose == 1 {
            self.error(Level::Interchange, FaultCode::MIXED, self.place(s, 0, 0));
        }
    }

    fn count_kind(&mut self, kind: &str) {
        if self.report.kinds.len() < 64 || self.report.kinds.contains_key(kind) {
            *self.report.kinds.entry(kind.to_owned()).or_default() += 1;
        }
    }

    /// A reference used twice leaves open which message an answer speaks of.
    fn compare_reference(&mut self, s: &Segment<'_>, level: Level, reference: &Value) {
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
    fn compare_kind(&mut self, s: &Segment<'_>, level: Level) {
        let version = self.report.header.as_ref().map_or(0, |h| h.version);
        let Some(group) = &self.group else { return };
        let kind = self.value(s, 2, 1);
        if version < 4 && !group.header.kind.is_empty() && group.header.kind != kind {
            let expected = group.header.kind.text().to_owned();
            self.differs(level, FaultCode::TYPES_MIXED, s, (2, 1), &expected, kind.bytes());
        }
    }

    fn open_package(&mut self, s: &Segment<'_>) {
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

    fn close_message(&mut self, s: &Segment<'_>) {
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

    fn message_ends(&mut self) {
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

    fn close_package(&mut self, s: &Segment<'_>) {
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

    fn close_group(&mut self, s: &Segment<'_>) {
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

    fn group_ends(&mut self) {
        self.stray = false;
        if let Some(group) = self.group.take().filter(|g| g.broken) {
            self.report.refused += group.messages.saturating_sub(group.refused);
        }
    }

    fn close_interchange(&mut self, s: &Segment<'_>) {
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
    fn compare_count(&mut self, s: &Segment<'_>, level: Level, counted: u64) {
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
    fn compare_trailer(&mut self, s: &Segment<'_>, level: Level, reference: &Value) {
        let said = s.value(2, 1);
        if said.is_empty() {
            self.error(level, FaultCode::MISSING, self.place(s, 2, 0));
        } else if said.as_ref() != reference.bytes() {
            self.differs(level, FaultCode::REFERENCES_DIFFER, s, (2, 0), reference.text(), &said);
        }
    }

    fn missing_end_of_message(&mut self, s: &Segment<'_>) {
        if let Some(m) = &self.message {
            let level = Level::Message(m.header.index);
            let mut place = self.place_of(s, "UNT");
            place.in_message = m.segments + 1;
            self.error(level, FaultCode::MISSING, place);
        }
        self.message_ends();
    }

    fn missing_end_of_package(&mut self, s: &Segment<'_>) {
        if let Some(p) = &self.package {
            self.error(Level::Package(p.index), FaultCode::MISSING, self.place_of(s, "UNP"));
        }
        self.package = None;
    }

    fn missing_end_of_group(&mut self, s: &Segment<'_>) {
        if let Some(g) = &self.group {
            self.error(Level::Group(g.header.index), FaultCode::MISSING, self.place_of(s, "UNE"));
        }
        self.group_ends();
    }

    /// Characters that may not stand where they stand: control characters refuse, others by option.
    fn characters(&mut self, s: &Segment<'_>) {
        if self.charset.check(s.raw()).is_none() {
            return;
        }
        let level = match (&self.message, &self.package) {
            (Some(m), _) => Level::Message(m.header.index),
            (_, Some(p)) => Level::Package(p.index),
            _ => self.outer(),
        };
        // A delimiter may be what the check met: ask part by part.
        for part in s.parts() {
            let Some((at, bad)) = self.charset.check(part.raw) else { continue };
            let mut place = self.place(s, part.element, part.component);
            place.offset = part.offset + at as u64;
            let found = part.raw.get(at).map(|b| format!("0x{b:02X}"));
            if bad == BadCharacter::Control || self.options.strict_characters {
                self.add(Severity::Error, level, FaultCode::INVALID_CHARACTER, place, None, found);
                return;
            }
            self.warn(level, FaultCode::INVALID_CHARACTER, place, found);
            // A control character may still follow in another part.
        }
    }

    /// The bytes cannot be read on.
    pub(super) fn broken(&mut self, broken: Broken) {
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

    fn value(&self, s: &Segment<'_>, element: u32, component: u32) -> Value {
        Value::new(&s.value(element, component), self.charset)
    }

    /// Reads a field of a service segment and reports it missing or too long.
    fn field(&mut self, s: &Segment<'_>, level: Level, field: Field) -> Value {
        let raw = s.value(field.element, field.component);
        let value = Value::new(&raw, self.charset);
        let place = || self.place(s, field.element, field.component);
        if raw.is_empty() && field.mandatory {
            let place = place();
            self.error(level, FaultCode::MISSING, place);
        } else if raw.len() > field.longest
            && (raw.len() > Value::LONGEST || value.text().chars().count() > field.longest)
        {
            let place = place();
            self.error(level, FaultCode::TOO_LONG, place);
        }
        value
    }

    fn place(&self, s: &Segment<'_>, element: u32, component: u32) -> Place {
        let tag = s.tag();
        let tag = s.charset().text(tag.get(..8).unwrap_or(&tag));
        let offset = s.part(element, component.max(1)).map_or(s.offset, |p| p.offset);
        let in_message = self.message.as_ref().map_or(0, |m| m.segments);
        Place { offset, segment: s.number, in_message, tag, element, component, ..Place::default() }
    }

    /// The place of a segment that is missing before `s`.
    fn place_of(&self, s: &Segment<'_>, tag: &str) -> Place {
        Place { offset: s.offset, segment: s.number, tag: tag.to_owned(), ..Place::default() }
    }

    fn error(&mut self, level: Level, code: FaultCode, place: Place) {
        self.add(Severity::Error, level, code, place, None, None);
    }

    fn warn(&mut self, level: Level, code: FaultCode, place: Place, found: Option<String>) {
        self.add(Severity::Warning, level, code, place, None, found);
    }

    fn differs(
        &mut self,
        level: Level,
        code: FaultCode,
        s: &Segment<'_>,
        at: (u32, u32),
        expected: &str,
        found: &[u8],
    ) {
        let found = Value::new(found.get(..64).unwrap_or(found), self.charset).text().to_owned();
        let place = self.place(s, at.0, at.1);
        self.add(Severity::Error, level, code, place, Some(expected.to_owned()), Some(found));
    }

    fn add(
        &mut self,
        severity: Severity,
        level: Level,
        code: FaultCode,
        place: Place,
        expected: Option<String>,
        found: Option<String>,
    ) {
        let finding = Finding { code, severity, level, place, expected, found };
        if severity == Severity::Warning {
            self.report.warnings += 1;
            // The same thing in every segment is said once.
            let first = self.warned.len() < self.options.findings
                && self.warned.insert((code, finding.place.tag.clone()));
            if first {
                self.report.findings.push(finding);
            }
            return;
        }
        self.report.errors += 1;
        // Errors of the interchange decide its fate and are few: they are always kept.
        if self.kept < self.options.findings || level == Level::Interchange {
            self.kept += 1;
            self.report.findings.push(finding);
        }
        self.mark_refused(level);
    }

    /// Remembers what a CONTRL has to name.
    fn mark_refused(&mut self, level: Level) {
        let mut lists = RefusedLists { report: &mut self.report, longest: self.options.listed };
        match level {
            Level::Interchange => {}
            Level::Group(_) => {
                if let Some(group) = &mut self.group {
                    group.broken = true;
                    lists.group(group);
                }
            }
            Level::Message(_) => {
                if let Some(m) = self.message.as_mut().filter(|m| !m.refused) {
                    m.refused = true;
                    lists.message(&m.header);
                    lists.unit(self.group.as_mut());
                }
            }
            Level::Package(_) => {
                if let Some(p) = self.package.as_mut().filter(|p| !p.refused) {
                    p.refused = true;
                    // CONTRL names packages by a reference that syntax 3 has no place for; refusing
                    // them is refusing the interchange or group around them.
                    lists.report.refused_left_out = true;
                    lists.unit(self.group.as_mut());
                }
            }
        }
    }
}

struct RefusedLists<'a> {
    report: &'a mut Report,
    longest: usize,
}

impl RefusedLists<'_> {
    fn message(&mut self, header: &MessageHeader) {
        if self.report.refused_messages.len() < self.longest {
            self.report.refused_messages.push(header.clone());
        } else {
            self.report.refused_left_out = true;
        }
    }

    /// A message or package is refused; its group will be named around it.
    fn unit(&mut self, group: Option<&mut OpenGroup>) {
        self.report.refused += 1;
        if let Some(group) = group {
            group.refused += 1;
            self.group(group);
        }
    }

    fn group(&mut self, group: &mut OpenGroup) {
        if group.listed {
            return;
        }
        group.listed = true;
        if self.report.refused_groups.len() < self.longest {
            self.report.refused_groups.push(group.header.clone());
        } else {
            self.report.refused_left_out = true;
        }
    }
}

/// yymmdd or yyyymmdd naming a day that exists.
fn real_date(date: &[u8]) -> bool {
    if !matches!(date.len(), 6 | 8) {
        return false;
    }
    let Some(all) = number(date) else { return false };
    let (year, month, day) = (all / 10_000, all / 100 % 100, all % 100);
    let leap = year % 4 == 0 && (date.len() == 6 || year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// hhmm naming a minute that exists.
fn real_time(time: &[u8]) -> bool {
    time.len() == 4 && number(time).is_some_and(|t| t / 100 < 24 && t % 100 < 60)
}
