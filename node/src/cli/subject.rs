//! `corridor subject` and `corridor access`: what is kept about a person, who read it, and its erasure.

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Context, Done, Failure};

/// How often is looked whether partners have confirmed.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the persons that documents were sent about, by your own references
    List {
        /// Go on after this reference
        #[arg(long, value_name = "REF", default_value = "")]
        after: String,
        /// How many, at most 1000
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show which documents are about a person, and which partners were told of it
    Show {
        /// Your own reference of the person
        #[arg(value_name = "REF")]
        reference: String,
    },
    /// Erase everything about a person, here and at every partner; nothing brings it back
    Erase {
        /// Your own reference of the person
        #[arg(value_name = "REF")]
        reference: String,
        /// Wait for the confirmations of the partners, at most so many seconds
        #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
        wait: Option<u64>,
    },
    /// List erasures, or show one: which partners have confirmed it and which have not yet
    Erasures {
        /// The number of one erasure
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AccessVerb {
    /// Report who read what is about a person: what the person can be given
    Report {
        /// Your own reference of the person
        #[arg(value_name = "REF")]
        reference: String,
    },
}

const DOCUMENTS: &[&str] = &["created", "id", "side", "partner", "kind", "size", "state"];

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let remote = context.remote()?;
    match verb {
        Verb::List { after, limit } => {
            let page = json!({ "after": after, "limit": limit });
            let answer = remote.post(&["subjects"], Some(&page)).await?;
            context.terminal.table(&answer, &["subject", "created"]);
        }
        Verb::Show { reference } => {
            let answer = remote.post(&["subjects", "show"], Some(&json!({ "subject": reference }))).await?;
            context.terminal.facts(&answer, &["subject", "created", "partners"]);
            if !context.terminal.is_json() {
                context.terminal.line("");
                context.terminal.table(&json!({ "items": answer.get("documents") }), DOCUMENTS);
            }
        }
        Verb::Erase { reference, wait } => {
            let order = json!({ "subject": reference });
            let mut answer = remote.post(&["subjects", "erase"], Some(&order)).await?;
            let id = answer.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let began = tokio::time::Instant::now();
            let most = Duration::from_secs(wait.unwrap_or(0));
            while !complete(&answer) && began.elapsed() < most {
                tokio::time::sleep(LOOK).await;
                answer = remote.get(&["erasures", &id], &[]).await?;
            }
            shown(context, &answer);
            if wait.is_some() && !complete(&answer) {
                context.terminal.note("erase-late", &[]);
                return Err(Failure::Code(5));
            }
        }
        Verb::Erasures { id: Some(id) } => shown(context, &remote.get(&["erasures", &id], &[]).await?),
        Verb::Erasures { id: None } => {
            let answer = remote.get(&["erasures"], &[]).await?;
            context.terminal.table(&answer, &["at", "id", "by", "documents", "complete"]);
        }
    }
    Ok(())
}

fn complete(answer: &Value) -> bool {
    answer.get("complete").and_then(Value::as_bool) == Some(true)
}

fn shown(context: &Context, answer: &Value) {
    context.terminal.facts(answer, &["id", "at", "by", "documents", "complete"]);
    if !context.terminal.is_json() {
        context.terminal.line("");
        let partners = json!({ "items": answer.get("partners") });
        context.terminal.table(&partners, &["partner", "confirmed", "documents"]);
    }
}

pub(super) async fn access(context: &Context, verb: AccessVerb) -> Done {
    let AccessVerb::Report { reference } = verb;
    let order = json!({ "subject": reference });
    let answer = context.remote()?.post(&["subjects", "access"], Some(&order)).await?;
    context.terminal.table(&answer, &["time", "envelope", "reader", "role", "label", "act"]);
    Ok(())
}
