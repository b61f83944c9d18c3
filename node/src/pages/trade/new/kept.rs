//! What kinds of documents there are to be made, and what was kept: drafts and templates.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_console::component::{
    Button, Column, Command, Confirm, Empty, Icon, Notice, Press, Row, Section, Table, Tone, address,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_trade::mapping::Mapping;
use corridor_trade::shape::{Mappings, shipped};

use super::super::super::form::Fields;
use super::super::super::preferences::see_other;
use super::super::super::{dates, text};
use super::super::sheet::Languages;
use super::{Begin, PATH};
use crate::access::Caller;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::trade::drafts::{self, DraftBody};
use crate::api::trade::mappings;
use crate::node::Node;

/// What kinds there are, and what was kept.
pub(in crate::pages::trade) async fn list(
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
    let mappings = mappings(&node, &caller.participant).await?;
    let languages = Languages::of(&viewer, "");
    let row = |mapping: &Arc<Mapping>| {
        let name = corridor_base::Words::of(|lang| mapping.title(lang).to_owned());
        let to = format!("{PATH}/{}", mapping.mapping);
        let own = shipped().iter().all(|known| !Arc::ptr_eq(known, mapping));
        let title = Markup::link(&to, mapping.title(viewer.lang()));
        Row(vec![
            if own { Markup::lines([title, Markup::quiet(t.get("make-own"))]) } else { title },
            Markup::text(&mapping.message),
            Markup::lines(languages.rest().into_iter().map(|lang| Markup::foreign(lang, name.get(lang)))),
        ])
    };
    let table = Table {
        caption: t.get("make-kinds-caption").into(),
        columns: ["make-kind", "make-message", "make-other-names"].map(|key| Column::new(t.get(key))).into(),
        rows: mappings.iter().map(row).collect(),
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    };
    let body = Markup::from(Section::new(t.get("make-kinds"), table))
        .and(Section::new(t.get("make-drafts"), saved(&viewer, &mappings, &open, false)).named("drafts"))
        .and(
            Section::new(t.get("make-templates"), saved(&viewer, &mappings, &templates, true))
                .named("templates"),
        )
        .and(Command::new(&viewer, "trade mapping list", "GET", "/api/v1/trade/drafts", None));
    let bulk = Button::new(t.get("bulk-title"), "/console/trade/bulk").icon(Icon::Upload);
    let mut page = Page::new(t.get("make-title"), body)
        .lead(t.get("make-lead"))
        .below(t.get("area-trade"), super::super::PATH)
        .actions(bulk);
    if begin.done == "removed" {
        page = page.notice(Notice::new(Tone::Good, t.get("make-removed")));
    }
    Ok(page.answer(&viewer))
}

/// Drafts, or templates.
fn saved(viewer: &Viewer, mappings: &Mappings, kept: &[DraftBody], template: bool) -> Table {
    let t = text(viewer.lang());
    let row = |draft: &DraftBody| {
        let to = address(&format!("{PATH}/{}", draft.mapping), &[("draft", &draft.id.to_string())]);
        let mapping = mappings.by_name(&draft.mapping).map(|m| m.title(viewer.lang()).to_owned());
        let remove = Press::new(viewer, "/console/trade/drafts/remove", t.get("make-delete"));
        let remove = remove.hidden("id", draft.id.to_string());
        let confirm = Confirm {
            label: t.get("make-delete").into(),
            question: t.get("make-delete-question").and("name", &draft.name).into(),
            form: remove.main().into(),
            calm: false,
        };
        Row(vec![
            Markup::link(&to, &draft.name),
            Markup::text(mapping.unwrap_or_else(|| draft.mapping.clone())),
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
pub(in crate::pages::trade) async fn remove(
    node: State<Arc<Node>>,
    caller: Caller,
    fields: Fields,
) -> Answer<Response> {
    let id = fields.get("id").unwrap_or_default().parse()?;
    drafts::remove(node, caller, Named(id)).await?;
    Ok(see_other(&address(PATH, &[("done", "removed")])))
}
