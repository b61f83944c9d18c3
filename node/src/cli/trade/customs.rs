//! `corridor trade queue`, `trade decide`, `trade risk`: what a customs office works through, what it decides, and the
//! rules that say where to look.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use corridor_trade::library::read as read_file;
use serde_json::{Value, json};

use super::super::{Context, Done};

/// The columns of a queue.
const CASES: &[&str] = &["created", "case", "kind", "number", "state", "risk", "port", "party", "partner"];

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Queue {
    /// Only in this state
    #[arg(long, value_parser = ["waiting", "held", "inspection", "released", "rejected", "replaced", "cancelled"])]
    state: Option<String>,
    /// Only where the risk rules sent it there: clear, note, hold, inspect
    #[arg(long)]
    risk: Option<String>,
    /// Only of this partner
    #[arg(long, value_name = "DID")]
    partner: Option<String>,
    /// Only at this port or customs office: JPHKT
    #[arg(long)]
    port: Option<String>,
    /// Only those before this case: the last one of the page before
    #[arg(long, value_name = "CASE")]
    before: Option<String>,
    /// How many, at most 1000
    #[arg(long, default_value = "100")]
    limit: String,
    /// Not the queue but this case: what it says, what it hit, what was decided; leaves a record of who read it
    #[arg(long, value_name = "CASE", conflicts_with_all = ["state", "risk", "partner", "port", "before"])]
    show: Option<String>,
}

/// What is decided.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Decision {
    Release,
    Hold,
    Inspect,
    Reject,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Decide {
    /// The case: the envelope, or ENVELOPE.N for its N-th message
    case: String,
    /// What is decided
    decision: Decision,
    /// The reason in words, as the sender will read it; only a release needs none
    #[arg(long, default_value = "")]
    reason: String,
    /// The reason in your own code, 1 to 8 letters and digits
    #[arg(long)]
    code: Option<String>,
    /// The field that is wrong, of a refusal: items.2.hs
    #[arg(long)]
    field: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Risk {
    /// Add rules from a file of JSON, each as its next version and switched off
    Add {
        /// The file
        file: PathBuf,
    },
    /// List the rules
    List,
    /// Show a rule in all its versions
    Show {
        /// The rule
        rule: String,
    },
    /// Try rules on past reports and declarations: what they would have hit; nothing is kept
    Try {
        /// The file
        file: PathBuf,
        /// How many of the newest cases, at most 1000
        #[arg(long, default_value = "200")]
        cases: String,
    },
    /// Switch a rule on, in its newest version
    On {
        /// The rule
        rule: String,
    },
    /// Switch a rule off
    Off {
        /// The rule
        rule: String,
    },
    /// Show how often each rule was hit, and what was decided of what it hit
    Statistics {
        /// How many months, this one included, at most 36
        #[arg(long, default_value = "12")]
        months: String,
    },
}

pub(super) async fn queue(context: &Context, args: &Queue) -> Done {
    let remote = context.remote()?;
    if let Some(case) = &args.show {
        let answer = remote.get(&["trade", "customs", case], &[]).await?;
        show(context, &answer);
        return Ok(());
    }
    let query = [
        ("state", args.state.as_deref()),
        ("risk", args.risk.as_deref()),
        ("partner", args.partner.as_deref()),
        ("port", args.port.as_deref()),
        ("before", args.before.as_deref()),
        ("limit", Some(args.limit.as_str())),
    ];
    let answer = remote.get(&["trade", "customs"], &query).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    let rows: Vec<Value> = items(&answer).map(|case| row(context, case)).collect();
    context.terminal.table(&json!({ "items": rows, "next": answer.get("next") }), CASES);
    Ok(())
}

pub(super) async fn decide(context: &Context, args: &Decide) -> Done {
    let decision = match args.decision {
        Decision::Release => "release",
        Decision::Hold => "hold",
        Decision::Inspect => "inspect",
        Decision::Reject => "reject",
    };
    let body = json!({
        "decision": decision, "reason": args.reason, "code": args.code, "field": args.field,
    });
    let remote = context.remote()?;
    let answer = remote.post(&["trade", "customs", &args.case, "decision"], Some(&body)).await?;
    if context.terminal.is_json() {
        context.terminal.json(&answer);
    } else {
        context.terminal.facts(&row(context, &answer), CASES);
    }
    Ok(())
}

pub(super) async fn risk(context: &Context, verb: &Risk) -> Done {
    let remote = context.remote()?;
    let rules = ["trade", "risk", "rules"];
    let answer = match verb {
        Risk::Add { file } => remote.post_json(&rules, &[], read_file(file)?).await?,
        Risk::List => remote.get(&rules, &[]).await?,
        Risk::Show { rule } => {
            let answer = remote.get(&["trade", "risk", "rules", rule], &[]).await?;
            context.terminal.json(&answer);
            return Ok(());
        }
        Risk::Try { file, cases } => {
            let query = [("cases", Some(cases.as_str()))];
            let answer = remote.post_json(&["trade", "risk", "try"], &query, read_file(file)?).await?;
            tried(context, &answer);
            return Ok(());
        }
        Risk::On { rule } | Risk::Off { rule } => {
            let on = matches!(verb, Risk::On { .. });
            let path = ["trade", "risk", "rules", rule, "switch"];
            let kept = remote.post(&path, Some(&json!({ "on": on }))).await?;
            json!({ "items": [kept] })
        }
        Risk::Statistics { months } => {
            let query = [("months", Some(months.as_str()))];
            let answer = remote.get(&["trade", "risk", "statistics"], &query).await?;
            counted(context, &answer);
            return Ok(());
        }
    };
    if context.terminal.is_json() {
        context.terminal.json(&answer);
        return Ok(());
    }
    let row = |kept: &Value| {
        json!({
            "rule": kept.pointer("/rule/rule"),
            "version": kept.get("version"),
            "switched-on": kept.get("on"),
            "asks": worded(context, "risk-action", kept.pointer("/rule/action")),
            "messages": kept.pointer("/rule/messages"),
            "name": kept.pointer("/rule/title"),
        })
    };
    let rows: Vec<Value> = items(&answer).map(row).collect();
    let fields = ["rule", "version", "switched-on", "asks", "messages", "name"];
    context.terminal.table(&json!({ "items": rows }), &fields);
    Ok(())
}

fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer.get("items").and_then(Value::as_array).into_iter().flatten()
}

/// A word of the desk in the reader's language.
fn worded(context: &Context, kind: &str, word: Option<&Value>) -> String {
    let word = word.and_then(Value::as_str).unwrap_or_default();
    corridor_trade::messages().text(context.lang, &format!("{kind}-{word}"), &[])
}

fn row(context: &Context, case: &Value) -> Value {
    json!({
        "created": case.get("created"),
        "case": case.get("id"),
        "kind": case.get("kind"),
        "number": case.get("number"),
        "state": worded(context, "customs-state", case.get("state")),
        "risk": worded(context, "customs-lane", case.get("lane")),
        "port": case.get("port"),
        "party": case.get("party"),
        "partner": case.get("partner"),
    })
}

fn show(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(case) = answer.get("case") {
        context.terminal.facts(&row(context, case), CASES);
    }
    for hit in list("hits") {
        let asks = worded(context, "risk-action", hit.get("action"));
        let title = hit.pointer(&format!("/title/{}", context.lang.tag())).and_then(Value::as_str);
        let title = title.map_or_else(|| text(&hit, "rule"), str::to_owned);
        context.terminal.line(&format!("! {title} ({asks})"));
    }
    for field in list("fields") {
        context.terminal.line(&format!("  {} = {}", text(&field, "field"), text(&field, "value")));
    }
    for decided in list("decisions") {
        let what = worded(context, "customs-decision", decided.get("decision"));
        let of = ["code", "segment", "reason", "by"].map(|name| text(&decided, name));
        let of: Vec<&str> = of.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        context.terminal.line(&format!("{}  {what}  {}", text(&decided, "time"), of.join("  ")));
    }
}

fn tried(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    let row = |tried: &Value| {
        json!({
            "rule": tried.get("rule"), "against": tried.get("seen"), "hits": tried.get("hits"),
            "then-released": tried.get("released"), "then-stopped": tried.get("stopped"),
        })
    };
    let rows: Vec<Value> = items(answer).map(row).collect();
    let fields = ["rule", "against", "hits", "then-released", "then-stopped"];
    context.terminal.table(&json!({ "items": rows }), &fields);
}

fn counted(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    let row = |of: &Value| {
        let total = |name: &str| of.pointer(&format!("/total/{name}")).cloned();
        json!({
            "rule": of.get("rule"), "version": of.get("version"), "against": total("seen"),
            "hits": total("hits"), "undecided": total("waiting"), "then-released": total("released"),
            "then-held": total("held"), "then-inspected": total("inspection"), "then-refused": total("rejected"),
        })
    };
    let rows: Vec<Value> = items(answer).map(row).collect();
    let fields = [
        "rule",
        "version",
        "against",
        "hits",
        "undecided",
        "then-released",
        "then-held",
        "then-inspected",
        "then-refused",
    ];
    context.terminal.table(&json!({ "items": rows }), &fields);
}
