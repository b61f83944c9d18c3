//! One transaction, one timeline: every interchange that names a number or belongs with one that does, what
//! the transport said of it, what the partner could read of it (CONTRL), and what the institution makes of it
//! (APERAK, CUSRES). The three are different states and never stand for each other. Beside them stands what is
//! waited for, and until when.
//!
//! From one number the trail leads on to others: a customs response names the declaration, the declaration
//! the bill of lading, that the order. A message that names many numbers of one kind, like the manifest of a
//! ship, is shown and does not lead on; nor does a container, which carries other goods next month.

use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};

use corridor_base::{Did, EnvelopeId, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_exchange::service::Acting;
use corridor_exchange::{Exchange, Progress, Side, State as Transport};
use corridor_storage::Tx;
use serde::Serialize;

use crate::books::{self, Known};
use crate::expect::{self, Expected};
use crate::references::{Reference, Role};
use crate::rejects::{self, Amendment};
use crate::trail::{self, Answer};

/// The most interchanges of a timeline.
const INTERCHANGES: usize = 100;
/// The most numbers looked for.
const NUMBERS: usize = 100;
/// How often the trail leads on.
const STEPS: usize = 4;
/// A message that names more numbers of a kind leads on to none of them.
const MANY: usize = 3;
/// The shortest number that leads on: `1` is on every order form.
const SHORTEST: usize = 4;
/// The most numbers of one message that are read.
const NAMED: u64 = 500;
/// The most numbers of one message that are kept from following the trail; those of more are read once more.
const KEPT: usize = 20;
/// The longest number asked for, in characters.
const LONGEST: usize = 70;

/// A number and what it is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Number {
    /// What it is of.
    pub role: Role,
    /// The number.
    pub number: String,
}

impl From<Reference> for Number {
    fn from(reference: Reference) -> Self {
        Self { role: reference.role, number: reference.number }
    }
}

/// Something that happened, at its time.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// `sent`, `amended`, `received`; `delivered`, `refused`, `failed` of the transport; `answer`; `waiting`, `sent-again`,
    /// `overdue`, `late` of an answer that is expected, `waiting` at the time until when it is.
    pub what: &'static str,
    /// Received or given.
    pub side: Side,
    /// The document it happened to; of an answer, the answer.
    pub envelope: EnvelopeId,
    /// The document that is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<EnvelopeId>,
    /// With whom.
    pub partner: Did,
    /// The kinds of message in it.
    pub kinds: Vec<String>,
    /// What the answer comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What the answer says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// One interchange of a transaction and its three states.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Received or sent.
    pub side: Side,
    /// The envelope it crossed in.
    pub envelope: EnvelopeId,
    /// With whom.
    pub partner: Did,
    /// When it came into the books.
    pub created: Timestamp,
    /// The kinds of message in it.
    pub kinds: Vec<String>,
    /// Its control reference.
    pub reference: String,
    /// Whether it is a test.
    pub test: bool,
    /// The numbers of its messages that belong to the transaction.
    pub numbers: Vec<Number>,
    /// How far it has come in transport.
    pub transport: Transport,
    /// What reading it said: CONTRL; nothing while there is none.
    pub syntax: Option<String>,
    /// What the institution makes of it: the newest APERAK or CUSRES; nothing while there is none.
    pub judgement: Option<String>,
    /// What it amends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amends: Option<Amendment>,
    /// The answers that its agreement has it wait for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Expected>,
}

/// A transaction.
#[derive(Clone, Debug, Serialize)]
pub struct Timeline {
    /// The number that was asked for.
    pub reference: String,
    /// All numbers of it.
    pub numbers: Vec<Number>,
    /// Its interchanges, oldest first; answers among them stand with what they answer.
    pub documents: Vec<Entry>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Whether there is more than is shown.
    pub more: bool,
}

/// The messages of an interchange that the trail led to, each with what it names when that is not much.
type Messages = BTreeMap<u64, Option<Vec<Number>>>;

/// What the trail found: messages by interchange, and the numbers.
#[derive(Default)]
struct Found {
    messages: BTreeMap<(&'static str, EnvelopeId), (Side, Messages)>,
    numbers: BTreeSet<Number>,
    more: bool,
}

/// All that a message names.
fn numbers(tx: &mut Tx<'_>, side: Side, envelope: EnvelopeId, message: u64) -> Result<Vec<Number>> {
    let named = trail::named(tx, side, envelope, message, NAMED)?;
    Ok(named.into_iter().map(Number::from).collect())
}

/// The timeline of whatever has this number, within what is the business of whoever asks.
///
/// # Errors
/// `malformed` when it is no number; those of the store.
pub async fn timeline(exchange: &Exchange, acting: &Acting, reference: &str, lang: Lang) -> Result<Timeline> {
    timeline_in(exchange, acting, reference, Some(lang)).await
}

/// The same; where nobody reads what answers say, it is not read.
pub(crate) async fn timeline_in(
    exchange: &Exchange,
    acting: &Acting,
    reference: &str,
    lang: Option<Lang>,
) -> Result<Timeline> {
    let reference = reference.trim().to_owned();
    if reference.is_empty() || reference.chars().count() > LONGEST || reference.chars().any(char::is_control)
    {
        return Err(Problem::new(ErrorCode::Malformed)
            .with("what", "reference")
            .with("why", format!("1 to {LONGEST} characters expected")));
    }
    let (asked, scope) = (reference.clone(), acting.scope.clone());
    let read = move |tx: &mut Tx<'_>| {
        let found = follow(tx, &asked, &scope)?;
        let mut all = Vec::new();
        for ((_, envelope), (side, messages)) in &found.messages {
            all.extend(gather(tx, &found.numbers, *side, *envelope, messages)?);
        }
        Ok((found, all))
    };
    let (found, all) = exchange.store().read(&acting.participant, read).await?;
    let mut timeline = Timeline {
        reference,
        numbers: found.numbers.into_iter().collect(),
        documents: Vec::new(),
        events: Vec::new(),
        more: found.more,
    };
    let which = all.iter().map(|one: &Gathered| (one.side, one.envelope)).collect();
    let progress = exchange.progress(acting, which).await?;
    for (gathered, progress) in all.into_iter().zip(progress) {
        // What is erased, or none of this reader's business, is not there.
        if let Some(progress) = progress {
            timeline.add(progress, gathered, lang);
        }
    }
    timeline.documents.sort_by_key(|entry| (entry.created, entry.envelope));
    timeline.events.sort_by_key(|event| event.time);
    Ok(timeline)
}

struct Gathered {
    side: Side,
    envelope: EnvelopeId,
    known: Known,
    numbers: BTreeSet<Number>,
    answers: Vec<Answer>,
    amends: Option<Amendment>,
    expected: Vec<Expected>,
}

/// What the books say of one interchange; nothing when it was erased meanwhile.
fn gather(
    tx: &mut Tx<'_>,
    of_it: &BTreeSet<Number>,
    side: Side,
    envelope: EnvelopeId,
    messages: &Messages,
) -> Result<Option<Gathered>> {
    let Some(known) = books::known(tx, side, envelope)? else { return Ok(None) };
    let mut numbers = BTreeSet::new();
    for (message, kept) in messages {
        let named = match kept {
            Some(kept) => kept.clone(),
            None => self::numbers(tx, side, envelope, *message)?,
        };
        numbers.extend(named.into_iter().filter(|number| of_it.contains(number)));
    }
    let answers = trail::answers(tx, side, envelope)?;
    let (amends, expected) = match side {
        Side::Out => (rejects::amends(tx, envelope)?, expect::of(tx, envelope)?),
        Side::In => (None, Vec::new()),
    };
    Ok(Some(Gathered { side, envelope, known, numbers, answers, amends, expected }))
}

/// Follows the trail from one number.
fn follow(tx: &mut Tx<'_>, reference: &str, scope: &corridor_exchange::Scope) -> Result<Found> {
    let mut found = Found::default();
    let mut seen: BTreeSet<String> = BTreeSet::from([reference.to_owned()]);
    let mut next = vec![reference.to_owned()];
    for _ in 0..STEPS {
        let mut further = BTreeSet::new();
        for number in std::mem::take(&mut next) {
            let naming = trail::naming(tx, &number, scope, INTERCHANGES as u64 + 1)?;
            found.more |= naming.len() > INTERCHANGES;
            for message in naming.into_iter().take(INTERCHANGES) {
                let key = (message.side.as_str(), message.envelope);
                if !found.messages.contains_key(&key) && found.messages.len() >= INTERCHANGES {
                    found.more = true;
                    continue;
                }
                let (_, messages) = found.messages.entry(key).or_insert((message.side, Messages::new()));
                if let Place::Vacant(place) = messages.entry(message.message) {
                    let named = trail::named(tx, message.side, message.envelope, message.message, NAMED)?;
                    let few = named.len() <= KEPT;
                    place.insert(few.then(|| named.iter().cloned().map(Number::from).collect()));
                    found.leads(&number, &named, &mut further);
                }
            }
        }
        next.extend(further.into_iter().filter(|number| seen.insert(number.clone())));
        if seen.len() > NUMBERS {
            found.more = true;
            break;
        }
    }
    Ok(found)
}

impl Found {
    /// The numbers of a message that belong to the transaction, and where they lead.
    fn leads(&mut self, from: &str, named: &[Reference], further: &mut BTreeSet<String>) {
        for reference in named {
            let alike = named.iter().filter(|other| other.role == reference.role).count();
            let same = reference.number == from;
            if alike > MANY && !same {
                continue;
            }
            self.numbers.insert(Number { role: reference.role, number: reference.number.clone() });
            if reference.leads() && !same {
                further.insert(reference.number.clone());
            }
        }
    }
}

impl Reference {
    /// Whether it may lead to other messages of its transaction: a container is used again and again, and a
    /// short number is everybody's.
    fn leads(&self) -> bool {
        self.role != Role::Container && self.number.chars().count() >= SHORTEST
    }
}

/// The numbers of a message that lead to others of its transaction; those of a manifest do not.
pub(crate) fn leading(named: &[Reference]) -> Vec<String> {
    let few = |role: Role| named.iter().filter(|other| other.role == role).count() <= MANY;
    named.iter().filter(|r| few(r.role) && r.leads()).map(|r| r.number.clone()).collect()
}

impl Timeline {
    fn add(&mut self, progress: Progress, gathered: Gathered, lang: Option<Lang>) {
        let Gathered { side, envelope, known, numbers, answers, amends, expected } = gathered;
        let event = |time, what| Event {
            time,
            what,
            side,
            envelope,
            answered: None,
            partner: known.partner.clone(),
            kinds: known.kinds.clone(),
            outcome: None,
            lines: Vec::new(),
        };
        // An answer stands with what it answers.
        if !known.answering {
            let what = match side {
                Side::Out if amends.is_some() => "amended",
                Side::Out => "sent",
                Side::In => "received",
            };
            self.events.push(event(progress.created, what));
            let reached = match progress.state {
                Transport::Delivered => Some("delivered"),
                Transport::Refused => Some("refused"),
                Transport::Failed => Some("failed"),
                _ => None,
            };
            self.events.extend(reached.map(|what| event(progress.updated, what)));
        }
        // As they were said: one that overtook another on the way stands after it, no sooner than it.
        let mut since = Timestamp::from_millis(0);
        for answer in &answers {
            since = since.max(answer.created);
            self.events.push(Event {
                side: answer.side,
                envelope: answer.envelope,
                answered: Some(envelope),
                kinds: vec![answer.kind.clone()],
                outcome: Some(answer.outcome.clone()),
                lines: lang.map(|lang| answer.lines(lang)).unwrap_or_default(),
                ..event(since, "answer")
            });
        }
        for told in expect::told(&expected, lang.unwrap_or_default()) {
            let (kinds, lines) = (vec![told.answer], told.lines);
            self.events.push(Event { kinds, lines, ..event(told.time, told.what) });
        }
        let newest = |contrl: bool| {
            let of = |answer: &&Answer| (answer.kind == "CONTRL") == contrl;
            answers.iter().rev().find(of).map(|answer| answer.outcome.clone())
        };
        self.documents.push(Entry {
            side,
            envelope,
            partner: known.partner,
            created: progress.created,
            kinds: known.kinds,
            reference: known.reference,
            test: known.test,
            numbers: numbers.into_iter().collect(),
            transport: progress.state,
            syntax: newest(true),
            judgement: newest(false),
            amends,
            expected,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_joins_much_leads_nowhere() {
        let check = |named: &[(Role, &str)], expect: &[&str]| {
            let named: Vec<Reference> = named
                .iter()
                .map(|(role, number)| Reference {
                    message: 1,
                    role: *role,
                    own: false,
                    number: (*number).to_owned(),
                })
                .collect();
            assert_eq!(leading(&named), expect, "{named:?}");
        };
        let bill = Role::BillOfLading;
        check(&[(bill, "PUSHKT2611220042"), (Role::Order, "PO-4711")], &["PUSHKT2611220042", "PO-4711"]);
        check(&[(Role::Container, "TCLU4265830"), (Role::Order, "PO1")], &[]);
        // A manifest.
        let manifest = [(bill, "BL-0001"), (bill, "BL-0002"), (bill, "BL-0003"), (bill, "BL-0004")];
        check(&[manifest.as_slice(), &[(Role::Order, "PO-4711")]].concat(), &["PO-4711"]);
    }
}
