//! The listener: plain HTTP on this machine, TLS to the world, bounded in connections, header sizes
//! and times, and ended without cutting off what it accepted.

mod stream;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use corridor_base::{ErrorCode, Problem, Result};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::tls::ServerTls;
use stream::{Paced, PacedBody};

/// How long the queue of connections that the operating system accepted is emptied at the end.
const BACKLOG: Duration = Duration::from_millis(20);
/// How long a connection that has not asked anything yet may still ask at the end.
const LAST_CALL: Duration = Duration::from_secs(1);

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Address and port; port 0 takes any free one.
    pub address: SocketAddr,
    /// The certificate. Without one only a loopback address is listened on.
    pub tls: Option<ServerTls>,
    /// The bounds.
    pub limits: Limits,
}

impl Listen {
    /// Plain HTTP on a loopback address, with the usual bounds.
    #[must_use]
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None, limits: Limits::default() }
    }
}

/// The bounds of a listener. The size of a request's content is the handlers' to bound.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; more wait in the queue of the operating system.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long the head of a request may take; also how long a connection may stay idle.
    pub header: Duration,
    /// The most bytes of a request's head.
    pub header_bytes: usize,
    /// The most fields of a request's head.
    pub header_fields: usize,
    /// How long content may be awaited before [`Limits::bytes_per_second`] counts.
    pub patience: Duration,
    /// The slowest a request's content may come, averaged from its beginning.
    pub bytes_per_second: u64,
    /// How long an answer may wait for a caller that does not read.
    pub stall: Duration,
    /// How long requests in flight may take after the listener was told to end.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(30),
            header_bytes: 32 << 10,
            header_fields: 100,
            patience: Duration::from_secs(30),
            bytes_per_second: 1024,
            stall: Duration::from_secs(60),
            shutdown: Duration::from_secs(30),
        }
    }
}

/// A running listener.
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<usize>,
}

impl Server {
    /// The address it listens on, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it has ended: how many connections had to be cut because time was up.
    pub async fn finished(self) -> usize {
        self.task.await.unwrap_or(0)
    }
}

/// Listens, and serves the router until `shutdown` completes; then takes nothing new, finishes the
/// requests it has (within [`Limits::shutdown`]) and closes. The caller's address is given to
/// handlers as [`ConnectInfo<SocketAddr>`].
///
/// A connection that the operating system accepted before the end is still served one request. An
/// idle kept-alive connection is closed; a caller that reuses it in that very moment sees it closed
/// and repeats, as RFC 9112, 9.3.1 has it.
///
/// # Errors
/// `config-invalid` for plain HTTP beyond this machine; `port-taken`; `internal` for an address
/// that cannot be listened on for another reason.
pub async fn serve<S>(listen: Listen, router: Router, shutdown: S) -> Result<Server>
where
    S: Future<Output = ()> + Send + 'static,
{
    let Listen { address, tls, limits } = listen;
    if tls.is_none() && !address.ip().is_loopback() {
        return Err(unusable(
            address,
            "plain HTTP is only for 127.0.0.1 and [::1]: name a certificate and a key, or listen there behind a reverse proxy",
        ));
    }
    let listener = TcpListener::bind(address).await.map_err(|e| match e.kind() {
        io::ErrorKind::AddrInUse => Problem::new(ErrorCode::PortTaken).with("address", address).because(e),
        _ => unusable(address, &e.to_string()).because(e),
    })?;
    let address = listener.local_addr().map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    let acceptor = tls.map(|tls| TlsAcceptor::from(tls.config()));
    let front = Arc::new(Front { acceptor, router, limits });
    let task = tokio::spawn(accept(listener, front, shutdown));
    Ok(Server { address, task })
}

fn unusable(address: SocketAddr, why: &str) -> Problem {
    let problem = Problem::new(ErrorCode::ConfigInvalid).with("path", "-").with("line", "-");
    problem.with("key", format!("listen {address}")).with("why", why)
}

/// What all connections of a listener share.
struct Front {
    acceptor: Option<TlsAcceptor>,
    router: Router,
    limits: Limits,
}

async fn accept<S: Future<Output = ()>>(listener: TcpListener, front: Arc<Front>, shutdown: S) -> usize {
    let places = Arc::new(Semaphore::new(front.limits.connections));
    let (tell, told) = watch::channel(false);
    let mut running = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = running.join_next() => {}
            (place, accepted) = next(&listener, &places) => {
                match accepted {
                    Ok((socket, peer)) => drop(running.spawn(front.clone().connection(socket, peer, place, told.clone()))),
                    // Out of file descriptors, mostly: wait for some to come free.
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        }
    }
    // What the operating system accepted for us would be reset when the listener closes.
    let until = Instant::now() + BACKLOG;
    while let Ok((place, Ok((socket, peer)))) = timeout_at(until, next(&listener, &places)).await {
        running.spawn(front.clone().connection(socket, peer, place, told.clone()));
    }
    drop(listener);
    tell.send_replace(true);
    let all = async { while running.join_next().await.is_some() {} };
    if timeout(front.limits.shutdown, all).await.is_err() {
        tracing::warn!(connections = running.len(), "requests did not finish in time and were cut");
    }
    running.len()
}

async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, io::Result<(TcpStream, SocketAddr)>) {
    // The semaphore is never closed: no place means an end of the program.
    let place = places.clone().acquire_owned().await.ok();
    (place, listener.accept().await)
}

/// Completes when the listener was told to end, or is gone.
async fn end_of(told: &mut watch::Receiver<bool>) {
    let _ = told.wait_for(|end| *end).await;
}

impl Front {
    async fn connection(
        self: Arc<Self>,
        socket: TcpStream,
        peer: SocketAddr,
        place: Option<OwnedSemaphorePermit>,
        told: watch::Receiver<bool>,
    ) {
        let _place = place;
        // Small answers must not wait for a full segment.
        let _ = socket.set_nodelay(true);
        let socket = Paced::new(socket, self.limits.stall);
        match &self.acceptor {
            None => self.http(socket, peer, told).await,
            Some(acceptor) => match timeout(self.limits.handshake, acceptor.accept(socket)).await {
                Ok(Ok(socket)) => self.http(socket, peer, told).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake took too long"),
            },
        }
    }

    async fn http<T>(&self, socket: T, peer: SocketAddr, mut told: watch::Receiver<bool>)
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let limits = self.limits;
        let asked = AtomicBool::new(false);
        let service = service_fn(|request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let mut request = request.map(|body| Body::new(PacedBody::new(body, limits)));
            request.extensions_mut().insert(ConnectInfo(peer));
            let router = self.router.clone();
            async move {
                Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
            }
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .max_headers(limits.header_fields)
            .max_buf_size(limits.header_bytes.max(8 << 10))
            .half_close(false);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = end_of(&mut told) => {
                connection.as_mut().graceful_shutdown();
                match timeout(LAST_CALL, connection.as_mut()).await {
                    Ok(ended) => ended,
                    Err(_) if asked.load(Ordering::Relaxed) => connection.await,
                    Err(_) => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection broke off");
        }
    }
}
