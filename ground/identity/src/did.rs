//! did:web: where a participant's document lives, how it is made and read, and in what it differs
//! from the keys that the trust list pins (ID-1). What a context or another URL inside it points at
//! is never fetched (NE-1).

use std::fmt;

use corridor_base::{Did, ErrorCode, KeyId, Problem, Result, Timestamp};
use corridor_proof::{ListedLedger, ListedParticipant, PublicKey, VerifierKey};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::keyring::{KeyState, Keyring};

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

/// One way in which a DID document differs from what the trust list pins. `Display` is English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant, reason = "there are a handful at most, and only when something is wrong")]
pub enum Difference {
    /// It is somebody else's document.
    Did {
        /// Who was asked for.
        listed: Did,
        /// Who answered.
        found: Did,
    },
    /// A key of this name is pinned, and the document shows another.
    KeyOther {
        /// Its name.
        key: KeyId,
        /// As the list pins it.
        listed: PublicKey,
        /// As the document shows it.
        found: PublicKey,
    },
    /// A key that the list holds valid now is not in the document.
    KeyMissing {
        /// Its name.
        key: KeyId,
    },
    /// The document signs with a key that the list does not pin.
    KeyUnlisted {
        /// Its name.
        key: KeyId,
    },
    /// The document signs with a key whose time is over in the list: the participant has not taken
    /// up its newest list yet.
    KeyEnded {
        /// Its name.
        key: KeyId,
        /// Until when it was valid.
        until: Timestamp,
    },
    /// The gate is elsewhere; the list's is used.
    Endpoint {
        /// As the list has it.
        listed: String,
        /// As the document has it.
        found: Option<String>,
    },
    /// The log or the witness of its node signs with another key than the list pins.
    LedgerOther {
        /// The log, then the witness, as the list pins them.
        listed: [VerifierKey; 2],
        /// The same, as the document shows them; `None` when it shows none.
        found: Option<[VerifierKey; 2]>,
    },
    /// Log, witness or mirror are elsewhere; the list's address is used.
    LedgerMoved {
        /// The log's origin.
        origin: String,
    },
}

impl Difference {
    /// Whether this is a mismatch of identity or keys, for which the document is refused and
    /// reported (ID-1). The others are worth a look and change nothing: the list's word is used.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        match self {
            Self::Did { .. }
            | Self::KeyOther { .. }
            | Self::KeyMissing { .. }
            | Self::KeyUnlisted { .. }
            | Self::LedgerOther { .. } => true,
            Self::KeyEnded { .. } | Self::Endpoint { .. } | Self::LedgerMoved { .. } => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Did { listed, found } => write!(f, "the document of {listed} calls itself {found}"),
            Self::KeyOther { key, listed, found } => {
                write!(f, "{key} is {listed} in the trust list and {found} in the document")
            }
            Self::KeyMissing { key } => write!(f, "{key} is valid in the trust list and not in the document"),
            Self::KeyUnlisted { key } => write!(f, "{key} is used in the document and not in the trust list"),
            Self::KeyEnded { key, until } => {
                write!(f, "{key} is used in the document and ended on {until} in the trust list")
            }
            Self::Endpoint { listed, found: Some(found) } => {
                write!(f, "the endpoint is {listed} in the trust list and {found} in the document")
            }
            Self::Endpoint { listed, found: None } => {
                write!(f, "the endpoint is {listed} in the trust list and the document names none")
            }
            Self::LedgerOther { listed: [log, witness], found: Some([other, more]) } => write!(
                f,
                "log and witness are {log} and {witness} in the trust list, {other} and {more} in the document"
            ),
            Self::LedgerOther { listed: [log, _], found: None } => {
                write!(f, "the log is {log} in the trust list and the document names none")
            }
            Self::LedgerMoved { origin } => {
                write!(
                    f,
                    "the log {origin} or its witness is elsewhere in the document than in the trust list"
                )
            }
        }
    }
}

/// In what a document differs, at this instant, from what the list pins. Empty when it agrees.
#[must_use]
pub fn differs(document: &DidDocument, listed: &ListedParticipant, now: Timestamp) -> Vec<Difference> {
    let mut out = Vec::new();
    if document.did != listed.did {
        out.push(Difference::Did { listed: listed.did.clone(), found: document.did.clone() });
        return out;
    }
    for pinned in &listed.keys {
        match document.keys.iter().find(|k| k.id == pinned.id) {
            Some(found) if found.key != pinned.key => out.push(Difference::KeyOther {
                key: pinned.id.clone(),
                listed: pinned.key.clone(),
                found: found.key.clone(),
            }),
            Some(_) => {}
            None if pinned.covers(now) => out.push(Difference::KeyMissing { key: pinned.id.clone() }),
            None => {}
        }
    }
    for used in document.in_use() {
        match listed.keys.iter().find(|k| k.id == used.id) {
            None => out.push(Difference::KeyUnlisted { key: used.id.clone() }),
            Some(pinned) => {
                if let Some(until) = pinned.until.filter(|until| *until <= now) {
                    out.push(Difference::KeyEnded { key: used.id.clone(), until });
                }
            }
        }
    }
    if document.endpoint.as_ref() != Some(&listed.endpoint) {
        out.push(Difference::Endpoint { listed: listed.endpoint.clone(), found: document.endpoint.clone() });
    }
    out.extend(ledger_differs(document.ledger.as_ref(), listed.ledger.as_ref()));
    out
}

/// A ledger that the document announces and the list does not pin yet is no difference, as with keys.
fn ledger_differs(found: Option<&ListedLedger>, listed: Option<&ListedLedger>) -> Option<Difference> {
    let keys = |ledger: &ListedLedger| [ledger.log.clone(), ledger.witness.clone()];
    let listed = listed?;
    match found {
        Some(found) if found == listed => None,
        Some(found) if keys(found) == keys(listed) => {
            Some(Difference::LedgerMoved { origin: listed.origin().to_owned() })
        }
        found => Some(Difference::LedgerOther { listed: keys(listed), found: found.map(keys) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;
    use corridor_proof::{ListedKey, Names, SecretKey, Signer};
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn did() -> Did {
        "did:web:localhost%3A7081:participants:kr-forwarder".parse().unwrap()
    }

    fn public(seed: u64) -> PublicKey {
        SecretKey::generate("k", &SeededRandom::new(seed)).unwrap().public().clone()
    }

    fn key(name: &str, seed: u64, in_use: bool) -> DocumentKey {
        DocumentKey { id: did().key(name).unwrap(), key: public(seed), in_use }
    }

    fn document() -> DidDocument {
        let endpoint = Some("http://localhost:7081".to_owned());
        DidDocument {
            did: did(),
            keys: vec![key("k1", 1, true), key("k2", 2, false)],
            endpoint,
            ledger: None,
        }
    }

    #[test]
    fn a_did_and_the_url_of_its_document_name_each_other() {
        let check = |did: &str, url: &str| {
            let did: Did = did.parse().unwrap();
            assert_eq!(document_url(&did).unwrap().as_str(), url);
            assert_eq!(did_of(&Url::parse(url).unwrap()).unwrap(), did);
        };
        check("did:web:example.jp", "https://example.jp/.well-known/did.json");
        check("did:web:example.jp%3A8443", "https://example.jp:8443/.well-known/did.json");
        check("did:web:example.jp:customs:tokyo", "https://example.jp/customs/tokyo/did.json");
        check(did().as_str(), "http://localhost:7081/participants/kr-forwarder/did.json");
    }

    #[test]
    fn no_did_lives_at_other_urls() {
        for url in [
            "http://example.jp/.well-known/did.json",
            "https://127.0.0.1/did.json",
            "https://example.jp/",
            "https://example.jp/a/%2e%2e/did.json?x=1",
            "https://user@example.jp/.well-known/did.json",
            "https://example.jp/a%20b/did.json",
            "ftp://localhost/did.json",
        ] {
            assert!(did_of(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
    }

    #[test]
    fn a_document_survives_the_wire() {
        let bytes = document().to_bytes().unwrap();
        assert_eq!(DidDocument::parse(&bytes).unwrap(), document());
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["verificationMethod"][0]["type"], "Multikey");
        assert_eq!(json["assertionMethod"], serde_json::json!([did().key("k1").unwrap()]));
        assert_eq!(json["authentication"], json["assertionMethod"]);
        assert_eq!(json["service"][0]["type"], SERVICE_TYPE);
        let with = document().with_ledger(Some(crate::testing::ledger("localhost:7081/log", 1)));
        let bytes = with.to_bytes().unwrap();
        assert_eq!(DidDocument::parse(&bytes).unwrap(), with);
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["service"][1]["type"], LEDGER_TYPE);
        assert_eq!(json["service"][1]["serviceEndpoint"]["log_url"], "https://localhost:7081/log");
    }

    #[test]
    fn a_stranger_s_document_is_read_as_far_as_it_matters() {
        let text = format!(
            r##"{{"@context":"https://example.org/never-fetched","id":"did:web:example.jp","extra":{{"a":[1]}},
            "verificationMethod":[
              {{"id":"#p256","type":"Multikey","controller":"did:web:example.jp","publicKeyMultibase":"zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"}},
              {{"id":"#jwk","type":"JsonWebKey2020","controller":"did:web:example.jp","publicKeyJwk":{{}}}},
              {{"id":"did:web:other.jp#k1","type":"Multikey","controller":"did:web:other.jp","publicKeyMultibase":"{0}"}},
              {{"id":"#k1","type":"Ed25519VerificationKey2020","controller":"did:web:example.jp","publicKeyMultibase":"{0}"}}],
            "assertionMethod":["#k1",{{"id":"#k2","type":"Multikey","publicKeyMultibase":"{1}"}}],
            "service":[{{"type":"LinkedDomains","serviceEndpoint":{{"origins":[]}}}},
                       {{"type":["CorridorExchange"],"serviceEndpoint":"https://gate.example.jp/"}}]}}"##,
            public(1),
            public(2)
        );
        let document = DidDocument::parse(text.as_bytes()).unwrap();
        let used: Vec<&str> = document.in_use().map(|k| k.id.as_str()).collect();
        assert_eq!(used, ["did:web:example.jp#k1", "did:web:example.jp#k2"]);
        assert_eq!(document.keys.len(), 2);
        assert_eq!(document.endpoint.as_deref(), Some("https://gate.example.jp"));
    }

    #[test]
    fn broken_documents_are_refused() {
        let check = |text: &str, expect: &str| {
            let problem = DidDocument::parse(text.as_bytes()).unwrap_err();
            assert!(format!("{problem:?}").contains(expect), "{problem:?}");
        };
        let method = |id: &str, key: &str| {
            format!(r#"{{"id":"{id}","type":"Multikey","publicKeyMultibase":"{key}"}}"#)
        };
        let with =
            |methods: &str| format!(r#"{{"id":"did:web:example.jp","verificationMethod":[{methods}]}}"#);
        let good = public(1).to_string();
        check("", "EOF");
        check("[]", "invalid");
        check(r#"{"id":"did:web:127.0.0.1"}"#, "DID");
        check(r#"{"id":"did:web:a.jp","id":"did:web:b.jp"}"#, "duplicate");
        check(&with(&method("#k1", "z6Mkbroken")), "public key");
        check(&with(&method("did:web:other.jp#k1", &good)), "not a key of");
        check(&with(&format!("{},{}", method("#k1", &good), method("#k1", &good))), "twice");
        check(&with(&vec![method("#k1", "x"); 101].join(",")), "more than 100");
        check(
            &format!(r#"{{"id":"did:web:example.jp","x":{}{}}}"#, "[".repeat(17), "]".repeat(17)),
            "deeper",
        );
        check(&"[".repeat(60_000), "deeper");
        check(&" ".repeat(MAX_DOCUMENT + 1), "64 KiB");
    }

    fn listed() -> ListedParticipant {
        let from = at("2026-01-01T00:00:00.000Z");
        ListedParticipant {
            did: did(),
            name: Names::same("Forwarder"),
            endpoint: "http://localhost:7081".to_owned(),
            keys: vec![ListedKey {
                id: did().key("k1").unwrap(),
                key: public(1),
                from,
                until: None,
                void_after: None,
            }],
            removed: None,
            ledger: None,
        }
    }

    #[test]
    fn a_document_is_held_against_the_list() {
        let now = at("2026-02-01T00:00:00.000Z");
        let check = |document: &DidDocument, listed: &ListedParticipant, expect: &[&str], refused: bool| {
            let found = differs(document, listed, now);
            let words: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(words.len(), expect.len(), "{words:?}");
            assert!(words.iter().zip(expect).all(|(w, e)| w.contains(e)), "{words:?}");
            assert_eq!(found.iter().any(Difference::is_mismatch), refused);
        };
        // An announced key (k2) without a purpose is no difference.
        check(&document(), &listed(), &[], false);
        let with = |keys: Vec<DocumentKey>| DidDocument { keys, ..document() };
        check(&with(vec![key("k1", 9, true)]), &listed(), &["k1 is z6Mk"], true);
        check(&with(vec![]), &listed(), &["not in the document"], true);
        check(
            &with(vec![key("k1", 1, true), key("k2", 2, true)]),
            &listed(),
            &["not in the trust list"],
            true,
        );
        let other = DidDocument { did: "did:web:evil.jp".parse().unwrap(), ..document() };
        check(&other, &listed(), &["calls itself did:web:evil.jp"], true);
        let moved = DidDocument { endpoint: None, ..document() };
        check(&moved, &listed(), &["names none"], false);
        let mut rotated = listed();
        rotated.keys[0].until = Some(now);
        rotated.keys.push(ListedKey {
            id: did().key("k2").unwrap(),
            key: public(2),
            from: now,
            until: None,
            void_after: None,
        });
        check(&document(), &rotated, &["ended on"], false);
        let ledger = |seed| Some(crate::testing::ledger("a.jp/log", seed));
        let pinned = ListedParticipant { ledger: ledger(1), ..listed() };
        check(&document().with_ledger(ledger(1)), &listed(), &[], false);
        check(&document().with_ledger(ledger(1)), &pinned, &[], false);
        check(&document().with_ledger(ledger(3)), &pinned, &["log and witness are a.jp/log+"], true);
        check(&document(), &pinned, &["the document names none"], true);
        let mut moved = ledger(1);
        moved.as_mut().unwrap().mirror_url = None;
        check(&document().with_ledger(moved), &pinned, &["elsewhere"], false);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = DidDocument::parse(&bytes);
        }

        #[test]
        fn an_altered_document_never_panics(position in 0usize..2000, byte in any::<u8>()) {
            let mut bytes = document().to_bytes().unwrap();
            let position = position % bytes.len();
            bytes[position] = byte;
            if let Ok(read) = DidDocument::parse(&bytes) {
                prop_assert!(read.keys.len() <= 2);
            }
        }

        #[test]
        fn every_did_comes_back_from_its_url(host in "[a-z]{1,8}(\\.[a-z]{2,5}){0,2}", path in proptest::collection::vec("[a-z][a-zA-Z0-9._-]{0,8}", 0..4)) {
            let text = [vec![format!("did:web:{host}")], path].concat().join(":");
            if let Ok(did) = text.parse::<Did>() {
                prop_assert_eq!(did_of(&document_url(&did).unwrap()).unwrap(), did);
            }
        }
    }
}
