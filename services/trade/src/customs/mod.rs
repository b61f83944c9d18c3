//! The desk of a customs office: every cargo report and declaration that it accepted as readable is a case of
//! its own, with the risk rules that it hit, and with the decisions of the office. A decision is answered with
//! CUSRES, in the unit of work that writes it down.
//!
//! What the transport did, what a CONTRL said and what customs decided are three states: a case has only the last.

mod answer;
mod case;
mod cases;
mod decide;
pub mod edge;
mod judge;
mod read;
pub mod risk;
mod state;
pub mod statistics;
mod tables;

pub use case::{Case, CaseFilter, CaseId, Decided, Hit};
pub(crate) use cases::{erase, file};
pub use cases::{find, history, hits, list};
pub(crate) use decide::by_itself;
pub use decide::{LONGEST_CODE, LONGEST_REASON, Wanted, decide};
pub use judge::UNJUDGED;
pub(crate) use judge::{Judged, judge};
pub use state::{Decision, Lane, State};
pub(crate) use tables::{MIGRATION, NARROWED};

/// The kinds of message that become cases.
pub const MESSAGES: &[&str] = &["CUSCAR", "CUSREP", "CUSDEC"];
/// The longest port or customs office that is kept of a case, in characters.
const PORT: usize = 70;
