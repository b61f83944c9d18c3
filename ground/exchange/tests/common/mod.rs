//! Two countries in one process, each with its own keys, database, clock and listener, speaking HTTP
//! over loopback: what the tests of the exchange stand on.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use corridor_base::{
    AgreementId, Clock, Country, Did, EnvelopeId, OsRandom, Problem, Result, SystemClock, Timestamp, Words,
};
use corridor_exchange::{DocumentRow, Draft, Exchange, Limits, SCHEMA, Service, Side, State};
use corridor_identity::anchor::{Admission, Anchor, Terms};
use corridor_identity::{DidDocument, Directory, Keyring};
use corridor_net::{Allow, Client, ClientOptions, Listen, PublicUrl, Server, serve};
use corridor_ports::free_port;
use corridor_proof::{Agreement, Flow, Grant, Signed, Verb};
use corridor_storage::{Database, DispatchOptions, Dispatcher, Options, Schema, Store, Unit};
use futures::stream;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The machine's clock, moved by as much as a test wants.
#[derive(Default)]
pub struct MovedClock(AtomicI64);

impl MovedClock {
    pub fn move_by(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().millis() + self.0.load(Ordering::SeqCst))
    }
}

/// One node.
pub struct Node {
    pub exchange: Exchange,
    pub pending: corridor_exchange::Pending,
    pub clock: Arc<MovedClock>,
    pub url: PublicUrl,
    pub us: Did,
    pub second: Did,
    pub keyrings: Vec<Arc<Keyring>>,
    pub client: Client,
    pub dispatcher: Option<Dispatcher>,
    pub server: Option<(Server, oneshot::Sender<()>)>,
    port: u16,
    country: Country,
    folder: TempDir,
}

/// What a test may set.
#[derive(Clone, Default)]
pub struct Setup {
    pub limits: Limits,
    pub services: Vec<Arc<dyn Service>>,
    pub schemas: Vec<&'static Schema>,
    /// On PostgreSQL; on SQLite otherwise.
    pub postgres: bool,
}

/// A fresh database on the test server; `None` without one.
pub fn fresh_database() -> Option<String> {
    let url = std::env::var("CORRIDOR_TEST_POSTGRES").ok()?;
    let name =
        format!("exchange_{:016x}", u64::from_be_bytes((&OsRandom as &dyn corridor_base::Random).bytes()));
    let create = format!("CREATE DATABASE {name}");
    let (server, _) = url.rsplit_once('/').unwrap();
    let fresh = format!("{server}/{name}");
    // The blocking client brings a runtime of its own.
    std::thread::spawn(move || {
        postgres::Client::connect(&url, postgres::NoTls).unwrap().batch_execute(&create).unwrap();
    })
    .join()
    .unwrap();
    Some(fresh)
}

/// Both countries and their anchors.
pub struct World {
    pub kr: Node,
    pub jp: Node,
    pub anchors: [Anchor; 2],
    pub agreement: AgreementId,
    _folders: [TempDir; 2],
}

pub fn text(text: &str) -> Words {
    Words::same(text)
}

impl Node {
    async fn new(country: &str, anchor: &Anchor, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<MovedClock> = Arc::default();
        let random = Arc::new(OsRandom);
        let port = free_port().unwrap();
        let did = |name: &str| -> Did { format!("did:web:localhost%3A{port}:{name}").parse().unwrap() };
        let (us, second) = (did("first"), did("second"));
        let keys = folder.path().join("keys");
        let keyring = |did: &Did| Arc::new(Keyring::open_or_create(&keys, did, &*clock, &*random).unwrap());
        let keyrings = vec![keyring(&us), keyring(&second)];
        let Setup { limits, services, schemas: more, postgres } = setup;
        let schemas = [vec![&corridor_identity::SCHEMA, &SCHEMA], more].concat();
        let mut options = Options::directory(folder.path());
        if postgres {
            options.database = Database::Postgres(fresh_database().unwrap());
        }
        let store = Store::open(options, &schemas, clock.clone(), random.clone()).unwrap();
        let directory = Directory::load(
            store.clone(),
            us.clone(),
            vec![anchor.anchor_key()],
            clock.clone(),
            random.clone(),
        )
        .await
        .unwrap();
        let allow: Allow = "127.0.0.0/8".parse().unwrap();
        let local: Allow = "localhost".parse().unwrap();
        let client_options =
            ClientOptions { allow: vec![allow, local], system_roots: false, ..ClientOptions::default() };
        let client = Client::new(&client_options).unwrap();
        let url = PublicUrl::parse(&format!("http://localhost:{port}")).unwrap();
        let pending = corridor_exchange::Pending::default();
        let exchange = Exchange::new(corridor_exchange::Parts {
            store,
            directory: Arc::new(directory),
            keyrings: keyrings.clone(),
            client: client.clone(),
            public_url: url.clone(),
            pending: pending.clone(),
            services,
            clock: clock.clone(),
            random,
            limits,
        })
        .unwrap();
        let country = country.parse().unwrap();
        Self {
            exchange,
            pending,
            clock,
            url,
            us,
            second,
            keyrings,
            client,
            dispatcher: None,
            server: None,
            port,
            country,
            folder,
        }
    }

    /// The directory with everything it has, but for a PostgreSQL.
    pub fn place(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Opens the listener.
    pub async fn listen(&mut self) {
        self.listen_as(self.exchange.router()).await;
    }

    /// Opens the listener with these routes.
    pub async fn listen_as(&mut self, router: axum::Router) {
        let (stop, stopped) = oneshot::channel::<()>();
        let address = format!("127.0.0.1:{}", self.port).parse().unwrap();
        let server = serve(Listen::plain(address), router, async move {
            let _ = stopped.await;
        })
        .await
        .unwrap();
        self.server = Some((server, stop));
    }

    /// Closes the listener: from outside the node is gone.
    pub async fn hang_up(&mut self) {
        if let Some((server, stop)) = self.server.take() {
            let _ = stop.send(());
            server.finished().await;
        }
    }

    /// Starts taking deliveries out of the outbox.
    pub fn dispatch(&mut self) {
        let options = DispatchOptions {
            sweep: Duration::from_millis(100),
            first_rest: Duration::from_millis(30),
            longest_rest: Duration::from_millis(200),
            ..DispatchOptions::default()
        };
        let deliver = Arc::new(self.exchange.clone());
        let store = self.exchange.store().clone();
        self.dispatcher = Some(Dispatcher::start(store, deliver, self.exchange.participants(), options));
    }

    pub fn admission(&self, which: usize) -> Admission {
        let keyring = &self.keyrings[which];
        let document = DidDocument::of(keyring, self.url.as_str());
        Admission::from_document(&document, text("A participant"), Some(self.url.as_str()), Duration::ZERO)
            .unwrap()
    }

    /// Hands in a document.
    pub async fn send(&self, to: &Did, agreement: AgreementId, content: &[u8]) -> Result<EnvelopeId> {
        self.submit(None, to, "note", Some(agreement), content).await
    }

    pub async fn submit(
        &self,
        id: Option<EnvelopeId>,
        to: &Did,
        kind: &str,
        agreement: Option<AgreementId>,
        content: &[u8],
    ) -> Result<EnvelopeId> {
        let kind = kind.parse().unwrap();
        let (to, subjects) = (to.clone(), Vec::new());
        let draft = Draft { id, to, kind, agreement, name: None, answers: None, subjects };
        self.hand_in(draft, content).await
    }

    pub async fn hand_in(&self, draft: Draft, content: &[u8]) -> Result<EnvelopeId> {
        let pieces: Vec<std::io::Result<Bytes>> =
            content.chunks(100_000).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        self.exchange.submit(&self.us, draft, stream::iter(pieces)).await
    }

    /// Waits until a document of ours has left `sending`.
    pub async fn settled(&self, id: EnvelopeId) -> DocumentRow {
        self.reaches(Side::Out, id, |state| state != State::Sending).await
    }

    /// Waits until a document is in a state.
    pub async fn reaches(&self, side: Side, id: EnvelopeId, wanted: impl Fn(State) -> bool) -> DocumentRow {
        for _ in 0..3000 {
            let row = self.exchange.document(&self.us, side, id).await;
            if let Some(row) = row.ok().filter(|row| wanted(row.state)) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{id} did not get there: {:?}", self.exchange.document(&self.us, side, id).await);
    }

    /// How many acts of this kind the books hold.
    pub async fn acts(&self, kind: &str) -> usize {
        let page = corridor_storage::ActPage { limit: 1000, ..Default::default() };
        let acts = self.exchange.store().acts(&self.us, page).await.unwrap();
        acts.iter().filter(|a| a.kind == kind).count()
    }
}

impl World {
    /// Two countries that recognise each other, and an agreement in force between the first
    /// participants of both: notes and EDIFACT either way, up to 8 MiB.
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let found = |at: usize, country: &str| {
            let terms = Terms {
                country: country.parse().unwrap(),
                name: format!("anchor.{}.example", country.to_lowercase()),
                valid_days: 30,
                grace_hours: 24,
            };
            Anchor::found(folders[at].path(), terms, &SystemClock, &OsRandom).unwrap()
        };
        let mut anchors = [found(0, "KR"), found(1, "JP")];
        let kr = Node::new("KR", &anchors[0], setup.clone()).await;
        let jp = Node::new("JP", &anchors[1], setup).await;
        for which in 0..2 {
            anchors[0].admit(&kr.admission(which), &SystemClock).unwrap();
            anchors[1].admit(&jp.admission(which), &SystemClock).unwrap();
        }
        let agreement = AgreementId::new(&SystemClock, &OsRandom);
        let mut world = Self { kr, jp, anchors, agreement, _folders: folders };
        world.recognise().await;
        world.publish().await;
        world.agree().await;
        world.kr.listen().await;
        world.jp.listen().await;
        world
    }

    async fn recognise(&self) {
        let [kr, jp] = &self.anchors;
        let offered = kr.recognise(&jp.anchor_key(), 300, &SystemClock).unwrap();
        let both = jp.countersign(offered.bytes(), &kr.anchor_key(), &SystemClock).unwrap();
        for node in [&self.kr, &self.jp] {
            node.exchange.directory().accept(both.bytes(), SystemClock.now()).await.unwrap();
        }
    }

    /// Brings the newest lists of both countries to both nodes.
    pub async fn publish(&self) {
        for node in [&self.kr, &self.jp] {
            for anchor in &self.anchors {
                node.exchange.directory().accept(anchor.newest().bytes(), SystemClock.now()).await.unwrap();
            }
        }
    }

    /// What the agreement says.
    pub fn terms(&self, id: AgreementId, max_size: u64) -> Agreement {
        let (kr, jp) = (&self.kr.us, &self.jp.us);
        let grant = |(kind, from, to): (&str, &Did, &Did)| Grant {
            verb: Verb::Send,
            kind: kind.parse().unwrap(),
            from: from.clone(),
            to: to.clone(),
            max_size,
        };
        Agreement {
            id,
            parties: [self.kr.us.clone(), self.jp.us.clone()],
            purpose: text("Tests"),
            grants: [("note", kr, jp), ("note", jp, kr), ("edifact", kr, jp), ("edifact", jp, kr)]
                .map(grant)
                .to_vec(),
            from: SystemClock.now().minus(Duration::from_secs(3600)),
            until: SystemClock.now().plus(Duration::from_secs(3600 * 24)),
            pending_hours: None,
            expects: Vec::new(),
            aperak: Vec::new(),
            flow: Flow::default(),
        }
    }

    async fn agree(&self) {
        let terms = self.terms(self.agreement, 8 << 20);
        let proposed = self.kr.exchange.propose(&self.kr.us, terms).await.unwrap();
        let both = self.jp.exchange.conclude(&self.jp.us, proposed.bytes()).await.unwrap();
        self.kr.exchange.conclude(&self.kr.us, both.bytes()).await.unwrap();
    }
}

/// A service that counts what it is told.
#[derive(Default)]
pub struct Counting(pub std::sync::Mutex<Vec<(Side, EnvelopeId)>>);

#[async_trait]
impl Service for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["note"]
    }

    async fn document(&self, _: &Exchange, _: &Did, document: DocumentRow) -> Result<Unit> {
        self.0.lock().unwrap().push((document.side, document.id));
        Ok(Box::new(|_| Ok(())))
    }

    async fn erased(&self, _: &Exchange, _: &Did, side: Side, id: EnvelopeId) -> Result<Unit> {
        self.0.lock().unwrap().retain(|known| *known != (side, id));
        Ok(Box::new(|_| Ok(())))
    }
}

/// The content of a document, read back.
pub async fn content(node: &Node, side: Side, id: EnvelopeId) -> Vec<u8> {
    use futures::StreamExt;
    let (_, mut stream) = node.exchange.read_content(&acting(&node.us), side, id).await.unwrap();
    let mut out = Vec::new();
    while let Some(piece) = stream.next().await {
        out.extend_from_slice(&piece.unwrap());
    }
    out
}

/// An envelope of our own making, signed by the first participant of `from`.
pub fn envelope(
    from: &Node,
    to: &Did,
    agreement: AgreementId,
    content: &[u8],
) -> Signed<corridor_proof::Envelope> {
    let body = corridor_proof::Envelope {
        id: EnvelopeId::new(&SystemClock, &OsRandom),
        kind: "note".parse().unwrap(),
        sender: from.us.clone(),
        recipient: to.clone(),
        agreement,
        time: from.clock.now(),
        size: content.len() as u64,
        sha256: corridor_base::Digest::of(content),
        name: None,
        answers: None,
        subjects: Vec::new(),
    };
    Signed::new(body, &[&*from.keyrings[0].current()]).unwrap()
}

/// The code of a problem.
pub fn code<T: std::fmt::Debug>(result: Result<T, Problem>) -> &'static str {
    result.map_or_else(|p| p.code().as_str(), |_| "ok")
}

/// Somebody of this participant, whose business is everything.
pub(crate) fn acting(us: &Did) -> corridor_exchange::Acting {
    let scope = corridor_exchange::Scope::default();
    corridor_exchange::Acting { participant: us.clone(), reader: "tester".to_owned(), scope }
}

/// Tests that take a world, on both engines; where there is no PostgreSQL, its half says that it was not run. The file that
/// uses it says how its world is made: `async fn world(postgres: bool) -> World`.
#[allow(unused_macros, reason = "each test file uses a part of it")]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::world(false).await).await;
            })*
        }
        mod on_postgresql {
            $(#[tokio::test]
            async fn $name() {
                if std::env::var_os("CORRIDOR_TEST_POSTGRES").is_none() {
                    println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
                    return;
                }
                super::$name(super::world(true).await).await;
            })*
        }
    };
}
#[allow(unused_imports, reason = "each test file uses a part of it")]
pub(crate) use on_both;
