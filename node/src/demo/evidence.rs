//! How the story ends: what crossed is proved. The receipts of both sides are complete, they are
//! verified by a program that asks nobody, and with one byte altered they are refused.

use corridor_base::{ErrorCode, Problem, Result};
use serde_json::Value;

use super::stage::{Place, Stage};
use super::story::Story;
use super::{POLICY, text, wait};
use crate::texts::say;

/// The receipts as files.
const OURS: &str = "receipt-sent.txt";
const THEIRS: &str = "receipt-received.txt";
const ALTERED: &str = "receipt-altered.txt";
/// The exit codes of `corridor verify` and `corridor receipt`.
const PASSED: i32 = 0;
const FAILED: i32 = 6;

/// Waits for the cosignatures of both countries, takes the receipts of both sides, and verifies them.
pub(super) fn show(stage: &Stage, story: &mut Story, kr: &Place, id: &str) -> Result<()> {
    wait(|| {
        let (code, standing) = stage.judged(Some(kr), &["receipt", id])?;
        let both = ["/ours", "/theirs"].iter().all(|side| complete(standing.pointer(side)));
        Ok((code == PASSED && both).then_some(standing))
    })?;
    stage.judged(Some(kr), &["receipt", id, "--output", OURS])?;
    stage.judged(Some(kr), &["receipt", id, "--theirs", "--output", THEIRS])?;
    story.say("demo-receipts", &[("ours", OURS), ("theirs", THEIRS)]);
    let (code, verdict) = stage.judged(None, &["verify", OURS, THEIRS, "--policy", POLICY])?;
    if code != PASSED {
        return Err(unexpected(&format!("genuine receipts were judged {}", text(&verdict, "/outcome")?)));
    }
    story.say("demo-verified", &[]);
    quote(stage, story, &verdict, |_| true);
    altered(stage, story)
}

fn complete(side: Option<&Value>) -> bool {
    let items = side.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let state = |item: &Value| item.pointer("/state").and_then(Value::as_str) == Some("complete");
    !items.is_empty() && items.iter().all(state)
}

/// One byte of the receipt is changed: one letter of the act that it carries.
fn altered(stage: &Stage, story: &mut Story) -> Result<()> {
    let mut bytes = std::fs::read(stage.path(OURS))
        .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", OURS).because(e))?;
    let line = b"extra ";
    let at = bytes.windows(line.len()).position(|w| w == line).map(|at| at + line.len() + 100);
    let byte = at.and_then(|at| bytes.get_mut(at)).ok_or_else(|| unexpected("a receipt without an act"))?;
    *byte = if *byte == b'A' { b'B' } else { b'A' };
    stage.write(ALTERED, &bytes)?;
    let (code, verdict) = stage.judged(None, &["verify", ALTERED, "--policy", POLICY])?;
    if code != FAILED {
        return Err(unexpected(&format!("an altered receipt was judged {}", text(&verdict, "/outcome")?)));
    }
    story.say("demo-receipt-refused", &[]);
    quote(stage, story, &verdict, |state| state == "failed");
    Ok(())
}

/// The checks of the first file, in words.
fn quote(stage: &Stage, story: &Story, verdict: &Value, wanted: impl Fn(&str) -> bool) {
    let checks = verdict.pointer("/files/0/checks").and_then(Value::as_array);
    let lines = checks.into_iter().flatten().filter_map(|check| {
        let (name, state) = (check.get("name")?.as_str()?, check.get("state")?.as_str()?);
        let meaning = match name.strip_prefix("country-") {
            Some(country) => say(stage.lang(), "verify-check-country", &[("country", country)]),
            None => say(stage.lang(), &format!("verify-check-{name}"), &[]),
        };
        let result = say(stage.lang(), &format!("verify-{state}"), &[]);
        wanted(state).then(|| format!("{result}: {meaning}"))
    });
    let lines: Vec<String> = lines.collect();
    story.quote(lines.iter().map(String::as_str));
}

fn unexpected(why: &str) -> Problem {
    Problem::new(ErrorCode::Internal).with("why", why)
}
