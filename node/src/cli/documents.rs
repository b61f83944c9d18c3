//! `corridor inbox` and `corridor outbox`: documents in the books, and their contents.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use corridor_base::digest::Hasher;
use corridor_base::{Digest, ErrorCode, Problem, Result};
use serde_json::Value;

use super::output::bytes;
use super::{Context, Done};
use crate::texts::say;

#[derive(Debug, Subcommand)]
pub(super) enum InboxVerb {
    /// List documents, newest first
    List(Filter),
    /// Show one document with its evidence
    Show {
        /// The envelope's identifier
        id: String,
        /// Show name, digest and envelope of a document about persons too; leaves a record
        #[arg(long)]
        open: bool,
    },
    /// Read the content; leaves a record of who read it
    Read(Read),
}

#[derive(Debug, Subcommand)]
pub(super) enum OutboxVerb {
    /// List documents, newest first
    List(Filter),
    /// Show one document with its evidence
    Show {
        /// The envelope's identifier
        id: String,
        /// Show name, digest and envelope of a document about persons too; leaves a record
        #[arg(long)]
        open: bool,
    },
    /// Read the content; leaves a record of who read it
    Read(Read),
    /// Send again what was given up on
    Resend {
        /// The envelope's identifier
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Filter {
    /// Only of this partner
    #[arg(long, value_name = "DID")]
    partner: Option<String>,
    /// Only in this state
    #[arg(long, value_parser = STATES)]
    state: Option<String>,
    /// Only of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Go on after the page before
    #[arg(long, value_name = "PLACE")]
    before: Option<String>,
    /// How many, at most 1000
    #[arg(long, default_value = "100")]
    limit: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Read {
    /// The envelope's identifier
    id: String,
    /// Where to write it [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How far a document has come.
const STATES: [&str; 7] = ["sending", "delivered", "refused", "failed", "receiving", "received", "erased"];

const COLUMNS: &[&str] = &["created", "id", "partner", "kind", "size", "state", "name"];
const FACTS: &[&str] = &[
    "id",
    "partner",
    "kind",
    "name",
    "size",
    "sha256",
    "personal",
    "agreement",
    "answers",
    "state",
    "created",
    "updated",
    "problem",
];

pub(super) async fn inbox(context: &Context, verb: InboxVerb) -> Done {
    match verb {
        InboxVerb::List(filter) => list(context, "inbox", &filter).await,
        InboxVerb::Show { id, open } => show(context, "inbox", &id, open).await,
        InboxVerb::Read(read) => content(context, "inbox", &read).await,
    }
}

pub(super) async fn outbox(context: &Context, verb: OutboxVerb) -> Done {
    match verb {
        OutboxVerb::List(filter) => list(context, "outbox", &filter).await,
        OutboxVerb::Show { id, open } => show(context, "outbox", &id, open).await,
        OutboxVerb::Read(read) => content(context, "outbox", &read).await,
        OutboxVerb::Resend { id } => {
            let answer = context.remote()?.post(&["outbox", &id, "resend"], None).await?;
            context.terminal.facts(&answer, FACTS);
            Ok(())
        }
    }
}

async fn list(context: &Context, book: &str, filter: &Filter) -> Done {
    let query = [
        ("partner", filter.partner.as_deref()),
        ("state", filter.state.as_deref()),
        ("kind", filter.kind.as_deref()),
        ("before", filter.before.as_deref()),
        ("limit", Some(filter.limit.as_str())),
    ];
    let answer = context.remote()?.get(&[book], &query).await?;
    context.terminal.table(&answer, COLUMNS);
    Ok(())
}

async fn show(context: &Context, book: &str, id: &str, open: bool) -> Done {
    let answer = context.remote()?.get(&[book, id], &[("open", open.then_some("true"))]).await?;
    context.terminal.facts(&answer, FACTS);
    if context.terminal.is_json() {
        return Ok(());
    }
    for (title, part) in [("title-envelope", "envelope"), ("title-acknowledgement", "acknowledgement")] {
        if let Some(note) = answer.get(part).and_then(Value::as_str) {
            context.terminal.line("");
            context.terminal.say(title, &[]);
            note.lines().for_each(|line| context.terminal.line(line));
        }
    }
    let answered = answer.get("answered_by").and_then(Value::as_array);
    if answered.is_some_and(|a| !a.is_empty()) {
        context.terminal.line("");
        context.terminal.say("title-answers", &[]);
        context.terminal.table(&serde_json::json!({ "items": answered }), COLUMNS);
    }
    Ok(())
}

/// Writes the content to a file that becomes visible only when it is whole and is what was signed.
async fn content(context: &Context, book: &str, read: &Read) -> Done {
    let remote = context.remote()?;
    let url = remote.path(&[book, &read.id, "content"], &[])?;
    let facts = remote.get(&[book, &read.id], &[]).await?;
    let mut hasher = Hasher::new();
    let mut target = Target::open(read.output.as_deref())?;
    let mut progress = context.terminal.progress();
    let mut done = 0u64;
    let headers = remote
        .download(url, |piece, length| {
            hasher.update(piece);
            done += piece.len() as u64;
            let whole = length.map_or_else(|| "?".to_owned(), bytes);
            progress.at(&say(context.lang, "read-progress", &[("done", &bytes(done)), ("size", &whole)]));
            target.write(piece)
        })
        .await?;
    progress.end();
    let found = hasher.finish().to_string();
    // Of what is about persons the digest is told with the content alone.
    let told = facts.get("sha256").and_then(Value::as_str).map(str::to_owned);
    let expected = told.or_else(|| digest(headers.get("repr-digest")?.to_str().ok()?)).unwrap_or_default();
    if found != expected {
        let problem = Problem::new(ErrorCode::ContentMismatch).with("id", &read.id);
        return Err(problem.with("expected", expected).with("found", found).into());
    }
    target.finish()?;
    if let Some(path) = &read.output {
        let text = path.display().to_string();
        context.terminal.note("read-done", &[("path", &text), ("size", &bytes(done))]);
    }
    Ok(())
}

/// The SHA-256 of a header (RFC 9530, 3), in hexadecimal digits.
fn digest(header: &str) -> Option<String> {
    let bytes = STANDARD.decode(header.strip_prefix("sha-256=:")?.strip_suffix(':')?).ok()?;
    bytes.try_into().ok().map(|bytes| Digest(bytes).to_string())
}

enum Target {
    Output,
    File { file: File, part: PathBuf, path: PathBuf },
}

impl Target {
    fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::Output) };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = File::create(&part).map_err(|e| failed(&part, e))?;
        Ok(Self::File { file, part, path: path.to_owned() })
    }

    fn write(&mut self, piece: &[u8]) -> Result<()> {
        match self {
            Self::Output => std::io::stdout().lock().write_all(piece).map_err(|e| failed(Path::new("-"), e)),
            Self::File { file, part, .. } => file.write_all(piece).map_err(|e| failed(part, e)),
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Output => std::io::stdout().lock().flush().map_err(|e| failed(Path::new("-"), e)),
            Self::File { file, part, path } => {
                file.sync_all().map_err(|e| failed(&part, e))?;
                std::fs::rename(&part, &path).map_err(|e| failed(&path, e))
            }
        }
    }
}

fn failed(path: &Path, error: std::io::Error) -> Problem {
    corridor_storage::durable::file_problem(path, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_header_is_read() {
        let check = |header: &str, expect: Option<String>| assert_eq!(digest(header), expect, "{header}");
        let empty = Digest::of(b"");
        check(&format!("sha-256=:{}:", STANDARD.encode(empty.0)), Some(empty.to_string()));
        for wrong in ["", "sha-256=::", "sha-256=:AAAA:", "sha-512=:AAAA:", "sha-256=:!:"] {
            check(wrong, None);
        }
    }
}
