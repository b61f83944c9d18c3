//! One report or declaration: what it says, what it hit, and the form that decides on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{Problem, Result};
use corridor_console::component::{
    Choice, Column, Columns, Command, Empty, Event, Facts, Field, Form, Icon, Kind, Notice, Row, Section,
    Table, Timeline, Tone, address, quoted,
};
use corridor_console::{Markup, Page, Viewer};
use corridor_trade::customs::edge::{ShownCase, one};
use corridor_trade::customs::{
    CaseId, Decided, Decision, Hit, LONGEST_CODE, LONGEST_REASON, UNJUDGED, Wanted, decide as decides,
};
use corridor_trade::shape::{field_label, list_entry, path_label, word_label};

use super::{PATH, dates, kind, lane, number, said, state, test, text, words};
use crate::access::Caller;
use crate::api::extract::Named;
use crate::api::problem::Answer;
use crate::api::subjects::Readers;
use crate::node::Node;
use crate::pages::form::Fields;

/// How many fields the page shows.
const SHOWN: usize = 300;
/// How many of them may be named as wrong.
const NAMED: usize = 200;

/// What was typed into the form.
#[derive(Default)]
struct Typed {
    decision: String,
    reason: String,
    code: String,
    field: String,
}

impl Typed {
    /// Whether it is a decision that whoever declared must be told the reason of.
    fn lacks_reason(&self) -> bool {
        let decision: Option<Decision> = self.decision.parse().ok();
        decision.is_some_and(|decision| decision != Decision::Release) && self.reason.trim().is_empty()
    }
}

/// What was tried, and why it was refused.
#[derive(Default)]
struct Attempt {
    typed: Typed,
    problem: Option<Problem>,
}

/// What people call whoever decided.
type Names = BTreeMap<String, String>;

/// The page.
pub(super) async fn page(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<CaseId>,
) -> Answer<Response> {
    let shown = one(&node.exchange, &node.library, &caller.acting(), id).await?;
    let by = deciders(&node, &caller, &shown.decisions).await?;
    Ok(build(&node, &viewer, &shown, &by, Attempt::default()).answer(&viewer))
}

/// Decides, and shows what came of it above the page.
pub(super) async fn decide(
    State(node): State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<CaseId>,
    fields: Fields,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let typed = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let typed = Typed {
        decision: typed("decision"),
        reason: typed("reason"),
        code: typed("code"),
        field: typed("field"),
    };
    let decided = match wanted(&typed, fields.get("seen")) {
        Ok(wanted) => decides(&node.exchange, &node.library, &caller.acting(), id, wanted).await,
        Err(problem) => Err(problem),
    };
    let shown = one(&node.exchange, &node.library, &caller.acting(), id).await?;
    let by = deciders(&node, &caller, &shown.decisions).await?;
    let page = match decided {
        Ok(_) => {
            let word = said(&viewer, &format!("customs-decision-{}", typed.decision));
            let notice = Notice::new(Tone::Good, t.get("customs-decided").and("decision", word)).body(
                Markup::lines([
                    Markup::text(t.get("customs-decided-how")),
                    Markup::link(&format!("{PATH}?state=waiting"), t.get("customs-next")),
                ]),
            );
            build(&node, &viewer, &shown, &by, Attempt::default()).notice(notice)
        }
        Err(problem) => {
            let code = problem.code();
            let attempt = Attempt { typed, problem: Some(problem) };
            build(&node, &viewer, &shown, &by, attempt).failed(code)
        }
    };
    Ok(page.answer(&viewer))
}

fn wanted(typed: &Typed, seen: Option<&str>) -> Result<Wanted> {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Ok(Wanted {
        decision: typed.decision.parse()?,
        reason: typed.reason.clone(),
        code: some(&typed.code),
        field: some(&typed.field),
        seen: seen.and_then(|seen| seen.parse().ok()),
    })
}

fn build(node: &Node, viewer: &Viewer, shown: &ShownCase, by: &Names, attempt: Attempt) -> Page {
    let t = text(viewer.lang());
    let case = &shown.case;
    // Before what it says, which is long: on a phone everything stands below each other.
    let narrow = Markup::from(Section::new(t.get("customs-facts"), facts(node, viewer, shown)).card())
        .and(Section::new(t.get("customs-hits"), hits(viewer, &shown.hits)).card());
    let wide = Markup::from(
        Section::new(t.get("customs-decide"), form(viewer, shown, &attempt.typed, attempt.problem.as_ref()))
            .card(),
    )
    .and(Section::new(t.get("customs-history"), history(viewer, &shown.decisions, by)).card());
    let says = Section::new(t.get("customs-fields"), fields(viewer, shown)).named("fields");
    let decide = format!("trade decide {} hold --reason {}", case.id, quoted("…"));
    let api = format!("/api/v1/trade/customs/{}/decision", case.id);
    let body = r#"-H "Content-Type: application/json" -d '{"decision":"hold","reason":"…"}'"#;
    let command = Command::new(viewer, &decide, "POST", &api, Some(body));
    let title = t
        .get("customs-title")
        .and("kind", said(viewer, &format!("message-{}", case.kind)))
        .and("number", number(t, case));
    let page = Page::new(title, Markup::from(Columns { wide, narrow }).and(says).and(command));
    let page = page.below(t.get("area-customs"), PATH);
    match case.test {
        true => page.notice(Notice::new(Tone::Info, t.get("customs-test-notice"))),
        false => page,
    }
}

fn facts(node: &Node, viewer: &Viewer, shown: &ShownCase) -> Facts {
    let t = text(viewer.lang());
    let case = &shown.case;
    let of = |text: &str| Some(Markup::text(text)).filter(|_| !text.is_empty());
    let document = Markup::link(&format!("/console/inbox/{}", case.envelope), t.get("trade-open"));
    let transaction = (!case.number.is_empty()).then(|| {
        Markup::link(&address("/console/trade", &[("reference", &case.number)]), t.get("customs-transaction"))
    });
    let function = said_or_none(viewer, "customs-function", &case.function);
    let badges = [Markup::from(state(viewer, case.state))].into_iter().chain(test(t, case));
    Facts::new()
        .fact(t.get("customs-state"), Markup::lines(badges))
        .fact(t.get("customs-risk"), lane(viewer, case.lane))
        .text(t.get("customs-kind"), kind(viewer, &case.kind))
        .known(t.get("customs-function"), function.map(Markup::text))
        .fact(t.get("column-partner"), words::partner(node, viewer, &case.partner))
        .known(t.get("customs-port"), of(&case.port))
        .known(t.get("customs-party"), of(&case.party))
        .fact(t.get("column-time"), dates(viewer).exact(case.created))
        .fact(t.get("customs-document"), Markup::lines([document].into_iter().chain(transaction)))
}

fn said_or_none(viewer: &Viewer, kind: &str, word: &str) -> Option<String> {
    (!word.is_empty()).then(|| said(viewer, &format!("{kind}-{word}")))
}

fn hits(viewer: &Viewer, hits: &[Hit]) -> Markup {
    let t = text(viewer.lang());
    if hits.is_empty() {
        return Markup::paragraph(t.get("customs-hits-none"));
    }
    let line = |hit: &Hit| {
        let action = said(viewer, &format!("risk-action-{}", hit.action.as_str()));
        let title = match hit.title.get(viewer.lang().tag()) {
            _ if hit.rule == UNJUDGED => said(viewer, "risk-not-judged"),
            Some(title) => title.clone(),
            None => hit.rule.clone(),
        };
        let badge = super::Badge::new(lane(viewer, hit.action.lane()).tone, action);
        Markup::lines([Markup::text(title), badge.into()])
    };
    Markup::join(hits.iter().map(line))
}

fn form(viewer: &Viewer, shown: &ShownCase, typed: &Typed, problem: Option<&Problem>) -> Markup {
    let t = text(viewer.lang());
    // What is only missing is said at its field.
    let problem = problem.filter(|_| !typed.lacks_reason());
    let told = problem.map(|problem| Markup::from(Notice::problem(viewer.lang(), problem)));
    if shown.possible.is_empty() {
        return told.unwrap_or_default().and(Markup::paragraph(t.get("customs-decide-final")));
    }
    let choice = |decision: &Decision| {
        Choice::new(decision.as_str(), said(viewer, &format!("customs-decision-{}", decision.as_str())))
    };
    let mut wrong = vec![Choice::new("", t.get("customs-wrong-none"))];
    let short = |value: &str| value.chars().take(40).collect::<String>();
    wrong.extend(shown.fields.iter().take(NAMED).map(|field| {
        let (name, place) = label(viewer, &field.field);
        let place = if place.is_empty() { place } else { format!("{place} · ") };
        let value = short(&shown_value(viewer, &field.value));
        Choice::new(field.field.clone(), format!("{place}{name}: {value}"))
    }));
    let limit = |most: usize| u32::try_from(most).unwrap_or(u32::MAX);
    let mut reason = Field::new("reason", t.get("customs-reason"))
        .hint(t.get("customs-reason-hint"))
        .value(&typed.reason)
        .at_most(limit(LONGEST_REASON));
    if typed.lacks_reason() {
        reason = reason.error(t.get("customs-reason-missing"));
    }
    let form = Form::new(viewer, format!("{PATH}/{}", shown.case.id), t.get("customs-decide"))
        .hidden("seen", shown.case.decisions.to_string())
        .field(
            Field::new("decision", t.get("customs-decision"))
                .kind(Kind::Radio(shown.possible.iter().map(choice).collect()))
                .value(&typed.decision)
                .required(viewer),
        )
        .field(reason)
        .field(
            Field::new("code", t.get("customs-code"))
                .hint(t.get("customs-code-hint"))
                .value(&typed.code)
                .at_most(limit(LONGEST_CODE)),
        )
        .field(
            Field::new("field", t.get("customs-wrong-field"))
                .hint(t.get("customs-wrong-field-hint"))
                .kind(Kind::Select(wrong))
                .value(&typed.field),
        );
    match told {
        Some(told) => form.problem(told).into(),
        None => form.into(),
    }
}

/// What a field is called, and in which entry of which list it stands.
fn label(viewer: &Viewer, path: &str) -> (String, String) {
    let parts: Vec<&str> = path.split('.').collect();
    let (field, lists) = parts.split_last().map_or((path, &parts[..0]), |(field, lists)| (*field, lists));
    let entry = |pair: &[&str]| match pair {
        [list, at] => list_entry(list, at).say(viewer.lang()),
        _ => String::new(),
    };
    let list = lists.rchunks(2).next().and_then(|pair| pair.first()).copied();
    let place: Vec<String> = lists.chunks(2).map(entry).collect();
    (field_label(list, field, None).say(viewer.lang()), place.join(" · "))
}

/// A value as its reader writes it: days, and the words of our own mappings (`original`).
fn shown_value(viewer: &Viewer, value: &str) -> String {
    let word = value.chars().all(|c| c.is_ascii_lowercase() || c == '-').then(|| word_label(value)).flatten();
    match word {
        Some(word) => word.say(viewer.lang()),
        None if value.contains('-') => dates(viewer).local(value),
        None => value.to_owned(),
    }
}

fn fields(viewer: &Viewer, case: &ShownCase) -> Markup {
    let t = text(viewer.lang());
    let row = |field: &corridor_trade::customs::edge::ShownField| {
        let (name, place) = label(viewer, &field.field);
        let place = (!place.is_empty()).then(|| Markup::quiet(place));
        let name = Markup::lines([Markup::text(name)].into_iter().chain(place));
        Row(vec![name, Markup::text(shown_value(viewer, &field.value)), Markup::code(&field.field)])
    };
    let columns = ["customs-field", "customs-value", "customs-field-path"];
    let table = Table {
        caption: t.get("customs-fields-caption").into(),
        columns: columns.map(|key| Column::new(t.get(key))).into(),
        rows: case.fields.iter().take(SHOWN).map(row).collect(),
        empty: Empty::new(Icon::Trade, t.get("customs-fields-none"), t.get("customs-fields-none-how")),
        paging: None,
    };
    let more = case.more || case.fields.len() > SHOWN;
    let more = more.then(|| Markup::paragraph(t.get("customs-fields-more")));
    Markup::from(table).and(more.unwrap_or_default())
}

/// What those who decided are called, where they are still known.
async fn deciders(node: &Node, caller: &Caller, all: &[Decided]) -> Result<Names> {
    let mut readers = Readers::of(node, &caller.participant).await?;
    let mut names = Names::new();
    for decided in all {
        if let Some(label) = readers.known(node, &decided.by).await?.label {
            names.insert(decided.by.clone(), label);
        }
    }
    Ok(names)
}

fn history(viewer: &Viewer, all: &[Decided], by: &Names) -> Markup {
    let t = text(viewer.lang());
    if all.is_empty() {
        return Markup::paragraph(t.get("customs-history-none"));
    }
    let event = |decided: &Decided| {
        let tone = match decided.decision {
            Decision::Release => Tone::Good,
            Decision::Hold | Decision::Inspect => Tone::Wait,
            Decision::Reject => Tone::Bad,
        };
        // The code of the decision itself says what its title says.
        let code = Some(decided.code.as_str()).filter(|code| *code != decided.decision.indicator());
        let reason: Vec<&str> = code.into_iter().chain([decided.reason.as_str()]).collect();
        let reason = reason.join(" ");
        let reason = (!reason.trim().is_empty()).then(|| Markup::text(reason.trim()));
        let segment = (!decided.segment.is_empty()).then(|| {
            let field = path_label(&decided.field).map(|label| label.say(viewer.lang()));
            let place = format!("{} ({})", field.as_deref().unwrap_or(&decided.field), decided.segment);
            Markup::quiet(t.get("customs-at-segment").and("segment", place))
        });
        let answer =
            Markup::link(&format!("/console/outbox/{}", decided.answer), t.get("customs-history-answer"));
        let by = by.get(&decided.by).unwrap_or(&decided.by);
        let by = Markup::quiet(t.get("customs-by").and("by", by));
        let lines = reason.into_iter().chain(segment).chain([by, answer]);
        Event {
            at: dates(viewer).exact(decided.time),
            title: said(viewer, &format!("customs-decision-{}", decided.decision.as_str())),
            tone,
            body: Markup::lines(lines),
        }
    };
    Timeline { events: all.iter().map(event).collect() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::evidence::tests::viewer;
    use corridor_base::Lang;

    #[test]
    fn a_field_says_in_which_entry_of_which_list_it_stands() {
        let check = |lang: Lang, path: &str, name: &str, place: &str| {
            assert_eq!(label(&viewer(lang), path), (name.to_owned(), place.to_owned()), "{path}");
        };
        check(Lang::En, "number", "Document number", "");
        check(Lang::Ja, "consignments.1.goods.2.hs", "HSコード（税番）", "B/L単位の貨物 1 · 貨物 2");
        check(Lang::Ko, "containers.3.number", "컨테이너번호", "컨테이너 3");
    }

    #[test]
    fn a_value_is_written_as_its_reader_does() {
        let check =
            |lang: Lang, value: &str, expect: &str| assert_eq!(shown_value(&viewer(lang), value), expect);
        check(Lang::Ja, "original", "新規");
        check(Lang::Ko, "2026-11-22T09:10", "2026. 11. 22. 09:10");
        check(Lang::En, "20261122", "20261122");
        check(Lang::En, "DNFWD-M-2611-0042", "DNFWD-M-2611-0042");
    }
}
