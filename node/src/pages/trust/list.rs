//! One trust list: whom it names, with which keys over time, and what changed since another list.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use corridor_base::{Country, ErrorCode, Problem, Timestamp};
use corridor_console::component::{
    Badge, Choice, Column, Command, Empty, Facts, Field, Filters, Icon, Kind, Notice, Paging, Row, Section,
    Short, Table, Tone, address, country_name,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_identity::{Change, ListSummary};
use corridor_proof::{ListedKey, ListedParticipant};
use serde::Deserialize;
use serde_json::Value;

use super::{PATH, standing};
use crate::api::Shared;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::trust::{ChangesBody, ChangesQuery, changes_between};
use crate::pages::dates;
use crate::pages::evidence::words;

/// How many participants stand on a page.
const LISTED: usize = 50;

/// What the address of a list says.
#[derive(Default, Deserialize)]
pub(in crate::pages) struct ListQuery {
    q: Option<String>,
    after: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// What the page of one list shows.
struct ListSheet {
    summary: ListSummary,
    participants: Vec<ListedParticipant>,
    /// Where the page after this one begins.
    next: Option<String>,
    q: String,
    began: bool,
    changes: ChangesBody,
    now: Timestamp,
}

/// `GET /console/trust/lists/{country}`.
pub(in crate::pages) async fn show(
    node: Shared,
    viewer: Viewer,
    Named(country): Named<Country>,
    Ask(query): Ask<ListQuery>,
) -> Answer<Response> {
    let (view, now) = (node.exchange.directory().view(), node.now());
    let none = || Problem::new(ErrorCode::NotFound).with("what", format!("trust list of {country}"));
    let held = view.list(&country).ok_or_else(none)?;
    let summary = view.lists(now).into_iter().find(|l| l.country == country).ok_or_else(none)?;
    let q: String = query.q.unwrap_or_default().trim().chars().take(100).collect();
    let after = query.after.unwrap_or_default();
    let (participants, next) = chosen(&held.body().participants, &q, &after);
    let number = |text: Option<String>| text.and_then(|text| text.trim().parse::<u64>().ok());
    let between = ChangesQuery { from: number(query.from), to: number(query.to) };
    let changes = changes_between(&node, country, &between).await?;
    let sheet = ListSheet { summary, participants, next, q, began: !after.is_empty(), changes, now };
    Ok(page(&viewer, &sheet).answer(&viewer))
}

/// The participants after this one that hold the words, a page of them, and where the next begins.
fn chosen(all: &[ListedParticipant], q: &str, after: &str) -> (Vec<ListedParticipant>, Option<String>) {
    let wanted = q.to_lowercase();
    let holds = |p: &ListedParticipant| {
        p.did.as_str().to_lowercase().contains(&wanted)
            || p.name.all().any(|name| name.to_lowercase().contains(&wanted))
    };
    let mut found: Vec<&ListedParticipant> = all
        .iter()
        .filter(|p| after.is_empty() || p.did.as_str() > after)
        .filter(|p| wanted.is_empty() || holds(p))
        .take(LISTED + 1)
        .collect();
    let more = found.len() > LISTED;
    found.truncate(LISTED);
    let next = found.last().filter(|_| more).map(|p| p.did.to_string());
    (found.into_iter().cloned().collect(), next)
}

fn page(viewer: &Viewer, sheet: &ListSheet) -> Page {
    let t = words(viewer);
    let name = country_name(viewer.lang(), sheet.summary.country.as_str());
    let path = format!("{PATH}/lists/{}", sheet.summary.country);
    let field = Field::new("q", t.get("trust-find")).kind(Kind::Search).value(&sheet.q).at_most(100);
    let filters = Filters::new(viewer, &path, vec![field], !sheet.q.is_empty());
    let participants = Markup::from(filters).and(participants(viewer, sheet, &path));
    let changed = changes(viewer, sheet, &path);
    let country = sheet.summary.country.as_str();
    let body = Markup::from(Section::new("", facts(viewer, sheet)).card())
        .and(Section::new(t.get("trust-participants-title"), participants).named("participants"))
        .and(Section::new(t.get("trust-changes"), changed).named("changes"))
        .and(Command::new(
            viewer,
            &format!("trust at now --country {country}"),
            "GET",
            &format!("/api/v1/trust/lists/{country}"),
            None,
        ));
    Page::new(t.get("trust-list-title").and("country", name), body).below(t.get("trust-title"), PATH)
}

fn facts(viewer: &Viewer, sheet: &ListSheet) -> Markup {
    let (t, dates, list) = (words(viewer), dates(viewer), &sheet.summary);
    Facts::new()
        .text(t.get("trust-number"), format::number(list.number))
        .fact(t.get("trust-state"), standing(viewer, list.standing))
        .fact(t.get("trust-issued"), dates.tag(list.issued))
        .fact(t.get("trust-expires"), dates.with_age(list.expires, sheet.now))
        .fact(t.get("trust-closes"), dates.with_age(list.closes, sheet.now))
        .fact(t.get("trust-accepted"), dates.tag(list.accepted))
        .fact(t.get("trust-digest"), Short::new(list.digest))
        .into()
}

fn participants(viewer: &Viewer, sheet: &ListSheet, path: &str) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let span = Span::of(sheet.participants.iter().flat_map(|p| &p.keys), sheet.now);
    let row = |found: &ListedParticipant| {
        let name = found.name.get(viewer.lang());
        let state = match found.removed {
            None => Badge::new(Tone::Good, t.get("trust-listed")).into(),
            Some(at) => Markup::lines([
                Badge::new(Tone::Idle, t.get("trust-removed")).into(),
                Markup::quiet(dates.date(at)),
            ]),
        };
        let keys = found.keys.iter().map(|key| validity(viewer, &span, key, sheet.now));
        let at = address(&format!("{PATH}/at"), &[("who", found.did.as_str())]);
        Row(vec![
            Markup::lines([Markup::link(&at, name), Short::did(&found.did).into()]),
            state,
            Markup::join(keys),
            Markup::code(&found.endpoint),
        ])
    };
    let kept = [("q", sheet.q.as_str())];
    Table {
        caption: t.get("trust-participants-caption").into(),
        columns: vec![
            Column::new(t.get("trust-participant")),
            Column::new(t.get("trust-state")),
            Column::new(t.get("trust-keys")),
            Column::new(t.get("trust-endpoint")),
        ],
        rows: sheet.participants.iter().map(row).collect(),
        empty: Empty::new(Icon::Partners, t.get("trust-participants-none"), t.get("trust-participants-how")),
        paging: Some(Paging::new(viewer, path, &kept, ("after", sheet.began), sheet.next.as_deref())),
    }
    .into()
}

/// The time over which the keys of a page are drawn.
struct Span {
    first: i64,
    last: i64,
}

impl Span {
    fn of<'a>(keys: impl Iterator<Item = &'a ListedKey>, now: Timestamp) -> Self {
        let mut span = Self { first: now.millis(), last: now.millis() };
        for key in keys {
            span.first = span.first.min(key.from.millis());
            span.last = span.last.max(key.until.map_or(now.millis(), Timestamp::millis));
        }
        // Room after now, so that a key without an end is seen to go on.
        span.last = span.last.max(span.last.saturating_add((span.last - span.first) / 8)).max(span.first + 1);
        span
    }

    /// Where an instant lies, in units of a drawing of 200.
    #[allow(clippy::cast_precision_loss, reason = "a drawing of two hundred units is no finer")]
    fn at(&self, at: i64) -> f64 {
        let whole = (self.last - self.first).max(1) as f64;
        ((at - self.first) as f64 / whole * 200.0).clamp(0.0, 200.0)
    }
}

/// When a key was valid, drawn on the time of the page; the words beside it say the same.
#[derive(Template)]
#[template(
    source = "<div class=\"line span\"><svg width=\"200\" height=\"12\" viewBox=\"0 0 200 12\" aria-hidden=\"true\"><rect x=\"0\" y=\"5\" width=\"200\" height=\"2\" fill=\"currentColor\" opacity=\".25\"/><rect x=\"{{ x }}\" y=\"2\" width=\"{{ width }}\" height=\"8\" rx=\"2\" fill=\"currentColor\" opacity=\"{% if valid %}1{% else %}.5{% endif %}\"/><line x1=\"{{ now }}\" x2=\"{{ now }}\" y1=\"0\" y2=\"12\" stroke=\"currentColor\"/></svg></div>{{ words }}",
    ext = "html"
)]
struct Validity {
    x: String,
    width: String,
    now: String,
    valid: bool,
    words: Markup,
}

fn validity(viewer: &Viewer, span: &Span, key: &ListedKey, now: Timestamp) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let (from, until) = (span.at(key.from.millis()), span.at(key.until.map_or(i64::MAX, Timestamp::millis)));
    let valid = key.covers(now);
    let said = match key.until {
        None => t.get("trust-key-since").and("from", dates.date(key.from)),
        Some(until) => {
            t.get("trust-key-span").and("from", dates.date(key.from)).and("until", dates.date(until))
        }
    };
    let name = key.id.as_str().rsplit_once('#').map_or(key.id.as_str(), |(_, name)| name);
    let words = Markup::lines([Markup::text(said), Markup::quiet(format!("#{name}"))]);
    Markup::of(&Validity {
        x: format!("{from:.1}"),
        width: format!("{:.1}", (until - from).max(2.0)),
        now: format!("{:.1}", span.at(now.millis())),
        valid,
        words,
    })
}

/// Long names as they are told apart: a participant without its method, a key of a log or a witness by name and
/// number (`name+number+key`, C2SP signed-note). The command line has the whole of them.
fn brief(text: &str) -> String {
    let mut parts = text.splitn(3, '+');
    if let (Some(name), Some(number), Some(_)) = (parts.next(), parts.next(), parts.next())
        && number.len() == 8
        && number.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return format!("{name} ({number})");
    }
    let (did, key) = text.split_once('#').map_or((text, None), |(did, key)| (did, Some(key)));
    match (did.parse::<corridor_base::Did>(), key) {
        (Ok(did), None) => format::did(&did),
        (Ok(did), Some(key)) => format!("{}#{key}", format::did(&did)),
        (Err(_), _) => text.to_owned(),
    }
}

/// What a change is, as a badge, and in words: the sentences of the command line, without their sign.
pub(super) fn said(viewer: &Viewer, change: &Value) -> (Badge, String) {
    let (t, dates) = (words(viewer), dates(viewer));
    let kind = change.get("change").and_then(Value::as_str).unwrap_or_default();
    let shown = |value: &Value| match value.as_str().map(|text| (text, Timestamp::parse(text))) {
        Some((_, Ok(at))) => dates.minute(at),
        Some((text, Err(_))) => brief(text),
        None => {
            value.get(viewer.lang().tag()).and_then(Value::as_str).map_or(value.to_string(), str::to_owned)
        }
    };
    let args: BTreeMap<&String, String> =
        change.as_object().into_iter().flatten().map(|(name, value)| (name, shown(value))).collect();
    let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let key = format!("change-{kind}");
    let text = match t.has(&key) {
        true => crate::texts::say(viewer.lang(), &key, &args),
        false => change.to_string(),
    };
    let (sign, rest) = text.split_once(' ').unwrap_or(("~", &text));
    let (tone, word) = match sign {
        "+" => (Tone::Good, "trust-change-new"),
        "-" => (Tone::Idle, "trust-change-gone"),
        "!" => (Tone::Bad, "trust-change-alarming"),
        _ => (Tone::Info, "trust-change-other"),
    };
    (Badge::new(tone, t.get(word)), rest.to_owned())
}

fn changes(viewer: &Viewer, sheet: &ListSheet, path: &str) -> Markup {
    let t = words(viewer);
    let found = &sheet.changes;
    let choices =
        || found.kept.iter().rev().take(200).map(|n| Choice::new(n.to_string(), format::number(*n)));
    let select = |name: &str, key: &str, value: Option<u64>| {
        let value = value.map(|n| n.to_string()).unwrap_or_default();
        Field::new(name, t.get(key)).kind(Kind::Select(choices().collect())).value(value)
    };
    let fields = vec![
        select("from", "trust-change-from", found.from),
        select("to", "trust-change-to", Some(found.to)),
    ];
    let filters = Filters::new(viewer, path, fields, false).looks_up();
    let row = |change: &Change| {
        let (badge, text) = said(viewer, &serde_json::to_value(change).unwrap_or_default());
        Row(vec![Markup::text(text), badge.into()])
    };
    let caption = match found.from {
        Some(from) => t.get("trust-changes-caption").and("from", from).and("to", found.to),
        None => t.get("trust-changes-first").and("to", found.to),
    };
    let table = Table {
        caption: caption.into(),
        columns: vec![Column::new(t.get("trust-change")), Column::new(t.get("trust-change-kind"))],
        rows: found.changes.iter().map(row).collect(),
        empty: Empty::new(Icon::Trust, t.get("trust-changes-none"), ""),
        paging: None,
    };
    let (country, from) = (&found.country, found.from.map(|n| format!(" --from {n}")).unwrap_or_default());
    let query = found.from.map(|n| format!("from={n}&")).unwrap_or_default();
    let command = Command::new(
        viewer,
        &format!("trust changes {country}{from} --to {}", found.to),
        "GET",
        &format!("/api/v1/trust/lists/{country}/changes?{query}to={}", found.to),
        None,
    );
    let alarming = found.changes.iter().any(Change::is_alarming);
    let notice = alarming.then(|| {
        let body = Markup::paragraph(t.get("trust-alarming-do"));
        Markup::from(Notice::new(Tone::Bad, t.get("trust-alarming")).body(body))
    });
    Markup::from(filters).and(notice.unwrap_or_default()).and(table).and(command)
}

#[cfg(test)]
mod tests;
