//! The numbered promises of the program in plain words, each with how often it was found broken since
//! the start: what a ministry may hold us to.

use axum::response::Response;
use corridor_console::component::{Badge, Column, Command, Empty, Icon, Notice, Row, Section, Table, Tone};
use corridor_console::{Markup, Page, Viewer, format};

use super::evidence::words;
use crate::api::health::{Promise, promises};
use crate::api::problem::Answer;

/// `GET /console/invariants`.
pub(super) async fn show(viewer: Viewer) -> Answer<Response> {
    Ok(page(&viewer, &promises(viewer.lang())).answer(&viewer))
}

fn page(viewer: &Viewer, promises: &[Promise]) -> Page {
    let t = words(viewer);
    let broken: u64 = promises.iter().map(|p| p.broken).sum();
    let notice = match broken {
        0 => Notice::new(Tone::Good, t.get("invariants-kept")),
        n => Notice::new(Tone::Bad, t.get("invariants-broken").and("n", n))
            .body(Markup::paragraph(t.get("invariants-broken-do"))),
    };
    let row = |promise: &Promise| {
        let (tone, key) = match promise.broken {
            0 => (Tone::Good, "invariants-state-kept"),
            _ => (Tone::Bad, "invariants-state-broken"),
        };
        Row(vec![
            Markup::code(&promise.id),
            Markup::text(&promise.promise),
            Badge::new(tone, t.get(key)).into(),
            Markup::text(format::number(promise.broken)),
        ])
    };
    let table = Table {
        caption: t.get("invariants-caption").into(),
        columns: vec![
            Column::new(t.get("invariants-number")),
            Column::new(t.get("invariants-promise")),
            Column::new(t.get("invariants-state")),
            Column::number(t.get("invariants-count")),
        ],
        rows: promises.iter().map(row).collect(),
        empty: Empty::new(Icon::Invariants, "", ""),
        paging: None,
    };
    let body = Markup::from(notice).and(table);
    let command = Command::new(viewer, "invariants", "GET", "/api/v1/invariants", None);
    let promises = Section::new("", body).live("promises");
    Page::new(t.get("invariants-title"), Markup::from(promises).and(command))
        .lead(t.get("invariants-lead"))
        .live()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::evidence::tests::{holds, viewer};
    use corridor_base::Lang;

    #[test]
    fn a_broken_promise_is_said_first_and_counted() {
        let promise =
            |id: &str, broken: u64| Promise { id: id.to_owned(), promise: "<b>".to_owned(), broken };
        let check = |promises: &[Promise], expect: &[&str]| {
            for lang in Lang::ALL {
                let viewer = viewer(*lang);
                let html = page(&viewer, promises).html(&viewer);
                holds(&html, expect);
                assert!(!html.contains("<b>"), "a promise became markup");
            }
        };
        check(&[promise("EX-1", 0)], &["notice good", "EX-1"]);
        check(&[promise("EX-1", 0), promise("LG-2", 1234)], &["notice bad", "1,234", "badge bad"]);
    }

    #[test]
    fn every_promise_has_its_words_in_every_language() {
        for lang in Lang::ALL {
            for promise in promises(*lang) {
                assert!(!promise.promise.starts_with('?'), "{} in {lang}", promise.id);
            }
        }
    }
}
