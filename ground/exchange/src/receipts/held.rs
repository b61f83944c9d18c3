//! What is held of both sides of one document: our receipts and the partner's.

use corridor_base::{ActId, Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_ledger::receipt::Standing;
use corridor_proof::{Act, Receipt};
use corridor_storage::{Row, Tx};

use super::{ReceiptExchange, kinds, other};
use crate::{DocumentRow, Side, documents};

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
    /// Whether each side's acts all have complete receipts (LG-2).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let side = self.document.side;
        let ours = |kind: &&&str| self.ours.iter().any(|o| o.act.kind == ***kind && o.standing.is_complete());
        let theirs = |kind: &&&str| self.theirs.iter().any(|t| t.act.kind == ***kind && t.receipt.is_some());
        kinds(side).iter().filter(ours).count() == kinds(side).len()
            && kinds(other(side)).iter().filter(theirs).count() == kinds(other(side)).len()
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
        for opened in self.acts(us, document.side, &document.partner, envelope).await? {
            let standing = self.0.receipts.of(us, opened.act.id).await?;
            ours.push(Ours { act: opened.act, standing });
        }
        // Acts of one millisecond have no order by their times; in the log they have.
        ours.sort_by_key(|ours| (ours.standing.index.unwrap_or(u64::MAX), ours.act.time));
        Ok(Held { document, ours, theirs })
    }

    /// The receipt of one act of ours, or of a partner about a document of ours, as far as it goes.
    ///
    /// # Errors
    /// `not-found`; what keeps there from being a policy; those of the store.
    pub async fn act(&self, us: &Did, act: ActId) -> Result<Standing> {
        self.0.receipts.of(us, act).await
    }
}

fn look(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<(DocumentRow, Vec<Theirs>)> {
    let found = match documents::find_any(tx, Side::Out, envelope)? {
        Some(row) => Some(row),
        None => documents::find_any(tx, Side::In, envelope)?,
    };
    let document = found
        .ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("document {envelope}")))?;
    let rows = tx.query(
        "SELECT bytes, receipt, missing, recorded FROM partner_receipt
         WHERE participant = $1 AND side = $2 AND envelope = $3 AND partner = $4 ORDER BY act",
        &[document.side.as_str().into(), envelope.to_string().into(), document.partner.as_str().into()],
    )?;
    let theirs = rows.iter().map(theirs).collect::<Result<_>>()?;
    Ok((document, theirs))
}

fn theirs(row: &Row) -> Result<Theirs> {
    Ok(Theirs {
        act: Act::parse(row.bytes(0)?)?,
        receipt: row.opt_bytes(1)?.map(Receipt::parse).transpose()?,
        missing: row.text(2)?.split_whitespace().map(str::to_owned).collect(),
        recorded: Timestamp::from_millis(row.int(3)?),
    })
}
