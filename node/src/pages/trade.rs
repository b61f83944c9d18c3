//! One transaction on one page, found by any of its numbers: its documents with their three states (what the
//! transport did, what the partner could read, what the institution decided) and what happened, in order.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_console::component::{
    Badge, Button, Column, Command, Empty, Event, Facts, Field, Filters, Icon, Notice, Row, Section, Table,
    Timeline, Tone, address, quoted,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_exchange::Side;
use corridor_trade::references::Role;
use corridor_trade::timeline::{self, Entry, timeline};
use serde::Deserialize;

use super::{dates, text, words};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::node::Node;

/// Where the page is.
const PATH: &str = "/console/trade";

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
    let mut body = Markup::from(Filters::new(&viewer, PATH, vec![field], !reference.is_empty()));
    if reference.is_empty() {
        let empty = Empty::new(Icon::Trade, t.get("trade-empty"), t.get("trade-empty-how"));
        let page = Page::new(t.get("area-trade"), body.and(empty)).lead(t.get("trade-lead"));
        return Ok(page.answer(&viewer));
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
    let page = Page::new(t.get("trade-title").and("reference", reference), body.and(command));
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
    body.and(Section::new(t.get("trade-numbers"), numbers(viewer, found)).card())
        .and(Section::new(t.get("trade-documents"), table).live("documents"))
        .and(Section::new(t.get("trade-events"), events(node, viewer, found)).live("events"))
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
    Row(vec![
        Markup::link(&document(entry.side, entry.envelope), kinds(viewer, &entry.kinds)),
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
        "accepted" | "delivered" | "received" => Tone::Good,
        "sent" => Tone::Wait,
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
