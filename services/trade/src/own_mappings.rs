//! Mappings of a participant's own, put into use and out of it: files, as the library keeps them, and an act in the
//! log for each change.

use std::path::Path;

use corridor_base::{Digest, Result};
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act;
use corridor_storage::{Tx, durable};

use crate::Library;
use crate::blocking;
use crate::mapping::Mapping;

/// Puts a mapping into use, in place of one of the same name. The act is in the books before the file is in its
/// place: a change that nobody can see afterwards is worse than an act whose file a crash kept away. The same text
/// again changes nothing.
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
        record(exchange, acting, &mapping.mapping, "added", &json).await?;
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
    record(exchange, acting, name, "removed", &json).await?;
    blocking(move || durable::remove_file(&path)).await
}

async fn record(exchange: &Exchange, acting: &Acting, name: &str, change: &str, json: &[u8]) -> Result<()> {
    let fields = [
        ("mapping", name.to_owned()),
        ("change", change.to_owned()),
        ("digest", Digest::of(json).to_string()),
        ("by", acting.reader.clone()),
    ];
    let record = exchange.seal(&acting.participant, &act::MAPPING_CHANGED, &fields)?;
    exchange.store().write(&acting.participant, move |tx: &mut Tx<'_>| tx.record(&record)).await
}
