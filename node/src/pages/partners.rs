//! Partners: how the links to them are, their keys, what was agreed with them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{Did, Timestamp};
use corridor_console::component::{
    Badge, Button, Choice, Column, Command, Empty, Facts, Field, Filters, Icon, Kind, Notice, Paging, Press,
    Row, Section, Short, Table, Tone, country_name, quoted,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::documents::Link;
use corridor_proof::Flow;
use serde::Deserialize;

use super::form::chosen;
use super::{dates, text, words};
use crate::access::Caller;
use crate::api::agreements::{self, AgreementBody};
use crate::api::extract::{Ask, Named};
use crate::api::partners::{self, CertificateBody, Partner, PartnerDetail, PartnerQuery, PinnedKey};
use crate::api::problem::Answer;
use crate::node::Node;
use crate::partner::ENDS_SOON;

const PATH: &str = "/console/partners";
/// How many partners a page lists.
const LISTED: u32 = 25;

/// What narrows the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Narrow {
    country: String,
    agreed: String,
    after: String,
}

/// How the links to these partners are; nothing is said of them to somebody whose business is only a part.
pub(super) async fn links(
    node: &Node,
    caller: &Caller,
    partners: Vec<Did>,
) -> corridor_base::Result<Vec<Link>> {
    if !caller.scope.is_whole() {
        return Ok(vec![Link::default(); partners.len()]);
    }
    node.exchange.links(&caller.participant, partners).await
}

/// The list.
pub(super) async fn list(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let query = PartnerQuery {
        country: chosen(&narrow.country)?,
        agreed: narrow.agreed == "yes",
        after: chosen(&narrow.after)?,
        limit: Some(LISTED),
    };
    let page = partners::list(State(node.0.clone()), caller.clone(), Ask(query)).await?.0;
    let links = links(&node, &caller, page.items.iter().map(|p| p.did.clone()).collect()).await?;
    let now = node.now();
    let kept = [("country", narrow.country.as_str()), ("agreed", &narrow.agreed)];
    let table = Table {
        caption: t.get("partners-caption").into(),
        columns: vec![
            Column::new(t.get("column-partner")),
            Column::new(t.get("column-country")),
            Column::new(t.get("column-link")),
            Column::new(t.get("column-contact")),
            Column::new(t.get("column-ends")),
            Column::number(t.get("column-agreements")),
        ],
        rows: page.items.iter().zip(&links).map(|(p, link)| row(&viewer, p, link, now)).collect(),
        empty: Empty::new(Icon::Partners, t.get("partners-empty"), t.get("partners-empty-how")),
        paging: Some(Paging::new(
            &viewer,
            PATH,
            &kept,
            ("after", !narrow.after.is_empty()),
            page.next.as_deref(),
        )),
    };
    let filters = filters(&node, &viewer, &narrow);
    let command = Command::new(&viewer, "partner list", "GET", "/api/v1/partners", None);
    let body = Markup::from(filters).and(Section::new("", table).live("partners")).and(command);
    let page = Page::new(t.get("area-partners"), body).lead(t.get("partners-lead")).live();
    Ok(page.actions(super::agreements::actions(&viewer, None)).answer(&viewer))
}

fn filters(node: &Node, viewer: &Viewer, narrow: &Narrow) -> Filters {
    let t = text(viewer.lang());
    let lists = node.exchange.directory().lists(node.now());
    let any = std::iter::once(Choice::new("", t.get("filter-any")));
    let country = |code: String| Choice::new(code.clone(), country_name(viewer.lang(), &code));
    let countries = any.chain(lists.iter().map(|l| country(l.country.to_string()))).collect();
    let agreed = vec![Choice::new("", t.get("filter-any")), Choice::new("yes", t.get("partners-agreed"))];
    let fields = vec![
        Field::new("country", t.get("column-country")).kind(Kind::Select(countries)).value(&narrow.country),
        Field::new("agreed", t.get("column-agreements")).kind(Kind::Select(agreed)).value(&narrow.agreed),
    ];
    let narrowed = !narrow.country.is_empty() || !narrow.agreed.is_empty();
    Filters::new(viewer, PATH, fields, narrowed)
}

fn row(viewer: &Viewer, partner: &Partner, link: &Link, now: Timestamp) -> Row {
    let t = text(viewer.lang());
    let name = Markup::link(&words::partner_path(&partner.did), partner.name.get(viewer.lang()));
    Row(vec![
        Markup::lines([name, Markup::quiet(format::did(&partner.did))]),
        Markup::text(country_name(viewer.lang(), partner.country.as_str())),
        state(viewer, partner, link).into(),
        match link.last {
            Some(last) => dates(viewer).with_age(last, now),
            None => Markup::quiet(t.get("contact-none")),
        },
        ends(viewer, partner.expires, now),
        Markup::text(format::number(partner.agreements as u64)),
    ])
}

/// How the link to a partner is.
pub(super) fn state(viewer: &Viewer, partner: &Partner, link: &Link) -> Badge {
    let t = text(viewer.lang());
    if partner.removed.is_some() {
        return words::state(viewer.lang(), "removed");
    }
    let waiting = format::number(link.waiting);
    match (link.waiting, &link.problem, partner.agreements) {
        (0, _, 0) => Badge::new(Tone::Idle, t.get("link-no-agreement")),
        (0, _, _) if link.last.is_none() => Badge::new(Tone::Idle, t.get("link-unused")),
        (0, _, _) => Badge::new(Tone::Good, t.get("link-good")),
        (_, Some(_), _) => Badge::new(Tone::Bad, t.get("link-bad").and("n", waiting)),
        (_, None, _) => Badge::new(Tone::Wait, t.get("link-waiting").and("n", waiting)),
    }
}

/// When something ends, with a sign when that is soon.
fn ends(viewer: &Viewer, end: Option<Timestamp>, now: Timestamp) -> Markup {
    let t = text(viewer.lang());
    let Some(end) = end else { return Markup::quiet(t.get("key-open")) };
    let badge = match () {
        () if end <= now => Some(words::state(viewer.lang(), "expired")),
        () if end.since(now) < ENDS_SOON => Some(Badge::new(Tone::Wait, t.get("state-ends-soon"))),
        () => None,
    };
    Markup::lines(
        [dates(viewer).tag(end), Markup::quiet(dates(viewer).age(end, now))]
            .into_iter()
            .chain(badge.map(Markup::from)),
    )
}

/// The certificate of its node: when it ends, or why that is not known.
fn certificate(viewer: &Viewer, certificate: &CertificateBody, now: Timestamp) -> Markup {
    let t = text(viewer.lang());
    match (certificate.expires, certificate.seen) {
        (Some(end), Some(seen)) => {
            let seen = t.get("certificate-seen").and("age", dates(viewer).age(seen, now));
            Markup::join([ends(viewer, Some(end), now), Markup::lines([Markup::quiet(seen)])])
        }
        _ if certificate.state == "none" => Markup::text(t.get("certificate-none")),
        _ => Markup::text(t.get("certificate-unseen")),
    }
}

/// One partner.
pub(super) async fn one(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(did): Named<Did>,
) -> Answer<Response> {
    let body = detail(&node, &caller, &viewer, did).await?;
    Ok(body.answer(&viewer))
}

async fn detail(node: &Arc<Node>, caller: &Caller, viewer: &Viewer, did: Did) -> Answer<Page> {
    let t = text(viewer.lang());
    let now = node.now();
    let found = partners::show(State(node.clone()), caller.clone(), Named(did.clone())).await?.0;
    let all = agreements::list(State(node.clone()), caller.clone()).await?.0;
    let ours: Vec<AgreementBody> = all.items.into_iter().filter(|a| a.partner == did).collect();
    let link = links(node, caller, vec![did.clone()]).await?.pop().unwrap_or_default();
    let name = found.partner.name.get(viewer.lang()).to_owned();
    let facts = facts(viewer, &found, &link, now);
    let show = format!("partner show {}", quoted(did.as_str()));
    let api = format!("/api/v1/partners/{}", corridor_console::component::percent(did.as_str()));
    let body = Markup::from(Section::new(t.get("partner-facts"), facts).card().live("facts"))
        .and(Section::new(t.get("partner-agreements"), agreed(viewer, &caller.participant, &ours, now)))
        .and(Section::new(t.get("partner-keys"), keys(viewer, &found.keys, now)))
        .and(Command::new(viewer, &show, "GET", &api, None));
    let mut page = Page::new(name, body).below(t.get("area-partners"), PATH).live();
    let mut actions = Markup::none();
    if found.partner.removed.is_none() {
        actions = actions.and(super::agreements::actions(viewer, Some(&did)));
    }
    if !ours.is_empty() {
        let path = format!("{}/trade", words::partner_path(&did));
        actions = actions.and(Button::new(t.get("desk-open"), path).icon(Icon::Trade));
    }
    if viewer.may("POST /console/partners/{did}/test") && found.partner.removed.is_none() {
        let path = format!("{}/test", words::partner_path(&did));
        actions = actions.and(Press::new(viewer, path, t.get("partner-test")).icon(Icon::Doctor));
    }
    page = page.actions(actions);
    if let Some(problem) = &link.problem {
        page = page.notice(words::kept(viewer.lang(), problem));
    }
    Ok(page)
}

fn facts(viewer: &Viewer, found: &PartnerDetail, link: &Link, now: Timestamp) -> Facts {
    let t = text(viewer.lang());
    let partner = &found.partner;
    let contact = link.last.map(|last| dates(viewer).with_age(last, now));
    Facts::new()
        .fact(t.get("column-link"), state(viewer, partner, link))
        .known(t.get("column-contact"), contact)
        .text(t.get("column-country"), country_name(viewer.lang(), partner.country.as_str()))
        .fact("DID", Markup::code(&partner.did))
        .fact(t.get("partner-endpoint"), Markup::code(&partner.endpoint))
        .fact(t.get("partner-certificate"), certificate(viewer, &found.certificate, now))
        .text(t.get("partner-list"), format::number(partner.list))
        .known(t.get("partner-removed"), partner.removed.map(|at| dates(viewer).exact(at)))
}

fn keys(viewer: &Viewer, keys: &[PinnedKey], now: Timestamp) -> Table {
    let t = text(viewer.lang());
    let row = |key: &PinnedKey| {
        let word = match key.until {
            _ if key.from > now => "upcoming",
            Some(until) if until <= now => "expired",
            _ => "in-force",
        };
        Row(vec![
            // Whose it is stands above.
            Markup::code(key.id.as_str().rsplit_once('#').map_or(key.id.as_str(), |(_, name)| name)),
            words::state(viewer.lang(), word).into(),
            dates(viewer).tag(key.from),
            ends(viewer, key.until, now),
            Short::new(&key.public).into(),
        ])
    };
    Table {
        caption: t.get("partner-keys-caption").into(),
        columns: ["column-key", "column-state", "column-from", "column-until", "column-public"]
            .map(|key| Column::new(t.get(key)))
            .to_vec(),
        rows: keys.iter().map(row).collect(),
        empty: Empty::new(Icon::Key, t.get("partner-keys-empty"), ""),
        paging: None,
    }
}

fn agreed(viewer: &Viewer, us: &Did, all: &[AgreementBody], now: Timestamp) -> Table {
    let t = text(viewer.lang());
    let lang = viewer.lang();
    let row = |agreement: &AgreementBody| {
        let terms = super::agreements::grants(viewer, us, agreement);
        let answers = super::agreements::answers(viewer, agreement);
        let flow =
            (agreement.flow != Flow::Open).then(|| super::agreements::flow(viewer, agreement.flow).into());
        Row(vec![
            Markup::lines([
                Markup::link(&super::agreements::path(agreement.id), agreement.purpose.get(lang)),
                Markup::quiet(format::short(&agreement.id.to_string(), 8, 4)),
            ]),
            words::state(lang, &super::agreements::standing(agreement, now)).into(),
            Markup::lines(terms.into_iter().chain(answers).chain(flow)),
            holds(viewer, agreement.from, agreement.until),
        ])
    };
    Table {
        caption: t.get("partner-agreements-caption").into(),
        columns: ["column-purpose", "column-state", "column-grants", "column-holds"]
            .map(|key| Column::new(t.get(key)))
            .to_vec(),
        rows: all.iter().map(row).collect(),
        empty: Empty::new(Icon::Acts, t.get("partner-agreements-empty"), t.get("partner-agreements-how")),
        paging: None,
    }
}

/// From when until when something holds, in one column.
pub(super) fn holds(viewer: &Viewer, from: Timestamp, until: Timestamp) -> Markup {
    let dates = dates(viewer);
    Markup::lines([dates.tag(from).and(Markup::text("\u{a0}–")), dates.tag(until)])
}

/// Tries the link, and shows what came of it above the partner's page.
pub(super) async fn test(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(did): Named<Did>,
    _fields: super::form::Fields,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let tried = partners::test(State(node.0.clone()), caller.clone(), Named(did.clone())).await;
    let page = detail(&node, &caller, &viewer, did).await?;
    let notice = match tried {
        Ok(test) => {
            let clock = match test.0.clock_ahead {
                Some(0) => t.get("test-clock-same").to_string(),
                Some(ahead) => t.get("test-clock-apart").and("n", ahead.unsigned_abs()).to_string(),
                None => String::new(),
            };
            let time = t.get("test-millis").and("n", format::number(test.0.millis));
            let body = Markup::paragraph(time).and(Markup::paragraph(clock));
            Notice::new(Tone::Good, t.get("test-good")).body(body)
        }
        Err(refusal) => Notice::problem(viewer.lang(), &refusal.0),
    };
    Ok(page.notice(notice).answer(&viewer))
}
