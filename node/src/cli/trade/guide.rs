//! `corridor trade guide`: what a participant and its partners agreed on within a message of a directory. Each
//! is a file of its participant's own (PA-1), and holds for what is received and sent from then on.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use corridor_base::{Did, Result};
use corridor_trade::library::read;
use corridor_trade::rules::Guide;
use corridor_trade::{Library, own_guides};
use serde_json::{Value, json};

use super::super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// Have the node check a guide (JSON) against its directory and use it for this participant
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

/// Where the API has them.
const GUIDES: &[&str] = &["trade", "guides"];

pub(super) async fn run(context: &Context, verb: &Verb) -> Done {
    match verb {
        Verb::Add { file } => {
            let added = context.remote()?.post_json(GUIDES, &[], read(file)?).await;
            let added = added.map_err(|p| p.with("path", file.display()))?;
            let text = |name: &str| added.get(name).and_then(Value::as_str).unwrap_or_default();
            let said = [("name", text("guide")), ("message", text("message"))];
            context.terminal.did("trade-guide-added", &said, &added);
        }
        Verb::List => {
            let kept = own_guides::kept(&folder(context, Library::guides)?);
            let guides: Vec<Guide> = kept.into_iter().map(|(_, guide)| guide).collect();
            let fields = ["guide", "directory", "message", "association", "partner"];
            context.terminal.table(&json!({ "items": guides }), &fields);
        }
        Verb::Remove { guide } => {
            context.remote()?.delete(&[GUIDES, &[guide.as_str()]].concat()).await?;
            context.terminal.say("trade-guide-removed", &[("name", guide)]);
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
    let all = own_guides::kept(&folder(context, Library::guides)?).into_iter();
    Ok(all.filter(|(_, guide)| with(guide)).map(|(path, _)| path).collect())
}
