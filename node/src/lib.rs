//! The program: configuration, assembly, API and command line of a node.

pub mod access;
pub mod api;
pub mod config;
pub mod log;
pub mod metrics;
pub mod texts;
pub mod token;
