//! The chain of a transaction as evidence: one archive that `corridor verify` checks offline.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use corridor_trade::evidence;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shared;
use super::extract::Ask;
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;

/// Which transaction.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChainQuery {
    /// An order, a booking, a bill of lading, a container, a declaration, an invoice, or the number of a
    /// message, as it is written there.
    #[param(min_length = 1, max_length = 70, pattern = r"^[^\u0000-\u0020\u007f-\u00a0]{1,70}$")]
    pub reference: String,
}

/// Every document of a transaction that the caller may read, with envelopes, acknowledgements, receipts,
/// agreements and an index, as a zip. Reading them leaves records of who read (AC-1).
#[utoipa::path(get, path = "/api/v1/trade/evidence", tag = "receipts", operation_id = "trade_evidence", params(ChainQuery),
    responses((status = 200, description = "The archive.", body = inline(schema::ContentBytes), content_type = "application/zip"), Problems))]
pub async fn evidence(node: Shared, caller: Caller, Ask(query): Ask<ChainQuery>) -> Answer<Response> {
    let receipts = node.receipts();
    let archive = evidence::gather(&node.exchange, &receipts, &caller.acting(), &query.reference).await?;
    let mut response = Response::new(Body::from(archive));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    let name: String = query.reference.trim().chars().map(plain).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.zip\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
