//! The demo as a stranger meets it: it comes true in every language, with a document of one's own,
//! beside another demo, and when a port is taken; and it says what failed when something does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

fn demo(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.current_dir(folder).args(["demo", "--check"]).args(args).output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn it_comes_true_in_every_language_and_a_second_time() {
    let folder = tempfile::tempdir().unwrap();
    for (lang, verdict) in
        [("en", "the report is now: accepted"), ("ja", "の記録では: 受理"), ("ko", "기록: 수리")]
    {
        let output = demo(folder.path(), &["--lang", lang]);
        let told = told(&output);
        assert!(output.status.success() && told.contains(verdict), "{told}");
        assert!(told.contains("signature-invalid"), "{told}");
        assert!(!told.contains("?demo"), "a text is missing: {told}");
    }
}

#[test]
fn a_taken_port_and_another_demo_are_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let _taken = TcpListener::bind("127.0.0.1:7080");
    let outputs = std::thread::scope(|scope| {
        let both = [(), ()].map(|()| scope.spawn(|| demo(folder.path(), &["--lang", "en"])));
        both.map(|one| one.join().unwrap())
    });
    for output in outputs {
        assert!(output.status.success(), "{}", told(&output));
    }
}

#[test]
fn a_document_of_one_s_own_is_sent_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = Path::new(env!("CARGO_MANIFEST_DIR")).join("../services/trade/samples/cuscar-wrong.edi");
    let output = demo(folder.path(), &["--lang", "en", "--file", wrong.to_str().unwrap()]);
    let told = told(&output);
    assert!(output.status.success() && told.contains("the report is now: rejected"), "{told}");
}

#[test]
fn what_failed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = demo(folder.path(), &["--lang", "en", "--file", "no-such-file.edi"]);
    let told = told(&output);
    assert!(!output.status.success() && told.contains("no-such-file.edi"), "{told}");
    // A directory that is not the demo's is never emptied.
    #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
    std::fs::write(folder.path().join("mine"), "precious").unwrap();
    let output = demo(folder.path(), &["--lang", "en", "--directory", "."]);
    assert!(!output.status.success());
    assert_eq!(std::fs::read_to_string(folder.path().join("mine")).unwrap(), "precious");
}
