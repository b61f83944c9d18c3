//! The queue of what was refused, with the cause of each.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::Did;
use corridor_console::component::{
    Badge, Choice, Column, Command, Empty, Field, Filters, Icon, Kind, Paging, Row, Section, Table, Tone,
    address,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_trade::rejects::{Cause, Reject};
use serde::Deserialize;

use super::super::super::form::{chosen, word};
use super::super::super::{dates, send, text, words};
use super::PATH;
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::api::trade::rejects::{self, RejectQuery};
use crate::node::Node;

/// How many a page lists.
const LISTED: u32 = 25;
/// How many lines of a cause a list shows.
const LINES: usize = 6;

/// What narrows the queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages::trade) struct Narrow {
    partner: String,
    cause: String,
    before: String,
}

/// The queue.
pub(in crate::pages::trade) async fn list(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let query = RejectQuery {
        partner: chosen(&narrow.partner)?,
        cause: word(&narrow.cause),
        before: word(&narrow.before),
        limit: Some(LISTED),
    };
    let found = rejects::queue(&node, &caller, query, viewer.lang()).await?;
    let kept = [("partner", narrow.partner.as_str()), ("cause", narrow.cause.as_str())];
    let place = ("before", !narrow.before.is_empty());
    let narrowed = !narrow.partner.is_empty() || !narrow.cause.is_empty();
    let (empty, how) = match narrowed {
        true => ("rejects-none-such", "rejects-none-such-how"),
        false => ("rejects-none", "rejects-none-how"),
    };
    let table = Table {
        caption: t.get("rejects-caption").into(),
        columns: ["column-document", "rejects-says", "column-partner", "rejects-when", "column-state"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: found.items.iter().map(|reject| row(&node, &viewer, reject)).collect(),
        empty: Empty::new(Icon::Good, t.get(empty), t.get(how)),
        paging: Some(Paging::new(&viewer, PATH, &kept, place, found.next.as_deref())),
    };
    let partners = send::allowed(&node, &caller).await?.partners;
    let partner = |did: &Did| {
        Choice::new(did.to_string(), super::super::super::viewer::name(&node, did, viewer.lang()))
    };
    let any = || std::iter::once(Choice::new("", t.get("rejects-any")));
    let cause = |cause: &Cause| Choice::new(cause.as_str(), t.get(&format!("cause-{}", cause.as_str())));
    let fields = vec![
        Field::new("partner", t.get("column-partner"))
            .kind(Kind::Select(any().chain(partners.iter().take(500).map(partner)).collect()))
            .value(&narrow.partner),
        Field::new("cause", t.get("rejects-cause"))
            .kind(Kind::Select(any().chain(Cause::ALL.iter().map(cause)).collect()))
            .value(&narrow.cause),
    ];
    let path = address("/api/v1/trade/rejects", &kept);
    let body = Markup::from(Filters::new(&viewer, PATH, fields, narrowed))
        .and(Section::new("", table).live("queue"))
        .and(Command::new(&viewer, "trade rejects", "GET", &path, None));
    let page = Page::new(t.get("rejects-title"), body).lead(t.get("rejects-lead"));
    Ok(page.below(t.get("area-trade"), super::super::PATH).live().answer(&viewer))
}

fn row(node: &Node, viewer: &Viewer, reject: &Reject) -> Row {
    let t = text(viewer.lang());
    let number = match reject.number.is_empty() {
        true => format::short(&reject.envelope.to_string(), 8, 4),
        false => reject.number.clone(),
    };
    let name = match viewer.may("GET /console/trade/rejects/{id}") {
        true => Markup::link(&format!("{PATH}/{}", reject.envelope), &number),
        false => Markup::link(&format!("/console/outbox/{}", reject.envelope), &number),
    };
    let cause = Badge::new(Tone::Bad, t.get(&format!("cause-{}", reject.cause.as_str())));
    let lines = reject.lines.iter().take(LINES).map(Markup::text);
    let more = reject.lines.len().saturating_sub(LINES);
    let more = (more > 0).then(|| Markup::quiet(t.get("rejects-more-lines").and("n", more)));
    let state = match &reject.amendment {
        Some(amendment) => {
            let link =
                Markup::link(&format!("/console/outbox/{}", amendment.envelope), t.get("rejects-amendment"));
            Markup::lines([Badge::new(Tone::Wait, t.get("rejects-amended")).into(), link])
        }
        None => Badge::new(Tone::Bad, t.get("rejects-open")).into(),
    };
    Row(vec![
        Markup::lines([name, Markup::quiet(super::super::kinds(viewer, &reject.kinds))]),
        Markup::lines(std::iter::once(cause.into()).chain(lines).chain(more)),
        words::partner(node, viewer, &reject.partner),
        dates(viewer).with_age(reject.refused, node.now()),
        state,
    ])
}
