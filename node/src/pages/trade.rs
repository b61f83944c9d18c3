//! One transaction on one page, found by any of its numbers: its documents with their three states (what the
//! transport did, what the partner could read, what the institution decided) and what happened, in order.

mod bulk;
mod codes;
mod compare;
mod editor;
mod new;
mod rejects;
mod sheet;
mod stowage;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use corridor_console::component::{
    self as component, Badge, Button, Column, Command, Empty, Event, Facts, Field, Filters, Icon, Notice,
    Row, Section, Stages, Table, Timeline, Tone, address, quoted,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_exchange::Side;
use corridor_trade::references::Role;
use corridor_trade::stages::{self, Standing, Transaction, stages};
use corridor_trade::timeline::{self, Entry, timeline};
use serde::Deserialize;

use super::{dates, text, words};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::api::trade::desk;
use crate::node::Node;

/// Where the page is.
const PATH: &str = "/console/trade";

/// The routes of trade.
pub(super) fn router() -> Router<Arc<Node>> {
    Router::new()
        .route(PATH, get(page))
        .route("/console/trade/compare", get(compare::page))
        .route("/console/trade/new", get(new::list))
        .route("/console/trade/new/{name}", get(new::show).post(new::take))
        .route("/console/trade/drafts/remove", post(new::remove))
        .route("/console/trade/rejects", get(rejects::list))
        .route("/console/trade/rejects/{id}", get(rejects::show).post(rejects::take))
        .route("/console/trade/codes", get(codes::show).post(codes::take))
        .route("/console/trade/codes/file", get(codes::file))
        .route(
            "/console/trade/bulk",
            get(bulk::show).post(bulk::take).layer(axum::extract::DefaultBodyLimit::max(8 << 20)),
        )
        .route("/console/inbox/{id}/form", get(sheet::received))
        .route("/console/outbox/{id}/form", get(sheet::sent))
}

/// Which transaction.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    reference: String,
}

/// The page.
pub(super) async fn page(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(wanted): Ask<Wanted>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let reference = wanted.reference.trim();
    let field = Field::new("reference", t.get("trade-reference"))
        .hint(t.get("trade-reference-hint"))
        .value(reference)
        .at_most(70);
    let mut body = Markup::from(Filters::new(&viewer, PATH, vec![field], !reference.is_empty()).looks_up());
    if reference.is_empty() {
        let query = desk::LatestQuery::default();
        let found = desk::latest(State(node.clone()), caller, Ask(query)).await?.0.items;
        let latest = Section::new(t.get("desk-latest"), latest(&node, &viewer, &found)).live("latest");
        let command = Command::new(&viewer, "trade transactions", "GET", "/api/v1/trade/transactions", None);
        let page = Page::new(t.get("area-trade"), body.and(latest).and(command)).lead(t.get("trade-lead"));
        return Ok(page.actions(actions(&viewer)).live().answer(&viewer));
    }
    let found = timeline(&node.exchange, &caller.acting(), reference, viewer.lang()).await?;
    body = body.and(match found.documents.is_empty() {
        true => Empty::new(Icon::Search, t.get("trade-none"), t.get("trade-none-how"))
            .action(Button::new(t.get("area-inbox"), "/console/inbox"))
            .into(),
        false => transaction(&node, &viewer, &found),
    });
    let path = address("/api/v1/trade/timeline", &[("reference", reference)]);
    let command = Command::new(&viewer, &format!("trade status {}", quoted(reference)), "GET", &path, None);
    let mut page = Page::new(t.get("trade-title").and("reference", reference), body.and(command));
    if !found.documents.is_empty() && viewer.may("GET /console/trade/evidence") {
        let href = address("/console/trade/evidence", &[("reference", reference)]);
        page = page.actions(Button::new(t.get("trade-evidence"), href).icon(Icon::Verify).download());
    }
    Ok(page.lead(t.get("trade-lead")).live().answer(&viewer))
}

fn transaction(node: &Node, viewer: &Viewer, found: &timeline::Timeline) -> Markup {
    let t = text(viewer.lang());
    let mut body = Markup::none();
    if found.more {
        body = body.and(Notice::new(Tone::Info, t.get("trade-more")));
    }
    let table = Table {
        caption: t.get("trade-documents-caption").into(),
        columns: [
            "column-document",
            "trade-transport",
            "trade-syntax",
            "trade-judgement",
            "column-partner",
            "column-time",
        ]
        .map(|key| Column::new(t.get(key)))
        .into(),
        rows: found.documents.iter().map(|entry| row(node, viewer, entry)).collect(),
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    };
    let standing = Section::new(t.get("desk-stands"), stages_of(viewer, &stages(&found.documents)));
    body.and(standing.live("stages"))
        .and(Section::new(t.get("trade-numbers"), numbers(viewer, found)).card())
        .and(Section::new(t.get("trade-documents"), table).live("documents"))
        .and(compare::choose(viewer, &found.documents))
        .and(Section::new(t.get("trade-events"), events(node, viewer, found)).live("events"))
}

/// What there is to do at the desks.
fn actions(viewer: &Viewer) -> Markup {
    let t = text(viewer.lang());
    let mut actions = Vec::new();
    if viewer.may("GET /console/trade/new") {
        actions.push(Button::new(t.get("make-title"), new::PATH).icon(Icon::Plus).main().into());
    }
    if viewer.may("GET /console/trade/rejects") {
        actions.push(Button::new(t.get("rejects-title"), "/console/trade/rejects").icon(Icon::Bad).into());
    }
    if viewer.may("GET /console/trade/codes") {
        actions.push(Button::new(t.get("codes-title"), "/console/trade/codes").icon(Icon::Swap).into());
    }
    Markup::join(actions)
}

/// The latest transactions.
fn latest(node: &Node, viewer: &Viewer, found: &[Transaction]) -> Table {
    let t = text(viewer.lang());
    let row = |transaction: &Transaction| {
        let number = &transaction.number;
        let role = transaction.numbers.iter().find(|n| n.number == *number).map(|n| n.role);
        let role = role.map(|role| {
            corridor_trade::messages().text(viewer.lang(), &format!("role-{}", role.as_str()), &[])
        });
        let link = Markup::link(&address(PATH, &[("reference", number)]), number);
        Row(vec![
            Markup::lines(std::iter::once(link).chain(role.map(Markup::quiet))),
            stages_of(viewer, &transaction.stages).into(),
            Markup::text(transaction.documents),
            dates(viewer).with_age(transaction.updated, node.now()),
        ])
    };
    Table {
        caption: t.get("desk-latest-caption").into(),
        columns: vec![
            Column::new(t.get("trade-reference")),
            Column::new(t.get("desk-stands")),
            Column::number(t.get("trade-documents")),
            Column::new(t.get("column-time")),
        ],
        rows: found.iter().map(row).collect(),
        empty: Empty::new(Icon::Trade, t.get("desk-none"), t.get("desk-none-how")),
        paging: None,
    }
}

/// Where a transaction stands.
fn stages_of(viewer: &Viewer, found: &[(stages::Stage, Standing)]) -> Stages {
    let t = text(viewer.lang());
    let stage = |(stage, standing): &(stages::Stage, Standing)| component::Stage {
        tone: match standing {
            Standing::Open => Tone::Idle,
            Standing::Waiting => Tone::Wait,
            Standing::Refused => Tone::Bad,
            Standing::Done => Tone::Good,
        },
        word: t.get(&format!("stage-{}", stage.as_str())).into(),
        stands: t.get(&format!("standing-{}", standing.as_str())).into(),
    };
    Stages { label: t.get("desk-stands").into(), stages: found.iter().map(stage).collect() }
}

/// The numbers of the transaction, kind by kind.
fn numbers(viewer: &Viewer, found: &timeline::Timeline) -> Facts {
    let mut facts = Facts::new();
    for role in Role::ALL {
        let of = found.numbers.iter().filter(|number| number.role == *role).take(50);
        let links: Vec<Markup> =
            of.map(|n| Markup::link(&address(PATH, &[("reference", &n.number)]), &n.number)).collect();
        if !links.is_empty() {
            let name =
                corridor_trade::messages().text(viewer.lang(), &format!("role-{}", role.as_str()), &[]);
            facts = facts.fact(name, Markup::lines(links));
        }
    }
    facts
}

fn row(node: &Node, viewer: &Viewer, entry: &Entry) -> Row {
    let lang = viewer.lang();
    let t = text(lang);
    let state = |word: &Option<String>| match word {
        Some(word) => outcome(viewer, word),
        None => Badge::new(Tone::Idle, t.get("trade-none-yet")),
    };
    let name = Markup::link(&document(entry.side, entry.envelope), kinds(viewer, &entry.kinds));
    let amends = entry.amends.as_ref().map(|amendment| {
        let to = document(Side::Out, amendment.amended);
        let said = t.get("amends").and("what", t.get(&format!("amend-as-{}", amendment.function)));
        Markup::link(&to, said)
    });
    let test = entry.test.then(|| Badge::new(Tone::Idle, t.get("customs-test")).into());
    Row(vec![
        Markup::lines(std::iter::once(name).chain(amends).chain(test)),
        words::state(lang, entry.transport.as_str()).into(),
        state(&entry.syntax).into(),
        state(&entry.judgement).into(),
        words::partner(node, viewer, &entry.partner),
        dates(viewer).with_age(entry.created, node.now()),
    ])
}

fn document(side: Side, envelope: corridor_base::EnvelopeId) -> String {
    let book = if side == Side::In { "inbox" } else { "outbox" };
    format!("/console/{book}/{envelope}")
}

/// What messages are called: `Customs declaration (CUSDEC)`.
fn kinds(viewer: &Viewer, kinds: &[String]) -> String {
    let words = corridor_trade::messages();
    let name = |kind: &String| {
        let key = format!("message-{kind}");
        let known = words.has(viewer.lang(), &key);
        if known { format!("{} ({kind})", words.text(viewer.lang(), &key, &[])) } else { kind.clone() }
    };
    let names: Vec<String> = kinds.iter().take(5).map(name).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

fn outcome(viewer: &Viewer, word: &str) -> Badge {
    let said = corridor_trade::messages().text(viewer.lang(), &format!("event-answer-{word}"), &[]);
    Badge::new(tone(word), said)
}

fn tone(word: &str) -> Tone {
    match word {
        "accepted" | "delivered" | "received" | "released" => Tone::Good,
        "sent" | "amended" | "waiting" | "sent-again" | "late" | "held" | "inspection" => Tone::Wait,
        "stated" => Tone::Info,
        _ => Tone::Bad,
    }
}

fn events(node: &Node, viewer: &Viewer, found: &timeline::Timeline) -> Timeline {
    let event = |event: &timeline::Event| {
        let word = event.outcome.as_deref().unwrap_or(event.what);
        let key = match &event.outcome {
            Some(outcome) => format!("event-answer-{outcome}"),
            None => format!("event-{}", event.what),
        };
        let what = corridor_trade::messages().text(viewer.lang(), &key, &[]);
        let lines = event.lines.iter().take(20).map(Markup::quiet);
        let link = Markup::link(&document(event.side, event.envelope), text(viewer.lang()).get("trade-open"));
        let below = [words::partner(node, viewer, &event.partner)].into_iter().chain(lines).chain([link]);
        Event {
            at: dates(viewer).exact(event.time),
            title: format!("{}: {what}", kinds(viewer, &event.kinds)),
            tone: tone(word),
            body: Markup::lines(below),
        }
    };
    Timeline { events: found.events.iter().map(event).collect() }
}
