//! A place in a segment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An element and a component, both counted from 1: `2.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The element.
    pub element: u32,
    /// The component.
    pub component: u32,
}

impl Slot {
    /// Where most segments say what they are about. Codes of a field there tell the segment from others.
    pub const QUALIFIER: Self = Self { element: 1, component: 1 };
}

impl FromStr for Slot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text}: an element and a component expected, 2.1");
        let (element, component) = text.split_once('.').ok_or_else(refuse)?;
        let number =
            |text: &str| text.parse::<u32>().ok().filter(|n| (1..=99).contains(n)).ok_or_else(refuse);
        Ok(Self { element: number(element)?, component: number(component)? })
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.element, self.component)
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
