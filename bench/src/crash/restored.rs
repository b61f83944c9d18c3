//! A node loses its disk, and what is left is an old backup: its log must go on where others saw it
//! last, and not beside that (LG-1).

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::load::{Done, Load, Safe};
use super::raw::{self, Adding};
use super::{Plan, Report, Side, books, ledger, sleep};
use crate::Result;
use crate::load::settled;
use crate::world::{Country, World};

/// How long work goes on before the backup, and after the node is back.
const WORK: Duration = Duration::from_millis(2500);
/// How long a restored node may take until it takes work again.
const PATIENCE: Duration = Duration::from_secs(600);

/// What came of a restored backup.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lost {
    /// From the loss of the disk until the node took new work, in seconds.
    pub seconds: f64,
    /// The leaves of its log when the backup was taken.
    pub leaves_at_backup: u64,
    /// Acts whose leaf came back from a mirror, and nothing else.
    pub acts_lost: u64,
    /// Documents that had been acknowledged since the backup, that the partner has, and that its own book
    /// does not know any more: none may be left.
    pub documents_unknown: u64,
    /// Documents that had been acknowledged and were nowhere but on the lost disk: they had not crossed yet.
    pub documents_gone: u64,
}

/// A disk that is to be lost.
struct Disk {
    /// The backup, when it was taken before.
    backup: Option<Backup>,
    /// The first document that was handed in after the backup.
    since: u64,
    /// Where rows go afterwards, with PostgreSQL.
    spare: Option<String>,
}

/// A backup of a node.
#[derive(Clone)]
struct Backup {
    home: PathBuf,
    /// The leaves of the node's log when it was taken.
    leaves: u64,
    /// The entries of its raw log that a checkpoint held.
    entries: u64,
}

/// The disks are lost, one after the other, and old backups restored.
///
/// # Errors
/// When a node does not come back.
pub(super) async fn check(world: &mut World, plan: &Plan, done: &mut Done, report: &mut Report) -> Result {
    let [recipient_spare, sender_spare] = plan.spare.clone().map_or([None, None], |urls| urls.map(Some));
    let mut backups = Vec::new();
    for side in &plan.lost {
        backups.push(if plan.together { Some(back_up(side.of(world), side.name()).await?) } else { None });
    }
    let together = done.next;
    for (side, backup) in plan.lost.iter().zip(backups) {
        let since = if plan.together { together } else { done.next };
        match side {
            Side::Recipient => {
                let disk = Disk { backup, since, spare: recipient_spare.clone() };
                recipient(world, plan, &disk, done, report).await?;
            }
            Side::Sender => {
                let disk = Disk { backup, since, spare: sender_spare.clone() };
                sender(world, plan, &disk, done, report).await?;
            }
        }
    }
    Ok(())
}

/// Takes a backup of a node, which goes on.
async fn back_up(country: &Country, name: &str) -> Result<Backup> {
    let (leaves, entries) = (country.api.log().await?.leaves, raw::signed(country).await?);
    let home = country.data.with_extension(format!("backup-{name}"));
    let home = tokio::task::block_in_place(|| country.backup(&home))?;
    Ok(Backup { home, leaves, entries })
}

impl Side {
    fn of(self, world: &World) -> &Country {
        match self {
            Self::Recipient => &world.jp,
            Self::Sender => &world.kr,
        }
    }

    fn of_mut(self, world: &mut World) -> &mut Country {
        match self {
            Self::Recipient => &mut world.jp,
            Self::Sender => &mut world.kr,
        }
    }
}

/// The recipient's disk is lost. Whatever it had received since the backup comes again, and has receipts anew.
///
/// # Errors
/// When it does not come back.
async fn recipient(
    world: &mut World,
    plan: &Plan,
    disk: &Disk,
    done: &mut Done,
    report: &mut Report,
) -> Result {
    crate::progress("the recipient's disk is lost, its backup is old");
    let (lost, more) = round(world, plan, disk, done.next, Side::Recipient).await?;
    report.count(&more.safe);
    done.extend(more);
    books::rows(world, &done.safe, report).await?;
    books::contents(world, &done.safe, report).await?;
    if !world.witnesses.is_empty() {
        ledger::receipts(world, &since(&done.safe, disk.since), report).await?;
    }
    report.restored_recipient = Some(lost);
    raw::is_held(&world.jp, report).await?;
    raw::check(world, done, report).await?;
    ledger::one_history(world, report).await
}

/// The sender's disk is lost. What it had sent since the backup is in the recipient's book, not in its
/// own; it comes back from there, and its receipts become complete on both sides.
///
/// # Errors
/// When it does not come back.
async fn sender(world: &mut World, plan: &Plan, disk: &Disk, done: &mut Done, report: &mut Report) -> Result {
    crate::progress("the sender's disk is lost, its backup is old");
    let (mut lost, more) = round(world, plan, disk, done.next, Side::Sender).await?;
    report.count(&more.safe);
    done.extend(more);
    let known = world.kr.api.documents("outbox", None).await?;
    let known: BTreeSet<&str> = known.iter().map(|row| row.id.as_str()).collect();
    let (there, unknown): (Vec<Safe>, Vec<Safe>) =
        done.safe.iter().cloned().partition(|one| known.contains(one.id.as_str()));
    let crossed = world.jp.api.documents("inbox", Some("received")).await?;
    let crossed: BTreeSet<&str> = crossed.iter().map(|row| row.id.as_str()).collect();
    for one in &unknown {
        if crossed.contains(one.id.as_str()) {
            lost.documents_unknown += 1;
            report.fault(format!("{}: in the inbox, and its sender does not know it any more", one.id));
        } else {
            lost.documents_gone += 1;
        }
    }
    books::rows(world, &there, report).await?;
    books::contents(world, &there, report).await?;
    if !world.witnesses.is_empty() {
        ledger::receipts(world, &since(&there, disk.since), report).await?;
    }
    // What went with the sender's disk is not looked for again.
    done.safe = there;
    report.restored_sender = Some(lost);
    raw::is_held(&world.kr, report).await?;
    raw::check(world, done, report).await?;
    ledger::one_history(world, report).await
}

/// Those that were handed in from this number on.
fn since(safe: &[Safe], number: u64) -> Vec<Safe> {
    safe.iter().filter(|one| one.number >= number).cloned().collect()
}

/// Backup, work, loss, restoration, work.
async fn round(world: &mut World, plan: &Plan, disk: &Disk, first: u64, side: Side) -> Result<(Lost, Done)> {
    let (load, adding) = (Load::begin(world, plan, first)?, Adding::begin(world, plan, first)?);
    tokio::time::sleep(WORK).await;
    let backup = match &disk.backup {
        Some(backup) => backup.clone(),
        None => back_up(side.of(world), side.name()).await?,
    };
    // Of backups that were taken together the second is older, however soon its disk is lost.
    let later = plan.together && plan.lost.first() != Some(&side);
    tokio::time::sleep(if later { WORK } else { plan.age }).await;
    let country = side.of_mut(world);
    country.node.kill()?;
    let begun = Instant::now();
    tokio::task::block_in_place(|| country.restore(&backup.home, disk.spare.as_deref()))?;
    country.node.restart()?;
    tokio::task::block_in_place(|| country.node.ready())?;
    while !country.api.is_ready().await {
        if begun.elapsed() > PATIENCE {
            return Err(format!("the restored node takes no work\n{}", country.node.log_end()));
        }
        sleep(50).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    tokio::time::sleep(WORK).await;
    let mut done = load.end().await?;
    done.added = adding.end().await?;
    done.backed_up.insert(side.of(world).raw_log()?, backup.entries);
    while side.of(world).api.is_lacking().await? {
        if begun.elapsed() > PATIENCE {
            return Err("its partners were not asked for what is missing".to_owned());
        }
        sleep(200).await;
    }
    settled(&world.kr.api).await?;
    ledger::settled(world).await?;
    let acts_lost = side.of(world).api.lost_leaves().await?.len() as u64;
    Ok((Lost { seconds, leaves_at_backup: backup.leaves, acts_lost, ..Lost::default() }, done))
}
