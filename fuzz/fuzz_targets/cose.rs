//! Receipts in COSE, and receipts put together from printed parts. To begin from what is right, give
//! libFuzzer the golden files: `cargo fuzz run cose corpus ../ground/proof/golden/evidence`.
#![no_main]
use corridor_proof::cose::CoseReceipt;
use corridor_proof::policy::Policy;
use corridor_proof::{evidence, printed};
use libfuzzer_sys::fuzz_target;

const POLICY: &str = include_str!("../../ground/proof/golden/evidence/policy.txt");
const ACT: &str = include_str!("../../ground/proof/golden/evidence/receipts/complete.tlog-proof");

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = CoseReceipt::parse(bytes) {
        assert_eq!(read.to_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(POLICY.as_bytes()) {
        let _ = evidence::judge(bytes, Some(&policy), Some(ACT.as_bytes()), None);
        // Behind the tag, so that the fuzzer need not find it.
        let tagged = [&[0xd2, 0x84], bytes].concat();
        let _ = evidence::judge(&tagged, Some(&policy), None, None);
    }
    let parts: Vec<Vec<u8>> = bytes.split(|b| *b == 0).take(40).map(<[u8]>::to_vec).collect();
    let _ = printed::join(&parts);
});
