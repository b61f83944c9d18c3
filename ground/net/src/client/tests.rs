//! The client against a listener on this machine: what it refuses, what it cuts, what it reaches.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::http::header::LOCATION;
use axum::routing::{any, get, post};
use http_body::Frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::serve::{Limits, Listen, Server, serve};
use crate::tls::ServerTls;

/// Content without an end.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 4096])))))
    }
}

fn router(hits: Arc<Mutex<Vec<String>>>) -> Router {
    let hit = move |uri: axum::http::Uri, body: Bytes| {
        hits.lock().unwrap().push(format!("{uri} {}", body.len()));
        async move { body }
    };
    Router::new()
        .route("/echo", any(hit.clone()))
        .route("/hidden", any(hit))
        .route("/redirect", get(|| async { (StatusCode::FOUND, [(LOCATION, "/hidden")]) }))
        .route("/bomb", get(|| async { axum::body::Body::new(Endless) }))
        .route("/long", get(|| async { "x".repeat(2000) }))
        .route("/never", post(std::future::pending::<()>))
        .layer(axum::extract::DefaultBodyLimit::max(4 << 20))
}

struct Here {
    server: Server,
    hits: Arc<Mutex<Vec<String>>>,
}

async fn here(tls: Option<ServerTls>) -> Here {
    let hits = Arc::default();
    let listen = Listen { address: "127.0.0.1:0".parse().unwrap(), tls, limits: Limits::default() };
    let server = serve(listen, router(Arc::clone(&hits)), std::future::pending()).await.unwrap();
    Here { server, hits }
}

impl Here {
    fn port(&self) -> u16 {
        self.server.address().port()
    }

    fn url(&self, host: &str, path: &str) -> Url {
        Url::parse(&format!("http://{host}:{}{path}", self.port())).unwrap()
    }

    /// A client to which these hosts are named, with the port of this listener.
    fn client(&self, hosts: &[&str]) -> Client {
        let allow = hosts.iter().map(|h| format!("{h}:{}", self.port()).parse().unwrap()).collect();
        Client::new(&ClientOptions { allow, system_roots: false, ..ClientOptions::default() }).unwrap()
    }
}

fn code<T>(found: Result<T>) -> Result<T, ErrorCode> {
    found.map_err(|p| p.code())
}

#[tokio::test]
async fn this_machine_is_refused_unless_it_is_named() {
    let here = here(None).await;
    let none = here.client(&[]);
    for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "0177.1", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let found = none.send(Request::new(Method::GET, here.url(host, "/echo"))).await;
        assert_eq!(code(found).err(), Some(ErrorCode::AddressRefused), "{host}");
        let mut tls = here.url(host, "/echo");
        tls.set_scheme("https").unwrap();
        let found = none.send(Request::new(Method::GET, tls)).await;
        assert_eq!(code(found).err(), Some(ErrorCode::AddressRefused), "https {host}");
    }
    assert!(here.hits.lock().unwrap().is_empty());
    for host in ["127.0.0.1", "localhost"] {
        let mut request = Request::new(Method::POST, here.url(host, "/echo"));
        request.body = Bytes::from_static(b"content");
        let response = here.client(&[host]).send(request).await.unwrap();
        assert_eq!((response.status, &response.body[..]), (StatusCode::OK, &b"content"[..]));
    }
}

#[tokio::test]
async fn a_name_that_resolves_inside_is_refused_when_it_is_called() {
    let here = here(None).await;
    let mut url = here.url("localhost", "/echo");
    url.set_scheme("https").unwrap();
    let client = here.client(&[]);
    client.permits(&url).unwrap();
    let problem = client.send(Request::new(Method::GET, url)).await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::AddressRefused);
    assert!(problem.arg("address").unwrap().starts_with("localhost = "), "{problem}");
}

#[tokio::test]
async fn a_redirect_is_handed_back_and_not_followed() {
    let here = here(None).await;
    let client = here.client(&["127.0.0.1"]);
    let response = client.send(Request::new(Method::GET, here.url("127.0.0.1", "/redirect"))).await.unwrap();
    assert_eq!(response.status, StatusCode::FOUND);
    assert!(here.hits.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_is_cut_at_its_limit() {
    let here = here(None).await;
    let client = here.client(&["127.0.0.1"]);
    let check = async |path: &str, limit, expect: Result<usize, ErrorCode>| {
        let mut request = Request::new(Method::GET, here.url("127.0.0.1", path));
        request.limit = limit;
        let found = client.send(request).await.map(|r| r.body.len());
        assert_eq!(code(found), expect, "{path} {limit}");
    };
    check("/long", 2000, Ok(2000)).await;
    check("/long", 1999, Err(ErrorCode::TooLarge)).await;
    check("/bomb", 1 << 20, Err(ErrorCode::TooLarge)).await;
    check("/bomb", 0, Err(ErrorCode::TooLarge)).await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let here = here(None).await;
    let mut request = Request::new(Method::POST, here.url("127.0.0.1", "/never"));
    request.timeout = Duration::from_millis(100);
    let problem = here.client(&["127.0.0.1"]).send(request).await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::PartnerUnreachable);
    assert_eq!(problem.arg("why"), Some("no answer in time"));
}

#[tokio::test]
async fn a_closed_port_says_who_is_not_there() {
    let address = format!("127.0.0.1:{}", corridor_ports::free_port().unwrap());
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let client = Client::new(&ClientOptions { allow, ..ClientOptions::default() }).unwrap();
    let url = Url::parse(&format!("http://{address}/secret?token=1")).unwrap();
    let problem = client.send(Request::new(Method::GET, url)).await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::PartnerUnreachable);
    assert_eq!(problem.arg("partner"), Some(format!("http://{address}").as_str()));
    assert!(!problem.arg("why").unwrap().contains("token"), "{problem}");
    assert!(problem.arg("why").unwrap().contains("refused"), "{problem}");
}

#[tokio::test]
async fn content_is_sent_and_read_in_pieces() {
    let here = here(None).await;
    let client = here.client(&["127.0.0.1"]);
    let request = Request::new(Method::POST, here.url("127.0.0.1", "/echo"));
    let content = axum::body::Body::from(vec![b'x'; 3 << 20]);
    struct Whole(axum::body::Body);
    impl http_body::Body for Whole {
        type Data = Bytes;
        type Error = axum::Error;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Pin::new(&mut self.0).poll_frame(cx)
        }
    }
    // `axum::body::Body` is not `Sync`; a mutex makes it so, as a caller may do.
    let mut incoming = client
        .upload(Request { limit: 4 << 20, ..request }, SyncBody(Mutex::new(Whole(content))))
        .await
        .unwrap();
    assert_eq!(incoming.content_length(), Some(3 << 20));
    let mut length = 0;
    while let Some(chunk) = incoming.chunk().await.unwrap() {
        length += chunk.len();
    }
    assert_eq!(length, 3 << 20);
}

struct SyncBody<B>(Mutex<B>);

impl<B: http_body::Body<Data = Bytes> + Unpin> http_body::Body for SyncBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(self.0.get_mut().unwrap()).poll_frame(cx)
    }
}

struct Certificate {
    dir: tempfile::TempDir,
    pem: String,
}

#[allow(clippy::disallowed_methods, reason = "files of a test")]
fn certificate(name: &str, dir: tempfile::TempDir) -> Certificate {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    std::fs::write(dir.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    Certificate { dir, pem: made.cert.pem() }
}

impl Certificate {
    fn tls(&self) -> ServerTls {
        ServerTls::load(&self.dir.path().join("cert.pem"), &self.dir.path().join("key.pem")).unwrap()
    }

    fn options(&self) -> ClientOptions {
        let allow = vec!["localhost".parse().unwrap()];
        let extra_roots = self.pem.clone().into_bytes();
        ClientOptions { allow, system_roots: false, extra_roots, ..ClientOptions::default() }
    }
}

#[tokio::test]
async fn a_certificate_is_exchanged_while_the_listener_runs() {
    let old = certificate("localhost", tempfile::tempdir().unwrap());
    let tls = old.tls();
    let here = here(Some(tls.clone())).await;
    let url = Url::parse(&format!("https://localhost:{}/long", here.port())).unwrap();
    let ask = async |client: &Client| {
        code(client.send(Request::new(Method::GET, url.clone())).await.map(|r| r.status.as_u16()))
    };
    let knows_old = Client::new(&old.options()).unwrap();
    assert_eq!(knows_old.certificate(&url), None);
    assert_eq!(ask(&knows_old).await, Ok(200));
    assert_eq!(knows_old.certificate(&url).map(|c| c.expires), Some(tls.expires()));
    let options = old.options();
    let new = certificate("localhost", old.dir);
    let knows_new = Client::new(&new.options()).unwrap();
    assert_eq!(ask(&knows_new).await, Err(ErrorCode::PartnerUnreachable));
    assert_eq!(knows_new.certificate(&url), None, "what is not trusted is not noted");
    assert!(tls.reload().unwrap());
    assert_eq!(ask(&knows_new).await, Ok(200));
    // The connection that stands goes on; a new one sees the new certificate.
    assert_eq!(ask(&knows_old).await, Ok(200));
    let problem =
        Client::new(&options).unwrap().send(Request::new(Method::GET, url.clone())).await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::PartnerUnreachable);
    assert!(problem.arg("why").unwrap().contains("certificate"), "{problem}");
}

#[tokio::test]
async fn a_replaced_file_is_noticed_without_being_told() {
    let old = certificate("localhost", tempfile::tempdir().unwrap());
    let tls = old.tls();
    let watching = tls.watch(Duration::from_millis(20));
    let here = here(Some(tls)).await;
    let new = certificate("localhost", old.dir);
    let client = Client::new(&new.options()).unwrap();
    let url = Url::parse(&format!("https://localhost:{}/long", here.port())).unwrap();
    for _ in 0..3000 {
        if client.send(Request::new(Method::GET, url.clone())).await.is_ok() {
            watching.abort();
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the new certificate was not taken up");
}

#[test]
fn extra_roots_that_are_no_certificates_are_refused() {
    let check = |pem: &str| {
        let options = ClientOptions { extra_roots: pem.as_bytes().to_vec(), ..ClientOptions::default() };
        assert_eq!(Client::new(&options).unwrap_err().code(), ErrorCode::TlsInvalid, "{pem}");
    };
    check("garbage");
    check("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    check("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
}

/// A proxy that knows one way: it says which CONNECT it got, and leads to `to`.
async fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            log.lock().unwrap().push(String::from_utf8(head).unwrap());
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut onward = TcpStream::connect(to).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut socket, &mut onward).await });
        }
    });
    (address, asked)
}

#[tokio::test]
async fn a_proxy_leads_outward_and_never_inward() {
    let certificate = certificate("node.example.test", tempfile::tempdir().unwrap());
    let here = here(Some(certificate.tls())).await;
    let (proxy, asked) = proxy(here.server.address()).await;
    let proxy = Some(Url::parse(&format!("http://user:pass@{proxy}")).unwrap());
    let client = Client::new(&ClientOptions { proxy, ..certificate.options() }).unwrap();
    let ask = async |url: &str| {
        let found = client.send(Request::new(Method::GET, Url::parse(url).unwrap())).await;
        code(found.map(|r| r.status.as_u16()))
    };
    assert_eq!(ask("https://node.example.test/long").await, Ok(200));
    {
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].starts_with("CONNECT node.example.test:443 "), "{asked:?}");
        assert!(asked[0].to_lowercase().contains("proxy-authorization: basic "), "{asked:?}");
    }
    for url in [
        "https://10.0.0.1/",
        "https://169.254.169.254/",
        "https://metadata.google.internal/",
        "http://node.example.test/",
    ] {
        assert_eq!(ask(url).await, Err(ErrorCode::AddressRefused), "{url}");
    }
    // What is named is reached straight (and here fails at its certificate, not at the proxy).
    let named = format!("https://localhost:{}/long", here.port());
    assert_eq!(ask(&named).await, Err(ErrorCode::PartnerUnreachable));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[test]
fn a_proxy_of_another_scheme_is_refused() {
    let options = ClientOptions {
        proxy: Some(Url::parse("socks5://127.0.0.1:1080").unwrap()),
        ..ClientOptions::default()
    };
    assert_eq!(Client::new(&options).unwrap_err().code(), ErrorCode::Malformed);
}
