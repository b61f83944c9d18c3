//! A log with a witness and a mirror is restored from an old backup. Whatever happens then, everything
//! that its key ever signed, before and after, is of one history (LG-1): the pen of these tests
//! remembers all of it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use corridor_base::{OsRandom, SystemClock, Timestamp};
use corridor_proof::tile::{Kind, Tile, push_entry};
use corridor_proof::{Policy, Signer as _, act};
use corridor_storage::{ACTS, backup};
use futures::future::join_all;

use super::*;
use crate::edge::log_router;
use crate::fsck;
use crate::gather::Reply;
use crate::log::tests::{Place, check, grow, operator, place, places};
use crate::mirror::tests::mirror;
use crate::mirror::{self, Mirror, Puller};
use crate::witness::testing::{Far, Ground, Sites, ground, secret};
use crate::witness::{self, Answer, KnownLog, Witness};

/// The world as the node sees it.
struct Net {
    sites: Arc<Sites>,
    witness: Witness,
    /// The witness takes no calls.
    down: AtomicBool,
    /// After so many files nothing is fetched any more.
    files: AtomicI64,
    /// What is changed on the way.
    lie: Mutex<Option<Lie>>,
}

/// Part of the path of the files that are changed, and how.
type Lie = (&'static str, fn(&mut Vec<u8>));

const OTHER_ENTRY: Lie = ("/entries/", |bundle| *bundle.last_mut().unwrap() ^= 1);

fn unreachable(url: &Url) -> Problem {
    Problem::new(ErrorCode::PartnerUnreachable).with("partner", url).with("why", "down")
}

#[async_trait]
impl Link for Net {
    async fn post(&self, url: &Url, kind: Option<&'static str>, body: Vec<u8>) -> Result<Reply> {
        if self.down.load(Ordering::SeqCst) {
            return Err(unreachable(url));
        }
        self.sites.post(url, kind, body).await
    }
}

#[async_trait]
impl Fetch for Net {
    async fn fetch(&self, url: &Url, limit: usize) -> Result<Option<Vec<u8>>> {
        if self.files.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(unreachable(url));
        }
        let mut bytes = self.sites.fetch(url, limit).await?;
        if let (Some((part, change)), Some(bytes)) = (*self.lie.lock().unwrap(), &mut bytes)
            && url.path().contains(part)
        {
            change(bytes);
        }
        Ok(bytes)
    }
}

impl Net {
    fn lies(&self, lie: Option<Lie>) {
        *self.lie.lock().unwrap() = lie;
    }
}

/// A log with those who watch it.
struct World {
    place: Place,
    name: &'static str,
    log: Log,
    net: Arc<Net>,
    known: KnownLog,
    mirror: Mirror,
    witnessed: u64,
    /// There is a witness that says it has cosigned so many leaves, and shows nothing.
    liar: Option<u64>,
    patience: Duration,
    _grounds: [Ground; 2],
}

async fn world(place: Place, name: &'static str) -> World {
    let log = Log::open(place.parts(&place.store(), name)).await.unwrap();
    let known = KnownLog { key: log.key(), url: Some("https://log.example/".parse().unwrap()) };
    let grounds = [ground(), ground()];
    let witness = grounds[0].witness("w", vec![known.clone()]).await;
    let mirror = mirror(&grounds[1], vec![known.clone()]).await;
    let sites = Arc::new(Sites::default());
    sites.route("w.example", witness::router(witness.clone()));
    sites.route("m.example", mirror::router(mirror.clone()));
    sites.route("log.example", log_router(log.clone()));
    let net = Net {
        sites,
        witness,
        down: AtomicBool::new(false),
        files: AtomicI64::new(i64::MAX),
        lie: Mutex::default(),
    };
    World {
        place,
        name,
        log,
        net: Arc::new(net),
        known,
        mirror,
        witnessed: 0,
        liar: None,
        patience: Duration::from_secs(3600),
        _grounds: grounds,
    }
}

async fn add(log: &Log, count: u64) {
    if log.name() != ACTS {
        return crate::log::tests::add_fast(log, count).await;
    }
    let all = (0..count).map(|_| {
        let fields = [("key", "a"), ("replaces", "b")];
        let kind = &act::KEY_ROTATED;
        let sealed = Act::seal(kind, log.operator(), &fields, &SystemClock, &OsRandom).unwrap();
        log.store().write(log.operator(), move |tx| tx.record(&sealed))
    });
    for done in join_all(all).await {
        done.unwrap();
    }
    // On PostgreSQL they have their numbers a little later.
    while log.store().sequenced(ACTS).await.unwrap().waiting > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl World {
    /// The log's newest checkpoint is cosigned.
    async fn show(&mut self) {
        let checkpoint = self.log.shown().await.unwrap();
        let (old, size) = (self.witnessed, checkpoint.tree().size);
        let proof =
            if old == size { Vec::new() } else { self.log.prove_consistency(old, size).await.unwrap() };
        let request = AddCheckpoint { old, proof, checkpoint };
        let answer = self.net.witness.add_checkpoint(&request.to_bytes()).await.unwrap();
        assert!(matches!(answer, Answer::Cosigned(_)));
        self.witnessed = size;
    }

    /// The mirror fetches what the log has published.
    async fn copy(&self) {
        let puller = Puller::new(self.mirror.clone(), self.net.sites.clone());
        while puller.pull(&self.known).await.unwrap() == mirror::Pulled::More {}
    }

    fn backup(&self) -> (tempfile::TempDir, std::path::PathBuf) {
        let into = tempfile::tempdir().unwrap();
        let now = Timestamp::from_millis(1_795_339_500_000);
        let (from, _) =
            backup::write(&self.place.options(), into.path(), None, &[], now, &mut |_| {}).unwrap();
        (into, from)
    }

    /// The node is gone, and comes back with the data of the backup.
    async fn restore(&mut self, from: &std::path::Path) {
        self.log.store().close().await;
        let place = self.place.beside();
        let (options, now) = (place.options(), Timestamp::from_millis(1_795_339_600_000));
        let files = tempfile::tempdir().unwrap();
        backup::restore(from, None, &options, &files.path().join("f"), &[&crate::SCHEMA], now, &mut |_| {})
            .unwrap();
        self.place = place;
        self.open().await;
    }

    async fn open(&mut self) {
        self.log = Log::open(self.place.parts(&self.place.store(), self.name)).await.unwrap();
        self.net.sites.route("log.example", log_router(self.log.clone()));
    }

    fn policy(&self) -> Arc<dyn PolicySource> {
        let vkey = |name: &str| VerifierKey::cosignature(name, secret(name).public().clone());
        let text = format!("log {}\nwitness w {} https://w.example/\nquorum w\n", self.log.key(), vkey("w"));
        let liar = match self.liar {
            Some(size) => {
                let says = move || async move {
                    (StatusCode::CONFLICT, [("content-type", "text/x.tlog.size")], format!("{size}\n"))
                };
                let router = axum::Router::new().route("/add-checkpoint", axum::routing::post(says));
                self.net.sites.route("l.example", router);
                format!("witness l {} https://l.example/\n", vkey("l"))
            }
            None => String::new(),
        };
        let policy =
            Arc::new(Policy::parse(text.replacen("quorum", &format!("{liar}quorum"), 1).as_bytes()).unwrap());
        Arc::new(move || Ok(policy.clone()))
    }

    fn recovery(&self) -> Recovery {
        Recovery::new(self.parts())
    }

    fn parts(&self) -> RecoveryParts {
        let vkey = |name: &str| VerifierKey::cosignature(name, secret(name).public().clone());
        RecoveryParts {
            logs: vec![self.log.clone()],
            policy: self.policy(),
            mirrors: Arc::new(|| Ok(vec!["https://m.example".to_owned()])),
            own: vec![vkey("own")],
            link: self.net.clone(),
            fetch: self.net.clone(),
            first: None,
            patience: self.patience,
        }
    }

    async fn attempt(&self) -> Result<Outcome> {
        let recovery = self.recovery();
        assert!(recovery.begin(Duration::from_secs(5)).await.unwrap());
        let outcome = recovery.attempt().await.map(|outcomes| outcomes[0]);
        assert_eq!((recovery.waits(), recovery.why().is_empty()), (outcome.is_err(), outcome.is_ok()));
        outcome
    }

    /// Nothing is signed and the mark stands.
    async fn check_held(&self, expect: ErrorCode) {
        assert_eq!(self.attempt().await.unwrap_err().code(), expect);
        let size = self.log.latest().await.unwrap().map(|signed| signed.tree().size);
        if let Ok(Some(_)) = self.log.integrate().await {
            panic!("signed while held");
        }
        assert_eq!(self.log.latest().await.unwrap().map(|signed| signed.tree().size), size);
        assert!(self.log.store().restored().await.unwrap().is_some());
    }

    /// The log of acts goes on. A raw log shows what came back.
    async fn check_after(&mut self, size: u64) {
        assert_eq!(self.log.store().restored().await.unwrap(), None);
        if self.name == ACTS {
            self.check_goes_on().await;
        } else {
            self.check_stays(size).await;
        }
    }

    /// The log shows what it has, takes nothing more and signs nothing.
    async fn check_stays(&self, size: u64) {
        let (log, store) = (&self.log, self.log.store());
        let refused = store.append(log.operator(), log.name(), b"x".to_vec()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::LogHeld);
        assert!(log.integrate().await.map_or_else(|p| p.code() == ErrorCode::LogHeld, |s| s.is_none()));
        assert_eq!(log.latest().await.unwrap().map_or(0, |signed| signed.tree().size), size);
        assert_eq!(log.held().await.unwrap(), Some(corridor_storage::Held::Unknown));
        if size > 0 {
            assert_eq!(fsck::check(log).await.unwrap().difference, None);
        }
    }

    /// The log goes on, and whatever was signed in either life is of one history.
    async fn check_goes_on(&mut self) {
        assert_eq!(self.log.store().restored().await.unwrap(), None);
        add(&self.log, 3).await;
        grow(&self.log).await;
        self.show().await;
        self.copy().await;
        check(&self.log, &self.place.pen).await;
        let report = fsck::check(&self.log).await.unwrap();
        assert_eq!(report.difference, None);
    }
}

/// Signed leaves at the time of the backup, leaves beyond them, and leaves that came after.
async fn returns(place: Place, name: &'static str, (signed, tail, later): (u64, u64, u64)) {
    let mut world = world(place, name).await;
    add(&world.log, signed).await;
    grow(&world.log).await;
    world.show().await;
    add(&world.log, tail).await;
    let (_kept, from) = world.backup();
    add(&world.log, later).await;
    grow(&world.log).await;
    world.show().await;
    world.copy().await;
    world.restore(&from).await;
    if world.name == ACTS {
        // What is recorded meanwhile waits for its number.
        let fields = [("key", "c"), ("replaces", "d")];
        let sealed = Act::seal(&act::KEY_ROTATED, &operator(), &fields, &SystemClock, &OsRandom).unwrap();
        world.log.store().write(&operator(), move |tx| tx.record(&sealed)).await.unwrap();
    }
    let size = signed + tail + later;
    let expect = match (name == ACTS, size == signed) {
        (false, _) => Outcome::Held { size },
        (true, true) => Outcome::Whole,
        (true, false) => Outcome::Returned { from: signed, size, lost: later },
    };
    assert_eq!(world.attempt().await.unwrap(), expect, "{signed} {tail} {later}");
    assert_eq!(world.log.latest().await.unwrap().unwrap().tree().size, size);
    let lost = world.log.store().lost_acts(0, 4096).await.unwrap().len() as u64;
    assert_eq!(lost, if name == ACTS { later } else { 0 });
    world.check_after(size).await;
    // As after a restart.
    world.log.store().close().await;
    world.open().await;
    assert!(!world.recovery().begin(Duration::from_secs(5)).await.unwrap());
    world.check_after(size).await;
}

#[tokio::test]
async fn leaves_come_back_from_a_mirror_and_the_log_goes_on() {
    for sizes in [(0, 0, 5), (5, 0, 0), (5, 3, 0), (5, 3, 9), (250, 10, 700), (256, 0, 256), (255, 1, 1)] {
        returns(place(), "raw", sizes).await;
    }
    for sizes in [(0, 2, 5), (5, 0, 0), (5, 3, 9), (250, 10, 270)] {
        returns(place(), ACTS, sizes).await;
    }
    for name in ["raw", ACTS] {
        for place in places().into_iter().skip(1) {
            returns(place, name, (5, 3, 300)).await;
        }
    }
}

/// More leaves than one step signs.
#[tokio::test]
async fn a_long_time_comes_back() {
    returns(place(), "raw", (300, 5, 9000)).await;
}

/// Over a link that takes its time for each answer bundles are asked for ahead, and not all at once.
#[tokio::test]
async fn bundles_are_fetched_ahead_and_their_number_is_bounded() {
    let mut world = world(place(), "raw").await;
    add(&world.log, 300).await;
    grow(&world.log).await;
    world.show().await;
    let (_kept, from) = world.backup();
    add(&world.log, 6000).await;
    grow(&world.log).await;
    world.show().await;
    world.copy().await;
    world.restore(&from).await;
    let far = Far::new(world.net.sites.clone(), Duration::from_millis(50));
    let recovery = Recovery::new(RecoveryParts { fetch: far.clone(), ..world.parts() });
    assert!(recovery.begin(Duration::from_secs(60)).await.unwrap());
    assert_eq!(recovery.attempt().await.unwrap(), [Outcome::Held { size: 6300 }]);
    assert!((2..=AHEAD).contains(&far.most()), "{}", far.most());
    world.check_after(6300).await;
}

/// A log of ten leaves, restored from a backup of four; the witness has seen all ten.
async fn lagging(copied: bool) -> (World, tempfile::TempDir) {
    let mut world = world(place(), ACTS).await;
    add(&world.log, 4).await;
    grow(&world.log).await;
    world.show().await;
    world.copy().await;
    let (kept, from) = world.backup();
    add(&world.log, 6).await;
    grow(&world.log).await;
    world.show().await;
    if copied {
        world.copy().await;
    }
    world.restore(&from).await;
    (world, kept)
}

#[tokio::test]
async fn without_a_copy_the_log_is_held() {
    let (world, _kept) = lagging(false).await;
    world.check_held(ErrorCode::LogLost).await;
    let problem = world.attempt().await.unwrap_err();
    assert_eq!((problem.arg("expected"), problem.arg("found")), (Some("10"), Some("4")));
}

#[tokio::test]
async fn while_somebody_is_silent_the_log_is_held() {
    let (mut world, _kept) = lagging(true).await;
    world.net.down.store(true, Ordering::SeqCst);
    world.check_held(ErrorCode::LogHeld).await;
    world.net.down.store(false, Ordering::SeqCst);
    world.net.files.store(0, Ordering::SeqCst);
    world.check_held(ErrorCode::LogHeld).await;
    world.net.files.store(i64::MAX, Ordering::SeqCst);
    assert_eq!(world.attempt().await.unwrap(), Outcome::Returned { from: 4, size: 10, lost: 6 });
    world.check_goes_on().await;
}

/// The mirror goes away in the middle, at each point once.
#[tokio::test]
async fn what_was_begun_is_begun_again() {
    let (mut world, _kept) = lagging(true).await;
    let mut tries = 0;
    loop {
        world.net.files.store(tries, Ordering::SeqCst);
        tries += 1;
        match world.attempt().await {
            Ok(outcome) => break assert_eq!(outcome, Outcome::Returned { from: 4, size: 10, lost: 6 }),
            Err(_) => assert!(tries < 50),
        }
        // As after a crash.
        world.log.store().close().await;
        world.open().await;
    }
    assert!(tries > 3, "{tries}");
    world.net.files.store(i64::MAX, Ordering::SeqCst);
    world.check_goes_on().await;
}

#[tokio::test]
async fn entries_that_were_not_signed_are_not_taken() {
    let (mut world, _kept) = lagging(true).await;
    world.net.lies(Some(OTHER_ENTRY));
    world.check_held(ErrorCode::CheckpointInconsistent).await;
    assert!(world.log.store().lost_acts(0, 10).await.unwrap().is_empty());
    world.net.lies(None);
    world.attempt().await.unwrap();
    world.check_goes_on().await;
}

/// A mirror whose files are too short or too long: nothing is kept of them, and the problem says whose they
/// are.
#[tokio::test]
async fn files_of_a_wrong_length_are_not_taken() {
    let (mut world, _kept) = lagging(true).await;
    let next = world.log.sequenced().await.unwrap().next;
    let lies: [Lie; 9] = [
        ("/entries/000.p/10", |bundle| bundle.clear()),
        ("/entries/000.p/10", |bundle| bundle.truncate(bundle.len() - 1)),
        ("/entries/000.p/10", |bundle| *bundle = bundle_of(&bundle_entries(bundle)[..9])),
        ("/entries/000.p/10", |bundle| bundle.extend_from_slice(&bundle_of(&[b"one more".to_vec()]))),
        ("/entries/000.p/10", |bundle| bundle.push(0)),
        ("/tile/0/000.p/10", |tile| tile.clear()),
        ("/tile/0/000.p/10", |tile| tile.truncate(9 * 32)),
        ("/tile/0/000.p/10", |tile| tile.extend_from_slice(&[7; 32])),
        ("/tile/0/000.p/10", |tile| tile.push(7)),
    ];
    for (i, lie) in lies.into_iter().enumerate() {
        world.net.lies(Some(lie));
        world.check_held(ErrorCode::PartnerAnswer).await;
        let problem = world.attempt().await.unwrap_err();
        let (partner, why) = (problem.arg("partner").unwrap(), problem.arg("why").unwrap());
        assert!(partner.contains("m.example") && why.contains("000.p/10"), "{i}: {problem}");
        assert_eq!(world.log.sequenced().await.unwrap().next, next, "{i}");
        assert!(world.log.store().lost_acts(0, 10).await.unwrap().is_empty(), "{i}");
    }
    world.net.lies(None);
    world.attempt().await.unwrap();
    world.check_goes_on().await;
}

fn bundle_of(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bundle = Vec::new();
    entries.iter().for_each(|entry| push_entry(&mut bundle, entry).unwrap());
    bundle
}

fn bundle_entries(bundle: &[u8]) -> Vec<Vec<u8>> {
    let tile = Tile::new(Kind::Entries, 0, 10).unwrap();
    tile.entries(bundle).unwrap().into_iter().map(<[u8]>::to_vec).collect()
}

/// Somebody puts an old database back without this program: there is no mark.
#[tokio::test]
async fn an_old_database_that_was_copied_back_is_noticed() {
    let (mut world, _kept) = lagging(true).await;
    world.log.store().recovered().await.unwrap();
    assert_eq!(world.attempt().await.unwrap(), Outcome::Returned { from: 4, size: 10, lost: 6 });
    world.check_goes_on().await;
}

/// The same, but it has signed before anybody could be asked.
#[tokio::test]
async fn a_log_that_has_forked_already_is_held() {
    let (world, _kept) = lagging(true).await;
    world.log.store().recovered().await.unwrap();
    add(&world.log, 3).await;
    grow(&world.log).await;
    world.check_held(ErrorCode::CheckpointInconsistent).await;
    world.log.store().recovered().await.unwrap();
    add(&world.log, 30).await;
    grow(&world.log).await;
    world.log.store().mark_restored().await.unwrap();
    world.check_held(ErrorCode::CheckpointInconsistent).await;
}

/// And it is said why.
#[tokio::test]
async fn it_goes_on_trying_until_it_is_told_to_stop() {
    let (world, _kept) = lagging(true).await;
    world.net.down.store(true, Ordering::SeqCst);
    let recovery = world.recovery();
    assert!(recovery.begin(Duration::from_secs(5)).await.unwrap());
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn({
        let recovery = recovery.clone();
        async move { recovery.run(stopped).await }
    });
    while recovery.why().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(recovery.waits() && recovery.why()[0].to_string().contains("witness w"));
    stop.send_replace(true);
    assert!(!running.await.unwrap());
    world.net.down.store(false, Ordering::SeqCst);
    let (_stop, stopped) = watch::channel(false);
    assert!(recovery.run(stopped).await && !recovery.waits());
}

/// What a witness has cosigned, its node's mirror has a moment later, without waiting for its time.
#[tokio::test]
async fn a_copy_follows_what_was_cosigned() {
    let mut world = world(place(), "raw").await;
    let puller = Puller::new(world.mirror.clone(), world.net.sites.clone()).told_by(&world.net.witness);
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(async move { puller.run(Duration::from_secs(3600), stopped).await });
    for size in [3, 300, 301] {
        add(&world.log, size - world.witnessed).await;
        grow(&world.log).await;
        world.show().await;
        let begun = std::time::Instant::now();
        let copied = async || world.mirror.standing(world.log.origin()).await.unwrap().size();
        while copied().await < size {
            assert!(begun.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The disk is lost in the moment in which the witness has cosigned, over and over: whatever it has seen
/// is in the copy, and the node goes on with the same log.
#[tokio::test]
async fn a_disk_that_is_lost_right_after_a_cosignature_loses_no_leaf() {
    let mut world = world(place(), ACTS).await;
    add(&world.log, 3).await;
    grow(&world.log).await;
    let (_kept, from) = world.backup();
    let mut size = 3;
    for more in [1, 300, 7] {
        let clock: Arc<dyn corridor_base::Clock> = Arc::new(SystemClock);
        let pusher = mirror::Pusher::new(mirror::PushParts {
            log: world.log.clone(),
            mirrors: Arc::new(|| Ok(vec!["https://m.example".to_owned()])),
            link: world.net.clone(),
            clock: clock.clone(),
            patience: mirror::PushPatience::default(),
        });
        let patience = crate::gather::Patience::default();
        let gatherer = crate::Gatherer::new(
            Arc::new(pusher.clone()),
            world.policy(),
            world.net.clone(),
            clock,
            patience,
        );
        add(&world.log, more).await;
        grow(&world.log).await;
        size += more;
        // Nobody is shown what has no copy.
        gatherer.round().await.unwrap();
        let seen = async |world: &World| {
            world.net.witness.latest(world.log.origin()).await.unwrap().map_or(0, |seen| seen.tree().size)
        };
        assert!(seen(&world).await < size);
        pusher.round().await.unwrap();
        gatherer.round().await.unwrap();
        assert_eq!(seen(&world).await, size);
        let stored = world.log.checkpoints(size, 1).await.unwrap();
        assert_eq!((stored[0].copied, stored[0].complete), (Some(true), true));
        world.restore(&from).await;
        assert_eq!(world.attempt().await.unwrap(), Outcome::Returned { from: 3, size, lost: size - 3 });
    }
    world.witnessed = size;
    world.check_goes_on().await;
}

/// A witness that says it has cosigned more than anybody shows holds the log up for so long; then others,
/// who have copies, are believed, and it is named.
#[tokio::test]
async fn a_witness_that_shows_nothing_holds_the_log_for_a_while() {
    let (mut world, _kept) = lagging(true).await;
    world.liar = Some(99);
    world.check_held(ErrorCode::LogHeld).await;
    assert!(world.attempt().await.unwrap_err().to_string().contains("witness l"));
    // What it says is what others show: it does not matter who shows it.
    world.liar = Some(10);
    assert_eq!(world.attempt().await.unwrap(), Outcome::Returned { from: 4, size: 10, lost: 6 });

    let (mut world, _kept) = lagging(true).await;
    (world.liar, world.patience) = (Some(99), Duration::ZERO);
    let recovery = world.recovery();
    assert!(recovery.begin(Duration::from_secs(5)).await.unwrap());
    recovery.attempt().await.unwrap();
    assert!(recovery.doubted()["l"].to_string().contains("99"));
    world.liar = None;
    world.check_goes_on().await;
}

/// Nobody bears witness against it: what it says may be true, and the log does not go on by itself (LG-1).
#[tokio::test]
async fn a_witness_that_nobody_contradicts_is_not_overruled() {
    let (mut world, _kept) = lagging(false).await;
    (world.liar, world.patience) = (Some(99), Duration::ZERO);
    world.net.sites.route("m.example", axum::Router::new());
    world.check_held(ErrorCode::LogLost).await;
    let recovery = world.recovery();
    assert!(recovery.begin(Duration::from_secs(5)).await.unwrap());
    recovery.attempt().await.unwrap_err();
    // What a succession would begin from is the last that anybody has shown.
    assert_eq!(recovery.last_known(world.log.origin()).unwrap().tree().size, 10);
    assert!(recovery.doubted().is_empty());
}

/// A node that was never restored is not held at its start by what one witness says against all others.
#[tokio::test]
async fn what_one_witness_says_marks_no_sound_database() {
    let mut world = world(place(), ACTS).await;
    add(&world.log, 4).await;
    grow(&world.log).await;
    world.show().await;
    world.copy().await;
    world.liar = Some(99);
    let recovery = world.recovery();
    assert!(!recovery.begin(Duration::from_secs(5)).await.unwrap());
    assert!(!recovery.waits() && recovery.doubted().contains_key("l"));
    // Without the others it may be right.
    world.net.sites.route("m.example", axum::Router::new());
    assert!(world.recovery().begin(Duration::from_secs(5)).await.unwrap());
}

/// A raw log is published as soon as it is signed: its readers may have seen more than the backup has, and of one
/// that nobody watches nobody can be asked. It is not asked about any more; the log that goes on for it has another
/// name, and so another origin and key (LG-1).
async fn unwatched(place: Place, size: u64) {
    let mut world = world(place, "alone").await;
    world.known.url = None;
    world.net.sites.route("m.example", axum::Router::new());
    world.net.sites.route("w.example", axum::Router::new());
    add(&world.log, size).await;
    if size > 0 {
        grow(&world.log).await;
    }
    let (_kept, from) = world.backup();
    add(&world.log, 6).await;
    grow(&world.log).await;
    world.restore(&from).await;
    assert_eq!(world.attempt().await.unwrap(), Outcome::Held { size });
    for _ in 0..2 {
        let store = world.log.store();
        assert_eq!(store.restored().await.unwrap(), None);
        world.check_stays(size).await;
        // What was never signed here is not signed now.
        let elsewhere = Log::open(world.place.parts(store, "added-later")).await.unwrap();
        assert_eq!(elsewhere.integrate().await.unwrap_err().code(), ErrorCode::LogHeld);
        world.place.pen.signed();
        // As after a restart.
        store.close().await;
        world.open().await;
        assert!(!world.recovery().begin(Duration::from_secs(5)).await.unwrap());
    }
    let store = world.log.store().clone();
    store.begin_raw("next").await.unwrap();
    let origin = "node.example/logs/next".to_owned();
    let key = crate::log::tests::Pen::new(&origin);
    let parts = crate::log::LogParts { origin, key, ..world.place.parts(&store, "next") };
    let next = Log::open(parts).await.unwrap();
    add(&next, 3).await;
    assert_eq!(grow(&next).await.tree().size, 3);
}

#[tokio::test]
async fn a_raw_log_that_nobody_watches_stays_held() {
    for place in places() {
        unwatched(place, 4).await;
    }
    unwatched(place(), 0).await;
}

/// Readers have seen more of a raw log than its witness and its mirror: it does not go on beside what they saw.
/// Nor does a mirror that shows what is not ours, or has lost what its witness saw, keep the node from its work.
#[tokio::test]
async fn a_raw_log_does_not_go_on_beside_what_its_readers_saw() {
    let check = async |copied: bool, lie: Option<Lie>, expect: u64| {
        let mut world = world(place(), "raw").await;
        add(&world.log, 4).await;
        grow(&world.log).await;
        world.show().await;
        let (_kept, from) = world.backup();
        add(&world.log, 3).await;
        grow(&world.log).await;
        world.show().await;
        if copied {
            world.copy().await;
        }
        add(&world.log, 2).await;
        assert_eq!(grow(&world.log).await.tree().size, 9);
        world.restore(&from).await;
        world.net.lies(lie);
        assert_eq!(world.attempt().await.unwrap(), Outcome::Held { size: expect });
        world.check_after(expect).await;
    };
    check(true, None, 7).await;
    check(false, None, 4).await;
    check(true, Some(OTHER_ENTRY), 4).await;
}
