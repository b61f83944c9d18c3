//! What a document of ours waits for, and what an answer fulfils: by the envelope and message it answers, or by
//! the number that the waiting message has and the answer names.

use corridor_base::{EnvelopeId, Result};
use corridor_exchange::{DocumentRow, Side};
use corridor_proof::{Agreement, Expectation};
use corridor_storage::Tx;

use super::books::{self, Expected};
use super::timer::{Event, Standing, Timer};
use super::{MOST, timer};
use crate::edifact::Report;
use crate::references::Reference;
use crate::trail;

/// The most numbers of one message that are looked for.
const NUMBERS: usize = 50;
/// The most expectations that one number fulfils.
const ALIKE: u64 = 100;

/// What one message of ours waits for.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    message: u64,
    kind: String,
    number: String,
    term: Expectation,
}

/// What a document of ours waits for by the terms of its agreement: the answer to its interchange once, the
/// answers to its first messages each.
pub(crate) fn awaited(
    terms: &Agreement,
    document: &DocumentRow,
    report: &Report,
    numbers: &[Reference],
) -> Vec<Awaited> {
    let mut all: Vec<Awaited> = Vec::new();
    for term in &terms.expects {
        let kind = term.message.as_str();
        if term.answer.as_str() == "CONTRL" {
            if report.kinds.contains_key(kind) {
                let number = String::new();
                all.push(Awaited { message: 0, kind: kind.to_owned(), number, term: term.clone() });
            }
            continue;
        }
        let messages = report.listed.iter().filter(|m| m.kind.text() == kind);
        all.extend(messages.map(|m| {
            // What is about persons leaves no number in the clear (LG-3).
            let own = |r: &&Reference| r.own && r.message == m.index && document.seal.is_none();
            let number = numbers.iter().find(own).map(|r| r.number.clone()).unwrap_or_default();
            Awaited { message: m.index, kind: kind.to_owned(), number, term: term.clone() }
        }));
    }
    // Of several terms for one interchange the shortest holds.
    all.sort_by_key(|a| (a.message, a.term.answer.clone(), a.term.within));
    all.dedup_by(|a, b| a.message == b.message && a.term.answer == b.term.answer);
    all.truncate(MOST);
    all
}

/// Files what a document waits for. An answer that was read before the document itself fulfils it at once.
pub(crate) fn file(tx: &mut Tx<'_>, document: &DocumentRow, awaited: &[Awaited]) -> Result<()> {
    let now = tx.now();
    for one in awaited {
        let mut expected = Expected {
            envelope: document.id,
            message: one.message,
            answer: one.term.answer.to_string(),
            partner: document.partner.clone(),
            kind: one.kind.clone(),
            number: one.number.clone(),
            timer: Timer::begun(now, one.term.within(), one.term.resend),
            answered_by: None,
            created: now,
        };
        if let Some(before) = came_before(tx, document, &expected)? {
            answer(&mut expected, now, before);
        }
        books::insert(tx, &expected)?;
    }
    Ok(())
}

/// The answer that was read before the document it answers.
fn came_before(tx: &mut Tx<'_>, document: &DocumentRow, one: &Expected) -> Result<Option<EnvelopeId>> {
    if one.number.is_empty() {
        return Ok(None);
    }
    let naming = trail::naming(tx, &one.number, &trail::partners_own(&one.partner), ALIKE)?;
    for found in naming.iter().filter(|n| n.side == Side::In && n.created >= document.created) {
        let read = crate::books::find(tx, Side::In, found.envelope)?;
        let kinds = read.as_ref().and_then(|read| read.summary.get("kinds")?.as_object());
        if kinds.is_some_and(|kinds| kinds.contains_key(&one.answer)) {
            return Ok(Some(found.envelope));
        }
    }
    Ok(None)
}

/// An answer that found what it answers.
#[derive(Clone, Debug)]
pub(crate) struct Fulfilled<'a> {
    /// The document of ours.
    pub(crate) envelope: EnvelopeId,
    /// The message of it, counted from 1; 0 for the interchange.
    pub(crate) message: u64,
    /// What answers it.
    pub(crate) kind: &'a str,
    /// Whether it refuses the whole interchange, so that nothing else will come.
    pub(crate) refuses: bool,
}

/// Ends the waiting for what a received interchange answers.
pub(crate) fn fulfil(
    tx: &mut Tx<'_>,
    document: &DocumentRow,
    report: &Report,
    numbers: &[Reference],
    found: &[Fulfilled<'_>],
) -> Result<()> {
    for answer in found {
        for one in books::of(tx, answer.envelope)? {
            let whole = answer.message == 0 || one.message == 0 || answer.message == one.message;
            if one.partner != document.partner {
                continue;
            }
            if one.answer == answer.kind && whole {
                came(tx, one, document.id)?;
            } else if answer.refuses {
                ended(tx, one)?;
            }
        }
    }
    for (kind, _) in report.kinds.iter().filter(|(kind, _)| kind.as_str() != "CONTRL") {
        if books::any(tx, &document.partner, kind)? {
            by_name(tx, document, report, numbers, kind)?;
        }
    }
    Ok(())
}

/// By the numbers that messages of this kind name, and by the envelope that their document answers.
fn by_name(
    tx: &mut Tx<'_>,
    document: &DocumentRow,
    report: &Report,
    numbers: &[Reference],
    kind: &str,
) -> Result<()> {
    for message in report.listed.iter().filter(|m| m.kind.text() == kind) {
        let of_message = numbers.iter().filter(|r| r.message == message.index).take(NUMBERS);
        for reference in of_message.filter(|r| !r.number.is_empty()) {
            for one in books::by_number(tx, &document.partner, kind, &reference.number, ALIKE)? {
                came(tx, one, document.id)?;
            }
        }
    }
    let Some(envelope) = document.answers else { return Ok(()) };
    let waits = |one: &Expected| {
        one.partner == document.partner
            && one.answer == kind
            && matches!(one.timer.standing, Standing::Waiting | Standing::Overdue)
    };
    let mut waiting = books::of(tx, envelope)?;
    waiting.retain(waits);
    // Of several it does not say which, unless it names them.
    match waiting.pop().filter(|_| waiting.is_empty()) {
        Some(one) => came(tx, one, document.id),
        None => Ok(()),
    }
}

fn came(tx: &mut Tx<'_>, mut one: Expected, by: EnvelopeId) -> Result<()> {
    if one.timer.standing == Standing::Answered {
        return Ok(());
    }
    answer(&mut one, tx.now(), by);
    books::save(tx, &one)
}

fn answer(one: &mut Expected, now: corridor_base::Timestamp, by: EnvelopeId) {
    (one.timer, _) = one.timer.on(now, Event::Answered);
    one.answered_by = Some(by);
}

fn ended(tx: &mut Tx<'_>, mut one: Expected) -> Result<()> {
    let (timer, deed) = one.timer.on(tx.now(), Event::Ended);
    debug_assert_eq!(deed, timer::Deed::Nothing, "an end asks for nothing");
    if timer == one.timer {
        return Ok(());
    }
    one.timer = timer;
    books::save(tx, &one)
}

/// Waits no longer for what is overdue of a document; answers what that was.
pub(super) fn waive(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<Vec<Expected>> {
    let mut overdue = books::of(tx, envelope)?;
    overdue.retain(|one| one.timer.standing == Standing::Overdue);
    for one in &overdue {
        ended(tx, one.clone())?;
    }
    Ok(overdue)
}
