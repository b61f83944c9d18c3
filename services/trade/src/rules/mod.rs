//! The rules a message keeps to beyond its envelope: the directory it names and the guide two partners
//! agreed on. What is found goes into the report of the interchange, and so into its CONTRL.

mod check;
mod compiled;
mod guide;
mod shelf;
#[cfg(test)]
mod tests;
mod value;
mod walk;

pub use check::{Checker, CodePolicy, Policy};
pub use guide::{Guide, breaks};
pub use shelf::{Rulebook, Shelf};
