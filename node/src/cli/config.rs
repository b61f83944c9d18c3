//! `corridor config`: what every key means, and what is in force.

use corridor_base::ErrorCode;

use super::{Context, Done};
use crate::config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print a commented configuration file instead
    #[arg(long)]
    example: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Done {
    if args.example {
        context.terminal.raw(&config::example(context.lang, &[]));
        return Ok(());
    }
    let found = context.config();
    let settings = match &found {
        Ok(config) => Some(&config.settings),
        // Without a file there is still everything to explain; a file that is wrong is a problem.
        Err(problem) if problem.code() == ErrorCode::ConfigMissing => None,
        Err(problem) => return Err(problem.clone().into()),
    };
    if context.terminal.is_json() {
        context.terminal.json(&config::rows(context.lang, settings));
    } else {
        context.terminal.raw(&config::list(context.lang, settings));
    }
    Ok(())
}
