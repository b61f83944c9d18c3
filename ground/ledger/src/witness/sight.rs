//! What was last seen of each log, and the one step it may take: forward, by a proof, in one unit of
//! work that compares and sets (C2SP tlog-witness, add-checkpoint). A witness cosigns what it has seen;
//! a mirror fetches it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use corridor_base::{Did, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::SignedCheckpoint;
use corridor_proof::merkle::Tree;
use corridor_storage::{Store, Tx, Value};

use super::request::AddCheckpoint;
use super::suspects::Suspects;

/// How often a step is tried again when another process took one in the meantime.
const ATTEMPTS: usize = 4;
/// The most logs whose state is remembered; beyond, it is read each time.
const REMEMBERED: usize = 10_000;

/// The key of the row that says since when everything is held; no origin is empty.
const HOLD: &str = "";

/// The key of the row that says where the database stood last; an origin has no space in it.
const PLACE: &str = " place";

/// How a step ended.
#[derive(Debug)]
pub(crate) enum Step {
    /// The checkpoint is the latest that was seen, durably (EX-3), at this time.
    Taken(Timestamp),
    /// The step begins elsewhere: the latest has this size.
    Stale(u64),
    /// The same size has another root: the latest as it was stored.
    Forked(Vec<u8>),
    /// The proof does not hold.
    Unproved,
}

/// What was last seen of each log.
pub(crate) struct Sight {
    store: Store,
    operator: Did,
    /// What leads the origin in the table: a mirror's state is not the witness's.
    name: &'static str,
    /// What the database said last: a hint that saves reading. The unit compares all the same.
    latest: Mutex<HashMap<String, Tree>>,
    suspects: Suspects,
}

/// One log's state as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) tree: Tree,
    pub(crate) note: Vec<u8>,
    /// When it was last held against what others saw of the log.
    pub(crate) checked: Timestamp,
}

impl Sight {
    pub(crate) fn new(store: Store, operator: Did, name: &'static str) -> Self {
        Self { store, operator, name, latest: Mutex::default(), suspects: Suspects::default() }
    }

    /// What is stored of this log.
    pub(crate) async fn seen(&self, origin: &str) -> Result<Option<Seen>> {
        let key = self.key(origin);
        self.store.read(&self.operator, move |tx| seen(tx, &key)).await
    }

    /// Takes the step. The checkpoint's signature has been verified; `note` is what is stored of it.
    /// `also` is done in the unit that takes the step. What is not proved is remembered as a suspect: both
    /// sides are signed, so whoever has the log's tiles can tell.
    pub(crate) async fn step(
        &self,
        request: &AddCheckpoint,
        note: &SignedCheckpoint,
        also: fn(&mut Tx<'_>, &SignedCheckpoint) -> Result<()>,
    ) -> Result<Step> {
        let (origin, new) = (request.checkpoint.origin(), request.checkpoint.tree());
        // A hint decides nothing alone: what it would refuse is looked up first.
        let fits = |tree: &Tree| {
            tree.size == request.old && tree.size != new.size && new.follows(tree, &request.proof)
        };
        let mut hint = self.hint(origin).filter(fits);
        for _ in 0..ATTEMPTS {
            let old = match hint.take() {
                Some(tree) => Some(tree),
                None => match self.looked_up(request).await? {
                    Ok(old) => old,
                    Err(step) => {
                        if matches!(step, Step::Unproved) {
                            self.suspects.add(note.clone());
                        }
                        return Ok(step);
                    }
                },
            };
            if let Some(time) = self.set(origin, old, note, also).await? {
                self.remember(origin, new);
                return Ok(Step::Taken(time));
            }
        }
        Err(Problem::new(ErrorCode::StorageConflict))
    }

    /// The checkpoints that did not follow since this was last asked.
    pub(crate) fn take_suspects(&self) -> Vec<SignedCheckpoint> {
        self.suspects.take()
    }

    /// The state that the step begins at, if it does; else how it ends.
    async fn looked_up(&self, request: &AddCheckpoint) -> Result<Result<Option<Tree>, Step>> {
        let key = self.key(request.checkpoint.origin());
        let (now, found) = self.store.read(&self.operator, move |tx| Ok((tx.now(), seen(tx, &key)?))).await?;
        let new = request.checkpoint.tree();
        let (old, note) = match found {
            Some(found) => {
                self.remember(request.checkpoint.origin(), found.tree);
                (Some(found.tree), found.note)
            }
            None => (None, Vec::new()),
        };
        let from = old.unwrap_or_else(Tree::empty);
        Ok(if from.size != request.old {
            Err(Step::Stale(from.size))
        } else if old.is_some() && from.size == new.size && from.root != new.root {
            Err(Step::Forked(note))
        } else if !new.follows(&from, &request.proof) {
            Err(Step::Unproved)
        } else if old == Some(new) {
            // Seen before and durable since.
            Err(Step::Taken(now))
        } else {
            Ok(old)
        })
    }

    /// Compares and sets. `None` when another was faster.
    async fn set(
        &self,
        origin: &str,
        old: Option<Tree>,
        note: &SignedCheckpoint,
        also: fn(&mut Tx<'_>, &SignedCheckpoint) -> Result<()>,
    ) -> Result<Option<Timestamp>> {
        let (key, note, bytes) = (self.key(origin), note.clone(), note.to_bytes());
        let unit = move |tx: &mut Tx<'_>| {
            let now = tx.now();
            let tree = note.tree();
            let mut values: Vec<Value> =
                vec![(&key).into(), tree.size.into(), tree.root.into(), bytes.as_slice().into(), now.into()];
            let set = match old {
                None => tx.execute(
                    "INSERT INTO witnessed (participant, origin, size, root, note, time, checked)
                     VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (participant, origin) DO NOTHING",
                    &values,
                )?,
                Some(old) => {
                    values.extend([old.size.into(), old.root.into()]);
                    tx.execute(
                        "UPDATE witnessed SET size = $3, root = $4, note = $5, time = $6
                         WHERE participant = $1 AND origin = $2 AND size = $7 AND root = $8",
                        &values,
                    )?
                }
            };
            if set == 0 {
                return Ok(None);
            }
            also(tx, &note)?;
            Ok(Some(now))
        };
        self.store.write(&self.operator, unit).await
    }

    /// Since when nothing is cosigned that has not been held against what others saw: the store was
    /// restored from a backup then. A restoration that nobody took notice of yet begins such a hold.
    pub(crate) async fn held_since(&self) -> Result<Option<Timestamp>> {
        let key = self.key(HOLD);
        let row = move |tx: &mut Tx<'_>| {
            tx.query_one(
                "SELECT time FROM witnessed WHERE participant = $1 AND origin = $2",
                &[(&key).into()],
            )
        };
        let row = self.store.read(&self.operator, row).await?;
        let held = row.map(|row| row.timestamp(0)).transpose()?;
        match self.store.restored().await? {
            Some(mark) if held.is_none_or(|since| since < mark.time) => self.hold().await.map(Some),
            _ => Ok(held),
        }
    }

    /// Whether the database has come to another place since [`Sight::settle`], or holds something and was never
    /// settled.
    pub(crate) async fn moved(&self, place: &str) -> Result<bool> {
        let key = self.key(PLACE);
        let read = move |tx: &mut Tx<'_>| {
            let known = seen(tx, &key)?;
            let any = tx.query_one("SELECT origin FROM witnessed WHERE participant = $1 LIMIT 1", &[])?;
            Ok((known, any.is_some()))
        };
        let (known, any) = self.store.read(&self.operator, read).await?;
        Ok(known.map_or(any, |known| known.note != place.as_bytes()))
    }

    /// Remembers where the database stands.
    pub(crate) async fn settle(&self, place: &str) -> Result<()> {
        let (key, place) = (self.key(PLACE), place.as_bytes().to_vec());
        let root = Tree::empty().root;
        let unit = move |tx: &mut Tx<'_>| {
            tx.execute(
                "INSERT INTO witnessed (participant, origin, size, root, note, time, checked)
                 VALUES ($1, $2, 0, $3, $4, $5, 0) ON CONFLICT (participant, origin) DO UPDATE SET note = $4",
                &[(&key).into(), root.into(), place.as_slice().into(), tx.now().into()],
            )
        };
        self.store.write(&self.operator, unit).await.map(|_| ())
    }

    /// Holds every log from now on, until [`Sight::checked`].
    pub(crate) async fn hold(&self) -> Result<Timestamp> {
        let key = self.key(HOLD);
        let unit = move |tx: &mut Tx<'_>| {
            tx.execute(
                "INSERT INTO witnessed (participant, origin, size, root, note, time, checked)
                 VALUES ($1, $2, 0, $3, $3, $4, 0) ON CONFLICT (participant, origin) DO UPDATE SET time = $4",
                &[(&key).into(), Vec::new().into(), tx.now().into()],
            )?;
            Ok(tx.now())
        };
        self.store.write(&self.operator, unit).await
    }

    /// Remembers that the state of this log was held against what others saw.
    pub(crate) async fn checked(&self, origin: &str) -> Result<()> {
        let key = self.key(origin);
        let unit = move |tx: &mut Tx<'_>| {
            tx.execute(
                "UPDATE witnessed SET checked = $3 WHERE participant = $1 AND origin = $2",
                &[(&key).into(), tx.now().into()],
            )
        };
        self.store.write(&self.operator, unit).await.map(|_| ())
    }

    fn key(&self, origin: &str) -> String {
        format!("{}{origin}", self.name)
    }

    fn hint(&self, origin: &str) -> Option<Tree> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).get(origin).copied()
    }

    fn remember(&self, origin: &str, tree: Tree) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() >= REMEMBERED && !latest.contains_key(origin) {
            latest.clear();
        }
        let held = latest.entry(origin.to_owned()).or_insert(tree);
        if held.size < tree.size {
            *held = tree;
        }
    }
}

fn seen(tx: &mut Tx<'_>, key: &str) -> Result<Option<Seen>> {
    let row = tx.query_one(
        "SELECT size, root, note, checked FROM witnessed WHERE participant = $1 AND origin = $2",
        &[key.into()],
    )?;
    let Some(mut row) = row else { return Ok(None) };
    let root: Digest = row.digest(1)?;
    let (size, note, checked) = (row.size(0)?, row.take_bytes(2)?, row.timestamp(3)?);
    Ok(Some(Seen { tree: Tree { size, root }, note, checked }))
}
