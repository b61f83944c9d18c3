//! The archive that evidence lies in: a zip with every file as it is, in the order of names, at one fixed time,
//! so that the same files make the same bytes. It is read as strictly: an archive that would not be written
//! just so is refused, because a byte that nobody looks at could say anything.

use std::collections::BTreeMap;

use corridor_base::{ErrorCode, Problem, Result};
use flate2::Crc;

/// The files by their names.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The most files.
pub const MOST_FILES: usize = 4_000;
/// The longest name, in bytes.
const NAME: usize = 200;
/// 1980-01-01, the first day that the format knows.
const DAY: u16 = 0x21;
/// Version 1.0 of the format is needed to read it: files as they are.
const VERSION: u16 = 10;
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
/// What stands before the name of a file, and of its entry in the list at the end.
const LOCAL_LENGTH: usize = 30;

/// Whether these bytes begin as an archive.
#[must_use]
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL)
}

/// Writes an archive.
///
/// # Errors
/// `too-large` when there are too many files, or they are too large for the format.
pub fn write(files: &Files) -> Result<Vec<u8>> {
    let large = || Problem::new(ErrorCode::TooLarge).with("what", "archive").with("limit", "4 GiB");
    let number = |n: usize| u32::try_from(n).map_err(|_| large());
    let count = u16::try_from(files.len()).ok().filter(|n| usize::from(*n) <= MOST_FILES);
    let count = count.ok_or_else(large)?;
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let mut crc = Crc::new();
        crc.update(bytes);
        let (at, size) = (number(out.len())?, number(bytes.len())?);
        let length = u16::try_from(name.len()).map_err(|_| large())?;
        // Version, flags, method, time, day, checksum, sizes, lengths: the same in both places.
        let mut facts = Vec::with_capacity(26);
        for half in [VERSION, 0, 0, 0, DAY] {
            facts.extend_from_slice(&half.to_le_bytes());
        }
        for whole in [crc.sum(), size, size] {
            facts.extend_from_slice(&whole.to_le_bytes());
        }
        for half in [length, 0] {
            facts.extend_from_slice(&half.to_le_bytes());
        }
        out.extend_from_slice(LOCAL);
        out.extend_from_slice(&facts);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
        list.extend_from_slice(CENTRAL);
        list.extend_from_slice(&VERSION.to_le_bytes());
        list.extend_from_slice(&facts);
        // Comment, disk, attributes inside and outside.
        list.extend_from_slice(&[0; 10]);
        list.extend_from_slice(&at.to_le_bytes());
        list.extend_from_slice(name.as_bytes());
    }
    let (at, length) = (number(out.len())?, number(list.len())?);
    out.extend_from_slice(&list);
    out.extend_from_slice(END);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    Ok(out)
}

/// Reads an archive that [`write`] made.
///
/// # Errors
/// `malformed` when it would be written in any other way.
pub fn read(bytes: &[u8]) -> Result<Files> {
    let refuse = |why: &str| Problem::new(ErrorCode::Malformed).with("what", "archive").with("why", why);
    let mut files = Files::new();
    let mut rest = bytes;
    while rest.starts_with(LOCAL) {
        let half = |at: usize| Some(u16::from_le_bytes(rest.get(at..at + 2)?.try_into().ok()?));
        let whole = |at: usize| Some(u32::from_le_bytes(rest.get(at..at + 4)?.try_into().ok()?));
        let file = || {
            let (size, length) = (usize::try_from(whole(18)?).ok()?, usize::from(half(26)?));
            let (begin, end) = (LOCAL_LENGTH + length, (LOCAL_LENGTH + length).checked_add(size)?);
            let name = std::str::from_utf8(rest.get(LOCAL_LENGTH..begin)?).ok()?;
            (length <= NAME).then_some((name, rest.get(begin..end)?, rest.get(end..)?))
        };
        let (name, content, next) = file().ok_or_else(|| refuse("it is cut off"))?;
        if files.len() >= MOST_FILES || files.insert(name.to_owned(), content.to_vec()).is_some() {
            return Err(refuse("too many files, or one twice"));
        }
        rest = next;
    }
    if write(&files)? == bytes { Ok(files) } else { Err(refuse("not written as evidence is written")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_counts() {
        let files = Files::from([("a.txt".to_owned(), b"one".to_vec()), ("b/c".to_owned(), Vec::new())]);
        let archive = write(&files).unwrap();
        assert_eq!(read(&archive).unwrap(), files);
        for at in 0..archive.len() {
            let mut altered = archive.clone();
            altered[at] ^= 1;
            assert!(read(&altered).is_err(), "byte {at}");
            assert!(read(&archive[..at]).is_err(), "cut at {at}");
        }
        assert!(read(&[archive.as_slice(), b"x"].concat()).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            files in proptest::collection::btree_map("[a-z/.]{1,20}", proptest::collection::vec(any::<u8>(), 0..50), 0..6),
        ) {
            prop_assert_eq!(read(&write(&files).unwrap()).unwrap(), files);
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            bytes.splice(0..0, *LOCAL);
            let _ = read(&bytes);
        }
    }
}
