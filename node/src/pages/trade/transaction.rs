//! The page of one transaction: where it is and on whom it waits, as a picture; what both sides said, in order; and
//! below, for those who want it, every document with its three states and everything that happened.

use std::collections::BTreeSet;

use corridor_base::EnvelopeId;
use corridor_console::component::{
    self, Badge, Column, Columns, Empty, Event, Facts, Icon, Journey, More, Notice, Row, Section, Stages,
    Table, Talk, Timeline, Tone, Turn, address,
};
use corridor_console::{Markup, Viewer};
use corridor_exchange::{Side, State as Transport};
use corridor_trade::expect;
use corridor_trade::references::Role;
use corridor_trade::shape::Mappings;
use corridor_trade::stages::{self, Standing, stages};
use corridor_trade::timeline::{self, Entry};

use super::{PATH, compare, document, kinds, outcome, tone};
use crate::node::Node;
use crate::pages::{dates, text, words};

/// The numbers by which people know a transaction, the one that says most first.
const NAMES: &[Role] = &[Role::Order, Role::Booking, Role::BillOfLading, Role::Declaration, Role::Invoice];
/// How many lines of a refusal are shown beside what was refused.
const LINES: usize = 4;

/// The whole of it.
pub(super) fn shown(node: &Node, viewer: &Viewer, mappings: &Mappings, found: &timeline::Timeline) -> Markup {
    let t = text(viewer.lang());
    let mut body = Markup::none();
    if found.more {
        body = body.and(Notice::new(Tone::Info, t.get("trade-more")));
    }
    let stands = Markup::from(journey(viewer, found)).and(waits(node, viewer, found));
    let columns = Columns {
        wide: Section::new(t.get("trade-talk"), talk(node, viewer, found)).live("talk").into(),
        narrow: Section::new(t.get("trade-numbers"), numbers(viewer, found)).card().into(),
    };
    let table = Section::new("", table(node, viewer, found)).live("documents");
    let documents = More {
        title: t.get("trade-as-table").into(),
        body: Markup::from(table).and(compare::choose(viewer, mappings, &found.documents)),
    };
    let events = Section::new("", events(node, viewer, found)).live("events");
    let events = More { title: t.get("trade-events").into(), body: events.into() };
    body.and(Section::new(t.get("desk-stands"), stands).card().live("stages"))
        .and(columns)
        .and(documents)
        .and(events)
}

/// Where it is now, in a sentence: what was refused first, then that it is released, else what waits, else how far
/// it has come. Goods that are released wait for nothing, whatever became of the report of their cargo.
fn here(found: &[(stages::Stage, Standing)]) -> Option<(stages::Stage, Standing)> {
    let of = |wanted: Standing| found.iter().filter(move |(_, standing)| *standing == wanted).copied();
    of(Standing::Refused)
        .next()
        .or_else(|| of(Standing::Done).find(|(stage, _)| *stage == stages::Stage::Released))
        .or_else(|| of(Standing::Waiting).last())
        .or_else(|| of(Standing::Done).last())
}

const fn tone_of(standing: Standing) -> Tone {
    match standing {
        Standing::Open => Tone::Idle,
        Standing::Waiting => Tone::Wait,
        Standing::Refused => Tone::Bad,
        Standing::Done => Tone::Good,
    }
}

fn says(viewer: &Viewer, found: &[(stages::Stage, Standing)]) -> (Tone, String) {
    let t = text(viewer.lang());
    match here(found) {
        Some((stage, standing)) => {
            let key = format!("where-{}-{}", stage.as_str(), standing.as_str());
            (tone_of(standing), t.get(&key).into())
        }
        None => (Tone::Idle, t.get("where-open").into()),
    }
}

fn stage(viewer: &Viewer, (stage, standing): (stages::Stage, Standing), at: Markup) -> component::Stage {
    let t = text(viewer.lang());
    component::Stage {
        tone: tone_of(standing),
        word: t.get(&format!("stage-{}", stage.as_str())).into(),
        stands: t.get(&format!("standing-{}", standing.as_str())).into(),
        at,
    }
}

/// Where a transaction stands, in a list.
pub(super) fn stages_of(viewer: &Viewer, found: &[(stages::Stage, Standing)]) -> Stages {
    Stages {
        label: text(viewer.lang()).get("desk-stands").into(),
        says: says(viewer, found).1,
        stages: found.iter().map(|one| stage(viewer, *one, Markup::none())).collect(),
    }
}

/// The messages that a stage is read from.
const fn told_by(stage: stages::Stage) -> &'static [&'static str] {
    match stage {
        stages::Stage::Ordered => &["ORDERS", "ORDRSP"],
        stages::Stage::Booked => &["IFTMBC", "IFTMBF", "IFTMIN"],
        stages::Stage::Reported => &["CUSCAR", "CUSREP"],
        stages::Stage::Declared | stages::Stage::Released => &["CUSDEC"],
    }
}

/// The way, with the time at which each stage came to stand as it does.
fn journey(viewer: &Viewer, found: &timeline::Timeline) -> Journey {
    let all = stages(&found.documents);
    let (tone, says) = says(viewer, &all);
    let at = |(which, standing): (stages::Stage, Standing)| {
        let of = |kinds: &[String]| kinds.iter().any(|kind| told_by(which).contains(&kind.as_str()));
        let entries: BTreeSet<EnvelopeId> =
            found.documents.iter().filter(|e| of(&e.kinds)).map(|e| e.envelope).collect();
        let about = |event: &&timeline::Event| {
            let answers = event.answered.is_some_and(|id| entries.contains(&id));
            // What customs decided, and neither that the declaration was handed in nor that it could be read.
            let decided = which == stages::Stage::Released;
            let read = event.kinds.iter().any(|kind| kind == "CONTRL");
            if decided { answers && !read } else { answers || entries.contains(&event.envelope) }
        };
        let last = found.events.iter().filter(about).map(|event| event.time).max();
        match (standing, last) {
            (Standing::Open, _) | (_, None) => Markup::none(),
            (_, Some(time)) => Markup::text(dates(viewer).minute(time)),
        }
    };
    Journey {
        label: text(viewer.lang()).get("desk-stands").into(),
        says,
        tone,
        stages: all.iter().map(|one| stage(viewer, *one, at(*one))).collect(),
    }
}

/// On whom it waits, and for what: ourselves first.
fn waits(node: &Node, viewer: &Viewer, found: &timeline::Timeline) -> Markup {
    let amended: BTreeSet<EnvelopeId> =
        found.documents.iter().filter_map(|e| e.amends.as_ref().map(|a| a.amended)).collect();
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for entry in &found.documents {
        if amended.contains(&entry.envelope) || found.documents.iter().any(|other| stands_for(other, entry)) {
            continue;
        }
        if let Some(wait) = our_part(viewer, entry) {
            ours.push(wait);
        }
        theirs.extend(their_part(node, viewer, entry));
    }
    ours.extend(theirs);
    ours.truncate(8);
    if ours.is_empty() { Markup::none() } else { component::Waits { waits: ours }.into() }
}

/// Whether a document that was accepted stands for one of its kind that was refused before: made anew, and not as
/// an amendment.
fn stands_for(other: &Entry, entry: &Entry) -> bool {
    let bad = |entry: &Entry| refused(entry.syntax.as_deref()) || refused(entry.judgement.as_deref());
    let same = (other.side, &other.partner, &other.kinds) == (entry.side, &entry.partner, &entry.kinds);
    same && bad(entry) && other.created > entry.created && !bad(other) && other.judgement.is_some()
}

fn refused(word: Option<&str>) -> bool {
    matches!(word, Some("rejected" | "partly-rejected"))
}

/// What there is to do for the reader's own institution.
fn our_part(viewer: &Viewer, entry: &Entry) -> Option<component::Wait> {
    let t = text(viewer.lang());
    let what = kinds(viewer, &entry.kinds);
    let us = t.get("waits-us").to_string();
    let wait = |tone: Tone, key: &str, href: String| component::Wait {
        tone,
        who: us.clone(),
        what: Markup::link(&href, t.get(key).and("what", &what)),
        until: Markup::none(),
    };
    match entry.side {
        Side::In => {
            let customs = ["CUSDEC", "CUSCAR", "CUSREP"];
            let decides = entry.kinds.iter().any(|kind| customs.contains(&kind.as_str()));
            let open = matches!(entry.judgement.as_deref(), None | Some("held" | "inspection"));
            let may = viewer.may("GET /console/customs") && !refused(entry.syntax.as_deref());
            (decides && open && may).then(|| wait(Tone::Wait, "waits-decide", "/console/customs".to_owned()))
        }
        Side::Out if entry.transport == Transport::Failed => {
            Some(wait(Tone::Bad, "waits-undelivered", document(Side::Out, entry.envelope)))
        }
        Side::Out if refused(entry.syntax.as_deref()) || refused(entry.judgement.as_deref()) => {
            let href = match viewer.may("GET /console/trade/rejects/{id}") {
                true => format!("/console/trade/rejects/{}", entry.envelope),
                false => document(Side::Out, entry.envelope),
            };
            Some(wait(Tone::Bad, "waits-amend", href))
        }
        Side::Out => None,
    }
}

/// What the partner has still to do.
fn their_part(node: &Node, viewer: &Viewer, entry: &Entry) -> Vec<component::Wait> {
    let t = text(viewer.lang());
    let what = kinds(viewer, &entry.kinds);
    let who = crate::pages::viewer::name(node, &entry.partner, viewer.lang());
    let href = document(Side::Out, entry.envelope);
    if entry.side == Side::Out && entry.transport == Transport::Sending {
        let what = Markup::link(&href, t.get("waits-way").and("what", what));
        return vec![component::Wait { tone: Tone::Wait, who, what, until: Markup::none() }];
    }
    let open = entry.expected.iter().filter(|expected| {
        matches!(expected.timer.standing, expect::Standing::Waiting | expect::Standing::Overdue)
    });
    open.map(|expected| {
        let late = expected.timer.standing == expect::Standing::Overdue;
        let until = t.get(if late { "waits-late" } else { "waits-until" });
        component::Wait {
            tone: if late { Tone::Bad } else { Tone::Wait },
            who: who.clone(),
            what: Markup::link(
                &href,
                t.get("waits-answer").and("what", &what).and("answer", &expected.answer),
            ),
            until: Markup::text(until.and("at", dates(viewer).minute(expected.timer.promised))),
        }
    })
    .collect()
}

/// What both sides said.
fn talk(node: &Node, viewer: &Viewer, found: &timeline::Timeline) -> Talk {
    Talk { turns: found.documents.iter().map(|entry| turn(node, viewer, found, entry)).collect() }
}

fn turn(node: &Node, viewer: &Viewer, found: &timeline::Timeline, entry: &Entry) -> Turn {
    let t = text(viewer.lang());
    let ours = entry.side == Side::Out;
    let partner = words::partner(node, viewer, &entry.partner);
    let who = match ours {
        true => Markup::text(t.get("talk-to")).and(Markup::text(" ")).and(partner),
        false => Markup::text(t.get("talk-from")).and(Markup::text(" ")).and(partner),
    };
    let mut marks =
        vec![(t.get("trade-transport").to_string(), words::state(viewer.lang(), entry.transport.as_str()))];
    // What nobody has said yet is left out here; the table says so.
    for (key, word) in [("talk-read", &entry.syntax), ("talk-judged", &entry.judgement)] {
        if let Some(word) = word {
            marks.push((t.get(key).into(), outcome(viewer, word)));
        }
    }
    let told = found.events.iter().rfind(|event| {
        event.answered == Some(entry.envelope)
            && tone(event.outcome.as_deref().unwrap_or_default()) == Tone::Bad
    });
    let lines = told.into_iter().flat_map(|event| event.lines.iter().take(LINES).map(Markup::quiet));
    // By which it is known to people; that of the message itself is none of those.
    let number = entry.numbers.iter().find(|number| NAMES.contains(&number.role));
    let number = number.map(|number| Markup::quiet(&number.number));
    // What it says, where it answers another.
    let answer =
        found.events.iter().find(|event| event.envelope == entry.envelope && event.answered.is_some());
    if let Some(word) = answer.and_then(|event| event.outcome.as_deref()) {
        marks.insert(0, (t.get("talk-says").into(), outcome(viewer, word)));
    }
    Turn {
        ours,
        who,
        at: dates(viewer).tag(entry.created),
        title: Markup::link(&document(entry.side, entry.envelope), kinds(viewer, &entry.kinds)),
        marks,
        body: Markup::lines(number.into_iter().chain(apart(viewer, entry)).chain(lines)),
    }
}

/// That it amends another, that it is a test.
fn apart(viewer: &Viewer, entry: &Entry) -> impl Iterator<Item = Markup> {
    let t = text(viewer.lang());
    let amends = entry.amends.as_ref().map(|amendment| {
        let to = document(Side::Out, amendment.amended);
        let said = t.get("amends").and("what", t.get(&format!("amend-as-{}", amendment.function)));
        Markup::link(&to, said)
    });
    let test = entry.test.then(|| Badge::new(Tone::Idle, t.get("customs-test")).into());
    amends.into_iter().chain(test)
}

/// The numbers of the transaction, kind by kind; those of messages, which only programs use, folded away.
fn numbers(viewer: &Viewer, found: &timeline::Timeline) -> Markup {
    let of = |roles: &[Role]| {
        let mut facts = Facts::new();
        let mut any = false;
        for role in roles {
            let links: Vec<Markup> = found
                .numbers
                .iter()
                .filter(|number| number.role == *role)
                .take(50)
                .map(|n| Markup::link(&address(PATH, &[("reference", &n.number)]), &n.number))
                .collect();
            if !links.is_empty() {
                any = true;
                let key = format!("role-{}", role.as_str());
                let name = corridor_trade::messages().text(viewer.lang(), &key, &[]);
                facts = facts.fact(name, Markup::lines(links));
            }
        }
        any.then(|| Markup::from(facts))
    };
    let names: Vec<Role> = NAMES.iter().copied().chain([Role::Container]).collect();
    let others: Vec<Role> = Role::ALL.iter().copied().filter(|role| !names.contains(role)).collect();
    let title = text(viewer.lang()).get("trade-numbers-more");
    let more = of(&others).map(|body| Markup::from(More { title: title.into(), body }));
    of(&names).unwrap_or_default().and(more.unwrap_or_default())
}

/// Every document with its three states, which never stand for each other.
fn table(node: &Node, viewer: &Viewer, found: &timeline::Timeline) -> Table {
    let t = text(viewer.lang());
    let columns = [
        "column-document",
        "trade-transport",
        "trade-syntax",
        "trade-judgement",
        "column-partner",
        "column-time",
    ];
    Table {
        caption: t.get("trade-documents-caption").into(),
        columns: columns.map(|key| Column::new(t.get(key))).into(),
        rows: found.documents.iter().map(|entry| row(node, viewer, entry)).collect(),
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    }
}

fn row(node: &Node, viewer: &Viewer, entry: &Entry) -> Row {
    let lang = viewer.lang();
    let state = |word: &Option<String>| match word {
        Some(word) => outcome(viewer, word),
        None => Badge::new(Tone::Idle, text(lang).get("trade-none-yet")),
    };
    let name = Markup::link(&document(entry.side, entry.envelope), kinds(viewer, &entry.kinds));
    Row(vec![
        Markup::lines(std::iter::once(name).chain(apart(viewer, entry))),
        words::state(lang, entry.transport.as_str()).into(),
        state(&entry.syntax).into(),
        state(&entry.judgement).into(),
        words::partner(node, viewer, &entry.partner),
        dates(viewer).with_age(entry.created, node.now()),
    ])
}

fn events(node: &Node, viewer: &Viewer, found: &timeline::Timeline) -> Timeline {
    let event = |event: &timeline::Event| {
        let word = event.outcome.as_deref().unwrap_or(event.what);
        let key = match &event.outcome {
            Some(outcome) => format!("event-answer-{outcome}"),
            None => format!("event-{}", event.what),
        };
        let what = corridor_trade::messages().text(viewer.lang(), &key, &[]);
        let lines = event.lines.iter().take(20).map(Markup::quiet);
        let link = Markup::link(&document(event.side, event.envelope), text(viewer.lang()).get("trade-open"));
        let below = [words::partner(node, viewer, &event.partner)].into_iter().chain(lines).chain([link]);
        Event {
            at: dates(viewer).exact(event.time),
            title: format!("{}: {what}", kinds(viewer, &event.kinds)),
            tone: tone(word),
            body: Markup::lines(below),
        }
    };
    Timeline { events: found.events.iter().map(event).collect() }
}

#[cfg(test)]
mod tests {
    use corridor_base::Lang;

    use super::*;

    #[test]
    fn where_it_is_now_is_what_was_refused_else_what_waits_else_how_far_it_came() {
        use stages::Stage::{Declared, Ordered, Released, Reported};
        let check = |found: &[(stages::Stage, Standing)], expect: Option<(stages::Stage, Standing)>| {
            assert_eq!(here(found), expect, "{found:?}");
        };
        let (open, wait, bad, done) = (Standing::Open, Standing::Waiting, Standing::Refused, Standing::Done);
        check(&[], None);
        check(&[(Ordered, open), (Released, open)], None);
        check(&[(Ordered, done), (Reported, open)], Some((Ordered, done)));
        check(&[(Ordered, done), (Declared, done), (Released, wait)], Some((Released, wait)));
        check(&[(Ordered, wait), (Declared, bad), (Released, bad)], Some((Declared, bad)));
        check(&[(Ordered, done), (Declared, done), (Released, done)], Some((Released, done)));
        check(
            &[(Ordered, done), (Reported, wait), (Declared, done), (Released, done)],
            Some((Released, done)),
        );
        check(&[(Reported, bad), (Released, done)], Some((Reported, bad)));
    }

    #[test]
    fn every_place_on_the_way_has_its_sentence() {
        for lang in Lang::ALL {
            let t = text(*lang);
            for stage in stages::Stage::ALL {
                for standing in ["waiting", "refused", "done"] {
                    let key = format!("where-{}-{standing}", stage.as_str());
                    assert!(t.has(&key), "{lang}: {key}");
                }
            }
        }
    }
}
