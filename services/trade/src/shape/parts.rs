//! The messages of an interchange, one by one: each can be read alone, put back corrected, or sent without the
//! others, which a partner may have taken already.

use corridor_base::Result;

use super::pieces::{Piece, Pieces};
use super::text::{refuse, segments};
use crate::edifact::Options;

/// One message of an interchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its kind (0065).
    pub kind: String,
    /// Its own number (BGM 1004).
    pub number: String,
    /// Where its segments are, in lines.
    from: usize,
    /// The first line after it.
    to: usize,
}

fn found(pieces: &Pieces) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    let mut open: Option<Part> = None;
    for (at, piece) in pieces.all.iter().enumerate() {
        let value = || pieces.text(piece.value(2, 1));
        match (piece.tag.as_str(), &mut open) {
            ("UNH", open) => *open = Some(Part { kind: value(), from: at, ..Part::default() }),
            ("BGM", Some(part)) if part.number.is_empty() => part.number = value(),
            ("UNT", open) => all.extend(open.take().map(|part| Part { to: at + 1, ..part })),
            _ => {}
        }
    }
    all
}

/// The messages of an interchange, in their order.
///
/// # Errors
/// `malformed`, `too-large`.
pub fn parts(text: &str, options: Options) -> Result<Vec<Part>> {
    Ok(found(&Pieces::of_text(text, options)?))
}

/// One of the messages, counted from 1.
fn message(pieces: &Pieces, at: usize) -> Result<Part> {
    let part = at.checked_sub(1).and_then(|at| found(pieces).into_iter().nth(at));
    part.ok_or_else(|| refuse("no such message"))
}

/// The interchange with this message alone: without groups, and with counts that are right once it is written
/// anew ([`super::rewrite`]).
///
/// # Errors
/// `malformed`, `too-large`.
pub fn alone(text: &str, options: Options, at: usize) -> Result<String> {
    let mut pieces = Pieces::of_text(text, options)?;
    let part = message(&pieces, at)?;
    let kept = std::mem::take(&mut pieces.all).into_iter().enumerate().filter(|(at, piece)| {
        (part.from..part.to).contains(at) || matches!(piece.tag.as_str(), "UNB" | "UNZ")
    });
    pieces.all = kept.map(|(_, piece)| piece).collect();
    Ok(segments(&pieces.bytes()?, options))
}

/// The interchange with another message in the place of this one: the first of `with`. Its reference stays.
///
/// # Errors
/// `malformed`: no such message, or characters that the interchange does not have; `too-large`.
pub fn put(text: &str, options: Options, at: usize, with: &[u8]) -> Result<String> {
    let mut pieces = Pieces::of_text(text, options)?;
    let part = message(&pieces, at)?;
    let new = Pieces::of_bytes(with, options, true);
    let first = message(&new, 1)?;
    let body = new.all.get(first.from..first.to).unwrap_or_default();
    let mut body: Vec<Piece> = body.iter().map(|piece| pieces.adopt(&new, piece)).collect::<Result<_>>()?;
    for piece in &mut body {
        let (old, element) = match piece.tag.as_str() {
            "UNH" => (pieces.all.get(part.from), 1),
            "UNT" => (part.to.checked_sub(1).and_then(|end| pieces.all.get(end)), 2),
            _ => continue,
        };
        piece.set(element, 1, old.map_or(&[], |old| old.value(element, 1)));
    }
    pieces.all.splice(part.from..part.to, body);
    Ok(segments(&pieces.bytes()?, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edifact::Charset;

    fn plain() -> Options {
        Options::default()
    }

    const TWO: &str = "UNB+UNOC:3+A+B+261101:0800+R'UNH+7+ORDERS:D:08A:UN'BGM+220+PO-1+9'UNT+3+7'\
        UNH+8+CUSDEC:D:08A:UN'BGM+929+D-2+9'DTM+137:20261101:102'UNT+4+8'UNZ+2+R'";

    #[test]
    fn messages_are_found_taken_out_and_put_back() {
        let all = parts(TWO, plain()).unwrap();
        let names: Vec<(&str, &str)> = all.iter().map(|p| (p.kind.as_str(), p.number.as_str())).collect();
        assert_eq!(names, [("ORDERS", "PO-1"), ("CUSDEC", "D-2")]);
        let second = alone(TWO, plain(), 2).unwrap().replace('\n', "");
        assert!(second.contains("UNH+8+CUSDEC") && !second.contains("ORDERS"), "{second}");
        let with =
            b"UNB+UNOC:3+X+Y+261101:0800+Q'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-9+9'FTX+AAI+++X'UNT+4+1'UNZ+1+Q'";
        let put = put(TWO, plain(), 1, with).unwrap().replace('\n', "");
        assert!(put.starts_with("UNB+UNOC:3+A+B+"), "{put}");
        assert!(
            put.contains("UNH+7+ORDERS:D:08A:UN'BGM+220+PO-9+9'FTX+AAI+++X'UNT+4+7'UNH+8+CUSDEC"),
            "{put}"
        );
        // A message that is cut, or is not there, is none.
        assert!(
            parts("UNB+UNOC:3+A+B+261101:0800+R'UNH+1+ORDERS:D:08A:UN'UNZ+1+R'", plain()).unwrap().is_empty()
        );
        for at in [0, 3] {
            assert!(alone(TWO, plain(), at).is_err(), "{at}");
        }
        // Characters that the interchange does not have are refused, not replaced.
        let korean = "UNB+UNOY:4+X+Y+20261101:0800+Q'UNH+1+ORDERS:D:08A:UN'BGM+220+무역'UNT+3+1'UNZ+1+Q'";
        assert!(super::put(TWO, plain(), 1, korean.as_bytes()).is_err());
    }

    #[test]
    fn a_message_is_put_into_other_service_characters() {
        let text =
            "UNA:*.? ~UNB*UNOC:3*A*B*261101:0800*R~UNH*7*ORDERS:D:08A:UN~BGM*220*PO-1*9~UNT*3*7~UNZ*1*R~";
        assert_eq!(parts(text, plain()).unwrap()[0].number, "PO-1");
        let alone = alone(text, plain(), 1).unwrap();
        assert!(alone.starts_with("UNA:*.? ~\nUNB*UNOC:3*"), "{alone}");
        let with = b"UNB+UNOC:3+X+Y+261101:0800+Q'UNH+1+ORDERS:D:08A:UN'BGM+220+PO*9~+9'UNT+3+1'UNZ+1+Q'";
        let put = put(text, plain(), 1, with).unwrap();
        assert!(put.contains("UNH*7*ORDERS:D:08A:UN~\nBGM*220*PO?*9?~*9~\nUNT*3*7~"), "{put}");
    }

    #[test]
    fn characters_agreed_on_hold_for_both() {
        let agreed = Options { characters: Charset::named("SHIFT_JIS"), ..Options::default() };
        let text = "UNB+UNOC:3+A+B+261101:0800+R'UNH+7+ORDERS:D:08A:UN'BGM+220+表'UNT+3+7'UNZ+1+R'";
        assert_eq!(parts(text, agreed).unwrap()[0].number, "表");
        let with = b"UNB+UNOC:3+A+B+261101:0800+R'UNH+7+ORDERS:D:08A:UN'BGM+220+\x83\x5c'UNT+3+7'UNZ+1+R'";
        assert!(put(text, agreed, 1, with).unwrap().contains("BGM+220+ソ'"));
        assert!(parts(text, plain()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(UNB\\+UNOC:3\\+A\\+B)?[A-Z+:'? \n]{0,80}\\PC{0,20}", at in 0usize..4) {
            let _ = (parts(&text, plain()), alone(&text, plain(), at), put(&text, plain(), at, text.as_bytes()));
        }
    }
}
