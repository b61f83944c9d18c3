//! What is known of the directory that is recorded, and the record itself. All of it stands behind one
//! lock, held over the system call and its record.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use libc::{c_char, c_int, c_void};

use crate::format::{MAGIC, NodeId, Op, ROOT};
use crate::sys;

/// A file as the kernel tells it from others: device and inode.
type Key = (u64, u64);

/// A file or directory that is recorded.
struct Node {
    id: NodeId,
    size: u64,
    name: Vec<u8>,
}

/// What a descriptor or a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Something below the directory.
    Node(NodeId),
    /// The file that takes acknowledgements.
    Acknowledgements,
}

/// The directory a name is in, and the name.
pub(crate) struct Place {
    fd: c_int,
    /// The number of the directory.
    pub(crate) directory: NodeId,
    /// The last part of the path.
    pub(crate) name: CString,
}

impl Drop for Place {
    fn drop(&mut self) {
        sys::close(self.fd);
    }
}

impl Place {
    /// What has that name now; a link stands for itself.
    pub(crate) fn look(&self) -> Option<libc::stat> {
        sys::look_at(self.fd, self.name.as_ptr(), libc::AT_SYMLINK_NOFOLLOW)
    }
}

pub(crate) struct Recorder {
    trace: c_int,
    nodes: HashMap<Key, Node>,
    next: NodeId,
    acknowledgements: Option<Key>,
    /// How much the files may hold together, when that is limited: shared with whoever has the file.
    room: Option<&'static std::sync::atomic::AtomicU64>,
    used: u64,
    buffer: Vec<u8>,
}

static RECORDER: OnceLock<Option<Mutex<Recorder>>> = OnceLock::new();

/// The recorder, when this process is to be recorded.
pub(crate) fn lock() -> Option<MutexGuard<'static, Recorder>> {
    let recorder = RECORDER.get_or_init(|| Recorder::from_environment().map(Mutex::new));
    recorder.as_ref().map(|r| r.lock().unwrap_or_else(PoisonError::into_inner))
}

fn key(found: &libc::stat) -> Key {
    (found.st_dev, found.st_ino)
}

/// Whether it is a regular file or a directory: nothing else is ever recorded.
pub(crate) fn is_recordable(found: &libc::stat) -> bool {
    matches!(found.st_mode & libc::S_IFMT, libc::S_IFREG | libc::S_IFDIR)
}

/// Says why on standard error and ends the process: a record with a hole in it is worse than none.
fn give_up(why: &str) -> ! {
    let why = format!("corridor-diskfaults: {why}\n");
    sys::write(2, why.as_ptr().cast(), why.len());
    std::process::abort()
}

fn variable(name: &str) -> Option<CString> {
    std::env::var_os(name).and_then(|v| CString::new(v.into_vec()).ok())
}

fn open_or_give_up(path: &CString, flags: c_int) -> c_int {
    let fd = sys::openat(libc::AT_FDCWD, path.as_ptr(), flags | libc::O_CLOEXEC, 0o600);
    if fd < 0 {
        give_up(&format!("{} cannot be opened: errno {}", path.to_string_lossy(), sys::errno()));
    }
    sys::move_high(fd)
}

impl Recorder {
    fn from_environment() -> Option<Self> {
        let directory = variable("CORRIDOR_FAULTS_DIR")?;
        let path = variable("CORRIDOR_FAULTS_TRACE")?;
        // SAFETY: this runs before the process's first own file operation, in all likelihood before
        // `main`; whatever it starts is not recorded.
        unsafe { libc::unsetenv(c"LD_PRELOAD".as_ptr()) };
        let trace = open_or_give_up(&path, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND);
        let Some(root) = sys::look_at(libc::AT_FDCWD, directory.as_ptr(), 0) else {
            give_up(&format!("{} is not there", directory.to_string_lossy()));
        };
        let acknowledgements = variable("CORRIDOR_FAULTS_ACK").and_then(|path| {
            let fd = open_or_give_up(&path, libc::O_WRONLY | libc::O_CREAT);
            sys::look(fd).map(|found| key(&found))
        });
        let name = Vec::new();
        let mut recorder = Self {
            trace,
            nodes: HashMap::from([(key(&root), Node { id: ROOT, size: 0, name })]),
            next: ROOT + 1,
            acknowledgements,
            room: room(),
            used: 0,
            buffer: Vec::new(),
        };
        recorder.buffer.extend_from_slice(MAGIC);
        recorder.flush();
        Some(recorder)
    }

    /// Adds an operation to the record.
    pub(crate) fn record(&mut self, op: &Op<'_>) {
        self.buffer.clear();
        op.encode(&mut self.buffer);
        self.flush();
    }

    fn flush(&mut self) {
        let mut rest = self.buffer.as_slice();
        while !rest.is_empty() {
            let written = sys::write(self.trace, rest.as_ptr().cast::<c_void>(), rest.len());
            match usize::try_from(written) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(_) if sys::errno() == libc::EINTR => {}
                Err(_) => give_up(&format!("the record cannot be written: errno {}", sys::errno())),
            }
        }
    }

    /// Says in the record that it is not to be trusted, and why.
    pub(crate) fn warn(&mut self, why: &str) {
        self.record(&Op::Warning { text: why.as_bytes() });
    }

    /// What it is, if it is ours.
    pub(crate) fn target(&self, found: &libc::stat) -> Option<Target> {
        let key = key(found);
        if self.acknowledgements == Some(key) {
            return Some(Target::Acknowledgements);
        }
        self.nodes.get(&key).map(|node| Target::Node(node.id))
    }

    /// The directory a path leads to and the name in it, when that directory is recorded.
    pub(crate) fn place(&self, from: c_int, path: *const c_char) -> Option<Place> {
        if path.is_null() {
            return None;
        }
        // SAFETY: the caller of the function we stand for passed a path, which ends in NUL.
        let path = unsafe { std::ffi::CStr::from_ptr(path) }.to_bytes();
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let (parent, name) = match path.iter().rposition(|b| *b == b'/') {
            Some(0) => (b"/".as_slice(), path.get(1..)?),
            Some(slash) => (path.get(..slash)?, path.get(slash + 1..)?),
            None => (b".".as_slice(), path),
        };
        if name.is_empty() || name == b"." || name == b".." {
            return None;
        }
        let (parent, name) = (CString::new(parent).ok()?, CString::new(name).ok()?);
        let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC;
        let fd = sys::openat(from, parent.as_ptr(), flags, 0);
        if fd < 0 {
            return None;
        }
        let mut place = Place { fd, directory: ROOT, name };
        match sys::look(fd).and_then(|found| self.target(&found)) {
            Some(Target::Node(directory)) => place.directory = directory,
            _ => return None,
        }
        Some(place)
    }

    /// Takes a new file or directory in and numbers it.
    pub(crate) fn adopt(&mut self, found: &libc::stat, name: &[u8]) -> NodeId {
        let id = self.next;
        self.next += 1;
        self.nodes.insert(key(found), Node { id, size: 0, name: name.to_vec() });
        id
    }

    /// A file has one more name, or another.
    pub(crate) fn renamed(&mut self, found: &libc::stat, name: &[u8]) -> Option<NodeId> {
        let node = self.nodes.get_mut(&key(found))?;
        node.name = name.to_vec();
        Some(node.id)
    }

    /// The last name a file had.
    pub(crate) fn name(&self, found: &libc::stat) -> Option<&[u8]> {
        self.nodes.get(&key(found)).map(|node| node.name.as_slice())
    }

    /// One name of it went away. With the last one nobody will ever see it again, and its inode may
    /// come back as another file.
    pub(crate) fn forget_name(&mut self, found: &libc::stat) {
        let is_directory = found.st_mode & libc::S_IFMT == libc::S_IFDIR;
        if (found.st_nlink <= 1 || is_directory)
            && let Some(node) = self.nodes.remove(&key(found))
        {
            self.used = self.used.saturating_sub(node.size);
        }
    }

    /// The size of a file of ours.
    pub(crate) fn size(&self, found: &libc::stat) -> u64 {
        self.nodes.get(&key(found)).map_or(0, |node| node.size)
    }

    /// A file has this size now.
    pub(crate) fn resized(&mut self, found: &libc::stat, size: u64) {
        if let Some(node) = self.nodes.get_mut(&key(found)) {
            self.used = self.used.saturating_sub(node.size).saturating_add(size);
            node.size = size;
        }
    }

    /// How many more bytes the files may hold.
    pub(crate) fn room(&self) -> u64 {
        let limit = self.room.map_or(u64::MAX, |room| room.load(std::sync::atomic::Ordering::Relaxed));
        u64::from_le(limit).saturating_sub(self.used)
    }
}

/// The number that says how much room there is, in a file that others may change or in our memory.
fn room() -> Option<&'static std::sync::atomic::AtomicU64> {
    let start = std::env::var("CORRIDOR_FAULTS_ENOSPC_AFTER").ok().and_then(|n| n.parse::<u64>().ok());
    let Some(path) = variable("CORRIDOR_FAULTS_ROOM") else {
        return start.map(|start| &*Box::leak(Box::new(start.to_le().into())));
    };
    let fd = open_or_give_up(&path, libc::O_RDWR | libc::O_CREAT);
    if let Some(start) = start {
        sys::pwrite(fd, start.to_le_bytes().as_ptr().cast(), 8, 0);
    }
    if sys::look(fd).is_none_or(|found| found.st_size < 8) {
        sys::pwrite(fd, u64::MAX.to_le_bytes().as_ptr().cast(), 8, 0);
    }
    let place = sys::mmap(std::ptr::null_mut(), 8, libc::PROT_READ, libc::MAP_SHARED, fd, 0);
    if place == libc::MAP_FAILED {
        give_up("the file that says how much room there is cannot be mapped");
    }
    // SAFETY: a mapping of at least 8 readable bytes, aligned to a page, that is never unmapped; it is
    // only ever read here.
    Some(unsafe { &*place.cast::<std::sync::atomic::AtomicU64>() })
}
