//! The mappings by which documents are made and shown: those of the participant's own, and those that come with
//! the program.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use corridor_base::{ErrorCode, Lang, Problem, Words};
use corridor_trade::mapping::Mapping;
use corridor_trade::mapping::fixed::{self, Layout};
use corridor_trade::own_mappings;
use corridor_trade::shape::Mappings;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Shared;
use super::super::extract::Named;
use super::super::problem::{Answer, Problems};
use super::mappings;
use crate::access::Caller;

/// A mapping, in a list.
#[derive(Serialize, ToSchema)]
pub struct MappingRow {
    /// Its name.
    pub mapping: String,
    /// Its version.
    pub version: u32,
    /// The kind of message it reads and writes; absent where it is of fixed columns (NACCS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The release of the directory, `08A`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Whether it is the participant's own.
    pub own: bool,
    /// What it is for, in the three languages.
    #[schema(value_type = Object)]
    pub title: Words,
    /// Why it may be wrong, in the three languages, where nobody has held it against a real message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub doubt: Option<Words>,
}

/// The mappings of a participant.
#[derive(Serialize, ToSchema)]
pub struct MappingList {
    /// Its own first; one of them takes the place of another of the same name.
    pub items: Vec<MappingRow>,
}

/// A mapping, written out.
#[derive(Serialize, ToSchema)]
pub struct MappingBody {
    /// What the list says of it.
    #[serde(flatten)]
    pub row: MappingRow,
    /// The mapping itself, as it stands in its file.
    #[schema(value_type = Object)]
    pub file: serde_json::Value,
    /// The fields and lists of its documents.
    #[schema(value_type = Object)]
    pub fields: serde_json::Value,
}

/// The name of a mapping in a path.
#[derive(Debug)]
pub struct MappingName(String);

impl std::str::FromStr for MappingName {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Ok(Self(text.to_owned()))
    }
}

fn missing(name: &str) -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", format!("mapping {name}"))
}

fn row(mapping: &Mapping, own: bool) -> MappingRow {
    MappingRow {
        mapping: mapping.mapping.clone(),
        version: mapping.version,
        message: Some(mapping.message.clone()),
        release: Some(mapping.release.clone()),
        own,
        title: Words::of(|lang| mapping.title(lang).to_owned()),
        doubt: None,
    }
}

fn columns(name: &str, layout: &Layout) -> MappingRow {
    let doubt = |lang| layout.doubt(lang).unwrap_or_default().to_owned();
    MappingRow {
        mapping: name.to_owned(),
        version: layout.version,
        message: None,
        release: None,
        own: false,
        title: Words::of(|lang| layout.title(lang).to_owned()),
        doubt: layout.doubt(Lang::En).map(|_| Words::of(doubt)),
    }
}

fn listed(all: &Mappings) -> Vec<MappingRow> {
    let in_columns = fixed::NAMES.iter().filter_map(|name| Some(columns(name, &fixed::named(name).ok()?.0)));
    all.iter().map(|mapping| row(mapping, Mappings::is_own(mapping))).chain(in_columns).collect()
}

fn whole(row: MappingRow, file: &impl Serialize, fields: &impl Serialize) -> Result<MappingBody, Problem> {
    let json = |e| Problem::new(ErrorCode::Internal).because(e);
    let file = serde_json::to_value(file).map_err(json)?;
    Ok(MappingBody { row, file, fields: serde_json::to_value(fields).map_err(json)? })
}

fn of_mapping(mapping: &Mapping, own: bool) -> Result<MappingBody, Problem> {
    whole(row(mapping, own), mapping, &mapping.shape())
}

/// Lists the mappings by which documents are made and shown, one's own first, then those that come with the
/// program, those of fixed columns among them.
#[utoipa::path(get, path = "/api/v1/trade/mappings", tag = "trade", operation_id = "trade_mappings",
    responses((status = 200, description = "The mappings.", body = MappingList), Problems))]
pub async fn list(node: Shared, caller: Caller) -> Answer<Json<MappingList>> {
    let all = mappings(&node, &caller.participant).await?;
    Ok(Json(MappingList { items: listed(&all) }))
}

/// Writes out a mapping, and the fields and lists that documents of it have.
#[utoipa::path(get, path = "/api/v1/trade/mappings/{name}", tag = "trade", operation_id = "trade_mappings_show",
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The mapping.", body = MappingBody), Problems))]
pub async fn show(
    node: Shared,
    caller: Caller,
    Named(name): Named<MappingName>,
) -> Answer<Json<MappingBody>> {
    let all = mappings(&node, &caller.participant).await?;
    if let Some(mapping) = all.by_name(&name.0) {
        return Ok(Json(of_mapping(mapping, Mappings::is_own(mapping))?));
    }
    let (layout, _) = fixed::named(&name.0).map_err(|_| missing(&name.0))?;
    let fields = serde_json::json!({ "envelope": layout.header, "lines": layout.lines, "rest": layout.rest });
    Ok(Json(whole(columns(&name.0, &layout), &layout, &fields)?))
}

/// Adds a mapping of one's own, in place of one of the same name: documents are made and shown by it from then
/// on. One that could read a message in two ways, or names a place twice, is refused.
#[utoipa::path(post, path = "/api/v1/trade/mappings", tag = "trade", operation_id = "trade_mappings_add",
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "The mapping as it is kept.", body = MappingBody), Problems))]
pub async fn add(
    node: Shared,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<MappingBody>> {
    let refuse = |e| Problem::new(ErrorCode::Malformed).with("what", "request body").because(e);
    let bytes = body.map_err(refuse)?;
    let mapping =
        own_mappings::add(&node.exchange, &caller.acting(), &node.config.data, bytes.into()).await?;
    Ok(Json(of_mapping(&mapping, true)?))
}

/// Uses a mapping of one's own no longer. What was made by it stays as it is.
#[utoipa::path(delete, path = "/api/v1/trade/mappings/{name}", tag = "trade", operation_id = "trade_mappings_remove",
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 204, description = "It is used no longer."), Problems))]
pub async fn remove(node: Shared, caller: Caller, Named(name): Named<MappingName>) -> Answer<StatusCode> {
    own_mappings::remove(&node.exchange, &caller.acting(), &node.config.data, &name.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
