//! The trade desk for one partner: agreements with who has signed, production or test, volumes by day, latencies,
//! what is refused and why.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::Did;
use corridor_console::component::{
    Badge, Choice, Column, Columns, Command, Empty, Facts, Field, Figure, Form, Icon, Kind, Notice, Point,
    Row, Section, Table, Tone, percent, quoted,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::Side;
use corridor_proof::Flow;
use corridor_trade::partner::{self, Agreed, Latency, Mode, PartnerDesk, Tests};

use super::form::Fields;
use super::{dates, text, words};
use crate::access::Caller;
use crate::api::extract::Named;
use crate::api::problem::Answer;
use crate::node::Node;

/// The page.
pub(super) async fn page(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(did): Named<Did>,
) -> Answer<Response> {
    Ok(build(&node, &caller, &viewer, &did).await?.answer(&viewer))
}

/// Sets how the partner works.
pub(super) async fn set(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(did): Named<Did>,
    fields: Fields,
) -> Answer<Response> {
    let mode = if fields.get("mode") == Some("test") { Mode::Test } else { Mode::Production };
    let tests = if fields.get("tests") == Some("refuse") { Tests::Refuse } else { Tests::Accept };
    partner::set(&node.exchange, &caller.acting(), &did, mode, tests).await?;
    let page = build(&node, &caller, &viewer, &did).await?;
    let t = text(viewer.lang());
    Ok(page.notice(Notice::new(Tone::Good, t.get("desk-set"))).answer(&viewer))
}

async fn build(node: &Node, caller: &Caller, viewer: &Viewer, did: &Did) -> Answer<Page> {
    let t = text(viewer.lang());
    let desk = partner::partner(&node.exchange, &caller.acting(), did, viewer.lang()).await?;
    let name = super::viewer::name(node, did, viewer.lang());
    let (sent, received) = (volumes(viewer, &desk, Side::Out), volumes(viewer, &desk, Side::In));
    let columns = Columns {
        wide: Markup::from(Section::new(t.get("desk-volumes"), sent.and(received)).live("volumes"))
            .and(Section::new(t.get("desk-refused"), refused(viewer, &desk)).live("refused"))
            .and(Section::new(t.get("desk-causes"), causes(viewer, &desk)).live("causes")),
        narrow: Markup::from(Section::new(t.get("desk-state"), facts(viewer, &desk)).card().live("facts"))
            .and(setting(viewer, &desk, did)),
    };
    let show = format!("trade partner {}", quoted(did.as_str()));
    let api = format!("/api/v1/trade/partners/{}", percent(did.as_str()));
    // Its five columns need the whole width.
    let agreed = Section::new(t.get("desk-agreements"), agreements(node, viewer, &desk.agreements));
    let body = Markup::from(agreed).and(columns).and(Command::new(viewer, &show, "GET", &api, None));
    let page = Page::new(t.get("desk-title").and("partner", &name), body).lead(t.get("desk-lead"));
    let page = page.below(t.get("area-partners"), "/console/partners").below(name, words::partner_path(did));
    Ok(page.live())
}

/// `350 ms`, `12.4 s`, `3.5 min`, `2.1 h`.
fn duration(viewer: &Viewer, millis: u64) -> String {
    let t = text(viewer.lang());
    let tenths = |unit: u64| format!("{}.{}", format::number(millis / unit), millis % unit * 10 / unit);
    let (key, number) = match millis {
        0..1_000 => ("desk-millis", millis.to_string()),
        1_000..60_000 => ("desk-seconds", tenths(1_000)),
        60_000..3_600_000 => ("desk-minutes", tenths(60_000)),
        _ => ("desk-hours", tenths(3_600_000)),
    };
    t.get(key).and("number", number).into()
}

fn latency(viewer: &Viewer, latency: Option<&Latency>) -> Markup {
    let t = text(viewer.lang());
    let Some(latency) = latency else { return Markup::quiet(t.get("desk-none")) };
    let said = t
        .get("desk-latency")
        .and("median", duration(viewer, latency.median))
        .and("p95", duration(viewer, latency.p95));
    let of = t.get("desk-latency-of").and("n", latency.number);
    Markup::lines([Markup::text(said), Markup::quiet(of)])
}

/// Production or test, as a badge.
fn mode(viewer: &Viewer, mode: Mode) -> Badge {
    let tone = if mode == Mode::Production { Tone::Good } else { Tone::Info };
    Badge::new(tone, text(viewer.lang()).get(&format!("desk-mode-{}", mode.as_str())))
}

fn facts(viewer: &Viewer, desk: &PartnerDesk) -> Facts {
    let t = text(viewer.lang());
    let tests = t.get(&format!("desk-tests-{}", desk.setting.tests.as_str()));
    let mut facts = Facts::new();
    // What both signed first; what is set here counts only where they left it open.
    let mut flows: Vec<Flow> = desk.flows().filter(|flow| *flow != Flow::Open).collect();
    flows.dedup();
    if !flows.is_empty() {
        let flows = flows.into_iter().map(|flow| super::agreements::flow(viewer, flow).into());
        facts = facts.fact(t.get("desk-agreed-flow"), Markup::lines(flows));
    }
    if is_open(desk) {
        facts =
            facts.fact(t.get("desk-mode"), mode(viewer, desk.setting.mode)).text(t.get("desk-tests"), tests);
    }
    facts
        .known(t.get("desk-changed"), desk.setting.changed.map(|at| dates(viewer).exact(at)))
        .fact(t.get("desk-acknowledged"), latency(viewer, desk.acknowledged.as_ref()))
        .fact(t.get("desk-answered"), latency(viewer, desk.answered.as_ref()))
        .text(t.get("desk-tests-number"), format::number(desk.tests))
}

/// Whether anything is left to what is set here: nothing in force says otherwise, or something leaves it open.
fn is_open(desk: &PartnerDesk) -> bool {
    let mut flows = desk.flows().peekable();
    flows.peek().is_none() || flows.any(|flow| flow == Flow::Open)
}

fn setting(viewer: &Viewer, desk: &PartnerDesk, did: &Did) -> Markup {
    let t = text(viewer.lang());
    if !viewer.may("POST /console/partners/{did}/trade") || !is_open(desk) {
        return Markup::none();
    }
    let choice = |kind: &str, word: &str| {
        let key = format!("desk-{kind}-{word}");
        Choice::new(word, t.get(&key)).hint(t.get(&format!("{key}-hint")))
    };
    let modes = vec![choice("mode", "production"), choice("mode", "test")];
    let tests = vec![choice("tests", "accept"), choice("tests", "refuse")];
    let form = Form::new(viewer, format!("{}/trade", words::partner_path(did)), t.get("desk-change"))
        .field(
            Field::new("mode", t.get("desk-mode")).kind(Kind::Radio(modes)).value(desk.setting.mode.as_str()),
        )
        .field(
            Field::new("tests", t.get("desk-tests"))
                .kind(Kind::Radio(tests))
                .value(desk.setting.tests.as_str()),
        );
    Section::new(t.get("desk-setting"), form).card().into()
}

fn agreements(node: &Node, viewer: &Viewer, all: &[Agreed]) -> Table {
    let t = text(viewer.lang());
    let now = node.now();
    let row = |agreed: &Agreed| {
        let word = match serde_json::to_value(agreed.standing) {
            _ if agreed.in_force => "in-force".to_owned(),
            Ok(serde_json::Value::String(word)) if word != "concluded" => word,
            _ if agreed.from > now => "upcoming".to_owned(),
            _ => "expired".to_owned(),
        };
        let signed = agreed.signed.iter().map(|did| words::partner(node, viewer, did));
        Row(vec![
            Markup::lines([
                Markup::link(
                    &super::agreements::path(agreed.id),
                    t.get("desk-version").and("version", agreed.version),
                ),
                Markup::text(agreed.purpose.get(viewer.lang())),
                Markup::quiet(format::short(&agreed.id.to_string(), 8, 4)),
            ]),
            words::state(viewer.lang(), &word).into(),
            super::agreements::flow(viewer, agreed.flow).into(),
            Markup::lines(signed),
            super::partners::holds(viewer, agreed.from, agreed.until),
        ])
    };
    let columns = ["desk-agreement", "column-state", "agreement-flow", "desk-signed", "column-holds"];
    Table {
        caption: t.get("desk-agreements-caption").into(),
        columns: columns.map(|key| Column::new(t.get(key))).into(),
        rows: all.iter().map(row).collect(),
        empty: Empty::new(Icon::Acts, t.get("partner-agreements-empty"), ""),
        paging: None,
    }
}

fn volumes(viewer: &Viewer, desk: &PartnerDesk, side: Side) -> Markup {
    let t = text(viewer.lang());
    let point = |volume: &partner::Volume| Point {
        label: dates(viewer).local(&volume.day),
        value: if side == Side::Out { volume.sent } else { volume.received },
    };
    let key = if side == Side::Out { "desk-sent" } else { "desk-received" };
    let points = desk.volumes.iter().map(point).collect();
    Figure::new(viewer, t.get(key), t.get("desk-day"), t.get("desk-unit"), points).into()
}

/// `12.5 %`.
fn rate(part: u64, whole: u64) -> String {
    let tenths = part.saturating_mul(1_000).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn side(viewer: &Viewer, side: Side) -> String {
    text(viewer.lang()).get(if side == Side::Out { "desk-we-sent" } else { "desk-they-sent" }).into()
}

fn refused(viewer: &Viewer, desk: &PartnerDesk) -> Table {
    let t = text(viewer.lang());
    let row = |of: &partner::Refused| {
        let name = corridor_trade::messages();
        let key = format!("message-{}", of.kind);
        let known = name.has(viewer.lang(), &key);
        let kind = if known {
            format!("{} ({})", name.text(viewer.lang(), &key, &[]), of.kind)
        } else {
            of.kind.clone()
        };
        Row(vec![
            Markup::text(kind),
            Markup::text(side(viewer, of.side)),
            Markup::text(format::number(of.number)),
            Markup::text(format::number(of.refused)),
            Markup::text(rate(of.refused, of.number)),
        ])
    };
    let numbers = ["desk-number", "desk-refused-number", "desk-rate"];
    let columns = [Column::new(t.get("customs-kind")), Column::new(t.get("desk-side"))].into_iter();
    Table {
        caption: t.get("desk-refused-caption").and("n", format::number(partner::SAMPLE.into())).into(),
        columns: columns.chain(numbers.map(|key| Column::number(t.get(key)))).collect(),
        rows: desk.refused.iter().map(row).collect(),
        empty: Empty::new(Icon::Trade, t.get("desk-nothing"), ""),
        paging: None,
    }
}

fn causes(viewer: &Viewer, desk: &PartnerDesk) -> Table {
    let t = text(viewer.lang());
    let row = |cause: &partner::Cause| {
        Row(vec![
            Markup::text(&cause.why),
            Markup::text(side(viewer, cause.side)),
            Markup::text(format::number(cause.number)),
        ])
    };
    Table {
        caption: t.get("desk-causes-caption").into(),
        columns: vec![
            Column::new(t.get("desk-cause")),
            Column::new(t.get("desk-side")),
            Column::number(t.get("desk-times")),
        ],
        rows: desk.causes.iter().map(row).collect(),
        empty: Empty::new(Icon::Good, t.get("desk-no-cause"), ""),
        paging: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_what_is_there() {
        let check = |part: u64, whole: u64, expect: &str| assert_eq!(rate(part, whole), expect);
        check(0, 0, "0.0 %");
        check(1, 8, "12.5 %");
        check(3, 3, "100.0 %");
    }
}
