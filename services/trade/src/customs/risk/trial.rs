//! A rule tried on the past: what it would have hit among the documents that were received, before it is switched
//! on. Documents about persons are not read for it, and nothing is written.

use std::sync::Arc;

use corridor_base::Result;
use corridor_exchange::service::Acting;
use corridor_exchange::{Exchange, Side};
use serde::Serialize;

use super::{Facts, Rule};
use crate::customs::case::{Case, CaseFilter};
use crate::customs::cases;
use crate::customs::judge;
use crate::customs::state::State;
use crate::library::Library;

/// The most cases a trial looks at.
pub const MOST: u64 = 1_000;
/// The most hits that are listed.
const LISTED: usize = 50;

/// What a rule would have done.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    /// The rule.
    pub rule: String,
    /// Cases of its kinds of message that it was held against.
    pub seen: u64,
    /// Those it hits.
    pub hits: u64,
    /// Hit, and released at the time.
    pub released: u64,
    /// Hit, and kept back, examined or refused at the time.
    pub stopped: u64,
    /// The newest of them.
    pub cases: Vec<Case>,
}

/// Tries rules on the newest cases, tests left out.
///
/// # Errors
/// Those of the store.
pub async fn attempt(
    exchange: &Exchange,
    library: &Arc<Library>,
    acting: &Acting,
    rules: &[Rule],
    most: u64,
) -> Result<Vec<Tried>> {
    let empty = |rule: &Rule| Tried {
        rule: rule.rule.clone(),
        seen: 0,
        hits: 0,
        released: 0,
        stopped: 0,
        cases: Vec::new(),
    };
    let mut tried: Vec<Tried> = rules.iter().map(empty).collect();
    let us = &acting.participant;
    let filter =
        CaseFilter { limit: most.clamp(1, MOST), scope: acting.scope.clone(), ..CaseFilter::default() };
    let all = exchange.store().read(us, move |tx| cases::list(tx, &filter)).await?;
    // The cases of one document follow each other: it is read once.
    let documents: Vec<&[Case]> = all.chunk_by(|a, b| a.envelope == b.envelope).collect();
    for of_one in documents {
        let Some(envelope) = of_one.first().map(|case| case.envelope) else { continue };
        let Ok(document) = exchange.document(us, Side::In, envelope).await else { continue };
        if document.seal.is_some() {
            continue;
        }
        let options = library.shelf_for(us, &document.partner).await?.options();
        let messages = judge::messages(exchange, us, &document, options).await?;
        for case in of_one {
            let message = case.id.message;
            if case.test || message == 0 {
                continue;
            }
            let Some((new, Some(record))) = messages.found.iter().find(|(new, _)| new.message == message)
            else {
                continue;
            };
            let known = judge::history(exchange, us, &document, &new.parties).await?;
            let facts = Facts { message: &case.kind, partner: &case.partner, record, known: &known };
            for (rule, tried) in rules.iter().zip(&mut tried) {
                note(rule, tried, case, &facts);
            }
        }
    }
    Ok(tried)
}

fn note(rule: &Rule, tried: &mut Tried, case: &Case, facts: &Facts<'_>) {
    if !rule.messages.contains(&case.kind) {
        return;
    }
    tried.seen += 1;
    if !rule.hits(facts) {
        return;
    }
    tried.hits += 1;
    match case.state {
        State::Released => tried.released += 1,
        State::Held | State::Inspection | State::Rejected => tried.stopped += 1,
        State::Waiting | State::Replaced | State::Cancelled => {}
    }
    if tried.cases.len() < LISTED {
        tried.cases.push(case.clone());
    }
}
