//! Where a finding is, and how it gets into the report; fields and characters that are looked at for it.

use std::collections::BTreeSet;

use super::super::charset::{BadCharacter, Value};
use super::super::fault::{FaultCode, Finding, Level, Place, Severity};
use super::super::token::Segment;
use super::Judge;

/// A field of a service segment: where it is, and how long it may be.
#[derive(Clone, Copy)]
pub(super) struct Field {
    element: u32,
    component: u32,
    longest: usize,
    mandatory: bool,
}

pub(super) const fn must(element: u32, component: u32, longest: usize) -> Field {
    Field { element, component, longest, mandatory: true }
}

pub(super) const fn may(element: u32, component: u32, longest: usize) -> Field {
    Field { element, component, longest, mandatory: false }
}

impl Judge {
    /// Characters that may not stand where they stand: control characters refuse, others by option.
    pub(super) fn characters(&mut self, s: &Segment<'_>) {
        if s.is_usual() || self.charset.check(s.raw()).is_none() {
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

    pub(super) fn value(&self, s: &Segment<'_>, element: u32, component: u32) -> Value {
        Value::new(&s.value(element, component), self.charset)
    }

    /// Reads a field of a service segment and reports it missing or too long.
    pub(super) fn field(&mut self, s: &Segment<'_>, level: Level, field: Field) -> Value {
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

    pub(super) fn place(&self, s: &Segment<'_>, element: u32, component: u32) -> Place {
        let tag = s.tag();
        let tag = s.charset().text(tag.get(..8).unwrap_or(&tag));
        let offset = s.part(element, component.max(1)).map_or(s.offset, |p| p.offset);
        let in_message = self.message.as_ref().map_or(0, |m| m.segments);
        Place { offset, segment: s.number, in_message, tag, element, component, ..Place::default() }
    }

    /// The place of a segment that is missing before `s`.
    pub(super) fn place_of(&self, s: &Segment<'_>, tag: &str) -> Place {
        Place { offset: s.offset, segment: s.number, tag: tag.to_owned(), ..Place::default() }
    }

    /// Whether this was told of a segment of this tag.
    pub(super) fn was_warned(&self, code: FaultCode, tag: &[u8]) -> bool {
        let known = self.warned.get(&code).zip(std::str::from_utf8(tag).ok());
        known.is_some_and(|(tags, tag)| tags.contains(tag))
    }

    pub(super) fn error(&mut self, level: Level, code: FaultCode, place: Place) {
        self.add(Severity::Error, level, code, place, None, None);
    }

    pub(super) fn warn(&mut self, level: Level, code: FaultCode, place: Place, found: Option<String>) {
        self.add(Severity::Warning, level, code, place, None, found);
    }

    pub(super) fn differs(
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

    pub(super) fn add(
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
            let known: usize = self.warned.values().map(BTreeSet::len).sum();
            let first = known < self.options.findings
                && self.warned.entry(code).or_default().insert(finding.place.tag.clone());
            if first {
                self.report.findings.push(finding);
            }
            return;
        }
        if severity == Severity::Objection {
            self.report.objections += 1;
            if self.kept < self.options.findings {
                self.kept += 1;
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
}
