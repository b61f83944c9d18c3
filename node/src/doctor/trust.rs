//! What the doctor sees of the trust lists: how they stand, and whether they name us and our ledger.

use corridor_base::{Did, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_identity::{Standing, Warning};

use super::{Finding, Record};
use crate::node::Node;
use crate::partner::{self, ENDS_SOON};

/// Whether the keys that the trust list pins for a participant of ours end soon. That it is not listed has
/// been said.
pub(super) fn own_keys_end(record: &mut Record, node: &Node, us: &Did, name: &str, now: Timestamp) {
    let Ok(listed) = node.exchange.directory().participant(us, now) else { return };
    match partner::keys_end(&listed.participant.keys, now) {
        Some(end) if end.since(now) < ENDS_SOON => {
            record.warn("ends", name, ("doctor-keys-end", &[("at", &end.to_string())]));
        }
        _ => record.good("ends", name),
    }
}

/// What is to be said of the trust lists and recognitions of now.
#[must_use]
pub fn of_trust(node: &Node, lang: Lang) -> Vec<Finding> {
    let mut record = Record { lang, findings: Vec::new() };
    trust(&mut record, node, node.now());
    record.findings
}

pub(super) fn trust(record: &mut Record, node: &Node, now: Timestamp) {
    let view = node.exchange.directory().view();
    if view.pinned().is_empty() {
        record.warn("trust", "", ("doctor-no-anchor", &[]));
    }
    for list in view.lists(now).iter().filter(|l| l.standing == Standing::InForce) {
        record.good("trust", list.country.as_str());
    }
    for warning in view.warnings(now) {
        trust_warning(record, warning);
    }
}

fn trust_warning(record: &mut Record, warning: Warning) {
    match warning {
        Warning::ListMissing { country } => {
            let problem = Problem::new(ErrorCode::TrustListMissing).with("country", &country);
            record.problem("trust", country.as_str(), &problem);
        }
        Warning::ListInGrace { country, number, expired, closes } => {
            let (number, expired, closes) = (number.to_string(), expired.to_string(), closes.to_string());
            let args =
                [("country", country.as_str()), ("list", &number), ("at", &expired), ("limit", &closes)];
            record.warn("trust", country.as_str(), ("doctor-list-grace", &args));
        }
        Warning::ListClosed { country, number, closed } => {
            let problem = Problem::new(ErrorCode::TrustListExpired)
                .with("country", &country)
                .with("list", number)
                .with("at", closed);
            record.problem("trust", country.as_str(), &problem);
        }
        Warning::ListUnrecognised { country, .. } => {
            let problem = Problem::new(ErrorCode::RecognitionMissing).with("country", &country);
            record.problem("trust", country.as_str(), &problem);
        }
        Warning::RecognitionEnds { country, until } => {
            let at = until.to_string();
            let args = [("country", country.as_str()), ("at", &at)];
            record.warn("trust", country.as_str(), ("doctor-recognition-ends", &args));
        }
        Warning::NamedTwice { who, countries } => {
            let named: Vec<&str> = countries.iter().map(corridor_base::Country::as_str).collect();
            let named = named.join(", ");
            record.warn(
                "trust",
                who.as_str(),
                ("doctor-named-twice", &[("who", who.as_str()), ("country", &named)]),
            );
        }
        Warning::TwoLists(conflict) => {
            let number = conflict.number.to_string();
            let args = [("country", conflict.country.as_str()), ("list", number.as_str())];
            record.warn("trust", conflict.country.as_str(), ("doctor-two-lists", &args));
        }
    }
}

/// Whether the trust lists name this participant with the key that signs now.
pub(super) fn listed(node: &Node, us: &Did, now: Timestamp) -> Result<()> {
    let directory = node.exchange.directory();
    let signer = node.exchange.keyring(us)?.current();
    let key = signer.name().parse()?;
    let pinned = directory.key_at(&key, now, now)?;
    if pinned == *signer.public() {
        Ok(())
    } else {
        Err(Problem::new(ErrorCode::DidMismatch).with("who", us))
    }
}

/// Whether the trust list that names a participant names the ledger of this node with it.
pub(super) fn ledger_listed(record: &mut Record, node: &Node, us: &Did, name: &str) {
    // That it is not listed at all has been said.
    let Ok(listed) = node.exchange.directory().participant(us, node.now()) else { return };
    if listed.participant.ledger == Some(node.ledger.keys.listed(node.config.public_url.as_str())) {
        record.good("ledger", name);
    } else {
        record.warn("ledger", name, ("doctor-ledger-unlisted", &[]));
    }
}
