//! Settings of the institution: its departments, and how the console is reached.

use axum::extract::Query;
use axum::response::Response;
use corridor_base::{Problem, Result, Words};
use corridor_console::component::{
    Button, Column, Command, Confirm, Empty, Facts, Field, Form, Icon, Kind, Notice, Row, Section, Table,
    Tone, address,
};
use corridor_console::{Markup, Page, Viewer};
use serde::Deserialize;

use super::guard::{Entrant, Shared};
use super::pages::{with, words};
use crate::access::Caller;
use crate::api::problem::Answer;
use crate::pages::form::Fields;
use crate::people::{By, Department, DepartmentId};

const SETTINGS: &str = "/console/settings";
const DEPARTMENT: &str = "/console/settings/department";

/// The page.
pub(super) async fn page(node: Shared, viewer: Viewer, caller: Caller, entrant: Entrant) -> Answer<Response> {
    Ok(shown(&node, &viewer, &caller, &entrant).await?.answer(&viewer))
}

async fn shown(node: &Shared, viewer: &Viewer, caller: &Caller, entrant: &Entrant) -> Result<Page> {
    let t = words(viewer);
    let settings = node.people.settings();
    let lasts = |duration: std::time::Duration| match duration.as_secs() / 60 {
        minutes if minutes % 60 == 0 => t.get("people-hours").and("n", minutes / 60),
        minutes => t.get("people-minutes").and("n", minutes),
    };
    let facts = Facts::new()
        .fact(t.get("people-console-at"), Markup::code(settings.site.origin()))
        .text(t.get("people-idle"), lasts(settings.idle))
        .text(t.get("people-absolute"), lasts(settings.absolute))
        .text(t.get("people-link-good"), lasts(settings.link));
    let departments = node.people.departments(&caller.participant).await?;
    let table = Table {
        caption: t.get("people-departments-caption").into(),
        columns: ["people-department", "people-kinds", "people-partners", "people-do"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: departments.iter().map(|d| row(viewer, entrant, d)).collect(),
        empty: Empty::new(
            Icon::Users,
            t.get("people-departments-none"),
            t.get("people-departments-none-how"),
        ),
        paging: None,
    };
    let body = Markup::from(Section::new(
        t.get("people-departments"),
        Markup::from(table).and(Button::new(t.get("people-department-add"), DEPARTMENT).icon(Icon::Plus)),
    ))
    .and(Section::new(t.get("people-sessions"), facts).card())
    .and(Command::new(viewer, "department list", "GET", "/api/v1/departments", None));
    Ok(Page::new(t.get("area-settings"), body).lead(t.get("people-settings-lead")))
}

fn row(viewer: &Viewer, entrant: &Entrant, department: &Department) -> Row {
    let t = words(viewer);
    let all = || Markup::quiet(t.get("people-all"));
    let list = |items: Vec<&str>| {
        if items.is_empty() { all() } else { Markup::lines(items.into_iter().map(Markup::code)) }
    };
    let remove = Form::new(viewer, "/console/settings/remove", t.get("people-department-remove"))
        .csrf(&entrant.csrf)
        .hidden("id", department.id.as_str());
    let remove = Confirm {
        label: t.get("people-department-remove").into(),
        question: t.get("people-department-remove-what").into(),
        form: remove.into(),
        calm: false,
    };
    Row(vec![
        Markup::lines([Markup::text(department.names.get(viewer.lang())), Markup::quiet(&department.id)]),
        list(department.kinds.iter().map(corridor_proof::Kind::as_str).collect()),
        list(department.partners.iter().map(corridor_base::Did::as_str).collect()),
        Markup::from(Button::new(
            t.get("people-change"),
            address(DEPARTMENT, &[("id", department.id.as_str())]),
        ))
        .and(remove),
    ])
}

/// Which department.
#[derive(Deserialize)]
pub(super) struct Which {
    id: Option<String>,
}

/// The form of one department, or of a new one.
pub(super) async fn department(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    entrant: Entrant,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let found = match which.id {
        Some(id) => Some(node.people.department(&caller.participant, &id.parse()?).await?),
        None => None,
    };
    let written = Written { known: found.is_some(), values: found.map(values).unwrap_or_default() };
    Ok(form(&viewer, &entrant, &written, false).answer(&viewer))
}

/// What stands in the form: of a department as it is, or as somebody has typed it.
struct Written {
    /// Whether there is such a department already: then its identifier stays.
    known: bool,
    values: Fields,
}

fn values(department: Department) -> Fields {
    let kinds: Vec<_> = department.kinds.iter().map(corridor_proof::Kind::as_str).collect();
    let partners: Vec<_> = department.partners.iter().map(corridor_base::Did::as_str).collect();
    let pairs = [
        ("kinds", kinds.join("\n")),
        ("partners", partners.join("\n")),
        ("id", department.id.to_string()),
        ("name-ja", department.names.ja),
        ("name-ko", department.names.ko),
        ("name-en", department.names.en),
    ];
    Fields::of(pairs.map(|(name, value)| (name.to_owned(), value)).into())
}

/// The form; when it came back, with what is wrong beside its field.
fn form(viewer: &Viewer, entrant: &Entrant, written: &Written, back: bool) -> Page {
    let t = words(viewer);
    let label = if written.known { "people-department-change" } else { "people-department-add" };
    let typed = |name: &str| written.values.get(name).unwrap_or_default().to_owned();
    let field =
        |name: &'static str, label, kind| Field::new(name, t.get(label)).kind(kind).value(typed(name));
    let name = |name, label| field(name, label, Kind::Text).required(viewer).at_most(100);
    let [no_id, no_kinds, no_partners] = if back { misread(&written.values) } else { [false; 3] };
    let judged = |field: Field, wrong: bool, why: &str| if wrong { field.error(t.get(why)) } else { field };
    let id = field("id", "people-department-id", Kind::Text).hint(t.get("people-department-id-hint"));
    let id = id.required(viewer).at_most(40);
    let kinds = field("kinds", "people-kinds", Kind::Lines).hint(t.get("people-kinds-hint"));
    let partners = field("partners", "people-partners", Kind::Lines).hint(t.get("people-partners-hint"));
    let form = Form::new(viewer, SETTINGS, t.get("people-save")).csrf(&entrant.csrf);
    let form = match written.known {
        true => form.hidden("id", typed("id")),
        false => form.field(judged(id, no_id, "people-department-id-wrong")),
    };
    let form = form
        .field(name("name-ja", "people-name-ja"))
        .field(name("name-ko", "people-name-ko"))
        .field(name("name-en", "people-name-en"))
        .field(judged(kinds, no_kinds, "people-kinds-wrong"))
        .field(judged(partners, no_partners, "people-partners-wrong"))
        .cancel(SETTINGS);
    let json = "-H 'content-type: application/json' -d @department.json";
    let cli =
        "department set export-control --en 'Export control' --ja 輸出管理課 --ko 수출관리과 --kind edifact";
    let command = Command::new(viewer, cli, "POST", "/api/v1/departments", Some(json));
    Page::new(t.get(label), Markup::from(form).and(command))
        .lead(t.get("people-department-what"))
        .below(t.get("area-settings"), SETTINGS)
}

fn parsed(fields: &Fields) -> Result<Department> {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    Ok(Department {
        id: text("id").parse()?,
        names: Words { en: text("name-en"), ja: text("name-ja"), ko: text("name-ko") },
        kinds: listed(&text("kinds"))?,
        partners: listed(&text("partners"))?,
    })
}

/// Which of identifier, kinds and partners cannot be read.
fn misread(fields: &Fields) -> [bool; 3] {
    let text = |name: &str| fields.get(name).unwrap_or_default();
    [
        text("id").parse::<DepartmentId>().is_err(),
        listed::<corridor_proof::Kind>(text("kinds")).is_err(),
        listed::<corridor_base::Did>(text("partners")).is_err(),
    ]
}

/// One in each line.
fn listed<T: std::str::FromStr<Err = Problem>>(text: &str) -> Result<Vec<T>> {
    text.split_whitespace().map(str::parse).collect()
}

/// Makes a department, or changes one; what cannot be is shown again as it was typed.
pub(super) async fn set(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let by = By::reader(&caller.reader);
    let came = match parsed(&fields) {
        Ok(department) => node.people.set_department(&caller.participant, department, &by).await,
        Err(problem) => Err(problem),
    };
    let Err(problem) = came else { return told(&node, &viewer, &caller, &entrant, Ok(())).await };
    let known = match fields.get("id").unwrap_or_default().parse() {
        Ok(id) => node.people.department(&caller.participant, &id).await.is_ok(),
        Err(_) => false,
    };
    // What stands at a field is not said twice.
    let beside = misread(&fields).contains(&true);
    let page = form(&viewer, &entrant, &Written { known, values: fields }, true);
    let page = if beside { page.failed(problem.code()) } else { with(page, &viewer, Some(&problem)) };
    Ok(page.answer(&viewer))
}

/// Removes one.
pub(super) async fn remove(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let id = fields.get("id").unwrap_or_default().parse()?;
    let came = node.people.remove_department(&caller.participant, &id, &By::reader(&caller.reader)).await;
    told(&node, &viewer, &caller, &entrant, came).await
}

async fn told(
    node: &Shared,
    viewer: &Viewer,
    caller: &Caller,
    entrant: &Entrant,
    came: std::result::Result<(), Problem>,
) -> Answer<Response> {
    let page = shown(node, viewer, caller, entrant).await?;
    let page = match came {
        Ok(()) => page.notice(Notice::new(Tone::Good, words(viewer).get("people-saved"))),
        Err(problem) => with(page, viewer, Some(&problem)),
    };
    Ok(page.answer(viewer))
}
