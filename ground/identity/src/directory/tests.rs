//! What the directory keeps, refuses and shares between replicas, on SQLite and on PostgreSQL.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::testing::*;
use crate::view::Standing;
use corridor_base::{FixedClock, SeededRandom};
use corridor_storage::{ActPage, Database, Options};
use proptest::prelude::*;

const A: &str = "did:web:a.jp";
const OPERATOR: &str = "did:web:operator.jp";

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<FixedClock>,
    database: Database,
}

pub(crate) fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let database = Options::directory(dir.path()).database;
    World { dir, clock: Arc::new(FixedClock::at(start())), database }
}

/// One world on SQLite, and one on PostgreSQL where there is a server.
pub(crate) fn worlds() -> Vec<World> {
    let mut out = vec![world()];
    match std::env::var("CORRIDOR_TEST_POSTGRES").ok().filter(|url| !url.is_empty()) {
        Some(server) => out.push(World { database: Database::Postgres(database(&server)), ..world() }),
        None => println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)"),
    }
    out
}

/// A new, empty database.
fn database(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("identity_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let make = || {
        postgres::Client::connect(server, postgres::NoTls)?.batch_execute(&format!("CREATE DATABASE {name}"))
    };
    // The blocking client has a runtime of its own: not inside ours.
    std::thread::scope(|scope| scope.spawn(make).join().unwrap()).unwrap();
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(&name);
    url.into()
}

impl World {
    pub(crate) fn store(&self) -> Store {
        let random = Arc::new(SeededRandom::new(5));
        let options = Options { database: self.database.clone(), ..Options::directory(self.dir.path()) };
        Store::open(options, &[&crate::SCHEMA], self.clock.clone(), random).unwrap()
    }

    /// The store of another replica: one of its own on PostgreSQL, the same on SQLite.
    fn replica(&self, store: &Store) -> Store {
        match self.database {
            Database::Sqlite(_) => store.clone(),
            Database::Postgres(_) => self.store(),
        }
    }

    pub(crate) async fn directory(&self, store: &Store) -> Directory {
        let anchors = vec![anchor("JP", 1).0];
        let random = Arc::new(SeededRandom::new(6));
        Directory::load(store.clone(), did(OPERATOR), anchors, self.clock.clone(), random).await.unwrap()
    }
}

/// Sorted by kind: the clock stands still here, and acts of one millisecond have no order.
async fn acts(store: &Store) -> Vec<String> {
    let page = ActPage { limit: 100, ..ActPage::default() };
    let acts = store.acts(&did(OPERATOR), page).await.unwrap();
    let mut kinds: Vec<String> = acts.into_iter().map(|a| a.kind).collect();
    kinds.sort();
    kinds
}

#[tokio::test]
async fn what_is_accepted_is_in_use_recorded_and_there_after_a_restart() {
    for world in worlds() {
        let store = world.store();
        let directory = world.directory(&store).await;
        let now = start();
        let key = "did:web:a.jp#k1".parse().unwrap();
        assert_eq!(directory.key_at(&key, now, now).unwrap_err().code(), ErrorCode::TrustListMissing);
        let list = first("JP", vec![participant(A, 1)]);
        let accepted = directory.accept(list.bytes(), now).await.unwrap();
        assert!(
            matches!(&accepted, Accepted::List { number: 1, before: None, changes, .. } if changes.len() == 2),
            "{accepted:?}"
        );
        assert!(directory.key_at(&key, now, now).is_ok());
        assert_eq!(
            directory.accept(list.bytes(), now).await.unwrap(),
            Accepted::Held { digest: list.digest() }
        );
        assert_eq!(acts(&store).await, ["trust-list-accepted"]);
        let recognised = recognition(("JP", 1), ("KR", 1), now, now.plus(VALID));
        let kr = first("KR", vec![participant("did:web:b.kr", 2)]);
        let too_early = directory.accept(kr.bytes(), now).await.unwrap_err();
        assert_eq!(too_early.code(), ErrorCode::RecognitionMissing);
        assert!(matches!(
            directory.accept(recognised.bytes(), now).await.unwrap(),
            Accepted::Recognition { .. }
        ));
        assert!(matches!(directory.accept(recognised.bytes(), now).await.unwrap(), Accepted::Held { .. }));
        directory.accept(kr.bytes(), now).await.unwrap();
        assert_eq!(
            acts(&store).await,
            ["recognition-accepted", "trust-list-accepted", "trust-list-accepted"]
        );
        let again = world.directory(&store).await;
        assert_eq!(again.lists(now), directory.lists(now));
        assert_eq!(again.recognitions(now), directory.recognitions(now));
        assert_eq!(again.lists(now).iter().map(|l| l.standing).collect::<Vec<_>>(), [Standing::InForce; 2]);
    }
}

#[tokio::test]
async fn older_forked_and_strange_statements_are_refused_and_change_nothing() {
    for world in worlds() {
        let store = world.store();
        let directory = world.directory(&store).await;
        let one = first("JP", vec![]);
        let two = next(&one, vec![participant(A, 1)]);
        directory.accept(two.bytes(), start()).await.unwrap();
        let check = async |bytes: &[u8], expect: ErrorCode| {
            let problem = directory.accept(bytes, start()).await.unwrap_err();
            assert_eq!(problem.code(), expect, "{problem:?}");
            assert_eq!(directory.lists(start())[0].digest, two.digest());
        };
        check(one.bytes(), ErrorCode::TrustListOld).await;
        check(&two.bytes()[..two.bytes().len() - 9], ErrorCode::Malformed).await;
        check(b"", ErrorCode::Malformed).await;
        check(b"corridor/recognition/v1\n{}\n\n\xe2\x80\x94 a AAAAAAAA\n", ErrorCode::Malformed).await;
        check(first("US", vec![]).bytes(), ErrorCode::RecognitionMissing).await;
        check(
            recognition(("KR", 1), ("US", 1), start(), start().plus(VALID)).bytes(),
            ErrorCode::RecognitionInvalid,
        )
        .await;
        let fork = next(&one, vec![participant(A, 2)]);
        check(fork.bytes(), ErrorCode::TrustListInvalid).await;
        check(fork.bytes(), ErrorCode::TrustListInvalid).await;
        check(next(&fork, vec![]).bytes(), ErrorCode::TrustListInvalid).await;
        assert_eq!(acts(&store).await, ["trust-list-accepted", "trust-list-conflict-found"]);
        let evidence = |w: &Directory| match w.warnings(start()).as_slice() {
            [Warning::TwoLists(conflict)] => (conflict.number, conflict.digest),
            other => panic!("{other:?}"),
        };
        assert_eq!(evidence(&directory), (2, fork.digest()));
        assert_eq!(evidence(&world.directory(&store).await), (2, fork.digest()));
    }
}

#[tokio::test]
async fn another_list_under_an_old_number_is_evidence_too() {
    for world in worlds() {
        let store = world.store();
        let directory = world.directory(&store).await;
        let one = first("JP", vec![]);
        for list in [&one, &next(&one, vec![])] {
            directory.accept(list.bytes(), start()).await.unwrap();
        }
        let refused = async |list: &Signed<TrustList>| {
            directory.accept(list.bytes(), start()).await.unwrap_err().code()
        };
        assert_eq!(refused(&one).await, ErrorCode::TrustListOld);
        assert!(directory.warnings(start()).is_empty());
        assert_eq!(refused(&first("JP", vec![participant(A, 1)])).await, ErrorCode::TrustListInvalid);
        assert!(matches!(directory.warnings(start()).as_slice(), [Warning::TwoLists(c)] if c.number == 1));
    }
}

#[tokio::test]
async fn every_version_is_kept_and_the_one_of_then_is_found() {
    for world in worlds() {
        let store = world.store();
        let directory = world.directory(&store).await;
        let one = first("JP", vec![]);
        let two = next(&one, vec![participant(A, 1)]);
        directory.accept(one.bytes(), start()).await.unwrap();
        world.clock.advance(HOUR);
        directory.accept(two.bytes(), start()).await.unwrap();
        let jp = country("JP");
        let then = async |at| directory.list_in_use(&jp, at).await.unwrap().map(|l| l.number);
        assert_eq!(then(start().minus(Duration::from_secs(1))).await, None);
        assert_eq!(then(start()).await, Some(1));
        assert_eq!(then(start().plus(HOUR)).await, Some(2));
        assert_eq!(directory.versions(&jp).await.unwrap(), [1, 2]);
        let kept = directory.list(&jp, 1).await.unwrap().unwrap();
        assert_eq!((kept.bytes.as_slice(), kept.parse().unwrap().digest()), (one.bytes(), one.digest()));
        assert!(directory.list(&jp, 3).await.unwrap().is_none());
        assert!(directory.list(&country("KR"), 1).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_replica_sees_what_another_accepted() {
    for world in worlds() {
        let store = world.store();
        let (one, two) = (world.directory(&store).await, world.directory(&world.replica(&store)).await);
        let list = first("JP", vec![participant(A, 1)]);
        one.accept(list.bytes(), start()).await.unwrap();
        assert!(two.lists(start()).is_empty());
        assert!(two.refresh().await.unwrap());
        assert!(!two.refresh().await.unwrap());
        assert_eq!(two.lists(start()), one.lists(start()));
        // A replica that has not looked yet comes to the same result as one that has.
        let behind = world.directory(&world.replica(&store)).await;
        let newer = next(&list, vec![]);
        one.accept(newer.bytes(), start()).await.unwrap();
        assert_eq!(
            behind.accept(newer.bytes(), start()).await.unwrap(),
            Accepted::Held { digest: newer.digest() }
        );
        assert_eq!(acts(&store).await.len(), 2);
    }
}

#[tokio::test]
async fn two_who_accept_at_once_make_one_row_and_one_act() {
    for world in worlds() {
        let store = world.store();
        let (one, two) = (world.directory(&store).await, world.directory(&world.replica(&store)).await);
        let list = first("JP", vec![]);
        let (a, b) = tokio::join!(one.accept(list.bytes(), start()), two.accept(list.bytes(), start()));
        let new = [a.unwrap(), b.unwrap()].iter().filter(|a| matches!(a, Accepted::List { .. })).count();
        assert_eq!((new, acts(&store).await.len()), (1, 1));
    }
}

#[tokio::test]
async fn a_new_key_is_recorded_and_signs_once_the_list_pins_it() {
    for world in worlds() {
        let store = world.store();
        let directory = world.directory(&store).await;
        let keyring = Keyring::open_or_create(
            &world.dir.path().join("keys"),
            &did(OPERATOR),
            &*world.clock,
            &SeededRandom::new(3),
        )
        .unwrap();
        let made = directory.rotate_key(&keyring).await.unwrap();
        assert_eq!(acts(&store).await, ["key-rotated"]);
        let mut us = participant(OPERATOR, 1);
        us.keys = keyring
            .keys()
            .into_iter()
            .map(|k| corridor_proof::ListedKey {
                id: k.id,
                key: k.public,
                from: start(),
                until: None,
                void_after: None,
            })
            .collect();
        directory.accept(first("JP", vec![us]).bytes(), start()).await.unwrap();
        assert_eq!(keyring.activate(|id, key| directory.pins(id, key, start())).unwrap(), Some(made.id));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// The same promise as the view's, through the store: what was accepted once is never taken back.
    #[test]
    fn no_sequence_of_lists_moves_the_store_backwards(steps in proptest::collection::vec((1u64..5, 0u64..2, any::<bool>()), 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = world();
            let store = world.store();
            let directory = world.directory(&store).await;
            let mut newest: Option<(u64, Digest)> = None;
            for (number, variant, follows) in steps {
                let previous = newest.map(|n| n.1).filter(|_| follows).unwrap_or(Digest::of(b"another"));
                let list = body("JP", number, (number > 1).then_some(previous), vec![participant(A, variant)]);
                let signed = Signed::new(list, &[&anchor("JP", 1).1]).unwrap();
                if matches!(directory.accept(signed.bytes(), start()).await, Ok(Accepted::List { .. })) {
                    assert!(newest.is_none_or(|(held, _)| number > held));
                    newest = Some((number, signed.digest()));
                }
                let held = directory.lists(start()).first().map(|l| (l.number, l.digest));
                assert_eq!(held, newest);
            }
            store.close().await;
        });
    }
}
