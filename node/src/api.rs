//! The HTTP API of a node for the people and programs of its institutions: one file a noun, one
//! guard before all of them. The OpenAPI document is made of the handlers and committed.

pub mod acts;
pub mod agreements;
pub mod chain;
pub mod departments;
pub mod documents;
pub mod extract;
pub(crate) mod guard;
pub mod health;
pub mod inbox;
pub mod keys;
pub mod log;
pub mod outbox;
pub mod partners;
pub mod problem;
pub mod receipts;
pub mod schema;
pub mod subjects;
pub mod tokens;
pub mod trade;
pub mod trust;
pub mod users;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use corridor_base::{ErrorCode, Problem};
use tokio::sync::Semaphore;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::assembly::Surroundings;
use crate::door;
use crate::log::{self as requests, Watch};
use crate::node::Node;
use crate::{pages, service};
use problem::Refusal;

/// What every handler is given.
pub type Shared = axum::extract::State<Arc<Node>>;

/// The head of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Corridor node",
        description = "The API of a Corridor node for the people and programs of its institutions. \
            Every request acts for the participant and in the role of its bearer token. Problems are \
            RFC 9457 documents in the language of `Accept-Language` (en, ja, ko).",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(problem::ProblemBody)),
    security(("token" = []))
)]
struct Head;

/// All routes with their description.
fn routes() -> OpenApiRouter<Arc<Node>> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(health::openapi))
        .routes(routes!(outbox::list, outbox::send))
        .routes(routes!(outbox::show))
        .routes(routes!(outbox::content))
        .routes(routes!(outbox::resend))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::show))
        .routes(routes!(inbox::content))
        .routes(routes!(acts::list))
        .routes(routes!(acts::show))
        .routes(routes!(receipts::list))
        .routes(routes!(receipts::show))
        .routes(routes!(receipts::file))
        .routes(routes!(receipts::page))
        .routes(routes!(receipts::cose))
        .routes(routes!(chain::evidence))
        .routes(routes!(subjects::list))
        .routes(routes!(subjects::show))
        .routes(routes!(subjects::access))
        .routes(routes!(subjects::erase))
        .routes(routes!(subjects::erasures))
        .routes(routes!(subjects::erasure))
        .routes(routes!(partners::list))
        .routes(routes!(partners::show))
        .routes(routes!(partners::test))
        .routes(routes!(agreements::list, agreements::propose))
        .routes(routes!(agreements::accept))
        .routes(routes!(agreements::show))
        .routes(routes!(agreements::end))
        .routes(routes!(trust::show, trust::import))
        .routes(routes!(trust::list))
        .routes(routes!(trust::changes))
        .routes(routes!(trust::at))
        .routes(routes!(trust::policy))
        .routes(routes!(health::doctor))
        .routes(routes!(health::invariants))
        .routes(routes!(trade::forms::show))
        .routes(routes!(trade::desk::latest))
        .routes(routes!(trade::desk::compare_two))
        .routes(routes!(trade::make::preview))
        .routes(routes!(trade::make::send))
        .routes(routes!(trade::drafts::list, trade::drafts::save))
        .routes(routes!(trade::drafts::show, trade::drafts::remove))
        .routes(routes!(trade::rejects::list))
        .routes(routes!(trade::rejects::amend))
        .routes(routes!(trade::codes::show, trade::codes::set))
        .routes(routes!(trade::mappings::list, trade::mappings::add))
        .routes(routes!(trade::mappings::show, trade::mappings::remove))
        .routes(routes!(trade::library::list_directories, trade::library::add_directory))
        .routes(routes!(trade::library::list_guides, trade::library::add_guide))
        .routes(routes!(trade::library::remove_guide))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::show))
        .routes(routes!(users::grant))
        .routes(routes!(users::revoke))
        .routes(routes!(users::disable))
        .routes(routes!(users::enable))
        .routes(routes!(users::reset_password))
        .routes(routes!(users::reset_second_factor))
        .routes(routes!(users::link))
        .routes(routes!(users::identities, users::link_identity, users::unlink_identities))
        .routes(routes!(users::sessions))
        .routes(routes!(users::sign_out))
        .routes(routes!(departments::list, departments::set))
        .routes(routes!(departments::remove))
        .routes(routes!(keys::list, keys::rotate))
        .routes(routes!(log::show))
        .routes(routes!(log::leaves))
        .routes(routes!(log::growth))
        .routes(routes!(log::proof))
        .routes(routes!(log::check))
        .routes(routes!(log::succession))
}

/// The OpenAPI document of the node, with the edges of these services.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = routes().split_for_parts();
    for edge in service::all(&Surroundings::of_machine(), Default::default()).iter().filter_map(|s| s.edge) {
        document.merge(edge().split_for_parts().1);
    }
    with_security(with_problems(document))
}

/// Every operation may be refused; those of edges do not say so themselves.
fn with_problems(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let problems = <problem::Problems as utoipa::IntoResponses>::responses();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.delete, &mut item.put, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            for (status, response) in &problems {
                operation.responses.responses.entry(status.clone()).or_insert_with(|| response.clone());
            }
        }
    }
    document
}

fn with_security(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let token = SecurityScheme::Http(
        Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("corridor_ID_SECRET")
            .description(Some("An API token: `corridor token create`"))
            .build(),
    );
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert("token".to_owned(), token.into());
    document
}

/// The API listener's router: routes, guard, limits, problems, log.
pub fn router(node: Arc<Node>) -> Router {
    let (router, _) = routes().split_for_parts();
    let edges = node.services.iter().filter_map(|s| s.edge).fold(Router::new(), |all, edge| {
        all.merge(edge().split_for_parts().0.with_state(node.exchange.clone()))
    });
    // What interchanges are read and checked against.
    let edges = edges.layer(axum::Extension(node.library.clone()));
    let places = Arc::new(Semaphore::new(node.config.api_requests));
    let watch = Watch { listener: "api", metrics: node.metrics.clone() };
    let lang = node.config.language;
    let pages = node
        .services
        .iter()
        .filter_map(|s| s.pages)
        .fold(Router::new(), |all, pages| all.merge(pages().with_state(node.exchange.clone())));
    router
        .merge(pages::router())
        .merge(door::router())
        .fallback(unknown)
        .with_state(node.clone())
        .merge(edges)
        .merge(pages)
        .layer(from_fn_with_state(node.clone(), guard::guard))
        .layer(from_fn_with_state(places, guard::places))
        .layer(from_fn_with_state(node, pages::frame))
        .layer(from_fn_with_state(lang, problem::say_problems))
        .layer(from_fn(never_stored))
        .layer(from_fn_with_state(watch, requests::requests))
}

async fn unknown(request: Request<axum::body::Body>) -> Refusal {
    let path: String = request.uri().path().chars().take(200).collect();
    Problem::new(ErrorCode::NotFound).with("what", path).into()
}

/// Answers hold documents and records of institutions: no cache may keep them, no browser guess
/// what they are. Only the assets of pages, which hold nothing of anyone's, say otherwise themselves.
async fn never_stored(
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}
