//! The API: schemathesis makes requests from our OpenAPI document, good and bad ones, and holds every
//! answer of a running node against it. Bounded in time and with a fixed seed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::results::Row;
use super::stage::{Programs, Stage, bounded};
use super::{kits, script};
use crate::{Result, shell};

/// How long requests are made; the examples and the cases of the document's bounds come first.
const SECONDS: u64 = 120;

/// One row: a check is an operation of the API in one phase.
pub(super) fn run(programs: &Programs) -> Row {
    let row = Row::new("api", "OpenAPI 3.1: every operation of the API", "3.1").kit("PyPI schemathesis");
    super::kit(
        row,
        || kits::python("api"),
        |row, python| {
            let report = requests(programs, row, &python)?;
            judge(row, &report)?;
            for exempt in exempt(&kits::read(&script("api/schemathesis.toml"))?)? {
                row.skip(&format!("{exempt}: not asked, for the reason in interop/api/schemathesis.toml"));
            }
            Ok(())
        },
    )
}

/// Runs the kit against the customs node of a demo; its report.
fn requests(programs: &Programs, row: &mut Row, python: &Path) -> Result<Value> {
    let stage = Stage::set(programs, "api")?;
    let _customs = stage.node(programs, "customs", &[])?;
    // The partner, so that what is sent arrives.
    let _forwarder = stage.node(programs, "forwarder", &[])?;
    let address = stage.configured("customs", "api", "listen")?;
    let token = kits::read(&stage.folder().join("customs/admin.token"))?;
    let document = stage.folder().join("openapi.json");
    kits::write(&document, &stage.ask(programs, "customs", &["openapi"])?.to_string())?;
    let report = stage.folder().join("report.json");
    let mut command = shell::command(python.with_file_name("schemathesis"));
    command.current_dir(stage.folder());
    command.arg("--config-file").arg(script("api/schemathesis.toml"));
    command.arg("run").arg(&document).args(["--url", &format!("http://{address}")]);
    command.args(["--header", &format!("Authorization: Bearer {}", token.trim())]);
    command
        .args(["--max-time", &SECONDS.to_string(), "--report", "json,junit", "--report-json-path"])
        .arg(&report);
    // For whoever looks into a failure: the requests and answers.
    command.arg("--report-junit-path").arg(stage.folder().join("report.xml"));
    command.envs(known(programs, &stage)?);
    // It ends with 1 when it found something: the report says what.
    let said = bounded(&mut command, Duration::from_secs(SECONDS + 60));
    let _ =
        fs::metadata(&report).map_err(|_| said.err().unwrap_or_else(|| "it wrote no report".to_owned()))?;
    let report: Value = serde_json::from_str(&kits::read(&report)?).map_err(|e| e.to_string())?;
    let version = report.get("schemathesis_version").and_then(Value::as_str).unwrap_or_default();
    let cases = report.pointer("/test_cases/generated").map(ToString::to_string).unwrap_or_default();
    row.kit = format!("PyPI schemathesis {version} ({cases} requests)");
    Ok(report)
}

/// What is on the node, so that requests find something: the kit reads these from its environment.
fn known(programs: &Programs, stage: &Stage) -> Result<Vec<(&'static str, String)>> {
    let first = |arguments: &[&str]| -> Result<Value> {
        let page = stage.ask(programs, "customs", arguments)?;
        let items = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        items.into_iter().next().ok_or_else(|| format!("corridor {}: nothing there", arguments.join(" ")))
    };
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (received, sent) = (first(&["inbox", "list"])?, first(&["outbox", "list"])?);
    Ok(vec![
        ("INBOX_ID", text(&received, "id")),
        ("OUTBOX_ID", text(&sent, "id")),
        ("PARTNER", text(&received, "partner")),
        // Put into the path as it is: a `%` of its own has to be written as one.
        ("PARTNER_IN_PATH", text(&received, "partner").replace('%', "%25")),
        ("AGREEMENT", text(&received, "agreement")),
    ])
}

/// Operations that hold pass; every kind of failure counts once for each operation.
fn judge(row: &mut Row, report: &Value) -> Result {
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let list = |pointer: &str| report.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut bad = std::collections::BTreeSet::new();
    for failure in list("/failures") {
        let operations = failure.get("operations").and_then(Value::as_array).cloned().unwrap_or_default();
        for operation in operations.iter().filter_map(Value::as_str) {
            bad.insert(operation.to_owned());
            row.fail(&format!("{operation}: {} ({})", text(&failure, "title"), text(&failure, "code")));
        }
    }
    for error in list("/errors") {
        row.fail(&format!("the kit stumbled: {error}"));
    }
    let tested = number("/operations/tested");
    row.passed = tested.saturating_sub(bad.iter().filter(|o| o.contains('/')).count() as u64);
    for _ in tested..number("/operations/total") {
        row.skip("an operation was not tested");
    }
    if tested == 0 { Err("no operation was tested".to_owned()) } else { Ok(()) }
}

/// The checks that the configuration switches off, each with its operation.
fn exempt(config: &str) -> Result<Vec<String>> {
    let config: toml::Table = config.parse().map_err(|e| format!("schemathesis.toml: {e}"))?;
    let mut all = Vec::new();
    for entry in config.get("operations").and_then(toml::Value::as_array).into_iter().flatten() {
        let names = match entry.get("include-name") {
            Some(toml::Value::Array(names)) => names.clone(),
            Some(name) => vec![name.clone()],
            None => Vec::new(),
        };
        for (check, how) in entry.get("checks").and_then(toml::Value::as_table).into_iter().flatten() {
            if how.get("enabled").and_then(toml::Value::as_bool) == Some(false) {
                all.extend(names.iter().filter_map(|n| Some(format!("{}: {check}", n.as_str()?))));
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_that_fail_do_not_pass() {
        let report = json!({
            "operations": { "total": 4, "tested": 3 },
            "failures": [{ "title": "Server error", "code": "ST001", "operations": ["GET /a", "Stateful tests"] }],
            "errors": [],
        });
        let mut row = Row::new("api", "s", "1");
        judge(&mut row, &report).unwrap();
        assert_eq!((row.passed, row.failed, row.skipped), (2, 2, 1));
        assert!(judge(&mut row, &json!({})).is_err());
    }
    #[test]
    fn what_is_not_asked_is_told() {
        let config = "[[operations]]\ninclude-name = [\"POST /a\", \"GET /b\"]\n\
                      checks.one.enabled = false\nchecks.two.enabled = true\n\
                      [[operations]]\ninclude-name = \"GET /c\"\nparameters = {}\n";
        assert_eq!(exempt(config).unwrap(), ["POST /a: one", "GET /b: one"]);
    }
}
