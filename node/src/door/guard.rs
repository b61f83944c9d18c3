//! The guard before every page of the console: the session's cookie, the token of the form, and the same one
//! table of rules as the API's (AC-1). Cookies count on `/console` alone and API tokens nowhere on it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{ACCEPT, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_console::{Viewer, path};
use corridor_exchange::Scope;
use corridor_net::Refusal;

use super::cookie::Cookie;
use super::forged::Checked;
use super::{forged, kept, pages};
use crate::access::{self, Caller, Rule, Who};
use crate::api::guard::within_time;
use crate::node::Node;
use crate::pages::preferences::see_other;
use crate::pages::viewer::{self, Known};
use crate::people::signin::Visitor;
use crate::people::{Acting, By, Found, Stage, Standing};

/// Paths whose `POST` changes nothing but how pages look, for somebody who may not even have a cookie.
const HARMLESS: &[&str] = &[path::PREFERENCES];
/// Paths to which no page sends anything, but a program of others that signs what it says: what a browser brings
/// by itself means nothing there.
const SIGNED: &[&str] = &[super::sign_on::LOGOUT];

/// Who stands at the door, as its pages need to know it.
#[derive(Clone)]
pub struct Entrant {
    /// The session, at whatever stage.
    pub standing: Option<Arc<Standing>>,
    /// What forms of this page bring back.
    pub csrf: String,
    /// The cookie that it is made of, that of the session or of the visit: what else is given to this browser
    /// alone is bound to it.
    pub secret: String,
    /// What is known of the browser.
    pub visitor: Visitor,
}

impl<S: Send + Sync> FromRequestParts<S> for Entrant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Refusal> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated).into())
    }
}

impl Entrant {
    /// The session at this stage.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn at(&self, stage: Stage) -> Result<&Standing> {
        let found = self.standing.as_deref().filter(|s| s.session.stage == stage);
        found.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated))
    }

    /// Somebody who has signed in.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn person(&self) -> Result<&Standing> {
        self.at(Stage::Full)
    }

    /// The person as acts name them.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn by(&self) -> Result<By> {
        Ok(By::account(&self.person()?.account.id))
    }
}

/// Whether the guard of the console judges this path, and that of the API does not.
#[must_use]
pub fn is_ours(path: &str) -> bool {
    path == path::HOME || path.strip_prefix(path::HOME).is_some_and(|rest| rest.starts_with('/'))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"))
}

/// Judges one request for a page and lets it through.
pub(crate) async fn guard(node: Arc<Node>, request: Request, next: Next) -> Response {
    match judged(&node, request).await {
        Ok(Passed::On { request, rule, fresh }) => {
            let caller = request.extensions().get::<Caller>().cloned();
            let viewer = request.extensions().get::<Viewer>().cloned();
            let mut response = match rule {
                Some(rule) => within_time(&node, rule, *request, caller.clone(), next).await,
                None => next.run(*request).await,
            };
            if let Some(visit) = fresh {
                Cookie::Visit.set(response.headers_mut(), &node.people.settings().site, &visit);
            }
            if let Some(caller) = caller {
                response.extensions_mut().insert(caller);
            }
            if let Some(viewer) = viewer {
                response.extensions_mut().insert(viewer);
            }
            response
        }
        Ok(Passed::Instead(response)) => *response,
        Err(problem) => Refusal(problem).into_response(),
    }
}

enum Passed {
    /// The request goes on; a visit that has just begun gets its cookie.
    On { request: Box<Request>, rule: Option<&'static Rule>, fresh: Option<String> },
    /// This is answered instead: the sign-in page, the choice of whom to act for.
    Instead(Box<Response>),
}

async fn judged(node: &Node, mut request: Request) -> Result<Passed> {
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else {
        return Ok(Passed::On { request: Box::new(request), rule: None, fresh: None });
    };
    let rule = access::rule_for(request.method(), route.as_str()).ok_or_else(|| {
        let method = request.method().as_str().chars().take(20).collect::<String>();
        Problem::new(ErrorCode::MethodNotAllowed).with("what", method)
    })?;
    let site = &node.people.settings().site;
    let cookie = Cookie::Session.of(request.headers(), site);
    let found = match &cookie {
        Some(cookie) => node.people.session(cookie).await?,
        None => Found::Nothing,
    };
    let (standing, expired) = match found {
        Found::Standing(standing) => (Some(Arc::new(*standing)), None),
        Found::Expired(account) => (None, Some(account)),
        Found::Nothing => (None, None),
    };
    let known_session = standing.is_some() || expired.is_some();
    let (secret, fresh) = secret(node, &request, cookie.filter(|_| known_session));
    let csrf = forged::token(node.people.sealer(), &secret);
    let mut form = None;
    let apart = [HARMLESS, SIGNED].iter().any(|paths| paths.contains(&route.as_str()));
    if request.method() == Method::POST && !apart {
        forged::from_our_page(request.headers(), site)?;
        match forged::checked(request, &csrf).await? {
            Checked::Right(whole, brought) => (request, form) = (whole, brought),
            Checked::Other(whole, brought) => {
                let standing = standing.filter(|s| rule.who != Who::Anyone && s.session.stage == Stage::Full);
                return sent_again(node, &whole, &brought, (&csrf, standing.as_deref()));
            }
        }
    }
    let entrant = Entrant { visitor: visitor(node, &request), csrf, secret, standing };
    if rule.who == Who::Anyone {
        enter(node, &mut request, &entrant).await?;
        request.extensions_mut().insert(entrant);
        return Ok(Passed::On { request: Box::new(request), rule: Some(rule), fresh });
    }
    let Some(standing) = entrant.standing.clone().filter(|s| s.session.stage == Stage::Full) else {
        let kept = match (expired, form) {
            (Some(account), Some(form)) => {
                let path = request.uri().path();
                kept::seal(node.people.sealer(), &account, path, &form, node.now(), &*node.random)?
            }
            _ => None,
        };
        return to_sign_in(node, &request, kept, fresh);
    };
    let acting = enter(node, &mut request, &entrant).await?;
    if rule.who == Who::Person {
        request.extensions_mut().insert(entrant);
        return Ok(Passed::On { request: Box::new(request), rule: Some(rule), fresh });
    }
    let Some(caller) = acting else {
        if *request.method() == Method::GET && wants_page(request.headers()) {
            return Ok(Passed::Instead(Box::new(see_other(path::ACTING))));
        }
        let what = format!("{} {}: choose for whom you act", rule.method, rule.path);
        return Err(Problem::new(ErrorCode::Forbidden).with("what", what));
    };
    admit(node, rule, &caller, &standing)?;
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(entrant);
    Ok(Passed::On { request: Box::new(request), rule: Some(rule), fresh })
}

/// Judges by the table, and whether new work is taken at all.
fn admit(node: &Node, rule: &Rule, caller: &Caller, standing: &Standing) -> Result<()> {
    debug_assert_eq!(standing.session.stage, Stage::Full);
    access::judge(rule, Some(caller), &node.config.operator.did)?;
    let apart = ["/console/trust", "/console/ledger"];
    if rule.method == Method::GET || apart.iter().any(|prefix| rule.path.starts_with(prefix)) {
        return Ok(());
    }
    node.takes_work()
}

/// What the token of forms is made of: the session's cookie, or that of a visit, which begins now if it has
/// not yet.
fn secret(node: &Node, request: &Request, session: Option<String>) -> (String, Option<String>) {
    let visit = || Cookie::Visit.of(request.headers(), &node.people.settings().site);
    if let Some(secret) = session.or_else(visit) {
        return (secret, None);
    }
    let bytes: [u8; 24] = node.random.bytes();
    let fresh = URL_SAFE_NO_PAD.encode(bytes);
    (fresh.clone(), Some(fresh))
}

fn visitor(node: &Node, request: &Request) -> Visitor {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let agent = request.headers().get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Visitor {
        address: peer.map(|peer| node.config.proxies.caller(peer.0.ip(), request.headers())),
        known: Cookie::Known.of(request.headers(), &node.people.settings().site),
        agent: agent.to_owned(),
    }
}

/// Makes the viewer of the page the person that has signed in, acting for whom they chose.
async fn enter(node: &Node, request: &mut Request, entrant: &Entrant) -> Result<Option<Caller>> {
    let Ok(standing) = entrant.person() else { return Ok(None) };
    let Some(acting) = node.people.acting(standing).await? else { return Ok(None) };
    let caller = caller(standing, &acting);
    let grants = node.people.grants(&standing.account.id).await?;
    let mut others: Vec<_> = grants.into_iter().map(|g| g.holder).collect();
    others.dedup();
    others.retain(|holder| *holder != caller.participant);
    if let Some(viewer) = request.extensions_mut().get_mut::<Viewer>() {
        let lang = viewer.lang();
        let known = Known {
            name: standing.account.display.clone(),
            csrf: entrant.csrf.clone(),
            department: acting.department.as_ref().map(|d| d.names.get(lang).to_owned()),
            others,
        };
        viewer::enter(node, viewer, &caller, known);
    }
    Ok(Some(caller))
}

fn caller(standing: &Standing, acting: &Acting) -> Caller {
    Caller {
        participant: acting.grant.holder.clone(),
        role: acting.grant.role,
        reader: By::account(&standing.account.id).to_string(),
        department: acting.grant.department.clone(),
        scope: acting.department.as_ref().map_or_else(Scope::default, |d| d.scope()),
    }
}

/// Somebody without a session is asked to sign in; what they wanted is remembered.
fn to_sign_in(node: &Node, request: &Request, kept: Option<String>, fresh: Option<String>) -> Result<Passed> {
    let viewer = request.extensions().get::<Viewer>();
    let (true, Some(viewer)) = (wants_page(request.headers()), viewer) else {
        return Err(Problem::new(ErrorCode::Unauthenticated));
    };
    let mut response = if *request.method() == Method::GET {
        let here = request.uri().path_and_query().map_or(path::HOME, |p| p.as_str());
        let to = corridor_console::component::address(path::SIGN_IN, &[("next", here)]);
        see_other(&to)
    } else {
        // The session's cookie no longer counts: the form that follows is that of a visit.
        let visit = match fresh.clone() {
            Some(fresh) => fresh,
            None => secret(node, request, None).0,
        };
        let csrf = forged::token(node.people.sealer(), &visit);
        let mut response = pages::expired(node, viewer, &csrf, kept.as_deref());
        Cookie::Visit.set(response.headers_mut(), &node.people.settings().site, &visit);
        response
    };
    Cookie::Session.set(response.headers_mut(), &node.people.settings().site, "");
    Ok(Passed::Instead(Box::new(response)))
}

/// A form of our own page, written before somebody signed in anew: nothing of it is done, and who is in now is shown
/// what it says, to send it once more.
fn sent_again(
    node: &Node,
    request: &Request,
    form: &[u8],
    (csrf, standing): (&str, Option<&Standing>),
) -> Result<Passed> {
    let viewer = request.extensions().get::<Viewer>().filter(|_| wants_page(request.headers()));
    let (Some(standing), Some(viewer)) = (standing, viewer) else { return Err(forged::other()) };
    let waiting = kept::Kept::of(&standing.account.id, request.uri().path(), form, node.now());
    let page = super::signin::waiting_page(viewer, csrf, &waiting).failed(ErrorCode::FormRefused);
    Ok(Passed::Instead(Box::new(page.answer(viewer))))
}

/// The state that handlers of the door are given.
pub type Shared = State<Arc<Node>>;
