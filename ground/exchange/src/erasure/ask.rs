//! Asking a partner to erase what it holds, until it has confirmed.

use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use corridor_base::problem::ProblemDocument;
use corridor_base::{ActId, Did, ErrorCode, Problem, Result};
use corridor_proof::{ErasureAcknowledgement, Signed, act};
use corridor_storage::{Delivery, Outcome, Tx};
use url::Url;

use crate::Exchange;
use crate::edge::JSON;
use crate::sender::answer_problem;
use crate::wire::{AskErasure, ERASURES};

/// The largest answer, in bytes.
const SMALL: usize = 16 << 10;
/// How long a partner may take: an erasure of many documents takes a moment.
const PATIENCE: Duration = Duration::from_secs(60);

impl Exchange {
    /// Asks once. Whatever is in the way, it is asked again: a duty does not lapse because it was not
    /// answered.
    pub(crate) async fn ask_to_erase(&self, partner: &str, delivery: &Delivery) -> Result<Outcome> {
        let us = &delivery.participant;
        let partner: Did = partner.parse()?;
        let erasure: ActId = delivery.subject.parse()?;
        let handle = std::str::from_utf8(&delivery.body).unwrap_or_default().parse()?;
        let body = serde_json::to_vec(&AskErasure { of: partner.clone(), erasure, handle })
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        let listed = self.0.directory.participant(&partner, self.0.clock.now())?;
        let url = Url::parse(&format!("{}{ERASURES}", listed.participant.endpoint))
            .map_err(|e| Problem::new(ErrorCode::PartnerUnreachable).with("partner", &partner).because(e))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let (method, body) = (Method::POST, Bytes::from(body));
        let request = corridor_net::Request { method, url, headers, body, limit: SMALL, timeout: PATIENCE };
        let response = self.call(us, &partner, request).await?;
        if response.status != StatusCode::OK {
            let said = serde_json::from_slice::<ProblemDocument>(&response.body).ok();
            let problem = said.as_ref().and_then(Problem::from_document);
            return Err(problem
                .unwrap_or_else(|| answer_problem(&partner, &format!("HTTP status {}", response.status))));
        }
        let confirmed = self.check_confirmation(us, &partner, erasure, &response.body)?;
        let fields = [
            ("erasure", erasure.to_string()),
            ("partner", partner.to_string()),
            ("acknowledgement", confirmed.digest().to_string()),
        ];
        let record = self.seal(us, &act::ERASURE_CONFIRMED, &fields)?;
        Ok(Outcome::Done(Box::new(move |tx: &mut Tx<'_>| {
            let now = tx.now();
            let first = tx.execute(
                "UPDATE erasure_request SET confirmed = $4, acknowledgement = $5
                 WHERE participant = $1 AND id = $2 AND partner = $3 AND confirmed IS NULL",
                &[erasure.into(), partner.as_str().into(), now.into(), confirmed.bytes().into()],
            )?;
            if first == 1 { tx.record(&record) } else { Ok(()) }
        })))
    }

    /// Whether this confirms what was asked, signed by a key that the partner had at the time it names.
    fn check_confirmation(
        &self,
        us: &Did,
        partner: &Did,
        erasure: ActId,
        bytes: &[u8],
    ) -> Result<Signed<ErasureAcknowledgement>> {
        let wrong = |why: &str| answer_problem(partner, why);
        let signed = Signed::<ErasureAcknowledgement>::parse(bytes).map_err(|p| wrong(&p.to_string()))?;
        let body = signed.body();
        if body.erasure != erasure || body.requester != *us || body.holder != *partner {
            return Err(wrong("it confirms another erasure"));
        }
        let listed = self.0.directory.participant(partner, self.0.clock.now())?;
        let keys = &listed.participant.keys;
        let signs = keys.iter().any(|k| k.covers(body.time) && signed.signed_by(k.id.as_str(), &k.key));
        if signs { Ok(signed) } else { Err(wrong("its confirmation is not signed by a listed key")) }
    }
}
