//! Everything signed that comes over the wire or from a file.
#![no_main]
use corridor_proof::{
    Acknowledgement, Agreement, Envelope, ErasureAcknowledgement, Recognition, Signed, Succession, TrustList,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Signed::<Envelope>::parse(bytes).map(|s| s.digest());
    let _ = Signed::<Acknowledgement>::parse(bytes).map(|s| s.digest());
    let _ = Signed::<Agreement>::parse(bytes).map(|s| s.digest());
    let _ = Signed::<TrustList>::parse(bytes).map(|s| s.body().closes());
    let _ = Signed::<Succession>::parse(bytes).map(|s| (s.body().tree(), s.body().digest()));
    let _ = Signed::<ErasureAcknowledgement>::parse(bytes).map(|s| s.digest());
    let _ = Signed::<Recognition>::parse(bytes).map(|s| s.digest());
});
