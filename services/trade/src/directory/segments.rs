//! The directories of segments (EDSD, TRSD) and of composites (EDCD, TRCD): rows of elements and
//! components, in the two layouts that were in use.

use std::collections::BTreeMap;

use super::spec::{Component, CompositeSpec, Content, Dependency, Element, Representation, SegmentSpec};
use super::text::{Section, heading, indent, is_mark, labelled, lines, sections};
use super::wrong::{Wrong, wrong};

/// How far to the right the code of a row may begin; text of notes begins further on.
const CODE: usize = 9;
/// The most lines of one row: names are wrapped.
const WRAPPED: usize = 4;

/// A row: `020    C090 ADDRESS DETAILS    C    1`, `       3477  Address format code   M      an..3`.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    position: Option<u16>,
    code: String,
    name: String,
    mandatory: bool,
    repeat: u32,
    representation: Option<Representation>,
}

/// The segments of a file by tag.
pub(super) fn segments(path: &str, bytes: &[u8]) -> Result<BTreeMap<String, SegmentSpec>, Wrong> {
    let lines = lines(bytes);
    let mut found = BTreeMap::new();
    for section in sections(&lines) {
        let Some((tag, name, used)) = heading(&section) else { continue };
        let place = || format!("{path}, line {}", section.first);
        let plain = tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !plain {
            return Err(wrong(place(), format!("a segment named {tag:?}")));
        }
        let rows = rows(path, &section, used)?;
        let dependencies = dependencies(&section, &rows);
        let elements = elements(rows).map_err(|why| wrong(place(), why))?;
        let function = labelled(&section, "Function:").unwrap_or_default();
        let spec = SegmentSpec { name, function, elements, dependencies };
        if found.insert(tag.clone(), spec).is_some() {
            return Err(wrong(place(), format!("segment {tag} is there twice")));
        }
    }
    Ok(found)
}

/// The composites of a file by code.
pub(super) fn composites(path: &str, bytes: &[u8]) -> Result<BTreeMap<String, CompositeSpec>, Wrong> {
    let lines = lines(bytes);
    let mut found = BTreeMap::new();
    for section in sections(&lines) {
        let Some((code, name, used)) = heading(&section) else { continue };
        let place = || format!("{path}, line {}", section.first);
        if !is_code(&code) {
            return Err(wrong(place(), format!("a composite named {code:?}")));
        }
        let rows = rows(path, &section, used)?;
        let components: Result<Vec<Component>, String> =
            rows.into_iter().map(|(_, row)| component(row)).collect();
        let components = components.map_err(|why| wrong(place(), why))?;
        found.insert(code, CompositeSpec { name, components });
    }
    Ok(found)
}

/// `C517`, `E502`, `S009`, `3225`.
pub(super) fn is_code(word: &str) -> bool {
    let digits = word.strip_prefix(['C', 'E', 'S']).unwrap_or(word);
    word.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn rows(path: &str, section: &Section<'_>, from: usize) -> Result<Vec<(usize, Row)>, Wrong> {
    let mut rows = Vec::new();
    let mut at = from;
    while let Some(line) = section.lines.get(at) {
        if !begins_row(line) {
            at += 1;
            continue;
        }
        let number = section.first + at;
        let mut text = line.clone();
        let mut used = 1;
        let row = loop {
            if let Some(row) = row(&text) {
                break row;
            }
            let more = section.lines.get(at + used).filter(|l| !l.is_empty() && !begins_row(l));
            let Some(more) = more.filter(|_| used < WRAPPED) else {
                return Err(wrong(format!("{path}, line {number}"), format!("not a row: {:?}", text.trim())));
            };
            text.push(' ');
            text.push_str(more.trim());
            used += 1;
        };
        at += used;
        rows.push((number, row));
    }
    Ok(rows)
}

/// Whether a position, marks and a code begin this line.
fn begins_row(line: &str) -> bool {
    let words = code_words(line);
    let Some((at, code)) = words else { return false };
    is_code(code) && at < CODE
}

/// The first word after position and marks, and where it begins.
fn code_words(line: &str) -> Option<(usize, &str)> {
    let mut at = indent(line);
    let mut rest = line.get(at..)?;
    loop {
        let word = rest.split(' ').next()?;
        let position = at == 0 && word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit());
        if !position && !is_mark(word) {
            return Some((at, word));
        }
        let after = rest.get(word.len()..)?;
        let blanks = indent(after);
        if blanks == 0 {
            return None;
        }
        at += word.chars().count() + blanks;
        rest = after.get(blanks..)?;
    }
}

fn row(text: &str) -> Option<Row> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let position = words.first().filter(|w| w.len() == 3).and_then(|w| w.parse().ok());
    let representation = words.last().and_then(|word| Representation::parse(word));
    if representation.is_some() {
        words.pop();
    }
    let mut repeat = 1;
    if let [.., "M" | "C", times] = words.as_slice() {
        repeat = times.parse().ok().filter(|times| *times > 0)?;
        words.pop();
    }
    let mandatory = match words.pop()? {
        "M" => true,
        "C" => false,
        _ => return None,
    };
    let mut words = words.into_iter().skip(usize::from(position.is_some())).skip_while(|w| is_mark(w));
    let code = words.next()?.to_owned();
    let name = words.collect::<Vec<_>>().join(" ");
    let composite = !code.starts_with(|c: char| c.is_ascii_digit());
    // A composite has no representation of its own, a data element cannot do without.
    (composite != representation.is_some()).then_some(Row {
        position,
        code,
        name,
        mandatory,
        repeat,
        representation,
    })
}

fn component(row: Row) -> Result<Component, String> {
    let Some(representation) = row.representation else {
        return Err(format!("{} in a composite", row.code));
    };
    Ok(Component { code: row.code, name: row.name, mandatory: row.mandatory, representation })
}

/// Rows with a position are elements; those without are components of the element before.
fn elements(rows: Vec<(usize, Row)>) -> Result<Vec<Element>, String> {
    let mut elements: Vec<Element> = Vec::new();
    for (_, row) in rows {
        let Some(position) = row.position else {
            match elements.last_mut().map(|e| &mut e.content) {
                Some(Content::Composite(components)) => components.push(component(row)?),
                _ => return Err(format!("component {} stands in no composite", row.code)),
            }
            continue;
        };
        let content = row.representation.map_or(Content::Composite(Vec::new()), Content::Simple);
        elements.push(Element {
            position,
            code: row.code,
            name: row.name,
            mandatory: row.mandatory,
            repeat: row.repeat,
            content,
        });
    }
    Ok(elements)
}

/// `040  D5(040,030) If first, then all`: positions become the numbers of elements.
fn dependencies(section: &Section<'_>, rows: &[(usize, Row)]) -> Vec<Dependency> {
    let positions: Vec<u16> = rows.iter().filter_map(|(_, row)| row.position).collect();
    let number = |position: &str| {
        let position: u16 = position.trim().parse().ok()?;
        positions.iter().position(|p| *p == position).and_then(|at| u32::try_from(at + 1).ok())
    };
    let noted = section.lines.iter().skip_while(|line| !line.trim_start().starts_with("Dependency note"));
    let each = noted.filter_map(|line| {
        let (_, note) = line.split_once(" D")?;
        let (kind, rest) = note.split_once('(')?;
        let (list, _) = rest.split_once(')')?;
        let elements: Option<Vec<u32>> = list.split(',').map(number).collect();
        let kind = kind.parse().ok().filter(|kind| (1..=7).contains(kind))?;
        Some(Dependency { kind, elements: elements? })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown = match row(text) {
            Some(r) => format!(
                "{:?} {} {:?} {} {} {:?}",
                r.position,
                r.code,
                r.name,
                if r.mandatory { 'M' } else { 'C' },
                r.repeat,
                r.representation.map(|r| r.to_string())
            ),
            None => "none".to_owned(),
        };
        assert_eq!(
            (begins_row(text), shown.as_str()),
            (expect != "text", if expect == "text" { &shown } else { expect })
        );
    }

    #[test]
    fn rows_of_both_layouts() {
        check(
            "010    C817 ADDRESS USAGE                              C    1",
            r#"Some(10) C817 "ADDRESS USAGE" C 1 None"#,
        );
        check(
            "       3299  Address purpose code                      C      an..3",
            r#"None 3299 "Address purpose code" C 1 Some("an..3")"#,
        );
        check(
            "030    3164 CITY NAME                                  C    5 an..35",
            r#"Some(30) 3164 "CITY NAME" C 5 Some("an..35")"#,
        );
        check(
            "010   4465  ADJUSTMENT REASON, CODED                       M  an..3",
            r#"Some(10) 4465 "ADJUSTMENT REASON, CODED" M 1 Some("an..3")"#,
        );
        check(
            "020   C552  ALLOWANCE/CHARGE INFORMATION                   C  ",
            r#"Some(20) C552 "ALLOWANCE/CHARGE INFORMATION" C 1 None"#,
        );
        check(
            "040 + 3042   Street and number/p.o. box                    C  an..35",
            r#"Some(40) 3042 "Street and number/p.o. box" C 1 Some("an..35")"#,
        );
        check(
            "     *X 1131  Code list                                C      an..17",
            r#"None 1131 "Code list" C 1 Some("an..17")"#,
        );
        check("       5105  Monetary amount function detail", "none");
        check("             9999 times in the segment. The use of the ARR", "text");
        check("       040  D5(040,030) If first, then all", "text");
        check("             Note: ", "text");
    }

    #[test]
    fn a_segment_is_read_whole() {
        let rule = "-".repeat(70);
        let text = format!(
            "x\n{rule}\n\n       TDT  TRANSPORT\n\n       Function: To say.\n\n010    8051 STAGE                 M    1 an..3\n\n\
             020    C220 MODE                  C    1\n       8067  A long name that\n             goes on       C      an..3\n\n\
             \u{20}      Dependency note:\n       020  D5(020,010) If first, then all\n"
        );
        let found = segments("EDSD", text.as_bytes()).unwrap();
        let tdt = &found["TDT"];
        assert_eq!(tdt.dependencies, [Dependency { kind: 5, elements: vec![2, 1] }]);
        assert_eq!(tdt.elements.len(), 2);
        let Content::Composite(components) = &tdt.elements[1].content else { panic!("{tdt:?}") };
        assert_eq!(components[0].name, "A long name that goes on");
        let cut = text.replace("C      an..3", "");
        assert!(
            segments("EDSD", cut.as_bytes()).unwrap_err().to_string().contains("EDSD, line 11: not a row")
        );
    }
}
