//! The pages of the node in the console: one file an area. They show what the handlers of the API answer
//! and do what those do, never something the API lacks; who may open which stands in the one table of
//! rules, like any endpoint's (AC-1).

mod acts;
mod agreements;
pub mod areas;
mod content;
mod customs;
mod desk;
mod doctor;
mod documents;
mod evidence;
mod expected;
pub mod form;
mod frame;
mod gallery;
mod home;
mod invariants;
mod leaves;
mod ledger;
mod live;
mod partners;
pub(crate) mod preferences;
mod receipt;
mod receipts;
mod search;
mod send;
mod subjects;
mod trade;
mod trust;
mod upload;
mod verifier;
mod verify;
pub mod viewer;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use corridor_base::{ErrorCode, Lang, Problem};
use corridor_console::format::Dates;
use corridor_console::{Text, Viewer, asset, path};

use crate::api::problem::Answer;
use crate::api::{chain, inbox, outbox};
use crate::help::page as help;
use crate::node::Node;
use crate::texts::texts;

pub(crate) use frame::frame;

/// The words of the pages, in one language.
#[must_use]
pub fn text(lang: Lang) -> Text {
    Text::new(texts(), lang)
}

/// How instants are written for this viewer (TM-1).
#[must_use]
pub fn dates(viewer: &Viewer) -> Dates {
    Dates { lang: viewer.lang(), zone: viewer.house.zone, eras: viewer.preferences.eras }
}

/// All routes of the node's own pages.
pub(crate) fn router() -> Router<Arc<Node>> {
    Router::new()
        .route("/", get(|| async { Redirect::to(path::HOME) }))
        .route("/console/assets/{name}", get(assets))
        .route("/console/preferences", post(preferences::choose))
        .route("/console/live", get(live::stream))
        .route("/console/gallery", get(gallery::page))
        .route("/console", get(home::page))
        .route("/console/inbox", get(documents::received))
        .route("/console/inbox/{id}", get(documents::one_received))
        .route("/console/inbox/{id}/content", get(documents::content_received))
        .route("/console/inbox/{id}/file", get(inbox::content))
        .route("/console/outbox", get(documents::sent))
        .route(
            "/console/outbox/send",
            get(send::show).post(send::take).layer(axum::extract::DefaultBodyLimit::disable()),
        )
        .route("/console/outbox/{id}", get(documents::one_sent))
        .route("/console/outbox/{id}/content", get(documents::content_sent))
        .route("/console/outbox/{id}/file", get(outbox::content))
        .route("/console/outbox/{id}/resend", post(documents::resend))
        .route("/console/partners", get(partners::list))
        .route("/console/partners/{did}", get(partners::one))
        .route("/console/partners/{did}/test", post(partners::test))
        .route("/console/partners/{did}/trade", get(desk::page).post(desk::set))
        .route("/console/acts", get(acts::list))
        .route("/console/acts/{id}", get(acts::one))
        .route("/console/search", get(search::page))
        .route("/console/trade/evidence", get(chain::evidence))
        .route(expected::PATH, get(expected::page).post(expected::waive))
        .route("/console/help", get(help::index))
        .route("/console/help/errors", get(help::all_errors))
        .route("/console/help/errors/{code}", get(help::error))
        .route("/console/help/{guide}", get(help::guide))
        .merge(agreements::router())
        .merge(customs::router())
        .merge(evidence::router())
        .merge(trade::router())
        .merge(subjects::router())
}

/// The style sheet, the script, the signs.
async fn assets(Path(name): Path<String>, headers: HeaderMap) -> Answer<Response> {
    let found = asset::answer(&name, &headers);
    Ok(found.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", name))?)
}
