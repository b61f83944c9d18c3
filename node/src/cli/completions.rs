//! `corridor completions`: scripts that complete this command line in a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Context};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For which shell
    shell: Shell,
}

pub(super) fn run(context: &Context, args: &Args) {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "corridor", &mut script);
    context.terminal.raw(&String::from_utf8_lossy(&script));
}
