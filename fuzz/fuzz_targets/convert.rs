//! Interchanges as lines of JSON: any bytes, in the characters that UNB or an agreement says, become lines, and
//! what comes back of the lines is read as the same segments and objects.
#![no_main]
use corridor_trade::edifact::convert::{from_json, to_json};
use corridor_trade::edifact::{Charset, Options};
use libfuzzer_sys::fuzz_target;

const AGREED: [&str; 6] = ["", "SHIFT_JIS", "CP949", "UTF-8", "EUC-JP", "WINDOWS-1252"];

fuzz_target!(|bytes: &[u8]| {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let name = AGREED[usize::from(*first) % AGREED.len()];
    let options = Options { characters: Charset::named(name), ..Options::default() };
    let mut lines = Vec::new();
    to_json(&mut &*rest, options, &mut lines).expect("bytes in memory");
    let mut back = Vec::new();
    if from_json(&mut lines.as_slice(), &mut back).is_ok() && options.characters.is_none() {
        let mut again = Vec::new();
        to_json(&mut back.as_slice(), options, &mut again).expect("bytes in memory");
        // Pieces of an object differ with the way they came.
        let plain = |lines: &[u8]| {
            let text = String::from_utf8_lossy(lines).into_owned();
            text.lines().filter(|line| !line.starts_with("{\"bytes\"")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(plain(&again), plain(&lines));
    }
});
