//! The log: structured, on standard error, without personal data. What a request was about never
//! stands in it: no query strings, no names of documents, no tokens.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Response;
use axum::middleware::Next;
use corridor_base::{ErrorCode, Problem, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::access::Caller;
use crate::config::LogSettings;
use crate::metrics::{Metrics, Route, method_label};

/// Begins to log.
///
/// # Errors
/// `config-invalid` when the level is not understood; `internal` when a log runs already.
pub fn start(settings: &LogSettings, file: &std::path::Path) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.level).map_err(|e| {
        Problem::new(ErrorCode::ConfigInvalid)
            .with("path", file.display())
            .with("line", 1)
            .with("key", "log.level")
            .with("why", e)
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr);
    let started = if settings.json {
        builder.json().flatten_event(true).with_ansi(false).try_init()
    } else {
        let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
        builder.with_ansi(colour).try_init()
    };
    started.map_err(|e| Problem::new(ErrorCode::Internal).with("why", e))
}

/// What the request log needs to know of a listener.
#[derive(Clone)]
pub struct Watch {
    /// Its name: `public` or `api`.
    pub listener: &'static str,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
}

/// The layer that counts and logs a request: method, route template, status, milliseconds, and for
/// which participant.
pub async fn requests(State(watch): State<Watch>, request: Request, next: Next) -> Response<Body> {
    let counting = Counting::begin(&request);
    let response = next.run(request).await;
    counting.end(&watch, &response);
    response
}

/// A request under way, as it is counted and logged.
pub(crate) struct Counting {
    began: Instant,
    method: &'static str,
    route: Route,
}

impl Counting {
    /// The request came.
    pub(crate) fn begin(request: &Request) -> Self {
        let route = Route(request.extensions().get::<MatchedPath>().cloned());
        Self { began: Instant::now(), method: method_label(request.method()), route }
    }

    /// It was answered.
    pub(crate) fn end(self, watch: &Watch, response: &Response<Body>) {
        let (Self { began, method, route }, status) = (self, response.status().as_u16());
        let took = began.elapsed();
        let participant = response.extensions().get::<Caller>().map(|c| c.participant.to_string());
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            target: "corridor::request",
            listener = watch.listener, method, route = route.as_str(), status, millis, participant
        );
        watch.metrics.request(watch.listener, method, route, status, took);
    }
}
