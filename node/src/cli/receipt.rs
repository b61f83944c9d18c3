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
    #[arg(long, conflicts_with_all = ["id", "out", "html", "cose", "theirs", "of"])]
    pending: bool,
    /// Go on after this place in the list
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["id", "out", "html", "cose", "theirs", "of"])]
    before: Option<String>,
    /// Write the receipt to this file [default, with --html, --cose, --theirs or --type: standard output]
    #[arg(long = "output", alias = "out", short, value_name = "FILE", requires = "id")]
    out: Option<PathBuf>,
    /// As a page to print, in three languages, with the proof in a QR code
    #[arg(long, conflicts_with_all = ["cose", "theirs"], requires = "id")]
    html: bool,
    /// In COSE (RFC 9942)
    #[arg(long, conflicts_with = "theirs", requires = "id")]
    cose: bool,
    /// The partner's instead of ours
    #[arg(long, requires = "id")]
    theirs: bool,
    /// Of several the one of an act of this type, as in document-acknowledged [default: the first]
    #[arg(long = "type", value_name = "TYPE", requires = "id")]
    of: Option<String>,
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
        _ if args.out.is_some() || args.theirs || args.of.is_some() => Some("file"),
        _ => None,
    };
    let Some(form) = form else {
        show(context, &answer);
        let complete = answer.get("complete").and_then(Value::as_bool).unwrap_or_default();
        return if complete { Ok(()) } else { Err(Failure::Code(PENDING)) };
    };
    let of = args.of.as_deref();
    let bytes = if args.theirs {
        partners(&answer, &id, of)?
    } else {
        let mut bytes = Vec::new();
        let which = of.map_or(Ok(id.clone()), |of| ours(&answer, &id, of))?;
        let url = remote.path(&["receipts", &which, form], &[])?;
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
        if item.get(side).and_then(Value::as_array).is_none_or(Vec::is_empty) {
            return say(context.lang, "receipt-not-here", &[]);
        }
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
            "receipt_state": say(context.lang, state, &[]), "missing": of_side(item, "ours"),
            "missing_theirs": of_side(item, "theirs"),
        })
    };
    let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<Value> = items.map(line).collect();
    let lines = json!({ "items": lines, "next": answer.get("next") });
    let columns = ["created", "id", "side", "partner", "receipt_state", "missing", "missing_theirs"];
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
        context.terminal.table(
            &json!({ "items": items }),
            &["act", "type", "time", "receipt_state", "log", "index", "missing"],
        );
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
        object.insert("receipt_state".to_owned(), Value::from(state));
        object.insert("missing".to_owned(), Value::from(missing));
    }
    item
}

/// Our act of this type.
fn ours(answer: &Value, id: &str, of: &str) -> Result<String> {
    let act = of_type(answer, "ours", id, Some(of))?.get("act").and_then(Value::as_str);
    Ok(act.unwrap_or_default().to_owned())
}

/// The partner's receipt: of the act of this type, or the first that came.
fn partners(answer: &Value, id: &str, of: Option<&str>) -> Result<Vec<u8>> {
    let pending = || Problem::new(ErrorCode::ReceiptPending).with("id", id);
    let has = |item: &Value| item.get("receipt").is_some_and(Value::is_string);
    let all = answer.get("theirs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let found = match of {
        Some(_) => Some(of_type(answer, "theirs", id, of)?),
        None => all.iter().find(|item| has(item)),
    };
    let receipt = found.and_then(|item| item.get("receipt")?.as_str());
    receipt.map(|text| text.as_bytes().to_vec()).ok_or_else(pending)
}

fn of_type<'a>(answer: &'a Value, side: &str, id: &str, of: Option<&str>) -> Result<&'a Value> {
    let mut items = answer.get(side).and_then(Value::as_array).into_iter().flatten();
    let found = items.find(|item| item.get("type").and_then(Value::as_str) == of);
    let what = || format!("{} {id}", of.unwrap_or_default());
    found.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", what()))
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
