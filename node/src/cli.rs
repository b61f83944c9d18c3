//! The command line: `corridor NOUN VERB`, one file a noun. What people read comes from Fluent in
//! their language; clap's own help is English. Errors go to standard error as title, detail and
//! remedy, and every way of ending has its exit code.

mod act;
mod anchor;
mod backup;
mod completions;
mod config;
mod demo;
mod department;
mod doctor;
mod documents;
mod init;
mod key;
mod log;
mod output;
mod partner;
mod receipt;
mod remote;
mod send;
mod serve;
mod subject;
mod tail;
mod token;
mod trade;
mod trust;
mod user;
mod verify;
mod witness;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use corridor_base::{ErrorCode, Lang, Problem};

use crate::assembly::Surroundings;
use crate::config::{Config, DEFAULT_FILE, Environment, Hosted};
use output::Terminal;
use remote::Remote;

/// Exit codes, as the help shows them.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed; standard error says why and what to do
  2  the command line was not understood, or lacks an option
  3  the node cannot be reached
  4  the doctor found something wrong
  5  sent or erased, but not acknowledged within the time given to --wait
  6  verify: a check failed; log fsck, trade diff: a difference was found;
     trade parse, validate, new: refused; trade convert: not all of it survived
  7  verify: nothing failed, and a cosignature is missing that may still come
  8  verify: nothing failed, but something could not be checked here

Environment:
  CORRIDOR_CONFIG  the configuration file, when --config does not name one
  CORRIDOR_TOKEN   the API token, when --token-file does not name a file with one
  CORRIDOR_…       any key of the configuration: see `corridor config`";

/// A node of the corridor: exchange documents between institutions of two countries, with proof.
#[derive(Debug, Parser)]
#[command(name = "corridor", version, after_help = EXIT_CODES, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
struct Common {
    /// The configuration file [default: corridor.toml]
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Language: en, ja or ko [default: that of the environment]
    #[arg(long, global = true, value_name = "LANG")]
    lang: Option<String>,
    /// Act for this participant, by its short name or DID [default: the operator of the node]
    #[arg(long, global = true, value_name = "NAME")]
    participant: Option<String>,
    /// The API of the node, when it is not the one of the configuration
    #[arg(long, global = true, value_name = "URL")]
    node: Option<String>,
    /// A file with the API token [default: the one that `corridor init` made]
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// What a token or a person may be.
const ROLES: [&str; 4] = ["officer", "auditor", "operator", "administrator"];
/// The books of documents.
const SIDES: [&str; 2] = ["in", "out"];

/// The nouns and verbs.
#[derive(Debug, Subcommand)]
enum Command {
    /// Make the configuration, the data directory, the keys and the first tokens
    Init(init::Args),
    /// Run the node
    Serve,
    /// Look for what is wrong, and say what to do
    Doctor,
    /// Show the numbered promises of the program, and how often each was found broken
    Invariants,
    /// Send a document
    Send(send::Args),
    /// Documents that came in
    Inbox {
        #[command(subcommand)]
        verb: documents::InboxVerb,
    },
    /// Documents that were sent
    Outbox {
        #[command(subcommand)]
        verb: documents::OutboxVerb,
    },
    /// Acts: what happened and mattered
    Act {
        #[command(subcommand)]
        verb: act::Verb,
    },
    /// Persons that documents are about: what is kept, and its erasure
    Subject {
        #[command(subcommand)]
        verb: subject::Verb,
    },
    /// Who read what is about a person
    Access {
        #[command(subcommand)]
        verb: subject::AccessVerb,
    },
    /// Partners, and agreements with them
    Partner {
        #[command(subcommand)]
        verb: partner::Verb,
    },
    /// Trust lists: on the node, and as the office that issues them
    Trust {
        #[command(subcommand)]
        verb: trust::Verb,
    },
    /// EDIFACT: interchanges that crossed, files and pipes of it, directories to check against
    Trade {
        #[command(subcommand)]
        verb: trade::Verb,
    },
    /// Show the receipts of a document or an act, or write one to a file
    Receipt(receipt::Args),
    /// Check receipts, evidence of split views and signed checkpoints, offline
    Verify(verify::Args),
    /// The log of acts, its checkpoints and witnesses
    Log {
        #[command(subcommand)]
        verb: log::Verb,
    },
    /// Run a witness without a node: what an anchor does
    Witness(witness::Args),
    /// API tokens
    Token {
        #[command(subcommand)]
        verb: token::Verb,
    },
    /// People of the console
    User {
        #[command(subcommand)]
        verb: user::Verb,
    },
    /// Departments of the participant
    Department {
        #[command(subcommand)]
        verb: department::Verb,
    },
    /// Signing keys
    Key {
        #[command(subcommand)]
        verb: key::Verb,
    },
    /// Write a backup into a new directory below DIR; the node may go on running
    Backup(backup::BackupArgs),
    /// Bring back a backup into an empty node
    Restore(backup::RestoreArgs),
    /// Explain every configuration key and show the value in force
    Config(config::Args),
    /// Run two countries on this machine and watch a document cross
    Demo(demo::Args),
    /// Print the OpenAPI document of the node's API
    Openapi,
    /// Print a completion script
    Completions(completions::Args),
}

/// Why a command did not do what was asked.
#[derive(Debug)]
enum Failure {
    /// A problem, shown to people.
    Problem(Problem),
    /// Already said; only the exit code is left.
    Code(u8),
}

type Done = Result<(), Failure>;

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What a command works with.
struct Context {
    common: Common,
    lang: Lang,
    environment: Environment,
    around: Surroundings,
    terminal: Terminal,
}

impl Context {
    fn config_file(&self) -> PathBuf {
        let named = self.common.config.clone();
        let named = named.or_else(|| self.environment.get("CORRIDOR_CONFIG").map(PathBuf::from));
        named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
    }

    fn config(&self) -> corridor_base::Result<Config> {
        Config::load(&self.config_file(), &self.environment)
    }

    /// For whom the command acts.
    fn hosted<'c>(&self, config: &'c Config) -> corridor_base::Result<&'c Hosted> {
        let Some(name) = &self.common.participant else { return Ok(&config.operator) };
        let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("participant {name}"));
        config.participant(name).ok_or_else(missing)
    }

    /// The API of the node, ready to be asked.
    fn remote(&self) -> corridor_base::Result<Remote> {
        Remote::new(self)
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main(args: Vec<OsString>) -> ExitCode {
    let matches = match Cli::command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let Ok(cli) = Cli::from_arg_matches(&matches) else { return ExitCode::from(2) };
    let lang = match cli.common.lang.as_deref().map(str::parse) {
        Some(Ok(lang)) => lang,
        Some(Err(_)) => {
            let error =
                Cli::command().error(clap::error::ErrorKind::InvalidValue, "--lang: en, ja or ko expected");
            let _ = error.print();
            return ExitCode::from(2);
        }
        None => language_of_environment(),
    };
    let terminal = Terminal::new(lang, cli.common.json);
    let context = Context {
        common: cli.common,
        lang,
        environment: Environment::of_process(),
        around: Surroundings::of_machine(),
        terminal,
    };
    match run(&context, cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Code(code)) => ExitCode::from(code),
        Err(Failure::Problem(problem)) => {
            context.terminal.problem(&problem);
            ExitCode::from(match problem.code() {
                ErrorCode::OptionMissing => 2,
                ErrorCode::NodeUnreachable => 3,
                _ => 1,
            })
        }
    }
}

/// POSIX: the first of these that is set and not empty names the language.
fn language_of_environment() -> Lang {
    let set = |name: &&str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set);
    Lang::prefer(&locale.unwrap_or_default())
}

fn run(context: &Context, command: Command) -> Done {
    match command {
        Command::Init(args) => in_runtime(init::run(context, args)),
        Command::Serve => serve::run(context),
        Command::Doctor => in_runtime(doctor::run(context)),
        Command::Invariants => in_runtime(doctor::invariants(context)),
        Command::Send(args) => in_runtime(send::run(context, args)),
        Command::Inbox { verb } => in_runtime(documents::inbox(context, verb)),
        Command::Outbox { verb } => in_runtime(documents::outbox(context, verb)),
        Command::Act { verb } => in_runtime(act::run(context, verb)),
        Command::Subject { verb } => in_runtime(subject::run(context, verb)),
        Command::Access { verb } => in_runtime(subject::access(context, verb)),
        Command::Partner { verb } => in_runtime(partner::run(context, verb)),
        Command::Trust { verb } => in_runtime(trust::run(context, verb)),
        Command::Trade { verb } => in_runtime(trade::run(context, verb)),
        Command::Demo(args) => demo::run(context, args),
        Command::Receipt(args) => in_runtime(receipt::run(context, args)),
        Command::Verify(args) => verify::run(context, &args),
        Command::Log { verb } => in_runtime(log::run(context, verb)),
        Command::Witness(args) => witness::run(context, &args),
        Command::Token { verb } => in_runtime(token::run(context, verb)),
        Command::User { verb } => in_runtime(user::run(context, verb)),
        Command::Department { verb } => in_runtime(department::run(context, verb)),
        Command::Key { verb } => in_runtime(key::run(context, verb)),
        Command::Backup(args) => backup::backup(context, &args),
        Command::Restore(args) => backup::restore(context, &args),
        Command::Config(args) => config::run(context, &args),
        Command::Openapi => {
            context.terminal.json(&crate::api::document());
            Ok(())
        }
        Command::Completions(args) => {
            completions::run(context, &args);
            Ok(())
        }
    }
}

/// A command asks one thing after the other: one thread is enough.
fn in_runtime(work: impl Future<Output = Done>) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    let done = runtime.block_on(Box::pin(work));
    // A read from standard input cannot be interrupted; do not wait for it.
    runtime.shutdown_background();
    done
}

/// Reads a small file whole.
fn read_file(path: &Path) -> corridor_base::Result<Vec<u8>> {
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e);
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > crate::api::extract::MAX_BODY as u64 {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", path.display())
            .with("limit", format!("{} bytes", crate::api::extract::MAX_BODY)));
    }
    std::fs::read(path).map_err(failed)
}

/// Whether the program understands this command line, whatever it would then do: what documentation
/// shows is held against it.
///
/// # Errors
/// What it says instead.
pub fn understands(words: &[String]) -> Result<(), String> {
    let parsed = Cli::command().try_get_matches_from(words);
    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Err(error) if error.use_stderr() => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// The help of the program and of every command, by name: what the repository commits.
#[must_use]
pub fn help_texts() -> Vec<(String, String)> {
    fn walk(command: &mut clap::Command, name: &str, texts: &mut Vec<(String, String)>) {
        texts.push((name.to_owned(), command.render_long_help().to_string()));
        let below: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        for child in below.iter().filter(|c| *c != "help") {
            if let Some(found) = command.find_subcommand_mut(child) {
                walk(found, &format!("{name}-{child}"), texts);
            }
        }
    }
    let mut texts = Vec::new();
    let mut command = Cli::command().term_width(100);
    command.build();
    walk(&mut command, "corridor", &mut texts);
    texts
}
