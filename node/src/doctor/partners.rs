//! What the doctor sees of partners: what of theirs ends soon, and whether they answer.

use std::time::Duration;

use corridor_base::{Did, ErrorCode, Problem, Timestamp};

use super::Record;
use crate::node::Node;
use crate::partner::{self, Certificate, ENDS_SOON};

/// How long one partner may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many partners are tried.
const PARTNERS: usize = 50;

/// Whether keys or certificates of partners with an agreement in force end soon, as far as they are known:
/// a certificate is, once it has been seen.
pub(super) async fn partners_end(record: &mut Record, node: &Node, now: Timestamp) {
    let mut warned = false;
    for (_, did) in agreed(node, now).await {
        let Ok(listed) = node.exchange.directory().participant(&did, now) else { continue };
        let mut warn = |key, end: Timestamp| {
            warned = true;
            record.warn("partner-ends", did.as_str(), (key, &[("at", &end.to_string())]));
        };
        if let Some(end) =
            partner::keys_end(&listed.participant.keys, now).filter(|e| e.since(now) < ENDS_SOON)
        {
            warn("doctor-partner-keys-end", end);
        }
        match partner::certificate(node, &listed) {
            Certificate::Seen(seen) if seen.expires.since(now) < ENDS_SOON => {
                warn("doctor-partner-certificate-ends", seen.expires);
            }
            _ => {}
        }
    }
    if !warned {
        record.good("partner-ends", "");
    }
}

/// Each partner with an agreement in force, once, and a participant of ours that has it.
async fn agreed(node: &Node, now: Timestamp) -> Vec<(Did, Did)> {
    let mut pairs: Vec<(Did, Did)> = Vec::new();
    for us in node.exchange.participants() {
        let Ok(agreements) = node.exchange.agreements(&us).await else { continue };
        for agreement in agreements.into_iter().filter(|a| a.in_force(now)) {
            if !pairs.iter().any(|(_, partner)| *partner == agreement.partner) {
                pairs.push((us.clone(), agreement.partner));
            }
        }
    }
    pairs
}

/// Tries every partner with which an agreement is in force, a few at a time.
pub(super) async fn partners(record: &mut Record, node: &Node, now: Timestamp) {
    use futures::StreamExt;
    let mut pairs = agreed(node, now).await;
    pairs.truncate(PARTNERS);
    let tries = pairs.into_iter().map(|(us, partner)| async move {
        let tried = tokio::time::timeout(PATIENCE, partner::test(node, &us, &partner)).await;
        let late = || {
            Problem::new(ErrorCode::PartnerUnreachable)
                .with("partner", &partner)
                .with("why", "no answer in time")
        };
        let tried = tried.unwrap_or_else(|_| Err(late()));
        (partner, tried)
    });
    let tried: Vec<_> = futures::stream::iter(tries).buffered(8).collect().await;
    for (did, result) in tried {
        match result {
            Ok(test) => tried_well(record, &did, &test, node.config.max_skew),
            Err(problem) => record.problem("partner", did.as_str(), &problem),
        }
    }
}

fn tried_well(record: &mut Record, did: &Did, test: &partner::Test, most: Duration) {
    let ahead = test.clock_ahead.unwrap_or(0);
    if ahead.unsigned_abs() > most.as_secs() {
        let seconds = ahead.to_string();
        record.warn("clock", did.as_str(), ("doctor-clock", &[("skew", &seconds)]));
    }
    record.good("partner", did.as_str());
}
