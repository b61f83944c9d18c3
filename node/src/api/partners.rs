//! Partners: whom the trust lists name, what we agreed with them, and whether they answer.

use axum::Json;
use corridor_base::{Country, Did, KeyId, Result, Timestamp, Words};
use corridor_identity::Listed;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::documents::limit;
use super::extract::{Ask, Named};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;
use crate::node::Node;
use crate::partner::{self, Certificate, Test};

/// A participant that a trust list names.
#[derive(Serialize, ToSchema)]
pub struct Partner {
    /// Its identifier.
    #[schema(value_type = schema::DidText)]
    pub did: Did,
    /// Its name.
    #[schema(value_type = schema::WordsText)]
    pub name: Words,
    /// The country that vouches for it.
    #[schema(value_type = schema::CountryText)]
    pub country: Country,
    /// The number of the list that names it.
    pub list: u64,
    /// Where its node answers.
    pub endpoint: String,
    /// When it was removed from the list, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub removed: Option<Timestamp>,
    /// How many agreements with it are in force now.
    pub agreements: usize,
    /// When its keys or its certificate end, whichever is first, as far as it is known; absent when no end
    /// is set.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Timestamp>,
}

/// The TLS certificate of a partner's node.
#[derive(Serialize, ToSchema)]
pub struct CertificateBody {
    /// `seen`; `unseen` when it has not been since this node began; `none` when its address is http.
    #[schema(value_type = CertificateState)]
    pub state: &'static str,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Timestamp>,
    /// When it was shown last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub seen: Option<Timestamp>,
}

/// Whether a certificate is known.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum CertificateState {
    /// As it was shown last.
    #[allow(dead_code, reason = "only its description is used")]
    Seen,
    /// Not since this node began.
    #[allow(dead_code, reason = "only its description is used")]
    Unseen,
    /// Its address is http.
    #[allow(dead_code, reason = "only its description is used")]
    None,
}

impl From<Certificate> for CertificateBody {
    fn from(certificate: Certificate) -> Self {
        let body = |state, expires, seen| Self { state, expires, seen };
        match certificate {
            Certificate::None => body("none", None, None),
            Certificate::Unseen => body("unseen", None, None),
            Certificate::Seen(c) => body("seen", Some(c.expires), Some(c.seen)),
        }
    }
}

/// A partner with its keys and its agreements.
#[derive(Serialize, ToSchema)]
pub struct PartnerDetail {
    /// The partner.
    #[serde(flatten)]
    pub partner: Partner,
    /// Its keys as the list pins them.
    pub keys: Vec<PinnedKey>,
    /// The TLS certificate of its node.
    pub certificate: CertificateBody,
    /// The identifiers of our agreements with it, in force or not.
    #[schema(value_type = Vec<schema::UuidText>)]
    pub agreed: Vec<corridor_base::AgreementId>,
}

/// A key as a trust list pins it.
#[derive(Serialize, ToSchema)]
pub struct PinnedKey {
    /// Its name.
    #[schema(value_type = String)]
    pub id: KeyId,
    /// The public key, a Multikey: `z6Mk…`.
    pub public: String,
    /// Valid from.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Valid until, not included.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// One page of partners, ordered by identifier.
#[derive(Serialize, ToSchema)]
pub struct PartnerList {
    /// The partners.
    pub items: Vec<Partner>,
    /// What to pass as `after` for the next page; absent on the last.
    pub next: Option<String>,
}

/// Which partners to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartnerQuery {
    /// Only those that one country vouches for.
    #[param(value_type = Option<schema::CountryText>, inline)]
    pub(crate) country: Option<Country>,
    /// Only those with which an agreement is in force (true), or all that are listed (false, when
    /// left out).
    #[serde(default)]
    pub(crate) agreed: bool,
    /// The `next` of the page before.
    #[param(value_type = Option<schema::DidText>, inline)]
    pub(crate) after: Option<Did>,
    /// How many, 1 to 1000; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u32>,
}

fn body(node: &Node, listed: &Listed, agreements: usize) -> Partner {
    let entry = &listed.participant;
    Partner {
        did: entry.did.clone(),
        name: entry.name.clone(),
        country: listed.country.clone(),
        list: listed.list,
        endpoint: entry.endpoint.clone(),
        removed: entry.removed,
        agreements,
        expires: partner::ends(node, listed, node.now()),
    }
}

/// Lists the participants that the trust lists name, ourselves excepted.
#[utoipa::path(get, path = "/api/v1/partners", tag = "partners", operation_id = "partners_list", params(PartnerQuery),
    responses((status = 200, description = "A page of partners.", body = PartnerList), Problems))]
pub async fn list(node: Shared, caller: Caller, Ask(query): Ask<PartnerQuery>) -> Answer<Json<PartnerList>> {
    let limit = limit(query.limit)? as usize;
    let us = &caller.participant;
    let in_force = in_force(&node, us).await?;
    let mut listed = node.exchange.directory().all();
    listed.retain(|l| &l.participant.did != us);
    listed.sort_by(|a, b| a.participant.did.cmp(&b.participant.did));
    let count = |did: &Did| in_force.iter().filter(|d| *d == did).count();
    let mut found = listed
        .iter()
        .filter(|l| query.country.as_ref().is_none_or(|c| c == &l.country))
        .filter(|l| query.after.as_ref().is_none_or(|after| &l.participant.did > after))
        .map(|l| body(&node, l, count(&l.participant.did)))
        .filter(|p| !query.agreed || p.agreements > 0);
    let items: Vec<Partner> = found.by_ref().take(limit).collect();
    let next = found.next().and_then(|_| items.last().map(|p| p.did.to_string()));
    Ok(Json(PartnerList { items, next }))
}

async fn in_force(node: &Shared, us: &Did) -> Result<Vec<Did>> {
    let now = node.now();
    let all = node.exchange.agreements(us).await?;
    Ok(all.into_iter().filter(|a| a.in_force(now)).map(|a| a.partner).collect())
}

/// Shows one partner.
#[utoipa::path(get, path = "/api/v1/partners/{did}", tag = "partners", operation_id = "partners_show",
    params(("did" = inline(schema::DidText), Path, description = "Its identifier, percent-encoded.")),
    responses((status = 200, description = "The partner.", body = PartnerDetail), Problems))]
pub async fn show(node: Shared, caller: Caller, Named(did): Named<Did>) -> Answer<Json<PartnerDetail>> {
    let listed = partner::find(&node, &did)?;
    let now = node.now();
    let agreements = node.exchange.agreements(&caller.participant).await?;
    let ours: Vec<_> = agreements.iter().filter(|a| a.partner == did).collect();
    let keys = listed.participant.keys.iter().map(|k| PinnedKey {
        id: k.id.clone(),
        public: k.key.to_string(),
        from: k.from,
        until: k.until,
    });
    Ok(Json(PartnerDetail {
        certificate: partner::certificate(&node, &listed).into(),
        partner: body(&node, &listed, ours.iter().filter(|a| a.in_force(now)).count()),
        keys: keys.collect(),
        agreed: ours.iter().map(|a| a.terms.id).collect(),
    }))
}

/// Asks a partner's node for its DID document and holds it against the keys that the trust list
/// pins. A mismatch is refused and reported (ID-1).
#[utoipa::path(post, path = "/api/v1/partners/{did}/test", tag = "partners", operation_id = "partners_test",
    params(("did" = inline(schema::DidText), Path, description = "Its identifier, percent-encoded.")),
    responses((status = 200, description = "It answers, and its keys are those of the list.", body = Test), Problems))]
pub async fn test(node: Shared, caller: Caller, Named(did): Named<Did>) -> Answer<Json<Test>> {
    Ok(Json(partner::test(&node, &caller.participant, &did).await?))
}
