//! Who is who: a participant's keys and documents, the trust lists that pin them, the anchors that
//! sign the lists, and the judgement that the gate asks for each request (ID-1).
//!
//! Absent on purpose: nothing here resolves a DID to *learn* a key. Keys come from trust lists alone;
//! a DID document is fetched only to be held against them.

// Nothing reached from input may panic; the tests are exempt by clippy.toml.
#![warn(clippy::indexing_slicing)]

pub mod anchor;
pub mod did;
pub mod diff;
pub mod directory;
pub mod edge;
mod files;
pub mod history;
pub mod job;
mod keyfile;
pub mod keyring;
pub mod ledger;
mod policy;
mod schema;
#[cfg(test)]
mod testing;
pub mod view;

pub use anchor::{Admission, Anchor, Terms};
pub use did::{DidDocument, Difference, DocumentKey, differs};
pub use diff::{Change, changes};
pub use directory::{Accepted, Directory, StoredList};
pub use edge::{Hosted, RecognitionNotes, router};
pub use history::{AsOf, KeyAsOf, ListAsOf, ParticipantAsOf, RecognitionAsOf, SuccessionAsOf};
pub use job::{Intervals, PartnerCheck, Pulled, Refresher, verify_partner};
pub use keyring::{KeyRecord, KeyState, Keyring};
pub use ledger::{
    LedgerKeys, has_key_of_log, has_log_key, ledger_keys, ledger_keys_of, log_key, mirror_key, ml_dsa_seed,
    next_log_key, people_seed, take_up_next, witness_key,
};
pub use schema::SCHEMA;
pub use view::{AnchorKey, Conflict, ListSummary, Listed, RecognitionSummary, Standing, View, Warning};
