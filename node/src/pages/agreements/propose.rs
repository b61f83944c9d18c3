//! Draws an agreement up: what may cross, whether it is for real, and which answers are promised. "One more answer" is a
//! button that sends the form: no script is needed (UI-1).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{AgreementId, Did, ErrorCode, Problem, Result};
use corridor_console::component::{Choice, Command, Editor, Field, Kind, Notice, Slip, Suggestions, quoted};
use corridor_console::{Markup, Page, Viewer};
use corridor_proof::{ContentTerm, Expectation, Flow};
use serde_json::{Value, json};

use super::super::form::Fields;
use super::super::preferences::see_other;
use super::super::{text, words};
use crate::access::Caller;
use crate::api::agreements::{self, Proposal};
use crate::api::extract::{self, Named};
use crate::api::problem::Answer;
use crate::node::Node;

/// The most answers that a form asks for.
const MOST: usize = 20;
/// The sizes that are offered, in bytes.
const SIZES: [u64; 4] = [1_000_000, 20_000_000, 250_000_000, 1_000_000_000];

/// One answer that is waited for, as it was typed.
#[derive(Clone, Debug, Default)]
struct Row {
    message: String,
    answer: String,
    time: String,
    unit: String,
    resend: String,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.message.is_empty() && self.answer.is_empty() && self.time.is_empty()
    }

    /// As it is written on the command line.
    fn expectation(&self) -> Result<Expectation> {
        let again = if self.resend.is_empty() { "0" } else { &self.resend };
        let again = if again == "0" { String::new() } else { format!(":resend={again}") };
        let (message, answer) = (self.message.to_uppercase(), self.answer.to_uppercase());
        format!("{message}:{answer}:{}{}{again}", self.time, self.unit).parse()
    }
}

/// What was typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    purpose: [String; 3],
    kinds: String,
    direction: String,
    size: String,
    days: String,
    pending: String,
    flow: String,
    rows: Vec<Row>,
    aperak: String,
    codes: bool,
}

/// The field that is wrong, and the words for why.
type Wrong = (String, &'static str);

impl Typed {
    fn new() -> Self {
        let word = str::to_owned;
        Self {
            kinds: word(corridor_trade::desk::EDIFACT),
            direction: word("both"),
            size: SIZES.get(1).map(ToString::to_string).unwrap_or_default(),
            days: word("365"),
            flow: word("production"),
            rows: vec![Row { unit: word("h"), ..Row::default() }],
            ..Self::default()
        }
    }

    fn of(fields: &Fields) -> Self {
        let get = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        let row = |at: usize| {
            let get = |part: &str| get(&format!("answer-{at}-{part}"));
            Row {
                message: get("message"),
                answer: get("answer"),
                time: get("time"),
                unit: get("unit"),
                resend: get("resend"),
            }
        };
        let rows = (1..=MOST).take_while(|at| fields.whole(&format!("answer-{at}-message")).is_some());
        Self {
            purpose: ["en", "ja", "ko"].map(|lang| get(&format!("purpose-{lang}"))),
            kinds: get("kinds"),
            direction: get("direction"),
            size: get("size"),
            days: get("days"),
            pending: get("pending"),
            flow: get("flow"),
            rows: rows.map(row).collect(),
            aperak: get("aperak"),
            codes: fields.get("codes") == Some("yes"),
        }
    }

    /// The proposal as the API takes it, or what is wrong at which field.
    fn proposal(&self, partner: &Did, now: corridor_base::Timestamp) -> Result<Value, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = Vec::new();
        let any = self.purpose.iter().find(|text| !text.is_empty());
        if any.is_none() {
            wrong.push(("purpose-en".into(), "propose-wrong-purpose"));
        }
        let purpose = |at: usize| self.purpose.get(at).filter(|text| !text.is_empty()).or(any).cloned();
        let directions: &[&str] = match self.direction.as_str() {
            "out" => &["out"],
            "in" => &["in"],
            _ => &["out", "in"],
        };
        let mut grants = Vec::new();
        for kind in self.kinds.split([',', ' ', '、']).filter(|kind| !kind.is_empty()) {
            if kind.parse::<corridor_proof::Kind>().is_err() {
                wrong.push(("kinds".into(), "propose-wrong-kinds"));
            }
            let size: u64 = self.size.parse().unwrap_or(1 << 20);
            grants.extend(directions.iter().map(
                |direction| json!({ "verb": "send", "kind": kind, "direction": direction, "max_size": size }),
            ));
        }
        if grants.is_empty() {
            wrong.push(("kinds".into(), "propose-wrong-kinds"));
        }
        let days = self.days.parse::<u64>().ok().filter(|days| (1..=36_500).contains(days));
        if days.is_none() {
            wrong.push(("days".into(), "propose-wrong-days"));
        }
        let pending = match self.pending.as_str() {
            "" => None,
            text => match text.parse::<u32>() {
                Ok(hours) if (1..=744).contains(&hours) => Some(hours),
                _ => {
                    wrong.push(("pending".into(), "propose-wrong-pending"));
                    None
                }
            },
        };
        let mut expects = Vec::new();
        for (row, at) in self.rows.iter().zip(1..).filter(|(row, _)| !row.is_empty()) {
            match row.expectation() {
                Ok(expectation) => expects.push(expectation),
                Err(_) => wrong.push((format!("answer-{at}-message"), "propose-wrong-answer")),
            }
        }
        let codes = if self.codes { ":codes" } else { "" };
        let mut aperak = Vec::new();
        for message in self.aperak.split([',', ' ', '、']).filter(|message| !message.is_empty()) {
            match format!("{}{codes}", message.to_uppercase()).parse::<ContentTerm>() {
                Ok(term) => aperak.push(term),
                Err(_) => wrong.push(("aperak".into(), "propose-wrong-aperak")),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let until = now.plus(Duration::from_secs(days.unwrap_or(1) * 86_400));
        Ok(json!({
            "partner": partner,
            "purpose": { "en": purpose(0), "ja": purpose(1), "ko": purpose(2) },
            "grants": grants, "until": until, "pending_hours": pending,
            "expects": expects, "aperak": aperak, "flow": self.flow.parse::<Flow>().unwrap_or_default(),
        }))
    }
}

/// The form.
pub(in crate::pages) async fn show(
    node: State<Arc<Node>>,
    viewer: Viewer,
    Named(did): Named<Did>,
) -> Answer<Response> {
    known(&node, &did)?;
    Ok(page(&node, &viewer, &did, &Typed::new(), &[], None).answer(&viewer))
}

/// Nobody agrees with somebody whom no list names.
fn known(node: &Node, did: &Did) -> Result<()> {
    node.exchange.directory().participant(did, node.now()).map(drop)
}

/// Takes the form.
pub(in crate::pages) async fn take(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(did): Named<Did>,
    fields: Fields,
) -> Answer<Response> {
    known(&node, &did)?;
    let mut typed = Typed::of(&fields);
    match fields.get("do").unwrap_or("propose") {
        "add" if typed.rows.len() < MOST => typed.rows.push(Row { unit: "h".to_owned(), ..Row::default() }),
        "propose" => return proposed(&node, caller, &viewer, &did, &typed).await,
        _ => {}
    }
    Ok(page(&node, &viewer, &did, &typed, &[], None).answer(&viewer))
}

async fn proposed(
    node: &State<Arc<Node>>,
    caller: Caller,
    viewer: &Viewer,
    did: &Did,
    typed: &Typed,
) -> Answer<Response> {
    let proposal = match typed.proposal(did, node.now()) {
        Ok(proposal) => proposal,
        Err(wrong) => {
            let page = page(node, viewer, did, typed, &wrong, None);
            return Ok(page.failed(ErrorCode::Malformed).answer(viewer));
        }
    };
    let internal = |e| Problem::new(ErrorCode::Internal).because(e);
    let proposal: Proposal = serde_json::from_value(proposal).map_err(internal)?;
    match agreements::propose(State(node.0.clone()), caller, extract::Json(proposal)).await {
        Ok((_, body)) => {
            let id: AgreementId = body.id;
            Ok(see_other(&format!("{}?done=proposed", super::path(id))))
        }
        Err(refusal) => {
            let page = page(node, viewer, did, typed, &[], Some(&refusal.0));
            Ok(page.failed(refusal.0.code()).answer(viewer))
        }
    }
}

fn page(
    node: &Node,
    viewer: &Viewer,
    did: &Did,
    typed: &Typed,
    wrong: &[Wrong],
    problem: Option<&Problem>,
) -> Page {
    let t = text(viewer.lang());
    let form = Filling { viewer, typed, wrong };
    let body =
        Markup::from(form.what()).and(form.flow()).and(form.answers()).and(form.content()).and(kinds(viewer));
    let action = format!("{}/agreement", words::partner_path(did));
    let mut editor = Editor::new(viewer, action, body).button("propose", t.get("propose-do"));
    for (field, why) in wrong {
        editor = editor.wrong(field, form.label(field), t.get(why));
    }
    let line = format!(
        "partner propose {} --kind edifact --flow production --expect CUSCAR:CUSRES:2h:resend=1 --purpose TEXT --output AGREEMENT.txt",
        quoted(did.as_str())
    );
    let data = "-H 'Content-Type: application/json' -d @PROPOSAL.json";
    let command = Command::new(viewer, &line, "POST", "/api/v1/agreements", Some(data));
    let name = super::super::viewer::name(node, did, viewer.lang());
    let page = Page::new(t.get("propose-with").and("partner", &name), Markup::from(editor).and(command))
        .lead(t.get("propose-lead"))
        .below(t.get("area-partners"), "/console/partners")
        .below(name, words::partner_path(did));
    match problem {
        Some(problem) => page.notice(Notice::problem(viewer.lang(), problem)),
        None => page,
    }
}

/// The messages that are offered, with their names.
fn kinds(viewer: &Viewer) -> Suggestions {
    let words = corridor_trade::messages();
    let known = corridor_trade::shape::shipped().iter().map(|mapping| mapping.message.as_str());
    let all = known.chain(["CONTRL", "APERAK"]).map(|kind| {
        let key = format!("message-{kind}");
        let named = words.has(viewer.lang(), &key);
        let name = if named { words.text(viewer.lang(), &key, &[]) } else { String::new() };
        (kind.to_owned(), name)
    });
    Suggestions { name: "messages".to_owned(), codes: all.collect() }
}

/// A form in the making.
struct Filling<'a> {
    viewer: &'a Viewer,
    typed: &'a Typed,
    wrong: &'a [Wrong],
}

impl Filling<'_> {
    fn label(&self, field: &str) -> String {
        let t = text(self.viewer.lang());
        match field.strip_prefix("answer-").and_then(|rest| rest.split_once('-')) {
            Some((at, _)) => t.get("propose-answer").and("n", at).into(),
            None => t.get(&format!("propose-{field}")).into(),
        }
    }

    fn field(&self, name: &str, label: &str, value: &str) -> Field {
        let field = Field::new(name, text(self.viewer.lang()).get(label)).value(value);
        match self.wrong.iter().find(|(wrong, _)| wrong == name) {
            Some((_, why)) => field.error(text(self.viewer.lang()).get(why)),
            None => field,
        }
    }

    /// What may cross.
    fn what(&self) -> Slip {
        let t = text(self.viewer.lang());
        let typed = self.typed;
        let purpose = ["en", "ja", "ko"].into_iter().zip(&typed.purpose).map(|(lang, value)| {
            let name = format!("purpose-{lang}");
            self.field(&name, &format!("propose-purpose-{lang}"), value).at_most(400)
        });
        let directions = ["both", "out", "in"]
            .map(|word| Choice::new(word, t.get(&format!("propose-direction-{word}"))))
            .to_vec();
        let size = |bytes: u64| {
            Choice::new(bytes.to_string(), corridor_console::format::size(self.viewer.lang(), bytes))
        };
        let mut fields: Vec<Field> = purpose.collect();
        fields.push(
            self.field("kinds", "propose-kinds", &typed.kinds)
                .hint(t.get("propose-kinds-hint"))
                .required(self.viewer),
        );
        fields.push(
            self.field("direction", "propose-direction", &typed.direction).kind(Kind::Select(directions)),
        );
        fields.push(
            self.field("size", "propose-size", &typed.size).kind(Kind::Select(SIZES.map(size).to_vec())),
        );
        fields.push(self.field("days", "propose-days", &typed.days).kind(Kind::Number).required(self.viewer));
        fields.push(
            self.field("pending", "propose-pending", &typed.pending)
                .kind(Kind::Number)
                .hint(t.get("propose-pending-hint")),
        );
        Slip { legend: Markup::text(t.get("propose-what")), fields, ..Slip::default() }
    }

    /// Whether it is for real.
    fn flow(&self) -> Slip {
        let t = text(self.viewer.lang());
        let choice = |flow: Flow| {
            Choice::new(flow.as_str(), t.get(&format!("flow-{flow}")))
                .hint(t.get(&format!("flow-{flow}-hint")))
        };
        let choices = [Flow::Production, Flow::Both, Flow::Test, Flow::Open].map(choice).to_vec();
        let flow = self.field("flow", "agreement-flow", &self.typed.flow).kind(Kind::Radio(choices));
        Slip { legend: Markup::text(t.get("propose-flow")), fields: vec![flow], ..Slip::default() }
    }

    /// Which answers are promised.
    fn answers(&self) -> Slip {
        let t = text(self.viewer.lang());
        let mut more = Markup::paragraph(t.get("propose-answers-how"));
        for (row, at) in self.typed.rows.iter().zip(1..) {
            more = more.and(self.answer(row, at));
        }
        let add = ("add".to_owned(), t.get("propose-add").into(), String::new());
        let presses = if self.typed.rows.len() < MOST { vec![add] } else { Vec::new() };
        let legend = Markup::text(t.get("agreement-answers"));
        Slip { id: "answers".to_owned(), legend, more, presses, ..Slip::default() }
    }

    fn answer(&self, row: &Row, at: usize) -> Slip {
        let t = text(self.viewer.lang());
        let name = |part: &str| format!("answer-{at}-{part}");
        let units =
            ["m", "h", "d"].map(|unit| Choice::new(unit, t.get(&format!("propose-unit-{unit}")))).to_vec();
        Slip {
            id: format!("answer-{at}"),
            legend: Markup::text(t.get("propose-answer").and("n", at)),
            fields: vec![
                self.field(&name("message"), "propose-message", &row.message)
                    .suggestions("messages")
                    .at_most(6),
                self.field(&name("answer"), "propose-by", &row.answer).suggestions("messages").at_most(6),
                self.field(&name("time"), "propose-time", &row.time).kind(Kind::Number),
                self.field(&name("unit"), "propose-unit", &row.unit).kind(Kind::Select(units)),
                self.field(&name("resend"), "propose-resend", &row.resend).kind(Kind::Number),
            ],
            ..Slip::default()
        }
    }

    /// What is judged apart from how it is written.
    fn content(&self) -> Slip {
        let t = text(self.viewer.lang());
        let codes = if self.typed.codes { "yes" } else { "" };
        Slip {
            legend: Markup::text(t.get("propose-content")),
            fields: vec![
                self.field("aperak", "propose-aperak", &self.typed.aperak).hint(t.get("propose-aperak-hint")),
                self.field("codes", "propose-codes", codes).kind(Kind::Check),
            ],
            ..Slip::default()
        }
    }
}
