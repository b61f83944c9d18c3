//! Mappings of a participant's own, put into use and out of it: files, as the library keeps them, and an act in the
//! log for each change.

use std::path::Path;

use corridor_base::Result;
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act;

use crate::mapping::Mapping;
use crate::recorded::Change;
use crate::{Library, blocking};

/// Puts a mapping into use, in place of one of the same name. The same text again changes nothing.
///
/// # Errors
/// Those of [`Library::fits`]; `file-failed`, `storage-full`; those of the store.
pub async fn add(exchange: &Exchange, acting: &Acting, data: &Path, json: Vec<u8>) -> Result<Mapping> {
    let folder = Library::own_mappings(data, &acting.participant);
    let (mapping, path, json) = blocking(move || {
        let (mapping, path) = Library::fits(&folder, &json)?;
        Ok((mapping, path, json))
    })
    .await?;
    let said = [("mapping", mapping.mapping.as_str()), ("change", "added")];
    Change { exchange, acting, kind: &act::MAPPING_CHANGED, said: &said }.put(path, json).await?;
    Ok(mapping)
}

/// Uses a mapping no longer.
///
/// # Errors
/// `not-found`; `file-failed`; those of the store.
pub async fn remove(exchange: &Exchange, acting: &Acting, data: &Path, name: &str) -> Result<()> {
    let (folder, wanted) = (Library::own_mappings(data, &acting.participant), name.to_owned());
    let path = blocking(move || Library::kept_mapping(&folder, &wanted)).await?;
    let said = [("mapping", name), ("change", "removed")];
    Change { exchange, acting, kind: &act::MAPPING_CHANGED, said: &said }.remove(path).await
}
