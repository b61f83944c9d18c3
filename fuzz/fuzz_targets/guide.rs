//! A partner guide: any bytes are refused or read, and what is read finds its places or says which are not
//! there.
#![no_main]
use corridor_trade::directory::Directory;
use corridor_trade::rules::{Guide, breaks};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(guide) = Guide::parse(bytes) {
        let empty = Directory::default();
        assert!(!guide.problems(&empty).is_empty());
        assert!(breaks(&guide, &empty, &empty).is_empty());
    }
});
