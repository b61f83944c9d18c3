//! Mappings: any text for one is refused or one that can be used, and any bytes for an interchange are read by
//! it; what is lost is told, and what is not told is written again.
#![no_main]
use corridor_trade::mapping::{Envelope, Mapping, NAMES, named, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let shipped = named(name).map(|(mapping, _)| mapping);
    for mapping in shipped.into_iter().chain(Mapping::parse(rest)) {
        let mapped = read(&mapping, &mut &*rest).expect("bytes in memory");
        let Ok((written, losses)) = write(&mapping, &mapped.documents, &Envelope::default()) else {
            continue;
        };
        if losses.is_none() && mapped.losses.is_none() {
            let again = read(&mapping, &mut written.as_slice()).expect("bytes in memory");
            assert_eq!(again.documents.len(), mapped.documents.len());
            for (a, b) in again.documents.iter().zip(&mapped.documents) {
                assert_eq!(a.record, b.record);
            }
        }
    }
});
