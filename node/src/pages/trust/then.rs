//! What this node went by at an instant (ID-1): the lists, the recognitions, the keys of a participant, each
//! with the act whose receipt proves it.

use axum::response::Response;
use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_console::component::{
    Badge, Button, Column, Columns, Command, Empty, Facts, Field, Filters, Icon, Kind, Row, Section, Short,
    Table, Tone, country_name, percent, quoted,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_identity::{AsOf, KeyAsOf};
use serde::Deserialize;

use super::{PATH, Sheet, recognitions, standing};
use crate::access::Caller;
use crate::api::Shared;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::pages::dates;
use crate::pages::evidence::words;

/// Of when, and of whom.
#[derive(Default, Deserialize)]
pub(in crate::pages) struct Then {
    day: Option<String>,
    time: Option<String>,
    who: Option<String>,
}

/// `GET /console/trust/at`.
pub(in crate::pages) async fn show(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    Ask(then): Ask<Then>,
) -> Answer<Response> {
    let at = instant(&viewer, &then, node.now())?;
    let who = then.who.as_deref().map(str::trim).filter(|who| !who.is_empty());
    let who: Option<Did> = who.map(str::parse).transpose()?;
    let found = node.exchange.directory().as_of(at, who.as_ref(), &caller.participant).await;
    let found = match found {
        // That there was no list then is the answer, and no fault of this node of today.
        Err(problem) if problem.code() == ErrorCode::TrustListMissing => None,
        other => Some(other?),
    };
    Ok(page(&viewer, at, who.as_ref(), found.as_ref(), node.now()).answer(&viewer))
}

/// The instant that a civil day and a clock time of the node's zone name (TM-1); now without a day.
fn instant(viewer: &Viewer, then: &Then, now: Timestamp) -> Result<Timestamp> {
    let wrong =
        |what: &str, why: &str| Problem::new(ErrorCode::Malformed).with("what", what).with("why", why);
    let typed =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let Some(day) = typed(&then.day) else { return Ok(now) };
    let day: jiff::civil::Date = day.parse().map_err(|_| wrong("day", "a date as 2026-11-28 expected"))?;
    let begins = dates(viewer).begins(day);
    let Some(time) = typed(&then.time) else {
        // The whole day: what was valid at its end, or now on the present one.
        let end = begins.millis().saturating_add(86_399_999);
        return Ok(Timestamp::from_millis(end.min(now.millis().max(begins.millis()))));
    };
    let time: jiff::civil::Time = time.parse().map_err(|_| wrong("time", "a time as 14:05 expected"))?;
    let millis = time.duration_since(jiff::civil::Time::midnight()).as_millis();
    let millis = i64::try_from(millis).unwrap_or_default();
    Ok(Timestamp::from_millis(begins.millis().saturating_add(millis)))
}

pub(super) fn form(viewer: &Viewer, at: Option<Timestamp>, who: Option<&Did>) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let civil = at.map(|at| dates.civil(at));
    let day = civil.map(|c| c.date().to_string()).unwrap_or_default();
    let time = civil.map(|c| format!("{:02}:{:02}", c.hour(), c.minute())).unwrap_or_default();
    let fields = vec![
        Field::new("day", t.get("trust-day")).kind(Kind::Date).value(day),
        Field::new("time", t.get("trust-time").and("zone", viewer.house.zone.name())).value(time).at_most(8),
        Field::new("who", t.get("trust-who"))
            .value(who.map(ToString::to_string).unwrap_or_default())
            .at_most(300),
    ];
    Filters::new(viewer, &format!("{PATH}/at"), fields, at.is_some()).looks_up().into()
}

fn page(viewer: &Viewer, at: Timestamp, who: Option<&Did>, found: Option<&AsOf>, now: Timestamp) -> Page {
    let (t, dates) = (words(viewer), dates(viewer));
    let mut body = Markup::from(Section::new("", form(viewer, Some(at), who)));
    match found {
        None => {
            body = body.and(Empty::new(Icon::Trust, t.get("trust-then-none"), t.get("trust-then-none-how")))
        }
        Some(found) => {
            let lists = Sheet {
                anchors: Vec::new(),
                lists: found.lists.iter().map(|l| l.list.clone()).collect(),
                recognitions: found.recognitions.iter().map(|r| r.recognition.clone()).collect(),
                findings: Vec::new(),
                now,
            };
            body = body.and(then_participant(viewer, found));
            body = body
                .and(Section::new(t.get("trust-lists"), lists_then(viewer, found)))
                .and(Section::new(t.get("trust-recognitions"), recognitions(viewer, &lists)));
        }
    }
    let who_word = who.map(|who| format!(" --who {}", quoted(who.as_str())));
    let who_query = who.map(|who| format!("&who={}", percent(who.as_str())));
    body = body.and(Command::new(
        viewer,
        &format!("trust at {at}{}", who_word.unwrap_or_default()),
        "GET",
        &format!("/api/v1/trust/at?at={at}{}", who_query.unwrap_or_default()),
        None,
    ));
    Page::new(t.get("trust-then-title").and("at", dates.minute(at)), body)
        .lead(t.get("trust-then-lead"))
        .below(t.get("trust-title"), PATH)
}

/// A link to the receipt of the act that recorded something, which proves that it was so.
fn proof(viewer: &Viewer, act: Option<corridor_base::ActId>) -> Markup {
    let t = words(viewer);
    match act {
        Some(act) if viewer.may("GET /console/receipts/{id}") => {
            Button::new(t.get("trust-proof"), format!("/console/receipts/{act}")).icon(Icon::Receipt).into()
        }
        Some(act) => Short::new(act).into(),
        None => Markup::text("–"),
    }
}

fn lists_then(viewer: &Viewer, found: &AsOf) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let row = |found: &corridor_identity::ListAsOf| {
        let list = &found.list;
        Row(vec![
            Markup::text(country_name(viewer.lang(), list.country.as_str())),
            Markup::text(format::number(list.number)),
            standing(viewer, list.standing).into(),
            dates.tag(list.accepted),
            dates.tag(list.expires),
            proof(viewer, found.act),
        ])
    };
    Table {
        caption: t.get("trust-lists-then").into(),
        columns: vec![
            Column::new(t.get("trust-country")),
            Column::number(t.get("trust-number")),
            Column::new(t.get("trust-state-then")),
            Column::new(t.get("trust-accepted")),
            Column::new(t.get("trust-expires")),
            Column::new(t.get("trust-proof-column")),
        ],
        rows: found.lists.iter().map(row).collect(),
        empty: Empty::new(Icon::Trust, t.get("trust-then-none"), t.get("trust-then-none-how")),
        paging: None,
    }
    .into()
}

fn then_participant(viewer: &Viewer, found: &AsOf) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let Some(who) = &found.participant else { return Markup::none() };
    let row = |key: &KeyAsOf| {
        let (tone, word) = match key.valid {
            true => (Tone::Good, "trust-key-valid"),
            false => (Tone::Idle, "trust-key-not-valid"),
        };
        Row(vec![
            Short::new(&key.id).into(),
            Badge::new(tone, t.get(word)).into(),
            dates.tag(key.from),
            key.until.map_or_else(|| Markup::text("–"), |until| dates.tag(until)),
            Short::new(&key.key).into(),
            proof(viewer, key.act),
        ])
    };
    let keys = Table {
        caption: t.get("trust-keys-then").into(),
        columns: vec![
            Column::new(t.get("trust-key")),
            Column::new(t.get("trust-state-then")),
            Column::new(t.get("trust-from")),
            Column::new(t.get("trust-until")),
            Column::new(t.get("trust-public")),
            Column::new(t.get("trust-proof-column")),
        ],
        rows: who.keys.iter().map(row).collect(),
        empty: Empty::new(Icon::Key, t.get("trust-keys-none"), ""),
        paging: None,
    };
    let country = country_name(viewer.lang(), who.country.as_str());
    let left = Facts::new()
        .fact(
            t.get("trust-participant"),
            Markup::lines([Markup::text(who.name.get(viewer.lang())), Short::did(&who.did).into()]),
        )
        .text(t.get("trust-by"), t.get("trust-by-value").and("country", country).and("number", who.list));
    let log = |name: Option<String>| name.map(|name| Markup::from(Short::new(name)));
    let right = Facts::new()
        .known(t.get("trust-log"), log(who.ledger.as_ref().map(|l| l.log.to_string())))
        .known(t.get("trust-witness"), log(who.ledger.as_ref().map(|l| l.witness.to_string())));
    let facts = Columns { wide: left.into(), narrow: right.into() };
    Section::new(t.get("trust-keys-title"), Markup::from(facts).and(keys)).named("keys").into()
}

#[cfg(test)]
mod tests;
