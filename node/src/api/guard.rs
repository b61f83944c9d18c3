//! The guard before every handler: who bears the token, and does the one table of rules let them in
//! (AC-1). What no rule covers is not reached.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use corridor_base::{ErrorCode, Problem, Result};
use corridor_console::Viewer;
use tokio::sync::Semaphore;

use super::problem::Refusal;
use crate::access::{self, Caller, Rule};
use crate::node::Node;
use crate::pages::viewer::{self, Known};

/// Judges one request and lets it through, within the time its rule gives it.
pub(super) async fn guard(State(node): State<Arc<Node>>, mut request: Request, next: Next) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let Some(rule) = access::rule_for(request.method(), path.as_str()) else {
        let method = request.method().as_str().chars().take(20).collect::<String>();
        return Refusal(Problem::new(ErrorCode::MethodNotAllowed).with("what", method)).into_response();
    };
    let caller = match known(&node, rule, bearer(&request)).await {
        Ok(caller) => caller,
        Err(problem) => return Refusal(problem).into_response(),
    };
    let viewer = caller.as_ref().and_then(|caller| enter(&node, &mut request, caller));
    let mut response = match judged(&node, rule, caller.as_ref(), path.as_str(), request.method()) {
        Ok(()) => within_time(&node, rule, request, caller.clone(), next).await,
        Err(problem) => Refusal(problem).into_response(),
    };
    if let Some(caller) = caller {
        response.extensions_mut().insert(caller);
    }
    if let Some(viewer) = viewer {
        response.extensions_mut().insert(viewer);
    }
    response
}

/// The viewer of a page becomes the caller.
fn enter(node: &Node, request: &mut Request, caller: &Caller) -> Option<Viewer> {
    let viewer = request.extensions_mut().get_mut::<Viewer>()?;
    let known = Known { name: caller.reader.clone(), ..Known::default() };
    viewer::enter(node, viewer, caller, known);
    Some(viewer.clone())
}

/// Runs the handler, within the time that the rule gives it.
async fn within_time(
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
/// are: they may be what is missing.
fn gives_work(method: &Method, path: &str) -> bool {
    let apart = ["/api/v1/trust", "/api/v1/log/", "/console/preferences"];
    !matches!(*method, Method::GET | Method::HEAD) && !apart.iter().any(|prefix| path.starts_with(prefix))
}

/// The token that the request carries (RFC 6750, 2.1).
fn bearer(request: &Request) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// Who calls, when the rule wants to know.
async fn known(node: &Node, rule: &Rule, token: Option<String>) -> Result<Option<Caller>> {
    if rule.who == access::Who::Anyone {
        return Ok(None);
    }
    let token = token.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated))?;
    node.tokens.caller(&token).await.map(Some)
}

/// Whether they may, and whether the node takes what they bring.
fn judged(node: &Node, rule: &Rule, caller: Option<&Caller>, path: &str, method: &Method) -> Result<()> {
    access::judge(rule, caller, &node.config.operator.did)?;
    if gives_work(method, path) { node.takes_work() } else { Ok(()) }
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
