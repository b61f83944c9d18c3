//! A disk that is full: each thing a node asks of its storage is done and there, or refused and not
//! there; and when there is room again, the same store goes on without being opened anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_storage::{DataDir, Store, durable};

use crate::claims::{Claims, Teller};
use crate::format::Op;
use crate::record::{Recording, Room};
use crate::story::{self, internal};
use crate::{check, workload};

/// Units of work, uploads and files of each kind before there is room again.
const STEPS: u64 = 24;

/// Whether a refusal is one that a full disk explains.
fn explained(problem: &Problem) -> bool {
    matches!(problem.code(), ErrorCode::StorageFull | ErrorCode::StorageFailed)
}

/// Answers whether it was done; a refusal for another reason than the full disk is a failure.
fn judged<T>(what: &str, result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(problem) if explained(&problem) => Ok(None),
        Err(problem) => Err(internal(format_args!("{what}: {problem:?}"))),
    }
}

/// What the recorded process does on a disk that may be full at any time.
///
/// # Errors
/// When something is refused for another reason, or anything is refused once there is room.
pub fn run(disk: &Path, acknowledged: &Path, room: &Path) -> Result<()> {
    let teller = Arc::new(Teller::open(acknowledged)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(internal)?;
    let opening = || DataDir::lock(&story::data(disk)).and_then(|held| Ok((held, workload::open(disk)?)));
    let opened = judged("opening the store", opening())?;
    let (_held, store) = match opened {
        Some(opened) => opened,
        None => {
            make_room(room)?;
            opening()?
        }
    };
    teller.say("opened")?;
    let work = Work { store, teller, disk: disk.to_owned() };
    runtime.block_on(async {
        work.clone().all(0, false).await?;
        make_room(room)?;
        work.store
            .health()
            .await
            .or_else(|problem| if explained(&problem) { Ok(()) } else { Err(problem) })?;
        work.clone().all(STEPS, true).await?;
        work.store.health().await?;
        work.store.close().await;
        Ok(())
    })
}

fn make_room(room: &Path) -> Result<()> {
    std::fs::write(room, u64::MAX.to_le_bytes()).map_err(internal)
}

#[derive(Clone)]
struct Work {
    store: Store,
    teller: Arc<Teller>,
    disk: PathBuf,
}

impl Work {
    /// Everything at once, numbered from `first`. With `must`, nothing may be refused.
    async fn all(self, first: u64, must: bool) -> Result<()> {
        let mut tasks = tokio::task::JoinSet::new();
        for participant in 0..story::PARTICIPANTS {
            tasks.spawn(self.clone().notes(participant, first, must));
            tasks.spawn(self.clone().uploads(participant, must));
        }
        let files = self.clone();
        tasks.spawn_blocking(move || files.keys(first, must));
        while let Some(done) = tasks.join_next().await {
            done.map_err(internal)??;
        }
        Ok(())
    }

    async fn notes(self, participant: usize, first: u64, must: bool) -> Result<()> {
        for number in first..first + STEPS {
            let result = workload::note(&self.store, participant, number).await;
            let word = match judged("a unit of work", result)? {
                Some(()) => "note",
                None if must => return Err(internal("a unit was refused though there is room")),
                None => "refused",
            };
            self.teller.say(format_args!("{word} {participant} {number}"))?;
        }
        Ok(())
    }

    /// Uploads go on the second time where they were refused the first time.
    async fn uploads(self, participant: usize, must: bool) -> Result<()> {
        for upload in 0..STEPS / 4 {
            let name = format!("f-u{upload}");
            let (did, blob) = (story::participant(participant)?, story::blob_name(&name)?);
            let known = self.store.blobs().size(&did, &blob).await.is_ok();
            if !known && judged("an upload", self.upload(participant, &name).await)?.is_none() {
                if must {
                    return Err(internal("an upload was refused though there is room"));
                }
                continue;
            }
            self.teller.say(format_args!("blob {participant} {name}"))?;
            match judged("a row", workload::refer(&self.store, participant, &name).await) {
                Ok(Some(())) => self.teller.say(format_args!("row {participant} {name}"))?,
                Ok(None) if must => return Err(internal("a row was refused though there is room")),
                Ok(None) => {}
                // The row of the first time.
                Err(_) if must => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(())
    }

    async fn upload(&self, participant: usize, name: &str) -> Result<()> {
        let did = story::participant(participant)?;
        let content = Bytes::from(story::blob(participant, name));
        let mut staging = self.store.blobs().staging(&did, name).await?;
        while staging.length() < content.len() as u64 {
            let before = staging.length();
            let start = usize::try_from(before).map_err(internal)?;
            let piece = content.slice(start..content.len().min(start + 9_000));
            if let Err(problem) = staging.append(before, piece).await {
                let there = Digest::of(content.get(..start).unwrap_or_default());
                if staging.length() != before || staging.digest().await? != there {
                    return Err(internal("a piece that was refused is there in part"));
                }
                return Err(problem);
            }
            self.teller.say(format_args!("staged {participant} {name} {}", staging.length()))?;
        }
        self.teller.say(format_args!("begin finish {participant} {name}"))?;
        staging.finish(&story::blob_name(name)?).await
    }

    fn keys(self, first: u64, must: bool) -> Result<()> {
        let folder = story::keys(&self.disk);
        for version in first + 1..=first + STEPS {
            let written = durable::create_directory(&folder).and_then(|()| {
                durable::write_file(&folder.join("identity.key"), &story::key("identity.key", version), 0o600)
            });
            match judged("a key file", written)? {
                Some(()) => self.teller.say(format_args!("key {version}"))?,
                None if must => return Err(internal("a file was refused though there is room")),
                None => {}
            }
        }
        Ok(())
    }
}

/// What came of one run on a disk of some size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Units of work that were done.
    pub done: usize,
    /// Units of work that were refused.
    pub refused: usize,
}

/// Runs the above on a disk of this size and compares what is there with what was said.
///
/// # Errors
/// What is wrong.
pub fn fill(program: &Path, room: Room) -> Result<Filled, String> {
    let recording = Recording::make(program, &["full".to_owned()], room)?;
    recording.compare()?;
    let mut claims = Claims::default();
    for op in recording.operations()? {
        if let Op::Acknowledge { text } = op {
            claims.hear(text)?;
        }
    }
    let wrong = check::check(&recording.directory()?, &claims)?;
    if wrong.is_empty() {
        return Ok(Filled { done: claims.notes.len(), refused: claims.refused.len() });
    }
    Err(format!("with room for {room:?}: {}", wrong.join("; ")))
}

/// The sizes of disk to try, from one that holds nothing to one that is full only at the end.
///
/// # Errors
/// When the run fails on a disk with room enough.
pub fn sizes(program: &Path, count: u64) -> Result<Vec<u64>, String> {
    let recording = Recording::make(program, &["full".to_owned()], Room::Enough)?;
    let mut written = 0;
    for op in recording.operations()? {
        if let Op::Write { bytes, .. } = op {
            written += bytes.len() as u64;
        }
    }
    // The second half is written after room was made.
    let end = written / 2;
    Ok((0..count).map(|n| end * n / count).collect())
}
