//! A country on one node: an anchor, a node that hosts two participants, an agreement between them,
//! and a document that crossed. One process, the real listeners, a clock of its own.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::print_stdout, reason = "a test says what did not run")]

pub(crate) mod browser;
pub(crate) mod provider;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use corridor_base::{AgreementId, Did, EnvelopeId, FixedClock, Lang, OsRandom, Random, Timestamp, Words};
use corridor_exchange::{Draft, Side};
use corridor_identity::{Admission, Anchor, DidDocument, Terms};
use corridor_node::access::Role;
use corridor_node::assembly::Surroundings;
use corridor_node::config::{Config, DatabasePlace, Environment};
use corridor_node::door::forged;
use corridor_node::node::Node;
use corridor_node::people::password::Password;
use corridor_node::people::{Account, By, Department, Found, Gift, NewAccount, Opened, Standing};
use corridor_node::{api, serve};
use corridor_ports::free_port;
use corridor_proof::{Agreement, Flow, Grant, Verb};
use futures::stream;
use serde_json::Value;
use tower::ServiceExt;

/// A password.
pub(crate) const WORDS: &str = "seven blue kites";

pub(crate) const CONTENT: &[u8] = corridor_trade::SAMPLE;

pub(crate) struct World {
    pub(crate) running: serve::Running,
    pub(crate) node: Arc<Node>,
    pub(crate) router: Router,
    pub(crate) clock: Arc<FixedClock>,
    /// The participant that operates the node.
    pub(crate) customs: Did,
    /// Another participant of the same node.
    pub(crate) forwarder: Did,
    /// A third one, which has nothing to do with the other two.
    pub(crate) stranger: Did,
    pub(crate) agreement: AgreementId,
    /// Sent by the forwarder, received by the customs.
    pub(crate) document: EnvelopeId,
    pub(crate) anchor: Anchor,
    sessions: tokio::sync::Mutex<HashMap<(Did, Role), String>>,
    _folder: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The code of the problem, if it is one.
    pub(crate) fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// Which engine a world is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgresql,
}

impl Engine {
    /// The database, a fresh one; `None` where there is no server to make one.
    fn database(self) -> Option<DatabasePlace> {
        if self == Self::Sqlite {
            return Some(DatabasePlace::Sqlite);
        }
        let Ok(url) = std::env::var("CORRIDOR_TEST_POSTGRES") else {
            println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
            return None;
        };
        let name = format!("node_{:016x}", u64::from_be_bytes((&OsRandom as &dyn Random).bytes()));
        let mut fresh = url::Url::parse(&url).unwrap();
        fresh.set_path(&name);
        // The blocking client brings a runtime of its own.
        std::thread::spawn(move || {
            let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        })
        .join()
        .unwrap();
        Some(DatabasePlace::Postgres(fresh))
    }
}

/// Tests that take an engine, each on both.
#[allow(unused_macros, reason = "each test uses a part")]
macro_rules! on_both_engines {
    ($($test:ident)*) => {
        mod on_sqlite {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::common::Engine::Sqlite).await;
            }
        )*}
        mod on_postgresql {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::common::Engine::Postgresql).await;
            }
        )*}
    };
}
#[allow(unused_imports, reason = "each test uses a part")]
pub(crate) use on_both_engines;

impl World {
    /// On this engine; `None` where it is not to be had.
    pub(crate) async fn on(engine: Engine, change: impl FnOnce(&mut Config)) -> Option<Self> {
        let database = engine.database()?;
        Some(
            Self::with(|config| {
                config.database = database;
                change(config);
            })
            .await,
        )
    }

    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With another configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::parse("2026-11-22T09:25:00.000Z").unwrap()));
        let around = Surroundings { clock: clock.clone(), random: Arc::new(OsRandom) };
        let terms = Terms {
            country: "JP".parse().unwrap(),
            name: "trust.example.jp".to_owned(),
            valid_days: 30,
            grace_hours: 72,
        };
        let mut anchor = Anchor::found(&folder.path().join("anchor"), terms, &*clock, &OsRandom).unwrap();
        let port = free_port().unwrap();
        let mut config = config(&folder, port, &anchor);
        change(&mut config);
        let did = |name: &str| format!("did:web:localhost%3A{port}:{name}").parse::<Did>().unwrap();
        let (customs, forwarder, stranger) = (did("customs"), did("forwarder"), did("stranger"));
        let running = serve::start(config, &around).await.unwrap();
        let node = running.node.clone();
        for (who, name) in [(&customs, "Customs"), (&forwarder, "Forwarder"), (&stranger, "Stranger")] {
            let document =
                DidDocument::of(node.exchange.keyring(who).unwrap(), &format!("http://localhost:{port}"));
            let admission =
                Admission::from_document(&document, Words::same(name), None, Duration::ZERO).unwrap();
            anchor.admit(&admission, &*clock).unwrap();
        }
        node.import(anchor.newest().bytes()).await.unwrap();
        let router = api::router(node.clone());
        let agreement = agree(&node, &forwarder, &customs).await;
        let document = EnvelopeId::new(&*clock, &OsRandom);
        let mut world = Self {
            running,
            node,
            router,
            clock,
            customs,
            forwarder,
            stranger,
            agreement,
            document,
            anchor,
            sessions: tokio::sync::Mutex::default(),
            _folder: folder,
        };
        world.document = world.send(CONTENT).await;
        world
    }

    /// Sends from the forwarder to the customs and waits until it is there.
    pub(crate) async fn send(&self, content: &'static [u8]) -> EnvelopeId {
        let draft = Draft {
            id: None,
            to: self.customs.clone(),
            kind: "edifact".parse().unwrap(),
            agreement: None,
            name: Some("cuscar.edi".to_owned()),
            answers: None,
            subjects: Vec::new(),
        };
        let content = stream::iter([Ok(content.into())]);
        let id = self.node.exchange.submit(&self.forwarder, draft, content).await.unwrap();
        for _ in 0..6000 {
            if self.node.exchange.document(&self.customs, Side::In, id).await.is_ok() {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the document did not arrive");
    }

    pub(crate) async fn token(&self, who: &Did, role: Role) -> String {
        self.node.tokens.create(who, role, "", None).await.unwrap().0.text()
    }

    /// An account that `home` made, without anything.
    pub(crate) async fn user(&self, name: &str, home: &Did) -> Account {
        let name = name.parse().unwrap();
        if let Ok(found) = self.node.people.account_named(&name).await {
            return found;
        }
        let new =
            NewAccount {
                name, display: "金 民智 김민지".to_owned(), language: Lang::Ja, home: home.clone()
            };
        self.node.people.create(new, &By::reader("test")).await.unwrap()
    }

    pub(crate) async fn department(&self, of: &Did, id: &str, kinds: &[&str], partners: &[&Did]) {
        let name = |text: &str| text.to_owned();
        let department = Department {
            id: id.parse().unwrap(),
            names: Words {
                en: name("Export control"), ja: name("輸出管理課"), ko: name("수출관리과")
            },
            kinds: kinds.iter().map(|k| k.parse().unwrap()).collect(),
            partners: partners.iter().map(|p| (*p).clone()).collect(),
        };
        self.node.people.set_department(of, department, &By::reader("test")).await.unwrap();
    }

    /// What opens a path for somebody: a token for the API, the cookie of a session for the console.
    pub(crate) async fn key(&self, path: &str, who: &Did, role: Role) -> String {
        if !path.starts_with("/console") {
            return self.token(who, role).await;
        }
        let known = self.sessions.lock().await.get(&(who.clone(), role)).cloned();
        match known {
            Some(cookie) => cookie,
            None => self.session(who, role).await,
        }
    }

    /// Somebody new who has signed in at the console and acts for `who` in this role: the cookie.
    pub(crate) async fn session(&self, who: &Did, role: Role) -> String {
        let name = format!("{role}-{}", EnvelopeId::new(&*self.clock, &OsRandom));
        let account = self.user(&name, who).await;
        let gift = Gift { role, department: None };
        self.node.people.give(who, &account.id, gift, &By::reader("test")).await.unwrap();
        let cookie = format!("corridor_session_0={}", self.enter(&account).await.cookie);
        self.sessions.lock().await.insert((who.clone(), role), cookie.clone());
        cookie
    }

    /// Forgets the sessions that `key` gave: the next ones are new.
    pub(crate) async fn forget_sessions(&self) {
        self.sessions.lock().await.clear();
    }

    /// Sets an account up by a link, with password and authenticator.
    pub(crate) async fn enter(&self, account: &Account) -> Opened {
        let people = &self.node.people;
        let link = people.make_link(&account.id, &By::reader("test")).await.unwrap().address;
        let opened = people.use_link(link.rsplit('/').next().unwrap(), "test").await.unwrap().unwrap();
        let opened = people
            .set_up_password(&self.standing(&opened.cookie).await, Password::new(WORDS.to_owned()))
            .await
            .unwrap();
        let offer = people.offer_totp(&account.id).unwrap();
        let code = offer.seed.now(self.node.now());
        people.set_totp(&self.standing(&opened.cookie).await, &offer.sealed, &code).await.unwrap().1
    }

    pub(crate) async fn standing(&self, cookie: &str) -> Standing {
        match self.node.people.session(cookie).await.unwrap() {
            Found::Standing(standing) => *standing,
            _ => panic!("the session does not stand"),
        }
    }

    /// The token that forms of the holder of this cookie bring.
    pub(crate) fn csrf(&self, cookie: &str) -> String {
        let secret = cookie.split(';').next().unwrap().split_once('=').unwrap().1;
        forged::token(self.node.people.sealer(), secret)
    }

    /// Asks for a page as a browser does.
    pub(crate) async fn page(&self, method: &str, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
        let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        let mut request = request.header("accept", "text/html").header("sec-fetch-site", "same-origin");
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        let mut body = String::new();
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
            let mut pairs = url::form_urlencoded::Serializer::new(&mut body);
            pairs.extend_pairs(form);
        }
        self.give(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
        if path.starts_with("/console") {
            let cookie = token.filter(|t| !t.is_empty()).unwrap_or("corridor_visit_0=test");
            let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
            let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            // A cookie that opens nothing is nobody's: its forms are those of a visit.
            let known = self.node.people.session(cookie.split_once('=').unwrap().1).await.unwrap();
            let (cookie, request) = match known {
                Found::Nothing => {
                    ("corridor_visit_0=test", request.header("cookie", "corridor_visit_0=test"))
                }
                _ => (cookie, request),
            };
            let form = format!("csrf={}&{body}", self.csrf(cookie));
            return self.give(request.body(Body::from(form)).unwrap()).await;
        }
        let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        request = request.header("content-type", kind);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.give(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// The status of an answer whose body is not waited for.
    pub(crate) async fn status(&self, path: &str, token: Option<&str>) -> u16 {
        let mut request = Request::builder().uri(path);
        if let Some(token) = token {
            request = request.header("cookie", token);
        }
        let request = request.body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap().status().as_u16()
    }

    pub(crate) async fn give(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

fn config(folder: &tempfile::TempDir, port: u16, anchor: &Anchor) -> Config {
    let participant = |name: &str| {
        format!("[[participant]]\nname = \"{name}\"\ndid = \"did:web:localhost%3A{port}:{name}\"\n")
    };
    let key = anchor.anchor_key();
    let text = format!(
        "{}{}{}[public]\nlisten = \"127.0.0.1:{port}\"\nurl = \"http://localhost:{port}\"\n[api]\nlisten = \"127.0.0.1:0\"\n\
         [trust]\nanchors = [\"{} {}\"]\n[net]\nallow = [\"localhost:{port}\"]\n",
        participant("customs"),
        participant("forwarder"),
        participant("stranger"),
        key.country,
        key.vkey(),
    );
    Config::from_text(&text, &folder.path().join("corridor.toml"), &Environment::default()).unwrap()
}

async fn agree(node: &Node, from: &Did, to: &Did) -> AgreementId {
    let grant = |from: &Did, to: &Did| Grant {
        verb: Verb::Send,
        kind: "edifact".parse().unwrap(),
        from: from.clone(),
        to: to.clone(),
        max_size: 1 << 20,
    };
    let now = node.now();
    let id = AgreementId::new(&*node.clock, &OsRandom);
    let terms = Agreement {
        id,
        parties: [from.clone(), to.clone()],
        purpose: Words::same("tests"),
        grants: vec![grant(from, to), grant(to, from)],
        from: now,
        until: now.plus(Duration::from_secs(86_400 * 365)),
        pending_hours: None,
        expects: Vec::new(),
        aperak: Vec::new(),
        flow: Flow::default(),
    };
    let proposed = node.exchange.propose(from, terms).await.unwrap();
    let concluded = node.exchange.conclude(to, proposed.bytes()).await.unwrap();
    node.exchange.conclude(from, concluded.bytes()).await.unwrap();
    id
}
