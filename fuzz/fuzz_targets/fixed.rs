//! Messages of fixed columns: any bytes are refused or read, what was read is written without a panic, and what
//! was written is read as the same; any text for a layout is refused or one that can be used.
#![no_main]
use corridor_trade::mapping::fixed::{Layout, named, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let shipped = named("naccs-input").map(|(layout, _)| layout);
    for layout in shipped.into_iter().chain(Layout::parse(bytes)) {
        // A header of blanks, so that the rest is reached.
        let whole = [vec![b' '; layout.header_bytes()], b"\r\n".to_vec(), bytes.to_vec()].concat();
        for source in [bytes, &whole] {
            let Ok((document, _)) = read(&layout, None, &mut &*source) else { continue };
            let Ok((written, losses)) = write(&layout, None, &document) else { continue };
            if losses.is_none() {
                let (again, _) =
                    read(&layout, None, &mut written.as_slice()).expect("what was written is read");
                assert_eq!(again, document);
            }
        }
    }
});
