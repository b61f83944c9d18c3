//! Codes of an authenticator: TOTP (RFC 6238) as every authenticator speaks it, HMAC-SHA-1, six
//! digits, thirty seconds. A code counts within one step of the clock and once only (RFC 6238, 5.2):
//! the step it stands for is written down in the unit that accepts it.

use aws_lc_rs::hmac;
use corridor_base::{Random, Timestamp};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How long one code stands, in seconds.
const STEP: i64 = 30;
/// How many digits a code has.
pub const DIGITS: usize = 6;
/// How many steps the clock of an authenticator may be off, either way.
const DRIFT: i64 = 1;

/// What an authenticator and this node share: 160 random bits (RFC 4226, 4, R6).
pub struct Seed(Zeroizing<Vec<u8>>);

impl Seed {
    /// A new one.
    #[must_use]
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new(vec![0; 20]);
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// One that was kept.
    #[must_use]
    pub fn of(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes, for sealing.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text that a person may type into an authenticator: base32 (RFC 4648), in groups of four.
    #[must_use]
    pub fn text(&self) -> String {
        let plain = base32(&self.0);
        let letters: Vec<char> = plain.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    /// The address that the square on the screen shows (Key URI Format of the authenticators).
    #[must_use]
    pub fn address(&self, issuer: &str, account: &str) -> String {
        let escaped = |text: &str| {
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            encoded.replace('+', "%20")
        };
        let (issuer, account) = (escaped(issuer), escaped(account));
        format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", base32(&self.0))
    }

    /// The step that a code stands for, when it is right now and later than the step used last.
    #[must_use]
    pub fn step(&self, code: &str, now: Timestamp, last: i64) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).map(ascii_digit).collect();
        if digits.len() != DIGITS {
            return None;
        }
        let today = now.seconds().div_euclid(STEP);
        let mut found = None;
        // All are compared, whichever fits.
        for step in today - DRIFT..=today + DRIFT {
            let right: bool = self.code(step).as_bytes().ct_eq(digits.as_bytes()).into();
            if right && step > last {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step (RFC 4226, 5.3).
    #[must_use]
    pub fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let mac = hmac::sign(&key, &step.to_be_bytes());
        let bytes = mac.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
        let window = bytes.get(offset..offset + 4).unwrap_or_default();
        let number = window.iter().fold(0u32, |sum, b| sum << 8 | u32::from(*b)) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// The code of this instant: what an authenticator shows.
    #[must_use]
    pub fn now(&self, now: Timestamp) -> String {
        self.code(now.seconds().div_euclid(STEP))
    }
}

/// A digit as a person's input method may write it: Japanese keyboards give full-width ones.
fn ascii_digit(c: char) -> char {
    match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        other => other,
    }
}

/// RFC 4648, 6, without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for block in bytes.chunks(5) {
        let filled = block.iter().fold(0u64, |sum, b| sum << 8 | u64::from(*b)) << (8 * (5 - block.len()));
        let letters = (block.len() * 8).div_ceil(5);
        for place in 0..letters {
            let index = usize::try_from(filled >> (35 - 5 * place) & 31).unwrap_or_default();
            text.push(LETTERS.get(index).copied().map_or('A', char::from));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(text: &str) -> Seed {
        Seed::of(Zeroizing::new(text.as_bytes().to_vec()))
    }

    /// RFC 6238, appendix B, SHA-1, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let check = |seconds: i64, expect: &str| {
            assert_eq!(seed("12345678901234567890").now(Timestamp::from_millis(seconds * 1000)), expect);
        };
        check(59, "287082");
        check(1_111_111_109, "081804");
        check(1_111_111_111, "050471");
        check(1_234_567_890, "005924");
        check(2_000_000_000, "279037");
        check(20_000_000_000, "353130");
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_counters_are_those_of_the_rfc() {
        let expect = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (step, code) in (0..).zip(expect) {
            assert_eq!(seed("12345678901234567890").code(step), code);
        }
    }

    #[test]
    fn a_code_counts_within_one_step_and_once() {
        let seed = seed("12345678901234567890");
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let code = seed.now(at(1_111_111_109));
        let step = 1_111_111_109 / 30;
        let check = |now: i64, last: i64, expect: Option<i64>| {
            assert_eq!(seed.step(&code, at(now), last), expect, "{now} after {last}");
        };
        check(1_111_111_109, 0, Some(step));
        check(1_111_111_109 + 30, 0, Some(step));
        check(1_111_111_109 - 30, 0, Some(step));
        check(1_111_111_109 + 61, 0, None);
        check(1_111_111_109 - 61, 0, None);
        check(1_111_111_109, step, None);
        check(1_111_111_109, step - 1, Some(step));
        assert_eq!(seed.step(" 081 804 ", at(1_111_111_109), 0), Some(step));
        assert_eq!(seed.step("０８１８０４", at(1_111_111_109), 0), Some(step));
        for wrong in ["", "08180", "0818040", "081805", "abcdef", "٠٨١٨٠٤"] {
            assert_eq!(seed.step(wrong, at(1_111_111_109), 0), None, "{wrong}");
        }
    }

    #[test]
    fn the_seed_is_shown_as_authenticators_take_it() {
        let seed = seed("12345678901234567890");
        assert_eq!(seed.text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            seed.address("corridor.example.jp 税関", "kim@busan"),
            "otpauth://totp/corridor.example.jp%20%E7%A8%8E%E9%96%A2:kim%40busan?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=corridor.example.jp%20%E7%A8%8E%E9%96%A2"
        );
        // RFC 4648, 10, without padding.
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
        }
    }
}
