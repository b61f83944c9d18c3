//! Problems on the wire (RFC 9457): a handler refuses with a [`Refusal`], and one layer says it in
//! the reader's language, so that no handler, of the node or of a service, needs to know who reads.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse;
use corridor_base::{ErrorCode, Lang, Problem};

/// A problem on its way out of a handler.
#[derive(Debug)]
pub struct Refusal(pub Problem);

/// What handlers return.
pub type Answer<T> = std::result::Result<T, Refusal>;

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// The problem of a response that has no body yet.
#[derive(Clone)]
struct Unsaid(Problem);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let status =
            StatusCode::from_u16(self.0.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Unsaid(self.0));
        response
    }
}

/// The layer that writes problem documents in the language of `Accept-Language`, or else of the node.
pub async fn say_problems(State(fallback): State<Lang>, request: Request, next: Next) -> Response<Body> {
    let lang = wanted(request.headers(), fallback);
    say(next.run(request).await, lang)
}

/// The language that the reader asks for.
#[must_use]
pub fn wanted(headers: &HeaderMap, fallback: Lang) -> Lang {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    wanted.map_or(fallback, Lang::prefer)
}

/// A response with its problem, if it is one, written out: what the layer does, for a layer that does more.
#[must_use]
pub fn say(mut response: Response<Body>, lang: Lang) -> Response<Body> {
    match response.extensions_mut().remove::<Unsaid>() {
        Some(Unsaid(problem)) => document(&problem, lang, response.status()),
        None => response,
    }
}

/// Takes the problem out of a response that has not been said yet: for whoever says it otherwise, as a page.
pub fn unsaid(response: &mut Response<Body>) -> Option<Problem> {
    response.extensions_mut().remove::<Unsaid>().map(|Unsaid(problem)| problem)
}

/// Logs a problem of the node itself; one of the caller is the caller's.
pub fn log(problem: &Problem) {
    if problem.code().status() >= 500 && problem.code() != ErrorCode::Overloaded {
        tracing::error!(code = %problem.code(), "{}", problem.arg("why").unwrap_or_default());
    }
}

fn document(problem: &Problem, lang: Lang, status: StatusCode) -> Response<Body> {
    log(problem);
    let body = serde_json::to_vec(&problem.document(lang)).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    match problem.code() {
        ErrorCode::Unauthenticated => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"corridor\""));
        }
        _ if status == StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        _ => {}
    }
    response
}
