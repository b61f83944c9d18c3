//! A log over HTTP as C2SP tlog-tiles has it: the checkpoint, and tiles that never change, so that
//! any cache may keep them. Open to everyone (AC-1): a log is there to be read. Raw logs have a door to
//! add by, as Tessera's personalities do; the log of acts has none.
//!
//! A path has one spelling. It is read as it was sent, not decoded: what is not exactly the name of a
//! tile is not found, `..`, `%2e` and leading zeros among it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use corridor_base::{ErrorCode, Problem};
use corridor_net::refusal::Answer;
use corridor_proof::tile::{MAX_ENTRY, Tile};

use crate::log::Log;

/// For what never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// For the checkpoint: asked again each time.
const NEVER: &str = "no-cache";

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// The routes of one log, below its prefix.
///
/// - `GET /checkpoint`: the newest checkpoint that others may see ([`Log::public`]), with the cosignatures
///   gathered so far
/// - `GET /tile/…`: tiles and entry bundles, of published sizes only
/// - `POST /add`, raw logs only: the body is an entry of 1 to 65,535 bytes; the answer is its number in
///   decimal, given when the entry is durable
pub fn log_router(log: Log) -> Router {
    let mut router = Router::new().route("/checkpoint", get(checkpoint)).route("/tile/{*path}", get(tile));
    if !corridor_storage::holds_acts(log.name()) {
        router = router.route("/add", post(add).layer(DefaultBodyLimit::max(MAX_ENTRY)));
    }
    router.with_state(log)
}

async fn checkpoint(State(log): State<Log>) -> Answer<Response> {
    let newest =
        log.public().await?.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", "checkpoint"))?;
    Ok(answer(newest.to_bytes(), TEXT, NEVER))
}

async fn tile(State(log): State<Log>, uri: Uri) -> Answer<Response> {
    let none = || Problem::new(ErrorCode::NotFound).with("what", "tile");
    let tile: Tile = uri.path().strip_prefix('/').and_then(|path| path.parse().ok()).ok_or_else(none)?;
    let bytes = log.tile_bytes(tile).await?.ok_or_else(none)?;
    Ok(answer(bytes, BYTES, FOREVER))
}

async fn add(State(log): State<Log>, entry: Result<Bytes, BytesRejection>) -> Answer<String> {
    let entry = entry.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ErrorCode::TooLarge)
            .with("what", "log entry")
            .with("limit", format!("{MAX_ENTRY} bytes")),
        _ => Problem::new(ErrorCode::Malformed).with("what", "log entry").because(rejection),
    })?;
    Ok(log.store().append(log.operator(), log.name(), entry.into()).await?.to_string())
}

fn answer(bytes: Vec<u8>, kind: &'static str, cache: &'static str) -> Response {
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CACHE_CONTROL, HeaderValue::from_static(cache))];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use corridor_storage::ACTS;

    use super::*;
    use crate::log::tests::{Place, add as fill, grow, operator, place};
    use axum::body::{Body, to_bytes};
    use axum::http::{Method, Request};
    use tower::ServiceExt as _;

    async fn ask(router: &Router, method: Method, path: &str, body: Vec<u8>) -> (u16, Vec<u8>, [String; 2]) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let header = |name| response.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let headers = [header(CONTENT_TYPE), header(CACHE_CONTROL)];
        let status = response.status().as_u16();
        (status, to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec(), headers)
    }

    async fn filled(place: &Place, count: u64) -> Log {
        let log = place.log(&place.store()).await;
        fill(&log, 0, count).await;
        grow(&log).await;
        log
    }

    #[tokio::test]
    async fn a_log_is_served_as_the_specification_says() {
        let place = place();
        let log = filled(&place, 300).await;
        // As the node does: below the path of the origin.
        let router = Router::new().nest("/log", log_router(log.clone()));
        let check = async |path: &str, length: usize, kind: &str, cache: &str| {
            let (status, body, headers) = ask(&router, Method::GET, path, vec![]).await;
            assert_eq!((status, headers), (200, [kind.to_owned(), cache.to_owned()]), "{path}");
            assert_eq!(body.len(), length, "{path}");
            let (status, body, _) = ask(&router, Method::HEAD, path, vec![]).await;
            assert_eq!((status, body.len()), (200, 0), "{path}");
        };
        let note = log.latest().await.unwrap().unwrap().to_bytes();
        check("/log/checkpoint", note.len(), TEXT, "no-cache").await;
        check("/log/tile/0/000", 8192, BYTES, FOREVER).await;
        check("/log/tile/0/001.p/44", 44 * 32, BYTES, FOREVER).await;
        check("/log/tile/1/000.p/1", 32, BYTES, FOREVER).await;
        check("/log/tile/entries/001.p/2", 22, BYTES, FOREVER).await;
    }

    #[tokio::test]
    async fn what_is_not_the_name_of_a_tile_is_not_found() {
        let place = place();
        let router = log_router(filled(&place, 300).await);
        for path in [
            "/tile/0/001",
            "/tile/0/001.p/45",
            "/tile/0/001.p/0",
            "/tile/0/001.p/256",
            "/tile/0/000.p/044",
            "/tile/0/000.p/",
            "/tile/0/0",
            "/tile/0/0000",
            "/tile/00/000",
            "/tile/+0/000",
            "/tile/64/000.p/1",
            "/tile/-1/000",
            "/tile/0/x000/000",
            "/tile/0/x001/../000",
            "/tile/0/../0/000",
            "/tile/0/%2e%2e/0/000",
            "/tile/0/00%30",
            "/tile/0/000%2ep/1",
            "/tile/%65ntries/000",
            "/tile/0/000/",
            "/tile/0//000",
            "//tile/0/000",
            "/tile/data/000",
            "/tile/entries/000.p/1/",
            "/tile/0/x999/x999/x999/x999/x999/999",
            "/tile/0/x018/x014/x398/x509/x481/984.p/1",
            "/tile/",
            "/tile",
            "/checkpoint/",
            "/Checkpoint",
            "/",
        ] {
            let (status, body, _) = ask(&router, Method::GET, path, vec![]).await;
            assert_eq!((status, body.len()), (404, 0), "{path}");
        }
        let (status, ..) = ask(&router, Method::POST, "/tile/0/000", vec![]).await;
        assert_eq!(status, 405);
    }

    #[tokio::test]
    async fn an_entry_is_added_and_its_number_answered() {
        let place = place();
        let log = place.log(&place.store()).await;
        let router = log_router(log.clone());
        let check = async |entry: Vec<u8>, expect: (u16, &str)| {
            let (status, body, _) = ask(&router, Method::POST, "/add", entry).await;
            assert_eq!((status, String::from_utf8(body).unwrap().as_str()), expect);
        };
        check(b"one".to_vec(), (200, "0")).await;
        check(b"one".to_vec(), (200, "1")).await;
        check(vec![7; 65_535], (200, "2")).await;
        check(vec![7; 65_536], (413, "")).await;
        check(vec![], (400, "")).await;
        check(vec![0], (200, "3")).await;
        assert_eq!(grow(&log).await.tree().size, 4);
        let (status, ..) = ask(&router, Method::GET, "/add", vec![]).await;
        assert_eq!(status, 405);
    }

    #[tokio::test]
    async fn the_log_of_acts_has_no_door_and_an_unsigned_log_no_checkpoint() {
        let place = place();
        let store = place.store();
        let log = Log::open(place.parts(&store, ACTS)).await.unwrap();
        let router = log_router(log);
        let check = async |method: Method, path: &str, expect: u16| {
            assert_eq!(ask(&router, method, path, b"x".to_vec()).await.0, expect, "{path}");
        };
        check(Method::POST, "/add", 404).await;
        check(Method::GET, "/checkpoint", 404).await;
        check(Method::GET, "/tile/0/000.p/1", 404).await;
        assert_eq!(
            store.append(&operator(), ACTS, b"x".to_vec()).await.unwrap_err().code(),
            ErrorCode::Forbidden
        );
    }
}
