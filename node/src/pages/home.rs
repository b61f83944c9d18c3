//! The first page: what needs its reader, where transactions stand, what moved today, how the links to partners are.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::Timestamp;
use corridor_console::component::{
    Button, Column, Columns, Count, Counts, Empty, Icon, Notice, Row, Section, Table, Tone,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::{DocumentFilter, Side, State as Transport};
use corridor_identity::Warning;
use corridor_trade::customs::edge::{self as customs, QueueQuery};
use corridor_trade::expect::{Standing, edge};

use super::partners::{links, state};
use super::{dates, documents, text, words};
use crate::access::Caller;
use crate::api::documents::Document;
use crate::api::extract::Ask;
use crate::api::partners::{self, PartnerQuery};
use crate::api::problem::Answer;
use crate::api::trade::desk::{self, LatestQuery};
use crate::api::trade::rejects::{self, RejectQuery};
use crate::node::Node;

/// How many documents and how many partners the page shows.
const LATEST: u32 = 6;
const PARTNERS: u32 = 10;
/// How many transactions it shows, and how many of what waits for somebody it counts.
const TRANSACTIONS: u32 = 5;
const COUNTED: u32 = 100;

/// The page.
pub(super) async fn page(node: State<Arc<Node>>, caller: Caller, viewer: Viewer) -> Answer<Response> {
    let t = text(viewer.lang());
    let now = node.now();
    let dates = dates(&viewer);
    let today = dates.begins(dates.civil(now).date());
    let needs = needs(&node, &caller, &viewer, now).await?;
    let columns = Columns {
        wide: Section::new(t.get("home-latest"), latest(&node, &caller, &viewer, now).await?)
            .live("latest")
            .into(),
        narrow: Section::new(t.get("home-links"), partners(&node, &caller, &viewer, now).await?)
            .live("links")
            .into(),
    };
    let body = Markup::from(Section::new(t.get("home-needs"), needs).live("needs"))
        .and(transactions(&node, &caller, &viewer).await?)
        .and(Section::new(t.get("home-today"), counts(&node, &caller, &viewer, today).await?).live("today"))
        .and(columns);
    let mut page = Page::new(t.get("area-home"), body).lead(dates.date(now)).live();
    if viewer.may("GET /console/outbox/send") {
        page =
            page.actions(Button::new(t.get("send-document"), "/console/outbox/send").icon(Icon::Send).main());
    }
    Ok(page.answer(&viewer))
}

/// What needs somebody, each with where to go; or that nothing does.
async fn needs(node: &Node, caller: &Caller, viewer: &Viewer, now: Timestamp) -> Answer<Markup> {
    let t = text(viewer.lang());
    let mut found = Vec::new();
    if let Err(problem) = node.takes_work() {
        found.push(Notice::problem(viewer.lang(), &problem).into());
    }
    let failed = node
        .exchange
        .count_documents(&caller.participant, Side::Out, Transport::Failed, &caller.scope)
        .await?;
    if failed > 0 {
        let open = Markup::link("/console/outbox?state=failed", t.get("home-failed-open"));
        found.push(Notice::new(Tone::Bad, t.get("home-failed").and("n", failed)).body(open).into());
    }
    let overdue = edge::count(&node.exchange, &caller.acting(), Standing::Overdue).await?;
    if overdue > 0 {
        let open = Markup::link(super::expected::PATH, t.get("home-overdue-open"));
        found.push(Notice::new(Tone::Bad, t.get("home-overdue").and("n", overdue)).body(open).into());
    }
    found.extend(at_the_desks(node, caller, viewer).await?.into_iter().map(Markup::from));
    if let Some(since) = node.ledger.pending_since() {
        let age = dates(viewer).age(since, now);
        let at = Markup::paragraph(
            t.get("home-pending-since").and("at", dates(viewer).minute(since)).and("age", age),
        );
        // The receipts of the last moments are always on their way.
        if now.since(since).as_secs() > 300 {
            found.push(Notice::new(Tone::Wait, t.get("home-pending")).body(at).into());
        }
    }
    if viewer.may("GET /console/subjects") {
        let before = now.minus(corridor_exchange::erasure::LATE);
        if !node.exchange.unconfirmed(&caller.participant, before, 1).await?.is_empty() {
            let open = Markup::link(super::subjects::PATH, t.get("home-erasures-open"));
            found.push(Notice::new(Tone::Bad, t.get("home-erasures")).body(open).into());
        }
    }
    let agreements = node.exchange.agreements(&caller.participant).await?;
    for agreement in &agreements {
        let days = agreement.terms.until.since(now).as_secs() / 86_400;
        let partner = words::partner(node, viewer, &agreement.partner);
        if agreement.standing == corridor_exchange::agreements::Standing::Proposed {
            found.push(Notice::new(Tone::Info, t.get("home-proposed")).body(partner).into());
        } else if agreement.in_force(now) && days < 30 {
            found.push(Notice::new(Tone::Wait, t.get("home-ends").and("n", days)).body(partner).into());
        }
    }
    for warning in node.exchange.directory().warnings(now).iter().filter_map(|w| warning(viewer, w)) {
        found.push(warning.into());
    }
    if found.is_empty() {
        return Ok(Notice::new(Tone::Good, t.get("home-nothing")).into());
    }
    let more = found.len().saturating_sub(10);
    found.truncate(10);
    let more = (more > 0).then(|| Markup::paragraph(t.get("home-more").and("n", more)));
    Ok(Markup::join(found).and(more.unwrap_or_default()))
}

/// What waits at the desks of trade and customs.
async fn at_the_desks(node: &Node, caller: &Caller, viewer: &Viewer) -> Answer<Vec<Notice>> {
    let t = text(viewer.lang());
    let mut found = Vec::new();
    let counted = |n: usize, more: bool| if more { format!("{n}+") } else { n.to_string() };
    let query = RejectQuery { limit: Some(COUNTED), ..RejectQuery::default() };
    let queue = rejects::queue(node, caller, query, viewer.lang()).await?;
    let open = queue.items.iter().filter(|reject| reject.amendment.is_none()).count();
    if open > 0 {
        let link = Markup::link("/console/trade/rejects", t.get("home-rejects-open"));
        let n = counted(open, queue.next.is_some());
        found.push(Notice::new(Tone::Bad, t.get("home-rejects").and("n", n)).body(link));
    }
    if viewer.may("GET /console/customs") {
        let limit = Some(u64::from(COUNTED));
        let query = QueueQuery { state: Some("waiting".to_owned()), limit, ..QueueQuery::default() };
        let cases = customs::queue(&node.exchange, &caller.acting(), &query).await?;
        if !cases.items.is_empty() {
            let link = Markup::link("/console/customs?state=waiting", t.get("home-decide-open"));
            let n = counted(cases.items.len(), cases.next.is_some());
            found.push(Notice::new(Tone::Info, t.get("home-decide").and("n", n)).body(link));
        }
    }
    Ok(found)
}

/// Where the latest transactions stand; nothing for whoever has none.
async fn transactions(node: &Arc<Node>, caller: &Caller, viewer: &Viewer) -> Answer<Markup> {
    let t = text(viewer.lang());
    let query = LatestQuery { limit: Some(TRANSACTIONS) };
    let found = desk::latest(State(node.clone()), caller.clone(), Ask(query)).await?.0.items;
    if found.is_empty() {
        return Ok(Markup::none());
    }
    let all = Markup::link("/console/trade", t.get("home-transactions-all"));
    let table = Markup::from(super::trade::latest(node, viewer, &found)).and(all);
    Ok(Section::new(t.get("home-transactions"), table).live("transactions").into())
}

fn warning(viewer: &Viewer, warning: &Warning) -> Option<Notice> {
    let t = text(viewer.lang());
    let lang = viewer.lang();
    let name =
        |country: &corridor_base::Country| corridor_console::component::country_name(lang, country.as_str());
    let (tone, said) = match warning {
        Warning::ListMissing { country } => {
            (Tone::Wait, t.get("warn-list-missing").and("country", name(country)))
        }
        Warning::ListInGrace { country, closes, .. } => {
            let closes = dates(viewer).minute(*closes);
            (Tone::Wait, t.get("warn-list-grace").and("country", name(country)).and("at", closes))
        }
        Warning::ListClosed { country, .. } => {
            (Tone::Bad, t.get("warn-list-closed").and("country", name(country)))
        }
        Warning::RecognitionEnds { country, until } => {
            let until = dates(viewer).minute(*until);
            (Tone::Wait, t.get("warn-recognition").and("country", name(country)).and("at", until))
        }
        Warning::TwoLists(_) => (Tone::Bad, t.get("warn-two-lists")),
        Warning::ListUnrecognised { .. } | Warning::NamedTwice { .. } => return None,
    };
    Some(Notice::new(tone, said).body(Markup::link("/console/trust", t.get("area-trust"))))
}

async fn counts(node: &Node, caller: &Caller, viewer: &Viewer, today: Timestamp) -> Answer<Counts> {
    let t = text(viewer.lang());
    let (us, scope) = (&caller.participant, &caller.scope);
    let exchange = &node.exchange;
    let received = exchange.count_since(us, Side::In, today, scope).await?;
    let sent = exchange.count_since(us, Side::Out, today, scope).await?;
    let under_way = exchange.count_documents(us, Side::Out, Transport::Sending, scope).await?;
    let refused = exchange.count_documents(us, Side::Out, Transport::Refused, scope).await?;
    let count = |number: u64, key: &str, href: &str| Count {
        number: format::number(number),
        title: t.get(key).into(),
        href: href.to_owned(),
        state: Markup::none(),
    };
    Ok(Counts {
        counts: vec![
            count(received, "home-received", "/console/inbox"),
            count(sent, "home-sent", "/console/outbox"),
            count(under_way, "home-under-way", "/console/outbox?state=sending"),
            count(refused, "home-refused", "/console/outbox?state=refused"),
        ],
    })
}

/// The documents that moved last, in both directions.
async fn latest(node: &Node, caller: &Caller, viewer: &Viewer, now: Timestamp) -> Answer<Table> {
    let t = text(viewer.lang());
    let mut rows = Vec::new();
    for side in [Side::In, Side::Out] {
        let filter =
            DocumentFilter { limit: LATEST, scope: caller.scope.clone(), ..DocumentFilter::default() };
        rows.extend(node.exchange.documents(&caller.participant, side, filter).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.created));
    rows.truncate(LATEST as usize);
    let row = |document: Document| {
        let lang = viewer.lang();
        let key = if document.side == Side::In { "side-in" } else { "side-out" };
        Row(vec![
            Markup::lines([
                Markup::link(&documents::path(&document), documents::name(&document)),
                Markup::quiet(t.get(key)).and(Markup::text(" ")).and(words::partner(
                    node,
                    viewer,
                    &document.partner,
                )),
            ]),
            words::state(lang, document.state.as_str()).into(),
            dates(viewer).with_age(document.created, now),
        ])
    };
    Ok(Table {
        caption: t.get("home-latest-caption").into(),
        columns: ["column-document", "column-state", "column-time"]
            .map(|key| Column::new(t.get(key)))
            .to_vec(),
        rows: rows.into_iter().map(|r| row(r.into())).collect(),
        empty: Empty::new(Icon::Inbox, t.get("home-latest-empty"), t.get("inbox-empty-how")),
        paging: None,
    })
}

/// Partners with an agreement in force, and how the links to them are.
async fn partners(
    node: &State<Arc<Node>>,
    caller: &Caller,
    viewer: &Viewer,
    now: Timestamp,
) -> Answer<Table> {
    let t = text(viewer.lang());
    let query = PartnerQuery { country: None, agreed: true, after: None, limit: Some(PARTNERS) };
    let page = partners::list(State(node.0.clone()), caller.clone(), Ask(query)).await?.0;
    let links = links(node, caller, page.items.iter().map(|p| p.did.clone()).collect()).await?;
    let rows = page.items.iter().zip(&links).map(|(partner, link)| {
        let name = Markup::link(&words::partner_path(&partner.did), partner.name.get(viewer.lang()));
        let contact = link.last.map(|last| Markup::quiet(dates(viewer).age(last, now)));
        let badge = Markup::from(state(viewer, partner, link));
        Row(vec![name, Markup::lines(std::iter::once(badge).chain(contact))])
    });
    Ok(Table {
        caption: t.get("home-links-caption").into(),
        columns: vec![Column::new(t.get("column-partner")), Column::new(t.get("column-link"))],
        rows: rows.collect(),
        empty: Empty::new(Icon::Partners, t.get("home-links-empty"), t.get("partner-agreements-how")),
        paging: None,
    })
}
