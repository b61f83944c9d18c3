//! The wire between nodes: the one guarded HTTP client (NE-1), the listener, TLS, and the
//! signatures that say who calls. Everything from outside is bounded here: sizes, counts, times.
//!
//! Both ends speak HTTP/1.1 only. Between nodes a pool of connections outruns one multiplexed
//! connection on a long fat link, and the whole class of HTTP/2 floods is absent; browsers get
//! HTTP/2 from the reverse proxy that a console needs anyway.
#![warn(clippy::indexing_slicing)]

pub mod client;
pub mod nonce;
pub mod public_url;
pub mod refusal;
pub mod serve;
pub mod signature;
pub mod tls;

pub use client::{Allow, Client, ClientOptions, Request, Response};
pub use nonce::NonceCache;
pub use public_url::PublicUrl;
pub use refusal::Refusal;
pub use serve::{Limits, Listen, Server, serve};
pub use signature::{Asked, Unverified, Verified};
pub use tls::ServerTls;
