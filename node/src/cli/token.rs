//! `corridor token`: who may use the API.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a token; its secret is shown once
    Create {
        /// What it may do
        #[arg(long, value_parser = super::ROLES)]
        role: String,
        /// What people call it: the program or the office that uses it
        #[arg(long, default_value = "")]
        label: String,
        /// For how many days it counts
        #[arg(long, default_value_t = 365)]
        days: u32,
        /// For one department alone, of officers
        #[arg(long, value_name = "ID")]
        department: Option<String>,
    },
    /// List tokens, newest first
    List,
    /// Withdraw a token
    Revoke {
        /// The token's identifier
        id: String,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let remote = context.remote()?;
    match verb {
        Verb::Create { role, label, days, department } => {
            let order = json!({ "role": role, "label": label, "days": days, "department": department });
            let answer = remote.post(&["tokens"], Some(&order)).await?;
            context.terminal.facts(&answer, &["id", "role", "department", "label", "expires", "secret"]);
            context.terminal.say("token-once", &[]);
        }
        Verb::List => {
            let answer = remote.get(&["tokens"], &[]).await?;
            context
                .terminal
                .table(&answer, &["id", "role", "department", "label", "created", "expires", "revoked"]);
        }
        Verb::Revoke { id } => {
            remote.delete(&["tokens", &id]).await?;
            if context.terminal.is_json() {
                context
                    .terminal
                    .json(&Value::from(serde_json::Map::from_iter([("revoked".to_owned(), id.into())])));
            } else {
                context.terminal.say("token-revoked", &[("id", &id)]);
            }
        }
    }
    Ok(())
}
