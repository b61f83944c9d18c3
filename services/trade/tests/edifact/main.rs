//! Whole interchanges, right and wrong: what is found, what is answered, what people are shown; and
//! real files of others, cross-checked against an implementation that shares nothing with ours.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests may fail loudly")]

mod contrl;
mod envelope;
mod real;
mod rewritten;
mod split;
mod tree;

use std::path::{Path, PathBuf};

use corridor_base::Timestamp;
use corridor_trade::edifact::{Answering, Level, Report, Severity};

pub(crate) const LARGE: &[u8] = include_bytes!("../../samples/cuscar-large.edi");
pub(crate) const WRONG: &[u8] = include_bytes!("../../samples/cuscar-wrong.edi");

pub(crate) fn answering() -> Answering<'static> {
    Answering { reference: "C1", now: Timestamp::from_millis(1_795_339_500_123), receipt_only: false }
}

/// The errors of a report: `code level tag segment/in_message element:component`.
pub(crate) fn errors(report: &Report) -> Vec<String> {
    let errors = report.findings.iter().filter(|f| f.severity == Severity::Error);
    errors
        .map(|f| {
            let level = match f.level {
                Level::Interchange => "I".to_owned(),
                Level::Group(n) => format!("G{n}"),
                Level::Message(n) => format!("M{n}"),
                Level::Package(n) => format!("P{n}"),
            };
            let p = &f.place;
            format!(
                "{} {level} {} {}/{} {}:{}",
                f.code, p.tag, p.segment, p.in_message, p.element, p.component
            )
        })
        .collect()
}

/// An interchange of syntax 3 around some messages, with right counts.
pub(crate) fn around(messages: &str, count: u32) -> String {
    format!("UNB+UNOB:3+A:ZZ+B:ZZ+261122:0915+R1'{messages}UNZ+{count}+R1'")
}

pub(crate) const MESSAGE: &str = "UNH+1+CUSCAR:D:08A:UN'BGM+785+X+9'UNT+3+1'";

/// Where the real data are; nothing when they are not here.
pub(crate) fn data() -> Option<PathBuf> {
    let told = std::env::var_os("CORRIDOR_DATA").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let found = told.unwrap_or_else(beside).join("trade");
    if !found.is_dir() {
        println!("not run: no real data (set CORRIDOR_DATA)");
        return None;
    }
    Some(found)
}

/// Every interchange of the repository, and of the real data where they are.
pub(crate) fn samples() -> Vec<(PathBuf, Vec<u8>)> {
    let repo = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![repo.join("samples"), repo.join("../../interop/edifact/samples")];
    folders.extend(data().map(|data| data.join("edifact-samples")));
    folders.extend(data().map(|data| data.join("unox")));
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            let ends = |e: &str| path.extension().is_some_and(|x| x.eq_ignore_ascii_case(e));
            if path.is_dir() {
                folders.push(path);
            } else if ends("edi") || ends("txt") {
                let bytes = std::fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}
