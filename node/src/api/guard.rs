//! The guard before every handler: who bears the token, and does the one table of rules let them in
//! (AC-1). What no rule covers is not reached.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use corridor_base::{ErrorCode, Problem, Result};
use tokio::sync::Semaphore;

use super::problem::Refusal;
use crate::access::{self, Caller, Rule};
use crate::door::guard as door;
use crate::node::Node;

/// Judges one request and lets it through, within the time its rule gives it.
pub(super) async fn guard(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    // Sessions count there, and tokens nowhere on it.
    if door::is_ours(request.uri().path()) {
        return door::guard(node, request, next).await;
    }
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let Some(rule) = access::rule_for(request.method(), path.as_str()) else {
        let method = request.method().as_str().chars().take(20).collect::<String>();
        return Refusal(Problem::new(ErrorCode::MethodNotAllowed).with("what", method)).into_response();
    };
    let caller = match judged(&node, rule, bearer(&request)).await {
        Ok(caller) => caller,
        Err(problem) => return Refusal(problem).into_response(),
    };
    if gives_work(request.method(), path.as_str())
        && let Err(problem) = node.takes_work()
    {
        return Refusal(problem).into_response();
    }
    let mut response = within_time(&node, rule, request, caller.clone(), next).await;
    if let Some(caller) = caller {
        response.extensions_mut().insert(caller);
    }
    response
}

/// Runs the handler, within the time that the rule gives it.
pub(crate) async fn within_time(
    node: &Node,
    rule: &Rule,
    mut request: Request,
    caller: Option<Caller>,
    next: Next,
) -> Response {
    if let Some(caller) = caller {
        // Edges of services know for whom they act and nothing of tokens and roles.
        request.extensions_mut().insert(caller.acting());
        request.extensions_mut().insert(caller);
    }
    if rule.bulk {
        return next.run(request).await;
    }
    match tokio::time::timeout(node.config.api_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal(Problem::new(ErrorCode::Overloaded)).into_response(),
    }
}

/// Whether a request is new work, which is not taken while a restoration is made up for. Trust lists
/// are: they may be what is missing. Documents are not shown either: one may be about a person whose
/// erasure has yet to be done again (LG-3).
fn gives_work(method: &Method, path: &str) -> bool {
    let apart = [
        "/api/v1/trust",
        "/api/v1/log/",
        "/console/preferences",
        "/console/trust",
        "/console/verify",
        "/console/ledger/",
        "/console/doctor",
    ];
    let books = ["/api/v1/inbox", "/api/v1/outbox", "/api/v1/trade/", "/console/inbox", "/console/outbox"];
    let under = |all: &[&str]| all.iter().any(|prefix| path.starts_with(prefix));
    if matches!(*method, Method::GET | Method::HEAD) { under(&books) } else { !under(&apart) }
}

/// The token that the request carries (RFC 6750, 2.1).
fn bearer(request: &Request) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

async fn judged(node: &Node, rule: &Rule, token: Option<String>) -> Result<Option<Caller>> {
    if rule.who == access::Who::Anyone {
        return Ok(None);
    }
    let token = token.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated))?;
    let caller = node.tokens.caller(&token).await?;
    access::judge(rule, Some(&caller), &node.config.operator.did)?;
    Ok(Some(caller))
}

/// Works on so many requests at once and asks the others to come back. Health and metrics always
/// have a place: an overloaded node must be able to say so.
pub(super) async fn places(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/health/") || path == "/metrics" {
        return next.run(request).await;
    }
    match places.try_acquire_owned() {
        Ok(_place) => next.run(request).await,
        Err(_) => Refusal(Problem::new(ErrorCode::Overloaded)).into_response(),
    }
}
