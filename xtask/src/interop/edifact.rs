//! EDIFACT: whether other readers see the segments that ours sees, in our own samples, in the real ones
//! where they are, and in the CONTRL that ours answers them with. Differences that are understood stand
//! in `interop/edifact/differences.json` with their reasons; any other is a failure, and so is one of the
//! list that is no longer there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::results::Row;
use super::stage::{Programs, bounded};
use super::{PATIENCE, kits, script};
use crate::{Result, repo, shell};

/// Where our own samples are.
const OWN: [&str; 2] = ["services/trade/samples", "interop/edifact/samples"];
/// Where the real ones are, below `CORRIDOR_DATA`.
const REAL: [&str; 2] = ["trade/edifact-samples", "trade/unox"];
/// How deep folders of samples are looked through.
const DEPTH: usize = 6;

/// A segment: its tag, then its elements, each a list of components. Empty ones at the end are left out,
/// because readers differ in whether they tell them.
pub(super) type Segment = Vec<Vec<String>>;

/// What a reader made of one file: segments, or its refusal.
pub(super) type Reading = Result<Vec<Segment>>;

/// A difference that is understood.
struct Known {
    peer: String,
    file: String,
    /// How the difference begins: another one in the same file is not known.
    says: String,
    reason: String,
}

/// All peers.
pub(super) fn run(programs: &Programs) -> Vec<Row> {
    let row =
        |kit: &str| Row::new("trade", "ISO 9735, syntax 1 to 4: segments and values", "1988/2002").kit(kit);
    let ours = ours(programs);
    let held = |row: &mut Row, peer: &str, command: &mut Command| match &ours {
        Err(why) => Err(why.clone()),
        Ok(ours) => compare(row, peer, command, ours),
    };
    let mut rows = vec![
        super::kit(
            row("PyPI pydifact"),
            || kits::python("edifact"),
            |row, python| held(row, "pydifact", shell::command(python).arg(script("edifact/segments.py"))),
        ),
        super::kit(
            row("npm edifact"),
            || kits::node("edifact"),
            |row, node| held(row, "edifact", &mut node.command(&script("edifact/segments.cjs"))),
        ),
        super::kit(
            row("crates.io edifact-rs"),
            || kits::rust("edifact/peers"),
            |row, program| held(row, "edifact-rs", shell::command(program).arg("segments")),
        ),
    ];
    rows.push(super::charsets::run(programs));
    rows.extend(super::messages::run(programs));
    rows
}

/// Where the real data are, as our own programs are told.
pub(super) fn data(programs: &Programs) -> Option<PathBuf> {
    let command = shell::command(&programs.segments);
    let told = command.get_envs().find(|(name, _)| *name == "CORRIDOR_DATA").and_then(|(_, value)| value);
    told.map(PathBuf::from).or_else(|| std::env::var_os("CORRIDOR_DATA").map(PathBuf::from))
}

/// Our own reading of every sample, and of our answers to them; by file.
fn ours(programs: &Programs) -> Result<BTreeMap<PathBuf, Reading>> {
    let mut files = Vec::new();
    for folder in OWN {
        collect(&repo::root().join(folder), DEPTH, &mut files)?;
    }
    let data = data(programs);
    for folder in REAL {
        if let Some(data) = &data {
            collect(&data.join(folder), DEPTH, &mut files)?;
        }
    }
    let answers = kits::folder().join("edifact/answers");
    let _ = fs::remove_dir_all(&answers);
    fs::create_dir_all(&answers).map_err(|e| format!("{}: {e}", answers.display()))?;
    let mut told =
        bounded(shell::command(&programs.segments).arg("--answers").arg(&answers).args(&files), PATIENCE)?;
    let mut answered = Vec::new();
    collect(&answers, 1, &mut answered)?;
    told.push_str(&bounded(shell::command(&programs.segments).args(&answered), PATIENCE)?);
    Ok(readings(&told)?.1)
}

/// The interchanges in a folder, sorted.
fn collect(folder: &Path, depth: usize, into: &mut Vec<PathBuf>) -> Result {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let ends = |e: &str| path.extension().is_some_and(|x| x.eq_ignore_ascii_case(e));
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, into)?;
        } else if ends("edi") || ends("txt") {
            into.push(path);
        }
    }
    Ok(())
}

fn compare(row: &mut Row, peer: &str, command: &mut Command, ours: &BTreeMap<PathBuf, Reading>) -> Result {
    let (kit, theirs) = readings(&bounded(command.args(ours.keys()), PATIENCE)?)?;
    let known = known(&script("edifact/differences.json"))?;
    let mut segments = 0;
    for (file, reading) in ours {
        let name = plain(file);
        let difference = match theirs.get(file) {
            Some(theirs) => difference(reading, theirs),
            None => Some("it said nothing about it".to_owned()),
        };
        let known = known.iter().find(|k| k.peer == peer && name.ends_with(&k.file));
        match (difference, known) {
            (None, None) => {
                row.passed += 1;
                segments += reading.as_ref().map_or(0, Vec::len);
            }
            (None, Some(_)) => {
                row.fail(&format!("{name}: the known difference is gone: strike it off the list"))
            }
            (Some(difference), Some(known)) if difference.starts_with(&known.says) => {
                row.skip(&format!("{name}: {}", known.reason));
            }
            (Some(difference), _) => row.fail(&format!("{name}: {difference}")),
        }
    }
    row.kit = format!("{kit} ({} files, {segments} segments alike)", row.passed);
    Ok(())
}

/// A file's name that is the same on every machine.
fn plain(file: &Path) -> String {
    let text = file.to_string_lossy();
    if let Some((_, answer)) = text.split_once("edifact/answers/") {
        // The folders in it are joined; what follows the last known one tells the file.
        let known = ["edifact-samples-", "unox-", "samples-"].iter().find_map(|f| answer.split_once(f));
        return format!("CONTRL to {}", known.map_or(answer, |(_, name)| name));
    }
    let real = REAL.iter().find_map(|folder| text.find(folder).and_then(|at| text.get(at..)));
    let root = format!("{}/", repo::root().display());
    real.unwrap_or_else(|| text.strip_prefix(&root).unwrap_or(&text)).to_owned()
}

/// Where two readings part; nothing when they agree.
fn difference(ours: &Reading, theirs: &Reading) -> Option<String> {
    let (ours, theirs) = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(_), Err(_)) => return None,
        (Err(why), Ok(_)) => return Some(format!("ours refuses it: {why}")),
        (Ok(_), Err(why)) => return Some(format!("the peer refuses it: {}", why.replace(['\n', '\r'], " "))),
    };
    if ours == theirs {
        return None;
    }
    let parted = ours.iter().zip(theirs).position(|(a, b)| a != b);
    let at = parted.unwrap_or(ours.len().min(theirs.len()));
    let (a, b) = (ours.get(at), theirs.get(at));
    Some(format!("segments {} and {}, first apart at {}: {a:?} and {b:?}", ours.len(), theirs.len(), at + 1))
}

/// The kit, and what it read, from lines of JSON.
pub(super) fn readings(said: &str) -> Result<(String, BTreeMap<PathBuf, Reading>)> {
    let (mut kit, mut all) = (String::new(), BTreeMap::new());
    for line in said.lines() {
        let told: Value = serde_json::from_str(line).map_err(|_| format!("it said: {line}"))?;
        let text = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or_default();
        if !text("kit").is_empty() {
            text("kit").clone_into(&mut kit);
            continue;
        }
        let refused = [text("refused"), text("broken")].into_iter().find(|why| !matches!(*why, "" | "None"));
        let reading = match (refused, told.get("segments").and_then(Value::as_array)) {
            (Some(why), _) => Err(why.to_owned()),
            (None, Some(segments)) => Ok(segments.iter().map(segment).collect()),
            (None, None) => return Err(format!("it said: {line}")),
        };
        all.insert(PathBuf::from(text("file")), reading);
    }
    Ok((kit, all))
}

fn segment(of: &Value) -> Segment {
    let parts = of.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut out: Segment = parts.iter().map(element).collect();
    while out.last().is_some_and(Vec::is_empty) {
        out.pop();
    }
    out
}

/// Components of an element. Ours come in repetitions, which the peers (made for syntax 3) do not know:
/// to them the separator is a character of the value.
fn element(of: &Value) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    match of {
        Value::String(tag) => out.push(tag.clone()),
        Value::Array(parts) => {
            for (number, part) in parts.iter().enumerate() {
                let more = element(part);
                match (part.is_array() && number > 0, out.pop()) {
                    (true, Some(last)) => {
                        out.push(format!("{last}*{}", more.first().map_or("", String::as_str)));
                        out.extend(more.into_iter().skip(1));
                    }
                    (_, last) => {
                        out.extend(last);
                        out.extend(more);
                    }
                }
            }
        }
        _ => {}
    }
    while of.is_array() && out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out
}

fn known(path: &Path) -> Result<Vec<Known>> {
    let bad = || format!("{}: a list of peer, reason and files expected", path.display());
    let list: Vec<Value> =
        serde_json::from_str(&kits::read(path)?).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut all = Vec::new();
    for entry in &list {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(bad);
        for (file, says) in entry.get("files").and_then(Value::as_object).ok_or_else(bad)? {
            let says = says.as_str().ok_or_else(bad)?.to_owned();
            all.push(Known { peer: text("peer")?, file: file.clone(), says, reason: text("reason")? });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(ours: Value, theirs: Value, alike: bool) {
        let (a, b) = (segment(&ours), segment(&theirs));
        assert_eq!(a == b, alike, "{a:?} {b:?}");
    }

    #[test]
    fn readings_are_compared_by_what_they_mean() {
        check(json!(["BGM", [["785"]], [["9"]]]), json!(["BGM", ["785"], ["9"]]), true);
        check(json!(["BGM", [["785", ""]], [[""]]]), json!(["BGM", ["785"]]), true);
        check(json!(["BGM", [[""]], [["9"]]]), json!(["BGM", [], ["9"]]), true);
        check(json!(["BGM", [["", "9"]]]), json!(["BGM", ["9"]]), false);
        check(json!(["RFF", [["MB", "1"], ["HWB", "2"]]]), json!(["RFF", ["MB", "1*HWB", "2"]]), true);
        check(json!(["RFF", [["MB", "1"], ["HWB", "2"]]]), json!(["RFF", ["MB", "1"]]), false);
        check(json!(["BGM", [["785"]]]), json!(["BGN", ["785"]]), false);
    }

    #[test]
    fn the_list_of_differences_can_be_read() {
        assert!(!known(&script("edifact/differences.json")).unwrap().is_empty());
    }

    #[test]
    fn files_are_named_alike_on_every_machine() {
        let check = |path: &str, expect: &str| assert_eq!(plain(Path::new(path)), expect);
        check("/x/data/trade/unox/a.edi", "trade/unox/a.edi");
        check(
            "/x/target/interop/edifact/answers/x-data-trade-edifact-samples-smooks-a.txt",
            "CONTRL to smooks-a.txt",
        );
        check(
            "/x/target/interop/edifact/answers/home-me-services-trade-samples-cuscar.edi",
            "CONTRL to cuscar.edi",
        );
    }
}
