//! The mirror against logs that grow, lie and break off in the middle.

use std::io::Write as _;
use std::sync::atomic::Ordering;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::{Leaves, prove_subtree};
use corridor_proof::note::signature_lines;
use corridor_proof::tile::between;
use corridor_proof::verdict::State;
use corridor_proof::{Policy, SplitView, split_view};
use proptest::prelude::*;
use tower::ServiceExt as _;

use super::*;
use crate::witness::testing::*;
use crate::witness::{AcceptedLogs, KnownLog, origin_hash};

const ORIGIN: &str = "log.example.kr/log";

pub(crate) async fn mirror(ground: &Ground, logs: Vec<KnownLog>) -> Mirror {
    let clock: Arc<dyn Clock> = ground.clock.clone();
    let parts = MirrorParts {
        store: ground.store.clone(),
        operator: operator(),
        key: Arc::new(secret("mirror.example/m")),
        logs: Arc::new(AcceptedLogs::new(logs, None, Vec::new(), clock.clone())),
        alarms: ground.alarms.clone(),
        clock,
    };
    Mirror::open(parts).await.unwrap()
}

async fn send(mirror: &Mirror, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
    let response = router(mirror.clone()).oneshot(request).await.unwrap();
    let kind = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
    let status = response.status();
    (status, kind.unwrap_or_default(), to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
}

async fn offer(mirror: &Mirror, log: &FakeLog, old: u64, size: u64) -> StatusCode {
    let body = Body::from(log.request(old, size).to_bytes());
    send(mirror, Request::post("/add-checkpoint").body(body).unwrap()).await.0
}

fn package(log: &FakeLog, start: u64, size: u64) -> Package {
    let floor = start / WIDTH * WIDTH;
    let end = (floor + WIDTH).min(size);
    let leaves = &log.leaves[..size as usize];
    let proof = prove_subtree(Subtree::new(floor, end).unwrap(), size, &mut Leaves(leaves)).unwrap();
    Package { start, entries: log.entries[start as usize..end as usize].to_vec(), proof }
}

fn head(start: u64, end: u64) -> Vec<u8> {
    let mut body = (ORIGIN.len() as u16).to_be_bytes().to_vec();
    body.extend_from_slice(ORIGIN.as_bytes());
    body.extend_from_slice(&start.to_be_bytes());
    body.extend_from_slice(&end.to_be_bytes());
    body.extend_from_slice(&[0, 0]);
    body
}

/// The content of an upload, with where each package ends.
fn upload(log: &FakeLog, start: u64, end: u64) -> (Vec<u8>, Vec<usize>) {
    let (mut body, mut ends, mut at) = (head(start, end), Vec::new(), start);
    while at < end {
        let package = package(log, at, end);
        package.entries.iter().for_each(|e| push_entry(&mut body, e).unwrap());
        body.push(package.proof.len() as u8);
        package.proof.iter().for_each(|h| body.extend_from_slice(&h.0));
        at = package.end();
        ends.push(body.len());
    }
    (body, ends)
}

async fn entries(mirror: &Mirror, body: Vec<u8>) -> (StatusCode, String, Vec<u8>) {
    // In small pieces, as a network would bring it.
    let pieces: Vec<std::result::Result<Vec<u8>, std::io::Error>> =
        body.chunks(1000).map(|c| Ok(c.to_vec())).collect();
    let body = Body::from_stream(futures::stream::iter(pieces));
    send(mirror, Request::post("/add-entries").body(body).unwrap()).await
}

/// Everything that is served is what the log itself would serve, and nothing more.
async fn check_served(mirror: &Mirror, log: &FakeLog, size: u64) {
    let get = async |path: &str| {
        let path = format!("/{}/{path}", origin_hash(ORIGIN));
        send(mirror, Request::get(path).body(Body::empty()).unwrap()).await
    };
    let (status, _, note) = get("checkpoint").await;
    assert_eq!(status, StatusCode::OK);
    let note = SignedCheckpoint::parse(&note).unwrap();
    assert_eq!(note.tree(), log.checkpoint(size).tree());
    assert!(matches!(note.signed_by(&mirror.key()), Finding::Valid { .. }));
    assert!(matches!(note.signed_by(&log.key()), Finding::Valid { .. }));
    for tile in between(0, size) {
        let (status, _, bytes) = get(&tile.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{tile}");
        assert_eq!(Some(bytes), log.file(&tile.to_string(), false), "{tile}");
    }
    let beyond = Tile::new(Kind::Hashes(0), size / WIDTH, (size % WIDTH) as u16 + 1).unwrap();
    for path in
        [beyond.to_string(), "tile/0/00".into(), "tile/0/%2e%2e/000".into(), "tile/0/../checkpoint".into()]
    {
        assert_eq!(get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_is_uploaded_is_verified_kept_cosigned_and_served() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 1000);
    let mirror = mirror(&ground, vec![log.known(None)]).await;
    let mut at = 0;
    for size in [1, 2, 255, 256, 257, 700, 1000] {
        assert_eq!(offer(&mirror, &log, at, size).await, StatusCode::OK);
        let (status, _, said) = entries(&mirror, upload(&log, at, size).0).await;
        assert_eq!(status, StatusCode::OK, "{size}");
        let mut cosigned = log.checkpoint(size);
        cosigned.add(signature_lines(std::str::from_utf8(&said).unwrap()).unwrap()).unwrap();
        assert!(matches!(cosigned.signed_by(&mirror.key()), Finding::Valid { time: Some(_) }));
        check_served(&mirror, &log, size).await;
        at = size;
    }
}

/// The door for checkpoints refuses what the witness's does, by the same status.
#[tokio::test]
async fn what_cannot_be_taken_is_refused_by_status() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 20);
    let mirror = mirror(&ground, vec![log.known(None)]).await;
    assert_eq!(offer(&mirror, &log, 0, 10).await, StatusCode::OK);
    let post = async |body: Vec<u8>| {
        let request = Request::post("/add-checkpoint").body(Body::from(body)).unwrap();
        let (status, kind, said) = send(&mirror, request).await;
        (status, kind, String::from_utf8(said).unwrap())
    };
    check_door(&log, post).await;
    let standing = mirror.standing(ORIGIN).await.unwrap();
    assert_eq!((standing.wanted(), standing.size(), standing.next), (15, 0, 0));
    assert!(ground.alarms.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_upload_says_where_it_stands_and_goes_on_from_there() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 900);
    let mirror = mirror(&ground, vec![log.known(None)]).await;
    let check = async |body: Vec<u8>, expect: u16, info: &str| {
        let (status, kind, said) = entries(&mirror, body).await;
        assert_eq!(status.as_u16(), expect, "{}", String::from_utf8_lossy(&said));
        if !info.is_empty() {
            assert_eq!((kind.as_str(), said.as_slice()), ("text/x.tlog.mirror-info", info.as_bytes()));
        }
    };
    // Nothing is known: ask with nothing.
    check(head(0, 0), 409, "0\n0\n\n").await;
    offer(&mirror, &log, 0, 900).await;
    check(head(0, 0), 409, "900\n0\n\n").await;
    check(head(0, 899), 409, "900\n0\n\n").await;
    check(head(1, 900), 409, "900\n0\n\n").await;
    check(head(900, 900), 409, "900\n0\n\n").await;
    // Cut in the head, in the first package, after one, in the second.
    let (body, ends) = upload(&log, 0, 900);
    check(body[..10].to_vec(), 400, "").await;
    check(body[..head(0, 900).len()].to_vec(), 400, "").await;
    check(body[..ends[0] - 1].to_vec(), 400, "").await;
    check(body[..ends[0]].to_vec(), 202, "900\n256\n\n").await;
    check(body[..ends[1] + 5].to_vec(), 202, "900\n512\n\n").await;
    // The log goes on; the upload to the earlier checkpoint may still be finished.
    let longer = {
        let mut longer = log.clone();
        longer.grow(300, "entry");
        longer
    };
    assert_eq!(offer(&mirror, &longer, 900, 1200).await, StatusCode::OK);
    check(upload(&log, 400, 900).0, 200, "").await;
    check_served(&mirror, &log, 900).await;
    // What is there is skipped; what is older than the mirror checkpoint is refused.
    check(upload(&longer, 900, 1200).0, 200, "").await;
    check(upload(&log, 400, 900).0, 409, "1200\n1200\n\n").await;
    check(upload(&longer, 1200, 1200).0, 200, "").await;
    check_served(&mirror, &longer, 1200).await;
    let mut stranger = head(0, 0);
    stranger[3] ^= 1;
    check(stranger, 404, "").await;
}

#[tokio::test]
async fn compressed_uploads_are_read_and_bombs_are_not() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 600);
    let mirror = mirror(&ground, vec![log.known(None)]).await;
    offer(&mirror, &log, 0, 600).await;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let post = async |encoding: &str, body: Vec<u8>| {
        let request = Request::post("/add-entries").header("content-encoding", encoding);
        send(&mirror, request.body(Body::from(body)).unwrap()).await.0
    };
    assert_eq!(post("br", Vec::new()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(post("gzip", b"no gzip".to_vec()).await, StatusCode::BAD_REQUEST);
    // 64 MiB of entries of no bytes in 64 KiB: read a piece at a time, and refused at the first package.
    let bomb = gzip(&[head(0, 600), vec![0; 64 << 20]].concat());
    assert_eq!(post("gzip", bomb).await, StatusCode::UNPROCESSABLE_ENTITY);
    let whole = gzip(&upload(&log, 0, 600).0);
    assert_eq!(post("gzip", whole[..whole.len() - 40].to_vec()).await, StatusCode::ACCEPTED);
    assert_eq!(post("gzip", gzip(&upload(&log, 512, 600).0)).await, StatusCode::OK);
    check_served(&mirror, &log, 600).await;
}

#[tokio::test]
async fn what_is_not_in_the_checkpoint_is_not_kept() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 600);
    let mirror = mirror(&ground, vec![log.known(None)]).await;
    offer(&mirror, &log, 0, 600).await;
    let pending = mirror.pending(ORIGIN, 600).await.unwrap().unwrap();
    let good = package(&log, 0, 600);
    let mut wrong = vec![package(&log.forked(100), 0, 600), package(&log, 256, 600)];
    wrong.push(Package { proof: Vec::new(), ..good.clone() });
    wrong.push(Package { proof: [good.proof.clone(), vec![Digest([0; 32])]].concat(), ..good.clone() });
    wrong.push(Package { entries: good.entries[..255].to_vec(), ..good.clone() });
    wrong.push(Package { entries: log.entries[..300].to_vec(), ..good.clone() });
    wrong.push(Package { entries: Vec::new(), ..good.clone() });
    let mut swapped = good.clone();
    swapped.entries.swap(0, 1);
    wrong.push(swapped);
    for package in wrong {
        assert!(mirror.keep(&pending, package.clone()).await.is_err(), "{}", package.start);
        assert_eq!(mirror.standing(ORIGIN).await.unwrap().next, 0);
    }
    assert!(mirror.finish(&pending).await.is_err(), "signed before the entries are there");
    mirror.keep(&pending, good.clone()).await.unwrap();
    // A wrong continuation of a bundle that is partly here.
    offer(&mirror, &log, 600, 600).await;
    let mut other = package(&log, 300, 600);
    assert!(mirror.keep(&pending, other.clone()).await.is_err(), "256 to 299 are missing");
    other = package(&log.forked(580), 256, 600);
    assert!(mirror.keep(&pending, other).await.is_err());
    assert_eq!(mirror.standing(ORIGIN).await.unwrap().next, 256);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn uploads_at_once_make_one_copy() {
    for ground in grounds() {
        uploads_at_once(&ground).await;
    }
}

async fn uploads_at_once(ground: &Ground) {
    let log = FakeLog::new(ORIGIN, 2000);
    let mirror = mirror(ground, vec![log.known(None)]).await;
    let sizes = [300u64, 777, 1500, 2000];
    let mut old = 0;
    for size in sizes {
        offer(&mirror, &log, old, size).await;
        old = size;
    }
    let mut running = tokio::task::JoinSet::new();
    for size in sizes.into_iter().cycle().take(8) {
        let (mirror, body) = (mirror.clone(), upload(&log, 0, size).0);
        running.spawn(async move { entries(&mirror, body).await.0 });
    }
    for status in running.join_all().await {
        assert!(matches!(status, StatusCode::OK | StatusCode::CONFLICT), "{status}");
    }
    check_served(&mirror, &log, 2000).await;
}

#[tokio::test]
async fn a_mirror_pulls_by_itself() {
    let ground = ground();
    let mut log = FakeLog::new(ORIGIN, 3);
    let known = log.known(Some("https://log.example.kr/"));
    let mirror = mirror(&ground, vec![known.clone()]).await;
    let sites = Arc::new(Sites::default());
    let puller = Puller::new(mirror.clone(), sites.clone());
    assert!(puller.pull(&known).await.is_err(), "nobody there");
    for grow in [0, 250, 3, 44, 1000, 66_000] {
        log.grow(grow, "entry");
        sites.put("log.example.kr", &log);
        sites.whole_only.store(grow == 1000, Ordering::SeqCst);
        let mut pulled = puller.pull(&known).await.unwrap();
        while pulled == Pulled::More {
            pulled = puller.pull(&known).await.unwrap();
        }
        assert_eq!(pulled, Pulled::Caught(log.size()));
        if log.size() < 2000 {
            check_served(&mirror, &log, log.size()).await;
        }
    }
    let standing = mirror.standing(ORIGIN).await.unwrap();
    assert_eq!((standing.size(), standing.next), (log.size(), log.size()));
    // Nothing new: the checkpoint is all that is fetched.
    let before = sites.fetched.lock().unwrap().len();
    puller.pull(&known).await.unwrap();
    assert_eq!(sites.fetched.lock().unwrap().len(), before + 1);
}

/// Over a link that takes its time for each answer bundles are asked for ahead, and not all at once.
#[tokio::test]
async fn bundles_are_pulled_ahead_and_their_number_is_bounded() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 3000);
    let known = log.known(Some("https://log.example.kr/"));
    let mirror = mirror(&ground, vec![known.clone()]).await;
    // One bundle is here in part.
    offer(&mirror, &log, 0, 300).await;
    assert_eq!(entries(&mirror, upload(&log, 0, 300).0).await.0, StatusCode::OK);
    let sites = Arc::new(Sites::default());
    sites.put("log.example.kr", &log);
    let far = Far::new(sites, std::time::Duration::from_millis(50));
    let puller = Puller::new(mirror.clone(), far.clone());
    assert_eq!(puller.pull(&known).await.unwrap(), Pulled::Caught(3000));
    assert!((2..=pull::AHEAD).contains(&far.most()), "{}", far.most());
    check_served(&mirror, &log, 3000).await;
}

#[tokio::test]
async fn a_log_that_shows_another_history_is_not_mirrored_and_not_forgotten() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 500);
    let known = log.known(Some("https://log.example.kr/"));
    let mirror = mirror(&ground, vec![known.clone()]).await;
    let sites = Arc::new(Sites::default());
    let puller = Puller::new(mirror.clone(), sites.clone());
    sites.put("log.example.kr", &log);
    puller.pull(&known).await.unwrap();
    // Shorter, as from a restored backup or an old cache: nothing is taken back.
    let mut shorter = log.clone();
    shorter.entries.truncate(300);
    shorter.leaves.truncate(300);
    sites.put("log.example.kr", &shorter);
    puller.pull(&known).await.unwrap();
    check_served(&mirror, &log, 500).await;
    // Longer by another way: refused, and remembered for a closer look.
    let mut fork = log.forked(200);
    fork.grow(100, "more");
    sites.put("log.example.kr", &fork);
    assert_eq!(puller.pull(&known).await.unwrap_err().code(), ErrorCode::CheckpointInconsistent);
    assert_eq!(mirror.take_suspects(), [fork.checkpoint(600)]);
    // As long, and other: convicted.
    sites.put("log.example.kr", &log.forked(200));
    assert_eq!(puller.pull(&known).await.unwrap_err().code(), ErrorCode::CheckpointInconsistent);
    let alarms = ground.alarms.list().await.unwrap();
    let policy = Policy::parse(format!("log {}\nquorum none\n", log.key()).as_bytes()).unwrap();
    assert_eq!(split_view::verify(&alarms[0].evidence, &policy).outcome(), State::Passed);
    check_served(&mirror, &log, 500).await;
    // The copy convicts also by a smaller checkpoint of the other history.
    let find = async |a: SignedCheckpoint| {
        let b = log.checkpoint(500);
        mirror.ask(ORIGIN, 500, move |nodes| SplitView::find(&a, &b, nodes)).await.unwrap().unwrap()
    };
    assert!(find(log.forked(200).checkpoint(350)).await.is_some_and(|evidence| evidence.contradicts()));
    assert_eq!(find(log.checkpoint(350)).await, None);
    assert!(mirror.ask(ORIGIN, 501, |_| Ok(())).await.unwrap().is_none());
}

#[tokio::test]
async fn a_restored_mirror_signs_nothing_until_it_is_caught_up() {
    let ground = ground();
    let log = FakeLog::new(ORIGIN, 500);
    let known = log.known(Some("https://log.example.kr/"));
    let copy = mirror(&ground, vec![known.clone()]).await;
    copy.hold().await.unwrap();
    // Also after a restart.
    let copy = mirror(&ground, vec![known.clone()]).await;
    ground.clock.advance(std::time::Duration::from_secs(1));
    let sites = Arc::new(Sites::default());
    sites.put("log.example.kr", &log);
    let puller = Puller::new(copy.clone(), sites);
    assert_eq!(puller.pull(&known).await.unwrap_err().code(), ErrorCode::WitnessBehind);
    // It fetches all the same.
    let standing = copy.standing(ORIGIN).await.unwrap();
    assert_eq!((standing.next, standing.size()), (500, 0));
    ground.clock.advance(std::time::Duration::from_secs(1));
    copy.caught_up(ORIGIN).await.unwrap();
    assert_eq!(puller.pull(&known).await.unwrap(), Pulled::Caught(500));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is uploaded, nothing panics, and what is served stays a log.
    #[test]
    fn arbitrary_uploads_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), start in 0u64..600, end in 0u64..600, at in 0usize..20_000, bit in 0u8..8) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ground = ground();
            let log = FakeLog::new(ORIGIN, 300);
            let mirror = mirror(&ground, vec![log.known(None)]).await;
            offer(&mirror, &log, 0, 300).await;
            entries(&mirror, bytes.clone()).await;
            entries(&mirror, [head(start, end), bytes].concat()).await;
            let mut altered = upload(&log, 0, 300).0;
            let at = at % altered.len();
            altered[at] ^= 1 << bit;
            entries(&mirror, altered).await;
            let (status, _, _) = entries(&mirror, upload(&log, 0, 300).0).await;
            assert_eq!(status, StatusCode::OK);
            check_served(&mirror, &log, 300).await;
        });
    }
}
