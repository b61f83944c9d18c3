//! What crosses between participants and why it may: agreements, the gate, and the verbs. So far
//! one verb stands, *send*: a document goes to a partner's inbox and comes back acknowledged.
//!
//! The way of a document: [`submit`] stores it and queues it in one unit of work; [`sender`]
//! takes it to the partner, envelope first, many small ones [`together`]; the partner's [`receive`] asks its [`gate`], stores it
//! and answers with a signed acknowledgement, which comes back into the sender's books. A
//! service is told of what was received through the same outbox ([`service`]). Afterwards each asks the
//! other for its receipts ([`receipts`]). What is about persons lies sealed on both sides, and an
//! [`erasure`] reaches both.
//!
//! Absent on purpose: negotiation (agreements are drawn up by people and signed by both, see
//! [`agreements`]; the Dataspace Protocol will make the same statement), ordering between documents
//! (each stands for itself; an answer names what it answers), and any way round the gate.

// Nothing reached from input may panic; the tests are exempt by clippy.toml.
#![warn(clippy::indexing_slicing)]

pub mod again;
pub mod agreements;
pub mod crossed;
pub mod documents;
mod edge;
pub mod erasure;
pub mod gate;
pub mod receipts;
pub mod receive;
pub mod repeat;
pub mod schema;
pub mod scope;
pub mod sender;
pub mod service;
pub mod submit;
mod together;
pub mod wire;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use corridor_base::{Clock, Did, ErrorCode, Problem, Random, Result, Timestamp};
use corridor_identity::{Directory, Keyring};
pub use corridor_ledger::Pending;
use corridor_net::{Client, NonceCache, PublicUrl};
use corridor_storage::Store;

pub use documents::{Delivered, DocumentFilter, DocumentRow, Progress, Side, State};
pub use erasure::{Erasure, Person};
pub use receipts::ReceiptExchange;
pub use schema::SCHEMA;
pub use scope::Scope;
pub use service::{Acting, Service};
pub use submit::{Draft, Filing};

/// How many requests of the last two skew windows are remembered against replay: at 40 bytes each
/// this is 40 MB under an attack by listed participants, and next to nothing otherwise.
const NONCES: usize = 1_000_000;

/// What the operator may set.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest document accepted, in bytes, whatever an agreement says.
    pub max_size: u64,
    /// How far a partner's clock may be off.
    pub max_skew: Duration,
    /// For how long a document is offered to a partner that does not answer, where its agreement does not say for
    /// how long work goes on.
    pub give_up_after: Duration,
    /// How many uploads one partner may have open.
    pub open_uploads: usize,
    /// How many deliveries are judged at the same time; more are told to come back.
    pub concurrent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_size: 16 << 30,
            max_skew: Duration::from_secs(60),
            give_up_after: Duration::from_secs(7 * 86_400),
            open_uploads: 64,
            concurrent: 512,
        }
    }
}

/// What an exchange is put together from.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// Whom the countries vouch for.
    pub directory: Arc<Directory>,
    /// The keys of each participant hosted here, the operator's first.
    pub keyrings: Vec<Arc<Keyring>>,
    /// The guarded HTTP client.
    pub client: Client,
    /// Under which URL partners reach this node.
    pub public_url: PublicUrl,
    /// Since when our acts have waited for cosignatures.
    pub pending: Pending,
    /// The services that take documents.
    pub services: Vec<Arc<dyn Service>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// What the operator set.
    pub limits: Limits,
}

/// The exchange of one node, for all participants it hosts. Cheap to clone.
#[derive(Clone)]
pub struct Exchange(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) directory: Arc<Directory>,
    pub(crate) keyrings: HashMap<Did, Arc<Keyring>>,
    pub(crate) operator: Arc<Keyring>,
    pub(crate) client: Client,
    pub(crate) public_url: PublicUrl,
    pub(crate) services: Vec<Arc<dyn Service>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) limits: Limits,
    pub(crate) nonces: NonceCache,
    pub(crate) agreements: agreements::Book,
    pub(crate) uploads: receive::Uploads,
    pub(crate) repeats: repeat::Repeats,
    pub(crate) together: together::Together,
    pub(crate) places: Arc<tokio::sync::Semaphore>,
    /// Told when another partner is to be asked for what may be missing here.
    pub(crate) lacks: tokio::sync::Notify,
}

impl Exchange {
    /// Puts an exchange together.
    ///
    /// # Errors
    /// `internal` when there is no participant.
    pub fn new(parts: Parts) -> Result<Self> {
        let operator =
            parts.keyrings.first().cloned().ok_or_else(|| {
                Problem::new(ErrorCode::Internal).with("why", "a node without a participant")
            })?;
        let keyrings = parts.keyrings.into_iter().map(|k| (k.did().clone(), k)).collect();
        Ok(Self(Arc::new(Inner {
            store: parts.store,
            directory: parts.directory,
            keyrings,
            operator,
            client: parts.client,
            public_url: parts.public_url,
            services: parts.services,
            clock: parts.clock,
            random: parts.random,
            nonces: NonceCache::new(NONCES, parts.limits.max_skew),
            agreements: agreements::Book::new(parts.pending),
            uploads: receive::Uploads::default(),
            repeats: repeat::Repeats::default(),
            together: together::Together::default(),
            places: Arc::new(tokio::sync::Semaphore::new(parts.limits.concurrent)),
            lacks: tokio::sync::Notify::new(),
            limits: parts.limits,
        })))
    }

    /// The participants hosted here.
    #[must_use]
    pub fn participants(&self) -> Vec<Did> {
        let mut all: Vec<Did> = self.0.keyrings.keys().cloned().collect();
        all.sort();
        all
    }

    /// The instant it is now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Where everything is kept.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Whom the countries vouch for.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.0.directory
    }

    /// The keys of a participant hosted here.
    ///
    /// # Errors
    /// `wrong-recipient` when it is not hosted here.
    pub fn keyring(&self, us: &Did) -> Result<&Arc<Keyring>> {
        self.0.keyrings.get(us).ok_or_else(|| Problem::new(ErrorCode::WrongRecipient).with("who", us))
    }
}
