//! `corridor user`: people of the console, from the node's machine: the first account, and rescue. It
//! speaks to the API like everything else, with the token that `corridor init` left there.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make an account; with a role also what it may do, and with --link how its owner comes in
    Add {
        /// The name to sign in with: letters a to z, digits and . - _ @
        name: String,
        /// The person's name [default: the name]
        #[arg(long, value_name = "TEXT")]
        display: Option<String>,
        /// The language of its pages: en, ja or ko [default: that of the node]
        #[arg(long, value_name = "LANG")]
        language: Option<String>,
        /// A role to give at once
        #[arg(long, value_parser = super::ROLES)]
        role: Option<String>,
        /// The role is for this department alone; officers only
        #[arg(long, value_name = "ID", requires = "role")]
        department: Option<String>,
        /// Print a one-time sign-in link
        #[arg(long)]
        link: bool,
    },
    /// List the people whom the participant may see, with what they may do for it
    List,
    /// Let somebody act for the participant in a role
    Grant(Role),
    /// Take a role back
    Revoke(Role),
    /// Disable an account: its sessions and links end at once, and it cannot sign in
    Disable {
        /// The account's name
        name: String,
    },
    /// Let a disabled account sign in again
    Enable {
        /// The account's name
        name: String,
    },
    /// Take the password away; a sign-in link sets a new one
    ResetPassword {
        /// The account's name
        name: String,
    },
    /// Take authenticator, passkeys and recovery codes away; a sign-in link sets new ones
    ResetSecondFactor {
        /// The account's name
        name: String,
    },
    /// Print a one-time link by which the person sets what is missing to sign in
    Link {
        /// The account's name
        name: String,
    },
    /// List the identities at the provider of single sign-on that an account is linked to, or change that
    SignOn {
        /// The account's name
        name: String,
        /// Link it to this identity: `sub` as the provider has it
        #[arg(long, value_name = "SUBJECT")]
        link: Option<String>,
        /// Unlink it from all identities; what single sign-on gave it goes with them
        #[arg(long, conflicts_with = "link")]
        unlink: bool,
    },
    /// List the sessions of an account
    Sessions {
        /// The account's name
        name: String,
    },
    /// End all sessions of an account
    SignOut {
        /// The account's name
        name: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Role {
    /// The account's name
    name: String,
    /// What it may do
    #[arg(value_parser = super::ROLES)]
    role: String,
    /// For this department alone; officers only
    #[arg(long, value_name = "ID")]
    department: Option<String>,
}

/// What a user is shown as.
const FACTS: &[&str] = &["name", "display", "language", "roles", "factors", "signed_in", "disabled"];

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    match verb {
        Verb::Add { name, display, language, role, department, link } => {
            let display = display.unwrap_or_else(|| name.clone());
            let order = json!({ "name": name, "display": display, "language": language });
            let remote = context.remote()?;
            let mut user = remote.post(&["users"], Some(&order)).await?;
            if let Some(role) = role {
                let order = json!({ "role": role, "department": department });
                user = remote.post(&["users", &name, "grant"], Some(&order)).await?;
            }
            if link {
                let made = remote.post(&["users", &name, "link"], None).await?;
                add(&mut user, "link", made.get("link").cloned().unwrap_or_default());
            }
            show(context, user);
        }
        Verb::List => {
            let mut answer = context.remote()?.get(&["users"], &[]).await?;
            for user in answer.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                roles(user);
            }
            context
                .terminal
                .table(&answer, &["name", "display", "roles", "factors", "signed_in", "disabled"]);
        }
        Verb::Grant(role) => change(context, &role, "grant").await?,
        Verb::Revoke(role) => change(context, &role, "revoke").await?,
        Verb::Disable { name } => done(context, &name, "disable", "user-disabled").await?,
        Verb::Enable { name } => done(context, &name, "enable", "user-enabled").await?,
        Verb::ResetPassword { name } => done(context, &name, "reset-password", "user-no-password").await?,
        Verb::ResetSecondFactor { name } => {
            done(context, &name, "reset-second-factor", "user-no-second-factor").await?;
        }
        Verb::SignOut { name } => done(context, &name, "sign-out", "user-signed-out").await?,
        Verb::Link { name } => {
            let made = context.remote()?.post(&["users", &name, "link"], None).await?;
            context.terminal.facts(&made, &["link", "expires"]);
            context.terminal.note("user-link-once", &[]);
        }
        Verb::SignOn { name, link, unlink } => {
            let (remote, place) = (context.remote()?, ["users", &name, "sign-on"]);
            if let Some(subject) = link {
                remote.post(&place, Some(&json!({ "subject": subject }))).await?;
            } else if unlink {
                remote.delete(&place).await?;
            }
            let answer = remote.get(&place, &[]).await?;
            context.terminal.table(&answer, &["issuer", "subject"]);
        }
        Verb::Sessions { name } => {
            let answer = context.remote()?.get(&["users", &name, "sessions"], &[]).await?;
            context.terminal.table(&answer, &["id", "method", "agent", "created", "seen", "ends"]);
        }
    }
    Ok(())
}

async fn change(context: &Context, role: &Role, what: &str) -> Done {
    let order = json!({ "role": role.role, "department": role.department });
    let user = context.remote()?.post(&["users", &role.name, what], Some(&order)).await?;
    show(context, user);
    Ok(())
}

async fn done(context: &Context, name: &str, what: &str, said: &str) -> Done {
    context.remote()?.post(&["users", name, what], None).await?;
    if context.terminal.is_json() {
        context.terminal.json(&json!({ "name": name, "done": what }));
    } else {
        context.terminal.say(said, &[("name", name)]);
    }
    Ok(())
}

fn show(context: &Context, mut user: Value) {
    roles(&mut user);
    let facts: Vec<&str> = FACTS.iter().copied().chain(["link"]).collect();
    context.terminal.facts(&user, &facts);
    if user.get("link").is_some() {
        context.terminal.note("user-link-once", &[]);
    }
}

/// The grants in a few words: `administrator, officer/export-control`.
fn roles(user: &mut Value) {
    let text = |grant: &Value, key: &str| grant.get(key).and_then(Value::as_str).map(str::to_owned);
    let said = |grant: &Value| {
        let role = text(grant, "role").unwrap_or_default();
        text(grant, "department").map_or(role.clone(), |d| format!("{role}/{d}"))
    };
    let all: Vec<String> =
        user.get("grants").and_then(Value::as_array).into_iter().flatten().map(said).collect();
    add(user, "roles", all.join(", ").into());
}

fn add(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}
