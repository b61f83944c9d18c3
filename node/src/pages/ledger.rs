//! The ledger of the node as its people see it: how far the log has come and how it grew, who has
//! cosigned and who lags, where copies are, what was seen to contradict itself, and whether a
//! restoration is still being made up for.

use axum::response::Response;
use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_console::component::{
    Badge, Button, Column, Command, Count, Counts, Empty, Facts, Field, Figure, Filters, Icon, Kind, Notice,
    Point, Press, Row, Section, Short, Table, Tabs, Tone, country_name,
};
use corridor_console::format::Dates;
use corridor_console::{Markup, Page, Text, Viewer, format};
use corridor_ledger::Failures;
use corridor_ledger::alarm::Alarm;
use corridor_ledger::gather::WitnessState;
use corridor_ledger::mirror::MirrorState;
use corridor_proof::merkle::print_hash;
use corridor_proof::policy;
use corridor_storage::Restored;
use serde::Deserialize;

use super::dates;
use super::evidence::{Cosigned, download, seconds, words};
use crate::api::Shared;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::ledger::{OtherLog, Standing};

/// Where the page is.
pub(super) const PATH: &str = "/console/ledger";
/// What one must be allowed to do to have a log checked.
const FSCK: &str = "POST /console/ledger/fsck";
/// How many checkpoints are listed.
const LISTED: u32 = 12;
const HOUR: i64 = 3_600_000;

/// Over which time the growth is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Span {
    /// The last 24 hours, by the hour.
    #[default]
    Day,
    /// The last 30 days, by the day.
    Month,
}

/// What the address says.
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    span: Span,
}

/// A witness of the log.
struct WitnessRow {
    name: String,
    country: Option<String>,
    /// This node itself, whose cosignature never counts for its own log.
    own: bool,
    state: WitnessState,
    /// When it cosigned last, as far as the newest checkpoints say.
    last: Option<Timestamp>,
}

/// A checkpoint that was signed.
struct CheckpointRow {
    size: u64,
    root: String,
    time: Timestamp,
    complete: bool,
    copied: Option<bool>,
    countries: Vec<Cosigned>,
}

/// What the page shows.
struct Sheet {
    origin: String,
    key: String,
    leaves: u64,
    waiting: u64,
    covered: u64,
    pending_since: Option<Timestamp>,
    witnesses: Vec<WitnessRow>,
    mirrors: Vec<(String, MirrorState)>,
    copied: u64,
    shown: u64,
    alarms: Vec<Alarm>,
    others: Vec<OtherLog>,
    /// Why new work is not taken yet after a restoration; the mark of it.
    held: Option<Vec<Problem>>,
    restored: Option<Restored>,
    span: Span,
    growth: Vec<(Timestamp, u64)>,
    recent: Vec<CheckpointRow>,
    now: Timestamp,
}

/// `GET /console/ledger`.
pub(super) async fn show(node: Shared, viewer: Viewer, Ask(query): Ask<Query>) -> Answer<Response> {
    let sheet = sheet(&node, &viewer, query.span).await?;
    Ok(page(&viewer, &sheet).answer(&viewer))
}

/// `GET /console/ledger/alarms/{id}`: the evidence, as `corridor verify` judges it.
pub(super) async fn alarm(node: Shared, Named(id): Named<Digest>) -> Answer<Response> {
    let found = node.ledger.alarms.get(id).await?;
    let none = || Problem::new(ErrorCode::NotFound).with("what", format!("split view {id}"));
    let alarm = found.ok_or_else(none)?;
    Ok(download(&format!("{id}.split-view"), "text/plain; charset=utf-8", alarm.evidence))
}

async fn sheet(node: &Shared, viewer: &Viewer, span: Span) -> Result<Sheet> {
    let (ledger, now) = (&node.ledger, node.now());
    let sequenced = ledger.log.sequenced().await?;
    let covered = ledger.log.newest_complete().await?.map_or(0, |signed| signed.tree().size);
    // Without a policy nobody can say who counts; what there is is shown all the same.
    let policy = ledger.policy.policy().ok();
    let stored = ledger.log.recent(LISTED).await?;
    let judged: Vec<_> =
        stored.iter().map(|s| policy.as_ref().map(|policy| policy.judge(&s.signed, Some(now)))).collect();
    let recent = stored.iter().zip(&judged).map(|(stored, judged)| CheckpointRow {
        size: stored.signed.tree().size,
        root: print_hash(&stored.signed.tree().root),
        time: stored.time,
        complete: stored.complete,
        copied: stored.copied,
        countries: policy.as_deref().zip(judged.as_ref()).map_or(Vec::new(), |(p, j)| Cosigned::of(p, j)),
    });
    let recent = recent.collect();
    let last = |name: &str| {
        judged.iter().flatten().find_map(|judged| {
            let found = judged.witnesses.iter().find(|(witness, _)| witness == name)?;
            if let policy::Standing::Counted { time, .. } = found.1 { time.map(seconds) } else { None }
        })
    };
    let states = ledger.gatherers.first().map(|g| g.witnesses()).unwrap_or_default();
    let witnesses = states.into_iter().map(|(name, state)| {
        let operator = policy.as_ref().and_then(|policy| {
            policy.witnesses().iter().find(|w| w.name == name).and_then(|w| w.operator.clone())
        });
        let own = operator.as_ref().is_some_and(|o| o.name == ledger.log.origin());
        WitnessRow { last: last(&name), country: operator.map(|o| o.country.to_string()), own, name, state }
    });
    let witnesses = witnesses.collect();
    let ends = ends(dates(viewer), span, now);
    let sizes = ledger.log.sizes_at(ends.clone()).await?;
    let copies = ledger.pusher.copies();
    Ok(Sheet {
        origin: ledger.log.origin().to_owned(),
        key: ledger.log.key().to_string(),
        leaves: sequenced.next,
        waiting: sequenced.waiting,
        covered,
        pending_since: ledger.pending_since(),
        witnesses,
        mirrors: copies.mirrors.into_iter().collect(),
        copied: copies.copied,
        shown: copies.shown,
        alarms: ledger.alarms.list().await?,
        others: ledger.others().await?,
        held: node.takes_work().is_err().then(|| ledger.recovery.why()),
        restored: ledger.log.store().restored().await?,
        span,
        growth: ends.into_iter().zip(sizes).collect(),
        recent,
        now,
    })
}

/// The beginnings of the hours or civil days that are drawn, and now.
fn ends(dates: Dates, span: Span, now: Timestamp) -> Vec<Timestamp> {
    let (today, hours, count) = match span {
        Span::Day => (now.millis().div_euclid(HOUR) * HOUR, 1, 23),
        Span::Month => (dates.begins(dates.civil(now).date()).millis(), 24, 29),
    };
    let begin = |back: i64| Timestamp::from_millis(today - back * hours * HOUR);
    (0..=count).rev().map(begin).chain([now]).collect()
}

fn page(viewer: &Viewer, sheet: &Sheet) -> Page {
    let t = words(viewer);
    let body = Markup::from(Section::new("", counts(viewer, sheet)).live("counts"))
        .and(growth(viewer, sheet))
        .and(Section::new(t.get("ledger-witnesses"), witnesses(viewer, sheet)).live("witnesses"))
        .and(Section::new(t.get("ledger-mirrors"), mirrors(viewer, sheet)).live("mirrors"))
        .and(Section::new(t.get("ledger-alarms"), alarms(viewer, sheet)).live("alarms"))
        .and(Section::new(t.get("ledger-checkpoints"), checkpoints(viewer, sheet)).live("checkpoints"))
        .and(others(viewer, sheet))
        .and(Section::new(t.get("ledger-lookup"), lookup(viewer, None)).named("lookup"))
        .and(Section::new(t.get("ledger-facts"), facts(viewer, sheet)).card())
        .and(Command::new(viewer, "log checkpoint", "GET", "/api/v1/log", None));
    let leaves = Button::new(t.get("ledger-leaves-link"), "/console/ledger/leaves").icon(Icon::Acts);
    let mut actions = Markup::from(leaves);
    if viewer.may(FSCK) {
        actions = actions.and(fsck(viewer, "ledger-fsck"));
    }
    let page = Page::new(t.get("ledger-title"), body).lead(t.get("ledger-lead")).actions(actions).live();
    notices(viewer, sheet).into_iter().fold(page, Page::notice)
}

/// What an operator should know first.
fn notices(viewer: &Viewer, sheet: &Sheet) -> Vec<Notice> {
    let (t, dates) = (words(viewer), dates(viewer));
    let mut all = Vec::new();
    if !sheet.alarms.is_empty() {
        let body = Markup::paragraph(t.get("ledger-alarm-do"));
        all.push(Notice::new(Tone::Bad, t.get("ledger-alarm").and("n", sheet.alarms.len())).body(body));
    }
    if let Some(why) = &sheet.held {
        let why = why.iter().map(|problem| Markup::paragraph(problem.text(viewer.lang()).detail));
        let body = Markup::join(why).and(Markup::paragraph(t.get("ledger-held-do")));
        all.push(Notice::new(Tone::Bad, t.get("ledger-held")).body(body));
    }
    if let Some(since) = sheet.pending_since {
        let said = t.get("ledger-pending").and("at", dates.minute(since));
        let said = said.and("age", dates.age(since, sheet.now));
        all.push(Notice::new(Tone::Wait, said).body(Markup::paragraph(t.get("ledger-pending-more"))));
    }
    if all.is_empty() {
        all.push(Notice::new(Tone::Good, t.get("ledger-well")));
    }
    all
}

fn counts(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let t = words(viewer);
    let count = |number: u64, title: &str, href: &str, tone: Tone, state: &str| Count {
        number: format::number(number),
        title: t.get(title).into(),
        href: href.to_owned(),
        state: Badge::new(tone, t.get(state)).into(),
    };
    let either = |well: bool, good: &'static str, wait: &'static str| {
        if well { (Tone::Good, good) } else { (Tone::Wait, wait) }
    };
    let waiting = either(sheet.waiting == 0, "ledger-none-waits", "ledger-some-wait");
    let covered = either(sheet.covered >= sheet.leaves, "ledger-all-covered", "ledger-not-covered");
    let copied = match sheet.mirrors.is_empty() {
        true => (Tone::Wait, "ledger-no-mirror"),
        false => either(sheet.copied >= sheet.shown, "ledger-all-copied", "ledger-not-copied"),
    };
    let counts = vec![
        count(sheet.leaves, "ledger-count-leaves", "/console/ledger/leaves", Tone::Info, "ledger-numbered"),
        count(sheet.waiting, "ledger-count-waiting", "#checkpoints", waiting.0, waiting.1),
        count(sheet.covered, "ledger-count-covered", "#witnesses", covered.0, covered.1),
        count(sheet.copied, "ledger-count-copied", "#mirrors", copied.0, copied.1),
    ];
    Counts { counts }.into()
}

/// What was added in each hour or day, drawn, with the numbers as a table behind.
fn growth(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let label = |at: Timestamp| match sheet.span {
        Span::Day => format!("{:02}:00", dates.civil(at).hour()),
        Span::Month => dates.date(at),
    };
    let steps = sheet.growth.iter().zip(sheet.growth.iter().skip(1));
    let points =
        steps.map(|((at, from), (_, to))| Point { label: label(*at), value: to.saturating_sub(*from) });
    let (title, axis, here) = match sheet.span {
        Span::Day => ("ledger-growth-day", "ledger-axis-hour", PATH.to_owned()),
        Span::Month => ("ledger-growth-month", "ledger-axis-day", format!("{PATH}?span=month")),
    };
    let tabs = Tabs {
        label: t.get("ledger-growth").into(),
        links: vec![
            (t.get("ledger-tab-day").into(), PATH.to_owned()),
            (t.get("ledger-tab-month").into(), format!("{PATH}?span=month")),
        ],
        here,
    };
    let figure = Figure::new(viewer, t.get(title), t.get(axis), t.get("ledger-unit"), points.collect());
    Section::new(t.get("ledger-growth"), Markup::from(tabs).and(figure)).named("growth").into()
}

fn witnesses(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let row = |witness: &WitnessRow| {
        let state = &witness.state;
        let lag = state.size.map(|size| sheet.leaves.saturating_sub(size));
        let (tone, word) = match (state, lag) {
            (WitnessState { ahead: Some(_), .. }, _) => (Tone::Bad, "ledger-witness-ahead"),
            _ if state.failures.stranger => (Tone::Wait, "ledger-stranger"),
            _ if state.failures.in_a_row > 0 => (Tone::Bad, "ledger-witness-fails"),
            (_, None) => (Tone::Idle, "ledger-witness-unknown"),
            (_, Some(0)) => (Tone::Good, "ledger-witness-well"),
            (_, Some(_)) => (Tone::Wait, "ledger-witness-lags"),
        };
        let mut how = vec![Badge::new(tone, t.get(word)).into()];
        if state.failures.in_a_row > 0 && !state.failures.stranger {
            how.push(Markup::quiet(t.get("ledger-failures").and("n", state.failures.in_a_row)));
        }
        how.extend(why(t, &state.failures));
        let country = witness.country.as_ref().map(|c| country_name(viewer.lang(), c)).unwrap_or_default();
        let own = witness.own.then(|| Markup::quiet(t.get("ledger-witness-own")));
        Row(vec![
            Markup::lines([Markup::path(&witness.name)].into_iter().chain(own)),
            Markup::text(country),
            Markup::lines(how),
            state.size.map_or_else(|| Markup::text("–"), |size| Markup::text(format::number(size))),
            lag.map_or_else(|| Markup::text("–"), |lag| Markup::text(format::number(lag))),
            witness.last.map_or_else(|| Markup::text("–"), |at| dates.with_age(at, sheet.now)),
        ])
    };
    Table {
        caption: t.get("ledger-witnesses-caption").into(),
        columns: vec![
            Column::new(t.get("ledger-witness")),
            Column::new(t.get("ledger-country")),
            Column::new(t.get("ledger-state")),
            Column::number(t.get("ledger-cosigned")),
            Column::number(t.get("ledger-lag")),
            Column::new(t.get("ledger-last")),
        ],
        rows: sheet.witnesses.iter().map(row).collect(),
        empty: Empty::new(Icon::Ledger, t.get("ledger-witnesses-none"), t.get("ledger-witnesses-how")),
        paging: None,
    }
    .into()
}

/// Why somebody did not do it, as long as it has not: in plain words when it is only new to them.
fn why(t: Text, failures: &Failures) -> Option<Markup> {
    if failures.stranger {
        return Some(Markup::quiet(t.get("ledger-stranger-more")));
    }
    failures.last_error.as_deref().map(Markup::quiet)
}

fn mirrors(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let t = words(viewer);
    let row = |(url, state): &(String, MirrorState)| {
        let lag = state.size.map(|size| sheet.leaves.saturating_sub(size));
        let (tone, word) = match lag {
            _ if state.failures.stranger => (Tone::Wait, "ledger-stranger"),
            _ if state.failures.in_a_row > 0 => (Tone::Bad, "ledger-mirror-fails"),
            None => (Tone::Idle, "ledger-mirror-unknown"),
            Some(0) => (Tone::Good, "ledger-mirror-well"),
            Some(_) => (Tone::Wait, "ledger-mirror-lags"),
        };
        let mut how = vec![Badge::new(tone, t.get(word)).into()];
        how.extend(why(t, &state.failures));
        Row(vec![
            Markup::code(url),
            Markup::lines(how),
            state.size.map_or_else(|| Markup::text("–"), |size| Markup::text(format::number(size))),
            lag.map_or_else(|| Markup::text("–"), |lag| Markup::text(format::number(lag))),
        ])
    };
    Table {
        caption: t.get("ledger-mirrors-caption").into(),
        columns: vec![
            Column::new(t.get("ledger-mirror")),
            Column::new(t.get("ledger-state")),
            Column::number(t.get("ledger-copied")),
            Column::number(t.get("ledger-lag")),
        ],
        rows: sheet.mirrors.iter().map(row).collect(),
        empty: Empty::new(Icon::Copy, t.get("ledger-mirrors-none"), t.get("ledger-mirrors-how")),
        paging: None,
    }
    .into()
}

fn alarms(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let row = |alarm: &Alarm| {
        let evidence =
            Button::new(t.get("ledger-evidence"), format!("{PATH}/alarms/{}", alarm.id)).download();
        Row(vec![
            Markup::code(&alarm.origin),
            Badge::new(Tone::Bad, t.get("ledger-alarm-state")).into(),
            dates.with_age(alarm.time, sheet.now),
            evidence.into(),
        ])
    };
    Table {
        caption: t.get("ledger-alarms-caption").into(),
        columns: vec![
            Column::new(t.get("ledger-log")),
            Column::new(t.get("ledger-state")),
            Column::new(t.get("ledger-seen")),
            Column::new(t.get("ledger-evidence-column")),
        ],
        rows: sheet.alarms.iter().map(row).collect(),
        empty: Empty::new(Icon::Good, t.get("ledger-alarms-none"), t.get("ledger-alarms-how")),
        paging: None,
    }
    .into()
}

fn checkpoints(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let row = |checkpoint: &CheckpointRow| {
        let (tone, word) = match checkpoint.complete {
            true => (Tone::Good, "ledger-complete"),
            false => (Tone::Wait, "ledger-incomplete"),
        };
        let countries = Markup::join(checkpoint.countries.iter().map(|country| country.badge(viewer)));
        let copied = match checkpoint.copied {
            Some(true) => "ledger-copied-yes",
            Some(false) => "ledger-copied-no",
            None => "ledger-copied-unknown",
        };
        Row(vec![
            Markup::text(format::number(checkpoint.size)),
            dates.exact(checkpoint.time),
            Markup::lines([Badge::new(tone, t.get(word)).into(), countries]),
            Markup::text(t.get(copied)),
            Short::new(&checkpoint.root).into(),
        ])
    };
    Table {
        caption: t.get("ledger-checkpoints-caption").into(),
        columns: vec![
            Column::new(t.get("ledger-size")),
            Column::new(t.get("ledger-signed")),
            Column::new(t.get("ledger-cosignatures")),
            Column::new(t.get("ledger-copy")),
            Column::new(t.get("ledger-root")),
        ],
        rows: sheet.recent.iter().map(row).collect(),
        empty: Empty::new(Icon::Ledger, t.get("ledger-checkpoints-none"), t.get("ledger-checkpoints-how")),
        paging: None,
    }
    .into()
}

/// The logs beside it, where there are any: what their readers need, and the check of each.
fn others(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let t = words(viewer);
    if sheet.others.is_empty() {
        return Markup::default();
    }
    let may_check = viewer.may(FSCK);
    let row = |log: &OtherLog| {
        let (tone, word) = match log.standing {
            Standing::Open => (Tone::Good, "ledger-other-open"),
            Standing::Held => (Tone::Wait, "ledger-other-held"),
            Standing::Ended => (Tone::Idle, "ledger-other-ended"),
        };
        let mut cells = vec![
            Markup::lines([Markup::text(&log.name), Markup::code(&log.origin)]),
            Badge::new(tone, t.get(word)).into(),
            Markup::text(format::number(log.entries)),
            Short::new(&log.key).into(),
        ];
        if may_check {
            cells.push(fsck(viewer, "ledger-other-check").hidden("log", &log.name).into());
        }
        Row(cells)
    };
    let mut columns = vec![
        Column::new(t.get("ledger-log")),
        Column::new(t.get("ledger-state")),
        Column::number(t.get("ledger-other-entries")),
        Column::new(t.get("ledger-key")),
    ];
    if may_check {
        columns.push(Column::new(t.get("ledger-other-checked")));
    }
    let table = Table {
        caption: t.get("ledger-others-caption").into(),
        columns,
        rows: sheet.others.iter().map(row).collect(),
        empty: Empty::new(Icon::Ledger, "", ""),
        paging: None,
    };
    Section::new(t.get("ledger-others"), table).live("others").into()
}

/// The button that has a log checked whole.
fn fsck(viewer: &Viewer, label: &str) -> Press {
    Press::new(viewer, "/console/ledger/fsck", words(viewer).get(label)).icon(Icon::Verify)
}

/// The form that asks for the proof of a leaf.
pub(super) fn lookup(viewer: &Viewer, asked: Option<(u64, u64)>) -> Markup {
    let t = words(viewer);
    let (leaf, size) = asked.map_or_else(Default::default, |(l, s)| (l.to_string(), s.to_string()));
    let fields = vec![
        Field::new("leaf", t.get("proof-leaf")).kind(Kind::Number).value(leaf).at_most(16),
        Field::new("size", t.get("proof-size"))
            .hint(t.get("proof-size-hint"))
            .kind(Kind::Number)
            .value(size)
            .at_most(16),
    ];
    Filters::new(viewer, "/console/ledger/proof", fields, asked.is_some()).looks_up().into()
}

fn facts(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let restored = match (&sheet.held, &sheet.restored) {
        (Some(_), _) => Markup::from(Badge::new(Tone::Bad, t.get("ledger-restored-held"))),
        (None, Some(restored)) => {
            Markup::text(t.get("ledger-restored").and("at", dates.minute(restored.time)))
        }
        (None, None) => Markup::text(t.get("ledger-restored-never")),
    };
    Facts::new()
        .fact(t.get("ledger-origin"), Markup::code(&sheet.origin))
        .fact(t.get("ledger-key"), Short::new(&sheet.key))
        .fact(t.get("ledger-recovery"), restored)
        .into()
}

#[cfg(test)]
mod tests;
