//! Documents made from data: each becomes an interchange of its own, with the partner's codes, checked
//! against directory and guide, and sent as any document is.

use std::sync::Arc;

use axum::Json;
use axum::http::HeaderMap;
use bytes::Bytes;
use corridor_base::{AgreementId, Did, Digest, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Flow, Grant, Verb};
use corridor_trade::edifact::Charset;
use corridor_trade::mapping::{self, Document, Mapping};
use corridor_trade::shape::{self, CodeTable, Ready, Sheet, Shown};
use corridor_trade::{books, partner_codes};
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::extract;
use super::super::outbox::{self, IDEMPOTENCY_KEY, SendQuery};
use super::super::problem::{Answer, Problems};
use super::super::{Shared, schema};
use super::{blocking, mappings, shelf};
use crate::access::Caller;
use crate::node::Node;

/// The most documents made at once.
pub const MOST: usize = 500;

/// Documents to be made, or to be looked at before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeBody {
    /// The mapping they are documents of: `orders`, or one of the participant's own.
    #[schema(max_length = 64, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "orders")]
    pub mapping: String,
    /// For whom.
    #[schema(value_type = schema::DidText)]
    pub to: Did,
    /// The documents: fields with text, lists of the same (`corridor trade mapping show orders --fields`).
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 500)]
    pub documents: Vec<serde_json::Map<String, serde_json::Value>>,
    /// Who sends, as UNB names it, `ID` or `ID:QUALIFIER`; as in the interchange before when left out.
    #[serde(default)]
    #[schema(max_length = 41)]
    pub sender: Option<String>,
    /// To whom, as UNB names it.
    #[serde(default)]
    #[schema(max_length = 41)]
    pub recipient: Option<String>,
    /// Characters and syntax version, `UNOC:3`; those that the texts need when left out.
    #[serde(default)]
    #[schema(pattern = "^[A-Z0-9]{4}:[34]$", example = "UNOC:3")]
    pub syntax: Option<String>,
    /// Whether they are a test (UNB 0035); under an agreement for tests alone they are one without being asked for.
    #[serde(default)]
    pub test: bool,
    /// The persons that they are about, each by your own reference; as `document-subject` of the outbox.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub subjects: Vec<String>,
}

/// A document as it would be sent, or was.
#[derive(Serialize, ToSchema)]
pub struct MadeBody {
    /// Which of the documents, counted from 1.
    pub document: usize,
    /// Whether it can be sent.
    pub right: bool,
    /// What is wrong or odd in it and at which field, in three languages; and codes of the partner that were
    /// put for ours.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub ready: Ready,
    /// The interchange, a segment a line; empty while it cannot be written.
    pub edifact: String,
    /// The document as a form.
    #[schema(value_type = Object)]
    pub form: Sheet,
    /// The envelope it is sent in; absent when it was not sent.
    #[schema(value_type = Option<schema::UuidText>)]
    pub sent: Option<EnvelopeId>,
}

/// Documents as they would be sent, or were.
#[derive(Serialize, ToSchema)]
pub struct MadeList {
    /// One for each document, in their order.
    pub items: Vec<MadeBody>,
}

/// What is to be made.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) mapping: Arc<Mapping>,
    pub(crate) to: Did,
    pub(crate) documents: Vec<Document>,
    pub(crate) sender: String,
    pub(crate) recipient: String,
    /// Empty: those that the texts need.
    pub(crate) syntax: String,
    pub(crate) test: bool,
    pub(crate) subjects: Vec<String>,
    /// What makes handing in repeatable (EX-4).
    pub(crate) key: String,
}

/// One document of an order.
pub(crate) struct Made {
    pub(crate) ready: Ready,
    pub(crate) sheet: Sheet,
    /// The agreement it goes under.
    pub(crate) agreement: Option<AgreementId>,
}

fn malformed(what: &str, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}

/// The mapping of this name, one of the participant's own or one that comes with the program.
///
/// # Errors
/// `not-found`.
pub(crate) async fn mapping(node: &Node, us: &Did, name: &str) -> Result<Arc<Mapping>> {
    let all = mappings(node, us).await?;
    let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("mapping {name}"));
    all.by_name(name).cloned().ok_or_else(missing)
}

/// What we and a partner are called in UNB: as in the interchange before, or else by the end of the
/// identifiers.
pub(crate) async fn parties(node: &Node, us: &Did, partner: &Did) -> Result<(String, String)> {
    let other = partner.clone();
    let known = node.exchange.store().read(us, move |tx| books::parties(tx, &other)).await?;
    Ok(known.unwrap_or_else(|| (bare(us), bare(partner))))
}

/// The end of an identifier in letters that UNB has.
fn bare(did: &Did) -> String {
    let last = did.as_str().rsplit([':', '/']).next().unwrap_or_default();
    let kept = last.chars().filter(char::is_ascii_alphanumeric).take(35);
    kept.collect::<String>().to_uppercase()
}

/// Whether an envelope of the exchange may be handed in at all; the hand-in judges once more.
fn admitted(caller: &Caller, to: &Did) -> Result<()> {
    if caller.scope.admits(&corridor_trade::desk::EDIFACT.parse()?, to) {
        return Ok(());
    }
    let what = format!("edifact to {to}: not the business of the department");
    Err(Problem::new(ErrorCode::Forbidden).with("what", what))
}

/// Under which agreement an order goes, and what that makes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Under {
    /// Nothing where none is in force: the hand-in says so.
    agreement: Option<AgreementId>,
    /// Whether it is a test, because it was asked for or because all under the agreement is.
    test: bool,
    /// A test that no agreement takes in.
    refused: bool,
}

/// Of the agreements in force the one that takes in what is meant, and runs longest.
async fn under(node: &Node, us: &Did, to: &Did, test: bool) -> Result<Under> {
    let kind = corridor_trade::desk::EDIFACT.parse()?;
    let now = node.now();
    let mut rows = node.exchange.agreements(us).await?;
    rows.retain(|row| {
        let sends = |g: &Grant| g.verb == Verb::Send && g.kind == kind && &g.from == us;
        &row.partner == to && row.in_force(now) && row.terms.grants.iter().any(sends)
    });
    Ok(chosen(rows.iter().map(|row| (row.terms.id, row.terms.flow, row.terms.until)), test))
}

fn chosen(all: impl Iterator<Item = (AgreementId, Flow, Timestamp)>, test: bool) -> Under {
    let fits = |flow: Flow| match flow {
        Flow::Open | Flow::Both => true,
        Flow::Production => !test,
        Flow::Test => test,
    };
    // A flow for tests alone is the better one for a test.
    let best = all.max_by_key(|(_, flow, until)| (fits(*flow), test && *flow == Flow::Test, *until));
    let Some((id, flow, _)) = best else { return Under { test, ..Under::default() } };
    Under { agreement: Some(id), test: test || flow == Flow::Test, refused: test && flow == Flow::Production }
}

/// Makes the documents of an order ready.
///
/// # Errors
/// `malformed` for an envelope that cannot be written; `forbidden`; those of the store.
pub(crate) async fn make(node: &Node, caller: &Caller, order: &Order) -> Result<Vec<Made>> {
    admitted(caller, &order.to)?;
    let (us, partner) = (&caller.participant, order.to.clone());
    let codes = node.exchange.store().read(us, move |tx| partner_codes::of_partner(tx, &partner)).await?;
    let shelf = shelf(node, us, &order.to).await?;
    let (sender, recipient) = parties(node, us, &order.to).await?;
    let pick = |asked: &str, known: String| if asked.is_empty() { known } else { asked.to_owned() };
    let (sender, recipient) = (pick(&order.sender, sender), pick(&order.recipient, recipient));
    let under = under(node, us, &order.to, order.test).await?;
    let (order, us, now) = (order.clone(), us.clone(), node.now());
    blocking(move || {
        let one = |(at, document): (usize, &Document)| {
            let reference = reference(&us, &order.key, at);
            let syntax = syntax(&order.syntax, document, shelf.characters())?;
            let syntax = (syntax.0.as_str(), syntax.1.as_str());
            let envelope = shape::envelope((&sender, &recipient), &reference, syntax, now, under.test)?;
            let mut made = made(&order, document, &envelope, &codes, &shelf)?;
            made.agreement = under.agreement;
            if under.refused {
                made.ready.remarks.insert(0, shape::test_refused());
            }
            Ok(made)
        };
        order.documents.iter().enumerate().map(one).collect()
    })
    .await?
}

fn made(
    order: &Order,
    document: &Document,
    envelope: &mapping::Envelope,
    codes: &CodeTable,
    shelf: &Arc<corridor_trade::rules::Shelf>,
) -> Result<Made> {
    // The envelope is ours to write: of what a document brings only the number of its message is kept.
    let document = Document { envelope: Default::default(), record: document.record.clone() };
    let mut ready = shape::ready(&order.mapping, &document, envelope, codes, shelf)?;
    if order.subjects.is_empty() {
        // It would lie in the clear, on both sides (LG-3).
        ready.remarks.extend(order.mapping.about_a_person(&document.record).map(shape::person_unnamed));
    }
    let directory = super::forms::directory_of(shelf, &order.mapping.release).map(Arc::as_ref);
    let ours = codes.ours();
    let shown = Shown { directory, codes: Some(&ours), ..Shown::default() };
    let sheet = shape::sheet(&order.mapping, &ready.document, &shown);
    Ok(Made { ready, sheet, agreement: None })
}

/// The control reference of an interchange: 14 characters that follow from the key, so that the same again
/// is the same bytes.
fn reference(us: &Did, key: &str, at: usize) -> String {
    let digest = Digest::of(format!("corridor/made\n{us}\n{key}\n{at}").as_bytes()).to_string();
    digest.chars().take(14).collect::<String>().to_uppercase()
}

fn syntax(asked: &str, document: &Document, agreed: Option<Charset>) -> Result<(String, String)> {
    if asked.is_empty() {
        let (characters, version) = shape::syntax_for(&document.record, agreed);
        return Ok((characters.to_owned(), version.to_owned()));
    }
    let (characters, version) = asked.split_once(':').ok_or_else(|| malformed("syntax", asked))?;
    Ok((characters.to_owned(), version.to_owned()))
}

/// Hands in one document that was made, once under its key.
///
/// # Errors
/// Those of the outbox.
pub(crate) async fn hand_in(
    node: &Node,
    caller: &Caller,
    order: &Order,
    at: usize,
    made: &Made,
) -> Result<EnvelopeId> {
    let number: String =
        made.sheet.number.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let query = SendQuery {
        to: order.to.clone(),
        kind: corridor_trade::desk::EDIFACT.parse()?,
        agreement: made.agreement,
        name: Some(format!("{}-{number}.edi", order.mapping.mapping)),
        answers: None,
    };
    let (key, bytes) = (format!("{}-{at}", order.key), Bytes::from(made.ready.bytes.clone()));
    let content = stream::iter([Ok(bytes)]);
    outbox::hand_in(node, caller, query, order.subjects.clone(), Some(&key), content).await.map(|row| row.id)
}

impl MakeBody {
    async fn order(self, node: &Node, us: &Did, key: String) -> Result<Order> {
        if !(1..=MOST).contains(&self.documents.len()) {
            return Err(malformed("documents", format!("1 to {MOST} expected")));
        }
        for (name, party) in [("sender", &self.sender), ("recipient", &self.recipient)] {
            // ISO 9735, S002: an identification of 35 characters, a qualifier of 4.
            if party.as_ref().is_some_and(|party| party.chars().count() > 41) {
                return Err(malformed(name, "at most 41 characters expected"));
            }
        }
        if self.subjects.len() > 64 {
            return Err(malformed("subjects", "at most 64 expected"));
        }
        if self.syntax.as_deref().is_some_and(|syntax| !names_syntax(syntax)) {
            return Err(malformed("syntax", "an identifier and a version such as UNOC:3 expected"));
        }
        let text = serde_json::to_vec(&self.documents).map_err(|e| malformed("documents", e))?;
        Ok(Order {
            mapping: mapping(node, us, &self.mapping).await?,
            to: self.to,
            documents: mapping::documents(&mut text.as_slice())?,
            sender: self.sender.unwrap_or_default(),
            recipient: self.recipient.unwrap_or_default(),
            syntax: self.syntax.unwrap_or_default(),
            test: self.test,
            subjects: self.subjects,
            key,
        })
    }
}

/// Whether this is an identifier of ISO 9735 with version 3 or 4.
fn names_syntax(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.split_once(':').is_some_and(|(identifier, version)| {
        identifier.len() == 4 && identifier.bytes().all(plain) && matches!(version, "3" | "4")
    })
}

/// The key of a request, or one that nobody has used.
pub(crate) fn key(node: &Node, headers: &HeaderMap) -> Result<String> {
    match headers.get(IDEMPOTENCY_KEY) {
        None => Ok(EnvelopeId::new(&*node.clock, &*node.random).to_string()),
        Some(value) => {
            let text = value.to_str().ok().filter(|key| (1..=190).contains(&key.len()));
            let text = text.filter(|key| key.bytes().all(|b| b.is_ascii_graphic()));
            text.map(str::to_owned)
                .ok_or_else(|| malformed(IDEMPOTENCY_KEY, "1 to 190 printable ASCII characters expected"))
        }
    }
}

fn body(at: usize, made: Made, sent: Option<EnvelopeId>) -> MadeBody {
    let Made { ready, sheet, .. } = made;
    MadeBody { document: at + 1, right: ready.is_right(), edifact: ready.text(), ready, form: sheet, sent }
}

/// Shows documents as they would be sent: the interchange, the form, what is wrong at which field, and which
/// codes of the partner are put for ours. Nothing is sent.
#[utoipa::path(post, path = "/api/v1/trade/preview", tag = "trade", operation_id = "trade_preview",
    request_body = MakeBody,
    responses((status = 200, description = "The documents as they would be sent.", body = MadeList), Problems))]
pub async fn preview(
    node: Shared,
    caller: Caller,
    extract::Json(body): extract::Json<MakeBody>,
) -> Answer<Json<MadeList>> {
    let order = body.order(&node, &caller.participant, "preview".to_owned()).await?;
    let all = make(&node, &caller, &order).await?;
    let items = all.into_iter().enumerate().map(|(at, made)| self::body(at, made, None)).collect();
    Ok(Json(MadeList { items }))
}

/// Makes documents and sends those that are right, each in an envelope of its own. What is wrong is told and
/// not sent. The same key again sends nothing twice.
#[utoipa::path(post, path = "/api/v1/trade/documents", tag = "trade", operation_id = "trade_make",
    params(("idempotency-key" = inline(Option<schema::KeyText>), Header, description = "The same key again hands in the same documents: nothing is sent twice.")),
    request_body = MakeBody,
    responses((status = 200, description = "The documents; those that were sent name their envelope.", body = MadeList), Problems))]
pub async fn send(
    node: Shared,
    caller: Caller,
    headers: HeaderMap,
    extract::Json(body): extract::Json<MakeBody>,
) -> Answer<Json<MadeList>> {
    let order = body.order(&node, &caller.participant, key(&node, &headers)?).await?;
    let mut items = Vec::new();
    for (at, made) in make(&node, &caller, &order).await?.into_iter().enumerate() {
        let sent = match made.ready.is_right() {
            true => Some(hand_in(&node, &caller, &order, at, &made).await?),
            false => None,
        };
        items.push(self::body(at, made, sent));
    }
    Ok(Json(MadeList { items }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_goes_under_the_agreement_that_takes_it_in() {
        let id = |n: u8| format!("018f0000-0000-7000-8000-00000000000{n}").parse::<AgreementId>().unwrap();
        let check = |flows: &[Flow], test: bool, expect: (Option<u8>, bool, bool)| {
            let all = flows.iter().zip(1u8..).map(|(flow, n)| (id(n), *flow, Timestamp::from_millis(9)));
            let (agreement, test_too, refused) = expect;
            let expect = Under { agreement: agreement.map(id), test: test_too, refused };
            assert_eq!(chosen(all, test), expect, "{flows:?} {test}");
        };
        check(&[], true, (None, true, false));
        check(&[Flow::Open], true, (Some(1), true, false));
        check(&[Flow::Production], false, (Some(1), false, false));
        check(&[Flow::Production], true, (Some(1), true, true));
        check(&[Flow::Test], false, (Some(1), true, false));
        check(&[Flow::Test, Flow::Production], false, (Some(2), false, false));
        check(&[Flow::Production, Flow::Test, Flow::Both], true, (Some(2), true, false));
        check(&[Flow::Production, Flow::Both], true, (Some(2), true, false));
    }

    #[test]
    fn a_syntax_is_an_identifier_and_a_version() {
        let check = |text: &str, expect: bool| assert_eq!(names_syntax(text), expect, "{text}");
        check("UNOC:3", true);
        check("KECA:4", true);
        for wrong in ["", "UNOC", "UNOC:", "UNOC:2", "unoc:3", "UNO:3", "UNOC:3:", ":3", "UNÖC:3"] {
            check(wrong, false);
        }
    }
}
