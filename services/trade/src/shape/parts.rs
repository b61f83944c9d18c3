//! The messages of an interchange, one by one: each can be read alone, put back corrected, or sent without the
//! others, which a partner may have taken already.

use std::io::BufRead as _;

use corridor_base::{ErrorCode, Problem, Result};

use super::amend::encode;
use super::ready::segments;
use crate::edifact::Options;
use crate::edifact::convert::{Line, from_json, to_json};

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

fn refuse(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "EDIFACT").with("why", why)
}

/// The segments of a text.
pub(super) fn lines(text: &str) -> Result<Vec<Line>> {
    let bytes = encode(text)?;
    let mut json = Vec::new();
    let failed = |e: std::io::Error| Problem::new(ErrorCode::StorageFailed).because(e);
    to_json(&mut bytes.as_slice(), Options::default(), &mut json).map_err(failed)?;
    let line = |line: std::io::Result<String>| {
        serde_json::from_str(&line.map_err(failed)?).map_err(|e| refuse(&e.to_string()))
    };
    json.lines().map(line).collect()
}

/// The interchange of these segments.
pub(super) fn interchange(lines: &[Line]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        text.push(b'\n');
    }
    let mut out = Vec::new();
    from_json(&mut text.as_slice(), &mut out)?;
    Ok(out)
}

fn value(line: &Line, element: usize, component: usize) -> &str {
    let found = line.elements.get(element - 1).and_then(|e| e.first()).and_then(|r| r.get(component - 1));
    found.map_or("", String::as_str)
}

fn found(lines: &[Line]) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    let mut open: Option<Part> = None;
    for (at, line) in lines.iter().enumerate() {
        match (line.tag.as_str(), &mut open) {
            ("UNH", open) => {
                *open = Some(Part { kind: value(line, 2, 1).to_owned(), from: at, ..Part::default() })
            }
            ("BGM", Some(part)) if part.number.is_empty() => value(line, 2, 1).clone_into(&mut part.number),
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
pub fn parts(text: &str) -> Result<Vec<Part>> {
    Ok(found(&lines(text)?))
}

/// The lines, and one of the messages, counted from 1.
fn message(text: &str, at: usize) -> Result<(Vec<Line>, Part)> {
    let lines = lines(text)?;
    let part = at.checked_sub(1).and_then(|at| found(&lines).into_iter().nth(at));
    let part = part.ok_or_else(|| refuse("no such message"))?;
    Ok((lines, part))
}

/// The interchange with this message alone: without groups, and with counts that are right once it is written
/// anew ([`super::rewrite`]).
///
/// # Errors
/// `malformed`, `too-large`.
pub fn alone(text: &str, at: usize) -> Result<String> {
    let (lines, part) = message(text, at)?;
    let kept: Vec<Line> = lines
        .into_iter()
        .enumerate()
        .filter(|(at, line)| {
            (part.from..part.to).contains(at) || matches!(line.tag.as_str(), "UNA" | "UNB" | "UNZ")
        })
        .map(|(_, line)| line)
        .collect();
    Ok(segments(&interchange(&kept)?))
}

/// The interchange with another message in the place of this one: the first of `with`. Its reference stays.
///
/// # Errors
/// `malformed`: no such message, or characters that the interchange does not have; `too-large`.
pub fn put(text: &str, at: usize, with: &[u8]) -> Result<String> {
    let (mut lines, part) = message(text, at)?;
    let (new, first) = message(&segments(with), 1)?;
    let mut body: Vec<Line> = new.get(first.from..first.to).unwrap_or_default().to_vec();
    for line in &mut body {
        let (old, element) = match line.tag.as_str() {
            "UNH" => (lines.get(part.from), 1),
            "UNT" => (part.to.checked_sub(1).and_then(|end| lines.get(end)), 2),
            _ => continue,
        };
        let reference = old.map(|old| value(old, element, 1).to_owned()).unwrap_or_default();
        if let Some(place) = line.elements.get_mut(element - 1).and_then(|e| e.first_mut()?.first_mut()) {
            *place = reference;
        }
    }
    lines.splice(part.from..part.to, body);
    Ok(segments(&interchange(&lines)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "UNB+UNOC:3+A+B+261101:0800+R'UNH+7+ORDERS:D:08A:UN'BGM+220+PO-1+9'UNT+3+7'\
        UNH+8+CUSDEC:D:08A:UN'BGM+929+D-2+9'DTM+137:20261101:102'UNT+4+8'UNZ+2+R'";

    #[test]
    fn messages_are_found_taken_out_and_put_back() {
        let all = parts(TWO).unwrap();
        let names: Vec<(&str, &str)> = all.iter().map(|p| (p.kind.as_str(), p.number.as_str())).collect();
        assert_eq!(names, [("ORDERS", "PO-1"), ("CUSDEC", "D-2")]);
        let second = alone(TWO, 2).unwrap().replace('\n', "");
        assert!(second.contains("UNH+8+CUSDEC") && !second.contains("ORDERS"), "{second}");
        let with =
            b"UNB+UNOC:3+X+Y+261101:0800+Q'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-9+9'FTX+AAI+++X'UNT+4+1'UNZ+1+Q'";
        let put = put(TWO, 1, with).unwrap().replace('\n', "");
        assert!(put.starts_with("UNB+UNOC:3+A+B+"), "{put}");
        assert!(
            put.contains("UNH+7+ORDERS:D:08A:UN'BGM+220+PO-9+9'FTX+AAI+++X'UNT+4+7'UNH+8+CUSDEC"),
            "{put}"
        );
        // A message that is cut, or is not there, is none.
        assert!(parts("UNB+UNOC:3+A+B+261101:0800+R'UNH+1+ORDERS:D:08A:UN'UNZ+1+R'").unwrap().is_empty());
        for at in [0, 3] {
            assert!(alone(TWO, at).is_err(), "{at}");
        }
        // Characters that the interchange does not have are refused, not replaced.
        let korean = "UNB+UNOY:4+X+Y+20261101:0800+Q'UNH+1+ORDERS:D:08A:UN'BGM+220+무역'UNT+3+1'UNZ+1+Q'";
        assert!(super::put(TWO, 1, korean.as_bytes()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(UNB\\+UNOC:3\\+A\\+B)?[A-Z+:'? \n]{0,80}\\PC{0,20}", at in 0usize..4) {
            let _ = (parts(&text), alone(&text, at), put(&text, at, text.as_bytes()));
        }
    }
}
