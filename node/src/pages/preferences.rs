//! Takes a reader's choice of language, appearance and years, and leads back to where they were.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use corridor_console::{Theme, Viewer, path};

use super::form::Fields;
use crate::api::problem::Answer;
use crate::node::Node;

/// Keeps what was chosen. It changes nothing but how pages look, so that it asks for no token of a form.
pub(super) async fn choose(State(node): State<Arc<Node>>, request: Request) -> Answer<Response> {
    let viewer = request.extensions().get::<Viewer>().cloned();
    let secure = node.config.api.tls.is_some();
    let fields = Fields::read(request).await?;
    let mut chosen = viewer.map(|v| v.preferences).unwrap_or_default();
    if let Some(lang) = fields.get("lang").and_then(|word| word.parse().ok()) {
        chosen.lang = lang;
    }
    if let Some(theme) = fields.get("theme") {
        chosen.theme = Theme::of(theme);
    }
    if let Some(eras) = fields.get("eras") {
        chosen.eras = eras == "yes";
    }
    let mut response = see_other(local(fields.get("back").unwrap_or(path::HOME)));
    for cookie in chosen.to_cookies(secure) {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    Ok(response)
}

/// Leads to this path by `GET`.
pub(crate) fn see_other(to: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static(path::HOME));
    response.headers_mut().insert(LOCATION, to);
    response
}

/// The path, if it is one of this console; the first page otherwise: nobody is led elsewhere.
pub(crate) fn local(back: &str) -> &str {
    let ours = back == path::HOME || back.starts_with("/console/") || back.starts_with("/console?");
    let plain = back.len() <= 2000 && back.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours && plain { back } else { path::HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        let check = |back: &str, expect: &str| assert_eq!(local(back), expect, "{back}");
        check("/console/inbox?state=received", "/console/inbox?state=received");
        check("/console", "/console");
        check("/console?x=1", "/console?x=1");
        check("https://evil.example/console/", "/console");
        check("//evil.example/console/", "/console");
        check("/\\evil.example", "/console");
        check("/console/\\..\\", "/console");
        check("/console/\r\nset-cookie: a=b", "/console");
        check("/consoles", "/console");
        check("", "/console");
    }
}
