//! The bytes of everything that is signed or committed to, and how to check them: pure, no IO, no
//! panic, so that the same code judges in a node, in an auditor's hands and years later.
//!
//! Everything signed is a C2SP *signed note* ([`note`]) whose first line names what it is and in
//! which version ([`statement`]): envelopes, acknowledgements, agreements, trust lists,
//! recognitions. What is committed to without a signature of its own is an *act* ([`act`]): it becomes a
//! leaf of a log ([`merkle`], [`tile`]), whose state a [`checkpoint`] states and witnesses cosign
//! ([`cosignature`], [`policy`]). A [`receipt`] shows all of it, a [`cose`] receipt shows it to tools of
//! IETF COSE, and a [`split_view`] convicts a log; [`evidence`] judges any of these files.
// No `allow` undoes these; that there is no IO either is for `cargo xtask tidy` to see.
#![forbid(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    clippy::unwrap_used
)]

pub mod acknowledgement;
pub mod act;
pub mod agreement;
pub mod cbor;
pub mod checkpoint;
pub mod cose;
pub mod cosignature;
pub mod envelope;
pub mod erasure;
pub mod evidence;
pub mod key;
pub mod listed;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod printed;
pub mod receipt;
pub mod split_view;
pub mod statement;
pub mod succession;
pub mod terms;
pub mod tile;
pub mod trust;
pub mod verdict;

/// The script that verifies a receipt in a visitor's browser as [`receipt::verify`] does, held against the
/// same vectors by `tests/browser.rs`.
pub const BROWSER_VERIFIER: &str = include_str!("../browser/verify.mjs");

pub use acknowledgement::Acknowledgement;
pub use act::{Act, Opening, SealedAct};
pub use agreement::{Agreement, Grant, Verb};
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use cosignature::VerifierKey;
pub use envelope::{Envelope, Kind};
pub use erasure::{ErasureAcknowledgement, Handle};
pub use key::{PublicKey, SecretKey, Signature, Signer};
pub use note::Note;
pub use policy::Policy;
pub use receipt::Receipt;
pub use split_view::SplitView;
pub use statement::{Signed, Statement};
pub use succession::Succession;
pub use terms::{Codes, ContentTerm, Expectation, Flow, MessageType};
pub use trust::{
    LeafOf, ListedKey, ListedLedger, ListedParticipant, ListedWitness, Recognition, Recorded, TrustList,
};
