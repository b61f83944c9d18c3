//! `corridor trade`: EDIFACT interchanges that crossed, readable; and, asking no node, files and pipes of
//! EDIFACT read, checked, converted and compared.

mod customs;
mod desk;
mod directory;
mod file;
mod guide;
mod mapping;
mod partner;

use clap::Subcommand;
use corridor_base::{ErrorCode, Problem};
use serde_json::Value;

use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List interchanges, newest first
    List {
        /// Which side
        #[arg(long, default_value = "in", value_parser = super::SIDES)]
        side: String,
        /// How many, at most 1000
        #[arg(long, default_value = "100")]
        limit: String,
    },
    /// Show one interchange as a readable tree; leaves a record of who read it
    Show {
        /// Which side
        #[arg(value_parser = super::SIDES)]
        side: String,
        /// The envelope it crossed in
        id: String,
        /// How many segments to pass over
        #[arg(long, default_value = "0")]
        skip: String,
        /// How many segments to show, at most 2000
        #[arg(long, default_value = "200")]
        segments: String,
    },
    /// Show everything about one transaction, found by any of its numbers
    Status {
        /// An order, booking, bill of lading, container, declaration, invoice or message number
        reference: String,
    },
    /// Export the whole chain of a transaction as evidence, which `corridor verify` checks offline
    Evidence {
        /// An order, booking, bill of lading, container, declaration, invoice or message number
        reference: String,
        /// Where to write the archive
        #[arg(long, short, value_name = "FILE")]
        output: std::path::PathBuf,
    },
    /// List answers that are overdue, or in another standing, the longest waiting first
    Expected {
        /// Which standing
        #[arg(long, default_value = "overdue", value_parser = ["waiting", "overdue", "answered", "void"])]
        standing: String,
        /// How many, at most 1000
        #[arg(long, default_value = "100")]
        limit: String,
    },
    /// Wait no longer for the overdue answers to a document
    Waive {
        /// The envelope of the document that waits
        id: String,
    },
    /// Read an interchange from a file or a pipe, as a readable tree; asks no node
    Parse(file::Parse),
    /// Check an interchange against directories and partner guides; asks no node
    Validate(file::Validate),
    /// Convert an interchange to JSON lines or CSV and back, by segments or by a mapping; asks no node
    Convert(file::Convert),
    /// Make an interchange of documents (JSON or CSV), checked against directories; asks no node
    New(mapping::New),
    /// Mappings between messages and documents
    Mapping {
        #[command(subcommand)]
        verb: mapping::Verb,
    },
    /// Compare two interchanges segment by segment; asks no node
    Diff(file::Diff),
    /// List the latest transactions and where each stands
    Transactions {
        /// How many, at most 20
        #[arg(long, default_value = "20")]
        limit: String,
    },
    /// Show an interchange as a form, each value with its name; leaves a record of who read it
    Form {
        /// Which side
        #[arg(value_parser = super::SIDES)]
        side: String,
        /// The envelope it crossed in
        id: String,
        /// By this mapping, where several fit
        #[arg(long)]
        mapping: Option<String>,
    },
    /// Compare two documents of a chain field by field: an order and its invoice
    Compare {
        /// The one: in/ID or out/ID
        first: String,
        /// The other: in/ID or out/ID
        second: String,
        /// Also what is the same
        #[arg(long)]
        all: bool,
    },
    /// List what of ours was refused and is not put right yet, with its cause
    Rejects(desk::Rejects),
    /// Send what was refused once more, put right; prints the new envelope
    Amend(desk::Amend),
    /// Codes of partners: which of theirs stands for which of ours
    Codes {
        #[command(subcommand)]
        verb: desk::Codes,
    },
    /// UNECE directories: the zips that messages are checked against
    Directory {
        #[command(subcommand)]
        verb: directory::Verb,
    },
    /// Work through the cargo reports and declarations that customs received, or show one
    Queue(customs::Queue),
    /// Decide on a cargo report or declaration; the sender is told with CUSRES
    Decide(customs::Decide),
    /// Risk rules: which reports and declarations to look at
    Risk {
        #[command(subcommand)]
        verb: customs::Risk,
    },
    /// Show how one partner works: agreements, volumes, latencies, what is refused and why; or set whether it is in test
    Partner(partner::Partner),
    /// Partner guides: what two partners agreed on within a message of a directory
    Guide {
        #[command(subcommand)]
        verb: guide::Verb,
    },
}

/// What is listed of an answer that is waited for.
const EXPECTED: &[&str] =
    &["promised", "envelope", "partner", "kind", "number", "answer", "standing", "again"];

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    match verb {
        Verb::Parse(args) => return file::parse(context, &args),
        Verb::Validate(args) => return file::validate(context, &args),
        Verb::Convert(args) => return file::convert(context, &args),
        Verb::Diff(args) => return file::diff(context, &args),
        Verb::Directory { verb } => return directory::run(context, verb).await,
        Verb::New(args) => return mapping::new(context, &args),
        Verb::Mapping { verb } => return mapping::run(context, &verb).await,
        Verb::Guide { verb } => return guide::run(context, &verb).await,
        Verb::Transactions { limit } => return desk::transactions(context, &limit).await,
        Verb::Form { side, id, mapping } => {
            return desk::form(context, &side, &id, mapping.as_deref()).await;
        }
        Verb::Compare { first, second, all } => return desk::compare(context, &first, &second, all).await,
        Verb::Rejects(args) => return desk::rejects(context, &args).await,
        Verb::Amend(args) => return desk::amend(context, &args).await,
        Verb::Codes { verb } => return desk::codes(context, &verb).await,
        Verb::Queue(args) => return customs::queue(context, &args).await,
        Verb::Partner(args) => return partner::run(context, &args).await,
        Verb::Decide(args) => return customs::decide(context, &args).await,
        Verb::Risk { verb } => return customs::risk(context, &verb).await,
        Verb::List { .. }
        | Verb::Show { .. }
        | Verb::Status { .. }
        | Verb::Evidence { .. }
        | Verb::Expected { .. }
        | Verb::Waive { .. } => {}
    }
    let remote = context.remote()?;
    match verb {
        Verb::List { side, limit } => {
            let query = [("side", Some(side.as_str())), ("limit", Some(&limit))];
            let answer = remote.get(&["trade", "interchanges"], &query).await?;
            let fields = ["created", "envelope", "partner", "reference", "messages", "verdict", "state"];
            context.terminal.table(&answer, &fields);
        }
        Verb::Show { side, id, skip, segments } => {
            let query = [("skip", Some(skip.as_str())), ("segments", Some(&segments))];
            let answer = remote.get(&["trade", "interchanges", &side, &id], &query).await?;
            if context.terminal.is_json() {
                context.terminal.json(&answer);
            } else {
                for line in texts(&answer, "/lines").chain(texts(&answer, "/findings")) {
                    context.terminal.line(line);
                }
            }
        }
        Verb::Status { reference } => {
            let answer =
                remote.get(&["trade", "timeline"], &[("reference", Some(reference.as_str()))]).await?;
            status(context, &answer);
        }
        Verb::Evidence { reference, output } => {
            let url = remote.path(&["trade", "evidence"], &[("reference", Some(&reference))])?;
            let mut archive = Vec::new();
            let most = corridor_trade::evidence::LARGEST;
            remote
                .download(url, |piece, _| {
                    archive.extend_from_slice(piece);
                    if archive.len() > most {
                        return Err(Problem::new(ErrorCode::TooLarge)
                            .with("what", "archive")
                            .with("limit", format!("{most} bytes")));
                    }
                    Ok(())
                })
                .await?;
            corridor_storage::durable::write_file(&output, &archive, 0o644)?;
            context.terminal.note("trade-evidence-done", &[("path", &output.display().to_string())]);
        }
        Verb::Expected { standing, limit } => {
            let query = [("standing", Some(standing.as_str())), ("limit", Some(&limit))];
            context.terminal.table(&remote.get(&["trade", "expected"], &query).await?, EXPECTED);
        }
        Verb::Waive { id } => {
            let answer = remote.post(&["trade", "expected", &id, "waive"], None).await?;
            context.terminal.table(&answer, EXPECTED);
        }
        _ => {}
    }
    Ok(())
}

/// What happened, line by line; what an answer says is below it.
fn status(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let events = answer.get("events").and_then(Value::as_array);
    if events.is_none_or(Vec::is_empty) {
        return context.terminal.say("none", &[]);
    }
    for event in events.into_iter().flatten() {
        let kinds: Vec<&str> = texts(event, "/kinds").collect();
        let word = match event.get("outcome").and_then(Value::as_str) {
            Some(outcome) => format!("answer-{outcome}"),
            None => text(event, "what"),
        };
        let word = corridor_trade::messages().text(context.lang, &format!("event-{word}"), &[]);
        let (kinds, partner) = (kinds.join(", "), text(event, "partner"));
        context.terminal.line(&format!(
            "{}  {kinds}  {word}  {partner}  {}",
            text(event, "time"),
            text(event, "envelope")
        ));
        texts(event, "/lines").for_each(|line| context.terminal.line(&format!("    {line}")));
    }
}

fn texts<'a>(answer: &'a Value, pointer: &str) -> impl Iterator<Item = &'a str> {
    answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
