//! Background work: pulls trust lists and recognitions from where the configuration says, takes up
//! what other replicas accepted, lets a new key sign once it is pinned; and, asked for, holds a
//! partner's DID document against the list (ID-1).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use corridor_base::{ActId, Did, ErrorCode, Problem, Result};
use corridor_net::{Client, Request};
use corridor_proof::act::DID_MISMATCH_REPORTED;
use corridor_proof::{Act, Statement as _, TrustList};
use http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use url::Url;

use crate::did::{self, DidDocument, Difference, differs};
use crate::directory::{Accepted, Directory};
use crate::edge::RecognitionNotes;
use crate::keyring::Keyring;

/// The most recognitions taken from one answer.
const MAX_RECOGNITIONS: usize = 100;
/// How long one source may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often things are looked after.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// Between two looks at what other replicas accepted.
    pub refresh: Duration,
    /// Between two rounds of asking all sources.
    pub pull: Duration,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { refresh: Duration::from_secs(5), pull: Duration::from_secs(3600) }
    }
}

/// Keeps a directory and the keyrings of this node up to date.
pub struct Refresher {
    directory: Arc<Directory>,
    client: Client,
    sources: Vec<Url>,
    keyrings: Vec<Arc<Keyring>>,
    /// The version of each source's last good answer.
    tags: Mutex<HashMap<Url, HeaderValue>>,
}

/// What came from one source.
#[derive(Debug)]
pub struct Pulled {
    /// Which.
    pub source: Url,
    /// What was taken in; empty when it has nothing new. Or why not: what is held stays in use.
    pub outcome: Result<Vec<Accepted>>,
}

impl Refresher {
    /// `sources` answer with the note of a trust list or of a recognition, or as
    /// `GET /trust/recognitions` of a node does.
    #[must_use]
    pub fn new(
        directory: Arc<Directory>,
        client: Client,
        sources: Vec<Url>,
        keyrings: Vec<Arc<Keyring>>,
    ) -> Self {
        Self { directory, client, sources, keyrings, tags: Mutex::default() }
    }

    /// Works until told to stop, or until whoever could tell is gone. Ends in the middle of nothing:
    /// what is taken in is taken in whole.
    pub async fn run(&self, every: Intervals, mut stop: watch::Receiver<bool>) {
        let told = async {
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        tokio::select! {
            () = told => {}
            () = self.keep_refreshing(every.refresh) => {}
            () = self.keep_pulling(every.pull) => {}
        }
    }

    async fn keep_refreshing(&self, every: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            if let Err(problem) = self.directory.refresh().await {
                tracing::warn!(code = %problem.code(), "trust lists could not be looked at again: {problem}");
            }
            self.activate();
        }
    }

    async fn keep_pulling(&self, every: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            log(&self.pull().await);
        }
    }

    /// Asks every source once. One that is down or wrong holds up none of the others.
    pub async fn pull(&self) -> Vec<Pulled> {
        let mut out = Vec::new();
        // Recognitions may stand behind the lists they make acceptable: go round once more for them.
        for source in &self.sources {
            out.push(Pulled { source: source.clone(), outcome: self.pull_one(source).await });
        }
        for pulled in &mut out {
            let waiting = |p: &Problem| p.code() == ErrorCode::RecognitionMissing;
            if pulled.outcome.as_ref().err().is_some_and(waiting) {
                pulled.outcome = self.pull_one(&pulled.source).await;
            }
        }
        self.activate();
        out
    }

    async fn pull_one(&self, source: &Url) -> Result<Vec<Accepted>> {
        let mut request = Request::new(Method::GET, source.clone());
        (request.limit, request.timeout) = (TrustList::MAX, PATIENCE);
        let known = self.tags.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned();
        if let Some(tag) = known {
            request.headers.insert(IF_NONE_MATCH, tag);
        }
        let response = self.client.send(request).await?;
        match response.status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Vec::new()),
            other => return Err(answer(source, format!("status {other}"))),
        }
        let accepted = self.take(source, &response.body).await?;
        // Only now: an answer that was refused is looked at again.
        if let Some(tag) = response.headers.get(ETAG) {
            self.tags.lock().unwrap_or_else(PoisonError::into_inner).insert(source.clone(), tag.clone());
        }
        Ok(accepted)
    }

    async fn take(&self, source: &Url, body: &[u8]) -> Result<Vec<Accepted>> {
        let now = self.directory.clock().now();
        if body.first() != Some(&b'{') {
            return Ok(vec![self.directory.accept(body, now).await?]);
        }
        let notes: RecognitionNotes = serde_json::from_slice(body).map_err(|e| answer(source, e))?;
        if notes.recognitions.len() > MAX_RECOGNITIONS {
            return Err(answer(source, format!("more than {MAX_RECOGNITIONS} recognitions")));
        }
        let mut accepted = Vec::new();
        let mut refused = None;
        for note in &notes.recognitions {
            match self.directory.accept(note.as_bytes(), now).await {
                Ok(done) => accepted.push(done),
                // A node also hands on recognitions between others, which are no business of ours.
                Err(problem) => refused = Some(problem),
            }
        }
        match refused {
            Some(problem) if accepted.is_empty() => Err(problem),
            _ => Ok(accepted),
        }
    }

    /// Lets a pending key sign once the lists pin it.
    fn activate(&self) {
        let (view, now) = (self.directory.view(), self.directory.clock().now());
        for keyring in &self.keyrings {
            match keyring.activate(|id, key| view.pins(id, key, now)) {
                Ok(Some(key)) => tracing::info!(%key, "a new key signs from now on"),
                Ok(None) => {}
                Err(problem) => {
                    tracing::error!(code = %problem.code(), "a new key cannot be taken up: {problem}")
                }
            }
        }
    }
}

/// Ticks from now on; who is late waits a whole interval again.
fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(every.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks
}

/// One line a source.
fn log(pulled: &[Pulled]) {
    for Pulled { source, outcome } in pulled {
        match outcome {
            Ok(accepted) => {
                let new = accepted.iter().filter(|a| !matches!(a, Accepted::Held { .. })).count();
                tracing::info!(%source, new, "source of trust asked");
            }
            Err(problem) => tracing::warn!(%source, code = %problem.code(), "source of trust: {problem}"),
        }
    }
}

fn answer(source: &Url, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::PartnerAnswer).with("partner", source).with("why", why)
}

/// What came of holding a partner's DID document against the trust list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerCheck {
    /// Whose document.
    pub who: Did,
    /// In what it differs; empty when it agrees.
    pub differences: Vec<Difference>,
    /// The act that reports a mismatch, if there is one.
    pub reported: Option<ActId>,
}

impl PartnerCheck {
    /// The differences that change nothing, or the refusal (ID-1).
    ///
    /// # Errors
    /// `did-mismatch` when identity or keys differ.
    pub fn into_result(self) -> Result<Vec<Difference>> {
        let mismatches: Vec<String> =
            self.differences.iter().filter(|d| d.is_mismatch()).map(ToString::to_string).collect();
        if mismatches.is_empty() {
            return Ok(self.differences);
        }
        Err(Problem::new(ErrorCode::DidMismatch).with("who", &self.who).with("why", mismatches.join("; ")))
    }
}

/// Fetches the partner's DID document through the guarded client (NE-1) and holds it against the
/// trust list; a mismatch is recorded as an act of `us`, the participant on whose behalf it is asked.
///
/// # Errors
/// What [`crate::View::participant`] says of the partner; `address-refused`, `partner-unreachable`;
/// `partner-answer` when no document comes; what the store says.
pub async fn verify_partner(
    directory: &Directory,
    client: &Client,
    us: &Did,
    partner: &Did,
) -> Result<PartnerCheck> {
    let now = directory.clock().now();
    let listed = directory.participant(partner, now)?;
    let url = did::document_url(partner)?;
    let mut request = Request::new(Method::GET, url.clone());
    request.limit = did::MAX_DOCUMENT;
    let response = client.send(request).await?;
    if response.status != StatusCode::OK {
        return Err(answer(&url, format!("status {}", response.status)));
    }
    let document = DidDocument::parse(&response.body).map_err(|e| answer(&url, e))?;
    let differences = differs(&document, &listed.participant, now);
    let mut check = PartnerCheck { who: partner.clone(), differences, reported: None };
    if check.differences.iter().any(Difference::is_mismatch) {
        check.reported = Some(report(directory, us, partner).await?);
    }
    Ok(check)
}

async fn report(directory: &Directory, us: &Did, partner: &Did) -> Result<ActId> {
    let fields = [("partner", partner.as_str())];
    let act = Act::seal(&DID_MISMATCH_REPORTED, us, &fields, &**directory.clock(), &**directory.random())?;
    let id = act.act.id;
    directory.store().write(us, move |tx| tx.record(&act)).await?;
    tracing::error!(%partner, "the partner's DID document differs from the trust list");
    Ok(id)
}

#[cfg(test)]
mod tests;
