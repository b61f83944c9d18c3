//! Runs a part of this program in a process of its own with the recording library preloaded.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::chance::Chance;
use crate::disk::{Disk, Image, Variant};
use crate::format::{MAGIC, Op};

/// The file name of the recording library.
const LIBRARY: &str = "libcorridor_diskfaults.so";

/// Why nothing can be recorded on this machine, if so.
#[must_use]
pub fn unsupported() -> Option<&'static str> {
    let known = cfg!(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"));
    (!known).then_some("power cuts are simulated only on 64-bit Linux with the GNU C library")
}

/// The recording library, which cargo has put beside this program or among its dependencies.
///
/// # Errors
/// When it is not there.
pub fn library() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|e| format!("where this program is: {e}"))?;
    let folders = own.ancestors().skip(1).take(2);
    let candidates: Vec<PathBuf> =
        folders.flat_map(|f| [f.join("deps").join(LIBRARY), f.join(LIBRARY)]).collect();
    let found = candidates.iter().find(|path| path.is_file()).cloned();
    found.ok_or_else(|| format!("{LIBRARY} is not beside {}: build corridor-diskfaults", own.display()))
}

/// A directory for what is taken away again: in memory where there is such a thing, because thousands
/// of stores are opened in it.
///
/// # Errors
/// When it cannot be made.
pub fn scratch() -> Result<tempfile::TempDir, String> {
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("corridor-powercut-");
        builder
    };
    let made = builder().tempdir_in("/dev/shm").or_else(|_| builder().tempdir());
    made.map_err(|e| format!("a temporary directory: {e}"))
}

/// A recorded run.
pub struct Recording {
    /// The files of the run; none when it was read again.
    folder: Option<tempfile::TempDir>,
    bytes: Vec<u8>,
}

/// How much room the disk of a recorded run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// No limit.
    Enough,
    /// So many bytes in all files together, until the process says otherwise.
    Bytes(u64),
}

impl Recording {
    /// Runs `program` with the words and, after them, the directory to work in, the file to write
    /// acknowledgements to and the file that says how much room there is.
    ///
    /// # Errors
    /// When it cannot be started, fails, or its record is not one.
    pub fn make(program: &Path, words: &[String], room: Room) -> Result<Self, String> {
        let folder = scratch()?;
        let place = |name: &str| folder.path().join(name);
        std::fs::create_dir(place("disk")).map_err(|e| format!("{}: {e}", place("disk").display()))?;
        let mut command = Command::new(program);
        command.args(words).arg(place("disk")).arg(place("acknowledged")).arg(place("room"));
        command.env("LD_PRELOAD", library()?);
        command.env("CORRIDOR_FAULTS_DIR", place("disk"));
        command.env("CORRIDOR_FAULTS_TRACE", place("trace"));
        command.env("CORRIDOR_FAULTS_ACK", place("acknowledged"));
        command.env("CORRIDOR_FAULTS_ROOM", place("room"));
        if let Room::Bytes(bytes) = room {
            command.env("CORRIDOR_FAULTS_ENOSPC_AFTER", bytes.to_string());
        }
        let output = command.output().map_err(|e| format!("{}: {e}", program.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the recorded process failed: {}\n{}", output.status, said.trim_end()));
        }
        let bytes = read_record(&place("trace"))?;
        Ok(Self { folder: Some(folder), bytes })
    }

    /// Reads a record that was kept.
    ///
    /// # Errors
    /// When it is not one.
    pub fn read(path: &Path) -> Result<Self, String> {
        Ok(Self { folder: None, bytes: read_record(path)? })
    }

    /// Keeps the record: no two runs are the same, so a failure is looked at again in its own record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, path: &Path) -> Result<(), String> {
        std::fs::write(path, &self.bytes).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The operations in their order.
    ///
    /// # Errors
    /// When the record is torn.
    pub fn operations(&self) -> Result<Vec<Op<'_>>, String> {
        let mut rest = self.bytes.get(MAGIC.len()..).unwrap_or_default();
        let mut operations = Vec::new();
        while !rest.is_empty() {
            operations.push(Op::decode(&mut rest).ok_or("the record is torn")?);
        }
        Ok(operations)
    }

    /// How large the record is, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The directory as the process left it.
    ///
    /// # Errors
    /// When the record was read again and the directory is no more.
    pub fn directory(&self) -> Result<PathBuf, String> {
        let folder = self.folder.as_ref().ok_or("a record that was kept has no directory")?;
        Ok(folder.path().join("disk"))
    }

    /// Compares the directory as the process left it with what the record says of it: a change that
    /// went past the library is found here.
    ///
    /// # Errors
    /// What differs.
    pub fn compare(&self) -> Result<(), String> {
        let mut disk = Disk::new(None);
        for op in self.operations()? {
            disk.apply(&op)?;
        }
        let mut said = disk.cut(Variant::Kept, &mut Chance::new(&[]));
        let mut found = Image::default();
        read_directory(&self.directory()?, Path::new(""), &mut found)?;
        // SQLite changes this file by a mapping, and makes it anew at every start.
        for image in [&mut said, &mut found] {
            image.files.retain(|path, _| !path.to_string_lossy().ends_with("-shm"));
        }
        said.directories.sort();
        found.directories.sort();
        if said.directories != found.directories {
            return Err(format!(
                "directories: recorded {:?}, found {:?}",
                said.directories, found.directories
            ));
        }
        let names = |image: &Image| image.files.keys().cloned().collect::<Vec<_>>();
        if names(&said) != names(&found) {
            return Err(format!("files: recorded {:?}, found {:?}", names(&said), names(&found)));
        }
        match said.files.iter().find(|(path, contents)| found.files.get(*path) != Some(*contents)) {
            Some((path, _)) => Err(format!("{} is not what was recorded", path.display())),
            None => Ok(()),
        }
    }
}

fn read_record(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    if !bytes.starts_with(MAGIC) {
        return Err(format!("{} is no record: was the library preloaded?", path.display()));
    }
    Ok(bytes)
}

fn read_directory(root: &Path, below: &Path, image: &mut Image) -> Result<(), String> {
    let here = root.join(below);
    let failed = |e: std::io::Error| format!("{}: {e}", here.display());
    for entry in std::fs::read_dir(&here).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = below.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            image.directories.push(path.clone());
            read_directory(root, &path, image)?;
        } else {
            image.files.insert(path, std::fs::read(entry.path()).map_err(failed)?);
        }
    }
    Ok(())
}

/// Writes what a cut left into a new directory, closed to others as the original was.
///
/// # Errors
/// When it cannot be written.
pub fn write_image(image: &Image, directory: &Path) -> Result<(), String> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    for path in &image.directories {
        let path = directory.join(path);
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|e| failed(&path, e))?;
    }
    for (path, contents) in &image.files {
        let path = directory.join(path);
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, contents));
        written.map_err(|e| failed(&path, e))?;
    }
    Ok(())
}
