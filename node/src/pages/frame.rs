//! What surrounds every page's handler: the viewer is made before, and what went wrong becomes a page
//! after, when it is a browser that asked.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, HeaderValue, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::Response;
use corridor_base::Problem;
use corridor_console::component::{Button, Icon, Notice, Section};
use corridor_console::{Markup, Page, Viewer, path};
use corridor_net::refusal;

use super::{text, viewer};
use crate::node::Node;

/// Whether a path is one of pages.
fn is_page(path: &str) -> bool {
    path == "/console" || path.starts_with("/console/")
}

/// Whether a browser asks: a program that asks for a page by mistake is told so as the API does.
fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"))
}

/// Makes the viewer of a page; and of a problem a page.
pub(crate) async fn frame(State(node): State<Arc<Node>>, mut request: Request, next: Next) -> Response {
    if !is_page(request.uri().path()) {
        return next.run(request).await;
    }
    let page = wants_page(request.headers());
    let stranger = viewer::stranger(&node, &request);
    request.extensions_mut().insert(stranger.clone());
    let mut response = next.run(request).await;
    let viewer = response.extensions_mut().remove::<Viewer>().unwrap_or(stranger);
    if !page {
        return response;
    }
    match refusal::unsaid(&mut response) {
        Some(problem) => said(&viewer, &problem),
        None => response,
    }
}

/// A problem as a page.
fn said(viewer: &Viewer, problem: &Problem) -> Response {
    refusal::log(problem);
    let t = text(viewer.lang());
    let title = problem.text(viewer.lang()).title;
    let body = Markup::from(Notice::problem(viewer.lang(), problem));
    let home = Button::new(t.get("error-home"), path::HOME).icon(Icon::Home);
    let page = Page::new(title, body.and(Section::new("", home))).failed(problem.code());
    let page = if viewer.person.is_none() { page.plain() } else { page };
    let mut response = page.answer(viewer);
    if problem.code().status() == 503 {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
