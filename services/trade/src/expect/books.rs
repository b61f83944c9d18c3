//! The expectations in the books, one row for each answer that is waited for.

use std::time::Duration;

use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::Scope;
use corridor_storage::{Migration, Row, Tx, Value};
use serde::Serialize;

use super::timer::{Standing, Timer};

/// The tables of this module.
pub(crate) const MIGRATION: Migration = Migration {
    version: 4,
    name: "answers that are waited for",
    sql: "
CREATE TABLE expected_answer (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    answer TEXT NOT NULL,
    partner TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    standing TEXT NOT NULL,
    allowed INTEGER NOT NULL,
    resend INTEGER NOT NULL,
    again INTEGER NOT NULL,
    promised INTEGER NOT NULL,
    due INTEGER,
    sent_again INTEGER,
    escalated INTEGER,
    answered INTEGER,
    answered_by TEXT,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, envelope, message, answer)
);
CREATE INDEX expected_answer_due ON expected_answer (participant, due) WHERE due IS NOT NULL;
CREATE INDEX expected_answer_by_number ON expected_answer (participant, partner, answer, number);
CREATE INDEX expected_answer_by_standing ON expected_answer (participant, standing, created);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM expected_answer WHERE standing = '') = 0 THEN 1 ELSE 0 END",
};

/// An answer that is waited for, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The envelope of the document that waits.
    pub envelope: EnvelopeId,
    /// The message in it, counted from 1; 0 for the interchange.
    pub message: u64,
    /// The message that answers it.
    pub answer: String,
    /// With whom.
    pub partner: Did,
    /// The message that waits.
    pub kind: String,
    /// Its number; empty when it has none, or the document is about persons.
    pub number: String,
    /// How it stands.
    #[serde(flatten)]
    pub timer: Timer,
    /// The envelope of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<EnvelopeId>,
    /// When it was filed.
    pub created: Timestamp,
}

/// Which expectations to list, the longest waiting first.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only in this standing.
    pub standing: Standing,
    /// Only what is the business of whoever asks.
    pub scope: Scope,
    /// How many at most.
    pub limit: u64,
}

/// A question for expectations: the columns that [`Expected::from_row`] reads, and what follows FROM.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT envelope, message, answer, partner, kind, number, standing, allowed, resend, again, promised,
                due, sent_again, escalated, answered, answered_by, created
             FROM expected_answer ",
            $from
        )
    };
}

fn time(value: Option<Timestamp>) -> Value {
    value.map(Timestamp::millis).into()
}

impl Expected {
    fn from_row(row: &Row) -> Result<Self> {
        let word = row.text(6)?;
        let unknown = || Problem::new(ErrorCode::Malformed).with("what", "standing").with("why", word);
        let count = |at: usize| -> Result<u32> { Ok(u32::try_from(row.int(at)?).unwrap_or(0)) };
        let time =
            |at: usize| -> Result<Option<Timestamp>> { Ok(row.opt_int(at)?.map(Timestamp::from_millis)) };
        Ok(Self {
            envelope: row.text(0)?.parse()?,
            message: u64::try_from(row.int(1)?).unwrap_or(0),
            answer: row.text(2)?.to_owned(),
            partner: row.text(3)?.parse()?,
            kind: row.text(4)?.to_owned(),
            number: row.text(5)?.to_owned(),
            timer: Timer {
                standing: Standing::parse(word).ok_or_else(unknown)?,
                within: Duration::from_millis(u64::try_from(row.int(7)?).unwrap_or(0)),
                resend: count(8)?,
                again: count(9)?,
                promised: Timestamp::from_millis(row.int(10)?),
                due: time(11)?,
                sent_again: time(12)?,
                escalated: time(13)?,
                answered: time(14)?,
            },
            answered_by: row.opt_text(15)?.map(str::parse).transpose()?,
            created: Timestamp::from_millis(row.int(16)?),
        })
    }
}

/// Files one; nothing when it is filed already (EX-4).
pub(super) fn insert(tx: &mut Tx<'_>, one: &Expected) -> Result<()> {
    let timer = &one.timer;
    let within = u64::try_from(timer.within.as_millis()).unwrap_or(u64::MAX);
    tx.execute(
        "INSERT INTO expected_answer (participant, envelope, message, answer, partner, kind, number, standing,
            allowed, resend, again, promised, due, sent_again, escalated, answered, answered_by, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT (participant, envelope, message, answer) DO NOTHING",
        &[
            one.envelope.to_string().into(),
            one.message.into(),
            one.answer.as_str().into(),
            one.partner.as_str().into(),
            one.kind.as_str().into(),
            one.number.as_str().into(),
            timer.standing.as_str().into(),
            within.into(),
            timer.resend.into(),
            timer.again.into(),
            timer.promised.millis().into(),
            time(timer.due),
            time(timer.sent_again),
            time(timer.escalated),
            time(timer.answered),
            one.answered_by.map(|by| by.to_string()).into(),
            one.created.millis().into(),
        ],
    )?;
    Ok(())
}

/// Writes down how one stands now.
pub(super) fn save(tx: &mut Tx<'_>, one: &Expected) -> Result<()> {
    let timer = &one.timer;
    tx.execute(
        "UPDATE expected_answer SET standing = $5, again = $6, promised = $7, due = $8, sent_again = $9,
            escalated = $10, answered = $11, answered_by = $12
         WHERE participant = $1 AND envelope = $2 AND message = $3 AND answer = $4",
        &[
            one.envelope.to_string().into(),
            one.message.into(),
            one.answer.as_str().into(),
            timer.standing.as_str().into(),
            timer.again.into(),
            timer.promised.millis().into(),
            time(timer.due),
            time(timer.sent_again),
            time(timer.escalated),
            time(timer.answered),
            one.answered_by.map(|by| by.to_string()).into(),
        ],
    )?;
    Ok(())
}

/// One of them.
pub(super) fn find(
    tx: &mut Tx<'_>,
    envelope: EnvelopeId,
    message: u64,
    answer: &str,
) -> Result<Option<Expected>> {
    let row = tx.query_one(
        select!("WHERE participant = $1 AND envelope = $2 AND message = $3 AND answer = $4"),
        &[envelope.to_string().into(), message.into(), answer.into()],
    )?;
    row.as_ref().map(Expected::from_row).transpose()
}

/// All that a document waits for, in the order of its messages.
pub(crate) fn of(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<Vec<Expected>> {
    let rows = tx.query(
        select!("WHERE participant = $1 AND envelope = $2 ORDER BY message, answer LIMIT $3"),
        &[envelope.to_string().into(), (super::MOST as u64).into()],
    )?;
    rows.iter().map(Expected::from_row).collect()
}

/// What waits for this answer of a partner under one of its numbers.
pub(super) fn by_number(
    tx: &mut Tx<'_>,
    partner: &Did,
    answer: &str,
    own: &str,
    limit: u64,
) -> Result<Vec<Expected>> {
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND partner = $2 AND answer = $3 AND number = $4
                AND (standing = 'waiting' OR standing = 'overdue')
             ORDER BY created, envelope, message LIMIT $5"
        ),
        &[partner.as_str().into(), answer.into(), own.into(), limit.into()],
    )?;
    rows.iter().map(Expected::from_row).collect()
}

/// Whether anything waits for this answer of a partner.
pub(super) fn any(tx: &mut Tx<'_>, partner: &Did, answer: &str) -> Result<bool> {
    let row = tx.query_one(
        "SELECT 1 FROM expected_answer WHERE participant = $1 AND partner = $2 AND answer = $3
            AND (standing = 'waiting' OR standing = 'overdue') LIMIT 1",
        &[partner.as_str().into(), answer.into()],
    )?;
    Ok(row.is_some())
}

/// What is due now, the longest due first.
pub(super) fn due(tx: &mut Tx<'_>, limit: u64) -> Result<Vec<Expected>> {
    let now = tx.now();
    let rows = tx.query(
        select!("WHERE participant = $1 AND due <= $2 ORDER BY due, envelope, message LIMIT $3"),
        &[now.millis().into(), limit.into()],
    )?;
    rows.iter().map(Expected::from_row).collect()
}

/// Those in one standing, the longest waiting first.
pub(super) fn list(tx: &mut Tx<'_>, filter: &Filter) -> Result<Vec<Expected>> {
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND standing = $2
                AND ($3 = '' OR REPLACE($3, '|edifact|', '') <> $3)
                AND ($4 = '' OR REPLACE($4, '|' || partner || '|', '') <> $4)
             ORDER BY created, envelope, message, answer LIMIT $5"
        ),
        &[
            filter.standing.as_str().into(),
            filter.scope.kinds_parameter().into(),
            filter.scope.partners_parameter().into(),
            filter.limit.into(),
        ],
    )?;
    rows.iter().map(Expected::from_row).collect()
}

/// How many stand so, within a scope.
pub(super) fn count(tx: &mut Tx<'_>, standing: Standing, scope: &Scope) -> Result<u64> {
    let row = tx.query_one(
        "SELECT COUNT(*) FROM expected_answer WHERE participant = $1 AND standing = $2
            AND ($3 = '' OR REPLACE($3, '|edifact|', '') <> $3)
            AND ($4 = '' OR REPLACE($4, '|' || partner || '|', '') <> $4)",
        &[standing.as_str().into(), scope.kinds_parameter().into(), scope.partners_parameter().into()],
    )?;
    row.map_or(Ok(0), |row| row.size(0))
}

/// Takes out what a document waited for that was about a person who was erased.
pub(crate) fn remove(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<()> {
    tx.execute(
        "DELETE FROM expected_answer WHERE participant = $1 AND envelope = $2",
        &[envelope.to_string().into()],
    )?;
    Ok(())
}
