//! Reads interchanges from files (or makes one in memory) and prints what was found and how fast:
//! `cargo run --release -p corridor-trade --example tokenize -- FILE...`, or with a number of
//! megabytes instead of files. Exists to measure the tokenizer alone, the tokenizer with every part
//! looked at, and the whole envelope.

use std::io::Read;
use std::time::{Duration, Instant};

use std::sync::Arc;

use corridor_base::Lang;
use corridor_trade::directory::Directory;
use corridor_trade::edifact::token::tokenize;
use corridor_trade::edifact::{Limits, Options, Reader, Token, read};
use corridor_trade::rules::{Checker, CodePolicy, Policy, Shelf};

/// An interchange of so many bytes that is never held in memory: the sample's message again and
/// again, with counts and references that are right.
struct Endless {
    message: Vec<u8>,
    left: u64,
    number: u64,
    piece: Vec<u8>,
    at: usize,
    closed: bool,
}

impl Endless {
    fn new(bytes: u64) -> Self {
        let sample = corridor_trade::SAMPLE;
        let text = String::from_utf8_lossy(sample);
        let from = text.find("BGM+").unwrap_or(0);
        let until = text.find("UNT+").unwrap_or(text.len());
        let message = text[from..until].replace('\n', "").into_bytes();
        let head = b"UNA:+.? 'UNB+UNOA:3+DONGNAEFWD:ZZ+JPCUSTOMS:ZZ+261122:0915+1'".to_vec();
        Self { message, left: bytes, number: 0, piece: head, at: 0, closed: false }
    }

    fn refill(&mut self) {
        self.piece.clear();
        self.at = 0;
        if self.left == 0 {
            if !self.closed {
                self.closed = true;
                self.piece.extend_from_slice(format!("UNZ+{}+1'", self.number).as_bytes());
            }
            return;
        }
        self.number += 1;
        let n = self.number;
        // Terminators, less the released ones.
        let quotes = self.message.windows(2).filter(|w| w[1] == b'\'' && w[0] != b'?').count();
        self.piece.extend_from_slice(format!("UNH+{n}+CUSCAR:D:08A:UN'").as_bytes());
        self.piece.extend_from_slice(&self.message);
        self.piece.extend_from_slice(format!("UNT+{}+{n}'", quotes + 2).as_bytes());
        self.left = self.left.saturating_sub(self.piece.len() as u64);
    }
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.piece.len() {
            self.refill();
        }
        let n = into.len().min(self.piece.len() - self.at);
        into[..n].copy_from_slice(&self.piece[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// Time on the processor where the system tells it, which a busy machine does not change; else the time.
fn spent(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let on_processor = told.and_then(|t| t.split(' ').next()?.parse::<u64>().ok());
    on_processor.map_or_else(|| since.elapsed().as_secs_f64(), |ns| Duration::from_nanos(ns).as_secs_f64())
}

fn measure(name: &str, bytes: u64, work: impl FnOnce() -> String) {
    let start = Instant::now();
    let before = spent(start);
    let found = work();
    let seconds = spent(start) - before;
    #[allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "the purpose of this program")]
    {
        println!("{name:<22} {:>8.1} MB/s  {found}", bytes as f64 / 1e6 / seconds);
    }
}

fn each_source(argument: &str, name: &str, work: &dyn Fn(&mut dyn Read) -> String) {
    if let Ok(megabytes) = argument.parse::<u64>() {
        // The interchange is made beforehand when it is small, so that making it is not measured.
        let mut endless = Endless::new(megabytes * 1_000_000);
        if megabytes > 200 {
            return measure(name, megabytes * 1_000_000, || work(&mut endless));
        }
        let mut held = Vec::new();
        let _ = endless.read_to_end(&mut held);
        return measure(name, held.len() as u64, || work(&mut held.as_slice()));
    }
    let held = std::fs::read(argument).unwrap_or_default();
    measure(name, held.len() as u64, || work(&mut held.as_slice()));
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut shelf = Shelf::default();
    while let Some(argument) = arguments.next() {
        if argument == "--directory" {
            let zip = std::fs::read(arguments.next().unwrap_or_default()).unwrap_or_default();
            measure("load directory", zip.len() as u64, || match Directory::load(&zip) {
                Ok(directory) => {
                    shelf.add(Arc::new(directory));
                    shelf.names().join(", ")
                }
                Err(problem) => problem.to_string(),
            });
            continue;
        }
        each_source(&argument, "tokens", &|source| {
            let mut segments = 0u64;
            let done = tokenize(source, Limits::default(), &mut |token| {
                segments += u64::from(matches!(token, Token::Segment(_)));
            });
            format!("{segments} segments {done:?}")
        });
        each_source(&argument, "tokens, every part", &|source| {
            let (mut parts, mut bytes) = (0u64, 0usize);
            let done = tokenize(source, Limits::default(), &mut |token| {
                if let Token::Segment(segment) = token {
                    for part in segment.parts() {
                        parts += 1;
                        bytes += part.raw.len();
                    }
                }
            });
            format!("{parts} parts of {bytes} bytes {done:?}")
        });
        each_source(&argument, "memchr3 (limit)", &|source| {
            let mut held = vec![0; 65536];
            let mut hits = 0usize;
            while let Ok(n) = source.read(&mut held) {
                if n == 0 {
                    break;
                }
                hits += memchr::memchr3_iter(b'\'', b'+', b':', &held[..n]).count();
            }
            format!("{hits} hits")
        });
        each_source(&argument, "envelope", &|source| match read(source, Options::default(), &mut ()) {
            Ok(report) => {
                let first = report.findings.first().map(|f| f.text(Lang::En)).unwrap_or_default();
                format!("{} messages {:?} {first}", report.messages, report.verdict())
            }
            Err(error) => error.to_string(),
        });
        let shelf = Arc::new(shelf.clone());
        for (name, codes) in [("directory", CodePolicy::Ignore), ("directory and codes", CodePolicy::Warn)] {
            each_source(&argument, name, &|source| {
                let check = Checker::new(Arc::clone(&shelf), Policy { codes });
                match Reader::checking(Options::default(), Box::new(check)).read(source, &mut ()) {
                    Ok(report) => {
                        let said: Vec<String> =
                            report.findings.iter().take(8).map(|f| f.text(Lang::En)).collect();
                        let (verdict, checked) = (report.verdict(), report.checked);
                        format!(
                            "{checked} messages {verdict:?} {} {}\n  {}",
                            report.errors,
                            report.warnings,
                            said.join("\n  ")
                        )
                    }
                    Err(error) => error.to_string(),
                }
            });
        }
    }
}
