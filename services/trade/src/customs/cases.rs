//! The books of the customs desk: a row for each case, the rules it hit, the parties it named, what was decided.
//! Of what is about persons neither numbers nor names are kept here, nor what was decided in words (LG-3).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::{DocumentRow, Scope};
use corridor_storage::{Migration, Row, Tx};
use serde::{Serialize, Serializer};

use super::judge::{Judged, NewCase};
use super::risk::{Action, PARTNER, party_value};
use super::state::{Decision, Lane, State};

/// The tables of the customs desk.
pub(crate) const MIGRATION: Migration = Migration {
    version: 6,
    name: "customs desk",
    sql: "
CREATE TABLE customs_case (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    partner TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    purpose TEXT NOT NULL,
    port TEXT NOT NULL,
    party TEXT NOT NULL,
    state TEXT NOT NULL,
    lane TEXT NOT NULL,
    test INTEGER NOT NULL,
    decisions INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (participant, envelope, message)
);
CREATE INDEX customs_case_by_time ON customs_case (participant, created, envelope, message);
CREATE INDEX customs_case_by_state ON customs_case (participant, state, created, envelope, message);
CREATE INDEX customs_case_by_number ON customs_case (participant, number);
CREATE TABLE customs_hit (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    action TEXT NOT NULL,
    month TEXT NOT NULL,
    PRIMARY KEY (participant, envelope, message, rule)
);
CREATE INDEX customs_hit_by_month ON customs_hit (participant, month, rule);
CREATE TABLE customs_party (
    participant TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    envelope TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, field, value, envelope)
);
CREATE INDEX customs_party_by_envelope ON customs_party (participant, envelope);
CREATE TABLE customs_decision (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    place INTEGER NOT NULL,
    decision TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    field TEXT NOT NULL,
    segment TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    answer TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, envelope, message, place)
);
CREATE TABLE risk_rule (
    participant TEXT NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    is_on INTEGER NOT NULL,
    created INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (participant, rule, version)
);
CREATE TABLE risk_seen (
    participant TEXT NOT NULL,
    month TEXT NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (participant, month, rule, version)
);
",
    verify:
        "SELECT CASE WHEN (SELECT COUNT(*) FROM customs_case) >= 0 AND (SELECT COUNT(*) FROM risk_rule) >= 0
        THEN 1 ELSE 0 END",
};

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

/// A question for cases: the columns that [`Case::from_row`] reads, and what follows FROM.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT envelope, message, partner, kind, number, purpose, port, party, state, lane, test, decisions,
                created, updated
             FROM customs_case ",
            $from
        )
    };
}

impl Case {
    fn from_row(row: &Row) -> Result<Self> {
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

fn message(id: CaseId) -> i64 {
    i64::try_from(id.message).unwrap_or(i64::MAX)
}

/// The month of an instant (TM-1: of UTC), as statistics count.
pub(crate) fn month(at: Timestamp) -> String {
    at.to_string().chars().take(7).collect()
}

/// Puts the cases of a document into the books; what is there already stays (EX-4). Answers whether any is new.
pub(crate) fn file(tx: &mut Tx<'_>, document: &DocumentRow, judged: &Judged) -> Result<bool> {
    let mut fresh = false;
    for case in &judged.cases {
        if insert(tx, document, judged, case)? {
            fresh = true;
            hit(tx, document, judged, case)?;
            if document.seal.is_none() {
                supersede(tx, document, case)?;
            }
        }
    }
    if fresh {
        let partner = party_value(document.partner.as_str());
        name(tx, document, PARTNER, &partner)?;
        let parties: BTreeSet<_> = judged.cases.iter().flat_map(|case| &case.parties).collect();
        for (field, value) in parties.into_iter().filter(|_| document.seal.is_none()) {
            name(tx, document, field, value)?;
        }
    }
    Ok(fresh)
}

fn insert(tx: &mut Tx<'_>, document: &DocumentRow, judged: &Judged, case: &NewCase) -> Result<bool> {
    let clear = |text: &str| if document.seal.is_none() { text.to_owned() } else { String::new() };
    let now = tx.now().millis();
    let inserted = tx.execute(
        "INSERT INTO customs_case (participant, envelope, message, partner, kind, number, purpose, port, party,
            state, lane, test, decisions, created, updated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $13)
         ON CONFLICT (participant, envelope, message) DO NOTHING",
        &[
            document.id.to_string().into(),
            i64::try_from(case.message).unwrap_or(i64::MAX).into(),
            document.partner.as_str().into(),
            case.kind.as_str().into(),
            clear(&case.number).into(),
            case.function.as_str().into(),
            clear(&case.port).into(),
            clear(&case.party).into(),
            State::Waiting.as_str().into(),
            case.lane().as_str().into(),
            i64::from(judged.test).into(),
            now.into(),
        ],
    )?;
    Ok(inserted == 1)
}

/// What it hit, and that the rules saw it. Tests are no part of statistics.
fn hit(tx: &mut Tx<'_>, document: &DocumentRow, judged: &Judged, case: &NewCase) -> Result<()> {
    let month = month(tx.now());
    for hit in &case.hits {
        tx.execute(
            "INSERT INTO customs_hit (participant, envelope, message, rule, version, action, month)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (participant, envelope, message, rule) DO NOTHING",
            &[
                document.id.to_string().into(),
                i64::try_from(case.message).unwrap_or(i64::MAX).into(),
                hit.rule.as_str().into(),
                hit.version.into(),
                hit.action.as_str().into(),
                if judged.test { "test" } else { month.as_str() }.into(),
            ],
        )?;
    }
    for (rule, version) in judged.seen_by(case).filter(|_| !judged.test) {
        tx.execute(
            "INSERT INTO risk_seen (participant, month, rule, version, seen) VALUES ($1, $2, $3, $4, 1)
             ON CONFLICT (participant, month, rule, version) DO UPDATE SET seen = risk_seen.seen + 1",
            &[month.as_str().into(), rule.into(), version.into()],
        )?;
    }
    Ok(())
}

/// What a replacement or a cancellation does to the message before it: nothing once that was decided for good.
fn supersede(tx: &mut Tx<'_>, document: &DocumentRow, case: &NewCase) -> Result<()> {
    let state = match case.function.as_str() {
        "replacement" | "change" => State::Replaced,
        "cancellation" => State::Cancelled,
        _ => return Ok(()),
    };
    if case.number.is_empty() {
        return Ok(());
    }
    let now = tx.now().millis();
    let gone = tx.execute(
        "UPDATE customs_case SET state = $6, updated = $7
         WHERE participant = $1 AND number = $2 AND partner = $3 AND kind = $4 AND envelope <> $5
            AND state IN ('waiting', 'held', 'inspection')",
        &[
            case.number.as_str().into(),
            document.partner.as_str().into(),
            case.kind.as_str().into(),
            document.id.to_string().into(),
            state.as_str().into(),
            now.into(),
        ],
    )?;
    if state == State::Cancelled && gone > 0 {
        // Nothing is left to decide. A cancellation of what was released or refused waits for somebody.
        tx.execute(
            "UPDATE customs_case SET state = 'cancelled', updated = $4
             WHERE participant = $1 AND envelope = $2 AND message = $3",
            &[
                document.id.to_string().into(),
                i64::try_from(case.message).unwrap_or(i64::MAX).into(),
                now.into(),
            ],
        )?;
    }
    Ok(())
}

fn name(tx: &mut Tx<'_>, document: &DocumentRow, field: &str, value: &str) -> Result<()> {
    let now = tx.now().millis();
    tx.execute(
        "INSERT INTO customs_party (participant, field, value, envelope, created) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (participant, field, value, envelope) DO NOTHING",
        &[field.into(), value.into(), document.id.to_string().into(), now.into()],
    )?;
    Ok(())
}

/// Which of these parties another document named before this instant.
pub(crate) fn known(
    tx: &mut Tx<'_>,
    envelope: EnvelopeId,
    before: Timestamp,
    parties: &BTreeSet<(String, String)>,
) -> Result<BTreeSet<(String, String)>> {
    let mut known = BTreeSet::new();
    for (field, value) in parties {
        let rows = tx.query(
            "SELECT envelope FROM customs_party
             WHERE participant = $1 AND field = $2 AND value = $3 AND envelope <> $4 AND created <= $5 LIMIT 1",
            &[
                field.as_str().into(),
                value.as_str().into(),
                envelope.to_string().into(),
                before.millis().into(),
            ],
        )?;
        if !rows.is_empty() {
            known.insert((field.clone(), value.clone()));
        }
    }
    Ok(known)
}

/// One case.
///
/// # Errors
/// Those of the store.
pub fn find(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<Case>> {
    let row = tx.query_one(
        select!("WHERE participant = $1 AND envelope = $2 AND message = $3"),
        &[id.envelope.to_string().into(), message(id).into()],
    )?;
    row.as_ref().map(Case::from_row).transpose()
}

/// Cases, newest first.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>, filter: &CaseFilter) -> Result<Vec<Case>> {
    let before = match filter.before {
        Some(id) => find(tx, id)?.map(|case| (case.created.millis(), id)),
        None => None,
    };
    let (at, envelope, place) = match before {
        Some((at, id)) => (at, id.envelope.to_string(), message(id)),
        None => (i64::MAX, String::new(), 0),
    };
    let rows = tx.query(
        select!(
            "WHERE participant = $1
                AND (created < $2 OR (created = $2 AND (envelope < $3 OR (envelope = $3 AND message < $4))))
                AND ($5 = '' OR state = $5) AND ($6 = '' OR lane = $6)
                AND ($7 = '' OR partner = $7) AND ($8 = '' OR port = $8)
                AND ($9 = '' OR REPLACE($9, '|edifact|', '') <> $9)
                AND ($10 = '' OR REPLACE($10, '|' || partner || '|', '') <> $10)
             ORDER BY created DESC, envelope DESC, message DESC LIMIT $11"
        ),
        &[
            at.into(),
            envelope.into(),
            place.into(),
            filter.state.map_or("", State::as_str).into(),
            filter.lane.map_or("", Lane::as_str).into(),
            filter.partner.as_ref().map_or("", Did::as_str).into(),
            filter.port.as_str().into(),
            filter.scope.kinds_parameter().into(),
            filter.scope.partners_parameter().into(),
            filter.limit.into(),
        ],
    )?;
    rows.iter().map(Case::from_row).collect()
}

/// What a case hit, the gravest first.
///
/// # Errors
/// Those of the store.
pub fn hits(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<Hit>> {
    let rows = tx.query(
        "SELECT h.rule, h.version, h.action, r.body FROM customs_hit AS h
         LEFT JOIN risk_rule AS r ON r.participant = $1 AND r.rule = h.rule AND r.version = h.version
         WHERE h.participant = $1 AND h.envelope = $2 AND h.message = $3 ORDER BY h.rule LIMIT 200",
        &[id.envelope.to_string().into(), message(id).into()],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let title = match row.opt_text(3)? {
            Some(body) => {
                serde_json::from_str::<super::risk::Rule>(body).map(|r| r.title).unwrap_or_default()
            }
            None => std::collections::BTreeMap::new(),
        };
        let version = u32::try_from(row.int(1)?).unwrap_or(0);
        let action = Action::parse(row.text(2)?).unwrap_or(Action::Note);
        all.push(Hit { rule: row.text(0)?.to_owned(), version, action, title });
    }
    all.sort_by(|a, b| b.action.cmp(&a.action).then_with(|| a.rule.cmp(&b.rule)));
    Ok(all)
}

/// What was decided of a case, oldest first.
///
/// # Errors
/// Those of the store.
pub fn history(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<Decided>> {
    let rows = tx.query(
        "SELECT decision, code, reason, field, segment, decided_by, answer, created FROM customs_decision
         WHERE participant = $1 AND envelope = $2 AND message = $3 ORDER BY place LIMIT 1000",
        &[id.envelope.to_string().into(), message(id).into()],
    )?;
    let decided = |row: &Row| -> Result<Decided> {
        Ok(Decided {
            decision: row.parse(0)?,
            code: row.text(1)?.to_owned(),
            reason: row.text(2)?.to_owned(),
            field: row.text(3)?.to_owned(),
            segment: row.text(4)?.to_owned(),
            by: row.text(5)?.to_owned(),
            answer: row.parse(6)?,
            time: row.timestamp(7)?,
        })
    };
    rows.iter().map(decided).collect()
}

/// Writes down a decision that follows `place` others; false when somebody was faster.
pub(crate) fn decided(
    tx: &mut Tx<'_>,
    id: CaseId,
    place: u64,
    (state, decided): (State, &Decided),
    clear: bool,
) -> Result<bool> {
    let moved = tx.execute(
        "UPDATE customs_case SET state = $4, decisions = decisions + 1, updated = $6
         WHERE participant = $1 AND envelope = $2 AND message = $3 AND decisions = $5
            AND state IN ('waiting', 'held', 'inspection')",
        &[
            id.envelope.to_string().into(),
            message(id).into(),
            state.as_str().into(),
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            decided.time.millis().into(),
        ],
    )?;
    if moved == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO customs_decision (participant, envelope, message, place, decision, code, reason, field,
            segment, decided_by, answer, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            id.envelope.to_string().into(),
            message(id).into(),
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            decided.decision.as_str().into(),
            decided.code.as_str().into(),
            if clear { decided.reason.as_str() } else { "" }.into(),
            decided.field.as_str().into(),
            decided.segment.as_str().into(),
            decided.by.as_str().into(),
            decided.answer.to_string().into(),
            decided.time.millis().into(),
        ],
    )?;
    Ok(true)
}

/// Takes out what was made of a document about a person who was erased.
pub(crate) fn erase(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<()> {
    let which = [envelope.to_string().into()];
    tx.execute("DELETE FROM customs_case WHERE participant = $1 AND envelope = $2", &which)?;
    tx.execute("DELETE FROM customs_hit WHERE participant = $1 AND envelope = $2", &which)?;
    tx.execute("DELETE FROM customs_party WHERE participant = $1 AND envelope = $2", &which)?;
    tx.execute("DELETE FROM customs_decision WHERE participant = $1 AND envelope = $2", &which)?;
    Ok(())
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
