//! An amendment as it would be sent.

use corridor_console::component::{Editor, Notice, Sample, Section, Tone};
use corridor_console::{Markup, Page, Viewer};
use corridor_trade::mapping::Document;

use super::super::super::text;
use super::super::editor;
use super::super::sheet::{self, Languages};
use super::form::{carried, page};
use super::{Desk, PATH};
use crate::api::trade::rejects::{Amended, Refused};

/// What would be sent.
pub(super) fn preview(
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
        .hidden("mapping", &desk.mapping)
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
        body = body.and(super::super::new::checked(viewer, &made.ready)).and(editor);
        body = body.and(sheet::one(viewer, &Languages::of(viewer, ""), &made.sheet, 0));
    } else {
        body = body.and(editor);
    }
    let sample = Sample::new(viewer, t.get("make-edifact"), refused.text_of(&ready.bytes));
    let body = body.and(Section::new(t.get("make-edifact"), sample));
    page(viewer, desk, t.get("amend-look"), body)
}
