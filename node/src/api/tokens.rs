//! Tokens: who may use this API for the participant.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use corridor_base::{ErrorCode, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use super::extract::{self, Named, Whole};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::{Caller, Role};
use crate::people::Gift;
use crate::token::{TokenId, TokenRow};

/// A token in the books; its secret is shown once, when it is made.
#[derive(Serialize, ToSchema)]
pub struct TokenBody {
    /// Its identifier.
    pub id: String,
    /// What it lets its bearer do.
    pub role: Role,
    /// For which department; absent is the whole participant.
    pub department: Option<String>,
    /// What people call it.
    pub label: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// From when it no longer counts.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Timestamp>,
    /// When it was withdrawn.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked: Option<Timestamp>,
}

/// A token just made, with its secret: it cannot be shown again.
#[derive(Serialize, ToSchema)]
pub struct NewToken {
    /// The token in the books.
    #[serde(flatten)]
    pub token: TokenBody,
    /// The text that its bearer keeps.
    pub secret: String,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenOrder {
    /// What it shall let its bearer do.
    role: Role,
    /// For which department alone, of officers; left out, for the whole participant.
    #[schema(max_length = 40, pattern = "^[a-z0-9-]{1,40}$")]
    department: Option<String>,
    /// What people call it: the program or the office that uses it.
    #[serde(default)]
    #[schema(max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    label: String,
    /// For how many days it counts, 1 to 3650; 365 when left out.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    days: Option<Whole>,
}

/// All tokens of the participant.
#[derive(Serialize, ToSchema)]
pub struct TokenList {
    /// The tokens, newest first, at most 1000.
    pub items: Vec<TokenBody>,
}

impl From<TokenRow> for TokenBody {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id.to_string(),
            role: row.role,
            department: row.department.map(|d| d.to_string()),
            label: row.label,
            created: row.created,
            expires: row.expires,
            revoked: row.revoked,
        }
    }
}

/// Lists tokens.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", operation_id = "tokens_list",
    responses((status = 200, description = "All tokens of the participant.", body = TokenList), Problems))]
pub async fn list(node: Shared, caller: Caller) -> Answer<Json<TokenList>> {
    let rows = node.tokens.list(&caller.participant).await?;
    Ok(Json(TokenList { items: rows.into_iter().map(TokenBody::from).collect() }))
}

/// Makes a token.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", operation_id = "tokens_create", request_body = TokenOrder,
    responses((status = 201, description = "The token, with its secret.", body = NewToken), Problems))]
pub async fn create(
    node: Shared,
    caller: Caller,
    extract::Json(order): extract::Json<TokenOrder>,
) -> Answer<(StatusCode, Json<NewToken>)> {
    let days = order.days.map_or(365, |days| days.0);
    if !(1..=3650).contains(&days) {
        return Err(Problem::new(ErrorCode::Malformed)
            .with("what", "days")
            .with("why", "1 to 3650 expected")
            .into());
    }
    let lives = Duration::from_secs(u64::from(days) * 86_400);
    let department = order.department.as_deref().map(str::parse).transpose()?;
    let gift = Gift { role: order.role, department };
    let (token, row) = node.tokens.create_for(&caller.participant, gift, &order.label, Some(lives)).await?;
    Ok((StatusCode::CREATED, Json(NewToken { token: row.into(), secret: token.text() })))
}

/// Withdraws a token. On this node at once; on other replicas within five seconds.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", operation_id = "tokens_revoke",
    params(("id" = inline(schema::TokenIdText), Path, description = "The token's identifier.")),
    responses((status = 204, description = "It no longer counts."), Problems))]
pub async fn revoke(node: Shared, caller: Caller, Named(id): Named<TokenId>) -> Answer<StatusCode> {
    node.tokens.revoke(&caller.participant, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
