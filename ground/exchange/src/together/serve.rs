//! `POST /exchange/v1/together`: several documents of one partner for one of ours. Each passes the gate and
//! is written down by itself, all at once, so that they share commits.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_proof::{Envelope, Signed};
use tokio::sync::OwnedSemaphorePermit;

use super::format::{self, Answered, Answers};
use crate::Exchange;
use crate::edge::{Call, For, JSON, busy, reply};
use crate::gate::Caller;
use crate::receive::Answer;
use crate::wire::{self, MAX_TOGETHER};

impl Exchange {
    pub(crate) fn together_router(&self) -> Router {
        Router::new().route(wire::TOGETHER, post(together)).with_state(self.clone())
    }
}

async fn together(
    State(exchange): State<Exchange>,
    query: Result<Query<For>, QueryRejection>,
    request: Request,
) -> Response {
    let Ok(place) = exchange.0.places.clone().try_acquire_owned() else { return busy() };
    let (mut call, body) = Call::of(&exchange, request);
    let us = query.map(|Query(query)| query.recipient).map_err(|e| {
        Problem::new(ErrorCode::Malformed).with("what", "address of deliveries").with("why", e.to_string())
    });
    let mut recipient = None;
    let answer = match us {
        Ok(us) => take(&exchange, &mut call, place, body, us, &mut recipient).await,
        Err(problem) => Err(problem),
    };
    let answer = answer.and_then(|answers| {
        let body = serde_json::to_vec(&answers).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        Ok((StatusCode::OK, JSON, Bytes::from(body)))
    });
    reply(&exchange, &call, recipient.as_ref(), answer)
}

async fn take(
    exchange: &Exchange,
    call: &mut Call,
    mut place: OwnedSemaphorePermit,
    body: Body,
    us: Did,
    recipient: &mut Option<Did>,
) -> Result<Answers> {
    let (caller, body) = call.admit(exchange, body, MAX_TOGETHER).await?;
    exchange.keyring(&us)?;
    *recipient = Some(us.clone());
    let documents = format::read(body)?;
    // Each takes the place that it would take alone, whether or not anybody hears the answer.
    let more = u32::try_from(documents.len().saturating_sub(1)).unwrap_or(u32::MAX);
    let places = exchange.0.places.clone().try_acquire_many_owned(more);
    place.merge(places.map_err(|_| Problem::new(ErrorCode::Overloaded))?);
    let place = Arc::new(place);
    let taken = documents.into_iter().map(|document| {
        let (exchange, caller, us, place) = (exchange.clone(), caller.clone(), us.clone(), place.clone());
        tokio::spawn(async move {
            let taken = exchange.take_one(&caller, &us, document).await;
            drop(place);
            taken
        })
    });
    // All of them are begun before the first is waited for.
    let taken: Vec<_> = taken.collect();
    let mut items = Vec::with_capacity(taken.len());
    for one in taken {
        let answer = one.await.unwrap_or_else(|e| Err(Problem::new(ErrorCode::Internal).because(e)));
        items.push(match answer {
            Ok(note) => Answered::Acknowledged(note),
            Err(problem) => Answered::Refused(problem.document(call.lang())),
        });
    }
    Ok(Answers { items })
}

impl Exchange {
    /// One of them, as if it had come alone; its acknowledgement.
    async fn take_one(
        &self,
        caller: &Caller,
        us: &Did,
        (envelope, content): (Bytes, Bytes),
    ) -> Result<String> {
        let envelope = Signed::<Envelope>::parse(&envelope)?;
        self.judge_envelope(caller, &envelope)?;
        if envelope.body().recipient != *us {
            return Err(Problem::new(ErrorCode::WrongRecipient).with("who", &envelope.body().recipient));
        }
        match self.take_envelope(envelope, Some(content)).await? {
            Answer::Acknowledged(note) => Ok(String::from_utf8_lossy(note.bytes()).into_owned()),
            // Only an envelope without its content is answered so.
            Answer::SendFrom(_) => Err(Problem::new(ErrorCode::Internal).with("why", "content asked for")),
        }
    }
}
