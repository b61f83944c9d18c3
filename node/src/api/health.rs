//! Whether the node lives, whether it is ready, what it counts, and what is wrong with it.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use corridor_base::{ErrorCode, Lang, Problem};
use corridor_identity::Standing;
use serde::Serialize;
use utoipa::ToSchema;

use super::Shared;
use super::problem::{Answer, Problems};
use crate::access::Caller;
use crate::doctor::{self, Finding};
use crate::texts::texts;

/// What `/health/live` says.
#[derive(Serialize, ToSchema)]
pub struct Live {
    /// `live`.
    pub status: &'static str,
    /// The version of the program.
    pub version: &'static str,
}

/// What `/health/ready` says.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    /// `ready`.
    pub status: &'static str,
    /// The number of the trust list held for each country, as far as it is used.
    pub trust_lists: BTreeMap<String, u64>,
}

/// Says that the process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", operation_id = "health_live", security(()),
    responses((status = 200, description = "It lives.", body = Live)))]
pub async fn live() -> Json<Live> {
    Json(Live { status: "live", version: env!("CARGO_PKG_VERSION") })
}

/// Says whether new work is accepted: storage can be written, no restoration has to be made up for, and
/// no trust list in use is closed.
#[utoipa::path(get, path = "/health/ready", tag = "health", operation_id = "health_ready", security(()),
    responses((status = 200, description = "It takes new work.", body = Ready), Problems))]
pub async fn ready(node: Shared) -> Answer<Json<Ready>> {
    node.exchange.store().health().await?;
    node.takes_work()?;
    let mut used = BTreeMap::new();
    for list in node.exchange.directory().lists(node.now()) {
        match list.standing {
            Standing::InForce | Standing::Grace => {
                used.insert(list.country.to_string(), list.number);
            }
            Standing::Closed => {
                return Err(Problem::new(ErrorCode::TrustListExpired)
                    .with("country", list.country)
                    .with("list", list.number)
                    .with("at", list.expires)
                    .into());
            }
            Standing::Unrecognised => {}
        }
    }
    Ok(Json(Ready { status: "ready", trust_lists: used }))
}

/// The counters, in the text form of OpenMetrics 1.0.
#[utoipa::path(get, path = "/metrics", tag = "health", operation_id = "metrics", security(()),
    responses((status = 200, description = "The counters.", content_type = "application/openmetrics-text", body = String), Problems))]
pub async fn metrics(node: Shared) -> Answer<Response> {
    node.count_for_metrics().await?;
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind)], node.metrics.text()?).into_response())
}

/// The description of this API.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "health", operation_id = "openapi", security(()),
    responses((status = 200, description = "The OpenAPI 3.1 document.", body = serde_json::Value), Problems))]
pub async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(super::document())
}

/// What the doctor found.
#[derive(Serialize, ToSchema)]
pub struct Findings {
    /// One entry a check, in the reader's language.
    pub items: Vec<Finding>,
}

/// Looks for what is wrong: storage, keys, trust lists, certificates, partners.
#[utoipa::path(get, path = "/api/v1/doctor", tag = "health", operation_id = "doctor",
    responses((status = 200, description = "What was looked at, and what is wrong.", body = Findings), Problems))]
pub async fn doctor(node: Shared, headers: axum::http::HeaderMap) -> Answer<Json<Findings>> {
    Ok(Json(Findings { items: doctor::of_node(&node, wanted(&node, &headers)).await }))
}

/// The language that a request asks for.
fn wanted(node: &Shared, headers: &axum::http::HeaderMap) -> Lang {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    wanted.map_or(node.config.language, Lang::prefer)
}

/// The numbered promises, with how often each was found broken.
#[derive(Serialize, ToSchema)]
pub struct Promises {
    /// One entry a promise, in the order of their numbers.
    pub items: Vec<Promise>,
}

/// One numbered promise.
#[derive(Serialize, ToSchema)]
pub struct Promise {
    /// Its number: `LG-2`.
    pub id: String,
    /// What it says, in the reader's language.
    pub promise: String,
    /// How often it was found broken since the program started; anything but 0 is a fault in the program.
    pub broken: u64,
}

/// The promises in one language, with their counters as they are now.
#[must_use]
pub fn promises(lang: Lang) -> Vec<Promise> {
    let promise = |found: &&corridor_base::invariant::Invariant| Promise {
        id: found.id.to_owned(),
        promise: texts().text(lang, &format!("invariant-{}", found.id), &[]),
        broken: found.broken(),
    };
    corridor_base::invariant::ALL.iter().map(promise).collect()
}

/// Shows the numbered promises of the program and how often each was found broken.
#[utoipa::path(get, path = "/api/v1/invariants", tag = "health", operation_id = "invariants",
    responses((status = 200, description = "The promises.", body = Promises), Problems))]
pub async fn invariants(node: Shared, _: Caller, headers: axum::http::HeaderMap) -> Json<Promises> {
    Json(Promises { items: promises(wanted(&node, &headers)) })
}
