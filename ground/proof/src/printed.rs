//! A receipt on paper: the file in one QR code, or, when it is longer than a code holds, in several
//! numbered ones that are put together again whatever the order they are read in.
//!
//! ```text
//! corridor/receipt-part/v1 2 3 4f1d22aa
//! <the second of three pieces of the file whose SHA-256 begins so>
//! ```

use corridor_base::{Digest, Problem};

use crate::receipt::MAX_PROOF_FILE;
use crate::statement::refuse;

/// The first word of a part.
const HEADER: &str = "corridor/receipt-part/v1";
/// What the largest QR code holds, in bytes (ISO/IEC 18004, version 40, error correction L).
pub const MAX_CODE: usize = 2953;
/// The longest first line of a part.
const MAX_HEADER: usize = 48;
/// The most parts: as many receipts are no longer printed than fit on some pages.
pub const MAX_PARTS: usize = 32;

/// The contents of the codes that carry the file: the file itself, when it fits into `most` bytes.
///
/// # Errors
/// `malformed` when there would be more than [`MAX_PARTS`].
pub fn split(file: &[u8], most: usize) -> Result<Vec<Vec<u8>>, Problem> {
    if file.len() <= most {
        return Ok(vec![file.to_vec()]);
    }
    let room = most.saturating_sub(MAX_HEADER).max(1);
    let pieces: Vec<&[u8]> = file.chunks(room).collect();
    if pieces.len() > MAX_PARTS {
        return Err(bad("the receipt is too long for paper"));
    }
    let of = pieces.len();
    let part = |(i, piece): (usize, &&[u8])| {
        [format!("{HEADER} {} {of} {}\n", i + 1, short(file)).as_bytes(), piece].concat()
    };
    Ok(pieces.iter().enumerate().map(part).collect())
}

/// Puts parts together, in any order, each as often as it was read. What is no part is the file itself.
///
/// # Errors
/// `malformed` when a part is missing, or parts of several receipts were read.
pub fn join(parts: &[Vec<u8>]) -> Result<Vec<u8>, Problem> {
    if let [file] = parts
        && !file.starts_with(HEADER.as_bytes())
    {
        return Ok(file.clone());
    }
    let read: Vec<Part<'_>> = parts.iter().map(|p| Part::parse(p)).collect::<Result<_, _>>()?;
    let first = read.first().ok_or_else(|| bad("no part"))?;
    let mut pieces: Vec<Option<&[u8]>> = vec![None; first.of];
    for part in &read {
        if part.of != first.of || part.whole != first.whole {
            return Err(bad("parts of different receipts"));
        }
        if let Some(place) = pieces.get_mut(part.number - 1) {
            *place = Some(part.bytes);
        }
    }
    let missing: Vec<String> =
        (1..).zip(&pieces).filter(|(_, p)| p.is_none()).map(|(n, _): (usize, _)| n.to_string()).collect();
    if !missing.is_empty() {
        return Err(bad(&format!("of {} parts these are missing: {}", first.of, missing.join(", "))));
    }
    let file = pieces.into_iter().flatten().collect::<Vec<_>>().concat();
    if short(&file) == first.whole { Ok(file) } else { Err(bad("the parts do not make the receipt")) }
}

struct Part<'a> {
    number: usize,
    of: usize,
    whole: &'a str,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Problem> {
        let wrong = || bad("a code that is no part of a receipt");
        let end = bytes.iter().take(MAX_HEADER).position(|b| *b == b'\n').ok_or_else(wrong)?;
        let (line, rest) = bytes.split_at_checked(end).ok_or_else(wrong)?;
        let words: Vec<&str> = std::str::from_utf8(line).map_err(|_| wrong())?.split(' ').collect();
        let [HEADER, number, of, whole] = words.as_slice() else { return Err(wrong()) };
        let (Ok(number), Ok(of)) = (number.parse::<usize>(), of.parse::<usize>()) else {
            return Err(wrong());
        };
        let spelt = format!("{HEADER} {number} {of} {whole}").as_bytes() == line
            && whole.len() == 8
            && whole.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !spelt || !(1..=of).contains(&number) || of > MAX_PARTS || rest.len() > MAX_PROOF_FILE {
            return Err(wrong());
        }
        Ok(Self { number, of, whole, bytes: rest.strip_prefix(b"\n").unwrap_or(rest) })
    }
}

/// The first eight digits of the file's SHA-256.
fn short(file: &[u8]) -> String {
    Digest::of(file).to_string().chars().take(8).collect()
}

fn bad(why: &str) -> Problem {
    refuse("printed receipt", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(parts: &[Vec<u8>], expect: &str) {
        let why = join(parts).err().and_then(|p| p.arg("why").map(str::to_owned)).unwrap_or_default();
        assert!(why.contains(expect), "{why}");
    }

    #[test]
    fn parts_that_do_not_make_a_receipt_are_refused_by_name() {
        let file: Vec<u8> = (0..250u8).collect();
        let other: Vec<u8> = (1..251u8).collect();
        let (parts, others) = (split(&file, 148).unwrap(), split(&other, 148).unwrap());
        assert_eq!(parts.len(), 3);
        check(&parts[..2], "missing: 3");
        check(&parts[1..2], "missing: 1, 3");
        check(&[parts[0].clone(), others[1].clone(), parts[2].clone()], "different");
        let mut altered = parts.clone();
        altered[1][100] ^= 1;
        check(&altered, "do not make");
        check(&[], "no part");
        check(&[b"a".to_vec(), b"b".to_vec()], "no part of a receipt");
        check(&[b"corridor/receipt-part/v1 0 1 00000000\n".to_vec()], "no part of a receipt");
        check(&[b"corridor/receipt-part/v1 1 9999 00000000\n".to_vec()], "no part of a receipt");
        assert!(split(&file, 49).is_err());
    }

    proptest! {
        #[test]
        fn what_is_split_is_joined(file in proptest::collection::vec(any::<u8>(), 0..2000), most in 120usize..3000) {
            let mut parts = split(&file, most).unwrap();
            prop_assert!(parts.iter().all(|p| p.len() <= most));
            parts.reverse();
            parts.push(parts[0].clone());
            if parts.len() > 2 {
                prop_assert_eq!(join(&parts).unwrap(), file);
            } else {
                prop_assert_eq!(join(&parts[..1]).unwrap(), file);
            }
        }

        #[test]
        fn arbitrary_parts_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = join(&[bytes.clone(), [b"corridor/receipt-part/v1 ".as_slice(), &bytes].concat()]);
        }
    }
}
