//! The gatherer: asks every witness of the policy to cosign the log's latest checkpoint, and keeps what
//! it gets. Each witness is asked for itself, so that a dead one delays nobody, and is asked again, ever
//! more patiently, until it answers: when a link returns, what was pending completes by itself (LG-2).

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use corridor_base::{Clock, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_net::{Client, Request};
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::parse_number;
use corridor_proof::note::{SignatureLine, signature_lines};
use corridor_proof::policy::Witness;
use corridor_proof::verdict::{State, outcome};
use corridor_proof::{Policy, SignedCheckpoint, VerifierKey};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::failures::Failures;
use crate::log::Log;
use crate::witness::{AddCheckpoint, PolicySource, prefix};

/// The largest answer of a witness: a hundred ML-DSA-44 cosignatures.
const MAX_ANSWER: usize = 512 << 10;
/// How often one round asks a witness that says its size is another.
const ATTEMPTS: usize = 3;
/// How long nobody looks at the policy again while every witness has signed and nothing is new.
const QUIET: Duration = Duration::from_secs(5);

/// What the gatherer needs of a log.
#[async_trait]
pub trait Gathered: Send + Sync {
    /// The log's key, named after its origin.
    fn key(&self) -> VerifierKey;
    /// The latest checkpoint with the cosignatures so far.
    async fn latest(&self) -> Result<Option<SignedCheckpoint>>;
    /// A consistency proof between two sizes.
    async fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>>;
    /// Keeps cosignatures of the checkpoint of this size; `complete` when the policy is satisfied.
    async fn cosigned(&self, size: u64, lines: Vec<SignatureLine>, complete: bool) -> Result<()>;
}

#[async_trait]
impl Gathered for Log {
    fn key(&self) -> VerifierKey {
        Log::key(self)
    }

    async fn latest(&self) -> Result<Option<SignedCheckpoint>> {
        Log::latest(self).await
    }

    async fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>> {
        Log::prove_consistency(self, old, new).await
    }

    async fn cosigned(&self, size: u64, lines: Vec<SignatureLine>, complete: bool) -> Result<()> {
        Log::cosigned(self, size, lines, complete).await
    }
}

/// How witnesses and mirrors are reached: the guarded client (NE-1), or a test's.
#[async_trait]
pub trait Link: Send + Sync {
    /// Posts to this address, a door of a witness or mirror; its answer. `kind` is the content type, where the
    /// specification names one.
    ///
    /// # Errors
    /// When it does not come: `partner-unreachable`, `address-refused`, `too-large`.
    async fn post(&self, door: &Url, kind: Option<&'static str>, body: Vec<u8>) -> Result<Reply>;
}

/// The address of a door below the prefix of a witness or mirror.
///
/// # Errors
/// `malformed`.
pub(crate) fn door(base: &Url, name: &str) -> Result<Url> {
    base.join(name).map_err(|e| {
        Problem::new(ErrorCode::Malformed).with("what", "URL of a witness or mirror").with("why", e)
    })
}

/// What a witness or mirror answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The content type, without parameters.
    pub kind: String,
    /// The content.
    pub body: Vec<u8>,
}

/// The guarded client as a link.
pub struct HttpLink {
    /// The client.
    pub client: Client,
    /// How long a witness or mirror may take to answer.
    pub patience: Duration,
}

#[async_trait]
impl Link for HttpLink {
    async fn post(&self, door: &Url, kind: Option<&'static str>, body: Vec<u8>) -> Result<Reply> {
        let mut request = Request::new(Method::POST, door.clone());
        if let Some(kind) = kind {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        (request.body, request.limit, request.timeout) = (body.into(), MAX_ANSWER, self.patience);
        let answer = self.client.send(request).await?;
        Ok(Reply { status: answer.status, kind: self::kind(&answer.headers), body: answer.body.to_vec() })
    }
}

/// A content type without its parameters.
pub(crate) fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// How patient a gatherer is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How soon a witness is asked again after it failed once; each failure doubles it.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How often the log is looked at.
    pub interval: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            interval: Duration::from_millis(200),
        }
    }
}

/// How it stands with one witness, for the console and `doctor`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessState {
    /// The size that it cosigned last, as far as is known.
    pub size: Option<u64>,
    /// How it failed since.
    pub failures: Failures,
    /// It cosigned a larger tree than this log has: the log was restored from a backup and must be
    /// recovered before it signs more (LG-1).
    pub ahead: Option<u64>,
}

/// Gathers cosignatures for one log. A clone is the same.
#[derive(Clone)]
pub struct Gatherer(Arc<Inner>);

struct Inner {
    log: Arc<dyn Gathered>,
    policy: Arc<dyn PolicySource>,
    link: Arc<dyn Link>,
    clock: Arc<dyn Clock>,
    patience: Patience,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    /// By the witness's name in the policy.
    witnesses: BTreeMap<String, WitnessState>,
    /// Who is being asked, by address, and for which size.
    busy: HashMap<String, u64>,
    /// The checkpoints that are being cosigned, by size, with what came so far.
    notes: BTreeMap<u64, SignedCheckpoint>,
    /// The checkpoint that everyone was seen to have signed, and when that was.
    settled: Option<(Digest, Timestamp)>,
}

/// A witness to be asked, and for what.
struct Errand {
    /// Its keys that have not signed yet, under their names in the policy: it may cosign with several.
    keys: Vec<(String, VerifierKey)>,
    url: Url,
    note: SignedCheckpoint,
}

impl Gatherer {
    /// Gathers for this log under this policy.
    #[must_use]
    pub fn new(
        log: Arc<dyn Gathered>,
        policy: Arc<dyn PolicySource>,
        link: Arc<dyn Link>,
        clock: Arc<dyn Clock>,
        patience: Patience,
    ) -> Self {
        Self(Arc::new(Inner { log, policy, link, clock, patience, books: Mutex::default() }))
    }

    /// How it stands with each witness that was asked so far.
    #[must_use]
    pub fn witnesses(&self) -> BTreeMap<String, WitnessState> {
        self.books().witnesses.clone()
    }

    /// Gathers until told to stop, or until whoever could tell is gone.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        let mut ticks = tokio::time::interval(self.0.patience.interval.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stopped| *stopped) => return,
                _ = ticks.tick() => {}
            }
            while running.try_join_next().is_some() {}
            if let Err(problem) = self.start(&mut running).await {
                tracing::warn!(code = %problem.code(), "cosignatures cannot be asked for: {problem}");
            }
        }
    }

    /// Asks everybody who is due once, and waits for all of them.
    ///
    /// # Errors
    /// What log and policy say; not what a witness does.
    pub async fn round(&self) -> Result<()> {
        let mut running = JoinSet::new();
        self.start(&mut running).await?;
        running.join_all().await;
        Ok(())
    }

    /// Sends somebody to every witness that is due and has nobody there.
    async fn start(&self, running: &mut JoinSet<()>) -> Result<()> {
        let Some(latest) = self.0.log.latest().await? else { return Ok(()) };
        let (digest, now) = (latest.digest(), self.0.clock.now());
        if self.books().settled.is_some_and(|(is, at)| is == digest && at <= now && now.since(at) < QUIET) {
            return Ok(());
        }
        let policy = self.0.policy.policy()?;
        for (place, errand) in self.errands(&policy, &latest) {
            let this = self.clone();
            running.spawn(async move { this.ask(place, errand).await });
        }
        Ok(())
    }

    /// Who is due, with the address that the policy names.
    fn errands(&self, policy: &Policy, latest: &SignedCheckpoint) -> Vec<(String, Errand)> {
        let (now, size) = (self.0.clock.now(), latest.tree().size);
        let own: Vec<_> = policy.logs_of(latest.origin()).filter_map(|log| log.operator.clone()).collect();
        // One that cosigns with several keys stands there once for each, and is asked once.
        let mut places: BTreeMap<&str, Vec<&Witness>> = BTreeMap::new();
        for witness in policy.witnesses() {
            // The log's own operator would cosign and never count (LG-2).
            let own = witness.operator.as_ref().is_some_and(|operator| own.contains(operator));
            if let Some(url) = witness.url.as_deref().filter(|_| !own) {
                places.entry(url).or_default().push(witness);
            }
        }
        let books = &mut *self.books();
        let (mut errands, mut all_signed) = (Vec::new(), true);
        for (place, witnesses) in places {
            let note = books.notes.get(&size).unwrap_or(latest);
            let mut due = Vec::new();
            for witness in witnesses {
                let state = books.witnesses.entry(witness.name.clone()).or_default();
                let signed = matches!(note.signed_by(&witness.key), Finding::Valid { .. });
                all_signed &= signed;
                if !signed && !state.failures.waits(now) {
                    due.push((witness.name.clone(), witness.key.clone()));
                }
            }
            if due.is_empty() || books.busy.contains_key(place) {
                continue;
            }
            match prefix(place) {
                Ok(url) => {
                    books.busy.insert(place.to_owned(), size);
                    errands.push((place.to_owned(), Errand { keys: due, url, note: latest.clone() }));
                }
                Err(problem) => due.iter().for_each(|(name, _)| self.failed(books, name, &problem)),
            }
        }
        books.settled = all_signed.then(|| (latest.digest(), now));
        if !errands.is_empty() {
            books.notes.entry(size).or_insert_with(|| latest.clone());
        }
        errands
    }

    async fn ask(&self, place: String, errand: Errand) {
        let outcome = self.cosignature(&errand).await;
        let kept = match outcome {
            Ok(lines) => self.keep(&errand, lines.clone()).await.map(|()| lines),
            Err(problem) => Err(problem),
        };
        let books = &mut *self.books();
        books.busy.remove(&place);
        // What nobody is asked for any more is in the log's own books.
        let busy: Vec<u64> = books.busy.values().copied().collect();
        books.notes.retain(|size, _| busy.contains(size));
        for (name, key) in &errand.keys {
            match &kept {
                Ok(lines) if lines.iter().any(|line| is_of(line, key)) => {
                    let state =
                        WitnessState { size: Some(errand.note.tree().size), ..WitnessState::default() };
                    books.witnesses.insert(name.clone(), state);
                }
                Ok(_) => self.failed(books, name, &no_line(&errand)),
                Err(problem) => self.failed(books, name, problem),
            }
        }
    }

    fn failed(&self, books: &mut Books, name: &str, problem: &Problem) {
        let Patience { first, longest, .. } = self.0.patience;
        let state = books.witnesses.entry(name.to_owned()).or_default();
        if state.failures.add(problem, self.0.clock.now(), first, longest) {
            tracing::warn!(witness = name, code = %problem.code(), "no cosignature: {problem}");
        }
    }

    /// The witness's lines for the checkpoint, verified.
    async fn cosignature(&self, errand: &Errand) -> Result<Vec<SignatureLine>> {
        let size = errand.note.tree().size;
        // Who knows nothing of the witness begins with nothing: it answers with its size.
        let mut old = self.known(errand, |_| ());
        for _ in 0..ATTEMPTS {
            if old > size {
                self.known(errand, |state| state.ahead = Some(old));
                return Err(answered(errand, format!("it cosigned {old} leaves, this log has {size}")));
            }
            let proof = if old == 0 || old == size {
                Vec::new()
            } else {
                self.0.log.prove_consistency(old, size).await?
            };
            let checkpoint = errand.note.only(&[&self.0.log.key()]);
            let request = AddCheckpoint { old, proof, checkpoint };
            let reply =
                self.0.link.post(&door(&errand.url, "add-checkpoint")?, None, request.to_bytes()).await?;
            match reply.status {
                StatusCode::OK => return verified(errand, &reply.body),
                StatusCode::CONFLICT if reply.kind == "text/x.tlog.size" => {
                    let other = size_of(&reply.body).ok_or_else(|| answered(errand, "no size"))?;
                    old = self.known(errand, |state| state.size = Some(other));
                }
                StatusCode::NOT_FOUND => return Err(unknown(self.0.log.key().name(), &errand.url)),
                status => return Err(answered(errand, format!("status {status}"))),
            }
        }
        Err(answered(errand, "its size changes with every question"))
    }

    /// What is known of the witness under each of its names, and which size it cosigned last.
    fn known(&self, errand: &Errand, change: impl Fn(&mut WitnessState)) -> u64 {
        let (books, mut size) = (&mut *self.books(), 0);
        for (name, _) in &errand.keys {
            let state = books.witnesses.entry(name.clone()).or_default();
            change(state);
            size = size.max(state.size.unwrap_or(0));
        }
        size
    }

    /// Keeps the lines with what came before, and says whether the checkpoint is complete.
    async fn keep(&self, errand: &Errand, lines: Vec<SignatureLine>) -> Result<()> {
        let size = errand.note.tree().size;
        let policy = self.0.policy.policy()?;
        let complete = {
            let books = &mut *self.books();
            let note = books.notes.entry(size).or_insert_with(|| errand.note.clone());
            note.add(lines.iter().cloned())?;
            outcome(&policy.judge(note, Some(self.0.clock.now())).checks) == State::Passed
        };
        self.0.log.cosigned(size, lines, complete).await
    }

    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody does not know the log, as everybody does at first who has not taken in the list that names it.
pub(crate) fn unknown(origin: &str, url: &Url) -> Problem {
    Problem::new(ErrorCode::LogUnknown).with("what", origin).with("partner", url)
}

pub(crate) fn size_of(body: &[u8]) -> Option<u64> {
    parse_number(std::str::from_utf8(body).ok()?.strip_suffix('\n')?).ok()
}

/// The lines of the witness's keys, if they hold; those of other keys are ignored.
fn verified(errand: &Errand, body: &[u8]) -> Result<Vec<SignatureLine>> {
    let text = std::str::from_utf8(body).map_err(|_| answered(errand, "it is not UTF-8"))?;
    let mut lines = signature_lines(text)?;
    lines.retain(|line| errand.keys.iter().any(|(_, key)| is_of(line, key)));
    let mut cosigned = errand.note.only(&[]);
    cosigned.add(lines.iter().cloned())?;
    if errand.keys.iter().any(|(_, key)| cosigned.signed_by(key) == Finding::Invalid) {
        return Err(answered(errand, "a cosignature that does not verify"));
    }
    if lines.is_empty() { Err(no_line(errand)) } else { Ok(lines) }
}

fn is_of(line: &SignatureLine, key: &VerifierKey) -> bool {
    line.hash == key.hash() && *line.name == *key.name()
}

fn no_line(errand: &Errand) -> Problem {
    answered(errand, "no line of the key that the policy names")
}

fn answered(errand: &Errand, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::PartnerAnswer).with("partner", &errand.url).with("why", why)
}
