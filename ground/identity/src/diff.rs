//! What changed between two versions of a trust list, as data: the reader's program says it in the
//! reader's language.

use corridor_base::{Did, KeyId, Timestamp, Words};
use corridor_proof::{
    ListedKey, ListedLedger, ListedParticipant, ListedWitness, PublicKey, TrustList, VerifierKey,
};
use serde::{Deserialize, Serialize};

/// One change. Those that no honest anchor makes are marked by [`Change::is_alarming`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// A participant was admitted.
    Admitted {
        /// Who.
        who: Did,
        /// Its name.
        name: Words,
        /// Where its node answers.
        endpoint: String,
    },
    /// A participant was removed.
    Removed {
        /// Who.
        who: Did,
        /// From when.
        at: Timestamp,
    },
    /// A removed participant was admitted again.
    Readmitted {
        /// Who.
        who: Did,
    },
    /// A participant is not in the list any more, not even as removed: what it signed can be judged
    /// by older lists only.
    Dropped {
        /// Who.
        who: Did,
    },
    /// A key was added.
    KeyAdded {
        /// Its name.
        key: KeyId,
        /// The key.
        public: PublicKey,
        /// Valid from.
        from: Timestamp,
    },
    /// The end of a key was set, or moved.
    KeyEnded {
        /// Its name.
        key: KeyId,
        /// Valid until, not included.
        until: Timestamp,
    },
    /// The end of a key was taken back.
    KeyRevived {
        /// Its name.
        key: KeyId,
    },
    /// Another key, or another beginning, stands under the name of an old one.
    KeyReplaced {
        /// Its name.
        key: KeyId,
        /// The key before.
        before: PublicKey,
        /// The key now.
        after: PublicKey,
    },
    /// A key is void after a leaf of a log.
    KeyVoid {
        /// Which key.
        key: KeyId,
        /// The origin of the log.
        log: String,
        /// The number of the leaf.
        leaf: u64,
    },
    /// A key is not in the list any more.
    KeyDropped {
        /// Its name.
        key: KeyId,
    },
    /// The node of a participant answers elsewhere.
    Endpoint {
        /// Who.
        who: Did,
        /// Before.
        before: String,
        /// Now.
        after: String,
    },
    /// A participant is called otherwise.
    Name {
        /// Who.
        who: Did,
        /// Before.
        before: Words,
        /// Now.
        after: Words,
    },
    /// A participant's node keeps a log from now on.
    LogAdded {
        /// Whose node.
        who: Did,
        /// The log's key, named after its origin.
        log: VerifierKey,
        /// The key with which the node cosigns.
        witness: VerifierKey,
    },
    /// The log of a participant's node has another key or another origin.
    LogReplaced {
        /// Whose node.
        who: Did,
        /// Before.
        before: VerifierKey,
        /// Now.
        after: VerifierKey,
    },
    /// The list names no log of a participant's node any more.
    LogDropped {
        /// Whose node.
        who: Did,
        /// Its key.
        log: VerifierKey,
    },
    /// A participant's node cosigns with another key.
    WitnessReplaced {
        /// Whose node.
        who: Did,
        /// Before.
        before: VerifierKey,
        /// Now.
        after: VerifierKey,
    },
    /// A participant's node cosigns with another second key, with one more, or with one less.
    SecondKey {
        /// Whose node.
        who: Did,
        /// Before; a dash where there was none.
        before: String,
        /// Now.
        after: String,
    },
    /// Log, witness or mirror of a participant's node are elsewhere.
    LedgerAddress {
        /// Whose node.
        who: Did,
        /// Before.
        before: String,
        /// Now.
        after: String,
    },
    /// The anchor runs one more witness.
    AnchorWitnessAdded {
        /// What the list calls it.
        name: String,
        /// Its key.
        key: VerifierKey,
        /// Where it is asked.
        url: String,
    },
    /// A witness of the anchor has another key.
    AnchorWitnessReplaced {
        /// What the list calls it.
        name: String,
        /// Before.
        before: VerifierKey,
        /// Now.
        after: VerifierKey,
    },
    /// A witness of the anchor is asked elsewhere.
    AnchorWitnessAddress {
        /// What the list calls it.
        name: String,
        /// Before.
        before: String,
        /// Now.
        after: String,
    },
    /// The anchor does not run this witness any more.
    AnchorWitnessDropped {
        /// What the list called it.
        name: String,
    },
    /// A log has ended, and another goes on in its place.
    LogSucceeded {
        /// The origin of the log that has ended.
        origin: String,
        /// How many leaves are known of it.
        size: u64,
        /// The origin of the log that goes on.
        successor: String,
    },
    /// The list stands until another instant.
    Expiry {
        /// Before.
        before: Timestamp,
        /// Now.
        after: Timestamp,
    },
    /// Nodes may go by the list longer, or less long, after its expiry.
    Grace {
        /// Hours before.
        before: u32,
        /// Hours now.
        after: u32,
    },
}

impl Change {
    /// Whether the list rewrites history, which must stay readable (ID-1): ask the anchor why.
    #[must_use]
    pub fn is_alarming(&self) -> bool {
        matches!(
            self,
            Self::Dropped { .. }
                | Self::KeyRevived { .. }
                | Self::KeyReplaced { .. }
                | Self::KeyDropped { .. }
                | Self::LogReplaced { .. }
                | Self::LogDropped { .. }
        )
    }
}

/// What changed from `old` to `new`, in the order of the list; `None` as `old` is the empty list.
#[must_use]
pub fn changes(old: Option<&TrustList>, new: &TrustList) -> Vec<Change> {
    let mut out = Vec::new();
    for after in &new.participants {
        match old.and_then(|old| old.participant(&after.did)) {
            Some(before) => participant(before, after, &mut out),
            None => admitted(after, &mut out),
        }
    }
    anchor_witnesses(old.map(|old| old.witnesses.as_slice()).unwrap_or_default(), &new.witnesses, &mut out);
    let before = old.map(|old| old.successions.as_slice()).unwrap_or_default();
    for ended in new.successions.iter().filter(|ended| !before.contains(ended)) {
        let (origin, successor) = (ended.log.name().to_owned(), ended.successor.name().to_owned());
        out.push(Change::LogSucceeded { origin, size: ended.tree().size, successor });
    }
    let Some(old) = old else { return out };
    for before in old.participants.iter().filter(|p| new.participant(&p.did).is_none()) {
        out.push(Change::Dropped { who: before.did.clone() });
    }
    if old.expires != new.expires {
        out.push(Change::Expiry { before: old.expires, after: new.expires });
    }
    if old.grace_hours != new.grace_hours {
        out.push(Change::Grace { before: old.grace_hours, after: new.grace_hours });
    }
    out
}

fn admitted(new: &ListedParticipant, out: &mut Vec<Change>) {
    let who = new.did.clone();
    out.push(Change::Admitted { who, name: new.name.clone(), endpoint: new.endpoint.clone() });
    keys(&[], &new.keys, out);
    ledger(&new.did, None, new.ledger.as_ref(), out);
    removal(None, new, out);
}

fn participant(old: &ListedParticipant, new: &ListedParticipant, out: &mut Vec<Change>) {
    removal(old.removed, new, out);
    if old.name != new.name {
        out.push(Change::Name { who: new.did.clone(), before: old.name.clone(), after: new.name.clone() });
    }
    if old.endpoint != new.endpoint {
        let (before, after) = (old.endpoint.clone(), new.endpoint.clone());
        out.push(Change::Endpoint { who: new.did.clone(), before, after });
    }
    keys(&old.keys, &new.keys, out);
    ledger(&new.did, old.ledger.as_ref(), new.ledger.as_ref(), out);
}

fn ledger(who: &Did, old: Option<&ListedLedger>, new: Option<&ListedLedger>, out: &mut Vec<Change>) {
    let who = who.clone();
    let (old, new) = match (old, new) {
        (None, None) => return,
        (None, Some(new)) => {
            let (log, witness) = (new.log.clone(), new.witness.clone());
            return out.push(Change::LogAdded { who, log, witness });
        }
        (Some(old), None) => return out.push(Change::LogDropped { who, log: old.log.clone() }),
        (Some(old), Some(new)) => (old, new),
    };
    if old.log != new.log {
        let (before, after) = (old.log.clone(), new.log.clone());
        out.push(Change::LogReplaced { who: who.clone(), before, after });
    }
    if old.witness != new.witness {
        let (before, after) = (old.witness.clone(), new.witness.clone());
        out.push(Change::WitnessReplaced { who: who.clone(), before, after });
    }
    if old.ml_dsa != new.ml_dsa {
        let [before, after] =
            [old, new].map(|l| l.ml_dsa.as_ref().map_or("-".to_owned(), VerifierKey::to_string));
        out.push(Change::SecondKey { who: who.clone(), before, after });
    }
    for (before, after) in addresses(old).into_iter().zip(addresses(new)).filter(|(a, b)| a != b) {
        out.push(Change::LedgerAddress { who: who.clone(), before, after });
    }
}

/// Log, witness, mirror; a dash where there is none.
fn addresses(ledger: &ListedLedger) -> [String; 3] {
    let mirror = ledger.mirror_url.clone().unwrap_or_else(|| "-".to_owned());
    [ledger.log_url.clone(), ledger.witness_url.clone(), mirror]
}

/// Where it is asked, and where its copies are.
fn places(witness: &ListedWitness) -> String {
    std::iter::once(&witness.url).chain(&witness.mirror_url).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn anchor_witnesses(old: &[ListedWitness], new: &[ListedWitness], out: &mut Vec<Change>) {
    for after in new {
        let name = after.name.clone();
        let Some(before) = old.iter().find(|w| w.name == after.name) else {
            out.push(Change::AnchorWitnessAdded { name, key: after.key.clone(), url: after.url.clone() });
            continue;
        };
        if before.key != after.key {
            let (before, after) = (before.key.clone(), after.key.clone());
            out.push(Change::AnchorWitnessReplaced { name: name.clone(), before, after });
        }
        let [before, after] = [before, after].map(places);
        if before != after {
            out.push(Change::AnchorWitnessAddress { name, before, after });
        }
    }
    for gone in old.iter().filter(|w| new.iter().all(|n| n.name != w.name)) {
        out.push(Change::AnchorWitnessDropped { name: gone.name.clone() });
    }
}

fn removal(before: Option<Timestamp>, new: &ListedParticipant, out: &mut Vec<Change>) {
    let who = new.did.clone();
    match new.removed {
        Some(at) if before != Some(at) => out.push(Change::Removed { who, at }),
        None if before.is_some() => out.push(Change::Readmitted { who }),
        _ => {}
    }
}

fn keys(old: &[ListedKey], new: &[ListedKey], out: &mut Vec<Change>) {
    for after in new {
        let key = after.id.clone();
        let Some(before) = old.iter().find(|k| k.id == after.id) else {
            out.push(Change::KeyAdded { key: key.clone(), public: after.key.clone(), from: after.from });
            out.extend(after.until.map(|until| Change::KeyEnded { key, until }));
            continue;
        };
        if before.key != after.key || before.from != after.from {
            let (before, after) = (before.key.clone(), after.key.clone());
            out.push(Change::KeyReplaced { key: key.clone(), before, after });
        }
        if let Some(last) = after.void_after.clone().filter(|_| before.void_after != after.void_after) {
            out.push(Change::KeyVoid { key: key.clone(), log: last.log, leaf: last.leaf });
        }
        match after.until {
            Some(until) if before.until != Some(until) => out.push(Change::KeyEnded { key, until }),
            None if before.until.is_some() => out.push(Change::KeyRevived { key }),
            _ => {}
        }
    }
    for gone in old.iter().filter(|k| new.iter().all(|n| n.id != k.id)) {
        out.push(Change::KeyDropped { key: gone.id.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::{Digest, SeededRandom};
    use corridor_proof::{SecretKey, Signer as _};

    fn at(hour: u32) -> Timestamp {
        Timestamp::parse(&format!("2026-01-01T{hour:02}:00:00.000Z")).unwrap()
    }

    fn key(name: &str, seed: u64) -> ListedKey {
        let key = SecretKey::generate("k", &SeededRandom::new(seed)).unwrap().public().clone();
        ListedKey {
            id: format!("did:web:b.kr#{name}").parse().unwrap(),
            key,
            from: at(0),
            until: None,
            void_after: None,
        }
    }

    fn list() -> TrustList {
        let participant = ListedParticipant {
            did: "did:web:b.kr".parse().unwrap(),
            name: Words::same("B"),
            endpoint: "https://b.kr".to_owned(),
            keys: vec![key("k1", 1)],
            removed: None,
            ledger: None,
        };
        TrustList {
            country: "KR".parse().unwrap(),
            number: 2,
            previous: Some(Digest::of(b"1")),
            issued: at(0),
            expires: at(9),
            grace_hours: 24,
            participants: vec![participant],
            witnesses: Vec::new(),
            successions: Vec::new(),
        }
    }

    fn check(change: impl Fn(&mut TrustList), expect: &[&str], alarming: bool) {
        let mut new = list();
        change(&mut new);
        let found = changes(Some(&list()), &new);
        let json = serde_json::to_value(&found).unwrap();
        let kinds: Vec<&str> =
            json.as_array().unwrap().iter().map(|c| c["change"].as_str().unwrap()).collect();
        assert_eq!(kinds, expect, "{found:?}");
        assert_eq!(found.iter().any(Change::is_alarming), alarming, "{found:?}");
        assert_eq!(serde_json::from_value::<Vec<Change>>(json).unwrap(), found);
    }

    #[test]
    fn every_kind_of_change_is_named() {
        check(|_| (), &[], false);
        check(|l| l.number = 3, &[], false);
        check(|l| l.participants[0].removed = Some(at(3)), &["removed"], false);
        check(|l| l.participants[0].name = Words::same("C"), &["name"], false);
        check(|l| l.participants[0].endpoint = "https://c.kr".to_owned(), &["endpoint"], false);
        check(|l| l.participants[0].keys.push(key("k2", 2)), &["key-added"], false);
        check(|l| l.participants[0].keys[0].until = Some(at(4)), &["key-ended"], false);
        check(|l| l.participants[0].keys[0] = key("k1", 2), &["key-replaced"], true);
        check(|l| l.participants[0].keys[0] = key("k2", 1), &["key-added", "key-dropped"], true);
        check(|l| l.participants.clear(), &["dropped"], true);
        check(|l| l.expires = at(10), &["expiry"], false);
        check(|l| l.grace_hours = 1, &["grace"], false);
    }

    #[test]
    fn changes_of_logs_and_witnesses_are_named() {
        use crate::testing::{ledger, second_key, witness};
        let named = |change: &dyn Fn(&mut TrustList), expect: &[&str], alarming: bool| {
            let mut old = list();
            old.participants[0].ledger = Some(ledger("b.kr/log", 1));
            old.witnesses = vec![witness("main", 5)];
            let mut new = old.clone();
            change(&mut new);
            let found = changes(Some(&old), &new);
            let json = serde_json::to_value(&found).unwrap();
            let kinds: Vec<_> =
                json.as_array().unwrap().iter().map(|c| c["change"].as_str().unwrap()).collect();
            assert_eq!(kinds, expect, "{found:?}");
            assert_eq!(found.iter().any(Change::is_alarming), alarming, "{found:?}");
            assert_eq!(serde_json::from_value::<Vec<Change>>(json.clone()).unwrap(), found);
        };
        check(|l| l.participants[0].ledger = Some(ledger("b.kr/log", 1)), &["log-added"], false);
        check(|l| l.witnesses = vec![witness("main", 5)], &["anchor-witness-added"], false);
        named(&|_| (), &[], false);
        named(&|l| l.participants[0].ledger = None, &["log-dropped"], true);
        let replaced = ["log-replaced", "witness-replaced"];
        named(&|l| l.participants[0].ledger = Some(ledger("b.kr/log", 3)), &replaced, true);
        let moved = |l: &mut TrustList| l.participants[0].ledger.as_mut().unwrap().mirror_url = None;
        named(&moved, &["ledger-address"], false);
        let second = |l: &mut TrustList| {
            l.participants[0].ledger.as_mut().unwrap().ml_dsa = Some(second_key("b.kr/log", 1))
        };
        named(&second, &["second-key"], false);
        named(&|l| l.witnesses = vec![witness("main", 6)], &["anchor-witness-replaced"], false);
        named(&|l| l.witnesses[0].url = "https://x.kr".to_owned(), &["anchor-witness-address"], false);
        named(
            &|l| l.witnesses[0].mirror_url = Some("https://x.kr/mirror".to_owned()),
            &["anchor-witness-address"],
            false,
        );
        named(&|l| l.witnesses.clear(), &["anchor-witness-dropped"], false);
    }

    #[test]
    fn going_back_is_named_too() {
        let mut ended = list();
        ended.participants[0].removed = Some(at(1));
        ended.participants[0].keys[0].until = Some(at(1));
        let found = changes(Some(&ended), &list());
        assert!(
            matches!(found.as_slice(), [Change::Readmitted { .. }, Change::KeyRevived { .. }]),
            "{found:?}"
        );
    }

    #[test]
    fn the_first_list_admits_everybody() {
        let found = changes(None, &list());
        assert!(matches!(found.as_slice(), [Change::Admitted { .. }, Change::KeyAdded { .. }]), "{found:?}");
    }
}
