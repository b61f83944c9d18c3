//! Every operation that the recording library knows, done once with plain files, so that a test can
//! compare the record with what is there, and see what a full disk does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Does them all below `disk`.
///
/// # Errors
/// When one of them fails.
pub fn run(disk: &Path, acknowledged: &Path) -> io::Result<()> {
    let at = |name: &str| disk.join(name);
    let mut acknowledged = OpenOptions::new().append(true).create(true).open(acknowledged)?;
    fs::create_dir(at("a"))?;
    fs::create_dir_all(at("b/c/d"))?;
    let mut file = File::create(at("a/one"))?;
    file.write_all(b"hello")?;
    file.write_all(b", world")?;
    file.seek(SeekFrom::Start(1))?;
    file.write_all(b"E")?;
    file.write_all_at(b"far", 10_000)?;
    file.sync_data()?;
    acknowledged.write_all(b"one\n")?;
    let twin = file.try_clone()?;
    drop(file);
    (&twin).write_all(b"L")?;
    twin.set_len(9_000)?;
    twin.set_len(20_000)?;
    let pieces = [IoSlice::new(b"x"), IoSlice::new(b"yz")];
    let _ = (&twin).write_vectored(&pieces)?;
    names(disk)?;
    let mut log = OpenOptions::new().append(true).create(true).open(at("b/log"))?;
    log.write_all(b"first ")?;
    OpenOptions::new().append(true).open(at("b/log"))?.write_all(b"second ")?;
    log.write_all(b"third")?;
    fs::copy(at("b/log"), at("b/copy"))?;
    File::create(at("b/log"))?.write_all(b"anew")?;
    File::open(at("b"))?.sync_all()?;
    acknowledged.write_all(b"two\n")?;
    threads(disk)
}

/// Renames, links and removals.
fn names(disk: &Path) -> io::Result<()> {
    let at = |name: &str| disk.join(name);
    fs::rename(at("a/one"), at("b/c/one"))?;
    for name in ["a/two", "a/three", "a/four"] {
        fs::write(at(name), name)?;
    }
    fs::rename(at("a/two"), at("a/three"))?;
    fs::hard_link(at("a/three"), at("b/linked"))?;
    OpenOptions::new().append(true).open(at("b/linked"))?.write_all(b" by two names")?;
    fs::remove_file(at("a/four"))?;
    fs::rename(at("b/c/d"), at("a/moved"))?;
    fs::create_dir(at("a/gone"))?;
    fs::remove_dir(at("a/gone"))?;
    fs::create_dir_all(at("tree/of/some"))?;
    fs::write(at("tree/of/file"), "x")?;
    fs::remove_dir_all(at("tree"))?;
    // An unlinked file goes on living for those who have it open, unseen by the others.
    let mut open = File::create(at("a/unlinked"))?;
    fs::remove_file(at("a/unlinked"))?;
    open.write_all(b"nobody reads this")?;
    fs::write(at("a/unlinked"), b"another")
}

fn threads(disk: &Path) -> io::Result<()> {
    let shared = File::create(disk.join("shared"))?;
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4u8)
            .map(|n| {
                let shared = &shared;
                scope.spawn(move || (0..200).try_for_each(|_| (&*shared).write_all(&[b'a' + n; 7])))
            })
            .collect();
        writers.into_iter().try_for_each(|w| w.join().unwrap_or_else(|_| Err(io::Error::other("panicked"))))
    })
}

/// Fills a disk of 10,000 bytes: what fits is written, the rest refused, and it works again when room
/// comes back.
///
/// # Errors
/// When the disk does not behave like a full one.
pub fn fill(disk: &Path, room: &Path) -> io::Result<()> {
    let expect =
        |holds: bool, what: &str| if holds { Ok(()) } else { Err(io::Error::other(what.to_owned())) };
    let full = |result: io::Result<()>| result.is_err_and(|e| e.kind() == io::ErrorKind::StorageFull);
    let mut file = File::create(disk.join("a"))?;
    file.write_all(&[1; 9_000])?;
    expect(file.write(&[2; 4_096])? == 1_000, "a short write")?;
    expect(full(file.write_all(&[3])), "no byte more")?;
    file.write_all_at(&[4; 10_000], 0)?;
    expect(full(File::create(disk.join("b")).map(|_| ())), "no file more")?;
    expect(full(fs::create_dir(disk.join("c"))), "no directory more")?;
    file.set_len(500)?;
    fs::write(disk.join("b"), [5; 9_500])?;
    expect(full(file.write_all(&[6])), "full again")?;
    fs::remove_file(disk.join("b"))?;
    fs::write(disk.join("b"), [5; 9_500])?;
    fs::write(room, u64::MAX.to_le_bytes())?;
    fs::write(disk.join("c"), [7; 100_000])
}
