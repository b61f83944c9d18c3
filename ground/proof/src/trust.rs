//! Trust lists and recognitions: whom a country vouches for, with which keys, until when; and the
//! statement by which two countries take each other's lists.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use corridor_base::{Country, Did, Digest, KeyId, Problem, Timestamp, Words};
use serde::{Deserialize, Serialize};

use crate::cosignature::{ML_DSA_44_KEY, VerifierKey};
use crate::key::PublicKey;
use crate::merkle::MAX_SIZE;
use crate::statement::{Statement, check_text, refuse};
use crate::succession::Succession;

/// The most witnesses that one country's anchor names.
pub const MAX_WITNESSES: usize = 32;
/// The most successions that one list names.
pub const MAX_SUCCESSIONS: usize = 256;
/// The longest name of a log's or a witness's key, in bytes.
pub const MAX_LEDGER_NAME: usize = 200;
/// The longest URL of a log, a witness or a mirror, in bytes.
pub const MAX_LEDGER_URL: usize = 300;

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
    /// The leaf after which it is void, when it was revoked: of what is in that log the leaf decides, and no
    /// clock (ID-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void_after: Option<LeafOf>,
}

/// A leaf of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafOf {
    /// The origin of the log.
    pub log: String,
    /// The number of the leaf, from 0.
    pub leaf: u64,
}

/// When a signature was first recorded, and where: the time of the earliest cosigned checkpoint that holds its
/// leaf, and the leaf. Never the time that its maker wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The instant; the clock's now for something new.
    pub at: Timestamp,
    /// The leaf, once there is one.
    pub leaf: Option<LeafOf>,
}

impl Recorded {
    /// At an instant, in no log that is known.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self { at, leaf: None }
    }
}

impl ListedKey {
    /// Whether the key was good for a signature that was recorded then and there (ID-1). Where the
    /// revocation names a leaf of the log that holds it, that leaf decides; elsewhere the key's time does.
    #[must_use]
    pub fn good_for(&self, recorded: &Recorded) -> bool {
        match (&self.void_after, &recorded.leaf) {
            (Some(last), Some(at)) if last.log == at.log => self.from <= recorded.at && at.leaf <= last.leaf,
            _ => self.covers(recorded.at),
        }
    }

    /// Whether the key was valid at this instant.
    #[must_use]
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The ledger of the node that a participant lives on: the log of its acts, and the witness and the
/// mirror that the node is to others. Participants of one node name the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedLedger {
    /// The key that signs the log's checkpoints (type 1); its name is the log's origin.
    pub log: VerifierKey,
    /// Where the log is read (C2SP tlog-tiles), an absolute URL without trailing slash.
    pub log_url: String,
    /// The key with which the node cosigns the logs of others.
    pub witness: VerifierKey,
    /// A second key with which it cosigns, of ML-DSA-44 (type 6), when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ml_dsa: Option<VerifierKey>,
    /// Where its witness is asked (C2SP tlog-witness), an absolute URL without trailing slash.
    pub witness_url: String,
    /// Where it serves its copies of the logs of others (C2SP tlog-mirror), when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror_url: Option<String>,
}

impl ListedLedger {
    /// The origin of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.log.name()
    }

    fn check(&self) -> Result<(), Problem> {
        if self.log.cosigns() || self.log.name().len() > MAX_LEDGER_NAME {
            return Err(refuse(
                "trust list: log",
                "a key of type 1 with a name of at most 200 bytes expected",
            ));
        }
        check_witness_key(&self.witness)?;
        if let Some(key) = &self.ml_dsa {
            check_witness_key(key)?;
            if key.bytes().len() != ML_DSA_44_KEY {
                return Err(refuse("trust list: witness", "a second key of type 6 expected"));
            }
        }
        [&self.log_url, &self.witness_url].into_iter().chain(&self.mirror_url).try_for_each(|u| check_url(u))
    }
}

/// A witness that the country's anchor runs (LG-2): so that a log is cosigned in its own country by
/// somebody who does not run it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedWitness {
    /// What the list calls it: `main`.
    pub name: String,
    /// The key with which it cosigns.
    pub key: VerifierKey,
    /// Where it is asked (C2SP tlog-witness), an absolute URL without trailing slash.
    pub url: String,
    /// Where it serves its copies of the logs (C2SP tlog-mirror), when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror_url: Option<String>,
}

impl ListedWitness {
    fn check(&self) -> Result<(), Problem> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c);
        if self.name.is_empty() || self.name.len() > 100 || !self.name.chars().all(plain) {
            let why = "1 to 100 lower-case letters, digits and - . _ / expected";
            return Err(refuse("trust list: witness", why));
        }
        check_witness_key(&self.key)?;
        std::iter::once(&self.url).chain(&self.mirror_url).try_for_each(|url| check_url(url))
    }
}

/// One participant that the country vouches for, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedParticipant {
    /// Its identifier.
    pub did: Did,
    /// Its name.
    pub name: Words,
    /// Where its node answers, an absolute URL without trailing slash.
    pub endpoint: String,
    /// Its keys, with their history.
    pub keys: Vec<ListedKey>,
    /// Set when it was removed: from then on it may do nothing new, and what it did stays judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Timestamp>,
    /// The ledger of its node, when it keeps one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<ListedLedger>,
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
    /// The witnesses that the anchor runs, ordered by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<ListedWitness>,
    /// The logs of this country that have ended, and which goes on in place of each; ordered by origin.
    /// They stay for good: what was proved under an ended log is judged by what stands here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successions: Vec<Succession>,
}

impl TrustList {
    /// The instant from which nothing new is accepted under this list.
    #[must_use]
    pub fn closes(&self) -> Timestamp {
        self.expires.plus(Duration::from_secs(u64::from(self.grace_hours) * 3600))
    }

    /// The succession of this log, if it has ended.
    #[must_use]
    pub fn succession(&self, origin: &str) -> Option<&Succession> {
        let found = self.successions.binary_search_by(|s| s.log.name().cmp(origin)).ok();
        found.and_then(|place| self.successions.get(place))
    }

    /// The origin of the log that goes on now in place of this one: its own, when it has not ended.
    #[must_use]
    pub fn goes_on_as<'a>(&'a self, origin: &'a str) -> &'a str {
        let mut at = origin;
        // Nobody follows another for ever: there are only so many.
        for _ in &self.successions {
            match self.succession(at) {
                Some(succession) => at = succession.successor.name(),
                None => break,
            }
        }
        at
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
        self.participants.iter().try_for_each(check_participant)?;
        if self.witnesses.len() > MAX_WITNESSES || !self.witnesses.is_sorted_by(|a, b| a.name < b.name) {
            let why = format!("at most {MAX_WITNESSES}, ordered by name, each once, expected");
            return Err(refuse("trust list: witnesses", &why));
        }
        self.witnesses.iter().try_for_each(ListedWitness::check)?;
        check_successions(self)?;
        check_owners(self)
    }
}

/// A log ends once, and in its place goes on one that somebody of this list keeps, or that has ended itself.
fn check_successions(list: &TrustList) -> Result<(), Problem> {
    let all = &list.successions;
    if all.len() > MAX_SUCCESSIONS || !all.is_sorted_by(|a, b| a.log.name() < b.log.name()) {
        let why = format!("at most {MAX_SUCCESSIONS}, ordered by origin, each once, expected");
        return Err(refuse("trust list: successions", &why));
    }
    let mut successors = BTreeSet::new();
    for succession in all {
        succession.check()?;
        if succession.country != list.country {
            return Err(refuse("trust list: successions", "a log of this country expected"));
        }
        let kept = |p: &ListedParticipant| p.ledger.as_ref().is_some_and(|l| l.log == succession.successor);
        let known = list.participants.iter().any(kept) || all.iter().any(|s| s.log == succession.successor);
        if !known || !successors.insert(succession.successor.name()) {
            let why = "a successor that a participant keeps, of one log, expected";
            return Err(refuse("trust list: successions", why));
        }
    }
    // In a ring none would go on.
    match all.iter().any(|s| list.succession(list.goes_on_as(s.log.name())).is_some()) {
        true => Err(refuse("trust list: successions", "a log that goes on expected")),
        false => Ok(()),
    }
}

/// Who may hold a key of the ledger: a log, its witness, or a witness of the anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner<'a> {
    Ended(&'a str),
    Log(&'a str),
    Witness(&'a str),
    Anchor(&'a str),
}

/// One key has one owner, so that nobody cosigns under two names (LG-2); and who does not live on a
/// node does not sign under the origin of its log.
fn check_owners(list: &TrustList) -> Result<(), Problem> {
    let mut owners: BTreeMap<&[u8], Owner<'_>> = BTreeMap::new();
    let mut origins: BTreeMap<&str, (&ListedLedger, &str)> = BTreeMap::new();
    let mut claim = |key: &'_ VerifierKey, bytes, owner| match owners.insert(bytes, owner) {
        Some(other) if other != owner => {
            Err(refuse("trust list: ledger", &format!("one key has two owners: {}", key.name())))
        }
        _ => Ok(()),
    };
    for participant in list.participants.iter().filter(|p| p.removed.is_none()) {
        let Some(ledger) = &participant.ledger else { continue };
        claim(&ledger.log, ledger.log.bytes(), Owner::Log(ledger.origin()))?;
        for key in std::iter::once(&ledger.witness).chain(&ledger.ml_dsa) {
            claim(key, key.bytes(), Owner::Witness(ledger.origin()))?;
        }
        let here = (ledger, participant.endpoint.as_str());
        let (known, endpoint) = *origins.entry(ledger.origin()).or_insert(here);
        // Participants of one node are admitted one by one, also while its keys are replaced.
        if (&known.log, &known.witness) != (&ledger.log, &ledger.witness) && endpoint != here.1 {
            let why = format!("two nodes under one origin: {}", ledger.origin());
            return Err(refuse("trust list: ledger", &why));
        }
    }
    for ended in &list.successions {
        claim(&ended.log, ended.log.bytes(), Owner::Ended(ended.log.name()))?;
    }
    list.witnesses.iter().try_for_each(|w| claim(&w.key, w.key.bytes(), Owner::Anchor(&w.name)))
}

fn check_witness_key(key: &VerifierKey) -> Result<(), Problem> {
    if key.cosigns() && key.name().len() <= MAX_LEDGER_NAME {
        return Ok(());
    }
    Err(refuse("trust list: witness", "a key of type 4 or 6 with a name of at most 200 bytes expected"))
}

/// Words of a witness policy (C2SP tlog-policy), so without white space.
fn check_url(text: &str) -> Result<(), Problem> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let word = text.bytes().all(|b| b.is_ascii_graphic());
    if web && word && text.len() <= MAX_LEDGER_URL && !text.ends_with('/') {
        return Ok(());
    }
    Err(refuse(
        "trust list: URL",
        "an absolute URL of at most 300 ASCII characters, no trailing slash, expected",
    ))
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
    for last in participant.keys.iter().filter_map(|k| k.void_after.as_ref()) {
        check_text("trust list: void_after", &last.log, MAX_LEDGER_NAME)?;
        if last.leaf > MAX_SIZE {
            return Err(refuse("trust list: void_after", "a number of a leaf expected"));
        }
    }
    if ids.len() != participant.keys.len() || ids.iter().any(|id| id.did() != participant.did) {
        return Err(refuse("trust list: keys", "each key once, of its own participant, expected"));
    }
    participant.ledger.as_ref().map_or(Ok(()), ListedLedger::check)
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

#[cfg(test)]
mod tests;
