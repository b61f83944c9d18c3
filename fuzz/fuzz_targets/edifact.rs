//! UN/EDIFACT: any bytes, cut anywhere, give the same report, and an answer that is itself readable.
#![no_main]
use corridor_base::Timestamp;
use corridor_trade::edifact::{Answering, Charset, Options, Reader, contrl, read_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Characters that partners agreed on, for every fourth input.
    let agreed = (bytes.len() % 4 == 0).then(|| Charset::named("SHIFT_JIS")).flatten();
    let options = Options { characters: agreed, ..Options::default() };
    let whole = read_bytes(bytes, options);
    let mut reader = Reader::new(options);
    for piece in bytes.chunks(7) {
        reader.push(piece, &mut ());
    }
    let pieces = reader.finish(&mut ());
    assert_eq!(whole.verdict(), pieces.verdict());
    assert_eq!(whole.segments, pieces.segments);
    let answering = Answering { reference: "1", now: Timestamp::EPOCH, receipt_only: false };
    if let Ok(answer) = contrl::answer(&whole, &answering) {
        assert!(contrl::read_contrl(&mut answer.as_slice()).is_ok());
    }
    let _ = contrl::read_contrl(&mut &bytes[..]);
});
