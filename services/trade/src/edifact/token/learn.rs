//! What service segments say about the bytes after them: characters, syntax version, and objects of
//! declared length.

use super::delimiters::ELEMENT;
use super::{Delimiters, Phase, Tokenizer, UNSEEN};
use crate::edifact::charset::Charset;

/// How an interchange of syntax 1 to 3 begins that keeps to level B to the letter: its separators are the
/// control characters IS 1, IS 3 and IS 4 (ISO 9735:1988, 5.2), and no UNA says so.
pub(super) const LEVEL_B_UNB: &[u8] = b"UNB\x1d";

impl Tokenizer {
    /// What a service segment says about the bytes after it.
    pub(super) fn learn(&mut self, from: usize, end: usize) {
        match self.segment(from, end, 0).tag().as_ref() {
            b"UNB" if self.number == 1 => self.learn_syntax(from, end),
            b"UNO" if self.version >= 4 => self.learn_object(from, end),
            _ => {}
        }
    }

    /// UNB names the characters and the syntax version, and with it what separates repetitions.
    fn learn_syntax(&mut self, from: usize, end: usize) {
        let first = self.segment(from, end, 0);
        let charset = self.agreed.unwrap_or_else(|| Charset::of(&first.value(1, 1)));
        let version = match first.value(1, 2).as_ref() {
            [digit] if digit.is_ascii_digit() => digit - b'0',
            _ => 0,
        };
        (self.charset, self.version) = (charset, version);
        if version < 4 {
            self.delimiters.repetition = None;
        } else if !self.advised && self.delimiters != Delimiters::LEVEL_B {
            self.delimiters = Delimiters::default_of(version);
        }
        *self.classes = self.delimiters.classes();
        self.bytewise = charset.hides(&self.delimiters);
        // What UNB itself holds was seen before its characters were known.
        self.beside = UNSEEN;
        self.cursor.restart(&self.delimiters, self.usual(), self.at);
    }

    /// UNO tells how many bytes of object follow it (ISO 9735-8, 0810).
    fn learn_object(&mut self, from: usize, end: usize) {
        if let Some(length) = number(&self.segment(from, end, 0).value(4, 1)) {
            self.object_left = length;
            self.phase = Phase::Object;
        }
    }

    /// The length of the object that begins after the second delimiter of a segment, which stands at `at`:
    /// `BIN+<length>+<bytes>`, as KTNET carries what is no EDIFACT in syntax 3 under KECA. No directory of
    /// the UN has a segment of that tag.
    #[cold]
    pub(super) fn object_length(&self, at: usize) -> Option<u64> {
        let elements = self.marks.iter().all(|mark| mark.class == ELEMENT);
        let until = self.segment(self.start, at, 0);
        if !elements || until.tag().as_ref() != b"BIN" { None } else { number(&until.value(1, 1)) }
    }
}

/// A whole number of at most 18 digits, as counts and lengths are written.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(value.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}
