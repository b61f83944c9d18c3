//! The witness that a country's anchor runs, and with it a mirror, as a process of its own. What it is
//! asked and what it answers passes this program, which takes note of every checkpoint.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, Request as Asked, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use corridor_base::{OsRandom, SystemClock};
use corridor_identity::{Anchor, witness_key};
use corridor_ledger::witness::AddCheckpoint;
use corridor_net::serve::{Listen, Server, serve};
use corridor_net::{Client, Request};
use corridor_proof::VerifierKey;
use corridor_proof::note::signature_lines;
use corridor_proof::trust::ListedWitness;
use http::StatusCode;
use tokio::sync::oneshot;
use url::Url;

use crate::api::local_client;
use crate::process::Process;
use crate::sightings::Sightings;
use crate::world::free_port;
use crate::{Result, told};

/// The name of the policy file in the witness's directory.
const POLICY: &str = "logs.policy";
/// The largest request that is handed on: entries for a mirror.
const MAX_BODY: usize = 64 << 20;
/// How long a witness may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// One anchor's witness.
pub struct Witness {
    /// The process, once [`Witness::start`] was called.
    pub process: Option<Process>,
    directory: PathBuf,
    name: String,
    port: u16,
    front: u16,
    /// Ends the listener before it.
    _end: oneshot::Sender<()>,
    _server: Server,
}

/// What the listener before a witness needs.
struct Front {
    client: Client,
    to: Url,
    sightings: Sightings,
}

impl Witness {
    /// Makes the witness's key, has the anchor name it in its list, and listens before it.
    ///
    /// # Errors
    /// When a port or a file cannot be had.
    pub async fn appoint(anchor: &mut Anchor, home: &Path, sightings: &Sightings) -> Result<Self> {
        let country = anchor.anchor_key().country.to_string();
        let directory = home.join(format!("witness-{country}"));
        let name = format!("{}/witness", anchor.terms().name);
        let key =
            witness_key(&directory, &name, &SystemClock, &OsRandom).map_err(told("key of a witness"))?;
        let (port, front) = (free_port()?, free_port()?);
        let listed = ListedWitness {
            name: "main".to_owned(),
            key: VerifierKey::cosignature(&name, key.public().clone()),
            url: format!("http://localhost:{front}"),
            mirror_url: Some(format!("http://localhost:{front}/mirror")),
        };
        anchor.add_witness(&listed, &SystemClock).map_err(told("witness in the trust list"))?;
        let to = Url::parse(&format!("http://127.0.0.1:{port}/")).map_err(told("witness"))?;
        let state = Arc::new(Front { client: local_client()?, to, sightings: sightings.clone() });
        let router = Router::new().fallback(pass).layer(DefaultBodyLimit::disable()).with_state(state);
        let listen = Listen::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, front)));
        let (end, ended) = oneshot::channel::<()>();
        let until = async move { ended.await.unwrap_or_default() };
        let server = serve(listen, router, until).await.map_err(told("before a witness"))?;
        Ok(Self { process: None, directory, name, port, front, _end: end, _server: server })
    }

    /// Starts it for the logs of this policy.
    ///
    /// # Errors
    /// When it does not start.
    #[allow(clippy::disallowed_methods, reason = "a file that is read again when the witness starts")]
    pub fn start(&mut self, program: &Path, policy: &str) -> Result {
        let file = self.directory.join(POLICY);
        std::fs::write(&file, policy).map_err(told(file.display()))?;
        let words = ["--json".into(), "witness".into(), self.directory.clone().into_os_string()];
        let more = ["--name".into(), self.name.clone().into(), "--policy".into(), file.into_os_string()];
        let listen = ["--listen".into(), format!("127.0.0.1:{}", self.port).into()];
        let allow = ["--mirror".into(), "--allow".into(), "localhost".into()];
        let words = words.into_iter().chain(more).chain(listen).chain(allow).collect();
        let mut process = Process::with(program, words, self.directory.with_extension("log"))?;
        process.ready()?;
        self.process = Some(process);
        Ok(())
    }

    /// Where everybody reaches it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.front)
    }
}

/// Hands a question on to the witness, and takes note of the checkpoint in it.
async fn pass(State(front): State<Arc<Front>>, asked: Asked) -> Response {
    let (head, body) = asked.into_parts();
    let refuse = |why: String| (StatusCode::BAD_GATEWAY, why).into_response();
    let body = match to_bytes(body, MAX_BODY).await {
        Ok(body) => body,
        Err(error) => return refuse(error.to_string()),
    };
    let place = format!("{}, asked", head.uri.path());
    // Whatever the witness makes of it: the log has signed it.
    let shown = AddCheckpoint::parse(&body).ok().map(|request| request.checkpoint);
    if let Some(shown) = &shown {
        front.sightings.see(&place, shown.clone());
    }
    let Ok(url) = front.to.join(head.uri.path()) else { return refuse("a path that is none".to_owned()) };
    let mut request = Request::new(head.method, url);
    (request.body, request.timeout) = (body, PATIENCE);
    let answer = match front.client.send(request).await {
        Ok(answer) => answer,
        Err(problem) => return refuse(problem.to_string()),
    };
    if let Some(mut shown) = shown.filter(|_| answer.status.is_success())
        && let Some(lines) = std::str::from_utf8(&answer.body).ok().and_then(|t| signature_lines(t).ok())
        && shown.add(lines).is_ok()
    {
        front.sightings.see(&place, shown);
    }
    let kind = answer.headers.get(CONTENT_TYPE).cloned();
    let mut response = (answer.status, answer.body).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}
