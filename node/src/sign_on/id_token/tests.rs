//! Forged tokens, each refused for the right reason, and true ones of every algorithm that counts.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sign_on::keys::Keys;

const NOW: i64 = 1_795_339_500;
const ISSUER: &str = "https://login.example.jp";

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn expected() -> Expected<'static> {
    Expected { issuer: ISSUER, client: "corridor", nonce: "n", now: Timestamp::from_millis(NOW * 1000) }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "248289761001", "aud": "corridor", "nonce": "n", "exp": NOW + 300, "iat": NOW})
}

/// The claims with some of them otherwise; `null` takes one away.
fn with(changes: Value) -> Value {
    let mut all = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(all.as_object_mut().unwrap().remove(name)),
            value => all[name] = value.clone(),
        }
    }
    all
}

/// A provider with a key of each kind.
struct Signer {
    ed25519: Ed25519KeyPair,
    p256: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Signer {
    fn new() -> Self {
        Self {
            ed25519: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(),
            p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
        }
    }

    fn published(&self) -> Value {
        let point = self.p256.public_key().as_ref();
        // RFC 8017, A.1.1: a sequence of n, 2048 bits with a zero before them, and e, 65537.
        let rsa = self.rsa.public_key().as_ref();
        assert!(rsa.len() == 270 && rsa.ends_with(&[2, 3, 1, 0, 1]), "{rsa:?}");
        json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": base64(self.ed25519.public_key())},
            {"kty": "EC", "crv": "P-256", "kid": "ec", "x": base64(&point[1..33]), "y": base64(&point[33..65])},
            {"kty": "RSA", "kid": "rsa", "use": "sig", "n": base64(&rsa[9..265]), "e": "AQAB"},
        ]})
    }

    fn keys(&self) -> Keys {
        Keys::parse(self.published().to_string().as_bytes()).unwrap()
    }

    fn token(&self, header: Value, claims: &Value) -> String {
        let message = format!("{}.{}", base64(header.to_string()), base64(claims.to_string()));
        let bytes = message.as_bytes();
        let signature = match header["alg"].as_str().unwrap() {
            "RS256" => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature).unwrap();
                signature
            }
            "ES256" => self.p256.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec(),
            "EdDSA" => self.ed25519.sign(bytes).as_ref().to_vec(),
            // What a careless verifier takes for the secret: the public key as it is published.
            "HS256" => {
                let key = hmac::Key::new(
                    hmac::HMAC_SHA256,
                    self.published()["keys"][2]["n"].as_str().unwrap().as_bytes(),
                );
                hmac::sign(&key, bytes).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{message}.{}", base64(signature))
    }
}

fn judged(keys: &Keys, text: &str) -> Result<Claims, Fault> {
    let token = Token::parse(text)?;
    let key = keys.find(token.key.as_deref(), token.algorithm).ok_or(Fault::KeyUnknown)?;
    token.verify(key, &expected())
}

#[test]
fn a_true_token_is_believed_whatever_it_is_signed_with() {
    let signer = Signer::new();
    for (algorithm, kid) in [("RS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")] {
        for header in [json!({"alg": algorithm, "kid": kid, "typ": "JWT"}), json!({"alg": algorithm})] {
            let found = judged(&signer.keys(), &signer.token(header, &claims())).unwrap();
            assert_eq!(found.text("sub"), Some("248289761001"), "{algorithm}");
        }
    }
}

#[test]
fn a_forged_signature_is_not_believed() {
    let (signer, other) = (Signer::new(), Signer::new());
    let check = |header: Value, expect: Fault| {
        let token = signer.token(header.clone(), &claims());
        assert_eq!(judged(&signer.keys(), &token), Err(expect), "{header}");
    };
    check(json!({"alg": "none"}), Fault::Algorithm);
    check(json!({"alg": "None"}), Fault::Algorithm);
    check(json!({"alg": "HS256", "kid": "rsa"}), Fault::Algorithm);
    check(json!({"alg": "RS512", "kid": "rsa"}), Fault::Algorithm);
    check(json!({"alg": "PS256", "kid": "rsa"}), Fault::Algorithm);
    check(json!({"alg": "rs256", "kid": "rsa"}), Fault::Algorithm);
    check(json!({"alg": "RS256", "kid": "gone"}), Fault::KeyUnknown);
    check(json!({"alg": "RS256", "kid": "ec"}), Fault::KeyUnknown);
    check(json!({"alg": "EdDSA", "kid": "rsa"}), Fault::KeyUnknown);
    check(json!({"alg": "RS256", "kid": "rsa", "crit": ["exp"]}), Fault::Form);
    check(json!({"alg": "RS256", "kid": 3}), Fault::Form);
    for (algorithm, kid) in [("RS256", "rsa"), ("ES256", "ec")] {
        let token = other.token(json!({"alg": algorithm, "kid": kid}), &claims());
        assert_eq!(judged(&signer.keys(), &token), Err(Fault::Signature), "{algorithm} of another");
    }
    // The signature of one token under the claims of another, and none at all.
    let token = signer.token(json!({"alg": "ES256", "kid": "ec"}), &claims());
    let altered = signer.token(json!({"alg": "ES256", "kid": "ec"}), &with(json!({"sub": "admin"})));
    let signature = token.rsplit_once('.').unwrap().1;
    let message = altered.rsplit_once('.').unwrap().0;
    for signature in [signature, ""] {
        assert_eq!(judged(&signer.keys(), &format!("{message}.{signature}")), Err(Fault::Signature));
    }
}

#[test]
fn a_token_that_is_not_for_this_attempt_here_and_now_is_not_believed() {
    let signer = Signer::new();
    let keys = signer.keys();
    let check = |changes: Value, expect: Result<(), Fault>| {
        let token = signer.token(json!({"alg": "EdDSA", "kid": "ed"}), &with(changes.clone()));
        assert_eq!(judged(&keys, &token).map(drop), expect, "{changes}");
    };
    check(json!({"iss": "https://login.example.jp/"}), Err(Fault::Issuer));
    check(json!({"iss": "https://evil.example"}), Err(Fault::Issuer));
    check(json!({"iss": null}), Err(Fault::Issuer));
    check(json!({"aud": "other"}), Err(Fault::Audience));
    check(json!({"aud": []}), Err(Fault::Audience));
    check(json!({"aud": null}), Err(Fault::Audience));
    check(json!({"aud": ["corridor"]}), Ok(()));
    check(json!({"aud": ["corridor", "other"]}), Err(Fault::Audience));
    check(json!({"aud": ["corridor", "other"], "azp": "corridor"}), Ok(()));
    check(json!({"aud": ["corridor", "other"], "azp": "other"}), Err(Fault::Audience));
    check(json!({"azp": "other"}), Err(Fault::Audience));
    check(json!({"azp": 3}), Err(Fault::Audience));
    check(json!({"aud": "other", "azp": "corridor"}), Err(Fault::Audience));
    check(json!({"nonce": "m"}), Err(Fault::Nonce));
    check(json!({"nonce": ""}), Err(Fault::Nonce));
    check(json!({"nonce": null}), Err(Fault::Nonce));
    check(json!({"exp": NOW - 59}), Ok(()));
    check(json!({"exp": NOW - 60}), Err(Fault::Expired(60)));
    check(json!({"exp": null}), Err(Fault::Form));
    check(json!({"exp": "2040"}), Err(Fault::Form));
    check(json!({"iat": null}), Err(Fault::Form));
    check(json!({"iat": NOW + 60}), Ok(()));
    check(json!({"iat": NOW + 61}), Err(Fault::Ahead(61)));
    check(json!({"nbf": NOW + 61}), Err(Fault::Ahead(61)));
    check(json!({"iat": NOW - 660}), Ok(()));
    check(json!({"iat": NOW - 661}), Err(Fault::Stale));
    check(json!({"iat": i64::MIN}), Err(Fault::Stale));
    check(json!({"exp": i64::MIN}), Err(Fault::Expired(i64::MAX)));
    check(json!({"iat": i64::MAX}), Err(Fault::Ahead(i64::MAX - NOW)));
    check(json!({"sub": null}), Err(Fault::Subject));
    check(json!({"sub": ""}), Err(Fault::Subject));
    check(json!({"sub": 7}), Err(Fault::Subject));
    check(json!({"sub": "a\nb"}), Err(Fault::Subject));
    check(json!({"sub": "x".repeat(255)}), Ok(()));
    check(json!({"sub": "x".repeat(256)}), Err(Fault::Subject));
    check(json!({"pad": "x".repeat(LONGEST)}), Err(Fault::Size));
}

#[test]
fn what_is_no_token_is_refused() {
    let check = |text: &str, expect: Fault| assert_eq!(Token::parse(text).map(drop), Err(expect), "{text}");
    check("", Fault::Form);
    check("a", Fault::Form);
    check("a.b", Fault::Form);
    check("..", Fault::Form);
    check(&format!("{}.e30.", base64("{}")), Fault::Form);
    check(&format!("{}.e30=.AA", base64("{\"alg\":\"RS256\"}")), Fault::Form);
    check(&format!("{}.a.b.c.d", base64("{\"alg\":\"RS256\"}")), Fault::Form);
    check(&"a".repeat(LONGEST + 1), Fault::Size);
}

proptest! {
    #[test]
    fn arbitrary_tokens_never_panic(text in ".{0,200}", header in ".{0,60}", payload in ".{0,60}", signature in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Token::parse(&text).map(drop);
        let _ = Token::parse(&format!("{}.{}.{}", base64(header), base64(&payload), base64(&signature))).map(drop);
        let signer = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let published = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": base64(signer.public_key())}]});
        let keys = Keys::parse(published.to_string().as_bytes()).unwrap();
        for algorithm in ["EdDSA", "RS256"] {
            let token = format!("{}.{}.{}", base64(json!({"alg": algorithm}).to_string()), base64(&payload), base64(&signature));
            prop_assert!(judged(&keys, &token).is_err());
        }
        // Signed by the right key, and still nothing that a token says.
        let message = format!("{}.{}", base64(json!({"alg": "EdDSA"}).to_string()), base64(&payload));
        let token = format!("{message}.{}", base64(signer.sign(message.as_bytes())));
        prop_assert!(judged(&keys, &token).is_err());
    }
}
