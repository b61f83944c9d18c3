//! Receipts: of a document's acts on both sides, and of any act of ours; pending or complete, as data, as
//! files, on paper.

use axum::Json;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use corridor_base::problem::ProblemDocument;
use corridor_base::{ActId, EnvelopeId, ErrorCode, KeyId, Lang, Problem, Result, Timestamp};
use corridor_exchange::State;
use corridor_exchange::receipts::{Held, HeldFilter, Judged, Ours, Theirs, What};
use corridor_ledger::receipt::Standing;
use corridor_proof::verdict::Check;
use corridor_proof::{Act, Receipt};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::documents::{Document, cursor, limit, place};
use super::extract::{Ask, Named};
use super::problem::{Answer, ProblemBody, Problems};
use super::schema;
use crate::access::Caller;

/// Receipts of one document, or of one act.
#[derive(Serialize, ToSchema)]
pub struct ReceiptsBody {
    /// Whether there is nothing to wait for: every act on both sides has its complete receipt.
    pub complete: bool,
    /// The document, when it was asked for by its envelope.
    pub document: Option<Document>,
    /// Of our acts.
    pub ours: Vec<ReceiptBody>,
    /// Of the partner's acts, checked when they came.
    pub theirs: Vec<ReceiptBody>,
    /// What was signed of the document, judged by the keys that were valid when it was recorded (ID-1); none in lists.
    pub signatures: Vec<SignatureBody>,
}

/// A signature, judged.
#[derive(Serialize, ToSchema)]
pub struct SignatureBody {
    /// `envelope`, which the sender signs, or `acknowledgement`, which the recipient does.
    pub what: &'static str,
    /// The key that it names.
    #[schema(value_type = String)]
    pub key: KeyId,
    /// Whether it is that of a key that was valid then.
    pub good: bool,
    /// Why not.
    #[schema(value_type = Option<ProblemBody>)]
    pub problem: Option<ProblemDocument>,
    /// When witnesses of both countries had seen the act that commits to it; absent while no receipt is
    /// complete, when it is judged by its coming into the books.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded: Option<Timestamp>,
    /// The log of that act.
    pub log: Option<String>,
    /// The number of that act in it.
    pub leaf: Option<u64>,
}

impl From<&Judged> for SignatureBody {
    fn from(judged: &Judged) -> Self {
        let leaf = judged.record.as_ref().and_then(|r| r.leaf.as_ref());
        Self {
            what: match judged.what {
                What::Envelope => "envelope",
                What::Acknowledgement => "acknowledgement",
            },
            key: judged.key.clone(),
            good: judged.problem.is_none(),
            problem: judged.problem.as_ref().map(|p| p.document(Lang::En)),
            recorded: judged.record.as_ref().map(|r| r.at),
            log: leaf.map(|leaf| leaf.log.clone()),
            leaf: leaf.map(|leaf| leaf.leaf),
        }
    }
}

/// The receipt of one act.
#[derive(Serialize, ToSchema)]
pub struct ReceiptBody {
    /// The act.
    #[schema(value_type = schema::UuidText)]
    pub act: ActId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// In which version of the type.
    pub version: u32,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// `pending` or `complete`.
    #[schema(value_type = ReceiptState)]
    pub state: &'static str,
    /// The log that the receipt is of; absent before the first checkpoint that holds the act.
    pub log: Option<String>,
    /// The act's number in that log.
    pub index: Option<u64>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// The receipt as a file (C2SP tlog-proof), as far as it goes; absent in lists.
    pub receipt: Option<String>,
}

/// How a receipt stands.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum ReceiptState {
    /// Something is missing.
    #[allow(dead_code, reason = "only its description is used")]
    Pending,
    /// Witnesses of each country have cosigned.
    #[allow(dead_code, reason = "only its description is used")]
    Complete,
}

/// Documents that crossed with how it stands with their receipts, newest first.
#[derive(Serialize, ToSchema)]
pub struct ReceiptsPage {
    /// The documents; their receipts are not in it as files.
    pub items: Vec<ReceiptsBody>,
    /// What to pass as `before` for the next page; absent on the last. Of those that wait a page may hold
    /// fewer than were asked for, and another may follow all the same.
    pub next: Option<String>,
}

/// What to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReceiptsQuery {
    /// Only those that wait for something (true), or all (false, when left out).
    #[serde(default)]
    pub(crate) pending: bool,
    /// The `next` of the page before.
    #[param(value_type = Option<schema::PlaceText>, inline)]
    pub(crate) before: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u32>,
}

/// A check that is not passed yet.
#[derive(Serialize, ToSchema)]
pub struct Missing {
    /// By name: `country-KR`.
    pub check: String,
    /// Whom it waits for.
    pub about: Vec<String>,
}

impl From<&Check> for Missing {
    fn from(check: &Check) -> Self {
        Self { check: check.name.to_string(), about: check.about.clone() }
    }
}

impl ReceiptBody {
    fn new(act: &Act, complete: bool, receipt: Option<&Receipt>, missing: Vec<Missing>) -> Self {
        Self {
            act: act.id,
            kind: act.kind.clone(),
            version: act.version,
            time: act.time,
            state: if complete { "complete" } else { "pending" },
            log: receipt.map(|r| r.proof().checkpoint.origin().to_owned()),
            index: receipt.map(|r| r.proof().index),
            missing,
            receipt: receipt.map(|r| String::from_utf8_lossy(&r.to_bytes()).into_owned()),
        }
    }

    fn of(act: &Act, standing: &Standing) -> Self {
        let missing = standing.missing.iter().map(Missing::from).collect();
        let body = Self::new(act, standing.is_complete(), standing.receipt.as_ref(), missing);
        Self { index: standing.index, ..body }
    }
}

impl From<&Ours> for ReceiptBody {
    fn from(ours: &Ours) -> Self {
        Self::of(&ours.act, &ours.standing)
    }
}

impl From<&Theirs> for ReceiptBody {
    fn from(theirs: &Theirs) -> Self {
        let missing = theirs.missing.iter().map(|check| Missing { check: check.clone(), about: Vec::new() });
        Self::new(&theirs.act, theirs.receipt.is_some(), theirs.receipt.as_ref(), missing.collect())
    }
}

impl From<Held> for ReceiptsBody {
    fn from(held: Held) -> Self {
        Self {
            signatures: Vec::new(),
            complete: held.is_complete(),
            ours: held.ours.iter().map(ReceiptBody::from).collect(),
            theirs: held.theirs.iter().map(ReceiptBody::from).collect(),
            document: Some(held.document.into()),
        }
    }
}

/// What an identifier names.
pub(crate) enum Found {
    Document(Box<Held>),
    Act(Box<Act>, Box<Standing>),
}

/// An envelope of a document of ours, or an act of ours.
/// An officer of a department gets those of its own documents.
pub(crate) async fn find(node: &Shared, caller: &Caller, id: EnvelopeId) -> Result<Found> {
    let us = &caller.participant;
    let not_found = || Problem::new(ErrorCode::NotFound).with("what", format!("document or act {id}"));
    match node.receipts().of(us, id).await {
        Ok(held) if caller.scope.admits(&held.document.kind, &held.document.partner) => {
            return Ok(Found::Document(Box::new(held)));
        }
        Ok(_) => return Err(not_found()),
        Err(_) if !caller.scope.is_whole() => return Err(not_found()),
        Err(problem) if problem.code() == ErrorCode::NotFound => {}
        Err(problem) => return Err(problem),
    }
    let id: ActId = id.to_string().parse()?;
    let row = node.exchange.store().act(us, id).await?;
    let row = row.ok_or_else(not_found)?;
    let standing = node.ledger.receipts.of(us, id).await?;
    Ok(Found::Act(Box::new(Act::parse(&row.bytes)?), Box::new(standing)))
}

/// Lists what crossed, or is on its way, with how it stands with the receipts of both sides.
#[utoipa::path(get, path = "/api/v1/receipts", tag = "receipts", operation_id = "receipts_list", params(ReceiptsQuery),
    responses((status = 200, description = "A page of documents.", body = ReceiptsPage), Problems))]
pub async fn list(
    node: Shared,
    caller: Caller,
    Ask(query): Ask<ReceiptsQuery>,
) -> Answer<Json<ReceiptsPage>> {
    let since = node.ledger.pending_since().unwrap_or(Timestamp::MAX);
    let filter = HeldFilter {
        pending: query.pending.then_some(since),
        scope: caller.scope.clone(),
        before: query.before.as_deref().map(cursor).transpose()?,
        limit: limit(query.limit)?,
    };
    let page = node.receipts().list(&caller.participant, filter).await?;
    let next = page.next.map(|(at, id)| place(at, id));
    let mut items: Vec<ReceiptsBody> = page.items.into_iter().map(ReceiptsBody::from).collect();
    for receipt in items.iter_mut().flat_map(|item| item.ours.iter_mut().chain(&mut item.theirs)) {
        receipt.receipt = None;
    }
    Ok(Json(ReceiptsPage { items, next }))
}

/// Shows how it stands with the receipts of both sides.
#[utoipa::path(get, path = "/api/v1/receipts/{id}", tag = "receipts", operation_id = "receipts_show",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope's identifier, or that of an act.")),
    responses((status = 200, description = "The receipts.", body = ReceiptsBody), Problems))]
pub async fn show(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Json<ReceiptsBody>> {
    Ok(Json(match find(&node, &caller, id).await? {
        Found::Document(held) => {
            let signatures = judged(&node, &caller, &held).await?.iter().map(SignatureBody::from).collect();
            ReceiptsBody { signatures, ..ReceiptsBody::from(*held) }
        }
        Found::Act(act, standing) => ReceiptsBody {
            complete: standing.is_complete(),
            document: None,
            ours: vec![ReceiptBody::of(&act, &standing)],
            theirs: Vec::new(),
            signatures: Vec::new(),
        },
    }))
}

/// The signatures of a document; none while there is no policy to judge their records by.
pub(crate) async fn judged(node: &Shared, caller: &Caller, held: &Held) -> Result<Vec<Judged>> {
    match node.ledger.receipts.policy() {
        Ok(_) => node.receipts().signatures(&caller.participant, held).await,
        Err(_) => Ok(Vec::new()),
    }
}

/// The receipt of the act, or of our first act about the document, as far as it goes.
async fn one(node: &Shared, caller: &Caller, id: EnvelopeId) -> Result<Receipt> {
    let receipt = match find(node, caller, id).await? {
        // Which acts of ours were about it nobody can say any more; under their own numbers their receipts stand.
        Found::Document(held) if held.document.state == State::Erased => {
            return Err(Problem::new(ErrorCode::SubjectErased).with("what", format!("receipt of {id}")));
        }
        Found::Document(held) => held.ours.into_iter().next().and_then(|ours| ours.standing.receipt),
        Found::Act(_, standing) => standing.receipt,
    };
    receipt.ok_or_else(|| Problem::new(ErrorCode::ReceiptPending).with("id", id))
}

/// The receipt as a file (C2SP tlog-proof).
#[utoipa::path(get, path = "/api/v1/receipts/{id}/file", tag = "receipts", operation_id = "receipts_file",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope's identifier, or that of an act.")),
    responses((status = 200, description = "The receipt, as far as it goes.", body = inline(String), content_type = "text/plain"), Problems))]
pub async fn file(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Response> {
    let receipt = one(&node, &caller, id).await?;
    Ok(answer(&receipt, "tlog-proof", "text/plain; charset=utf-8", receipt.to_bytes()))
}

/// The receipt as a page to print, in three languages, with the proof in a QR code.
#[utoipa::path(get, path = "/api/v1/receipts/{id}/page", tag = "receipts", operation_id = "receipts_page",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope's identifier, or that of an act.")),
    responses((status = 200, description = "The page.", body = inline(String), content_type = "text/html"), Problems))]
pub async fn page(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Response> {
    let receipt = one(&node, &caller, id).await?;
    let page = node.ledger.receipts.page(&receipt)?;
    Ok(answer(&receipt, "html", "text/html; charset=utf-8", page.into_bytes()))
}

/// The receipt in COSE (RFC 9942), signed by the log.
#[utoipa::path(get, path = "/api/v1/receipts/{id}/cose", tag = "receipts", operation_id = "receipts_cose",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope's identifier, or that of an act.")),
    responses((status = 200, description = "The receipt.", body = inline(schema::ContentBytes), content_type = "application/cose"), Problems))]
pub async fn cose(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Response> {
    let receipt = one(&node, &caller, id).await?;
    let cose = node.ledger.receipts.cose(&receipt)?;
    Ok(answer(&receipt, "cose", "application/cose", cose.to_bytes()))
}

fn answer(receipt: &Receipt, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = format!("attachment; filename=\"{}.{ending}\"", receipt.act().id);
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}
