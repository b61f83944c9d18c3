//! Asking partners for the receipts that are lacking, checking what they answer, and keeping it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use corridor_base::problem::ProblemDocument;
use corridor_base::{Did, Digest, EnvelopeId, Problem, Result, Timestamp};
use corridor_net::Request;
use corridor_proof::receipt::{self, LogProof};
use corridor_proof::verdict::{State as Verdict, outcome};
use corridor_proof::{Act, Policy};
use corridor_storage::Tx;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use super::{DAY, GIVEN_UP, LATEST, ReceiptExchange, SOONEST, check_opened, is_proved, other};
use crate::Side;
use crate::documents::{self, DocumentRow};
use crate::edge::JSON;
use crate::sender::answer_problem;
use crate::wire::{AskReceipts, MAX_RECEIPTS, RECEIPTS, ReceiptItem, Receipts};

/// How often is looked for receipts that are lacking.
const LOOK: Duration = Duration::from_secs(2);
/// How many times as long as a round took is waited before the next.
const SHARE: u32 = 9;
/// How many documents one round asks about, for each participant.
const ROUND: i64 = 500;
/// How many documents one question asks about: with two acts each the answer stays below its limit.
const QUESTION: usize = 50;
/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a partner that does not answer is left alone at most, each failure doubling it; and the longest time
/// between two rounds.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Partners that did not answer, and until when they are left alone.
#[derive(Default)]
pub(super) struct Rests(Mutex<HashMap<(Did, Did), (u32, Timestamp)>>);

impl Rests {
    fn until(&self, us: &Did, partner: &Did) -> Option<Timestamp> {
        let rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rests.get(&(us.clone(), partner.clone())).map(|(_, until)| *until)
    }

    fn failed(&self, us: &Did, partner: &Did, now: Timestamp) -> Timestamp {
        let mut rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = rests.entry((us.clone(), partner.clone())).or_insert((0, now));
        rest.0 = rest.0.saturating_add(1);
        let pause = Duration::from_secs(1 << rest.0.min(6)).min(LONGEST_REST);
        rest.1 = now.plus(pause);
        rest.1
    }

    fn answered(&self, us: &Did, partner: &Did) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(us.clone(), partner.clone()));
    }
}

/// A receipt of a partner that was found good, or the act alone while the receipt is pending.
struct Found {
    side: Side,
    envelope: EnvelopeId,
    act: Act,
    item: ReceiptItem,
}

impl ReceiptExchange {
    /// Asks for what is lacking, until told to stop. Receipts may wait and documents may not: of the time
    /// this takes [`SHARE`] times as much is left to others, up to a minute: a round may have done nothing but wait
    /// for a partner.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut rest = LOOK;
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(rest) => {}
            }
            let begun = Instant::now();
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                result = self.round() => {
                    if let Err(problem) = result {
                        tracing::warn!(code = %problem.code(), "receipts of partners: {problem}");
                    }
                }
            }
            rest = (begun.elapsed() * SHARE).clamp(LOOK, LONGEST_REST);
        }
    }

    /// One round: asks about the documents that are due. How many receipts became complete.
    ///
    /// # Errors
    /// Those of the store; what keeps there from being a policy. A partner that does not answer is no
    /// error of the round.
    pub async fn round(&self) -> Result<usize> {
        let mut complete = 0;
        for us in self.0.exchange.participants() {
            let mut of_partner: BTreeMap<Did, Vec<DocumentRow>> = BTreeMap::new();
            for row in self.due(&us).await? {
                of_partner.entry(row.partner.clone()).or_default().push(row);
            }
            for (partner, rows) in of_partner {
                for rows in rows.chunks(QUESTION) {
                    complete += self.ask_about(&us, &partner, rows).await?;
                }
            }
        }
        Ok(complete)
    }

    async fn due(&self, us: &Did) -> Result<Vec<DocumentRow>> {
        let now = self.0.exchange.0.clock.now();
        self.0.exchange.store().read(us, move |tx| documents::without_receipt(tx, now, ROUND)).await
    }

    /// Asks one partner, and writes down what it answered.
    async fn ask_about(&self, us: &Did, partner: &Did, rows: &[DocumentRow]) -> Result<usize> {
        let now = self.0.exchange.0.clock.now();
        if let Some(until) = self.0.rests.until(us, partner).filter(|until| *until > now) {
            self.put_off(us, rows, until).await?;
            return Ok(0);
        }
        let policy = self.0.receipts.policy()?;
        match self.question(us, partner, rows).await {
            Ok(items) => {
                self.0.rests.answered(us, partner);
                let found = self.check(us, partner, rows, items, &policy);
                self.keep(us, rows, found).await
            }
            Err(problem) => {
                tracing::debug!(partner = %partner, code = %problem.code(), "receipts were not answered");
                let until = self.0.rests.failed(us, partner, now);
                self.put_off(us, rows, until).await?;
                Ok(0)
            }
        }
    }

    async fn question(&self, us: &Did, partner: &Did, rows: &[DocumentRow]) -> Result<Vec<ReceiptItem>> {
        let exchange = &self.0.exchange;
        let of = |side: Side| rows.iter().filter(|r| r.side == side).map(|r| r.id).collect();
        let question = AskReceipts { of: partner.clone(), sent: of(Side::Out), received: of(Side::In) };
        let endpoint =
            exchange.0.directory.participant(partner, exchange.0.clock.now())?.participant.endpoint.clone();
        let url = Url::parse(&format!("{endpoint}{RECEIPTS}"))
            .map_err(|e| answer_problem(partner, &e.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let body = serde_json::to_vec(&question).unwrap_or_default().into();
        // Room for JSON's own signs around what the limit counts.
        let limit = 2 * MAX_RECEIPTS;
        let request = Request { method: Method::POST, url, headers, body, limit, timeout: PATIENCE };
        let response = exchange.call(us, partner, request).await?;
        if response.status != StatusCode::OK {
            let said = serde_json::from_slice::<ProblemDocument>(&response.body).ok();
            return Err(said
                .as_ref()
                .and_then(Problem::from_document)
                .unwrap_or_else(|| answer_problem(partner, &format!("HTTP status {}", response.status))));
        }
        let answer: Receipts = serde_json::from_slice(&response.body)
            .map_err(|e| answer_problem(partner, &format!("no receipts: {e}")))?;
        Ok(answer.items)
    }

    /// Those of the items that are what they should be; what is not is told in the log and left out.
    fn check(
        &self,
        us: &Did,
        partner: &Did,
        rows: &[DocumentRow],
        items: Vec<ReceiptItem>,
        policy: &Policy,
    ) -> Vec<Found> {
        // Many receipts stand under one checkpoint: its signatures are judged once.
        let mut judged: HashMap<Digest, bool> = HashMap::new();
        let mut found = Vec::new();
        for item in items {
            let side = if item.sent { Side::Out } else { Side::In };
            let row = rows.iter().find(|row| row.side == side && row.id == item.envelope);
            let checked = row
                .ok_or("a document that was not asked about")
                .and_then(|row| check_act(us, row, &item))
                .and_then(|act| {
                    check_receipt(&item, self.origin(partner), policy, &mut judged).map(|()| act)
                });
            match checked {
                Ok(act) => found.push(Found { side, envelope: item.envelope, act, item }),
                Err(why) => {
                    tracing::warn!(partner = %partner, envelope = %item.envelope, why, "a receipt was refused");
                }
            }
        }
        found
    }

    /// The origin of the partner's log, as the trust list names it.
    fn origin(&self, partner: &Did) -> Option<String> {
        let exchange = &self.0.exchange;
        let listed = exchange.0.directory.participant(partner, exchange.0.clock.now()).ok()?;
        listed.participant.ledger.as_ref().map(|ledger| ledger.origin().to_owned())
    }

    /// Writes down what was found good, and when each document is asked about again, if at all.
    async fn keep(&self, us: &Did, rows: &[DocumentRow], found: Vec<Found>) -> Result<usize> {
        let now = self.0.exchange.0.clock.now();
        let due: Vec<(DocumentRow, Option<Timestamp>)> = rows
            .iter()
            .map(|row| {
                let complete = |kind: &str| {
                    found.iter().any(|f| {
                        (f.side, f.envelope) == (row.side, row.id)
                            && f.act.kind == kind
                            && f.item.receipt.is_some()
                    })
                };
                let done = is_proved(other(row.side), complete);
                (row.clone(), (!done).then(|| now.plus(pause(now.since(row.updated)))))
            })
            .collect();
        let complete = due.iter().filter(|(_, due)| due.is_none()).count();
        let unit = move |tx: &mut Tx<'_>| {
            for (row, due) in &due {
                for found in found.iter().filter(|f| (f.side, f.envelope) == (row.side, row.id)) {
                    keep_one(tx, row, found, now)?;
                }
                if due.is_none() {
                    drop_pending(tx, row)?;
                }
                documents::receipt_due(tx, row, *due)?;
            }
            Ok(())
        };
        self.0.exchange.store().write(us, unit).await?;
        Ok(complete)
    }

    async fn put_off(&self, us: &Did, rows: &[DocumentRow], until: Timestamp) -> Result<()> {
        let rows = rows.to_vec();
        let unit = move |tx: &mut Tx<'_>| {
            rows.iter().try_for_each(|row| documents::receipt_due(tx, row, Some(until)))
        };
        self.0.exchange.store().write(us, unit).await
    }
}

/// How long to wait before asking again about a document of this age.
fn pause(age: Duration) -> Duration {
    if age > GIVEN_UP { DAY } else { (age / 4).clamp(SOONEST, LATEST) }
}

/// Whether the act is about our document, by the partner, and says what we know to be so.
fn check_act(us: &Did, row: &DocumentRow, item: &ReceiptItem) -> std::result::Result<Act, &'static str> {
    let act = Act::parse(item.act.as_bytes()).map_err(|_| "no act")?;
    let envelope = row.signed.as_ref().ok_or("a document that cannot be opened")?;
    let by = (&row.partner, other(row.side));
    check_opened(&act, &item.opening, by, (us, envelope), row.acknowledgement.as_ref())?;
    Ok(act)
}

/// Whether the receipt, when there is one, is complete under our policy, of this act, in the partner's log.
fn check_receipt(
    item: &ReceiptItem,
    origin: Option<String>,
    policy: &Policy,
    judged: &mut HashMap<Digest, bool>,
) -> std::result::Result<(), &'static str> {
    let Some(text) = &item.receipt else { return Ok(()) };
    let verdict = receipt::read(text.as_bytes());
    let Some(receipt) = verdict.receipt.as_ref().filter(|_| outcome(&verdict.checks) == Verdict::Passed)
    else {
        return Err("a receipt that does not prove what it says");
    };
    let LogProof { extra, checkpoint, .. } = receipt.proof();
    if extra.as_deref() != Some(item.act.as_bytes()) {
        return Err("a receipt of another act");
    }
    if origin.is_some_and(|origin| origin != checkpoint.origin()) {
        return Err("a receipt from another log than the partner's");
    }
    let complete = *judged
        .entry(Digest::of(&checkpoint.to_bytes()))
        .or_insert_with(|| outcome(&policy.judge(checkpoint, None).checks) == Verdict::Passed);
    if complete { Ok(()) } else { Err("a receipt that is not complete under our policy") }
}

/// The first act of its kind stands; its receipt is added when it comes, and a complete one stays. One that was
/// never proved gives way to one that is: a partner that lost it with its disk has taken the document anew.
fn keep_one(tx: &mut Tx<'_>, row: &DocumentRow, found: &Found, now: Timestamp) -> Result<()> {
    let opening = serde_json::to_vec(&found.item.opening).unwrap_or_default();
    // Under the document's seal: even when somebody was erased since the row was read, nothing opens it.
    let opening = match row.opened() {
        Some(seal) => seal.close(&format!("receipt/{}/opening", found.act.id), &opening)?,
        None => opening,
    };
    tx.execute(
        "INSERT INTO partner_receipt
            (participant, side, envelope, partner, kind, act, opening, bytes, receipt, missing, recorded)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (participant, side, envelope, partner, kind) DO UPDATE SET
            act = excluded.act,
            opening = CASE WHEN partner_receipt.receipt IS NULL THEN excluded.opening ELSE partner_receipt.opening END,
            bytes = CASE WHEN partner_receipt.receipt IS NULL THEN excluded.bytes ELSE partner_receipt.bytes END,
            missing = CASE WHEN partner_receipt.receipt IS NULL THEN excluded.missing ELSE partner_receipt.missing END,
            receipt = COALESCE(partner_receipt.receipt, excluded.receipt), recorded = excluded.recorded
         WHERE partner_receipt.act = excluded.act
            OR (partner_receipt.receipt IS NULL AND excluded.receipt IS NOT NULL)",
        &[
            found.side.as_str().into(),
            found.envelope.to_string().into(),
            row.partner.as_str().into(),
            found.act.kind.as_str().into(),
            found.act.id.to_string().into(),
            opening.into(),
            found.item.act.as_bytes().into(),
            found.item.receipt.as_ref().map(|text| text.as_bytes().to_vec()).into(),
            found.item.missing.iter().take(16).map(|m| m.chars().take(40).collect::<String>()).collect::<Vec<_>>().join(" ").into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Nothing is asked any more: what waits for a receipt still is an act that its maker lost, and made up for with
/// another.
fn drop_pending(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<()> {
    tx.execute(
        "DELETE FROM partner_receipt
         WHERE participant = $1 AND side = $2 AND envelope = $3 AND partner = $4 AND receipt IS NULL",
        &[row.side.as_str().into(), row.id.to_string().into(), row.partner.as_str().into()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::{AgreementId, FixedClock, SeededRandom};
    use corridor_proof::act::{self, ActType};
    use corridor_proof::{Envelope, SecretKey, Signed};

    #[test]
    fn a_document_is_asked_about_ever_more_patiently() {
        let check =
            |age: u64, expect: u64| assert_eq!(pause(Duration::from_secs(age)).as_secs(), expect, "{age}");
        check(0, 2);
        check(100, 25);
        check(86_400, 600);
        check(31 * 86_400, 86_400);
    }

    fn clock() -> FixedClock {
        FixedClock::at(Timestamp::from_millis(1_795_339_500_000))
    }

    fn did(name: &str) -> Did {
        format!("did:web:{name}.example").parse().unwrap()
    }

    /// A document that we sent to the partner.
    fn row() -> DocumentRow {
        let random = SeededRandom::new(1);
        let body = Envelope {
            id: EnvelopeId::new(&clock(), &random),
            kind: "note".parse().unwrap(),
            sender: did("us"),
            recipient: did("partner"),
            agreement: AgreementId::new(&clock(), &random),
            time: Timestamp::EPOCH,
            size: 1,
            sha256: Digest::of(b"x"),
            name: None,
            answers: None,
            subjects: Vec::new(),
        };
        let key = SecretKey::generate("did:web:us.example#k1", &random).unwrap();
        let envelope = Signed::new(body, &[&key]).unwrap();
        DocumentRow {
            id: envelope.body().id,
            side: Side::Out,
            partner: did("partner"),
            kind: envelope.body().kind.clone(),
            agreement: envelope.body().agreement,
            size: 1,
            sha256: Some(envelope.body().sha256),
            name: None,
            answers: None,
            state: crate::State::Delivered,
            problem: None,
            created: Timestamp::EPOCH,
            updated: Timestamp::EPOCH,
            seal: None,
            signed: Some(envelope),
            acknowledgement: None,
            blob: None,
            delivery: None,
            opened: None,
        }
    }

    /// What the partner answers, with some of its fields otherwise.
    fn item(kind: &'static ActType, who: &str, otherwise: &[(&str, &str)]) -> ReceiptItem {
        let row = row();
        let honest = |field: &str| match field {
            "envelope" => row.id.to_string(),
            "partner" => did("us").to_string(),
            "statement" => row.envelope().unwrap().digest().to_string(),
            other => other.to_owned(),
        };
        let values: Vec<(&'static str, String)> = kind
            .fields
            .iter()
            .map(|f| {
                let told = otherwise.iter().find(|(name, _)| name == f);
                (*f, told.map_or_else(|| honest(f), |(_, value)| (*value).to_owned()))
            })
            .collect();
        let fields: Vec<(&'static str, &str)> = values.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let sealed = Act::seal(kind, &did(who), &fields, &clock(), &SeededRandom::new(2)).unwrap();
        ReceiptItem {
            envelope: row.id,
            sent: true,
            act: String::from_utf8(sealed.bytes).unwrap(),
            opening: sealed.opening,
            receipt: None,
            missing: Vec::new(),
        }
    }

    /// A partner may say what it likes: only what we know to be so is kept.
    #[test]
    fn an_act_that_says_something_else_is_refused() {
        let check = |item: &ReceiptItem, expect: &str| {
            assert_eq!(check_act(&did("us"), &row(), item).err().unwrap_or_default(), expect);
        };
        let received = |otherwise| item(&act::DOCUMENT_RECEIVED, "partner", otherwise);
        let else_ = "an act that says something else of the document";
        check(&received(&[]), "");
        check(&received(&[("envelope", "0192f0c1-2345-7abc-8def-0123456789ab")]), else_);
        check(&received(&[("partner", "did:web:other.example")]), else_);
        check(&received(&[("statement", "another text")]), else_);
        check(&item(&act::DOCUMENT_RECEIVED, "other", &[]), else_);
        check(&item(&act::DOCUMENT_SUBMITTED, "partner", &[]), "an act of another kind");
        check(&item(&act::DOCUMENT_REFUSED, "partner", &[]), "an act of another kind");
        let mut unopened = received(&[]);
        unopened.opening = received(&[("size", "2")]).opening;
        check(&unopened, "an act that is not opened by what came with it");
        check(&ReceiptItem { act: "{}".to_owned(), ..received(&[]) }, "no act");
    }
}
