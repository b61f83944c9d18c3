//! The expectations in the API, below `/api/v1/trade/expected`: what is overdue or waited for, and the decision
//! to wait no longer. The node has checked who calls before a handler runs.

use axum::Json;
use axum::extract::{Extension, Path, State};
use corridor_base::{EnvelopeId, ErrorCode, Problem, Result};
use corridor_exchange::service::Acting;
use corridor_exchange::{Exchange, Side};
use corridor_net::Refusal;
use corridor_proof::act;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::books::{self, Expected, Filter};
use super::found;
use super::timer::Standing;
use crate::edge::{Asked, asked, refuse, within};

/// Which expectations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExpectedQuery {
    /// `waiting`, `overdue`, `answered` or `void`; `overdue` when left out.
    #[param(pattern = "^(waiting|overdue|answered|void)$")]
    standing: Option<String>,
    /// How many; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Answers that are waited for, or were.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExpectedList {
    /// The longest waiting first.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Expected>,
}

/// Lists answers that are overdue, or in another standing, the longest waiting first.
#[utoipa::path(
    get,
    path = "/api/v1/trade/expected",
    params(ExpectedQuery),
    responses((status = 200, description = "The answers that are waited for", body = ExpectedList))
)]
pub async fn expected(
    State(exchange): State<Exchange>,
    Extension(acting): Extension<Acting>,
    query: Asked<ExpectedQuery>,
) -> Result<Json<ExpectedList>, Refusal> {
    let query = asked(query)?;
    let limit = within("limit", query.limit, 100, 1..=1000)?;
    let word = query.standing.as_deref().unwrap_or("overdue");
    let standing = Standing::parse(word).ok_or_else(|| refuse("standing", word))?;
    Ok(Json(ExpectedList { items: list(&exchange, &acting, standing, limit).await? }))
}

/// The expectations in one standing that are the business of whoever asks, the longest waiting first.
///
/// # Errors
/// Those of the store.
pub async fn list(
    exchange: &Exchange,
    acting: &Acting,
    standing: Standing,
    limit: u64,
) -> Result<Vec<Expected>> {
    let filter = Filter { standing, scope: acting.scope.clone(), limit };
    exchange.store().read(&acting.participant, move |tx| books::list(tx, &filter)).await
}

/// How many are in one standing that are the business of whoever asks.
///
/// # Errors
/// Those of the store.
pub async fn count(exchange: &Exchange, acting: &Acting, standing: Standing) -> Result<u64> {
    let scope = acting.scope.clone();
    exchange.store().read(&acting.participant, move |tx| books::count(tx, standing, &scope)).await
}

/// Waits no longer for the overdue answers to a document of ours. An answer that comes after all is noted.
#[utoipa::path(
    post,
    path = "/api/v1/trade/expected/{id}/waive",
    params(("id" = String, Path, format = "uuid", description = "the envelope of the document that waits")),
    responses((status = 200, description = "What is waited for no longer", body = ExpectedList))
)]
pub async fn waive(
    State(exchange): State<Exchange>,
    Extension(acting): Extension<Acting>,
    Path(id): Path<String>,
) -> Result<Json<ExpectedList>, Refusal> {
    Ok(Json(ExpectedList { items: waived(&exchange, &acting, id.parse()?).await? }))
}

/// Waits no longer for the overdue answers to a document; answers which those were.
///
/// # Errors
/// `not-found` when nothing of it is overdue, or it is none of this reader's business; those of the store.
pub async fn waived(exchange: &Exchange, acting: &Acting, id: EnvelopeId) -> Result<Vec<Expected>> {
    let us = &acting.participant;
    let document = exchange.document_for(acting, Side::Out, id).await?;
    let overdue = exchange.store().read(us, move |tx| books::of(tx, id)).await?;
    let mut answers: Vec<String> = overdue
        .into_iter()
        .filter(|one| one.timer.standing == Standing::Overdue)
        .map(|one| one.answer)
        .collect();
    answers.dedup();
    if answers.is_empty() {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("overdue answer to {id}")));
    }
    let fields =
        [("envelope", id.to_string()), ("answers", answers.join(" ")), ("by", acting.reader.clone())];
    let record = exchange.seal(us, &act::ANSWER_WAIVED, &fields)?;
    let unit = move |tx: &mut corridor_storage::Tx<'_>| {
        let waived = found::waive(tx, id)?;
        if !waived.is_empty() {
            tx.record_under(&record, document.opened())?;
        }
        Ok(waived)
    };
    exchange.store().write(us, unit).await
}

/// The routes, with their description.
pub fn router() -> OpenApiRouter<Exchange> {
    OpenApiRouter::new().routes(routes!(expected)).routes(routes!(waive))
}
