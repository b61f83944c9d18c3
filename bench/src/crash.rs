//! Kills nodes in the middle of their work, and counts what was acknowledged and is lost, and what
//! happened more than once: both must be nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use corridor_base::Digest;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use crate::api::{Act, Api, Document, HandedIn};
use crate::content::{self, Chance};
use crate::load::settled;
use crate::world::{Country, Setup, World};
use crate::{Result, told};

/// The most faults that are told one by one.
const TOLD: usize = 50;
/// Up to this size a document lies in its row, above it in a file (the exchange's `INLINE`).
const INLINE: u64 = 64 << 10;

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
}

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
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What exactly was wrong, the first fifty.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether nothing was lost and nothing happened twice.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.orphans == 0 && self.faults.is_empty()
    }

    fn fault(&mut self, why: String) {
        if self.faults.len() < TOLD {
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

/// A document that a client was told is safe.
struct Safe {
    id: String,
    number: u64,
    size: u64,
}

/// What the clients share.
struct Clients {
    api: Api,
    outbox: Url,
    plan: Plan,
    next: AtomicU64,
    again: AtomicU64,
    stop: AtomicBool,
}

/// Runs the plan.
///
/// # Errors
/// When the nodes cannot be run at all; what they lost stands in the report.
pub async fn run(plan: &Plan, mut database: Option<KillDatabase>) -> Result<Report> {
    let begun = Instant::now();
    let mut world = World::found(&plan.setup).await?;
    let clients = Arc::new(Clients {
        api: world.kr.api.clone(),
        outbox: world.outbox()?,
        plan: plan.clone(),
        next: AtomicU64::new(0),
        again: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let mut tasks = JoinSet::new();
    for number in 0..plan.clients {
        tasks.spawn(client(clients.clone(), Chance::new(plan.seed ^ (number << 32))));
    }
    let mut report =
        Report { engine: plan.setup.engine.name().to_owned(), seed: plan.seed, ..Report::default() };
    strike(plan, &mut world, &mut database, &mut report).await?;
    clients.stop.store(true, Ordering::Relaxed);
    let mut safe = Vec::new();
    while let Some(done) = tasks.join_next().await {
        safe.extend(done.map_err(told("client"))??);
    }
    report.handed_in_again = clients.again.load(Ordering::Relaxed);
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
    check(&world, &safe, &mut report).await?;
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
        if number % 20 == 0 {
            crate::progress(&format!("{number} kills"));
        }
    }
    world.kr.node.settle()?;
    world.jp.node.settle()
}

async fn sleep(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Hands in documents until told to stop, each as often as it takes.
async fn client(all: Arc<Clients>, mut chance: Chance) -> Result<Vec<Safe>> {
    let mut safe = Vec::new();
    while !all.stop.load(Ordering::Relaxed) {
        let number = all.next.fetch_add(1, Ordering::Relaxed);
        // Most documents are short messages, one in twenty is a scan.
        let size = match chance.between(1, 20) {
            1 => chance.between(all.plan.largest.min(100 << 10), all.plan.largest),
            _ => chance.between(1 << 10, 8 << 10),
        };
        let content = content::small(number, usize::try_from(size).unwrap_or(0));
        let key = format!("crash-{}-{number}", all.plan.seed);
        loop {
            match all.api.hand_in(&all.outbox, &key, content.clone()).await {
                HandedIn::Accepted(id) => break safe.push(Safe { id, number, size }),
                HandedIn::Again(_) => {
                    all.again.fetch_add(1, Ordering::Relaxed);
                    sleep(chance.between(5, 40)).await;
                }
                HandedIn::Refused(why) => return Err(format!("document {number} was refused: {why}")),
            }
        }
        sleep(chance.between(0, all.plan.pause)).await;
    }
    Ok(safe)
}

/// Holds the books of both nodes against what the clients were told.
async fn check(world: &World, safe: &[Safe], report: &mut Report) -> Result {
    report.documents = safe.len() as u64;
    report.bytes = safe.iter().map(|s| s.size).sum();
    report.in_pieces = safe.iter().filter(|s| s.size > INLINE).count() as u64;
    let (outbox, inbox) =
        (world.kr.api.documents("outbox", None).await?, world.jp.api.documents("inbox", None).await?);
    let (sent, received) = (by_id(&outbox), by_id(&inbox));
    let acts = [
        (occurrences(&world.kr.api.acts().await?, "document-submitted"), "act document-submitted"),
        (occurrences(&world.kr.api.acts().await?, "document-acknowledged"), "act document-acknowledged"),
        (occurrences(&world.jp.api.acts().await?, "document-received"), "act document-received"),
    ];
    for one in safe {
        let digest = Digest::of(&content::small(one.number, usize::try_from(one.size).unwrap_or(0)));
        for (rows, state, book) in [(&sent, "delivered", "outbox"), (&received, "received", "inbox")] {
            let found = rows.get(one.id.as_str()).map_or(&[][..], Vec::as_slice);
            report.once(&format!("row in the {book}"), &one.id, found.len() as u64);
            for row in found.iter().filter(|row| row.state != state || row.sha256 != digest) {
                report.lose(format!("{}: {} with {} in the {book}", one.id, row.state, row.sha256));
            }
        }
        for (counts, what) in &acts {
            report.once(what, &one.id, counts.get(&one.id).copied().unwrap_or(0));
        }
    }
    strangers(safe, [&outbox, &inbox], &acts, report);
    contents(world, safe, report).await?;
    orphans(world, report)
}

fn by_id(rows: &[Document]) -> HashMap<&str, Vec<&Document>> {
    let mut all: HashMap<&str, Vec<&Document>> = HashMap::new();
    for row in rows {
        all.entry(&row.id).or_default().push(row);
    }
    all
}

/// How often each envelope has an act of this kind.
fn occurrences(acts: &[Act], kind: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for act in acts.iter().filter(|a| a.kind == kind) {
        *counts.entry(act.fields.get("envelope").cloned().unwrap_or_default()).or_default() += 1;
    }
    counts
}

/// Whatever the books hold that no client handed in happened once too often.
fn strangers(
    safe: &[Safe],
    books: [&[Document]; 2],
    acts: &[(BTreeMap<String, u64>, &str)],
    report: &mut Report,
) {
    let known: BTreeSet<&str> = safe.iter().map(|s| s.id.as_str()).collect();
    let rows = books.into_iter().flatten().map(|row| row.id.as_str());
    let acts = acts.iter().flat_map(|(counts, _)| counts.keys().map(String::as_str));
    let strangers: BTreeSet<&str> = rows.chain(acts).filter(|id| !known.contains(id)).collect();
    for id in strangers {
        report.duplicated += 1;
        report.fault(format!("{id}: in the books, and nobody handed it in"));
    }
}

/// Reads every content back, and every acknowledgement.
async fn contents(world: &World, safe: &[Safe], report: &mut Report) -> Result {
    for one in safe {
        let expect = Digest::of(&content::small(one.number, usize::try_from(one.size).unwrap_or(0)));
        match world.jp.api.content_digest(&one.id).await {
            Ok(found) if found == expect => {}
            Ok(found) => report.lose(format!("{}: content {found}, not {expect}", one.id)),
            Err(why) => report.lose(format!("{}: its content cannot be read: {why}", one.id)),
        }
        let detail: Value = world.kr.api.get(&format!("api/v1/outbox/{}", one.id)).await?;
        let note = detail.get("acknowledgement").and_then(Value::as_str).unwrap_or_default();
        if !note.contains(&one.id) {
            report.lose(format!("{}: delivered without an acknowledgement", one.id));
        }
    }
    Ok(())
}

/// Every content that does not lie in its row is one file on either side, and no upload is open.
fn orphans(world: &World, report: &mut Report) -> Result {
    for country in [&world.kr, &world.jp] {
        let (staged, blobs) = (country.staging()?, country.blobs()?.len() as u64);
        for path in &staged {
            report.orphans += 1;
            report.fault(format!("{}: an upload that nobody goes on with", path.display()));
        }
        if blobs != report.in_pieces {
            report.orphans += blobs.abs_diff(report.in_pieces);
            report.fault(format!("{}: {blobs} contents for {} documents", country.did, report.in_pieces));
        }
    }
    Ok(())
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
