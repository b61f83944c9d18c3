//! How several small documents stand in one body, and the answer to them.

use bytes::{BufMut, Bytes, BytesMut};
use corridor_base::problem::ProblemDocument;
use corridor_base::{ErrorCode, Problem, Result};
use serde::{Deserialize, Serialize};

use crate::wire::{MAX_TOGETHER, MOST_TOGETHER};

/// The two lengths before each document, in bytes.
const LENGTHS: usize = 8;

/// The bytes that a document takes.
pub(super) fn size(envelope: &[u8], content: &[u8]) -> usize {
    LENGTHS + envelope.len() + content.len()
}

/// Envelope after envelope, each with its content behind it and the lengths of both before it, in four bytes
/// each, the highest first.
///
/// # Errors
/// `internal` when one is too long for that, which nothing small is.
pub(super) fn write(documents: &[(&[u8], &[u8])]) -> Result<Bytes> {
    let long = |_| Problem::new(ErrorCode::Internal).with("why", "a document too large to go with others");
    let all = documents.iter().map(|(envelope, content)| size(envelope, content)).sum();
    let mut body = BytesMut::with_capacity(all);
    for (envelope, content) in documents {
        body.put_u32(u32::try_from(envelope.len()).map_err(long)?);
        body.put_u32(u32::try_from(content.len()).map_err(long)?);
        body.put_slice(envelope);
        body.put_slice(content);
    }
    Ok(body.freeze())
}

/// Takes such a body apart into envelopes and contents, without copying.
///
/// # Errors
/// `malformed` when it breaks off, holds nothing, or more than [`MOST_TOGETHER`]; `too-large` beyond
/// [`MAX_TOGETHER`].
pub(super) fn read(mut body: Bytes) -> Result<Vec<(Bytes, Bytes)>> {
    let wrong = |why: String| Problem::new(ErrorCode::Malformed).with("what", "deliveries").with("why", why);
    if body.len() > MAX_TOGETHER {
        let limit = format!("{MAX_TOGETHER} bytes");
        return Err(Problem::new(ErrorCode::TooLarge).with("what", "deliveries").with("limit", limit));
    }
    let mut documents = Vec::new();
    while !body.is_empty() {
        if documents.len() == MOST_TOGETHER {
            return Err(wrong(format!("more than {MOST_TOGETHER}")));
        }
        let document = one(&mut body);
        documents.push(document.ok_or_else(|| wrong(format!("{} break off", documents.len() + 1)))?);
    }
    if documents.is_empty() { Err(wrong("none".to_owned())) } else { Ok(documents) }
}

fn one(body: &mut Bytes) -> Option<(Bytes, Bytes)> {
    let envelope = length(body)?;
    let content = length(body)?;
    (envelope.checked_add(content)? <= body.len()).then(|| (body.split_to(envelope), body.split_to(content)))
}

fn length(body: &mut Bytes) -> Option<usize> {
    let bytes: [u8; 4] = body.get(..4)?.try_into().ok()?;
    let _ = body.split_to(4);
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// What became of each, in the order they stood in.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answers {
    /// One for each document.
    pub(super) items: Vec<Answered>,
}

/// What became of one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answered {
    /// It is durable there, now or already: the acknowledgement, a signed note.
    Acknowledged(String),
    /// It is not, and why.
    Refused(ProblemDocument),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(body: &'static [u8]) -> &'static str {
        read(Bytes::from_static(body)).map_or_else(|problem| problem.code().as_str(), |_| "right")
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let check = |body, expect| assert_eq!(code(body), expect, "{body:?}");
        check(b"", "malformed");
        check(&[0; 7], "malformed");
        check(&[0; 8], "right");
        check(b"\0\0\0\x01\0\0\0\x01ec", "right");
        check(b"\0\0\0\x01\0\0\0\x01e", "malformed");
        check(b"\0\0\0\x01\0\0\0\x01ecx", "malformed");
        check(b"\xff\xff\xff\xff\xff\xff\xff\xff", "malformed");
        check(&[0; 8 * MOST_TOGETHER], "right");
        check(&[0; 8 * (MOST_TOGETHER + 1)], "malformed");
        check(&[0; MAX_TOGETHER + 1], "too-large");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(all in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), prop::collection::vec(any::<u8>(), 0..40)), 1..=MOST_TOGETHER)) {
            let written: Vec<_> = all.iter().map(|(e, c)| (e.as_slice(), c.as_slice())).collect();
            let read = read(write(&written).unwrap()).unwrap();
            prop_assert_eq!(read.iter().map(|(e, c)| (&e[..], &c[..])).collect::<Vec<_>>(), written);
        }

        #[test]
        fn nothing_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..2000)) {
            if let Ok(read) = read(Bytes::from(body.clone())) {
                let all: Vec<_> = read.iter().map(|(e, c)| (&e[..], &c[..])).collect();
                prop_assert_eq!(&write(&all).unwrap()[..], &body[..]);
            }
        }
    }
}
