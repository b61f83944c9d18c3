//! The judgement: which key counts, for whom, at which instant. Pure: a picture of the anchors,
//! trust lists and recognitions held, asked by the gate for each request.

mod summary;
mod warning;
mod weigh;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use corridor_base::{Country, Did, Digest, ErrorCode, KeyId, Problem, Result, Timestamp};
use corridor_proof::{
    ListedParticipant, PublicKey, Recognition, Recorded, Signed, Succession, TrustList, VerifierKey,
};
use serde::{Deserialize, Serialize};

pub use summary::{ListSummary, RecognitionSummary, Standing};
pub use warning::Warning;
pub(crate) use weigh::{Weighed, list_invalid, list_old, weigh_number};
use weigh::{recognition_invalid, recognition_missing};

/// The anchor of a country: who signs its trust lists.
#[derive(Clone, PartialEq, Eq)]
pub struct AnchorKey {
    /// Whose anchor.
    pub country: Country,
    /// The name it signs under.
    pub name: String,
    /// Its key.
    pub key: PublicKey,
}

impl AnchorKey {
    /// From a country and the verifier key of its anchor, `NAME+HASH+KEY` (C2SP signed-note).
    ///
    /// # Errors
    /// `malformed` when the verifier key cannot be read.
    pub fn parse(country: Country, vkey: &str) -> Result<Self> {
        let (name, key) = PublicKey::from_vkey(vkey)?;
        Ok(Self { country, name, key })
    }

    /// The verifier key, `NAME+HASH+KEY`.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.key.vkey(&self.name)
    }
}

impl fmt::Debug for AnchorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.country, self.vkey())
    }
}

/// A trust list that is held.
pub(crate) struct HeldList {
    pub(crate) signed: Signed<TrustList>,
    pub(crate) accepted: Timestamp,
    /// Those known anchors of its country that signed it.
    anchors: Vec<AnchorKey>,
    participants: Vec<Arc<ListedParticipant>>,
}

/// A recognition that is held, with the anchor at its far end.
pub(crate) struct HeldRecognition {
    pub(crate) signed: Signed<Recognition>,
    other: AnchorKey,
}

/// The picture at one moment. Cheap to share and never changed: a new list makes a new picture.
#[derive(Default)]
pub struct View {
    pinned: Vec<AnchorKey>,
    lists: BTreeMap<Country, Arc<HeldList>>,
    recognitions: Vec<Arc<HeldRecognition>>,
    /// Which lists name a participant, and where in them.
    index: HashMap<Did, Vec<(Country, usize)>>,
    conflicts: Vec<Conflict>,
}

/// Two lists of one number, both signed by the anchor: evidence that it told two stories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Whose lists.
    pub country: Country,
    /// Their number.
    pub number: u64,
    /// The digest of the one that was refused.
    pub digest: Digest,
    /// When it came.
    pub seen: Timestamp,
}

/// A participant as its country's list has it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The participant.
    pub participant: Arc<ListedParticipant>,
    /// The country that vouches for it.
    pub country: Country,
    /// The number of the list.
    pub list: u64,
}

/// The far anchor of a recognition that is signed by both ends, one of which is pinned.
///
/// # Errors
/// `recognition-invalid`.
fn far_end(pinned: &[AnchorKey], signed: &Signed<Recognition>) -> Result<AnchorKey> {
    let [a, b] = &signed.body().countries;
    let a = AnchorKey::parse(a.country.clone(), &a.anchor)?;
    let b = AnchorKey::parse(b.country.clone(), &b.anchor)?;
    for anchor in [&a, &b] {
        if !signed.signed_by(&anchor.name, &anchor.key) {
            return Err(recognition_invalid(&anchor.country, format!("not signed by {}", anchor.name)));
        }
    }
    match (pinned.contains(&a), pinned.contains(&b)) {
        (true, _) => Ok(b),
        (false, true) => Ok(a),
        (false, false) => Err(recognition_invalid(&b.country, "neither of its anchors is pinned here")),
    }
}

impl View {
    /// A picture with nothing but the pinned anchors.
    pub(crate) fn new(pinned: Vec<AnchorKey>) -> Self {
        Self { pinned, ..Self::default() }
    }

    /// The picture of these recognitions and lists. What no pinned anchor vouches for any more,
    /// because the configuration changed, is passed over.
    pub(crate) fn build(
        pinned: Vec<AnchorKey>,
        recognitions: Vec<Signed<Recognition>>,
        lists: Vec<(Signed<TrustList>, Timestamp)>,
        conflicts: Vec<Conflict>,
    ) -> Self {
        let mut view = Self { conflicts, ..Self::new(pinned) };
        for signed in recognitions {
            if let Ok(other) = far_end(&view.pinned, &signed) {
                view.recognitions.push(Arc::new(HeldRecognition { signed, other }));
            }
        }
        for (signed, accepted) in lists {
            let country = signed.body().country.clone();
            let anchors =
                view.known_anchors(&country).filter(|a| signed.signed_by(&a.name, &a.key)).cloned().collect();
            let participants = signed.body().participants.iter().cloned().map(Arc::new).collect::<Vec<_>>();
            for (place, participant) in participants.iter().enumerate() {
                view.index.entry(participant.did.clone()).or_default().push((country.clone(), place));
            }
            view.lists.insert(country, Arc::new(HeldList { signed, accepted, anchors, participants }));
        }
        view
    }

    /// All anchors of a country that were ever trusted here, in force or not.
    fn known_anchors<'a>(&'a self, country: &'a Country) -> impl Iterator<Item = &'a AnchorKey> {
        let recognised = self.recognitions.iter().map(|r| &r.other);
        self.pinned.iter().chain(recognised).filter(move |a| a.country == *country)
    }

    /// The anchors of a country that count at this instant: the pinned ones, and the one that the
    /// latest recognition names. A later recognition replaces an earlier one, longer or not, so that
    /// a stolen anchor key does not live on in an old paper.
    fn anchors(&self, country: &Country, now: Timestamp) -> Vec<&AnchorKey> {
        let mut out: Vec<&AnchorKey> = self.pinned.iter().filter(|a| a.country == *country).collect();
        out.extend(self.recognition(country, now).map(|r| &r.other));
        out
    }

    /// The recognition of a country that counts at this instant.
    fn recognition(&self, country: &Country, now: Timestamp) -> Option<&Arc<HeldRecognition>> {
        let begun =
            self.recognitions.iter().filter(|r| r.other.country == *country && r.signed.body().from <= now);
        begun
            .max_by_key(|r| (r.signed.body().from, r.signed.digest()))
            .filter(|r| r.signed.body().covers(now))
    }

    fn is_pinned(&self, country: &Country) -> bool {
        self.pinned.iter().any(|a| a.country == *country)
    }

    /// How a held list stands at this instant.
    fn standing(&self, held: &HeldList, now: Timestamp) -> Standing {
        let list = held.signed.body();
        if !self.anchors(&list.country, now).into_iter().any(|a| held.anchors.contains(a)) {
            Standing::Unrecognised
        } else if now >= list.closes() {
            Standing::Closed
        } else if now >= list.expires {
            Standing::Grace
        } else {
            Standing::InForce
        }
    }

    /// Refuses a list that must not be gone by at this instant; fails closed.
    fn usable(&self, held: &HeldList, now: Timestamp) -> Result<()> {
        let list = held.signed.body();
        match self.standing(held, now) {
            Standing::InForce | Standing::Grace => Ok(()),
            Standing::Closed => Err(Problem::new(ErrorCode::TrustListExpired)
                .with("country", &list.country)
                .with("list", list.number)
                .with("at", list.expires)),
            Standing::Unrecognised if self.is_pinned(&list.country) => {
                Err(Problem::new(ErrorCode::TrustListMissing).with("country", &list.country))
            }
            Standing::Unrecognised => Err(recognition_missing(&list.country)),
        }
    }

    /// The participant, removed or not, in the list that speaks for it at this instant.
    fn find(&self, did: &Did, now: Timestamp) -> Result<Listed> {
        let named = self.index.get(did).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<Listed> = Vec::new();
        let mut refused = None;
        for (country, place) in named {
            let Some(held) = self.lists.get(country) else { continue };
            let Some(participant) = held.participants.get(*place) else { continue };
            let listed = Listed {
                participant: participant.clone(),
                country: country.clone(),
                list: held.signed.body().number,
            };
            // The word of our own anchor is the last one, also where it has expired.
            if self.is_pinned(country) {
                return self.usable(held, now).map(|()| listed);
            }
            match self.usable(held, now) {
                Ok(()) => found.push(listed),
                Err(problem) => refused = refused.or(Some(problem)),
            }
        }
        if found.len() > 1 {
            found.retain(|l| l.participant.removed.is_none());
        }
        match (found.pop(), found.pop()) {
            (Some(listed), None) => Ok(listed),
            (Some(a), Some(b)) => {
                Err(list_invalid(&a.country, format!("{did} stands in the list of {} too", b.country)))
            }
            (None, _) => Err(refused.unwrap_or_else(|| self.not_named(did))),
        }
    }

    fn not_named(&self, did: &Did) -> Problem {
        match self.pinned.iter().find(|a| !self.lists.contains_key(&a.country)) {
            Some(anchor) => Problem::new(ErrorCode::TrustListMissing).with("country", &anchor.country),
            None => Problem::new(ErrorCode::ParticipantUnknown).with("who", did),
        }
    }

    /// The key of this name, judged (ID-1).
    ///
    /// `at` is the instant at which the signature was first recorded *here*, never the time that its
    /// maker wrote; `now` is the instant by which lists and recognitions must stand. For something
    /// new both are the clock's now. For something recorded long ago pass its instant twice: it is
    /// judged as it was then, whatever has expired since. The instant recorded with the clock's now
    /// is the strict middle: the key of then, under a list that still stands.
    ///
    /// # Errors
    /// `trust-list-missing`, `participant-unknown`, `participant-removed`, `key-unknown`,
    /// `key-not-valid`, `trust-list-expired`, `recognition-missing`; `trust-list-invalid` when two
    /// recognised lists name the participant.
    pub fn key_at(&self, key: &KeyId, at: Timestamp, now: Timestamp) -> Result<PublicKey> {
        self.key_for(key, &Recorded::at(at), now)
    }

    /// The same, of a signature whose leaf is known: the earliest cosigned checkpoint that holds the leaf says
    /// when it was recorded, and a revocation that names a leaf of that log decides by the leaf.
    ///
    /// # Errors
    /// As [`View::key_at`].
    pub fn key_for(&self, key: &KeyId, recorded: &Recorded, now: Timestamp) -> Result<PublicKey> {
        let at = recorded.at;
        let listed = self.find(&key.did(), now)?;
        listed.present(at)?;
        let known = listed.participant.keys.iter().find(|k| k.id == *key);
        let known = known.ok_or_else(|| Problem::new(ErrorCode::KeyUnknown).with("key", key))?;
        if !known.good_for(recorded) {
            return Err(Problem::new(ErrorCode::KeyNotValid).with("key", key).with("at", at));
        }
        Ok(known.key.clone())
    }

    /// The participant as the lists have it now.
    ///
    /// # Errors
    /// As [`View::key_at`], those about keys aside.
    pub fn participant(&self, did: &Did, now: Timestamp) -> Result<Listed> {
        let listed = self.find(did, now)?;
        listed.present(now)?;
        Ok(listed)
    }

    /// Whether the lists pin this very key as valid now: what [`crate::Keyring::activate`] asks.
    #[must_use]
    pub fn pins(&self, id: &KeyId, key: &PublicKey, now: Timestamp) -> bool {
        self.key_at(id, now, now).is_ok_and(|pinned| pinned == *key)
    }

    /// What the lists say of a key, whoever has or had it.
    pub(crate) fn listed(&self, key: &KeyId) -> impl Iterator<Item = &corridor_proof::ListedKey> {
        let participants = self.lists.values().flat_map(|held| &held.participants);
        participants.flat_map(|participant| &participant.keys).filter(move |listed| listed.id == *key)
    }

    /// Every participant of every list, removed ones too, by country and identifier.
    #[must_use]
    pub fn all(&self) -> Vec<Listed> {
        let mut out = Vec::new();
        for (country, held) in &self.lists {
            for participant in &held.participants {
                let list = held.signed.body().number;
                out.push(Listed { participant: participant.clone(), country: country.clone(), list });
            }
        }
        out
    }

    /// The lists that are gone by now, each with the anchor that vouches for it: those of pinned
    /// anchors first, because their word counts first.
    pub(crate) fn in_use(&self, now: Timestamp) -> Vec<(&TrustList, &AnchorKey)> {
        let mut out = Vec::new();
        for held in self.lists.values().filter(|held| self.usable(held, now).is_ok()) {
            let country = &held.signed.body().country;
            let anchor = self.anchors(country, now).into_iter().find(|a| held.anchors.contains(a));
            out.extend(anchor.map(|anchor| (held.signed.body(), anchor)));
        }
        out.sort_by_key(|(list, _)| (!self.is_pinned(&list.country), list.country.clone()));
        out
    }

    /// Where the anchors whose lists are in use serve copies of the logs, beside their witnesses.
    #[must_use]
    pub fn anchor_mirrors(&self, now: Timestamp) -> Vec<String> {
        let lists = self.in_use(now).into_iter();
        lists.flat_map(|(list, _)| list.witnesses.iter().filter_map(|w| w.mirror_url.clone())).collect()
    }

    /// The countries that this node trusts now: our own and those recognised, ordered by code,
    /// whether or not a list of theirs is held.
    #[must_use]
    pub fn countries(&self, now: Timestamp) -> Vec<Country> {
        let recognised = self.recognitions.iter().map(|r| &r.other.country);
        let named = self.pinned.iter().map(|a| &a.country).chain(recognised);
        let mut out: Vec<Country> = named.filter(|c| !self.anchors(c, now).is_empty()).cloned().collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The next instant at which this picture means something else than now, though nothing new came.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let recognitions = self.recognitions.iter().map(|r| r.signed.body());
        let dates = recognitions.flat_map(|r| [r.from, r.until]);
        let closes = self.lists.values().map(|held| held.signed.body().closes());
        let removed = self.lists.values().flat_map(|held| held.participants.iter().filter_map(|p| p.removed));
        dates.chain(closes).chain(removed).filter(|at| *at > now).min()
    }

    /// The newest list of a country, as it was signed.
    #[must_use]
    pub fn list(&self, country: &Country) -> Option<&Signed<TrustList>> {
        self.lists.get(country).map(|held| &held.signed)
    }

    /// The recognitions as they were signed.
    pub fn recognition_notes(&self) -> impl Iterator<Item = &Signed<Recognition>> {
        self.recognitions.iter().map(|held| &held.signed)
    }

    /// The anchors of the configuration.
    #[must_use]
    pub fn pinned(&self) -> &[AnchorKey] {
        &self.pinned
    }

    /// The succession of the log with this key, as the lists in use name it.
    #[must_use]
    pub fn succession_of(&self, log: &VerifierKey, now: Timestamp) -> Option<&Succession> {
        self.in_use(now)
            .into_iter()
            .find_map(|(list, _)| list.succession(log.name()).filter(|s| s.log == *log))
    }

    /// The successions that the lists in use name.
    pub fn successions(&self, now: Timestamp) -> impl Iterator<Item = &Succession> {
        self.in_use(now).into_iter().flat_map(|(list, _)| &list.successions)
    }
}

impl Listed {
    /// Refuses a participant that was removed by then.
    fn present(&self, at: Timestamp) -> Result<()> {
        match self.participant.removed {
            Some(removed) if removed <= at => Err(Problem::new(ErrorCode::ParticipantRemoved)
                .with("who", &self.participant.did)
                .with("list", self.list)),
            _ => Ok(()),
        }
    }

    /// Its keys that are valid at this instant.
    pub fn keys_at(&self, at: Timestamp) -> impl Iterator<Item = &corridor_proof::ListedKey> {
        self.participant.keys.iter().filter(move |k| k.covers(at))
    }
}

#[cfg(test)]
mod tests;
