//! Characters of an interchange, by the syntax identifier of its UNB (ISO 9735-1, data element
//! 0001). Bytes are carried untouched; text is made from them for people only.

mod exact;
mod shift;
mod value;

use std::borrow::Cow;
use std::fmt::Write as _;

use encoding_rs::Encoding;

use super::token::Delimiters;

pub(crate) use shift::Shift;
pub use value::Value;

/// How the bytes of an interchange spell characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UNOA: capitals, digits and the signs that ISO 646 has in every country.
    LevelA,
    /// UNOB: the same and small letters.
    LevelB,
    /// IATA, IATB: printable ASCII.
    Ascii,
    /// UNOC: ISO 8859-1.
    Latin1,
    /// UNOD to UNOL: another part of ISO 8859.
    Table(&'static Encoding),
    /// A code page, windows-1252 or EUC-JP. No syntax identifier names it: only a partner's agreement can.
    Page(&'static Encoding),
    /// UNOW, UNOY: UTF-8.
    Utf8,
    /// KECA: EUC-KR with the CP949 extension, as KTNET writes it.
    EucKr,
    /// Shift_JIS (windows-31j). No syntax identifier names it: only a partner's agreement can.
    ShiftJis,
    /// UNOX: ISO 2022 with escape sequences (ISO-2022-JP, ISO-2022-KR).
    Iso2022,
    /// Not one we know: shown byte by byte.
    Unknown,
}

/// Why a byte may not stand where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCharacter {
    /// A control character; never allowed in data.
    Control,
    /// Not in the repertoire the interchange says it keeps to.
    Outside,
}

impl Charset {
    /// The characters of a syntax identifier (ISO 9735-1, annex A of the service code directory;
    /// KECA is Korea's own).
    #[must_use]
    pub fn of(identifier: &[u8]) -> Self {
        match identifier {
            b"UNOA" => Self::LevelA,
            b"UNOB" => Self::LevelB,
            b"IATA" | b"IATB" => Self::Ascii,
            b"UNOC" => Self::Latin1,
            b"UNOD" => Self::Table(encoding_rs::ISO_8859_2),
            b"UNOE" => Self::Table(encoding_rs::ISO_8859_5),
            b"UNOF" => Self::Table(encoding_rs::ISO_8859_7),
            b"UNOG" => Self::Table(encoding_rs::ISO_8859_3),
            b"UNOH" => Self::Table(encoding_rs::ISO_8859_4),
            b"UNOI" => Self::Table(encoding_rs::ISO_8859_6),
            b"UNOJ" => Self::Table(encoding_rs::ISO_8859_8),
            // ISO 8859-9 and windows-1254 differ in control characters alone, which no part allows.
            b"UNOK" => Self::Table(encoding_rs::WINDOWS_1254),
            b"UNOL" => Self::Table(encoding_rs::ISO_8859_15),
            b"UNOW" | b"UNOY" => Self::Utf8,
            b"UNOX" => Self::Iso2022,
            b"KECA" => Self::EucKr,
            _ => Self::Unknown,
        }
    }

    /// The characters of a name that people and agreements use: a syntax identifier, `EUC-KR`,
    /// `CP949`, `SHIFT_JIS`, `UTF-8`, `ISO-2022-JP`, `ISO-2022-KR`, `WINDOWS-1252`,
    /// `EUC-JP`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "EUC-KR" | "CP949" | "UHC" => Some(Self::EucKr),
            "SHIFT_JIS" | "SJIS" | "CP932" | "WINDOWS-31J" => Some(Self::ShiftJis),
            "UTF-8" => Some(Self::Utf8),
            "ISO-2022-JP" | "ISO-2022-KR" => Some(Self::Iso2022),
            "ISO-8859-1" | "LATIN1" => Some(Self::Latin1),
            "EUC-JP" => Some(Self::Page(encoding_rs::EUC_JP)),
            "WINDOWS-1252" | "CP1252" => Some(Self::Page(encoding_rs::WINDOWS_1252)),
            other => Some(Self::of(other.as_bytes())).filter(|c| *c != Self::Unknown),
        }
    }

    /// The syntax identifier and version by which UNB names these characters: those of the networks that write
    /// them, KTNET and NACCS among them. Where none does, UNOC stands for what partners agreed on.
    #[must_use]
    pub fn syntax(self) -> (&'static str, &'static str) {
        match self {
            Self::LevelA => ("UNOA", "3"),
            Self::LevelB | Self::Ascii => ("UNOB", "3"),
            Self::Utf8 => ("UNOY", "4"),
            Self::EucKr => ("KECA", "4"),
            Self::Iso2022 => ("UNOX", "3"),
            Self::Table(_) => {
                let parts = ["UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOL"];
                let of = parts.into_iter().find(|part| Self::of(part.as_bytes()) == self);
                (of.unwrap_or("UNOC"), "3")
            }
            Self::Latin1 | Self::Page(_) | Self::ShiftJis | Self::Unknown => ("UNOC", "3"),
        }
    }

    /// Whether bytes of its characters can look like these service characters. The second bytes of
    /// EUC-KR and CP949 are letters or beyond ASCII, which no service character may be.
    pub(crate) fn hides(self, delimiters: &Delimiters) -> bool {
        match self {
            Self::Iso2022 => true,
            Self::ShiftJis => {
                let rare =
                    [Some(delimiters.component), Some(delimiters.element), Some(delimiters.terminator)];
                let mut all = rare.into_iter().chain([delimiters.release, delimiters.repetition]).flatten();
                all.any(|b| b >= 0x40)
            }
            _ => false,
        }
    }

    /// The bytes as people read them. What cannot be read is shown as `⟨XX⟩` in hexadecimal, byte
    /// by byte, so that nothing is lost or replaced.
    #[must_use]
    pub fn text(self, bytes: &[u8]) -> String {
        let decoded = match self {
            Self::LevelA | Self::LevelB | Self::Ascii | Self::Unknown => {
                bytes.is_ascii().then(|| latin1(bytes))
            }
            Self::Latin1 => Some(latin1(bytes)),
            Self::Table(_) if bytes.iter().any(|b| C1.contains(b)) => None,
            Self::Table(encoding) | Self::Page(encoding) => strict(encoding, bytes),
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::EucKr => strict(encoding_rs::EUC_KR, bytes),
            Self::ShiftJis => strict(encoding_rs::SHIFT_JIS, bytes),
            Self::Iso2022 => iso2022(bytes),
        };
        match decoded {
            Some(text) if !text.contains(char::is_control) => text,
            Some(text) => text.chars().fold(String::new(), |mut shown, c| {
                if c.is_control() && self == Self::Utf8 {
                    shown.push_str(&escaped(c.encode_utf8(&mut [0; 4]).as_bytes()));
                } else if c.is_control() {
                    let _ = write!(shown, "⟨{:02X}⟩", u32::from(c));
                } else {
                    shown.push(c);
                }
                shown
            }),
            None => escaped(bytes),
        }
    }

    /// The bytes of a text; nothing when these characters do not have it, or it holds control characters.
    /// Under UNOX Korean is written as ISO-2022-KR, all else as ISO-2022-JP.
    #[must_use]
    pub fn bytes(self, text: &str) -> Option<Vec<u8>> {
        self.spelled(text).filter(|bytes| self.check(bytes).is_none())
    }

    /// The same, whatever the level that is named allows: partners often keep to none.
    fn spelled(self, text: &str) -> Option<Vec<u8>> {
        if text.contains(char::is_control) {
            return None;
        }
        match self {
            Self::LevelA | Self::LevelB | Self::Ascii | Self::Unknown => {
                text.is_ascii().then(|| text.as_bytes().to_vec())
            }
            Self::Latin1 => text.chars().map(|c| u8::try_from(c).ok()).collect(),
            Self::Table(encoding) | Self::Page(encoding) => encoded(encoding, text),
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::EucKr => encoded(encoding_rs::EUC_KR, text),
            Self::ShiftJis => encoded(encoding_rs::SHIFT_JIS, text),
            Self::Iso2022 if text.is_ascii() => Some(text.as_bytes().to_vec()),
            Self::Iso2022 => encoded(encoding_rs::ISO_2022_JP, text).or_else(|| iso2022_kr(text)),
        }
    }

    /// The first byte that may not stand in data, if there is one. Line breaks pass: transports
    /// wrap lines.
    #[must_use]
    pub fn check(self, bytes: &[u8]) -> Option<(usize, BadCharacter)> {
        let plain = |b: u8| (0x20..0x7f).contains(&b);
        let fine = match self {
            Self::LevelA => bytes.iter().fold(true, |all, b| all & in_level_a(*b)),
            Self::LevelB => bytes.iter().fold(true, |all, b| all & in_level_b(*b)),
            _ => bytes.iter().fold(true, |all, b| all & plain(*b)),
        };
        if fine {
            return None;
        }
        let control = |b: u8| {
            let shift = self == Self::Iso2022 && matches!(b, 0x0e | 0x0f | 0x1b);
            b < 0x20 && b != b'\r' && b != b'\n' && !shift || b == 0x7f
        };
        if let Some(at) = bytes.iter().position(|b| control(*b)) {
            return Some((at, BadCharacter::Control));
        }
        let outside = match self {
            Self::LevelA => bytes.iter().position(|b| !in_level_a(*b) && !matches!(b, b'\r' | b'\n')),
            Self::LevelB => bytes.iter().position(|b| !in_level_b(*b) && !matches!(b, b'\r' | b'\n')),
            Self::Ascii | Self::Unknown => bytes.iter().position(|b| !b.is_ascii()),
            Self::Latin1 => bytes.iter().position(|b| C1.contains(b)),
            Self::Table(_) if bytes.iter().any(|b| C1.contains(b)) => {
                bytes.iter().position(|b| C1.contains(b))
            }
            Self::Utf8 => std::str::from_utf8(bytes).err().map(|e| e.valid_up_to()),
            Self::Table(_) | Self::Page(_) | Self::EucKr | Self::ShiftJis => malformed(self, bytes),
            Self::Iso2022 => iso2022(bytes).is_none().then_some(0),
        };
        outside.map(|at| (at, BadCharacter::Outside))
    }
}

/// The control characters of the upper half, which no part of ISO 8859 allows in data.
const C1: std::ops::RangeInclusive<u8> = 0x80..=0x9f;

/// Level A (ISO 9735-10, 0001; ISO 9735:1988, 5.1): the basic table of ISO 646 without small letters and
/// without the places that countries fill in their own way. Comparisons alone: whole segments are asked.
#[inline]
pub(crate) fn in_level_a(byte: u8) -> bool {
    (b' '..=b'_').contains(&byte) & !is_national(byte)
}

/// Level B: level A and small letters.
#[inline]
pub(crate) fn in_level_b(byte: u8) -> bool {
    (b' '..=b'z').contains(&byte) & !is_national(byte)
}

/// `#`, `$`, `@`, `[`, `\`, `]`, `^`, `` ` ``; `{` to `~` come after the letters.
#[inline]
fn is_national(byte: u8) -> bool {
    (byte == b'#') | (byte == b'$') | (byte == b'@') | (byte == b'`') | (b'['..=b'^').contains(&byte)
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
}

fn encoded(encoding: &'static Encoding, text: &str) -> Option<Vec<u8>> {
    let (bytes, _, lost) = encoding.encode(text);
    (!lost).then(|| bytes.into_owned())
}

/// RFC 1557: the set is named once, before the first two-byte character; they stand between SO and SI.
fn iso2022_kr(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut named, mut shifted) = (Vec::new(), false, false);
    for character in text.chars() {
        let bytes = encoded(encoding_rs::EUC_KR, character.encode_utf8(&mut [0; 4]))?;
        let double = match bytes.as_slice() {
            [_] => false,
            // Beyond KS X 1001 the second byte is no byte of ISO 2022.
            [first, second] if *first >= 0xa1 && *second >= 0xa1 => true,
            _ => return None,
        };
        if double && !named {
            out.extend(b"\x1b$)C");
            named = true;
        }
        if double != shifted {
            out.push(if double { 0x0e } else { 0x0f });
            shifted = double;
        }
        out.extend(bytes.iter().map(|b| b & 0x7f));
    }
    if shifted {
        out.push(0x0f);
    }
    Some(out)
}

/// Where a multi-byte text stops being readable: the shortest prefix that cannot be decoded.
fn malformed(charset: Charset, bytes: &[u8]) -> Option<usize> {
    let encoding = match charset {
        Charset::Table(encoding) | Charset::Page(encoding) => encoding,
        Charset::ShiftJis => encoding_rs::SHIFT_JIS,
        _ => encoding_rs::EUC_KR,
    };
    encoding.decode_without_bom_handling_and_without_replacement(bytes).is_none().then(|| {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut sink = String::with_capacity(bytes.len().saturating_mul(3).saturating_add(16));
        let (_, read) = decoder.decode_to_string_without_replacement(bytes, &mut sink, true);
        read.saturating_sub(1).min(bytes.len().saturating_sub(1))
    })
}

fn escaped(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for b in bytes {
        if (0x20..0x7f).contains(b) {
            shown.push(char::from(*b));
        } else {
            let _ = write!(shown, "⟨{b:02X}⟩");
        }
    }
    shown
}

/// ISO-2022-JP by encoding_rs; ISO-2022-KR (RFC 1557) by lifting the shifted bytes to EUC-KR,
/// because encoding_rs does not read it.
fn iso2022(bytes: &[u8]) -> Option<String> {
    let korean = bytes.contains(&0x0e) || bytes.windows(4).any(|w| w == b"\x1b$)C");
    if !korean {
        return strict(encoding_rs::ISO_2022_JP, bytes);
    }
    let mut lifted = Vec::with_capacity(bytes.len());
    let mut shifted = false;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            0x0e => shifted = true,
            0x0f => shifted = false,
            0x1b => rest = rest.strip_prefix(b"$)C")?,
            b if shifted && (0x21..=0x7e).contains(b) => lifted.push(b | 0x80),
            b => lifted.push(*b),
        }
    }
    strict(encoding_rs::EUC_KR, &lifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(identifier: &str, bytes: &[u8], text: &str, bad: Option<(usize, BadCharacter)>) {
        let charset = Charset::of(identifier.as_bytes());
        assert_eq!(charset.text(bytes), text, "{identifier} {bytes:x?}");
        assert_eq!(charset.check(bytes), bad, "{identifier} {bytes:x?}");
    }

    #[test]
    fn bytes_become_text_without_loss() {
        use BadCharacter::{Control, Outside};
        check("UNOA", b"BUSAN 1", "BUSAN 1", None);
        check("UNOA", b"Busan", "Busan", Some((1, Outside)));
        check("UNOA", b"A\x00B", "A⟨00⟩B", Some((1, Control)));
        check("UNOB", b"M\xfcnchen", "M⟨FC⟩nchen", Some((1, Outside)));
        check("UNOB", b"a@b.example", "a@b.example", Some((1, Outside)));
        check("UNOK", b"\x80", "⟨80⟩", Some((0, Outside)));
        check("UNOC", b"M\xfcnchen", "München", None);
        check("UNOC", b"\x93quoted", "⟨93⟩quoted", Some((0, Outside)));
        check("UNOD", b"\xb1", "ą", None);
        check("UNOY", "水産".as_bytes(), "水産", None);
        check("UNOY", b"ok\xff", "ok⟨FF⟩", Some((2, Outside)));
        check("KECA", b"\xb9\xab\xbf\xaa", "무역", None);
        // CP949, beyond EUC-KR proper.
        check("KECA", b"\x8c\x63", "똠", None);
        check("KECA", b"ab\xff", "ab⟨FF⟩", Some((2, Outside)));
        check("UNOX", b"\x1b$B%+%(%G?e;:\x1b(B", "カエデ水産", None);
        check("UNOX", b"\x1b$)C\x0e9+?*\x0f", "무역", None);
        check("XXXX", b"a\xe4", "a⟨E4⟩", Some((1, Outside)));
        check("UNOB", b"two\r\nlines", "two⟨0D⟩⟨0A⟩lines", None);
    }

    /// Which bytes each level of one byte a character allows: as many as its part of ISO 8859 has, none of
    /// them a control character, and each goes to text and back.
    #[test]
    fn each_level_allows_what_its_table_has() {
        let check = |identifier: &str, expect: usize| {
            let charset = Charset::of(identifier.as_bytes());
            let allowed: Vec<u8> =
                (0..=255).filter(|b| !matches!(b, b'\r' | b'\n') && charset.check(&[*b]).is_none()).collect();
            assert_eq!(allowed.len(), expect, "{identifier}");
            for byte in 0..=255u8 {
                let text = charset.text(&[byte]);
                let back = charset.bytes(&text).filter(|_| text.chars().count() == 1);
                assert_eq!(
                    back == Some(vec![byte]),
                    allowed.contains(&byte),
                    "{identifier} {byte:02x} {text}"
                );
            }
        };
        let levels = [("UNOA", 57), ("UNOB", 83), ("UNOC", 191), ("UNOD", 191), ("UNOE", 191), ("UNOF", 188)];
        levels.into_iter().for_each(|(identifier, expect)| check(identifier, expect));
        let levels =
            [("UNOG", 184), ("UNOH", 191), ("UNOI", 146), ("UNOJ", 155), ("UNOK", 191), ("UNOL", 191)];
        levels.into_iter().for_each(|(identifier, expect)| check(identifier, expect));
        check("IATA", 95);
        check("XXXX", 95);
    }

    #[test]
    fn levels_of_several_bytes_keep_every_letter_of_their_country() {
        for identifier in ["UNOW", "UNOY", "UNOX", "KECA", "SHIFT_JIS"] {
            let charset = Charset::named(identifier).unwrap();
            let letters: &[&str] = match identifier {
                "KECA" => &["무역 A1", "韓國", "똠방각하"],
                "SHIFT_JIS" => &["カエデ水産 A1", "表ソ能", "ｶﾅ"],
                "UNOX" => &["カエデ水産 A1", "무역 A1", "A1"],
                _ => &["カエデ水産", "무역", "똠", "München ąЖΩא"],
            };
            for text in letters {
                let bytes = charset.bytes(text).unwrap();
                assert_eq!(
                    (charset.check(&bytes), charset.text(&bytes).as_str()),
                    (None, *text),
                    "{identifier}"
                );
            }
            assert_eq!(charset.check(b"\x00").map(|(_, bad)| bad), Some(BadCharacter::Control));
        }
        assert_eq!(Charset::named("UNOX").unwrap().bytes("Ж").map(|b| b.len()), Some(8), "JIS X 0208 has it");
        assert_eq!(Charset::named("SHIFT_JIS").unwrap().bytes("무역"), None);
        assert_eq!(Charset::named("KECA").unwrap().bytes("😀"), None);
    }
}
