//! The outbox: at least once out, once in effect, and nobody delayed by another's silence.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use corridor_base::{DeliveryId, Did, ErrorCode, Problem};
use corridor_storage::{
    Deliver, Delivery, DeliveryFilter, DeliveryState, DispatchOptions, Dispatcher, NewDelivery, Outcome,
    Store, Tx, Unit,
};
use proptest::prelude::*;

use crate::common::{Place, block, delivery, everywhere};

/// Counts in the database what was done: once for each subject.
pub(crate) fn effect(subject: &str) -> Unit {
    let id = subject.to_owned();
    Box::new(move |tx: &mut Tx<'_>| {
        let sql = "INSERT INTO counter (participant, id, n) VALUES ($1, $2, 1) \
                   ON CONFLICT (participant, id) DO UPDATE SET n = counter.n + 1";
        tx.execute(sql, &[id.clone().into()]).map(|_| ())
    })
}

/// How often each subject took effect.
pub(crate) async fn effects(store: &Store, who: &Did) -> HashMap<String, i64> {
    let read = |tx: &mut Tx<'_>| {
        let rows = tx.query("SELECT id, n FROM counter WHERE participant = $1", &[])?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
    };
    store.read(who, read).await.unwrap()
}

pub(crate) fn quick() -> DispatchOptions {
    DispatchOptions {
        sweep: Duration::from_millis(100),
        lease: Duration::from_secs(3),
        first_rest: Duration::from_millis(20),
        longest_rest: Duration::from_millis(200),
        ..DispatchOptions::default()
    }
}

fn unreachable() -> Problem {
    Problem::new(ErrorCode::PartnerUnreachable).with("partner", "x").with("why", "test")
}

/// Does to each delivery what its subject says, and counts the tries.
#[derive(Default)]
struct Script {
    tries: Mutex<HashMap<String, usize>>,
    flight: AtomicUsize,
    most: AtomicUsize,
    down: AtomicBool,
}

#[async_trait]
impl Deliver for Script {
    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        let now = self.flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        assert_eq!(delivery.body, delivery.subject.as_bytes());
        let tries = {
            let mut tries = self.tries.lock().unwrap();
            let count = tries.entry(delivery.subject.clone()).or_default();
            *count += 1;
            *count
        };
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.flight.fetch_sub(1, Ordering::SeqCst);
        let retry = || Outcome::Retry { problem: unreachable(), after: None };
        match delivery.subject.split(':').next().unwrap_or_default() {
            _ if delivery.queue == "did:web:dead.example" && self.down.load(Ordering::SeqCst) => retry(),
            "late" if tries < 3 => retry(),
            "panics" if tries == 1 => std::panic::resume_unwind(Box::new("as a fault in a deliverer would")),
            "never" if tries == 1 => Outcome::Dead { problem: unreachable(), unit: effect("given up") },
            "fails" if tries == 1 => {
                Outcome::Done(Box::new(|_| Err(Problem::new(ErrorCode::StorageConflict))))
            }
            _ => Outcome::Done(effect(&delivery.subject)),
        }
    }
}

impl Script {
    fn tries(&self, subject: &str) -> usize {
        self.tries.lock().unwrap().get(subject).copied().unwrap_or(0)
    }
}

async fn put(store: &Store, who: &Did, new: NewDelivery) -> DeliveryId {
    let id = new.id;
    store.write(who, move |tx| tx.enqueue(&new)).await.unwrap();
    id
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(60), "still not: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn waiting(store: &Store, who: &Did, state: DeliveryState) -> usize {
    let filter = DeliveryFilter { state: Some(state), limit: 1000, ..DeliveryFilter::default() };
    store.deliveries(who, filter).await.unwrap().len()
}

async fn drained(store: &Store, who: &Did) {
    until("the outbox is empty", async || waiting(store, who, DeliveryState::Pending).await == 0).await;
}

fn start(store: &Store, script: &Arc<Script>, who: &Did, options: DispatchOptions) -> Dispatcher {
    Dispatcher::start(store.clone(), script.clone(), vec![who.clone()], options)
}

#[test]
fn a_commit_wakes_the_dispatcher() {
    everywhere("outbox::a_commit_wakes_the_dispatcher", async |place: Place| {
        let (store, a, script) = (place.open(), place.did("a"), Arc::new(Script::default()));
        // A sweep an hour: what arrives, arrives by the wake-up.
        let dispatcher =
            start(&store, &script, &a, DispatchOptions { sweep: Duration::from_secs(3600), ..quick() });
        tokio::time::sleep(Duration::from_millis(200)).await;
        for i in 0..20 {
            put(&store, &a, delivery("service:test", &format!("{i}"))).await;
        }
        drained(&store, &a).await;
        assert_eq!(effects(&store, &a).await.len(), 20);
        dispatcher.stop().await;
    });
}

#[test]
fn what_fails_is_tried_again_and_takes_effect_once() {
    everywhere("outbox::what_fails_is_tried_again_and_takes_effect_once", async |place: Place| {
        let (store, a, script) = (place.open(), place.did("a"), Arc::new(Script::default()));
        let dispatcher = start(&store, &script, &a, quick());
        for subject in ["late:1", "panics:1", "fails:1", "at once"] {
            put(&store, &a, delivery("did:web:partner.example", subject)).await;
        }
        drained(&store, &a).await;
        let effects = effects(&store, &a).await;
        assert_eq!(effects.len(), 4, "{effects:?}");
        assert!(effects.values().all(|n| *n == 1), "{effects:?}");
        assert!(script.tries("late:1") >= 3);
        dispatcher.stop().await;
    });
}

#[test]
fn what_is_given_up_on_is_seen_and_sent_again() {
    everywhere("outbox::what_is_given_up_on_is_seen_and_sent_again", async |place: Place| {
        let (store, a, script) = (place.open(), place.did("a"), Arc::new(Script::default()));
        let dispatcher = start(&store, &script, &a, quick());
        let id = put(&store, &a, delivery("did:web:partner.example", "never:1")).await;
        until("given up", async || waiting(&store, &a, DeliveryState::Dead).await == 1).await;
        assert_eq!(effects(&store, &a).await.get("given up"), Some(&1));
        let seen = store.deliveries(&a, DeliveryFilter::default()).await.unwrap();
        assert_eq!((seen[0].id, seen[0].state, seen[0].attempts), (id, DeliveryState::Dead, 1));
        assert!(seen[0].last_error.as_ref().unwrap().contains("partner-unreachable"));
        store.resend(&a, id).await.unwrap();
        until("sent again", async || {
            store.deliveries(&a, DeliveryFilter::default()).await.unwrap().is_empty()
        })
        .await;
        assert_eq!(effects(&store, &a).await.get("never:1"), Some(&1));
        assert_eq!(store.resend(&a, id).await.unwrap_err().code(), ErrorCode::NotFound);
        dispatcher.stop().await;
    });
}

#[test]
fn a_dead_partner_delays_nobody_and_is_found_when_it_lives_again() {
    everywhere(
        "outbox::a_dead_partner_delays_nobody_and_is_found_when_it_lives_again",
        async |place: Place| {
            let (store, a, script) = (place.open(), place.did("a"), Arc::new(Script::default()));
            script.down.store(true, Ordering::SeqCst);
            let options = DispatchOptions { in_flight: 4, in_memory: 8, ..quick() };
            let dispatcher = start(&store, &script, &a, options);
            for i in 0..40 {
                put(&store, &a, delivery("did:web:dead.example", &format!("dead {i}"))).await;
            }
            until("it was tried", async || script.tries.lock().unwrap().len() >= 2).await;
            for i in 0..20 {
                put(&store, &a, delivery("did:web:alive.example", &format!("alive {i}"))).await;
            }
            until("the others are served", async || effects(&store, &a).await.len() == 20).await;
            assert_eq!(waiting(&store, &a, DeliveryState::Pending).await, 40);
            let tried: usize = script
                .tries
                .lock()
                .unwrap()
                .iter()
                .filter(|(s, _)| s.starts_with("dead"))
                .map(|(_, n)| n)
                .sum();
            assert!(tried < 400, "a dead partner was tried {tried} times");
            script.down.store(false, Ordering::SeqCst);
            drained(&store, &a).await;
            let effects = effects(&store, &a).await;
            assert_eq!(effects.len(), 60);
            assert!(effects.values().all(|n| *n == 1), "{effects:?}");
            dispatcher.stop().await;
        },
    );
}

#[test]
fn a_backlog_larger_than_memory_drains_within_its_bounds() {
    everywhere("outbox::a_backlog_larger_than_memory_drains_within_its_bounds", async |place: Place| {
        let (store, a, script) = (place.open(), place.did("a"), Arc::new(Script::default()));
        // Asked for while no dispatcher runs.
        let new: Vec<NewDelivery> = (0..300).map(|i| delivery("service:test", &format!("{i}"))).collect();
        store.write(&a, move |tx| new.iter().try_for_each(|one| tx.enqueue(one))).await.unwrap();
        let options = DispatchOptions { in_flight: 7, in_memory: 20, ..quick() };
        let dispatcher = start(&store, &script, &a, options);
        // And while one does.
        let more: Vec<NewDelivery> = (300..500).map(|i| delivery("service:test", &format!("{i}"))).collect();
        store.write(&a, move |tx| more.iter().try_for_each(|one| tx.enqueue(one))).await.unwrap();
        drained(&store, &a).await;
        let effects = effects(&store, &a).await;
        assert_eq!(effects.len(), 500);
        assert!(effects.values().all(|n| *n == 1));
        assert!(script.most.load(Ordering::SeqCst) <= 7);
        dispatcher.stop().await;
    });
}

#[test]
fn stopping_leaves_the_rest_to_whoever_comes_next() {
    everywhere("outbox::stopping_leaves_the_rest_to_whoever_comes_next", async |place: Place| {
        let (store, a, script) = (place.open(), place.did("a"), Arc::new(Script::default()));
        let options = DispatchOptions { in_flight: 2, lease: Duration::from_secs(3600), ..quick() };
        let dispatcher = start(&store, &script, &a, options.clone());
        let new: Vec<NewDelivery> = (0..100).map(|i| delivery("service:test", &format!("{i}"))).collect();
        store.write(&a, move |tx| new.iter().try_for_each(|one| tx.enqueue(one))).await.unwrap();
        dispatcher.stop().await;
        assert_eq!(script.flight.load(Ordering::SeqCst), 0);
        assert!(waiting(&store, &a, DeliveryState::Pending).await > 0);
        // The claims were let go: their hour need not pass.
        let next = start(&store, &script, &a, options);
        drained(&store, &a).await;
        assert!(effects(&store, &a).await.values().all(|n| *n == 1));
        next.stop().await;
    });
}

#[test]
fn the_same_delivery_twice_is_one() {
    everywhere("outbox::the_same_delivery_twice_is_one", async |place: Place| {
        let (store, a, script) = (place.open(), place.did("a"), Arc::new(Script::default()));
        let one = delivery("service:test", "x");
        put(&store, &a, one.clone()).await;
        put(&store, &a, NewDelivery { subject: "other".to_owned(), ..one.clone() }).await;
        let seen = store.deliveries(&a, DeliveryFilter::default()).await.unwrap();
        assert_eq!((seen.len(), seen[0].subject.as_str()), (1, "x"));
        let dispatcher = start(&store, &script, &a, quick());
        drained(&store, &a).await;
        assert_eq!(effects(&store, &a).await, HashMap::from([("x".to_owned(), 1)]));
        let large = NewDelivery { body: vec![0; corridor_storage::outbox::MAX_BODY + 1], ..one };
        let refused = store.write(&a, move |tx| tx.enqueue(&large)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooLarge);
        dispatcher.stop().await;
    });
}

#[test]
fn a_claim_is_renewed_while_a_delivery_takes_long() {
    struct Slow(AtomicUsize);
    #[async_trait]
    impl Deliver for Slow {
        async fn deliver(&self, _: &Delivery) -> Outcome {
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(2)).await;
            Outcome::Done(effect("slow"))
        }
    }
    everywhere("outbox::a_claim_is_renewed_while_a_delivery_takes_long", async |place: Place| {
        let (store, a, slow) = (place.open(), place.did("a"), Arc::new(Slow(AtomicUsize::new(0))));
        let options = DispatchOptions { lease: Duration::from_millis(600), ..quick() };
        let dispatcher = Dispatcher::start(store.clone(), slow.clone(), vec![a.clone()], options);
        put(&store, &a, delivery("service:test", "slow")).await;
        drained(&store, &a).await;
        assert_eq!((slow.0.load(Ordering::SeqCst), effects(&store, &a).await.get("slow")), (1, Some(&1)));
        dispatcher.stop().await;
    });
}

/// What one try of one delivery does.
#[derive(Clone, Copy, Debug)]
enum Step {
    Done,
    Retry,
    Panic,
    Dead,
    UnitFails,
}

/// Plays a list of steps for each delivery, then `Done`.
struct Play(Mutex<HashMap<String, Vec<Step>>>);

#[async_trait]
impl Deliver for Play {
    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        let step = self.0.lock().unwrap().get_mut(&delivery.subject).and_then(Vec::pop).unwrap_or(Step::Done);
        match step {
            Step::Done => Outcome::Done(effect(&delivery.subject)),
            Step::Retry => Outcome::Retry { problem: unreachable(), after: Some(Duration::from_millis(1)) },
            Step::Panic => std::panic::resume_unwind(Box::new("as a fault in a deliverer would")),
            Step::Dead => {
                Outcome::Dead { problem: unreachable(), unit: effect(&format!("{} dead", delivery.subject)) }
            }
            Step::UnitFails => Outcome::Done(Box::new(|_| Err(Problem::new(ErrorCode::StorageConflict)))),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever happens to each delivery on its way: in the end each one took effect once or is
    /// given up on with its one effect, and nothing is left waiting.
    #[test]
    fn every_delivery_ends_once(
        plays in proptest::collection::vec((0..3usize, proptest::collection::vec(prop::sample::select(
            vec![Step::Done, Step::Retry, Step::Panic, Step::Dead, Step::UnitFails]), 0..4)), 1..25),
        in_memory in 1..6usize,
    ) {
        block(async {
            let place = Place::sqlite();
            let (store, a) = (place.open(), place.did("a"));
            let steps = plays.iter().enumerate().map(|(i, (_, steps))| (i.to_string(), steps.clone()));
            let play = Arc::new(Play(Mutex::new(steps.collect())));
            let options = DispatchOptions {
                in_memory,
                in_flight: 2,
                first_rest: Duration::from_millis(1),
                longest_rest: Duration::from_millis(5),
                ..quick()
            };
            let dispatcher = Dispatcher::start(store.clone(), play, vec![a.clone()], options);
            for (i, (queue, _)) in plays.iter().enumerate() {
                put(&store, &a, delivery(&format!("service:{queue}"), &i.to_string())).await;
            }
            drained(&store, &a).await;
            dispatcher.stop().await;
            let effects = effects(&store, &a).await;
            for (i, (_, steps)) in plays.iter().enumerate() {
                // Steps are taken from the end; the first that ends it decides.
                let end = steps.iter().rev().find(|s| matches!(s, Step::Done | Step::Dead));
                let name = if matches!(end, Some(Step::Dead)) { format!("{i} dead") } else { i.to_string() };
                assert_eq!(effects.get(&name), Some(&1), "{i}: {steps:?}: {effects:?}");
            }
            assert_eq!(effects.len(), plays.len(), "{effects:?}");
            assert_eq!(waiting(&store, &a, DeliveryState::Pending).await, 0);
        });
    }
}
