//! A case of the customs desk, what it hit and what was decided of it: as people and programs are shown them.

use std::fmt;
use std::str::FromStr;

use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::Scope;
use corridor_storage::Row;
use serde::{Serialize, Serializer};

use super::risk::Action;
use super::state::{Decision, Lane, State};

/// A case: a message of a document. `ENVELOPE`, or `ENVELOPE.N` for another than its first message; message 0
/// stands for all of a document that could not be judged message by message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseId {
    /// The document.
    pub envelope: EnvelopeId,
    /// The message, counted from 1.
    pub message: u64,
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message {
            1 => write!(f, "{}", self.envelope),
            other => write!(f, "{}.{other}", self.envelope),
        }
    }
}

impl FromStr for CaseId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let (envelope, message) = text.split_once('.').unwrap_or((text, "1"));
        let refuse = || Problem::new(ErrorCode::Malformed).with("what", "case").with("why", text);
        let digits = (1..=10).contains(&message.len()) && message.bytes().all(|b| b.is_ascii_digit());
        let message = message.parse().ok().filter(|_| digits).ok_or_else(refuse)?;
        Ok(Self { envelope: envelope.parse()?, message })
    }
}

impl Serialize for CaseId {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A case in the books.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Which.
    pub id: CaseId,
    /// The document that it is a message of.
    pub envelope: EnvelopeId,
    /// Who sent it.
    pub partner: Did,
    /// `CUSCAR`, `CUSREP` or `CUSDEC`.
    pub kind: String,
    /// Its number; empty when it is about persons.
    pub number: String,
    /// Its function (1225), in the word of the mapping: `original`, `replacement`.
    pub function: String,
    /// The port or customs office.
    pub port: String,
    /// The importer or consignee.
    pub party: String,
    /// How it stands.
    pub state: State,
    /// Where the rules send it.
    pub lane: Lane,
    /// Whether it is a test (UNB 0035).
    pub test: bool,
    /// How many decisions there are.
    pub decisions: u64,
    /// When it came.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// A rule that a case hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The rule.
    pub rule: String,
    /// In which version; 0 for what no rule says.
    pub version: u32,
    /// What it asks for.
    pub action: Action,
    /// What it is called, in each language.
    pub title: std::collections::BTreeMap<String, String>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// What was decided.
    pub decision: Decision,
    /// The reason, in a code.
    pub code: String,
    /// The reason, in words; empty when the case is about persons.
    pub reason: String,
    /// The field that is wrong, when one was named: `items.2.hs`.
    pub field: String,
    /// The segment that it stands in, with its position in the message: `CST 12`.
    pub segment: String,
    /// Who decided: an account, a token, or a rule.
    pub by: String,
    /// The envelope of the CUSRES.
    pub answer: EnvelopeId,
    /// When.
    pub time: Timestamp,
}

/// Which cases to list.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// Only in this state.
    pub state: Option<State>,
    /// Only where the rules sent it there.
    pub lane: Option<Lane>,
    /// Only of this partner.
    pub partner: Option<Did>,
    /// Only at this port or office.
    pub port: String,
    /// Only those that came before this one.
    pub before: Option<CaseId>,
    /// How many.
    pub limit: u64,
    /// Only what is the business of whoever asks.
    pub scope: Scope,
}

impl Case {
    /// By the columns that the books of cases ask for.
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        let envelope: EnvelopeId = row.parse(0)?;
        let count = |at: usize| -> Result<u64> { Ok(u64::try_from(row.int(at)?).unwrap_or(0)) };
        Ok(Self {
            id: CaseId { envelope, message: count(1)? },
            envelope,
            partner: row.parse(2)?,
            kind: row.text(3)?.to_owned(),
            number: row.text(4)?.to_owned(),
            function: row.text(5)?.to_owned(),
            port: row.text(6)?.to_owned(),
            party: row.text(7)?.to_owned(),
            state: row.parse(8)?,
            lane: row.parse(9)?,
            test: row.int(10)? != 0,
            decisions: count(11)?,
            created: row.timestamp(12)?,
            updated: row.timestamp(13)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_named_by_its_document_and_message() {
        let envelope = "01a202d1-1410-7277-af3b-57e537a54c6a";
        let check = |text: &str, message: Option<u64>| {
            assert_eq!(text.parse::<CaseId>().ok().map(|id| id.message), message, "{text}");
            if message.is_some() {
                assert_eq!(text.parse::<CaseId>().unwrap().to_string(), text);
            }
        };
        check(envelope, Some(1));
        check(&format!("{envelope}.7"), Some(7));
        check(&format!("{envelope}.0"), Some(0));
        for wrong in
            ["", "x", ".1", &format!("{envelope}."), &format!("{envelope}.+1"), &format!("{envelope}.1.1")]
        {
            check(wrong, None);
        }
    }
}
