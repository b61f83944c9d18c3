//! One's own account: name and language, password, authenticator, recovery codes, sessions.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::Response;
use corridor_base::{ErrorCode, Lang, Problem, Result};
use corridor_console::component::{
    Badge, Button, Choice, Column, Empty, Facts, Field, Form, Icon, Kind, Notice, Row, Section, Table, Tone,
};
use corridor_console::{Markup, Page, Viewer};

use super::cookie::Cookie;
use super::guard::{Entrant, Shared};
use super::pages::{with, words};
use super::setup::{self, Offered};
use crate::api::problem::Answer;
use crate::pages::dates;
use crate::pages::form::Fields;
use crate::pages::preferences::see_other;
use crate::people::password::Password;
use crate::people::{Account, Session, SessionId, Standing};

const ACCOUNT: &str = "/console/account";

/// A square that a camera reads (ISO/IEC 18004), drawn here and not by a script: what it holds is a secret.
#[derive(Template)]
#[template(source = "<figure class=\"square\">{{ svg|safe }}</figure>", ext = "html")]
pub(super) struct Square {
    svg: String,
}

impl Square {
    pub(super) fn new(text: &str, title: &str) -> Result<Self> {
        let title = Markup::text(title).into_string();
        Ok(Self { svg: corridor_ledger::receipt::qr_code(text.as_bytes(), &title)? })
    }
}

impl HtmlSafe for Square {}

impl From<Square> for Markup {
    fn from(square: Square) -> Self {
        Self::of(&square)
    }
}

/// The page.
pub(super) async fn page(node: Shared, viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    Ok(shown(&node, &viewer, &entrant, None, None).await?.answer(&viewer))
}

async fn shown(
    node: &Shared,
    viewer: &Viewer,
    entrant: &Entrant,
    done: Option<&str>,
    problem: Option<&Problem>,
) -> Result<Page> {
    let standing = entrant.person()?;
    let account = node.people.account(&standing.account.id).await?;
    let t = words(viewer);
    let person = Facts::new()
        .text(t.get("people-name"), &account.name)
        .text(t.get("people-display"), &account.display)
        .text(t.get("people-language"), language(account.language));
    let change = Button::new(t.get("people-change"), "/console/account/name");
    let sessions = node.people.sessions(&account.id).await?;
    let sign_on = node.sign_on.is_some() || account.identities > 0;
    let about = Section::new(t.get("people-about-me"), Markup::from(person).and(change)).card();
    let body = Markup::from(about)
        .and(Section::new(t.get("people-sign-in-with"), keys(viewer, &account, sign_on)).card())
        .and(Section::new(t.get("people-sessions"), session_list(node, viewer, entrant, standing, sessions)));
    let page = Page::new(t.get("people-account"), body).lead(t.get("people-account-lead"));
    let page = match done {
        Some(done) => page.notice(Notice::new(Tone::Good, t.get(done))),
        None => page,
    };
    let page = if viewer.person.is_some() { page } else { page.plain() };
    Ok(with(page, viewer, problem))
}

/// A browser and where it runs, as people call them, of what it calls itself: `Firefox, Windows`. The longer name
/// comes first where one browser also claims to be another.
fn browser(agent: &str) -> Option<String> {
    let named = |known: &[(&str, &str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| (*name).to_owned())
    };
    let program = named(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Whale/", "Whale"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    let plain = || Some(agent.chars().take(60).collect::<String>()).filter(|agent| !agent.is_empty());
    match (program, system) {
        (Some(program), Some(system)) => Some(format!("{program}, {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => plain(),
    }
}

/// The languages to choose from, each in its own script.
pub(super) fn languages() -> Kind {
    let choice = |lang: Lang, name: &str| Choice::new(lang.tag(), name);
    Kind::Select(vec![choice(Lang::Ja, "日本語"), choice(Lang::Ko, "한국어"), choice(Lang::En, "English")])
}

/// A language in its own script.
fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "日本語",
        Lang::Ko => "한국어",
        Lang::En => "English",
    }
}

/// A page of one form below the account's.
fn below(viewer: &Viewer, title: &str, lead: &str, body: impl Into<Markup>) -> Page {
    let t = words(viewer);
    let page = Page::new(t.get(title), body).lead(t.get(lead)).below(t.get("people-account"), ACCOUNT);
    if viewer.person.is_some() { page } else { page.plain() }
}

fn name_form(viewer: &Viewer, entrant: &Entrant, display: &str, language: Lang) -> Page {
    let t = words(viewer);
    let form = Form::new(viewer, "/console/account/name", t.get("people-save"))
        .csrf(&entrant.csrf)
        .field(
            Field::new("display", t.get("people-display"))
                .value(display)
                .required(viewer)
                .autocomplete("name")
                .at_most(100),
        )
        .field(
            Field::new("language", t.get("people-language"))
                .kind(languages())
                .value(language.tag())
                .hint(t.get("people-language-hint")),
        )
        .cancel(ACCOUNT);
    below(viewer, "people-about-me", "people-about-me-lead", form)
}

/// The form of name and language.
pub(super) async fn name_page(viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    let account = &entrant.person()?.account;
    Ok(name_form(&viewer, &entrant, &account.display, account.language).answer(&viewer))
}

/// The field that asks for the password again.
pub(super) fn confirmed(viewer: &Viewer, entrant: &Entrant, form: Form, has_password: bool) -> Form {
    let form = form.csrf(&entrant.csrf);
    if !has_password {
        return form;
    }
    form.field(
        Field::new("password", words(viewer).get("people-password-now"))
            .kind(Kind::Secret)
            .required(viewer)
            .autocomplete("current-password"),
    )
}

fn keys(viewer: &Viewer, account: &Account, sign_on: bool) -> Markup {
    let t = words(viewer);
    let state = |has: bool| {
        let (tone, word) = if has { (Tone::Good, "people-set") } else { (Tone::Idle, "people-not-set") };
        Markup::from(Badge::new(tone, t.get(word)))
    };
    let facts = Facts::new()
        .fact(t.get("people-password"), state(account.has_password))
        .fact(t.get("people-authenticator-word"), state(account.has_totp))
        .text(t.get("people-codes-left"), account.recovery_codes)
        .text(t.get("people-passkeys"), account.passkeys);
    let facts =
        if sign_on { facts.fact(t.get("people-sign-on-word"), state(account.identities > 0)) } else { facts };
    let to = |label: &str, place: &str| Markup::from(Button::new(t.get(label), format!("{ACCOUNT}/{place}")));
    let codes = if account.has_totp { to("people-codes-renew", "codes") } else { Markup::none() };
    Markup::from(facts).and(Actions(
        to("people-password-change", "password")
            .and(to("people-authenticator-change", "authenticator"))
            .and(codes)
            .and(to("people-passkeys-manage", "passkeys"))
            .and(if sign_on { to("people-sign-on-word", "sign-on") } else { Markup::none() }),
    ))
}

/// Buttons side by side.
#[derive(Template)]
#[template(source = "<p class=\"actions\">{{ self.0 }}</p>", ext = "html")]
pub(super) struct Actions(pub(super) Markup);

impl HtmlSafe for Actions {}

impl From<Actions> for Markup {
    fn from(actions: Actions) -> Self {
        Self::of(&actions)
    }
}

fn password_form(viewer: &Viewer, entrant: &Entrant, has_password: bool) -> Page {
    let t = words(viewer);
    let form = Form::new(viewer, "/console/account/password", t.get("people-save"));
    let form = setup::new_password(viewer, confirmed(viewer, entrant, form, has_password)).cancel(ACCOUNT);
    below(viewer, "people-password-change", "people-password-change-what", form)
}

/// The form of a new password.
pub(super) async fn password_page(viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    let has_password = entrant.person()?.account.has_password;
    Ok(password_form(&viewer, &entrant, has_password).answer(&viewer))
}

fn authenticator_form(viewer: &Viewer, entrant: &Entrant, has_password: bool) -> Page {
    let form = Form::new(viewer, "/console/account/authenticator", words(viewer).get("people-continue"));
    let form = confirmed(viewer, entrant, form, has_password).cancel(ACCOUNT);
    below(viewer, "people-authenticator-change", "people-authenticator-change-what", form)
}

/// The form before a new authenticator.
pub(super) async fn authenticator_page(viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    let has_password = entrant.person()?.account.has_password;
    Ok(authenticator_form(&viewer, &entrant, has_password).answer(&viewer))
}

fn codes_form(viewer: &Viewer, entrant: &Entrant, has_password: bool) -> Page {
    let form = Form::new(viewer, "/console/account/codes", words(viewer).get("people-codes-make"));
    let form = confirmed(viewer, entrant, form, has_password).cancel(ACCOUNT);
    below(viewer, "people-codes-renew", "people-codes-renew-what", form)
}

/// The form before new recovery codes.
pub(super) async fn codes_page(viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    let has_password = entrant.person()?.account.has_password;
    Ok(codes_form(&viewer, &entrant, has_password).answer(&viewer))
}

/// The sessions, with a button that ends each; the one that asks is marked.
fn session_list(
    node: &Shared,
    viewer: &Viewer,
    entrant: &Entrant,
    standing: &Standing,
    sessions: Vec<Session>,
) -> Table {
    let t = words(viewer);
    let dates = dates(viewer);
    let row = |session: Session| {
        let here = session.id == standing.session.id;
        let agent = browser(&session.agent).unwrap_or_else(|| t.get("people-browser-unknown").into());
        let end = Form::new(viewer, "/console/account/sessions", t.get("people-session-end"))
            .csrf(&entrant.csrf)
            .hidden("session", session.id.as_str());
        let last = if here {
            Markup::from(Badge::new(Tone::Info, t.get("people-session-this")))
        } else {
            end.into()
        };
        Row(vec![
            Markup::text(agent),
            Markup::text(t.or(&format!("people-method-{}", session.method), &session.method)),
            dates.with_age(session.seen, node.now()),
            dates.tag(session.ends),
            last,
        ])
    };
    Table {
        caption: t.get("people-sessions-caption").into(),
        columns: ["people-browser", "people-method", "people-seen", "people-ends", "people-do"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: sessions.into_iter().map(row).collect(),
        empty: Empty::new(Icon::Person, t.get("people-sessions-none"), ""),
        paging: None,
    }
}

/// Takes name and language.
pub(super) async fn describe(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let standing = entrant.person()?;
    let display = fields.get("display").unwrap_or_default();
    let language: Lang = fields.get("language").unwrap_or_default().parse()?;
    match node.people.describe(&standing.account.id, display, language).await {
        Ok(()) => Ok(shown(&node, &viewer, &entrant, Some("people-saved"), None).await?.answer(&viewer)),
        Err(problem) => {
            let page = name_form(&viewer, &entrant, display, language);
            Ok(with(page, &viewer, Some(&problem)).answer(&viewer))
        }
    }
}

fn password_now(fields: &Fields) -> Password {
    Password::new(fields.whole("password").unwrap_or_default().to_owned())
}

/// Changes the password; all other sessions end.
pub(super) async fn password(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let standing = entrant.person()?;
    let changed = match setup::typed_twice(&fields) {
        Ok(new) => match node.people.confirm(standing, password_now(&fields)).await {
            Ok(()) => node.people.change_password(standing, new).await,
            Err(problem) => Err(problem),
        },
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(opened) => {
            let mut response = see_other(ACCOUNT);
            Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
            Ok(response)
        }
        Err(problem) => {
            let page = password_form(&viewer, &entrant, standing.account.has_password);
            Ok(with(page, &viewer, Some(&problem)).answer(&viewer))
        }
    }
}

/// Shows a new seed once the password was confirmed, and takes its first code.
pub(super) async fn authenticator(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    const HERE: &str = "/console/account/authenticator";
    let standing = entrant.person()?;
    if fields.get("offer").is_some() {
        return setup::take_up(&node, &viewer, &entrant, standing, &fields, HERE).await;
    }
    if let Err(problem) = node.people.confirm(standing, password_now(&fields)).await {
        let page = authenticator_form(&viewer, &entrant, standing.account.has_password);
        return Ok(with(page, &viewer, Some(&problem)).answer(&viewer));
    }
    let offer = node.people.offer_totp(&standing.account.id)?;
    let offered = Offered { seed: &offer.seed, sealed: &offer.sealed };
    let page = setup::authenticator_page(&viewer, &entrant.csrf, &standing.account, &offered, HERE)?;
    Ok(page.answer(&viewer))
}

/// Makes new recovery codes and shows them once.
pub(super) async fn codes(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let standing = entrant.person()?;
    if !standing.account.has_totp {
        return Err(Problem::new(ErrorCode::Forbidden).with("what", "recovery codes").into());
    }
    if let Err(problem) = node.people.confirm(standing, password_now(&fields)).await {
        let page = codes_form(&viewer, &entrant, standing.account.has_password);
        return Ok(with(page, &viewer, Some(&problem)).answer(&viewer));
    }
    let codes = node.people.renew_codes(&standing.account.id).await?;
    Ok(setup::codes_page(&viewer, &codes).answer(&viewer))
}

/// Ends one of one's own sessions, or all but this one.
pub(super) async fn end_session(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let standing = entrant.person()?;
    let (account, by) = (&standing.account.id, entrant.by()?);
    let ended = match fields.get("session") {
        Some(id) => match id.parse::<SessionId>() {
            Ok(id) => node.people.end_session(account, &id, &by).await,
            Err(problem) => Err(problem),
        },
        None => node.people.end_sessions(account, Some(&standing.session.id), &by).await,
    };
    let page = match &ended {
        Ok(()) => shown(&node, &viewer, &entrant, Some("people-session-ended"), None).await?,
        Err(problem) => shown(&node, &viewer, &entrant, None, Some(problem)).await?,
    };
    Ok(page.answer(&viewer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_as_people_call_it() {
        let check =
            |agent: &str, expect: Option<&str>| assert_eq!(browser(agent).as_deref(), expect, "{agent}");
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
        check(&format!("{windows} Chrome/140.0.0.0 Safari/537.36"), Some("Chrome, Windows"));
        check(&format!("{windows} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"), Some("Edge, Windows"));
        check(&format!("{windows} Whale/4.0 Chrome/140.0.0.0 Safari/537.36"), Some("Whale, Windows"));
        check(
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            Some("Firefox, Linux"),
        );
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
        check(phone, Some("Safari, iPhone"));
        check("curl/8.0", Some("curl/8.0"));
        check("", None);
    }
}
