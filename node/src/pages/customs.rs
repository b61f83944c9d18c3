//! The desk of a customs office: the queue of reports and declarations, one of them with the decision on it, the
//! risk rules, and what the rules do.

mod case;
mod rules;
mod statistics;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use corridor_base::Did;
use corridor_console::component::{
    Badge, Button, Choice, Column, Command, Empty, Field, Filters, Icon, Kind, Paging, Row, Section, Table,
    Tone, address, quoted,
};
use corridor_console::{Markup, Page, Text, Viewer};
use corridor_trade::customs::edge::{QueueQuery, queue};
use corridor_trade::customs::{Case, Lane, State as Standing};
use serde::Deserialize;

use super::form::word;
use super::{dates, text, words};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::node::Node;

/// Where the desk is.
const PATH: &str = "/console/customs";
const RULES: &str = "/console/customs/rules";
const STATISTICS: &str = "/console/customs/statistics";
/// How many cases a page lists.
const LISTED: u64 = 25;

/// All routes of the desk.
pub(super) fn router() -> Router<Arc<Node>> {
    Router::new()
        .route(PATH, get(list))
        .route(RULES, get(rules::page).post(rules::change))
        .route(STATISTICS, get(statistics::page))
        .route("/console/customs/{id}", get(case::page).post(case::decide))
}

/// The words of the desk, which the command line says as well.
fn said(viewer: &Viewer, key: &str) -> String {
    corridor_trade::messages().text(viewer.lang(), key, &[])
}

/// How a case stands.
fn state(viewer: &Viewer, state: Standing) -> Badge {
    let tone = match state {
        Standing::Waiting => Tone::Info,
        Standing::Held | Standing::Inspection => Tone::Wait,
        Standing::Released => Tone::Good,
        Standing::Rejected => Tone::Bad,
        Standing::Replaced | Standing::Cancelled => Tone::Idle,
    };
    Badge::new(tone, said(viewer, &format!("customs-state-{}", state.as_str())))
}

/// Where the rules send it.
fn lane(viewer: &Viewer, lane: Lane) -> Badge {
    let tone = match lane {
        Lane::Clear => Tone::Idle,
        Lane::Note => Tone::Info,
        Lane::Hold => Tone::Wait,
        Lane::Inspect => Tone::Bad,
    };
    Badge::new(tone, said(viewer, &format!("customs-lane-{}", lane.as_str())))
}

/// What a kind of message is called: `Customs declaration (CUSDEC)`.
fn kind(viewer: &Viewer, kind: &str) -> String {
    format!("{} ({kind})", said(viewer, &format!("message-{kind}")))
}

fn number(t: Text, case: &Case) -> String {
    if case.number.is_empty() { t.get("customs-no-number").into() } else { case.number.clone() }
}

/// That it is a test, wherever it is named.
fn test(t: Text, case: &Case) -> Option<Markup> {
    case.test.then(|| Badge::new(Tone::Idle, t.get("customs-test")).into())
}

/// What narrows the queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Narrow {
    state: String,
    risk: String,
    partner: String,
    port: String,
    before: String,
}

async fn list(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let query = QueueQuery {
        state: word(&narrow.state),
        risk: word(&narrow.risk),
        partner: word(&narrow.partner),
        port: word(&narrow.port),
        before: word(&narrow.before),
        limit: Some(LISTED),
    };
    let found = queue(&node.exchange, &caller.acting(), &query).await?;
    let kept = [
        ("state", narrow.state.as_str()),
        ("risk", &narrow.risk),
        ("partner", &narrow.partner),
        ("port", &narrow.port),
    ];
    let narrowed = kept.iter().any(|(_, value)| !value.is_empty());
    let empty = match narrowed {
        true => Empty::new(Icon::Filter, t.get("list-none"), t.get("list-none-how")),
        false => Empty::new(Icon::Search, t.get("customs-empty"), t.get("customs-empty-how")),
    };
    let paging =
        Paging::new(&viewer, PATH, &kept, ("before", !narrow.before.is_empty()), found.next.as_deref());
    let table = Table {
        caption: t.get("customs-caption").into(),
        columns: [
            "customs-number",
            "customs-state",
            "customs-risk",
            "customs-party",
            "column-partner",
            "column-time",
        ]
        .map(|key| Column::new(t.get(key)))
        .into(),
        rows: found.items.iter().map(|case| row(&node, &viewer, case)).collect(),
        empty,
        paging: Some(paging),
    };
    let given = kept.iter().filter(|(_, value)| !value.is_empty());
    let options: String = given.map(|(name, value)| format!(" --{name} {}", quoted(value))).collect();
    let api = address("/api/v1/trade/customs", &kept);
    let command = Command::new(&viewer, &format!("trade queue{options}"), "GET", &api, None);
    let filters = filters(&node, &caller, &viewer, &narrow, narrowed).await?;
    let body = Markup::from(filters).and(Section::new("", table).live("cases")).and(command);
    let actions = [(RULES, "customs-rules", Icon::Filter), (STATISTICS, "customs-statistics", Icon::Ledger)];
    let actions = actions.map(|(path, key, icon)| Button::new(t.get(key), path).icon(icon).into());
    let page = Page::new(t.get("area-customs"), body).lead(t.get("customs-lead"));
    Ok(page.actions(Markup::join(actions)).live().answer(&viewer))
}

fn row(node: &Node, viewer: &Viewer, case: &Case) -> Row {
    let t = text(viewer.lang());
    let name = match viewer.may("GET /console/customs/{id}") {
        true => Markup::link(&format!("{PATH}/{}", case.id), number(t, case)),
        false => Markup::text(number(t, case)),
    };
    let below = [Markup::quiet(kind(viewer, &case.kind))].into_iter().chain(test(t, case));
    Row(vec![
        Markup::lines([name].into_iter().chain(below)),
        state(viewer, case.state).into(),
        lane(viewer, case.lane).into(),
        Markup::lines([
            Markup::text(if case.party.is_empty() { "–" } else { &case.party }),
            Markup::quiet(&case.port),
        ]),
        words::partner(node, viewer, &case.partner),
        dates(viewer).with_age(case.created, node.now()),
    ])
}

async fn filters(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    narrow: &Narrow,
    narrowed: bool,
) -> Answer<Filters> {
    let t = text(viewer.lang());
    let any = || Choice::new("", t.get("filter-any"));
    let states = Standing::ALL.iter().map(|s| Choice::new(s.as_str(), state(viewer, *s).word));
    let lanes = Lane::ALL.iter().map(|l| Choice::new(l.as_str(), lane(viewer, *l).word));
    let mut partners: Vec<Did> =
        node.exchange.agreements(&caller.participant).await?.into_iter().map(|a| a.partner).collect();
    partners.sort();
    partners.dedup();
    let partner = |did: &Did| Choice::new(did.to_string(), super::viewer::name(node, did, viewer.lang()));
    let with_any = |choices: Vec<Choice>| Kind::Select(std::iter::once(any()).chain(choices).collect());
    let fields = vec![
        Field::new("state", t.get("customs-state")).kind(with_any(states.collect())).value(&narrow.state),
        Field::new("risk", t.get("customs-risk")).kind(with_any(lanes.collect())).value(&narrow.risk),
        Field::new("partner", t.get("column-partner"))
            .kind(with_any(partners.iter().take(200).map(partner).collect()))
            .value(&narrow.partner),
        Field::new("port", t.get("customs-port")).value(&narrow.port).at_most(70),
    ];
    Ok(Filters::new(viewer, PATH, fields, narrowed))
}
