//! The mirror over HTTP: uploads (C2SP tlog-mirror), and the copies, read only, each as its log serves
//! it (C2SP tlog-tiles).

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use corridor_base::{ErrorCode, Problem, Result};
use corridor_net::refusal::Answer as Reply;
use corridor_proof::tile::Tile;

use super::upload::{Head, Upload};
use super::{Finished, Mirror};
use crate::witness::{AddCheckpoint, Answer, KnownLogs, MAX_REQUEST, answer, origin_hash};

/// How far before the next entry an upload may begin: what a client sends at once.
const MAX_AGAIN: u64 = 32 * 256;

/// The doors of a mirror: `POST add-checkpoint` and `POST add-entries` to bring a log's entries, and
/// `GET HASH/checkpoint`, `GET HASH/tile/…` to read the copy of the log with this origin hash. All are
/// public; the signature of the log is what an uploader needs. `sign-subtree`, which the specification
/// leaves to choice, is not there.
pub fn router(mirror: Mirror) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint).layer(DefaultBodyLimit::max(MAX_REQUEST)))
        .route("/add-entries", post(add_entries).layer(DefaultBodyLimit::disable()))
        .route("/{hash}/checkpoint", get(checkpoint))
        .route("/{hash}/tile/{*path}", get(tile))
        .with_state(mirror)
}

async fn add_checkpoint(State(mirror): State<Mirror>, body: Bytes) -> Reply<Response> {
    let request = AddCheckpoint::parse(&body)?;
    Ok(match mirror.add_checkpoint(&request).await? {
        Some(size) => answer(Answer::Stale(size)),
        // A mirror signs when it has the entries, not here.
        None => answer(Answer::Cosigned(Vec::new())),
    })
}

async fn add_entries(State(mirror): State<Mirror>, headers: HeaderMap, body: Body) -> Reply<Response> {
    let _place = mirror.0.uploads.try_acquire().map_err(|_| Problem::new(ErrorCode::Overloaded))?;
    let gzip = match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => false,
        Some(b"gzip" | b"x-gzip") => true,
        Some(_) => return Ok(accepting(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response())),
    };
    let mut upload = Upload::new(body, gzip);
    let head = upload.head().await?;
    if mirror.logs().of(&head.origin).is_empty() {
        return Err(Problem::new(ErrorCode::LogUnknown).with("what", &head.origin).into());
    }
    Ok(accepting(entries(&mirror, &mut upload, &head).await?))
}

async fn entries(mirror: &Mirror, upload: &mut Upload, head: &Head) -> Result<Response> {
    let standing = mirror.standing(&head.origin).await?;
    let pending = match mirror.pending(&head.origin, head.end).await? {
        Some(pending) if head.end >= standing.size() => pending,
        _ => return info(mirror, head, StatusCode::CONFLICT, false).await,
    };
    if head.start > head.end {
        let why = "it ends before it starts";
        return Err(Problem::new(ErrorCode::Malformed).with("what", "add-entries").with("why", why));
    }
    if head.start > standing.next || head.start.saturating_add(MAX_AGAIN) < standing.next.min(head.end) {
        return info(mirror, head, StatusCode::CONFLICT, true).await;
    }
    let mut at = head.start;
    while at < head.end {
        let Some(package) = upload.package(at, head.end).await else { break };
        let end = package.end();
        mirror.keep(&pending, package).await?;
        at = end;
    }
    if at < head.end {
        if at == head.start {
            let why = "no whole package of entries";
            return Err(Problem::new(ErrorCode::Malformed).with("what", "add-entries").with("why", why));
        }
        return info(mirror, head, StatusCode::ACCEPTED, true).await;
    }
    match mirror.finish(&pending).await? {
        Finished::Cosigned(lines) => Ok(answer(Answer::Cosigned(lines))),
        Finished::Overtaken => info(mirror, head, StatusCode::CONFLICT, false).await,
    }
}

/// Where the mirror stands: the size to upload to, the entry to begin with, a ticket.
async fn info(mirror: &Mirror, head: &Head, status: StatusCode, valid: bool) -> Result<Response> {
    let standing = mirror.standing(&head.origin).await?;
    let size = if valid { head.end } else { standing.wanted() };
    let text = format!("{size}\n{}\n\n", standing.next);
    Ok((status, [(CONTENT_TYPE, "text/x.tlog.mirror-info")], text).into_response())
}

fn accepting(mut response: Response) -> Response {
    response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

fn origin(logs: &dyn KnownLogs, hash: &str) -> Result<String> {
    let found = logs.all().into_iter().find(|log| origin_hash(log.key.name()) == hash);
    let none = || Problem::new(ErrorCode::LogUnknown).with("what", "log with this origin hash");
    Ok(found.ok_or_else(none)?.key.name().to_owned())
}

async fn checkpoint(State(mirror): State<Mirror>, Path(hash): Path<String>) -> Reply<Response> {
    let origin = origin(&**mirror.logs(), &hash)?;
    let none = || Problem::new(ErrorCode::NotFound).with("what", format!("checkpoint of {origin}"));
    let checkpoint = mirror.standing(&origin).await?.checkpoint.ok_or_else(none)?;
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, checkpoint.to_bytes()).into_response())
}

async fn tile(State(mirror): State<Mirror>, Path((hash, path)): Path<(String, String)>) -> Reply<Response> {
    let origin = origin(&**mirror.logs(), &hash)?;
    let none = || Problem::new(ErrorCode::NotFound).with("what", "tile");
    let tile: Tile = format!("tile/{path}").parse().map_err(|_| none())?;
    let bytes = mirror.tile(&origin, tile).await?.ok_or_else(none)?;
    let headers =
        [(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, bytes).into_response())
}
