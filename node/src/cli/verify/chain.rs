//! A chain of a transaction, as `corridor verify` shows what came of checking it.

use std::path::Path;

use corridor_base::Result;
use corridor_identity::AnchorKey;
use corridor_proof::PublicKey;
use corridor_proof::verdict::State;
use corridor_trade::evidence::{Finding, Judged};
use serde_json::{Value, json};

use super::{Context, say, state_word};

/// An anchor as the configuration names it: its country, and its verifier key.
pub(super) fn anchor(text: &str) -> Result<(String, PublicKey)> {
    let (country, vkey) = text.split_once(' ').unwrap_or(("", text));
    let anchor = AnchorKey::parse(country.parse()?, vkey.trim())?;
    Ok((anchor.name, anchor.key))
}

/// For people: what it is, how many checks passed, each that did not, and what they come to. For programs: all
/// of them.
pub(super) fn show(context: &Context, path: &Path, judged: &Judged) -> Value {
    let outcome = judged.outcome();
    let index = judged.index.as_ref();
    let document = json!({
        "path": path.display().to_string(),
        "kind": "chain",
        "outcome": outcome,
        "reference": index.map(|i| &i.reference),
        "participant": index.map(|i| &i.participant),
        "documents": index.map(|i| i.documents.len()),
        "absent": index.map(|i| &i.absent),
        "checks": judged.findings,
    });
    if context.terminal.is_json() {
        return document;
    }
    let text = |key: &str| say(context.lang, key, &[]);
    context.terminal.line(&format!("{}: {}", path.display(), text("verify-kind-chain")));
    if let Some(index) = index {
        let (documents, who) = (index.documents.len().to_string(), index.participant.to_string());
        let args = [("reference", index.reference.as_str()), ("documents", &documents), ("who", &who)];
        context.terminal.say("verify-chain-about", &args);
        for absent in &index.absent {
            let args = [("envelope", absent.envelope.to_string()), ("why", absent.why.clone())];
            let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
            context.terminal.say("verify-chain-absent", &args);
        }
    }
    let passed = judged.findings.iter().filter(|f| f.state == State::Passed).count().to_string();
    context.terminal.say("verify-chain-passed", &[("number", &passed)]);
    let row = |finding: &Finding| {
        json!({
            "result": text(&format!("verify-{}", state_word(finding.state))),
            "check": finding.check,
            "meaning": text(&format!("verify-chain-{}", finding.check)),
            "path": finding.file,
            "about": finding.about,
        })
    };
    let open: Vec<Value> = judged.findings.iter().filter(|f| f.state != State::Passed).map(row).collect();
    if !open.is_empty() {
        let fields = ["result", "check", "meaning", "path", "about"];
        context.terminal.table(&json!({ "items": open }), &fields);
    }
    context.terminal.line(&text(&format!("verify-outcome-{}", state_word(outcome))));
    context.terminal.line("");
    document
}
