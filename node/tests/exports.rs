//! No export of CSV gives a spreadsheet a formula. Which exports there are is found in the table of rules and in the
//! documents of the command line, so that one that comes later is not forgotten: it fails here until it is judged.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::http::Request;
use common::World;
use corridor_node::access::{RULES, Role};
use corridor_trade::edifact::csv::rows;
use serde_json::json;

/// How a cell begins that a spreadsheet takes for a formula.
const BEGINNINGS: [&str; 6] = ["=", "+", "-", "@", "\t", "\r"];

/// The addresses whose answers are CSV.
const ROUTES: &[&str] = &["/console/trade/codes/file"];
/// The commands that speak of CSV, and whether they write it.
const COMMANDS: &[(&str, bool)] = &[
    ("trade-codes-export", true),
    ("trade-codes-import", false),
    ("trade-convert", true),
    ("trade-new", false),
];

/// Every cell of a table is what a spreadsheet leaves alone, and `some` of them were formulas before.
fn guarded(what: &str, csv: &str, some: usize) {
    let cells: Vec<String> = rows(csv).unwrap_or_else(|e| panic!("{what}: {e:?}")).concat();
    for cell in &cells {
        assert!(!BEGINNINGS.iter().any(|begin| cell.starts_with(begin)), "{what}: {cell:?}");
    }
    let marked = cells.iter().filter(|cell| cell.starts_with('\'')).count();
    assert!(marked >= some, "{what}: {marked} of {some} formulas came out: {csv:?}");
}

/// Where a rule of the table leads for this participant.
fn address(path: &str, world: &World) -> String {
    let partner = world.customs.to_string();
    let filled = path.replace("{did}", &partner).replace("{id}", &world.document.to_string());
    let filled: Vec<String> =
        filled.split('/').map(|p| if p.starts_with('{') { "1".to_owned() } else { p.to_owned() }).collect();
    format!("{}?partner={}&reference=DNFW26111001", filled.join("/"), partner.replace('%', "%25"))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_gives_a_spreadsheet_a_formula() {
    let world = World::new().await;
    let token = world.token(&world.forwarder, Role::Administrator).await;
    let cookie = world.session(&world.forwarder, Role::Administrator).await;
    let odd = BEGINNINGS.iter().filter(|begin| !begin.trim().is_empty());
    let codes: Vec<_> = odd
        .map(|begin| json!({ "kind": "party", "ours": format!("{begin}1+1"), "theirs": format!("{begin}HYPERLINK(1)") }))
        .collect();
    let officer = world.token(&world.forwarder, Role::Officer).await;
    let path = format!("/api/v1/trade/codes/{}", world.customs.to_string().replace('%', "%25"));
    let set = world.ask("POST", &path, Some(&officer), &json!({ "items": codes }).to_string()).await;
    assert_eq!(set.status.as_u16(), 200, "{}", String::from_utf8_lossy(&set.body));
    // What begins with a control character never becomes a code.
    for begin in ["\t", "\r"] {
        let body = json!({ "items": [{ "kind": "party", "ours": format!("{begin}=1"), "theirs": "X" }] });
        let set = world.ask("POST", &path, Some(&officer), &body.to_string()).await;
        if set.status.is_success() {
            let kept = world.ask("GET", &path, Some(&officer), "").await.json();
            assert!(!kept["items"][0]["ours"].as_str().unwrap().starts_with(begin), "{kept}");
        }
    }
    let set = world.ask("POST", &path, Some(&officer), &json!({ "items": codes }).to_string()).await;
    assert!(set.status.is_success());
    let (mut found, mut asked) = (BTreeSet::new(), 0);
    for rule in RULES.iter().filter(|rule| rule.method == "GET" && rule.path != "/console/live") {
        let address = address(rule.path, &world);
        let request = Request::get(&address).header("accept", "text/csv, */*;q=0.1");
        let request = match rule.path.starts_with("/console") {
            true => request.header("cookie", &cookie).header("sec-fetch-site", "same-origin"),
            false => request.header("authorization", format!("Bearer {token}")),
        };
        let answer = world.give(request.body(Body::empty()).unwrap()).await;
        asked += 1;
        let kind = answer.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let name =
            answer.headers.get("content-disposition").and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.contains("csv") || name.contains(".csv") {
            guarded(rule.path, &String::from_utf8(answer.body).unwrap(), codes.len());
            found.insert(rule.path);
        }
    }
    assert!(asked > 100, "only {asked} routes were asked");
    assert_eq!(
        found,
        ROUTES.iter().copied().collect(),
        "an export that this test does not know, or one that is gone"
    );
    world.running.stop().await;
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
fn no_command_gives_a_spreadsheet_a_formula() {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli");
    let mut speak = BTreeSet::new();
    for entry in std::fs::read_dir(documents).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().replace("corridor-", "");
        // What only lists others speaks of theirs.
        if text.to_lowercase().contains("csv") && !text.contains("\nCommands:") {
            speak.insert(name);
        }
    }
    let known: BTreeSet<String> = COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(speak, known, "a command that this test does not know, or one that is gone");
    let folder = tempfile::tempdir().unwrap();
    let convert = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        let done =
            command.current_dir(folder.path()).env_clear().args(["trade", "convert"]).args(words).output();
        String::from_utf8(done.unwrap().stdout).unwrap()
    };
    // By segments, and by a mapping.
    let values = ["=1+1", "?+1?+1", "-1?+1", "@SUM(A1)"];
    let body: String = values.iter().map(|value| format!("FTX+AAI+++{value}'")).collect();
    let count = values.len() + 3;
    let text = format!(
        "UNB+UNOC:3+A+B+261122:0915+R'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-1+9'{body}UNT+{count}+1'UNZ+1+R'"
    );
    std::fs::write(folder.path().join("o.edi"), text).unwrap();
    guarded("trade convert", &convert(&["o.edi", "--to", "csv"]), values.len());
    let documents: Vec<String> = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\\t=1", "\\r=1"]
        .iter()
        .map(|value| format!(r#"{{"number":"P1","date":"2026-11-22","remarks":"{value}"}}"#))
        .collect();
    std::fs::write(folder.path().join("d.json"), documents.join("\n")).unwrap();
    let rows = convert(&["d.json", "--mapping", "orders", "--to", "csv"]);
    guarded("trade convert --mapping", &rows, 6);
    // `trade codes export` writes the file that the console gives out.
    let codes = "kind,ours,theirs\r\nparty,'=1,'@X\r\nparty,'-A,'+B\r\n";
    let table = corridor_trade::shape::CodeTable::from_csv(codes).unwrap();
    guarded("trade codes export", &table.to_csv(), 4);
}
