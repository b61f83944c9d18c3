//! A log that shows different histories to two partners is convicted by both.

use corridor_proof::Signer as _;
use corridor_proof::split_view;
use corridor_proof::verdict::State;

use super::super::testing::*;
use super::*;
use crate::mirror::tests::mirror;
use crate::mirror::{self, Puller};
use crate::witness::{Answer, router};

const ORIGIN: &str = "node.example.jp/log";

/// A partner of the log: a witness, perhaps a mirror, and the world as it sees it.
struct Partner {
    ground: Ground,
    witness: Witness,
    mirror: Option<Mirror>,
    sites: Arc<Sites>,
    watch: Watch,
}

fn vkey(name: &str) -> VerifierKey {
    VerifierKey::cosignature(name, secret(name).public().clone())
}

/// Everyone's policy: the log, and a witness in each country.
fn policy() -> Arc<Policy> {
    let log = FakeLog::new(ORIGIN, 0).key();
    let text = format!(
        "log {log} https://log.example/\nwitness b {} https://b.example/\nwitness c {} https://c.example/\ngroup both all b c\nquorum both\n",
        vkey("b"),
        vkey("c")
    );
    Arc::new(Policy::parse(text.as_bytes()).unwrap())
}

/// A partner that sees this face of the log.
async fn partner(name: &str, face: &FakeLog, mirrors: bool) -> Partner {
    let ground = ground();
    let known = face.known(Some("https://log.example/"));
    let witness = ground.witness(name, vec![known.clone()]).await;
    let sites = Arc::new(Sites::default());
    sites.put("log.example", face);
    let mirror = if mirrors {
        let mirror = mirror(&ground, vec![known.clone()]).await;
        Puller::new(mirror.clone(), sites.clone()).pull(&known).await.unwrap();
        Some(mirror)
    } else {
        None
    };
    let size = face.size();
    let answer = witness.add_checkpoint(&face.request(0, size).to_bytes()).await.unwrap();
    assert!(matches!(answer, Answer::Cosigned(_)));
    let watch = watch(&witness, mirror.clone(), &sites);
    Partner { ground, witness, mirror, sites, watch }
}

fn watch(witness: &Witness, mirror: Option<Mirror>, sites: &Arc<Sites>) -> Watch {
    let policy = policy();
    Watch::new(WatchParts {
        witness: witness.clone(),
        mirror,
        policy: Arc::new(move || Ok(policy.clone())),
        fetch: sites.clone(),
    })
}

/// What was seen, convicted by the policy, with its acts.
async fn alarms(ground: &Ground) -> usize {
    let alarms = ground.alarms.list().await.unwrap();
    for alarm in &alarms {
        let verdict = split_view::verify(&alarm.evidence, &policy());
        assert_eq!(verdict.outcome(), State::Passed, "{:?}", verdict.checks);
    }
    let acts = ground.store.acts(&operator(), Default::default()).await.unwrap();
    assert_eq!(acts.iter().filter(|act| act.kind == "split-view-seen").count(), alarms.len());
    alarms.len()
}

fn connect(a: &Partner, b: &Partner) {
    a.sites.route("c.example", router(b.witness.clone()));
    b.sites.route("b.example", router(a.witness.clone()));
}

#[tokio::test]
async fn an_honest_log_raises_no_alarm() {
    let mut log = FakeLog::new(ORIGIN, 300);
    let b = partner("b", &log, true).await;
    log.grow(500, "entry");
    let c = partner("c", &log, false).await;
    connect(&b, &c);
    for _ in 0..2 {
        b.watch.round().await.unwrap();
        c.watch.round().await.unwrap();
    }
    assert_eq!((alarms(&b.ground).await, alarms(&c.ground).await), (0, 0));
    // What was compared is not compared again.
    let tiles = |p: &Partner| p.sites.fetched.lock().unwrap().iter().filter(|u| u.contains("tile")).count();
    let before = tiles(&c);
    c.watch.round().await.unwrap();
    assert_eq!(tiles(&c), before);
}

/// A malicious node shows one history to its partner b and another to c; each by itself is sound. When
/// the two compare, the node is convicted at both, and its own operator hears of it.
#[tokio::test]
async fn a_node_that_shows_two_histories_is_convicted_at_both_partners() {
    let truth = FakeLog::new(ORIGIN, 700);
    for (b_size, c_size, mirrors) in
        [(700, 700, false), (300, 700, true), (300, 700, false), (700, 300, true)]
    {
        let shown = |mut face: FakeLog, size: usize| {
            face.entries.truncate(size);
            face.leaves.truncate(size);
            face
        };
        let b = partner("b", &shown(truth.clone(), b_size), mirrors).await;
        let c = partner("c", &shown(truth.forked(100), c_size), mirrors).await;
        b.watch.round().await.unwrap();
        c.watch.round().await.unwrap();
        assert_eq!((alarms(&b.ground).await, alarms(&c.ground).await), (0, 0), "nobody has compared yet");
        connect(&b, &c);
        for _ in 0..2 {
            b.watch.round().await.unwrap();
            c.watch.round().await.unwrap();
        }
        assert_eq!((alarms(&b.ground).await, alarms(&c.ground).await), (1, 1), "{b_size} {c_size} {mirrors}");
        // The operator of the log is told, too: its own log is none that it witnesses.
        let own = ground();
        let witness = own.witness("own", Vec::new()).await;
        let sites = Arc::new(Sites::default());
        sites.route("b.example", router(b.witness.clone()));
        sites.route("c.example", router(c.witness.clone()));
        watch(&witness, None, &sites).round().await.unwrap();
        assert_eq!(alarms(&own).await, 1);
    }
}

/// A proof that failed between two signed checkpoints: both sides are there, so a closer look convicts.
#[tokio::test]
async fn a_failed_proof_is_looked_into() {
    let log = FakeLog::new(ORIGIN, 300);
    let b = partner("b", &log, true).await;
    let mut fork = log.forked(100);
    fork.grow(200, "more");
    let refused = b.witness.add_checkpoint(&fork.request(300, 500).to_bytes()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CheckpointInconsistent);
    // The log still serves the truth to b: nothing can be shown.
    b.watch.round().await.unwrap();
    assert_eq!(alarms(&b.ground).await, 0);
    // It serves the fork: convicted. So is a shorter one, from the mirror alone.
    b.witness.add_checkpoint(&fork.request(300, 500).to_bytes()).await.unwrap_err();
    b.sites.put("log.example", &fork);
    b.watch.round().await.unwrap();
    assert_eq!(alarms(&b.ground).await, 1);
    let (mut early, sites) = (log.forked(50), Arc::new(Sites::default()));
    early.leaves.truncate(250);
    let watch = watch(&b.witness, b.mirror.clone(), &sites);
    watch.compare(&log.checkpoint(300), &early.checkpoint(250), &[log.key()], &[]).await.unwrap();
    assert_eq!(alarms(&b.ground).await, 2);
}

/// What comes to the mirror's door is signed, too: a log that brings a fork there and nowhere else, and shows
/// the truth to everybody, is convicted as soon as there are tiles that reach as far as the fork.
#[tokio::test]
async fn a_fork_that_is_brought_to_the_mirror_alone_is_noticed() {
    let mut log = FakeLog::new(ORIGIN, 300);
    let b = partner("b", &log, true).await;
    let own_mirror = b.mirror.clone().unwrap();
    let mut fork = log.forked(100);
    fork.grow(100, "more");
    let refused = own_mirror.add_checkpoint(&fork.request(300, 400)).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CheckpointInconsistent);
    // Nobody shows tiles that far, round after round: it is remembered.
    for _ in 0..3 {
        b.watch.round().await.unwrap();
        assert_eq!(alarms(&b.ground).await, 0);
    }
    log.grow(200, "entry");
    b.sites.put("log.example", &log);
    let known = log.known(Some("https://log.example/"));
    let puller = Puller::new(own_mirror.clone(), b.sites.clone());
    assert_eq!(puller.pull(&known).await.unwrap(), mirror::Pulled::Caught(500));
    for _ in 0..2 {
        b.watch.round().await.unwrap();
        assert_eq!(alarms(&b.ground).await, 1);
    }
    // Of a size that the mirror knows, it convicts at once, wherever its proof begins.
    let stale = own_mirror.add_checkpoint(&log.forked(100).request(0, 500)).await.unwrap();
    assert_eq!((stale, alarms(&b.ground).await), (Some(500), 2));
}

/// What a mirror has taken, because nothing was there to contradict it, is held against what the witness has
/// cosigned and what the log publishes.
#[tokio::test]
async fn what_the_mirror_took_is_compared_with_what_the_witness_saw() {
    let check = async |brought: u64, size: u64| {
        let log = FakeLog::new(ORIGIN, size);
        let b = partner("b", &log, false).await;
        let own_mirror = mirror(&b.ground, vec![log.known(None)]).await;
        let watch = watch(&b.witness, Some(own_mirror.clone()), &b.sites);
        let request = |face: &FakeLog| face.request(0, brought);
        let mut fork = FakeLog::new(ORIGIN, brought.max(size));
        fork = fork.forked(50);
        assert_eq!(own_mirror.add_checkpoint(&request(&fork)).await.unwrap(), None);
        watch.round().await.unwrap();
        alarms(&b.ground).await
    };
    assert_eq!(check(200, 300).await, 1);
    assert_eq!(check(300, 300).await, 1);
    // No tiles reach as far as the fork.
    assert_eq!(check(400, 300).await, 0);
}

/// A log that nobody witnesses here, but for the mirror: what it publishes is held against what it brought.
#[tokio::test]
async fn a_log_that_has_only_a_mirror_here_is_compared() {
    let log = FakeLog::new(ORIGIN, 300);
    let ground = ground();
    let known = log.known(Some("https://log.example/"));
    let witness = ground.witness("b", vec![known.clone()]).await;
    let own_mirror = mirror(&ground, vec![known]).await;
    let sites = Arc::new(Sites::default());
    sites.put("log.example", &log);
    let watch = watch(&witness, Some(own_mirror.clone()), &sites);
    let check = async |size: u64, expect: usize| {
        let at = own_mirror.standing(ORIGIN).await.unwrap().wanted();
        own_mirror.add_checkpoint(&log.request(at, size)).await.unwrap();
        watch.round().await.unwrap();
        assert_eq!(alarms(&ground).await, expect);
    };
    check(200, 0).await;
    sites.put("log.example", &log.forked(100));
    check(250, 1).await;
}

/// A witness restored from a backup of an hour ago: the log tries to make it sign another history than
/// it had signed since. It asks the other witness first, and refuses.
#[tokio::test]
async fn a_restored_witness_asks_the_others_first() {
    let truth = FakeLog::new(ORIGIN, 700);
    let shown = |size: usize| {
        let mut face = truth.clone();
        face.entries.truncate(size);
        face.leaves.truncate(size);
        face
    };
    // b is as it was at 300; c has cosigned 700 of the same history.
    let (b, c) = (partner("b", &shown(300), true).await, partner("c", &truth, false).await);
    let own_mirror = b.mirror.clone().unwrap();
    b.witness.hold().await.unwrap();
    own_mirror.hold().await.unwrap();
    b.ground.clock.advance(Duration::from_secs(5));
    let fork = truth.forked(400);
    let refused = async |log: &FakeLog, size| {
        b.witness.add_checkpoint(&log.request(300, size).to_bytes()).await.unwrap_err().code()
    };
    assert_eq!(refused(&fork, 500).await, ErrorCode::WitnessBehind);
    // The log's own word is not enough while there are others who could be asked.
    b.sites.put("log.example", &fork);
    b.watch.round().await.unwrap();
    assert_eq!(refused(&fork, 500).await, ErrorCode::WitnessBehind);
    // The other witness answers, and the log shows another history: still nothing is cosigned, and the
    // log is convicted.
    connect(&b, &c);
    b.watch.round().await.unwrap();
    assert_eq!(refused(&fork, 500).await, ErrorCode::WitnessBehind);
    assert!(b.witness.is_held(ORIGIN).await.unwrap());
    // The log shows the truth again: the witness goes on from where the other one is.
    b.sites.put("log.example", &truth);
    b.watch.round().await.unwrap();
    assert_eq!(b.witness.latest(ORIGIN).await.unwrap().unwrap().tree().size, 700);
    assert!(!b.witness.is_held(ORIGIN).await.unwrap());
    assert!(own_mirror.is_held(ORIGIN).await.unwrap(), "the copy is still behind");
    let known = truth.known(Some("https://log.example/"));
    let puller = Puller::new(own_mirror.clone(), b.sites.clone());
    assert!(puller.pull(&known).await.is_err());
    b.watch.round().await.unwrap();
    assert_eq!(puller.pull(&known).await.unwrap(), mirror::Pulled::Caught(700));
}

/// Who has nothing of the log has not said what there is of it: a 404 ends a hold only when all have been heard
/// and nobody has anything, and the log shows itself.
#[tokio::test]
async fn a_peer_without_the_log_ends_no_hold() {
    let log = FakeLog::new(ORIGIN, 300);
    let (b, c) = (partner("b", &log, true).await, partner("c", &log, false).await);
    let own_mirror = b.mirror.clone().unwrap();
    let names = ["c", "d"];
    let [two, three] = names.map(|name| format!("witness {name} {} https://{name}.example/\n", vkey(name)));
    let text = format!("log {} https://log.example/\n{two}{three}quorum c\n", log.key());
    let policy = Arc::new(Policy::parse(text.as_bytes()).unwrap());
    let watch = Watch::new(WatchParts {
        witness: b.witness.clone(),
        mirror: b.mirror.clone(),
        policy: Arc::new(move || Ok(policy.clone())),
        fetch: b.sites.clone(),
    });
    let check = async |held: bool| {
        watch.round().await.unwrap();
        let found = (b.witness.is_held(ORIGIN).await.unwrap(), own_mirror.is_held(ORIGIN).await.unwrap());
        assert_eq!(found, (held, held));
    };
    let hold = async || {
        b.ground.clock.advance(Duration::from_secs(5));
        b.witness.hold().await.unwrap();
        own_mirror.hold().await.unwrap();
        b.ground.clock.advance(Duration::from_secs(5));
    };
    hold().await;
    // d has nothing of it, and c, which has, cannot be reached.
    b.sites.route("d.example", axum::Router::new());
    check(true).await;
    b.sites.route("c.example", router(c.witness.clone()));
    check(false).await;
    // Neither has anything of it; then the log itself has to show what there is.
    hold().await;
    b.sites.route("c.example", axum::Router::new());
    b.sites.route("log.example", axum::Router::new());
    check(true).await;
    b.sites.routers.lock().unwrap().remove("log.example");
    check(false).await;
}

#[tokio::test]
async fn what_others_say_is_judged() {
    let log = FakeLog::new(ORIGIN, 30);
    let b = partner("b", &log, false).await;
    // Somebody who lists what is no alarm, and shows checkpoints that the log never signed.
    let stranger = FakeLog { origin: "stranger".into(), ..log.clone() };
    let text = log.forked(3).checkpoint(30).checkpoint().to_string();
    let line = stranger.checkpoint(30).note().signatures()[0].clone();
    let forged = format!("{text}\n{line}");
    let id = Digest::of(b"x");
    let evidence =
        SplitView::new(log.checkpoint(30), SignedCheckpoint::parse(forged.as_bytes()).unwrap(), Vec::new())
            .unwrap();
    let serve = axum::Router::new()
        .route("/split-views", axum::routing::get(move || async move { format!("{id}\n") }))
        .route("/split-views/{id}", axum::routing::get(move || async move { evidence.to_bytes() }))
        .route("/{hash}/checkpoint", axum::routing::get(move || async move { forged }));
    b.sites.route("c.example", serve);
    b.watch.round().await.unwrap();
    assert_eq!(alarms(&b.ground).await, 0);
}
