//! The form of a document in the making: to whom it goes, what it says, and under which name it is kept.

use std::sync::Arc;

use axum::response::Response;
use corridor_base::Did;
use corridor_console::component::{Choice, Command, Editor, Field, Kind, Notice, Slip};
use corridor_console::{Markup, Page, Viewer};
use corridor_trade::mapping::{Mapping, Record};
use corridor_trade::shape::Remark;

use super::super::super::{send, text};
use super::super::editor::Filling;
use super::{Desk, PATH};
use crate::access::Caller;
use crate::api::problem::Answer;
use crate::api::trade::{forms, shelf};
use crate::node::Node;

/// The form with what was typed, and what is wrong with it.
#[allow(clippy::too_many_arguments, reason = "each is a part of what was typed")]
pub(super) async fn edit(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    mapping: &Mapping,
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
        .below(t.get("area-trade"), super::super::PATH)
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
        |did: &Did| Choice::new(did.to_string(), super::super::super::viewer::name(node, did, viewer.lang()));
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
