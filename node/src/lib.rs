//! The program: configuration, assembly, API and command line of a node.

pub mod config;
pub mod texts;
