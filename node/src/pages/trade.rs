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
mod transaction;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use corridor_console::component::{
    Badge, Button, Column, Command, Empty, Field, Filters, Icon, Row, Section, Table, Tone, address, quoted,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_exchange::Side;
use corridor_trade::stages::{Transaction, by_beginning};
use corridor_trade::timeline::timeline;
use serde::Deserialize;

use super::{dates, text};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::api::trade::{desk, mappings};
use crate::node::Node;

/// Where the page is.
const PATH: &str = "/console/trade";

/// How many transactions are shown by the beginning of a number: the whole of each is read.
pub(super) const NEAR: usize = 5;

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
    let look = || {
        let field = Field::new("reference", t.get("trade-reference"))
            .hint(t.get("trade-reference-hint"))
            .value(reference)
            .at_most(70);
        Markup::from(Filters::new(&viewer, PATH, vec![field], !reference.is_empty()).looks_up())
    };
    if reference.is_empty() {
        let query = desk::LatestQuery::default();
        let found = desk::latest(State(node.clone()), caller, Ask(query)).await?.0.items;
        let latest = Section::new(t.get("desk-latest"), latest(&node, &viewer, &found)).live("latest");
        let command = Command::new(&viewer, "trade transactions", "GET", "/api/v1/trade/transactions", None);
        let page = Page::new(t.get("area-trade"), look().and(latest).and(command)).lead(t.get("trade-lead"));
        return Ok(page.actions(actions(&viewer)).live().answer(&viewer));
    }
    let found = timeline(&node.exchange, &caller.acting(), reference, viewer.lang()).await?;
    let mappings = mappings(&node, &caller.participant).await?;
    let body = match found.documents.is_empty() {
        true => {
            let near = by_beginning(&node.exchange, &caller.acting(), reference, NEAR).await?;
            let none = Empty::new(Icon::Search, t.get("trade-none"), t.get("trade-none-how"))
                .action(Button::new(t.get("area-inbox"), "/console/inbox"));
            look().and(match near.is_empty() {
                true => Markup::from(none),
                false => Section::new(t.get("trade-near"), latest(&node, &viewer, &near)).into(),
            })
        }
        false => transaction::shown(&node, &viewer, &mappings, &found),
    };
    let path = address("/api/v1/trade/timeline", &[("reference", reference)]);
    let command = Command::new(&viewer, &format!("trade status {}", quoted(reference)), "GET", &path, None);
    let mut page = Page::new(t.get("trade-title").and("reference", reference), body.and(command));
    if !found.documents.is_empty() && viewer.may("GET /console/trade/evidence") {
        let href = address("/console/trade/evidence", &[("reference", reference)]);
        page = page.actions(Button::new(t.get("trade-evidence"), href).icon(Icon::Verify).download());
    }
    Ok(page.below(t.get("area-trade"), PATH).live().answer(&viewer))
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

/// The latest transactions: where each stands before anything else of it.
pub(super) fn latest(node: &Node, viewer: &Viewer, found: &[Transaction]) -> Table {
    let t = text(viewer.lang());
    let row = |transaction: &Transaction| {
        let number = &transaction.number;
        let role = transaction.numbers.iter().find(|n| n.number == *number).map(|n| n.role);
        let role = role.map(|role| {
            corridor_trade::messages().text(viewer.lang(), &format!("role-{}", role.as_str()), &[])
        });
        let link = Markup::link(&address(PATH, &[("reference", number)]), number);
        let documents = t.get("trade-documents-number").and("n", transaction.documents);
        let below = role.map(|role| format!("{role} · {documents}")).unwrap_or_else(|| documents.to_string());
        Row(vec![
            Markup::lines([link, Markup::quiet(below)]),
            transaction::stages_of(viewer, &transaction.stages).into(),
            dates(viewer).with_age(transaction.updated, node.now()),
        ])
    };
    Table {
        caption: t.get("desk-latest-caption").into(),
        columns: vec![
            Column::new(t.get("trade-transaction")),
            Column::new(t.get("desk-stands")),
            Column::new(t.get("trade-moved")),
        ],
        rows: found.iter().map(row).collect(),
        empty: Empty::new(Icon::Trade, t.get("desk-none"), t.get("desk-none-how")),
        paging: None,
    }
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
    if names.is_empty() { "–".to_owned() } else { names.join(viewer.lang().comma()) }
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
