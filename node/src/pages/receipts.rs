//! The receipts of everything that crossed: which are complete, and of those that are not, which country or
//! which side is still missing (LG-2).

use axum::extract::State;
use axum::response::Response;
use corridor_base::Timestamp;
use corridor_console::component::{
    Badge, Choice, Column, Command, Empty, Field, Filters, Icon, Kind, Notice, Paging, Row, Section, Table,
    Tone, address,
};
use corridor_console::{Markup, Page, Viewer};
use serde::Deserialize;

use super::form::word;
use super::{dates, documents, text, words};
use crate::access::Caller;
use crate::api::Shared;
use crate::api::documents::Document;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::api::receipts::{self, ReceiptBody, ReceiptsBody, ReceiptsQuery};

const PATH: &str = "/console/receipts";
/// How many documents a page lists.
const LISTED: u32 = 20;

/// What narrows the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Narrow {
    state: String,
    before: String,
}

/// `GET /console/receipts`.
pub(super) async fn list(
    node: Shared,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let pending = narrow.state == "pending";
    let query = ReceiptsQuery { pending, before: word(&narrow.before), limit: Some(LISTED) };
    let page = receipts::list(State(node.0.clone()), caller, Ask(query)).await?.0;
    let now = node.now();
    let rows = page.items.iter().filter_map(|item| Some((item.document.as_ref()?, item)));
    let place = ("before", !narrow.before.is_empty());
    let empty = match pending {
        true => Empty::new(Icon::Good, t.get("receipts-none-pending"), t.get("receipts-none-pending-how")),
        false => Empty::new(Icon::Receipt, t.get("receipts-none"), t.get("receipts-none-how")),
    };
    let table = Table {
        caption: t.get("receipts-caption").into(),
        columns: ["column-document", "column-state", "receipts-ours", "receipts-theirs", "column-time"]
            .map(|key| Column::new(t.get(key)))
            .to_vec(),
        rows: rows.map(|(document, item)| row(&node, &viewer, document, item, now)).collect(),
        empty,
        paging: Some(Paging::new(&viewer, PATH, &[("state", &narrow.state)], place, page.next.as_deref())),
    };
    let states =
        vec![Choice::new("", t.get("filter-any")), Choice::new("pending", t.get("receipts-only-pending"))];
    let field = Field::new("state", t.get("column-state")).kind(Kind::Select(states)).value(&narrow.state);
    let filters = Filters::new(&viewer, PATH, vec![field], pending);
    let option = if pending { " --pending" } else { "" };
    let api = address("/api/v1/receipts", &[("pending", if pending { "true" } else { "" })]);
    let command = Command::new(&viewer, &format!("receipt{option}"), "GET", &api, None);
    let body = Markup::from(filters).and(Section::new("", table).live("receipts")).and(command);
    let mut page = Page::new(t.get("area-receipts"), body).lead(t.get("receipts-lead")).live();
    if let Some(since) = node.ledger.pending_since().filter(|since| now.since(*since).as_secs() > 300) {
        let said = t.get("home-pending-since").and("at", dates(&viewer).minute(since));
        let said = Markup::paragraph(said.and("age", dates(&viewer).age(since, now)));
        page = page.notice(Notice::new(Tone::Wait, t.get("home-pending")).body(said));
    }
    Ok(page.answer(&viewer))
}

fn row(node: &Shared, viewer: &Viewer, document: &Document, item: &ReceiptsBody, now: Timestamp) -> Row {
    let t = text(viewer.lang());
    let side = match document.side {
        corridor_exchange::Side::In => "side-in",
        corridor_exchange::Side::Out => "side-out",
    };
    let link = Markup::link(&format!("{PATH}/{}", document.id), documents::name(document));
    let partner = Markup::quiet(t.get(side)).and(Markup::text(" ")).and(words::partner(
        node,
        viewer,
        &document.partner,
    ));
    let (tone, key) = match item.complete {
        true => (Tone::Good, "state-complete"),
        false => (Tone::Wait, "receipts-waits"),
    };
    Row(vec![
        Markup::lines([link, partner]),
        Badge::new(tone, t.get(key)).into(),
        countries(node, viewer, &item.ours),
        match item.theirs.is_empty() {
            true => Badge::new(Tone::Wait, t.get("receipts-not-come")).into(),
            false => countries(node, viewer, &item.theirs),
        },
        dates(viewer).with_age(document.created, now),
    ])
}

/// Each country once, cosigned when it has cosigned every act of this side.
fn countries(node: &Shared, viewer: &Viewer, receipts: &[ReceiptBody]) -> Markup {
    let least = receipts.iter().max_by_key(|r| (r.index.is_none(), r.missing.len()));
    least.map(|receipt| words::countries(node, viewer.lang(), receipt)).unwrap_or_default()
}
