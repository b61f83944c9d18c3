//! Keys of verifiers, handles of persons, lines of signatures, terms of agreements: one spelling each.
#![no_main]
use corridor_proof::note::signature_lines;
use corridor_proof::{ContentTerm, Expectation, Handle, MessageType, VerifierKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for spelled in [
        text.parse::<VerifierKey>().map(|v| v.to_string()).ok(),
        text.parse::<Handle>().map(|v| v.to_string()).ok(),
        text.parse::<MessageType>().map(|v| v.to_string()).ok(),
        text.parse::<ContentTerm>().map(|v| v.to_string()).ok(),
        signature_lines(text).map(|lines| lines.iter().map(ToString::to_string).collect()).ok(),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(spelled, text);
    }
    // Spaces between words may be written in several ways.
    if let Ok(term) = text.parse::<Expectation>() {
        assert_eq!(term.to_string().parse::<Expectation>().ok(), Some(term));
    }
});
