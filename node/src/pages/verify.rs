//! Anyone, signed in or not, lets a file of evidence be judged: a receipt, a checkpoint, evidence of a
//! split view, a receipt in COSE. It is judged by the functions of `corridor verify`, under the policy of
//! this node or one that the reader brings, and nothing of it is kept.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartRejection;
use axum::response::Response;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_console::component::{
    Badge, Button, Column, Command, Empty, Facts, Field, Form, Icon, Kind, Notice, Row, Section, Short,
    Table, Tone, country_name,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_proof::evidence::{self, FileKind, Judged, MAX_FILE};
use corridor_proof::listed;
use corridor_proof::merkle::print_hash;
use corridor_proof::policy::{MAX_POLICY, Policy, Standing};
use corridor_proof::verdict::State;

use super::dates;
use super::evidence::{act_words, actions, checks_table, download, seconds, words};
use super::upload::{self, Brought};
use super::verifier::{Here, POLICY};
use crate::api::Shared;

/// What came of it.
struct Outcome {
    name: String,
    judged: Judged,
    /// Whose signatures counted; `None` when there is no policy.
    policy: Option<Policy>,
    /// Whether the reader brought it.
    own: bool,
}

/// `GET /console/verify`.
pub(super) async fn show(viewer: Viewer) -> Response {
    page(&viewer, None, None).answer(&viewer)
}

/// `POST /console/verify`.
pub(super) async fn judge(
    node: Shared,
    viewer: Viewer,
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Response {
    let files = [("file", MAX_FILE), ("policy", MAX_POLICY), ("act", MAX_FILE)];
    let outcome = match upload::read(form, &files).await {
        Ok(brought) => judged(&node, &brought),
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(outcome) => page(&viewer, Some(&outcome), None).answer(&viewer),
        Err(problem) => page(&viewer, None, Some(&problem)).failed(problem.code()).answer(&viewer),
    }
}

/// `GET /console/verify/policy`: whose signatures count, made of the public trust lists, as a file.
pub(super) async fn policy(node: Shared) -> Response {
    let text = node.exchange.directory().view().policy_text(node.now(), None);
    download("policy.txt", "text/plain; charset=utf-8", text.into_bytes())
}

fn judged(node: &Shared, brought: &Brought) -> Result<Outcome> {
    let none = || Problem::new(ErrorCode::Malformed).with("what", "file").with("why", "no file was chosen");
    let file = brought.file("file").ok_or_else(none)?;
    let own = brought.file("policy");
    let policy = match own {
        Some(bytes) => Some(Policy::parse(bytes)?),
        None => node.ledger.receipts.policy().ok().map(|policy| (*policy).clone()),
    };
    let judged = match evidence::kind_of(file) {
        // By the anchors that this node goes by.
        Some(FileKind::TrustList) => {
            let view = node.exchange.directory().view();
            let anchors: Vec<_> = view.pinned().iter().map(|a| (a.name.clone(), a.key.clone())).collect();
            listed::judge(file, policy.as_ref(), &anchors, Some(node.now()))
        }
        _ => evidence::judge(file, policy.as_ref(), brought.file("act"), Some(node.now())),
    };
    Ok(Outcome { name: brought.file_name("file").to_owned(), judged, policy, own: own.is_some() })
}

fn page(viewer: &Viewer, outcome: Option<&Outcome>, problem: Option<&Problem>) -> Page {
    let t = words(viewer);
    let mut body = Markup::none();
    if let Some(outcome) = outcome {
        body = body.and(Section::new(t.get("verify-result"), result(viewer, outcome)).named("result"));
    }
    let mut form = Form::new(viewer, "/console/verify", t.get("verify-submit"))
        .field(
            Field::new("file", t.get("verify-file"))
                .kind(Kind::File)
                .hint(t.get("verify-file-hint"))
                .required(viewer),
        )
        .field(
            Field::new("policy", t.get("verify-policy")).kind(Kind::File).hint(t.get("verify-policy-hint")),
        )
        .field(Field::new("act", t.get("verify-act")).kind(Kind::File).hint(t.get("verify-act-hint")));
    if let Some(problem) = problem {
        form = form.problem(Notice::problem(viewer.lang(), problem));
    }
    let policy = Button::new(t.get("verify-policy-file"), POLICY).download();
    let whose = Markup::paragraph(t.get("verify-whose-more")).and(actions([policy.into()]));
    let command = "verify FILE --policy policy.txt";
    let command = Command::new(viewer, command, "GET", "/api/v1/trust/policy", None);
    body = body
        .and(Section::new(t.get("verify-form"), form).card().named("upload"))
        .and(Section::new(t.get("verify-here"), Here::new(viewer, Vec::new())).card().named("here"))
        .and(Section::new(t.get("verify-whose"), whose).card().named("whose"))
        .and(command);
    Page::new(t.get("verify-title"), body).lead(t.get("verify-lead"))
}

fn kind_word(kind: Option<FileKind>) -> &'static str {
    match kind {
        Some(FileKind::Receipt) => "verify-kind-receipt",
        Some(FileKind::CoseReceipt) => "verify-kind-cose-receipt",
        Some(FileKind::SplitView) => "verify-kind-split-view",
        Some(FileKind::Checkpoint) => "verify-kind-checkpoint",
        Some(FileKind::TrustList) => "verify-kind-trust-list",
        None => "verify-kind-unknown",
    }
}

/// What the checks come to, each check, and what the file is about.
fn result(viewer: &Viewer, outcome: &Outcome) -> Markup {
    let t = words(viewer);
    let judged = &outcome.judged;
    let convicted = judged.kind == Some(FileKind::SplitView) && judged.outcome() == State::Passed;
    let (tone, word) = match judged.outcome() {
        // That the evidence holds is good to know and bad news.
        State::Passed if convicted => (Tone::Bad, "verify-outcome-convicted"),
        State::Passed => (Tone::Good, "verify-outcome-passed"),
        State::Failed => (Tone::Bad, "verify-outcome-failed"),
        State::Pending => (Tone::Wait, "verify-outcome-pending"),
        State::NotChecked => (Tone::Idle, "verify-outcome-not-checked"),
    };
    let notice = Notice::new(tone, t.get(word));
    Markup::from(notice)
        .and(facts(viewer, outcome))
        .and(checks_table(viewer, t.get("verify-checks"), &judged.checks))
        .and(witnesses(viewer, outcome))
}

fn facts(viewer: &Viewer, outcome: &Outcome) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let judged = &outcome.judged;
    let whose = if outcome.own { "verify-policy-own" } else { "verify-policy-node" };
    let whose = if outcome.policy.is_some() { whose } else { "verify-policy-none" };
    let mut facts = Facts::new();
    if !outcome.name.is_empty() {
        facts = facts.text(t.get("verify-fact-name"), &outcome.name);
    }
    facts = facts.text(t.get("verify-fact-kind"), t.get(kind_word(judged.kind)));
    if let Some(receipt) = &judged.receipt {
        let act = receipt.act();
        facts = facts
            .text(t.get("verify-fact-act"), act_words(t, &act.kind))
            .fact(t.get("verify-fact-time"), dates.exact(act.time))
            .fact(t.get("verify-fact-id"), Short::new(act.id));
    }
    if let Some(checkpoint) = &judged.checkpoint {
        let tree = checkpoint.tree();
        facts = facts
            .fact(t.get("verify-fact-log"), Markup::code(checkpoint.origin()))
            .text(t.get("verify-fact-size"), format::number(tree.size))
            .fact(t.get("verify-fact-root"), Short::new(print_hash(&tree.root)));
    }
    facts.text(t.get("verify-fact-policy"), t.get(whose)).into()
}

/// Who cosigned, and whose cosignature counts.
fn witnesses(viewer: &Viewer, outcome: &Outcome) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let Some((judgement, policy)) = outcome.judged.judgement.as_ref().zip(outcome.policy.as_ref()) else {
        return Markup::none();
    };
    let row = |(name, standing): &(String, Standing)| {
        let witness = policy.witnesses().iter().find(|w| w.name == *name);
        let country = witness.and_then(|w| w.operator.as_ref()).map(|o| o.country.to_string());
        let country = country.map(|c| country_name(viewer.lang(), &c)).unwrap_or_default();
        let (tone, word) = standing_word(*standing);
        let when = match standing {
            Standing::Counted { time: Some(time), .. } => dates.exact(seconds(*time)),
            _ => Markup::none(),
        };
        Row(vec![Markup::code(name), Markup::text(country), Badge::new(tone, t.get(word)).into(), when])
    };
    Table {
        caption: t.get("verify-witnesses").into(),
        columns: vec![
            Column::new(t.get("verify-witness")),
            Column::new(t.get("verify-witness-country")),
            Column::new(t.get("verify-witness-state")),
            Column::new(t.get("verify-witness-time")),
        ],
        rows: judgement.witnesses.iter().map(row).collect(),
        empty: Empty::new(Icon::Verify, t.get("verify-witnesses-none"), ""),
        paging: None,
    }
    .into()
}

/// How a witness's cosignature stands, in words.
pub(super) fn standing_word(standing: Standing) -> (Tone, &'static str) {
    match standing {
        Standing::Counted { ahead: false, .. } => (Tone::Good, "witness-counted"),
        Standing::Counted { ahead: true, .. } => (Tone::Wait, "witness-ahead"),
        Standing::OwnOperator => (Tone::Idle, "witness-own"),
        Standing::CountedAlready => (Tone::Idle, "witness-twice"),
        Standing::Invalid => (Tone::Bad, "witness-invalid"),
        Standing::NotChecked => (Tone::Idle, "witness-not-checked"),
        Standing::Absent => (Tone::Wait, "witness-absent"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::evidence::tests::{holds, viewer};
    use corridor_base::{Lang, Timestamp};

    /// A file of the golden evidence of `corridor-proof`.
    fn golden(name: &str) -> Vec<u8> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ground/proof/golden/evidence");
        std::fs::read(folder.join(name)).unwrap()
    }

    fn some(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ground/proof/golden/evidence");
        let entries = std::fs::read_dir(path.join(folder)).unwrap().map(|e| e.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name.ends_with(ending));
        names.sort();
        names.into_iter().map(|name| (name.clone(), golden(&format!("{folder}/{name}")))).collect()
    }

    #[test]
    fn every_golden_file_is_judged_as_the_library_judges_it() {
        let policy = Policy::parse(&golden("policy.txt")).unwrap();
        let now = Timestamp::parse("2026-11-28T05:00:00.000Z").unwrap();
        let check = |name: &str, bytes: &[u8]| {
            for lang in Lang::ALL {
                let judged = evidence::judge(bytes, Some(&policy), None, Some(now));
                let tone = match judged.outcome() {
                    State::Passed if judged.kind == Some(FileKind::SplitView) => "notice bad",
                    State::Passed => "notice good",
                    State::Failed => "notice bad",
                    State::Pending => "notice wait",
                    State::NotChecked => "notice idle",
                };
                let checks = judged.checks.len();
                let outcome =
                    Outcome { name: name.to_owned(), judged, policy: Some(policy.clone()), own: false };
                let viewer = viewer(*lang);
                let html = page(&viewer, Some(&outcome), None).html(&viewer);
                holds(&html, &[tone]);
                assert!(html.matches("role=\"row\"").count() > checks, "{name}: a check is not shown");
            }
        };
        let all: Vec<_> = some("receipts", "").into_iter().chain(some("split-views", "")).collect();
        assert!(all.len() > 10, "{} files", all.len());
        for (name, bytes) in all {
            check(&name, &bytes);
        }
        check("complete.cose", &golden("complete.cose"));
    }

    #[test]
    fn what_is_no_evidence_is_refused_by_name_and_never_becomes_markup() {
        let check = |bytes: &[u8], expect: &[&str]| {
            let judged = evidence::judge(bytes, None, None, None);
            let outcome = Outcome { name: "<script>x</script>".to_owned(), judged, policy: None, own: false };
            for lang in Lang::ALL {
                let viewer = viewer(*lang);
                let html = page(&viewer, Some(&outcome), None).html(&viewer);
                holds(&html, expect);
                assert!(!html.contains("<script>x"), "a name became markup");
            }
        };
        check(b"", &["notice bad"]);
        check(b"<script>x</script>\n\n", &["notice bad"]);
        check(b"c2sp.org/tlog-proof@v1\n<script>x</script>\n\n", &["notice bad"]);
        check(b"corridor/split-view/v1\n<script>x</script>\n\n", &["notice bad"]);
    }
}
