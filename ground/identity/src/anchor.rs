//! The anchor of a country, offline: founds the chain of trust lists and makes each next one. Its
//! state is a directory that lives on a machine of its own; nodes only ever see the notes it signs.
//!
//! ```text
//! anchor.json   country, name, days, hours of grace
//! anchor.key    the secret key, mode 0600
//! anchor.vkey   the verifier key that nodes pin
//! lists/KR-000001.note, …
//! recognitions/JP-KR-1a2b3c4d.note, …
//! successions/KR-5e6f7a8b.note, …
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use corridor_base::{Clock, Country, Did, Digest, ErrorCode, KeyId, Problem, Random, Result, Timestamp};
use corridor_proof::cosignature::Finding;
use corridor_proof::trust::RecognisedCountry;
use corridor_proof::{
    LeafOf, ListedKey, ListedLedger, ListedParticipant, ListedWitness, Names, PublicKey, Recognition,
    SecretKey, Signed, SignedCheckpoint, Signer as _, Statement as _, Succession, TrustList, VerifierKey,
};
use corridor_storage::{DataDir, durable};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::did::DidDocument;
use crate::files;
use crate::keyfile::KeyFile;
use crate::view::{AnchorKey, list_invalid};

/// The longest life of a list or a recognition, in days.
const MAX_DAYS: u32 = 3660;
/// The largest `anchor.json` read, in bytes.
const MAX_TERMS: usize = 4096;

/// What an anchor is founded with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Whose anchor it is.
    pub country: Country,
    /// The name it signs under (C2SP signed-note): a name of its own, like `trust.example.kr/anchor`.
    pub name: String,
    /// For how many days a list stands, 1 to 3660.
    pub valid_days: u32,
    /// For how many hours more nodes may go by it when the next one is late, at most 744.
    pub grace_hours: u32,
}

/// A participant that is to be admitted, or admitted again with what has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Who.
    pub did: Did,
    /// Its name.
    pub name: Names,
    /// Where its node answers: https, or http on the machine itself.
    pub endpoint: String,
    /// Its keys, each with whether the participant signs with it now.
    pub keys: Vec<(KeyId, PublicKey, bool)>,
    /// For how long the keys that new ones replace stay valid, so that the participant has time to
    /// take up the new list before its partners do.
    pub overlap: Duration,
    /// The ledger of its node, when it keeps one.
    pub ledger: Option<ListedLedger>,
}

impl Admission {
    /// The keys and the ledger as the participant's DID document shows them, and its endpoint unless
    /// another is given. The document must have come by a way that the anchor trusts: from here on
    /// its keys are pinned.
    ///
    /// # Errors
    /// `malformed` when there is no endpoint.
    pub fn from_document(
        document: &DidDocument,
        name: Names,
        endpoint: Option<&str>,
        overlap: Duration,
    ) -> Result<Self> {
        let endpoint =
            endpoint.or(document.endpoint.as_deref()).ok_or_else(|| refuse("endpoint", "none is given"))?;
        Ok(Self {
            did: document.did.clone(),
            name,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            keys: document.keys.iter().map(|k| (k.id.clone(), k.key.clone(), k.in_use)).collect(),
            overlap,
            ledger: document.ledger.clone(),
        })
    }
}

fn refuse(what: &str, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}

/// An anchor whose directory this process holds.
pub struct Anchor {
    directory: DataDir,
    terms: Terms,
    key: SecretKey,
    newest: Signed<TrustList>,
}

impl Anchor {
    /// Founds an anchor in this directory: makes its key and signs list number 1, which is empty.
    /// Founding again after a crash goes on where it stopped.
    ///
    /// # Errors
    /// `already-exists` when there is one; `malformed` for terms out of bounds; `file-mode`,
    /// `file-failed`, `storage-full`, `directory-locked`, `directory-owner`.
    pub fn found(path: &Path, terms: Terms, clock: &dyn Clock, random: &dyn Random) -> Result<Self> {
        check_terms(&terms)?;
        let directory = DataDir::lock(path)?;
        let path = directory.path();
        if list_path(path, &terms.country, 1).exists() {
            return Err(
                Problem::new(ErrorCode::AlreadyExists).with("what", format!("anchor in {}", path.display()))
            );
        }
        let now = clock.now();
        if !path.join("anchor.key").exists() {
            let key = SecretKey::generate(&terms.name, random)?;
            KeyFile { key, created: now }.write(&path.join("anchor.key"))?;
        }
        let key = KeyFile::read(&path.join("anchor.key"), &terms.name)?.key;
        let json =
            serde_json::to_vec_pretty(&terms).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        files::write(&path.join("anchor.json"), &json, files::PUBLIC)?;
        let vkey = format!("{}\n", key.public().vkey(&terms.name));
        files::write(&path.join("anchor.vkey"), vkey.as_bytes(), files::PUBLIC)?;
        let list = TrustList {
            country: terms.country.clone(),
            number: 1,
            previous: None,
            issued: now,
            expires: now.plus(days(terms.valid_days)),
            grace_hours: terms.grace_hours,
            participants: Vec::new(),
            witnesses: Vec::new(),
            successions: Vec::new(),
        };
        let newest = write_list(path, list, &key)?;
        Ok(Self { directory, terms, key, newest })
    }

    /// Opens an anchor, and goes through all its lists first.
    ///
    /// # Errors
    /// `trust-list-invalid` naming the file at which the chain breaks; `file-mode` when others can
    /// read the key; `file-failed`, `directory-locked`, `directory-owner`.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.join("anchor.json").exists() {
            return Err(
                Problem::new(ErrorCode::NotFound).with("what", format!("anchor in {}", path.display()))
            );
        }
        let directory = DataDir::lock(path)?;
        let path = directory.path();
        let file = path.join("anchor.json");
        let terms: Terms =
            serde_json::from_slice(&files::read(&file, MAX_TERMS)?).map_err(|e| files::refuse(&file, e))?;
        let key = KeyFile::read(&path.join("anchor.key"), &terms.name)?.key;
        let newest = check_chain(path, &terms.country, &key)?;
        Ok(Self { directory, terms, key, newest })
    }

    /// What it was founded with.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The key that nodes pin and other countries recognise.
    #[must_use]
    pub fn anchor_key(&self) -> AnchorKey {
        let (country, name) = (self.terms.country.clone(), self.terms.name.clone());
        AnchorKey { country, name, key: self.key.public().clone() }
    }

    /// The newest list.
    #[must_use]
    pub fn newest(&self) -> &Signed<TrustList> {
        &self.newest
    }

    /// Where the note of this list lies.
    #[must_use]
    pub fn list_path(&self, number: u64) -> PathBuf {
        list_path(self.directory.path(), &self.terms.country, number)
    }

    /// One of its lists.
    ///
    /// # Errors
    /// `not-found`, `file-failed`.
    pub fn list(&self, number: u64) -> Result<Signed<TrustList>> {
        let path = self.list_path(number);
        if !path.exists() {
            let what = format!("trust list {number} of {}", self.terms.country);
            return Err(Problem::new(ErrorCode::NotFound).with("what", what));
        }
        Signed::parse(&files::read(&path, TrustList::MAX)?)
    }

    /// Admits a participant. One that is admitted already gets the new name, endpoint and ledger; its
    /// new keys are added from now, and those they replace end after the overlap. One that was
    /// removed comes back with a new key only.
    ///
    /// # Errors
    /// `already-exists` when nothing changes; `did-mismatch` when a pinned key appears under its
    /// name with other bytes; `malformed` when there is no key in use, an address is not https, or its
    /// log or witness has a key or an origin that is another node's.
    pub fn admit(&mut self, admission: &Admission, clock: &dyn Clock) -> Result<&Signed<TrustList>> {
        check_endpoint(&admission.endpoint)?;
        if let Some(ledger) = &admission.ledger {
            let urls = [&ledger.log_url, &ledger.witness_url];
            urls.into_iter().chain(&ledger.mirror_url).try_for_each(|url| check_endpoint(url))?;
        }
        let now = clock.now();
        let mut participants = self.newest.body().participants.clone();
        match participants.binary_search_by(|p| p.did.cmp(&admission.did)) {
            Err(place) => participants.insert(place, newcomer(admission, now)?),
            Ok(place) => {
                if let Some(known) = participants.get_mut(place) {
                    *known = changed(known, admission, now)?;
                }
            }
        }
        self.next(participants, now)
    }

    /// Removes a participant from this instant on. It stays in the list, marked, with its keys
    /// ended: what it did before can still be judged.
    ///
    /// # Errors
    /// `participant-unknown`; `already-exists` when it is removed already.
    pub fn remove(&mut self, did: &Did, at: Timestamp, clock: &dyn Clock) -> Result<&Signed<TrustList>> {
        let mut participants = self.newest.body().participants.clone();
        let Some(participant) = participants.iter_mut().find(|p| p.did == *did) else {
            return Err(Problem::new(ErrorCode::ParticipantUnknown).with("who", did));
        };
        if participant.removed.is_some() {
            return Err(Problem::new(ErrorCode::AlreadyExists).with("what", format!("removal of {did}")));
        }
        participant.removed = Some(at);
        participant.keys.iter_mut().for_each(|key| end(key, at));
        self.next(participants, clock.now())
    }

    /// Revokes a key: nothing new is signed with it from this instant on, and of what is in the log that is
    /// named, what comes after the leaf is void, whatever time it says (ID-1).
    ///
    /// # Errors
    /// `key-unknown` when no participant has it; `already-exists` when it is revoked just so; `malformed` for
    /// what is no leaf.
    pub fn revoke(
        &mut self,
        key: &KeyId,
        last: LeafOf,
        at: Timestamp,
        clock: &dyn Clock,
    ) -> Result<&Signed<TrustList>> {
        let mut participants = self.newest.body().participants.clone();
        let keys = participants.iter_mut().flat_map(|p| &mut p.keys);
        let Some(known) = keys.into_iter().find(|k| k.id == *key) else {
            return Err(Problem::new(ErrorCode::KeyUnknown).with("key", key));
        };
        if known.void_after.as_ref() == Some(&last) && known.until.is_some_and(|until| until <= at) {
            return Err(Problem::new(ErrorCode::AlreadyExists).with("what", format!("revocation of {key}")));
        }
        known.void_after = Some(last);
        end(known, at);
        self.next(participants, clock.now())
    }

    /// Names a witness that this anchor runs, or names one anew with another key or address.
    ///
    /// # Errors
    /// `already-exists` when the list names it just so; `malformed` when the name is no word of the
    /// list, the key is none of a witness or somebody else's, or the address is not https.
    pub fn add_witness(&mut self, witness: &ListedWitness, clock: &dyn Clock) -> Result<&Signed<TrustList>> {
        std::iter::once(&witness.url).chain(&witness.mirror_url).try_for_each(|url| check_endpoint(url))?;
        let mut witnesses = self.newest.body().witnesses.clone();
        match witnesses.binary_search_by(|w| w.name.cmp(&witness.name)) {
            Err(place) => witnesses.insert(place, witness.clone()),
            Ok(place) => match witnesses.get_mut(place) {
                Some(known) if known == witness => {
                    let what = format!("witness {} in the trust list, just so", witness.name);
                    return Err(Problem::new(ErrorCode::AlreadyExists).with("what", what));
                }
                Some(known) => *known = witness.clone(),
                None => {}
            },
        }
        let participants = self.newest.body().participants.clone();
        self.next_with(participants, witnesses, clock.now())
    }

    /// Takes a witness of this anchor out of the list.
    ///
    /// # Errors
    /// `not-found`; `file-failed`, `storage-full`.
    pub fn remove_witness(&mut self, name: &str, clock: &dyn Clock) -> Result<&Signed<TrustList>> {
        let mut witnesses = self.newest.body().witnesses.clone();
        let place = witnesses.iter().position(|w| w.name == name);
        let place =
            place.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("witness {name}")))?;
        witnesses.remove(place);
        let participants = self.newest.body().participants.clone();
        self.next_with(participants, witnesses, clock.now())
    }

    /// Ends a log that cannot go on, under a statement of its own beside the list; from the next list on
    /// every participant of its node keeps the successor. `last` is the last checkpoint that is known, as
    /// the node shows it in its request; `successor` the key of the new log.
    ///
    /// # Errors
    /// `not-found` when no participant of the newest list keeps the log that signed `last` under its key;
    /// `already-exists` when it has ended; `malformed` when `last` is not that log's, or the successor's
    /// key or origin is taken.
    pub fn succeed(
        &mut self,
        last: &[u8],
        successor: &VerifierKey,
        why: &str,
        clock: &dyn Clock,
    ) -> Result<Signed<Succession>> {
        let checkpoint = SignedCheckpoint::parse(last)?;
        let (list, now, origin) = (self.newest.body(), clock.now(), checkpoint.origin());
        if list.succession(origin).is_some() {
            return Err(
                Problem::new(ErrorCode::AlreadyExists).with("what", format!("succession of {origin}"))
            );
        }
        let mut kept =
            list.participants.iter().filter(|p| p.removed.is_none()).filter_map(|p| p.ledger.as_ref());
        let log = kept
            .find(|l| l.origin() == origin && matches!(checkpoint.signed_by(&l.log), Finding::Valid { .. }));
        let none = || {
            Problem::new(ErrorCode::NotFound)
                .with("what", format!("log {origin} in the trust list, with this key"))
        };
        let log = log.ok_or_else(none)?.log.clone();
        let succession = Succession {
            country: self.terms.country.clone(),
            log: log.clone(),
            last: String::from_utf8_lossy(last).into_owned(),
            successor: successor.clone(),
            why: why.to_owned(),
            at: now,
        };
        let signed = Signed::new(succession, &[&self.key])?;
        let mut participants = list.participants.clone();
        for ledger in participants.iter_mut().filter_map(|p| p.ledger.as_mut()).filter(|l| l.log == log) {
            ledger.log = successor.clone();
        }
        let (witnesses, mut successions) = (list.witnesses.clone(), list.successions.clone());
        successions.push(signed.body().clone());
        successions.sort_by(|a, b| a.log.name().cmp(b.log.name()));
        let path = self.succession_path(&signed);
        if let Some(folder) = path.parent() {
            durable::create_directory(folder)?;
        }
        self.next_whole(participants, witnesses, successions, now)?;
        files::write(&path, signed.bytes(), files::PUBLIC)?;
        Ok(signed)
    }

    /// Where the note of this succession lies.
    #[must_use]
    pub fn succession_path(&self, signed: &Signed<Succession>) -> PathBuf {
        let sum: String = signed.digest().to_string().chars().take(8).collect();
        self.directory.path().join("successions").join(format!("{}-{sum}.note", self.terms.country))
    }

    /// Signs the same participants again for as long as a list stands.
    ///
    /// # Errors
    /// `file-failed`, `storage-full`.
    pub fn renew(&mut self, clock: &dyn Clock) -> Result<&Signed<TrustList>> {
        let participants = self.newest.body().participants.clone();
        self.next(participants, clock.now())
    }

    /// Offers recognition to another country, for so many days from now. It counts once the other
    /// anchor has countersigned it. A later recognition replaces an earlier one.
    ///
    /// # Errors
    /// `malformed` for our own country or days out of bounds.
    pub fn recognise(&self, other: &AnchorKey, days: u32, clock: &dyn Clock) -> Result<Signed<Recognition>> {
        if days == 0 || days > MAX_DAYS {
            return Err(refuse("recognition: days", format!("1 to {MAX_DAYS} expected")));
        }
        let mut countries = [self.anchor_key(), other.clone()]
            .map(|a| RecognisedCountry { country: a.country.clone(), anchor: a.vkey() });
        countries.sort_by(|a, b| a.country.cmp(&b.country));
        let now = clock.now();
        let body = Recognition { countries, from: now, until: now.plus(self::days(days)) };
        self.keep(Signed::new(body, &[&self.key])?)
    }

    /// Countersigns a recognition that the other anchor has offered. `other` is that anchor's key as
    /// it was read out over a channel that is trusted: the note cannot vouch for itself.
    ///
    /// # Errors
    /// `recognition-invalid` when it names other anchors, is not signed by `other`, or has ended;
    /// `malformed`, `too-large`, `unknown-version`.
    pub fn countersign(
        &self,
        bytes: &[u8],
        other: &AnchorKey,
        clock: &dyn Clock,
    ) -> Result<Signed<Recognition>> {
        let signed = Signed::<Recognition>::parse(bytes)?;
        let invalid = |why: &str| {
            Problem::new(ErrorCode::RecognitionInvalid).with("country", &other.country).with("why", why)
        };
        for anchor in [&self.anchor_key(), other] {
            let named = |c: &RecognisedCountry| c.country == anchor.country && c.anchor == anchor.vkey();
            if !signed.body().countries.iter().any(named) {
                return Err(invalid(&format!("it does not name the anchor {}", anchor.vkey())));
            }
        }
        if !signed.signed_by(&other.name, &other.key) {
            return Err(invalid(&format!("not signed by {}", other.name)));
        }
        if signed.body().until <= clock.now() {
            return Err(invalid("it has ended"));
        }
        self.keep(signed.countersigned(&self.key)?)
    }

    fn keep(&self, signed: Signed<Recognition>) -> Result<Signed<Recognition>> {
        let path = self.recognition_path(&signed);
        if let Some(folder) = path.parent() {
            durable::create_directory(folder)?;
        }
        files::write(&path, signed.bytes(), files::PUBLIC)?;
        Ok(signed)
    }

    /// Where the note of this recognition lies.
    #[must_use]
    pub fn recognition_path(&self, signed: &Signed<Recognition>) -> PathBuf {
        let [a, b] = &signed.body().countries;
        let sum: String = signed.digest().to_string().chars().take(8).collect();
        self.directory.path().join("recognitions").join(format!("{}-{}-{sum}.note", a.country, b.country))
    }

    fn next(&mut self, participants: Vec<ListedParticipant>, now: Timestamp) -> Result<&Signed<TrustList>> {
        let witnesses = self.newest.body().witnesses.clone();
        self.next_with(participants, witnesses, now)
    }

    fn next_with(
        &mut self,
        participants: Vec<ListedParticipant>,
        witnesses: Vec<ListedWitness>,
        now: Timestamp,
    ) -> Result<&Signed<TrustList>> {
        let successions = self.newest.body().successions.clone();
        self.next_whole(participants, witnesses, successions, now)
    }

    /// Signs the next list and writes it down, whole and durable, before anybody sees it (EX-3).
    fn next_whole(
        &mut self,
        participants: Vec<ListedParticipant>,
        witnesses: Vec<ListedWitness>,
        successions: Vec<Succession>,
        now: Timestamp,
    ) -> Result<&Signed<TrustList>> {
        let last = self.newest.body();
        if now < last.issued {
            let why = format!(
                "the clock stands at {now}, before list {} was issued ({})",
                last.number, last.issued
            );
            return Err(list_invalid(&self.terms.country, why));
        }
        let list = TrustList {
            country: self.terms.country.clone(),
            number: last.number.saturating_add(1),
            previous: Some(self.newest.digest()),
            issued: now,
            expires: now.plus(days(self.terms.valid_days)),
            grace_hours: self.terms.grace_hours,
            participants,
            witnesses,
            successions,
        };
        self.newest = write_list(self.directory.path(), list, &self.key)?;
        Ok(&self.newest)
    }
}

impl std::fmt::Debug for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Anchor")
            .field("terms", &self.terms)
            .field("newest", &self.newest.body().number)
            .finish_non_exhaustive()
    }
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

fn check_terms(terms: &Terms) -> Result<()> {
    if terms.valid_days == 0 || terms.valid_days > MAX_DAYS {
        return Err(refuse("anchor: valid_days", format!("1 to {MAX_DAYS} expected")));
    }
    if terms.grace_hours > 744 {
        return Err(refuse("anchor: grace_hours", "at most 744 expected"));
    }
    Ok(())
}

/// An endpoint is an absolute URL without user, query and fragment: https, or http on loopback.
fn check_endpoint(text: &str) -> Result<()> {
    let url = Url::parse(text).map_err(|e| refuse("endpoint", e))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(refuse("endpoint", "a host expected")),
    };
    if !(url.scheme() == "https" || (url.scheme() == "http" && loopback)) {
        return Err(refuse("endpoint", "https expected, or http on the machine itself"));
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(refuse("endpoint", "no user, query or fragment expected"));
    }
    Ok(())
}

fn newcomer(admission: &Admission, now: Timestamp) -> Result<ListedParticipant> {
    let in_use = admission.keys.iter().filter(|(_, _, in_use)| *in_use);
    let keys: Vec<ListedKey> = in_use.map(|(id, key, _)| pinned(id, key, now)).collect();
    if keys.is_empty() {
        return Err(refuse("admission", "no key in use: the DID document names none for assertionMethod"));
    }
    Ok(ListedParticipant {
        did: admission.did.clone(),
        name: admission.name.clone(),
        endpoint: admission.endpoint.clone(),
        keys,
        removed: None,
        ledger: admission.ledger.clone(),
    })
}

fn pinned(id: &KeyId, key: &PublicKey, from: Timestamp) -> ListedKey {
    ListedKey { id: id.clone(), key: key.clone(), from, until: None, void_after: None }
}

/// Ends a key at this instant, unless it ends before.
fn end(key: &mut ListedKey, at: Timestamp) {
    if key.until.is_none_or(|until| until > at) {
        key.until = Some(at);
    }
}

fn changed(known: &ListedParticipant, admission: &Admission, now: Timestamp) -> Result<ListedParticipant> {
    let mut next = known.clone();
    let mut fresh = Vec::new();
    for (id, key, _) in &admission.keys {
        match known.keys.iter().find(|k| k.id == *id) {
            Some(listed) if listed.key != *key => {
                return Err(Problem::new(ErrorCode::DidMismatch).with("who", &known.did));
            }
            Some(_) => {}
            None => fresh.push(pinned(id, key, now)),
        }
    }
    if known.removed.is_some() && fresh.is_empty() {
        return Err(refuse("admission", "who was removed comes back with a new key only"));
    }
    let over = now.plus(admission.overlap);
    let shown = |key: &ListedKey| admission.keys.iter().any(|(id, _, _)| *id == key.id);
    for key in &mut next.keys {
        if !fresh.is_empty() || !shown(key) {
            end(key, over);
        }
    }
    next.keys.extend(fresh);
    if next.keys.iter().all(|k| k.until.is_some()) {
        return Err(refuse("admission", "no key would stay valid"));
    }
    next.removed = None;
    next.name = admission.name.clone();
    next.endpoint = admission.endpoint.clone();
    next.ledger = admission.ledger.clone();
    if next == *known {
        let what = format!("{} in the trust list, just so", known.did);
        return Err(Problem::new(ErrorCode::AlreadyExists).with("what", what));
    }
    Ok(next)
}

fn list_path(path: &Path, country: &Country, number: u64) -> PathBuf {
    path.join("lists").join(format!("{country}-{number:06}.note"))
}

fn write_list(path: &Path, list: TrustList, key: &SecretKey) -> Result<Signed<TrustList>> {
    let file = list_path(path, &list.country, list.number);
    let signed = Signed::new(list, &[key])?;
    // What readers would refuse must not be signed: it could never be taken back.
    let signed = Signed::parse(signed.bytes())?;
    if let Some(folder) = file.parent() {
        durable::create_directory(folder)?;
    }
    files::write(&file, signed.bytes(), files::PUBLIC)?;
    Ok(signed)
}

/// Goes through all lists of the directory; answers the newest.
fn check_chain(path: &Path, country: &Country, key: &SecretKey) -> Result<Signed<TrustList>> {
    let mut before: Option<Signed<TrustList>> = None;
    let count = count_lists(path, country)?;
    for number in 1..=count {
        let file = list_path(path, country, number);
        let broken = |why: String| list_invalid(country, format!("{}: {why}", file.display()));
        let bytes = files::read(&file, TrustList::MAX).map_err(|e| broken(e.to_string()))?;
        let signed = Signed::<TrustList>::parse(&bytes).map_err(|e| broken(e.to_string()))?;
        let list = signed.body();
        if list.country != *country || list.number != number {
            return Err(broken(format!("it is list {} of {}", list.number, list.country)));
        }
        if !signed.signed_by(key.name(), key.public()) {
            return Err(broken("not signed by this anchor".to_owned()));
        }
        let previous: Option<Digest> = before.as_ref().map(Signed::digest);
        if list.previous != previous {
            return Err(broken("it does not follow the list before it".to_owned()));
        }
        before = Some(signed);
    }
    before.ok_or_else(|| list_invalid(country, format!("no list in {}", path.join("lists").display())))
}

/// How many lists there are, by the highest number in a file name.
fn count_lists(path: &Path, country: &Country) -> Result<u64> {
    let folder = path.join("lists");
    let mut highest = 0;
    for entry in std::fs::read_dir(&folder).map_err(|e| files::refuse(&folder, e))? {
        let name = entry.map_err(|e| files::refuse(&folder, e))?.file_name();
        let number =
            name.to_str().and_then(|n| n.strip_prefix(&format!("{country}-"))?.strip_suffix(".note"));
        highest = highest.max(number.and_then(|n| n.parse().ok()).unwrap_or(0));
    }
    Ok(highest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Change, changes};
    use corridor_base::{FixedClock, SeededRandom};

    fn start() -> Timestamp {
        Timestamp::parse("2026-11-22T00:00:00.000Z").unwrap()
    }

    fn terms(country: &str) -> Terms {
        let name = format!("trust.example.{}/anchor", country.to_lowercase());
        Terms { country: country.parse().unwrap(), name, valid_days: 90, grace_hours: 72 }
    }

    fn key(did: &str, name: &str, seed: u64) -> (KeyId, PublicKey, bool) {
        let id = format!("{did}#{name}").parse().unwrap();
        (id, SecretKey::generate("k", &SeededRandom::new(seed)).unwrap().public().clone(), true)
    }

    fn admission(did: &str, keys: Vec<(KeyId, PublicKey, bool)>) -> Admission {
        Admission {
            did: did.parse().unwrap(),
            name: Names::same("X"),
            endpoint: "https://x.example".to_owned(),
            keys,
            overlap: Duration::ZERO,
            ledger: None,
        }
    }

    struct Bench {
        dir: tempfile::TempDir,
        clock: FixedClock,
        random: SeededRandom,
    }

    fn bench() -> Bench {
        Bench {
            dir: tempfile::tempdir().unwrap(),
            clock: FixedClock::at(start()),
            random: SeededRandom::new(1),
        }
    }

    impl Bench {
        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn found(&self, country: &str) -> Anchor {
            Anchor::found(&self.path(country), terms(country), &self.clock, &self.random).unwrap()
        }
    }

    const A: &str = "did:web:a.kr";
    const B: &str = "did:web:b.kr";

    #[test]
    fn a_founded_anchor_opens_again_and_is_not_founded_twice() {
        let bench = bench();
        let anchor = bench.found("KR");
        let (vkey, digest) = (anchor.anchor_key().vkey(), anchor.newest().digest());
        let held = Anchor::open(&bench.path("KR")).unwrap_err();
        assert_eq!(held.code(), ErrorCode::DirectoryLocked);
        drop(anchor);
        let again = Anchor::found(&bench.path("KR"), terms("KR"), &bench.clock, &bench.random).unwrap_err();
        assert_eq!(again.code(), ErrorCode::AlreadyExists);
        let opened = Anchor::open(&bench.path("KR")).unwrap();
        assert_eq!((opened.anchor_key().vkey(), opened.newest().digest()), (vkey.clone(), digest));
        assert_eq!(std::fs::read_to_string(bench.path("KR/anchor.vkey")).unwrap(), format!("{vkey}\n"));
        assert_eq!(Anchor::open(&bench.path("none")).unwrap_err().code(), ErrorCode::NotFound);
    }

    #[test]
    fn founding_goes_on_after_a_crash() {
        let bench = bench();
        let vkey = bench.found("KR").anchor_key().vkey();
        std::fs::remove_file(list_path(&bench.path("KR"), &"KR".parse().unwrap(), 1)).unwrap();
        std::fs::remove_file(bench.path("KR/anchor.vkey")).unwrap();
        assert_eq!(bench.found("KR").anchor_key().vkey(), vkey);
    }

    #[test]
    fn terms_and_endpoints_out_of_bounds_are_refused() {
        let bench = bench();
        for wrong in [
            Terms { valid_days: 0, ..terms("KR") },
            Terms { valid_days: MAX_DAYS + 1, ..terms("KR") },
            Terms { grace_hours: 745, ..terms("KR") },
            Terms { name: "with space".to_owned(), ..terms("KR") },
        ] {
            assert!(Anchor::found(&bench.path("KR"), wrong, &bench.clock, &bench.random).is_err());
        }
        let check =
            |endpoint: &str, expect: bool| assert_eq!(check_endpoint(endpoint).is_ok(), expect, "{endpoint}");
        check("https://x.example", true);
        check("https://x.example/corridor", true);
        check("http://localhost:7081", true);
        check("http://127.0.0.1:7081", true);
        check("http://[::1]:7081", true);
        check("http://x.example", false);
        check("ftp://x.example", false);
        check("https://u@x.example", false);
        check("https://x.example?a=b", false);
        check("x.example", false);
    }

    #[test]
    fn admitting_rotating_and_removing_make_one_list_each() {
        let bench = bench();
        let mut anchor = bench.found("KR");
        anchor.admit(&admission(B, vec![key(B, "k1", 1)]), &bench.clock).unwrap();
        anchor.admit(&admission(A, vec![key(A, "k1", 2)]), &bench.clock).unwrap();
        let dids: Vec<String> =
            anchor.newest().body().participants.iter().map(|p| p.did.to_string()).collect();
        assert_eq!(dids, [A, B]);
        let same = anchor.admit(&admission(A, vec![key(A, "k1", 2)]), &bench.clock).unwrap_err();
        assert_eq!(same.code(), ErrorCode::AlreadyExists);
        bench.clock.advance(Duration::from_secs(60));
        let mut rotated = admission(A, vec![key(A, "k1", 2), key(A, "k2", 3)]);
        rotated.overlap = Duration::from_secs(3600);
        anchor.admit(&rotated, &bench.clock).unwrap();
        let found = changes(Some(anchor.list(3).unwrap().body()), anchor.newest().body());
        let ended = bench.clock.now().plus(rotated.overlap);
        assert!(
            matches!(found.as_slice(), [Change::KeyEnded { until, .. }, Change::KeyAdded { .. }, Change::Expiry { .. }] if *until == ended),
            "{found:?}"
        );
        let at = bench.clock.now();
        anchor.remove(&A.parse().unwrap(), at, &bench.clock).unwrap();
        let gone = anchor.newest().body().participant(&A.parse().unwrap()).unwrap().clone();
        assert_eq!(gone.removed, Some(at));
        assert!(gone.keys.iter().all(|k| !k.covers(at)));
        let twice = anchor.remove(&A.parse().unwrap(), at, &bench.clock).unwrap_err();
        assert_eq!(twice.code(), ErrorCode::AlreadyExists);
        assert!(anchor.admit(&rotated, &bench.clock).is_err(), "not with its old keys");
        anchor.admit(&admission(A, vec![key(A, "k3", 4)]), &bench.clock).unwrap();
        let back = anchor.newest().body().participant(&A.parse().unwrap()).unwrap().clone();
        assert_eq!(back.keys_now(at), ["did:web:a.kr#k3"]);
        anchor.renew(&bench.clock).unwrap();
        assert_eq!(anchor.newest().body().number, 7);
        drop(anchor);
        assert_eq!(Anchor::open(&bench.path("KR")).unwrap().newest().body().number, 7);
    }

    #[test]
    fn a_participant_s_ledger_and_the_anchor_s_witnesses_come_into_the_list() {
        use crate::testing::{ledger, witness};
        let bench = bench();
        let mut anchor = bench.found("KR");
        let with = |ledger| Admission { ledger, ..admission(A, vec![key(A, "k1", 1)]) };
        anchor.admit(&with(Some(ledger("a.kr/log", 1))), &bench.clock).unwrap();
        let again = anchor.admit(&with(Some(ledger("a.kr/log", 1))), &bench.clock).unwrap_err();
        assert_eq!(again.code(), ErrorCode::AlreadyExists);
        // Another participant's node cannot sign under the same origin, nor on a plain address.
        let other = |ledger| Admission {
            ledger: Some(ledger),
            endpoint: "https://b.kr".to_owned(),
            ..admission(B, vec![key(B, "k1", 2)])
        };
        let thief = anchor.admit(&other(ledger("a.kr/log", 3)), &bench.clock).unwrap_err();
        assert_eq!(thief.code(), ErrorCode::Malformed);
        let plain = ListedLedger { log_url: "http://a.kr/log".to_owned(), ..ledger("b.kr/log", 3) };
        assert_eq!(anchor.admit(&other(plain), &bench.clock).unwrap_err().code(), ErrorCode::Malformed);

        anchor.add_witness(&witness("main", 7), &bench.clock).unwrap();
        assert_eq!(
            anchor.add_witness(&witness("main", 7), &bench.clock).unwrap_err().code(),
            ErrorCode::AlreadyExists
        );
        let of_node = ListedWitness { key: ledger("a.kr/log", 1).witness, ..witness("more", 8) };
        assert_eq!(anchor.add_witness(&of_node, &bench.clock).unwrap_err().code(), ErrorCode::Malformed);
        // What is refused was never signed, and the chain is whole.
        drop(anchor);
        let mut anchor = Anchor::open(&bench.path("KR")).unwrap();
        let list = anchor.newest().body();
        assert_eq!((list.number, list.witnesses.as_slice()), (3, [witness("main", 7)].as_slice()));
        assert_eq!(list.participants[0].ledger, Some(ledger("a.kr/log", 1)));
        anchor.renew(&bench.clock).unwrap();
        assert_eq!(anchor.newest().body().witnesses.len(), 1);
        anchor.remove_witness("main", &bench.clock).unwrap();
        assert!(anchor.newest().body().witnesses.is_empty());
        let gone = anchor.remove_witness("main", &bench.clock).unwrap_err();
        assert_eq!(gone.code(), ErrorCode::NotFound);
    }

    trait KeysNow {
        fn keys_now(&self, at: Timestamp) -> Vec<String>;
    }

    impl KeysNow for ListedParticipant {
        fn keys_now(&self, at: Timestamp) -> Vec<String> {
            self.keys.iter().filter(|k| k.covers(at)).map(|k| k.id.to_string()).collect()
        }
    }

    #[test]
    fn an_announced_key_is_pinned_at_the_second_admission() {
        let bench = bench();
        let mut anchor = bench.found("KR");
        let announced = |(id, key, _)| (id, key, false);
        let both = admission(A, vec![key(A, "k1", 1), announced(key(A, "k2", 2))]);
        anchor.admit(&both, &bench.clock).unwrap();
        let did = A.parse().unwrap();
        let listed =
            |anchor: &Anchor| anchor.newest().body().participant(&did).unwrap().keys_now(bench.clock.now());
        assert_eq!(listed(&anchor), ["did:web:a.kr#k1"]);
        anchor.admit(&both, &bench.clock).unwrap();
        assert_eq!(listed(&anchor), ["did:web:a.kr#k2"]);
        let none = admission(B, vec![announced(key(B, "k1", 1))]);
        assert!(anchor.admit(&none, &bench.clock).is_err());
    }

    #[test]
    fn another_key_under_a_pinned_name_is_a_mismatch() {
        let bench = bench();
        let mut anchor = bench.found("KR");
        anchor.admit(&admission(A, vec![key(A, "k1", 1)]), &bench.clock).unwrap();
        let problem = anchor.admit(&admission(A, vec![key(A, "k1", 9)]), &bench.clock).unwrap_err();
        assert_eq!(problem.code(), ErrorCode::DidMismatch);
        assert_eq!(anchor.newest().body().number, 2);
    }

    #[test]
    fn a_clock_that_went_back_makes_no_list() {
        let bench = bench();
        let mut anchor = bench.found("KR");
        bench.clock.set(start().minus(Duration::from_secs(1)));
        assert_eq!(anchor.renew(&bench.clock).unwrap_err().code(), ErrorCode::TrustListInvalid);
    }

    #[test]
    fn a_key_is_revoked_from_a_leaf_on() {
        let bench = bench();
        let mut anchor = bench.found("KR");
        anchor.admit(&admission(A, vec![key(A, "k1", 1)]), &bench.clock).unwrap();
        let last = LeafOf { log: "a.kr/log".to_owned(), leaf: 41 };
        let id = key(A, "k1", 1).0;
        let now = bench.clock.now();
        let list = anchor.revoke(&id, last.clone(), now, &bench.clock).unwrap().body().clone();
        let found = &list.participants[0].keys[0];
        assert_eq!((found.until, found.void_after.as_ref()), (Some(now), Some(&last)));
        let mut refused = |id: &KeyId, last: &LeafOf| {
            anchor.revoke(id, last.clone(), now, &bench.clock).unwrap_err().code()
        };
        assert_eq!(refused(&id, &last), ErrorCode::AlreadyExists);
        assert_eq!(refused(&key(A, "k9", 1).0, &last), ErrorCode::KeyUnknown);
        assert_eq!(refused(&id, &LeafOf { leaf: u64::MAX, ..last.clone() }), ErrorCode::Malformed);
        assert_eq!(anchor.newest().body(), &list);
    }

    #[test]
    fn a_broken_chain_is_refused_by_the_name_of_the_file() {
        let bench = bench();
        let mut anchor = bench.found("KR");
        anchor.admit(&admission(A, vec![key(A, "k1", 1)]), &bench.clock).unwrap();
        anchor.renew(&bench.clock).unwrap();
        let paths = [1, 2, 3].map(|n| anchor.list_path(n));
        drop(anchor);
        let whole = paths.each_ref().map(|p| std::fs::read(p).unwrap());
        let check = |change: &dyn Fn(), expect: &str| {
            change();
            let problem = Anchor::open(&bench.path("KR")).unwrap_err();
            assert_eq!(problem.code(), ErrorCode::TrustListInvalid, "{problem:?}");
            assert!(problem.arg("why").unwrap().contains(expect), "{problem:?}");
            for (path, bytes) in paths.iter().zip(&whole) {
                files::write(path, bytes, files::PUBLIC).unwrap();
            }
            Anchor::open(&bench.path("KR")).unwrap();
        };
        check(&|| std::fs::remove_file(&paths[1]).unwrap(), "KR-000002.note");
        check(&|| drop(std::fs::copy(&paths[0], &paths[2])), "KR-000003.note: it is list 1");
        check(&|| files::write(&paths[1], &whole[1][..90], files::PUBLIC).unwrap(), "KR-000002.note");
        check(&|| paths.iter().for_each(|p| std::fs::remove_file(p).unwrap()), "no list");
        let other = SecretKey::generate(&terms("KR").name, &SeededRandom::new(99)).unwrap();
        let forged =
            Signed::new(Signed::<TrustList>::parse(&whole[2]).unwrap().body().clone(), &[&other]).unwrap();
        check(
            &|| files::write(&paths[2], forged.bytes(), files::PUBLIC).unwrap(),
            "not signed by this anchor",
        );
    }

    #[test]
    fn two_anchors_recognise_each_other_and_nobody_else() {
        let bench = bench();
        let (kr, jp, us) = (bench.found("KR"), bench.found("JP"), bench.found("US"));
        let offered = kr.recognise(&jp.anchor_key(), 365, &bench.clock).unwrap();
        assert!(kr.recognise(&kr.anchor_key(), 365, &bench.clock).is_err());
        assert!(kr.recognise(&jp.anchor_key(), 0, &bench.clock).is_err());
        let agreed = jp.countersign(offered.bytes(), &kr.anchor_key(), &bench.clock).unwrap();
        for anchor in [kr.anchor_key(), jp.anchor_key()] {
            assert!(agreed.signed_by(&anchor.name, &anchor.key));
        }
        assert_eq!(std::fs::read(jp.recognition_path(&agreed)).unwrap(), agreed.bytes());
        let check = |problem: Problem, expect: &str| {
            assert_eq!(problem.code(), ErrorCode::RecognitionInvalid);
            assert!(problem.arg("why").unwrap().contains(expect), "{problem:?}");
        };
        check(us.countersign(offered.bytes(), &kr.anchor_key(), &bench.clock).unwrap_err(), "does not name");
        check(jp.countersign(offered.bytes(), &us.anchor_key(), &bench.clock).unwrap_err(), "does not name");
        let unsigned = Signed::new(offered.body().clone(), &[&us.key]).unwrap();
        check(jp.countersign(unsigned.bytes(), &kr.anchor_key(), &bench.clock).unwrap_err(), "not signed by");
        bench.clock.advance(days(365));
        check(jp.countersign(offered.bytes(), &kr.anchor_key(), &bench.clock).unwrap_err(), "ended");
    }
}
