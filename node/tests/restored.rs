//! A node is restored from an old backup while its partner, which has witnessed and copied its log, is
//! away: it takes no work and signs nothing. When the partner is back it recovers by itself: the log goes
//! on where the partner saw it last, and what the partner had delivered comes again (LG-1).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::path::Path;
use std::time::Duration;

use corridor_base::{AgreementId, Clock, Did, EnvelopeId, OsRandom, SystemClock};
use corridor_exchange::{Draft, Side, State};
use corridor_identity::{Admission, Anchor, DidDocument, Terms};
use corridor_node::assembly::{self, Surroundings};
use corridor_node::config::{Config, Environment};
use corridor_node::{doctor, serve, service};
use corridor_proof::{Agreement, Grant, Names, Verb};
use corridor_storage::backup;
use futures::stream;

/// A node of one participant.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
    did: Did,
}

fn place() -> Place {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let did = format!("did:web:localhost%3A{port}:office").parse().unwrap();
    Place { folder: tempfile::tempdir().unwrap(), port, did }
}

impl Place {
    fn config(&self, anchor: &Anchor, other: u16) -> Config {
        let (port, key) = (self.port, anchor.anchor_key());
        let text = format!(
            "[[participant]]\nname = \"office\"\ndid = \"{}\"\n[public]\nlisten = \"127.0.0.1:{port}\"\n\
             url = \"http://localhost:{port}\"\n[api]\nlisten = \"127.0.0.1:0\"\n[trust]\nanchors = [\"{} {}\"]\n\
             [net]\nallow = [\"localhost:{port}\", \"localhost:{other}\"]\n",
            self.did,
            key.country,
            key.vkey(),
        );
        Config::from_text(&text, &self.folder.path().join("corridor.toml"), &Environment::default()).unwrap()
    }

    fn admission(&self, node: &serve::Running) -> Admission {
        let url = format!("http://localhost:{}", self.port);
        let ledger = node.node.ledger.keys.listed(&url);
        let keyring = node.node.exchange.keyring(&self.did).unwrap();
        let document = DidDocument::of(keyring, &url).with_ledger(Some(ledger));
        Admission::from_document(&document, Names::same("Office"), None, Duration::ZERO).unwrap()
    }
}

async fn until<F: Future<Output = bool>>(what: &str, mut wanted: impl FnMut() -> F) {
    for _ in 0..3000 {
        if wanted().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited too long: {what}");
}

async fn agree(a: &serve::Running, b: &serve::Running, from: &Did, to: &Did) {
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
        purpose: Names::same("tests"),
        grants: vec![grant(from, to), grant(to, from)],
        from: now,
        until: now.plus(Duration::from_secs(86_400)),
        pending_hours: None,
    };
    let proposed = a.node.exchange.propose(from, terms).await.unwrap();
    let concluded = b.node.exchange.conclude(to, proposed.bytes()).await.unwrap();
    a.node.exchange.conclude(from, concluded.bytes()).await.unwrap();
}

async fn received(node: &serve::Running, us: &Did, id: EnvelopeId) {
    until("a document", async || {
        node.node.exchange.document(us, Side::In, id).await.is_ok_and(|row| row.state == State::Received)
    })
    .await;
}

async fn send(node: &serve::Running, us: &Did, to: &Did, content: &'static [u8]) -> EnvelopeId {
    let kind = "note".parse().unwrap();
    let draft = Draft { id: None, to: to.clone(), kind, agreement: None, name: None, answers: None };
    node.node.exchange.submit(us, draft, stream::iter([Ok(content.into())])).await.unwrap()
}

/// Everything in the log is witnessed and copied by the other node; its size.
async fn witnessed(node: &serve::Running, by: &serve::Running) -> u64 {
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

fn restore(config: &Config, from: &Path) {
    let options = assembly::storage(config);
    for name in ["corridor.sqlite", "corridor.sqlite-wal", "corridor.sqlite-shm"] {
        let _ = std::fs::remove_file(config.data.join(name));
    }
    std::fs::remove_dir_all(&config.blobs).unwrap();
    let schemas = assembly::schemas(&service::all(&Surroundings::of_machine()));
    let files = config.data.join("files");
    backup::restore(from, &options, &files, &schemas, SystemClock.now(), &mut |_| {}).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_does_not_fork_the_log() {
    let around = Surroundings::of_machine();
    let terms = Terms {
        country: "JP".parse().unwrap(),
        name: "trust.example.jp".to_owned(),
        valid_days: 30,
        grace_hours: 72,
    };
    let desk = tempfile::tempdir().unwrap();
    let mut anchor = Anchor::found(&desk.path().join("anchor"), terms, &SystemClock, &OsRandom).unwrap();
    let (ours, theirs) = (place(), place());
    let (config, other) = (ours.config(&anchor, theirs.port), theirs.config(&anchor, ours.port));
    let (a, b) = (
        serve::start(config.clone(), &around).await.unwrap(),
        serve::start(other.clone(), &around).await.unwrap(),
    );
    anchor.admit(&ours.admission(&a), &SystemClock).unwrap();
    anchor.admit(&theirs.admission(&b), &SystemClock).unwrap();
    for node in [&a, &b] {
        node.node.import(anchor.newest().bytes()).await.unwrap();
    }
    agree(&a, &b, &ours.did, &theirs.did).await;
    let first = send(&b, &theirs.did, &ours.did, b"before the backup").await;
    received(&a, &ours.did, first).await;
    let backups = tempfile::tempdir().unwrap();
    let (from, _) =
        backup::write(&assembly::storage(&config), backups.path(), &[], SystemClock.now(), &mut |_| {})
            .unwrap();
    let second = send(&b, &theirs.did, &ours.did, b"after the backup").await;
    received(&a, &ours.did, second).await;
    let size = witnessed(&a, &b).await;
    b.stop().await;
    a.stop().await;

    restore(&config, &from);
    let a = serve::start(config, &around).await.unwrap();
    until("a reason", async || !a.node.ledger.recovery.why().is_empty()).await;
    let before = a.node.ledger.log.latest().await.unwrap().unwrap().tree().size;
    assert!(before < size);
    assert_eq!(a.node.takes_work().unwrap_err().code().as_str(), "log-held");
    let found = doctor::of_node(&a.node, corridor_base::Lang::En).await;
    assert!(found.iter().any(|f| f.check == "recovery" && f.status == doctor::Status::Wrong), "{found:?}");
    assert!(a.node.exchange.document(&ours.did, Side::In, second).await.is_err());

    let b = serve::start(other, &around).await.unwrap();
    until("the recovery", async || a.node.takes_work().is_ok()).await;
    received(&a, &ours.did, second).await;
    let third = send(&b, &theirs.did, &ours.did, b"and it goes on").await;
    received(&a, &ours.did, third).await;
    assert!(witnessed(&a, &b).await > size);
    assert!(!a.node.exchange.store().lost_acts(0, 100).await.unwrap().is_empty());
    for node in [&a, &b] {
        assert!(node.node.ledger.alarms.list().await.unwrap().is_empty());
        let report = corridor_ledger::fsck::check(&node.node.ledger.log).await.unwrap();
        assert_eq!(report.difference, None);
    }
    a.stop().await;
    b.stop().await;
}
