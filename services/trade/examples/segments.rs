//! Prints the segments of interchanges as JSON, a line for each file: `segments [--answers DIR] FILE...`.
//! Exists so that other readers of EDIFACT can be held against ours; values are the bytes between
//! delimiters, release characters resolved, each byte shown as the character of its number. With
//! `--answers`, the CONTRL that answers each file is written to the directory, under the file's name
//! with its folders joined by `-`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use corridor_base::Timestamp;
use corridor_trade::edifact::token::tokenize;
use corridor_trade::edifact::{Answering, Limits, Options, Segment, Token, answer, envelope};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let (mut answers, mut files) = (None, Vec::new());
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--answers" {
            answers = arguments.next().map(PathBuf::from);
        } else {
            files.push(PathBuf::from(argument));
        }
    }
    for file in files {
        let told = std::fs::read(&file).and_then(|bytes| {
            if let Some(folder) = &answers {
                write_answer(folder, &file, &bytes)?;
            }
            Ok(segments(&file, &bytes))
        });
        match told {
            Ok(line) => say(&line.to_string()),
            Err(error) => {
                say(&format!("{}: {error}", file.display()));
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// `{file, segments: [[tag, element...]...], broken}`: an element is a list of repetitions, a
/// repetition a list of components.
fn segments(file: &Path, bytes: &[u8]) -> Value {
    let mut found = Vec::new();
    let done = tokenize(&mut &*bytes, Limits::default(), &mut |token| {
        if let Token::Segment(segment) = token {
            found.push(read(&segment));
        }
    });
    json!({ "file": file, "segments": found, "broken": format!("{:?}", done.err()) })
}

fn read(segment: &Segment<'_>) -> Value {
    let mut elements: Vec<Vec<Vec<String>>> = Vec::new();
    for part in segment.parts().filter(|part| part.element > 0) {
        if part.repetition == 1 && part.component == 1 {
            elements.push(Vec::new());
        }
        let Some(element) = elements.last_mut() else { continue };
        if part.component == 1 {
            element.push(Vec::new());
        }
        let Some(repetition) = element.last_mut() else { continue };
        repetition.push(latin1(&part.value()));
    }
    let mut whole = vec![Value::from(latin1(&segment.tag()))];
    whole.extend(elements.into_iter().map(Value::from));
    Value::from(whole)
}

/// Each byte as the character of its number, which loses nothing in any character set.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn write_answer(folder: &Path, file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let report = envelope::read_bytes(bytes, Options::default());
    let answering = Answering { reference: "INTEROP1", now: Timestamp::EPOCH, receipt_only: false };
    let Ok(contrl) = answer(&report, &answering) else { return Ok(()) };
    let name = file.to_string_lossy().trim_start_matches('/').replace('/', "-");
    #[allow(clippy::disallowed_methods, reason = "made anew by each run, and read by it at once")]
    std::fs::write(folder.join(name), contrl)
}

#[allow(clippy::print_stdout, reason = "the purpose of this program")]
fn say(line: &str) {
    println!("{line}");
}
