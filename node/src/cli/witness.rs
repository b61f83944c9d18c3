//! `corridor witness`: the small role that an anchor runs, a witness without a node. It cosigns the
//! logs that its policy file names and keeps nothing but how far each of them had come.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_identity::witness_key;
use corridor_ledger::alarm::Alarms;
use corridor_ledger::witness::{
    AcceptedLogs, PolicySource, Watch, WatchParts, Witness, WitnessParts, router,
};
use corridor_net::{Client, ClientOptions, Listen};
use corridor_proof::Policy;
use corridor_storage::{DataDir, Options, Store};
use serde_json::json;

use super::{Context, Done};
use crate::config::LogSettings;
use crate::{log, serve};

/// How often is compared what logs show to whom.
const WATCH_INTERVAL: Duration = Duration::from_secs(30);

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
    /// A local or private address at which a log may be read, host:port; may be given several times
    #[arg(long, value_name = "ADDRESS")]
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
        let (store, witness, watch) = open(context, args).await?;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let watching = tokio::spawn(async move { watch.run(WATCH_INTERVAL, stopped).await });
        let router = router(witness);
        let server = corridor_net::serve(Listen::plain(args.listen), router, signals.told()).await?;
        ready(context, &args.name, &server.address().to_string());
        server.finished().await;
        stop.send_replace(true);
        let _ = watching.await;
        store.close().await;
        drop(directory);
        Ok(())
    })
}

async fn open(context: &Context, args: &Args) -> Result<(Store, Witness, Watch)> {
    let (clock, random) = (context.around.clock.clone(), context.around.random.clone());
    let key = witness_key(&args.directory, &args.name, &*clock, &*random)?;
    let operator = operator(&args.name)?;
    let options = Options::directory(&args.directory);
    let store = Store::open(options, &[&corridor_ledger::SCHEMA], clock.clone(), random.clone())?;
    let policy: Arc<dyn PolicySource> = Arc::new(PolicyFile::open(&args.policy)?);
    let logs = AcceptedLogs::new(Vec::new(), Some(policy.clone()), Vec::new(), clock.clone());
    let alarms = Alarms::new(store.clone(), operator.clone(), clock, random);
    let parts = WitnessParts { store: store.clone(), operator, key, logs: Arc::new(logs), alarms };
    let witness = Witness::open(parts).await?;
    let allow = args.allow.iter().map(|address| address.parse()).collect::<Result<_>>()?;
    let client = Client::new(&ClientOptions { allow, ..ClientOptions::default() })?;
    let fetch = Arc::new(client);
    let watch = Watch::new(WatchParts { witness: witness.clone(), mirror: None, policy, fetch });
    Ok((store, witness, watch))
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
