//! Character sets: whether a node reads what Python's codecs wrote, every character of the national standards
//! of Japan and Korea and of ISO 8859, with the bytes of theirs that look like service characters.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::results::Row;
use super::stage::{Programs, bounded};
use super::{PATIENCE, edifact, kits, script};
use crate::{Result, shell};

/// What JIS X 0208 has once and Unicode twice, as Python and as the web's codecs write it.
const SAME: [(char, char); 7] =
    [('〜', '～'), ('‖', '∥'), ('−', '－'), ('¢', '￠'), ('£', '￡'), ('¬', '￢'), ('—', '―')];

pub(super) fn run(programs: &Programs) -> Row {
    let row = Row::new("trade", "ISO 9735 character sets: UNOC to UNOL, UNOW, UNOX, KECA, Shift_JIS", "")
        .kit("Python codecs");
    super::kit(
        row,
        || kits::python("edifact"),
        |row, python| {
            let folder = kits::folder().join("edifact/charsets");
            fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            let mut write = shell::command(&python);
            let said = bounded(write.arg(script("edifact/charsets.py")).arg(&folder), PATIENCE)?;
            held(row, programs, &said)
        },
    )
}

/// Each value of each file is a check; a file that reads otherwise says where first.
fn held(row: &mut Row, programs: &Programs, said: &str) -> Result {
    let mut characters = 0;
    for line in said.lines() {
        let told: Value = serde_json::from_str(line).map_err(|_| format!("it said: {line}"))?;
        let text = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or_default();
        if !text("kit").is_empty() {
            text("kit").clone_into(&mut row.kit);
            continue;
        }
        let mut ours = shell::command(&programs.segments);
        ours.arg("--text");
        if !text("characters").is_empty() {
            ours.args(["--characters", text("characters")]);
        }
        let ours = edifact::readings(&bounded(ours.arg(text("file")), PATIENCE)?)?.1;
        let (_, theirs) = edifact::readings(line)?;
        let file = PathBuf::from(text("file"));
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (Some(Ok(ours)), Some(Ok(theirs))) = (ours.get(&file), theirs.get(&file)) else {
            row.fail(&format!("{name}: not read: {:?}", ours.get(&file)));
            continue;
        };
        characters += told.get("count").and_then(Value::as_u64).unwrap_or_default();
        if ours.len() != theirs.len() {
            row.fail(&format!("{name}: {} segments, {} written", ours.len(), theirs.len()));
            continue;
        }
        for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            if plain(ours) == plain(theirs) {
                row.passed += 1;
            } else {
                row.fail(&format!("{name}, segment {}: {ours:?}, {theirs:?} written", at + 1));
            }
        }
    }
    row.kit = format!("{} ({characters} characters)", row.kit);
    Ok(())
}

/// A segment with what Unicode has twice in one spelling.
fn plain(segment: &edifact::Segment) -> Vec<Vec<String>> {
    let one = |c: char| SAME.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to);
    segment
        .iter()
        .map(|element| element.iter().map(|value| value.chars().map(one).collect()).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unicode_has_twice_is_the_same() {
        let check = |a: &str, b: &str, alike: bool| {
            let segment = |text: &str| vec![vec![text.to_owned()]];
            assert_eq!(plain(&segment(a)) == plain(&segment(b)), alike, "{a} {b}");
        };
        check("〜−", "～－", true);
        check("カ", "カ", true);
        check("カ", "ガ", false);
    }
}
