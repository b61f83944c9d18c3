//! What this node itself had sent since the backup stands in its partners' books only. It asks each partner
//! for the envelopes that the partner acknowledged to it, and takes them back into its own book, each with the
//! acknowledgement: both are signed, so a partner can invent neither. The contents stay where they are.
//!
//! The partner gives back our acts about them, too, as far as it was ever given them: the leaves came back from a
//! mirror, and an act whose leaf says so is ours again, with what opens it, and can be proved.

use axum::body::Body;
use axum::extract::{Request, State as Handed};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Acknowledgement, Act, Envelope, SealedAct, Signed, act};
use corridor_storage::{Seal, Tx};
use url::Url;

use super::{KEPT, PATIENCE, SMALL, millis};
use crate::documents::{self, DocumentRow, NewDocument};
use crate::edge::{Call, JSON, busy, reply};
use crate::receipts::{check_opened, given};
use crate::sender::answer_problem;
use crate::wire::{self, Acknowledged, AcknowledgedItem, AskAcknowledged, GivenAct};
use crate::{Exchange, Side, State};

/// How many documents are answered at once: each is an envelope and an acknowledgement of at most 8 KiB, and
/// some acts of a few hundred bytes.
const PAGE: u32 = 50;
/// The largest answer read, in bytes.
const MAX_ANSWER: usize = 2 << 20;

/// After so many pages in a row without a document of ours a partner is not asked on.
const MOST_IN_VAIN: u32 = 1000;

/// A document of ours as a partner has it, judged.
struct Known {
    envelope: Signed<Envelope>,
    acknowledgement: Signed<Acknowledgement>,
    record: SealedAct,
    acts: Vec<SealedAct>,
}

impl Exchange {
    /// Takes back what this partner has acknowledged to us since an instant of its clock; answers how many
    /// documents were not in our book. Nothing when the partner does not know the question (yet).
    ///
    /// # Errors
    /// As [`Exchange::call`]; `partner-answer` when it is no answer.
    pub(super) async fn take_back_sent(
        &self,
        us: &Did,
        partner: &Did,
        since: Timestamp,
    ) -> Result<Option<u64>> {
        let mut question =
            AskAcknowledged { of: partner.clone(), since, after: Some(String::new()), until: None };
        let (mut taken, mut vain) = (0, 0);
        // However many there are: each page goes on later than the last.
        while let Some(answer) = self.question_sent(us, &question).await? {
            let known: Vec<Known> =
                answer.items.iter().filter_map(|item| self.is_known(us, partner, item)).collect();
            vain = if known.is_empty() { vain + 1 } else { 0 };
            let (exchange, whose) = (self.clone(), partner.clone());
            let unit = move |tx: &mut Tx<'_>| {
                known
                    .iter()
                    .try_fold(0, |count, known| Ok(count + u64::from(exchange.take(tx, &whose, known)?)))
            };
            taken += self.0.store.write(us, unit).await?;
            let Some(next) = answer.next.filter(|next| *next < answer.until) else { return Ok(Some(taken)) };
            let after = answer.next_after.unwrap_or_default();
            if (next, after.as_str()) <= (question.since, question.after.as_deref().unwrap_or_default()) {
                return Ok(Some(taken));
            }
            if vain >= MOST_IN_VAIN {
                return Err(answer_problem(partner, "page after page without a document of ours"));
            }
            question.since = next;
            (question.after, question.until) = (Some(after), Some(answer.until));
        }
        Ok(None)
    }

    async fn question_sent(&self, us: &Did, question: &AskAcknowledged) -> Result<Option<Acknowledged>> {
        let partner = &question.of;
        let listed = self.0.directory.participant(partner, self.0.clock.now())?;
        let url = Url::parse(&format!("{}{}", listed.participant.endpoint, wire::ACKNOWLEDGED))
            .map_err(|e| Problem::new(ErrorCode::PartnerUnreachable).with("partner", partner).because(e))?;
        let body = serde_json::to_vec(question).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let (method, body, limit) = (Method::POST, Bytes::from(body), MAX_ANSWER);
        let request = corridor_net::Request { method, url, headers, body, limit, timeout: PATIENCE };
        let (asked, response) = self.ask_signed(us, request).await?;
        // A node that does not know this place does not sign that it does not (EX-5).
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.signed_by(partner, &asked, &response)?;
        match response.status {
            StatusCode::OK => serde_json::from_slice(&response.body)
                .map(Some)
                .map_err(|e| answer_problem(partner, &format!("its answer: {e}"))),
            status => Err(answer_problem(partner, &format!("HTTP status {status}"))),
        }
    }

    /// The same, of one that may be anything: what is not ours is told to the operator and left, so that it keeps
    /// nothing else away.
    fn is_known(&self, us: &Did, partner: &Did, item: &AcknowledgedItem) -> Option<Known> {
        let told = |problem: &Problem| tracing::warn!(%partner, "not taken back: {problem}");
        self.known(us, partner, item).inspect_err(told).ok()
    }

    /// A document that we sent and the partner acknowledged: by our own signature, and by the partner's.
    fn known(&self, us: &Did, partner: &Did, item: &AcknowledgedItem) -> Result<Known> {
        let wrong = |why: &str| answer_problem(partner, why);
        let envelope =
            Signed::<Envelope>::parse(item.envelope.as_bytes()).map_err(|p| wrong(&p.to_string()))?;
        let body = envelope.body();
        if body.recipient != *partner || !self.signed_by_us(us, &envelope)? {
            return Err(wrong("an envelope that is not from us to it"));
        }
        let acknowledgement =
            self.check_acknowledgement(partner, &envelope, item.acknowledgement.as_bytes())?;
        let fields = [
            ("envelope", body.id.to_string()),
            ("partner", partner.to_string()),
            ("statement", envelope.digest().to_string()),
            ("acknowledgement", acknowledgement.digest().to_string()),
        ];
        let record = self.seal(us, &act::DOCUMENT_RETURNED, &fields)?;
        let ours = |given: &GivenAct| {
            let (bytes, opening) = (given.act.as_bytes().to_vec(), given.opening.clone());
            let act = Act::parse(&bytes).ok()?;
            let (by, of) = ((us, Side::Out), (partner, &envelope));
            check_opened(&act, &opening, by, of, Some(&acknowledgement)).ok()?;
            Some(SealedAct { act, bytes, opening })
        };
        let acts = item.acts.iter().filter_map(ours).collect();
        Ok(Known { envelope, acknowledgement, record, acts })
    }

    async fn answer_sent(&self, call: &mut Call, body: Body, asked: &mut Option<Did>) -> Result<Bytes> {
        let (caller, body) = call.admit(self, body, SMALL).await?;
        let question: AskAcknowledged = serde_json::from_slice(&body).map_err(|e| {
            Problem::new(ErrorCode::Malformed).with("what", "question for acknowledgements").with("why", e)
        })?;
        self.keyring(&question.of)?;
        *asked = Some(question.of.clone());
        let now = self.0.clock.now();
        let until = question.until.unwrap_or(now).min(now);
        let oldest = Timestamp::from_millis(now.millis().saturating_sub(millis(KEPT)));
        let (since, who) = (question.since.max(oldest), caller.did.clone());
        let after =
            question.after.as_deref().filter(|after| !after.is_empty()).map(str::parse).transpose()?;
        let page = move |tx: &mut Tx<'_>| {
            let rows = documents::settled(tx, Side::In, &who, (since, after), until, PAGE)?;
            let with_acts = |row| given(tx, &row).map(|acts| (row, acts));
            rows.into_iter().map(with_acts).collect::<Result<Vec<_>>>()
        };
        let rows = self.0.store.read(&question.of, page).await?;
        // Who does not say after which document goes on by time alone, and past an instant that fills a page.
        let last =
            rows.last().filter(|_| rows.len() >= PAGE as usize).map(|(last, _)| (last.updated, last.id));
        let next = last.map(|(at, _)| match question.after.is_some() || at > since {
            true => at,
            false => at.plus(std::time::Duration::from_millis(1)),
        });
        let next_after = last.map(|(_, id)| id.to_string());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let items = rows.into_iter().filter_map(|(row, acts)| {
            let acknowledgement = text(row.acknowledgement.as_ref()?.bytes());
            Some(AcknowledgedItem { envelope: text(row.signed.as_ref()?.bytes()), acknowledgement, acts })
        });
        let answer = Acknowledged { items: items.collect(), until, next, next_after };
        serde_json::to_vec(&answer).map(Bytes::from).map_err(|e| Problem::new(ErrorCode::Internal).because(e))
    }

    /// Enters a document of ours that is not in the book; one that is stays as it is when it has crossed, and one
    /// about a person who was erased does not come back (LG-3). Of each we take back what its acts were.
    fn take(&self, tx: &mut Tx<'_>, partner: &Did, known: &Known) -> Result<bool> {
        if let Some(row) = documents::find(tx, Side::Out, partner, known.envelope.body().id)? {
            return match &row.signed {
                // What its acts lay under is gone.
                None => Ok(false),
                Some(ours)
                    if row.acknowledgement.is_none() && is_same(ours.body(), known.envelope.body()) =>
                {
                    self.take_in_its_place(tx, &row, known).map(|()| true)
                }
                Some(ours) if ours.digest() == known.envelope.digest() => {
                    self.take_acts(tx, known, row.opened()).map(|()| false)
                }
                // Another document stands here under that number, under a seal of its own, if any: what opens acts
                // about persons comes back under theirs or not at all (LG-3).
                Some(_) if known.envelope.body().subjects.is_empty() => {
                    self.take_acts(tx, known, None).map(|()| false)
                }
                Some(_) => Ok(false),
            };
        }
        let seal = match self.sealed_for(tx, partner, known.envelope.body()) {
            Err(problem) if problem.code() == ErrorCode::SubjectErased => return Ok(false),
            seal => seal?,
        };
        self.enter(tx, partner, known, (None, None), seal.as_ref()).map(|()| true)
    }

    /// A document that our book has not sent yet, because it was handed in once more or the backup is from before it
    /// went: the envelope that has crossed takes the place of ours, and the content, which is the same, stays.
    fn take_in_its_place(&self, tx: &mut Tx<'_>, row: &DocumentRow, known: &Known) -> Result<()> {
        let content = documents::inline_content(tx, row)?;
        if let Some(delivery) = row.delivery {
            tx.withdraw(delivery)?;
        }
        documents::remove(tx, row)?;
        self.enter(tx, &row.partner, known, (content.as_deref(), row.blob.as_deref()), row.opened())
    }

    /// Writes down that it came back, with its content where that is still here.
    fn enter(
        &self,
        tx: &mut Tx<'_>,
        partner: &Did,
        known: &Known,
        (content, blob): (Option<&[u8]>, Option<&str>),
        seal: Option<&Seal>,
    ) -> Result<()> {
        let new = NewDocument {
            side: Side::Out,
            partner,
            envelope: &known.envelope,
            content,
            blob,
            state: State::Delivered,
            acknowledgement: Some(&known.acknowledgement),
            delivery: None,
            seal,
        };
        documents::insert(tx, &new)?;
        tx.record_under(&known.record, seal)?;
        self.take_acts(tx, known, seal)
    }

    /// Those of our acts that the partner was given, and of which we have the leaves only (LG-1).
    fn take_acts(&self, tx: &mut Tx<'_>, known: &Known, seal: Option<&Seal>) -> Result<()> {
        let operator = self.0.operator.did();
        known.acts.iter().try_for_each(|act| tx.take_back(operator, act, seal).map(|_| ()))
    }
}

/// Whether two envelopes of one number bring the same. Persons count: what is erased with them must reach the partner
/// by the names that it was given (LG-3).
fn is_same(ours: &Envelope, known: &Envelope) -> bool {
    ours.sha256 == known.sha256 && ours.subjects == known.subjects
}

/// `POST /exchange/v1/acknowledged`
pub(super) async fn sent(Handed(exchange): Handed<Exchange>, request: Request) -> Response {
    let Ok(_place) = exchange.0.places.clone().try_acquire_owned() else { return busy() };
    let (mut call, body) = Call::of(&exchange, request);
    let mut asked = None;
    let answer = exchange.answer_sent(&mut call, body, &mut asked).await;
    reply(&exchange, &call, asked.as_ref(), answer.map(|body| (StatusCode::OK, JSON, body)))
}
