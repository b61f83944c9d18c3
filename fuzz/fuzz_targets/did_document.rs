//! DID documents of partners.
#![no_main]
use corridor_identity::DidDocument;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = DidDocument::parse(bytes);
});
