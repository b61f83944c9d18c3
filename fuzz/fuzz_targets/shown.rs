//! What people are shown of a message, and its answers: forms, stowage, amendments, APERAK and CUSRES.
#![no_main]
use corridor_base::Timestamp;
use corridor_trade::edifact::Options;
use corridor_trade::edifact::response::read_responses;
use corridor_trade::shape::stowage::stowage;
use corridor_trade::shape::{Shown, encode, rewrite, sheets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = sheets(bytes, &Shown::default()).expect("bytes in memory");
    let _ = stowage(&mut &*bytes).expect("bytes in memory").bays();
    let _ = read_responses(&mut &*bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = encode(text, Options::default());
        let _ = rewrite(text, Options::default(), "5", "A-1", Timestamp::from_millis(1_795_339_500_000));
    }
});
