//! The outbox: deliveries that leave after the commit of the unit of work that asked for them
//! (EX-2), and what people see of them: waiting, or given up on and waiting for a person.

use corridor_base::{DeliveryId, Did, ErrorCode, Problem, Result, Timestamp};

use crate::tx::Tx;
use crate::value::Row;

/// The largest body of a delivery in bytes; what is larger is a blob that the body names.
pub const MAX_BODY: usize = 64 << 10;

/// The longest name of a queue, in bytes.
pub const MAX_QUEUE: usize = 300;

/// The most rows one page of deliveries holds.
pub const MAX_PAGE: u32 = 1000;

/// A delivery as a unit of work asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Chosen by the caller; the same id again changes nothing (EX-4).
    pub id: DeliveryId,
    /// To whom: a partner's DID, or `service:NAME`. A queue that fails delays no other.
    pub queue: String,
    /// What is delivered, in the words of whoever delivers it.
    pub kind: String,
    /// What it is about, for people and for the deliverer: an envelope's id, say.
    pub subject: String,
    /// What the deliverer needs beside; at most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

/// A delivery on its way, or waiting, or given up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whose it is.
    pub participant: Did,
    /// Its identifier.
    pub id: DeliveryId,
    /// To whom.
    pub queue: String,
    /// What is delivered.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What the deliverer needs beside; empty in lists.
    pub body: Vec<u8>,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried and failed.
    pub attempts: u32,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it may be tried next; while somebody is at it, when that claim ends.
    pub due: Timestamp,
    /// What the last failure said, if there was one.
    pub last_error: Option<String>,
}

/// Where a delivery stands. One that is done is there no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waits for its turn, or is on its way.
    Pending,
    /// Given up on: a person decides whether it is sent again.
    Dead,
}

impl DeliveryState {
    /// The name in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Dead => "dead",
        }
    }
}

impl std::str::FromStr for DeliveryState {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "pending" => Ok(Self::Pending),
            "dead" => Ok(Self::Dead),
            _ => Err(Problem::new(ErrorCode::Malformed).with("what", "delivery state").with("why", text)),
        }
    }
}

/// Which deliveries to list, oldest first.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those of this queue.
    pub queue: Option<String>,
    /// Only those after this one.
    pub after: Option<DeliveryId>,
    /// How many at most; 0 means 100; never more than [`MAX_PAGE`].
    pub limit: u32,
}

/// Reads a delivery; its body is there when the row has one more column.
fn from_row(participant: &Did, mut row: Row) -> Result<Delivery> {
    Ok(Delivery {
        participant: participant.clone(),
        id: row.parse(0)?,
        queue: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        subject: row.text(3)?.to_owned(),
        state: row.parse(4)?,
        attempts: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
        created: row.timestamp(6)?,
        due: row.timestamp(7)?,
        last_error: row.opt_text(8)?.map(str::to_owned),
        body: if row.value(9).is_ok() { row.take_bytes(9)? } else { Vec::new() },
    })
}

/// Lists deliveries. The conditions that were not asked for are made true by their parameters, so
/// that there is one statement.
pub(crate) fn list(tx: &mut Tx<'_>, filter: &DeliveryFilter) -> Result<Vec<Delivery>> {
    let state = filter.state.map_or("", DeliveryState::as_str);
    let rows = tx.query(
        "SELECT id, queue, kind, subject, state, attempts, created, due, last_error FROM delivery \
         WHERE participant = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR queue = $3) AND id > $4 \
         ORDER BY id LIMIT $5",
        &[
            state.into(),
            filter.queue.as_deref().unwrap_or_default().into(),
            filter.after.map(|id| id.to_string()).unwrap_or_default().into(),
            page(filter.limit).into(),
        ],
    )?;
    let participant = tx.participant().clone();
    rows.into_iter().map(|row| from_row(&participant, row)).collect()
}

/// How many rows a page holds.
pub(crate) fn page(limit: u32) -> u32 {
    if limit == 0 { 100 } else { limit.min(MAX_PAGE) }
}

/// Claims up to `most` deliveries of a queue that are due, oldest first, until `until`.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    queue: &str,
    owner: &str,
    until: Timestamp,
    most: u32,
) -> Result<Vec<Delivery>> {
    // Two replicas that claim at once should each get what the other has not.
    let sql = tx.either(
        "UPDATE delivery SET owner = $2, due = $3 WHERE participant = $1 AND id IN (\
           SELECT id FROM delivery WHERE participant = $1 AND state = 'pending' AND queue = $4 AND due <= $5 \
           ORDER BY due, id LIMIT $6) \
         RETURNING id, queue, kind, subject, state, attempts, created, due, last_error, body",
        "UPDATE delivery SET owner = $2, due = $3 WHERE participant = $1 AND id IN (\
           SELECT id FROM delivery WHERE participant = $1 AND state = 'pending' AND queue = $4 AND due <= $5 \
           ORDER BY due, id LIMIT $6 FOR UPDATE SKIP LOCKED) \
         RETURNING id, queue, kind, subject, state, attempts, created, due, last_error, body",
    );
    let now = tx.now();
    let params = [owner.into(), until.into(), queue.into(), now.into(), most.into()];
    let rows = tx.query(sql, &params)?;
    let participant = tx.participant().clone();
    let mut claimed: Vec<Delivery> =
        rows.into_iter().map(|row| from_row(&participant, row)).collect::<Result<_>>()?;
    claimed.sort_by_key(|delivery| delivery.id);
    Ok(claimed)
}

/// The first queue after `after` that has something due, if there is one: queues are found one by
/// one along the index, however many deliveries wait in each.
pub(crate) fn next_queue(tx: &mut Tx<'_>, after: &str) -> Result<Option<String>> {
    let row = tx.query_one(
        "SELECT queue FROM delivery WHERE participant = $1 AND state = 'pending' AND queue > $2 \
         ORDER BY queue LIMIT 1",
        &[after.into()],
    )?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Whether this queue has something due.
pub(crate) fn has_due(tx: &mut Tx<'_>, queue: &str) -> Result<bool> {
    let now = tx.now();
    let row = tx.query_one(
        "SELECT 1 FROM delivery WHERE participant = $1 AND state = 'pending' AND queue = $2 AND due <= $3 LIMIT 1",
        &[queue.into(), now.into()],
    )?;
    Ok(row.is_some())
}

/// Takes a delivery that arrived out of the outbox. Answers false when it is not there any more:
/// another process was first, and what follows from it has been done (EX-4).
pub(crate) fn take_out(tx: &mut Tx<'_>, id: DeliveryId) -> Result<bool> {
    let gone = tx.execute(
        "DELETE FROM delivery WHERE participant = $1 AND id = $2 AND state = 'pending'",
        &[id.into()],
    )?;
    Ok(gone == 1)
}

impl Tx<'_> {
    /// Takes a delivery back that need not arrive any more, whatever its state; a try that is under way
    /// may still arrive. Answers whether it was there.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn withdraw(&mut self, id: DeliveryId) -> Result<bool> {
        let gone = self.execute("DELETE FROM delivery WHERE participant = $1 AND id = $2", &[id.into()])?;
        Ok(gone == 1)
    }
}

/// Marks a delivery as given up on. Answers false when somebody else has ended it.
pub(crate) fn give_up(tx: &mut Tx<'_>, id: DeliveryId, why: &str) -> Result<bool> {
    let marked = tx.execute(
        "UPDATE delivery SET state = 'dead', attempts = attempts + 1, owner = '', last_error = $3 \
         WHERE participant = $1 AND id = $2 AND state = 'pending'",
        &[id.into(), why.into()],
    )?;
    Ok(marked == 1)
}

/// Puts a delivery that failed back, unless another process has taken it meanwhile.
pub(crate) fn put_back(
    tx: &mut Tx<'_>,
    id: DeliveryId,
    owner: &str,
    due: Timestamp,
    why: &str,
) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET attempts = attempts + 1, owner = '', due = $4, last_error = $5 \
         WHERE participant = $1 AND id = $2 AND state = 'pending' AND owner = $3",
        &[id.into(), owner.into(), due.into(), why.into()],
    )?;
    Ok(())
}

/// Lets go of a delivery that was claimed and not tried.
pub(crate) fn let_go(tx: &mut Tx<'_>, id: DeliveryId, owner: &str) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE delivery SET owner = '', due = $4 \
         WHERE participant = $1 AND id = $2 AND state = 'pending' AND owner = $3",
        &[id.into(), owner.into(), now.into()],
    )?;
    Ok(())
}

/// Claims a delivery for longer, when it is still ours.
pub(crate) fn renew(tx: &mut Tx<'_>, id: DeliveryId, owner: &str, until: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET due = $4 WHERE participant = $1 AND id = $2 AND state = 'pending' AND owner = $3",
        &[id.into(), owner.into(), until.into()],
    )?;
    Ok(())
}

/// Lets go of everything that processes before this one claimed: they are no more, because one
/// process at a time holds a database of SQLite.
pub(crate) fn forget_claims(tx: &mut Tx<'_>, owner: &str) -> Result<u64> {
    let now = tx.now();
    tx.execute(
        "UPDATE delivery SET owner = '', due = $3 \
         WHERE participant = $1 AND state = 'pending' AND owner <> '' AND owner <> $2",
        &[owner.into(), now.into()],
    )
}
