//! Single sign-on: people come in by the word of their institution's own provider (OpenID Connect Core 1.0,
//! authorization code flow with PKCE). What the provider says is fetched by the guarded client (NE-1) and
//! checked here, one file an idea; what follows from it is decided in `people`, and meets cookies and pages in
//! `door`. Why none of it is a crate: `docs/decisions/010-sign-on.md`.

pub mod attempt;
pub mod claims;
pub mod discovery;
pub mod id_token;
pub mod keys;
pub mod logout_token;
pub mod provider;
pub mod settings;

pub use attempt::Attempt;
pub use claims::Claims;
pub use discovery::Metadata;
pub use provider::Provider;
pub use settings::{Issuer, Rule, Settings};

use corridor_base::{ErrorCode, Problem};

/// The longest answer of a provider that is read, in bytes.
const ANSWER: usize = 256 << 10;

/// The provider did not do as the standards say.
pub(crate) fn failed(why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::SignOnFailed).with("why", why)
}

/// A word of a provider as it may stand in an error: a few plain characters.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(80).collect()
}
