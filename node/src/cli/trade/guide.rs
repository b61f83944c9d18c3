//! `corridor trade guide`: what a participant and its partners agreed on within a message of a directory. Each
//! is a file of its participant's own (PA-1), and holds for what is received and sent from then on.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_storage::durable;
use corridor_trade::Library;
use corridor_trade::library::read;
use corridor_trade::rules::{Guide, Shelf};
use serde_json::json;

use super::super::{Context, Done};
use super::directory::{self, failed};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// Check a guide (JSON) against its directory and use it for this participant
    Add {
        /// The guide; in place of one of the same name
        file: PathBuf,
    },
    /// List the guides of this participant
    List,
    /// Use a guide no longer
    Remove {
        /// Its name
        guide: String,
    },
}

pub(super) fn run(context: &Context, verb: Verb) -> Done {
    let folder = folder(context, Library::guides)?;
    match verb {
        Verb::Add { file } => add(context, &folder, &file)?,
        Verb::List => {
            let guides: Vec<Guide> = kept(&folder)?.into_iter().map(|(_, guide)| guide).collect();
            let fields = ["guide", "directory", "message", "association", "partner"];
            context.terminal.table(&json!({ "items": guides }), &fields);
        }
        Verb::Remove { guide } => {
            let found = kept(&folder)?.into_iter().find(|(_, kept)| kept.guide == guide);
            let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("guide {guide}"));
            let (path, _) = found.ok_or_else(missing)?;
            std::fs::remove_file(&path).map_err(|e| failed(&path, e))?;
            context.terminal.say("trade-guide-removed", &[("name", &guide)]);
        }
    }
    Ok(())
}

/// The folder of what is the participant's own.
pub(super) fn folder(context: &Context, of: fn(&Path, &Did) -> PathBuf) -> Result<PathBuf> {
    let config = context.config()?;
    Ok(of(&config.data, &context.hosted(&config)?.did))
}

/// The guides that hold with a partner.
pub(super) fn guides_with(context: &Context, partner: &Did) -> Result<Vec<PathBuf>> {
    let with = |guide: &Guide| guide.partner.as_deref().is_none_or(|with| with == partner.as_str());
    let all = kept(&folder(context, Library::guides)?)?.into_iter();
    Ok(all.filter(|(_, guide)| with(guide)).map(|(path, _)| path).collect())
}

fn add(context: &Context, folder: &Path, file: &Path) -> Result<()> {
    let bytes = read(file)?;
    let guide = Guide::parse(&bytes).map_err(|p| p.with("path", file.display()))?;
    if let Some(partner) = &guide.partner {
        partner.parse::<Did>()?;
    }
    let mut shelf = Shelf::default();
    for zip in directory::kept(context)? {
        let directory = corridor_trade::library::load(&zip)?;
        if directory.name() == guide.directory {
            shelf.add(std::sync::Arc::new(directory));
        }
    }
    shelf.add_guide(&guide)?;
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let same = kept(folder)?.into_iter().find(|(_, kept)| kept.guide == guide.guide);
    let path = same.map_or_else(|| folder.join(format!("{}.json", name(&guide))), |(path, _)| path);
    durable::write_file(&path, &bytes, 0o644)?;
    context.terminal.say("trade-guide-added", &[("name", &guide.guide), ("message", &guide.message)]);
    if context.terminal.is_json() {
        context.terminal.json(&guide);
    }
    Ok(())
}

/// A file name that follows from the name of the guide, whatever that holds.
fn name(guide: &Guide) -> String {
    corridor_base::Digest::of(guide.guide.as_bytes()).to_string()
}

fn kept(folder: &Path) -> Result<Vec<(PathBuf, Guide)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed(folder, e)),
    };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    let guide = |path: PathBuf| {
        let guide = Guide::parse(&read(&path)?).map_err(|p| p.with("path", path.display()))?;
        Ok((path, guide))
    };
    files.into_iter().map(guide).collect()
}
