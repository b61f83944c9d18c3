//! Personal data: whom documents are about, what is kept about one person, who read it, and its erasure
//! (LG-3, AC-1). A person is named in a form and never in an address, so that no log and no history of a
//! browser names one; an erasure has a number that names nobody, and so a page of its own.

mod erasure;
mod report;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use corridor_base::{ErrorCode, Problem};
use corridor_console::component::{
    Button, Column, Command, Confirm, Empty, Facts, Field, Form, Icon, Notice, Press, Row, Section, Table,
    Tone, quoted,
};
use corridor_console::{Markup, Page, Viewer};
use serde::Deserialize;

use super::form::{Fields, chosen};
use super::preferences::see_other;
use super::{dates, documents, text, words};
use crate::access::Caller;
use crate::api::Shared;
use crate::api::extract::{Ask, Json};
use crate::api::problem::Answer;
use crate::api::subjects::{self, ErasureQuery, PersonBody, SubjectOrder, SubjectPage};

/// The area.
pub(super) const PATH: &str = "/console/subjects";
const SHOW: &str = "/console/subjects/show";
const ACCESS: &str = "/console/subjects/access";
const ERASE: &str = "/console/subjects/erase";
const ERASURES: &str = "/console/subjects/erasures";
/// How many persons, and how many erasures, a page lists.
const LISTED: u32 = 25;

/// The routes of the area.
pub(super) fn router() -> Router<std::sync::Arc<crate::node::Node>> {
    Router::new()
        .route(PATH, get(list).post(more))
        .route(SHOW, get(look).post(show))
        .route(ACCESS, get(report::look).post(report::show))
        .route(ERASE, post(erase))
        .route("/console/subjects/erasures/{id}", get(erasure::show))
}

/// Where in the erasures the list begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    before: String,
}

/// `GET /console/subjects`.
async fn list(node: Shared, caller: Caller, viewer: Viewer, Ask(place): Ask<Place>) -> Answer<Response> {
    overview(&node, caller, &viewer, "", &place.before).await
}

/// `POST /console/subjects`: the persons after this one, whom no address names.
async fn more(node: Shared, caller: Caller, viewer: Viewer, fields: Fields) -> Answer<Response> {
    overview(&node, caller, &viewer, fields.whole("after").unwrap_or_default(), "").await
}

async fn overview(
    node: &Shared,
    caller: Caller,
    viewer: &Viewer,
    after: &str,
    before: &str,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let mut body = Markup::none();
    if let Some(form) = lookup(viewer, "") {
        body = body.and(Section::new(t.get("subjects-look"), form).card());
    }
    // A person is not the business of one department: documents of others may be about it too.
    if viewer.may("POST /console/subjects") && caller.scope.is_whole() {
        let persons = persons(node, caller.clone(), viewer, after).await?;
        body = body.and(Section::new(t.get("subjects-persons"), persons));
    }
    let erasures = erasure::listed(node, caller, viewer, before).await?;
    body = body.and(Section::new(t.get("subjects-erasures"), erasures).live("erasures"));
    let page = Page::new(t.get("area-subjects"), body).lead(t.get("subjects-lead")).live();
    Ok(page.answer(viewer))
}

/// The form that asks for one person: of what is kept about it, or of who read it, as the rules let.
fn lookup(viewer: &Viewer, typed: &str) -> Option<Form> {
    let t = text(viewer.lang());
    let (action, key) = match viewer.may("POST /console/subjects/show") {
        true => (SHOW, "subjects-show"),
        false if viewer.may("POST /console/subjects/access") => (ACCESS, "subjects-access"),
        false => return None,
    };
    Some(Form::new(viewer, action, t.get(key)).field(reference(viewer, typed)))
}

/// The field for the reference of a person.
fn reference(viewer: &Viewer, typed: &str) -> Field {
    let t = text(viewer.lang());
    Field::new("subject", t.get("subjects-reference"))
        .hint(t.get("subjects-reference-hint"))
        .value(typed)
        .required(viewer)
        .autocomplete("off")
        .at_most(200)
}

/// What names a person in a request, as a shell takes it.
fn data(reference: &str) -> String {
    let json = serde_json::json!({ "subject": reference }).to_string();
    format!("-H 'content-type: application/json' -d {}", quoted(&json))
}

/// A button with a person's reference, that does something about it.
fn press(viewer: &Viewer, action: &str, label: impl Into<String>, reference: &str) -> Press {
    Press::new(viewer, action, label).hidden("subject", reference)
}

async fn persons(node: &Shared, caller: Caller, viewer: &Viewer, after: &str) -> Answer<Markup> {
    let t = text(viewer.lang());
    let limit = Some(crate::api::extract::Whole(LISTED));
    let order = SubjectPage { after: after.to_owned(), limit };
    let found = subjects::list(State(node.0.clone()), caller, Json(order)).await?.0;
    let now = node.now();
    let row = |person: &subjects::SubjectBody| {
        Row(vec![
            press(viewer, SHOW, &person.subject, &person.subject).plain().into(),
            dates(viewer).with_age(person.created, now),
        ])
    };
    let table = Table {
        caption: t.get("subjects-persons-caption").into(),
        columns: ["subjects-column-person", "subjects-column-since"]
            .map(|key| Column::new(t.get(key)))
            .to_vec(),
        rows: found.items.iter().map(row).collect(),
        empty: Empty::new(Icon::Person, t.get("subjects-none"), t.get("subjects-none-how")),
        paging: None,
    };
    let mut body = Markup::from(table);
    if let Some(next) = &found.next {
        body =
            body.and(Press::new(viewer, PATH, t.get("subjects-more")).hidden("after", next).icon(Icon::Next));
    }
    let list = "-H 'content-type: application/json' -d '{}'";
    Ok(body.and(Command::new(viewer, "subject list", "POST", "/api/v1/subjects", Some(list))))
}

/// `GET /console/subjects/show`: the form alone.
async fn look(viewer: Viewer) -> Response {
    asked(&viewer, "", None).answer(&viewer)
}

/// The form that asks for a person, with what was wrong with the last question.
fn asked(viewer: &Viewer, typed: &str, problem: Option<&Problem>) -> Page {
    let t = text(viewer.lang());
    let mut form =
        Form::new(viewer, SHOW, t.get("subjects-show")).field(reference(viewer, typed)).cancel(PATH);
    if let Some(problem) = problem {
        form = form.problem(Notice::problem(viewer.lang(), problem));
    }
    let command =
        Command::new(viewer, "subject show REF", "POST", "/api/v1/subjects/show", Some(&data("REF")));
    let page = Page::new(t.get("subjects-look"), Markup::from(form).and(command));
    let page = page.lead(t.get("subjects-lead")).below(t.get("area-subjects"), PATH);
    match problem {
        Some(problem) => page.failed(problem.code()),
        None => page,
    }
}

/// `POST /console/subjects/show`.
async fn show(node: Shared, caller: Caller, viewer: Viewer, fields: Fields) -> Answer<Response> {
    let typed = fields.get("subject").unwrap_or_default();
    match person(&node, &caller, typed).await {
        Ok(found) => Ok(shown(&node, &caller, &viewer, &found).answer(&viewer)),
        Err(problem) if problem.code() == ErrorCode::NotFound => {
            Ok(asked(&viewer, typed, Some(&problem)).answer(&viewer))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn person(node: &Shared, caller: &Caller, reference: &str) -> corridor_base::Result<PersonBody> {
    let order = Json(SubjectOrder { subject: reference.to_owned() });
    let found = subjects::show(State(node.0.clone()), caller.clone(), order).await;
    found.map(|found| found.0).map_err(|refusal| refusal.0)
}

fn shown(node: &Shared, caller: &Caller, viewer: &Viewer, found: &PersonBody) -> Page {
    let t = text(viewer.lang());
    let (now, reference) = (node.now(), found.subject.subject.as_str());
    let told = found.partners.iter().map(|did| words::partner(node, viewer, did));
    let told = match found.partners.is_empty() {
        true => Markup::quiet(t.get("subjects-told-nobody")),
        false => Markup::lines(told),
    };
    let facts = Facts::new()
        .fact(t.get("subjects-reference"), Markup::code(reference))
        .fact(t.get("subjects-column-since"), dates(viewer).exact(found.subject.created))
        .fact(t.get("subjects-told"), told);
    let table = Table {
        caption: t.get("subjects-documents-caption").into(),
        columns: documents::columns(viewer),
        rows: found.documents.iter().map(|d| documents::row(node, viewer, d, now)).collect(),
        empty: Empty::new(Icon::Inbox, t.get("subjects-documents-none"), ""),
        paging: None,
    };
    let show = format!("subject show {}", quoted(reference));
    let command = Command::new(viewer, &show, "POST", "/api/v1/subjects/show", Some(&data(reference)));
    let mut body = Markup::from(Section::new(t.get("subjects-kept"), facts).card())
        .and(Section::new(t.get("subjects-documents"), table))
        .and(command);
    if viewer.may("POST /console/subjects/erase") && caller.scope.is_whole() {
        body = body.and(Section::new(t.get("subjects-erase"), erase_form(viewer, reference)).card());
    }
    let mut page = Page::new(t.get("subjects-person"), body).lead(t.get("subjects-person-lead"));
    if viewer.may("POST /console/subjects/access") {
        let read = press(viewer, ACCESS, t.get("subjects-access"), reference);
        page = page.actions(read.icon(Icon::Acts));
    }
    page.below(t.get("area-subjects"), PATH)
}

/// The question before what cannot be taken back: the reference is typed again, where it stands.
fn erase_form(viewer: &Viewer, reference: &str) -> Markup {
    let t = text(viewer.lang());
    let again = Field::new("again", t.get("subjects-erase-again"))
        .hint(t.get("subjects-erase-again-hint"))
        .required(viewer)
        .autocomplete("off")
        .at_most(200);
    let form = Form::new(viewer, ERASE, t.get("subjects-erase-do")).hidden("subject", reference).field(again);
    let erase = format!("subject erase {} --wait", quoted(reference));
    let command = Command::new(viewer, &erase, "POST", "/api/v1/subjects/erase", Some(&data(reference)));
    let confirm = Confirm {
        label: t.get("subjects-erase").into(),
        question: t.get("subjects-erase-question").into(),
        form: Markup::from(form).and(command),
        calm: false,
    };
    Markup::paragraph(t.get("subjects-erase-what")).and(confirm)
}

/// `POST /console/subjects/erase`: leads to the erasure, whose number names nobody.
async fn erase(node: Shared, caller: Caller, viewer: Viewer, fields: Fields) -> Answer<Response> {
    let (reference, again) = (fields.get("subject").unwrap_or_default(), fields.get("again"));
    if again != Some(reference) {
        let t = text(viewer.lang());
        let found = person(&node, &caller, reference).await?;
        let page = shown(&node, &caller, &viewer, &found);
        let notice = Notice::new(Tone::Bad, t.get("subjects-erase-differs"));
        return Ok(page.notice(notice).failed(ErrorCode::Malformed).answer(&viewer));
    }
    let order = Json(SubjectOrder { subject: reference.to_owned() });
    let erased = subjects::erase(State(node.0.clone()), caller, order).await?.0;
    Ok(see_other(&format!("{ERASURES}/{}?done=erased", erased.id)))
}

/// A place in the list of erasures.
fn erasures_before(before: &str) -> corridor_base::Result<ErasureQuery> {
    Ok(ErasureQuery { before: chosen(before)?, limit: Some(LISTED) })
}

/// Where to see to a link that is down.
fn partner_button(viewer: &Viewer, did: &corridor_base::Did) -> Button {
    Button::new(text(viewer.lang()).get("erasure-see-partner"), words::partner_path(did)).icon(Icon::Partners)
}
