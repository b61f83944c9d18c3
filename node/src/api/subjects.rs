//! Persons: what is kept about one, who read it, and its erasure (LG-3, AC-1). A person is named in the
//! body of a request, never in an address: addresses reach the logs of whatever lies between.

use std::collections::BTreeMap;

use axum::Json;
use corridor_base::{ActId, Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::Person;
use corridor_exchange::erasure::{Access, Asked, Erasure};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::documents::{Document, limit};
use super::extract::{self, Ask, Named};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;
use crate::node::Node;
use crate::people::AccountId;
use crate::token::TokenRow;

/// Whom it is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectOrder {
    /// Your own reference of the person.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$")]
    pub(crate) subject: String,
}

/// A person whom we have named.
#[derive(Serialize, ToSchema)]
pub struct SubjectBody {
    /// Our own reference of the person.
    pub subject: String,
    /// Since when there is something about it here.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
}

/// One page of persons, in the order of their references.
#[derive(Serialize, ToSchema)]
pub struct SubjectList {
    /// The persons.
    pub items: Vec<SubjectBody>,
    /// What to pass as `after` for the next page; absent on the last.
    pub next: Option<String>,
}

/// What to list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectPage {
    /// The `next` of the page before.
    #[serde(default)]
    #[schema(max_length = 200, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub(crate) after: String,
    /// How many, 1 to 1000; 100 when left out.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<extract::Whole>,
}

/// What is kept about a person.
#[derive(Serialize, ToSchema)]
pub struct PersonBody {
    /// The person.
    #[serde(flatten)]
    pub subject: SubjectBody,
    /// The partners to whom it was named.
    #[schema(value_type = Vec<schema::DidText>)]
    pub partners: Vec<Did>,
    /// The documents about it, newest first.
    pub documents: Vec<Document>,
}

/// Who read what is about a person.
#[derive(Serialize, ToSchema)]
pub struct AccessReport {
    /// Each time somebody read something, newest first, at most 1000.
    pub items: Vec<AccessBody>,
}

/// One time somebody read something about a person.
#[derive(Serialize, ToSchema)]
pub struct AccessBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// Which document.
    #[schema(value_type = schema::UuidText)]
    pub envelope: EnvelopeId,
    /// With which token, or with which account.
    pub reader: String,
    /// In which role, when it is a token in the books.
    pub role: Option<String>,
    /// What people call it: the label of the token, or the name of the person with the account.
    pub label: Option<String>,
    /// The act that says so: it is in the log.
    #[schema(value_type = schema::UuidText)]
    pub act: ActId,
}

/// One erasure.
#[derive(Serialize, ToSchema)]
pub struct ErasureBody {
    /// Its number, which is that of its act. It names nobody: put it into the file of whoever asked.
    #[schema(value_type = schema::UuidText)]
    pub id: ActId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// By which token, or at the request of which partner; `log` when a restored node did it again.
    pub by: String,
    /// How many documents went with it.
    pub documents: u64,
    /// Whether every partner that may hold copies has confirmed.
    pub complete: bool,
    /// The partners that may hold copies.
    pub partners: Vec<AskedBody>,
}

/// A partner that was asked to erase.
#[derive(Serialize, ToSchema)]
pub struct AskedBody {
    /// Who.
    #[schema(value_type = schema::DidText)]
    pub partner: Did,
    /// When it confirmed; absent while it has not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub confirmed: Option<Timestamp>,
    /// How many documents it said went with it.
    pub documents: Option<u64>,
    /// What it signed (a C2SP signed note).
    pub acknowledgement: Option<String>,
}

/// One page of erasures, newest first.
#[derive(Serialize, ToSchema)]
pub struct ErasureList {
    /// The erasures.
    pub items: Vec<ErasureBody>,
    /// What to pass as `before` for the next page; absent on the last.
    #[schema(value_type = Option<schema::UuidText>)]
    pub next: Option<ActId>,
}

/// Which erasures to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ErasureQuery {
    /// The `next` of the page before.
    #[param(value_type = Option<schema::UuidText>, inline)]
    pub(crate) before: Option<ActId>,
    /// How many, 1 to 1000; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u32>,
}

impl From<corridor_storage::Subject> for SubjectBody {
    fn from(subject: corridor_storage::Subject) -> Self {
        Self { subject: subject.reference, created: subject.created }
    }
}

impl From<Person> for PersonBody {
    fn from(person: Person) -> Self {
        Self {
            subject: person.subject.into(),
            partners: person.partners,
            documents: person.documents.into_iter().map(Document::from).collect(),
        }
    }
}

impl From<Asked> for AskedBody {
    fn from(asked: Asked) -> Self {
        let note = asked.acknowledgement.as_ref();
        Self {
            partner: asked.partner,
            confirmed: asked.confirmed,
            documents: note.map(|note| note.body().documents),
            acknowledgement: note.map(|note| String::from_utf8_lossy(note.bytes()).into_owned()),
        }
    }
}

impl From<Erasure> for ErasureBody {
    fn from(erasure: Erasure) -> Self {
        Self {
            id: erasure.id,
            at: erasure.at,
            by: erasure.by,
            documents: erasure.documents,
            complete: erasure.asked.iter().all(|asked| asked.confirmed.is_some()),
            partners: erasure.asked.into_iter().map(AskedBody::from).collect(),
        }
    }
}

/// A person is not the business of one department: documents of others may be about it too.
fn whole(caller: &Caller) -> Result<()> {
    if caller.scope.is_whole() {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::Forbidden).with("what", "persons of the whole institution"))
}

/// Lists the persons whom we have named, by our own references.
#[utoipa::path(post, path = "/api/v1/subjects", tag = "subjects", operation_id = "subjects_list", request_body = SubjectPage,
    responses((status = 200, description = "A page of persons.", body = SubjectList), Problems))]
pub async fn list(
    node: Shared,
    caller: Caller,
    extract::Json(page): extract::Json<SubjectPage>,
) -> Answer<Json<SubjectList>> {
    whole(&caller)?;
    let most = limit(page.limit.map(|limit| limit.0))?;
    if page.after.chars().count() > 200 || page.after.chars().any(char::is_control) {
        let why = "a reference as `next` gave it expected";
        return Err(Problem::new(ErrorCode::Malformed).with("what", "after").with("why", why).into());
    }
    let found = node.exchange.persons(&caller.participant, &page.after, most).await?;
    let next = found.last().filter(|_| found.len() == most as usize).map(|s| s.reference.clone());
    Ok(Json(SubjectList { items: found.into_iter().map(SubjectBody::from).collect(), next }))
}

/// Shows what is kept about a person, and which partners were told of it.
#[utoipa::path(post, path = "/api/v1/subjects/show", tag = "subjects", operation_id = "subjects_show", request_body = SubjectOrder,
    responses((status = 200, description = "The person.", body = PersonBody), Problems))]
pub async fn show(
    node: Shared,
    caller: Caller,
    extract::Json(order): extract::Json<SubjectOrder>,
) -> Answer<Json<PersonBody>> {
    let mut person = node.exchange.person(&caller.participant, &order.subject).await?;
    person.documents.retain(|row| caller.scope.admits(&row.kind, &row.partner));
    if person.documents.is_empty() {
        // Somebody else's business, or nobody's.
        whole(&caller)?;
    }
    person.partners.retain(|partner| {
        caller.scope.is_whole() || person.documents.iter().any(|row| row.partner == *partner)
    });
    Ok(Json(person.into()))
}

/// Reports who read what is about a person, when, and with which token: what the person can be given.
#[utoipa::path(post, path = "/api/v1/subjects/access", tag = "subjects", operation_id = "subjects_access", request_body = SubjectOrder,
    responses((status = 200, description = "Who read.", body = AccessReport), Problems))]
pub async fn access(
    node: Shared,
    caller: Caller,
    extract::Json(order): extract::Json<SubjectOrder>,
) -> Answer<Json<AccessReport>> {
    whole(&caller)?;
    let us = &caller.participant;
    let found = node.exchange.accesses(us, &order.subject).await?;
    let mut readers = Readers::of(&node, us).await?;
    let mut items = Vec::new();
    for Access { act, time, envelope, reader } in found {
        let Known { role, label } = readers.known(&node, &reader).await?;
        items.push(AccessBody { time, envelope, reader, role, label, act });
    }
    Ok(Json(AccessReport { items }))
}

/// What is known of readers, as acts name them.
pub(crate) struct Readers(BTreeMap<String, Known>);

/// What is known of one.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// The role of a token.
    role: Option<String>,
    /// What people call it.
    pub(crate) label: Option<String>,
}

impl Readers {
    /// Those of a participant: its tokens; accounts are looked up when they are met.
    pub(crate) async fn of(node: &Node, us: &Did) -> Result<Self> {
        let known = |token: TokenRow| {
            let label = Some(token.label).filter(|label| !label.is_empty());
            (token.id.to_string(), Known { role: Some(token.role.to_string()), label })
        };
        Ok(Self(node.tokens.list(us).await?.into_iter().map(known).collect()))
    }

    /// What is known of this one: nothing of an account that is no more.
    pub(crate) async fn known(&mut self, node: &Node, reader: &str) -> Result<Known> {
        if let Some(known) = self.0.get(reader) {
            return Ok(known.clone());
        }
        let account = reader.strip_prefix("account:").and_then(|id| id.parse::<AccountId>().ok());
        let known = match account {
            Some(id) => match node.people.account(&id).await {
                Ok(account) => Known { role: None, label: Some(account.display) },
                Err(problem) if problem.code() == ErrorCode::NotFound => Known::default(),
                Err(problem) => return Err(problem),
            },
            None => Known::default(),
        };
        self.0.insert(reader.to_owned(), known.clone());
        Ok(known)
    }
}

/// Erases everything about a person, here at once and at every partner that was told of it: each is
/// asked until it has confirmed. Nothing brings it back.
#[utoipa::path(post, path = "/api/v1/subjects/erase", tag = "subjects", operation_id = "subjects_erase", request_body = SubjectOrder,
    responses((status = 200, description = "The erasure.", body = ErasureBody), Problems))]
pub async fn erase(
    node: Shared,
    caller: Caller,
    extract::Json(order): extract::Json<SubjectOrder>,
) -> Answer<Json<ErasureBody>> {
    whole(&caller)?;
    let erased = node.exchange.erase(&caller.participant, &order.subject, &caller.reader).await?;
    Ok(Json(erased.into()))
}

/// Lists erasures, newest first.
#[utoipa::path(get, path = "/api/v1/erasures", tag = "subjects", operation_id = "erasures_list", params(ErasureQuery),
    responses((status = 200, description = "A page of erasures.", body = ErasureList), Problems))]
pub async fn erasures(
    node: Shared,
    caller: Caller,
    Ask(query): Ask<ErasureQuery>,
) -> Answer<Json<ErasureList>> {
    let most = limit(query.limit)?;
    let found = node.exchange.erasures(&caller.participant, query.before, most).await?;
    let next = found.last().filter(|_| found.len() == most as usize).map(|e| e.id);
    Ok(Json(ErasureList { items: found.into_iter().map(ErasureBody::from).collect(), next }))
}

/// Shows one erasure, with the partners that have confirmed and those that have not yet.
#[utoipa::path(get, path = "/api/v1/erasures/{id}", tag = "subjects", operation_id = "erasures_show",
    params(("id" = inline(schema::UuidText), Path, description = "The number of the erasure.")),
    responses((status = 200, description = "The erasure.", body = ErasureBody), Problems))]
pub async fn erasure(node: Shared, caller: Caller, Named(id): Named<ActId>) -> Answer<Json<ErasureBody>> {
    Ok(Json(node.exchange.erasure(&caller.participant, id).await?.into()))
}
