//! Runs a node: two listeners, the dispatcher and the jobs, until it is told to stop; then it
//! finishes what it accepted.

use std::sync::Arc;
use std::time::Duration;

use corridor_base::{ErrorCode, Problem, Result};
use corridor_identity::{Intervals, Refresher};
use corridor_net::{Listen, Server};
use corridor_storage::{DataDir, DispatchOptions, Dispatcher};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::assembly::{self, Surroundings};
use crate::config::{self, Config};
use crate::node::Node;
use crate::{api, public};

/// How often certificates are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often uploads that nobody goes on with are swept, and after what time.
const SWEEP: Duration = Duration::from_secs(3600);
const ABANDONED: Duration = Duration::from_secs(7 * 86_400);

/// A node that runs.
pub struct Running {
    /// The node.
    pub node: Arc<Node>,
    /// Where partners reach it.
    pub public: std::net::SocketAddr,
    /// Where its API answers.
    pub api: std::net::SocketAddr,
    servers: Vec<Server>,
    work: JoinHandle<Option<Work>>,
    jobs: JoinSet<()>,
    stop: watch::Sender<bool>,
    _directory: DataDir,
}

/// What does work: it begins when no restoration has to be made up for.
struct Work {
    dispatcher: Dispatcher,
    jobs: JoinSet<()>,
}

/// Starts a node. After a restoration it listens, shows its logs and serves as witness and mirror, and
/// takes no new work until its own logs have what others have seen of them (LG-1).
///
/// # Errors
/// `directory-locked`, `directory-owner`, `file-mode`, `schema-unknown`, `port-taken`, `tls-invalid`
/// and whatever else keeps it from starting.
pub async fn start(config: Config, around: &Surroundings) -> Result<Running> {
    let directory = DataDir::lock(&config.data)?;
    let node = assembly::node(config, around).await?;
    for us in node.exchange.participants() {
        node.record_birth(node.exchange.keyring(&us)?).await?;
    }
    node.activate_keys().await?;
    node.ledger.recovery.replays(Arc::new(node.exchange.clone()));
    node.ledger.begin().await?;
    // Remembered before the mark goes: what partners delivered since the backup comes again.
    if let Some(mark) = node.exchange.store().restored().await? {
        node.exchange.lacks(mark.taken).await?;
    }
    let (stop, stopped) = watch::channel(false);
    let public = listen(&node, "public", &node.config.public, public::router(&node)?, &stopped).await?;
    let api = listen(&node, "api", &node.config.api, api::router(node.clone()), &stopped).await?;
    let mut jobs = JoinSet::new();
    jobs.spawn(until(stopped.clone(), watch_certificates(node.clone())));
    jobs.spawn(keep_trust(node.clone(), stopped.clone())?);
    for job in node.ledger.jobs(&stopped) {
        jobs.spawn(job);
    }
    let work = tokio::spawn(begin_work(node.clone(), stopped));
    let (public_at, api_at) = (public.address(), api.address());
    let servers = vec![public, api];
    Ok(Running { node, public: public_at, api: api_at, servers, work, jobs, stop, _directory: directory })
}

/// Waits until nothing has to be recovered, and begins to work; `None` when it is stopped before.
async fn begin_work(node: Arc<Node>, stopped: watch::Receiver<bool>) -> Option<Work> {
    if !node.ledger.recovery.run(stopped.clone()).await {
        return None;
    }
    let options = DispatchOptions { in_flight: node.config.parallel, ..DispatchOptions::default() };
    let exchange = node.exchange.clone();
    let dispatcher = Dispatcher::start(
        exchange.store().clone(),
        Arc::new(exchange.clone()),
        exchange.participants(),
        options,
    );
    let mut jobs = JoinSet::new();
    jobs.spawn(until(stopped.clone(), sweep(node.clone())));
    let (receipts, until_stopped) = (node.receipts(), stopped.clone());
    jobs.spawn(async move { receipts.run(until_stopped).await });
    let (lacking, until_stopped) = (node.exchange.clone(), stopped.clone());
    jobs.spawn(async move { lacking.make_up(until_stopped).await });
    for job in node.services.iter().flat_map(|s| &s.jobs) {
        jobs.spawn(job(node.exchange.clone(), stopped.clone()));
    }
    Some(Work { dispatcher, jobs })
}

async fn listen(
    node: &Arc<Node>,
    name: &'static str,
    place: &config::Listen,
    router: axum::Router,
    stopped: &watch::Receiver<bool>,
) -> Result<Server> {
    let tls = node.certificates.iter().find(|(n, _)| *n == name).map(|(_, tls)| tls.clone());
    let mut listen = Listen::plain(place.address);
    listen.tls = tls;
    let mut stopped = stopped.clone();
    let shutdown = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    corridor_net::serve(listen, router, shutdown).await
}

impl Running {
    /// Completes when the node has to begin again, because its log goes on under another name.
    pub async fn succeeds(&self) {
        let mut succeeds = self.node.ledger.succeeds.subscribe();
        // Whoever could tell lives as long as the node.
        if succeeds.wait_for(|due| *due).await.is_err() {
            std::future::pending().await
        }
    }

    /// Stops: takes nothing new, finishes requests and deliveries under way, and lets the data go.
    pub async fn stop(mut self) {
        self.node.closing.send_replace(true);
        self.stop.send_replace(true);
        for server in self.servers.drain(..) {
            server.finished().await;
        }
        if let Ok(Some(mut work)) = self.work.await {
            work.dispatcher.stop().await;
            while work.jobs.join_next().await.is_some() {}
        }
        while self.jobs.join_next().await.is_some() {}
        self.node.exchange.store().close().await;
    }
}

/// Pulls trust lists from the configured sources, takes up what other replicas accepted, and lets
/// new keys sign once they are pinned.
fn keep_trust(node: Arc<Node>, stopped: watch::Receiver<bool>) -> Result<impl Future<Output = ()>> {
    let keyrings: Result<Vec<_>> =
        node.exchange.participants().iter().map(|us| node.exchange.keyring(us).cloned()).collect();
    let (directory, client) = (node.exchange.directory().clone(), node.client.clone());
    let refresher = Refresher::new(directory, client, node.config.trust_sources.clone(), keyrings?);
    let every = Intervals { pull: node.config.trust_refresh, ..Intervals::default() };
    Ok(async move { refresher.run(every, stopped).await })
}

/// Work that may be dropped at any await when the node stops.
async fn until(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopped.wait_for(|stop| *stop) => {}
        () = work => {}
    }
}

/// Takes up certificates that were exchanged.
async fn watch_certificates(node: Arc<Node>) {
    loop {
        tokio::time::sleep(LOOK).await;
        for (name, tls) in node.certificates.clone() {
            match tokio::task::spawn_blocking(move || tls.reload()).await {
                Ok(Ok(true)) => tracing::info!(listener = name, "a new certificate is in use"),
                Ok(Err(problem)) => {
                    tracing::error!(listener = name, %problem, "the certificate could not be exchanged");
                }
                _ => {}
            }
        }
    }
}

async fn sweep(node: Arc<Node>) {
    loop {
        let left = node.exchange.sweep_hand_ins().await;
        let abandoned = node.exchange.store().blobs().sweep_staging(ABANDONED).await;
        match left.and_then(|left| abandoned.map(|abandoned| left + abandoned)) {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "uploads that nobody goes on with were removed"),
            Err(problem) => tracing::warn!(code = %problem.code(), "abandoned uploads could not be removed"),
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// The signals that end a node. From the moment this is made, they no longer end it at once.
pub struct StopSignals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl StopSignals {
    /// Listens for SIGTERM and Ctrl-C.
    ///
    /// # Errors
    /// `internal` when signals cannot be listened to.
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let internal = |e: std::io::Error| Problem::new(ErrorCode::Internal).because(e);
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(internal)?,
            interrupt: signal(SignalKind::interrupt()).map_err(internal)?,
        })
    }

    /// Completes when one has come.
    pub async fn told(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
