//! Sealed content as it is read back from a disk that somebody else has written to: it opens as what was
//! sealed, or not at all.
#![no_main]

use corridor_base::SeededRandom;
use corridor_storage::seal::{Seal, SealId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let random = SeededRandom::new(1);
    let Ok(owner) = "did:web:example.jp:clinic".parse() else { return };
    let seal = Seal::new(SealId::new(&random), owner, [7; 32]);
    let content = seal.content("blob");
    let sealed = content.close(0, b"what was sealed", true, &random).unwrap_or_default();
    assert_eq!(content.open_whole(&sealed).ok().as_deref(), Some(b"what was sealed".as_slice()));
    // As it comes, and laid over what is good.
    for bytes in [data.to_vec(), sealed.iter().zip(data).map(|(a, b)| a ^ b).collect()] {
        if let Ok(plain) = content.open_whole(&bytes) {
            assert_eq!((plain.as_slice(), &bytes), (b"what was sealed".as_slice(), &sealed));
        }
        let _ = seal.open("value", &bytes);
        let _ = content.length(bytes.len() as u64);
    }
});
