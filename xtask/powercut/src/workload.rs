//! What the recorded process does: everything a node asks of its storage, several at once, and after
//! each thing that storage said is durable one line that says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use corridor_base::{ActId, DeliveryId, Digest, OsRandom, Result, SystemClock};
use corridor_proof::act::{Act, DOCUMENT_READ};
use corridor_storage::{
    DataDir, Deliver, Delivery, DispatchOptions, Dispatcher, NewDelivery, Outcome, Store, Tx, durable,
};

use crate::chance::Chance;
use crate::claims::Teller;
use crate::logs;
use crate::story::{self, internal};

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What chance starts from.
    pub seed: u64,
    /// How often the store is opened, used and closed.
    pub rounds: u64,
    /// Units of work of each of four writers in each round.
    pub units: u64,
    /// Uploads of each participant in each round.
    pub uploads: u64,
}

impl Plan {
    /// How the program is told.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let numbers = [self.seed, self.rounds, self.units, self.uploads];
        std::iter::once("workload".to_owned()).chain(numbers.iter().map(u64::to_string)).collect()
    }
}

/// What every part of the work needs.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) store: Store,
    pub(crate) teller: Arc<Teller>,
    disk: PathBuf,
    pub(crate) plan: Plan,
    pub(crate) round: u64,
}

/// Does the work below `disk`.
///
/// # Errors
/// The first that storage reports: on this disk nothing may fail.
pub fn run(plan: Plan, disk: &Path, acknowledged: &Path) -> Result<()> {
    let teller = Arc::new(Teller::open(acknowledged)?);
    let _held = DataDir::lock(&story::data(disk))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(internal)?;
    for round in 0..plan.rounds {
        let store = open(disk)?;
        teller.say("opened")?;
        let work = Work { store, teller: teller.clone(), disk: disk.to_owned(), plan, round };
        runtime.block_on(one_round(work))?;
    }
    Ok(())
}

/// Opens the store as a node does.
///
/// # Errors
/// As [`Store::open`].
pub fn open(disk: &Path) -> Result<Store> {
    let schemas = [&story::SCHEMA, &corridor_ledger::SCHEMA];
    Store::open(story::options(disk), &schemas, Arc::new(SystemClock), Arc::new(OsRandom))
}

async fn one_round(work: Work) -> Result<()> {
    let mut participants = Vec::new();
    for number in 0..story::PARTICIPANTS {
        participants.push(story::participant(number)?);
    }
    let options = DispatchOptions::default();
    let dispatcher = Dispatcher::start(work.store.clone(), Arc::new(Effects), participants, options);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let signing = tokio::spawn(logs::sign(work.clone(), stopped));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(logs::add(work.clone()));
    for writer in 0..4 {
        tasks.spawn(notes(work.clone(), writer));
    }
    for participant in 0..story::PARTICIPANTS {
        tasks.spawn(uploads(work.clone(), participant));
    }
    let files = work.clone();
    tasks.spawn_blocking(move || key_files(&files));
    while let Some(done) = tasks.join_next().await {
        done.map_err(internal)??;
    }
    dispatcher.stop().await;
    stop.send_replace(true);
    signing.await.map_err(internal)??;
    work.store.close().await;
    Ok(())
}

/// Takes each delivery and writes what came of it, in the unit that ends the delivery.
struct Effects;

#[async_trait]
impl Deliver for Effects {
    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        let (id, subject) = (delivery.id, delivery.subject.clone());
        Outcome::Done(Box::new(move |tx| {
            let number: i64 = subject.parse().map_err(internal)?;
            tx.execute(
                "INSERT INTO powercut_effects (participant, delivery, number) VALUES ($1, $2, $3)",
                &[id.into(), number.into()],
            )?;
            Ok(())
        }))
    }
}

/// One writer's units of work.
async fn notes(work: Work, writer: u64) -> Result<()> {
    let participant = usize::try_from(writer).map_err(internal)? % story::PARTICIPANTS;
    for unit in 0..work.plan.units {
        let number = (work.round * 100 + writer) * 10_000 + unit;
        note(&work.store, participant, number).await?;
        work.teller.say(format_args!("note {participant} {number}"))?;
    }
    Ok(())
}

/// One unit of work: a row, an act and a delivery, which belong together (EX-2).
pub(crate) async fn note(store: &Store, participant: usize, number: u64) -> Result<()> {
    let did = story::participant(participant)?;
    let text = number.to_string();
    let fields = [("envelope", text.as_str()), ("reader", "powercut")];
    let act = Act::seal(&DOCUMENT_READ, &did, &fields, &SystemClock, &OsRandom)?;
    let delivery = NewDelivery {
        id: DeliveryId::new(&SystemClock, &OsRandom),
        queue: format!("service:{}", number % 3),
        kind: "note".to_owned(),
        subject: text,
        body: story::note(participant, number),
    };
    store.write(&did, move |tx| write_note(tx, act.act.id, &delivery).and_then(|()| tx.record(&act))).await
}

fn write_note(tx: &mut Tx<'_>, act: ActId, delivery: &NewDelivery) -> Result<()> {
    let number: i64 = delivery.subject.parse().map_err(internal)?;
    tx.execute(
        "INSERT INTO powercut_notes (participant, number, payload, act, delivery) VALUES ($1, $2, $3, $4, $5)",
        &[number.into(), delivery.body.clone().into(), act.into(), delivery.id.into()],
    )?;
    tx.enqueue(delivery)
}

/// One participant's uploads: each becomes a blob, then a row refers to it; some go away again, the
/// row first.
async fn uploads(work: Work, participant: usize) -> Result<()> {
    for upload in 0..work.plan.uploads {
        let mut chance = Chance::new(&[work.plan.seed, work.round, participant as u64, upload]);
        let name = format!("r{}-u{upload}", work.round);
        if chance.one_in(4) {
            let (did, blob) = (story::participant(participant)?, story::blob_name(&name)?);
            work.store.blobs().put(&did, &blob, story::blob(participant, &name).into()).await?;
        } else {
            stage(&work, participant, &name, &mut chance).await?;
        }
        work.teller.say(format_args!("blob {participant} {name}"))?;
        refer(&work.store, participant, &name).await?;
        work.teller.say(format_args!("row {participant} {name}"))?;
        if chance.one_in(4) {
            remove(&work, participant, &name).await?;
        }
    }
    Ok(())
}

/// An upload in pieces, now and then interrupted and gone on with.
async fn stage(work: &Work, participant: usize, name: &str, chance: &mut Chance) -> Result<()> {
    let did = story::participant(participant)?;
    let content = Bytes::from(story::blob(participant, name));
    let mut staging = work.store.blobs().staging(&did, name).await?;
    let mut done = 0;
    while done < content.len() {
        let end = content.len().min(done + 1 + chance.below(20_000));
        let length = staging.append(done as u64, content.slice(done..end)).await?;
        work.teller.say(format_args!("staged {participant} {name} {length}"))?;
        done = end;
        if chance.one_in(4) {
            drop(staging);
            staging = work.store.blobs().staging(&did, name).await?;
        }
    }
    if staging.digest().await? != Digest::of(&content) {
        return Err(internal("the upload is not what was written"));
    }
    work.teller.say(format_args!("begin finish {participant} {name}"))?;
    staging.finish(&story::blob_name(name)?).await
}

/// The unit of work that makes a blob visible.
pub(crate) async fn refer(store: &Store, participant: usize, name: &str) -> Result<()> {
    let content = story::blob(participant, name);
    let (name, size, digest) = (name.to_owned(), content.len() as u64, Digest::of(&content));
    let unit = move |tx: &mut Tx<'_>| {
        let row = [name.as_str().into(), size.into(), digest.into()];
        tx.execute(
            "INSERT INTO powercut_files (participant, name, size, digest) VALUES ($1, $2, $3, $4)",
            &row,
        )
    };
    store.write(&story::participant(participant)?, unit).await.map(|_| ())
}

async fn remove(work: &Work, participant: usize, name: &str) -> Result<()> {
    let did = story::participant(participant)?;
    work.teller.say(format_args!("begin unrefer {participant} {name}"))?;
    let row = name.to_owned();
    let unit = move |tx: &mut Tx<'_>| {
        tx.execute("DELETE FROM powercut_files WHERE participant = $1 AND name = $2", &[row.as_str().into()])
    };
    work.store.write(&did, unit).await?;
    work.teller.say(format_args!("unreferred {participant} {name}"))?;
    work.store.blobs().delete(&did, &story::blob_name(name)?).await
}

/// Files written whole, as keys are: one replaced again and again, some removed.
fn key_files(work: &Work) -> Result<()> {
    let folder = story::keys(&work.disk);
    durable::create_directory(&folder)?;
    for step in 1..=work.plan.uploads {
        let version = work.round * work.plan.uploads + step;
        durable::write_file(&folder.join("identity.key"), &story::key("identity.key", version), 0o600)?;
        work.teller.say(format_args!("key {version}"))?;
        if step % 3 == 0 {
            let name = format!("former-{version}.key");
            durable::write_file(&folder.join(&name), &story::key(&name, version), 0o600)?;
            work.teller.say(format_args!("file {name}"))?;
            work.teller.say(format_args!("begin remove {name}"))?;
            durable::remove_file(&folder.join(&name))?;
            work.teller.say(format_args!("removed {name}"))?;
        }
    }
    Ok(())
}
