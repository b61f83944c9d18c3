//! Trust lists and recognitions: whom a country vouches for, with which keys, until when; and the
//! statement by which two countries take each other's lists.

use std::collections::BTreeSet;
use std::time::Duration;

use corridor_base::{Country, Did, Digest, KeyId, Lang, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use crate::key::PublicKey;
use crate::statement::{Statement, check_text, refuse};

/// A name in the three languages of the corridor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
    /// Korean.
    pub ko: String,
}

impl Names {
    /// The name in one language.
    #[must_use]
    pub fn in_language(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
            Lang::Ko => &self.ko,
        }
    }

    /// All three.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        [self.en.as_str(), &self.ja, &self.ko].into_iter()
    }

    /// The same text in all three languages.
    #[must_use]
    pub fn same(text: &str) -> Self {
        Self { en: text.to_owned(), ja: text.to_owned(), ko: text.to_owned() }
    }
}

/// A key as the list pins it. A key that was replaced stays, with its end, so that what it signed
/// while it was valid can still be judged (ID-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedKey {
    /// Its name.
    pub id: KeyId,
    /// The key.
    pub key: PublicKey,
    /// Valid from.
    pub from: Timestamp,
    /// Valid until, not included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl ListedKey {
    /// Whether the key was valid at this instant.
    #[must_use]
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// One participant that the country vouches for, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedParticipant {
    /// Its identifier.
    pub did: Did,
    /// Its name.
    pub name: Names,
    /// Where its node answers, an absolute URL without trailing slash.
    pub endpoint: String,
    /// Its keys, with their history.
    pub keys: Vec<ListedKey>,
    /// Set when it was removed: from then on it may do nothing new, and what it did stays judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Timestamp>,
}

/// The participants a country vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustList {
    /// Whose list.
    pub country: Country,
    /// Counts up by one with each list.
    pub number: u64,
    /// The digest of the list before; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// When it was signed.
    pub issued: Timestamp,
    /// Until when it stands.
    pub expires: Timestamp,
    /// For how many hours after `expires` nodes may still go by it, because a new list is late.
    /// Afterwards anything new is refused (fail closed).
    pub grace_hours: u32,
    /// The participants, ordered by identifier.
    pub participants: Vec<ListedParticipant>,
}

impl TrustList {
    /// The instant from which nothing new is accepted under this list.
    #[must_use]
    pub fn closes(&self) -> Timestamp {
        self.expires.plus(Duration::from_secs(u64::from(self.grace_hours) * 3600))
    }

    /// The participant of this identifier, removed or not.
    #[must_use]
    pub fn participant(&self, did: &Did) -> Option<&ListedParticipant> {
        self.participants.binary_search_by(|p| p.did.cmp(did)).ok().and_then(|i| self.participants.get(i))
    }
}

impl Statement for TrustList {
    const KIND: &'static str = "corridor/trust-list/v1";
    const INDENTED: bool = true;
    const MAX: usize = 16 << 20;

    fn check(&self) -> Result<(), Problem> {
        if self.issued >= self.expires {
            return Err(refuse("trust list: expires", "later than issued expected"));
        }
        if self.grace_hours > 24 * 31 {
            return Err(refuse("trust list: grace_hours", "at most 744 hours expected"));
        }
        if (self.number == 1) != self.previous.is_none() || self.number == 0 {
            return Err(refuse("trust list: previous", "list 1 has none, every other list has one"));
        }
        if !self.participants.is_sorted_by(|a, b| a.did < b.did) {
            return Err(refuse("trust list: participants", "ordered by identifier, each once, expected"));
        }
        self.participants.iter().try_for_each(check_participant)
    }
}

fn check_participant(participant: &ListedParticipant) -> Result<(), Problem> {
    for name in participant.name.all() {
        check_text("trust list: name", name, 200)?;
    }
    check_text("trust list: endpoint", &participant.endpoint, 1000)?;
    if participant.endpoint.ends_with('/') {
        return Err(refuse("trust list: endpoint", "no trailing slash expected"));
    }
    if participant.keys.is_empty() || participant.keys.len() > 100 {
        return Err(refuse("trust list: keys", "1 to 100 keys expected"));
    }
    let ids: BTreeSet<_> = participant.keys.iter().map(|k| &k.id).collect();
    if ids.len() != participant.keys.len() || ids.iter().any(|id| id.did() != participant.did) {
        return Err(refuse("trust list: keys", "each key once, of its own participant, expected"));
    }
    Ok(())
}

/// One country in a recognition: its code and the verifier key of its anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecognisedCountry {
    /// Which country.
    pub country: Country,
    /// Its anchor, `NAME+HASH+KEY`.
    pub anchor: String,
}

/// Two countries take each other's trust lists; signed by both anchors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognition {
    /// The two countries, ordered by code.
    pub countries: [RecognisedCountry; 2],
    /// From when.
    pub from: Timestamp,
    /// Until when, not included.
    pub until: Timestamp,
}

impl Recognition {
    /// Whether it stands at this instant, as far as its own dates say.
    #[must_use]
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Statement for Recognition {
    const KIND: &'static str = "corridor/recognition/v1";
    const INDENTED: bool = true;
    const MAX: usize = 64 << 10;

    fn check(&self) -> Result<(), Problem> {
        let [a, b] = &self.countries;
        if a.country >= b.country {
            return Err(refuse(
                "recognition: countries",
                "two different countries, ordered by code, expected",
            ));
        }
        if self.from >= self.until {
            return Err(refuse("recognition: until", "later than from expected"));
        }
        for country in &self.countries {
            PublicKey::from_vkey(&country.anchor)?;
        }
        Ok(())
    }
}
