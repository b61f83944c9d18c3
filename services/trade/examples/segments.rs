//! Prints the segments of interchanges as JSON, a line for each file:
//! `segments [--answers DIR] [--text [--characters NAME]] FILE...`.
//! Exists so that other readers of EDIFACT can be held against ours; values are the bytes between
//! delimiters, release characters resolved, each byte shown as the character of its number, or with `--text`
//! as people read it, in the characters that UNB or the name says. With `--answers`, the CONTRL that answers
//! each file is written to the directory, under the file's name with its folders joined by `-`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use corridor_base::Timestamp;
use corridor_trade::edifact::{
    Answering, Charset, Limits, Options, Part, Segment, Token, Tokenizer, answer, envelope,
};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let (mut answers, mut files) = (None, Vec::new());
    let mut shown = Shown { text: false, characters: None };
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--answers" {
            answers = arguments.next().map(PathBuf::from);
        } else if argument == "--text" {
            shown.text = true;
        } else if argument == "--characters" {
            shown.characters = arguments.next().and_then(|name| Charset::named(&name.to_string_lossy()));
        } else {
            files.push(PathBuf::from(argument));
        }
    }
    for file in files {
        let told = std::fs::read(&file).and_then(|bytes| {
            if let Some(folder) = &answers {
                write_answer(folder, &file, &bytes)?;
            }
            Ok(segments(&file, &bytes, shown))
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

/// How values are shown.
#[derive(Clone, Copy)]
struct Shown {
    text: bool,
    characters: Option<Charset>,
}

/// `{file, segments: [[tag, element...]...], broken}`: an element is a list of repetitions, a
/// repetition a list of components.
fn segments(file: &Path, bytes: &[u8], shown: Shown) -> Value {
    let mut found = Vec::new();
    let mut tokenizer = Tokenizer::of(Limits::default(), shown.characters);
    let mut each = |token: Token<'_>| {
        if let Token::Segment(segment) = token {
            found.push(read(&segment, shown));
        }
    };
    let done = tokenizer.push(bytes, &mut each).and_then(|()| tokenizer.finish(&mut each));
    json!({ "file": file, "segments": found, "broken": format!("{:?}", done.err()) })
}

fn read(segment: &Segment<'_>, shown: Shown) -> Value {
    let value = |part: &Part<'_>| if shown.text { part.text() } else { latin1(&part.value()) };
    let mut whole = vec![Value::from(latin1(&segment.tag()))];
    whole.extend(segment.nested(value).into_iter().map(Value::from));
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
