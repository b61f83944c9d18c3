//! The HTTP edge of the customs desk, below `/api/v1/trade/customs` and `/api/v1/trade/risk`. The node has checked
//! who calls before a handler runs.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State as Given};
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_exchange::service::Acting;
use corridor_exchange::{Exchange, Side};
use corridor_net::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::case::{Case, CaseFilter, CaseId, Decided, Hit};
use super::cases;
use super::decide::{Wanted, decide};
use super::risk::Rule;
use super::risk::books::{self, Kept};
use super::risk::trial::{self, Tried};
use super::state::{Decision, Lane, State};
use super::statistics::{MONTHS, OfRule, statistics};
use super::{PORT, judge, read};
use crate::edge::{Asked, DidOrEmpty, Said, asked, refuse, said, within};
use crate::library::Library;

/// The most fields of a case that are shown.
const FIELDS: usize = 2_000;

/// Which cases to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// Only in this state.
    #[param(pattern = "^(|waiting|held|inspection|released|rejected|replaced|cancelled)$")]
    pub state: Option<String>,
    /// Only where the risk rules sent it there.
    #[param(pattern = "^(|clear|note|hold|inspect)$")]
    pub risk: Option<String>,
    /// Only of this partner.
    #[param(value_type = DidOrEmpty, inline, required = false)]
    pub partner: Option<String>,
    /// Only at this port or customs office, at most 70 characters.
    #[param(max_length = 70, pattern = r"^[^\u0000]*$")]
    pub port: Option<String>,
    /// Only those that came before this case: the last of the page before.
    #[param(pattern = "^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}([.][0-9]{1,10})?)?$")]
    pub before: Option<String>,
    /// How many; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u64>,
}

/// A page of cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseList {
    /// The cases, newest first.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Case>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<String>,
}

/// A field of a message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownField {
    /// Its path: `items.2.hs`.
    pub field: String,
    /// Its value.
    pub value: String,
}

/// A case with what it says, what it hit and what was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownCase {
    /// The case.
    #[schema(value_type = Object)]
    pub case: Case,
    /// Its readable fields.
    pub fields: Vec<ShownField>,
    /// Whether there are more.
    pub more: bool,
    /// The risk rules that it hit, the gravest first.
    #[schema(value_type = Vec<Object>)]
    pub hits: Vec<Hit>,
    /// The decisions, oldest first.
    #[schema(value_type = Vec<Object>)]
    pub decisions: Vec<Decided>,
    /// What may be decided now.
    pub possible: Vec<Decision>,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    /// What is decided.
    pub decision: Decision,
    /// The reason in words; only a release needs none.
    #[serde(default)]
    #[schema(max_length = 512)]
    pub reason: String,
    /// The reason in the office's own code, 1 to 8 letters and digits.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9]{1,8}$")]
    pub code: Option<String>,
    /// The field that is wrong, of a refusal: `items.2.hs`.
    #[serde(default)]
    pub field: Option<String>,
    /// How many decisions you have seen: if there are others meanwhile, this one is refused.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub seen: Option<u64>,
}

/// Whether a rule is on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchBody {
    /// On, in its newest version; or off.
    pub on: bool,
}

/// Rules of a participant.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleList {
    /// The rules.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Kept>,
}

/// What rules would have done.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedList {
    /// Rule by rule.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Tried>,
}

/// What rules did.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatisticsList {
    /// Rule by rule.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<OfRule>,
}

/// How far statistics look back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatisticsQuery {
    /// How many months, this one included; 12 when left out.
    #[param(minimum = 1, maximum = 36)]
    months: Option<u64>,
}

/// How many cases a trial looks at.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TryQuery {
    /// How many of the newest cases; 200 when left out.
    #[param(minimum = 1, maximum = 1000)]
    cases: Option<u64>,
}

fn parsed<T: std::str::FromStr<Err = Problem>>(text: Option<&String>) -> Result<Option<T>> {
    text.filter(|text| !text.is_empty()).map(|text| text.parse()).transpose()
}

/// A port or customs office to look for, as long as one is kept.
fn port(asked: &str) -> Result<String> {
    if asked.chars().count() > PORT || asked.contains('\0') {
        let why = format!("at most {PORT} characters expected");
        return Err(Problem::new(ErrorCode::Malformed).with("what", "port").with("why", why));
    }
    Ok(asked.trim().to_owned())
}

/// Cases of the customs desk, newest first.
///
/// # Errors
/// `malformed`; those of the store.
pub async fn queue(exchange: &Exchange, acting: &Acting, query: &QueueQuery) -> Result<CaseList> {
    let limit = within("limit", query.limit, 100, 1..=1000)?;
    let filter = CaseFilter {
        state: parsed::<State>(query.state.as_ref())?,
        lane: parsed::<Lane>(query.risk.as_ref())?,
        partner: parsed::<Did>(query.partner.as_ref())?,
        port: port(query.port.as_deref().unwrap_or_default())?,
        before: parsed::<CaseId>(query.before.as_ref())?,
        limit: limit + 1,
        scope: acting.scope.clone(),
    };
    let mut items = exchange.store().read(&acting.participant, move |tx| cases::list(tx, &filter)).await?;
    let more = items.len() as u64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(|case| case.id.to_string());
    Ok(CaseList { items, next })
}

/// One case, readable; leaves a record of who read it (AC-1).
///
/// # Errors
/// `not-found`; those of the store.
pub async fn one(
    exchange: &Exchange,
    library: &Arc<Library>,
    acting: &Acting,
    id: CaseId,
) -> Result<ShownCase> {
    let us = &acting.participant;
    let read = move |tx: &mut corridor_storage::Tx<'_>| {
        Ok((cases::find(tx, id)?, cases::hits(tx, id)?, cases::history(tx, id)?))
    };
    let (case, hits, decisions) = exchange.store().read(us, read).await?;
    let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("case {id}"));
    let mut case = case.ok_or_else(missing)?;
    let found = exchange.document_for(acting, Side::In, id.envelope).await;
    let document = found.map_err(|p| if p.code() == ErrorCode::NotFound { missing() } else { p })?;
    exchange.record_read(us, &document, &acting.reader).await?;
    let mut fields = Vec::new();
    if id.message > 0 {
        let options = library.shelf_for(us, &document.partner).await?.options();
        let messages = judge::messages(exchange, us, &document, options).await?;
        let of = messages.found.into_iter().find(|(new, _)| new.message == id.message);
        if let Some((new, record)) = of {
            // Of what is about persons the books hold neither number nor names.
            (case.number, case.port, case.party) = (new.number, new.port, new.party);
            if let Some((mapping, record)) = judge::mapping(&case.kind).zip(record) {
                fields = read::paths(mapping, &record);
            }
        }
    }
    let more = fields.len() > FIELDS;
    fields.truncate(FIELDS);
    let possible = case.state.possible().collect();
    let fields = fields.into_iter().map(|(field, value)| ShownField { field, value }).collect();
    Ok(ShownCase { case, fields, more, hits, decisions, possible })
}

/// Lists the cases of the customs desk, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/trade/customs",
    params(QueueQuery),
    responses((status = 200, description = "Cases, newest first", body = CaseList))
)]
pub async fn list(
    Given(exchange): Given<Exchange>,
    Extension(acting): Extension<Acting>,
    query: Asked<QueueQuery>,
) -> Result<Json<CaseList>, Refusal> {
    Ok(Json(queue(&exchange, &acting, &asked(query)?).await?))
}

/// Shows a case: what it says, the risk rules it hit, what was decided. Leaves a record of who read it (AC-1).
#[utoipa::path(
    get,
    path = "/api/v1/trade/customs/{id}",
    params((
        "id" = String, Path, description = "the envelope; `ENVELOPE.N` for its N-th message",
        pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}([.][0-9]{1,10})?$"
    )),
    responses((status = 200, description = "The case", body = ShownCase))
)]
pub async fn show(
    Given(exchange): Given<Exchange>,
    Extension(library): Extension<Arc<Library>>,
    Extension(acting): Extension<Acting>,
    Path(id): Path<String>,
) -> Result<Json<ShownCase>, Refusal> {
    Ok(Json(one(&exchange, &library, &acting, id.parse()?).await?))
}

/// Decides a case; the answer goes to whoever declared, as CUSRES.
#[utoipa::path(
    post,
    path = "/api/v1/trade/customs/{id}/decision",
    params((
        "id" = String, Path, description = "the envelope; `ENVELOPE.N` for its N-th message",
        pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}([.][0-9]{1,10})?$"
    )),
    request_body = DecideBody,
    responses((status = 200, description = "The case as it stands now", body = Object))
)]
pub async fn decision(
    Given(exchange): Given<Exchange>,
    Extension(library): Extension<Arc<Library>>,
    Extension(acting): Extension<Acting>,
    Path(id): Path<String>,
    body: Said<DecideBody>,
) -> Result<Json<Case>, Refusal> {
    let DecideBody { decision, reason, code, field, seen } = said(body)?;
    let wanted = Wanted { decision, reason, code, field, seen };
    Ok(Json(decide(&exchange, &library, &acting, id.parse()?, wanted).await?))
}

/// Lists the risk rules, each in its newest version.
#[utoipa::path(
    get,
    path = "/api/v1/trade/risk/rules",
    responses((status = 200, description = "The rules", body = RuleList))
)]
pub async fn rules(
    Given(exchange): Given<Exchange>,
    Extension(acting): Extension<Acting>,
) -> Result<Json<RuleList>, Refusal> {
    Ok(Json(RuleList { items: books::all(&exchange, &acting).await? }))
}

/// Adds risk rules (a file of one, or of a list), each as its next version and switched off.
#[utoipa::path(
    post,
    path = "/api/v1/trade/risk/rules",
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "The rules as they are kept", body = RuleList))
)]
pub async fn add(
    Given(exchange): Given<Exchange>,
    Extension(acting): Extension<Acting>,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Result<Json<RuleList>, Refusal> {
    let rules = Rule::parse_all(&body.map_err(|e| refuse("request body", e))?)?;
    Ok(Json(RuleList { items: books::add(&exchange, &acting, rules).await? }))
}

/// Shows a risk rule in all its versions, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/trade/risk/rules/{name}",
    params(("name" = String, Path, description = "the rule")),
    responses((status = 200, description = "Its versions", body = RuleList))
)]
pub async fn rule(
    Given(exchange): Given<Exchange>,
    Extension(acting): Extension<Acting>,
    Path(name): Path<String>,
) -> Result<Json<RuleList>, Refusal> {
    Ok(Json(RuleList { items: books::one(&exchange, &acting, &name).await? }))
}

/// Switches a risk rule on, in its newest version, or off.
#[utoipa::path(
    post,
    path = "/api/v1/trade/risk/rules/{name}/switch",
    params(("name" = String, Path, description = "the rule")),
    request_body = SwitchBody,
    responses((status = 200, description = "The rule", body = Object))
)]
pub async fn switch(
    Given(exchange): Given<Exchange>,
    Extension(acting): Extension<Acting>,
    Path(name): Path<String>,
    body: Said<SwitchBody>,
) -> Result<Json<Kept>, Refusal> {
    let on = said(body)?.on;
    Ok(Json(books::switch(&exchange, &acting, &name, on).await?))
}

/// Tries risk rules on the newest cases: what they would have hit. Nothing is kept.
#[utoipa::path(
    post,
    path = "/api/v1/trade/risk/try",
    params(TryQuery),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "What they would have done", body = TriedList))
)]
pub async fn attempt(
    Given(exchange): Given<Exchange>,
    Extension(library): Extension<Arc<Library>>,
    Extension(acting): Extension<Acting>,
    query: Asked<TryQuery>,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Result<Json<TriedList>, Refusal> {
    let most = within("cases", asked(query)?.cases, 200, 1..=trial::MOST)?;
    let rules = Rule::parse_all(&body.map_err(|e| refuse("request body", e))?)?;
    Ok(Json(TriedList { items: trial::attempt(&exchange, &library, &acting, &rules, most).await? }))
}

/// What the risk rules did, month by month: seen, hit, and what was decided of what they hit.
#[utoipa::path(
    get,
    path = "/api/v1/trade/risk/statistics",
    params(StatisticsQuery),
    responses((status = 200, description = "Rule by rule", body = StatisticsList))
)]
pub async fn counted(
    Given(exchange): Given<Exchange>,
    Extension(acting): Extension<Acting>,
    query: Asked<StatisticsQuery>,
) -> Result<Json<StatisticsList>, Refusal> {
    let months = within("months", asked(query)?.months, 12, 1..=MONTHS)?;
    Ok(Json(StatisticsList { items: statistics(&exchange, &acting, months).await? }))
}

/// The routes.
pub fn router() -> OpenApiRouter<Exchange> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(decision))
        .routes(routes!(rules, add))
        .routes(routes!(rule))
        .routes(routes!(switch))
        .routes(routes!(attempt))
        .routes(routes!(counted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_too_long_is_refused_and_not_cut() {
        let check = |asked: &str, expect: Option<&str>| {
            assert_eq!(port(asked).ok().as_deref(), expect, "{asked}");
        };
        check("", Some(""));
        check(" JPHKT ", Some("JPHKT"));
        check(&"港".repeat(70), Some(&"港".repeat(70)));
        check(&"A".repeat(71), None);
        check("JP\0", None);
        let told = port(&"A".repeat(71)).unwrap_err();
        assert_eq!(told.arg("what"), Some("port"));
    }
}
