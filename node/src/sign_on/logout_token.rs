//! The logout token: what the provider signs about a session that has ended there, checked as OpenID Connect
//! Back-Channel Logout 1.0, 2.6 says. Pure: no clock, no network. That it comes once only is kept by `people`.

use corridor_base::Timestamp;

use super::Claims;
use super::id_token::{Fault, SKEW, Token, audience, names};
use super::keys::Key;
use crate::people::SignedOut;

/// What the token must be about (2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old one may be, in seconds.
const GOOD: i64 = 600;

/// What a token must be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Us.
    pub client: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// Checks it all, the signature first, and gives whom it is about.
///
/// # Errors
/// What is wrong.
pub fn verify(token: &Token<'_>, key: &Key, expected: &Expected<'_>) -> Result<SignedOut, Fault> {
    kind(token)?;
    let claims = token.signed(key)?;
    if claims.text("iss") != Some(expected.issuer) {
        return Err(Fault::Issuer);
    }
    audience(&claims, expected.client)?;
    times(&claims, expected.now.millis().div_euclid(1000))?;
    let event = claims.get("events").and_then(|events| events.get(EVENT));
    // One with a nonce is an ID token, whatever else it says.
    if !event.is_some_and(serde_json::Value::is_object) || claims.get("nonce").is_some() {
        return Err(Fault::Event);
    }
    let text = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            value.as_str().filter(|text| names(text)).map(|text| Some(text.to_owned())).ok_or(Fault::Form)
        }
    };
    let (subject, session) = (text("sub")?, text("sid")?);
    if subject.is_none() && session.is_none() {
        return Err(Fault::Subject);
    }
    let token = text("jti")?.ok_or(Fault::Form)?;
    Ok(SignedOut { issuer: expected.issuer.to_owned(), subject, session, token })
}

/// A token that says of itself that it is of another kind is none of ours.
fn kind(token: &Token<'_>) -> Result<(), Fault> {
    let Some(kind) = &token.kind else { return Ok(()) };
    let kind = kind.to_ascii_lowercase();
    let kind = kind.strip_prefix("application/").unwrap_or(&kind);
    if ["logout+jwt", "jwt"].contains(&kind) { Ok(()) } else { Err(Fault::Event) }
}

/// Made just now. Providers from before the last text of the standard leave `exp` out: then `iat` bounds it.
fn times(claims: &Claims, now: i64) -> Result<(), Fault> {
    let issued = claims.seconds("iat").ok_or(Fault::Form)?;
    let ahead = issued.saturating_sub(now);
    if ahead > SKEW {
        return Err(Fault::Ahead(ahead));
    }
    if claims.get("exp").is_some() && claims.seconds("exp").ok_or(Fault::Form)? <= now - SKEW {
        return Err(Fault::Expired(now.saturating_sub(claims.seconds("exp").unwrap_or(now))));
    }
    if issued < now - GOOD - SKEW { Err(Fault::Stale) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::sign_on::keys::{Algorithm, Keys};

    const NOW: i64 = 1_795_339_500;
    const ISSUER: &str = "https://login.example.jp";

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
    }

    fn keys() -> Keys {
        let x = URL_SAFE_NO_PAD.encode(pair().public_key());
        Keys::parse(json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]}).to_string().as_bytes())
            .unwrap()
    }

    fn signed(head: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(head), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(pair().sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn judged(text: &str) -> Result<SignedOut, Fault> {
        let token = Token::parse(text)?;
        let keys = keys();
        let key = keys.find(None, Algorithm::EdDsa).unwrap();
        let now = Timestamp::from_millis(NOW * 1000);
        verify(&token, key, &Expected { issuer: ISSUER, client: "corridor", now })
    }

    /// A true token with some claims otherwise; `null` takes one away.
    fn with(changes: &Value) -> Value {
        let mut all = json!({
            "iss": ISSUER, "aud": "corridor", "iat": NOW, "exp": NOW + 120, "jti": "t-1", "sub": "u-1", "sid": "s-1",
            "events": { EVENT: {} },
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(all.as_object_mut().unwrap().remove(name)),
                value => all[name] = value.clone(),
            }
        }
        all
    }

    #[test]
    fn a_true_token_says_whom_it_is_about() {
        let check = |changes: Value, subject: Option<&str>, session: Option<&str>| {
            let found =
                judged(&signed(&json!({"alg": "EdDSA", "typ": "logout+jwt"}), &with(&changes))).unwrap();
            assert_eq!((found.subject.as_deref(), found.session.as_deref()), (subject, session), "{changes}");
            assert_eq!((found.issuer.as_str(), found.token.as_str()), (ISSUER, "t-1"));
        };
        check(json!({}), Some("u-1"), Some("s-1"));
        check(json!({"sid": null}), Some("u-1"), None);
        check(json!({"sub": null}), None, Some("s-1"));
        check(json!({"exp": null}), Some("u-1"), Some("s-1"));
        check(json!({"aud": ["corridor"], "extra": 1}), Some("u-1"), Some("s-1"));
        check(json!({"iat": NOW + 60, "exp": NOW + 200}), Some("u-1"), Some("s-1"));
        check(json!({"iat": NOW - 660, "exp": NOW - 59}), Some("u-1"), Some("s-1"));
    }

    #[test]
    fn what_is_no_logout_token_of_ours_is_refused_for_its_reason() {
        let plain = json!({"alg": "EdDSA"});
        let check = |head: &Value, changes: Value, expect: Fault| {
            assert_eq!(judged(&signed(head, &with(&changes))), Err(expect), "{head} {changes}");
        };
        check(&plain, json!({"iss": "https://evil.example"}), Fault::Issuer);
        check(&plain, json!({"iss": null}), Fault::Issuer);
        check(&plain, json!({"aud": "other"}), Fault::Audience);
        check(&plain, json!({"aud": ["corridor", "other"]}), Fault::Audience);
        check(&plain, json!({"aud": null}), Fault::Audience);
        check(&plain, json!({"iat": null}), Fault::Form);
        check(&plain, json!({"iat": "now"}), Fault::Form);
        check(&plain, json!({"exp": "later"}), Fault::Form);
        check(&plain, json!({"iat": NOW + 61}), Fault::Ahead(61));
        check(&plain, json!({"iat": NOW - 661}), Fault::Stale);
        check(&plain, json!({"exp": NOW - 60}), Fault::Expired(60));
        check(&plain, json!({"events": null}), Fault::Event);
        check(&plain, json!({"events": {}}), Fault::Event);
        check(&plain, json!({"events": [EVENT]}), Fault::Event);
        check(&plain, json!({"events": { EVENT: true }}), Fault::Event);
        check(&plain, json!({"events": {"http://schemas.openid.net/event/other": {}}}), Fault::Event);
        check(&plain, json!({"nonce": "n"}), Fault::Event);
        check(&plain, json!({"nonce": ""}), Fault::Event);
        check(&plain, json!({"jti": null}), Fault::Form);
        check(&plain, json!({"jti": ""}), Fault::Form);
        check(&plain, json!({"sub": null, "sid": null}), Fault::Subject);
        check(&plain, json!({"sub": 7}), Fault::Form);
        check(&plain, json!({"sid": ["s-1"]}), Fault::Form);
        check(&plain, json!({"sid": "a\nb"}), Fault::Form);
        check(&plain, json!({"sub": "x".repeat(256)}), Fault::Form);
        check(&json!({"alg": "EdDSA", "typ": "at+jwt"}), json!({}), Fault::Event);
        check(&json!({"alg": "none"}), json!({}), Fault::Algorithm);
        check(&json!({"alg": "HS256"}), json!({}), Fault::Algorithm);
        check(&json!({"alg": "RS256"}), json!({}), Fault::Signature);
        check(&json!({"alg": "EdDSA", "crit": ["b64"]}), json!({}), Fault::Form);
        let whole = signed(&plain, &with(&json!({})));
        let (message, _) = whole.rsplit_once('.').unwrap();
        let other = signed(&plain, &with(&json!({"sub": "u-2"})));
        let (_, signature) = other.rsplit_once('.').unwrap();
        assert_eq!(judged(&format!("{message}.{signature}")), Err(Fault::Signature));
        assert_eq!(judged(&format!("{message}.")), Err(Fault::Signature));
        assert_eq!(judged(""), Err(Fault::Form));
    }

    proptest! {
        #[test]
        fn arbitrary_claims_never_panic(name in "(iss|aud|iat|exp|jti|sub|sid|events|nonce)", text in ".{0,40}", n in any::<i64>()) {
            for value in [json!(text), json!(n), json!([text]), json!({ "a": n }), Value::Null] {
                let _ = judged(&signed(&json!({"alg": "EdDSA"}), &with(&json!({ name.clone(): value }))));
            }
        }
    }
}
