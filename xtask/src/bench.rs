//! `cargo xtask bench`: measures, writes `bench/results/AREA.json` and shows it in `bench/README.md`.
//! What is measured stands in the `bench` crate; here are the build, the version and the table.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::interop::kits;
use crate::{Result, repo, shell};

/// What can be measured.
pub(crate) const AREAS: &[&str] = &["send", "ledger", "witness", "receipts", "console", "edifact", "trade"];

/// Measures one area, or all; what follows the area goes to the bench itself.
pub(crate) fn run(area: Option<&str>, built: bool, arguments: &[String]) -> Result {
    let areas: Vec<&str> = AREAS.iter().copied().filter(|a| area.is_none_or(|wanted| wanted == *a)).collect();
    if areas.is_empty() {
        return Err(format!("nothing called {}: {}", area.unwrap_or_default(), AREAS.join(", ")));
    }
    if !built {
        build()?;
    }
    for area in areas {
        let output = results().join(format!("{area}.json"));
        let mut bench = Command::new(program(area)?);
        bench.arg("--folder").arg(folder()?).arg("--output").arg(&output);
        bench.args(["--commit", &version()]).args(peers(area)?).args(arguments);
        shell::run(&mut bench)?;
        show(area)?;
    }
    Ok(())
}

/// The peers of an area, as its bench wants to be told of them: built from the Go module proxy, or not run
/// and said so.
fn peers(area: &str) -> Result<Vec<OsString>> {
    let path = |path: PathBuf| path.into_os_string();
    let told = match area {
        "ledger" => kits::tessera().map(|peer| {
            let words = [path(peer.posix), "--tuned".into(), path(peer.program), "--tessera-version".into()];
            [vec!["--tessera".into()], words.to_vec(), vec![peer.version.into()]].concat()
        }),
        "witness" => kits::witness().map(|peer| {
            let version = ["--omniwitness-version".into(), peer.version.into()];
            [vec!["--omniwitness".into(), path(peer.program)], version.to_vec()].concat()
        }),
        "edifact" => kits::edifact_readers(),
        _ => Ok(Vec::new()),
    };
    match told {
        Err(why) if shell::is_ci() => Err(why),
        Err(why) => {
            println!("the peer does not run: {why}");
            Ok(Vec::new())
        }
        told => told,
    }
}

/// Builds what runs in the bench and in the crash runs, as it is released.
pub(crate) fn build() -> Result {
    shell::run(&mut shell::cargo(&[
        "build",
        "--release",
        "--locked",
        "-p",
        "corridor-node",
        "-p",
        "corridor-bench",
    ]))
}

/// A program of the bench crate.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    Ok(built()?.join("release").join(name))
}

/// Where the nodes keep their data meanwhile: beside what was built, on a real disk, which the
/// folder for temporary files need not be.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(built()?.join("bench"))
}

/// Where results are written.
pub(crate) fn results() -> PathBuf {
    repo::root().join("bench/results")
}

/// The folder of what cargo builds.
fn built() -> Result<PathBuf> {
    let metadata = shell::output(&mut shell::cargo(&["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    folder.map(PathBuf::from).ok_or_else(|| "cargo metadata names no target directory".to_owned())
}

/// The commit, with a plus sign when there is more than what was committed.
pub(crate) fn version() -> String {
    let git = |arguments: &[&str]| shell::output(shell::command("git").args(arguments)).ok();
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    // What was measured is not a change of what is measured.
    let results = [":!bench/results", ":!bench/README.md", ":!interop/results.json", ":!interop/RESULTS.md"];
    let changed = git(&[&["status", "--porcelain", "--"], &results[..]].concat());
    let more = if changed.is_some_and(|c| !c.trim().is_empty()) { "+" } else { "" };
    format!("{}{more}", commit.trim())
}

/// Puts the table of an area between its markers in `bench/README.md`.
pub(crate) fn show(area: &str) -> Result {
    let path = results().join(format!("{area}.json"));
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let result: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    replace(&repo::root().join("bench/README.md"), area, &table(&result))
}

/// Replaces what stands between the markers of an area in a page.
#[allow(clippy::disallowed_methods, reason = "a page of the repository, not data of a node")]
pub(crate) fn replace(page: &Path, area: &str, table: &str) -> Result {
    let text = fs::read_to_string(page).map_err(|e| format!("{}: {e}", page.display()))?;
    let text =
        between(&text, area, table).ok_or_else(|| format!("{}: no markers of {area}", page.display()))?;
    fs::write(page, text).map_err(|e| format!("{}: {e}", page.display()))
}

fn between(text: &str, area: &str, table: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {area}: made by cargo xtask -->\n"), format!("<!-- end of {area} -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{table}\n{end}{after}"))
}

fn table(result: &Value) -> String {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let cores = result.get("cores").and_then(Value::as_u64).unwrap_or_default();
    let mut out = format!("Commit `{}`, {cores} cores.\n\n", text(result, "commit"));
    out.push_str(
        "| what | ours | least – most | peer | ours to peer | limit | ours to limit | how |\n\
         |---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for row in result.get("rows").and_then(Value::as_array).into_iter().flatten() {
        let ours = row.get("ours").cloned().unwrap_or_default();
        let number =
            |name: &str| ours.get(name).and_then(Value::as_f64).map_or_else(|| "–".to_owned(), plain);
        let peer = row.get("peer").filter(|p| !p.is_null()).map_or_else(
            || "–".to_owned(),
            |p| {
                format!(
                    "{} ({} {})",
                    p.get("median").and_then(Value::as_f64).map_or_else(String::new, plain),
                    text(p, "name"),
                    text(p, "version")
                )
            },
        );
        let limit = row.get("limit").filter(|l| !l.is_null()).map_or_else(
            || "–".to_owned(),
            |l| {
                format!(
                    "{} ({})",
                    l.get("median").and_then(Value::as_f64).map_or_else(String::new, plain),
                    text(l, "name")
                )
            },
        );
        let ratio = |name: &str| row.get(name).and_then(Value::as_f64).map_or_else(|| "–".to_owned(), plain);
        out.push_str(&format!(
            "| {} | {} {} | {} – {} | {peer} | {} | {limit} | {} | {} |\n",
            text(row, "name"),
            number("median"),
            text(row, "unit"),
            number("min"),
            number("max"),
            ratio("ratio_peer"),
            ratio("ratio_limit"),
            text(row, "note"),
        ));
    }
    out
}

/// A number as people write it: thousands apart, no more digits than matter.
pub(crate) fn plain(number: f64) -> String {
    let whole = number.abs() >= 100.0 || number.fract() == 0.0;
    let text = if whole { format!("{number:.0}") } else { format!("{number}") };
    let (digits, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(d, r)| (d, format!(".{r}")));
    let mut apart = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digit.is_ascii_digit() && !apart.ends_with('-')
        {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        let check = |number: f64, expect: &str| assert_eq!(plain(number), expect, "{number}");
        check(0.0, "0");
        check(0.125, "0.125");
        check(12.5, "12.5");
        check(1234.0, "1,234");
        check(47_000.4, "47,000");
        check(1_000_000.0, "1,000,000");
    }

    #[test]
    fn a_table_replaces_what_stood_between_its_markers() {
        let page = "a\n<!-- send: made by cargo xtask -->\nold\n<!-- end of send -->\nb\n";
        let expect = "a\n<!-- send: made by cargo xtask -->\n\nnew\n<!-- end of send -->\nb\n";
        assert_eq!(between(page, "send", "new").as_deref(), Some(expect));
        assert_eq!(between(page, "crash", "new"), None);
    }

    #[test]
    fn a_row_shows_ours_beside_the_limit_and_says_when_there_is_no_peer() {
        let result = serde_json::json!({
            "commit": "abc", "cores": 2, "rows": [{
                "name": "documents", "unit": "1/s", "ours": { "median": 1500.0, "min": 1400.0, "max": 1600.0 },
                "peer": null, "limit": { "name": "signatures", "median": 9000.0 }, "ratio_limit": 0.167, "note": "n",
            }],
        });
        let table = table(&result);
        assert!(table.contains("Commit `abc`, 2 cores."), "{table}");
        let expect = "| documents | 1,500 1/s | 1,400 – 1,600 | – | – | 9,000 (signatures) | 0.167 | n |";
        assert!(table.contains(expect), "{table}");
    }
}
