//! Trust: whose lists are held, and taking in new ones.

use axum::Json;
use corridor_base::{Country, ErrorCode, Problem, Timestamp};
use corridor_identity::{Accepted, ListSummary, RecognitionSummary, Standing, Warning};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::extract::{Ask, Moment, Named, Note};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;

/// What this node trusts.
#[derive(Serialize, ToSchema)]
pub struct Trust {
    /// The anchors of the configuration.
    pub anchors: Vec<AnchorBody>,
    /// The newest list of each country.
    pub lists: Vec<ListBody>,
    /// The recognitions between countries.
    pub recognitions: Vec<RecognitionBody>,
    /// What an operator should see to.
    #[schema(value_type = Vec<Object>)]
    pub warnings: Vec<Warning>,
}

/// An anchor: who signs a country's lists.
#[derive(Serialize, ToSchema)]
pub struct AnchorBody {
    /// Whose.
    #[schema(value_type = schema::CountryText)]
    pub country: Country,
    /// Its verifier key, `NAME+HASH+KEY`.
    pub key: String,
}

/// A trust list in figures.
#[derive(Serialize, ToSchema)]
pub struct ListBody {
    /// Whose list.
    #[schema(value_type = schema::CountryText)]
    pub country: Country,
    /// Its number.
    pub number: u64,
    /// SHA-256 of what was signed.
    pub digest: String,
    /// When it was signed.
    #[schema(value_type = String, format = DateTime)]
    pub issued: Timestamp,
    /// Until when it stands.
    #[schema(value_type = String, format = DateTime)]
    pub expires: Timestamp,
    /// From when nothing new is accepted under it.
    #[schema(value_type = String, format = DateTime)]
    pub closes: Timestamp,
    /// When it came into use here.
    #[schema(value_type = String, format = DateTime)]
    pub accepted: Timestamp,
    /// How many participants it names and does not mark as removed.
    pub participants: usize,
    /// `in-force`, `grace`, `closed`, `unrecognised`.
    #[schema(value_type = String)]
    pub standing: Standing,
}

/// A recognition in figures.
#[derive(Serialize, ToSchema)]
pub struct RecognitionBody {
    /// The two countries.
    #[schema(value_type = Vec<schema::CountryText>)]
    pub countries: [Country; 2],
    /// SHA-256 of what was signed.
    pub digest: String,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Until when, not included.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Whether it is the one that counts now.
    pub in_force: bool,
}

impl From<ListSummary> for ListBody {
    fn from(list: ListSummary) -> Self {
        Self {
            country: list.country,
            number: list.number,
            digest: list.digest.to_string(),
            issued: list.issued,
            expires: list.expires,
            closes: list.closes,
            accepted: list.accepted,
            participants: list.participants,
            standing: list.standing,
        }
    }
}

impl From<RecognitionSummary> for RecognitionBody {
    fn from(found: RecognitionSummary) -> Self {
        Self {
            countries: found.countries,
            digest: found.digest.to_string(),
            from: found.from,
            until: found.until,
            in_force: found.in_force,
        }
    }
}

/// Shows the anchors, lists and recognitions that this node goes by.
#[utoipa::path(get, path = "/api/v1/trust", tag = "trust", operation_id = "trust_show",
    responses((status = 200, description = "What this node trusts.", body = Trust), Problems))]
pub async fn show(node: Shared, _caller: Caller) -> Json<Trust> {
    let (view, now) = (node.exchange.directory().view(), node.now());
    let anchor = |a: &corridor_identity::AnchorKey| AnchorBody { country: a.country.clone(), key: a.vkey() };
    Json(Trust {
        anchors: view.pinned().iter().map(anchor).collect(),
        lists: view.lists(now).into_iter().map(ListBody::from).collect(),
        recognitions: view.recognitions(now).into_iter().map(RecognitionBody::from).collect(),
        warnings: view.warnings(now),
    })
}

/// A trust list as it was accepted here.
#[derive(Serialize, ToSchema)]
pub struct StoredListBody {
    /// Whose list.
    #[schema(value_type = schema::CountryText)]
    pub country: Country,
    /// Its number.
    pub number: u64,
    /// SHA-256 of what was signed.
    pub digest: String,
    /// When it came into use here.
    #[schema(value_type = String, format = DateTime)]
    pub accepted: Timestamp,
    /// The list as it was signed (a C2SP signed note).
    pub statement: String,
}

/// At which instant.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Instant {
    /// `2026-11-22T09:25:00.000Z`; now when left out.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Moment>,
}

/// Shows the list of a country that was in use here at an instant.
#[utoipa::path(get, path = "/api/v1/trust/lists/{country}", tag = "trust", operation_id = "trust_list",
    params(Instant, ("country" = inline(schema::CountryText), Path, description = "The country: `JP`.")),
    responses((status = 200, description = "The list.", body = StoredListBody), Problems))]
pub async fn list(
    node: Shared,
    _caller: Caller,
    Named(country): Named<Country>,
    Ask(query): Ask<Instant>,
) -> Answer<Json<StoredListBody>> {
    let at = query.at.map_or_else(|| node.now(), |m| m.0);
    let found = node.exchange.directory().list_in_use(&country, at).await?;
    let stored = found.ok_or_else(|| {
        Problem::new(ErrorCode::NotFound).with("what", format!("trust list of {country} at {at}"))
    })?;
    Ok(Json(StoredListBody {
        country,
        number: stored.number,
        digest: stored.digest.to_string(),
        accepted: stored.accepted,
        statement: String::from_utf8_lossy(&stored.bytes).into_owned(),
    }))
}

/// Takes in a trust list or a recognition. It counts by its signature, whoever brings it.
#[utoipa::path(post, path = "/api/v1/trust", tag = "trust", operation_id = "trust_import",
    request_body(content = String, content_type = "text/plain", description = "The list or the recognition as it was signed."),
    responses((status = 200, description = "What came of it: a new list with its changes, a recognition, or nothing new.", body = Object), Problems))]
pub async fn import(node: Shared, _caller: Caller, Note(bytes): Note) -> Answer<Json<Accepted>> {
    Ok(Json(node.import(&bytes).await?))
}
