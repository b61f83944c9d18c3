//! Opens what a cut left with the real store and compares it with what had been promised by then.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use corridor_base::{ActId, Did, Digest, Problem};
use corridor_proof::act::{Act, Opening};
use corridor_storage::{ActPage, DataDir, DeliveryFilter, Row, Store};
use futures::TryStreamExt;

use crate::claims::{Claims, State};
use crate::{logs, story, workload};

/// What was found, or why it could not be looked for.
type Result<T = (), E = String> = std::result::Result<T, E>;

/// Everything that is not as it was promised, one sentence each.
///
/// # Errors
/// When the check itself cannot be made, which says nothing of the store.
pub fn check(disk: &Path, claims: &Claims) -> Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| format!("the runtime: {e}"))?;
    let mut wrong = files(disk, claims);
    let opened = DataDir::lock(&story::data(disk)).and_then(|held| Ok((held, workload::open(disk)?)));
    match opened {
        Ok((_held, store)) => {
            if let Err(what) = runtime.block_on(stored(&store, claims, &mut wrong)) {
                wrong.push(what);
            }
            runtime.block_on(store.close());
        }
        Err(problem) => wrong.push(format!("the store does not open: {}", say(&problem))),
    }
    Ok(wrong)
}

fn say(problem: &Problem) -> String {
    format!("{problem:?}")
}

/// The key-like files.
fn files(disk: &Path, claims: &Claims) -> Vec<String> {
    let mut wrong = Vec::new();
    let read = |name: &str| std::fs::read(story::keys(disk).join(name)).ok();
    match read("identity.key") {
        None if claims.key > 0 => {
            wrong.push(format!("the key file is gone, version {} was there", claims.key))
        }
        None => {}
        Some(bytes) => {
            let version = bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
            if version < claims.key {
                wrong.push(format!("the key file is version {version}, {} was there", claims.key));
            } else if bytes != story::key("identity.key", version) {
                wrong.push(format!("the key file is torn: {} bytes", bytes.len()));
            }
        }
    }
    for (name, state) in &claims.files {
        let version = name.trim_start_matches("former-").trim_end_matches(".key").parse().unwrap_or(0);
        let found = read(name);
        let right = found.as_ref().is_none_or(|bytes| *bytes == story::key(name, version));
        match (state, found.is_some()) {
            (State::There, false) => wrong.push(format!("the file {name} is gone")),
            (State::Gone, true) => wrong.push(format!("the file {name} is there again")),
            _ if !right => wrong.push(format!("the file {name} is torn")),
            _ => {}
        }
    }
    wrong
}

async fn stored(store: &Store, claims: &Claims, wrong: &mut Vec<String>) -> Result {
    store.health().await.map_err(|p| format!("the store is not healthy: {}", say(&p)))?;
    for number in 0..story::PARTICIPANTS {
        let did = story::participant(number).map_err(|p| say(&p))?;
        let mut look = Look { store, claims, did, number, wrong };
        look.notes().await?;
        look.rows().await?;
        look.blobs().await?;
        look.uploads().await?;
        look.goes_on().await?;
    }
    logs::check(store, claims, wrong).await.map_err(|p| format!("the logs: {}", say(&p)))
}

/// One participant's things.
struct Look<'a> {
    store: &'a Store,
    claims: &'a Claims,
    did: Did,
    number: usize,
    wrong: &'a mut Vec<String>,
}

/// A note as it is in the database.
struct Note {
    payload: Vec<u8>,
    act: ActId,
    delivery: String,
}

impl Look<'_> {
    fn wrong(&mut self, what: std::fmt::Arguments<'_>) {
        self.wrong.push(format!("participant {}: {what}", self.number));
    }

    async fn query(&self, sql: &'static str) -> Result<Vec<Row>> {
        let rows = self.store.read(&self.did, move |tx| tx.query(sql, &[])).await;
        rows.map_err(|p| format!("a query fails: {}: {sql}", say(&p)))
    }

    /// Every acknowledged unit is there, and of every unit all or nothing (EX-2).
    async fn notes(&mut self) -> Result {
        let notes = self.all_notes().await?;
        let claims = self.claims;
        let mine = |all: &BTreeSet<(usize, u64)>| {
            let mine = all.iter().filter(|(p, _)| *p == self.number);
            mine.map(|(_, number)| *number).collect::<Vec<_>>()
        };
        for number in mine(&claims.notes).iter().filter(|n| !notes.contains_key(n)) {
            self.wrong.push(format!("the acknowledged unit {number} is gone"));
        }
        for number in mine(&claims.refused).iter().filter(|n| notes.contains_key(n)) {
            self.wrong.push(format!("the refused unit {number} is there"));
        }
        let mut acts = self.all_acts().await?;
        let mut deliveries = self.all_deliveries().await?;
        let effects = self.query("SELECT delivery FROM powercut_effects WHERE participant = $1").await?;
        for row in &effects {
            // What was delivered and what waits: each unit has exactly one of them.
            let id = row.text(0).map_err(|p| say(&p))?.to_owned();
            if !deliveries.insert(id.clone()) {
                self.wrong(format_args!("the delivery {id} has its effect and still waits"));
            }
        }
        for (number, note) in &notes {
            if note.payload != story::note(self.number, *number) {
                self.wrong(format_args!("the row of unit {number} is not what was written"));
            }
            match acts.remove(&note.act) {
                Some(true) => {}
                Some(false) => self.wrong(format_args!("the act of unit {number} is not what was recorded")),
                None => self.wrong(format_args!("unit {number} has no act")),
            }
            if !deliveries.remove(&note.delivery) {
                self.wrong(format_args!("unit {number} has neither its delivery nor the effect of it"));
            }
        }
        if !acts.is_empty() || !deliveries.is_empty() {
            let (acts, deliveries) = (acts.len(), deliveries.len());
            self.wrong(format_args!("{acts} acts and {deliveries} deliveries belong to no unit"));
        }
        Ok(())
    }

    async fn all_notes(&self) -> Result<BTreeMap<u64, Note>> {
        let rows = self
            .query("SELECT number, payload, act, delivery FROM powercut_notes WHERE participant = $1")
            .await?;
        let read = |row: &Row| {
            let note = Note {
                payload: row.bytes(1)?.to_vec(),
                act: row.parse(2)?,
                delivery: row.text(3)?.to_owned(),
            };
            Ok((row.size(0)?, note))
        };
        rows.iter().map(read).collect::<corridor_base::Result<_>>().map_err(|p| say(&p))
    }

    /// The acts, each with whether its bytes are an act of that id that its opening opens.
    async fn all_acts(&self) -> Result<BTreeMap<ActId, bool>> {
        let mut acts = BTreeMap::new();
        let mut page = ActPage { limit: 1_000, ..ActPage::default() };
        loop {
            let rows = self.store.acts(&self.did, page.clone()).await.map_err(|p| say(&p))?;
            let Some(last) = rows.last() else { return Ok(acts) };
            page.after = Some(last.id);
            for row in &rows {
                let opening = row.opening.as_deref().and_then(|o| serde_json::from_slice::<Opening>(o).ok());
                let act = Act::parse(&row.bytes).ok();
                let sound = act.zip(opening).is_some_and(|(a, o)| a.id == row.id && a.opened_by(&o));
                acts.insert(row.id, sound);
            }
        }
    }

    async fn all_deliveries(&self) -> Result<BTreeSet<String>> {
        let mut ids = BTreeSet::new();
        let mut filter = DeliveryFilter { limit: 1_000, ..DeliveryFilter::default() };
        loop {
            let rows = self.store.deliveries(&self.did, filter.clone()).await.map_err(|p| say(&p))?;
            let Some(last) = rows.last() else { return Ok(ids) };
            filter.after = Some(last.id);
            ids.extend(rows.iter().map(|d| d.id.to_string()));
        }
    }

    /// Every row that refers to a blob finds it whole; every acknowledged row is there.
    async fn rows(&mut self) -> Result {
        let rows = self.query("SELECT name, size, digest FROM powercut_files WHERE participant = $1").await?;
        let mut names = BTreeSet::new();
        for row in rows {
            let read = || Ok((row.text(0)?.to_owned(), row.size(1)?, row.digest(2)?));
            let (name, size, digest) = read().map_err(|p: Problem| say(&p))?;
            match self.blob(&name).await {
                Ok(bytes) if bytes.len() as u64 == size && Digest::of(&bytes) == digest => {}
                Ok(bytes) => {
                    let found = bytes.len();
                    self.wrong(format_args!(
                        "the blob {name} of a row has {found} bytes, not the {size} it had"
                    ));
                }
                Err(problem) => self.wrong(format_args!("the blob {name} of a row: {}", say(&problem))),
            }
            names.insert(name);
        }
        for ((_, name), state) in self.claims.rows.iter().filter(|((p, _), _)| *p == self.number) {
            match (state, names.contains(name)) {
                (State::There, false) => self.wrong.push(format!("the row of blob {name} is gone")),
                (State::Gone, true) => self.wrong.push(format!("the row of blob {name} is there again")),
                _ => {}
            }
        }
        Ok(())
    }

    async fn blob(&self, name: &str) -> Result<Vec<u8>, Problem> {
        let stream = self.store.blobs().read(&self.did, &story::blob_name(name)?, 0).await?;
        let pieces: Vec<_> = stream.try_collect().await?;
        Ok(pieces.concat())
    }

    /// Every acknowledged blob is there and whole, referred to or not.
    async fn blobs(&mut self) -> Result {
        let mine: Vec<_> = self.claims.blobs.iter().filter(|((p, _), _)| *p == self.number).collect();
        for ((_, name), state) in mine {
            match self.blob(name).await {
                Ok(bytes) if bytes == story::blob(self.number, name) => {}
                Ok(bytes) => self.wrong(format_args!("the blob {name} is not whole: {} bytes", bytes.len())),
                Err(_) if *state != State::There => {}
                Err(problem) => self.wrong(format_args!("the blob {name}: {}", say(&problem))),
            }
        }
        Ok(())
    }

    /// Every acknowledged piece of an upload is there, and nothing else counts as there.
    async fn uploads(&mut self) -> Result {
        let mine: Vec<_> = self.claims.staged.iter().filter(|((p, _), _)| *p == self.number).collect();
        for ((_, name), length) in mine {
            let Some(acknowledged) = *length else { continue };
            let staging = match self.store.blobs().staging(&self.did, name).await {
                Ok(staging) => staging,
                Err(problem) => {
                    self.wrong(format_args!("the upload {name}: {}", say(&problem)));
                    continue;
                }
            };
            let found = staging.length();
            let content = story::blob(self.number, name);
            let whole = usize::try_from(found).ok().and_then(|n| content.get(..n)).map(Digest::of);
            let digest = staging.digest().await.ok();
            if found < acknowledged {
                self.wrong(format_args!("the upload {name} has {found} bytes, {acknowledged} were there"));
            } else if whole.is_none() || whole != digest {
                self.wrong(format_args!("the upload {name} claims {found} bytes that are not what was sent"));
            }
        }
        Ok(())
    }

    /// The store goes on working.
    async fn goes_on(&mut self) -> Result {
        if let Err(problem) = workload::note(self.store, self.number, 9_000_000).await {
            self.wrong(format_args!("nothing can be written any more: {}", say(&problem)));
        }
        Ok(())
    }
}
