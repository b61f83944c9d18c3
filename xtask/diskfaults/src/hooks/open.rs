//! Opening: a file that is made, or emptied by being opened, is a change; reading is none.

use libc::{AT_FDCWD, c_char, c_int, mode_t};

use crate::format::Op;
use crate::recorder::{self, Recorder, Target};
use crate::sys;

fn open_recorded(directory: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let unnamed = flags & libc::O_TMPFILE == libc::O_TMPFILE;
    let creates = flags & libc::O_CREAT != 0;
    if !unnamed && !creates && flags & (libc::O_TRUNC | libc::O_DSYNC) == 0 {
        return sys::openat(directory, path, flags, mode);
    }
    let Some(mut recorder) = recorder::lock() else { return sys::openat(directory, path, flags, mode) };
    if unnamed {
        return open_unnamed(&mut recorder, directory, path, flags, mode);
    }
    let place = if creates { recorder.place(directory, path) } else { None };
    let is_new = place.as_ref().is_some_and(|p| p.look().is_none());
    if is_new && recorder.room() == 0 {
        return sys::fail(libc::ENOSPC);
    }
    if !creates || place.is_none() {
        // It may be a pipe, and block.
        drop(recorder);
        let fd = sys::openat(directory, path, flags, mode);
        opened_existing(fd, flags);
        return fd;
    }
    let fd = sys::openat(directory, path, flags, mode);
    if fd < 0 {
        return fd;
    }
    if is_new && let (Some(place), Some(found)) = (place, sys::look(fd)) {
        let name = place.name.as_bytes();
        let node = recorder.adopt(&found, name);
        recorder.record(&Op::Create { directory: place.directory, name, node });
        warn_of_synchronous(&mut recorder, flags);
    } else {
        drop(recorder);
        opened_existing(fd, flags);
    }
    fd
}

/// A file that was there before may have been emptied by being opened.
fn opened_existing(fd: c_int, flags: c_int) {
    let Some(found) = (fd >= 0).then(|| sys::look(fd)).flatten() else { return };
    let Some(mut recorder) = recorder::lock() else { return };
    let Some(Target::Node(node)) = recorder.target(&found) else { return };
    if flags & libc::O_TRUNC != 0 && recorder.size(&found) > 0 {
        recorder.resized(&found, 0);
        recorder.record(&Op::Resize { node, size: 0 });
    }
    warn_of_synchronous(&mut recorder, flags);
}

fn warn_of_synchronous(recorder: &mut Recorder, flags: c_int) {
    if flags & (libc::O_SYNC | libc::O_DSYNC) != 0 {
        recorder.warn("a file was opened with O_SYNC or O_DSYNC");
    }
}

fn open_unnamed(
    recorder: &mut Recorder,
    directory: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    let ours = sys::look_at(directory, path, 0).and_then(|found| recorder.target(&found)).is_some();
    if ours && recorder.room() == 0 {
        return sys::fail(libc::ENOSPC);
    }
    let fd = sys::openat(directory, path, flags, mode);
    if ours
        && fd >= 0
        && let Some(found) = sys::look(fd)
    {
        let node = recorder.adopt(&found, b"");
        recorder.record(&Op::CreateUnnamed { node });
    }
    fd
}

/// `open(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_recorded(AT_FDCWD, path, flags, mode)
}

/// `open(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_recorded(AT_FDCWD, path, flags, mode)
}

/// `openat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn openat(directory: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_recorded(directory, path, flags, mode)
}

/// `openat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn openat64(
    directory: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    open_recorded(directory, path, flags, mode)
}

/// `creat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn creat(path: *const c_char, mode: mode_t) -> c_int {
    open_recorded(AT_FDCWD, path, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode)
}

/// `creat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn creat64(path: *const c_char, mode: mode_t) -> c_int {
    creat(path, mode)
}
