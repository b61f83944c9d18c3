//! Documents made in the console: a kind is picked, a form filled in, looked at as form and as EDIFACT, sent to
//! a partner, or kept as draft or template. The pages ask the handlers of the API.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result};
use corridor_console::component::{
    Button, Choice, Column, Command, Confirm, Editor, Empty, Field, Icon, Kind, Notice, Press, Row, Sample,
    Section, Slip, Table, Tone, address, quoted,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_trade::mapping::{Document, Mapping, Record, documents};
use corridor_trade::shape::{Ready, Remark, shipped};
use serde::Deserialize;

use super::super::form::Fields;
use super::super::preferences::see_other;
use super::super::{dates, send, text};
use super::editor::{self, Filling};
use super::sheet::{self, Languages};
use crate::access::Caller;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::trade::drafts::{self, DraftBody};
use crate::api::trade::make::{self, Made, Order};
use crate::api::trade::{forms, shelf};
use crate::node::Node;

pub(super) const PATH: &str = "/console/trade/new";

/// What is already known when a form is opened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Begin {
    draft: String,
    to: String,
    done: String,
}

/// What kinds there are, and what was kept.
pub(in crate::pages) async fn list(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(begin): Ask<Begin>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let kept = async |template: bool| -> Answer<Vec<DraftBody>> {
        let query = drafts::DraftQuery { template: Some(template) };
        Ok(drafts::list(State(node.0.clone()), caller.clone(), Ask(query)).await?.0.items)
    };
    let (open, templates) = (kept(false).await?, kept(true).await?);
    let languages = Languages::of(&viewer, "");
    let row = |mapping: &Mapping| {
        let name = corridor_trade::shape::Words::of(|lang| mapping.title(lang).to_owned());
        let to = format!("{PATH}/{}", mapping.mapping);
        Row(vec![
            Markup::link(&to, mapping.title(viewer.lang())),
            Markup::text(&mapping.message),
            Markup::lines(languages.rest().into_iter().map(|lang| Markup::foreign(lang, name.get(lang)))),
        ])
    };
    let table = Table {
        caption: t.get("make-kinds-caption").into(),
        columns: ["make-kind", "make-message", "make-other-names"].map(|key| Column::new(t.get(key))).into(),
        rows: shipped().iter().map(row).collect(),
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    };
    let body = Markup::from(Section::new(t.get("make-kinds"), table))
        .and(Section::new(t.get("make-drafts"), saved(&viewer, &open, false)).named("drafts"))
        .and(Section::new(t.get("make-templates"), saved(&viewer, &templates, true)).named("templates"))
        .and(Command::new(&viewer, "trade mapping list", "GET", "/api/v1/trade/drafts", None));
    let bulk = Button::new(t.get("bulk-title"), "/console/trade/bulk").icon(Icon::Upload);
    let mut page = Page::new(t.get("make-title"), body)
        .lead(t.get("make-lead"))
        .below(t.get("area-trade"), super::PATH)
        .actions(bulk);
    if begin.done == "removed" {
        page = page.notice(Notice::new(Tone::Good, t.get("make-removed")));
    }
    Ok(page.answer(&viewer))
}

/// Drafts, or templates.
fn saved(viewer: &Viewer, kept: &[DraftBody], template: bool) -> Table {
    let t = text(viewer.lang());
    let row = |draft: &DraftBody| {
        let to = address(&format!("{PATH}/{}", draft.mapping), &[("draft", &draft.id.to_string())]);
        let mapping = make::mapping(&draft.mapping).map(|m| m.title(viewer.lang()).to_owned());
        let remove = Press::new(viewer, "/console/trade/drafts/remove", t.get("make-delete"));
        let remove = remove.hidden("id", draft.id.to_string());
        let confirm = Confirm {
            label: t.get("make-delete").into(),
            question: t.get("make-delete-question").and("name", &draft.name).into(),
            form: remove.main().into(),
        };
        Row(vec![
            Markup::link(&to, &draft.name),
            Markup::text(mapping.unwrap_or_else(|_| draft.mapping.clone())),
            Markup::text(if draft.partner.is_empty() { "–" } else { &draft.partner }),
            dates(viewer).exact(draft.updated),
            confirm.into(),
        ])
    };
    let (empty, how) = match template {
        true => ("make-no-templates", "make-no-templates-how"),
        false => ("make-no-drafts", "make-no-drafts-how"),
    };
    Table {
        caption: t.get(if template { "make-templates-caption" } else { "make-drafts-caption" }).into(),
        columns: ["make-name", "make-kind", "column-partner", "column-time", "make-delete"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: kept.iter().map(row).collect(),
        empty: Empty::new(Icon::Trade, t.get(empty), t.get(how)),
        paging: None,
    }
}

/// Deletes a draft or a template.
pub(in crate::pages) async fn remove(
    node: State<Arc<Node>>,
    caller: Caller,
    fields: Fields,
) -> Answer<Response> {
    let id = fields.get("id").unwrap_or_default().parse()?;
    drafts::remove(node, caller, Named(id)).await?;
    Ok(see_other(&address(PATH, &[("done", "removed")])))
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
pub(in crate::pages) async fn show(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(name): Named<Word>,
    Ask(begin): Ask<Begin>,
) -> Answer<Response> {
    let mapping = make::mapping(&name.0)?;
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
pub(in crate::pages) struct Word(String);

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
pub(in crate::pages) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(name): Named<Word>,
    fields: Fields,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let mapping = make::mapping(&name.0)?;
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

fn order(mapping: &'static Mapping, record: &Record, desk: &Desk, to: Did) -> Order {
    Order {
        mapping,
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

/// The form with what was typed, and what is wrong with it.
#[allow(clippy::too_many_arguments, reason = "each is a part of what was typed")]
async fn edit(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    mapping: &'static Mapping,
    record: &Record,
    desk: Desk,
    remarks: &[Remark],
    notice: Option<Notice>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let allowed = send::allowed(node, caller).await?;
    let us = &caller.participant;
    let shelf = shelf(node, us, us).await?;
    let action = format!("{PATH}/{}", mapping.mapping);
    let directory = forms::directory_of(&shelf, &mapping.release).map(Arc::as_ref);
    let filling = Filling { viewer, mapping, directory, remarks, hides: &[], action: action.clone() };
    let mut body = Markup::from(address_slip(node, viewer, &allowed.partners, &desk));
    body = body.and(filling.body(record));
    let keep = Slip {
        legend: Markup::text(t.get("make-keep")),
        fields: vec![
            Field::new("name", t.get("make-name"))
                .hint(t.get("make-name-hint"))
                .value(&desk.name)
                .at_most(100),
        ],
        presses: vec![
            ("save".into(), t.get("make-save").into(), String::new()),
            ("template".into(), t.get("make-save-template").into(), String::new()),
        ],
        ..Slip::default()
    };
    let mut editor = Editor::new(viewer, &action, body.and(keep)).button("preview", t.get("make-preview"));
    editor = editor.hidden("draft", &desk.draft).hidden("key", &desk.key);
    let editor = filling.told(editor);
    let title = t.get("make-one").and("kind", mapping.title(viewer.lang()));
    let line = format!("trade new {} DOCUMENTS.json", mapping.mapping);
    let data = format!(
        "-H 'Content-Type: application/json' -d '{{\"mapping\":\"{}\",\"to\":\"did:web:…\",\"documents\":[…]}}'",
        mapping.mapping
    );
    let command = Command::new(viewer, &line, "POST", "/api/v1/trade/documents", Some(&data));
    let mut page = Page::new(title, Markup::from(editor).and(command))
        .lead(t.get(if directory.is_some() { "make-codes-loaded" } else { "make-codes-not-loaded" }))
        .below(t.get("area-trade"), super::PATH)
        .below(t.get("make-title"), PATH);
    if let Some(notice) = notice {
        page = page.notice(notice);
    }
    Ok(page.answer(viewer))
}

/// For whom, and how the interchange is addressed.
fn address_slip(node: &Node, viewer: &Viewer, partners: &[Did], desk: &Desk) -> Slip {
    let t = text(viewer.lang());
    let partner =
        |did: &Did| Choice::new(did.to_string(), super::super::viewer::name(node, did, viewer.lang()));
    let partners =
        std::iter::once(Choice::new("", t.get("send-choose"))).chain(partners.iter().take(500).map(partner));
    let syntax = ["", "UNOC:3", "UNOX:3", "KECA:3", "UNOY:4"].map(|value| {
        let key = if value.is_empty() { "auto".to_owned() } else { value.to_lowercase().replace(':', "-") };
        Choice::new(value, t.get(&format!("make-syntax-{key}")))
    });
    Slip {
        legend: Markup::text(t.get("make-address")),
        fields: vec![
            Field::new("to", t.get("document-to"))
                .kind(Kind::Select(partners.collect()))
                .value(&desk.to)
                .required(viewer),
            Field::new("sender", t.get("make-sender"))
                .hint(t.get("make-party-hint"))
                .value(&desk.sender)
                .at_most(41),
            Field::new("recipient", t.get("make-recipient"))
                .hint(t.get("make-party-hint"))
                .value(&desk.recipient)
                .at_most(41),
            Field::new("syntax", t.get("make-syntax")).kind(Kind::Select(syntax.into())).value(&desk.syntax),
            Field::new("subjects", t.get("send-subjects"))
                .kind(Kind::Lines)
                .hint(t.get("send-subjects-hint"))
                .value(&desk.subjects),
            Field::new("test", t.get("make-test"))
                .kind(Kind::Check)
                .hint(t.get("make-test-hint"))
                .value(if desk.test { "yes" } else { "" }),
        ],
        ..Slip::default()
    }
}

/// What would be sent.
fn preview(
    viewer: &Viewer,
    mapping: &Mapping,
    record: &Record,
    desk: &Desk,
    made: &Made,
    problem: Option<&Problem>,
) -> Page {
    let t = text(viewer.lang());
    let action = format!("{PATH}/{}", mapping.mapping);
    let right = made.ready.is_right();
    let mut editor = Editor::new(viewer, &action, Markup::none());
    for (name, value) in editor::hidden(mapping, record) {
        editor = editor.hidden(&name, value);
    }
    editor = desk.hidden(editor);
    if right {
        editor = editor.button("send", t.get("make-send"));
    }
    let editor = editor.button("edit", t.get("make-edit")).button("save", t.get("make-save"));
    let body = checked(viewer, &made.ready)
        .and(editor)
        .and(sheet::one(viewer, &Languages::of(viewer, ""), &made.sheet, 0))
        .and(Section::new(
            t.get("make-edifact"),
            Sample::new(viewer, t.get("make-edifact"), made.ready.text()),
        ))
        .and(Command::new(
            viewer,
            &format!("send --to {} --kind edifact {}.edi", quoted(&desk.to), mapping.mapping),
            "POST",
            "/api/v1/trade/documents",
            Some("-H 'Content-Type: application/json' -d @ORDER.json"),
        ));
    let mut page = Page::new(t.get("make-look").and("kind", mapping.title(viewer.lang())), body)
        .lead(t.get("make-look-lead"))
        .below(t.get("area-trade"), super::PATH)
        .below(t.get("make-title"), PATH);
    if let Some(problem) = problem {
        page = page.notice(Notice::problem(viewer.lang(), problem)).failed(problem.code());
    }
    page
}

/// What was found, and which codes of the partner were put for ours.
pub(super) fn checked(viewer: &Viewer, ready: &Ready) -> Markup {
    let t = text(viewer.lang());
    let lang = viewer.lang();
    let mut body = match ready.is_right() {
        true if ready.checked > 0 => Notice::new(Tone::Good, t.get("make-right-checked")),
        true => Notice::new(Tone::Info, t.get("make-right-unchecked")),
        false => Notice::new(Tone::Bad, t.get("make-not-right")),
    };
    if !ready.remarks.is_empty() {
        let line = |remark: &Remark| {
            let place = if remark.place.is_empty() { String::new() } else { format!("{}: ", remark.place) };
            Markup::paragraph(format!("{place}{}", remark.text.get(lang)))
        };
        body = body.body(Markup::join(ready.remarks.iter().take(50).map(line)));
    }
    let mut body = Markup::from(body);
    if !ready.replaced.is_empty() {
        let row = |replaced: &corridor_trade::shape::Replaced| {
            Row(vec![
                Markup::lines([Markup::text(label(lang, &replaced.place)), Markup::quiet(&replaced.place)]),
                Markup::text(t.get(&format!("codes-kind-{}", replaced.kind))),
                Markup::code(&replaced.ours),
                Markup::code(&replaced.theirs),
            ])
        };
        let table = Table {
            caption: t.get("make-replaced-caption").into(),
            columns: ["customs-field", "codes-kind", "codes-ours", "codes-theirs"]
                .map(|key| Column::new(t.get(key)))
                .into(),
            rows: ready.replaced.iter().take(200).map(row).collect(),
            empty: Empty::new(Icon::Trade, "", ""),
            paging: None,
        };
        body = body.and(Section::new(t.get("make-replaced"), table));
    }
    body
}

/// What the field at a place is called: `consignments[1].place_of_receipt`.
fn label(lang: corridor_base::Lang, place: &str) -> String {
    let mut parts = place.rsplit('.');
    let field = parts.next().unwrap_or(place);
    let list = parts.next().map(|list| list.split('[').next().unwrap_or(list));
    corridor_trade::shape::field_label(list, field, None).get(lang).to_owned()
}
