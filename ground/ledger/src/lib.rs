//! The ledger: what a node does becomes evidence that neither country can rewrite. Each node keeps a
//! transparency log (C2SP tlog-tiles) of its acts; nodes of the other country witness and mirror it;
//! a receipt shows anyone, offline and years later, that an act is in the log.

// Nothing reached from input may panic; the tests are exempt by clippy.toml.
#![warn(clippy::indexing_slicing)]

pub mod alarm;
pub mod edge;
pub mod failures;
pub mod fsck;
pub mod gather;
pub mod log;
pub mod mirror;
pub mod pending;
pub mod receipt;
pub mod recovery;
pub mod schema;
pub mod succession;
pub mod tiles;
pub mod witness;

pub use alarm::{Alarm, Alarms};
pub use failures::Failures;
pub use gather::Gatherer;
pub use log::{Log, LogParts};
pub use mirror::{Mirror, MirrorParts, Puller, Pusher};
pub use pending::Pending;
pub use receipt::Receipts;
pub use recovery::{Recovery, RecoveryParts};
pub use schema::SCHEMA;
pub use tiles::TileRows;
pub use witness::{AcceptedLogs, KnownLog, KnownLogs, PolicySource, Witness, WitnessParts};
