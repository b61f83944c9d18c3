//! The act explorer: what happened and mattered, what opens it, its proof, and which countries vouch for
//! its place in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{ActId, EnvelopeId, Result};
use corridor_console::component::{
    Badge, Button, Column, Columns, Command, Empty, Facts, Field, Filters, Icon, More, Paging, Row, Sample,
    Section, Short, Table, Tone, quoted,
};
use corridor_console::{Markup, Page, Viewer, format};
use serde::Deserialize;

use super::form::{chosen, word};
use super::{dates, text, words};
use crate::access::Caller;
use crate::api::acts::{self, ActBody, ActQuery};
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::receipts::{self, ReceiptBody};
use crate::api::subjects::Readers;
use crate::node::Node;

const PATH: &str = "/console/acts";
/// How many acts a page lists.
const LISTED: u32 = 25;

/// What narrows the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Narrow {
    subject: String,
    after: String,
}

/// The list, newest first.
pub(super) async fn list(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let subject = narrow.subject.trim();
    let query =
        ActQuery { after: chosen(&narrow.after)?, order: None, subject: word(subject), limit: Some(LISTED) };
    let page = acts::list(State(node.0.clone()), caller.clone(), Ask(query)).await?.0;
    let now = node.now();
    let names = Names::of(&node, &caller, &page.items).await?;
    let next = page.next.map(|id| id.to_string());
    let place = ("after", !narrow.after.is_empty());
    let table = Table {
        caption: t.get("acts-caption").into(),
        columns: ["column-act", "column-time", "column-about", "column-fields"]
            .map(|key| Column::new(t.get(key)))
            .to_vec(),
        rows: page.items.iter().map(|act| row(&viewer, act, &names, now)).collect(),
        empty: Empty::new(Icon::Acts, t.get("acts-empty"), t.get("acts-empty-how")),
        paging: Some(Paging::new(&viewer, PATH, &[("subject", subject)], place, next.as_deref())),
    };
    let field = Field::new("subject", t.get("acts-subject"))
        .hint(t.get("acts-subject-hint"))
        .value(subject)
        .at_most(300);
    let filters = Filters::new(&viewer, PATH, vec![field], !subject.is_empty());
    let about = if subject.is_empty() { String::new() } else { format!(" --about {}", quoted(subject)) };
    let api = corridor_console::component::address("/api/v1/acts", &[("subject", subject)]);
    let command = Command::new(&viewer, &format!("act list{about}"), "GET", &api, None);
    let body = Markup::from(filters).and(Section::new("", table).live("acts")).and(command);
    Ok(Page::new(t.get("area-acts"), body).lead(t.get("acts-lead")).live().answer(&viewer))
}

/// The fields of acts that name a person or a program.
const WHO: [&str; 3] = ["reader", "by", "account"];

/// What people call those whom acts name, where they are still known.
struct Names(BTreeMap<String, String>);

impl Names {
    async fn of(node: &Node, caller: &Caller, acts: &[ActBody]) -> Result<Self> {
        let named = |act: &ActBody| {
            let fields = act.fields.iter().flatten();
            fields.filter(|(name, _)| WHO.contains(&name.as_str())).map(whole).collect::<Vec<_>>()
        };
        let wanted: BTreeSet<String> = acts.iter().flat_map(named).collect();
        let mut names = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(Self(names));
        }
        let mut readers = Readers::of(node, &caller.participant).await?;
        for who in wanted {
            if let Some(label) = readers.known(node, &who).await?.label {
                names.insert(who, label);
            }
        }
        Ok(Self(names))
    }

    fn called(&self, field: (&String, &String)) -> Option<&String> {
        WHO.contains(&field.0.as_str()).then(|| self.0.get(&whole(field))).flatten()
    }
}

/// Whom a field names: an account stands in its own field without the word before it.
fn whole((name, value): (&String, &String)) -> String {
    if name == "account" { format!("account:{value}") } else { value.clone() }
}

fn row(viewer: &Viewer, act: &ActBody, names: &Names, now: corridor_base::Timestamp) -> Row {
    let t = text(viewer.lang());
    let field = |name: &str| act.fields.as_ref().and_then(|fields| fields.get(name));
    let about =
        ["envelope", "agreement", "key", "partner", "country", "account"].iter().find_map(|name| field(name));
    Row(vec![
        Markup::link(&format!("{PATH}/{}", act.id), words::act(viewer.lang(), &act.kind)),
        dates(viewer).with_age(act.time, now),
        match about {
            Some(about) => {
                let who = act.fields.iter().flatten().find_map(|field| names.called(field));
                let who = who.map(|who| Markup::quiet(t.get("act-by").and("who", who)));
                Markup::lines([Markup::code(format::short(about, 20, 8))].into_iter().chain(who))
            }
            None => Markup::quiet("–"),
        },
        match (&act.fields, act.verified) {
            (Some(_), true) => Badge::new(Tone::Good, t.get("act-opened")).into(),
            (Some(_), false) => Badge::new(Tone::Bad, t.get("act-not-opened")).into(),
            (None, _) => Badge::new(Tone::Idle, t.get("act-erased")).into(),
        },
    ])
}

/// One act.
pub(super) async fn one(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<ActId>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let act = acts::show(State(node.0.clone()), caller.clone(), Named(id)).await?.0;
    let receipt = receipt(&node, &caller, &id).await?;
    let version = act.version.map_or_else(|| t.get("act-unknown-type").to_string(), |v| v.to_string());
    let facts = Facts::new()
        .text(t.get("column-act"), words::act(viewer.lang(), &act.kind))
        .fact(t.get("act-type"), Markup::code(&act.kind))
        .text(t.get("act-version"), version)
        .fact(t.get("column-time"), dates(&viewer).exact(act.time))
        .fact(t.get("act-id"), Markup::code(act.id));
    let names = Names::of(&node, &caller, std::slice::from_ref(&act)).await?;
    let wide = Markup::from(Section::new(t.get("act-facts"), facts).card())
        .and(Section::new(t.get("act-fields"), opened(&node, &viewer, &act, &names)).card());
    let proof = receipt.as_ref().map(|receipt| proof(&node, &viewer, receipt)).unwrap_or_default();
    let columns =
        Columns { wide, narrow: Section::new(t.get("act-proof"), proof).card().live("proof").into() };
    let mut raw = Markup::from(Sample::new(&viewer, t.get("act-bytes"), &act.bytes));
    if let Some(text) = receipt.as_ref().and_then(|r| r.receipt.as_ref()) {
        raw = raw.and(Sample::new(&viewer, t.get("act-receipt"), text));
    }
    let command =
        Command::new(&viewer, &format!("act show {id}"), "GET", &format!("/api/v1/acts/{id}"), None);
    let body = Markup::from(columns).and(More { title: t.get("act-raw").into(), body: raw }).and(command);
    let page = Page::new(words::act(viewer.lang(), &act.kind), body).below(t.get("area-acts"), PATH).live();
    Ok(page.answer(&viewer))
}

async fn receipt(node: &State<Arc<Node>>, caller: &Caller, id: &ActId) -> Result<Option<ReceiptBody>> {
    let id: EnvelopeId = id.to_string().parse()?;
    let found = receipts::show(State(node.0.clone()), caller.clone(), Named(id)).await;
    Ok(found.map_err(|refusal| refusal.0)?.0.ours.into_iter().next())
}

/// The fields, with what they commit to and whether they open it.
fn opened(node: &Node, viewer: &Viewer, act: &ActBody, names: &Names) -> Markup {
    let t = text(viewer.lang());
    let Some(fields) = &act.fields else {
        return Empty::new(Icon::Lock, t.get("act-erased"), t.get("act-erased-how")).into();
    };
    let (tone, key) = if act.verified { (Tone::Good, "act-opened") } else { (Tone::Bad, "act-not-opened") };
    let mut facts = Facts::new();
    for (name, value) in fields {
        let label = t.or(&format!("act-field-{name}"), name);
        let code = if value.len() > 64 { Short::new(value).into() } else { Markup::code(value) };
        let said = match name.as_str() {
            "partner" => value.parse().ok().map(|did| words::partner(node, viewer, &did)),
            "kind" => Some(Markup::text(words::kind(viewer.lang(), value))),
            "envelope" if act.kind.starts_with("document-") && viewer.may("GET /console/receipts/{id}") => {
                Some(Markup::link(&format!("/console/receipts/{value}"), t.get("receipt-open")))
            }
            _ => names.called((name, value)).map(Markup::text),
        };
        facts = facts.fact(label, Markup::lines(said.into_iter().chain([code])));
    }
    Markup::from(Badge::new(tone, t.get(key))).and(facts)
}

/// Where it stands in the log, and who vouches for that.
fn proof(node: &Node, viewer: &Viewer, receipt: &ReceiptBody) -> Markup {
    let t = text(viewer.lang());
    let missing: Vec<String> = receipt.missing.iter().map(|m| m.check.clone()).collect();
    let missing = (!missing.is_empty()).then(|| Markup::text(missing.join(", ")));
    let facts = Facts::new()
        .fact(t.get("column-state"), words::state(viewer.lang(), receipt.state))
        .fact(t.get("act-countries"), words::countries(node, viewer.lang(), receipt))
        .known(t.get("act-missing"), missing)
        .known(t.get("act-place"), receipt.index.map(|index| Markup::text(format::number(index))))
        .known(t.get("act-log"), receipt.log.as_ref().map(Markup::code));
    let mut out = Markup::from(facts);
    if viewer.may("GET /console/receipts/{id}") {
        let open = format!("/console/receipts/{}", receipt.act);
        out = out.and(Button::new(t.get("receipt-open"), open).icon(Icon::Receipt));
    }
    out
}
