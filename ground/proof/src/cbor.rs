//! As much CBOR (RFC 8949) as a COSE receipt is made of: definite lengths, no floating point. A crate
//! for all of it would bring a third of this one's dependencies for a hundred lines.

use corridor_base::Problem;

use crate::statement::refuse;

/// How deep arrays, maps and tags may stand in each other.
const MAX_DEPTH: usize = 8;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number, positive or negative.
    Number(i128),
    /// A string of bytes.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// Items in order.
    Array(Vec<Value<'a>>),
    /// Pairs, no key twice.
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// An item with a tag.
    Tagged(u64, Box<Value<'a>>),
    /// Null.
    Null,
    /// False, true, or a simple value that means nothing here.
    Simple(u8),
}

impl<'a> Value<'a> {
    /// The bytes, when it is a string of bytes.
    #[must_use]
    pub fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The items, when it is an array.
    #[must_use]
    pub fn array(&self) -> Option<&[Value<'a>]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The number, when it is one.
    #[must_use]
    pub fn number(&self) -> Option<i128> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The value of this key, when it is a map that has it.
    #[must_use]
    pub fn get(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }
}

/// Reads one item that is all of the input.
///
/// # Errors
/// `malformed`.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, Problem> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(MAX_DEPTH)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(bad("bytes after the end")) }
}

/// Reads the first item, and gives back what follows it.
///
/// # Errors
/// `malformed`.
pub fn parse_first(bytes: &[u8]) -> Result<(Value<'_>, &[u8]), Problem> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(MAX_DEPTH)?;
    Ok((value, reader.rest))
}

fn bad(why: &str) -> Problem {
    refuse("CBOR", why)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Problem> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| bad("it is cut"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn head(&mut self) -> Result<(u8, u8, u64), Problem> {
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let info = first & 0x1f;
        let argument = match info {
            0..=23 => u64::from(info),
            24..=27 => {
                let bytes = self.take(1 << (info - 24))?;
                bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
            }
            _ => return Err(bad("a length that is not definite")),
        };
        Ok((first >> 5, info, argument))
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, Problem> {
        let below = depth.checked_sub(1).ok_or_else(|| bad("too deep"))?;
        let (major, info, argument) = self.head()?;
        let length = usize::try_from(argument).unwrap_or(usize::MAX);
        Ok(match major {
            0 => Value::Number(argument.into()),
            1 => Value::Number(-1 - i128::from(argument)),
            2 => Value::Bytes(self.take(length)?),
            3 => Value::Text(std::str::from_utf8(self.take(length)?).map_err(|_| bad("text is not UTF-8"))?),
            4 => Value::Array(self.items(length, below)?),
            5 => self.map(length, below)?,
            6 => Value::Tagged(argument, Box::new(self.value(below)?)),
            _ => match info {
                22 => Value::Null,
                25..=27 => return Err(bad("floating point")),
                _ => Value::Simple(u8::try_from(argument).unwrap_or_default()),
            },
        })
    }

    /// Every item takes a byte at least, so that what is announced is bounded by what is there.
    fn items(&mut self, count: usize, depth: usize) -> Result<Vec<Value<'a>>, Problem> {
        if count > self.rest.len() {
            return Err(bad("it is cut"));
        }
        (0..count).map(|_| self.value(depth)).collect()
    }

    fn map(&mut self, count: usize, depth: usize) -> Result<Value<'a>, Problem> {
        // Keys are compared with each other: what a receipt has is a handful.
        if count > 64 {
            return Err(bad("a map of more than 64 entries"));
        }
        let mut pairs: Vec<(Value<'a>, Value<'a>)> = Vec::new();
        for _ in 0..count {
            let key = self.value(depth)?;
            if pairs.iter().any(|(k, _)| *k == key) {
                return Err(bad("a key twice in a map"));
            }
            pairs.push((key, self.value(depth)?));
        }
        Ok(Value::Map(pairs))
    }
}

/// Writes items in the deterministic encoding (RFC 8949, 4.2.1); whoever writes a map writes its keys
/// in their order.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn array(mut self, count: usize) -> Self {
        self.head(4, count as u64);
        self
    }

    pub(crate) fn map(mut self, count: usize) -> Self {
        self.head(5, count as u64);
        self
    }

    pub(crate) fn tag(mut self, tag: u64) -> Self {
        self.head(6, tag);
        self
    }

    pub(crate) fn number(mut self, number: u64) -> Self {
        self.head(0, number);
        self
    }

    /// The number −1 − n.
    pub(crate) fn negative(mut self, n: u64) -> Self {
        self.head(1, n);
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.head(2, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.head(3, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn null(mut self) -> Self {
        self.0.push(0xf6);
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, argument: u64) {
        let start = major << 5;
        let bytes = argument.to_be_bytes();
        let (info, width) = match argument {
            0..=23 => return self.0.push(start | bytes[7]),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(start | info);
        self.0.extend(bytes.iter().skip(8 - width));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(hexed: &str, expect: Option<Value<'_>>) {
        let bytes = hex::decode(hexed).unwrap();
        assert_eq!(parse(&bytes).ok(), expect, "{hexed}");
    }

    /// Examples of RFC 8949, appendix A, and what is not read here.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        check("00", Some(Value::Number(0)));
        check("17", Some(Value::Number(23)));
        check("1903e8", Some(Value::Number(1000)));
        check("1bffffffffffffffff", Some(Value::Number(u64::MAX.into())));
        check("3bffffffffffffffff", Some(Value::Number(-1 - i128::from(u64::MAX))));
        check("20", Some(Value::Number(-1)));
        check("f6", Some(Value::Null));
        check("f5", Some(Value::Simple(21)));
        check("4401020304", Some(Value::Bytes(&[1, 2, 3, 4])));
        check("62c3bc", Some(Value::Text("\u{fc}")));
        check("a10203", Some(Value::Map(vec![(Value::Number(2), Value::Number(3))])));
        check("c101", Some(Value::Tagged(1, Box::new(Value::Number(1)))));
        check(
            "8201820203",
            Some(Value::Array(vec![
                Value::Number(1),
                Value::Array(vec![Value::Number(2), Value::Number(3)]),
            ])),
        );
        for bad in [
            "",
            "18",
            "f90000",
            "5f42010243030405ff",
            "9fff",
            "9bffffffffffffffff",
            "5bffffffffffffffff",
            "61ff",
            "a201020103",
            "0000",
            "1c",
            "818181818181818100",
        ] {
            check(bad, None);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn numbers_and_bytes_come_back(n in any::<u64>(), bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let out = Writer::default().array(4).number(n).negative(n).bytes(&bytes).null().finish();
            let expect = [Value::Number(n.into()), Value::Number(-1 - i128::from(n)), Value::Bytes(&bytes), Value::Null];
            let back = parse(&out).unwrap();
            prop_assert_eq!(back.array().unwrap(), expect.as_slice());
        }
    }
}
