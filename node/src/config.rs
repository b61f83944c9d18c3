//! The configuration of a node: one table of keys (`keys`), read from a TOML file and the environment
//! (`read`), shown with what each key means and where its value comes from (`show`).

pub mod keys;
mod read;
mod show;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corridor_base::{Did, Lang, Result};
use corridor_identity::AnchorKey;
use corridor_ledger::witness::KnownLog;
use corridor_net::{Allow, PublicUrl};
use url::Url;

pub use keys::{KEYS, Key, Shape};
pub use read::{Environment, Origin, Settings, Value};
pub use show::{example, list, rows};

/// The file that is read when neither `--config` nor `CORRIDOR_CONFIG` names another.
pub const DEFAULT_FILE: &str = "corridor.toml";

/// A participant that this node hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// The short name used in this configuration, in file names and on the command line.
    pub name: String,
    /// Its identifier.
    pub did: Did,
    /// The folder it shares with a hub, when it does.
    pub hub: Option<HubFolder>,
}

/// A folder that a participant shares with a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFolder {
    /// Where it is.
    pub folder: PathBuf,
    /// Who is meant by which identity in UNB, or by which folder below `out`.
    pub partners: Vec<(String, Did)>,
}

/// Certificate and key of a listener, PEM files that are reloaded when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Where the node listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// TLS, when it is spoken here.
    pub tls: Option<TlsFiles>,
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabasePlace {
    /// SQLite, in the data directory.
    Sqlite,
    /// PostgreSQL, with the password in the URL where there is one.
    Postgres(Url),
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// One JSON object a line instead of text.
    pub json: bool,
    /// `error`, `warn`, `info`, `debug` or `trace`, or directives of tracing's `EnvFilter`.
    pub level: String,
}

/// A configuration in which every value has been checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    /// Every key with its value and its origin.
    pub settings: Settings,
    /// The data directory.
    pub data: PathBuf,
    /// For readers who do not say which language they want.
    pub language: Lang,
    /// Which participant holds what belongs to the node as a whole.
    pub operator: Hosted,
    /// All participants, the operator among them; at least one.
    pub participants: Vec<Hosted>,
    /// Worker threads; zero is one a core.
    pub workers: usize,
    /// The listener that partners reach.
    pub public: Listen,
    /// Under which address partners reach it.
    pub public_url: PublicUrl,
    /// The listener of the API.
    pub api: Listen,
    /// The reverse proxies whose word on who called the console counts.
    pub proxies: crate::door::forwarded::Proxies,
    /// How many requests of the API are worked on at once.
    pub api_requests: usize,
    /// How long a request without a document may take.
    pub api_timeout: Duration,
    /// The console: where people reach it, and how long sessions last.
    pub people: crate::people::Settings,
    /// Single sign-on, where there is any.
    pub sign_on: Option<crate::sign_on::Settings>,
    /// The database.
    pub database: DatabasePlace,
    /// The directory of document contents.
    pub blobs: PathBuf,
    /// Threads that read from the database.
    pub reader_threads: usize,
    /// The anchors this node goes by.
    pub anchors: Vec<AnchorKey>,
    /// Where new trust lists are fetched.
    pub trust_sources: Vec<Url>,
    /// How often they are fetched.
    pub trust_refresh: Duration,
    /// Private and local destinations that may be connected to (NE-1).
    pub allow: Vec<Allow>,
    /// The proxy for outbound connections.
    pub proxy: Option<Url>,
    /// Certificate authorities trusted beside the built-in ones, PEM.
    pub extra_roots: Option<PathBuf>,
    /// The largest document taken, in bytes.
    pub max_size: u64,
    /// How far a partner's clock may be off.
    pub max_skew: Duration,
    /// How many deliveries to one partner run at once.
    pub parallel: usize,
    /// For how long a document is offered to a partner that does not answer.
    pub give_up_after: Duration,
    /// The origin of this node's log (C2SP tlog-checkpoint); its keys are named after it.
    pub ledger_origin: String,
    /// How often a checkpoint is signed while acts keep coming.
    pub ledger_interval: Duration,
    /// Who must have cosigned, when it is not what the trust lists say: a C2SP tlog-policy.
    pub ledger_policy: Option<PathBuf>,
    /// Logs beside those of partners that this node witnesses and mirrors.
    pub ledger_accept: Vec<KnownLog>,
    /// Whether the witness cosigns with ML-DSA-44, too.
    pub ledger_ml_dsa: bool,
    /// Raw logs that anybody may add to.
    pub ledger_raw: Vec<String>,
    /// The log.
    pub log: LogSettings,
}

impl Config {
    /// Reads the file and the environment.
    ///
    /// # Errors
    /// `file-failed`, `config-invalid`, `config-unknown-key`.
    pub fn load(file: &Path, environment: &Environment) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|e| {
            // Where nobody made a node, the whole path says where one was looked for.
            let (code, path) = match e.kind() {
                std::io::ErrorKind::NotFound => {
                    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
                    (corridor_base::ErrorCode::ConfigMissing, whole)
                }
                _ => (corridor_base::ErrorCode::FileFailed, file.to_owned()),
            };
            corridor_base::Problem::new(code).with("path", path.display()).because(e)
        })?;
        Self::from_text(&text, file, environment)
    }

    /// Reads a configuration that lies in memory, as if it came from `file`.
    ///
    /// # Errors
    /// `config-invalid`, `config-unknown-key`.
    pub fn from_text(text: &str, file: &Path, environment: &Environment) -> Result<Self> {
        read::config(text, file, environment)
    }

    /// The hosted participant of this short name or DID.
    #[must_use]
    pub fn participant(&self, name: &str) -> Option<&Hosted> {
        self.participants.iter().find(|p| p.name == name || p.did.as_str() == name)
    }

    /// The file with the administrator's token that `corridor init` made for a participant.
    #[must_use]
    pub fn token_file(&self, participant: &Hosted) -> PathBuf {
        if participant.name == self.operator.name {
            self.data.join("admin.token")
        } else {
            self.data.join(format!("admin.{}.token", participant.name))
        }
    }

    /// The file of the secret by which the provider of single sign-on knows this node.
    #[must_use]
    pub fn client_secret_file(&self) -> Option<PathBuf> {
        let key = keys::find("sign_on.client_secret_file")?;
        let values = self.settings.values(key);
        let (Value::Text(text), _) = values.first()? else { return None };
        Some(self.file.parent().unwrap_or(Path::new("")).join(text))
    }

    /// The address under which this machine reaches the API.
    #[must_use]
    pub fn api_url(&self) -> String {
        let scheme = if self.api.tls.is_some() { "https" } else { "http" };
        let address = self.api.address;
        let loopback = match address.ip() {
            ip if !ip.is_unspecified() => address.to_string(),
            std::net::IpAddr::V4(_) => format!("127.0.0.1:{}", address.port()),
            std::net::IpAddr::V6(_) => format!("[::1]:{}", address.port()),
        };
        format!("{scheme}://{loopback}")
    }
}
