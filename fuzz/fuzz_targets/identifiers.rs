//! Identifiers, instants, keys: one spelling each.
#![no_main]
use corridor_base::{Country, Did, Digest, EnvelopeId, KeyId, Lang, Timestamp};
use corridor_proof::PublicKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for spelled in [
        text.parse::<Did>().map(|v| v.to_string()).ok(),
        text.parse::<KeyId>().map(|v| v.to_string()).ok(),
        text.parse::<Country>().map(|v| v.to_string()).ok(),
        text.parse::<Digest>().map(|v| v.to_string()).ok(),
        text.parse::<EnvelopeId>().map(|v| v.to_string()).ok(),
        text.parse::<PublicKey>().map(|v| v.to_string()).ok(),
        Timestamp::parse(text).map(|v| v.to_string()).ok(),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(spelled, text);
    }
    let _ = PublicKey::from_vkey(text);
    let _ = Lang::prefer(text);
});
