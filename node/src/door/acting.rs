//! For whom somebody acts: one grant at a time, chosen here or in the head of every page.

use axum::response::Response;
use corridor_base::{Did, ErrorCode, Problem};
use corridor_console::component::{Empty, Facts, Form, Icon};
use corridor_console::{Markup, Page, Viewer, path};

use super::cookie::Cookie;
use super::guard::{Entrant, Shared};
use super::pages::{press, words};
use crate::api::problem::Answer;
use crate::pages::form::Fields;
use crate::pages::preferences::{local, see_other};
use crate::pages::viewer::name;
use crate::people::{Acts, Grant, GrantId};

/// The choice.
pub(super) async fn page(node: Shared, viewer: Viewer, entrant: Entrant) -> Answer<Response> {
    let standing = entrant.person()?;
    let t = words(&viewer);
    let grants = node.people.grants(&standing.account.id).await?;
    let mut body = Markup::none();
    for grant in &grants {
        body = body.and(card(&node, &viewer, &entrant, grant).await?);
    }
    if grants.is_empty() {
        body = Empty::new(Icon::Users, t.get("people-no-grant"), t.get("people-no-grant-how"))
            .action(press(&viewer, &entrant, path::SIGN_OUT, "people-sign-out"))
            .into();
    }
    let page = Page::new(t.get("people-acting"), body).lead(t.get("people-acting-lead"));
    Ok(if viewer.person.is_some() { page } else { page.plain() }.answer(&viewer))
}

async fn card(node: &Shared, viewer: &Viewer, entrant: &Entrant, grant: &Grant) -> Answer<Markup> {
    let t = words(viewer);
    let mut facts = Facts::new()
        .text(t.get("people-participant"), name(node, &grant.holder, viewer.lang()))
        .text(t.get("people-role"), viewer.text().get(&format!("role-{}", grant.role)));
    if let Some(id) = &grant.department {
        let found = node.people.department(&grant.holder, id).await.ok();
        let said = found.map_or_else(|| id.to_string(), |d| d.names.get(viewer.lang()).to_owned());
        facts = facts.text(t.get("people-department"), said);
    }
    let form = Form::new(viewer, path::ACTING, t.get("people-act"))
        .csrf(&entrant.csrf)
        .hidden("participant", grant.holder.as_str())
        .hidden("grant", grant.id.as_str());
    Ok(corridor_console::component::Section::new("", Markup::from(facts).and(form)).card().into())
}

/// Takes the choice: a participant, and of several grants there which one.
pub(super) async fn choose(node: Shared, entrant: Entrant, fields: Fields) -> Answer<Response> {
    let standing = entrant.person()?;
    let unknown = || Problem::new(ErrorCode::NotFound).with("what", "participant");
    let holder: Did = fields.get("participant").unwrap_or_default().parse().map_err(|_| unknown())?;
    if !node.config.participants.iter().any(|p| p.did == holder) {
        return Err(unknown().into());
    }
    let held = node.people.grants_at(&holder, &standing.account.id).await?;
    let wanted = fields.get("grant").map(str::parse::<GrantId>).transpose()?;
    let found = held.into_iter().find(|g| wanted.as_ref().is_none_or(|id| *id == g.id));
    let grant = found.ok_or_else(unknown)?.id;
    let opened = node.people.act_by(standing, Acts { holder, grant }).await?;
    let mut response = see_other(local(fields.get("back").unwrap_or(path::HOME)));
    Cookie::Session.set(response.headers_mut(), &node.people.settings().site, &opened.cookie);
    Ok(response)
}
