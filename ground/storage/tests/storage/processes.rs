//! Two processes on the same rows of one PostgreSQL: they never both win.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use corridor_base::{Did, ErrorCode};
use corridor_storage::{Deliver, Delivery, DeliveryFilter, DispatchOptions, Dispatcher, Outcome, Store, Tx};

use crate::common::{Place, block, child, delivery, server, succeed, told};
use crate::outbox::{effect, effects, quick};

const URL: &str = "CORRIDOR_TEST_SAME_ROWS";

/// Runs `body` twice at once on the same rows, in two processes, then `end` on what they left.
/// Each body answers a number that it prints; `end` gets both.
async fn in_two(test: &str, body: impl AsyncFn(&Store, &Did) -> i64, end: impl AsyncFn(&Store, &Did, i64)) {
    if let Some(url) = told(URL) {
        let place = Place::at(&url, 0);
        let done = body(&place.open(), &place.did("a")).await;
        println!("done={done}");
        return;
    }
    let Some(server) = server() else { return };
    let place = Place::postgres(&server);
    // Not opened before: the two of them migrate at once.
    let other = child(test, &[(URL, &place.url())]);
    let (store, a) = (place.open(), place.did("a"));
    let ours = body(&store, &a).await;
    let text = tokio::task::spawn_blocking(|| succeed(other)).await.unwrap();
    let (_, theirs) = text.split_once("done=").unwrap();
    let theirs: i64 = theirs.lines().next().unwrap().parse().unwrap();
    end(&store, &a, ours + theirs).await;
}

fn add(tx: &mut Tx<'_>) -> corridor_base::Result<u64> {
    let row = tx.query_one("SELECT n FROM counter WHERE participant = $1 AND id = 'c'", &[])?;
    let n = row.map_or(Ok(0), |row| row.int(0))?;
    tx.execute(
        "INSERT INTO counter (participant, id, n) VALUES ($1, 'c', $2) \
         ON CONFLICT (participant, id) DO UPDATE SET n = $2",
        &[(n + 1).into()],
    )
}

#[test]
fn a_counter_is_the_sum_of_what_was_acknowledged() {
    let body = async |store: &Store, a: &Did| {
        let mut done = 0;
        for _ in 0..50 {
            let four = futures::future::join_all((0..4).map(|_| store.write(a, add))).await;
            for one in four {
                match one {
                    Ok(_) => done += 1,
                    Err(problem) => assert_eq!(problem.code(), ErrorCode::StorageConflict, "{problem}"),
                }
            }
        }
        assert!(done >= 100, "only {done} of 200 got through");
        done
    };
    let end = async |store: &Store, a: &Did, all: i64| {
        assert_eq!(effects(store, a).await.get("c"), Some(&all));
    };
    block(in_two("processes::a_counter_is_the_sum_of_what_was_acknowledged", body, end));
}

/// Both try to take each of a hundred seats, checking first whether it is free.
#[test]
fn what_only_one_can_have_only_one_gets() {
    let body = async |store: &Store, a: &Did| {
        let mut won = 0;
        for seat in 0..100 {
            let take = move |tx: &mut Tx<'_>| {
                let id = format!("seat {seat}");
                let sql = "SELECT n FROM counter WHERE participant = $1 AND id = $2";
                if tx.query_one(sql, &[id.clone().into()])?.is_some() {
                    return Ok(0);
                }
                let sql = "INSERT INTO counter (participant, id, n) VALUES ($1, $2, 1)";
                tx.execute(sql, &[id.into()]).map(|_| 1)
            };
            won += store.write(a, take).await.unwrap();
        }
        won
    };
    let end = async |_: &Store, _: &Did, won: i64| assert_eq!(won, 100);
    block(in_two("processes::what_only_one_can_have_only_one_gets", body, end));
}

struct Deliverer;

#[async_trait]
impl Deliver for Deliverer {
    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Outcome::Done(effect(&delivery.subject))
    }
}

/// Claims so short that they run out under way: both processes deliver, one effect counts.
#[test]
fn every_delivery_takes_effect_exactly_once() {
    let body = async |store: &Store, a: &Did| {
        let options = DispatchOptions { lease: Duration::from_millis(30), ..quick() };
        let dispatcher = Dispatcher::start(store.clone(), Arc::new(Deliverer), vec![a.clone()], options);
        let mut asked = 0;
        for i in 0..60 {
            let new = delivery("service:test", &format!("{} {i}", std::process::id()));
            asked += i64::from(store.write(a, move |tx| tx.enqueue(&new)).await.is_ok());
        }
        let start = Instant::now();
        while !store.deliveries(a, DeliveryFilter::default()).await.unwrap().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(60), "the outbox does not drain");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        dispatcher.stop().await;
        asked
    };
    let end = async |store: &Store, a: &Did, asked: i64| {
        let effects = effects(store, a).await;
        assert!(effects.values().all(|n| *n == 1), "{effects:?}");
        assert_eq!(effects.len() as i64, asked);
    };
    block(in_two("processes::every_delivery_takes_effect_exactly_once", body, end));
}
