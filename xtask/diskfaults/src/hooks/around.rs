//! Ways past `write`: copies between files, and mappings. What cannot be recorded is refused, so that the
//! caller writes, or leaves a warning.

use libc::{c_int, c_uint, c_void, off_t, size_t, ssize_t};

use super::ours;
use crate::sys;

/// `copy_file_range(2)`; into our directory it says that it cannot, and the caller writes.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn copy_file_range(
    from: c_int,
    from_at: *mut off_t,
    to: c_int,
    to_at: *mut off_t,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    if ours(to).is_some() {
        return sys::fail(libc::ENOSYS) as ssize_t;
    }
    sys::copy_file_range(from, from_at, to, to_at, length, flags)
}

/// `sendfile(2)`; as `copy_file_range`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn sendfile(to: c_int, from: c_int, at: *mut off_t, length: size_t) -> ssize_t {
    if ours(to).is_some() {
        return sys::fail(libc::EINVAL) as ssize_t;
    }
    sys::sendfile(to, from, at, length)
}

/// `sendfile(2)`; as `copy_file_range`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn sendfile64(to: c_int, from: c_int, at: *mut off_t, length: size_t) -> ssize_t {
    sendfile(to, from, at, length)
}

/// `splice(2)`; as `copy_file_range`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn splice(
    from: c_int,
    from_at: *mut off_t,
    to: c_int,
    to_at: *mut off_t,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    if ours(to).is_some() {
        return sys::fail(libc::EINVAL) as ssize_t;
    }
    sys::splice(from, from_at, to, to_at, length, flags)
}
/// `mmap(2)`; a file of ours may be mapped to be changed only when losing it changes nothing.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn mmap(
    place: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    at: off_t,
) -> *mut c_void {
    let changes = flags & libc::MAP_TYPE != libc::MAP_PRIVATE && protection & libc::PROT_WRITE != 0;
    if fd >= 0
        && changes
        && let Some((mut recorder, found, _)) = ours(fd)
        && !recorder.name(&found).is_some_and(|name| name.ends_with(b"-shm"))
    {
        recorder.warn("a file was mapped to be changed");
    }
    sys::mmap(place, length, protection, flags, fd, at)
}

/// `mmap(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn mmap64(
    place: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    at: off_t,
) -> *mut c_void {
    mmap(place, length, protection, flags, fd, at)
}
