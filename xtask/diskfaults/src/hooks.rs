//! The functions that take the place of the C library's. Each does what its manual page says; where
//! the file is ours, under the lock and with a record.
//!
//! `open`, `openat` and `fcntl` have a variable number of arguments in C. On 64-bit x86 and ARM under
//! Linux those are passed where fixed ones are, so a fixed `mode` is the same thing; when the caller
//! passed none it is not looked at.

use libc::{AT_FDCWD, c_char, c_int, c_uint, c_void, iovec, mode_t, off_t, size_t, ssize_t};

use crate::format::Op;
use crate::recorder::{self, Place, Recorder, Target};
use crate::sys;

fn size(n: off_t) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

// Opening.

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

// Writing.

/// The bytes of a write. They live as long as the call.
fn bytes_of<'a>(bytes: *const c_void, length: size_t) -> &'a [u8] {
    if bytes.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: the caller of `write` promises that so many bytes can be read there.
    unsafe { std::slice::from_raw_parts(bytes.cast(), length) }
}

/// The bytes of a gathering write, joined.
fn joined(pieces: *const iovec, count: c_int) -> Vec<u8> {
    let mut all = Vec::new();
    for i in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller of `writev` promises that so many pieces are there.
        let piece = unsafe { &*pieces.add(i) };
        all.extend_from_slice(bytes_of(piece.iov_base, piece.iov_len));
    }
    all
}

/// Whether a descriptor is ours, and what it stands for.
fn ours(fd: c_int) -> Option<(std::sync::MutexGuard<'static, Recorder>, libc::stat, Target)> {
    let found = sys::look(fd).filter(recorder::is_recordable)?;
    let recorder = recorder::lock()?;
    let target = recorder.target(&found)?;
    Some((recorder, found, target))
}

/// Writes at the descriptor's position, or at the one given. `None` when the file is not ours.
fn write_recorded(fd: c_int, at: Option<off_t>, bytes: impl FnOnce() -> Vec<u8>) -> Option<ssize_t> {
    let (mut recorder, found, target) = ours(fd)?;
    let bytes = bytes();
    let real = |bytes: &[u8]| match at {
        None => sys::write(fd, bytes.as_ptr().cast(), bytes.len()),
        Some(at) => sys::pwrite(fd, bytes.as_ptr().cast(), bytes.len(), at),
    };
    let Target::Node(node) = target else {
        recorder.record(&Op::Acknowledge { text: &bytes });
        return Some(real(&bytes));
    };
    let before = recorder.size(&found);
    let start = if sys::appends(fd) { before } else { size(at.unwrap_or_else(|| sys::position(fd))) };
    // What lies inside the file has its room already; a hole is counted with what comes after it.
    let fits = before.max(start).saturating_sub(start).saturating_add(recorder.room());
    let fits = fits.saturating_sub(start.saturating_sub(before));
    let fitting = bytes.len().min(usize::try_from(fits).unwrap_or(usize::MAX));
    if fitting == 0 && !bytes.is_empty() {
        return Some(sys::fail(libc::ENOSPC) as ssize_t);
    }
    let written = real(bytes.get(..fitting).unwrap_or_default());
    if let Some(done) = usize::try_from(written).ok().and_then(|n| bytes.get(..n)).filter(|d| !d.is_empty()) {
        recorder.resized(&found, before.max(start + done.len() as u64));
        recorder.record(&Op::Write { node, at: start, bytes: done });
    }
    Some(written)
}

/// `write(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn write(fd: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
    let recorded = write_recorded(fd, None, || bytes_of(bytes, length).to_vec());
    recorded.unwrap_or_else(|| sys::write(fd, bytes, length))
}

/// `pwrite(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn pwrite(fd: c_int, bytes: *const c_void, length: size_t, at: off_t) -> ssize_t {
    let recorded = write_recorded(fd, Some(at), || bytes_of(bytes, length).to_vec());
    recorded.unwrap_or_else(|| sys::pwrite(fd, bytes, length, at))
}

/// `pwrite(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, length: size_t, at: off_t) -> ssize_t {
    pwrite(fd, bytes, length, at)
}

/// `writev(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn writev(fd: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    let recorded = write_recorded(fd, None, || joined(pieces, count));
    recorded.unwrap_or_else(|| sys::writev(fd, pieces, count))
}

/// `pwritev(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn pwritev(fd: c_int, pieces: *const iovec, count: c_int, at: off_t) -> ssize_t {
    let recorded = write_recorded(fd, Some(at), || joined(pieces, count));
    recorded.unwrap_or_else(|| sys::pwritev(fd, pieces, count, at))
}

/// `pwritev(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn pwritev64(fd: c_int, pieces: *const iovec, count: c_int, at: off_t) -> ssize_t {
    pwritev(fd, pieces, count, at)
}

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

// Sizes.

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

// Names.

/// `renameat2(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn renameat2(
    from: c_int,
    from_path: *const c_char,
    to: c_int,
    to_path: *const c_char,
    flags: c_uint,
) -> c_int {
    let real = || sys::renameat2(from, from_path, to, to_path, flags);
    let Some(mut recorder) = recorder::lock() else { return real() };
    let places = (recorder.place(from, from_path), recorder.place(to, to_path));
    if places.0.is_none() && places.1.is_none() {
        drop(recorder);
        return real();
    }
    if flags & (libc::RENAME_EXCHANGE | libc::RENAME_WHITEOUT) != 0 {
        return sys::fail(libc::EINVAL);
    }
    let replaced = places.1.as_ref().and_then(Place::look);
    let done = real();
    if done != 0 {
        return done;
    }
    let (Some(from), Some(to)) = places else {
        recorder.warn("a file was moved into the directory, or out of it");
        return done;
    };
    let moved = to.look();
    let same = |a: &libc::stat, b: &libc::stat| (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino);
    if let Some(replaced) = replaced.filter(|r| moved.as_ref().is_none_or(|m| !same(m, r))) {
        recorder.forget_name(&replaced);
    }
    if let Some(moved) = moved {
        recorder.renamed(&moved, to.name.as_bytes());
    }
    recorder.record(&Op::Rename {
        from: from.directory,
        from_name: from.name.as_bytes(),
        to: to.directory,
        to_name: to.name.as_bytes(),
    });
    done
}

/// `renameat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn renameat(
    from: c_int,
    from_path: *const c_char,
    to: c_int,
    to_path: *const c_char,
) -> c_int {
    renameat2(from, from_path, to, to_path, 0)
}

/// `rename(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn rename(from_path: *const c_char, to_path: *const c_char) -> c_int {
    renameat2(AT_FDCWD, from_path, AT_FDCWD, to_path, 0)
}

/// `linkat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn linkat(
    from: c_int,
    from_path: *const c_char,
    to: c_int,
    to_path: *const c_char,
    flags: c_int,
) -> c_int {
    let real = || sys::linkat(from, from_path, to, to_path, flags);
    let Some(mut recorder) = recorder::lock() else { return real() };
    let Some(place) = recorder.place(to, to_path) else {
        drop(recorder);
        return real();
    };
    if recorder.room() == 0 {
        return sys::fail(libc::ENOSPC);
    }
    let done = real();
    if done == 0 {
        let name = place.name.as_bytes();
        match place.look().and_then(|found| recorder.renamed(&found, name)) {
            Some(node) => recorder.record(&Op::Link { directory: place.directory, name, node }),
            None => recorder.warn("a file from outside was linked into the directory"),
        }
    }
    done
}

/// `link(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn link(from_path: *const c_char, to_path: *const c_char) -> c_int {
    linkat(AT_FDCWD, from_path, AT_FDCWD, to_path, 0)
}

/// `symlinkat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn symlinkat(target: *const c_char, directory: c_int, path: *const c_char) -> c_int {
    let done = sys::symlinkat(target, directory, path);
    if done == 0
        && let Some(mut recorder) = recorder::lock()
        && recorder.place(directory, path).is_some()
    {
        recorder.warn("a symbolic link was made");
    }
    done
}

/// `symlink(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn symlink(target: *const c_char, path: *const c_char) -> c_int {
    symlinkat(target, AT_FDCWD, path)
}

/// `unlinkat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn unlinkat(directory: c_int, path: *const c_char, flags: c_int) -> c_int {
    let Some(mut recorder) = recorder::lock() else { return sys::unlinkat(directory, path, flags) };
    let place = recorder.place(directory, path);
    let removed = place.as_ref().and_then(Place::look);
    let done = sys::unlinkat(directory, path, flags);
    if done == 0
        && let (Some(place), Some(removed)) = (place, removed)
    {
        recorder.forget_name(&removed);
        recorder.record(&Op::Remove { directory: place.directory, name: place.name.as_bytes() });
    }
    done
}

/// `unlink(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn unlink(path: *const c_char) -> c_int {
    unlinkat(AT_FDCWD, path, 0)
}

/// `rmdir(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn rmdir(path: *const c_char) -> c_int {
    unlinkat(AT_FDCWD, path, libc::AT_REMOVEDIR)
}

/// `remove(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn remove(path: *const c_char) -> c_int {
    let done = unlinkat(AT_FDCWD, path, 0);
    if done != 0 && sys::errno() == libc::EISDIR { rmdir(path) } else { done }
}

/// `mkdirat(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn mkdirat(directory: c_int, path: *const c_char, mode: mode_t) -> c_int {
    let Some(mut recorder) = recorder::lock() else { return sys::mkdirat(directory, path, mode) };
    let Some(place) = recorder.place(directory, path) else {
        drop(recorder);
        return sys::mkdirat(directory, path, mode);
    };
    if recorder.room() == 0 && place.look().is_none() {
        return sys::fail(libc::ENOSPC);
    }
    let done = sys::mkdirat(directory, path, mode);
    if done == 0
        && let Some(found) = place.look()
    {
        let name = place.name.as_bytes();
        let node = recorder.adopt(&found, name);
        recorder.record(&Op::MakeDirectory { directory: place.directory, name, node });
    }
    done
}

/// `mkdir(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    mkdirat(AT_FDCWD, path, mode)
}

// Making durable.

fn sync_recorded(fd: c_int, data: bool) -> c_int {
    let real = if data { sys::fdatasync } else { sys::fsync };
    let Some((mut recorder, _, Target::Node(node))) = ours(fd) else { return real(fd) };
    let done = real(fd);
    if done == 0 {
        recorder.record(&Op::Sync { node, data });
    }
    done
}

/// `fsync(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn fsync(fd: c_int) -> c_int {
    sync_recorded(fd, false)
}

/// `fdatasync(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn fdatasync(fd: c_int) -> c_int {
    sync_recorded(fd, true)
}
