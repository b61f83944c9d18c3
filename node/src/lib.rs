//! The program: configuration, assembly, API and command line of a node.

pub mod access;
pub mod api;
pub mod assembly;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod door;
pub mod help;
pub mod ledger;
pub mod log;
pub mod metrics;
pub mod node;
pub mod pages;
pub mod partner;
pub mod people;
pub mod public;
pub mod serve;
pub mod service;
pub mod sign_on;
pub mod succession;
pub mod texts;
pub mod token;
