//! The numbers by which people find a transaction, taken out of an interchange while it is read: order,
//! booking, bill of lading, container, declaration, invoice. Pure.
//!
//! Which element holds which number follows the UN/EDIFACT directories (BGM 1004, RFF 1153/1154, DOC
//! 1001/1004, CNI 1490/1004, EQD 8053/8260); the qualifiers looked at are the same in D.96A to D.23A.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::edifact::token::Segment;
use crate::edifact::{MessageHeader, Position, Visit};

/// The most numbers of one interchange that are kept: a cargo report of a large ship names some thousand.
const KEPT: usize = 5_000;
/// The longest number kept, in characters (1154 is an..70 since D.04B).
const LONGEST: usize = 70;

/// What a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The message itself, by the number its sender gave it.
    Document,
    /// An order.
    Order,
    /// A booking.
    Booking,
    /// A bill of lading or waybill.
    BillOfLading,
    /// A container.
    Container,
    /// A customs declaration.
    Declaration,
    /// An invoice.
    Invoice,
    /// A message that this one answers or goes on from.
    Previous,
}

impl Role {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Document,
        Self::Order,
        Self::Booking,
        Self::BillOfLading,
        Self::Container,
        Self::Declaration,
        Self::Invoice,
        Self::Previous,
    ];

    /// The word in tables, JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Order => "order",
            Self::Booking => "booking",
            Self::BillOfLading => "bill-of-lading",
            Self::Container => "container",
            Self::Declaration => "declaration",
            Self::Invoice => "invoice",
            Self::Previous => "previous",
        }
    }

    /// The role of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == word)
    }

    /// What a message of this kind is known by.
    pub(crate) fn of_message(kind: &[u8]) -> Self {
        match kind {
            b"ORDERS" => Self::Order,
            b"INVOIC" => Self::Invoice,
            b"CUSDEC" => Self::Declaration,
            _ => Self::Document,
        }
    }

    /// A reference qualifier (1153).
    fn of_qualifier(code: &[u8]) -> Option<Self> {
        Some(match code {
            b"ON" | b"VN" | b"OP" => Self::Order,
            b"BN" => Self::Booking,
            b"BM" | b"MB" | b"BH" | b"HWB" | b"MWB" | b"AWB" | b"AAM" => Self::BillOfLading,
            b"EQ" => Self::Container,
            b"ABT" | b"ABE" | b"AAE" => Self::Declaration,
            b"IV" => Self::Invoice,
            b"ACW" => Self::Previous,
            _ => return None,
        })
    }

    /// A document name code (1001).
    fn of_document(code: &[u8]) -> Option<Self> {
        Some(match code {
            b"220" | b"221" | b"105" => Self::Order,
            b"335" => Self::Booking,
            b"703" | b"704" | b"705" | b"714" | b"740" | b"741" => Self::BillOfLading,
            b"830" | b"929" | b"952" => Self::Declaration,
            b"325" | b"380" => Self::Invoice,
            _ => return None,
        })
    }
}

/// A number that a message names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Reference {
    /// In which message, counted from 1 in the interchange.
    pub message: u64,
    /// What it is of.
    pub role: Role,
    /// Whether it is the message's own number (BGM).
    pub own: bool,
    /// The number, without spaces around it.
    pub number: String,
}

/// Takes the numbers out of an interchange while it is read.
#[derive(Debug, Default)]
pub struct References {
    found: HashSet<Reference>,
    left_out: u64,
}

impl References {
    /// What was found, in order, and how many were not kept.
    #[must_use]
    pub fn into_found(self) -> (Vec<Reference>, u64) {
        let mut found: Vec<Reference> = self.found.into_iter().collect();
        found.sort();
        (found, self.left_out)
    }

    fn add(&mut self, message: &MessageHeader, role: Role, own: bool, segment: &Segment<'_>, at: (u32, u32)) {
        let text = segment.charset().text(&segment.value(at.0, at.1));
        let number = text.trim();
        if number.is_empty() || number.chars().count() > LONGEST || number.chars().any(char::is_control) {
            return;
        }
        let reference = Reference { message: message.index, role, own, number: number.to_owned() };
        if self.found.contains(&reference) {
            return;
        }
        if self.found.len() >= KEPT {
            self.left_out += 1;
            return;
        }
        self.found.insert(reference);
    }
}

impl Visit for References {
    fn segment(&mut self, at: &Position<'_>, s: &Segment<'_>) {
        let Some(message) = at.message.filter(|m| m.kind.bytes() != b"CONTRL") else { return };
        match s.tag().as_ref() {
            b"BGM" => self.add(message, Role::of_message(message.kind.bytes()), true, s, (2, 1)),
            b"RFF" => {
                if let Some(role) = Role::of_qualifier(&s.value(1, 1)) {
                    self.add(message, role, false, s, (1, 2));
                }
            }
            b"DOC" => {
                if let Some(role) = Role::of_document(&s.value(1, 1)) {
                    self.add(message, role, false, s, (2, 1));
                }
            }
            b"CNI" => self.add(message, Role::BillOfLading, false, s, (2, 1)),
            b"EQD" if s.value(1, 1).as_ref() == b"CN" => self.add(message, Role::Container, false, s, (2, 1)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edifact::{Options, read};

    fn check(interchange: &[u8], expect: &[(&str, bool, &str)]) {
        let mut references = References::default();
        read(&mut &*interchange, Options::default(), &mut references).unwrap();
        let (found, left_out) = references.into_found();
        let found: Vec<_> = found.iter().map(|r| (r.role.as_str(), r.own, r.number.as_str())).collect();
        assert_eq!((found.as_slice(), left_out), (expect, 0));
    }

    fn message(kind: &str, body: &str) -> Vec<u8> {
        let count = body.matches('\'').count() + 2;
        format!("UNB+UNOC:3+A+B+261122:0930+7'UNH+1+{kind}:D:08A:UN'{body}UNT+{count}+1'UNZ+1+7'")
            .into_bytes()
    }

    #[test]
    fn numbers_are_found_where_they_stand() {
        check(&message("ORDERS", "BGM+220+PO-7+9'"), &[("order", true, "PO-7")]);
        check(
            &message("CUSDEC", "BGM+929+D1+9'RFF+IV: I 7 'RFF+ZZ:X'DOC+705+BL1'EQD+CN+KMTU1'EQD+TE+T1'"),
            &[
                ("bill-of-lading", false, "BL1"),
                ("container", false, "KMTU1"),
                ("declaration", true, "D1"),
                ("invoice", false, "I 7"),
            ],
        );
        check(
            &message("CUSRES", "BGM+962+R1+9'RFF+ACW:D1'RFF+ABT:'"),
            &[("document", true, "R1"), ("previous", false, "D1")],
        );
        check(&message("CONTRL", "UCI+X+A+B+7'RFF+ON:1'"), &[]);
        check(&message("ORDERS", &format!("BGM+220+{}+9'", "9".repeat(71))), &[]);
    }

    #[test]
    fn the_same_number_is_kept_once() {
        check(
            &message("ORDRSP", "BGM+231+R+9'RFF+ON:1'RFF+ON:1'"),
            &[("document", true, "R"), ("order", false, "1")],
        );
    }

    #[test]
    fn words_come_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
        assert_eq!(Role::parse("nonsense"), None);
    }
}
