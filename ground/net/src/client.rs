//! The one guarded HTTP client (NE-1): it connects to public addresses and to what the operator's
//! configuration names, follows no redirect, and reads no more than it was told to.

mod guard;
mod seen;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use corridor_base::{ErrorCode, Problem, Result};
use http::header::{CONTENT_LENGTH, HeaderMap};
use http::{Method, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Body, Proxy};
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use url::Url;

pub use guard::Allow;
use guard::{Guard, GuardedResolver, Route};
pub use seen::SeenCertificate;
use seen::{Noting, Seen};

/// How the client is set up. `Default` allows public addresses only, trusts the certificates of the
/// operating system, and uses no proxy (no environment variable is read).
#[derive(Clone)]
pub struct ClientOptions {
    /// Inside addresses that may be called. They are reached straight, never through the proxy.
    pub allow: Vec<Allow>,
    /// The outbound proxy, `http://HOST:PORT` or `https://…`, for everything that is not in `allow`;
    /// its URL may hold a user and a password. The proxy resolves names: it must itself refuse to
    /// lead inside, since here only addresses and the form of names can be judged.
    pub proxy: Option<Url>,
    /// Whether certificates that the operating system trusts are trusted.
    pub system_roots: bool,
    /// Further trusted certificates, PEM, one or several.
    pub extra_roots: Vec<u8>,
    /// How long a connection may take to stand, TLS included.
    pub connect_timeout: Duration,
    /// How long an answer may pause between two pieces.
    pub idle_timeout: Duration,
    /// How many idle connections are kept for each host.
    pub idle_connections: usize,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            proxy: None,
            system_roots: true,
            extra_roots: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            idle_connections: 64,
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: Url,
    /// Header fields; `Host` is set by the client.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
    /// The most bytes of content that the answer may have.
    pub limit: usize,
    /// The whole time the request may take, answer included.
    pub timeout: Duration,
}

impl Request {
    /// A request without header fields or content, an answer of at most 1 MiB, within 30 seconds.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        let timeout = Duration::from_secs(30);
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new(), limit: 1 << 20, timeout }
    }
}

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status; a redirect (3xx) is handed back like any other answer.
    pub status: StatusCode,
    /// Header fields.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

/// An answer whose content is still to be read.
pub struct Incoming {
    /// The status.
    pub status: StatusCode,
    /// Header fields.
    pub headers: HeaderMap,
    response: reqwest::Response,
    partner: String,
    left: usize,
    limit: usize,
}

/// The client. A clone shares the connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// One HTTP client for each [`Route`], so that a pooled connection is never used for a request that
/// might not have opened it.
struct Inner {
    guard: Guard,
    seen: Seen,
    outward: reqwest::Client,
    named: reqwest::Client,
    loopback: reqwest::Client,
}

impl Client {
    /// Sets the client up.
    ///
    /// # Errors
    /// `tls-invalid` when the extra certificates cannot be read; `malformed` when the proxy's URL is
    /// not http or https.
    pub fn new(options: &ClientOptions) -> Result<Self> {
        let guard = Guard::new(&options.allow, options.proxy.is_some());
        let seen = Seen::default();
        let tls = tls_config(options, &seen)?;
        let build = |route| build(options, &guard, route, tls.clone());
        let (outward, named, loopback) =
            (build(Route::Outward)?, build(Route::Named)?, build(Route::Loopback)?);
        Ok(Self(Arc::new(Inner { guard, seen, outward, named, loopback })))
    }

    /// Whether the client would connect to this URL, as far as can be said without asking DNS: for
    /// checking configuration and trust lists early.
    ///
    /// # Errors
    /// `address-refused`, `malformed`.
    pub fn permits(&self, url: &Url) -> Result<()> {
        self.0.guard.route(url).map(|_| ())
    }

    /// The certificate that the host of this URL showed last, and that was trusted: nothing before the first
    /// connection of this client, and nothing of what is not https.
    #[must_use]
    pub fn certificate(&self, url: &Url) -> Option<SeenCertificate> {
        self.0.seen.of(url)
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// `address-refused`, `partner-unreachable` (also when time is up), `too-large` (the answer),
    /// `malformed` (the URL).
    pub async fn send(&self, request: Request) -> Result<Response> {
        let mut incoming = self.open(request).await?;
        let expected = incoming.response.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let mut body = BytesMut::with_capacity(expected.min(incoming.limit).min(1 << 16));
        while let Some(chunk) = incoming.chunk().await? {
            // Most answers come in one piece: keep it.
            if body.is_empty() && expected == chunk.len() {
                return Ok(Response { status: incoming.status, headers: incoming.headers, body: chunk });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status: incoming.status, headers: incoming.headers, body: body.freeze() })
    }

    /// Sends a request and hands the answer back to be read in pieces.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn open(&self, mut request: Request) -> Result<Incoming> {
        let body = std::mem::take(&mut request.body);
        let body = (!body.is_empty()).then(|| Body::from(body));
        self.execute(request, body).await
    }

    /// Sends a request whose content is read as it goes (in place of `request.body`), for content
    /// that does not fit in memory. Set `Content-Length` in its headers where the length is known.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn upload<B>(&self, request: Request, content: B) -> Result<Incoming>
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.execute(request, Some(Body::wrap(content))).await
    }

    async fn execute(&self, request: Request, body: Option<Body>) -> Result<Incoming> {
        let client = match self.0.guard.route(&request.url)? {
            Route::Outward => &self.0.outward,
            Route::Named => &self.0.named,
            Route::Loopback => &self.0.loopback,
        };
        let partner = request.url.origin().ascii_serialization();
        let mut wire = reqwest::Request::new(request.method, request.url);
        *wire.headers_mut() = request.headers;
        *wire.timeout_mut() = Some(request.timeout);
        *wire.body_mut() = body;
        let mut response = client.execute(wire).await.map_err(|e| problem(e, &partner))?;
        let limit = request.limit;
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large(&partner, limit));
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Incoming { status: response.status(), headers, response, partner, left: limit, limit })
    }
}

impl Incoming {
    /// The next piece of the content; `None` at its end.
    ///
    /// # Errors
    /// `too-large` when the content is longer than the request allowed; `partner-unreachable` when
    /// it breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let chunk = self.response.chunk().await.map_err(|e| problem(e, &self.partner))?;
        if let Some(chunk) = &chunk {
            match self.left.checked_sub(chunk.len()) {
                Some(left) => self.left = left,
                None => return Err(too_large(&self.partner, self.limit)),
            }
        }
        Ok(chunk)
    }

    /// The length of the content, if the answer names it.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.guard).finish()
    }
}

fn too_large(partner: &str, limit: usize) -> Problem {
    Problem::new(ErrorCode::TooLarge).with("what", format!("answer of {partner}")).with("limit", limit)
}

/// The guard's refusal, if one lies below; else what broke, without the URL (it may hold an id).
fn problem(error: reqwest::Error, partner: &str) -> Problem {
    let mut below: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = below {
        if let Some(problem) = cause.downcast_ref::<Problem>() {
            return problem.clone();
        }
        below = cause.source();
    }
    let unreachable = Problem::new(ErrorCode::PartnerUnreachable).with("partner", partner);
    if error.is_timeout() {
        return unreachable.with("why", "no answer in time").because(error.without_url());
    }
    unreachable.because(error.without_url())
}

#[allow(clippy::disallowed_methods, reason = "this is the guarded client that the lint points to (NE-1)")]
fn build(options: &ClientOptions, guard: &Guard, route: Route, tls: ClientConfig) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("corridor/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.idle_timeout)
        // Shorter than the 30 seconds after which our own listener closes an idle connection.
        .pool_idle_timeout(Duration::from_secs(20))
        .pool_max_idle_per_host(options.idle_connections)
        .tcp_nodelay(true)
        .tls_backend_preconfigured(tls)
        .dns_resolver(GuardedResolver { guard: guard.clone(), route });
    if let (Route::Outward, Some(proxy)) = (route, &options.proxy) {
        let refuse =
            |why: &str| Problem::new(ErrorCode::Malformed).with("what", "proxy URL").with("why", why);
        if !matches!(proxy.scheme(), "http" | "https") || proxy.host().is_none() {
            return Err(refuse("http://HOST:PORT expected"));
        }
        builder = builder.proxy(Proxy::all(proxy.clone()).map_err(|_| refuse("http://HOST:PORT expected"))?);
    }
    builder.build().map_err(|e| Problem::new(ErrorCode::Internal).because(e))
}

fn tls_config(options: &ClientOptions, seen: &Seen) -> Result<ClientConfig> {
    let invalid =
        |why: String| Problem::new(ErrorCode::TlsInvalid).with("path", "extra roots").with("why", why);
    let mut extra = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&options.extra_roots) {
        extra.push(certificate.map_err(|e| invalid(e.to_string()))?);
    }
    if extra.is_empty() && !options.extra_roots.is_empty() {
        return Err(invalid("no certificate in PEM form".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    let noting = |judge: Arc<dyn ServerCertVerifier>| {
        let noting = Arc::new(Noting { judge, seen: seen.clone() });
        builder.clone().dangerous().with_custom_certificate_verifier(noting).with_no_client_auth()
    };
    let mut roots = RootCertStore::empty();
    for certificate in &extra {
        roots.add(certificate.clone()).map_err(|e| invalid(e.to_string()))?;
    }
    if options.system_roots {
        match rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone()) {
            Ok(verifier) => return Ok(noting(Arc::new(verifier))),
            // A bare container: everything that needs no TLS still works, all else fails closed.
            Err(error) => tracing::warn!(%error, "the operating system trusts no certificates"),
        }
    }
    if roots.is_empty() {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    Ok(noting(judge.map_err(|e| Problem::new(ErrorCode::Internal).because(e))?))
}
