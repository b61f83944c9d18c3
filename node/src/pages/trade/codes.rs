//! Code mapping: for each partner, which of its codes stands for which of ours; in and out as CSV.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_console::component::{
    Button, Choice, Column, Command, Empty, Field, Filters, Form, Icon, Kind, Notice, Row, Section, Table,
    Tone, address, quoted,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_trade::shape::CodeTable;
use serde::Deserialize;

use super::super::preferences::see_other;
use super::super::{form, send, text, upload};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::problem::Answer;
use crate::api::trade::codes;
use crate::node::Node;

pub(super) const PATH: &str = "/console/trade/codes";
/// The largest file, in bytes.
const LARGEST: usize = 1 << 20;
/// How many codes a page lists.
const LISTED: usize = 200;

/// Of which partner.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Asked {
    partner: String,
    done: String,
}

/// The codes of a partner.
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
    let wanted = match asked.partner.is_empty() {
        true if partners.len() == 1 => partners.first().map(ToString::to_string).unwrap_or_default(),
        _ => asked.partner.clone(),
    };
    let partner =
        |did: &Did| Choice::new(did.to_string(), super::super::viewer::name(node, did, viewer.lang()));
    let choose = std::iter::once(Choice::new("", t.get("send-choose")));
    let select = Field::new("partner", t.get("column-partner"))
        .kind(Kind::Select(choose.chain(partners.iter().take(500).map(partner)).collect()))
        .value(&wanted);
    let mut body = Markup::from(Filters::new(viewer, PATH, vec![select], false).looks_up());
    let mut actions = Markup::none();
    if wanted.is_empty() {
        body = body.and(Empty::new(Icon::Swap, t.get("codes-which"), t.get("codes-which-how")));
    } else {
        let did: Did = wanted.parse()?;
        let table = codes::of(node, caller, &did).await?;
        body = body.and(listed(viewer, &table));
        if viewer.may("POST /console/trade/codes") {
            body = body
                .and(Section::new(t.get("codes-import"), import(viewer, &wanted, problem.as_ref())).card());
        }
        let file = address(&format!("{PATH}/file"), &[("partner", &wanted)]);
        actions = Button::new(t.get("codes-export"), file).download().into();
        let path = format!("/api/v1/trade/codes/{}", corridor_console::component::percent(&wanted));
        let line = format!("trade codes export {}", quoted(&wanted));
        body = body.and(Command::new(viewer, &line, "GET", &path, None));
    }
    let mut page = Page::new(t.get("codes-title"), body)
        .lead(t.get("codes-lead"))
        .below(t.get("area-trade"), super::PATH)
        .actions(actions);
    if asked.done == "imported" {
        page = page.notice(Notice::new(Tone::Good, t.get("codes-imported")));
    }
    if let Some(problem) = problem {
        page = page.failed(problem.code());
    }
    Ok(page.answer(viewer))
}

fn listed(viewer: &Viewer, table: &CodeTable) -> Table {
    let t = text(viewer.lang());
    let row = |((kind, ours), theirs): (&(corridor_trade::shape::CodeKind, String), &String)| {
        Row(vec![
            Markup::code(ours),
            Markup::code(theirs),
            Markup::text(t.get(&format!("codes-kind-{kind}"))),
        ])
    };
    let count = format::number(table.0.len() as u64);
    Table {
        caption: t.get("codes-caption").and("n", count).into(),
        columns: ["codes-ours", "codes-theirs", "codes-kind"].map(|key| Column::new(t.get(key))).into(),
        rows: table.0.iter().take(LISTED).map(row).collect(),
        empty: Empty::new(Icon::Swap, t.get("codes-none"), t.get("codes-none-how")),
        paging: None,
    }
}

fn import(viewer: &Viewer, partner: &str, problem: Option<&Problem>) -> Form {
    let t = text(viewer.lang());
    let size = format::size(viewer.lang(), LARGEST as u64);
    let form = Form::new(viewer, PATH, t.get("codes-import-do")).hidden("of", partner).field(
        Field::new("file", t.get("codes-file"))
            .kind(Kind::File)
            .hint(t.get("codes-file-hint").and("size", size))
            .required(viewer),
    );
    match problem {
        Some(problem) => form.problem(Notice::problem(viewer.lang(), problem)),
        None => form,
    }
}

/// Takes a file.
pub(in crate::pages) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    parts: std::result::Result<Multipart, MultipartRejection>,
) -> Answer<Response> {
    let brought = upload::read(parts, &[("file", LARGEST)]).await?;
    form::genuine(&viewer, brought.field("csrf"))?;
    let asked = Asked { partner: brought.field("of").to_owned(), done: String::new() };
    let read = || -> Result<(Did, CodeTable)> {
        let wrong = |why: &str| Problem::new(ErrorCode::Malformed).with("what", "file").with("why", why);
        let bytes = brought.file("file").ok_or_else(|| wrong("none was chosen"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("UTF-8 expected"))?;
        Ok((asked.partner.parse()?, CodeTable::from_csv(text)?))
    };
    let done = match read() {
        Ok((did, table)) => codes::replace(&node, &caller, &did, table).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(()) => Ok(see_other(&address(PATH, &[("partner", &asked.partner), ("done", "imported")]))),
        Err(problem) => page(&node, &caller, &viewer, &asked, Some(problem)).await,
    }
}

/// The codes of a partner as a file.
pub(in crate::pages) async fn file(
    node: State<Arc<Node>>,
    caller: Caller,
    Ask(asked): Ask<Asked>,
) -> Answer<Response> {
    let table = codes::of(&node, &caller, &asked.partner.parse()?).await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"codes.csv\"")),
    ];
    Ok((headers, table.to_csv()).into_response())
}
