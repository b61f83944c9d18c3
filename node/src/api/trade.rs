//! Documents of trade as people use them: shown as forms, made from data and sent, kept as drafts, corrected
//! after a refusal. What an interchange says and what became of a transaction is at the edge of the service.

pub mod codes;
pub mod desk;
pub mod drafts;
pub mod forms;
pub mod library;
pub mod make;
pub mod mappings;
pub mod rejects;

use std::sync::Arc;

use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result};
use corridor_exchange::{DocumentRow, Side};
use corridor_trade::rules::Shelf;
use corridor_trade::shape::Mappings;
use futures::StreamExt;

use crate::access::Caller;
use crate::node::Node;

/// The largest interchange that is shown or corrected as a form, in bytes.
pub const LARGEST: u64 = 4 << 20;

/// The bytes of an interchange, for a person: leaves a record of who read it (AC-1).
///
/// # Errors
/// `not-found`, also for what is no interchange; `too-large`; those of the store.
pub(crate) async fn read(
    node: &Node,
    caller: &Caller,
    side: Side,
    id: EnvelopeId,
) -> Result<(DocumentRow, Vec<u8>)> {
    let row = node.exchange.document_for(&caller.acting(), side, id).await?;
    if row.kind.as_str() != corridor_trade::desk::EDIFACT {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("interchange {id}")));
    }
    if row.size > LARGEST {
        let limit = format!("{LARGEST} bytes");
        return Err(Problem::new(ErrorCode::TooLarge).with("what", "form").with("limit", limit));
    }
    let (row, mut content) = node.exchange.read_content(&caller.acting(), side, id).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = content.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok((row, bytes))
}

/// What messages between a participant and its partner are checked against.
pub(crate) async fn shelf(node: &Node, us: &Did, partner: &Did) -> Result<Arc<Shelf>> {
    node.library.shelf_for(us, partner).await
}

/// The mappings that a participant makes and shows documents by.
pub(crate) async fn mappings(node: &Node, us: &Did) -> Result<Arc<Mappings>> {
    node.library.mappings_for(us).await
}

/// The largest document that is taken apart on the thread that serves its request, in bytes: a millisecond or two.
const HERE: usize = 64 << 10;

/// Arithmetic over one document of so many bytes: where it is asked for when that is little, for a thread that is
/// woken up for it is waited for, and back again behind everybody else; a larger one off the threads that serve.
pub(crate) async fn arithmetic<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    if size <= HERE {
        return Ok(work());
    }
    blocking(work).await
}

/// Arithmetic over whole documents: off the threads that serve requests.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Problem::new(ErrorCode::Internal).because(e))
}
