//! What was read is written again to the byte, objects of declared length among it.

use corridor_trade::edifact::envelope::{Position, Visit, read};
use corridor_trade::edifact::{Charset, Delimiters, Options, Segment, Writer, read_bytes};
use corridor_trade::shape::{encode, segments};

use crate::LARGE;

/// Writes every segment it sees anew.
struct Rewrite(Writer);

impl Visit for Rewrite {
    fn segment(&mut self, _: &Position<'_>, segment: &Segment<'_>) {
        self.0.copy(segment);
    }

    fn object(&mut self, bytes: &[u8], _: u64) {
        self.0.object(bytes);
    }
}

#[test]
fn rewriting_changes_nothing_but_wrapping() {
    for sample in [corridor_trade::SAMPLE, LARGE] {
        let mut rewrite = Rewrite(Writer::new(Delimiters::default_of(3), Charset::LevelA));
        rewrite.0.advice();
        read(&mut &*sample, Options::default(), &mut rewrite).unwrap();
        let unwrapped: Vec<u8> = sample.iter().copied().filter(|b| *b != b'\n').collect();
        assert_eq!(String::from_utf8(rewrite.0.into_bytes()).unwrap(), String::from_utf8(unwrapped).unwrap());
    }
}

#[test]
fn interchanges_come_back_to_the_byte() {
    let check = |delimiters: Delimiters, charset: &str, interchange: &[u8]| {
        let mut rewrite = Rewrite(Writer::new(delimiters, Charset::named(charset).unwrap()));
        read(&mut &*interchange, Options::default(), &mut rewrite).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&rewrite.0.into_bytes()),
            String::from_utf8_lossy(interchange),
            "{charset}"
        );
    };
    let three = Delimiters::default_of(3);
    check(
        three,
        "KECA",
        b"UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'FTX+\xb9\xab?+'BIN+6+a'?+\xff:'UNT+4+1'UNZ+1+R'",
    );
    check(three, "KECA", b"UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'BIN+0+'BIN+2'UNT+4+1'UNZ+1+R'");
    check(
        three,
        "UNOX",
        b"UNB+UNOX:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'FTX+\x1b$B%+%(%G?e;:\x1b(B?+X'UNT+3+1'UNZ+1+R'",
    );
    check(
        Delimiters::default_of(4),
        "UNOC",
        b"UNB+UNOC:4+A+B+20261122:0915+R'UNO+1+2+3+6'a'?+'UUNP+6+1'UNH+1+X:D:1:UN'A+B*C?*:D'UNT+3+1'UNZ+2+R'",
    );
}

/// Every sample, read as text that people correct and written back as it stands, is the same bytes but for lines
/// that are no part of it.
#[test]
fn samples_come_back_from_their_text() {
    let mut seen = 0;
    for (path, bytes) in crate::samples() {
        let options = Options::default();
        let text = segments(&bytes, options);
        let Ok(back) = encode(&text, options) else {
            let report = read_bytes(&bytes, options);
            assert!(
                report.header.is_none_or(|h| h.charset == Charset::Unknown),
                "{}: {text}",
                path.display()
            );
            continue;
        };
        let mut expect = Unwrapped(Vec::new(), None);
        let una = bytes.trim_ascii_start();
        if una.starts_with(b"UNA") {
            expect.0.extend_from_slice(&una[..9]);
        }
        read(&mut &*bytes, options, &mut expect).unwrap();
        let (shown, wanted) = (String::from_utf8_lossy(&back), String::from_utf8_lossy(&expect.0));
        assert!(back == expect.0, "{}\n{shown}\n{wanted}", path.display());
        seen += 1;
    }
    println!("{seen} samples");
    assert!(seen > 5);
}

/// The bytes of every segment without wrapping, and what ends it; what ends one after its object.
struct Unwrapped(Vec<u8>, Option<(u64, u8)>);

impl Visit for Unwrapped {
    fn segment(&mut self, _: &Position<'_>, segment: &Segment<'_>) {
        self.0.extend(segment.raw().iter().filter(|b| !matches!(b, b'\r' | b'\n')));
        let delimiters = segment.delimiters();
        self.0.push(if segment.inline.is_some() { delimiters.element } else { delimiters.terminator });
        self.1 = segment.inline.map(|length| (length, delimiters.terminator));
        self.object(&[], 0);
    }

    fn object(&mut self, bytes: &[u8], _: u64) {
        self.0.extend_from_slice(bytes);
        let Some((left, terminator)) = self.1 else { return };
        let left = left - bytes.len() as u64;
        self.1 = (left > 0).then_some((left, terminator));
        self.0.extend((left == 0).then_some(terminator));
    }
}
