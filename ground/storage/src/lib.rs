//! Where everything a node keeps lives: one handle over SQLite and PostgreSQL whose only way to
//! write is the *unit of work*, the outbox that carries deliveries out after the commit, blobs
//! beside the database, and backup of all of it. Each recorded act is a leaf of the node's log and gets
//! its number there; raw logs are kept in the same way ([`leaves`]).
//!
//! A unit of work is one transaction that holds the change of state, the act for the ledger and
//! the deliveries for the outbox, together or not at all (EX-2), and is durable before
//! [`Store::write`] returns (EX-3). It is scoped to one participant: the handle binds the
//! participant as `$1` of every statement and refuses a statement that does not use it for every
//! table it names (PA-1). There is no other scope; what concerns the whole node belongs to the
//! operator's participant.
//!
//! What is absent, and why: no query builder and no mapper (SQL is read more often than written,
//! and both engines read the same SQL); no pool of asynchronous connections (a unit is synchronous
//! and short, a thread hop a statement costs more than the statement).

// Nothing reached from input may panic; the tests are exempt by clippy.toml.
#![warn(clippy::indexing_slicing)]

mod acts;
pub mod backup;
pub mod blobs;
pub mod directory;
pub mod dispatcher;
pub mod durable;
pub mod keybook;
pub mod leaves;
pub mod metrics;
pub mod outbox;
mod postgresql;
mod readers;
pub mod restored;
pub mod schema;
pub mod seal;
mod sequencer;
mod shred;
mod sql;
mod sqlite;
pub mod store;
pub mod tx;
pub mod value;
pub mod vault;
mod wal;
mod worker;
mod writer;

pub use acts::{ActPage, ActRow};
pub use blobs::{BlobName, BlobPlace, Blobs, Staging};
pub use directory::DataDir;
pub use dispatcher::{Deliver, DispatchOptions, Dispatcher, Outcome, Unit};
pub use leaves::{ACTS, Leaf, Sequenced, ended_name, holds_acts};
pub use metrics::Metrics;
pub use outbox::{Delivery, DeliveryFilter, DeliveryState, NewDelivery};
pub use restored::{Held, Restored};
pub use schema::{Migration, Schema};
pub use seal::{Seal, SealId};
pub use store::{Database, Options, Store};
pub use tx::Tx;
pub use value::{Row, Value};
pub use vault::{Subject, SubjectId};
