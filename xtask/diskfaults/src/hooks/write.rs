//! Writing: as much as there is room for, at the place where the file really has it afterwards.

use libc::{c_int, c_void, iovec, off_t, size_t, ssize_t};

use super::{ours, size};
use crate::format::Op;
use crate::recorder::Target;
use crate::sys;

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
