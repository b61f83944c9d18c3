//! An interchange as people read it: interchange, group, message, segment, element, component, with
//! plain names for what is known. The names are our own words in three languages, not a copy of
//! the UN directory; what has no name is shown by its tag and number.
//!
//! Large interchanges are shown page by page, and a page is bounded in segments and in text.

use std::io::Read;

use corridor_base::Lang;
use serde::Serialize;

use super::charset::Charset;
use super::envelope::{Options, Position, Report, Visit, read};
use super::token::{Part, Segment};

/// Which part of the interchange is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Segments passed over before the first one shown.
    pub skip: u64,
    /// The most segments shown.
    pub segments: u64,
    /// The most text shown, in bytes.
    pub text: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { skip: 0, segments: 500, text: 1024 * 1024 }
    }
}

/// The longest value shown, in characters; a longer one is cut and says so.
const LONGEST: usize = 1000;

/// A page of an interchange.
#[derive(Clone, Debug, Serialize)]
pub struct Tree {
    /// Groups, messages and segments, in order. What a page starts in the middle of is there too.
    pub nodes: Vec<Node>,
    /// Segments before this page.
    pub before: u64,
    /// Segments on this page.
    pub shown: u64,
    /// Segments after this page.
    pub after: u64,
}

/// Something in an interchange.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "node")]
pub enum Node {
    /// A group.
    Group {
        /// Counted from 1.
        index: u64,
        /// The group reference.
        reference: String,
        /// What is in it.
        nodes: Vec<Node>,
    },
    /// A message.
    Message {
        /// Counted from 1.
        index: u64,
        /// The message reference.
        reference: String,
        /// `CUSCAR D.08A UN`.
        kind: String,
        /// The plain name of its kind, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its segments.
        nodes: Vec<Node>,
    },
    /// A segment.
    Segment(SegmentNode),
}

/// A segment.
#[derive(Clone, Debug, Serialize)]
pub struct SegmentNode {
    /// Its tag.
    pub tag: String,
    /// Its plain name, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Counted from 1 in the interchange.
    pub number: u64,
    /// Counted from 1 in its message; 0 outside.
    pub in_message: u64,
    /// Bytes before it.
    pub offset: u64,
    /// Its elements that hold something.
    pub elements: Vec<ElementNode>,
    #[serde(skip)]
    charset: Charset,
    /// The object of declared length that follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectNode>,
}

/// An object of declared length.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectNode {
    /// How many bytes it has.
    pub bytes: u64,
    /// Its beginning, where that is text in the characters of the interchange.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// An element of a segment.
#[derive(Clone, Debug, Serialize)]
pub struct ElementNode {
    /// Counted from 1 after the tag.
    pub element: u32,
    /// Its repetition, counted from 1.
    pub repetition: u32,
    /// Its plain name, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its components that hold something.
    pub components: Vec<ComponentNode>,
}

/// A component of an element.
#[derive(Clone, Debug, Serialize)]
pub struct ComponentNode {
    /// Counted from 1.
    pub component: u32,
    /// Its plain name, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What stands there.
    pub value: String,
    /// What a code stands for, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// Whether the value was too long to be shown whole.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// Reads an interchange once and gives a page of it, and what was found in all of it.
///
/// # Errors
/// What the source says.
pub fn tree(
    source: &mut dyn Read,
    options: Options,
    page: Page,
    lang: Lang,
) -> std::io::Result<(Tree, Report)> {
    let mut builder = Builder {
        page,
        lang,
        nodes: Vec::new(),
        seen: 0,
        shown: 0,
        text: 0,
        full: false,
        object: Vec::new(),
    };
    let report = read(source, options, &mut builder)?;
    let Builder { nodes, seen, shown, .. } = builder;
    let before = page.skip.min(seen);
    Ok((Tree { nodes, before, shown, after: seen - before - shown }, report))
}

struct Builder {
    page: Page,
    lang: Lang,
    nodes: Vec<Node>,
    seen: u64,
    shown: u64,
    text: usize,
    full: bool,
    /// The beginning of the object after the segment shown last.
    object: Vec<u8>,
}

impl Visit for Builder {
    fn segment(&mut self, at: &Position<'_>, segment: &Segment<'_>) {
        self.seen += 1;
        if self.seen <= self.page.skip || self.full {
            return;
        }
        // One segment is shown whatever its size, so that every page moves on.
        if self.shown >= self.page.segments
            || self.shown > 0 && self.text + segment.raw().len() > self.page.text
        {
            self.full = true;
            return;
        }
        self.shown += 1;
        self.text += segment.raw().len();
        self.object.clear();
        let node = Node::Segment(segment_node(at, segment, self.lang));
        let group = at.group.map(|g| {
            let reference = g.reference.text().to_owned();
            Node::Group { index: g.index, reference, nodes: Vec::new() }
        });
        let message = at.message.map(|m| {
            let name = plain(self.lang, &format!("message-{}", m.kind));
            let (index, reference) = (m.index, m.reference.text().to_owned());
            Node::Message { index, reference, kind: m.name(), name, nodes: Vec::new() }
        });
        let mut into = Some(&mut self.nodes);
        for around in group.into_iter().chain(message) {
            into = into.and_then(|nodes| enter(nodes, around));
        }
        if let Some(nodes) = into {
            nodes.push(node);
        }
    }

    fn object(&mut self, bytes: &[u8], _: u64) {
        if self.seen <= self.page.skip || self.full {
            return;
        }
        let Some(segment) = last(&mut self.nodes) else { return };
        let object = segment.object.get_or_insert(ObjectNode { bytes: 0, text: String::new() });
        object.bytes += bytes.len() as u64;
        let room = LONGEST.saturating_sub(self.object.len()).min(bytes.len());
        if room > 0 {
            self.object.extend(bytes.iter().take(room));
            object.text = beginning(&self.object, segment.charset);
        }
    }
}

/// Bytes as text with its lines; nothing when they are none. The last character may be cut.
fn beginning(bytes: &[u8], charset: Charset) -> String {
    let whole = (0..4).filter_map(|cut| bytes.get(..bytes.len().checked_sub(cut)?));
    let whole = whole.into_iter().find(|part| charset.check(part).is_none()).unwrap_or_default();
    let lines =
        whole.split(|b| *b == b'\n').map(|line| charset.text(line.strip_suffix(b"\r").unwrap_or(line)));
    lines.collect::<Vec<_>>().join("\n")
}

/// The segment shown last.
fn last(nodes: &mut [Node]) -> Option<&mut SegmentNode> {
    match nodes.last_mut()? {
        Node::Group { nodes, .. } | Node::Message { nodes, .. } => last(nodes),
        Node::Segment(segment) => Some(segment),
    }
}

/// The contents of the last group or message if it is this one, else of this one, added.
fn enter(nodes: &mut Vec<Node>, node: Node) -> Option<&mut Vec<Node>> {
    let same = match (nodes.last(), &node) {
        (Some(Node::Group { index: a, .. }), Node::Group { index: b, .. })
        | (Some(Node::Message { index: a, .. }), Node::Message { index: b, .. }) => a == b,
        _ => false,
    };
    if !same {
        nodes.push(node);
    }
    match nodes.last_mut() {
        Some(Node::Group { nodes, .. } | Node::Message { nodes, .. }) => Some(nodes),
        _ => None,
    }
}

fn segment_node(at: &Position<'_>, segment: &Segment<'_>, lang: Lang) -> SegmentNode {
    let tag = segment.charset().text(&segment.tag());
    let mut elements: Vec<ElementNode> = Vec::new();
    for part in segment.parts().filter(|p| p.element > 0 && !p.is_empty()) {
        let component = component_node(&tag, &part, lang);
        match elements.last_mut() {
            Some(e) if e.element == part.element && e.repetition == part.repetition => {
                e.components.push(component)
            }
            _ => elements.push(ElementNode {
                element: part.element,
                repetition: part.repetition,
                name: plain(lang, &format!("element-{tag}-{}", part.element)),
                components: vec![component],
            }),
        }
    }
    let name = plain(lang, &format!("segment-{tag}"));
    SegmentNode {
        tag,
        name,
        number: segment.number,
        in_message: at.in_message,
        offset: segment.offset,
        elements,
        charset: segment.charset(),
        object: None,
    }
}

fn component_node(tag: &str, part: &Part<'_>, lang: Lang) -> ComponentNode {
    let text = part.text();
    let place = format!("{tag}-{}-{}", part.element, part.component);
    let short = text.len() <= 17;
    let meaning = short.then(|| plain(lang, &format!("code-{place}-{text}"))).flatten();
    let cut = text.chars().count() > LONGEST;
    let value = if cut { text.chars().take(LONGEST).collect() } else { text };
    ComponentNode {
        component: part.component,
        name: plain(lang, &format!("element-{place}")),
        value,
        meaning,
        cut,
    }
}

fn plain(lang: Lang, key: &str) -> Option<String> {
    let words = crate::messages();
    words.has(lang, key).then(|| words.text(lang, key, &[]))
}

impl Tree {
    /// The page as lines, indented by depth: for a terminal.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let words = crate::messages();
        let mut lines = Vec::new();
        if self.before > 0 {
            lines.push(words.text(lang, "tree-before", &[("number", &self.before.to_string())]));
        }
        nodes_lines(&self.nodes, 0, lang, &mut lines);
        if self.after > 0 {
            lines.push(words.text(lang, "tree-after", &[("number", &self.after.to_string())]));
        }
        lines
    }
}

fn nodes_lines(nodes: &[Node], depth: usize, lang: Lang, lines: &mut Vec<String>) {
    let words = crate::messages();
    let indent = "  ".repeat(depth);
    for node in nodes {
        match node {
            Node::Group { reference, nodes, .. } => {
                lines
                    .push(format!("{indent}{}", words.text(lang, "tree-group", &[("reference", reference)])));
                nodes_lines(nodes, depth + 1, lang, lines);
            }
            Node::Message { reference, kind, name, nodes, .. } => {
                let title = name.as_deref().unwrap_or(kind);
                let args = [("reference", reference.as_str()), ("kind", kind), ("name", title)];
                lines.push(format!("{indent}{}", words.text(lang, "tree-message", &args)));
                nodes_lines(nodes, depth + 1, lang, lines);
            }
            Node::Segment(segment) => lines.push(format!("{indent}{}", segment.line())),
        }
    }
}

impl SegmentNode {
    /// One line: the tag, its name, and what its elements say.
    #[must_use]
    pub fn line(&self) -> String {
        let elements: Vec<String> = self.elements.iter().map(ElementNode::line).collect();
        let name = self.name.as_deref().unwrap_or_default();
        let line = format!("{}  {name}  {}", self.tag, elements.join(" | ")).trim_end().to_owned();
        match &self.object {
            None => line,
            Some(object) => {
                let lines: Vec<&str> = object.text.lines().collect();
                format!("{line} | [{} B] {}", object.bytes, lines.join(" ⏎ ")).trim_end().to_owned()
            }
        }
    }
}

impl ElementNode {
    fn line(&self) -> String {
        let mut values = Vec::new();
        for component in &self.components {
            let value = component.meaning.as_ref().unwrap_or(&component.value);
            match &component.name {
                Some(name) => values.push(format!("{name}: {value}")),
                None => values.push(value.clone()),
            }
        }
        match &self.name {
            Some(name) => format!("{name}: {}", values.join(", ")),
            None => values.join(", "),
        }
    }
}
