//! The desks on the command line: where transactions stand, documents as forms and side by side, what was
//! refused and its amendment, and the codes of partners. All of it asks the node.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use corridor_base::{ErrorCode, Problem, Result};
use corridor_storage::durable;
use corridor_trade::shape::CodeTable;
use serde_json::{Value, json};

use super::super::{Context, Done, Failure};
use super::file::{REFUSED, open};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Codes {
    /// Show the codes of a partner
    Show {
        /// The partner: did:web:…
        partner: String,
    },
    /// Put a file of codes in place of those that were there
    Import {
        /// The partner: did:web:…
        partner: String,
        /// CSV with the columns kind (hs, unlocode, unit, party), ours, theirs; `-` reads standard input
        file: PathBuf,
    },
    /// Write the codes of a partner as CSV
    Export {
        /// The partner: did:web:…
        partner: String,
        /// Write to this file [default: standard output]
        #[arg(long = "output", alias = "out", short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// As what a message is sent once more.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum As {
    /// BGM 1225 is 9: what was refused counts as never sent
    Original,
    /// BGM 1225 is 5: it takes the place of the one before
    Replacement,
    /// BGM 1225 is 1: it takes the one before back
    Cancellation,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Amend {
    /// The envelope that was refused
    id: String,
    /// As what it is sent once more
    #[arg(long = "as", value_enum)]
    function: As,
    /// The document as it should have been, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "edifact", required_unless_present = "edifact")]
    document: Option<PathBuf>,
    /// The interchange as it should have been (UTF-8); reference, time and counts are written anew
    #[arg(long, value_name = "FILE")]
    edifact: Option<PathBuf>,
    /// The mapping that the document is one of, where several fit
    #[arg(long)]
    mapping: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Rejects {
    /// Only of this partner
    #[arg(long, value_name = "DID")]
    partner: Option<String>,
    /// Only of this cause
    #[arg(long, value_parser = ["contrl", "aperak", "cusres", "refused", "undelivered"])]
    cause: Option<String>,
    /// Those after this place, as the page before said
    #[arg(long, value_name = "PLACE")]
    before: Option<String>,
    /// How many, at most 200
    #[arg(long, default_value = "50")]
    limit: String,
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// `trade rejects`.
pub(super) async fn rejects(context: &Context, args: &Rejects) -> Done {
    let query = [
        ("partner", args.partner.as_deref()),
        ("cause", args.cause.as_deref()),
        ("before", args.before.as_deref()),
        ("limit", Some(args.limit.as_str())),
    ];
    let answer = context.remote()?.get(&["trade", "rejects"], &query).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    if items(&answer, "/items").next().is_none() {
        context.terminal.say("none", &[]);
    }
    for reject in items(&answer, "/items") {
        let kinds: Vec<&str> = items(reject, "/kinds").filter_map(Value::as_str).collect();
        let state =
            if reject.pointer("/amendment").is_some_and(|a| !a.is_null()) { "amended" } else { "open" };
        context.terminal.line(&format!(
            "{}  {}  {}  {}  {}  {}  {state}",
            text(reject, "/refused"),
            text(reject, "/envelope"),
            text(reject, "/cause"),
            kinds.join(", "),
            text(reject, "/number"),
            text(reject, "/partner"),
        ));
        for line in items(reject, "/lines").filter_map(Value::as_str) {
            context.terminal.line(&format!("    {line}"));
        }
    }
    Ok(())
}

fn whole(path: &Path) -> Result<String> {
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e);
    std::io::read_to_string(open(Some(path))?).map_err(failed)
}

/// `trade amend`: what is wrong is told on standard error, and nothing is sent then.
pub(super) async fn amend(context: &Context, args: &Amend) -> Done {
    let function = match args.function {
        As::Original => "original",
        As::Replacement => "replacement",
        As::Cancellation => "cancellation",
    };
    let malformed =
        |e: serde_json::Error| Problem::new(ErrorCode::Malformed).with("what", "JSON").with("why", e);
    let body = match (&args.document, &args.edifact) {
        (Some(file), _) => {
            let document: Value = serde_json::from_str(&whole(file)?).map_err(malformed)?;
            let mut body = json!({ "function": function, "document": document });
            if let (Some(mapping), Some(body)) = (&args.mapping, body.as_object_mut()) {
                body.insert("mapping".to_owned(), json!(mapping));
            }
            body
        }
        (None, Some(file)) => json!({ "function": function, "edifact": whole(file)? }),
        (None, None) => json!({ "function": function }),
    };
    let answer = context.remote()?.post(&["trade", "rejects", &args.id, "amend"], Some(&body)).await?;
    for remark in items(&answer, "/remarks") {
        let (place, said) = (text(remark, "/place"), text(remark, &format!("/text/{}", context.lang.tag())));
        let what = if place.is_empty() { said.to_owned() } else { format!("{place}: {said}") };
        context.terminal.note("trade-loss", &[("what", &what)]);
    }
    if context.terminal.is_json() {
        context.terminal.json(&answer);
    } else if let Some(sent) = answer.pointer("/sent").and_then(Value::as_str) {
        context.terminal.line(sent);
    }
    match answer.pointer("/sent").and_then(Value::as_str) {
        Some(_) => Ok(()),
        None => Err(Failure::Code(REFUSED)),
    }
}

/// `trade codes`.
pub(super) async fn codes(context: &Context, verb: &Codes) -> Done {
    let remote = context.remote()?;
    match verb {
        Codes::Show { partner } => {
            let answer = remote.get(&["trade", "codes", partner], &[]).await?;
            context.terminal.table(&answer, &["kind", "ours", "theirs"]);
        }
        Codes::Import { partner, file } => {
            let table = CodeTable::from_csv(&whole(file)?).map_err(|p| p.with("path", file.display()))?;
            let item = |((kind, ours), theirs): (&(corridor_trade::shape::CodeKind, String), &String)| json!({ "kind": kind.as_str(), "ours": ours, "theirs": theirs });
            let items: Vec<Value> = table.0.iter().map(item).collect();
            let number = items.len().to_string();
            remote.post(&["trade", "codes", partner], Some(&json!({ "items": items }))).await?;
            context.terminal.say("trade-codes-imported", &[("number", &number), ("partner", partner)]);
        }
        Codes::Export { partner, out } => {
            let answer = remote.get(&["trade", "codes", partner], &[]).await?;
            let mut table = CodeTable::default();
            for item in items(&answer, "/items") {
                let key = (text(item, "/kind").parse()?, text(item, "/ours").to_owned());
                table.0.insert(key, text(item, "/theirs").to_owned());
            }
            match out {
                Some(file) => durable::write_file(file, table.to_csv().as_bytes(), 0o644)?,
                None => context.terminal.raw(&table.to_csv()),
            }
        }
    }
    Ok(())
}

/// `trade transactions`.
pub(super) async fn transactions(context: &Context, limit: &str) -> Done {
    let answer = context.remote()?.get(&["trade", "transactions"], &[("limit", Some(limit))]).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    for transaction in items(&answer, "/items") {
        let stages = items(transaction, "/stages").filter_map(|stage| {
            let (name, standing) = (stage.get(0)?.as_str()?, stage.get(1)?.as_str()?);
            Some(format!("{name}: {standing}"))
        });
        let stages: Vec<String> = stages.collect();
        let (updated, number) = (text(transaction, "/updated"), text(transaction, "/number"));
        context.terminal.line(&format!("{updated}  {number}  {}", stages.join("  ")));
    }
    Ok(())
}

/// `trade form`: each value with its name, in the language of the terminal.
pub(super) async fn form(context: &Context, side: &str, id: &str, mapping: Option<&str>) -> Done {
    let answer = context.remote()?.get(&["trade", "forms", side, id], &[("mapping", mapping)]).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    let lang = context.lang.tag();
    for sheet in items(&answer, "/sheets") {
        let title = text(sheet, &format!("/title/{lang}"));
        context.terminal.line(&format!("{title} {} ({})", text(sheet, "/number"), text(sheet, "/message")));
        level(context, sheet, 1);
        for total in items(sheet, "/totals") {
            let label = text(total, &format!("/label/{lang}"));
            let (sum, currency) = (text(total, "/sum"), text(total, "/currency"));
            context.terminal.line(&format!("  Σ {label}  {sum} {currency}"));
        }
    }
    for loss in items(&answer, "/unplaced") {
        let what = format!("{} {}", text(loss, "/place"), text(loss, "/value"));
        context.terminal.note("trade-form-unplaced", &[("what", &what)]);
    }
    Ok(())
}

fn level(context: &Context, level: &Value, depth: usize) {
    let (lang, indent) = (context.lang.tag(), "  ".repeat(depth));
    for entry in items(level, "/entries") {
        let (label, value) = (text(entry, &format!("/label/{lang}")), text(entry, "/value"));
        let meaning = text(entry, &format!("/meaning/{lang}"));
        let meaning = if meaning.is_empty() { String::new() } else { format!("  ({meaning})") };
        context.terminal.line(&format!("{indent}{label}  {value}{meaning}"));
    }
    for list in items(level, "/lists") {
        let label = text(list, &format!("/label/{lang}")).to_owned();
        for (item, at) in items(list, "/items").zip(1..) {
            context.terminal.line(&format!("{indent}{label} {at}"));
            self::level(context, item, depth + 1);
        }
    }
}

/// `trade compare`: the rows that differ, or all.
pub(super) async fn compare(context: &Context, first: &str, second: &str, all: bool) -> Done {
    let place = |text: &str| {
        let malformed =
            || Problem::new(ErrorCode::Malformed).with("what", "in/ID or out/ID").with("why", text);
        text.split_once('/').map(|(side, id)| (side.to_owned(), id.to_owned())).ok_or_else(malformed)
    };
    let ((one_side, one), (other_side, other)) = (place(first)?, place(second)?);
    let query = [
        ("first_side", Some(one_side.as_str())),
        ("first", Some(one.as_str())),
        ("second_side", Some(other_side.as_str())),
        ("second", Some(other.as_str())),
    ];
    let answer = context.remote()?.get(&["trade", "compare"], &query).await?;
    let differs = items(&answer, "/rows").any(|row| text(row, "/side") != "same");
    if context.terminal.is_json() {
        context.terminal.json(&answer);
    } else {
        let lang = context.lang.tag();
        for row in items(&answer, "/rows").filter(|row| all || text(row, "/side") != "same") {
            let sign = if text(row, "/side") == "same" { "=" } else { "≠" };
            let (group, label) = (text(row, &format!("/group/{lang}")), text(row, &format!("/label/{lang}")));
            let (one, other) = (text(row, "/first/value"), text(row, "/second/value"));
            context
                .terminal
                .line(format!("{sign} {group} {label}  {one} | {other}").replace("  ", " ").trim_end());
        }
    }
    if differs { Err(Failure::Code(REFUSED)) } else { Ok(()) }
}
