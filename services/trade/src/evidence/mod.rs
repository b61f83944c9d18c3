//! The whole chain of a transaction as evidence: every document that its reader may read, with the envelope
//! and the acknowledgement as they were signed, the acts of both sides opened, their receipts, the agreements
//! and the trust lists that name the keys, and a page for people. Whoever has the file needs no node:
//! [`verify`] holds content against envelope, envelope against acts, and acts against receipts.
//!
//! ```text
//! chain.note                                  who exported it: signs the digest of index.json
//! index.json                                  what it holds, with the digest of every other file
//! index.html                                  the same for people, in three languages
//! agreements/ID.note   trust/COUNTRY.note
//! documents/001/content  envelope.note  acknowledgement.note
//! documents/001/receipts/1.opening.json  1.tlog-proof  2.…
//! ```
//!
//! The same books make the same bytes. Documents about persons that were erased are named as absent.

mod gather;
mod index;
mod page;
mod verify;
pub mod zip;

pub use gather::gather;
pub use index::{Absent, Chain, Happened, Index, Indexed, Member, Proven};
pub use verify::{Finding, Judged, Known, verify};

/// The most documents of one chain.
pub const MOST_DOCUMENTS: usize = 200;
/// The most bytes of all contents together.
pub const MOST_BYTES: u64 = 64 << 20;
/// The largest archive that is read, in bytes: contents, and what is said of them.
pub const LARGEST: usize = 96 << 20;

/// The file that the exporter signed.
const CHAIN: &str = "chain.note";
/// The index.
const INDEX: &str = "index.json";
/// The page.
const PAGE: &str = "index.html";
