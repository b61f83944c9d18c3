//! The node's ledger, put together: its log of acts and its raw logs, the witness that cosigns for
//! partners, the mirror that holds copies of their logs, who compares what those logs show to whom, the
//! gatherer of cosignatures for its own log, and the receipts that come of it.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use corridor_base::{Clock, ErrorCode, Problem, Result, Timestamp};
use corridor_identity::{Directory, LedgerKeys, Warning, has_key_of_log, log_key};
use corridor_ledger::alarm::Alarms;
use corridor_ledger::edge::log_router;
use corridor_ledger::gather::{Gathered, Gatherer, HttpLink, Patience};
use corridor_ledger::mirror::{
    self, Mirror, MirrorParts, MirrorSource, Puller, PushParts, PushPatience, Pusher,
};
use corridor_ledger::receipt::Receipts;
use corridor_ledger::recovery::{Recovery, RecoveryParts};
use corridor_ledger::witness::{self, AcceptedLogs, PolicySource, Watch, WatchParts, Witness, WitnessParts};
use corridor_ledger::{Log, LogParts, Pending, fsck};
use corridor_net::Client;
use corridor_proof::{Act, Policy, VerifierKey};
use corridor_storage::{ACTS, Store};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::assembly::{self, Surroundings};
use crate::config::Config;
use crate::succession::{self, Past};

/// How long a witness may take to answer.
const WITNESS_PATIENCE: Duration = Duration::from_secs(10);
/// How long a mirror may take for a piece of what is brought to it, over a slow link.
const PUSH_PATIENCE: Duration = Duration::from_secs(60);
/// How long a witness holds a restored log up that says it cosigned more than anybody shows: long enough to
/// come back from trouble of its own, and well within the ten minutes in which a restored node serves.
const CLAIM_PATIENCE: Duration = Duration::from_secs(300);
/// How often the mirror looks what its logs have published.
const MIRROR_INTERVAL: Duration = Duration::from_secs(5);
/// How often is compared what logs show to whom.
const WATCH_INTERVAL: Duration = Duration::from_secs(30);
/// How long others may take to say at the start that they have seen more than is here.
const LATE: Duration = Duration::from_secs(1);
/// How often is looked for how long acts have waited (LG-2).
const LOOK: Duration = Duration::from_secs(2);

/// Background work: until it is told to stop.
pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The ledger of one node.
#[derive(Clone)]
pub struct Ledger {
    /// The log of acts of all participants.
    pub log: Log,
    /// The logs of acts that have ended, the last to end first.
    pub ended: Vec<Log>,
    /// Why a succession that the trust lists name was not taken up.
    pub refused: Option<Problem>,
    /// Whether the log of acts has to go on under another name, for which the node has to begin again.
    pub succeeds: watch::Sender<bool>,
    /// Raw logs, as configured.
    pub raw: Vec<Log>,
    /// Cosigns the logs of others.
    pub witness: Witness,
    /// Holds copies of the logs of others.
    pub mirror: Mirror,
    puller: Puller,
    /// Brings the log of acts to the mirrors before anybody is asked to cosign it.
    pub pusher: Pusher,
    watch: Watch,
    /// The keys that check what this node cosigns.
    pub cosigners: Vec<VerifierKey>,
    /// Asks others to cosign the log of acts, and the raw logs.
    pub gatherers: Vec<Gatherer>,
    /// Receipts of the acts.
    pub receipts: Receipts,
    /// Split views that were seen.
    pub alarms: Alarms,
    /// Holds the logs after a restoration, until they have what others have seen (LG-1).
    pub recovery: Recovery,
    /// Who must have cosigned.
    pub policy: Arc<dyn PolicySource>,
    /// The keys of log and witness.
    pub keys: LedgerKeys,
    pending: Pending,
    due: Arc<dyn Fn() -> bool + Send + Sync>,
    interval: Duration,
}

/// What a ledger is put together from.
pub struct Parts<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Where everything is kept.
    pub store: &'a Store,
    /// Whom the countries vouch for.
    pub directory: &'a Arc<Directory>,
    /// The guarded HTTP client.
    pub client: &'a Client,
    /// Is told since when acts have waited.
    pub pending: Pending,
    /// The keys of log and witness.
    pub keys: LedgerKeys,
    /// The logs of acts that have ended.
    pub past: Past,
    /// Time and randomness.
    pub around: &'a Surroundings,
}

impl Ledger {
    /// Opens the logs and the witness.
    ///
    /// # Errors
    /// `config-invalid` when a stored checkpoint is of another origin or key, or the policy file cannot
    /// be read; those of the keys and of the store.
    pub async fn open(parts: Parts<'_>) -> Result<Self> {
        let Parts { config, store, directory, client, pending, keys, past, around } = parts;
        let (clock, random) = (around.clock.clone(), around.random.clone());
        let operator = &config.operator.did;
        let policy = policy_source(config, directory, &clock)?;
        let open = |name: &str, origin: String, key| {
            let (store, operator, clock) = (store.clone(), operator.clone(), clock.clone());
            Log::open(LogParts { store, operator, name: name.to_owned(), origin, key, clock })
        };
        let log = open(ACTS, keys.log.name().to_owned(), keys.log.clone()).await?;
        let mut ended = Vec::new();
        for old in past.ended.iter().rev() {
            ended.push(open(&old.name, old.succession.log.name().to_owned(), Arc::new(old.key()?)).await?);
        }
        let mut raw = Vec::new();
        for name in &config.ledger_raw {
            let origin = raw_origin(config, name);
            // Said before the key is made, or a crash between the two would leave a log with a past.
            if !has_key_of_log(&assembly::keys(config), name) {
                store.begin_raw(name).await?;
            }
            let key = log_key(&assembly::keys(config), name, &origin, &*clock, &*random)?;
            raw.push(open(name, origin, key).await?);
        }
        let alarms = Alarms::new(store.clone(), operator.clone(), clock.clone(), random.clone());
        let own: Vec<String> =
            std::iter::once(&log).chain(&ended).chain(&raw).map(|log| log.origin().to_owned()).collect();
        let mirrors = mirrors(directory, &own, &clock);
        let logs = AcceptedLogs::new(config.ledger_accept.clone(), Some(policy.clone()), own, clock.clone());
        let witness = Witness::open(WitnessParts {
            store: store.clone(),
            operator: operator.clone(),
            key: keys.witness.clone(),
            logs: Arc::new(logs),
            alarms: alarms.clone(),
        })
        .await?;
        if let Some(key) = assembly::ml_dsa(config, keys.witness.name(), around)? {
            witness.also_cosign(key)?;
        }
        let cosigners = witness.keys();
        let mirror = Mirror::open(MirrorParts {
            store: store.clone(),
            operator: operator.clone(),
            key: keys.mirror.clone(),
            logs: witness.logs().clone(),
            alarms: alarms.clone(),
            clock: clock.clone(),
        })
        .await?;
        let puller = Puller::new(mirror.clone(), Arc::new(client.clone())).told_by(&witness);
        let watch = Watch::new(WatchParts {
            witness: witness.clone(),
            mirror: Some(mirror.clone()),
            policy: policy.clone(),
            fetch: Arc::new(client.clone()),
        });
        let link = Arc::new(HttpLink { client: client.clone(), patience: WITNESS_PATIENCE });
        let recovery = Recovery::new(RecoveryParts {
            logs: std::iter::once(&log).chain(&raw).cloned().collect(),
            policy: whole_policy(config, directory, &policy, &clock),
            mirrors: mirrors.clone(),
            own: cosigners.clone(),
            link: link.clone(),
            fetch: Arc::new(client.clone()),
            first: past.first_act(config, around),
            patience: CLAIM_PATIENCE,
        });
        let pusher = Pusher::new(PushParts {
            log: log.clone(),
            mirrors,
            link: Arc::new(HttpLink { client: client.clone(), patience: PUSH_PATIENCE }),
            clock: clock.clone(),
            patience: PushPatience::default(),
        });
        let gather = |log: Arc<dyn Gathered>| {
            Gatherer::new(log, policy.clone(), link.clone(), clock.clone(), Patience::default())
        };
        // Raw logs are nobody's evidence of ours: whoever copies them pulls.
        let acts: Arc<dyn Gathered> = Arc::new(pusher.clone());
        let logs = raw.iter().map(|log| Arc::new(log.clone()) as Arc<dyn Gathered>);
        let gatherers = std::iter::once(acts).chain(logs).map(gather).collect();
        let receipts =
            Receipts::with_ended(log.clone(), ended.clone(), keys.log.clone(), policy.clone(), clock);
        let due = {
            let (config, directory, key) = (config.clone(), directory.clone(), log.key());
            let around = around.clone();
            move || succession::is_due(&config, &directory, &key, &around)
        };
        let interval = config.ledger_interval;
        Ok(Self {
            log,
            ended,
            succeeds: watch::Sender::new(false),
            // What was refused once is not tried again by beginning again.
            due: if past.refused.is_none() { Arc::new(due) } else { Arc::new(|| false) },
            refused: past.refused,
            raw,
            witness,
            mirror,
            puller,
            pusher,
            watch,
            cosigners,
            gatherers,
            receipts,
            alarms,
            recovery,
            policy,
            keys,
            pending,
            interval,
        })
    }

    /// Who may read and ask: everybody. Signatures are what counts here.
    pub fn router(&self) -> Router {
        let mut router = Router::new()
            .nest("/log", log_router(self.log.clone()))
            .nest("/witness", witness::router(self.witness.clone()))
            .nest("/mirror", mirror::router(self.mirror.clone()));
        for log in self.raw.iter().chain(&self.ended) {
            router = router.nest(&format!("/logs/{}", log.name()), log_router(log.clone()));
        }
        router
    }

    /// Looks whether the database was restored; if so, witness and mirror are held with the logs.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn begin(&self) -> Result<()> {
        let known = self.log.store().restored().await?.is_some();
        if self.recovery.begin(LATE).await? && !known {
            self.witness.hold().await?;
            self.mirror.hold().await?;
        }
        Ok(())
    }

    /// Checks a log of this node, by its name or origin, or the copy of another one, by its origin.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn fsck(&self, name: &str) -> Result<fsck::Report> {
        let mut own = std::iter::once(&self.log).chain(&self.raw).chain(&self.ended);
        if let Some(log) = own.find(|log| log.name() == name || log.origin() == name) {
            return fsck::check(log).await;
        }
        let copy = fsck::check_copy(&self.mirror, name).await?;
        copy.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("log {name}")))
    }

    /// The logs of this node beside the log of acts: raw ones, and logs of acts that have ended.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn others(&self) -> Result<Vec<OtherLog>> {
        let mut found = Vec::new();
        for log in &self.raw {
            let standing = if log.held().await?.is_some() { Standing::Held } else { Standing::Open };
            found.push(OtherLog::of(log, standing).await?);
        }
        for log in &self.ended {
            found.push(OtherLog::of(log, Standing::Ended).await?);
        }
        Ok(found)
    }

    /// Since when the oldest act without a complete receipt has waited.
    #[must_use]
    pub fn pending_since(&self) -> Option<Timestamp> {
        self.pending.since()
    }

    /// What runs while the node does.
    pub fn jobs(&self, stop: &watch::Receiver<bool>) -> Vec<Job> {
        let mut jobs: Vec<Job> = Vec::new();
        for log in std::iter::once(&self.log).chain(&self.raw) {
            let (log, stop, interval) = (log.clone(), stop.clone(), self.interval);
            jobs.push(Box::pin(async move { log.run(interval, stop).await }));
        }
        for gatherer in &self.gatherers {
            let (gatherer, stop) = (gatherer.clone(), stop.clone());
            jobs.push(Box::pin(async move { gatherer.run(stop).await }));
        }
        let (puller, stop_pulling) = (self.puller.clone(), stop.clone());
        jobs.push(Box::pin(async move { puller.run(MIRROR_INTERVAL, stop_pulling).await }));
        let (pusher, stop_pushing) = (self.pusher.clone(), stop.clone());
        jobs.push(Box::pin(async move { pusher.run(stop_pushing).await }));
        let (watch, stop_watching) = (self.watch.clone(), stop.clone());
        jobs.push(Box::pin(async move { watch.run(WATCH_INTERVAL, stop_watching).await }));
        let (this, stop) = (self.clone(), stop.clone());
        jobs.push(Box::pin(async move { this.keep_pending(stop).await }));
        jobs
    }

    /// Tells since when the oldest act without a complete receipt has waited (LG-2), and whether the log has
    /// to go on under another name.
    async fn keep_pending(&self, mut stop: watch::Receiver<bool>) {
        loop {
            match self.waiting_since().await {
                Ok(since) => self.pending.tell(since),
                Err(problem) => tracing::warn!(code = %problem.code(), "pending receipts: {problem}"),
            }
            if (self.due)() {
                self.succeeds.send_replace(true);
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// When the oldest act was made that no complete checkpoint holds.
    async fn waiting_since(&self) -> Result<Option<Timestamp>> {
        let covered = self.log.newest_complete().await?.map_or(0, |signed| signed.tree().size);
        let first = self.log.store().leaves(ACTS, covered, 1).await?;
        Ok(first.first().and_then(|leaf| Act::parse(&leaf.entry).ok()).map(|act| act.time))
    }
}

/// A log of this node beside its log of acts.
#[derive(Clone, Debug)]
pub struct OtherLog {
    /// By which it is asked for: the name of a raw log, or the one that a log of acts got when it ended.
    pub name: String,
    /// The first line of its checkpoints.
    pub origin: String,
    /// The key its checkpoints are checked with.
    pub key: VerifierKey,
    /// How many entries have their place in it.
    pub entries: u64,
    /// Whether it takes more.
    pub standing: Standing,
}

/// Whether a log takes entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It does.
    Open,
    /// Not since a restoration.
    Held,
    /// Another one goes on for it.
    Ended,
}

impl OtherLog {
    async fn of(log: &Log, standing: Standing) -> Result<Self> {
        let (name, origin) = (log.name().to_owned(), log.origin().to_owned());
        let entries = log.store().sequenced(log.name()).await?.next;
        Ok(Self { name, origin, key: log.key(), entries, standing })
    }
}

/// The origin of a raw log.
fn raw_origin(config: &Config, name: &str) -> String {
    let origin = config.ledger_origin.strip_suffix("/log").unwrap_or(&config.ledger_origin);
    format!("{origin}/logs/{name}")
}

/// The policy as it is asked after a restoration: only a whole one names every witness there is. A list
/// that is missing or no longer valid would leave out those who have seen most.
fn whole_policy(
    config: &Config,
    directory: &Arc<Directory>,
    policy: &Arc<dyn PolicySource>,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn PolicySource> {
    if config.ledger_policy.is_some() {
        return policy.clone();
    }
    let (directory, policy, clock) = (directory.clone(), policy.clone(), clock.clone());
    Arc::new(move || {
        for warning in directory.warnings(clock.now()) {
            match warning {
                Warning::ListMissing { country } => {
                    return Err(Problem::new(ErrorCode::TrustListMissing).with("country", country));
                }
                Warning::ListClosed { country, number, closed } => {
                    let problem = Problem::new(ErrorCode::TrustListExpired).with("country", country);
                    return Err(problem.with("list", number).with("at", closed));
                }
                _ => {}
            }
        }
        policy.policy()
    })
}

/// The mirrors that the trust lists name, of nodes and of anchors, but for this node's own.
fn mirrors(directory: &Arc<Directory>, own: &[String], clock: &Arc<dyn Clock>) -> Arc<dyn MirrorSource> {
    let (directory, own, clock) = (directory.clone(), own.to_vec(), clock.clone());
    Arc::new(move || {
        let listed = directory.all().into_iter().filter(|l| l.participant.removed.is_none());
        let ledgers = listed
            .filter_map(|l| l.participant.ledger.clone())
            .filter(|l| own.iter().all(|own| own != l.origin()));
        let mut urls: BTreeSet<String> = ledgers.filter_map(|l| l.mirror_url).collect();
        urls.extend(directory.view().anchor_mirrors(clock.now()));
        Ok(urls.into_iter().collect())
    })
}

/// The policy of the file, or of the trust lists as they are at each moment.
fn policy_source(
    config: &Config,
    directory: &Arc<Directory>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn PolicySource>> {
    let Some(path) = &config.ledger_policy else {
        let (directory, clock) = (directory.clone(), clock.clone());
        return Ok(Arc::new(move || directory.policy(clock.now())));
    };
    let bytes = std::fs::read(path)
        .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e))?;
    let policy = Arc::new(Policy::parse(&bytes)?);
    Ok(Arc::new(move || Ok(policy.clone())))
}
