//! Two nodes of one country that witness and mirror each other, on the machine's own clock.
#![allow(dead_code, reason = "each test uses a part")]

use std::path::Path;
use std::time::Duration;

use corridor_base::{AgreementId, Clock, Did, EnvelopeId, Lang, OsRandom, SystemClock, Words};
use corridor_exchange::{Draft, Side, State};
use corridor_identity::{Admission, Anchor, DidDocument, Terms};
use corridor_node::access::Role;
use corridor_node::assembly::{self, Surroundings};
use corridor_node::config::{Config, Environment};
use corridor_node::people::password::Password;
use corridor_node::people::{By, Found, Gift, NewAccount};
use corridor_node::{serve, service};
use corridor_proof::{Agreement, Flow, Grant, Verb};
use corridor_storage::backup;
use futures::stream;

/// A node of one participant.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
    pub(crate) did: Did,
}

pub(crate) fn place() -> Place {
    let port = corridor_ports::free_port().unwrap();
    let did = format!("did:web:localhost%3A{port}:office").parse().unwrap();
    Place { folder: tempfile::tempdir().unwrap(), port, did }
}

impl Place {
    pub(crate) fn config(&self, anchor: &Anchor, other: u16) -> Config {
        self.config_among(anchor, &[other], "")
    }

    /// The same with several others on the same machine, and more lines.
    pub(crate) fn config_among(&self, anchor: &Anchor, others: &[u16], more: &str) -> Config {
        let (port, key) = (self.port, anchor.anchor_key());
        let allow: String = others.iter().map(|other| format!(", \"localhost:{other}\"")).collect();
        let text = format!(
            "[[participant]]\nname = \"office\"\ndid = \"{}\"\n[public]\nlisten = \"127.0.0.1:{port}\"\n\
             url = \"http://localhost:{port}\"\n[api]\nlisten = \"127.0.0.1:0\"\n[trust]\nanchors = [\"{} {}\"]\n\
             [net]\nallow = [\"localhost:{port}\"{allow}]\n{more}",
            self.did,
            key.country,
            key.vkey(),
        );
        Config::from_text(&text, &self.folder.path().join("corridor.toml"), &Environment::default()).unwrap()
    }

    pub(crate) fn admission(&self, node: &serve::Running) -> Admission {
        let url = format!("http://localhost:{}", self.port);
        let ledger = node.node.ledger.keys.listed(&url);
        let keyring = node.node.exchange.keyring(&self.did).unwrap();
        let document = DidDocument::of(keyring, &url).with_ledger(Some(ledger));
        Admission::from_document(&document, Words::same("Office"), None, Duration::ZERO).unwrap()
    }
}

pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut wanted: impl FnMut() -> F) {
    for _ in 0..3000 {
        if wanted().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited too long: {what}");
}

pub(crate) async fn agree(a: &serve::Running, b: &serve::Running, from: &Did, to: &Did) {
    let grant = |from: &Did, to: &Did| Grant {
        verb: Verb::Send,
        kind: "note".parse().unwrap(),
        from: from.clone(),
        to: to.clone(),
        max_size: 1 << 20,
    };
    let now = SystemClock.now();
    let terms = Agreement {
        id: AgreementId::new(&SystemClock, &OsRandom),
        parties: [from.clone(), to.clone()],
        purpose: Words::same("tests"),
        grants: vec![grant(from, to), grant(to, from)],
        from: now,
        until: now.plus(Duration::from_secs(86_400)),
        pending_hours: None,
        expects: Vec::new(),
        aperak: Vec::new(),
        flow: Flow::default(),
    };
    let proposed = a.node.exchange.propose(from, terms).await.unwrap();
    let concluded = b.node.exchange.conclude(to, proposed.bytes()).await.unwrap();
    a.node.exchange.conclude(from, concluded.bytes()).await.unwrap();
}

pub(crate) async fn received(node: &serve::Running, us: &Did, id: EnvelopeId) {
    until("a document", async || {
        node.node.exchange.document(us, Side::In, id).await.is_ok_and(|row| row.state == State::Received)
    })
    .await;
}

pub(crate) async fn send(node: &serve::Running, us: &Did, to: &Did, content: &'static [u8]) -> EnvelopeId {
    let kind = "note".parse().unwrap();
    let draft = Draft {
        id: None,
        to: to.clone(),
        kind,
        agreement: None,
        name: None,
        answers: None,
        subjects: Vec::new(),
    };
    node.node.exchange.submit(us, draft, stream::iter([Ok(content.into())])).await.unwrap()
}

/// Everything in the log is witnessed and copied by the other node; its size.
pub(crate) async fn witnessed(node: &serve::Running, by: &serve::Running) -> u64 {
    let log = &node.node.ledger.log;
    until("witness and mirror", async || {
        let next = log.sequenced().await.unwrap().next;
        let seen = by.node.ledger.witness.latest(log.origin()).await.unwrap();
        let copied = by.node.ledger.mirror.standing(log.origin()).await.unwrap().size();
        let complete = log.newest_complete().await.unwrap().map_or(0, |signed| signed.tree().size);
        next > 0 && seen.map(|signed| signed.tree().size) == Some(next) && copied == next && complete == next
    })
    .await;
    log.sequenced().await.unwrap().next
}

pub(crate) fn restore(config: &Config, from: &Path) {
    let options = assembly::storage(config);
    for name in ["corridor.sqlite", "corridor.sqlite-wal", "corridor.sqlite-shm"] {
        let _ = std::fs::remove_file(config.data.join(name));
    }
    std::fs::remove_dir_all(&config.blobs).unwrap();
    let schemas = assembly::schemas(&service::all(&Surroundings::of_machine(), Default::default()));
    let files = config.data.join("files");
    backup::restore(from, None, &options, &files, &schemas, SystemClock.now(), &mut |_| {}).unwrap();
}

/// A country with its anchor's desk.
pub(crate) fn anchor() -> (tempfile::TempDir, Anchor) {
    anchor_of("JP", "trust.example.jp")
}

pub(crate) fn anchor_of(country: &str, name: &str) -> (tempfile::TempDir, Anchor) {
    let terms =
        Terms { country: country.parse().unwrap(), name: name.to_owned(), valid_days: 30, grace_hours: 72 };
    let desk = tempfile::tempdir().unwrap();
    let anchor = Anchor::found(&desk.path().join("anchor"), terms, &SystemClock, &OsRandom).unwrap();
    (desk, anchor)
}

/// Somebody who has signed in at the console and acts for `us` in this role: the cookie.
pub(crate) async fn session(node: &serve::Running, us: &Did, role: Role) -> String {
    let (people, by) = (&node.node.people, By::reader("test"));
    let name = role.to_string().parse().unwrap();
    let new = NewAccount { name, display: "金 民智".to_owned(), language: Lang::En, home: us.clone() };
    let account = people.create(new, &by).await.unwrap();
    people.give(us, &account.id, Gift { role, department: None }, &by).await.unwrap();
    let standing = async |cookie: &str| match people.session(cookie).await.unwrap() {
        Found::Standing(standing) => *standing,
        _ => panic!("the session does not stand"),
    };
    let link = people.make_link(&account.id, &by).await.unwrap().address;
    let opened = people.use_link(link.rsplit('/').next().unwrap(), "test").await.unwrap().unwrap();
    let words = Password::new("seven blue kites".to_owned());
    let opened = people.set_up_password(&standing(&opened.cookie).await, words).await.unwrap();
    let offer = people.offer_totp(&account.id).unwrap();
    let code = offer.seed.now(node.node.now());
    let opened = people.set_totp(&standing(&opened.cookie).await, &offer.sealed, &code).await.unwrap().1;
    format!("corridor_session_0={}", opened.cookie)
}
