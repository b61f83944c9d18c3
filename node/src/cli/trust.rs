//! `corridor trust`: what the node trusts, and the work of the office that issues a country's list.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_identity::changes;
use corridor_net::Request;
use corridor_proof::{Signed, TrustList};
use corridor_storage::durable;
use serde_json::{Value, json};

use super::anchor::{self, show_changes};
use super::{Context, Done, read_file};
use crate::api::extract::MAX_BODY;
use crate::assembly;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show the anchors, lists and recognitions that the node goes by, or those of an anchor
    Show {
        /// The directory of an anchor [default: ask the node]
        directory: Option<PathBuf>,
    },
    /// Take a trust list or a recognition into the node
    Import {
        /// Files, or https addresses
        #[arg(required = true)]
        source: Vec<String>,
    },
    /// Show what the node went by at an instant, with the acts that say so
    At {
        /// The instant: 2026-11-22T09:25:00.000Z, or now
        time: String,
        /// A participant whose keys are asked for, by its DID
        #[arg(long, value_name = "DID")]
        who: Option<String>,
        /// The country whose list is shown whole, as it was signed: JP
        #[arg(long, conflicts_with = "who")]
        country: Option<String>,
        /// Write that list with the proof that this node went by it to FILE, as `corridor verify` judges it
        #[arg(long = "output", short, value_name = "FILE", requires = "country")]
        out: Option<PathBuf>,
    },
    /// Print the witness policy that the trust lists make (C2SP tlog-policy)
    Policy {
        /// For this log alone, by its origin: leaves out the witness of its own operator
        #[arg(long, value_name = "ORIGIN")]
        log: Option<String>,
    },
    /// Show what changed from one of the node's lists of a country to another
    Changes {
        /// The country: JP
        country: String,
        /// The number of the older list [default: the one before the newer]
        #[arg(long, value_name = "NUMBER")]
        from: Option<u64>,
        /// The number of the newer list [default: the newest]
        #[arg(long, value_name = "NUMBER")]
        to: Option<u64>,
    },
    /// Show what changed from one list to another
    Diff {
        /// The older list
        old: PathBuf,
        /// The newer list
        new: PathBuf,
    },
    #[command(flatten)]
    Office(anchor::Verb),
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    match verb {
        Verb::Show { directory: Some(directory) } => anchor::show(context, &directory),
        Verb::Show { directory: None } => {
            show(context, &context.remote()?.get(&["trust"], &[]).await?);
            Ok(())
        }
        Verb::Import { source } => {
            for source in &source {
                import(context, source).await?;
            }
            Ok(())
        }
        Verb::At { time, who, country, out } => {
            let at = Some(time.as_str()).filter(|t| *t != "now");
            match country {
                Some(country) => list_at(context, &country, at, out.as_deref()).await,
                None => at_instant(context, at, who.as_deref()).await,
            }
        }
        Verb::Policy { log } => {
            let answer = context.remote()?.get(&["trust", "policy"], &[("log", log.as_deref())]).await?;
            if context.terminal.is_json() {
                context.terminal.json(&answer);
            } else {
                let policy = answer.get("policy").and_then(Value::as_str).unwrap_or_default();
                policy.lines().for_each(|line| context.terminal.line(line));
            }
            Ok(())
        }
        Verb::Changes { country, from, to } => {
            let text = |number: Option<u64>| number.map(|n| n.to_string());
            let (from, to) = (text(from), text(to));
            let query = [("from", from.as_deref()), ("to", to.as_deref())];
            let answer = context.remote()?.get(&["trust", "lists", &country, "changes"], &query).await?;
            if context.terminal.is_json() {
                context.terminal.json(&answer);
                return Ok(());
            }
            context.terminal.facts(&answer, &["country", "from", "to"]);
            context.terminal.line("");
            show_changes(context, answer.get("changes").unwrap_or(&Value::Null));
            Ok(())
        }
        Verb::Diff { old, new } => {
            let (old, new) = (
                Signed::<TrustList>::parse(&read_file(&old)?)?,
                Signed::<TrustList>::parse(&read_file(&new)?)?,
            );
            show_changes(context, &json!(changes(Some(old.body()), new.body())));
            Ok(())
        }
        Verb::Office(verb) => anchor::run(context, verb).await,
    }
}

async fn list_at(context: &Context, country: &str, at: Option<&str>, out: Option<&Path>) -> Done {
    let answer = context.remote()?.get(&["trust", "lists", country], &[("at", at)]).await?;
    if let Some(out) = out {
        if answer.get("receipt").is_none_or(Value::is_null) {
            let id = answer.get("act").and_then(Value::as_str).unwrap_or("-");
            return Err(Problem::new(ErrorCode::ReceiptPending).with("id", id).into());
        }
        durable::write_file(out, &serde_json::to_vec_pretty(&answer).unwrap_or_default(), 0o644)?;
        context.terminal.note("receipt-done", &[("path", &out.display().to_string())]);
        return Ok(());
    }
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    context.terminal.facts(&answer, &["country", "number", "digest", "accepted"]);
    context.terminal.line("");
    let note = answer.get("statement").and_then(Value::as_str).unwrap_or_default();
    note.lines().for_each(|line| context.terminal.line(line));
    Ok(())
}

async fn at_instant(context: &Context, at: Option<&str>, who: Option<&str>) -> Done {
    let answer = context.remote()?.get(&["trust", "at"], &[("at", at), ("who", who)]).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    let terminal = &context.terminal;
    let part = |from: &Value, name: &str| json!({ "items": from.get(name) });
    terminal.facts(&answer, &["at"]);
    terminal.line("");
    terminal.say("title-lists", &[]);
    terminal.table(
        &part(&answer, "lists"),
        &["country", "number", "standing", "accepted", "closes", "digest", "act"],
    );
    terminal.line("");
    terminal.say("title-recognitions", &[]);
    let fields = ["countries", "in_force", "from", "until", "digest", "act"];
    terminal.table(&part(&answer, "recognitions"), &fields);
    if answer.get("successions").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        terminal.line("");
        terminal.say("title-successions", &[]);
        terminal.table(
            &part(&answer, "successions"),
            &["country", "log", "size", "successor", "time", "why", "digest", "list", "act"],
        );
    }
    if let Some(participant) = answer.get("participant") {
        terminal.line("");
        terminal.facts(participant, &["did", "name", "country", "list", "log", "witness"]);
        terminal.line("");
        terminal.table(
            &part(participant, "keys"),
            &["id", "valid", "from", "until", "void_after", "public", "act"],
        );
    }
    Ok(())
}

fn show(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    let part = |name: &str| json!({ "items": answer.get(name) });
    context.terminal.say("title-anchors", &[]);
    context.terminal.table(&part("anchors"), &["country", "key"]);
    context.terminal.line("");
    context.terminal.say("title-lists", &[]);
    context.terminal.table(
        &part("lists"),
        &["country", "number", "standing", "participants", "issued", "expires", "closes"],
    );
    context.terminal.line("");
    context.terminal.say("title-recognitions", &[]);
    context.terminal.table(&part("recognitions"), &["countries", "in_force", "from", "until", "digest"]);
}

async fn import(context: &Context, source: &str) -> Result<()> {
    let bytes = fetch(context, source).await?;
    let answer = context.remote()?.post_note(&["trust"], bytes).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    let text = |key: &str| match answer.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    match answer.get("accepted").and_then(Value::as_str) {
        Some("list") => {
            context
                .terminal
                .say("trust-list-in-use", &[("country", &text("country")), ("list", &text("number"))]);
            show_changes(context, answer.get("changes").unwrap_or(&Value::Null));
        }
        Some("recognition") => {
            context.terminal.say("trust-recognition-in-use", &[("country", &text("countries"))])
        }
        _ => context.terminal.say("trust-held", &[]),
    }
    Ok(())
}

/// A file, or an address that the guarded client may fetch (NE-1).
pub(super) async fn fetch(context: &Context, source: &str) -> Result<Vec<u8>> {
    if !source.starts_with("https://") && !source.starts_with("http://") {
        return read_file(std::path::Path::new(source));
    }
    let malformed =
        |e: url::ParseError| Problem::new(ErrorCode::Malformed).with("what", "address").with("why", e);
    let url = url::Url::parse(source).map_err(malformed)?;
    let client = match context.config() {
        Ok(config) => assembly::client(&config)?,
        // An office that runs no node reaches public addresses only.
        Err(_) => corridor_net::Client::new(&corridor_net::ClientOptions::default())?,
    };
    let mut request = Request::new(http::Method::GET, url);
    request.limit = MAX_BODY;
    let response = client.send(request).await?;
    if response.status.as_u16() != 200 {
        return Err(Problem::new(ErrorCode::PartnerAnswer)
            .with("partner", source)
            .with("why", format!("status {}", response.status.as_u16())));
    }
    Ok(response.body.to_vec())
}
