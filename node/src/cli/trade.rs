//! `corridor trade`: EDIFACT interchanges that crossed, readable.

use clap::Subcommand;
use serde_json::Value;

use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List interchanges, newest first
    List {
        /// Which side: in or out
        #[arg(long, default_value = "in")]
        side: String,
        /// How many, at most 1000
        #[arg(long, default_value = "100")]
        limit: String,
    },
    /// Show one interchange as a readable tree; leaves a record of who read it
    Show {
        /// Which side: in or out
        side: String,
        /// The envelope it crossed in
        id: String,
        /// How many segments to pass over
        #[arg(long, default_value = "0")]
        skip: String,
        /// How many segments to show, at most 2000
        #[arg(long, default_value = "200")]
        segments: String,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let remote = context.remote()?;
    match verb {
        Verb::List { side, limit } => {
            let query = [("side", Some(side.as_str())), ("limit", Some(&limit))];
            let answer = remote.get(&["trade", "interchanges"], &query).await?;
            let fields = ["created", "envelope", "partner", "reference", "messages", "verdict", "state"];
            context.terminal.table(&answer, &fields);
        }
        Verb::Show { side, id, skip, segments } => {
            let query = [("skip", Some(skip.as_str())), ("segments", Some(&segments))];
            let answer = remote.get(&["trade", "interchanges", &side, &id], &query).await?;
            if context.terminal.is_json() {
                context.terminal.json(&answer);
            } else {
                for line in texts(&answer, "/lines").chain(texts(&answer, "/findings")) {
                    context.terminal.line(line);
                }
            }
        }
    }
    Ok(())
}

fn texts<'a>(answer: &'a Value, pointer: &str) -> impl Iterator<Item = &'a str> {
    answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
