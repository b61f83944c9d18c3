//! An interchange as text that people read and correct, a segment a line, and back to the same bytes: in the
//! characters agreed on or named by UNB, with a UNA and service characters of its own, objects of declared length
//! among it. What cannot be read, and what ends a segment but cannot be seen, stands there as `⟨XX⟩`.

use std::borrow::Cow;

use corridor_base::{ErrorCode, Problem, Result};

use crate::edifact::{Charset, Delimiters, Options, Position, Segment, Visit, read};

/// The largest text, in bytes.
const LARGEST: usize = 4 << 20;

pub(super) fn refuse(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "EDIFACT").with("why", why)
}

/// The service characters that a UNA at the beginning names.
pub(super) fn advised(bytes: &[u8]) -> Option<Delimiters> {
    let six = bytes.trim_ascii_start().strip_prefix(b"UNA")?.first_chunk::<6>()?;
    Delimiters::from_una(*six)
}

#[derive(Default)]
struct Lines {
    text: String,
    /// Bytes that are to come of an object that ends its segment, and what ends the segment then.
    inline: Option<(u64, u8)>,
}

impl Lines {
    fn byte(&mut self, byte: u8) {
        self.text.push_str(&Charset::Ascii.exact_text(&[byte]));
    }

    fn end(&mut self, terminator: u8) {
        self.byte(terminator);
        self.text.push('\n');
    }
}

/// The bytes of a segment without the lines that a transport wrapped it into.
fn unwrapped<'a>(segment: &Segment<'a>) -> Cow<'a, [u8]> {
    let una = segment.delimiters().una();
    let wraps = |b: &u8| matches!(b, b'\r' | b'\n') && !una.contains(b);
    match segment.raw() {
        raw if raw.iter().any(wraps) => Cow::Owned(raw.iter().copied().filter(|b| !wraps(b)).collect()),
        raw => Cow::Borrowed(raw),
    }
}

impl Visit for Lines {
    fn segment(&mut self, _: &Position<'_>, segment: &Segment<'_>) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        let delimiters = segment.delimiters();
        self.text.push_str(&segment.charset().exact_text(&unwrapped(segment)));
        let Some(length) = segment.inline else { return self.end(delimiters.terminator) };
        self.byte(delimiters.element);
        self.inline = Some((length, delimiters.terminator));
        self.object(&[], 0);
    }

    fn object(&mut self, bytes: &[u8], _: u64) {
        self.text.push_str(&Charset::Ascii.exact_text(bytes));
        let Some((left, terminator)) = self.inline else { return };
        let left = left.saturating_sub(bytes.len() as u64);
        self.inline = (left > 0).then_some((left, terminator));
        if left == 0 {
            self.end(terminator);
        }
    }
}

/// An interchange as text, a segment a line.
#[must_use]
pub fn segments(bytes: &[u8], options: Options) -> String {
    let mut lines = Lines::default();
    if let (Some(delimiters), Some(una)) = (advised(bytes), bytes.trim_ascii_start().get(..8)) {
        lines.text.push_str(&Charset::Ascii.exact_text(una));
        lines.end(delimiters.terminator);
    }
    // Reading from memory does not fail; what cannot be read has no lines.
    let _ = read(&mut &*bytes, options, &mut lines);
    lines.text
}

/// The characters that UNB of a text names.
fn named(text: &str) -> Option<Charset> {
    let (_, after) = text.split_once("UNB")?;
    let mut after = after.chars();
    if after.next() == Some('⟨') {
        after.by_ref().take(3).for_each(drop);
    }
    let named: String = after.take(4).collect();
    Some(Charset::of(named.as_bytes())).filter(|charset| *charset != Charset::Unknown)
}

/// The bytes of a text, in the characters agreed on or those that its UNB names. Lines are for people only, where
/// they are not what a UNA names.
///
/// # Errors
/// `malformed`, `too-large`.
pub fn encode(text: &str, options: Options) -> Result<Vec<u8>> {
    if text.len() > LARGEST {
        let limit = format!("{LARGEST} bytes");
        return Err(Problem::new(ErrorCode::TooLarge).with("what", "EDIFACT").with("limit", limit));
    }
    let charset = options.characters.or_else(|| named(text));
    let charset = charset.ok_or_else(|| refuse("no UNB that names its characters"))?;
    let una = advised(text.as_bytes()).map(|delimiters| delimiters.una()).unwrap_or_default();
    let (returns, ends) = (una.contains(&b'\r'), una.contains(&b'\n'));
    let mut bytes = Vec::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        for piece in line.split_inclusive(['\r', '\n']) {
            let plain = piece.trim_end_matches(['\r', '\n']);
            let of = charset.exact_bytes(plain);
            bytes.extend(of.ok_or_else(|| refuse("characters that the syntax of UNB does not have"))?);
            bytes.extend(piece.ends_with('\r').then_some(b'\r').filter(|_| returns));
            bytes.extend(piece.ends_with('\n').then_some(b'\n').filter(|_| ends));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edifact::Writer;

    fn check(bytes: &[u8], options: Options, expect: &str) {
        let text = segments(bytes, options);
        assert_eq!(text, expect);
        let back = encode(&text, options).unwrap();
        assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(bytes), "{text}");
        // As a browser sends it.
        assert_eq!(encode(&text.replace('\n', "\r\n"), options).unwrap(), bytes, "{text}");
    }

    fn agreed(name: &str) -> Options {
        Options { characters: Charset::named(name), ..Options::default() }
    }

    #[test]
    fn service_characters_of_its_own_stay() {
        let plain = Options::default();
        check(
            b"UNA:*.\\ ~UNB*UNOC:3*A*B*261101:0800*R~FTX*a\\*b~UNZ*0*R~",
            plain,
            "UNA:*.\\ ~\nUNB*UNOC:3*A*B*261101:0800*R~\nFTX*a\\*b~\nUNZ*0*R~\n",
        );
        check(
            b"UNA:+.? \nUNB+UNOC:3+A+B+261101:0800+R\nUNZ+0+R\n",
            plain,
            "UNA:+.? ⟨0A⟩\nUNB+UNOC:3+A+B+261101:0800+R⟨0A⟩\nUNZ+0+R⟨0A⟩\n",
        );
        // Level B: control characters that need no release.
        check(
            b"UNB\x1dUNOB\x1f1\x1dA\x1dB\x1d261101\x1f0800\x1dR\x1cUNZ\x1d0\x1dR\x1c",
            plain,
            "UNB⟨1D⟩UNOB⟨1F⟩1⟨1D⟩A⟨1D⟩B⟨1D⟩261101⟨1F⟩0800⟨1D⟩R⟨1C⟩\nUNZ⟨1D⟩0⟨1D⟩R⟨1C⟩\n",
        );
        // Out of a file, where a line is what ends a segment.
        let lines = "UNA:+.? \nUNB+UNOC:3+A+B+261101:0800+R\nUNZ+0+R\n";
        assert_eq!(encode(lines, plain).unwrap(), lines.as_bytes());
    }

    #[test]
    fn characters_agreed_on_hold_whatever_unb_names() {
        check(
            b"UNB+UNOC:3+A+B+261101:0800+R'FTX+\x83\x5c\x90\x85+\x93'UNZ+0+R'",
            agreed("SHIFT_JIS"),
            "UNB+UNOC:3+A+B+261101:0800+R'\nFTX+⟨83⟩\\⟨90⟩⟨85⟩+⟨93⟩'\nUNZ+0+R'\n",
        );
        check(
            b"UNB+UNOC:3+A+B+261101:0800+R'FTX+\x83\x5c\x90\x85'UNZ+0+R'",
            agreed("SHIFT_JIS"),
            "UNB+UNOC:3+A+B+261101:0800+R'\nFTX+ソ水'\nUNZ+0+R'\n",
        );
        check(
            b"UNB+UNOA:3+A+B+261101:0800+R'FTX+\xb9\xab\xbf\xaa'UNZ+0+R'",
            agreed("EUC-KR"),
            "UNB+UNOA:3+A+B+261101:0800+R'\nFTX+무역'\nUNZ+0+R'\n",
        );
        check(
            b"UNB+UNOC:3+A+B+261101:0800+R'FTX+\x1b$)C\x0e9+?*\x0f'UNZ+0+R'",
            agreed("UNOX"),
            "UNB+UNOC:3+A+B+261101:0800+R'\nFTX+무역'\nUNZ+0+R'\n",
        );
    }

    #[test]
    fn objects_of_declared_length_are_in_it() {
        check(
            b"UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'BIN+6+a'?+\xff:'BIN+0+'UNT+4+1'UNZ+1+R'",
            Options::default(),
            "UNB+KECA:3+A+B+261122:0915+R'\nUNH+1+X:D:1:UN'\nBIN+6+a'?+⟨FF⟩:'\nBIN+0+'\nUNT+4+1'\nUNZ+1+R'\n",
        );
        check(
            b"UNB+UNOC:4+A+B+20261122:0915+R'UNO+1+2+3+4'\n\0?+UNP+4+1'UNZ+1+R'",
            Options::default(),
            "UNB+UNOC:4+A+B+20261122:0915+R'\nUNO+1+2+3+4'\n⟨0A⟩⟨00⟩?+\nUNP+4+1'\nUNZ+1+R'\n",
        );
    }

    proptest::proptest! {
        /// Any interchange in any service characters is written back from its text as it was.
        #[test]
        fn the_text_keeps_every_byte(
            values in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..9), 1..6),
            which in 0usize..4,
            identifier in 0usize..5,
        ) {
            let una = [*b":+.? '", *b":*.^ ~", *b"|!,?*;", *b":+.? \n"][which];
            let delimiters = Delimiters::from_una(una).unwrap();
            let identifier = ["UNOA", "UNOC", "UNOD", "UNOY", "KECA"][identifier].as_bytes();
            let mut writer = Writer::new(delimiters, Charset::of(identifier));
            writer.advice();
            writer.segment("UNB", &[&[identifier, b"3"], &[b"A"], &[b"B"], &[b"261101", b"0800"], &[b"R"]]);
            writer.segment("UNH", &[&[b"1"], &[b"X", b"D", b"1", b"UN"]]);
            // Lines are what transports wrap.
            let mut values = values;
            values.iter_mut().for_each(|value| value.retain(|b| !matches!(b, b'\r' | b'\n')));
            let values: Vec<[&[u8]; 1]> = values.iter().map(|value| [value.as_slice()]).collect();
            let values: Vec<&[&[u8]]> = values.iter().map(|value| value.as_slice()).collect();
            writer.segment("FTX", &values);
            writer.segment("UNT", &[&[b"3"], &[b"1"]]);
            writer.segment("UNZ", &[&[b"1"], &[b"R"]]);
            let bytes = writer.into_bytes();
            let text = segments(&bytes, Options::default());
            proptest::prop_assert_eq!(encode(&text, Options::default()).unwrap(), bytes, "{}", text);
        }

        #[test]
        fn nothing_panics(text in "(UNA.{0,6})?(UNB\\+UNOC:3\\+A\\+B)?[A-Z+:'? \n\r⟨⟩]{0,80}\\PC{0,20}") {
            if let Ok(bytes) = encode(&text, Options::default()) {
                let _ = segments(&bytes, Options::default());
            }
        }
    }
}
