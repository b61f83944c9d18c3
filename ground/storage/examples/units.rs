//! How many units of work a second this machine takes, with the fsync rate of its disk beside it:
//! `cargo run --release -p corridor-storage --example units`. SQLite in a directory under the
//! current one, or PostgreSQL by `CORRIDOR_BENCH_POSTGRES` (a database that may be filled) through
//! `CORRIDOR_BENCH_CONNECTIONS` writing connections. Prints JSON.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use corridor_base::{ActId, Clock, DeliveryId, Did, OsRandom, Result, SystemClock};
use corridor_proof::{Act, SealedAct, act};
use corridor_storage::{
    Database, Deliver, Delivery, DeliveryFilter, DispatchOptions, Dispatcher, NewDelivery, Options, Outcome,
    Store,
};

/// How long each figure is measured.
const TIME: Duration = Duration::from_secs(3);

fn sealed(who: &Did) -> Result<SealedAct> {
    Act::seal(&act::KEY_ROTATED, who, &[("key", "a"), ("replaces", "b")], &SystemClock, &OsRandom)
}

fn new_delivery() -> NewDelivery {
    NewDelivery {
        id: DeliveryId::new(&SystemClock, &OsRandom),
        queue: "did:web:partner.example".to_owned(),
        kind: "envelope".to_owned(),
        subject: "subject".to_owned(),
        body: vec![7; 600],
    }
}

/// Units of three statements: an act, a delivery, and the delivery taken out again, from so many
/// clients at once.
async fn units(store: &Store, who: &Did, clients: usize) -> Result<f64> {
    let (acts, who) = (sealed(who)?, who.clone());
    let begun = Instant::now();
    let client = |store: Store, mut act: SealedAct, who: Did| async move {
        let mut done = 0u64;
        while begun.elapsed() < TIME {
            act.act.id = ActId::new(&SystemClock, &OsRandom);
            let (now, new) = (act.clone(), new_delivery());
            store
                .write(&who, move |tx| {
                    tx.record(&now)?;
                    tx.enqueue(&new)?;
                    tx.execute("DELETE FROM delivery WHERE participant = $1 AND id = $2", &[new.id.into()])
                })
                .await?;
            done += 1;
        }
        Ok(done)
    };
    let tasks: Vec<_> =
        (0..clients).map(|_| tokio::spawn(client(store.clone(), acts.clone(), who.clone()))).collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.unwrap_or(Ok(0))?;
    }
    Ok(all as f64 / begun.elapsed().as_secs_f64())
}

/// Entries of 256 bytes appended to a raw log, each durable and numbered when it is answered.
async fn appends(store: &Store, who: &Did, clients: usize) -> Result<f64> {
    let begun = Instant::now();
    let client = |store: Store, who: Did| async move {
        let mut done = 0u64;
        while begun.elapsed() < TIME {
            store.append(&who, "raw", vec![7; 256]).await?;
            done += 1;
        }
        Ok(done)
    };
    let tasks: Vec<_> = (0..clients).map(|_| tokio::spawn(client(store.clone(), who.clone()))).collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.unwrap_or(Ok(0))?;
    }
    Ok(all as f64 / begun.elapsed().as_secs_f64())
}

struct Arrives;

#[async_trait]
impl Deliver for Arrives {
    async fn deliver(&self, _: &Delivery) -> Outcome {
        Outcome::Done(Box::new(|tx| sealed(tx.participant()).and_then(|act| tx.record(&act))))
    }
}

/// Deliveries from the unit that asks for them to the unit that ends them: two units each.
async fn deliveries(store: &Store, who: &Did, clients: usize) -> Result<f64> {
    let options = DispatchOptions::default();
    let dispatcher = Dispatcher::start(store.clone(), Arc::new(Arrives), vec![who.clone()], options);
    let begun = Instant::now();
    let client = |store: Store, who: Did| async move {
        let mut asked = 0u64;
        while begun.elapsed() < TIME {
            let new = new_delivery();
            store.write(&who, move |tx| tx.enqueue(&new)).await?;
            asked += 1;
        }
        Ok(asked)
    };
    let tasks: Vec<_> = (0..clients).map(|_| tokio::spawn(client(store.clone(), who.clone()))).collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.unwrap_or(Ok(0))?;
    }
    while !store.deliveries(who, DeliveryFilter { limit: 1, ..DeliveryFilter::default() }).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let rate = all as f64 / begun.elapsed().as_secs_f64();
    dispatcher.stop().await;
    Ok(rate)
}

/// The physical limit under one client: 4 KiB appended and fsynced, again and again.
fn fsyncs(folder: &std::path::Path) -> std::io::Result<f64> {
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let (begun, mut done) = (Instant::now(), 0u64);
    while begun.elapsed() < TIME / 3 {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        done += 1;
    }
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

async fn measure(folder: &std::path::Path) -> Result<serde_json::Value> {
    let mut options = Options::directory(folder);
    if let Ok(url) = std::env::var("CORRIDOR_BENCH_POSTGRES") {
        options.database = Database::Postgres(url);
        if let Some(connections) =
            std::env::var("CORRIDOR_BENCH_CONNECTIONS").ok().and_then(|n| n.parse().ok())
        {
            options.connections = connections;
        }
    }
    let engine = match options.database {
        Database::Sqlite(_) => "sqlite",
        Database::Postgres(_) => "postgres",
    };
    let store = Store::open(options, &[], Arc::new(SystemClock), Arc::new(OsRandom))?;
    let who: Did = format!("did:web:bench.example:{}", SystemClock.now().millis()).parse()?;
    let one = units(&store, &who, 1).await?;
    let many = units(&store, &who, 64).await?;
    let appended = [appends(&store, &who, 1).await?, appends(&store, &who, 256).await?];
    let delivered = deliveries(&store, &who, 64).await?;
    let metrics: std::collections::BTreeMap<_, _> =
        store.metrics().all().into_iter().map(|(name, _, count)| (name, count)).collect();
    store.close().await;
    Ok(serde_json::json!({
        "engine": engine,
        "units_per_second": { "1 client": one.round(), "64 clients": many.round() },
        "appends_per_second": { "1 client": appended[0].round(), "256 clients": appended[1].round() },
        "deliveries_per_second": { "64 clients": delivered.round() },
        "fsyncs_per_second": fsyncs(folder).unwrap_or_default().round(),
        "metrics": metrics,
    }))
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::path::PathBuf::from(format!("units-{}", std::process::id()));
    let measured = measure(&folder).await;
    // What is left behind is only a matter of room.
    let _ = std::fs::remove_dir_all(&folder);
    let text = serde_json::to_string_pretty(&measured?).unwrap_or_default();
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}
