//! What pages of the door have in common: the narrow page before sign-in, and the words of what went wrong.

use axum::response::Response;
use corridor_base::Problem;
use corridor_console::component::{Field, Form, Kind, Notice, Tone};
use corridor_console::{Markup, Page, Text, Viewer, path};

use super::guard::Entrant;
use crate::node::Node;
use crate::pages::text;

/// The words of the pages, for this viewer.
pub(super) fn words(viewer: &Viewer) -> Text {
    text(viewer.lang())
}

/// A page before sign-in: one narrow column, no navigation.
pub(super) fn narrow(viewer: &Viewer, title: &str, body: impl Into<Markup>) -> Page {
    Page::new(words(viewer).get(title), body).plain()
}

/// A page that says what went wrong above what it shows, if anything did.
pub(super) fn with(page: Page, viewer: &Viewer, problem: Option<&Problem>) -> Page {
    match problem {
        Some(problem) => page.notice(Notice::problem(viewer.lang(), problem)).failed(problem.code()),
        None => page,
    }
}

/// The form of name and password. `next` is where it leads, `kept` a form that waits.
pub(super) fn sign_in_form(viewer: &Viewer, csrf: &str, name: &str, next: &str, kept: Option<&str>) -> Form {
    let t = words(viewer);
    let form = Form::new(viewer, path::SIGN_IN, t.get("people-continue")).csrf(csrf);
    let form = form
        .field(
            Field::new("name", t.get("people-name"))
                .value(name)
                .required(viewer)
                .autocomplete("username")
                .at_most(64),
        )
        .field(
            Field::new("password", t.get("people-password"))
                .kind(Kind::Secret)
                .required(viewer)
                .autocomplete("current-password"),
        );
    let form = if next.is_empty() { form } else { form.hidden("next", next) };
    match kept {
        Some(kept) => form.hidden("kept", kept),
        None => form,
    }
}

/// The sign-in page that answers a form whose session had ended. What was entered comes along with a password
/// alone: on the way by another site it would have to be kept somewhere.
pub(super) fn expired(node: &Node, viewer: &Viewer, csrf: &str, kept: Option<&str>) -> Response {
    let t = words(viewer);
    let alone = node.people.settings().sign_on_alone;
    let said = if kept.is_some() && !alone { "people-expired-kept" } else { "people-expired-lost" };
    let notice = Notice::new(Tone::Info, t.get("people-expired")).body(Markup::paragraph(t.get(said)));
    let sign_on = super::sign_on::button(node, viewer, "");
    let body =
        if alone { sign_on } else { Markup::from(sign_in_form(viewer, csrf, "", "", kept)).and(sign_on) };
    let page = narrow(viewer, "people-sign-in", body).notice(notice);
    page.failed(corridor_base::ErrorCode::Unauthenticated).answer(viewer)
}

/// A form of one button.
pub(super) fn press(viewer: &Viewer, entrant: &Entrant, action: &str, label: &str) -> Form {
    Form::new(viewer, action, words(viewer).get(label)).csrf(&entrant.csrf)
}
