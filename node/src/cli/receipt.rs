//! `corridor receipt`: how it stands with the receipts of a document or an act, and the receipt itself as
//! a file, as a page to print, in COSE.

use std::io::Write;
use std::path::{Path, PathBuf};

use corridor_base::{ErrorCode, Problem, Result};
use serde_json::{Value, json};

use super::{Context, Done, Failure};
use crate::texts::say;

/// The receipt is not complete yet, as `corridor verify` has it.
const PENDING: u8 = 7;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The envelope's identifier, or that of an act [default: list those of all documents]
    id: Option<String>,
    /// List only those that wait for something
    #[arg(long, conflicts_with_all = ["id", "out", "html", "cose", "theirs"])]
    pending: bool,
    /// Go on after this place in the list
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["id", "out", "html", "cose", "theirs"])]
    before: Option<String>,
    /// Write the receipt to this file [default, with --html or --cose: standard output]
    #[arg(long, short, value_name = "FILE", requires = "id")]
    out: Option<PathBuf>,
    /// As a page to print, in three languages, with the proof in a QR code
    #[arg(long, conflicts_with_all = ["cose", "theirs"], requires = "id")]
    html: bool,
    /// In COSE (RFC 9942)
    #[arg(long, conflicts_with = "theirs", requires = "id")]
    cose: bool,
    /// The partner's instead of ours
    #[arg(long, requires = "out")]
    theirs: bool,
}

pub(super) async fn run(context: &Context, args: Args) -> Done {
    let remote = context.remote()?;
    let Some(id) = args.id else {
        let query = [("pending", args.pending.then_some("true")), ("before", args.before.as_deref())];
        list(context, &remote.get(&["receipts"], &query).await?);
        return Ok(());
    };
    let answer = remote.get(&["receipts", &id], &[]).await?;
    let form = match (args.html, args.cose) {
        (true, _) => Some("page"),
        (_, true) => Some("cose"),
        _ if args.out.is_some() => Some("file"),
        _ => None,
    };
    let Some(form) = form else {
        show(context, &answer);
        let complete = answer.get("complete").and_then(Value::as_bool).unwrap_or_default();
        return if complete { Ok(()) } else { Err(Failure::Code(PENDING)) };
    };
    let bytes = if args.theirs {
        partners(&answer, &id)?
    } else {
        let mut bytes = Vec::new();
        let url = remote.path(&["receipts", &id, form], &[])?;
        remote
            .download(url, |piece, _| {
                bytes.extend_from_slice(piece);
                Ok(())
            })
            .await?;
        bytes
    };
    write(args.out.as_deref(), &bytes)?;
    if let Some(path) = &args.out {
        context.terminal.note("receipt-done", &[("path", &path.display().to_string())]);
    }
    Ok(())
}

/// One line a document: whether its receipts are complete, and what is missing on either side.
fn list(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    let of_side = |item: &Value, side: &str| {
        let all = item.get(side).and_then(Value::as_array).into_iter().flatten();
        let missing = all.flat_map(|r| r.get("missing").and_then(Value::as_array).into_iter().flatten());
        let mut checks: Vec<&str> = missing.filter_map(|m| m.get("check")?.as_str()).collect();
        checks.sort_unstable();
        checks.dedup();
        checks.join(", ")
    };
    let line = |item: &Value| {
        let complete = item.get("complete").and_then(Value::as_bool).unwrap_or_default();
        let state = if complete { "receipt-state-complete" } else { "receipt-state-pending" };
        let of = |name: &str| item.pointer(&format!("/document/{name}")).cloned().unwrap_or_default();
        json!({
            "created": of("created"), "id": of("id"), "side": of("side"), "partner": of("partner"),
            "state": say(context.lang, state, &[]), "missing": of_side(item, "ours"),
            "missing_theirs": of_side(item, "theirs"),
        })
    };
    let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<Value> = items.map(line).collect();
    let lines = json!({ "items": lines, "next": answer.get("next") });
    let columns = ["created", "id", "side", "partner", "state", "missing", "missing_theirs"];
    context.terminal.table(&lines, &columns);
}

fn show(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    signatures(context, answer);
    for (title, side) in [("receipt-ours", "ours"), ("receipt-theirs", "theirs")] {
        let items = answer.get(side).and_then(Value::as_array).cloned().unwrap_or_default();
        if items.is_empty() && side == "theirs" && answer.get("document").is_none_or(Value::is_null) {
            continue;
        }
        let items: Vec<Value> = items.iter().map(|item| readable(context, item)).collect();
        context.terminal.say(title, &[]);
        context
            .terminal
            .table(&json!({ "items": items }), &["act", "type", "time", "state", "log", "index", "missing"]);
    }
}

/// What was signed, and whether by a key that was valid when it was recorded (ID-1).
fn signatures(context: &Context, answer: &Value) {
    let word = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let row = |item: &Value| {
        let good = item.get("good").and_then(Value::as_bool).unwrap_or_default();
        let result = say(context.lang, if good { "verify-passed" } else { "verify-failed" }, &[]);
        let why = item.get("problem").map(|problem| word(problem, "code")).unwrap_or_default();
        json!({
            "what": say(context.lang, &format!("receipt-signed-{}", word(item, "what")), &[]), "result": result,
            "key": item.get("key"), "recorded": item.get("recorded"), "log": item.get("log"),
            "leaf": item.get("leaf"), "why": why,
        })
    };
    let items: Vec<Value> =
        answer.get("signatures").and_then(Value::as_array).into_iter().flatten().map(row).collect();
    if !items.is_empty() {
        context.terminal.say("receipt-signatures", &[]);
        let fields = ["what", "result", "key", "recorded", "log", "leaf", "why"];
        context.terminal.table(&json!({ "items": items }), &fields);
    }
}

/// The state in words, and what is missing as one text, for a table.
fn readable(context: &Context, item: &Value) -> Value {
    let mut item = item.clone();
    let missing = item.get("missing").and_then(Value::as_array).into_iter().flatten().map(|m| {
        let text = |key: &str| m.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let about = m.get("about").and_then(Value::as_array).into_iter().flatten();
        let about: Vec<&str> = about.filter_map(Value::as_str).collect();
        if about.is_empty() { text("check") } else { format!("{} ({})", text("check"), about.join(", ")) }
    });
    let missing = missing.collect::<Vec<_>>().join("; ");
    let state = item.get("state").and_then(Value::as_str).unwrap_or_default();
    let state = say(context.lang, &format!("receipt-state-{state}"), &[]);
    let id = item.get("act").cloned().unwrap_or_default();
    if let Some(object) = item.as_object_mut() {
        object.insert("id".to_owned(), id);
        object.insert("state".to_owned(), Value::from(state));
        object.insert("missing".to_owned(), Value::from(missing));
    }
    item
}

/// The partner's receipt that came first.
fn partners(answer: &Value, id: &str) -> Result<Vec<u8>> {
    let items = answer.get("theirs").and_then(Value::as_array).into_iter().flatten();
    let found = items.filter_map(|item| item.get("receipt").and_then(Value::as_str)).next();
    let found = found.ok_or_else(|| Problem::new(ErrorCode::ReceiptPending).with("id", id))?;
    Ok(found.as_bytes().to_vec())
}

fn write(path: Option<&Path>, bytes: &[u8]) -> Result<()> {
    let Some(path) = path else {
        let mut out = std::io::stdout().lock();
        let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", "-").because(e);
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(failed);
    };
    let failed = |e| corridor_storage::durable::file_problem(path, e);
    let mut file = std::fs::File::create(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}
