//! The functions that take the place of the C library's. Each does what its manual page says; where
//! the file is ours, under the lock and with a record.
//!
//! `open`, `openat` and `fcntl` have a variable number of arguments in C. On 64-bit x86 and ARM under
//! Linux those are passed where fixed ones are, so a fixed `mode` is the same thing; when the caller
//! passed none it is not looked at.

mod around;
mod names;
mod open;
mod size;
mod sync;
mod write;

use libc::{c_int, off_t};

use crate::recorder::{self, Recorder, Target};
use crate::sys;

fn size(n: off_t) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Whether a descriptor is ours, and what it stands for.
fn ours(fd: c_int) -> Option<(std::sync::MutexGuard<'static, Recorder>, libc::stat, Target)> {
    let found = sys::look(fd).filter(recorder::is_recordable)?;
    let recorder = recorder::lock()?;
    let target = recorder.target(&found)?;
    Some((recorder, found, target))
}
