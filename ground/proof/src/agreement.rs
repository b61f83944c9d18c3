//! A standing agreement: what may cross between two participants, from when until when, signed by
//! both. Negotiated agreements (Dataspace Protocol) will be made into the same statement.

use std::time::Duration;

use corridor_base::{AgreementId, Did, Problem, Timestamp, Words};
use serde::{Deserialize, Serialize};

use crate::envelope::{Envelope, Kind};
use crate::statement::{Statement, check_text, refuse};
use crate::terms::{self, ContentTerm, Expectation, Flow};

/// What crosses the border (design, "Four verbs"). Publishing needs no agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// A document goes to a partner's inbox.
    Send,
    /// A question goes to where the data are.
    Ask,
    /// A dataset or its changes are transferred.
    Share,
}

/// One thing the agreement allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What may be done.
    pub verb: Verb,
    /// With documents or data of which kind.
    pub kind: Kind,
    /// By whom.
    pub from: Did,
    /// Towards whom.
    pub to: Did,
    /// The largest content, in bytes, at most [`MAX_SIZE`].
    pub max_size: u64,
}

/// The largest size that can be granted: beyond 2^53 - 1 readers of JSON differ in what they read
/// (RFC 8259, 6), and what is signed must mean one thing.
pub const MAX_SIZE: u64 = (1 << 53) - 1;

/// A standing agreement between two participants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Its identifier, chosen by whoever drew it up.
    pub id: AgreementId,
    /// The two parties; both sign.
    pub parties: [Did; 2],
    /// What it is for, in words.
    pub purpose: Words,
    /// What it allows; anything else is denied.
    pub grants: Vec<Grant>,
    /// From when it is in force.
    pub from: Timestamp,
    /// Until when, not included.
    pub until: Timestamp,
    /// For how many hours acts may wait for the cosignatures of both countries before nothing new
    /// begins (LG-2); left out, [`PENDING_HOURS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_hours: Option<u32>,
    /// Which answers are waited for. Left out when there are none, so that agreements from before keep
    /// their bytes; a node that does not know the field refuses the agreement (`malformed`) and concludes
    /// nothing that it would not keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expects: Vec<Expectation>,
    /// Messages whose content is judged apart from their syntax, and answered by APERAK; as `expects`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aperak: Vec<ContentTerm>,
    /// Whether what crosses is for real or a test; left out when the parties set that for themselves, as
    /// `expects`.
    #[serde(default, skip_serializing_if = "Flow::is_open")]
    pub flow: Flow,
}

/// How long acts may wait for cosignatures when the agreement does not say.
pub const PENDING_HOURS: u32 = 72;
/// The longest that an agreement may let them wait: 31 days.
const MOST_PENDING_HOURS: u32 = 24 * 31;

impl Agreement {
    /// How long acts may wait for the cosignatures of both countries (LG-2).
    #[must_use]
    pub fn pending_limit(&self) -> Duration {
        Duration::from_secs(u64::from(self.pending_hours.unwrap_or(PENDING_HOURS)) * 3600)
    }

    /// The other party than `us`, when `us` is a party.
    #[must_use]
    pub fn partner_of(&self, us: &Did) -> Option<&Did> {
        match &self.parties {
            [a, b] if a == us => Some(b),
            [a, b] if b == us => Some(a),
            _ => None,
        }
    }

    /// The grant under which this envelope may be sent.
    #[must_use]
    pub fn grant_for(&self, envelope: &Envelope) -> Option<&Grant> {
        self.grants.iter().find(|g| {
            g.verb == Verb::Send
                && g.kind == envelope.kind
                && g.from == envelope.sender
                && g.to == envelope.recipient
        })
    }

    /// Whether it is in force at this instant, as far as its own dates say.
    #[must_use]
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Statement for Agreement {
    const KIND: &'static str = "corridor/agreement/v1";
    const INDENTED: bool = true;
    const MAX: usize = 256 << 10;

    fn check(&self) -> Result<(), Problem> {
        let [a, b] = &self.parties;
        if a == b {
            return Err(refuse("agreement: parties", "two different participants expected"));
        }
        if self.from >= self.until {
            return Err(refuse("agreement: until", "later than from expected"));
        }
        if self.pending_hours.is_some_and(|hours| !(1..=MOST_PENDING_HOURS).contains(&hours)) {
            return Err(refuse("agreement: pending_hours", "1 to 744 hours expected"));
        }
        if self.grants.is_empty() || self.grants.len() > 200 {
            return Err(refuse("agreement: grants", "1 to 200 grants expected"));
        }
        for grant in &self.grants {
            let between = (&grant.from == a && &grant.to == b) || (&grant.from == b && &grant.to == a);
            if !between {
                return Err(refuse("agreement: grants", "a grant must run between the two parties"));
            }
            if grant.max_size > MAX_SIZE {
                return Err(refuse("agreement: max_size", "at most 2^53 - 1 expected"));
            }
        }
        terms::check_all(&self.expects)?;
        terms::check_content(&self.aperak)?;
        for text in self.purpose.all() {
            check_text("agreement: purpose", text, 400)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(more: &serde_json::Value) -> Result<Agreement, serde_json::Error> {
        let (a, b) = ("did:web:a.example", "did:web:b.example");
        let mut json = serde_json::json!({
            "id": "018f0000-0000-7000-8000-000000000000",
            "parties": [a, b],
            "purpose": { "en": "p", "ja": "p", "ko": "p" },
            "grants": [{ "verb": "send", "kind": "edifact", "from": a, "to": b, "max_size": 1 }],
            "from": "2026-11-22T00:00:00.000Z",
            "until": "2027-11-22T00:00:00.000Z",
        });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(json)
    }

    /// One without terms is written as before there were any; a term that a node does not know is refused.
    #[test]
    fn terms_are_written_only_where_there_are_any() {
        let plain = serde_json::to_string(&agreement(&serde_json::json!({})).unwrap()).unwrap();
        assert!(
            !plain.contains("expects") && !plain.contains("aperak") && !plain.contains("flow"),
            "{plain}"
        );
        for (flow, known) in [("production", true), ("both", true), ("test", true), ("sometimes", false)] {
            let with = agreement(&serde_json::json!({ "flow": flow }));
            assert_eq!(with.as_ref().is_ok_and(|with| with.flow.as_str() == flow), known, "{flow}");
            let json = with.map(|with| serde_json::to_string(&with).unwrap()).unwrap_or_default();
            assert_eq!(json.contains(&format!(r#""flow":"{flow}""#)), known, "{json}");
        }
        let aperak = serde_json::json!([{ "message": "CUSCAR", "codes": "refuse" }, { "message": "CUSDEC" }]);
        let with = agreement(&serde_json::json!({ "aperak": aperak })).unwrap();
        assert!(with.check().is_ok());
        let json = r#""aperak":[{"message":"CUSCAR","codes":"refuse"},{"message":"CUSDEC"}]"#;
        assert!(serde_json::to_string(&with).unwrap().contains(json));
        let expects = serde_json::json!([{ "message": "CUSCAR", "answer": "CUSRES", "within": 7200 }]);
        let with = agreement(&serde_json::json!({ "expects": expects })).unwrap();
        assert!(with.check().is_ok());
        let json = r#""expects":[{"message":"CUSCAR","answer":"CUSRES","within":7200}]"#;
        assert!(serde_json::to_string(&with).unwrap().contains(json));
        let twice = serde_json::json!([expects[0], expects[0]]);
        assert!(agreement(&serde_json::json!({ "expects": twice })).unwrap().check().is_err());
        assert!(agreement(&serde_json::json!({ "of-tomorrow": [] })).is_err());
    }

    #[test]
    fn a_size_that_readers_of_json_differ_in_is_refused() {
        let check = |max_size: u64, expect: bool| {
            let (a, b) = ("did:web:a.example", "did:web:b.example");
            let agreement: Agreement = serde_json::from_value(serde_json::json!({
                "id": "018f0000-0000-7000-8000-000000000000",
                "parties": [a, b],
                "purpose": { "en": "p", "ja": "p", "ko": "p" },
                "grants": [{ "verb": "send", "kind": "edifact", "from": a, "to": b, "max_size": max_size }],
                "from": "2026-11-22T00:00:00.000Z",
                "until": "2027-11-22T00:00:00.000Z",
            }))
            .unwrap();
            assert_eq!(agreement.check().is_ok(), expect, "{max_size}");
        };
        check(0, true);
        check(MAX_SIZE, true);
        check(MAX_SIZE + 1, false);
        check(u64::MAX, false);
    }
}
