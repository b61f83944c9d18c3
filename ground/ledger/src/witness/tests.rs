//! The witness against every answer that tlog-witness names, and against callers who race.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::Tree;
use corridor_proof::note::signature_lines;
use corridor_proof::verdict::State;
use corridor_proof::{Checkpoint, Policy, split_view};
use proptest::prelude::*;
use tower::ServiceExt as _;

use super::testing::*;
use super::*;

const ORIGIN: &str = "log.example.jp/log";

async fn post(witness: &Witness, body: Vec<u8>) -> (StatusCode, String, String) {
    let request = Request::post("/add-checkpoint").body(Body::from(body)).unwrap();
    let response = router(witness.clone()).oneshot(request).await.unwrap();
    let kind = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
    let (status, body) = (response.status(), to_bytes(response.into_body(), 1 << 20).await.unwrap());
    (status, kind.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
}

/// A policy that knows this log alone.
pub(crate) fn policy(log: &FakeLog) -> Policy {
    Policy::parse(format!("log {}\nquorum none\n", log.key()).as_bytes()).unwrap()
}

#[tokio::test]
async fn a_checkpoint_is_cosigned_and_the_next_must_follow() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 300);
    let witness = ground.witness("witness.example/w", vec![log.known(None)]).await;
    let mut at = 0;
    for size in [0, 1, 2, 7, 7, 256, 300] {
        let request = log.request(at, size);
        let (status, _, body) = post(&witness, request.to_bytes()).await;
        assert_eq!(status, StatusCode::OK, "{at} to {size}: {body}");
        let mut cosigned = log.checkpoint(size);
        cosigned.add(signature_lines(&body).unwrap()).unwrap();
        let time = u64::try_from(START.seconds()).unwrap();
        assert_eq!(cosigned.signed_by(&witness.key()), Finding::Valid { time: Some(time) });
        assert_eq!(witness.latest(ORIGIN).await.unwrap().unwrap(), log.checkpoint(size));
        at = size;
    }
}

/// Every row of the specification and of the table of bad input.
#[tokio::test]
async fn what_cannot_be_cosigned_is_refused_by_status() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 20);
    let witness = ground.witness("witness.example/w", vec![log.known(None)]).await;
    let (_, _, said) = post(&witness, log.request(0, 10).to_bytes()).await;
    assert!(said.contains("\u{2014} witness.example/w "), "{said}");
    check_door(&log, async |body| post(&witness, body).await).await;
    assert_eq!(witness.latest(ORIGIN).await.unwrap().unwrap().tree().size, 15);
    assert!(ground.alarms.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_first_checkpoint_comes_without_a_proof() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 20);
    let witness = ground.witness("witness.example/w", vec![log.known(None)]).await;
    let with_proof = AddCheckpoint { proof: log.request(5, 10).proof, ..log.request(0, 10) };
    assert_eq!(post(&witness, with_proof.to_bytes()).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _, said) = post(&witness, log.request(5, 10).to_bytes()).await;
    assert_eq!((status, said.as_str()), (StatusCode::CONFLICT, "0\n"));
    // A tree without leaves has one root.
    let tree = Tree { size: 0, root: Digest([7; 32]) };
    let wrong = SignedCheckpoint::sign(Checkpoint::new(ORIGIN, tree).unwrap(), &secret(ORIGIN)).unwrap();
    let wrong = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: wrong };
    assert_eq!(post(&witness, wrong.to_bytes()).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(witness.latest(ORIGIN).await.unwrap(), None);
}

#[tokio::test]
async fn another_root_for_the_same_size_is_kept_as_evidence_and_becomes_an_act() {
    for ground in grounds() {
        another_root(&ground).await;
    }
}

async fn another_root(ground: &Ground) {
    let log = FakeLog::new(ORIGIN, 20);
    let witness = ground.witness("witness.example/w", vec![log.known(None)]).await;
    post(&witness, log.request(0, 20).to_bytes()).await;
    let other = log.forked(10);
    for _ in 0..2 {
        let (status, _, _) = post(&witness, other.request(20, 20).to_bytes()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Whatever the old size says.
    assert_eq!(post(&witness, other.request(0, 20).to_bytes()).await.0, StatusCode::CONFLICT);
    let alarms = ground.alarms.list().await.unwrap();
    assert_eq!(alarms.len(), 1);
    let verdict = split_view::verify(&alarms[0].evidence, &policy(&log));
    assert_eq!(verdict.outcome(), State::Passed, "{:?}", verdict.checks);
    let acts = ground.store.acts(&operator(), Default::default()).await.unwrap();
    assert_eq!(acts.iter().map(|a| a.kind.as_str()).collect::<Vec<_>>(), ["split-view-seen"]);
    assert_eq!(ground.alarms.count().await.unwrap(), 1);
    // What was cosigned stays, and what follows it is cosigned again.
    assert_eq!(witness.latest(ORIGIN).await.unwrap().unwrap(), log.checkpoint(20));
    // The evidence is there for others.
    let request = Request::get(format!("/split-views/{}", alarms[0].id)).body(Body::empty()).unwrap();
    let response = router(witness.clone()).oneshot(request).await.unwrap();
    assert_eq!(to_bytes(response.into_body(), 1 << 20).await.unwrap(), alarms[0].evidence);
}

#[tokio::test]
async fn a_log_that_contradicts_itself_without_end_does_not_fill_the_disk() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 20);
    let witness = ground.witness("witness.example/w", vec![log.known(None)]).await;
    post(&witness, log.request(0, 20).to_bytes()).await;
    for at in 0..19 {
        post(&witness, log.forked(at).request(20, 20).to_bytes()).await;
    }
    assert_eq!(ground.alarms.list().await.unwrap().len(), crate::alarm::MAX_OF_ONE_LOG as usize);
}

/// The race of the specification: many requests at once, and no state is ever taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_requests_never_roll_back() {
    for ground in grounds() {
        requests_at_once(&ground).await;
    }
}

async fn requests_at_once(ground: &Ground) {
    let log = FakeLog::new(ORIGIN, 200);
    let witness = ground.witness("witness.example/w", vec![log.known(None)]).await;
    // A second process over the same store: its memory is another one.
    let second = ground.witness("witness.example/w", vec![log.known(None)]).await;
    let mut running = tokio::task::JoinSet::new();
    for client in 0..8u64 {
        let (log, witness) = (log.clone(), if client % 2 == 0 { witness.clone() } else { second.clone() });
        running.spawn(async move {
            let (mut at, mut cosigned) = (0, Vec::new());
            for round in 0..30 {
                let size = (at + 1 + (client * 7 + round) % 5).min(200);
                match witness.add_checkpoint(&log.request(at, size).to_bytes()).await.unwrap() {
                    Answer::Cosigned(_) => {
                        cosigned.push((at, size));
                        at = size;
                    }
                    Answer::Stale(size) => {
                        assert!(size >= at, "rolled back from {at} to {size}");
                        at = size;
                    }
                }
            }
            cosigned
        });
    }
    let mut steps: Vec<(u64, u64)> = running.join_all().await.into_iter().flatten().collect();
    steps.retain(|(from, to)| from != to);
    steps.sort_unstable();
    // From every state one step led on, and it led to the next: no fork, no gap.
    for pair in steps.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "{steps:?}");
    }
    let last = steps.last().unwrap().1;
    assert_eq!(witness.latest(ORIGIN).await.unwrap().unwrap().tree().size, last);
}

#[tokio::test]
async fn the_state_outlives_the_process() {
    let Ground { clock, store, alarms: _, folder } = ground();
    let log = FakeLog::new(ORIGIN, 20);
    let alarms =
        Alarms::new(store.clone(), operator(), clock.clone(), Arc::new(corridor_base::SeededRandom::new(1)));
    let ground_now = Ground { clock: clock.clone(), store, alarms: alarms.clone(), folder };
    let witness = ground_now.witness("w", vec![log.known(None)]).await;
    post(&witness, log.request(0, 12).to_bytes()).await;
    ground_now.store.close().await;
    let again = Ground { store: open(ground_now.folder.path(), &clock), ..ground_now };
    let witness = again.witness("w", vec![log.known(None)]).await;
    let (status, _, said) = post(&witness, log.forked(3).request(0, 20).to_bytes()).await;
    assert_eq!((status, said.as_str()), (StatusCode::CONFLICT, "12\n"));
    assert_eq!(post(&witness, log.request(12, 20).to_bytes()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_restored_witness_cosigns_nothing_until_it_is_caught_up() {
    for ground in grounds() {
        restored(&ground).await;
    }
}

async fn restored(ground: &Ground) {
    let log = FakeLog::new(ORIGIN, 20);
    let witness = ground.witness("w", vec![log.known(None)]).await;
    post(&witness, log.request(0, 12).to_bytes()).await;
    ground.clock.advance(std::time::Duration::from_secs(3600));
    witness.hold().await.unwrap();
    // Also after a restart.
    let witness = ground.witness("w", vec![log.known(None)]).await;
    ground.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(post(&witness, log.request(12, 15).to_bytes()).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(witness.catch_up(&log.request(12, 18)).await.unwrap(), None);
    assert_eq!(post(&witness, log.request(18, 20).to_bytes()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_store_that_a_restoration_has_marked_holds_its_witness_without_being_told() {
    for ground in grounds() {
        marked(&ground).await;
    }
}

async fn marked(ground: &Ground) {
    let log = FakeLog::new(ORIGIN, 3);
    ground.store.mark_restored().await.unwrap();
    let marked = ground.witness("w", vec![log.known(None)]).await;
    assert_eq!(post(&marked, log.request(0, 3).to_bytes()).await.0, StatusCode::SERVICE_UNAVAILABLE);
    ground.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(marked.catch_up(&log.request(0, 2)).await.unwrap(), None);
    // Caught up once is enough, although the mark still stands at the next start.
    let marked = ground.witness("w", vec![log.known(None)]).await;
    assert_eq!(post(&marked, log.request(2, 3).to_bytes()).await.0, StatusCode::OK);
}

#[test]
fn the_logs_of_the_policy_come_and_go_and_our_own_is_never_among_them() {
    let clock = Arc::new(corridor_base::FixedClock::at(START));
    let (a, b, own) = (FakeLog::new("a", 1), FakeLog::new("b", 1), FakeLog::new("own", 1));
    let text = Arc::new(Mutex::new(format!(
        "log {} https://a.example/log\nlog {}\nquorum none\n",
        a.key(),
        own.key()
    )));
    let said = text.clone();
    let source = move || Ok(Arc::new(Policy::parse(said.lock().unwrap().as_bytes())?));
    let named = vec![b.known(None), own.known(None)];
    let logs = AcceptedLogs::new(named, Some(Arc::new(source)), vec!["own".into()], clock.clone());
    assert_eq!(logs.of("a"), [a.known(Some("https://a.example/log/"))]);
    assert_eq!(logs.of("b"), [b.known(None)]);
    assert_eq!(logs.of("own"), []);
    *text.lock().unwrap() = "broken".to_owned();
    clock.advance(std::time::Duration::from_secs(10));
    // A policy that cannot be had changes nothing; one that can does.
    assert_eq!(logs.all().len(), 2);
    *text.lock().unwrap() = "quorum none\n".to_owned();
    clock.advance(std::time::Duration::from_secs(10));
    assert_eq!(logs.all(), [b.known(None)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever sizes are shown in whatever order, with true proofs or not, from one of two histories:
    /// the witness cosigns one history only.
    #[test]
    fn no_two_histories_are_cosigned(steps in proptest::collection::vec((0u64..40, 0u64..40, any::<bool>(), any::<bool>()), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ground = ground();
            let log = FakeLog::new(ORIGIN, 40);
            let other = log.forked(5);
            let witness = ground.witness("w", vec![log.known(None)]).await;
            let mut cosigned: Vec<SignedCheckpoint> = Vec::new();
            for (old, size, fork, honest) in steps {
                let face = if fork { &other } else { &log };
                let at = witness.latest(ORIGIN).await.unwrap().map_or(0, |c| c.tree().size);
                let request = face.request(if honest { at } else { old }, size);
                if let Ok(Answer::Cosigned(_)) = witness.add_checkpoint(&request.to_bytes()).await {
                    assert!(size >= at);
                    cosigned.push(request.checkpoint);
                }
            }
            let on = |face: &FakeLog| cosigned.iter().all(|c| *c == face.checkpoint(c.tree().size));
            assert!(on(&log) || on(&other));
        });
    }
}

/// Extension lines are cosigned as they are and mean nothing; what is no line of a checkpoint is refused.
#[tokio::test]
async fn a_checkpoint_with_further_lines() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 5);
    let witness = ground.witness("witness.example/w", vec![log.known(None)]).await;
    let with = |extension: &str| {
        let text = format!("{}{extension}", log.checkpoint(5).checkpoint());
        let mut note = corridor_proof::Note::new(text).unwrap();
        note.sign(&secret(ORIGIN)).unwrap();
        note.to_bytes()
    };
    for (extension, expect) in [("one\ntwo\n", 200), ("\n", 400), ("one\n\ntwo\n", 400)] {
        let old = witness.latest(ORIGIN).await.unwrap().map_or(0, |c| c.tree().size);
        let body = [format!("old {old}\n\n").into_bytes(), with(extension)].concat();
        let (status, _, said) = post(&witness, body).await;
        assert_eq!(status.as_u16(), expect, "{extension:?}");
        if expect == 200 {
            let mut cosigned = SignedCheckpoint::parse(&with(extension)).unwrap();
            cosigned.add(signature_lines(&said).unwrap()).unwrap();
            assert!(matches!(cosigned.signed_by(&witness.key()), Finding::Valid { .. }));
        }
    }
}

/// A database that was copied back is noticed by where it stands; so is one of a build that did not say.
#[tokio::test]
async fn a_database_in_another_place_is_noticed() {
    for ground in grounds() {
        let log = FakeLog::new("a.example/log", 9);
        let witness = ground.witness("w", vec![log.known(None)]).await;
        assert!(!witness.moved("here").await.unwrap(), "it holds nothing");
        witness.add_checkpoint(&log.request(0, 5).to_bytes()).await.unwrap();
        assert!(witness.moved("here").await.unwrap(), "it has never said where it stands");
        witness.settle("here").await.unwrap();
        assert!(!witness.moved("here").await.unwrap());
        assert!(witness.moved("there").await.unwrap());
        witness.settle("there").await.unwrap();
        assert!(!witness.moved("there").await.unwrap() && witness.moved("here").await.unwrap());
        witness.add_checkpoint(&log.request(5, 9).to_bytes()).await.unwrap();
    }
}
