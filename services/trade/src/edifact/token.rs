//! Bytes to segments, as they arrive: any split of an interchange gives the same tokens, and memory
//! is bounded by the longest segment allowed, not by the interchange (ISO 9735-1, syntax 1 to 4).
//!
//! A segment is given whole, with the places of its delimiters; its bytes are never changed. What
//! stands between delimiters is looked at on demand: release characters are resolved and text is
//! made only for those who ask. Bytes of declared length (the object between UNO and UNP) are
//! passed by without looking inside, and under UNOX the ISO 2022 shift state hides bytes that only
//! look like delimiters.
//!
//! Absent: the control-character delimiters of level B in syntax 1 to 3, and interactive EDI.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use serde::Serialize;

use super::charset::{Charset, Shift};
use super::fault::FaultCode;

/// How much of a hostile input is held at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest segment in bytes, its terminator not counted.
    pub segment: usize,
    /// The most delimiters in one segment.
    pub delimiters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segment: 64 * 1024, delimiters: 8 * 1024 }
    }
}

/// The service characters of an interchange (ISO 9735-1, UNA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Delimiters {
    /// Between components.
    pub component: u8,
    /// Between elements.
    pub element: u8,
    /// The decimal mark.
    pub decimal: u8,
    /// Takes the meaning from the byte after it.
    pub release: Option<u8>,
    /// Between repetitions of an element (syntax 4).
    pub repetition: Option<u8>,
    /// Ends a segment.
    pub terminator: u8,
}

impl Delimiters {
    /// Without UNA, in a syntax version: `:+.? '`, and `*` for repetition from version 4.
    #[must_use]
    pub fn default_of(version: u8) -> Self {
        let repetition = (version >= 4).then_some(b'*');
        Self {
            component: b':',
            element: b'+',
            decimal: b'.',
            release: Some(b'?'),
            repetition,
            terminator: b'\'',
        }
    }

    /// The six characters after `UNA`; `None` when they cannot be told apart, or are letters,
    /// digits or not ASCII.
    #[must_use]
    pub fn from_una(six: [u8; 6]) -> Option<Self> {
        let [component, element, decimal, release, repetition, terminator] = six;
        let release = (release != b' ').then_some(release);
        let mut used = vec![component, element, terminator];
        used.extend(release);
        let usable = |b: &u8| b.is_ascii() && !b.is_ascii_alphanumeric() && !matches!(b, 0 | b' ');
        let distinct = (1..used.len()).all(|i| !used[..i].contains(&used[i]));
        if !distinct || !used.iter().all(usable) {
            return None;
        }
        // Reserved before syntax 4, and often filled with something: what cannot be a repetition
        // separator is none.
        let repetition = (usable(&repetition) && !used.contains(&repetition)).then_some(repetition);
        Some(Self { component, element, decimal, release, repetition, terminator })
    }

    /// `UNA` and its six characters.
    #[must_use]
    pub fn una(&self) -> [u8; 9] {
        let (release, repetition) = (self.release.unwrap_or(b' '), self.repetition.unwrap_or(b' '));
        [b'U', b'N', b'A', self.component, self.element, self.decimal, release, repetition, self.terminator]
    }

    fn classes(&self) -> [u8; 256] {
        let mut table = [PLAIN; 256];
        table[usize::from(self.component)] = COMPONENT;
        table[usize::from(self.element)] = ELEMENT;
        table[usize::from(self.terminator)] = TERMINATOR;
        for (byte, class) in [(self.release, RELEASE), (self.repetition, REPETITION)] {
            if let Some(byte) = byte {
                table[usize::from(byte)] = class;
            }
        }
        table
    }
}

const PLAIN: u8 = 0;
const ELEMENT: u8 = 1;
const REPETITION: u8 = 2;
const COMPONENT: u8 = 3;
const RELEASE: u8 = 4;
const TERMINATOR: u8 = 5;

/// One delimiter inside a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// Bytes from the start of the segment.
    at: u32,
    class: u8,
}

/// Why bytes cannot be read on as EDIFACT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrokenKind {
    /// The service string advice ends early.
    UnaCut,
    /// The service characters cannot be told apart or are not allowed.
    UnaInvalid,
    /// A segment longer than [`Limits::segment`].
    SegmentTooLong,
    /// A segment with more delimiters than [`Limits::delimiters`].
    TooManyParts,
    /// The bytes end inside a segment.
    CutInSegment,
    /// The bytes end inside an object of declared length.
    CutInObject,
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
            BrokenKind::SegmentTooLong => FaultCode::TOO_LONG,
            BrokenKind::TooManyParts => FaultCode::TOO_MANY_CONSTITUENTS,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in segment {} at byte {}", self.kind, self.segment, self.offset)
    }
}

impl std::error::Error for Broken {}

/// What a tokenizer gives.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// One whole segment.
    Segment(Segment<'a>),
    /// The next piece of an object of declared length; pieces differ with the split of the input.
    Object {
        /// The bytes, untouched.
        bytes: &'a [u8],
        /// Bytes before them in the interchange.
        offset: u64,
    },
}

/// One segment, its bytes untouched.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    raw: &'a [u8],
    marks: &'a [Mark],
    delimiters: &'a Delimiters,
    charset: Charset,
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
    pub fn tag(&self) -> Cow<'a, [u8]> {
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

    /// All parts in order, the tag first.
    #[must_use]
    pub fn parts(&self) -> Parts<'a> {
        Parts { segment: *self, mark: 0, from: 0, element: 0, repetition: 1, component: 1, done: false }
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
        let Some(release) = self.release.filter(|r| self.raw.contains(r)) else { return unwrapped(self.raw) };
        let mut value = Vec::with_capacity(self.raw.len());
        let (mut shift, mut released) = (Shift::default(), false);
        for byte in self.raw {
            let counts = if self.charset == Charset::Iso2022 {
                let (next, counts) = shift.step(*byte);
                shift = next;
                counts
            } else {
                true
            };
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

    /// The value as people read it.
    #[must_use]
    pub fn text(&self) -> String {
        self.charset.text(&self.value())
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Between,
    Inside,
    Object,
    Ended,
}

enum Step {
    More,
    End,
    Segment(usize),
    Object(usize),
}

/// Segments from bytes that arrive in pieces.
///
/// ```
/// use corridor_trade::edifact::{Limits, Token, Tokenizer};
/// let mut tags = Vec::new();
/// let mut tokenizer = Tokenizer::new(Limits::default());
/// for piece in [b"BGM+785+AB?'C'DT".as_slice(), b"M+137:2026'"] {
///     tokenizer.push(piece, &mut |token| if let Token::Segment(s) = token {
///         tags.push(String::from_utf8_lossy(&s.tag()).into_owned());
///     }).unwrap();
/// }
/// assert_eq!(tags, ["BGM", "DTM"]);
/// ```
pub struct Tokenizer {
    limits: Limits,
    buffer: Vec<u8>,
    /// Where in the buffer the token being read starts.
    start: usize,
    /// Where in the buffer the next byte to look at is.
    at: usize,
    /// Bytes of the interchange before the buffer.
    base: u64,
    marks: Vec<Mark>,
    phase: Phase,
    released: bool,
    shift: Shift,
    object_left: u64,
    number: u64,
    delimiters: Delimiters,
    advised: bool,
    classes: Box<[u8; 256]>,
    charset: Charset,
    version: u8,
    finished: bool,
    broken: Option<Broken>,
}

/// The largest piece that is copied in at once: bounds the buffer to this and one segment.
const PIECE: usize = 64 * 1024;

impl Tokenizer {
    /// Before the first byte.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let delimiters = Delimiters { repetition: None, ..Delimiters::default_of(3) };
        Self {
            // Places in a segment are kept in 32 bits.
            limits: Limits { segment: limits.segment.min(1 << 30), ..limits },
            buffer: Vec::new(),
            start: 0,
            at: 0,
            base: 0,
            marks: Vec::new(),
            phase: Phase::Start,
            released: false,
            shift: Shift::default(),
            object_left: 0,
            number: 0,
            delimiters,
            advised: false,
            classes: Box::new(delimiters.classes()),
            charset: Charset::Unknown,
            version: 0,
            finished: false,
            broken: None,
        }
    }

    /// The service characters in force.
    #[must_use]
    pub fn delimiters(&self) -> &Delimiters {
        &self.delimiters
    }

    /// Whether a UNA was read.
    #[must_use]
    pub fn advised(&self) -> bool {
        self.advised
    }

    /// The next piece of the interchange, of any size; `each` gets the tokens it completes.
    ///
    /// # Errors
    /// [`Broken`] when the bytes cannot be read on; from then on always the same.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(Token<'_>)) -> Result<(), Broken> {
        for piece in bytes.chunks(PIECE) {
            self.feed(piece);
            while let Some(token) = self.next()? {
                each(token);
            }
        }
        Ok(())
    }

    /// The interchange ends here.
    ///
    /// # Errors
    /// [`Broken`] when it ends inside a segment or an object.
    pub fn finish(&mut self, each: &mut dyn FnMut(Token<'_>)) -> Result<(), Broken> {
        self.finished = true;
        while let Some(token) = self.next()? {
            each(token);
        }
        Ok(())
    }

    /// Takes in a piece; [`Tokenizer::next`] then gives its tokens. Held in memory until they are
    /// taken: feed small pieces.
    pub fn feed(&mut self, piece: &[u8]) {
        self.buffer.drain(..self.start);
        self.base += self.start as u64;
        self.at -= self.start;
        self.start = 0;
        if self.broken.is_none() {
            self.buffer.extend_from_slice(piece);
        }
    }

    /// The next token of what was fed; `None` when more must be fed, or nothing is left.
    ///
    /// # Errors
    /// As [`Tokenizer::push`].
    #[allow(
        clippy::should_implement_trait,
        reason = "a token borrows the tokenizer; Iterator cannot say that"
    )]
    pub fn next(&mut self) -> Result<Option<Token<'_>>, Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        match self.step() {
            Ok(Step::More | Step::End) => Ok(None),
            Ok(Step::Segment(end)) => Ok(Some(Token::Segment(self.take_segment(end)))),
            Ok(Step::Object(end)) => {
                let (from, offset) = (self.start, self.base + self.start as u64);
                (self.start, self.at) = (end, end);
                Ok(Some(Token::Object { bytes: self.buffer.get(from..end).unwrap_or_default(), offset }))
            }
            Err(kind) => {
                let offset = self.base + self.at as u64;
                // The segment that is broken; a UNA is none.
                let broken =
                    Broken { kind, offset, segment: self.number + u64::from(self.phase == Phase::Inside) };
                self.broken = Some(broken);
                self.phase = Phase::Ended;
                self.buffer = Vec::new();
                (self.start, self.at, self.base) = (0, 0, offset);
                Err(broken)
            }
        }
    }

    fn step(&mut self) -> Result<Step, BrokenKind> {
        loop {
            match self.phase {
                Phase::Start => {
                    if !self.read_una()? {
                        return Ok(Step::More);
                    }
                }
                Phase::Between => {
                    if !self.skip_blanks() {
                        return Ok(if self.finished { Step::End } else { Step::More });
                    }
                    self.marks.clear();
                    self.phase = Phase::Inside;
                }
                Phase::Inside => {
                    if self.scan()? {
                        return Ok(Step::Segment(self.at));
                    }
                    if self.finished {
                        return Err(BrokenKind::CutInSegment);
                    }
                    return Ok(Step::More);
                }
                Phase::Object => {
                    if self.object_left == 0 {
                        self.phase = Phase::Between;
                        continue;
                    }
                    let have = (self.buffer.len() - self.start) as u64;
                    if have == 0 {
                        self.at = self.start;
                        return if self.finished { Err(BrokenKind::CutInObject) } else { Ok(Step::More) };
                    }
                    let taken = have.min(self.object_left);
                    self.object_left -= taken;
                    return Ok(Step::Object(self.start + usize::try_from(taken).unwrap_or(usize::MAX)));
                }
                Phase::Ended => return Ok(Step::End),
            }
        }
    }

    /// Passes over line breaks (and blanks, which some writers add) between segments; whether a
    /// segment starts.
    fn skip_blanks(&mut self) -> bool {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let blanks = rest.iter().position(|b| !matches!(b, b'\r' | b'\n' | b' ' | b'\t'));
        self.start += blanks.unwrap_or(rest.len());
        self.at = self.start;
        blanks.is_some()
    }

    /// Reads the service string advice if there is one; `false` when more bytes are needed to know.
    fn read_una(&mut self) -> Result<bool, BrokenKind> {
        if !self.skip_blanks() {
            if self.finished {
                self.phase = Phase::Between;
            }
            return Ok(self.finished);
        }
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let Some(advice) = rest.strip_prefix(b"UNA") else {
            if b"UNA".starts_with(rest) && !self.finished {
                return Ok(false);
            }
            self.phase = Phase::Between;
            return Ok(true);
        };
        let Some(six) = advice.first_chunk::<6>() else {
            return if self.finished { Err(BrokenKind::UnaCut) } else { Ok(false) };
        };
        let advised = Delimiters::from_una(*six).ok_or(BrokenKind::UnaInvalid)?;
        self.delimiters = advised;
        self.advised = true;
        // What separates repetitions is known once UNB tells the syntax version.
        *self.classes = Delimiters { repetition: None, ..advised }.classes();
        self.start += 9;
        self.at = self.start;
        self.phase = Phase::Between;
        Ok(true)
    }

    /// Looks at bytes until the terminator, which `at` then points to; `false` when there is none yet.
    fn scan(&mut self) -> Result<bool, BrokenKind> {
        if self.charset == Charset::Iso2022 {
            return self.scan_shifted();
        }
        let bytes = self.buffer.as_slice();
        let longest = self.start.saturating_add(self.limits.segment);
        let mut at = self.at;
        if self.released && at < bytes.len() {
            at += 1;
            self.released = false;
        }
        let found = loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(plain) = rest.iter().position(|b| self.classes[usize::from(*b)] != PLAIN) else {
                at = bytes.len().max(at);
                break false;
            };
            at += plain;
            if at > longest {
                break false;
            }
            match self.classes[usize::from(bytes[at])] {
                TERMINATOR => break true,
                RELEASE if at + 1 < bytes.len() => at += 2,
                RELEASE => {
                    self.released = true;
                    at += 1;
                }
                class => {
                    if self.marks.len() >= self.limits.delimiters {
                        self.at = at;
                        return Err(BrokenKind::TooManyParts);
                    }
                    self.marks.push(Mark { at: u32::try_from(at - self.start).unwrap_or(u32::MAX), class });
                    at += 1;
                }
            }
        };
        self.at = at.min(longest);
        if at > longest { Err(BrokenKind::SegmentTooLong) } else { Ok(found) }
    }

    /// As `scan`, byte by byte, with the ISO 2022 shift state.
    fn scan_shifted(&mut self) -> Result<bool, BrokenKind> {
        let longest = self.start.saturating_add(self.limits.segment);
        while let Some(byte) = self.buffer.get(self.at) {
            if self.at > longest {
                self.at = longest;
                return Err(BrokenKind::SegmentTooLong);
            }
            let (shift, counts) = self.shift.step(*byte);
            self.shift = shift;
            let class = if counts && !self.released { self.classes[usize::from(*byte)] } else { PLAIN };
            self.released = class == RELEASE;
            match class {
                TERMINATOR => return Ok(true),
                PLAIN | RELEASE => {}
                _ if self.marks.len() >= self.limits.delimiters => return Err(BrokenKind::TooManyParts),
                _ => self
                    .marks
                    .push(Mark { at: u32::try_from(self.at - self.start).unwrap_or(u32::MAX), class }),
            }
            self.at += 1;
        }
        if self.at > longest {
            self.at = longest;
            return Err(BrokenKind::SegmentTooLong);
        }
        Ok(false)
    }

    /// Gives the segment that ends at `end` and gets ready for what follows it.
    fn take_segment(&mut self, end: usize) -> Segment<'_> {
        self.number += 1;
        let (from, offset) = (self.start, self.base + self.start as u64);
        (self.start, self.at) = (end + 1, end + 1);
        self.phase = Phase::Between;
        if self.buffer.get(from) == Some(&b'U') {
            self.learn(from, end);
        }
        self.segment(from, end, offset)
    }

    fn segment(&self, from: usize, end: usize, offset: u64) -> Segment<'_> {
        Segment {
            raw: self.buffer.get(from..end).unwrap_or_default(),
            marks: &self.marks,
            delimiters: &self.delimiters,
            charset: self.charset,
            offset,
            number: self.number,
        }
    }

    /// What a service segment says about the bytes after it.
    fn learn(&mut self, from: usize, end: usize) {
        match self.segment(from, end, 0).tag().as_ref() {
            b"UNB" if self.number == 1 => self.learn_syntax(from, end),
            b"UNO" if self.version >= 4 => self.learn_object(from, end),
            _ => {}
        }
    }

    /// UNB names the characters and the syntax version, and with it what separates repetitions.
    fn learn_syntax(&mut self, from: usize, end: usize) {
        let first = self.segment(from, end, 0);
        let charset = Charset::of(&first.value(1, 1));
        let version = match first.value(1, 2).as_ref() {
            [digit] if digit.is_ascii_digit() => digit - b'0',
            _ => 0,
        };
        (self.charset, self.version) = (charset, version);
        if version < 4 {
            self.delimiters.repetition = None;
        } else if !self.advised {
            self.delimiters = Delimiters::default_of(version);
        }
        *self.classes = self.delimiters.classes();
    }

    /// UNO tells how many bytes of object follow it (ISO 9735-8, 0810).
    fn learn_object(&mut self, from: usize, end: usize) {
        if let Some(length) = number(&self.segment(from, end, 0).value(4, 1)) {
            self.object_left = length;
            self.phase = Phase::Object;
        }
    }

    #[cfg(test)]
    fn held(&self) -> usize {
        self.buffer.capacity() + self.marks.capacity() * size_of::<Mark>()
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokenizer(segment {}, byte {})", self.number, self.base + self.at as u64)
    }
}

/// A whole number of at most 18 digits, as counts and lengths are written.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(value.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

/// Why a source could not be read through.
#[derive(Debug)]
pub enum ReadFailed {
    /// The source gave an error.
    Io(std::io::Error),
    /// The bytes are not EDIFACT from some place on.
    Broken(Broken),
}

/// All tokens of a source, in constant memory.
///
/// # Errors
/// What the source says, or [`Broken`].
pub fn tokenize(
    source: &mut dyn Read,
    limits: Limits,
    each: &mut dyn FnMut(Token<'_>),
) -> Result<(), ReadFailed> {
    let mut tokenizer = Tokenizer::new(limits);
    let mut piece = vec![0; PIECE];
    loop {
        match source.read(&mut piece) {
            Ok(0) => return tokenizer.finish(each).map_err(ReadFailed::Broken),
            Ok(n) => tokenizer.push(piece.get(..n).unwrap_or_default(), each).map_err(ReadFailed::Broken)?,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(ReadFailed::Io(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens as text: `TAG+<element>:<component>*<repetition>`, objects as `[bytes]`, and how it ended.
    fn show(pieces: &[&[u8]], limits: Limits) -> String {
        let mut shown = String::new();
        let mut each = |token: Token<'_>| match token {
            Token::Segment(s) => {
                let mut before = (0, 1);
                for part in s.parts() {
                    let between = if part.element != before.0 {
                        "+"
                    } else if part.repetition != before.1 {
                        "*"
                    } else if part.component > 1 {
                        ":"
                    } else {
                        ""
                    };
                    before = (part.element, part.repetition);
                    shown.push_str(between);
                    shown.push_str(&format!("<{}>", String::from_utf8_lossy(&part.value())));
                }
                shown.push_str(&format!("@{} ", s.offset));
            }
            Token::Object { bytes, .. } => shown.push_str(&String::from_utf8_lossy(bytes)),
        };
        let mut tokenizer = Tokenizer::new(limits);
        let pushed = pieces.iter().try_for_each(|p| tokenizer.push(p, &mut each));
        let end = match pushed.and_then(|()| tokenizer.finish(&mut each)) {
            Ok(()) => "end".to_owned(),
            Err(broken) => broken.to_string(),
        };
        shown + &end
    }

    fn check(input: &[u8], expect: &str) {
        assert_eq!(show(&[input], Limits::default()), expect);
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(show(&bytes, Limits::default()), expect, "byte by byte");
    }

    #[test]
    fn segments_of_all_syntaxes() {
        check(b"", "end");
        check(b" \r\n\t", "end");
        check(b"BGM+785+A:B'", "<BGM>+<785>+<A>:<B>@0 end");
        check(b"BGM++:B+'\r\n X'", "<BGM>+<>+<>:<B>+<>@0 <X>@12 end");
        check(b"A+O?'HARA?+?:??'", "<A>+<O'HARA+:?>@0 end");
        // A tag with nesting (ISO 9735:1988, 8.2).
        check(b"LIN:1:2+X'", "<LIN>:<1>:<2>+<X>@0 end");
        // Repetition belongs to syntax 4 alone, whatever UNA says.
        check(b"UNA:+.?*'UNB+UNOC:4'A+1*2:3'", "<UNB>+<UNOC>:<4>@9 <A>+<1>*<2>:<3>@20 end");
        check(b"UNB+UNOC:4'A+1*2'", "<UNB>+<UNOC>:<4>@0 <A>+<1>*<2>@11 end");
        check(b"UNA:+.?*'UNB+UNOC:3'A+1*2'", "<UNB>+<UNOC>:<3>@9 <A>+<1*2>@20 end");
        check(b"UNA:+.? 'UNB+UNOC:4'A+1*2'", "<UNB>+<UNOC>:<4>@9 <A>+<1*2>@20 end");
        // Other service characters; no release character at all; a line break that ends segments.
        check(b"UNA=*.? ~\nUNB*UNOA=3~A*?~=B~", "<UNB>+<UNOA>:<3>@10 <A>+<~>:<B>@21 end");
        check(b"UNA:+.  'A+B?'", "<A>+<B?>@9 end");
        check(b"UNA:+.? \nA+B\nC+D\n", "<A>+<B>@9 <C>+<D>@13 end");
        // Wrapped lines.
        check(b"UN\r\nB+UNOC:3+AB\nCD'", "<UNB>+<UNOC>:<3>+<ABCD>@0 end");
    }

    #[test]
    fn service_characters_that_cannot_work() {
        check(b"UNA", "UnaCut in segment 0 at byte 0");
        check(b"UNA:+.?", "UnaCut in segment 0 at byte 0");
        check(b"UNA::.? '", "UnaInvalid in segment 0 at byte 0");
        check(b"UNAA+.? '", "UnaInvalid in segment 0 at byte 0");
        check(b"UNA:+.+ '", "UnaInvalid in segment 0 at byte 0");
        check(b"\nUNA:+.? \xff", "UnaInvalid in segment 0 at byte 1");
    }

    #[test]
    fn bytes_that_end_too_early() {
        check(b"BGM+785", "CutInSegment in segment 1 at byte 7");
        check(b"A'BGM+785?", "<A>@0 CutInSegment in segment 2 at byte 10");
        check(b"A'BGM+785?'", "<A>@0 CutInSegment in segment 2 at byte 11");
        check(b"UNB+UNOX:3'A+\x1b$B%+'", "<UNB>+<UNOX>:<3>@0 CutInSegment in segment 2 at byte 19");
        check(b"UNB+UNOX:3'A+\x1b", "<UNB>+<UNOX>:<3>@0 CutInSegment in segment 2 at byte 14");
        check(
            b"UNB+UNOC:4'UNO+1+2+3+9'12'45",
            "<UNB>+<UNOC>:<4>@0 <UNO>+<1>+<2>+<3>+<9>@11 12'45CutInObject in segment 2 at byte 28",
        );
    }

    #[test]
    fn what_only_looks_like_a_delimiter() {
        // カエデ水産 holds + and ?; 무역 holds +, ? and *.
        check(
            b"UNB+UNOX:3'N+\x1b$B%+%(%G?e;:\x1b(B+X'",
            "<UNB>+<UNOX>:<3>@0 <N>+<\u{1b}$B%+%(%G?e;:\u{1b}(B>+<X>@11 end",
        );
        check(
            b"UNB+UNOX:4'N+\x1b$)C\x0e9+?*\x0f*Y'",
            "<UNB>+<UNOX>:<4>@0 <N>+<\u{1b}$)C\u{e}9+?*\u{f}>*<Y>@11 end",
        );
        check(b"UNB+UNOX:3'N+?+\x1b$B?+\x1b(B??'", "<UNB>+<UNOX>:<3>@0 <N>+<+\u{1b}$B?+\u{1b}(B?>@11 end");
        check(
            b"UNB+UNOC:4'UNO+1+2+3+4'a'+?UNP+4+1'",
            "<UNB>+<UNOC>:<4>@0 <UNO>+<1>+<2>+<3>+<4>@11 a'+?<UNP>+<4>+<1>@27 end",
        );
        // Before syntax 4 there are no objects.
        check(b"UNB+UNOC:3'UNO+1+2+3+4'a'", "<UNB>+<UNOC>:<3>@0 <UNO>+<1>+<2>+<3>+<4>@11 <a>@23 end");
    }

    #[test]
    fn bounds_hold_at_the_same_place_however_the_bytes_arrive() {
        let limits = Limits { segment: 10, delimiters: 3 };
        let check = |input: &[u8], expect: &str| {
            for size in [1, 2, 3, 7, 1000] {
                let pieces: Vec<&[u8]> = input.chunks(size).collect();
                assert_eq!(show(&pieces, limits), expect, "pieces of {size}");
            }
        };
        check(b"0123456789'", "<0123456789>@0 end");
        check(b"A'01234567890'", "<A>@0 SegmentTooLong in segment 2 at byte 12");
        check(b"A'0123456789", "<A>@0 CutInSegment in segment 2 at byte 12");
        check(b"A+++'B++++'", "<A>+<>+<>+<>@0 TooManyParts in segment 2 at byte 9");
        check(b"A+++012345678901+'", "SegmentTooLong in segment 1 at byte 10");
        check(b"UNB+UNOX:3'01234567890'", "<UNB>+<UNOX>:<3>@0 SegmentTooLong in segment 2 at byte 21");
    }

    #[test]
    fn a_long_interchange_is_read_in_constant_memory() {
        let mut tokenizer = Tokenizer::new(Limits::default());
        let piece = b"FTX+AAA+++SOME TEXT?: A+B:C:D'".repeat(3_000);
        let mut segments = 0;
        for _ in 0..60 {
            tokenizer.push(&piece, &mut |_| segments += 1).unwrap();
        }
        assert_eq!(segments, 180_000);
        assert!(tokenizer.held() < 512 * 1024, "{}", tokenizer.held());
    }

    #[test]
    fn a_segment_of_100_mb_is_refused_at_the_limit() {
        let mut tokenizer = Tokenizer::new(Limits::default());
        let piece = vec![b'A'; 1024 * 1024];
        let mut last = Ok(());
        for _ in 0..100 {
            last = tokenizer.push(&piece, &mut |_| panic!("no token"));
        }
        assert_eq!(last, Err(Broken { kind: BrokenKind::SegmentTooLong, offset: 65_536, segment: 1 }));
        assert!(tokenizer.held() < 512 * 1024, "{}", tokenizer.held());
    }
}
