//! `cargo xtask interop [AREA]`: real peers and conformance kits against real bytes and running nodes. The
//! kits come from the public package registries into `target/interop`; what they said is written to
//! `interop/results.json` and shown in `interop/RESULTS.md`, failures and what did not run included.

mod api;
mod charsets;
mod console;
mod edifact;
pub(crate) mod kits;
mod ledger;
mod messages;
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
    /// UN/EDIFACT (ISO 9735) and its messages
    Trade,
    /// The HTTP API and its OpenAPI document
    Api,
    /// DID documents (did:web)
    Did,
    /// Transparency logs and witnesses (C2SP)
    Ledger,
    /// Single sign-on (OpenID Connect)
    Console,
}

impl Area {
    const ALL: [Self; 7] =
        [Self::Signatures, Self::Notes, Self::Trade, Self::Api, Self::Did, Self::Ledger, Self::Console];

    /// As the results name it.
    fn name(self) -> &'static str {
        match self {
            Self::Signatures => "signatures",
            Self::Notes => "notes",
            Self::Trade => "trade",
            Self::Api => "api",
            Self::Did => "did",
            Self::Ledger => "ledger",
            Self::Console => "console",
        }
    }

    fn run(self, programs: &Programs) -> Vec<Row> {
        match self {
            Self::Signatures => signatures(programs),
            Self::Notes => vec![notes(programs)],
            Self::Trade => edifact::run(programs),
            Self::Api => vec![api::run(programs)],
            Self::Did => vec![did(programs)],
            Self::Ledger => ledger::run(programs),
            Self::Console => vec![console::run(programs)],
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
fn kit<T>(mut row: Row, ready: impl FnOnce() -> Result<T>, run: impl FnOnce(&mut Row, T) -> Result) -> Row {
    match ready() {
        Err(why) => row.skip(&format!("not run: {why}")),
        Ok(ready) => {
            if let Err(why) = run(&mut row, ready) {
                row.fail(&format!("did not come to its end: {why}"));
            }
        }
    }
    row
}

fn signatures(programs: &Programs) -> Vec<Row> {
    let rfc = || Row::new("signatures", "RFC 9421 (Ed25519: B.2.6, B.5), RFC 9530", "2024");
    let part = |part: &str| Row::new("signatures", &format!("RFC 9421, RFC 9530: {part}"), "2024");
    let (sender, recipient) = (part("a sender of its own"), part("a recipient of its own"));
    let together = part("a sender of its own, many documents in a request");
    // Against the node of the demo's customs, which nothing else talks to meanwhile.
    let to_customs = |row: &mut Row, node: kits::Node, of: &str| {
        let stage = Stage::set(programs, "signatures")?;
        let _customs = stage.node(programs, "customs", &[])?;
        row.listen(node.command(&script(of)).arg(stage.folder()))
    };
    let (npm, pypi) = ("npm http-message-signatures", "PyPI http-message-signatures");
    let (node, python) = (|| kits::node("signatures"), || kits::python("signatures"));
    vec![
        kit(rfc().kit("our own tests of the vectors"), || Ok(()), |row, ()| own_vectors(row)),
        kit(rfc().kit(npm), node, |row, node| {
            row.listen(&mut node.command(&script("signatures/vectors.cjs")))
        }),
        kit(rfc().kit(pypi), python, |row, python| {
            row.listen(shell::command(python).arg(script("signatures/vectors.py")))
        }),
        kit(sender.kit(npm), node, |row, node| to_customs(row, node, "signatures/delivery.cjs")),
        kit(together.kit(npm), node, |row, node| to_customs(row, node, "signatures/together.cjs")),
        kit(recipient.kit(pypi), python, |row, python| {
            let stage = Stage::set(programs, "signatures")?;
            let _forwarder = stage.node(programs, "forwarder", &[])?;
            let mut partner = shell::command(python);
            partner.arg(script("signatures/partner.py")).arg(stage.folder()).arg(&programs.corridor);
            row.listen(&mut partner)
        }),
    ]
}

/// The vectors of the RFC stand in the tests of the crate, which alone can reach the parts they are about.
fn own_vectors(row: &mut Row) -> Result {
    let tests = ["signature::tests::the_example", "signature::tests::another_implementation"];
    let mut cargo =
        shell::cargo(&["test", "--quiet", "--locked", "--package", "corridor-net", "--lib", "--"]);
    let said = shell::output(cargo.args(tests))?;
    let passed: Option<u64> =
        said.split_once("ok. ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    row.passed += passed.filter(|tests| *tests > 0).ok_or("no test of a vector ran")?;
    Ok(())
}

fn notes(programs: &Programs) -> Row {
    let row = Row::new("notes", "C2SP signed-note", "1.0").kit("Go golang.org/x/mod/sumdb/note");
    kit(
        row,
        || kits::go("notes"),
        |row, program| {
            let stage = Stage::set(programs, "notes")?;
            let _forwarder = stage.node(programs, "forwarder", &[])?;
            row.listen(
                shell::command(program).arg(stage.folder()).arg(&programs.corridor).arg(&programs.note),
            )
        },
    )
}

fn did(programs: &Programs) -> Row {
    let row = Row::new("did", "did:web, DID Core, Multikey", "1.0").kit("npm web-did-resolver");
    let ready = || Ok((kits::node("did")?, shell::find("openssl").ok_or("no openssl on the path")?));
    kit(row, ready, |row, (node, openssl)| {
        let stage = Stage::set(programs, "did")?;
        let secured = stage.secured("forwarder", &openssl)?;
        let _forwarder = stage.node(programs, "forwarder", &secured)?;
        let mut resolve = node.command(&script("did/resolve.cjs"));
        resolve.env("NODE_EXTRA_CA_CERTS", stage.folder().join(stage::CERTIFICATE));
        row.listen(resolve.arg(stage.folder()))
    })
}
