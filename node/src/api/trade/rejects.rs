//! The broker's desk: what of ours was refused, why, and its amendment.

mod body;

use std::sync::Arc;

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use bytes::Bytes;
use corridor_base::{Did, Digest, EnvelopeId, ErrorCode, Lang, Problem, Result, Words};
use corridor_exchange::Side;
use corridor_trade::edifact::{Options, Reader, Severity};
use corridor_trade::mapping::{Document, Losses, Mapping, documents};
use corridor_trade::rejects::{self, Cause, Function, Reject, Wanted};
use corridor_trade::rules::{Checker, Policy};
use corridor_trade::shape::{self, Mappings, Part, Remark};
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use self::body::{AmendBody, DocumentAmendment, TextAmendment};
use super::super::documents::{cursor, place};
use super::super::extract::{self, Ask, Named};
use super::super::outbox::{self, SendQuery};
use super::super::problem::{Answer, Problems};
use super::super::{Shared, schema};
use super::forms::{self, Fitting};
use super::make::{self, Order};
use super::{arithmetic, blocking, mappings, read, shelf};
use crate::access::Caller;
use crate::node::Node;

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RejectQuery {
    /// Only of this partner.
    #[param(value_type = Option<schema::DidText>, inline)]
    pub(crate) partner: Option<Did>,
    /// Only of this cause: `contrl`, `aperak`, `cusres`, `refused`, `undelivered`.
    #[param(pattern = "^(contrl|aperak|cusres|refused|undelivered)$")]
    pub(crate) cause: Option<String>,
    /// The `next` of the page before.
    #[param(value_type = Option<schema::PlaceText>, inline)]
    pub(crate) before: Option<String>,
    /// How many, 1 to 200; 50 when left out.
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u32>,
}

/// A page of the queue.
#[derive(Serialize, ToSchema)]
pub struct RejectPage {
    /// What was refused, newest first.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Reject>,
    /// What to pass as `before` for the next page; absent on the last.
    pub next: Option<String>,
}

/// The queue, for a page or for the API.
///
/// # Errors
/// `malformed`; those of the store.
pub(crate) async fn queue(
    node: &Node,
    caller: &Caller,
    query: RejectQuery,
    lang: Lang,
) -> Result<RejectPage> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        let why = format!("{limit}: 1 to 200 expected");
        return Err(Problem::new(ErrorCode::Malformed).with("what", "limit").with("why", why));
    }
    let wanted = Wanted {
        partner: query.partner,
        cause: query.cause.as_deref().map(str::parse::<Cause>).transpose()?,
        envelope: None,
        before: query.before.as_deref().map(cursor).transpose()?,
        limit: limit as usize + 1,
    };
    let mut items = rejects::queue(&node.exchange, &caller.acting(), &wanted, lang).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| place(last.created, last.envelope));
    Ok(RejectPage { items, next })
}

/// Lists what of ours was refused and is not put right yet, newest first, each with its cause in plain words.
#[utoipa::path(get, path = "/api/v1/trade/rejects", tag = "trade", operation_id = "trade_rejects", params(RejectQuery),
    responses((status = 200, description = "A page of the queue.", body = RejectPage), Problems))]
pub async fn list(
    node: Shared,
    caller: Caller,
    headers: HeaderMap,
    Ask(query): Ask<RejectQuery>,
) -> Answer<Json<RejectPage>> {
    let lang = Lang::prefer(headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default());
    Ok(Json(queue(&node, &caller, query, lang).await?))
}

/// An amendment as it would be sent, or was.
#[derive(Serialize, ToSchema)]
pub struct AmendedBody {
    /// Whether it can be sent.
    pub right: bool,
    /// What is wrong or odd in it, and at which field.
    #[schema(value_type = Vec<Object>)]
    pub remarks: Vec<Remark>,
    /// The interchange, a segment a line.
    pub edifact: String,
    /// The envelope it is sent in; absent when it was not sent.
    #[schema(value_type = Option<schema::UuidText>)]
    pub sent: Option<EnvelopeId>,
}

/// How what was sent is read: in the characters agreed on, and by which mappings.
pub(crate) struct Reading {
    options: Options,
    mappings: Arc<Mappings>,
    /// The name of the mapping that is asked for, where several fit.
    asked: String,
}

/// A message as a form: the mapping, the document, and what of the message the mapping has no place for.
pub(crate) type Form = (Arc<Mapping>, Document, Losses);

/// What is to be put right, as it was sent.
pub(crate) struct Refused {
    pub(crate) to: Did,
    pub(crate) bytes: Vec<u8>,
    /// Its messages.
    pub(crate) parts: Vec<Part>,
    /// Where a mapping fits the message that is asked for.
    pub(crate) form: Option<Form>,
    reading: Reading,
}

impl Refused {
    /// The mappings that fit the message of the form.
    pub(crate) fn fitting(&self) -> Vec<Fitting> {
        let kind = self.form.as_ref().map(|(mapping, ..)| mapping.message.clone());
        forms::fitting(&self.reading.mappings, kind.iter())
    }

    /// It as text, a segment a line.
    pub(crate) fn text(&self) -> String {
        self.text_of(&self.bytes)
    }

    /// An interchange to the same partner as text.
    pub(crate) fn text_of(&self, bytes: &[u8]) -> String {
        shape::segments(bytes, self.reading.options)
    }

    /// How it is read: in the characters agreed on.
    pub(crate) fn options(&self) -> Options {
        self.reading.options
    }

    /// Another of its messages as a form, out of a text in which others may have been put right.
    pub(crate) fn form_of(&self, text: &str, at: usize) -> Option<Form> {
        self.reading.form_of(text, at)
    }
}

/// Reads what was refused; leaves a record of who read it (AC-1).
///
/// # Errors
/// `not-found`, also for a mapping that is not there; `too-large`; those of the store.
pub(crate) async fn refused(
    node: &Node,
    caller: &Caller,
    id: EnvelopeId,
    at: usize,
    asked: &str,
) -> Result<Refused> {
    let (row, bytes) = read(node, caller, Side::Out, id).await?;
    let us = &caller.participant;
    let (shelf, mappings) = (shelf(node, us, &row.partner).await?, mappings(node, us).await?);
    if !asked.is_empty() && mappings.by_name(asked).is_none() {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("mapping {asked}")));
    }
    let reading = Reading { options: shelf.options(), mappings, asked: asked.to_owned() };
    arithmetic(bytes.len(), move || {
        let text = shape::segments(&bytes, reading.options);
        // What cannot be taken apart is corrected as text.
        let parts = shape::parts(&text, reading.options).unwrap_or_default();
        let form = match parts.len() {
            0 | 1 => reading.form(&bytes),
            _ => reading.form_of(&text, at),
        };
        Refused { to: row.partner, bytes, parts, form, reading }
    })
    .await
}

impl Reading {
    /// The form of one message of several.
    fn form_of(&self, text: &str, at: usize) -> Option<Form> {
        let alone = shape::alone(text, self.options, at).ok()?;
        self.form(&shape::encode(&alone, self.options).ok()?)
    }

    fn form(&self, bytes: &[u8]) -> Option<Form> {
        let report = corridor_trade::edifact::read_bytes(bytes, self.options);
        let kind = report.kinds.keys().next().filter(|_| report.messages == 1)?;
        let (mapping, read) = self.mappings.read(kind, &self.asked, self.options, bytes).ok()??;
        let document = read.documents.into_iter().next()?;
        Some((mapping, document, read.losses))
    }
}

/// How it is put right.
pub(crate) enum Correction {
    /// By its fields.
    Document(Arc<Mapping>, Document),
    /// By the fields of one message, counted from 1; the others are in the text of the interchange.
    Message(Arc<Mapping>, Document, usize, String),
    /// By its text.
    Text(String),
}

/// An amendment made ready.
pub(crate) struct Amended {
    pub(crate) bytes: Vec<u8>,
    pub(crate) remarks: Vec<Remark>,
    /// As a form, where it was made of fields.
    pub(crate) made: Option<make::Made>,
    /// The interchange with the message put right, where it has several.
    pub(crate) text: Option<String>,
}

impl Amended {
    pub(crate) fn is_right(&self) -> bool {
        !self.bytes.is_empty() && !self.remarks.iter().any(|remark| remark.wrong)
    }
}

/// Makes an amendment ready.
///
/// # Errors
/// `malformed` for a text that is no interchange; those of the store.
pub(crate) async fn amended(
    node: &Node,
    caller: &Caller,
    to: &Did,
    function: Function,
    correction: Correction,
    key: &str,
) -> Result<Amended> {
    match correction {
        Correction::Message(mapping, document, at, text) => {
            let one = Correction::Document(mapping, document);
            let mut one = Box::pin(amended(node, caller, to, function, one, key)).await?;
            if !one.is_right() {
                return Ok(one);
            }
            let options = shelf(node, &caller.participant, to).await?.options();
            let text = shape::put(&text, options, at, &one.bytes)?;
            let whole = Correction::Text(text.clone());
            let whole = Box::pin(amended(node, caller, to, function, whole, key)).await?;
            one.remarks.extend(whole.remarks);
            Ok(Amended { bytes: whole.bytes, remarks: one.remarks, made: one.made, text: Some(text) })
        }
        Correction::Document(mapping, mut document) => {
            document.record.fields.insert("function".to_owned(), function.as_str().to_owned());
            // Who sends to whom stays as it was.
            let party = |name: &str| {
                let id = document.envelope.get(name).cloned().unwrap_or_default();
                match document.envelope.get(&format!("{name}_qualifier")) {
                    Some(qualifier) => format!("{id}:{qualifier}"),
                    None => id,
                }
            };
            let order = Order {
                mapping,
                to: to.clone(),
                sender: party("sender"),
                recipient: party("recipient"),
                syntax: String::new(),
                test: document.envelope.get("test").is_some_and(|test| test == "1"),
                documents: vec![document],
                subjects: Vec::new(),
                key: key.to_owned(),
            };
            let made = make::make(node, caller, &order).await?.pop();
            let made =
                made.ok_or_else(|| Problem::new(ErrorCode::Internal).with("why", "nothing was made"))?;
            let (bytes, remarks) = (made.ready.bytes.clone(), made.ready.remarks.clone());
            Ok(Amended { bytes, remarks, made: Some(made), text: None })
        }
        Correction::Text(text) => {
            let reference = reference(&caller.participant, key);
            let shelf = shelf(node, &caller.participant, to).await?;
            let (options, now) = (shelf.options(), node.now());
            let bytes = shape::rewrite(&text, options, function.code(), &reference, now)?;
            blocking(move || {
                let checker = Checker::new(shelf, Policy::default());
                let mut reader = Reader::checking(options, Box::new(checker));
                reader.push(&bytes, &mut ());
                let report = reader.finish(&mut ());
                let remark = |finding: &corridor_trade::edifact::Finding| Remark {
                    place: String::new(),
                    text: Words::of(|lang| finding.text(lang)),
                    wrong: finding.severity == Severity::Error,
                };
                let remarks = report.findings.iter().take(200).map(remark).collect();
                Amended { bytes, remarks, made: None, text: None }
            })
            .await
        }
    }
}

fn reference(us: &Did, key: &str) -> String {
    let digest = Digest::of(format!("corridor/amended\n{us}\n{key}").as_bytes()).to_string();
    digest.chars().take(14).collect::<String>().to_uppercase()
}

/// Sends an amendment and links it to what it amends.
///
/// # Errors
/// Those of the outbox.
pub(crate) async fn hand_in(
    node: &Node,
    caller: &Caller,
    amends: EnvelopeId,
    function: Function,
    ready: &Amended,
    key: &str,
) -> Result<EnvelopeId> {
    let us = &caller.participant;
    let row = node.exchange.document_for(&caller.acting(), Side::Out, amends).await?;
    if row.seal.is_some() {
        // Its persons are known to the books alone: it is sent anew from where they are named.
        let why = "a document about persons is made anew, with its persons named";
        return Err(Problem::new(ErrorCode::Malformed).with("what", "amendment").with("why", why));
    }
    let id = outbox::idempotent(us, key)?;
    let author = caller.reader.clone();
    node.exchange.store().write(us, move |tx| rejects::link(tx, id, amends, function, &author)).await?;
    let name = row.name.as_deref().unwrap_or("interchange.edi");
    let name = format!("{}-{name}", function.as_str());
    let query = SendQuery {
        to: row.partner,
        kind: corridor_trade::desk::EDIFACT.parse()?,
        agreement: None,
        name: Some(name.chars().take(255).collect()),
        answers: None,
    };
    let content = stream::iter([Ok(Bytes::from(ready.bytes.clone()))]);
    outbox::hand_in(node, caller, query, Vec::new(), Some(key), content).await.map(|row| row.id)
}

/// How it is put right by the fields of one of its messages.
///
/// # Errors
/// `malformed` for what is no document.
fn by_fields(
    refused: &Refused,
    (mapping, before, _): Form,
    (at, alone): (usize, bool),
    document: serde_json::Map<String, serde_json::Value>,
) -> Result<Correction> {
    let json = serde_json::Value::Object(document).to_string();
    let found = documents(&mut json.as_bytes())?.into_iter().next().unwrap_or_default();
    let document = Document { envelope: before.envelope, record: found.record };
    Ok(match refused.parts.len() > 1 && !alone {
        true => Correction::Message(mapping, document, at, refused.text()),
        false => Correction::Document(mapping, document),
    })
}

/// What cannot be made is told like what is wrong in it.
fn told(problem: Problem) -> Result<Amended> {
    if !matches!(problem.code(), ErrorCode::Malformed | ErrorCode::TooLarge) {
        return Err(problem);
    }
    let text = Words::of(|lang| problem.text(lang).detail);
    let remarks = vec![Remark { place: String::new(), text, wrong: true }];
    Ok(Amended { bytes: Vec::new(), remarks, made: None, text: None })
}

/// Sends what was refused once more, put right: as fields, or as EDIFACT. What is wrong is told and not sent.
/// The timeline shows the amendment, and what was refused leaves the queue when the amendment is answered.
#[utoipa::path(post, path = "/api/v1/trade/rejects/{id}/amend", tag = "trade", operation_id = "trade_amend",
    params(("id" = inline(schema::UuidText), Path, description = "The envelope that was refused."), ("idempotency-key" = inline(Option<schema::KeyText>), Header, description = "The same key again hands in the same amendment: nothing is sent twice.")),
    request_body = AmendBody,
    responses((status = 200, description = "The amendment.", body = AmendedBody), Problems))]
pub async fn amend(
    node: Shared,
    caller: Caller,
    Named(id): Named<EnvelopeId>,
    headers: HeaderMap,
    extract::Json(body): extract::Json<AmendBody>,
) -> Answer<Json<AmendedBody>> {
    let key = make::key(&node, &headers)?;
    let (function, refused, correction) = match body {
        AmendBody::Document(body) => {
            let at = body.message.unwrap_or(1) as usize;
            let asked = body.mapping.as_deref().unwrap_or_default();
            let mut refused = refused(&node, &caller, id, at, asked).await?;
            let none =
                || Problem::new(ErrorCode::NotFound).with("what", format!("a form of message {at} of {id}"));
            let form = refused.form.take().ok_or_else(none)?;
            let correction = by_fields(&refused, form, (at, body.alone), body.document);
            (body.function, refused, correction)
        }
        AmendBody::Text(body) => {
            let refused = refused(&node, &caller, id, 1, "").await?;
            (body.function, refused, Ok(Correction::Text(body.edifact)))
        }
    };
    let (function, options) = (function.parse::<Function>()?, refused.options());
    let ready = match correction {
        Ok(correction) => amended(&node, &caller, &refused.to, function, correction, &key).await,
        Err(problem) => Err(problem),
    };
    let ready = ready.or_else(told)?;
    let sent = match ready.is_right() {
        true => Some(hand_in(&node, &caller, id, function, &ready, &key).await?),
        false => None,
    };
    let edifact = shape::segments(&ready.bytes, options);
    Ok(Json(AmendedBody { right: ready.is_right(), remarks: ready.remarks, edifact, sent }))
}
