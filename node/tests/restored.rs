//! A node is restored from an old backup while its partner, which has witnessed and copied its log, is
//! away: it takes no work and signs nothing. When the partner is back it recovers by itself: the log goes
//! on where the partner saw it last, and what the partner had delivered comes again (LG-1).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "common/pair.rs"]
mod pair;

use corridor_base::{Clock, ErrorCode, SystemClock};
use corridor_exchange::Side;
use corridor_ledger::Log;
use corridor_node::assembly::{self, Surroundings};
use corridor_node::{doctor, serve};
use corridor_storage::backup;

use pair::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_does_not_fork_the_log() {
    let around = Surroundings::of_machine();
    let (_desk, mut anchor) = anchor();
    let (ours, theirs) = (place(), place());
    let (mut config, other) = (ours.config(&anchor, theirs.port), theirs.config(&anchor, ours.port));
    config.ledger_raw = vec!["notices".to_owned()];
    let (a, b) = (
        serve::start(config.clone(), &around).await.unwrap(),
        serve::start(other.clone(), &around).await.unwrap(),
    );
    anchor.admit(&ours.admission(&a), &SystemClock).unwrap();
    anchor.admit(&theirs.admission(&b), &SystemClock).unwrap();
    for node in [&a, &b] {
        node.node.import(anchor.newest().bytes()).await.unwrap();
    }
    agree(&a, &b, &ours.did, &theirs.did).await;
    let first = send(&b, &theirs.did, &ours.did, b"before the backup").await;
    received(&a, &ours.did, first).await;
    let notices = a.node.ledger.raw[0].clone();
    published(&notices, 2).await;
    let backups = tempfile::tempdir().unwrap();
    let (from, _) =
        backup::write(&assembly::storage(&config), backups.path(), None, &[], SystemClock.now(), &mut |_| {})
            .unwrap();
    let second = send(&b, &theirs.did, &ours.did, b"after the backup").await;
    received(&a, &ours.did, second).await;
    let size = witnessed(&a, &b).await;
    published(&notices, 3).await;
    b.stop().await;
    a.stop().await;

    restore(&config, &from);
    // The raw log that is to go on when the other cannot.
    config.ledger_raw.push("notices-2".to_owned());
    let a = serve::start(config, &around).await.unwrap();
    until("a reason", async || !a.node.ledger.recovery.why().is_empty()).await;
    let before = a.node.ledger.log.latest().await.unwrap().unwrap().tree().size;
    assert!(before < size);
    assert_eq!(a.node.takes_work().unwrap_err().code().as_str(), "log-held");
    let found = doctor::of_node(&a.node, corridor_base::Lang::En).await;
    assert!(found.iter().any(|f| f.check == "recovery" && f.status == doctor::Status::Wrong), "{found:?}");
    // Whom it has still to ask is said, too.
    let lacks = |f: &doctor::Finding| f.check == "recovery" && f.detail.contains(theirs.did.as_str());
    assert!(found.iter().any(|f| lacks(f) && f.status == doctor::Status::Warning), "{found:?}");
    assert!(a.node.exchange.document(&ours.did, Side::In, second).await.is_err());

    let b = serve::start(other, &around).await.unwrap();
    until("the recovery", async || a.node.takes_work().is_ok()).await;
    received(&a, &ours.did, second).await;
    until("an answer of the partner", async || a.node.exchange.lacking(&ours.did).await.unwrap().is_empty())
        .await;
    let third = send(&b, &theirs.did, &ours.did, b"and it goes on").await;
    received(&a, &ours.did, third).await;
    assert!(witnessed(&a, &b).await > size);
    assert!(!a.node.exchange.store().lost_acts(0, 100).await.unwrap().is_empty());
    goes_on_elsewhere(&a).await;
    for node in [&a, &b] {
        assert!(node.node.ledger.alarms.list().await.unwrap().is_empty());
        let report = corridor_ledger::fsck::check(&node.node.ledger.log).await.unwrap();
        assert_eq!(report.difference, None);
    }
    a.stop().await;
    b.stop().await;
}

/// Entries are added, and the log shows a checkpoint over all it has.
async fn published(log: &Log, entries: u64) {
    let before = log.sequenced().await.unwrap().next;
    for _ in 0..entries {
        log.store().append(log.operator(), log.name(), b"a notice".to_vec()).await.unwrap();
    }
    let shown = async || log.public().await.unwrap().map_or(0, |signed| signed.tree().size);
    until("a checkpoint", async || shown().await == before + entries).await;
}

/// Nobody watches the raw log: what it published after the backup cannot be known, so it stays as it is, the
/// doctor says so, and the other one goes on.
async fn goes_on_elsewhere(node: &serve::Running) {
    let [old, new] = &node.node.ledger.raw[..] else { panic!("two raw logs") };
    let refused = old.store().append(old.operator(), old.name(), b"x".to_vec()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::LogHeld);
    assert_eq!(old.integrate().await.unwrap(), None);
    assert_eq!(old.public().await.unwrap().unwrap().tree().size, 2);
    let found = doctor::of_node(&node.node, corridor_base::Lang::En).await;
    let found: Vec<_> = found.iter().filter(|f| f.check == "raw").collect();
    assert!(found.len() == 1 && found[0].about == old.origin(), "{found:?}");
    assert!(found[0].status == doctor::Status::Warning && found[0].remedy.contains("ledger.raw"));
    published(new, 2).await;
    assert_ne!((new.origin(), new.key()), (old.origin(), old.key()));
}
