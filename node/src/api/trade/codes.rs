//! Codes of partners: which of theirs stands for which of ours.

use axum::Json;
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_trade::partner_codes;
use corridor_trade::shape::CodeTable;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::extract::{self, Named};
use super::super::problem::{Answer, Problems};
use super::super::{Shared, schema};
use crate::access::Caller;
use crate::node::Node;

/// One code.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    /// What it is of: `hs`, `unlocode`, `unit`, `party`.
    #[schema(pattern = "^(hs|unlocode|unit|party)$")]
    pub kind: String,
    /// Ours.
    #[schema(min_length = 1, max_length = 35)]
    pub ours: String,
    /// The partner's.
    #[schema(min_length = 1, max_length = 35)]
    pub theirs: String,
}

/// The codes of one partner.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// The codes.
    #[schema(max_items = 10000)]
    pub items: Vec<CodeBody>,
}

impl From<CodeTable> for CodeList {
    fn from(table: CodeTable) -> Self {
        let one = |((kind, ours), theirs): ((corridor_trade::shape::CodeKind, String), String)| CodeBody {
            kind: kind.to_string(),
            ours,
            theirs,
        };
        Self { items: table.0.into_iter().map(one).collect() }
    }
}

impl CodeList {
    /// As a table. The bounds are those of a file: it is read as one.
    ///
    /// # Errors
    /// `malformed`, naming the row.
    pub(crate) fn table(&self) -> Result<CodeTable> {
        use corridor_trade::edifact::csv::cell;
        let rows = self
            .items
            .iter()
            .map(|code| format!("{},{},{}\r\n", cell(&code.kind), cell(&code.ours), cell(&code.theirs)));
        CodeTable::from_csv(&format!("kind,ours,theirs\r\n{}", rows.collect::<String>()))
    }
}

/// A partner that is the caller's business.
fn partner(caller: &Caller, did: &Did) -> Result<()> {
    if caller.scope.admits(&corridor_trade::desk::EDIFACT.parse()?, did) {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::NotFound).with("what", format!("codes of {did}")))
}

/// The codes of one partner.
///
/// # Errors
/// `not-found` for one that is not the caller's business; those of the store.
pub(crate) async fn of(node: &Node, caller: &Caller, did: &Did) -> Result<CodeTable> {
    partner(caller, did)?;
    let did = did.clone();
    node.exchange.store().read(&caller.participant, move |tx| partner_codes::of_partner(tx, &did)).await
}

/// Puts another table in their place.
///
/// # Errors
/// As [`of`].
pub(crate) async fn replace(node: &Node, caller: &Caller, did: &Did, table: CodeTable) -> Result<()> {
    partner(caller, did)?;
    partner_codes::set(&node.exchange, &caller.acting(), did, table).await
}

/// Shows the codes of a partner.
#[utoipa::path(get, path = "/api/v1/trade/codes/{did}", tag = "trade", operation_id = "trade_codes_show",
    params(("did" = inline(schema::DidText), Path, description = "The partner.")),
    responses((status = 200, description = "The codes.", body = CodeList), Problems))]
pub async fn show(node: Shared, caller: Caller, Named(did): Named<Did>) -> Answer<Json<CodeList>> {
    Ok(Json(of(&node, &caller, &did).await?.into()))
}

/// Puts these codes in place of those that were there. They are put for ours in whatever is made for this
/// partner from then on.
#[utoipa::path(post, path = "/api/v1/trade/codes/{did}", tag = "trade", operation_id = "trade_codes_replace",
    params(("did" = inline(schema::DidText), Path, description = "The partner.")),
    request_body = CodeList,
    responses((status = 200, description = "The codes.", body = CodeList), Problems))]
pub async fn set(
    node: Shared,
    caller: Caller,
    Named(did): Named<Did>,
    extract::Json(body): extract::Json<CodeList>,
) -> Answer<Json<CodeList>> {
    replace(&node, &caller, &did, body.table()?).await?;
    Ok(Json(body))
}
