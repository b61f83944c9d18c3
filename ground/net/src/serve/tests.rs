//! The listener against slow, greedy and unlucky callers, and its end.

use std::sync::atomic::AtomicUsize;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::*;
use crate::client::{Client, ClientOptions, Request};

fn quick() -> Limits {
    Limits {
        header: Duration::from_millis(300),
        patience: Duration::from_millis(300),
        handshake: Duration::from_millis(300),
        shutdown: Duration::from_millis(500),
        ..Limits::default()
    }
}

struct Running {
    server: Server,
    end: oneshot::Sender<()>,
    served: Arc<AtomicUsize>,
}

async fn running(limits: Limits) -> Running {
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    let router = Router::new()
        .route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }))
        .route("/all", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/early", post(|| async { (StatusCode::PAYLOAD_TOO_LARGE, "too large") }))
        .route("/big", get(|| async { vec![b'x'; 32 << 20] }))
        .route("/slow", get(|| async { sleep(Duration::from_millis(300)).await }))
        .route("/never", get(std::future::pending::<()>))
        .route(
            "/count",
            post(move || async move {
                sleep(Duration::from_millis(2)).await;
                count.fetch_add(1, Ordering::SeqCst);
            }),
        );
    let (end, told) = oneshot::channel();
    let listen = Listen { limits, ..Listen::plain("127.0.0.1:0".parse().unwrap()) };
    let shutdown = async { drop(told.await) };
    Running { server: serve(listen, router, shutdown).await.unwrap(), end, served }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.address()).await.unwrap()
    }

    /// Sends these bytes and reads to the end.
    async fn say(&self, bytes: &[u8]) -> String {
        let mut socket = self.connect().await;
        socket.write_all(bytes).await.unwrap();
        read(&mut socket).await
    }
}

/// All that comes until the other side closes; fails when it does not within a minute.
async fn read(socket: &mut TcpStream) -> String {
    let mut out = Vec::new();
    timeout(Duration::from_secs(60), socket.read_to_end(&mut out))
        .await
        .expect("closed in time")
        .expect("no reset");
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let listen = Listen::plain(address.parse().unwrap());
        let found = serve(listen, Router::new(), std::future::pending()).await;
        assert_eq!(found.map(|s| s.address()).unwrap_err().code(), ErrorCode::ConfigInvalid, "{address}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let first = running(Limits::default()).await;
    let address = first.server.address();
    let found = serve(Listen::plain(address), Router::new(), std::future::pending()).await;
    let problem = found.map(|s| s.address()).unwrap_err();
    assert_eq!(problem.code(), ErrorCode::PortTaken);
    assert_eq!(problem.arg("address"), Some(address.to_string().as_str()));
}

#[tokio::test]
async fn the_callers_address_is_known() {
    let running = running(quick()).await;
    let answer = running.say(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut() {
    let running = running(quick()).await;
    let answer = running.say(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    // One that never begins, and one that was served and then stays idle.
    assert_eq!(running.say(b"").await, "");
    assert!(running.say(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn a_head_too_large_is_refused() {
    let running = running(Limits { header_bytes: 8 << 10, ..quick() }).await;
    let check = async |fields: String| {
        let answer = running.say(format!("GET / HTTP/1.1\r\nhost: x\r\n{fields}\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    };
    check(format!("x-long: {}\r\n", "x".repeat(20 << 10))).await;
    check((0..200).map(|n| format!("x-{n}: 1\r\n")).collect()).await;
}

#[tokio::test]
async fn content_that_drips_is_cut_and_content_that_flows_is_not() {
    let running = running(Limits { bytes_per_second: 10_000, ..quick() }).await;
    let mut socket = running.connect().await;
    socket.write_all(b"POST /all HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n").await.unwrap();
    let began = Instant::now();
    // A byte now and then resets an idle timer, but earns nothing here.
    while began.elapsed() < Duration::from_secs(5) && socket.write_all(b"x").await.is_ok() {
        sleep(Duration::from_millis(50)).await;
        let mut seen = [0; 1];
        if timeout(Duration::from_millis(1), socket.peek(&mut seen)).await.is_ok() {
            break;
        }
    }
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let mut flowing = running.connect().await;
    flowing
        .write_all(b"POST /all HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n")
        .await
        .unwrap();
    for _ in 0..10 {
        flowing.write_all(&[b'x'; 10_000]).await.unwrap();
        sleep(Duration::from_millis(60)).await;
    }
    assert!(read(&mut flowing).await.ends_with("100000"));
}

#[tokio::test]
async fn an_early_answer_is_not_lost_in_a_reset() {
    let running = running(quick()).await;
    let mut socket = running.connect().await;
    let length = 8 << 20;
    let head = format!("POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    // The whole content is pushed before the answer is looked at, as simple callers do.
    socket.write_all(&vec![b'x'; length]).await.unwrap();
    let answer = read(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.ends_with("too large"), "{answer}");
}

#[tokio::test]
async fn more_connections_than_allowed_wait_their_turn() {
    let running = running(Limits { connections: 1, header: Duration::from_secs(5), ..quick() }).await;
    let first = running.connect().await;
    sleep(Duration::from_millis(50)).await;
    let mut second = running.connect().await;
    second.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut byte = [0; 1];
    assert!(
        timeout(Duration::from_millis(200), second.peek(&mut byte)).await.is_err(),
        "served beside the first"
    );
    drop(first);
    assert!(read(&mut second).await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn a_caller_that_does_not_read_its_answer_is_cut() {
    let limits = Limits { connections: 1, stall: Duration::from_millis(200), ..quick() };
    let running = running(limits).await;
    let mut deaf = running.connect().await;
    deaf.write_all(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // The only place comes free although the first caller keeps its connection open.
    assert!(
        running.say(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.ends_with("127.0.0.1")
    );
    drop(deaf);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (dir.path().join("c"), dir.path().join("k"));
    #[allow(clippy::disallowed_methods, reason = "files of a test")]
    {
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    }
    let tls = Some(ServerTls::load(&certificate, &key).unwrap());
    // With a certificate any address may be listened on.
    let listen = Listen { address: "0.0.0.0:0".parse().unwrap(), tls, limits: quick() };
    let server = serve(listen, Router::new(), std::future::pending()).await.unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", server.address().port())).await.unwrap();
    assert_eq!(read(&mut socket).await, "");
    // Plain HTTP to a TLS port is answered with an alert and an end, not with a hang.
    let mut plain = TcpStream::connect(("127.0.0.1", server.address().port())).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut alert = Vec::new();
    let _ = timeout(Duration::from_secs(60), plain.read_to_end(&mut alert)).await.expect("ended in time");
    assert!(alert.len() < 16);
}

#[tokio::test]
async fn the_end_finishes_what_was_accepted() {
    let running = running(Limits { shutdown: Duration::from_secs(5), ..quick() }).await;
    let mut busy = running.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut idle = running.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let silent = running.connect().await;
    sleep(Duration::from_millis(100)).await;
    let address = running.server.address();
    running.end.send(()).unwrap();
    let answer = read(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert!(read(&mut idle).await.ends_with("127.0.0.1"));
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(running.server.finished().await, 0);
    drop(silent);
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let running = running(quick()).await;
    let mut stuck = running.connect().await;
    stuck.write_all(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    sleep(Duration::from_millis(100)).await;
    running.end.send(()).unwrap();
    let began = Instant::now();
    assert_eq!(running.server.finished().await, 1);
    assert!(began.elapsed() < Duration::from_secs(3));
}

/// Callers on kept-alive and on fresh connections while the listener ends: every request that a
/// handler finished has its answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_lost_at_the_end() {
    let running = running(Limits { shutdown: Duration::from_secs(5), ..quick() }).await;
    let address = running.server.address();
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        callers.spawn(async move {
            let allow = vec!["127.0.0.1".parse().unwrap()];
            let idle_connections = if caller % 2 == 0 { 4 } else { 0 };
            let options =
                ClientOptions { allow, idle_connections, system_roots: false, ..ClientOptions::default() };
            let client = Client::new(&options).unwrap();
            let url: url::Url = format!("http://{address}/count").parse().unwrap();
            let mut answered = 0;
            while client.send(Request::new(http::Method::POST, url.clone())).await.is_ok() {
                answered += 1;
            }
            answered
        });
    }
    sleep(Duration::from_millis(300)).await;
    running.end.send(()).unwrap();
    assert_eq!(running.server.finished().await, 0);
    let answered: usize = callers.join_all().await.into_iter().sum();
    assert!(answered > 50, "{answered}");
    assert_eq!(answered, running.served.load(Ordering::SeqCst));
}
