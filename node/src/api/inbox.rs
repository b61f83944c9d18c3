//! The inbox: what partners sent.

use axum::Json;
use axum::response::Response;
use corridor_base::EnvelopeId;
use corridor_exchange::Side;

use super::Shared;
use super::documents::{self, DetailQuery, DocumentDetail, DocumentPage, DocumentQuery};
use super::extract::{Ask, Named};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;

/// Lists received documents, newest first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "inbox", operation_id = "inbox_list", params(DocumentQuery),
    responses((status = 200, description = "A page of documents.", body = DocumentPage), Problems))]
pub async fn list(
    node: Shared,
    caller: Caller,
    Ask(query): Ask<DocumentQuery>,
) -> Answer<Json<DocumentPage>> {
    documents::page(&node, &caller, Side::In, query).await.map(Json)
}

/// Shows one received document with its evidence.
#[utoipa::path(get, path = "/api/v1/inbox/{id}", tag = "inbox", operation_id = "inbox_show",
    params(DetailQuery, ("id" = inline(schema::UuidText), Path, description = "The envelope's identifier.")),
    responses((status = 200, description = "The document.", body = DocumentDetail), Problems))]
pub async fn show(
    node: Shared,
    caller: Caller,
    Named(id): Named<EnvelopeId>,
    Ask(query): Ask<DetailQuery>,
) -> Answer<Json<DocumentDetail>> {
    documents::detail(&node, &caller, Side::In, id, &query).await.map(Json)
}

/// Reads the content of a received document. Leaves an act that says which token read it.
#[utoipa::path(get, path = "/api/v1/inbox/{id}/content", tag = "inbox", operation_id = "inbox_content",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope's identifier.")),
    responses((status = 200, description = "The content, as it was signed.", content_type = "application/octet-stream", body = inline(schema::ContentBytes)), Problems))]
pub async fn content(node: Shared, caller: Caller, Named(id): Named<EnvelopeId>) -> Answer<Response> {
    documents::content(&node, &caller, Side::In, id).await
}
