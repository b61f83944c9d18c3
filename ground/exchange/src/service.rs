//! How a service hears of documents: it names the kinds it takes, and each received document of
//! such a kind is delivered to it through the outbox, at least once, like to any partner. The local
//! path is the same path.

use async_trait::async_trait;
use corridor_base::{Did, Result};
use corridor_storage::Unit;

use crate::{DocumentRow, Exchange};

/// The queue of a service in the outbox.
pub(crate) const QUEUE: &str = "service:";

/// A service that takes documents.
#[async_trait]
pub trait Service: Send + Sync {
    /// Its name, which names its queue.
    fn name(&self) -> &'static str;

    /// The kinds of document it takes; one kind belongs to one service.
    fn kinds(&self) -> &'static [&'static str];

    /// A document came into the inbox of `us`. May be called again for the same one. What the
    /// service changes stands in the unit it returns, which runs together with the removal from
    /// its queue (EX-2).
    ///
    /// # Errors
    /// Any problem: the document is offered again later, and given up on as a dead letter.
    async fn received(&self, exchange: &Exchange, us: &Did, document: DocumentRow) -> Result<Unit>;

    /// A document of ours was acknowledged by the partner (transport, not content).
    ///
    /// # Errors
    /// As for [`Service::received`].
    fn acknowledged(&self, _tx: &mut corridor_storage::Tx<'_>, _document: &DocumentRow) -> Result<()> {
        Ok(())
    }
}
