//! What an agreement says of answers: which answer a message waits for, for how long, and how often it is
//! sent again; and whether what crosses is for real or a test. Both parties sign it, so that neither can say
//! later that nobody was waiting, or that it only meant to try.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use corridor_base::Problem;
use serde::{Deserialize, Serialize};

use crate::statement::refuse;

/// The most expectations of one agreement.
pub const MAX_EXPECTATIONS: usize = 50;
/// The longest that an answer may be waited for, in seconds: 31 days.
pub const MAX_WITHIN: u32 = 31 * 86_400;
/// The most times that a message is sent again.
pub const MAX_RESEND: u32 = 10;

/// The type of a message, as UN/EDIFACT names it (0065): `CUSCAR`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageType(String);

impl MessageType {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageType {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let valid = (1..=6).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(refuse("message type", "1 to 6 capital letters or digits expected, as in CUSCAR"))
        }
    }
}

impl TryFrom<String> for MessageType {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<MessageType> for String {
    fn from(message: MessageType) -> Self {
        message.0
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An answer that whoever sends a message waits for. Read and written as `CUSCAR:CUSRES:2h:resend=1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The message that is sent.
    pub message: MessageType,
    /// The message that answers it; `CONTRL` answers the interchange it is in.
    pub answer: MessageType,
    /// Within how many seconds after the partner has acknowledged the document, at most [`MAX_WITHIN`].
    pub within: u32,
    /// How often the document is sent again when nothing came, each time for as long, at most [`MAX_RESEND`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resend: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Expectation {
    /// How long the answer may take.
    #[must_use]
    pub fn within(&self) -> Duration {
        Duration::from_secs(self.within.into())
    }

    /// What its type alone cannot say.
    ///
    /// # Errors
    /// `malformed`, naming the field.
    pub fn check(&self) -> Result<(), Problem> {
        if self.message.as_str() == "CONTRL" {
            return Err(refuse("agreement: expects", "nothing answers a CONTRL"));
        }
        if !(1..=MAX_WITHIN).contains(&self.within) {
            return Err(refuse("agreement: expects", "within 1 second to 31 days expected"));
        }
        if self.resend > MAX_RESEND {
            return Err(refuse("agreement: expects", "at most 10 times again expected"));
        }
        Ok(())
    }
}

/// What becomes of a code that the directory's list does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codes {
    /// It is told to the recipient's own people; the message stands.
    #[default]
    Warn,
    /// It is answered like any other error of the content.
    Refuse,
}

impl Codes {
    fn is_warn(&self) -> bool {
        *self == Self::Warn
    }
}

/// Messages whose content is judged apart from their syntax: what breaks a rule of the partner guide or a code
/// list does not make CONTRL refuse the message, and is answered by APERAK. Read and written as `CUSCAR`, or
/// `CUSCAR:codes` when codes that the directory does not have are errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentTerm {
    /// The message.
    pub message: MessageType,
    /// What becomes of a code that the directory's list does not have.
    #[serde(default, skip_serializing_if = "Codes::is_warn")]
    pub codes: Codes,
}

impl FromStr for ContentTerm {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (message, codes) = match text.split_once(':') {
            None => (text, Codes::Warn),
            Some((message, "codes")) => (message, Codes::Refuse),
            Some(_) => return Err(refuse("content term", "MESSAGE[:codes] expected, as in CUSCAR:codes")),
        };
        Ok(Self { message: message.parse()?, codes })
    }
}

impl fmt::Display for ContentTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.codes {
            Codes::Warn => write!(f, "{}", self.message),
            Codes::Refuse => write!(f, "{}:codes", self.message),
        }
    }
}

/// What a flow under an agreement is for, and what becomes of the interchanges in it that say that they are
/// tests (ISO 9735, 0035).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// The agreement does not say: each party sets for itself.
    #[default]
    Open,
    /// For real. A test is refused.
    Production,
    /// For real, and tests are taken in beside it and counted apart.
    Both,
    /// Trying out: whatever crosses is a test, whether it says so or not.
    Test,
}

impl Flow {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Production, Self::Both, Self::Test];

    /// The word in agreements, JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Production => "production",
            Self::Both => "both",
            Self::Test => "test",
        }
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

impl FromStr for Flow {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|flow| flow.as_str() == text);
        found.ok_or_else(|| refuse("flow", "open, production, both or test expected"))
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the type of one content term cannot say: answers are not answered, and a message has one term.
pub(crate) fn check_content(all: &[ContentTerm]) -> Result<(), Problem> {
    if all.len() > MAX_EXPECTATIONS {
        return Err(refuse("agreement: aperak", "at most 50 messages expected"));
    }
    for (at, one) in all.iter().enumerate() {
        if matches!(one.message.as_str(), "CONTRL" | "APERAK") {
            return Err(refuse("agreement: aperak", "an answer is not answered"));
        }
        if all.iter().take(at).any(|other| other.message == one.message) {
            return Err(refuse("agreement: aperak", "the same message twice"));
        }
    }
    Ok(())
}

/// What the type of one expectation cannot say of several.
pub(crate) fn check_all(all: &[Expectation]) -> Result<(), Problem> {
    if all.len() > MAX_EXPECTATIONS {
        return Err(refuse("agreement: expects", "at most 50 expectations expected"));
    }
    for (at, one) in all.iter().enumerate() {
        one.check()?;
        let same = |other: &Expectation| other.message == one.message && other.answer == one.answer;
        if all.iter().take(at).any(same) {
            return Err(refuse("agreement: expects", "the same answer to the same message twice"));
        }
    }
    Ok(())
}

/// The units that a time is written in, the longest first.
const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

impl FromStr for Expectation {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let wrong = || {
            refuse("expectation", "MESSAGE:ANSWER:TIME[:resend=N] expected, as in CUSCAR:CUSRES:2h:resend=1")
        };
        let mut parts = text.split(':');
        let (message, answer) = (parts.next().ok_or_else(wrong)?, parts.next().ok_or_else(wrong)?);
        let within = parts.next().and_then(seconds).ok_or_else(wrong)?;
        let resend = match parts.next() {
            None => 0,
            Some(part) => part.strip_prefix("resend=").and_then(digits).ok_or_else(wrong)?,
        };
        if parts.next().is_some() {
            return Err(wrong());
        }
        let this = Self { message: message.parse()?, answer: answer.parse()?, within, resend };
        this.check()?;
        Ok(this)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().find(|(_, length)| self.within.is_multiple_of(*length));
        let (unit, length) = unit.copied().unwrap_or(('s', 1));
        write!(f, "{}:{}:{}{unit}", self.message, self.answer, self.within / length)?;
        match self.resend {
            0 => Ok(()),
            times => write!(f, ":resend={times}"),
        }
    }
}

/// `2h` as seconds.
fn seconds(text: &str) -> Option<u32> {
    let (unit, length) = UNITS.iter().find(|(unit, _)| text.ends_with(*unit))?;
    digits(text.strip_suffix(*unit)?)?.checked_mul(*length)
}

/// A number in its one spelling.
fn digits(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn expectations_are_read_and_written() {
        let check = |text: &str, expect: Option<(u32, u32)>| {
            let read = text.parse::<Expectation>().ok();
            assert_eq!(read.as_ref().map(|e| (e.within, e.resend)), expect, "{text}");
        };
        check("CUSCAR:CUSRES:2h:resend=1", Some((7200, 1)));
        check("ORDERS:ORDRSP:3d", Some((259_200, 0)));
        check("CUSCAR:CONTRL:90s", Some((90, 0)));
        check("CUSCAR:CONTRL:10m:resend=10", Some((600, 10)));
        check("CUSCAR:CONTRL:31d", Some((MAX_WITHIN, 0)));
        for wrong in [
            "",
            "CUSCAR",
            "CUSCAR:CUSRES",
            "CUSCAR:CUSRES:2",
            "CUSCAR:CUSRES:h",
            "CUSCAR:CUSRES:0s",
            "CUSCAR:CUSRES:-1h",
            "CUSCAR:CUSRES:02h",
            "CUSCAR:CUSRES:32d",
            "CUSCAR:CUSRES:99999999999d",
            "CUSCAR:CUSRES:2h:resend=11",
            "CUSCAR:CUSRES:2h:again=1",
            "CUSCAR:CUSRES:2h:resend=1:x",
            "cuscar:CUSRES:2h",
            "TOOLONG:CUSRES:2h",
            "CONTRL:CONTRL:2h",
            "CUSCAR::2h",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn the_same_answer_is_expected_once() {
        let one: Expectation = "CUSCAR:CUSRES:2h".parse().unwrap();
        let other: Expectation = "CUSCAR:CONTRL:2h".parse().unwrap();
        assert!(check_all(&[one.clone(), other]).is_ok());
        assert!(check_all(&[one.clone(), Expectation { within: 1, ..one.clone() }]).is_err());
        let many = |n: usize| -> Vec<Expectation> {
            let of = |at: usize| format!("M{at}:CUSRES:2h").parse().unwrap();
            (0..n).map(of).collect()
        };
        assert!(check_all(&many(MAX_EXPECTATIONS)).is_ok());
        assert!(check_all(&many(MAX_EXPECTATIONS + 1)).is_err());
    }

    #[test]
    fn content_terms_are_read_and_written() {
        let check = |text: &str, expect: bool| {
            let read = text.parse::<ContentTerm>();
            assert_eq!(read.as_ref().is_ok_and(|term| term.to_string() == text), expect, "{text}");
        };
        check("CUSCAR", true);
        check("CUSCAR:codes", true);
        for wrong in ["", "cuscar", "CUSCAR:", "CUSCAR:code", "CUSCAR:codes:codes"] {
            check(wrong, false);
        }
        let all = |texts: &[&str]| {
            let terms: Vec<ContentTerm> = texts.iter().map(|t| t.parse().unwrap()).collect();
            check_content(&terms).is_ok()
        };
        assert!(all(&["CUSCAR", "CUSDEC:codes"]));
        assert!(!all(&["CUSCAR", "CUSCAR:codes"]));
        assert!(!all(&["APERAK"]) && !all(&["CONTRL"]));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            message in "[A-Z][A-Z0-9]{0,5}", answer in "[A-Z][A-Z0-9]{0,5}",
            within in 1..=MAX_WITHIN, resend in 0..=MAX_RESEND,
        ) {
            prop_assume!(message != "CONTRL");
            let (message, answer) = (message.parse().unwrap(), answer.parse().unwrap());
            let expectation = Expectation { message, answer, within, resend };
            prop_assert_eq!(expectation.to_string().parse::<Expectation>().unwrap(), expectation.clone());
            let json = serde_json::to_string(&expectation).unwrap();
            prop_assert_eq!(serde_json::from_str::<Expectation>(&json).unwrap(), expectation);
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
            let _ = text.parse::<Expectation>();
        }
    }
}
