//! Documents made in the console: a kind is picked, a form filled in, looked at as form and as EDIFACT, sent to
//! a partner, or kept as draft or template. The pages ask the handlers of the API.

mod fill;
mod kept;
mod look;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result};
use corridor_console::Viewer;
use corridor_console::component::{Editor, Notice, Tone, address};
use corridor_trade::mapping::{Document, Mapping, Record, documents};
use serde::Deserialize;

use self::fill::edit;
pub(super) use self::kept::{list, remove};
pub(super) use self::look::checked;
use self::look::preview;
use super::super::form::Fields;
use super::super::preferences::see_other;
use super::super::{send, text};
use super::editor;
use crate::access::Caller;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::trade::drafts::{self, DraftBody};
use crate::api::trade::make::{self, Made, Order};
use crate::node::Node;

pub(super) const PATH: &str = "/console/trade/new";

/// What is already known when a form is opened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Begin {
    draft: String,
    to: String,
    done: String,
}

/// What the form holds beside the document.
#[derive(Clone, Debug, Default)]
struct Desk {
    to: String,
    sender: String,
    recipient: String,
    syntax: String,
    test: bool,
    name: String,
    draft: String,
    subjects: String,
    key: String,
}

impl Desk {
    fn of(fields: &Fields) -> Self {
        let get = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        Self {
            to: get("to"),
            sender: get("sender"),
            recipient: get("recipient"),
            syntax: get("syntax"),
            test: fields.get("test") == Some("yes"),
            name: get("name"),
            draft: get("draft"),
            subjects: get("subjects"),
            key: get("key"),
        }
    }

    fn hidden(&self, editor: Editor) -> Editor {
        let test = if self.test { "yes" } else { "" };
        let all = [
            ("to", &self.to),
            ("sender", &self.sender),
            ("recipient", &self.recipient),
            ("syntax", &self.syntax),
            ("name", &self.name),
            ("draft", &self.draft),
            ("subjects", &self.subjects),
            ("key", &self.key),
        ];
        let editor = all.into_iter().fold(editor, |editor, (name, value)| editor.hidden(name, value));
        editor.hidden("test", test)
    }
}

/// The form, empty or as a draft has it.
pub(super) async fn show(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(name): Named<Word>,
    Ask(begin): Ask<Begin>,
) -> Answer<Response> {
    let mapping = &make::mapping(&node, &caller.participant, &name.0).await?;
    let mut desk = Desk { to: begin.to.clone(), ..Desk::default() };
    let mut record = first_items(mapping);
    if !begin.draft.is_empty() {
        let id = begin.draft.parse()?;
        let draft = drafts::show(State(node.0.clone()), caller.clone(), Named(id)).await?.0;
        if draft.mapping != mapping.mapping {
            return Err(Problem::new(ErrorCode::NotFound).with("what", format!("draft {id}")).into());
        }
        record = read_draft(&draft)?;
        desk.to = draft.partner;
        desk.name = draft.name;
        // A template stays as it is: what is made from it is another document.
        desk.draft = if draft.template { String::new() } else { begin.draft.clone() };
    }
    let notice =
        (begin.done == "saved").then(|| Notice::new(Tone::Good, text(viewer.lang()).get("make-saved")));
    edit(&node, &caller, &viewer, mapping, &record, desk, &[], notice).await
}

/// The name of a mapping in a path.
pub(super) struct Word(String);

impl std::str::FromStr for Word {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self(text.chars().take(64).collect()))
    }
}

fn read_draft(draft: &DraftBody) -> Result<Record> {
    let json = serde_json::Value::Object(draft.document.clone().unwrap_or_default()).to_string();
    let found = documents(&mut json.as_bytes())?.into_iter().next();
    Ok(found.unwrap_or_default().record)
}

/// One open item in each list, so that there is something to fill in.
fn first_items(mapping: &Mapping) -> Record {
    let mut record = Record::default();
    for item in &mapping.segments {
        if let corridor_trade::mapping::Item::Group(group) = item {
            record.lists.insert(group.each.clone(), vec![Record::default()]);
        }
    }
    record
}

/// Takes the form.
pub(super) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(name): Named<Word>,
    fields: Fields,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let mapping = &make::mapping(&node, &caller.participant, &name.0).await?;
    let mut record = editor::typed(mapping, &fields);
    let mut desk = Desk::of(&fields);
    let what = fields.get("do").unwrap_or("preview").to_owned();
    match what.as_str() {
        "preview" | "send" => {}
        "save" | "template" => {
            let saved = save(&node, &caller, &viewer, mapping, &record, &desk, what == "template").await;
            return match saved {
                Ok(to) => Ok(see_other(&to)),
                Err(problem) => {
                    let notice = Notice::problem(viewer.lang(), &problem);
                    edit(&node, &caller, &viewer, mapping, &record, desk, &[], Some(notice)).await
                }
            };
        }
        "edit" => return edit(&node, &caller, &viewer, mapping, &record, desk, &[], None).await,
        change => {
            editor::change(mapping, &mut record, change);
            return edit(&node, &caller, &viewer, mapping, &record, desk, &[], None).await;
        }
    }
    let Ok(to) = desk.to.parse::<Did>() else {
        let notice = Notice::new(Tone::Bad, t.get("make-choose-partner"));
        return edit(&node, &caller, &viewer, mapping, &record, desk, &[], Some(notice)).await;
    };
    if desk.key.is_empty() {
        desk.key = EnvelopeId::new(&*node.clock, &*node.random).to_string();
    }
    let order = order(mapping, &record, &desk, to);
    let made = match make::make(&node, &caller, &order).await.map(|mut all| all.pop()) {
        Ok(Some(made)) => made,
        Ok(None) => return Err(Problem::new(ErrorCode::Internal).into()),
        Err(problem) => {
            let notice = Notice::problem(viewer.lang(), &problem);
            return edit(&node, &caller, &viewer, mapping, &record, desk, &[], Some(notice)).await;
        }
    };
    if !made.ready.is_right() && made.ready.bytes.is_empty() {
        let notice = Notice::new(Tone::Bad, t.get("make-not-right"));
        return edit(&node, &caller, &viewer, mapping, &record, desk, &made.ready.remarks, Some(notice))
            .await;
    }
    if what == "send" && made.ready.is_right() {
        return match hand_in(&node, &caller, &order, &made, &desk).await {
            Ok(id) => Ok(see_other(&format!("/console/outbox/{id}?done=sent"))),
            Err(problem) => {
                Ok(preview(&viewer, mapping, &record, &desk, &made, Some(&problem)).answer(&viewer))
            }
        };
    }
    Ok(preview(&viewer, mapping, &record, &desk, &made, None).answer(&viewer))
}

fn order(mapping: &Arc<Mapping>, record: &Record, desk: &Desk, to: Did) -> Order {
    Order {
        mapping: mapping.clone(),
        to,
        documents: vec![Document { record: record.clone(), ..Document::default() }],
        sender: desk.sender.clone(),
        recipient: desk.recipient.clone(),
        syntax: desk.syntax.clone(),
        test: desk.test,
        subjects: send::persons(&desk.subjects),
        key: desk.key.clone(),
    }
}

/// Sends what was looked at; its draft is gone then.
async fn hand_in(
    node: &Node,
    caller: &Caller,
    order: &Order,
    made: &Made,
    desk: &Desk,
) -> Result<EnvelopeId> {
    let id = make::hand_in(node, caller, order, 0, made).await?;
    if let Ok(draft) = desk.draft.parse() {
        // It may have been deleted meanwhile: what counts was sent.
        let _ = drafts::discard(node, caller, draft).await;
    }
    Ok(id)
}

async fn save(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    mapping: &Mapping,
    record: &Record,
    desk: &Desk,
    template: bool,
) -> Result<String> {
    let content = record.pruned().to_json().to_string();
    let named =
        || record.fields.get("number").cloned().unwrap_or_else(|| mapping.title(viewer.lang()).to_owned());
    let name = if desk.name.is_empty() { named() } else { desk.name.clone() };
    // A draft that becomes a template stays a draft as well.
    let id = if template { None } else { desk.draft.parse().ok() };
    let kept = drafts::keep(node, caller, id, &mapping.mapping, (&desk.to, &name, template), content).await?;
    if template {
        return Ok(format!("{PATH}#templates"));
    }
    Ok(address(&format!("{PATH}/{}", mapping.mapping), &[("draft", &kept.id.to_string()), ("done", "saved")]))
}
