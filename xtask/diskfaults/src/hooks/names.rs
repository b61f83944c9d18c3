//! Names: files and directories that are made, moved, linked and removed.

use libc::{AT_FDCWD, c_char, c_int, c_uint, mode_t};

use crate::format::Op;
use crate::recorder::{self, Place};
use crate::sys;

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
