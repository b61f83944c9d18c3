//! A document that was made, as it would be sent: what was found, the form, the interchange.

use corridor_base::Problem;
use corridor_console::component::{
    Column, Command, Editor, Empty, Icon, Notice, Row, Sample, Section, Table, Tone, quoted,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_trade::mapping::{Mapping, Record};
use corridor_trade::shape::{Ready, Remark};

use super::super::super::text;
use super::super::editor;
use super::super::sheet::{self, Languages};
use super::{Desk, PATH};
use crate::api::trade::make::Made;

/// What would be sent.
pub(super) fn preview(
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
        .below(t.get("area-trade"), super::super::PATH)
        .below(t.get("make-title"), PATH);
    if let Some(problem) = problem {
        page = page.notice(Notice::problem(viewer.lang(), problem)).failed(problem.code());
    }
    page
}

/// What was found, and which codes of the partner were put for ours.
pub(in crate::pages::trade) fn checked(viewer: &Viewer, ready: &Ready) -> Markup {
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
    corridor_trade::shape::field_label(list, field, None).say(lang)
}
