//! Backup of a running node and restoration on either engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use corridor_base::{Clock, Did, ErrorCode, OsRandom, Problem, SystemClock, Timestamp};
use corridor_storage::backup::{self, ExtraFile, Manifest};
use corridor_storage::{ActPage, BlobName, DeliveryFilter, Store, Tx, Value};
use futures::TryStreamExt;

use crate::common::{Place, TABLES, act, block, delivery, server};

fn places() -> Vec<Place> {
    let mut all = vec![Place::sqlite()];
    all.extend(server().map(|server| Place::postgres(&server)));
    all
}

fn blob() -> BlobName {
    "received/x".parse().unwrap()
}

async fn fill(store: &Store, who: &Did) {
    let fill = |tx: &mut Tx<'_>| {
        let sql = "INSERT INTO note (participant, id, n, words, bytes) VALUES ($1, $2, $3, $4, $5)";
        let bytes: Vec<u8> = (0..=255).collect();
        tx.execute(sql, &["a".into(), i64::MIN.into(), "荷物\n\"'".into(), bytes.into()])?;
        tx.execute(sql, &["b".into(), Value::Null, Value::Null, Value::Null])?;
        tx.record(&act(tx.participant()))?;
        tx.enqueue(&delivery("did:web:partner.example", "x"))
    };
    store.write(who, fill).await.unwrap();
    let content: Vec<u8> = (0..2_500_000).map(|i| (i % 253) as u8).collect();
    store.blobs().put(who, &blob(), Bytes::from(content)).await.unwrap();
}

/// Everything a store shows of one participant.
async fn content(store: &Store, who: &Did) -> (Vec<Vec<Value>>, String, String, Vec<u8>) {
    let read = |tx: &mut Tx<'_>| {
        tx.query("SELECT id, n, words, bytes FROM note WHERE participant = $1 ORDER BY id", &[])
    };
    let rows = store.read(who, read).await.unwrap().into_iter().map(|row| row.into_values()).collect();
    let acts = format!("{:?}", store.acts(who, ActPage::default()).await.unwrap());
    let deliveries = format!("{:?}", store.deliveries(who, DeliveryFilter::default()).await.unwrap());
    let bytes: Vec<Bytes> = store.blobs().read(who, &blob(), 0).await.unwrap().try_collect().await.unwrap();
    (rows, acts, deliveries, bytes.concat())
}

fn now() -> Timestamp {
    SystemClock.now()
}

fn key_file(place: &Place) -> ExtraFile {
    let path = place.folder().join("k1.key");
    corridor_storage::durable::write_file(&path, b"secret", 0o600).unwrap();
    ExtraFile { name: "keys/k1.key".to_owned(), path }
}

fn take(place: &Place, into: &Path) -> (PathBuf, Manifest) {
    backup::write(&place.options, into, None, &[key_file(place)], now(), &mut |_| {}).unwrap()
}

fn restore(from: &Path, into: &Place) -> Result<Manifest, Problem> {
    backup::restore(
        from,
        None,
        &into.options,
        &into.folder().join("restored"),
        &[&TABLES],
        now(),
        &mut |_| {},
    )
}

#[test]
fn a_backup_of_either_engine_restores_on_either() {
    for source in places() {
        let backups = tempfile::tempdir().unwrap();
        let (a, b) = (source.did("a"), source.did("b"));
        let (place, before) = block(async {
            // The node goes on running.
            let store = source.open();
            fill(&store, &a).await;
            fill(&store, &b).await;
            let place = take(&source, backups.path());
            (place, [content(&store, &a).await, content(&store, &b).await])
        });
        assert_eq!((place.1.blobs, place.1.tables["note"], place.1.tables["act"]), (2, 4, 2));
        for target in places() {
            assert_eq!(restore(&place.0, &target).unwrap(), place.1);
            let key = target.folder().join("restored/keys/k1.key");
            assert_eq!(std::fs::read(&key).unwrap(), b"secret");
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            block(async {
                let store = target.open();
                assert!([content(&store, &a).await, content(&store, &b).await] == before);
                fill(&store, &target.did("c")).await;
            });
            assert_eq!(restore(&place.0, &target).unwrap_err().code(), ErrorCode::AlreadyExists);
        }
    }
}

/// While money moves between two accounts, every backup sees the whole sum.
#[test]
fn a_backup_is_of_one_instant() {
    for source in places() {
        let backups = tempfile::tempdir().unwrap();
        let a = source.did("a");
        block(async {
            let store = source.open();
            let open = |tx: &mut Tx<'_>| {
                let sql = "INSERT INTO counter (participant, id, n) VALUES ($1, $2, 1000)";
                tx.execute(sql, &["x".into()])?;
                tx.execute("INSERT INTO note (participant, id, n) VALUES ($1, 'y', 0)", &[])
            };
            store.write(&a, open).await.unwrap();
            let (moving, mover) = (store.clone(), a.clone());
            let moves = tokio::spawn(async move {
                loop {
                    let one = |tx: &mut Tx<'_>| {
                        tx.execute("UPDATE counter SET n = n - 1 WHERE participant = $1 AND id = 'x'", &[])?;
                        tx.execute("UPDATE note SET n = n + 1 WHERE participant = $1 AND id = 'y'", &[])
                    };
                    moving.write(&mover, one).await.unwrap();
                }
            });
            for _ in 0..5 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                let (from, _) = take(&source, backups.path());
                let target = Place::sqlite();
                restore(&from, &target).unwrap();
                let both = target.open();
                let sum = |tx: &mut Tx<'_>| {
                    let x = tx.query_one("SELECT n FROM counter WHERE participant = $1", &[])?;
                    let y = tx.query_one("SELECT n FROM note WHERE participant = $1", &[])?;
                    Ok(x.map_or(Ok(0), |r| r.int(0))? + y.map_or(Ok(0), |r| r.int(0))?)
                };
                assert_eq!(both.read(&a, sum).await.unwrap(), 1000);
            }
            moves.abort();
        });
    }
}

/// Changes one thing about a backup and wants it refused by the name of what was changed.
fn check(change: impl Fn(&Path), expect: ErrorCode, named: &str) {
    let (source, backups) = (Place::sqlite(), tempfile::tempdir().unwrap());
    let a = source.did("a");
    block(async { fill(&source.open(), &a).await });
    let (place, _) = take(&source, backups.path());
    change(&place);
    let target = Place::sqlite();
    let problem = restore(&place, &target).unwrap_err();
    assert_eq!(problem.code(), expect, "{problem}");
    assert!(problem.to_string().contains(named), "{problem}");
    assert!(!target.folder().join("restored").exists() && !target.folder().join("blobs").exists());
}

fn edit(path: PathBuf, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    corridor_storage::durable::write_file(&path, &bytes, 0o600).unwrap();
}

#[test]
fn whatever_is_altered_is_named() {
    let invalid = ErrorCode::BackupInvalid;
    check(|b| edit(b.join("tables/note.jsonl"), |f| f[40] ^= 1), invalid, "tables/note.jsonl");
    check(|b| edit(b.join("tables/act.jsonl"), |f| f.truncate(10)), invalid, "tables/act.jsonl");
    check(|b| edit(b.join("files/keys/k1.key"), |f| f.push(1)), invalid, "files/keys/k1.key");
    check(|b| edit(b.join("manifest.json"), |f| f[20] ^= 1), invalid, "manifest.json");
    check(|b| std::fs::remove_file(b.join("tables/act.jsonl")).unwrap(), invalid, "tables/act.jsonl");
    check(|b| std::fs::remove_file(b.join("manifest.sha256")).unwrap(), invalid, "manifest.sha256");
    check(|b| edit(b.join("manifest.sha256"), |f| f[0] ^= 1), invalid, "manifest.json");
    let add =
        |b: &Path| corridor_storage::durable::write_file(&b.join("tables/more.jsonl"), b"x", 0o600).unwrap();
    check(add, invalid, "tables/more.jsonl");
    check(
        |b| {
            let blob = b.join("blobs").read_dir().unwrap().next().unwrap().unwrap().path().join("received/x");
            edit(blob, |f| f[1_234_567] ^= 0x80);
        },
        invalid,
        "received/x",
    );
    check(|b| std::fs::remove_dir_all(b).unwrap(), invalid, "manifest.json");
}

/// A manifest that is rewritten with its digest is still held to what this build knows.
#[test]
fn a_backup_of_a_newer_build_is_refused_by_name() {
    let rewrite = |from: &'static str, to: &'static str| {
        move |b: &Path| {
            let text = std::fs::read_to_string(b.join("manifest.json")).unwrap().replace(from, to);
            corridor_storage::durable::write_file(&b.join("manifest.json"), text.as_bytes(), 0o600).unwrap();
            let digest = corridor_base::Digest::of(text.as_bytes()).to_string();
            corridor_storage::durable::write_file(&b.join("manifest.sha256"), digest.as_bytes(), 0o600)
                .unwrap();
        }
    };
    check(rewrite("\"test\": 1", "\"test\": 9"), ErrorCode::SchemaUnknown, "test");
    check(rewrite("\"test\": 1", "\"other\": 1"), ErrorCode::SchemaUnknown, "other");
    check(rewrite("\"format\": 1", "\"format\": 2"), ErrorCode::UnknownVersion, "2");
    check(rewrite("files/keys/k1.key", "files/../k1.key"), ErrorCode::BackupInvalid, "files/../k1.key");
}

#[test]
fn a_database_of_a_newer_build_is_not_restored_over() {
    for target in places() {
        let (source, backups) = (Place::sqlite(), tempfile::tempdir().unwrap());
        block(async { fill(&source.open(), &source.did("a")).await });
        let (place, _) = take(&source, backups.path());
        // Empty tables of the same versions are fine: a first start that nobody used.
        block(async { target.open().close().await });
        restore(&place, &target).unwrap();
        let store =
            Store::open(target.options.clone(), &[&TABLES], Arc::new(SystemClock), Arc::new(OsRandom));
        block(async { content(&store.unwrap(), &source.did("a")).await });
    }
}
