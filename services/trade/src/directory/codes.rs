//! The directory of data elements (EDED, TRED) and the code lists (UNCL).

use std::collections::BTreeMap;

use super::segments::is_code;
use super::spec::{ElementSpec, Representation};
use super::text::{Section, heading, indent, is_mark, labelled, lines, sections};
use super::wrong::{Wrong, wrong};

/// Codes and their names.
pub(super) type Codes = BTreeMap<String, String>;

/// Text begins here or further right: what begins before it is a code. The older lists are written in
/// columns 3 to 10, the newer from 5 on; both continue names at 10 or 11 and text at 13 or 14.
const TEXT: usize = 10;

/// The data elements of a file by code.
pub(super) fn elements(path: &str, bytes: &[u8]) -> Result<BTreeMap<String, ElementSpec>, Wrong> {
    let lines = lines(bytes);
    let mut found = BTreeMap::new();
    for section in sections(&lines) {
        let Some((code, name, _)) = heading(&section) else { continue };
        let place = || format!("{path}, line {}", section.first);
        if !is_code(&code) {
            return Err(wrong(place(), format!("a data element named {code:?}")));
        }
        let said = labelled(&section, "Repr:").unwrap_or_default();
        let Some(representation) = Representation::parse(&said) else {
            return Err(wrong(place(), format!("element {code} is written {said:?}")));
        };
        found.insert(code, ElementSpec { name, representation });
    }
    Ok(found)
}

/// The code lists of a file by data element.
pub(super) fn code_lists(path: &str, bytes: &[u8]) -> Result<BTreeMap<String, Codes>, Wrong> {
    let lines = lines(bytes);
    let mut found = BTreeMap::new();
    for section in sections(&lines) {
        let Some((code, _, used)) = heading(&section) else { continue };
        if !is_code(&code) {
            let place = format!("{path}, line {}", section.first);
            return Err(wrong(place, format!("a code list named {code:?}")));
        }
        let codes = codes(&section, used);
        if !codes.is_empty() {
            found.insert(code, codes);
        }
    }
    Ok(found)
}

/// The codes after `Repr:`.
fn codes(section: &Section<'_>, from: usize) -> Codes {
    let mut codes = Codes::new();
    let mut last: Option<String> = None;
    let lines = section.lines.iter().skip(from);
    let after = lines.skip_while(|line| !line.trim_start().starts_with("Repr:")).skip(1);
    for line in after {
        let Some((at, words)) = unmarked(line) else {
            last = None;
            continue;
        };
        let label = words.first().is_some_and(|word| matches!(*word, "Note:" | "Desc:" | "Repr:"));
        if at < TEXT && !label {
            if let Some((code, name)) = words.split_first() {
                codes.insert((*code).to_owned(), name.join(" "));
                last = Some((*code).to_owned());
            }
        } else if at < TEXT + 2 && !label {
            // A name that goes on: text stands further right.
            if let Some(name) = last.as_ref().and_then(|code| codes.get_mut(code)) {
                name.push(' ');
                name.push_str(&words.join(" "));
            }
        } else {
            last = None;
        }
    }
    codes
}

/// Where the first word after marks begins, and the words; nothing for an empty line.
fn unmarked(line: &str) -> Option<(usize, Vec<&str>)> {
    let mut at = indent(line);
    let mut words: Vec<&str> = line.split_whitespace().collect();
    // Marks stand at the very left; further right `X` or `-` is a code.
    while at < 3 && words.len() > 1 && words.first().is_some_and(|word| is_mark(word)) {
        let mark = words.remove(0).len();
        let rest: String = line.chars().skip(at + mark).collect();
        at += mark + indent(&rest);
    }
    (!words.is_empty()).then_some((at, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let rule = "-".repeat(70);
        let found = code_lists("UNCL", format!("x\n{rule}\n\n{text}").as_bytes()).unwrap();
        let expect: Codes = expect.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found.into_values().next().unwrap_or_default(), expect, "{text}");
    }

    #[test]
    fn code_lists_of_both_layouts() {
        check(
            "*    1001  Document name code        [C]\n\n     Desc: Code for\n           it.\n\n     Repr: an..3\n\n     \
             Note:\n          Long text\n\n     1     Certificate of\n           analysis\n              What it is.\n\n\
             +    ZZZ   Mutually defined\n\nX    X     Marked\n              Note:\n              1. no code\n",
            &[("1", "Certificate of analysis"), ("X", "Marked"), ("ZZZ", "Mutually defined")],
        );
        check(
            "* 4439  Payment, coded\n\n  Desc: Code.\n\n  Repr: an..3\n\n        1 Direct payment\n             Self explanatory.\n\
             +      28 Collection under rules and\n          subsequent AC\n             2 is no code here.\n   ZZZ Mutually\n",
            &[
                ("1", "Direct payment"),
                ("28", "Collection under rules and subsequent AC"),
                ("ZZZ", "Mutually"),
            ],
        );
        check("  3207  Country\n\n  Repr: an..3\n\n  Note: Use ISO 3166.\n", &[]);
    }

    #[test]
    fn elements_say_how_they_are_written() {
        let rule = "-".repeat(70);
        let found = elements(
            "EDED",
            format!("x\n{rule}\n\n     1004  Document identifier      [C]\n\n     Repr: an..35\n").as_bytes(),
        );
        let found = found.unwrap();
        assert_eq!(found["1004"].name, "Document identifier");
        assert_eq!(found["1004"].representation.to_string(), "an..35");
        let odd = elements("EDED", format!("x\n{rule}\n\n     1004  Document\n").as_bytes()).unwrap_err();
        assert!(odd.to_string().contains("EDED, line 3: element 1004 is written"), "{odd}");
    }
}
