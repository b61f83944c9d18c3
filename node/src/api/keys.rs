//! Keys: with what the participant signs, and the next one.

use axum::Json;
use axum::http::StatusCode;
use corridor_base::{KeyId, Timestamp};
use corridor_identity::{KeyRecord, KeyState};
use serde::Serialize;
use utoipa::ToSchema;

use super::Shared;
use super::problem::{Answer, Problems};
use crate::access::Caller;

/// One key of the participant, without its secret.
#[derive(Serialize, ToSchema)]
pub struct KeyBody {
    /// Its name: `did:web:example.jp#k1`.
    #[schema(value_type = String)]
    pub id: KeyId,
    /// The public key, a Multikey: `z6Mk…`.
    pub public: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// `current` signs; `pending` waits until the trust list pins it; `retired` signed once.
    #[schema(value_type = String)]
    pub state: KeyState,
}

/// All keys of the participant.
#[derive(Serialize, ToSchema)]
pub struct KeyList {
    /// The keys, oldest first.
    pub items: Vec<KeyBody>,
}

impl From<KeyRecord> for KeyBody {
    fn from(key: KeyRecord) -> Self {
        Self { id: key.id, public: key.public.to_string(), created: key.created, state: key.state }
    }
}

/// Lists keys.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", operation_id = "keys_list",
    responses((status = 200, description = "All keys of the participant.", body = KeyList), Problems))]
pub async fn list(node: Shared, caller: Caller) -> Answer<Json<KeyList>> {
    let keyring = node.exchange.keyring(&caller.participant)?;
    Ok(Json(KeyList { items: keyring.keys().into_iter().map(KeyBody::from).collect() }))
}

/// Makes the next key. The present one goes on signing until the country's trust list pins the new
/// one and that list is imported.
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", operation_id = "keys_rotate",
    responses((status = 201, description = "The new key.", body = KeyBody), Problems))]
pub async fn rotate(node: Shared, caller: Caller) -> Answer<(StatusCode, Json<KeyBody>)> {
    let made = node.rotate(&caller.participant).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
