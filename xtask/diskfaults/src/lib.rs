//! What a power cut leaves behind cannot be seen from inside a running machine, so this library is
//! preloaded (`LD_PRELOAD`) into a process and writes down, in their real order, all operations that
//! change what lies below one directory; `corridor-powercut` then works out what a cut would leave.
//! It also plays a disk that is full.
//!
//! Linux with the GNU C library on 64-bit x86 and ARM; elsewhere it is empty.
//!
//! | variable | what it says |
//! |---|---|
//! | `CORRIDOR_FAULTS_DIR` | the directory whose operations are recorded; it exists and is empty |
//! | `CORRIDOR_FAULTS_TRACE` | the file the record goes to, outside of that directory: see [`format`] |
//! | `CORRIDOR_FAULTS_ACK` | a file, outside too: each write to it becomes an acknowledgement in the record, at its place in the order |
//! | `CORRIDOR_FAULTS_ENOSPC_AFTER` | how many bytes the files of the directory may hold together; more is `ENOSPC`, after a short write if some of it fits |
//! | `CORRIDOR_FAULTS_ROOM` | a file of 8 bytes, little-endian, that holds the same number and may be changed at any time by anyone, so that a full disk has room again |
//!
//! How: each function below takes the place of the C library's, makes the system call itself and
//! writes the record while it holds one lock, so that the order of the record is the order in which
//! things happened. Files are known by device and inode from their creation on, never by descriptor,
//! so `dup`, `close` and a descriptor that is used again need no attention. The directory must be
//! empty at first for that reason.
//!
//! What is not seen: system calls made without the C library, its own buffered files (`fopen`),
//! `io_uring`, and changes through a mapping. `copy_file_range`, `sendfile` and `splice` into the
//! directory fail, so that the caller writes. What cannot be recorded truly (a shared writable mapping
//! of any file but SQLite's `-shm`, a file opened `O_SYNC`, a symbolic link, a move across the border
//! of the directory) leaves a warning in the record, which the reader must refuse. Whoever reads a
//! record should replay all of it and compare with the directory: that finds whatever went past.

pub mod format;

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod hooks;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod recorder;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod sys;
