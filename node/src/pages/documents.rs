//! Inbox and outbox: the lists, one document with what happened to it, and its evidence.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{Did, EnvelopeId};
use corridor_console::component::{
    Badge, Button, Choice, Column, Columns, Command, Confirm, Empty, Event, Facts, Field, Filters, Icon,
    Kind, More, Notice, Paging, Press, Row, Sample, Section, Table, Tabs, Timeline, Tone, quoted,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::Side;
use corridor_trade::desk::EDIFACT;
use serde::Deserialize;

use super::form::{chosen, word};
use super::preferences::see_other;
use super::{content, dates, text, words};
use crate::access::Caller;
use crate::api::documents::{Document, DocumentDetail, DocumentQuery};
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::receipts::{self, ReceiptBody};
use crate::api::{inbox, outbox};
use crate::node::Node;

/// How many documents a page lists.
const LISTED: u32 = 25;

/// One of the two books, as pages name it.
#[derive(Clone, Copy)]
pub(super) struct Book {
    pub(super) side: Side,
    pub(super) path: &'static str,
    /// The messages of it begin so.
    pub(super) word: &'static str,
    icon: Icon,
    states: &'static [&'static str],
}

pub(super) const INBOX: Book = Book {
    side: Side::In,
    path: "/console/inbox",
    word: "inbox",
    icon: Icon::Inbox,
    states: &["receiving", "received"],
};
pub(super) const OUTBOX: Book = Book {
    side: Side::Out,
    path: "/console/outbox",
    word: "outbox",
    icon: Icon::Outbox,
    states: &["sending", "delivered", "refused", "failed"],
};

impl Book {
    pub(super) fn of(side: Side) -> Self {
        if side == Side::In { INBOX } else { OUTBOX }
    }

    /// The name of the area.
    pub(super) fn title(self, viewer: &Viewer) -> String {
        text(viewer.lang()).get(&format!("area-{}", self.word)).into()
    }
}

/// What narrows a list. An empty value is one that was not chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Narrow {
    partner: String,
    state: String,
    kind: String,
    before: String,
}

impl Narrow {
    fn query(&self) -> corridor_base::Result<DocumentQuery> {
        Ok(DocumentQuery {
            partner: chosen(&self.partner)?,
            state: word(&self.state),
            kind: chosen(&self.kind)?,
            before: word(&self.before),
            limit: Some(LISTED),
        })
    }

    fn narrowed(&self) -> bool {
        [&self.partner, &self.state, &self.kind].iter().any(|value| !value.is_empty())
    }
}

/// The inbox.
pub(super) async fn received(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let page = inbox::list(State(node.0.clone()), caller.clone(), Ask(narrow.query()?)).await?.0;
    list(&node, &caller, &viewer, INBOX, &narrow, page.items, page.next).await
}

/// The outbox.
pub(super) async fn sent(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let page = outbox::list(State(node.0.clone()), caller.clone(), Ask(narrow.query()?)).await?.0;
    list(&node, &caller, &viewer, OUTBOX, &narrow, page.items, page.next).await
}

async fn list(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    book: Book,
    narrow: &Narrow,
    items: Vec<Document>,
    next: Option<String>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let tests = tests(node, &caller.participant, &items).await?;
    let kept = [("partner", narrow.partner.as_str()), ("state", &narrow.state), ("kind", &narrow.kind)];
    let place = ("before", !narrow.before.is_empty());
    let empty = match narrow.narrowed() {
        true => Empty::new(Icon::Filter, t.get("list-none"), t.get("list-none-how")),
        false => Empty::new(
            book.icon,
            t.get(&format!("{}-empty", book.word)),
            t.get(&format!("{}-empty-how", book.word)),
        ),
    };
    let table = Table {
        caption: t.get(&format!("{}-caption", book.word)).into(),
        columns: columns(viewer),
        rows: items.iter().map(|document| labelled(node, viewer, document, &tests)).collect(),
        empty,
        paging: Some(Paging::new(viewer, book.path, &kept, place, next.as_deref())),
    };
    let command = Command::new(
        viewer,
        &command(&format!("{} list", book.word), &kept),
        "GET",
        &corridor_console::component::address(&format!("/api/v1/{}", book.word), &kept),
        None,
    );
    let filters = filters(node, caller, viewer, book, narrow).await?;
    let body = Markup::from(filters).and(Section::new("", table).live("documents")).and(command);
    let mut page = Page::new(book.title(viewer), body).lead(t.get(&format!("{}-lead", book.word))).live();
    if viewer.may("GET /console/outbox/send") {
        let send = Button::new(t.get("send-document"), "/console/outbox/send").icon(Icon::Send);
        page = page.actions(if book.side == Side::Out { send.main() } else { send });
    }
    Ok(page.answer(viewer))
}

/// A command with its options.
fn command(words: &str, options: &[(&str, &str)]) -> String {
    let given = options.iter().filter(|(_, value)| !value.is_empty());
    let options: String = given.map(|(name, value)| format!(" --{name} {}", quoted(value))).collect();
    format!("{words}{options}")
}

async fn filters(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    book: Book,
    narrow: &Narrow,
) -> Answer<Filters> {
    let t = text(viewer.lang());
    let any = || Choice::new("", t.get("filter-any"));
    let agreements = node.exchange.agreements(&caller.participant).await?;
    let mut partners: Vec<Did> = agreements.iter().map(|a| a.partner.clone()).collect();
    let grants = agreements.iter().flat_map(|a| &a.terms.grants);
    let mut kinds: Vec<String> = grants.map(|g| g.kind.to_string()).collect();
    partners.sort();
    partners.dedup();
    kinds.sort();
    kinds.dedup();
    let with_any = |choices: Vec<Choice>| std::iter::once(any()).chain(choices).collect::<Vec<_>>();
    let partner = |did: &Did| Choice::new(did.to_string(), super::viewer::name(node, did, viewer.lang()));
    let partners = with_any(partners.iter().take(200).map(partner).collect());
    let state = |word: &&str| Choice::new(*word, words::state(viewer.lang(), word).word);
    let states = with_any(book.states.iter().map(state).collect());
    let kind = |kind: &String| Choice::new(kind.clone(), words::kind(viewer.lang(), kind));
    let kinds = with_any(kinds.iter().take(200).map(kind).collect());
    let fields = vec![
        Field::new("partner", t.get("column-partner")).kind(Kind::Select(partners)).value(&narrow.partner),
        Field::new("state", t.get("column-state")).kind(Kind::Select(states)).value(&narrow.state),
        Field::new("kind", t.get("column-kind")).kind(Kind::Select(kinds)).value(&narrow.kind),
    ];
    Ok(Filters::new(viewer, book.path, fields, narrow.narrowed()))
}

/// The columns of a list of documents.
pub(super) fn columns(viewer: &Viewer) -> Vec<Column> {
    let t = text(viewer.lang());
    vec![
        Column::new(t.get("column-document")),
        Column::new(t.get("column-state")),
        Column::new(t.get("column-partner")),
        Column::new(t.get("column-kind")),
        Column::number(t.get("column-size")),
        Column::new(t.get("column-time")),
    ]
}

/// Which of these documents are tests, as the desk of trade has filed them.
async fn tests(node: &Node, us: &Did, items: &[Document]) -> corridor_base::Result<BTreeSet<EnvelopeId>> {
    let edifact = items.iter().filter(|document| document.kind.as_str() == EDIFACT);
    let ids: Vec<_> = edifact.map(|document| (document.side, document.id)).collect();
    node.exchange.store().read(us, move |tx| corridor_trade::books::tests(tx, &ids)).await
}

/// A document in a list, and that it is a test where it is one.
fn labelled(node: &Node, viewer: &Viewer, document: &Document, tests: &BTreeSet<EnvelopeId>) -> Row {
    let mut row = row(node, viewer, document, node.now());
    if let Some(name) = row.0.first_mut().filter(|_| tests.contains(&document.id)) {
        let badge = Badge::new(Tone::Idle, text(viewer.lang()).get("customs-test"));
        *name = Markup::lines([name.clone(), badge.into()]);
    }
    row
}

/// A document in a list.
pub(super) fn row(node: &Node, viewer: &Viewer, document: &Document, now: corridor_base::Timestamp) -> Row {
    let lang = viewer.lang();
    Row(vec![
        Markup::link(&path(document), name(document)),
        words::state(lang, document.state.as_str()).into(),
        words::partner(node, viewer, &document.partner),
        Markup::text(words::kind(lang, document.kind.as_str())),
        Markup::text(format::size(lang, document.size)),
        dates(viewer).with_age(document.created, now),
    ])
}

/// The page of a document.
pub(super) fn path(document: &Document) -> String {
    format!("{}/{}", Book::of(document.side).path, document.id)
}

/// What a document is called: by its sender, or else by its identifier.
pub(super) fn name(document: &Document) -> String {
    document.name.clone().unwrap_or_else(|| format::short(&document.id.to_string(), 8, 4))
}

/// One received document.
pub(super) async fn one_received(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    id: Named<EnvelopeId>,
) -> Answer<Response> {
    let detail = inbox::show(State(node.0.clone()), caller.clone(), id, Ask::default()).await?.0;
    Ok(one(&node, caller, &viewer, detail).await?.answer(&viewer))
}

/// One sent document.
pub(super) async fn one_sent(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    id: Named<EnvelopeId>,
    Ask(after): Ask<After>,
) -> Answer<Response> {
    let detail = outbox::show(State(node.0.clone()), caller.clone(), id, Ask::default()).await?.0;
    let page = one(&node, caller, &viewer, detail).await?;
    let page = if after.done == "sent" { page.notice(handed_in(&viewer)) } else { page };
    Ok(page.answer(&viewer))
}

/// What was done just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: String,
}

async fn one(node: &Arc<Node>, caller: Caller, viewer: &Viewer, detail: DocumentDetail) -> Answer<Page> {
    let t = text(viewer.lang());
    let document = &detail.document;
    let book = Book::of(document.side);
    let receipts = match viewer.may("GET /api/v1/receipts/{id}") {
        true => Some(receipts::show(State(node.clone()), caller, Named(document.id)).await?.0),
        false => None,
    };
    let mut history = timeline(node, viewer, &detail, receipts.as_ref().map(|r| (&*r.ours, &*r.theirs)));
    if let Some(receipts) = &receipts {
        history = history.and(standing(viewer, document.id, receipts.complete));
    }
    if viewer.may("GET /console/acts") {
        // Who read it is no part of what both sides know of each other: it is for those who audit.
        let acts =
            corridor_console::component::address("/console/acts", &[("subject", &document.id.to_string())]);
        history = history.and(Markup::lines([Markup::link(&acts, t.get("document-acts"))]));
    }
    let facts = Markup::from(facts(node, viewer, &detail)).and(identifiers(viewer, document));
    let columns = Columns {
        wide: Section::new(t.get("document-facts"), facts).card().live("facts").into(),
        narrow: Section::new(t.get("document-history"), history).card().live("history").into(),
    };
    let show = format!("{} show {}", book.word, document.id);
    let mut command = Markup::from(Command::new(
        viewer,
        &show,
        "GET",
        &format!("/api/v1/{}/{}", book.word, document.id),
        None,
    ));
    if document.state == corridor_exchange::State::Failed && viewer.may("POST /console/outbox/{id}/resend") {
        let api = format!("/api/v1/outbox/{}/resend", document.id);
        command = Command::new(viewer, &format!("outbox resend {}", document.id), "POST", &api, None).into();
    }
    let body = tabs(viewer, document, "").and(columns).and(evidence(viewer, &detail)).and(command);
    let mut page = Page::new(name(document), body)
        .below(book.title(viewer), book.path)
        .actions(actions(viewer, document))
        .live();
    if let Some(problem) = &document.problem {
        page = page.notice(words::kept(viewer.lang(), problem));
    }
    Ok(page)
}

/// How it stands with the receipts of both sides, and where they are.
fn standing(viewer: &Viewer, id: EnvelopeId, complete: bool) -> Markup {
    let t = text(viewer.lang());
    let (tone, key) =
        if complete { (Tone::Good, "receipts-complete") } else { (Tone::Wait, "receipts-pending") };
    let badge = Markup::from(Badge::new(tone, t.get(key)));
    if !viewer.may("GET /console/receipts/{id}") {
        return Markup::lines([badge]);
    }
    let open = Button::new(t.get("receipt-open"), format!("/console/receipts/{id}")).icon(Icon::Receipt);
    Markup::lines([badge, open.into()])
}

/// The views of a document.
pub(super) fn tabs(viewer: &Viewer, document: &Document, here: &str) -> Markup {
    let t = text(viewer.lang());
    let base = path(document);
    let mut links = vec![(t.get("document-overview").to_string(), base.clone())];
    if viewer.may(&format!("GET {}/{{id}}/content", Book::of(document.side).path)) {
        if document.kind.as_str() == corridor_trade::desk::EDIFACT {
            links.push((t.get("document-form").to_string(), format!("{base}/form")));
        }
        links.push((t.get("document-content").to_string(), format!("{base}/content")));
    }
    if links.len() < 2 {
        return Markup::none();
    }
    Tabs { label: t.get("document-views").into(), links, here: format!("{base}{here}") }.into()
}

fn actions(viewer: &Viewer, document: &Document) -> Markup {
    let t = text(viewer.lang());
    let book = Book::of(document.side);
    let mut actions = Vec::new();
    if viewer.may(&format!("GET {}/{{id}}/file", book.path)) {
        let file = format!("{}/file", path(document));
        actions.push(Button::new(t.get("document-download"), file).download().into());
    }
    if document.side == Side::In && viewer.may("GET /console/outbox/send") {
        let to = corridor_console::component::percent(document.partner.as_str());
        let answer = format!("/console/outbox/send?to={to}&answers={}", document.id);
        actions.push(Button::new(t.get("document-answer"), answer).icon(Icon::Send).into());
    }
    let again = document.state == corridor_exchange::State::Failed;
    if again && viewer.may("POST /console/outbox/{id}/resend") {
        let press = Press::new(viewer, format!("{}/resend", path(document)), t.get("resend"));
        let confirm = Confirm {
            label: t.get("resend").into(),
            question: t.get("resend-question").into(),
            form: press.icon(Icon::Swap).main().into(),
            calm: true,
        };
        actions.push(confirm.into());
    }
    Markup::join(actions)
}

fn facts(node: &Node, viewer: &Viewer, detail: &DocumentDetail) -> Facts {
    let t = text(viewer.lang());
    let document = &detail.document;
    let lang = viewer.lang();
    let linked = |document: &Document| Markup::link(&path(document), name(document));
    let answers = document.answers.map(|id| {
        let other = if document.side == Side::In { OUTBOX } else { INBOX };
        Markup::link(&format!("{}/{id}", other.path), format::short(&id.to_string(), 8, 4))
    });
    let answered =
        (!detail.answered_by.is_empty()).then(|| Markup::lines(detail.answered_by.iter().map(linked)));
    Facts::new()
        .fact(t.get("column-state"), words::state(lang, document.state.as_str()))
        .fact(
            t.get(if document.side == Side::In { "document-from" } else { "document-to" }),
            words::partner(node, viewer, &document.partner),
        )
        .text(t.get("column-kind"), words::kind(lang, document.kind.as_str()))
        .text(t.get("column-size"), format::size(lang, document.size))
        .fact(t.get("document-created"), dates(viewer).exact(document.created))
        .fact(t.get("document-updated"), dates(viewer).exact(document.updated))
        .known(t.get("document-answers"), answers)
        .known(t.get("document-answered"), answered)
        .known(
            t.get("document-personal"),
            document.personal.then(|| Markup::text(t.get("document-personal-yes"))),
        )
}

/// What programs know it by, for whoever compares or asks for it.
fn identifiers(viewer: &Viewer, document: &Document) -> More {
    let t = text(viewer.lang());
    let facts = Facts::new()
        .fact(t.get("document-id"), Markup::code(document.id))
        .fact(t.get("document-agreement"), Markup::code(document.agreement))
        .known("SHA-256", document.sha256.as_ref().map(Markup::code));
    More { title: t.get("document-identifiers").into(), body: facts.into() }
}

/// What happened, as far as acts of both sides show it, each with the countries that have cosigned it.
fn timeline(
    node: &Node,
    viewer: &Viewer,
    detail: &DocumentDetail,
    receipts: Option<(&[ReceiptBody], &[ReceiptBody])>,
) -> Markup {
    let t = text(viewer.lang());
    let (document, lang) = (&detail.document, viewer.lang());
    let mut events = Vec::new();
    for (ours, receipt) in receipts
        .into_iter()
        .flat_map(|(ours, theirs)| ours.iter().map(|r| (true, r)).chain(theirs.iter().map(|r| (false, r))))
    {
        let who = match ours {
            true => t.get("by-us").to_string(),
            false => super::viewer::name(node, &document.partner, lang),
        };
        let countries = words::countries(node, lang, receipt);
        let event = Event {
            at: dates(viewer).exact(receipt.time),
            title: words::act(lang, &receipt.kind),
            tone: Tone::Good,
            body: Markup::lines([Markup::quiet(who), countries]),
        };
        events.push((receipt.time, event));
    }
    if events.is_empty() {
        let key = if document.side == Side::In { "event-came" } else { "event-handed-in" };
        let at = dates(viewer).exact(document.created);
        let event = Event { at, title: t.get(key).into(), tone: Tone::Good, body: Markup::none() };
        events.push((document.created, event));
    }
    for answer in &detail.answered_by {
        let event = Event {
            at: dates(viewer).exact(answer.created),
            title: t.get("event-answered").into(),
            tone: Tone::Info,
            body: Markup::link(&path(answer), name(answer)),
        };
        events.push((answer.created, event));
    }
    events.sort_by_key(|(at, _)| *at);
    let open = words::state(lang, document.state.as_str());
    let mut events: Vec<Event> = events.into_iter().map(|(_, event)| event).collect();
    if open.tone != Tone::Good {
        events.push(Event { at: Markup::none(), title: open.word, tone: open.tone, body: Markup::none() });
    }
    Timeline { events }.into()
}

/// What was signed, as it was signed.
fn evidence(viewer: &Viewer, detail: &DocumentDetail) -> Markup {
    let t = text(viewer.lang());
    let Some(envelope) = &detail.envelope else { return Markup::none() };
    let mut body = Markup::from(Sample::new(viewer, t.get("document-envelope"), envelope));
    if let Some(acknowledgement) = &detail.acknowledgement {
        body = body.and(Sample::new(viewer, t.get("document-acknowledgement"), acknowledgement));
    }
    More { title: t.get("document-signed").into(), body }.into()
}

/// Hands in again what was given up on.
pub(super) async fn resend(
    node: State<Arc<Node>>,
    caller: Caller,
    id: Named<EnvelopeId>,
    _fields: super::form::Fields,
) -> Answer<Response> {
    let document = outbox::resend(node, caller, id).await?.0;
    Ok(see_other(&path(&document)))
}

/// What a document that was just handed in says first.
fn handed_in(viewer: &Viewer) -> Notice {
    let t = text(viewer.lang());
    Notice::new(Tone::Good, t.get("send-done")).body(Markup::paragraph(t.get("send-done-next")))
}

/// The content of a received document, readable.
pub(super) async fn content_received(
    node: State<Arc<Node>>,
    acting: axum::extract::Extension<corridor_exchange::Acting>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    part: Ask<content::Part>,
) -> Answer<Response> {
    let detail = inbox::show(State(node.0.clone()), caller.clone(), Named(id), Ask::default()).await?.0;
    content::page(&node, &acting, caller, &viewer, &detail.document, &part.0).await
}

/// The content of a sent document, readable.
pub(super) async fn content_sent(
    node: State<Arc<Node>>,
    acting: axum::extract::Extension<corridor_exchange::Acting>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    part: Ask<content::Part>,
) -> Answer<Response> {
    let detail = outbox::show(State(node.0.clone()), caller.clone(), Named(id), Ask::default()).await?.0;
    content::page(&node, &acting, caller, &viewer, &detail.document, &part.0).await
}
