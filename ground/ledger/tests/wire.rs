//! A log, a witness and a mirror of two parties that know each other by their addresses alone, over
//! real connections and the guarded client.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Clock, Did, ErrorCode, FixedClock, SeededRandom, Timestamp};
use corridor_ledger::alarm::Alarms;
use corridor_ledger::edge::log_router;
use corridor_ledger::gather::{Gatherer, HttpLink, Patience};
use corridor_ledger::mirror::{self, Mirror, MirrorParts, Pulled, Puller, PushParts, PushPatience, Pusher};
use corridor_ledger::witness::{self, AcceptedLogs, KnownLog, Watch, WatchParts, Witness, WitnessParts};
use corridor_ledger::{Log, LogParts, SCHEMA};
use corridor_net::{Client, ClientOptions, Listen};
use corridor_proof::cosignature::Finding;
use corridor_proof::{Policy, SecretKey, Signer as _, VerifierKey};
use corridor_storage::{Options, Store};

const ORIGIN: &str = "node.example.jp/logs/raw";

fn secret(name: &str) -> SecretKey {
    SecretKey::generate(name, &SeededRandom::new(name.len() as u64)).unwrap()
}

fn operator() -> Did {
    "did:web:operator.example".parse().unwrap()
}

struct Party {
    _folder: tempfile::TempDir,
    store: Store,
    alarms: Alarms,
}

fn party(clock: &Arc<dyn Clock>) -> Party {
    let folder = tempfile::tempdir().unwrap();
    let random = Arc::new(SeededRandom::new(1));
    let store =
        Store::open(Options::directory(folder.path()), &[&SCHEMA], clock.clone(), random.clone()).unwrap();
    let alarms = Alarms::new(store.clone(), operator(), clock.clone(), random);
    Party { _folder: folder, store, alarms }
}

async fn serve(router: Router) -> String {
    let listen = Listen::plain("127.0.0.1:0".parse().unwrap());
    let server = corridor_net::serve(listen, router, std::future::pending()).await.unwrap();
    let address = server.address();
    // Ends with the test.
    std::mem::forget(server);
    format!("http://{address}")
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock::at(Timestamp::from_millis(1_795_339_500_000)))
}

/// A client that may call this machine.
fn client() -> Client {
    let options = ClientOptions {
        allow: vec!["127.0.0.1".parse().unwrap()],
        system_roots: false,
        ..ClientOptions::default()
    };
    Client::new(&options).unwrap()
}

/// A log of so many entries.
async fn log(party: &Party, clock: &Arc<dyn Clock>, entries: usize) -> Log {
    let parts = LogParts {
        store: party.store.clone(),
        operator: operator(),
        name: "raw".into(),
        origin: ORIGIN.into(),
        key: Arc::new(secret(ORIGIN)),
        clock: clock.clone(),
    };
    let log = Log::open(parts).await.unwrap();
    grow(&log, entries).await;
    log
}

async fn grow(log: &Log, entries: usize) {
    for i in 0..entries {
        log.store().append(&operator(), "raw", format!("entry {i}").into_bytes()).await.unwrap();
    }
    while log.integrate().await.unwrap().is_some() {}
}

async fn mirror_of(party: &Party, known: &KnownLog, clock: &Arc<dyn Clock>) -> Mirror {
    let parts = MirrorParts {
        store: party.store.clone(),
        operator: operator(),
        key: Arc::new(secret("node.example.kr/mirror")),
        logs: Arc::new(AcceptedLogs::new(vec![known.clone()], None, Vec::new(), clock.clone())),
        alarms: party.alarms.clone(),
        clock: clock.clone(),
    };
    Mirror::open(parts).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_cosigned_mirrored_and_compared_over_the_wire() {
    let (clock, client) = (clock(), client());

    // One party keeps a log …
    let ours = party(&clock);
    let log = log(&ours, &clock, 0).await;
    let log_url = serve(Router::new().nest("/logs/raw", log_router(log.clone()))).await;

    // … and another one witnesses and mirrors it.
    let theirs = party(&clock);
    let url = format!("{log_url}/logs/raw");
    let known = KnownLog::parse(&log.key().to_string(), Some(&url)).unwrap();
    let logs = Arc::new(AcceptedLogs::new(vec![known.clone()], None, Vec::new(), clock.clone()));
    let witness = Witness::open(WitnessParts {
        store: theirs.store.clone(),
        operator: operator(),
        key: Arc::new(secret("node.example.kr/witness")),
        logs: logs.clone(),
        alarms: theirs.alarms.clone(),
    })
    .await
    .unwrap();
    let mirror = Mirror::open(MirrorParts {
        store: theirs.store.clone(),
        operator: operator(),
        key: Arc::new(secret("node.example.kr/mirror")),
        logs,
        alarms: theirs.alarms.clone(),
        clock: clock.clone(),
    })
    .await
    .unwrap();
    let router = Router::new()
        .nest("/witness", witness::router(witness.clone()))
        .nest("/mirror", mirror::router(mirror.clone()));
    let their_url = serve(router).await;

    let text = format!(
        "log {}\nwitness kr {} {their_url}/witness\nquorum kr\n",
        log.key(),
        VerifierKey::cosignature(
            "node.example.kr/witness",
            secret("node.example.kr/witness").public().clone()
        )
    );
    let policy = Arc::new(Policy::parse(text.as_bytes()).unwrap());
    let source = Arc::new(move || Ok(policy.clone()));
    let link = Arc::new(HttpLink { client: client.clone(), patience: Duration::from_secs(30) });
    let gatherer =
        Gatherer::new(Arc::new(log.clone()), source.clone(), link, clock.clone(), Patience::default());
    let puller = Puller::new(mirror.clone(), Arc::new(client.clone()));
    let watch = Watch::new(WatchParts {
        witness: witness.clone(),
        mirror: Some(mirror.clone()),
        policy: source,
        fetch: Arc::new(client.clone()),
    });

    for round in 1..=3u64 {
        for i in 0..200 {
            log.store().append(&operator(), "raw", format!("{round} {i}").into_bytes()).await.unwrap();
        }
        while log.integrate().await.unwrap().is_some() {}
        gatherer.round().await.unwrap();
        assert_eq!(gatherer.witnesses()["kr"].failures.last_error, None);
        let latest = log.latest().await.unwrap().unwrap();
        assert_eq!(latest.tree().size, round * 200);
        assert!(matches!(latest.signed_by(&witness.key()), Finding::Valid { .. }));
        let complete = log.complete_for(latest.tree().size - 1).await.unwrap().unwrap();
        assert_eq!(complete.tree(), latest.tree());
        assert_eq!(puller.pull(&known).await.unwrap(), Pulled::Caught(round * 200));
        watch.round().await.unwrap();
    }
    // The copy is read where the log would be read.
    let copy = format!("{their_url}/mirror/{}", witness::origin_hash(ORIGIN));
    let copied = KnownLog::parse(&log.key().to_string(), Some(&copy)).unwrap();
    let third = party(&clock);
    let again = Mirror::open(MirrorParts {
        store: third.store.clone(),
        operator: operator(),
        key: Arc::new(secret("third.example/mirror")),
        logs: Arc::new(AcceptedLogs::new(vec![copied.clone()], None, Vec::new(), clock.clone())),
        alarms: third.alarms.clone(),
        clock,
    })
    .await
    .unwrap();
    assert_eq!(Puller::new(again, Arc::new(client)).pull(&copied).await.unwrap(), Pulled::Caught(600));
    assert!(theirs.alarms.list().await.unwrap().is_empty());
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a server does that packs answers: this one of octets, or all, by `content`.
async fn as_gzip(response: Response, encoding: &'static str, content: fn(Bytes) -> Vec<u8>) -> Response {
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    Response::from_parts(head, Body::from(content(body)))
}

/// C2SP tlog-tiles, "Log entries": a log may send gzip with no negotiation.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_sends_gzip_is_mirrored_and_a_bomb_is_refused() {
    let (clock, ours, client) = (clock(), party(&clock()), client());
    let log = log(&ours, &clock, 600).await;
    let pull = async |encoding: &'static str, content: fn(Bytes) -> Vec<u8>| {
        let pack = move |response: Response| async move {
            let octets = response.headers()[CONTENT_TYPE] == "application/octet-stream";
            if octets { as_gzip(response, encoding, content).await } else { response }
        };
        let url = serve(log_router(log.clone()).layer(map_response(pack))).await;
        let known = KnownLog::parse(&log.key().to_string(), Some(&url)).unwrap();
        let theirs = party(&clock);
        let mirror = mirror_of(&theirs, &known, &clock).await;
        Puller::new(mirror, Arc::new(client.clone())).pull(&known).await
    };
    assert_eq!(pull("gzip", |bytes| packed(&bytes)).await.unwrap(), Pulled::Caught(600));
    assert_eq!(pull("X-Gzip", |bytes| packed(&bytes)).await.unwrap(), Pulled::Caught(600));
    assert_eq!(pull("identity", |bytes| bytes.to_vec()).await.unwrap(), Pulled::Caught(600));
    // In two members, as tools that pack in parallel write it.
    let halves = |bytes: Bytes| {
        let (one, other) = bytes.split_at(bytes.len() / 2);
        [packed(one), packed(other)].concat()
    };
    assert_eq!(pull("gzip", halves).await.unwrap(), Pulled::Caught(600));
    // 20 MiB out of 20 KiB.
    let bomb = pull("gzip", |_| packed(&vec![0; 20 << 20])).await.unwrap_err();
    assert_eq!(bomb.code(), ErrorCode::TooLarge);
    assert!(bomb.arg("what").unwrap_or_default().contains("unpacked"), "{bomb:?}");
    let cut = |bytes: Bytes| packed(&bytes)[..20].to_vec();
    for (encoding, content) in [("gzip", cut as fn(Bytes) -> Vec<u8>), ("gzip", |bytes| bytes.to_vec())] {
        assert_eq!(pull(encoding, content).await.unwrap_err().code(), ErrorCode::PartnerAnswer);
    }
    let other = pull("br", |bytes| bytes.to_vec()).await.unwrap_err();
    assert_eq!(other.code(), ErrorCode::PartnerAnswer);
}

/// A log whose files are not as long as their names say: nothing is kept of them, and the problem names the
/// file.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_files_have_a_wrong_length_is_not_mirrored() {
    let (clock, ours, client) = (clock(), party(&clock()), client());
    let log = log(&ours, &clock, 300).await;
    let check = async |file: &'static str, change: fn(&mut Vec<u8>), expect: ErrorCode| {
        let changed = move |request: Request, next: Next| async move {
            let hit = request.uri().path().ends_with(file);
            let (mut head, body) = next.run(request).await.into_parts();
            let mut bytes = to_bytes(body, 1 << 24).await.unwrap().to_vec();
            if hit {
                change(&mut bytes);
                head.headers.remove(CONTENT_LENGTH);
            }
            Response::from_parts(head, Body::from(bytes))
        };
        let url = serve(log_router(log.clone()).layer(from_fn(changed))).await;
        let known = KnownLog::parse(&log.key().to_string(), Some(&url)).unwrap();
        let theirs = party(&clock);
        let mirror = mirror_of(&theirs, &known, &clock).await;
        let problem = Puller::new(mirror.clone(), Arc::new(client.clone())).pull(&known).await.unwrap_err();
        assert_eq!(problem.code(), expect, "{file}: {problem}");
        assert!(problem.to_string().contains(file), "{file}: {problem}");
        let standing = mirror.standing(ORIGIN).await.unwrap();
        assert_eq!((standing.size(), standing.next), (0, 0), "{file}: {problem}");
        assert!(theirs.alarms.list().await.unwrap().is_empty(), "{file}: {problem}");
    };
    use ErrorCode::{PartnerAnswer, TooLarge};
    // The first bundle: gone, its last entry cut or missing, one of no bytes too many, 16 MiB and more.
    check("entries/000", |bundle| bundle.clear(), PartnerAnswer).await;
    check("entries/000", |bundle| bundle.truncate(bundle.len() - 1), PartnerAnswer).await;
    check("entries/000", |bundle| bundle.truncate(bundle.len() - "  entry 255".len()), PartnerAnswer).await;
    check("entries/000", |bundle| bundle.extend_from_slice(&[0, 0]), PartnerAnswer).await;
    check("entries/000", |bundle| bundle.resize((16 << 20) + 513, 0), TooLarge).await;
    // What the proof of the first bundle stands on: the leaves after it.
    check("tile/0/001.p/44", |tile| tile.clear(), PartnerAnswer).await;
    check("tile/0/001.p/44", |tile| tile.truncate(43 * 32), PartnerAnswer).await;
    check("tile/0/001.p/44", |tile| tile.truncate(43 * 32 + 31), PartnerAnswer).await;
    check("tile/0/001.p/44", |tile| tile.push(7), TooLarge).await;
    check("tile/0/001.p/44", |tile| tile.extend_from_slice(&[7; 32]), TooLarge).await;
}

/// What a mirror of others may insist on (C2SP tlog-mirror): the content type, and its ticket, by which alone it
/// knows its pending checkpoint again. Each answer gives another one.
#[derive(Default)]
struct Strict {
    /// Where it stands, and the ticket it gave last.
    next: u64,
    ticket: Vec<u8>,
    given: u64,
    /// It has forgotten its tickets by the time they come back.
    forgetful: bool,
    asked: usize,
}

type Shared = Arc<Mutex<Strict>>;

async fn strict(State(mirror): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let mirror = &mut *mirror.lock().unwrap();
    mirror.asked += 1;
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/octet-stream") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let at = 2 + ORIGIN.len();
    let number = |from: usize| u64::from_be_bytes(body[from..from + 8].try_into().unwrap());
    let (start, end) = (number(at), number(at + 8));
    let length = usize::from(u16::from_be_bytes(body[at + 16..at + 18].try_into().unwrap()));
    let ticket = &body[at + 18..at + 18 + length];
    let mut status = StatusCode::CONFLICT;
    if !mirror.ticket.is_empty() && ticket == mirror.ticket && start <= mirror.next && !mirror.forgetful {
        // The entries themselves are what our own mirror checks. One package is taken of each request.
        mirror.next = end.min(start / 256 * 256 + 256);
        status = if mirror.next == end { StatusCode::OK } else { StatusCode::ACCEPTED };
    }
    if !mirror.forgetful {
        mirror.given += 1;
        mirror.ticket = format!("\0{end} {}\u{ff}", mirror.given).into_bytes();
    }
    let text = format!("{end}\n{}\n{}\n", mirror.next, STANDARD.encode(&mirror.ticket));
    (status, [(CONTENT_TYPE, "text/x.tlog.mirror-info")], text).into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_insists_on_content_type_and_ticket_gets_both() {
    let (clock, ours) =
        (Arc::new(FixedClock::at(Timestamp::from_millis(1_795_339_500_000))), party(&clock()));
    let shared: Arc<dyn Clock> = clock.clone();
    let log = log(&ours, &shared, 600).await;
    let mirror = Shared::default();
    let router = Router::new()
        .route("/add-checkpoint", post(|| async { StatusCode::OK }))
        .route("/add-entries", post(strict))
        .with_state(mirror.clone());
    let url = serve(router).await;
    let pusher = Pusher::new(PushParts {
        log: log.clone(),
        mirrors: Arc::new({
            let url = url.clone();
            move || Ok(vec![url.clone()])
        }),
        link: Arc::new(HttpLink { client: client(), patience: Duration::from_secs(30) }),
        clock: shared,
        patience: PushPatience::default(),
    });
    for size in [600, 650] {
        pusher.round().await.unwrap();
        let copies = pusher.copies();
        assert_eq!((copies.copied, copies.mirrors[&url].failures.last_error.clone()), (size, None));
        grow(&log, 50).await;
    }
    // One that says the same for ever is a failure soon, and holds nothing up (LG-2).
    mirror.lock().unwrap().forgetful = true;
    for _ in 0..2 {
        mirror.lock().unwrap().asked = 0;
        pusher.round().await.unwrap();
        assert!(mirror.lock().unwrap().asked <= 5, "asked {} times", mirror.lock().unwrap().asked);
        clock.advance(Duration::from_secs(120));
    }
    assert_eq!(pusher.copies().mirrors[&url].failures.in_a_row, 2);
    pusher.round().await.unwrap();
    assert!(pusher.copies().lag(), "witnesses are shown it without a copy");
}
