//! Bytes as text that people correct, from which the same bytes are made again: what cannot be read stands there
//! as `⟨XX⟩` in hexadecimal, and goes back as it was.

use super::Charset;

/// Opens a byte in hexadecimal.
const OPEN: char = '⟨';

impl Charset {
    /// The bytes as text from which [`Charset::exact_bytes`] makes them again.
    #[must_use]
    pub fn exact_text(self, bytes: &[u8]) -> String {
        let text = self.text(bytes);
        if self == Self::Iso2022 || self.exact_bytes(&text).as_deref() == Some(bytes) {
            return text;
        }
        let mut text = String::with_capacity(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (shown, length) = self.first(rest);
            text.push_str(&shown);
            rest = rest.get(length..).unwrap_or_default();
        }
        text
    }

    /// The first character and its length; the first byte where that cannot be read, has another spelling
    /// (windows-31j has two of some), or is the sign that opens a byte.
    fn first(self, bytes: &[u8]) -> (String, usize) {
        let exact = (1..=4).find_map(|length| {
            let prefix = bytes.get(..length)?;
            let shown = self.text(prefix);
            let one = shown.chars().count() == 1 && !shown.starts_with(OPEN);
            (one && self.spelled(&shown).as_deref() == Some(prefix)).then_some((shown, length))
        });
        exact.unwrap_or_else(|| (super::escaped(bytes.get(..1).unwrap_or_default()), 1))
    }

    /// The bytes of a text, `⟨XX⟩` standing for a byte; nothing when these characters do not have it, or it holds
    /// control characters. ISO 2022 switches sets where we would, which reads the same.
    #[must_use]
    pub fn exact_bytes(self, text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once(OPEN) {
            bytes.extend(self.spelled(plain)?);
            match hexadecimal(after) {
                Some((byte, after)) => {
                    bytes.push(byte);
                    rest = after;
                }
                None => {
                    bytes.extend(self.spelled("⟨")?);
                    rest = after;
                }
            }
        }
        bytes.extend(self.spelled(rest)?);
        Some(bytes)
    }
}

/// A byte, and what comes after it.
fn hexadecimal(text: &str) -> Option<(u8, &str)> {
    let (digits, after) = text.split_at_checked(2)?;
    let byte =
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())??;
    Some((byte, after.strip_prefix('⟩')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_back_to_its_bytes() {
        let check = |name: &str, bytes: &[u8], expect: &str| {
            let charset = Charset::named(name).unwrap();
            assert_eq!(charset.exact_text(bytes), expect, "{name}");
            assert_eq!(charset.exact_bytes(expect).as_deref(), Some(bytes), "{name} {expect}");
        };
        check("UNOA", b"Busan", "Busan");
        check("UNOC", b"\x93M\xfcnchen", "⟨93⟩München");
        check("UNOA", b"M\xfcnchen\0", "M⟨FC⟩nchen⟨00⟩");
        // Some are written in two ways, and go back as they came.
        check("SHIFT_JIS", b"\xed\x40\xfa\x5c", "⟨ED⟩@纊");
        check("UNOY", "a⟨0D⟩ \u{85}水".as_bytes(), "a⟨E2⟩⟨9F⟩⟨A8⟩0D⟩ ⟨C2⟩⟨85⟩水");
        check("UNOX", b"\x1b$B%+%(\x1b(B \x1b$)", "⟨1B⟩$B%+%(⟨1B⟩(B ⟨1B⟩$)");
        check("UNOX", b"NAD+\x1b$)C\x0e9+?*\x0f+A", "NAD+무역+A");
        check("SHIFT_JIS", b"\x83\x5c \x83", "⟨83⟩\\ ⟨83⟩");
        // What is no byte of ours is a sign like others, where the characters have it.
        assert_eq!(Charset::Utf8.exact_bytes("⟨+1⟩").as_deref(), Some("⟨+1⟩".as_bytes()));
        assert_eq!(Charset::Latin1.exact_bytes("⟨+1⟩"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), which in 0usize..9) {
            let name = ["UNOA", "UNOB", "UNOC", "UNOD", "UNOK", "UNOY", "KECA", "SHIFT_JIS", "WINDOWS-1252"][which];
            let charset = Charset::named(name).unwrap();
            let text = charset.exact_text(&bytes);
            proptest::prop_assert_eq!(charset.exact_bytes(&text), Some(bytes), "{} {}", name, text);
        }
    }
}
