//! `corridor demo`: two countries on this machine, told as it happens.

use std::path::PathBuf;

use corridor_base::{ErrorCode, Problem};

use super::{Context, Done};
use crate::{demo, serve};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A document of your own to send [default: a sample cargo report]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Tell the story, stop the nodes, and end with 0 when all of it came true
    #[arg(long)]
    check: bool,
    /// Where everything is kept; emptied first, when an earlier demo made it
    #[arg(long, value_name = "DIR", default_value = "corridor-demo")]
    directory: PathBuf,
}

pub(super) fn run(context: &Context, args: Args) -> Done {
    let options = demo::Options {
        file: args.file,
        check: args.check,
        directory: args.directory,
        lang: context.lang,
        json: context.terminal.is_json(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    // Before the nodes start, so that Ctrl-C during the story ends them in good order too.
    let signals = runtime.block_on(async { serve::StopSignals::listen() })?;
    demo::play(&options, || {
        runtime.block_on(signals.told());
        Ok(())
    })?;
    Ok(())
}
