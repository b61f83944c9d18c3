//! System calls without the C library's functions of the same name, which this library has taken the
//! place of. Only calls that 64-bit x86 and ARM both have.

use libc::{c_char, c_int, c_long, c_uint, c_void, mode_t, off_t, size_t, ssize_t, stat};

/// A system call by number; sets `errno` as the C library does.
macro_rules! call {
    ($number:ident $(, $argument:expr)*) => {
        // SAFETY: the arguments are the caller's own, passed on unchanged to the kernel, which checks them.
        unsafe { libc::syscall(libc::$number $(, $argument)*) }
    };
}

fn int(answer: c_long) -> c_int {
    c_int::try_from(answer).unwrap_or(-1)
}

/// Sets `errno` and answers -1.
pub(crate) fn fail(errno: c_int) -> c_int {
    // SAFETY: the C library gives every thread its own `errno`, always there.
    unsafe { *libc::__errno_location() = errno };
    -1
}

/// The calling thread's `errno`.
pub(crate) fn errno() -> c_int {
    // SAFETY: as in `fail`.
    unsafe { *libc::__errno_location() }
}

pub(crate) fn openat(directory: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    int(call!(SYS_openat, directory, path, flags, mode))
}

pub(crate) fn close(fd: c_int) {
    call!(SYS_close, fd);
}

pub(crate) fn write(fd: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
    call!(SYS_write, fd, bytes, length) as ssize_t
}

pub(crate) fn pwrite(fd: c_int, bytes: *const c_void, length: size_t, at: off_t) -> ssize_t {
    call!(SYS_pwrite64, fd, bytes, length, at) as ssize_t
}

pub(crate) fn writev(fd: c_int, pieces: *const libc::iovec, count: c_int) -> ssize_t {
    call!(SYS_writev, fd, pieces, count) as ssize_t
}

pub(crate) fn pwritev(fd: c_int, pieces: *const libc::iovec, count: c_int, at: off_t) -> ssize_t {
    // The kernel takes the offset in two halves; on 64 bits the second is ignored.
    call!(SYS_pwritev, fd, pieces, count, at, 0) as ssize_t
}

pub(crate) fn ftruncate(fd: c_int, size: off_t) -> c_int {
    int(call!(SYS_ftruncate, fd, size))
}

pub(crate) fn fallocate(fd: c_int, mode: c_int, at: off_t, length: off_t) -> c_int {
    int(call!(SYS_fallocate, fd, mode, at, length))
}

pub(crate) fn renameat2(
    from: c_int,
    from_path: *const c_char,
    to: c_int,
    to_path: *const c_char,
    flags: c_uint,
) -> c_int {
    int(call!(SYS_renameat2, from, from_path, to, to_path, flags))
}

pub(crate) fn linkat(
    from: c_int,
    from_path: *const c_char,
    to: c_int,
    to_path: *const c_char,
    flags: c_int,
) -> c_int {
    int(call!(SYS_linkat, from, from_path, to, to_path, flags))
}

pub(crate) fn symlinkat(target: *const c_char, directory: c_int, path: *const c_char) -> c_int {
    int(call!(SYS_symlinkat, target, directory, path))
}

pub(crate) fn unlinkat(directory: c_int, path: *const c_char, flags: c_int) -> c_int {
    int(call!(SYS_unlinkat, directory, path, flags))
}

pub(crate) fn mkdirat(directory: c_int, path: *const c_char, mode: mode_t) -> c_int {
    int(call!(SYS_mkdirat, directory, path, mode))
}

pub(crate) fn fsync(fd: c_int) -> c_int {
    int(call!(SYS_fsync, fd))
}

pub(crate) fn fdatasync(fd: c_int) -> c_int {
    int(call!(SYS_fdatasync, fd))
}

pub(crate) fn copy_file_range(
    from: c_int,
    from_at: *mut off_t,
    to: c_int,
    to_at: *mut off_t,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    call!(SYS_copy_file_range, from, from_at, to, to_at, length, flags) as ssize_t
}

pub(crate) fn sendfile(to: c_int, from: c_int, at: *mut off_t, length: size_t) -> ssize_t {
    call!(SYS_sendfile, to, from, at, length) as ssize_t
}

pub(crate) fn splice(
    from: c_int,
    from_at: *mut off_t,
    to: c_int,
    to_at: *mut off_t,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    call!(SYS_splice, from, from_at, to, to_at, length, flags) as ssize_t
}

pub(crate) fn mmap(
    place: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    at: off_t,
) -> *mut c_void {
    // -1 is MAP_FAILED, anything else an address.
    call!(SYS_mmap, place, length, protection, flags, fd, at) as *mut c_void
}

/// Where the next write of a descriptor goes.
pub(crate) fn position(fd: c_int) -> off_t {
    call!(SYS_lseek, fd, 0, libc::SEEK_CUR)
}

/// Whether every write of this descriptor goes to the end.
pub(crate) fn appends(fd: c_int) -> bool {
    let flags = call!(SYS_fcntl, fd, libc::F_GETFL);
    flags >= 0 && flags & c_long::from(libc::O_APPEND) != 0
}

/// A copy of a descriptor with a number nobody else will choose, closed on `exec`.
pub(crate) fn move_high(fd: c_int) -> c_int {
    let high = int(call!(SYS_fcntl, fd, libc::F_DUPFD_CLOEXEC, 700));
    if high >= 0 {
        close(fd);
        return high;
    }
    fd
}

/// What the kernel knows of an open file.
pub(crate) fn look(fd: c_int) -> Option<stat> {
    look_at(fd, c"".as_ptr(), libc::AT_EMPTY_PATH)
}

/// What the kernel knows of a name; links are not followed when the flags say so.
pub(crate) fn look_at(directory: c_int, path: *const c_char, flags: c_int) -> Option<stat> {
    let mut found = std::mem::MaybeUninit::<stat>::zeroed();
    let answer = call!(SYS_newfstatat, directory, path, found.as_mut_ptr(), flags);
    // SAFETY: all zeros is a valid `stat`, and the kernel has filled it in when it answers 0.
    (answer == 0).then(|| unsafe { found.assume_init() })
}
