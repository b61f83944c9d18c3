//! `cargo xtask interop [AREA]`: real peers and conformance kits against real bytes and running nodes. The
//! kits come from the public package registries into `target/interop`; what they said is written to
//! `interop/results.json` and shown in `interop/RESULTS.md`, failures and what did not run included.

mod api;
mod edifact;
mod kits;
mod results;
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use crate::{Result, repo, shell};
use results::Row;
use stage::{Programs, Stage};

/// How long one script may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is held against others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Area {
    /// HTTP message signatures (RFC 9421) and content digests (RFC 9530)
    Signatures,
    /// Signed notes (C2SP): trust lists, agreements, envelopes, acknowledgements
    Notes,
    /// UN/EDIFACT (ISO 9735)
    Edifact,
    /// The HTTP API and its OpenAPI document
    Api,
    /// DID documents (did:web)
    Did,
}

impl Area {
    const ALL: [Self; 5] = [Self::Signatures, Self::Notes, Self::Edifact, Self::Api, Self::Did];

    /// As the results name it.
    fn name(self) -> &'static str {
        match self {
            Self::Signatures => "signatures",
            Self::Notes => "notes",
            Self::Edifact => "edifact",
            Self::Api => "api",
            Self::Did => "did",
        }
    }

    fn run(self, programs: &Programs) -> Vec<Row> {
        match self {
            Self::Signatures => signatures(programs),
            Self::Notes => vec![notes(programs)],
            Self::Edifact => edifact::run(programs),
            Self::Api => vec![api::run(programs)],
            Self::Did => vec![did(programs)],
        }
    }
}

/// Runs one area, or all; fails when any check failed, and under `CI=true` also when a kit did not run.
pub(crate) fn run(only: Option<Area>) -> Result {
    let programs = Programs::build()?;
    let areas = only.map_or(Area::ALL.to_vec(), |area| vec![area]);
    let mut rows = Vec::new();
    for area in &areas {
        println!("== {}", area.name());
        for row in area.run(&programs) {
            println!("{}", row.line());
            rows.push(row);
        }
    }
    let names: Vec<&str> = areas.iter().map(|area| area.name()).collect();
    results::write(&names, &rows)?;
    let failed: u64 = rows.iter().map(|row| row.failed).sum();
    let not_run = rows.iter().filter(|row| row.did_not_run()).count();
    match (failed, not_run) {
        (0, 0) => Ok(()),
        (0, kits) if shell::is_ci() => Err(format!("{kits} kits did not run: see interop/RESULTS.md")),
        (0, _) => Ok(()),
        (failed, _) => Err(format!("{failed} checks failed: see interop/RESULTS.md")),
    }
}

/// A script of the repository's `interop` folder.
fn script(path: &str) -> PathBuf {
    repo::root().join("interop").join(path)
}

/// One kit: `ready` installs it, `run` lets it speak. What cannot be installed is not run, and says why.
fn kit<T>(
    row: Row,
    ready: impl FnOnce() -> Result<T>,
    run: impl FnOnce(Row, T) -> Result<Row, (Row, String)>,
) -> Row {
    match ready() {
        Err(why) => row.not_run(&why),
        Ok(ready) => run(row, ready).unwrap_or_else(|(row, why)| row.broke(&why)),
    }
}

fn signatures(programs: &Programs) -> Vec<Row> {
    let rfc = || Row::new("signatures", "RFC 9421 (Ed25519: B.2.6, B.5), RFC 9530", "2024");
    let profile = || Row::new("signatures", "RFC 9421 and RFC 9530 between nodes", "2024");
    let modules = || kits::node("signatures");
    let python = || kits::python("signatures");
    vec![
        kit(rfc().kit("our own tests of the vectors"), || Ok(()), |row, ()| own_vectors(row)),
        kit(rfc().kit("npm http-message-signatures"), modules, |row, node| {
            row.listen(&mut node.command(&script("signatures/vectors.cjs")))
        }),
        kit(rfc().kit("PyPI http-message-signatures"), python, |row, python| {
            row.listen(shell::command(python).arg(script("signatures/vectors.py")))
        }),
        kit(profile().kit("npm http-message-signatures"), modules, |row, node| {
            let row = row.as_part("a sender of its own");
            let played = Stage::set(programs, "signatures")
                .and_then(|stage| Ok((stage.node(programs, "customs", &[])?, stage)));
            match played {
                Err(why) => Err((row, why)),
                Ok((_customs, stage)) => {
                    row.listen(node.command(&script("signatures/delivery.cjs")).arg(stage.folder()))
                }
            }
        }),
        kit(profile().kit("PyPI http-message-signatures"), python, |row, python| {
            let row = row.as_part("a recipient of its own");
            let played = Stage::set(programs, "signatures")
                .and_then(|stage| Ok((stage.node(programs, "forwarder", &[])?, stage)));
            match played {
                Err(why) => Err((row, why)),
                Ok((_forwarder, stage)) => {
                    let mut partner = shell::command(python);
                    partner.arg(script("signatures/partner.py")).arg(stage.folder()).arg(&programs.corridor);
                    row.listen(&mut partner)
                }
            }
        }),
    ]
}

/// The vectors of the RFC stand in the tests of the crate, which alone can reach the parts they are about.
fn own_vectors(mut row: Row) -> Result<Row, (Row, String)> {
    let tests = ["signature::tests::the_example", "signature::tests::another_implementation"];
    let mut cargo =
        shell::cargo(&["test", "--quiet", "--locked", "--package", "corridor-net", "--lib", "--"]);
    match shell::output(cargo.args(tests)) {
        Err(why) => Err((row, why)),
        Ok(said) => {
            let passed = said.split_once("ok. ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
            row.passed += passed.unwrap_or(0);
            Ok(row)
        }
    }
}

fn notes(programs: &Programs) -> Row {
    let row = Row::new("notes", "C2SP signed-note", "1.0").kit("Go golang.org/x/mod/sumdb/note");
    kit(
        row,
        || kits::go("notes"),
        |row, program| {
            let played = Stage::set(programs, "notes")
                .and_then(|stage| Ok((stage.node(programs, "forwarder", &[])?, stage)));
            match played {
                Err(why) => Err((row, why)),
                Ok((_forwarder, stage)) => {
                    let mut notes = shell::command(program);
                    notes.arg(stage.folder()).arg(&programs.corridor).arg(&programs.note);
                    row.listen(&mut notes)
                }
            }
        },
    )
}

fn did(programs: &Programs) -> Row {
    let row = Row::new("did", "did:web, DID Core, Multikey", "1.0").kit("npm web-did-resolver");
    let ready = || Ok((kits::node("did")?, shell::find("openssl").ok_or("no openssl on the path")?));
    kit(row, ready, |row, (node, openssl)| {
        let played = Stage::set(programs, "did").and_then(|stage| {
            let secured = stage.secured("forwarder", &openssl)?;
            Ok((stage.node(programs, "forwarder", &secured)?, stage))
        });
        match played {
            Err(why) => Err((row, why)),
            Ok((_forwarder, stage)) => {
                let mut resolve = node.command(&script("did/resolve.cjs"));
                resolve.env("NODE_EXTRA_CA_CERTS", stage.folder().join(stage::CERTIFICATE));
                row.listen(resolve.arg(stage.folder()))
            }
        }
    })
}
