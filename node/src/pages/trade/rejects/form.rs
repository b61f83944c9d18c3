//! The form in which something that was refused is put right, or its text where no mapping fits.

use std::sync::Arc;

use axum::response::Response;
use corridor_console::component::{
    Button, Choice, Column, Command, Editor, Empty, Field, Icon, Kind, Notice, Row, Section, Slip, Table,
    Tabs, Tone, address,
};
use corridor_console::{Markup, Page, Phrase, Viewer};
use corridor_trade::mapping::Document;
use corridor_trade::rejects::Function;
use corridor_trade::shape::{Part, Remark};

use super::super::super::text;
use super::super::editor::Filling;
use super::super::sheet;
use super::{Desk, PATH};
use crate::access::Caller;
use crate::api::problem::Answer;
use crate::api::trade::rejects::Refused;
use crate::api::trade::{forms, shelf};
use crate::node::Node;

/// How many messages of an interchange a form leads to.
const MESSAGES: usize = 50;

/// What is wrong, as a notice.
pub(super) fn findings(viewer: &Viewer, remarks: &[Remark]) -> Notice {
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
pub(super) async fn edit(
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
            let message = desk.at.to_string();
            let place = [("view", "form"), ("message", &message)];
            let which = (mapping.message.as_str(), mapping.mapping.as_str());
            body = body.and(sheet::fitting(viewer, &action, &place, &refused.fitting(), which));
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
            body = body.and(positions(viewer, refused));
            Editor::new(viewer, &action, Markup::from(top).and(raw)).hidden("view", "text")
        }
    };
    let editor = carried(editor, several, desk).hidden("mapping", &desk.mapping);
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
pub(super) fn carried(editor: Editor, several: bool, desk: &Desk) -> Editor {
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

pub(super) fn page(viewer: &Viewer, desk: &Desk, title: Phrase, body: Markup) -> Page {
    let t = text(viewer.lang());
    let number = desk.reject.as_ref().map(|reject| reject.number.clone()).unwrap_or_default();
    Page::new(title.and("number", number).to_string().trim().to_owned(), body)
        .lead(t.get("amend-lead"))
        .below(t.get("area-trade"), super::super::PATH)
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
fn positions(viewer: &Viewer, refused: &Refused) -> Markup {
    let t = text(viewer.lang());
    let report = corridor_trade::edifact::read_bytes(&refused.bytes, refused.options());
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
