//! Documents as they stand in the books of a participant: what was sent and what came in, their
//! states, and how to read them again.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use corridor_base::problem::ProblemDocument;
use corridor_base::{
    AgreementId, DeliveryId, Did, Digest, EnvelopeId, ErrorCode, Problem, Result, Timestamp,
};
use corridor_proof::{Acknowledgement, Act, Envelope, Kind, Signed, act};
use corridor_storage::{Row, Tx, Value};
use futures::stream::{self, BoxStream, StreamExt};
use serde::Serialize;

use crate::service::Acting;
use crate::{Exchange, Scope};

/// How soon a partner is asked for its receipt: its log and the witnesses take a moment.
const FIRST_RECEIPT: std::time::Duration = std::time::Duration::from_secs(3);

/// Which book a document stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Received: the inbox.
    In,
    /// Sent: the outbox.
    Out,
}

/// How far a document has come.
///
/// Out: `sending` → `delivered` | `refused` | `failed`; `failed` → `sending` when handed in again.
/// In: `receiving` → `received`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Ours, on its way.
    Sending,
    /// Ours, acknowledged by the partner.
    Delivered,
    /// Ours, refused by the partner for good.
    Refused,
    /// Ours, given up on: a dead letter, which can be sent again.
    Failed,
    /// A partner's, its content still coming in.
    Receiving,
    /// A partner's, durable and acknowledged.
    Received,
}

macro_rules! spelled {
    ($name:ident { $($variant:ident = $text:literal),* }) => {
        impl $name {
            /// The word in the database, in JSON and on the command line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl FromStr for $name {
            type Err = Problem;
            fn from_str(text: &str) -> Result<Self> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(Problem::new(ErrorCode::Malformed).with("what", concat!(stringify!($name), " of a document")).with("why", text)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

spelled!(Side { In = "in", Out = "out" });
spelled!(State {
    Sending = "sending", Delivered = "delivered", Refused = "refused", Failed = "failed",
    Receiving = "receiving", Received = "received"
});

/// One document in a participant's books, without its content.
#[derive(Clone, Debug, Serialize)]
pub struct DocumentRow {
    /// The envelope's identifier.
    pub id: EnvelopeId,
    /// In which book.
    pub side: Side,
    /// The other participant.
    pub partner: Did,
    /// What it is.
    pub kind: Kind,
    /// Under which agreement it crossed.
    pub agreement: AgreementId,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Digest,
    /// The name its sender gave it.
    pub name: Option<String>,
    /// The envelope it answers.
    pub answers: Option<EnvelopeId>,
    /// How far it has come.
    pub state: State,
    /// Why it was refused or given up on, or what went wrong last.
    pub problem: Option<ProblemDocument>,
    /// When it came into the book.
    pub created: Timestamp,
    /// When its state last changed.
    pub updated: Timestamp,
    /// The envelope as it was signed.
    #[serde(skip)]
    pub envelope: Signed<Envelope>,
    /// The partner's acknowledgement, or ours.
    #[serde(skip)]
    pub acknowledgement: Option<Signed<Acknowledgement>>,
    #[serde(skip)]
    pub(crate) blob: Option<String>,
    #[serde(skip)]
    pub(crate) delivery: Option<DeliveryId>,
}

/// Which documents to list: newest first, from `before` on.
#[derive(Clone, Debug, Default)]
pub struct DocumentFilter {
    /// Only of this partner.
    pub partner: Option<Did>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only what is the business of whoever asks.
    pub scope: Scope,
    /// Only those that came in before this one: the last of the page before.
    pub before: Option<(Timestamp, EnvelopeId)>,
    /// How many, at most 1,000.
    pub limit: u32,
}

/// A question for documents: the columns that [`DocumentRow::from_row`] reads, and what follows FROM.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT id, side, partner, state, problem, created, updated, statement, acknowledgement, blob, delivery
             FROM document ",
            $from
        )
    };
}

mod overview;

pub use overview::Link;

impl DocumentRow {
    /// Reads one row of `select!`.
    fn from_row(row: &Row) -> Result<Self> {
        let envelope = Signed::<Envelope>::parse(row.bytes(7)?)?;
        let body = envelope.body();
        Ok(Self {
            id: row.text(0)?.parse()?,
            side: row.text(1)?.parse()?,
            partner: row.text(2)?.parse()?,
            kind: body.kind.clone(),
            agreement: body.agreement,
            size: body.size,
            sha256: body.sha256,
            name: body.name.clone(),
            answers: body.answers,
            state: row.text(3)?.parse()?,
            problem: row.opt_text(4)?.and_then(|json| serde_json::from_str(json).ok()),
            created: Timestamp::from_millis(row.int(5)?),
            updated: Timestamp::from_millis(row.int(6)?),
            acknowledgement: row.opt_bytes(8)?.map(Signed::parse).transpose()?,
            blob: row.opt_text(9)?.map(str::to_owned),
            delivery: row.opt_text(10)?.map(str::parse).transpose()?,
            envelope,
        })
    }
}

/// A new row, before its first state.
pub(crate) struct NewDocument<'a> {
    pub(crate) side: Side,
    pub(crate) partner: &'a Did,
    pub(crate) envelope: &'a Signed<Envelope>,
    pub(crate) content: Option<&'a [u8]>,
    pub(crate) blob: Option<&'a str>,
    pub(crate) state: State,
    pub(crate) acknowledgement: Option<&'a Signed<Acknowledgement>>,
    pub(crate) delivery: Option<DeliveryId>,
}

/// Writes a new document into the books.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewDocument<'_>) -> Result<()> {
    let body = new.envelope.body();
    let now = tx.now().millis();
    tx.execute(
        "INSERT INTO document (participant, side, id, partner, kind, agreement, size, sha256, name, answers,
            statement, content, blob, state, acknowledgement, delivery, created, updated, receipt_due)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18)",
        &[
            new.side.as_str().into(),
            body.id.to_string().into(),
            new.partner.as_str().into(),
            body.kind.as_str().into(),
            body.agreement.to_string().into(),
            i64::try_from(body.size).unwrap_or(i64::MAX).into(),
            body.sha256.to_string().into(),
            body.name.as_deref().into(),
            body.answers.map(|a| a.to_string()).into(),
            new.envelope.bytes().into(),
            new.content.into(),
            new.blob.into(),
            new.state.as_str().into(),
            new.acknowledgement.map(Signed::bytes).into(),
            new.delivery.map(|d| d.to_string()).into(),
            now.into(),
            tx.now().plus(FIRST_RECEIPT).into(),
        ],
    )?;
    Ok(())
}

/// What an identifier already stands for in the books, if anything: the digest of the envelope's
/// signed text, the state, and the answer that was given.
pub(crate) fn find(
    tx: &mut Tx<'_>,
    side: Side,
    partner: &Did,
    id: EnvelopeId,
) -> Result<Option<DocumentRow>> {
    let row = tx.query_one(
        select!("WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4"),
        &[side.as_str().into(), partner.as_str().into(), id.to_string().into()],
    )?;
    row.as_ref().map(DocumentRow::from_row).transpose()
}

/// The document of this identifier, whoever the partner is.
pub(crate) fn find_any(tx: &mut Tx<'_>, side: Side, id: EnvelopeId) -> Result<Option<DocumentRow>> {
    let row = tx.query_one(
        select!("WHERE participant = $1 AND side = $2 AND id = $3 ORDER BY partner LIMIT 1"),
        &[side.as_str().into(), id.to_string().into()],
    )?;
    row.as_ref().map(DocumentRow::from_row).transpose()
}

/// Documents that crossed and of which receipts of the partner are lacking, the longest due first.
pub(crate) fn without_receipt(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<DocumentRow>> {
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND receipt_due <= $2 AND (state = 'delivered' OR state = 'received')
             ORDER BY receipt_due LIMIT $3"
        ),
        &[now.into(), limit.into()],
    )?;
    rows.iter().map(DocumentRow::from_row).collect()
}

/// What was delivered to this partner from `since` on and before `until`, oldest first.
pub(crate) fn delivered(
    tx: &mut Tx<'_>,
    partner: &Did,
    since: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<DocumentRow>> {
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND side = 'out' AND partner = $2 AND state = 'delivered'
             AND updated >= $3 AND updated < $4 ORDER BY updated, id LIMIT $5"
        ),
        &[partner.as_str().into(), since.into(), until.into(), limit.into()],
    )?;
    rows.iter().map(DocumentRow::from_row).collect()
}

/// What this partner sent and we acknowledged from `since` on and before `until`, oldest first.
pub(crate) fn acknowledged(
    tx: &mut Tx<'_>,
    partner: &Did,
    since: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<DocumentRow>> {
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND side = 'in' AND partner = $2 AND state = 'received'
             AND updated >= $3 AND updated < $4 ORDER BY updated, id LIMIT $5"
        ),
        &[partner.as_str().into(), since.into(), until.into(), limit.into()],
    )?;
    rows.iter().map(DocumentRow::from_row).collect()
}

/// The delivery that takes this document to its partner is another from now on.
pub(crate) fn queued(tx: &mut Tx<'_>, row: &DocumentRow, delivery: DeliveryId) -> Result<()> {
    tx.execute(
        "UPDATE document SET delivery = $5 WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4",
        &[
            row.side.as_str().into(),
            row.partner.as_str().into(),
            row.id.to_string().into(),
            delivery.to_string().into(),
        ],
    )?;
    Ok(())
}

/// When the partner is asked for its receipts of this document; `None` when nothing is lacking.
pub(crate) fn receipt_due(tx: &mut Tx<'_>, row: &DocumentRow, due: Option<Timestamp>) -> Result<()> {
    tx.execute(
        "UPDATE document SET receipt_due = $5 WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4",
        &[
            row.side.as_str().into(),
            row.partner.as_str().into(),
            row.id.to_string().into(),
            due.map(Timestamp::millis).into(),
        ],
    )?;
    Ok(())
}

/// Moves a document on. `from` names the one or two states it may come from; anything else changes
/// nothing and says so, which makes the step repeatable (EX-4).
pub(crate) fn advance(
    tx: &mut Tx<'_>,
    side: Side,
    partner: &Did,
    id: EnvelopeId,
    from: &[State],
    step: &Step<'_>,
) -> Result<bool> {
    let (Some(first), Some(last)) = (from.first(), from.last()) else { return Ok(false) };
    debug_assert!(from.len() <= 2, "the statement compares with two states");
    let now = tx.now().millis();
    let problem = match step.problem {
        Some(problem) => serde_json::to_string(&problem.document(corridor_base::Lang::En)).ok(),
        None => None,
    };
    let changed = tx.execute(
        "UPDATE document SET state = $5, problem = $6, acknowledgement = COALESCE($7, acknowledgement),
            blob = COALESCE($8, blob), updated = $9
         WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4 AND (state = $10 OR state = $11)",
        &[
            side.as_str().into(),
            partner.as_str().into(),
            id.to_string().into(),
            step.to.as_str().into(),
            problem.into(),
            step.acknowledgement.map(Signed::bytes).into(),
            step.blob.into(),
            now.into(),
            first.as_str().into(),
            last.as_str().into(),
        ],
    )?;
    Ok(changed == 1)
}

/// What a step changes.
pub(crate) struct Step<'a> {
    pub(crate) to: State,
    pub(crate) problem: Option<&'a Problem>,
    pub(crate) acknowledgement: Option<&'a Signed<Acknowledgement>>,
    pub(crate) blob: Option<&'a str>,
}

impl Step<'_> {
    pub(crate) const fn to(state: State) -> Self {
        Self { to: state, problem: None, acknowledgement: None, blob: None }
    }
}

/// The content kept in the row, when it is there.
pub(crate) fn inline_content(
    tx: &mut Tx<'_>,
    side: Side,
    partner: &Did,
    id: EnvelopeId,
) -> Result<Option<Vec<u8>>> {
    let row = tx.query_one(
        "SELECT content FROM document WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4",
        &[side.as_str().into(), partner.as_str().into(), id.to_string().into()],
    )?;
    Ok(match row {
        Some(row) => row.opt_bytes(0)?.map(<[u8]>::to_vec),
        None => None,
    })
}

/// The content of a document, in pieces of at most a MiB.
pub type Content = BoxStream<'static, Result<Bytes>>;

impl Exchange {
    /// Documents, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn documents(&self, us: &Did, side: Side, filter: DocumentFilter) -> Result<Vec<DocumentRow>> {
        self.0.store.read(us, move |tx| list(tx, side, &filter)).await
    }

    /// One document.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn document(&self, us: &Did, side: Side, id: EnvelopeId) -> Result<DocumentRow> {
        let row = self.0.store.read(us, move |tx| find_any(tx, side, id)).await?;
        row.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("document {id}")))
    }

    /// One document that is the business of whoever asks.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn document_for(&self, acting: &Acting, side: Side, id: EnvelopeId) -> Result<DocumentRow> {
        acting.scope.only(self.document(&acting.participant, side, id).await?)
    }

    /// The documents that answer this one, oldest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn answers(&self, us: &Did, side: Side, id: EnvelopeId) -> Result<Vec<DocumentRow>> {
        self.0
            .store
            .read(us, move |tx| {
                let rows = tx.query(
                    select!(
                        "WHERE participant = $1 AND side = $2 AND answers = $3 ORDER BY created LIMIT 100"
                    ),
                    &[side.as_str().into(), id.to_string().into()],
                )?;
                rows.iter().map(DocumentRow::from_row).collect()
            })
            .await
    }

    /// The content of a document, for a person or a program of ours: leaves a record of who read it
    /// before the first byte is handed out (AC-1).
    ///
    /// # Errors
    /// `not-found`, also while a document is still being received, and for one that is not the reader's
    /// business.
    pub async fn read_content(
        &self,
        acting: &Acting,
        side: Side,
        id: EnvelopeId,
    ) -> Result<(DocumentRow, Content)> {
        let us = &acting.participant;
        let row = self.document_for(acting, side, id).await?;
        let fields = [("envelope", id.to_string()), ("reader", acting.reader.clone())];
        let record = self.seal(us, &act::DOCUMENT_READ, &fields)?;
        self.0.store.write(us, move |tx| tx.record(&record)).await?;
        let content = self.content(us, &row).await?;
        Ok((row, content))
    }

    /// The content of a document, for a service of this node.
    ///
    /// # Errors
    /// `not-found` while it is still being received.
    pub async fn content(&self, us: &Did, row: &DocumentRow) -> Result<Content> {
        if row.state == State::Receiving {
            return Err(Problem::new(ErrorCode::NotFound).with("what", format!("content of {}", row.id)));
        }
        if let Some(key) = &row.blob {
            return Ok(self.0.store.blobs().read(us, &key.parse()?, 0).await?.boxed());
        }
        let (side, partner, id) = (row.side, row.partner.clone(), row.id);
        let bytes = self.0.store.read(us, move |tx| inline_content(tx, side, &partner, id)).await?;
        let bytes = bytes
            .ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("content of {id}")))?;
        Ok(stream::once(async move { Ok(Bytes::from(bytes)) }).boxed())
    }

    /// Writes down an act of ours.
    pub(crate) fn seal(
        &self,
        us: &Did,
        kind: &'static act::ActType,
        fields: &[(&'static str, String)],
    ) -> Result<corridor_proof::SealedAct> {
        let fields: Vec<(&'static str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Act::seal(kind, us, &fields, &*self.0.clock, &*self.0.random)
    }
}

/// The listing, as one statement with absent conditions passed as NULL.
fn list(tx: &mut Tx<'_>, side: Side, filter: &DocumentFilter) -> Result<Vec<DocumentRow>> {
    let (before, before_id) = match filter.before {
        Some((at, id)) => (at.millis(), id.to_string()),
        None => (i64::MAX, String::new()),
    };
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND side = $2
            AND (created < $3 OR (created = $3 AND id < $4))
            AND ($5 = '' OR partner = $5) AND ($6 = '' OR state = $6) AND ($7 = '' OR kind = $7)
            AND ($9 = '' OR REPLACE($9, '|' || kind || '|', '') <> $9)
            AND ($10 = '' OR REPLACE($10, '|' || partner || '|', '') <> $10)
         ORDER BY created DESC, id DESC LIMIT $8"
        ),
        &[
            side.as_str().into(),
            before.into(),
            before_id.into(),
            filter.partner.as_ref().map_or("", Did::as_str).into(),
            filter.state.map_or("", State::as_str).into(),
            filter.kind.as_ref().map_or("", Kind::as_str).into(),
            Value::Int(i64::from(filter.limit.clamp(1, 1000))),
            filter.scope.kinds_parameter().into(),
            filter.scope.partners_parameter().into(),
        ],
    )?;
    rows.iter().map(DocumentRow::from_row).collect()
}

/// Takes back the promise of a document whose content turned out to be another.
pub(crate) fn withdraw(tx: &mut Tx<'_>, partner: &Did, id: EnvelopeId) -> Result<()> {
    tx.execute(
        "DELETE FROM document WHERE participant = $1 AND side = 'in' AND partner = $2 AND id = $3 AND state = 'receiving'",
        &[partner.as_str().into(), id.to_string().into()],
    )?;
    Ok(())
}
