//! Signing in and out: name and password, then a code; each step a page of its own that needs no script.

use axum::extract::Query;
use axum::response::Response;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_console::component::{Button, Facts, Field, Form, Kind, Notice, Tone};
use corridor_console::{Markup, Page, Viewer, path};
use serde::Deserialize;

use super::cookie::Cookie;
use super::guard::{Entrant, Shared};
use super::kept as keeping;
use super::pages::{narrow, press, sign_in_form, with, words};
use crate::api::problem::Answer;
use crate::pages::form::Fields;
use crate::pages::preferences::{local, see_other};
use crate::people::password::Password;
use crate::people::session::SIGN_ON;
use crate::people::signin::SignedIn;
use crate::people::{AccountId, Stage};

pub(super) const SECOND: &str = "/console/sign-in/second";

/// Where a sign-in leads.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// How somebody had signed in who signs out.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Left {
    provider: Option<String>,
}

/// The sign-in page.
pub(super) async fn page(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    Query(next): Query<Next>,
) -> Response {
    if entrant.person().is_ok() {
        return see_other(local(&next.next));
    }
    narrow(&viewer, "people-sign-in", ways(&node, &viewer, &entrant, &next.next)).answer(&viewer)
}

/// Every way in that there is.
pub(super) fn ways(node: &Shared, viewer: &Viewer, entrant: &Entrant, next: &str) -> Markup {
    let t = words(viewer);
    let sign_on = super::sign_on::button(node, viewer, next);
    if node.people.settings().sign_on_alone {
        return sign_on.and(Markup::paragraph(t.get("people-sign-on-alone")));
    }
    let form = sign_in_form(viewer, &entrant.csrf, "", next, None);
    let passkey = super::passkey::sign_in_button(node, viewer, entrant, next);
    sign_on.and(form).and(passkey).and(Markup::paragraph(t.get("people-no-account")))
}

/// Takes name and password.
pub(super) async fn begin(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let (name, next) = (fields.get("name").unwrap_or_default(), fields.get("next").unwrap_or_default());
    let kept = fields.get("kept");
    let password = Password::new(fields.whole("password").unwrap_or_default().to_owned());
    let opened = match node.people.begin(name, password, &entrant.visitor).await {
        Ok(opened) => opened,
        Err(problem) => {
            let form = sign_in_form(&viewer, &entrant.csrf, name, next, kept);
            let page = narrow(&viewer, "people-sign-in", form);
            return Ok(with(page, &viewer, said(problem)?.as_ref()).answer(&viewer));
        }
    };
    let csrf = super::forged::token(node.people.sealer(), &opened.cookie);
    let page = second_form(&viewer, &csrf, next, kept);
    let mut response = narrow(&viewer, "people-second", page).answer(&viewer);
    Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
    Ok(response)
}

/// What is said on the page itself; anything else is a fault.
fn said(problem: Problem) -> Result<Option<Problem>> {
    match problem.code() {
        ErrorCode::SignInFailed
        | ErrorCode::SecondFactorFailed
        | ErrorCode::SlowDown
        | ErrorCode::PasswordRefused
        | ErrorCode::Malformed
        | ErrorCode::Overloaded => Ok(Some(problem)),
        _ => Err(problem),
    }
}

fn second_form(viewer: &Viewer, csrf: &str, next: &str, kept: Option<&str>) -> Form {
    let t = words(viewer);
    let form = Form::new(viewer, SECOND, t.get("people-sign-in")).csrf(csrf);
    let form = form.field(
        Field::new("code", t.get("people-code"))
            .kind(Kind::Text)
            .hint(t.get("people-code-hint"))
            .required(viewer)
            .autocomplete("one-time-code")
            .at_most(40),
    );
    let form = if next.is_empty() { form } else { form.hidden("next", next) };
    let form = match kept {
        Some(kept) => form.hidden("kept", kept),
        None => form,
    };
    form.cancel(path::SIGN_IN)
}

/// The page of the second factor: after single sign-on, after a reload, or after a link that asks for the
/// authenticator there is.
pub(super) async fn second_page(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    Query(next): Query<Next>,
) -> Response {
    let Ok(standing) = entrant.at(Stage::Second) else { return see_other(path::SIGN_IN) };
    let mut body = Markup::none();
    // After single sign-on a passkey is a second factor as good as a code.
    if standing.session.method == SIGN_ON && standing.account.passkeys > 0 {
        body = super::passkey::sign_in_button(&node, &viewer, &entrant, &next.next);
    }
    let form = second_form(&viewer, &entrant.csrf, &next.next, None);
    narrow(&viewer, "people-second", Markup::from(form).and(body)).answer(&viewer)
}

/// Takes the code.
pub(super) async fn second(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let Ok(standing) = entrant.at(Stage::Second) else { return Ok(see_other(path::SIGN_IN)) };
    let (next, kept) = (fields.get("next").unwrap_or_default(), fields.get("kept"));
    let code = fields.get("code").unwrap_or_default();
    match node.people.second(standing, code, &entrant.visitor).await {
        Ok(done) => Ok(entered(&node, &viewer, &done, next, kept)),
        Err(problem) => {
            let form = second_form(&viewer, &entrant.csrf, next, kept);
            let page = narrow(&viewer, "people-second", form);
            Ok(with(page, &viewer, said(problem)?.as_ref()).answer(&viewer))
        }
    }
}

/// Somebody is in: where they wanted to go, or to the form they had sent before.
pub(super) fn entered(
    node: &Shared,
    viewer: &Viewer,
    done: &SignedIn,
    next: &str,
    kept: Option<&str>,
) -> Response {
    let site = &node.people.settings().site;
    let waiting = kept.and_then(|kept| open_kept(node, &done.account, kept));
    let mut response = match waiting {
        None => see_other(local(next)),
        Some(waiting) => {
            let csrf = super::forged::token(node.people.sealer(), &done.opened.cookie);
            waiting_form(viewer, &csrf, &waiting)
        }
    };
    let headers = response.headers_mut();
    Cookie::Session.set(headers, site, &done.opened.cookie);
    Cookie::Known.set(headers, site, &done.known);
    response
}

fn open_kept(node: &Shared, account: &AccountId, text: &str) -> Option<keeping::Kept> {
    keeping::open(node.people.sealer(), account, text, node.now())
}

/// What was entered before the session ended, to be sent once more by whoever entered it.
fn waiting_form(viewer: &Viewer, csrf: &str, waiting: &keeping::Kept) -> Response {
    waiting_page(viewer, csrf, waiting).answer(viewer)
}

/// The page of it.
pub(super) fn waiting_page(viewer: &Viewer, csrf: &str, waiting: &keeping::Kept) -> Page {
    let t = words(viewer);
    let mut facts = Facts::new();
    let mut form = Form::new(viewer, &waiting.path, t.get("people-kept-send")).csrf(csrf);
    for (name, value) in &waiting.fields {
        form = form.hidden(name, value);
        if !value.is_empty() {
            facts = facts.text(name, value);
        }
    }
    let body = Markup::from(facts).and(form.cancel(path::HOME));
    narrow(viewer, "people-kept", body).lead(t.get("people-kept-lead"))
}

/// The same for somebody who came back signed in another way.
pub(super) async fn kept(node: Shared, viewer: Viewer, entrant: Entrant, fields: Fields) -> Answer<Response> {
    let standing = entrant.person()?;
    let waiting = fields.get("kept").and_then(|kept| open_kept(&node, &standing.account.id, kept));
    Ok(match waiting {
        Some(waiting) => waiting_form(&viewer, &entrant.csrf, &waiting),
        None => see_other(path::HOME),
    })
}

/// Ends the session.
pub(super) async fn sign_out(node: Shared, entrant: Entrant) -> Answer<Response> {
    let standing = entrant.person()?;
    node.people.sign_out(standing).await?;
    let by_sign_on = standing.session.method == SIGN_ON;
    let mut response =
        see_other(if by_sign_on { "/console/signed-out?provider=yes" } else { "/console/signed-out" });
    let site = &node.people.settings().site;
    Cookie::Session.set(response.headers_mut(), site, "");
    // What this browser still holds of pages is nobody else's business (Clear Site Data).
    response.headers_mut().insert("clear-site-data", axum::http::HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// The page after that.
pub(super) async fn signed_out(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    Query(from): Query<Left>,
) -> Response {
    let t = words(&viewer);
    if entrant.person().is_ok() {
        let form = press(&viewer, &entrant, path::SIGN_OUT, "people-sign-out");
        return narrow(&viewer, "people-still-in", form).answer(&viewer);
    }
    let notice = Notice::new(Tone::Good, t.get("people-signed-out-text"));
    let again = Button::new(t.get("people-sign-in-again"), path::SIGN_IN).main();
    // Whoever signed out here is still signed in at the provider, and may want that or not.
    let out =
        if from.provider.is_some() { super::sign_on::out(&node, &viewer).await } else { Markup::none() };
    let body = super::account::Actions(Markup::from(again).and(out));
    narrow(&viewer, "people-signed-out", body).notice(notice).answer(&viewer)
}
