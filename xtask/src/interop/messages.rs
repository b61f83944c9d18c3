//! EDIFACT messages against their directories: for every message of every UNECE zip that is there, the
//! least and the most that is right is accepted, and what is wrong in one place is refused there, by ours
//! and by StAEDI with a reading of the directory of its own. What StAEDI is known to see otherwise stands
//! in `interop/edifact/messages.json` with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::results::Row;
use super::stage::{Programs, bounded};
use super::{kits, script};
use crate::{Result, shell};

/// How long one directory may take: some 1,300 cases and a schema for each message.
const PATIENCE: Duration = Duration::from_secs(600);

/// A directory's two rows: what ours found, and what StAEDI did.
pub(super) fn run(programs: &Programs) -> Vec<Row> {
    let zips = zips(programs);
    if zips.is_empty() {
        let mut row = Row::new("trade", STANDARD, "").kit("Maven io.xlate:staedi");
        row.skip("not run: no directories (set CORRIDOR_DATA)");
        return vec![row];
    }
    zips.iter().flat_map(|zip| directory(programs, zip)).collect()
}

const STANDARD: &str = "UNTDID: every message right, and wrong in one place";

fn zips(programs: &Programs) -> Vec<PathBuf> {
    let Some(data) = super::edifact::data(programs) else { return Vec::new() };
    let entries = fs::read_dir(data.join("trade/untdid")).into_iter().flatten().flatten();
    let mut zips: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|p| p.extension().is_some_and(|e| e == "zip")).collect();
    zips.sort();
    zips
}

/// What a case is, and what ours found.
struct Case {
    message: String,
    /// The segment that is wrong; nothing when none is.
    at: Option<u64>,
    found: Vec<u64>,
    shown: String,
    /// The rows of its table, and how many of them a maximal message has as often as they may stand.
    rows: (u64, u64),
}

fn directory(programs: &Programs, zip: &Path) -> Vec<Row> {
    let name = zip.file_stem().map(|n| n.to_string_lossy().to_uppercase()).unwrap_or_default();
    let row = |kit: &str| Row::new("trade", STANDARD, &name).kit(kit);
    let folder = kits::folder().join("edifact/messages").join(&name);
    let cases = cases(programs, zip, &folder);
    let ours = super::kit(
        row(&format!("ours, {name}")),
        || cases.as_ref().map_err(Clone::clone),
        |row, cases| {
            for (file, case) in cases {
                judge(row, &name, file, case.at, &case.found, &case.shown, None)?;
            }
            let maximal = || cases.iter().filter(|(file, _)| file.ends_with("-maximal.edi"));
            let (rows, most) =
                maximal().fold((0, 0), |(rows, most), (_, c)| (rows + c.rows.0, most + c.rows.1));
            row.kit = format!(
                "ours, {name} (maximal messages: all {rows} rows, {most} as often as they may stand, the others 9 times)"
            );
            Ok(())
        },
    );
    let theirs = super::kit(
        row(&format!("Maven io.xlate:staedi, {name}")),
        || Ok((kits::java("edifact/staedi")?, kits::python("edifact")?)),
        |row, (java, python)| {
            staedi(row, &java, &python, zip, &folder, cases.as_ref().map_err(Clone::clone)?)
        },
    );
    vec![ours, theirs]
}

fn cases(programs: &Programs, zip: &Path, folder: &Path) -> Result<BTreeMap<String, Case>> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let told = bounded(shell::command(&programs.cases).arg(zip).arg(folder), PATIENCE)?;
    let mut all = BTreeMap::new();
    for line in told.lines() {
        let value: Value = serde_json::from_str(line).map_err(|_| format!("it said: {line}"))?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (found, shown) = places(&value);
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        let rows = (number("rows").unwrap_or_default(), number("most").unwrap_or_default());
        all.insert(text("file"), Case { message: text("message"), at: number("at"), found, shown, rows });
    }
    Ok(all)
}

/// The segments in which something was found, and the first of it.
fn places(value: &Value) -> (Vec<u64>, String) {
    let found = value.get("found").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let places = found.iter().filter_map(|f| f.get(1)?.as_u64()).collect();
    (places, found.first().map(Value::to_string).unwrap_or_default())
}

fn judge(
    row: &mut Row,
    directory: &str,
    file: &str,
    at: Option<u64>,
    found: &[u64],
    shown: &str,
    peer: Option<&str>,
) -> Result {
    let right = match at {
        None => found.is_empty(),
        Some(at) => found.contains(&at),
    };
    let known = known(&script("edifact/messages.json"), peer.unwrap_or("ours"), directory, file, shown)?;
    match (right, known) {
        (true, _) => row.passed += 1,
        (false, Some(reason)) => row.skip(&format!("{file}: {reason}")),
        (false, None) => row.fail(&format!("{file}: {at:?} expected, {shown} found")),
    }
    Ok(())
}

/// The reason why a peer is known to see a case otherwise.
fn known(list: &Path, peer: &str, directory: &str, file: &str, shown: &str) -> Result<Option<String>> {
    let bad = || format!("{}: a list of peer, files, says and reason expected", list.display());
    let list: Vec<Value> = serde_json::from_str(&kits::read(list)?).map_err(|_| bad())?;
    for entry in &list {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).ok_or_else(bad);
        let files = entry.get("files").and_then(Value::as_array).ok_or_else(bad)?;
        let mut named = files.iter().filter_map(Value::as_str);
        let full = format!("{directory}/{file}");
        if text("peer")? == peer && named.any(|name| full.ends_with(name)) && shown.contains(text("says")?) {
            return Ok(Some(text("reason")?.to_owned()));
        }
    }
    Ok(None)
}

fn staedi(
    row: &mut Row,
    java: &kits::Java,
    python: &Path,
    zip: &Path,
    folder: &Path,
    cases: &BTreeMap<String, Case>,
) -> Result {
    let mut schemas = shell::command(python);
    bounded(schemas.arg(script("edifact/schemas.py")).arg(zip).arg(folder), PATIENCE)?;
    let asked: String = cases
        .iter()
        .map(|(file, case)| {
            let schema = folder.join(format!("{}.xml", case.message));
            format!("{}\t{}\n", schema.display(), folder.join(file).display())
        })
        .collect();
    let list = folder.join("asked.txt");
    kits::write(&list, &asked)?;
    let mut judge_java = java.command(&script("edifact/staedi/Judge.java"), &["staedi"]);
    let said = bounded(judge_java.arg(&list), PATIENCE)?;
    let name = row.version.clone();
    let mut heard = 0;
    for line in said.lines() {
        let value: Value = serde_json::from_str(line).map_err(|_| format!("it said: {line}"))?;
        if let Some(kit) = value.get("kit").and_then(Value::as_str) {
            row.kit = format!("{kit}, {name}");
            continue;
        }
        let file = value.get("file").and_then(Value::as_str).unwrap_or_default();
        let file = file.rsplit('/').next().unwrap_or(file);
        let Some(case) = cases.get(file) else { return Err(format!("it said: {line}")) };
        heard += 1;
        let (mut found, mut shown) = places(&value);
        if let Some(refused) = value.get("refused").and_then(Value::as_str) {
            (found, shown) = (vec![0], refused.to_owned());
        }
        judge(row, &name, file, case.at, &found, &shown, Some("staedi"))?;
    }
    if heard == cases.len() { Ok(()) } else { Err(format!("{heard} of {} cases were judged", cases.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_named_by_directory_file_and_words() {
        let list = script("edifact/messages.json");
        let check = |peer: &str, directory: &str, file: &str, shown: &str, expect: bool| {
            assert_eq!(
                known(&list, peer, directory, file, shown).unwrap().is_some(),
                expect,
                "{peer} {file} {shown}"
            );
        };
        check("staedi", "D08A", "CUSDEC-minimal.edi", r#"["SEGMENT_EXCEEDS_MAXIMUM_USE", 4, "UNS"]"#, true);
        check("staedi", "D08A", "CUSDEC-minimal.edi", r#"["MANDATORY_SEGMENT_MISSING", 4, "BGM"]"#, false);
        check("staedi", "D08A", "CUSCAR-minimal.edi", r#"["SEGMENT_EXCEEDS_MAXIMUM_USE", 4, "UNS"]"#, false);
        check("ours", "D96A", "DELFOR-maximal.edi", "[15, 329, \"QTY\"]", true);
        check("ours", "D08A", "DELFOR-maximal.edi", "[15, 329, \"QTY\"]", false);
    }
}
