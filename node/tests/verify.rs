//! `corridor verify` as people and scripts meet it, over the golden evidence of `corridor-proof`: every
//! check by name, in three languages, an exit code for every outcome, and no node, configuration or network.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ground/proof/golden/evidence").join(name);
    path.to_str().unwrap().to_owned()
}

/// In a folder without a configuration.
fn verify(args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.current_dir(folder.path()).env_clear().env("LANG", "C.UTF-8").arg("verify").args(args);
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn under_policy(files: &[&str]) -> Ran {
    let policy = golden("policy.txt");
    verify(&[files, &["--policy", &policy]].concat())
}

fn listed(folder: &str) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(golden(folder)).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn every_golden_file_ends_with_the_code_of_its_outcome() {
    let verdicts: Value = serde_json::from_slice(&std::fs::read(golden("verdicts.json")).unwrap()).unwrap();
    for kind in ["receipts", "split-views"] {
        for path in listed(kind) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let verdict = &verdicts[kind][name];
            // A browser cannot check the made-up ML-DSA-44 line; this program finds that it does not verify.
            let made_up = name == "not-checked-ml-dsa";
            let outcome = if made_up { "failed" } else { verdict["outcome"].as_str().unwrap() };
            let ran = under_policy(&[path.to_str().unwrap(), "--json"]);
            let expect = match outcome {
                "passed" => 0,
                "failed" => 6,
                "pending" => 7,
                _ => 8,
            };
            assert_eq!(ran.code, expect, "{}\n{}\n{}", path.display(), ran.out, ran.err);
            let found: Value = serde_json::from_str(&ran.out).unwrap();
            assert_eq!(found["outcome"], outcome);
            let file = &found["files"][0];
            let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
            let checks: Vec<String> = file["checks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| format!("{} {}", text(c, "name"), text(c, "state")))
                .collect();
            // An empty file, or one whose first line is another, is no receipt to begin with.
            let expected: Vec<&str> =
                verdict["checks"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
            let here = |check: &str| match check {
                "cosignatures passed" if made_up => "cosignatures failed".to_owned(),
                check if made_up => check.replace("not-checked", "pending"),
                check => check.to_owned(),
            };
            let expected: Vec<String> = expected.into_iter().map(here).collect();
            assert_eq!(checks, expected, "{}", path.display());
        }
    }
}

#[test]
fn people_read_every_check_in_their_language() {
    let receipt = golden("receipts/pending-kr.tlog-proof");
    let check = |lang: &str, said: &[&str]| {
        let ran = under_policy(&[&receipt, "--lang", lang]);
        assert_eq!(ran.code, 7, "{}", ran.err);
        for said in said {
            assert!(ran.out.contains(said), "{said} is not in\n{}", ran.out);
        }
        for name in [
            "form",
            "act",
            "inclusion",
            "log-signature",
            "cosignatures",
            "country-JP",
            "country-KR",
            "quorum",
        ] {
            assert!(ran.out.contains(name), "{name} is not in\n{}", ran.out);
        }
        assert!(!ran.out.contains('?') && !ran.out.contains('\u{2068}'), "{}", ran.out);
    };
    check("en", &["passed", "pending", "A witness of KR cosigned", "anchor-kr, later-kr", "may still come"]);
    check("ja", &["合格", "未完成", "KR の証人", "document-acknowledged v1", "example.jp/log"]);
    check("ko", &["통과", "미완성", "KR의 증인", "리프 5개"]);
    let failed = under_policy(&[&golden("receipts/bad-proof-hash.tlog-proof")]);
    assert_eq!(failed.code, 6);
    let line = failed.out.lines().find(|l| l.contains("inclusion")).unwrap().to_owned();
    assert!(line.starts_with("failed"), "{}", failed.out);
    let convicted = under_policy(&[&golden("split-views/convicted-grown.txt")]);
    assert!(convicted.out.contains("two histories"), "{}", convicted.out);
    assert_eq!(convicted.code, 0);
}

/// One wrong byte, wherever it stands, is refused by name: the end of the demo's story.
#[test]
fn an_altered_receipt_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(golden("receipts/complete.tlog-proof")).unwrap();
    let at = bytes.iter().position(|b| *b == b'\n').unwrap() + 40;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    let path = folder.path().join("altered.tlog-proof");
    #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
    std::fs::write(&path, bytes).unwrap();
    let ran = under_policy(&[path.to_str().unwrap()]);
    assert_eq!(ran.code, 6, "{}", ran.out);
    assert!(ran.out.contains("do not rely on this file"), "{}", ran.out);
}

#[test]
fn several_files_are_judged_at_once_and_the_worst_decides() {
    let complete = golden("receipts/complete.tlog-proof");
    let check = |others: &[&str], code: i32| {
        let others: Vec<String> = others.iter().map(|o| golden(o)).collect();
        let mut files: Vec<&str> = vec![&complete];
        files.extend(others.iter().map(String::as_str));
        let ran = under_policy(&files);
        assert_eq!(ran.code, code, "{}\n{}", ran.out, ran.err);
    };
    check(&[], 0);
    check(&["split-views/convicted-empty.txt"], 0);
    check(&["receipts/pending-kr.tlog-proof"], 7);
    check(&["receipts/pending-both.tlog-proof", "receipts/pending-kr.tlog-proof"], 7);
    check(&["receipts/not-checked-ml-dsa.tlog-proof"], 6);
    check(&["receipts/pending-kr.tlog-proof", "receipts/bad-index.tlog-proof"], 6);
}

#[test]
fn without_a_policy_no_signature_is_judged_and_that_is_said() {
    let ran = verify(&[&golden("receipts/complete.tlog-proof")]);
    assert_eq!(ran.code, 8);
    assert!(ran.out.contains("not checked") && ran.err.contains("--policy"), "{}{}", ran.out, ran.err);
    assert_eq!(verify(&[&golden("receipts/bad-index.tlog-proof")]).code, 6);
    assert_eq!(verify(&[&golden("split-views/convicted-grown.txt")]).code, 8);
}

#[test]
fn checkpoints_and_cose_receipts_are_judged_too() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let receipt = std::fs::read(golden("receipts/complete.tlog-proof")).unwrap();
    let receipt = corridor_proof::receipt::Receipt::parse(&receipt).unwrap();
    let checkpoint = write("checkpoint", &receipt.proof().checkpoint.to_bytes());
    let ran = under_policy(&[&checkpoint, "--json"]);
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, found["files"][0]["kind"].as_str()), (0, Some("checkpoint")));
    assert_eq!(found["files"][0]["witnesses"][1]["standing"], "counted");
    let act = write("act.json", receipt.proof().extra.as_deref().unwrap());
    assert_eq!(under_policy(&[&golden("complete.cose"), "--act", &act]).code, 0);
    assert_eq!(under_policy(&[&golden("complete.cose")]).code, 8);
}

#[test]
fn bad_files_are_told_clearly() {
    let receipt = golden("receipts/complete.tlog-proof");
    let check = |ran: Ran, code: i32, said: &str| {
        assert_eq!(ran.code, code, "{}\n{}", ran.out, ran.err);
        assert!(
            format!("{}{}", ran.out, ran.err).contains(said),
            "{said} is not in\n{}\n{}",
            ran.out,
            ran.err
        );
    };
    check(under_policy(&[&golden("policy.txt")]), 6, "form");
    check(under_policy(&["nowhere.tlog-proof"]), 1, "nowhere.tlog-proof");
    check(under_policy(&["/"]), 1, "/");
    check(under_policy(&["/dev/zero"]), 1, "/dev/zero");
    check(verify(&[]), 2, "FILE");
    check(verify(&[&receipt, "--policy", &receipt]), 1, "policy");
    check(verify(&[&receipt, "--policy", "nowhere"]), 1, "nowhere");
    check(under_policy(&["/dev/null"]), 6, "no receipt");
}
