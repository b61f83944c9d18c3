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

mod broken;
mod delimiters;
mod scan;
mod segment;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;

pub use broken::{Broken, BrokenKind};
pub use delimiters::Delimiters;
pub use segment::{Part, Parts, Segment};

use super::charset::{Charset, Shift};
pub(crate) use delimiters::{COMPONENT, ELEMENT};
use delimiters::{PLAIN, RELEASE, TERMINATOR};
use scan::{Cursor, Wanted};
use segment::Mark;

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
    /// Whether the segment being read holds a release character.
    releases: bool,
    shift: Shift,
    object_left: u64,
    number: u64,
    delimiters: Delimiters,
    advised: bool,
    classes: Box<[u8; 256]>,
    charset: Charset,
    cursor: Cursor,
    /// Whether bytes are looked at one by one, because some only look like service characters.
    bytewise: bool,
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
            releases: false,
            shift: Shift::default(),
            object_left: 0,
            number: 0,
            delimiters,
            advised: false,
            classes: Box::new(delimiters.classes()),
            charset: Charset::Unknown,
            cursor: Cursor::new(Wanted::of(&delimiters), 0),
            bytewise: false,
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
        self.cursor.restart(&self.delimiters, self.at);
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
                self.cursor.pass(end);
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
                    self.releases = false;
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
        self.cursor.pass(self.at);
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
        self.cursor.restart(&advised, self.at);
        self.phase = Phase::Between;
        Ok(true)
    }

    /// Looks at bytes until the terminator, which `at` then points to; `false` when there is none yet.
    fn scan(&mut self) -> Result<bool, BrokenKind> {
        if self.bytewise {
            return self.scan_shifted();
        }
        let bytes = self.buffer.as_slice();
        let longest = self.start.saturating_add(self.limits.segment);
        let mut cursor = self.cursor;
        if self.released && self.at < bytes.len() {
            cursor.pass(self.at + 1);
            self.released = false;
        }
        let found = loop {
            let Some(at) = cursor.find(bytes) else {
                self.at = bytes.len();
                break false;
            };
            self.at = at;
            if at > longest {
                break false;
            }
            let class = bytes.get(at).map_or(PLAIN, |b| self.classes[usize::from(*b)]);
            match class {
                TERMINATOR => break true,
                RELEASE if at + 1 < bytes.len() => {
                    self.releases = true;
                    cursor.pass(at + 2);
                }
                RELEASE => (self.released, self.releases) = (true, true),
                PLAIN => {}
                class => {
                    if self.marks.len() >= self.limits.delimiters {
                        return Err(BrokenKind::TooManyParts);
                    }
                    self.marks.push(Mark { at: u32::try_from(at - self.start).unwrap_or(u32::MAX), class });
                }
            }
        };
        self.cursor = cursor;
        if self.at > longest {
            self.at = longest;
            return Err(BrokenKind::SegmentTooLong);
        }
        Ok(found)
    }

    /// As `scan`, byte by byte, with the ISO 2022 shift state.
    fn scan_shifted(&mut self) -> Result<bool, BrokenKind> {
        let longest = self.start.saturating_add(self.limits.segment);
        while let Some(byte) = self.buffer.get(self.at) {
            if self.at > longest {
                self.at = longest;
                return Err(BrokenKind::SegmentTooLong);
            }
            let (shift, counts) = self.shift.step(self.charset, *byte);
            self.shift = shift;
            let class = if counts && !self.released { self.classes[usize::from(*byte)] } else { PLAIN };
            self.released = class == RELEASE;
            self.releases |= self.released;
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
            released: self.releases,
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
        self.bytewise = charset.hides(&self.delimiters);
        self.cursor.restart(&self.delimiters, self.at);
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
