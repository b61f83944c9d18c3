//! What the recorded process writes, derived from its name alone, so that whoever checks knows every
//! byte without being told.

use std::path::{Path, PathBuf};

use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use corridor_storage::{BlobName, Migration, Options, Schema};

use crate::chance::Chance;

/// How many participants share the store (PA-1).
pub const PARTICIPANTS: usize = 2;

/// The tables of the story.
pub static SCHEMA: Schema = Schema {
    name: "powercut",
    migrations: &[
        Migration {
            version: 1,
            name: "notes and effects",
            sql: "CREATE TABLE powercut_notes (participant TEXT NOT NULL, number INTEGER NOT NULL, \
                  payload BLOB NOT NULL, act TEXT NOT NULL, delivery TEXT NOT NULL, \
                  PRIMARY KEY (participant, number)); \
                  CREATE TABLE powercut_effects (participant TEXT NOT NULL, delivery TEXT NOT NULL, \
                  number INTEGER NOT NULL, PRIMARY KEY (participant, delivery));",
            verify: "SELECT COUNT(*) * 0 + 1 FROM powercut_notes",
        },
        Migration {
            version: 2,
            name: "files",
            sql: "CREATE TABLE powercut_files (participant TEXT NOT NULL, name TEXT NOT NULL, \
                  size INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (participant, name));",
            verify: "SELECT COUNT(*) * 0 + 1 FROM powercut_files",
        },
    ],
};

/// Where the store is, below the recorded directory: a directory that the store itself makes.
#[must_use]
pub fn data(disk: &Path) -> PathBuf {
    disk.join("data")
}

/// Where the key-like files are.
#[must_use]
pub fn keys(disk: &Path) -> PathBuf {
    disk.join("keys")
}

/// How the store is opened.
#[must_use]
pub fn options(disk: &Path) -> Options {
    Options { reader_threads: 1, ..Options::directory(&data(disk)) }
}

/// One of the participants.
///
/// # Errors
/// Never for a small number.
pub fn participant(number: usize) -> Result<Did> {
    let name = ["harbour", "customs"].get(number).copied().unwrap_or("nobody");
    format!("did:web:{name}.example").parse()
}

/// The bytes that something of this name holds: from none to `most`.
#[must_use]
pub fn content(name: &str, most: usize) -> Vec<u8> {
    let digest = Digest::of(name.as_bytes());
    let seeds: Vec<u64> =
        digest.0.chunks(8).filter_map(|c| c.try_into().ok().map(u64::from_le_bytes)).collect();
    let mut chance = Chance::new(&seeds);
    let length = chance.below(most + 1);
    chance.bytes(length)
}

/// What a note says.
#[must_use]
pub fn note(participant: usize, number: u64) -> Vec<u8> {
    content(&format!("note {participant} {number}"), 2_000)
}

/// What a blob holds.
#[must_use]
pub fn blob(participant: usize, name: &str) -> Vec<u8> {
    content(&format!("blob {participant} {name}"), 40_000)
}

/// What an entry of the raw log holds: no log takes an empty one.
#[must_use]
pub fn entry(name: &str) -> Vec<u8> {
    [b"entry ".to_vec(), content(&format!("entry {name}"), 400)].concat()
}

/// What the key file holds in a version: the version, and bytes that only this version has.
#[must_use]
pub fn key(name: &str, version: u64) -> Vec<u8> {
    let mut bytes = version.to_le_bytes().to_vec();
    bytes.extend(content(&format!("key {name} {version}"), 9_000));
    bytes
}

/// The name of a blob, which is also the name of its upload.
///
/// # Errors
/// `malformed`.
pub fn blob_name(name: &str) -> Result<BlobName> {
    format!("story/{name}").parse()
}

/// A mistake in this program.
pub fn internal(why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::Internal).with("why", why)
}
