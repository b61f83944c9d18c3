//! What messages are checked against: the UNECE directories of the node, and the guides of a participant.

use axum::Json;
use axum::http::StatusCode;
use corridor_base::Problem;
use corridor_trade::directories::{self, KeptDirectory};
use corridor_trade::rules::Guide;
use corridor_trade::{Library, own_guides};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Shared;
use super::super::extract::{Named, Note, Zip};
use super::super::problem::{Answer, Problems};
use super::super::schema;
use super::blocking;
use crate::access::Caller;

/// The directories of the node.
#[derive(Serialize, ToSchema)]
pub struct DirectoryList {
    /// In the order of their digests.
    pub items: Vec<KeptDirectory>,
}

/// The guides of a participant.
#[derive(Serialize, ToSchema)]
pub struct GuideList {
    /// As they stand in their files.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Guide>,
}

/// The name of a guide in a path.
#[derive(Debug)]
pub struct GuideName(String);

impl std::str::FromStr for GuideName {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Ok(Self(text.to_owned()))
    }
}

/// Lists the directories that the node checks messages against.
#[utoipa::path(get, path = "/api/v1/trade/directories", tag = "trade", operation_id = "trade_directories",
    responses((status = 200, description = "The directories.", body = DirectoryList), Problems))]
pub async fn list_directories(node: Shared) -> Answer<Json<DirectoryList>> {
    let data = node.config.data.clone();
    let items = blocking(move || directories::list(&data)).await?;
    Ok(Json(DirectoryList { items }))
}

/// Adds a directory: the zip as UNECE publishes it. It is kept unchanged, and all messages are checked against it from
/// then on. Its licence holds for you.
#[utoipa::path(post, path = "/api/v1/trade/directories", tag = "trade", operation_id = "trade_directories_add",
    request_body(content = inline(schema::ContentBytes), content_type = "application/octet-stream", description = "The zip, unchanged."),
    responses((status = 200, description = "The directory as it was read.", body = KeptDirectory), Problems))]
pub async fn add_directory(node: Shared, caller: Caller, Zip(zip): Zip) -> Answer<Json<KeptDirectory>> {
    Ok(Json(directories::add(&node.exchange, &caller.acting(), &node.config.data, zip).await?))
}

/// Lists the guides of the participant.
#[utoipa::path(get, path = "/api/v1/trade/guides", tag = "trade", operation_id = "trade_guides",
    responses((status = 200, description = "The guides.", body = GuideList), Problems))]
pub async fn list_guides(node: Shared, caller: Caller) -> Answer<Json<GuideList>> {
    let folder = Library::guides(&node.config.data, &caller.participant);
    let kept = blocking(move || own_guides::kept(&folder)).await?;
    Ok(Json(GuideList { items: kept.into_iter().map(|(_, guide)| guide).collect() }))
}

/// Adds a guide, in place of one of the same name: it holds for what is received and sent from then on. One whose
/// directory is not there, or has no place for something in it, is refused.
#[utoipa::path(post, path = "/api/v1/trade/guides", tag = "trade", operation_id = "trade_guides_add",
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "The guide as it is kept.", body = Object), Problems))]
pub async fn add_guide(node: Shared, caller: Caller, Note(json): Note) -> Answer<Json<Guide>> {
    let (exchange, data) = (&node.exchange, &node.config.data);
    Ok(Json(own_guides::add(exchange, &caller.acting(), &node.library, data, json).await?))
}

/// Uses a guide no longer.
#[utoipa::path(delete, path = "/api/v1/trade/guides/{name}", tag = "trade", operation_id = "trade_guides_remove",
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 204, description = "It is used no longer."), Problems))]
pub async fn remove_guide(node: Shared, caller: Caller, Named(name): Named<GuideName>) -> Answer<StatusCode> {
    own_guides::remove(&node.exchange, &caller.acting(), &node.config.data, &name.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
