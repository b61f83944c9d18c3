//! A short piece of an interchange, as bytes and as text.

use serde::{Serialize, Serializer};

use super::Charset;

/// A short piece of an interchange that is kept: the very bytes (release characters resolved), and
/// the text people read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    bytes: Vec<u8>,
    /// Where it is other than the bytes.
    text: Option<Box<str>>,
}

impl Value {
    /// The longest value kept; everything that has to be compared is far shorter.
    pub const LONGEST: usize = 512;

    /// These bytes, cut at [`Value::LONGEST`].
    #[must_use]
    pub fn new(bytes: &[u8], charset: Charset) -> Self {
        let kept = bytes.get(..Self::LONGEST).unwrap_or(bytes);
        let plain = kept.iter().all(|b| (0x20..0x7f).contains(b));
        Self { bytes: kept.to_vec(), text: (!plain).then(|| charset.text(kept).into_boxed_str()) }
    }

    /// ASCII text of our own.
    #[must_use]
    pub fn ascii(text: &str) -> Self {
        Self::new(text.as_bytes(), Charset::Ascii)
    }

    /// The bytes, release characters resolved.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text people read.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.text {
            Some(text) => text,
            None => std::str::from_utf8(&self.bytes).unwrap_or_default(),
        }
    }

    /// Whether nothing stands there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.text())
    }
}
