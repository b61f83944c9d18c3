//! Whom the countries vouch for: the lists and until when they stand, the participants with their keys
//! over time, what changed between two lists, what was valid at an instant (ID-1), and taking in a list.

mod list;
mod then;

use axum::extract::Multipart;
use axum::extract::multipart::MultipartRejection;
use axum::response::Response;
use corridor_base::{ErrorCode, Problem, Timestamp};
use corridor_console::component::{
    Badge, Column, Command, Empty, Field, Form, Icon, Kind, Notice, Row, Section, Short, Table, Tone,
    country_name,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_identity::{Accepted, AnchorKey, ListSummary, RecognitionSummary, Standing};
use serde_json::Value;

use super::dates;
use super::evidence::words;
use super::form::genuine;
use super::upload;
use crate::api::Shared;
use crate::api::extract::MAX_BODY;
use crate::api::problem::Answer;
use crate::doctor::{self, Finding, Status};

use list::said;
pub(super) use list::show as list;
pub(super) use then::show as at;

const PATH: &str = "/console/trust";
/// Before its end by so many days a list is called soon to end.
const SOON: i64 = 14 * 86_400_000;

/// How a list or a recognition stands, in words.
fn standing(viewer: &Viewer, standing: Standing) -> Badge {
    let (tone, key) = match standing {
        Standing::InForce => (Tone::Good, "trust-in-force"),
        Standing::Grace => (Tone::Wait, "trust-grace"),
        Standing::Closed => (Tone::Bad, "trust-closed"),
        Standing::Unrecognised => (Tone::Bad, "trust-unrecognised"),
    };
    Badge::new(tone, words(viewer).get(key))
}

/// What the first page shows.
struct Sheet {
    anchors: Vec<AnchorKey>,
    lists: Vec<ListSummary>,
    recognitions: Vec<RecognitionSummary>,
    findings: Vec<Finding>,
    now: Timestamp,
}

/// `GET /console/trust`.
pub(super) async fn show(node: Shared, viewer: Viewer) -> Answer<Response> {
    Ok(page(&viewer, &sheet(&node, &viewer), None, None).answer(&viewer))
}

fn sheet(node: &Shared, viewer: &Viewer) -> Sheet {
    let (view, now) = (node.exchange.directory().view(), node.now());
    Sheet {
        anchors: view.pinned().to_vec(),
        lists: view.lists(now),
        recognitions: view.recognitions(now),
        findings: doctor::of_trust(node, viewer.lang()),
        now,
    }
}

/// `POST /console/trust`: takes in a list or a recognition, which counts by its signature.
pub(super) async fn import(
    node: Shared,
    viewer: Viewer,
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Answer<Response> {
    let brought = upload::read(form, &[("file", MAX_BODY)]).await?;
    genuine(&viewer, brought.field("csrf"))?;
    let accepted = match brought.file("file") {
        Some(bytes) => node.import(bytes).await,
        None => Err(no_file()),
    };
    let sheet = sheet(&node, &viewer);
    Ok(match accepted {
        Ok(accepted) => page(&viewer, &sheet, Some(&accepted), None).answer(&viewer),
        Err(problem) => page(&viewer, &sheet, None, Some(&problem)).failed(problem.code()).answer(&viewer),
    })
}

fn no_file() -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "file").with("why", "no file was chosen")
}

fn page(viewer: &Viewer, sheet: &Sheet, accepted: Option<&Accepted>, problem: Option<&Problem>) -> Page {
    let t = words(viewer);
    let mut body = Markup::from(Section::new(t.get("trust-lists"), lists(viewer, sheet)).named("lists"))
        .and(Section::new(t.get("trust-recognitions"), recognitions(viewer, sheet)).named("recognitions"))
        .and(Section::new(t.get("trust-then"), then::form(viewer, None, None)).named("then"));
    if viewer.may("POST /console/trust") {
        body = body
            .and(Section::new(t.get("trust-import"), import_form(viewer, problem)).card().named("import"));
    }
    body = body
        .and(Section::new(t.get("trust-anchors"), anchors(viewer, sheet)).named("anchors"))
        .and(Command::new(viewer, "trust show", "GET", "/api/v1/trust", None));
    let page = Page::new(t.get("trust-title"), body).lead(t.get("trust-lead"));
    let page = accepted.into_iter().fold(page, |page, accepted| page.notice(taken(viewer, accepted)));
    let amiss = sheet.findings.iter().filter(|finding| finding.status != Status::Good);
    amiss.fold(page, |page, finding| {
        let tone = if finding.status == Status::Wrong { Tone::Bad } else { Tone::Wait };
        page.notice(Notice::new(tone, finding.detail.clone()).body(Markup::paragraph(&finding.remedy)))
    })
}

fn lists(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let row = |list: &ListSummary| {
        let name = country_name(viewer.lang(), list.country.as_str());
        let left = list.expires.millis() - sheet.now.millis();
        let soon = (list.standing == Standing::InForce && left < SOON)
            .then(|| Badge::new(Tone::Wait, t.get("trust-ends-soon")).into());
        Row(vec![
            Markup::link(&format!("{PATH}/lists/{}", list.country), name),
            Markup::text(format::number(list.number)),
            Markup::join([standing(viewer, list.standing).into()].into_iter().chain(soon)),
            Markup::text(format::number(list.participants as u64)),
            dates.tag(list.issued),
            dates.with_age(list.expires, sheet.now),
        ])
    };
    Table {
        caption: t.get("trust-lists-caption").into(),
        columns: vec![
            Column::new(t.get("trust-country")),
            Column::number(t.get("trust-number")),
            Column::new(t.get("trust-state")),
            Column::number(t.get("trust-participants")),
            Column::new(t.get("trust-issued")),
            Column::new(t.get("trust-expires")),
        ],
        rows: sheet.lists.iter().map(row).collect(),
        empty: Empty::new(Icon::Trust, t.get("trust-lists-none"), t.get("trust-lists-how")),
        paging: None,
    }
    .into()
}

fn recognitions(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let row = |found: &RecognitionSummary| {
        let [one, other] = found.countries.each_ref().map(|c| country_name(viewer.lang(), c.as_str()));
        let (tone, key) = match found.in_force {
            true => (Tone::Good, "trust-in-force"),
            false => (Tone::Idle, "trust-not-in-force"),
        };
        Row(vec![
            Markup::text(t.get("trust-between").and("one", one).and("other", other)),
            Badge::new(tone, t.get(key)).into(),
            dates.tag(found.from),
            dates.with_age(found.until, sheet.now),
            Short::new(found.digest).into(),
        ])
    };
    Table {
        caption: t.get("trust-recognitions-caption").into(),
        columns: vec![
            Column::new(t.get("trust-countries")),
            Column::new(t.get("trust-state")),
            Column::new(t.get("trust-from")),
            Column::new(t.get("trust-until")),
            Column::new(t.get("trust-digest")),
        ],
        rows: sheet.recognitions.iter().map(row).collect(),
        empty: Empty::new(Icon::Trust, t.get("trust-recognitions-none"), t.get("trust-recognitions-how")),
        paging: None,
    }
    .into()
}

fn anchors(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let t = words(viewer);
    let row = |anchor: &AnchorKey| {
        let country = country_name(viewer.lang(), anchor.country.as_str());
        Row(vec![Markup::text(country), Markup::code(&anchor.name), Short::new(anchor.vkey()).into()])
    };
    Table {
        caption: t.get("trust-anchors-caption").into(),
        columns: vec![
            Column::new(t.get("trust-country")),
            Column::new(t.get("trust-anchor")),
            Column::new(t.get("trust-key")),
        ],
        rows: sheet.anchors.iter().map(row).collect(),
        empty: Empty::new(Icon::Key, t.get("trust-anchors-none"), t.get("trust-anchors-how")),
        paging: None,
    }
    .into()
}

fn import_form(viewer: &Viewer, problem: Option<&Problem>) -> Markup {
    let t = words(viewer);
    let file = Field::new("file", t.get("trust-file")).kind(Kind::File).hint(t.get("trust-file-hint"));
    let form = Form::new(viewer, PATH, t.get("trust-import-do")).field(file.required(viewer));
    let form = match problem {
        Some(problem) => form.problem(Notice::problem(viewer.lang(), problem)),
        None => form,
    };
    let body = "-H \"Content-Type: text/plain\" --data-binary @FILE";
    Markup::from(form).and(Command::new(viewer, "trust import FILE", "POST", "/api/v1/trust", Some(body)))
}

/// What came of taking in a statement.
fn taken(viewer: &Viewer, accepted: &Accepted) -> Notice {
    let t = words(viewer);
    let value = serde_json::to_value(accepted).unwrap_or_default();
    let changes = value.get("changes").and_then(Value::as_array);
    match value.get("accepted").and_then(Value::as_str) {
        Some("list") => {
            let lines = changes.into_iter().flatten().map(|change| said(viewer, change).1);
            let lines = lines.map(Markup::paragraph);
            Notice::new(Tone::Good, t.get("trust-taken-list")).body(Markup::join(lines))
        }
        Some("recognition") => Notice::new(Tone::Good, t.get("trust-taken-recognition")),
        _ => Notice::new(Tone::Info, t.get("trust-taken-nothing")),
    }
}

#[cfg(test)]
mod tests;
