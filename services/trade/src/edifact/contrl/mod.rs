//! CONTRL, the syntax and service report (ISO 9735-4): made for an interchange that was read, and
//! read back by the one who sent it.
//!
//! An interchange of syntax 1 to 3 is answered with `CONTRL:D:3:UN` in its own syntax version, one
//! of syntax 4 with `CONTRL:4:1:UN`. The segments used (UCI, UCF, UCM, UCS, UCD) have the same
//! layout in both as far as we fill them. The answer keeps the syntax identifier of the subject,
//! because it repeats the subject's identities byte for byte.
//!
//! What is reported: an error of the interchange refuses it (UCI 4, with the first such error);
//! otherwise the interchange is acknowledged (UCI 7) except the groups (UCF 4) and messages (UCM 4)
//! named. When there are more refused messages than can be named, the interchange is refused as a
//! whole (code 18): an acknowledgement by silence would be false. A CONTRL is never answered.

mod answer;
mod read;
mod told;

use corridor_base::Lang;
use serde::Serialize;

pub(super) use answer::write_unb;
pub use answer::{Answering, NoAnswer, answer};
pub use read::read_contrl;
pub use told::{Contrl, GroupAnswer, MessageAnswer, Reported, SegmentAnswer};

/// What an answer says of its subject (0083).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// 4: this level and all below are refused (6 in older lists).
    Rejected,
    /// 7: this level is acknowledged, and below all that is not refused (1, 2, 3, 5 in older lists).
    Acknowledged,
    /// 8: received; acceptance or refusal follows.
    Received,
}

impl Action {
    fn parse(value: &[u8]) -> Option<Self> {
        match value {
            b"4" | b"6" => Some(Self::Rejected),
            b"1" | b"2" | b"3" | b"5" | b"7" => Some(Self::Acknowledged),
            b"8" => Some(Self::Received),
            _ => None,
        }
    }

    fn code(self) -> &'static [u8] {
        match self {
            Self::Rejected => b"4",
            Self::Acknowledged => b"7",
            Self::Received => b"8",
        }
    }

    /// In one language.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let key = match self {
            Self::Rejected => "action-rejected",
            Self::Acknowledged => "action-acknowledged",
            Self::Received => "action-received",
        };
        crate::messages().text(lang, key, &[])
    }
}
