//! Readers of EDIFACT from crates.io, for `cargo xtask interop trade` and `cargo xtask bench edifact`.
//!
//! `peers segments FILE...` prints what edifact-rs reads in each file as a line of JSON; `peers speed FILE
//! RUNS` how many megabytes a second edifact-rs, edifact-parser and memchr3 pass over, in turns.

use std::hint::black_box;
use std::time::Instant;

use edifact_parser::{EdifactHandler, EdifactStreamParser};
use edifact_rs::from_bytes;
use serde_json::{Value, json};

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("segments") => {
            println!("{}", json!({ "kit": "crates.io edifact-rs 0.18.0" }));
            for file in arguments {
                println!("{}", segments(&file));
            }
        }
        Some("speed") => {
            let file = arguments.next().unwrap_or_default();
            let runs = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(3);
            speed(&std::fs::read(file).unwrap_or_default(), runs);
        }
        _ => println!("peers segments FILE... | peers speed FILE RUNS"),
    }
}

fn segments(file: &str) -> Value {
    let bytes = std::fs::read(file).unwrap_or_default();
    let mut found = Vec::new();
    for segment in from_bytes(&bytes) {
        let segment = match segment {
            Ok(segment) => segment,
            Err(error) => return json!({ "file": file, "refused": error.to_string() }),
        };
        let mut whole = vec![Value::from(bytewise(&segment.tag))];
        for element in &segment.elements {
            let first: Vec<String> = element.components().map(bytewise).collect();
            let more = element
                .repeats
                .iter()
                .map(|r| r.iter().map(|(value, _)| bytewise(value)).collect::<Vec<_>>());
            whole.push(json!(std::iter::once(first).chain(more).collect::<Vec<_>>()));
        }
        found.push(Value::from(whole));
    }
    json!({ "file": file, "segments": found })
}

/// Each byte as the character of its number: what all readers are compared by.
fn bytewise(text: impl AsRef<str>) -> String {
    text.as_ref().bytes().map(char::from).collect()
}

/// Counts the parts of segments.
struct Count(usize);

impl EdifactHandler for Count {
    fn on_segment(&mut self, segment: &edifact_primitives::RawSegment) -> edifact_primitives::Control {
        self.0 += segment.elements.len();
        edifact_primitives::Control::Continue
    }
}

fn speed(bytes: &[u8], runs: usize) {
    let (mut rs, mut parser, mut limit) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        rs.push(measured(bytes, || from_bytes(bytes).map(|s| s.map_or(0, |s| s.elements.len())).sum()));
        parser.push(measured(bytes, || {
            let mut count = Count(0);
            let _ = EdifactStreamParser::parse(bytes, &mut count);
            count.0
        }));
        limit.push(measured(bytes, || memchr::memchr3_iter(b'\'', b'+', b':', bytes).count()));
    }
    println!(
        "{}",
        json!([
            { "name": "edifact-rs", "version": "0.18.0", "speeds": rs },
            { "name": "edifact-parser", "version": "0.38.0", "speeds": parser },
            { "name": "memchr3", "version": "2", "speeds": limit },
        ])
    );
}

/// Megabytes a second.
fn measured(bytes: &[u8], work: impl FnOnce() -> usize) -> f64 {
    let begun = Instant::now();
    black_box(work());
    bytes.len() as f64 / 1e6 / begun.elapsed().as_secs_f64()
}
