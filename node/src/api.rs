//! The HTTP API of a node for the people and programs of its institutions.

pub mod extract;
pub mod problem;
