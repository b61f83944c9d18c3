//! The content of a document as people read it: an interchange as a tree with plain names, text as text,
//! anything else as a file to download. Reading leaves a record of who read (AC-1).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_console::component::{Button, Command, Empty, Icon, Notice, Sample, Section, Tone, address};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::{Acting, Side};
use corridor_trade::edge::{Shown, shown};
use corridor_trade::edifact::tree;
use futures::StreamExt;
use serde::Deserialize;

use super::documents::{self, Book};
use super::{text, words};
use crate::access::Caller;
use crate::api::documents::Document;
use crate::api::extract::Named;
use crate::api::problem::Answer;
use crate::api::{inbox, outbox};
use crate::node::Node;

/// How many segments of an interchange a page shows.
const SEGMENTS: u64 = 100;
/// How much of a text a page shows, in bytes.
const TEXT: usize = 64 << 10;

/// Which part of a long interchange.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    skip: u32,
}

/// The page of a document's content.
pub(super) async fn page(
    node: &Arc<Node>,
    acting: &Acting,
    caller: Caller,
    viewer: &Viewer,
    document: &Document,
    part: &Part,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let book = Book::of(document.side);
    let body = match document.kind.as_str() {
        "edifact" => interchange(node, acting, viewer, document, part).await?,
        _ => plain(node, caller, viewer, document).await?,
    };
    let record = Notice::new(Tone::Info, t.get("content-recorded"));
    let download = Button::new(t.get("document-download"), format!("{}/file", documents::path(document)));
    let read = format!("{} read {}", book.word, document.id);
    let command =
        Command::new(viewer, &read, "GET", &format!("/api/v1/{}/{}/content", book.word, document.id), None);
    let page = Page::new(
        t.get("content-title").and("name", documents::name(document)),
        documents::tabs(viewer, document, "/content").and(record).and(body).and(command),
    );
    let page = page
        .below(book.title(viewer), book.path)
        .below(documents::name(document), documents::path(document))
        .actions(download.download());
    Ok(page.answer(viewer))
}

async fn interchange(
    node: &Arc<Node>,
    acting: &Acting,
    viewer: &Viewer,
    document: &Document,
    part: &Part,
) -> Answer<Markup> {
    let t = text(viewer.lang());
    let page = tree::Page { skip: part.skip.into(), segments: SEGMENTS, ..tree::Page::default() };
    let Shown { tree, findings, verdict, .. } =
        shown(&node.exchange, &node.library, acting, (document.side, document.id), page, viewer.lang())
            .await?;
    let mut body =
        Markup::from(Section::new(t.get("content-verdict"), words::state(viewer.lang(), &verdict)));
    if !findings.is_empty() {
        let found = findings.iter().take(50).map(Markup::paragraph);
        body = body.and(Notice::new(Tone::Bad, t.get("content-findings")).body(Markup::join(found)));
    }
    let base = format!("{}/content", documents::path(document));
    let to = |skip: u64| address(&base, &[("skip", &skip.to_string())]);
    let (first, last) = (tree.before + 1, tree.before + tree.shown);
    let place = t
        .get("content-place")
        .and("first", format::number(first))
        .and("last", format::number(last))
        .and("all", format::number(tree.before + tree.shown + tree.after));
    let mut around = Vec::new();
    if tree.before > 0 {
        let back = Button::new(t.get("content-before"), to(tree.before.saturating_sub(SEGMENTS)));
        around.push(back.icon(Icon::Back).into());
    }
    if tree.after > 0 {
        around.push(Button::new(t.get("content-after"), to(last)).icon(Icon::Next).into());
    }
    let shown = Tree { nodes: &tree.nodes, viewer }.markup();
    let place = Markup::paragraph(place);
    Ok(body.and(Section::new(t.get("content-tree"), place.and(shown)).card()).and(Markup::join(around)))
}

/// The tree as lists within lists.
struct Tree<'a> {
    nodes: &'a [tree::Node],
    viewer: &'a Viewer,
}

#[derive(askama::Template)]
#[template(
    source = "<ul class=\"tree\">{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>",
    ext = "html"
)]
struct List {
    items: Vec<Markup>,
}

#[derive(askama::Template)]
#[template(
    source = "<details open><summary><span class=\"tag\">{{ kind }}</span> {{ title }}</summary>{{ inner }}</details>",
    ext = "html"
)]
struct Branch<'a> {
    kind: &'a str,
    title: String,
    inner: Markup,
}

#[derive(askama::Template)]
#[template(
    source = "<span class=\"tag\">{{ segment.tag }}</span> {% if let Some(name) = segment.name %}<strong>{{ name }}</strong>{% endif %} <span class=\"quiet\">#{{ segment.number }}</span><dl>{% for (name, value) in values %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>{% if !object.is_empty() %}<pre>{{ object }}</pre>{% endif %}",
    ext = "html"
)]
struct Segment<'a> {
    segment: &'a tree::SegmentNode,
    values: Vec<(String, String)>,
    /// The beginning of the object of declared length that follows it, where that is text.
    object: &'a str,
}

impl Tree<'_> {
    fn markup(&self) -> Markup {
        Markup::of(&List { items: self.nodes.iter().map(|node| self.node(node)).collect() })
    }

    fn node(&self, node: &tree::Node) -> Markup {
        let t = text(self.viewer.lang());
        match node {
            tree::Node::Group { reference, nodes, .. } => {
                let title = t.get("tree-group").and("reference", reference).into();
                Markup::of(&Branch {
                    kind: "UNG",
                    title,
                    inner: Tree { nodes, viewer: self.viewer }.markup(),
                })
            }
            tree::Node::Message { reference, kind, name, nodes, .. } => {
                let name = name.as_deref().unwrap_or(kind);
                let title = format!("{name} · {reference}");
                Markup::of(&Branch { kind, title, inner: Tree { nodes, viewer: self.viewer }.markup() })
            }
            tree::Node::Segment(segment) => {
                let mut values: Vec<(String, String)> = segment.elements.iter().flat_map(values).collect();
                if let Some(object) = &segment.object {
                    let size = format::size(self.viewer.lang(), object.bytes);
                    values.push((t.get("tree-object").into(), size));
                }
                let object = segment.object.as_ref().map_or("", |object| object.text.as_str());
                Markup::of(&Segment { segment, values, object })
            }
        }
    }
}

/// What an element says, component by component.
fn values(element: &tree::ElementNode) -> Vec<(String, String)> {
    let of_element = element.name.clone().unwrap_or_else(|| element.element.to_string());
    let value = |component: &tree::ComponentNode| {
        let name = match &component.name {
            Some(name) => name.clone(),
            None if element.components.len() == 1 => of_element.clone(),
            None => format!("{of_element} ({})", component.component),
        };
        let mut value = component.value.clone();
        if component.cut {
            value.push('…');
        }
        if let Some(meaning) = &component.meaning {
            let _ = write!(value, " – {meaning}");
        }
        (name, value)
    };
    element.components.iter().map(value).collect()
}

/// The beginning of a text; what is none is offered as a file.
async fn plain(node: &Arc<Node>, caller: Caller, viewer: &Viewer, document: &Document) -> Answer<Markup> {
    let t = text(viewer.lang());
    let (node, id) = (State(node.clone()), Named(document.id));
    let response = match document.side {
        Side::In => inbox::content(node, caller, id).await?,
        Side::Out => outbox::content(node, caller, id).await?,
    };
    let mut stream = response.into_body().into_data_stream();
    let mut bytes = Vec::new();
    while bytes.len() < TEXT {
        match stream.next().await {
            Some(Ok(piece)) => bytes.extend_from_slice(&piece),
            _ => break,
        }
    }
    let whole = bytes.len() as u64 == document.size && bytes.len() <= TEXT;
    bytes.truncate(TEXT);
    let Some(read) = readable(&bytes, whole) else {
        return Ok(Empty::new(Icon::Download, t.get("content-none"), t.get("content-none-how")).into());
    };
    let sample = Markup::from(Sample::new(viewer, t.get("content-text"), read));
    if whole {
        return Ok(sample);
    }
    Ok(Markup::from(Notice::new(Tone::Info, t.get("content-cut"))).and(sample))
}

/// The bytes as text, when they are that. The last character of a part may be cut.
fn readable(bytes: &[u8], whole: bool) -> Option<&str> {
    let read = match std::str::from_utf8(bytes) {
        Ok(read) => read,
        Err(e) if !whole && e.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..e.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    (!read.chars().any(control)).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_and_nothing_else_is() {
        let check = |bytes: &[u8], whole: bool, expect: Option<&str>| {
            assert_eq!(readable(bytes, whole), expect, "{bytes:?}");
        };
        check("税関\n".as_bytes(), true, Some("税関\n"));
        check(&"税関".as_bytes()[..4], false, Some("税"));
        check(&"税関".as_bytes()[..4], true, None);
        check(b"\x00abc", true, None);
        check(b"\xff\xfe", false, None);
        check(b"", true, Some(""));
    }
}
