//! What is written into the books of documents and looked up in them, one statement each.

use corridor_base::{DeliveryId, Did, EnvelopeId, Problem, Result, Timestamp};
use corridor_proof::{Acknowledgement, Envelope, Signed};
use corridor_storage::{Seal, SealId, Tx, Value};

use super::{DocumentRow, Side, State, bare, place};

/// How soon a partner is asked for its receipt: its log and the witnesses take a moment.
const FIRST_RECEIPT: std::time::Duration = std::time::Duration::from_secs(3);

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

/// What was delivered to this partner (`out`), or sent by it and acknowledged by us (`in`), from `since` on, or
/// after a document of that instant, and before `until`, oldest first.
pub(crate) fn settled(
    tx: &mut Tx<'_>,
    side: Side,
    partner: &Did,
    (since, after): (Timestamp, Option<EnvelopeId>),
    until: Timestamp,
    limit: u32,
) -> Result<Vec<DocumentRow>> {
    let state = match side {
        Side::Out => State::Delivered,
        Side::In => State::Received,
    };
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND side = $2 AND partner = $3 AND state = $4
             AND updated >= $5 AND updated < $6 AND (updated > $5 OR id > $7) ORDER BY updated, id LIMIT $8"
        ),
        &[
            side.as_str().into(),
            partner.as_str().into(),
            state.as_str().into(),
            since.into(),
            until.into(),
            after.map(|id| id.to_string()).unwrap_or_default().into(),
            limit.into(),
        ],
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

/// Whether the content is here, in the row or in a blob. That of a document which came back from a partner is not.
pub(crate) fn has_content(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<bool> {
    if document.blob.is_some() {
        return Ok(true);
    }
    let row = tx.query_one(
        "SELECT 1 FROM document
         WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4 AND content IS NOT NULL",
        &[document.side.as_str().into(), document.partner.as_str().into(), document.id.to_string().into()],
    )?;
    Ok(row.is_some())
}

/// Whether it is still to be sent at this moment.
pub(crate) fn is_sending(tx: &mut Tx<'_>, partner: &Did, id: EnvelopeId) -> Result<bool> {
    let found = tx.query_one(
        "SELECT 1 FROM document WHERE participant = $1 AND side = 'out' AND partner = $2 AND id = $3 AND state = 'sending'",
        &[partner.as_str().into(), id.to_string().into()],
    )?;
    Ok(found.is_some())
}

/// Forgets a document that cannot be opened, because its keys did not come back from a backup: the
/// partner sends it again.
pub(crate) fn forget(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<()> {
    remove(tx, row)?;
    row.seal.map_or(Ok(()), |seal| tx.drop_seal(seal))
}

/// Takes the row of a document out of the books; its seal stays, for whatever comes in its place.
pub(crate) fn remove(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<()> {
    tx.execute(
        "DELETE FROM document WHERE participant = $1 AND side = $2 AND partner = $3 AND id = $4",
        &[row.side.as_str().into(), row.partner.as_str().into(), row.id.to_string().into()],
    )?;
    Ok(())
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
