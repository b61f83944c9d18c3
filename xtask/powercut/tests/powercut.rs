//! A short version of `cargo xtask powercut`, and what it stands on: that the record tells the truth
//! and that a full disk is one.

#![allow(clippy::print_stdout, reason = "a test that does not run says so")]

use std::path::Path;

use corridor_powercut::disk::{Disk, VARIANTS};
use corridor_powercut::format::Op;
use corridor_powercut::full;
use corridor_powercut::record::{Recording, Room, unsupported};
use corridor_powercut::runs::{self, NOT_MISSED, Search};
use corridor_powercut::workload::Plan;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_corridor-powercut"))
}

/// Whether this machine can record; says so when it cannot.
fn supported() -> bool {
    if let Some(why) = unsupported() {
        println!("not run: {why}");
    }
    unsupported().is_none()
}

#[test]
fn a_record_replayed_whole_is_what_is_there() {
    if !supported() {
        return;
    }
    let recording = Recording::make(program(), &["probe".to_owned()], Room::Enough).unwrap();
    recording.compare().unwrap();
    let told = |text: &[u8]| {
        let wanted = Op::Acknowledge { text };
        recording.operations().unwrap().iter().position(|op| *op == wanted).unwrap()
    };
    assert!(told(b"one\n") < told(b"two\n"));
}

#[test]
fn commits_of_the_database_are_made_durable_without_the_times_of_its_files() {
    if !supported() {
        return;
    }
    let plan = Plan { seed: 2, rounds: 1, units: 5, uploads: 1 };
    let recording = Recording::make(program(), &plan.words(), Room::Enough).unwrap();
    let mut disk = Disk::new(None);
    let (mut with_times, mut without) = (0, 0);
    for op in recording.operations().unwrap() {
        if let Op::Sync { node, data } = op
            && disk.class(node) == "file data/corridor.sqlite-wal"
        {
            *if data { &mut without } else { &mut with_times } += 1;
        }
        disk.apply(&op).unwrap();
    }
    assert!(without > 5 && with_times == 0, "SQLite has fdatasync: {without} of {}", without + with_times);
}

#[test]
fn a_full_disk_refuses_and_has_room_again() {
    if supported() {
        Recording::make(program(), &["probe-full".to_owned()], Room::Bytes(10_000))
            .unwrap()
            .compare()
            .unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_every_sync_is_missed() {
    if !supported() {
        return;
    }
    let plan = Plan { seed: 1, rounds: 2, units: 10, uploads: 5 };
    let recording = Recording::make(program(), &plan.words(), Room::Enough).unwrap();
    recording.compare().unwrap();
    let operations = recording.operations().unwrap();
    let cuts = runs::cuts(&operations, 150, 1);
    let all = Search { seed: 1, cuts: &cuts, without: None, torn: 1, enough: 5 };
    let outcome = runs::search(&operations, &all).unwrap();
    assert_eq!(outcome.failures, [], "of {}", outcome.checked);
    assert_eq!(outcome.checked, VARIANTS.len() * cuts.len());
    for class in runs::classes(&operations).unwrap().keys() {
        let excused = NOT_MISSED.iter().any(|(c, _)| c == class);
        let outcome = runs::search_without(&operations, class, 100, 1, 1).unwrap();
        assert!(excused || !outcome.failures.is_empty(), "nobody misses the sync of {class}");
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    if !supported() {
        return;
    }
    let mut refused = 0;
    for size in full::sizes(program(), 6).unwrap() {
        refused += full::fill(program(), Room::Bytes(size)).unwrap().refused;
    }
    assert!(refused > 0, "some disk was full");
}
