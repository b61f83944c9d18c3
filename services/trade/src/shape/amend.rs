//! An interchange that was refused, written anew from its text: with what it says it is (BGM 1225), a control
//! reference of its own, and counts that are right. Everything else stays as it was typed.

use corridor_base::{ErrorCode, Problem, Result, Timestamp};

use super::parts::{interchange, lines};
use crate::edifact::Charset;
use crate::edifact::convert::Line;
use crate::mapping::prepared;

/// The largest text, in bytes.
const LARGEST: usize = 4 << 20;

fn refuse(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "EDIFACT").with("why", why)
}

/// The characters that UNB of a text names.
fn charset(text: &str) -> Option<Charset> {
    let (_, after) = text.split_once("UNB")?;
    let named: String = after.chars().skip(1).take(4).collect();
    Some(Charset::of(named.as_bytes())).filter(|charset| *charset != Charset::Unknown)
}

/// The bytes of a text, in the characters that its UNB names. Lines are for people only.
///
/// # Errors
/// `malformed`, `too-large`.
pub fn encode(text: &str) -> Result<Vec<u8>> {
    if text.len() > LARGEST {
        let limit = format!("{LARGEST} bytes");
        return Err(Problem::new(ErrorCode::TooLarge).with("what", "EDIFACT").with("limit", limit));
    }
    let charset = charset(text).ok_or_else(|| refuse("no UNB that names its characters"))?;
    let one: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    charset.bytes(&one).ok_or_else(|| refuse("characters that the syntax of UNB does not have"))
}

/// The interchange with another function, reference and time, and with counts that are right.
///
/// # Errors
/// `malformed` for what is no interchange, or has no message to be amended.
pub fn rewrite(text: &str, function: &str, reference: &str, now: Timestamp) -> Result<Vec<u8>> {
    let mut lines = lines(text)?;
    if !lines.iter().any(|line| line.tag == "BGM") {
        return Err(refuse("no message with BGM"));
    }
    renew(&mut lines, function, reference, now);
    interchange(&lines)
}

/// The version that UNB names.
fn version(unb: &Line) -> &'static str {
    let said =
        unb.elements.first().and_then(|e| e.first()).and_then(|r| r.get(1)).map_or("3", String::as_str);
    if said == "4" { "4" } else { "3" }
}

fn renew(lines: &mut [Line], function: &str, reference: &str, now: Timestamp) {
    let (mut in_message, mut messages, mut groups, mut in_group) = (0u64, 0u64, 0u64, 0u64);
    for line in lines {
        in_message += 1;
        match line.tag.as_str() {
            "UNB" => {
                let [(_, date), (_, time)] = prepared(now, version(line));
                set(line, 4, 1, &date);
                set(line, 4, 2, &time);
                set(line, 5, 1, reference);
            }
            "UNG" => (groups, in_group) = (groups + 1, 0),
            "UNE" => set(line, 1, 1, &in_group.to_string()),
            "UNH" => {
                in_message = 1;
                messages += 1;
                in_group += 1;
            }
            "BGM" => set(line, 3, 1, function),
            "UNT" => set(line, 1, 1, &in_message.to_string()),
            "UNZ" => {
                set(line, 1, 1, &(if groups > 0 { groups } else { messages }).to_string());
                set(line, 2, 1, reference);
            }
            _ => {}
        }
    }
}

/// Puts a value in its place, both counted from 1.
fn set(line: &mut Line, element: usize, component: usize, value: &str) {
    if line.elements.len() < element {
        line.elements.resize(element, vec![vec![String::new()]]);
    }
    let Some(found) = line.elements.get_mut(element - 1) else { return };
    if found.is_empty() {
        found.push(Vec::new());
    }
    let Some(components) = found.first_mut() else { return };
    if components.len() < component {
        components.resize(component, String::new());
    }
    if let Some(place) = components.get_mut(component - 1) {
        value.clone_into(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> Result<String> {
        let now = Timestamp::parse("2026-11-28T09:00:00.000Z").unwrap();
        rewrite(text, "5", "NEWREF", now).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn function_reference_and_counts_are_new() {
        let check = |text: &str, expect: &str| assert_eq!(rewritten(text).unwrap(), expect, "{text}");
        check(
            "UNB+UNOC:3+A+B+261101:0800+OLD'\r\nUNH+1+ORDERS:D:08A:UN'\nBGM+220+PO-7+9'\nDTM+137:20261101:102'\nUNT+9+1'UNZ+7+OLD'\n",
            "UNB+UNOC:3+A+B+261128:0900+NEWREF'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-7+5'DTM+137:20261101:102'UNT+4+1'UNZ+1+NEWREF'",
        );
        check(
            "UNB+UNOC:3+A+B+261101:0800+OLD'UNG+ORDERS+A+B+261101:0800+1+UN+D:08A'UNH+1+ORDERS:D:08A:UN'BGM+220'UNT+3+1'UNE+1+1'UNZ+1+OLD'",
            "UNB+UNOC:3+A+B+261128:0900+NEWREF'UNG+ORDERS+A+B+261101:0800+1+UN+D:08A'UNH+1+ORDERS:D:08A:UN'BGM+220++5'UNT+3+1'UNE+1+1'UNZ+1+NEWREF'",
        );
    }

    #[test]
    fn other_scripts_keep_their_characters() {
        let text = "UNB+UNOY:4+A+B+20261101:0800+OLD'UNH+1+ORDERS:D:08A:UN'BGM+220+1+9'FTX+AAI+++貿易 무역'UNT+4+1'UNZ+1+OLD'";
        assert!(rewritten(text).unwrap().contains("貿易 무역"));
        let korean = text.replace("UNOY:4", "KECA:3").replace("貿易 ", "");
        let bytes = rewrite(&korean, "1", "R", Timestamp::from_millis(0)).unwrap();
        assert!(bytes.windows(4).any(|w| w == [0xb9, 0xab, 0xbf, 0xaa]), "{bytes:?}");
    }

    #[test]
    fn what_is_no_interchange_is_refused() {
        for text in [
            "",
            "hello",
            "UNB+XXXX:3+A+B+1:1+R'",
            "UNB+UNOC:3+A+B+261101:0800+R'UNZ+0+R'",
            "UNB+UNOA:3+A+B+261101:0800+R'BGM+漢'",
        ] {
            assert!(rewritten(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(UNB\\+UNOC:3\\+A\\+B)?[A-Z+:'? \n]{0,80}\\PC{0,20}") {
            let _ = rewritten(&text);
        }
    }
}
