//! The keys of persons (LG-3). For each person that a participant keeps something about there is one
//! random key; what is about several persons lies under a [`Seal`] made of all their keys, so that
//! destroying one of them makes it unreadable for good. Who keeps rows or files of its own about
//! persons seals them with this and nothing else:
//!
//! ```text
//! let subject = tx.subject_or_new(None, "case 4711", &random)?;   // our own reference of the person
//! let seal = tx.new_seal(SealId::new(&random), &[subject])?;      // its name goes into the row
//! let sealed = seal.close("case/4711/name", name)?;               // as does this
//! let name = tx.unseal(id)?.open("case/4711/name", &sealed)?;     // `subject-key-missing` after erasure
//! ```
//!
//! What a participant calls a person is personal itself: it stands in the table of keys and nowhere else;
//! everything else names the person by a random [`SubjectId`]. To each partner the person is known by a
//! random [`Handle`], which crosses in envelopes.
//!
//! The tables of keys are left out of backups ([`crate::keybook`]), and what was destroyed is in no
//! file of the database any more once [`crate::Store::shred`] has run.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use corridor_base::{ActId, Did, ErrorCode, Problem, Random, Result, Timestamp};
use corridor_proof::act::SUBJECT_ERASED;
use corridor_proof::erasure::{KeyMark, derive};
use corridor_proof::{Act, Handle};
use zeroize::Zeroizing;

use crate::leaves;
use crate::seal::{Seal, SealId};
use crate::store::Store;
use crate::tx::Tx;
use crate::value::{Row, Value};

/// The longest reference of a person, in characters.
pub const MAX_REFERENCE: usize = 200;

/// The name of a person in the tables of one participant: random, so that it says nothing once the key
/// is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(SealId);

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SubjectId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self)
    }
}

/// A person in the tables of one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name in the tables.
    pub id: SubjectId,
    /// Whose reference it is: the partner who first named the person to us; `None` when we did.
    pub partner: Option<Did>,
    /// Our own reference of the person, or the partner's handle.
    pub reference: String,
    /// Since when it has a key here.
    pub created: Timestamp,
}

/// What the destruction of a key leaves to be done.
pub struct Destroyed {
    /// What the act of it commits to.
    pub mark: KeyMark,
    /// The partners who were told of the person, each with the handle it knows.
    pub handles: Vec<(Did, Handle)>,
    /// The seals that nobody opens any more.
    pub seals: Vec<SealId>,
}

/// Checks what people or programs call a person.
///
/// # Errors
/// `malformed`.
pub fn check_reference(reference: &str) -> Result<()> {
    let count = reference.chars().count();
    if (1..=MAX_REFERENCE).contains(&count) && !reference.chars().any(char::is_control) {
        return Ok(());
    }
    let why = format!("1 to {MAX_REFERENCE} printable characters expected");
    Err(Problem::new(ErrorCode::Malformed).with("what", "reference of a person").with("why", why))
}

fn subject(row: &Row) -> Result<Subject> {
    let partner = row.text(1)?;
    Ok(Subject {
        id: row.text(0)?.parse()?,
        partner: if partner.is_empty() { None } else { Some(partner.parse()?) },
        reference: row.text(2)?.to_owned(),
        created: row.timestamp(3)?,
    })
}

fn named(partner: Option<&Did>) -> Value {
    partner.map_or("", Did::as_str).into()
}

impl Tx<'_> {
    /// The person of this reference: ours, or a handle that this partner made.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn subject(&mut self, partner: Option<&Did>, reference: &str) -> Result<Option<Subject>> {
        let row = self.query_one(
            "SELECT id, partner, reference, created FROM subject_key
             WHERE participant = $1 AND partner = $2 AND reference = $3",
            &[named(partner), reference.into()],
        )?;
        row.as_ref().map(subject).transpose()
    }

    /// The person of this name in our tables.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn subject_by(&mut self, id: SubjectId) -> Result<Option<Subject>> {
        let row = self.query_one(
            "SELECT id, partner, reference, created FROM subject_key WHERE participant = $1 AND id = $2",
            &[id.to_string().into()],
        )?;
        row.as_ref().map(subject).transpose()
    }

    /// The person of this reference, with a new key when there is none yet.
    ///
    /// # Errors
    /// `malformed`; as [`Tx::execute`].
    pub fn subject_or_new(
        &mut self,
        partner: Option<&Did>,
        reference: &str,
        random: &dyn Random,
    ) -> Result<SubjectId> {
        check_reference(reference)?;
        if let Some(known) = self.subject(partner, reference)? {
            return Ok(known.id);
        }
        self.shreds()?;
        let (id, key) = (SubjectId(SealId::new(random)), random.bytes::<32>());
        let now = self.now();
        self.execute(
            "INSERT INTO subject_key (participant, id, partner, reference, key, created)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[id.to_string().into(), named(partner), reference.into(), key.as_slice().into(), now.into()],
        )?;
        Ok(id)
    }

    /// The persons known here by our own references, in the order of these, after this one.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn subjects(&mut self, after: &str, limit: u32) -> Result<Vec<Subject>> {
        let rows = self.query(
            "SELECT id, partner, reference, created FROM subject_key
             WHERE participant = $1 AND partner = '' AND reference > $2 ORDER BY reference LIMIT $3",
            &[after.into(), crate::outbox::page(limit).into()],
        )?;
        rows.iter().map(subject).collect()
    }

    /// What this partner and we call a person between ourselves: the handle it made itself, or one that
    /// is made now and stays.
    ///
    /// # Errors
    /// `subject-key-missing` when the person is not known here; as [`Tx::execute`].
    pub fn handle_for(&mut self, id: SubjectId, partner: &Did, random: &dyn Random) -> Result<Handle> {
        let row = self.query_one(
            "SELECT partner, reference FROM subject_key WHERE participant = $1 AND id = $2",
            &[id.to_string().into()],
        )?;
        let row = row.ok_or_else(missing)?;
        if row.text(0)? == partner.as_str() {
            return row.text(1)?.parse();
        }
        self.shreds()?;
        let row = self.query_one(
            "INSERT INTO subject_handle (participant, subject, partner, handle) VALUES ($1, $2, $3, $4)
             ON CONFLICT (participant, subject, partner) DO UPDATE SET handle = subject_handle.handle
             RETURNING handle",
            &[id.to_string().into(), partner.as_str().into(), Handle(random.bytes()).to_string().into()],
        )?;
        row.ok_or_else(missing)?.text(0)?.parse()
    }

    /// The person that a partner calls so: one of ours whom we named to it, or one it named to us.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn subject_of_handle(&mut self, partner: &Did, handle: Handle) -> Result<Option<SubjectId>> {
        let ours = self.query_one(
            "SELECT subject FROM subject_handle WHERE participant = $1 AND partner = $2 AND handle = $3",
            &[partner.as_str().into(), handle.to_string().into()],
        )?;
        match ours {
            Some(row) => row.text(0)?.parse().map(Some),
            None => Ok(self.subject(Some(partner), &handle.to_string())?.map(|s| s.id)),
        }
    }

    /// The partners to whom a person was named.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn told_of(&mut self, id: SubjectId) -> Result<Vec<(Did, Handle)>> {
        let rows = self.query(
            "SELECT partner, handle FROM subject_handle WHERE participant = $1 AND subject = $2 ORDER BY partner",
            &[id.to_string().into()],
        )?;
        rows.iter().map(|row| Ok((row.text(0)?.parse()?, row.text(1)?.parse()?))).collect()
    }

    /// The seal of this name for something about these persons.
    ///
    /// # Errors
    /// `subject-key-missing` when one of them has no key (any more), or there is none at all; as
    /// [`Tx::execute`].
    pub fn new_seal(&mut self, id: SealId, subjects: &[SubjectId]) -> Result<Seal> {
        for subject in subjects {
            self.execute(
                "INSERT INTO seal_subject (participant, seal, subject) VALUES ($1, $2, $3)
                 ON CONFLICT (participant, seal, subject) DO NOTHING",
                &[id.to_string().into(), subject.to_string().into()],
            )?;
        }
        self.unseal(id)
    }

    /// The seal of this name.
    ///
    /// # Errors
    /// `subject-key-missing` when the key of one of its persons is not here: destroyed, or left out of
    /// a restoration; as [`Tx::query`].
    pub fn unseal(&mut self, id: SealId) -> Result<Seal> {
        let rows = self.query(
            "SELECT k.key FROM seal_subject s
                LEFT JOIN subject_key k ON k.participant = s.participant AND k.id = s.subject
             WHERE s.participant = $1 AND s.seal = $2 ORDER BY s.subject",
            &[id.to_string().into()],
        )?;
        let mut material = Zeroizing::new(Vec::with_capacity(32 * rows.len()));
        for row in &rows {
            material.extend_from_slice(row.opt_bytes(0)?.ok_or_else(missing)?);
        }
        if material.is_empty() {
            return Err(missing());
        }
        let key = derive(id.bytes(), &material, b"corridor/seal/v1");
        Ok(Seal::new(id, self.participant().clone(), key))
    }

    /// The persons that something sealed so is about.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn sealed_about(&mut self, id: SealId) -> Result<Vec<SubjectId>> {
        let rows = self.query(
            "SELECT subject FROM seal_subject WHERE participant = $1 AND seal = $2 ORDER BY subject",
            &[id.to_string().into()],
        )?;
        rows.iter().map(|row| row.text(0)?.parse()).collect()
    }

    /// The seals of everything that is about a person.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn seals_about(&mut self, id: SubjectId) -> Result<Vec<SealId>> {
        let rows = self.query(
            "SELECT seal FROM seal_subject WHERE participant = $1 AND subject = $2 ORDER BY seal",
            &[id.to_string().into()],
        )?;
        rows.iter().map(|row| row.text(0)?.parse()).collect()
    }

    /// Forgets a seal under which nothing lies.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn drop_seal(&mut self, id: SealId) -> Result<()> {
        self.execute(
            "DELETE FROM seal_subject WHERE participant = $1 AND seal = $2",
            &[id.to_string().into()],
        )?;
        Ok(())
    }

    /// Destroys the key of a person, the handles, and what opens the acts about it. What others keep
    /// under the seals is theirs to remove; nobody opens it any more. Call [`crate::Store::shred`]
    /// once this is committed.
    ///
    /// # Errors
    /// `subject-key-missing` when there is none; as [`Tx::execute`].
    pub fn destroy(&mut self, id: SubjectId) -> Result<Destroyed> {
        self.shreds()?;
        let handles = self.told_of(id)?;
        let seals = self.seals_about(id)?;
        let name = Value::from(id.to_string());
        self.execute(
            "UPDATE act SET opening = NULL, seal = NULL WHERE participant = $1 AND seal IN
                (SELECT seal FROM seal_subject WHERE participant = $1 AND subject = $2)",
            std::slice::from_ref(&name),
        )?;
        for seal in &seals {
            self.drop_seal(*seal)?;
        }
        self.execute(
            "DELETE FROM subject_handle WHERE participant = $1 AND subject = $2",
            std::slice::from_ref(&name),
        )?;
        let row = self
            .query_one("DELETE FROM subject_key WHERE participant = $1 AND id = $2 RETURNING key", &[name])?;
        let row = row.ok_or_else(missing)?;
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(row.bytes(0)?.try_into().map_err(|_| missing())?);
        Ok(Destroyed { mark: KeyMark::of(&key), handles, seals })
    }
}

/// Nobody here can open it, now or any more.
fn missing() -> Problem {
    Problem::new(ErrorCode::SubjectKeyMissing)
}

/// A key that the log says was destroyed, and that is here all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Whose it is.
    pub participant: Did,
    /// The person.
    pub subject: SubjectId,
    /// The act of its destruction.
    pub act: ActId,
}

impl Store {
    /// The keys that an older key book brought back: each is held against every act of a destruction, be
    /// it in the books or only a leaf that came back from a mirror.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn returned_keys(&self) -> Result<Vec<Returned>> {
        // As with leaves this is below the guard of PA-1: the log is one for all participants.
        self.read(&leaves::nobody()?, |tx| {
            let mut destroyed = HashMap::new();
            for sql in [
                "SELECT bytes FROM act WHERE kind = 'subject-erased'",
                "SELECT bytes FROM leaf WHERE log = 'acts' AND bytes IS NOT NULL",
            ] {
                for row in tx.of_node(sql, &[])? {
                    let Ok(act) = Act::parse(row.bytes(0)?) else { continue };
                    let Some(key) = act.fields.get("key").filter(|_| act.kind == SUBJECT_ERASED.name) else {
                        continue;
                    };
                    destroyed.insert(key.0, act.id);
                }
            }
            if destroyed.is_empty() {
                return Ok(Vec::new());
            }
            let mut returned = Vec::new();
            for row in tx.of_node("SELECT participant, id, key FROM subject_key", &[])? {
                let key: Zeroizing<[u8; 32]> =
                    Zeroizing::new(row.bytes(2)?.try_into().map_err(|_| missing())?);
                if let Some(act) = destroyed.get(&KeyMark::of(&key).commitment().0) {
                    let (participant, subject) = (row.parse(0)?, row.text(1)?.parse()?);
                    returned.push(Returned { participant, subject, act: *act });
                }
            }
            Ok(returned)
        })
        .await
    }
}
