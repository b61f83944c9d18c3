//! What can be wrong with an interchange: the code of ISO 9735-10 data element 0085 that CONTRL
//! carries, where it is, and plain words for it.
//!
//! Codes and their sense follow the Joint Syntax Working Group's service code list for syntax 4
//! (0085, <https://service.gefeg.com/jwg1/Current/cl/cl15.htm>); the words are our own.

use std::fmt;

use corridor_base::Lang;
use serde::{Serialize, Serializer};

/// A syntax error by its code (data element 0085). Codes that a partner sends and we do not know
/// are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultCode(pub u16);

impl FaultCode {
    /// Syntax version or level not supported.
    pub const SYNTAX_NOT_SUPPORTED: Self = Self(2);
    /// The interchange is addressed to someone else.
    pub const WRONG_RECIPIENT: Self = Self(7);
    /// Invalid value.
    pub const INVALID_VALUE: Self = Self(12);
    /// Something mandatory is missing.
    pub const MISSING: Self = Self(13);
    /// Not supported in this position.
    pub const NOT_HERE: Self = Self(15);
    /// Too many elements or components.
    pub const TOO_MANY_CONSTITUENTS: Self = Self(16);
    /// No agreement.
    pub const NO_AGREEMENT: Self = Self(17);
    /// Unspecified error.
    pub const UNSPECIFIED: Self = Self(18);
    /// A character that may not be a service character.
    pub const BAD_SERVICE_CHARACTER: Self = Self(20);
    /// Invalid characters.
    pub const INVALID_CHARACTER: Self = Self(21);
    /// Unknown interchange sender.
    pub const UNKNOWN_SENDER: Self = Self(23);
    /// Test indicator not supported.
    pub const TEST_NOT_SUPPORTED: Self = Self(25);
    /// Duplicate detected.
    pub const DUPLICATE: Self = Self(26);
    /// References do not match.
    pub const REFERENCES_DIFFER: Self = Self(28);
    /// The control count does not match what was received.
    pub const COUNT_DIFFERS: Self = Self(29);
    /// Groups and messages mixed at one level.
    pub const MIXED: Self = Self(30);
    /// More than one message type in a group.
    pub const TYPES_MIXED: Self = Self(31);
    /// Nothing at the level below.
    pub const EMPTY: Self = Self(32);
    /// A segment outside any message.
    pub const OUTSIDE_MESSAGE: Self = Self(33);
    /// The decimal mark is another one, or nothing follows it.
    pub const WRONG_DECIMAL: Self = Self(19);
    /// Too many repetitions of a segment or element.
    pub const TOO_MANY_REPETITIONS: Self = Self(35);
    /// Too many repetitions of a group of segments.
    pub const TOO_MANY_GROUPS: Self = Self(36);
    /// Letters where digits belong, or the other way round.
    pub const WRONG_CHARACTERS: Self = Self(37);
    /// No digit stands before the decimal mark.
    pub const NO_DIGIT_BEFORE_MARK: Self = Self(38);
    /// Data element too long.
    pub const TOO_LONG: Self = Self(39);
    /// Data element too short.
    pub const TOO_SHORT: Self = Self(40);
    /// Elements that depend on each other do not fit.
    pub const DEPENDENCY: Self = Self(48);

    /// The code of these bytes (an..3, digits in every list we know).
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let digits = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self)).flatten()
    }

    /// What the code says, in one language.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let key = format!("syntax-error-{}", self.0);
        let words = crate::messages();
        if words.has(lang, &key) {
            return words.text(lang, &key, &[]);
        }
        words.text(lang, "syntax-error-other", &[("code", &self.to_string())])
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for FaultCode {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u16(self.0)
    }
}

/// Whether a finding makes its level be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Told to people; the interchange is accepted.
    Warning,
    /// What the message says is refused, and not how it is written: for APERAK, not for CONTRL.
    Objection,
    /// The message, group or interchange is refused.
    Error,
}

/// What is refused because of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase", tag = "level", content = "index")]
pub enum Level {
    /// The whole interchange.
    Interchange,
    /// One group, counted from 1 in the interchange.
    Group(u64),
    /// One message, counted from 1 in the interchange.
    Message(u64),
    /// One package (UNO to UNP), counted from 1 in the interchange.
    Package(u64),
}

/// Where something is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Bytes before it, from the start of the interchange.
    pub offset: u64,
    /// The segment, counted from 1 in the interchange, UNA not counted; 0 when there is none.
    pub segment: u64,
    /// The segment, counted from 1 in its message (UNH is 1); 0 outside messages.
    pub in_message: u64,
    /// The tag of the segment.
    pub tag: String,
    /// The element, counted from 1 after the tag; 0 for the segment as a whole. CONTRL counts the
    /// tag as 1 (ISO 9735-4, 0098), which is one more.
    pub element: u32,
    /// The component, counted from 1; 0 for the element as a whole.
    pub component: u32,
    /// The groups of segments around it, outermost first: `SG7/SG8`. Known when a directory was asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}

/// One thing found while reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The code CONTRL would carry.
    pub code: FaultCode,
    /// Whether it refuses its level.
    pub severity: Severity,
    /// What it refuses.
    #[serde(flatten)]
    pub level: Level,
    /// Where it is.
    pub place: Place,
    /// What should have stood there, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What stands there. It may be personal data: for the parties, not for logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl Finding {
    /// One line for people: what, where, expected and found.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let words = crate::messages();
        let level = match self.level {
            Level::Interchange => words.text(lang, "level-interchange", &[]),
            Level::Group(n) => words.text(lang, "level-group", &[("number", &n.to_string())]),
            Level::Message(n) => words.text(lang, "level-message", &[("number", &n.to_string())]),
            Level::Package(n) => words.text(lang, "level-package", &[("number", &n.to_string())]),
        };
        let mut line = words.text(
            lang,
            "finding",
            &[("code", &self.code.to_string()), ("what", &self.code.text(lang)), ("level", &level)],
        );
        line = format!("{line} ({})", self.place.describe(lang));
        if let (Some(expected), Some(found)) = (&self.expected, &self.found) {
            let args = [("expected", expected.as_str()), ("found", found.as_str())];
            line.push_str(&words.text(lang, "finding-differs", &args));
        } else if let Some(expected) = &self.expected {
            line.push_str(&words.text(lang, "finding-expected", &[("expected", expected)]));
        } else if let Some(found) = &self.found {
            line.push_str(&words.text(lang, "finding-found", &[("found", found)]));
        }
        line
    }
}

impl Place {
    /// `segment 4 (UNT) of the message, element 1, component 2, byte 90` in one language.
    #[must_use]
    pub fn describe(&self, lang: Lang) -> String {
        let words = crate::messages();
        let say = |key: &str, number: u64| {
            words.text(lang, key, &[("number", &number.to_string()), ("tag", &self.tag)])
        };
        let mut parts = Vec::new();
        if self.in_message > 0 {
            parts.push(say("place-segment-in-message", self.in_message));
        } else if self.segment > 0 {
            parts.push(say("place-segment", self.segment));
        }
        if !self.group.is_empty() {
            parts.push(words.text(lang, "place-group", &[("group", &self.group)]));
        }
        if self.element > 0 {
            parts.push(say("place-element", self.element.into()));
        }
        if self.component > 0 {
            parts.push(say("place-component", self.component.into()));
        }
        parts.push(say("place-byte", self.offset));
        parts.join(lang.comma())
    }
}
