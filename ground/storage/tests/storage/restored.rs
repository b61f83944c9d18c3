//! After a restoration: no leaf gets a number before it is known which numbers others have seen, leaves
//! that are brought back get their own, and nothing that was recorded meanwhile is lost (LG-1).

use std::path::Path;
use std::time::Duration;

use corridor_base::{Clock, Did, ErrorCode, SystemClock, Timestamp};
use corridor_proof::SealedAct;
use corridor_storage::{ACTS, Held, Leaf, Sequenced, Store, backup};

use crate::common::{Place, TABLES, act, block, server};

fn places() -> Vec<Place> {
    let mut all = vec![Place::sqlite()];
    all.extend(server().map(|server| Place::postgres(&server)));
    all
}

async fn record(store: &Store, who: &Did, count: usize) {
    for _ in 0..count {
        store.write(who, |tx| tx.record(&act(tx.participant()))).await.unwrap();
    }
}

/// The log of acts, once this many have numbers.
async fn leaves(store: &Store, count: u64) -> Vec<Leaf> {
    let begun = std::time::Instant::now();
    while store.sequenced(ACTS).await.unwrap() != (Sequenced { next: count, waiting: 0 }) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", store.sequenced(ACTS).await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    store.leaves(ACTS, 0, 100).await.unwrap()
}

fn take(place: &Place, into: &Path) -> (std::path::PathBuf, Timestamp) {
    let (from, manifest) =
        backup::write(&place.options, into, None, &[], SystemClock.now(), &mut |_| {}).unwrap();
    (from, manifest.taken)
}

fn restore(from: &Path, into: &Place) {
    let now = SystemClock.now();
    let folder = into.folder().join("files");
    backup::restore(from, None, &into.options, &folder, &[&TABLES], now, &mut |_| {}).unwrap();
}

async fn check(source: &Place, target: &Place) {
    let (a, b) = (source.did("a"), source.did("b"));
    let backups = tempfile::tempdir().unwrap();
    let store = source.open();
    assert_eq!(store.restored().await.unwrap(), None);
    record(&store, &a, 3).await;
    record(&store, &b, 2).await;
    leaves(&store, 5).await;
    let (from, taken) = take(source, backups.path());
    record(&store, &a, 3).await;
    let seen = leaves(&store, 8).await;

    restore(&from, target);
    let store = target.open();
    let mark = store.restored().await.unwrap().unwrap();
    assert_eq!((mark.taken, mark.time >= taken), (taken, true));
    // Recorded, and waits; longer than the sequencer would.
    record(&store, &a, 1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(store.sequenced(ACTS).await.unwrap(), Sequenced { next: 5, waiting: 1 });
    // A checkpoint of three leaves was signed here; the others may have other numbers elsewhere.
    store.make_room(ACTS, 3).await.unwrap();
    assert_eq!(store.sequenced(ACTS).await.unwrap(), Sequenced { next: 3, waiting: 3 });
    let missing: Vec<Vec<u8>> = seen[3..].iter().map(|leaf| leaf.entry.clone()).collect();
    let wrong = store.adopt_leaves(&a, ACTS, 4, missing.clone()).await.unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::StorageConflict);
    assert_eq!(store.adopt_leaves(&a, ACTS, 3, missing[..3].to_vec()).await.unwrap(), 1);
    store.close().await;

    // Half of it is done when the process ends: it is begun again.
    let store = target.open();
    assert_eq!(store.sequenced(ACTS).await.unwrap(), Sequenced { next: 6, waiting: 1 });
    store.make_room(ACTS, 3).await.unwrap();
    assert_eq!(store.adopt_leaves(&a, ACTS, 3, missing).await.unwrap(), 2);
    assert_eq!(store.leaves(ACTS, 0, 100).await.unwrap(), seen);
    store.recovered().await.unwrap();
    assert_eq!(store.restored().await.unwrap(), None);
    record(&store, &b, 1).await;
    let all = leaves(&store, 10).await;
    assert_eq!(all[..8], seen);
    assert_eq!(store.lost_acts(0, 100).await.unwrap(), seen[5..]);
    assert_eq!(store.lost_acts(6, 1).await.unwrap(), seen[6..7]);
    assert_eq!(store.acts_without_leaf().await.unwrap(), 0);
    let late = store.adopt_leaves(&a, ACTS, 10, Vec::new()).await.unwrap_err();
    assert_eq!(late.code(), ErrorCode::Internal);
    let late = store.make_room(ACTS, 10).await.unwrap_err();
    assert_eq!(late.code(), ErrorCode::Internal);
}

#[test]
fn leaves_come_back_under_their_numbers() {
    for (i, target) in places().into_iter().enumerate() {
        block(check(&Place::sqlite(), &target));
        // From PostgreSQL, too, where there is one.
        if let Some(source) = places().get(1) {
            block(check(source, &places()[i]));
        }
    }
}

/// Of an act whose leaf alone came back, and with the operator: whose it is takes it back, and nobody takes what the
/// log does not commit to.
async fn check_taken_back(place: &Place, target: &Place) {
    let (a, b) = (place.did("a"), place.did("b"));
    let backups = tempfile::tempdir().unwrap();
    let store = place.open();
    record(&store, &a, 2).await;
    leaves(&store, 2).await;
    let (from, _) = take(place, backups.path());
    // Identifiers give the order in which acts that wait together get their numbers.
    let mut lost = [act(&b), act(&b)];
    lost.sort_by_key(|one| one.act.id);
    for one in lost.clone() {
        store.write(&b, move |tx| tx.record(&one)).await.unwrap();
    }
    let seen = leaves(&store, 4).await;
    store.close().await;
    restore(&from, target);
    let store = target.open();
    let entries = seen[2..].iter().map(|leaf| leaf.entry.clone()).collect();
    assert_eq!(store.adopt_leaves(&a, ACTS, 2, entries).await.unwrap(), 2);
    store.recovered().await.unwrap();
    let check = async |who: &Did, operator: &Did, one: &SealedAct, expect: bool| {
        let (one, operator) = (one.clone(), operator.clone());
        let taken = store.write(who, move |tx| tx.take_back(&operator, &one, None)).await.unwrap();
        assert_eq!(taken, expect, "{who}");
    };
    // Somebody else's; what opens another; what has no leaf; other bytes under the number; another operator.
    check(&a, &a, &lost[0], false).await;
    check(&b, &a, &SealedAct { opening: lost[1].opening.clone(), ..lost[0].clone() }, false).await;
    check(&b, &a, &act(&b), false).await;
    let mut other = act(&b);
    other.act.id = lost[0].act.id;
    other.bytes = other.act.to_bytes();
    check(&b, &a, &other, false).await;
    check(&b, &b, &lost[0], false).await;
    assert_eq!(store.lost_acts(0, 100).await.unwrap(), seen[2..]);
    // Ours, once.
    check(&b, &a, &lost[0], true).await;
    check(&b, &a, &lost[0], false).await;
    assert_eq!(store.lost_acts(0, 100).await.unwrap(), seen[3..]);
    let row = store.act(&b, lost[0].act.id).await.unwrap().unwrap();
    assert_eq!((row.bytes, row.opening.is_some()), (lost[0].bytes.clone(), true));
    assert_eq!(store.leaf_of(&b, ACTS, &lost[0].act.id.to_string()).await.unwrap(), Some(2));
    assert_eq!(store.acts_without_leaf().await.unwrap(), 0);
    record(&store, &b, 1).await;
    assert_eq!(leaves(&store, 5).await[..4], seen);
}

#[test]
fn a_lost_act_is_taken_back_where_its_leaf_says_so() {
    for (place, target) in places().into_iter().zip(places()) {
        block(check_taken_back(&place, &target));
    }
}

#[test]
fn a_raw_log_gets_back_what_it_had_and_takes_nothing_more() {
    let place = Place::sqlite();
    block(async {
        let (store, a) = (place.open(), place.did("a"));
        for entry in [b"one", b"two", b"two"] {
            store.append(&a, "raw", entry.to_vec()).await.unwrap();
        }
        store.mark_restored().await.unwrap();
        let held = store.append(&a, "raw", b"three".to_vec()).await.unwrap_err();
        assert_eq!(held.code(), ErrorCode::LogHeld);
        store.make_room("raw", 1).await.unwrap();
        let entries = [b"two".to_vec(), b"other".to_vec(), b"two".to_vec(), b"two".to_vec()];
        assert_eq!(store.adopt_leaves(&a, "raw", 1, entries.to_vec()).await.unwrap(), 2);
        assert_eq!(store.leaves("raw", 0, 9).await.unwrap().len(), 5);
        store.recovered().await.unwrap();
        let held = store.append(&a, "raw", b"three".to_vec()).await.unwrap_err();
        assert_eq!(held.code(), ErrorCode::LogHeld);
    });
}

/// The mark goes, and a raw log that was there before takes nothing more, nor does one whose name is configured
/// later; one that has begun since does. What was known before another restoration counts for nothing.
async fn check_unknown(place: &Place, target: &Place) {
    let a = place.did("a");
    let backups = tempfile::tempdir().unwrap();
    let check = async |store: &Store, expect: &[(&str, Option<Held>)]| {
        for (log, held) in expect {
            assert_eq!(store.held(log).await.unwrap(), *held, "{log}");
            let added = store.append(&a, log, b"entry".to_vec()).await.map(|_| ()).map_err(|p| p.code());
            assert_eq!(added, if held.is_none() { Ok(()) } else { Err(ErrorCode::LogHeld) }, "{log}");
        }
        assert_ne!(store.held(ACTS).await.unwrap(), Some(Held::Unknown));
    };
    let (marked, unknown) = (Some(Held::Restored), Some(Held::Unknown));
    let store = place.open();
    check(&store, &[("raw", None), ("other", None)]).await;
    store.mark_restored().await.unwrap();
    check(&store, &[("raw", marked), ("other", marked)]).await;
    store.recovered().await.unwrap();
    check(&store, &[("raw", unknown), ("other", unknown), ("later", unknown)]).await;
    store.begin_raw("new").await.unwrap();
    check(&store, &[("new", None)]).await;
    record(&store, &a, 2).await;
    leaves(&store, 2).await;
    let (from, _) = take(place, backups.path());
    store.close().await;

    restore(&from, target);
    let store = target.open();
    store.begin_raw("newer").await.unwrap();
    check(&store, &[("new", marked), ("newer", marked)]).await;
    store.mark_restored().await.unwrap();
    store.recovered().await.unwrap();
    check(&store, &[("raw", unknown), ("other", unknown), ("new", unknown), ("newer", None)]).await;
    record(&store, &a, 1).await;
    leaves(&store, 3).await;
    store.mark_restored().await.unwrap();
    store.recovered().await.unwrap();
    check(&store, &[("newer", unknown)]).await;
}

#[test]
fn a_raw_log_stays_held_for_good() {
    for (place, target) in places().into_iter().zip(places()) {
        block(check_unknown(&place, &target));
    }
}

/// The mark comes with the rows, also into a database of a build that had none, and again from a
/// backup that was taken while it stood.
#[test]
fn the_mark_stands_whatever_the_backup_is() {
    let (place, backups) = (Place::sqlite(), tempfile::tempdir().unwrap());
    block(async {
        let store = place.open();
        record(&store, &place.did("a"), 1).await;
        store.close().await;
    });
    let older = "DROP TABLE restored; DROP INDEX leaf_lost;
        DELETE FROM schema_version WHERE name = 'storage' AND version = 3;";
    rusqlite::Connection::open(place.url()).unwrap().execute_batch(older).unwrap();
    let (from, taken) = take(&place, backups.path());
    let (first, second) = (Place::sqlite(), Place::sqlite());
    restore(&from, &first);
    block(async { assert_eq!(first.open().restored().await.unwrap().unwrap().taken, taken) });
    let (from, later) = take(&first, backups.path());
    restore(&from, &second);
    block(async { assert_eq!(second.open().restored().await.unwrap().unwrap().taken, later) });
}
