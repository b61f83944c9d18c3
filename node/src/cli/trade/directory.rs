//! `corridor trade directory`: the UNECE zips this node checks messages against, those it receives and sends too. Each is kept unchanged, as
//! its licence asks, under the name of its digest; it says the same to every participant and belongs to
//! none (PA-1).

use std::path::{Path, PathBuf};

use clap::Subcommand;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_trade::directories;
use corridor_trade::directory::{Change, Directory, What, changes, paths};
use corridor_trade::library::{load, read};
use corridor_trade::rules::{Guide, Rulebook, breaks};
use serde_json::{Value, json};

use super::super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// Have the node check a UNECE zip and keep it for all its messages; its licence holds for you
    Add {
        /// The zip as UNECE publishes it, d08a.zip
        zip: PathBuf,
    },
    /// List the directories of this node
    List,
    /// Show a message of a directory, row by row
    Show {
        /// A directory of this node (D.08A) or a zip
        directory: String,
        /// The message, CUSCAR
        message: String,
    },
    /// Compare two directories: what changed, and what of a guide breaks
    Diff {
        /// A directory of this node (D.01B) or a zip
        old: String,
        /// A directory of this node (D.08A) or a zip
        new: String,
        /// Only this message, with its segments and code lists
        #[arg(long)]
        message: Option<String>,
        /// Only what breaks this partner guide (JSON); may be given several times
        #[arg(long, value_name = "FILE")]
        guide: Vec<PathBuf>,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    match verb {
        Verb::Add { zip } => add(context, &zip).await?,
        Verb::List => {
            let items = directories::list(&context.config()?.data);
            let fields = ["name", "messages", "segments", "codes", "digest"];
            context.terminal.table(&json!({ "items": items }), &fields);
        }
        Verb::Show { directory, message } => show(context, &directory, &message)?,
        Verb::Diff { old, new, message, guide } => {
            let (old, new) = (named(context, &old)?, named(context, &new)?);
            let found = if guide.is_empty() {
                changes(&old, &new, message.as_deref())
            } else {
                broken(&guide, &old, &new)?
            };
            tell(context, &found);
        }
    }
    Ok(())
}

/// Where the API has them.
const DIRECTORIES: &[&str] = &["trade", "directories"];

async fn add(context: &Context, zip: &Path) -> Result<()> {
    let bytes = read(zip)?;
    let added = context.remote()?.post_bytes(DIRECTORIES, "application/octet-stream", bytes).await;
    let added = added.map_err(|p| p.with("path", zip.display()))?;
    for odd in added.get("oddities").and_then(Value::as_array).into_iter().flatten() {
        context.terminal.note("trade-directory-odd", &[("what", odd.as_str().unwrap_or_default())]);
    }
    let name = added.get("name").and_then(Value::as_str).unwrap_or_default();
    let messages = added.get("messages").map(Value::to_string).unwrap_or_default();
    context.terminal.did("trade-directory-added", &[("name", name), ("messages", &messages)], &added);
    Ok(())
}

/// The zips of this node; none where there is no node.
pub(super) fn kept(context: &Context) -> Result<Vec<PathBuf>> {
    match context.config() {
        Ok(config) => Ok(directories::zips(&config.data)),
        Err(problem) if problem.code() == ErrorCode::ConfigMissing => Ok(Vec::new()),
        Err(problem) => Err(problem),
    }
}

pub(super) fn failed(path: &Path, error: std::io::Error) -> Problem {
    Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(error)
}

/// A directory of this node by its name, or a zip by its path.
fn named(context: &Context, name: &str) -> Result<Directory> {
    if Path::new(name).is_file() {
        return load(Path::new(name));
    }
    for file in kept(context)? {
        let directory = load(&file)?;
        if directory.name().eq_ignore_ascii_case(name) {
            return Ok(directory);
        }
    }
    Err(Problem::new(ErrorCode::NotFound).with("what", format!("directory {name}")))
}

fn show(context: &Context, directory: &str, message: &str) -> Result<()> {
    let directory = named(context, directory)?;
    let Some(spec) = directory.messages.get(&message.to_ascii_uppercase()) else {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("{} {message}", directory.name())));
    };
    let collisions = Rulebook::of(&directory).collisions(&spec.kind);
    let rows = paths(spec);
    if context.terminal.is_json() {
        context.terminal.json(&json!({ "message": spec, "rows": rows, "collisions": collisions }));
        return Ok(());
    }
    context.terminal.line(&format!("{} {}  {}", spec.kind, directory.name(), spec.name));
    for (node, path) in spec.nodes.iter().zip(&rows) {
        let status = if node.mandatory { "M" } else { "C" };
        let name = match node.what {
            What::Segment(tag) => {
                let tag = corridor_trade::directory::shown(&tag);
                directory.segments.get(&tag).map(|s| s.name.as_str()).unwrap_or_default()
            }
            What::Group(_) => "",
        };
        let indent = "  ".repeat(node.depth.into());
        let line = format!("{:04}  {indent}{path}  {status}{}  {name}", node.position, node.repeat);
        context.terminal.line(line.trim_end());
    }
    for collision in collisions {
        context.terminal.note("trade-directory-collision", &[("what", &collision)]);
    }
    Ok(())
}

fn broken(guides: &[PathBuf], old: &Directory, new: &Directory) -> Result<Vec<Change>> {
    let mut found = Vec::new();
    for path in guides {
        let json = std::fs::read(path).map_err(|e| failed(path, e))?;
        found.extend(breaks(&Guide::parse(&json).map_err(|p| p.with("path", path.display()))?, old, new));
    }
    Ok(found)
}

/// What breaks something is marked.
fn tell(context: &Context, changes: &[Change]) {
    if context.terminal.is_json() {
        context.terminal.json(&changes);
        return;
    }
    if changes.is_empty() {
        context.terminal.say("none", &[]);
    }
    for change in changes {
        let mark = if change.breaks { "!" } else { " " };
        context.terminal.line(&format!("{mark} {}: {}", change.what, change.how));
    }
}
