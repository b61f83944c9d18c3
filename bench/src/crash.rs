//! Kills nodes in the middle of their work, and counts what was acknowledged and is lost, and what
//! happened more than once: both must be nothing. Then takes their disks away and restores old backups.
//! Whatever was signed meanwhile must be one history of each log (LG-1).

mod books;
mod ledger;
mod load;
mod raw;
mod restored;

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::Result;
use crate::content::Chance;
use crate::load::settled;
use crate::world::{Country, Setup, World};
use load::Load;
use raw::Adding;
use restored::Lost;

/// The most faults that are told one by one.
const TOLD: usize = 50;
/// Up to this size a document lies in its row, above it in a file (the exchange's `INLINE`).
const INLINE: u64 = 64 << 10;
/// So many kills of nodes for one of an anchor's witness.
const NODES_A_WITNESS: u64 = 10;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How the world is made.
    pub setup: Setup,
    /// How often a node is killed.
    pub kills: u64,
    /// How often the database server is killed beside.
    pub database_kills: u64,
    /// What chance begins with.
    pub seed: u64,
    /// How many clients hand in documents.
    pub clients: u64,
    /// The longest pause of a client between two documents, in milliseconds.
    pub pause: u64,
    /// The largest document, in bytes.
    pub largest: u64,
    /// Whose disks are lost at the end, one after the other; each is restored from an old backup.
    pub lost: Vec<Side>,
    /// How long work goes on between a backup and the loss of the disk.
    pub age: Duration,
    /// Whether all backups are taken at once, before the first disk is lost, as in one night. The backup of the
    /// second knows nothing of the first restoration then.
    pub together: bool,
    /// With PostgreSQL, two more databases, which are empty.
    pub spare: Spare,
}

/// Which of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The one that documents come to.
    Recipient,
    /// The one that they are handed in at.
    Sender,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Sender => "sender",
        }
    }
}

/// Where the rows of a restored node go: the recipient's, then the sender's. None with SQLite.
pub type Spare = Option<[String; 2]>;

/// Kills the database server and starts it again.
pub type KillDatabase = Box<dyn FnMut() -> Result + Send>;

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Where rows were kept.
    pub engine: String,
    /// What chance began with.
    pub seed: u64,
    /// How often the sender's node was killed.
    pub kills_sender: u64,
    /// How often the recipient's node was killed.
    pub kills_recipient: u64,
    /// How many of both struck a node that was still starting.
    pub kills_while_starting: u64,
    /// How often an anchor's witness was killed.
    pub kills_witness: u64,
    /// How often the database server was killed.
    pub kills_database: u64,
    /// Documents that the sender's node acknowledged to a client.
    pub documents: u64,
    /// Those among them that travel in pieces.
    pub in_pieces: u64,
    /// Their bytes, all together.
    pub bytes: u64,
    /// How often a client had to hand in again, because no answer came.
    pub handed_in_again: u64,
    /// Acknowledged, and not there, not the same, or without its act.
    pub lost: u64,
    /// There twice, or with an act too many.
    pub duplicated: u64,
    /// Files of uploads or contents that belong to no document.
    pub orphans: u64,
    /// Distinct checkpoints of both logs that anybody saw.
    pub checkpoints: u64,
    /// Those among them with a cosignature.
    pub cosigned: u64,
    /// Two checkpoints of one size, one that does not go on from an earlier one, one that the log has no
    /// more, alarms.
    pub forks: u64,
    /// Complete receipts of acknowledged documents, on both sides, each checked offline.
    pub receipts: u64,
    /// What was incomplete, or did not hold.
    pub receipts_bad: u64,
    /// Entries of raw logs that were answered with a number.
    pub entries: u64,
    /// Those among them that were under no checkpoint yet when the backup was taken.
    pub entries_gone: u64,
    /// Distinct checkpoints of raw logs that anybody saw.
    pub entries_shown: u64,
    /// Whose disks were lost, in this order.
    pub lost_disks: String,
    /// How old the backups were when a disk was lost, in seconds; of those that were taken together, the first.
    pub backup_age: u64,
    /// Whether they were taken together.
    pub together: bool,
    /// The recipient's disk was lost, and an old backup restored.
    pub restored_recipient: Option<Lost>,
    /// The same of the sender's.
    pub restored_sender: Option<Lost>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What exactly was wrong, the first fifty.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether nothing was lost, nothing happened twice and no log has forked.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let wrong = self.lost + self.duplicated + self.orphans + self.forks + self.receipts_bad;
        wrong == 0 && self.faults.is_empty()
    }

    /// These were acknowledged, too.
    fn count(&mut self, safe: &[load::Safe]) {
        self.documents += safe.len() as u64;
        self.bytes += safe.iter().map(|one| one.size).sum::<u64>();
        self.in_pieces += safe.iter().filter(|one| one.size > INLINE).count() as u64;
    }

    fn fault(&mut self, why: String) {
        if self.faults.len() < TOLD && !self.faults.contains(&why) {
            self.faults.push(why);
        }
    }

    fn lose(&mut self, why: String) {
        self.lost += 1;
        self.fault(why);
    }

    /// Holds a number of occurrences against the one that is right.
    fn once(&mut self, what: &str, id: &str, found: u64) {
        match found {
            0 => self.lose(format!("{id}: no {what}")),
            1 => {}
            more => {
                self.duplicated += more - 1;
                self.fault(format!("{id}: {what} {more} times"));
            }
        }
    }
}

/// Runs the plan.
///
/// # Errors
/// When the nodes cannot be run at all; what they lost stands in the report.
pub async fn run(plan: &Plan, mut database: Option<KillDatabase>) -> Result<Report> {
    let begun = Instant::now();
    let mut world = World::found(&plan.setup).await?;
    let watching = world.sightings.watch(world.shows().await?)?;
    let (load, adding) = (Load::begin(&world, plan, 0)?, Adding::begin(&world, plan, 0)?);
    let names: Vec<&str> = plan.lost.iter().map(|side| side.name()).collect();
    let mut report = Report {
        engine: plan.setup.engine.name().to_owned(),
        seed: plan.seed,
        lost_disks: names.join(", "),
        backup_age: plan.age.as_secs(),
        together: plan.together,
        ..Report::default()
    };
    strike(plan, &mut world, &mut database, &mut report).await?;
    let mut done = load.end().await?;
    done.added = adding.end().await?;
    report.handed_in_again = done.again;
    // Once more as an operator would do it: queues that rest after failures begin anew, and what
    // hand-ins left that a kill cut off is removed, once it has not been touched for a second.
    sleep(1100).await;
    for country in [&mut world.kr, &mut world.jp] {
        country.node.settle()?;
        country.node.stop()?;
        country.node.restart()?;
        country.node.ready()?;
    }
    settled(&world.kr.api).await?;
    books::check(&world, &done.safe, &mut report).await?;
    ledger::check(&world, &done.safe, &mut report).await?;
    raw::check(&world, &done, &mut report).await?;
    restored::check(&mut world, plan, &mut done, &mut report).await?;
    drop(watching);
    report.seconds = begun.elapsed().as_secs_f64().round();
    if report.is_good() {
        world.stop()?;
    } else {
        report.fault(format!("kept in {}", world.keep().display()));
    }
    Ok(report)
}

/// Kills at random points until there were enough.
async fn strike(
    plan: &Plan,
    world: &mut World,
    database: &mut Option<KillDatabase>,
    report: &mut Report,
) -> Result {
    let mut chance = Chance::new(plan.seed);
    let every = plan.kills / (plan.database_kills + 1).max(1);
    for number in 1..=plan.kills {
        let due = every > 0 && number % every == 0 && report.kills_database < plan.database_kills;
        if let Some(kill) = database.as_mut().filter(|_| due) {
            // A node that starts without its database rightly refuses: let both stand first.
            tokio::task::block_in_place(|| world.kr.node.settle().and_then(|()| world.jp.node.settle()))?;
            sleep(chance.between(0, 300)).await;
            tokio::task::block_in_place(kill)?;
            report.kills_database += 1;
        }
        let sender = chance.between(0, 1) == 0;
        let Country { node, .. } = if sender { &mut world.kr } else { &mut world.jp };
        // One in five strikes a node that is still starting.
        if chance.between(1, 5) > 1 {
            tokio::task::block_in_place(|| node.settle())?;
            sleep(chance.between(0, 300)).await;
        } else {
            report.kills_while_starting += u64::from(node.is_starting());
            sleep(chance.between(0, 30)).await;
        }
        node.kill()?;
        node.restart()?;
        *if sender { &mut report.kills_sender } else { &mut report.kills_recipient } += 1;
        if number % NODES_A_WITNESS == 0 {
            let turn = number / NODES_A_WITNESS;
            report.kills_witness += tokio::task::block_in_place(|| kill_witness(world, turn))?;
        }
        if number % 20 == 0 {
            crate::progress(&format!("{number} kills"));
        }
    }
    for witness in world.witnesses.iter_mut().filter_map(|w| w.process.as_mut()) {
        witness.settle()?;
    }
    world.kr.node.settle()?;
    world.jp.node.settle()
}

/// Kills the witness of one anchor or the other and starts it again; how many were killed.
fn kill_witness(world: &mut World, turn: u64) -> Result<u64> {
    let count = world.witnesses.len().max(1) as u64;
    let which = usize::try_from(turn % count).unwrap_or_default();
    let Some(process) = world.witnesses.get_mut(which).and_then(|w| w.process.as_mut()) else { return Ok(0) };
    process.settle()?;
    process.kill()?;
    process.restart()?;
    Ok(1)
}

async fn sleep(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_lost_and_what_is_there_twice_is_duplicated() {
        let check = |found: u64, lost: u64, duplicated: u64| {
            let mut report = Report::default();
            report.once("row", "id", found);
            assert_eq!((report.lost, report.duplicated, report.is_good()), (lost, duplicated, found == 1));
        };
        check(0, 1, 0);
        check(1, 0, 0);
        check(3, 0, 2);
    }
}
