//! Bytes to segments, as they arrive: any split of an interchange gives the same tokens, and memory
//! is bounded by the longest segment allowed, not by the interchange (ISO 9735-1, syntax 1 to 4).
//!
//! A segment is given whole, with the places of its delimiters; its bytes are never changed. What
//! stands between delimiters is looked at on demand: release characters are resolved and text is
//! made only for those who ask. Bytes of declared length (the object between UNO and UNP, and under
//! KECA the second element of KTNET's BIN) are passed by without looking inside, and under UNOX the
//! ISO 2022 shift state hides bytes that only look like delimiters.
//!
//! Absent: interactive EDI.

mod advice;
mod broken;
mod delimiters;
mod learn;
mod scan;
mod segment;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;

pub use broken::{Broken, BrokenKind};
pub use delimiters::Delimiters;
pub(crate) use learn::number;
pub use segment::{Part, Parts, Segment};
pub use source::{ReadFailed, tokenize};

use super::charset::{Charset, Shift};
pub(crate) use delimiters::{COMPONENT, ELEMENT};
use delimiters::{PLAIN, RELEASE, TERMINATOR};
use scan::{Beside, Cursor, Usual, Wanted};
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
    /// After an object that is an element: its segment has to end here.
    ObjectEnd,
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
    /// The length of the object that the segment being read declares as its last element.
    inline: Option<u64>,
    number: u64,
    delimiters: Delimiters,
    advised: bool,
    classes: Box<[u8; 256]>,
    charset: Charset,
    /// The characters two partners agreed on, whatever UNB says.
    agreed: Option<Charset>,
    cursor: Cursor,
    /// What may stand in the segment read last beside usual bytes.
    beside: Beside,
    /// Whether bytes are looked at one by one, because some only look like service characters.
    bytewise: bool,
    version: u8,
    finished: bool,
    broken: Option<Broken>,
}

/// Of bytes that were looked at one by one nothing was seen.
const UNSEEN: Beside = Beside { odd: true, breaks: true };

/// The largest piece that is copied in at once: bounds the buffer to this and one segment.
const PIECE: usize = 64 * 1024;

impl Tokenizer {
    /// Before the first byte.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::of(limits, None)
    }

    /// Before the first byte of an interchange whose text is in characters that two partners agreed on,
    /// whatever its UNB says: many label text wrongly, and some characters have no label.
    #[must_use]
    pub fn of(limits: Limits, agreed: Option<Charset>) -> Self {
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
            inline: None,
            number: 0,
            delimiters,
            advised: false,
            classes: Box::new(delimiters.classes()),
            charset: agreed.unwrap_or(Charset::Unknown),
            agreed,
            cursor: Cursor::new(Wanted::of(&delimiters), Usual::Printable, 0),
            beside: Beside::default(),
            bytewise: agreed.is_some_and(|charset| charset.hides(&delimiters)),
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
        self.cursor.restart(&self.delimiters, self.usual(), self.at);
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
                    (self.releases, self.inline) = (false, None);
                    self.cursor.begin(self.at);
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
                        self.phase = if self.inline.is_some() { Phase::ObjectEnd } else { Phase::Between };
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
                Phase::ObjectEnd => match self.buffer.get(self.start) {
                    Some(byte) if *byte == self.delimiters.terminator => {
                        self.start += 1;
                        self.at = self.start;
                        self.cursor.pass(self.at);
                        self.phase = Phase::Between;
                    }
                    Some(_) => return Err(BrokenKind::ObjectRunsOn),
                    None if self.finished => return Err(BrokenKind::CutInObject),
                    None => return Ok(Step::More),
                },
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

    /// The bytes that are usual in its characters.
    fn usual(&self) -> Usual {
        match self.charset {
            Charset::LevelA => Usual::LevelA,
            Charset::LevelB => Usual::LevelB,
            _ => Usual::Printable,
        }
    }

    fn take_delimiters(&mut self, delimiters: Delimiters) {
        self.delimiters = delimiters;
        // What separates repetitions is known once UNB tells the syntax version.
        *self.classes = Delimiters { repetition: None, ..delimiters }.classes();
        self.bytewise = self.charset.hides(&delimiters);
        self.cursor.restart(&delimiters, self.usual(), self.at);
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
                    if self.marks.len() == 2
                        && self.charset == Charset::EucKr
                        && let Some(length) = self.object_length(at)
                    {
                        // The delimiter before the object is none of its segment's.
                        self.marks.pop();
                        self.inline = Some(length);
                        break true;
                    }
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
        self.beside = if self.bytewise { UNSEEN } else { self.cursor.beside() };
        let (from, offset) = (self.start, self.base + self.start as u64);
        (self.start, self.at) = (end + 1, end + 1);
        self.phase = Phase::Between;
        if let Some(length) = self.inline {
            self.object_left = length;
            self.phase = Phase::Object;
        } else if self.buffer.get(from) == Some(&b'U') {
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
            beside: self.beside,
            inline: self.inline,
            offset,
            number: self.number,
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
