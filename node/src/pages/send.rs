//! Sends a document: a form that takes a file of any size as it comes, and the same document once, however
//! often the form is sent (EX-4).

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::response::Response;
use bytes::Bytes;
use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result};
use corridor_console::component::{Button, Choice, Command, Empty, Field, Form, Icon, Kind, Notice, quoted};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_proof::Verb;
use futures::{Stream, StreamExt, TryStreamExt};
use serde::Deserialize;

use super::documents::OUTBOX;
use super::preferences::see_other;
use super::{form, text, words};
use crate::access::Caller;
use crate::api::extract::Ask;
use crate::api::outbox::{self, SendQuery};
use crate::api::problem::Answer;
use crate::node::Node;

const PATH: &str = "/console/outbox/send";
/// The longest value of a field that is no file, in bytes.
const FIELD: usize = 2000;
/// The longest list of persons, in bytes: 64 references of 200 characters.
const SUBJECTS: usize = 64 * 800;

/// What is already known when the form is opened, and what was typed when it comes back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Draft {
    to: String,
    kind: String,
    name: String,
    answers: String,
    /// References of persons, one a line: never in an address.
    #[serde(skip)]
    subjects: String,
    #[serde(skip)]
    key: String,
    #[serde(skip)]
    csrf: String,
}

/// What may be sent now: to whom, which kinds, how large.
pub(super) struct Allowed {
    pub(super) partners: Vec<Did>,
    kinds: Vec<String>,
    most: u64,
}

pub(super) async fn allowed(node: &Node, caller: &Caller) -> Result<Allowed> {
    let (us, now) = (&caller.participant, node.now());
    let agreements = node.exchange.agreements(us).await?;
    let in_force = agreements.iter().filter(|a| a.in_force(now));
    let grants = in_force.flat_map(|a| &a.terms.grants).filter(|g| g.verb == Verb::Send && &g.from == us);
    let (mut partners, mut kinds, mut most) = (Vec::new(), Vec::new(), 0);
    for grant in grants.filter(|g| caller.scope.admits(&g.kind, &g.to)) {
        partners.push(grant.to.clone());
        kinds.push(grant.kind.to_string());
        most = most.max(grant.max_size);
    }
    partners.sort();
    partners.dedup();
    kinds.sort();
    kinds.dedup();
    Ok(Allowed { partners, kinds, most: most.min(node.config.max_size) })
}

/// The form.
pub(super) async fn show(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Ask(draft): Ask<Draft>,
) -> Answer<Response> {
    page(&node, &caller, &viewer, draft, None).await
}

async fn page(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    mut draft: Draft,
    problem: Option<Problem>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let allowed = allowed(node, caller).await?;
    let (title, code) = (t.get("send-document").to_string(), problem.as_ref().map(Problem::code));
    if draft.key.is_empty() {
        draft.key = EnvelopeId::new(&*node.clock, &*node.random).to_string();
    }
    let body = if allowed.partners.is_empty() {
        let partners = Button::new(t.get("area-partners"), "/console/partners").icon(Icon::Partners);
        Empty::new(Icon::Partners, t.get("send-nobody"), t.get("send-nobody-how")).action(partners).into()
    } else {
        let line = format!(
            "send --to {} --kind {}{} FILE",
            quoted(or(&draft.to, "did:web:…")),
            quoted(or(&draft.kind, "edifact")),
            persons(&draft.subjects).iter().map(|p| format!(" --subject {}", quoted(p))).collect::<String>()
        );
        let path = corridor_console::component::address(
            "/api/v1/outbox",
            &[("to", or(&draft.to, "did:web:…")), ("kind", or(&draft.kind, "edifact"))],
        );
        let data = "-H 'Idempotency-Key: KEY' --data-binary @FILE";
        Markup::from(fields(node, viewer, &allowed, &draft, problem)).and(Command::new(
            viewer,
            &line,
            "POST",
            &path,
            Some(data),
        ))
    };
    let mut page = Page::new(title, body).lead(t.get("send-lead")).below(OUTBOX.title(viewer), OUTBOX.path);
    if let Some(code) = code {
        page = page.failed(code);
    }
    Ok(page.answer(viewer))
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

fn fields(node: &Node, viewer: &Viewer, allowed: &Allowed, draft: &Draft, problem: Option<Problem>) -> Form {
    let t = text(viewer.lang());
    let lang = viewer.lang();
    let choose = |choices: Vec<Choice>| match choices.len() {
        1 => choices,
        _ => std::iter::once(Choice::new("", t.get("send-choose"))).chain(choices).collect(),
    };
    let partner = |did: &Did| Choice::new(did.to_string(), super::viewer::name(node, did, lang));
    let kind = |kind: &String| Choice::new(kind.clone(), words::kind(lang, kind));
    let partners = choose(allowed.partners.iter().take(500).map(partner).collect());
    let kinds = choose(allowed.kinds.iter().take(200).map(kind).collect());
    let most = t.get("send-file-hint").and("size", format::size(lang, allowed.most));
    let mut form = Form::new(viewer, PATH, t.get("send-do"))
        .hidden("key", &draft.key)
        .field(
            Field::new("to", t.get("document-to"))
                .kind(Kind::Select(partners))
                .value(&draft.to)
                .required(viewer),
        )
        .field(
            Field::new("kind", t.get("column-kind"))
                .kind(Kind::Select(kinds))
                .value(&draft.kind)
                .required(viewer),
        )
        .field(
            Field::new("name", t.get("send-name"))
                .hint(t.get("send-name-hint"))
                .value(&draft.name)
                .at_most(255),
        );
    if !draft.answers.is_empty() {
        form = form.field(Field::new("answers", t.get("document-answers")).value(&draft.answers));
    }
    let persons = Field::new("subjects", t.get("send-subjects")).kind(Kind::Lines);
    form = form
        .field(persons.hint(t.get("send-subjects-hint")).value(&draft.subjects))
        .field(Field::new("file", t.get("send-file")).kind(Kind::File).hint(most).required(viewer))
        .cancel(OUTBOX.path);
    match problem {
        Some(problem) => {
            let again = Markup::paragraph(t.get("send-file-again"));
            form.problem(Markup::from(Notice::problem(lang, &problem)).and(again))
        }
        None => form,
    }
}

/// Takes the form. The fields come first and the file last, so that it is stored as it comes.
pub(super) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    parts: std::result::Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Answer<Response> {
    let mut parts = parts.map_err(|e| wrong(&e.body_text()))?;
    let mut draft = Draft::default();
    loop {
        let Some(mut part) = parts.next_field().await.map_err(|e| wrong(&e.body_text()))? else {
            // Nothing was chosen.
            form::genuine(&viewer, &draft.csrf)?;
            return page(&node, &caller, &viewer, draft, Some(wrong("file"))).await;
        };
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            form::genuine(&viewer, &draft.csrf)?;
            let file = part.file_name().unwrap_or_default().to_owned();
            let content = part.map_err(std::io::Error::other);
            return match hand_in(&node, &caller, &draft, &file, content).await {
                Ok(id) => Ok(see_other(&format!("{}/{id}?done=sent", OUTBOX.path))),
                Err(problem) => page(&node, &caller, &viewer, draft, Some(problem)).await,
            };
        }
        let value = value(&mut part, if name == "subjects" { SUBJECTS } else { FIELD }).await?;
        match name.as_str() {
            "csrf" => draft.csrf = value,
            "key" => draft.key = value,
            "to" => draft.to = value,
            "kind" => draft.kind = value,
            "name" => draft.name = value,
            "answers" => draft.answers = value,
            "subjects" => draft.subjects = value,
            _ => {}
        }
    }
}

fn wrong(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "form").with("why", why)
}

/// A field that is no file.
async fn value(part: &mut axum::extract::multipart::Field<'_>, most: usize) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|e| wrong(&e.body_text()))? {
        if bytes.len() + piece.len() > most {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "form field")
                .with("limit", format!("{most} bytes")));
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map(|text| text.trim().to_owned()).map_err(|_| wrong("UTF-8 expected"))
}

async fn hand_in(
    node: &Node,
    caller: &Caller,
    draft: &Draft,
    file: &str,
    mut content: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
) -> Result<EnvelopeId> {
    // The first piece is awaited: a browser sends an empty file when none was chosen.
    let first = content.try_next().await.map_err(|e| wrong(&e.to_string()))?;
    let first = first.filter(|piece| !piece.is_empty()).ok_or_else(|| wrong("file"))?;
    let whole = futures::stream::once(std::future::ready(Ok(first))).chain(content);
    let given = if draft.name.is_empty() { file_name(file) } else { Some(draft.name.clone()) };
    let query = SendQuery {
        to: draft.to.parse()?,
        kind: draft.kind.parse()?,
        agreement: None,
        name: given,
        answers: form::chosen(&draft.answers)?,
    };
    outbox::hand_in(node, caller, query, persons(&draft.subjects), Some(&draft.key), whole)
        .await
        .map(|row| row.id)
}

/// The references of persons, one a line, each once.
pub(super) fn persons(lines: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !found.iter().any(|known| known == line) {
            found.push(line.to_owned());
        }
    }
    found
}

/// What the sender's file is called, without the folders that some browsers send.
fn file_name(file: &str) -> Option<String> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(255).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_stand_one_a_line() {
        let check = |lines: &str, expect: &[&str]| assert_eq!(persons(lines), expect, "{lines:?}");
        check("", &[]);
        check(" case 4711 \r\n\r\n患者 7\r\ncase 4711", &["case 4711", "患者 7"]);
        check("a, b", &["a, b"]);
    }

    #[test]
    fn a_file_is_called_without_its_folders() {
        let check =
            |file: &str, expect: Option<&str>| assert_eq!(file_name(file).as_deref(), expect, "{file}");
        check("a.edi", Some("a.edi"));
        check("C:\\fakepath\\申告.edi", Some("申告.edi"));
        check("../../etc/passwd", Some("passwd"));
        check("a\r\nb", Some("ab"));
        check("", None);
    }
}
