//! Answers that are waited for: what is overdue, with whom, and the decision to wait no longer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{EnvelopeId, ErrorCode, Problem};
use corridor_console::component::{
    Badge, Choice, Column, Command, Empty, Field, Filters, Icon, Kind, Notice, Press, Row, Section, Table,
    Tone, address,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_trade::expect::{Expected, Standing, edge};
use serde::Deserialize;

use super::form::Fields;
use super::{dates, text, words};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::node::Node;

/// Where the page is.
pub(super) const PATH: &str = "/console/trade/expected";
/// How many answers it lists.
const LISTED: u64 = 200;

/// Which standing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    standing: String,
}

/// The page.
pub(super) async fn page(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(wanted): Ask<Wanted>,
) -> Answer<Response> {
    let standing = Standing::parse(&wanted.standing).unwrap_or(Standing::Overdue);
    Ok(shown(&node, &caller, &viewer, standing).await?.answer(&viewer))
}

async fn shown(node: &Node, caller: &Caller, viewer: &Viewer, standing: Standing) -> Answer<Page> {
    let t = text(viewer.lang());
    let all = edge::list(&node.exchange, &caller.acting(), standing, LISTED).await?;
    let choice = |standing: &Standing| Choice::new(standing.as_str(), word(viewer, *standing));
    let field = Field::new("standing", t.get("column-state"))
        .kind(Kind::Select(Standing::ALL.iter().map(choice).collect()))
        .value(standing.as_str());
    let filters = Filters::new(viewer, PATH, vec![field], standing != Standing::Overdue);
    let mut columns: Vec<Column> =
        ["column-document", "expected-answer", "column-state", "expected-until", "column-partner"]
            .map(|key| Column::new(t.get(key)))
            .to_vec();
    let may = standing == Standing::Overdue && viewer.may("POST /console/trade/expected");
    columns.extend(may.then(|| Column::new(t.get("expected-waive"))));
    let table = Table {
        caption: t.get("expected-caption").into(),
        columns,
        rows: all.iter().map(|one| row(node, viewer, one, may)).collect(),
        empty: Empty::new(Icon::Trade, t.get("expected-empty"), t.get("expected-empty-how")),
        paging: None,
    };
    let path = address("/api/v1/trade/expected", &[("standing", standing.as_str())]);
    let cli = format!("trade expected --standing {}", standing.as_str());
    let body = Markup::from(filters)
        .and(Section::new("", table).live("expected"))
        .and(Command::new(viewer, &cli, "GET", &path, None));
    let page = Page::new(t.get("expected-title"), body).below(t.get("area-trade"), "/console/trade");
    Ok(page.lead(t.get("expected-lead")).live())
}

/// What a standing is called.
fn word(viewer: &Viewer, standing: Standing) -> String {
    text(viewer.lang()).get(&format!("expected-{}", standing.as_str())).to_string()
}

fn row(node: &Node, viewer: &Viewer, one: &Expected, may: bool) -> Row {
    let t = text(viewer.lang());
    let tone = match one.timer.standing {
        Standing::Waiting => Tone::Wait,
        Standing::Overdue => Tone::Bad,
        Standing::Answered => Tone::Good,
        Standing::Void => Tone::Idle,
    };
    let named = if one.number.is_empty() { one.kind.clone() } else { format!("{} {}", one.kind, one.number) };
    let again = (one.timer.again > 0).then(|| t.get("expected-again").and("n", one.timer.again).to_string());
    let mut cells = vec![
        Markup::link(&format!("/console/outbox/{}", one.envelope), named),
        Markup::text(&one.answer),
        Markup::lines(
            [Badge::new(tone, word(viewer, one.timer.standing)).into()]
                .into_iter()
                .chain(again.map(Markup::quiet)),
        ),
        dates(viewer).with_age(one.timer.promised, node.now()),
        words::partner(node, viewer, &one.partner),
    ];
    if may {
        let press =
            Press::new(viewer, PATH, t.get("expected-waive")).hidden("envelope", one.envelope.to_string());
        cells.push(press.plain().into());
    }
    Row(cells)
}

/// Waits no longer for what is overdue of a document.
pub(super) async fn waive(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    fields: Fields,
) -> Answer<Response> {
    let missing = || Problem::new(ErrorCode::Malformed).with("what", "envelope").with("why", "missing");
    let id: EnvelopeId = fields.get("envelope").ok_or_else(missing)?.parse()?;
    let waived = edge::waived(&node.exchange, &caller.acting(), id).await?;
    let said = text(viewer.lang()).get("expected-waived").and("n", waived.len());
    let page = shown(&node, &caller, &viewer, Standing::Overdue).await?;
    Ok(page.notice(Notice::new(Tone::Good, said)).answer(&viewer))
}
