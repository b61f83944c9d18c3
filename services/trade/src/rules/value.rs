//! Whether a value is written as its data element says (ISO 9735-1, section 10 and, for syntax 4, 9).

use crate::directory::{Kind, Representation};
use crate::edifact::{Charset, Delimiters, FaultCode};

/// Which decimal marks are right: the one that was announced, before syntax 4 made both right always.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    only: Option<u8>,
}

impl Marks {
    pub(super) fn of(version: u8, delimiters: &Delimiters) -> Self {
        let known = matches!(delimiters.decimal, b'.' | b',');
        // Without UNA the mark is a point by default, and a comma is as good (ISO 9735:1988, 10.1).
        let announced = version < 4 && known && delimiters.decimal == b',';
        Self { only: announced.then_some(b',') }
    }

    fn is(self, byte: u8) -> bool {
        matches!(byte, b'.' | b',')
    }

    fn right(self, byte: u8) -> bool {
        self.only.is_none_or(|only| only == byte)
    }
}

/// What is wrong with a value, if anything is. `value` has its release characters resolved.
#[inline]
pub(super) fn check(
    value: &[u8],
    as_said: Representation,
    charset: Charset,
    marks: Marks,
) -> Option<FaultCode> {
    let length = match as_said.kind {
        Kind::Numeric => match digits(value, marks) {
            Ok(digits) => digits,
            Err(code) => return Some(code),
        },
        Kind::Alphabetic if value.iter().any(u8::is_ascii_digit) => return Some(FaultCode::WRONG_CHARACTERS),
        _ => characters(value, charset),
    };
    let most = usize::from(as_said.length);
    if length > most {
        Some(FaultCode::TOO_LONG)
    } else if length < most && !as_said.variable {
        Some(FaultCode::TOO_SHORT)
    } else {
        None
    }
}

/// How many characters: not bytes.
pub(super) fn characters(value: &[u8], charset: Charset) -> usize {
    let single = matches!(
        charset,
        Charset::LevelA
            | Charset::LevelB
            | Charset::Ascii
            | Charset::Latin1
            | Charset::Table(_)
            | Charset::Unknown
    );
    if single || value.is_ascii() && charset != Charset::Iso2022 {
        value.len()
    } else {
        charset.text(value).chars().count()
    }
}

/// Sign and decimal mark are not counted.
fn digits(value: &[u8], marks: Marks) -> Result<usize, FaultCode> {
    if value.iter().all(u8::is_ascii_digit) {
        return Ok(value.len());
    }
    let number = value.strip_prefix(b"-").unwrap_or(value);
    let Some(at) = number.iter().position(|b| marks.is(*b)) else {
        return if !number.is_empty() && number.iter().all(u8::is_ascii_digit) {
            Ok(number.len())
        } else {
            Err(FaultCode::WRONG_CHARACTERS)
        };
    };
    let (whole, rest) = number.split_at(at);
    let (mark, decimals) = rest.split_first().unwrap_or((&b'.', &[]));
    if !whole.iter().chain(decimals).all(u8::is_ascii_digit) {
        return Err(FaultCode::WRONG_CHARACTERS);
    }
    if whole.is_empty() {
        return Err(FaultCode::NO_DIGIT_BEFORE_MARK);
    }
    if decimals.is_empty() || !marks.right(*mark) {
        return Err(FaultCode::WRONG_DECIMAL);
    }
    Ok(whole.len() + decimals.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_said() {
        let comma = Delimiters { decimal: b',', ..Delimiters::default_of(3) };
        let check = |said: &str, value: &str, code: Option<u16>| {
            let said = Representation::parse(said).unwrap();
            let found =
                super::check(value.as_bytes(), said, Charset::Utf8, Marks::of(3, &Delimiters::default_of(3)));
            assert_eq!(found.map(|c| c.0), code, "{said} {value}");
        };
        check("an..3", "ABC", None);
        check("an..3", "日本語", None);
        check("an..3", "ABCD", Some(39));
        check("an3", "AB", Some(40));
        check("a3", "A1C", Some(37));
        check("a..3", "KRW", None);
        check("n..3", "123", None);
        check("n..3", "-12.3", None);
        check("n..3", "-12,3", None);
        check("n..3", "12.34", Some(39));
        check("n..3", "1A", Some(37));
        check("n..3", "+1", Some(37));
        check("n..3", "-", Some(37));
        check("n..3", ".5", Some(38));
        check("n..3", "5.", Some(19));
        check("n..3", "1.2.3", Some(37));
        check("n2", "1", Some(40));
        let said = Representation::parse("n..5").unwrap();
        let with =
            |version| super::check(b"1.5", said, Charset::Ascii, Marks::of(version, &comma)).map(|c| c.0);
        assert_eq!((with(3), with(4)), (Some(19), None));
        assert_eq!(characters(b"\x1b$B%+%(\x1b(B", Charset::Iso2022), 2);
    }
}
