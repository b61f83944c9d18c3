//! What becomes of a list when somebody is admitted: a newcomer, new keys, an end for the old ones.

use corridor_base::{ErrorCode, KeyId, Problem, Result, Timestamp};
use corridor_proof::{ListedKey, ListedParticipant, PublicKey};
use url::{Host, Url};

use super::{Admission, refuse};

/// An endpoint is an absolute URL without user, query and fragment: https, or http on loopback.
pub(super) fn check_endpoint(text: &str) -> Result<()> {
    let url = Url::parse(text).map_err(|e| refuse("endpoint", e))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(refuse("endpoint", "a host expected")),
    };
    if !(url.scheme() == "https" || (url.scheme() == "http" && loopback)) {
        return Err(refuse("endpoint", "https expected, or http on the machine itself"));
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(refuse("endpoint", "no user, query or fragment expected"));
    }
    Ok(())
}

pub(super) fn newcomer(admission: &Admission, now: Timestamp) -> Result<ListedParticipant> {
    let in_use = admission.keys.iter().filter(|(_, _, in_use)| *in_use);
    let keys: Vec<ListedKey> = in_use.map(|(id, key, _)| pinned(id, key, now)).collect();
    if keys.is_empty() {
        return Err(refuse("admission", "no key in use: the DID document names none for assertionMethod"));
    }
    Ok(ListedParticipant {
        did: admission.did.clone(),
        name: admission.name.clone(),
        endpoint: admission.endpoint.clone(),
        keys,
        removed: None,
        ledger: admission.ledger.clone(),
    })
}

fn pinned(id: &KeyId, key: &PublicKey, from: Timestamp) -> ListedKey {
    ListedKey { id: id.clone(), key: key.clone(), from, until: None, void_after: None }
}

/// Ends a key at this instant, unless it ends before.
pub(super) fn end(key: &mut ListedKey, at: Timestamp) {
    if key.until.is_none_or(|until| until > at) {
        key.until = Some(at);
    }
}

pub(super) fn changed(
    known: &ListedParticipant,
    admission: &Admission,
    now: Timestamp,
) -> Result<ListedParticipant> {
    let mut next = known.clone();
    let mut fresh = Vec::new();
    for (id, key, _) in &admission.keys {
        match known.keys.iter().find(|k| k.id == *id) {
            Some(listed) if listed.key != *key => {
                return Err(Problem::new(ErrorCode::DidMismatch).with("who", &known.did));
            }
            Some(_) => {}
            None => fresh.push(pinned(id, key, now)),
        }
    }
    if known.removed.is_some() && fresh.is_empty() {
        return Err(refuse("admission", "who was removed comes back with a new key only"));
    }
    let over = now.plus(admission.overlap);
    let shown = |key: &ListedKey| admission.keys.iter().any(|(id, _, _)| *id == key.id);
    for key in &mut next.keys {
        if !fresh.is_empty() || !shown(key) {
            end(key, over);
        }
    }
    next.keys.extend(fresh);
    if next.keys.iter().all(|k| k.until.is_some()) {
        return Err(refuse("admission", "no key would stay valid"));
    }
    next.removed = None;
    next.name = admission.name.clone();
    next.endpoint = admission.endpoint.clone();
    next.ledger = admission.ledger.clone();
    if next == *known {
        let what = format!("{} in the trust list, just so", known.did);
        return Err(Problem::new(ErrorCode::AlreadyExists).with("what", what));
    }
    Ok(next)
}
