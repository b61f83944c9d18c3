//! The record of who read what is about a person, as the person can be given it (AC-1): it prints as a
//! sheet that says whose record it is and who made it.

use axum::extract::State;
use axum::response::Response;
use corridor_base::{ErrorCode, Problem, Timestamp};
use corridor_console::component::{
    Column, Command, Empty, Facts, Form, Icon, Notice, Row, Section, Table, Tone, quoted,
};
use corridor_console::{Markup, Page, Viewer, format};

use super::{ACCESS, PATH, data, dates, reference, text};
use crate::access::Caller;
use crate::api::Shared;
use crate::api::extract::Json;
use crate::api::problem::Answer;
use crate::api::subjects::{self, AccessBody, SubjectOrder};
use crate::pages::form::Fields;

/// How many times the API reports at most.
const MOST: usize = 1000;

/// `GET /console/subjects/access`: the form alone.
pub(super) async fn look(viewer: Viewer) -> Response {
    asked(&viewer, "", None).answer(&viewer)
}

/// The form that asks for a person, with what was wrong with the last question.
fn asked(viewer: &Viewer, typed: &str, problem: Option<&Problem>) -> Page {
    let t = text(viewer.lang());
    let mut form =
        Form::new(viewer, ACCESS, t.get("subjects-access")).field(reference(viewer, typed)).cancel(PATH);
    if let Some(problem) = problem {
        form = form.problem(Notice::problem(viewer.lang(), problem));
    }
    let command =
        Command::new(viewer, "access report REF", "POST", "/api/v1/subjects/access", Some(&data("REF")));
    let page = Page::new(t.get("report-ask"), Markup::from(form).and(command));
    let page = page.lead(t.get("report-lead")).below(t.get("area-subjects"), PATH);
    match problem {
        Some(problem) => page.failed(problem.code()),
        None => page,
    }
}

/// `POST /console/subjects/access`.
pub(super) async fn show(node: Shared, caller: Caller, viewer: Viewer, fields: Fields) -> Answer<Response> {
    let typed = fields.get("subject").unwrap_or_default();
    let order = Json(SubjectOrder { subject: typed.to_owned() });
    match subjects::access(State(node.0.clone()), caller, order).await {
        Ok(found) => Ok(shown(&viewer, typed, &found.0.items, node.now()).answer(&viewer)),
        Err(refusal) if refusal.0.code() == ErrorCode::NotFound => {
            Ok(asked(&viewer, typed, Some(&refusal.0)).answer(&viewer))
        }
        Err(refusal) => Err(refusal),
    }
}

fn shown(viewer: &Viewer, reference: &str, items: &[AccessBody], now: Timestamp) -> Page {
    let t = text(viewer.lang());
    let facts = Facts::new()
        .fact(t.get("subjects-reference"), Markup::code(reference))
        .known(t.get("report-by"), viewer.person.as_ref().map(|p| Markup::text(&p.acting.name)))
        .fact(t.get("report-at"), dates(viewer).exact(now))
        .text(t.get("report-times"), format::number(items.len() as u64));
    let table = Table {
        caption: t.get("report-caption").into(),
        columns: ["column-time", "column-document", "report-reader", "column-act"]
            .map(|key| Column::new(t.get(key)))
            .to_vec(),
        rows: items.iter().map(|item| row(viewer, item)).collect(),
        empty: Empty::new(Icon::Lock, t.get("report-none"), t.get("report-none-how")),
        paging: None,
    };
    let line = format!("access report {}", quoted(reference));
    let command = Command::new(viewer, &line, "POST", "/api/v1/subjects/access", Some(&data(reference)));
    let body = Markup::from(Section::new(t.get("report-whose"), facts).card())
        .and(Section::new(t.get("report-reads"), table))
        .and(Markup::paragraph(t.get("report-proof")))
        .and(command);
    let page = Page::new(t.get("report-title"), body).lead(t.get("report-lead"));
    let page = page.below(t.get("area-subjects"), PATH);
    if items.len() < MOST {
        return page;
    }
    page.notice(Notice::new(Tone::Info, t.get("report-cut").and("n", format::number(MOST as u64))))
}

fn row(viewer: &Viewer, item: &AccessBody) -> Row {
    let t = text(viewer.lang());
    let whole = |id: String| format::short(&id, 8, 4);
    let (envelope, act) = (item.envelope.to_string(), item.act.to_string());
    let role = item.role.as_ref().map(|role| {
        let role = viewer.text().or(&format!("role-{role}"), role);
        Markup::quiet(t.get("report-token").and("role", role))
    });
    let reader = match &item.label {
        Some(label) => Markup::text(label),
        None => Markup::code(&item.reader),
    };
    Row(vec![
        dates(viewer).exact(item.time),
        Markup::link(&format!("/console/receipts/{envelope}"), whole(envelope)),
        Markup::lines(std::iter::once(reader).chain(role)),
        Markup::link(&format!("/console/acts/{act}"), whole(act)),
    ])
}
