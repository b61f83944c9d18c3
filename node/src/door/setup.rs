//! Setting an account up after a sign-in link: the password, then the authenticator. The link is shown to
//! be used by a press of a button: programs that look at links in messages use up nothing.

use axum::extract::Path;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_console::component::{Button, Facts, Field, Form, Kind, Notice, Sample, Tone};
use corridor_console::{Markup, Page, Viewer, path};

use super::cookie::Cookie;
use super::guard::{Entrant, Shared};
use super::pages::{narrow, press, with, words};
use crate::api::problem::Answer;
use crate::pages::form::Fields;
use crate::pages::preferences::see_other;
use crate::people::password::Password;
use crate::people::totp::Seed;
use crate::people::{Account, Stage, Standing};

const PASSWORD: &str = "/console/setup/password";
const AUTHENTICATOR: &str = "/console/setup/authenticator";

/// Whose link it is, and the button that uses it.
pub(super) async fn link_page(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    Path(secret): Path<String>,
) -> Answer<Response> {
    let account = node.people.link_of(&secret).await?;
    let t = words(&viewer);
    let facts = Facts::new()
        .text(t.get("people-display"), &account.display)
        .text(t.get("people-name"), &account.name);
    let form = press(&viewer, &entrant, &format!("/console/link/{secret}"), "people-link-use");
    let page = narrow(&viewer, "people-link", Markup::from(facts).and(form)).lead(t.get("people-link-lead"));
    Ok(page.answer(&viewer))
}

/// Uses the link.
pub(super) async fn use_link(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    Path(secret): Path<String>,
) -> Answer<Response> {
    let Some(opened) = node.people.use_link(&secret, &entrant.visitor.agent).await? else {
        let t = words(&viewer);
        let notice = Notice::new(Tone::Info, t.get("people-link-complete"));
        let on = Button::new(t.get("people-sign-in"), path::SIGN_IN).main();
        return Ok(narrow(&viewer, "people-link", on).notice(notice).answer(&viewer));
    };
    let mut response = see_other("/console/setup");
    Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
    Ok(response)
}

/// What is still to be set.
pub(super) async fn page(node: Shared, viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    let Ok(standing) = entrant.at(Stage::Setup) else { return Ok(see_other(path::SIGN_IN)) };
    let page = if standing.session.method == "link" {
        password_page(&viewer, &entrant.csrf, &standing.account)
    } else {
        let offer = node.people.offer_totp(&standing.account.id)?;
        let offered = Offered { seed: &offer.seed, sealed: &offer.sealed };
        authenticator_page(&viewer, &entrant.csrf, &standing.account, &offered, AUTHENTICATOR)?
    };
    Ok(page.answer(&viewer))
}

fn password_page(viewer: &Viewer, csrf: &str, account: &Account) -> Page {
    let t = words(viewer);
    let form = Form::new(viewer, PASSWORD, t.get("people-continue")).csrf(csrf);
    if account.has_password {
        let field = Field::new("password", t.get("people-password"))
            .kind(Kind::Secret)
            .required(viewer)
            .autocomplete("current-password");
        return narrow(viewer, "people-setup-password-known", form.field(field));
    }
    narrow(viewer, "people-setup-password", new_password(viewer, form)).lead(t.get("people-setup-lead"))
}

/// The two fields of a new password.
pub(super) fn new_password(viewer: &Viewer, form: Form) -> Form {
    let t = words(viewer);
    let field = |name, label| {
        Field::new(name, t.get(label)).kind(Kind::Secret).required(viewer).autocomplete("new-password")
    };
    form.field(field("new-password", "people-new-password").hint(t.get("people-new-password-hint")))
        .field(field("again", "people-new-password-again"))
}

/// The new password of a form, typed twice alike.
///
/// # Errors
/// `malformed`.
pub(super) fn typed_twice(fields: &Fields) -> Result<Password> {
    let (first, again) = (fields.whole("new-password"), fields.whole("again"));
    match (first, again) {
        (Some(first), Some(again)) if first == again => Ok(Password::new(first.to_owned())),
        _ => Err(Problem::new(ErrorCode::Malformed)
            .with("what", "new password")
            .with("why", "the two entries differ")),
    }
}

/// Takes the password.
pub(super) async fn password(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let Ok(standing) = entrant.at(Stage::Setup) else { return Ok(see_other(path::SIGN_IN)) };
    let typed = if standing.account.has_password {
        Ok(Password::new(fields.whole("password").unwrap_or_default().to_owned()))
    } else {
        typed_twice(&fields)
    };
    let set = match typed {
        Ok(password) => node.people.set_up_password(standing, password).await,
        Err(problem) => Err(problem),
    };
    let opened = match set {
        Ok(opened) => opened,
        Err(problem) => {
            let page = password_page(&viewer, &entrant.csrf, &standing.account);
            return Ok(with(page, &viewer, Some(&problem)).answer(&viewer));
        }
    };
    let to = if standing.account.has_totp { "/console/sign-in/second" } else { "/console/setup" };
    let mut response = see_other(to);
    Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
    Ok(response)
}

/// A seed that is shown.
pub(super) struct Offered<'a> {
    pub(super) seed: &'a Seed,
    pub(super) sealed: &'a [u8],
}

/// The page with the square, the text, and the field for the first code.
pub(super) fn authenticator_page(
    viewer: &Viewer,
    csrf: &str,
    account: &Account,
    offered: &Offered<'_>,
    action: &str,
) -> Result<Page> {
    let t = words(viewer);
    let issuer = format!("Corridor {}", viewer.house.name(viewer.lang()));
    let address = offered.seed.address(&issuer, account.name.as_str());
    let square = super::account::Square::new(&address, &t.get("people-qr").to_string())?;
    let body = Markup::paragraph(t.get("people-authenticator-scan"))
        .and(square)
        .and(Markup::paragraph(t.get("people-authenticator-type")))
        .and(Sample::new(viewer, t.get("people-authenticator-key"), offered.seed.text()));
    let form = Form::new(viewer, action, t.get("people-authenticator-set")).csrf(csrf);
    let form = form.hidden("offer", URL_SAFE_NO_PAD.encode(offered.sealed)).field(
        Field::new("code", t.get("people-code"))
            .kind(Kind::Code)
            .hint(t.get("people-authenticator-hint"))
            .required(viewer)
            .autocomplete("one-time-code"),
    );
    let page = narrow(viewer, "people-authenticator", body.and(form));
    Ok(page.lead(t.get("people-authenticator-lead")))
}

/// The seed that a form brings back.
pub(super) fn offer_of(fields: &Fields) -> Option<Vec<u8>> {
    let text = fields.get("offer").filter(|text| text.len() <= 400)?;
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Takes the first code of an authenticator, and shows the recovery codes.
pub(super) async fn authenticator(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let Ok(standing) = entrant.at(Stage::Setup) else { return Ok(see_other(path::SIGN_IN)) };
    take_up(&node, &viewer, &entrant, standing, &fields, AUTHENTICATOR).await
}

/// The same for somebody who is signed in.
pub(super) async fn take_up(
    node: &Shared,
    viewer: &Viewer,
    entrant: &Entrant,
    standing: &Standing,
    fields: &Fields,
    action: &str,
) -> Answer<Response> {
    let sealed = offer_of(fields).unwrap_or_default();
    let code = fields.get("code").unwrap_or_default();
    match node.people.set_totp(standing, &sealed, code).await {
        Ok((codes, opened)) => {
            let mut response = codes_page(viewer, &codes).answer(viewer);
            Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
            Ok(response)
        }
        Err(problem) if problem.code() == ErrorCode::SecondFactorFailed => {
            let again = node.people.offered_totp(&standing.account.id, &sealed);
            let offer = node.people.offer_totp(&standing.account.id)?;
            let offered = match &again {
                Some(seed) => Offered { seed, sealed: &sealed },
                None => Offered { seed: &offer.seed, sealed: &offer.sealed },
            };
            let page = authenticator_page(viewer, &entrant.csrf, &standing.account, &offered, action)?;
            Ok(with(page, viewer, Some(&problem)).answer(viewer))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The recovery codes, shown once.
pub(super) fn codes_page(viewer: &Viewer, codes: &[String]) -> Page {
    let t = words(viewer);
    let notice = Notice::new(Tone::Good, t.get("people-authenticator-done"));
    let body = Markup::from(Sample::new(viewer, t.get("people-codes"), codes.join("\n")))
        .and(Button::new(t.get("people-codes-kept"), path::HOME).main());
    narrow(viewer, "people-codes", body).notice(notice).lead(t.get("people-codes-lead"))
}
