//! What the risk rules do: a table of all, and for each its hits by month as bars and as numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_console::component::{Column, Command, Empty, Figure, Icon, Point, Row, Section, Table};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_trade::customs::UNJUDGED;
use corridor_trade::customs::statistics::{Counts, OfRule, statistics};

use super::{PATH, dates, said, text};
use crate::access::Caller;
use crate::api::problem::Answer;
use crate::node::Node;

/// How many months the page looks back.
const MONTHS: u64 = 12;
/// How many rules have a figure.
const FIGURES: usize = 20;

/// The page.
pub(super) async fn page(State(node): State<Arc<Node>>, caller: Caller, viewer: Viewer) -> Answer<Response> {
    let t = text(viewer.lang());
    let all = statistics(&node.exchange, &caller.acting(), MONTHS).await?;
    let numbers = ["risk-seen", "risk-hits"].map(|key| t.get(key).to_string());
    let states = ["waiting", "released", "held", "inspection", "rejected"]
        .map(|word| said(&viewer, &format!("customs-state-{word}")));
    let columns = [Column::new(t.get("risk-rule"))].into_iter();
    let table = Table {
        caption: t.get("risk-statistics-caption").into(),
        columns: columns.chain(numbers.into_iter().chain(states).map(Column::number)).collect(),
        rows: all.iter().map(|of| row(&viewer, of)).collect(),
        empty: Empty::new(Icon::Ledger, t.get("risk-statistics-empty"), t.get("risk-statistics-empty-how")),
        paging: None,
    };
    let mut body = Markup::from(Section::new("", table).live("counts"));
    for of in all.iter().filter(|of| of.total.hits > 0).take(FIGURES) {
        let point = |(month, counts): (&String, &Counts)| Point {
            label: dates(&viewer).month(month),
            value: counts.hits,
        };
        let title = t.get("risk-figure").and("rule", name(&viewer, of));
        let points = of.months.iter().map(point).collect();
        body = body.and(Section::new(
            "",
            Figure::new(&viewer, title, t.get("risk-month"), t.get("risk-hits-unit"), points),
        ));
    }
    let command =
        Command::new(&viewer, "trade risk statistics", "GET", "/api/v1/trade/risk/statistics", None);
    let page = Page::new(t.get("customs-statistics"), body.and(command)).lead(t.get("risk-statistics-lead"));
    Ok(page.below(t.get("area-customs"), PATH).live().answer(&viewer))
}

/// A rule by its title.
fn name(viewer: &Viewer, of: &OfRule) -> String {
    if of.rule == UNJUDGED {
        return said(viewer, "risk-not-judged");
    }
    of.title.get(viewer.lang().tag()).map_or(of.rule.as_str(), String::as_str).to_owned()
}

fn row(viewer: &Viewer, of: &OfRule) -> Row {
    let Counts { seen, hits, waiting, released, held, inspection, rejected, .. } = of.total;
    let numbers = [seen, hits, waiting, released, held, inspection, rejected];
    let numbers = numbers.map(|number| Markup::text(format::number(number)));
    let version = Markup::quiet(format!("{} v{}", of.rule, of.version));
    Row([Markup::lines([Markup::text(name(viewer, of)), version])].into_iter().chain(numbers).collect())
}
