//! The broker's desk: the queue of what was refused with its cause, and one of it put right: as a form, or as
//! text where no mapping fits, and sent once more as original, replacement or cancellation.

mod form;
mod look;
mod queue;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::EnvelopeId;
use corridor_console::Viewer;
use corridor_console::component::Notice;
use corridor_trade::mapping::Document;
use corridor_trade::rejects::{Function, Reject, Wanted};
use serde::Deserialize;

use self::form::{edit, findings};
use self::look::preview;
pub(super) use self::queue::list;
use super::super::form::Fields;
use super::super::preferences::see_other;
use super::editor;
use crate::access::Caller;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::trade::rejects::{self, Correction, Refused};
use crate::node::Node;

pub(super) const PATH: &str = "/console/trade/rejects";

/// Which view of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct View {
    /// `text`, or the form.
    view: String,
    /// Which message of several, counted from 1.
    message: String,
    /// By which mapping, where several fit.
    mapping: String,
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
    /// The name of the mapping that was asked for; empty for the one that fits best.
    mapping: String,
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
    Ok(corridor_trade::rejects::queue(&node.exchange, &caller.acting(), &wanted, viewer.lang()).await?.pop())
}

/// One that was refused, to be put right.
pub(super) async fn show(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    Ask(view): Ask<View>,
) -> Answer<Response> {
    let at = place(&view.message);
    let refused = rejects::refused(&node, &caller, id, at, &view.mapping).await?;
    let reject = reject(&node, &caller, &viewer, id).await?;
    // What the form has no place for would be lost with it: then the text is shown first.
    let whole = refused.form.as_ref().is_some_and(|(_, _, losses)| losses.is_none());
    let unmapped = refused.form.is_none() && refused.parts.len() < 2;
    let by_text = view.view == "text" || unmapped || (view.view.is_empty() && !whole);
    let function = reject.as_ref().map_or(Function::Replacement, |reject| Function::after(reject.cause));
    let document = refused.form.as_ref().map(|(_, document, _)| document.clone());
    let edifact = refused.text();
    let whole = if refused.parts.len() > 1 { edifact.clone() } else { String::new() };
    let desk = Desk {
        id,
        function,
        key: String::new(),
        by_text,
        reject,
        at,
        mapping: view.mapping,
        alone: false,
        whole,
    };
    edit(&node, &caller, &viewer, &refused, &desk, document.as_ref(), &edifact, &[], None).await
}

/// Takes the correction.
pub(super) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    fields: Fields,
) -> Answer<Response> {
    let at = place(fields.get("message").unwrap_or_default());
    let mapping = fields.get("mapping").unwrap_or_default().to_owned();
    let mut refused = rejects::refused(&node, &caller, id, at, &mapping).await?;
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
    let mut desk = Desk { id, function, key, by_text, reject, at, mapping, alone, whole };
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
            Correction::Message(mapping.clone(), document.clone(), at, desk.whole.clone())
        }
        (Some((mapping, ..)), Some(document)) if !desk.by_text => {
            Correction::Document(mapping.clone(), document.clone())
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
            Correction::Message(mapping.clone(), document.clone(), desk.at, std::mem::take(&mut desk.whole));
        let ready = rejects::amended(node, caller, &refused.to, desk.function, correction, &desk.key).await?;
        let Some(text) = ready.text else {
            desk.whole = refused.text();
            let notice = Some(findings(viewer, &ready.remarks));
            return edit(node, caller, viewer, refused, desk, Some(document), "", &ready.remarks, notice)
                .await;
        };
        desk.whole = text;
    }
    (desk.at, refused.form) = (to, refused.form_of(&desk.whole, to));
    let document = refused.form.as_ref().map(|(_, document, _)| document.clone());
    edit(node, caller, viewer, refused, desk, document.as_ref(), "", &[], None).await
}
