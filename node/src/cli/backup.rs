//! `corridor backup` and `corridor restore`: records, documents and keys, as they were at one
//! instant. Both work on the store itself; a backup needs no pause of the node.

use std::path::{Path, PathBuf};

use corridor_base::{ErrorCode, Problem, Result};
use corridor_storage::DataDir;
use corridor_storage::backup::{self, ExtraFile, Progress as Step};
use serde_json::json;

use super::{Context, Done};
use crate::config::Config;
use crate::texts::say;
use crate::{assembly, service};

#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// Below which directory
    directory: PathBuf,
    /// Write the key book to this file, replacing the one before: the keys of persons, which no backup
    /// holds. Keep one, not many, and never beside the backups
    #[arg(long, value_name = "FILE")]
    subject_keys: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup: a directory that `corridor backup` wrote
    directory: PathBuf,
    /// The key book that was written with it or later; without it, what is about persons cannot be opened
    #[arg(long, value_name = "FILE")]
    subject_keys: Option<PathBuf>,
}

pub(super) fn backup(context: &Context, args: &BackupArgs) -> Done {
    let config = context.config()?;
    let extra = extra_files(&config)?;
    let mut progress = context.terminal.progress();
    let mut said = |step: Step| progress.at(&step_text(context, &step));
    let options = assembly::storage(&config);
    let now = context.around.clock.now();
    let keys = args.subject_keys.as_deref();
    let (place, manifest) = backup::write(&options, &args.directory, keys, &extra, now, &mut said)?;
    progress.end();
    if context.terminal.is_json() {
        context.terminal.json(&json!({ "path": place, "manifest": manifest }));
    } else {
        let (path, blobs) = (place.display().to_string(), manifest.blobs.to_string());
        context.terminal.say("backup-done", &[("path", &path), ("found", &blobs)]);
        if let Some(keys) = &args.subject_keys {
            context.terminal.say("backup-keys", &[("path", &keys.display().to_string())]);
        }
    }
    Ok(())
}

pub(super) fn restore(context: &Context, args: &RestoreArgs) -> Done {
    let config = context.config()?;
    let held = DataDir::lock(&config.data)?;
    let mut progress = context.terminal.progress();
    let mut said = |step: Step| progress.at(&step_text(context, &step));
    let options = assembly::storage(&config);
    let schemas = assembly::schemas(&service::all(&context.around, Default::default()));
    let now = context.around.clock.now();
    let keys = args.subject_keys.as_deref();
    let manifest = backup::restore(&args.directory, keys, &options, &config.data, &schemas, now, &mut said)?;
    progress.end();
    drop(held);
    if context.terminal.is_json() {
        context.terminal.json(&json!({ "data": config.data, "manifest": manifest }));
    } else {
        let (path, taken) = (config.data.display().to_string(), manifest.taken.to_string());
        context.terminal.say("restore-done", &[("path", &path), ("at", &taken)]);
        if args.subject_keys.is_none() {
            context.terminal.note("restore-without-keys", &[]);
        }
    }
    Ok(())
}

fn step_text(context: &Context, step: &Step) -> String {
    say(context.lang, "backup-progress", &[("what", &step.step), ("done", &step.done.to_string())])
}

/// Keys, tokens of the command line, and the configuration: what lies beside the store.
fn extra_files(config: &Config) -> Result<Vec<ExtraFile>> {
    let mut files = Vec::new();
    collect(&assembly::keys(config), "keys", &mut files)?;
    for hosted in &config.participants {
        let path = config.token_file(hosted);
        if let (Ok(_), Some(name)) = (std::fs::metadata(&path), path.file_name()) {
            files.push(ExtraFile { name: name.to_string_lossy().into_owned(), path });
        }
    }
    files.push(ExtraFile { name: "corridor.toml".to_owned(), path: config.file.clone() });
    Ok(files)
}

fn collect(directory: &Path, name: &str, files: &mut Vec<ExtraFile>) -> Result<()> {
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", directory.display()).because(e);
    for entry in directory.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else {
            files.push(ExtraFile { name, path });
        }
    }
    Ok(())
}
