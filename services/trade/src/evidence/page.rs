//! The page of a chain, for people who open the file without any program of ours: what crossed, what was
//! answered, and which files show it, in three languages side by side.

use corridor_base::Lang;
use corridor_base::html::escape;

use super::index::{Happened, Index, Indexed};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid #888;padding:.4rem;text-align:left;vertical-align:top}\
code{overflow-wrap:anywhere}small{display:block}";

/// The page.
pub(super) fn page(index: &Index) -> Vec<u8> {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width\">");
    out.push_str(&format!(
        "<title>{}</title><style>{STYLE}</style></head><body>\n",
        escaped(&index.reference)
    ));
    out.push_str(&format!("<h1>{}</h1>\n", three("chain-title", &[("reference", &index.reference)])));
    let (who, until) = (index.participant.to_string(), index.until.to_string());
    out.push_str(&format!("<p>{}</p>\n", three("chain-by", &[("who", &who), ("until", &until)])));
    if index.more {
        out.push_str(&format!("<p>{}</p>\n", three("chain-more", &[])));
    }
    out.push_str(&format!("<h2>{}</h2>\n<table><tr>", three("chain-documents", &[])));
    for key in ["chain-document", "chain-parties", "chain-states", "chain-files"] {
        out.push_str(&format!("<th>{}</th>", three(key, &[])));
    }
    out.push_str("</tr>\n");
    index.documents.iter().for_each(|document| row(&mut out, document));
    out.push_str("</table>\n");
    for absent in &index.absent {
        let (envelope, partner) = (absent.envelope.to_string(), absent.partner.to_string());
        let args = [("envelope", envelope.as_str()), ("partner", &partner)];
        out.push_str(&format!("<p>{}</p>\n", three(&format!("chain-absent-{}", absent.why), &args)));
    }
    out.push_str(&format!("<h2>{}</h2>\n<ol>\n", three("chain-events", &[])));
    index.events.iter().for_each(|event| happened(&mut out, event));
    out.push_str(&format!("</ol>\n<p>{}</p>\n</body></html>\n", three("chain-verify", &[])));
    out.into_bytes()
}

fn row(out: &mut String, document: &Indexed) {
    let file = |name: &str| {
        let path = format!("{}/{name}", document.folder);
        format!("<small><a href=\"{}\">{}</a></small>", escaped(&path), escaped(name))
    };
    out.push_str(&format!(
        "<tr><td>{}<small>{}</small><small><code>{}</code></small></td>",
        escaped(&document.messages.join(", ")),
        document.created,
        document.envelope
    ));
    out.push_str(&format!(
        "<td><code>{}</code> → <code>{}</code></td><td>",
        escaped(document.sender.as_str()),
        escaped(document.recipient.as_str())
    ));
    out.push_str(&three(&format!("transport-{}", document.transport), &[]));
    for word in document.syntax.iter().chain(&document.judgement) {
        out.push_str(&format!("<small>{}</small>", three(&format!("event-answer-{word}"), &[])));
    }
    out.push_str("</td><td>");
    if document.content {
        out.push_str(&file("content"));
    }
    out.push_str(&file("envelope.note"));
    for act in &document.acts {
        out.push_str(&file(&format!("{}.opening.json", act.file)));
        if act.receipt {
            out.push_str(&file(&format!("{}.tlog-proof", act.file)));
        }
    }
    out.push_str("</td></tr>\n");
}

fn happened(out: &mut String, event: &Happened) {
    let what = three(&format!("event-{}", event.what), &[]);
    out.push_str(&format!(
        "<li><time>{}</time> {}: {what}<small><code>{}</code></small>",
        event.time,
        escaped(&event.messages.join(", ")),
        event.envelope
    ));
    for (lang, lines) in &event.said {
        for line in lines {
            out.push_str(&format!("<small lang=\"{}\">{}</small>", escaped(lang), escaped(line)));
        }
    }
    out.push_str("</li>\n");
}

/// A text in the three languages, each said to be what it is.
fn three(key: &str, args: &[(&str, &str)]) -> String {
    let said = |lang: &Lang| {
        let text = crate::messages().text(*lang, key, args);
        format!("<span lang=\"{}\">{}</span>", lang.tag(), escaped(&text))
    };
    Lang::ALL.iter().map(said).collect::<Vec<_>>().join(" / ")
}

/// Text of whoever wrote to whoever exported this, on one line. Signs that turn the direction of text would show another
/// text than is there.
fn escaped(text: &str) -> String {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown: String =
        text.chars().filter(|c| !turns(c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    escape(&shown)
}
