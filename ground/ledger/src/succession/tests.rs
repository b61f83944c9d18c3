//! A log of acts ends in the books of one store: what it holds stays, what it did not cover waits for the
//! next, and nobody signs under it any more.

use std::sync::Arc;

use corridor_base::{Clock as _, OsRandom, SystemClock};
use corridor_proof::merkle::Tree;
use corridor_proof::{Act, Checkpoint, SecretKey, VerifierKey, act};

use super::*;
use crate::log::tests::{Place, grow, operator, place, places};
use crate::witness::testing::{FakeLog, ground, secret};
use crate::witness::{AcceptedLogs, Answer, Witness, WitnessParts};
use crate::{Log, fsck};

async fn record(store: &Store, count: usize) {
    for _ in 0..count {
        let fields = [("key", "a"), ("replaces", "b")];
        let sealed = Act::seal(&act::KEY_ROTATED, &operator(), &fields, &SystemClock, &OsRandom).unwrap();
        store.write(&operator(), move |tx| tx.record(&sealed)).await.unwrap();
    }
    while store.restored().await.unwrap().is_none() && store.sequenced(ACTS).await.unwrap().waiting > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

fn successor() -> SecretKey {
    SecretKey::from_seed("node.example/log/2", &[2; 32]).unwrap()
}

/// What an anchor would say of this log, from this tree on.
fn succession(place: &Place, tree: Tree) -> Succession {
    let last = SignedCheckpoint::sign(Checkpoint::new(place.pen.name(), tree).unwrap(), &*place.pen).unwrap();
    Succession {
        country: "JP".parse().unwrap(),
        log: VerifierKey::note(place.pen.name(), place.pen.public().clone()),
        last: String::from_utf8(last.to_bytes()).unwrap(),
        successor: VerifierKey::note(successor().name(), successor().public().clone()),
        why: "lost".to_owned(),
        at: SystemClock.now(),
    }
}

/// Four acts that both countries saw, three more under a checkpoint, two that have a number, two that wait.
async fn lived(place: &Place) -> (Store, Log) {
    let store = place.store();
    let log = Log::open(place.parts(&store, ACTS)).await.unwrap();
    record(&store, 4).await;
    grow(&log).await;
    log.cosigned(4, Vec::new(), true).await.unwrap();
    record(&store, 3).await;
    grow(&log).await;
    record(&store, 2).await;
    store.mark_restored().await.unwrap();
    record(&store, 2).await;
    (store, log)
}

async fn check_ends(place: Place) {
    let (store, log) = lived(&place).await;
    let lost = Tree { size: 20, root: corridor_base::Digest::of(b"nobody has it") };
    let said = succession(&place, lost);
    assert!(end(&store, &operator(), &said).await.unwrap());
    assert!(!end(&store, &operator(), &said).await.unwrap(), "once is enough");
    let all = ended(&store, &operator()).await.unwrap();
    assert_eq!((all.len(), all[0].name.as_str(), &all[0].succession), (1, "acts-1", &said));
    // Under the old one nothing is signed: not by who had it open, and not by who opens it.
    assert!(!matches!(log.integrate().await, Ok(Some(_))));
    let old = crate::LogParts { key: Arc::new(all[0].key().unwrap()), ..place.parts(&store, "acts-1") };
    let old = Log::open(old).await.unwrap();
    assert_eq!(old.latest().await.unwrap().unwrap().tree().size, 7);
    assert_eq!(store.leaves("acts-1", 0, 100).await.unwrap().len(), 7);
    // The new one begins with what says so, and takes the seven acts that nobody had a receipt of.
    let key: Arc<dyn Signer> = Arc::new(successor());
    let parts = crate::LogParts { origin: key.name().to_owned(), key, ..place.parts(&store, ACTS) };
    let new = Log::open(parts).await.unwrap();
    let sealed = Act::seal(&act::TOKEN_REVOKED, &operator(), &[("token", "x")], &SystemClock, &OsRandom);
    let (sealed, again) = (sealed.unwrap(), store.clone());
    let first = sealed.act.id;
    let twice = sealed.clone();
    store.write(&operator(), move |tx| tx.record_first(&sealed)).await.unwrap();
    assert!(again.write(&operator(), move |tx| tx.record_first(&twice)).await.is_err());
    store.begin_raw("raw").await.unwrap();
    store.recovered().await.unwrap();
    record(&store, 1).await;
    assert_eq!(grow(&new).await.tree().size, 1 + 7 + 1);
    assert_eq!(Act::parse(&store.leaves(ACTS, 0, 1).await.unwrap()[0].entry).unwrap().id, first);
    assert_eq!(store.acts_without_leaf().await.unwrap(), 0);
    for log in [&old, &new] {
        assert_eq!(fsck::check(log).await.unwrap().difference, None);
    }
    // Not even now that the store is held no longer, with the old key in hand.
    let rogue = Log::open(place.parts(&store, "raw")).await.unwrap();
    store.append(&operator(), "raw", b"x".to_vec()).await.unwrap();
    assert_eq!(rogue.integrate().await.unwrap_err().code(), ErrorCode::LogEnded);
    assert_eq!(old.integrate().await.unwrap(), None);
    assert!(store.append(&operator(), "acts-1", b"x".to_vec()).await.is_err());
}

#[tokio::test]
async fn a_log_ends_and_the_next_takes_what_it_did_not_cover() {
    for place in places() {
        check_ends(place).await;
    }
}

#[tokio::test]
async fn a_statement_that_does_not_cover_what_is_here_ends_nothing() {
    let place = place();
    let (store, log) = lived(&place).await;
    let here = log.latest().await.unwrap().unwrap().tree();
    let mut foreign = succession(&place, Tree { size: 20, ..here });
    let key = secret("other.example/log");
    foreign.log = VerifierKey::note(key.name(), key.public().clone());
    for wrong in [
        succession(&place, Tree { size: 6, ..here }),
        succession(&place, Tree { root: corridor_base::Digest::of(b"another"), ..here }),
        foreign,
    ] {
        let problem = end(&store, &operator(), &wrong).await.unwrap_err();
        assert_eq!(problem.code(), ErrorCode::CheckpointInconsistent);
    }
    assert!(ended(&store, &operator()).await.unwrap().is_empty());
    assert_eq!(log.latest().await.unwrap().unwrap().tree(), here);
    // Nothing ends while the store is not held.
    store.recovered().await.unwrap();
    assert!(end(&store, &operator(), &succession(&place, here)).await.is_err());
}

/// A witness goes by what it has seen, whatever an anchor says.
#[tokio::test]
async fn a_witness_lets_a_log_end_and_not_what_it_saw_of_it() {
    let (old, new) = (FakeLog::new("old.example/log", 9), FakeLog::new("new.example/log", 3));
    let check = async |seen: u64, last: u64, expect: Option<ErrorCode>| {
        let ground = ground();
        let root = corridor_proof::merkle::print_hash(&old.checkpoint(last).tree().root);
        let policy = format!(
            "log {}\nlog {}\nquorum none\n#corridor ended old.example/log {last} {root} new.example/log\n",
            old.key(),
            new.key(),
        );
        let policy = Arc::new(corridor_proof::Policy::parse(policy.as_bytes()).unwrap());
        let before = Arc::new(
            corridor_proof::Policy::parse(format!("log {}\nquorum none\n", old.key()).as_bytes()).unwrap(),
        );
        let open = async |policy: Arc<corridor_proof::Policy>| -> Witness {
            let source: Arc<dyn crate::witness::PolicySource> = Arc::new(move || Ok(policy.clone()));
            let logs = AcceptedLogs::new(Vec::new(), Some(source), Vec::new(), ground.clock.clone());
            let (store, alarms) = (ground.store.clone(), ground.alarms.clone());
            let parts = WitnessParts {
                store,
                operator: crate::witness::testing::operator(),
                key: Arc::new(secret("w")),
                logs: Arc::new(logs),
                alarms,
            };
            Witness::open(parts).await.unwrap()
        };
        if seen > 0 {
            let witness = open(before).await;
            witness.add_checkpoint(&old.request(0, seen).to_bytes()).await.unwrap();
        }
        let witness = open(policy).await;
        let answer = witness.add_checkpoint(&new.request(0, 3).to_bytes()).await;
        assert_eq!(answer.as_ref().err().map(Problem::code), expect, "{seen} {last}");
        // Nothing more of the old one; what it had may be asked for again.
        let beyond = witness.add_checkpoint(&old.request(seen, 9).to_bytes()).await;
        assert_eq!(beyond.err().map(|p| p.code()), (last < 9).then_some(ErrorCode::LogEnded));
        if (1..=last).contains(&seen) {
            let again = witness.add_checkpoint(&old.request(seen, seen).to_bytes()).await.unwrap();
            assert!(matches!(again, Answer::Cosigned(_)));
        }
    };
    check(0, 5, None).await;
    check(3, 5, None).await;
    check(5, 5, None).await;
    check(6, 5, Some(ErrorCode::CheckpointInconsistent)).await;
    check(9, 9, None).await;
}
