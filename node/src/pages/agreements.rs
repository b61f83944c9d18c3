//! An agreement: what both sides sign, read before it is signed, and given the second signature. What it says is
//! shown in the same words wherever it is shown.

mod propose;

use std::sync::Arc;

use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use corridor_base::{AgreementId, Did, ErrorCode, Problem, Result, Timestamp};
use corridor_console::component::{
    Badge, Button, Command, Confirm, Editor, Facts, Field, Form, Icon, Kind, Notice, Press, Section, Short,
    Tone,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_proof::{Agreement, Codes, Flow, Statement};
use serde::Deserialize;

use super::preferences::see_other;
use super::{dates, form, text, upload, words};
use crate::access::Caller;
use crate::api::agreements::{self, AgreementBody};
use crate::api::extract::{Ask, Named, Note};
use crate::api::problem::Answer;
use crate::node::Node;

const PATH: &str = "/console/agreements";
/// Where a partner's signature is answered with ours.
const ACCEPT: &str = "/console/agreements/accept";

/// What ends one before its time.
const END: &str = "POST /console/agreements/{id}/end";

/// The routes of agreements.
pub(super) fn router() -> Router<Arc<Node>> {
    Router::new()
        .route(ACCEPT, get(ask).post(take).layer(DefaultBodyLimit::max(3 * <Agreement as Statement>::MAX)))
        .route("/console/agreements/{id}", get(page))
        .route("/console/agreements/{id}/file", get(file))
        .route("/console/agreements/{id}/end", post(end))
        .route("/console/partners/{did}/agreement", get(propose::show).post(propose::take))
}

/// Where an agreement is shown.
pub(super) fn path(id: AgreementId) -> String {
    format!("{PATH}/{id}")
}

/// The word for where an agreement stands now.
pub(super) fn standing(agreement: &AgreementBody, now: Timestamp) -> String {
    match serde_json::to_value(agreement.standing) {
        _ if agreement.in_force => "in-force".to_owned(),
        Ok(serde_json::Value::String(word)) if word != "concluded" => word,
        _ if agreement.from > now => "upcoming".to_owned(),
        _ => "expired".to_owned(),
    }
}

/// Whether what crosses is for real or a test.
pub(super) fn flow(viewer: &Viewer, flow: Flow) -> Badge {
    let tone = match flow {
        Flow::Open => Tone::Idle,
        Flow::Production | Flow::Both => Tone::Good,
        Flow::Test => Tone::Info,
    };
    Badge::new(tone, text(viewer.lang()).get(&format!("flow-{flow}")))
}

/// What an agreement allows.
pub(super) fn grants(viewer: &Viewer, us: &Did, agreement: &AgreementBody) -> Vec<Markup> {
    let t = text(viewer.lang());
    let grant = |grant: &agreements::GrantBody| {
        let key = if &grant.from == us { "grant-out" } else { "grant-in" };
        let size = format::size(viewer.lang(), grant.max_size);
        let kind = words::kind(viewer.lang(), grant.kind.as_str());
        Markup::text(t.get(key).and("kind", kind).and("size", size))
    };
    agreement.grants.iter().map(grant).collect()
}

/// Which answers it promises.
pub(super) fn answers(viewer: &Viewer, agreement: &AgreementBody) -> Vec<Markup> {
    let t = text(viewer.lang());
    let expects = |term: &agreements::ExpectationBody| {
        let key = if term.resend > 0 { "grant-expects-again" } else { "grant-expects" };
        let within = std::time::Duration::from_secs(term.within.into());
        let time = corridor_trade::expect::span(viewer.lang(), within);
        let (message, answer) = (term.message.as_str(), term.answer.as_str());
        let words = t.get(key).and("message", message).and("answer", answer).and("time", time);
        Markup::text(words.and("n", term.resend))
    };
    let aperak = |term: &agreements::ContentTermBody| {
        let key = if term.codes == Codes::Refuse { "grant-aperak-codes" } else { "grant-aperak" };
        Markup::text(t.get(key).and("message", term.message.as_str()))
    };
    agreement.expects.iter().map(expects).chain(agreement.aperak.iter().map(aperak)).collect()
}

/// All that it says, to be read before anybody signs it and after.
fn terms(node: &Node, viewer: &Viewer, us: &Did, agreement: &AgreementBody) -> Markup {
    let t = text(viewer.lang());
    let none = || vec![Markup::quiet(t.get("agreement-no-answers"))];
    let answers = Some(answers(viewer, agreement)).filter(|all| !all.is_empty()).unwrap_or_else(none);
    let facts = Facts::new()
        .fact(t.get("column-partner"), words::partner(node, viewer, &agreement.partner))
        .text(t.get("column-purpose"), agreement.purpose.get(viewer.lang()))
        .fact(t.get("column-from"), dates(viewer).exact(agreement.from))
        .fact(t.get("column-until"), dates(viewer).exact(agreement.until))
        .fact(t.get("column-grants"), Markup::lines(grants(viewer, us, agreement)))
        .fact(t.get("agreement-answers"), Markup::lines(answers))
        .fact(
            t.get("agreement-flow"),
            Markup::lines([
                flow(viewer, agreement.flow).into(),
                Markup::quiet(t.get(&format!("flow-{}-hint", agreement.flow))),
            ]),
        )
        .text(t.get("agreement-pending"), t.get("agreement-hours").and("n", agreement.pending_hours));
    Section::new(t.get("agreement-terms"), facts).card().into()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// One agreement.
async fn page(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<AgreementId>,
    Ask(done): Ask<Done>,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let found = agreements::show(State(node.0.clone()), caller.clone(), Named(id)).await?.0;
    let word = standing(&found, node.now());
    let book = Facts::new()
        .fact(t.get("column-state"), words::state(viewer.lang(), &word))
        .fact(t.get("agreement-recorded"), dates(&viewer).exact(found.recorded))
        .fact(t.get("agreement-digest"), Short::new(&found.digest))
        .fact(t.get("agreement-id"), Markup::code(found.id));
    let body = terms(&node, &viewer, &caller.participant, &found)
        .and(Section::new(t.get("agreement-book"), book).card())
        .and(command(&viewer, id));
    let file = Markup::from(Button::new(t.get("agreement-file"), format!("{}/file", path(id))).download());
    let ends = matches!(word.as_str(), "proposed" | "upcoming" | "in-force").then(|| ending(&viewer, id));
    let partner = super::viewer::name(&node, &found.partner, viewer.lang());
    let mut page = Page::new(found.purpose.get(viewer.lang()), body)
        .below(t.get("area-partners"), "/console/partners")
        .below(partner, words::partner_path(&found.partner))
        .actions(Markup::join([file].into_iter().chain(ends)));
    let told = match done.done.as_str() {
        "proposed" => Some(("agreement-proposed", "agreement-proposed-next")),
        "signed" => Some(("agreement-signed", "agreement-signed-next")),
        "ended" => Some(("agreement-ended", "agreement-ended-next")),
        _ => None,
    };
    if let Some((what, next)) = told {
        page = page.notice(Notice::new(Tone::Good, t.get(what)).body(Markup::paragraph(t.get(next))));
    }
    Ok(page.answer(&viewer))
}

/// The same as a command: to end it, for whoever may, and else to look at it.
fn command(viewer: &Viewer, id: AgreementId) -> Command {
    if viewer.may(END) {
        let api = format!("/api/v1/agreements/{id}/end");
        return Command::new(viewer, &format!("partner end {id}"), "POST", &api, None);
    }
    Command::new(viewer, "partner agreements", "GET", &format!("/api/v1/agreements/{id}"), None)
}

/// What stops a partner at once: the question, and the button that ends the agreement.
fn ending(viewer: &Viewer, id: AgreementId) -> Markup {
    if !viewer.may(END) {
        return Markup::none();
    }
    let t = text(viewer.lang());
    let press = Press::new(viewer, format!("{}/end", path(id)), t.get("agreement-end"));
    let (label, question) = (t.get("agreement-end").into(), t.get("agreement-end-question").into());
    Confirm { label, question, form: press.icon(Icon::Bad).into(), calm: false }.into()
}

/// Ends it before its time (EX-1).
async fn end(
    node: State<Arc<Node>>,
    caller: Caller,
    id: Named<AgreementId>,
    _fields: form::Fields,
) -> Answer<Response> {
    let ended = agreements::end(node, caller, id).await?.0;
    Ok(see_other(&format!("{}?done=ended", path(ended.id))))
}

/// The agreement as it is signed: what the partner gets.
async fn file(node: State<Arc<Node>>, caller: Caller, Named(id): Named<AgreementId>) -> Answer<Response> {
    let found = agreements::show(node, caller, Named(id)).await?.0;
    let name = HeaderValue::from_str(&format!("attachment; filename=\"agreement-{id}.txt\""))
        .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")), (CONTENT_DISPOSITION, name)];
    Ok((headers, found.statement).into_response())
}

/// Asks for the file that the partner signed.
async fn ask(viewer: Viewer) -> Answer<Response> {
    Ok(asked(&viewer, None).answer(&viewer))
}

fn asked(viewer: &Viewer, problem: Option<&Problem>) -> Page {
    let t = text(viewer.lang());
    let mut form = Form::new(viewer, ACCEPT, t.get("accept-read"))
        .field(
            Field::new("file", t.get("accept-file"))
                .kind(Kind::File)
                .hint(t.get("accept-file-hint"))
                .required(viewer),
        )
        .cancel("/console/partners");
    if let Some(problem) = problem {
        form = form.problem(Notice::problem(viewer.lang(), problem));
    }
    let command = Command::new(
        viewer,
        "partner accept AGREEMENT.txt --output SIGNED.txt",
        "POST",
        "/api/v1/agreements/accept",
        Some("-H 'Content-Type: text/plain' --data-binary @AGREEMENT.txt"),
    );
    let page = Page::new(t.get("accept-title"), Markup::from(form).and(command))
        .lead(t.get("accept-lead"))
        .below(t.get("area-partners"), "/console/partners");
    match problem {
        Some(problem) => page.failed(problem.code()),
        None => page,
    }
}

/// Shows what a file says; signs it when it was read.
async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    parts: std::result::Result<Multipart, MultipartRejection>,
) -> Answer<Response> {
    let most = <Agreement as Statement>::MAX;
    let brought = upload::read(parts, &[("file", most), ("note", most * 2)]).await?;
    form::genuine(&viewer, brought.field("csrf"))?;
    if brought.field("do") == "sign" {
        let wrong = |e| Problem::new(ErrorCode::Malformed).with("what", "agreement").because(e);
        let note = BASE64.decode(brought.field("note")).map_err(wrong)?;
        return match agreements::accept(State(node.0.clone()), caller.clone(), Note(note.clone())).await {
            Ok(signed) => Ok(see_other(&format!("{}?done=signed", path(signed.id)))),
            Err(refusal) => {
                let page = read(&node, &caller, &viewer, &note)?;
                let notice = Notice::problem(viewer.lang(), &refusal.0);
                Ok(page.notice(notice).failed(refusal.0.code()).answer(&viewer))
            }
        };
    }
    let none = || Problem::new(ErrorCode::Malformed).with("what", "file").with("why", "none was chosen");
    let page = brought.file("file").ok_or_else(none).and_then(|note| read(&node, &caller, &viewer, note));
    Ok(page.unwrap_or_else(|problem| asked(&viewer, Some(&problem))).answer(&viewer))
}

/// What the file says, and the button that signs it. Base64, because a form changes ends of lines.
fn read(node: &Node, caller: &Caller, viewer: &Viewer, note: &[u8]) -> Result<Page> {
    let t = text(viewer.lang());
    let found = agreements::read(&caller.participant, note, node.now())?;
    let editor = Editor::new(viewer, ACCEPT, Markup::none())
        .in_parts()
        .hidden("note", BASE64.encode(note))
        .button("sign", t.get("accept-sign"));
    let body = terms(node, viewer, &caller.participant, &found).and(editor);
    let title = t.get("accept-look");
    let notice = Notice::new(Tone::Info, t.get("accept-question"))
        .body(Markup::paragraph(t.get("accept-question-how")));
    Ok(Page::new(title, body)
        .notice(notice)
        .below(t.get("area-partners"), "/console/partners")
        .below(t.get("accept-title"), ACCEPT))
}

/// What there is to do about agreements, for a list of partners or one of them.
pub(super) fn actions(viewer: &Viewer, partner: Option<&Did>) -> Markup {
    let t = text(viewer.lang());
    let mut actions = Markup::none();
    if let Some(did) = partner.filter(|_| viewer.may("POST /console/partners/{did}/agreement")) {
        let path = format!("{}/agreement", words::partner_path(did));
        actions = actions.and(Button::new(t.get("propose-title"), path).icon(Icon::Plus));
    }
    if viewer.may("POST /console/agreements/accept") {
        actions = actions.and(Button::new(t.get("accept-title"), ACCEPT).icon(Icon::Upload));
    }
    actions
}
