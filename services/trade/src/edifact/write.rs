//! Writes segments: the one place that puts release characters, so that what was read can be
//! written and read again as the same.

use std::borrow::Cow;

use super::charset::{Charset, Shift};
use super::convert::Line;
use super::token::{Delimiters, Segment};

/// Segments in the making.
#[derive(Clone, Debug)]
pub struct Writer {
    out: Vec<u8>,
    delimiters: Delimiters,
    charset: Charset,
    segments: u64,
    /// Bytes still to come of an object that is the last element of its segment.
    inline: Option<u64>,
}

impl Writer {
    /// With these service characters and characters of text. Where there is no release character
    /// one is chosen: data may hold any byte.
    #[must_use]
    pub fn new(delimiters: Delimiters, charset: Charset) -> Self {
        let used = [delimiters.component, delimiters.element, delimiters.terminator];
        let free = |b: &u8| !used.contains(b) && Some(*b) != delimiters.repetition;
        let release = delimiters.release.or_else(|| b"?\\~|^".iter().copied().find(free));
        Self {
            out: Vec::new(),
            delimiters: Delimiters { release, ..delimiters },
            charset,
            segments: 0,
            inline: None,
        }
    }

    /// To write on what was read: a release character that was not there is not chosen now.
    pub(crate) fn as_read(delimiters: Delimiters, charset: Charset) -> Self {
        let mut writer = Self::new(delimiters, charset);
        writer.delimiters.release = delimiters.release;
        writer
    }

    /// The service string advice; needed when the service characters are not the default ones of
    /// the syntax version.
    pub fn advice(&mut self) {
        self.out.extend_from_slice(&self.delimiters.una());
    }

    /// One segment: its tag and elements, each a list of components. Empty components and elements
    /// at the end are left out (ISO 9735-1, section 9).
    pub fn segment(&mut self, tag: &str, elements: &[&[&[u8]]]) {
        self.segments += 1;
        self.out.extend_from_slice(tag.as_bytes());
        let empty = |element: &&&[&[u8]]| element.iter().all(|c| c.is_empty());
        let kept = elements.len() - elements.iter().rev().take_while(empty).count();
        for element in elements.iter().take(kept) {
            self.out.push(self.delimiters.element);
            let kept = element.len() - element.iter().rev().take_while(|c| c.is_empty()).count();
            for (at, component) in element.iter().take(kept).enumerate() {
                if at > 0 {
                    self.out.push(self.delimiters.component);
                }
                self.data(component);
            }
        }
        self.out.push(self.delimiters.terminator);
    }

    /// A segment that was read, part by part, with this writer's service characters.
    pub fn copy(&mut self, segment: &Segment<'_>) {
        self.segments += 1;
        let mut before = (0, 1, 1);
        for part in segment.parts() {
            if part.element != before.0 {
                self.out.push(self.delimiters.element);
            } else if part.repetition != before.1 {
                // A writer without repetition keeps the values apart as components.
                self.out.push(self.delimiters.repetition.unwrap_or(self.delimiters.component));
            } else if part.component != before.2 {
                self.out.push(self.delimiters.component);
            }
            before = (part.element, part.repetition, part.component);
            self.data(&part.value());
        }
        self.end(segment.inline);
    }

    /// The next bytes of an object of declared length, untouched: after its UNO, or as the last element of
    /// a segment, which ends with the last of them.
    pub fn object(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        if let Some(left) = self.inline {
            let left = left.saturating_sub(bytes.len() as u64);
            self.inline = (left > 0).then_some(left);
            if left == 0 {
                self.out.push(self.delimiters.terminator);
            }
        }
    }

    /// Ends a segment, or begins the object that is its last element.
    fn end(&mut self, inline: Option<u64>) {
        if inline.is_none() {
            self.out.push(self.delimiters.terminator);
            return;
        }
        self.out.push(self.delimiters.element);
        self.inline = inline;
        self.object(&[]);
    }

    /// A segment of text: repetitions where the syntax has them.
    ///
    /// # Errors
    /// What cannot be written, and why.
    pub(crate) fn line(&mut self, line: &Line) -> Result<(), String> {
        if line.tag.len() != 3 || !line.tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err(format!("no segment is called {:?}", line.tag));
        }
        let charset = self.charset;
        let bytes = |value: &String| {
            let bytes = charset.bytes(value).map(Cow::Owned);
            bytes.ok_or_else(|| format!("{value:?} has no bytes here"))
        };
        self.values(&line.tag, &line.elements, bytes)?;
        self.end(line.object);
        Ok(())
    }

    /// The elements of a segment, their repetitions and components, without what ends it.
    ///
    /// # Errors
    /// What cannot be written, and why.
    pub(crate) fn values<'v, V>(
        &mut self,
        tag: &str,
        elements: &'v [Vec<Vec<V>>],
        bytes: impl Fn(&'v V) -> Result<Cow<'v, [u8]>, String>,
    ) -> Result<(), String> {
        self.segments += 1;
        self.out.extend_from_slice(tag.as_bytes());
        for element in elements {
            self.out.push(self.delimiters.element);
            for (number, repetition) in element.iter().enumerate() {
                if number > 0 {
                    self.out.push(self.delimiters.repetition.ok_or("repetitions need syntax 4")?);
                }
                for (number, value) in repetition.iter().enumerate() {
                    if number > 0 {
                        self.out.push(self.delimiters.component);
                    }
                    self.data(&bytes(value)?);
                }
            }
        }
        Ok(())
    }

    /// What was written since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Counts from 0 again: UNT counts from UNH.
    pub fn restart_count(&mut self) {
        self.segments = 0;
    }

    /// Segments written since the count was last restarted.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.segments
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn data(&mut self, value: &[u8]) {
        let d = self.delimiters;
        let special = |b: u8| {
            b == d.component
                || b == d.element
                || b == d.terminator
                || Some(b) == d.release
                || Some(b) == d.repetition
        };
        let mut shift = Shift::default();
        for byte in value {
            // Bytes of a two-byte set are no delimiters, and a release character among them is data.
            let (next, counts) = shift.step(self.charset, *byte);
            shift = next;
            if counts && special(*byte) {
                self.out.extend(d.release);
            }
            self.out.push(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(elements: &[&[&[u8]]], expect: &str) {
        let mut writer = Writer::new(Delimiters::default_of(4), Charset::Ascii);
        writer.segment("NAD", elements);
        assert_eq!(String::from_utf8_lossy(&writer.into_bytes()), expect);
    }

    #[test]
    fn delimiters_in_data_are_released_and_empty_ends_left_out() {
        check(&[], "NAD'");
        check(
            &[&[b"CN"], &[], &[b""], &[b"O'HARA+CO:?*", b"", b"X", b""], &[b""]],
            "NAD+CN+++O?'HARA?+CO?:???*::X'",
        );
        check(&[&[b"", b"A"]], "NAD+:A'");
    }
}
