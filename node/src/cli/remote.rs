//! The API of the node, asked from the command line with the token of the one who asks.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use corridor_base::problem::ProblemDocument;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_net::{Client, ClientOptions, Request};
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::Context;

/// The largest answer read whole: a page of a thousand documents with their problems fits.
const MAX_ANSWER: usize = 32 << 20;
/// How long a large document may be under way.
const BULK: Duration = Duration::from_secs(24 * 3600);

/// A node and a token for it.
pub(super) struct Remote {
    client: Client,
    options: ClientOptions,
    base: Url,
    headers: HeaderMap,
}

impl Remote {
    pub(super) fn new(context: &Context) -> Result<Self> {
        let config = context.config();
        let address = match (&context.common.node, &config) {
            (Some(address), _) => address.clone(),
            (None, Ok(config)) => config.api_url(),
            (None, Err(problem)) => return Err(problem.clone()),
        };
        let refuse = |why: String| Problem::new(ErrorCode::Malformed).with("what", "--node").with("why", why);
        let base = Url::parse(&address).map_err(|e| refuse(e.to_string()))?;
        let host = base.host_str().ok_or_else(|| refuse(address.clone()))?;
        let port = base.port_or_known_default().unwrap_or(80);
        let mut options =
            ClientOptions { allow: vec![format!("{host}:{port}").parse()?], ..ClientOptions::default() };
        if let Ok(config) = &config
            && let Some(roots) = &config.extra_roots
        {
            options.extra_roots = super::read_file(roots)?;
        }
        // The certificate of the API itself, on the machine that holds it: it may be its own root.
        if let Ok(config) = &config
            && let Some(tls) = config.api.tls.as_ref().filter(|_| context.common.node.is_none())
        {
            options.extra_roots.extend_from_slice(&super::read_file(&tls.certificate)?);
        }
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer(context, config)?);
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(context.lang.tag()));
        Ok(Self { client: Client::new(&options)?, options, base, headers })
    }

    /// A path below the API, from segments that are encoded here.
    pub(super) fn path(&self, segments: &[&str], query: &[(&str, Option<&str>)]) -> Result<Url> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut path) => {
                path.pop_if_empty().extend(["api", "v1"]).extend(segments);
            }
            Err(()) => {
                return Err(Problem::new(ErrorCode::Malformed)
                    .with("what", "--node")
                    .with("why", &self.base));
            }
        }
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(url)
    }

    pub(super) async fn get(&self, segments: &[&str], query: &[(&str, Option<&str>)]) -> Result<Value> {
        self.ask(Method::GET, self.path(segments, query)?, None).await
    }

    pub(super) async fn post(&self, segments: &[&str], body: Option<&Value>) -> Result<Value> {
        let body = body.map(|json| ("application/json", Bytes::from(json.to_string())));
        self.ask(Method::POST, self.path(segments, &[])?, body).await
    }

    /// Hands in JSON from a file as it is: what is wrong with it the node says.
    pub(super) async fn post_json(
        &self,
        segments: &[&str],
        query: &[(&str, Option<&str>)],
        json: Vec<u8>,
    ) -> Result<Value> {
        self.ask(Method::POST, self.path(segments, query)?, Some(("application/json", json.into()))).await
    }

    /// Asks for something that may take long, as looking through a whole log does; the node says nothing
    /// meanwhile.
    pub(super) async fn work(&self, segments: &[&str], query: &[(&str, Option<&str>)]) -> Result<Value> {
        let patient = Client::new(&ClientOptions { idle_timeout: BULK, ..self.options.clone() })?;
        let mut request = self.request(Method::POST, self.path(segments, query)?);
        request.timeout = BULK;
        let answer = patient.send(request).await.map_err(|p| self.unreachable(p))?;
        self.understand(answer.status, &answer.body)
    }

    pub(super) async fn post_note(&self, segments: &[&str], note: Vec<u8>) -> Result<Value> {
        self.post_bytes(segments, "text/plain", note).await
    }

    /// Hands in a file as it is.
    pub(super) async fn post_bytes(
        &self,
        segments: &[&str],
        kind: &'static str,
        bytes: Vec<u8>,
    ) -> Result<Value> {
        self.ask(Method::POST, self.path(segments, &[])?, Some((kind, bytes.into()))).await
    }

    pub(super) async fn delete(&self, segments: &[&str]) -> Result<Value> {
        self.ask(Method::DELETE, self.path(segments, &[])?, None).await
    }

    async fn ask(&self, method: Method, url: Url, body: Option<(&'static str, Bytes)>) -> Result<Value> {
        let mut request = self.request(method, url);
        if let Some((kind, bytes)) = body {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            request.body = bytes;
        }
        let answer = self.client.send(request).await.map_err(|p| self.unreachable(p))?;
        self.understand(answer.status, &answer.body)
    }

    /// Uploads a document whose length is known, or not.
    pub(super) async fn upload<B>(
        &self,
        url: Url,
        key: &str,
        subjects: &[String],
        length: Option<u64>,
        content: B,
    ) -> Result<Value>
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut request = self.request(Method::POST, url);
        request.timeout = BULK;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        if let Some(length) = length {
            request.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        for subject in subjects {
            let value = HeaderValue::from_str(&crate::api::documents::percent(subject));
            let value = value.map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
            request.headers.append(crate::api::outbox::SUBJECT, value);
        }
        let refuse = |_| Problem::new(ErrorCode::Malformed).with("what", "--key").with("why", key);
        request
            .headers
            .insert(crate::api::outbox::IDEMPOTENCY_KEY, HeaderValue::from_str(key).map_err(refuse)?);
        let mut incoming = self.client.upload(request, content).await.map_err(|p| self.unreachable(p))?;
        let mut body = Vec::new();
        while let Some(chunk) = incoming.chunk().await.map_err(|p| self.unreachable(p))? {
            body.extend_from_slice(&chunk);
        }
        self.understand(incoming.status, &body)
    }

    /// Downloads content piece by piece; answers its length in bytes, if the node names it.
    pub(super) async fn download<F>(&self, url: Url, mut piece: F) -> Result<HeaderMap>
    where
        F: FnMut(&[u8], Option<u64>) -> Result<()>,
    {
        let mut request = self.request(Method::GET, url);
        request.timeout = BULK;
        request.limit = usize::MAX;
        let mut incoming = self.client.open(request).await.map_err(|p| self.unreachable(p))?;
        if incoming.status != StatusCode::OK {
            let mut body = Vec::new();
            while let Some(chunk) = incoming.chunk().await.map_err(|p| self.unreachable(p))? {
                body.extend_from_slice(&chunk);
            }
            return self.understand(incoming.status, &body).map(|_| HeaderMap::new());
        }
        let length = incoming.content_length();
        while let Some(chunk) = incoming.chunk().await.map_err(|p| self.unreachable(p))? {
            piece(&chunk, length)?;
        }
        Ok(incoming.headers)
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let mut request = Request::new(method, url);
        request.headers = self.headers.clone();
        request.limit = MAX_ANSWER;
        request.timeout = Duration::from_secs(60);
        request
    }

    /// That the node does not answer is another thing than that a partner does not.
    fn unreachable(&self, problem: Problem) -> Problem {
        match problem.code() {
            ErrorCode::PartnerUnreachable => Problem::new(ErrorCode::NodeUnreachable)
                .with("address", &self.base)
                .with("why", problem.arg("why").unwrap_or_default()),
            _ => problem,
        }
    }

    fn understand(&self, status: StatusCode, body: &[u8]) -> Result<Value> {
        if status.is_success() {
            return Ok(serde_json::from_slice(body).unwrap_or(Value::Null));
        }
        let document: Option<ProblemDocument> = serde_json::from_slice(body).ok();
        Err(document.as_ref().and_then(Problem::from_document).unwrap_or_else(|| {
            Problem::new(ErrorCode::NodeUnreachable)
                .with("address", &self.base)
                .with("why", format!("status {}", status.as_u16()))
        }))
    }
}

fn bearer(context: &Context, config: Result<crate::config::Config>) -> Result<HeaderValue> {
    let text = match (&context.common.token_file, context.environment.get("CORRIDOR_TOKEN")) {
        (Some(file), _) => token_in(file)?,
        (None, Some(token)) => token.to_owned(),
        (None, None) => {
            let config = config?;
            token_in(&config.token_file(context.hosted(&config)?))?
        }
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", text.trim()))
        .map_err(|_| Problem::new(ErrorCode::Unauthenticated))?;
    value.set_sensitive(true);
    Ok(value)
}

fn token_in(path: &Path) -> Result<String> {
    let bytes = super::read_file(path)?;
    String::from_utf8(bytes).map_err(|_| Problem::new(ErrorCode::Unauthenticated))
}
