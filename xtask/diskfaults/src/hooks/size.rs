//! Sizes: what makes a file shorter or longer without writing to it.

use libc::{AT_FDCWD, c_char, c_int, off_t};

use super::{ours, size};
use crate::format::Op;
use crate::recorder::Target;
use crate::sys;

/// `ftruncate(2)`. Growing makes a hole, which takes no room until it is written to; it is counted all
/// the same, once it is there.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    let Some((mut recorder, found, Target::Node(node))) = ours(fd) else {
        return sys::ftruncate(fd, length);
    };
    let done = sys::ftruncate(fd, length);
    if done == 0 {
        recorder.resized(&found, size(length));
        recorder.record(&Op::Resize { node, size: size(length) });
    }
    done
}

/// `ftruncate(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    ftruncate(fd, length)
}

/// `truncate(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn truncate(path: *const c_char, length: off_t) -> c_int {
    let fd = sys::openat(AT_FDCWD, path, libc::O_WRONLY | libc::O_CLOEXEC, 0);
    if fd < 0 {
        return fd;
    }
    let done = ftruncate(fd, length);
    let errno = sys::errno();
    sys::close(fd);
    if done == 0 { 0 } else { sys::fail(errno) }
}

/// `truncate(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn truncate64(path: *const c_char, length: off_t) -> c_int {
    truncate(path, length)
}

/// `fallocate(2)`; in our directory only to make a file longer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn fallocate(fd: c_int, mode: c_int, at: off_t, length: off_t) -> c_int {
    let Some((mut recorder, found, Target::Node(node))) = ours(fd) else {
        return sys::fallocate(fd, mode, at, length);
    };
    if mode != 0 {
        return sys::fail(libc::EOPNOTSUPP);
    }
    let (before, after) = (recorder.size(&found), size(at).saturating_add(size(length)));
    if after.saturating_sub(before) > recorder.room() {
        return sys::fail(libc::ENOSPC);
    }
    let done = sys::fallocate(fd, mode, at, length);
    if done == 0 && after > before {
        recorder.resized(&found, after);
        recorder.record(&Op::Resize { node, size: after });
    }
    done
}

/// `fallocate(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn fallocate64(fd: c_int, mode: c_int, at: off_t, length: off_t) -> c_int {
    fallocate(fd, mode, at, length)
}

/// `posix_fallocate(3)`, which answers the error.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn posix_fallocate(fd: c_int, at: off_t, length: off_t) -> c_int {
    if fallocate(fd, 0, at, length) == 0 { 0 } else { sys::errno() }
}

/// `posix_fallocate(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn posix_fallocate64(fd: c_int, at: off_t, length: off_t) -> c_int {
    posix_fallocate(fd, at, length)
}
