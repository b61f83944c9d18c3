//! Imports run downwards: node, services, ground, and inside ground from the top of the list to the
//! bottom; a service never imports another. What a crate does not depend on it cannot import, so the
//! manifests are what is checked.

use std::collections::BTreeMap;

use super::Finding;
use crate::repo::{File, Tree};

/// The rooms of the ground floor, from the top to the bottom.
const GROUND: &[&str] =
    &["console", "sandbox", "exchange", "ledger", "identity", "storage", "net", "proof", "base", "ports"];

/// Where a crate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Floor {
    Node,
    Service(String),
    /// Its place in [`GROUND`].
    Ground(usize),
    /// Tools and tests around the house: they may use all of it, and nothing in it may use them.
    Outside,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let root = tree.file("Cargo.toml").and_then(|f| f.text.parse().ok()).unwrap_or_default();
    let mut findings = Vec::new();
    let mut crates = BTreeMap::new();
    for file in tree.ending(&["/Cargo.toml"]) {
        let Some((name, manifest)) = package(file) else { continue };
        match floor(&file.path) {
            Ok(floor) => {
                crates.insert(name, (file, manifest, floor));
            }
            Err(what) => findings.push(Finding::at(file, 1, what)),
        }
    }
    for (name, (file, manifest, floor)) in &crates {
        if let Some(expected) = expected_name(&file.path).filter(|expected| expected != name) {
            findings.push(Finding::at(
                file,
                file.line_where(|l| l.starts_with("name")),
                format!("the crate is called {name}: call it {expected}"),
            ));
        }
        for (key, package) in dependencies(manifest, &root) {
            let Some((_, _, below)) = crates.get(&package) else { continue };
            if package != *name
                && let Err(why) = may_import(floor, below)
            {
                let line = file.line_where(|l| {
                    l.strip_prefix(&key).is_some_and(|rest| rest.starts_with([' ', '.', '=']))
                });
                findings.push(Finding::at(file, line, format!("{name} imports {package}: {why}")));
            }
        }
    }
    findings
}

/// The name and the content of a crate's manifest; `None` when it is no crate or does not parse,
/// which cargo reports.
fn package(file: &File) -> Option<(String, toml::Table)> {
    let manifest: toml::Table = file.text.parse().ok()?;
    let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
    Some((name, manifest))
}

fn floor(path: &str) -> Result<Floor, String> {
    match path.split('/').collect::<Vec<_>>()[..] {
        ["node", "Cargo.toml"] => Ok(Floor::Node),
        ["services", room, "Cargo.toml"] => Ok(Floor::Service(room.to_owned())),
        ["ground", room, "Cargo.toml"] => GROUND.iter().position(|g| *g == room).map(Floor::Ground).ok_or_else(|| {
            format!("ground/{room} is not in the list of floors: give it its place in GROUND in xtask/src/tidy/floors.rs")
        }),
        _ => Ok(Floor::Outside),
    }
}

/// Crates in the house are named after their room.
fn expected_name(path: &str) -> Option<String> {
    match path.split('/').collect::<Vec<_>>()[..] {
        ["node", _] => Some("corridor-node".to_owned()),
        ["services" | "ground", room, "Cargo.toml"] => Some(format!("corridor-{room}")),
        _ => None,
    }
}

fn may_import(importer: &Floor, imported: &Floor) -> Result<(), &'static str> {
    let services = "a service never imports another: ask for it through the exchange, as a partner would";
    let upwards = "imports run downwards (node, services, ground): move what is needed to a lower floor";
    match (importer, imported) {
        (Floor::Outside, _)
        | (Floor::Node, Floor::Service(_) | Floor::Ground(_))
        | (Floor::Service(_), Floor::Ground(_)) => Ok(()),
        (_, Floor::Outside) => {
            Err("the house does not stand on its tools: move what is needed into the house")
        }
        (Floor::Service(_), Floor::Service(_)) => Err(services),
        (Floor::Ground(upper), Floor::Ground(lower)) if upper < lower => Ok(()),
        (Floor::Ground(_), Floor::Ground(_)) => Err(
            "ground imports run from the top of GROUND in xtask/src/tidy/floors.rs to the bottom: move what is needed down, or pass it in as a trait",
        ),
        _ => Err(upwards),
    }
}

/// All dependencies, those for tests and builds and single platforms too: the key and the package
/// it stands for, renamed or not.
fn dependencies(manifest: &toml::Table, root: &toml::Table) -> Vec<(String, String)> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let platforms = targets.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table);
    let tables = std::iter::once(manifest).chain(platforms).flat_map(|table| {
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .iter()
            .filter_map(|kind| table.get(*kind)?.as_table())
    });
    let shared = root.get("workspace").and_then(|w| w.get("dependencies"));
    let renamed = |value: Option<&toml::Value>| Some(value?.get("package")?.as_str()?.to_owned());
    let named = |(key, value): (&String, &toml::Value)| {
        let package = renamed(Some(value)).or_else(|| renamed(shared.and_then(|s| s.get(key))));
        (key.clone(), package.unwrap_or_else(|| key.clone()))
    };
    tables.flatten().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: &[(&str, &str)] = &[
        ("ground/base/Cargo.toml", "[package]\nname = 'corridor-base'"),
        ("ground/exchange/Cargo.toml", "[package]\nname = 'corridor-exchange'"),
        ("node/Cargo.toml", "[package]\nname = 'corridor-node'"),
        ("services/care/Cargo.toml", "[package]\nname = 'corridor-care'"),
        ("xtask/Cargo.toml", "[package]\nname = 'xtask'"),
    ];

    /// One more crate in the house, with these dependencies.
    fn check(path: &str, name: &str, rest: &str, expect: &[&str]) {
        let text = format!("[package]\nname = '{name}'\n{rest}");
        let root = "[workspace.dependencies]\nalias = { package = 'corridor-care', path = 'x' }";
        let mut files = vec![("Cargo.toml", root), (path, text.as_str())];
        files.extend(HOUSE);
        let mut found = super::check(&Tree::of(&files));
        found.sort();
        let found: Vec<String> =
            found.iter().map(|f| f.to_string().chars().take_while(|c| *c != '(').collect()).collect();
        let starts = found.len() == expect.len() && found.iter().zip(expect).all(|(f, e)| f.starts_with(e));
        assert!(starts, "{found:#?} is not {expect:#?}");
    }

    #[test]
    fn imports_run_downwards() {
        let trade = ("services/trade/Cargo.toml", "corridor-trade");
        check(trade.0, trade.1, "[dependencies]\ncorridor-base.workspace = true\nserde = '1'", &[]);
        check(
            trade.0,
            trade.1,
            "[dependencies]\ncorridor-node = '1'",
            &[&format!("{}:4: corridor-trade imports corridor-node: imports run downwards", trade.0)],
        );
        check(
            trade.0,
            trade.1,
            "[dependencies]\ncorridor-care = '1'",
            &[&format!("{}:4: corridor-trade imports corridor-care: a service never", trade.0)],
        );
        check(
            trade.0,
            trade.1,
            "[dev-dependencies]\nalias.workspace = true",
            &[&format!("{}:4: corridor-trade imports corridor-care", trade.0)],
        );
        check(
            trade.0,
            trade.1,
            "[target.'cfg(unix)'.build-dependencies]\nx = { package = 'corridor-care' }",
            &[&format!("{}:4: corridor-trade imports", trade.0)],
        );
        check(
            trade.0,
            trade.1,
            "[dependencies]\nxtask = '1'",
            &[&format!("{}:4: corridor-trade imports xtask: the house does not", trade.0)],
        );
        check(trade.0, trade.1, "[dev-dependencies]\ncorridor-trade = { path = '.' }", &[]);
    }

    #[test]
    fn ground_is_ordered_too() {
        let ledger = ("ground/ledger/Cargo.toml", "corridor-ledger");
        check(ledger.0, ledger.1, "[dependencies]\ncorridor-base = '1'", &[]);
        check(
            ledger.0,
            ledger.1,
            "[dependencies]\ncorridor-exchange = '1'",
            &["ground/ledger/Cargo.toml:4: corridor-ledger imports corridor-exchange: ground imports"],
        );
        check(
            ledger.0,
            ledger.1,
            "[dependencies]\ncorridor-care = '1'",
            &["ground/ledger/Cargo.toml:4: corridor-ledger imports corridor-care: imports run"],
        );
    }

    #[test]
    fn rooms_are_known_and_crates_named_after_them() {
        check(
            "ground/attic/Cargo.toml",
            "corridor-attic",
            "",
            &["ground/attic/Cargo.toml:1: ground/attic is not in the list of floors"],
        );
        check(
            "services/trade/Cargo.toml",
            "edi",
            "",
            &["services/trade/Cargo.toml:2: the crate is called edi: call it corridor-trade"],
        );
        check("bench/Cargo.toml", "bench", "[dependencies]\ncorridor-node = '1'", &[]);
    }
}
