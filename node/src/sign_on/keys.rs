//! The public keys of a provider (RFC 7517), and the signatures they verify. Three algorithms count: RS256, which
//! every provider has, ES256 and EdDSA. `none` and everything with a shared secret never do, whatever a token
//! claims of itself.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The most keys of a provider that are looked at.
const KEYS: usize = 100;
/// The longest modulus of RSA, in bytes: 8192 bits.
const MODULUS: usize = 1024;

/// How a token may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// ECDSA, P-256, SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The names that count (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A public key of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    id: Option<String>,
    public: Public,
}

impl Key {
    fn fits(&self, algorithm: Algorithm) -> bool {
        matches!(
            (&self.public, algorithm),
            (Public::Rsa { .. }, Algorithm::Rs256)
                | (Public::P256(_), Algorithm::Es256)
                | (Public::Ed25519(_), Algorithm::EdDsa)
        )
    }

    /// Whether a signature of this algorithm is this key's. A key verifies by its own algorithm alone: that of
    /// RSA is never taken for a shared secret.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let verified = match &self.public {
            Public::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            Public::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Public::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
        };
        verified.is_ok()
    }
}

/// The keys that a provider publishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// One key as it is published. Members that are not known do not matter (RFC 7517, 4).
#[derive(Deserialize)]
struct Published {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Published {
    fn key(self) -> Option<Key> {
        let signs = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        let verifies = self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !signs || !verifies || self.kid.as_ref().is_some_and(|kid| kid.len() > 500) {
            return None;
        }
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let fixed = |text: Option<String>| bytes(text).filter(|bytes| bytes.len() == 32);
        let public = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Public::Rsa { n: number(bytes(self.n)?)?, e: number(bytes(self.e)?)? },
            ("EC", Some("P-256")) => {
                let point = [[4].as_slice(), &fixed(self.x)?, &fixed(self.y)?].concat();
                Public::P256(point)
            }
            ("OKP", Some("Ed25519")) => Public::Ed25519(fixed(self.x)?),
            _ => return None,
        };
        let key = Key { id: self.kid, public };
        // A key that says how it signs does nothing else.
        let says = self.alg.as_deref().map(Algorithm::parse);
        says.is_none_or(|algorithm| algorithm.is_some_and(|a| key.fits(a))).then_some(key)
    }
}

/// A number without zeros before it, of a size that is taken.
fn number(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let start = bytes.iter().position(|b| *b != 0)?;
    let number = bytes.get(start..)?;
    (number.len() <= MODULUS).then(|| number.to_vec())
}

impl Keys {
    /// From a JWK set; keys that are of no use here are passed over. `None` when it is no JWK set.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let set: Set = serde_json::from_slice(bytes).ok()?;
        let read = |key| serde_json::from_value::<Published>(key).ok().and_then(Published::key);
        Some(Self(set.keys.into_iter().take(KEYS).filter_map(read).collect()))
    }

    /// The key for a token: the one of this name; without a name the only one there is of this algorithm
    /// (OpenID Connect Core, 10.1).
    #[must_use]
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let fits = |key: &&Key| key.fits(algorithm) && (id.is_none() || key.id.as_deref() == id);
        let mut found = self.0.iter().filter(fits);
        let key = found.next()?;
        found.next().is_none().then_some(key)
    }

    /// Whether there is none of use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The RSA key of RFC 7517, appendix A.1.
    const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn count(keys: &str) -> Option<usize> {
        Keys::parse(format!("{{\"keys\":[{keys}]}}").as_bytes()).map(|keys| keys.0.len())
    }

    #[test]
    fn keys_of_use_are_taken_and_others_passed_over() {
        let check = |key: &str, expect: usize| assert_eq!(count(key), Some(expect), "{key}");
        let rsa = format!("\"kty\":\"RSA\",\"n\":\"{N}\",\"e\":\"AQAB\"");
        check(&format!("{{{rsa}}}"), 1);
        check(&format!("{{{rsa},\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"a\",\"x5c\":[\"MII\"]}}"), 1);
        check(&format!("{{{rsa},\"use\":\"enc\"}}"), 0);
        check(&format!("{{{rsa},\"alg\":\"RS512\"}}"), 0);
        check(&format!("{{{rsa},\"alg\":\"ES256\"}}"), 0);
        check(&format!("{{{rsa},\"alg\":\"HS256\"}}"), 0);
        check(&format!("{{{rsa},\"key_ops\":[\"sign\"]}}"), 0);
        check(&format!("{{\"kty\":\"RSA\",\"n\":\"{}\",\"e\":\"AQAB\"}}", "_".repeat(2000)), 0);
        check("{\"kty\":\"RSA\",\"n\":\"AAAA\",\"e\":\"AQAB\"}", 0);
        check("{\"kty\":\"oct\",\"k\":\"AAAA\"}", 0);
        check(&format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{X}\"}}"), 1);
        check(&format!("{{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"{X}\"}}"), 0);
        check(&format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{X}\",\"y\":\"{X}\"}}"), 1);
        check(&format!("{{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"{X}\",\"y\":\"{X}\"}}"), 0);
        check("3", 0);
        assert_eq!(Keys::parse(b"{\"keys\":{}}"), None);
        assert_eq!(Keys::parse(b"[]"), None);
    }

    #[test]
    fn a_key_is_found_by_its_name_or_when_it_is_the_only_one() {
        let key =
            |kid: &str| format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{X}\",\"kid\":\"{kid}\"}}");
        let keys =
            |all: &[String]| Keys::parse(format!("{{\"keys\":[{}]}}", all.join(",")).as_bytes()).unwrap();
        let (one, two, twice) = (keys(&[key("a")]), keys(&[key("a"), key("b")]), keys(&[key("a"), key("a")]));
        let check = |keys: &Keys, id: Option<&str>, algorithm, expect: bool| {
            assert_eq!(keys.find(id, algorithm).is_some(), expect, "{id:?} {algorithm:?}");
        };
        check(&one, Some("a"), Algorithm::EdDsa, true);
        check(&one, None, Algorithm::EdDsa, true);
        check(&one, Some("b"), Algorithm::EdDsa, false);
        check(&one, Some("a"), Algorithm::Rs256, false);
        check(&two, Some("b"), Algorithm::EdDsa, true);
        check(&two, None, Algorithm::EdDsa, false);
        check(&twice, Some("a"), Algorithm::EdDsa, false);
    }

    proptest! {
        #[test]
        fn arbitrary_sets_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,60}") {
            let _ = Keys::parse(&bytes);
            let _ = count(&format!("{{\"kty\":\"RSA\",\"n\":{text:?},\"e\":\"AQAB\"}}"));
        }
    }
}
