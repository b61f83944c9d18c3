//! Passkeys: what a browser brings from an authenticator, checked (WebAuthn Level 3, 7.1 and 7.2). Only
//! what passkeys are: discoverable, with user verification, no attestation. Pure: no clock, no store.
//!
//! Why not a crate: those that fit a server bring OpenSSL, or RSA and elliptic curves a second time
//! (`docs/decisions/009-passkeys.md`). What is left to write is this page: a fixed layout of
//! bytes, three kinds of keys, and the signature, which AWS-LC checks.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::Digest;
use corridor_proof::cbor::{self, Value};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

/// The longest of what a browser brings, in bytes.
pub const MAX: usize = 8 << 10;
/// The longest identifier of a credential, in bytes (WebAuthn, 4).
const MAX_ID: usize = 1023;

/// The authenticator saw a person.
const PRESENT: u8 = 1;
/// It made sure that it was the right one: by PIN, finger, face.
const VERIFIED: u8 = 1 << 2;
/// A new credential follows.
const ATTESTED: u8 = 1 << 6;
/// Extensions follow.
const EXTENDED: u8 = 1 << 7;

/// What is wrong with what a browser brought; for the log, people are told that it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not made as it should be.
    Form,
    /// It is for something else: another ceremony, challenge, origin, or relying party.
    Purpose,
    /// The person was not verified.
    Unverified,
    /// The key is of a kind that is not taken.
    Key,
    /// The signature is wrong.
    Signature,
    /// The counter went back: there may be a copy of the authenticator.
    Counter,
}

/// For what, and for whom, a credential is made or used.
#[derive(Clone, Copy, Debug)]
pub struct Ceremony<'a> {
    /// The challenge that was given out.
    pub challenge: &'a [u8],
    /// The origin of the console: `https://corridor.example.jp`.
    pub origin: &'a str,
    /// Its host, which is the relying party.
    pub rp: &'a str,
}

/// A new passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its identifier.
    pub id: Vec<u8>,
    /// Its public key, as the authenticator wrote it (COSE).
    pub key: Vec<u8>,
    /// How often it has signed; many never count.
    pub counter: u32,
}

/// What a browser brings to sign in.
#[derive(Clone, Debug, Default)]
pub struct Assertion {
    /// What the browser says it was for, JSON.
    pub client: Vec<u8>,
    /// What the authenticator says of itself.
    pub authenticator: Vec<u8>,
    /// Its signature over both.
    pub signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Client {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

/// What the browser says: the right ceremony, challenge and origin, and not inside a frame of another.
fn client(bytes: &[u8], kind: &str, ceremony: Ceremony<'_>) -> Result<(), Fault> {
    if bytes.len() > MAX {
        return Err(Fault::Form);
    }
    let client: Client = serde_json::from_slice(bytes).map_err(|_| Fault::Form)?;
    let challenge = URL_SAFE_NO_PAD.decode(client.challenge).map_err(|_| Fault::Form)?;
    let same: bool = challenge.ct_eq(ceremony.challenge).into();
    let right = same && client.kind == kind && client.origin == ceremony.origin && !client.cross_origin;
    if right { Ok(()) } else { Err(Fault::Purpose) }
}

/// The head of what an authenticator says (WebAuthn, 6.1).
struct Head<'a> {
    flags: u8,
    counter: u32,
    rest: &'a [u8],
}

fn head<'a>(bytes: &'a [u8], rp: &str) -> Result<Head<'a>, Fault> {
    let (hash, rest) = bytes.split_at_checked(32).ok_or(Fault::Form)?;
    let (flags, rest) = rest.split_first().ok_or(Fault::Form)?;
    let (counter, rest) = rest.split_first_chunk::<4>().ok_or(Fault::Form)?;
    if hash != Digest::of(rp.as_bytes()).0 {
        return Err(Fault::Purpose);
    }
    if flags & PRESENT == 0 || flags & VERIFIED == 0 {
        return Err(Fault::Unverified);
    }
    Ok(Head { flags: *flags, counter: u32::from_be_bytes(*counter), rest })
}

/// What follows the credential: nothing, or one map of extensions.
fn ends(rest: &[u8], flags: u8) -> Result<(), Fault> {
    match (flags & EXTENDED != 0, rest.is_empty()) {
        (false, true) => Ok(()),
        (true, false) => match cbor::parse(rest) {
            Ok(Value::Map(_)) => Ok(()),
            _ => Err(Fault::Form),
        },
        _ => Err(Fault::Form),
    }
}

/// Checks a new passkey.
///
/// # Errors
/// What is wrong with it.
pub fn register(client_json: &[u8], attestation: &[u8], ceremony: Ceremony<'_>) -> Result<Credential, Fault> {
    client(client_json, "webauthn.create", ceremony)?;
    if attestation.len() > MAX {
        return Err(Fault::Form);
    }
    let object = cbor::parse(attestation).map_err(|_| Fault::Form)?;
    // We ask for no attestation, and then there is none.
    if object.get(&Value::Text("fmt")) != Some(&Value::Text("none")) {
        return Err(Fault::Form);
    }
    let data = object.get(&Value::Text("authData")).and_then(Value::bytes).ok_or(Fault::Form)?;
    let head = head(data, ceremony.rp)?;
    if head.flags & ATTESTED == 0 {
        return Err(Fault::Form);
    }
    let (_aaguid, rest) = head.rest.split_at_checked(16).ok_or(Fault::Form)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Fault::Form)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > MAX_ID {
        return Err(Fault::Form);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(Fault::Form)?;
    let (key, after) = cbor::parse_first(rest).map_err(|_| Fault::Form)?;
    Key::of(&key)?;
    ends(after, head.flags)?;
    let written = rest.get(..rest.len() - after.len()).unwrap_or_default();
    Ok(Credential { id: id.to_vec(), key: written.to_vec(), counter: head.counter })
}

/// Checks that a passkey signed; answers its counter.
///
/// # Errors
/// What is wrong with it.
pub fn authenticate(
    assertion: &Assertion,
    key: &[u8],
    counter: u32,
    ceremony: Ceremony<'_>,
) -> Result<u32, Fault> {
    client(&assertion.client, "webauthn.get", ceremony)?;
    if assertion.authenticator.len() > MAX || assertion.signature.len() > MAX {
        return Err(Fault::Form);
    }
    let head = head(&assertion.authenticator, ceremony.rp)?;
    if head.flags & ATTESTED != 0 {
        return Err(Fault::Form);
    }
    ends(head.rest, head.flags)?;
    let value = cbor::parse(key).map_err(|_| Fault::Key)?;
    let said = Digest::of(&assertion.client);
    let message = [assertion.authenticator.as_slice(), &said.0].concat();
    Key::of(&value)?.verify(&message, &assertion.signature)?;
    // WebAuthn, 6.1.1: an authenticator that counts never counts back.
    let counts = head.counter != 0 || counter != 0;
    if counts && head.counter <= counter {
        return Err(Fault::Counter);
    }
    Ok(head.counter)
}

/// A public key (RFC 9053): the three kinds that passkeys have.
enum Key<'a> {
    P256 { x: &'a [u8], y: &'a [u8] },
    Ed25519(&'a [u8]),
    Rsa { n: &'a [u8], e: &'a [u8] },
}

impl<'a> Key<'a> {
    fn of(value: &Value<'a>) -> Result<Self, Fault> {
        let number = |label| value.get(&Value::Number(label)).and_then(Value::number);
        let bytes = |label| value.get(&Value::Number(label)).and_then(Value::bytes).ok_or(Fault::Key);
        // Kind of key, algorithm, curve.
        match (number(1), number(3), number(-1)) {
            (Some(2), Some(-7), Some(1)) => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                if x.len() == 32 && y.len() == 32 { Ok(Self::P256 { x, y }) } else { Err(Fault::Key) }
            }
            (Some(1), Some(-8), Some(6)) => {
                let x = bytes(-2)?;
                if x.len() == 32 { Ok(Self::Ed25519(x)) } else { Err(Fault::Key) }
            }
            (Some(3), Some(-257), None) => {
                let (n, e) = (bytes(-1)?, bytes(-2)?);
                let fits = (256..=1024).contains(&n.len()) && (1..=4).contains(&e.len());
                if fits { Ok(Self::Rsa { n, e }) } else { Err(Fault::Key) }
            }
            _ => Err(Fault::Key),
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let found = match self {
            Self::P256 { x, y } => {
                let point = [&[4], *x, *y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        found.map_err(|_| Fault::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
    use proptest::prelude::*;

    const CEREMONY: Ceremony<'static> = Ceremony {
        challenge: b"0123456789abcdef0123456789abcdef",
        origin: "https://corridor.example.jp",
        rp: "corridor.example.jp",
    };

    fn said(kind: &str, ceremony: Ceremony<'_>) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(ceremony.challenge);
        let origin = ceremony.origin;
        format!("{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\",\"crossOrigin\":false}}")
            .into_bytes()
    }

    fn data(rp: &str, flags: u8, counter: u32, rest: &[u8]) -> Vec<u8> {
        [Digest::of(rp.as_bytes()).0.as_slice(), &[flags], &counter.to_be_bytes(), rest].concat()
    }

    /// `{fmt: "none", attStmt: {}, authData: …}`.
    fn attestation(data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        [b"\xa3cfmtdnonegattStmt\xa0hauthDataY".as_slice(), &length, data].concat()
    }

    fn attested(id: &[u8], key: &[u8]) -> Vec<u8> {
        let length = u16::try_from(id.len()).unwrap().to_be_bytes();
        [[0; 16].as_slice(), &length, id, key].concat()
    }

    struct Device {
        pair: EcdsaKeyPair,
    }

    impl Device {
        fn new() -> Self {
            Self { pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap() }
        }

        fn key(&self) -> Vec<u8> {
            let point = self.pair.public_key().as_ref();
            [
                b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(),
                &point[1..33],
                b"\x22\x58\x20",
                &point[33..65],
            ]
            .concat()
        }

        fn sign(&self, authenticator: &[u8], client: &[u8]) -> Assertion {
            let message = [authenticator, &Digest::of(client).0].concat();
            let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec();
            Assertion { client: client.to_vec(), authenticator: authenticator.to_vec(), signature }
        }
    }

    const NEW: u8 = PRESENT | VERIFIED | ATTESTED;
    const USED: u8 = PRESENT | VERIFIED;

    #[test]
    fn a_new_passkey_is_taken_for_what_it_is_and_no_other() {
        let device = Device::new();
        let rest = attested(b"credential", &device.key());
        let create = said("webauthn.create", CEREMONY);
        let check = |client: &[u8], data: &[u8], expect: Result<(), Fault>| {
            let found = register(client, &attestation(data), CEREMONY).map(|credential| {
                assert_eq!((credential.id.as_slice(), credential.counter), (b"credential".as_slice(), 7));
                assert_eq!(credential.key, device.key());
            });
            assert_eq!(found, expect);
        };
        let rp = CEREMONY.rp;
        check(&create, &data(rp, NEW, 7, &rest), Ok(()));
        check(&create, &data(rp, NEW | EXTENDED, 7, &[rest.as_slice(), b"\xa0"].concat()), Ok(()));
        check(&create, &data(rp, NEW, 7, &[rest.as_slice(), b"\xa0"].concat()), Err(Fault::Form));
        check(&create, &data(rp, NEW | EXTENDED, 7, &rest), Err(Fault::Form));
        check(&create, &data("evil.example", NEW, 7, &rest), Err(Fault::Purpose));
        check(&create, &data(rp, NEW & !VERIFIED, 7, &rest), Err(Fault::Unverified));
        check(&create, &data(rp, NEW & !PRESENT, 7, &rest), Err(Fault::Unverified));
        check(&create, &data(rp, USED, 7, &rest), Err(Fault::Form));
        check(&said("webauthn.get", CEREMONY), &data(rp, NEW, 7, &rest), Err(Fault::Purpose));
        let elsewhere = Ceremony { origin: "https://corridor.example.jp.evil.example", ..CEREMONY };
        check(&said("webauthn.create", elsewhere), &data(rp, NEW, 7, &rest), Err(Fault::Purpose));
        let before = Ceremony { challenge: b"another", ..CEREMONY };
        check(&said("webauthn.create", before), &data(rp, NEW, 7, &rest), Err(Fault::Purpose));
        let framed = String::from_utf8(create.clone()).unwrap().replace("false", "true");
        check(framed.as_bytes(), &data(rp, NEW, 7, &rest), Err(Fault::Purpose));
        // ES512 on P-521, which no passkey has.
        let other =
            device.key().iter().enumerate().map(|(i, b)| if i == 4 { 0x38 } else { *b }).collect::<Vec<_>>();
        check(&create, &data(rp, NEW, 7, &attested(b"credential", &other)), Err(Fault::Form));
        check(&create, &data(rp, NEW, 7, &attested(b"", &device.key())), Err(Fault::Form));
    }

    #[test]
    fn a_passkey_signs_for_this_console_this_challenge_and_once_a_count() {
        let device = Device::new();
        let get = said("webauthn.get", CEREMONY);
        let check = |assertion: &Assertion, counter: u32, expect: Result<u32, Fault>| {
            assert_eq!(authenticate(assertion, &device.key(), counter, CEREMONY), expect);
        };
        let right = device.sign(&data(CEREMONY.rp, USED, 8, b""), &get);
        check(&right, 7, Ok(8));
        check(&right, 0, Ok(8));
        check(&right, 8, Err(Fault::Counter));
        check(&device.sign(&data(CEREMONY.rp, USED, 0, b""), &get), 0, Ok(0));
        check(&device.sign(&data(CEREMONY.rp, USED, 0, b""), &get), 3, Err(Fault::Counter));
        check(&Device::new().sign(&data(CEREMONY.rp, USED, 8, b""), &get), 7, Err(Fault::Signature));
        check(&device.sign(&data(CEREMONY.rp, PRESENT, 8, b""), &get), 7, Err(Fault::Unverified));
        check(&device.sign(&data("evil.example", USED, 8, b""), &get), 7, Err(Fault::Purpose));
        check(
            &device.sign(&data(CEREMONY.rp, USED, 8, b""), &said("webauthn.create", CEREMONY)),
            7,
            Err(Fault::Purpose),
        );
        let mut altered = right.clone();
        altered.authenticator[36] ^= 1;
        check(&altered, 7, Err(Fault::Signature));
    }

    #[test]
    fn ed25519_is_taken_too() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key =
            [b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20".as_slice(), pair.public_key().as_ref()].concat();
        let (client, authenticator) = (said("webauthn.get", CEREMONY), data(CEREMONY.rp, USED, 1, b""));
        let message = [authenticator.as_slice(), &Digest::of(&client).0].concat();
        let signature = pair.sign(&message).as_ref().to_vec();
        let assertion = Assertion { client, authenticator, signature };
        assert_eq!(authenticate(&assertion, &key, 0, CEREMONY), Ok(1));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_never_pass(bytes in proptest::collection::vec(any::<u8>(), 0..300), flags: u8) {
            let create = said("webauthn.create", CEREMONY);
            prop_assert!(register(&create, &bytes, CEREMONY).is_err());
            let _ = register(&create, &attestation(&data(CEREMONY.rp, flags, 0, &bytes)), CEREMONY);
            prop_assert!(register(&bytes, &bytes, CEREMONY).is_err());
            let assertion = Assertion { client: said("webauthn.get", CEREMONY), authenticator: data(CEREMONY.rp, flags, 0, &bytes), signature: bytes.clone() };
            prop_assert!(authenticate(&assertion, &bytes, 0, CEREMONY).is_err());
            let key = Device::new().key();
            prop_assert!(authenticate(&assertion, &key, 0, CEREMONY).is_err());
        }
    }
}
