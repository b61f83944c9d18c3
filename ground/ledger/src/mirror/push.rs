//! A log hands its new leaves to its mirrors before it asks anybody to cosign them (C2SP tlog-mirror,
//! from the side of the log). A checkpoint that a witness has cosigned binds the log for good (LG-1);
//! if the disk below it is lost before anybody else has the leaves, the log cannot go on. So witnesses
//! and readers are shown a checkpoint only when a mirror holds what is below it, as long as one can be
//! reached. When none can, they are shown it all the same, because receipts must complete (LG-2), and the
//! checkpoint says that it has no copy.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Clock, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::merkle::{Subtree, parse_number, prove_subtree};
use corridor_proof::note::SignatureLine;
use corridor_proof::tile::{WIDTH, push_entry};
use corridor_proof::{SignedCheckpoint, VerifierKey};
use http::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use super::remote::wrong;
use crate::failures::Failures;
use crate::gather::{Gathered, Link, Reply, door, size_of, unknown};
use crate::log::Log;
use crate::witness::{AddCheckpoint, prefix};

/// How often one push asks a mirror that says it stands elsewhere.
const ATTEMPTS: usize = 3;
/// The most requests of one push; what is left goes with the next.
const REQUESTS: usize = 64;
/// The most packages of one request, and the size beyond which no further one is begun, in bytes.
const PACKAGES: usize = 8;
const FULL: usize = 1 << 20;
/// What an upload says it is (C2SP tlog-mirror, add-entries).
const ENTRIES: &str = "application/octet-stream";
/// After how many failures in a row nothing is hoped of a mirror any more.
const HOPELESS: u32 = 2;

/// Where mirrors of a node's logs are, as the trust lists say at each moment.
pub trait MirrorSource: Send + Sync {
    /// The URLs below which copies are served (C2SP tlog-mirror).
    ///
    /// # Errors
    /// What keeps them from being known.
    fn mirrors(&self) -> Result<Vec<String>>;
}

impl<F: Fn() -> Result<Vec<String>> + Send + Sync> MirrorSource for F {
    fn mirrors(&self) -> Result<Vec<String>> {
        self()
    }
}

/// How patient a pusher is.
#[derive(Clone, Copy, Debug)]
pub struct PushPatience {
    /// How soon a mirror is tried again after it failed once; each failure doubles it.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How long a checkpoint waits for a mirror before witnesses are shown it without a copy.
    pub wait: Duration,
    /// How soon after a push the next may be.
    pub interval: Duration,
}

impl Default for PushPatience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            wait: Duration::from_secs(5),
            interval: Duration::from_millis(100),
        }
    }
}

/// What pushing needs.
pub struct PushParts {
    /// The log.
    pub log: Log,
    /// Who has copies of it.
    pub mirrors: Arc<dyn MirrorSource>,
    /// How they are reached.
    pub link: Arc<dyn Link>,
    /// For how long was waited.
    pub clock: Arc<dyn Clock>,
    /// How patient it is.
    pub patience: PushPatience,
}

/// How it stands with one mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorState {
    /// How many leaves it holds, as far as is known.
    pub size: Option<u64>,
    /// How it failed since.
    pub failures: Failures,
    /// The latest checkpoint that it has taken, and the first entry that it lacks: where to begin.
    pending: u64,
    next: Option<u64>,
    /// What it gave to be shown again: it may remember pending checkpoints by nothing else.
    ticket: Vec<u8>,
}

/// How it stands with the copies of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// Each mirror, by its URL.
    pub mirrors: BTreeMap<String, MirrorState>,
    /// How many leaves the best of them holds.
    pub copied: u64,
    /// How many leaves witnesses have been shown.
    pub shown: u64,
}

impl Copies {
    /// Whether witnesses were shown leaves of which no mirror has a copy yet.
    #[must_use]
    pub fn lag(&self) -> bool {
        self.shown > self.copied
    }
}

/// Pushes one log. A clone is the same. To a gatherer it is the log, but for what witnesses are shown.
#[derive(Clone)]
pub struct Pusher(Arc<Inner>);

struct Inner {
    parts: PushParts,
    books: Mutex<Books>,
    done: tokio::sync::Notify,
}

#[derive(Default)]
struct Books {
    copies: Copies,
    busy: BTreeSet<String>,
    /// Since when a checkpoint waits for a mirror without any progress.
    waiting: Option<Timestamp>,
}

impl Pusher {
    /// Pushes this log to these mirrors.
    #[must_use]
    pub fn new(parts: PushParts) -> Self {
        parts.log.hold_back();
        Self(Arc::new(Inner { parts, books: Mutex::default(), done: tokio::sync::Notify::new() }))
    }

    /// How it stands with the copies.
    #[must_use]
    pub fn copies(&self) -> Copies {
        self.books().copies.clone()
    }

    /// Pushes until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        let mut grown = self.0.parts.log.grown();
        // Other processes grow the log too, and failed mirrors are tried again: hence a look now and then.
        let pause = Duration::from_secs(1);
        loop {
            if let Err(problem) = self.start(&mut running).await {
                tracing::warn!(code = %problem.code(), "mirrors cannot be reached: {problem}");
            }
            tokio::select! {
                _ = stop.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(self.0.parts.patience.interval) => {}
            }
            tokio::select! {
                _ = stop.wait_for(|stopped| *stopped) => return,
                _ = grown.changed() => {}
                () = self.0.done.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            while running.try_join_next().is_some() {}
        }
    }

    /// Pushes to every mirror that is due once, and waits for all of them.
    ///
    /// # Errors
    /// What the source of mirrors and the log say; not what a mirror does.
    pub async fn round(&self) -> Result<()> {
        let mut running = JoinSet::new();
        self.start(&mut running).await?;
        running.join_all().await;
        Ok(())
    }

    /// Sends somebody to every mirror that lacks something, is due, and has nobody there.
    async fn start(&self, running: &mut JoinSet<()>) -> Result<()> {
        let Some(latest) = self.0.parts.log.latest().await? else { return Ok(()) };
        let (size, now) = (latest.tree().size, self.0.parts.clock.now());
        let urls = self.0.parts.mirrors.mirrors();
        if size > 0 {
            self.may_show(size, urls.as_deref().unwrap_or_default());
        }
        let (urls, mut due) = (urls?, Vec::new());
        {
            let books = &mut *self.books();
            books.copies.mirrors.retain(|url, _| urls.contains(url));
            for url in urls {
                let state = books.copies.mirrors.entry(url.clone()).or_default();
                let done = size == 0 || state.size >= Some(size);
                if done || state.failures.waits(now) || !books.busy.insert(url.clone()) {
                    continue;
                }
                due.push((url, state.clone()));
            }
        }
        for (url, state) in due {
            let (this, note) = (self.clone(), latest.only(&[&self.0.parts.log.key()]));
            running.spawn(async move {
                let mut state = state;
                let outcome = this.push(&url, &note, &mut state).await;
                this.pushed(&url, state, outcome);
            });
        }
        Ok(())
    }

    /// Enters what came of a push.
    fn pushed(&self, url: &str, mut state: MirrorState, outcome: Result<Option<u64>>) {
        let PushPatience { first, longest, .. } = self.0.parts.patience;
        let books = &mut *self.books();
        books.busy.remove(url);
        match outcome {
            Ok(size) => {
                state.failures = Failures::default();
                state.size = state.size.max(size);
                books.copies.copied = books.copies.copied.max(size.unwrap_or(0));
                self.0.parts.log.show(books.copies.copied);
                books.waiting = None;
            }
            Err(problem) => {
                if state.failures.add(&problem, self.0.parts.clock.now(), first, longest) {
                    tracing::warn!(mirror = url, code = %problem.code(), "no copy there: {problem}");
                }
                // It may be another one by the time it answers.
                (state.pending, state.next) = (0, None);
                state.ticket.clear();
            }
        }
        if let Some(known) = books.copies.mirrors.get_mut(url) {
            *known = state;
        }
        self.0.done.notify_one();
    }

    /// Brings a mirror up to this checkpoint; how far it came, `None` when somebody else is faster there.
    async fn push(&self, url: &str, note: &SignedCheckpoint, state: &mut MirrorState) -> Result<Option<u64>> {
        let base = prefix(url)?;
        if !self.offer(&base, note, state).await? {
            return self.overtaken(&base, state.pending).await;
        }
        let (size, entries) = (note.tree().size, door(&base, "add-entries")?);
        // Who does not know where to begin asks with nothing (C2SP tlog-mirror, add-entries).
        let (mut from, mut in_vain) = (state.next.take().unwrap_or(size).min(size), 0);
        for _ in 0..REQUESTS {
            let body = self.packages(from, size, &state.ticket).await?;
            let reply = self.0.parts.link.post(&entries, Some(ENTRIES), body).await?;
            match reply.status {
                StatusCode::OK => {
                    state.next = Some(size);
                    return Ok(Some(size));
                }
                StatusCode::ACCEPTED | StatusCode::CONFLICT => {
                    let said = info(&entries, &reply)?;
                    if said.size > size {
                        return self.overtaken(&entries, said.size).await;
                    }
                    if said.size < size {
                        return Err(wrong(&entries, "it does not know the checkpoint that it took"));
                    }
                    let next = said.next.min(size);
                    // What says nothing new would say it for ever, and hold the witnesses up meanwhile (LG-2).
                    in_vain += usize::from(next == from && said.ticket == state.ticket);
                    if in_vain == ATTEMPTS {
                        return Err(wrong(&entries, "it asks again for what it was given"));
                    }
                    (from, state.ticket) = (next, said.ticket);
                    state.next = Some(from);
                }
                status => return Err(wrong(&entries, format!("status {status}"))),
            }
        }
        Ok(None)
    }

    /// A mirror says that it knows more than this checkpoint. Another process may have brought it there meanwhile;
    /// what was never signed it cannot know, and would hold the witnesses up for ever by saying so (LG-2).
    async fn overtaken(&self, url: &Url, claimed: u64) -> Result<Option<u64>> {
        let here = self.0.parts.log.latest().await?.map_or(0, |latest| latest.tree().size);
        if claimed <= here {
            return Ok(None);
        }
        Err(wrong(url, format!("it says that it has {claimed} leaves of a log that has {here}")))
    }

    /// Makes the checkpoint a pending one there; false when the mirror knows a larger one.
    async fn offer(&self, base: &Url, note: &SignedCheckpoint, state: &mut MirrorState) -> Result<bool> {
        let (size, add) = (note.tree().size, door(base, "add-checkpoint")?);
        for _ in 0..ATTEMPTS {
            let old = state.pending;
            if old > size {
                return Ok(false);
            }
            let proof = match old {
                same if same == size => Vec::new(),
                old => self.0.parts.log.prove_consistency(old, size).await?,
            };
            let request = AddCheckpoint { old, proof, checkpoint: note.clone() };
            let reply = self.0.parts.link.post(&add, None, request.to_bytes()).await?;
            match reply.status {
                StatusCode::OK => {
                    state.pending = size;
                    return Ok(true);
                }
                StatusCode::CONFLICT if reply.kind == "text/x.tlog.size" => {
                    state.pending = size_of(&reply.body).ok_or_else(|| wrong(&add, "no size"))?;
                }
                StatusCode::NOT_FOUND => return Err(unknown(self.0.parts.log.origin(), &add)),
                status => return Err(wrong(&add, format!("status {status}"))),
            }
        }
        Err(wrong(&add, "its size changes with every question"))
    }

    /// The content of one request: the entries from here on, as many as go into one, each package with
    /// the proof that it is in the checkpoint.
    async fn packages(&self, from: u64, size: u64, ticket: &[u8]) -> Result<Vec<u8>> {
        let log = &self.0.parts.log;
        let mut body = u16::try_from(log.origin().len()).unwrap_or(0).to_be_bytes().to_vec();
        body.extend_from_slice(log.origin().as_bytes());
        body.extend_from_slice(&from.to_be_bytes());
        body.extend_from_slice(&size.to_be_bytes());
        body.extend_from_slice(&u16::try_from(ticket.len()).unwrap_or(0).to_be_bytes());
        body.extend_from_slice(ticket);
        let mut at = from;
        for _ in 0..PACKAGES {
            if at >= size || body.len() >= FULL {
                break;
            }
            let floor = at / WIDTH * WIDTH;
            let end = (floor + WIDTH).min(size);
            let count = u32::try_from(end - at).unwrap_or(u32::MAX);
            let leaves = log.store().leaves(log.name(), at, count).await?;
            let whole = leaves.len() as u64 == end - at
                && leaves.iter().zip(at..).all(|(leaf, number)| leaf.number == number);
            if !whole {
                let why = format!("leaves from {at} of the log {} are missing", log.name());
                return Err(Problem::new(ErrorCode::StorageFailed).with("why", why));
            }
            leaves.iter().try_for_each(|leaf| push_entry(&mut body, &leaf.entry))?;
            let none = || Problem::new(ErrorCode::Internal).with("why", "a package that is no subtree");
            let subtree = Subtree::new(floor, end).ok_or_else(none)?;
            let proof = log.rows().ask(size, move |nodes| prove_subtree(subtree, size, nodes)).await?;
            body.push(u8::try_from(proof.len()).unwrap_or(u8::MAX));
            proof.iter().for_each(|hash| body.extend_from_slice(&hash.0));
            at = end;
        }
        Ok(body)
    }

    /// How many leaves others, witnesses among them, may be shown of so many that are signed.
    fn may_show(&self, signed: u64, urls: &[String]) -> u64 {
        let shown = self.judge(signed, urls);
        self.0.parts.log.show(shown);
        shown
    }

    fn judge(&self, signed: u64, urls: &[String]) -> u64 {
        let now = self.0.parts.clock.now();
        let books = &mut *self.books();
        if books.copies.copied >= signed {
            books.waiting = None;
            books.copies.shown = books.copies.shown.max(signed);
            return signed;
        }
        let since = *books.waiting.get_or_insert(now);
        // A clock that was set back ends the wait, too.
        let waited = now < since || now.since(since) >= self.0.parts.patience.wait;
        let state = |url: &String| books.copies.mirrors.get(url);
        let hope = urls.iter().any(|url| state(url).is_none_or(|mirror| mirror.failures.in_a_row < HOPELESS));
        let shown = if hope && !waited { books.copies.copied.max(books.copies.shown) } else { signed };
        // Never back: who has cosigned a larger one cannot cosign a smaller one.
        books.copies.shown = books.copies.shown.max(shown);
        books.copies.shown.min(signed)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Gathered for Pusher {
    fn key(&self) -> VerifierKey {
        self.0.parts.log.key()
    }

    /// The latest that witnesses may be shown.
    async fn latest(&self) -> Result<Option<SignedCheckpoint>> {
        let log = &self.0.parts.log;
        let Some(latest) = log.latest().await? else { return Ok(None) };
        let urls = self.0.parts.mirrors.mirrors().unwrap_or_default();
        let size = latest.tree().size;
        let shown = if size == 0 { 0 } else { self.may_show(size, &urls) };
        if shown == size {
            return Ok(Some(latest));
        }
        // One that many followed may be gone by now; the next push brings another.
        let stored = log.checkpoints(shown, 1).await?.into_iter().next();
        Ok(stored.map(|stored| stored.signed).filter(|signed| shown > 0 && signed.tree().size == shown))
    }

    async fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>> {
        self.0.parts.log.prove_consistency(old, new).await
    }

    async fn cosigned(&self, size: u64, lines: Vec<SignatureLine>, complete: bool) -> Result<()> {
        let copied = self.books().copies.copied >= size;
        self.0.parts.log.cosigned_with(size, lines, complete, Some(copied)).await
    }
}

/// Where a mirror stands, as it says itself.
struct Info {
    /// The size to upload to.
    size: u64,
    /// The entry to begin with.
    next: u64,
    /// What to show it with the next request.
    ticket: Vec<u8>,
}

/// Reads what a mirror says of where it stands: three lines.
fn info(entries: &Url, reply: &Reply) -> Result<Info> {
    let read = || {
        let text =
            std::str::from_utf8(&reply.body).ok().filter(|_| reply.kind == "text/x.tlog.mirror-info")?;
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (size, next, ticket) = (lines.next()?, lines.next()?, lines.next()?);
        // Its length has to go into two bytes again.
        let ticket = STANDARD.decode(ticket).ok().filter(|bytes| bytes.len() <= usize::from(u16::MAX))?;
        let info = Info { size: parse_number(size).ok()?, next: parse_number(next).ok()?, ticket };
        lines.next().is_none().then_some(info)
    };
    read().ok_or_else(|| wrong(entries, format!("status {}, no mirror-info", reply.status)))
}
