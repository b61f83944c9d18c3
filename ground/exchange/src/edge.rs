//! The edge: what partners call. Two routes, each judged by the gate, each answer signed with the
//! key of the participant it was meant for and bound to the request it answers (RFC 9421, 2.4).

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::{patch, post};
use bytes::Bytes;
use corridor_base::{Did, Digest, EnvelopeId, ErrorCode, Lang, Problem, Result};
use corridor_net::signature::{self, Asked};
use corridor_proof::{Envelope, Signed, Signer};
use serde::Deserialize;

use crate::Exchange;
use crate::gate::Caller;
use crate::receive::Answer;
use crate::wire::{self, ENVELOPE_LENGTH, MAX_DELIVERY, NOTE, PIECE, SendFrom, UPLOAD_OFFSET};

/// Answers of ours that are no notes.
pub(crate) const JSON: &str = "application/json";

impl Exchange {
    /// The routes partners call.
    pub fn router(&self) -> Router {
        Router::new()
            .route(wire::DELIVERIES, post(deliver))
            .route(&format!("{}/{{id}}", wire::DELIVERIES), patch(piece))
            .with_state(self.clone())
            .merge(self.again_router())
            .merge(self.erasure_router())
            .merge(self.together_router())
    }
}

/// The head of a request, and what an answer to it needs.
pub(crate) struct Call {
    method: Method,
    target: String,
    headers: HeaderMap,
    lang: Lang,
    asked: Option<Asked>,
}

impl Call {
    /// The language that the caller reads.
    pub(crate) const fn lang(&self) -> Lang {
        self.lang
    }

    pub(crate) fn of(exchange: &Exchange, request: Request) -> (Self, Body) {
        let (parts, body) = request.into_parts();
        let target = exchange.0.public_url.target_of(&parts.uri);
        let language = parts.headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let lang = Lang::prefer(language.unwrap_or_default());
        (Self { method: parts.method, target, headers: parts.headers, lang, asked: None }, body)
    }

    /// Who calls, and then, only then, the body. Whatever comes out, an answer can be bound to the
    /// request from here on.
    pub(crate) async fn admit(
        &mut self,
        exchange: &Exchange,
        body: Body,
        limit: usize,
    ) -> Result<(Caller, Bytes)> {
        let unverified = signature::request(&self.method, &self.target, &self.headers)?;
        self.asked = Some(unverified.asked().clone());
        let caller = exchange.caller(unverified)?;
        let body = to_bytes(body, limit).await.map_err(|_| {
            Problem::new(ErrorCode::TooLarge)
                .with("what", "request body")
                .with("limit", format!("{limit} bytes"))
        })?;
        caller.signed(&body)?;
        Ok((caller, body))
    }
}

/// `POST /exchange/v1/deliveries`
async fn deliver(State(exchange): State<Exchange>, request: Request) -> Response {
    let Ok(_place) = exchange.0.places.clone().try_acquire_owned() else { return busy() };
    let (mut call, body) = Call::of(&exchange, request);
    let mut recipient = None;
    let answer = take_delivery(&exchange, &mut call, body, &mut recipient).await;
    respond(&exchange, &call, recipient.as_ref(), answer)
}

async fn take_delivery(
    exchange: &Exchange,
    call: &mut Call,
    body: Body,
    recipient: &mut Option<Did>,
) -> Result<Answer> {
    let (caller, body) = call.admit(exchange, body, MAX_DELIVERY).await?;
    let length = usize::try_from(caller.number(ENVELOPE_LENGTH)?).unwrap_or(usize::MAX);
    if length > body.len() {
        let why = format!("{ENVELOPE_LENGTH} is {length}, the body has {} bytes", body.len());
        return Err(Problem::new(ErrorCode::Malformed).with("what", "delivery").with("why", why));
    }
    let envelope = Signed::<Envelope>::parse(&body.slice(..length))?;
    exchange.judge_envelope(&caller, &envelope)?;
    *recipient = Some(envelope.body().recipient.clone());
    let rest = body.slice(length..);
    // An empty document is whole without any content; otherwise no content is a promise of some.
    let content = (!rest.is_empty() || envelope.body().size == 0).then_some(rest);
    exchange.take_envelope(envelope, content).await
}

/// Whose inbox a piece is for.
#[derive(Deserialize)]
pub(crate) struct For {
    pub(crate) recipient: Did,
}

/// `PATCH /exchange/v1/deliveries/{id}?recipient=DID`
async fn piece(
    State(exchange): State<Exchange>,
    path: Result<Path<EnvelopeId>, axum::extract::rejection::PathRejection>,
    query: Result<Query<For>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Response {
    let Ok(_place) = exchange.0.places.clone().try_acquire_owned() else { return busy() };
    let (mut call, body) = Call::of(&exchange, request);
    let malformed = |why: String| {
        Problem::new(ErrorCode::Malformed).with("what", "address of a delivery").with("why", why)
    };
    let id = path.map(|Path(id)| id).map_err(|e| malformed(e.to_string()));
    let us = query.map(|Query(q)| q.recipient).map_err(|e| malformed(e.to_string()));
    let mut recipient = None;
    let answer = match (id, us) {
        (Ok(id), Ok(us)) => take_piece(&exchange, &mut call, body, us, id, &mut recipient).await,
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    };
    respond(&exchange, &call, recipient.as_ref(), answer)
}

async fn take_piece(
    exchange: &Exchange,
    call: &mut Call,
    body: Body,
    us: Did,
    id: EnvelopeId,
    recipient: &mut Option<Did>,
) -> Result<Answer> {
    let (caller, piece) = call.admit(exchange, body, PIECE).await?;
    exchange.keyring(&us)?;
    *recipient = Some(us.clone());
    let offset = caller.number(UPLOAD_OFFSET)?;
    exchange.take_piece(&us, &caller, id, offset, piece).await
}

/// Makes the answer of a delivery.
fn respond(exchange: &Exchange, call: &Call, recipient: Option<&Did>, answer: Result<Answer>) -> Response {
    let answer = answer.map(|answer| match answer {
        Answer::Acknowledged(note) => (StatusCode::OK, NOTE, Bytes::copy_from_slice(note.bytes())),
        Answer::SendFrom(offset) => {
            (StatusCode::ACCEPTED, JSON, serde_json::to_vec(&SendFrom { offset }).unwrap_or_default().into())
        }
    });
    reply(exchange, call, recipient, answer)
}

/// Makes the answer, signed by whom it was meant for; by the operator when that never became clear.
pub(crate) fn reply(
    exchange: &Exchange,
    call: &Call,
    recipient: Option<&Did>,
    answer: Result<(StatusCode, &'static str, Bytes)>,
) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let (status, body) = match answer {
        Ok((status, kind, body)) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            (status, body)
        }
        Err(problem) => problem_parts(&problem, call.lang, &mut headers),
    };
    let signer = recipient.and_then(|r| exchange.keyring(r).ok()).unwrap_or(&exchange.0.operator).current();
    sign(exchange, status, &mut headers, &body, call.asked.as_ref(), &*signer);
    assemble(status, headers, body)
}

/// Too many at once: said at once, without reading what was sent.
pub(crate) fn busy() -> Response {
    let mut headers = HeaderMap::new();
    let (status, body) = problem_parts(&Problem::new(ErrorCode::Overloaded), Lang::En, &mut headers);
    headers.insert("retry-after", HeaderValue::from_static("1"));
    assemble(status, headers, body)
}

fn problem_parts(problem: &Problem, lang: Lang, headers: &mut HeaderMap) -> (StatusCode, Bytes) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let document = problem.document(lang);
    let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, serde_json::to_vec(&document).unwrap_or_default().into())
}

/// Signs an answer. One to a request without a signature has nothing to be bound to and goes
/// unsigned: it tells a person what is wrong, and no node goes by it.
fn sign(
    exchange: &Exchange,
    status: StatusCode,
    headers: &mut HeaderMap,
    body: &Bytes,
    asked: Option<&Asked>,
    signer: &dyn Signer,
) {
    let Some(asked) = asked else { return };
    let signed =
        signature::sign_response(asked, status, headers, &Digest::of(body), signer, exchange.0.clock.now());
    if let Err(problem) = signed {
        tracing::error!(code = %problem.code(), "an answer could not be signed");
    }
}

fn assemble(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
