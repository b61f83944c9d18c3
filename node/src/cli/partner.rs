//! `corridor partner`: whom the trust lists name, and the agreements with them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use corridor_base::{ErrorCode, Problem, Result};
use corridor_proof::{ContentTerm, Expectation};
use corridor_storage::durable;
use serde_json::{Value, json};

use super::{Context, Done, read_file};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the participants that the trust lists name
    List {
        /// Only those with which an agreement is in force
        #[arg(long)]
        agreed: bool,
        /// Only those of this country
        #[arg(long)]
        country: Option<String>,
        /// Go on after this one
        #[arg(long, value_name = "DID")]
        after: Option<String>,
        /// How many, at most 1000
        #[arg(long, default_value = "100")]
        limit: String,
    },
    /// Show a partner with its keys and agreements
    Show {
        /// Its identifier
        did: String,
    },
    /// Ask a partner's node whether it answers with the keys that the trust list pins
    Test {
        /// Its identifier
        did: String,
    },
    /// Draw up an agreement and sign it; the file goes to the partner
    Propose(Propose),
    /// Take in an agreement that the partner signed, and sign it if we have not yet
    Accept {
        /// The agreement as the partner signed it
        file: PathBuf,
        /// Where to write it with both signatures, for the partner [default: nowhere]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List agreements
    Agreements,
    /// End an agreement before its time
    End {
        /// The agreement's identifier
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Propose {
    /// With whom
    did: String,
    /// A kind of document that it allows; may be given several times
    #[arg(long, required = true)]
    kind: Vec<String>,
    /// Who may send
    #[arg(long, value_enum, default_value = "both")]
    direction: Direction,
    /// The largest document, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30)]
    max_size: u64,
    /// For how many days
    #[arg(long, default_value_t = 365)]
    days: u32,
    /// For how many hours receipts may stay pending before nothing new begins [default: 72]
    #[arg(long, value_name = "HOURS")]
    pending_hours: Option<u32>,
    /// An answer that is waited for, as in CUSCAR:CUSRES:2h:resend=1; may be given several times
    #[arg(long, value_name = "MESSAGE:ANSWER:TIME[:resend=N]")]
    expect: Vec<String>,
    /// A message whose content is judged apart from its syntax and answered by APERAK, as in CUSCAR, or
    /// CUSCAR:codes when unknown codes are errors too; may be given several times
    #[arg(long, value_name = "MESSAGE[:codes]")]
    aperak: Vec<String>,
    /// Whether what crosses is for real (production: tests are refused; both: they are taken in too) or all of it
    /// is a test; open leaves that to each party
    #[arg(long, value_name = "FLOW", default_value = "open", value_parser = ["open", "production", "both", "test"])]
    flow: String,
    /// What it is for, in words
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// The same in Japanese
    #[arg(long, value_name = "TEXT")]
    purpose_ja: Option<String>,
    /// The same in Korean
    #[arg(long, value_name = "TEXT")]
    purpose_ko: Option<String>,
    /// Where to write it
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Direction {
    /// We send
    Out,
    /// The partner sends
    In,
    /// Both send
    Both,
}

const COLUMNS: &[&str] = &["did", "name", "country", "agreements", "expires", "endpoint", "removed"];
const AGREEMENT: &[&str] = &[
    "id", "partner", "purpose", "expects", "aperak", "flow", "standing", "in_force", "from", "until",
    "digest",
];

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let remote = context.remote()?;
    match verb {
        Verb::List { agreed, country, after, limit } => {
            let query = [
                ("agreed", agreed.then_some("true")),
                ("country", country.as_deref()),
                ("after", after.as_deref()),
                ("limit", Some(limit.as_str())),
            ];
            context.terminal.table(&remote.get(&["partners"], &query).await?, COLUMNS);
        }
        Verb::Show { did } => show(context, &remote.get(&["partners", &did], &[]).await?),
        Verb::Test { did } => {
            let answer = remote.post(&["partners", &did, "test"], None).await?;
            context.terminal.facts(&answer, &["did", "address", "millis", "clock_ahead", "remarks"]);
            context.terminal.say("partner-answers", &[]);
        }
        Verb::Propose(propose) => {
            let answer = remote.post(&["agreements"], Some(&proposal(context, &propose)?)).await?;
            write(&answer, &propose.output)?;
            agreement(context, &answer);
            let path = propose.output.display().to_string();
            context.terminal.say("agreement-proposed", &[("path", &path)]);
        }
        Verb::Accept { file, output } => {
            let answer = remote.post_note(&["agreements", "accept"], read_file(&file)?).await?;
            if let Some(output) = output {
                write(&answer, &output)?;
            }
            agreement(context, &answer);
        }
        Verb::Agreements => {
            let answer = remote.get(&["agreements"], &[]).await?;
            context
                .terminal
                .table(&answer, &["id", "partner", "standing", "in_force", "from", "until", "purpose"]);
        }
        Verb::End { id } => {
            let answer = remote.post(&["agreements", &id, "end"], None).await?;
            agreement(context, &answer);
        }
    }
    Ok(())
}

fn show(context: &Context, answer: &Value) {
    context.terminal.facts(
        answer,
        &["did", "name", "country", "list", "endpoint", "removed", "expires", "agreements", "agreed"],
    );
    if !context.terminal.is_json() {
        context.terminal.line("");
        let keys = json!({ "items": answer.get("keys") });
        context.terminal.table(&keys, &["id", "public", "from", "until"]);
    }
}

/// An agreement; what it has partners wait for as it is written on the command line.
fn agreement(context: &Context, answer: &Value) {
    let mut answer = answer.clone();
    if !context.terminal.is_json() {
        spell::<Expectation>(&mut answer, "expects");
        spell::<ContentTerm>(&mut answer, "aperak");
    }
    context.terminal.facts(&answer, AGREEMENT);
}

/// Terms as they are written on the command line.
fn spell<T: serde::de::DeserializeOwned + ToString>(answer: &mut Value, name: &str) {
    let Some(value) = answer.get_mut(name) else { return };
    let terms: Vec<T> = serde_json::from_value(value.clone()).unwrap_or_default();
    let spelled: Vec<Value> = terms.iter().map(|term| Value::from(term.to_string())).collect();
    *value = if spelled.is_empty() { Value::Null } else { Value::from(spelled) };
}

fn proposal(context: &Context, propose: &Propose) -> Result<Value> {
    let expects: Vec<Expectation> = propose.expect.iter().map(|term| term.parse()).collect::<Result<_>>()?;
    let aperak: Vec<ContentTerm> = propose.aperak.iter().map(|term| term.parse()).collect::<Result<_>>()?;
    let directions: &[&str] = match propose.direction {
        Direction::Out => &["out"],
        Direction::In => &["in"],
        Direction::Both => &["out", "in"],
    };
    let grants: Vec<Value> = propose
        .kind
        .iter()
        .flat_map(|kind| {
            directions.iter().map(move |direction| {
                json!({ "verb": "send", "kind": kind, "direction": direction, "max_size": propose.max_size })
            })
        })
        .collect();
    let lives = Duration::from_secs(u64::from(propose.days) * 86_400);
    Ok(json!({
        "partner": propose.did,
        "purpose": {
            "en": propose.purpose,
            "ja": propose.purpose_ja.as_ref().unwrap_or(&propose.purpose),
            "ko": propose.purpose_ko.as_ref().unwrap_or(&propose.purpose),
        },
        "grants": grants,
        "until": context.around.clock.now().plus(lives),
        "pending_hours": propose.pending_hours,
        "expects": expects,
        "aperak": aperak,
        "flow": propose.flow,
    }))
}

fn write(answer: &Value, path: &Path) -> Result<()> {
    let statement = answer.get("statement").and_then(Value::as_str);
    let statement = statement
        .ok_or_else(|| Problem::new(ErrorCode::Internal).with("why", "no statement in the answer"))?;
    durable::write_file(path, statement.as_bytes(), 0o644)
}
