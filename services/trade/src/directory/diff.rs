//! What changed from one directory to another.

use serde::Serialize;

use super::spec::{Content, Directory, MessageSpec, Representation, SegmentSpec, What, shown};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about: `message CUSCAR`, `segment NAD`, `code list 8155`.
    pub what: String,
    /// What is other: a place or code with what it was and what it is.
    pub how: String,
    /// Whether a document that was right before can be wrong now.
    pub breaks: bool,
}

/// All differences from `old` to `new`, messages first; `only` limits them to one message and to the
/// segments and code lists it uses.
#[must_use]
pub fn changes(old: &Directory, new: &Directory, only: Option<&str>) -> Vec<Change> {
    let mut found = Vec::new();
    let mut add = |what: String, how: String, breaks: bool| found.push(Change { what, how, breaks });
    let asked = |kind: &str| only.is_none_or(|only| only == kind);
    for (kind, before) in old.messages.iter().filter(|(kind, _)| asked(kind)) {
        match new.messages.get(kind) {
            None => add(format!("message {kind}"), "gone".to_owned(), true),
            Some(after) => message(kind, before, after, &mut add),
        }
    }
    for kind in new.messages.keys().filter(|kind| asked(kind) && !old.messages.contains_key(*kind)) {
        add(format!("message {kind}"), "new".to_owned(), false);
    }
    let tags = used(old, only);
    for (tag, before) in old.segments.iter().filter(|(tag, _)| tags.contains(*tag)) {
        match new.segments.get(tag) {
            None => add(format!("segment {tag}"), "gone".to_owned(), true),
            Some(after) => segment(tag, before, after, &mut add),
        }
    }
    let lists = codes_of(old, &tags);
    for (code, before) in old.codes.iter().filter(|(code, _)| lists.contains(code)) {
        let after = new.codes.get(code);
        for (value, name) in before {
            if after.is_some_and(|after| !after.contains_key(value)) {
                add(format!("code list {code}"), format!("{value} ({name}) gone"), true);
            }
        }
        let gained = after.map_or(0, |after| after.keys().filter(|v| !before.contains_key(*v)).count());
        if gained > 0 {
            add(format!("code list {code}"), format!("{gained} codes new"), false);
        }
    }
    found
}

/// The segments of all messages, or of one.
fn used(directory: &Directory, only: Option<&str>) -> Vec<String> {
    let messages = directory.messages.values().filter(|m| only.is_none_or(|only| only == m.kind));
    let nodes = messages.flat_map(|m| &m.nodes);
    let mut tags: Vec<String> = nodes
        .filter_map(|node| match node.what {
            What::Segment(tag) => Some(shown(&tag)),
            What::Group(_) => None,
        })
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

fn codes_of<'a>(directory: &'a Directory, tags: &[String]) -> Vec<&'a String> {
    let segments = directory.segments.iter().filter(|(tag, _)| tags.contains(*tag));
    segments
        .flat_map(|(_, segment)| &segment.elements)
        .flat_map(|element| match &element.content {
            Content::Simple(_) => vec![&element.code],
            Content::Composite(components) => components.iter().map(|c| &c.code).collect(),
        })
        .collect()
}

/// The rows of a message, each named by the groups around it: `SG7/SG8/RFF`, a second one `RFF#2`.
#[must_use]
pub fn paths(message: &MessageSpec) -> Vec<String> {
    let mut around: Vec<(usize, String)> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (at, node) in message.nodes.iter().enumerate() {
        around.retain(|(end, _)| at < *end);
        let own = match node.what {
            What::Segment(tag) => shown(&tag),
            What::Group(number) => format!("SG{number}"),
        };
        let path =
            around.iter().map(|(_, name)| name.as_str()).chain([own.as_str()]).collect::<Vec<_>>().join("/");
        let before = names
            .iter()
            .filter(|n| **n == path || n.strip_prefix(&path).is_some_and(|r| r.starts_with('#')))
            .count();
        names.push(if before == 0 { path } else { format!("{path}#{}", before + 1) });
        if matches!(node.what, What::Group(_)) {
            around.push((node.end, own));
        }
    }
    names
}

fn message(kind: &str, before: &MessageSpec, after: &MessageSpec, add: &mut dyn FnMut(String, String, bool)) {
    let (old, new) = (paths(before), paths(after));
    let status = |mandatory| if mandatory { "M" } else { "C" };
    for (path, node) in old.iter().zip(&before.nodes) {
        let what = format!("message {kind}");
        match new.iter().zip(&after.nodes).find(|(p, _)| *p == path) {
            None => add(what, format!("{path} gone or moved"), true),
            Some((_, now)) if (now.mandatory, now.repeat) != (node.mandatory, node.repeat) => {
                let how = format!(
                    "{path} was {}{}, is {}{}",
                    status(node.mandatory),
                    node.repeat,
                    status(now.mandatory),
                    now.repeat
                );
                add(what, how, now.mandatory && !node.mandatory || now.repeat < node.repeat);
            }
            Some(_) => {}
        }
    }
    for (path, node) in new.iter().zip(&after.nodes).filter(|(path, _)| !old.contains(path)) {
        let status = status(node.mandatory);
        add(format!("message {kind}"), format!("{path} new, {status}{}", node.repeat), node.mandatory);
    }
}

fn segment(tag: &str, before: &SegmentSpec, after: &SegmentSpec, add: &mut dyn FnMut(String, String, bool)) {
    let what = || format!("segment {tag}");
    for (at, old) in before.elements.iter().enumerate() {
        let place = format!("element {} ({})", at + 1, old.code);
        let Some(new) = after.elements.get(at) else {
            add(what(), format!("{place} gone"), true);
            continue;
        };
        if old.mandatory != new.mandatory || old.repeat != new.repeat {
            let status =
                |e: &super::spec::Element| format!("{}{}", if e.mandatory { "M" } else { "C" }, e.repeat);
            let breaks = new.mandatory && !old.mandatory || new.repeat < old.repeat;
            add(what(), format!("{place} was {}, is {}", status(old), status(new)), breaks);
        }
        let (old, new) = (parts(&old.content), parts(&new.content));
        for (number, (code, mandatory, representation)) in old.iter().enumerate() {
            let place = format!("{place}, component {} ({code})", number + 1);
            match new.get(number) {
                None => add(what(), format!("{place} gone"), true),
                Some((other, ..)) if other != code => add(what(), format!("{place} is {other} now"), true),
                Some((_, must, now)) => {
                    if representation != now {
                        let breaks = !holds(*now, *representation);
                        add(what(), format!("{place} was {representation}, is {now}"), breaks);
                    }
                    if mandatory != must {
                        let how = if *must { "mandatory now" } else { "conditional now" };
                        add(what(), format!("{place} {how}"), *must);
                    }
                }
            }
        }
    }
    for new in after.elements.iter().skip(before.elements.len()) {
        add(what(), format!("element {} new", new.code), new.mandatory);
    }
}

fn parts(content: &Content) -> Vec<(&str, bool, Representation)> {
    match content {
        Content::Simple(representation) => vec![("", true, *representation)],
        Content::Composite(all) => {
            all.iter().map(|c| (c.code.as_str(), c.mandatory, c.representation)).collect()
        }
    }
}

/// Whether every value written the old way may be written the new way.
fn holds(new: Representation, old: Representation) -> bool {
    let kind = new.kind == old.kind || new.kind == super::spec::Kind::Alphanumeric;
    kind && if new.variable { new.length >= old.length } else { !old.variable && new.length == old.length }
}
