//! Puts a node together from its configuration, down to everything but listeners and background
//! work: what `serve` runs, and what `doctor` and `init` look at.

use std::path::PathBuf;
use std::sync::Arc;

use corridor_base::{Clock, Did, ErrorCode, Problem, Random, Result};
use corridor_exchange::{Exchange, Limits, Parts};
use corridor_identity::{Directory, Keyring, LedgerKeys};
use corridor_ledger::Pending;
use corridor_ledger::witness::MlDsaKey;
use corridor_net::{Client, ClientOptions, ServerTls};
use corridor_storage::{BlobPlace, Database, Options, Schema, Store};
use corridor_trade::Library;
use corridor_trade::hub::Hub;

use tokio::sync::{Semaphore, watch};

use crate::config::{Config, DatabasePlace, Hosted, Listen};
use crate::ledger::{self, Ledger};
use crate::metrics::Metrics;
use crate::node::Node;
use crate::people::{self, People, Sealer};
use crate::service::{self, Service};
use crate::sign_on::Provider;
use crate::succession;
use crate::token::{self, Tokens};

/// How many pages may wait to be told of changes at once.
const LIVE: usize = 256;

/// Time and randomness of a node; a test passes its own.
#[derive(Clone)]
pub struct Surroundings {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Surroundings {
    /// Those of the machine.
    #[must_use]
    pub fn of_machine() -> Self {
        Self { clock: Arc::new(corridor_base::SystemClock), random: Arc::new(corridor_base::OsRandom) }
    }
}

/// The tables of all crates of a node, in the order of the floors.
#[must_use]
pub fn schemas(services: &[Service]) -> Vec<&'static Schema> {
    let mut all: Vec<&'static Schema> = vec![
        &corridor_identity::SCHEMA,
        &corridor_ledger::SCHEMA,
        &corridor_exchange::SCHEMA,
        &token::SCHEMA,
        &people::SCHEMA,
    ];
    all.extend(services.iter().filter_map(|s| s.schema));
    all
}

/// Where everything of this node is stored.
#[must_use]
pub fn storage(config: &Config) -> Options {
    let mut options = Options::directory(&config.data);
    if let DatabasePlace::Postgres(url) = &config.database {
        options.database = Database::Postgres(url.to_string());
    }
    options.blobs = BlobPlace::Directory(config.blobs.clone());
    // On the file system of the blobs, wherever the operator put them.
    let mut beside = config.blobs.file_name().unwrap_or_default().to_owned();
    beside.push("-staging");
    options.staging = config.blobs.with_file_name(beside);
    options.reader_threads = config.reader_threads;
    options
}

/// The directory of all keys.
#[must_use]
pub fn keys(config: &Config) -> PathBuf {
    config.data.join("keys")
}

/// The keys of one participant; made when there are none.
///
/// # Errors
/// Those of [`Keyring::open_or_create`].
pub fn keyring(config: &Config, hosted: &Hosted, around: &Surroundings) -> Result<Arc<Keyring>> {
    Keyring::open_or_create(&keys(config), &hosted.did, &*around.clock, &*around.random).map(Arc::new)
}

/// The keys of this node's ledger; made when there are none.
///
/// # Errors
/// Those of [`corridor_identity::ledger_keys`].
pub fn ledger_keys(config: &Config, around: &Surroundings) -> Result<LedgerKeys> {
    let all = keys(config);
    let made = corridor_identity::ledger_keys(&all, &config.ledger_origin, &*around.clock, &*around.random)?;
    with_ml_dsa(made, config, around)
}

/// The same with the second key of the witness, where the configuration wants one.
fn with_ml_dsa(keys: LedgerKeys, config: &Config, around: &Surroundings) -> Result<LedgerKeys> {
    let second = ml_dsa(config, keys.witness.name(), around)?;
    Ok(LedgerKeys { ml_dsa: second.map(|key| key.public().clone()), ..keys })
}

/// The second key of the witness of this name, where the configuration wants one; made when there is none.
///
/// # Errors
/// Those of [`corridor_identity::ml_dsa_seed`].
pub fn ml_dsa(config: &Config, name: &str, around: &Surroundings) -> Result<Option<MlDsaKey>> {
    if !config.ledger_ml_dsa {
        return Ok(None);
    }
    let seed = corridor_identity::ml_dsa_seed(&keys(config), name, &*around.clock, &*around.random)?;
    MlDsaKey::from_seed(name, &seed).map(Some)
}

/// What seals the secrets of people under the key of this node; made when there is none.
///
/// # Errors
/// Those of [`corridor_identity::people_seed`].
pub fn sealer(config: &Config, around: &Surroundings) -> Result<Sealer> {
    let seed = corridor_identity::people_seed(&keys(config), &*around.clock, &*around.random)?;
    Sealer::new(&seed)
}

/// The guarded client as the configuration wants it (NE-1).
///
/// # Errors
/// `file-failed`, `tls-invalid`, `malformed`.
pub fn client(config: &Config) -> Result<Client> {
    let extra_roots = match &config.extra_roots {
        Some(path) => std::fs::read(path)
            .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e))?,
        None => Vec::new(),
    };
    Client::new(&ClientOptions {
        allow: config.allow.clone(),
        proxy: config.proxy.clone(),
        extra_roots,
        ..ClientOptions::default()
    })
}

/// The certificate of a listener, if it speaks TLS.
///
/// # Errors
/// `tls-invalid`.
pub fn certificate(listen: &Listen) -> Result<Option<ServerTls>> {
    listen.tls.as_ref().map(|tls| ServerTls::load(&tls.certificate, &tls.key)).transpose()
}

/// Opens the store and puts the node together. Whoever calls holds the data directory.
///
/// # Errors
/// What is wrong with the configuration, the keys, the certificates or the stored data.
pub async fn node(config: Config, around: &Surroundings) -> Result<Arc<Node>> {
    let library = Arc::new(Library::at(&config.data));
    let services =
        service::all(around, service::With { library: library.clone(), hubs: hubs(&config, &library) });
    let (clock, random) = (around.clock.clone(), around.random.clone());
    let store = Store::open(storage(&config), &schemas(&services), clock.clone(), random.clone())?;
    let keyrings: Vec<Arc<Keyring>> =
        operator_first(&config).map(|h| keyring(&config, h, around)).collect::<Result<_>>()?;
    let client = client(&config)?;
    let directory = Directory::load(
        store.clone(),
        config.operator.did.clone(),
        config.anchors.clone(),
        clock.clone(),
        random.clone(),
    )
    .await?;
    let participants: Vec<Did> = config.participants.iter().map(|p| p.did.clone()).collect();
    let tokens = Tokens::new(store.clone(), &participants, clock.clone(), random.clone());
    let mut certificates = Vec::new();
    for (name, listen) in [("public", &config.public), ("api", &config.api)] {
        certificates.extend(certificate(listen)?.map(|tls| (name, tls)));
    }
    let pending = Pending::default();
    let directory = Arc::new(directory);
    let past = succession::take_up(&config, &store, &directory, around).await?;
    let (all, origin) = (keys(&config), &config.ledger_origin);
    let ledger = Ledger::open(ledger::Parts {
        keys: with_ml_dsa(
            corridor_identity::ledger_keys_of(&all, origin, past.number(), &*clock, &*random)?,
            &config,
            around,
        )?,
        past,
        config: &config,
        store: &store,
        directory: &directory,
        client: &client,
        pending: pending.clone(),
        around,
    })
    .await?;
    let exchange = Exchange::new(Parts {
        store: store.clone(),
        directory,
        keyrings,
        client: client.clone(),
        public_url: config.public_url.clone(),
        pending,
        services: services.iter().filter_map(|s| s.inbox.clone()).collect(),
        clock: clock.clone(),
        random: random.clone(),
        limits: Limits {
            max_size: config.max_size,
            max_skew: config.max_skew,
            give_up_after: config.give_up_after,
            ..Limits::default()
        },
    })?;
    let people = People::new(people::Parts {
        store: store.clone(),
        operator: config.operator.did.clone(),
        hosted: participants,
        settings: config.people.clone(),
        sealer: sealer(&config, around)?,
        clock: clock.clone(),
        random: random.clone(),
    });
    let sign_on =
        config.sign_on.clone().map(|settings| Provider::new(settings, client.clone(), clock.clone()));
    let metrics = Metrics::new(store);
    Ok(Arc::new(Node {
        config,
        exchange,
        ledger,
        tokens,
        people,
        sign_on,
        metrics,
        live: Arc::new(Semaphore::new(LIVE)),
        closing: watch::Sender::new(false),
        client,
        library,
        services,
        certificates,
        clock,
        random,
    }))
}

/// The folders that participants share with hubs.
#[must_use]
pub fn hubs(config: &Config, library: &Arc<Library>) -> Vec<Arc<Hub>> {
    let hub = |hosted: &Hosted| {
        let hub = hosted.hub.as_ref()?;
        let new = Hub::new(hosted.did.clone(), hub.folder.clone(), hub.partners.clone());
        Some(Arc::new(new.reading(library.clone())))
    };
    config.participants.iter().filter_map(hub).collect()
}

/// The exchange signs for the operator what it cannot sign for anybody else.
fn operator_first(config: &Config) -> impl Iterator<Item = &Hosted> {
    let others = config.participants.iter().filter(|p| p.name != config.operator.name);
    std::iter::once(&config.operator).chain(others)
}
