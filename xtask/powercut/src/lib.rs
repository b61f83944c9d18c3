//! A kill leaves the page cache alive and proves nothing about `fsync`. So a run of the real store is
//! recorded (by `corridor-diskfaults`, preloaded), replayed to many moments with what was not synced
//! taken away ([`disk`]), opened again by the real store and compared with what it had promised
//! ([`check`]): nothing that was acknowledged may be missing (EX-3), nothing half-written may be seen
//! (EX-2), and each log goes on from everything that it had signed (LG-1). Then each class of syncs in
//! the record is switched off in turn, which must be noticed. And a full disk ([`full`]), which must fail
//! closed and work again once it has room.

#![allow(clippy::disallowed_methods, reason = "what is written here lies on a disk that is thrown away")]

pub mod chance;
pub mod check;
pub mod claims;
pub mod disk;
pub mod full;
mod logs;
pub mod probe;
pub mod record;
pub mod runs;
pub mod story;
pub mod workload;

/// The form of the record, shared with the library that writes it.
#[path = "../../diskfaults/src/format.rs"]
pub mod format;
