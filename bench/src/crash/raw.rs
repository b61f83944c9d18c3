//! Entries that the raw log of each node takes meanwhile: what was answered with a number stands under it, and
//! whatever anybody was shown is the beginning of one history. A raw log whose node lost its disk takes nothing
//! more: its readers may have seen what is gone (LG-1).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use corridor_base::Digest;
use corridor_proof::SignedCheckpoint;
use corridor_proof::merkle::leaf_hash;
use corridor_proof::tile::{Kind, Tile};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::ledger::PATIENCE;
use super::load::Done;
use super::{Plan, Report, sleep};
use crate::api::{Api, RawLog};
use crate::content::Chance;
use crate::world::{Country, World};
use crate::{Result, told};

/// So many clients add to each log.
const CLIENTS: u64 = 2;

/// An entry that was answered with its number.
#[derive(Clone, Debug)]
pub(super) struct Added {
    log: Url,
    number: u64,
    entry: String,
}

/// Clients at work.
pub(super) struct Adding {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Result<Vec<Added>>>,
}

impl Adding {
    /// Sets them to work; `turn` makes their entries others than those of another time.
    pub(super) fn begin(world: &World, plan: &Plan, turn: u64) -> Result<Self> {
        let (stop, mut tasks) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for country in [&world.kr, &world.jp] {
            for number in 0..CLIENTS {
                let chance = Chance::new(plan.seed ^ (number << 48) ^ turn);
                let name = format!("{turn} {number}");
                let (api, log) = (country.api.clone(), country.raw_log()?);
                tasks.spawn(client(api, log, name, plan.pause, chance, stop.clone()));
            }
        }
        Ok(Self { stop, tasks })
    }

    /// Lets each of them end; what was answered.
    pub(super) async fn end(mut self) -> Result<Vec<Added>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut added = Vec::new();
        while let Some(done) = self.tasks.join_next().await {
            added.extend(done.map_err(told("client"))??);
        }
        Ok(added)
    }
}

/// Adds one entry after the other. Nobody knows what became of one that was not answered: it is not tried again.
async fn client(
    api: Api,
    log: Url,
    name: String,
    pause: u64,
    mut chance: Chance,
    stop: Arc<AtomicBool>,
) -> Result<Vec<Added>> {
    let (mut added, mut count) = (Vec::new(), 0_u64);
    let door = log.join("add").map_err(told(&log))?;
    while !stop.load(Ordering::Relaxed) {
        count += 1;
        let entry = format!("{name} {count}");
        match api.add(&door, Bytes::from(entry.clone())).await {
            Ok((200, number)) => {
                let number = number.parse().map_err(told(&number))?;
                added.push(Added { log: log.clone(), number, entry });
            }
            // It stops, starts or is held: later.
            Ok((503, _)) | Err(_) => sleep(chance.between(20, 60)).await,
            Ok((status, why)) => return Err(format!("{door}: {status} {why}")),
        }
        sleep(chance.between(0, pause)).await;
    }
    Ok(added)
}

/// Holds both logs against what was answered and what anybody was shown.
///
/// # Errors
/// When a node does not answer.
pub(super) async fn check(world: &World, done: &Done, report: &mut Report) -> Result {
    (report.entries, report.entries_gone, report.entries_shown) = (done.added.len() as u64, 0, 0);
    for country in [&world.kr, &world.jp] {
        let url = country.raw_log()?;
        let (raw, newest) = settled(country, &url).await?;
        let size = newest.as_ref().map_or(0, |newest| newest.tree().size);
        let entries = entries(&country.api, &url, size).await?;
        let hashes: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        if let Some(newest) = newest {
            world.sightings.see(url.as_str(), newest);
        }
        let judged = world.sightings.judge_raw(&raw, &hashes)?;
        report.entries_shown += judged.checkpoints;
        report.forks += judged.forks;
        judged.faults.into_iter().for_each(|why| report.fault(why));
        // What was in the backup cannot have gone with the disk.
        let backed_up = done.backed_up.get(&url).filter(|_| raw.is_held());
        for one in done.added.iter().filter(|one| one.log == url) {
            let place = usize::try_from(one.number).unwrap_or(usize::MAX);
            match entries.get(place) {
                Some(found) if *found == one.entry.as_bytes() => {}
                None if backed_up.is_some_and(|count| one.number >= *count) => report.entries_gone += 1,
                found => report.lose(format!("{url}: {} is not entry {}: {found:?}", one.entry, one.number)),
            }
        }
    }
    Ok(())
}

/// That the raw log of a node that lost its disk takes nothing more.
///
/// # Errors
/// When the node does not answer.
pub(super) async fn is_held(country: &Country, report: &mut Report) -> Result {
    let door = country.raw_log()?.join("add").map_err(told("add"))?;
    let (status, body) = country.api.add(&door, Bytes::from_static(b"once more")).await?;
    if status != 503 || !body.contains("log-held") {
        report.fault(format!("{door}: a raw log goes on after its disk was lost: {status} {body}"));
    }
    Ok(())
}

/// The raw log of a node, as it says itself.
async fn log(country: &Country) -> Result<RawLog> {
    let log = country.api.log().await?.others.into_iter().next();
    log.ok_or_else(|| format!("{}: the node has no raw log", country.did))
}

/// How many entries of the raw log of a node stand under a checkpoint, which is all that a log that is held
/// shows of them later.
pub(super) async fn signed(country: &Country) -> Result<u64> {
    if log(country).await?.entries == 0 {
        return Ok(0);
    }
    let url = country.raw_log()?.join("checkpoint").map_err(told("checkpoint"))?;
    let note = country.api.bytes(url).await?;
    Ok(SignedCheckpoint::parse(&note).map_err(told("checkpoint"))?.tree().size)
}

/// The log and its newest checkpoint, once that holds every entry; a log that is held has what it has. No
/// checkpoint where there are no entries.
async fn settled(country: &Country, url: &Url) -> Result<(RawLog, Option<SignedCheckpoint>)> {
    let begun = Instant::now();
    loop {
        let raw = log(country).await?;
        if raw.entries == 0 {
            return Ok((raw, None));
        }
        let newest = country.api.bytes(url.join("checkpoint").map_err(told(url))?).await;
        match newest.as_deref().map(SignedCheckpoint::parse) {
            Ok(Ok(newest)) if raw.is_held() || newest.tree().size >= raw.entries => {
                return Ok((raw, Some(newest)));
            }
            other if begun.elapsed() > PATIENCE => {
                return Err(format!("{url}: no checkpoint of {} entries: {other:?}", raw.entries));
            }
            _ => sleep(200).await,
        }
    }
}

/// The entries of a log of this size, as any reader gets them (C2SP tlog-tiles).
async fn entries(api: &Api, url: &Url, size: u64) -> Result<Vec<Vec<u8>>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    while (found.len() as u64) < size {
        let begin = found.len() as u64;
        let width = u16::try_from((size - begin).min(256)).unwrap_or(256);
        let tile = Tile::new(Kind::Entries, begin / 256, width).map_err(told("tile"))?;
        let bytes = api.bytes(url.join(&tile.to_string()).map_err(told(&tile))?).await?;
        found.extend(tile.entries(&bytes).map_err(told(&tile))?.into_iter().map(<[u8]>::to_vec));
    }
    Ok(found)
}
