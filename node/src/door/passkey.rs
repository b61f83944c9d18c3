//! Passkeys on pages: to sign in with nothing else, to add one, to take one away. They need the browser's own
//! script interface; everything they do can be done with password and authenticator instead (UI-1).

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{ErrorCode, Problem};
use corridor_console::component::{Column, Empty, Field, Form, Icon, Row, Section, Table};
use corridor_console::{Markup, Page, Viewer, path};

use super::cookie::Cookie;
use super::guard::{Entrant, Shared};
use super::pages::{narrow, with, words};
use super::signin::{entered, ways};
use crate::api::problem::Answer;
use crate::pages::dates;
use crate::pages::form::Fields;
use crate::pages::preferences::see_other;
use crate::people::passkeys::{Brought, NewPasskey, Passkey};
use crate::people::password::Password;
use crate::people::webauthn::{Assertion, MAX};
use crate::people::{Account, Stage};

const HERE: &str = "/console/account/passkeys";

/// The form that a script fills by asking the browser for a passkey; hidden where there is none.
#[derive(Template)]
#[template(
    source = "<form class=\"form\" method=\"post\" action=\"{{ action }}\" data-passkey=\"{{ what }}\" data-challenge=\"{{ challenge }}\" data-rp=\"{{ rp }}\" data-user=\"{{ user }}\" data-name=\"{{ name }}\" data-display=\"{{ display }}\" hidden><input type=\"hidden\" name=\"csrf\" value=\"{{ csrf }}\"><input type=\"hidden\" name=\"challenge\" value=\"{{ challenge }}\"><input type=\"hidden\" name=\"next\" value=\"{{ next }}\">{% for field in filled %}<input type=\"hidden\" name=\"{{ field }}\">{% endfor %}{{ fields }}<p class=\"field-error\" role=\"alert\" hidden>{{ failed }}</p><div class=\"form-do\"><button class=\"button\" type=\"submit\">{{ label }}</button></div></form>",
    ext = "html"
)]
struct Ask<'a> {
    what: &'static str,
    action: &'a str,
    challenge: String,
    rp: &'a str,
    user: String,
    name: &'a str,
    display: &'a str,
    csrf: &'a str,
    next: &'a str,
    filled: &'static [&'static str],
    fields: Markup,
    failed: String,
    label: String,
}

impl HtmlSafe for Ask<'_> {}

/// The button on the sign-in page.
pub(super) fn sign_in_button(node: &Shared, viewer: &Viewer, entrant: &Entrant, next: &str) -> Markup {
    let t = words(viewer);
    Markup::of(&Ask {
        what: "get",
        action: "/console/sign-in/passkey",
        challenge: node.people.challenge(&entrant.secret),
        rp: node.people.settings().site.host(),
        user: String::new(),
        name: "",
        display: "",
        csrf: &entrant.csrf,
        next,
        filled: &["id", "client", "authenticator", "signature"],
        fields: Markup::none(),
        failed: t.get("people-passkey-failed").into(),
        label: t.get("people-passkey-sign-in").into(),
    })
}

fn bytes(fields: &Fields, name: &str) -> Vec<u8> {
    let text = fields.get(name).filter(|text| text.len() <= 2 * MAX).unwrap_or_default();
    URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
}

/// Signs in by passkey.
pub(super) async fn sign_in(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let brought = Brought {
        id: text("id"),
        challenge: text("challenge"),
        assertion: Assertion {
            client: bytes(&fields, "client"),
            authenticator: bytes(&fields, "authenticator"),
            signature: bytes(&fields, "signature"),
        },
    };
    let next = text("next");
    let after = entrant.at(Stage::Second).ok();
    match node.people.sign_in_by_passkey(&entrant.secret, &brought, after, &entrant.visitor).await {
        Ok(done) => Ok(entered(&node, &viewer, &done, &next, None)),
        Err(problem) if matches!(problem.code(), ErrorCode::SignInFailed | ErrorCode::SlowDown) => {
            let page = narrow(&viewer, "people-sign-in", ways(&node, &viewer, &entrant, &next));
            Ok(with(page, &viewer, Some(&problem)).answer(&viewer))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The passkeys of one's own account, and the form that adds one.
pub(super) async fn page(node: Shared, viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    Ok(shown(&node, &viewer, &entrant).await?.answer(&viewer))
}

async fn shown(node: &Shared, viewer: &Viewer, entrant: &Entrant) -> Answer<Page> {
    let account = node.people.account(&entrant.person()?.account.id).await?;
    let t = words(viewer);
    let held = node.people.passkeys(&account.id).await?;
    let table = Table {
        caption: t.get("people-passkeys").into(),
        columns: ["people-passkey-label", "people-given", "people-seen", "people-do"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: held.iter().map(|passkey| row(viewer, entrant, passkey)).collect(),
        empty: Empty::new(Icon::Key, t.get("people-passkeys-none"), t.get("people-passkeys-none-how")),
        paging: None,
    };
    let add = Section::new(t.get("people-passkey-add"), add_form(node, viewer, entrant, &account)).card();
    let page = Page::new(t.get("people-passkeys"), Markup::from(table).and(add));
    let page = page.lead(t.get("people-passkeys-lead")).below(t.get("people-account"), path::ACCOUNT);
    Ok(if viewer.person.is_some() { page } else { page.plain() })
}

fn row(viewer: &Viewer, entrant: &Entrant, passkey: &Passkey) -> Row {
    let t = words(viewer);
    let dates = dates(viewer);
    let remove = Form::new(viewer, "/console/account/passkeys/remove", t.get("people-passkey-remove"))
        .csrf(&entrant.csrf)
        .hidden("id", &passkey.id);
    Row(vec![
        Markup::text(&passkey.label),
        dates.tag(passkey.created),
        passkey.used.map_or_else(|| Markup::quiet(t.get("people-never")), |at| dates.tag(at)),
        remove.into(),
    ])
}

fn add_form(node: &Shared, viewer: &Viewer, entrant: &Entrant, account: &Account) -> Markup {
    let t = words(viewer);
    let label = Field::new("label", t.get("people-passkey-label"))
        .hint(t.get("people-passkey-label-hint"))
        .required(viewer)
        .at_most(60);
    let password = Field::new("password", t.get("people-password-now"))
        .kind(corridor_console::component::Kind::Secret)
        .required(viewer)
        .autocomplete("current-password");
    let fields = Markup::from(label);
    let form = Ask {
        what: "create",
        action: HERE,
        challenge: node.people.challenge(&entrant.secret),
        rp: node.people.settings().site.host(),
        user: URL_SAFE_NO_PAD.encode(account.id.as_str()),
        name: account.name.as_str(),
        display: &account.display,
        csrf: &entrant.csrf,
        next: "",
        filled: &["client", "attestation"],
        fields: if account.has_password { fields.and(password) } else { fields },
        failed: t.get("people-passkey-failed").into(),
        label: t.get("people-passkey-add").into(),
    };
    Markup::paragraph(t.get("people-passkey-add-what")).and(Markup::of(&form))
}

/// Adds a passkey.
pub(super) async fn add(node: Shared, viewer: Viewer, entrant: Entrant, fields: Fields) -> Answer<Response> {
    let standing = entrant.person()?;
    let password = Password::new(fields.whole("password").unwrap_or_default().to_owned());
    let new = NewPasskey {
        challenge: fields.get("challenge").unwrap_or_default(),
        client: &bytes(&fields, "client"),
        attestation: &bytes(&fields, "attestation"),
        label: fields.get("label").unwrap_or_default(),
    };
    let added = match node.people.confirm(standing, password).await {
        Ok(()) => node.people.add_passkey(standing, &entrant.secret, new).await,
        Err(problem) => Err(problem),
    };
    match added {
        Ok(opened) => {
            let mut response = see_other(HERE);
            Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
            Ok(response)
        }
        Err(problem) => said(&node, &viewer, &entrant, &problem).await,
    }
}

async fn said(node: &Shared, viewer: &Viewer, entrant: &Entrant, problem: &Problem) -> Answer<Response> {
    let page = shown(node, viewer, entrant).await?;
    Ok(with(page, viewer, Some(problem)).answer(viewer))
}

/// Takes a passkey away; not the last way to sign in.
pub(super) async fn remove(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let account = node.people.account(&entrant.person()?.account.id).await?;
    let other = (account.has_password && account.has_totp) || account.identities > 0;
    let last = account.passkeys <= 1 && !other;
    let removed = if last {
        Err(Problem::new(ErrorCode::Forbidden).with("what", "the last way to sign in"))
    } else {
        node.people.remove_passkey(&account.id, fields.get("id").unwrap_or_default()).await
    };
    match removed {
        Ok(()) => Ok(see_other(HERE)),
        Err(problem) => said(&node, &viewer, &entrant, &problem).await,
    }
}
