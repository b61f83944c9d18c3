//! What a partner's request for erasure meets here. It passes the gate's first half (who are you) and
//! needs an agreement with the caller that was ever in force, not one that is: who was given copies
//! has the duty to erase them, and an agreement that has ended is rather a reason to ask. It can only
//! make things disappear that the caller itself brought into being by its own handle.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_proof::{Agreement, ErasureAcknowledgement, Signed};
use corridor_storage::Tx;

use super::{Why, remember};
use crate::Exchange;
use crate::edge::{Call, busy, reply};
use crate::wire::{self, AskErasure, NOTE};

/// The largest request, in bytes.
const SMALL: usize = 4096;
/// How many requests of one partner are taken in an hour: each leaves a row, and one that names nobody
/// leaves nothing else.
const AN_HOUR: i64 = 100_000;

impl Exchange {
    /// The route that partners call.
    pub(crate) fn erasure_router(&self) -> Router {
        Router::new().route(wire::ERASURES, post(erase)).with_state(self.clone())
    }

    async fn answer_erasure(&self, call: &mut Call, body: Body, asked: &mut Option<Did>) -> Result<Bytes> {
        let (caller, body) = call.admit(self, body, SMALL).await?;
        let request: AskErasure = serde_json::from_slice(&body).map_err(|e| {
            Problem::new(ErrorCode::Malformed).with("what", "request for erasure").with("why", e)
        })?;
        self.keyring(&request.of)?;
        *asked = Some(request.of.clone());
        let us = request.of.clone();
        let (exchange, partner) = (self.clone(), caller.did);
        let unit = move |tx: &mut Tx<'_>| exchange.erase_for(tx, &partner, &request);
        self.0.store.write(&us, unit).await.map(Bytes::from)
    }

    /// Destroys what we hold of the person whom the partner calls so, and says so; the same request again
    /// gets the same answer (EX-4). A handle that is not known yet is remembered: a document about it may
    /// be on its way.
    fn erase_for(&self, tx: &mut Tx<'_>, partner: &Did, request: &AskErasure) -> Result<Vec<u8>> {
        let known = tx.query_one(
            "SELECT acknowledgement FROM erasure_answer WHERE participant = $1 AND partner = $2 AND id = $3",
            &[partner.as_str().into(), request.erasure.into()],
        )?;
        if let Some(mut row) = known {
            return row.take_bytes(0);
        }
        ever_agreed(tx, partner)?;
        not_too_many(tx, partner)?;
        let subject = tx.subject(Some(partner), &request.handle.to_string())?;
        let (mut documents, mut act) = (0, None);
        if let Some(subject) = subject {
            let done = self.erase_in(tx, &subject, &Why::Asked(partner.as_str()))?;
            (documents, act) = (done.documents, done.act);
        }
        remember(tx, partner, request.handle)?;
        let us = tx.participant().clone();
        let acknowledgement = ErasureAcknowledgement {
            erasure: request.erasure,
            requester: partner.clone(),
            holder: us.clone(),
            documents,
            act,
            time: self.0.clock.now(),
        };
        let signed = Signed::new(acknowledgement, &[&*self.keyring(&us)?.current()])?;
        let now = tx.now();
        tx.execute(
            "INSERT INTO erasure_answer (participant, partner, id, acknowledgement, at) VALUES ($1, $2, $3, $4, $5)",
            &[partner.as_str().into(), request.erasure.into(), signed.bytes().into(), now.into()],
        )?;
        Ok(signed.bytes().to_vec())
    }
}

/// Whether an agreement with this partner, which both have signed, ever stood in our books.
fn ever_agreed(tx: &mut Tx<'_>, partner: &Did) -> Result<()> {
    let rows = tx.query(
        "SELECT statement FROM agreement WHERE participant = $1 AND partner = $2 AND state <> 'proposed'
         ORDER BY recorded DESC LIMIT 100",
        &[partner.as_str().into()],
    )?;
    let ours = tx.participant().as_str().to_owned();
    for row in &rows {
        let signed = Signed::<Agreement>::parse(row.bytes(0)?)?;
        let has = |who: &str| signed.signers().any(|key| key.split('#').next() == Some(who));
        if has(&ours) && has(partner.as_str()) {
            return Ok(());
        }
    }
    Err(Problem::new(ErrorCode::AgreementUnknown).with("who", partner))
}

fn not_too_many(tx: &mut Tx<'_>, partner: &Did) -> Result<()> {
    let since = tx.now().minus(Duration::from_secs(3600));
    let row = tx.query_one(
        "SELECT COUNT(*) FROM erasure_answer WHERE participant = $1 AND partner = $2 AND at > $3",
        &[partner.as_str().into(), since.into()],
    )?;
    let count = row.map_or(Ok(0), |row| row.int(0))?;
    if count < AN_HOUR { Ok(()) } else { Err(Problem::new(ErrorCode::Overloaded)) }
}

/// `POST /exchange/v1/erasures`
async fn erase(State(exchange): State<Exchange>, request: Request) -> Response {
    let Ok(_place) = exchange.0.places.clone().try_acquire_owned() else { return busy() };
    let (mut call, body) = Call::of(&exchange, request);
    let mut asked = None;
    let answer = exchange.answer_erasure(&mut call, body, &mut asked).await;
    reply(&exchange, &call, asked.as_ref(), answer.map(|note| (StatusCode::OK, NOTE, note)))
}
