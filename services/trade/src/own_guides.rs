//! Guides that a participant agreed on with its partners, put into use and out of it: files, as the library keeps them,
//! and an act in the log for each change.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act;

use crate::library::{MOST, listed, passed_over, read};
use crate::recorded::Change;
use crate::rules::Guide;
use crate::{Library, blocking};

/// The guides in a folder ([`Library::guides`]), each with its file. Files that cannot be used are passed over and told
/// to the operator.
#[must_use]
pub fn kept(folder: &Path) -> Vec<(PathBuf, Guide)> {
    let parsed = |path: PathBuf| {
        let guide = read(&path).and_then(|json| Guide::parse(&json));
        let guide = guide.inspect_err(|problem| passed_over(&path, problem)).ok()?;
        Some((path, guide))
    };
    listed(folder, "json").into_iter().filter_map(|(path, ..)| parsed(path)).collect()
}

/// Puts a guide into use, in place of one of the same name: it holds for what is received and sent from then on. The
/// same text again changes nothing.
///
/// # Errors
/// `guide-invalid`, also when its directory is not there; `malformed` for a partner that is no DID; `too-large` when
/// there are as many as are looked at; `file-failed`, `storage-full`; those of the store.
pub async fn add(
    exchange: &Exchange,
    acting: &Acting,
    library: &Arc<Library>,
    data: &Path,
    json: Vec<u8>,
) -> Result<Guide> {
    let (library, folder) = (Arc::clone(library), Library::guides(data, &acting.participant));
    let (guide, path, json) = blocking(move || {
        let guide = Guide::parse(&json)?;
        guide.partner.as_deref().map(str::parse::<Did>).transpose()?;
        let mut shelf = (*library.base()).clone();
        shelf.add_guide(&guide)?;
        let path = place(&folder, &guide.guide)?;
        Ok((guide, path, json))
    })
    .await?;
    let said = [("guide", guide.guide.as_str()), ("change", "added")];
    Change { exchange, acting, kind: &act::GUIDE_CHANGED, said: &said }.put(path, json).await?;
    Ok(guide)
}

/// Uses a guide no longer.
///
/// # Errors
/// `not-found`; `file-failed`; those of the store.
pub async fn remove(exchange: &Exchange, acting: &Acting, data: &Path, name: &str) -> Result<()> {
    let (folder, wanted) = (Library::guides(data, &acting.participant), name.to_owned());
    let path = blocking(move || {
        let found = kept(&folder).into_iter().find(|(_, guide)| guide.guide == wanted);
        let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("guide {wanted}"));
        found.map(|(path, _)| path).ok_or_else(missing)
    })
    .await?;
    let said = [("guide", name), ("change", "removed")];
    Change { exchange, acting, kind: &act::GUIDE_CHANGED, said: &said }.remove(path).await
}

/// The file for a guide of this name: that of the one it takes the place of, or one that follows from the name, whatever
/// that holds.
fn place(folder: &Path, name: &str) -> Result<PathBuf> {
    let same = kept(folder).into_iter().find(|(_, kept)| kept.guide == name);
    let path =
        same.map_or_else(|| folder.join(format!("{}.json", Digest::of(name.as_bytes()))), |(path, _)| path);
    if listed(folder, "json").iter().filter(|(known, ..)| *known != path).count() >= MOST {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", folder.display())
            .with("limit", format!("{MOST} guides")));
    }
    Ok(path)
}
