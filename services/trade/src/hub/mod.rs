//! A folder that a hub (NACCS, KTNET) or any program shares with the node, watched on disk, one for a
//! participant:
//!
//! ```text
//! out/            what is dropped here is sent to the partner that its UNB names; out/NAME/ to that partner
//! sent/           what was taken, as ENVELOPE-NAME
//! refused/        what could not be, with a .txt beside that says why in three languages
//! in/             what arrived, as TIME-ENVELOPE.edi
//! ```
//!
//! A file is taken once it stands under its name with the same size and time in two rounds; names that begin
//! with a dot or end in `.part` are not looked at. Its envelope follows from its place and its content (EX-4):
//! taken again after a crash it is the same document, and so is the same file dropped again under the same name.
//! What arrives is queued for the folder in the unit that takes it into the books, and leaves the queue after
//! its file is durable: a crash between the two writes the same file again.
//!
//! Absent: documents about persons. A file on a disk of somebody else cannot be erased (LG-3); they stay in the
//! node.

mod arrived;
mod dropped;
mod refusal;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_exchange::Exchange;
use corridor_storage::durable;
use tokio::sync::watch;

use crate::library::Library;

pub(crate) use arrived::{MIGRATION, queue, remove};

/// How often is looked.
const LOOK: Duration = Duration::from_secs(2);
/// The largest file, in bytes.
pub const LARGEST: u64 = 64 << 20;
/// How many files one round takes, in each direction.
const ROUND: usize = 500;
/// The folders.
const FOLDERS: [&str; 4] = ["out", "in", "sent", "refused"];

/// Looks on between the steps of a file, for tests that end the work there as a crash would.
pub trait Probe: Send + Sync {
    /// After this step.
    ///
    /// # Errors
    /// What ends the work here.
    fn after(&self, step: &'static str) -> Result<()>;
}

struct Unwatched;

impl Probe for Unwatched {
    fn after(&self, _: &'static str) -> Result<()> {
        Ok(())
    }
}

/// The shared folder of one participant.
pub struct Hub {
    us: Did,
    folder: PathBuf,
    /// Who is meant by which identity in UNB, or which folder below `out`.
    partners: Vec<(String, Did)>,
    /// What was agreed with them.
    library: Arc<Library>,
    probe: Arc<dyn Probe>,
}

/// The files of a folder as they were seen last: their size and their time.
#[derive(Debug, Default)]
pub struct Seen(HashMap<PathBuf, (u64, Option<SystemTime>)>);

impl Hub {
    /// The folder of a participant.
    #[must_use]
    pub fn new(us: Did, folder: PathBuf, partners: Vec<(String, Did)>) -> Self {
        Self { us, folder, partners, library: Arc::default(), probe: Arc::new(Unwatched) }
    }

    /// With what its participant and their partners agreed on: files are read in those characters.
    #[must_use]
    pub fn reading(self, library: Arc<Library>) -> Self {
        Self { library, ..self }
    }

    /// With somebody who looks on.
    #[must_use]
    pub fn probed(self, probe: Arc<dyn Probe>) -> Self {
        Self { probe, ..self }
    }

    /// Whose it is.
    #[must_use]
    pub fn us(&self) -> &Did {
        &self.us
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folders that are missing.
    ///
    /// # Errors
    /// `file-failed`, `storage-full`.
    pub fn prepare(&self) -> Result<()> {
        FOLDERS.iter().try_for_each(|name| durable::create_directory(&self.folder.join(name)))
    }

    /// Whether the folder can be worked with: its parts are there, on one file system, and can be written.
    /// Answers how many files wait to be looked at by people because they were refused.
    ///
    /// # Errors
    /// `file-failed`, `storage-full`.
    pub fn examine(&self) -> Result<usize> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e)
        };
        for name in FOLDERS {
            let probe = self.folder.join(name).join(".corridor-doctor");
            durable::write_file(&probe, b"", 0o600)?;
            durable::remove_file(&probe)?;
        }
        // Moving a file must not be copying it.
        let (from, to) =
            (self.folder.join("out/.corridor-doctor"), self.folder.join("sent/.corridor-doctor"));
        durable::write_file(&from, b"", 0o600)?;
        durable::rename(&from, &to)?;
        durable::remove_file(&to)?;
        let refused = self.folder.join("refused");
        let entries = std::fs::read_dir(&refused).map_err(failed(&refused))?;
        let is_told = |name: &str| name.ends_with(".txt") || name.starts_with('.');
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        Ok(names.filter(|name| !is_told(name)).count())
    }

    /// Watches until told to stop.
    pub async fn watch(&self, exchange: Exchange, mut stop: watch::Receiver<bool>) {
        let mut seen = Seen::default();
        loop {
            if let Err(problem) = self.look(&exchange, &mut seen).await {
                let folder = self.folder.display();
                tracing::warn!(%folder, code = %problem.code(), "the folder of a hub: {problem}");
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// One round in both directions; answers how many files were taken and written.
    ///
    /// # Errors
    /// `file-failed`, `storage-full`; those of the store. What is wrong with one file stops no other.
    pub async fn look(&self, exchange: &Exchange, seen: &mut Seen) -> Result<(usize, usize)> {
        self.prepare()?;
        Ok((self.take_dropped(exchange, seen).await?, self.write_arrived(exchange).await?))
    }
}
