//! Agreements: what may cross between us and a partner, once both have signed.

use axum::Json;
use axum::http::StatusCode;
use corridor_base::{AgreementId, Did, ErrorCode, Problem, Result, Timestamp, Words};
use corridor_exchange::agreements::{AgreementRow, Standing};
use corridor_proof::{
    Agreement, Codes, ContentTerm, Expectation, Flow, Grant, Kind, MessageType, Signed, Verb,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use super::extract::{self, Moment, Named, Note};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;

/// An agreement in the books of the participant.
#[derive(Serialize, ToSchema)]
pub struct AgreementBody {
    /// Its identifier.
    #[schema(value_type = schema::UuidText)]
    pub id: AgreementId,
    /// The other party.
    #[schema(value_type = schema::DidText)]
    pub partner: Did,
    /// What it is for.
    #[schema(value_type = schema::WordsText)]
    pub purpose: Words,
    /// What it allows; anything else is denied.
    pub grants: Vec<GrantBody>,
    /// From when it is in force.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Until when, not included.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// For how many hours acts may wait for the cosignatures of both countries before nothing new
    /// begins.
    pub pending_hours: u64,
    /// Which answers are waited for.
    pub expects: Vec<ExpectationBody>,
    /// Messages whose content is judged apart from their syntax, and answered by APERAK.
    pub aperak: Vec<ContentTermBody>,
    /// Whether what crosses is for real or a test: `production` (tests are refused), `both`, `test` (all of it is a
    /// test), or `open`: each party sets for itself.
    #[schema(value_type = String)]
    pub flow: Flow,
    /// `proposed` (we signed, the partner has not), `concluded`, `ended`.
    #[schema(value_type = String)]
    pub standing: Standing,
    /// Whether it is in force now.
    pub in_force: bool,
    /// When it came into the books.
    #[schema(value_type = String, format = DateTime)]
    pub recorded: Timestamp,
    /// SHA-256 of the signed text.
    pub digest: String,
    /// The agreement as it is signed (a C2SP signed note): this is what the partner gets.
    pub statement: String,
}

/// One thing an agreement allows.
#[derive(Serialize, ToSchema)]
pub struct GrantBody {
    /// `send`, `ask` or `share`.
    #[schema(value_type = schema::VerbWord)]
    pub verb: Verb,
    /// With documents or data of which kind.
    #[schema(value_type = schema::KindText)]
    pub kind: Kind,
    /// By whom.
    #[schema(value_type = schema::DidText)]
    pub from: Did,
    /// Towards whom.
    #[schema(value_type = schema::DidText)]
    pub to: Did,
    /// The largest content, in bytes.
    pub max_size: u64,
}

/// An answer that whoever sends a message waits for.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationBody {
    /// The message that is sent.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{0,5}$", example = "CUSCAR")]
    pub message: MessageType,
    /// The message that answers it; `CONTRL` answers the interchange it is in.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{0,5}$", example = "CUSRES")]
    pub answer: MessageType,
    /// Within how many seconds after the partner has acknowledged the document.
    #[schema(minimum = 1, maximum = 2_678_400)]
    pub within: u32,
    /// How often the document is sent again when nothing came, each time for as long.
    #[serde(default)]
    #[schema(maximum = 10)]
    pub resend: u32,
}

/// Messages whose content is judged apart from their syntax: what breaks a rule of the partner guide or a code
/// list is answered by APERAK.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentTermBody {
    /// The message.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{0,5}$", example = "CUSCAR")]
    pub message: MessageType,
    /// `warn`: codes that the directory does not have are told to the recipient's own people; `refuse`: they are
    /// answered as errors.
    #[serde(default)]
    #[schema(value_type = String, pattern = "^(warn|refuse)$", default = "warn")]
    pub codes: Codes,
}

impl From<ContentTerm> for ContentTermBody {
    fn from(term: ContentTerm) -> Self {
        Self { message: term.message, codes: term.codes }
    }
}

impl From<ContentTermBody> for ContentTerm {
    fn from(term: ContentTermBody) -> Self {
        Self { message: term.message, codes: term.codes }
    }
}

impl From<Expectation> for ExpectationBody {
    fn from(term: Expectation) -> Self {
        Self { message: term.message, answer: term.answer, within: term.within, resend: term.resend }
    }
}

impl From<ExpectationBody> for Expectation {
    fn from(term: ExpectationBody) -> Self {
        Self { message: term.message, answer: term.answer, within: term.within, resend: term.resend }
    }
}

/// All agreements of the participant.
#[derive(Serialize, ToSchema)]
pub struct AgreementList {
    /// The agreements, newest first, at most 1000.
    pub items: Vec<AgreementBody>,
}

/// An agreement to be drawn up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// With whom.
    #[schema(value_type = schema::DidText)]
    partner: Did,
    /// What it is for.
    #[schema(value_type = schema::WordsText)]
    purpose: Words,
    /// What it shall allow.
    #[schema(min_items = 1, max_items = 200)]
    grants: Vec<ProposedGrant>,
    /// From when; now when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// Until when, not included.
    #[schema(value_type = String, format = DateTime)]
    until: Moment,
    /// For how many hours acts may wait for the cosignatures of both countries before nothing new
    /// begins; 72 when left out.
    #[schema(minimum = 1, maximum = 744)]
    pending_hours: Option<u32>,
    /// Which answers are waited for, each to the same message once.
    #[serde(default)]
    #[schema(max_items = 50)]
    expects: Vec<ExpectationBody>,
    /// Messages whose content is judged apart from their syntax, each once; CONTRL and APERAK are none.
    #[serde(default)]
    #[schema(max_items = 50)]
    aperak: Vec<ContentTermBody>,
    /// Whether what crosses is for real or a test: `production` (tests are refused), `both`, `test` (all of it is a
    /// test), or `open`: each party sets for itself.
    #[serde(default)]
    #[schema(value_type = String, pattern = "^(open|production|both|test)$", default = "open")]
    flow: Flow,
}

/// One thing it shall allow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposedGrant {
    /// `send`, `ask` or `share`.
    #[schema(value_type = schema::VerbWord)]
    verb: Verb,
    /// With documents or data of which kind.
    #[schema(value_type = schema::KindText)]
    kind: Kind,
    /// `out`: by us; `in`: by the partner.
    direction: Direction,
    /// The largest content, in bytes.
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    max_size: u64,
}

/// In which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From us to the partner.
    Out,
    /// From the partner to us.
    In,
}

fn body(row: AgreementRow, now: Timestamp) -> AgreementBody {
    let in_force = row.in_force(now);
    let pending_hours = row.terms.pending_limit().as_secs() / 3600;
    let grant =
        |g: Grant| GrantBody { verb: g.verb, kind: g.kind, from: g.from, to: g.to, max_size: g.max_size };
    AgreementBody {
        id: row.terms.id,
        partner: row.partner,
        purpose: row.terms.purpose,
        grants: row.terms.grants.into_iter().map(grant).collect(),
        from: row.terms.from,
        until: row.terms.until,
        pending_hours,
        expects: row.terms.expects.into_iter().map(ExpectationBody::from).collect(),
        aperak: row.terms.aperak.into_iter().map(ContentTermBody::from).collect(),
        flow: row.terms.flow,
        standing: row.standing,
        in_force,
        recorded: row.recorded,
        digest: row.digest.to_string(),
        statement: String::from_utf8_lossy(row.statement.bytes()).into_owned(),
    }
}

/// What a file says to whoever is asked to sign it; nothing is signed or kept.
///
/// # Errors
/// `malformed`, `agreement-invalid` when we are no party.
pub(crate) fn read(us: &Did, bytes: &[u8], now: Timestamp) -> Result<AgreementBody> {
    let statement = Signed::<Agreement>::parse(bytes)?;
    let terms = statement.body().clone();
    let Some(partner) = terms.partner_of(us).cloned() else {
        let why = format!("{us} is not a party");
        return Err(Problem::new(ErrorCode::AgreementInvalid).with("id", terms.id).with("why", why));
    };
    let digest = statement.digest();
    let row = AgreementRow { terms, partner, standing: Standing::Proposed, digest, recorded: now, statement };
    Ok(body(row, now))
}

async fn found(node: &Shared, caller: &Caller, id: AgreementId) -> Result<Json<AgreementBody>> {
    let row = node.exchange.agreement(&caller.participant, id).await?;
    Ok(Json(body(row, node.clock.now())))
}

/// Lists agreements.
#[utoipa::path(get, path = "/api/v1/agreements", tag = "agreements", operation_id = "agreements_list",
    responses((status = 200, description = "All agreements of the participant.", body = AgreementList), Problems))]
pub async fn list(node: Shared, caller: Caller) -> Answer<Json<AgreementList>> {
    let now = node.clock.now();
    let rows = node.exchange.agreements(&caller.participant).await?;
    Ok(Json(AgreementList { items: rows.into_iter().map(|r| body(r, now)).collect() }))
}

/// Draws up an agreement and signs it for us. Nothing is allowed by it until the partner's signature
/// has come back.
#[utoipa::path(post, path = "/api/v1/agreements", tag = "agreements", operation_id = "agreements_propose", request_body = Proposal,
    responses((status = 201, description = "The agreement with our signature.", body = AgreementBody), Problems))]
pub async fn propose(
    node: Shared,
    caller: Caller,
    extract::Json(proposal): extract::Json<Proposal>,
) -> Answer<(StatusCode, Json<AgreementBody>)> {
    let us = &caller.participant;
    let terms = terms(us, proposal, AgreementId::new(&*node.clock, &*node.random), node.clock.now());
    let signed = node.exchange.propose(us, terms).await?;
    Ok((StatusCode::CREATED, found(&node, &caller, signed.body().id).await?))
}

fn terms(us: &Did, proposal: Proposal, id: AgreementId, now: Timestamp) -> Agreement {
    let Proposal { partner, purpose, grants, from, until, pending_hours, expects, aperak, flow } = proposal;
    let grant = |g: ProposedGrant| {
        let (from, to) = match g.direction {
            Direction::Out => (us.clone(), partner.clone()),
            Direction::In => (partner.clone(), us.clone()),
        };
        Grant { verb: g.verb, kind: g.kind, from, to, max_size: g.max_size }
    };
    Agreement {
        id,
        grants: grants.into_iter().map(grant).collect(),
        parties: [us.clone(), partner],
        purpose,
        from: from.map_or(now, |m| m.0),
        until: until.0,
        pending_hours,
        expects: expects.into_iter().map(Expectation::from).collect(),
        aperak: aperak.into_iter().map(ContentTerm::from).collect(),
        flow,
    }
}

/// Takes in an agreement that the partner signed; gives our signature when it is not on it yet.
#[utoipa::path(post, path = "/api/v1/agreements/accept", tag = "agreements", operation_id = "agreements_accept",
    request_body(content = String, content_type = "text/plain", description = "The agreement as the partner signed it."),
    responses((status = 200, description = "The agreement with both signatures: it goes back to the partner.", body = AgreementBody), Problems))]
pub async fn accept(node: Shared, caller: Caller, Note(bytes): Note) -> Answer<Json<AgreementBody>> {
    let signed: Signed<Agreement> = node.exchange.conclude(&caller.participant, &bytes).await?;
    Ok(found(&node, &caller, signed.body().id).await?)
}

/// Shows one agreement.
#[utoipa::path(get, path = "/api/v1/agreements/{id}", tag = "agreements", operation_id = "agreements_show",
    params(("id" = inline(schema::UuidText), Path, description = "The agreement's identifier.")),
    responses((status = 200, description = "The agreement.", body = AgreementBody), Problems))]
pub async fn show(
    node: Shared,
    caller: Caller,
    Named(id): Named<AgreementId>,
) -> Answer<Json<AgreementBody>> {
    Ok(found(&node, &caller, id).await?)
}

/// Ends an agreement before its time. From now on nothing crosses under it.
#[utoipa::path(post, path = "/api/v1/agreements/{id}/end", tag = "agreements", operation_id = "agreements_end",
    params(("id" = inline(schema::UuidText), Path, description = "The agreement's identifier.")),
    responses((status = 200, description = "The agreement.", body = AgreementBody), Problems))]
pub async fn end(node: Shared, caller: Caller, Named(id): Named<AgreementId>) -> Answer<Json<AgreementBody>> {
    node.exchange.end_agreement(&caller.participant, id).await?;
    Ok(found(&node, &caller, id).await?)
}
