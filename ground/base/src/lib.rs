//! What every other crate leans on: identifiers, clock, randomness, digests, the one table of
//! errors and the messages in three languages. No IO beyond the system clock and entropy, which
//! are traits so that a test can pass its own.

pub mod clock;
pub mod digest;
pub mod html;
pub mod id;
pub mod invariant;
pub mod messages;
mod particle;
pub mod problem;
pub mod random;
mod words;

pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use digest::Digest;
pub use id::{ActId, AgreementId, Country, DeliveryId, Did, EnvelopeId, KeyId};
pub use messages::{Catalogue, Lang};
pub use problem::{ErrorCode, Problem};
pub use random::{OsRandom, Random, SeededRandom};
pub use words::Words;

/// The result of everything that can fail for a reason worth telling a person.
pub type Result<T, E = Problem> = std::result::Result<T, E>;
