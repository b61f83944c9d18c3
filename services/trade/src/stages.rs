//! Where the latest transactions stand: ordered, booked, cargo reported, declared, released. What arrived and
//! what an institution decided are told apart, as on the timeline the stages are read from.

use std::collections::BTreeSet;

use corridor_base::{EnvelopeId, Result, Timestamp};
use corridor_exchange::service::Acting;
use corridor_exchange::{Exchange, Scope, Side, State as Transport};
use corridor_storage::Tx;
use serde::Serialize;

use crate::books;
use crate::overtaken::Sent;
use crate::references::Role;
use crate::timeline::{self, Entry, Number, Timeline};
use crate::trail;

/// How many of the latest interchanges are looked at, of each side.
const LOOKED_AT: u64 = 150;
/// How many of them in one question: the newest few are often all that is needed.
const AT_ONCE: usize = 50;
/// The most transactions listed.
pub const MOST: usize = 20;
/// The shortest beginning of a number that is looked for: less says nothing.
const SHORTEST: usize = 3;

/// A stage on the way from order to release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// An order was placed.
    Ordered,
    /// Space was booked.
    Booked,
    /// The cargo was reported to customs.
    Reported,
    /// It was declared.
    Declared,
    /// It was released.
    Released,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: &'static [Self] =
        &[Self::Ordered, Self::Booked, Self::Reported, Self::Declared, Self::Released];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Booked => "booked",
            Self::Reported => "reported",
            Self::Declared => "declared",
            Self::Released => "released",
        }
    }
}

/// How a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing of it has crossed here.
    Open,
    /// A document is under way, or waits for an answer.
    Waiting,
    /// Something was refused and not put right yet.
    Refused,
    /// It is done.
    Done,
}

impl Standing {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Done => "done",
        }
    }
}

/// How one document stands: what the institution decided, or else what could be read, or else how far it came.
fn standing(entry: &Entry, decided: bool) -> Standing {
    if matches!(entry.transport, Transport::Refused | Transport::Failed) {
        return Standing::Refused;
    }
    let word = |outcome: &Option<String>| match outcome.as_deref() {
        Some("rejected" | "partly-rejected") => Some(Standing::Refused),
        Some("accepted" | "released") => Some(Standing::Done),
        Some("held" | "inspection") => Some(Standing::Waiting),
        _ => None,
    };
    let syntax = word(&entry.syntax);
    match (word(&entry.judgement), syntax) {
        (Some(judged), _) => judged,
        (None, Some(Standing::Refused)) => Standing::Refused,
        // That it can be read is no decision.
        (None, _) if decided => Standing::Waiting,
        (None, Some(read)) => read,
        (None, None) if entry.side == Side::In => Standing::Done,
        (None, None) if entry.transport == Transport::Delivered => Standing::Done,
        (None, None) => Standing::Waiting,
    }
}

/// The stages of a transaction. What was refused and put right is not refused any more ([`crate::overtaken`]); of
/// what is left the newest document of a kind counts.
#[must_use]
pub fn stages(documents: &[Entry]) -> Vec<(Stage, Standing)> {
    let overtaken = |entry: &Entry| documents.iter().any(|later| Sent::of(later).overtakes(&Sent::of(entry)));
    let stands: Vec<&Entry> = documents.iter().filter(|entry| !overtaken(entry)).collect();
    let newest = |kinds: &[&str], decided: bool| {
        let of = |entry: &&&Entry| entry.kinds.iter().any(|kind| kinds.contains(&kind.as_str()));
        stands
            .iter()
            .filter(of)
            .max_by_key(|entry| (entry.created, entry.envelope))
            .map(|e| standing(e, decided))
    };
    let booked = match newest(&["IFTMBC"], false) {
        Some(confirmed) => Some(confirmed),
        // Asked for, and not confirmed.
        None => newest(&["IFTMBF", "IFTMIN"], false).map(waits),
    };
    Stage::ALL
        .iter()
        .map(|stage| {
            let standing = match stage {
                Stage::Ordered => newest(&["ORDERS", "ORDRSP"], false),
                Stage::Booked => booked,
                Stage::Reported => newest(&["CUSCAR", "CUSREP"], true),
                // It was read; what customs decided of it is the next stage.
                Stage::Declared => newest(&["CUSDEC"], false),
                Stage::Released => newest(&["CUSDEC"], true),
            };
            (*stage, standing.unwrap_or(Standing::Open))
        })
        .collect()
}

const fn waits(standing: Standing) -> Standing {
    match standing {
        Standing::Done => Standing::Waiting,
        other => other,
    }
}

/// A transaction in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Transaction {
    /// A number that it is found by.
    pub number: String,
    /// Its numbers.
    pub numbers: Vec<Number>,
    /// Where it stands.
    pub stages: Vec<(Stage, Standing)>,
    /// How many interchanges belong to it.
    pub documents: usize,
    /// When something of it last came into the books.
    pub updated: Timestamp,
}

impl Transaction {
    fn of(timeline: &Timeline) -> Self {
        // `1` stands on many a bill of lading: a number that says nothing is no name.
        let says = |number: &&Number, role: Role| number.role == role && number.number.chars().count() >= 4;
        let best = [Role::Order, Role::Booking, Role::BillOfLading, Role::Declaration, Role::Invoice]
            .iter()
            .find_map(|role| timeline.numbers.iter().find(|number| says(number, *role)));
        let updated = timeline.events.iter().map(|event| event.time).max();
        let created = timeline.documents.iter().map(|entry| entry.created).max();
        Self {
            number: best.map_or_else(|| timeline.reference.clone(), |number| number.number.clone()),
            numbers: timeline.numbers.clone(),
            stages: stages(&timeline.documents),
            documents: timeline.documents.len(),
            updated: updated.or(created).unwrap_or(Timestamp::from_millis(0)),
        }
    }
}

/// The latest transactions, newest first, within what is the business of whoever asks. Answers begin
/// none.
///
/// # Errors
/// Those of the store.
pub async fn latest(exchange: &Exchange, acting: &Acting, most: usize) -> Result<Vec<Transaction>> {
    let scope = acting.scope.clone();
    let read = move |tx: &mut Tx<'_>| newest(tx, &scope);
    let mut newest = exchange.store().read(&acting.participant, read).await?.into_iter();
    let mut seen: BTreeSet<(&'static str, EnvelopeId)> = BTreeSet::new();
    let mut numbers: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    let mut at_hand = Vec::new().into_iter();
    while found.len() < most.min(MOST) {
        let Some((side, envelope, number, leading)) = at_hand.next() else {
            let unseen = |(side, envelope): &(Side, EnvelopeId)| !seen.contains(&(side.as_str(), *envelope));
            let some: Vec<_> = newest.by_ref().filter(unseen).take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let read = move |tx: &mut Tx<'_>| begins(tx, &some);
            at_hand = exchange.store().read(&acting.participant, read).await?.into_iter();
            continue;
        };
        if seen.contains(&(side.as_str(), envelope)) {
            continue;
        }
        // A transaction may be of more interchanges than its timeline holds: what names a number of it that
        // leads further is of it all the same.
        if leading.iter().any(|number| numbers.contains(number)) {
            continue;
        }
        let timeline = timeline::timeline_in(exchange, acting, &number, None).await?;
        numbers.extend(timeline.numbers.iter().map(|number| number.number.clone()));
        seen.extend(timeline.documents.iter().map(|entry| (entry.side.as_str(), entry.envelope)));
        if !timeline.documents.is_empty() {
            found.push(Transaction::of(&timeline));
        }
    }
    found.sort_by_key(|transaction| std::cmp::Reverse(transaction.updated));
    Ok(found)
}

/// The transaction that has this number, within what is the business of whoever asks.
///
/// # Errors
/// `malformed` when it is no number; those of the store.
pub async fn by_number(exchange: &Exchange, acting: &Acting, number: &str) -> Result<Option<Transaction>> {
    let timeline = timeline::timeline_in(exchange, acting, number, None).await?;
    let transaction = Transaction { number: timeline.reference.clone(), ..Transaction::of(&timeline) };
    Ok((!timeline.documents.is_empty()).then_some(transaction))
}

/// The transactions one of whose numbers begins so, within what is the business of whoever asks; each once, by the
/// first of its numbers that does. As many numbers are looked at as are asked for.
///
/// # Errors
/// Those of the store.
pub async fn by_beginning(
    exchange: &Exchange,
    acting: &Acting,
    begin: &str,
    most: usize,
) -> Result<Vec<Transaction>> {
    let (begin, scope) = (begin.trim().to_owned(), acting.scope.clone());
    if begin.chars().count() < SHORTEST || begin.chars().any(char::is_control) {
        return Ok(Vec::new());
    }
    let capitals = begin.to_uppercase();
    let read = move |tx: &mut Tx<'_>| {
        let mut numbers = trail::beginning(tx, &begin, &scope, most.min(MOST) as u64)?;
        if capitals != begin {
            numbers.extend(trail::beginning(tx, &capitals, &scope, most.min(MOST) as u64)?);
        }
        Ok(numbers)
    };
    let numbers = exchange.store().read(&acting.participant, read).await?;
    let mut found: Vec<Transaction> = Vec::new();
    for number in numbers.into_iter().take(most.min(MOST)) {
        if found.iter().any(|known| known.numbers.iter().any(|other| other.number == number)) {
            continue;
        }
        found.extend(by_number(exchange, acting, &number).await?);
    }
    Ok(found)
}

/// The latest interchanges of both sides that are no answers, newest first.
fn newest(tx: &mut Tx<'_>, scope: &Scope) -> Result<Vec<(Side, EnvelopeId)>> {
    let mut all = Vec::new();
    for side in [Side::In, Side::Out] {
        let of_side = books::newest(tx, side, LOOKED_AT, scope)?;
        all.extend(of_side.into_iter().map(|(created, envelope)| (created, envelope, side)));
    }
    all.sort_by_key(|(created, envelope, _)| std::cmp::Reverse((*created, *envelope)));
    Ok(all.into_iter().map(|(_, envelope, side)| (side, envelope)).collect())
}

/// An interchange, what it is found by, and the numbers that lead on from it.
type Begin = (Side, EnvelopeId, String, Vec<String>);

/// Those of these interchanges that are found by a number, in their order.
fn begins(tx: &mut Tx<'_>, some: &[(Side, EnvelopeId)]) -> Result<Vec<Begin>> {
    let mut found = Vec::new();
    for (side, envelope) in some {
        let named = trail::named(tx, *side, *envelope, 1, 20)?;
        if let Some(own) = named.iter().find(|number| number.own) {
            found.push((*side, *envelope, own.number.clone(), timeline::leading(&named)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: i64, kind: &str, transport: Transport, syntax: &str, judgement: &str) -> Entry {
        let said = |word: &str| (!word.is_empty()).then(|| word.to_owned());
        Entry {
            side: Side::Out,
            envelope: format!("01a202d1-1410-7277-af3b-57e537a54c{at:02}").parse().unwrap(),
            partner: "did:web:customs.example.jp".parse().unwrap(),
            created: Timestamp::from_millis(at),
            kinds: vec![kind.to_owned()],
            reference: String::new(),
            numbers: Vec::new(),
            transport,
            syntax: said(syntax),
            judgement: said(judgement),
            test: false,
            amends: None,
            expected: Vec::new(),
        }
    }

    fn check(documents: &[(&str, Transport, &str, &str)], expect: [&str; 5]) {
        let all: Vec<Entry> = documents
            .iter()
            .zip(10..)
            .map(|((kind, transport, syntax, judged), at)| entry(at, kind, *transport, syntax, judged))
            .collect();
        let found: Vec<&str> = stages(&all).into_iter().map(|(_, standing)| standing.as_str()).collect();
        assert_eq!(found, expect, "{documents:?}");
    }

    #[test]
    fn stages_follow_from_documents_and_what_was_decided() {
        use Transport::{Delivered, Failed, Sending};
        let [open, wait, bad, done] = ["open", "waiting", "refused", "done"];
        check(&[], [open; 5]);
        check(&[("ORDERS", Sending, "", "")], [wait, open, open, open, open]);
        check(&[("ORDERS", Delivered, "", "")], [done, open, open, open, open]);
        check(&[("ORDERS", Failed, "", "")], [bad, open, open, open, open]);
        check(&[("IFTMBF", Delivered, "accepted", "")], [open, wait, open, open, open]);
        check(&[("IFTMBF", Delivered, "rejected", "")], [open, bad, open, open, open]);
        check(
            &[("IFTMBF", Delivered, "accepted", ""), ("IFTMBC", Delivered, "", "")],
            [open, done, open, open, open],
        );
        // That customs could read the report says nothing of what they decide.
        check(&[("CUSCAR", Delivered, "accepted", "")], [open, open, wait, open, open]);
        check(&[("CUSCAR", Delivered, "accepted", "accepted")], [open, open, done, open, open]);
        check(&[("CUSDEC", Delivered, "accepted", "")], [open, open, open, done, wait]);
        check(&[("CUSDEC", Delivered, "accepted", "rejected")], [open, open, open, bad, bad]);
        check(&[("CUSDEC", Delivered, "accepted", "accepted")], [open, open, open, done, done]);
        check(&[("CUSDEC", Delivered, "accepted", "held")], [open, open, open, wait, wait]);
        check(&[("CUSDEC", Delivered, "accepted", "released")], [open, open, open, done, done]);
        // Refused, and sent again.
        check(
            &[("CUSDEC", Delivered, "rejected", ""), ("CUSDEC", Delivered, "accepted", "accepted")],
            [open, open, open, done, done],
        );
    }

    /// What was put right counts for nothing, whichever of the two came into the books in which millisecond.
    #[test]
    fn what_is_amended_does_not_count() {
        let refused = entry(20, "ORDERS", Transport::Delivered, "rejected", "");
        let amends = Some(crate::rejects::Amendment {
            envelope: refused.envelope,
            amended: refused.envelope,
            function: "original".to_owned(),
            created: refused.created,
        });
        let amendment = Entry {
            amends,
            created: refused.created,
            ..entry(10, "ORDERS", Transport::Delivered, "accepted", "")
        };
        assert!(amendment.envelope < refused.envelope);
        assert_eq!(stages(&[amendment, refused])[0], (Stage::Ordered, Standing::Done));
    }
}
