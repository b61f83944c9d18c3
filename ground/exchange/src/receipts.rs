//! Receipts change hands: both nodes of an exchange hold both receipts, so that each can show what the
//! other did without asking it. A partner is asked for the acts about documents that crossed between the
//! two, with what opens them and their receipts; what it answers is checked as if it came from a stranger,
//! and kept. It is asked again until every receipt is complete (LG-2).
//!
//! No new bytes cross here: the caller passes the gate's first half (who are you), and is told only of
//! documents that it sent or received itself, under an agreement that was in force then (EX-1). What
//! opens an act goes to the counterparty of its document and to nobody else (LG-3).

mod ask;
mod held;
mod serve;
mod shown;
mod signatures;

use std::sync::Arc;
use std::time::Duration;

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_ledger::receipt::Standing;
use corridor_proof::{Acknowledgement, Act, Envelope, Opening, Signed, act};
use corridor_storage::{ActRow, Tx};

use crate::{DocumentRow, Exchange, Side};

pub use held::{Held, HeldFilter, HeldPage, Ours, Theirs};
pub use shown::Shown;
pub(crate) use shown::given;
pub use signatures::{Judged, What};

/// How soon a document is asked about again at first, and at most; between the two, after a quarter of
/// its age.
const SOONEST: Duration = Duration::from_secs(2);
const LATEST: Duration = Duration::from_secs(600);
/// After this time a receipt that never came is asked for once a day.
/// How many acts of the right kinds are looked at for one document: it is sent and acknowledged once, and as often again
/// as a partner asks for it.
const MOST_ACTS: u32 = 100;
const GIVEN_UP: Duration = Duration::from_secs(30 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// The receipts of one node and of its partners. Cheap to clone.
#[derive(Clone)]
pub struct ReceiptExchange(Arc<Inner>);

struct Inner {
    exchange: Exchange,
    receipts: corridor_ledger::Receipts,
    rests: ask::Rests,
}

impl ReceiptExchange {
    /// Puts it together: our own receipts come from the ledger.
    #[must_use]
    pub fn new(exchange: Exchange, receipts: corridor_ledger::Receipts) -> Self {
        Self(Arc::new(Inner { exchange, receipts, rests: ask::Rests::default() }))
    }

    /// Our own receipts.
    #[must_use]
    pub fn ours(&self) -> &corridor_ledger::Receipts {
        &self.0.receipts
    }

    /// Our acts that say what the book says of a document that crossed between us and a partner, with what opens them.
    async fn acts(&self, us: &Did, document: &DocumentRow) -> Result<Vec<Opened>> {
        let document = document.clone();
        self.0.exchange.store().read(us, move |tx| of_this(tx, &document)).await
    }
}

/// The same, in a transaction.
fn about(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<Vec<Opened>> {
    let told = proofs(document.side).concat();
    let acts = tx.acts_of(&document.id.to_string(), &told, MOST_ACTS)?;
    let partner = document.partner.as_str();
    let about = |opened: &Opened| opened.opening.fields.get("partner").map(String::as_str) == Some(partner);
    Ok(acts.into_iter().filter_map(Opened::read).filter(about).collect())
}

/// Those of them that say what the book says now. Another is about a document that was handed in once more after a
/// restoration, before the partner gave back what it had: it proves nothing of this one. The partner is shown all, and
/// holds them against its own book.
fn of_this(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<Vec<Opened>> {
    let Some(envelope) = &document.signed else { return Ok(Vec::new()) };
    let us = tx.participant().clone();
    let (by, of, answer) =
        ((&us, document.side), (&document.partner, envelope), document.acknowledgement.as_ref());
    let right = |opened: &Opened| check_opened(&opened.act, &opened.opening, by, of, answer).is_ok();
    Ok(about(tx, document)?.into_iter().filter(right).collect())
}

/// One of our acts, opened.
struct Opened {
    act: Act,
    bytes: Vec<u8>,
    opening: Opening,
}

impl Opened {
    /// `None` after erasure, or when it does not open: nothing can be shown then.
    fn read(row: ActRow) -> Option<Self> {
        let opening: Opening = serde_json::from_slice(row.opening.as_deref()?).ok()?;
        let act = Act::parse(&row.bytes).ok().filter(|act| act.opened_by(&opening))?;
        Some(Self { act, bytes: row.bytes, opening })
    }
}

/// What proves what whoever has the document on this side of its books did: all acts of one of these. A sender that
/// lost its disk may have lost its acts, and what opens them, for good; what it recorded when the document came back
/// into its book commits to the envelope and to the acknowledgement, as they did.
const fn proofs(side: Side) -> &'static [&'static [&'static str]] {
    const SENDER: &[&[&str]] =
        &[&[act::DOCUMENT_SUBMITTED.name, act::DOCUMENT_ACKNOWLEDGED.name], &[act::DOCUMENT_RETURNED.name]];
    const RECIPIENT: &[&[&str]] = &[&[act::DOCUMENT_RECEIVED.name]];
    match side {
        Side::Out => SENDER,
        Side::In => RECIPIENT,
    }
}

/// Whether this is one of the acts of whoever has the document on this side of its books.
fn is_told(side: Side, kind: &str) -> bool {
    proofs(side).iter().any(|acts| acts.contains(&kind))
}

/// Whether enough acts have complete receipts.
fn is_proved(side: Side, complete: impl Fn(&str) -> bool) -> bool {
    proofs(side).iter().any(|acts| acts.iter().all(|kind| complete(kind)))
}

/// The side that the other has the document on.
fn other(side: Side) -> Side {
    match side {
        Side::In => Side::Out,
        Side::Out => Side::In,
    }
}

/// Whether an act is of one party to a document, about it, and says what is known to be so.
pub(crate) fn check_opened(
    act: &Act,
    opening: &Opening,
    (by, side): (&Did, Side),
    (partner, envelope): (&Did, &Signed<Envelope>),
    acknowledgement: Option<&Signed<Acknowledgement>>,
) -> std::result::Result<(), &'static str> {
    if !is_told(side, &act.kind) || act.known_type().is_none() {
        return Err("an act of another kind");
    }
    if !act.opened_by(opening) {
        return Err("an act that is not opened by what came with it");
    }
    let fields = &opening.fields;
    let is = |name: &str, value: &str| fields.get(name).map(String::as_str) == Some(value);
    let says = |name: &str, value: &str| fields.get(name).is_none_or(|found| found == value);
    let right = is("participant", by.as_str())
        && is("partner", partner.as_str())
        && is("envelope", &envelope.body().id.to_string())
        && says("statement", &envelope.digest().to_string())
        && acknowledgement.is_none_or(|answer| says("acknowledgement", &answer.digest().to_string()));
    if right { Ok(()) } else { Err("an act that says something else of the document") }
}

/// What is missing, by name.
fn missing(standing: &Standing) -> Vec<String> {
    standing.missing.iter().map(|check| check.name.to_string()).collect()
}

fn too_many() -> Problem {
    Problem::new(ErrorCode::TooLarge)
        .with("what", "question for receipts")
        .with("limit", format!("{} documents", crate::wire::MAX_ASKED))
}
