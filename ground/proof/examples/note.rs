//! Opens signed notes: `note [--vkey VKEY]... FILE...` says of each file whether every key named signed
//! it, and ends with 0 when all of them did. Exists so that other implementations of C2SP signed-note
//! can be held against ours.

use std::process::ExitCode;

use corridor_proof::{Note, PublicKey};

/// A verifier key: the name, and the key.
type Key = (String, PublicKey);

fn main() -> ExitCode {
    let (mut keys, mut files) = (Vec::new(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument != "--vkey" {
            files.push(argument);
            continue;
        }
        match PublicKey::from_vkey(&arguments.next().unwrap_or_default()) {
            Ok(key) => keys.push(key),
            Err(problem) => {
                say(&format!("{problem}"));
                return ExitCode::FAILURE;
            }
        }
    }
    let mut all = !keys.is_empty() && !files.is_empty();
    for file in &files {
        let opened = std::fs::read(file).map_err(|e| e.to_string()).and_then(|bytes| open(&bytes, &keys));
        all &= opened.is_ok();
        match opened {
            Ok(()) => say(&format!("signed {file}")),
            Err(why) => say(&format!("refused {file}: {why}")),
        }
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn open(bytes: &[u8], keys: &[Key]) -> Result<(), String> {
    let note = Note::parse(bytes).map_err(|problem| problem.to_string())?;
    match keys.iter().find(|(name, key)| !note.signed_by(name, key)) {
        None => Ok(()),
        Some((name, _)) => Err(format!("not signed by {name}")),
    }
}

#[allow(clippy::print_stdout, reason = "the purpose of this program")]
fn say(line: &str) {
    println!("{line}");
}
