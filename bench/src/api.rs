//! A small client of a node's API: what a program of an institution would do, and nothing else.

use std::time::Duration;

use bytes::Bytes;
use corridor_base::{Digest, EnvelopeId, OsRandom, SystemClock, Timestamp};
use corridor_net::{Allow, Client, ClientOptions, Request, Response};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use http_body::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{Result, told};

/// The largest answer read: a page of a thousand acts.
const MAX_ANSWER: usize = 64 << 20;
/// How long an answer may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often what changes nothing is asked again.
const AGAIN: u32 = 4;
/// How many documents or acts are asked for at once.
const PAGE: usize = 1000;

/// A new key to hand a document in under: a UUID of version 7, as the console and the command line choose theirs.
#[must_use]
pub fn key() -> String {
    EnvelopeId::new(&SystemClock, &OsRandom).to_string()
}

/// The API of one node, with a token.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: Url,
    headers: HeaderMap,
}

/// A document as the API lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct Document {
    /// The envelope's identifier.
    pub id: String,
    /// How far it has come.
    pub state: String,
    /// Its length in bytes.
    pub size: u64,
    /// The SHA-256 that the envelope names.
    pub sha256: Digest,
    /// When it came into the book.
    pub created: Timestamp,
    /// When its state last changed.
    pub updated: Timestamp,
}

/// An act as the API lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct Act {
    /// Its identifier.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// The fields.
    pub fields: std::collections::BTreeMap<String, String>,
}

/// How a node's log of acts stands.
#[derive(Clone, Debug, Deserialize)]
pub struct LogState {
    /// The first line of its checkpoints.
    pub origin: String,
    /// The key they are checked with.
    pub key: String,
    /// How many acts have their place.
    pub leaves: u64,
    /// How many wait for it.
    pub waiting: u64,
    /// How many acts have complete receipts.
    pub covered: u64,
    /// Logs that were seen to contradict themselves.
    pub alarms: Vec<Value>,
    /// The node's raw logs.
    pub others: Vec<RawLog>,
}

/// A raw log of a node.
#[derive(Clone, Debug, Deserialize)]
pub struct RawLog {
    /// The first line of its checkpoints.
    pub origin: String,
    /// The key they are checked with.
    pub key: String,
    /// How many entries have their place.
    pub entries: u64,
    state: String,
}

impl RawLog {
    /// Whether it takes nothing more, since a restoration.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state == "held"
    }
}

/// A leaf of a node's log of acts.
#[derive(Clone, Debug, Deserialize)]
pub struct Leaf {
    /// Its place.
    pub number: u64,
    /// The hash of the leaf.
    pub hash: String,
    /// The act.
    pub id: Option<String>,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// What checking a log whole found.
#[derive(Clone, Debug, Deserialize)]
pub struct Fsck {
    /// How many leaves were hashed again.
    pub leaves: u64,
    /// The first difference.
    pub difference: Option<String>,
}

/// How it stands with the receipts of a document.
#[derive(Clone, Debug, Deserialize)]
pub struct Receipts {
    /// Whether every act on both sides has its complete receipt.
    pub complete: bool,
    /// Of the node's own acts.
    pub ours: Vec<OneReceipt>,
    /// Of the partner's.
    pub theirs: Vec<OneReceipt>,
}

/// The receipt of one act.
#[derive(Clone, Debug, Deserialize)]
pub struct OneReceipt {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// The file.
    pub receipt: Option<String>,
}

/// What came of handing in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedIn {
    /// It is durable at the node, under this identifier.
    Accepted(String),
    /// Not now, or nobody knows: hand in again under the same key.
    Again(String),
    /// Refused for good.
    Refused(String),
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    #[serde(default = "Option::default")]
    next: Option<String>,
}

/// A client that reaches this machine, and nothing else.
///
/// # Errors
/// None that comes up.
pub fn local_client() -> Result<Client> {
    let allow: Allow = "127.0.0.1".parse().map_err(told("allow"))?;
    let local: Allow = "localhost".parse().map_err(told("allow"))?;
    let options = ClientOptions {
        allow: vec![allow, local],
        system_roots: false,
        idle_connections: 512,
        connect_timeout: Duration::from_secs(5),
        // A node that looks through its whole log says nothing meanwhile.
        idle_timeout: PATIENCE,
        ..ClientOptions::default()
    };
    Client::new(&options).map_err(told("client"))
}

impl Api {
    /// The API at this port of this machine, with this token.
    ///
    /// # Errors
    /// When the token cannot stand in a header.
    pub fn new(port: u16, token: &str) -> Result<Self> {
        let client = local_client()?;
        let base = Url::parse(&format!("http://127.0.0.1:{port}/")).map_err(told("address"))?;
        let mut headers = HeaderMap::new();
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(told("token"))?;
        headers.insert(AUTHORIZATION, bearer);
        Ok(Self { client, base, headers })
    }

    /// The address of a path of the API.
    ///
    /// # Errors
    /// When it is none.
    pub fn url(&self, path: &str) -> Result<Url> {
        self.base.join(path).map_err(told(path))
    }

    /// Asks, and reads the JSON that comes back.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.send(Method::GET, self.url(path)?, None).await?;
        serde_json::from_slice(&answer).map_err(told(path))
    }

    /// Posts JSON or a signed note.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn post(&self, path: &str, kind: &'static str, body: impl Into<Bytes>) -> Result<Value> {
        let answer = self.send(Method::POST, self.url(path)?, Some((kind, body.into()))).await?;
        serde_json::from_slice(&answer).map_err(told(path))
    }

    /// The bytes at an address of this machine.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn bytes(&self, url: Url) -> Result<Bytes> {
        self.send(Method::GET, url, None).await
    }

    async fn send(&self, method: Method, url: Url, body: Option<(&'static str, Bytes)>) -> Result<Bytes> {
        let path = url.path().to_owned();
        let mut request = self.request(method, url);
        if let Some((kind, bytes)) = body {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            request.body = bytes;
        }
        // A node that was started again has closed the connections that were kept, and one that is too busy says
        // that it is to be asked again.
        let mut left = if request.method == Method::GET { AGAIN } else { 0 };
        loop {
            let answer = self.client.send(request.clone()).await;
            let busy = |answer: &Response| answer.status == StatusCode::SERVICE_UNAVAILABLE;
            if left > 0 && answer.as_ref().map_or(true, busy) {
                tokio::time::sleep(Duration::from_millis(if left == AGAIN { 0 } else { 500 })).await;
                left -= 1;
                continue;
            }
            let answer = answer.map_err(told(&path))?;
            return match answer.status.is_success() {
                true => Ok(answer.body),
                false => Err(format!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body))),
            };
        }
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let mut request = Request::new(method, url);
        request.headers = self.headers.clone();
        (request.limit, request.timeout) = (MAX_ANSWER, PATIENCE);
        request
    }

    /// Hands in a document that fits in memory, under a key that makes it the same document however
    /// often it is handed in. `url` comes from [`Api::url`], as it does not change.
    pub async fn hand_in(&self, url: &Url, key: &str, content: Bytes) -> HandedIn {
        let mut request = self.request(Method::POST, url.clone());
        request.body = content;
        if let Err(why) = identify(&mut request.headers, key) {
            return HandedIn::Refused(why);
        }
        match self.client.send(request).await {
            Ok(answer) => understood(answer.status, &answer.body),
            Err(problem) => HandedIn::Again(problem.to_string()),
        }
    }

    /// Hands in a document of any size; answers its identifier.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn upload<B>(&self, url: &Url, key: &str, size: u64, content: B) -> Result<String>
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut request = self.request(Method::POST, url.clone());
        request.timeout = Duration::from_secs(3600);
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
        identify(&mut request.headers, key)?;
        let mut incoming = self.client.upload(request, content).await.map_err(told("upload"))?;
        let mut body = Vec::new();
        while let Some(chunk) = incoming.chunk().await.map_err(told("upload"))? {
            body.extend_from_slice(&chunk);
        }
        match understood(incoming.status, &body) {
            HandedIn::Accepted(id) => Ok(id),
            HandedIn::Again(why) | HandedIn::Refused(why) => Err(why),
        }
    }

    /// Adds an entry to a raw log; answers the status and the text, which is the entry's number.
    ///
    /// # Errors
    /// When no answer comes: nobody knows whether it was added.
    pub async fn add(&self, url: &Url, entry: Bytes) -> Result<(u16, String)> {
        let mut request = Request::new(Method::POST, url.clone());
        (request.limit, request.timeout, request.body) = (MAX_ANSWER, PATIENCE, entry);
        let answer = self.client.send(request).await.map_err(told(url))?;
        Ok((answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned()))
    }

    /// The SHA-256 of what the node hands out as the content of a received document.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn content_digest(&self, id: &str) -> Result<Digest> {
        let mut request = self.request(Method::GET, self.url(&format!("api/v1/inbox/{id}/content"))?);
        request.limit = usize::MAX;
        request.timeout = Duration::from_secs(3600);
        let mut incoming = self.client.open(request).await.map_err(told(id))?;
        let mut hasher = corridor_base::digest::Hasher::new();
        while let Some(chunk) = incoming.chunk().await.map_err(told(id))? {
            hasher.update(&chunk);
        }
        if incoming.status == StatusCode::OK {
            Ok(hasher.finish())
        } else {
            Err(format!("{id}: {}", incoming.status))
        }
    }

    /// One document; `side` is `inbox` or `outbox`.
    ///
    /// # Errors
    /// When there is none.
    pub async fn document(&self, side: &str, id: &str) -> Result<Document> {
        self.get(&format!("api/v1/{side}/{id}")).await
    }

    /// All documents of a side (`inbox`, `outbox`), newest first; with `state` only those in it.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn documents(&self, side: &str, state: Option<&str>) -> Result<Vec<Document>> {
        let wanted = state.map(|s| format!("&state={s}")).unwrap_or_default();
        self.all(&format!("api/v1/{side}?limit={PAGE}{wanted}"), "before").await
    }

    /// The documents of a side that came into the book at this instant or later, newest first.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn documents_since(&self, side: &str, from: Timestamp) -> Result<Vec<Document>> {
        let path = format!("api/v1/{side}?limit={PAGE}");
        let mut found = Vec::new();
        let mut page: Page<Document> = self.get(&path).await?;
        loop {
            let older = page.items.iter().any(|row| row.created < from);
            found.extend(page.items.into_iter().filter(|row| row.created >= from));
            let Some(next) = page.next.filter(|_| !older) else { return Ok(found) };
            page = self.get(&format!("{path}&before={next}")).await?;
        }
    }

    /// How many deliveries wait in the outbox, as the node's metrics say; at most 1,000.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn waiting(&self) -> Result<u64> {
        let answer = self.send(Method::GET, self.url("metrics")?, None).await?;
        let text = String::from_utf8_lossy(&answer);
        let count = text.lines().find_map(|line| line.strip_prefix("corridor_outbox_waiting "));
        count
            .and_then(|c| c.trim().parse().ok())
            .ok_or_else(|| "no corridor_outbox_waiting in /metrics".to_owned())
    }

    /// All acts, oldest first.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn acts(&self) -> Result<Vec<Act>> {
        self.all(&format!("api/v1/acts?order=oldest&limit={PAGE}"), "after").await
    }

    /// How the log of acts stands.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn log(&self) -> Result<LogState> {
        self.get("api/v1/log").await
    }

    /// All leaves of the log of acts, in their order.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn leaves(&self) -> Result<Vec<Leaf>> {
        self.all_leaves("").await
    }

    /// Of the leaves those of which nothing but the act is left, after a restoration.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn lost_leaves(&self) -> Result<Vec<Leaf>> {
        self.all_leaves("&lost=true").await
    }

    /// Whether partners are still to be asked for what may be missing since a backup.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn is_lacking(&self) -> Result<bool> {
        let found: Page<Value> = self.get("api/v1/doctor").await?;
        let lacks = |f: &Value| f.get("check").and_then(Value::as_str) == Some("recovery");
        Ok(found.items.iter().any(lacks))
    }

    async fn all_leaves(&self, which: &str) -> Result<Vec<Leaf>> {
        let mut found: Vec<Leaf> = Vec::new();
        loop {
            let from = found.last().map_or(0, |leaf| leaf.number + 1);
            let page: Page<Leaf> =
                self.get(&format!("api/v1/log/leaves?from={from}&limit={PAGE}{which}")).await?;
            if page.items.is_empty() {
                return Ok(found);
            }
            found.extend(page.items);
        }
    }

    /// The log's proof that its tree of size `new` begins with that of size `old`.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>> {
        #[derive(Deserialize)]
        struct Proof {
            hashes: Vec<Digest>,
        }
        let proof: Proof = self.get(&format!("api/v1/log/proof?old={old}&size={new}")).await?;
        Ok(proof.hashes)
    }

    /// Has the node derive its log again from the leaves.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn fsck(&self) -> Result<Fsck> {
        let found = self.post("api/v1/log/fsck", "application/json", Bytes::new()).await?;
        serde_json::from_value(found).map_err(told("fsck"))
    }

    /// How it stands with the receipts of a document.
    ///
    /// # Errors
    /// Any answer but a success.
    pub async fn receipts(&self, id: &str) -> Result<Receipts> {
        self.get(&format!("api/v1/receipts/{id}")).await
    }

    /// Whether the node takes new work.
    pub async fn is_ready(&self) -> bool {
        let Ok(url) = self.url("health/ready") else { return false };
        self.client.send(self.request(Method::GET, url)).await.is_ok_and(|answer| answer.status.is_success())
    }

    async fn all<T: DeserializeOwned>(&self, path: &str, cursor: &str) -> Result<Vec<T>> {
        let mut found = Vec::new();
        let mut page: Page<T> = self.get(path).await?;
        loop {
            found.append(&mut page.items);
            let Some(next) = &page.next else { return Ok(found) };
            page = self.get(&format!("{path}&{cursor}={next}")).await?;
        }
    }
}

fn identify(headers: &mut HeaderMap, key: &str) -> Result {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let key = HeaderValue::from_str(key).map_err(told("key"))?;
    headers.insert(HeaderName::from_static("idempotency-key"), key);
    Ok(())
}

fn understood(status: StatusCode, body: &[u8]) -> HandedIn {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    let said = || format!("{status} {}", String::from_utf8_lossy(body));
    match serde_json::from_slice::<Named>(body) {
        Ok(named) if status.is_success() => HandedIn::Accepted(named.id),
        _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => HandedIn::Again(said()),
        _ => HandedIn::Refused(said()),
    }
}
