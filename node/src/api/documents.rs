//! Documents as the API shows them: the same in the inbox and in the outbox.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::problem::ProblemDocument;
use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::documents::Content;
use corridor_exchange::{DocumentFilter, DocumentRow, Side, State};
use corridor_proof::Kind;
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::problem::{Answer, ProblemBody};
use super::schema;
use crate::access::{Caller, Role};

/// A document in the books of a participant, without its content.
#[derive(Serialize, ToSchema)]
pub struct Document {
    /// The envelope's identifier.
    #[schema(value_type = schema::UuidText)]
    pub id: EnvelopeId,
    /// `in` or `out`.
    #[schema(value_type = schema::SideWord)]
    pub side: Side,
    /// The other participant.
    #[schema(value_type = schema::DidText)]
    pub partner: Did,
    /// What it is: `edifact`.
    #[schema(value_type = schema::KindText)]
    pub kind: Kind,
    /// Under which agreement it crosses.
    #[schema(value_type = schema::UuidText)]
    pub agreement: corridor_base::AgreementId,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, 64 hexadecimal digits; absent when it is about persons.
    pub sha256: Option<String>,
    /// The name its sender gave it; absent when it is about persons.
    pub name: Option<String>,
    /// Whether it is about persons, and so lies sealed and can be erased. Name, SHA-256 and envelope of
    /// such a document are shown one at a time, to whoever may read it, and each time is recorded.
    pub personal: bool,
    /// The envelope it answers.
    #[schema(value_type = Option<schema::UuidText>)]
    pub answers: Option<EnvelopeId>,
    /// Out: `sending`, `delivered`, `refused`, `failed`. In: `receiving`, `received`. Either: `erased`.
    #[schema(value_type = schema::StateWord)]
    pub state: State,
    /// Why it was refused or given up on, or what went wrong last.
    #[schema(value_type = Option<ProblemBody>)]
    pub problem: Option<ProblemDocument>,
    /// When it came into the book.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// When its state last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated: Timestamp,
}

/// A document with its evidence.
#[derive(Serialize, ToSchema)]
pub struct DocumentDetail {
    /// The document.
    #[serde(flatten)]
    pub document: Document,
    /// The envelope as its sender signed it (a C2SP signed note); of a document about persons only when
    /// it was asked for.
    pub envelope: Option<String>,
    /// The recipient's signed acknowledgement.
    pub acknowledgement: Option<String>,
    /// Documents that answer this one.
    pub answered_by: Vec<Document>,
}

/// One page of documents, newest first.
#[derive(Serialize, ToSchema)]
pub struct DocumentPage {
    /// The documents.
    pub items: Vec<Document>,
    /// What to pass as `before` for the next page; absent on the last.
    pub next: Option<String>,
}

/// Which documents to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentQuery {
    /// Only of this partner.
    #[param(value_type = Option<schema::DidText>, inline)]
    pub(crate) partner: Option<Did>,
    /// Only in this state.
    #[param(value_type = Option<schema::StateWord>, inline)]
    pub(crate) state: Option<String>,
    /// Only of this kind.
    #[param(value_type = Option<schema::KindText>, inline)]
    pub(crate) kind: Option<Kind>,
    /// The `next` of the page before.
    #[param(value_type = Option<schema::PlaceText>, inline)]
    pub(crate) before: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u32>,
}

/// What is asked of one document.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DetailQuery {
    /// Show the name, the SHA-256 and the envelope of a document about persons too: for whoever may read
    /// its content, and recorded like reading it.
    open: Option<bool>,
}

impl From<DocumentRow> for Document {
    fn from(row: DocumentRow) -> Self {
        let personal = row.seal.is_some();
        Self {
            id: row.id,
            side: row.side,
            partner: row.partner,
            kind: row.kind,
            agreement: row.agreement,
            size: row.size,
            sha256: row.sha256.filter(|_| !personal).map(|d| d.to_string()),
            name: row.name.filter(|_| !personal),
            personal,
            answers: row.answers,
            state: row.state,
            problem: row.problem,
            created: row.created,
            updated: row.updated,
        }
    }
}

impl DocumentQuery {
    fn filter(self) -> Result<DocumentFilter> {
        Ok(DocumentFilter {
            partner: self.partner,
            state: self.state.as_deref().map(str::parse).transpose()?,
            kind: self.kind,
            before: self.before.as_deref().map(cursor).transpose()?,
            limit: limit(self.limit)?,
            ..DocumentFilter::default()
        })
    }
}

/// The size of a page.
///
/// # Errors
/// `malformed` outside 1 to 1000.
pub fn limit(asked: Option<u32>) -> Result<u32> {
    match asked.unwrap_or(100) {
        limit @ 1..=1000 => Ok(limit),
        other => Err(Problem::new(ErrorCode::Malformed)
            .with("what", "limit")
            .with("why", format!("{other}: 1 to 1000 expected"))),
    }
}

/// A place in a listing: `TIME~ID`.
pub(super) fn cursor(text: &str) -> Result<(Timestamp, EnvelopeId)> {
    let malformed = || Problem::new(ErrorCode::Malformed).with("what", "before").with("why", text);
    let (time, id) = text.split_once('~').ok_or_else(malformed)?;
    Ok((Timestamp::parse(time).map_err(|_| malformed())?, id.parse().map_err(|_| malformed())?))
}

/// A place in a listing, as [`cursor`] reads it.
pub(super) fn place(at: Timestamp, id: EnvelopeId) -> String {
    format!("{at}~{id}")
}

pub(super) async fn page(
    node: &Shared,
    caller: &Caller,
    side: Side,
    query: DocumentQuery,
) -> Answer<DocumentPage> {
    let filter = DocumentFilter { scope: caller.scope.clone(), ..query.filter()? };
    let most = filter.limit as usize;
    let rows = node.exchange.documents(&caller.participant, side, filter).await?;
    let full = rows.len() == most;
    let next = rows.last().filter(|_| full).map(|r| place(r.created, r.id));
    Ok(DocumentPage { items: rows.into_iter().map(Document::from).collect(), next })
}

pub(super) async fn detail(
    node: &Shared,
    caller: &Caller,
    side: Side,
    id: EnvelopeId,
    query: &DetailQuery,
) -> Answer<DocumentDetail> {
    let us = &caller.participant;
    let row = node.exchange.document_for(&caller.acting(), side, id).await?;
    let open = query.open == Some(true);
    if open && row.seal.is_some() {
        if !matches!(caller.role, Role::Officer | Role::Administrator) {
            return Err(Problem::new(ErrorCode::Forbidden).with("what", "document about persons").into());
        }
        node.exchange.record_read(us, &row, &caller.acting().reader).await?;
    }
    let shown = open || row.seal.is_none();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (name, sha256) = (row.name.clone(), row.sha256);
    let envelope = row.signed.as_ref().filter(|_| shown).map(|note| text(note.bytes()));
    let acknowledgement = row.acknowledgement.as_ref().filter(|_| shown).map(|note| text(note.bytes()));
    let other = if side == Side::In { Side::Out } else { Side::In };
    let mut answers = node.exchange.answers(us, other, id).await?;
    answers.retain(|answer| caller.scope.admits(&answer.kind, &answer.partner));
    let mut document = Document::from(row);
    if shown {
        (document.name, document.sha256) = (name, sha256.map(|d| d.to_string()));
    }
    let answered_by = answers.into_iter().map(Document::from).collect();
    Ok(DocumentDetail { document, envelope, acknowledgement, answered_by })
}

/// The content as a download. Who reads stands in the acts: a token, or an account (AC-1).
pub(super) async fn content(node: &Shared, caller: &Caller, side: Side, id: EnvelopeId) -> Answer<Response> {
    let (row, content) = node.exchange.read_content(&caller.acting(), side, id).await?;
    Ok(download(&row, content))
}

fn download(row: &DocumentRow, content: Content) -> Response {
    let mut response = Response::new(Body::from_stream(content.map_err(std::io::Error::other)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(row.size));
    let digest = row.sha256.map(|digest| format!("sha-256=:{}:", STANDARD.encode(digest.0)));
    if let Some(Ok(value)) = digest.map(|digest| HeaderValue::from_str(&digest)) {
        headers.insert("repr-digest", value);
    }
    let name = row.name.clone().unwrap_or_else(|| row.id.to_string());
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{}", percent(&name))) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// RFC 8187: all but letters, digits, `-`, `.` and `_` percent-encoded.
pub(crate) fn percent(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        let (time, found) = cursor(&format!("2026-11-22T09:25:00.123Z~{id}")).unwrap();
        assert_eq!((time.millis(), found.to_string().as_str()), (1_795_339_500_123, id));
        for wrong in ["", "~", id, "2026-11-22T09:25:00.123Z~", &format!("now~{id}")] {
            assert_eq!(cursor(wrong).unwrap_err().code(), ErrorCode::Malformed, "{wrong}");
        }
    }

    #[test]
    fn names_of_files_travel_in_any_script() {
        assert_eq!(percent("申告 1.edi\"\r\n"), "%E7%94%B3%E5%91%8A%201.edi%22%0D%0A");
    }
}
