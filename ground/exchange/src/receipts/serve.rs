//! What a partner is told of our receipts.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result};

use super::{Opened, ReceiptExchange, about, missing, too_many};
use crate::documents;
use crate::edge::{Call, JSON, busy, reply};
use crate::gate::Caller;
use crate::wire::{self, AskReceipts, MAX_ASKED, MAX_QUESTION, MAX_RECEIPTS, ReceiptItem, Receipts};
use crate::{DocumentRow, Side};

impl ReceiptExchange {
    /// The route that partners call.
    pub fn router(&self) -> Router {
        Router::new().route(wire::RECEIPTS, post(receipts)).with_state(self.clone())
    }
}

/// `POST /exchange/v1/receipts`
async fn receipts(State(this): State<ReceiptExchange>, request: Request) -> Response {
    let exchange = &this.0.exchange;
    let Ok(_place) = exchange.0.places.clone().try_acquire_owned() else { return busy() };
    let (mut call, body) = Call::of(exchange, request);
    let mut asked = None;
    let answer = this.answer(&mut call, body, &mut asked).await;
    reply(exchange, &call, asked.as_ref(), answer.map(|body| (StatusCode::OK, JSON, body)))
}

impl ReceiptExchange {
    async fn answer(&self, call: &mut Call, body: Body, asked: &mut Option<Did>) -> Result<Bytes> {
        let (caller, body) = call.admit(&self.0.exchange, body, MAX_QUESTION).await?;
        let question: AskReceipts = serde_json::from_slice(&body).map_err(|e| {
            Problem::new(ErrorCode::Malformed).with("what", "question for receipts").with("why", e)
        })?;
        self.0.exchange.keyring(&question.of)?;
        *asked = Some(question.of.clone());
        if question.sent.len() + question.received.len() > MAX_ASKED {
            return Err(too_many());
        }
        let (mut items, mut size) = (Vec::new(), 0);
        // What the caller sent is in our inbox, what it received in our outbox.
        for (side, ids) in [(Side::In, &question.sent), (Side::Out, &question.received)] {
            for document in self.shared(&question.of, &caller, side, ids).await? {
                for item in self.items(&question.of, &document).await? {
                    size += item.act.len() + item.receipt.as_ref().map_or(0, String::len) + 4096;
                    if size > MAX_RECEIPTS {
                        return answer(items);
                    }
                    items.push(item);
                }
            }
        }
        answer(items)
    }

    /// Those of the documents that are in our books with this partner.
    async fn shared(
        &self,
        us: &Did,
        caller: &Caller,
        side: Side,
        ids: &[EnvelopeId],
    ) -> Result<Vec<DocumentRow>> {
        let (partner, ids) = (caller.did.clone(), ids.to_vec());
        let look = move |tx: &mut corridor_storage::Tx<'_>| {
            let found = ids.iter().map(|id| documents::find(tx, side, &partner, *id));
            found.filter_map(Result::transpose).collect()
        };
        self.0.exchange.store().read(us, look).await
    }

    async fn items(&self, us: &Did, document: &DocumentRow) -> Result<Vec<ReceiptItem>> {
        let (mut items, row) = (Vec::new(), document.clone());
        let acts = self.0.exchange.store().read(us, move |tx| about(tx, &row)).await?;
        for Opened { act, bytes, opening } in acts {
            let standing = self.0.receipts.of(us, act.id).await?;
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default();
            items.push(ReceiptItem {
                envelope: document.id,
                sent: document.side == Side::In,
                act: text(bytes),
                opening,
                receipt: standing.complete().map(|receipt| text(receipt.to_bytes())),
                missing: missing(&standing),
            });
        }
        Ok(items)
    }
}

fn answer(items: Vec<ReceiptItem>) -> Result<Bytes> {
    let body =
        serde_json::to_vec(&Receipts { items }).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    Ok(body.into())
}
