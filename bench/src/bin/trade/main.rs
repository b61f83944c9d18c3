//! `cargo xtask bench trade`: whole chains from order to release a second between two nodes, each with its
//! CONTRLs and with timers on every answer; and how long the timeline of one takes with a million documents
//! in the books.

mod chain;
mod chains;
mod million;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use corridor_base::{Clock, SystemClock};
use corridor_bench::world::{EDIFACT, Engine, Setup, World};
use corridor_bench::{Result, ended, on_one_thread, process, report};
use serde_json::{Value, json};

use self::chain::EXPECTED;

/// The largest document that the agreement allows.
const LARGEST: u64 = 1 << 20;

#[derive(Parser)]
struct Arguments {
    /// Where the nodes keep their data meanwhile
    #[arg(long)]
    folder: PathBuf,
    /// Where the result goes
    #[arg(long)]
    output: PathBuf,
    /// What is measured
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// For how long chains are begun, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// How many documents are in the books when timelines are read
    #[arg(long, default_value_t = 1_000_000)]
    documents: u64,
    /// How many people read timelines at once
    #[arg(long, default_value_t = 50)]
    readers: usize,
    /// For how long they read, in seconds
    #[arg(long, default_value_t = 30)]
    reading: u64,
    /// Only these: chains, million
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

fn main() -> ExitCode {
    ended(on_one_thread(run(&Arguments::parse())))
}

async fn run(arguments: &Arguments) -> Result {
    let setup = Setup {
        program: process::program()?,
        folder: arguments.folder.clone(),
        engine: Engine::Sqlite,
        counted: false,
        witnessed: false,
    };
    let wanted = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|o| o == part);
    let mut rows = Vec::new();
    if wanted("chains") {
        rows.extend(chains::chains(arguments, &setup).await?);
    }
    if wanted("million") {
        rows.extend(million::million(arguments, &setup).await?);
    }
    report::finish("trade", &arguments.commit, rows, &arguments.output)
}

/// An agreement that waits for every answer.
async fn agree(world: &World) -> Result<String> {
    let words = json!({ "en": "A bench", "ja": "A bench", "ko": "A bench" });
    let grant = |direction: &str| json!({ "verb": "send", "kind": EDIFACT, "direction": direction, "max_size": LARGEST });
    let expect = |(message, answer): (&str, &str)| json!({ "message": message, "answer": answer, "within": 3600, "resend": 1 });
    let proposal = json!({
        "partner": world.jp.did, "purpose": words, "until": SystemClock.now().plus(Duration::from_secs(86_400)),
        "grants": [grant("out"), grant("in")], "expects": EXPECTED.map(expect),
    });
    let mut answer = world.kr.api.post("api/v1/agreements", "application/json", proposal.to_string()).await?;
    for api in [&world.jp.api, &world.kr.api] {
        let statement = text(&answer, "statement");
        answer = api.post("api/v1/agreements/accept", "text/plain", statement).await?;
    }
    Ok(text(&answer, "id"))
}

fn text(answer: &Value, name: &str) -> String {
    answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
