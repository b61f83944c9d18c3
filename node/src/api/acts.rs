//! Acts: what happened and mattered, with the commitments and what opens them.

use std::collections::BTreeMap;

use axum::Json;
use corridor_base::{ActId, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Act, Opening};
use corridor_storage::{ActPage, ActRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::documents::limit;
use super::extract::{Ask, Named};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;

/// One act of the participant.
#[derive(Serialize, ToSchema)]
pub struct ActBody {
    /// Its identifier.
    #[schema(value_type = schema::UuidText)]
    pub id: ActId,
    /// What happened: `document-received`.
    #[serde(rename = "type")]
    pub kind: String,
    /// In which version of the type; absent when this build does not know the type.
    pub version: Option<u32>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// The fields; absent after erasure.
    pub fields: Option<BTreeMap<String, String>>,
    /// Whether the fields are those that the act commits to.
    pub verified: bool,
    /// The very bytes that were committed to, as text.
    pub bytes: String,
}

/// One page of acts.
#[derive(Serialize, ToSchema)]
pub struct ActList {
    /// The acts, newest first unless asked otherwise.
    pub items: Vec<ActBody>,
    /// What to pass as `after` for the next page; absent on the last.
    #[schema(value_type = Option<schema::UuidText>)]
    pub next: Option<ActId>,
}

/// Which acts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActQuery {
    /// The `next` of the page before.
    #[param(value_type = Option<schema::UuidText>, inline)]
    pub(crate) after: Option<ActId>,
    /// `newest` (when left out) or `oldest` first.
    #[param(inline)]
    pub(crate) order: Option<Order>,
    /// Only those about this: an envelope, an agreement, a key.
    #[param(max_length = 300, pattern = r"^[^\u0000]*$")]
    pub(crate) subject: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u32>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

fn body(row: ActRow) -> Result<ActBody> {
    let act = Act::parse(&row.bytes)?;
    let opening: Option<Opening> = row.opening.as_deref().and_then(|json| serde_json::from_slice(json).ok());
    Ok(ActBody {
        id: row.id,
        kind: row.kind,
        version: act.known_type().map(|t| t.version),
        time: row.time,
        verified: opening.as_ref().is_some_and(|o| act.opened_by(o)),
        fields: opening.map(|o| o.fields),
        bytes: String::from_utf8_lossy(&row.bytes).into_owned(),
    })
}

/// Lists acts.
#[utoipa::path(get, path = "/api/v1/acts", tag = "acts", operation_id = "acts_list", params(ActQuery),
    responses((status = 200, description = "A page of acts.", body = ActList), Problems))]
pub async fn list(node: Shared, caller: Caller, Ask(query): Ask<ActQuery>) -> Answer<Json<ActList>> {
    let limit = limit(query.limit)?;
    let newest_first = query.order.unwrap_or_default() == Order::Newest;
    if query.subject.as_ref().is_some_and(|s| s.chars().count() > 300) {
        return Err(Problem::new(ErrorCode::Malformed)
            .with("what", "subject")
            .with("why", "at most 300 characters expected")
            .into());
    }
    let page = ActPage { after: query.after, subject: query.subject, newest_first, limit };
    let rows = node.exchange.store().acts(&caller.participant, page).await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|r| r.id);
    Ok(Json(ActList { items: rows.into_iter().map(body).collect::<Result<_>>()?, next }))
}

/// Shows one act.
#[utoipa::path(get, path = "/api/v1/acts/{id}", tag = "acts", operation_id = "acts_show",
    params(("id" = inline(schema::UuidText), Path, description = "The act's identifier.")),
    responses((status = 200, description = "The act.", body = ActBody), Problems))]
pub async fn show(node: Shared, caller: Caller, Named(id): Named<ActId>) -> Answer<Json<ActBody>> {
    let row = node.exchange.store().act(&caller.participant, id).await?;
    let row = row.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("act {id}")))?;
    Ok(Json(body(row)?))
}
