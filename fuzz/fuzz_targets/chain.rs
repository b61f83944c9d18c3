//! A transaction exported as evidence: any bytes for the archive, and any bytes for each of its files, are judged
//! without a panic; an archive that is read is written as the same bytes.
#![no_main]
use corridor_trade::evidence::{Known, verify, zip};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 9] = [
    "chain.note",
    "index.json",
    "index.html",
    "agreements/1.note",
    "documents/001/acknowledgement.note",
    "documents/001/content",
    "documents/001/envelope.note",
    "documents/001/receipts/1.opening.json",
    "documents/001/receipts/1.tlog-proof",
];

fuzz_target!(|bytes: &[u8]| {
    let _ = verify(bytes, Known::default());
    for archive in [bytes.to_vec(), [b"PK\x03\x04", bytes].concat()] {
        if let Ok(files) = zip::read(&archive) {
            assert_eq!(zip::write(&files).ok(), Some(archive));
        }
    }
    // Files of a chain, apart by a byte that texts do not hold.
    let files = NAMES.iter().map(|n| (*n).to_owned()).zip(bytes.split(|b| *b == 0).map(<[u8]>::to_vec)).collect();
    if let Ok(archive) = zip::write(&files) {
        assert_eq!(zip::read(&archive).ok(), Some(files));
        let _ = verify(&archive, Known::default()).outcome();
    }
});
