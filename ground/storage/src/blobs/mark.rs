//! How far an upload is durable, in a file beside it. The length of the upload's own file says too
//! much: after a power cut it may be longer than what was synced, with zeros where the last piece
//! should be. The mark names the last piece by its place and digest and is written in place, in one
//! sector, before the piece is acknowledged (EX-3); so whichever of the two reached the disk, what is
//! durable is known.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use corridor_base::digest::Hasher;
use corridor_base::{Digest, Result};

use crate::durable::{self, file_problem};

/// Start and end of the last piece, its digest, and the digest of those three.
const SIZE: usize = 8 + 8 + 32 + 32;

/// The ending of a mark's name.
pub(super) const ENDING: &str = "mark";

struct Mark {
    start: u64,
    end: u64,
    digest: [u8; 32],
}

impl Mark {
    fn parse(bytes: &[u8; SIZE]) -> Option<Self> {
        let (said, sum) = bytes.split_at_checked(SIZE - 32)?;
        let (start, rest) = said.split_first_chunk()?;
        let (end, digest) = rest.split_first_chunk()?;
        let (start, end) = (u64::from_le_bytes(*start), u64::from_le_bytes(*end));
        (Digest::of(said).0 == sum && start <= end).then_some(Self {
            start,
            end,
            digest: digest.try_into().ok()?,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.start.to_le_bytes(), self.end.to_le_bytes()].concat();
        bytes.extend_from_slice(&self.digest);
        bytes.extend_from_slice(&Digest::of(&bytes).0);
        bytes
    }
}

fn place(upload: &Path) -> PathBuf {
    upload.with_extension(ENDING)
}

/// Says, durably, that the last piece lies from `start` to `end` and has this digest.
///
/// # Errors
/// `storage-full`, `file-failed`.
pub(super) fn set(upload: &Path, start: u64, end: u64, digest: Digest) -> Result<()> {
    let place = place(upload);
    let new = !place.exists();
    let mark = Mark { start, end, digest: digest.0 };
    let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&place);
    let written = open.and_then(|file| file.write_all_at(&mark.bytes(), 0).and_then(|()| file.sync_data()));
    written.map_err(|e| file_problem(&place, e))?;
    if new { durable::sync_parent(&place) } else { Ok(()) }
}

/// How many bytes of the upload are there for certain. Without a mark, none.
///
/// # Errors
/// `file-failed`.
pub(super) fn durable_length(upload: &Path, file: &File) -> Result<u64> {
    let Some(mark) = read(upload)? else { return Ok(0) };
    let there = file.metadata().map_err(|e| file_problem(upload, e))?.len();
    if there >= mark.end && digest_between(file, &mark).map_err(|e| file_problem(upload, e))?.0 == mark.digest
    {
        return Ok(mark.end);
    }
    Ok(if there >= mark.start { mark.start } else { 0 })
}

/// Whether there is a mark that does not end there: one that is wrong, or was left behind by another
/// upload of the name.
///
/// # Errors
/// `file-failed`.
pub(super) fn differs(upload: &Path, length: u64) -> Result<bool> {
    Ok(read(upload)?.is_some_and(|mark| mark.end != length))
}

/// Makes a mark durable that a process wrote that is no more.
///
/// # Errors
/// `file-failed`.
pub(super) fn sync(upload: &Path) -> Result<()> {
    let place = place(upload);
    match File::open(&place).and_then(|file| file.sync_all()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_problem(&place, error)),
        _ => Ok(()),
    }
}

/// Removes the mark of an upload that is no more. One that comes back after a power cut is found to
/// be wrong by the next upload of that name.
pub(super) fn remove(upload: &Path) {
    let _ = std::fs::remove_file(place(upload));
}

fn read(upload: &Path) -> Result<Option<Mark>> {
    let place = place(upload);
    let mut bytes = [0; SIZE];
    match File::open(&place).and_then(|mut file| file.read_exact(&mut bytes)) {
        Ok(()) => Ok(Mark::parse(&bytes)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => Ok(None),
        Err(error) => Err(file_problem(&place, error)),
    }
}

fn digest_between(file: &File, mark: &Mark) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    let mut at = mark.start;
    while at < mark.end {
        let wanted = usize::try_from(mark.end - at).unwrap_or(usize::MAX).min(buffer.len());
        let some = buffer.get_mut(..wanted).unwrap_or_default();
        file.read_exact_at(some, at)?;
        hasher.update(some);
        at += some.len() as u64;
    }
    Ok(hasher.finish())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "files of a test")]
mod tests {
    use super::*;

    /// An upload of `file` whose mark names `piece` at `start`.
    fn check(file: &[u8], start: u64, piece: &[u8], expect: u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.part");
        std::fs::write(&path, file).unwrap();
        let open = File::open(&path).unwrap();
        assert_eq!(durable_length(&path, &open).unwrap(), 0, "without a mark nothing is certain");
        set(&path, start, start + piece.len() as u64, Digest::of(piece)).unwrap();
        assert_eq!(durable_length(&path, &open).unwrap(), expect, "{file:?} {start} {piece:?}");
        std::fs::write(place(&path), [7; SIZE]).unwrap();
        assert_eq!(durable_length(&path, &open).unwrap(), 0, "a mark that is none counts for nothing");
    }

    #[test]
    fn only_a_whole_piece_counts() {
        check(b"onetwo", 3, b"two", 6);
        check(b"onetwo and more", 3, b"two", 6);
        check(b"onetw", 3, b"two", 3);
        check(b"one\0\0\0", 3, b"two", 3);
        check(b"on", 3, b"two", 0);
        check(b"", 0, b"", 0);
    }
}
