//! What is shown of a document to somebody else: the acts of both sides, what opens them, and their receipts.

use corridor_base::{Did, Result};
use corridor_proof::{Act, Opening, Receipt};
use corridor_storage::Tx;

use super::ReceiptExchange;
use crate::wire::GivenAct;
use crate::{DocumentRow, documents};

/// An act about a document, opened, with its receipt as far as that goes.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Whose act it is.
    pub by: Did,
    /// The act.
    pub act: Act,
    /// Its very bytes.
    pub bytes: Vec<u8>,
    /// What opens it.
    pub opening: Opening,
    /// Its receipt; nothing while no checkpoint holds the act.
    pub receipt: Option<Receipt>,
    /// Whether the receipt is complete (LG-2).
    pub complete: bool,
}

impl ReceiptExchange {
    /// The acts of both sides about a document, ours first. What cannot be opened any more is left out.
    ///
    /// # Errors
    /// What keeps there from being a policy; those of the store.
    pub async fn shown(&self, us: &Did, document: &DocumentRow) -> Result<Vec<Shown>> {
        let mut all = Vec::new();
        for opened in self.acts(us, document).await? {
            let standing = self.0.receipts.of(us, opened.act.id).await?;
            let complete = standing.is_complete();
            let (act, bytes, opening) = (opened.act, opened.bytes, opened.opening);
            all.push(Shown { by: us.clone(), act, bytes, opening, receipt: standing.receipt, complete });
        }
        all.sort_by_key(|shown| (shown.act.time, shown.act.id));
        let row = document.clone();
        all.extend(self.0.exchange.store().read(us, move |tx| theirs(tx, &row)).await?);
        Ok(all)
    }
}

fn theirs(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<Vec<Shown>> {
    // The row as it is now: somebody may have been erased since it was read.
    let now = documents::find(tx, document.side, &document.partner, document.id)?;
    let Some(document) = now.filter(|row| row.signed.is_some()) else { return Ok(Vec::new()) };
    let shown = |kept: Kept| {
        let (receipt, complete) =
            (kept.receipt.as_deref().map(Receipt::parse).transpose()?, kept.receipt.is_some());
        let (act, bytes, opening) = (kept.act, kept.bytes, kept.opening);
        Ok(Shown { by: document.partner.clone(), act, bytes, opening, receipt, complete })
    };
    kept(tx, &document)?.into_iter().map(shown).collect()
}

/// An act of the partner as we keep it, opened.
struct Kept {
    act: Act,
    bytes: Vec<u8>,
    opening: Opening,
    receipt: Option<Vec<u8>>,
}

/// The partner's acts about a document, as far as they can still be opened.
fn kept(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<Vec<Kept>> {
    let rows = tx.query(
        "SELECT bytes, opening, receipt FROM partner_receipt
         WHERE participant = $1 AND side = $2 AND envelope = $3 AND partner = $4 ORDER BY act",
        &[document.side.as_str().into(), document.id.to_string().into(), document.partner.as_str().into()],
    )?;
    let mut found = Vec::new();
    for row in &rows {
        let (bytes, kept) = (row.bytes(0)?.to_vec(), row.bytes(1)?);
        let act = Act::parse(&bytes)?;
        let opening = match document.opened() {
            Some(seal) => seal.open(&format!("receipt/{}/opening", act.id), kept)?,
            None => kept.to_vec(),
        };
        let Ok(opening) = serde_json::from_slice::<Opening>(&opening) else { continue };
        let receipt = row.opt_bytes(2)?.map(<[u8]>::to_vec);
        found.push(Kept { act, bytes, opening, receipt });
    }
    Ok(found)
}

/// The largest act with its opening that is given back, in bytes: ten times what ours have, and what keeps an answer
/// about many documents below its limit.
const MAX_GIVEN: usize = 6 << 10;

/// The acts about a document that its other party had given us, for that party alone (LG-3): it may have lost
/// them.
pub(crate) fn given(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<Vec<GivenAct>> {
    let given = |kept: Kept| {
        let size = kept.opening.fields.values().map(String::len).sum::<usize>() + kept.bytes.len();
        let act = String::from_utf8(kept.bytes).unwrap_or_default();
        (size <= MAX_GIVEN).then_some(GivenAct { act, opening: kept.opening })
    };
    Ok(kept(tx, document)?.into_iter().filter_map(given).collect())
}
