//! The public listener: what partners and everybody may see. The exchange judges and signs for
//! itself; DID documents and trust lists are public and carry their own signatures.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use corridor_base::{ErrorCode, Lang, Problem, Result};
use corridor_identity::Hosted;
use corridor_net::refusal::{Refusal, say, wanted};

use crate::help::{HELP, plain};
use crate::log::{Counting, Watch};
use crate::node::Node;

/// The router of the public listener. When partners know the node under a path, it answers there
/// too: a reverse proxy may take the path off or leave it on.
///
/// # Errors
/// `wrong-recipient` when a participant has no keys here, which assembly does not let happen.
pub fn router(node: &Arc<Node>) -> Result<Router> {
    let endpoint = node.config.public_url.as_str();
    let ledger = node.ledger.keys.listed(endpoint);
    let hosted: Result<Vec<Hosted>> = node
        .exchange
        .participants()
        .iter()
        .map(|us| {
            let (keyring, endpoint) = (node.exchange.keyring(us)?.clone(), endpoint.to_owned());
            Ok(Hosted { keyring, endpoint, ledger: Some(ledger.clone()) })
        })
        .collect();
    let identity = corridor_identity::router(node.exchange.directory().clone(), hosted?);
    let exchange = node.exchange.router().merge(node.receipts().router());
    let router = identity
        .merge(exchange.layer(from_fn_with_state(node.clone(), takes_work)))
        .merge(node.ledger.router())
        .merge(problems());
    let prefix = node.config.public_url.prefix();
    let router = if prefix.is_empty() { router } else { router.clone().nest(prefix, router) };
    let watch = Watch { listener: "public", metrics: node.metrics.clone() };
    Ok(router.layer(from_fn_with_state((watch, node.config.language), front)))
}

/// Counts requests and says problems, in one layer: each costs as much as all the rest of a small answer.
async fn front(State((watch, fallback)): State<(Watch, Lang)>, request: Request, next: Next) -> Response {
    let (counting, lang) = (Counting::begin(&request), wanted(request.headers(), fallback));
    let response = say(next.run(request).await, lang);
    counting.end(&watch, &response);
    response
}

/// After a restoration nothing is taken from partners until our logs can answer for it; they come again.
async fn takes_work(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    match node.takes_work() {
        Ok(()) => next.run(request).await,
        Err(problem) => ([(RETRY_AFTER, "5")], Refusal(problem)).into_response(),
    }
}

/// Where the type of a problem leads whoever got it from here, and what is not here.
pub(crate) fn problems() -> Router {
    Router::new().route(&format!("{HELP}/errors/{{code}}"), get(plain::error)).fallback(unknown)
}

async fn unknown(uri: axum::http::Uri) -> Refusal {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(ErrorCode::NotFound).with("what", path).into()
}
