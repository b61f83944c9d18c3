//! The acts in the books: the very bytes that were committed to, with what opens them while it may be opened
//! (LG-3). Nothing here changes one.

use corridor_base::{ActId, Did, ErrorCode, Result, Timestamp};
use corridor_proof::{Act, Opening};

use crate::leaves::nobody;
use crate::outbox;
use crate::store::Store;
use crate::tx::{Tx, opening_of};
use crate::value::{Arg, Row, Value};

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

/// How many acts are held against their bytes at a time.
const PAGE: i64 = 1000;

impl Store {
    /// The first act whose row says something else than the bytes that were committed to, and what: rows are read
    /// by what stands beside the bytes. Looks at all of them. What is sealed for a person is not opened.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn misfiled_act(&self) -> Result<Option<(String, &'static str)>> {
        let everybody = |tx: &mut Tx<'_>| {
            let rows = tx.of_node("SELECT DISTINCT participant FROM act ORDER BY participant", &[])?;
            rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<Vec<String>>>()
        };
        for participant in self.scan(&nobody()?, everybody).await? {
            let mut after = Some(String::new());
            while let Some(from) = after {
                let participant = participant.clone();
                let page = move |tx: &mut Tx<'_>| misfiled(tx, &participant, &from);
                match self.scan(&nobody()?, page).await? {
                    Page::Wrong(id, why) => return Ok(Some((id, why))),
                    Page::Right(next) => after = next,
                }
            }
        }
        Ok(None)
    }
}

/// Some acts of a participant, held against their bytes.
enum Page {
    /// All are as they must be; after which the next page begins.
    Right(Option<String>),
    /// This one is not.
    Wrong(String, &'static str),
}

fn misfiled(tx: &mut Tx<'_>, participant: &str, after: &str) -> Result<Page> {
    let rows = tx.of_node(
        "SELECT id, kind, time, bytes, subject, opening, seal FROM act
         WHERE participant = $1 AND id > $2 ORDER BY id LIMIT $3",
        &[Arg::Text(participant), Arg::Text(after), Arg::Int(PAGE)],
    )?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == PAGE);
    let mut last = None;
    for mut row in rows {
        let id = row.text(0)?.to_owned();
        if let Some(why) = against_its_bytes(&id, &mut row)? {
            return Ok(Page::Wrong(id, why));
        }
        last = Some(id);
    }
    Ok(Page::Right(last.filter(|_| full)))
}

/// What of a row does not fit its bytes.
fn against_its_bytes(id: &str, row: &mut Row) -> Result<Option<&'static str>> {
    let Ok(act) = Act::parse(&row.take_bytes(3)?) else { return Ok(Some("it cannot be read")) };
    if act.id.to_string() != id || act.kind != row.text(1)? {
        return Ok(Some("it is another act than its row says"));
    }
    if act.time != row.timestamp(2)? {
        return Ok(Some("it is of another time than its row says"));
    }
    if *row.value(5)? == Value::Null || row.opt_text(6)?.is_some() {
        return Ok(None);
    }
    let subject = row.opt_text(4)?.map(str::to_owned);
    let Ok(opening) = serde_json::from_slice::<Opening>(&row.take_bytes(5)?) else {
        return Ok(Some("what opens it cannot be read"));
    };
    if !act.opened_by(&opening) {
        return Ok(Some("what should open it does not"));
    }
    let first = act.known_type().and_then(|kind| opening.fields.get(*kind.fields.first()?));
    Ok((subject.as_ref() != first).then_some("it is about something else than its row says"))
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
