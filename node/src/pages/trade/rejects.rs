//! The broker's desk: the queue of what was refused with its cause, and one of it put right: as a form, or as
//! text where no mapping fits, and sent once more as original, replacement or cancellation.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{Did, EnvelopeId};
use corridor_console::component::{
    Badge, Button, Choice, Column, Command, Editor, Empty, Field, Filters, Icon, Kind, Notice, Paging, Row,
    Sample, Section, Slip, Table, Tabs, Tone, address,
};
use corridor_console::{Markup, Page, Phrase, Viewer};
use corridor_trade::edifact::Options;
use corridor_trade::mapping::Document;
use corridor_trade::rejects::{Cause, Function, Reject, Wanted, queue};
use corridor_trade::shape::{Part, Remark, segments};
use serde::Deserialize;

use super::super::form::{Fields, chosen, word};
use super::super::preferences::see_other;
use super::super::{dates, send, text, words};
use super::editor::{self, Filling};
use super::sheet::{self, Languages};
use crate::access::Caller;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::trade::rejects::{self, Amended, Correction, Refused, RejectQuery};
use crate::api::trade::{forms, shelf};
use crate::node::Node;

pub(super) const PATH: &str = "/console/trade/rejects";
/// How many a page lists.
const LISTED: u32 = 25;
/// How many lines of a cause a list shows.
const LINES: usize = 6;
/// How many messages of an interchange a form leads to.
const MESSAGES: usize = 50;

/// What narrows the queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Narrow {
    partner: String,
    cause: String,
    before: String,
}

/// The queue.
pub(in crate::pages) async fn list(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(narrow): Ask<Narrow>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let query = RejectQuery {
        partner: chosen(&narrow.partner)?,
        cause: word(&narrow.cause),
        before: word(&narrow.before),
        limit: Some(LISTED),
    };
    let found = rejects::queue(&node, &caller, query, viewer.lang()).await?;
    let kept = [("partner", narrow.partner.as_str()), ("cause", narrow.cause.as_str())];
    let place = ("before", !narrow.before.is_empty());
    let narrowed = !narrow.partner.is_empty() || !narrow.cause.is_empty();
    let (empty, how) = match narrowed {
        true => ("rejects-none-such", "rejects-none-such-how"),
        false => ("rejects-none", "rejects-none-how"),
    };
    let table = Table {
        caption: t.get("rejects-caption").into(),
        columns: ["column-document", "rejects-says", "column-partner", "rejects-when", "column-state"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: found.items.iter().map(|reject| row(&node, &viewer, reject)).collect(),
        empty: Empty::new(Icon::Good, t.get(empty), t.get(how)),
        paging: Some(Paging::new(&viewer, PATH, &kept, place, found.next.as_deref())),
    };
    let partners = send::allowed(&node, &caller).await?.partners;
    let partner =
        |did: &Did| Choice::new(did.to_string(), super::super::viewer::name(&node, did, viewer.lang()));
    let any = || std::iter::once(Choice::new("", t.get("rejects-any")));
    let cause = |cause: &Cause| Choice::new(cause.as_str(), t.get(&format!("cause-{}", cause.as_str())));
    let fields = vec![
        Field::new("partner", t.get("column-partner"))
            .kind(Kind::Select(any().chain(partners.iter().take(500).map(partner)).collect()))
            .value(&narrow.partner),
        Field::new("cause", t.get("rejects-cause"))
            .kind(Kind::Select(any().chain(Cause::ALL.iter().map(cause)).collect()))
            .value(&narrow.cause),
    ];
    let path = address("/api/v1/trade/rejects", &kept);
    let body = Markup::from(Filters::new(&viewer, PATH, fields, narrowed))
        .and(Section::new("", table).live("queue"))
        .and(Command::new(&viewer, "trade rejects", "GET", &path, None));
    let page = Page::new(t.get("rejects-title"), body).lead(t.get("rejects-lead"));
    Ok(page.below(t.get("area-trade"), super::PATH).live().answer(&viewer))
}

fn row(node: &Node, viewer: &Viewer, reject: &Reject) -> Row {
    let t = text(viewer.lang());
    let number = if reject.number.is_empty() { "–".to_owned() } else { reject.number.clone() };
    let name = match viewer.may("GET /console/trade/rejects/{id}") {
        true => Markup::link(&format!("{PATH}/{}", reject.envelope), &number),
        false => Markup::link(&format!("/console/outbox/{}", reject.envelope), &number),
    };
    let cause = Badge::new(Tone::Bad, t.get(&format!("cause-{}", reject.cause.as_str())));
    let lines = reject.lines.iter().take(LINES).map(Markup::text);
    let more = reject.lines.len().saturating_sub(LINES);
    let more = (more > 0).then(|| Markup::quiet(t.get("rejects-more-lines").and("n", more)));
    let state = match &reject.amendment {
        Some(amendment) => {
            let link =
                Markup::link(&format!("/console/outbox/{}", amendment.envelope), t.get("rejects-amendment"));
            Markup::lines([Badge::new(Tone::Wait, t.get("rejects-amended")).into(), link])
        }
        None => Badge::new(Tone::Bad, t.get("rejects-open")).into(),
    };
    Row(vec![
        Markup::lines([name, Markup::quiet(super::kinds(viewer, &reject.kinds))]),
        Markup::lines(std::iter::once(cause.into()).chain(lines).chain(more)),
        words::partner(node, viewer, &reject.partner),
        dates(viewer).with_age(reject.refused, node.now()),
        state,
    ])
}

/// Which view of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct View {
    /// `text`, or the form.
    view: String,
    /// Which message of several, counted from 1.
    message: String,
}

/// What stands on the page beside what was refused.
struct Desk {
    id: EnvelopeId,
    function: Function,
    key: String,
    by_text: bool,
    reject: Option<Reject>,
    /// Which message the form is of, counted from 1.
    at: usize,
    /// Whether it goes without the others.
    alone: bool,
    /// The interchange as it stands, where it has several messages: what was put right in one is kept in it.
    whole: String,
}

/// Which message a form is of.
fn place(asked: &str) -> usize {
    asked.parse().ok().filter(|at| *at > 0).unwrap_or(1)
}

async fn reject(node: &Node, caller: &Caller, viewer: &Viewer, id: EnvelopeId) -> Answer<Option<Reject>> {
    let wanted = Wanted { envelope: Some(id), limit: 1, ..Wanted::default() };
    Ok(queue(&node.exchange, &caller.acting(), &wanted, viewer.lang()).await?.pop())
}

/// One that was refused, to be put right.
pub(in crate::pages) async fn show(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    Ask(view): Ask<View>,
) -> Answer<Response> {
    let at = place(&view.message);
    let refused = rejects::refused(&node, &caller, id, at).await?;
    let reject = reject(&node, &caller, &viewer, id).await?;
    // What the form has no place for would be lost with it: then the text is shown first.
    let whole = refused.form.as_ref().is_some_and(|(_, _, losses)| losses.is_none());
    let unmapped = refused.form.is_none() && refused.parts.len() < 2;
    let by_text = view.view == "text" || unmapped || (view.view.is_empty() && !whole);
    let function = reject.as_ref().map_or(Function::Replacement, |reject| Function::after(reject.cause));
    let document = refused.form.as_ref().map(|(_, document, _)| document.clone());
    let edifact = segments(&refused.bytes);
    let whole = if refused.parts.len() > 1 { edifact.clone() } else { String::new() };
    let desk = Desk { id, function, key: String::new(), by_text, reject, at, alone: false, whole };
    edit(&node, &caller, &viewer, &refused, &desk, document.as_ref(), &edifact, &[], None).await
}

/// Takes the correction.
pub(in crate::pages) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    fields: Fields,
) -> Answer<Response> {
    let at = place(fields.get("message").unwrap_or_default());
    let mut refused = rejects::refused(&node, &caller, id, at).await?;
    let reject = reject(&node, &caller, &viewer, id).await?;
    let function = fields.get("amend_as").unwrap_or("replacement").parse()?;
    let key = match fields.get("key") {
        Some(key) => key.to_owned(),
        None => EnvelopeId::new(&*node.clock, &*node.random).to_string(),
    };
    let by_text = fields.get("view") == Some("text") || (refused.form.is_none() && refused.parts.len() < 2);
    let typed = fields.whole("edifact").unwrap_or_default().to_owned();
    let several = refused.parts.len() > 1 && !by_text;
    let whole = if several { typed.clone() } else { String::new() };
    let alone = fields.get("alone") == Some("yes");
    let mut desk = Desk { id, function, key, by_text, reject, at, alone, whole };
    let mut document = refused.form.as_ref().map(|(mapping, before, _)| Document {
        envelope: before.envelope.clone(),
        record: editor::typed(mapping, &fields),
    });
    let what = fields.get("do").unwrap_or("preview").to_owned();
    if let Some(to) = what.strip_prefix("message:").filter(|_| several) {
        return another(&node, &caller, &viewer, (&mut refused, &mut desk), document, place(to)).await;
    }
    if !matches!(what.as_str(), "preview" | "send") {
        if let (Some(document), Some((mapping, ..))) = (&mut document, &refused.form) {
            editor::change(mapping, &mut document.record, &what);
        }
        return edit(&node, &caller, &viewer, &refused, &desk, document.as_ref(), &typed, &[], None).await;
    }
    let correction = match (&refused.form, &document) {
        (Some((mapping, ..)), Some(document)) if several && !alone => {
            Correction::Message(mapping, document.clone(), at, desk.whole.clone())
        }
        (Some((mapping, ..)), Some(document)) if !desk.by_text => {
            Correction::Document(mapping, document.clone())
        }
        _ => Correction::Text(typed.clone()),
    };
    let ready = rejects::amended(&node, &caller, &refused.to, function, correction, &desk.key).await;
    let ready = match ready {
        Ok(ready) => ready,
        Err(problem) => {
            let notice = Notice::problem(viewer.lang(), &problem);
            return edit(
                &node,
                &caller,
                &viewer,
                &refused,
                &desk,
                document.as_ref(),
                &typed,
                &[],
                Some(notice),
            )
            .await;
        }
    };
    if !ready.is_right() {
        let notice = findings(&viewer, &ready.remarks);
        let remarks = ready.remarks;
        return edit(
            &node,
            &caller,
            &viewer,
            &refused,
            &desk,
            document.as_ref(),
            &typed,
            &remarks,
            Some(notice),
        )
        .await;
    }
    if what == "send" {
        return match rejects::hand_in(&node, &caller, id, function, &ready, &desk.key).await {
            Ok(sent) => Ok(see_other(&format!("/console/outbox/{sent}?done=sent"))),
            Err(problem) => {
                let page = preview(&viewer, &refused, &desk, document.as_ref(), &typed, &ready);
                let notice = Notice::problem(viewer.lang(), &problem);
                Ok(page.notice(notice).failed(problem.code()).answer(&viewer))
            }
        };
    }
    Ok(preview(&viewer, &refused, &desk, document.as_ref(), &typed, &ready).answer(&viewer))
}

/// Keeps what was put right in this message and goes on to another; what is wrong is told first.
async fn another(
    node: &Arc<Node>,
    caller: &Caller,
    viewer: &Viewer,
    (refused, desk): (&mut Refused, &mut Desk),
    document: Option<Document>,
    to: usize,
) -> Answer<Response> {
    if let (Some((mapping, ..)), Some(document)) = (&refused.form, &document) {
        let correction =
            Correction::Message(mapping, document.clone(), desk.at, std::mem::take(&mut desk.whole));
        let ready = rejects::amended(node, caller, &refused.to, desk.function, correction, &desk.key).await?;
        let Some(text) = ready.text else {
            desk.whole = segments(&refused.bytes);
            let notice = Some(findings(viewer, &ready.remarks));
            return edit(node, caller, viewer, refused, desk, Some(document), "", &ready.remarks, notice)
                .await;
        };
        desk.whole = text;
    }
    (desk.at, refused.form) = (to, rejects::form_of(&desk.whole, to));
    let document = refused.form.as_ref().map(|(_, document, _)| document.clone());
    edit(node, caller, viewer, refused, desk, document.as_ref(), "", &[], None).await
}

/// What is wrong, as a notice.
fn findings(viewer: &Viewer, remarks: &[Remark]) -> Notice {
    let lines = remarks.iter().take(50).map(|remark| {
        let place = if remark.place.is_empty() { String::new() } else { format!("{}: ", remark.place) };
        Markup::paragraph(format!("{place}{}", remark.text.get(viewer.lang())))
    });
    Notice::new(Tone::Bad, text(viewer.lang()).get("make-not-right")).body(Markup::join(lines))
}

/// Why it was refused, above the form.
fn cause(viewer: &Viewer, desk: &Desk) -> Markup {
    let t = text(viewer.lang());
    let Some(reject) = &desk.reject else {
        return Notice::new(Tone::Info, t.get("rejects-not-in-queue")).into();
    };
    let title = t.get(&format!("cause-{}", reject.cause.as_str()));
    let mut body = Markup::join(reject.lines.iter().take(50).map(Markup::paragraph));
    if let Some(answer) = reject.answer {
        body = body.and(Markup::link(&format!("/console/inbox/{answer}"), t.get("rejects-answer")));
    }
    let notice = Notice::new(Tone::Bad, title).body(body);
    match &reject.amendment {
        Some(_) => Markup::from(notice).and(Notice::new(Tone::Wait, t.get("rejects-amended-already"))),
        None => notice.into(),
    }
}

/// As what it is sent once more: the person decides.
fn functions(viewer: &Viewer, chosen: Function) -> Field {
    let t = text(viewer.lang());
    let choice = |function: &Function| {
        let key = format!("amend-as-{}", function.as_str());
        Choice::new(function.as_str(), t.get(&key)).hint(t.get(&format!("{key}-hint")))
    };
    Field::new("amend_as", t.get("amend-as"))
        .kind(Kind::Radio(Function::ALL.iter().map(choice).collect()))
        .value(chosen.as_str())
        .required(viewer)
}

#[allow(clippy::too_many_arguments, reason = "each is a part of what was typed")]
async fn edit(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    refused: &Refused,
    desk: &Desk,
    document: Option<&Document>,
    edifact: &str,
    remarks: &[Remark],
    notice: Option<Notice>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let action = format!("{PATH}/{}", desk.id);
    let mut body = cause(viewer, desk).and(views(viewer, refused, desk, &action));
    let top = Slip {
        legend: Markup::text(t.get("amend-as-legend")),
        more: functions(viewer, desk.function).into(),
        ..Slip::default()
    };
    let several = refused.parts.len() > 1 && !desk.by_text;
    let editor = match (&refused.form, document) {
        (None, _) if several => {
            body = body.and(Notice::new(Tone::Info, t.get("amend-no-form-message")));
            Editor::new(viewer, &action, Markup::from(top).and(messages(viewer, refused, desk)))
        }
        (Some((mapping, _, losses)), Some(document)) if !desk.by_text => {
            if !losses.is_none() {
                body = body.and(Notice::new(Tone::Bad, t.get("amend-would-lose")));
                body = body.and(sheet::unplaced(viewer, &losses.told, losses.more));
            }
            let shelf = shelf(node, &caller.participant, &refused.to).await?;
            let directory = forms::directory_of(&shelf, &mapping.release).map(Arc::as_ref);
            let filling =
                Filling { viewer, mapping, directory, remarks, hides: &["function"], action: action.clone() };
            let mut form = Markup::from(top);
            if several {
                form = form.and(messages(viewer, refused, desk));
            }
            let form = form.and(filling.body(&document.record));
            filling.told(Editor::new(viewer, &action, form))
        }
        _ => {
            let raw = Slip {
                id: "raw".to_owned(),
                legend: Markup::text(t.get("amend-text")),
                more: Field::new("edifact", t.get("make-edifact"))
                    .kind(Kind::Lines)
                    .hint(t.get("amend-text-hint"))
                    .value(edifact)
                    .into(),
                ..Slip::default()
            };
            body = body.and(positions(viewer, &refused.bytes));
            Editor::new(viewer, &action, Markup::from(top).and(raw)).hidden("view", "text")
        }
    };
    let editor = carried(editor, several, desk);
    let editor = editor.hidden("key", &desk.key).button("preview", t.get("make-preview"));
    let path = format!("/api/v1/trade/rejects/{}/amend", desk.id);
    let line = format!("trade amend {} --as {} --edifact FILE", desk.id, desk.function.as_str());
    let data = "-H 'Content-Type: application/json' -d @AMENDMENT.json";
    let body = body.and(editor).and(Command::new(viewer, &line, "POST", &path, Some(data)));
    let mut page = page(viewer, desk, t.get("amend-title"), body);
    if let Some(notice) = notice {
        page = page.notice(notice);
    }
    Ok(page.answer(viewer))
}

/// What a form of one message brings of the others.
fn carried(editor: Editor, several: bool, desk: &Desk) -> Editor {
    if !several {
        return editor;
    }
    editor.hidden("message", desk.at.to_string()).hidden("edifact", &desk.whole)
}

/// The messages of the interchange, and which of them the form is of.
fn messages(viewer: &Viewer, refused: &Refused, desk: &Desk) -> Slip {
    let t = text(viewer.lang());
    let other = |(at, part): (usize, &Part)| {
        let number = if part.number.is_empty() { "–" } else { &part.number };
        let label = t.get("amend-message-to").and("n", at).and("kind", &part.kind).and("number", number);
        (format!("message:{at}"), label.into(), String::new())
    };
    let others = (1..).zip(&refused.parts).filter(|(at, _)| *at != desk.at);
    let number = refused.parts.get(desk.at - 1).map_or("", |part| part.number.as_str());
    let place = t.get("amend-message").and("n", desk.at).and("all", refused.parts.len());
    Slip {
        id: "messages".to_owned(),
        legend: Markup::text(format!("{place} {number}").trim()),
        fields: vec![
            Field::new("alone", t.get("amend-alone"))
                .kind(Kind::Check)
                .hint(t.get("amend-alone-hint"))
                .value(if desk.alone { "yes" } else { "" }),
        ],
        presses: others.take(MESSAGES).map(other).collect(),
        ..Slip::default()
    }
}

fn page(viewer: &Viewer, desk: &Desk, title: Phrase, body: Markup) -> Page {
    let t = text(viewer.lang());
    let number = desk.reject.as_ref().map(|reject| reject.number.clone()).unwrap_or_default();
    Page::new(title.and("number", number).to_string().trim().to_owned(), body)
        .lead(t.get("amend-lead"))
        .below(t.get("area-trade"), super::PATH)
        .below(t.get("rejects-title"), PATH)
        .actions(Button::new(t.get("trade-open"), format!("/console/outbox/{}", desk.id)))
}

/// As a form, or as text.
fn views(viewer: &Viewer, refused: &Refused, desk: &Desk, action: &str) -> Markup {
    let t = text(viewer.lang());
    if refused.form.is_none() && refused.parts.len() < 2 {
        return Notice::new(Tone::Info, t.get("amend-no-form")).into();
    }
    let form = address(action, &[("view", "form")]);
    let as_text = address(action, &[("view", "text")]);
    Tabs {
        label: t.get("document-views").into(),
        here: if desk.by_text { as_text.clone() } else { form.clone() },
        links: vec![(t.get("document-form").into(), form), (t.get("amend-text").into(), as_text)],
    }
    .into()
}

/// Where errors stand in what was sent, as far as we see them ourselves.
fn positions(viewer: &Viewer, bytes: &[u8]) -> Markup {
    let t = text(viewer.lang());
    let report = corridor_trade::edifact::read_bytes(bytes, Options::default());
    if report.findings.is_empty() {
        return Markup::none();
    }
    let lang = viewer.lang();
    let row = |finding: &corridor_trade::edifact::Finding| {
        Row(vec![
            Markup::text(finding.place.segment),
            Markup::code(&finding.place.tag),
            Markup::text(finding.place.describe(lang)),
            Markup::text(finding.text(lang)),
        ])
    };
    let table = Table {
        caption: t.get("amend-positions-caption").into(),
        columns: vec![
            Column::number(t.get("amend-line")),
            Column::new(t.get("amend-segment")),
            Column::new(t.get("form-place")),
            Column::new(t.get("rejects-says")),
        ],
        rows: report.findings.iter().take(100).map(row).collect(),
        empty: Empty::new(Icon::Good, "", ""),
        paging: None,
    };
    Section::new(t.get("amend-positions"), table).into()
}

/// What would be sent.
fn preview(
    viewer: &Viewer,
    refused: &Refused,
    desk: &Desk,
    document: Option<&Document>,
    typed: &str,
    ready: &Amended,
) -> Page {
    let t = text(viewer.lang());
    let action = format!("{PATH}/{}", desk.id);
    let mut editor = Editor::new(viewer, &action, Markup::none())
        .hidden("amend_as", desk.function.as_str())
        .hidden("key", &desk.key)
        .button("send", t.get("amend-send"))
        .button("edit", t.get("make-edit"));
    match (&refused.form, document) {
        (Some((mapping, ..)), Some(document)) if !desk.by_text => {
            for (name, value) in editor::hidden(mapping, &document.record) {
                editor = editor.hidden(&name, value);
            }
            editor = carried(editor, refused.parts.len() > 1, desk);
            editor = editor.hidden("alone", if desk.alone { "yes" } else { "" });
        }
        _ => editor = editor.hidden("view", "text").hidden("edifact", typed),
    }
    let said = t.get(&format!("amend-as-{}", desk.function.as_str()));
    let mut body = Markup::from(Notice::new(Tone::Info, t.get("amend-goes-as").and("what", said)));
    if let Some(made) = &ready.made {
        body = body.and(super::new::checked(viewer, &made.ready)).and(editor);
        body = body.and(sheet::one(viewer, &Languages::of(viewer, ""), &made.sheet, 0));
    } else {
        body = body.and(editor);
    }
    let sample = Sample::new(viewer, t.get("make-edifact"), segments(&ready.bytes));
    let body = body.and(Section::new(t.get("make-edifact"), sample));
    page(viewer, desk, t.get("amend-look"), body)
}
