//! What a directory says, as values: messages, segments, composites, elements, codes. Names in it are
//! the directory's own and are shown to whoever loaded it; none of them is part of this program.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// The tag of a segment.
pub type Tag = [u8; 3];

/// A tag as text.
#[must_use]
pub fn shown(tag: &Tag) -> String {
    String::from_utf8_lossy(tag).into_owned()
}

/// Which characters a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `a`: letters.
    Alphabetic,
    /// `n`: digits, a decimal mark, a minus sign.
    Numeric,
    /// `an`: any.
    Alphanumeric,
}

/// How a value is written: `an..35`, `n6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Representation {
    /// Which characters.
    pub kind: Kind,
    /// Whether shorter values are allowed.
    pub variable: bool,
    /// How many characters at most.
    pub length: u16,
}

impl Representation {
    /// `an..35`, `a3`, `n..15`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let before = text.strip_suffix(digits)?;
        let (kind, variable) = match before.strip_suffix("..") {
            Some(kind) => (kind, true),
            None => (before, false),
        };
        let kind = match kind {
            "a" => Kind::Alphabetic,
            "n" => Kind::Numeric,
            "an" => Kind::Alphanumeric,
            _ => return None,
        };
        let length = digits.parse().ok().filter(|length| *length > 0)?;
        Some(Self { kind, variable, length })
    }
}

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Alphabetic => "a",
            Kind::Numeric => "n",
            Kind::Alphanumeric => "an",
        };
        write!(f, "{kind}{}{}", if self.variable { ".." } else { "" }, self.length)
    }
}

impl Serialize for Representation {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A component of a composite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Component {
    /// The data element, `3225`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it must be there when the composite is.
    pub mandatory: bool,
    /// How it is written.
    pub representation: Representation,
}

/// What an element of a segment holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// One value.
    Simple(Representation),
    /// Components.
    Composite(Vec<Component>),
}

/// An element of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Element {
    /// The position the directory gives it, `010`.
    pub position: u16,
    /// The data element or composite, `C517`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it must be there.
    pub mandatory: bool,
    /// How often it may stand.
    pub repeat: u32,
    /// What it holds.
    pub content: Content,
}

/// A dependency note (ISO 9735-1, syntax 4, 11.5): `D5(040,030)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// 1 to 7.
    pub kind: u8,
    /// The elements it speaks of, counted from 1, in its order.
    pub elements: Vec<u32>,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SegmentSpec {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub function: String,
    /// Its elements.
    pub elements: Vec<Element>,
    /// Which of them depend on each other.
    pub dependencies: Vec<Dependency>,
}

/// A composite, as its own directory has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompositeSpec {
    /// Its name.
    pub name: String,
    /// Its components.
    pub components: Vec<Component>,
}

/// A data element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ElementSpec {
    /// Its name.
    pub name: String,
    /// How it is written.
    pub representation: Representation,
}

/// A place in a message: a segment or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A segment with this tag.
    #[serde(serialize_with = "tag_text")]
    Segment(Tag),
    /// A group with this number.
    Group(u16),
}

fn tag_text<S: Serializer>(tag: &Tag, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&shown(tag))
}

/// One row of a segment table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The position the directory gives it, `0060`.
    pub position: u32,
    /// What stands there.
    pub what: What,
    /// Whether it must stand there.
    pub mandatory: bool,
    /// How often it may.
    pub repeat: u32,
    /// In how many groups it is.
    pub depth: u16,
    /// The row after it and all that is in it.
    pub end: usize,
}

/// A message: the rows of its segment table, each group followed by what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageSpec {
    /// Its type, `CUSCAR`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The rows.
    pub nodes: Vec<Node>,
}

/// A directory: everything one zip says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Directory {
    /// The version, `D`.
    pub version: String,
    /// The release, `08A`.
    pub release: String,
    /// Its messages by type.
    pub messages: BTreeMap<String, MessageSpec>,
    /// Its segments by tag.
    pub segments: BTreeMap<String, SegmentSpec>,
    /// Its composites by code.
    pub composites: BTreeMap<String, CompositeSpec>,
    /// Its data elements by code.
    pub elements: BTreeMap<String, ElementSpec>,
    /// Its code lists by data element: code and name, sorted.
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
    /// What is odd in it and was read in the way that seemed meant.
    pub oddities: Vec<String>,
}

impl Directory {
    /// `D.08A`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.version, self.release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn representations() {
        let check = |text: &str, expect: bool| {
            let parsed = Representation::parse(text);
            assert_eq!(parsed.map(|r| r.to_string()), expect.then(|| text.to_owned()), "{text}");
        };
        for good in ["an..35", "a3", "n..15", "n6", "an1"] {
            check(good, true);
        }
        for bad in ["", "an", "35", "x..3", "an..", "an..0", "an.35", "an..99999"] {
            check(bad, false);
        }
    }
}
