//! The segment table of a message: rows, and the boxes beside them that say where groups begin and end.

use super::spec::{MessageSpec, Node, What};
use super::text::{is_mark, lines};
use super::wrong::{Wrong, wrong};

/// The most rows of a table.
const ROWS: usize = 2_000;

/// What the head of a message says of itself.
pub(super) struct Identity {
    pub(super) version: String,
    pub(super) release: String,
}

/// One row, and the boxes to its right.
struct Row {
    node: Node,
    /// Groups that end with it.
    ends: usize,
    /// Boxes to its right: as many as groups it stands in.
    boxes: usize,
}

/// A message, and what it says it is.
pub(super) fn message(path: &str, bytes: &[u8]) -> Result<(MessageSpec, Identity), Wrong> {
    let lines = lines(bytes);
    let said = |label: &str| {
        let line = lines.iter().map(|l| l.trim()).find(|l| l.starts_with(label))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let kind = said("Message Type").unwrap_or_default();
    if kind.len() != 6 || !kind.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(wrong(path, format!("a message of type {kind:?}")));
    }
    let identity = Identity {
        version: said("Version").unwrap_or_default(),
        release: said("Release").unwrap_or_default(),
    };
    let title =
        lines.iter().skip_while(|line| line.trim() != "CONTENTS").skip(1).find(|line| !line.is_empty());
    let name = title.map(|line| line.trim().to_owned()).unwrap_or_default();
    let heading = |line: &String| {
        let line = line.trim().to_ascii_lowercase();
        line.ends_with("segment table") && line.starts_with(|c: char| c.is_ascii_digit())
    };
    // The first is in the list of contents.
    let Some(from) = lines.iter().rposition(heading) else {
        return Err(wrong(path, "there is no segment table"));
    };
    let nodes = nodes(path, &lines, from)?;
    Ok((MessageSpec { kind, name, nodes }, identity))
}

fn nodes(path: &str, lines: &[String], from: usize) -> Result<Vec<Node>, Wrong> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut before = String::new();
    for (at, line) in lines.iter().enumerate().skip(from) {
        let refuse = |why: String| wrong(format!("{path}, line {}", at + 1), why);
        let positioned = line.len() > 5 && line.bytes().take(4).all(|b| b.is_ascii_digit());
        if !positioned && before.is_empty() {
            continue;
        }
        // A name too long for its column: the rest of the row is on the next line.
        let text = if before.is_empty() {
            line.clone()
        } else {
            format!("{} {}", before.trim_end_matches(['|', ' ']), line.trim())
        };
        let Some(row) = row(&text) else {
            if before.is_empty() {
                before = text;
                continue;
            }
            return Err(refuse(format!("not a row: {:?}", text.trim())));
        };
        before.clear();
        if nodes.len() >= ROWS {
            return Err(refuse(format!("more than {ROWS} rows")));
        }
        let group = matches!(row.node.what, What::Group(_));
        if row.boxes != open.len() + usize::from(group) || row.ends > open.len() {
            return Err(refuse("the boxes do not fit the rows before".to_owned()));
        }
        nodes.push(Node { depth: u16::try_from(open.len()).unwrap_or(u16::MAX), ..row.node });
        if group {
            open.push(nodes.len() - 1);
            continue;
        }
        for _ in 0..row.ends {
            close(&mut nodes, &mut open);
        }
        if row.node.what == What::Segment(*b"UNT") {
            break;
        }
    }
    finished(path, nodes, &open)
}

/// Ends the innermost group.
fn close(nodes: &mut [Node], open: &mut Vec<usize>) {
    let end = nodes.len();
    if let Some(node) = open.pop().and_then(|group| nodes.get_mut(group)) {
        node.end = end;
    }
}

fn finished(path: &str, mut nodes: Vec<Node>, open: &[usize]) -> Result<Vec<Node>, Wrong> {
    let ends = |tag: &[u8; 3], node: Option<&Node>| node.is_some_and(|n| n.what == What::Segment(*tag));
    if !ends(b"UNH", nodes.first()) || !ends(b"UNT", nodes.last()) || !open.is_empty() {
        return Err(wrong(path, "the segment table does not go from UNH to UNT"));
    }
    for at in 0..nodes.len() {
        let next = nodes.get(at + 1).map(|n| n.what);
        let Some(node) = nodes.get_mut(at) else { continue };
        match (node.what, next) {
            (What::Group(number), Some(What::Segment(_))) if node.end > at + 1 => {
                let trigger = nodes.get(at + 1).is_some_and(|n| n.mandatory && n.repeat == 1);
                if !trigger {
                    return Err(wrong(
                        path,
                        format!("group {number} does not begin with a segment that stands once"),
                    ));
                }
            }
            (What::Group(number), _) => {
                return Err(wrong(path, format!("group {number} begins with no segment")));
            }
            (What::Segment(_), _) => node.end = at + 1,
        }
    }
    Ok(nodes)
}

/// `0070   RFF Reference    M   1           |`, `0060       ----- Segment group 1  ---- C   9---+`.
fn row(text: &str) -> Option<Row> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let position = text.get(..digits)?.parse().ok()?;
    let rest = text.get(digits..)?;
    // What ends a row: status, repeats, a line, boxes.
    let trimmed = rest.trim_end();
    let head = trimmed.trim_end_matches(['|', '+', ' ']);
    let boxes: String = trimmed.get(head.len()..)?.chars().filter(|c| *c != ' ').collect();
    let head = head.trim_end_matches('-');
    let (head, repeat) = head.rsplit_once(' ')?;
    let repeat = repeat.parse().ok().filter(|repeat| *repeat > 0)?;
    let (head, mandatory) = match head.trim_end().rsplit_once(' ')? {
        (head, "M") => (head, true),
        (head, "C") => (head, false),
        _ => return None,
    };
    let mut words =
        head.split_whitespace().skip_while(|w| is_mark(w) || w.bytes().all(|b| b == b'-')).peekable();
    let first = words.next()?;
    let what = match (first, words.peek()) {
        ("Segment", Some(&"group")) => What::Group(words.nth(1)?.parse().ok()?),
        (tag, _) => What::Segment(tag.as_bytes().try_into().ok().filter(is_tag)?),
    };
    let group = matches!(what, What::Group(_));
    let node = Node { position, what, mandatory, repeat, depth: 0, end: 0 };
    let ends = boxes.matches('+').count();
    // The first box of a group row opens the group.
    (!group || boxes.starts_with('+') && ends == 1).then_some(Row {
        node,
        ends: if group { 0 } else { ends },
        boxes: boxes.len(),
    })
}

fn is_tag(tag: &[u8; 3]) -> bool {
    tag.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message file around the rows of a table.
    pub(in crate::directory) fn file(kind: &str, release: &str, rows: &str) -> String {
        format!(
            "Message Type : {kind}\nVersion      : D\nRelease      : {release}\nCONTENTS\n\n  A message\n\n\
             4.3.1  Segment table\n\n4.3.1  Segment table\n\nPos     Tag Name     S   R\n\n{rows}"
        )
    }

    fn check(rows: &str, expect: Result<&str, &str>) {
        match (message("F", file("CUSCAR", "08A", rows).as_bytes()), expect) {
            (Ok((spec, identity)), Ok(expect)) => {
                let shown: Vec<String> = spec
                    .nodes
                    .iter()
                    .map(|n| match n.what {
                        What::Segment(tag) => format!("{}{}", super::super::spec::shown(&tag), n.repeat),
                        What::Group(number) => format!("SG{number}x{}-{}", n.repeat, n.end),
                    })
                    .collect();
                assert_eq!(shown.join(" "), expect);
                assert_eq!((identity.version.as_str(), identity.release.as_str()), ("D", "08A"));
            }
            (Err(wrong), Err(expect)) => assert!(wrong.to_string().contains(expect), "{wrong}"),
            (Ok((spec, _)), Err(_)) => panic!("{rows}: {spec:?}"),
            (Err(wrong), Ok(_)) => panic!("{rows}: {wrong}"),
        }
    }

    #[test]
    fn tables_are_read_with_their_groups() {
        let head = "0010   UNH Message header                            M   1     \n";
        let tail = "0080   UNT Message trailer                           M   1     \n1229 Action Request\n";
        check(&format!("{head}{tail}"), Ok("UNH1 UNT1"));
        let groups = "0020       ----- Segment group 1  ------------------ C   9----------+\n\
            0030   RFF Reference                                 M   1          |\n\
            \u{20}                                                                   |\n\
            0040 X     ----- Segment group 2  ------------------ C   9999------+|\n\
            0050 * DTM Date/time/period                          M   1         ||\n\
            0060   SPS Sampling parameters for summary                         ||\n\
            \u{20}          statistics                                C   5---------++\n\
            0070 + CNT Control total                             C   10    \n";
        check(&format!("{head}{groups}{tail}"), Ok("UNH1 SG1x9-6 RFF1 SG2x9999-6 DTM1 SPS5 CNT10 UNT1"));
        check(
            &format!("{head}{}{tail}", groups.replace("5---------++", "5---------+|")),
            Err("line 22: the boxes do not fit"),
        );
        check(
            &format!("{head}{}{tail}", groups.replace("M   1          |\n", "M   1\n")),
            Err("line 16: the boxes do not fit"),
        );
        check(
            &format!(
                "{head}{}{tail}",
                groups.replace(
                    "DTM Date/time/period                          M   1",
                    "DTM Date                                      C   1"
                )
            ),
            Err("group 2 does not begin"),
        );
        check(head, Err("does not go from UNH to UNT"));
        check("0010   UNH Message header      M   x\nand more\n", Err("line 15: not a row"));
    }
}
