//! A log and its mirrors: what is pushed is what the log would serve, and witnesses are shown nothing
//! sooner than a mirror holds it, as long as there is hope.

use corridor_base::FixedClock;
use corridor_proof::tile::Kind;
use corridor_storage::Store;

use super::*;
use crate::edge::log_router;
use crate::log::tests::{Place, add_fast, grow, place};
use crate::mirror::tests::mirror;
use crate::mirror::{Mirror, Puller, router};
use crate::witness::KnownLog;
use crate::witness::testing::{Ground, Sites, ground};

struct World {
    _place: Place,
    _store: Store,
    log: Log,
    sites: Arc<Sites>,
    mirrors: Vec<(Ground, Mirror)>,
    known: KnownLog,
    clock: Arc<FixedClock>,
    pusher: Pusher,
}

/// A log, and so many mirrors at `https://m0.example`, `https://m1.example`, …
async fn world(mirrors: usize) -> World {
    let place = place();
    let store = place.store();
    let log = Log::open(place.parts(&store, "raw")).await.unwrap();
    let known = KnownLog { key: log.key(), url: Some("https://log.example/".parse().unwrap()) };
    let sites = Arc::new(Sites::default());
    sites.route("log.example", log_router(log.clone()));
    let mut all = Vec::new();
    for number in 0..mirrors {
        let ground = ground();
        let mirror = mirror(&ground, vec![known.clone()]).await;
        sites.route(&format!("m{number}.example"), router(mirror.clone()));
        all.push((ground, mirror));
    }
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(1_795_339_500_000)));
    let pusher = Pusher::new(PushParts {
        log: log.clone(),
        mirrors: Arc::new(move || Ok((0..mirrors).map(|n| format!("https://m{n}.example")).collect())),
        link: sites.clone(),
        clock: clock.clone(),
        patience: PushPatience::default(),
    });
    World { _place: place, _store: store, log, sites, mirrors: all, known, clock, pusher }
}

impl World {
    async fn grow(&self, by: u64) -> u64 {
        add_fast(&self.log, by).await;
        grow(&self.log).await.tree().size
    }

    async fn published(&self) -> u64 {
        self.log.public().await.unwrap().map_or(0, |signed| signed.tree().size)
    }

    async fn shown(&self) -> u64 {
        Gathered::latest(&self.pusher).await.unwrap().map_or(0, |signed| signed.tree().size)
    }

    async fn held(&self, mirror: usize) -> u64 {
        self.mirrors[mirror].1.standing(self.log.origin()).await.unwrap().size()
    }

    /// Every tile of the copy is the log's own.
    async fn check_copy(&self, mirror: usize) {
        let standing = self.mirrors[mirror].1.standing(self.log.origin()).await.unwrap();
        let size = self.log.latest().await.unwrap().unwrap().tree().size;
        assert_eq!((standing.size(), standing.next), (size, size));
        for tile in corridor_proof::tile::between(0, size) {
            let copy = self.mirrors[mirror].1.tile(self.log.origin(), tile).await.unwrap();
            assert_eq!(copy, self.log.tile_bytes(tile).await.unwrap(), "{tile}");
        }
    }
}

#[tokio::test]
async fn what_is_pushed_is_what_the_log_serves() {
    let world = world(2).await;
    for by in [1, 1, 253, 1, 1, 400, 5000, 3] {
        let size = world.grow(by).await;
        assert!(world.shown().await < size);
        // What nobody else holds would be a fork to its readers, were the disk lost now.
        assert!(world.published().await < size);
        let last =
            corridor_proof::tile::between(0, size).filter(|t| t.kind() == Kind::Entries).last().unwrap();
        assert_eq!(world.log.tile_bytes(last).await.unwrap(), None, "{last}");
        world.pusher.round().await.unwrap();
        assert_eq!((world.shown().await, world.published().await), (size, size));
        world.check_copy(0).await;
        world.check_copy(1).await;
    }
    assert!(!world.pusher.copies().lag());
    // As after a restart: it asks where the mirrors stand.
    let again = Pusher::new(PushParts {
        log: world.log.clone(),
        mirrors: Arc::new(|| Ok(vec!["https://m0.example".to_owned()])),
        link: world.sites.clone(),
        clock: world.clock.clone(),
        patience: PushPatience::default(),
    });
    again.round().await.unwrap();
    assert_eq!(again.copies().copied, world.grow(0).await);
    let size = world.grow(10).await;
    again.round().await.unwrap();
    assert_eq!(Gathered::latest(&again).await.unwrap().unwrap().tree().size, size);
    world.check_copy(0).await;
}

#[tokio::test]
async fn one_mirror_is_enough_and_the_other_catches_up() {
    let world = world(2).await;
    world.sites.deaf.lock().unwrap().insert("m1.example".to_owned());
    for _ in 0..4 {
        let size = world.grow(20).await;
        world.pusher.round().await.unwrap();
        assert_eq!((world.shown().await, world.held(0).await, world.held(1).await), (size, size, 0));
    }
    let copies = world.pusher.copies();
    assert!(!copies.lag() && copies.mirrors["https://m1.example"].failures.last_error.is_some());
    world.sites.deaf.lock().unwrap().clear();
    world.clock.advance(Duration::from_secs(60));
    world.pusher.round().await.unwrap();
    world.check_copy(1).await;
}

/// Receipts go on (LG-2), and it is said that they have no copy.
#[tokio::test]
async fn without_any_mirror_witnesses_are_shown_it_all_the_same() {
    let world = world(1).await;
    let first = world.grow(5).await;
    world.pusher.round().await.unwrap();
    world.sites.deaf.lock().unwrap().insert("m0.example".to_owned());
    let size = world.grow(5).await;
    world.pusher.round().await.unwrap();
    assert_eq!(world.shown().await, first, "one failure is not the end of hope");
    assert_eq!(world.published().await, first);
    world.clock.advance(Duration::from_secs(1));
    world.pusher.round().await.unwrap();
    assert_eq!((world.shown().await, world.published().await), (size, size));
    assert!(world.pusher.copies().lag());
    Gathered::cosigned(&world.pusher, size, Vec::new(), false).await.unwrap();
    assert_eq!(world.log.checkpoints(size, 1).await.unwrap()[0].copied, Some(false));
    // From now on nothing waits, until the mirror is back.
    let size = world.grow(5).await;
    assert_eq!(world.shown().await, size);
    world.sites.deaf.lock().unwrap().clear();
    world.clock.advance(Duration::from_secs(60));
    world.pusher.round().await.unwrap();
    assert!(!world.pusher.copies().lag());
    Gathered::cosigned(&world.pusher, size, Vec::new(), false).await.unwrap();
    assert_eq!(world.log.checkpoints(size, 1).await.unwrap()[0].copied, Some(true));
    let size = world.grow(5).await;
    assert!(world.shown().await < size);
}

/// A mirror that takes its time holds receipts up so long and no longer.
#[tokio::test]
async fn a_checkpoint_waits_so_long_and_no_longer() {
    let world = world(1).await;
    let size = world.grow(5).await;
    assert_eq!(world.shown().await, 0);
    world.clock.advance(PushPatience::default().wait - Duration::from_millis(1));
    assert_eq!(world.shown().await, 0);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.shown().await, size);
    // What was shown is never taken back.
    world.pusher.round().await.unwrap();
    world.grow(1).await;
    assert_eq!(world.shown().await, size);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pushing_and_pulling_at_once_make_one_copy() {
    let world = world(1).await;
    let puller = Puller::new(world.mirrors[0].1.clone(), world.sites.clone());
    for by in [10, 300, 5, 900, 1] {
        world.grow(by).await;
        let (_, _) = tokio::join!(world.pusher.round(), puller.pull(&world.known));
        while world.held(0).await < world.log.latest().await.unwrap().unwrap().tree().size {
            world.clock.advance(Duration::from_secs(60));
            world.pusher.round().await.unwrap();
        }
        world.check_copy(0).await;
    }
}

#[tokio::test]
async fn a_mirror_that_answers_nonsense_is_left_alone_for_a_while() {
    let world = world(1).await;
    world.grow(5).await;
    for router in [
        axum::Router::new().fallback(|| async { axum::http::StatusCode::OK }).route(
            "/add-entries",
            axum::routing::post(|| async { (axum::http::StatusCode::CONFLICT, "5\nx\n\n") }),
        ),
        axum::Router::new().fallback(|| async {
            (axum::http::StatusCode::CONFLICT, [("content-type", "text/x.tlog.size")], "3\n")
        }),
    ] {
        world.sites.route("m0.example", router);
        world.clock.advance(Duration::from_secs(120));
        world.pusher.round().await.unwrap();
        let state = world.pusher.copies().mirrors["https://m0.example"].clone();
        assert!(
            state.failures.in_a_row > 0 && state.failures.not_before > Some(world.clock.now()),
            "{state:?}"
        );
    }
}

/// A mirror that claims more than was ever signed is not ahead of us: witnesses are shown the log without it.
#[tokio::test]
async fn a_mirror_that_claims_too_much_holds_nobody_up() {
    let claims = |status: StatusCode, kind: &'static str, said: &'static str| {
        axum::routing::post(move || async move { (status, [("content-type", kind)], said) })
    };
    for router in [
        axum::Router::new()
            .route("/add-checkpoint", claims(StatusCode::CONFLICT, "text/x.tlog.size", "999\n")),
        axum::Router::new()
            .route("/add-checkpoint", claims(StatusCode::OK, "text/plain", ""))
            .route("/add-entries", claims(StatusCode::CONFLICT, "text/x.tlog.mirror-info", "999\n0\n\n")),
    ] {
        let world = world(1).await;
        world.sites.route("m0.example", router);
        let size = world.grow(5).await;
        for _ in 0..8 {
            world.pusher.round().await.unwrap();
            world.clock.advance(Duration::from_secs(1));
        }
        assert_eq!((world.shown().await, world.published().await), (size, size));
        let state = world.pusher.copies().mirrors["https://m0.example"].clone();
        assert!(state.failures.last_error.as_deref().is_some_and(|why| why.contains("999")), "{state:?}");
    }
}
