//! A person is erased on two nodes (LG-3): afterwards nothing of the person is in any file of either, nor in
//! backups or receipts, everything else stands, every receipt still verifies offline, and an old backup
//! with an old key book does not bring the key back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use corridor_base::{AgreementId, Clock, Did, Digest, EnvelopeId, OsRandom, SystemClock, Words};
use corridor_exchange::erasure::Erasure;
use corridor_exchange::service::Acting;
use corridor_exchange::{DocumentFilter, Draft, Side, State};
use corridor_identity::{Admission, Anchor, DidDocument, Terms};
use corridor_node::access::Role;
use corridor_node::assembly::{self, Surroundings};
use corridor_node::config::{Config, Environment};
use corridor_node::{api, serve, service};
use corridor_proof::verdict::{State as Verdict, outcome};
use corridor_proof::{Agreement, Flow, Grant, Opening, Verb};
use corridor_storage::{ActPage, Tx, backup};
use futures::{StreamExt, stream};
use serde_json::Value;
use tower::ServiceExt;

/// Words that stand in what is about A, and nowhere else.
const MARK: &str = "Hanako Yamada, 花子, positive";
/// What a document says that is about nobody: whoever searches for it finds it.
const OPEN: &[u8] = b"about nobody: what is not sealed is found";

/// A node of one participant.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
    did: Did,
}

fn place() -> Place {
    let port = corridor_ports::free_port().unwrap();
    let did = format!("did:web:localhost%3A{port}:office").parse().unwrap();
    Place { folder: tempfile::tempdir().unwrap(), port, did }
}

impl Place {
    fn config(&self, key: &str, other: u16) -> Config {
        let port = self.port;
        let text = format!(
            "[[participant]]\nname = \"office\"\ndid = \"{}\"\n[public]\nlisten = \"127.0.0.1:{port}\"\n\
             url = \"http://localhost:{port}\"\n[api]\nlisten = \"127.0.0.1:0\"\n[trust]\nanchors = [{key}]\n\
             [net]\nallow = [\"localhost:{port}\", \"localhost:{other}\"]\n",
            self.did,
        );
        Config::from_text(&text, &self.folder.path().join("corridor.toml"), &Environment::default()).unwrap()
    }

    fn admission(&self, node: &serve::Running) -> Admission {
        let url = format!("http://localhost:{}", self.port);
        let ledger = node.node.ledger.keys.listed(&url);
        let keyring = node.node.exchange.keyring(&self.did).unwrap();
        let document = DidDocument::of(keyring, &url).with_ledger(Some(ledger));
        Admission::from_document(&document, Words::same("Office"), None, Duration::ZERO).unwrap()
    }
}

/// Two nodes of one country, which witness and mirror each other: a log's own operator never counts, so that
/// with two countries each would want a third node.
struct World {
    kr: Place,
    jp: Place,
    configs: [Config; 2],
    nodes: Vec<serve::Running>,
    _desks: tempfile::TempDir,
}

fn anchor(desk: &Path) -> Anchor {
    let terms = Terms {
        country: "JP".parse().unwrap(),
        name: "trust.example.jp".to_owned(),
        valid_days: 30,
        grace_hours: 72,
    };
    Anchor::found(&desk.join("anchor"), terms, &SystemClock, &OsRandom).unwrap()
}

impl World {
    async fn new() -> Self {
        let desks = tempfile::tempdir().unwrap();
        let mut anchor = anchor(desks.path());
        let key = format!("\"{} {}\"", anchor.anchor_key().country, anchor.anchor_key().vkey());
        let (kr, jp) = (place(), place());
        let configs = [kr.config(&key, jp.port), jp.config(&key, kr.port)];
        let around = Surroundings::of_machine();
        let mut nodes = Vec::new();
        for config in &configs {
            nodes.push(serve::start(config.clone(), &around).await.unwrap());
        }
        for (place, node) in [(&kr, &nodes[0]), (&jp, &nodes[1])] {
            anchor.admit(&place.admission(node), &SystemClock).unwrap();
        }
        for node in &nodes {
            node.node.import(anchor.newest().bytes()).await.unwrap();
        }
        agree(&nodes, &kr.did, &jp.did).await;
        Self { kr, jp, configs, nodes, _desks: desks }
    }

    fn sides(&self) -> [(&serve::Running, &Did, Side); 2] {
        [(&self.nodes[0], &self.kr.did, Side::Out), (&self.nodes[1], &self.jp.did, Side::In)]
    }

    async fn send(&self, subjects: &[&str], content: Vec<u8>) -> EnvelopeId {
        let draft = Draft {
            id: None,
            to: self.jp.did.clone(),
            kind: "edifact".parse().unwrap(),
            agreement: None,
            name: Some(if subjects.is_empty() { "open.txt".to_owned() } else { format!("{MARK}.txt") }),
            answers: None,
            subjects: subjects.iter().map(|s| (*s).to_owned()).collect(),
        };
        let (kr, jp) = (&self.nodes[0], &self.nodes[1]);
        let content = stream::iter([Ok(content.into())]);
        let id = kr.node.exchange.submit(&self.kr.did, draft, content).await.unwrap();
        for (node, us, side, wanted) in
            [(kr, &self.kr.did, Side::Out, State::Delivered), (jp, &self.jp.did, Side::In, State::Received)]
        {
            until("a document", async || {
                node.node.exchange.document(us, side, id).await.is_ok_and(|row| row.state == wanted)
            })
            .await;
        }
        id
    }

    /// Puts an old backup in the place of a node, with an old key book, and starts it again.
    async fn turn_back(&mut self, at: usize, from: &Path, book: &Path) {
        self.nodes.remove(at).stop().await;
        let config = &self.configs[at];
        restore(config, from, book);
        assert!(found(&[&config.data], b"case A") || at == 1, "the old key book brings the key back");
        let node = serve::start(config.clone(), &Surroundings::of_machine()).await.unwrap();
        self.nodes.insert(at, node);
    }
}

async fn agree(nodes: &[serve::Running], kr: &Did, jp: &Did) {
    let grant = |from: &Did, to: &Did| Grant {
        verb: Verb::Send,
        kind: "edifact".parse().unwrap(),
        from: from.clone(),
        to: to.clone(),
        max_size: 8 << 20,
    };
    let now = SystemClock.now();
    let terms = Agreement {
        id: AgreementId::new(&SystemClock, &OsRandom),
        parties: [kr.clone(), jp.clone()],
        purpose: Words::same("tests"),
        grants: vec![grant(kr, jp), grant(jp, kr)],
        from: now,
        until: now.plus(Duration::from_secs(86_400)),
        pending_hours: None,
        expects: Vec::new(),
        aperak: Vec::new(),
        flow: Flow::default(),
    };
    let (a, b) = (&nodes[0], &nodes[1]);
    let proposed = a.node.exchange.propose(kr, terms).await.unwrap();
    let concluded = b.node.exchange.conclude(jp, proposed.bytes()).await.unwrap();
    a.node.exchange.conclude(kr, concluded.bytes()).await.unwrap();
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

/// What must be found nowhere, each with a name for people: in every form in which a file may hold it.
struct Wanted(Vec<(String, Vec<u8>)>);

impl Wanted {
    fn add(&mut self, name: &str, bytes: &[u8]) {
        let mut add = |form: &str, bytes: Vec<u8>| self.0.push((format!("{name} ({form})"), bytes));
        add("raw", bytes.to_vec());
        add("hex", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>().into_bytes());
        // A backup holds its rows in JSON, with bytes in base64.
        for shift in 0..3 {
            add("base64", inside(shift, bytes));
        }
        if bytes.len() == 32 {
            add("base64url", URL_SAFE_NO_PAD.encode(bytes).into_bytes());
            add("JSON", serde_json::to_vec(bytes).unwrap());
        }
    }

    /// Looks through every file once: by their first four bytes, then whole.
    fn found_in(&self, folders: &[&Path]) -> Vec<String> {
        let mut starts: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (i, (_, what)) in self.0.iter().enumerate() {
            starts.entry(&what[..4]).or_default().push(i);
        }
        let mut found = Vec::new();
        for path in folders.iter().flat_map(|folder| files(folder)) {
            let bytes = std::fs::read(&path).unwrap();
            for (at, start) in bytes.windows(4).enumerate() {
                for i in starts.get(start).into_iter().flatten() {
                    let (name, what) = &self.0[*i];
                    if bytes[at..].starts_with(what) {
                        found.push(format!("{name} in {}", path.display()));
                    }
                }
            }
        }
        found
    }
}

/// What stands of these bytes in a base64 text that holds them after so many others, whatever is around them.
fn inside(before: usize, bytes: &[u8]) -> Vec<u8> {
    let text = STANDARD_NO_PAD.encode([vec![0; before], bytes.to_vec()].concat()).into_bytes();
    text[(before * 8).div_ceil(6)..(before + bytes.len()) * 8 / 6].to_vec()
}

fn found(folders: &[&Path], what: &[u8]) -> bool {
    let mut wanted = Wanted(Vec::new());
    wanted.add("", what);
    !wanted.found_in(folders).is_empty()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = open.pop() {
        for path in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

/// The keys of all persons whom a node knows.
async fn keys(node: &serve::Running, us: &Did) -> Vec<[u8; 32]> {
    let ask = |tx: &mut Tx<'_>| {
        let rows =
            tx.query("SELECT key FROM subject_key WHERE participant = $1 ORDER BY created, id", &[])?;
        rows.iter().map(|row| row.bytes(0).map(|key| key.try_into().unwrap())).collect()
    };
    node.node.exchange.store().read(us, ask).await.unwrap()
}

/// The salts of the acts about a document: that of the act and those of its fields.
async fn salts(node: &serve::Running, us: &Did, envelope: EnvelopeId) -> Vec<[u8; 32]> {
    let page = ActPage { subject: Some(envelope.to_string()), ..ActPage::default() };
    let mut salts = Vec::new();
    for act in node.node.exchange.store().acts(us, page).await.unwrap() {
        let opening: Opening = serde_json::from_slice(act.opening.as_deref().unwrap()).unwrap();
        let json: serde_json::Value = serde_json::to_value(&opening).unwrap();
        salts.push(serde_json::from_value(json["salt"].clone()).unwrap());
        salts.extend(["statement", "envelope", "reference"].map(|field| opening.field_salt(field)));
    }
    assert!(salts.len() >= 4);
    salts
}

fn acting(us: &Did) -> Acting {
    let scope = corridor_exchange::Scope::default();
    Acting { participant: us.clone(), reader: "test".to_owned(), scope }
}

async fn content(node: &serve::Running, us: &Did, side: Side, id: EnvelopeId) -> Option<Vec<u8>> {
    let (_, mut content) = node.node.exchange.read_content(&acting(us), side, id).await.ok()?;
    let mut bytes = Vec::new();
    while let Some(piece) = content.next().await {
        bytes.extend_from_slice(&piece.unwrap());
    }
    Some(bytes)
}

/// Our receipts of a document, complete.
async fn receipts(node: &serve::Running, us: &Did, id: EnvelopeId) -> Vec<Vec<u8>> {
    until("receipts", async || node.node.receipts().of(us, id).await.is_ok_and(|held| held.is_complete()))
        .await;
    let held = node.node.receipts().of(us, id).await.unwrap();
    held.ours
        .iter()
        .filter_map(|ours| ours.standing.receipt.as_ref())
        .chain(held.theirs.iter().filter_map(|theirs| theirs.receipt.as_ref()))
        .map(corridor_proof::Receipt::to_bytes)
        .collect()
}

/// The receipts of everything in the books of this node, each once and complete: those of both sides of every
/// document, and that of every act. Each with a name for people.
async fn all_receipts(node: &serve::Running, us: &Did) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    for side in [Side::In, Side::Out] {
        let all = DocumentFilter { limit: 1000, ..DocumentFilter::default() };
        for document in node.node.exchange.documents(us, side, all).await.unwrap() {
            // Which of our acts are about one that was erased nobody can say: they are among all acts.
            let proofs = match document.state {
                State::Erased => Vec::new(),
                _ => receipts(node, us, document.id).await,
            };
            found.extend(proofs.into_iter().map(|bytes| (bytes, format!("document {}", document.id))));
        }
    }
    let page = ActPage { limit: 1000, ..ActPage::default() };
    for act in node.node.exchange.store().acts(us, page).await.unwrap() {
        let (name, desk) = (format!("{} {}", act.kind, act.id), &node.node.ledger.receipts);
        until(&name, async || desk.of(us, act.id).await.is_ok_and(|standing| standing.is_complete())).await;
        let standing = desk.of(us, act.id).await.unwrap();
        found.extend(standing.receipt.map(|receipt| (receipt.to_bytes(), name)));
    }
    found
}

/// A receipt in every form in which it leaves a node; in COSE where it is of the node's own log.
fn exported_forms(node: &serve::Running, bytes: &[u8]) -> Vec<Vec<u8>> {
    let (desk, receipt) = (&node.node.ledger.receipts, corridor_proof::Receipt::parse(bytes).unwrap());
    let page = desk.page(&receipt).unwrap().into_bytes();
    let cose = desk.cose(&receipt).map(|cose| cose.to_bytes());
    assert_eq!(cose.is_ok(), receipt.proof().checkpoint.origin() == node.node.ledger.log.origin());
    [bytes.to_vec(), page].into_iter().chain(cose).collect()
}

fn verifies(node: &serve::Running, receipt: &[u8]) -> bool {
    let policy = node.node.ledger.receipts.policy().unwrap();
    outcome(&corridor_proof::receipt::verify(receipt, &policy, None).checks) == Verdict::Passed
}

/// What the API of a node gives whoever may ask for everything, about these documents and about A.
struct Exports {
    router: axum::Router,
    token: String,
    folder: PathBuf,
}

impl Exports {
    async fn new(node: &serve::Running, us: &Did, folder: PathBuf) -> Self {
        let token = node.node.tokens.create(us, Role::Administrator, "", None).await.unwrap().0.text();
        std::fs::create_dir_all(&folder).unwrap();
        Self { router: api::router(node.node.clone()), token, folder }
    }

    /// Asks, and keeps the answer with its head as a file that is named after the question.
    async fn ask(&self, path: &str, body: Option<&str>) -> (StatusCode, Vec<u8>) {
        let request = match body {
            Some(_) => Request::post(format!("/api/v1/{path}")).header("content-type", "application/json"),
            None => Request::get(format!("/api/v1/{path}")),
        };
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = request.body(Body::from(body.unwrap_or_default().to_owned())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, head) = (answer.status(), format!("{:?}\n", answer.headers()));
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec();
        let file = [head.as_bytes(), &bytes].concat();
        #[allow(clippy::disallowed_methods, reason = "a test writes what a user exports")]
        std::fs::write(self.folder.join(path.replace(['/', '?', '='], "-")), file).unwrap();
        (status, bytes)
    }

    /// All that is about one document: itself, its content, what the trade desk makes of it, acts and receipts.
    async fn of_document(&self, side: Side, id: EnvelopeId) {
        let book = if side == Side::In { "inbox" } else { "outbox" };
        let of = [format!("{book}/{id}"), format!("{book}/{id}/content"), format!("receipts/{id}")];
        let forms = ["file", "page", "cose"].map(|form| format!("receipts/{id}/{form}"));
        let side = side.as_str();
        let trade = ["interchanges", "forms"].map(|what| format!("trade/{what}/{side}/{id}"));
        for path in of.iter().chain(&forms).chain(&trade) {
            self.ask(path, None).await;
        }
        let (_, acts) = self.ask(&format!("acts?subject={id}"), None).await;
        let acts: Value = serde_json::from_slice(&acts).unwrap();
        for act in acts["items"].as_array().unwrap() {
            self.ask(&format!("acts/{}", act["id"].as_str().unwrap()), None).await;
        }
    }

    /// All lists, the chain of the transaction, and what there is of A.
    async fn of_all(&self) {
        let lists = ["inbox", "outbox", "receipts", "acts", "erasures", "trade/transactions", "trade/drafts"];
        let trade = ["trade/rejects", "trade/interchanges?side=in", "trade/interchanges?side=out"];
        let chain = ["evidence", "timeline"].map(|what| format!("trade/{what}?reference={CHAIN}"));
        for path in lists.iter().chain(&trade).copied().chain(chain.iter().map(String::as_str)) {
            let (status, body) = self.ask(path, None).await;
            assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        }
        self.ask("subjects", Some("{}")).await;
        for what in ["subjects/show", "subjects/access"] {
            self.ask(what, Some(r#"{"subject": "case A"}"#)).await;
        }
    }
}

async fn confirmed(node: &serve::Running, us: &Did, erasure: &Erasure) {
    until("the confirmation of the partner", async || {
        let now = node.node.exchange.erasure(us, erasure.id).await.unwrap();
        now.asked.len() == 1 && now.asked.iter().all(|asked| asked.confirmed.is_some())
    })
    .await;
}

async fn idle(node: &serve::Running, us: &Did) {
    until("an empty outbox", async || {
        node.node.exchange.store().deliveries(us, Default::default()).await.unwrap().is_empty()
    })
    .await;
}

fn take_backup(config: &Config, into: &Path, book: &Path) -> PathBuf {
    backup::write(&assembly::storage(config), into, Some(book), &[], SystemClock.now(), &mut |_| {})
        .unwrap()
        .0
}

fn restore(config: &Config, from: &Path, book: &Path) {
    let options = assembly::storage(config);
    for name in ["corridor.sqlite", "corridor.sqlite-wal", "corridor.sqlite-shm"] {
        let _ = std::fs::remove_file(config.data.join(name));
    }
    std::fs::remove_dir_all(&config.blobs).unwrap();
    let schemas = assembly::schemas(&service::all(&Surroundings::of_machine(), Default::default()));
    let files = config.data.join("files");
    backup::restore(from, Some(book), &options, &files, &schemas, SystemClock.now(), &mut |_| {}).unwrap();
}

/// The bill of lading that two interchanges name, one about A and one about nobody. By its numbers a document about
/// persons is not found: the chain is that of the other alone.
const CHAIN: &str = "HBLN26110042";

/// An interchange about A: what the trade desk makes of it has to go too.
fn interchange() -> Vec<u8> {
    let sample = String::from_utf8(corridor_trade::SAMPLE.to_vec()).unwrap();
    sample.replace("UNT", &format!("FTX+AAI+++{}'UNT", MARK.replace(", 花子", ""))).into_bytes()
}

/// Another one of the same transaction, about nobody: the chain of it stands.
fn interchange_of_nobody() -> Vec<u8> {
    let sample = String::from_utf8(corridor_trade::SAMPLE.to_vec()).unwrap();
    sample.replace("DN261122000042", "DN261122000043").replace("M-2611-0042", "M-2611-0043").into_bytes()
}

fn large() -> Vec<u8> {
    format!("{MARK}; ").into_bytes().into_iter().cycle().take((3 << 20) + 4711).collect()
}

/// Receipts hold commitments only: those of A stand as all others do.
fn check_proofs(node: &serve::Running, proofs: &[BTreeMap<Vec<u8>, String>]) {
    for (bytes, name) in proofs.iter().flatten() {
        assert!(verifies(node, bytes), "the receipt of {name}");
    }
}

/// What had a receipt before has one again: every act, also those about A.
fn check_again(before: &BTreeMap<Vec<u8>, String>, again: &BTreeMap<Vec<u8>, String>) {
    let again: BTreeSet<&String> = again.values().collect();
    let acts = || before.values().filter(|name| !name.starts_with("document "));
    assert!(acts().count() > 20 && acts().any(|name| name.starts_with("agreement-concluded")));
    assert_eq!(acts().filter(|name| !again.contains(name)).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Before the erasure the exports say whom they are about, and the search sees it in each of them.
fn check_shown(wanted: &Wanted, shown: &Path) {
    for side in ["in", "out"] {
        let found: BTreeSet<String> = wanted.found_in(&[&shown.join(side)]).into_iter().collect();
        let check = |name: &str, export: &str| {
            let there = |f: &&String| f.starts_with(name) && f.contains(export);
            assert!(found.iter().any(|f| there(&f)), "{name} is not seen in {export} ({side}): {found:?}");
        };
        check("the name", "-content");
        check("a digest", "-content");
        check("the name", "/trade-interchanges-");
        check("the name", "/trade-forms-");
        let chain = found.iter().filter(|f| f.contains("/trade-evidence-") || f.contains("/trade-timeline-"));
        assert_eq!(chain.collect::<Vec<_>>(), Vec::<&String>::new(), "no chain holds what is about a person");
        // Who sends knows whom it is about, and who read it.
        if side == "out" {
            check("the reference", "/subjects");
            let report = std::fs::read(shown.join("out/subjects-access")).unwrap();
            assert!(String::from_utf8_lossy(&report).contains("\"reader\""));
        }
    }
}

/// The same exports, asked for after the erasure, into the same place as all others: what is left is that the
/// documents crossed.
async fn check_erased_exports(node: &serve::Running, us: &Did, side: Side, of: (&[EnvelopeId], &Path)) {
    let (sent, exported) = of;
    let exports = Exports::new(node, us, exported.join(side.as_str())).await;
    for id in sent {
        exports.of_document(side, *id).await;
    }
    exports.of_all().await;
    let book = if side == Side::In { "inbox" } else { "outbox" };
    for id in sent {
        assert_eq!(exports.ask(&format!("{book}/{id}"), None).await.0, 200);
        for gone in [format!("{book}/{id}/content"), format!("receipts/{id}/file")] {
            assert_eq!(exports.ask(&gone, None).await.0, StatusCode::GONE, "{gone}");
        }
    }
    let (_, pending) = exports.ask("receipts?pending=true", None).await;
    let waits = |id: &&EnvelopeId| String::from_utf8_lossy(&pending).contains(&id.to_string());
    assert_eq!(sent.iter().find(waits), None, "nothing is waited for");
    // Whom it was about nobody can say any more: the report of who read is empty-handed.
    for what in ["subjects/show", "subjects/access"] {
        assert_eq!(exports.ask(what, Some(r#"{"subject": "case A"}"#)).await.0, 404, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_nowhere_and_everything_else_stands() {
    let mut world = World::new().await;
    let about_a = [format!("{MARK}: small").into_bytes(), large(), interchange()];
    let mut sent = Vec::new();
    for bytes in &about_a {
        sent.push(world.send(&["case A"], bytes.clone()).await);
    }
    let about_b = world.send(&["case B"], b"about B".to_vec()).await;
    let of_nobody = world.send(&[], interchange_of_nobody()).await;
    world.send(&[], OPEN.to_vec()).await;

    // What must be gone, while it is still here.
    let mut wanted = Wanted(Vec::new());
    wanted.add("the mark", MARK.as_bytes());
    wanted.add("the name", "Hanako Yamada".as_bytes());
    wanted.add("the reference", "case A".as_bytes());
    for bytes in &about_a {
        wanted.add("a digest", &Digest::of(bytes).0);
    }
    let exported = tempfile::tempdir().unwrap();
    let shown = tempfile::tempdir().unwrap();
    let (mut proofs, mut exports) = ([BTreeMap::new(), BTreeMap::new()], Vec::new());
    for (node, us, side) in world.sides() {
        assert_eq!(content(node, us, side, sent[0]).await.as_ref(), Some(&about_a[0]));
        assert!(content(node, us, side, sent[1]).await.as_ref() == Some(&about_a[1]));
        // The answers of the trade desk are about A as well: their persons follow from the question.
        for question in [sent[2], of_nobody] {
            until("the trade desk", async || {
                let other = if side == Side::In { Side::Out } else { Side::In };
                node.node.exchange.answers(us, other, question).await.is_ok_and(|answers| {
                    answers.iter().any(|a| matches!(a.state, State::Delivered | State::Received))
                })
            })
            .await;
        }
        let open = Exports::new(node, us, shown.path().join(side.as_str())).await;
        for id in &sent {
            open.of_document(side, *id).await;
        }
        open.of_all().await;
        for id in &sent {
            for salt in salts(node, us, *id).await {
                wanted.add("a salt", &salt);
            }
        }
        for id in sent.iter().chain([&about_b]) {
            for bytes in receipts(node, us, *id).await {
                exports.extend(exported_forms(node, &bytes));
            }
        }
        let of_a = node
            .node
            .exchange
            .store()
            .read(us, |tx| {
                tx.query_one(
                    "SELECT key FROM subject_key WHERE participant = $1 ORDER BY created, id LIMIT 1",
                    &[],
                )
            })
            .await
            .unwrap()
            .unwrap();
        wanted.add("the key", of_a.bytes(0).unwrap());
        assert_eq!(keys(node, us).await.len(), 2);
    }
    for ((node, us, _), proofs) in world.sides().into_iter().zip(&mut proofs) {
        *proofs = all_receipts(node, us).await;
        exports.extend(proofs.keys().cloned());
    }
    check_shown(&wanted, shown.path());
    #[allow(clippy::disallowed_methods, reason = "a test writes what a user exports")]
    for (i, bytes) in exports.iter().enumerate() {
        std::fs::write(exported.path().join(i.to_string()), bytes).unwrap();
    }
    let backups = tempfile::tempdir().unwrap();
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old_books = [old.path().join("kr"), old.path().join("jp")];
    let mut before = Vec::new();
    for (at, config) in world.configs.iter().enumerate() {
        before.push(take_backup(config, &backups.path().join(at.to_string()), &old_books[at]));
    }
    // The search finds what is there: both keys and our reference, in the books.
    assert!(wanted.found_in(&[old.path()]).len() >= 3, "{:?}", wanted.found_in(&[old.path()]));

    let kr = &world.nodes[0];
    let erasure = kr.node.exchange.erase(&world.kr.did, "case A", "administrator").await.unwrap();
    confirmed(kr, &world.kr.did, &erasure).await;
    for (node, us, _) in world.sides() {
        idle(node, us).await;
    }
    let data = [world.kr.folder.path().to_owned(), world.jp.folder.path().to_owned()];
    let folders = [&*data[0], &*data[1], backups.path(), exported.path()];
    // The search sees what lies open in the data of both and in the backups of both.
    for place in [&*data[0], &*data[1], &before[0], &before[1]] {
        assert!(found(&[place], OPEN), "the search is blind in {}", place.display());
    }
    assert_eq!(wanted.found_in(&folders), Vec::<String>::new());
    for (at, config) in world.configs.iter().enumerate() {
        take_backup(config, &backups.path().join(format!("after-{at}")), &new.path().join(at.to_string()));
    }
    assert_eq!(wanted.found_in(&folders), Vec::<String>::new());
    assert_eq!(wanted.found_in(&[new.path()]), Vec::<String>::new());

    for (node, us, side) in world.sides() {
        for id in &sent {
            let row = node.node.exchange.document(us, side, *id).await.unwrap();
            assert_eq!((row.state, content(node, us, side, *id).await), (State::Erased, None));
        }
        assert_eq!(content(node, us, side, about_b).await.unwrap(), b"about B");
        assert_eq!(keys(node, us).await.len(), 1);
        let desk = "SELECT COUNT(*) FROM interchange WHERE participant = $1";
        let rows = node.node.exchange.store().read(us, move |tx| tx.query_one(desk, &[])).await.unwrap();
        // That of B and that of nobody, which are no interchanges, the one that is and its answer, and none of A's.
        assert_eq!(rows.unwrap().int(0).unwrap(), 4);
        check_proofs(node, &proofs);
        check_erased_exports(node, us, side, (&sent, exported.path())).await;
        let page = ActPage { limit: 1000, ..ActPage::default() };
        let acts = node.node.exchange.store().acts(us, page).await.unwrap();
        let ours = acts.iter().find(|act| act.kind == "subject-erased").unwrap();
        until("the receipt of the erasure", async || {
            node.node.ledger.receipts.of(us, ours.id).await.is_ok_and(|standing| standing.is_complete())
        })
        .await;
    }
    assert_eq!(wanted.found_in(&folders), Vec::<String>::new());
    // What the backups do not have is proved by what was exported since.
    let since = [
        all_receipts(&world.nodes[0], &world.kr.did).await,
        all_receipts(&world.nodes[1], &world.jp.did).await,
    ];

    // The old backup of the one who erased, with the old key book, and then that of the partner: the
    // erasure is only in what comes back from the other's mirror.
    let erased = erasure.id;
    for at in [0, 1] {
        world.turn_back(at, &before[at], &old_books[at]).await;
        let (node, us, side) = world.sides()[at];
        until("the recovery", async || node.node.takes_work().is_ok()).await;
        // From the first moment that it serves.
        assert_eq!(keys(node, us).await.len(), 1);
        for id in &sent {
            let row = node.node.exchange.document(us, side, *id).await.unwrap();
            assert_eq!((row.state, content(node, us, side, *id).await), (State::Erased, None));
        }
        assert_eq!(content(node, us, side, about_b).await.unwrap(), b"about B");
        idle(node, us).await;
        // Whoever kept a receipt has it still, and the node gives one of everything that is in the backup again.
        check_proofs(node, &proofs);
        check_proofs(node, &since);
        let again = all_receipts(node, us).await;
        check_again(&proofs[at], &again);
        check_proofs(node, &[again]);
        check_erased_exports(node, us, side, (&sent, exported.path())).await;
        assert_eq!(wanted.found_in(&folders), Vec::<String>::new());
    }
    let again = world.nodes[0].node.exchange.erasure(&world.kr.did, erased).await.unwrap();
    assert_eq!(again.by, "log");
    confirmed(&world.nodes[0], &world.kr.did, &again).await;
    // What the partner was asked to send again since brought nothing back.
    for node in std::mem::take(&mut world.nodes) {
        node.stop().await;
    }
    assert_eq!(wanted.found_in(&folders), Vec::<String>::new());
}
