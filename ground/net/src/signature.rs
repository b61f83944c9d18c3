//! Who calls: HTTP message signatures (RFC 9421, Ed25519) over requests and their answers, and the
//! digest of the content (RFC 9530, SHA-256).
//!
//! The signature of a hop says only who calls; what is sent is signed as an envelope of its own. One
//! strict profile, under the label and the tag `corridor`:
//!
//! - a request covers `@method`, `@target-uri`, `content-digest`, and `content-length` and
//!   `content-type` when they are there, and any field its maker adds;
//! - an answer covers `@status`, `content-digest`, `content-type` when there, and of its request
//!   `@method`, `@target-uri` and the signature, so that it answers that request and no other
//!   (RFC 9421, 2.4). Its length is left out: proxies may re-frame an answer.
//!
//! Signatures under other labels are passed by (a gateway may add its own, RFC 9421, 4.3).
//! A field that stands twice cannot be covered: two readers might take two values.

mod fields;
#[cfg(test)]
mod tests;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use corridor_base::{Digest, ErrorCode, KeyId, Problem, Random, Result, Timestamp};
use corridor_proof::{PublicKey, Signature, Signer};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};

use crate::client::Request;
use fields::{Component, Input, Param, refuse};

/// The label of our signature in `Signature-Input` and `Signature`.
pub const LABEL: &str = "corridor";
/// What the signature is for (RFC 9421, 2.3, `tag`).
pub const TAG: &str = "corridor";
/// The only algorithm (RFC 9421, 6.2.2).
pub const ALG: &str = "ed25519";
/// How far the clocks of two nodes may be apart unless configured otherwise.
pub const DEFAULT_MAX_SKEW: Duration = Duration::from_secs(60);

/// `Content-Digest` (RFC 9530).
pub const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// `Signature-Input` (RFC 9421, 4.1).
pub const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
/// `Signature` (RFC 9421, 4.2).
pub const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// How long a nonce may be, in characters; ours has 22.
const NONCE_CHARS: std::ops::RangeInclusive<usize> = 16..=64;

/// A signed request, as far as its answer is bound to it. Its maker has one from [`sign_request`],
/// its receiver from [`Verified::asked`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    method: Method,
    target_uri: String,
    signature: Signature,
}

/// Signs a request: sets `Content-Digest`, `Content-Length` (when there is content, or the method
/// expects some), `Signature-Input` and `Signature`. `extra` names further header fields to cover.
/// The signer's name is the key id.
///
/// # Errors
/// `malformed` when the signer's name is no key id, or a field to cover is missing, stands twice or
/// is not ASCII; what the signer says.
pub fn sign_request(
    request: &mut Request,
    extra: &[HeaderName],
    signer: &dyn Signer,
    now: Timestamp,
    random: &dyn Random,
) -> Result<Asked> {
    let headers = &mut request.headers;
    put(headers, CONTENT_DIGEST, &fields::write_content_digest(&Digest::of(&request.body)))?;
    if !request.body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&request.method) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
    }
    let mut components = vec![Component::of("@method"), Component::of("@target-uri")];
    components.push(Component::of(CONTENT_DIGEST.as_str()));
    let when_there = [CONTENT_LENGTH, CONTENT_TYPE].into_iter().filter(|name| headers.contains_key(name));
    for name in when_there.chain(extra.iter().cloned()) {
        let component = Component::of(name.as_str());
        if !components.contains(&component) {
            components.push(component);
        }
    }
    let nonce: [u8; 16] = random.bytes();
    let mut params = signed_params(signer, now)?;
    params.insert(1, Param::Nonce(URL_SAFE_NO_PAD.encode(nonce)));
    let mut target = request.url.clone();
    target.set_fragment(None);
    let message = Message::Request { method: &request.method, target_uri: target.as_str() };
    let signature = sign(message, headers, Input { components, params }, signer)?;
    Ok(Asked { method: request.method.clone(), target_uri: target.into(), signature })
}

/// Signs the answer to a request: sets `Content-Digest`, `Signature-Input` and `Signature`. `body`
/// is the digest of the content as it goes on the wire.
///
/// # Errors
/// As [`sign_request`].
pub fn sign_response(
    asked: &Asked,
    status: StatusCode,
    headers: &mut HeaderMap,
    body: &Digest,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<()> {
    put(headers, CONTENT_DIGEST, &fields::write_content_digest(body))?;
    let components = required_of_response(headers);
    let params = signed_params(signer, now)?;
    sign(Message::Response { status, asked }, headers, Input { components, params }, signer)?;
    Ok(())
}

/// Reads the signature of a request: everything is checked but the key, the clock, the nonce and
/// the content. `target_uri` is what the caller must have called
/// ([`PublicUrl::target_of`](crate::PublicUrl::target_of)).
///
/// # Errors
/// `signature-missing` when there is none, or it leaves out what it must cover; `malformed` when a
/// field is not of its form or names another algorithm or purpose; `too-large`.
pub fn request(method: &Method, target_uri: &str, headers: &HeaderMap) -> Result<Unverified> {
    let mut required = vec![Component::of("@method"), Component::of("@target-uri")];
    required.push(Component::of(CONTENT_DIGEST.as_str()));
    for name in [CONTENT_LENGTH, CONTENT_TYPE] {
        if headers.contains_key(&name) {
            required.push(Component::of(name.as_str()));
        }
    }
    let unverified = read(Message::Request { method, target_uri }, headers, &required)?;
    if !NONCE_CHARS.contains(&unverified.nonce.len()) {
        return Err(refuse("Signature-Input header", "nonce of 16 to 64 characters expected"));
    }
    Ok(unverified)
}

/// Reads the signature of the answer to a request that was signed here.
///
/// # Errors
/// As [`request`].
pub fn response(asked: &Asked, status: StatusCode, headers: &HeaderMap) -> Result<Unverified> {
    let required = required_of_response(headers);
    read(Message::Response { status, asked }, headers, &required)
}

/// A signature that was read and is in form, and not yet judged.
#[derive(Clone, Debug)]
pub struct Unverified {
    what: &'static str,
    key_id: KeyId,
    created: i64,
    expires: Option<i64>,
    nonce: String,
    digest: Digest,
    covered: Vec<(String, String)>,
    base: String,
    signature: Signature,
    asked: Asked,
}

impl Unverified {
    /// The key it says it was made with.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The request, to bind an answer to it even when the signature turns out bad: the caller is told
    /// why, and can tell that it was this node that said so.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Judges it: by this key, within `max_skew` of now.
    ///
    /// # Errors
    /// `clock-skew` when it was made too long ago or in the future, or has expired;
    /// `signature-invalid` when the key did not make it of this message.
    pub fn verify(self, key: &PublicKey, now: Timestamp, max_skew: Duration) -> Result<Verified> {
        let created = Timestamp::from_millis(self.created.saturating_mul(1000));
        let expired = self.expires.is_some_and(|end| end < now.seconds());
        let skew = created.since(now).max(now.since(created));
        if skew > max_skew || expired {
            return Err(Problem::new(ErrorCode::ClockSkew)
                .with("skew", skew.as_secs())
                .with("limit", max_skew.as_secs())
                .with("at", created));
        }
        if !key.verifies(self.base.as_bytes(), &self.signature) {
            return Err(invalid(&self.key_id, self.what));
        }
        let Self { what, key_id, nonce, digest, covered, asked, .. } = self;
        Ok(Verified { what, key_id, created, nonce, digest, covered, asked })
    }
}

/// A message whose signature holds. Header fields are read from here, because what is here was
/// covered.
#[derive(Clone, Debug)]
pub struct Verified {
    what: &'static str,
    key_id: KeyId,
    created: Timestamp,
    nonce: String,
    digest: Digest,
    covered: Vec<(String, String)>,
    asked: Asked,
}

impl Verified {
    /// The key that made it.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// When its maker says it was made, in whole seconds.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// The nonce of a request; empty for an answer. Hand it to [`NonceCache`](crate::NonceCache).
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The value of a header field (lower-case name) that the signature covers. A field that is
    /// there but not covered is as good as absent.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.covered.iter().find(|(covered, _)| covered == name).map(|(_, value)| value.as_str())
    }

    /// The digest of the content that the maker announced.
    #[must_use]
    pub fn content_digest(&self) -> &Digest {
        &self.digest
    }

    /// Whether the content that came has the digest that was signed.
    ///
    /// # Errors
    /// `signature-invalid` when not.
    pub fn covers_body(&self, body: &Digest) -> Result<()> {
        if self.digest == *body { Ok(()) } else { Err(invalid(&self.key_id, self.what)) }
    }

    /// The request (of an answer: the one it answers), to bind an answer to it with [`sign_response`].
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.asked
    }
}

/// What a signature is about.
#[derive(Clone, Copy)]
enum Message<'a> {
    Request { method: &'a Method, target_uri: &'a str },
    Response { status: StatusCode, asked: &'a Asked },
}

impl Message<'_> {
    fn what(self) -> &'static str {
        match self {
            Self::Request { .. } => "request",
            Self::Response { .. } => "answer",
        }
    }

    /// The value of a component (RFC 9421, 2.1 to 2.4); `None` when this message has none.
    fn value(self, component: &Component, headers: &HeaderMap) -> Option<String> {
        match (self, component.name.as_str(), component.req, component.key.as_deref()) {
            (Self::Request { method, .. }, "@method", false, None) => Some(method.to_string()),
            (Self::Request { target_uri, .. }, "@target-uri", false, None) => Some(target_uri.to_owned()),
            (Self::Response { status, .. }, "@status", false, None) => Some(status.as_str().to_owned()),
            (Self::Response { asked, .. }, "@method", true, None) => Some(asked.method.to_string()),
            (Self::Response { asked, .. }, "@target-uri", true, None) => Some(asked.target_uri.clone()),
            (Self::Response { asked, .. }, "signature", true, Some(LABEL)) => {
                Some(format!(":{}:", encode_base64(&asked.signature)))
            }
            (_, name, false, None) if !name.starts_with('@') => single(headers, name),
            _ => None,
        }
    }
}

/// The value of a field that stands once, trimmed (RFC 9421, 2.1).
fn single(headers: &HeaderMap, name: &str) -> Option<String> {
    // The name in a signature is in lower case; another spelling names nothing.
    let name = HeaderName::from_lowercase(name.as_bytes()).ok()?;
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.to_str().ok()?.trim_matches([' ', '\t']).to_owned()),
        _ => None,
    }
}

fn required_of_response(headers: &HeaderMap) -> Vec<Component> {
    let mut required = vec![Component::of("@status"), Component::of(CONTENT_DIGEST.as_str())];
    if headers.contains_key(CONTENT_TYPE) {
        required.push(Component::of(CONTENT_TYPE.as_str()));
    }
    required.push(Component::of_request("@method"));
    required.push(Component::of_request("@target-uri"));
    required.push(Component { key: Some(LABEL.to_owned()), ..Component::of_request("signature") });
    required
}

/// The signature base (RFC 9421, 2.5): each component on a line, then the parameters. Refuses with
/// the component that has no single value.
fn base(
    input: &Input,
    value: impl Fn(&Component) -> Option<String>,
    mut seen: impl FnMut(&Component, &str),
) -> Result<String, &Component> {
    let mut out = String::with_capacity(512);
    for component in &input.components {
        let value = value(component).ok_or(component)?;
        component.write(&mut out);
        out.push_str(": ");
        out.push_str(&value);
        out.push('\n');
        seen(component, &value);
    }
    out.push_str("\"@signature-params\": ");
    input.write(&mut out);
    Ok(out)
}

fn signed_params(signer: &dyn Signer, now: Timestamp) -> Result<Vec<Param>> {
    let key: KeyId = signer.name().parse()?;
    let tag = Param::Tag(TAG.to_owned());
    Ok(vec![Param::Created(now.seconds()), Param::KeyId(key.to_string()), Param::Alg(ALG.to_owned()), tag])
}

fn sign(
    message: Message<'_>,
    headers: &mut HeaderMap,
    input: Input,
    signer: &dyn Signer,
) -> Result<Signature> {
    let base = base(&input, |c| message.value(c, headers), |_, _| ())
        .map_err(|c| refuse("header to sign (one ASCII value expected)", &c.name))?;
    let signature = signer.sign(base.as_bytes())?;
    let mut text = format!("{LABEL}=");
    input.write(&mut text);
    put(headers, SIGNATURE_INPUT, &text)?;
    put(headers, SIGNATURE, &format!("{LABEL}=:{}:", encode_base64(&signature)))?;
    Ok(signature)
}

fn read(message: Message<'_>, headers: &HeaderMap, required: &[Component]) -> Result<Unverified> {
    let what = message.what();
    let missing = |of: &str| Problem::new(ErrorCode::SignatureMissing).with("what", of);
    let input = fields::input(headers, LABEL)?.ok_or_else(|| missing(what))?;
    let signature = fields::signature(headers, LABEL)?.ok_or_else(|| missing(what))?;
    if let Some(left_out) = required.iter().find(|c| !input.components.contains(c)) {
        return Err(missing(&format!("{} of the {what}", left_out.name)));
    }
    let params = Params::of(&input)?;
    let mut covered = Vec::new();
    let keep = |component: &Component, value: &str| {
        if !component.req && !component.name.starts_with('@') {
            covered.push((component.name.clone(), value.to_owned()));
        }
    };
    let base = base(&input, |c| message.value(c, headers), keep).map_err(|c| {
        refuse("Signature-Input header", format!("{} has not one value in the {what}", c.name))
    })?;
    let digest = fields::content_digest(headers)?.ok_or_else(|| missing("content-digest"))?;
    let asked = match message {
        Message::Request { method, target_uri } => {
            Asked { method: method.clone(), target_uri: target_uri.to_owned(), signature }
        }
        Message::Response { asked, .. } => asked.clone(),
    };
    let Params { key_id, created, expires, nonce } = params;
    Ok(Unverified { what, key_id, created, expires, nonce, digest, covered, base, signature, asked })
}

/// The parameters of the profile, read out of a signature.
struct Params {
    key_id: KeyId,
    created: i64,
    expires: Option<i64>,
    nonce: String,
}

impl Params {
    fn of(input: &Input) -> Result<Self> {
        let wrong = |why: &str| refuse("Signature-Input header", why);
        let (mut key_id, mut created, mut expires, mut nonce, mut alg, mut tag) =
            (None, None, None, String::new(), false, false);
        for param in &input.params {
            match param {
                Param::Created(at) => created = Some(*at),
                Param::Expires(at) => expires = Some(*at),
                Param::Nonce(text) if text.len() <= *NONCE_CHARS.end() => nonce.clone_from(text),
                Param::Nonce(_) => return Err(wrong("the nonce is too long")),
                Param::KeyId(id) => key_id = Some(id.parse()?),
                Param::Alg(name) => alg = name == ALG,
                Param::Tag(name) => tag = name == TAG,
            }
        }
        if !alg {
            return Err(wrong("alg=\"ed25519\" expected"));
        }
        if !tag {
            return Err(wrong("tag=\"corridor\" expected"));
        }
        let key_id = key_id.ok_or_else(|| wrong("keyid expected"))?;
        let created = created.ok_or_else(|| wrong("created expected"))?;
        Ok(Self { key_id, created, expires, nonce })
    }
}

fn invalid(key: &KeyId, what: &str) -> Problem {
    Problem::new(ErrorCode::SignatureInvalid).with("who", key.did()).with("what", what).with("key", key)
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<()> {
    let value = HeaderValue::from_str(value).map_err(|_| refuse("header to sign", &name))?;
    headers.insert(name, value);
    Ok(())
}

fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
