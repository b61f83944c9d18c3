//! An interchange that was refused, written anew from its text: with what it says it is (BGM 1225), a control
//! reference of its own, and counts that are right. Everything else stays to the byte.

use corridor_base::{Result, Timestamp};

use super::pieces::{Piece, Pieces};
use super::text::refuse;
use crate::edifact::Options;
use crate::mapping::prepared;

/// The interchange with another function, reference and time, and with counts that are right.
///
/// # Errors
/// `malformed` for what is no interchange, or has no message to be amended; `too-large`.
pub fn rewrite(
    text: &str,
    options: Options,
    function: &str,
    reference: &str,
    now: Timestamp,
) -> Result<Vec<u8>> {
    let mut pieces = Pieces::of_text(text, options)?;
    if !pieces.all.iter().any(|piece| piece.tag == "BGM") {
        return Err(refuse("no message with BGM"));
    }
    renew(&mut pieces.all, function, reference, now);
    pieces.bytes()
}

fn renew(pieces: &mut [Piece], function: &str, reference: &str, now: Timestamp) {
    let (mut in_message, mut messages, mut groups, mut in_group) = (0u64, 0u64, 0u64, 0u64);
    for piece in pieces {
        in_message += 1;
        match piece.tag.as_str() {
            "UNB" => {
                let version = if piece.value(1, 2) == b"4" { "4" } else { "3" };
                let [(_, date), (_, time)] = prepared(now, version);
                piece.set(4, 1, date.as_bytes());
                piece.set(4, 2, time.as_bytes());
                piece.set(5, 1, reference.as_bytes());
            }
            "UNG" => (groups, in_group) = (groups + 1, 0),
            "UNE" => piece.set(1, 1, in_group.to_string().as_bytes()),
            "UNH" => {
                in_message = 1;
                messages += 1;
                in_group += 1;
            }
            "BGM" => piece.set(3, 1, function.as_bytes()),
            "UNT" => piece.set(1, 1, in_message.to_string().as_bytes()),
            "UNZ" => {
                let count = if groups > 0 { groups } else { messages };
                piece.set(1, 1, count.to_string().as_bytes());
                piece.set(2, 1, reference.as_bytes());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> Result<String> {
        let now = Timestamp::parse("2026-11-28T09:00:00.000Z").unwrap();
        rewrite(text, Options::default(), "5", "NEWREF", now)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn function_reference_and_counts_are_new() {
        let check = |text: &str, expect: &str| assert_eq!(rewritten(text).unwrap(), expect, "{text}");
        check(
            "UNB+UNOC:3+A+B+261101:0800+OLD'\r\nUNH+1+ORDERS:D:08A:UN'\nBGM+220+PO-7+9'\nDTM+137:20261101:102'\nUNT+9+1'UNZ+7+OLD'\n",
            "UNB+UNOC:3+A+B+261128:0900+NEWREF'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-7+5'DTM+137:20261101:102'UNT+4+1'UNZ+1+NEWREF'",
        );
        check(
            "UNB+UNOC:3+A+B+261101:0800+OLD'UNG+ORDERS+A+B+261101:0800+1+UN+D:08A'UNH+1+ORDERS:D:08A:UN'BGM+220'UNT+3+1'UNE+1+1'UNZ+1+OLD'",
            "UNB+UNOC:3+A+B+261128:0900+NEWREF'UNG+ORDERS+A+B+261101:0800+1+UN+D:08A'UNH+1+ORDERS:D:08A:UN'BGM+220++5'UNT+3+1'UNE+1+1'UNZ+1+NEWREF'",
        );
    }

    #[test]
    fn everything_else_stays_to_the_byte() {
        let check = |text: &str, expect: &str| assert_eq!(rewritten(text).unwrap(), expect, "{text}");
        check(
            "UNA:*.\\ ~\nUNB*UNOC:3*A*B*261101:0800*OLD~\nUNH*1*ORDERS:D:08A:UN~\nBGM*220*PO+7\\*8*9~\nUNT*9*1~\nUNZ*7*OLD~\n",
            "UNA:*.\\ ~UNB*UNOC:3*A*B*261128:0900*NEWREF~UNH*1*ORDERS:D:08A:UN~BGM*220*PO+7\\*8*5~UNT*3*1~UNZ*1*NEWREF~",
        );
        // Releases that nobody needs, empty ends, an object of declared length; characters beyond the level.
        check(
            "UNB+KECA:3+A+B+261101:0800+OLD'UNH+1+X:D:08A:UN'BGM+220+?A:b++'FTX+a?b::+'BIN+3+'+''UNT+5+1'UNZ+1+OLD'",
            "UNB+KECA:3+A+B+261128:0900+NEWREF'UNH+1+X:D:08A:UN'BGM+220+A:b+5+'FTX+a?b::+'BIN+3+'+''UNT+5+1'UNZ+1+NEWREF'",
        );
        check(
            "UNB+UNOA:3+A+B+261101:0800+OLD'UNH+1+X:D:08A:UN'BGM+220+a⟨FC⟩+9'UNT+3+1'UNZ+1+OLD'",
            "UNB+UNOA:3+A+B+261128:0900+NEWREF'UNH+1+X:D:08A:UN'BGM+220+a\u{fffd}+5'UNT+3+1'UNZ+1+NEWREF'",
        );
        let agreed =
            Options { characters: crate::edifact::Charset::named("SHIFT_JIS"), ..Options::default() };
        let text = "UNB+UNOC:3+A+B+261101:0800+O'UNH+1+X:D:08A:UN'BGM+220+ソ'UNT+3+1'UNZ+1+O'";
        let bytes = rewrite(text, agreed, "1", "R", Timestamp::from_millis(0)).unwrap();
        assert!(bytes.windows(11).any(|w| w == b"BGM+220+\x83\x5c+"), "{bytes:?}");
    }

    #[test]
    fn other_scripts_keep_their_characters() {
        let text = "UNB+UNOY:4+A+B+20261101:0800+OLD'UNH+1+ORDERS:D:08A:UN'BGM+220+1+9'FTX+AAI+++貿易 무역'UNT+4+1'UNZ+1+OLD'";
        assert!(rewritten(text).unwrap().contains("貿易 무역"));
        let korean = text.replace("UNOY:4", "KECA:3").replace("貿易 ", "");
        let bytes = rewrite(&korean, Options::default(), "1", "R", Timestamp::from_millis(0)).unwrap();
        assert!(bytes.windows(4).any(|w| w == [0xb9, 0xab, 0xbf, 0xaa]), "{bytes:?}");
    }

    #[test]
    fn what_is_no_interchange_is_refused() {
        for text in [
            "",
            "hello",
            "UNB+XXXX:3+A+B+1:1+R'",
            "UNB+UNOC:3+A+B+261101:0800+R'UNZ+0+R'",
            "UNB+UNOA:3+A+B+261101:0800+R'BGM+漢'",
        ] {
            assert!(rewritten(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(UNB\\+UNOC:3\\+A\\+B)?[A-Z+:'? \n]{0,80}\\PC{0,20}") {
            let _ = rewritten(&text);
        }
    }
}
