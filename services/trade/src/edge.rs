//! The HTTP edge of the trade desk, below `/api/v1/trade`: what crossed, and one interchange as a
//! readable tree. The node has checked who calls before a handler runs.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use corridor_base::{Did, EnvelopeId, ErrorCode, Lang, Problem, Result};
use corridor_exchange::service::Acting;
use corridor_exchange::{Exchange, Side};
use corridor_net::Refusal;
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use tokio_util::io::{StreamReader, SyncIoBridge};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::books::{self, Interchange};
use crate::edifact::Verdict;
use crate::edifact::tree::{Page, tree};
use crate::library::Library;
use crate::partner::{Mode, PartnerDesk, Setting, Tests, partner, set};
use crate::timeline::{Timeline, timeline};

/// Which interchanges to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `in` or `out`; `in` when left out.
    #[param(pattern = "^(in|out)$")]
    side: Option<String>,
    /// How many; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Which part of an interchange to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TreeQuery {
    /// How many segments to pass over.
    #[param(minimum = 0, maximum = 1_000_000_000)]
    skip: Option<u64>,
    /// How many segments to show; 200 when left out.
    #[param(minimum = 1, maximum = 2000)]
    segments: Option<u64>,
}

/// A partner, as the document of the API describes a DID once for all: the node does.
pub(crate) struct DidText;

impl PartialSchema for DidText {
    fn schema() -> RefOr<Schema> {
        RefOr::Ref(Ref::from_schema_name("Did"))
    }
}

/// The same as a filter: empty, as a form leaves it, it filters nothing.
pub(crate) struct DidOrEmpty;

impl PartialSchema for DidOrEmpty {
    fn schema() -> RefOr<Schema> {
        let empty = ObjectBuilder::new().schema_type(Type::String).max_length(Some(0));
        OneOfBuilder::new().item(DidText::schema()).item(empty).into()
    }
}

/// What a query may hold.
pub(crate) type Asked<T> = std::result::Result<Query<T>, QueryRejection>;

pub(crate) fn asked<T>(query: Asked<T>) -> Result<T> {
    query.map(|Query(query)| query).map_err(|e| refuse("query", e.body_text()))
}

/// A number of the query, within what the document of the API says.
pub(crate) fn within(
    name: &'static str,
    asked: Option<u64>,
    default: u64,
    range: RangeInclusive<u64>,
) -> Result<u64> {
    let number = asked.unwrap_or(default);
    if range.contains(&number) {
        return Ok(number);
    }
    Err(refuse(name, format!("{number}: {} to {} expected", range.start(), range.end())))
}

/// What a body may hold.
pub(crate) type Said<T> = std::result::Result<Json<T>, JsonRejection>;

pub(crate) fn said<T>(body: Said<T>) -> Result<T> {
    body.map(|Json(body)| body).map_err(|e| refuse("JSON", e.body_text()))
}

pub(crate) fn refuse(what: &'static str, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}

/// One interchange, readable.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shown {
    /// The row in the books; absent while the desk has not read it yet.
    #[schema(value_type = Object)]
    pub interchange: Option<Interchange>,
    /// The readable tree.
    #[schema(value_type = Object)]
    pub tree: crate::edifact::tree::Tree,
    /// The tree as lines of text.
    pub lines: Vec<String>,
    /// What reading it found.
    pub findings: Vec<String>,
    /// Accepted, partly rejected, rejected or unreadable.
    pub verdict: String,
}

/// A page of interchanges.
#[derive(Debug, Serialize, ToSchema)]
pub struct InterchangeList {
    /// The interchanges, newest first.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Interchange>,
}

/// Lists interchanges, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/trade/interchanges",
    params(ListQuery),
    responses((status = 200, description = "Interchanges, newest first", body = InterchangeList))
)]
pub async fn list(
    State(exchange): State<Exchange>,
    Extension(acting): Extension<Acting>,
    query: Asked<ListQuery>,
) -> Result<Json<InterchangeList>, Refusal> {
    let query = asked(query)?;
    let side = query.side.as_deref().unwrap_or("in").parse()?;
    let limit = within("limit", query.limit, 100, 1..=1000)?;
    let scope = acting.scope;
    let items =
        exchange.store().read(&acting.participant, move |tx| books::list(tx, side, limit, &scope)).await?;
    Ok(Json(InterchangeList { items }))
}

/// Shows one interchange as a readable tree. Reading it leaves a record of who read (AC-1).
#[utoipa::path(
    get,
    path = "/api/v1/trade/interchanges/{side}/{id}",
    params(
        ("side" = String, Path, description = "in or out", pattern = "^(in|out)$"),
        ("id" = String, Path, format = "uuid", description = "the envelope"),
        TreeQuery
    ),
    responses((status = 200, description = "The interchange as a tree", body = Shown))
)]
pub async fn show(
    State(exchange): State<Exchange>,
    Extension(acting): Extension<Acting>,
    Extension(library): Extension<Arc<Library>>,
    headers: HeaderMap,
    Path((side, id)): Path<(String, String)>,
    query: Asked<TreeQuery>,
) -> Result<Json<Shown>, Refusal> {
    let query = asked(query)?;
    let segments = within("segments", query.segments, 200, 1..=2000)?;
    let skip = within("skip", query.skip, 0, 0..=1_000_000_000)?;
    let page = Page { skip, segments, ..Page::default() };
    let which = (side.parse()?, id.parse()?);
    Ok(Json(shown(&exchange, &library, &acting, which, page, lang(&headers)).await?))
}

/// One interchange, readable; leaves a record of who read (AC-1).
///
/// # Errors
/// `not-found`, also when the document is no interchange; those of the store.
pub async fn shown(
    exchange: &Exchange,
    library: &Arc<Library>,
    acting: &Acting,
    (side, id): (Side, EnvelopeId),
    page: Page,
    lang: Lang,
) -> Result<Shown> {
    let us: &Did = &acting.participant;
    let (document, content) = exchange.read_content(acting, side, id).await?;
    if document.kind.as_str() != crate::desk::EDIFACT {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("interchange {id}")));
    }
    let interchange = exchange.store().read(us, move |tx| books::find(tx, side, id)).await?;
    let reader = StreamReader::new(content.map_err(std::io::Error::other));
    // Reading is arithmetic over a whole document: off the threads that serve requests.
    // In the characters that were agreed, whatever UNB says: as the desk read it.
    let options = library.shelf_for(us, &document.partner).await?.options();
    let read = tokio::task::spawn_blocking(move || tree(&mut SyncIoBridge::new(reader), options, page, lang));
    let (tree, report) = match read.await {
        Ok(Ok(read)) => read,
        Ok(Err(e)) => return Err(Problem::new(ErrorCode::StorageFailed).because(e)),
        Err(e) => return Err(Problem::new(ErrorCode::Internal).because(e)),
    };
    let verdict: Verdict = report.verdict();
    Ok(Shown {
        interchange,
        lines: tree.lines(lang),
        tree,
        findings: report
            .findings
            .iter()
            .map(|f| format!("{}: {}", f.place.describe(lang), f.text(lang)))
            .collect(),
        verdict: books::verdict_word(verdict).to_owned(),
    })
}

/// Which transaction.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// An order, a booking, a bill of lading, a container, a declaration, an invoice, or the number of a
    /// message, as it is written there.
    #[param(
        min_length = 1,
        max_length = 70,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    reference: String,
}

/// Everything about one transaction, found by any of its numbers: documents, receipts of the transport,
/// CONTRL, APERAK and CUSRES.
#[utoipa::path(
    get,
    path = "/api/v1/trade/timeline",
    params(TimelineQuery),
    responses((status = 200, description = "The timeline; without documents when nothing has this number", body = Object))
)]
pub async fn of_transaction(
    State(exchange): State<Exchange>,
    Extension(acting): Extension<Acting>,
    headers: HeaderMap,
    query: Asked<TimelineQuery>,
) -> Result<Json<Timeline>, Refusal> {
    let query = asked(query)?;
    Ok(Json(timeline(&exchange, &acting, &query.reference, lang(&headers)).await?))
}

/// How a partner works.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerSettingBody {
    /// `production` or `test`: whatever a partner to try out with sends and gets is a test.
    pub mode: Mode,
    /// What is done with a test (UNB 0035) of a partner in production: `accept`, or `refuse` with CONTRL 25.
    #[serde(default)]
    pub tests: Tests,
}

/// The desk for one partner: agreements and who has signed, production or test, volumes by day, how long answers
/// take, what is refused and why. Tests are counted apart.
#[utoipa::path(
    get,
    path = "/api/v1/trade/partners/{did}",
    params(("did" = inline(DidText), Path, description = "the partner")),
    responses((status = 200, description = "The desk", body = Object))
)]
pub async fn of_partner(
    State(exchange): State<Exchange>,
    Extension(acting): Extension<Acting>,
    headers: HeaderMap,
    Path(did): Path<String>,
) -> Result<Json<PartnerDesk>, Refusal> {
    Ok(Json(partner(&exchange, &acting, &did.parse()?, lang(&headers)).await?))
}

/// Sets whether a partner works in production or in test, and what is done with its tests.
#[utoipa::path(
    post,
    path = "/api/v1/trade/partners/{did}",
    params(("did" = inline(DidText), Path, description = "the partner")),
    request_body = PartnerSettingBody,
    responses((status = 200, description = "What is set now", body = Object))
)]
pub async fn set_partner(
    State(exchange): State<Exchange>,
    Extension(acting): Extension<Acting>,
    Path(did): Path<String>,
    body: Said<PartnerSettingBody>,
) -> Result<Json<Setting>, Refusal> {
    let PartnerSettingBody { mode, tests } = said(body)?;
    Ok(Json(set(&exchange, &acting, &did.parse()?, mode, tests).await?))
}

fn lang(headers: &HeaderMap) -> Lang {
    Lang::prefer(headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default())
}

/// The routes, with their description; the node gives them its exchange.
pub fn router() -> OpenApiRouter<Exchange> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(of_transaction))
        .merge(crate::expect::edge::router())
        .routes(routes!(of_partner, set_partner))
        .merge(crate::customs::edge::router())
}
