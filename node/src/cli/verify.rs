//! `corridor verify`: judges files of evidence, offline. It asks no node and no network: what decides is
//! in the files, in the policy, and in `corridor-proof`.

mod chain;
mod growth;

use std::io::Read;
use std::path::{Path, PathBuf};

use corridor_base::{ErrorCode, Problem, Result};
use corridor_proof::evidence::{self, FileKind, Judged, MAX_FILE};
use corridor_proof::policy::{MAX_POLICY, Standing};
use corridor_proof::verdict::{Check, CheckName, State};
use corridor_proof::{Policy, listed};
use corridor_trade::evidence::{Known, LARGEST, zip};
use serde_json::{Value, json};

use super::{Context, Done, Failure};
use crate::texts::say;

/// A check failed: the evidence is false.
const FAILED: u8 = 6;
/// Nothing failed; a cosignature may still come.
const PENDING: u8 = 7;
/// Nothing failed and nothing is awaited; something could not be checked here.
const NOT_CHECKED: u8 = 8;

/// The exit codes, as the help shows them.
const EXIT_CODES: &str = "\
Exit codes:
  0  every check passed
  1  a file cannot be read
  6  a check failed: do not rely on the file
  7  nothing failed, and a cosignature is missing that may still come
  8  nothing failed, but something could not be checked here";

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Args {
    /// Receipts, evidence of split views, signed checkpoints, trust lists with the proof that a node went by
    /// them, chains of transactions
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whose signatures count: a witness policy (C2SP tlog-policy). Without it no signature is judged
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The act that COSE receipts are about, which they do not carry
    #[arg(long, value_name = "FILE")]
    act: Option<PathBuf>,
    /// That the log only grew between two checkpoints, or the checkpoints of two receipts: the proof, as
    /// `corridor log prove --old SIZE --output FILE` writes it
    #[arg(long, value_name = "FILE")]
    consistency: Option<PathBuf>,
    /// The anchor of a country, as in "JP trust.example.jp+…": whose trust list it is that names the keys of a
    /// chain, or that a node went by; may be given several times
    #[arg(long, value_name = "COUNTRY KEY")]
    anchor: Vec<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Done {
    let policy = match &args.policy {
        Some(path) => Some(policy(path)?),
        None => None,
    };
    let act = args.act.as_deref().map(|path| read(path, "act", MAX_FILE)).transpose()?;
    let now = Some(context.around.clock.now());
    let anchors: Vec<_> = args.anchor.iter().map(|text| chain::anchor(text)).collect::<Result<_>>()?;
    let known = Known { policy: policy.as_ref(), anchors: &anchors, now };
    let proof = args.consistency.as_deref().map(growth::read).transpose()?;
    let (mut checks, mut files, mut wants_act) = (Vec::new(), Vec::new(), false);
    let mut checkpoints = Vec::new();
    for path in &args.files {
        let bytes = read(path, "file of evidence", LARGEST)?;
        if zip::is_zip(&bytes) {
            let judged = corridor_trade::evidence::verify(&bytes, known);
            files.push(chain::show(context, path, &judged));
            checks.push(Check::new(CheckName::Form, judged.outcome(), Vec::new()));
            continue;
        }
        if bytes.len() > MAX_FILE {
            return Err(too_large("file of evidence", path, MAX_FILE).into());
        }
        let judged = match evidence::kind_of(&bytes) {
            // Whose list it is only the key of an anchor tells.
            Some(FileKind::TrustList) => listed::judge(&bytes, policy.as_ref(), &anchors, now),
            _ => evidence::judge(&bytes, policy.as_ref(), act.as_deref(), now),
        };
        show(context, path, &judged);
        wants_act |= judged.kind == Some(FileKind::CoseReceipt);
        files.push(document(path, &judged));
        checks.extend(judged.checks);
        checkpoints.extend(judged.checkpoint);
    }
    let grown = proof.as_deref().map(|proof| growth::judge(&checkpoints, proof)).transpose()?;
    if let Some(check) = &grown {
        growth::show(context, check);
        checks.push(check.clone());
    }
    let outcome = corridor_proof::verdict::outcome(&checks);
    if context.terminal.is_json() {
        context.terminal.json(&json!({ "outcome": outcome, "files": files, "consistency": grown }));
    } else {
        if policy.is_none() {
            context.terminal.note("verify-no-policy", &[]);
        }
        if wants_act && act.is_none() {
            context.terminal.note("verify-no-act", &[]);
        }
    }
    match outcome {
        State::Passed => Ok(()),
        State::Failed => Err(Failure::Code(FAILED)),
        State::Pending => Err(Failure::Code(PENDING)),
        State::NotChecked => Err(Failure::Code(NOT_CHECKED)),
    }
}

fn policy(path: &Path) -> Result<Policy> {
    let named = |p: Problem| p.with("what", format!("witness policy {}", path.display()));
    Policy::parse(&read(path, "witness policy", MAX_POLICY)?).map_err(named)
}

/// Reads a file, and not more of it than can be meant: it may be a device, or grow.
fn read(path: &Path, what: &str, most: usize) -> Result<Vec<u8>> {
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e);
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > most { Err(too_large(what, path, most)) } else { Ok(bytes) }
}

fn too_large(what: &str, path: &Path, most: usize) -> Problem {
    Problem::new(ErrorCode::TooLarge)
        .with("what", format!("{what} {}", path.display()))
        .with("limit", format!("{most} bytes"))
}

/// For people: the file and what it is, one line a check, and what they come to.
fn show(context: &Context, path: &Path, judged: &Judged) {
    if context.terminal.is_json() {
        return;
    }
    let text = |key: &str| say(context.lang, key, &[]);
    let kind = judged.kind.map_or("unknown", kind_word);
    context.terminal.line(&format!("{}: {}", path.display(), text(&format!("verify-kind-{kind}"))));
    table(context, &judged.checks);
    if let Some(receipt) = &judged.receipt {
        let act = receipt.act();
        let (kind, at) = (format!("{} v{}", act.kind, act.version), act.time.to_string());
        let id = act.id.to_string();
        context.terminal.say("verify-about-act", &[("kind", &kind), ("at", &at), ("id", &id)]);
    }
    if let Some(checkpoint) = &judged.checkpoint {
        let size = checkpoint.tree().size.to_string();
        context.terminal.say("verify-about-log", &[("what", checkpoint.origin()), ("size", &size)]);
    }
    if let (Some(ended), Some(checkpoint)) =
        (judged.judgement.as_ref().and_then(|j| j.ended.as_ref()), &judged.checkpoint)
    {
        let beyond = checkpoint.tree().size > ended.last.size;
        let key = if beyond { "verify-ended-beyond" } else { "verify-ended" };
        let (last, size) = (ended.last.size.to_string(), checkpoint.tree().size.to_string());
        let args =
            [("what", ended.origin.as_str()), ("last", &last), ("size", &size), ("found", &ended.successor)];
        context.terminal.say(key, &args);
    }
    let outcome = state_word(judged.outcome());
    let convicted = judged.kind == Some(FileKind::SplitView) && judged.outcome() == State::Passed;
    let outcome = if convicted { "convicted" } else { outcome };
    context.terminal.line(&text(&format!("verify-outcome-{outcome}")));
    context.terminal.line("");
}

/// One line a check.
fn table(context: &Context, checks: &[Check]) {
    let row = |check: &Check| {
        json!({
            "result": say(context.lang, &format!("verify-{}", state_word(check.state)), &[]),
            "check": check.name,
            "meaning": meaning(context, check),
            "about": check.about,
        })
    };
    let rows: Vec<Value> = checks.iter().map(row).collect();
    context.terminal.table(&json!({ "items": rows }), &["result", "check", "meaning", "about"]);
}

/// What the check asks, in words.
fn meaning(context: &Context, check: &Check) -> String {
    match &check.name {
        CheckName::Country(country) => {
            say(context.lang, "verify-check-country", &[("country", &country.to_string())])
        }
        name => say(context.lang, &format!("verify-check-{name}"), &[]),
    }
}

fn kind_word(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Receipt => "receipt",
        FileKind::CoseReceipt => "cose-receipt",
        FileKind::SplitView => "split-view",
        FileKind::Checkpoint => "checkpoint",
        FileKind::TrustList => "trust-list",
    }
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Passed => "passed",
        State::Failed => "failed",
        State::Pending => "pending",
        State::NotChecked => "not-checked",
    }
}

/// For programs: the same, with who cosigned and when.
fn document(path: &Path, judged: &Judged) -> Value {
    let act = judged.receipt.as_ref().map(|receipt| {
        let act = receipt.act();
        json!({ "id": act.id, "type": act.kind, "version": act.version, "time": act.time })
    });
    let checkpoint = judged.checkpoint.as_ref().map(|c| {
        let root = corridor_proof::merkle::print_hash(&c.tree().root);
        json!({ "origin": c.origin(), "size": c.tree().size, "root": root })
    });
    let witnesses = judged.judgement.as_ref().map(|judgement| {
        let all = judgement.witnesses.iter().map(|(name, standing)| witness(name, *standing));
        all.collect::<Vec<_>>()
    });
    let ended = judged
        .judgement
        .as_ref()
        .and_then(|judgement| judgement.ended.as_ref())
        .map(|ended| json!({ "size": ended.last.size, "successor": ended.successor }));
    json!({
        "path": path.display().to_string(),
        "ended": ended,
        "kind": judged.kind,
        "outcome": judged.outcome(),
        "checks": judged.checks,
        "act": act,
        "index": judged.receipt.as_ref().map(|r| r.proof().index),
        "checkpoint": checkpoint,
        "witnesses": witnesses,
    })
}

fn witness(name: &str, standing: Standing) -> Value {
    let word = match standing {
        Standing::Counted { .. } => "counted",
        Standing::OwnOperator => "own-operator",
        Standing::CountedAlready => "counted-already",
        Standing::Invalid => "invalid",
        Standing::NotChecked => "not-checked",
        Standing::Absent => "absent",
    };
    match standing {
        Standing::Counted { time, ahead } => {
            json!({ "name": name, "standing": word, "time": time, "ahead": ahead })
        }
        _ => json!({ "name": name, "standing": word }),
    }
}
