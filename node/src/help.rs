//! The documentation, served by the node itself: the guides of `docs/guide` and a page for each error, in
//! the reader's language and without anyone having signed in, so that whoever is stuck can read on.

pub mod errors;
pub mod guide;
mod markdown;
pub mod page;
pub(crate) mod plain;

/// Where help begins. Also where `type` of a problem document leads, below `errors/`.
pub const HELP: &str = corridor_base::problem::HELP;
