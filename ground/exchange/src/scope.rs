//! Which documents of a participant somebody may see and send: all of them, or those of one
//! department, by kind, by partner, or both. Listings apply it in their query, so that what is outside of it is
//! not counted, paged or timed either.

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_proof::Kind;

use crate::DocumentRow;

/// A part of a participant's documents; the whole, unless it says less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    kinds: Vec<Kind>,
    partners: Vec<Did>,
}

impl Scope {
    /// The documents of these kinds, with these partners; an empty list is no condition.
    #[must_use]
    pub fn of(kinds: Vec<Kind>, partners: Vec<Did>) -> Self {
        Self { kinds, partners }
    }

    /// Whether it is all there is.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.kinds.is_empty() && self.partners.is_empty()
    }

    /// Whether a document of this kind, from or to this partner, is inside.
    #[must_use]
    pub fn admits(&self, kind: &Kind, partner: &Did) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(kind))
            && (self.partners.is_empty() || self.partners.contains(partner))
    }

    /// The document, when it is inside.
    ///
    /// # Errors
    /// `not-found`, as if there were no such document.
    pub fn only(&self, row: DocumentRow) -> Result<DocumentRow> {
        if self.admits(&row.kind, &row.partner) {
            return Ok(row);
        }
        Err(Problem::new(ErrorCode::NotFound).with("what", format!("document {}", row.id)))
    }

    /// For a statement that asks `($N = '' OR REPLACE($N, '|' || kind || '|', '') <> $N)`: the kinds
    /// between bars, which neither kinds nor DIDs hold.
    #[must_use]
    pub fn kinds_parameter(&self) -> String {
        barred(self.kinds.iter().map(Kind::as_str))
    }

    /// The same for partners.
    #[must_use]
    pub fn partners_parameter(&self) -> String {
        barred(self.partners.iter().map(Did::as_str))
    }
}

fn barred<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.map(|item| format!("|{item}|")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_does_not_name_it_does_not_ask_for() {
        let (kind, did) = ("edifact".parse::<Kind>().unwrap(), "did:web:a.jp".parse::<Did>().unwrap());
        let (other, stranger) =
            ("line-list".parse::<Kind>().unwrap(), "did:web:b.jp".parse::<Did>().unwrap());
        let check = |scope: Scope, expect: [bool; 4]| {
            let found = [(&kind, &did), (&kind, &stranger), (&other, &did), (&other, &stranger)]
                .map(|(k, d)| scope.admits(k, d));
            assert_eq!(found, expect, "{scope:?}");
        };
        check(Scope::default(), [true; 4]);
        check(Scope::of(vec![kind.clone()], vec![]), [true, true, false, false]);
        check(Scope::of(vec![], vec![did.clone()]), [true, false, true, false]);
        check(Scope::of(vec![kind.clone()], vec![did.clone()]), [true, false, false, false]);
        assert_eq!(
            Scope::of(vec![kind.clone(), other.clone()], vec![]).kinds_parameter(),
            "|edifact||line-list|"
        );
    }
}
