//! Acts: one act has one spelling.
#![no_main]
use corridor_proof::Act;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(act) = Act::parse(bytes) {
        assert_eq!(act.to_bytes(), bytes);
    }
});
