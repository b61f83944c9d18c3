//! The ID token: what the provider signs about who signed in, checked as OpenID Connect Core 1.0, 3.1.3.7 says,
//! and where that leaves a choice, the strict way. Pure: no clock, no network.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{ErrorCode, Problem, Timestamp};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::keys::{Algorithm, Key};
use super::{Claims, attempt, failed};

/// The longest token, in bytes.
pub const LONGEST: usize = 32 << 10;
/// How far the provider's clock may be off, in seconds.
pub const SKEW: i64 = 60;
/// The longest `sub` (Core, 2), in characters.
const SUBJECT: usize = 255;

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is longer than any that is taken.
    Size,
    /// It is not made as it should be.
    Form,
    /// It is signed in a way that does not count, or not at all.
    Algorithm,
    /// The provider has no such key.
    KeyUnknown,
    /// The signature is wrong.
    Signature,
    /// It is another provider's.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// It is of another attempt.
    Nonce,
    /// It has expired; by so many seconds.
    Expired(i64),
    /// It was made so many seconds ahead of our time.
    Ahead(i64),
    /// It was made long before the attempt.
    Stale,
    /// It does not say who.
    Subject,
    /// It is not about signing out.
    Event,
}

impl Fault {
    /// What is said of the token.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Size => "is too long",
            Self::Form => "is malformed",
            Self::Algorithm => "is signed by an algorithm other than RS256, ES256, EdDSA",
            Self::KeyUnknown => "is signed by a key that the provider does not publish",
            Self::Signature => "has a wrong signature",
            Self::Issuer => "is of another issuer",
            Self::Audience => "is for another client",
            Self::Nonce => "is of another attempt",
            Self::Expired(_) => "has expired",
            Self::Ahead(_) => "was made in the future",
            Self::Stale => "is too old",
            Self::Subject => "does not say whom it is about",
            Self::Event => "does not say that somebody signed out",
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Expired(seconds) | Fault::Ahead(seconds) => {
                Self::new(ErrorCode::SignOnClock).with("skew", seconds).with("limit", SKEW)
            }
            _ => failed(format!("the ID token {}", fault.why())),
        }
    }
}

/// What a token must be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Us.
    pub client: &'a str,
    /// The attempt.
    pub nonce: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// A token taken apart, nothing of it believed yet.
#[derive(Debug)]
pub struct Token<'a> {
    /// How it says it is signed.
    pub algorithm: Algorithm,
    /// By which key.
    pub key: Option<String>,
    /// What kind of token it says it is (RFC 7515, 4.1.9).
    pub kind: Option<String>,
    message: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

impl<'a> Token<'a> {
    /// Takes a compact JWS (RFC 7515, 7.1) apart.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::Size);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Fault::Form)?;
        let (header, payload) = message.split_once('.').ok_or(Fault::Form)?;
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Fault::Form);
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| Fault::Form)?;
        let algorithm = Algorithm::parse(&header.alg).ok_or(Fault::Algorithm)?;
        // Nothing is critical that is not known here (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err(Fault::Form);
        }
        let (payload, signature) = (bytes(payload)?, bytes(signature)?);
        Ok(Self { algorithm, key: header.kid, kind: header.typ, message, payload, signature })
    }

    /// Checks it all, and gives what it says.
    ///
    /// # Errors
    /// What is wrong, the signature first.
    pub fn verify(&self, key: &Key, expected: &Expected<'_>) -> Result<Claims, Fault> {
        let claims = self.signed(key)?;
        if claims.text("iss") != Some(expected.issuer) {
            return Err(Fault::Issuer);
        }
        audience(&claims, expected.client)?;
        let nonce = claims.text("nonce").ok_or(Fault::Nonce)?;
        if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
            return Err(Fault::Nonce);
        }
        times(&claims, expected.now.millis().div_euclid(1000))?;
        subject(&claims)?;
        Ok(claims)
    }

    /// What this key has signed, nothing of it judged yet.
    pub(super) fn signed(&self, key: &Key) -> Result<Claims, Fault> {
        if !key.verifies(self.algorithm, self.message.as_bytes(), &self.signature) {
            return Err(Fault::Signature);
        }
        Claims::parse(&self.payload).ok_or(Fault::Form)
    }
}

/// For us; if for others too, then it must say that we are the one it was issued to.
pub(super) fn audience(claims: &Claims, client: &str) -> Result<(), Fault> {
    let all = claims.values("aud");
    let party = claims.get("azp").map(serde_json::Value::as_str);
    let ours = all.iter().any(|one| one == client);
    match party {
        None if ours && all.len() == 1 => Ok(()),
        Some(Some(party)) if ours && party == client => Ok(()),
        _ => Err(Fault::Audience),
    }
}

fn times(claims: &Claims, now: i64) -> Result<(), Fault> {
    let expires = claims.seconds("exp").ok_or(Fault::Form)?;
    let issued = claims.seconds("iat").ok_or(Fault::Form)?;
    let ahead = issued.max(claims.seconds("nbf").unwrap_or(issued)).saturating_sub(now);
    if ahead > SKEW {
        return Err(Fault::Ahead(ahead));
    }
    if expires <= now - SKEW {
        return Err(Fault::Expired(now.saturating_sub(expires)));
    }
    // It was made after the attempt began, which was not longer ago than attempts are good.
    let good = i64::try_from(attempt::GOOD.as_secs()).unwrap_or(i64::MAX);
    if issued < now - good - SKEW { Err(Fault::Stale) } else { Ok(()) }
}

fn subject(claims: &Claims) -> Result<(), Fault> {
    if names(claims.text("sub").ok_or(Fault::Subject)?) { Ok(()) } else { Err(Fault::Subject) }
}

/// Whether a text may name somebody, or a session of theirs.
pub(super) fn names(text: &str) -> bool {
    (1..=SUBJECT).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
