//! `corridor log`: the node's log of acts, its checkpoints and witnesses, proofs, and checking it whole.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use corridor_base::{Digest, ErrorCode, Problem};
use corridor_proof::merkle;
use corridor_storage::durable;
use serde_json::{Value, json};

use super::remote::Remote;
use super::tail::Tail;
use super::{Context, Done, Failure};
use crate::texts::say;

/// The exit code when the log does not follow from its leaves.
const DIFFERS: u8 = 6;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Print leaves as they come, until Ctrl-C
    Tail {
        /// End after so many leaves
        #[arg(long, value_name = "COUNT")]
        count: Option<u64>,
        /// Begin with this one instead of the next
        #[arg(long, value_name = "NUMBER")]
        from: Option<u64>,
    },
    /// Show the newest checkpoint who has cosigned, and the other logs of this node with their keys
    Checkpoint,
    /// Prove that a leaf is in the log, or that the log only grew
    Prove {
        /// The leaf
        #[arg(required_unless_present = "old", conflicts_with = "old")]
        leaf: Option<u64>,
        /// An earlier size, instead of a leaf
        #[arg(long, value_name = "SIZE")]
        old: Option<u64>,
        /// The size of the tree [default: that of the newest checkpoint]
        #[arg(long, value_name = "SIZE")]
        size: Option<u64>,
        /// Write the proof to FILE, as `corridor verify --consistency FILE` reads it
        #[arg(long = "output", short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Logs that were seen to contradict themselves, with the evidence that `corridor verify` judges
    Alarms {
        /// Write the evidence of this alarm to FILE
        #[arg(long, value_name = "ID", requires = "out")]
        id: Option<String>,
        /// The file
        #[arg(long = "output", alias = "out", short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Acts of which nothing but the leaf is left, after a restoration from an old backup
    Lost {
        /// The first leaf
        #[arg(long, value_name = "NUMBER")]
        from: Option<u64>,
    },
    /// Show how the log grew: its size at the end of each hour or day
    Growth {
        /// Whole hours or whole days (UTC)
        #[arg(long, value_parser = ["hour", "day"], default_value = "hour")]
        by: String,
        /// How many of them back
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=366))]
        count: u32,
    },
    /// Ask for what the office of the country is to sign when the leaves of this log are lost for good
    Succession {
        /// The file for the office
        #[arg(long = "output", alias = "out", short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Derive everything again from the leaves and name the first difference
    Fsck {
        /// The log: the name of a raw log or of one that has ended, or the origin of one that is mirrored here
        /// [default: the log of acts]
        #[arg(long, value_name = "NAME")]
        log: Option<String>,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let remote = context.remote()?;
    match verb {
        Verb::Tail { count, from } => tail(context, &remote, count, from).await,
        Verb::Checkpoint => {
            let answer = remote.get(&["log"], &[]).await?;
            checkpoint(context, &answer);
            Ok(())
        }
        Verb::Prove { leaf, old, size, out } => {
            let text = |number: Option<u64>| number.map(|n| n.to_string());
            let (leaf, old, size) = (text(leaf), text(old), text(size));
            let query = [("leaf", leaf.as_deref()), ("old", old.as_deref()), ("size", size.as_deref())];
            let mut answer = remote.get(&["log", "proof"], &query).await?;
            if let Some(out) = out {
                return Ok(durable::write_file(
                    &out,
                    &serde_json::to_vec_pretty(&answer).unwrap_or_default(),
                    0o644,
                )?);
            }
            if !context.terminal.is_json() {
                for_reader(&mut answer);
            }
            context.terminal.facts(&answer, &["tree", "root", "checkpoint_root", "hashes"]);
            Ok(())
        }
        Verb::Alarms { id, out } => {
            let answer = remote.get(&["log"], &[]).await?;
            alarms(context, &answer, id.as_deref(), out.as_deref())
        }
        Verb::Lost { from } => {
            let from = from.map(|n| n.to_string());
            let query = [("lost", Some("true")), ("from", from.as_deref()), ("limit", Some("1000"))];
            let answer = remote.get(&["log", "leaves"], &query).await?;
            context.terminal.table(&answer, &["number", "time", "type", "id"]);
            Ok(())
        }
        Verb::Growth { by, count } => {
            let count = count.to_string();
            let query = [("step", Some(by.as_str())), ("count", Some(count.as_str()))];
            let answer = remote.get(&["log", "growth"], &query).await?;
            context.terminal.table(&answer, &["at", "leaves"]);
            Ok(())
        }
        Verb::Succession { out } => {
            let answer = remote.post(&["log", "succession"], None).await?;
            match out {
                Some(out) => {
                    let json = serde_json::to_vec_pretty(&answer).unwrap_or_default();
                    durable::write_file(&out, &json, 0o644)?;
                }
                None => context.terminal.json(&answer),
            }
            Ok(())
        }
        Verb::Fsck { log } => {
            let mut progress = context.terminal.progress();
            progress.at(&say(context.lang, "log-checking", &[]));
            let answer = remote.work(&["log", "fsck"], &[("log", log.as_deref())]).await?;
            progress.end();
            context.terminal.facts(&answer, &["leaves", "tiles", "checkpoints", "difference"]);
            match answer.get("difference").is_none_or(Value::is_null) {
                true => Ok(()),
                false => Err(Failure::Code(DIFFERS)),
            }
        }
    }
}

/// A checkpoint has its root in base64: so can the two be held side by side.
fn for_reader(proof: &mut Value) {
    let root = proof.get("root").and_then(Value::as_str).and_then(|text| text.parse::<Digest>().ok());
    if let (Some(root), Some(proof)) = (root, proof.as_object_mut()) {
        proof.insert("checkpoint_root".to_owned(), merkle::print_hash(&root).into());
    }
}

fn checkpoint(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    context.terminal.facts(answer, &["origin", "leaves", "waiting", "copied", "covered", "pending_since"]);
    let note = answer.get("checkpoint").and_then(Value::as_str).unwrap_or_default();
    context.terminal.line("");
    context.terminal.raw(note);
    context.terminal.line("");
    let witnesses = json!({ "items": answer.get("witnesses") });
    context.terminal.table(&witnesses, &["name", "cosigned", "failures", "last_error"]);
    context.terminal.line("");
    let mirrors = json!({ "items": answer.get("mirrors") });
    context.terminal.table(&mirrors, &["url", "copied", "failures", "last_error"]);
    let others = answer.get("others").filter(|all| all.as_array().is_some_and(|all| !all.is_empty()));
    if let Some(others) = others {
        context.terminal.line("");
        let others = json!({ "items": others });
        context.terminal.table(&others, &["name", "entries", "state", "origin", "key"]);
    }
}

fn alarms(context: &Context, answer: &Value, id: Option<&str>, out: Option<&Path>) -> Done {
    let all = answer.get("alarms").cloned().unwrap_or_default();
    let (Some(id), Some(out)) = (id, out) else {
        context.terminal.table(&json!({ "items": all }), &["time", "id", "origin"]);
        return Ok(());
    };
    let mut items = all.as_array().into_iter().flatten();
    let found = items.find(|item| item.get("id").and_then(Value::as_str) == Some(id));
    let evidence = found.and_then(|item| item.get("evidence")).and_then(Value::as_str);
    let evidence = evidence.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", id))?;
    durable::write_file(out, evidence.as_bytes(), 0o644)?;
    Ok(())
}

/// Leaves as they come.
const TAIL: Tail = Tail {
    list: &["log", "leaves"],
    query: &[],
    from: "from",
    behind: |item| item.get("number").and_then(Value::as_u64).map(|number| (number + 1).to_string()),
    line,
};

async fn tail(context: &Context, remote: &Remote, count: Option<u64>, from: Option<u64>) -> Done {
    let next = match from {
        Some(from) => from,
        None => remote.get(&["log"], &[]).await?.get("leaves").and_then(Value::as_u64).unwrap_or(0),
    };
    TAIL.follow(context, remote, Some(next.to_string()), count).await
}

fn line(item: &Value) -> String {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = item.get("number").and_then(Value::as_u64).unwrap_or_default();
    let hash: String = text("hash").chars().take(16).collect();
    format!("{number:>8}  {}  {hash}  {}", text("time"), text("type"))
}
