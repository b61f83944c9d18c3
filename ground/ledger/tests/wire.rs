//! A log, a witness and a mirror of two parties that know each other by their addresses alone, over
//! real connections and the guarded client.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use corridor_base::{Clock, Did, FixedClock, SeededRandom, Timestamp};
use corridor_ledger::alarm::Alarms;
use corridor_ledger::edge::log_router;
use corridor_ledger::gather::{Gatherer, HttpLink, Patience};
use corridor_ledger::mirror::{self, Mirror, MirrorParts, Pulled, Puller};
use corridor_ledger::witness::{self, AcceptedLogs, KnownLog, Watch, WatchParts, Witness, WitnessParts};
use corridor_ledger::{Log, LogParts, SCHEMA};
use corridor_net::{Client, ClientOptions, Listen};
use corridor_proof::cosignature::Finding;
use corridor_proof::{Policy, SecretKey, Signer as _, VerifierKey};
use corridor_storage::{Options, Store};

const ORIGIN: &str = "node.example.jp/logs/raw";

fn secret(name: &str) -> SecretKey {
    SecretKey::generate(name, &SeededRandom::new(name.len() as u64)).unwrap()
}

fn operator() -> Did {
    "did:web:operator.example".parse().unwrap()
}

struct Party {
    _folder: tempfile::TempDir,
    store: Store,
    alarms: Alarms,
}

fn party(clock: &Arc<dyn Clock>) -> Party {
    let folder = tempfile::tempdir().unwrap();
    let random = Arc::new(SeededRandom::new(1));
    let store =
        Store::open(Options::directory(folder.path()), &[&SCHEMA], clock.clone(), random.clone()).unwrap();
    let alarms = Alarms::new(store.clone(), operator(), clock.clone(), random);
    Party { _folder: folder, store, alarms }
}

async fn serve(router: Router) -> String {
    let listen = Listen::plain("127.0.0.1:0".parse().unwrap());
    let server = corridor_net::serve(listen, router, std::future::pending()).await.unwrap();
    let address = server.address();
    // Ends with the test.
    std::mem::forget(server);
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_cosigned_mirrored_and_compared_over_the_wire() {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(Timestamp::from_millis(1_795_339_500_000)));
    let options = ClientOptions {
        allow: vec!["127.0.0.1".parse().unwrap()],
        system_roots: false,
        ..ClientOptions::default()
    };
    let client = Client::new(&options).unwrap();

    // One party keeps a log …
    let ours = party(&clock);
    let parts = LogParts {
        store: ours.store.clone(),
        operator: operator(),
        name: "raw".into(),
        origin: ORIGIN.into(),
        key: Arc::new(secret(ORIGIN)),
        clock: clock.clone(),
    };
    let log = Log::open(parts).await.unwrap();
    let log_url = serve(Router::new().nest("/logs/raw", log_router(log.clone()))).await;

    // … and another one witnesses and mirrors it.
    let theirs = party(&clock);
    let url = format!("{log_url}/logs/raw");
    let known = KnownLog::parse(&log.key().to_string(), Some(&url)).unwrap();
    let logs = Arc::new(AcceptedLogs::new(vec![known.clone()], None, Vec::new(), clock.clone()));
    let witness = Witness::open(WitnessParts {
        store: theirs.store.clone(),
        operator: operator(),
        key: Arc::new(secret("node.example.kr/witness")),
        logs: logs.clone(),
        alarms: theirs.alarms.clone(),
    })
    .await
    .unwrap();
    let mirror = Mirror::open(MirrorParts {
        store: theirs.store.clone(),
        operator: operator(),
        key: Arc::new(secret("node.example.kr/mirror")),
        logs,
        alarms: theirs.alarms.clone(),
        clock: clock.clone(),
    })
    .await
    .unwrap();
    let router = Router::new()
        .nest("/witness", witness::router(witness.clone()))
        .nest("/mirror", mirror::router(mirror.clone()));
    let their_url = serve(router).await;

    let text = format!(
        "log {}\nwitness kr {} {their_url}/witness\nquorum kr\n",
        log.key(),
        VerifierKey::cosignature(
            "node.example.kr/witness",
            secret("node.example.kr/witness").public().clone()
        )
    );
    let policy = Arc::new(Policy::parse(text.as_bytes()).unwrap());
    let source = Arc::new(move || Ok(policy.clone()));
    let link = Arc::new(HttpLink { client: client.clone(), patience: Duration::from_secs(5) });
    let gatherer =
        Gatherer::new(Arc::new(log.clone()), source.clone(), link, clock.clone(), Patience::default());
    let puller = Puller::new(mirror.clone(), Arc::new(client.clone()));
    let watch = Watch::new(WatchParts {
        witness: witness.clone(),
        mirror: Some(mirror.clone()),
        policy: source,
        fetch: Arc::new(client.clone()),
    });

    for round in 1..=3u64 {
        for i in 0..200 {
            log.store().append(&operator(), "raw", format!("{round} {i}").into_bytes()).await.unwrap();
        }
        while log.integrate().await.unwrap().is_some() {}
        gatherer.round().await.unwrap();
        assert_eq!(gatherer.witnesses()["kr"].last_error, None);
        let latest = log.latest().await.unwrap().unwrap();
        assert_eq!(latest.tree().size, round * 200);
        assert!(matches!(latest.signed_by(&witness.key()), Finding::Valid { .. }));
        let complete = log.complete_for(latest.tree().size - 1).await.unwrap().unwrap();
        assert_eq!(complete.tree(), latest.tree());
        assert_eq!(puller.pull(&known).await.unwrap(), Pulled::Caught(round * 200));
        watch.round().await.unwrap();
    }
    // The copy is read where the log would be read.
    let copy = format!("{their_url}/mirror/{}", witness::origin_hash(ORIGIN));
    let copied = KnownLog::parse(&log.key().to_string(), Some(&copy)).unwrap();
    let third = party(&clock);
    let again = Mirror::open(MirrorParts {
        store: third.store.clone(),
        operator: operator(),
        key: Arc::new(secret("third.example/mirror")),
        logs: Arc::new(AcceptedLogs::new(vec![copied.clone()], None, Vec::new(), clock.clone())),
        alarms: third.alarms.clone(),
        clock,
    })
    .await
    .unwrap();
    assert_eq!(Puller::new(again, Arc::new(client)).pull(&copied).await.unwrap(), Pulled::Caught(600));
    assert!(theirs.alarms.list().await.unwrap().is_empty());
}
