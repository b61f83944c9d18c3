//! A small world for the tests: three countries with anchors, and lists made by hand, so that a test
//! can make those that no honest anchor would.

use std::time::Duration;

use corridor_base::{Country, Did, Digest, SeededRandom, Timestamp, Words};
use corridor_proof::trust::RecognisedCountry;
use corridor_proof::{
    ListedKey, ListedLedger, ListedParticipant, ListedWitness, Recognition, SecretKey, Signed, Signer as _,
    TrustList, VerifierKey,
};

use crate::view::AnchorKey;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
/// How long the lists of this world stand.
pub(crate) const VALID: Duration = Duration::from_secs(30 * 86_400);
/// How long they may be gone by afterwards.
pub(crate) const GRACE_HOURS: u32 = 48;

pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-11-22T00:00:00.000Z").unwrap()
}

pub(crate) fn country(code: &str) -> Country {
    code.parse().unwrap()
}

pub(crate) fn did(text: &str) -> Did {
    text.parse().unwrap()
}

/// The key of an anchor; `seed` makes another one.
pub(crate) fn anchor(code: &str, seed: u64) -> (AnchorKey, SecretKey) {
    let name = format!("trust.example.{}/anchor", code.to_lowercase());
    let seed = seed * 1000 + u64::from(code.as_bytes()[0]);
    let key = SecretKey::generate(&name, &SeededRandom::new(seed)).unwrap();
    (AnchorKey { country: country(code), name, key: key.public().clone() }, key)
}

pub(crate) fn key(who: &str, name: &str, seed: u64) -> ListedKey {
    let key = SecretKey::generate("k", &SeededRandom::new(seed)).unwrap().public().clone();
    ListedKey { id: did(who).key(name).unwrap(), key, from: start(), until: None, void_after: None }
}

pub(crate) fn participant(who: &str, seed: u64) -> ListedParticipant {
    ListedParticipant {
        did: did(who),
        name: Words::same(who),
        endpoint: "https://node.example".to_owned(),
        keys: vec![key(who, "k1", seed)],
        removed: None,
        ledger: None,
    }
}

/// The secret key of this seed, under this name.
pub(crate) fn secret(name: &str, seed: u64) -> SecretKey {
    SecretKey::generate(name, &SeededRandom::new(5000 + seed)).unwrap()
}

/// The ledger of a node: its log has the key of `seed`, its witness that of `seed` + 1.
pub(crate) fn ledger(origin: &str, seed: u64) -> ListedLedger {
    let witness = format!("{origin}/witness");
    ListedLedger {
        log: VerifierKey::note(origin, secret(origin, seed).public().clone()),
        log_url: format!("https://{origin}"),
        witness: VerifierKey::cosignature(&witness, secret(&witness, seed + 1).public().clone()),
        ml_dsa: None,
        witness_url: format!("https://{witness}"),
        mirror_url: Some(format!("https://{origin}/mirror")),
    }
}

/// The second key of the witness of that ledger: of the right length, and of no use.
pub(crate) fn second_key(origin: &str, seed: u8) -> VerifierKey {
    VerifierKey::ml_dsa(&format!("{origin}/witness"), &[seed; corridor_proof::cosignature::ML_DSA_44_KEY])
}

/// A witness that an anchor runs.
pub(crate) fn witness(name: &str, seed: u64) -> ListedWitness {
    let key = format!("{name}.example/witness");
    let key = VerifierKey::cosignature(&key, secret(&key, seed).public().clone());
    ListedWitness { name: name.to_owned(), key, url: format!("https://{name}.example"), mirror_url: None }
}

pub(crate) fn body(
    code: &str,
    number: u64,
    previous: Option<Digest>,
    participants: Vec<ListedParticipant>,
) -> TrustList {
    TrustList {
        country: country(code),
        number,
        previous,
        issued: start(),
        expires: start().plus(VALID),
        grace_hours: GRACE_HOURS,
        participants,
        witnesses: Vec::new(),
        successions: Vec::new(),
    }
}

/// List 1 of a country, signed by its anchor of seed 1.
pub(crate) fn first(code: &str, participants: Vec<ListedParticipant>) -> Signed<TrustList> {
    Signed::new(body(code, 1, None, participants), &[&anchor(code, 1).1]).unwrap()
}

/// The list after this one, signed by the same anchor.
pub(crate) fn next(last: &Signed<TrustList>, participants: Vec<ListedParticipant>) -> Signed<TrustList> {
    let code = last.body().country.as_str();
    let list = body(code, last.body().number + 1, Some(last.digest()), participants);
    Signed::new(list, &[&anchor(code, 1).1]).unwrap()
}

/// A recognition between two anchors, given by country and seed, signed by both.
pub(crate) fn recognition(
    a: (&str, u64),
    b: (&str, u64),
    from: Timestamp,
    until: Timestamp,
) -> Signed<Recognition> {
    let (one, two) = (anchor(a.0, a.1), anchor(b.0, b.1));
    let mut countries =
        [&one.0, &two.0].map(|k| RecognisedCountry { country: k.country.clone(), anchor: k.vkey() });
    countries.sort_by(|a, b| a.country.cmp(&b.country));
    Signed::new(Recognition { countries, from, until }, &[&one.1, &two.1]).unwrap()
}
