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

mod admission;
mod chain;
mod recognition;

use std::path::{Path, PathBuf};
use std::time::Duration;

use corridor_base::{Clock, Country, Did, ErrorCode, KeyId, Problem, Random, Result, Timestamp, Words};
use corridor_proof::cosignature::Finding;
use corridor_proof::{
    LeafOf, ListedLedger, ListedParticipant, ListedWitness, PublicKey, SecretKey, Signed, SignedCheckpoint,
    Signer as _, Statement as _, Succession, TrustList, VerifierKey,
};
use corridor_storage::{DataDir, durable};
use serde::{Deserialize, Serialize};

use admission::{changed, check_endpoint, end, newcomer};
use chain::{check_chain, list_path, write_list};

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
    pub name: Words,
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
        name: Words,
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

#[cfg(test)]
mod tests;
