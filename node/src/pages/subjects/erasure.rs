//! Erasures: which partners have confirmed and which have not, and what to do about those that let one
//! wait (LG-3).

use axum::extract::State;
use axum::response::Response;
use corridor_base::{ActId, Timestamp};
use corridor_console::component::{
    Badge, Column, Command, Empty, Facts, Icon, More, Notice, Paging, Row, Sample, Section, Table, Tone,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::erasure::LATE;
use serde::Deserialize;

use super::{ERASURES, PATH, dates, erasures_before, partner_button, text, words};
use crate::access::Caller;
use crate::api::Shared;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::subjects::{self, ErasureBody, Readers};

/// How an erasure stands: confirmed everywhere, on its way, or left waiting for too long.
fn standing(erasure: &ErasureBody, now: Timestamp) -> (Tone, &'static str) {
    match () {
        () if erasure.complete => (Tone::Good, "erasure-complete"),
        () if now.since(erasure.at) < LATE => (Tone::Wait, "erasure-waiting"),
        () => (Tone::Bad, "erasure-late"),
    }
}

fn open(erasure: &ErasureBody) -> usize {
    erasure.partners.iter().filter(|asked| asked.confirmed.is_none()).count()
}

/// The list, newest first.
pub(super) async fn listed(node: &Shared, caller: Caller, viewer: &Viewer, before: &str) -> Answer<Markup> {
    let t = text(viewer.lang());
    let us = caller.participant.clone();
    let query = erasures_before(before)?;
    let found = subjects::erasures(State(node.0.clone()), caller, Ask(query)).await?.0;
    let mut readers = Readers::of(node, &us).await?;
    let mut rows = Vec::new();
    for erasure in &found.items {
        let (tone, key) = standing(erasure, node.now());
        let id = erasure.id.to_string();
        rows.push(Row(vec![
            Markup::link(&format!("{ERASURES}/{id}"), format::short(&id, 8, 4)),
            Badge::new(tone, t.get(key).and("n", open(erasure))).into(),
            dates(viewer).with_age(erasure.at, node.now()),
            by(node, viewer, &mut readers, &erasure.by).await?,
            Markup::text(format::number(erasure.documents)),
        ]));
    }
    let mut columns: Vec<Column> = ["erasure-number", "column-state", "column-time", "erasure-by"]
        .map(|key| Column::new(t.get(key)))
        .to_vec();
    columns.push(Column::number(t.get("erasure-documents")));
    let next = found.next.map(|id| id.to_string());
    let table = Table {
        caption: t.get("erasures-caption").into(),
        columns,
        rows,
        empty: Empty::new(Icon::Lock, t.get("erasures-none"), t.get("erasures-none-how")),
        paging: Some(Paging::new(viewer, PATH, &[], ("before", !before.is_empty()), next.as_deref())),
    };
    let command = Command::new(viewer, "subject erasures", "GET", "/api/v1/erasures", None);
    Ok(Markup::from(table).and(command))
}

/// Who wanted it: a person or a program of ours, a partner, or the log after a restoration.
async fn by(node: &Shared, viewer: &Viewer, readers: &mut Readers, by: &str) -> Answer<Markup> {
    if by == "log" {
        return Ok(Markup::text(text(viewer.lang()).get("erasure-by-log")));
    }
    if let Ok(partner) = by.parse() {
        return Ok(words::partner(node, viewer, &partner));
    }
    Ok(match readers.known(node, by).await?.label {
        Some(label) => Markup::text(label),
        None => Markup::code(by),
    })
}

/// What was done just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: String,
}

/// `GET /console/subjects/erasures/{id}`.
pub(super) async fn show(
    node: Shared,
    caller: Caller,
    viewer: Viewer,
    id: Named<ActId>,
    Ask(after): Ask<After>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let now = node.now();
    let us = caller.participant.clone();
    let erasure = subjects::erasure(State(node.0.clone()), caller, id).await?.0;
    let mut readers = Readers::of(&node, &us).await?;
    let id = erasure.id.to_string();
    let mut facts = Facts::new()
        .fact(t.get("erasure-number"), Markup::code(&id))
        .fact(t.get("column-time"), dates(&viewer).exact(erasure.at))
        .fact(t.get("erasure-by"), by(&node, &viewer, &mut readers, &erasure.by).await?)
        .text(t.get("erasure-documents"), format::number(erasure.documents));
    if viewer.may("GET /console/acts/{id}") {
        let act = format!("/console/acts/{id}");
        facts = facts.fact(t.get("column-act"), Markup::link(&act, t.get("act-subject-erased")));
    }
    let command = Command::new(
        &viewer,
        &format!("subject erasures {id}"),
        "GET",
        &format!("/api/v1/erasures/{id}"),
        None,
    );
    let body = Markup::from(notice(&viewer, &erasure, now))
        .and(
            Section::new(t.get("erasure-partners"), partners(&node, &viewer, &erasure, now)).live("partners"),
        )
        .and(Section::new(t.get("erasure-facts"), facts).card())
        .and(signed(&node, &viewer, &erasure))
        .and(command);
    let title = t.get("erasure-title").and("id", format::short(&id, 8, 4));
    let mut page = Page::new(title, body).lead(t.get("erasure-lead")).live();
    if after.done == "erased" {
        page = page.notice(Notice::new(Tone::Good, t.get("erasure-done")));
    }
    Ok(page.below(t.get("area-subjects"), PATH).answer(&viewer))
}

/// Whether there is anything to wait for, and to see to.
fn notice(viewer: &Viewer, erasure: &ErasureBody, now: Timestamp) -> Notice {
    let t = text(viewer.lang());
    let (tone, key) = standing(erasure, now);
    let notice = Notice::new(tone, t.get(key).and("n", open(erasure)));
    let body = Markup::paragraph(t.get(&format!("{key}-more")));
    if tone != Tone::Bad {
        return notice.body(body);
    }
    let late = erasure.partners.iter().filter(|asked| asked.confirmed.is_none());
    let see = late.take(5).map(|asked| partner_button(viewer, &asked.partner).into());
    notice.body(body.and(crate::pages::evidence::actions(see)))
}

fn partners(node: &Shared, viewer: &Viewer, erasure: &ErasureBody, now: Timestamp) -> Table {
    let t = text(viewer.lang());
    let row = |asked: &subjects::AskedBody| {
        let (tone, key) = match asked.confirmed {
            Some(_) => (Tone::Good, "erasure-confirmed"),
            None if now.since(erasure.at) < LATE => (Tone::Wait, "erasure-asked"),
            None => (Tone::Bad, "erasure-not-confirmed"),
        };
        let time = match asked.confirmed {
            Some(at) => dates(viewer).exact(at),
            None => Markup::quiet(t.get("erasure-since").and("age", dates(viewer).age(erasure.at, now))),
        };
        Row(vec![
            words::partner(node, viewer, &asked.partner),
            Badge::new(tone, t.get(key)).into(),
            time,
            Markup::text(asked.documents.map_or_else(|| "–".to_owned(), format::number)),
        ])
    };
    let mut columns: Vec<Column> =
        ["column-partner", "column-state", "column-time"].map(|key| Column::new(t.get(key))).to_vec();
    columns.push(Column::number(t.get("erasure-documents")));
    Table {
        caption: t.get("erasure-partners-caption").into(),
        columns,
        rows: erasure.partners.iter().map(row).collect(),
        empty: Empty::new(Icon::Partners, t.get("erasure-nobody"), t.get("erasure-nobody-how")),
        paging: None,
    }
}

/// What partners signed, word for word.
fn signed(node: &Shared, viewer: &Viewer, erasure: &ErasureBody) -> Markup {
    let t = text(viewer.lang());
    let sample = |asked: &subjects::AskedBody| {
        let note = asked.acknowledgement.as_ref()?;
        let name = crate::pages::viewer::name(node, &asked.partner, viewer.lang());
        Some(Markup::from(Sample::new(viewer, t.get("erasure-signed-by").and("name", name), note)))
    };
    let samples: Vec<Markup> = erasure.partners.iter().filter_map(sample).collect();
    if samples.is_empty() {
        return Markup::none();
    }
    More { title: t.get("erasure-signed").into(), body: Markup::join(samples) }.into()
}
