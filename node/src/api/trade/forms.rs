//! An interchange as forms: what each message says, field by field, with labels in three languages.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_exchange::Side;
use corridor_trade::edifact::{Options, Report};
use corridor_trade::partner_codes;
use corridor_trade::rules::Shelf;
use corridor_trade::shape::stowage::{Stowage, stowage};
use corridor_trade::shape::{Sheets, Shown, sheets};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Shared;
use super::super::problem::{Answer, Problems};
use super::super::schema;
use super::{blocking, read, shelf};
use crate::access::Caller;
use crate::node::Node;

/// An interchange as forms.
#[derive(Serialize, ToSchema)]
pub struct FormsBody {
    /// One for each message that a mapping fits, what stands in none, and kinds of message that none fits.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub sheets: Sheets,
    /// The stowage plan, where the interchange holds one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub stowage: Option<Stowage>,
}

/// The directory that code lists of these messages are looked up in: the first that is loaded of those that
/// the mappings name.
pub(crate) fn directory_of<'s>(
    shelf: &'s Shelf,
    release: &str,
) -> Option<&'s Arc<corridor_trade::directory::Directory>> {
    shelf.directory(&format!("D.{release}"))
}

fn release(report: &Report) -> String {
    let listed = report.listed.first().map(|message| message.release.text().to_owned());
    listed.unwrap_or_else(|| "08A".to_owned())
}

/// Reads an interchange as forms; leaves a record of who read it (AC-1).
///
/// # Errors
/// Those of [`read`].
pub(crate) async fn shown(
    node: &Node,
    caller: &Caller,
    side: Side,
    id: corridor_base::EnvelopeId,
) -> Result<FormsBody> {
    let (row, bytes) = read(node, caller, side, id).await?;
    let (us, partner) = (&caller.participant, row.partner.clone());
    let shelf = shelf(node, us, &partner).await?;
    let codes =
        node.exchange.store().read(us, move |tx| partner_codes::of_partner(tx, &partner)).await?.ours();
    blocking(move || {
        let options = Options { characters: shelf.characters(), ..Options::default() };
        let report = corridor_trade::edifact::read_bytes(&bytes, options);
        let directory = directory_of(&shelf, &release(&report)).map(Arc::as_ref);
        let sheets = sheets(&bytes, &Shown { directory, codes: Some(&codes), options })?;
        let holds = sheets.report.kinds.contains_key("BAPLIE");
        let stowage = if holds { Some(stowage(&mut bytes.as_slice())?) } else { None };
        Ok::<_, std::io::Error>(FormsBody { sheets, stowage })
    })
    .await?
    .map_err(|e| Problem::new(ErrorCode::StorageFailed).because(e))
}

/// Shows an interchange as forms: the fields of each message with labels in Japanese, Korean and English,
/// sums of its amounts, and what has no place in the form. Leaves a record of who read it.
#[utoipa::path(get, path = "/api/v1/trade/forms/{side}/{id}", tag = "trade", operation_id = "trade_forms",
    params(("side" = inline(schema::SideWord), Path, description = "`in` or `out`."), ("id" = inline(schema::UuidText), Path, description = "The envelope's identifier.")),
    responses((status = 200, description = "The forms.", body = FormsBody), Problems))]
pub async fn show(
    node: Shared,
    caller: Caller,
    Path((side, id)): Path<(String, String)>,
) -> Answer<Json<FormsBody>> {
    Ok(Json(shown(&node, &caller, side.parse()?, id.parse()?).await?))
}
