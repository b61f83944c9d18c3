//! The witness over HTTP (C2SP tlog-witness, "HTTP Interface").

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use corridor_base::{ErrorCode, Problem};
use corridor_net::refusal::Answer as Reply;

use super::{Answer, MAX_REQUEST, Witness, origin_hash};
use crate::alarm;

/// The doors of a witness: `POST add-checkpoint` as the specification has it. Beside it, for those who
/// compare what a log shows to whom: `GET HASH/checkpoint`, the latest checkpoint that was cosigned of
/// the log with this origin hash, and the split views that were seen ([`alarm::router`]). All are
/// public; the signature of the log is what a caller needs.
pub fn router(witness: Witness) -> Router {
    let alarms = alarm::router(witness.alarms().clone());
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{hash}/checkpoint", get(latest))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(witness)
        .merge(alarms)
}

async fn add_checkpoint(State(witness): State<Witness>, body: Bytes) -> Reply<Response> {
    Ok(answer(witness.add_checkpoint(&body).await?))
}

/// How an answer goes out, from a witness and from a mirror.
pub(crate) fn answer(answer: Answer) -> Response {
    match answer {
        Answer::Cosigned(lines) => {
            let lines: String = lines.iter().map(ToString::to_string).collect();
            ([(CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response()
        }
        Answer::Stale(size) => {
            (StatusCode::CONFLICT, [(CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n")).into_response()
        }
    }
}

async fn latest(State(witness): State<Witness>, Path(hash): Path<String>) -> Reply<Response> {
    let none = || Problem::new(ErrorCode::LogUnknown).with("what", "log with this origin hash");
    let log = witness.logs().all().into_iter().find(|log| origin_hash(log.key.name()) == hash);
    let note = witness.latest(log.ok_or_else(none)?.key.name()).await?.ok_or_else(none)?;
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, note.to_bytes()).into_response())
}
