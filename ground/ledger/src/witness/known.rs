//! Which logs a node witnesses and mirrors: those of its partners, which the trust lists name, and any
//! other C2SP log that the configuration names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use corridor_base::{Clock, Problem, Result, Timestamp};
use corridor_proof::policy::Ended;
use corridor_proof::{Policy, VerifierKey};
use url::Url;

/// How long what the trust lists said is used before they are asked again.
const FRESH: Duration = Duration::from_secs(5);

/// A log that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLog {
    /// Its key, named after its origin.
    pub key: VerifierKey,
    /// Where it is read; without it a mirror waits for what is sent, and nobody looks at what it publishes.
    pub url: Option<Url>,
}

impl KnownLog {
    /// From a verifier key and, if there is one, the URL under which the log's `checkpoint` stands.
    ///
    /// # Errors
    /// `malformed`, `unknown-version`.
    pub fn parse(key: &str, url: Option<&str>) -> Result<Self> {
        Ok(Self { key: key.parse()?, url: url.map(prefix).transpose()? })
    }
}

/// A URL below which files are found: with a slash at its end.
///
/// # Errors
/// `malformed`.
pub(crate) fn prefix(text: &str) -> Result<Url> {
    let slash = if text.ends_with('/') { "" } else { "/" };
    Url::parse(&format!("{text}{slash}")).map_err(|e| {
        Problem::new(corridor_base::ErrorCode::Malformed)
            .with("what", "URL of a log or witness")
            .with("why", e)
    })
}

/// Where the policy comes from: the trust lists as they are now, or a file.
pub trait PolicySource: Send + Sync {
    /// The policy of this moment.
    ///
    /// # Errors
    /// What keeps there from being one: `trust-list-missing`, `trust-list-expired` and the like.
    fn policy(&self) -> Result<Arc<Policy>>;
}

impl<F: Fn() -> Result<Arc<Policy>> + Send + Sync> PolicySource for F {
    fn policy(&self) -> Result<Arc<Policy>> {
        self()
    }
}

/// Which logs are accepted.
pub trait KnownLogs: Send + Sync {
    /// The logs of this origin: none, one, or one a key while a key is being replaced.
    fn of(&self, origin: &str) -> Vec<KnownLog>;
    /// All of them.
    fn all(&self) -> Vec<KnownLog>;
    /// How the log of this origin has ended, if it has: it is not cosigned or copied beyond that any more.
    fn ended(&self, _origin: &str) -> Option<Ended> {
        None
    }
    /// The log that the one of this origin goes on for.
    fn predecessor(&self, _origin: &str) -> Option<Ended> {
        None
    }
}

/// The logs that the configuration names, and those of the policy.
pub struct AcceptedLogs {
    named: Vec<KnownLog>,
    policy: Option<Arc<dyn PolicySource>>,
    clock: Arc<dyn Clock>,
    /// Our own log, which we never witness for ourselves.
    own: Vec<String>,
    found: Mutex<Found>,
}

#[derive(Clone, Default)]
struct ByOrigin {
    logs: BTreeMap<String, Vec<KnownLog>>,
    ended: Vec<Ended>,
}

#[derive(Default)]
struct Found {
    at: Option<Timestamp>,
    logs: Arc<ByOrigin>,
}

impl AcceptedLogs {
    /// `own` are the origins of the node's own logs: a node neither witnesses nor mirrors itself.
    #[must_use]
    pub fn new(
        named: Vec<KnownLog>,
        policy: Option<Arc<dyn PolicySource>>,
        own: Vec<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { named, policy, clock, own, found: Mutex::default() }
    }

    fn logs(&self) -> Arc<ByOrigin> {
        let now = self.clock.now();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes what is held old, too.
        if !found.at.is_some_and(|at| at <= now && now.since(at) < FRESH) {
            found.at = Some(now);
            // While there is no policy, what was accepted before stays so.
            let (logs, whole) = self.look();
            if whole || found.logs.logs.is_empty() {
                found.logs = Arc::new(logs);
            }
        }
        found.logs.clone()
    }

    /// All logs, and whether those of the policy are among them.
    fn look(&self) -> (ByOrigin, bool) {
        let mut found = ByOrigin::default();
        let logs = &mut found.logs;
        let mut take = |log: KnownLog| {
            let origin = log.key.name();
            if log.key.cosigns() || self.own.iter().any(|own| own == origin) {
                return;
            }
            let known = logs.entry(origin.to_owned()).or_default();
            if known.iter().all(|k| k.key != log.key) {
                known.push(log);
            }
        };
        self.named.iter().cloned().for_each(&mut take);
        let Some(source) = &self.policy else { return (found, true) };
        match source.policy() {
            Ok(policy) => {
                for log in policy.logs() {
                    let url = log.url.as_deref().and_then(|url| prefix(url).ok());
                    take(KnownLog { key: log.key.clone(), url });
                }
                found.ended = policy.ended().to_vec();
                (found, true)
            }
            Err(problem) => {
                tracing::warn!(code = %problem.code(), "logs of partners: {problem}");
                (found, false)
            }
        }
    }
}

impl KnownLogs for AcceptedLogs {
    fn of(&self, origin: &str) -> Vec<KnownLog> {
        self.logs().logs.get(origin).cloned().unwrap_or_default()
    }

    fn all(&self) -> Vec<KnownLog> {
        self.logs().logs.values().flatten().cloned().collect()
    }

    fn ended(&self, origin: &str) -> Option<Ended> {
        self.logs().ended.iter().find(|ended| ended.origin == origin).cloned()
    }

    fn predecessor(&self, origin: &str) -> Option<Ended> {
        self.logs().ended.iter().find(|ended| ended.successor == origin).cloned()
    }
}
