//! Mappings of a participant's own, put into use and out of it: files, as the library keeps them, and an act in the
//! log for each change.

use std::path::Path;

use corridor_base::Result;
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act;
use corridor_storage::durable;

use crate::mapping::Mapping;
use crate::recorded::record;
use crate::{Library, blocking};

/// Puts a mapping into use, in place of one of the same name. The same text again changes nothing.
///
/// # Errors
/// Those of [`Library::fits`]; `file-failed`, `storage-full`; those of the store.
pub async fn add(exchange: &Exchange, acting: &Acting, data: &Path, json: Vec<u8>) -> Result<Mapping> {
    let folder = Library::own_mappings(data, &acting.participant);
    let (mapping, path, json, known) = blocking(move || {
        let (mapping, path) = Library::fits(&folder, &json)?;
        let known = std::fs::read(&path).is_ok_and(|kept| kept == json);
        Ok((mapping, path, json, known))
    })
    .await?;
    if !known {
        let said = [("mapping", mapping.mapping.as_str()), ("change", "added")];
        record(exchange, acting, &act::MAPPING_CHANGED, &said, &json).await?;
        blocking(move || Library::keep(&path, &json)).await?;
    }
    Ok(mapping)
}

/// Uses a mapping no longer.
///
/// # Errors
/// `not-found`; `file-failed`; those of the store.
pub async fn remove(exchange: &Exchange, acting: &Acting, data: &Path, name: &str) -> Result<()> {
    let (folder, wanted) = (Library::own_mappings(data, &acting.participant), name.to_owned());
    let (path, json) = blocking(move || {
        let path = Library::kept_mapping(&folder, &wanted)?;
        let json = crate::library::read(&path)?;
        Ok((path, json))
    })
    .await?;
    let said = [("mapping", name), ("change", "removed")];
    record(exchange, acting, &act::MAPPING_CHANGED, &said, &json).await?;
    blocking(move || durable::remove_file(&path)).await
}
