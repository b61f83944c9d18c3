//! Gathering under simulated time: witnesses that answer, refuse, lie and die, and a link that is down for days.

use corridor_base::FixedClock;
use corridor_proof::Signer as _;
use corridor_proof::merkle::{Leaves, prove_consistency};

use super::*;
use crate::witness::testing::*;
use crate::witness::{Answer, Witness};

const ORIGIN: &str = "node.example.jp/log";

/// A log that keeps in memory what the gatherer brings.
struct Notes {
    face: Mutex<FakeLog>,
    notes: Mutex<BTreeMap<u64, (SignedCheckpoint, bool)>>,
}

impl Notes {
    fn new(size: u64) -> Arc<Self> {
        let this = Self { face: Mutex::new(FakeLog::new(ORIGIN, size)), notes: Mutex::default() };
        this.publish();
        Arc::new(this)
    }

    fn grow(&self, by: u64) {
        self.face.lock().unwrap().grow(by, "entry");
        self.publish();
    }

    fn publish(&self) {
        let face = self.face.lock().unwrap();
        let note = face.checkpoint(face.size());
        self.notes.lock().unwrap().entry(face.size()).or_insert((note, false));
    }

    fn at(&self, size: u64) -> (SignedCheckpoint, bool) {
        self.notes.lock().unwrap()[&size].clone()
    }

    fn size(&self) -> u64 {
        self.face.lock().unwrap().size()
    }
}

#[async_trait]
impl Gathered for Notes {
    fn key(&self) -> VerifierKey {
        self.face.lock().unwrap().key()
    }
    async fn latest(&self) -> Result<Option<SignedCheckpoint>> {
        Ok(self.notes.lock().unwrap().last_key_value().map(|(_, (note, _))| note.clone()))
    }
    async fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>> {
        prove_consistency(old, new, &mut Leaves(&self.face.lock().unwrap().leaves))
    }
    async fn cosigned(&self, size: u64, lines: Vec<SignatureLine>, complete: bool) -> Result<()> {
        let mut notes = self.notes.lock().unwrap();
        let (note, done) = notes.get_mut(&size).unwrap();
        note.add(lines)?;
        *done |= complete;
        Ok(())
    }
}

/// How a link behaves.
#[derive(Clone)]
enum Behaviour {
    Works,
    Down,
    /// Takes connections and never answers.
    Hangs,
    Says(StatusCode, &'static str, Vec<u8>),
}

/// Witnesses by their host names.
#[derive(Default)]
struct Net {
    witnesses: BTreeMap<String, Witness>,
    behaviour: Mutex<BTreeMap<String, Behaviour>>,
    asked: Mutex<Vec<(String, u64)>>,
}

impl Net {
    fn set(&self, host: &str, behaviour: Behaviour) {
        self.behaviour.lock().unwrap().insert(host.to_owned(), behaviour);
    }
    fn asked(&self, host: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(h, _)| h == host).count()
    }
}

#[async_trait]
impl Link for Net {
    async fn post(&self, url: &Url, _: Option<&'static str>, body: Vec<u8>) -> Result<Reply> {
        let host = url.host_str().unwrap().to_owned();
        let request = AddCheckpoint::parse(&body).unwrap();
        self.asked.lock().unwrap().push((host.clone(), request.old));
        let behaviour = self.behaviour.lock().unwrap().get(&host).cloned().unwrap_or(Behaviour::Works);
        let reply = |status, kind: &str, body| Reply { status, kind: kind.to_owned(), body };
        match behaviour {
            Behaviour::Down => Err(Problem::new(ErrorCode::PartnerUnreachable).with("partner", url)),
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::Says(status, kind, body) => Ok(reply(status, kind, body)),
            Behaviour::Works => Ok(match self.witnesses[&host].add_checkpoint(&body).await {
                Ok(Answer::Cosigned(lines)) => {
                    let text: String = lines.iter().map(ToString::to_string).collect();
                    reply(StatusCode::OK, "text/plain", text.into_bytes())
                }
                Ok(Answer::Stale(size)) => {
                    reply(StatusCode::CONFLICT, "text/x.tlog.size", format!("{size}\n").into_bytes())
                }
                Err(problem) => reply(StatusCode::from_u16(problem.code().status()).unwrap(), "", Vec::new()),
            }),
        }
    }
}

/// The demo's policy: a node of Japan, witnesses of both countries, one of them the node's own.
fn policy() -> Arc<Policy> {
    let vkey = |name: &str| VerifierKey::cosignature(name, secret(name).public().clone());
    let text = format!(
        "log {}\nwitness own {} https://own.example/\nwitness jp {} https://jp.example/w\nwitness kr {} https://kr.example/w\n\
         group both all jp kr\nquorum both\n#corridor countries JP KR\n#corridor log {ORIGIN} JP node\n\
         #corridor witness own JP node\n#corridor witness jp JP anchor-jp\n#corridor witness kr KR anchor-kr\n",
        FakeLog::new(ORIGIN, 0).key(),
        vkey("own/w"),
        vkey("jp/w"),
        vkey("kr/w"),
    );
    Arc::new(Policy::parse(text.as_bytes()).unwrap())
}

struct World {
    clock: Arc<FixedClock>,
    log: Arc<Notes>,
    net: Arc<Net>,
    gatherer: Gatherer,
    _grounds: Vec<Ground>,
}

async fn world() -> World {
    let clock = Arc::new(FixedClock::at(START));
    let log = Notes::new(5);
    let known = log.face.lock().unwrap().known(None);
    let (mut net, mut grounds) = (Net::default(), Vec::new());
    for place in ["jp", "kr"] {
        let ground = ground_at(&clock);
        let witness = ground.witness(&format!("{place}/w"), vec![known.clone()]).await;
        net.witnesses.insert(format!("{place}.example"), witness);
        grounds.push(ground);
    }
    let net = Arc::new(net);
    let policy = policy();
    let source = move || Ok(policy.clone());
    let gatherer =
        Gatherer::new(log.clone(), Arc::new(source), net.clone(), clock.clone(), Patience::default());
    World { clock, log, net, gatherer, _grounds: grounds }
}

#[tokio::test]
async fn both_countries_cosign_and_the_own_witness_is_not_asked() {
    let world = world().await;
    world.gatherer.round().await.unwrap();
    assert!(world.log.at(5).1);
    assert_eq!(world.net.asked("own.example"), 0);
    // Nothing new: nobody is asked.
    let before = world.net.asked.lock().unwrap().len();
    world.gatherer.round().await.unwrap();
    assert_eq!(world.net.asked.lock().unwrap().len(), before);
    // The next one begins at the size that is remembered.
    world.log.grow(4);
    world.gatherer.round().await.unwrap();
    assert!(world.log.at(9).1);
    assert_eq!(
        world.net.asked.lock().unwrap()[before..].iter().map(|(_, old)| *old).collect::<Vec<_>>(),
        [5, 5]
    );
}

#[tokio::test]
async fn who_forgot_the_sizes_learns_them() {
    let world = world().await;
    world.gatherer.round().await.unwrap();
    world.log.grow(3);
    let policy = policy();
    let again = Gatherer::new(
        world.log.clone(),
        Arc::new(move || Ok(policy.clone())),
        world.net.clone(),
        world.clock.clone(),
        Patience::default(),
    );
    again.round().await.unwrap();
    assert!(world.log.at(8).1);
}

#[tokio::test]
async fn a_dead_witness_delays_nobody() {
    let world = world().await;
    world.net.set("jp.example", Behaviour::Hangs);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn({
        let gatherer = world.gatherer.clone();
        async move { gatherer.run(stopped).await }
    });
    let kr = policy().witnesses()[2].key.clone();
    for _ in 0..3 {
        let size = world.log.size();
        let cosigned = async {
            while !matches!(world.log.at(size).0.signed_by(&kr), Finding::Valid { .. }) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), cosigned).await.unwrap();
        assert!(!world.log.at(size).1, "one country is missing");
        world.log.grow(1);
    }
    stop.send(true).unwrap();
    running.await.unwrap();
}

/// The link to the other country is down for five days; work goes on, and when the link returns all
/// completes without anybody's doing.
#[tokio::test]
async fn a_partition_of_five_days() {
    let world = world().await;
    world.gatherer.round().await.unwrap();
    assert!(world.log.at(5).1);
    world.net.set("kr.example", Behaviour::Down);
    let before = world.net.asked("kr.example");
    for _ in 0..5 * 24 * 12 {
        world.clock.advance(Duration::from_secs(300));
        world.log.grow(u64::from(world.clock.now().seconds() % 3600 == 0));
        world.gatherer.round().await.unwrap();
    }
    world.log.grow(1);
    world.gatherer.round().await.unwrap();
    let size = world.log.size();
    let (pending, complete) = world.log.at(size);
    assert!(!complete && size > 5, "pending: one country is missing");
    let [_, jp, kr] = policy().witnesses().to_vec().try_into().unwrap();
    assert!(matches!(pending.signed_by(&jp.key), Finding::Valid { .. }));
    assert_eq!(pending.signed_by(&kr.key), Finding::Absent);
    let state = world.gatherer.witnesses()["kr"].clone();
    assert!(state.failures.in_a_row >= 1400 && state.failures.last_error.is_some());
    assert!(world.net.asked("kr.example") - before >= 1400);
    world.net.set("kr.example", Behaviour::Works);
    world.clock.advance(Duration::from_secs(60));
    world.gatherer.round().await.unwrap();
    assert!(world.log.at(size).1, "complete by itself");
    assert_eq!(world.gatherer.witnesses()["kr"].failures, Failures::default());
}

#[tokio::test]
async fn who_does_not_answer_is_asked_ever_more_seldom_and_at_least_each_minute() {
    let check = async |behaviour: Behaviour, seconds: i32, stranger: bool, expect: &[i32]| {
        let world = world().await;
        world.net.set("kr.example", behaviour);
        let mut pauses = Vec::new();
        let mut last = 0;
        for second in 0..seconds {
            let before = world.net.asked("kr.example");
            world.gatherer.round().await.unwrap();
            if world.net.asked("kr.example") > before {
                pauses.push(second - last);
                last = second;
            }
            world.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(
            (pauses.as_slice(), world.gatherer.witnesses()["kr"].failures.stranger),
            (expect, stranger)
        );
    };
    check(Behaviour::Down, 400, false, &[0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]).await;
    // Who does not know the log will soon: with the next trust list.
    let unknown = Behaviour::Says(StatusCode::NOT_FOUND, "", Vec::new());
    check(unknown, 20, true, &[0, 1, 2, 4, 5, 5]).await;
}

#[tokio::test]
async fn answers_of_the_wrong_kind_are_failures_and_store_nothing() {
    let line = |name: &str, size: u64| {
        let note = FakeLog::new(ORIGIN, size).checkpoint(size);
        corridor_proof::cosignature::cosign(&note, &secret(name), START).unwrap().to_string().into_bytes()
    };
    let ok = StatusCode::OK;
    for (status, kind, body) in [
        (ok, "text/plain", Vec::new()),
        (ok, "text/plain", b"\xff\n".to_vec()),
        (ok, "text/plain", b"no line\n".to_vec()),
        // Another key under its own name; the right key for another checkpoint.
        (ok, "text/plain", line("stranger", 5)),
        (ok, "text/plain", line("kr/w", 4)),
        (StatusCode::CONFLICT, "text/plain", b"3\n".to_vec()),
        (StatusCode::CONFLICT, "text/x.tlog.size", b"03\n".to_vec()),
        (StatusCode::CONFLICT, "text/x.tlog.size", b"3".to_vec()),
        (StatusCode::CONFLICT, "text/x.tlog.size", b"3\n".to_vec()),
        (StatusCode::INTERNAL_SERVER_ERROR, "", Vec::new()),
        (StatusCode::FOUND, "", Vec::new()),
    ] {
        let world = world().await;
        world.net.set("kr.example", Behaviour::Says(status, kind, body.clone()));
        world.gatherer.round().await.unwrap();
        let (note, complete) = world.log.at(5);
        assert!(!complete && note.note().signatures().len() == 2, "{status} {body:?}");
        assert_eq!(world.gatherer.witnesses()["kr"].failures.in_a_row, 1, "{status} {body:?}");
        assert!(world.net.asked("kr.example") <= ATTEMPTS);
    }
    // Lines of unknown keys beside the right one are ignored.
    let world = world().await;
    let both = [line("stranger", 5), line("kr/w", 5)].concat();
    world.net.set("kr.example", Behaviour::Says(ok, "text/plain", both));
    world.gatherer.round().await.unwrap();
    let (note, complete) = world.log.at(5);
    assert!(complete && note.note().signatures().len() == 3);
}

#[tokio::test]
async fn a_witness_that_knows_more_than_the_log_is_told_of() {
    let world = world().await;
    let kr = &world.net.witnesses["kr.example"];
    kr.add_checkpoint(&FakeLog::new(ORIGIN, 9).request(0, 9).to_bytes()).await.unwrap();
    world.gatherer.round().await.unwrap();
    assert_eq!(world.gatherer.witnesses()["kr"].ahead, Some(9));
    assert!(!world.log.at(5).1);
}
