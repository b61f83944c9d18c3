//! Interconnected EDI: UN/EDIFACT interchanges read, shown, answered and correlated, so that a
//! document that leaves one country is understood and acknowledged in the other.
//!
//! [`edifact`], [`directory`], [`rules`], [`mapping`], [`shape`], [`references`] and [`correlate`] are pure: bytes in, values out, no clock, no
//! network, no disk. [`desk`] is the service that hears of documents, [`library`] what it checks them against,
//! [`books`] and [`trail`] what it keeps, [`expect`] which answers it waits for, [`timeline`] what becomes of a
//! transaction, [`customs`] what an office decides, [`partner`] how one partner works, [`edge`] what it shows.
//! Content that is not known is carried untouched.

pub mod books;
pub mod correlate;
pub mod customs;
pub mod desk;
pub mod directories;
pub mod directory;
pub mod drafts;
pub mod edge;
pub mod edifact;
pub mod evidence;
pub mod expect;
pub mod hub;
pub mod library;
pub mod mapping;
mod overtaken;
pub mod own_guides;
pub mod own_mappings;
pub mod partner;
pub mod partner_codes;
mod recorded;
pub mod references;
pub mod rejects;
pub mod rules;
pub mod shape;
pub mod stages;
pub mod timeline;
pub mod trail;

use std::sync::OnceLock;

use corridor_base::messages::Source;
use corridor_base::{Catalogue, ErrorCode, Problem, Result};

pub use books::SCHEMA;
pub use desk::Desk;
pub use library::Library;

/// The words of this crate in three languages: segments, messages, syntax errors, findings.
pub const MESSAGES: Source = corridor_base::message_source!("trade");

/// What the fields, lists and words of the mappings of ships, terminals, despatch and persons are called.
pub const KINDS: Source = corridor_base::message_source!("kinds");

/// What the fields of documents are called, and what is said of one before it is sent.
pub const FIELDS: Source = corridor_base::message_source!("fields");

/// A cargo report of our own (CUSCAR D.08A, Busan to Hakata) that stands in for a forwarder's real
/// one; every name in it is invented.
pub static SAMPLE: &[u8] = include_bytes!("../samples/cuscar.edi");

/// A stowage plan of our own (BAPLIE D.95B, Busan to Hakata, Kobe and Yokohama); every name in it is invented.
pub static STOWAGE_SAMPLE: &[u8] = include_bytes!("../samples/baplie.edi");
/// A transaction of our own, from order to release, that the demo plays: names of files, and what is in them.
/// Every name in it is invented.
pub static CHAIN: &[(&str, &[u8])] = &[
    ("order.json", include_bytes!("../samples/chain/order.json")),
    ("order-response.edi", include_bytes!("../samples/chain/order-response.edi")),
    ("booking.json", include_bytes!("../samples/chain/booking.json")),
    ("booking-confirmed.json", include_bytes!("../samples/chain/booking-confirmed.json")),
    ("declaration-wrong.json", include_bytes!("../samples/chain/declaration-wrong.json")),
    ("declaration.json", include_bytes!("../samples/chain/declaration.json")),
    ("risk-rules.json", include_bytes!("../samples/chain/risk-rules.json")),
];

/// The words of this crate, ready to be looked up.
pub fn messages() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::new(&[MESSAGES, KINDS, FIELDS]))
}

/// Runs what blocks on the disk where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Problem::new(ErrorCode::Internal).because(e))?
}
