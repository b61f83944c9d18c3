//! What a participant checks messages against and makes documents by are files, as the library keeps them: each change
//! of one is an act in the log.

use corridor_base::{Digest, Result};
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act::ActType;
use corridor_storage::Tx;

/// Records who changed what, with the digest of the file. It is in the books before the file is in its place: a change
/// that nobody can see afterwards is worse than an act whose file a crash kept away.
pub(crate) async fn record(
    exchange: &Exchange,
    acting: &Acting,
    kind: &'static ActType,
    said: &[(&'static str, &str)],
    file: &[u8],
) -> Result<()> {
    let mut fields: Vec<_> = said.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    fields.extend([("digest", Digest::of(file).to_string()), ("by", acting.reader.clone())]);
    let record = exchange.seal(&acting.participant, kind, &fields)?;
    exchange.store().write(&acting.participant, move |tx: &mut Tx<'_>| tx.record(&record)).await
}
