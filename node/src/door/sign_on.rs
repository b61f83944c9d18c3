//! Single sign-on in the browser: the button, the way to the provider, the way back; and the page where somebody
//! links their identity there to their account. Links and redirects alone, so that it needs no script (UI-1), and
//! the policy of pages that lets no form lead elsewhere stays as it is.

use std::borrow::Cow;

use axum::extract::{Query, RawQuery};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{ErrorCode, Lang, Problem, Result};
use corridor_console::component::{
    Button, Column, Confirm, Empty, Form, Icon, Notice, Row, Section, Table, Tone, address,
};
use corridor_console::{Markup, Page, Viewer, path};

use super::account::confirmed;
use super::cookie::Cookie;
use super::guard::{Entrant, Shared};
use super::pages::{narrow, with, words};
use super::signin::{self, Next};
use crate::api::problem::Answer;
use crate::node::Node;
use crate::pages::form::Fields;
use crate::pages::preferences::{local, see_other};
use crate::people::password::Password;
use crate::people::{Account, AccountId, AccountName, Arrived, Arriving, Identity, NewAccount, Stage};
use crate::sign_on::provider::Returned;
use crate::sign_on::{Attempt, Claims, Provider, attempt, failed};

/// Where an attempt begins.
const BEGIN: &str = "/console/sign-on";
/// Where the provider leads back to: what an operator registers there.
pub(super) const BACK: &str = "/console/sign-on/back";
/// Where the provider says that somebody has signed out there: what an operator registers, too.
pub(super) const LOGOUT: &str = "/console/sign-on/logout";
const HERE: &str = "/console/account/sign-on";

/// What the provider is called in the language of the page.
pub(super) fn label<'a>(provider: &'a Provider, viewer: &Viewer) -> &'a str {
    provider.settings().labels.get(viewer.lang())
}

/// The button on the sign-in page; nothing where there is no single sign-on.
pub(super) fn button(node: &Node, viewer: &Viewer, next: &str) -> Markup {
    let Some(provider) = &node.sign_on else { return Markup::none() };
    let says = words(viewer).get("people-sign-on").and("name", label(provider, viewer));
    let to = if next.is_empty() { BEGIN.to_owned() } else { address(BEGIN, &[("next", next)]) };
    let button = Button::new(says, to).icon(Icon::Key);
    if node.people.settings().sign_on_alone { button.main() } else { button }.into()
}

fn provider(node: &Node) -> Result<&Provider> {
    node.sign_on.as_ref().ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", "single sign-on"))
}

/// A place at the provider that an attempt leads to, and the cookie that the attempt is bound to. One that this
/// browser has already is used on, so that two tabs do not spoil each other's attempts.
async fn way(
    node: &Node,
    provider: &Provider,
    headers: &HeaderMap,
    attempt: &Attempt,
) -> Result<(String, String)> {
    let site = &node.people.settings().site;
    let cookie = Cookie::SignOn.of(headers, site).unwrap_or_else(|| {
        let bytes: [u8; 24] = node.random.bytes();
        URL_SAFE_NO_PAD.encode(bytes)
    });
    let sealer = node.people.sealer();
    let state = attempt.state(sealer, &cookie, &*node.random)?;
    let (nonce, verifier) = (attempt::nonce(sealer, &state), attempt::verifier(sealer, &state));
    let url = provider.sign_in_at(&state, &nonce, &verifier, &site.at(BACK)).await?;
    Ok((url.into(), cookie))
}

/// Leads to the provider.
pub(super) async fn begin(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    headers: HeaderMap,
    Query(next): Query<Next>,
) -> Answer<Response> {
    let attempt = Attempt::new(node.now(), local(&next.next), None);
    match way(&node, provider(&node)?, &headers, &attempt).await {
        Ok((url, cookie)) => {
            let mut response = see_other(&url);
            Cookie::SignOn.set(response.headers_mut(), &node.people.settings().site, &cookie);
            Ok(response)
        }
        Err(problem) => said(&node, &viewer, &entrant, problem),
    }
}

/// What a stranger is told of what went wrong: that the provider cannot be reached, not how it is reached.
fn public(problem: Problem) -> Problem {
    match problem.code() {
        ErrorCode::PartnerUnreachable
        | ErrorCode::AddressRefused
        | ErrorCode::TlsInvalid
        | ErrorCode::Malformed => {
            tracing::warn!(target: "corridor::people", %problem, "the sign-on provider cannot be reached");
            Problem::new(ErrorCode::SignOnUnreachable)
        }
        ErrorCode::TooLarge => failed("its answer is too long"),
        _ => problem,
    }
}

/// What went wrong, on the page from which one may try again.
fn said(node: &Shared, viewer: &Viewer, entrant: &Entrant, problem: Problem) -> Answer<Response> {
    let problem = public(problem);
    if matches!(problem.code(), ErrorCode::SignOnFailed | ErrorCode::SignOnClock) {
        tracing::warn!(target: "corridor::people", %problem, "single sign-on failed");
    }
    if entrant.person().is_ok() || problem.code() == ErrorCode::NotFound {
        return Err(problem.into());
    }
    let body = signin::ways(node, viewer, entrant, "");
    Ok(with(narrow(viewer, "people-sign-in", body), viewer, Some(&problem)).answer(viewer))
}

/// What the browser brings back from the provider. A parameter that comes twice makes all of it void
/// (RFC 6749, 3.1).
#[derive(Default)]
struct Brought<'a> {
    state: Option<Cow<'a, str>>,
    code: Option<Cow<'a, str>>,
    issuer: Option<Cow<'a, str>>,
    error: Option<Cow<'a, str>>,
}

impl<'a> Brought<'a> {
    fn read(query: &'a str) -> Result<Self> {
        let mut brought = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).take(20) {
            let place = match name.as_ref() {
                "state" => &mut brought.state,
                "code" => &mut brought.code,
                "iss" => &mut brought.issuer,
                "error" => &mut brought.error,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(failed("the answer says something twice"));
            }
        }
        Ok(brought)
    }
}

/// The way back.
pub(super) async fn back(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let (mut identity, mut ours) = (None, false);
    let came = came(&node, &viewer, &entrant, &headers, query.as_deref(), (&mut identity, &mut ours)).await;
    match came {
        Ok(mut response) => {
            Cookie::SignOn.set(response.headers_mut(), &node.people.settings().site, "");
            Ok(response)
        }
        Err(problem) => {
            // What nobody began here is no attempt of anybody.
            if ours && problem.code() != ErrorCode::SlowDown {
                node.people.sign_on_refused(identity.as_ref(), problem.code()).await?;
            }
            said(&node, &viewer, &entrant, problem)
        }
    }
}

async fn came(
    node: &Shared,
    viewer: &Viewer,
    entrant: &Entrant,
    headers: &HeaderMap,
    query: Option<&str>,
    (who, ours): (&mut Option<Identity>, &mut bool),
) -> Result<Response> {
    let provider = provider(node)?;
    let brought = Brought::read(query.unwrap_or_default())?;
    let state = brought.state.as_deref().unwrap_or_default();
    let site = &node.people.settings().site;
    let attempt = Cookie::SignOn
        .of(headers, site)
        .and_then(|cookie| Attempt::open(node.people.sealer(), &cookie, state, node.now()));
    let attempt = attempt.ok_or_else(|| Problem::new(ErrorCode::SignOnExpired))?;
    node.people.pace_sign_on(&entrant.visitor)?;
    node.people.spend_attempt(state).await?;
    *ours = true;
    provider.named(brought.issuer.as_deref()).await?;
    if let Some(error) = &brought.error {
        return Err(Problem::new(ErrorCode::SignOnDenied).with("why", crate::sign_on::plain(error)));
    }
    let sealer = node.people.sealer();
    let claims = provider
        .said(&Returned {
            code: brought.code.as_deref().unwrap_or_default(),
            nonce: &attempt::nonce(sealer, state),
            verifier: &attempt::verifier(sealer, state),
            back: &site.at(BACK),
        })
        .await?;
    let subject = claims.text("sub").unwrap_or_default();
    let identity = Identity::new(provider.settings().issuer.as_str(), subject)?;
    *who = Some(identity.clone());
    match &attempt.link {
        Some(account) => linked(node, entrant, account, &identity).await,
        None => arrived(node, viewer, entrant, &attempt, arriving(node, provider, identity, &claims)).await,
    }
}

/// What follows for a person from what the provider says.
fn arriving(node: &Node, provider: &Provider, identity: Identity, claims: &Claims) -> Arriving {
    let settings = provider.settings();
    let said = settings.said(claims);
    let name = claims.text(&settings.claims.name).and_then(|name| name.parse::<AccountName>().ok());
    let display = claims.text(&settings.claims.display);
    let language =
        claims.text("locale").and_then(|tag| tag.get(..2)?.to_ascii_lowercase().parse::<Lang>().ok());
    // Whom no rule gives anything to do is given no account.
    let new = match (settings.creates, said.first(), name) {
        (true, Some((home, _)), Some(name)) => Some(NewAccount {
            display: display.map_or_else(|| name.to_string(), str::to_owned),
            language: language.unwrap_or(node.config.language),
            home: home.clone(),
            name,
        }),
        _ => None,
    };
    let session = claims.text("sid").filter(|sid| sid.len() <= 255).map(str::to_owned);
    Arriving { identity, said, new, enough: settings.assurance.is_enough(claims), session }
}

async fn arrived(
    node: &Shared,
    viewer: &Viewer,
    entrant: &Entrant,
    attempt: &Attempt,
    arriving: Arriving,
) -> Result<Response> {
    let (opened, stage) = match node.people.arrive(arriving, &entrant.visitor).await? {
        Arrived::In(done) => return Ok(signin::entered(node, viewer, &done, &attempt.next, None)),
        Arrived::Halfway(opened, stage) => (opened, stage),
    };
    let mut response = match stage {
        Stage::Second => see_other(&address(signin::SECOND, &[("next", &attempt.next)])),
        _ => see_other("/console/setup"),
    };
    Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
    Ok(response)
}

/// The provider says that somebody has signed out there (Back-Channel Logout 1.0, 2.5 to 2.8). It comes without a browser:
/// neither cookies nor the token of forms count here, but what the provider has signed.
pub(super) async fn left(node: Shared, fields: Fields) -> Answer<Response> {
    let provider = provider(&node)?;
    let out = provider.signed_out(fields.get("logout_token").unwrap_or_default()).await.map_err(|problem| {
        tracing::warn!(target: "corridor::people", %problem, "a logout token of the sign-on provider is not taken");
        if problem.code() == ErrorCode::Malformed { problem } else { public(problem) }
    })?;
    let ended = node.people.end_with_provider(&out).await?;
    tracing::info!(target: "corridor::people", ended, "the sign-on provider signed somebody out");
    let mut response = Response::new(axum::body::Body::empty());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The identity is that of whoever began to link it, and is signed in still.
async fn linked(node: &Shared, entrant: &Entrant, account: &str, identity: &Identity) -> Result<Response> {
    let expired = || Problem::new(ErrorCode::SignOnExpired);
    let standing = entrant.person().map_err(|_| expired())?;
    let account: AccountId = account.parse()?;
    if standing.account.id != account {
        return Err(expired());
    }
    node.people.link_identity(&account, identity, &entrant.by()?).await?;
    Ok(see_other(HERE))
}

/// The page of the account about it.
pub(super) async fn page(node: Shared, viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    Ok(shown(&node, &viewer, &entrant).await?.answer(&viewer))
}

async fn shown(node: &Shared, viewer: &Viewer, entrant: &Entrant) -> Result<Page> {
    let account = node.people.account(&entrant.person()?.account.id).await?;
    let held = node.people.identities(&account.id).await?;
    let t = words(viewer);
    let row =
        |identity: &Identity| Row(vec![Markup::text(&identity.issuer), Markup::code(&identity.subject)]);
    let table = Table {
        caption: t.get("people-sign-on-caption").into(),
        columns: ["people-sign-on-issuer", "people-sign-on-subject"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: held.iter().map(row).collect(),
        empty: Empty::new(Icon::Key, t.get("people-sign-on-none"), t.get("people-sign-on-none-how")),
        paging: None,
    };
    let mut body = Markup::from(table);
    if !held.is_empty() {
        body = body.and(unlink(viewer, entrant));
    }
    body = match &node.sign_on {
        Some(provider) => body.and(link_form(provider, viewer, entrant, &account)),
        None => body.and(Notice::new(Tone::Info, t.get("people-sign-on-off"))),
    };
    let page = Page::new(t.get("people-sign-on-word"), body).lead(t.get("people-sign-on-lead"));
    let page = page.below(t.get("people-account"), path::ACCOUNT);
    Ok(if viewer.person.is_some() { page } else { page.plain() })
}

fn unlink(viewer: &Viewer, entrant: &Entrant) -> Confirm {
    let t = words(viewer);
    let label = t.get("people-do-unlink");
    let form = Form::new(viewer, "/console/account/sign-on/remove", label.to_string()).csrf(&entrant.csrf);
    Confirm {
        label: label.into(),
        question: t.get("people-sign-on-unlink-what").into(),
        form: form.into(),
        calm: false,
    }
}

fn link_form(provider: &Provider, viewer: &Viewer, entrant: &Entrant, account: &Account) -> Section {
    let t = words(viewer);
    let form = Form::new(viewer, HERE, t.get("people-continue"));
    let form = confirmed(viewer, entrant, form, account.has_password);
    let what = t.get("people-sign-on-link-what").and("name", label(provider, viewer));
    Section::new(t.get("people-sign-on-link"), Markup::paragraph(what).and(form)).card()
}

/// The password is right: a button that leads to the provider. A form itself leads nowhere else.
pub(super) async fn link(
    node: Shared,
    viewer: Viewer,
    entrant: Entrant,
    headers: HeaderMap,
    fields: Fields,
) -> Answer<Response> {
    let standing = entrant.person()?;
    let provider = provider(&node)?;
    let password = Password::new(fields.whole("password").unwrap_or_default().to_owned());
    let attempt = Attempt::new(node.now(), "", Some(&standing.account.id));
    let found = match node.people.confirm(standing, password).await {
        Ok(()) => way(&node, provider, &headers, &attempt).await.map_err(public),
        Err(problem) => Err(problem),
    };
    let (url, cookie) = match found {
        Ok(found) => found,
        Err(problem) => {
            let page = shown(&node, &viewer, &entrant).await?;
            return Ok(with(page, &viewer, Some(&problem)).answer(&viewer));
        }
    };
    let t = words(&viewer);
    let on = t.get("people-sign-on-continue").and("name", label(provider, &viewer));
    let page = narrow(&viewer, "people-sign-on-link", Button::new(on, url).main());
    let mut response = page.lead(t.get("people-sign-on-continue-lead")).answer(&viewer);
    Cookie::SignOn.set(response.headers_mut(), &node.people.settings().site, &cookie);
    Ok(response)
}

/// Unlinks; not the last way to sign in.
pub(super) async fn remove(node: Shared, viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    let standing = entrant.person()?;
    let account = node.people.account(&standing.account.id).await?;
    let last = !account.is_complete() || node.people.settings().sign_on_alone;
    let removed = if last {
        Err(Problem::new(ErrorCode::Forbidden).with("what", "the last way to sign in"))
    } else {
        node.people.unlink_identities(&account.id, Some(&standing.session), &entrant.by()?).await
    };
    match removed {
        Ok(()) => Ok(see_other(HERE)),
        Err(problem) => {
            let page = shown(&node, &viewer, &entrant).await?;
            Ok(with(page, &viewer, Some(&problem)).answer(&viewer))
        }
    }
}

/// The button that leads out of the provider as well, for somebody who has signed out here.
pub(super) async fn out(node: &Node, viewer: &Viewer) -> Markup {
    let Some(provider) = &node.sign_on else { return Markup::none() };
    let back = node.people.settings().site.at("/console/signed-out");
    match provider.sign_out_at(&back).await {
        Ok(Some(url)) => {
            let says = words(viewer).get("people-sign-on-out").and("name", label(provider, viewer));
            Button::new(says, String::from(url)).into()
        }
        _ => Markup::none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_twice_is_not_taken() {
        let check = |query: &str, expect: Option<(&str, &str)>| {
            let found = Brought::read(query).ok();
            let found = found
                .map(|b| (b.state.unwrap_or_default().into_owned(), b.code.unwrap_or_default().into_owned()));
            let expect = expect.map(|(state, code)| (state.to_owned(), code.to_owned()));
            assert_eq!(found, expect, "{query}");
        };
        check("state=a&code=b%20c", Some(("a", "b c")));
        check("code=b", Some(("", "b")));
        check("", Some(("", "")));
        check("state=a&code=b&code=c", None);
        check("state=a&state=a", None);
        check("state=a&session_state=x&session_state=y", Some(("a", "")));
    }
}
