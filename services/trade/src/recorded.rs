//! What a participant checks messages against and makes documents by are files, as the library keeps them: each change
//! of one is an act in the log.

use std::path::PathBuf;

use corridor_base::{Digest, Result};
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act::ActType;
use corridor_storage::{Tx, durable};

use crate::library::read;
use crate::{Library, blocking};

/// Who changes a file, and what the act about it says beside the digest of the file.
pub(crate) struct Change<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) acting: &'a Acting,
    pub(crate) kind: &'static ActType,
    pub(crate) said: &'a [(&'static str, &'a str)],
}

impl Change<'_> {
    /// Puts a file in its place. Where the same lies already, nothing changes and nothing is said.
    ///
    /// # Errors
    /// `file-failed`, `storage-full`; those of the store.
    pub(crate) async fn put(self, path: PathBuf, file: Vec<u8>) -> Result<()> {
        let (path, file, known) = blocking(move || {
            let known = std::fs::read(&path).is_ok_and(|kept| kept == file);
            Ok((path, file, known))
        })
        .await?;
        if known {
            return Ok(());
        }
        self.record(&file).await?;
        blocking(move || Library::keep(&path, &file)).await
    }

    /// Takes a file away.
    ///
    /// # Errors
    /// `file-failed`; those of the store.
    pub(crate) async fn remove(self, path: PathBuf) -> Result<()> {
        let (path, file) = blocking(move || read(&path).map(|file| (path, file))).await?;
        self.record(&file).await?;
        blocking(move || durable::remove_file(&path)).await
    }

    /// It is in the books before the file is in its place: a change that nobody can see afterwards is worse than an act
    /// whose file a crash kept away.
    async fn record(&self, file: &[u8]) -> Result<()> {
        let mut fields: Vec<_> = self.said.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        fields.extend([("digest", Digest::of(file).to_string()), ("by", self.acting.reader.clone())]);
        let record = self.exchange.seal(&self.acting.participant, self.kind, &fields)?;
        self.exchange.store().write(&self.acting.participant, move |tx: &mut Tx<'_>| tx.record(&record)).await
    }
}
