//! The ledgers of both nodes with witnesses that the test plays: what tests of receipts stand on.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use corridor_base::{Clock, Digest, SystemClock};
use corridor_exchange::ReceiptExchange;
use corridor_ledger::{Log, LogParts, Receipts};
use corridor_net::{Listen, Server, serve};
use corridor_proof::cosignature::cosign;
use corridor_proof::{Policy, SecretKey, Signer, VerifierKey};
use corridor_storage::ACTS;
use tokio::sync::oneshot;

use crate::common::Node;

pub fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(name, &Digest::of(name.as_bytes()).0).unwrap()
}

pub const ANCHORS: [&str; 2] = ["anchor.kr.example/w", "anchor.jp.example/w"];

/// Both logs, and a witness of each country.
pub fn policy() -> Arc<Policy> {
    let log = |origin: &str| VerifierKey::note(origin, key(origin).public().clone());
    let witness = |name: &str| VerifierKey::cosignature(name, key(name).public().clone());
    let text = format!(
        "log {}\nlog {}\nwitness kr {}\nwitness jp {}\ngroup both all kr jp\nquorum both\n\
         #corridor countries JP KR\n#corridor log kr.example/log KR node-kr\n\
         #corridor log jp.example/log JP node-jp\n#corridor witness kr KR anchor-kr\n\
         #corridor witness jp JP anchor-jp\n",
        log("kr.example/log"),
        log("jp.example/log"),
        witness(ANCHORS[0]),
        witness(ANCHORS[1]),
    );
    Arc::new(Policy::parse(text.as_bytes()).unwrap())
}

/// A node's ledger and the receipts on it, served where the exchange is.
pub struct Ledger {
    pub log: Log,
    pub receipts: ReceiptExchange,
    pub policy: Arc<Mutex<Arc<Policy>>>,
    server: Option<(Server, oneshot::Sender<()>)>,
}

pub async fn ledger(node: &mut Node, origin: &str) -> Ledger {
    let (store, clock) = (node.exchange.store().clone(), node.clock.clone());
    let parts = LogParts {
        store,
        operator: node.us.clone(),
        name: ACTS.to_owned(),
        origin: origin.to_owned(),
        key: Arc::new(key(origin)),
        clock: clock.clone(),
    };
    let log = Log::open(parts).await.unwrap();
    let known = Arc::new(Mutex::new(policy()));
    let source = {
        let known = known.clone();
        Arc::new(move || Ok(known.lock().unwrap().clone()))
    };
    let receipts = Receipts::new(log.clone(), Arc::new(key(origin)), source, clock);
    let receipts = ReceiptExchange::new(node.exchange.clone(), receipts);
    let mut ledger = Ledger { log, receipts, policy: known, server: None };
    node.hang_up().await;
    ledger.listen(node).await;
    ledger
}

impl Ledger {
    pub async fn listen(&mut self, node: &Node) {
        let port = node.url.as_str().rsplit(':').next().unwrap();
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let router = node.exchange.router().merge(self.receipts.router());
        let until = async move {
            let _ = stopped.await;
        };
        self.server = Some((serve(Listen::plain(address), router, until).await.unwrap(), stop));
    }

    pub async fn hang_up(&mut self) {
        let (server, stop) = self.server.take().unwrap();
        let _ = stop.send(());
        server.finished().await;
    }

    /// On PostgreSQL acts get their numbers a moment later.
    pub async fn grow(&self) {
        while self.log.sequenced().await.unwrap().waiting > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.log.integrate().await.unwrap();
    }

    pub async fn cosign(&self, names: &[&str], complete: bool) {
        let newest = self.log.latest().await.unwrap().unwrap();
        let now = SystemClock.now();
        let lines = names.iter().map(|n| cosign(&newest, &key(n), now).unwrap()).collect();
        self.log.cosigned(newest.tree().size, lines, complete).await.unwrap();
    }
}
