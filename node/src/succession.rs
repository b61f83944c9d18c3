//! The node's log of acts, when it has to go on under another name: its leaves are lost, and the country's
//! anchor has said which log goes on in its place. Looked at before the logs are opened, so that no process
//! signs under the old one beside the new one (LG-1).

use std::sync::Arc;

use corridor_base::{ErrorCode, Problem, Result};
use corridor_identity::{Directory, has_log_key, ledger_keys_of, next_log_key, take_up_next};
use corridor_ledger::recovery::{FirstAct, Recovery};
use corridor_ledger::succession::{self, EndedLog};
use corridor_proof::{Act, VerifierKey, act};
use corridor_storage::Store;
use serde::{Deserialize, Serialize};

use crate::assembly::{self, Surroundings};
use crate::config::Config;

/// What the office of the country signs a succession from, as the node asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The log that cannot go on, as a verifier key.
    pub log: String,
    /// The log that is to go on, as a verifier key; its key is on this node already.
    pub successor: String,
    /// The last checkpoint that anybody has shown of the log, with its cosignatures.
    pub last: String,
}

/// What was found before the logs are opened.
pub struct Past {
    /// The logs that have ended, the first to end first.
    pub ended: Vec<EndedLog>,
    /// Why the succession that the trust lists name was not taken up.
    pub refused: Option<Problem>,
}

impl Past {
    /// Which of the node's logs of acts goes on, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        u32::try_from(self.ended.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Makes the act with which the log begins that goes on for another.
    #[must_use]
    pub fn first_act(&self, config: &Config, around: &Surroundings) -> Option<FirstAct> {
        let succession = self.ended.last()?.succession.clone();
        let (operator, around) = (config.operator.did.clone(), around.clone());
        Some(Arc::new(move || {
            let last = succession.tree();
            let fields = [
                ("log", succession.successor.name()),
                ("origin", succession.log.name()),
                ("size", &last.size.to_string()),
                ("root", &last.root.to_string()),
                ("statement", &succession.digest().to_string()),
            ];
            Act::seal(&act::LOG_SUCCEEDED, &operator, &fields, &*around.clock, &*around.random)
        }))
    }
}

/// Takes up what the trust lists say of the log of acts: it ends, and the next one begins, held like a
/// restored one until it is known whether others have seen anything of it. What was begun is finished.
///
/// # Errors
/// `file-failed` when the key of the log that goes on is gone; those of the store.
pub async fn take_up(
    config: &Config,
    store: &Store,
    directory: &Directory,
    around: &Surroundings,
) -> Result<Past> {
    let (all, origin, operator) = (assembly::keys(config), &config.ledger_origin, &config.operator.did);
    loop {
        let ended = succession::ended(store, operator).await?;
        if let Some(last) = ended.last() {
            take_up_next(&all, origin, &last.succession.successor)?;
        }
        let past = Past { ended, refused: None };
        let log = current(config, &past, around)?;
        let Some(succession) = directory.view().succession_of(&log, around.clock.now()).cloned() else {
            return Ok(past);
        };
        store.mark_restored().await?;
        if !has_log_key(&all, origin, &succession.successor) {
            let why = format!("its key is not on this node: {}", succession.successor);
            let refused = Problem::new(ErrorCode::LogEnded).with("what", log.name());
            let refused = refused.with("found", succession.successor.name()).with("why", why);
            return Ok(Past { refused: Some(refused), ..past });
        }
        match succession::end(store, operator, &succession).await {
            Ok(_) => {
                let (ended, successor) = (log.name(), succession.successor.name());
                tracing::warn!(
                    ended,
                    successor,
                    size = succession.tree().size,
                    "a log has ended, and another goes on"
                );
            }
            Err(problem) if problem.code() == ErrorCode::CheckpointInconsistent => {
                tracing::error!(code = %problem.code(), "the succession is not taken up: {problem}");
                return Ok(Past { refused: Some(problem), ..past });
            }
            Err(problem) => return Err(problem),
        }
    }
}

/// The key of the log of acts that goes on as far as the database says.
fn current(config: &Config, past: &Past, around: &Surroundings) -> Result<VerifierKey> {
    let (all, origin) = (assembly::keys(config), &config.ledger_origin);
    Ok(ledger_keys_of(&all, origin, past.number(), &*around.clock, &*around.random)?.log_key())
}

/// Whether the trust lists end this log for one whose key is here: the node has to begin again.
#[must_use]
pub fn is_due(config: &Config, directory: &Directory, log: &VerifierKey, around: &Surroundings) -> bool {
    let view = directory.view();
    let succession = view.succession_of(log, around.clock.now());
    succession.is_some_and(|s| has_log_key(&assembly::keys(config), &config.ledger_origin, &s.successor))
}

/// What the office of the country is to sign, once the log is known to be lost. Makes the key of the log
/// that is to go on.
///
/// # Errors
/// `not-found` while the log is not known to be lost; `file-failed`.
pub fn request(
    config: &Config,
    recovery: &Recovery,
    log: &VerifierKey,
    around: &Surroundings,
) -> Result<Request> {
    let last = recovery.last_known(log.name());
    let none = || Problem::new(ErrorCode::NotFound).with("what", format!("loss of the log {}", log.name()));
    let last = String::from_utf8_lossy(&last.ok_or_else(none)?.to_bytes()).into_owned();
    let (all, clock, random) = (assembly::keys(config), &*around.clock, &*around.random);
    let successor = next_log_key(&all, &config.ledger_origin, clock, random)?;
    Ok(Request { log: log.to_string(), successor: successor.to_string(), last })
}
