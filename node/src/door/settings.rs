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
use crate::people::{By, Department};

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
    Ok(form(&viewer, &entrant, found.as_ref()).answer(&viewer))
}

fn form(viewer: &Viewer, entrant: &Entrant, department: Option<&Department>) -> Page {
    let t = words(viewer);
    let label = if department.is_some() { "people-department-change" } else { "people-department-add" };
    let lines = |items: Option<Vec<String>>| items.unwrap_or_default().join("\n");
    let id = Field::new("id", t.get("people-department-id"))
        .value(department.map_or("", |d| d.id.as_str()))
        .hint(t.get("people-department-id-hint"))
        .required(viewer)
        .at_most(40);
    let name = |field, label, value: Option<&String>| {
        Field::new(field, t.get(label))
            .value(value.cloned().unwrap_or_default())
            .required(viewer)
            .at_most(100)
    };
    let form = Form::new(viewer, SETTINGS, t.get("people-save")).csrf(&entrant.csrf);
    let form = match department {
        Some(d) => form.hidden("id", d.id.as_str()),
        None => form.field(id),
    };
    let form = form
        .field(name("name-ja", "people-name-ja", department.map(|d| &d.names.ja)))
        .field(name("name-ko", "people-name-ko", department.map(|d| &d.names.ko)))
        .field(name("name-en", "people-name-en", department.map(|d| &d.names.en)))
        .field(
            Field::new("kinds", t.get("people-kinds"))
                .kind(Kind::Lines)
                .value(lines(department.map(|d| d.kinds.iter().map(|k| k.as_str().to_owned()).collect())))
                .hint(t.get("people-kinds-hint")),
        )
        .field(
            Field::new("partners", t.get("people-partners"))
                .kind(Kind::Lines)
                .value(lines(department.map(|d| d.partners.iter().map(ToString::to_string).collect())))
                .hint(t.get("people-partners-hint")),
        )
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
    let words = |name: &str| -> Vec<String> { text(name).split_whitespace().map(str::to_owned).collect() };
    Ok(Department {
        id: text("id").parse()?,
        names: Words { en: text("name-en"), ja: text("name-ja"), ko: text("name-ko") },
        kinds: words("kinds").iter().map(|k| k.parse()).collect::<Result<_>>()?,
        partners: words("partners").iter().map(|p| p.parse()).collect::<Result<_>>()?,
    })
}

/// Makes a department, or changes one.
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
    told(&node, &viewer, &caller, &entrant, came).await
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
