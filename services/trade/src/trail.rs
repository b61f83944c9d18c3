//! The trail of a transaction: which interchanges name which numbers, and which answers tell what of them.
//! Rows are written in the unit that takes an interchange into the books, so that neither is without the
//! other (EX-2).
//!
//! Absent: numbers in documents about persons. They would lie in the clear beside what is sealed (LG-3).

use std::collections::BTreeMap;

use corridor_base::{Did, EnvelopeId, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_exchange::{DocumentRow, Scope, Side};
use corridor_storage::{Migration, Row, Tx};
use serde::Serialize;

use crate::references::{Reference, Role};

/// The tables of this module.
pub(crate) const MIGRATION: Migration = Migration {
    version: 2,
    name: "references and answers",
    sql: "
CREATE TABLE interchange_reference (
    participant TEXT NOT NULL,
    number TEXT NOT NULL,
    side TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    role TEXT NOT NULL,
    own INTEGER NOT NULL,
    partner TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, number, side, envelope, message, role, own)
);
CREATE INDEX interchange_reference_by_number ON interchange_reference (participant, number, created);
CREATE INDEX interchange_reference_by_envelope ON interchange_reference (participant, side, envelope);
CREATE TABLE interchange_answer (
    participant TEXT NOT NULL,
    side TEXT NOT NULL,
    envelope TEXT NOT NULL,
    place INTEGER NOT NULL,
    partner TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    number TEXT NOT NULL,
    answered TEXT,
    message INTEGER NOT NULL,
    told TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, side, envelope, place)
);
CREATE INDEX interchange_answer_by_answered ON interchange_answer (participant, side, answered);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM interchange_reference) >= 0
        AND (SELECT COUNT(*) FROM interchange_answer) >= 0 THEN 1 ELSE 0 END",
};

/// What one message names stands in an index of its own, whole and in its order: without it the planner takes the
/// primary key, which holds all columns, and reads everything that the participant has.
pub(crate) const NAMED_BY_MESSAGE: Migration = Migration {
    version: 8,
    name: "numbers by message",
    sql: "
DROP INDEX interchange_reference_by_envelope;
CREATE INDEX interchange_reference_by_envelope
    ON interchange_reference (participant, side, envelope, message, own, role, number);
",
    verify:
        "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT number FROM interchange_reference LIMIT 1) r) >= 0
        THEN 1 ELSE 0 END",
};

/// A number is looked for in the order of time, so that the key itself has it in that order, and no index beside it
/// says the same once more.
pub(crate) const NAMED_IN_ORDER: Migration = Migration {
    version: 11,
    name: "numbers in the order of time",
    sql: "
CREATE TABLE interchange_number (
    participant TEXT NOT NULL,
    number TEXT NOT NULL,
    created INTEGER NOT NULL,
    side TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    role TEXT NOT NULL,
    own INTEGER NOT NULL,
    partner TEXT NOT NULL,
    PRIMARY KEY (participant, number, created, side, envelope, message, role, own)
);
INSERT INTO interchange_number (participant, number, created, side, envelope, message, role, own, partner)
    SELECT participant, number, created, side, envelope, message, role, own, partner FROM interchange_reference;
DROP TABLE interchange_reference;
ALTER TABLE interchange_number RENAME TO interchange_reference;
CREATE INDEX interchange_reference_by_envelope
    ON interchange_reference (participant, side, envelope, message, own, role, number);
",
    verify:
        "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT created FROM interchange_reference LIMIT 1) r) >= 0
        THEN 1 ELSE 0 END",
};

/// What an institution says stands in the order in which it said it: two decisions that waited for a link cross in
/// one request, and arrive in one instant or the later one first.
pub(crate) const ANSWERS_IN_ORDER: Migration = Migration {
    version: 12,
    name: "answers in the order of those who give them",
    sql: "
ALTER TABLE interchange_answer ADD COLUMN stated INTEGER NOT NULL DEFAULT 0;
UPDATE interchange_answer SET stated = created;
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT stated FROM interchange_answer LIMIT 1) a) >= 0
        THEN 1 ELSE 0 END",
};

/// The answers to an interchange are found in their order, without sorting them.
pub(crate) const ANSWERS_BY_ANSWERED: Migration = Migration {
    version: 13,
    name: "answers by what they answer, in their order",
    sql: "
DROP INDEX interchange_answer_by_answered;
CREATE INDEX interchange_answer_by_answered
    ON interchange_answer (participant, side, answered, stated, envelope, place);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT stated FROM interchange_answer LIMIT 1) a) >= 0
        THEN 1 ELSE 0 END",
};

/// What an answer says, line by line, in each language.
pub type Told = BTreeMap<String, Vec<String>>;

/// The most lines of an answer that are kept; the rest is found again by reading it.
const LINES: usize = 50;

/// The lines in every language, as many as are kept, and as they are kept.
pub(crate) fn told(lines: impl Fn(Lang) -> Vec<String>) -> String {
    let kept = |lang: Lang| lines(lang).into_iter().take(LINES).collect();
    let told: Told = Lang::ALL.iter().map(|lang| (lang.tag().to_owned(), kept(*lang))).collect();
    serde_json::to_string(&told).unwrap_or_default()
}

/// An answer to an interchange or to one of its messages: CONTRL, APERAK, CUSRES.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Received or given.
    pub side: Side,
    /// The envelope it crossed in.
    pub envelope: EnvelopeId,
    /// `CONTRL`, `APERAK` or `CUSRES`.
    pub kind: String,
    /// `received`, `accepted`, `partly-rejected` or `rejected`; `released`, `held` or `inspection` of customs;
    /// `stated` when only its sender's codes say.
    pub outcome: String,
    /// Its own number.
    pub number: String,
    /// The envelope it answers; nothing when that was not found.
    pub answered: Option<EnvelopeId>,
    /// The message it answers, counted from 1; 0 for the interchange.
    pub message: u64,
    /// What it says, in each language, as it is kept: [`Answer::lines`] reads it, which most who look for an answer
    /// do not.
    #[serde(skip)]
    pub(crate) told: String,
    /// When it came into the books.
    pub created: Timestamp,
    /// When whoever gives it said so, by its clock: what counts of several is what was said last.
    pub stated: Timestamp,
}

impl Answer {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            side: row.text(0)?.parse()?,
            envelope: row.text(1)?.parse()?,
            kind: row.text(2)?.to_owned(),
            outcome: row.text(3)?.to_owned(),
            number: row.text(4)?.to_owned(),
            answered: row.opt_text(5)?.map(str::parse).transpose()?,
            message: u64::try_from(row.int(6)?).unwrap_or(0),
            told: row.text(7)?.to_owned(),
            created: Timestamp::from_millis(row.int(8)?),
            stated: Timestamp::from_millis(row.int(9)?),
        })
    }

    /// What it says, in one language.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let mut told: Told = serde_json::from_str(&self.told).unwrap_or_default();
        told.remove(lang.tag()).unwrap_or_default()
    }
}

/// A message that names a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// In which book.
    pub side: Side,
    /// The envelope it crossed in.
    pub envelope: EnvelopeId,
    /// The message, counted from 1.
    pub message: u64,
    /// When it came into the books.
    pub created: Timestamp,
}

/// Writes what an interchange names.
pub(crate) fn name(tx: &mut Tx<'_>, document: &DocumentRow, references: &[Reference]) -> Result<()> {
    let now = tx.now().millis();
    for reference in references.iter().filter(|_| document.seal.is_none()) {
        tx.execute(
            "INSERT INTO interchange_reference
                (participant, number, created, side, envelope, message, role, own, partner)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (participant, number, created, side, envelope, message, role, own) DO NOTHING",
            &[
                reference.number.as_str().into(),
                now.into(),
                document.side.as_str().into(),
                document.id.to_string().into(),
                i64::try_from(reference.message).unwrap_or(i64::MAX).into(),
                reference.role.as_str().into(),
                i64::from(reference.own).into(),
                document.partner.as_str().into(),
            ],
        )?;
    }
    Ok(())
}

/// Writes what an answer tells. Of one about persons only what became of its subject is kept.
pub(crate) fn tell(tx: &mut Tx<'_>, document: &DocumentRow, place: usize, answer: &Answer) -> Result<()> {
    let clear = document.seal.is_none();
    tx.execute(
        "INSERT INTO interchange_answer
            (participant, side, envelope, place, partner, kind, outcome, number, answered, message, told, created,
             stated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (participant, side, envelope, place) DO NOTHING",
        &[
            document.side.as_str().into(),
            document.id.to_string().into(),
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            document.partner.as_str().into(),
            answer.kind.as_str().into(),
            answer.outcome.as_str().into(),
            if clear { answer.number.as_str() } else { "" }.into(),
            answer.answered.map(|a| a.to_string()).into(),
            i64::try_from(answer.message).unwrap_or(i64::MAX).into(),
            if clear { answer.told.as_str() } else { "{}" }.into(),
            answer.created.millis().into(),
            answer.stated.millis().into(),
        ],
    )?;
    Ok(())
}

/// Takes out of the books what one interchange names and tells.
pub(crate) fn remove(tx: &mut Tx<'_>, side: Side, envelope: EnvelopeId) -> Result<()> {
    let which = [side.as_str().into(), envelope.to_string().into()];
    tx.execute(
        "DELETE FROM interchange_reference WHERE participant = $1 AND side = $2 AND envelope = $3",
        &which,
    )?;
    tx.execute(
        "DELETE FROM interchange_answer WHERE participant = $1 AND side = $2 AND envelope = $3",
        &which,
    )?;
    Ok(())
}

/// The messages that name a number, within a scope, newest first.
pub(crate) fn naming(tx: &mut Tx<'_>, number: &str, scope: &Scope, limit: u64) -> Result<Vec<Naming>> {
    let rows = tx.query(
        "SELECT DISTINCT side, envelope, message, created FROM interchange_reference
         WHERE participant = $1 AND number = $2
            AND ($3 = '' OR REPLACE($3, '|edifact|', '') <> $3)
            AND ($4 = '' OR REPLACE($4, '|' || partner || '|', '') <> $4)
         ORDER BY created DESC, side DESC, envelope DESC, message DESC LIMIT $5",
        &[number.into(), scope.kinds_parameter().into(), scope.partners_parameter().into(), limit.into()],
    )?;
    let naming = |row: &Row| -> Result<Naming> {
        Ok(Naming {
            side: row.text(0)?.parse()?,
            envelope: row.text(1)?.parse()?,
            message: u64::try_from(row.int(2)?).unwrap_or(0),
            created: Timestamp::from_millis(row.int(3)?),
        })
    };
    rows.iter().map(naming).collect()
}

/// The numbers that begin so, within a scope, in their order; several messages may name each.
pub(crate) fn beginning(tx: &mut Tx<'_>, begin: &str, scope: &Scope, limit: u64) -> Result<Vec<String>> {
    // Texts have the order of their bytes (`TEXT COLLATE "C"`), in which nothing comes after this character.
    let end = format!("{begin}\u{10ffff}");
    let rows = tx.query(
        "SELECT DISTINCT number FROM interchange_reference
         WHERE participant = $1 AND number >= $2 AND number <= $3
            AND ($4 = '' OR REPLACE($4, '|edifact|', '') <> $4)
            AND ($5 = '' OR REPLACE($5, '|' || partner || '|', '') <> $5)
         ORDER BY number LIMIT $6",
        &[
            begin.into(),
            end.as_str().into(),
            scope.kinds_parameter().into(),
            scope.partners_parameter().into(),
            limit.into(),
        ],
    )?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// What one message names; its own number first.
pub(crate) fn named(
    tx: &mut Tx<'_>,
    side: Side,
    envelope: EnvelopeId,
    message: u64,
    limit: u64,
) -> Result<Vec<Reference>> {
    let rows = tx.query(
        "SELECT message, role, own, number FROM interchange_reference
         WHERE participant = $1 AND side = $2 AND envelope = $3 AND message = $4
         ORDER BY own DESC, role DESC, number DESC LIMIT $5",
        &[
            side.as_str().into(),
            envelope.to_string().into(),
            i64::try_from(message).unwrap_or(i64::MAX).into(),
            limit.into(),
        ],
    )?;
    let reference = |row: &Row| -> Result<Reference> {
        let word = row.text(1)?;
        let unknown = || Problem::new(ErrorCode::Malformed).with("what", "role").with("why", word);
        Ok(Reference {
            message: u64::try_from(row.int(0)?).unwrap_or(0),
            role: Role::parse(word).ok_or_else(unknown)?,
            own: row.int(2)? != 0,
            number: row.text(3)?.to_owned(),
        })
    };
    // Read backwards along the index, which saves the sorting of each: two or three a message, and many messages.
    let mut named: Vec<Reference> = rows.iter().map(reference).collect::<Result<_>>()?;
    named.reverse();
    named.sort_by_key(|reference| !reference.own);
    Ok(named)
}

/// The answers to an interchange of `side`, in the order in which they were said, whichever arrived first. What was
/// said in one millisecond stands as its envelopes do, which of decisions on one case is their order
/// ([`EnvelopeId::nth_beside`]).
pub(crate) fn answers(tx: &mut Tx<'_>, side: Side, envelope: EnvelopeId) -> Result<Vec<Answer>> {
    let rows = tx.query(
        "SELECT side, envelope, kind, outcome, number, answered, message, told, created, stated
         FROM interchange_answer WHERE participant = $1 AND side = $2 AND answered = $3
         ORDER BY stated, envelope, place LIMIT 200",
        &[other(side).as_str().into(), envelope.to_string().into()],
    )?;
    rows.iter().map(Answer::from_row).collect()
}

/// Where what an answer of this side answers is found.
pub(crate) const fn other(side: Side) -> Side {
    match side {
        Side::In => Side::Out,
        Side::Out => Side::In,
    }
}

/// The partner's messages that may be what an answer names.
pub(crate) fn partners_own(partner: &Did) -> Scope {
    Scope::of(Vec::new(), vec![partner.clone()])
}
