//! UN/EDIFACT directories (UNTDID), loaded at run time from the zip that UNECE publishes: segment
//! tables, segments, composites, elements, code lists.
//!
//! None is shipped: their licence forbids to pass on a changed copy and limits use to the country that
//! acquired it. What is kept of one is the zip itself, unchanged, under the name of its digest.

mod archive;
mod codes;
mod diff;
mod segments;
mod spec;
mod table;
mod text;
mod wrong;

use std::collections::BTreeMap;

use corridor_base::Result;

pub use diff::{Change, changes, paths};
pub use spec::{
    Component, CompositeSpec, Content, Dependency, Directory, Element, ElementSpec, Kind, MessageSpec, Node,
    Representation, SegmentSpec, Tag, What, shown,
};

use archive::File;
use wrong::{Wrong, wrong};

/// The largest zip.
pub const LARGEST: usize = 64 << 20;

/// What a file of a directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Message,
    Segments,
    Composites,
    Elements,
    Codes,
}

/// By its name; nothing for what is not read: indexes, introductions, the interactive part.
fn part(path: &str) -> Option<Part> {
    let upper = path.to_ascii_uppercase();
    let interactive = |folder: &str| {
        let name = folder.trim_end_matches(".ZIP");
        matches!(name, "IDMD" | "IDSD" | "IDCD")
    };
    let name = upper.rsplit('/').next()?;
    if upper.split('/').any(interactive) {
        return None;
    }
    let (stem, release) = name.rsplit_once('.')?;
    let released = matches!(release.as_bytes(), [a, b, c] if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_uppercase());
    if !released {
        return None;
    }
    match stem {
        "EDSD" | "TRSD" => Some(Part::Segments),
        "EDCD" | "TRCD" => Some(Part::Composites),
        "EDED" | "TRED" => Some(Part::Elements),
        _ if stem == "UNCL" || stem.starts_with("UNCL-") => Some(Part::Codes),
        _ => {
            let kind = stem.strip_suffix("_D").or_else(|| stem.strip_suffix("_S"))?;
            (kind.len() == 6 && kind.bytes().all(|b| b.is_ascii_uppercase())).then_some(Part::Message)
        }
    }
}

impl Directory {
    /// Loads a directory from its zip.
    ///
    /// # Errors
    /// `directory-invalid`, naming the file and line, when the archive is none, is damaged or hostile,
    /// or says something that cannot be understood or does not fit together.
    pub fn load(zip: &[u8]) -> Result<Self> {
        Ok(load(zip)?)
    }
}

fn load(zip: &[u8]) -> std::result::Result<Directory, Wrong> {
    if zip.len() > LARGEST {
        return Err(wrong("the archive", format!("more than {LARGEST} bytes")));
    }
    let files = archive::files(zip, &|path| part(path).is_some())?;
    let mut loading = Directory::default();
    for file in &files {
        read(&mut loading, file)?;
    }
    for (what, missing) in [
        ("a file of segments (EDSD or TRSD)", loading.segments.is_empty()),
        ("a file of messages", loading.messages.is_empty()),
        ("a file of data elements (EDED or TRED)", loading.elements.is_empty()),
        ("a file of code lists (UNCL)", loading.codes.is_empty()),
    ] {
        if missing {
            return Err(wrong("the archive", format!("{what} is missing")));
        }
    }
    fit(&mut loading)?;
    Ok(loading)
}

fn read(into: &mut Directory, file: &File) -> std::result::Result<(), Wrong> {
    let path = file.path.as_str();
    match part(path) {
        Some(Part::Message) => {
            let (message, said) = table::message(path, &file.bytes)?;
            if !file.name().starts_with(&message.kind) {
                return Err(wrong(path, format!("holds {}", message.kind)));
            }
            if into.messages.is_empty() {
                (into.version, into.release) = (said.version, said.release);
            } else if (&into.version, &into.release) != (&said.version, &said.release) {
                into.oddities.push(format!("{path}: of {}.{}", said.version, said.release));
            }
            if let Some(again) = into.messages.insert(message.kind.clone(), message) {
                return Err(wrong(path, format!("message {} is there twice", again.kind)));
            }
        }
        Some(Part::Segments) => into.segments.extend(segments::segments(path, &file.bytes)?),
        Some(Part::Composites) => into.composites.extend(segments::composites(path, &file.bytes)?),
        Some(Part::Elements) => into.elements.extend(codes::elements(path, &file.bytes)?),
        Some(Part::Codes) => into.codes.extend(codes::code_lists(path, &file.bytes)?),
        None => {}
    }
    Ok(())
}

/// Service segments that messages name and that stand in ISO 9735, not in the directory.
const SERVICE: [&str; 5] = ["UNH", "UNT", "UNS", "UGH", "UGT"];

/// Whether everything that is named is there.
fn fit(directory: &mut Directory) -> std::result::Result<(), Wrong> {
    for (kind, message) in &directory.messages {
        for node in &message.nodes {
            let What::Segment(tag) = node.what else { continue };
            let tag = shown(&tag);
            if !SERVICE.contains(&tag.as_str()) && !directory.segments.contains_key(&tag) {
                let place = format!("message {kind}, position {:04}", node.position);
                return Err(wrong(place, format!("segment {tag} is in no file of segments")));
            }
        }
    }
    let Directory { segments, composites, elements, oddities, .. } = directory;
    for (tag, segment) in segments.iter_mut() {
        for element in &mut segment.elements {
            let Content::Composite(components) = &mut element.content else { continue };
            // Segments list the components of their composites; where one does not, its own directory does.
            if components.is_empty() {
                let own = composites.get(&element.code).map(|c| c.components.clone()).unwrap_or_default();
                if own.is_empty() {
                    return Err(wrong(
                        format!("segment {tag}, position {:03}", element.position),
                        format!("composite {} is in no file of composites", element.code),
                    ));
                }
                *components = own;
            }
        }
    }
    oddities.extend(unknown_elements(segments, elements));
    Ok(())
}

/// Data elements that segments use and that have no entry of their own: the segments say how they are
/// written, so they can be used all the same.
fn unknown_elements(
    segments: &BTreeMap<String, SegmentSpec>,
    elements: &BTreeMap<String, ElementSpec>,
) -> Vec<String> {
    let mut odd = Vec::new();
    for (tag, segment) in segments {
        let used = segment.elements.iter().flat_map(|element| match &element.content {
            Content::Simple(representation) => vec![(&element.code, representation)],
            Content::Composite(components) => {
                components.iter().map(|c| (&c.code, &c.representation)).collect()
            }
        });
        for (code, representation) in used {
            match elements.get(code) {
                None => odd.push(format!("segment {tag}: element {code} has no entry of its own")),
                Some(own) if own.representation != *representation => odd.push(format!(
                    "segment {tag}: element {code} is {representation} here and {} in its own entry",
                    own.representation
                )),
                Some(_) => {}
            }
        }
    }
    odd
}

#[cfg(test)]
pub(crate) mod tests {
    use super::archive::tests::zip;
    use super::*;

    /// A small directory of our own making, in the layout of the UN: D.99Z with two messages.
    pub(crate) fn small() -> Vec<u8> {
        packed(&SEGMENTS, TABLE)
    }

    const TABLE: &str = "0010   UNH Message header                            M   1     \n\
        0020   BGM Beginning                                 M   1     \n\
        0030   DTM Time                                      C   2     \n\n\
        0040       ----- Segment group 1  ------------------ C   2-----------+\n\
        0050   NAD Party                                     M   1           |\n\
        0060   LOC Place                                     C   9           |\n\
        \u{20}                                                                    |\n\
        0070       ----- Segment group 2  ------------------ C   3----------+|\n\
        0080   MOA Money                                     M   1          ||\n\
        0090   DTM Time                                      C   1----------++\n\
        0100   UNS Section control                           M   1     \n\
        0110   MOA Money                                     C   1     \n\
        0120   UNT Message trailer                           M   1     \n";

    const SEGMENTS: [&str; 5] = [
        "       BGM  BEGINNING\n\n       Function: To begin.\n\n010    1001 NAME CODE        M    1 an..3\n\n\
         020    1004 NUMBER           C    1 an..10\n\n030    1225 FUNCTION         C    1 an1\n\n\
         \u{20}      Dependency note:\n       020  D5(020,030) If first, then all\n",
        "       DTM  TIME\n\n       Function: To say when.\n\n010    C507 TIME             M    1\n       \
         2005  Qualifier               M      an..3\n       2380  Text                    C      an..35\n       \
         2379  Format                  C      an..3\n",
        "       NAD  PARTY\n\n       Function: To say who.\n\n010    3035 ROLE             M    1 an..3\n\n\
         020    C082 PARTY            C    1\n       3039  Identifier              M      an..17\n       \
         1131  List                    C      an..17\n       3055  Agency                  C      an..3\n",
        "       LOC  PLACE\n\n       Function: To say where.\n\n010    3227 FUNCTION         M    1 an..3\n\n\
         020    C517 PLACE            C    2\n       3225  Identifier              C      an..5\n       \
         1131  List                    C      an..17\n       3055  Agency                  C      an..3\n\n\
         030    5479 RELATION         C    1 a3\n",
        "       MOA  MONEY\n\n       Function: To say how much.\n\n010    C516 MONEY            M    1\n       \
         5025  Qualifier               M      an..3\n       5004  Amount                  C      n..5\n       \
         6345  Currency                C      a3\n",
    ];

    fn packed(segments: &[&str], table: &str) -> Vec<u8> {
        let rule = "-".repeat(70);
        let sections = |all: &[&str]| format!("preface\n{rule}\n\n{}", all.join(&format!("\n{rule}\n\n")));
        let lists = [
            "     1001  Name code\n\n     Desc: Code.\n\n     Repr: an..3\n\n     1     First\n\n     2     Second\n",
            "     3225  Identifier\n\n     Desc: Code.\n\n     Repr: an..5\n\n     A     Port A\n\n     B     Port B\n",
        ];
        let elements = "     1001  Name code\n\n     Desc: Code.\n\n     Repr: an..3\n";
        let message = table::tests::file("TESTER", "99Z", table);
        zip(&[
            ("EDSD.ZIP", &zip(&[("EDSD.99Z", sections(segments).as_bytes())])),
            ("EDED.ZIP", &zip(&[("EDED.99Z", sections(&[elements]).as_bytes())])),
            ("UNCL.ZIP", &zip(&[("UNCL.99Z", sections(&lists).as_bytes())])),
            ("EDMD.ZIP", &zip(&[("TESTER_D.99Z", message.as_bytes())])),
            ("readme.txt", b"not read"),
        ])
    }

    /// The file that tests of other crates use, and strangers who have no directory at hand.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "a sample in the repository, when it is asked for")]
    fn the_sample_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/d99z.zip");
        if std::env::var_os("CORRIDOR_BLESS").is_some() {
            std::fs::write(path, small()).unwrap();
        }
        assert_eq!(std::fs::read(path).unwrap(), small());
    }

    #[test]
    fn a_directory_is_read_whole() {
        let directory = Directory::load(&small()).unwrap();
        assert_eq!(
            (directory.name().as_str(), directory.messages.len(), directory.segments.len()),
            ("D.99Z", 1, 5)
        );
        assert_eq!(directory.codes["1001"].len(), 2);
        assert_eq!(
            paths(&directory.messages["TESTER"]).join(" "),
            "UNH BGM DTM SG1 SG1/NAD SG1/LOC SG1/SG2 SG1/SG2/MOA SG1/SG2/DTM UNS MOA UNT"
        );
        assert!(changes(&directory, &directory, None).is_empty());
    }

    #[test]
    fn what_does_not_fit_together_is_refused_by_name() {
        let check = |zip: &[u8], expect: &str| {
            let refused = Directory::load(zip).unwrap_err().to_string();
            assert!(refused.contains(expect), "{refused}");
        };
        check(
            &packed(&SEGMENTS[..4], TABLE),
            "message TESTER, position 0080: segment MOA is in no file of segments",
        );
        check(&packed(&[SEGMENTS[0], SEGMENTS[0]], TABLE), "segment BGM is there twice");
        check(&packed(&SEGMENTS, &TABLE.replace("0120   UNT", "0120   UNU")), "does not go from UNH to UNT");
        check(b"PK", "no zip archive");
        check(&zip(&[("EDSD.99Z", b"")]), "a file of segments (EDSD or TRSD) is missing");
        check(&zip(&[("../EDSD.99Z", b"")]), "which no file of a directory is");
    }

    #[test]
    fn files_are_known_by_their_names() {
        let check = |path: &str, expect: Option<Part>| assert_eq!(part(path), expect, "{path}");
        check("edmd.zip/CUSCAR_D.08A", Some(Part::Message));
        check("d96a/TRMD.ZIP/TRMD/INVOIC_D.96A", Some(Part::Message));
        check("EDSD.ZIP/EDSD.01B", Some(Part::Segments));
        check("UNCL-2.96A", Some(Part::Codes));
        check("IDMD.ZIP/AVLREQ_D.00A", None);
        check("EDMDI1.00A", None);
        check("PKUNZIP.EXE", None);
        check("UNSL.96A", None);
    }
}
