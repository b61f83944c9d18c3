//! An interchange taken apart into segments whose bytes stay as they were: only what is set anew is written anew,
//! in the service characters and with the characters it had.

use std::borrow::Cow;

use corridor_base::Result;

use super::text::{advised, encode, refuse};
use crate::edifact::{Charset, Delimiters, Options, Position, Segment, Visit, Writer, read};

/// Elements, their repetitions, their components, as they are meant.
type Values = Vec<Vec<Vec<Vec<u8>>>>;

/// One segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub(super) tag: String,
    /// Its bytes without what ends it; nothing once a value was set.
    raw: Option<Vec<u8>>,
    /// Of service segments, BGM, and those that are put elsewhere.
    values: Values,
    /// Whether an object of declared length is its last element.
    inline: bool,
    /// The object that follows it.
    object: Vec<u8>,
}

/// The segments of an interchange.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    una: Option<[u8; 9]>,
    delimiters: Delimiters,
    charset: Charset,
    pub(super) all: Vec<Piece>,
}

struct Taking {
    pieces: Pieces,
    /// Whether the values of all segments are taken.
    whole: bool,
}

impl Visit for Taking {
    fn segment(&mut self, _: &Position<'_>, segment: &Segment<'_>) {
        let tag = String::from_utf8_lossy(&segment.tag()).into_owned();
        (self.pieces.delimiters, self.pieces.charset) = (*segment.delimiters(), segment.charset());
        let taken = self.whole || tag.starts_with("UN") || tag == "BGM";
        let values = if taken { segment.nested(|part| part.value().into_owned()) } else { Values::new() };
        let (raw, inline) = (Some(segment.raw().to_vec()), segment.inline.is_some());
        self.pieces.all.push(Piece { tag, raw, values, inline, object: Vec::new() });
    }

    fn object(&mut self, bytes: &[u8], _: u64) {
        if let Some(piece) = self.pieces.all.last_mut() {
            piece.object.extend_from_slice(bytes);
        }
    }
}

impl Piece {
    /// A value, in its first repetition; empty when it is not there. Both are counted from 1.
    pub(super) fn value(&self, element: usize, component: usize) -> &[u8] {
        let found = self.values.get(element - 1).and_then(|e| e.first()).and_then(|r| r.get(component - 1));
        found.map_or(&[], Vec::as_slice)
    }

    /// Puts a value in its place, both counted from 1.
    pub(super) fn set(&mut self, element: usize, component: usize, value: &[u8]) {
        if self.value(element, component) == value {
            return;
        }
        self.raw = None;
        if self.values.len() < element {
            self.values.resize(element, vec![vec![Vec::new()]]);
        }
        let Some(found) = self.values.get_mut(element - 1) else { return };
        if found.is_empty() {
            found.push(Vec::new());
        }
        let Some(components) = found.first_mut() else { return };
        if components.len() < component {
            components.resize(component, Vec::new());
        }
        if let Some(place) = components.get_mut(component - 1) {
            *place = value.to_vec();
        }
    }
}

impl Pieces {
    /// The segments of a text.
    ///
    /// # Errors
    /// `malformed`, `too-large`.
    pub(super) fn of_text(text: &str, options: Options) -> Result<Self> {
        Ok(Self::of_bytes(&encode(text, options)?, options, false))
    }

    /// The segments of an interchange; `whole` when they are to be put elsewhere.
    pub(super) fn of_bytes(bytes: &[u8], options: Options, whole: bool) -> Self {
        let delimiters = advised(bytes);
        let pieces = Self {
            una: delimiters.and_then(|_| bytes.trim_ascii_start().first_chunk::<9>().copied()),
            delimiters: delimiters.unwrap_or_else(|| Delimiters::default_of(3)),
            charset: Charset::Unknown,
            all: Vec::new(),
        };
        let mut taking = Taking { pieces, whole };
        // Reading from memory does not fail.
        let _ = read(&mut &*bytes, options, &mut taking);
        taking.pieces
    }

    /// A value as people read it.
    pub(super) fn text(&self, bytes: &[u8]) -> String {
        self.charset.text(bytes)
    }

    /// A segment of another interchange as it stands in this one.
    ///
    /// # Errors
    /// `malformed`: characters or separators that this one does not have.
    pub(super) fn adopt(&self, other: &Self, piece: &Piece) -> Result<Piece> {
        let own = |value: &Vec<u8>| {
            let bytes = self.charset.exact_bytes(&other.charset.exact_text(value));
            let bytes = bytes.ok_or_else(|| refuse("characters that the interchange does not have"))?;
            let d = self.delimiters;
            let serves =
                |b: &u8| [d.component, d.element, d.terminator].contains(b) || d.repetition == Some(*b);
            if d.release.is_none() && bytes.iter().any(serves) {
                return Err(refuse("a service character, and no release character"));
            }
            Ok(bytes)
        };
        let values = piece.values.iter().map(|element| {
            if element.len() > 1 && self.delimiters.repetition.is_none() {
                return Err(refuse("repetitions need syntax 4"));
            }
            element.iter().map(|repetition| repetition.iter().map(own).collect()).collect()
        });
        Ok(Piece { raw: None, values: values.collect::<Result<_>>()?, ..piece.clone() })
    }

    /// The interchange.
    ///
    /// # Errors
    /// `malformed`: what cannot be written.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.extend(self.una.iter().flatten());
        for piece in &self.all {
            match &piece.raw {
                Some(raw) => bytes.extend_from_slice(raw),
                None => {
                    let mut writer = Writer::as_read(self.delimiters, self.charset);
                    let value = |value| Ok(Cow::Borrowed(Vec::as_slice(value)));
                    writer.values(&piece.tag, &piece.values, value).map_err(|why| refuse(&why))?;
                    bytes.extend(writer.into_bytes());
                }
            }
            let (element, terminator) = (self.delimiters.element, self.delimiters.terminator);
            if piece.inline {
                bytes.push(element);
                bytes.extend_from_slice(&piece.object);
                bytes.push(terminator);
            } else {
                bytes.push(terminator);
                bytes.extend_from_slice(&piece.object);
            }
        }
        Ok(bytes)
    }
}
