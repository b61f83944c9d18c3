//! The outbox: what we send.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use corridor_base::{AgreementId, Did, Digest, EnvelopeId, ErrorCode, Problem, Result};
use corridor_exchange::{DocumentRow, Draft, Side};
use corridor_proof::Kind;
use futures::{Stream, TryStreamExt};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shared;
use super::documents::{self, DetailQuery, Document, DocumentDetail, DocumentPage, DocumentQuery};
use super::extract::{Ask, Named};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;
use crate::node::Node;

/// The header that makes handing in repeatable (IETF draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The header that names a person the document is about. It stands in no address, because addresses
/// reach the logs of whatever lies between.
pub const SUBJECT: &str = "document-subject";

/// What is to be sent, beside the content.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SendQuery {
    /// To whom: `did:web:…`.
    #[param(value_type = schema::DidText, inline)]
    pub(crate) to: Did,
    /// What it is: `edifact`.
    #[param(value_type = schema::KindText, inline)]
    pub(crate) kind: Kind,
    /// Under which agreement; left out, the one in force that allows it.
    #[param(value_type = Option<schema::UuidText>, inline)]
    pub(crate) agreement: Option<AgreementId>,
    /// A name for people, as a rule that of a file.
    #[param(max_length = 255, pattern = r"^[^\u0000-\u001f\u007f-\u009f/\\]+$")]
    pub(crate) name: Option<String>,
    /// The envelope it answers.
    #[param(value_type = Option<schema::UuidText>, inline)]
    pub(crate) answers: Option<EnvelopeId>,
}

/// Lists sent documents, newest first.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "outbox", operation_id = "outbox_list", params(DocumentQuery),
    responses((status = 200, description = "A page of documents.", body = DocumentPage), Problems))]
pub async fn list(
    node: Shared,
    caller: Caller,
    Ask(query): Ask<DocumentQuery>,
) -> Answer<Json<DocumentPage>> {
    documents::page(&node, &caller, Side::Out, query).await.map(Json)
}

/// Hands in a document of any size for sending. The answer means that it is durable here; it is
/// offered to the partner until it is acknowledged, refused, or given up on.
#[utoipa::path(post, path = "/api/v1/outbox", tag = "outbox", operation_id = "outbox_send",
    params(SendQuery, ("idempotency-key" = inline(Option<schema::KeyText>), Header, description = "The same key again hands in the same document: nothing is sent twice. 1 to 200 printable ASCII characters; best a UUID of version 7, whose time keeps the books in order."), ("document-subject" = inline(Option<schema::SubjectsText>), Header, description = "The persons that the document is about, each by your own reference of the person (a case number), percent-encoded UTF-8, separated by commas; at most 64. The references do not cross. The document lies sealed on both sides, and can be erased.")),
    request_body(content = inline(schema::ContentBytes), content_type = "application/octet-stream", description = "The content, unchanged to the last byte."),
    responses((status = 201, description = "The document as it stands in the outbox.", body = Document), Problems))]
pub async fn send(
    node: Shared,
    caller: Caller,
    Ask(query): Ask<SendQuery>,
    request: Request,
) -> Answer<Response> {
    let key = match request.headers().get(IDEMPOTENCY_KEY) {
        Some(value) => Some(value.to_str().map_err(|_| malformed_key())?.to_owned()),
        None => None,
    };
    let subjects = subjects(request.headers())?;
    let content = Body::into_data_stream(request.into_body()).map_err(std::io::Error::other);
    let row = hand_in(&node, &caller, query, subjects, key.as_deref(), content).await?;
    let location = format!("/api/v1/outbox/{}", row.id);
    Ok((StatusCode::CREATED, [("location", location)], Json(Document::from(row))).into_response())
}

/// Hands in a document, under its key once.
///
/// # Errors
/// `forbidden` when it is not the business of the department; `already-exists` when the key stands for
/// something else; those of [`corridor_exchange::Exchange::submit`].
pub(crate) async fn hand_in<S>(
    node: &Node,
    caller: &Caller,
    query: SendQuery,
    subjects: Vec<String>,
    key: Option<&str>,
    content: S,
) -> Result<DocumentRow>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
{
    let us = &caller.participant;
    if !caller.scope.admits(&query.kind, &query.to) {
        let what = format!("{} to {}: not the business of the department", query.kind, query.to);
        return Err(Problem::new(ErrorCode::Forbidden).with("what", what));
    }
    let draft = Draft {
        id: key.map(|key| idempotent(us, key)).transpose()?,
        to: query.to.clone(),
        kind: query.kind.clone(),
        agreement: query.agreement,
        name: query.name,
        answers: query.answers,
        subjects,
    };
    let id = node.exchange.submit(us, draft, content).await?;
    let row = node.exchange.document(us, Side::Out, id).await?;
    if row.partner != query.to || row.kind != query.kind {
        // The same key and content as before, for something else than before.
        return Err(
            Problem::new(ErrorCode::AlreadyExists).with("what", format!("{IDEMPOTENCY_KEY} for {id}"))
        );
    }
    Ok(row)
}

fn malformed_key() -> Problem {
    Problem::new(ErrorCode::Malformed)
        .with("what", IDEMPOTENCY_KEY)
        .with("why", "1 to 200 printable ASCII characters expected")
}

/// The identifier that an idempotency key stands for: made of the participant and the key, so that
/// the books of the outbox themselves remember it, through crashes and on every replica (EX-4).
pub(crate) fn idempotent(us: &Did, key: &str) -> Result<EnvelopeId> {
    if !(1..=200).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(malformed_key());
    }
    let digest = Digest::of(format!("corridor/idempotency/v1\n{us}\n{key}").as_bytes());
    Ok(EnvelopeId::keyed(key, &digest))
}

/// The persons that the headers name.
fn subjects(headers: &HeaderMap) -> Result<Vec<String>> {
    let malformed = || {
        Problem::new(ErrorCode::Malformed)
            .with("what", SUBJECT)
            .with("why", "references, percent-encoded and separated by commas, expected")
    };
    let mut found = Vec::new();
    for value in headers.get_all(SUBJECT) {
        for part in value.to_str().map_err(|_| malformed())?.split(',') {
            found.push(unescaped(part.trim()).ok_or_else(malformed)?);
        }
    }
    Ok(found)
}

/// Percent-encoded UTF-8 (RFC 3986, 2.1): what is not unreserved stands encoded, or is no reference but
/// something that was put here by mistake.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut found = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            found.push(byte);
            continue;
        }
        if byte != b'%' {
            return None;
        }
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        found.push(digit(bytes.next()?)? << 4 | digit(bytes.next()?)?);
    }
    String::from_utf8(found).ok()
}

/// Shows one sent document with its evidence.
#[utoipa::path(get, path = "/api/v1/outbox/{id}", tag = "outbox", operation_id = "outbox_show",
    params(DetailQuery, ("id" = inline(schema::UuidText), Path, description = "The envelope's identifier.")),
    responses((status = 200, description = "The document.", body = DocumentDetail), Problems))]
pub async fn show(
    node: Shared,
    caller: Caller,
    Named(id): Named<EnvelopeId>,
    Ask(query): Ask<DetailQuery>,
) -> Answer<Json<DocumentDetail>> {
    documents::detail(&node, &caller, Side::Out, id, &query).await.map(Json)
}

/// Reads the content of a sent document. Leaves an act that says which token read it.
#[utoipa::path(get, path = "/api/v1/outbox/{id}/content", tag = "outbox", operation_id = "outbox_content",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope's identifier.")),
    responses((status = 200, description = "The content, as it was signed.", content_type = "application/octet-stream", body = inline(schema::ContentBytes)), Problems))]
pub async fn content(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Response> {
    documents::content(&node, &caller, Side::Out, id).await
}

/// Hands in again a document that was given up on.
#[utoipa::path(post, path = "/api/v1/outbox/{id}/resend", tag = "outbox", operation_id = "outbox_resend",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope's identifier.")),
    responses((status = 200, description = "The document as it stands in the outbox.", body = Document), Problems))]
pub async fn resend(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Json<Document>> {
    let us = &caller.participant;
    node.exchange.resend(&caller.acting(), id).await?;
    Ok(Json(node.exchange.document(us, Side::Out, id).await?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_named_in_a_header_in_any_script() {
        let check = |values: &[&str], expect: Option<&[&str]>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(SUBJECT, value.parse().unwrap());
            }
            let expect = expect.map(|e| e.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
            assert_eq!(subjects(&headers).ok(), expect, "{values:?}");
        };
        check(&[], Some(&[]));
        check(&["case%204711", "%E6%82%A3%E8%80%85, b"], Some(&["case 4711", "患者", "b"]));
        check(&["a%2Cb"], Some(&["a,b"]));
        for wrong in ["%", "%4", "%zz", "%FF", "{}", "a b", "患者", "a/b"] {
            check(&[wrong], None);
        }
    }

    #[test]
    fn an_idempotency_key_names_one_envelope_of_one_participant() {
        let did = |name: &str| format!("did:web:example.jp:{name}").parse::<Did>().unwrap();
        let id = |who: &str, key: &str| idempotent(&did(who), key).unwrap();
        assert_eq!(id("a", "k"), id("a", "k"));
        assert_ne!(id("a", "k"), id("a", "l"));
        assert_ne!(id("a", "k"), id("b", "k"));
        for wrong in ["", "a b", "鍵", &"k".repeat(201)] {
            assert!(idempotent(&did("a"), wrong).is_err(), "{wrong}");
        }
        for key in 0..64 {
            let text = id("a", &key.to_string()).to_string();
            assert!(text.as_bytes()[14] == b'8' && b"89ab".contains(&text.as_bytes()[19]), "{text}");
        }
        // A key with a time in it lends it to the envelope; any other number lends nothing.
        let begins = |key: &str| id("a", key).to_string().starts_with(&key[..13]);
        assert!(begins("01a225fa-7bdf-735c-bee3-ffc48b34a691"));
        assert!(!begins("6fa459ea-ee8a-4ca4-894e-db77e160355e"));
        assert_ne!(
            id("a", "01a225fa-7bdf-735c-bee3-ffc48b34a691"),
            id("a", "01a225fa-7bdf-735c-bee3-ffc48b34a692")
        );
    }
}
