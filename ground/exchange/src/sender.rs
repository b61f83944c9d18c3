//! Sending: takes a queued document to its partner. Envelope first; the partner's gate says whether
//! it has it, refuses it, or from which byte it wants the content. What the partner answers counts
//! only with the partner's signature on it.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use bytes::{Bytes, BytesMut};
use corridor_base::problem::ProblemDocument;
use corridor_base::{Did, Digest, EnvelopeId, ErrorCode, Problem, Result};
use corridor_net::signature::{self, Asked};
use corridor_net::{Request, Response};
use corridor_proof::{Acknowledgement, Envelope, Signed, act};
use corridor_storage::{Deliver, Delivery, Outcome, Tx, Unit};
use futures::StreamExt;
use url::Url;

use crate::documents::{self, DocumentRow, Side, State, Step};
use crate::receive::Answer;
use crate::wire::{self, DELIVERIES, ENVELOPE_LENGTH, PIECE, SendFrom, UPLOAD_OFFSET};
use crate::{Exchange, again, erasure, service};

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer read.
const MAX_ANSWER: usize = 64 << 10;
/// How often in one attempt a partner may name another offset before it is offered again later.
const MAX_CORRECTIONS: u32 = 8;
/// How often a service is offered a document that it fails to take.
const SERVICE_ATTEMPTS: u32 = 20;

/// How a document stands when its turn comes.
enum Look {
    /// It may be offered, when its agreement allows it, with its content when that lies in the row.
    Offer(Result<Option<Bytes>>, Box<DocumentRow>),
    /// Not yet.
    Wait(Problem, Box<DocumentRow>),
    /// There is nothing to be sent any more.
    Gone,
}

#[async_trait]
impl Deliver for Exchange {
    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        let judged = match delivery.queue.split_once(':') {
            Some((service::QUEUE, name)) => self.to_service(name, delivery).await,
            Some((erasure::QUEUE, partner)) => self.ask_to_erase(partner, delivery).await,
            Some((erasure::OWN, _)) => self.clear_away(delivery).await,
            _ => self.to_partner(delivery).await,
        };
        judged.unwrap_or_else(|problem| Outcome::Retry { problem, after: None })
    }
}

impl Exchange {
    /// Tells a service of a document of its kind.
    async fn to_service(&self, name: &str, delivery: &Delivery) -> Result<Outcome> {
        let us = &delivery.participant;
        let found = self.0.services.iter().find(|s| s.name() == name).cloned();
        let Some(service) = found else {
            let problem = Problem::new(ErrorCode::NotFound).with("what", format!("service {name}"));
            return Ok(Outcome::Dead { problem, unit: nothing() });
        };
        let (side, erased) = match delivery.kind.strip_prefix(service::ERASED) {
            Some(side) => (side.parse()?, true),
            None => (delivery.kind.parse()?, false),
        };
        let id = delivery.subject.parse()?;
        let document = self.document(us, side, id).await?;
        let taken = match (erased, document.state) {
            (true, _) => service.erased(self, us, side, id).await,
            // The service hears of that too, in this queue.
            (false, State::Erased) => Ok(nothing()),
            (false, _) => {
                let sealed = document.seal.is_some();
                let unit = service.document(self, us, document).await;
                unit.map(|unit| if sealed { unless_erased(side, id, unit) } else { unit })
            }
        };
        match taken {
            Ok(unit) => Ok(Outcome::Done(unit)),
            // Erased while the service was at it.
            Err(problem) if problem.code() == ErrorCode::SubjectErased => Ok(Outcome::Done(nothing())),
            // What is wrong with the document itself will not mend: it must not hold up the others.
            Err(problem) if problem.code().status() < 500 || delivery.attempts + 1 >= SERVICE_ATTEMPTS => {
                Ok(Outcome::Dead { problem, unit: nothing() })
            }
            Err(problem) => Err(problem),
        }
    }

    /// Offers a document to its partner.
    async fn to_partner(&self, delivery: &Delivery) -> Result<Outcome> {
        let us = &delivery.participant;
        let id = delivery.subject.parse()?;
        let partner: Did = delivery.queue.parse()?;
        let exchange = self.clone();
        let looked = self.0.store.read(us, move |tx| {
            let row = documents::find(tx, Side::Out, &partner, id)?.filter(|row| row.state == State::Sending);
            let Some(row) = row else { return Ok(Look::Gone) };
            if let Some(problem) = again::awaited(tx, &partner)? {
                return Ok(Look::Wait(problem, Box::new(row)));
            }
            // Its keys did not come back from a backup; they may with the next.
            row.envelope()?;
            Ok(Look::Offer(exchange.may_cross(tx, &row), Box::new(row)))
        });
        let (content, row) = match looked.await? {
            Look::Offer(content, row) => (content, *row),
            Look::Wait(problem, row) if self.was_offered_for_long(us, &row).await? => {
                return Ok(Outcome::Dead {
                    unit: self.given_up(us, *row, State::Failed, &problem)?,
                    problem,
                });
            }
            Look::Wait(problem, _) => return Ok(Outcome::Retry { problem, after: Some(again::AGAIN) }),
            // Delivered already, by an attempt whose end we did not live to write down.
            Look::Gone => return Ok(Outcome::Done(nothing())),
        };
        let offered = match content {
            Ok(content) => self.offer(us, &row, content, delivery.attempts > 0).await,
            Err(problem) => Err(problem),
        };
        // The outbox keeps what is said here beside the document, in the clear.
        let said = |problem: Problem| if row.seal.is_some() { documents::bare(&problem) } else { problem };
        let offered = offered.map_err(said);
        match offered {
            Ok(acknowledgement) => Ok(Outcome::Done(self.acknowledged(us, row, acknowledgement)?)),
            Err(problem) if row.acknowledgement.is_some() && is_final(problem.code()) => {
                Ok(Outcome::Done(stands(row, &problem)))
            }
            Err(problem) if is_final(problem.code()) => {
                Ok(Outcome::Dead { unit: self.given_up(us, row, State::Refused, &problem)?, problem })
            }
            Err(problem) if self.was_offered_for_long(us, &row).await? => {
                if row.acknowledgement.is_some() {
                    return Ok(Outcome::Done(stands(row, &problem)));
                }
                Ok(Outcome::Dead { unit: self.given_up(us, row, State::Failed, &problem)?, problem })
            }
            Err(problem) => Ok(Outcome::Retry { problem, after: None }),
        }
    }

    /// Whether a document was offered for as long as the operator set. An agreement that says itself for how long
    /// work goes on while the link is down is not cut short by that (LG-2).
    async fn was_offered_for_long(&self, us: &Did, row: &DocumentRow) -> Result<bool> {
        let (age, set) = (self.0.clock.now().since(row.updated), self.0.limits.give_up_after);
        if age <= set {
            return Ok(false);
        }
        let agreed = match self.terms(us, row.agreement).await {
            Ok(terms) => terms.filter(|t| t.pending_hours.is_some()).map(|t| t.pending_limit()),
            Err(problem) if problem.code() == ErrorCode::AgreementAltered => None,
            Err(problem) => return Err(problem),
        };
        Ok(agreed.is_none_or(|agreed| age > agreed))
    }

    /// One attempt: until the partner acknowledges, refuses, or cannot be reached.
    async fn offer(
        &self,
        us: &Did,
        row: &DocumentRow,
        content: Option<Bytes>,
        again: bool,
    ) -> Result<Signed<Acknowledgement>> {
        let endpoint =
            self.0.directory.participant(&row.partner, self.0.clock.now())?.participant.endpoint.clone();
        // Offered for the first time a small document goes whole; again, the envelope goes alone,
        // because the partner may have it already.
        let first = content.clone().filter(|_| !again);
        let mut answer = match first {
            Some(content) => self.offer_small(us, row, &endpoint, content).await?,
            None => self.post(us, row, &endpoint, None).await?,
        };
        for _ in 0..=MAX_CORRECTIONS {
            match answer {
                Answer::Acknowledged(acknowledgement) => return Ok(acknowledgement),
                Answer::SendFrom(offset) => {
                    answer = match &content {
                        Some(content) => self.post(us, row, &endpoint, Some(content.clone())).await?,
                        None => self.pieces(us, row, &endpoint, offset).await?,
                    };
                }
            }
        }
        Err(answer_problem(&row.partner, "it keeps asking for content it was sent"))
    }

    /// EX-1, on our side of the border: the agreement is in force at this very moment. Brings the
    /// content along when it lies in the row.
    fn may_cross(&self, tx: &mut Tx<'_>, row: &DocumentRow) -> Result<Option<Bytes>> {
        self.may_go(tx, row.envelope()?.body())?;
        if row.blob.is_some() {
            return Ok(None);
        }
        let content = documents::inline_content(tx, row)?;
        content.map(|c| Some(Bytes::from(c))).ok_or_else(|| {
            Problem::new(ErrorCode::StorageFailed)
                .with("why", format!("the content of {} is missing", row.id))
        })
    }

    /// The same, of an envelope.
    pub(crate) fn may_go(&self, tx: &mut Tx<'_>, envelope: &Envelope) -> Result<()> {
        let partner = &envelope.recipient;
        if !envelope.subjects.is_empty() && !documents::is_sending(tx, partner, envelope.id)? {
            // Erased while it was on its way.
            return Err(documents::erased(envelope.id));
        }
        self.0.agreements.permits(tx, envelope, partner).map(|_| ())
    }

    /// The envelope, and behind it the content when given.
    pub(crate) async fn post(
        &self,
        us: &Did,
        row: &DocumentRow,
        endpoint: &str,
        content: Option<Bytes>,
    ) -> Result<Answer> {
        let (note, content) = (row.envelope()?.bytes(), content.unwrap_or_default());
        let mut body = BytesMut::with_capacity(note.len() + content.len());
        body.extend_from_slice(note);
        body.extend_from_slice(&content);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(wire::DELIVERY));
        headers.insert(HeaderName::from_static(ENVELOPE_LENGTH), HeaderValue::from(note.len()));
        let url = address(&row.partner, &format!("{endpoint}{DELIVERIES}"))?;
        self.ask(us, row, request(Method::POST, url, headers, body.freeze())).await
    }

    /// The content from `offset` on, piece after piece, each signed; holds one piece in memory.
    async fn pieces(&self, us: &Did, row: &DocumentRow, endpoint: &str, mut offset: u64) -> Result<Answer> {
        let url = address(&row.partner, &format!("{endpoint}{}", wire::pieces(row.id, &row.partner)))?;
        let mut stream = self.large_content(us, row, offset).await?;
        let mut buffer = BytesMut::with_capacity(PIECE);
        loop {
            while buffer.len() < PIECE {
                match stream.next().await {
                    Some(more) => buffer.extend_from_slice(&more?),
                    None => break,
                }
            }
            // EX-1: again for each piece, on this side of the border as on the other.
            let (exchange, whose) = (self.clone(), row.clone());
            self.0.store.read(us, move |tx| exchange.may_cross(tx, &whose)).await?;
            let piece = buffer.split_to(buffer.len().min(PIECE)).freeze();
            let sent = piece.len() as u64;
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(wire::PIECE_TYPE));
            headers.insert(HeaderName::from_static(UPLOAD_OFFSET), HeaderValue::from(offset));
            match self.ask(us, row, request(Method::PATCH, url.clone(), headers, piece)).await? {
                Answer::SendFrom(next) if next == offset + sent && sent > 0 => offset = next,
                other => return Ok(other),
            }
        }
    }

    /// One signed request, and its signed answer understood.
    async fn ask(&self, us: &Did, row: &DocumentRow, request: Request) -> Result<Answer> {
        let response = self.call(us, &row.partner, request).await?;
        self.understand(row, &response)
    }

    /// One signed request to a partner, and its answer, which the partner has signed.
    pub(crate) async fn call(&self, us: &Did, partner: &Did, request: Request) -> Result<Response> {
        let (asked, response) = self.ask_signed(us, request).await?;
        self.signed_by(partner, &asked, &response)?;
        Ok(response)
    }

    /// One signed request, and whatever answered it.
    pub(crate) async fn ask_signed(&self, us: &Did, mut request: Request) -> Result<(Asked, Response)> {
        let mut extra =
            vec![HeaderName::from_static(ENVELOPE_LENGTH), HeaderName::from_static(UPLOAD_OFFSET)];
        extra.retain(|name| request.headers.contains_key(name));
        let signer = self.keyring(us)?.current();
        let asked =
            signature::sign_request(&mut request, &extra, &*signer, self.0.clock.now(), &*self.0.random)?;
        Ok((asked, self.0.client.send(request).await?))
    }

    /// Whether the partner has signed this answer to this question.
    ///
    /// # Errors
    /// `partner-answer`, with what was said instead.
    pub(crate) fn signed_by(&self, partner: &Did, asked: &Asked, response: &Response) -> Result<()> {
        self.signed_by_partner(partner, asked, response)
            .map_err(|p| answer_problem(partner, &unsigned(response, &p)))
    }

    /// Whether the partner itself answered, and this very question. Nothing else can make a document
    /// count as delivered, or as refused.
    fn signed_by_partner(&self, partner: &Did, asked: &Asked, response: &Response) -> Result<()> {
        let unverified = signature::response(asked, response.status, &response.headers)?;
        if unverified.key_id().did() != *partner {
            return Err(Problem::new(ErrorCode::SignatureInvalid)
                .with("what", "answer")
                .with("who", unverified.key_id().did())
                .with("key", unverified.key_id()));
        }
        let now = self.0.clock.now();
        let key = self.0.directory.key_at(unverified.key_id(), now, now)?;
        unverified.verify(&key, now, self.0.limits.max_skew)?.covers_body(&Digest::of(&response.body))
    }

    fn understand(&self, row: &DocumentRow, response: &Response) -> Result<Answer> {
        match response.status {
            StatusCode::OK => self
                .check_acknowledgement(&row.partner, row.envelope()?, &response.body)
                .map(Answer::Acknowledged),
            StatusCode::ACCEPTED => {
                let wanted: Option<SendFrom> = serde_json::from_slice(&response.body).ok();
                match wanted.filter(|w| w.offset <= row.size) {
                    Some(wanted) => Ok(Answer::SendFrom(wanted.offset)),
                    None => Err(answer_problem(&row.partner, "it wants content from no usable offset")),
                }
            }
            _ => {
                let problem = self.said(&row.partner, response);
                let wanted = problem.arg("expected").filter(|_| problem.code() == ErrorCode::OffsetWrong);
                let expected = wanted.and_then(|e| e.parse().ok()).filter(|o| *o <= row.size);
                expected.map(Answer::SendFrom).ok_or(problem)
            }
        }
    }

    /// The problem that an answer names.
    pub(crate) fn said(&self, partner: &Did, response: &Response) -> Problem {
        let said = serde_json::from_slice::<ProblemDocument>(&response.body).ok();
        said.as_ref()
            .and_then(Problem::from_document)
            .unwrap_or_else(|| answer_problem(partner, &format!("HTTP status {}", response.status)))
    }

    /// Whether this acknowledgement is for what we sent, signed by a listed key of the partner.
    pub(crate) fn check_acknowledgement(
        &self,
        partner: &Did,
        envelope: &Signed<Envelope>,
        bytes: &[u8],
    ) -> Result<Signed<Acknowledgement>> {
        let wrong = |why: &str| answer_problem(partner, why);
        let signed = Signed::<Acknowledgement>::parse(bytes).map_err(|p| wrong(&p.to_string()))?;
        let body = signed.body();
        let ours = envelope.body();
        let same = body.envelope == ours.id
            && body.statement == envelope.digest()
            && body.sha256 == ours.sha256
            && body.sender == ours.sender
            && body.recipient == ours.recipient;
        if !same {
            return Err(wrong("it acknowledges something else"));
        }
        let listed = self.0.directory.participant(partner, self.0.clock.now())?;
        // The acknowledgement may be an old one given again: any key the partner had will do, at the
        // time that it names.
        let signs = listed
            .participant
            .keys
            .iter()
            .any(|k| k.covers(body.time) && signed.signed_by(k.id.as_str(), &k.key));
        if signs { Ok(signed) } else { Err(wrong("its acknowledgement is not signed by a listed key")) }
    }

    /// What the books say once the partner has acknowledged.
    pub(crate) fn acknowledged(
        &self,
        us: &Did,
        row: DocumentRow,
        acknowledgement: Signed<Acknowledgement>,
    ) -> Result<Unit> {
        let fields = [
            ("envelope", row.id.to_string()),
            ("partner", row.partner.to_string()),
            ("acknowledgement", acknowledgement.digest().to_string()),
        ];
        let record = self.seal(us, &act::DOCUMENT_ACKNOWLEDGED, &fields)?;
        Ok(Box::new(move |tx| {
            let to = Step::to(State::Delivered, row.opened());
            let step = Step { acknowledgement: Some(&acknowledgement), ..to };
            if !documents::advance(tx, Side::Out, &row.partner, row.id, &[State::Sending], &step)? {
                return Ok(());
            }
            tx.record_under(&record, row.opened())
        }))
    }

    /// What the books say once the partner has refused, or we have given up.
    fn given_up(&self, us: &Did, row: DocumentRow, state: State, problem: &Problem) -> Result<Unit> {
        let fields = [
            ("envelope", row.id.to_string()),
            ("partner", row.partner.to_string()),
            ("code", problem.code().to_string()),
        ];
        let record = self.seal(us, &act::DOCUMENT_REFUSED, &fields)?;
        let problem = problem.clone();
        Ok(Box::new(move |tx| {
            let step = Step { problem: Some(&problem), ..Step::to(state, row.opened()) };
            if !documents::advance(tx, Side::Out, &row.partner, row.id, &[State::Sending], &step)? {
                return Ok(());
            }
            tx.record_under(&record, row.opened())
        }))
    }
}

/// Whether offering the same document again cannot help. What may pass with time (a list that is
/// late, a clock, a full disk) is offered again.
pub(crate) const fn is_final(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::AgreementUnknown
            | ErrorCode::AgreementInvalid
            | ErrorCode::AgreementAltered
            | ErrorCode::AgreementNotInForce
            | ErrorCode::PolicyDenied
            | ErrorCode::TooLarge
            | ErrorCode::Malformed
            | ErrorCode::EnvelopeConflict
            | ErrorCode::ContentMismatch
            | ErrorCode::WrongRecipient
            | ErrorCode::ParticipantRemoved
            | ErrorCode::Forbidden
            | ErrorCode::SubjectErased
    )
}

/// What an answer said that nobody we know has signed: told to people, never gone by.
fn unsigned(response: &Response, problem: &Problem) -> String {
    let said = serde_json::from_slice::<ProblemDocument>(&response.body).ok();
    let said = said.map_or_else(String::new, |document| format!(", it says {}", document.code));
    format!("HTTP status {}{said}; {problem}", response.status)
}

/// The trust list says where a partner answers; what is no address there, nobody can call.
pub(crate) fn address(partner: &Did, url: &str) -> Result<Url> {
    Url::parse(url)
        .map_err(|e| Problem::new(ErrorCode::PartnerUnreachable).with("partner", partner).because(e))
}

pub(crate) fn answer_problem(partner: &Did, why: &str) -> Problem {
    Problem::new(ErrorCode::PartnerAnswer).with("partner", partner).with("why", why)
}

pub(crate) fn request(method: Method, url: Url, headers: HeaderMap, body: Bytes) -> Request {
    Request { method, url, headers, body, limit: MAX_ANSWER, timeout: REQUEST_TIMEOUT }
}

/// A repetition that the partner does not take, because it lost the agreement, say: the document was delivered all the
/// same, with the acknowledgement that was given for it, and can be asked for again.
fn stands(row: DocumentRow, problem: &Problem) -> Unit {
    tracing::warn!(partner = %row.partner, envelope = %row.id, code = %problem.code(), "a repetition was not taken");
    Box::new(move |tx| {
        let step = Step::to(State::Delivered, row.opened());
        documents::advance(tx, Side::Out, &row.partner, row.id, &[State::Sending], &step).map(|_| ())
    })
}

/// What a service makes of a document that is not erased meanwhile: it may have heard of that already.
fn unless_erased(side: Side, id: EnvelopeId, mut unit: Unit) -> Unit {
    Box::new(move |tx| match documents::find_any(tx, side, id)? {
        Some(row) if row.state == State::Erased => Ok(()),
        _ => unit(tx),
    })
}

pub(crate) fn nothing() -> Unit {
    Box::new(|_| Ok(()))
}
