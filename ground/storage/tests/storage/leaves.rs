//! Leaves: every act has one, every leaf gets the next number, and nothing leaves a gap.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corridor_base::{Did, ErrorCode, OsRandom, Problem, SystemClock};
use corridor_storage::{ACTS, ActPage, Leaf, Sequenced, Store, Tx, backup};

use crate::common::{Place, TABLES, act, block, child, everywhere, server, sql, succeed, told};

/// All numbered leaves, once as many are numbered as there are to be.
async fn leaves(store: &Store, log: &str, count: u64) -> Vec<Leaf> {
    let begun = Instant::now();
    while store.sequenced(log).await.unwrap() != (Sequenced { next: count, waiting: 0 }) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", store.sequenced(log).await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut all = Vec::new();
    loop {
        let page = store.leaves(log, all.len() as u64, 100).await.unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let numbers: Vec<u64> = all.iter().map(|leaf| leaf.number).collect();
    assert_eq!(numbers, (0..count).collect::<Vec<u64>>(), "dense");
    all
}

/// The bytes of all acts of these participants.
async fn acts(store: &Store, who: &[&Did]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for did in who {
        let mut page = ActPage { limit: 500, ..ActPage::default() };
        loop {
            let rows = store.acts(did, page.clone()).await.unwrap();
            page.after = rows.last().map(|row| row.id);
            if rows.is_empty() {
                break;
            }
            all.extend(rows.into_iter().map(|row| row.bytes));
        }
    }
    all.sort();
    all
}

/// The log of acts has exactly these acts.
async fn check(store: &Store, who: &[&Did]) {
    let expect = acts(store, who).await;
    let mut found: Vec<Vec<u8>> =
        leaves(store, ACTS, expect.len() as u64).await.into_iter().map(|leaf| leaf.entry).collect();
    found.sort();
    assert!(found == expect, "{} leaves, {} acts", found.len(), expect.len());
    assert_eq!(store.acts_without_leaf().await.unwrap(), 0);
}

/// Runs on one engine and on the other; two processes on one database are another test.
fn on_each(body: impl AsyncFn(&Place)) {
    block(body(&Place::sqlite()));
    if let Some(server) = server() {
        block(body(&Place::postgres(&server)));
    }
}

/// Of each three units one commits, one fails and one panics.
async fn mixed(store: &Store, who: &Did, count: usize) {
    let all = (0..count).map(|i| {
        store.write(who, move |tx: &mut Tx<'_>| {
            let one = act(tx.participant());
            tx.record(&one)?;
            match i % 3 {
                0 => Ok(()),
                1 => Err(Problem::new(ErrorCode::NotFound).with("what", i)),
                _ => std::panic::resume_unwind(Box::new("a fault")),
            }
        })
    });
    for (i, done) in futures::future::join_all(all).await.into_iter().enumerate() {
        assert_eq!(done.is_ok(), i % 3 == 0, "{i}: {done:?}");
    }
}

#[test]
fn every_act_has_a_leaf_and_what_is_rolled_back_leaves_no_gap() {
    on_each(async |place| {
        let (store, a, b) = (place.open(), place.did("a"), place.did("b"));
        mixed(&store, &a, 90).await;
        mixed(&store, &b, 30).await;
        check(&store, &[&a, &b]).await;
        let one = act(&a);
        let id = one.act.id.to_string();
        let (again, first) = (one.clone(), one.clone());
        store.write(&a, move |tx| tx.record(&first)).await.unwrap();
        let twice = store.write(&a, move |tx| tx.record(&again)).await.unwrap_err();
        assert_eq!(twice.code(), ErrorCode::AlreadyExists);
        check(&store, &[&a, &b]).await;
        assert_eq!(store.leaf_of(&a, ACTS, &id).await.unwrap(), Some(40));
        assert_eq!(store.leaf_of(&b, ACTS, &id).await.unwrap(), None, "another's (PA-1)");
        store.close().await;
        // As after a restart.
        let store = place.open();
        mixed(&store, &a, 30).await;
        check(&store, &[&a, &b]).await;
    });
}

#[test]
fn an_entry_of_a_raw_log_is_numbered_when_it_is_answered() {
    on_each(async |place| {
        let (store, a) = (place.open(), place.did("a"));
        let mut changed = store.leaves_changed();
        let all = (0..300u32).map(|i| {
            let (store, a) = (&store, &a);
            let log = format!("raw-{}", i % 2);
            async move { (i, store.append(a, &log, i.to_be_bytes().to_vec()).await.unwrap()) }
        });
        let answered: Vec<(u32, u64)> = futures::future::join_all(all).await;
        assert!(changed.has_changed().unwrap());
        changed.mark_unchanged();
        for log in [0, 1] {
            let found = leaves(&store, &format!("raw-{log}"), 150).await;
            let found: BTreeMap<u64, Vec<u8>> = found.into_iter().map(|l| (l.number, l.entry)).collect();
            for (i, number) in answered.iter().filter(|(i, _)| i % 2 == log) {
                assert_eq!(found.get(number), Some(&i.to_be_bytes().to_vec()));
            }
        }
        assert_eq!(leaves(&store, "another", 0).await, []);
        assert_eq!(leaves(&store, ACTS, 0).await, []);
        let page = store.leaves("raw-0", 148, 100).await.unwrap();
        assert_eq!(page.iter().map(|leaf| leaf.number).collect::<Vec<_>>(), [148, 149]);
    });
}

#[test]
fn what_is_no_entry_is_refused_and_leaves_no_gap() {
    on_each(async |place| {
        let (store, a) = (place.open(), place.did("a"));
        let check = async |log: &str, entry: Vec<u8>, expect: ErrorCode| {
            let refused = store.append(&a, log, entry).await.unwrap_err();
            assert_eq!(refused.code(), expect, "{log}");
        };
        check("raw", vec![], ErrorCode::Malformed).await;
        check("raw", vec![7; 65_536], ErrorCode::TooLarge).await;
        check("", vec![7], ErrorCode::Malformed).await;
        check("a\0b", vec![7], ErrorCode::Malformed).await;
        check(&"x".repeat(256), vec![7], ErrorCode::Malformed).await;
        check(ACTS, vec![7], ErrorCode::Forbidden).await;
        // A unit that overlooks what it is told.
        let overlooks = |tx: &mut Tx<'_>| {
            let _ = tx.append("raw", "a\0b", b"x");
            let _ = tx.append("raw", "c", &[]);
            let _ = tx.append(ACTS, "d", b"x");
            Ok(())
        };
        store.write(&a, overlooks).await.unwrap();
        assert_eq!(store.append(&a, "raw", vec![7; 65_535]).await.unwrap(), 0);
        let same = |tx: &mut Tx<'_>| tx.append("raw", "same", b"x").map(|_| ());
        store.write(&a, same).await.unwrap();
        let taken = store.write(&a, same).await.unwrap_err();
        assert_eq!(taken.code(), ErrorCode::AlreadyExists);
        assert_eq!(store.append(&a, "raw", vec![8]).await.unwrap(), 2);
        let reads = store.read(&a, |tx| tx.append("raw", "e", b"x")).await.unwrap_err();
        assert_eq!(reads.code(), ErrorCode::Internal);
        leaves(&store, "raw", 3).await;
    });
}

/// Two processes that add acts and entries to the same logs.
#[test]
fn two_processes_share_one_row_of_numbers() {
    const URL: &str = "CORRIDOR_TEST_SAME_LOG";
    const NAME: &str = "leaves::two_processes_share_one_row_of_numbers";
    let body = async |store: &Store, who: &Did| {
        let units = (0..100).map(|_| store.write(who, |tx| tx.record(&act(tx.participant()))));
        let entries = (0..100u32).map(|i| store.append(who, "raw", i.to_be_bytes().to_vec()));
        let (units, entries) =
            futures::join!(futures::future::join_all(units), futures::future::join_all(entries));
        assert!(units.iter().all(Result::is_ok));
        let mut numbers: Vec<u64> = entries.into_iter().map(Result::unwrap).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 100, "no number twice");
    };
    if let Some(url) = told(URL) {
        let place = Place::at(&url, 1);
        return block(async { body(&place.open(), &place.did("a")).await });
    }
    let Some(server) = server() else { return };
    let place = Place::postgres(&server);
    let other = child(NAME, &[(URL, &place.url())]);
    block(async {
        let (store, a) = (place.open(), place.did("a"));
        body(&store, &a).await;
        tokio::task::spawn_blocking(|| succeed(other)).await.unwrap();
        let b: Did = "did:web:example.jp:a-1".parse().unwrap();
        check(&store, &[&a, &b]).await;
        leaves(&store, "raw", 200).await;
    });
}

/// What a database of the version before has: acts without leaves.
const BEFORE: &str = "
    DROP TABLE leaf;
    DROP TABLE restored;
    DROP TABLE subject_key;
    DROP TABLE subject_handle;
    DROP TABLE seal_subject;
    DROP INDEX act_seal;
    ALTER TABLE act DROP COLUMN seal;
    DELETE FROM schema_version WHERE name = 'storage' AND version >= 2;";

#[test]
fn the_acts_of_an_older_database_are_numbered_in_their_order() {
    on_each(async |place| {
        let (a, b) = (place.did("a"), place.did("b"));
        let store = place.open();
        for i in 0..50 {
            let who = if i % 2 == 0 { &a } else { &b };
            store.write(who, |tx| tx.record(&act(tx.participant()))).await.unwrap();
        }
        store.close().await;
        match place.url() {
            url if url.starts_with("postgres") => drop(sql(&url, BEFORE)),
            path => rusqlite::Connection::open(path).unwrap().execute_batch(BEFORE).unwrap(),
        }
        let store = place.open();
        check(&store, &[&a, &b]).await;
        let mut ids = Vec::new();
        for who in [&a, &b] {
            let page = store.acts(who, ActPage::default()).await.unwrap();
            ids.extend(page.into_iter().map(|row| (row.id.to_string(), who.clone())));
        }
        ids.sort();
        for (number, (id, who)) in ids.iter().enumerate() {
            assert_eq!(store.leaf_of(who, ACTS, id).await.unwrap(), Some(number as u64));
        }
        store.write(&a, |tx| tx.record(&act(tx.participant()))).await.unwrap();
        check(&store, &[&a, &b]).await;
    });
}

#[test]
fn leaves_that_wait_are_counted_and_never_lost() {
    const LOSE: &str = "UPDATE leaf SET number = NULL WHERE number >= 20;";
    on_each(async |place| {
        let a = place.did("a");
        let store = place.open();
        for _ in 0..30 {
            store.write(&a, |tx| tx.record(&act(tx.participant()))).await.unwrap();
        }
        leaves(&store, ACTS, 30).await;
        assert_eq!(count(&store, "leaves_added"), 30);
        assert_eq!(count(&store, "leaves_numbered"), 30);
        store.close().await;
        match place.url() {
            url if url.starts_with("postgres") => {
                // As a process that ended between the commit and the numbering leaves them.
                sql(&url, LOSE);
                check(&place.open(), &[&a]).await;
            }
            path => {
                rusqlite::Connection::open(&path).unwrap().execute_batch(LOSE).unwrap();
                // A backup of such a PostgreSQL, restored here.
                let (backups, other) = (tempfile::tempdir().unwrap(), Place::sqlite());
                let now = corridor_base::Clock::now(&SystemClock);
                let (from, manifest) =
                    backup::write(&place.options, backups.path(), None, &[], now, &mut |_| {}).unwrap();
                assert_eq!(manifest.tables["leaf"], 30);
                backup::restore(&from, None, &other.options, other.folder(), &[&TABLES], now, &mut |_| {})
                    .unwrap();
                let store =
                    Store::open(other.options.clone(), &[&TABLES], Arc::new(SystemClock), Arc::new(OsRandom));
                let store = store.unwrap();
                // None before it is known what others have seen.
                assert_eq!(store.sequenced(ACTS).await.unwrap(), Sequenced { next: 20, waiting: 10 });
                store.recovered().await.unwrap();
                check(&store, &[&a]).await;
                store.write(&a, |tx| tx.record(&act(tx.participant()))).await.unwrap();
                check(&store, &[&a]).await;
            }
        }
    });
}

fn count(store: &Store, name: &str) -> u64 {
    store.metrics().all().iter().find(|(found, ..)| *found == name).unwrap().2
}

/// Units of two participants at once, on every engine and as two processes that do not share rows.
#[test]
fn many_units_at_once_are_numbered() {
    everywhere("leaves::many_units_at_once_are_numbered", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        mixed(&store, &a, 150).await;
        let begun = Instant::now();
        for row in store.acts(&a, ActPage::default()).await.unwrap() {
            while store.leaf_of(&a, ACTS, &row.id.to_string()).await.unwrap().is_none() {
                assert!(begun.elapsed() < Duration::from_secs(60));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
}
