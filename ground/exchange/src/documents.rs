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
use corridor_storage::{Row, Seal, SealId, Tx, Value};
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
/// In: `receiving` → `received`. Either way `erased` is the end, from whatever state.
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
    /// About a person whose data were erased: nothing of it is left but that it crossed.
    Erased,
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
    Receiving = "receiving", Received = "received", Erased = "erased"
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
    /// Its SHA-256; absent when it is about persons and cannot be opened (any more).
    pub sha256: Option<Digest>,
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
    /// The seal under which everything personal of it lies, when it is about persons.
    #[serde(skip)]
    pub seal: Option<SealId>,
    /// The envelope as it was signed; see [`DocumentRow::envelope`].
    #[serde(skip)]
    pub signed: Option<Signed<Envelope>>,
    /// The partner's acknowledgement, or ours.
    #[serde(skip)]
    pub acknowledgement: Option<Signed<Acknowledgement>>,
    #[serde(skip)]
    pub(crate) blob: Option<String>,
    #[serde(skip)]
    pub(crate) delivery: Option<DeliveryId>,
    /// The seal, opened, while all of its keys are here.
    #[serde(skip)]
    pub(crate) opened: Option<Seal>,
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
            "SELECT id, side, partner, state, problem, created, updated, statement, acknowledgement, blob, delivery,
                kind, agreement, size, answers, seal
             FROM document ",
            $from
        )
    };
}

mod overview;

pub(crate) use overview::{Crossed, crossed, lacking};
pub use overview::{Delivered, Link};

/// Where something sealed of a document belongs.
pub(crate) fn place(side: Side, id: EnvelopeId, what: &str) -> String {
    format!("document/{side}/{id}/{what}")
}

impl DocumentRow {
    /// Reads one row of `select!`.
    fn from_row(tx: &mut Tx<'_>, row: &Row) -> Result<Self> {
        let (id, side, state) = (row.text(0)?.parse()?, row.text(1)?.parse()?, row.text(3)?.parse()?);
        let seal: Option<SealId> = row.opt_text(15)?.map(str::parse).transpose()?;
        let opened = match seal.filter(|_| state != State::Erased).map(|seal| tx.unseal(seal)).transpose() {
            Err(problem) if problem.code() == ErrorCode::SubjectKeyMissing => None,
            found => found?,
        };
        let readable = state != State::Erased && seal.is_some() == opened.is_some();
        let open = |what: &str, bytes: &[u8]| match &opened {
            Some(seal) => seal.open(&place(side, id, what), bytes),
            None => Ok(bytes.to_vec()),
        };
        let (mut signed, mut acknowledgement) = (None, None);
        if readable {
            signed = Some(Signed::<Envelope>::parse(&open("statement", row.bytes(7)?)?)?);
            let answer = row.opt_bytes(8)?.map(|bytes| open("acknowledgement", bytes)).transpose()?;
            acknowledgement = answer.map(|bytes| Signed::parse(&bytes)).transpose()?;
        }
        Ok(Self {
            id,
            side,
            partner: row.text(2)?.parse()?,
            kind: row.text(11)?.parse()?,
            agreement: row.text(12)?.parse()?,
            size: row.size(13)?,
            sha256: signed.as_ref().map(|s| s.body().sha256),
            name: signed.as_ref().and_then(|s| s.body().name.clone()),
            answers: row.opt_text(14)?.map(str::parse).transpose()?,
            state,
            problem: row.opt_text(4)?.and_then(|json| serde_json::from_str(json).ok()),
            created: Timestamp::from_millis(row.int(5)?),
            updated: Timestamp::from_millis(row.int(6)?),
            acknowledgement,
            blob: row.opt_text(9)?.map(str::to_owned),
            delivery: row.opt_text(10)?.map(str::parse).transpose()?,
            seal,
            signed,
            opened,
        })
    }

    /// The envelope as it was signed.
    ///
    /// # Errors
    /// `subject-erased`; `subject-key-missing` when the document is about persons whose keys are not here.
    pub fn envelope(&self) -> Result<&Signed<Envelope>> {
        self.signed.as_ref().ok_or_else(|| match self.state {
            State::Erased => erased(self.id),
            _ => Problem::new(ErrorCode::SubjectKeyMissing),
        })
    }

    /// Under what acts and rows about this document are sealed; `None` when it is about no persons.
    #[must_use]
    pub fn opened(&self) -> Option<&Seal> {
        self.opened.as_ref()
    }

    /// Whether it is about persons whose keys did not come back with it from a backup.
    pub(crate) fn is_closed(&self) -> bool {
        self.signed.is_none() && self.state != State::Erased
    }
}

/// What was about a person who was erased.
pub(crate) fn erased(id: EnvelopeId) -> Problem {
    Problem::new(ErrorCode::SubjectErased).with("what", format!("document {id}"))
}

/// A problem with nothing of the document in it, which may be personal: its code, and whom and what it
/// is about.
pub(crate) fn bare(problem: &Problem) -> Problem {
    let kept = ["who", "partner", "id", "at", "limit", "skew", "country", "list"];
    kept.into_iter().fold(Problem::new(problem.code()), |bare, name| match problem.arg(name) {
        Some(value) => bare.with(name, value),
        None => bare,
    })
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
    /// Under which everything personal of it is sealed.
    pub(crate) seal: Option<&'a Seal>,
}

/// Writes a new document into the books.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewDocument<'_>) -> Result<()> {
    let body = new.envelope.body();
    let now = tx.now().millis();
    let close = |what: &str, bytes: &[u8]| match new.seal {
        Some(seal) => seal.close(&place(new.side, body.id, what), bytes).map(Value::from),
        None => Ok(bytes.into()),
    };
    let open = new.seal.is_none();
    tx.execute(
        "INSERT INTO document (participant, side, id, partner, kind, agreement, size, sha256, name, answers,
            statement, content, blob, state, acknowledgement, delivery, created, updated, receipt_due, seal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19)",
        &[
            new.side.as_str().into(),
            body.id.to_string().into(),
            new.partner.as_str().into(),
            body.kind.as_str().into(),
            body.agreement.to_string().into(),
            i64::try_from(body.size).unwrap_or(i64::MAX).into(),
            if open { body.sha256.to_string() } else { String::new() }.into(),
            body.name.as_deref().filter(|_| open).into(),
            body.answers.map(|a| a.to_string()).into(),
            close("statement", new.envelope.bytes())?,
            new.content.map_or(Ok(Value::Null), |bytes| close("content", bytes))?,
            new.blob.into(),
            new.state.as_str().into(),
            new.acknowledgement.map_or(Ok(Value::Null), |a| close("acknowledgement", a.bytes()))?,
            new.delivery.map(|d| d.to_string()).into(),
            now.into(),
            tx.now().plus(FIRST_RECEIPT).into(),
            new.seal.map(|seal| seal.id().to_string()).into(),
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
    row.as_ref().map(|row| DocumentRow::from_row(tx, row)).transpose()
}

/// The document of this identifier, whoever the partner is.
pub(crate) fn find_any(tx: &mut Tx<'_>, side: Side, id: EnvelopeId) -> Result<Option<DocumentRow>> {
    let row = tx.query_one(
        select!("WHERE participant = $1 AND side = $2 AND id = $3 ORDER BY partner LIMIT 1"),
        &[side.as_str().into(), id.to_string().into()],
    )?;
    row.as_ref().map(|row| DocumentRow::from_row(tx, row)).transpose()
}

/// The documents that lie under a seal.
pub(crate) fn under(tx: &mut Tx<'_>, seal: SealId) -> Result<Vec<DocumentRow>> {
    let rows = tx.query(select!("WHERE participant = $1 AND seal = $2"), &[seal.to_string().into()])?;
    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
}

/// Leaves of a document only that it crossed, and of what the partner opened to us nothing.
pub(crate) fn empty(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<()> {
    let now = tx.now();
    let key = [row.side.as_str().into(), row.partner.as_str().into(), row.id.to_string().into()];
    let with = |last: Value| [key.as_slice(), &[last]].concat();
    tx.execute(
        "UPDATE document SET state = 'erased', sha256 = '', name = NULL, statement = $5, content = NULL,
            blob = NULL, problem = NULL, acknowledgement = NULL, delivery = NULL, receipt_due = NULL,
            updated = $6
         WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4",
        &[with(Vec::<u8>::new().into()), vec![now.into()]].concat(),
    )?;
    tx.execute(
        "UPDATE partner_receipt SET opening = $5
         WHERE participant = $1 AND side = $2 AND partner = $3 AND envelope = $4",
        &with(Vec::<u8>::new().into()),
    )?;
    Ok(())
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
    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
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
    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
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
    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
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
    let problem = step.problem.map(|p| if step.seal.is_some() { bare(p) } else { p.clone() });
    let problem = problem.and_then(|p| serde_json::to_string(&p.document(corridor_base::Lang::En)).ok());
    let acknowledgement = match (step.acknowledgement, step.seal) {
        (Some(note), Some(seal)) => Some(seal.close(&place(side, id, "acknowledgement"), note.bytes())?),
        (note, _) => note.map(|note| note.bytes().to_vec()),
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
            acknowledgement.into(),
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
    /// That of the document.
    pub(crate) seal: Option<&'a Seal>,
}

impl<'a> Step<'a> {
    /// To this state, of a document under this seal.
    pub(crate) const fn to(state: State, seal: Option<&'a Seal>) -> Self {
        Self { to: state, problem: None, acknowledgement: None, blob: None, seal }
    }
}

/// The content kept in the row, when it is there.
pub(crate) fn inline_content(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<Option<Vec<u8>>> {
    let (side, id) = (document.side, document.id);
    let row = tx.query_one(
        "SELECT content FROM document WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4",
        &[side.as_str().into(), document.partner.as_str().into(), id.to_string().into()],
    )?;
    let Some(mut row) = row else { return Ok(None) };
    if row.opt_bytes(0)?.is_none() {
        return Ok(None);
    }
    let bytes = row.take_bytes(0)?;
    match &document.opened {
        Some(seal) => seal.open(&place(side, id, "content"), &bytes).map(Some),
        None => Ok(Some(bytes)),
    }
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

    /// Some documents, in their order; nothing where there is none that is the business of whoever asks.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn documents_for(
        &self,
        acting: &Acting,
        which: Vec<(Side, EnvelopeId)>,
    ) -> Result<Vec<Option<DocumentRow>>> {
        let find = move |tx: &mut Tx<'_>| which.iter().map(|(side, id)| find_any(tx, *side, *id)).collect();
        let found: Vec<Option<DocumentRow>> = self.0.store.read(&acting.participant, find).await?;
        Ok(found.into_iter().map(|row| row.and_then(|row| acting.scope.only(row).ok())).collect())
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
                rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
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
        self.record_read(us, &row, &acting.reader).await?;
        let content = self.content(us, &row).await?;
        Ok((row, content))
    }

    /// Leaves a record that somebody reads what a document says, before it is shown (AC-1).
    ///
    /// # Errors
    /// `subject-erased`, `subject-key-missing`; those of the store.
    pub async fn record_read(&self, us: &Did, row: &DocumentRow, reader: &str) -> Result<()> {
        row.envelope()?;
        let fields = [("envelope", row.id.to_string()), ("reader", reader.to_owned())];
        let (record, seal) = (self.seal(us, &act::DOCUMENT_READ, &fields)?, row.opened.clone());
        self.0.store.write(us, move |tx| tx.record_under(&record, seal.as_ref())).await
    }

    /// The content of a document, for a service of this node.
    ///
    /// # Errors
    /// `not-found` while it is still being received.
    pub async fn content(&self, us: &Did, row: &DocumentRow) -> Result<Content> {
        if row.state == State::Receiving {
            return Err(Problem::new(ErrorCode::NotFound).with("what", format!("content of {}", row.id)));
        }
        row.envelope()?;
        if row.blob.is_some() {
            return self.large_content(us, row, 0).await;
        }
        let (whose, id) = (row.clone(), row.id);
        let bytes = self.0.store.read(us, move |tx| inline_content(tx, &whose)).await?;
        let bytes = bytes
            .ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("content of {id}")))?;
        Ok(stream::once(async move { Ok(Bytes::from(bytes)) }).boxed())
    }

    /// The content of a document that is a blob, from this byte on.
    pub(crate) async fn large_content(&self, us: &Did, row: &DocumentRow, offset: u64) -> Result<Content> {
        let (blobs, name) = (self.0.store.blobs(), row.blob.as_deref().unwrap_or_default().parse()?);
        match &row.opened {
            Some(seal) => {
                let content = seal.content(&place(row.side, row.id, "blob"));
                blobs.read_sealed(us, &name, &content, offset).await
            }
            None => Ok(blobs.read(us, &name, offset).await?.boxed()),
        }
    }

    /// Writes down an act of ours, to be recorded in a unit of work.
    ///
    /// # Errors
    /// As [`Act::seal`].
    pub fn seal(
        &self,
        us: &Did,
        kind: &'static act::ActType,
        fields: &[(&'static str, String)],
    ) -> Result<corridor_proof::SealedAct> {
        let fields: Vec<(&'static str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Act::seal(kind, us, &fields, &*self.0.clock, &*self.0.random)
    }
}

/// The listing, with absent conditions passed as NULL: of one state along the index that begins with it,
/// since a state that few are in would be looked for in the whole book; of all along the times.
fn list(tx: &mut Tx<'_>, side: Side, filter: &DocumentFilter) -> Result<Vec<DocumentRow>> {
    let (before, before_id) = match filter.before {
        Some((at, id)) => (at.millis(), id.to_string()),
        None => (i64::MAX, String::new()),
    };
    let values: [Value; 9] = [
        side.as_str().into(),
        before.into(),
        before_id.into(),
        filter.partner.as_ref().map_or("", Did::as_str).into(),
        filter.state.map_or("", State::as_str).into(),
        filter.kind.as_ref().map_or("", Kind::as_str).into(),
        Value::Int(i64::from(filter.limit.clamp(1, 1000))),
        filter.scope.kinds_parameter().into(),
        filter.scope.partners_parameter().into(),
    ];
    let statement = match filter.state {
        Some(_) => select!(
            "WHERE participant = $1 AND side = $2 AND state = $6
            AND (created < $3 OR (created = $3 AND id < $4))
            AND ($5 = '' OR partner = $5) AND ($7 = '' OR kind = $7)
            AND ($9 = '' OR REPLACE($9, '|' || kind || '|', '') <> $9)
            AND ($10 = '' OR REPLACE($10, '|' || partner || '|', '') <> $10)
         ORDER BY created DESC, id DESC LIMIT $8"
        ),
        None => select!(
            "WHERE participant = $1 AND side = $2
            AND (created < $3 OR (created = $3 AND id < $4))
            AND ($5 = '' OR partner = $5) AND ($6 = '' OR state = $6) AND ($7 = '' OR kind = $7)
            AND ($9 = '' OR REPLACE($9, '|' || kind || '|', '') <> $9)
            AND ($10 = '' OR REPLACE($10, '|' || partner || '|', '') <> $10)
         ORDER BY created DESC, id DESC LIMIT $8"
        ),
    };
    let rows = tx.query(statement, &values)?;
    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
}

/// Whether it is still to be sent at this moment.
pub(crate) fn is_sending(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<bool> {
    let found = tx.query_one(
        "SELECT 1 FROM document WHERE participant = $1 AND side = 'out' AND partner = $2 AND id = $3 AND state = 'sending'",
        &[row.partner.as_str().into(), row.id.to_string().into()],
    )?;
    Ok(found.is_some())
}

/// Forgets a document that cannot be opened, because its keys did not come back from a backup: the
/// partner sends it again.
pub(crate) fn forget(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<()> {
    tx.execute(
        "DELETE FROM document WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4",
        &[row.side.as_str().into(), row.partner.as_str().into(), row.id.to_string().into()],
    )?;
    row.seal.map_or(Ok(()), |seal| tx.drop_seal(seal))
}

/// Takes back the promise of a document whose content turned out to be another.
pub(crate) fn withdraw(tx: &mut Tx<'_>, partner: &Did, id: EnvelopeId, seal: Option<SealId>) -> Result<()> {
    if let Some(seal) = seal {
        tx.drop_seal(seal)?;
    }
    tx.execute(
        "DELETE FROM document WHERE participant = $1 AND side = 'in' AND partner = $2 AND id = $3 AND state = 'receiving'",
        &[partner.as_str().into(), id.to_string().into()],
    )?;
    Ok(())
}
