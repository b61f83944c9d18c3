//! What an operator should see to: lists that are missing or end, recognitions that end, contradictions.

use std::time::Duration;

use corridor_base::{Country, Did, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Conflict, HeldList, Standing, View};

/// How long before its end a recognition is warned about.
const RECOGNITION_WARNING: Duration = Duration::from_secs(30 * 86_400);

/// Something an operator should see to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "warning", rename_all = "kebab-case")]
pub enum Warning {
    /// No list of a country whose anchor is pinned or recognised is held.
    ListMissing {
        /// Which country.
        country: Country,
    },
    /// A list has expired and is used until it closes.
    ListInGrace {
        /// Whose list.
        country: Country,
        /// Its number.
        number: u64,
        /// When it expired.
        expired: Timestamp,
        /// From when nothing new is accepted.
        closes: Timestamp,
    },
    /// A list has closed: nothing new is accepted from its country.
    ListClosed {
        /// Whose list.
        country: Country,
        /// Its number.
        number: u64,
        /// Since when.
        closed: Timestamp,
    },
    /// A list is held and the anchor that signed it is not recognised now.
    ListUnrecognised {
        /// Whose list.
        country: Country,
        /// Its number.
        number: u64,
    },
    /// A recognition ends within 30 days.
    RecognitionEnds {
        /// The country that is recognised.
        country: Country,
        /// When.
        until: Timestamp,
    },
    /// Two lists in force name one participant. A pinned anchor's word counts before a recognised
    /// one's; two recognised ones cancel each other out.
    NamedTwice {
        /// Who.
        who: Did,
        /// By whose lists.
        countries: Vec<Country>,
    },
    /// An anchor signed two lists of one number.
    TwoLists(Conflict),
}

impl View {
    /// What an operator should see to now.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut out = Vec::new();
        let missing = |country: &Country| !self.lists.contains_key(country);
        let mut expected: Vec<&Country> = self.pinned.iter().map(|a| &a.country).collect();
        expected.extend(self.recognitions.iter().map(|r| &r.other.country));
        expected.sort_unstable();
        expected.dedup();
        for country in expected {
            if missing(country) && !self.anchors(country, now).is_empty() {
                out.push(Warning::ListMissing { country: country.clone() });
            }
            if let Some(until) = self.recognition(country, now).map(|r| r.signed.body().until)
                && until.since(now) <= RECOGNITION_WARNING
            {
                out.push(Warning::RecognitionEnds { country: country.clone(), until });
            }
        }
        out.extend(self.lists.values().filter_map(|held| self.list_warning(held, now)));
        out.extend(self.named_twice(now));
        out.extend(self.conflicts.iter().cloned().map(Warning::TwoLists));
        out
    }

    fn list_warning(&self, held: &HeldList, now: Timestamp) -> Option<Warning> {
        let list = held.signed.body();
        let (country, number) = (list.country.clone(), list.number);
        match self.standing(held, now) {
            Standing::InForce => None,
            Standing::Grace => {
                Some(Warning::ListInGrace { country, number, expired: list.expires, closes: list.closes() })
            }
            Standing::Closed => Some(Warning::ListClosed { country, number, closed: list.closes() }),
            Standing::Unrecognised => Some(Warning::ListUnrecognised { country, number }),
        }
    }

    fn named_twice(&self, now: Timestamp) -> Vec<Warning> {
        let mut out = Vec::new();
        for (who, named) in self.index.iter().filter(|(_, named)| named.len() > 1) {
            let speaks = |country: &Country| {
                self.lists.get(country).is_some_and(|held| self.usable(held, now).is_ok())
            };
            let mut countries: Vec<Country> = named.iter().map(|(c, _)| c.clone()).filter(speaks).collect();
            countries.sort_unstable();
            if countries.len() > 1 {
                out.push((who.clone(), countries));
            }
        }
        out.sort_unstable();
        out.into_iter().map(|(who, countries)| Warning::NamedTwice { who, countries }).collect()
    }
}
