//! What a provider of single sign-on, or somebody in its place, sends: its description, its keys, tokens, claims,
//! and the state that a browser brings back. Nothing of it panics, and nothing unsigned is believed.
#![no_main]

use corridor_base::Timestamp;
use corridor_node::people::Sealer;
use corridor_node::sign_on::id_token::{Expected, Token};
use corridor_node::sign_on::keys::Keys;
use corridor_node::sign_on::logout_token;
use corridor_node::sign_on::{Attempt, Claims, Issuer, Metadata};
use libfuzzer_sys::fuzz_target;

/// Keys of a provider, so that a token comes as far as its signature.
const KEYS: &[u8] =
    br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_millis(1_795_339_500_000);
    let issuer = Issuer::parse("https://login.example.jp").unwrap();
    let _ = Metadata::parse(bytes, &issuer, true);
    let _ = Metadata::parse(bytes, &issuer, false);
    let theirs = Keys::parse(bytes).unwrap_or_default();
    if let Some(claims) = Claims::parse(bytes) {
        let _ = (claims.values("groups"), claims.values("/a/b"), claims.seconds("exp"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let sealer = Sealer::new(&[1; 32]).unwrap();
    assert!(Attempt::open(&sealer, "cookie", text, now).is_none());
    let Ok(token) = Token::parse(text) else { return };
    let expected = Expected { issuer: issuer.as_str(), client: "corridor", nonce: "n", now };
    for keys in [Keys::parse(KEYS).unwrap(), theirs] {
        if let Some(key) = keys.find(token.key.as_deref(), token.algorithm) {
            assert!(token.verify(key, &expected).is_err());
            let expected = logout_token::Expected { issuer: issuer.as_str(), client: "corridor", now };
            assert!(logout_token::verify(&token, key, &expected).is_err());
        }
    }
});
