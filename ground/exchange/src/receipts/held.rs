//! What is held of both sides of one document: our receipts and the partner's.

use corridor_base::{ActId, Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_ledger::receipt::Standing;
use corridor_proof::{Act, Receipt};
use corridor_storage::{Row, Tx};

use super::{Opened, ReceiptExchange, is_proved, of_this, other};
use crate::documents::Crossed;
use crate::{DocumentRow, Scope, Side, documents};

/// The receipts of one document.
#[derive(Clone, Debug)]
pub struct Held {
    /// The document.
    pub document: DocumentRow,
    /// Ours, one an act, the first first.
    pub ours: Vec<Ours>,
    /// The partner's, as far as they have come.
    pub theirs: Vec<Theirs>,
}

/// The receipt of an act of ours.
#[derive(Clone, Debug)]
pub struct Ours {
    /// The act.
    pub act: Act,
    /// How it stands with its receipt.
    pub standing: Standing,
}

/// The receipt of a partner's act, checked when it came.
#[derive(Clone, Debug)]
pub struct Theirs {
    /// The act.
    pub act: Act,
    /// The receipt, once it is complete.
    pub receipt: Option<Receipt>,
    /// What the partner said is missing.
    pub missing: Vec<String>,
    /// When it came, or was last asked about.
    pub recorded: Timestamp,
}

impl Held {
    /// Whether what each side did has complete receipts (LG-2).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let side = self.document.side;
        let ours = |kind: &str| self.ours.iter().any(|o| o.act.kind == kind && o.standing.is_complete());
        let theirs = |kind: &str| self.theirs.iter().any(|t| t.act.kind == kind && t.receipt.is_some());
        is_proved(side, ours) && is_proved(other(side), theirs)
    }
}

impl ReceiptExchange {
    /// The receipts of both sides of a document.
    ///
    /// # Errors
    /// `not-found`; what keeps there from being a policy; those of the store.
    pub async fn of(&self, us: &Did, envelope: EnvelopeId) -> Result<Held> {
        let (document, theirs) = self.0.exchange.store().read(us, move |tx| look(tx, envelope)).await?;
        let mut ours = Vec::new();
        for opened in self.acts(us, &document).await? {
            let standing = self.0.receipts.of(us, opened.act.id).await?;
            ours.push(Ours { act: opened.act, standing });
        }
        Ok(Held { document, ours: in_order(ours), theirs })
    }

    /// What crossed, newest first, and how far its receipts are; ours are not in it themselves. Of those that
    /// wait for something one page may hold fewer than were asked for, and another may follow all the same.
    ///
    /// # Errors
    /// What keeps there from being a policy; those of the store.
    pub async fn list(&self, us: &Did, filter: HeldFilter) -> Result<HeldPage> {
        let most = filter.limit.clamp(1, 1000);
        let pending = filter.pending;
        let rows = self.0.exchange.store().read(us, move |tx| candidates(tx, &filter, most)).await?;
        let next = rows.last().filter(|_| rows.len() == most as usize);
        let next = next.map(|row| (row.document.created, row.document.id));
        let mut items = self.with_ours(us, rows).await?;
        items.retain(|held| pending.is_none() || !held.is_complete());
        Ok(HeldPage { items, next })
    }

    async fn with_ours(&self, us: &Did, rows: Vec<Candidate>) -> Result<Vec<Held>> {
        let acts: Vec<ActId> = rows.iter().flat_map(|row| &row.ours).map(|opened| opened.act.id).collect();
        let mut standings = self.0.receipts.reached(us, acts).await?.into_iter();
        let held = rows.into_iter().map(|Candidate { document, ours, theirs }| {
            let ours = ours.into_iter().zip(&mut standings);
            let ours = ours.map(|(opened, standing)| Ours { act: opened.act, standing }).collect();
            Held { document, ours: in_order(ours), theirs }
        });
        Ok(held.collect())
    }

    /// The receipt of one act of ours, or of a partner about a document of ours, as far as it goes.
    ///
    /// # Errors
    /// `not-found`; what keeps there from being a policy; those of the store.
    pub async fn act(&self, us: &Did, act: ActId) -> Result<Standing> {
        self.0.receipts.of(us, act).await
    }
}

/// Which documents are listed with their receipts.
#[derive(Clone, Debug, Default)]
pub struct HeldFilter {
    /// Only those that wait for something; the instant since when acts of ours wait for cosignatures, the end
    /// of time when none does.
    pub pending: Option<Timestamp>,
    /// Only what is the business of whoever asks.
    pub scope: Scope,
    /// Only those that came in before this one: the last of the page before.
    pub before: Option<(Timestamp, EnvelopeId)>,
    /// How many, at most 1,000.
    pub limit: u32,
}

/// One page of documents with their receipts.
#[derive(Clone, Debug)]
pub struct HeldPage {
    /// The documents.
    pub items: Vec<Held>,
    /// Where the next page begins.
    pub next: Option<(Timestamp, EnvelopeId)>,
}

/// A document of a list, with what its receipts are of.
struct Candidate {
    document: DocumentRow,
    ours: Vec<Opened>,
    theirs: Vec<Theirs>,
}

/// Acts of one millisecond have no order by their times; in the log they have.
fn in_order(mut ours: Vec<Ours>) -> Vec<Ours> {
    ours.sort_by_key(|ours| (ours.standing.index.unwrap_or(u64::MAX), ours.act.time));
    ours
}

/// Where what is asked for may be. A receipt of the partner is lacking where it is still to be asked for; of
/// ours none is lacking from before the oldest act that waits.
fn candidates(tx: &mut Tx<'_>, filter: &HeldFilter, most: u32) -> Result<Vec<Candidate>> {
    let asked = Crossed { scope: &filter.scope, before: filter.before, limit: most };
    let mut rows = documents::crossed(tx, &asked, filter.pending.unwrap_or(Timestamp::EPOCH))?;
    if filter.pending.is_some() {
        rows.extend(documents::lacking(tx, &asked)?);
    }
    rows.sort_by(|a, b| (b.created, b.id, b.side.as_str()).cmp(&(a.created, a.id, a.side.as_str())));
    rows.dedup_by(|a, b| (a.id, a.side) == (b.id, b.side) && a.partner == b.partner);
    rows.truncate(most as usize);
    let candidate = |document: DocumentRow| {
        let (ours, theirs) = (of_this(tx, &document)?, partners(tx, &document)?);
        Ok(Candidate { document, ours, theirs })
    };
    rows.into_iter().map(candidate).collect()
}

fn look(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<(DocumentRow, Vec<Theirs>)> {
    let found = match documents::find_any(tx, Side::Out, envelope)? {
        Some(row) => Some(row),
        None => documents::find_any(tx, Side::In, envelope)?,
    };
    let document = found
        .ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("document {envelope}")))?;
    let theirs = partners(tx, &document)?;
    Ok((document, theirs))
}

fn partners(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<Vec<Theirs>> {
    let rows = tx.query(
        "SELECT bytes, receipt, missing, recorded FROM partner_receipt
         WHERE participant = $1 AND side = $2 AND envelope = $3 AND partner = $4 ORDER BY act",
        &[document.side.as_str().into(), document.id.to_string().into(), document.partner.as_str().into()],
    )?;
    rows.iter().map(theirs).collect()
}

fn theirs(row: &Row) -> Result<Theirs> {
    Ok(Theirs {
        act: Act::parse(row.bytes(0)?)?,
        receipt: row.opt_bytes(1)?.map(Receipt::parse).transpose()?,
        missing: row.text(2)?.split_whitespace().map(str::to_owned).collect(),
        recorded: Timestamp::from_millis(row.int(3)?),
    })
}
