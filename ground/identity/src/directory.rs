//! What this node trusts, kept: takes in trust lists and recognitions, stores every version with
//! its act in one unit of work (EX-2), and holds the newest as a [`View`] that the gate asks for
//! each request.

mod books;

use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use corridor_base::{Clock, Country, Did, Digest, ErrorCode, KeyId, Problem, Random, Result, Timestamp};
use corridor_proof::act::{
    KEY_ROTATED, RECOGNITION_ACCEPTED, TRUST_LIST_ACCEPTED, TRUST_LIST_CONFLICT_FOUND,
};
use corridor_proof::{Act, Policy, PublicKey, Recognition, Signed, Statement as _, TrustList};
use corridor_storage::{Row, Store, Tx};
use serde::{Deserialize, Serialize};

use books::{
    InUse, ListActs, Stored, file_list, file_recognition, in_use_at, statements_at, stored, stored_statements,
};

use crate::diff::{Change, changes};
use crate::keyring::{KeyRecord, Keyring};
use crate::view::{AnchorKey, ListSummary, Listed, RecognitionSummary, View, Warning, Weighed, list_invalid};

/// What came of a statement that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "accepted", rename_all = "kebab-case")]
pub enum Accepted {
    /// A new trust list is in use.
    List {
        /// Whose list.
        country: Country,
        /// Its number.
        number: u64,
        /// The number of the list before it here.
        before: Option<u64>,
        /// The digest of what was signed.
        digest: Digest,
        /// What changed from the list before it here.
        changes: Vec<Change>,
    },
    /// A recognition is in use, or will be from its date.
    Recognition {
        /// The two countries.
        countries: [Country; 2],
        /// The digest of what was signed.
        digest: Digest,
    },
    /// It was here already; nothing changed.
    Held {
        /// The digest of what was signed.
        digest: Digest,
    },
}

/// One version of a trust list as it was accepted.
#[derive(Clone, Debug)]
pub struct StoredList {
    /// Its number.
    pub number: u64,
    /// The digest of what was signed.
    pub digest: Digest,
    /// When it came into use here.
    pub accepted: Timestamp,
    /// The note, byte for byte.
    pub bytes: Vec<u8>,
}

/// How many pictures of the past are kept: a receipt asks for those of the days on which its signatures were recorded.
const PAST: usize = 16;

/// A picture of the past.
struct Past {
    in_use: InUse,
    view: Arc<View>,
}

/// What this node trusts. Reading takes no lock; taking in goes through the store.
pub struct Directory {
    store: Store,
    operator: Did,
    pinned: Vec<AnchorKey>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    view: ArcSwap<View>,
    policy: std::sync::Mutex<Option<Derived>>,
    /// Pictures of the past that were asked for last: each signature in them was checked when it was made.
    past: std::sync::Mutex<Vec<Past>>,
    /// What the view was made of; held while it is made, so that of two readings at once the older
    /// does not replace the newer.
    seen: tokio::sync::Mutex<Option<Stored>>,
}

impl Directory {
    /// Reads what is stored. `anchors` are those of the configuration: that of our own country, and
    /// whichever else the operator vouches for without a recognition.
    ///
    /// # Errors
    /// What the store says; `storage-failed` when a stored statement cannot be read any more.
    pub async fn load(
        store: Store,
        operator: Did,
        anchors: Vec<AnchorKey>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let view = ArcSwap::from_pointee(View::new(anchors.clone()));
        let seen = tokio::sync::Mutex::new(None);
        let (policy, past) = <(std::sync::Mutex<_>, std::sync::Mutex<_>)>::default();
        let directory = Self { store, operator, pinned: anchors, clock, random, view, policy, past, seen };
        directory.refresh().await?;
        Ok(directory)
    }

    /// The picture as it is now: for several questions that must agree with each other.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// See [`View::key_at`].
    ///
    /// # Errors
    /// As there.
    pub fn key_at(&self, key: &KeyId, at: Timestamp, now: Timestamp) -> Result<PublicKey> {
        self.view.load().key_at(key, at, now)
    }

    /// See [`View::participant`].
    ///
    /// # Errors
    /// As there.
    pub fn participant(&self, did: &Did, now: Timestamp) -> Result<Listed> {
        self.view.load().participant(did, now)
    }

    /// See [`View::pins`].
    #[must_use]
    pub fn pins(&self, id: &KeyId, key: &PublicKey, now: Timestamp) -> bool {
        self.view.load().pins(id, key, now)
    }

    /// See [`View::all`].
    #[must_use]
    pub fn all(&self) -> Vec<Listed> {
        self.view.load().all()
    }

    /// See [`View::lists`].
    #[must_use]
    pub fn lists(&self, now: Timestamp) -> Vec<ListSummary> {
        self.view.load().lists(now)
    }

    /// See [`View::recognitions`].
    #[must_use]
    pub fn recognitions(&self, now: Timestamp) -> Vec<RecognitionSummary> {
        self.view.load().recognitions(now)
    }

    /// See [`View::warnings`].
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        self.view.load().warnings(now)
    }

    /// See [`View::policy`]. Derived once, and again when a list comes or one of the dates in them
    /// passes.
    ///
    /// # Errors
    /// As there.
    pub fn policy(&self, now: Timestamp) -> Result<Arc<Policy>> {
        let view = self.view();
        let mut derived = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = derived.as_ref().filter(|held| held.stands(&view, now)) {
            return Ok(held.policy.clone());
        }
        let (policy, until) = (Arc::new(view.policy(now)?), view.next_change(now));
        *derived = Some(Derived { policy: policy.clone(), view, from: now, until });
        Ok(policy)
    }

    /// Takes in a trust list or a recognition. When this answers, it is durable and in use.
    ///
    /// A list must be signed by an anchor of its country: one that is pinned, or the one that the
    /// recognition in force now names. It must follow what is held: a country never goes back.
    ///
    /// # Errors
    /// `malformed`, `too-large`, `unknown-version`; `recognition-missing` for a list of a country
    /// that nobody vouches for; `trust-list-old`; `trust-list-invalid` when it is not signed by its
    /// anchor, does not follow the list held, or is another list of the same number, which is kept
    /// as evidence and shown by [`Directory::warnings`]; `recognition-invalid`; what the store says.
    pub async fn accept(&self, bytes: &[u8], now: Timestamp) -> Result<Accepted> {
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        if first == Recognition::KIND.as_bytes() {
            self.accept_recognition(Signed::parse(bytes)?, now).await
        } else {
            self.accept_list(Signed::parse(bytes)?, now).await
        }
    }

    async fn accept_list(&self, signed: Signed<TrustList>, now: Timestamp) -> Result<Accepted> {
        // Another replica may have taken in more.
        self.refresh().await?;
        let view = self.view();
        let (country, number, digest) =
            (signed.body().country.clone(), signed.body().number, signed.digest());
        if view.weigh_list(&signed, now)? == Weighed::Held {
            return Ok(Accepted::Held { digest });
        }
        let old = view.list(&country).map(Signed::body);
        let (before, changes) = (old.map(|o| o.number), changes(old, signed.body()));
        let fields = [
            ("country", country.as_str()),
            ("number", &number.to_string()),
            ("statement", &digest.to_string()),
        ];
        let seal = |kind| Act::seal(kind, &self.operator, &fields, &*self.clock, &*self.random);
        let acts =
            ListActs { accepted: seal(&TRUST_LIST_ACCEPTED)?, found: seal(&TRUST_LIST_CONFLICT_FOUND)? };
        let weighed = self.store.write(&self.operator, move |tx| file_list(tx, &signed, &acts)).await?;
        self.refresh().await?;
        match weighed {
            Weighed::New => Ok(Accepted::List { country, number, before, digest, changes }),
            Weighed::Held | Weighed::Older => Ok(Accepted::Held { digest }),
            Weighed::Conflicting => {
                tracing::error!(%country, number, refused = %digest, "an anchor signed two lists of one number");
                Err(list_invalid(
                    &country,
                    format!("two lists of one number ({number}), both signed by the anchor"),
                ))
            }
        }
    }

    async fn accept_recognition(&self, signed: Signed<Recognition>, now: Timestamp) -> Result<Accepted> {
        self.refresh().await?;
        let digest = signed.digest();
        if self.view().weigh_recognition(&signed, now)? == Weighed::Held {
            return Ok(Accepted::Held { digest });
        }
        let countries = signed.body().countries.each_ref().map(|c| c.country.clone());
        let named = countries.each_ref().map(Country::as_str).join(" ");
        let fields = [("countries", named.as_str()), ("statement", &digest.to_string())];
        let act = Act::seal(&RECOGNITION_ACCEPTED, &self.operator, &fields, &*self.clock, &*self.random)?;
        let filed = self.store.write(&self.operator, move |tx| file_recognition(tx, &signed, &act)).await?;
        self.refresh().await?;
        Ok(if filed { Accepted::Recognition { countries, digest } } else { Accepted::Held { digest } })
    }

    /// Looks whether another replica has taken something in, and takes it up. Cheap when not: three
    /// small queries. Answers whether anything changed.
    ///
    /// # Errors
    /// What the store says; then the view stays as it is.
    pub async fn refresh(&self) -> Result<bool> {
        let mut seen = self.seen.lock().await;
        let found = Some(self.store.read(&self.operator, stored).await?);
        if found == *seen {
            return Ok(false);
        }
        let kept = self.store.read(&self.operator, stored_statements).await?;
        self.view.store(Arc::new(kept.view(self.pinned.clone())?));
        *seen = found;
        Ok(true)
    }

    /// The picture as it was at this instant: what had been taken into use by then, under the anchors
    /// of the configuration of today.
    ///
    /// # Errors
    /// What the store says; `storage-failed` when a stored statement cannot be read any more.
    pub async fn view_at(&self, at: Timestamp) -> Result<Arc<View>> {
        let in_use = self.store.read(&self.operator, move |tx| in_use_at(tx, at)).await?;
        if let Some(view) = self.past().iter().find(|past| past.in_use == in_use) {
            return Ok(view.view.clone());
        }
        let read = move |tx: &mut Tx<'_>| Ok((in_use_at(tx, at)?, statements_at(tx, at)?));
        let (in_use, kept) = self.store.read(&self.operator, read).await?;
        let view = Arc::new(kept.view(self.pinned.clone())?);
        let mut past = self.past();
        past.retain(|other| other.in_use != in_use);
        past.truncate(PAST - 1);
        past.insert(0, Past { in_use, view: view.clone() });
        Ok(view)
    }

    fn past(&self) -> std::sync::MutexGuard<'_, Vec<Past>> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One version of a country's list.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self, country: &Country, number: u64) -> Result<Option<StoredList>> {
        let country = country.clone();
        let ask = move |tx: &mut Tx<'_>| {
            let sql = "SELECT number, digest, accepted, statement FROM trust_list
                       WHERE participant = $1 AND country = $2 AND number = $3";
            tx.query_one(sql, &[(&country).into(), number.into()])?.map(StoredList::read).transpose()
        };
        self.store.read(&self.operator, ask).await
    }

    /// The list of a country that was in use here at this instant: the newest that had been accepted
    /// by then. Whether it had expired is for the reader to judge.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list_in_use(&self, country: &Country, at: Timestamp) -> Result<Option<StoredList>> {
        let country = country.clone();
        let ask = move |tx: &mut Tx<'_>| {
            let sql = "SELECT number, digest, accepted, statement FROM trust_list
                       WHERE participant = $1 AND country = $2 AND accepted <= $3
                       ORDER BY number DESC LIMIT 1";
            tx.query_one(sql, &[(&country).into(), at.into()])?.map(StoredList::read).transpose()
        };
        self.store.read(&self.operator, ask).await
    }

    /// The numbers of a country's lists that are kept here, ascending.
    ///
    /// # Errors
    /// What the store says.
    pub async fn versions(&self, country: &Country) -> Result<Vec<u64>> {
        let country = country.clone();
        let ask = move |tx: &mut Tx<'_>| {
            let sql = "SELECT number FROM trust_list WHERE participant = $1 AND country = $2 ORDER BY number";
            tx.query(sql, &[(&country).into()])?.iter().map(|row| row.size(0)).collect()
        };
        self.store.read(&self.operator, ask).await
    }

    /// Makes a new key for a participant of this node, and the act that says so. It signs once the
    /// lists pin it: see [`Keyring::rotate`].
    ///
    /// # Errors
    /// What the keyring and the store say. When the act cannot be stored the key is there already
    /// and stays pending; rotating again makes the next one.
    pub async fn rotate_key(&self, keyring: &Keyring) -> Result<KeyRecord> {
        let replaces = keyring.current_id();
        let made = keyring.rotate(&*self.clock, &*self.random)?;
        let fields = [("key", made.id.as_str()), ("replaces", replaces.as_str())];
        let act = Act::seal(&KEY_ROTATED, keyring.did(), &fields, &*self.clock, &*self.random)?;
        self.store.write(keyring.did(), move |tx| tx.record(&act)).await?;
        Ok(made)
    }

    pub(crate) fn operator(&self) -> &Did {
        &self.operator
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn random(&self) -> &Arc<dyn Random> {
        &self.random
    }
}

impl StoredList {
    fn read(mut row: Row) -> Result<Self> {
        let (number, digest, accepted) = (row.size(0)?, row.digest(1)?, row.timestamp(2)?);
        Ok(Self { number, digest, accepted, bytes: row.take_bytes(3)? })
    }

    /// What it says.
    ///
    /// # Errors
    /// `storage-failed` when the stored bytes are no list any more.
    pub fn parse(&self) -> Result<Signed<TrustList>> {
        Signed::parse(&self.bytes).map_err(unreadable)
    }
}

fn unreadable(problem: Problem) -> Problem {
    Problem::new(ErrorCode::StorageFailed).with("why", format!("a stored trust statement: {problem}"))
}

/// A policy, and how long it stands.
struct Derived {
    policy: Arc<Policy>,
    view: Arc<View>,
    from: Timestamp,
    /// From when the view means something else.
    until: Option<Timestamp>,
}

impl Derived {
    fn stands(&self, view: &Arc<View>, now: Timestamp) -> bool {
        Arc::ptr_eq(&self.view, view) && self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
pub(crate) mod tests;
