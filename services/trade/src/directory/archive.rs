//! Reads zip archives, nested ones too, from memory and with bounds: a UNECE directory comes as a zip
//! of zips, and whoever loads one may have been handed a bomb.
//!
//! The central directory is believed and compared with what is found; nothing is written to disk.
//! Absent: encryption, zip64, methods other than stored and deflate.

use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::wrong::{Wrong, wrong};

/// The most entries of one archive, and of all archives in it together.
const ENTRIES: usize = 4_000;
/// The most bytes of all entries together, inflated.
pub(super) const TOTAL: u64 = 256 << 20;
/// How deep archives lie in each other.
const DEPTH: usize = 3;
/// The longest name of an entry.
const NAME: usize = 200;

const END: [u8; 4] = *b"PK\x05\x06";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";

/// One file of an archive.
pub(super) struct File {
    /// The names of the archives around it and its own, joined by `/`.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

impl File {
    /// Its own name, in capitals.
    pub(super) fn name(&self) -> String {
        base(&self.path).to_ascii_uppercase()
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The files of an archive and of the archives in it that `wanted` asks for by their path.
pub(super) fn files(bytes: &[u8], wanted: &dyn Fn(&str) -> bool) -> Result<Vec<File>, Wrong> {
    let mut walk = Walk { wanted, left: TOTAL, entries: 0, found: Vec::new() };
    walk.archive("", bytes, 0)?;
    Ok(walk.found)
}

struct Walk<'a> {
    wanted: &'a dyn Fn(&str) -> bool,
    left: u64,
    entries: usize,
    found: Vec<File>,
}

impl Walk<'_> {
    fn archive(&mut self, around: &str, bytes: &[u8], depth: usize) -> Result<(), Wrong> {
        let here = if around.is_empty() { "the archive" } else { around };
        if depth > DEPTH {
            return Err(wrong(here, "archives lie too deep in each other"));
        }
        let all = entries(bytes).map_err(|why| wrong(here, why))?;
        // A bomb says so itself: more than there may be, or files that share their bytes.
        let packed: u64 = all.iter().map(|entry| u64::from(entry.packed)).sum();
        if packed > bytes.len() as u64 {
            return Err(wrong(here, "files lie over each other"));
        }
        if all.iter().map(|entry| u64::from(entry.size)).sum::<u64>() > TOTAL {
            return Err(wrong(here, format!("more than {TOTAL} bytes in all")));
        }
        for entry in all {
            self.entries += 1;
            if self.entries > ENTRIES {
                return Err(wrong(here, format!("more than {ENTRIES} files")));
            }
            let path =
                if around.is_empty() { entry.name.clone() } else { format!("{around}/{}", entry.name) };
            let nested = base(&entry.name).to_ascii_lowercase().ends_with(".zip");
            if entry.name.ends_with('/') || !(nested || (self.wanted)(&path)) {
                continue;
            }
            if self.found.iter().any(|f| f.path == path) {
                return Err(wrong(path, "there twice"));
            }
            let inflated = entry.read(bytes, self.left).map_err(|why| wrong(&path, why))?;
            self.left -= inflated.len() as u64;
            if nested {
                self.archive(&path, &inflated, depth + 1)?;
            } else {
                self.found.push(File { path, bytes: inflated });
            }
        }
        Ok(())
    }
}

/// What the central directory says of one file.
struct Entry {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    at: u32,
}

/// Numbers of a record, little-endian.
struct Record<'a>(&'a [u8]);

impl Record<'_> {
    fn two(&self, at: usize) -> Option<u16> {
        self.0.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
    }

    fn four(&self, at: usize) -> Option<u32> {
        self.0.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
    }
}

fn entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    // The end record is 22 bytes and a comment of at most 65,535.
    let from = bytes.len().saturating_sub(22 + 65_535);
    let tail = bytes.get(from..).unwrap_or_default();
    let end =
        memchr::memmem::rfind(tail, &END).map(|at| from + at).ok_or("no zip archive, or one cut short")?;
    let record = Record(bytes.get(end..).unwrap_or_default());
    let cut = "the list of files is cut short";
    let (count, start) = (record.two(10).ok_or(cut)?, record.four(16).ok_or(cut)?);
    record.two(20).ok_or(cut)?;
    if start == u32::MAX || count == u16::MAX {
        return Err("zip64 is not read".to_owned());
    }
    let mut at = start as usize;
    let mut all = Vec::new();
    for _ in 0..count {
        let entry = bytes.get(at..).filter(|rest| rest.starts_with(&CENTRAL)).ok_or(cut)?;
        let record = Record(entry);
        let two = |at| record.two(at).ok_or(cut);
        let four = |at| record.four(at).ok_or(cut);
        let (name, extra, comment) = (two(28)?, two(30)?, two(32)?);
        let name_bytes = entry.get(46..46 + usize::from(name)).ok_or(cut)?;
        all.push(Entry {
            name: named(name_bytes)?,
            flags: two(8)?,
            method: two(10)?,
            crc: four(16)?,
            packed: four(20)?,
            size: four(24)?,
            at: four(42)?,
        });
        at += 46 + usize::from(name) + usize::from(extra) + usize::from(comment);
    }
    Ok(all)
}

/// A name that stays below the archive. Some packers write `\` between folders.
fn named(bytes: &[u8]) -> Result<String, String> {
    let name = String::from_utf8_lossy(bytes).replace('\\', "/");
    let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    let folders = name.trim_end_matches('/').split('/');
    let tricks = name.contains(':') || name.chars().any(char::is_control);
    if name.len() > NAME || tricks || folders.into_iter().any(|f| matches!(f, "" | "." | "..")) {
        return Err(format!("a file named {shown:?}, which no file of a directory is"));
    }
    Ok(name)
}

impl Entry {
    fn read(&self, bytes: &[u8], most: u64) -> Result<Vec<u8>, String> {
        if self.flags & 1 != 0 {
            return Err("encrypted".to_owned());
        }
        if u64::from(self.size) > most {
            return Err(format!("more than {TOTAL} bytes in all"));
        }
        let local = bytes.get(self.at as usize..).filter(|rest| rest.starts_with(&LOCAL));
        let local = local.ok_or("not where the list of files says")?;
        let record = Record(local);
        let (Some(name), Some(extra)) = (record.two(26), record.two(28)) else {
            return Err("cut short".to_owned());
        };
        let from = 30 + usize::from(name) + usize::from(extra);
        let packed = from.checked_add(self.packed as usize).and_then(|until| local.get(from..until));
        let packed = packed.ok_or("cut short")?;
        let content = match self.method {
            0 => packed.to_vec(),
            8 => inflate(packed, self.size)?,
            method => return Err(format!("packed by method {method}, which is not read")),
        };
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() != self.size as usize || crc.sum() != self.crc {
            return Err("damaged: size or checksum differ".to_owned());
        }
        Ok(content)
    }
}

/// At most one byte more than the size that was said is made.
fn inflate(packed: &[u8], size: u32) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let read = DeflateDecoder::new(packed).take(u64::from(size) + 1).read_to_end(&mut out);
    read.map_err(|e| format!("damaged: {e}"))?;
    Ok(out)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An archive of stored files: made here so that tests need no program.
    pub(in crate::directory) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut out, mut central) = (Vec::new(), Vec::new());
        for (name, content) in files {
            let mut crc = Crc::new();
            crc.update(content);
            let (size, length) = (content.len() as u32, name.len() as u16);
            let at = out.len() as u32;
            let head = |record: &mut Vec<u8>| {
                record.extend([0u8; 2]); // flags
                record.extend([0u8; 2]); // method
                record.extend([0u8; 4]); // time
                record.extend(crc.sum().to_le_bytes());
                record.extend(size.to_le_bytes());
                record.extend(size.to_le_bytes());
                record.extend(length.to_le_bytes());
                record.extend([0u8; 2]); // extra
            };
            out.extend(LOCAL);
            out.extend([20, 0]);
            head(&mut out);
            out.extend(name.as_bytes());
            out.extend(*content);
            central.extend(CENTRAL);
            central.extend([20, 0, 20, 0]);
            head(&mut central);
            central.extend([0u8; 10]);
            central.extend(at.to_le_bytes());
            central.extend(name.as_bytes());
        }
        let start = out.len() as u32;
        out.extend(&central);
        out.extend(END);
        out.extend([0u8; 4]);
        out.extend((files.len() as u16).to_le_bytes());
        out.extend((files.len() as u16).to_le_bytes());
        out.extend((central.len() as u32).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0, 0]);
        out
    }

    fn check(bytes: &[u8], expect: Result<&[&str], &str>) {
        let found = files(bytes, &|_| true);
        let found = found.map(|files| files.into_iter().map(|f| f.path).collect::<Vec<_>>());
        match (found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(found, expect),
            (Err(wrong), Err(expect)) => assert!(wrong.to_string().contains(expect), "{wrong}"),
            (found, expect) => panic!("{found:?} {expect:?}"),
        }
    }

    #[test]
    fn archives_in_archives_and_hostile_ones() {
        let inner = zip(&[("EDSD.08A", b"x"), ("d/EDCD.08A", b"y")]);
        check(
            &zip(&[("edsd.zip", &inner), ("a.txt", b"z")]),
            Ok(&["edsd.zip/EDSD.08A", "edsd.zip/d/EDCD.08A", "a.txt"]),
        );
        check(b"", Err("no zip archive"));
        check(b"PK\x05\x06", Err("cut short"));
        for name in ["../EDSD.08A", "/EDSD.08A", "a/../EDSD.08A", "..\\EDSD.08A", "C:EDSD.08A", "a\0"] {
            check(&zip(&[(name, b"x")]), Err("which no file of a directory is"));
        }
        check(&zip(&[("a", b"x"), ("a", b"y")]), Err("there twice"));
        let deep = (0..5).fold(zip(&[("a", b"x")]), |inner, _| zip(&[("a.zip", &inner)]));
        check(&deep, Err("too deep"));
        let whole = zip(&[("a", b"content")]);
        for cut in 0..whole.len() {
            assert!(files(&whole[..cut], &|_| true).is_err(), "{cut}");
        }
        let mut damaged = whole.clone();
        damaged[32] ^= 1;
        check(&damaged, Err("damaged"));
    }

    #[test]
    fn bombs_are_refused_before_they_are_inflated() {
        use std::io::Write;
        // 64 MiB of nothing in 64 KiB, eight times over: in all more than an archive may hold.
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        let zeros = vec![0; 1 << 20];
        (0..64).for_each(|_| packed.write_all(&zeros).unwrap());
        let packed = packed.finish().unwrap();
        let mut crc = Crc::new();
        (0..64).for_each(|_| crc.update(&zeros));
        let names: Vec<String> = (0..8).map(|n| format!("UNCL-{n}.08A")).collect();
        // Written as stored files of the packed bytes, then said to be deflated.
        let stored: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), packed.as_slice())).collect();
        let mut bomb = zip(&stored);
        let size = (64u32 << 20).to_le_bytes();
        let heads: Vec<(usize, usize)> = [(LOCAL, 8), (CENTRAL, 10)]
            .iter()
            .flat_map(|(mark, method)| {
                memchr::memmem::find_iter(&bomb, mark).map(|at| (at, *method)).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(heads.len(), 16);
        for (at, method) in heads {
            bomb[at + method] = 8;
            bomb[at + method + 6..][..4].copy_from_slice(&crc.sum().to_le_bytes());
            bomb[at + method + 14..][..4].copy_from_slice(&size);
        }
        check(&bomb, Err("bytes in all"));
        // One file of it is none.
        let mut one = zip(&stored[..1]);
        let file = memchr::memmem::find(&bomb, &LOCAL).unwrap()..packed.len() + 30 + names[0].len();
        one[file.clone()].copy_from_slice(&bomb[file]);
        let central = memchr::memmem::rfind(&one, &CENTRAL).unwrap();
        let whole = memchr::memmem::find(&bomb, &CENTRAL).unwrap();
        one[central..central + 46].copy_from_slice(&bomb[whole..whole + 46]);
        check(&one, Ok(&["UNCL-0.08A"]));
        // Files that share their bytes: every entry points at the first.
        let first = [0u8; 4];
        let shared: Vec<usize> = memchr::memmem::find_iter(&bomb, &CENTRAL).collect();
        let mut small = bomb.clone();
        for at in shared {
            small[at + 42..at + 46].copy_from_slice(&first);
            small[at + 20..at + 24].copy_from_slice(&u32::try_from(bomb.len() / 4).unwrap().to_le_bytes());
        }
        check(&small, Err("lie over each other"));
        // Archives in archives: what they hold together counts.
        let inner = zip(&[("a", &[0; 60])]);
        let outer = zip(&[("1.zip", &inner), ("2.zip", &inner)]);
        let read = |left| {
            let mut walk = Walk { wanted: &|_| true, left, entries: 0, found: Vec::new() };
            walk.archive("", &outer, 0).map(|()| walk.found.len()).map_err(|e| e.to_string())
        };
        let all = 2 * (inner.len() as u64 + 60);
        assert_eq!(read(all), Ok(2));
        assert!(read(all - 1).unwrap_err().contains("bytes in all"));
    }

    #[test]
    fn what_inflates_beyond_what_it_says_is_refused() {
        use std::io::Write;
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&vec![0; 1 << 20]).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(inflate(&packed, 10).unwrap().len(), 11);
    }
}
