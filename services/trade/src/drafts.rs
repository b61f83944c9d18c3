//! Documents that are not sent yet: drafts of a participant, and templates, which are drafts that stay. Bounded
//! in number and size, and deleted by whoever may make documents.
//!
//! Absent: drafts of documents about persons. They would lie in the clear beside what is sealed (LG-3). Which fields are
//! about persons is in the mapping; a crew list without anybody in it may be kept.

use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::Scope;
use corridor_storage::{Migration, Row, Tx};
use serde::Serialize;

use crate::mapping::{Mapping, documents};

/// The most drafts and templates of a participant.
const MOST: i64 = 1_000;
/// The largest draft, in bytes of JSON.
const LARGEST: usize = 256 << 10;
/// The longest name, in characters.
const NAME: usize = 100;

/// The tables of what people make: drafts, codes of partners, amendments.
pub(crate) const MIGRATION: Migration = Migration {
    version: 3,
    name: "drafts, codes of partners, amendments",
    sql: "
CREATE TABLE trade_draft (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    mapping TEXT NOT NULL,
    partner TEXT NOT NULL,
    name TEXT NOT NULL,
    template INTEGER NOT NULL,
    content TEXT NOT NULL,
    author TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (participant, id)
);
CREATE INDEX trade_draft_by_time ON trade_draft (participant, template, updated);
CREATE TABLE partner_code (
    participant TEXT NOT NULL,
    partner TEXT NOT NULL,
    kind TEXT NOT NULL,
    ours TEXT NOT NULL,
    theirs TEXT NOT NULL,
    PRIMARY KEY (participant, partner, kind, ours)
);
CREATE TABLE amendment (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    amended TEXT NOT NULL,
    function TEXT NOT NULL,
    author TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, envelope)
);
CREATE INDEX amendment_by_amended ON amendment (participant, amended);
CREATE INDEX interchange_by_partner ON interchange (participant, partner, created);
CREATE INDEX interchange_by_state ON interchange (participant, side, state, created);
CREATE INDEX interchange_answer_by_outcome ON interchange_answer (participant, side, outcome, created);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM trade_draft) >= 0
        AND (SELECT COUNT(*) FROM partner_code) >= 0
        AND (SELECT COUNT(*) FROM amendment) >= 0 THEN 1 ELSE 0 END",
};

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// Its identifier.
    pub id: EnvelopeId,
    /// The mapping it is a document of.
    pub mapping: String,
    /// For whom; empty while that is open.
    pub partner: String,
    /// What people call it.
    pub name: String,
    /// Whether it stays, to begin others from.
    pub template: bool,
    /// The document, as JSON.
    pub content: String,
    /// Who saved it last.
    pub author: String,
    /// When it was begun.
    pub created: Timestamp,
    /// When it was saved last.
    pub updated: Timestamp,
}

impl Draft {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.text(0)?.parse()?,
            mapping: row.text(1)?.to_owned(),
            partner: row.text(2)?.to_owned(),
            name: row.text(3)?.to_owned(),
            template: row.int(4)? != 0,
            content: row.text(5)?.to_owned(),
            author: row.text(6)?.to_owned(),
            created: Timestamp::from_millis(row.int(7)?),
            updated: Timestamp::from_millis(row.int(8)?),
        })
    }

    /// What a draft of this mapping must keep to before it is saved.
    ///
    /// # Errors
    /// `malformed`, `too-large`.
    pub fn check(&self, mapping: &Mapping) -> Result<()> {
        let wrong =
            |what: &str, why: &str| Problem::new(ErrorCode::Malformed).with("what", what).with("why", why);
        let characters = self.name.chars().count();
        if !(1..=NAME).contains(&characters) || self.name.chars().any(char::is_control) {
            return Err(wrong("name", "1 to 100 printable characters expected"));
        }
        if self.content.len() > LARGEST {
            let limit = format!("{LARGEST} bytes");
            return Err(Problem::new(ErrorCode::TooLarge).with("what", "draft").with("limit", limit));
        }
        for document in documents(&mut self.content.as_bytes())? {
            if let Some(place) = mapping.about_a_person(&document.record) {
                return Err(wrong(&place, "what is about persons is not kept as a draft"));
            }
        }
        if !self.partner.is_empty() {
            self.partner.parse::<Did>()?;
        }
        Ok(())
    }
}

/// The drafts or the templates, last saved first, without their content.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>, template: bool, scope: &Scope) -> Result<Vec<Draft>> {
    let rows = tx.query(
        "SELECT id, mapping, partner, name, template, '', author, created, updated FROM trade_draft
         WHERE participant = $1 AND template = $2
            AND ($3 = '' OR REPLACE($3, '|edifact|', '') <> $3)
            AND ($4 = '' OR partner = '' OR REPLACE($4, '|' || partner || '|', '') <> $4)
         ORDER BY updated DESC, id LIMIT 1000",
        &[i64::from(template).into(), scope.kinds_parameter().into(), scope.partners_parameter().into()],
    )?;
    rows.iter().map(Draft::from_row).collect()
}

/// One of them.
///
/// # Errors
/// `not-found`, also for one of a partner that is not the reader's business; those of the store.
pub fn find(tx: &mut Tx<'_>, id: EnvelopeId, scope: &Scope) -> Result<Draft> {
    let row = tx.query_one(
        "SELECT id, mapping, partner, name, template, content, author, created, updated FROM trade_draft
         WHERE participant = $1 AND id = $2
            AND ($3 = '' OR REPLACE($3, '|edifact|', '') <> $3)
            AND ($4 = '' OR partner = '' OR REPLACE($4, '|' || partner || '|', '') <> $4)",
        &[id.to_string().into(), scope.kinds_parameter().into(), scope.partners_parameter().into()],
    )?;
    let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("draft {id}"));
    row.as_ref().map(Draft::from_row).transpose()?.ok_or_else(missing)
}

/// Saves a draft, a new one or once more.
///
/// # Errors
/// `too-large` where there are too many; those of the store.
pub fn save(tx: &mut Tx<'_>, draft: &Draft) -> Result<()> {
    let now = tx.now().millis();
    let count = tx.query_one("SELECT COUNT(*) FROM trade_draft WHERE participant = $1", &[])?;
    let count = count.map_or(Ok(0), |row| row.int(0))?;
    let known = tx.query_one(
        "SELECT 1 FROM trade_draft WHERE participant = $1 AND id = $2",
        &[draft.id.to_string().into()],
    )?;
    if count >= MOST && known.is_none() {
        let limit = format!("{MOST} drafts and templates");
        return Err(Problem::new(ErrorCode::TooLarge).with("what", "drafts").with("limit", limit));
    }
    tx.execute(
        "INSERT INTO trade_draft (participant, id, mapping, partner, name, template, content, author, created, updated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         ON CONFLICT (participant, id) DO UPDATE SET mapping = excluded.mapping, partner = excluded.partner,
            name = excluded.name, template = excluded.template, content = excluded.content,
            author = excluded.author, updated = excluded.updated",
        &[
            draft.id.to_string().into(),
            draft.mapping.as_str().into(),
            draft.partner.as_str().into(),
            draft.name.as_str().into(),
            i64::from(draft.template).into(),
            draft.content.as_str().into(),
            draft.author.as_str().into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Deletes one; whether there was one.
///
/// # Errors
/// Those of the store.
pub fn remove(tx: &mut Tx<'_>, id: EnvelopeId) -> Result<bool> {
    let removed =
        tx.execute("DELETE FROM trade_draft WHERE participant = $1 AND id = $2", &[id.to_string().into()])?;
    Ok(removed == 1)
}
