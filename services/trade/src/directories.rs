//! The UNECE directories of a node: zips, kept unchanged under the names of their digests, and an act of the operator's
//! for each that was added. They say the same to every participant.

use std::path::{Path, PathBuf};

use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act;
use serde::Serialize;

use crate::directory::Directory;
use crate::library::{MOST, listed, load, passed_over};
use crate::recorded::Change;
use crate::{Library, blocking};

/// What is told of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KeptDirectory {
    /// Its name, `D.08A`.
    pub name: String,
    /// How many messages it has.
    pub messages: usize,
    /// How many segments.
    pub segments: usize,
    /// How many codes, in all its lists.
    pub codes: usize,
    /// The digest of its zip (SHA-256), which names its file.
    pub digest: String,
    /// What is odd in it, and was read as it seemed meant.
    pub oddities: Vec<String>,
}

impl KeptDirectory {
    fn of(directory: &Directory, digest: String) -> Self {
        Self {
            name: directory.name(),
            messages: directory.messages.len(),
            segments: directory.segments.len(),
            codes: directory.codes.values().map(|list| list.len()).sum(),
            digest,
            oddities: directory.oddities.clone(),
        }
    }
}

/// The zips in a data directory.
#[must_use]
pub fn zips(data: &Path) -> Vec<PathBuf> {
    listed(&Library::directories(data), "zip").into_iter().map(|(path, ..)| path).collect()
}

/// The directories in a data directory. Files that cannot be used are passed over and told to the operator. Reads all
/// of them: not on a thread that serves requests.
#[must_use]
pub fn list(data: &Path) -> Vec<KeptDirectory> {
    let told = |path: PathBuf| {
        let directory = load(&path).inspect_err(|problem| passed_over(&path, problem)).ok()?;
        let digest = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Some(KeptDirectory::of(&directory, digest))
    };
    zips(data).into_iter().filter_map(told).collect()
}

/// Checks a zip and keeps it for all messages from then on. The same zip again changes nothing.
///
/// # Errors
/// `directory-invalid`; `too-large` when there are as many as are looked at; `file-failed`, `storage-full`; those of
/// the store.
pub async fn add(exchange: &Exchange, acting: &Acting, data: &Path, zip: Vec<u8>) -> Result<KeptDirectory> {
    let data = data.to_owned();
    let (told, path, zip) = blocking(move || {
        let digest = Digest::of(&zip).to_string();
        let told = KeptDirectory::of(&Directory::load(&zip)?, digest);
        let path = Library::directories(&data).join(format!("{}.zip", told.digest));
        if zips(&data).iter().filter(|known| **known != path).count() >= MOST {
            let limit = format!("{MOST} directories");
            return Err(Problem::new(ErrorCode::TooLarge).with("what", data.display()).with("limit", limit));
        }
        Ok((told, path, zip))
    })
    .await?;
    let said = [("directory", told.name.as_str())];
    Change { exchange, acting, kind: &act::DIRECTORY_ADDED, said: &said }.put(path, zip).await?;
    Ok(told)
}
