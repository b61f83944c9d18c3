//! The acts in the books: the very bytes that were committed to, with what opens them while it may be opened
//! (LG-3). Nothing here changes one.

use corridor_base::{ActId, Did, ErrorCode, Result, Timestamp};

use crate::outbox;
use crate::store::Store;
use crate::tx::{Tx, opening_of};
use crate::value::{Row, Value};

/// One recorded act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// Its identifier.
    pub id: ActId,
    /// What happened.
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// The very bytes that were committed to.
    pub bytes: Vec<u8>,
    /// What opens it, as JSON; `None` after erasure, and while the key of a person is not here (LG-3).
    pub opening: Option<Vec<u8>>,
}

/// Which acts to list, in the order of their identifiers, which is that of their times.
#[derive(Clone, Debug, Default)]
pub struct ActPage {
    /// Only those after this one (before it, when the newest come first).
    pub after: Option<ActId>,
    /// Only those about this: an envelope, an agreement, a key (see `SealedAct::subject`). The history
    /// of one thing.
    pub subject: Option<String>,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// How many at most; 0 means 100; never more than [`crate::outbox::MAX_PAGE`].
    pub limit: u32,
}

impl Store {
    /// The participant's acts.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn acts(&self, participant: &Did, page: ActPage) -> Result<Vec<ActRow>> {
        self.read(participant, move |tx| tx.acts(&page)).await
    }

    /// One act of the participant.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn act(&self, participant: &Did, id: ActId) -> Result<Option<ActRow>> {
        let one = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT id, kind, time, bytes, opening, seal FROM act WHERE participant = $1 AND id = $2",
                &[id.into()],
            )?;
            row.map(|row| read(tx, row)).transpose()
        };
        self.read(participant, one).await
    }
}

impl Tx<'_> {
    /// The participant's acts.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn acts(&mut self, page: &ActPage) -> Result<Vec<ActRow>> {
        let after = page.after.map(|id| id.to_string()).unwrap_or_default();
        let limit = outbox::page(page.limit).into();
        let rows = match (&page.subject, page.newest_first) {
                (None, false) => self.query(
                "SELECT id, kind, time, bytes, opening, seal FROM act WHERE participant = $1 AND id > $2 ORDER BY id LIMIT $3",
                &[after.into(), limit],
            ),
                (None, true) => self.query(
                "SELECT id, kind, time, bytes, opening, seal FROM act WHERE participant = $1 AND ($2 = '' OR id < $2)
                 ORDER BY id DESC LIMIT $3",
                &[after.into(), limit],
            ),
            (Some(subject), false) => self.query(
                "SELECT id, kind, time, bytes, opening, seal FROM act WHERE participant = $1 AND subject = $2 AND id > $3
                 ORDER BY id LIMIT $4",
                &[subject.as_str().into(), after.into(), limit],
            ),
            (Some(subject), true) => self.query(
                "SELECT id, kind, time, bytes, opening, seal FROM act WHERE participant = $1 AND subject = $2
                    AND ($3 = '' OR id < $3)
                 ORDER BY id DESC LIMIT $4",
                &[subject.as_str().into(), after.into(), limit],
            ),
        };
        rows?.into_iter().map(|row| read(self, row)).collect()
    }

    /// The newest acts about this that are of one of these kinds, at most three, the oldest of them first: however many
    /// others are about it, readings say.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn acts_of(&mut self, subject: &str, kinds: &[&str], limit: u32) -> Result<Vec<ActRow>> {
        debug_assert!((1..=3).contains(&kinds.len()), "the statement compares with three kinds");
        let kind = |at: usize| kinds.get(at).or(kinds.first()).copied().unwrap_or_default().into();
        let rows = self.query(
            "SELECT id, kind, time, bytes, opening, seal FROM act
             WHERE participant = $1 AND subject = $2 AND (kind = $3 OR kind = $4 OR kind = $5) ORDER BY id DESC LIMIT $6",
            &[subject.into(), kind(0), kind(1), kind(2), outbox::page(limit).into()],
        )?;
        rows.into_iter().rev().map(|row| read(self, row)).collect()
    }
}

fn read(tx: &mut Tx<'_>, mut row: Row) -> Result<ActRow> {
    let id: ActId = row.parse(0)?;
    let opening = if *row.value(4)? == Value::Null { None } else { Some(row.take_bytes(4)?) };
    let opening = match (opening, row.opt_text(5)?) {
        (Some(sealed), Some(seal)) => match tx.unseal(seal.parse()?) {
            Ok(seal) => Some(seal.open(&opening_of(&id.to_string()), &sealed)?),
            // Its key was destroyed, or left out of a restoration.
            Err(problem) if problem.code() == ErrorCode::SubjectKeyMissing => None,
            Err(problem) => return Err(problem),
        },
        (opening, _) => opening,
    };
    Ok(ActRow {
        id,
        kind: row.text(1)?.to_owned(),
        time: row.timestamp(2)?,
        bytes: row.take_bytes(3)?,
        opening,
    })
}
