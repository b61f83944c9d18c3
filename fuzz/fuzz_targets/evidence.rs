//! The evidence of a log: checkpoints, policies, receipts, split views. What is read is written as the same bytes.
#![no_main]
use corridor_base::Timestamp;
use corridor_proof::checkpoint::SignedCheckpoint;
use corridor_proof::policy::Policy;
use corridor_proof::split_view::SplitView;
use corridor_proof::receipt::{self, LogProof};
use libfuzzer_sys::fuzz_target;

const POLICY: &str = include_str!("../../ground/proof/golden/evidence/policy.txt");

fuzz_target!(|bytes: &[u8]| {
    if let Ok(checkpoint) = SignedCheckpoint::parse(bytes) {
        assert_eq!(checkpoint.to_bytes(), bytes);
    }
    if let Ok(proof) = LogProof::parse(bytes) {
        assert_eq!(proof.to_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(POLICY.as_bytes()) {
        let _ = receipt::verify(bytes, &policy, Some(Timestamp::EPOCH));
    }
    if let Ok(evidence) = SplitView::parse(bytes) {
        assert_eq!(evidence.to_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        assert_eq!(Policy::parse(policy.to_string().as_bytes()).ok(), Some(policy));
    }
});
