//! The trader's desk: the latest transactions and where each stands; two documents of a chain side by side.

use axum::Json;
use corridor_base::{EnvelopeId, ErrorCode, Problem, Result};
use corridor_exchange::Side;
use corridor_trade::shape::{Pair, Sheet, compare};
use corridor_trade::stages::{self, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::extract::Ask;
use super::super::problem::{Answer, Problems};
use super::super::{Shared, schema};
use super::forms;
use crate::access::Caller;
use crate::node::Node;

/// How many.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LatestQuery {
    /// How many, 1 to 20; 20 when left out.
    #[param(minimum = 1, maximum = 20)]
    pub(crate) limit: Option<u32>,
}

/// The latest transactions.
#[derive(Serialize, ToSchema)]
pub struct TransactionList {
    /// Each with its numbers and its stages: ordered, booked, reported, declared, released; open, waiting,
    /// refused or done.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Transaction>,
}

/// Lists the latest transactions, newest first, and where each stands.
#[utoipa::path(get, path = "/api/v1/trade/transactions", tag = "trade", operation_id = "trade_transactions", params(LatestQuery),
    responses((status = 200, description = "The transactions.", body = TransactionList), Problems))]
pub async fn latest(
    node: Shared,
    caller: Caller,
    Ask(query): Ask<LatestQuery>,
) -> Answer<Json<TransactionList>> {
    let limit = query.limit.unwrap_or(20);
    if !(1..=20).contains(&limit) {
        let why = format!("{limit}: 1 to 20 expected");
        return Err(Problem::new(ErrorCode::Malformed).with("what", "limit").with("why", why).into());
    }
    let items = stages::latest(&node.exchange, &caller.acting(), limit as usize).await?;
    Ok(Json(TransactionList { items }))
}

/// Which two documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The book of the first, `in` or `out`.
    #[param(value_type = schema::SideWord, inline)]
    first_side: String,
    /// The envelope of the first.
    #[param(value_type = schema::UuidText, inline)]
    first: EnvelopeId,
    /// The book of the second.
    #[param(value_type = schema::SideWord, inline)]
    second_side: String,
    /// The envelope of the second.
    #[param(value_type = schema::UuidText, inline)]
    second: EnvelopeId,
}

/// Two documents side by side.
#[derive(Serialize, ToSchema)]
pub struct ComparedBody {
    /// The first, as a form.
    #[schema(value_type = Object)]
    pub first: Sheet,
    /// The second, as a form.
    #[schema(value_type = Object)]
    pub second: Sheet,
    /// The same fields in one row each: same, differs, first, second.
    #[schema(value_type = Vec<Object>)]
    pub rows: Vec<Pair>,
}

/// Compares the first message of each; leaves a record of who read them (AC-1).
///
/// # Errors
/// `not-found`, also where no mapping fits; those of the store.
pub(crate) async fn compared(
    node: &Node,
    caller: &Caller,
    first: (Side, EnvelopeId),
    second: (Side, EnvelopeId),
) -> Result<ComparedBody> {
    let one = sheet(node, caller, first).await?;
    let other = sheet(node, caller, second).await?;
    let rows = compare(&one, &other);
    Ok(ComparedBody { first: one, second: other, rows })
}

async fn sheet(node: &Node, caller: &Caller, (side, id): (Side, EnvelopeId)) -> Result<Sheet> {
    let shown = forms::shown(node, caller, side, id, "").await?;
    let none = || Problem::new(ErrorCode::NotFound).with("what", format!("a form of {id}"));
    shown.sheets.sheets.into_iter().next().ok_or_else(none)
}

/// Compares two documents of a chain, field by field: an order and its invoice. Leaves a record of who read
/// them.
#[utoipa::path(get, path = "/api/v1/trade/compare", tag = "trade", operation_id = "trade_compare", params(CompareQuery),
    responses((status = 200, description = "Both, and the rows.", body = ComparedBody), Problems))]
pub async fn compare_two(
    node: Shared,
    caller: Caller,
    Ask(query): Ask<CompareQuery>,
) -> Answer<Json<ComparedBody>> {
    let first = (query.first_side.parse()?, query.first);
    let second = (query.second_side.parse()?, query.second);
    Ok(Json(compared(&node, &caller, first, second).await?))
}
