//! Whether what was refused is put right by what was sent after it: by an amendment that says so, by the same message
//! under the same number, or, to customs, by a new declaration of the same goods. The queue of what was refused
//! and the stages of a transaction ask this one question.

use corridor_base::{EnvelopeId, Timestamp};
use corridor_exchange::Side;

use crate::customs::MESSAGES;
use crate::references::Role;
use crate::timeline::{Entry, Number};

/// An interchange, as far as the question goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) side: Side,
    pub(crate) envelope: EnvelopeId,
    pub(crate) created: Timestamp,
    /// The kinds of message in it.
    pub(crate) kinds: &'a [String],
    /// The numbers that its messages name, their own too.
    pub(crate) numbers: &'a [Number],
    /// What it amends.
    pub(crate) amends: Option<EnvelopeId>,
}

impl<'a> Sent<'a> {
    /// An interchange of a timeline.
    pub(crate) fn of(entry: &'a Entry) -> Self {
        Self {
            side: entry.side,
            envelope: entry.envelope,
            created: entry.created,
            kinds: &entry.kinds,
            numbers: &entry.numbers,
            amends: entry.amends.as_ref().map(|amendment| amendment.amended),
        }
    }

    /// Whether it takes the place of another one.
    pub(crate) fn overtakes(&self, earlier: &Self) -> bool {
        if self.amends == Some(earlier.envelope) {
            return true;
        }
        let (Some(kind), Some(other)) = (self.kind(), earlier.kind()) else { return false };
        let after = (self.created, self.envelope) > (earlier.created, earlier.envelope);
        if kind != other || self.side != earlier.side || !after {
            return false;
        }
        let own = Role::of_message(kind.as_bytes());
        let has = |number: &Number| self.numbers.contains(number);
        let same = earlier.numbers.iter().any(|number| number.role == own && has(number));
        let goods = || earlier.numbers.iter().filter(|number| number.role == Role::BillOfLading);
        // Of other kinds several go on side by side: an order is invoiced in parts.
        same || (MESSAGES.contains(&kind) && goods().next().is_some() && goods().all(has))
    }

    /// Its kind of message, where it has one alone: what several together say is put right one by one.
    fn kind(&self) -> Option<&'a str> {
        match self.kinds {
            [one] => Some(one),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_the_place_of_another_follows_from_kind_number_and_goods() {
        let id = |n: i64| format!("01a202d1-1410-7277-af3b-57e537a54c{n:02}").parse::<EnvelopeId>().unwrap();
        let numbers = |text: &str| -> Vec<Number> {
            let one = |word: &str| {
                let (role, number) = word.split_once(' ').unwrap();
                Number { role: Role::parse(role).unwrap(), number: number.to_owned() }
            };
            text.split(", ").filter(|word| !word.is_empty()).map(one).collect()
        };
        let check = |earlier: (&str, &str), later: (&str, &str), expect: bool| {
            let kinds = [earlier.0, later.0].map(|kind| vec![kind.to_owned()]);
            let said = [earlier.1, later.1].map(numbers);
            let sent = |at: usize, created: i64| Sent {
                side: Side::Out,
                envelope: id(at as i64),
                created: Timestamp::from_millis(created),
                kinds: &kinds[at],
                numbers: &said[at],
                amends: None,
            };
            assert_eq!(sent(1, 20).overtakes(&sent(0, 10)), expect, "{earlier:?} {later:?}");
            assert!(!sent(1, 5).overtakes(&sent(0, 10)), "what came before: {earlier:?} {later:?}");
            let amends = Sent { amends: Some(id(0)), ..sent(1, 5) };
            assert!(amends.overtakes(&sent(0, 10)), "{earlier:?} {later:?}");
        };
        let (first, again) = ("declaration D-1, bill-of-lading BL-1", "declaration D-2, bill-of-lading BL-1");
        check(("CUSDEC", first), ("CUSDEC", again), true);
        check(("CUSDEC", first), ("CUSDEC", "declaration D-2, bill-of-lading BL-2"), false);
        check(("CUSDEC", first), ("CUSDEC", "declaration D-1"), true);
        check(("CUSDEC", first), ("CUSCAR", "document D-1, bill-of-lading BL-1"), false);
        check(("CUSDEC", "declaration D-1"), ("CUSDEC", "declaration D-2"), false);
        check(("CUSDEC", ""), ("CUSDEC", ""), false);
        check(("ORDERS", "order PO-1"), ("ORDERS", "order PO-1"), true);
        // An order that is invoiced in parts.
        check(("INVOIC", "invoice I-1, order PO-1"), ("INVOIC", "invoice I-2, order PO-1"), false);
        check(
            ("IFTMBF", "document BK-1, order PO-1, bill-of-lading BL-1"),
            ("IFTMBF", "document BK-2, order PO-1, bill-of-lading BL-1"),
            false,
        );
    }
}
