//! did:web: where a participant's document lives, how it is made and read, and in what it differs
//! from the keys that the trust list pins (ID-1). What a context or another URL inside it points at
//! is never fetched (NE-1).

mod difference;

use std::fmt;

use corridor_base::{Did, ErrorCode, KeyId, Problem, Result};
use corridor_proof::{ListedLedger, PublicKey};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::keyring::{KeyState, Keyring};
pub use difference::{Difference, differs};

/// The largest DID document read, in bytes.
pub const MAX_DOCUMENT: usize = 64 << 10;
/// The deepest nesting of a DID document read.
pub const MAX_DEPTH: usize = 16;
/// The most keys or services of one document read.
const MAX_ENTRIES: usize = 100;

/// The type of the service whose endpoint is the participant's gate.
pub const SERVICE_TYPE: &str = "CorridorExchange";

/// The type of the service that tells of the ledger of the participant's node.
pub const LEDGER_TYPE: &str = "CorridorLedger";

/// The contexts that our documents name: W3C DID Core 1.0 and Multikey. Names only, never fetched.
const CONTEXTS: [&str; 2] = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];

/// One key of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentKey {
    /// Its name.
    pub id: KeyId,
    /// The key.
    pub key: PublicKey,
    /// Whether the participant signs with it now (`assertionMethod`). A key without a purpose is
    /// one that is announced and not yet in the trust list, or one that is kept for history.
    pub in_use: bool,
}

/// What a DID document says that matters here (W3C DID Core 1.0): identifier, Ed25519 keys, gate,
/// ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DidDocument {
    /// Whose document.
    pub did: Did,
    /// Its Ed25519 keys; those of other kinds are not for us and left out.
    pub keys: Vec<DocumentKey>,
    /// Where its node answers (the service of type [`SERVICE_TYPE`]), without trailing slash.
    pub endpoint: Option<String>,
    /// The ledger of its node (the service of type [`LEDGER_TYPE`]).
    pub ledger: Option<ListedLedger>,
}

/// The document on the wire, as we write it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(rename = "@context")]
    context: [&'a str; 2],
    id: &'a Did,
    verification_method: Vec<WrittenMethod<'a>>,
    authentication: Vec<&'a KeyId>,
    assertion_method: Vec<&'a KeyId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service: Vec<WrittenService<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenMethod<'a> {
    id: &'a KeyId,
    #[serde(rename = "type")]
    kind: &'a str,
    controller: &'a Did,
    public_key_multibase: &'a PublicKey,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenService<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'a str,
    service_endpoint: WrittenEndpoint<'a>,
}

/// A service endpoint is an address, or an object of what the service needs (DID Core 1.0, 5.4).
#[derive(Serialize)]
#[serde(untagged)]
enum WrittenEndpoint<'a> {
    Address(&'a str),
    Ledger(&'a ListedLedger),
}

/// The document on the wire, as others may write it: what is not named here is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    id: Did,
    #[serde(default)]
    verification_method: Vec<ReadMethod>,
    #[serde(default)]
    assertion_method: Vec<Relation>,
    #[serde(default)]
    service: Vec<ReadService>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadMethod {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    controller: Option<String>,
    #[serde(default)]
    public_key_multibase: Option<String>,
}

/// A purpose names a key, or holds it (DID Core 1.0, 5.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Relation {
    Named(String),
    Held(ReadMethod),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadService {
    #[serde(rename = "type", default)]
    kind: serde_json::Value,
    #[serde(default)]
    service_endpoint: serde_json::Value,
}

fn refuse(why: impl fmt::Display) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "DID document").with("why", why)
}

/// The path under which the document of this participant is served, with its leading slash
/// (did:web, "Read (Resolve)"): `/.well-known/did.json`, or `/a/b/did.json` for `did:web:HOST:a:b`.
#[must_use]
pub fn document_path(did: &Did) -> String {
    let mut parts = did.as_str().split(':').skip(3).peekable();
    if parts.peek().is_none() {
        return "/.well-known/did.json".to_owned();
    }
    let segments: String = parts.map(|part| format!("/{part}")).collect();
    format!("{segments}/did.json")
}

/// The host, with its port where it has one, that serves the document: `localhost:7081`.
#[must_use]
pub fn document_host(did: &Did) -> String {
    did.as_str().split(':').nth(2).unwrap_or_default().replacen("%3A", ":", 1)
}

/// The URL of the document of this participant. Plain http only when the host is `localhost`:
/// whether that address may be called at all is for the guarded client to say (NE-1).
///
/// # Errors
/// `malformed` when the identifier's host is no host name after all.
pub fn document_url(did: &Did) -> Result<Url> {
    let host = document_host(did);
    let name = host.split(':').next().unwrap_or_default();
    let scheme = if is_localhost(name) { "http" } else { "https" };
    let text = format!("{scheme}://{host}{}", document_path(did));
    Url::parse(&text).map_err(|e| Problem::new(ErrorCode::Malformed).with("what", "DID").because(e))
}

/// The participant whose document stands at this URL: the way back from [`document_url`].
///
/// # Errors
/// `malformed` when no did:web lives there.
pub fn did_of(url: &Url) -> Result<Did> {
    let refuse =
        |why: &str| Problem::new(ErrorCode::Malformed).with("what", "URL of a DID document").with("why", why);
    let Some(Host::Domain(name)) = url.host() else { return Err(refuse("a host name expected")) };
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_localhost(name));
    if !secure || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(refuse("https without query, fragment and user expected"));
    }
    let port = url.port().map(|port| format!("%3A{port}")).unwrap_or_default();
    let path = match url.path() {
        "/.well-known/did.json" => String::new(),
        other => other
            .strip_suffix("/did.json")
            .ok_or_else(|| refuse("it does not end in /did.json"))?
            .replace('/', ":"),
    };
    format!("did:web:{name}{port}{path}").parse()
}

fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

impl DidDocument {
    /// The document of a participant that lives here: the current key with its purposes, a pending
    /// one announced, the retired ones kept.
    #[must_use]
    pub fn of(keyring: &Keyring, endpoint: &str) -> Self {
        let key = |k: crate::keyring::KeyRecord| DocumentKey {
            in_use: k.state == KeyState::Current,
            id: k.id,
            key: k.public,
        };
        Self {
            did: keyring.did().clone(),
            keys: keyring.keys().into_iter().map(key).collect(),
            endpoint: Some(endpoint.trim_end_matches('/').to_owned()),
            ledger: None,
        }
    }

    /// The same document, telling of the ledger of the participant's node.
    #[must_use]
    pub fn with_ledger(self, ledger: Option<ListedLedger>) -> Self {
        Self { ledger, ..self }
    }

    /// The bytes that are served: indented JSON with a final newline.
    ///
    /// # Errors
    /// `internal`, never in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let in_use: Vec<&KeyId> = self.in_use().map(|k| &k.id).collect();
        let service = |name: &str, kind, service_endpoint| WrittenService {
            id: format!("{}#{name}", self.did),
            kind,
            service_endpoint,
        };
        let gate = self.endpoint.as_deref().map(WrittenEndpoint::Address);
        let gate = gate.map(|endpoint| service("exchange", SERVICE_TYPE, endpoint));
        let ledger = self.ledger.as_ref().map(WrittenEndpoint::Ledger);
        let ledger = ledger.map(|endpoint| service("ledger", LEDGER_TYPE, endpoint));
        let written = Written {
            context: CONTEXTS,
            id: &self.did,
            verification_method: self.keys.iter().map(|k| self.method(k)).collect(),
            authentication: in_use.clone(),
            assertion_method: in_use,
            service: gate.into_iter().chain(ledger).collect(),
        };
        let mut bytes =
            serde_json::to_vec_pretty(&written).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn method<'a>(&'a self, key: &'a DocumentKey) -> WrittenMethod<'a> {
        WrittenMethod { id: &key.id, kind: "Multikey", controller: &self.did, public_key_multibase: &key.key }
    }

    /// Reads a document, ours or a stranger's.
    ///
    /// # Errors
    /// `too-large` above 64 KiB; `malformed` when it is not JSON, nested deeper than 16, names a key
    /// twice, or an Ed25519 key cannot be read.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_DOCUMENT {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "DID document")
                .with("limit", "64 KiB")
                .with("found", bytes.len()));
        }
        if depth(bytes) > MAX_DEPTH {
            return Err(refuse(format!("nested deeper than {MAX_DEPTH}")));
        }
        let read: Read = serde_json::from_slice(bytes).map_err(refuse)?;
        let entries = read.verification_method.len().max(read.assertion_method.len()).max(read.service.len());
        if entries > MAX_ENTRIES {
            return Err(refuse(format!("more than {MAX_ENTRIES} keys or services")));
        }
        read.judge()
    }

    /// The keys the participant signs with now.
    pub fn in_use(&self) -> impl Iterator<Item = &DocumentKey> {
        self.keys.iter().filter(|k| k.in_use)
    }
}

impl Read {
    fn judge(self) -> Result<DidDocument> {
        let mut keys: Vec<DocumentKey> = Vec::new();
        for method in &self.verification_method {
            if let Some(key) = self.key(method)? {
                keys.push(key);
            }
        }
        for relation in &self.assertion_method {
            match relation {
                Relation::Named(name) => {
                    let name = self.absolute(name);
                    keys.iter_mut().filter(|k| k.id.as_str() == name).for_each(|k| k.in_use = true);
                }
                Relation::Held(method) => {
                    if let Some(key) = self.key(method)? {
                        keys.push(DocumentKey { in_use: true, ..key });
                    }
                }
            }
        }
        let mut names: Vec<&KeyId> = keys.iter().map(|k| &k.id).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            return Err(refuse(format!("{twice} stands there twice")));
        }
        let endpoint = self.service.iter().find_map(ReadService::endpoint);
        let ledger = self.service.iter().find(|s| s.is(LEDGER_TYPE)).map(ReadService::ledger).transpose()?;
        Ok(DidDocument { did: self.id, keys, endpoint, ledger })
    }

    /// The key of a method; `None` when it is not the participant's own or not Ed25519.
    fn key(&self, method: &ReadMethod) -> Result<Option<DocumentKey>> {
        let ours = method.controller.as_deref().is_none_or(|c| c == self.id.as_str());
        let kind = matches!(method.kind.as_str(), "Multikey" | "Ed25519VerificationKey2020");
        // `z6Mk` is what every Ed25519 key begins with in base58btc.
        let Some(text) =
            method.public_key_multibase.as_deref().filter(|k| ours && kind && k.starts_with("z6Mk"))
        else {
            return Ok(None);
        };
        let id: KeyId = self.absolute(&method.id).parse()?;
        if id.did() != self.id {
            return Err(refuse(format!("{id} is not a key of {}", self.id)));
        }
        Ok(Some(DocumentKey { id, key: text.parse()?, in_use: false }))
    }

    /// A DID URL may be written relative to the document (DID Core 1.0, 3.2.2).
    fn absolute(&self, name: &str) -> String {
        if name.starts_with('#') { format!("{}{name}", self.id) } else { name.to_owned() }
    }
}

impl ReadService {
    fn is(&self, kind: &str) -> bool {
        let named = |found: &serde_json::Value| found.as_str() == Some(kind);
        named(&self.kind) || self.kind.as_array().is_some_and(|kinds| kinds.iter().any(named))
    }

    fn endpoint(&self) -> Option<String> {
        let text = self.service_endpoint.as_str().filter(|_| self.is(SERVICE_TYPE))?;
        Some(text.trim_end_matches('/').to_owned())
    }

    /// What it says is judged by the list that takes it up.
    fn ledger(&self) -> Result<ListedLedger> {
        ListedLedger::deserialize(&self.service_endpoint).map_err(|e| refuse(format!("its ledger: {e}")))
    }
}

/// How deep the brackets of a JSON text nest, strings aside; found without reading it, so that a
/// hostile text costs one pass.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests;
