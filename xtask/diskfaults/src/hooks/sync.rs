//! Making durable: the only thing that a power cut respects.

use libc::c_int;

use super::ours;
use crate::format::Op;
use crate::recorder::Target;
use crate::sys;

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
