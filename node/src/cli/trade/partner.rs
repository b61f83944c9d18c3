//! `corridor trade partner`: how one partner works, and whether in production or in test.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::super::{Context, Done};

/// How a partner works.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Production,
    Test,
}

/// What is done with its tests.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tests {
    Accept,
    Refuse,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Partner {
    /// The partner: did:web:…
    did: String,
    /// Set how it works; in test, whatever it sends and gets is a test
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Set what is done with its tests while it works in production (UNB 0035) [default: accept]
    #[arg(long, value_enum, requires = "mode")]
    tests: Option<Tests>,
}

pub(super) async fn run(context: &Context, args: &Partner) -> Done {
    let remote = context.remote()?;
    let path = ["trade", "partners", args.did.as_str()];
    if let Some(mode) = args.mode {
        let mode = if matches!(mode, Mode::Test) { "test" } else { "production" };
        let tests = if matches!(args.tests, Some(Tests::Refuse)) { "refuse" } else { "accept" };
        let set = remote.post(&path, Some(&json!({ "mode": mode, "tests": tests }))).await?;
        context.terminal.facts(&set, &["mode", "tests"]);
        return Ok(());
    }
    let answer = remote.get(&path, &[]).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    show(context, &answer);
    Ok(())
}

fn show(context: &Context, answer: &Value) {
    let latency = |name: &str| {
        let of = answer.get(name)?;
        Some(format!("{} / {} ms ({})", of.get("median")?, of.get("p95")?, of.get("number")?))
    };
    let sum = |name: &str| {
        let days = answer.get("volumes").and_then(Value::as_array);
        days.into_iter().flatten().filter_map(|day| day.get(name)?.as_u64()).sum::<u64>()
    };
    let facts = json!({
        "partner": answer.get("partner"),
        "mode": answer.pointer("/setting/mode"),
        "tests": answer.pointer("/setting/tests"),
        "sent-of-late": sum("sent").to_string(),
        "received-of-late": sum("received").to_string(),
        "tests-of-late": answer.get("tests").map(ToString::to_string),
        "took-to-acknowledge": latency("acknowledged"),
        "took-to-answer": latency("answered"),
    });
    let fields = [
        "partner",
        "mode",
        "tests",
        "sent-of-late",
        "received-of-late",
        "tests-of-late",
        "took-to-acknowledge",
        "took-to-answer",
    ];
    context.terminal.facts(&facts, &fields);
    table(
        context,
        answer,
        "agreements",
        &["version", "id", "standing", "from", "until", "signed", "purpose"],
    );
    table(context, answer, "refused", &["side", "kind", "number", "refused"]);
    table(context, answer, "causes", &["side", "number", "why"]);
}

/// One list of the answer; nothing where it is empty.
fn table(context: &Context, answer: &Value, name: &str, fields: &[&str]) {
    let items = answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    if !items.is_empty() {
        context.terminal.line("");
        context.terminal.table(&json!({ "items": items }), fields);
    }
}
