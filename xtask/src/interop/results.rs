//! What the kits said: counted from their lines, kept as JSON, shown as a table.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::{PATIENCE, kits, stage};
use crate::{Result, bench, repo};

/// The largest number of reasons kept of one row; the rest is counted.
const REASONS: usize = 40;
/// The longest reason, in characters.
const LONGEST: usize = 300;

/// One kit's verdict on one standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) area: String,
    pub(super) standard: String,
    pub(super) version: String,
    pub(super) kit: String,
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    pub(super) reasons: Vec<String>,
}

impl Row {
    /// Nothing checked yet.
    pub(super) fn new(area: &str, standard: &str, version: &str) -> Self {
        let (area, standard, version) = (area.to_owned(), standard.to_owned(), version.to_owned());
        Self {
            area,
            standard,
            version,
            kit: String::new(),
            passed: 0,
            failed: 0,
            skipped: 0,
            reasons: vec![],
        }
    }

    /// Who checks.
    pub(super) fn kit(mut self, name: &str) -> Self {
        name.clone_into(&mut self.kit);
        self
    }

    /// Whether nothing at all was checked.
    pub(super) fn did_not_run(&self) -> bool {
        self.passed + self.failed == 0
    }

    pub(super) fn fail(&mut self, reason: &str) {
        self.failed += 1;
        self.reason(reason);
    }

    pub(super) fn skip(&mut self, reason: &str) {
        self.skipped += 1;
        self.reason(reason);
    }

    fn reason(&mut self, reason: &str) {
        // Folders of one machine say nothing to another's reader.
        let root = repo::root();
        let plain = reason.replace(&format!("{}/", root.display()), "").replace(['\n', '\r'], " ");
        self.reasons.push(plain.chars().take(LONGEST).collect());
    }

    /// Runs a script and counts its checks: lines `{"check", "ok", "why"}`, `{"check", "skip"}` and, once,
    /// `{"kit"}`.
    ///
    /// # Errors
    /// Why the script did not come to its end.
    pub(super) fn listen(&mut self, script: &mut Command) -> Result {
        self.hear(&stage::bounded(script, PATIENCE)?)
    }

    fn hear(&mut self, said: &str) -> Result {
        for line in said.lines() {
            let told: Value = serde_json::from_str(line).map_err(|_| format!("it said: {line}"))?;
            let text = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or_default();
            match (told.get("ok").and_then(Value::as_bool), text("kit"), text("skip")) {
                (Some(true), _, _) => self.passed += 1,
                (Some(false), _, _) => self.fail(&format!("{}: {}", text("check"), text("why"))),
                (None, "", "") => return Err(format!("it said: {line}")),
                (None, "", skip) => self.skip(&format!("{}: {skip}", text("check"))),
                (None, kit, _) => kit.clone_into(&mut self.kit),
            }
        }
        if self.did_not_run() { Err("it checked nothing".to_owned()) } else { Ok(()) }
    }

    /// One line for the terminal.
    pub(super) fn line(&self) -> String {
        let Self { standard, kit, passed, failed, skipped, .. } = self;
        let mut line = format!("{standard} with {kit}: {passed} passed, {failed} failed, {skipped} skipped");
        for reason in &self.reasons {
            line.push_str("\n  ");
            line.push_str(reason);
        }
        line
    }

    /// As it came of this commit.
    fn to_json(&self, commit: &str) -> Value {
        let Self { area, standard, version, kit, passed, failed, skipped, .. } = self;
        let mut reasons = self.reasons.clone();
        if reasons.len() > REASONS {
            reasons.truncate(REASONS);
            reasons.push(format!("and {} more", self.reasons.len() - REASONS));
        }
        json!({
            "area": area, "standard": standard, "version": version, "kit": kit,
            "passed": passed, "failed": failed, "skipped": skipped, "reasons": reasons, "commit": commit,
        })
    }
}

/// Writes the results: rows of these areas are new, those of others stay as they are.
pub(super) fn write(areas: &[&str], rows: &[Row]) -> Result {
    let path = file("results.json");
    let before = kits::read(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
    let commit = bench::version();
    let rows = rows.iter().map(|row| row.to_json(&commit)).collect();
    let all = merged(before.unwrap_or_default(), areas, rows);
    let text = serde_json::to_string_pretty(&all).map_err(|e| e.to_string())?;
    kits::write(&path, &format!("{text}\n"))?;
    kits::write(&file("RESULTS.md"), &table(&all))
}

fn file(name: &str) -> PathBuf {
    repo::root().join("interop").join(name)
}

/// The areas in their usual order.
fn merged(before: Vec<Value>, areas: &[&str], rows: Vec<Value>) -> Vec<Value> {
    let area = |row: &Value| row.get("area").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut all: Vec<Value> = before.into_iter().filter(|row| !areas.contains(&area(row).as_str())).collect();
    all.extend(rows);
    let place = |name: &str| super::Area::ALL.iter().position(|a| a.name() == name);
    all.sort_by_key(|row| place(&area(row)));
    all
}

/// `RESULTS.md`.
fn table(rows: &[Value]) -> String {
    let mut out = String::from(
        "# What others say\n\nWritten by `cargo xtask interop`; do not edit. Each row is one kit or peer from \
         the public package registries, run against real bytes and running nodes. The scripts are in this \
         folder and say at their top what they prove. The commit is the one that was judged; a plus sign says \
         that there was more than what was committed.\n\n\
         | area | standard | kit | passed | failed | skipped | commit |\n|---|---|---|---:|---:|---:|---|\n",
    );
    let text = |row: &Value, key: &str| match row.get(key) {
        Some(Value::String(text)) => text.replace('|', "\\|"),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    for row in rows {
        let cells =
            ["area", "standard", "kit", "passed", "failed", "skipped", "commit"].map(|key| text(row, key));
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    let mut said = BTreeSet::new();
    for row in rows {
        let reasons = row.get("reasons").and_then(Value::as_array).cloned().unwrap_or_default();
        if reasons.is_empty() || !said.insert((text(row, "standard"), text(row, "kit"))) {
            continue;
        }
        out.push_str(&format!("\n## {}, {}\n\n", text(row, "standard"), text(row, "kit")));
        for reason in reasons.iter().filter_map(Value::as_str) {
            out.push_str(&format!("- {}\n", reason.replace('<', "&lt;")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_failures_keep_their_reasons() {
        let mut row = Row::new("notes", "C2SP signed-note", "1.0");
        let said = "{\"kit\":\"Go note 1\"}\n{\"check\":\"a\",\"ok\":true}\n\
                    {\"check\":\"b\",\"ok\":false,\"why\":\"other\"}\n{\"check\":\"c\",\"skip\":\"no tool\"}\n";
        row.hear(said).unwrap();
        assert_eq!((row.kit.as_str(), row.passed, row.failed, row.skipped), ("Go note 1", 1, 1, 1));
        assert_eq!(row.reasons, ["b: other", "c: no tool"]);
    }

    #[test]
    fn silence_and_noise_are_no_success() {
        let row = || Row::new("notes", "C2SP signed-note", "1.0");
        assert_eq!(row().hear(""), Err("it checked nothing".to_owned()));
        assert_eq!(row().hear("Traceback"), Err("it said: Traceback".to_owned()));
        assert_eq!(row().hear("{}"), Err("it said: {}".to_owned()));
    }

    #[test]
    fn one_area_leaves_the_others() {
        let row = |area: &str, passed| Row { passed, ..Row::new(area, "s", "1") };
        let before = [row("signatures", 1), row("notes", 1), row("did", 1)].map(|r| r.to_json("a")).to_vec();
        let new = [row("notes", 2), row("notes", 3)].map(|r| r.to_json("b")).to_vec();
        let all = merged(before, &["notes"], new);
        let told: Vec<String> = all.iter().map(|r| format!("{} {}", r["area"], r["passed"])).collect();
        assert_eq!(told, ["\"signatures\" 1", "\"notes\" 2", "\"notes\" 3", "\"did\" 1"]);
        let page = table(&all);
        assert!(page.contains("| notes | s |  | 3 | 0 | 0 | b |"), "{page}");
    }
}
