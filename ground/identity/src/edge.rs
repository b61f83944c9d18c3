//! What anyone may read of our identity: the DID documents of the participants that live here, the
//! trust lists and the recognitions we hold. All of it is signed or public by nature; nothing here
//! knows a secret. Open to everyone (AC-1).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use corridor_base::{Country, Digest, ErrorCode, Lang, Problem, Result};
use corridor_proof::{ListedLedger, Signed};
use serde::{Deserialize, Serialize};

use crate::did::{DidDocument, document_host, document_path};
use crate::directory::Directory;
use crate::keyring::Keyring;

/// For what may change at any time: a new key or list is seen within a minute.
const BRIEFLY: &str = "public, max-age=60";
/// For what never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A participant that lives on this node.
#[derive(Clone, Debug)]
pub struct Hosted {
    /// Its keys.
    pub keyring: Arc<Keyring>,
    /// Where partners reach it, without trailing slash.
    pub endpoint: String,
    /// The ledger of this node.
    pub ledger: Option<ListedLedger>,
}

/// What `GET /trust/recognitions` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecognitionNotes {
    /// The signed notes that have not ended, as they were signed.
    pub recognitions: Vec<String>,
}

/// The routes.
///
/// - `GET /.well-known/did.json`, `GET /PATH/did.json`: the DID documents of the participants given
/// - `GET /trust/lists/{country}`: the newest trust list of a country
/// - `GET /trust/lists/{country}/{number}`: one version of it
/// - `GET /trust/recognitions`: the recognitions, [`RecognitionNotes`]
pub fn router(directory: Arc<Directory>, hosted: Vec<Hosted>) -> Router {
    // Participants of several hosts may share a path: the Host field tells them apart.
    let mut by_path: BTreeMap<String, Vec<Hosted>> = BTreeMap::new();
    for participant in hosted {
        by_path.entry(document_path(participant.keyring.did())).or_default().push(participant);
    }
    let mut router = Router::new()
        .route("/trust/lists/{country}", get(newest_list))
        .route("/trust/lists/{country}/{number}", get(one_list))
        .route("/trust/recognitions", get(recognitions))
        .with_state(directory);
    for (path, participants) in by_path {
        let participants: Arc<[Hosted]> = participants.into();
        router = router.route(&path, get(did_document).with_state(participants));
    }
    router
}

/// `GET /.well-known/did.json`, `GET /PATH/did.json`
async fn did_document(State(hosted): State<Arc<[Hosted]>>, uri: Uri, headers: HeaderMap) -> Response {
    let document = || {
        let hosted = named(&hosted, &uri, &headers).ok_or_else(|| not_found("DID document"))?;
        DidDocument::of(&hosted.keyring, &hosted.endpoint).with_ledger(hosted.ledger.clone()).to_bytes()
    };
    respond(&headers, document().map(|bytes| Answer::new("application/did+json", BRIEFLY, bytes)))
}

fn named<'a>(hosted: &'a [Hosted], uri: &Uri, headers: &HeaderMap) -> Option<&'a Hosted> {
    if let [only] = hosted {
        // Behind a proxy the host may be another one; the document says itself whose it is.
        return Some(only);
    }
    let host =
        uri.authority().map(|a| a.as_str()).or_else(|| headers.get(HOST).and_then(|h| h.to_str().ok()))?;
    hosted.iter().find(|h| document_host(h.keyring.did()).eq_ignore_ascii_case(host))
}

/// `GET /trust/lists/{country}`
async fn newest_list(
    State(directory): State<Arc<Directory>>,
    country: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let list = || {
        let country = read_country(country.map(|Path(c)| c))?;
        let view = directory.view();
        let signed = view.list(&country).ok_or_else(|| not_found(&format!("trust list of {country}")))?;
        Ok(Answer::note(BRIEFLY, signed.bytes().to_vec()))
    };
    respond(&headers, list())
}

/// `GET /trust/lists/{country}/{number}`
async fn one_list(
    State(directory): State<Arc<Directory>>,
    place: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    respond(&headers, stored_list(&directory, place).await)
}

async fn stored_list(
    directory: &Directory,
    place: Result<Path<(String, String)>, PathRejection>,
) -> Result<Answer> {
    let (country, number) = match place {
        Ok(Path((country, number))) => (read_country(Ok(country))?, number),
        Err(rejection) => (read_country(Err(rejection))?, String::new()),
    };
    let missing = || not_found(&format!("trust list {number} of {country}"));
    // One list has one address: `01` and `+1` are no numbers.
    let read = number.parse::<u64>().ok().filter(|n| n.to_string() == number).ok_or_else(missing)?;
    let list = directory.list(&country, read).await?.ok_or_else(missing)?;
    Ok(Answer::note(FOREVER, list.bytes))
}

/// `GET /trust/recognitions`
async fn recognitions(State(directory): State<Arc<Directory>>, headers: HeaderMap) -> Response {
    let (view, now) = (directory.view(), directory.clock().now());
    let standing = view.recognition_notes().filter(|signed| signed.body().until > now);
    let text = |signed: &Signed<_>| String::from_utf8_lossy(signed.bytes()).into_owned();
    let notes = RecognitionNotes { recognitions: standing.map(text).collect() };
    let bytes = serde_json::to_vec(&notes).map_err(|e| Problem::new(ErrorCode::Internal).because(e));
    respond(&headers, bytes.map(|bytes| Answer::new("application/json", BRIEFLY, bytes)))
}

fn not_found(what: &str) -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", what)
}

fn read_country(text: Result<String, PathRejection>) -> Result<Country> {
    text.map_err(|e| Problem::new(ErrorCode::Malformed).with("what", "address").because(e))?.parse()
}

struct Answer {
    kind: &'static str,
    cache: &'static str,
    bytes: Vec<u8>,
}

impl Answer {
    fn new(kind: &'static str, cache: &'static str, bytes: Vec<u8>) -> Self {
        Self { kind, cache, bytes }
    }

    fn note(cache: &'static str, bytes: Vec<u8>) -> Self {
        Self::new("text/plain; charset=utf-8", cache, bytes)
    }
}

fn respond(asked: &HeaderMap, answer: Result<Answer>) -> Response {
    let answer = match answer {
        Ok(answer) => answer,
        Err(problem) => return refuse(asked, &problem),
    };
    let tag = format!("\"{}\"", Digest::of(&answer.bytes));
    let unchanged =
        asked.get(IF_NONE_MATCH).and_then(|h| h.to_str().ok()).is_some_and(|known| holds(known, &tag));
    let (status, body) = match unchanged {
        true => (StatusCode::NOT_MODIFIED, Body::empty()),
        false => (StatusCode::OK, Body::from(answer.bytes)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, answer.kind);
    set(&mut response, CACHE_CONTROL, answer.cache);
    set(&mut response, ETAG, &tag);
    response
}

/// Whether an `If-None-Match` field holds this tag (RFC 9110, 13.1.2: compared weakly).
fn holds(field: &str, tag: &str) -> bool {
    field.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// A problem document (RFC 9457) in the reader's language.
fn refuse(asked: &HeaderMap, problem: &Problem) -> Response {
    let lang = Lang::prefer(asked.get(ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()).unwrap_or_default());
    let bytes = serde_json::to_vec(&problem.document(lang)).unwrap_or_default();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() =
        StatusCode::from_u16(problem.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set(&mut response, CONTENT_TYPE, "application/problem+json");
    set(&mut response, CACHE_CONTROL, "no-store");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests;
