//! An interchange as forms: what each message says, field by field, with labels in three languages.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use corridor_base::{ErrorCode, Problem, Result, Words};
use corridor_exchange::Side;
use corridor_trade::edifact::Report;
use corridor_trade::mapping::Mapping;
use corridor_trade::partner_codes;
use corridor_trade::rules::Shelf;
use corridor_trade::shape::stowage::{Stowage, stowage};
use corridor_trade::shape::{Mappings, Sheets, Shown, sheets};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::Shared;
use super::super::extract::Ask;
use super::super::problem::{Answer, Problems};
use super::super::schema;
use super::{arithmetic, mappings, read, shelf};
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
    /// The mappings that fit its messages: which of them can be asked for.
    pub fitting: Vec<Fitting>,
}

/// A mapping that fits a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fitting {
    /// Its name.
    pub mapping: String,
    /// The kind of message.
    pub message: String,
    /// What it is for, in the three languages.
    #[schema(value_type = Object)]
    pub title: Words,
}

/// All that fit messages of these kinds.
pub(crate) fn fitting<'k>(mappings: &Mappings, kinds: impl Iterator<Item = &'k String>) -> Vec<Fitting> {
    let one = |mapping: &Arc<Mapping>| Fitting {
        mapping: mapping.mapping.clone(),
        message: mapping.message.clone(),
        title: Words::of(|lang| mapping.title(lang).to_owned()),
    };
    kinds.flat_map(|kind| mappings.of_message(kind).map(one).collect::<Vec<_>>()).collect()
}

/// How it is shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormsQuery {
    /// By this mapping, where several fit a message: one of the participant's own, or one that comes with the
    /// program. By the first that has a place for everything when left out.
    #[param(max_length = 64, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub(crate) mapping: Option<String>,
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
    asked: &str,
) -> Result<FormsBody> {
    let (row, bytes) = read(node, caller, side, id).await?;
    let (us, partner) = (&caller.participant, row.partner.clone());
    let shelf = shelf(node, us, &partner).await?;
    let (mappings, asked) = (mappings(node, us).await?, asked.to_owned());
    if !asked.is_empty() && mappings.by_name(&asked).is_none() {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("mapping {asked}")));
    }
    let codes =
        node.exchange.store().read(us, move |tx| partner_codes::of_partner(tx, &partner)).await?.ours();
    arithmetic(bytes.len(), move || {
        let options = shelf.options();
        let report = corridor_trade::edifact::read_bytes(&bytes, options);
        let directory = directory_of(&shelf, &release(&report)).map(Arc::as_ref);
        let by = (Some(mappings.as_ref()), asked.as_str());
        let shown = Shown { directory, codes: Some(&codes), options, mappings: by.0, asked: by.1 };
        let sheets = sheets(&bytes, &shown)?;
        let holds = sheets.report.kinds.contains_key("BAPLIE");
        let stowage = if holds { Some(stowage(&mut bytes.as_slice())?) } else { None };
        let fitting = fitting(&mappings, sheets.report.kinds.keys());
        Ok::<_, std::io::Error>(FormsBody { sheets, stowage, fitting })
    })
    .await?
    .map_err(|e| Problem::new(ErrorCode::StorageFailed).because(e))
}

/// Shows an interchange as forms: the fields of each message with labels in Japanese, Korean and English,
/// sums of its amounts, and what has no place in the form. Leaves a record of who read it.
#[utoipa::path(get, path = "/api/v1/trade/forms/{side}/{id}", tag = "trade", operation_id = "trade_forms",
    params(FormsQuery, ("side" = inline(schema::SideWord), Path, description = "`in` or `out`."), ("id" = inline(schema::UuidText), Path, description = "The envelope's identifier.")),
    responses((status = 200, description = "The forms.", body = FormsBody), Problems))]
pub async fn show(
    node: Shared,
    caller: Caller,
    Path((side, id)): Path<(String, String)>,
    Ask(query): Ask<FormsQuery>,
) -> Answer<Json<FormsBody>> {
    let asked = query.mapping.unwrap_or_default();
    Ok(Json(shown(&node, &caller, side.parse()?, id.parse()?, &asked).await?))
}
