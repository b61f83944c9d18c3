//! What was read is written again to the byte, objects of declared length among it.

use corridor_trade::edifact::envelope::{Position, Visit, read};
use corridor_trade::edifact::{Charset, Delimiters, Options, Segment, Writer};

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
