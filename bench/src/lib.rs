//! Two real nodes of two countries, started as anyone would start them: what they carry is measured
//! (`send`), and what is left after they were killed is counted (`crash`); one node's log and witness
//! beside those of others (`ledger`, `witness`), what checking receipts costs (`receipts`), how long the pages of the console
//! take (`console`), and how fast EDIFACT is read (`edifact`). The nodes
//! are the real program in processes of their own, spoken to over HTTP alone.

pub mod anchors;
pub mod api;
pub mod content;
pub mod crash;
pub mod history;
pub mod http;
pub mod interchange;
pub mod limits;
pub mod load;
pub mod nothing;
pub mod pages;
pub mod people;
pub mod process;
pub mod proxy;
pub mod report;
pub mod sightings;
pub mod solo;
pub mod world;

use std::process::ExitCode;

/// What fails here fails for a person at a terminal: why, in a sentence.
pub type Result<T = (), E = String> = std::result::Result<T, E>;

/// An error with what it was about.
pub fn told<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl FnOnce(E) -> String {
    move |error| format!("{what}: {error}")
}

/// Runs a bench on one thread: the load must leave the cores to the servers.
pub fn on_one_thread(bench: impl Future<Output = Result>) -> Result {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(told("runtime"))?.block_on(bench)
}

/// How a bench ends for the shell: why it failed is said.
pub fn ended(done: Result) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            progress(&why);
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error how far things are.
#[allow(clippy::print_stderr, reason = "a command line tool speaks to its terminal")]
pub fn progress(what: &str) {
    eprintln!("  {what}");
}
