//! Trust: whose lists are held, and taking in new ones.

use axum::Json;
use corridor_base::{ActId, Country, Did, ErrorCode, KeyId, Problem, Timestamp, Words};
use corridor_identity::{
    Accepted, AsOf, Change, ListSummary, ParticipantAsOf, RecognitionSummary, Standing, Warning,
};
use corridor_proof::listed::Opened;
use corridor_proof::{Opening, Signed};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::extract::{Ask, Moment, Named, Note};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;
use crate::node::Node;

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
    /// The act that recorded that it came into use.
    #[schema(value_type = Option<schema::UuidText>)]
    pub act: Option<ActId>,
    /// The fields of that act, each with its salt: they open what the act commits to.
    #[schema(value_type = Option<Object>)]
    pub opened: Option<Opened>,
    /// The receipt of that act as far as it goes (C2SP tlog-proof); absent until the log holds it. With it the
    /// whole answer is evidence that `corridor verify` judges.
    pub receipt: Option<String>,
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
    let recorded = node.exchange.directory().recorded(&country, &stored).await?;
    let opening = recorded.as_ref().and_then(|row| row.opening.as_deref());
    let opening = opening.and_then(|json| serde_json::from_slice::<Opening>(json).ok());
    let receipt = match &recorded {
        Some(act) => node.ledger.receipts.of(&node.config.operator.did, act.id).await?.receipt,
        None => None,
    };
    Ok(Json(StoredListBody {
        act: recorded.map(|row| row.id),
        opened: opening.map(|opening| opening.opened()),
        receipt: receipt.map(|receipt| String::from_utf8_lossy(&receipt.to_bytes()).into_owned()),
        country,
        number: stored.number,
        digest: stored.digest.to_string(),
        accepted: stored.accepted,
        statement: String::from_utf8_lossy(&stored.bytes).into_owned(),
    }))
}

/// What changed from one list of a country to another.
#[derive(Serialize, ToSchema)]
pub struct ChangesBody {
    /// Whose lists.
    #[schema(value_type = schema::CountryText)]
    pub country: Country,
    /// The number of the older; absent when the newer is compared with nothing.
    pub from: Option<u64>,
    /// The number of the newer.
    pub to: u64,
    /// The numbers that are kept here, ascending.
    pub kept: Vec<u64>,
    /// The changes, in the order of the list.
    #[schema(value_type = Vec<Object>)]
    pub changes: Vec<Change>,
}

/// Between which lists.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The number of the older; the one kept before the newer, when left out.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    pub from: Option<u64>,
    /// The number of the newer; the newest, when left out.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    pub to: Option<u64>,
}

/// Shows what changed from one list of a country to another.
#[utoipa::path(get, path = "/api/v1/trust/lists/{country}/changes", tag = "trust", operation_id = "trust_changes",
    params(ChangesQuery, ("country" = inline(schema::CountryText), Path, description = "The country: `JP`.")),
    responses((status = 200, description = "The changes.", body = ChangesBody), Problems))]
pub async fn changes(
    node: Shared,
    _caller: Caller,
    Named(country): Named<Country>,
    Ask(query): Ask<ChangesQuery>,
) -> Answer<Json<ChangesBody>> {
    Ok(Json(changes_between(&node, country, &query).await?))
}

/// What changed between two of the kept lists of a country.
///
/// # Errors
/// `not-found` when a list is not kept here; what the store says.
pub async fn changes_between(
    node: &Node,
    country: Country,
    query: &ChangesQuery,
) -> Result<ChangesBody, Problem> {
    let directory = node.exchange.directory();
    let kept = directory.versions(&country).await?;
    let none = |what: String| Problem::new(ErrorCode::NotFound).with("what", what);
    let newest = || kept.last().copied().ok_or_else(|| none(format!("trust list of {country}")));
    let to = query.to.map_or_else(newest, Ok)?;
    let from = query.from.or_else(|| kept.iter().rev().find(|number| **number < to).copied());
    let list = async |number: u64| {
        let found = directory.list(&country, number).await?;
        found.ok_or_else(|| none(format!("trust list {number} of {country}")))?.parse()
    };
    let newer = list(to).await?;
    let older = match from {
        Some(number) => Some(list(number).await?),
        None => None,
    };
    let changes = corridor_identity::changes(older.as_ref().map(Signed::body), newer.body());
    Ok(ChangesBody { country, from, to, kept, changes })
}

/// What this node went by at an instant.
#[derive(Serialize, ToSchema)]
pub struct TrustAt {
    /// The instant.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The newest list of each country, with its standing then.
    pub lists: Vec<ListAt>,
    /// The recognitions that had been taken in.
    pub recognitions: Vec<RecognitionAt>,
    /// The logs that had ended.
    pub successions: Vec<SuccessionAt>,
    /// The participant that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantAt>,
}

/// A log that had ended then.
#[derive(Serialize, ToSchema)]
pub struct SuccessionAt {
    /// The country whose anchor said so.
    #[schema(value_type = schema::CountryText)]
    pub country: Country,
    /// The log, as a verifier key.
    pub log: String,
    /// How many leaves are known of it.
    pub size: u64,
    /// The log that goes on in its place, as a verifier key.
    pub successor: String,
    /// Why.
    pub why: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// SHA-256 of what the anchor signs to say so; the first act of the log that goes on commits to it.
    pub digest: String,
    /// The number of the country's list that names it.
    pub list: u64,
    /// The operator's act that commits to the digest of that list: its receipt proves that it was in use.
    #[schema(value_type = Option<schema::UuidText>)]
    pub act: Option<ActId>,
}

impl From<corridor_identity::SuccessionAsOf> for SuccessionAt {
    fn from(told: corridor_identity::SuccessionAsOf) -> Self {
        let found = told.succession;
        Self {
            list: told.list,
            act: told.act,
            log: found.log.to_string(),
            size: found.tree().size,
            successor: found.successor.to_string(),
            digest: found.digest().to_string(),
            country: found.country,
            why: found.why,
            time: found.at,
        }
    }
}

/// A list as it stood then.
#[derive(Serialize, ToSchema)]
pub struct ListAt {
    /// The list.
    #[serde(flatten)]
    pub list: ListBody,
    /// The operator's act that commits to its digest: its receipt proves that it was in use.
    #[schema(value_type = Option<schema::UuidText>)]
    pub act: Option<ActId>,
}

/// A recognition as it stood then.
#[derive(Serialize, ToSchema)]
pub struct RecognitionAt {
    /// The recognition.
    #[serde(flatten)]
    pub recognition: RecognitionBody,
    /// The operator's act that commits to its digest.
    #[schema(value_type = Option<schema::UuidText>)]
    pub act: Option<ActId>,
}

/// A participant as the list that spoke for it then had it.
#[derive(Serialize, ToSchema)]
pub struct ParticipantAt {
    /// Who.
    #[schema(value_type = schema::DidText)]
    pub did: Did,
    /// Its name.
    #[schema(value_type = schema::WordsText)]
    pub name: Words,
    /// The country that vouched for it.
    #[schema(value_type = schema::CountryText)]
    pub country: Country,
    /// The number of the list.
    pub list: u64,
    /// Its keys in that list, ended ones too.
    pub keys: Vec<KeyAt>,
    /// The verifier key of its node's log, named after the log's origin.
    pub log: Option<String>,
    /// The verifier key with which its node cosigns.
    pub witness: Option<String>,
}

/// A key as the list pinned it.
#[derive(Serialize, ToSchema)]
pub struct KeyAt {
    /// Its name.
    #[schema(value_type = String)]
    pub id: KeyId,
    /// The public key, a Multikey: `z6Mk…`.
    pub public: String,
    /// Valid from.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Valid until, not included, as far as was known then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The leaf after which it is void, when its revocation names one: the log's origin, and the number.
    pub void_after: Option<String>,
    /// Whether it was valid at the instant.
    pub valid: bool,
    /// For a key of one's own: the act that recorded that it was made.
    #[schema(value_type = Option<schema::UuidText>)]
    pub act: Option<ActId>,
}

impl From<ParticipantAsOf> for ParticipantAt {
    fn from(found: ParticipantAsOf) -> Self {
        let key = |k: corridor_identity::KeyAsOf| KeyAt {
            id: k.id,
            public: k.key.to_string(),
            from: k.from,
            until: k.until,
            void_after: k.void_after.map(|last| format!("{} {}", last.log, last.leaf)),
            valid: k.valid,
            act: k.act,
        };
        Self {
            did: found.did,
            name: found.name,
            country: found.country,
            list: found.list,
            keys: found.keys.into_iter().map(key).collect(),
            log: found.ledger.as_ref().map(|l| l.log.to_string()),
            witness: found.ledger.as_ref().map(|l| l.witness.to_string()),
        }
    }
}

impl From<AsOf> for TrustAt {
    fn from(found: AsOf) -> Self {
        let list = |l: corridor_identity::ListAsOf| ListAt { list: l.list.into(), act: l.act };
        let recognition = |r: corridor_identity::RecognitionAsOf| RecognitionAt {
            recognition: r.recognition.into(),
            act: r.act,
        };
        Self {
            at: found.at,
            lists: found.lists.into_iter().map(list).collect(),
            recognitions: found.recognitions.into_iter().map(recognition).collect(),
            successions: found.successions.into_iter().map(SuccessionAt::from).collect(),
            participant: found.participant.map(ParticipantAt::from),
        }
    }
}

/// At which instant, and of whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AtQuery {
    /// `2026-11-22T09:25:00.000Z`; now when left out.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Moment>,
    /// A participant whose keys are asked for.
    #[param(value_type = Option<schema::DidText>, inline)]
    who: Option<Did>,
}

/// Shows what this node went by at an instant: the lists, the recognitions, the keys of a participant,
/// and the acts that recorded them (ID-1).
#[utoipa::path(get, path = "/api/v1/trust/at", tag = "trust", operation_id = "trust_at", params(AtQuery),
    responses((status = 200, description = "What was valid then.", body = TrustAt), Problems))]
pub async fn at(node: Shared, caller: Caller, Ask(query): Ask<AtQuery>) -> Answer<Json<TrustAt>> {
    let at = query.at.map_or_else(|| node.now(), |m| m.0);
    let directory = node.exchange.directory();
    let found = directory.as_of(at, query.who.as_ref(), &caller.participant).await;
    // That there was no list then is the answer, and no fault of this node of today.
    let found = found.map_err(|problem| match problem.code() {
        ErrorCode::TrustListMissing => {
            Problem::new(ErrorCode::NotFound).with("what", format!("a trust list in use at {at}"))
        }
        _ => problem,
    });
    Ok(Json(found?.into()))
}

/// Who must have cosigned.
#[derive(Serialize, ToSchema)]
pub struct PolicyBody {
    /// The file (C2SP tlog-policy).
    pub policy: String,
}

/// For which log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PolicyQuery {
    /// The origin of one log. Then the file leaves out the witness of that log's own operator, for
    /// tools that know nothing of operators.
    log: Option<String>,
}

/// Shows the witness policy that the trust lists make: which logs are known, and who must have cosigned
/// for a receipt to be complete (LG-2).
#[utoipa::path(get, path = "/api/v1/trust/policy", tag = "trust", operation_id = "trust_policy", params(PolicyQuery),
    responses((status = 200, description = "The policy.", body = PolicyBody), Problems))]
pub async fn policy(node: Shared, _caller: Caller, Ask(query): Ask<PolicyQuery>) -> Answer<Json<PolicyBody>> {
    let (view, now) = (node.exchange.directory().view(), node.now());
    let known = |origin: &str| view.policy(now).map(|p| p.logs_of(origin).next().is_some());
    if let Some(origin) = &query.log
        && !known(origin)?
    {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("log {origin}")).into());
    }
    Ok(Json(PolicyBody { policy: view.policy_text(now, query.log.as_deref()) }))
}

/// Takes in a trust list or a recognition. It counts by its signature, whoever brings it.
#[utoipa::path(post, path = "/api/v1/trust", tag = "trust", operation_id = "trust_import",
    request_body(content = String, content_type = "text/plain", description = "The list or the recognition as it was signed."),
    responses((status = 200, description = "What came of it: a new list with its changes, a recognition, or nothing new.", body = Object), Problems))]
pub async fn import(node: Shared, _caller: Caller, Note(bytes): Note) -> Answer<Json<Accepted>> {
    Ok(Json(node.import(&bytes).await?))
}
