//! Documents as they stand in the books of a participant: what was sent and what came in, their
//! states, and how to read them again.

use bytes::Bytes;
use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Act, Kind, act};
use corridor_storage::{Tx, Value};
use futures::stream::{self, BoxStream, StreamExt};

use crate::service::Acting;
use crate::{Exchange, Scope};

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

mod books;
mod overview;
mod row;

pub(crate) use books::{
    NewDocument, Step, advance, empty, find, find_any, forget, has_content, inline_content, insert,
    is_sending, queued, receipt_due, remove, settled, under, withdraw, without_receipt,
};
pub(crate) use overview::{Crossed, crossed, lacking};
pub use overview::{Delivered, Link, Progress};
pub use row::{DocumentRow, Side, State};
pub(crate) use row::{bare, erased, place};

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

    /// How far some documents have come, in their order; nothing where there is none that is the business of
    /// whoever asks.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn progress(
        &self,
        acting: &Acting,
        which: Vec<(Side, EnvelopeId)>,
    ) -> Result<Vec<Option<Progress>>> {
        let scope = acting.scope.clone();
        let find = move |tx: &mut Tx<'_>| {
            which.iter().map(|(side, id)| overview::progress(tx, *side, *id, &scope)).collect()
        };
        self.0.store.read(&acting.participant, find).await
    }

    /// The documents that answer this one, in the order in which they were said.
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
                let mut answers: Vec<DocumentRow> =
                    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect::<Result<_>>()?;
                answers.sort_by_key(|answer| (answer.stated(), answer.id));
                Ok(answers)
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
