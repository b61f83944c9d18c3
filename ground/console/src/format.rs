//! Numbers, sizes, amounts, dates and identifiers as each country's readers write them.

mod number;
mod short;
mod time;

pub use number::{amount, number, size};
pub use short::{did, digest, short};
pub use time::{Dates, Zone};
