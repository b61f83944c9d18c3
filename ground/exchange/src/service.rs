//! How a service hears of documents: it names the kinds it takes, and each document of such a kind,
//! received or handed in, is delivered to it through the outbox, at least once, like to any partner.
//! The local path is the same path.

use async_trait::async_trait;
use corridor_base::{DeliveryId, Did, EnvelopeId, Result};
use corridor_proof::Kind;
use corridor_storage::{NewDelivery, Unit};

use crate::{DocumentRow, Exchange, Scope, Side};

/// How the queue of a service in the outbox begins, before a colon.
pub(crate) const QUEUE: &str = "service";
/// How the kind of a delivery begins that tells of an erasure, before the side.
pub(crate) const ERASED: &str = "erased-";

/// A service that takes documents.
#[async_trait]
pub trait Service: Send + Sync {
    /// Its name, which names its queue.
    fn name(&self) -> &'static str;

    /// The kinds of document it takes; one kind belongs to one service.
    fn kinds(&self) -> &'static [&'static str];

    /// A document of one of these kinds came into the inbox of `us`, or was handed in by `us` for
    /// sending: its `side` says which. May be called again for the same one. What the service
    /// changes stands in the unit it returns, which runs together with the removal from its queue
    /// (EX-2).
    ///
    /// # Errors
    /// Any problem: the document is offered again later, and given up on as a dead letter.
    async fn document(&self, exchange: &Exchange, us: &Did, document: DocumentRow) -> Result<Unit>;

    /// A document of one of these kinds was about a person who was erased: everything that was made of
    /// it has to go, in the unit that this returns (LG-3). What lies under the document's seal, or under
    /// one of the person's own, cannot be read any more as it is; its rows go all the same.
    ///
    /// # Errors
    /// As [`Service::document`].
    async fn erased(&self, exchange: &Exchange, us: &Did, side: Side, id: EnvelopeId) -> Result<Unit>;
}

/// The delivery that tells the service of a document; `None` when no service takes its kind.
pub(crate) fn tell(exchange: &Exchange, side: Side, kind: &Kind, id: EnvelopeId) -> Option<NewDelivery> {
    told(exchange, side.as_str().to_owned(), kind, id)
}

/// The delivery that tells it that the document was erased.
pub(crate) fn tell_erased(
    exchange: &Exchange,
    side: Side,
    kind: &Kind,
    id: EnvelopeId,
) -> Option<NewDelivery> {
    told(exchange, format!("{ERASED}{side}"), kind, id)
}

fn told(exchange: &Exchange, what: String, kind: &Kind, id: EnvelopeId) -> Option<NewDelivery> {
    let service = exchange.0.services.iter().find(|s| s.kinds().contains(&kind.as_str()))?;
    Some(NewDelivery {
        id: DeliveryId::new(&*exchange.0.clock, &*exchange.0.random),
        queue: format!("{QUEUE}:{}", service.name()),
        kind: what,
        subject: id.to_string(),
        body: Vec::new(),
    })
}

/// For whom a request to a service's own endpoints acts, once the node has checked the token and
/// the role: the node puts it into the request's extensions, and a handler without it cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The participant.
    pub participant: Did,
    /// Who it is, as acts name a reader.
    pub reader: String,
    /// Which documents are its business.
    pub scope: Scope,
}
