//! Drafts and templates of documents.

use axum::Json;
use axum::http::StatusCode;
use corridor_base::{EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_trade::drafts::{self, Draft};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::extract::{self, Ask, Named};
use super::super::problem::{Answer, Problems};
use super::super::{Shared, schema};
use super::make::mapping;
use crate::access::Caller;
use crate::node::Node;

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DraftQuery {
    /// Templates, and not drafts.
    pub(crate) template: Option<bool>,
}

/// A draft to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftInput {
    /// The one that is saved once more; a new one when left out.
    #[serde(default)]
    #[schema(value_type = Option<schema::UuidText>)]
    pub id: Option<String>,
    /// The mapping it is a document of.
    #[schema(max_length = 64, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "orders")]
    pub mapping: String,
    /// For whom; empty while that is open.
    #[serde(default)]
    #[schema(
        max_length = 255,
        pattern = r"^(did:web:([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(%3A([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(:[A-Za-z0-9_-][A-Za-z0-9._-]{0,62})*)?$"
    )]
    pub partner: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Whether it stays, to begin others from.
    #[serde(default)]
    pub template: bool,
    /// The document.
    #[schema(value_type = Object)]
    pub document: serde_json::Map<String, serde_json::Value>,
}

/// A draft.
#[derive(Serialize, ToSchema)]
pub struct DraftBody {
    /// Its identifier.
    #[schema(value_type = schema::UuidText)]
    pub id: EnvelopeId,
    /// The mapping it is a document of.
    pub mapping: String,
    /// For whom; empty while that is open.
    pub partner: String,
    /// What people call it.
    pub name: String,
    /// Whether it stays.
    pub template: bool,
    /// The document; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub document: Option<serde_json::Map<String, serde_json::Value>>,
    /// When it was saved last.
    #[schema(value_type = String, format = DateTime)]
    pub updated: Timestamp,
}

/// Drafts, or templates.
#[derive(Serialize, ToSchema)]
pub struct DraftList {
    /// Last saved first.
    pub items: Vec<DraftBody>,
}

impl From<Draft> for DraftBody {
    fn from(draft: Draft) -> Self {
        Self {
            id: draft.id,
            mapping: draft.mapping,
            partner: draft.partner,
            name: draft.name,
            template: draft.template,
            document: serde_json::from_str(&draft.content).ok(),
            updated: draft.updated,
        }
    }
}

/// Lists drafts, or templates, last saved first.
#[utoipa::path(get, path = "/api/v1/trade/drafts", tag = "trade", operation_id = "trade_drafts_list", params(DraftQuery),
    responses((status = 200, description = "The drafts, without what they say.", body = DraftList), Problems))]
pub async fn list(node: Shared, caller: Caller, Ask(query): Ask<DraftQuery>) -> Answer<Json<DraftList>> {
    let (scope, template) = (caller.scope.clone(), query.template.unwrap_or(false));
    let all =
        node.exchange.store().read(&caller.participant, move |tx| drafts::list(tx, template, &scope)).await?;
    Ok(Json(DraftList { items: all.into_iter().map(DraftBody::from).collect() }))
}

/// Shows one draft.
#[utoipa::path(get, path = "/api/v1/trade/drafts/{id}", tag = "trade", operation_id = "trade_drafts_show",
    params(("id" = inline(schema::UuidText), Path, description = "The draft's identifier.")),
    responses((status = 200, description = "The draft.", body = DraftBody), Problems))]
pub async fn show(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Json<DraftBody>> {
    let scope = caller.scope.clone();
    let draft =
        node.exchange.store().read(&caller.participant, move |tx| drafts::find(tx, id, &scope)).await?;
    Ok(Json(draft.into()))
}

/// Saves a draft, a new one or once more.
#[utoipa::path(post, path = "/api/v1/trade/drafts", tag = "trade", operation_id = "trade_drafts_save",
    request_body = DraftInput,
    responses((status = 200, description = "The draft.", body = DraftBody), Problems))]
pub async fn save(
    node: Shared,
    caller: Caller,
    extract::Json(body): extract::Json<DraftInput>,
) -> Answer<Json<DraftBody>> {
    let id = body.id.as_deref().map(str::parse).transpose()?;
    let content = serde_json::Value::Object(body.document).to_string();
    let draft = keep(&node, &caller, id, &body.mapping, (&body.partner, &body.name, body.template), content);
    Ok(Json(draft.await?.into()))
}

/// Saves what is in a form.
///
/// # Errors
/// `malformed`, `too-large`, `not-found` for another's draft, those of the store.
pub(crate) async fn keep(
    node: &Node,
    caller: &Caller,
    id: Option<EnvelopeId>,
    name: &str,
    (partner, called, template): (&str, &str, bool),
    content: String,
) -> Result<Draft> {
    let mapping = mapping(node, &caller.participant, name).await?;
    if !partner.is_empty() && !caller.scope.admits(&corridor_trade::desk::EDIFACT.parse()?, &partner.parse()?)
    {
        return Err(Problem::new(ErrorCode::Forbidden).with("what", format!("draft for {partner}")));
    }
    let now = node.now();
    let draft = Draft {
        id: id.unwrap_or_else(|| EnvelopeId::new(&*node.clock, &*node.random)),
        mapping: mapping.mapping.clone(),
        partner: partner.to_owned(),
        name: called.to_owned(),
        template,
        content,
        author: caller.reader.clone(),
        created: now,
        updated: now,
    };
    draft.check(&mapping)?;
    let (saved, scope) = (draft.clone(), caller.scope.clone());
    node.exchange
        .store()
        .write(&caller.participant, move |tx| {
            if id.is_some() {
                drafts::find(tx, saved.id, &scope)?;
            }
            drafts::save(tx, &saved)
        })
        .await?;
    Ok(draft)
}

/// Deletes a draft or a template.
#[utoipa::path(delete, path = "/api/v1/trade/drafts/{id}", tag = "trade", operation_id = "trade_drafts_remove",
    params(("id" = inline(schema::UuidText), Path, description = "The draft's identifier.")),
    responses((status = 204, description = "It is deleted."), Problems))]
pub async fn remove(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<StatusCode> {
    discard(&node, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes one that is the caller's business.
///
/// # Errors
/// `not-found`; those of the store.
pub(crate) async fn discard(node: &Node, caller: &Caller, id: EnvelopeId) -> Result<()> {
    let scope = caller.scope.clone();
    node.exchange
        .store()
        .write(&caller.participant, move |tx| {
            drafts::find(tx, id, &scope)?;
            drafts::remove(tx, id).map(|_| ())
        })
        .await
}
