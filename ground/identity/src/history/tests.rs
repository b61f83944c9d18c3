//! What `trust at` answers, against a history that was lived through.

use std::sync::Arc;
use std::time::Duration;

use corridor_base::ErrorCode;
use corridor_proof::ListedParticipant;

use super::*;
use crate::directory::tests::{World, world, worlds};
use crate::testing::*;

const A: &str = "did:web:a.jp";
const MINUTE: Duration = Duration::from_secs(60);
const OPERATOR: &str = "did:web:operator.jp";

/// `k1` of `did:web:a.jp#k1`.
fn short(id: &corridor_base::KeyId) -> &str {
    id.as_str().rsplit('#').next().unwrap()
}

#[tokio::test]
async fn every_instant_is_answered_as_it_was_with_the_acts_that_say_so() {
    for world in worlds() {
        live_through(&world).await;
    }
}

async fn live_through(world: &World) {
    let store = world.store();
    let directory = world.directory(&store).await;
    let t0 = start();
    let one =
        first("JP", vec![ListedParticipant { ledger: Some(ledger("a.jp/log", 1)), ..participant(A, 1) }]);
    world.clock.set(t0.plus(HOUR));
    directory.accept(one.bytes(), t0.plus(HOUR)).await.unwrap();
    let recognised = recognition(("JP", 1), ("KR", 1), t0, t0.plus(VALID));
    world.clock.set(t0.plus(HOUR * 2));
    directory.accept(recognised.bytes(), t0.plus(HOUR * 2)).await.unwrap();
    // k1 is replaced, with effect from before the list came: the key was stolen.
    let mut rotated = participant(A, 1);
    rotated.keys[0].until = Some(t0.plus(HOUR));
    rotated.keys.push(key(A, "k2", 2));
    let two = next(&one, vec![rotated]);
    world.clock.set(t0.plus(HOUR * 3));
    directory.accept(two.bytes(), t0.plus(HOUR * 3)).await.unwrap();

    let (who, us) = (did(A), did(OPERATOR));
    let before = directory.as_of(t0, None, &us).await.unwrap();
    assert_eq!((before.lists.len(), before.recognitions.len()), (0, 0));
    let unknown = directory.as_of(t0, Some(&who), &us).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::TrustListMissing);

    let then = directory.as_of(t0.plus(HOUR * 2), Some(&who), &us).await.unwrap();
    assert_eq!((then.lists[0].list.number, then.lists[0].list.digest), (1, one.digest()));
    assert_eq!(then.recognitions[0].recognition.digest, recognised.digest());
    assert!(then.recognitions[0].recognition.in_force);
    let participant = then.participant.unwrap();
    assert_eq!(participant.ledger.unwrap().origin(), "a.jp/log");
    assert_eq!(participant.keys.iter().map(|k| (short(&k.id), k.valid)).collect::<Vec<_>>(), [("k1", true)]);

    let now = directory.as_of(t0.plus(HOUR * 3), Some(&who), &us).await.unwrap();
    assert_eq!(now.lists[0].list.number, 2);
    let keys = now.participant.unwrap().keys;
    assert_eq!(
        keys.iter().map(|k| (short(&k.id), k.valid)).collect::<Vec<_>>(),
        [("k1", false), ("k2", true)]
    );

    // Each act says what it is named for, and is another one for each list.
    let acts = [then.lists[0].act, then.recognitions[0].act, now.lists[0].act];
    let digests = [one.digest(), recognised.digest(), two.digest()];
    for (act, digest) in acts.iter().zip(digests) {
        let row = store.act(&us, act.unwrap()).await.unwrap().unwrap();
        let opening: Opening = serde_json::from_slice(&row.opening.unwrap()).unwrap();
        assert_eq!(opening.fields["statement"], digest.to_string());
    }

    // ID-1: by what was known when it was recorded, or by what is known now.
    let (key, recorded) = (did(A).key("k1").unwrap(), t0.plus(HOUR * 2));
    assert!(directory.key_recorded(&key, &Recorded::at(recorded)).await.is_ok());
    let later = directory.key_at(&key, recorded, t0.plus(HOUR * 3)).unwrap_err();
    assert_eq!(later.code(), ErrorCode::KeyNotValid);
    // A third list names the leaf after which the stolen key is void.
    let mut revoked = crate::testing::participant(A, 1);
    revoked.keys[0].until = Some(t0.plus(HOUR));
    revoked.keys[0].void_after = Some(LeafOf { log: "a.jp/log".to_owned(), leaf: 7 });
    revoked.keys.push(crate::testing::key(A, "k2", 2));
    let three = crate::testing::next(&two, vec![revoked]);
    world.clock.set(t0.plus(HOUR * 4));
    directory.accept(three.bytes(), t0.plus(HOUR * 4)).await.unwrap();
    for (log, leaf, good) in
        [("a.jp/log", 3, true), ("a.jp/log", 7, true), ("a.jp/log", 8, false), ("b.kr/log", 8, true)]
    {
        let at = Recorded { at: recorded, leaf: Some(LeafOf { log: log.to_owned(), leaf }) };
        assert_eq!(directory.key_recorded(&key, &at).await.is_ok(), good, "{at:?}");
        let newest = directory.view().key_for(&key, &at, t0.plus(HOUR * 4)).is_ok();
        assert_eq!(newest, good && log == "a.jp/log", "{at:?}");
    }
    // A picture of the past is made once, however many come after it; another instant may have the same one.
    let once = directory.view_at(recorded).await.unwrap();
    for (at, same) in [(recorded, true), (t0.plus(HOUR * 2 + MINUTE), true), (t0.plus(HOUR * 3), false)] {
        assert_eq!(Arc::ptr_eq(&once, &directory.view_at(at).await.unwrap()), same, "{at}");
    }
    // The log has left the list, and counts for what was signed while it was there.
    let now = t0.plus(HOUR * 3);
    assert_eq!(directory.policy(now).unwrap().logs().len(), 0);
    assert_eq!(directory.policy_at(recorded).await.unwrap().logs().len(), 1);
}

#[tokio::test]
async fn our_own_keys_come_with_the_acts_that_made_them() {
    let world = world();
    let store = world.store();
    let directory = world.directory(&store).await;
    let random = corridor_base::SeededRandom::new(9);
    let all = world.dir.path().join("keys");
    let keyring = crate::Keyring::open_or_create(&all, &did(A), &*world.clock, &random).unwrap();
    directory.rotate_key(&keyring).await.unwrap();
    let pin = |k: crate::KeyRecord| corridor_proof::ListedKey {
        id: k.id,
        key: k.public,
        from: start(),
        until: None,
        void_after: None,
    };
    let keys = keyring.keys().into_iter().map(pin).collect();
    let list = first("JP", vec![ListedParticipant { keys, ..participant(A, 1) }]);
    directory.accept(list.bytes(), start()).await.unwrap();
    let acts = async |us: &str| {
        let found = directory.as_of(start(), Some(&did(A)), &did(us)).await.unwrap();
        found.participant.unwrap().keys.iter().map(|k| k.act.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(acts(A).await, [false, true], "k2 was made by a rotation; nobody recorded the birth");
    assert_eq!(acts(OPERATOR).await, [false, false], "another participant's acts stay its own (PA-1)");
}

#[tokio::test]
async fn a_policy_is_derived_again_when_a_list_comes_or_a_date_passes() {
    let world = world();
    let store = world.store();
    let directory = world.directory(&store).await;
    let now = start();
    let empty = directory.policy(now).unwrap();
    assert!(std::sync::Arc::ptr_eq(&empty, &directory.policy(now.plus(HOUR)).unwrap()));
    let gone = ListedParticipant {
        ledger: Some(ledger("a.jp/log", 1)),
        removed: Some(now.plus(HOUR)),
        ..participant(A, 1)
    };
    directory.accept(first("JP", vec![gone]).bytes(), now).await.unwrap();
    let with = directory.policy(now).unwrap();
    assert_eq!((empty.logs().len(), with.logs().len()), (0, 1));
    assert!(std::sync::Arc::ptr_eq(&with, &directory.policy(now.plus(HOUR / 2)).unwrap()));
    assert_eq!(directory.policy(now.plus(HOUR)).unwrap().logs().len(), 0);
    assert_eq!(directory.policy(now).unwrap().logs().len(), 1, "a clock that goes back");
}
