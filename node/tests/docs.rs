//! What the repository shows of the API and of the command line is what the program does. Run with
//! `CORRIDOR_BLESS=1` to write the files again after a change that is meant.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// Compares files of a folder with what they should be, or writes them.
fn check(folder: &str, expect: &BTreeMap<String, String>) {
    let folder = docs().join(folder);
    if std::env::var("CORRIDOR_BLESS").is_ok_and(|v| v == "1") {
        std::fs::create_dir_all(&folder).unwrap();
        for stale in listed(&folder).keys().filter(|name| !expect.contains_key(*name)) {
            std::fs::remove_file(folder.join(stale)).unwrap();
        }
        for (name, text) in expect {
            #[allow(clippy::disallowed_methods, reason = "a test writes what the repository commits")]
            std::fs::write(folder.join(name), text).unwrap();
        }
        return;
    }
    let found = listed(&folder);
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    let again = "run `CORRIDOR_BLESS=1 cargo test -p corridor-node --test docs` and look at the difference";
    assert_eq!(names(&found), names(expect), "{}: {again}", folder.display());
    for (name, text) in expect {
        assert!(found[name] == *text, "{}: {again}", folder.join(name).display());
    }
}

fn listed(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|e| e.unwrap())
        .filter(|e| e.path().is_file())
        .map(|e| (e.file_name().into_string().unwrap(), std::fs::read_to_string(e.path()).unwrap()))
        .collect()
}

#[test]
fn the_committed_openapi_document_is_that_of_the_node() {
    let text = serde_json::to_string_pretty(&corridor_node::api::document()).unwrap();
    check("openapi", &BTreeMap::from([("node.json".to_owned(), format!("{text}\n"))]));
}

#[test]
fn the_committed_help_texts_are_those_of_the_program() {
    let texts = corridor_node::cli::help_texts();
    let trimmed = |text: &str| text.lines().map(|l| format!("{}\n", l.trim_end())).collect::<String>();
    check("cli", &texts.iter().map(|(name, text)| (format!("{name}.txt"), trimmed(text))).collect());
}

#[test]
fn every_route_has_a_rule_and_every_rule_a_route() {
    let document = serde_json::to_value(corridor_node::api::document()).unwrap();
    let mut routes: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = ["get", "post", "put", "patch", "delete"];
        routes.extend(
            methods
                .iter()
                .filter(|m| item.get(**m).is_some())
                .map(|m| format!("{} {path}", m.to_uppercase())),
        );
    }
    // Pages stand in no OpenAPI document; that each is there, the browser tests say.
    let is_page = |path: &str| path == "/" || path.starts_with("/console");
    let rules = corridor_node::access::RULES.iter().filter(|rule| !is_page(rule.path));
    let mut rules: Vec<String> = rules.map(|r| format!("{} {}", r.method, r.path)).collect();
    routes.sort();
    rules.sort();
    assert_eq!(routes, rules);
}

/// Two types of one name are one schema in the document, which is then wrong about one of them.
#[test]
fn no_two_types_of_the_api_have_one_name() {
    let (mut seen, mut twice) = (BTreeMap::new(), Vec::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let below = listed(&folder.join("trade")).into_iter().map(|(file, text)| (format!("trade/{file}"), text));
    for (file, text) in listed(&folder).into_iter().chain(below).filter(|(file, _)| file.ends_with(".rs")) {
        for item in text.split("ToSchema").skip(1) {
            let declared = item.lines().find_map(|line| {
                let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
                rest.split(|c: char| !c.is_alphanumeric()).next()
            });
            let Some(name) = declared.map(str::to_owned) else { continue };
            if let Some(other) = seen.insert(name.clone(), file.clone()).filter(|other| *other != file) {
                twice.push(format!("{name} in {other} and {file}"));
            }
        }
    }
    assert!(seen.len() > 40, "the types were not found");
    assert_eq!(twice, Vec::<String>::new());
}
