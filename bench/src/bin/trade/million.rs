//! The timeline of a transaction when a million documents are in the books: chains are filed in the database
//! of a node that rests, as they are left when they have crossed, and read on the node when it runs.

use std::fs;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use corridor_base::{AgreementId, Clock, Did, Digest, EnvelopeId, OsRandom, SystemClock};
use corridor_bench::content::Chance;
use corridor_bench::load::percentile;
use corridor_bench::pages::{self, Pages, Read, Session};
use corridor_bench::people::{self, Resting};
use corridor_bench::report::{Better, Row};
use corridor_bench::world::{EDIFACT, Setup, World};
use corridor_bench::{Result, progress, told};
use corridor_exchange::crossed::Crossed;
use corridor_exchange::{Acting, Scope, Service, Side};
use corridor_identity::Keyring;
use corridor_proof::{Acknowledgement, Envelope, Signed};
use corridor_trade::desk;
use corridor_trade::edifact::{Answering, Options, Reader, answer};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::chain::{self, STEPS, Step};
use crate::{Arguments, agree};

/// The chains whose documents are filed in one unit of work.
const BATCH: u64 = 250;
/// How many batches are made at once: while one is written the next are signed and read.
const AT_ONCE: usize = 4;
/// How many timelines are known before the reading, and how many of them are looked at first.
const ORDERS: u64 = 20_000;
const LOOKED_AT: usize = 20;
/// How long readers read before it counts.
const WARM: Duration = Duration::from_secs(3);
/// How often the log is integrated meanwhile.
const INTEGRATE: Duration = Duration::from_secs(1);

/// Fills, and reads.
pub(super) async fn million(arguments: &Arguments, setup: &Setup) -> Result<Vec<Row>> {
    let mut world = World::found(setup).await?;
    let agreement = agree(&world).await?.parse().map_err(told("agreement"))?;
    // Japan is signed for here; its node would be asked for receipts of what it has never seen.
    world.jp.node.stop()?;
    world.kr.node.stop()?;
    let (clock, random) = (SystemClock, OsRandom);
    let theirs = Keyring::open_or_create(&world.jp.data.join("keys"), &world.jp.did, &clock, &random);
    let resting = Resting::open(&world.kr).await?;
    let cookies = resting.enrol(&world.kr.did, arguments.readers).await?;
    let chains = arguments.documents.div_ceil(2 * STEPS as u64);
    let fill = Fill::of(&resting, &world, theirs.map_err(told("keys"))?, agreement)?;
    let begun = Instant::now();
    // On a runtime with threads of its own: one signs and reads while another writes.
    let filled = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Runtime::new().map_err(told("runtime"))?;
        runtime.block_on(Arc::new(fill).all(chains))
    });
    filled.await.map_err(told("the fill"))??;
    resting.close().await;
    let documents = chains * 2 * STEPS as u64;
    let seconds = begun.elapsed().as_secs_f64();
    progress(&format!("{documents} documents after {seconds:.0} s"));
    world.kr.node.restart()?;
    world.kr.node.ready()?;
    let orders = orders(chains);
    whole(&world, &orders).await?;
    let sessions = people::sessions(&world.kr, cookies)?;
    let time = Duration::from_secs(arguments.reading);
    let read = |sessions: Vec<Session>, kind: &'static str, path: &'static str| {
        let paths = orders.iter().map(|n| format!("{path}?reference=PO-{n:08}")).collect();
        let pages: Pages = [(kind.to_owned(), paths)].into();
        async move { pages::read(&sessions, &pages, WARM, time).await }
    };
    let mut page = read(sessions.clone(), "page", "/console/trade").await?;
    let token = fs::read_to_string(world.kr.data.join("admin.token")).map_err(told("token"))?;
    let header = format!("Authorization: Bearer {}", token.trim());
    let tokens = sessions.iter().map(|s| Session { header: header.clone(), ..s.clone() }).collect();
    let mut api = read(tokens, "api", "/api/v1/trade/timeline").await?;
    let bytes = size(&world.kr.data, "corridor.sqlite")?;
    world.kr.node.stop()?;
    let how = format!("{documents} documents, {} readers", arguments.readers);
    let filed = format!("filed in {seconds:.0} s, with the acts of each and their leaves");
    let each = bytes as f64 / documents as f64;
    Ok(vec![
        row(&format!("timeline page, {how}: p95"), page.remove("page"), "`/console/trade` of random orders"),
        row(
            &format!("timeline API, {how}: p95"),
            api.remove("api"),
            "`/api/v1/trade/timeline` of random orders",
        ),
        Row::new(
            &format!("database with {documents} documents, a document"),
            "bytes",
            Better::Lower,
            &[each],
            filed,
        ),
    ])
}

fn row(name: &str, read: Option<Read>, what: &str) -> Row {
    let mut read = read.unwrap_or_default();
    let mut at = |percent| percentile(&mut read.latencies, percent);
    let (p50, p95, p99) = (at(50), at(95), at(99));
    let note = format!(
        "{what}, each reader the next when the last is there: {} of them; p50 {p50:.1} ms, p99 {p99:.1} ms; \
         readers and node on the same cores; goal 100",
        read.latencies.len()
    );
    Row::new(name, "ms", Better::Lower, &[p95], note)
}

/// The numbers of random chains.
fn orders(chains: u64) -> Vec<u64> {
    let mut chance = Chance::new(chains);
    (0..ORDERS.min(chains)).map(|_| chance.between(0, chains - 1)).collect()
}

/// Whether what was filed is what a chain leaves that has crossed: nothing is on its way or waited for, and every
/// step of a timeline is answered.
async fn whole(world: &World, orders: &[u64]) -> Result {
    let api = &world.kr.api;
    let waiting: Value = api.get("api/v1/trade/expected?standing=waiting&limit=1").await?;
    if api.waiting().await? > 0 || waiting.pointer("/items/0").is_some() {
        return Err("something that was filed is still on its way".to_owned());
    }
    for n in orders.iter().take(LOOKED_AT) {
        let timeline: Value = api.get(&chain::timeline(*n)).await?;
        if !chain::is_whole(&timeline) {
            return Err(format!("the timeline of chain {n} is not whole: {timeline}"));
        }
    }
    Ok(())
}

/// The bytes of the database, with the log that SQLite writes ahead.
fn size(data: &std::path::Path, name: &str) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(data).map_err(told(data.display()))? {
        let entry = entry.map_err(told(data.display()))?;
        if entry.file_name().to_string_lossy().starts_with(name) {
            bytes += entry.metadata().map_err(told(entry.path().display()))?.len();
        }
    }
    Ok(bytes)
}

/// What the books are filled with.
struct Fill {
    node: Arc<corridor_node::node::Node>,
    desk: Arc<dyn Service>,
    acting: Acting,
    partner: Did,
    theirs: Keyring,
    agreement: AgreementId,
}

/// Documents of one step of many chains.
type Filed = Vec<(Side, EnvelopeId)>;

impl Fill {
    fn of(resting: &Resting, world: &World, theirs: Keyring, agreement: AgreementId) -> Result<Self> {
        let node = resting.node.clone();
        let desk = node.services.iter().find_map(|s| s.inbox.clone().filter(|inbox| inbox.name() == "trade"));
        let desk = desk.ok_or("this build has no trade desk")?;
        let (participant, partner) = (world.kr.did.clone(), world.jp.did.clone());
        let acting = Acting { participant, reader: "bench".to_owned(), scope: Scope::default() };
        Ok(Self { node, desk, acting, partner, theirs, agreement })
    }

    /// So many chains, and the tiles of the log over their acts.
    async fn all(self: Arc<Self>, chains: u64) -> Result {
        let (stop, stopped) = watch::channel(false);
        let log = self.node.ledger.log.clone();
        let integrating = tokio::spawn({
            let log = log.clone();
            async move { log.run(INTEGRATE, stopped).await }
        });
        let (begun, mut tasks, mut done) = (Instant::now(), JoinSet::new(), 0);
        for from in (0..chains).step_by(BATCH as usize) {
            if tasks.len() >= AT_ONCE {
                done += joined(tasks.join_next().await)?;
                if done % (BATCH * 20) == 0 {
                    progress(&format!("{done} chains after {:.0} s", begun.elapsed().as_secs_f64()));
                }
            }
            let (fill, batch) = (self.clone(), from..chains.min(from + BATCH));
            tasks.spawn(async move { fill.batch(batch).await });
        }
        while let Some(ended) = tasks.join_next().await {
            joined(Some(ended))?;
        }
        let leaves = log.sequenced().await.map_err(told("log"))?.next;
        let mut grown = log.grown();
        while *grown.borrow_and_update() < leaves {
            grown.changed().await.map_err(told("integration"))?;
        }
        let _ = stop.send(true);
        integrating.await.map_err(told("integration"))
    }

    /// The documents of some chains in one unit of work, and then step by step what the desk makes of them, each
    /// step in one. How many chains.
    async fn batch(&self, chains: Range<u64>) -> Result<u64> {
        let (count, mut crossed) = (chains.end - chains.start, Vec::new());
        let mut filed: Vec<Filed> = Vec::new();
        for n in chains {
            for (at, step) in chain::steps(n).into_iter().enumerate() {
                if filed.len() < 2 * (at + 1) {
                    filed.extend([Vec::new(), Vec::new()]);
                }
                for (place, document) in self.crossed(&step)?.into_iter().enumerate() {
                    filed.get_mut(2 * at + place).ok_or("a step too many")?.push(which(&document));
                    crossed.push(document);
                }
            }
        }
        let (exchange, us) = (&self.node.exchange, &self.acting.participant);
        exchange.take_crossed(us, crossed).await.map_err(told("documents"))?;
        for step in filed {
            let mut units = Vec::with_capacity(step.len());
            for (side, id) in step {
                let row = exchange.document_for(&self.acting, side, id).await.map_err(told("documents"))?;
                units.push(self.desk.document(exchange, us, row).await.map_err(told("the desk"))?);
            }
            let unit =
                move |tx: &mut corridor_storage::Tx<'_>| units.iter_mut().try_for_each(|unit| unit(tx));
            exchange.store().write(us, unit).await.map_err(told("the desk"))?;
        }
        Ok(count)
    }

    /// An interchange and the CONTRL that answers it, signed by both ends.
    fn crossed(&self, step: &Step) -> Result<[Crossed; 2]> {
        let id = EnvelopeId::new(&SystemClock, &OsRandom);
        let (us, partner) = (&self.acting.participant, &self.partner);
        let (recipient, sender) = if step.out { (partner, us) } else { (us, partner) };
        let name = format!("{}.edi", step.kind);
        let document = self.signed(step.out, id, (&name, None), step.content.clone())?;
        let mut reader = Reader::new(Options::default());
        reader.push(&step.content, &mut ());
        let report = reader.finish(&mut ());
        let answering = Answering { reference: &step.reference, now: SystemClock.now(), receipt_only: false };
        let contrl = answer(&report, &answering).map_err(|why| format!("no CONTRL: {why:?}"))?;
        let answered = desk::answer_id(recipient, sender, id);
        let answer = self.signed(!step.out, answered, ("CONTRL.edi", Some(id)), contrl.into())?;
        Ok([document, answer])
    }

    fn signed(
        &self,
        out: bool,
        id: EnvelopeId,
        (name, answers): (&str, Option<EnvelopeId>),
        content: Bytes,
    ) -> Result<Crossed> {
        let (us, partner) = (self.acting.participant.clone(), self.partner.clone());
        let ours = self.node.exchange.keyring(&us).map_err(told("keys"))?.current();
        let theirs = self.theirs.current();
        let (sender, recipient) = if out { (us, partner) } else { (partner, us) };
        let envelope = Envelope {
            id,
            kind: EDIFACT.parse().map_err(told("kind"))?,
            sender,
            recipient,
            agreement: self.agreement,
            time: SystemClock.now(),
            size: content.len() as u64,
            sha256: Digest::of(&content),
            name: Some(name.to_owned()),
            answers,
            subjects: Vec::new(),
        };
        if !out {
            let envelope = Signed::new(envelope, &[&*theirs]).map_err(told("envelope"))?;
            return Ok(Crossed::Received(envelope, content));
        }
        let envelope = Signed::new(envelope, &[&*ours]).map_err(told("envelope"))?;
        let body = envelope.body();
        let acknowledgement = Acknowledgement {
            envelope: id,
            statement: envelope.digest(),
            sha256: body.sha256,
            sender: body.sender.clone(),
            recipient: body.recipient.clone(),
            time: SystemClock.now(),
        };
        let signed = Signed::new(acknowledgement, &[&*theirs]).map_err(told("acknowledgement"))?;
        Ok(Crossed::Sent(envelope, content, signed))
    }
}

fn which(document: &Crossed) -> (Side, EnvelopeId) {
    match document {
        Crossed::Sent(envelope, ..) => (Side::Out, envelope.body().id),
        Crossed::Received(envelope, _) => (Side::In, envelope.body().id),
    }
}

fn joined(ended: Option<Result<Result<u64>, tokio::task::JoinError>>) -> Result<u64> {
    ended.ok_or("nothing runs")?.map_err(told("a batch"))?
}
