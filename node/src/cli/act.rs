//! `corridor act`: what happened and mattered.

use std::path::PathBuf;

use clap::Subcommand;
use corridor_storage::durable;
use serde_json::{Value, json};

use super::remote::Remote;
use super::tail::Tail;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List acts, newest first
    List {
        /// Only those about this: an envelope, an agreement, a token
        #[arg(long, value_name = "ID")]
        about: Option<String>,
        /// Go on after this act
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many, at most 1000
        #[arg(long, default_value = "100")]
        limit: String,
    },
    /// Show one act with the bytes it commits to
    Show {
        /// The act's identifier
        id: String,
        /// Write those bytes to this file: `corridor verify --act` asks for it beside a receipt in COSE
        #[arg(long = "output", alias = "out", short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print acts as they happen, until Ctrl-C
    Tail {
        /// End after so many acts
        #[arg(long, value_name = "COUNT")]
        count: Option<u64>,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let remote = context.remote()?;
    match verb {
        Verb::List { about, after, limit } => {
            let query =
                [("subject", about.as_deref()), ("after", after.as_deref()), ("limit", Some(limit.as_str()))];
            let answer = remote.get(&["acts"], &query).await?;
            // Programs get the answer as it is; people get the fields on one line.
            let shown = if context.terminal.is_json() { answer } else { readable(answer) };
            context.terminal.table(&shown, &["time", "id", "type", "fields"]);
            Ok(())
        }
        Verb::Show { id, out } => {
            let answer = remote.get(&["acts", &id], &[]).await?;
            if let Some(out) = &out {
                let bytes = answer.get("bytes").and_then(Value::as_str).unwrap_or_default();
                durable::write_file(out, bytes.as_bytes(), 0o644)?;
                context.terminal.note("receipt-done", &[("path", &out.display().to_string())]);
                return Ok(());
            }
            if context.terminal.is_json() {
                context.terminal.json(&answer);
            } else {
                let shown = readable(json!({ "items": [answer] }));
                let item = shown.pointer("/items/0").cloned().unwrap_or_default();
                context
                    .terminal
                    .facts(&item, &["id", "type", "version", "time", "fields", "verified", "bytes"]);
            }
            Ok(())
        }
        Verb::Tail { count } => tail(context, &remote, count).await,
    }
}

/// Acts as they come.
const TAIL: Tail = Tail {
    list: &["acts"],
    query: &[("order", Some("oldest"))],
    from: "after",
    behind: |item| item.get("id").and_then(Value::as_str).map(str::to_owned),
    line,
};

async fn tail(context: &Context, remote: &Remote, count: Option<u64>) -> Done {
    let newest = remote.get(&["acts"], &[("limit", Some("1"))]).await?;
    let last = newest.pointer("/items/0").and_then(TAIL.behind);
    TAIL.follow(context, remote, last, count).await
}

fn line(item: &Value) -> String {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{}  {}  {}", text("time"), text("type"), fields(item.get("fields")))
}

/// The fields as one text, for a table.
fn readable(mut answer: Value) -> Value {
    for item in answer.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
        let text = fields(item.get("fields"));
        if let Some(object) = item.as_object_mut() {
            object.insert("fields".to_owned(), Value::from(text));
        }
    }
    answer
}

fn fields(fields: Option<&Value>) -> String {
    let all = fields.and_then(Value::as_object).into_iter().flatten();
    let shown =
        all.filter(|(name, _)| *name != "participant" && *name != "statement" && *name != "acknowledgement");
    shown
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect::<Vec<_>>()
        .join(" ")
}
