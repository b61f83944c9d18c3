//! The logs of the story: what the recorded process adds and signs, and whether what a cut left goes on from
//! everything that had been shown by then (LG-1).

use std::sync::Arc;
use std::time::Duration;

use corridor_base::{Problem, Result, SystemClock};
use corridor_ledger::{Log, LogParts, fsck};
use corridor_proof::SecretKey;
use corridor_storage::{ACTS, Store};
use tokio::sync::watch;

use crate::claims::Claims;
use crate::story;
use crate::workload::Work;

/// The raw log beside that of the acts.
const RAW: &str = "raw";
/// How long the pen rests when nothing is new.
const REST: Duration = Duration::from_millis(2);

/// The log of acts and a raw one, each with its key.
pub(crate) async fn open(store: &Store) -> Result<[Log; 2]> {
    let open = |name: &str| {
        let origin = format!("powercut.example/{name}");
        let key = SecretKey::from_seed(&origin, &[7; 32]);
        let (store, name) = (store.clone(), name.to_owned());
        async move {
            let (operator, key, clock) = (story::participant(0)?, Arc::new(key?), Arc::new(SystemClock));
            Log::open(LogParts { store, operator, name, origin, key, clock }).await
        }
    };
    Ok([open(ACTS).await?, open(RAW).await?])
}

/// Signs whatever comes, and says what can be shown from now on.
pub(crate) async fn sign(work: Work, stop: watch::Receiver<bool>) -> Result<()> {
    let logs = open(&work.store).await?;
    loop {
        let last = *stop.borrow();
        for log in &logs {
            while let Some(signed) = log.integrate().await? {
                let tree = signed.tree();
                work.teller.say(format_args!("signed {} {} {}", log.name(), tree.size, tree.root))?;
            }
        }
        if last {
            return Ok(());
        }
        tokio::time::sleep(REST).await;
    }
}

/// Adds entries to the raw log, and says under which number each is.
pub(crate) async fn add(work: Work) -> Result<()> {
    let operator = story::participant(0)?;
    for entry in 0..work.plan.units {
        let name = format!("r{}-e{entry}", work.round);
        let number = work.store.append(&operator, RAW, story::entry(&name)).await?;
        work.teller.say(format_args!("entry {number} {name}"))?;
    }
    Ok(())
}

/// Everything about the logs that is not as it was promised.
pub(crate) async fn check(store: &Store, claims: &Claims, wrong: &mut Vec<String>) -> Result<()> {
    for (number, name) in &claims.entries {
        let leaves = store.leaves(RAW, *number, 1).await?;
        if leaves.first().is_none_or(|leaf| leaf.entry != story::entry(name)) {
            wrong.push(format!("the entry {number} of the raw log is gone, or another"));
        }
    }
    let logs = open(store).await?;
    for log in &logs {
        goes_on_from(log, claims, wrong).await;
    }
    // Whatever is signed next goes on from it, too.
    store.append(&story::participant(0)?, RAW, b"after the cut".to_vec()).await?;
    for log in &logs {
        while log.integrate().await?.is_some() {}
        goes_on_from(log, claims, wrong).await;
        if let Some(difference) = fsck::check(log).await?.difference {
            wrong.push(format!("the log {}: {difference}", log.name()));
        }
    }
    Ok(())
}

/// Each checkpoint that was shown is one of the log's.
async fn goes_on_from(log: &Log, claims: &Claims, wrong: &mut Vec<String>) {
    for ((_, size), root) in claims.signed.iter().filter(|((name, _), _)| name == log.name()) {
        match log.tree_at(*size).await {
            Ok(tree) if tree.root == *root => {}
            Ok(_) => wrong.push(format!("the log {} has another root of size {size}", log.name())),
            Err(problem) => wrong.push(format!("the log {} of size {size}: {}", log.name(), say(&problem))),
        }
    }
}

fn say(problem: &Problem) -> String {
    format!("{problem:?}")
}
