//! The link between two countries is down for five days. Each side goes on: documents are taken, and their
//! receipts say which country is missing, up to the age that the agreement allows (LG-2). When the link returns,
//! everything crosses once and every receipt becomes complete on both sides, without anybody's doing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "common/pair.rs"]
mod pair;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use corridor_base::{AgreementId, Clock, Did, EnvelopeId, OsRandom, Problem, SystemClock, Timestamp, Words};
use corridor_exchange::{Draft, Side, State};
use corridor_identity::Anchor;
use corridor_node::assembly::Surroundings;
use corridor_node::config::Config;
use corridor_node::serve::{self, Running};
use corridor_proof::verdict::CheckName;
use corridor_proof::{Agreement, Grant, Verb};
use corridor_storage::ActPage;
use futures::stream;

use pair::*;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The machine's clock, moved on by as much as has passed in the story.
#[derive(Default)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(Duration::from_millis(self.0.load(Ordering::SeqCst).unsigned_abs()))
    }
}

/// Two nodes in each country: what one of them does, the other of its country and both of the other country
/// can cosign.
struct World {
    clock: Arc<Moved>,
    around: Surroundings,
    places: Vec<Place>,
    configs: Vec<Config>,
    nodes: Vec<Option<Running>>,
    _desks: [tempfile::TempDir; 2],
}

/// The nodes that tell the story, and all those of the other country.
const OURS: usize = 0;
const THEIRS: usize = 2;
const ABROAD: [usize; 2] = [2, 3];

impl World {
    async fn new() -> Self {
        let clock: Arc<Moved> = Arc::default();
        let around = Surroundings { clock: clock.clone(), random: Arc::new(OsRandom) };
        let ((jp_desk, jp), (kr_desk, kr)) =
            (anchor_of("JP", "trust.example.jp"), anchor_of("KR", "trust.example.kr"));
        let mut anchors = [jp, kr];
        let places: Vec<Place> = (0..4).map(|_| place()).collect();
        let ports: Vec<u16> = places.iter().map(|place| place.port).collect();
        let of = |at: usize| at / 2;
        let configs: Vec<Config> =
            (0..4).map(|at| places[at].config_among(&anchors[of(at)], &ports, "")).collect();
        let mut nodes = Vec::new();
        for (at, config) in configs.iter().enumerate() {
            let node = serve::start(config.clone(), &around).await.unwrap();
            anchors[of(at)].admit(&places[at].admission(&node), &*clock).unwrap();
            nodes.push(Some(node));
        }
        let desks = [jp_desk, kr_desk];
        let world = Self { clock, around, places, configs, nodes, _desks: desks };
        world.trust(&anchors).await;
        world
    }

    /// The two countries recognise each other, and all nodes have the lists of both.
    async fn trust(&self, [jp, kr]: &[Anchor; 2]) {
        let offered = jp.recognise(&kr.anchor_key(), 300, &*self.clock).unwrap();
        let both = kr.countersign(offered.bytes(), &jp.anchor_key(), &*self.clock).unwrap();
        for at in 0..4 {
            for note in [both.bytes(), jp.newest().bytes(), kr.newest().bytes()] {
                self.node(at).node.import(note).await.unwrap();
            }
        }
    }

    fn node(&self, at: usize) -> &Running {
        self.nodes[at].as_ref().unwrap()
    }

    fn did(&self, at: usize) -> &Did {
        &self.places[at].did
    }

    /// An agreement under which work goes on for so many hours without complete receipts.
    async fn agree(&self, pending_hours: Option<u32>) -> AgreementId {
        let (us, them) = (self.did(OURS), self.did(THEIRS));
        let (kind, max_size) = ("note".parse().unwrap(), 1 << 20);
        let now = self.clock.now();
        let terms = Agreement {
            id: AgreementId::new(&*self.clock, &OsRandom),
            parties: [us.clone(), them.clone()],
            purpose: Words::same("tests"),
            grants: vec![Grant { verb: Verb::Send, kind, from: us.clone(), to: them.clone(), max_size }],
            from: now,
            until: now.plus(20 * DAY),
            pending_hours,
            expects: Vec::new(),
            aperak: Vec::new(),
            flow: corridor_proof::Flow::Open,
        };
        let proposed = self.node(OURS).node.exchange.propose(us, terms).await.unwrap();
        let concluded = self.node(THEIRS).node.exchange.conclude(them, proposed.bytes()).await.unwrap();
        self.node(OURS).node.exchange.conclude(us, concluded.bytes()).await.unwrap();
        proposed.body().id
    }

    async fn send(&self, agreement: AgreementId, content: String) -> Result<EnvelopeId, Problem> {
        let draft = Draft {
            id: None,
            to: self.did(THEIRS).clone(),
            kind: "note".parse().unwrap(),
            agreement: Some(agreement),
            name: None,
            answers: None,
            subjects: Vec::new(),
        };
        let content = stream::iter([Ok(content.into_bytes().into())]);
        self.node(OURS).node.exchange.submit(self.did(OURS), draft, content).await
    }

    /// Both nodes hold both receipts of a document, complete.
    async fn complete(&self, id: EnvelopeId) {
        until("complete receipts", async || self.is_complete(id).await).await;
    }

    async fn is_complete(&self, id: EnvelopeId) -> bool {
        let held = async |at: usize| self.node(at).node.receipts().of(self.did(at), id).await;
        let (ours, theirs) = (held(OURS).await, held(THEIRS).await);
        ours.is_ok_and(|held| held.is_complete()) && theirs.is_ok_and(|held| held.is_complete())
    }

    /// What is missing of our receipts of a document: for each act the checks, with whom they wait for.
    async fn missing(&self, id: EnvelopeId) -> Vec<Vec<(CheckName, usize)>> {
        let held = self.node(OURS).node.receipts().of(self.did(OURS), id).await.unwrap();
        let missing = |ours: &corridor_exchange::receipts::Ours| {
            ours.standing.missing.iter().map(|c| (c.name.clone(), c.about.len())).collect()
        };
        held.ours.iter().map(missing).collect()
    }

    async fn acts(&self, at: usize, kind: &str) -> usize {
        let page = ActPage { limit: 1000, ..ActPage::default() };
        let acts = self.node(at).node.exchange.store().acts(self.did(at), page).await.unwrap();
        acts.iter().filter(|act| act.kind == kind).count()
    }

    fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    async fn link_is_cut(&mut self) {
        for at in ABROAD {
            self.nodes[at].take().unwrap().stop().await;
        }
    }

    async fn link_returns(&mut self) {
        for at in ABROAD {
            let node = serve::start(self.configs[at].clone(), &self.around).await.unwrap();
            self.nodes[at] = Some(node);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_down_for_five_days() {
    let mut world = World::new().await;
    let (patient, strict) = (world.agree(Some(168)).await, world.agree(None).await);
    let mut sent = vec![world.send(patient, "before".to_owned()).await.unwrap()];
    world.complete(sent[0]).await;

    world.link_is_cut().await;
    let [jp, kr] = ["JP", "KR"].map(|country| CheckName::Country(country.parse().unwrap()));
    for day in 0..5 {
        let id = world.send(patient, format!("day {day}")).await.unwrap();
        sent.push(id);
        // The own country has cosigned; the receipt says that the other is missing, and whom it waits for.
        until("the receipts of a day", async || {
            let missing = world.missing(id).await;
            let of = |of_act: &[(CheckName, usize)], who: &CheckName| {
                of_act.iter().any(|m| m == &(who.clone(), 2))
            };
            missing.iter().all(|of_act| of(of_act, &kr) && !of_act.iter().any(|(name, _)| *name == jp))
        })
        .await;
        until("since when acts wait", async || world.node(OURS).node.ledger.pending_since().is_some()).await;
        // 72 hours, unless the agreement allows more.
        match world.send(strict, format!("strict, day {day}")).await {
            Ok(id) => {
                assert!(day < 3, "day {day}");
                sent.push(id);
            }
            Err(problem) => {
                assert!(day >= 3, "day {day}: {problem}");
                assert_eq!(problem.code().as_str(), "receipts-overdue");
            }
        }
        world.pass(DAY);
    }
    let waited = world.clock.now().since(world.node(OURS).node.ledger.pending_since().unwrap());
    assert!(waited > 4 * DAY + 23 * HOUR, "{waited:?}");
    for id in &sent[1..] {
        let row = world.node(OURS).node.exchange.document(world.did(OURS), Side::Out, *id).await.unwrap();
        assert_eq!(row.state, State::Sending);
    }

    world.link_returns().await;
    for id in &sent {
        received(world.node(THEIRS), world.did(THEIRS), *id).await;
    }
    // Partners are asked for their receipts every ten minutes by then: within the hour all are there.
    let back = world.clock.now();
    for id in &sent {
        while !world.is_complete(*id).await {
            assert!(world.clock.now().since(back) < HOUR, "{:?}", world.missing(*id).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
            world.pass(HOUR / 360);
        }
    }
    // Each crossed once, and work goes on under both agreements.
    assert_eq!(world.acts(THEIRS, "document-received").await, sent.len());
    until("nothing waits", async || world.node(OURS).node.ledger.pending_since().is_none()).await;
    let after = world.send(strict, "after".to_owned()).await.unwrap();
    world.complete(after).await;
    for node in world.nodes.into_iter().flatten() {
        node.stop().await;
    }
}
