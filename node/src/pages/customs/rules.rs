//! The risk rules: which there are and which are on, and the form that adds rules or tries them on the past.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::Result;
use corridor_console::component::{
    Badge, Choice, Column, Command, Empty, Field, Form, Icon, Kind, More, Notice, Press, Row, Sample,
    Section, Table, Tone,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_trade::customs::risk::Rule;
use corridor_trade::customs::risk::books::{self, Kept};
use corridor_trade::customs::risk::trial::{self, Tried};

use super::{PATH, RULES, number, said, text};
use crate::access::Caller;
use crate::api::problem::Answer;
use crate::node::Node;
use crate::pages::form::Fields;

/// How many of the newest cases a trial looks at.
const CASES: u64 = 200;
/// How many hits of a trial are listed.
const LISTED: usize = 10;

/// What was typed.
#[derive(Default)]
struct Typed {
    json: String,
    to_do: String,
}

/// The page.
pub(super) async fn page(State(node): State<Arc<Node>>, caller: Caller, viewer: Viewer) -> Answer<Response> {
    Ok(build(&node, &caller, &viewer, &Typed::default(), Markup::none()).await?.answer(&viewer))
}

/// Adds rules, tries them, or switches one.
pub(super) async fn change(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    fields: Fields,
) -> Answer<Response> {
    let typed = Typed {
        json: fields.whole("json").unwrap_or_default().trim().to_owned(),
        to_do: fields.get("do").unwrap_or("try").to_owned(),
    };
    let done = act(&node, &caller, &viewer, &typed, fields.get("rule").unwrap_or_default()).await;
    let page = match done {
        Ok(came_of_it) => {
            // What was kept need not be typed again; what was tried may be changed and tried again.
            let typed = if typed.to_do == "try" { typed } else { Typed::default() };
            build(&node, &caller, &viewer, &typed, came_of_it).await?
        }
        Err(problem) => {
            let notice = Notice::problem(viewer.lang(), &problem).into();
            build(&node, &caller, &viewer, &typed, notice).await?.failed(problem.code())
        }
    };
    Ok(page.answer(&viewer))
}

async fn act(node: &Node, caller: &Caller, viewer: &Viewer, typed: &Typed, rule: &str) -> Result<Markup> {
    let t = text(viewer.lang());
    let acting = caller.acting();
    match typed.to_do.as_str() {
        "on" | "off" => {
            books::switch(&node.exchange, &acting, rule, typed.to_do == "on").await?;
            Ok(Markup::none())
        }
        "keep" => {
            let kept = books::add(&node.exchange, &acting, Rule::parse_all(typed.json.as_bytes())?).await?;
            Ok(Notice::new(Tone::Good, t.get("risk-kept").and("n", kept.len())).into())
        }
        _ => {
            let rules = Rule::parse_all(typed.json.as_bytes())?;
            let tried = trial::attempt(&node.exchange, &node.library, &acting, &rules, CASES).await?;
            Ok(Section::new(t.get("risk-tried"), results(viewer, &tried)).into())
        }
    }
}

/// What came of a trial.
fn results(viewer: &Viewer, all: &[Tried]) -> Table {
    let t = text(viewer.lang());
    let row = |tried: &Tried| {
        let link = |case: &corridor_trade::customs::Case| {
            Markup::link(&format!("{PATH}/{}", case.id), number(t, case))
        };
        let hits = tried.cases.iter().take(LISTED).map(link);
        Row(vec![
            Markup::lines([Markup::code(&tried.rule)].into_iter().chain(hits)),
            Markup::text(format::number(tried.seen)),
            Markup::text(format::number(tried.hits)),
            Markup::text(format::number(tried.released)),
            Markup::text(format::number(tried.stopped)),
        ])
    };
    let numbers = ["risk-seen", "risk-hits", "risk-then-released", "risk-then-stopped"];
    let columns = [Column::new(t.get("risk-rule"))].into_iter();
    Table {
        caption: t.get("risk-tried-caption").into(),
        columns: columns.chain(numbers.map(|key| Column::number(t.get(key)))).collect(),
        rows: all.iter().map(row).collect(),
        empty: Empty::new(Icon::Filter, "", ""),
        paging: None,
    }
}

async fn build(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    typed: &Typed,
    came_of_it: Markup,
) -> Result<Page> {
    let t = text(viewer.lang());
    let may = viewer.may("POST /console/customs/rules");
    let kept = books::all(&node.exchange, &caller.acting()).await?;
    let table = Table {
        caption: t.get("risk-caption").into(),
        columns: ["risk-rule", "risk-action", "risk-messages", "risk-version", "risk-on", "risk-conditions"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: kept.iter().map(|kept| row(viewer, kept, may)).collect(),
        empty: Empty::new(Icon::Filter, t.get("risk-empty"), t.get("risk-empty-how")),
        paging: None,
    };
    let mut body = came_of_it.and(Section::new("", table));
    if may {
        body = body.and(Section::new(t.get("risk-add"), form(viewer, typed)).card());
    }
    let command = Command::new(
        viewer,
        "trade risk add rules.json",
        "POST",
        "/api/v1/trade/risk/rules",
        Some(r#"-H "Content-Type: application/json" --data-binary @rules.json"#),
    );
    let page = Page::new(t.get("customs-rules"), body.and(command)).lead(t.get("risk-lead"));
    Ok(page.below(t.get("area-customs"), PATH))
}

fn row(viewer: &Viewer, kept: &Kept, may: bool) -> Row {
    let t = text(viewer.lang());
    let rule = &kept.rule;
    let kinds: Vec<&str> = rule.messages.iter().map(String::as_str).collect();
    let on = match kept.on {
        Some(version) => Badge::new(Tone::Good, t.get("risk-on-version").and("version", version)),
        None => Badge::new(Tone::Idle, t.get("risk-off")),
    };
    let press = |to_do: &str, key: &str| {
        Press::new(viewer, RULES, t.get(key)).hidden("do", to_do).hidden("rule", &rule.rule).into()
    };
    let mut switch: Vec<Markup> = vec![on.into()];
    if may && kept.on != Some(kept.version) {
        switch.push(press("on", "risk-switch-on"));
    }
    if may && kept.on.is_some() {
        switch.push(press("off", "risk-switch-off"));
    }
    let conditions = match rule.when.is_empty() {
        true => Markup::text(t.get("risk-when-always")),
        false => {
            let json = Sample::new(viewer, t.get("risk-json"), rule.to_json());
            More { title: t.get("risk-conditions-n").and("n", rule.when.len()).into(), body: json.into() }
                .into()
        }
    };
    Row(vec![
        Markup::lines([Markup::text(rule.title(viewer.lang())), Markup::code(&rule.rule)]),
        Markup::text(said(viewer, &format!("risk-action-{}", rule.action.as_str()))),
        Markup::text(kinds.join(", ")),
        Markup::text(kept.version),
        Markup::lines(switch),
        conditions,
    ])
}

fn form(viewer: &Viewer, typed: &Typed) -> Form {
    let t = text(viewer.lang());
    let choice = |word: &str| {
        Choice::new(word, t.get(&format!("risk-{word}"))).hint(t.get(&format!("risk-{word}-hint")))
    };
    let to_do = if typed.to_do == "keep" { "keep" } else { "try" };
    Form::new(viewer, RULES, t.get("risk-go"))
        .field(
            Field::new("json", t.get("risk-json"))
                .hint(t.get("risk-json-hint"))
                .kind(Kind::Lines)
                .value(&typed.json)
                .required(viewer),
        )
        .field(
            Field::new("do", t.get("risk-do"))
                .kind(Kind::Radio(vec![choice("try"), choice("keep")]))
                .value(to_do),
        )
}
