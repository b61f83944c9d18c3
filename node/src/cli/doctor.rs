//! `corridor doctor`: looks for what is wrong, on the files and on the node, whether it runs or not.

use corridor_base::{ErrorCode, Problem};
use corridor_storage::DataDir;
use serde_json::{Value, json};

use super::{Context, Done, Failure};
use crate::config::Config;
use crate::doctor::{self, Finding, Status};
use crate::{assembly, texts::say};

pub(super) async fn run(context: &Context) -> Done {
    let config = context.config()?;
    let mut findings = doctor::of_files(&config, context.lang);
    if findings.iter().all(|f| f.status != Status::Wrong) {
        match of_node(context, &config).await {
            Ok(more) => findings.extend(more),
            Err(problem) => findings.push(wrong(context, &problem)),
        }
    }
    show(context, &findings);
    if findings.iter().any(|f| f.status == Status::Wrong) { Err(Failure::Code(4)) } else { Ok(()) }
}

/// The promises of a node that runs, with their counters. A broken one is a fault in the program.
pub(super) async fn invariants(context: &Context) -> Done {
    let answer = context.remote()?.get(&["invariants"], &[]).await?;
    context.terminal.table(&answer, &["id", "broken", "promise"]);
    let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    let broken = |item: &Value| item.get("broken").and_then(Value::as_u64) != Some(0);
    if items.filter(|item| broken(item)).count() > 0 { Err(Failure::Code(4)) } else { Ok(()) }
}

/// Asks the node when it runs; otherwise puts it together here, without serving.
async fn of_node(context: &Context, config: &Config) -> corridor_base::Result<Vec<Finding>> {
    match DataDir::lock(&config.data) {
        Ok(held) => {
            let node = assembly::node(config.clone(), &context.around).await?;
            let findings = doctor::of_node(&node, context.lang).await;
            node.exchange.store().close().await;
            drop(held);
            Ok(findings)
        }
        Err(problem) if problem.code() == ErrorCode::DirectoryLocked => {
            let answer = context.remote()?.get(&["doctor"], &[]).await?;
            let items = answer.get("items").cloned().unwrap_or_default();
            serde_json::from_value(items).map_err(|e| Problem::new(ErrorCode::Internal).because(e))
        }
        Err(problem) => Err(problem),
    }
}

fn wrong(context: &Context, problem: &Problem) -> Finding {
    let text = problem.text(context.lang);
    Finding {
        check: "node".to_owned(),
        about: String::new(),
        status: Status::Wrong,
        detail: text.detail,
        remedy: text.remedy,
    }
}

fn show(context: &Context, findings: &[Finding]) {
    if context.terminal.is_json() {
        return context.terminal.json(&json!({ "items": findings }));
    }
    for finding in findings {
        let word = match finding.status {
            Status::Good => "word-good",
            Status::Warning => "word-warning",
            Status::Wrong => "word-wrong",
        };
        let word = say(context.lang, word, &[]);
        let about = if finding.about.is_empty() { String::new() } else { format!(" {}", finding.about) };
        context.terminal.line(&format!("[{word}] {}{about}: {}", finding.check, finding.detail));
        if !finding.remedy.is_empty() {
            context.terminal.line(&format!("    {}", finding.remedy));
        }
    }
}
