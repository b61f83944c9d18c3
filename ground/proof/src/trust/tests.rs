//! What a trust list may say, and what it may not.

use super::*;
use crate::key::{SecretKey, Signer};
use crate::statement::Signed;
use corridor_base::{SeededRandom, Words};

fn secret(seed: u64) -> SecretKey {
    SecretKey::generate("k", &SeededRandom::new(seed)).unwrap()
}

fn ledger(origin: &str, seed: u64) -> ListedLedger {
    ListedLedger {
        log: VerifierKey::note(origin, secret(seed).public().clone()),
        log_url: format!("https://{origin}"),
        witness: VerifierKey::cosignature(&format!("{origin}/w"), secret(seed + 1).public().clone()),
        ml_dsa: None,
        witness_url: format!("https://{origin}/witness"),
        mirror_url: None,
    }
}

fn witness(name: &str, seed: u64) -> ListedWitness {
    let key = VerifierKey::cosignature("anchor.example.jp/w", secret(seed).public().clone());
    ListedWitness { name: name.to_owned(), key, url: "https://w.example.jp".to_owned(), mirror_url: None }
}

fn participant(name: &str, ledger: Option<ListedLedger>) -> ListedParticipant {
    let did: Did = format!("did:web:{name}").parse().unwrap();
    let key = secret(99).public().clone();
    ListedParticipant {
        name: Words::same(name),
        endpoint: format!("https://{name}"),
        keys: vec![ListedKey {
            id: did.key("k1").unwrap(),
            key,
            from: Timestamp::EPOCH,
            until: None,
            void_after: None,
        }],
        removed: None,
        did,
        ledger,
    }
}

fn list() -> TrustList {
    TrustList {
        country: "JP".parse().unwrap(),
        number: 1,
        previous: None,
        issued: Timestamp::EPOCH,
        expires: Timestamp::EPOCH.plus(Duration::from_secs(60)),
        grace_hours: 1,
        participants: vec![
            participant("a.jp", Some(ledger("a.jp/log", 1))),
            participant("b.jp", Some(ledger("b.jp/log", 3))),
        ],
        witnesses: vec![witness("main", 7)],
        successions: Vec::new(),
    }
}

/// The bytes that anchors have signed: names stand as they always did.
#[test]
fn a_name_is_signed_as_it_was() {
    let text = serde_json::to_string(&participant("a.jp", None)).unwrap();
    assert!(text.contains(r#""name":{"en":"a.jp","ja":"a.jp","ko":"a.jp"}"#), "{text}");
    let wrong = text.replace(r#""ko":"a.jp"}"#, r#""ko":"a.jp","zh":"a.jp"}"#);
    assert!(serde_json::from_str::<ListedParticipant>(&wrong).is_err());
}

/// ID-1: in the log that the revocation names its leaf decides, whatever any clock said.
#[test]
fn a_key_is_void_after_the_leaf_that_its_revocation_names() {
    let at = |seconds| Timestamp::EPOCH.plus(Duration::from_secs(seconds));
    let leaf = |log: &str, leaf| Some(LeafOf { log: log.to_owned(), leaf });
    let mut key = list().participants[0].keys[0].clone();
    key.until = Some(at(100));
    let check = |key: &ListedKey, seconds, place, expect| {
        let recorded = Recorded { at: at(seconds), leaf: place };
        assert_eq!(key.good_for(&recorded), expect, "{recorded:?}");
    };
    check(&key, 99, leaf("a.jp/log", 9), true);
    check(&key, 100, leaf("a.jp/log", 1), false);
    key.void_after = leaf("a.jp/log", 5);
    for seconds in [0, 50, 99, 100, 5000] {
        check(&key, seconds, leaf("a.jp/log", 4), true);
        check(&key, seconds, leaf("a.jp/log", 5), true);
        check(&key, seconds, leaf("a.jp/log", 6), false);
        check(&key, seconds, leaf("b.kr/log", 1), seconds < 100);
        check(&key, seconds, None, seconds < 100);
    }
    key.from = at(50);
    check(&key, 49, leaf("a.jp/log", 1), false);
    let mut full = list();
    full.participants[0].keys[0] = key;
    let signed = Signed::new(full.clone(), &[&secret(1)]).unwrap();
    assert_eq!(*Signed::<TrustList>::parse(signed.bytes()).unwrap().body(), full);
    check_leaf(full, |last| last.log.clear());
    check_leaf(list(), |last| last.leaf = u64::MAX);
}

fn check_leaf(mut list: TrustList, wrong: impl Fn(&mut LeafOf)) {
    let mut last = LeafOf { log: "a.jp/log".to_owned(), leaf: 1 };
    wrong(&mut last);
    list.participants[0].keys[0].void_after = Some(last);
    assert!(list.check().is_err());
}

/// The log that had this seed ends, and the one that participant `place` keeps now goes on.
fn succeeds(list: &mut TrustList, place: usize, (origin, seed): (&str, u64), after: (&str, u64)) {
    use crate::checkpoint::{Checkpoint, SignedCheckpoint};
    let key = SecretKey::generate(origin, &SeededRandom::new(seed)).unwrap();
    let last = SignedCheckpoint::sign(Checkpoint::new(origin, crate::merkle::Tree::empty()).unwrap(), &key);
    let successor = VerifierKey::note(after.0, secret(after.1).public().clone());
    of(list, place).log = successor.clone();
    list.successions.push(Succession {
        country: list.country.clone(),
        log: VerifierKey::note(origin, key.public().clone()),
        last: String::from_utf8(last.unwrap().to_bytes()).unwrap(),
        successor,
        why: "lost".to_owned(),
        at: Timestamp::EPOCH,
    });
}

#[test]
fn a_log_ends_once_and_another_goes_on() {
    let ended = |l: &mut TrustList| succeeds(l, 0, ("a.jp/log", 1), ("a.jp/log/2", 20));
    check(ended, Ok(()));
    check(
        |l| {
            ended(l);
            succeeds(l, 0, ("a.jp/log/2", 20), ("a.jp/log/3", 30));
            assert_eq!(l.goes_on_as("a.jp/log"), "a.jp/log/3");
            assert_eq!(l.goes_on_as("b.jp/log"), "b.jp/log");
        },
        Ok(()),
    );
    check(|l| (ended(l), l.successions[0].country = "KR".parse().unwrap()).1, Err("of this country"));
    check(|l| (ended(l), of(l, 0).log = ledger("a.jp/log", 1).log).1, Err("keeps"));
    check(|l| (ended(l), of(l, 0).log = ledger("a.jp/log/2", 1).log).1, Err("keeps"));
    check(|l| (ended(l), of(l, 1).log = ledger("a.jp/log", 1).log).1, Err("two owners"));
    check(|l| (ended(l), l.successions.push(l.successions[0].clone())).1, Err("ordered"));
    check(
        |l| {
            ended(l);
            succeeds(l, 1, ("b.jp/log", 3), ("a.jp/log/2", 20));
        },
        Err("of one log"),
    );
    check(
        |l| {
            ended(l);
            succeeds(l, 0, ("a.jp/log/2", 20), ("a.jp/log", 1));
        },
        Err("goes on"),
    );
    check(|l| (ended(l), l.successions[0].last.clear()).1, Err(""));
}

/// LG-4: a list that names no ledger is written as it was before lists knew of any.
#[test]
fn a_list_without_a_ledger_says_nothing_of_one() {
    let mut list = list();
    let full = Signed::new(list.clone(), &[&secret(1)]).unwrap();
    assert_eq!(*Signed::<TrustList>::parse(full.bytes()).unwrap().body(), list);
    list.witnesses.clear();
    list.participants.iter_mut().for_each(|p| p.ledger = None);
    let signed = Signed::new(list.clone(), &[&secret(1)]).unwrap();
    let text = String::from_utf8_lossy(signed.bytes()).into_owned();
    assert!(!text.contains("ledger") && !text.contains("witness") && !text.contains("mirror"), "{text}");
    assert!(!text.contains("succession") && !text.contains("void"), "{text}");
    assert_eq!(*Signed::<TrustList>::parse(signed.bytes()).unwrap().body(), list);
}

fn check(change: impl Fn(&mut TrustList), expect: Result<(), &str>) {
    let mut list = list();
    change(&mut list);
    match (expect, list.check()) {
        (Ok(()), Ok(())) => {}
        (Err(why), Err(problem)) => assert!(format!("{problem:?}").contains(why), "{problem:?}"),
        (expect, got) => panic!("{got:?}, not {expect:?}"),
    }
}

fn of(list: &mut TrustList, place: usize) -> &mut ListedLedger {
    list.participants[place].ledger.as_mut().unwrap()
}

#[test]
fn a_ledger_is_read_whole_or_refused() {
    check(|_| (), Ok(()));
    check(|l| of(l, 0).mirror_url = Some("https://a.jp/mirror".to_owned()), Ok(()));
    for url in ["a.jp/log", "ftp://a.jp", "https://a.jp/", "https://a.jp/ x", "https://a.jp/\u{e9}"] {
        check(|l| of(l, 0).log_url = url.to_owned(), Err("absolute URL"));
        check(|l| of(l, 0).witness_url = url.to_owned(), Err("absolute URL"));
        check(|l| of(l, 0).mirror_url = Some(url.to_owned()), Err("absolute URL"));
        check(|l| l.witnesses[0].url = url.to_owned(), Err("absolute URL"));
        check(|l| l.witnesses[0].mirror_url = Some(url.to_owned()), Err("absolute URL"));
    }
    check(|l| of(l, 0).log_url = format!("https://{}", "a".repeat(300)), Err("absolute URL"));
    check(|l| of(l, 0).log = of(l, 0).witness.clone(), Err("type 1"));
    check(|l| of(l, 0).witness = of(l, 1).log.clone(), Err("type 4 or 6"));
    check(|l| of(l, 0).log = VerifierKey::note(&"a".repeat(201), secret(1).public().clone()), Err("200"));
    check(|l| l.witnesses[0].name = "Main".to_owned(), Err("lower-case"));
    check(|l| l.witnesses.push(witness("main", 8)), Err("ordered by name"));
    check(|l| l.witnesses = (0..33).map(|n| witness(&format!("w{n:02}"), 100 + n)).collect(), Err("32"));
}

#[test]
fn one_key_has_one_owner_and_one_origin_one_node() {
    check(|l| l.participants[1].ledger = Some(ledger("a.jp/log", 1)), Ok(()));
    check(|l| l.participants[1].ledger = Some(ledger("a.jp/log", 5)), Err("one origin"));
    check(
        |l| {
            l.participants[1].ledger = Some(ledger("a.jp/log", 5));
            l.participants[1].endpoint = l.participants[0].endpoint.clone();
        },
        Ok(()),
    );
    check(|l| l.participants[1].ledger = Some(ledger("b.jp/log", 1)), Err("two owners"));
    check(|l| of(l, 1).witness = of(l, 0).witness.clone(), Err("two owners"));
    check(|l| l.witnesses[0].key = of(l, 0).witness.clone(), Err("two owners"));
    let disguised = VerifierKey::cosignature("anchor.example.jp/w", secret(1).public().clone());
    check(|l| l.witnesses[0].key = disguised.clone(), Err("two owners"));
    check(
        |l| l.witnesses.push(ListedWitness { name: "more".to_owned(), ..witness("main", 7) }),
        Err("two owners"),
    );
    check(
        |l| {
            l.participants[1].ledger = Some(ledger("a.jp/log", 5));
            l.participants[0].removed = Some(Timestamp::EPOCH);
        },
        Ok(()),
    );
}
