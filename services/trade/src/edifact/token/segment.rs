//! One segment as it was read: its bytes, the places of its delimiters, and what stands between them
//! on demand.

use std::borrow::Cow;

use super::delimiters::{COMPONENT, Delimiters, ELEMENT, REPETITION};
use super::scan::Beside;
use crate::edifact::charset::{Charset, Shift};

/// One delimiter inside a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes from the start of the segment.
    pub(super) at: u32,
    pub(super) class: u8,
}

/// One segment, its bytes untouched.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub(super) raw: &'a [u8],
    pub(super) marks: &'a [Mark],
    pub(super) delimiters: &'a Delimiters,
    pub(super) charset: Charset,
    /// Whether a release character stands in it.
    pub(super) released: bool,
    /// What may stand in it beside bytes that are usual in its characters.
    pub(super) beside: Beside,
    /// The length of the object that is its last element and follows it as tokens of its own (KTNET's
    /// BIN): the segment itself goes up to the delimiter before that element.
    pub inline: Option<u64>,
    /// Bytes before it in the interchange.
    pub offset: u64,
    /// Counted from 1 in the interchange, UNA not counted.
    pub number: u64,
}

/// One component (or an element that has just one), its bytes untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The bytes between two delimiters, release characters and line breaks included.
    pub raw: &'a [u8],
    /// The element, counted from 1; 0 is the tag.
    pub element: u32,
    /// The repetition of the element, counted from 1.
    pub repetition: u32,
    /// The component, counted from 1.
    pub component: u32,
    /// Bytes before it in the interchange.
    pub offset: u64,
    release: Option<u8>,
    charset: Charset,
}

impl<'a> Segment<'a> {
    /// The bytes without the terminator.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The service characters it was read with.
    #[must_use]
    pub fn delimiters(&self) -> &'a Delimiters {
        self.delimiters
    }

    /// The characters its text is in.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// The tag, line breaks of wrapping removed.
    #[must_use]
    #[inline]
    pub fn tag(&self) -> Cow<'a, [u8]> {
        if let (Some(Mark { at: 3, .. }), Some(tag)) = (self.marks.first(), self.raw.first_chunk::<3>())
            && tag.iter().all(|b| *b > b' ')
        {
            return Cow::Borrowed(tag);
        }
        match self.marks.first() {
            None => unwrapped(self.raw),
            Some(mark) => unwrapped(self.raw.get(..mark.at as usize).unwrap_or_default()),
        }
    }

    /// How many elements follow the tag.
    #[must_use]
    pub fn elements(&self) -> u32 {
        let count = self.marks.iter().filter(|m| m.class == ELEMENT).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// What stands after each delimiter: its class, the bytes, and how many come before them in the
    /// segment. For those who look at every value.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (u8, &'a [u8], usize)> + use<'a> {
        let (raw, marks) = (self.raw, self.marks);
        marks.iter().enumerate().map(move |(number, mark)| {
            let from = mark.at as usize + 1;
            let until = marks.get(number + 1).map_or(raw.len(), |next| next.at as usize);
            (mark.class, raw.get(from..until).unwrap_or_default(), from)
        })
    }

    /// Whether all of it is printable ASCII and no character is released: then values are their bytes.
    #[must_use]
    pub(crate) fn is_plain(&self) -> bool {
        !self.released && (self.beside == Beside::default() || self.is_printable())
    }

    /// Whether all of it is allowed by its characters, as far as was seen when it was read.
    #[must_use]
    pub(crate) fn is_usual(&self) -> bool {
        !self.beside.odd
    }

    #[cold]
    fn is_printable(&self) -> bool {
        self.raw.iter().fold(true, |all, b| all & (0x20..0x7f).contains(b))
    }

    /// A value of this segment that is not plain, as it is meant.
    pub(crate) fn meant(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        value_of(raw, self.delimiters.release, self.charset)
    }

    /// All parts in order, the tag first.
    #[must_use]
    pub fn parts(&self) -> Parts<'a> {
        Parts { segment: *self, mark: 0, from: 0, element: 0, repetition: 1, component: 1, done: false }
    }

    /// What `each` makes of every value after the tag, as it stands: elements, their repetitions, their components.
    #[must_use]
    pub fn nested<T>(&self, mut each: impl FnMut(&Part<'a>) -> T) -> Vec<Vec<Vec<T>>> {
        let mut elements: Vec<Vec<Vec<T>>> = Vec::new();
        for part in self.parts().filter(|part| part.element > 0) {
            if part.repetition == 1 && part.component == 1 {
                elements.push(Vec::new());
            }
            let Some(element) = elements.last_mut() else { continue };
            if part.component == 1 {
                element.push(Vec::new());
            }
            if let Some(repetition) = element.last_mut() {
                repetition.push(each(&part));
            }
        }
        elements
    }

    /// One component of the first repetition of an element; `None` when it is not there or empty.
    #[must_use]
    pub fn part(&self, element: u32, component: u32) -> Option<Part<'a>> {
        self.parts()
            .take_while(|p| p.element <= element)
            .find(|p| p.element == element && p.repetition == 1 && p.component == component)
            .filter(|p| !p.raw.is_empty())
    }

    /// The bytes of one component, release characters resolved; empty when it is not there.
    #[must_use]
    pub fn value(&self, element: u32, component: u32) -> Cow<'a, [u8]> {
        self.part(element, component).map(|p| p.value()).unwrap_or_default()
    }
}

/// The parts of one segment, in order.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    segment: Segment<'a>,
    mark: usize,
    from: usize,
    element: u32,
    repetition: u32,
    component: u32,
    done: bool,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        if self.done {
            return None;
        }
        let next = self.segment.marks.get(self.mark);
        let until = next.map_or(self.segment.raw.len(), |m| m.at as usize);
        let part = Part {
            raw: self.segment.raw.get(self.from..until).unwrap_or_default(),
            element: self.element,
            repetition: self.repetition,
            component: self.component,
            offset: self.segment.offset + self.from as u64,
            release: self.segment.delimiters.release,
            charset: self.segment.charset,
        };
        match next.map(|m| m.class) {
            None => self.done = true,
            Some(COMPONENT) => self.component += 1,
            Some(REPETITION) => (self.repetition, self.component) = (self.repetition + 1, 1),
            Some(_) => (self.element, self.repetition, self.component) = (self.element + 1, 1, 1),
        }
        (self.mark, self.from) = (self.mark + 1, until + 1);
        Some(part)
    }
}

impl<'a> Part<'a> {
    /// The bytes meant: release characters resolved, line breaks of wrapping removed.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        value_of(self.raw, self.release, self.charset)
    }

    /// The value as people read it.
    #[must_use]
    pub fn text(&self) -> String {
        self.charset.text(&self.value())
    }

    /// The characters its text is in.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// Whether nothing stands there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }
}

/// Transports wrap lines at a fixed width, anywhere; no character set of ISO 9735 has line breaks
/// in data (neither has ISO 2022 between its two-byte characters).
fn unwrapped(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\r', b'\n', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect())
}

fn value_of(raw: &[u8], release: Option<u8>, charset: Charset) -> Cow<'_, [u8]> {
    let Some(release) = release.filter(|r| raw.contains(r)) else { return unwrapped(raw) };
    let mut value = Vec::with_capacity(raw.len());
    let (mut shift, mut released) = (Shift::default(), false);
    for byte in raw {
        let (next, counts) = shift.step(charset, *byte);
        shift = next;
        if counts && !released && *byte == release {
            released = true;
            continue;
        }
        if released || !counts || !matches!(byte, b'\r' | b'\n') {
            value.push(*byte);
        }
        released = false;
    }
    Cow::Owned(value)
}
