//! Holds what was signed of both logs, and what everybody was shown, against each other and against the
//! acts: one history, no act without a leaf, no leaf without an act, and every receipt complete.

use std::collections::BTreeSet;
use std::time::Duration;

use corridor_base::{Clock as _, SystemClock};
use corridor_proof::verdict::State;
use corridor_proof::{Policy, receipt};
use serde_json::Value;
use tokio::time::Instant;

use super::load::Safe;
use super::{Report, sleep};
use crate::api::{Api, Receipts};
use crate::world::{Country, World};
use crate::{Result, told};

/// How long witnesses may take to cosign what is left, once nothing more is done.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);

/// Judges everything that was signed, and every receipt of these documents on both sides.
///
/// # Errors
/// When a node does not answer.
pub(super) async fn check(world: &World, safe: &[Safe], report: &mut Report) -> Result {
    settled(world).await?;
    one_history(world, report).await?;
    if !world.witnesses.is_empty() {
        receipts(world, safe, report).await?;
    }
    Ok(())
}

/// Waits until every act has its place and, where there are witnesses, is under a complete checkpoint.
pub(super) async fn settled(world: &World) -> Result {
    let begun = Instant::now();
    let whole = !world.witnesses.is_empty();
    for country in [&world.kr, &world.jp] {
        loop {
            let log = country.api.log().await?;
            if log.waiting == 0 && (!whole || log.covered == log.leaves) {
                break;
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{}: {} of {} acts are cosigned", log.origin, log.covered, log.leaves));
            }
            sleep(200).await;
        }
    }
    Ok(())
}

/// Whatever was seen of both logs is one history, and that is the history of the acts (LG-1, EX-2).
pub(super) async fn one_history(world: &World, report: &mut Report) -> Result {
    let (mut checkpoints, mut cosigned, mut forks) = (0, 0, 0);
    for country in [&world.kr, &world.jp] {
        let judged = world.sightings.judge(&country.api).await?;
        checkpoints += judged.checkpoints;
        cosigned += judged.cosigned;
        forks += judged.forks;
        judged.faults.into_iter().for_each(|why| report.fault(why));
        let log = country.api.log().await?;
        forks += log.alarms.len() as u64;
        let found = country.api.fsck().await?;
        if let Some(difference) = found.difference {
            report.fault(format!("{}: {difference}", log.origin));
        }
        same_acts(country, report).await?;
    }
    (report.checkpoints, report.cosigned, report.forks) = (checkpoints, cosigned, forks);
    Ok(())
}

/// Every act has its one leaf, and every leaf its act or, after a restoration, is known to have lost it.
async fn same_acts(country: &Country, report: &mut Report) -> Result {
    let acts: BTreeSet<String> = country.api.acts().await?.into_iter().map(|act| act.id).collect();
    let leaves = country.api.leaves().await?;
    let lost: BTreeSet<String> = ids(country.api.lost_leaves().await?).collect();
    let mut places = BTreeSet::new();
    for id in ids(leaves) {
        if !acts.contains(&id) && !lost.contains(&id) {
            report.lose(format!("{}: the leaf of {id} has no act", country.did));
        }
        if !places.insert(id.clone()) {
            report.duplicated += 1;
            report.fault(format!("{}: {id} has two leaves", country.did));
        }
    }
    for id in acts.difference(&places) {
        report.lose(format!("{}: the act {id} has no leaf", country.did));
    }
    Ok(())
}

fn ids(leaves: Vec<crate::api::Leaf>) -> impl Iterator<Item = String> {
    leaves.into_iter().map(|leaf| leaf.id.unwrap_or_else(|| format!("leaf {}", leaf.number)))
}

/// Every receipt of these documents becomes complete on both sides, and holds offline (LG-2).
pub(super) async fn receipts(world: &World, safe: &[Safe], report: &mut Report) -> Result {
    let mut patience = PATIENCE;
    for country in [&world.kr, &world.jp] {
        let policy: Value = country.api.get("api/v1/trust/policy").await?;
        let policy = policy.get("policy").and_then(Value::as_str).unwrap_or_default();
        let policy = Policy::parse(policy.as_bytes()).map_err(told("policy"))?;
        for one in safe {
            let held = complete(&country.api, &one.id, &mut patience).await?;
            if !held.complete {
                report.receipts_bad += 1;
                report.fault(format!("{}: receipts of {} are not complete", country.did, one.id));
                continue;
            }
            for each in held.ours.iter().chain(&held.theirs) {
                let file = each.receipt.as_deref().unwrap_or_default();
                match receipt::verify(file.as_bytes(), &policy, Some(SystemClock.now())).outcome() {
                    State::Passed => report.receipts += 1,
                    other => {
                        report.receipts_bad += 1;
                        report.fault(format!("{}: {} of {}: {other:?}", country.did, each.kind, one.id));
                    }
                }
            }
        }
    }
    Ok(())
}

/// The receipts of a document, once they are complete or patience ends: of that only waiting takes, for to read
/// thousands of documents on a busy machine is longer than it.
async fn complete(api: &Api, id: &str, patience: &mut Duration) -> Result<Receipts> {
    loop {
        let held = api.receipts(id).await?;
        if held.complete || patience.is_zero() {
            return Ok(held);
        }
        sleep(100).await;
        *patience = patience.saturating_sub(Duration::from_millis(100));
    }
}
