//! Many documents at once: a file of CSV or JSON becomes a table of what would be sent, with what is wrong by
//! row; what is right is sent, each document in an envelope of its own.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::response::Response;
use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result};
use corridor_console::component::{
    Badge, Choice, Column, Command, Editor, Empty, Field, Form, Icon, Kind, More, Notice, Row, Table, Tone,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_trade::mapping::{Document, Losses, Mapping, documents, from_table};
use corridor_trade::shape::{Mappings, Remark};

use super::super::{form, send, text, upload};
use super::new;
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::api::trade::make::{self, MOST, Made, Order};
use crate::api::trade::mappings;
use crate::node::Node;

pub(super) const PATH: &str = "/console/trade/bulk";
/// The largest file, in bytes.
const LARGEST: usize = 2 << 20;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Asked {
    mapping: String,
    to: String,
}

/// The form.
pub(in crate::pages) async fn show(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(asked): Ask<Asked>,
) -> Answer<Response> {
    page(&node, &caller, &viewer, &asked, None).await
}

async fn page(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    asked: &Asked,
    problem: Option<Problem>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let partners = send::allowed(node, caller).await?.partners;
    let partner =
        |did: &Did| Choice::new(did.to_string(), super::super::viewer::name(node, did, viewer.lang()));
    let choose = || std::iter::once(Choice::new("", t.get("send-choose")));
    let mappings = mappings(node, &caller.participant).await?;
    let kinds = mappings.iter().filter(|mapping| mapping.table.is_some());
    let kind = |m: &Arc<Mapping>| {
        Choice::new(m.mapping.clone(), format!("{} ({})", m.title(viewer.lang()), m.message))
    };
    let size = format::size(viewer.lang(), LARGEST as u64);
    let mut form = Form::new(viewer, PATH, t.get("bulk-look"))
        .field(
            Field::new("mapping", t.get("make-kind"))
                .kind(Kind::Select(choose().chain(kinds.map(kind)).collect()))
                .value(&asked.mapping)
                .required(viewer),
        )
        .field(
            Field::new("to", t.get("document-to"))
                .kind(Kind::Select(choose().chain(partners.iter().take(500).map(partner)).collect()))
                .value(&asked.to)
                .required(viewer),
        )
        .field(
            Field::new("file", t.get("bulk-file"))
                .kind(Kind::File)
                .hint(t.get("bulk-file-hint").and("n", MOST).and("size", size))
                .required(viewer),
        )
        .cancel(new::PATH);
    let code = problem.as_ref().map(Problem::code);
    if let Some(problem) = &problem {
        form = form.problem(Notice::problem(viewer.lang(), problem));
    }
    let data = "-H 'Content-Type: application/json' -d @ORDER.json";
    let command =
        Command::new(viewer, "trade new orders ORDERS.csv", "POST", "/api/v1/trade/documents", Some(data));
    let mut page =
        Page::new(t.get("bulk-title"), Markup::from(form).and(columns(viewer, &mappings)).and(command))
            .lead(t.get("bulk-lead"))
            .below(t.get("area-trade"), super::PATH)
            .below(t.get("make-title"), new::PATH);
    if let Some(code) = code {
        page = page.failed(code);
    }
    Ok(page.answer(viewer))
}

/// The columns that each kind of file has.
fn columns(viewer: &Viewer, mappings: &Mappings) -> More {
    let t = text(viewer.lang());
    let row = |mapping: &Arc<Mapping>| {
        let columns = mapping.table.as_ref().map(|table| table.columns.join(", ")).unwrap_or_default();
        Row(vec![Markup::text(mapping.title(viewer.lang())), Markup::code(columns)])
    };
    let table = Table {
        caption: t.get("bulk-columns-caption").into(),
        columns: ["make-kind", "bulk-columns"].map(|key| Column::new(t.get(key))).into(),
        rows: mappings.iter().filter(|m| m.table.is_some()).map(row).collect(),
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    };
    More { title: t.get("bulk-columns").into(), body: table.into() }
}

/// Takes a file, or what was looked at before.
pub(in crate::pages) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    parts: std::result::Result<Multipart, MultipartRejection>,
) -> Answer<Response> {
    let brought = upload::read(parts, &[("file", LARGEST), ("documents", 2 * LARGEST)]).await?;
    form::genuine(&viewer, brought.field("csrf"))?;
    let asked = Asked { mapping: brought.field("mapping").to_owned(), to: brought.field("to").to_owned() };
    let mapping = make::mapping(&node, &caller.participant, &asked.mapping).await;
    let read = || -> Result<(Order, Losses)> {
        let mapping = mapping?;
        let (documents, losses) = match brought.field("documents") {
            "" => of_file(&mapping, &brought)?,
            json => (documents(&mut json.as_bytes())?, Losses::default()),
        };
        if !(1..=MOST).contains(&documents.len()) {
            let why = format!("{} documents: 1 to {MOST} expected", documents.len());
            return Err(Problem::new(ErrorCode::Malformed).with("what", "file").with("why", why));
        }
        let key = match brought.field("key") {
            "" => EnvelopeId::new(&*node.clock, &*node.random).to_string(),
            key => key.to_owned(),
        };
        let to = asked.to.parse()?;
        let none = String::new;
        let (sender, recipient, syntax) = (none(), none(), none());
        Ok((
            Order {
                mapping,
                to,
                documents,
                sender,
                recipient,
                syntax,
                test: false,
                subjects: Vec::new(),
                key,
            },
            losses,
        ))
    };
    let (order, losses) = match read() {
        Ok(read) => read,
        Err(problem) => return page(&node, &caller, &viewer, &asked, Some(problem)).await,
    };
    let all = match make::make(&node, &caller, &order).await {
        Ok(all) => all,
        Err(problem) => return page(&node, &caller, &viewer, &asked, Some(problem)).await,
    };
    let mut sent = Vec::new();
    if brought.field("do") == "send" {
        for (at, made) in all.iter().enumerate().filter(|(_, made)| made.ready.is_right()) {
            sent.push((at, make::hand_in(&node, &caller, &order, at, made).await));
        }
    }
    Ok(looked(&viewer, &order, &all, &losses, &sent).answer(&viewer))
}

fn of_file(mapping: &Mapping, brought: &upload::Brought) -> Result<(Vec<Document>, Losses)> {
    let empty = || Problem::new(ErrorCode::Malformed).with("what", "file").with("why", "none was chosen");
    let bytes = brought.file("file").ok_or_else(empty)?;
    let name = brought.file_name("file").to_ascii_lowercase();
    let json = name.ends_with(".json")
        || bytes.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| b"[{".contains(b));
    match json {
        true => Ok((documents(&mut &*bytes)?, Losses::default())),
        false => from_table(mapping, &mut &*bytes),
    }
}

/// What would be sent, or what was.
fn looked(
    viewer: &Viewer,
    order: &Order,
    all: &[Made],
    losses: &Losses,
    sent: &[(usize, Result<EnvelopeId>)],
) -> Page {
    let t = text(viewer.lang());
    let right = all.iter().filter(|made| made.ready.is_right()).count();
    let mut row_number = 2;
    let mut rows = Vec::new();
    for (at, made) in all.iter().enumerate() {
        let result = sent.iter().find(|(which, _)| *which == at).map(|(_, result)| result);
        rows.push(row(viewer, made, row_number, result));
        row_number += rows_of(order, at);
    }
    let table = Table {
        caption: t.get("bulk-caption").into(),
        columns: ["column-document", "bulk-row", "column-state", "bulk-remarks"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows,
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    };
    let mut body = Markup::none();
    if !losses.is_none() {
        let lines = losses.told.iter().take(50).map(|loss| Markup::paragraph(loss.text(viewer.lang())));
        body = body.and(Notice::new(Tone::Bad, t.get("bulk-losses")).body(Markup::join(lines)));
    }
    body = body.and(table);
    let gone = sent.iter().filter(|(_, result)| result.is_ok()).count();
    let (tone, said) = match sent.is_empty() {
        true if right == all.len() => (Tone::Good, t.get("bulk-all-right").and("n", all.len())),
        true => (Tone::Bad, t.get("bulk-some-right").and("right", right).and("all", all.len())),
        false if gone == sent.len() => (Tone::Good, t.get("bulk-sent").and("n", gone)),
        false => (Tone::Bad, t.get("bulk-some-sent").and("n", gone).and("all", sent.len())),
    };
    if sent.is_empty() && right > 0 {
        let json: Vec<_> = order.documents.iter().map(Document::to_json).collect();
        let editor = Editor::new(viewer, PATH, Markup::none())
            .in_parts()
            .hidden("mapping", &order.mapping.mapping)
            .hidden("to", order.to.to_string())
            .hidden("key", &order.key)
            .hidden("documents", serde_json::Value::from(json).to_string())
            .button("send", t.get("bulk-send").and("n", right));
        body = body.and(editor);
    }
    Page::new(t.get("bulk-looked"), body)
        .notice(Notice::new(tone, said))
        .below(t.get("area-trade"), super::PATH)
        .below(t.get("make-title"), new::PATH)
        .below(t.get("bulk-title"), PATH)
}

/// How many rows of the file a document has.
fn rows_of(order: &Order, at: usize) -> usize {
    let list = order.mapping.table.as_ref().and_then(|table| table.rows.as_ref());
    let document = order.documents.get(at);
    let items = list.and_then(|list| document?.record.lists.get(list)).map_or(1, Vec::len);
    items.max(1)
}

fn row(viewer: &Viewer, made: &Made, first: usize, sent: Option<&Result<EnvelopeId>>) -> Row {
    let t = text(viewer.lang());
    let lang = viewer.lang();
    let number = if made.sheet.number.is_empty() { "–".to_owned() } else { made.sheet.number.clone() };
    let (name, badge) = match sent {
        Some(Ok(id)) => {
            let link = Markup::link(&format!("/console/outbox/{id}"), &number);
            (link, Badge::new(Tone::Good, t.get("bulk-was-sent")))
        }
        Some(Err(_)) => (Markup::text(number), Badge::new(Tone::Bad, t.get("bulk-not-sent"))),
        None if made.ready.is_right() => (Markup::text(number), Badge::new(Tone::Good, t.get("bulk-right"))),
        None => (Markup::text(number), Badge::new(Tone::Bad, t.get("bulk-wrong"))),
    };
    let line = |remark: &Remark| {
        // Items of the list that rows are made of stand in rows of their own.
        let at =
            remark.place.split_once('[').and_then(|(_, rest)| rest.split_once(']')?.0.parse::<usize>().ok());
        let row = at.map_or(first, |at| first + at - 1);
        let place = if remark.place.is_empty() { String::new() } else { format!("{} · ", remark.place) };
        Markup::text(
            t.get("bulk-remark").and("row", row).and("what", format!("{place}{}", remark.text.get(lang))),
        )
    };
    let mut lines: Vec<Markup> = made.ready.remarks.iter().take(10).map(line).collect();
    if let Some(Err(problem)) = sent {
        lines.push(Markup::text(problem.text(lang).detail));
    }
    let remarks = if lines.is_empty() { Markup::text("–") } else { Markup::lines(lines) };
    Row(vec![name, Markup::text(first), badge.into(), remarks])
}
