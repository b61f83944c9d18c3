//! The evidence of a log: checkpoints, tiles, policies, receipts, split views.
#![no_main]
use corridor_base::Timestamp;
use corridor_proof::checkpoint::SignedCheckpoint;
use corridor_proof::policy::Policy;
use corridor_proof::split_view::SplitView;
use corridor_proof::tile::Tile;
use corridor_proof::receipt;
use libfuzzer_sys::fuzz_target;

const POLICY: &str = include_str!("../../ground/proof/golden/evidence/policy.txt");

fuzz_target!(|bytes: &[u8]| {
    let _ = SignedCheckpoint::parse(bytes).map(|c| c.to_bytes());
    if let Ok(policy) = Policy::parse(POLICY.as_bytes()) {
        let _ = receipt::verify(bytes, &policy, Some(Timestamp::EPOCH));
    }
    let _ = SplitView::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Policy::parse(bytes);
        if let Ok(tile) = text.parse::<Tile>() {
            assert_eq!(tile.to_string(), text);
        }
    }
});
