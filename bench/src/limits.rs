//! What this machine can do at best: what a document costs in signatures and commits is measured
//! beside the documents, in the same run and on the same disk.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corridor_base::{DeliveryId, Did, OsRandom, SystemClock};
use corridor_proof::{Act, SecretKey, Signer, act};
use corridor_storage::{NewDelivery, Options, Store};

use crate::{Result, told};

/// How long each figure is measured.
const TIME: Duration = Duration::from_secs(3);

/// Signatures a second and checks of signatures a second (Ed25519, 300 bytes), on one core.
///
/// # Errors
/// When a key does not work.
pub fn signatures() -> Result<(f64, f64)> {
    let key = SecretKey::generate("bench.example/key", &OsRandom).map_err(told("key"))?;
    let message = [7u8; 300];
    let signature = key.sign(&message).map_err(told("signature"))?;
    let signed = rate(TIME / 3, || key.sign(&message).is_ok());
    let checked = rate(TIME / 3, || key.public().verifies(&message, &signature));
    Ok((signed, checked))
}

/// Checks of signatures a second (Ed25519, 300 bytes), on one core, each of another signature.
///
/// # Errors
/// When a key does not work.
pub fn checks(time: Duration) -> Result<f64> {
    let key = SecretKey::generate("bench.example/key", &OsRandom).map_err(told("key"))?;
    let mut message = [7u8; 300];
    let mut signed = Vec::new();
    for number in 0..1000u16 {
        message[..2].copy_from_slice(&number.to_be_bytes());
        signed.push((message, key.sign(&message).map_err(told("signature"))?));
    }
    let mut all = signed.iter().cycle();
    Ok(rate(time, || {
        all.next().is_some_and(|(message, signature)| key.public().verifies(message, signature))
    }))
}

/// What a bare sync is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare {
    /// Bytes at the end of a file, which grows.
    Appended,
    /// Bytes in the place of others, as SQLite's log is written.
    Overwritten,
}

/// How long 4 KiB take to be written and synced (`fdatasync`), one after another, in milliseconds, sorted.
///
/// # Errors
/// When the disk does not take it.
pub fn sync_times(folder: &Path, bare: Bare, time: Duration) -> Result<Vec<f64>> {
    const PIECE: u64 = 4096;
    const PIECES: u64 = 1024;
    let path = folder.join("sync-times");
    let failed = || told(path.display());
    let file = File::create(&path).map_err(failed())?;
    if bare == Bare::Overwritten {
        (&file)
            .write_all(&vec![0; (PIECE * PIECES) as usize])
            .and_then(|()| file.sync_all())
            .map_err(failed())?;
    }
    let (begun, mut times) = (Instant::now(), Vec::new());
    for number in 0.. {
        if begun.elapsed() >= time {
            break;
        }
        let at = if bare == Bare::Overwritten { number % PIECES } else { number } * PIECE;
        let one = Instant::now();
        file.write_all_at(&[7; PIECE as usize], at).and_then(|()| file.sync_data()).map_err(failed())?;
        times.push(one.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// 4 KiB appended and synced, again and again: the most commits a second of one who waits for each.
///
/// # Errors
/// When the disk does not take it.
pub fn syncs(folder: &Path) -> Result<f64> {
    let path = folder.join("sync");
    let mut file = File::create(&path).map_err(told(path.display()))?;
    let mut went = Ok(());
    let rate = rate(TIME / 3, || {
        went = file.write_all(&[7; 4096]).and_then(|()| file.sync_data());
        went.is_ok()
    });
    went.map_err(told(path.display()))?;
    Ok(rate)
}

/// How often a second something succeeds until it fails or time is up.
fn rate(time: Duration, mut work: impl FnMut() -> bool) -> f64 {
    let (begun, mut done) = (Instant::now(), 0u64);
    while begun.elapsed() < time && work() {
        done += 1;
    }
    done as f64 / begun.elapsed().as_secs_f64()
}

/// Units of work a second from so many clients: each writes an act and a delivery and takes the
/// delivery out again, on SQLite in this folder.
///
/// # Errors
/// Those of the store.
pub async fn units(folder: &Path, clients: usize) -> Result<f64> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let store =
        Store::open(Options::directory(&folder.join("units")), &[], clock, random).map_err(told("store"))?;
    let rate = units_in(&store, clients, TIME).await?;
    store.close().await;
    Ok(rate)
}

/// The same in a store that is open.
///
/// # Errors
/// Those of the store.
pub async fn units_in(store: &Store, clients: usize, time: Duration) -> Result<f64> {
    let who: Did = "did:web:bench.example".parse().map_err(told("DID"))?;
    let begun = Instant::now();
    let tasks: Vec<_> =
        (0..clients).map(|_| tokio::spawn(client(store.clone(), who.clone(), begun + time))).collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.map_err(told("client"))??;
    }
    Ok(f64::from(all) / begun.elapsed().as_secs_f64())
}

async fn client(store: Store, who: Did, until: Instant) -> Result<u32> {
    let fields = [("key", "a"), ("replaces", "b")];
    let mut done = 0;
    while Instant::now() < until {
        let act =
            Act::seal(&act::KEY_ROTATED, &who, &fields, &SystemClock, &OsRandom).map_err(told("act"))?;
        let new = NewDelivery {
            id: DeliveryId::new(&SystemClock, &OsRandom),
            queue: "did:web:partner.example".to_owned(),
            kind: "document".to_owned(),
            subject: "subject".to_owned(),
            body: vec![7; 600],
        };
        let unit = store.write(&who, move |tx| {
            tx.record(&act)?;
            tx.enqueue(&new)?;
            tx.execute("DELETE FROM delivery WHERE participant = $1 AND id = $2", &[new.id.into()])
        });
        unit.await.map_err(told("unit"))?;
        done += 1;
    }
    Ok(done)
}
