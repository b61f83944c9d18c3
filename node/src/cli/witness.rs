//! `corridor witness`: the small role that an anchor runs, a witness without a node. It cosigns the
//! logs that its policy file names and keeps nothing but how far each of them had come; as a mirror, too,
//! it holds a copy of each, so that the country has one that none of its institutions keeps.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::middleware::from_fn_with_state;
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_identity::{mirror_key, ml_dsa_seed, witness_key};
use corridor_ledger::alarm::Alarms;
use corridor_ledger::mirror::{self, Mirror, MirrorParts, Puller};
use corridor_ledger::witness::{
    AcceptedLogs, MlDsaKey, PolicySource, Watch, WatchParts, Witness, WitnessParts, router,
};
use corridor_net::refusal::say_problems;
use corridor_net::{Client, ClientOptions, Listen};
use corridor_proof::Policy;
use corridor_storage::{DataDir, Database, Options, Store, durable};
use serde_json::json;

use super::{Context, Done};
use crate::config::LogSettings;
use crate::public::problems;
use crate::{log, serve};

/// How often is compared what logs show to whom.
const WATCH_INTERVAL: Duration = Duration::from_secs(30);
/// How often is looked what the logs have published, when copies of them are kept.
const MIRROR_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where its key and its state are; made when there is nothing
    directory: PathBuf,
    /// The name it cosigns under, as the trust list says it
    #[arg(long)]
    name: String,
    /// The logs that it cosigns: those of this C2SP tlog-policy, read again when it changes
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// With which keys it cosigns: each line of ML-DSA-44 makes a checkpoint 3.3 kB longer
    #[arg(long, value_parser = ["ed25519", "ed25519+ml-dsa-44"], default_value = "ed25519")]
    cosign: String,
    /// Keep a copy of each log, too, and serve it below /mirror
    #[arg(long)]
    mirror: bool,
    /// Its directory is from a backup: cosign nothing of a log until others have shown what there is of it. A
    /// copy in another place is noticed without this; a disk or a machine that was put back is not
    #[arg(long)]
    restored: bool,
    /// A private or local address at which a log may be read; may be given several times
    #[arg(long, value_name = "HOST:PORT")]
    allow: Vec<String>,
    /// Where it listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7088")]
    listen: SocketAddr,
}

pub(super) fn run(context: &Context, args: &Args) -> Done {
    let settings = LogSettings { json: context.terminal.is_json(), level: "info".to_owned() };
    log::start(&settings, &args.directory)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    runtime.block_on(async {
        let signals = serve::StopSignals::listen()?;
        // Held until the end: two witnesses of one key would be no witness at all.
        let directory = DataDir::lock(&args.directory)?;
        let role = open(context, args).await?;
        hold(&role, &args.directory, args.restored).await?;
        let Role { store, witness, mirror, watch, client } = role;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let (mut router, mut running) = (router(witness.clone()), tokio::task::JoinSet::new());
        if let Some(mirror) = mirror {
            router = router.nest("/mirror", mirror::router(mirror.clone()));
            let puller = Puller::new(mirror, Arc::new(client)).told_by(&witness);
            let stopped = stopped.clone();
            running.spawn(async move { puller.run(MIRROR_INTERVAL, stopped).await });
        }
        running.spawn(async move { watch.run(WATCH_INTERVAL, stopped).await });
        let router = router.merge(problems()).layer(from_fn_with_state(context.lang, say_problems));
        let server = corridor_net::serve(Listen::plain(args.listen), router, signals.told()).await?;
        ready(context, &args.name, &server.address().to_string());
        server.finished().await;
        stop.send_replace(true);
        while running.join_next().await.is_some() {}
        store.close().await;
        drop(directory);
        Ok(())
    })
}

/// What a witness consists of.
struct Role {
    store: Store,
    witness: Witness,
    mirror: Option<Mirror>,
    watch: Watch,
    client: Client,
}

async fn open(context: &Context, args: &Args) -> Result<Role> {
    let (clock, random) = (context.around.clock.clone(), context.around.random.clone());
    let key = witness_key(&args.directory, &args.name, &*clock, &*random)?;
    let operator = operator(&args.name)?;
    let options = Options::directory(&args.directory);
    let store = Store::open(options, &[&corridor_ledger::SCHEMA], clock.clone(), random.clone())?;
    let policy: Arc<dyn PolicySource> = Arc::new(PolicyFile::open(&args.policy)?);
    let logs = AcceptedLogs::new(Vec::new(), Some(policy.clone()), Vec::new(), clock.clone());
    let (logs, alarms) =
        (Arc::new(logs), Alarms::new(store.clone(), operator.clone(), clock.clone(), random.clone()));
    let mirror = match args.mirror {
        true => {
            let key = mirror_key(&args.directory, &args.name, &*clock, &*random)?;
            let (store, operator, logs, alarms) =
                (store.clone(), operator.clone(), logs.clone(), alarms.clone());
            Some(Mirror::open(MirrorParts { store, operator, key, logs, alarms, clock }).await?)
        }
        false => None,
    };
    let parts = WitnessParts { store: store.clone(), operator, key, logs, alarms };
    let witness = Witness::open(parts).await?;
    if args.cosign != "ed25519" {
        let seed = ml_dsa_seed(&args.directory, &args.name, &*context.around.clock, &*context.around.random)?;
        let key = MlDsaKey::from_seed(&args.name, &seed)?;
        // For the office, which lists it beside the first.
        let public = args.directory.join("witness-ml-dsa-44.vkey");
        durable::write_file(&public, format!("{}\n", key.public()).as_bytes(), 0o644)?;
        witness.also_cosign(key)?;
    }
    let allow = args.allow.iter().map(|address| address.parse()).collect::<Result<_>>()?;
    let client = Client::new(&ClientOptions { allow, ..ClientOptions::default() })?;
    let fetch = Arc::new(client.clone());
    let watch = Watch::new(WatchParts { witness: witness.clone(), mirror: mirror.clone(), policy, fetch });
    Ok(Role { store, witness, mirror, watch, client })
}

/// Holds everything when the state is from a backup, before anything is served (LG-1). Where it stands is
/// remembered last, so that a start that ends in between is made up for.
async fn hold(role: &Role, directory: &Path, restored: bool) -> Result<()> {
    let place = place(directory)?;
    if restored || role.witness.moved(&place).await? {
        role.witness.hold().await?;
        if let Some(mirror) = &role.mirror {
            mirror.hold().await?;
        }
        tracing::warn!(
            "the state is from a backup: a log is cosigned again when others have shown what there is of it"
        );
    }
    role.witness.settle(&place).await
}

/// What a copy of the database does not take along: which file of the disk it is, and when that was made.
/// The number alone is given again when a file is removed.
fn place(directory: &Path) -> Result<String> {
    let Database::Sqlite(path) = Options::directory(directory).database else { return Ok(String::new()) };
    let file = std::fs::metadata(&path).map_err(|e| failed(&path, e))?;
    let made = file.created().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    Ok(format!("{} {}", file.ino(), made.unwrap_or_default().as_nanos()))
}

/// Whose participant the state belongs to: the host in the witness's name. Everything stored belongs to
/// somebody (PA-1), and nobody else is here.
fn operator(name: &str) -> Result<Did> {
    let host = name.split('/').next().unwrap_or_default();
    format!("did:web:{}", host.replace(':', "%3A")).parse()
}

/// A policy in a file, read again when the file has changed.
struct PolicyFile {
    path: PathBuf,
    read: Mutex<(SystemTime, Arc<Policy>)>,
}

impl PolicyFile {
    fn open(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), read: Mutex::new(read(path)?) })
    }
}

impl PolicySource for PolicyFile {
    fn policy(&self) -> Result<Arc<Policy>> {
        let mut held = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if modified(&self.path)? != held.0 {
            *held = read(&self.path)?;
        }
        Ok(held.1.clone())
    }
}

fn read(path: &Path) -> Result<(SystemTime, Arc<Policy>)> {
    let at = modified(path)?;
    let bytes = std::fs::read(path).map_err(|e| failed(path, e))?;
    Ok((at, Arc::new(Policy::parse(&bytes)?)))
}

fn modified(path: &Path) -> Result<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).map_err(|e| failed(path, e))
}

fn failed(path: &Path, error: std::io::Error) -> Problem {
    Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(error)
}

fn ready(context: &Context, name: &str, address: &str) {
    if context.terminal.is_json() {
        context.terminal.json_line(&json!({
            "ready": true, "witness": name, "address": address, "pid": std::process::id(),
            "version": env!("CARGO_PKG_VERSION"),
        }));
    } else {
        context.terminal.say("witness-ready", &[("name", name), ("at", address)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The directory is copied back from a copy: it is noticed, and not at the next start again.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test writes what is not kept")]
    fn a_file_that_was_copied_back_stands_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let Database::Sqlite(path) = Options::directory(folder.path()).database else { panic!("no file") };
        std::fs::write(&path, b"state").unwrap();
        let before = place(folder.path()).unwrap();
        std::fs::write(&path, b"more state").unwrap();
        assert_eq!(place(folder.path()).unwrap(), before);
        let copy = folder.path().join("copy");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        std::fs::copy(&copy, &path).unwrap();
        assert_ne!(place(folder.path()).unwrap(), before);
        std::fs::rename(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
        assert_ne!(place(folder.path()).unwrap(), before);
    }
}
