//! What a long log costs: filled without HTTP, looked at by a node.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use corridor_base::{Did, OsRandom, SystemClock};
use corridor_bench::content::Chance;
use corridor_bench::http::ENTRY;
use corridor_bench::process::{self, used};
use corridor_bench::report::{Better, Row};
use corridor_bench::solo::Solo;
use corridor_bench::{Result, progress, told};
use corridor_identity::log_key;
use corridor_proof::Signer;
use corridor_storage::Store;
use tokio::task::JoinSet;

use crate::open::Open;
use crate::{Arguments, RAW};

/// How many tasks fill the long log.
const FILLERS: u64 = 512;
/// Into how many parts the long log is cut, to see whether an entry costs more in the last.
const PARTS: u64 = 10;

/// A log of many entries, filled without HTTP in the data directory of a node that does not run. The node
/// made the directory and the key; its rows are made anew, with none but those of the log.
pub(super) async fn long(arguments: &Arguments, folder: &Path) -> Result<Vec<Row>> {
    let mut solo = Solo::start(&process::program()?, folder, &format!("raw = [\"{RAW}\"]"))?;
    solo.node.stop()?;
    fs::remove_file(solo.data.join("corridor.sqlite")).map_err(told("the node's rows"))?;
    let origin = format!("localhost:{}/logs/{RAW}", solo.public);
    let key = || log_key(&solo.data.join("keys"), RAW, &origin, &SystemClock, &OsRandom).map_err(told("key"));
    let who: Did = solo.did().parse().map_err(told("DID"))?;
    let place = &solo.data;
    let open = Open::with(place, RAW, key()?, who.clone()).await?;
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    let part = (arguments.entries / PARTS).max(1);
    for number in 0..PARTS {
        let (begun, before) = (Instant::now(), used(std::process::id()));
        fill(&open.store, &who, part).await?;
        rates.push(part as f64 / begun.elapsed().as_secs_f64());
        open.integrated((number + 1) * part).await?;
        let cpu = used(std::process::id()).zip(before).map_or(0.0, |(after, before)| after - before);
        costs.push(cpu * 1e6 / part as f64);
        progress(&format!(
            "{} entries: {:.0}/s, {:.1} µs of processor each",
            (number + 1) * part,
            rates[rates.len() - 1],
            costs[costs.len() - 1]
        ));
    }
    open.close().await;
    let entries = part * PARTS;
    let bytes = size(place)? as f64 / entries as f64;
    let (mut proofs, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        proofs.push(proved(place, key()?, &who, entries).await?);
    }
    for first in [true, false, false, false, false, false] {
        let begun = Instant::now();
        solo.node.restart()?;
        solo.node.ready()?;
        // The first makes the tables of the rest of the node.
        starts.extend((!first).then(|| begun.elapsed().as_secs_f64() * 1e3));
        solo.node.stop()?;
    }
    Ok(long_rows(entries, &rates, &costs, bytes, [&proofs, &starts]))
}

fn long_rows(
    entries: u64,
    rates: &[f64],
    costs: &[f64],
    bytes: f64,
    [proofs, starts]: [&[f64]; 2],
) -> Vec<Row> {
    let list = |values: &[f64]| values.iter().map(|v| format!("{v:.0}")).collect::<Vec<_>>().join(", ");
    let ends = |values: &[f64]| {
        (values.first().copied().unwrap_or_default(), values.last().copied().unwrap_or_default())
    };
    let ((first, last), (cheap, dear)) = (ends(rates), ends(costs));
    let name = |what: &str| format!("log of {entries} entries: {what}");
    let rate_note = format!(
        "{FILLERS} tasks in one process, no HTTP, one entry of {ENTRY} bytes a unit of work, durable; \
         tiles and checkpoints made meanwhile; tenth by tenth: {}",
        list(rates)
    );
    let cost_note = format!("user and kernel, integration included; tenth by tenth: {}", list(costs));
    let proof_note = "store and log opened, the checkpoint read, the inclusion of an entry in the middle \
        proved from tiles; files in the page cache";
    let start_note = "a node with this raw log: from starting the process to its word that it takes requests";
    let (higher, lower) = (Better::Higher, Better::Lower);
    vec![
        Row::new(&name("adds, last tenth"), "1/s", higher, &[last], rate_note).limited("first tenth", first),
        Row::new(&name("processor time an add, last tenth"), "µs", lower, &[dear], cost_note)
            .limited("first tenth", cheap),
        Row::new(&name("on disk an entry"), "bytes", lower, &[bytes], "the whole data directory, closed")
            .limited("the entry and its hash", (ENTRY + 32) as f64),
        Row::new(&name("from opening to a proof"), "ms", lower, proofs, proof_note),
        Row::new(&name("start to ready"), "ms", lower, starts, start_note),
    ]
}

/// Appends so many entries, from many tasks at once.
async fn fill(store: &Store, who: &Did, entries: u64) -> Result {
    let mut tasks = JoinSet::new();
    for filler in 0..FILLERS.min(entries) {
        let (store, who) = (store.clone(), who.clone());
        let count = entries / FILLERS.min(entries) + u64::from(filler < entries % FILLERS.min(entries));
        tasks.spawn(async move {
            let seed = (&OsRandom as &dyn corridor_base::Random).bytes();
            let mut chance = Chance::new(u64::from_be_bytes(seed));
            for _ in 0..count {
                let mut entry = vec![7; ENTRY];
                for bytes in entry.chunks_exact_mut(8) {
                    bytes.copy_from_slice(&chance.number().to_be_bytes());
                }
                store.append(&who, RAW, entry).await.map_err(told("append"))?;
            }
            Ok::<(), String>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(told("filler"))??;
    }
    Ok(())
}

/// How long it takes until a log that was closed proves something, in milliseconds.
async fn proved(place: &Path, key: Arc<dyn Signer>, who: &Did, entries: u64) -> Result<f64> {
    let begun = Instant::now();
    let open = Open::with(place, RAW, key, who.clone()).await?;
    let newest = open.log.latest().await.map_err(told("checkpoint"))?.ok_or("no checkpoint")?;
    open.log.prove_inclusion(entries / 2, newest.tree().size).await.map_err(told("proof"))?;
    let millis = begun.elapsed().as_secs_f64() * 1e3;
    if newest.tree().size != entries {
        return Err(format!("a checkpoint over {} entries, not {entries}", newest.tree().size));
    }
    open.close().await;
    Ok(millis)
}

/// The bytes of all files in a folder.
fn size(folder: &Path) -> Result<u64> {
    let mut all = 0;
    for entry in fs::read_dir(folder).map_err(told(folder.display()))? {
        let entry = entry.map_err(told(folder.display()))?;
        let known = entry.metadata().map_err(told(entry.path().display()))?;
        all += if known.is_dir() { size(&entry.path())? } else { known.len() };
    }
    Ok(all)
}
