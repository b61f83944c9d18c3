//! What is expected and when: an agreement says which answer a message waits for ([`corridor_proof::Expectation`]).
//! Reading a document of ours files what it waits for, in the same unit of work (EX-2); an answer that comes
//! fulfils it; a round looks at what is due, sends the document again under its own envelope (EX-4) as often
//! as was agreed, and then tells people. An answer that comes late is marked as late and never lost.
//!
//! The time runs from when the partner has acknowledged the document: while the outbox still tries, nothing
//! is missing. What a partner does with a document that comes again, `corridor_exchange::repeat` says.
//! [`timer`] is what follows from what, and pure.
//!
//! Absent: which single messages a CONTRL refused. One that refuses the whole interchange ends its waiting;
//! of one that refuses a part everything is waited for still, until people look.

mod books;
mod counts;
pub mod edge;
mod found;
mod round;
pub mod timer;
mod told;

pub use books::{Expected, Filter};
pub(crate) use books::{MIGRATION, of, remove};
pub use counts::counts;
pub(crate) use found::{Awaited, Fulfilled, awaited, file, fulfil};
pub use round::{look, watch};
pub use timer::{Standing, Timer};
pub use told::{Told, span, told};

/// The most answers of one document that are waited for one by one.
pub const MOST: usize = 500;
