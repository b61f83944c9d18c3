//! Finds documents, transactions, partners, agreements and acts by identifier, number, name or kind, among what the
//! reader may see; every question is bounded.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{ActId, Did, EnvelopeId, ErrorCode, Result};
use corridor_console::component::{Column, Empty, Icon, Row, Section, Table, country_name};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::Side;
use corridor_identity::Listed;
use corridor_trade::stages::{by_beginning, by_number};
use serde::Deserialize;

use super::{dates, documents, text, words};
use crate::access::Caller;
use crate::api::documents::Document;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::node::Node;

/// How many of each are shown.
const FOUND: u32 = 20;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
}

/// What was found.
pub(super) async fn page(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(wanted): Ask<Wanted>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let words: String = wanted.q.trim().chars().take(200).collect();
    let mut body = Markup::none();
    if words.is_empty() {
        body = Empty::new(Icon::Search, t.get("search-empty"), t.get("search-empty-how")).into();
    } else {
        for part in [
            found_transaction(&node, &caller, &viewer, &words).await?,
            found_documents(&node, &caller, &viewer, &words).await?,
            found_partners(&node, &caller, &viewer, &words),
            found_agreements(&node, &caller, &viewer, &words).await?,
            found_acts(&node, &caller, &viewer, &words).await?,
        ] {
            body = body.and(part);
        }
        if body.is_empty() {
            body =
                Empty::new(Icon::Search, t.get("search-none").and("words", &words), t.get("search-none-how"))
                    .into();
        }
    }
    let title =
        if words.is_empty() { t.get("search-title") } else { t.get("search-for").and("words", &words) };
    Ok(Page::new(title, body).lead(t.get("search-lead")).answer(&viewer))
}

fn section(title: String, caption: String, columns: Vec<Column>, rows: Vec<Row>) -> Markup {
    if rows.is_empty() {
        return Markup::none();
    }
    let table = Table { caption, columns, rows, empty: Empty::new(Icon::Search, "", ""), paging: None };
    Section::new(title, table).into()
}

/// The transaction that has this very number, or else those with a number that begins so.
async fn found_transaction(node: &Node, caller: &Caller, viewer: &Viewer, words: &str) -> Result<Markup> {
    let t = text(viewer.lang());
    let whole = match by_number(&node.exchange, &caller.acting(), words).await {
        Ok(found) => found,
        // What cannot be a number is none.
        Err(problem) if problem.code() == ErrorCode::Malformed => None,
        Err(problem) => return Err(problem),
    };
    let found = match whole {
        Some(found) => vec![found],
        None => by_beginning(&node.exchange, &caller.acting(), words, super::trade::NEAR).await?,
    };
    if found.is_empty() {
        return Ok(Markup::none());
    }
    let table = super::trade::latest(node, viewer, &found);
    Ok(Section::new(t.get("search-transaction"), table).into())
}

async fn found_documents(node: &Node, caller: &Caller, viewer: &Viewer, words: &str) -> Result<Markup> {
    let t = text(viewer.lang());
    let (us, scope) = (&caller.participant, &caller.scope);
    let mut rows = Vec::new();
    for side in [Side::In, Side::Out] {
        match words.parse::<EnvelopeId>() {
            Ok(id) => match node.exchange.document_for(&caller.acting(), side, id).await {
                Ok(row) => rows.push(row),
                Err(problem) if problem.code() == ErrorCode::NotFound => {}
                Err(problem) => return Err(problem),
            },
            Err(_) => rows.extend(node.exchange.search(us, side, words, scope, FOUND).await?),
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.created));
    let now = node.now();
    let documents: Vec<Document> = rows.into_iter().map(Document::from).collect();
    let rows = documents.iter().map(|d| documents::row(node, viewer, d, now)).collect();
    Ok(section(
        t.get("search-documents").into(),
        t.get("search-documents-caption").into(),
        documents::columns(viewer),
        rows,
    ))
}

fn found_partners(node: &Node, caller: &Caller, viewer: &Viewer, words: &str) -> Markup {
    let t = text(viewer.lang());
    let wanted = words.to_lowercase();
    let named = |listed: &Listed| {
        let entry = &listed.participant;
        entry.did != caller.participant
            && (entry.did.as_str().to_lowercase().contains(&wanted)
                || entry.name.all().any(|name| name.to_lowercase().contains(&wanted)))
    };
    let all = node.exchange.directory().all();
    let row = |listed: &Listed| {
        Row(vec![
            words::partner(node, viewer, &listed.participant.did),
            Markup::text(country_name(viewer.lang(), listed.country.as_str())),
            Markup::code(format::did(&listed.participant.did)),
        ])
    };
    let rows = all.iter().filter(|l| named(l)).take(FOUND as usize).map(row).collect();
    let columns =
        vec![Column::new(t.get("column-partner")), Column::new(t.get("column-country")), Column::new("DID")];
    section(t.get("area-partners").into(), t.get("search-partners-caption").into(), columns, rows)
}

async fn found_agreements(node: &Node, caller: &Caller, viewer: &Viewer, words: &str) -> Result<Markup> {
    let t = text(viewer.lang());
    let wanted = words.to_lowercase();
    let all = node.exchange.agreements(&caller.participant).await?;
    let found = all.iter().filter(|a| {
        a.terms.id.to_string() == wanted || a.terms.purpose.all().any(|p| p.to_lowercase().contains(&wanted))
    });
    let row = |agreement: &corridor_exchange::agreements::AgreementRow| {
        let partner: &Did = &agreement.partner;
        Row(vec![
            Markup::link(&words::partner_path(partner), agreement.terms.purpose.get(viewer.lang())),
            words::partner(node, viewer, partner),
            dates(viewer).tag(agreement.terms.until),
        ])
    };
    let rows = found.take(FOUND as usize).map(row).collect();
    let columns = vec![
        Column::new(t.get("column-purpose")),
        Column::new(t.get("column-partner")),
        Column::new(t.get("column-until")),
    ];
    Ok(section(t.get("search-agreements").into(), t.get("search-agreements-caption").into(), columns, rows))
}

/// An act by its identifier, or those about one thing.
async fn found_acts(node: &Node, caller: &Caller, viewer: &Viewer, words: &str) -> Result<Markup> {
    let t = text(viewer.lang());
    if !viewer.may("GET /console/acts/{id}") {
        return Ok(Markup::none());
    }
    let store = node.exchange.store();
    let mut rows = Vec::new();
    if let Ok(id) = words.parse::<ActId>() {
        rows.extend(store.act(&caller.participant, id).await?);
    }
    let about = corridor_storage::ActPage {
        subject: Some(words.to_owned()),
        newest_first: true,
        limit: FOUND,
        ..corridor_storage::ActPage::default()
    };
    rows.extend(store.acts(&caller.participant, about).await?);
    let now = node.now();
    let row = |act: &corridor_storage::ActRow| {
        Row(vec![
            Markup::link(&format!("/console/acts/{}", act.id), words::act(viewer.lang(), &act.kind)),
            dates(viewer).with_age(act.time, now),
        ])
    };
    let columns = vec![Column::new(t.get("column-act")), Column::new(t.get("column-time"))];
    let rows = rows.iter().map(row).collect();
    Ok(section(t.get("area-acts").into(), t.get("search-acts-caption").into(), columns, rows))
}
