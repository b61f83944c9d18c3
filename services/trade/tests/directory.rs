//! The directories that UNECE published, as they are: where they can be had, every message of them is
//! read, and what is read is what stands there.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails loudly and says what it left out")]

use std::path::PathBuf;

use corridor_trade::directory::{Directory, changes};
use corridor_trade::rules::Rulebook;

fn zip(name: &str) -> Option<Vec<u8>> {
    let data = std::env::var_os("CORRIDOR_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let read = std::fs::read(data.join("trade/untdid").join(name));
    if read.is_err() {
        println!("not run: no {name} (set CORRIDOR_DATA)");
    }
    read.ok()
}

fn check(file: &str, name: &str, counts: [usize; 5]) -> Option<Directory> {
    let directory = Directory::load(&zip(file)?).unwrap();
    assert_eq!(directory.name(), name);
    let found = [
        directory.messages.len(),
        directory.messages.values().map(|m| m.nodes.len()).sum(),
        directory.segments.len(),
        directory.codes.len(),
        directory.codes.values().map(|c| c.len()).sum(),
    ];
    assert_eq!((found, directory.oddities.as_slice()), (counts, [].as_slice()), "{name}");
    Some(directory)
}

#[test]
fn every_message_of_the_published_directories_is_read() {
    check("d96a.zip", "D.96A", [125, 8882, 127, 206, 6094]);
    check("d00a.zip", "D.00A", [187, 14186, 157, 264, 9841]);
    check("d01b.zip", "D.01B", [194, 14973, 158, 268, 10228]);
    check("d08a.zip", "D.08A", [193, 15181, 156, 270, 10311]);
}

/// Where a segment could stand for two rows the first one is taken; no other message has such places.
#[test]
fn tables_are_without_collisions_but_three() {
    let mut found = Vec::new();
    for file in ["d96a.zip", "d00a.zip", "d01b.zip", "d08a.zip"] {
        let Some(zip) = zip(file) else { return };
        let directory = Directory::load(&zip).unwrap();
        let book = Rulebook::of(&directory);
        let each = directory.messages.keys().filter(|kind| !book.collisions(kind).is_empty());
        found.extend(each.map(|kind| format!("{kind} {}", directory.name())));
    }
    assert_eq!(found, ["DELFOR D.96A", "DELJIT D.96A", "INVRPT D.96A"]);
}

#[test]
fn two_directories_are_compared() {
    let (Some(old), Some(new)) = (zip("d01b.zip"), zip("d08a.zip")) else { return };
    let (old, new) = (Directory::load(&old).unwrap(), Directory::load(&new).unwrap());
    let all = changes(&old, &new, Some("CUSCAR"));
    let said = |what: &str, how: &str| all.iter().find(|c| c.what == what && c.how.starts_with(how));
    assert!(said("message CUSCAR", "SG7/SG8/").is_some(), "{all:?}");
    assert!(all.iter().any(|c| c.breaks) && all.iter().any(|c| !c.breaks));
    assert!(changes(&old, &old, None).is_empty());
}
