//! `corridor department`: which documents are whose business.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the departments of the participant
    List,
    /// Make a department, or change the one of this identifier
    Set {
        /// Its identifier: lower-case letters, digits and hyphens
        id: String,
        /// Its name in English
        #[arg(long, value_name = "NAME")]
        en: String,
        /// Its name in Japanese
        #[arg(long, value_name = "NAME")]
        ja: String,
        /// Its name in Korean
        #[arg(long, value_name = "NAME")]
        ko: String,
        /// A kind of document that is its business; may be given several times [default: all kinds]
        #[arg(long, value_name = "KIND")]
        kind: Vec<String>,
        /// A partner whose documents are its business; may be given several times [default: all partners]
        #[arg(long, value_name = "DID")]
        partner: Vec<String>,
    },
    /// Remove a department; its officers and tokens see nothing from then on
    Remove {
        /// Its identifier
        id: String,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let remote = context.remote()?;
    match verb {
        Verb::List => {
            let mut answer = remote.get(&["departments"], &[]).await?;
            for department in answer.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                name(context, department);
            }
            context.terminal.table(&answer, &["id", "name", "kinds", "partners"]);
        }
        Verb::Set { id, en, ja, ko, kind, partner } => {
            let order = json!({
                "id": id, "names": { "en": en, "ja": ja, "ko": ko }, "kinds": kind, "partners": partner,
            });
            let mut answer = remote.post(&["departments"], Some(&order)).await?;
            name(context, &mut answer);
            context.terminal.facts(&answer, &["id", "name", "kinds", "partners"]);
        }
        Verb::Remove { id } => {
            remote.delete(&["departments", &id]).await?;
            if context.terminal.is_json() {
                context.terminal.json(&json!({ "removed": id }));
            } else {
                context.terminal.say("department-removed", &[("id", &id)]);
            }
        }
    }
    Ok(())
}

/// The name in the reader's language.
fn name(context: &Context, department: &mut Value) {
    let said = department.pointer(&format!("/names/{}", context.lang.tag())).cloned();
    if let (Some(object), Some(said)) = (department.as_object_mut(), said) {
        object.insert("name".to_owned(), said);
    }
}
