//! Every endpoint has a test that those who may not call it cannot (AC-1). The committed OpenAPI
//! documents say which endpoints there are; a table in the tests of the node says which are tested;
//! a list of exceptions may only shrink.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::repo::{File, Tree};

/// Where the OpenAPI documents are.
pub(super) const DOCUMENTS: &str = "docs/openapi/";
/// Where the tested endpoints are named: `"GET", "/path"` or `"GET /path"`, in Rust or in TOML.
const TESTS: &[&str] = &["node/tests/authorization.rs", "node/tests/authorization.toml"];
/// `count: N` on the first line, then one `METHOD /path` a line, with a reason after `#`.
const EXCEPTIONS: &str = "xtask/authorization-exceptions.txt";
const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// `METHOD /path`.
type Endpoint = String;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut endpoints = BTreeMap::new();
    for file in tree.files.iter().filter(|f| f.path.starts_with(DOCUMENTS) && f.ends(&[".json"])) {
        match documented(file) {
            Ok(found) => endpoints.extend(found.into_iter().map(|(endpoint, line)| (endpoint, (file, line)))),
            Err(what) => findings.push(Finding::at(file, 1, what)),
        }
    }
    let tested: BTreeSet<Endpoint> =
        TESTS.iter().filter_map(|path| tree.file(path)).flat_map(tested).collect();
    let excepted = tree.file(EXCEPTIONS).map(|file| exceptions(file, &mut findings)).unwrap_or_default();
    for (endpoint, (file, line)) in &endpoints {
        if !tested.contains(endpoint) && !excepted.contains_key(endpoint) {
            let what = format!("{endpoint} has no authorisation test: add it to {}", TESTS[0]);
            findings.push(Finding::at(file, *line, what));
        }
    }
    if let Some(file) = tree.file(EXCEPTIONS) {
        for (endpoint, line) in &excepted {
            let why = match (tested.contains(endpoint), endpoints.contains_key(endpoint)) {
                (true, _) => "is tested now",
                (false, false) => "does not exist",
                (false, true) => continue,
            };
            findings.push(Finding::at(
                file,
                *line,
                format!("{endpoint} {why}: take it off the list and lower the count"),
            ));
        }
    }
    findings
}

/// The endpoints of a document, each with the line its path stands on.
fn documented(file: &File) -> Result<Vec<(Endpoint, usize)>, String> {
    let document: serde_json::Value =
        serde_json::from_str(&file.text).map_err(|e| format!("is not JSON: {e}: generate it again"))?;
    let paths =
        document.get("paths").and_then(|p| p.as_object()).ok_or("has no `paths`: generate it again")?;
    let mut endpoints = Vec::new();
    for (path, item) in paths {
        let quoted = format!("\"{path}\":");
        let line = file.line_where(|l| l.trim_start().starts_with(&quoted));
        let methods = item.as_object().into_iter().flat_map(|i| i.keys()).map(|m| m.to_ascii_uppercase());
        endpoints
            .extend(methods.filter(|m| METHODS.contains(&m.as_str())).map(|m| (format!("{m} {path}"), line)));
    }
    Ok(endpoints)
}

/// The endpoints that a table of tests names; a line that is commented out names nothing.
fn tested(file: &File) -> Vec<Endpoint> {
    let comment = if file.ends(&[".rs"]) { "//" } else { "#" };
    let mut endpoints = Vec::new();
    let mut method = None;
    for (_, line) in file.lines().filter(|(_, line)| !line.trim_start().starts_with(comment)) {
        for literal in line.split('"').skip(1).step_by(2) {
            let (first, rest) = literal.split_once(' ').unwrap_or((literal, ""));
            if METHODS.contains(&first) && rest.starts_with('/') {
                endpoints.push(literal.to_owned());
            } else if let Some(method) = method.filter(|_| literal.starts_with('/')) {
                endpoints.push(format!("{method} {literal}"));
            }
            method = METHODS.iter().find(|m| **m == literal);
        }
    }
    endpoints
}

/// The exceptions, each with its line; what is wrong with the list itself is a finding.
fn exceptions(file: &File, findings: &mut Vec<Finding>) -> BTreeMap<Endpoint, usize> {
    let mut found = BTreeMap::new();
    for (number, line) in file.lines().skip(1).filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
        let (endpoint, reason) = line.split_once('#').unwrap_or((line, ""));
        if reason.trim().is_empty() {
            findings.push(Finding::at(file, number, "an exception without a reason: write it after `#`"));
        }
        if found.insert(endpoint.trim().to_owned(), number).is_some() {
            findings.push(Finding::at(file, number, "the same exception twice: take one out"));
        }
    }
    let first = file.text.lines().next().unwrap_or_default();
    let count = first.strip_prefix("count: ").and_then(|n| n.trim().parse::<usize>().ok());
    if count != Some(found.len()) {
        let what = format!("the first line must be `count: {}`; it may only become smaller", found.len());
        findings.push(Finding::at(file, 1, what));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "{\"paths\": {\n  \"/v1/acts\": {\"get\": {}, \"post\": {}, \"parameters\": []},\n  \"/v1/acts/{id}\": {\"get\": {}}\n}}";
    const ALL: &str = "(\"GET\", \"/v1/acts\"), (\"POST\", \"/v1/acts\"),\n\"GET /v1/acts/{id}\"";

    fn check(tests: &str, exceptions: &str, expect: &[&str]) {
        let files = [("docs/openapi/node.json", DOCUMENT), (TESTS[0], tests), (EXCEPTIONS, exceptions)];
        super::super::expect(super::check, &files, expect);
    }

    #[test]
    fn every_endpoint_is_tested_or_excepted() {
        check(ALL, "count: 0", &[]);
        check("", "count: 3\nGET /v1/acts # a\nPOST /v1/acts # b\n\nGET /v1/acts/{id} # c", &[]);
        check(
            "\"GET /v1/acts\"\n// \"POST /v1/acts\"\n(\"GET\",\n  \"/v1/acts/{id}\")",
            "count: 0",
            &[
                "docs/openapi/node.json:2: POST /v1/acts has no authorisation test: add it to node/tests/authorization.rs",
            ],
        );
    }

    #[test]
    fn the_list_of_exceptions_only_shrinks() {
        check(
            ALL,
            "count: 1\nGET /v1/acts # later",
            &[
                "xtask/authorization-exceptions.txt:2: GET /v1/acts is tested now: take it off the list and lower the count",
            ],
        );
        check(
            ALL,
            "count: 1\nGET /gone # later",
            &[
                "xtask/authorization-exceptions.txt:2: GET /gone does not exist: take it off the list and lower the count",
            ],
        );
        check(
            "\"POST /v1/acts\", \"GET /v1/acts/{id}\"",
            "# exceptions\nGET /v1/acts",
            &[
                "xtask/authorization-exceptions.txt:1: the first line must be `count: 1`; it may only become smaller",
                "xtask/authorization-exceptions.txt:2: an exception without a reason: write it after `#`",
            ],
        );
    }

    #[test]
    fn a_table_in_toml_is_read_too() {
        let toml =
            "[[endpoint]]\nmethod = \"GET\"\npath = \"/v1/acts\"\n# [[endpoint]]\n# method = \"PUT\"\n";
        let tree = Tree::of(&[(TESTS[1], toml)]);
        assert_eq!(tested(&tree.files[0]), ["GET /v1/acts"]);
    }

    #[test]
    fn documents_that_cannot_be_read_are_found() {
        let check = |text: &str, expect: &[&str]| {
            super::super::expect(super::check, &[("docs/openapi/a.json", text)], expect)
        };
        check("{\"openapi\": \"3.1.0\"}", &["docs/openapi/a.json:1: has no `paths`: generate it again"]);
        check(
            "{",
            &[
                "docs/openapi/a.json:1: is not JSON: EOF while parsing an object at line 1 column 1: generate it again",
            ],
        );
        super::super::expect(super::check, &[], &[]);
    }
}
