//! `corridor key`: with what a participant signs.

use clap::Subcommand;
use corridor_base::{ErrorCode, Problem};
use corridor_identity::ledger::has_ledger_keys;
use corridor_identity::{DidDocument, Keyring};
use corridor_storage::durable;

use super::{Context, Done};
use crate::assembly;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List keys
    List,
    /// Make the next key; the present one signs until the trust list pins the new one
    Rotate,
    /// Print the DID document, for the office that issues the trust list; works without a running node
    Document {
        /// Where to write it [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<std::path::PathBuf>,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    match verb {
        Verb::List => {
            let answer = context.remote()?.get(&["keys"], &[]).await?;
            context.terminal.table(&answer, &["id", "public", "created", "state"]);
        }
        Verb::Rotate => {
            let answer = context.remote()?.post(&["keys"], None).await?;
            context.terminal.facts(&answer, &["id", "public", "created", "state"]);
            context.terminal.say("key-rotated", &[]);
        }
        Verb::Document { output } => document(context, output.as_deref())?,
    }
    Ok(())
}

fn document(context: &Context, output: Option<&std::path::Path>) -> corridor_base::Result<()> {
    let config = context.config()?;
    let hosted = context.hosted(&config)?;
    // Reading must not make keys: a directory that is not there was never initialised.
    let directory = Keyring::directory(&assembly::keys(&config), &hosted.did);
    std::fs::metadata(&directory)
        .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", directory.display()).because(e))?;
    let keyring = assembly::keyring(&config, hosted, &context.around)?;
    let url = config.public_url.as_str();
    let ledger = match has_ledger_keys(&assembly::keys(&config)) {
        true => Some(assembly::ledger_keys(&config, &context.around)?.listed(url)),
        false => None,
    };
    let bytes = DidDocument::of(&keyring, url).with_ledger(ledger).to_bytes()?;
    match output {
        Some(path) => durable::write_file(path, &bytes, 0o644),
        None => {
            context.terminal.raw(&String::from_utf8_lossy(&bytes));
            Ok(())
        }
    }
}
