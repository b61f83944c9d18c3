//! The judgement, reason by reason: every refusal of a key, a participant, a list, a recognition.

use std::time::Duration;

use super::*;
use crate::testing::*;
use corridor_proof::{ListedKey, SecretKey};
use proptest::prelude::*;

const A: &str = "did:web:a.jp";
const B: &str = "did:web:b.kr";

fn jp() -> Signed<TrustList> {
    first("JP", vec![participant(A, 1)])
}

fn kr() -> Signed<TrustList> {
    first("KR", vec![participant(B, 2)])
}

fn recognised() -> Vec<Signed<Recognition>> {
    vec![recognition(("JP", 1), ("KR", 1), start(), start().plus(VALID * 12))]
}

fn view(recognitions: Vec<Signed<Recognition>>, lists: Vec<Signed<TrustList>>) -> View {
    let lists = lists.into_iter().map(|l| (l, start())).collect();
    View::build(vec![anchor("JP", 1).0], recognitions, lists, Vec::new())
}

fn whole() -> View {
    view(recognised(), vec![jp(), kr()])
}

/// What the view says of a key now: the code of the refusal, or nothing.
fn judged(view: &View, key: &str, at: Timestamp, now: Timestamp) -> Option<Problem> {
    view.key_at(&key.parse().unwrap(), at, now).err()
}

#[track_caller]
fn check(view: &View, key: &str, now: Timestamp, expect: Option<(ErrorCode, &[(&str, &str)])>) {
    let got = judged(view, key, now, now);
    assert_eq!(got.as_ref().map(Problem::code), expect.map(|e| e.0), "{got:?}");
    for (name, value) in expect.map(|e| e.1).unwrap_or_default() {
        assert_eq!(got.as_ref().and_then(|p| p.arg(name)), Some(*value), "{got:?}");
    }
}

const A1: &str = "did:web:a.jp#k1";
const B1: &str = "did:web:b.kr#k1";

#[test]
fn a_key_is_known_or_refused_by_the_exact_reason() {
    let now = start();
    check(&whole(), A1, now, None);
    check(&whole(), B1, now, None);
    assert_eq!(whole().key_at(&B1.parse().unwrap(), now, now).unwrap(), key(B, "k1", 2).key);
    check(
        &whole(),
        "did:web:c.jp#k1",
        now,
        Some((ErrorCode::ParticipantUnknown, &[("who", "did:web:c.jp")])),
    );
    check(&whole(), "did:web:a.jp#k2", now, Some((ErrorCode::KeyUnknown, &[("key", "did:web:a.jp#k2")])));
    check(&view(vec![], vec![]), A1, now, Some((ErrorCode::TrustListMissing, &[("country", "JP")])));
    check(
        &view(vec![], vec![jp(), kr()]),
        B1,
        now,
        Some((ErrorCode::RecognitionMissing, &[("country", "KR")])),
    );
    let before = now.minus(HOUR);
    check(
        &view(vec![recognition(("JP", 1), ("KR", 1), before, now.plus(VALID))], vec![jp(), kr()]),
        B1,
        before,
        Some((ErrorCode::KeyNotValid, &[("key", B1), ("at", "2026-11-21T23:00:00.000Z")])),
    );
}

#[test]
fn a_removed_participant_does_nothing_new_and_stays_judged_for_what_it_did() {
    let removed = start().plus(HOUR);
    let mut gone = participant(A, 1);
    (gone.removed, gone.keys[0].until) = (Some(removed), Some(removed));
    let view = view(vec![], vec![first("JP", vec![gone])]);
    check(&view, A1, start(), None);
    check(&view, A1, removed, Some((ErrorCode::ParticipantRemoved, &[("who", A), ("list", "1")])));
    assert!(judged(&view, A1, start(), removed.plus(HOUR)).is_none(), "recorded before");
    assert_eq!(view.participant(&did(A), removed).unwrap_err().code(), ErrorCode::ParticipantRemoved);
    assert_eq!(view.participant(&did(A), start()).unwrap().country.as_str(), "JP");
}

#[test]
fn a_replaced_key_is_good_for_what_was_recorded_in_its_time() {
    let turn = start().plus(HOUR);
    let mut rotated = participant(A, 1);
    rotated.keys[0].until = Some(turn);
    rotated.keys.push(ListedKey { from: turn, ..key(A, "k2", 3) });
    let view = view(vec![], vec![first("JP", vec![rotated])]);
    check(&view, A1, turn.minus(Duration::from_millis(1)), None);
    check(&view, A1, turn, Some((ErrorCode::KeyNotValid, &[("key", A1)])));
    check(&view, "did:web:a.jp#k2", turn, None);
    assert!(judged(&view, A1, start(), turn.plus(HOUR)).is_none());
    assert!(judged(&view, "did:web:a.jp#k2", start(), turn.plus(HOUR)).is_some(), "not valid yet then");
    assert!(view.pins(&A1.parse().unwrap(), &key(A, "k1", 1).key, start()));
    assert!(!view.pins(&A1.parse().unwrap(), &key(A, "k1", 9).key, start()), "another key of that name");
}

#[test]
fn an_expired_list_is_used_through_its_grace_and_then_fails_closed() {
    let expired = start().plus(VALID);
    let closed = expired.plus(HOUR * GRACE_HOURS);
    let view = view(vec![], vec![jp()]);
    let standing = |now| view.lists(now)[0].standing;
    let last = Duration::from_millis(1);
    check(&view, A1, expired.minus(last), None);
    assert!(view.warnings(expired.minus(last)).is_empty());
    check(&view, A1, expired, None);
    assert!(
        matches!(view.warnings(expired).as_slice(), [Warning::ListInGrace { closes, .. }] if *closes == closed)
    );
    assert_eq!(
        (standing(start()), standing(expired), standing(closed)),
        (Standing::InForce, Standing::Grace, Standing::Closed)
    );
    check(&view, A1, closed.minus(last), None);
    let at = expired.to_string();
    check(
        &view,
        A1,
        closed,
        Some((ErrorCode::TrustListExpired, &[("country", "JP"), ("list", "1"), ("at", &at)])),
    );
    assert!(matches!(view.warnings(closed).as_slice(), [Warning::ListClosed { .. }]));
    assert!(judged(&view, A1, start(), start()).is_none(), "what was recorded then is judged as it was then");
    assert!(judged(&view, A1, start(), closed).is_some(), "unless the list must stand now");
    assert_eq!(view.participant(&did(A), closed).unwrap_err().code(), ErrorCode::TrustListExpired);
}

#[test]
fn a_recognition_counts_between_its_dates_and_only_with_both_signatures() {
    let (from, until) = (start().plus(HOUR), start().plus(HOUR * 5));
    let dated = view(vec![recognition(("JP", 1), ("KR", 1), from, until)], vec![jp(), kr()]);
    check(&dated, B1, start(), Some((ErrorCode::RecognitionMissing, &[("country", "KR")])));
    check(&dated, B1, from, None);
    check(&dated, B1, until, Some((ErrorCode::RecognitionMissing, &[("country", "KR")])));
    assert!(dated.warnings(from).iter().any(|w| matches!(w, Warning::RecognitionEnds { .. })));
    let weigh = |signed: &Signed<Recognition>| whole().weigh_recognition(signed, start());
    assert_eq!(weigh(&recognised()[0]).unwrap(), Weighed::Held);
    let body = recognition(("JP", 1), ("US", 1), start(), until).body().clone();
    for signer in [anchor("JP", 1).1, anchor("US", 1).1, anchor("KR", 1).1] {
        let one = Signed::new(body.clone(), &[&signer]).unwrap();
        assert_eq!(weigh(&one).unwrap_err().code(), ErrorCode::RecognitionInvalid);
    }
    let strangers = recognition(("KR", 1), ("US", 1), start(), until);
    assert!(
        weigh(&strangers).unwrap_err().arg("why").unwrap().contains("pinned"),
        "recognition does not travel"
    );
    let other_key = recognition(("JP", 2), ("US", 1), start(), until);
    assert!(weigh(&other_key).is_err(), "the country alone does not make an anchor");
    let over = recognition(("JP", 1), ("US", 1), start().minus(HOUR), start());
    assert!(weigh(&over).unwrap_err().arg("why").unwrap().contains("ended"));
}

#[test]
fn a_later_recognition_replaces_an_earlier_one() {
    let renewed = recognition(("JP", 1), ("KR", 2), start().plus(HOUR), start().plus(HOUR * 2));
    let view = view([recognised(), vec![renewed]].concat(), vec![jp(), kr()]);
    check(&view, B1, start(), None);
    // Another anchor speaks for KR now: the list of the first does not count any more,
    check(&view, B1, start().plus(HOUR), Some((ErrorCode::RecognitionMissing, &[])));
    assert!(matches!(
        view.warnings(start().plus(HOUR)).as_slice(),
        [Warning::RecognitionEnds { .. }, Warning::ListUnrecognised { .. }]
    ));
    // and the first does not come back when the second has ended.
    check(&view, B1, start().plus(HOUR * 3), Some((ErrorCode::RecognitionMissing, &[])));
    assert_eq!(
        view.recognitions(start().plus(HOUR)).iter().map(|r| r.in_force).collect::<Vec<_>>(),
        [false, true]
    );
}

#[test]
fn a_foreign_list_cannot_speak_for_our_own_participants() {
    let rogue = first("KR", vec![participant(A, 9), participant(B, 2)]);
    let view = view(recognised(), vec![jp(), rogue]);
    assert_eq!(view.key_at(&A1.parse().unwrap(), start(), start()).unwrap(), key(A, "k1", 1).key);
    check(&view, B1, start(), None);
    let expect = Warning::NamedTwice { who: did(A), countries: vec![country("JP"), country("KR")] };
    assert_eq!(view.warnings(start()), [expect]);
    let closed = start().plus(VALID + HOUR * GRACE_HOURS);
    check(&view, A1, closed, Some((ErrorCode::TrustListExpired, &[("country", "JP")])));
}

#[test]
fn two_foreign_lists_that_name_one_participant_cancel_each_other_out() {
    let us = recognition(("JP", 1), ("US", 1), start(), start().plus(VALID));
    let lists = |us_has: Vec<ListedParticipant>| vec![jp(), kr(), first("US", us_has)];
    let both = view([recognised(), vec![us.clone()]].concat(), lists(vec![participant(B, 9)]));
    check(&both, B1, start(), Some((ErrorCode::TrustListInvalid, &[])));
    let mut moved = participant(B, 9);
    moved.removed = Some(start());
    check(&view([recognised(), vec![us]].concat(), lists(vec![moved])), B1, start(), None);
    check(&view(recognised(), lists(vec![participant(B, 9)])), B1, start(), None);
}

#[test]
fn a_list_is_weighed_by_signature_and_number() {
    let held = next(&jp(), vec![]);
    let view = view(recognised(), vec![held.clone(), kr()]);
    let check = |signed: &Signed<TrustList>, expect: Result<Weighed, ErrorCode>| {
        assert_eq!(view.weigh_list(signed, start()).map_err(|p| p.code()), expect);
    };
    let signed = |list: TrustList, key: &SecretKey| Signed::new(list, &[key]).unwrap();
    let (ours, theirs) = (anchor("JP", 1).1, anchor("KR", 1).1);
    check(&held, Ok(Weighed::Held));
    check(&next(&held, vec![]), Ok(Weighed::New));
    check(&jp(), Ok(Weighed::Older));
    check(&next(&jp(), vec![participant(A, 1)]), Ok(Weighed::Conflicting));
    check(&next(&next(&jp(), vec![participant(A, 1)]), vec![]), Err(ErrorCode::TrustListInvalid));
    check(&signed(body("JP", 9, Some(Digest::of(b"8")), vec![]), &ours), Ok(Weighed::New));
    check(&signed(body("JP", 3, Some(held.digest()), vec![]), &theirs), Err(ErrorCode::TrustListInvalid));
    check(
        &signed(body("JP", 3, Some(held.digest()), vec![]), &anchor("JP", 2).1),
        Err(ErrorCode::TrustListInvalid),
    );
    check(&signed(body("US", 1, None, vec![]), &anchor("US", 1).1), Err(ErrorCode::RecognitionMissing));
    check(
        &signed(body("JP", u64::MAX, Some(held.digest()), vec![]), &ours),
        Err(ErrorCode::TrustListInvalid),
    );
}

#[test]
fn what_is_missing_is_warned_about() {
    let view = view(recognised(), vec![]);
    let missing = |code| Warning::ListMissing { country: country(code) };
    assert_eq!(view.warnings(start()), [missing("JP"), missing("KR")]);
    assert!(view.all().is_empty());
    assert_eq!(whole().all().len(), 2);
}

#[test]
fn a_changed_pin_leaves_what_the_old_anchor_signed_without_a_voice() {
    let view =
        View::build(vec![anchor("JP", 2).0], recognised(), vec![(jp(), start()), (kr(), start())], vec![]);
    check(&view, A1, start(), Some((ErrorCode::TrustListMissing, &[("country", "JP")])));
    check(&view, B1, start(), Some((ErrorCode::RecognitionMissing, &[("country", "KR")])));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_list_with_any_altered_byte_is_refused(position in 0usize..5000, bit in 0u8..8) {
        let mut bytes = next(&jp(), vec![participant(A, 1)]).bytes().to_vec();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        if let Ok(altered) = Signed::<TrustList>::parse(&bytes) {
            prop_assert!(whole().weigh_list(&altered, start()).is_err());
        }
    }

    #[test]
    fn a_recognition_with_any_altered_byte_is_refused(position in 0usize..5000, bit in 0u8..8) {
        let mut bytes = recognised()[0].bytes().to_vec();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        if let Ok(altered) = Signed::<Recognition>::parse(&bytes) {
            prop_assert!(view(vec![], vec![]).weigh_recognition(&altered, start()).is_err());
        }
    }

    /// Lists in any order, of two countries, honest and forked: no country ever goes back, and one
    /// number never means two lists.
    #[test]
    fn no_sequence_of_lists_moves_a_country_backwards(steps in proptest::collection::vec((0usize..2, 1u64..5, 0u64..3, any::<bool>()), 1..12)) {
        let mut held: Vec<Option<Signed<TrustList>>> = vec![None, None];
        let mut seen: HashMap<(usize, u64), Digest> = HashMap::new();
        for (who, number, variant, follows) in steps {
            let code = ["JP", "KR"][who];
            let previous = match (&held[who], follows) {
                _ if number == 1 => None,
                (Some(last), true) => Some(last.digest()),
                _ => Some(Digest::of(b"some other list")),
            };
            let list = body(code, number, previous, vec![participant(A, variant)]);
            let signed = Signed::new(list, &[&anchor(code, 1).1]).unwrap();
            let view = view(recognised(), held.iter().flatten().cloned().collect());
            let before = held[who].as_ref().map_or(0, |l| l.body().number);
            if view.weigh_list(&signed, start()).is_ok_and(|w| w == Weighed::New) {
                prop_assert!(number > before);
                prop_assert!(seen.insert((who, number), signed.digest()).is_none());
                if number == before + 1 && number > 1 {
                    prop_assert_eq!(previous, held[who].as_ref().map(Signed::digest));
                }
                held[who] = Some(signed);
            }
        }
    }
}

/// A log ends by the word of its own country's anchor, under the key that it had.
#[test]
fn nobody_ends_the_log_of_another_country() {
    use corridor_proof::{Checkpoint, ListedLedger, SignedCheckpoint, Succession, VerifierKey};
    let with = |who: &str, seed: u64, ledger: ListedLedger| ListedParticipant {
        ledger: Some(ledger),
        ..participant(who, seed)
    };
    let ended = |code: &str, origin: &str, seed: u64, successor: &ListedLedger| {
        let key = secret(origin, seed);
        let tree = corridor_proof::merkle::Tree { size: 5, root: corridor_base::Digest::of(b"r") };
        let last = SignedCheckpoint::sign(Checkpoint::new(origin, tree).unwrap(), &key).unwrap();
        Succession {
            country: country(code),
            log: VerifierKey::note(origin, corridor_proof::Signer::public(&key).clone()),
            last: String::from_utf8(last.to_bytes()).unwrap(),
            successor: successor.log.clone(),
            why: "lost".to_owned(),
            at: start(),
        }
    };
    let second = |code: &str, participants, successions| {
        let mut list = body(code, 2, None, participants);
        list.previous = Some(first(code, Vec::new()).digest());
        list.number = 3;
        list.successions = successions;
        Signed::new(list, &[&anchor(code, 1).1]).unwrap()
    };
    let recognised = recognition(("JP", 1), ("KR", 1), start(), start().plus(VALID));
    let jp = first("JP", vec![with(A, 1, ledger("a.jp/log", 1))]);
    let kr = first("KR", vec![with(B, 2, ledger("b.kr/log", 5))]);
    let held = view(vec![recognised.clone()], vec![jp, kr.clone()]);
    let check =
        |list: &Signed<TrustList>, expect: Option<&str>| match (held.weigh_list(list, start()), expect) {
            (Ok(weighed), None) => assert_eq!(weighed, Weighed::New),
            (Err(problem), Some(why)) => {
                assert_eq!(problem.code(), ErrorCode::TrustListInvalid);
                assert!(problem.arg("why").unwrap().contains(why), "{problem:?}");
            }
            (found, expect) => panic!("{found:?}, not {expect:?}"),
        };
    let (next_a, next_b) = (ledger("a.jp/log/2", 11), ledger("b.kr/log/2", 15));
    let good = second("JP", vec![with(A, 1, next_a.clone())], vec![ended("JP", "a.jp/log", 1, &next_a)]);
    check(&good, None);
    // The log of the other country, by origin or by key; our own under another key.
    let foreign = second("JP", vec![with(A, 1, next_b.clone())], vec![ended("JP", "b.kr/log", 5, &next_b)]);
    check(&foreign, Some("which KR vouches for"));
    let stolen = second("JP", vec![with(A, 1, next_b.clone())], vec![ended("JP", "b.kr/log", 7, &next_b)]);
    check(&stolen, Some("which KR vouches for"));
    let other = second("JP", vec![with(A, 1, next_a.clone())], vec![ended("JP", "a.jp/log", 9, &next_a)]);
    check(&other, Some("with another key"));
    // In the policy both count, run by one operator, so that its own witness never does.
    let view = view(vec![recognised], vec![good, kr]);
    let policy = view.policy(start()).unwrap();
    let operators: Vec<_> = ["a.jp/log", "a.jp/log/2"]
        .map(|origin| policy.logs_of(origin).next().unwrap().operator.clone().unwrap().name)
        .into();
    assert_eq!(operators, ["a.jp/log/2", "a.jp/log/2"]);
    let end = policy.ended_log("a.jp/log").unwrap();
    assert_eq!((end.last.size, end.successor.as_str()), (5, "a.jp/log/2"));
    assert!(view.succession_of(&ledger("a.jp/log", 1).log, start()).is_some());
    assert!(view.succession_of(&ledger("a.jp/log", 9).log, start()).is_none());
    let text = view.policy_text(start(), Some("a.jp/log"));
    assert!(!text.contains("witness a.jp/log"), "{text}");
}
