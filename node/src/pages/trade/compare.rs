//! Two documents of a chain side by side: the same fields in one table, what differs marked with a word and a
//! sign.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::EnvelopeId;
use corridor_console::component::{
    Badge, Choice, Column, Command, Empty, Field, Filters, Icon, Kind, Notice, Row, Section, Table, Tone,
    address,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::Side as Book;
use corridor_trade::shape::{Entry as Value, Mappings, Pair, Sheet, Side};
use corridor_trade::timeline::Entry;
use serde::Deserialize;

use super::super::text;
use super::sheet::{side_word, value};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::api::trade::desk;
use crate::node::Node;

pub(super) const PATH: &str = "/console/trade/compare";

/// Which two: `out/ID`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Asked {
    first: String,
    second: String,
    /// `differs` shows only what differs.
    only: String,
}

fn place(text: &str) -> corridor_base::Result<(Book, EnvelopeId)> {
    let (side, id) = text.split_once('/').unwrap_or((text, ""));
    Ok((side.parse()?, id.parse()?))
}

/// The documents of a transaction that can be compared, two of them to be chosen; nothing where there are
/// none, or where contents are not this reader's to see.
pub(super) fn choose(viewer: &Viewer, mappings: &Mappings, documents: &[Entry]) -> Markup {
    let t = text(viewer.lang());
    let fits = |entry: &&Entry| entry.kinds.iter().any(|kind| mappings.of_message(kind).next().is_some());
    let choices: Vec<Choice> = documents
        .iter()
        .filter(fits)
        .map(|entry| {
            let number = entry.numbers.first().map_or("", |number| number.number.as_str());
            let label = format!("{} {number}", super::kinds(viewer, &entry.kinds));
            Choice::new(format!("{}/{}", side_word(entry.side), entry.envelope), label)
        })
        .collect();
    if choices.len() < 2 || !viewer.may("GET /console/trade/compare") {
        return Markup::none();
    }
    let second = choices.get(1).map(|choice| choice.value.clone()).unwrap_or_default();
    let field = |name: &str, key: &str, value: String| {
        Field::new(name, t.get(key)).kind(Kind::Select(choices.clone())).value(value)
    };
    let fields =
        vec![field("first", "compare-first", String::new()), field("second", "compare-second", second)];
    Section::new(t.get("compare-title"), Filters::new(viewer, PATH, fields, false).looks_up()).into()
}

/// The page.
pub(in crate::pages) async fn page(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(asked): Ask<Asked>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    if asked.first.is_empty() || asked.second.is_empty() {
        let empty = Empty::new(Icon::Trade, t.get("compare-none"), t.get("compare-none-how"));
        let page = Page::new(t.get("compare-title"), empty).below(t.get("area-trade"), super::PATH);
        return Ok(page.answer(&viewer));
    }
    let (first, second) = (place(&asked.first)?, place(&asked.second)?);
    let found = desk::compared(&node, &caller, first, second).await?;
    let differ = found.rows.iter().filter(|pair| pair.side != Side::Same).count();
    let only = asked.only == "differs";
    let notice = match differ {
        0 => Notice::new(Tone::Good, t.get("compare-same")),
        n => Notice::new(Tone::Info, t.get("compare-differ").and("n", n).and("all", found.rows.len())),
    };
    let narrow = Field::new("only", t.get("compare-show"))
        .kind(Kind::Select(vec![
            Choice::new("", t.get("compare-show-all")),
            Choice::new("differs", t.get("compare-show-differs")),
        ]))
        .value(&asked.only);
    let chosen = |name: &str, key: &str, value: &str, sheet: &Sheet| {
        let choice = Choice::new(value, title(&viewer, sheet));
        Field::new(name, t.get(key)).kind(Kind::Select(vec![choice])).value(value)
    };
    let filters = vec![
        chosen("first", "compare-first", &asked.first, &found.first),
        chosen("second", "compare-second", &asked.second, &found.second),
        narrow,
    ];
    let rows = found.rows.iter().filter(|pair| !only || pair.side != Side::Same);
    let table = table(&viewer, &found.first, &found.second, rows);
    let path = address(
        "/api/v1/trade/compare",
        &[
            ("first_side", side_word(first.0)),
            ("first", &first.1.to_string()),
            ("second_side", side_word(second.0)),
            ("second", &second.1.to_string()),
        ],
    );
    let line = format!("trade compare {} {}", asked.first, asked.second);
    let body = Markup::from(Filters::new(&viewer, PATH, filters, false))
        .and(table)
        .and(Command::new(&viewer, &line, "GET", &path, None));
    let page = Page::new(t.get("compare-title"), body).lead(t.get("compare-lead")).notice(notice);
    Ok(page.below(t.get("area-trade"), super::PATH).answer(&viewer))
}

fn title(viewer: &Viewer, sheet: &Sheet) -> String {
    format!("{} {}", sheet.title.get(viewer.lang()), sheet.number).trim().to_owned()
}

fn table<'p>(viewer: &Viewer, first: &Sheet, second: &Sheet, rows: impl Iterator<Item = &'p Pair>) -> Table {
    let t = text(viewer.lang());
    let side = |entry: &Option<Value>| match entry {
        Some(entry) => value(viewer, entry),
        None => Markup::text("–"),
    };
    let row = |pair: &Pair| {
        let (tone, key) = match pair.side {
            Side::Same => (Tone::Good, "compare-is-same"),
            Side::Differs => (Tone::Bad, "compare-is-different"),
            Side::First | Side::Second => (Tone::Info, "compare-is-alone"),
        };
        let group = pair.group.get(viewer.lang());
        let name = Markup::text(pair.label.get(viewer.lang()));
        let name = if group.is_empty() { name } else { Markup::lines([Markup::quiet(group), name]) };
        Row(vec![name, side(&pair.first), side(&pair.second), Badge::new(tone, t.get(key)).into()])
    };
    let rows: Vec<Row> = rows.take(500).map(row).collect();
    Table {
        caption: t.get("compare-caption").and("n", format::number(rows.len() as u64)).into(),
        columns: vec![
            Column::new(t.get("compare-field")),
            Column::new(title(viewer, first)).card(t.get("compare-first-card")),
            Column::new(title(viewer, second)).card(t.get("compare-second-card")),
            Column::new(t.get("column-state")),
        ],
        rows,
        empty: Empty::new(Icon::Trade, t.get("compare-same"), ""),
        paging: None,
    }
}
